"""A column for each week or month: what is in it is not lost without a word."""

import pytest
from desk import Desk

from pipelines.report import FileReport

COLOURS = ("Green", "Amber", "Red")


def checked(desk: Desk, headers: tuple[str, ...], cells: tuple[str, ...] = COLOURS, **asked: str) -> FileReport:
    rows = "".join(f"X{n},Depot {n},North,{','.join(cells)}\n" for n in range(3))
    text = f"Project ID,Project Name,Portfolio,{','.join(headers)}\n{rows}"
    return desk.try_load(text, **asked).files[0]


@pytest.mark.parametrize(
    "headers",
    [
        ("2026-11-06", "2026-11-13", "2026-11-20"),
        ("06/11/2026", "13/11/2026", "20/11/2026"),
        ("RAG 6-Nov-26", "RAG 13-Nov-26", "RAG 20-Nov-26"),
        ("KW 45/2026", "KW 46/2026", "KW 47/2026"),
        ("W45", "W46", "W47"),
        ("September", "Oct", "November"),
        ("Q1 2026", "Q2 2026", "Q3 2026"),
    ],
)
def test_weeks_of_health_as_columns_are_no_list_of_projects(headers: tuple[str, ...], desk: Desk) -> None:
    report = checked(desk, headers)
    assert report.refused
    assert report.quality is None
    (problem,) = report.problems
    assert (problem.rule, problem.row, problem.column) == ("periods_as_columns", 1, headers[0])
    assert all(header in problem.message for header in headers)
    assert "one row a project and period" in problem.fix
    # Whoever wants the list alone says so, and still reads what is left behind.
    report = checked(desk, headers, export="projects")
    assert report.rows_loaded == 3
    assert [(p.rule, p.severity) for p in report.problems] == [("periods_as_columns", "warning")]


def test_amounts_of_months_are_named_and_stop_nothing(desk: Desk) -> None:
    report = checked(desk, ("Jan 2026", "Feb 2026", "Mar 2026"), ("10", "20", "30"))
    assert report.rows_loaded == 3
    (problem,) = report.problems
    assert problem.severity == "warning"
    assert "Jan 2026, Feb 2026, Mar 2026" in problem.message


@pytest.mark.parametrize(
    "headers", [("Region", "Q", "Room"), ("May", "Board 2026-11-06", "Phase 2"), ("W1", "W2", "x")]
)
def test_other_columns_are_no_periods(headers: tuple[str, ...], desk: Desk) -> None:
    assert not checked(desk, headers).problems
