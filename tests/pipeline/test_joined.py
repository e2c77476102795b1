"""A row with too many cells is offered as mended where one way to join its cells alone fits the columns."""

from pathlib import Path

import pytest
from desk import TODAY, Desk

from pipelines.joined import RULE
from pipelines.load import load
from pipelines.report import FileReport, How, Request

HEADER = "Project ID,Project name,Status date,RAG,Budget,Forecast finish,Comment"
GOOD = [f"P-{n:03},Harbour {n},2026-11-13,{('Green', 'Red')[n % 2]},{n}00000,2027-03-01,On course" for n in range(1, 9)]


def check(desk: Desk, folder: Path, row: str, *repairs: str, header: str = HEADER) -> FileReport:
    file = folder / "status.csv"
    file.write_text("\n".join([header, *GOOD, row]) + "\n", "utf-8")
    return load(desk.warehouse, Request([file], How(repairs=repairs), dry_run=True), today=TODAY).files[0]


@pytest.mark.parametrize(
    ("row", "column", "after"),
    [
        (
            "P-020,Roads, bridges and tunnels,2026-11-13,Red,200000,2027-03-01,ok",
            "Project name",
            "Roads, bridges and tunnels",
        ),
        ("P-020,Smith,Jones,2026-11-13,Red,200000,2027-03-01,ok", "Project name", "Smith,Jones"),
        ("P-020,Pier,2026-11-13,Red,1,250,000,2027-03-01,ok", "Budget", "1,250,000"),
        ("P-020,Pier,2026-11-13,Red,200000,Mar 1, 2027,ok", "Forecast finish", "Mar 1, 2027"),
        ("P-020,Pier,2026-11-13,Red,200000,2027-03-01,late, over, and out", "Comment", "late, over, and out"),
        ("P-020,A, b,2026-11-13,Red,1,200,2027-03-01,c, d", "Project name, Budget, Comment", "A, b; 1,200; c, d"),
    ],
)
def test_the_one_way_that_fits_is_offered(desk: Desk, tmp_path: Path, row: str, column: str, after: str) -> None:
    offered = check(desk, tmp_path, row)
    assert [(one.rule, one.column, one.after, one.accepted) for one in offered.repairs] == [
        (RULE, column, after, False)
    ]
    assert (offered.rows_new, offered.rows_rejected) == (8, 1)
    mended = check(desk, tmp_path, row, offered.repairs[0].name)
    assert (mended.rows_read, mended.rows_new, mended.rows_rejected) == (9, 9, 0)


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ("P-020,Pier,2026-11-13,Red,200000,2027-03-01", ""),
        ("P-020,Pier,2026-11-13,Red,no, not,yet,2027-03-01", ""),
        ("P-020,Pier,2026-11-13,Red,200000,2027-03-01,x,,,", ""),
    ],
)
def test_a_row_that_no_way_fits_is_offered_nothing(desk: Desk, tmp_path: Path, row: str, named: str) -> None:
    assert check(desk, tmp_path, row).repairs == []


def test_a_row_that_fits_in_two_ways_names_both(desk: Desk, tmp_path: Path) -> None:
    header = "Project ID,Project name,Manager,Status date,RAG,Budget,Forecast finish"
    rows = [f"P-{n:03},Harbour {n},Mason,2026-11-13,Green,{n}00000,2027-03-01" for n in range(1, 9)]
    file = tmp_path / "status.csv"
    file.write_text(
        "\n".join([header, *rows, "P-020,Pier, north, Mason,2026-11-13,Green,5,2027-03-01"]) + "\n", "utf-8"
    )
    words = [f"P-{n:03},Harbour {n},Person {n},2026-11-13,Green,{n}00000,2027-03-01" for n in range(1, 9)]
    report = load(desk.warehouse, Request([file], dry_run=True), today=TODAY).files[0]
    assert [one.column for one in report.repairs] == ["Project name"], "the manager is one of the column's names"
    file.write_text(
        "\n".join([header, *words, "P-020,Pier, north, Mason,2026-11-13,Green,5,2027-03-01"]) + "\n", "utf-8"
    )
    report = load(desk.warehouse, Request([file], dry_run=True), today=TODAY).files[0]
    assert report.repairs == []
    (problem,) = report.problems
    assert problem.fix == "Cells may be parted that are one: in Manager or in Project name. Quote the one that is."


def test_what_was_joined_is_kept_with_the_load(desk: Desk, tmp_path: Path) -> None:
    check(desk, tmp_path, "P-020,Roads, bridges,2026-11-13,Red,200000,2027-03-01,ok")
    how = How(repairs=("all",))
    assert load(desk.warehouse, Request([tmp_path / "status.csv"], how), today=TODAY).published
    assert desk.rows("select rule, column_name, before, after, rows from repair") == [
        (RULE, "Project name", "Roads | bridges", "Roads, bridges", [10])
    ]


def test_words_at_the_end_of_a_sorted_file_are_known(desk: Desk, tmp_path: Path) -> None:
    header = "Project ID,Portfolio,Project name,Status date,RAG"
    rows = [f"P-{n:04},{'Alpha' if n < 900 else 'Zulu'},Harbour {n},2026-11-13,Green" for n in range(1000)]
    file = tmp_path / "status.csv"
    file.write_text("\n".join([header, *rows, "P-2000,Zulu,Roads, bridges,2026-11-13,Green"]) + "\n", "utf-8")
    report = load(desk.warehouse, Request([file], dry_run=True), today=TODAY).files[0]
    assert [one.after for one in report.repairs] == ["Roads, bridges"]
