"""What the Upload page says of reports made by hand: words, marks, suggestions, the receipt."""

import datetime as dt
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from components import upload_controls, upload_mapping, upload_problems, upload_receipt, upload_words, uploads
from components.uploads import Upload
from pipelines.contract import EXPORTS, contract
from pipelines.problems import Problem
from pipelines.report import (
    ColumnRead,
    FileReport,
    Grid,
    GridRow,
    How,
    LeftOut,
    LoadReport,
    Mark,
    Repair,
    ValueRead,
)

FILE = Path("inbox/x.csv")
HOSTILE = '<img src=x onerror=alert(1)>"'
MISSING = Problem(
    "missing_column", "the status export needs status date, and no header of this file gives it", "Add it."
)


def upload(how: How | None = None) -> Upload:
    return Upload(FILE.parent, {FILE: "x.csv"}, {FILE: how or How()})


def test_cells_with_problems_are_marked_in_words_and_nothing_foreign_is_markup() -> None:
    grid = Grid(
        ("id", HOSTILE),
        (
            GridRow(
                1204, ("A", HOSTILE), (Mark(HOSTILE, "error", ("budget_number",)), Mark("id", "warning", ("b_c",)))
            ),
            GridRow(7, (None, "x"), (Mark(None, "error", ("row_shape",)), Mark("id", "error", ("id_required",)))),
        ),
        total=2,
    )
    problems = [Problem("budget_number", "budget is not a number", "", row=1204, column=HOSTILE)]
    html = upload_problems.table(FileReport("x.csv", problems=problems), grid, grid.rows)
    assert "<img" not in html
    assert html.count("rw-wrong rw-error") == 3
    assert 'title="budget is not a number (error)"' in html
    assert '<td class="rw-wrong rw-warning" title="B c (warning)"><span>A</span>' in html
    assert '<th scope="row" class="rw-wrong rw-error" title="Row shape (error)"><span>7</span>' in html
    assert "<span>empty</span>" in html


def test_the_verdict_says_what_a_file_needs() -> None:
    unknown = FileReport("x.csv", refused=True, problems=[Problem("unknown_export", "no export fits", "")])
    assert upload_words.verdict(LoadReport([unknown])) == "x.csv is not recognised yet: say what it holds"
    undated = FileReport("x.csv", refused=True, problems=[MISSING])
    assert upload_words.verdict(LoadReport([undated])) == "x.csv does not say the status date yet"
    assert upload_words.meant(undated) == "status"
    other = FileReport("y.csv", export="status", rows_new=1)
    assert upload_words.verdict(LoadReport([other, unknown])).startswith("x.csv, of 2 files, is not recognised yet")
    broken = FileReport("x.csv", refused=True, unreadable=True, problems=[Problem("unreadable", "no", "")])
    assert upload_words.verdict(LoadReport([broken])) == "x.csv cannot be read"
    hollow = FileReport("x.csv", refused=True, problems=[Problem("no_rows", "The file has a header and no rows.", "")])
    assert upload_words.verdict(LoadReport([hollow])) == "x.csv has a header and no rows"
    # What stops the whole file is said before what is wrong with its rows.
    undated.problems = [MISSING, Problem("reported_health_allowed", "not known", "", row=7)]
    assert upload_words.verdict(LoadReport([undated])) == "x.csv does not say the status date yet"


def test_of_several_files_the_verdict_names_those_with_errors() -> None:
    bad = FileReport("bad.csv", export="status", rows_read=30, rows_new=19, rows_rejected=11)
    good = [FileReport(f"{n}.csv", export="status", rows_read=5, rows_new=5) for n in range(2)]
    said = "11 of 30 rows of bad.csv cannot be loaded as they stand"
    assert upload_words.verdict(LoadReport([bad])) == said
    assert upload_words.verdict(LoadReport([bad, good[0]])) == f"{said}; the other file is good"
    assert upload_words.verdict(LoadReport([*good, bad])) == f"{said}; the 2 other files are good"


def test_texts_that_mean_nothing_known_are_asked_and_those_with_a_suggestion_are_not() -> None:
    values = (ValueRead("Parked", 4, None), ValueRead("In trouble", 2, None, "red"), ValueRead("ok", 9, "green"))
    file = FileReport("x.csv", export="status", columns=[ColumnRead("Light", "reported_health", values=values)])
    file.rows_read = file.rows_rejected = 15
    assert upload_words.unknown_texts(file) == {"reported_health": [values[0]]}
    assert "Say below what each unknown text means, or mend the rows" in upload_words.why_closed(LoadReport([file]))


@pytest.mark.parametrize("export", EXPORTS)
def test_a_value_that_is_not_known_says_where_it_gets_a_meaning(export: str) -> None:
    fixes = [one.fix for one in contract(export).checks(dt.date(2026, 11, 20), {}) if one.name.endswith("_allowed")]
    for said in fixes:
        on_page = upload_words.worded(said)
        assert "give the text a meaning under How each column is read, which may be that nothing is known." in on_page
        assert "--value" not in on_page


def test_suggestions_are_offered_once_and_taken_together() -> None:
    columns = [
        ColumnRead("project_id", None, ("A",), suggested="project_id", why="its name"),
        ColumnRead("As at", None, ("1/2/26",), suggested="status_date", why="dates"),
        ColumnRead("On", None, ("1/2/26",), suggested="status_date", why="dates"),
        ColumnRead("Team", None, ("a",)),
    ]
    file = FileReport("x.csv", path=FILE, refused=True, columns=columns, problems=[MISSING])
    # What goes by its own name is no suggestion: it is read so as soon as the file is read.
    assert {name: one.header for name, one in upload_mapping.suggested(file).items()} == {"status_date": "As at"}
    assert upload_mapping.missing(upload(), file) == ["status_date"]
    assert upload_mapping.missing(upload(How(constants={"status_date": "2026-11-13"})), file) == []
    health = ColumnRead(
        "RAG",
        "reported_health",
        values=(ValueRead("fine", 3, "green"), ValueRead("Meh", 2, None, "amber"), ValueRead("?", 1, None)),
    )
    assert upload_mapping.suggested_values(FileReport("x.csv", columns=[health])) == {
        "reported_health": {"Meh": "amber"}
    }
    # A profile is complete: what else its file may say is not asked.
    read = FileReport("x.csv", export="status", profile="jira", columns=columns[1:])
    assert not upload_mapping.is_asked(read)
    read.profile = None
    assert upload_mapping.is_asked(read)


def test_lines_left_out_are_counted_also_those_too_many_to_name() -> None:
    file = FileReport(
        "x.csv", left_out=[LeftOut(1, "preamble", "a"), LeftOut(9, "total", "b"), LeftOut(20, "total", "c", 4)]
    )
    assert upload_words.lines_left_out(file) == 6
    assert upload_words.kinds(file) == "5 total, 1 preamble"


def test_the_receipt_says_what_was_repaired_and_left_out() -> None:
    file = FileReport(
        "x.csv", digest="ab" * 32, export="status", profile="My tool", load_id=7, rows_read=10, rows_new=10
    )
    file.rows_flawed = 1
    file.left_out = [LeftOut(1, "preamble", "a")]
    file.repairs = [
        Repair("known_name:Agency:DoT", "known_name", "Agency", "DoT", "Transport", 3, (2, 3, 4), "", accepted=True),
        Repair("known_name:Agency:DoE", "known_name", "Agency", "DoE", "Energy", 2, (5, 6), "", accepted=True),
        Repair("shifted_rows", "shifted_rows", None, "5 right", "back", 8, (7,), ""),
    ]
    report = LoadReport([file], published=3, published_at=dt.datetime(2026, 11, 20, 12), published_by="ann")
    text = upload_receipt.receipt(report)
    assert "90 % of the rows without a problem" in text
    assert "read by the mapping My tool" in text
    assert "1 line left out as no data: 1 preamble" in text
    assert "repaired: other spellings of a name, 5 cells" in text
    assert "beside their columns" not in text
    frame = upload_receipt.receipt_frame(report)
    assert frame[["lines_left_out", "repaired", "quality"]].to_numpy().tolist() == [[1, 5, 0.9]]


def test_taking_back_one_of_a_kind_keeps_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "check", lambda _: None)
    one = upload(How(repairs=("known_name:Agency:*", "shifted_rows")))
    made = ["known_name:Agency:DoT", "known_name:Agency:DoE", "shifted_rows"]
    uploads.revoke(one, FILE, ["known_name:Agency:DoT"], made)
    assert one.how_of(FILE).repairs == ("shifted_rows", "known_name:Agency:DoE")
    uploads.set_constant(one, FILE, "status_date", "2026-11-13")
    uploads.feed(one, FILE, {"status_date": "As at"})
    uploads.read_values(one, FILE, {"reported_health": {"Meh": "amber", "fine": None}})
    how = one.how_of(FILE)
    assert (how.columns, how.constants) == ({"status_date": "As at"}, {})
    assert how.values == {"reported_health": {"Meh": "amber"}}


def in_thousands(row: int) -> FileReport:
    fix = "Say what the amounts are in: --scale 1000, or --scale 1 for full units; and --set currency=EUR if that holds"
    said = Problem(
        "unit_undecided", "it says so", f"{fix} for all of them.", row=row, column="Budget", value="T€ [x](y)"
    )
    row_error = Problem("project_id_required", "project id is empty", "Fill it in.", row=6)
    return FileReport("x.csv", path=FILE, export="status", header_row=4, refused=True, problems=[said, row_error])


def asks() -> None:
    from pathlib import Path

    from components import upload_controls
    from components.uploads import Upload
    from pipelines.problems import Problem
    from pipelines.report import FileReport, How

    path = Path("inbox/x.csv")
    said = Problem("unit_undecided", "it says so", "", row=2, column="Budget", value="T€ [x](y)")
    file = FileReport("x.csv", path=path, export="status", header_row=4, refused=True, problems=[said])
    upload_controls.questions(Upload(path.parent, {path: "x.csv"}, {path: How()}), [file])


@pytest.mark.parametrize("row", [2, 9])
def test_a_unit_that_stands_beside_the_table_can_be_read_in_two_ways(row: int) -> None:
    file = in_thousands(row)
    assert upload_words.verdict(LoadReport([file])) == "x.csv can be read in two ways: say which"
    assert upload_controls.is_asked(upload(), file)
    assert upload_words.worded(file.problems[0].fix) == (
        "Say their unit under Amounts are in, and EUR under Currency if it holds for every row."
    )


def test_the_unit_is_asked_with_a_button_for_each_answer() -> None:
    app = AppTest.from_function(asks, default_timeout=60).run()
    assert not app.exception
    assert [button.label for button in app.button] == ["Full units", "Thousands", "Millions"]
    assert upload_controls.answer_as("scale", "1000") == How(scale=1000.0).scale
