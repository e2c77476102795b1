"""Programs in a real browser: the question of the week in two clicks, one program and back, by mouse and by keys."""

import csv
import datetime as dt
import io
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from components.formats import day as written
from tests.browser.test_frame import choose, query
from tests.browser.test_pages import headline
from tests.test_figures import STANDS, files

pytestmark = pytest.mark.browser

DAY = dt.date(2026, 11, 20)
# By hand from docs/methods.md "Roll-up": red from a quarter of the budget in red, or with a red critical project; by
# count where a budget is missing.
REDS = """
select g.program_id, any_value(g.program_name), sum(budget) filter (computed = 3) as in_red
from stands join programs as g using (program_id)
where is_live
group by g.program_id
having count(*) filter (computed = 3 and is_critical) > 0 or 0.25 <= case
    when count(*) = count(budget) then coalesce(sum(budget) filter (computed = 3), 0) / sum(budget)
    else count(*) filter (computed = 3) / count(*)
end
order by in_red desc nulls last
"""


def reds(day: dt.date) -> list[tuple[str, str, float]]:
    """The red programs on a review date, most budget in red first, from the sample's files alone."""
    with files() as con:
        con.execute(STANDS, {"day": day})
        return con.sql(REDS).fetchall()


def since(program: str) -> dt.date:
    """The first review date of the unbroken run of weeks on which a program is red."""
    day = DAY
    while any(program == name for name, *_ in reds(day - dt.timedelta(weeks=1))):
        day -= dt.timedelta(weeks=1)
    return day


def test_which_program_is_in_the_worst_trouble_and_since_when(sample_site: str, page: Page) -> None:
    red = reds(DAY)
    program, name, _ = red[0]
    page.goto(sample_site)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Programs", exact=True).click()
    headline(page, f"{name} is in the worst trouble: red since {written(since(program))}".replace("\u00a0", " "))
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{len(red)} of 24 programs are computed red")
    page.get_by_role("link", name=name).click()
    headline(page, f"{name} is computed red since {written(since(program))}")
    page.wait_for_url(lambda _: query(page) == {"program": program})


def test_a_program_opens_without_a_new_page_and_back_returns(sample_site: str, page: Page) -> None:
    page.goto(f"{sample_site}/programs?colour=red")
    headline(page, "in the worst trouble")
    page.evaluate("window.stays = true")
    link = page.locator(".st-key-card-table a.rw-open").nth(1)
    name = link.inner_text().split("\n")[0]
    link.focus()
    page.keyboard.press("Enter")
    headline(page, f"{name} is computed red")
    page.go_back()
    headline(page, "in the worst trouble")
    expect(page.get_by_role("combobox", name="Colour")).to_have_value("Red")
    assert page.evaluate("window.stays") is True


def test_a_click_for_another_tab_leaves_this_one(sample_site: str, page: Page) -> None:
    page.goto(f"{sample_site}/programs")
    headline(page, "in the worst trouble")
    with page.context.expect_page() as opened:
        page.locator(".st-key-card-table a.rw-open").first.click(modifiers=["Control"])
    expect(opened.value.get_by_role("navigation", name="Path")).to_contain_text("Programs")
    headline(page, "in the worst trouble")


def test_a_bar_opens_its_project_whose_path_leads_to_the_program(sample_site: str, page: Page) -> None:
    program, name, _ = reds(DAY)[0]
    page.goto(f"{sample_site}/programs?program={program}")
    headline(page, f"{name} is computed red")
    bar = page.locator("a.rw-time-name").first
    project = bar.inner_text().split("\n")[-1].removeprefix("Red: ")
    bar.click()
    headline(page, project)
    page.get_by_role("navigation", name="Path").get_by_role("link", name=name).click()
    headline(page, f"{name} is computed red")


def test_every_live_project_stands_on_the_time_line(sample_site: str, page: Page) -> None:
    program = reds(DAY)[0][0]
    page.goto(f"{sample_site}/programs?program={program}")
    with files() as con:
        con.execute(STANDS, {"day": DAY})
        rows = con.execute(
            "select project_name, slip_days from stands where is_live and program_id = ?", [program]
        ).fetchall()
    expect(page.locator(".rw-time-row")).to_have_count(len(rows))
    for project, slip in rows:
        row = page.locator(".rw-time-row").filter(has_text=project)
        expect(row.locator(".rw-time-late")).to_have_count(1 if slip > 0 else 0)
        if slip > 0:
            expect(row.locator(".rw-time-note")).to_contain_text(str(slip))


def test_search_colour_and_order_stand_in_the_url(sample_site: str, page: Page) -> None:
    page.goto(f"{sample_site}/programs")
    headline(page, "in the worst trouble")
    rows = page.locator(".st-key-card-table tbody tr")
    page.get_by_role("textbox", name="Search").fill("customer")
    page.get_by_role("textbox", name="Search").press("Enter")
    expect(rows).to_have_count(7)  # six programs of the portfolio, and the projects of none
    choose(page, "Sorted by", "Name")
    page.wait_for_url(lambda _: query(page) == {"find": "customer", "order": "name"})
    names = [text.split("\n")[0] for text in page.locator(".st-key-card-table a.rw-open").all_inner_texts()]
    assert names[:-1] == sorted(names[:-1])
    page.get_by_role("textbox", name="Search").fill("nothing like it")
    page.get_by_role("textbox", name="Search").press("Enter")
    expect(page.get_by_text("No program fits")).to_be_visible()


def test_the_download_holds_what_is_seen(sample_site: str, page: Page) -> None:
    page.goto(f"{sample_site}/programs?colour=red")
    headline(page, "in the worst trouble")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
    assert [(row["program_id"], float(row["budget_in_red"])) for row in rows] == [(p, m) for p, _, m in reds(DAY)]
    with page.expect_download() as download:
        page.get_by_role("button", name="Excel").click()
    sheet = load_workbook(io.BytesIO(Path(download.value.path()).read_bytes())).active
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == [p for p, *_ in reds(DAY)]


def test_projects_of_no_program_have_a_page(sample_site: str, page: Page) -> None:
    page.goto(f"{sample_site}/programs?program=(none)")
    headline(page, "What is part of no program is computed")
    expect(page.locator(".rw-time-row").first).to_be_visible()


def test_a_program_that_does_not_exist_shows_all(sample_site: str, page: Page) -> None:
    page.goto(f"{sample_site}/programs?program=nobody")
    headline(page, "in the worst trouble")


@pytest.mark.parametrize("path", ["programs", "programs?program=PRG-07"])
def test_nothing_is_wider_than_a_phone(sample_site: str, page: Page, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{sample_site}/{path}")
    page.get_by_role("heading", level=1).wait_for()
    page.locator(".rw-listing").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
