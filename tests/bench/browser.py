"""What a person waits for: our Overview beside a naive app (naive/app.py), in one browser, by turns, in one run.

Prints Markdown tables; `--quick` leaves the large portfolio out. Times are the page's own clock, from the navigation
or the key that chooses a filter until the figures, the charts and the tables of both are drawn.
"""

import argparse
import datetime as dt
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.bench.__main__ import LAST_WEEK, history, measure, table
from tests.browser.conftest import FLAGS, ROOT, _free_port, _wait_for

SIZES = [(200, 104), (20_000, 260)]
SESSIONS = 10
PORTFOLIOS = ("Customer", "Technology")
DRAWN = {
    "ours": [
        ".rw-header h1",
        ".rw-figures .rw-figure:nth-child(4)",
        ".st-key-card-distribution .rw-bar .rw-part",
        ".st-key-card-trend :is(path.js-line, .rw-line)",
        ".st-key-card-attention tbody tr",
        ".st-key-card-programs tbody tr",
    ],
    "naive": [
        "[data-testid=stMetric]",
        ".stHorizontalBlock .stColumn:nth-child(1) .barlayer path",
        ".stHorizontalBlock .stColumn:nth-child(2) .barlayer path",
        ".scatterlayer path.js-line",
        ".stElementContainer:nth-last-child(3) [data-testid=data-grid-canvas]",
        ".stElementContainer:last-child [data-testid=data-grid-canvas]",
    ],
}
FIGURES = {"ours": ".rw-figures", "naive": "[data-testid=stMetric]"}

# Runs before the page's own scripts: notes when the first message goes out and the last one comes in.
WATCH = """
window.bench = { start: 0, bytes: 0 }
window.addEventListener("keydown", event => {
  if (event.key === "Enter") window.bench = { start: performance.now(), bytes: 0 }
}, true)
window.addEventListener("click", event => {
  if (event.target.closest("a")) window.bench = { start: performance.now(), bytes: 0 }
}, true)
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given)
    this.addEventListener("message", event => {
      window.bench.last = performance.now()
      window.bench.bytes += event.data.byteLength ?? event.data.size ?? event.data.length
    })
  }
  send(data) { window.bench.sent ??= performance.now(); super.send(data) }
}
"""
READY = """
([drawn, figures, before]) => {
  const running = document.querySelector("[data-testid=stApp]")?.dataset.testScriptState !== "notRunning"
  if (running || !drawn.every(one => document.querySelector(one))) return false
  const seen = [...document.querySelectorAll(figures)].map(one => one.textContent).join()
  if (seen === before) return false
  return { ...window.bench, end: performance.now(), seen }
}
"""


@dataclass
class Wait:
    """One wait in seconds: until all was drawn, the part between asking the server and its last word, and megabytes."""

    total: float
    server: float
    megabytes: float


@dataclass
class App:
    """A server that runs, as a person and as the system sees it."""

    name: str
    address: str
    process: psutil.Process

    def ready(self, page: Page, before: str = "") -> tuple[Wait, str]:
        """Wait until all is drawn, with other figures than before; what it took, and the figures' text."""
        arguments = [DRAWN[self.name], FIGURES[self.name], before]
        at: dict[str, Any] = page.wait_for_function(READY, arg=arguments, polling="raf", timeout=120_000).json_value()
        wait = Wait((at["end"] - at["start"]) / 1000, (at["last"] - at["sent"]) / 1000, at["bytes"] / 1e6)
        return wait, at["seen"]

    def open(self, context: BrowserContext) -> tuple[Page, Wait, str]:
        """Open the Overview in a tab of its own, which is a session of its own."""
        page = context.new_page()
        page.goto(self.address, wait_until="commit")
        return page, *self.ready(page)

    def choose(self, page: Page, seen: str, control: str, option: str) -> tuple[Wait, str]:
        """Choose in the sidebar, by keyboard."""
        box = page.get_by_role("combobox", name=control)
        box.click()
        box.fill(option)
        page.get_by_role("option", name=option).first.wait_for()
        box.press("Enter")
        return self.ready(page, seen)

    def day(self, weeks_ago: int) -> str:
        """How the control writes a review date."""
        day = LAST_WEEK - dt.timedelta(weeks=weeks_ago)
        return f"Fri {day.day} {day:%b %Y}" if self.name == "ours" else f"{day:%d %b %Y}"


@contextmanager
def serving(name: str, exports: Path) -> Iterator[App]:
    """A server on a free port, ours with the project's settings and the naive one with streamlit's own."""
    port = str(_free_port())
    script = ROOT / "dashboard.py" if name == "ours" else ROOT / "tests" / "bench" / "naive" / "app.py"
    options = ["--server.port", port, "--server.headless", "true", "--browser.gatherUsageStats", "false"]
    environment = os.environ | {
        "RIGHTWORK_WAREHOUSE": str(exports / "warehouse"),
        "BENCH_EXPORTS": str(exports),
        "PYTHONPATH": str(ROOT),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(script), *options],
        cwd=script.parent,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(f"http://localhost:{port}/_stcore/health")
        yield App(name, f"http://localhost:{port}", psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(timeout=20)


Waits = dict[str, dict[str, list[Wait]]]


def waits(apps: list[App], context: BrowserContext, fresh: Callable[[], BrowserContext], times: int) -> Waits:
    """Every wait of each app, `times` times, by turns."""
    found: Waits = {}

    def note(what: str, app: App, wait: Wait) -> None:
        found.setdefault(what, {}).setdefault(app.name, []).append(wait)

    for turn in range(times):
        for app in apps:
            with fresh() as first_time:
                note("First visit with this browser", app, app.open(first_time)[1])
            page, wait, seen = app.open(context)
            note("Open the Overview", app, wait)
            wait, seen = app.choose(page, seen, "Portfolio", PORTFOLIOS[turn % 2])
            note("Choose a portfolio", app, wait)
            # Steps of three weeks, as the week before the chosen one is asked for too.
            wait, new = app.choose(page, seen, "Review date", app.day(3 * turn + 3))
            note("Choose a review date not asked for before", app, wait)
            _, seen = app.choose(page, new, "Review date", app.day(0))
            wait, seen = app.choose(page, seen, "Review date", app.day(3 * turn + 3))
            note("Choose a review date asked for before", app, wait)
            if app.name == "ours":
                page.get_by_role("link", name="Projects", exact=True).click()
                page.locator(".st-key-card-attention").wait_for(state="detached")
                page.wait_for_timeout(500)
                page.get_by_role("link", name="Overview", exact=True).click()
                note("Come back to the Overview from another page", app, app.ready(page)[0])
            page.close()
    return found


def memory(app: App, context: BrowserContext) -> list[str]:
    """Megabytes and idle CPU of a server while ten sessions are open, each of which looked at the pages for readers."""
    pages = [app.open(context)[0] for _ in range(SESSIONS)]
    for page in pages:
        for name in ("Programs", "Projects", "Overview"):
            link = page.get_by_role("link", name=name, exact=True)
            if link.count():
                link.click()
                page.wait_for_timeout(1500)
    page.wait_for_timeout(5000)
    app.process.cpu_percent()
    page.wait_for_timeout(10_000)
    idle = app.process.cpu_percent()
    own = app.process.memory_full_info()
    workers = [child.memory_full_info() for child in app.process.children(recursive=True)]
    for page in pages:
        page.close()
    sizes = [own.rss, own.uss, sum(one.rss for one in workers)]
    return [app.name, *(f"{size / 2**20:,.0f}" for size in sizes), f"{idle:.1f} %"]


def written(waits: list[Wait]) -> list[str]:
    """Seconds as median and spread, of which the server, and megabytes."""
    total = [one.total for one in waits]
    server, megabytes = (statistics.median(getattr(one, name) for one in waits) for name in ("server", "megabytes"))
    return [
        f"{statistics.median(total):.2f} ({min(total):.2f}-{max(total):.2f})",
        f"{server:.2f}",
        f"{megabytes:.2f}",
    ]


def agree(apps: list[App], context: BrowserContext) -> None:
    """Open both twice, which warms them, and hold that both speak of the same numbers."""
    heads = []
    for app in [*apps, *apps]:
        page, *_ = app.open(context)
        heads.append(page.get_by_role("heading", level=1).first.inner_text())
        page.close()
    found = {tuple(re.findall(r"^([\d,]+) of ([\d,]+) live", head)) for head in heads}
    assert len(found) == 1, heads


def measured(exports: Path, profile: Path, times: int, size: str) -> Iterator[str]:
    """The tables of one size."""
    if not (exports / "warehouse").exists():
        measure("load", exports / "warehouse", exports)
    with ExitStack() as stack:
        apps = [stack.enter_context(serving(name, exports)) for name in ("ours", "naive")]
        chromium = stack.enter_context(sync_playwright()).chromium
        path = shutil.which("chromium")
        screen: Any = {"viewport": {"width": 1440, "height": 900}}
        browser = chromium.launch(executable_path=path, args=FLAGS)
        context = chromium.launch_persistent_context(profile, executable_path=path, args=FLAGS, **screen)
        context.add_init_script(WATCH)

        def fresh() -> BrowserContext:
            opened = browser.new_context(**screen)
            opened.add_init_script(WATCH)
            return opened

        agree(apps, context)
        rows = []
        for what, by_app in waits(apps, context, fresh, times).items():
            middle = {name: statistics.median(one.total for one in found) for name, found in by_app.items()}
            ratio = f"{middle['ours'] / middle['naive']:.2f}" if "naive" in middle else ""
            rows.append([what, *written(by_app["ours"]), *(written(by_app["naive"]) if ratio else [""] * 3), ratio])
        head = [f"{name}, {what}" for name in ("Ours", "Naive") for what in ("seconds", "server", "MB")]
        yield table([size, *head, "Ratio"], rows)
        rows = [memory(app, context) for app in apps]
        yield table([f"{size}, {SESSIONS} sessions", "RSS, MB", "USS, MB", "Worker RSS, MB", "Idle CPU"], rows)
        context.close()
        browser.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the small portfolio alone")
    parser.add_argument("--keep", type=Path, help="keep the generated exports and warehouses here, and use them again")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rightwork-bench-") as scratch:
        folder = asked.keep or Path(scratch)
        print(f"Load of the machine before: {os.getloadavg()[0]:.1f}", end="\n\n")
        for projects, weeks in SIZES[:1] if asked.quick else SIZES:
            size = f"{projects:,} x {weeks}"
            times = 9 if projects < 1000 else 5
            for text in measured(history(folder, projects, weeks), Path(scratch, f"profile-{projects}"), times, size):
                print(text, end="\n\n", flush=True)


if __name__ == "__main__":
    main()
