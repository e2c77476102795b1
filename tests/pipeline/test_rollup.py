"""Work items to projects: what becomes of each column, where problems are, and that no item is lost on the way."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from desk import TODAY, Desk, day

from pipelines import mappings
from pipelines.__main__ import main
from pipelines.load import load
from pipelines.profile import as_yaml
from pipelines.report import FileReport, How, Request
from pipelines.rollup import hours

pytestmark = pytest.mark.usefixtures("by_sql")

JIRA = "Summary, Issue key, Issue id, Issue Type, Status, Project key, Project name, Updated, Due date, Status Category"


def jira(*issues: str, headers: str = JIRA) -> str:
    return "\n".join([headers, *issues])


def issue(number: int, *, project: str = "WEB", state: str = "To Do", **cells: str) -> str:
    """An issue of Jira; `cells` replace what it says by default."""
    said = {
        "kind": "Task",
        "updated": "12/Nov/26 3:31 PM",
        "due": "18/Dec/26 12:00 AM",
        "category": {"To Do": "To Do", "Done": "Done"}.get(state, "In Progress"),
    } | cells
    name = {"WEB": "Web shop", "APP": "Mobile app"}.get(project, project)
    key = f"{project}-{number}" if project else ""
    parts = [f"Issue {number}", key, f"{10000 + number}", said["kind"], state, project, name]
    return ", ".join([*parts, said["updated"], said["due"], said["category"]])


def status(desk: Desk, columns: str) -> list[tuple[Any, ...]]:
    return desk.rows(f"select {columns} from fact_status order by project_id, status_date")


def adds_up(file: FileReport) -> bool:
    """Whether each row of the file is counted in one place."""
    return file.rows_read == file.rows_new + file.rows_restated + file.rows_unchanged + file.rows_rejected


def test_issues_become_one_row_a_project(desk: Desk) -> None:
    report = desk.try_load(
        jira(
            issue(1, state="Done"),
            issue(2, due="29/Jan/27 12:00 AM", updated="02/Nov/26 9:05 AM"),
            issue(3, project="APP", state="Done", updated="19/Nov/26 8:00 PM", due=""),
            issue(4, state="In Review", due="03/Dec/26 12:00 AM"),
            issue(5, project="APP", state="Done", due=""),
        )
    )
    assert not report.blocked
    assert status(desk, "project_id, project_name, status_date, percent_complete, forecast_finish, comment") == [
        ("APP", "Mobile app", day("11-19"), 100.0, None, "2 issues: 2 Done"),
        ("WEB", "Web shop", day("11-12"), pytest.approx(100 / 3), day("2027-01-29"),
         "3 issues: 1 Done, 1 In Review, 1 To Do"),
    ]  # fmt: skip
    (file,) = report.files
    assert (file.rows_read, file.rows_new, file.profile, file.problems) == (5, 5, "jira", [])
    decision = next(d for d in file.decisions if d.what == "rows")
    assert decision.value == "5 issues become 2 projects"
    assert "done: Done (3); not done: In Progress (1), To Do (1)" in decision.why


def test_a_projects_row_is_that_of_its_first_issue(desk: Desk) -> None:
    desk.load(jira(issue(1), issue(2, project="APP"), issue(3, project="APP")))
    assert desk.rows("select project_id, source_row from fact_status order by 1") == [("APP", 3), ("WEB", 2)]


def test_a_date_that_cannot_be_read_is_found_at_its_issue_and_its_own_column(desk: Desk) -> None:
    text = jira(
        issue(1, state="Done"),
        issue(2, due="when it is ready", state="Done"),
        issue(3),
        issue(4, project="APP", updated="soon"),
        issue(5, project="APP"),
    )
    report = desk.try_load(text)
    assert report.blocked
    (file,) = report.files
    assert [(p.rule, p.row, p.column, p.value) for p in file.problems] == [
        ("forecast_finish_readable", 3, "Due date", "when it is ready"),
        ("status_date_readable", 5, "Updated", "soon"),
    ]
    assert (file.rows_rejected, file.rows_read) == (2, 5)

    report = desk.try_load(text, quarantine=True)
    assert report.published
    assert adds_up(report.files[0])
    assert report.files[0].rows_new == 3
    assert status(desk, "project_id, percent_complete") == [("APP", 0.0), ("WEB", 50.0)]
    kept = desk.rows("select source_row, cells[2] from rejected_row order by 1")
    assert kept == [(3, "WEB-2"), (5, "APP-4")]


def test_a_project_of_which_no_issue_is_good_is_put_aside_whole(desk: Desk) -> None:
    report = desk.try_load(jira(issue(1, updated="soon"), issue(2, project="APP")), quarantine=True)
    assert status(desk, "project_id") == [("APP",)]
    assert adds_up(report.files[0])


def test_a_rule_that_a_project_breaks_puts_all_of_its_issues_aside(desk: Desk) -> None:
    report = desk.try_load(
        jira(issue(1), issue(2, updated="01/Mar/27 1:00 PM"), issue(3, project="APP")), quarantine=True
    )
    (file,) = report.files
    assert [(p.rule, p.row, p.column, p.value) for p in file.problems] == [
        ("status_date_not_in_future", 2, "Updated", "2027-03-01")
    ]
    assert (file.rows_new, file.rows_rejected) == (1, 2)
    assert adds_up(file)
    assert [row for (row,) in desk.rows("select source_row from rejected_row order by 1")] == [2, 3]


def test_an_issue_of_no_project_is_named(desk: Desk) -> None:
    report = desk.try_load(jira(issue(1), issue(2, project=""), issue(3, project="")), quarantine=True)
    (file,) = report.files
    assert [(p.rule, p.row, p.column) for p in file.problems] == [
        ("project_id_required", 3, "Project key"),
        ("project_id_required", 4, "Project key"),
    ]
    assert adds_up(file)


def test_an_issue_that_stands_there_twice_counts_once(desk: Desk) -> None:
    report = desk.try_load(jira(issue(1, state="Done"), issue(2), issue(2)))
    (file,) = report.files
    assert [(p.rule, p.row, p.severity) for p in file.problems] == [("item_twice", 4, "warning")]
    assert status(desk, "percent_complete, comment") == [(50.0, "2 issues: 1 Done, 1 To Do")]
    assert (file.rows_new, file.rows_rejected) == (3, 0)


LOCALES = [
    ("19/Nov/26 3:31 PM", "18/Dec/26 12:00 AM"),
    ("19/Nov/26", "18/Dec/26"),
    ("2026-11-19 15:31", "2026-12-18 00:00"),
    ("2026-11-19T15:31:07.000+0100", "2026-12-18"),
    ("2026/11/19 15:31", "2026/12/18"),
    ("11/19/2026 3:31 PM", "12/18/2026 12:00 AM"),
    ("19/11/2026 15:31", "18/12/2026"),
    ("19.11.26 15:31", "18.12.26"),
    ("19.11.2026 15:31", "18.12.2026 00:00"),
    ("19-11-2026 15:31", "18-12-2026"),
    ("Thu 19 Nov 2026 15:31", "Fri 18 Dec 2026"),
    ("19 November 2026 15:31", "18 December 2026"),
    ("Nov 19. 2026 3:31 PM", "Dec 18. 2026"),
    ("2026 November 19 3:31 PM", "2026 December 18 12:00 AM"),
    ("19/Nov./26 15:31", "18/Dez./26"),
    ("jeu. 19 novembre 2026 15:31", "18 déc. 2026"),
    ("jue 19/nov/26 3:31 PM", "vie 18/dic/26 12:00 AM"),
]


def test_dates_of_any_locale_are_read(desk: Desk) -> None:
    exports = [
        jira(issue(1, project=f"L{n}", updated=updated, due=due), issue(2, project=f"L{n}", updated=updated, due=""))
        for n, (updated, due) in enumerate(LOCALES)
    ]
    assert not desk.try_load(*exports).blocked
    read = {project: days for project, *days in status(desk, "project_id, status_date, forecast_finish")}
    assert {dates: read[f"L{n}"] for n, dates in enumerate(LOCALES)} == {
        dates: [day("11-19"), day("12-18")] for dates in LOCALES
    }


def test_the_order_of_day_and_month_is_asked_not_guessed(desk: Desk) -> None:
    text = jira(
        issue(1, updated="05/06/2026 3:31 PM", due="07/08/2026"), issue(2, updated="06/06/2026 1:00 PM", due="")
    )
    report = desk.try_load(text)
    (file,) = report.files
    assert [(p.rule, p.column) for p in file.problems] == [
        ("date_order_undecided", "Updated"),
        ("date_order_undecided", "Due date"),
    ]
    assert not desk.try_load(text, dates="mdy").blocked
    assert status(desk, "status_date, forecast_finish") == [(day("06-06"), day("07-08"))]


def test_done_is_what_the_resolution_says_and_else_the_state(desk: Desk) -> None:
    headers = "Summary, Issue key, Issue id, Issue Type, Status, Resolution, Updated"
    rows = [
        "a, OPS-1, 1, Bug, Waiting for release, Fixed, 2026-11-12 15:31",
        "b, OPS-2, 2, Bug, Closed, Unresolved, 2026-11-12 15:31",
        "c, OPS-3, 3, Bug, Resolved, , 2026-11-12 15:31",
        "d, OPS-4, 4, Bug, Open, Unresolved, 2026-11-12 15:31",
        "e, OPS-5, 5, Bug, In Progress, , 2026-11-13 15:31",
    ]
    desk.load(jira(*rows, headers=headers))
    assert status(desk, "project_id, status_date, percent_complete") == [("OPS", day("11-13"), 60.0)]


def test_epics_count_only_where_there_is_nothing_else(desk: Desk) -> None:
    desk.load(
        jira(
            issue(1, kind="Epic"),
            issue(2, state="Done"),
            issue(3, project="APP", kind="Epic", state="Done"),
            issue(4, project="APP", kind="Epic"),
        )
    )
    assert status(desk, "project_id, percent_complete") == [("APP", 50.0), ("WEB", 100.0)]


def test_headers_that_repeat_are_no_error_and_no_noise(desk: Desk) -> None:
    headers = JIRA + ", Sprint, Sprint, Sprint, Labels, Labels, Log Work, Log Work, Comment, Comment"
    report = desk.try_load(jira(issue(1) + ", S1, S2, , red, , 1h, , x, y", headers=headers))
    (file,) = report.files
    assert (file.problems, file.warnings, report.blocked) == ([], 0, False)


def test_next_weeks_export_is_the_next_report(desk: Desk) -> None:
    desk.load(jira(issue(1), issue(2), issue(3, project="APP")))
    report = desk.try_load(
        jira(issue(1, state="Done", updated="19/Nov/26 10:00 AM"), issue(2), issue(3, project="APP"))
    )
    (file,) = report.files
    assert (file.rows_new, file.rows_unchanged) == (2, 1)
    assert status(desk, "project_id, status_date, percent_complete") == [
        ("APP", day("11-12"), 0.0),
        ("WEB", day("11-12"), 0.0),
        ("WEB", day("11-19"), 50.0),
    ]
    report = desk.try_load(jira(issue(1, updated="19/Nov/26 10:00 AM"), issue(2), issue(3, project="APP")))
    (file,) = report.files
    assert (file.rows_restated, file.rows_unchanged) == (2, 1)


def test_one_value_for_all_takes_the_place_of_what_the_issues_say(desk: Desk) -> None:
    desk.load(jira(issue(1), issue(2, state="Done")), constants={"status_date": "2026-11-20", "percent_complete": "10"})
    assert status(desk, "status_date, percent_complete") == [(day("11-20"), 10.0)]


def test_what_is_kept_of_the_issues_is_said_once_each(desk: Desk) -> None:
    headers = JIRA + ", Team"
    rows = [issue(1) + ", Blue", issue(2) + ", Red", issue(3) + ", Red", issue(4, project="APP") + ", "]
    desk.load(jira(*rows, headers=headers), attributes=("Team",))
    assert desk.rows("select project_id, name, value from fact_attribute") == [("WEB", "Team", "Red, Blue")]


def test_the_command_line_says_what_became_of_the_issues(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    path = desk.file(jira(issue(1), issue(2, state="Done")))
    assert main(["load", str(path), "--dry-run", "--warehouse", str(desk.folder / "warehouse")]) == 0
    said = "2 issues become 1 project: grouped by Project key; done: Done (1); not done: To Do (1)"
    assert said in capsys.readouterr().out


def test_a_mapping_that_was_saved_rolls_up_too(desk: Desk) -> None:
    text = jira(issue(1), issue(2, state="Done"))
    how = How(columns={"sponsor": "Summary"})
    report = desk.try_load(text, dry_run=True, columns=how.columns)
    mappings.save(desk.warehouse, "Our Jira", as_yaml(mappings.from_how(report.files[0], how)))
    (file,) = desk.try_load(text).files
    assert (file.profile, file.problems) == ("Our Jira", [])
    assert status(desk, "project_id, percent_complete, sponsor") == [("WEB", 50.0, "Issue 2")]


def test_files_of_issues_load_together_and_undo(desk: Desk) -> None:
    (first,) = desk.load(jira(issue(1), issue(2)))
    before = desk.tables()
    (second,) = desk.load(jira(issue(1, state="Done", updated="19/Nov/26 1:00 PM"), issue(2)))
    desk.undo(second)
    assert desk.tables()["fct_status"] == before["fct_status"]
    assert desk.rows("select rows_read, rows_loaded from load order by load_id") == [(2, 2), (2, 2)]
    assert first != second


DEVOPS = "ID, Work Item Type, Title, State, Area Path, Changed Date, Target Date"


def test_work_items_belong_to_the_root_of_their_area(desk: Desk) -> None:
    desk.load(
        "\n".join(
            [
                DEVOPS,
                r"1, User Story, a, Closed, Fabrikam\Web, 11/18/2026 9:00:01 AM, 12/31/2026 12:00:00 AM",
                r"2, User Story, b, Active, Fabrikam\Web\Blue, 11/19/2026 9:00:01 AM, ",
                r"3, Bug, c, Removed, Fabrikam, 11/13/2026 9:00:01 AM, ",
                r"4, Feature, d, New, Fabrikam\Web, 11/13/2026 9:00:01 AM, 1/29/2027 12:00:00 AM",
                r"5, Task, e, Done, Contoso, 11/13/2026 9:00:01 AM, ",
            ]
        )
    )
    assert status(desk, "project_id, project_name, status_date, percent_complete, forecast_finish") == [
        ("Contoso", "Contoso", day("11-13"), 100.0, None),
        ("Fabrikam", "Fabrikam", day("11-19"), 50.0, day("2027-01-29")),
    ]


def test_what_a_file_of_work_items_does_not_say_is_asked(desk: Desk) -> None:
    text = "ID, Work Item Type, Title, State\n1, Task, a, Done\n2, Task, b, To Do"
    (file,) = desk.try_load(text).files
    assert [(p.rule, p.fix.rpartition(" with ")[2]) for p in file.problems] == [
        ("missing_column", "--set project_id=VALUE."),
        ("missing_column", "--set status_date=VALUE."),
    ]
    (file,) = desk.try_load(text, dry_run=True).files
    assert (file.refused, file.export, file.profile) == (True, "status", "azure_devops")
    assert {c.header: c.column for c in file.columns if c.column} == {"State": "comment"}
    desk.load(text, constants={"project_id": "SHOP", "status_date": "2026-11-20"})
    assert status(desk, "project_id, status_date, percent_complete") == [("SHOP", day("11-20"), 50.0)]


PLAN = "ID, Task Name, Duration, Start, Finish, % Complete, Outline Level, Baseline Finish, Cost, Baseline Cost"
TASKS = [
    '1, Move to the cloud, 200 days, Mon 1/5/26, Fri 12/18/26, 40%, 1, Fri 11/27/26, "$1,200.00", "$1,000.00"',
    '2, Plan, 20 days, Mon 1/5/26, Fri 1/30/26, 100%, 2, Fri 1/30/26, $200.00, $150.00',
    '3, Build, 180 days, Mon 2/2/26, Fri 12/18/26, 20%, 2, Fri 11/27/26, "$1,000.00", $850.00',
    '4, Shut the old hall, 50 days, Mon 2/1/27, Fri 4/9/27, 10%, 1, Fri 4/9/27, $300.00, $250.00',
    '5, Sell the racks, 10 days, Mon 2/1/27, Fri 2/12/27, 50%, 2, Fri 2/12/27, $100.00, $50.00',
]  # fmt: skip


def plan(desk: Desk, *tasks: str, headers: str = PLAN, **how: Any) -> Any:
    """Load a plan as written: its amounts have commas, which the desk's own texts have not."""
    path = desk.folder / "plan.csv"
    lines = [",".join(part.strip() for part in headers.split(","))]
    lines += [line.replace(", ", ",") for line in tasks]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    constants = {"status_date": "2026-11-20"} | how.pop("constants", {})
    return load(desk.warehouse, Request([path], How(constants=constants), **how), today=TODAY)


MONEY = "forecast_cost, budget, percent_complete, forecast_finish, baseline_finish"


def test_a_task_at_the_top_of_the_outline_is_a_project(desk: Desk) -> None:
    report = plan(desk, *TASKS)
    assert not report.blocked, report.files[0].problems
    assert status(desk, f"project_name, {MONEY}") == [
        ("Move to the cloud", 1200.0, 1000.0, 40.0, day("12-18"), day("11-27")),
        ("Shut the old hall", 300.0, 250.0, 10.0, day("2027-04-09"), day("2027-04-09")),
    ]
    (file,) = report.files
    assert (file.rows_read, file.rows_new) == (5, 5)
    assert "the 2 at the top by Outline Level speak for those under them" in file.decisions[-1].why


def test_the_summary_of_the_whole_plan_is_the_project_where_it_is_exported(desk: Desk) -> None:
    whole = '0, Data centre, 300 days, Mon 1/5/26, Fri 4/9/27, 35%, 0, Fri 4/9/27, "$1,500.00", "$1,250.00"'
    plan(desk, whole, *TASKS)
    assert status(desk, f"project_name, {MONEY}") == [
        ("Data centre", 1500.0, 1250.0, 35.0, day("2027-04-09"), day("2027-04-09"))
    ]


def test_a_plan_that_is_one_project_is_added_up_from_its_topmost_tasks(desk: Desk) -> None:
    plan(desk, *TASKS, constants={"project_id": "HALL"})
    assert status(desk, f"project_id, project_name, {MONEY}") == [
        ("HALL", None, 1500.0, 1250.0, pytest.approx(34.0), day("2027-04-09"), day("2027-04-09"))
    ]  # 200 days at 40 % and 50 days at 10 %


def test_the_column_project_says_whose_the_tasks_are(desk: Desk) -> None:
    plan(desk, *(f"{task}, Hall 7" for task in TASKS), headers=PLAN + ", Project")
    assert status(desk, "project_id, project_name, forecast_cost") == [("name:hall-7", "Hall 7", 1500.0)]


def test_a_work_breakdown_tells_the_level_too(desk: Desk) -> None:
    tasks = [
        "1, Cloud, 1/5/2026, 12/18/2026, 40%",
        "1.1, Plan, 1/5/2026, 1/30/2026, 100%",
        "2, Hall, 2/1/2027, 4/9/2027, 0%",
    ]
    plan(desk, *tasks, headers="WBS, Name, Start, Finish, % Complete")
    assert status(desk, "project_name, percent_complete, forecast_finish") == [
        ("Cloud", 40.0, day("12-18")),
        ("Hall", 0.0, day("2027-04-09")),
    ]


def test_a_level_that_cannot_be_read_is_named(desk: Desk) -> None:
    report = plan(desk, TASKS[0], TASKS[1].replace(", 2, ", ", two, "), quarantine=True)
    (file,) = report.files
    assert [(p.rule, p.row, p.column) for p in file.problems] == [("outline_level_readable", 3, "Outline Level")]
    assert (file.rows_new, file.rows_rejected) == (1, 1)


def test_a_header_that_feeds_two_columns_is_shown_for_both_where_the_day_is_still_to_be_said(desk: Desk) -> None:
    (file,) = desk.try_load(
        "Task Name, Outline Level, Start, Finish\nCloud, 1, 2026-01-05, 2026-12-18", dry_run=True
    ).files
    assert [p.message for p in file.problems] == [
        "the status export needs status date, and no header of this file gives it"
    ]
    assert {(c.header, c.column) for c in file.columns if c.column} == {
        ("Task Name", "project_id"),
        ("Task Name", "project_name"),
        ("Finish", "forecast_finish"),
    }


def test_tasks_without_an_outline_are_asked_for_their_project(desk: Desk) -> None:
    headers, tasks = "ID, Task Name, Duration, Start, Finish", ["1, Plan, 5 days, 1/5/2026, 1/30/2026"]
    (file,) = plan(desk, *tasks, headers=headers).files
    assert "--set project_id=VALUE" in file.problems[0].fix
    assert not plan(desk, *tasks, headers=headers, constants={"project_id": "P"}).blocked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("180 hrs", 180), ("1 hr", 1), ("5d", 40), ("442d 2h", 3538), ("5 days?", 40), ("12 days", 96), ("1 wk", 40),
        ("2 mons", 320), ("3 ed", 24), ("90 min", 1.5), ("0,5 days", 4), ("3600", 3600), ("1w 2d 4h", 60),
        ("", None), ("soon", None), ("5 parsecs", None), ("5d and a bit", None),
    ],
)  # fmt: skip
def test_durations_are_hours(text: str, expected: float | None) -> None:
    with duckdb.connect() as con:
        assert con.execute(f"select {hours('t')} from (select ? as t)", [text]).fetchall() == [(expected,)]


def test_headers_in_another_language_give_the_same_projects_when_they_are_mapped_by_hand(desk: Desk) -> None:
    rows = [issue(1, state="Fertig"), issue(2, state="In Arbeit"), issue(3, project="APP", state="Erledigt")]
    german = JIRA.replace("Project key", "Projektschlüssel").replace("Project name", "Projektname")
    german = german.replace("Issue ", "Vorgangs-").replace("Status,", "Zustand,").replace(", Status Category", ", Art")
    german = german.replace("Updated", "Aktualisiert").replace("Due date", "Fällig")
    by_hand = {
        "project_id": "Projektschlüssel", "project_name": "Projektname", "status_date": "Aktualisiert",
        "forecast_finish": "Fällig", "percent_complete": "Zustand", "comment": "Zustand",
    }  # fmt: skip
    report = desk.try_load(jira(*rows, headers=german), profile="jira", columns=by_hand)
    assert status(desk, "project_id, percent_complete, comment") == [
        ("APP", 100.0, "1 issues: 1 Erledigt"),
        ("WEB", 50.0, "2 issues: 1 Fertig, 1 In Arbeit"),
    ]
    saved = mappings.from_how(report.files[0], How(profile="jira", columns=by_hand))
    assert "Fertig" in saved.columns["percent_complete"]["done"][0]["words"]
    assert (saved.columns["comment"]["take"], saved.columns["status_date"]["take"]) == ("tally", "latest")


OTHER_LANGUAGES = [
    "PSP-Code;Vorgangsname;Dauer;Anfang;Ende;% Abgeschlossen;Geplantes Ende;Geplante Kosten;Gliederungsebene",
    "WBS;Nom;Durée;Début;Fin;% Achevé;Fin planifiée;Coût planifié;Niveau hiérarchique",
    "WBS;Nombre;Duración;Comienzo;Fin;% Completado;Línea de base de fin;Línea de base de costo;Nivel de esquema",
    "WBS;Nome;Durata;Inizio;Fine;% Completa;Fine pianificata;Costo pianificato;Livello esterno",
]


def test_tasks_with_headers_of_other_languages_are_recognised(desk: Desk) -> None:
    exports = [
        f"{headers}\n1;Halle {n};240 Tage;05.01.26;18.12.26;62%;27.11.26;1.200.000,00;1\n1.1;Dach;;;18.12.26;9%;;5,00;2"
        for n, headers in enumerate(OTHER_LANGUAGES)
    ]
    report = desk.try_load(*exports, constants={"status_date": "2026-11-13"})
    assert ([file.profile for file in report.files], report.blocked) == (["ms_project"] * 4, False)
    columns = "project_id, percent_complete, budget, forecast_finish, baseline_finish"
    assert status(desk, columns) == [(f"name:halle-{n}", 62.0, 1_200_000, day("12-18"), day("11-27")) for n in range(4)]
