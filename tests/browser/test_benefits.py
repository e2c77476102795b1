"""Benefits in a real browser: the sentence, one program and back, filters and files, and what the sample holds."""

import csv
import datetime as dt
import io
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from components.formats import money
from pipelines.__main__ import main
from tests.browser.conftest import Serve
from tests.browser.places import settle
from tests.browser.test_frame import choose, query
from tests.browser.test_pages import headline
from tests.test_figures import FILES, files

pytestmark = pytest.mark.browser

DAY = dt.date(2026, 11, 20)
# From the sample's files alone: every period is measured or forecast, so all of them compare.
ROWS = f"read_csv('{FILES}/benefits.csv', header = true)"
SUMS = f"""
select sum(planned), sum(case when period_end <= ? then realised else forecast end), sum(realised),
    sum(planned) filter (period_end <= ?)
from {ROWS} where unit = 'USD'
"""


def test_the_sentence_and_figures_are_those_of_the_files(sample_site: str, page: Page) -> None:
    with files() as con:
        planned, expected, realised, due = con.execute(SUMS, [DAY, DAY]).fetchall()[0]
    page.goto(sample_site)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Benefits", exact=True).click()
    less = round(100 * (1 - expected / planned))
    headline(page, f"Benefits promise {money(expected, 'USD')} by 2029, {less} % less than in the business case")
    shown = page.locator(".rw-figures").inner_text().replace("\u00a0", " ")
    assert f"{less} % under {money(planned, 'USD')}" in shown
    assert money(realised, "USD") in shown
    assert f"{round(100 * realised / due)} % of {money(due, 'USD')} planned" in shown


def test_a_program_whose_benefits_shrink_opens_and_back_returns(sample_site: str, page: Page) -> None:
    page.goto(f"{sample_site}/benefits")
    headline(page, "Benefits promise")
    page.evaluate("window.stays = true")
    page.locator(".st-key-benefit-groups a.rw-open").filter(has_text="Last-mile delivery").click()
    expect(page.get_by_role("navigation", name="Path")).to_contain_text("Last-mile delivery")
    page.wait_for_url(lambda _: query(page) == {"program": "PRG-08"})
    headline(page, "57 % less than in the business case")
    row = page.locator(".st-key-benefit-list tbody tr").filter(has_text="Cost of a delivered parcel")
    expect(row).to_contain_text("90 days late")
    expect(row).to_contain_text("−61 %")
    expect(row).to_contain_text("Director of Supply Chain")
    expect(row).to_contain_text("benefits.csv")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_contain_text("programs carry most of the shortfall")
    assert query(page) == {}
    assert page.evaluate("window.stays") is True


def test_a_programs_page_and_table_show_its_benefits(sample_site: str, page: Page) -> None:
    page.goto(f"{sample_site}/programs?order=benefits")
    headline(page, "in the worst trouble")
    row = page.locator(".st-key-card-table tbody tr").first
    expect(row).to_contain_text("Last-mile delivery")
    expect(row.locator('[data-title="Benefits"]')).to_contain_text("−57 %")
    page.goto(f"{sample_site}/programs?program=PRG-08")
    headline(page, "Last-mile delivery is computed green")  # while its benefits shrink
    card = page.locator(".st-key-card-program-benefits")
    expect(card.get_by_role("heading")).to_contain_text("the forecast ends 57 % under the business case")
    expect(card.locator(".rw-lines")).to_contain_text("Forecast")
    card.get_by_role("link", name="More on its benefits").click()
    headline(page, "57 % less than in the business case")
    expect(page.get_by_role("navigation", name="Path")).to_contain_text("Last-mile delivery")


def test_a_benefit_leads_to_its_project(sample_site: str, page: Page) -> None:
    page.goto(f"{sample_site}/benefits?find=Guest+checkout")
    headline(page, "Benefits promise")
    row = page.locator(".st-key-benefit-list tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("completed")  # a benefit stays after its project has closed
    row.get_by_role("link").click()
    headline(page, "Guest checkout")
    page.go_back()
    expect(page.locator(".st-key-benefit-list tbody tr")).to_have_count(1)


def test_filters_unit_and_level_stand_in_the_url(sample_site: str, page: Page) -> None:
    page.goto(f"{sample_site}/benefits")
    headline(page, "Benefits promise")
    choose(page, "Charts and sums in", "hours")
    expect(page.locator(".st-key-card-course")).to_contain_text("hours")
    choose(page, "Rolled up by", "Portfolios")
    expect(page.locator(".st-key-benefit-groups tbody tr")).to_have_count(4)
    choose(page, "Show", "Shrinking")
    choose(page, "Sorted by", "Name")
    page.wait_for_url(
        lambda _: query(page) == {"unit": "hours", "by": "portfolio", "show": "shrinking", "order": "name"}
    )
    settle(page)
    names = [text.split("\n")[0] for text in page.locator(".st-key-benefit-list a.rw-open").all_inner_texts()]
    assert names == sorted(names, key=str.lower)
    page.reload()
    headline(page, "Benefits promise")
    expect(page.locator(".st-key-card-course")).to_contain_text("hours")
    page.get_by_role("textbox", name="Search").fill("nothing like it")
    page.get_by_role("textbox", name="Search").press("Enter")
    expect(page.get_by_text("No benefit fits")).to_be_visible()


def test_the_download_holds_all_that_fits(sample_site: str, page: Page) -> None:
    page.goto(f"{sample_site}/benefits")
    headline(page, "Benefits promise")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
    with files() as con:
        sums = dict(con.sql(f"select benefit_id, sum(planned) from {ROWS} where unit <> '%' group by 1").fetchall())
    assert len(rows) == 73
    assert {r["benefit_id"]: float(r["planned"]) for r in rows if r["planned"]} == pytest.approx(sums)
    with page.expect_download() as download:
        page.get_by_role("button", name="Excel").click()
    assert load_workbook(io.BytesIO(Path(download.value.path()).read_bytes())).active.max_row == 74


def test_what_is_promised_too_early_stands_first(serve: Serve, page: Page, tmp_path: Path) -> None:
    texts = {
        "projects": "project_id,project_name,stage,baseline_start,baseline_finish,budget,currency\n"
        "P1,<b>Late</b> one,active,2026-01-01,2026-11-22,100,USD\n",
        "status": "project_id,status_date,forecast_finish\nP1,2026-11-20,2027-02-20\n",
        "benefits": "benefit_id,benefit_name,project_id,unit,period_end,planned,forecast,realised\n"
        "B1,![x](http://localhost/x),P1,USD,2026-12-31,4000,3000,\nB1,,P1,USD,2027-03-31,4000,4000,\n",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.csv").write_text(text, "utf-8")
    warehouse = tmp_path / "warehouse"
    assert main(["--warehouse", str(warehouse), "load", *(str(tmp_path / f"{name}.csv") for name in texts)]) == 0
    site = serve(warehouse=warehouse)
    page.goto(f"{site}/benefits")
    headline(page, "$3 k is promised before its project finishes")
    row = page.locator(".st-key-card-early tbody tr")
    expect(row).to_contain_text("![x](http://localhost/x)")
    expect(row).to_contain_text("<b>Late</b> one")
    expect(row).to_contain_text("20 Feb 2027")
    expect(row).to_contain_text("90 days late")
    expect(row).to_contain_text("no owner")
    expect(page.locator(".st-key-card-course")).to_contain_text("Credible")


def test_without_benefits_the_page_says_what_feeds_it(serve: Serve, page: Page, tmp_path: Path) -> None:
    site = serve()
    page.goto(f"{site}/benefits")
    headline(page, "No exports loaded yet")
    expect(page.get_by_role("button", name="benefits.csv")).to_be_visible()
    (tmp_path / "status.csv").write_text("project_id,status_date,reported_health\nP1,2026-11-20,green\n", "utf-8")
    assert main(["--warehouse", str(tmp_path / "warehouse"), "load", str(tmp_path / "status.csv")]) == 0
    page.reload()
    headline(page, "No benefits are loaded yet")
    expect(page.get_by_role("button", name="benefits.xlsx")).to_be_visible()
