"""For everyone: axe-core finds nothing grave, the keyboard alone is enough, colours differ for colour-blind readers."""

import datetime as dt
import io
import itertools
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import FileChooser, Page, TimeoutError, expect

from components.theme import PALETTES, Mode
from pipelines.load import Request, load
from pipelines.warehouse import Warehouse
from tests.browser.axe import Fault, grave_faults
from tests.browser.conftest import Serve
from tests.browser.places import Place, places, settle
from tests.browser.test_frame import query

pytestmark = pytest.mark.browser

PLACES = places(project="P-0050", program="PRG-01")
# What Streamlit draws itself and no style sheet or label of ours can mend: the rule, where, and why it does no harm.
STREAMLITS_OWN = {
    # The navigation's lists hold a <div> for each group between <ul> and <li>; each link is read out with its name.
    ("list", re.compile(r"stSidebarNavItems")),
    ("listitem", re.compile(r"<li class=\"st-emotion-cache-\w+ \w+\">")),
}


def is_streamlits_own(fault: Fault) -> bool:
    return any(rule == fault.rule and where.search(fault.html) for rule, where in STREAMLITS_OWN)


def no_grave_fault(page: Page, when: str) -> None:
    faults = [fault for fault in grave_faults(page) if not is_streamlits_own(fault)]
    assert not faults, "\n".join([when, *map(str, faults)])


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_axe_finds_nothing_grave(sample_site: str, page: Page, place: Place) -> None:
    page.goto(f"{sample_site}/{place.path}")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            settle(page)
            no_grave_fault(page, f"{place}, {scheme}, {width} px")


def test_axe_finds_nothing_grave_in_what_opens(sample_site: str, page: Page) -> None:
    page.goto(sample_site)
    settle(page)
    page.get_by_test_id("stSidebar").get_by_text("View: ").click()
    settle(page)
    no_grave_fault(page, "the view's controls")
    page.get_by_role("combobox", name="Review date").click()
    page.get_by_role("option").first.wait_for()
    no_grave_fault(page, "a list of choices")


FOCUS = """
() => {
  let element = document.activeElement
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
  const isSeen = (one) => {
    const style = getComputedStyle(one)
    const hasOutline = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
    return hasOutline || /0px 0px 0px [2-9]px/.test(style.boxShadow)
  }
  const hosts = []
  for (let one = element; one && hosts.length < 5; one = one.parentElement ?? one.getRootNode().host) hosts.push(one)
  return {
    tag: element?.tagName ?? '',
    name: (element?.getAttribute('aria-label') || element?.innerText || '').trim(),
    isSeen: hosts.some(isSeen),
  }
}
"""


def tab_to(page: Page, is_it: Callable[[str, str], bool], *, key: str = "Tab", most: int = 90) -> None:
    """Press Tab until the focus is on the wanted control; fails where it is never reached, or where focus is unseen."""
    passed = []
    for _ in range(most):
        page.keyboard.press(key)
        focus = page.evaluate(FOCUS)
        passed.append(focus["name"].split("\n")[-1][:40])
        if is_it(focus["tag"], focus["name"]):
            assert focus["isSeen"], f"the focus on {focus['name']!r} cannot be seen"
            return
    raise AssertionError(f"not reached in {most} steps: {passed}")


def chooser_by_keyboard(page: Page) -> FileChooser:
    """Open the file chooser with Enter; a page that is just drawn anew on a busy machine may need it again."""
    for _ in range(3):
        tab_to(page, lambda tag, text: tag == "BUTTON" and text.endswith("Upload"))
        with suppress(TimeoutError):
            with page.expect_file_chooser(timeout=7_000) as chooser:
                page.keyboard.press("Enter")
            return chooser.value
    raise AssertionError("Enter opens no file chooser")


def choose_by_keyboard(page: Page, control: str, *keys: str, done: Callable[[dict[str, str]], bool]) -> None:
    """Choose from a list by keys until the URL says so; a list that is just drawn anew may need them again."""
    for most in (90, 400, 400):
        tab_to(page, named(control), most=most)
        for key in keys:
            page.keyboard.press(key)
        with suppress(TimeoutError):
            page.get_by_role("option").first.wait_for(timeout=7_000)
            page.keyboard.press("Enter")
            page.wait_for_url(lambda _: done(query(page)), timeout=7_000)
            return
        page.keyboard.press("Escape")
        settle(page)
    raise AssertionError(f"{control} does not take {keys}")


def named(text: str) -> Callable[[str, str], bool]:
    return lambda tag, name: tag not in {"BODY", "MAIN"} and text in name


def headline(page: Page) -> str:
    settle(page)
    return page.get_by_role("heading", level=1).inner_text()


def test_the_keyboard_skips_to_the_content(sample_site: str, page: Page) -> None:
    page.goto(sample_site)
    settle(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('[data-testid=stMain]').contains(document.activeElement)")


def test_the_keyboard_walks_the_navigation(sample_site: str, page: Page) -> None:
    page.goto(sample_site)
    for link in page.get_by_test_id("stSidebarNavLink").all():
        link.wait_for()
    names = [text.split("\n")[-1] for text in page.get_by_test_id("stSidebarNavLink").all_inner_texts()]
    settle(page)
    for name in names[1:]:
        tab_to(page, lambda tag, text, name=name: tag == "A" and text.endswith(name))
        page.keyboard.press("Enter")
        expect(page.locator("[data-testid=stSidebarNavLink][aria-current=page]")).to_contain_text(name)
        settle(page)
        page.evaluate("document.activeElement.blur()")


def test_the_keyboard_chooses_review_scope_and_view(sample_site: str, page: Page) -> None:
    page.goto(sample_site)
    before = headline(page)
    choose_by_keyboard(page, "Review date", "ArrowDown", "ArrowDown", done=lambda asked: "review" in asked)
    expect(page.get_by_role("heading", level=1)).not_to_have_text(before)
    settle(page)
    keys = [*"Tech", "ArrowDown"]
    choose_by_keyboard(page, "Portfolio", *keys, done=lambda asked: asked.get("portfolio") == "Technology")
    settle(page)
    tab_to(page, lambda tag, text: tag == "SUMMARY" and "View" in text)
    page.keyboard.press("Enter")
    choose_by_keyboard(page, "Health", "ArrowDown", done=lambda asked: asked.get("basis") == "reported")
    settle(page)
    tab_to(page, named("Copy link"))
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    assert "basis=reported" in page.evaluate("navigator.clipboard.readText()")


def test_the_keyboard_opens_what_the_overview_shows(sample_site: str, page: Page) -> None:
    page.goto(sample_site)
    first = headline(page)
    tab_to(page, lambda tag, text: tag == "BUTTON" and text.startswith("Red: "))
    page.keyboard.press("Enter")
    page.wait_for_url(lambda _: "health" in query(page))
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text(first)
    settle(page)
    name = page.locator(".st-key-card-attention .rw-open").first.inner_text().split("\n")[0]
    tab_to(page, named(name))
    page.keyboard.press("Space" if page.evaluate("document.activeElement.tagName") == "BUTTON" else "Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    page.wait_for_url(lambda _: "project" in query(page))


def lightness(color: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    return float(np.array([0.2126, 0.7152, 0.0722]) @ linear(color))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours (WCAG 2.2): 1 to 21."""
    dark, light = sorted((lightness(one), lightness(other)))
    return (light + 0.05) / (dark + 0.05)


def linear(color: str) -> NDArray[np.float64]:
    channels = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear sRGB to CIE L*a*b* under D65."""
    to_xyz = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    )
    xyz = to_xyz @ rgb / np.array([0.95047, 1.0, 1.08883])
    curved = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * curved[1] - 16, 500 * (curved[0] - curved[1]), 200 * (curved[1] - curved[2])])


# Machado, Oliveira and Fernandes (2009), severity 1.0, for linear RGB.
SEEN_BY = {
    "all": np.eye(3),
    "deuteranope": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protanope": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
}
STATES = ("green", "amber", "red", "unknown")


def difference(one: str, other: str, eyes: str) -> float:
    """How far two colours are apart for these eyes (CIE76)."""
    seen = [lab(np.clip(SEEN_BY[eyes] @ linear(color), 0, 1)) for color in (one, other)]
    return float(np.linalg.norm(seen[0] - seen[1]))


# 2.3 is just noticeable with the two side by side (Mahy et al. 1994). Fills stand apart and are told at a glance: five
# times that. Marks in text always have their word beside them: four times that.
@pytest.mark.parametrize(("suffix", "least"), [("", 11.5), ("_text", 9.2)])
@pytest.mark.parametrize("eyes", SEEN_BY)
@pytest.mark.parametrize("mode", PALETTES)
def test_states_differ_in_colour(mode: Mode, eyes: str, suffix: str, least: float) -> None:
    colors = {state: getattr(PALETTES[mode], f"{state}{suffix}") for state in STATES}
    for one, other in itertools.combinations(STATES, 2):
        assert difference(colors[one], colors[other], eyes) >= least, f"{one} and {other}"


@pytest.mark.parametrize("mode", PALETTES)
def test_states_stand_out_from_what_is_behind_them(mode: Mode) -> None:
    palette = PALETTES[mode]
    for state in STATES:
        assert contrast(getattr(palette, state), palette.card) >= 3, f"{state} as a shape"
        assert contrast(getattr(palette, f"on_{state}"), getattr(palette, state)) >= 4.5, f"text on {state}"
        for behind in (palette.card, palette.canvas):
            assert contrast(getattr(palette, f"{state}_text"), behind) >= 4.5, f"{state} as text"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_bar_as_chromium_shows_it_to_a_deuteranope(sample_site: str, page: Page, scheme: Mode) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(sample_site)
    settle(page)
    page.context.new_cdp_session(page).send("Emulation.setEmulatedVisionDeficiency", {"type": "deuteranopia"})
    bar = page.locator(".rw-bar").nth(1)
    picture = Image.open(io.BytesIO(bar.screenshot())).convert("RGB")
    left = (bar.bounding_box() or {"x": 0})["x"]
    seen = {}
    for part in bar.locator(".rw-part").all():
        box = part.bounding_box()
        assert box
        at = picture.getpixel((int(box["x"] - left + box["width"] / 2), 3))
        assert isinstance(at, tuple)
        seen[part.get_attribute("title")] = lab(linear("#{:02x}{:02x}{:02x}".format(*at)))
    assert len(seen) >= 3
    for one, other in itertools.combinations(seen, 2):
        assert np.linalg.norm(seen[one] - seen[other]) >= 11.5, f"{one} and {other}"


def test_the_keyboard_opens_a_program_and_a_project_of_the_register(sample_site: str, page: Page) -> None:
    page.goto(f"{sample_site}/programs")
    settle(page)
    name = page.locator(".rw-listing .rw-open").first.inner_text().split("\n")[0]
    tab_to(page, named(name))
    page.keyboard.press("Enter")
    page.wait_for_url(lambda _: "program" in query(page))
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    page.goto(f"{sample_site}/projects")
    settle(page)
    tab_to(page, named("Search"))
    page.keyboard.type("Pallet shuttle")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda _: query(page).get("q") == "Pallet shuttle")
    settle(page)
    tab_to(page, named("Pallet shuttle"))
    page.keyboard.press("Enter")
    page.wait_for_url(lambda _: "project" in query(page))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Pallet shuttle")


def test_no_page_traps_the_keyboard(sample_site: str, page: Page) -> None:
    for place in PLACES:
        page.goto(f"{sample_site}/{place.path}")
        settle(page)
        tab_to(page, named("Skip to main content"))
        tab_to(page, named("Skip to main content"), most=400)  # all the way round


def test_the_keyboard_uploads_publishes_and_undoes(serve: Serve, page: Page, tmp_path: Path) -> None:
    names = ("project_id", "status_date", "reported_health", "forecast_finish")
    rows = [("P1", "2026-11-13", "green", "2026-12-11"), ("P1", "2026-11-20", "red", "2027-01-15")]
    file = tmp_path / "status.csv"
    file.write_text("\n".join(",".join(row) for row in [names, rows[0]]), "utf-8")
    assert load(Warehouse(tmp_path / "warehouse"), Request([file]), today=dt.date(2026, 11, 14)).published
    file.write_text("\n".join(",".join(row) for row in [names, *rows]), "utf-8")
    page.goto(f"{serve(warehouse=tmp_path / 'warehouse')}/upload")
    settle(page)
    chooser_by_keyboard(page).set_files(file)
    expect(page.get_by_role("button", name="Publish")).to_be_enabled(timeout=60_000)
    settle(page)
    read, new, _, unchanged = (
        page.locator(".st-key-card-counts, .rw-figures").get_by_text(re.compile(r"^\d+$")).all_inner_texts()[:4]
    )
    assert (read, new, unchanged) == ("2", "1", "1")
    tab_to(page, lambda tag, text: tag == "BUTTON" and text.endswith("Publish"))
    page.keyboard.press("Enter")
    see = page.get_by_role("button", name="See the load")
    see.wait_for(timeout=60_000)
    settle(page)
    tab_to(page, named("See the load"))
    page.keyboard.press("Enter")
    page.wait_for_url(lambda _: query(page).get("load") == "2")
    settle(page)
    tab_to(page, named("Reason"))
    page.keyboard.type("a mistake")
    tab_to(page, named("Undo the load"))
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", level=1)).to_contain_text("withdrawn", timeout=60_000)
