"""`make bench`: load, check and publish beside bare reading and beside pandas with Great Expectations, in one run.

Prints Markdown tables; `--quick` leaves the large history out. Each figure is taken in a process of its own, so that
its peak memory is its own; ratios are against the baseline of the same run.
"""

import argparse
import datetime as dt
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipelines.sample import generate

LAST_WEEK = dt.date(2026, 10, 30)
NEXT_WEEK = LAST_WEEK + dt.timedelta(weeks=1)
SIZES = [(2_000, 156), (20_000, 260)]


def measure(step: str, *arguments: object) -> dict[str, Any]:
    """Run one step of tests.bench.steps in a process of its own: seconds, CPU seconds, peak MB and what it says."""
    command = [sys.executable, "-m", "tests.bench.steps", step, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def history(folder: Path, projects: int, weeks: int) -> Path:
    """A complete generated history: every project reports every week."""
    where = folder / f"{projects}x{weeks}"
    if not where.exists():
        generate(where, projects=projects, weeks=weeks, last_week=LAST_WEEK, always_live=True)
        generate(
            where / "next", projects=projects, weeks=weeks, last_week=LAST_WEEK, always_live=True, only_week=NEXT_WEEK
        )
    return where


def loading(folder: Path, sizes: list[tuple[int, int]]) -> Iterator[str]:
    """Load + check + publish beside the bare read, and beside pandas + Great Expectations."""
    rows = []
    for projects, weeks in sizes:
        exports = history(folder, projects, weeks)
        status = exports / "status.csv"
        bare = measure("bare_read", status)
        ours = measure("load", exports / "warehouse", exports)
        theirs = measure("pandas_great_expectations", status)
        for name, one in (
            ("bare `read_csv`", bare),
            ("Rightwork: load, check, publish", ours),
            ("pandas + Great Expectations", theirs),
        ):
            rows.append(
                [
                    f"{projects:,} x {weeks}",
                    name,
                    f"{one['seconds']:.1f}",
                    f"{one['seconds'] / bare['seconds']:.1f} x",
                    f"{one['cpu']:.1f}",
                    f"{one['peak_mb']:,.0f}",
                ]
            )
    yield table(["History", "What", "Seconds", "Against bare read", "CPU seconds", "Peak MB"], rows)


def appending(folder: Path, projects: int) -> Iterator[str]:
    """One week's exports into a short and into a long history; the copy of the store counted apart."""
    rows = []
    first: tuple[float, float] | None = None
    for weeks in (26, 260):
        exports = history(folder, projects, weeks)
        if not (exports / "warehouse").exists():
            measure("load", exports / "warehouse", exports)
        one = measure("load_week", exports / "warehouse", exports / "next", NEXT_WEEK)
        own = one["seconds"] - one["copy_seconds"]
        first = first or (own, one["cpu_each"])
        rows.append(
            [
                f"{projects:,} x {weeks}",
                f"{own:.2f}",
                f"{own / first[0]:.2f} x",
                f"{one['copy_seconds']:.2f}",
                f"{one['cpu_each']:.2f}",
                f"{one['cpu_each'] / first[1]:.2f} x",
                f"{one['peak_mb']:,.0f}",
            ]
        )
    head = ["One week into", "Seconds", "Against 26 weeks", "File copy, seconds", "CPU seconds", "Against 26 weeks"]
    yield table([*head, "Peak MB"], rows)


def asking(folder: Path, projects: int, weeks: int) -> Iterator[str]:
    """Each query behind the pages on the latest review date, the pages themselves, and older knowledge."""
    exports = history(folder, projects, weeks)
    if not (exports / "warehouse").exists():
        measure("load", exports / "warehouse", exports)
    found = measure("ask", exports / "warehouse")
    rows = [[name, *(f"{ms:.0f}" for ms in taken)] for name, taken in found["milliseconds"].items()]
    size = f"{projects:,} x {weeks}"
    yield table([f"Query at {size}", "Milliseconds (median of 7)", "Least", "CPU milliseconds"], rows)
    found = measure("pages", exports / "warehouse")
    rows = [[name, *(f"{seconds:.2f}" for seconds in taken)] for name, taken in found["pages"].items()]
    yield table([f"Page at {size}", "Server, seconds (median of 5)", "CPU seconds", "Asked again"], rows)
    found = measure("older", exports / "warehouse", exports / "next", NEXT_WEEK)
    rows = [[f"{back} weekly loads ago", *(f"{s:.2f}" for s in taken)] for back, taken in found["known"].items()]
    yield table([f"As known at {size}", "Seconds to the Overview's figures", "CPU seconds"], rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the smaller history alone")
    parser.add_argument("--keep", type=Path, help="keep the generated exports and warehouses here, and use them again")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rightwork-bench-") as scratch:
        folder = asked.keep or Path(scratch)
        sizes = SIZES[:1] if asked.quick else SIZES
        projects, weeks = sizes[-1]
        for chapter in (loading(folder, sizes), appending(folder, projects), asking(folder, projects, weeks)):
            for text in chapter:
                print(text, end="\n\n", flush=True)


if __name__ == "__main__":
    main()
