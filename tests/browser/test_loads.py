"""Loads in a real browser: the history, one load, undo and reinstatement, rejected rows, publications, a backup."""

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pipelines.load import load
from pipelines.report import How, Request
from pipelines.warehouse import Warehouse
from tests.browser.conftest import ROOT, Serve, server
from tests.browser.test_frame import choose, query
from tests.browser.test_pages import headline

pytestmark = pytest.mark.browser

HOSTILE = "![x](http://example.com/a.png) <img src=x onerror=alert(1)> $x$ עברית 漢字 😀.csv"
HEADER = "project_id,status_date,reported_health,budget,comment"
WEEKS = [
    f"{HEADER}\nP1,2026-11-13,green,100,\nP2,2026-11-13,green,200,\nP3,2026-11-13,green,300,\n",
    f'{HEADER}\nP1,2026-11-13,red,100,\nP2,2026-11-13,green,200,\nP9,2026-11-20,red,1,"{HOSTILE}"\nP8,2026-11-20,plum,=1,\n',
]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two loads: the second restates one row, repeats one, adds one and rejects one."""
    folder = tmp_path_factory.mktemp("loads")
    for number, text in enumerate(WEEKS):
        file = folder / f"{number}.csv"
        file.write_text(text, "utf-8")
        own = {file: How(name=HOSTILE if number else "first.csv")}
        request = Request([file], quarantine=True, own=own)
        assert load(Warehouse(folder / "warehouse"), request, today=dt.date(2026, 11, 21)).published
    return folder / "warehouse"


@pytest.fixture(scope="module")
def site(warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with server(ROOT / "dashboard.py", warehouse, tmp_path_factory.mktemp("logs")) as address:
        yield address


def row_of(page: Page, text: str) -> list[str]:
    cells = page.get_by_role("row").filter(has_text=text).first.get_by_role("cell")
    expect(cells.first).to_be_visible()
    return cells.all_inner_texts()


def test_the_history_filters_and_opens_a_load(site: str, page: Page) -> None:
    page.goto(f"{site}/loads")
    headline(page, "2 loads in force, which brought 5 rows")
    expect(page.get_by_text("1 rejected row kept aside")).to_be_visible()
    choose(page, "Show", "With rejected rows")
    headline(page, "1 of 2 loads fits")
    page.wait_for_url(lambda _: query(page) == {"show": "rejected"})
    page.get_by_role("button", name="Load 2").click()
    headline(page, f"Load 2 brought 2 rows from {HOSTILE}")
    assert query(page)["load"] == "2"
    page.go_back()
    headline(page, "1 of 2 loads fits")
    choose(page, "Export", "goals")
    headline(page, "0 of 2 loads fit")


def test_one_load_says_what_was_understood_checked_and_rejected(site: str, page: Page) -> None:
    page.goto(f"{site}/loads?load=2")
    headline(page, "Load 2 brought 2 rows")
    figures = page.locator(".rw-figure").all_inner_texts()
    assert [text.split("\n\n")[-1].split("\n")[-1] for text in figures] == ["4", "1", "1", "1", "1", "75 %"]
    assert row_of(page, "Reported health has a value")[1:3] == ["reported_health\nplum", "5"]
    expect(page.get_by_text("rules; 1 found something")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download to mend").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
    assert [(row["row"], row["project_id"], row["budget"]) for row in rows] == [("5", "P8", "'=1")]
    expect(page.locator("[data-testid=stMain] img")).to_have_count(0)


def test_undo_and_reinstate_with_reasons_and_what_they_do(serve: Serve, tmp_path: Path, page: Page) -> None:
    place = Warehouse(tmp_path / "two")
    for number, text in enumerate(WEEKS):
        file = tmp_path / f"{number}.csv"
        file.write_text(text, "utf-8")
        assert load(place, Request([file], quarantine=True), today=dt.date(2026, 11, 21)).published
    page.goto(f"{serve(warehouse=tmp_path / 'two')}/loads?load=2")
    page.get_by_role("heading", level=1).wait_for(timeout=120_000)
    expect(
        page.get_by_text("1 row no longer counts; for 1 row the earlier values return; for 1 row nothing")
    ).to_be_visible()
    page.get_by_role("button", name="Undo the load").click()
    expect(page.get_by_text("A reason is needed")).to_be_visible()
    page.get_by_role("textbox", name="Reason").fill("wrong <b>week</b>")
    page.get_by_role("button", name="Undo the load").click()
    # The process that works on files takes a while to get ready, and longer on a busy machine.
    page.get_by_role("heading", name="and is withdrawn").wait_for(timeout=120_000)
    assert row_of(page, "Withdrawn")[3] == "wrong <b>week</b>"
    asked = "select project_id, reported_health from fct_status order by all"
    with place.reading() as reading:
        assert reading.cursor().sql(asked).fetchall() == [("P1", "green"), ("P2", "green"), ("P3", "green")]
    expect(page.get_by_text("1 row counts again; for 1 row its values take the place")).to_be_visible()
    page.get_by_role("textbox", name="Reason").fill("it was right")
    page.get_by_role("button", name="Reinstate the load").click()
    expect(page.get_by_role("heading", name="Undo this load")).to_be_visible()
    assert row_of(page, "Reinstated")[3] == "it was right"
    with place.reading() as reading:
        found = reading.cursor().sql(asked).fetchall()
    assert found == [("P1", "red"), ("P2", "green"), ("P3", "green"), ("P9", "red")]
    page.get_by_role("link", name="Loads").last.click()
    headline(page, "2 loads in force")
    page.get_by_role("link", name="Publication 1", exact=True).click()
    page.wait_for_url(lambda _: query(page).get("known") == "1")
    headline(page, "3 live projects")


def test_a_copied_link_opens_the_load_elsewhere(site: str, page: Page) -> None:
    page.goto(f"{site}/loads?load=1")
    headline(page, "Load 1 brought 3 rows from first.csv")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    other = page.context.new_page()  # which is a session of its own
    other.goto(page.evaluate("navigator.clipboard.readText()"))
    headline(other, "Load 1 brought 3 rows from first.csv")


def test_a_backup_is_made_and_taken_away(site: str, page: Page) -> None:
    page.goto(f"{site}/loads")
    page.get_by_role("button", name="Make a backup").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download rightwork-").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert {"facts.duckdb", "journal.duckdb"} <= {*archive.namelist()}


def test_a_load_that_is_not_there(site: str, page: Page) -> None:
    page.goto(f"{site}/loads?load=77")
    headline(page, "There is no load 77")
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_before_anything_is_loaded_the_page_teaches(serve: Serve, page: Page) -> None:
    page.goto(f"{serve()}/loads")
    headline(page, "No exports loaded yet")
    expect(page.get_by_text("Undo, with a reason")).to_be_visible()
    page.get_by_role("button", name="Load your exports").click()
    headline(page, "Drop your exports")
