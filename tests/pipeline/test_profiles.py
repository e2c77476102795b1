"""Profiles: what their text may say and how it is refused, and what each of them reads of an export of its tool."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from tables import type_rows

from pipelines import findings
from pipelines import map as map_module
from pipelines import profile as profile_module
from pipelines.problems import UsageError
from pipelines.profile import Profile, as_yaml, parse, profiles

SMALL = "profile: mine\nexport: status\ncolumns:\n  project_id: {from: [Key]}\n  status_date: {value: 2026-11-20}\n"


def refused(text: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        parse(text, "mine.yaml")
    assert caught.value.message.startswith("mine.yaml")
    assert caught.value.fix
    return caught.value


def use(monkeypatch: pytest.MonkeyPatch, text: str) -> Profile:
    """Put a profile among the shipped ones."""
    given = parse(text, "mine.yaml")
    known = profiles() | {given.name: given}
    for module in (profile_module, map_module):
        monkeypatch.setattr(module, "profiles", lambda: known)
    return given


@pytest.mark.parametrize("name", profiles())
def test_each_profile_reads_back_from_what_it_is_written_as(name: str) -> None:
    assert parse(as_yaml(profiles()[name]), name) == profiles()[name]


def test_words_of_yaml_stay_the_words_that_they_are() -> None:
    read = parse(SMALL + "  reported_health: {from: [2024, yes, null], values: {red: [no, off, 1_0]}}\n", "mine.yaml")
    assert read.columns["status_date"] == {"value": "2026-11-20"}
    assert read.columns["reported_health"] == {"from": ["2024", "yes", "null"], "values": {"red": ["no", "off", "1_0"]}}
    assert (read.title, read.source.name, read.source.scale) == ("mine", "mine", 1)
    assert parse(as_yaml(read), "again") == read


@pytest.mark.parametrize(
    ("text", "message", "fix"),
    [
        (": [", "mine.yaml is no profile: line 1", "It is YAML"),
        ("- a\n- b", "the profile holds no keys", "It has keys such as profile, title"),
        ("profile: x\ncolumns: {}", "the key export is missing", "Add a line that begins with export:"),
        (SMALL.replace("status\n", "state\n"), "export is state", "Use one of: goals, programs, projects, status"),
        (SMALL + "  helth: {from: [A]}", "columns: helth: the status export has no such column", "project_id"),
        (SMALL + "colums: 1", "the profile: colums: there is no such key", "columns"),
        (SMALL + "profile: twice", "line 6: the key profile stands there twice", "It is YAML"),
        (SMALL + "  comment: {form: [A]}", "columns: comment: form: there is no such key", "from"),
        (SMALL + "  comment: {upper: true}", "columns: comment says nothing of what feeds it", "from: [Project key]"),
        (SMALL + "  comment: {from: A}", "columns: comment: from is no list", "from: [...]"),
        (SMALL + "  comment: {from: [A], sum: [B]}", "from, sum, value, done exclude each other", "Keep one"),
        (SMALL + "  comment: {from: [A], format: '{} {}'}", "format has to hold {} once", "-03-31"),
        (SMALL + "  comment: {from: [A], values: {green: [B]}}", "values are for a column of choices", "Leave"),
        (SMALL + "  reported_health: {from: [A], values: {lime: [B]}}", "values: lime: there is no such key", "green"),
        (SMALL + "  comment: {from: [A], take: newest}", "take is for files whose rows are rolled up", "rolled_up:"),
        (SMALL + "rolled_up: {items: tasks}", "rolled_up: the key by is missing", "by: project_id"),
        (SMALL + "dates: ymd", "dates is ymd", "Use one of: dmy, mdy"),
        (SMALL + "decimal: point", "decimal is point", "Use one of: ., ,"),
        (SMALL + "unknown: ['(exempt']", "unknown: (exempt is no regular expression", "Write the text itself"),
        (SMALL + "unknown: ['a)|(b']", "unknown: a)|(b is no regular expression", "Write the text itself"),
        (SMALL + "source: {scale: 1; drop}", "source: scale is 1; drop", "Write a number from"),
        (SMALL + "source: {scale: nan}", "source: scale is nan", "Write a number from"),
        (SMALL + "source: {currency: Euro}", "source: currency is Euro", "three-letter code"),
        (SMALL + "source: {baseline: none}", "source: baseline is none", "stated, first_reported"),
        (SMALL + "title: &a x\nfrom: *a", "an alias (*) is not read here", "It is YAML"),
        ("profile: " + "[" * 3000, "is no profile", "It is YAML"),
        ("x" * 600_000, "it has 600,000 characters", "500,000 at most"),
    ],
)
def test_what_a_profile_gets_wrong_is_named_with_its_place_and_its_fix(text: str, message: str, fix: str) -> None:
    error = refused(text)
    assert message in error.message
    assert fix in error.fix


@pytest.mark.parametrize("text", ["!!python/object/apply:os.system [exit 1]", "!!python/name:os.system", "!!int 3"])
def test_nothing_in_a_profile_is_run(text: str) -> None:
    error = refused(f"profile: x\nexport: status\ncolumns: {text}")
    assert "columns" in error.message


HOSTILE = "x') from information_schema.tables; drop table typed; --"


def test_texts_of_a_profile_reach_the_database_as_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    quoted = "'" + HOSTILE.replace("'", "''") + "'"
    use(
        monkeypatch,
        f"profile: mine\nexport: status\nunknown: ['secret.*', \"it's \\\\d+\"]\ncolumns:\n"
        f"  project_id: {{from: [Key], prefix: {quoted}}}\n"
        f"  status_date: {{value: 2026-11-20}}\n"
        f"  sponsor: {{value: {quoted}}}\n"
        f"  comment: {{from: [{quoted}], format: '{{}} '' || 1/0 || '''}}\n"
        f"  reported_health: {{from: [RAG], values: {{red: [{quoted}]}}}}\n"
        "  forecast_finish: {from: [End]}\n",
    )
    rows = [["1", HOSTILE, HOSTILE, "it's 4"], ["2", "b", "green", "2026-01-31"]]
    typed = type_rows(["Key", HOSTILE, "RAG", "End"], rows, profile="mine")
    assert typed.values("project_id") == [HOSTILE + "1", HOSTILE + "2"]
    assert typed.values("sponsor") == [HOSTILE, HOSTILE]
    assert typed.values("comment") == [f"{HOSTILE} ' || 1/0 || '", "b ' || 1/0 || '"]
    assert typed.values("reported_health") == ["red", "green"]
    assert typed.found() == []


def test_a_pattern_that_would_take_others_for_ever_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, SMALL + "  forecast_finish: {from: [End]}\nunknown: ['(a+)+$', '(a|aa)+b']\n")
    started = time.monotonic()
    type_rows(["Key", "End"], [["1", "a" * 50_000 + "!"]], profile="mine")
    assert time.monotonic() - started < 5


AU_2024 = ["Agency", "Tier", "Project Name", "DCA", "DCA Date", "Delivery Status", "Budget ($m)*", "AP",
    "Project End Date", "Project Description"]  # fmt: skip
AU_2025 = ["Portfolio", "Agency", "Tier", "Project name", "DCA 2024", "DCA 2025", "Delivery status",
    "Total budget (millions)", "Digital budget (millions)", "Project end date", "Project description"]  # fmt: skip


def test_the_australian_report_of_2024() -> None:
    rows = [
        [
            "ABS",
            "1",
            "Big Data Timely\nInsights",
            "Medium High",
            "24.10.2023",
            "In Delivery",
            "156",
            "Yes",
            "30.06.2027",
            "x",
        ],
        ["AAT", "2", "Case Management", "Unavailable", "N/A", "Closed", "nfp", "Yes", "Ongoing", ""],
        ["ATO", "3", "Spectrum", "Low", "Dec-23", "Under Review", "2.5", "No", "October 2020", ""],
    ]
    typed = type_rows(AU_2024, rows, constants={"status_date": "2024-02-29"})
    assert (typed.mapping.profile, typed.found(), typed.questions, typed.notes) == ("au_major_digital", [], [], [])
    assert typed.values("project_id") == ["name:big-data-timely-insights", "name:case-management", "name:spectrum"]
    assert typed.values("reported_health") == ["amber/green", None, "red"]
    assert typed.values("budget") == [156e6, None, 2.5e6]
    assert typed.values("forecast_finish") == [dt.date(2027, 6, 30), None, dt.date(2020, 10, 31)]
    assert typed.values("stage") == ["active", "completed", "active"]
    assert typed.values("portfolio") == ["ABS", "AAT", "ATO"]


def test_the_australian_report_of_2025_and_of_a_year_to_come() -> None:
    rows = [
        ["Health", "Department of Health", "Tier 1", "A", "Low", "Medium-High", "Active", "9.3", "1", "1.06.2026", "x"],
        [
            "Health",
            "Department of Health",
            "Tier 2",
            "B",
            "High",
            "",
            "Paused",
            "NFP",
            "1",
            "Ongoing - No End Date",
            "",
        ],
        ["Health", "Department of Health", "Tier 2", "C", "", "Not reported", "Closed", "1", "1", "30.06.2025", ""],
    ]
    for headers in (AU_2025, [h.replace("2025", "2026").replace("2024", "2025") for h in AU_2025]):
        typed = type_rows(headers, rows, constants={"status_date": "2025-02-28"})
        assert (typed.mapping.profile, typed.found(), typed.questions) == ("au_major_digital", [], [])
        assert typed.values("reported_health") == ["amber/green", None, None]
        assert typed.values("budget") == [9.3e6, None, 1e6]
        assert typed.values("forecast_finish") == [dt.date(2026, 6, 1), None, dt.date(2025, 6, 30)]
        assert typed.values("portfolio") == ["Health"] * 3


IT_PROJECTS = ["Unique Investment Identifier", "Business Case ID", "Agency Code", "Agency Name", "Investment Title",
    "Project ID", "Agency Project ID", "Project Name", "Project Description", "Start Date", "Completion Date (B1)",
    "Planned Project Completion Date (B2)", "Projected/Actual Project Completion Date (B2)", "Lifecycle Cost",
    "Schedule Variance (in days)", "Schedule Variance (%)", "Cost Variance ($ M)", "Cost Variance (%)",
    "Planned Cost ($ M)", "Projected/Actual Cost ($ M)", "Updated Date", "Updated Time",
    "Unique Project ID"]  # fmt: skip


def it_project(number: str, first: str, planned: str, projected: str) -> list[str]:
    return ["005-1", "212", "5", "Agriculture", "WAN", number, "", "Refresh", "text", "15/10/2011", first, planned,
        projected, "15.297", "0", "0", "0", "0", "15.297", "14.5", "22/09/2011", "10:22:25", "1"]  # fmt: skip


def test_projects_of_the_us_dashboard() -> None:
    rows = [
        it_project("656", "30/09/2012", "", ""),
        it_project("657", "31/03/2012", "30/04/2012", "31/05/2012"),
        it_project("658", "2012-30-09", "", ""),
    ]
    typed = type_rows(IT_PROJECTS, rows)
    assert (typed.mapping.profile, typed.questions) == ("us_it_projects", [])
    assert typed.values("baseline_finish") == [dt.date(2012, 9, 30), dt.date(2012, 4, 30), None]
    assert typed.values("forecast_finish") == [None, dt.date(2012, 5, 31), None]
    assert typed.values("budget") == [15.297e6] * 3
    assert typed.values("forecast_cost") == [14.5e6] * 3
    assert typed.values("program_id") == ["Agriculture / WAN"] * 3
    assert typed.values("status_date") == [dt.date(2011, 9, 22)] * 3


def test_what_is_wrong_is_placed_in_the_cell_that_spoke() -> None:
    typed = type_rows(IT_PROJECTS, [it_project("1", "2012-30-09", "", ""), it_project("2", "30/09/2012", "soon", "")])
    findings.name_cells(typed.con, typed.table.relation, typed.mapping)
    assert typed.found() == [
        (2, "Completion Date (B1)", "2012-30-09", "baseline_finish_readable"),
        (3, "Planned Project Completion Date (B2)", "soon", "baseline_finish_readable"),
    ]


PROJECTS_FEED = ["ProjectId", "ProjectName", "ProjectStartDate", "ProjectFinishDate", "ProjectBaseline0StartDate",
    "ProjectBaseline0FinishDate", "ProjectActualFinishDate", "ProjectPercentCompleted", "ProjectCost",
    "ProjectActualCost", "ProjectBudgetCost", "ProjectACWP", "ProjectBCWP", "ProjectBCWS", "ProjectEAC",
    "ProjectOwnerName", "ProjectModifiedDate", "ProjectLastPublishedDate", "ProjectStatusDate", "ProjectType",
    "ProjectCurrency", "ProjectDepartments"]  # fmt: skip


def test_projects_of_project_online() -> None:
    rows = [
        ["7e910f5b-95e2-e111-8d29-00155d35d32e", "Cloud", "2026-01-05T08:00:00", "2026-12-18T17:00:00",
         "2026-01-05T08:00:00", "2026-11-27T17:00:00", "", "40", "1200.5", "500", "1000", "510", "400", "450", "1300",
         "Owner One", "2026-11-18T10:00:00", "2026-11-19T10:00:00", "2026-11-13T17:00:00", "0", "EUR", "IT"],
        ["8e910f5b-95e2-e111-8d29-00155d35d32e", "Hall", "2026-01-05T08:00:00", "2026-12-18T17:00:00", "", "",
         "2026-10-30T17:00:00", "100", "0", "0", "0", "0", "0", "0", "0", "", "2026-11-18T10:00:00",
         "2026-11-19T10:00:00", "", "0", "EUR", ""],
    ]  # fmt: skip
    typed = type_rows(PROJECTS_FEED, rows)
    assert (typed.mapping.profile, typed.found(), typed.questions) == ("project_online", [], [])
    expected = {
        "project_id": ["7e910f5b-95e2-e111-8d29-00155d35d32e", "8e910f5b-95e2-e111-8d29-00155d35d32e"],
        "status_date": [dt.date(2026, 11, 13), dt.date(2026, 11, 19)],
        "project_name": ["Cloud", "Hall"],
        "baseline_start": [dt.date(2026, 1, 5), None],
        "baseline_finish": [dt.date(2026, 11, 27), None],
        "forecast_finish": [dt.date(2026, 12, 18), dt.date(2026, 12, 18)],
        "actual_finish": [None, dt.date(2026, 10, 30)],
        "percent_complete": [40, 100],
        "budget": [1000, 0],
        "planned_value": [450, 0],
        "earned_value": [400, 0],
        "actual_cost": [500, 0],
        "forecast_cost": [1200.5, 0],
        "currency": ["EUR", "EUR"],
        "sponsor": ["Owner One", None],
        "portfolio": ["IT", None],
    }
    assert {column: typed.values(column) for column in expected} == expected


def test_the_reporting_view_of_project_server_is_read_too() -> None:
    headers = [header.replace("ProjectId", "ProjectUID") for header in PROJECTS_FEED[:8]] + ["ProjectModifiedDate"]
    row = ["u1", "Cloud", "1/15/2026 8:00", "12/18/2026 17:00", "1/15/2026 8:00", "11/27/2026 17:00", "", "40"]
    typed = type_rows(headers, [[*row, "11/18/2026 10:00"]])
    assert (typed.mapping.profile, typed.values("status_date")) == ("project_online", [dt.date(2026, 11, 18)])
    assert typed.values("baseline_finish") == [dt.date(2026, 11, 27)]


def test_a_profile_that_states_no_currency_takes_that_of_the_amounts() -> None:
    headers = ["Task Name", "Outline Level", "Start", "Finish", "Cost"]
    rows = [["Cloud", "1", "5.1.2026", "18.12.2026", "1.200,50 €"], ["Hall", "1", "5.1.2026", "18.12.2026", "300,00 €"]]
    typed = type_rows(headers, rows, constants={"status_date": "2026-11-20", "project_id": "P"}, delimiter=";")
    assert (typed.mapping.profile, typed.currency, typed.assumed) == ("ms_project", "EUR", None)
    assert typed.values("forecast_cost") == [1200.5, 300.0]
