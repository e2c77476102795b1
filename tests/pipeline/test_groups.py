"""Rows that name the group of the rows below them are left out and counted, and their text goes to those rows."""

import csv
import io
from pathlib import Path

import pytest
from desk import TODAY, Desk
from openpyxl import Workbook

from pipelines.groups import HEADER as GROUP
from pipelines.load import load
from pipelines.report import FileReport, How, Request

HEADER = ["Project ID", "Project name", "Status date", "RAG", "Budget"]
GROUPS = ["Customer Services", "Finance and HR", "Operations, North"]


def row(number: int, name: str = "") -> list[str]:
    return [f"P-{number:03}", name or f"Project {number}", "2026-11-13", "Green", "100000"]


def grouped(headings: list[str], each: int = 2, width: int = 5) -> list[list[str]]:
    rows = []
    for place, heading in enumerate(headings):
        rows += [[heading, *[""] * (width - 1)], *(row(place * each + n) for n in range(each))]
    return rows


def write(file: Path, rows: list[list[str]], delimiter: str = ",") -> Path:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    file.write_text(out.getvalue(), "utf-8")
    return file


def check(desk: Desk, file: Path, **how: object) -> FileReport:
    return load(desk.warehouse, Request([file], How(**how), dry_run=True), today=TODAY).files[0]  # type: ignore[arg-type]


def headings(report: FileReport) -> list[tuple[int, str]]:
    return [(one.row, one.text) for one in report.left_out if one.kind == "group heading"]


@pytest.mark.parametrize("width", [1, 5])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_headings_are_left_out_and_counted(desk: Desk, tmp_path: Path, width: int, delimiter: str) -> None:
    report = check(desk, write(tmp_path / "s.csv", [HEADER, *grouped(GROUPS, width=width)], delimiter))
    assert headings(report) == [(2, GROUPS[0]), (5, GROUPS[1]), (8, GROUPS[2])]
    assert (report.rows_read, report.rows_new, report.rows_rejected) == (6, 6, 0)
    decision = next(one for one in report.decisions if one.what == "group headings")
    assert decision.value == "3 rows left out"
    assert "row 2 says “Customer Services”" in decision.why
    assert decision.setting == "headings"


def test_a_sheet_has_headings_too(desk: Desk, tmp_path: Path) -> None:
    book = Workbook()
    for cells in [HEADER, *grouped(GROUPS)]:
        book.active.append([cell or None for cell in cells])  # type: ignore[union-attr]
    book.save(tmp_path / "s.xlsx")
    report = check(desk, tmp_path / "s.xlsx")
    assert [text for _, text in headings(report)] == GROUPS
    assert report.rows_new == 6


def test_the_text_goes_to_a_column_that_can_be_mapped_or_kept(desk: Desk, tmp_path: Path) -> None:
    file = write(tmp_path / "s.csv", [HEADER, *grouped(GROUPS)])
    how = How(columns={"portfolio": GROUP}, attributes=(GROUP,))
    assert load(desk.warehouse, Request([file], how), today=TODAY).published
    assert desk.rows("select project_id, portfolio from fct_status order by 1") == [
        (f"P-{n:03}", GROUPS[n // 2]) for n in range(6)
    ]
    assert desk.rows("select distinct value from project_attribute order by 1") == [(text,) for text in sorted(GROUPS)]


def test_a_portfolio_is_suggested_or_a_program_where_they_are_known(desk: Desk, tmp_path: Path) -> None:
    file = write(tmp_path / "s.csv", [HEADER, *grouped(GROUPS)])

    def suggested() -> str | None:
        return next(column.suggested for column in check(desk, file).columns if column.header == GROUP)

    assert suggested() == "portfolio"
    programs = [["program_id", "program_name"], *([f"PRG-{n}", name] for n, name in enumerate(GROUPS))]
    assert load(desk.warehouse, Request([write(tmp_path / "programs.csv", programs)]), today=TODAY).published
    assert suggested() == "program_id"


def test_a_column_that_holds_the_headings_alone_holds_them_for_all_rows(desk: Desk, tmp_path: Path) -> None:
    rows = [[cells[0], *[""] * 5] if not cells[1] else ["", *cells] for cells in grouped(GROUPS)]
    file = write(tmp_path / "s.csv", [["Portfolio", *HEADER], *rows])
    report = check(desk, file)
    assert report.headers == ("Portfolio", *HEADER)
    assert load(desk.warehouse, Request([file]), today=TODAY).published
    assert {text for (text,) in desk.rows("select portfolio from fct_status")} == set(GROUPS)


def test_headings_can_be_read_as_rows(desk: Desk, tmp_path: Path) -> None:
    report = check(desk, write(tmp_path / "s.csv", [HEADER, *grouped(GROUPS)]), headings="rows")
    assert headings(report) == []
    assert (report.rows_read, report.rows_new, report.rows_rejected) == (9, 6, 3)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([row(1), ["P-002", "", "", "", ""], row(3), ["P-004", "", "", "", ""], row(5)], id="identifiers"),
        pytest.param([row(1), ["Customer", "", "", "", ""], row(2), row(3)], id="one alone"),
        pytest.param([row(1), row(2), ["Alpha", *[""] * 4], ["Beta", *[""] * 4]], id="below the table"),
        pytest.param([*grouped(GROUPS, each=0), row(1)], id="many above few"),
        pytest.param([row(1), ["Page 2", *[""] * 4], row(2), ["Page 3", *[""] * 4], row(3), row(4)], id="pages"),
    ],
)
def test_rows_that_may_be_data_stay(desk: Desk, tmp_path: Path, rows: list[list[str]]) -> None:
    assert headings(check(desk, write(tmp_path / "s.csv", [HEADER, *rows]))) == []


def test_among_names_only_a_file_that_begins_with_a_heading_has_some(desk: Desk, tmp_path: Path) -> None:
    def named(cells: list[str]) -> list[str]:
        return [cells[1] or cells[0], *cells[2:]] if cells[1] else [cells[0], "", "", ""]

    names = ["Harbour crossing", "New ward", "Depot roof", "Flood wall", "Payroll", "Data centre move"]
    rows = [named(row(n, name)) for n, name in enumerate(names)]
    lone = [[text, "", "", ""] for text in GROUPS]
    begins = [HEADER[1:], lone[0], *rows[:2], lone[1], *rows[2:4], lone[2], *rows[4:]]
    # Here a project of which nothing is known yet cannot be told from a heading.
    other = [HEADER[1:], *rows[:2], lone[1], *rows[2:4], lone[2], *rows[4:]]
    how = {"export": "status", "columns": {"project_id": "Project name"}}
    assert [text for _, text in headings(check(desk, write(tmp_path / "a.csv", begins), **how))] == GROUPS
    assert headings(check(desk, write(tmp_path / "b.csv", other), **how)) == []


def test_a_row_of_the_wrong_shape_is_mended_with_its_group(desk: Desk, tmp_path: Path) -> None:
    rows = grouped(GROUPS)
    rows[4] = ["P-002", "Roads", " bridges", *row(2)[2:]]
    file = write(tmp_path / "s.csv", [HEADER, *rows])
    how = How(columns={"portfolio": GROUP}, repairs=("unquoted_delimiter:*",))
    assert load(desk.warehouse, Request([file], how), today=TODAY).published
    found = desk.rows("select project_name, portfolio from fct_status where project_id = 'P-002'")
    assert found == [("Roads, bridges", "Finance and HR")]


def test_a_board_that_repeats_its_header_below_each_title_and_sums_each_group(desk: Desk, tmp_path: Path) -> None:
    total = ["", "", "2026-11-13", "", "200000"]
    rows = [["Board", *[""] * 4], [""] * 5]
    for place, title in enumerate(GROUPS[:2]):
        rows += [[title, *[""] * 4], HEADER, row(2 * place), row(2 * place + 1), total, [""] * 5]
    report = check(desk, write(tmp_path / "board.csv", rows))
    assert headings(report) == [(3, GROUPS[0]), (9, GROUPS[1])]
    assert [one.row for one in report.left_out if one.kind == "total"] == [7, 13]
    assert (report.rows_read, report.rows_new, report.rows_rejected) == (4, 4, 0)
    assert next(column.examples for column in report.columns if column.header == GROUP)[0] in GROUPS[:2]


def test_lines_of_dashes_and_totals_behind_stars_are_no_data(desk: Desk, tmp_path: Path) -> None:
    rows = [HEADER, row(1), ["-" * 8, *["----"] * 4], row(2), ["*", "Summe", "", "", "200000"], ["**", "", "", "", "9"]]
    report = check(desk, write(tmp_path / "list.csv", rows, "|"))
    assert [(one.row, one.kind) for one in report.left_out] == [(3, "rule"), (5, "total"), (6, "total")]
    assert report.rows_new == 2


def test_a_row_without_a_name_between_others_is_still_a_row(desk: Desk, tmp_path: Path) -> None:
    nameless = ["", "", "2026-11-13", "", "7"]
    report = check(desk, write(tmp_path / "s.csv", [HEADER, row(1), nameless, row(2), row(3)]))
    assert [p.row for p in report.problems if p.rule == "project_id_required"] == [3]
