"""Between the pages of a report, between two files, in a spreadsheet: what is wrong is named where it stands."""

from desk import Desk

HEADER = "Project ID,Project Name,Status Date,RAG,Budget\n"


def test_page_numbers_between_rows_are_left_out_and_counted(desk: Desk) -> None:
    pages = HEADER + "P1,A,2026-11-13,Green,100\nP2,B,2026-11-13,Red,200\nPage 1 of 2,,,,\n"
    (report,) = desk.try_load(pages + HEADER + "P3,C,2026-11-13,Green,300\nSeite 2,,,,\nP4,D,2026-11-13,Red,4\n").files
    assert (report.rows_loaded, report.rows_rejected) == (4, 0)
    assert [(row.row, row.kind) for row in report.left_out] == [(4, "footer"), (5, "header again"), (7, "footer")]


def test_a_project_called_after_a_page_stays(desk: Desk) -> None:
    (report,) = desk.try_load(HEADER + "P1,A,2026-11-13,Green,1\nPage 2,B,2026-11-13,Red,2\n").files
    assert report.rows_loaded == 2


def test_a_contradiction_names_its_rows_and_the_other_file(desk: Desk) -> None:
    first = HEADER + "P1,A,2026-11-13,Green,100\nP2,B,2026-11-13,Red,200\n"
    (_, report) = desk.try_load(first, HEADER + "P1,A,2026-11-13,Green,100\nP2,B,2026-11-13,Green,200\n").files
    (problem,) = [one for one in report.problems if one.rule == "restates_this_command"]
    assert problem.row == 3
    assert problem.message.startswith("row 3 says other than export1.csv before it")


def test_an_error_of_a_spreadsheet_is_named_as_one(desk: Desk) -> None:
    (report,) = desk.try_load(HEADER + "P1,A,2026-11-13,Green,100\nP2,B,2026-11-13,Red,#REF!\n").files
    (problem,) = [one for one in report.problems if one.row == 3]
    assert "spreadsheet's error" in problem.message
    assert "formula" in problem.fix
