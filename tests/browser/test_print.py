"""Every page on paper: A4, white, without controls, nothing cut at the right, colours kept."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.places import TOO_WIDE, Place, places, settle

pytestmark = pytest.mark.browser

PLACES = places(project="P-0106", program="PRG-01", load=4)
PAPER = {"width": 718, "height": 1000}  # pixels of an A4 page inside its margins
CONTROLS = ", ".join(
    f"[data-testid={name}]"
    for name in ("stSidebar", "stHeader", "stButton", "stDownloadButton", "stFileUploader", "stPagination")
)
CUT = """
() => [...document.querySelectorAll('.rw-listing, .dvn-scroller, [data-testid="stPlotlyChart"]')]
  .filter(one => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)
  .map(one => `${one.className}: ${one.scrollWidth} in ${one.clientWidth}`)
"""
STYLE = "(one, name) => getComputedStyle(one)[name]"
FILLS = ".rw-part, .rw-cell, .rw-weeks i, .rw-time-bar, .rw-cost-track > i"


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_page_on_paper(sample_site: str, page: Page, place: Place) -> None:
    page.emulate_media(color_scheme="dark")  # paper is light all the same
    page.goto(f"{sample_site}/{place.path}")
    settle(page)
    pdf = page.pdf(prefer_css_page_size=True)
    assert set(re.findall(rb"/MediaBox \[0 0 (\d+)[.\d]* (\d+)", pdf)) <= {(b"594", b"841"), (b"595", b"842")}
    page.emulate_media(media="print")
    page.set_viewport_size(PAPER)
    settle(page)
    assert page.locator(CONTROLS).locator("visible=true").count() == 0
    assert page.evaluate(TOO_WIDE) == []
    assert page.evaluate(CUT) == []
    if page.get_by_test_id("stMain").get_by_text("Sample data.").count():
        expect(page.get_by_test_id("stMain").get_by_text("Sample data.")).to_be_visible()
    heading = page.get_by_role("heading", level=1).bounding_box()
    assert heading
    assert heading["y"] < 100
    for fill in page.locator(FILLS).all()[:40]:
        assert fill.evaluate(STYLE, "printColorAdjust") == "exact"
    assert page.get_by_test_id("stMain").evaluate(STYLE, "backgroundColor") == "rgb(255, 255, 255)"
    for seen in page.locator("h1, h2, .rw-figure-value, .rw-header p").all():
        channels = [int(part) for part in re.findall(r"\d+", seen.evaluate(STYLE, "color"))[:3]]
        assert max(channels) < 140, f"{seen.inner_text()[:40]!r} is written in {channels}"


def test_a_long_table_repeats_its_head(sample_site: str, page: Page) -> None:
    page.goto(f"{sample_site}/projects")
    settle(page)
    page.emulate_media(media="print")
    head = page.locator(".rw-listing thead").first
    assert head.evaluate(STYLE, "display") == "table-header-group"
    # A button in a head is not drawn again on the next page; its text is.
    assert all(button.evaluate(STYLE, "display") == "contents" for button in head.locator("button").all())
    assert page.locator(".rw-listing tbody tr").first.evaluate(STYLE, "breakInside") == "avoid"
