"""Capacity, demand and assignments: literal rows in, person-days and full-time equivalents out."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, day, differences
from tables import type_rows

from pipelines.load import load
from pipelines.printed import print_report
from pipelines.problems import Problem
from pipelines.report import FileReport, Request
from pipelines.rules import set_rules

pytestmark = pytest.mark.usefixtures("by_sql")

# Working days, Monday to Friday: January to December 2026.
WORKDAYS = (22, 20, 22, 22, 21, 22, 23, 21, 22, 22, 21, 23)
PEOPLE = {
    "capacity": ("team, month, amount", "Data, 2026-03, {}"),
    "demand": ("project_id, team, month, amount", "P1, Data, 2026-03, {}"),
    "assignments": ("person_id, project_id, team, month, amount", "R-1, P1, Data, 2026-03, {}"),
}
PROJECTS = "project_id,project_name,stage\nP1,Alpha,active\nP2,Beta,idea"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk that knows two projects and a team; files are only tried at it."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.load(PROJECTS, "team,month,fte\nData,2026-03,4")
    return desk


def tried(desk: Desk, text: str, **asked: Any) -> FileReport:
    return desk.try_load(text, dry_run=True, **asked).files[0]


def capacity(desk: Desk, publication: int | None = None) -> dict[tuple[str, str], float]:
    """Full-time equivalents by team and month ("2026-03")."""
    sql = "select team, strftime(month, '%Y-%m'), sum(people(fte))::double from fct_capacity group by all"
    return {(team, month): fte for team, month, fte in desk.rows(sql, publication)}


def demand(desk: Desk, on: str = "12-31", publication: int | None = None) -> dict[tuple[str, str, str], float]:
    """Full-time equivalents by project, team and month, as the plans of a day of 2026 have them."""
    sql = f"""
        select project_key, team, strftime(month, '%Y-%m'), sum(people(fte))::double from fct_demand
        where status_date <= date '{day(on)}' and (valid_to is null or valid_to > date '{day(on)}') group by all
    """
    return {(project, team, month): fte for project, team, month, fte in desk.rows(sql, publication)}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("2026-03,2.5,FTE", {"2026-03": 2.5}),
        ("2026-02,160,hours", {"2026-02": 1.0}),  # 160 h / 8 h / 20 days
        ("2026-03,176,hours", {"2026-03": 1.0}),
        ("2026-07,23,days", {"2026-07": 1.0}),
        ("2026-03,11,days", {"2026-03": 0.5}),
        ("2026-03,50,percent", {"2026-03": 0.5}),
        ("2026-W14,5,days", {"2026-03": 2 / 22, "2026-04": 3 / 22}),  # from Monday, 30 March
        ("2026-W14,1,FTE", {"2026-03": 2 / 22, "2026-04": 3 / 22}),
        ("2026-W14,40,hours", {"2026-03": 2 / 22, "2026-04": 3 / 22}),
        ("2026-W09,1,FTE", {"2026-02": 5 / 20}),  # ends on Sunday, 1 March
        ("2026-W53,5,days", {"2026-12": 4 / 23, "2027-01": 1 / 21}),
        ("2026-Q1,64,days", {"2026-01": 1.0, "2026-02": 1.0, "2026-03": 1.0}),
        ("Q1 2026,100,percent", {"2026-01": 1.0, "2026-02": 1.0, "2026-03": 1.0}),
        ("2026-Q1,2,FTE", {"2026-01": 2.0, "2026-02": 2.0, "2026-03": 2.0}),
        ("2028-02,21,days", {"2028-02": 1.0}),  # a leap year's 21 working days
        ("2026-03,0,FTE", {"2026-03": 0.0}),
    ],
)
def test_an_amount_becomes_full_time_equivalents_of_its_months(
    tmp_path: Path, row: str, expected: dict[str, float]
) -> None:
    desk = Desk(tmp_path)
    desk.load(f"team,month,amount,unit\nData,{row}")
    found = {month: fte for (_, month), fte in capacity(desk).items()}
    assert found == pytest.approx(expected, abs=1e-9)


def test_months_have_their_own_working_days_and_the_rule_its_hours(desk: Desk) -> None:
    rows = "".join(f"Data,2026-{month:02},{days},days\n" for month, days in enumerate(WORKDAYS, 1))
    (load,) = desk.load(f"team,month,amount,unit\n{rows}")
    assert [fte for _, fte in sorted(capacity(desk).items())] == [1.0] * 12
    desk.undo(load)
    desk.load("team,month,hours\nData,2026-02,160")
    assert capacity(desk) == {("Data", "2026-02"): 1.0}
    set_rules(desk.warehouse, {"hours_per_day": 7.5}, "a test")
    assert capacity(desk) == {("Data", "2026-02"): pytest.approx(160 / 7.5 / 20)}
    assert not differences(desk.tables(), desk.rebuilt())


def test_weeks_sum_to_the_same_person_days_as_their_months(desk: Desk) -> None:
    monday = dt.date(2025, 12, 29)
    weeks = [monday + dt.timedelta(weeks=n) for n in range(53)]
    rows = "".join(f"Data,{week},{1 + n % 3}\n" for n, week in enumerate(weeks))
    desk.load(f"team,week commencing,days\n{rows}")
    months = [dt.date.fromisoformat(f"{month}-01") for _, month in capacity(desk)]
    days = {month: sum((month + dt.timedelta(n)).weekday() < 5 for n in range(31)
            if (month + dt.timedelta(n)).month == month.month) for month in months}  # fmt: skip
    found = sum(fte * days[dt.date.fromisoformat(f"{month}-01")] for (_, month), fte in capacity(desk).items())
    assert found == pytest.approx(sum(1 + n % 3 for n in range(53)), abs=1e-6)


def test_a_team_may_start_and_end_within_a_month_and_a_year(desk: Desk) -> None:
    desk.load("team,week,fte\nNew,2026-W12,2\nNew,2026-W13,2", "team,month,fte\nOld,2026-01,3")
    assert capacity(desk) == {("New", "2026-03"): pytest.approx(2 * 10 / 22), ("Old", "2026-01"): 3.0}


@pytest.mark.parametrize(
    ("header", "cell", "unit"),
    [
        ("Hours", "16", "hours"), ("Available hours", "16", "hours"), ("Capacity (FTE)", "2", "FTE"),
        ("Capacity (h)", "16", "hours"), ("Allocation %", "50", "percent"), ("Capacity days", "3", "days"),
        ("Amount", "2", "FTE"), ("Amount", "40 h", "hours"), ("Capacity", "50%", "percent"), ("amount", "3 d", "days"),
    ],
)  # fmt: skip
def test_a_header_or_a_cell_states_the_unit(header: str, cell: str, unit: str) -> None:
    typed = type_rows(["Team", "Month", header], [["Data", "2026-03", cell]], export="capacity")
    number = float("".join(sign for sign in cell if sign.isdigit()))
    assert (typed.values("unit"), typed.values("amount"), typed.found()) == ([unit], [number], [])


def test_planned_days_are_days() -> None:
    typed = type_rows(["Project", "Team", "Month", "planned days"], [["P1", "Data", "2026-03", "3"]])
    assert (typed.mapping.contract.export, typed.values("unit")) == ("demand", ["days"])


@pytest.mark.parametrize(
    ("header", "cells", "first", "per"),
    [
        ("Week commencing", ["2026-03-18"], "03-16", "week"),
        ("Week starting", ["2026-03-15"], "03-16", "week"),  # a Sunday
        ("Week", ["2026-03-15"], "03-16", "week"),
        ("Woche", ["15.03.2026", "22.03.2026"], "03-16", "week"),
        ("Week ending", ["2026-03-15"], "03-09", "week"),
        ("Month", ["2026-W12"], "03-16", "week"),
        ("Month", ["KW 12/2026"], "03-16", "week"),
        ("Period", ["Q1 2027"], "2027-01-01", "quarter"),
        ("Quarter", ["2026-05-20"], "04-01", "quarter"),
        ("Month", ["Mar 2026"], "03-01", "month"),
        ("Month", ["2026-03"], "03-01", "month"),
        ("Month", ["03/2026"], "03-01", "month"),
        ("Month", ["Mar-26"], "03-01", "month"),
        ("Month", ["2026-03-31"], "03-01", "month"),
        ("Month", ["2026-03-01 00:00:00"], "03-01", "month"),
        ("Month", ["01/03/2026", "01/04/2026"], "03-01", "month"),
        ("Month", ["03/01/2026", "04/01/2026"], "03-01", "month"),
    ],
)
def test_a_period_is_read_as_its_first_day(header: str, cells: list[str], first: str, per: str) -> None:
    typed = type_rows(["Team", header, "FTE"], [["Data", cell, "1"] for cell in cells], export="capacity")
    assert (typed.values("month")[0], typed.values("per")[0]) == (day(first), per), typed.found() + typed.questions


def test_dates_of_a_workbook_are_periods_too(desk: Desk) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in [("Team", "Month", "Allocation"), ("Data", dt.date(2026, 3, 1), 0.5), ("Web", dt.date(2026, 4, 1), 2)]:
        book.worksheets[0].append(row)
    book.worksheets[0]["C2"].number_format = "0%"
    book.save(desk.folder / "plan.xlsx")
    report = load(desk.warehouse, Request([desk.folder / "plan.xlsx"]), today=day("11-20"))
    assert report.published, [p for f in report.files for p in f.problems]
    assert capacity(desk) == {("Data", "2026-03"): 0.5, ("Web", "2026-04"): 2.0}


PLAN = "project_id,team,month,fte,status_date\n"


def test_a_later_plan_takes_the_place_of_what_it_names(desk: Desk) -> None:
    desk.load(PLAN + "P1,Data,2026-02,1,2026-01-10\nP1,Data,2026-03,2,2026-01-10\nP1,Web,2026-03,3,2026-01-10")
    # A plan of February says all from March on, though its first row is of April; and nothing of the other team.
    desk.load(PLAN + "P1,Data,2026-04,5,2026-02-10")
    before = {("P1", "Data", "2026-02"): 1, ("P1", "Data", "2026-03"): 2, ("P1", "Web", "2026-03"): 3}
    moved = {("P1", "Data", "2026-02"): 1, ("P1", "Data", "2026-04"): 5, ("P1", "Web", "2026-03"): 3}
    assert (demand(desk, "02-09"), demand(desk, "02-10"), demand(desk)) == (before, moved, moved)
    desk.load(PLAN + "P1,Data,2026-02,7,2026-03-10\nP2,Web,2026-03,1,2026-03-10")
    assert demand(desk) == {("P1", "Data", "2026-02"): 7, ("P2", "Web", "2026-03"): 1}
    assert [demand(desk, publication=known) for known in (1, 2)] == [before, moved]


def test_a_plan_without_a_date_leaves_what_is_before_its_first_month(desk: Desk) -> None:
    header = "project_id,team,month,fte\n"
    desk.load(f"{header}P1,Data,2026-03,1\nP1,Data,2026-04,2")
    desk.load(f"{header}P1,Data,2026-04,5")
    assert demand(desk) == {("P1", "Data", "2026-03"): 1, ("P1", "Data", "2026-04"): 5}


def test_a_plan_by_weeks_takes_the_place_of_one_by_months_from_its_first_month_on(desk: Desk) -> None:
    header = "project_id,team,month,fte\n"
    desk.load(f"{header}P1,Data,2026-02,1\nP1,Data,2026-03,1")
    desk.load(f"{header}P1,Data,2026-W10,1\nP1,Data,2026-W11,1")  # from 2 March
    assert demand(desk) == {("P1", "Data", "2026-02"): 1, ("P1", "Data", "2026-03"): pytest.approx(10 / 22)}
    desk.load(f"{header}P1,Data,2026-W11,3")
    assert demand(desk)["P1", "Data", "2026-03"] == pytest.approx((5 + 15) / 22)


@pytest.mark.parametrize("export", ["capacity", "demand"])
def test_the_last_file_counts_even_if_it_was_seen_before_or_says_less(desk: Desk, export: str) -> None:
    header = "team,skill,month,fte\n" if export == "capacity" else "project_id,team,skill,month,fte\n"
    key = "Data," if export == "capacity" else "P1,Data,"
    table = "fct_capacity" if export == "capacity" else "fct_demand where valid_to is null"
    whole, part = f"{header}{key}Java,2026-03,1\n{key}Go,2026-03,2", f"{header}{key}Java,2026-03,1"

    def skills() -> list[str]:
        return [skill for (skill,) in desk.rows(f"select skill from {table} order by 1")]

    first = desk.load(whole)
    assert desk.load(whole) == []  # nothing changes
    (second,) = desk.load(part)
    assert skills() == ["Java"]
    assert desk.load(part) == []
    (third,) = desk.load(whole)
    assert skills() == ["Go", "Java"]
    assert [desk.rows(f"select count(*) from {table}", known) for known in (1, 2, 3)] == [[(2,)], [(1,)], [(2,)]]
    desk.undo(third)
    assert skills() == ["Java"]
    desk.undo(second)
    assert skills() == ["Go", "Java"]
    desk.redo(second)
    assert skills() == ["Java"]
    assert first
    assert not differences(desk.tables(), desk.rebuilt())


def test_one_team_s_capacity_leaves_the_others_and_other_months(desk: Desk) -> None:
    desk.load("team,month,fte\nData,2026-03,1\nData,2026-04,1\nWeb,2026-03,2")
    desk.load("team,month,fte\nData,2026-03,4")
    assert capacity(desk) == {("Data", "2026-03"): 4, ("Data", "2026-04"): 1, ("Web", "2026-03"): 2}
    desk.load("team,week,fte\nWeb,2026-W11,3")  # the newest kind of period counts for the month
    assert capacity(desk)["Web", "2026-03"] == pytest.approx(3 * 5 / 22)


def test_names_in_another_case_are_one(desk: Desk) -> None:
    desk.load(PROJECTS, "team,skill,month,fte\nData  Eng,C++,2026-03,4\nData  Eng,C#,2026-03,1")
    desk.load("project,team,skill,month,fte\nalpha,data eng,c#,2026-03,1\nP2,DATA ENG,C++,2026-03,2")
    assert desk.rows("select project_key, team, skill from fct_demand order by 1") == [
        ("P1", "Data  Eng", "C#"),
        ("P2", "Data  Eng", "C++"),
    ]


def test_cells_are_the_sums_of_their_projects(desk: Desk) -> None:
    rows = [
        (f"P{n % 3}", f"T{n % 2}", "Java" if n % 5 else "Go", f"2026-{1 + n % 12:02}", 1 + n % 4) for n in range(60)
    ]
    merged = {row[:4]: row[4] for row in rows}
    text = "".join(f"{','.join(key)},{days}\n" for key, days in merged.items())
    desk.load(f"project_id,team,skill,month,days\n{text}")
    for keys in (["team", "month"], ["team"], ["skill"], ["month"], ["team", "skill", "month"]):
        places = [("project_key", "team", "skill", "month").index(key) for key in keys]
        expected: dict[tuple[str, ...], float] = {}
        for key, days in merged.items():
            at = tuple(key[place] for place in places)
            expected[at] = expected.get(at, 0) + days / WORKDAYS[int(key[3][-2:]) - 1]
        shown = ["strftime(month, '%Y-%m')" if key == "month" else key for key in keys]
        found = desk.rows(f"select {', '.join(shown)}, sum(people(fte))::double from fct_demand group by all")
        assert {tuple(row[:-1]): row[-1] for row in found} == pytest.approx(expected, abs=1e-6)


def one(report: FileReport, rule: str) -> Problem:
    (problem,) = [problem for problem in report.problems if problem.rule == rule]
    assert problem.fix.endswith(".")
    return problem


@pytest.mark.parametrize(
    ("text", "rule", "row", "column", "value", "words"),
    [
        ("team,month,fte\nData,2026-03,-1", "amount_in_range", 2, "fte", "-1", ["below 0", "0 or more"]),
        *(
            (f"team,month,fte\nData,{text},1", "month_readable", 2, "month", text, words)
            for text, words in {
                "2026-03-01 - 2026-03-31": ["a range", "one row for each month", "2026-03"],
                "Mar-May 2026": ["a range", "one row for each month"],
                "01/12/2026-28/02/2027": ["a range", "which month"],
                "2026-12/2027-02": ["a range", "which month"],
                "Dec 2026-Feb 2027": ["a range", "which month"],
                "Q1-Q2 2027": ["a range", "which month"],
                "March": ["year is missing", "2026-03"],
                "W12": ["year is missing", "2026-W12"],
                "Dec 26": ["a year or a day", "2026-12"],
                "2026-13": ["no such month"],
                "H1 2026": ["half a year", "2026-Q1 and 2026-Q2"],
                "FY26 Q2": ["fiscal year", "2026-03"],
                "soon": ["not one month, week or quarter", "2026-03"],
            }.items()
        ),
        ("team,month,fte\nData,2026-03,40 h", "amount_units_match", 2, "fte", "40 h", ["unit of its own", "in FTE"]),
        ("team,month,hours,unit\nData,2026-03,40,FTE", "amount_units_match", 2, "unit", "FTE",
         ["hours says hours", "another unit"]),
        ("team,month,amount,unit\nData,2026-03,4,bananas", "unit_allowed", 2, "unit", "bananas", ["FTE, hours, days"]),
        ("team,month,amount,per\nData,2026-03,4,fortnight", "per_allowed", 2, "per", "fortnight", ["month, week"]),
        ("project,team,month,fte\nP9,Data,2026-03,1", "project_id_known", 2, "project", "P9", ["P1, P2", "projects"]),
        ("project,team,month,fte\nP1,Lab,2026-03,1", "team_known", 2, "team", "Lab", ["Data", "capacity"]),
        ("team,month,amount,unit\nData,2026-03,4,Person weeks", "unit_supported", 2, "unit", "Person weeks",
         ["not read", "FTE, hours, days and percent"]),
        ("team,month,fte\nData,2026-03,2 pm", "amount_readable", 2, "fte", "2 pm", ["is not read", "FTE, hours"]),
        ("team,month,fte\n?,2026-03,2", "team_required", 2, "team", "?", ["read as empty", "“?”"]),
        ("project,team,Dec 2026,Jan 2027\ntbd,Data,2,1", "project_id_required", 2, "project", "tbd",
         ["read as empty", "“tbd”"]),
        ("project,team,Period Start,Period End,fte\nP1,Data,2026-12-01,2027-02-28,1", "month_spans", 2, "Period End",
         "2027-02-28", ["goes on after the month", "one row for each month"]),
        *(
            (f"person id,project,team,month,fte\n{text},P1,Data,2026-03,1", "person_id_form", 2, "person id", text,
             ["a name or an e-mail address", "R-1042"])
            for text in ("Anna Smith", "anna.smith@example.org", "asmith")
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_cell(
    shared: Desk, text: str, rule: str, row: int, column: str, value: str, words: list[str]
) -> None:
    report = tried(shared, text)
    problem = one(report, rule)
    assert (problem.row, problem.column, problem.value) == (row, column, value)
    assert all(word in f"{problem.message}. {problem.fix}" for word in words), problem
    assert report.rows_rejected == (problem.severity == "error")


@pytest.mark.parametrize(
    ("first", "second"),
    [("Data,Java,2026-03", "Data,Java,2026-03-01"), ("data eng,,Mar 2026", "Data Eng,any,2026-03"),
     ("Data,java,2026-03", "Data,Java,03/2026")],
)  # fmt: skip
def test_a_cell_that_is_stated_twice_is_found(shared: Desk, first: str, second: str) -> None:
    report = tried(shared, f"team,skill,month,fte\n{first},1\nWeb,Java,2026-03,1\n{second},2")
    found = [(p.row, p.column, p.value) for p in report.problems if p.rule == "key_unique"]
    assert found == [(2, "team", first.split(",")[0]), (4, "team", second.split(",")[0])]
    assert (report.rows_rejected, report.rows_new) == (2, 1)


def test_large_amounts_without_a_unit_are_asked_about(shared: Desk) -> None:
    text = "team,month,amount\nData,2026-03,400\nData,2026-04,8"
    problem = one(tried(shared, text), "unit_undecided")
    assert (problem.row, problem.column, problem.value) == (1, "amount", "400")
    report = tried(shared, text, constants={"unit": "hours"})
    assert ([p for p in report.problems if p.severity == "error"], report.rows_new + report.rows_restated) == ([], 2)


# --- months, weeks and quarters as columns ---


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (("Jan 2026", "Feb 2026"), {"2026-01": 1.0, "2026-02": 2.0}),
        (("2026-01", "2026-02"), {"2026-01": 1.0, "2026-02": 2.0}),
        (("2026-01-01", "2026-02-01"), {"2026-01": 1.0, "2026-02": 2.0}),
        (("2026-01-31", "2026-02-28"), {"2026-01": 1.0, "2026-02": 2.0}),
        (("01/01/2026", "01/02/2026"), {"2026-01": 1.0, "2026-02": 2.0}),
        (("1/1/2026", "2/1/2026"), {"2026-01": 1.0, "2026-02": 2.0}),
        (("Jan-26 (FTE)", "Feb-26 (FTE)"), {"2026-01": 1.0, "2026-02": 2.0}),
        (("Jan 2026 hours", "Feb 2026 hours"), {"2026-01": 1 / 176, "2026-02": 2 / 160}),
        (("Q1 2026", "Q2 2026"), {"2026-01": 1, "2026-02": 1, "2026-03": 1, "2026-04": 2, "2026-05": 2, "2026-06": 2}),
        (("2026-W10", "2026-W11"), {"2026-03": 15 / 22}),
        (("KW 10/2026", "KW 11/2026"), {"2026-03": 15 / 22}),
        (("02/03/2026", "09/03/2026"), {"2026-03": 15 / 22}),
        (("2026-03-01", "2026-03-08"), {"2026-03": 15 / 22}),  # Sundays, before the weeks that they head
        (("Jan 26", "Feb 26"), {"2026-01": 1.0, "2026-02": 2.0}),
        (("Jän 26", "Feb 26"), {"2026-01": 1.0, "2026-02": 2.0}),
        (("Planned Jan 2026", "Planned Feb 2026"), {"2026-01": 1.0, "2026-02": 2.0}),
        (("W/E 2026-03-08", "W/E 2026-03-15"), {"2026-03": 15 / 22}),
        (("Week 10 (2 Mar 2026)", "Week 11 (9 Mar 2026)"), {"2026-03": 15 / 22}),
    ],
)
def test_periods_as_columns_are_read_as_rows(
    tmp_path: Path, headers: tuple[str, str], expected: dict[str, float]
) -> None:
    desk = Desk(tmp_path)
    desk.load(f"Team,Skill,{','.join(headers)}\nData,Java,1,2\nWeb,,n/a,\n")
    found = {month: fte for (_, month), fte in capacity(desk).items()}
    assert found == pytest.approx(expected)
    assert desk.rows("select distinct source_row from fct_capacity") == [(2,)]


WIDE = "Project,Team,Note,Jan 2026,Feb 2026,Mar 2026\n"


def test_a_problem_in_a_column_of_a_month_stands_at_its_cell_and_its_row_waits(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.load(PROJECTS, "team,month,fte\nData,2026-03,4")
    bad = WIDE + "P1,Data,a,1,x,2\nP2,Data,b,,1,-3\nP9,Data,c,1,1,1\nP1,Data,d,,,\nP2,Data,e,1,,"
    folder = tmp_path / "kept"
    folder.mkdir()
    report = tried(desk, bad, keep=folder)
    assert (report.export, report.rows_read, report.rows_rejected, report.rows_new) == ("demand", 4, 3, 1)
    found = [(p.row, p.column, p.value, p.rule) for p in report.problems if p.severity == "error"]
    assert found == [
        (2, "Feb 2026", "x", "amount_readable"),
        (3, "Mar 2026", "-3", "amount_in_range"),
        (4, "Project", "P9", "project_id_known"),
    ]
    assert [(left.row, left.kind) for left in report.left_out] == [(5, "empty")]
    (decision,) = [one for one in report.decisions if one.what == "rows"]
    assert (decision.value, decision.why[:40]) == ("4 rows become 9", "one row a month was made of 3 columns, J")
    # The rejected rows, and the whole file to be mended, are as they stand in the file.
    assert report.rejected
    rejected = (folder / report.rejected).read_text("utf-8-sig").splitlines()
    assert rejected[0] == "row,problem," + WIDE.strip()
    assert [line.split(",")[0] for line in rejected[1:]] == ["2", "3", "4"]
    mended = (folder / report.corrected[0]).read_text("utf-8-sig")
    for wrong, right in (
        ("1,x,2", "1,1,2"),
        ("b,,1,-3", "b,,1,3"),
        ("P9,Data,c", "P2,Web,c"),
        (",P2,Data,e,1", ",P2,Lab,e,1"),
    ):
        assert wrong in mended
        mended = mended.replace(wrong, right)
    (tmp_path / "mended.csv").write_text(mended, "utf-8")
    again = load(desk.warehouse, Request([tmp_path / "mended.csv"]), today=day("11-20"))
    assert (again.published, again.files[0].rows_loaded) == (2, 4)
    assert demand(desk)["P2", "Data", "2026-03"] == 3
    assert report.grid
    assert {line.row for line in report.grid.rows} == {2, 3, 4}


def test_a_plan_with_months_as_columns_is_replaced_restated_and_undone(desk: Desk) -> None:
    (first,) = desk.load(WIDE + "P1,Data,a,1,2,3\nP2,Data,b,,1,")
    report = desk.try_load(WIDE + "P1,Data,a,1,2,4\nP2,Data,b,,1,", constants={"status_date": "2026-02-01"})
    assert report.files[0].rows_loaded == 2
    assert demand(desk)["P1", "Data", "2026-03"] == 4
    again = desk.try_load(WIDE + "P1,Data,a,1,2,5\nP2,Data,b,,1,", constants={"status_date": "2026-02-01"}).files[0]
    assert (again.rows_restated, again.rows_unchanged) == (1, 1)
    assert desk.load(WIDE + "P1,Data,a,1,2,5\nP2,Data,b,,1,", constants={"status_date": "2026-02-01"}) == []
    assert not differences(desk.tables(), desk.rebuilt())
    assert first


def test_quarantine_keeps_the_rows_of_the_file(desk: Desk) -> None:
    desk.load(WIDE + "P1,Data,a,1,x,2\nP2,Data,b,1,1,1", quarantine=True)
    assert desk.rows("select source_row, cells from rejected_row") == [(2, ["P1", "Data", "a", "1", "x", "2"])]
    assert desk.rows("select source_row, column_name from problem where severity = 'error'") == [(2, "Feb 2026")]
    assert set(demand(desk)) == {("P2", "Data", f"2026-0{month}") for month in (1, 2, 3)}


def test_months_without_a_year_and_other_tables_are_not_guessed(shared: Desk) -> None:
    report = tried(shared, "Project,Team,Jan,Feb,Mar\nP1,Data,2,,3")
    problem = one(report, "period_without_year")
    assert (problem.row, problem.column, problem.fix) == (1, "Jan", "Write the year too: Jan 2026.")
    for text in (
        "Project ID,Project Name,Portfolio,Jan 2026,Feb 2026\nP1,Alpha,North,10,20",
        "Project ID,Project Name,Portfolio,Stage,Team,Jan 2026,Feb 2026\nP1,Alpha,North,active,Data,Late,Early",
        "Project ID,Team,Budget,Stage,Sponsor,Jan 2026,Feb 2026\nP1,Data,5,active,CFO,10,20",
    ):
        report = tried(shared, text)
        assert (report.export, [p.rule for p in report.problems if "period" in p.rule]) == (
            "projects",
            ["periods_as_columns"],
        )


def test_a_question_about_months_as_columns_shows_the_file_s_own_rows(shared: Desk) -> None:
    report = tried(shared, "Team,Skill,Jan 2026,Feb 2026\nData,Java,160,150\nWeb,,80,")
    assert [p.rule for p in report.problems] == ["unit_undecided"]
    assert report.grid is None or {row.row for row in report.grid.rows} <= {2, 3}
    assert tried(shared, "Team,Skill,Jan 2026,Feb 2026\nData,Java,160,150", constants={"unit": "hours"}).rows_new == 1


def test_a_plan_that_says_much_less_than_the_one_of_its_day_warns(desk: Desk) -> None:
    months = [f"2026-{month:02d}" for month in range(3, 9)]
    whole = "project_id,team,month,fte\n" + "\n".join(f"P1,Data,{month},1" for month in months)
    desk.load(PROJECTS, "team,month,fte\nData,2026-03,4", whole)
    part = tried(desk, "project_id,team,month,fte\nP1,Data,2026-03,2")
    assert [(p.rule, p.severity) for p in part.problems] == [("less_than_before", "warning")]
    assert "leaves out 5 rows" in part.problems[0].message
    # Another project's plan, or one that says as much, leaves nothing out that anybody would miss.
    assert not tried(desk, "project_id,team,month,fte\nP2,Data,2026-03,2").problems
    assert not tried(desk, whole.replace("2026-08,1", "2026-09,1")).problems


@pytest.mark.parametrize(
    ("text", "rule", "severity", "said"),
    [
        ("Team,Role,Month,FTE\nData,Eng,2026-12,152\nWeb,Dev,2026-12,3", "many_people", "warning", "152"),
        ("Person,Project,Team,Month,Allocation %\nR-1,P1,Data,2026-12,50\nR-2,P1,Data,2026-12,0.5", "unit_undecided",
         "error", "0.5"),
        ("Team,Role,Month,FTE\nData,Eng,2026-12,4\nData,Subtotal,2026-12,4", "skill_looks_like_a_total",
         "error", "skill"),
        ("project_id,team,period,fte\nP1,Data,Q1 2027,2\nP1,Data,2027-01,3", "month_overlaps", "error", "another kind"),
    ],
)  # fmt: skip
def test_what_would_be_wrong_without_a_word_is_told(
    shared: Desk, text: str, rule: str, severity: str, said: str
) -> None:
    problem = next(p for p in tried(shared, text).problems if p.rule == rule)
    assert problem.severity == severity
    assert said in problem.message


def test_columns_a_fortnight_apart_are_no_weeks(shared: Desk) -> None:
    fortnights = tried(shared, "Team,Role,2026-12-07,2026-12-21,2027-01-04\nData,Eng,2,2,2")
    assert fortnights.refused
    weeks = tried(shared, "Team,Role,2026-12-07,2026-12-14,2027-01-04,2027-01-11\nData,Eng,2,2,2,2")
    assert not weeks.refused


@pytest.mark.parametrize(
    ("text", "rule", "column", "words"),
    [
        ("Project,Team,Start Date,End Date,FTE\nP1,Data,2026-12-01,2027-02-28,2", "dates_for_period", "Start Date",
         ["by month, week or quarter", "Start Date and End Date", "one row for each month"]),
        ("Team,Skill,FY27 Q1,FY27 Q2\nData,Java,2,3", "period_of_fiscal_year", "FY27 Q1",
         ["FY27 Q1, FY27 Q2", "fiscal year", "2026-Q4"]),
        ("project,team,month,Story points\nP1,Data,2026-12,2", "unit_not_read", "Story points",
         ["not read", "FTE, hours, days and percent"]),
        ("Worker,Project,Team,Date,Hours\nR-1,P1,Data,2026-12-01,8", "dates_for_period", "Date",
         ["Date says a day", "Add up the amounts of each month"]),
        ("Team,Week commencing,Hours per week\nData,07/12/2026,160", "amount_is_rate", "Hours per week",
         ["so much a day or a week", "Multiply it"]),
        ("Team,Month,Headcount,Availability %\nData,2026-12,5,80%", "amount_undecided", "Availability %",
         ["Availability % and Headcount", "5 people at 80 % are 4 FTE"]),
        ("Project,Team,Dec 2026,Dec 2026\nP1,Data,2,1", "period_twice", "Dec 2026", ["2026-12", "one column for each"]),
        ("Team,Oct 2026,Nov 2026,Dec 2026,Q4 2026\nData,4,4,4,12", "period_twice", "Q4 2026",
         ["months of it", "Leave out"]),
        ("Team,Dec 2026 Capacity,Dec 2026 Demand\nData,4,5", "periods_of_several", "Dec 2026 Capacity",
         ["different things", "a file of their own"]),
        ("Team,Demand Dec 2026,Demand Jan 2027\nData,4,5", "periods_of_several", "Demand Dec 2026",
         ["reads like capacity", "something else", "--as"]),
        ("Project,Team,Dec 2026 (FTE),Jan 2027 (hours)\nP1,Data,2,160", "periods_of_several", "Dec 2026 (FTE)",
         ["different units"]),
    ],
)  # fmt: skip
def test_a_file_that_is_not_by_month_or_in_people_s_time_says_so_once(
    shared: Desk, text: str, rule: str, column: str, words: list[str]
) -> None:
    report = tried(shared, text)
    assert [(problem.rule, problem.column) for problem in report.problems] == [(rule, column)]
    said = f"{report.problems[0].message}. {report.problems[0].fix}"
    assert all(word in said for word in words), said
    assert "--set" not in said
    if rule in ("dates_for_period", "unit_not_read"):
        assert not [one for one in report.columns if one.suggested in ("month", "amount") and one.header == column]


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [("requested", "soft", "requested and soft mean the same"), ("Firm", "soft", "has one commitment")],
)
def test_two_commitments_of_one_cell_are_told_as_that(shared: Desk, first: str, second: str, said: str) -> None:
    text = f"project,team,month,fte,commitment\nP1,Data,2026-12,2,{first}\nP1,Data,2026-12,1,{second}"
    report = tried(shared, text)
    found = [p for p in report.problems if p.rule == "commitment_of_one_cell"]
    assert [(p.row, p.value) for p in found] == [(2, first), (3, second)]
    assert said in found[0].message
    assert "Add their amounts up" in found[0].fix
    keys = [one.before for one in report.repairs if one.rule == "keep_first"]
    assert keys == ["P1, Data, any, 2026-12, month, not stated"]


def test_how_weeks_are_read_that_begin_on_a_sunday_is_said(shared: Desk) -> None:
    long = tried(shared, "team,week,fte\nData,2026-12-06,2")
    wide = tried(shared, "team,2026-12-06,2026-12-13\nData,2,2")
    (rows,) = [one.why for one in wide.decisions if one.what == "rows"]
    assert "2026-12-06" in (long.assumed or "")
    for said in (long.assumed or "", rows):
        assert "Monday to Friday that follow" in said
    ends = tried(shared, "team,week ending,fte\nData,2026-12-06,2")
    assert ends.assumed is None


def test_german_headers_and_units_are_read() -> None:
    headers = ["Projekt", "Mannschaft", "Rolle", "Monat", "Bedarf", "Einheit", "Buchungsstatus"]
    rows = [["P1", "Daten", "Entwickler", "Dezember 2026", "2,5", "VZÄ", "zugesagt"],
            ["P1", "Daten", "Entwickler", "Januar 2027", "8", "Stunden", "angefragt"]]  # fmt: skip
    typed = type_rows(headers, rows, delimiter=";")
    assert (typed.mapping.contract.export, typed.found()) == ("demand", [])
    assert typed.values("amount") == [2.5, 8]
    assert typed.values("unit") == ["FTE", "hours"]
    assert typed.values("commitment") == ["committed", "requested"]


@pytest.mark.parametrize("header", ["Type", "Status"])
@pytest.mark.parametrize("words", [("Committed", "Requested"), ("Hard", "Soft"), ("Firm", "Tentative")])
def test_a_column_of_commitments_is_suggested_by_its_cells(shared: Desk, header: str, words: tuple[str, str]) -> None:
    text = f"project,team,month,fte,{header}\nP1,Data,2026-12,2,{words[0]}\nP1,Data,2027-01,1,{words[1]}"
    (read,) = [one for one in tried(shared, text).columns if one.header == header]
    assert read.suggested == "commitment"
    assert [one.read_as for one in read.values] == ["committed", "requested"]


def test_no_repair_leaves_a_text_as_it_is(shared: Desk) -> None:
    report = tried(
        shared, "team,month,percent\nData,2026-12,50%\nData,2027-01,80 %\nWeb,2027-01,ca. 80 %\nWeb,2027-02,2 MM"
    )
    assert [(one.before, one.after) for one in report.repairs] == [("ca. 80 %", "80%")]


def test_weeks_as_columns_without_a_project_ask_for_the_project_alone(shared: Desk) -> None:
    report = tried(shared, "Resource Name,Team,12/7/26,12/14/26\nR-1,Data,40h,20h\nR-2,Data,8h,4h")
    assert [(p.rule, "project id" in p.message) for p in report.problems] == [("missing_column", True)]


@pytest.mark.parametrize("headers", ["Cost centre,Budget", "Project,Budget"])
def test_months_of_money_are_no_plan_of_people(shared: Desk, headers: str) -> None:
    report = tried(shared, f"{headers},Jan 2027,Feb 2027\nP1,100,50,50")
    assert [p.rule for p in report.problems] == ["unknown_export"]


def test_days_without_a_year_are_no_months(shared: Desk) -> None:
    assert tried(shared, "Project,Team,Dec 7,Dec 14,Dec 21\nP1,Data,1,1,1").refused


def test_merged_cells_of_a_team_that_stands_under_several_projects_are_offered(shared: Desk) -> None:
    rows = "P1,Data,Java,2026-12,1\n,,Go,2026-12,2\n,,C#,2026-12,2\nP2,Data,Java,2026-12,2\n,,Go,2026-12,2"
    text = f"Project,Team,Skill,month,fte\n{rows}"
    names = [one.name for one in tried(shared, text).repairs]
    assert names == ["fill_down:Project:empty cells", "fill_down:Team:empty cells"]
    assert tried(shared, text, repairs=("fill_down:*",)).rows_rejected == 0


@pytest.mark.parametrize(
    ("text", "value"),
    [("person_id,project,team,month,amount\nR-1,P1,Data,2026-12,40", "40"),
     ("Team,2026-12-07,2026-12-14\nData,40,32", "32, 40")],
)  # fmt: skip
def test_hours_of_a_week_or_of_one_person_are_not_taken_for_people(shared: Desk, text: str, value: str) -> None:
    assert one(tried(shared, text), "unit_undecided").value == value
    stated = [p for p in tried(shared, text, constants={"unit": "hours"}).problems if p.severity == "error"]
    assert stated == []


def test_many_people_under_one_person_s_fte_are_told(shared: Desk) -> None:
    text = "person_id,project,team,month,fte\nR-1,P1,Data,2026-12,40"
    assert "40" in one(tried(shared, text), "many_people").message


def test_years_above_a_row_of_months_are_headers_together(shared: Desk) -> None:
    text = """
        Heat map,,,,,
        Team,Role,2026,2027,,Total
        ,,Dec,Jan,Feb,
        Data,Java,4,4,x,12
        Data,Go,2,,2,4
        Total,,6,4,2,16
    """
    report = tried(shared, text)
    assert (report.export, report.rows_read, report.rows_new, report.rows_rejected) == ("capacity", 2, 1, 1)
    assert [(p.row, p.column, p.value) for p in report.problems] == [(4, "Feb 2027", "x")]
    assert [(left.row, left.kind) for left in report.left_out] == [(1, "preamble"), (6, "total"), (3, "header again")]


MERGED = "Project,Team,Skill,Dec 2026,Jan 2027\nP1,Data,Java,1,2\n,,Go,2,\n,,C#,1,1\nP2,Data,Java,,2\n,,Go,1,1"


def test_merged_cells_beside_columns_of_months_are_offered_to_be_filled(desk: Desk) -> None:
    desk.load(PROJECTS, "team,month,fte\nData,2026-12,4")
    offered = tried(desk, MERGED)
    assert [(one.name, one.count, one.accepted) for one in offered.repairs] == [
        ("fill_down:Project:empty cells", 3, False),
        ("fill_down:Team:empty cells", 3, False),
    ]
    assert offered.rows_rejected == 3
    desk.load(MERGED, repairs=("fill_down:*",))
    # The first row of P2 says nothing of December, and its second one is P2's all the same.
    assert desk.rows("select project_key, strftime(month, '%m'), skill from fct_demand order by all") == [
        ("P1", "01", "C#"), ("P1", "01", "Java"), ("P1", "12", "C#"), ("P1", "12", "Go"), ("P1", "12", "Java"),
        ("P2", "01", "Go"), ("P2", "01", "Java"), ("P2", "12", "Go"),
    ]  # fmt: skip
    noted = "select column_name, after, unnest(rows) as row from repair order by row, column_name"
    assert desk.rows(noted)[:3] == [("Project", "P1", 3), ("Team", "Data", 3), ("Project", "P1", 4)]


def test_nothing_is_filled_below_a_name_whose_row_was_left_out(shared: Desk) -> None:
    assert not tried(shared, f"{MERGED}\nP3,Web,UX,,\n,,Go,1,1").repairs


def test_a_day_that_nobody_stated_is_called_that(desk: Desk) -> None:
    desk.load(PROJECTS, "team,month,fte\nData,2026-12,4", "project,team,month,fte\nP1,Data,2026-12,2")
    report = tried(desk, "project,team,month,fte\nP1,Data,2026-12,3")
    assert [change.key for change in report.changes] == ["P1, Data, any, 2026-12-01, month, not stated"]
    assert [one.read_as for one in report.columns if one.column == "status_date"] == ["not stated"]


def test_each_kind_of_problem_is_printed_under_its_own_words(shared: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "P1,Data,Dec,1\nP1,Data,H1 2027,1\n-,Data,2026-12,1"
    print_report(shared.try_load(f"project,team,month,fte\n{rows}", dry_run=True))
    printed = capsys.readouterr().out
    for words in ("the year is missing in month", "half a year stands here in month", "project id is empty"):
        assert f"Error: {words}" in printed
    assert "Month readable" not in printed
