"""Milestone plans, risk registers, dependency logs and benefits registers as people keep them: which export each is,
what is asked, and that it goes in once that is answered."""

from pathlib import Path
from typing import Any

import pytest
from desk import Desk, day
from tables import type_rows

from pipelines.report import FileReport

pytestmark = pytest.mark.usefixtures("by_sql")

KNOWN = (
    "program_id,program_name\nPRG1,Program one",
    "project_id,project_name,program_id\nP1,Harbour,PRG1\nP2,Bridge,PRG1\nP3,Twin,PRG1\nP4,Twin,PRG1",
)
FILES = {
    "a risk register": (
        "risks",
        """Risk ID, Project, Description, Likelihood, Impact, Owner, Status, Due date
           1, Harbour, Vendor late, High, 4, Buyer, Open, 2026-12-01
           2, Bridge, Soil worse than thought, 2, 5 - Severe, Engineer, Closed, 2026-12-09""",
        {"Risk ID": "risk_id", "Project": "project_id", "Description": "risk_name", "Status": "risk_state"},
    ),
    "letters for levels": (
        "risks",
        """ID, Title, Project, Probability, Impact, Status, Owner, Due date
           R1, Vendor late, Harbour, M, H, Open, Buyer, 2026-12-01
           R2, Soil worse, Bridge, L, VH, Open, Engineer, 2026-12-09""",
        {"ID": "risk_id", "Title": "risk_name", "Probability": "probability", "Due date": "due_date"},
    ),
    "a RAID log": (
        "risks",
        """Ref, Type, Description, Project Name, Likelihood, Severity, Action Owner, Status, Target date
           1, Risk, Vendor late, Harbour, 4.0, 4, Buyer, Open, 2026-12-01
           2, Issue, Soil worse, Bridge, , 5, Engineer, Closed, 2026-12-09""",
        {"Ref": "risk_id", "Type": "risk_kind", "Project Name": "project_id", "Severity": "impact"},
    ),
    "an issue log": (
        "risks",
        """Issue ID, Issue, Project, Impact, Owner, Due date, Status, Resolution
           I1, Server down, Harbour, High, Buyer, 2026-12-01, Open, Restart
           I2, No budget, Bridge, Low, Engineer, 2026-12-09, Closed, Ask""",
        {"Issue ID": "risk_id", "Issue": "risk_name", "Project": "project_id"},
    ),
    "risks without identifiers": (
        "risks",
        """Project, Risk, Likelihood, Impact, Mitigation, Owner, Status
           Harbour, Strike, High, Medium, Second vendor, Buyer, Open
           Bridge, Soil worse, Low, High, Drill, Engineer, Open
           Bridge, Strike, Low, High, Talk, Engineer, Open""",
        {"Project": "project_id", "Risk": "risk_id", "Mitigation": "response"},
    ),
    "a milestone plan": (
        "milestones",
        """Project, Milestone, Baseline date, Forecast date, Actual date, Status
           Harbour, Design done, 2026-03-01, 2026-03-09, 2026-03-09, Complete
           Harbour, Go live, 2026-11-01, 2026-12-09, , On track
           Bridge, Go live, 2026-11-01, 2026-12-09, , At risk""",
        {"Project": "project_id", "Milestone": "milestone_id", "Baseline date": "baseline_date"},
    ),
    "milestones by number": (
        "milestones",
        """ID, Title, Project, Due date, Forecast, Completed on, Owner, Status
           M1, Design done, Harbour, 2026-03-01, 2026-03-09, 2026-03-09, Buyer, Done
           M2, Go live, Bridge, 2026-11-01, 2026-12-09, , Engineer, Open""",
        {"ID": "milestone_id", "Due date": "baseline_date", "Forecast": "forecast_date", "Completed on": "actual_date"},
    ),
    "deliverables": (
        "milestones",
        """Project ID, Deliverable, Planned date, Expected, Report date
           P1, Design done, 2026-03-01, 2026-03-09, 2026-11-20
           P1, Go live, 2026-11-01, 2026-12-09, 2026-11-20""",
        {"Deliverable": "milestone_id", "Planned date": "baseline_date", "Report date": "status_date"},
    ),
    "a dependency log": (
        "dependencies",
        """ID, From project, To project, Type, Lag, Needed by, Status, Owner
           D1, Harbour, Bridge, FS, 2 days, 2026-12-01, Open, Buyer
           D2, Bridge, Harbour, FF, 1 week, 2026-12-09, Met, Engineer""",
        {"ID": "dependency_id", "From project": "from_project_id", "To project": "to_project_id", "Type": "kind"},
    ),
    "dependencies without identifiers": (
        "dependencies",
        """Predecessor, Successor, Description, Required by, Status
           Harbour, Bridge, Login service, 2026-12-01, Open
           Bridge, Harbour, Test data, 2026-12-09, Done""",
        {"Predecessor": "from_project_id", "Description": "dependency_id", "Required by": "needed_by"},
    ),
    "who gives and who gets": (
        "dependencies",
        """Dependency, Giving project, Receiving project, Due date, RAG, Owner
           Login service, Harbour, Bridge, 2026-12-01, Green, Buyer
           Test data, Bridge, Harbour, 2026-12-09, Red, Engineer""",
        {"Dependency": "dependency_id", "Giving project": "from_project_id", "Due date": "needed_by"},
    ),
    "a benefits register": (
        "benefits",
        """Benefit, Project, Owner, Measure, Unit, Period, Planned, Forecast, Actual
           Fewer returns, Harbour, Buyer, Cost saved, USD, 2026-03-31, 100, 90, 80
           Fewer returns, Harbour, Buyer, Cost saved, USD, 2026-06-30, 100, 90,
           Faster checks, Bridge, Engineer, Hours, hours, 2026-06-30, 10, 9, 8""",
        {"Benefit": "benefit_id", "Period": "period_end", "Planned": "planned", "Actual": "realised"},
    ),
    "benefits by number": (
        "benefits",
        """ID, Title, Program, Owner, Period end, Target, Realised, Status
           B1, Fewer returns, Program one, Buyer, 2026-03-31, 100, 80, On track
           B2, Faster checks, Program one, Engineer, 2026-03-31, 10, 8, At risk""",
        {"ID": "benefit_id", "Program": "program_id", "Target": "planned", "Realised": "realised"},
    ),
}
ITEMS = {"risks": "risk", "milestones": "milestone", "dependencies": "dependency", "benefits": "benefit"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.load(*KNOWN)
    return desk


def asked(desk: Desk, text: str, **how: Any) -> FileReport:
    return desk.try_load(text, dry_run=True, **how).files[0]


@pytest.mark.parametrize("name", FILES)
def test_a_register_is_recognised_and_goes_in_once_what_it_lacks_is_said(desk: Desk, name: str) -> None:
    export, text, feeds = FILES[name]
    report = asked(desk, text)
    columns = {column.header: column.column or column.suggested for column in report.columns}
    assert (report.export or report.suggested_export, feeds.items() <= columns.items()) == (export, True), columns
    lacks = {problem.message for problem in report.problems if problem.severity == "error"}
    assert all("no header of this file gives it" in message for message in lacks), lacks
    by_hand = {c.suggested: c.header for c in report.columns if c.suggested}
    constants = {} if export in ("dependencies", "benefits") or "Report date" in text else {"status_date": "2026-11-20"}
    answered = asked(desk, text, export=export, columns=by_hand, constants=constants)
    rows = text.count("\n")
    assert (answered.rows_new, answered.rows_rejected, answered.refused) == (rows, 0, False), answered.problems


def test_names_that_come_twice_are_no_identifiers(desk: Desk) -> None:
    _, text, _ = FILES["a milestone plan"]
    report = asked(desk, text.replace("Bridge", "Harbour"))
    assert "milestone_id" not in {column.suggested for column in report.columns}
    (lacking,) = [p for p in report.problems if "milestone id" in p.message]
    assert lacking.rule == "missing_column"


def test_a_project_is_named_by_its_name_or_not_at_all(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.load(*KNOWN)
    header = "milestone_id,project_id,status_date,baseline_date\n"
    desk.load(f"{header}M1,HARBOUR,2026-11-20,2026-12-01\nM1,p2,2026-11-20,2026-12-01")
    assert desk.rows("select project_key from fct_milestone order by all") == [("P1",), ("P2",)]
    (problem,) = desk.try_load(f"{header}M1,Twin,2026-11-20,2026-12-01").files[0].problems
    assert (problem.row, problem.column, problem.value) == (2, "project_id", "Twin")
    assert (problem.rule, problem.message) == (
        "project_id_known",
        "2 projects bear this name, so it stands for none of them",
    )
    assert problem.fix == "Write the identifier of the one that is meant: P3, P4."


def test_identifiers_that_differ_in_a_point_stay_apart(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.load("project_id,project_name\n1.1,One\n11,Two\n1-1-1,Three\n4,11")
    rows = "".join(f"M,{key},2026-11-20\n" for key in ("1.1", "11", "1-1-1"))
    desk.load("milestone_id,project_id,status_date\n" + rows)
    assert desk.rows("select project_key from fct_milestone order by all") == [("1-1-1",), ("1.1",), ("11",)]


RISK = ["risk_id", "project_id", "status_date", "probability", "impact"]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("4", "4"), ("4.0", "4"), ("4,0", "4"), ("high", "4"), ("H", "4"), ("4 - High", "4"), ("High (4)", "4"),
        ("VL", "1"), ("5 - low", None), ("30%", None), (".4", None), ("0.3", None), ("4 %", None), ("-4", None),
        ("6", None), ("3-4", None), ("n/a", ""),
    ],
)  # fmt: skip
def test_a_level_is_read_or_located_and_never_guessed(desk: Desk, text: str, read: str | None) -> None:
    rows = "".join(f"R{n},P1,2026-11-20,3,3\n" for n in range(9))
    report = asked(desk, f"{','.join(RISK)}\n{rows}R9,P1,2026-11-20,{text.replace(',', '.')},3")
    found = [(p.row, p.column, p.value) for p in report.problems if p.rule == "probability_allowed"]
    assert found == ([] if read is not None else [(11, "probability", text)])
    typed = type_rows(RISK, [["R1", "P1", "2026-11-20", text, "3"]])
    if read is not None:
        assert typed.values("probability") == [read or None]


@pytest.mark.parametrize(
    "levels", [["30%", "70%", "50%"], ["0.3", "0.7", "0.1"], ["2", "8", "10"], ["0,3", "1", "0,5"]]
)
def test_another_scale_is_asked_for(levels: list[str]) -> None:
    rows = [[f"R{n}", "P1", "2026-11-20", text, "3"] for n, text in enumerate(levels)]
    typed = type_rows(RISK, rows)
    assert [(p.rule, p.column) for p in typed.questions] == [("scale_undecided", "probability")]
    typed = type_rows(RISK, rows, values={"probability": dict(zip(levels, "245", strict=True))})
    assert typed.values("probability") == ["2", "4", "5"]


@pytest.mark.parametrize(
    ("text", "days"),
    [("2", 2), ("2 days", 2), ("2d", 2), ("+3 d", 3), ("-1 day", -1), ("1 week", 7), ("2 wks", 14), ("1.5 weeks", 10.5),
     ("2 months", None), ("3 working days", None), ("soon", None), ("2h", None)],
)  # fmt: skip
def test_a_lag_is_read_in_days_or_located(text: str, days: float | None) -> None:
    header = ["dependency_id", "from_project_id", "to_project_id", "lag_days"]
    typed = type_rows(header, [["D1", "P1", "P2", text], ["D2", "P1", "P2", "4"]])
    assert typed.values("lag_days") == [days, 4]
    assert [found[:3] for found in typed.found()] == ([] if days is not None else [(2, "lag_days", text)])


def test_a_lag_within_a_kind_is_located(desk: Desk) -> None:
    header = "dependency_id,from_project_id,to_project_id,kind\n"
    (problem,) = asked(desk, f"{header}D1,P1,P2,FS+2d\nD2,P1,P2,FS").problems
    assert (problem.row, problem.column, problem.value, problem.rule) == (2, "kind", "FS+2d", "kind_allowed")
    assert "finish to start" in problem.fix


def test_amounts_in_thousands_are_not_read_as_whole_units(desk: Desk) -> None:
    report = asked(desk, "benefit_id,period_end,Planned (EUR k)\nB1,2026-03-31,5")
    assert [(p.rule, p.column) for p in report.problems] == [("header_scaled", "Planned (EUR k)")]
    assert [c.column for c in report.columns][2] is None


def test_a_register_without_projects_known_says_that_they_are_not_checked(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    report = desk.try_load("risk_id,project_id,status_date\nR1,P1,2026-11-20")
    assert [(p.rule, p.column) for p in report.files[0].problems] == [("projects_not_loaded", "project_id")]
    assert report.published == 1
    assert desk.rows("select project_key, status_date from fct_risk") == [("P1", day("11-20"))]
