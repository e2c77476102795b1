"""What an analyst waits for at the gate: from the drop of a file to its list of problems, and what others notice of it.

Prints Markdown tables. A file of 10,000 rows, one in fifty of them faulty, goes by turns into a store that holds a
history; then pages are opened while nothing goes on, and while the check and the load of a large file do.
"""

import argparse
import csv
import datetime as dt
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.bench.__main__ import NEXT_WEEK, history, measure, table
from tests.bench.browser import WATCH, App, serving
from tests.browser.conftest import FLAGS

ROWS = 10_000
LARGE = 400_000
FAULTY = 50  # one row in so many
PROJECTS, WEEKS = 2_000, 104


def export(file: Path, rows: int, number: int = 0) -> Path:
    """A status report of so many projects, each of which the store does not know, with a fault here and there."""
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(
            [
                "Project ID",
                "Project Name",
                "Status Date",
                "RAG",
                "Forecast Finish",
                "Budget",
                "Forecast Cost",
                "% Complete",
            ]
        )
        for row in range(rows):
            is_bad = row % FAULTY == 0
            writer.writerow(
                [
                    f"Q{number}-{row:06}",
                    f"Project {row}",
                    NEXT_WEEK,
                    "purple" if is_bad else ("green", "amber", "red")[row % 3],
                    "31/31/2027" if is_bad else NEXT_WEEK + dt.timedelta(days=row % 700),
                    1000 + row,
                    1100 + row,
                    row % 100,
                ]
            )
    return file


def dropped(page: Page, address: str, file: Path) -> tuple[float, str]:
    """Seconds from the drop of a file until its problems are listed, and what the page then says."""
    page.goto(f"{address}/upload")
    page.locator("input[type=file]").first.wait_for(state="attached")
    page.wait_for_function("document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'")
    started = time.perf_counter()
    page.locator("input[type=file]").first.set_input_files(file)
    page.locator(".st-key-card-problems").wait_for(timeout=120_000)
    seconds = time.perf_counter() - started
    return seconds, page.get_by_role("heading", level=1).inner_text()


def to_problems(app: App, context: BrowserContext, folder: Path, times: int) -> Iterator[str]:
    """From drop to problem list: the first file after the server's start, and those that follow."""
    page = context.new_page()
    waits = []
    said = ""
    for number in range(times + 1):
        seconds, said = dropped(page, app.address, export(folder / f"status-{number}.csv", ROWS, number))
        waits.append(seconds)
    page.close()
    first, *rest = waits
    spread = f"{min(rest):.2f}-{max(rest):.2f}"
    rows = [
        ["first after the start", f"{first:.2f}", ""],
        ["each that follows", f"{statistics.median(rest):.2f}", spread],
    ]
    yield table([f"{ROWS:,} rows, from drop to problem list", "Seconds", "Spread"], rows)
    yield f"The page then says: {said}"


def beside(app: App, context: BrowserContext, folder: Path, times: int) -> Iterator[str]:
    """How long the Overview takes to open, with and without a load going on."""
    quiet = [app.open(context)[1].total for _ in range(times)]
    uploader = context.new_page()
    uploader.goto(f"{app.address}/upload")
    uploader.locator("input[type=file]").first.wait_for(state="attached")
    uploader.locator("input[type=file]").first.set_input_files(export(folder / "large.csv", LARGE))
    uploader.get_by_text("Checking").first.wait_for(timeout=60_000)
    busy: list[float] = []
    while uploader.locator(".st-key-card-problems").count() == 0 and len(busy) < 4 * times:
        page, wait, _ = app.open(context)
        busy.append(wait.total)
        page.close()
    uploader.close()
    rows = [
        [name, str(len(waits)), f"{statistics.median(waits):.2f}", f"{max(waits):.2f}"]
        for name, waits in (("nothing goes on", quiet), (f"{LARGE:,} rows are checked", busy))
        if waits
    ]
    yield table(["Open the Overview while", "Times", "Seconds (median)", "Slowest"], rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="keep the generated exports and warehouses here, and use them again")
    parser.add_argument("--times", type=int, default=7, help="how often each wait is taken (default: 7)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rightwork-bench-") as scratch:
        folder = asked.keep or Path(scratch)
        exports = history(folder, PROJECTS, WEEKS)
        if not (exports / "warehouse").exists():
            measure("load", exports / "warehouse", exports)
        print(f"Load of the machine before: {os.getloadavg()[0]:.1f}", end="\n\n")
        with sync_playwright() as playwright, serving("ours", exports) as app:
            screen: Any = {"viewport": {"width": 1440, "height": 900}}
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            context = browser.new_context(**screen)
            context.add_init_script(WATCH)
            for chapter in (to_problems, beside):
                for text in chapter(app, context, Path(scratch), asked.times):
                    print(text, end="\n\n", flush=True)
            browser.close()


if __name__ == "__main__":
    main()
