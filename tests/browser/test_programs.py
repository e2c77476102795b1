"""Programs in a real browser: the question of the week in two clicks, one program and back, by mouse and by keys."""

import csv
import datetime as dt
import io
from dataclasses import dataclass
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect

from components.formats import day as written
from tests.browser.places import pick
from tests.browser.test_frame import choose, query, settled
from tests.browser.test_pages import headline
from tests.test_figures import FILES, STANDS, files

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
    page.locator(".st-key-card-table").get_by_role("link", name=name).click()
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


# By hand: what each dependency of the sample needs comes when its milestone, or else its project, was met or is
# expected, not before the review; who has ended, or went on without it, waits no more. With both ends' programs.
TIES = f"""
with held as (
    select
        project_id, milestone_id, coalesce(actual_date <= $day, false) as is_met,
        case when is_met then actual_date else greatest(coalesce(forecast_date, baseline_date), $day::date) end as comes
    from milestones where status_date <= $day
    qualify row_number() over (partition by project_id, milestone_id order by status_date desc) = 1
)
select
    d.dependency_name, g.project_name as giver, t.project_name as taker, g.program_id as gives, t.program_id as takes,
    t.budget, coalesce(gm.comes, g.finish) - d.needed_by as late,
    d.dependency_status = 'met' or coalesce(gm.is_met, false) or coalesce(tm.is_met, false) or g.stage = 'completed'
        as is_met
from read_csv('{FILES / "dependencies.csv"}') as d
join stands as g on g.project_id = d.from_project_id
join stands as t on t.project_id = d.to_project_id
left join held as gm on gm.project_id = d.from_project_id and gm.milestone_id = d.from_milestone_id
left join held as tm on tm.project_id = d.to_project_id and tm.milestone_id = d.to_milestone_id
where t.stage not in ('completed', 'cancelled') and coalesce(d.dependency_status, 'open') <> 'dropped'
"""


@dataclass(frozen=True)
class Needed:
    """A dependency of the sample on the review date."""

    name: str
    giver: str
    taker: str
    gives: str | None
    takes: str | None
    budget: float | None
    late: int
    is_met: bool

    @property
    def is_broken(self) -> bool:
        return self.late > 0 and not self.is_met


def needed(program: str = "") -> list[Needed]:
    """Those of a program, or all, from the sample's files alone."""
    with files() as con:
        con.execute(STANDS, {"day": DAY})
        every = [Needed(*row) for row in con.execute(TIES, {"day": DAY}).fetchall()]
    return [one for one in every if not program or program in (one.gives, one.takes)]


def counted(page: Page) -> list[str]:
    """The figures of what would move."""
    return page.locator(".st-key-card-shock .rw-figure").all_inner_texts()


def test_a_broken_dependency_is_found_in_two_clicks_from_the_overview(sample_site: str, page: Page) -> None:
    program, name, _ = reds(DAY)[0]
    every = needed(program)
    late = [one for one in every if one.is_broken]
    assert late
    page.goto(sample_site)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Programs", exact=True).click()
    all_late = [one for one in needed() if one.is_broken]
    headline(page, f"{len(all_late)} dependencies come too late")
    # All of them, those with most money behind them first.
    card = page.locator(".st-key-card-dependencies")
    expect(card.locator("tbody tr")).to_have_count(8)
    expect(card.locator("tbody tr").first).to_contain_text(max(all_late, key=lambda one: one.budget or 0).taker)
    card.get_by_text(f"All {len(all_late)} that come too late").click()
    expect(card.locator("tbody tr")).to_have_count(len(all_late))
    page.locator(".st-key-card-table").get_by_role("link", name=name).click()
    worst = max(one.late for one in late)
    expect(card.get_by_role("heading", level=2)).to_contain_text(
        f"{len(late)} of {len(every)} dependencies come too late, the worst by {worst}\u00a0days"
    )
    rows = card.locator("tbody tr")
    expect(rows).to_have_count(len(late))
    for one in late:
        row = rows.filter(has_text=one.name)
        expect(row).to_contain_text(one.giver)
        expect(row).to_contain_text(one.taker)
        expect(row).to_contain_text(f"{one.late}\u00a0day")
        expect(row).to_contain_text("dependencies.csv")
    assert [row.budget for row in sorted(late, key=lambda one: -(one.budget or 0))] == [
        next(one.budget for one in late if one.name in text) for text in rows.all_inner_texts()
    ]
    # Those that hold are there on request.
    card.get_by_text("Also those that do not come too late").click()
    expect(rows).to_have_count(len(every))
    rows.first.get_by_role("link", name=next(one.giver for one in late if one.name in rows.first.inner_text())).click()
    headline(page, next(one.giver for one in late if one.budget == max(found.budget or 0 for found in late)))


def test_the_time_line_draws_what_is_late_and_explains_its_colours(sample_site: str, page: Page) -> None:
    program = reds(DAY)[0][0]
    page.goto(f"{sample_site}/programs?program={program}")
    line = page.locator(".st-key-card-line")
    inside = [one for one in needed(program) if one.gives == one.takes == program]
    expect(line.locator(".rw-tie-mark")).to_have_count(sum(one.is_broken for one in inside))
    expect(line.locator("path.rw-tie-holds")).to_have_count(sum(not one.is_broken and not one.is_met for one in inside))
    with files() as con:
        con.execute(STANDS, {"day": DAY})
        (points,) = con.execute(
            "select count(distinct (m.project_id, m.milestone_id)) from milestones as m join stands as s "
            "using (project_id) where s.is_live and s.program_id = ? and m.status_date <= ?",
            [program, DAY],
        ).fetchone() or (0,)
    expect(line.locator(".rw-point")).to_have_count(points)
    line.locator(".rw-time-bar").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Because")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    line.locator(".rw-point").last.click()
    expect(dialog).to_contain_text("Rule")
    expect(dialog).to_contain_text("milestones.csv")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    line.get_by_role("button", name="why?").first.focus()
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("Because")


def test_a_link_to_a_slip_shows_the_same_in_another_browser(sample_site: str, page: Page, browser: Browser) -> None:
    page.goto(f"{sample_site}/programs?program=PRG-01")
    card = page.locator(".st-key-card-shock")
    card.get_by_role("slider").wait_for()
    settled(page)
    # Those that others wait for are offered first.
    offered = pick(card.get_by_role("combobox", name="Milestone"), page.get_by_role("option").nth(1))
    assert "for it)" in offered
    milestone = offered.rsplit(": ", 1)[1].rsplit(", ", 1)[0]
    title = card.get_by_role("heading", level=2)
    expect(title).to_contain_text(f"If {milestone} came 4 weeks later")
    card.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(title).to_contain_text(f"If {milestone} came 6 weeks later")
    page.wait_for_url(lambda _: query(page).get("weeks") == "6" and ":" in query(page).get("slip", ""))
    page.get_by_role("button", name="Copy link").click()
    link = page.evaluate("navigator.clipboard.readText()")
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    other = context.new_page()
    other.goto(link)
    expect(other.locator(".st-key-card-shock").get_by_role("heading", level=2)).to_have_text(
        title.inner_text(), timeout=20_000
    )
    assert counted(other) == counted(page)
    context.close()
    # Nothing was saved: without the question the page is as before.
    page.goto(f"{sample_site}/programs?program=PRG-01")
    expect(title).to_have_text("What if it slips?")


def test_a_phone_lists_the_time_line(sample_site: str, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{sample_site}/programs?program=PRG-07&slip=P-0099:M-04")
    line = page.locator(".st-key-card-line")
    expect(line.locator(".rw-time-said").first).to_be_visible()
    expect(line.locator(".rw-time-track").first).to_be_hidden()
    expect(page.locator(".st-key-card-shock .rw-listing").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
