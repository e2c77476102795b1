"""One load command: what it publishes, what it leaves alone, and how it says so."""

import pytest
from desk import TODAY, Desk, csv, day, differences

from pipelines.load import load
from pipelines.report import Change, ColumnRead, How, Request, ValueRead

WEEK = """
    project_id, status_date, reported_health, budget
    P1,         2026-01-09,  green,           100
    P2,         2026-01-09,  red,             200
    P3,         2026-01-09,  amber,           300
"""


def counts(desk: Desk, text: str, **asked: object) -> tuple[int, int, int, int]:
    (file,) = desk.try_load(text, **asked).files
    return file.rows_new, file.rows_restated, file.rows_unchanged, file.rows_rejected


def test_rows_are_new_restated_or_unchanged(desk: Desk) -> None:
    assert counts(desk, WEEK) == (3, 0, 0, 0)
    second = WEEK.replace("P1,", "P4,").replace("amber", "red")
    assert counts(desk, second) == (1, 1, 1, 0)
    assert desk.rows("select project_id, reported_health, load_id from fct_status order by project_id") == [
        ("P1", "green", 1),
        ("P2", "red", 1),
        ("P3", "red", 2),
        ("P4", "green", 2),
    ]


def test_loading_what_is_there_changes_nothing(desk: Desk) -> None:
    desk.load(WEEK)
    report = desk.try_load(WEEK)
    assert (report.published, report.exit_status, report.files[0].rows_unchanged) == (None, 0, 3)
    assert desk.warehouse.publication() == 1


def test_a_dry_run_counts_and_changes_nothing(desk: Desk) -> None:
    desk.load(WEEK)
    assert counts(desk, WEEK.replace("red", "green"), dry_run=True) == (0, 1, 2, 0)
    assert desk.warehouse.publication() == 1


def test_a_rejected_row_stops_the_whole_command(desk: Desk) -> None:
    report = desk.try_load(WEEK, WEEK.replace("01-09", "01-16").replace("300", "lots"))
    assert (report.published, report.exit_status, report.blocked) == (None, 1, True)
    assert desk.warehouse.publication() == 0
    (problem,) = report.files[1].problems
    assert (problem.row, problem.column, problem.value, problem.rule) == (4, "budget", "lots", "budget_readable")


def test_quarantine_publishes_the_good_rows(desk: Desk) -> None:
    assert counts(desk, WEEK.replace("300", "lots"), quarantine=True) == (2, 0, 0, 1)
    assert desk.rows("select project_id from fct_status order by all") == [("P1",), ("P2",)]
    assert desk.rows("select source_row, cells from rejected_row") == [(4, ["P3", "2026-01-09", "amber", "lots"])]
    assert counts(desk, WEEK, quarantine=True) == (1, 0, 2, 0)


def test_two_files_of_one_command_that_speak_of_the_same_row(desk: Desk) -> None:
    desk.load(WEEK)
    later = WEEK.replace("01-09", "01-16")
    desk.load(later, later.replace("green", "red"))
    asked = "select project_id, reported_health, load_id from fct_status where status_date > '2026-01-09' order by all"
    assert desk.rows(asked) == [("P1", "red", 3), ("P2", "red", 2), ("P3", "amber", 2)]
    assert not differences(desk.tables(), desk.rebuilt())


def test_files_of_one_command_load_in_the_order_of_their_exports(desk: Desk) -> None:
    report = desk.try_load(
        "project_id, status_date, goal_id\nP1, 2026-01-09, Grow",
        "project_id, project_name, program_id\nP1, Harbour, Roads",
        "program_id, program_name, program_goal_id\nR1, Roads, grow",
        "goal_id, goal_name\nG1, Grow",
    )
    assert [file.export for file in report.files] == ["goals", "programs", "projects", "status"]
    assert desk.rows("select goal_id, program_id from fct_status where is_reported") == [("G1", "R1")]
    assert desk.rows("select program_goal_id from stg_programs") == [("G1",)]


def test_an_empty_cell_of_a_later_report_is_no_new_word_on_an_attribute(desk: Desk) -> None:
    desk.load("project_id, status_date, sponsor, forecast_cost\nP1, 2026-01-09, Head of A, 10")
    desk.load("project_id, status_date, sponsor, forecast_cost\nP1, 2026-01-16, , ")
    assert desk.rows("select status_date, sponsor, forecast_cost from fct_status order by status_date") == [
        (day("01-09"), "Head of A", 10.0),
        (day("01-16"), "Head of A", None),
    ]


def test_a_constant_fills_a_column_that_the_file_lacks(desk: Desk) -> None:
    desk.load("project_id, reported_health\nP1, green", constants={"status_date": "2026-01-09"})
    assert desk.rows("select project_id, status_date from fct_status") == [("P1", day("01-09"))]


@pytest.mark.parametrize("digits", ["9" * 15, "9.99e14"])
def test_a_huge_amount_stops_no_load(desk: Desk, digits: str) -> None:
    """What hardly any sum can hold stays in the project's own row, and alters no other's."""
    desk.load(f"project_id, status_date, budget, portfolio\nP1, 2026-01-09, {digits}, A\nP2, 2026-01-09, 5, B")
    assert desk.rows("select budget from mart_health_week where portfolio = 'B'") == [(5,)]
    assert desk.rows("select budget from fct_status where project_id = 'P1'") == [(float(digits),)]


@pytest.mark.parametrize("digits", ["9" * 16, "9" * 40, "1e15", "$2,000,000,000,000,000", "3000000 bn"])
def test_an_amount_of_no_budget_in_this_world_is_named(desk: Desk, digits: str) -> None:
    report = desk.try_load(f"project_id; status_date; budget\nP1; 2026-01-09; {digits}\nP2; 2026-01-09; 5.50")
    assert [(p.row, p.column, p.value) for p in report.files[0].problems if p.rule == "budget_readable"] == [
        (2, "budget", digits)
    ]


def test_the_sample_makes_room_for_exports_of_ones_own(desk: Desk) -> None:
    desk.load("goal_id, goal_name\nG1, Faster", "project_id, status_date, goal_id\nS1, 2026-01-02, G1", source="sample")
    # The sample's goals are no reason to refuse other goals.
    report = desk.try_load("project_id, status_date, goal_id\nP1, 2026-01-09, G9")
    assert (report.published, report.cleared_sample) == (2, True)
    assert desk.rows("select project_key from fct_status") == [("P1",)]
    assert desk.rows("select load_id, why from load_event where event = 'withdrawn' order by load_id") == [
        (1, "your own exports came"),
        (2, "your own exports came"),
    ]


def test_the_same_files_again_change_nothing_though_they_contradict_each_other(desk: Desk) -> None:
    first, second = "project_id, status_date, rag\nP1, 2026-01-02, g", "project_id, status_date, rag\nP1, 2026-01-02, r"
    report = desk.try_load(first, second)
    assert report.published == 1
    assert "restates_this_command" in [problem.rule for problem in report.files[1].problems]
    again = desk.try_load(first, second)
    assert (again.published, again.exit_status) == (None, 0)
    assert [(f.rows_loaded, f.rows_unchanged) for f in again.files] == [(0, 1), (0, 1)]
    assert desk.try_load(first).published == 2


def test_a_dry_run_ends_as_the_load_would(desk: Desk) -> None:
    rows = "project_id, status_date, rag\nP1, 2026-01-02, g\nP2, 2026-01-02, purple"
    assert [desk.try_load(rows, dry_run=True).exit_status, desk.try_load(rows).exit_status] == [1, 1]
    assert desk.try_load(rows, dry_run=True, quarantine=True).exit_status == 0
    assert desk.try_load(rows, quarantine=True).published == 1


def test_a_dry_run_shows_each_cell_that_would_be_restated(desk: Desk) -> None:
    desk.load(WEEK)
    lacking = """
        project_id, status_date, reported_health
        P1,         2026-01-09,  red
        P9,         2026-01-09,  red
    """
    (file,) = desk.try_load(lacking, dry_run=True).files
    assert file.changes == [
        Change(2, "P1, 2026-01-09", "reported_health", "green", "red"),
        Change(2, "P1, 2026-01-09", "budget", "100.0", None),
    ]
    assert file.changed_cells == {"budget": 1, "reported_health": 1}
    (file,) = desk.try_load(lacking).files
    assert (file.changes, file.columns) == ([], [])


def test_restated_cells_are_shown_up_to_a_limit_and_counted_in_full(desk: Desk) -> None:
    rows = [f"P{number}, 2026-01-09, green" for number in range(300)]
    desk.load("\n".join(["project_id, status_date, reported_health", *rows]))
    changed = "\n".join(["project_id, status_date, reported_health", *rows]).replace("green", "red")
    (file,) = desk.try_load(changed, dry_run=True).files
    assert [change.row for change in file.changes] == list(range(2, 202))
    assert file.changed_cells == {"reported_health": 300}


def test_a_dry_run_says_how_each_column_was_read(desk: Desk) -> None:
    text = """
        project_id; report date; rag; budget;   team
        P1;         13/01/2026;  g;   1.000,50; blue
        P2;         13/01/2026;  r;   2,75;
    """
    path = desk.file("")
    path.write_text(csv(text).replace(" ", "").replace("reportdate", "report date"), "utf-8")
    (file,) = load(desk.warehouse, Request([path], dry_run=True), today=TODAY).files
    assert {column.header: column for column in file.columns} == {
        "project_id": ColumnRead("project_id", "project_id", ("P1", "P2"), "P1"),
        "report date": ColumnRead("report date", "status_date", ("13/01/2026",), "2026-01-13", "dmy"),
        "rag": ColumnRead(
            "rag",
            "reported_health",
            ("g", "r"),
            "green",
            values=(ValueRead("g", 1, "green"), ValueRead("r", 1, "red")),
        ),
        "budget": ColumnRead("budget", "budget", ("1.000,50", "2,75"), "1000.5", ","),
        "team": ColumnRead("team", None, ("blue",)),
    }


def test_each_file_of_a_command_may_be_read_in_its_own_way(desk: Desk) -> None:
    text = "project_id, status_date, reported_health\n{}, 06/11/2026, green"
    paths = [desk.file(text.format(project)) for project in ("P1", "P2")]
    own = {paths[0]: How(dates="dmy", name="a/b.csv", source="North"), paths[1]: How(dates="mdy")}
    report = load(desk.warehouse, Request(paths, own=own), today=TODAY)
    assert [file.file for file in report.files] == [paths[1].name, "a/b.csv"]
    assert desk.rows("select project_id, status_date from fct_status order by all") == [
        ("P1", day("2026-11-06")),
        ("P2", day("2026-06-11")),
    ]
    assert desk.rows("select file_name, source from load order by load_id") == [
        (paths[1].name, "template"),
        ("a/b.csv", "North"),
    ]
    assert (report.has_news, report.published_by is not None) == (True, True)
    assert not load(desk.warehouse, Request(paths, own=own, dry_run=True), today=TODAY).has_news


def test_the_newest_report_counts_in_whatever_order_files_come(desk: Desk) -> None:
    head = "project_id, status_date, reported_health, comment\n"
    first = f"{head} P1, 2026-11-06, green, as of the first week"
    second = f"{head} P1, 2026-11-06, red, put right a week later\n P1, 2026-11-13, red, second"
    desk.load(second, first)
    assert desk.rows("select status_date::varchar, reported_health from fct_status order by all") == [
        ("2026-11-06", "red"),
        ("2026-11-13", "red"),
    ]
