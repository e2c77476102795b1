"""Bytes to text tables: encodings, delimiters, header rows, line numbers, damage, workbooks."""

import contextlib
import csv
import datetime as dt
import io
import os
import random
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import openpyxl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipelines import located, workbook
from pipelines import read as reading
from pipelines import records as file_records
from pipelines.headers import TRIMMED, fold
from pipelines.problems import DataProblem, UnreadableFile
from pipelines.read import TextTable, read
from pipelines.report import HERE, How

KNOWN = {fold(name) for name in ("Project ID", "Project Name", "Department", "Rating", "Comment", "Cost", "Start date")}
HEADER = "Project ID,Project Name,Rating"

Rows = list[tuple[object, ...]]
Reader = Callable[..., tuple[TextTable, Rows]]


def read_all(path: Path, known: set[str] = KNOWN, how: How = HERE) -> list[tuple[TextTable, Rows]]:
    con = duckdb.connect()
    with tempfile.TemporaryDirectory() as scratch:
        tables = read(con, path, "raw", known, Path(scratch), how)
        found = [(t, con.execute(f'select * from "{t.relation}" order by source_row').fetchall()) for t in tables]
    assert all(len(row) == len(t.headers) + 1 for t, rows in found for row in rows)
    return found


@pytest.fixture
def text(tmp_path: Path) -> Reader:
    """Write a file of this content and read its one table."""

    def write(
        content: str | bytes, name: str = "export.csv", known: set[str] = KNOWN, how: How = HERE
    ) -> tuple[TextTable, Rows]:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        ((table, rows),) = read_all(path, known, how)
        return table, rows

    return write


@pytest.fixture
def sheets(tmp_path: Path) -> Callable[..., list[tuple[TextTable, Rows]]]:
    """Write a workbook of these sheets, each a list of rows, and read its tables."""

    def write(name: str = "book.xlsx", **content: list[list[object]]) -> list[tuple[TextTable, Rows]]:
        book = openpyxl.Workbook()
        book.remove(book.worksheets[0])
        for title, rows in content.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
            sheet.sheet_state = "hidden" if title.startswith("hidden") else "visible"
        path = tmp_path / name
        book.save(path)
        return read_all(path)

    return write


def refused(path: Path) -> UnreadableFile:
    with pytest.raises(UnreadableFile) as caught:
        read_all(path)
    assert path.name in caught.value.message
    assert caught.value.fix
    return caught.value


@pytest.mark.parametrize("header", ["Project Name", "project_name", "PROJECT-NAME", " Project\nName* "])
def test_headers_compare_by_letters_and_digits(header: str) -> None:
    assert fold(header) == "projectname"
    assert fold("Größe (€) 2") == "größe2"


@pytest.mark.parametrize(
    ("codec", "mark", "named"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8-sig"),
        ("utf-16-le", b"\xff\xfe", "utf-16"),
        ("utf-16-be", b"\xfe\xff", "utf-16"),
        ("utf-16-le", b"", "utf-16"),
        ("utf-16-be", b"", "utf-16"),
        ("cp1252", b"", "windows-1252"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings(text: Reader, codec: str, mark: bytes, named: str, end: str) -> None:
    table, rows = text(mark + end.join([HEADER, "1,Café – £5,Red", '2,"a, b",Green', ""]).encode(codec))
    assert (table.encoding, table.headers) == (named, ("Project ID", "Project Name", "Rating"))
    assert rows == [(2, "1", "Café – £5", "Red"), (3, "2", "a, b", "Green")]


def test_a_table_of_a_web_page_that_is_called_a_workbook(text: Reader) -> None:
    head = "<tr><th>Project ID</th><th>Project Name</th><th colspan=2>Rating</th></tr>"
    rows = '<tr><td>1</td><td>Roads, <b>bridges</b> &amp; "rail"<script>x()</script></td><td>Red</td><td>=2+2</tr>'
    page = f"<html><head><meta charset=windows-1252></head><table><tr><td>Menu</table><table>{head}{rows}"
    table, found = text((page + "<tr><td>2<td>Zürich<td>Amber</table>").encode("cp1252"), name="list.xls")
    assert found == [
        (2, "1", 'Roads, bridges & "rail"', "Red", "=2+2"), (3, "2", "Zürich", "Amber", None)
    ]  # fmt: skip
    assert table.decisions[3].value == "web page"
    with pytest.raises(UnreadableFile, match="go over several rows"):
        text("<table><tr><td rowspan=2>1<td>2<tr><td>3</table>")


@pytest.mark.parametrize("wrapped", [None, "cells"])
def test_lines_in_quotes_as_a_whole_are_taken_out_of_them(text: Reader, wrapped: str | None) -> None:
    lines = '"Project ID,Project Name,Rating"\n"1,""Roads, bridges"",Red"\n"2,Rail,Amber"\n'
    table, rows = text(lines, how=How(wrapped=wrapped))
    assert rows[0] == ((2, '1,"Roads, bridges",Red') if wrapped else (2, "1", "Roads, bridges", "Red"))
    assert [d.value for d in table.decisions if d.setting == "wrapped"]
    assert not [d for d in text('"Comment"\n"One, two"\n"Three, four"\n')[0].decisions if d.setting == "wrapped"]


def test_a_byte_that_windows_1252_leaves_undefined(text: Reader) -> None:
    table, rows = text(HEADER.encode() + b"\n1,a\x81\x8d\xe9,Red\n")
    assert (table.encoding, rows) == ("windows-1252", [(2, "1", "a\ufffd\ufffdé", "Red")])


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_damaged_byte_costs_a_utf8_file_one_letter(text: Reader, mark: bytes) -> None:
    table, rows = text(mark + f"{HEADER}\n1,Größe,Red\n2,Caf".encode() + b"\xe9,Red\n")
    assert table.encoding == ("utf-8-sig" if mark else "utf-8")
    assert rows == [(2, "1", "Größe", "Red"), (3, "2", "Caf\ufffd", "Red")]


def test_nuls_are_removed(text: Reader) -> None:
    assert text(HEADER + "\n1,A\0lpha,Red\n")[1] == [(2, "1", "Alpha", "Red")]


def test_cells_are_trimmed_and_empty_ones_null(text: Reader) -> None:
    _, rows = text(HEADER + '\n\t005 , ""\u00a0,\u00a0 Red\t\n7,"",x y\n"  ",b,\u00a9\n')
    assert rows == [(2, "005", None, "Red"), (3, "7", None, "x y"), (4, None, "b", "©")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", ":", "^", "~"])
@pytest.mark.parametrize("known", [KNOWN, set()], ids=["known", "unknown"])
def test_delimiters(text: Reader, delimiter: str, known: set[str]) -> None:
    lines = [["Project ID", "Project Name", "Cost"], ["1", '"a, b; c"', "x"], ["2", "plain", '"2,5"']]
    table, rows = text("\n".join(map(delimiter.join, lines)), known=known)
    assert table.delimiter == delimiter
    assert rows == [(2, "1", "a, b; c", "x"), (3, "2", "plain", "2,5")]


def test_decimal_commas_between_semicolons(text: Reader) -> None:
    table, rows = text("alpha;beta;gamma\n1,5;2,5;3,5\n4,5;5,5;6,5\n", known=set())
    assert (table.delimiter, rows[1]) == (";", (3, "4,5", "5,5", "6,5"))


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_a_sep_line_is_honoured(text: Reader, codec: str) -> None:
    table, rows = text("sep=;\nProject ID;Project, Name\n1;x\n".encode(codec))
    assert (table.delimiter, table.header_row, rows) == (";", 2, [(3, "1", "x")])


@pytest.mark.parametrize(
    "preamble",
    ["Report of projects\n\nMade on 2026-11-20, by PMO\n", "Report,,\n,,\nMade on,2026-11-20,\n"],
)
def test_lines_above_the_header_are_skipped(text: Reader, preamble: str) -> None:
    table, rows = text(preamble + HEADER + "\n1,A,Red\n2,B,Green\n3,C,Red\n")
    assert (table.header_row, table.rows) == (4, 3)
    assert rows[0] == (5, "1", "A", "Red")


def test_an_unknown_header_is_the_first_row_of_the_usual_width(text: Reader) -> None:
    table, rows = text("Weekly list,,\nfoo,bar,baz\n1,2,3\n4,5,6\n", known=set())
    assert (table.headers, table.header_row, len(rows)) == (("foo", "bar", "baz"), 2, 2)


def test_a_data_cell_that_is_a_known_header_is_no_header(text: Reader) -> None:
    table, rows = text("foo,bar\na,b\nRating,c\nd,e\n")
    assert (table.headers, len(rows)) == (("foo", "bar"), 3)


def test_headers_stay_as_written(text: Reader) -> None:
    table, _ = text('Project ID, Rating ,Rating,"Start\r\ndate",\n1,Red,Amber,x,\n')
    assert table.headers == ("Project ID", "Rating", "Rating", "Start date")


def test_an_unnamed_column_with_cells_stays(text: Reader) -> None:
    table, rows = text("Project ID,Rating,,\n1,Red,note,\n2,Red\n")
    assert table.headers == ("Project ID", "Rating", "")
    assert rows == [(2, "1", "Red", "note"), (3, "2", "Red", None)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_numbers_are_those_of_an_editor(text: Reader, end: str) -> None:
    lines = [HEADER, '1,"one', 'two",Red', "", "2,B,Red", ",,", '3,"x\r\r\ny",Red', "4,D,Red"]
    table, rows = text(end.join(lines))
    assert rows == [
        (2, "1", "one\ntwo", "Red"),
        (5, "2", "B", "Red"),
        (7, "3", "x\n\ny", "Red"),
        (10, "4", "D", "Red"),
    ]
    assert table.rows == 4


def test_mixed_line_ends(text: Reader) -> None:
    assert [row[0] for row in text(HEADER + "\r\n1,A,Red\r2,B,Red\n3,C,Red\r\n")[1]] == [2, 3, 4]


@pytest.mark.parametrize("tail", ["", "\n", "\n\n\n", "\r\n\r\n", "\n,,\n,,\n", "\n  \n", "\n\x1a"])
def test_blank_lines_at_the_end_are_no_rows(text: Reader, tail: str) -> None:
    table, rows = text(HEADER + "\n1,A,Red" + tail)
    assert (table.rows, table.problems, rows) == (1, (), [(2, "1", "A", "Red")])


def test_ragged_rows_are_problems_and_not_loaded(text: Reader) -> None:
    table, rows = text(HEADER + "\n1,A,Red\n2,B\n3,C,Red,extra\n4,D,Red,,\n5,E,Red\n")
    assert [(p.rule, p.severity, p.row, p.value) for p in table.problems] == [
        ("row_shape", "error", 3, "2,B"),
        ("row_shape", "error", 4, "3,C,Red,extra"),
    ]
    assert "2 cells" in table.problems[0].message
    assert table.rows == 5
    assert [row[0] for row in rows] == [2, 5, 6]


def test_many_ragged_rows_mean_a_wrong_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_RAGGED", 2)
    path = tmp_path / "export.csv"
    path.write_text(HEADER + "\n1\n2\n3\n")
    assert refused(path).rule == "row_shape"


@pytest.mark.parametrize(
    ("cell", "read_as"),
    [('5" pipe', '5" pipe'), ('a"b"c', 'a"b"c'), ('"said ""no"""', 'said "no"'), (' "a, b"', "a, b"), ('"a" ', "a")],
)
@pytest.mark.parametrize("careful", [False, True])
def test_quotes_within_a_line(text: Reader, cell: str, read_as: str, careful: bool) -> None:
    _, rows = text(f"{HEADER}\n1,{cell},Red\n" + ("\n" if careful else "") + "2,B,Red\n")
    assert rows[0] == (2, "1", read_as, "Red")


def stray(*lines: int) -> str:
    """Thirty rows, with a quote before the name on these lines of the file."""
    rows = [f"{i}," + '"' * (i + 1 in lines) + f"Name {i},Red" for i in range(1, 31)]
    return "\n".join([HEADER, *rows, ""])


@pytest.mark.parametrize("lines", [(5,), (5, 6), (5, 20), (31,), (5, 8, 20)])
def test_a_stray_quote_is_named_with_its_line(tmp_path: Path, lines: tuple[int, ...]) -> None:
    path = tmp_path / "export.csv"
    path.write_text(stray(*lines))
    error = refused(path)
    assert (error.rule, error.row) == ("unbalanced_quote", lines[0])


@pytest.mark.parametrize("closing", [3, 4, 20])
def test_two_stray_quotes_that_pair_well_are_told_by_the_rows_they_swallow(tmp_path: Path, closing: int) -> None:
    path = tmp_path / "export.csv"
    lines = stray(2).split("\n")
    lines[closing - 1] = lines[closing - 1].replace(",Red", '",Red')
    path.write_text("\n".join(lines))
    error = refused(path)
    assert (error.rule, error.row) == ("unbalanced_quote", 2)


def test_a_quote_that_never_closes_in_a_long_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_records, "LONGEST_CELL", 5_000)
    path = tmp_path / "export.csv"
    path.write_text(HEADER + "\n" + "1,A,Red\n" * 300 + '2,"B,Red\n' + "3,C,Red\n" * 3_000)
    assert (refused(path).rule, refused(path).row) == ("unbalanced_quote", 302)


def test_comments_with_line_breaks_and_commas_are_no_swallowed_rows(text: Reader) -> None:
    table, rows = text(HEADER + '\n1,"Scope, cost, time\nare fine, really, so\nfar, so, good",Red\n2,B,Red\n')
    assert (table.rows, len(rows)) == (2, 2)


def test_a_line_beyond_all_measure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_records, "LONGEST_LINE", 1_000)
    path = tmp_path / "export.csv"
    path.write_text(HEADER + "\n\n1," + "x" * 2_000 + ",Red\n")
    assert refused(path).row == 3


@pytest.mark.parametrize(
    ("content", "looks"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "PNG"),
        (b"%PDF-1.7\n1 0 obj", "PDF"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "gzip"),
        (struct.pack("<200I", *range(200)), "binary"),
        (bytes(range(1, 32)) * 20, "binary"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
    ],
)
def test_a_file_that_is_no_text(tmp_path: Path, content: bytes, looks: str) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(content)
    assert looks in refused(path).message


@pytest.mark.parametrize("content", [b"", b"\n\r\n \n", b"\xef\xbb\xbf", b",,\n,,\n", b"sep=;\n"])
def test_an_empty_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(content)
    assert refused(path).rule == "empty_file"


@pytest.mark.parametrize("content", [HEADER, HEADER + "\r\n", "Report\n" + HEADER + "\n,,\n\n"])
def test_a_header_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "export.csv"
    path.write_text(content)
    with pytest.raises(DataProblem, match=r"export\.csv") as caught:
        read_all(path)
    assert [problem.rule for problem in caught.value.problems] == ["no_rows"]


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.csv").rule == "missing_file"
    assert refused(tmp_path).rule == "missing_file"


@pytest.mark.parametrize("name", ["export[1].csv", "it's *all* here?.csv", "ü;{a}.txt"])
def test_names_that_look_like_patterns(text: Reader, name: str) -> None:
    table, rows = text(HEADER + "\n1,A,Red\n", name)
    assert (table.file, len(rows)) == (name, 1)


def test_an_in_place_file_is_not_copied(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(HEADER + "\n1,A,Red\n")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    read(duckdb.connect(), path, "raw", KNOWN, scratch)
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_table_on_its_side(text: Reader, delimiter: str) -> None:
    fields = [
        ["Project Name", "A", "B", "", ""],
        ["Department", "X", "", "", ""],
        ["Rating", "Red", '"Am\nber"', "", ""],
    ]
    fields += [["Cost", "1", "2", "", ""], ["Other", "o", "p"]]
    table, rows = text("\n".join(map(delimiter.join, fields)))
    assert (table.transposed, table.rows) == (True, 2)
    assert table.headers == ("Project Name", "Department", "Rating", "Cost", "Other")
    assert rows == [(2, "A", "X", "Red", "1", "o"), (3, "B", None, "Am\nber", "2", "p")]


def test_workbook_cells(sheets: Callable[..., list[tuple[TextTable, Rows]]]) -> None:
    values: list[object] = [
        3.0,
        0.1,
        1e20,
        dt.date(2026, 11, 20),
        dt.datetime(2026, 11, 20, 13, 5),
        True,
        " a\nb ",
        None,
    ]
    as_text = ["3", "0.1", "1e+20", "2026-11-20", "2026-11-20 13:05:00", "TRUE", "a\nb", None]
    ((table, rows),) = sheets(
        Projects=[["Project ID", "Cost"], *[[i, v] for i, v in enumerate(values)], ["e", "#REF!"], ["f", "#N/A"]]
    )
    assert [row[2] for row in rows] == [*as_text, "#REF!", "#N/A"]
    assert (table.sheet, table.encoding, table.delimiter, table.header_row) == ("Projects", None, None, 1)


def test_a_table_that_starts_below_and_beside_the_first_cell(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet["C4"], sheet["D4"], sheet["C6"], sheet["D6"] = "Project ID", "Cost", 7, 0.25
    sheet["D6"].number_format = "0%"
    book.save(tmp_path / "book.xlsx")
    ((table, rows),) = read_all(tmp_path / "book.xlsx")
    assert (table.header_row, table.headers, rows) == (4, ("Project ID", "Cost"), [(6, "7", "25%")])


def test_each_visible_sheet_with_cells_is_a_table(sheets: Callable[..., list[tuple[TextTable, Rows]]]) -> None:
    found = sheets(
        Cover=[["Weekly report"], ["made by PMO"]],
        empty=[],
        hidden=[["Project ID"], [1]],
        Data=[["Projects of 2026"], [], ["Project ID", "Rating", "Rating"], [1, "Red", None], [], [2, None, "Amber"]],
    )
    assert [(t.sheet, t.relation) for t, _ in found] == [("Cover", "raw_0"), ("Data", "raw_1")]
    table, rows = found[1]
    assert (table.header_row, table.rows) == (3, 2)
    assert rows == [(4, "1", "Red", None), (6, "2", None, "Amber")]


def test_a_sheet_on_its_side(sheets: Callable[..., list[tuple[TextTable, Rows]]]) -> None:
    ((table, rows),) = sheets(
        Data=[
            ["Returns"],
            ["Project Name", "A", "B"],
            ["Department", "X", "Y"],
            ["Rating", "Red", None],
            ["Cost", 1, 2],
        ]
    )
    assert (table.transposed, table.headers) == (True, ("Project Name", "Department", "Rating", "Cost"))
    assert rows == [(2, "A", "X", "Red", "1"), (3, "B", "Y", None, "2")]


def test_content_decides_and_not_the_name(sheets: Callable[..., list[tuple[TextTable, Rows]]], text: Reader) -> None:
    ((table, _),) = sheets("book.csv", Data=[["Project ID", "Cost"], [1, 2]])
    assert table.sheet == "Data"
    assert text("Project ID\tCost\n1\t2\n", "book.xlsx")[0].delimiter == "\t"
    assert text("Project ID,Cost\n1,2\n", "book.xls")[0].sheet is None


def test_workbooks_without_rows(sheets: Callable[..., list[tuple[TextTable, Rows]]]) -> None:
    with pytest.raises(UnreadableFile) as caught:
        sheets(empty=[], hidden=[["Project ID"], [1]])
    assert caught.value.rule == "empty_file"
    with pytest.raises(DataProblem):
        sheets(Data=[["Project ID", "Cost"]])


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "old Office format"), ("EncryptedPackage".encode("utf-16-le"), "locked with a password")],
)
def test_old_and_locked_workbooks(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "book.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + content)
    error = refused(path)
    assert says in error.message
    assert ".xlsx" in error.fix


def test_a_zip_that_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "exports.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("export.csv", HEADER)
    assert "zip archive" in refused(path).message


@pytest.mark.parametrize("cut", [0.3, 0.7, 0.99])
def test_a_damaged_workbook(tmp_path: Path, cut: float) -> None:
    good = io.BytesIO()
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Project ID", "Cost"])
    book.save(good)
    path = tmp_path / "book.xlsx"
    path.write_bytes(good.getvalue()[: int(len(good.getvalue()) * cut)])
    assert "damaged" in refused(path).message


def test_random_damage_to_a_workbook_is_one_clear_error(tmp_path: Path) -> None:
    out = io.BytesIO()
    book = openpyxl.Workbook()
    for row in (["Project ID", "Cost"], [1, 2.5], ["x", "#N/A"]):
        book.worksheets[0].append(row)
    book.save(out)
    path = tmp_path / "book.xlsx"
    chance = random.Random(1)
    for _ in range(150):
        damaged = bytearray(out.getvalue())
        for _ in range(3):
            damaged[chance.randrange(4, len(damaged))] = chance.randrange(256)
        path.write_bytes(damaged)
        with contextlib.suppress(UnreadableFile, DataProblem):
            read_all(path)


def bomb(path: Path, megabytes: int) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(megabytes):
                part.write(b" " * (1 << 20))


def test_a_workbook_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_BYTES", 10 << 20)
    bomb(tmp_path / "book.xlsx", 11)
    assert refused(tmp_path / "book.xlsx").rule == "too_large"


def test_a_workbook_that_lies_about_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_BYTES", 10 << 20)
    path = tmp_path / "book.xlsx"
    bomb(path, 11)
    honest = path.read_bytes()
    path.write_bytes(honest.replace(struct.pack("<I", 11 << 20), struct.pack("<I", 1000)))
    assert path.read_bytes() != honest
    assert refused(path).rule == "too_large"


def test_a_stray_cell_far_from_the_table(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0]["A1"], book.worksheets[0]["XFD1048576"] = "Project ID", "x"
    book.save(tmp_path / "book.xlsx")
    error = refused(tmp_path / "book.xlsx")
    assert error.rule == "too_large"
    assert "16,384 columns" in error.message


def trimmed(cell: str) -> str | None:
    return cell.strip(TRIMMED) or None


@settings(max_examples=60)
@given(data=st.data())
def test_what_is_written_is_read(data: st.DataObject) -> None:
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]))
    delimiter = data.draw(st.sampled_from(located.DELIMITERS + located.RARE_DELIMITERS))
    end = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    quoting = data.draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])) if end == "\r\n" else csv.QUOTE_ALL
    letters = "aZ9 éß'\"\n\t\u00a0,;|:^~#\\" + ("" if encoding == "cp1252" else "Ж漢😀\u2028\x85")
    cell = st.text(letters, max_size=8).filter(lambda text: text.count(delimiter) < 2)
    # A row with one text alone may be a heading of a group, or units.
    row = st.tuples(cell, cell, cell, cell).filter(lambda cells: sum(map(bool, map(trimmed, cells))) != 1)
    rows = data.draw(st.lists(row, max_size=12))
    assume(encoding != "utf-16-le" or not any(ord(c) > 255 for cells in rows for c in "".join(cells)))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow(["Project ID", "Project Name", "Rating", "Comment"])
    expected = []
    for cells in [*rows, ("last", "x", "y", "z")]:
        line = out.getvalue().replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
        writer.writerow(cells)
        if any(map(trimmed, cells)):
            expected.append((line, *map(trimmed, cells)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "export.csv")
        path.write_bytes(out.getvalue().encode(encoding))
        ((table, found),) = read_all(path)
    assert found == expected
    assert (table.delimiter, table.rows, table.problems) == (delimiter, len(expected), ())


REAL = Path(os.environ.get("RIGHTWORK_REAL_DATA") or Path(__file__).parents[2].parent / "shared" / "data")
NAMES = """
project_name, department, colour_rating, year, Summary, Status, Priority, Tier, Agency, Title, PID, ID, Name, Duration,
Start, Business Case ID, Agency Code, Agency Name, Project Name, Issue key, Project Code, Week End Date
"""


def real(name: str) -> tuple[TextTable, Rows]:
    if not (REAL / name).exists():
        pytest.skip(f"the public exports are not at {REAL}: set RIGHTWORK_REAL_DATA")
    ((table, rows),) = read_all(REAL / name, {fold(known) for known in NAMES.split(",")})
    return table, rows


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "rows", "encoding"),
    [
        ("uk_gmpp/uk_2019.csv", 133, "windows-1252"),
        ("uk_gmpp/uk_2021.csv", 184, "windows-1252"),
        ("uk_gmpp/uk_2022.csv", 235, "windows-1252"),
        ("us_it_dashboard/business_cases_2017.csv", 747, "utf-8-sig"),
        ("nyc_capital/capital_projects.csv", 2259, "utf-8"),
        ("weekly_status/weekly_release_estimates.csv", 2985, "utf-8"),
        ("au_major_digital/2024.csv", 91, "utf-8-sig"),
        ("au_major_digital/2025.csv", 136, "windows-1252"),
        ("tool_exports/azure_devops_query.csv", 2, "utf-8-sig"),
        ("tool_exports/jira_agile_delivery.csv", 68, "utf-8"),
        ("tool_exports/jira_reporting_379_columns.csv", 311, "utf-8-sig"),
        ("tool_exports/jira_school_project.csv", 26, "utf-8"),
        ("tool_exports/ms_project_excerpt.csv", 10, "utf-8"),
    ],
)
def test_public_exports_match_python_csv(name: str, rows: int, encoding: str) -> None:
    table, found = real(name)
    assert (table.rows, len(found), table.encoding, table.problems) == (rows, rows, encoding, ())
    codec = "cp1252" if encoding == "windows-1252" else encoding
    text = io.StringIO((REAL / name).read_text(codec, errors="replace"))
    records = [(1, [""])]
    reader = csv.reader(text, delimiter=table.delimiter or ",")
    start = 1
    for cells in reader:
        records.append((start, cells))
        start = reader.line_num + 1
    data = [(line, *map(trimmed, cells)) for line, cells in records if line > table.header_row and any(cells)]
    assert found == data


@pytest.mark.real
def test_the_damaged_federal_projects() -> None:
    table, found = real("us_it_dashboard/projects_2012_damaged.csv")
    assert (table.header_row, table.rows, len(table.problems), len(found)) == (6, 2472, 282, 2190)


def test_characters_that_no_text_has_are_counted_as_they_are_taken_out(text: Reader) -> None:
    table, rows = text("Project ID,Project Name\n1,plain\n2,a\0b\n3,\0\0c\n")
    assert [row[2] for row in rows] == ["plain", "ab", "c"]
    (said,) = [one for one in table.decisions if one.what == "characters"]
    assert said.value == "3 NUL characters were taken out"
    assert "line 3" in said.why
    table, _ = text("Project ID,Project Name\n1,plain\n")
    assert not [one for one in table.decisions if one.what == "characters"]
