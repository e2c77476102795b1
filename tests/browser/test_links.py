"""A copied link shows in another browser what was on the screen, also after more weeks were loaded and one undone."""

import csv
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from pipelines.load import load
from pipelines.publications import withdraw
from pipelines.report import Request
from pipelines.warehouse import Warehouse
from tests.browser.conftest import ROOT, Serve, server
from tests.browser.places import Place, places, settle

pytestmark = pytest.mark.browser

FILES = ROOT / "data" / "sample"
LAST = dt.date(2026, 11, 20)
LATER = [LAST - dt.timedelta(weeks=weeks) for weeks in (2, 1, 0)]
PLACES = [
    *places(project="P-0100", program="PRG-09", load=4),
    Place("overview-reported-in-operations", "?portfolio=Operations&basis=reported"),
    Place("projects-filtered", "projects?health=computed-red&q=warehouse"),
]


@dataclass(frozen=True)
class Copied:
    """A link and what the page said when it was copied."""

    link: str
    said: list[str]


@dataclass(frozen=True)
class Links:
    """The links by place, and the warehouse that they speak of."""

    copied: dict[str, Copied]
    warehouse: Path


def said(page: Page) -> list[str]:
    """Header, figures, tables and charts as text, piece by piece."""
    settle(page)
    text = page.evaluate(
        """() => [...document.querySelectorAll(
            '.rw-header, .rw-figures, .rw-card-head, .rw-listing, .rw-bars, .rw-time, .rw-cost-row, svg text'
        )].filter(one => one.closest('[data-testid="stMain"]')).map(one => one.textContent)"""
    )
    # What was "known now" is "known then" by the time that the link is opened.
    return [re.sub(r"\s+", " ", one).strip().replace("as known now", "as known then") for one in text]


def part(rows: list[list[str]], header: list[str], file: Path) -> Path:
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([header, *rows])
    return file


@pytest.fixture(scope="module")
def copied(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Links]:
    """Links copied from each place three weeks before the sample ends; then the last three weeks were loaded."""
    folder = tmp_path_factory.mktemp("links")
    place = Warehouse(folder / "warehouse")
    with (FILES / "status.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    at = header.index("status_date")
    before = [row for row in rows if row[at] < LATER[0].isoformat()]
    others = [FILES / f"{name}.csv" for name in ("goals", "programs", "projects")]
    assert load(place, Request([*others, part(before, header, folder / "status.csv")]), today=LATER[0]).published
    with server(ROOT / "dashboard.py", folder / "warehouse", folder) as site:
        found = {}
        context = browser.new_context(
            viewport={"width": 1440, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
        )
        page = context.new_page()
        for one in PLACES:
            page.goto(f"{site}/{one.path}")
            seen = said(page)
            page.get_by_role("button", name="Copy link").click()
            page.get_by_role("button", name="Link copied").wait_for()
            found[one.name] = Copied(page.evaluate("navigator.clipboard.readText()"), seen)
        context.close()
        for day in LATER:
            week = [row for row in rows if row[at] == day.isoformat()]
            file_of_week = part(week, header, folder / f"status-{day}.csv")
            assert load(place, Request([file_of_week]), today=day).published
        yield Links(found, folder / "warehouse")


@pytest.fixture(scope="module")
def undone(copied: Links) -> Links:
    """The same links after the first load of status was withdrawn."""
    assert withdraw(Warehouse(copied.warehouse), 4, why="the wrong file")
    return copied


def same_elsewhere(profile: BrowserContext, one: Copied) -> None:
    with profile.new_page() as page:
        page.goto(one.link)
        assert said(page) == one.said


@pytest.mark.parametrize("name", [place.name for place in PLACES])
def test_after_three_more_weeks_a_link_shows_the_same(profile: BrowserContext, copied: Links, name: str) -> None:
    same_elsewhere(profile, copied.copied[name])


@pytest.mark.parametrize("name", [place.name for place in PLACES])
def test_after_an_undo_a_link_shows_the_same(profile: BrowserContext, undone: Links, name: str) -> None:
    same_elsewhere(profile, undone.copied[name])


def test_a_link_opens_on_a_server_that_nobody_has_visited(profile: BrowserContext, serve: Serve, undone: Links) -> None:
    address = serve(warehouse=undone.warehouse)
    one = undone.copied["overview"]
    same_elsewhere(profile, Copied(address + one.link[one.link.index("/", 8) :], one.said))


def test_without_the_link_the_newest_is_shown(profile: BrowserContext, undone: Links) -> None:
    with profile.new_page() as page:
        page.goto(undone.copied["overview"].link.split("?")[0])
        assert said(page) != undone.copied["overview"].said
