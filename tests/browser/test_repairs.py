"""A damaged file: repairs offered, accepted by rule and one by one, taken back, and what is left marked in the file."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_pages import headline
from tests.browser.test_upload import drop, idle, published, write

pytestmark = pytest.mark.browser

HEAD = "project_id,status_date,rag,portfolio,budget,comment"


def damaged() -> str:
    """Forty good rows; beside them names spelled in other ways, one date that cannot be read, a total, a bad amount."""
    lines = [f"G{n},2026-11-{13 + n % 2},green,Department of Transportation,{n}00,fine" for n in range(40)]
    lines += ["S1,2026-11-13,green,DoT,100,short", "S2,2026-11-13,red,Departmnt of Transportation,100,slip"]
    lines += ["A1,2026-11-13,amber,Department of Transportation,plenty,<b>no</b> amount", ",,,,,", "Total,,,,4300,"]
    return "\n".join(["Weekly extract", "", HEAD, *lines]) + "\n"


def test_repairs_are_accepted_taken_back_and_kept_with_the_load(site: str, folder: Path, page: Page) -> None:
    page.goto(f"{site}/upload")
    drop(page, write(folder, "damaged.csv", damaged()))
    headline(page, "1 of 43 rows of damaged.csv cannot be loaded as it stands")
    expect(page.get_by_text("left out:")).to_be_visible()
    card = page.locator(".st-key-card-repairs")
    expect(card.get_by_role("heading", name="2 repairs are offered")).to_be_visible()
    # One by one, by the keyboard, which stays where it is.
    card.get_by_text("One by one").click()
    tick = card.get_by_role("checkbox", name="Accept: DoT becomes Department of Transportation")
    tick.focus()
    page.keyboard.press("Space")
    idle(page)
    expect(card.get_by_role("heading", name="1 repair is offered, 1 is accepted")).to_be_visible()
    expect(tick).to_have_attribute("aria-checked", "true")
    expect(tick).to_be_focused()
    # The other by its rule, then all back, then all.
    card.get_by_role("button", name="Accept all 1").click()
    idle(page)
    expect(card.get_by_role("heading", name="2 repairs are accepted")).to_be_visible()
    card.get_by_role("button", name="Take 2 back").click()
    idle(page)
    expect(card.get_by_role("heading", name="2 repairs are offered")).to_be_visible()
    card.get_by_role("button", name="Accept all 2").click()
    idle(page)
    # What no repair mends is marked in the file, and in the file to be mended.
    page.get_by_text("In the file: 1 row with problems").click()
    cell = page.locator(".rw-grid td.rw-error")
    expect(cell).to_have_count(1)
    expect(cell).to_contain_text("plenty")
    assert "not a number" in (cell.get_attribute("title") or "")
    expect(page.locator(".rw-grid td").filter(has_text="<b>no</b> amount")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="The file to mend, CSV").click()
    rows = list(csv.reader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
    assert any("A1" in row and any("not a number" in text for text in row) for row in rows)
    page.get_by_role("button", name="Publish 42 good rows, keep 1 aside").click()
    headline(page, "Published: 42 new rows from damaged.csv")
    expect(page.get_by_text("repaired: other spellings of a name, 2 cells")).to_be_visible()
    expect(page.get_by_text("left out as no data")).to_be_visible()
    assert published(folder, "select distinct portfolio from stg_projects order by all") in (
        [("Department of Transportation",)],
        [],
    )
    asked = "select distinct portfolio from fct_status where project_id in ('S1', 'S2') and is_reported"
    assert published(folder, asked) == [("Department of Transportation",)]


@pytest.mark.real
def test_a_genuine_damaged_export_goes_in_through_the_browser(
    site: str, folder: Path, page: Page, real_data: Path
) -> None:
    file = real_data / "us_it_dashboard" / "projects_2012_damaged.csv"
    if not file.exists():
        pytest.skip(f"needs {file}")
    page.goto(f"{site}/upload")
    drop(page, file)
    page.get_by_role("heading", level=1, name="rows of projects_2012_damaged.csv cannot be loaded").wait_for(
        timeout=120_000
    )
    expect(page.get_by_text("48 lines left out: 26 total, 17 empty, 5 preamble")).to_be_visible()
    card = page.locator(".st-key-card-repairs")
    expect(card.get_by_text("275 rows")).to_be_visible()
    before = page.get_by_text("good rows").first.inner_text()
    card.get_by_role("button", name="Accept", exact=True).first.click()
    idle(page)
    assert page.get_by_text("good rows").first.inner_text() != before
    expect(card.get_by_text("275 rows, accepted")).to_be_visible()
    page.get_by_role("button", name="good rows, keep").click()
    page.get_by_role("heading", level=1, name="Published: ").wait_for(timeout=180_000)
    expect(page.get_by_text("repaired: rows that stand beside their columns, 275 rows")).to_be_visible()
