"""Withdrawing a load: what others said before and after it holds, and the tables are what they were."""

import pytest
from desk import Desk, day, differences

from pipelines.problems import UsageError

pytestmark = pytest.mark.usefixtures("by_sql")

FIRST = """
    project_id, status_date, reported_health, budget
    P1,         2026-01-09,  green,           100
    P2,         2026-01-09,  red,             200
"""
RATED = "select project_id, status_date, reported_health, load_id, source_row from fct_status order by all"


def test_undo_keeps_what_a_later_load_repeated(desk: Desk) -> None:
    first, second = desk.load(FIRST)[0], desk.load(FIRST + "P3, 2026-01-09, amber, 300")[0]
    assert {(row[0], row[3]) for row in desk.rows(RATED)} == {("P1", first), ("P2", first), ("P3", second)}
    desk.undo(first)
    assert desk.rows(RATED) == [
        ("P1", day("01-09"), "green", second, 2),
        ("P2", day("01-09"), "red", second, 3),
        ("P3", day("01-09"), "amber", second, 4),
    ]


def test_undo_keeps_only_the_rows_that_were_repeated(desk: Desk) -> None:
    (first,) = desk.load(FIRST)
    (second,) = desk.load("project_id, status_date, reported_health, budget\nP2, 2026-01-09, red, 200")
    desk.undo(first)
    assert desk.rows(RATED) == [("P2", day("01-09"), "red", second, 2)]
    desk.undo(second)
    assert desk.rows(RATED) == []


def test_a_b_a_ends_at_a(desk: Desk) -> None:
    changed = FIRST.replace("green", "amber")
    loads = [desk.load(text)[0] for text in (FIRST, changed, FIRST)]
    assert [row[2:4] for row in desk.rows(RATED)] == [("green", loads[2]), ("red", loads[0])]
    desk.undo(loads[1])
    assert [row[2] for row in desk.rows(RATED)] == ["green", "red"]
    desk.undo(loads[0])
    assert [row[2] for row in desk.rows(RATED)] == ["green", "red"]


def test_undo_of_a_restating_load_gives_the_earlier_word_back(desk: Desk) -> None:
    desk.load(FIRST)
    before = desk.tables()
    (second,) = desk.load(FIRST.replace("green", "red").replace("200", "900"))
    assert [row[2] for row in desk.rows(RATED)] == ["red", "red"]
    desk.undo(second)
    assert not differences(desk.tables(), before)


def test_what_is_said_again_after_an_undo_is_new(desk: Desk) -> None:
    desk.undo(desk.load(FIRST)[0])
    (again,) = desk.load(FIRST)
    assert [row[3] for row in desk.rows(RATED)] == [again, again]


def test_undo_needs_a_load_in_force(desk: Desk) -> None:
    (first,) = desk.load(FIRST)
    publication = desk.undo(first)
    with pytest.raises(UsageError, match="load 1 was withdrawn already"):
        desk.undo(first)
    with pytest.raises(UsageError, match="there is no load 7"):
        desk.undo(7)
    assert desk.warehouse.publication() == publication


def test_undo_of_a_projects_list(desk: Desk) -> None:
    desk.load(FIRST)
    before = desk.tables()
    (listed,) = desk.load("""
        project_id, project_name, program_id, portfolio, budget, stage_from, stage
        P1,         Harbour,      R1,         North,     5000,   ,           active
        P9,         Bridge,       R1,         North,     7000,   2026-01-02, approved
    """)
    asked = "select project_key, project_name, budget, is_reported from project_at(date '2026-01-09') order by all"
    assert desk.rows(asked) == [
        ("P1", "Harbour", 5000.0, True),
        ("P2", None, 200.0, True),
        ("P9", "Bridge", 7000.0, False),
    ]
    desk.undo(listed)
    assert not differences(desk.tables(), before)


def test_undo_of_the_first_report_brings_back_not_reported(desk: Desk) -> None:
    desk.load("project_id, project_name, stage_from, stage\nP1, Harbour, 2026-02-01, active")
    before = desk.tables()
    (report,) = desk.load("project_id, status_date, reported_health\nP1, 2026-01-09, green")
    assert desk.rows("select is_reported, status_date from fct_status") == [(True, day("01-09"))]
    desk.undo(report)
    assert not differences(desk.tables(), before)


def test_undo_of_a_whole_publication_of_several_files(desk: Desk) -> None:
    desk.load(FIRST)
    before = desk.tables()
    loads = desk.load(
        "goal_id, goal_name\nG1, Grow",
        "program_id, program_name, program_portfolio, program_goal_id\nR1, Program, North, G1",
        "project_id, project_name, program_id\nP1, Harbour, R1",
        FIRST.replace("01-09", "01-16"),
    )
    asked = "select portfolio, goal_id from fct_status where project_id = 'P1' and is_reported"
    assert desk.rows(asked) == [("North", "G1")] * 2
    for load_id in loads:
        desk.undo(load_id)
    assert not differences(desk.tables(), before)


def test_a_joined_name_stays_joined_while_a_load_in_force_bears_it(desk: Desk) -> None:
    header = "project_name, department, colour_rating, start_date, end_date, wlc_baseline_incl_NCG, year"
    named = f"{header}\nHarbour Bridge, DFT, Green, 01/04/2020, 31/03/2025, 10, 2022"
    (first,) = desk.load(named)
    (second,) = desk.load(f"{named}\nCanal, DFT, Amber, 01/04/2020, 31/03/2025, 20, 2022")
    desk.load(f"{header}, project_number\nHarbour bridge, DFT, Red, 01/04/2020, 31/03/2025, 10, 2023, DFT_1")
    desk.undo(first)
    assert desk.rows("select project_key, load_id from fct_status order by status_date, project_key") == [
        ("DFT_1", second),
        ("name:canal", second),
        ("DFT_1", 3),
    ]


def test_reinstating_brings_back_what_was_there(desk: Desk) -> None:
    desk.load(FIRST)
    (second,) = desk.load(FIRST.replace("green", "red") + "P3, 2026-01-16, amber, 300")
    before = desk.tables()
    desk.undo(second)
    assert desk.redo(second) == 4
    assert not differences(desk.tables(), before)
    assert not differences(desk.tables(), desk.rebuilt())


def test_reinstating_brings_back_what_a_load_only_repeated(desk: Desk) -> None:
    (first,) = desk.load(FIRST)
    (second,) = desk.load(FIRST + "P3, 2026-01-16, amber, 300")
    for load_id in (second, first):
        desk.undo(load_id)
    assert desk.rows(RATED) == []
    desk.redo(second)
    assert [(row[0], row[3]) for row in desk.rows(RATED)] == [("P1", second), ("P2", second), ("P3", second)]
    assert not differences(desk.tables(), desk.rebuilt())


def test_a_reinstated_load_has_its_old_place_among_the_others(desk: Desk) -> None:
    (first,) = desk.load(FIRST)
    desk.load(FIRST.replace("green", "red"))
    desk.undo(first)
    desk.redo(first)
    assert [row[2] for row in desk.rows(RATED)] == ["red", "red"]


def test_what_cannot_be_reinstated(desk: Desk) -> None:
    (first,) = desk.load(FIRST)
    with pytest.raises(UsageError, match="load 1 is in force"):
        desk.redo(first)
    with pytest.raises(UsageError, match="there is no load 7"):
        desk.redo(7)
    assert desk.warehouse.publication() == 1


def test_the_sample_is_not_reinstated_beside_exports_of_ones_own(desk: Desk) -> None:
    (sample,) = desk.load(FIRST, source="sample")
    (own,) = desk.load(FIRST.replace("P", "Q"))
    with pytest.raises(UsageError, match="made room"):
        desk.redo(sample)
    desk.undo(own)
    desk.redo(sample)
    assert [row[0] for row in desk.rows(RATED)] == ["P1", "P2"]
