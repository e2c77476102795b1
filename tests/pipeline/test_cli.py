"""The command line: what it prints, how it exits, and what the store holds afterwards."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipelines.__main__ import main
from pipelines.contract import EXPORTS
from pipelines.warehouse import Warehouse

ROOT = Path(__file__).parents[2]
HEADER = "Project ID,As of,RAG,Forecast finish,Budget\n"
GOOD = HEADER + "P-1,2026-01-05,green,2026-12-01,100\nP-2,2026-01-05,red,2026-12-01,200\n"
FILE_FIELDS = {
    *("file", "export", "profile", "encoding", "delimiter", "rows_read", "rows_loaded", "rows_rejected"),
    *("rows_unchanged", "warnings", "problems", "load_id", "version", "seconds"),
}
PROBLEM_FIELDS = {"row", "column", "value", "rule", "severity", "fix"}

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command on this test's own store: exit status, output, errors."""

    def command(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main([*map(str, arguments), "--warehouse", str(tmp_path / "store")])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return command


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str, name: str = "export.csv") -> Path:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write


def as_json(ran: tuple[int, str, str]) -> tuple[int, dict[str, Any]]:
    """The exit status and the one object that was printed."""
    answer = json.loads(ran[1])
    assert isinstance(answer, dict)
    return ran[0], answer


def test_a_clean_file_is_published(run: Run, file: Callable[..., Path]) -> None:
    status, out, err = run("load", file(GOOD))
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "export.csv: status, utf-8, delimiter ','",
        "  2 rows read: 2 new, 0 restated, 0 unchanged, 0 rejected; 0 warnings",
        (
            "  Note: no currency is stated: the amounts of Budget are taken as USD "
            "(a currency column, or --set currency=EUR, says otherwise)"
        ),
        "Published as publication 1.",
    ]


def test_what_is_loaded_already_changes_nothing_and_says_so(
    run: Run, file: Callable[..., Path], tmp_path: Path
) -> None:
    run("load", file(GOOD))
    before = Warehouse(tmp_path / "store").publication()
    status, out, _ = run("load", file(GOOD))
    assert (status, out.splitlines()[-1]) == (0, "All of this is loaded already; nothing changed.")
    status, out, _ = run("load", "--dry-run", file(GOOD))
    assert (status, out.splitlines()[-1]) == (0, "Dry run: all of this is loaded already; nothing would change.")
    assert Warehouse(tmp_path / "store").publication() == before


def test_json_is_one_object_with_every_field(run: Run, file: Callable[..., Path]) -> None:
    bad = file(HEADER + "P-1,2026-02-31,green,,1\nP-2,2026-02-01,Purple,,\n")
    status, answer = as_json(run("load", bad, "--json"))
    (one,) = answer["files"]
    assert status == 1
    assert set(one) >= FILE_FIELDS
    assert all(set(problem) >= PROBLEM_FIELDS for problem in one["problems"])
    assert [(p["row"], p["column"], p["value"], p["rule"], p["severity"]) for p in one["problems"]] == [
        (2, "As of", "2026-02-31", "status_date_readable", "error"),
        (3, "RAG", "Purple", "reported_health_allowed", "error"),
    ]
    assert all(problem["fix"] for problem in one["problems"])
    assert (one["rows_read"], one["rows_loaded"], one["rows_rejected"]) == (2, 0, 2)
    assert (one["load_id"], one["version"], answer["published"]) == (None, None, None)


def test_json_of_a_publication(run: Run, file: Callable[..., Path]) -> None:
    run("load", file(GOOD))
    more = file(GOOD.replace(",100", ",150") + "P-3,2026-01-05,amber,2026-11-01,9\nP-4,2026-01-05,x,,\n")
    status, answer = as_json(run("load", more, "--quarantine", "--json"))
    (one,) = answer["files"]
    assert status == 0
    assert (one["rows_read"], one["rows_loaded"], one["rows_unchanged"], one["rows_rejected"]) == (4, 2, 1, 1)
    assert (one["load_id"], one["version"], answer["published"]) == (2, 2, 2)


def test_rows_add_up_when_some_are_of_the_wrong_shape(run: Run, file: Callable[..., Path]) -> None:
    ragged = file(GOOD + "P-3,2026-01-05,green\nP-4,2026-01-05,green,,1,2,3\nP-5,soon,green,,\n")
    _, answer = as_json(run("load", ragged, "--quarantine", "--json"))
    (one,) = answer["files"]
    assert one["rows_read"] == one["rows_loaded"] + one["rows_unchanged"] + one["rows_rejected"] == 5
    assert {(p["row"], p["rule"]) for p in one["problems"]} == {
        *((4, "row_shape"), (5, "row_shape"), (6, "status_date_readable"))
    }


def test_json_of_an_error_is_one_object_too(run: Run, file: Callable[..., Path]) -> None:
    status, answer = as_json(run("load", file(GOOD), "--profile", "nope", "--json"))
    assert (status, answer["files"]) == (2, [])
    assert answer["error"] == "there is no profile or mapping named nope"


def test_a_dry_run_says_what_would_happen_and_changes_nothing(
    run: Run, file: Callable[..., Path], tmp_path: Path
) -> None:
    status, answer = as_json(run("load", file(GOOD), "--dry-run", "--json"))
    assert (status, answer["files"][0]["rows_loaded"], answer["published"]) == (0, 2, None)
    assert Warehouse(tmp_path / "store").publication() == 0
    status, out, _ = run("load", file(HEADER + "P-1,soon,green,,\n"), "--dry-run", "--quarantine")
    assert (status, out.splitlines()[-1]) == (1, "Dry run: problems were found; nothing was changed.")


def test_a_warning_does_not_stop_a_load(run: Run, file: Callable[..., Path]) -> None:
    over = file("Project ID,As of,Budget,EV\nP-1,2026-01-05,100,110\n")
    status, answer = as_json(run("load", over, "--json"))
    (one,) = answer["files"]
    assert (status, one["rows_loaded"], one["warnings"]) == (0, 1, 1)
    assert one["problems"][0]["severity"] == "warning"


def test_files_load_in_the_order_of_their_meaning(run: Run, file: Callable[..., Path]) -> None:
    goals = file("Goal ID,Goal Name\nG-1,Faster delivery\n", "z.csv")
    status_report = file("Project ID,As of,RAG,Goal\nP-1,2026-01-05,green,faster delivery\n", "a.csv")
    status, answer = as_json(run("load", status_report, goals, "--json"))
    assert (status, [f["export"] for f in answer["files"]]) == (0, ["goals", "status"])


def test_an_unknown_goal_is_named_with_those_that_are_known(run: Run, file: Callable[..., Path]) -> None:
    goals = file("Goal ID,Goal Name\nG-1,Faster delivery\n", "goals.csv")
    report = file("Project ID,As of,RAG,Goal\nP-1,2026-01-05,green,G-9\n", "status.csv")
    status, answer = as_json(run("load", goals, report, "--json"))
    (problem,) = answer["files"][1]["problems"]
    assert (status, answer["published"]) == (1, None)
    assert (problem["rule"], problem["column"], problem["value"]) == ("goal_id_known", "Goal", "G-9")
    assert "G-1" in problem["fix"]
    assert run("load", goals)[0] == 0
    assert run("load", report)[0] == 1


def test_set_reaches_the_files_that_have_the_column(run: Run, file: Callable[..., Path]) -> None:
    goals = file("Goal ID,Goal Name\nG-1,Faster delivery\n", "goals.csv")
    report = file("Project ID,RAG,Comment\nP-1,green,fine\n", "status.csv")
    status, answer = as_json(run("load", goals, report, "--set", "status_date=2026-01-05", "--json"))
    assert (status, [f["rows_loaded"] for f in answer["files"]]) == (0, [1, 1])
    assert [[p["rule"] for p in f["problems"]] for f in answer["files"]] == [["set_not_used"], []]


def test_the_date_order_may_be_given(run: Run, file: Callable[..., Path], tmp_path: Path) -> None:
    report = file("Project ID,As of,RAG\nP-1,01/02/2026,green\n")
    assert run("load", report)[0] == 1
    assert run("load", report, "--date-order", "dmy")[0] == 0
    with Warehouse(tmp_path / "store").reading() as reading:
        assert reading.cursor().sql("select status_date::varchar from fact_status").fetchall() == [("2026-02-01",)]


def test_rejected_rows_are_mended_in_a_file_and_load_again(run: Run, file: Callable[..., Path], tmp_path: Path) -> None:
    bad = [
        '=HYPERLINK("http://example.org"),2026-01-05,green,,-5',
        "+P-3,soon,green,,1",
        "@P-4,2026-01-05,-purple,,(5)",
    ]
    assert run("load", file(GOOD + "\n".join([bad[0].replace('"', ""), *bad[1:]]) + "\n"), "--quarantine")[0] == 0
    out = tmp_path / "rejected.csv"
    assert run("rejected", 1, "--out", out)[1] == f"3 rows saved to {out}.\n"
    rows = list(csv.reader(io.StringIO(out.read_text("utf-8-sig"))))
    assert rows[0] == ["row", "problem", "Project ID", "As of", "RAG", "Forecast finish", "Budget"]
    assert [row[2] for row in rows[1:]] == ["'=HYPERLINK(http://example.org)", "'+P-3", "'@P-4"]
    assert rows[1][6] == "-5"  # a number is no formula
    assert not any(cell[:1] in "=+-@" and cell not in ("", "-5") for row in rows[1:] for cell in row)
    mended = [[*row[:2], f"P-{n}", "2026-01-05", "green", "", "5"] for n, row in enumerate(rows[1:], 3)]
    text = io.StringIO()
    csv.writer(text).writerows([rows[0], *mended])
    status, answer = as_json(run("load", file(text.getvalue(), "mended.csv"), "--json"))
    assert (status, answer["files"][0]["rows_loaded"]) == (0, 3)


def test_rows_of_the_wrong_shape_come_back_in_the_columns_of_the_file(
    run: Run, file: Callable[..., Path], tmp_path: Path
) -> None:
    text = "Project ID;As of;RAG;Name;Budget\nP-1;2026-01-05;green;Pier;1.250,5\n"
    bad = "P-2;2026-01-05;green;Roads; north;2.500,5\nP-3;2026-01-05\nP-4;soon;green;Depot;3.750,5\n"
    assert run("load", file(text + bad), "--quarantine")[0] == 0
    out = tmp_path / "rejected.csv"
    run("rejected", 1, "--out", out)
    rows = list(csv.reader(io.StringIO(out.read_text("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["row", "problem", "Project ID", "As of", "RAG", "Name", "Budget"]
    assert [row[2:] for row in rows[1:]] == [
        ["P-2", "2026-01-05", "green", "Roads", "north", "2.500,5"],
        ["P-3", "2026-01-05"],
        ["P-4", "soon", "green", "Depot", "3.750,5"],
    ]
    assert as_json(run("load", out, "--json", "--dry-run"))[1]["files"][0]["rows_rejected"] == 3, "none as it stands"
    mended = [
        [*rows[1][:5], "Roads; north", "2.500,5"],
        [*rows[2], "amber", "", ""],
        [*rows[3][:3], "2026-01-05", *rows[3][4:]],
    ]
    written = io.StringIO()
    csv.writer(written, delimiter=";").writerows([rows[0], *mended])
    assert run("load", file(written.getvalue(), "mended.csv"))[0] == 0
    with Warehouse(tmp_path / "store").reading() as reading:
        found = reading.cursor().sql("select project_name, budget from fct_status order by project_id").fetchall()
    assert found == [("Pier", 1250.5), ("Roads; north", 2500.5), (None, None), ("Depot", 3750.5)]


def test_rejected_rows_on_screen(run: Run, file: Callable[..., Path]) -> None:
    run("load", file(GOOD + "P-3,soon,green,,\n"), "--quarantine")
    assert run("rejected", 1) == (
        0,
        "row 4: As of: status date is not a date (soon). Write dates as 2026-11-20.\n",
        "",
    )
    run("load", file(GOOD.replace(",100", ",101")))
    assert run("rejected", 2)[1] == "Load 2 rejected no row.\n"


def test_undo_and_history(run: Run, file: Callable[..., Path]) -> None:
    run("load", file(GOOD))
    assert run("undo", 1, "--why", "wrong month")[:2] == (0, "Load 1 is withdrawn. Published as publication 2.\n")
    status, answer = as_json(run("history", "--json"))
    assert (status, answer["loads"][0]["in_force"], answer["loads"][0]["why"]) == (0, False, "wrong month")
    assert "withdrawn" in run("history")[1]
    assert run("undo", 1, "--why", "again")[0] == 2
    assert run("redo", 1, "--why", "right")[:2] == (0, "Load 1 is in force again. Published as publication 3.\n")
    assert run("redo", 1, "--why", " ")[0] == 2
    assert "withdrawn" not in run("history")[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ["rejected", "99"],
        ["undo", "99", "--why", "x"],
        ["history"],
        ["load", "export.csv", "--set", "no equals sign"],
        ["load", "export.csv", "--set", "=5"],
        ["backup", "there/is/no/folder/x.backup"],
        ["restore", "nothing.backup"],
    ],
)
def test_usage_errors_are_two_lines_and_status_2(run: Run, arguments: list[str]) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("Error: ")
    assert len(err.splitlines()) <= 2


@pytest.mark.parametrize(
    "arguments", [[], ["nope"], ["load"], ["load", "x", "--as", "y"], ["load", "x", "--strict", "--quarantine"]]
)
def test_wrong_arguments_exit_with_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_workbooks_sheet_of_its_own_use_stops_nothing(run: Run, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active.append(["What this is for", "Ask"])
    book.active.append(["Weekly report", "PMO"])
    sheet = book.create_sheet("Status")
    sheet.append(["Project ID", "As of", "RAG", "Budget"])
    sheet.append(["P-1", "2026-01-05", "G", 12.5])
    book.save(tmp_path / "book.xlsx")
    status, answer = as_json(run("load", tmp_path / "book.xlsx", "--json"))
    one, notes = answer["files"]
    assert (status, one["sheet"], one["rows_loaded"], one["encoding"], one["delimiter"]) == (0, "Status", 1, None, None)
    assert (notes["sheet"], notes["load_id"], [p["rule"] for p in notes["problems"]]) == (
        "Notes",
        None,
        ["sheet_left_alone"],
    )


def test_a_workbooks_sheet_that_lacks_a_key_stops_the_load(run: Run, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Project ID", "As of", "RAG"])
    book.active.append(["P-1", "2026-01-05", "G"])
    june = book.create_sheet("June")
    june.append(["Project ID", "Reported health", "Percent complete"])
    june.append(["P-2", "R", 10])
    empty = book.create_sheet("August")
    empty.append(["Project ID", "As of", "RAG"])
    book.save(tmp_path / "book.xlsx")
    status, answer = as_json(run("load", tmp_path / "book.xlsx", "--json"))
    assert (status, answer["published"]) == (1, None)
    assert [p["rule"] for f in answer["files"] for p in f["problems"] if f["sheet"] == "June"] == ["missing_column"]


def test_messages_that_differ_stand_whole_beside_their_rows(run: Run, file: Callable[..., Path]) -> None:
    said = run("load", file("project_id,status_date,rag\nP1,2026-01-05\nP2,2026-01-05,g,x,y\n"))[1]
    assert "    row 2 - The row has 2 cells, the header 3.\n    row 3 - The row has 5 cells, the header 3.\n" in said


def test_profiles_templates_and_dictionary(run: Run, tmp_path: Path) -> None:
    assert "uk_gmpp" in run("profiles")[1]
    assert run("templates", tmp_path / "new" / "folder")[1].count(".csv\n") == len(EXPORTS)
    assert run("dictionary")[1].startswith("# Data dictionary\n")


def test_as_a_program_of_its_own(file: Callable[..., Path], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipelines", "load", str(file(GOOD)), "--json", "--warehouse", str(tmp_path / "s")]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["published"] == 1


def test_the_decimal_sign_may_be_given(run: Run, file: Callable[..., Path], tmp_path: Path) -> None:
    export = file("project_id;status_date;budget;currency\nP1;2026-01-02;1.234;EUR\n")
    status, said, _ = run("load", export)
    assert status == 1
    assert "--decimal comma or --decimal point" in said
    assert run("load", export, "--decimal", "comma")[0] == 0
    with Warehouse(tmp_path / "store").reading() as reading:
        assert reading.cursor().sql("select budget from fct_status").fetchall() == [(1234.0,)]
