"""Foreign text on every page: shown as it is written, nothing fetched or run, and the layout stands."""

import csv
import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page

from pipelines.load import Request, load
from pipelines.warehouse import Warehouse
from tests.browser.conftest import ROOT, server
from tests.browser.places import TOO_WIDE, Place, places, settle

pytestmark = pytest.mark.browser

# What a page must show letter by letter. None of it has a space that a browser would fold.
TEXTS = {
    "link": "![pic](http://attacker.example/a.png) [click](http://attacker.example/b) **bold** `code` ~~gone~~",
    "html": '<img src=x onerror="window.hacked=1"><script>window.hacked=2</script></div></td><h1>&amp;',
    "directive": "$x^2$ $$y$$ :red[stop] :material/home: :smile: # top\\n- item | cell",
    "formula": "=cmd|' /C calc'!A0",
    "override": "\u202etxt.exe\u202c مشروع تجديد שלום",
    "chinese": "項目組合儀表板與計劃辦公室" * 8,
    "emoji": "👩‍👩‍👧‍👦🔥🧨 ẑ̶̫̈́a̸͖͝l̴̰̈g̷o",
    "long": "Wörterwurm" * 50,
}
NAMES = {name: text[:490] for name, text in TEXTS.items()}
PLACES_OF = {name: text[:190] for name, text in TEXTS.items()}  # portfolios, programs and people: shorter by contract
KEYS = {name: f"{name} {text[:80]}" for name, text in TEXTS.items()}
FILE = "![x](a.png) $x$ :red[y] <img src=x onerror=window.hacked=3>.csv"
EVERYWHERE = places(project=quote(KEYS["html"], safe=""), program=quote(KEYS["link"], safe=""), load=4)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], file: Path) -> Path:
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([columns, *rows])
    return file


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Every project is red, so that the lists of what needs attention hold each of them."""
    folder = tmp_path_factory.mktemp("hostile")
    at = PLACES_OF
    files = [
        table(
            ["goal_id", "goal_name", "goal_owner"],
            [[KEYS[name], NAMES[name][:290], at[name]] for name in TEXTS],
            folder / "goals.csv",
        ),
        table(
            ["program_id", "program_name", "program_portfolio", "program_owner", "program_goal_id"],
            [[KEYS[name], NAMES[name][:290], at[name], at[name], KEYS[name]] for name in TEXTS],
            folder / "programs.csv",
        ),
        table(
            ["project_id", "project_name", "program_id", "portfolio", "sponsor", "goal_id", "baseline_start",
             "baseline_finish", "budget"],
            [
                [KEYS[name], NAMES[name], KEYS[name], at[name], at[name], KEYS[name], "2026-01-02", "2026-12-11", "9"]
                for name in TEXTS
            ],
            folder / "projects.csv",
        ),
        table(
            ["project_id", "status_date", "reported_health", "forecast_finish", "forecast_cost", "comment"],
            [
                [KEYS[name], day, "green", "2027-12-11", "19", text]
                for name, text in TEXTS.items()
                for day in ("2026-11-06", "2026-11-13", "2026-11-20")
            ],
            folder / FILE,
        ),
        table(
            ["milestone_id", "milestone_name", "project_id", "status_date", "is_deliverable", "baseline_date",
             "forecast_date", "actual_date"],
            [
                [key, NAMES[of][:290], KEYS[name], day, "yes", "2026-11-13", "2026-12-18", met]
                for name in TEXTS
                for key, of, met in (("open", "link", ""), ("met", "html", "2026-11-10"), ("late", name, ""))
                for day in ("2026-11-06", "2026-11-13", "2026-11-20")
            ],
            folder / "milestones.csv",
        ),
        table(
            ["risk_id", "risk_name", "project_id", "status_date", "probability", "impact", "risk_owner", "due_date",
             "response"],
            [
                ["R", NAMES[name][:290], KEYS[name], "2026-11-20", "5", "5", at[name], "2026-11-01", NAMES[name]]
                for name in TEXTS
            ],
            folder / "risks.csv",
        ),
        table(
            ["dependency_id", "dependency_name", "from_project_id", "from_milestone_id", "to_project_id", "needed_by",
             "dependency_owner"],
            [
                [f"D-{name}", NAMES[name][:290], KEYS["link"], "open", KEYS[name], "2026-12-01", at[name]]
                for name in TEXTS
                if name != "link"
            ],
            folder / "dependencies.csv",
        ),
    ]  # fmt: skip
    report = load(Warehouse(folder / "warehouse"), Request(files), today=dt.date(2026, 11, 21))
    assert report.published, [problem for file in report.files for problem in file.problems]
    with server(ROOT / "dashboard.py", folder / "warehouse", folder) as address:
        yield address


SCROLLING_LISTS = """
[...document.querySelectorAll('.rw-listing')].filter(one => one.scrollWidth > one.clientWidth)
  .map(one => `${one.closest('[class*="st-key-card-"]')?.className}: ${one.scrollWidth} in ${one.clientWidth}`)
"""
RENDERED = "img:not([alt='Logo']), .katex, [data-testid=stMarkdownColoredText], strong, em, del"
LINKS_OUT = "[...document.links].map(link => link.href).filter(href => new URL(href).host !== location.host)"


def folded(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def everything_said(page: Page) -> str:
    """All text of the page, also what is scrolled away or only read out, with its blanks folded."""
    return folded(page.evaluate("document.querySelector('[data-testid=stMain]').textContent"))


def nothing_came_of_it(page: Page) -> None:
    assert page.evaluate("window.hacked") is None
    assert page.locator(RENDERED).count() == 0, page.locator(RENDERED).first.evaluate("e => e.outerHTML")
    assert page.evaluate(LINKS_OUT) == []
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_role("heading", level=1).count() == 1


# What of it each page shows, letter by letter.
SHOWN = {
    "overview": NAMES,
    "projects": NAMES,
    "programs": {name: text[:290] for name, text in NAMES.items()},
    "project": {
        "html": NAMES["html"],
        "comment": TEXTS["html"],
        "sponsor": PLACES_OF["html"],
        "milestone": NAMES["link"][:290],
    },
    "program": {"link": NAMES["link"][:290]},
    "loads": {"file": FILE},
    "load": {"file": FILE},
}


@pytest.mark.parametrize("place", EVERYWHERE, ids=str)
def test_every_page_shows_foreign_text_as_written(site: str, page: Page, place: Place) -> None:
    # The fixture of the page fails on a console error and on any request that leaves this machine.
    page.goto(f"{site}/{place.path}")
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        settle(page)
        nothing_came_of_it(page)
        assert page.evaluate(TOO_WIDE) == [], f"{place} at {width} px"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(SCROLLING_LISTS) == [], "a name pushes other columns away"
        said = everything_said(page)
        for text in SHOWN.get(place.name, {}).values():
            assert folded(text) in said, f"{place} does not show {text[:60]!r} at {width} px"


def test_the_sidebar_offers_foreign_names_as_written(site: str, page: Page) -> None:
    page.goto(site)
    settle(page)
    for control in ("Portfolio", "Program"):
        page.get_by_role("combobox", name=control).click()
        offered = [folded(text) for text in page.get_by_role("option").all_inner_texts()]
        for text in (PLACES_OF["link"], PLACES_OF["directive"], PLACES_OF["html"]):
            assert any(folded(text)[:60] in one for one in offered), f"{text[:60]!r} is not in {offered}"
        page.keyboard.press("Escape")
    nothing_came_of_it(page)
