"""A load that is killed leaves the last version readable and complete, and the next load works."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from desk import Desk
from process import agree

ROOT = Path(__file__).parents[2]
PROJECTS, WEEKS = 300, 340


def export(path: Path, prefix: str) -> Path:
    """A status export whose rows no other export repeats."""
    with path.open("w", encoding="utf-8") as file:
        file.write("project_id,status_date,reported_health,budget,forecast_finish\n")
        for week in range(WEEKS):
            month, day = divmod(week * 7, 28)
            when = f"{2015 + month // 12}-{1 + month % 12:02}-{1 + day:02}"
            file.writelines(f"{prefix}{n},{when},green,{n}.5,2024-01-01\n" for n in range(PROJECTS))
    return path


def start(warehouse: Path, *files: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pipelines", "load", "--warehouse", str(warehouse), *map(str, files)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def survive(folder: Path, kills: int, seed: int) -> None:
    """Kill a load so many times, each at a random moment of it; look at what stands and load a little each time."""
    dice, desk = random.Random(seed), Desk(folder)
    # Above the number of rows from which Great Expectations is not imported: all of the time is work on data.
    rows = PROJECTS * WEEKS
    started = time.monotonic()
    first = start(desk.warehouse.folder, export(folder / "first.csv", "first-"))
    out, err = first.communicate(timeout=300)
    assert first.returncode == 0, out + err
    whole = time.monotonic() - started
    for kill in range(kills):
        with desk.warehouse.reading() as reading:
            before = agree(reading)
        process = start(desk.warehouse.folder, export(folder / f"{kill}.csv", f"P{kill}-"))
        time.sleep(dice.uniform(0.05, 1.1) * whole)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        with desk.warehouse.reading() as reading:
            after = agree(reading)
        assert after in (before, before + rows)
        desk.load(f"project_id, status_date, reported_health\nsmall-{kill}, 2020-01-01, red")
        with desk.warehouse.reading() as reading:
            assert agree(reading) == after + 1
    left = {file.name.split("-")[0] for file in desk.warehouse.facts.folder.iterdir()}
    assert not left & {"draft", "CURRENT.tmp"}


def test_two_kills(tmp_path: Path) -> None:
    survive(tmp_path, 2, seed=1)


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(10))
def test_fifty_kills(tmp_path: Path, seed: int) -> None:
    survive(tmp_path, 5, seed)
