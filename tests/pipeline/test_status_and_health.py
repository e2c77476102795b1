"""A column Status that says where projects are in their life, beside one that says how they are."""

from desk import Desk

ROWS = """Project ID,Project Name,Status Date,Status,Overall Indicator
P1,A,2026-11-13,Approved,Green
P2,B,2026-11-13,Open,Red
P3,C,2026-11-13,Closed,Amber
"""


def test_a_legend_says_what_ratings_of_three_mean(desk: Desk) -> None:
    rows = "1 = on track; 2 = at risk; 3 = off track,,\nProject ID,Status Date,RAG\nP1,2026-11-13,1\nP2,2026-11-13,3\n"
    (report,) = desk.try_load(rows, dry_run=True).files
    assert [p.rule for p in report.problems] == ["ratings_undecided"]
    values = {v.text: (v.read_as, v.suggested) for column in report.columns for v in column.values}
    assert values == {"1": (None, "green"), "3": (None, "red")}


def test_the_colours_are_suggested_as_the_health_and_status_as_the_stage(desk: Desk) -> None:
    (report,) = desk.try_load(ROWS, dry_run=True).files
    suggested = {column.header: column.suggested for column in report.columns if column.suggested}
    assert suggested == {"Overall Indicator": "reported_health"}
    (report,) = desk.try_load(ROWS, dry_run=True, columns={"reported_health": "Overall Indicator"}).files
    assert report.rows_rejected == 0
    assert {column.header: column.suggested for column in report.columns if column.suggested} == {"Status": "stage"}


def test_a_list_of_projects_that_says_how_far_they_are_on_a_day_may_be_a_status_report(desk: Desk) -> None:
    rows = "Project ID,Project Name,Start,{}\nP1,A,2026-01-05,2026-11-13,62%\nP2,B,2026-02-02,2026-11-13,9%\n"
    (report,) = desk.try_load(rows.format("Date of data,Pct done complete"), dry_run=True).files
    assert (report.export, report.suggested_export) == ("projects", "status")
    assert desk.try_load(rows.format("Data Date,Performance % Complete"), dry_run=True).files[0].export == "status"
