"""A file from a tool that nobody configured: mapped by clicks, published, seen; next week's goes in unasked."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_pages import headline
from tests.browser.test_upload import choose, drop, idle, published, write

pytestmark = pytest.mark.browser

HEAD = "Work ref;Work name;Colour now;As at;Lead;Total budget;Expected end;Region;Delivery note\n"
ROWS = (
    "W-1;Depot <b>North</b>;On Track;{0}/11/2026;Ann;1.200.000,50;31/12/2026;North;fine\n"
    "W-2;Portal;Bit worried;{0}/11/2026;Bob;800.000,00;28/02/2027;South;late\n"
    "W-3;Identity;Blocked;{0}/11/2026;Cid;2.400.000,00;15/01/2027;North;waits\n"
)


def week(day: int) -> str:
    return f"Extract of the portfolio\n\n{HEAD}{ROWS.format(day)}"


def test_an_unknown_file_is_mapped_by_clicks_and_next_weeks_asks_nothing(site: str, folder: Path, page: Page) -> None:
    page.goto(f"{site}/upload")
    drop(page, write(folder, "extract.csv", week(13)))
    headline(page, "extract.csv is not recognised yet: say what it holds")
    expect(page.get_by_role("button", name="Publish", exact=True)).to_be_disabled()
    page.get_by_role("button", name="How a project stands on a day").click()
    headline(page, "extract.csv does not say")
    page.get_by_role("button", name="Use the ").first.click()
    idle(page)
    if page.get_by_text("tells the status date").count():
        choose(page, "What feeds status date", "As at")
        idle(page)
    # A text that is not known is asked among the questions, not at the end of the page.
    expect(page.locator(".st-key-card-questions").get_by_text("Bit worried", exact=True)).to_be_visible()
    choose(page, "Bit worried is read as", "amber/green")
    idle(page)
    more = page.get_by_role("button", name="Use the suggestion: ")
    if more.count():
        more.click()
        idle(page)
    headline(page, "extract.csv is ready to publish: 3 new rows")
    page.get_by_role("checkbox", name="Keep Region").click()
    idle(page)
    expect(page.get_by_role("checkbox", name="Keep Region")).to_have_attribute("aria-checked", "true")
    name = page.get_by_role("textbox", name="Save this mapping as")
    name.fill("Work tool")
    name.press("Enter")
    page.get_by_role("button", name="Save the mapping").click()
    expect(page.get_by_text("Saved as Work tool: the next file with these headers is read by it")).to_be_visible()
    page.get_by_role("button", name="Publish", exact=True).click()
    headline(page, "Published: 3 new rows from extract.csv")
    asked = "select project_id, reported_health, budget::int from fct_status where is_reported order by all"
    assert published(folder, asked) == [
        ("W-1", "green", 1_200_000),  # rounded to even
        ("W-2", "amber/green", 800_000),
        ("W-3", "red", 2_400_000),
    ]
    # On the other pages it is what any export is, its foreign text as text.
    page.get_by_role("link", name="Projects").click()
    headline(page, "3 live projects")
    expect(page.get_by_text("Depot <b>North</b>")).to_be_visible()
    # Next week: the same headers, without a question.
    page.get_by_role("link", name="Upload").click()
    page.get_by_role("button", name="Load another file").click()
    headline(page, "Drop your exports")
    expect(page.get_by_text(re.compile(r"status reports, \d columns, 1 attribute"))).to_be_visible()
    drop(page, write(folder, "extract of next week.csv", week(20)))
    headline(page, "extract of next week.csv is ready to publish: 3 new rows")
    expect(page.locator(".st-key-card-questions")).to_have_count(0)
    expect(page.get_by_text("profile: Work tool")).to_be_visible()
    page.get_by_role("button", name="Publish", exact=True).click()
    headline(page, "Published: 3 new rows from extract of next week.csv")
    expect(page.get_by_text("read by the mapping Work tool")).to_be_visible()
    dates = "select distinct status_date::varchar from fct_status where is_reported order by all"
    assert published(folder, dates) == [("2026-11-13",), ("2026-11-20",)]


def test_a_saved_mapping_is_renamed_taken_away_and_brought_in(site: str, folder: Path, page: Page) -> None:
    page.goto(f"{site}/upload")
    drop(page, write(folder, "other.csv", "Ref;Health now;On the\nO1;good;13/11/2026\n"))
    headline(page, "other.csv is not recognised yet")
    page.get_by_role("button", name="How a project stands on a day").click()
    headline(page, "other.csv does not say the project id and the status date yet")
    for column, header in (("project id", "Ref"), ("status date", "On the"), ("reported health", "Health now")):
        choose(page, f"What feeds {column}", header)
        idle(page)
    headline(page, "other.csv is ready to publish")
    page.get_by_role("button", name="Save the mapping").click()
    expect(page.get_by_text("Saved as other: the next file")).to_be_visible()
    page.get_by_role("button", name="Start over").click()
    headline(page, "Drop your exports")
    card = page.locator(".st-key-card-mappings")
    with page.expect_download() as download:
        card.get_by_role("button", name="YAML").first.click()
    text = Path(download.value.path()).read_text("utf-8")
    assert "export: status" in text
    card.get_by_role("button", name="Change").first.click()
    page.get_by_role("textbox", name="Name").last.fill("Another")
    page.get_by_role("textbox", name="Name").last.press("Enter")
    page.get_by_role("button", name="Rename").last.click()
    expect(page.get_by_text("other is now called Another.")).to_be_visible()
    idle(page)
    if not page.get_by_role("button", name="Delete").is_visible():
        card.get_by_role("button", name="Change").first.click()
    page.get_by_role("button", name="Delete").last.click()
    expect(page.get_by_text("Another is deleted.")).to_be_visible()
    idle(page)
    card.get_by_text("Bring one in").click()
    page.locator(".st-key-card-mappings input[type=file]").set_input_files(
        {"name": "Brought in.yaml", "mimeType": "text/yaml", "buffer": text.encode()}
    )
    expect(page.get_by_text("Brought in is saved.")).to_be_visible()
    idle(page)
    card.get_by_text("Bring one in").click()
    page.locator(".st-key-card-mappings input[type=file]").set_input_files(
        {"name": "Bad.yaml", "mimeType": "text/yaml", "buffer": b"profile: ["}
    )
    expect(card.locator(".rw-notice")).to_be_visible()
    expect(card.get_by_text("Bad is saved")).to_have_count(0)


def test_a_file_of_400_columns_stays_quick_and_uncluttered(site: str, folder: Path, page: Page) -> None:
    heads = ["project_id", "status_date", "rag", *(f"Custom field ({n})" for n in range(400))]
    cells = ["L1", "2026-11-13", "g", *(f"x{n}" for n in range(400))]
    page.goto(f"{site}/upload")
    drop(page, write(folder, "wide.csv", f"{','.join(heads)}\n{','.join(cells)}\n"))
    headline(page, "wide.csv is ready to publish: 1 new row")
    page.get_by_text("Change what feeds what").click()
    search = page.get_by_role("textbox", name="Search the unused columns")
    search.fill("(399)")
    search.press("Enter")
    expect(page.get_by_role("checkbox", name="Keep ")).to_have_count(1)
    page.get_by_role("checkbox", name="Keep Custom field (399)").click()
    idle(page)
    expect(page.get_by_role("checkbox", name="Keep Custom field (399)")).to_have_attribute("aria-checked", "true")
    assert page.locator("[data-testid=stMain] [data-testid=stSelectbox]").count() < 12
