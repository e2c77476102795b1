"""Several processes at once: two loads both end well, and a reader never sees half of one."""

import os
import subprocess
import sys
from pathlib import Path

from desk import Desk
from process import agree
from test_kill import ROOT, start

WEEK = "project_id, status_date, reported_health\n"


def test_two_loads_started_together_are_both_in_force(desk: Desk) -> None:
    files = [desk.file(f"{WEEK}{project}, 2026-01-09, green") for project in ("P1", "P2")]
    processes = [start(desk.warehouse.folder, file) for file in files]
    for process in processes:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, out + err
    assert desk.rows("select project_id from fct_status order by all") == [("P1",), ("P2",)]
    assert desk.rows("select publication, event from load_event order by all") == [(1, "committed"), (2, "committed")]
    assert desk.warehouse.publication() == 2


def test_a_reader_never_sees_half_a_load(desk: Desk) -> None:
    last = 12
    reader = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("process.py")), "watch", str(desk.warehouse.folder), str(last)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout
    assert reader.stdout.readline() == "ready\n"
    for number in range(last):
        rows = "".join(f"P{number}-{n}, 2026-01-{2 + number:02}, green\n" for n in range(1 + 40 * (number % 3)))
        desk.load(WEEK + rows)
    out, err = reader.communicate(timeout=300)
    assert reader.returncode == 0, err
    assert int(out) > 3
    with desk.warehouse.reading() as reading:
        assert agree(reading) == 4 * (1 + 41 + 81)
