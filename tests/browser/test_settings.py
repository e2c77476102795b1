"""Settings in a real browser: what a change would do comes true, older links keep their figures, the name is shown."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from pipelines.load import Request, load
from pipelines.warehouse import Warehouse
from tests.browser.conftest import ROOT, Serve, server
from tests.browser.places import settle
from tests.browser.test_pages import headline

pytestmark = pytest.mark.browser

PROJECTS = """project_id,project_name,program_id,portfolio,budget
R1,Yard crane,Yards,Platform,5000000
A1,Portal,Front door,Customer,2000000
A2,Kiosk,Front door,Customer,1000000
G1,Depot,Yards,Platform,3000000
"""
STATUS = """project_id,status_date,reported_health,forecast_cost
R1,2026-11-20,red,8000000
A1,2026-11-20,green,2400000
A2,2026-11-20,amber,1200000
G1,2026-11-20,green,3000000
"""
HOSTILE = '</style><b>x"\\} ![y](http://example.com/a.png)'


@pytest.fixture
def loaded(tmp_path: Path) -> Path:
    """One publication: two projects are 20 % over budget (amber), one 60 % (red)."""
    files = {"projects.csv": PROJECTS, "status.csv": STATUS}
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    request = Request([tmp_path / name for name in files])
    assert load(Warehouse(tmp_path / "loaded"), request, today=dt.date(2026, 11, 21)).published
    return tmp_path / "loaded"


@pytest.fixture
def site(loaded: Path, tmp_path: Path) -> Iterator[str]:
    with server(ROOT / "dashboard.py", loaded, tmp_path) as address:
        yield address


def go(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebar").get_by_role("link", name=name, exact=True).click()


def put(page: Page, rule: str, value: str) -> None:
    field = page.get_by_role("spinbutton", name=rule)
    field.fill(value)
    field.press("Enter")


def effect(page: Page) -> Locator:
    return page.locator(".st-key-card-effect")


def save(page: Page, why: str, publication: int) -> None:
    page.get_by_role("textbox", name="Reason").fill(why)
    effect(page).get_by_role("button", name="Save").click()
    # The first change waits for the worker, which takes its time to start on a busy machine.
    expect(page.get_by_text(f"Saved as publication {publication}.")).to_be_visible(timeout=60_000)


def test_what_a_change_would_do_comes_true_and_older_links_stay(site: str, page: Page) -> None:
    page.goto(site)
    headline(page, "1 of 4 live projects")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")

    go(page, "Settings")
    headline(page, "All 18 rules are as shipped")
    put(page, "Cost: red from, %", "15")
    expect(effect(page)).to_contain_text("2 of 4 live projects and 1 program would change colour")
    row = effect(page).get_by_role("row").filter(has_text="$3 M")
    expect(row.get_by_role("cell")).to_have_text(["Amber", "Red", "2", "$3 M"])
    portal = effect(page).get_by_role("row").filter(has_text="Portal")
    expect(portal.get_by_role("cell")).to_have_text(["Portal" + "cost amber to red", "Amber", "Red"])
    expect(effect(page).get_by_role("row").filter(has_text="Front door")).to_contain_text("Red")
    expect(effect(page)).to_contain_text("Computed red projects: 1 now, 3 then")
    save(page, "The board looks earlier ![x](http://example.com/a.png)", 2)
    headline(page, "1 of 18 rules is not as shipped")

    go(page, "Overview")
    headline(page, "3 of 4 live projects")
    page.goto(link)
    headline(page, "1 of 4 live projects")

    page.goto(f"{site}/settings")
    change = page.locator(".st-key-card-changes").get_by_role("row").filter(has_text="Cost: red from")
    expect(change).to_contain_text("30 %")
    expect(change).to_contain_text("The board looks earlier ![x](http://example.com/a.png)")
    page.get_by_role("button", name="Restore 30 %").click()
    expect(effect(page)).to_contain_text("2 of 4 live projects and 1 program would change colour")
    save(page, "as it was", 3)
    headline(page, "All 18 rules are as shipped")
    expect(page.locator(".st-key-card-changes tbody").get_by_role("row")).to_have_count(2)
    go(page, "Overview")
    headline(page, "1 of 4 live projects")


def test_milestones_and_risks_are_judged_by_rules_too(serve: Serve, tmp_path: Path, page: Page) -> None:
    """One of eight milestones is missed, and the largest open exposure is 12: both are amber as shipped."""
    files = {
        "status.csv": "project_id,project_name,status_date,reported_health,budget\nA,Portal,2026-11-20,green,1000\n",
        "milestones.csv": "project_id,milestone_id,status_date,baseline_date,actual_date\n"
        + "".join(f"A,M{n},2026-11-20,2026-11-0{n},{'2026-11-09' if n > 1 else ''}\n" for n in range(1, 9)),
        "risks.csv": "project_id,risk_id,status_date,probability,impact,risk_state\nA,R1,2026-11-20,3,4,open\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    folder = tmp_path / "evidence"
    request = Request([tmp_path / name for name in files])
    assert load(Warehouse(folder), request, today=dt.date(2026, 11, 21)).published
    site = serve(warehouse=folder)
    page.goto(f"{site}/settings")
    put(page, "Milestones: red from, %", "12.5")
    expect(effect(page)).to_contain_text("milestones amber to red")
    put(page, "Risk: red from", "12")
    expect(effect(page)).to_contain_text("milestones amber to red, risk amber to red")
    put(page, "Milestones: red from, %", "13")
    portal = effect(page).get_by_role("row").filter(has_text="Portal")
    expect(portal).to_contain_text("risk amber to red")
    expect(effect(page)).not_to_contain_text("milestones amber to red")
    portal.get_by_role("button", name="Red").click()
    expect(page.get_by_role("dialog")).to_contain_text("By the values entered: risk amber to red")
    page.keyboard.press("Escape")
    put(page, "Risk: amber from", "13")
    expect(effect(page)).to_contain_text("Risk would be red from 12 but amber from 13")
    put(page, "Risk: amber from", "9")
    save(page, "One exposure of 12 is one too many", 2)
    go(page, "Overview")
    headline(page, "The one live project needs attention")
    expect(page.locator(".st-key-card-attention")).to_contain_text("Open exposure 12")
    page.goto(f"{site}/?known=1")
    headline(page, "The one live project needs no attention")


def test_another_rollup_changes_programs_alone(site: str, page: Page) -> None:
    page.goto(f"{site}/settings")
    expect(effect(page)).to_contain_text("Change a value to see what it would do")
    page.get_by_text("Worst project decides").click()
    expect(effect(page)).to_contain_text("No live project and no program would change colour")
    put(page, "Roll-up: unknown below, %", "0")
    expect(effect(page)).to_contain_text("Roll-up: unknown below 0 %, now 50 %")
    effect(page).get_by_role("button", name="Discard").click()
    expect(effect(page)).to_contain_text("Change a value to see what it would do")
    expect(page.get_by_role("spinbutton", name="Roll-up: unknown below, %")).to_have_value("50")


def test_what_can_not_be_saved_says_why(site: str, loaded: Path, page: Page) -> None:
    page.goto(f"{site}/settings")
    put(page, "Cost: red from, %", "5")
    expect(effect(page)).to_contain_text("Cost would be red from 5 % but amber from 10 %")
    expect(effect(page).get_by_role("button", name="Save")).to_have_count(0)
    put(page, "Cost: amber from, %", "4")
    effect(page).get_by_role("button", name="Save 2 changes").click()
    expect(effect(page)).to_contain_text("Say why first")
    assert Warehouse(loaded).publication() == 1


def test_who_saves_second_sees_first_what_the_other_changed(serve: Serve, tmp_path: Path, page: Page) -> None:
    site = f"{serve(warehouse=tmp_path / 'two')}/settings"
    page.goto(site)
    headline(page, "All 18 rules are as shipped")
    other = page.context.new_page()
    other.goto(site)
    put(other, "Cost: red from, %", "40")
    put(other, "Time: grace, days", "21")
    put(page, "Time: grace, days", "14")
    save(page, "monthly reports", 1)
    other.get_by_role("textbox", name="Reason").fill("as we do")
    effect(other).get_by_role("button", name="Save").click()
    expect(effect(other)).to_contain_text("The rules were changed meanwhile")
    expect(effect(other)).to_contain_text("Time: grace 21 days, now 14 days")
    expect(effect(other)).to_contain_text("Cost: red from 40 %, now 30 %")
    assert Warehouse(tmp_path / "two").publication() == 1
    other.close()


def test_rules_may_be_set_before_the_first_load(serve: Serve, tmp_path: Path, page: Page) -> None:
    page.goto(f"{serve(warehouse=tmp_path / 'new')}/settings")
    headline(page, "All 18 rules are as shipped")
    put(page, "Time: grace, days", "14")
    expect(effect(page)).to_contain_text("Nothing is loaded yet")
    save(page, "monthly reports", 1)
    headline(page, "1 of 18 rules is not as shipped")
    go(page, "Overview")
    headline(page, "No exports loaded yet")


def test_the_organisation_has_its_name_on_every_page(site: str, page: Page) -> None:
    shown = (
        "getComputedStyle(document.querySelector('[data-testid=stSidebarHeader]'), '::before')"
        ".content.replace(/\\\\(.)/g, '$1').slice(1, -1)"
    )
    page.goto(f"{site}/settings")
    headline(page, "All 18 rules are as shipped")
    assert page.evaluate(shown) == "Rightwork"
    page.get_by_role("textbox", name="Name").fill(HOSTILE)
    page.get_by_role("button", name="Save the name").click()
    page.wait_for_function(f"{shown} !== 'Rightwork'")
    for path in ("", "projects", "settings"):
        page.goto(f"{site}/{path}")
        settle(page)
        assert page.evaluate(shown) == HOSTILE
        assert page.title() == HOSTILE
        page.emulate_media(media="print")
        before = page.evaluate("getComputedStyle(document.querySelector('.rw-header'), '::before').content")
        assert "example.com" in before
        page.emulate_media(media="screen")
    page.get_by_role("textbox", name="Name").fill("")
    page.get_by_role("button", name="Save the name").click()
    page.wait_for_function(f"{shown} === 'Rightwork'")


def test_nothing_is_wider_than_a_phone(site: str, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site}/settings")
    settle(page)
    put(page, "Cost: red from, %", "15")
    expect(effect(page)).to_contain_text("would change colour")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
