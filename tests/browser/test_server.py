"""server.py in a browser: the pages are those of dashboard.py, also for who comes first and by a deep link."""

from pathlib import Path

from playwright.sync_api import Page, expect

from pipelines.__main__ import main
from tests.browser.conftest import ROOT, Serve


def test_a_deep_link_opens_its_page_on_a_new_server(serve: Serve, page: Page, tmp_path: Path) -> None:
    file = tmp_path / "status.csv"
    file.write_text("project_id,status_date,reported_health\nP1,2026-11-04,green\n", "utf-8")
    assert main(["load", "--warehouse", str(tmp_path / "store"), str(file)]) == 0
    page.goto(f"{serve(ROOT / 'server.py', tmp_path / 'store')}/projects")
    expect(page.get_by_test_id("stSidebarNav").get_by_role("link", name="Overview")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("1 ")
