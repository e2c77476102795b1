"""Public exports, loaded as they are: what is published is compared with the files' own text, read here with Python's
csv module, and with the answers that some files carry. Every file of a known form in the folder is tried."""

import csv
import datetime as dt
import io
from collections import Counter, defaultdict
from decimal import Decimal
from itertools import islice, pairwise, permutations
from pathlib import Path
from typing import Any

import duckdb
import pytest
from desk import Desk

from pipelines.load import Request, load
from pipelines.map import understand
from pipelines.profile import all_headers
from pipelines.read import read
from pipelines.report import How
from pipelines.shift import shifts, unshift
from pipelines.texttable import ragged

pytestmark = pytest.mark.real

GMPP = {"project_name", "department", "colour_rating", "end_date", "wlc_baseline_incl_NCG", "year"}
NYC = {"Date Reported As Of", "PID", "Budget Forecast", "Latest Budget Changes", "Forecast Completion"}
CASES = {"Unique Investment Identifier", "CIO Evaluation Color", "Date of Last Update to CIO Evaluation"}
PERIODS = {"project_id", "Earned Value (EV)", "Actual Cost (AC)", "EAC (PF=CPI)"}
SOURCES = {
    "GMPP": "the yearly returns of the UK Government Major Projects Portfolio (IPA transparency data, gov.uk)",
    "NYC": "Capital Projects of New York City (NYC Open Data)",
    "CASES": "business cases of the US federal IT Dashboard (itdashboard.gov)",
    "PERIODS": "tracking periods of DSLIB, Ghent University, as CSV (or-as.be)",
}
RATINGS = ("green", "amber/green", "amber", "amber/red", "red")
KNOWN = {"uk_2019.csv": 133, "uk_2021.csv": 184, "uk_2022.csv": 235, "business_cases_2017.csv": 747}

Row = dict[str, list[str]]  # a header may stand twice


def rows_of(path: Path) -> list[Row]:
    """A file's rows, read without any part of the pipeline."""
    csv.field_size_limit(1 << 30)
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    delimiter = max(",;", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = [name.strip() for name in next(reader, [])]
    found = []
    for cells in reader:
        if any(cell.strip() for cell in cells):
            row: Row = defaultdict(list)
            for name, cell in zip(header, cells, strict=False):
                row[name].append(cell.strip())
            found.append(row)
    return found


def files_with(folder: Path, headers: set[str], form: str) -> list[Path]:
    """Every CSV in the folder, however deep, that has these headers; the test is skipped where there is none."""
    found = []
    for path in sorted(folder.rglob("*.csv")):
        with path.open("rb") as file:
            first = file.readline().decode("latin-1").lstrip("\ufeff").lstrip("ï»¿")
        if headers <= {cell.strip().strip('"') for cell in first.replace(";", ",").split(",")}:
            found.append(path)
    if not found:
        pytest.skip(f"no file of this form in {folder}: needs {SOURCES[form]}; set RIGHTWORK_REAL_DATA to its folder")
    return found


def publish(desk: Desk, *paths: Path) -> None:
    """Load files as they are; each row is published, or has an error that says where, what, why and how to mend it."""
    report = load(desk.warehouse, Request(list(paths), quarantine=True))
    assert report.published
    for file in report.files:
        assert file.rows_loaded + file.rows_unchanged + file.rows_rejected == file.rows_read
        errors = [p for p in file.problems if p.severity == "error"]
        assert len({p.row for p in errors}) == file.rows_rejected
        for p in errors:
            assert p.row
            assert p.column
            assert p.rule
            assert p.fix
    for path in paths:
        if path.name in KNOWN:
            assert sum(f.rows_loaded for f in report.files if f.file == path.name) == KNOWN[path.name]


def amount(text: str) -> Decimal | None:
    """An amount in plain notation, None where words stand."""
    bare = text.replace("£", "").replace("$", "").replace(",", "").strip()
    return Decimal(bare) if bare.replace(".", "", 1).removeprefix("-").isdigit() else None


def date(text: str, *formats: str) -> dt.date | None:
    """A date in one of the formats, None where words stand."""
    for form in formats:
        try:
            return dt.datetime.strptime(text, form).date()
        except ValueError:
            pass
    return None


def one(desk: Desk, sql: str) -> Any:
    """The single value of a query."""
    return desk.rows(sql)[0][0]


def test_each_gmpp_return_publishes_its_projects(real_data: Path, tmp_path: Path) -> None:
    for number, path in enumerate(files_with(real_data, GMPP, "GMPP")):
        desk = Desk(tmp_path / str(number))
        publish(desk, path)
        rows = rows_of(path)
        assert one(desk, "select count(distinct project_key) from fct_status") == len(rows)

        amounts = [amount(row["wlc_baseline_incl_NCG"][0]) for row in rows]
        assert one(desk, "select sum(budget::decimal(38, 2)) from fct_status") == 1_000_000 * sum(filter(None, amounts))
        assert one(desk, "select count(*) from fct_status where currency <> 'GBP'") == 0

        stated = [next((c for c in row["colour_rating"] if c), "").lower() for row in rows]
        rated = Counter(rating for rating in stated if rating in RATINGS)
        health = "select reported_health, count(*) from fct_status where reported_health is not null group by all"
        assert dict(desk.rows(health)) == rated

        forms = ("%Y-%m-%d", "%d.%m.%y", "%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y")
        ends = Counter(filter(None, (date(row["end_date"][0], *forms) for row in rows)))
        found = desk.rows("select forecast_finish from fct_status where forecast_finish is not null")
        assert Counter(value for (value,) in found) == ends


def test_gmpp_in_any_order_is_the_same(real_data: Path, tmp_path: Path) -> None:
    paths = files_with(real_data, GMPP, "GMPP")[:3]
    asked = "select * exclude (load_id, source_row, fact_load_id) from fct_status order by all"
    together = Desk(tmp_path / "together")
    publish(together, *paths)
    expected = together.rows(asked)
    assert len(expected) == sum(len(rows_of(path)) for path in paths)
    for number, order in enumerate([list(permutations(paths))[i] for i in (-1, len(paths) // 2)]):
        desk = Desk(tmp_path / str(number))
        for path in order:
            publish(desk, path)
        assert desk.rows(asked) == expected


def test_a_project_of_the_uk_by_name(real_data: Path, tmp_path: Path) -> None:
    paths = {path.name: path for path in files_with(real_data, GMPP, "GMPP")}
    if not {"uk_2019.csv", "uk_2021.csv"} <= set(paths):
        pytest.skip("needs the returns of 2019 and 2021, named uk_2019.csv and uk_2021.csv")
    desk = Desk(tmp_path)
    publish(desk, paths["uk_2019.csv"], paths["uk_2021.csv"])
    columns = "forecast_finish, budget, reported_health, portfolio"
    asked = f"select {columns} from project_at(date '{{}}') where project_name = '{{}}'"
    assert desk.rows(asked.format("2021-04-01", "Maritime Patrol Aircraft")) == [
        (dt.date(2024, 4, 1), 2_013_020_000.0, "amber/red", "MOD")
    ]
    assert desk.rows(asked.format("2019-04-01", "Geological Disposal Facility Programme (GDF)")) == [
        (dt.date(2040, 12, 31), 12_343_960_000.0, "amber", "BEIS")
    ]


def test_business_cases_publish_as_they_are(real_data: Path, tmp_path: Path) -> None:
    for number, path in enumerate(files_with(real_data, CASES, "CASES")):
        desk = Desk(tmp_path / str(number))
        publish(desk, path)
        rows = rows_of(path)
        assert one(desk, "select count(*) from fct_status") == len(rows)

        colours = Counter(row["CIO Evaluation Color"][0].lower().replace("yellow", "amber") for row in rows)
        assert dict(desk.rows("select reported_colour, count(*) from fct_status group by all")) == colours

        funding = ("Funding PY1 and Prior ($ M)", "Funding PY ($ M)", "Funding CY ($ M)", "Funding BY ($ M)")
        total = sum(amount(row[name][0]) or Decimal(0) for row in rows for name in funding)
        assert one(desk, "select sum(budget::decimal(38, 2)) from fct_status") == 1_000_000 * total

        key, updated = "Unique Investment Identifier", "Date of Last Update to CIO Evaluation"
        expected = {(row[key][0], dt.date.fromisoformat(row[updated][0][:10])) for row in rows}
        assert set(desk.rows("select project_id, status_date from fct_status")) == expected


def test_new_york_publishes_every_report(real_data: Path, tmp_path: Path) -> None:
    for number, path in enumerate(files_with(real_data, NYC, "NYC")):
        desk = Desk(tmp_path / str(number))
        publish(desk, path)
        rows = rows_of(path)
        asked = "select count(*), count(distinct project_key), count(distinct status_date) from fct_status"
        counts = (len(rows), *(len({row[name][0] for row in rows}) for name in ("PID", "Date Reported As Of")))
        assert desk.rows(asked) == [counts]
        if path.name == "capital_projects.csv":
            assert counts == (2259, 378, 15)
        total = sum(amount(row["Budget Forecast"][0]) or Decimal(0) for row in rows)
        assert one(desk, "select sum(forecast_cost::decimal(38, 2)) from fct_status") == total
        finishes = Counter(filter(None, (date(row["Forecast Completion"][0], "%m/%d/%Y") for row in rows)))
        found = desk.rows("select forecast_finish from fct_status where forecast_finish is not null")
        assert Counter(value for (value,) in found) == finishes

        agreeing, stated = _budget_changes(desk, rows)
        print(f"{path.name}: {agreeing} of {stated} stated budget changes are those of our history")
        assert stated > 0
        assert agreeing >= 0.99 * stated
        if path.name == "capital_projects.csv":
            assert (agreeing, stated) == (1775, 1779)

        agreeing, stated = _schedule_changes(desk, rows)
        print(f"{path.name}: {agreeing} of {stated} stated totals of schedule changes are those of our history")
        assert agreeing >= 0.8 * stated > 0


def _budget_changes(desk: Desk, rows: list[Row]) -> tuple[int, int]:
    """How many stated changes of budget are the difference of two successive forecasts in our history, and of how
    many that can be compared."""
    history: dict[str, dict[dt.date, float]] = defaultdict(dict)
    for project, when, cost in desk.rows(
        "select project_id, status_date, forecast_cost from fct_status order by status_date"
    ):
        history[project][when] = cost
    changes = {
        (project, later): costs[later] - costs[earlier]
        for project, costs in history.items()
        for earlier, later in pairwise(costs)
        if costs[later] is not None and costs[earlier] is not None
    }
    agreeing = stated = 0
    for row in rows:
        when = date(row["Date Reported As Of"][0][:10], "%m/%d/%Y")
        change = amount(row["Latest Budget Changes"][0])
        ours = changes.get((f"NYC-{row['PID'][0]}", when)) if when else None
        if change is not None and ours is not None:
            stated += 1
            agreeing += abs(float(change) - ours) < 1
    return agreeing, stated


def _schedule_changes(desk: Desk, rows: list[Row]) -> tuple[int, int]:
    """How many projects' stated slips in all are the days from our first to our last forecast, and of how many.

    The rest of the known file's totals count from a forecast that the file no longer holds.
    """
    asked = "select project_id, arg_max(forecast_finish, status_date) - arg_min(forecast_finish, status_date) from {} "
    ours = dict(desk.rows(asked.format("fct_status") + "group by all having count(forecast_finish) > 1"))
    stated = {f"NYC-{row['PID'][0]}": amount(row["Total Schedule Changes"][0]) for row in rows}
    compared = [project for project, days in stated.items() if days is not None and project in ours]
    return sum(ours[project] == stated[project] for project in compared), len(compared)


def test_our_estimate_at_completion_is_the_published_one(real_data: Path, desk: Desk) -> None:
    desk.load("project_id, status_date, reported_health\nP1, 2026-01-09, green")
    for path in files_with(real_data, PERIODS, "PERIODS"):
        totals = path.with_name("projects.csv")
        if not totals.exists():
            pytest.skip(f"{totals} is absent: it holds the budgets at completion")
        budgets = {row["project_id"][0]: amount(row["bac"][0]) for row in rows_of(totals)}
        compared = 0
        for row in rows_of(path):
            budget = budgets[row["project_id"][0]]
            earned, actual, published = (
                amount(row[name][0]) for name in ("Earned Value (EV)", "Actual Cost (AC)", "EAC (PF=CPI)")
            )
            if None in (budget, earned, actual, published):
                continue
            ours = one(
                desk, f"select estimate_at_completion(null, {budget}::double, {earned}::double, {actual}::double)"
            )
            if ours is not None:
                compared += 1
                assert ours == pytest.approx(float(published or 0), rel=1e-6), row
        assert compared >= 0.9 * len(rows_of(path))


# --- what tools export: issues, work items and tasks, and the reports of Australia and of the US dashboard's projects

JIRA = {"Issue key", "Issue Type", "Status", "Summary"}
DEVOPS = {"ID", "Work Item Type", "Title", "State"}
TASKS = {"Task Mode", "Duration", "Start", "Finish"}
AUSTRALIA = {"Agency", "Tier", "Project Name"}
IT_PROJECTS = {"Unique Investment Identifier", "Project ID", "Planned Project Completion Date (B2)"}
DAY = "2026-06-30"
DONE = {"jira_school_project.csv": 9 / 23, "jira_agile_delivery.csv": 13 / 61, "jira_reporting_379_columns.csv": 0}


def tool_files(folder: Path, headers: set[str], form: str) -> list[Path]:
    """Every CSV whose first rows hold these headers, whatever their case; skipped where there is none."""
    found = []
    for path in sorted(folder.rglob("*.csv")):
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            first = {cell.strip().lower() for cells in islice(csv.reader(file), 8) for cell in cells}
        if {header.lower() for header in headers} <= first:
            found.append(path)
    if not found:
        pytest.skip(f"no file of this form in {folder}: needs {form}; set RIGHTWORK_REAL_DATA to its folder")
    return found


def publish_items(desk: Desk, path: Path, profile: str, **constants: str) -> None:
    """Load a file of items as it is: each of them is counted in one place."""
    report = load(desk.warehouse, Request([path], How(constants=constants)))
    (file,) = report.files
    errors = [p for p in file.problems if p.severity == "error"]
    assert (file.profile, errors, report.blocked) == (profile, [], False)
    assert file.rows_read == file.rows_new == len(rows_of(path))


def moment(text: str) -> dt.date:
    """The day of "21/Dec/22 3:31 PM" or "2026 January 02 12:00 AM"."""
    found = date(text, "%d/%b/%y %I:%M %p", "%Y %B %d %I:%M %p")
    assert found, text
    return found


def test_issues_of_jira_become_their_projects(real_data: Path, tmp_path: Path) -> None:
    for number, path in enumerate(tool_files(real_data, JIRA, "issues exported from Jira as CSV")):
        desk = Desk(tmp_path / str(number))
        publish_items(desk, path, "jira")
        projects: dict[str, list[Row]] = defaultdict(list)
        for row in rows_of(path):
            projects[row["Project key"][0]].append(row)
        asked = (
            "select project_id, project_name, status_date, forecast_finish, percent_complete, comment from fact_status"
        )
        found = {key: rest for key, *rest in desk.rows(asked)}
        assert set(found) == set(projects)
        for key, issues in projects.items():
            name, updated, finish, percent, comment = found[key]
            assert name == issues[-1]["Project name"][0]
            assert updated == max(moment(row["Updated"][0]) for row in issues)
            assert finish == max((moment(row["Due date"][0]) for row in issues if row["Due date"][0]), default=None)
            counted = [row for row in issues if row["Issue Type"][0] != "Epic"]
            share = sum(row["Status Category"][0] == "Done" for row in counted) / len(counted)
            assert percent == pytest.approx(100 * share)
            assert comment.startswith(f"{len(issues)} issues: ")
            if path.name in DONE:
                assert share == DONE[path.name]


def test_work_items_of_azure_devops_become_the_project_that_is_named(real_data: Path, tmp_path: Path) -> None:
    for number, path in enumerate(tool_files(real_data, DEVOPS, "work items exported from Azure DevOps as CSV")):
        desk = Desk(tmp_path / str(number))
        publish_items(desk, path, "azure_devops", project_id="DEMO", status_date=DAY)
        rows = rows_of(path)
        done = sum(row["State"][0] in ("Done", "Closed") for row in rows) / len(rows)
        asked = "select project_id, status_date::varchar, percent_complete from fact_status"
        assert desk.rows(asked) == [("DEMO", DAY, pytest.approx(100 * done))]


def test_tasks_of_microsoft_project_become_their_summary(real_data: Path, tmp_path: Path) -> None:
    for number, path in enumerate(tool_files(real_data, TASKS, "tasks exported from Microsoft Project as CSV")):
        desk = Desk(tmp_path / str(number))
        publish_items(desk, path, "ms_project", status_date=DAY)
        rows = rows_of(path)
        top = min(int(row["Outline Level"][0]) for row in rows)
        projects = [row for row in rows if int(row["Outline Level"][0]) == top]
        expected = [(row["Name"][0], moment(row["Finish"][0])) for row in projects]
        assert desk.rows("select project_name, forecast_finish from fact_status order by source_row") == expected


def test_australian_reports_publish_their_projects(real_data: Path, tmp_path: Path) -> None:
    confidence = {
        "high": "green",
        "medium high": "amber/green",
        "medium": "amber",
        "medium low": "amber/red",
        "low": "red",
    }
    for number, path in enumerate(tool_files(real_data, AUSTRALIA, "reports of the DTA on major digital projects")):
        desk = Desk(tmp_path / str(number))
        publish_items(desk, path, "au_major_digital", status_date=DAY)
        rows = [{name.lower(): cells[0] for name, cells in row.items()} for row in rows_of(path)]
        latest = max(name for name in rows[0] if name.startswith("dca") and "date" not in name)
        stated = Counter(confidence.get(row[latest].lower().replace("-", " ")) for row in rows)
        health = dict(desk.rows("select reported_health, count(*) from fact_status group by all"))
        assert health == stated
        column = next(name for name in rows[0] if name.startswith(("budget", "total budget")))
        total = sum(amount(row[column]) or Decimal(0) for row in rows)
        assert one(desk, "select sum(budget::decimal(38, 2)) from fact_status") == 1_000_000 * total
        ends = Counter(filter(None, (date(row["project end date"], "%d.%m.%Y") for row in rows)))
        found = desk.rows("select forecast_finish from fact_status where forecast_finish is not null")
        assert Counter(value for (value,) in found) == ends
        assert one(desk, "select count(distinct project_key) from fct_status") == len(rows)


def test_projects_of_the_us_dashboard_are_what_the_file_says(real_data: Path, tmp_path: Path) -> None:
    for number, path in enumerate(tool_files(real_data, IT_PROJECTS, "projects of the US federal IT Dashboard")):
        desk = Desk(tmp_path / str(number))
        report = load(desk.warehouse, Request([path], quarantine=True))
        (file,) = report.files
        assert file.profile == "us_it_projects"
        assert file.rows_read == file.rows_new + file.rows_rejected
        with path.open(encoding="utf-8", errors="replace", newline="") as text:
            records = list(csv.reader(text))
        start = next(i for i, cells in enumerate(records) if "Project ID" in cells)
        header = records[start]
        said = {}
        for cells in records[start + 1 :]:
            row = dict(zip(header, cells, strict=False))
            if len(cells) == len(header) and row["Unique Investment Identifier"]:
                said[row["Project ID"], row["Project Name"].strip()] = row
        columns = "project_id, project_name, status_date, baseline_start, forecast_finish, forecast_cost"
        compared = 0
        for key, name, updated, start_date, finish, cost in desk.rows(f"select {columns} from fact_status"):
            if (key, name) not in said:
                continue
            row = said[key, name]
            compared += 1
            assert updated == date(row["Updated Date"], "%d/%m/%Y")
            assert start_date == date(row["Start Date"], "%d/%m/%Y")
            assert finish == date(row["Projected/Actual Project Completion Date (B2)"], "%d/%m/%Y")
            stated = amount(row["Projected/Actual Cost ($ M)"])
            assert stated is None or cost == pytest.approx(float(1_000_000 * stated))
        print(f"{path.name}: {compared} projects compared, {file.rows_rejected} of {file.rows_read} rows put aside")
        assert compared > 0.8 * len(said)


def test_every_line_of_a_damaged_export_is_accounted_for(real_data: Path, tmp_path: Path) -> None:
    path = real_data / "us_it_dashboard" / "projects_2012_damaged.csv"
    if not path.exists():
        pytest.skip(f"{path} is not here: projects of the US federal IT Dashboard, damaged for a course")
    reader = csv.reader(io.StringIO(path.read_text("utf-8"), newline=""))
    records = [(reader.line_num, cells) for cells in reader]
    header = next(place for place, (_, cells) in enumerate(records) if "Agency Name" in cells)
    below = [cells for _, cells in records[header + 1 :]]
    empty = sum(not any(cells) for cells in below)
    totals = sum(cells[:1] == ["Total"] for cells in below)
    beside = [cells for cells in below if len(cells) == 28 and not any(cells[:5])]

    con = duckdb.connect()
    (table,) = read(con, path, "raw", all_headers(), tmp_path)
    kinds = Counter(row.kind for row in table.left_out)
    assert kinds == {"preamble": records[header][0] - 1, "total": totals, "empty": empty}
    assert (kinds["preamble"], totals, empty, len(beside)) == (5, 26, 17, 275)
    in_table = "select count(*) from raw_0"
    ragged_rows = f'select count(*) from "{ragged(con, table)}"'
    counted = [con.execute(sql).fetchall()[0][0] for sql in (in_table, ragged_rows)]
    assert sum(counted) == table.rows == len(below) - totals - empty
    assert counted[1] == len(table.problems)

    (shift,) = shifts(con, table, understand(table, How(export="projects")))
    assert (shift.by, shift.direction, shift.position, len(shift.rows)) == (5, "left", 0, len(beside))
    mended = unshift(con, table, [shift])
    assert [con.execute(sql).fetchall()[0][0] for sql in (in_table, ragged_rows)] == [
        counted[0] + 275,
        counted[1] - 275,
    ]
    assert len(mended.problems) == counted[1] - 275
    found = con.execute(
        "select * exclude (source_row) from raw_0 where list_contains($1::bigint[], source_row) order by source_row",
        [list(shift.rows)],
    ).fetchall()
    assert [["" if cell is None else cell for cell in row] for row in found] == [
        [cell.strip() for cell in cells[5:]] for cells in beside
    ]
