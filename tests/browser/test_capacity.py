"""Capacity in a real browser: who lacks whom, a cell and back, links, what the page says where half is loaded."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pipelines.__main__ import main
from tests.browser.conftest import Serve
from tests.browser.places import settle
from tests.browser.test_frame import choose, query
from tests.browser.test_pages import headline

pytestmark = pytest.mark.browser

MONTHS = ("2026-11", "2026-12", "2027-01", "2027-02", "2027-03")
TEXTS = {
    "projects": "project_id,project_name,stage,is_critical,priority,baseline_start,baseline_finish\n"
    "P1,<b>Wallet</b>,active,no,2,2026-01-01,2027-03-31\nP2,Fraud alerts,active,yes,9,2026-01-01,2027-03-31\n"
    "P3,Gift cards,candidate,no,1,2027-01-01,2027-06-30\n",
    "status": "project_id,status_date,forecast_finish\nP1,2026-11-20,2027-03-31\nP2,2026-11-20,2027-03-31\n",
    "capacity": "team,skill,month,fte\n"
    + "".join(f"![x](http://localhost/x),Engineer,{month},4\nIdle,,{month},2\n" for month in MONTHS),
    "demand": "project_id,team,skill,month,fte\n"
    "P1,![x](http://localhost/x),Engineer,2027-01,3\nP2,![x](http://localhost/x),Engineer,2027-01,2\n"
    "P3,![x](http://localhost/x),Engineer,2027-02,4.5\nP1,Ghost,Writer,2027-02,1\n",
}


def store(folder: Path, *exports: str) -> Path:
    """A warehouse that holds these exports."""
    for name in exports:
        (folder / f"{name}.csv").write_text(TEXTS[name], "utf-8")
    files = [str(folder / f"{name}.csv") for name in exports]
    assert main(["--warehouse", str(folder / "warehouse"), "load", *files]) == 0
    return folder / "warehouse"


def test_a_cell_says_who_goes_short_and_back_returns(serve: Serve, page: Page, tmp_path: Path) -> None:
    page.goto(f"{serve(warehouse=store(tmp_path, *TEXTS))}/capacity")
    headline(page, "![x](http://localhost/x) lacks 1.0 FTE in Jan 2027; 1 committed project goes short")
    page.evaluate("window.stays = true")
    heat = page.locator(".st-key-card-heat")
    expect(heat.locator("td.rw-heat-over")).to_have_count(1)
    expect(heat.locator("td.rw-heat-over")).to_contain_text("125 %")
    expect(heat.locator("tbody tr").filter(has_text="Ghost")).to_contain_text("n/a")
    heat.locator("td.rw-heat-over button").click()
    card = page.locator(".st-key-card-cell")
    expect(card.get_by_role("heading")).to_contain_text("<b>Wallet</b> goes short of 1.0 FTE")
    rows = card.locator("tbody tr")
    expect(rows.nth(0)).to_contain_text("Fraud alerts")  # critical goes first, whatever its priority
    expect(rows.nth(1)).to_contain_text("<b>Wallet</b>")
    # A third of what it needs of its only month: ten days and a bit, as whole weeks.
    expect(rows.nth(1)).to_contain_text("14 Apr 2027")
    assert query(page)["cell"].startswith("2027-01~")
    address = page.url
    rows.nth(1).get_by_role("link").click()
    headline(page, "<b>Wallet</b>")
    page.go_back()
    expect(card.get_by_role("heading")).to_contain_text("goes short")
    page.go_back()
    expect(card).to_have_count(0)
    assert page.evaluate("window.stays") is True
    page.goto(address)
    expect(card.get_by_role("heading")).to_contain_text("goes short")

    expect(page.locator(".st-key-card-unmatched")).to_contain_text("There, and nobody asks for them")
    expect(page.locator(".st-key-card-unmatched")).to_contain_text("no such team in capacity")

    # What is asked for but not promised is shown when it is asked for.
    page.goto(address.partition("?")[0])
    choose(page, "Counted", "Committed and requested")
    expect(heat.locator("td.rw-heat-over")).to_have_count(2)
    choose(page, "Rows", "Skills")
    expect(heat.locator("tbody tr")).to_have_count(3)
    choose(page, "Horizon", "3 months")
    expect(heat.locator("thead th")).to_have_count(4)
    page.wait_for_url(lambda _: query(page) == {"count": "requested", "by": "skill", "months": "3"})
    settle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    found = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
    assert [(row["project_key"], row["month"], row["fte"], row["unmet"]) for row in found] == [
        ("P2", "2027-01-01", "2.0", "0.0"),
        ("P1", "2027-01-01", "3.0", "1.0"),
    ]


def test_where_half_is_loaded_the_page_says_what_lacks(serve: Serve, page: Page, tmp_path: Path) -> None:
    site = serve(warehouse=store(tmp_path, "projects", "status"))
    page.goto(f"{site}/capacity")
    headline(page, "No capacity and no demand are loaded yet")
    expect(page.get_by_role("button", name="demand.xlsx")).to_be_visible()
    store(tmp_path, "demand")
    page.reload()
    headline(page, "What is asked for is known, and no capacity is stated for it")
    store(tmp_path, "capacity")
    page.reload()
    headline(page, "lacks 1.0 FTE in Jan 2027")
    page.goto(site)
    card = page.locator(".st-key-card-capacity")
    expect(card.get_by_role("heading")).to_contain_text("1 of 6 team-months are overloaded in the next three months")
    card.get_by_role("link", name="All teams and months").click()
    headline(page, "lacks 1.0 FTE in Jan 2027")
