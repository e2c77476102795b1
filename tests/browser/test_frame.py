"""The frame in a real browser: the guard, the controls and the URL, the typeface, foreign text."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, Serve, server
from tests.browser.places import pick

pytestmark = pytest.mark.browser

STAGE = Path(__file__).parent / "stage" / "dashboard.py"
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
TITLES = dict(re.findall(r'st\.Page\("pages/(\w+)\.py", title="([^"]+)"', (ROOT / "dashboard.py").read_text("utf-8")))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of the stage, for what needs no server that nobody has visited."""
    folder = tmp_path_factory.mktemp("stage")
    with server(STAGE, folder / "warehouse", folder) as address:
        yield address


def query(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query, keep_blank_values=True).items()}


def settled(page: Page) -> None:
    """Wait until the page is drawn to its end: what is clicked before may be drawn anew under the pointer."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def choose(page: Page, control: str, option: str) -> None:
    settled(page)
    pick(page.get_by_role("combobox", name=control), page.get_by_role("option", name=option, exact=True))


def shows(page: Page, text: str) -> None:
    expect(page.get_by_test_id("stText").first).to_contain_text(text)


@pytest.mark.parametrize("name", PAGES)
def test_a_deep_link_into_a_fresh_server_shows_navigation_and_controls(serve: Serve, page: Page, name: str) -> None:
    page.goto(f"{serve()}/{name}?project=P-001&review=2026-11-20")
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar.get_by_role("link", name=TITLES[name], exact=True)).to_be_visible()
    expect(sidebar.get_by_text("Review date")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert query(page) == {"project": "P-001", "review": "2026-11-20"}


def test_a_deep_link_into_a_fresh_server_shows_its_state(serve: Serve, page: Page) -> None:
    page.goto(f"{serve(STAGE)}/projects?project=P-001&review=2026-11-13&portfolio=PF-1&basis=reported&known=2")
    shows(page, "review=2026-11-13 portfolio=PF-1 program= compare=2026-11-06 basis=reported known=2")
    expect(page.get_by_text("project=P-001")).to_be_visible()
    expect(page.get_by_role("combobox", name="Review date")).to_have_value("Fri 13 Nov 2026")
    expect(page.get_by_role("combobox", name="Portfolio")).to_have_value("Customer")


def test_the_start_page_of_a_fresh_server_shows_the_defaults(serve: Serve, page: Page) -> None:
    page.goto(serve(STAGE))
    shows(page, "review=2026-11-20 portfolio= program= compare=2026-11-13 basis=computed known=3")
    expect(page.get_by_role("combobox", name="Portfolio")).to_have_value("All portfolios")
    assert query(page) == {}


def test_what_does_not_exist_snaps_without_an_error(stage: str, page: Page) -> None:
    page.goto(f"{stage}/?review=2026-11-18&compare=1999-01-01&portfolio=none&program=none&basis=x&known=99")
    shows(page, "review=2026-11-13 portfolio= program= compare=2026-11-06 basis=computed known=3")
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_choice_survives_page_switches_and_back_undoes_it(stage: str, page: Page) -> None:
    page.goto(f"{stage}/projects?project=P-001")
    choose(page, "Review date", "Fri 13 Nov 2026")
    shows(page, "review=2026-11-13")
    choose(page, "Portfolio", "Platform")
    shows(page, "portfolio=PF-2")
    page.get_by_role("link", name="Overview", exact=True).click()
    expect(page.get_by_test_id("stText").first).to_contain_text("review=2026-11-13 portfolio=PF-2")
    page.wait_for_url(lambda _: query(page) == {"review": "2026-11-13", "portfolio": "PF-2"})
    page.go_back()
    expect(page.get_by_text("project=P-001")).to_be_visible()
    page.go_back()
    shows(page, "review=2026-11-13 portfolio= ")
    page.go_back()
    shows(page, "review=2026-11-20 portfolio= ")


def test_a_program_outside_the_portfolio_is_dropped(stage: str, page: Page) -> None:
    page.goto(f"{stage}/?program=PG-1")
    shows(page, "program=PG-1")
    choose(page, "Portfolio", "Platform")
    shows(page, "portfolio=PF-2 program= ")


def test_copy_link_writes_every_value_and_keeps_the_pages_own(stage: str, page: Page) -> None:
    page.goto(f"{stage}/projects?project=P-001")
    shows(page, "review=2026-11-20")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    link = urlsplit(page.evaluate("navigator.clipboard.readText()"))
    assert (link.scheme, link.path) == ("http", "/projects")
    assert parse_qs(link.query, keep_blank_values=True) == {
        "project": ["P-001"],
        "review": ["2026-11-20"],
        "portfolio": [""],
        "program": [""],
        "compare": ["2026-11-13"],
        "basis": ["computed"],
        "known": ["3"],
    }


def test_where_the_clipboard_is_refused_the_link_can_be_selected(stage: str, page: Page) -> None:
    page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error('refused'))")
    page.goto(stage)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_label("Link to this view")).to_have_value(
        f"{page.url}?review=2026-11-20&portfolio=&program=&compare=2026-11-13&basis=computed&known=3"
    )


def test_foreign_text_shows_as_written(stage: str, page: Page) -> None:
    page.goto(stage)
    hostile = '<img src="http://attacker.example/p.png"> ![x](http://attacker.example/q.png)'
    expect(page.get_by_role("heading", level=1)).to_have_text(hostile)
    expect(page.get_by_role("navigation", name="Path")).to_contain_text(hostile)
    expect(page.locator("img")).to_have_count(0)


def test_a_row_and_a_part_of_a_bar_open_what_they_show(stage: str, page: Page) -> None:
    page.goto(f"{stage}/?review=2026-11-13")
    page.get_by_role("button", name="Billing").click()
    expect(page.get_by_text("project=P-1")).to_be_visible()
    page.wait_for_url(lambda _: query(page) == {"project": "P-1", "review": "2026-11-13"})
    page.get_by_role("link", name="Overview", exact=True).click()
    page.get_by_role("button", name="Amber: 3").click()
    expect(page.get_by_text("project=every amber")).to_be_visible()


def test_what_python_colours_follows_the_mode(stage: str, page: Page) -> None:
    page.goto(stage)
    expect(page.get_by_text("mode=light")).to_be_visible()
    page.emulate_media(color_scheme="dark")
    expect(page.get_by_text("mode=dark")).to_be_visible()


def test_our_typeface_loads(serve: Serve, page: Page) -> None:
    page.goto(serve())
    page.get_by_role("heading", level=1).wait_for()
    page.evaluate("document.fonts.ready")
    assert page.evaluate("[...document.fonts].some(font => font.family === 'Inter' && font.status === 'loaded')")
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).fontFamily").startswith("Inter")


def test_nothing_is_wider_than_a_phone(stage: str, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(stage)
    page.get_by_role("heading", level=1).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_what_takes_longer_says_what_it_does_and_leaves_no_trace(serve: Serve, page: Page) -> None:
    page.goto(serve(STAGE.with_name("slow.py")))
    words = page.get_by_text("Rebuilding what was known at publication 3")
    expect(words).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("It is there")
    expect(words).to_have_count(0)
