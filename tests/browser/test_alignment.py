"""Alignment in a real browser: from the sentence to a goal, to the project's row, and back."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_pages import headline

pytestmark = pytest.mark.browser


def test_from_the_overview_to_a_goal_to_its_project_and_back(sample_site: str, page: Page) -> None:
    page.goto(sample_site)
    strip = page.locator(".st-key-card-alignment")
    expect(strip.get_by_role("heading")).to_contain_text("points less than its target")
    strip.get_by_role("link", name="Deliver faster at lower cost").click()
    headline(page, "Deliver faster at lower cost has 44 % of the investment, 9 points more than its target")
    tree = page.locator(".st-key-card-tree")
    tree.get_by_role("link", name="Simplify how we run").click()
    headline(page, "Simplify how we run has 27 %")
    expect(page).to_have_url(re.compile(r"goal=G-2\.2"))
    page.go_back()
    headline(page, "Deliver faster at lower cost has 44 %")
    page.get_by_role("link", name="All goals").click()
    headline(page, "Win customers and keep them has 24 % of the investment, 16 points less")
    page.locator(".st-key-alignment-figures").get_by_role("button").click()
    headline(page, "of the investment serves no goal")
    card = page.locator(".st-key-card-goal")
    expect(card.get_by_role("heading")).to_have_text(re.compile(r"40 projects with money that serves no goal"))
    card.get_by_role("link", name=re.compile("Customer identity platform")).click()
    headline(page, "Customer identity platform")
    expect(page.locator(".st-key-card-milestones")).to_contain_text("50 % of it serves Make buying effortless")
