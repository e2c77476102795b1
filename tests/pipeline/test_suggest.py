"""What is suggested for files of tools that nobody configured: which export, column and value each thing may be."""

import time
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest
from desk import Desk
from tables import connection, text_table

from pipelines.columns import columns_as_text
from pipelines.contract import contract
from pipelines.map import understand
from pipelines.profile import all_headers
from pipelines.read import read
from pipelines.report import FileReport, How
from pipelines.suggest import fill, meaning
from pipelines.texttable import TextTable

pytestmark = pytest.mark.usefixtures("by_sql")

# Header rows as the tools' own documentation and exports have them, with what each column is here; "" is nothing of
# ours, and a header may be left open ("?") where more than one answer is right.
TOOLS: dict[str, dict[str, str]] = {
    "smartsheet_portfolio": {
        "Project ID": "project_id", "Project Name": "project_name", "Project Manager": "", "Program": "program_id",
        "Overall Health": "reported_health", "Schedule Health": "", "Budget Health": "", "Start Date": "baseline_start",
        "End Date": "forecast_finish", "% Complete": "percent_complete", "Budget": "budget",
        "Actual Cost": "actual_cost",
        "Last Updated": "status_date", "Comments": "comment", "Modified By": "",
    },
    "monday_board": {
        "Item ID (auto generated)": "project_id", "Name": "project_name", "Owner": "", "Status": "?", "Priority": "",
        "Timeline - Start": "baseline_start", "Timeline - End": "forecast_finish", "Budget": "budget",
        "Last updated": "status_date", "Notes": "comment", "Files": "",
    },
    "asana_portfolio": {
        "Project ID": "project_id", "Project": "project_name", "Status": "?", "Owner": "",
        "Start date": "baseline_start",
        "Due date": "forecast_finish", "Task progress": "percent_complete", "Last status update": "status_date",
        "Status update notes": "comment", "Tasks completed": "", "Team": "",
    },
    "clarity_projects": {
        "Investment ID": "project_id", "Investment Name": "project_name", "Manager": "", "Work Status": "stage",
        "Start": "baseline_start", "Finish": "forecast_finish", "Baseline Finish": "baseline_finish",
        "Planned Cost": "budget", "Total Actual Cost": "actual_cost", "Cost EAC": "forecast_cost",
        "As of Date": "status_date", "Overall Status": "reported_health", "Report Update": "?", "% Complete":
        "percent_complete", "Business Owner": "?", "Planned Benefit": "", "Goal": "goal_id",
    },
    "planview_work": {
        "Work ID": "project_id", "Work Description": "project_name", "Lifecycle Stage": "stage",
        "Schedule Start": "baseline_start", "Schedule Finish": "forecast_finish", "Baseline Finish": "baseline_finish",
        "Actual Finish": "actual_finish", "Percent Complete": "percent_complete", "Project Health": "reported_health",
        "Status Date": "status_date", "Status Comment": "comment", "Requested By": "",
    },
    "servicenow_projects": {
        "Number": "project_id", "Short description": "project_name", "State": "?", "Phase": "stage",
        "Project manager": "", "Planned start date": "baseline_start", "Planned end date": "baseline_finish",
        "Actual start date": "", "Actual end date": "actual_finish", "Percent complete": "percent_complete",
        "Overall health": "reported_health", "Planned cost": "budget", "Actual cost": "actual_cost",
        "Primary portfolio": "portfolio", "Primary program": "program_id", "As on date": "status_date",
        "Executive summary": "comment", "Priority": "", "Risk": "",
    },
    "primavera_projects": {
        "Project ID": "project_id", "Project Name": "project_name", "Project Status": "stage",
        "Data Date": "status_date", "Start": "baseline_start", "Finish": "forecast_finish",
        "BL Project Finish": "baseline_finish", "Schedule % Complete": "percent_complete",
        "Budgeted Total Cost": "budget", "Actual Total Cost": "actual_cost",
        "At Completion Total Cost": "forecast_cost",
        "Planned Value Cost": "planned_value", "Earned Value Cost": "earned_value", "Total Float": "",
        "Responsible Manager": "",
    },
    "gitlab_issues": {
        "Title": "project_name", "Description": "", "Issue ID": "project_id", "URL": "", "State": "stage", "Author": "",
        "Assignee": "", "Confidential": "", "Locked": "", "Due Date": "forecast_finish", "Created At (UTC)": "",
        "Updated At (UTC)": "status_date", "Closed At (UTC)": "actual_finish", "Milestone": "", "Weight": "",
        "Labels": "",
        "Time Estimate": "", "Time Spent": "",
    },
    "github_project": {
        "Title": "project_id", "URL": "", "Assignees": "", "Status": "?", "Repository": "", "Milestone": "",
        "Start date": "baseline_start", "Target date": "?", "Labels": "", "Reviewers": "", "Size": "",
    },
}  # fmt: skip
# Written after the words of likeness.yaml were settled, to see how they do on what they were not made for.
UNSEEN: dict[str, dict[str, str]] = {
    "wrike": {
        "ID": "project_id",
        "Title": "project_name",
        "Status": "?",
        "Assignee": "",
        "Start Date": "baseline_start",
        "End Date": "forecast_finish",
        "Duration": "",
        "Progress (%)": "percent_complete",
        "Budget": "budget",
        "Actual cost": "actual_cost",
        "Custom status": "?",
        "Importance": "",
        "Date Updated": "status_date",
        "RAG": "reported_health",
    },
    "project_online_report": {
        "ProjectId": "project_id",
        "ProjectName": "project_name",
        "ProjectOwnerName": "",
        "ProjectBaseline0FinishDate": "baseline_finish",
        "ProjectFinishDate": "forecast_finish",
        "ProjectStartDate": "baseline_start",
        "ProjectPercentCompleted": "percent_complete",
        "ProjectBudgetCost": "budget",
        "ProjectActualCost": "actual_cost",
        "ProjectEarnedValueCost": "?",
        "ProjectModifiedDate": "status_date",
        "Overall Health": "reported_health",
        "ProjectDepartments": "portfolio",
    },
    "pmo_excel": {
        "Proj No.": "project_id",
        "Project title": "project_name",
        "Dept": "portfolio",
        "Exec Sponsor": "sponsor",
        "PM": "",
        "Overall RAG (this period)": "reported_health",
        "Previous RAG": "",
        "Orig. Finish": "baseline_finish",
        "Curr. Forecast Finish": "forecast_finish",
        "% Compl.": "percent_complete",
        "Approved Budget £k": "budget",
        "Spend to Date £k": "actual_cost",
        "Forecast Outturn £k": "forecast_cost",
        "Commentary": "comment",
        "Report Date": "status_date",
        "Gate": "?",
        "Key Risks": "",
    },
    "jira_align": {
        "Epic ID": "project_id",
        "Epic Name": "project_name",
        "State": "?",
        "Program": "program_id",
        "Portfolio": "portfolio",
        "Planned Start Date": "baseline_start",
        "Target Completion Date": "baseline_finish",
        "Health": "reported_health",
        "Budget": "budget",
        "Estimate": "?",
        "Points": "",
        "Theme": "",
        "Percent Complete": "percent_complete",
        "Last Updated Date": "status_date",
    },
    "sciforma": {
        "Project Code": "project_id",
        "Project Name": "project_name",
        "Lifecycle Phase": "stage",
        "Project Leader": "",
        "Planned Start": "baseline_start",
        "Baseline End": "baseline_finish",
        "Forecast End": "forecast_finish",
        "Planned Cost": "budget",
        "Cost at Completion": "forecast_cost",
        "Actual Cost": "actual_cost",
        "Traffic light": "reported_health",
        "Snapshot date": "status_date",
        "Strategic objective": "goal_id",
        "Working days": "",
    },
    "workfront": {
        "Reference Number": "project_id",
        "Name": "project_name",
        "Condition": "reported_health",
        "Percent Complete": "percent_complete",
        "Planned Start Date": "baseline_start",
        "Planned Completion Date": "baseline_finish",
        "Projected Completion Date": "forecast_finish",
        "Actual Completion Date": "actual_finish",
        "Portfolio: Name": "portfolio",
        "Program: Name": "program_id",
        "Project Sponsor: Name": "sponsor",
        "Planned Cost": "budget",
        "Actual Cost": "actual_cost",
        "Status": "?",
        "Last Update Date": "status_date",
        "Planned Hours": "",
    },
    "city_budget": {
        "Project #": "project_id",
        "Project": "project_name",
        "Division": "portfolio",
        "Scheduled Completion": "baseline_finish",
        "Estimated Completion": "forecast_finish",
        "Original Budget": "?",
        "Current Budget": "budget",
        "Expended to Date": "actual_cost",
        "Phase": "stage",
        "On Schedule?": "",
        "Status Update": "comment",
        "As-of": "status_date",
        "Ward": "",
    },
}
CELLS = {
    "project_id": lambda n: f"WRK-{1000 + n}",
    "project_name": lambda n: f"Renewal of {['depots', 'bridges', 'the payroll', 'portals'][n % 4]} {n}",
    "reported_health": lambda n: ["Green", "Amber", "Red", "Green"][n % 4],
    "stage": lambda n: ["In Progress", "Closed", "Open"][n % 3],
    "?": lambda n: ["On Track", "At Risk", "Off Track"][n % 3],
    "comment": lambda n: f"The vendor is {n} days late and the team works on the fallback with the client.",
    "baseline_start": lambda n: f"2026-0{1 + n % 8}-11",
    "baseline_finish": lambda n: f"2027-0{1 + n % 8}-11",
    "forecast_finish": lambda n: f"2027-0{1 + n % 8}-25",
    "actual_finish": lambda n: f"2026-11-0{1 + n % 8}" if n % 3 == 0 else "",
    "status_date": lambda n: "2026-11-20",
    "percent_complete": lambda n: f"{n % 100}%",
    "program_id": lambda n: f"Program {n % 4}",
    "portfolio": lambda n: f"Portfolio {n % 3}",
    "sponsor": lambda n: f"Director {n % 5}",
    "goal_id": lambda n: f"Goal {n % 3}",
}
OTHER_CELLS = {
    "Description": lambda n: (
        f"A long description of thing {n}, with what it is for and who asked for it in the first place."
    ),
    "Planned Benefit": lambda n: str(1000 * n),
    "Total Float": lambda n: f"{n}d",
    "Priority": lambda n: ["High", "Low", "Medium"][n % 3],
    "Risk": lambda n: ["High", "Low", "Medium"][n % 3],
    "Schedule Health": lambda n: ["Green", "Red"][n % 2],
    "Budget Health": lambda n: ["Green", "Yellow"][n % 2],
    "Confidential": lambda n: "No",
    "Locked": lambda n: "No",
    "Created At (UTC)": lambda n: f"2026-01-0{1 + n % 8} 10:00:00",
    "Actual start date": lambda n: f"2026-02-0{1 + n % 8}",
    "Weight": lambda n: str(n % 5),
    "Time Estimate": lambda n: str(3600 * n),
    "Time Spent": lambda n: str(360 * n),
    "Tasks completed": str,
}

# What the columns of public exports are, read without their profiles; those not named are nothing of ours or open.
FILES: dict[str, dict[str, str]] = {
    "weekly_status/weekly_release_estimates.csv": {
        "Project Code": "project_id", "Week End Date": "status_date", "Target RelDate": "baseline_finish",
        "Est EndDate": "forecast_finish", "Actual Release": "actual_finish", "Start Date": "baseline_start",
    },
    "earned_value/projects.csv": {
        "project_id": "project_id", "name": "project_name", "baseline_start": "baseline_start", "bac": "budget",
        "baseline_end": "baseline_finish", "final_status_date": "status_date", "final_actual_cost": "actual_cost",
        "final_pct": "percent_complete", "final_ev": "earned_value",
    },
    "au_major_digital/2024.csv": {
        "Agency": "portfolio", "Project Name": "project_id", "DCA": "reported_health", "Delivery Status": "stage",
        "Budget ($m)*": "budget", "Project End Date": "forecast_finish", "DCA\nDate": "?",
    },
    "au_major_digital/2025.csv": {
        "Portfolio": "portfolio", "Project name": "project_id", "DCA 2025": "reported_health",
        "Delivery status": "stage",
        "Total budget (millions)": "budget", "Project end date": "forecast_finish",
    },
    "us_it_dashboard/projects_2012_damaged.csv": {
        "Project ID": "project_id", "Project Name": "project_name", "Start Date": "baseline_start",
        "Planned Project Completion Date (B2)": "baseline_finish",
        "Projected/Actual Project Completion Date (B2)": "forecast_finish", "Planned Cost ($ M)": "budget",
        "Projected/Actual Cost ($ M)": "forecast_cost", "Agency Name": "portfolio", "Updated Date": "status_date",
        "Lifecycle Cost": "?", "Completion Date (B1)": "?",
    },
    "us_it_dashboard/business_cases_2017.csv": {
        "Unique Investment Identifier": "project_id", "Agency Name": "portfolio",
        "Investment Title (IT Portfolio)": "project_name", "CIO Evaluation Color": "reported_health",
        "CIO Evaluation Comments": "comment", "Date of Last Update to CIO Evaluation": "?", "Program Code FPI": "?",
        "Date of Last Investment Detail Update": "?", "Date of Last Update to Activities": "?",
    },
    "nyc_capital/capital_projects.csv": {
        "Date Reported As Of": "status_date", "PID": "project_id", "Project Name": "project_name",
        "Managing Agency": "portfolio", "Current Phase": "stage", "Budget Forecast": "forecast_cost",
        "Forecast Completion": "forecast_finish", "Design Start": "baseline_start", "Category": "?",
    },
    "uk_gmpp/uk_2022.csv": {
        "project_number": "project_id", "project_name": "project_name", "department": "portfolio",
        "colour_rating": "reported_health", "rating_comment": "comment", "start_date": "baseline_start",
        "end_date": "forecast_finish", "wlc_baseline_incl_NCG": "budget", "total_baseline": "?",
    },
}  # fmt: skip


# Where no column holds an identifier, a name that stands in one row alone is as good.
SAME = {"project_name": ("project_id",)}


def suggested(con: duckdb.DuckDBPyConnection, table: TextTable, **how: str) -> FileReport:
    """What is suggested for a table that no profile reads."""
    report = FileReport(table.file)
    report.columns = columns_as_text(con, table, range(len(table.headers)), {})
    fill(con, table, report, None, How(**how))
    return report


def judged(report: FileReport, truth: dict[str, str]) -> tuple[list[str], list[str], int]:
    """The headers that got another column than theirs, those that got none, and how many were to be found."""
    got = {column.header: column.suggested or "" for column in report.columns}
    wrong = [f"{h} -> {c}" for h, c in got.items() if c and truth.get(h, "") not in (c, "?", *SAME.get(c, ()))]
    missed = [f"{h} ({c})" for h, c in truth.items() if c and c != "?" and not got.get(h)]
    return wrong, missed, sum(c not in ("", "?") for c in truth.values())


def rows_of(truth: dict[str, str]) -> list[list[str]]:
    rows = []
    for n in range(30):
        plain = [CELLS.get(c) or (OTHER_CELLS.get(h) or (lambda n: f"Person {n % 7}")) for h, c in truth.items()]
        money = {"budget", "actual_cost", "forecast_cost", "planned_value", "earned_value"}
        rows.append(
            [str(1000 * (n + 3)) if c in money else one(n) for one, c in zip(plain, truth.values(), strict=True)]
        )
    return rows


@pytest.mark.parametrize("tool", [*TOOLS, *UNSEEN])
@pytest.mark.parametrize("has_rows", [True, False])
def test_most_columns_of_other_tools_are_suggested_and_hardly_any_is_wrong(tool: str, has_rows: bool) -> None:
    truth = (TOOLS | UNSEEN)[tool]
    con = connection()
    report = suggested(con, text_table(con, tuple(truth), rows_of(truth) if has_rows else []), export="status")
    wrong, missed, wanted = judged(report, truth)
    assert len(wrong) <= (0 if has_rows else 1), wrong
    assert len(missed) <= wanted // (5 if has_rows else 2), missed


@pytest.mark.real
@pytest.mark.parametrize("name", FILES)
def test_public_exports_without_their_profiles(name: str, real_data: Path, tmp_path: Path) -> None:
    if not (real_data / name).exists():
        pytest.skip(f"needs {real_data / name}")
    with duckdb.connect() as con:
        (table,) = read(con, real_data / name, "raw", all_headers(), tmp_path)
        report = suggested(con, table)
        wrong, missed, _ = judged(report, FILES[name])
        assert report.suggested_export == "status"
        assert wrong == []
        assert len(missed) <= 1, missed


UNKNOWN = """
    Wk,         Ref, What,            Judgement, Est EndDate, Orig EndDate, Money so far ($k), Colour of socks
    2026-11-13, A-1, Depots,          On Track,  2027-02-01,  2027-01-15,   120,               blue
    2026-11-13, A-2, Bridges,         Off Trak,  2027-03-01,  2027-01-15,   80,                red
    2026-11-13, A-3, The new payroll, Purple,    2027-04-01,  2027-02-15,   310,               blue
"""


def test_a_file_that_fits_nothing_is_refused_with_all_that_it_may_be(desk: Desk) -> None:
    (file,) = desk.try_load(UNKNOWN, dry_run=True).files
    assert (file.refused, file.export, file.suggested_export) == (True, None, "status")
    got = {column.header: column.suggested for column in file.columns if column.suggested}
    assert got["Est EndDate"] == "forecast_finish"
    assert got["Orig EndDate"] == "baseline_finish"
    assert got["Ref"] == "project_id"
    assert "Colour of socks" not in got
    why = {column.header: column.why for column in file.columns}
    assert why["Est EndDate"] == "called Est EndDate; 100 % dates"


@pytest.mark.parametrize("names", [["Alpha", "Total Rewards", "Sum of parts"], [f"Project {n}" for n in range(200)]])
def test_names_that_stand_once_may_be_the_identifiers_in_small_and_large_files(desk: Desk, names: list[str]) -> None:
    text = "Project Name,Report Date,RAG\n" + "".join(f"{name},2026-11-20,G\n" for name in names)
    (file,) = desk.try_load(text, dry_run=True).files
    assert {c.header: c.suggested for c in file.columns}["Project Name"] == "project_id"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            (
                "Projektnummer;Projektname;Stichtag;Ampel;Geplantes Ende;Fertigstellung %;Ist-Kosten (TEUR)\n"
                "P-1;Portal;20.11.2026;Grün;31.12.2026;45,5;400,25\nP-2;Lager;20.11.2026;Gelb;15.03.2027;12,0;150,75\n"
            ),
            ["project_id", "project_name", "status_date", "reported_health", "baseline_finish", "percent_complete",
             "actual_cost"],
        ),
        (
            (
                "Code projet;Nom du projet;Date du rapport;Météo;Fin prévue;Avancement;Dépensé\n"
                "A1;Portail;20/11/2026;Vert;31/12/2026;45 %;400 000,50 €\nA2;Flotte;20/11/2026;Rouge;15/03/2027;1 %;5\n"
            ),
            ["project_id", "project_name", "status_date", "reported_health", "baseline_finish", "percent_complete",
             "actual_cost"],
        ),
        (
            (
                "Código del proyecto;Nombre del proyecto;Fecha del informe;Semáforo;Fecha inicio;% Avance;Presupuesto\n"
                "P1;Portal;20/11/2026;Verde;15/01/2026;45;1.250,50\nP2;Almacén;20/11/2026;Rojo;15/01/2026;5;250,50\n"
            ),
            ["project_id", "project_name", "status_date", "reported_health", "baseline_start", "percent_complete",
             "budget"],
        ),
    ],
)  # fmt: skip
def test_headers_in_other_languages_get_suggestions(desk: Desk, text: str, expected: list[str]) -> None:
    (file,) = desk.try_load(text, dry_run=True).files
    assert file.suggested_export == "status"
    assert [column.suggested for column in file.columns] == expected


def test_a_list_in_which_projects_come_again_may_be_one_of_reports(desk: Desk) -> None:
    text = "Project Code, Wk End, Est EndDate, Start Date\n" + "".join(
        f"{n % 2}, 2026-{1 + n:02}-13, 2027-02-01, 2026-01-02\n" for n in range(6)
    )
    (file,) = desk.try_load(text, dry_run=True).files
    assert (file.export, file.suggested_export) == ("projects", "status")
    (file,) = desk.try_load(text, dry_run=True, export="status").files
    assert {c.header: c.suggested for c in file.columns}["Wk End"] == "status_date"
    once = desk.try_load("Project Code, Start Date\n1, 2026-01-02\n2, 2026-01-02\n", dry_run=True)
    assert once.files[0].suggested_export is None


def test_unused_columns_and_unknown_texts_of_a_known_export_get_suggestions(desk: Desk) -> None:
    text = """
        Project ID, As of,      RAG,       Est EndDate, Region
        P1,         2026-11-13, On track,  2027-02-01,  North
        P2,         2026-11-13, Overdue,   2027-02-01,  North
        P3,         2026-11-13, Overdue,   2027-02-01,  North
        P4,         2026-11-13, Rather so, 2027-02-01,  North
    """
    (file,) = desk.try_load(text, dry_run=True, attributes=("Region",)).files
    columns = {column.header: column for column in file.columns}
    assert columns["Est EndDate"].suggested == "forecast_finish"
    assert (columns["Region"].kept, columns["Region"].suggested) == (True, None)
    assert [(v.text, v.count, v.read_as, v.suggested) for v in columns["RAG"].values] == [
        ("Overdue", 2, None, "red"),
        ("On track", 1, "green", None),
        ("Rather so", 1, None, None),
    ]
    assert desk.try_load(text, columns={"forecast_finish": ""}, dry_run=True).files[0].columns[-1].suggested is None


@pytest.mark.parametrize(
    ("column", "header", "text", "value"),
    [
        ("reported_health", "RAG", "On Track", "green"),
        ("reported_health", "RAG", "on-track!", "green"),
        ("reported_health", "RAG", "Yelow", "amber"),
        ("reported_health", "RAG", "Gren / on track", "green"),
        ("reported_health", "RAG", "Not on track", None),
        ("reported_health", "RAG", "Red to green", None),
        ("reported_health", "RAG", "High", None),
        ("reported_health", "Delivery confidence", "High", "green"),
        ("reported_health", "DCA 2025", "Medium-Low", "amber/red"),
        ("reported_health", "Risk", "Very high", "red"),
        ("reported_health", "RAG", "Low confidence", "red"),
        ("stage", "Status", "In Delivery", "active"),
        ("stage", "Status", "Close-Out", "completed"),
        ("stage", "Status", "Inactive", None),
        ("stage", "Status", "Not started yet", None),
        ("stage", "Status", "Purple", None),
    ],
)
def test_what_an_unknown_text_may_mean(column: str, header: str, text: str, value: str | None) -> None:
    choices = contract("status").columns[column]
    known = choices.spellings.get("".join(c for c in text.lower() if c.isalnum()))
    assert (known or meaning(choices, text, header)) == value


def test_headers_that_share_a_word_with_a_column_and_mean_something_else_get_no_suggestion() -> None:
    headers = (
        "Project ID",
        "As of",
        "Cost centre",
        "Cost pool",
        "Budget holder",
        "Start value",
        "Health insurance",
        "Gate fee",
    )
    rows = [
        [f"P{n}", "2026-11-13", str(100 + n), str(n), f"Person {n % 3}", str(n), "Basic", str(n)] for n in range(20)
    ]
    con = connection()
    got = {column.header: column.suggested for column in suggested(con, text_table(con, headers, rows)).columns}
    assert [header for header in headers[2:] if got[header]] == []


WHICH = {
    **dict.fromkeys(("Planned", "Target", "Baseline", "Original", "Approved", "Agreed", "Initial"), "baseline_finish"),
    **dict.fromkeys(("Expected", "Estimated", "Revised", "Current", "Projected", "Forecast"), "forecast_finish"),
    **dict.fromkeys(("Anticipated", "Latest", "Scheduled"), "forecast_finish"),
    "Actual": "actual_finish",
}
ENDS = ("Finish", "End", "Completion", "Delivery", "Finish Date", "End Date", "Completion Date", "Delivery Date")
ENDS += ("Go-Live", "Go-Live Date", "Release Date", "Due Date")


def one_header(header: str, *cells: str, beside: Sequence[str] = ()) -> str | None:
    """What a header of dates is suggested to feed, in a status report that has these others already."""
    con = connection()
    rows = [["P1", "2026-11-13", "green", cell, *["2026-12-01"] * len(beside)] for cell in cells or ["2026-12-01"] * 3]
    table = text_table(con, ["project_id", "status_date", "rag", header, *beside], rows)
    mapping = understand(table, How())
    report = FileReport(table.file)
    fed = {name: column for column, name in mapping.headers.items()}
    report.columns = columns_as_text(con, table, range(len(table.headers)), fed)
    fill(con, table, report, mapping, How())
    (column,) = [column for column in report.columns if column.header == header]
    return column.column or column.suggested


@pytest.mark.parametrize("which", WHICH)
def test_every_word_for_which_finish_with_every_word_for_a_finish(which: str) -> None:
    assert {end: one_header(f"{which} {end}") for end in ENDS} == dict.fromkeys(ENDS, WHICH[which])


@pytest.mark.parametrize("header", ["Planned Start", "Scheduled Start", "Target Start Date", "Original Start", "Start"])
def test_the_start_that_was_planned(header: str) -> None:
    assert one_header(header) == "baseline_start"


@pytest.mark.parametrize(
    "header", ["Actual Start", "Actual Start Date", "Forecast Start Date", "Revised Launch Date", "Requested Finish"]
)
def test_another_start_or_finish_is_not_taken_for_what_was_planned(header: str) -> None:
    assert one_header(header) is None


def test_what_is_scheduled_is_the_forecast_beside_a_baseline_and_the_baseline_beside_a_forecast() -> None:
    assert one_header("Scheduled Finish", beside=["Baseline Finish"]) == "forecast_finish"
    assert one_header("Scheduled Finish", beside=["Forecast Finish"]) == "baseline_finish"
    assert one_header("Scheduled Finish", beside=["Baseline Finish", "Forecast Finish"]) is None


@pytest.mark.parametrize("cells", [["Q4 2026", "Q1 2027"], ["Dec 2026", "Jan 2027"], ["KW 50/2026"], ["2026-12"]])
def test_a_column_of_quarters_weeks_or_months_is_one_of_dates(cells: list[str]) -> None:
    assert one_header("Target Completion", *cells) == "baseline_finish"


def test_numbers_with_four_decimals_are_no_months() -> None:
    assert one_header("Target Completion", "1.2024", "2.2031") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("Plan", "approved"), ("Execute", "active"), ("Close", "completed"), ("Monitor & Control", "active")),
        *(("Test", "active"), ("Deploy", "active"), ("Initiate", "approved"), ("Postponed", "on hold")),
        *(("Cancel", "cancelled"), ("Demand", "idea"), ("Feasibility", "candidate"), ("Retired", "completed")),
        *(("Test plan", None), ("No plan", None), ("Plan on hold", None), ("Purple", None)),
    ],
)
def test_stages_as_tools_call_their_steps(text: str, value: str | None) -> None:
    assert meaning(contract("projects").columns["stage"], text) == value


@pytest.mark.parametrize("width", [1, 400])
def test_suggestions_are_quick_however_wide_a_table_is(width: int) -> None:
    con = connection()
    headers = ["Ref", "When it ends", *(f"Custom field (Number {n})" for n in range(width))]
    rows = [[f"R{n}", f"2027-01-{1 + n % 28:02}", *(str(n * k) for k in range(width))] for n in range(400)]
    table = text_table(con, headers, rows)
    started = time.monotonic()
    suggested(con, table)
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("cells", [[""], ["\x00"], ["=cmd|' /C calc'!A0"], ["9" * 5000], ["'; drop table load; --"]])
@pytest.mark.parametrize("header", ["'; drop table x", "Sprint", "%", "Budget ($m)", "{}", "c0", "  "])
def test_nothing_that_stands_in_a_file_breaks_a_suggestion(header: str, cells: Sequence[str]) -> None:
    con = connection()
    report = suggested(con, text_table(con, [header, header, "End date"], [[cells[0], cells[0], cells[0]]] * 3))
    assert all(len(column.why) < 400 for column in report.columns)


@pytest.mark.parametrize(
    "headers",
    [
        "Codice progetto,Nome progetto,Data stato,Semaforo,Costo effettivo,% completamento",
        "プロジェクトID,プロジェクト名,報告日,状況,実績（百万円）,進捗率",
        "Code projet,Intitulé du projet,Date de rapport,Météo,Réel (k€),Avancement",
        "Código,Proyecto,Fecha del informe,Semáforo,Costo real (miles €),Avance (%)",
    ],
)
def test_headers_of_other_languages_are_suggested(desk: Desk, headers: str) -> None:
    rows = "P1,One,2026-11-13,{},1200,62%\nP2,Two,2026-11-13,{},s/d,9%\nP3,Three,2026年11月13日,{},7,9%\n"
    words = ("順調", "遅延", "注意") if "状況" in headers else ("Verde", "Rojo", "Verde")
    (report,) = desk.try_load(f"{headers}\n{rows.format(*words)}", dry_run=True).files
    wanted = ["project_id", "project_name", "status_date", "reported_health", "actual_cost", "percent_complete"]
    assert [column.suggested for column in report.columns] == wanted
