"""The Overview of the sample in a real browser: each mark says why, each count lists its projects, Back returns."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.places import TOO_WIDE, settle
from tests.browser.test_frame import query
from tests.browser.test_pages import headline

pytestmark = pytest.mark.browser

TOP = "57 of 158 live projects need attention"


def test_where_reports_and_evidence_part_is_listed_and_back_returns(sample_site: str, page: Page) -> None:
    page.goto(sample_site)
    for words, said, group in (
        ("green over amber", "14 of 158 live projects are reported green and computed amber", "pale"),
        ("better by a new baseline", "7 of 158 live projects are better only by a new baseline", "better-by-baseline"),
    ):
        page.locator(".st-key-card-parted").get_by_role("link", name=words).click()
        headline(page, said)
        page.wait_for_url(lambda _, group=group: query(page) == {"health": group})  # type: ignore[misc]
        page.go_back()
        headline(page, TOP)


def test_evidence_is_listed_by_its_kind(sample_site: str, page: Page) -> None:
    page.goto(sample_site)
    page.locator(".st-key-evidence").get_by_role("button", name="Red: 24").click()
    headline(page, "24 of 158 live projects are red in milestones")
    page.go_back()
    headline(page, TOP)


def test_portfolios_and_goals_say_why_and_lead_to_their_projects(sample_site: str, page: Page) -> None:
    page.goto(sample_site)
    headline(page, TOP)
    dialog = page.get_by_role("dialog")
    for card, name, kind in (("portfolios", "Operations", "Portfolio"), ("goals", "Two-day delivery", "Goal")):
        row = page.locator(f".st-key-card-{card}").get_by_role("row").filter(has_text=name)
        mark = row.get_by_role("button", name="Red")
        mark.focus()
        mark.press("Enter")
        expect(dialog).to_contain_text(f"{kind} · at 20 Nov 2026")
        expect(dialog).to_contain_text("Computed, since 9 Oct 2026")
        expect(dialog).to_contain_text("Red from 25 % in red, by budget")
        expect(dialog).to_contain_text("No longer red once 3 projects are not red")
        expect(dialog.get_by_role("row").filter(has_text="Automatic sortation line")).to_contain_text(
            "milestones missed"
        )
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
    page.locator(".st-key-card-portfolios").get_by_role("link", name="Operations").click()
    headline(page, "14 of 29 live projects need attention")
    page.wait_for_url(lambda _: query(page) == {"portfolio": "Operations"})
    page.go_back()
    headline(page, TOP)


def test_why_is_this_red_and_since_when_takes_two_clicks(sample_site: str, page: Page) -> None:
    page.goto(sample_site)
    row = page.locator(".st-key-card-attention").get_by_role("row").filter(has_text="Automatic sortation line")
    row.get_by_role("button", name="Red").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("since")
    expect(dialog).to_contain_text("What would change it")
    expect(dialog).to_contain_text("status.csv")


def test_the_trend_counts_projects_or_money(sample_site: str, page: Page) -> None:
    page.goto(sample_site)
    trend = page.locator(".st-key-card-trend")
    expect(trend).to_contain_text("Share of live projects, last 26 weeks; full: computed, dotted: reported")
    expect(trend).to_contain_text("Reports lag behind the evidence: computed red rose from")
    lines = trend.locator(".rw-line")
    expect(lines).to_have_count(6)
    before = lines.last.get_attribute("d")
    trend.get_by_text("Budget", exact=True).click()
    expect(trend).to_contain_text("Share of budget in USD")
    assert lines.last.get_attribute("d") != before


def test_nothing_is_wider_than_a_phone(sample_site: str, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(sample_site)
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate(TOO_WIDE) == []
