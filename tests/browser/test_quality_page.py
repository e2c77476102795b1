"""Data quality in a real browser: its sentence and figures, who is late, rules that failed, and where each leads."""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from pipelines.contract import contracts
from pipelines.load import load
from pipelines.report import How, Request
from pipelines.warehouse import Warehouse
from tests.browser.conftest import ROOT, Serve, server
from tests.browser.places import settle
from tests.browser.test_frame import choose, query
from tests.browser.test_pages import headline

pytestmark = pytest.mark.browser

HOSTILE = "![x](http://example.com/a.png) <img src=x onerror=alert(1)> $x$ :red[y]"
HEADER = "project_id,project_name,portfolio,sponsor,status_date,reported_health,budget,earned_value"
# When, by which source, and what it says. The last week has a rejected row, and a warning for P2.
WEEKS = [
    ("2026-11-05", "Jira", ["P1,One,A,Ann,2026-11-06,green,100,10", "P2,Two,A,Ann,2026-11-06,plum,100,10"]),
    ("2026-11-12", HOSTILE, [f"P3,{HOSTILE},B,{HOSTILE},2026-10-16,red,100,10", "P4,Four,B,Bo,2026-10-30,red,100,10"]),
    (
        "2026-11-19",
        "Jira",
        [
            "P1,One,A,Ann,2026-11-20,green,100,10",
            "P2,Two,A,Ann,2026-11-20,green,100,150",
            "P5,Five,A,Ann,2026-11-20,plum,100,10",
        ],
    ),
]
NAME = "../Q3 <b>week</b>.csv"


def text_of(rows: list[str]) -> bytes:
    return "\r\n".join([HEADER, *rows, ""]).encode()


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three loads in three weeks, of two sources; the clock stands where each says."""
    folder = tmp_path_factory.mktemp("quality")
    for number, (day, source, rows) in enumerate(WEEKS):
        file = folder / f"{number}.csv"
        file.write_bytes(text_of(rows))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pipelines.publications.now", lambda day=day: dt.datetime.fromisoformat(f"{day} 09:00"))
            own = {file: How(name=NAME, source=source)}
            report = load(
                Warehouse(folder / "warehouse"), Request([file], quarantine=True, own=own), today=dt.date(2026, 11, 21)
            )
        assert report.published
    return folder / "warehouse"


@pytest.fixture(scope="module")
def site(warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with server(ROOT / "dashboard.py", warehouse, tmp_path_factory.mktemp("logs")) as address:
        yield address


def rows(page: Page, card: str) -> list[list[str]]:
    """The cells of a card's table, the lines of each joined by a bar."""
    table = page.locator(f".st-key-card-{card} table").first
    expect(table).to_be_visible()
    return [
        [cell.replace("\n", "|") for cell in row.get_by_role("cell").all_inner_texts()]
        for row in table.get_by_role("row").all()[1:]
    ]


def test_the_sentence_and_the_figures(site: str, page: Page) -> None:
    page.goto(f"{site}/quality")
    headline(page, "1 of 4 live projects stands on a fresh report without a warning; 2 are late and 1 has a warning")
    settle(page)
    figures = [text.split("\n") for text in page.locator(".rw-figure").all_inner_texts()]
    said = {lines[0]: [line for line in lines[1:] if line] for lines in figures}
    assert said == {
        "Fresh, without a warning": ["25 %", "1 of 4, 1 with one"],
        "Late": ["2", "of 4 live projects"],
        "Reported this week": ["50 %", "2 of 4 due"],
        "Quality of the last loads": ["33 %", "3 rows in 1 load"],
        "Kept aside": ["2", "rejected rows"],
    }
    expect(page.locator("[data-testid=stMain] img")).to_have_count(0)


def test_who_is_late_by_place_and_by_project(site: str, page: Page) -> None:
    page.goto(f"{site}/quality")
    settle(page)
    assert [row[:3] for row in rows(page, "late-by")] == [["B", "2", "2"], ["A", "2", "0"]]
    choose(page, "Late by", "Sponsor")
    page.wait_for_url(lambda _: query(page).get("by") == "sponsor")
    expect(page.locator(".st-key-card-late-by").get_by_role("row").filter(has_text=HOSTILE)).to_be_visible()
    assert sorted(row[:3] for row in rows(page, "late-by")) == sorted(
        [["Bo", "1", "1"], [HOSTILE, "1", "1"], ["Ann", "2", "0"]]
    )
    # P3 reported once, five weeks before the review; P4 in the week after; P1 and P2 came later and missed one each.
    projects = {row[0].split("|")[0].removesuffix(" late"): row[2:4] for row in rows(page, "late-projects")}
    assert projects == {
        HOSTILE: ["5 of 6", "16 Oct 2026|35 days old, due every 7 days"],
        "Four": ["3 of 4", "30 Oct 2026|21 days old, due every 7 days"],
        "One": ["1 of 3", "20 Nov 2026|on the review date, due every 7 days"],
    }
    expect(page.get_by_role("img", name="Weeks: 1 of 6 reports came")).to_be_visible()


def test_late_projects_a_click_away(site: str, page: Page) -> None:
    page.goto(f"{site}/quality")
    settle(page)
    page.get_by_role("button", name="Late").click()
    page.wait_for_url(lambda _: query(page).get("health") == "not-reported")
    headline(page, "2 of 4 live projects")
    page.go_back()
    headline(page, "1 of 4 live projects stands")
    page.locator(".st-key-card-late-by").get_by_role("link", name="B", exact=True).click()
    page.wait_for_url(lambda _: (query(page).get("portfolio"), query(page).get("health")) == ("B", "not-reported"))
    headline(page, "2 of 2 live projects")
    page.go_back()
    settle(page)
    page.locator(".st-key-card-late-projects").get_by_role("link", name="Four").click()
    page.wait_for_url(lambda _: query(page).get("project") == "P4")


def test_rules_sources_and_weeks(site: str, page: Page) -> None:
    page.goto(f"{site}/quality")
    settle(page)
    failed = {row[0]: [row[1], *row[3:]] for row in rows(page, "rules")}
    assert failed == {
        "Earned value within budget|status: earned value, budget": ["86 %", "1", "7", "1 of 3", "flags the row"],
        "Reported health allowed|status: reported health": ["71 %", "2", "7", "2 of 3", "keeps the row out"],
    }
    expect(page.get_by_role("img", name="Rows that failed by week: 50 %, 0 %, 33 %")).to_be_visible()
    sources = {row[0].split(", last")[0]: row[1:] for row in rows(page, "sources")}
    assert sources == {"Jira|2 loads": ["40 %", "5", "3", "2"], f"{HOSTILE}|1 load": ["100 %", "2", "0", "0"]}
    expect(
        page.get_by_text("67 % of the rows read in the week to 20 Nov 2026 had a problem, 0 % the time before")
    ).to_be_visible()
    page.locator(".st-key-card-weeks").get_by_text("Week by week").click()
    expect(page.locator(".st-key-card-weeks td").first).to_be_visible()
    assert rows(page, "weeks") == [
        ["20 Nov 2026|1 load", "33 %", "3", "2", "1"],
        ["13 Nov 2026|1 load", "100 %", "2", "0", "0"],
        ["6 Nov 2026|1 load", "50 %", "2", "1", "1"],
    ]


def test_filters_are_in_the_link_and_it_opens_the_same_elsewhere(site: str, page: Page) -> None:
    page.goto(f"{site}/quality")
    settle(page)
    # A list of choices closes where the page scrolls under it.
    page.get_by_role("combobox", name="Source").scroll_into_view_if_needed()
    choose(page, "Source", HOSTILE)
    page.wait_for_url(lambda _: query(page).get("source") == HOSTILE)
    expect(page.get_by_role("heading", name="rules passed on every row")).to_be_visible()
    settle(page)
    other = page.context.new_page()  # which is a session of its own
    other.goto(page.url)
    expect(other.get_by_role("heading", name="rules passed on every row")).to_be_visible()
    settle(other)
    assert [row[0].split("|")[0] for row in rows(other, "sources")] == [HOSTILE]
    other.locator(".st-key-card-sources").get_by_role("link").click()
    headline(other, "1 of 3 loads fits")


def test_a_rule_leads_to_the_load_and_there_to_its_problems(site: str, warehouse: Path, page: Page) -> None:
    page.goto(f"{site}/quality")
    settle(page)
    page.locator(".st-key-card-rules").get_by_role("link", name="Reported health allowed").click()
    headline(page, "Load 3 brought 2 rows")
    settle(page)
    results = {row[0].split("|")[0]: row for row in rows(page, "rules")}
    assert results["Reported health allowed"] == [
        "Reported health allowed|reported health is one of green, amber/green, amber, amber/red, red",
        "67 %",
        "1",
        "3",
        "rejects",
        "4",
        "Expect column values to be in set|Great Expectations, on reported_health",
    ]
    with Warehouse(warehouse).reading() as reading:
        found = reading.cursor().sql("select rule from check_result where load_id = 3").fetchall()
    assert {rule.replace("_", " ").capitalize() for (rule,) in found} == set(results)
    page.locator(".st-key-card-rules").get_by_role("link", name="Earned value within budget").click()
    page.wait_for_url(lambda _: query(page).get("rule") == "earned_value_within_budget")
    settle(page)
    assert [row[2] for row in rows(page, "problems")] == ["3"]


def test_the_file_of_a_load_comes_back_as_it_came(site: str, page: Page) -> None:
    page.goto(f"{site}/loads?load=2")
    headline(page, "Load 2 brought 2 rows")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the file as it came").click()
    assert Path(download.value.path()).read_bytes() == text_of(WEEKS[1][2])
    assert download.value.suggested_filename == "Q3 _b_week_b_.csv"


def test_the_dictionary_and_the_templates_download(site: str, page: Page) -> None:
    page.goto(f"{site}/quality")
    settle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="data-dictionary.csv").click()
    found = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
    assert [row["column"] for row in found] == [name for form in contracts() for name in form.columns]
    with page.expect_download() as download:
        page.get_by_role("button", name="data-dictionary.md").click()
    assert Path(download.value.path()).read_text("utf-8").startswith("# Data dictionary")
    page.goto(f"{site}/upload")
    headline(page, "Drop your exports")
    for form in contracts():
        with page.expect_download() as download:
            page.get_by_role("button", name=f"{form.export}.xlsx").click()
        sheet = load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))[form.export]
        assert [cell.value for cell in sheet[2]] == list(form.columns)


def test_before_anything_is_loaded_the_page_teaches(serve: Serve, page: Page) -> None:
    page.goto(f"{serve()}/quality")
    headline(page, "No exports loaded yet")
    expect(page.get_by_text("who is late with a report")).to_be_visible()
    expect(page.get_by_role("button", name="status.xlsx")).to_be_visible()


def test_without_a_report_the_loads_alone_are_judged(serve: Serve, tmp_path: Path, page: Page) -> None:
    (tmp_path / "goals.csv").write_text("goal_id,goal_name,target_share\nG1,Grow,140\nG2,Save,30\n")
    request = Request([tmp_path / "goals.csv"], quarantine=True)
    assert load(Warehouse(tmp_path / "goals"), request).published
    page.goto(f"{serve(warehouse=tmp_path / 'goals')}/quality")
    headline(page, "50 % of the 2 rows read had no problem")
    assert rows(page, "rules")[0][:4] == ["Target share in range|goals: target share", "50 %", "1", "2"]
    expect(page.get_by_test_id("stException")).to_have_count(0)
