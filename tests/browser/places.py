"""Every place of the app that a test of all of them opens: each page, and one program, project and load."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, TimeoutError, expect

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Place:
    """A place by name and address. A page in pages/ is one from the day it is there."""

    name: str
    path: str

    def __str__(self) -> str:
        return self.name


def places(*, project: str, program: str, load: int = 1) -> list[Place]:
    """Every page, and one of each that a page shows by itself."""
    pages = [path.stem for path in sorted((ROOT / "pages").glob("*.py"))]
    found = [Place(name, "" if name == "overview" else name) for name in pages]
    inside = {
        "projects": Place("project", f"projects?project={project}"),
        "programs": Place("program", f"programs?program={program}"),
        "loads": Place("load", f"loads?load={load}"),
    }
    return found + [place for page, place in inside.items() if page in pages]


def settle(page: Page) -> None:
    """Wait until the page is drawn: the run ended, the charts, the grids and the typeface stand."""
    page.get_by_role("heading", level=1).first.wait_for()
    page.wait_for_function(_IS_DRAWN)
    page.evaluate("document.fonts.ready")
    page.wait_for_function(_STANDS_STILL, polling=250)


def pick(box: Locator, option: Locator) -> str:
    """Choose an option of a list by clicks; its text. Again where a list that is just drawn anew takes no notice."""
    for _ in range(4):
        if not option.is_visible():
            box.click()
        with suppress(AssertionError, TimeoutError):
            said = option.inner_text(timeout=5_000)
            option.click(timeout=5_000)
            expect(option).to_have_count(0, timeout=5_000)
            return said
    raise AssertionError(f"{box} does not take {option}")


_IS_DRAWN = """
() => {
  const all = (selector) => [...document.querySelectorAll(selector)]
  return document.querySelector('.stApp[data-test-script-state="notRunning"]') !== null
    && document.querySelectorAll('h1').length === 1
    && all('[data-testid="stSkeleton"], [data-stale="true"]').length === 0
    && all('[data-testid="stPlotlyChart"]').every(chart => chart.querySelector('.main-svg'))
    && all('[data-testid="stDataFrame"]').every(grid => grid.querySelector('canvas td'))
}
"""
_STANDS_STILL = """
() => {
  const main = document.querySelector('[data-testid="stMain"]')
  const now = `${main.innerHTML.length} ${main.querySelector('[data-testid="stMainBlockContainer"]').scrollHeight}`
  const was = window.rwDrawn
  window.rwDrawn = now
  return was === now
}
"""
# Every element that reaches past the viewport and is not inside something that scrolls or hides it.
TOO_WIDE = """
() => {
  const holds = (one) => one.closest('[data-testid="stSidebar"]') || one.closest('.rw-hidden')
  const clipped = (one) => {
    for (let at = one.parentElement; at && at.dataset.testid !== 'stMain'; at = at.parentElement)
      if (getComputedStyle(at).overflowX !== 'visible') return true
    return false
  }
  return [...document.querySelectorAll('[data-testid="stMain"] *')]
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1 && one.getBoundingClientRect().width > 1)
    .filter(one => !holds(one) && !clipped(one))
    .map(one => `${one.tagName} ${one.className} ${(one.textContent || '').slice(0, 40)}`)
}
"""
