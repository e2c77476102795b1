"""One project in a real browser: why and since when, its milestones and what their slip moves, what was left out."""

import datetime as dt
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from pipelines.load import Request, load
from pipelines.warehouse import Warehouse
from tests.browser.conftest import ROOT, server
from tests.browser.places import settle
from tests.browser.test_frame import query
from tests.browser.test_pages import headline

pytestmark = pytest.mark.browser

FILES = {
    "projects": """project_id,project_name,goal_id,baseline_start,baseline_finish,budget
P1,Identity platform,G2,2026-01-01,2026-12-10,1000
P2,Bare,,2026-01-01,2026-12-10,1000
""",
    "goals": """goal_id,goal_name,parent_goal_id
G1,Win customers,
G2,Make buying effortless,G1
""",
    "status": """project_id,status_date,reported_health,forecast_finish,forecast_cost,baseline_finish,budget,comment
P1,2026-11-06,green,2027-06-10,1000,2026-12-10,1000,
P1,2026-11-13,green,2027-06-10,1000,2026-12-10,1000,
P1,2026-11-20,green,2027-06-10,1000,2026-12-10,1000,all is well
""",
    "milestones": """milestone_id,milestone_name,project_id,status_date,is_deliverable,baseline,forecast,actual
M1,Design agreed,P1,2026-11-06,no,2026-10-30,2026-11-10,
M1,Design agreed,P1,2026-11-13,no,2026-10-30,,2026-11-09
M2,Pilot live,P1,2026-11-06,yes,2026-11-13,2026-12-01,
M2,Pilot live,P1,2026-11-20,yes,2026-11-13,2027-02-23,
M3,Roll-out done,P1,2026-11-06,yes,2027-05-01,2027-05-01,
""",
    "risks": """risk_id,risk_name,project_id,status_date,kind,probability,impact,owner,due_date,state,response
R1,Vendor is late,P1,2026-11-06,risk,4,5,Ann,2026-11-10,open,Second vendor asked
R2,Desk was closed,P1,2026-11-06,issue,,3,Bo,2026-11-10,closed,Opened again
""",
}  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("one")
    files = [folder / f"{name}.csv" for name in FILES]
    for file, text in zip(files, FILES.values(), strict=True):
        file.write_text(text, "utf-8")
    report = load(Warehouse(folder / "warehouse"), Request(files), today=dt.date(2026, 11, 21))
    assert report.published, [problem for file in report.files for problem in file.problems]
    with server(ROOT / "dashboard.py", folder / "warehouse", folder) as address:
        yield address


def test_why_is_this_red_and_since_when_in_two_clicks(sample_site: str, page: Page) -> None:
    page.goto(sample_site)
    name = page.locator(".st-key-card-attention a.rw-open").first
    expect(name).to_be_visible()
    name.click()
    card = page.locator(".st-key-card-why")
    row = card.get_by_role("row").filter(has_text="Computed")
    expect(row).to_contain_text("The worst that is known")
    row.get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", level=3)).to_contain_text("since")
    for word in ("Because", "Rule", "What would change it", "row"):
        expect(dialog).to_contain_text(word)


def test_a_project_shows_what_became_of_its_milestones(site: str, page: Page) -> None:
    page.goto(f"{site}/projects?project=P1")
    card = page.locator(".st-key-card-milestones")
    expect(card.get_by_role("heading")).to_have_text(
        "Pilot live slipped 84 days since November 2026; 1 of 2 due is not met"
    )
    expect(card).to_contain_text("0 of 2 deliverables delivered. Serves Make buying effortless (Win customers)")
    trend = card.locator(".rw-dates")
    said = "Design agreed: met 9 Nov 2026; Pilot live: not met, forecast 23 Feb 2027; Roll-out done: to come, forecast "
    expect(trend).to_have_attribute("aria-label", f"{said}1 May 2027")
    # A line each, and the diagonal on which what was expected has come.
    expect(trend.locator("path")).to_have_count(4)
    cells = card.get_by_role("row").filter(has_text="Pilot live").get_by_role("cell")
    expect(cells.nth(1)).to_have_text("Not met")
    expect(cells.nth(5)).to_have_text("102 days late")
    expect(cells.last).to_contain_text("row 5")
    cells.nth(1).get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    for said in (
        "Due on 13 Nov 2026, forecast for 23 Feb 2027: 102 days late",
        "Slipping with a baseline date of 21 Nov 2026, 8 days later",
        "milestones.csv",
        "row 5",
        "publication 1",
    ):
        expect(dialog).to_contain_text(said)
    assert query(page) == {"project": "P1"}


def test_a_milestone_asks_what_its_slip_moves_and_back_forgets_it(site: str, page: Page) -> None:
    page.goto(f"{site}/projects?project=P1")
    page.locator(".st-key-card-milestones").get_by_role("button", name="Pilot live").press("Enter")
    shock = page.locator(".st-key-card-shock")
    expect(shock.get_by_role("heading", level=2)).to_contain_text("If Pilot live came 4 weeks later")
    page.wait_for_url(lambda _: query(page) == {"project": "P1", "slip": "P1:M2"})
    page.go_back()
    expect(shock.get_by_role("heading", level=2)).to_have_text("What if it slips?")


def test_risks_stand_open_first_and_closed_ones_on_request(site: str, page: Page) -> None:
    page.goto(f"{site}/projects?project=P1")
    card = page.locator(".st-key-card-risks")
    expect(card.get_by_role("heading")).to_have_text("1 risk is open, the largest scores 20 of 25, 1 is overdue")
    expect(card.get_by_role("row").nth(1)).to_contain_text("10 days overdue")
    card.get_by_role("button", name="20").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Probability 4 × impact 5 = 20")
    expect(dialog).to_contain_text("Amber with “Vendor is late” at")
    expect(dialog).to_contain_text("row 2")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(card.get_by_text("Desk was closed")).to_have_count(0)
    card.get_by_text("1 closed").click()
    expect(card.get_by_role("row").filter(has_text="Desk was closed")).to_contain_text("5 × 3")


def test_which_loads_touched_it_is_asked_for(site: str, page: Page) -> None:
    page.goto(f"{site}/projects?project=P1")
    card = page.locator(".st-key-card-origins")
    card.get_by_text("Which loads brought or changed its rows").click()
    link = card.get_by_role("link", name="milestones")
    expect(link).to_contain_text("milestones.csv")
    expect(card.get_by_role("row").filter(has_text="milestones.csv").get_by_role("cell").nth(1)).to_have_text("5")
    link.click()
    page.wait_for_url(lambda _: "load" in query(page))


def test_what_no_export_says_is_said(site: str, page: Page) -> None:
    page.goto(f"{site}/projects?project=P2")
    headline(page, "Bare is not rated")
    settle(page)
    for card, text in (
        ("milestones", "No export lists its milestones"),
        ("risks", "No export lists its risks or issues"),
        ("earned", "No report states an earned value"),
        ("dependencies", "No dependency is stated"),
    ):
        expect(page.locator(f".st-key-card-{card}").get_by_role("heading")).to_have_text(text)
    expect(page.locator(".st-key-card-milestones")).to_contain_text("With a milestones export")
    expect(page.locator(".st-key-card-shock")).to_have_count(0)
