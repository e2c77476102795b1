"""Pictures of every page on the sample, light, dark and on a phone, and with 20,000 projects, and what a picture would
give away: nothing cut, no exception.

`make screens` (RIGHTWORK_SCREENS=docs/screens) keeps them for the docs; otherwise they go to a temporary folder.
"""

import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from components.theme import PALETTES
from pipelines.__main__ import main
from tests.browser.conftest import Serve
from tests.browser.places import TOO_WIDE, Place, places, settle

pytestmark = pytest.mark.browser

PLACES = places(project="P-0100", program="PRG-07", load=4)
DARK = "rgb({}, {}, {})".format(*bytes.fromhex(PALETTES["dark"].canvas[1:]))
KEPT = "RIGHTWORK_SCREENS"
LARGEST = 200_000  # bytes of a picture that the docs show
# Text that is wider or higher than the box that hides it. Names that are long by nature may end in an ellipsis or after
# four lines; a bar's part shows as much of its label as there is room for.
CUT = """
() => {
  const texts = 'h1, h2, th, td, button, label, p, .rw-figure-value, .rw-figure-note, .rw-figure-label, .rw-bar-label'
  const mayEnd = '.rw-part, .rw-open, .rw-crumbs, .rw-hidden, .rw-cell, .rw-time-name, .rw-cost-name, .dvn-scroller,'
    + '[data-testid="stFileUploaderDropzone"] button'
  return [...document.querySelectorAll(`[data-testid="stMain"] :is(${texts})`)]
    .filter(one => one.checkVisibility() && !one.closest(mayEnd))
    .filter(one => getComputedStyle(one).overflowX !== 'visible' && one.scrollWidth > one.clientWidth + 1)
    .map(one => `${one.tagName} ${one.className}: ${one.textContent.slice(0, 60)}`)
}
"""
# A health mark that does not say why it is so on a click.
UNEXPLAINED = """
() => [...document.querySelectorAll('[data-testid="stMain"] .rw-mark')]
  .filter(one => !one.closest('.rw-why'))
  .map(one => `${one.closest('[class*="st-key-card"]')?.className}: ${one.textContent}`)
"""
SCROLLING = """
() => [...document.querySelectorAll('.rw-listing, .stMain')]
  .filter(one => one.scrollWidth > one.clientWidth + 1)
  .map(one => `${one.className}: ${one.scrollWidth} in ${one.clientWidth}`)
"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pictures go."""
    asked = os.environ.get(KEPT)
    folder = Path(asked) if asked else tmp_path_factory.mktemp("screens")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def take(page: Page, file: Path) -> None:
    """A picture of what the window shows; one that is kept has few enough colours to be small."""
    page.mouse.move(2, 2)
    page.wait_for_timeout(500)  # a change of mode asks for one more run, a moment later
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    settle(page)
    page.screenshot(path=file, animations="disabled", caret="hide")
    with Image.open(file) as taken:
        colours = taken.convert("RGB").getcolors(maxcolors=1 << 24) or []
        assert len(colours) > 20, f"{file.name} is empty"
        if not os.environ.get(KEPT):
            return
        few = taken.convert("RGB").quantize(255, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(file, optimize=True)
    assert file.stat().st_size < LARGEST


def nothing_is_wrong(page: Page, when: str) -> None:
    assert page.get_by_test_id("stException").count() == 0, when
    assert page.evaluate(TOO_WIDE) == [], when
    assert page.evaluate(CUT) == [], when
    assert page.evaluate(SCROLLING) == [], when


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_picture_of_every_page(sample_site: str, page: Page, pictures: Path, place: Place) -> None:
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto(f"{sample_site}/{place.path}")
    settle(page)
    nothing_is_wrong(page, "1440 px")
    assert page.evaluate(UNEXPLAINED) == []
    take(page, pictures / f"{place}-light.png")
    for width, height in ((1920, 900), (1366, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        settle(page)
        nothing_is_wrong(page, f"{width} px")
    take(page, pictures / f"{place}-phone.png")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", DARK)
    settle(page)
    nothing_is_wrong(page, "dark")
    take(page, pictures / f"{place}-dark.png")


@pytest.mark.prove
def test_a_picture_of_every_page_with_20000_projects(page: Page, pictures: Path, tmp_path: Path, serve: Serve) -> None:
    exports, warehouse = tmp_path / "exports", tmp_path / "warehouse"
    assert main(["sample", str(exports), "--projects", "20000", "--weeks", "52"]) == 0
    assert main(["--warehouse", str(warehouse), "load", *map(str, sorted(exports.glob("*.csv")))]) == 0
    site = serve(warehouse=warehouse)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    for place in places(project="P-00001", program="PRG-11"):
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(f"{site}/{place.path}")
        settle(page)
        nothing_is_wrong(page, f"{place} 1440 px")
        take(page, pictures / f"{place}-20000-projects.png")
        page.set_viewport_size({"width": 390, "height": 844})
        settle(page)
        nothing_is_wrong(page, f"{place} 390 px")
