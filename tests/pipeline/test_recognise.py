"""How a file is taken apart: encodings, delimiters, header rows, what is left out, and what is moved."""

import contextlib
import csv
import datetime as dt
import io
import itertools
import random
import tempfile
from collections import Counter
from pathlib import Path

import duckdb
import openpyxl
import pytest
from desk import Desk
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.__main__ import main
from pipelines.decode import ENCODINGS
from pipelines.headers import fold
from pipelines.load import load
from pipelines.map import understand
from pipelines.problems import DataProblem, UnreadableFile
from pipelines.profile import all_headers
from pipelines.read import DELIMITER_NAMES, TextTable, read
from pipelines.report import How, Request
from pipelines.shift import shifts, unshift
from pipelines.texttable import ragged

pytestmark = pytest.mark.usefixtures("by_sql")

HEADER = ["Project ID", "Project Name", "Status Date", "Health", "Department", "Budget", "Percent Complete", "Comment"]
NAMES = ("Harbour crossing", "Payroll renewal", "New ward", "Flood wall", "Data centre move", "Depot roof")


def rows_of(count: int, seed: int = 1) -> list[list[str]]:
    chance = random.Random(seed)
    return [
        [
            f"P-{number:03}",
            f"{chance.choice(NAMES)} {number}",
            f"2026-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
            chance.choice(["Green", "Amber", "Red"]),
            chance.choice(["Transport", "Health", "Education"]),
            f"{chance.randrange(10_000, 9_000_000)}.{chance.randrange(10, 100)}",
            str(chance.randrange(101)),
            chance.choice(["", "", "On course", "Waits for the permit, then starts"]),
        ]
        for number in range(1, count + 1)
    ]


class Read:
    """A file that was read: its table, the rows in the database and those that are ragged."""

    def __init__(self, path: Path, content: bytes, how: How, scratch: Path) -> None:
        path.write_bytes(content)
        self.con = duckdb.connect()
        scratch.mkdir(exist_ok=True)
        tables = read(self.con, path, "raw", all_headers(), scratch, how)
        self.tables = tables
        self.table = tables[0]

    @property
    def rows(self) -> list[list[str]]:
        found = self.con.execute(f'select * from "{self.table.relation}" order by source_row').fetchall()
        return [["" if cell is None else cell for cell in cells] for _, *cells in found]

    @property
    def lines(self) -> list[int]:
        return [line for (line,) in self.con.execute(f'select source_row from "{self.table.relation}"').fetchall()]

    @property
    def ragged(self) -> int:
        return int(self.con.execute(f'select count(*) from "{ragged(self.con, self.table)}"').fetchall()[0][0])

    @property
    def kinds(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for row in self.table.left_out:
            found[row.kind] += row.count
        return found

    def decided(self, what: str) -> tuple[str, str]:
        return next((d.value, d.why) for d in self.table.decisions if d.what == what)


@pytest.fixture
def opened(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Read a file of this content."""

    def write(content: bytes | str, name: str = "export.csv", **how: object) -> Read:
        data = content if isinstance(content, bytes) else content.encode()
        return Read(tmp_path / name, data, How(**how), tmp_path / "scratch")  # type: ignore[arg-type]

    return write


def text_of(rows: list[list[str]], delimiter: str = ",", end: str = "\n") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return out.getvalue()


def adds_up(found: Read, lines: int) -> bool:
    """Whether each line of a file without line breaks in cells is the header, data, ragged or left out."""
    table = found.table
    return lines == 1 + sum(row.count for row in table.left_out) + found.ragged + len(found.rows) and (
        table.rows == found.ragged + len(found.rows) and found.ragged == len(table.problems)
    )


def moved(table: TextTable, found: Read) -> TextTable:
    mapping = understand(table)
    return unshift(found.con, table, shifts(found.con, table, mapping))


PREAMBLES: dict[str, list[list[str]]] = {
    "none": [],
    "title": [["Weekly status of projects"]],
    "title and blank": [["Weekly status of projects"], [], ["Made by the PMO, for the board"], []],
    "filters": [["Report:", "Weekly"], ["Filter:", "Open"], []],
    "padded": [["Portfolio", *[""] * 7], ["as of 20 November", *[""] * 7]],
}
TOTALS: dict[str, list[str]] = {
    "none": [],
    "plain": ["Total", "", "", "", "", "9120", "55", ""],
    "colon": ["Grand total:", "", "", "", "", "$9,120.50", "55 %", ""],
    "of a group": ["Total Transport", "", "", "", "", "(120)", "", ""],
    "after a group": ["Transport Total", "", "", "", "", "1.2M", "", ""],
    "counted": ["Grand Totals (3 records)", "", "", "", "", "0", "", ""],
    "in the name": ["", "Subtotal", "", "", "", "9120", "", ""],
    "in German": ["Gesamtsumme", "", "", "", "", "9120", "55", ""],
    "with a failed formula": ["Total", "", "", "", "", "#REF!", "#DIV/0!", ""],
}
FOOTERS: dict[str, list[list[str]]] = {
    "none": [],
    "made on": [["Generated on 2026-11-20 by the PMO"]],
    "count": [[], ["30 rows"]],
    "source with commas": [["Source: project register", " as of Friday", " unaudited"]],
    "padded": [["Confidential", *[""] * 7]],
    "notes": [[], ["Budgets are in the prices of the year."], ["* restated"]],
    "as sales tools do": [
        [],
        ["Copyright (c) 2026 Example, Inc. All rights reserved."],
        ["Generated By:  PMO"],
        ["Org"],
    ],
}


VARIANTS = [
    *((preamble, "plain", "made on") for preamble in PREAMBLES),
    *(("none", total, footer) for total in TOTALS for footer in ("none", "notes")),
    *(("title", total, footer) for total in ("none", "colon") for footer in FOOTERS),
]


@pytest.mark.parametrize(("preamble", "total", "footer"), VARIANTS)
def test_what_is_no_data_is_left_out_and_counted(opened, preamble: str, total: str, footer: str) -> None:  # type: ignore[no-untyped-def]
    good = rows_of(30)
    above, below, sums = PREAMBLES[preamble], FOOTERS[footer], [TOTALS[total]] if TOTALS[total] else []
    for delimiter, end in ((",", "\n"), (";", "\r\n"), ("\t", "\n")):
        lines = [*above, HEADER, *good[:12], *sums, *good[12:], *sums, *below]
        found = opened(text_of(lines, delimiter, end))
        assert found.rows == good
        assert found.table.problems == ()
        assert found.table.delimiter == delimiter
        assert found.table.header_row == len(above) + 1
        empty = sum(not row for row in below)
        expected = {"preamble": len(above), "total": 2 * len(sums), "footer": len(below) - empty, "empty": empty}
        assert dict(found.kinds) == {kind: count for kind, count in expected.items() if count}
        assert adds_up(found, len(lines))
        for row in found.table.left_out:
            said = " ".join(cell.strip() for cell in lines[row.row - 1])
            assert row.text.replace(",", "").split() == said.replace(",", "").split()


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("preamble", PREAMBLES)
def test_header_rows_delimiters_and_encodings_together(opened, preamble: str, codec: str) -> None:  # type: ignore[no-untyped-def]
    good = rows_of(12)
    good[3][7] = "Señor Müller’s café"
    for delimiter, end in itertools.product((",", ";", "\t", "|"), ("\n", "\r\n", "\r")):
        lines = [*PREAMBLES[preamble], HEADER, *good]
        found = opened(text_of(lines, delimiter, end).encode(codec))
        assert found.rows == good
        assert (found.table.delimiter, found.table.header_row) == (delimiter, len(PREAMBLES[preamble]) + 1)
        assert adds_up(found, len(lines))
        value, why = found.decided("header row")
        assert value == str(found.table.header_row)
        assert f"{len(PREAMBLES[preamble])} lines above it" in why or len(PREAMBLES[preamble]) < 2


@pytest.mark.parametrize("blank", [[], [""] * 8, [""] * 7, ["", ""], [" ", "\u00a0"]])
def test_empty_rows_are_counted_wherever_they_stand(opened, blank: list[str]) -> None:  # type: ignore[no-untyped-def]
    good = rows_of(30)
    lines = [HEADER, blank, *good[:5], blank, blank, *good[5:]]
    found = opened(text_of(lines))
    assert found.rows == good
    assert dict(found.kinds) == {"empty": 3}
    assert [row.row for row in found.table.left_out] == [2, 8, 9]
    assert adds_up(found, len(lines))


def test_very_many_empty_rows_are_counted_and_not_all_named(opened) -> None:  # type: ignore[no-untyped-def]
    good = rows_of(3000)
    lines = [HEADER, *itertools.chain.from_iterable(([], row) for row in good)]
    found = opened(text_of(lines))
    assert len(found.table.left_out) == 1000
    assert dict(found.kinds) == {"empty": 3000}
    assert adds_up(found, len(lines))


def test_subtotals_of_small_groups_are_left_out(opened) -> None:  # type: ignore[no-untyped-def]
    lines = [["Program", "Project ID", "Project Name", "Report Date", "RAG", "Budget"]]
    kept = []
    for group in ("Customer", "HR"):
        rows = [["", f"{group}-{n}", name, "2026-11-20", "G", "5"] for n, name in enumerate(("Total Rewards", "Sum"))]
        lines += [[group, *[""] * 5], *rows, [f"{group} subtotal", *[""] * 4, "10"]]
        kept += [[group, *row[1:]] for row in rows]
    found = opened(text_of([*lines, ["Grand total", *[""] * 4, "20"]]))
    assert found.rows == kept
    assert dict(found.kinds) == {"total": 3, "group heading": 2}


def test_group_totals_of_a_short_sheet_with_notes_are_left_out(opened) -> None:  # type: ignore[no-untyped-def]
    header = ["No.", "Project Name", "RAG", "Start", "Finish", "Budget", "Spent", "Report Date"]
    rows = [[f"V-{n}", name, "G", "2026-01-05", "2026-12-18", "5", "4", "2026-11-20"] for n, name in enumerate("abc")]
    total = ["", "", "", "", "5", "4", ""]
    lines = [header, ["Sales", *[""] * 7], rows[0], ["Summe Sales", *total], ["Ops", *[""] * 7], *rows[1:]]
    lines += [["Σ Ops", *total], ["All projects", *total], [], ["* agreed", *[""] * 7], ["Source: us", *[""] * 7]]
    found = opened(text_of(lines))
    assert dict(found.kinds) == {"total": 3, "group heading": 2, "empty": 1, "footer": 2}
    assert len(found.rows) == 3
    assert adds_up(found, len(lines))


def test_headers_that_come_again_on_each_page_are_left_out(opened) -> None:  # type: ignore[no-untyped-def]
    good = rows_of(30)
    page = [[], ["Page 1 of 2"], HEADER]
    found = opened(text_of([HEADER, *good[:15], *page, *good[15:]]))
    assert found.rows == good
    assert dict(found.kinds) == {"header again": 1, "footer": 1, "empty": 1}


@pytest.mark.parametrize(
    "row",
    [
        ["P-900", "Total Rewards", "2026-03-01", "Green", "Health", "5", "5", ""],
        ["P-900", "Total", "", "", "", "5", "", ""],
        ["P-900", "Sum of all parts", "", "", "", "", "", ""],
        ["Total-900", "New ward 900", "2026-03-01", "Green", "Health", "5", "5", ""],
        ["P-900", "Source: the river", "2026-03-01", "Red", "", "", "", ""],
        ["P-900", "", "", "", "", "", "", ""],
    ],
)
def test_a_project_that_looks_like_a_total_or_footer_stays(opened, row: list[str]) -> None:  # type: ignore[no-untyped-def]
    good = rows_of(30)
    for lines in ([*good[:9], row, *good[9:]], [*good, row]):
        found = opened(text_of([HEADER, *lines]))
        assert found.rows == lines
        assert found.table.left_out == ()


@pytest.mark.parametrize(
    "row",
    [
        ["Total Rewards", "P-900", "", "", "500"],
        ["Total Rewards", "900", "", "", "500"],
        ["Sum", "P-9", "Red", "", "5"],
    ],
)
def test_a_project_whose_name_comes_first_stays_with_its_identifier(opened, row: list[str]) -> None:  # type: ignore[no-untyped-def]
    header = ["Project Name", "Project ID", "Health", "Status Date", "Budget"]
    good = [[row[1], row[0] if "P" in row[0] else "1", row[3], row[2], row[5]] for row in rows_of(30)]
    found = opened(text_of([header, *good[:7], row, *good[7:]]))
    assert found.rows == [*good[:7], row, *good[7:]]
    assert found.table.left_out == ()


@pytest.mark.parametrize(
    ("codec", "named", "texts"),
    [
        ("cp1251", "windows-1251", ["Строительство дороги", "Ремонт школы в Москве", "Завершён"]),
        ("shift_jis", "shift_jis", ["東京プロジェクト", "システム更新", "進行中"]),
        ("gb18030", "gb18030", ["北京地铁项目", "系统升级", "预算超支"]),
        ("cp949", "cp949", ["서울 프로젝트", "진행중", "예산 초과"]),
        ("cp1250", "windows-1250", ["Zażółć gęślą jaźń", "Przebudowa dróg w Łodzi", "spółka"]),
        ("cp1252", "windows-1252", ["Größe geändert", "Straße in Köln", "Übergabe"]),
        ("cp1252", "windows-1252", ["¿Qué pasó? – año", "Gestión de proyectos", "España"]),
        ("cp1252", "windows-1252", ["cœur, déjà vu", "l’été à Noël", "£2,013 – 5 m² approved"]),
        ("cp1252", "windows-1252", ["São Paulo, Ação", "Informações", "Åsa Öberg, Malmö"]),
    ],
)
@pytest.mark.parametrize("count", [1, 200])
def test_encodings_that_are_not_utf8(opened, codec: str, named: str, texts: list[str], count: int) -> None:  # type: ignore[no-untyped-def]
    lines = [["Project ID", "Project Name", "Budget"], *([str(i), texts[i % 3], "5"] for i in range(3 * count))]
    found = opened(text_of(lines).encode(codec))
    assert (found.table.encoding, found.rows) == (named, lines[1:])
    assert "likely" in found.decided("encoding")[1]


@pytest.mark.parametrize("codec", sorted(set(ENCODINGS) - {"utf-8-sig"}))
def test_an_encoding_that_is_said_is_used(opened, codec: str) -> None:  # type: ignore[no-untyped-def]
    letters = {
        "windows-1251": "Жд",
        "windows-1253": "Ωδ",
        "shift_jis": "東京",
        "gb18030": "北京",
        "big5": "台北",
        "cp949": "서울",
    }
    text = letters.get(codec, "ü")
    found = opened(text_of([["Project ID", "Project Name"], ["1", text]]).encode(codec), encoding=codec)
    assert (found.table.encoding, found.rows) == (codec, [["1", text]])
    assert found.decided("encoding") == (ENCODINGS[codec], "as you said")


@pytest.mark.parametrize("name", ["UTF8", "Shift-JIS (Japanese)", "SHIFT_JIS", "Windows 1252"])
def test_an_encoding_may_be_spelled_as_people_do(opened, name: str) -> None:  # type: ignore[no-untyped-def]
    assert opened(text_of([["Project ID", "Budget"], ["1", "2"]]), encoding=name).rows == [["1", "2"]]


@pytest.mark.parametrize(
    ("how", "rule", "says"),
    [
        ({"encoding": "shift_jis"}, "not_this_encoding", "line 3"),
        ({"encoding": "utf-8"}, "not_this_encoding", "0xE9 in line 3"),
        ({"encoding": "klingon"}, "no_such_encoding", "klingon"),
        ({"delimiter": "|"}, "no_such_delimiter", "bar"),
        ({"delimiter": "ab"}, "no_such_delimiter", "one character"),
        ({"delimiter": '"'}, "no_such_delimiter", "delimiter"),
        ({"delimiter": ""}, "no_such_delimiter", "delimiter"),
        ({"header_row": 2}, "no_such_header", "empty"),
        ({"header_row": 99}, "no_such_header", "ends at line 5"),
        ({"header_row": 0}, "no_such_header", "from 1"),
    ],
)
def test_what_cannot_be_is_one_clear_problem(opened, how: dict[str, object], rule: str, says: str) -> None:  # type: ignore[no-untyped-def]
    content = "Project ID,Project Name\n,\n1,Caf\xe9\n2,B\n3,C\n".encode("cp1252")
    with pytest.raises(UnreadableFile, match=says) as caught:
        opened(content, **how)
    assert (caught.value.rule, bool(caught.value.fix)) == (rule, True)


def test_a_delimiter_and_a_header_row_that_are_said_are_used(opened) -> None:  # type: ignore[no-untyped-def]
    content = 'A "report, of\nProject ID,Health;Name\nID;Project, Name\n1;a, b\n2;c\n'
    found = opened(content, delimiter=";", header_row=3)
    assert (found.table.headers, found.rows) == (("ID", "Project, Name"), [["1", "a, b"], ["2", "c"]])
    assert dict(found.kinds) == {"preamble": 2}
    assert [why for what in ("delimiter", "header row") for _, why in [found.decided(what)]] == [
        "as you said",
        "as you said; 2 lines above it are left out",
    ]
    deep = "\n".join([*("note, of, no, use" for _ in range(300)), "ID,Name", "1,a"])
    assert opened(deep, header_row=301).rows == [["1", "a"]]


def test_a_sep_line_is_told_from_a_preamble(opened) -> None:  # type: ignore[no-untyped-def]
    found = opened("sep=;\nProject ID;Budget\n1;2\n")
    assert dict(found.kinds) == {"sep": 1}
    assert found.decided("delimiter") == ("semicolon", "line 1 says so")
    assert adds_up(found, 3)


def book(path: Path, sheets: dict[str, list[list[object]]], hidden: tuple[str, ...] = (), merge: str = "") -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for title, rows in sheets.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = "hidden" if title in hidden else "visible"
        for area in merge.split():
            sheet.merge_cells(area)
    made.save(path)
    return path.read_bytes()


def test_rows_of_a_sheet_that_are_no_data(opened, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    good = rows_of(30)
    rows = [["Weekly status"], HEADER, *good[:10], TOTALS["plain"], [], *good[10:], TOTALS["colon"], [], ["Source: us"]]
    found = opened(book(tmp_path / "made.xlsx", {"Data": rows}), "book.xlsx")
    assert found.rows == good
    assert dict(found.kinds) == {"preamble": 1, "total": 2, "footer": 1, "empty": 2}
    assert adds_up(found, len(rows))
    assert found.decided("header row") == ("2", "row 2 holds 8 known headers; the row above it is left out")


def test_hidden_sheets_are_named_and_can_be_chosen(opened, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    table = [["Project ID", "Budget"], [1, 2]]
    made = book(tmp_path / "made.xlsx", {"Now": table, "Old": table, "Older": table}, hidden=("Old", "Older"))
    value, why = opened(made, "book.xlsx").decided("sheet")
    assert (value, why) == ("Now", "it is the only visible sheet; the hidden sheets Old, Older are left out")
    chosen = opened(made, "book.xlsx", sheet="old ")
    assert [(t.sheet, t.rows) for t in chosen.tables] == [("Old", 1)]
    assert chosen.decided("sheet") == ("Old", "as you said")
    with pytest.raises(UnreadableFile, match="no sheet New") as caught:
        opened(made, "book.xlsx", sheet="New")
    assert caught.value.fix == "Choose one of: Now, Old, Older."


def test_a_header_row_of_a_sheet_can_be_said(opened, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    rows: list[list[object]] = [["Project ID", "Budget"], ["ID", "Amount"], [], [1, 2]]
    made = book(tmp_path / "made.xlsx", {"Data": rows})
    found = opened(made, "book.xlsx", header_row=2)
    assert (found.table.headers, found.rows) == (("ID", "Amount"), [["1", "2"]])
    assert adds_up(found, 4)
    for beyond in (3, 9):
        with pytest.raises(UnreadableFile, match=f"row {beyond} cannot be the header"):
            opened(made, "book.xlsx", header_row=beyond)


def test_headers_in_two_rows(opened, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    upper = ["Project ID", "Project Name", "Cost", None, "Schedule", None, "Health"]
    lower = [None, None, "Planned", "Actual", "Planned", "Actual", None]
    rows: list[list[object]] = [["Portfolio"], upper, lower, [1, "A", 5, 6, "2026-01-01", "2026-01-02", "Red"]]
    merge = "A2:A3 B2:B3 C2:D2 E2:F2 G2:G3"
    headers = (
        "Project ID",
        "Project Name",
        "Cost Planned",
        "Actual Cost",
        "Schedule Planned",
        "Schedule Actual",
        "Health",
    )
    for content, name in (
        (book(tmp_path / "made.xlsx", {"Data": rows}, merge=merge), "book.xlsx"),
        (text_of([["" if cell is None else str(cell) for cell in row] for row in rows]), "export.csv"),
    ):
        found = opened(content, name)
        assert {fold(h) for h in found.table.headers} >= {"projectid", "projectname", "scheduleplanned", "health"}
        assert len({fold(h) for h in found.table.headers}) == len(headers)
        assert (found.table.header_row, len(found.rows)) == (3, 1)
        assert "names groups of columns" in found.decided("header row")[1]


def test_a_table_that_starts_in_the_midst_of_a_sheet(opened, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    rows: list[list[object]] = [[], [], [None, None, "Project ID", "Budget"], [None, None, 1, 2]]
    found = opened(book(tmp_path / "made.xlsx", {"Data": rows}), "book.xlsx")
    assert (found.table.headers, found.rows) == (("Project ID", "Budget"), [["1", "2"]])
    assert found.decided("first column")[0] == "C"


@pytest.mark.parametrize("by", [1, 2, 5, 9])
def test_rows_with_blank_cells_before_them_are_moved_left(opened, by: int) -> None:  # type: ignore[no-untyped-def]
    good = rows_of(80)
    beside = {7, 8, 30, 79}
    found = opened(text_of([HEADER, *([*[""] * by, *row] if i in beside else row for i, row in enumerate(good))]))
    assert found.ragged + len(found.rows) == 80
    (shift,) = shifts(found.con, found.table, understand(found.table))
    assert (shift.by, shift.direction, shift.position) == (by, "left", 0)
    assert {line - 2 for line in shift.rows} == beside
    mended = unshift(found.con, found.table, [shift])
    assert found.rows == good
    assert (mended.problems, found.ragged, mended.rows) == ((), 0, 80)


@pytest.mark.parametrize("position", range(1, 7))
@pytest.mark.parametrize("by", [1, 2])
def test_blank_cells_in_the_midst_of_rows_are_taken_out(opened, position: int, by: int) -> None:  # type: ignore[no-untyped-def]
    good = [[*row[:7], f"as agreed with {row[4]}"] for row in rows_of(80)]
    beside = {3, 40, 41}
    found = opened(
        text_of(
            [
                HEADER,
                *([*row[:position], *[""] * by, *row[position:]] if i in beside else row for i, row in enumerate(good)),
            ]
        )
    )
    mended = moved(found.table, found)
    assert found.rows == good
    assert mended.problems == ()


@pytest.mark.parametrize(("position", "sure"), [(2, True), (3, True), (4, False), (5, False)])
def test_rows_that_lack_a_blank_cell_are_moved_right_or_stay(opened, position: int, sure: bool) -> None:  # type: ignore[no-untyped-def]
    good = rows_of(80)
    beside = {3, 40, 41}
    for i in beside:
        good[i][position] = ""
    found = opened(
        text_of(
            [HEADER, *([*row[:position], *row[position + 1 :]] if i in beside else row for i, row in enumerate(good))]
        )
    )
    assert found.ragged == len(found.table.problems) == len(beside)
    mended = moved(found.table, found)
    assert len(found.rows) + found.ragged == len(good)
    assert found.ragged == len(mended.problems)
    assert not (sure and found.ragged)
    assert [row for row in found.rows if row not in good] == []


def test_good_rows_are_never_moved(opened) -> None:  # type: ignore[no-untyped-def]
    chance = random.Random(4)
    for seed in range(20):
        good = rows_of(60, seed)
        for row in good:
            for place in chance.sample(range(1, 8), chance.randrange(4)):
                row[place] = chance.choice(["", "", "n/a", "TBC", "Exempt under Section 43", "12"])
        found = opened(text_of([HEADER, *good]))
        assert shifts(found.con, found.table, understand(found.table, How(export="status"))) == []


def test_rows_that_fit_in_two_ways_stay_where_they_are(opened) -> None:  # type: ignore[no-untyped-def]
    good = [[f"P-{i}", "2026-01-05", str(i), str(i + 7), str(i * 3), str(i * 2)] for i in range(1, 40)]
    header = ["Project ID", "Status Date", "Budget", "Actual Cost", "Planned Value", "Earned Value"]
    torn = ["P-50", "2026-01-05", "5", "", "8", "", "9", "1"]
    found = opened(text_of([header, *good, torn]))
    assert shifts(found.con, found.table, understand(found.table)) == []
    assert found.ragged == 1


def test_a_load_says_what_it_decided_and_keeps_what_it_left_out(desk: Desk) -> None:
    path = desk.file("")
    rows = [f"P-{i:02};{1 + i % 12:02}/03/2026;green;{i}.000,50" for i in range(1, 20)]
    lines = ["Weekly status", "", "project id;report date;rag;budget", *rows, "P-20;31/03/2026;red;5", "Total;;;99,5"]
    path.write_text("\n".join(lines))
    report = load(desk.warehouse, Request([path]), today=dt.date(2026, 6, 1))
    (file,) = report.files
    said = {one.what: (one.value, one.why, one.setting) for one in file.decisions}
    assert said["export"][0::2] == ("status", "export")
    assert "4 of its 4 headers" in said["export"][1]
    assert said["profile"][0] == "none"
    assert said["dates of report date"] == ("day first", "31/03/2026 in row 23 can only be day first", "dates")
    assert said["decimal sign of budget"] == (
        "comma",
        "1.000,50 in row 4 can only be read with a decimal comma, as can 18 more",
        "decimal",
    )
    assert [(row.row, row.kind) for row in file.left_out] == [(1, "preamble"), (2, "preamble"), (24, "total")]
    assert desk.rows("select load_id, source_row, kind, rows from left_out order by 2") == [
        (1, 1, "preamble", 1),
        (1, 2, "preamble", 1),
        (1, 24, "total", 1),
    ]
    assert report.as_dict()["files"][0]["left_out"][2]["text"] == "Total, 99,5"
    with_how = load(desk.warehouse, Request([path], How(dates="dmy", decimal=",", export="status"), dry_run=True))
    said = {one.what: one.why for one in with_how.files[0].decisions}
    assert {said[what] for what in ("export", "dates of report date", "decimal sign of budget")} == {"as you said"}


def test_what_is_said_of_a_file_is_another_way_to_read_it(desk: Desk) -> None:
    path = desk.file("")
    path.write_bytes("project id,status date,rag,project name\nP1,2026-01-09,red,caf\xe9\n".encode("latin-1"))
    load(desk.warehouse, Request([path]), today=dt.date(2026, 6, 1))
    again = load(desk.warehouse, Request([path], How(encoding="windows-1251")), today=dt.date(2026, 6, 1))
    assert again.published
    assert desk.rows("select encoding from load order by load_id") == [("windows-1252",), ("windows-1251",)]


def test_the_command_line_says_how_a_file_is_taken_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "export.csv"
    lines = ["Projects, all", "ID\tproject id\tproject name", "1\tP1\tŻółw", "", "\tTotal\t"]
    path.write_text("\n".join(lines), "cp1250")
    told = ["--encoding", "windows-1250", "--delimiter", "tab", "--header-row", "2", "--as", "projects"]
    command = ["load", str(path), "--warehouse", str(tmp_path / "store")]
    assert main([*command, *told]) == 0
    assert "  Left out: 1 line above the header, 1 empty row, 1 total row\n" in capsys.readouterr().out
    assert main([*command, "--header-row", "9"]) == 2
    assert "line 9 cannot be the header, for the file ends at line 5" in capsys.readouterr().out
    made = book(
        tmp_path / "made.xlsx", {"Now": [["project id"], ["P1"]], "Old": [["project id"], ["P0"]]}, hidden=("Old",)
    )
    (tmp_path / "book.xlsx").write_bytes(made)
    command = ["load", str(tmp_path / "book.xlsx"), "--warehouse", str(tmp_path / "store"), "--as", "projects"]
    assert main([*command, "--sheet", "Old"]) == 0
    assert "[Old]" in capsys.readouterr().out


@settings(deadline=None, max_examples=60)
@given(
    content=st.one_of(
        st.binary(max_size=300),
        st.text(alphabet="aZ9é,;\t\"'\n\r |=:\x00\ufeff東", max_size=300).map(str.encode),
        st.text(alphabet='aé,\n"', max_size=200).map(lambda text: text.encode("utf-16")),
    ),
    encoding=st.sampled_from([None, *ENCODINGS]),
    delimiter=st.sampled_from([None, *DELIMITER_NAMES, "x", "\n", ""]),
    header_row=st.sampled_from([None, 0, 1, 2, 5, 10**9]),
)
def test_no_bytes_and_nothing_said_of_them_lead_to_a_traceback(
    content: bytes, encoding: str | None, delimiter: str | None, header_row: int | None
) -> None:
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(UnreadableFile, DataProblem):
        how = How(encoding=encoding, delimiter=delimiter, header_row=header_row)
        found = Read(Path(folder) / "export.csv", content, how, Path(folder) / "scratch")
        assert found.table.rows == len(found.rows) + found.ragged or found.table.transposed
        assert all(decision.why for decision in found.table.decisions)


@settings(deadline=None, max_examples=60)
@given(
    kinds=st.lists(
        st.sampled_from(["data", "data", "data", "empty", "total", "shifted", "short", "padded"]), max_size=40
    ),
    last=st.sampled_from([[], ["Source: us"], ["5 rows"], ["Note: a", " b", " c"]]),
    ending=st.sampled_from(["", "\n", "\n\n\n"]),
)
def test_every_row_of_a_file_is_accounted_for(kinds: list[str], last: list[str], ending: str) -> None:
    good = iter(rows_of(45))
    lines = [HEADER, next(good), next(good), next(good)]
    for kind in kinds:
        row = next(good)
        made = {"data": row, "empty": [], "total": TOTALS["plain"], "shifted": ["", "", *row], "short": row[:3]}
        lines.append(made.get(kind, [""] * 8))
    lines += [next(good)] + ([last] if last else [])
    with tempfile.TemporaryDirectory() as folder:
        content = text_of(lines).rstrip("\n") + ending
        found = Read(Path(folder) / "export.csv", content.encode(), How(), Path(folder) / "scratch")
        assert adds_up(found, len(lines))
        count = Counter(kinds)
        expected = {"empty": count["empty"] + count["padded"], "total": count["total"], "footer": int(bool(last))}
        assert dict(found.kinds) == {kind: n for kind, n in expected.items() if n}
        assert found.ragged == count["shifted"] + count["short"]


def test_problems_of_a_turned_table_are_located_where_they_stand_in_the_file(desk: Desk) -> None:
    lines = ["Project ID,T1,T2", "Project Name,Uno,Dos", "Status Date,2026-11-13,2026-11-13", "RAG,Green,Red"]
    (report,) = desk.try_load("\n".join([*lines, "Budget,1000,x"]) + "\n").files
    assert [(p.row, p.column, p.value) for p in report.problems] == [(5, "Budget", "x")]
    assert "(line 5, cell 3 of the file)" in report.problems[0].message
    assert report.rows_rejected == 1


def test_units_in_a_row_below_the_header_belong_to_it(desk: Desk) -> None:
    lines = ["Project ID,Status Date,RAG,Budget,% complete", ",,,(k€),%", "P1,2026-11-13,Green,1200,62"]
    (report,) = desk.try_load("\n".join(lines) + "\n", columns={"budget": "Budget (k€)"}).files
    assert (report.header_row, report.rows_new, report.scale, report.currency) == (2, 1, 1000, "EUR")
    assert desk.rows("select budget from fact_status") == [(1_200_000,)]
    (report,) = desk.try_load("Size,Code\nM,K\nL,T\n", dry_run=True).files
    assert (report.header_row, report.rows_read) == (1, 2)
