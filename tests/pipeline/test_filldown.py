"""Names that stand once for a group of rows are offered to be filled, and filled only when that is accepted."""

from pathlib import Path

import pytest
from desk import TODAY, Desk

from pipelines.load import load
from pipelines.report import FileReport, How, Request

HEADER = "Portfolio,Sponsor,Project ID,Project Name,Status Date,RAG,Comment"


def bring(desk: Desk, folder: Path, *lines: str, header: str = HEADER, repairs: tuple[str, ...] = ()) -> FileReport:
    """Load a status report of these lines; the report of it."""
    path = folder / "status.csv"
    path.write_text("\n".join([header, *lines]) + "\n", "utf-8")
    asked = Request([path], How(export="status", repairs=repairs), quarantine=True)
    return load(desk.warehouse, asked, today=TODAY).files[0]


def offered(report: FileReport) -> list[tuple[str | None, int]]:
    return [(one.column, one.count) for one in report.repairs if one.rule == "fill_down"]


def line(n: int, portfolio: str = "", sponsor: str = "", comment: str = "", project: str | None = None) -> str:
    key = f"P{n},Project {n}" if project is None else project
    return f"{portfolio},{sponsor},{key},2026-11-13,Green,{comment}"


GROUPS = (line(1, "Sales"), line(2), line(3), line(4, "Ops"), line(5), line(6, "Legal"))


def test_portfolios_are_offered_and_filled_once_accepted(desk: Desk, tmp_path: Path) -> None:
    report = bring(desk, tmp_path, *GROUPS)
    (one,) = [one for one in report.repairs if one.rule == "fill_down"]
    assert (one.column, one.count, one.rows, one.accepted) == ("Portfolio", 3, (3, 4, 6), False)
    assert one.why.startswith("Sales in row 2 stands above 2 empty cells")
    assert desk.rows("select count(portfolio) from fact_status") == [(3,)]
    report = bring(desk, tmp_path, *GROUPS, repairs=("fill_down:*",))
    assert [one.accepted for one in report.repairs] == [True]
    told = desk.rows("select project_id, portfolio from fact_status where load_id = 2 order by 1")
    assert told == [("P2", "Sales"), ("P3", "Sales"), ("P5", "Ops")]  # the others are as they were
    kept = desk.rows("select rule, column_name, after, rows from repair order by after desc")
    assert kept == [("fill_down", "Portfolio", "Sales", [3, 4]), ("fill_down", "Portfolio", "Ops", [6])]


NOT_GROUPS = {
    "the first row is empty": [line(1), line(2, "A"), line(3), line(4, "B"), line(5)],
    "most stand alone": [line(1, "A"), line(2, "B"), line(3, "C"), line(4), line(5, "D")],
    "names come again": [line(1, "A"), line(2), line(3, "A"), line(4), line(5, "B"), line(6)],
    "all is filled": [line(n, "AB"[n > 2]) for n in range(1, 6)],
    "comments are sparse": [line(n, "A", comment="late" * (n in (1, 4))) for n in range(1, 7)],
    "few rows": [line(1, "A"), line(2)],
    "one name for all rows": [line(1, "A"), line(2), line(3), line(4)],
    "a project's name is missing": [
        line(n, "A", project=f"P{n},{'Name' * (n in (1, 4))}{n}"[: 8 if n in (1, 4) else 3]) for n in range(1, 7)
    ],
}


@pytest.mark.parametrize("why", NOT_GROUPS)
def test_what_is_merely_missing_is_not_offered(desk: Desk, tmp_path: Path, why: str) -> None:
    assert offered(bring(desk, tmp_path, *NOT_GROUPS[why])) == []


def test_groups_in_groups_are_two_offers(desk: Desk, tmp_path: Path) -> None:
    rows = [line(1, "Sales", "Ann"), line(2), line(3, "", "Bob"), line(4), line(5, "Ops", "Cyd"), line(6)]
    assert offered(bring(desk, tmp_path, *rows)) == [("Portfolio", 4), ("Sponsor", 3)]


WEEKS = (
    "Sales,Ann,P1,One,2026-11-13,Green,",
    ",,,,2026-11-06,Green,",
    ",,,,2026-10-30,Red,",
    "Ops,Bob,P2,Two,2026-11-13,Green,",
    ",,,,2026-11-06,Green,",
)


def test_a_project_over_its_reports_is_filled_with_its_name(desk: Desk, tmp_path: Path) -> None:
    report = bring(desk, tmp_path, *WEEKS)
    assert report.rows_rejected == 3
    assert {column for column, _ in offered(report)} == {"Portfolio", "Sponsor", "Project ID", "Project Name"}
    report = bring(desk, tmp_path, *WEEKS, repairs=("all",))
    assert (report.rows_rejected, report.rows_unchanged, report.rows_new) == (0, 2, 3)
    told = desk.rows("select project_id, project_name, portfolio from fact_status where load_id = 2 order by all")
    assert told == [("P1", "One", "Sales"), ("P1", "One", "Sales"), ("P2", "Two", "Ops")]


def test_an_identifier_that_would_repeat_another_row_is_not_offered(desk: Desk, tmp_path: Path) -> None:
    rows = [one.replace("2026-11-06", "2026-11-13") for one in WEEKS]
    assert not {"Project ID", "Project Name"} & {column for column, _ in offered(bring(desk, tmp_path, *rows))}


def test_the_day_of_a_report_may_stand_in_the_first_row_alone(desk: Desk, tmp_path: Path) -> None:
    rows = [f"{'2026-11-13' if n == 1 else ''},P{n},Green" for n in range(1, 7)]
    report = bring(desk, tmp_path, *rows, header="Status Date,Project ID,RAG", repairs=("fill_down:*",))
    assert (report.rows_new, offered(report)) == (6, [("Status Date", 5)])
    assert desk.rows("select distinct status_date::varchar from fact_status") == [("2026-11-13",)]
