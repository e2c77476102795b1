"""Identifiers that read alike and count as two are said, in one file and against what is in force."""

import pytest
from desk import Desk

from pipelines.problems import Problem

HEADER = "Project ID,Project Name,Status Date,RAG\n"


def warned(desk: Desk, *ids: str, **asked: bool) -> list[Problem]:
    rows = "".join(f"{one},Depot,2026-11-{10 + n},Green\n" for n, one in enumerate(ids))
    (report,) = desk.try_load(HEADER + rows, **asked).files
    assert report.rows_rejected == 0
    return [problem for problem in report.problems if problem.rule == "project_id_alike"]


@pytest.mark.parametrize(
    ("other", "apart"),
    [
        ("DEP-7 a", "capital letters"),
        ("dep-7\u00a0a", "a kind of blank"),
        ("dep\u20137 a", "a kind of dash"),
        ("dep\u22127 a", "a kind of dash"),
        ("Dep\u20117\u202fa", "a kind of dash and a kind of blank and capital letters"),
    ],
)
def test_identifiers_that_read_alike_are_said_at_their_rows(other: str, apart: str, desk: Desk) -> None:
    found = warned(desk, "dep-7 a", "dep-7 a", other, "dep-8 a", dry_run=True)
    assert [(p.row, p.column, p.value, p.severity) for p in found] == [(4, "Project ID", other, "warning")]
    assert f"{other} is dep-7 a but for {apart}," in found[0].message
    assert "dep-7 a stands in row 2" in found[0].message
    assert "write them alike" in found[0].fix


def test_the_identifier_in_force_is_the_usual_one(desk: Desk) -> None:
    assert not warned(desk, "dep-7")
    found = warned(desk, "DEP-7", "DEP-7", "dep-8")
    assert [p.row for p in found] == [2, 3]
    assert all(p.message.endswith("dep-7 is in force") for p in found)
    # Also a list of projects names it, after a week that brought nothing new.
    (report,) = desk.try_load("Project ID,Project Name,Portfolio\ndEP-8,Depot,North\n", dry_run=True).files
    assert [p.row for p in report.problems if p.rule == "project_id_alike"] == [2]


def test_what_was_taken_back_is_not_in_force(desk: Desk) -> None:
    (load,) = desk.load(HEADER + "dep-7,Depot,2026-11-10,Green\n")
    desk.undo(load)
    assert not warned(desk, "DEP-7")


def test_identifiers_that_differ_in_more_are_left_alone(desk: Desk) -> None:
    assert not warned(desk, "dep-7", "dep 7", "dep7", "dep-07", "d\u00e9p-7")
