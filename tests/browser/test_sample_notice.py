"""The sample organisation on screen: loaded by a click, cleared by a click, and gone when exports of one's own come."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pipelines.load import Request, load
from pipelines.warehouse import Warehouse
from tests.browser.conftest import Serve
from tests.browser.test_pages import headline

pytestmark = pytest.mark.browser

NOTICE = "A made-up organisation"
LONG = 180_000


def test_the_sample_comes_and_goes_by_a_click_and_makes_room(serve: Serve, page: Page, tmp_path: Path) -> None:
    address = serve()
    page.goto(f"{address}/projects")
    page.get_by_role("button", name="Look around in a sample organisation").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_text(NOTICE)).to_be_visible(timeout=LONG)
    headline(page, "live projects")
    page.get_by_role("button", name="Clear the sample").click()
    page.get_by_role("heading", level=1, name="No exports loaded yet").wait_for(timeout=LONG)
    expect(page.get_by_text(NOTICE)).to_have_count(0)
    page.get_by_role("button", name="Look around in a sample organisation").click()
    expect(page.get_by_text(NOTICE)).to_be_visible(timeout=LONG)
    # Exports of one's own put it aside.
    page.get_by_role("link", name="Load your own exports").click()
    expect(page).to_have_url(f"{address}/upload")
    own = tmp_path / "own.csv"
    own.write_text("project_id,status_date,reported_health\nA1,2026-11-20,red\n", "utf-8")
    assert load(Warehouse(tmp_path / "warehouse"), Request([own])).cleared_sample
    page.get_by_role("link", name="Overview", exact=True).click()
    headline(page, "The one live project")
    expect(page.get_by_text(NOTICE)).to_have_count(0)
