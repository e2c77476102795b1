"""A file that asks something shows its problem cells all the same, and offers what it states beside its table."""

import csv
from pathlib import Path
from typing import Any

import pytest
from desk import TODAY, Desk
from openpyxl import Workbook

from pipelines.load import load
from pipelines.report import FileReport, How, Request

pytestmark = pytest.mark.usefixtures("by_sql")

HEADER = "Project ID,Project name,Status date,RAG,Budget,Forecast finish\n"
UNDECIDED = (
    HEADER + "P-1,Apollo,05/06/2026,Green,abc,2027-03-01\nP-2,Zeus,04/06/2026,Purple,20,soon\nP-3,Hera,03/06/2026\n"
)
ROWS = "Project ID,RAG,Budget\nP-1,Green,100\nP-2,Red,lots\nP-3,Amber\n"


def check(folder: Path, text: str, name: str = "status.csv", **how: Any) -> FileReport:
    file = folder / name
    file.write_text(text, "utf-8")
    (folder / "kept").mkdir(exist_ok=True)
    request = Request([file], How(**how), dry_run=True, keep=folder / "kept")
    return load(Desk(folder).warehouse, request, today=TODAY).files[0]


def marked(report: FileReport) -> dict[int, set[str | None]]:
    assert report.grid
    return {row.row: {mark.header for mark in row.marks} for row in report.grid.rows}


def test_a_file_that_asks_for_the_order_of_its_dates_shows_all_that_is_wrong(tmp_path: Path) -> None:
    report = check(tmp_path, UNDECIDED)
    assert report.refused
    assert {(p.row, p.column) for p in report.problems} == {
        *((1, "Status date"), (2, "Budget"), (3, "RAG"), (3, "Forecast finish"), (4, None)),
    }
    assert marked(report) == {
        2: {"Status date", "Budget"},
        3: {"Status date", "RAG", "Forecast finish"},
        4: {None},
    }


def test_its_file_to_be_mended_loads_once_it_is_answered(tmp_path: Path) -> None:
    report = check(tmp_path, UNDECIDED)
    with (tmp_path / "kept" / report.corrected[0]).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert [row[1] != "" for row in rows[1:]] == [True, True, True]
    assert "can be read both ways" not in str(rows), "what is asked is no problem of a row"
    rows[1][6], rows[2][5], rows[2][7], rows[3][5:] = "10", "red", "", ["Green", "1", ""]
    with (tmp_path / "mended.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    desk = Desk(tmp_path)
    assert load(desk.warehouse, Request([tmp_path / "mended.csv"], How(dates="dmy")), today=TODAY).published
    assert desk.rows("select count(*), sum(budget) from fct_status") == [(3, 31.0)]


def test_a_file_that_lacks_a_column_shows_what_is_wrong_with_the_others(tmp_path: Path) -> None:
    report = check(tmp_path, ROWS)
    assert report.refused
    assert marked(report) == {3: {"Budget"}, 4: {None}}
    assert report.corrected
    with (tmp_path / "kept" / "problems.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = [(row["row"], row["rule"]) for row in csv.DictReader(file)]
    assert listed == [("1", "missing_column"), ("3", "budget_readable"), ("4", "row_shape")]


def test_a_file_that_lacks_a_column_and_whose_rows_are_all_of_the_wrong_shape_is_told_so(tmp_path: Path) -> None:
    report = check(tmp_path, "program_portfolio,business critical,program_owner\nP-1,active\nP-1,P-1\n")
    assert report.refused
    assert marked(report) == {2: {None}, 3: {None}}


def test_a_file_that_no_export_fits_shows_the_rows_of_the_wrong_shape(tmp_path: Path) -> None:
    report = check(tmp_path, "Wer,Was,Wo\na,b,c\nd,e\n")
    assert marked(report) == {3: {None}}


@pytest.mark.parametrize(
    ("name", "above", "below", "offered"),
    [
        ("status.csv", "Status as of 14 Nov 2026", "", {"2026-11-14": "line 1 says: Status as of 14 Nov 2026"}),
        ("status.csv", "Report date: 2026-11-14", "", {"2026-11-14": "line 1 says: Report date: 2026-11-14"}),
        ("status.csv", "Data date,14.11.2026", "", {"2026-11-14": "line 1 says: Data date, 14.11.2026"}),
        ("status.csv", "Stand: 14. November 2026", "", {"2026-11-14": "line 1 says: Stand: 14. November 2026"}),
        (
            "status.csv",
            '"Week ending November 14, 2026"',
            "",
            {"2026-11-14": "line 1 says: Week ending November 14, 2026"},
        ),
        ("status.csv", "Weekly report", "As of 14-Nov-2026", {"2026-11-14": "line 6 says: As of 14-Nov-2026"}),
        ("status_2026-11-14.csv", "Weekly report", "", {"2026-11-14": "its name says"}),
        ("status_20261114_v2.csv", "Weekly report", "", {"2026-11-14": "its name says"}),
        ("Status 14 Nov 2026.csv", "Weekly report", "", {"2026-11-14": "its name says"}),
        (
            "status_2026-11-15.csv",
            "Status as of 14 Nov 2026",
            "",
            {"2026-11-14": "line 1 says: Status as of 14 Nov 2026", "2026-11-15": "its name says"},
        ),
        (
            "status_2026-11-14.csv",
            "Status as of 14 Nov 2026",
            "",
            {"2026-11-14": "line 1 says: Status as of 14 Nov 2026; its name says"},
        ),
        (
            "status.csv",
            "As of 05/06/2026",
            "",
            {
                "2026-06-05": "line 1 says: As of 05/06/2026, read day first",
                "2026-05-06": "line 1 says: As of 05/06/2026, read month first",
            },
        ),
        ("status.csv", "Version 1.2.3 of 120 projects in 2026", "", {}),
        ("P-20261399.csv", "Weekly report", "", {}),
    ],
)
def test_a_day_that_is_stated_beside_the_table_is_offered(
    tmp_path: Path, name: str, above: str, below: str, offered: dict[str, str]
) -> None:
    report = check(tmp_path, f"{above}\n{ROWS}{below}\n", name)
    assert {one.value: one.why for one in report.offered} == offered
    assert {one.column for one in report.offered} <= {"status_date"}
    assert report.refused, "it is asked, not taken"
    fixes = [problem.fix for problem in report.problems if problem.rule == "missing_column"]
    assert all(f"--set status_date={value}" in fixes[0] for value in offered)
    for value in offered:
        taken = check(tmp_path, f"{above}\n{ROWS}{below}\n", name, constants={"status_date": value})
        assert (taken.refused, taken.rows_new, taken.offered) == (False, 1, [])


def test_the_day_when_a_file_was_made_is_offered_last(tmp_path: Path) -> None:
    text = f"Generated on 16 Nov 2026\nReporting date 14 Nov 2026\n{ROWS}"
    assert [one.value for one in check(tmp_path, text).offered] == ["2026-11-14", "2026-11-16"]


def test_an_order_of_dates_that_was_said_settles_the_day_that_is_offered(tmp_path: Path) -> None:
    offered = check(tmp_path, f"As of 05/06/2026\n{ROWS}", dates="mdy").offered
    assert [(one.value, one.why) for one in offered] == [("2026-05-06", "line 1 says: As of 05/06/2026")]


def test_a_sheet_states_its_day_in_its_first_rows_and_in_its_name(tmp_path: Path) -> None:
    book = Workbook()
    page = book.active
    assert page
    page.title = "Week 13 Nov 2026"
    for row in (["Data date", "14.11.2026"], [], *(line.split(",") for line in ROWS.splitlines())):
        page.append(row)
    book.save(tmp_path / "status.xlsx")
    request = Request([tmp_path / "status.xlsx"], dry_run=True)
    offered = load(Desk(tmp_path).warehouse, request, today=TODAY).files[0].offered
    assert [(one.value, one.why) for one in offered] == [
        ("2026-11-14", "row 1 says: Data date, 14.11.2026"),
        ("2026-11-13", "the sheet's name says"),
    ]


def test_a_file_that_has_the_column_is_offered_nothing(tmp_path: Path) -> None:
    report = check(tmp_path, f"Status as of 14 Nov 2026\n{HEADER}P-1,Apollo,2026-11-13,Green,1,2027-03-01\n")
    assert (report.refused, report.offered) == (False, [])
