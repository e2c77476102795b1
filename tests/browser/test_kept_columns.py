"""Kept columns in the browser: a filter of the register, a card on the project's page, columns of the download."""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pipelines.load import load
from pipelines.report import How, Request
from pipelines.warehouse import Warehouse
from tests.browser.conftest import ROOT, server
from tests.browser.test_frame import choose, query
from tests.browser.test_pages import headline

pytestmark = pytest.mark.browser

HOSTILE = "![x](http://example.com/a.png) <b>bold</b>"
STATUS = f"""project_id,project_name,status_date,reported_health,budget,Region,"{HOSTILE}"
P1,Depot,2026-11-13,green,1000,North,=1+1
P2,Bridge,2026-11-13,red,2000,South,"{HOSTILE}"
P3,Portal,2026-11-13,amber,3000,North,plain
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("kept")
    file = folder / "status.csv"
    file.write_text(STATUS, "utf-8")
    how = How(attributes=("Region", HOSTILE))
    assert load(Warehouse(folder / "warehouse"), Request([file], how), today=dt.date(2026, 11, 14)).published
    with server(ROOT / "dashboard.py", folder / "warehouse", folder) as address:
        yield address


def test_the_register_is_narrowed_to_an_attribute_and_the_link_says_so(page: Page, site: str) -> None:
    page.goto(f"{site}/projects")
    headline(page, "3 live projects")
    choose(page, "Attribute", "Region")
    headline(page, "3 of 3 live projects fit")
    choose(page, "Region", "North")
    headline(page, "2 of 3 live projects fit")
    expect(page.get_by_text("Bridge")).to_have_count(0)
    assert (query(page)["attribute"], query(page)["value"]) == ("Region", "North")
    with page.expect_download() as got:
        page.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(got.value.path()).read_text("utf-8-sig"))))
    assert [row["Region"] for row in rows] == ["North", "North"]
    assert {row[HOSTILE] for row in rows} == {"'=1+1", "plain"}


def test_a_link_to_a_value_narrows_and_the_project_says_where_it_is_from(page: Page, site: str) -> None:
    page.goto(f"{site}/projects?attribute=Region&value=South")
    headline(page, "1 of 3 live projects fits")
    page.goto(f"{site}/projects?project=P2")
    card = page.locator(".st-key-card-attributes")
    expect(card).to_contain_text("Further attributes")
    expect(card).to_contain_text("status.csv")
    expect(card.get_by_text(HOSTILE).first).to_be_visible()
    expect(card.locator("img, b")).to_have_count(0)


def test_a_register_without_attributes_asks_for_none(page: Page, sample_site: str) -> None:
    page.goto(f"{sample_site}/projects")
    expect(page.get_by_role("heading", level=1)).to_contain_text("live projects")
    expect(page.get_by_label("Sorted by")).to_be_visible()
    expect(page.get_by_label("Attribute")).to_have_count(0)
