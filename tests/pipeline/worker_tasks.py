"""Tasks that test_worker.py has the worker do besides its own."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pipelines.deliver import Delivery, deliver
from pipelines.problems import UnreadableFile
from pipelines.report import FileReport, LoadReport, Request
from pipelines.warehouse import Warehouse

PLACE = "tests.pipeline.worker_tasks"
TASKS = {
    name: f"{PLACE}:{name}" for name in ("say", "linger", "hog", "sort", "die", "fail", "refuse", "publish", "odd")
}


def say(warehouse: Warehouse, text: str) -> str:
    """Print, read and answer: nothing of it may get between the worker and the server."""
    print(text, file=sys.stdout, flush=True)
    assert sys.stdin.read() == ""
    return text


def linger(warehouse: Warehouse, mark: Path, seconds: float, progress: Callable[[str, float], None]) -> None:
    """Say that it began, then take its time."""
    mark.touch()
    progress("Lingering", 0.5)
    time.sleep(seconds)


def hog(warehouse: Warehouse) -> None:
    """Take memory without end."""
    held = []
    while True:
        held.append(bytearray(50_000_000))


def sort(warehouse: Warehouse, rows: int) -> int:
    """Have DuckDB use as much memory as it may have."""
    with warehouse.writing() as draft:
        draft.con.execute(f"create temp table big as select hash(range) as x, hash(range + 1) as y from range({rows})")
        (found,) = draft.con.sql("select count(*) from (select distinct x, y from big)").fetchall()[0]
        draft.discard()
    return int(found)


def die(warehouse: Warehouse) -> None:
    """End as if for lack of memory on the machine."""
    os.kill(os.getpid(), signal.SIGKILL)


def fail(warehouse: Warehouse) -> None:
    """Meet an error that nobody foresaw."""
    raise ValueError("a cell that nobody thought of\nand the second line")


def refuse(warehouse: Warehouse) -> None:
    """Meet an error that somebody can act on."""
    raise UnreadableFile("plan.pdf is no table", "Export it as CSV.", row=3, rule="binary")


def publish(warehouse: Warehouse, mark: Path) -> None:
    """Publish, then hang."""
    with warehouse.writing():
        pass
    mark.touch()
    time.sleep(60)


def odd(warehouse: Warehouse) -> object:
    """Answer with what cannot be sent."""
    return lambda: LoadReport([FileReport("x")])


def hindered(warehouse: Warehouse, request: Request, folder: Path, since: int | None) -> Delivery:
    """Deliver; end as if for lack of memory over "deadly.csv", and somebody is still writing "late.csv" meanwhile."""
    if any(file.name == "deadly.csv" for file in request.files):
        die(warehouse)
    outcome = deliver(warehouse, request, folder, since)
    for file in request.files:
        if file.name == "late.csv" and len(file.read_text("utf-8").splitlines()) == 2:
            with file.open("a", encoding="utf-8") as out:
                out.write("late,2026-11-06,green\n")
    return outcome
