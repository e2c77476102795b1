"""Percentages in workbooks are read as they are seen, whatever stands beside them and however they are styled."""

import zipfile
from pathlib import Path

import duckdb
import openpyxl
import pytest
from desk import TODAY, Desk

from pipelines import workbook
from pipelines.load import load
from pipelines.profile import all_headers
from pipelines.report import How, Request

HEADER = ["project_id", "status_date", "percent_complete", "forecast_finish"]
Styled = tuple[object, str]


def book(folder: Path, *cells: Styled, above: int = 0) -> Path:
    """A status report with these values and number formats under percent_complete."""
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    for column, header in enumerate(HEADER, 2):
        sheet.cell(above + 1, column, header)
    for row, (value, number_format) in enumerate(cells, above + 2):
        sheet.cell(row, 2, f"P-{row}")
        sheet.cell(row, 3, "2026-11-13")
        sheet.cell(row, 4, value).number_format = number_format  # type: ignore[arg-type]
        sheet.cell(row, 5, "2027-01-01")
    made.save(folder / "status.xlsx")
    return folder / "status.xlsx"


def read(path: Path) -> list[str | None]:
    """The texts under percent_complete."""
    con = duckdb.connect()
    (table,) = workbook.read(con, path, "raw", all_headers())
    place = table.headers.index("percent_complete")
    return [text for (text,) in con.sql(f"select c{place} from {table.relation} order by source_row").fetchall()]


def stored(desk: Desk, path: Path) -> list[float]:
    """What a load makes of the percentages."""
    report = load(desk.warehouse, Request([path], How()), today=TODAY)
    assert report.published
    return [value for (value,) in desk.rows("select percent_complete from fct_status order by project_id")]


@pytest.mark.parametrize(
    ("value", "number_format", "seen"),
    [
        *((1, "0%", "100%"), (0.5, "0.00%", "50%"), (0.07, "0 %", "7%"), (0.456, "0%", "45.6%"), (1.2, "0.0%", "120%")),
        *((-0.05, "0%;[Red]-0%", "-5%"), (0.3, "#,##0%", "30%"), (0.45, "[>0.5]0%;0.0%", "45%"), (0, "0%", "0%")),
        *((45, '0"%"', "45%"), (1, "0\\%", "1%"), (1, '0.0" %"', "1%")),
        *((0.45, "General", "0.45"), (0.45, "0.00", "0.45"), (45, '0" of 100"', "45"), ("n/a", "0%", "n/a")),
        *(("45%", "0%", "45%"), (True, "0%", "TRUE")),
    ],
)
def test_a_cell_is_read_as_it_is_seen(tmp_path: Path, value: object, number_format: str, seen: str) -> None:
    assert read(book(tmp_path, (value, number_format))) == [seen]


def test_percentages_beside_plain_numbers_are_not_mixed_up(desk: Desk, tmp_path: Path) -> None:
    cells: list[Styled] = [(45, "General"), (80, "0"), (1, "0%"), (0.5, "0%"), ("62 %", "General"), (12, '0"%"')]
    assert stored(desk, book(tmp_path, *cells)) == [45, 80, 100, 50, 62, 12]


def test_whole_numbers_alone_under_a_percent_format_are_hundreds(desk: Desk, tmp_path: Path) -> None:
    assert stored(desk, book(tmp_path, (1, "0%"), (0, "0%"), (1, "0%"))) == [100, 0, 100]


def test_a_small_percentage_is_no_fraction(desk: Desk, tmp_path: Path) -> None:
    assert stored(desk, book(tmp_path, (0.005, "0.0%"), (0.002, "0.0%"))) == [0.5, 0.2]


def test_the_rows_are_found_wherever_the_table_stands(tmp_path: Path) -> None:
    cells = [(n / 100, "0%") if n % 3 else (n, "General") for n in range(1, 40)]
    assert read(book(tmp_path, *cells, above=4)) == [f"{n}%" if n % 3 else str(n) for n in range(1, 40)]


def test_a_tool_may_write_the_style_before_the_place(tmp_path: Path) -> None:
    path = book(tmp_path, (0.25, "0%"), (0.5, "0%"))
    made = tmp_path / "other.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name.endswith("sheet1.xml"):
                text = text.replace(b'<c r="D2" s="1"', b"<c s='1' r='D2'")
                assert b"<c s='1' r='D2'" in text
            new.writestr(name, text)
    assert read(made) == ["25%", "50%"]


def test_a_workbook_without_styles(tmp_path: Path) -> None:
    path = book(tmp_path, (0.25, "General"))
    made = tmp_path / "bare.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            if name != "xl/styles.xml":
                new.writestr(name, old.read(name))
    assert read(made) == ["0.25"]
