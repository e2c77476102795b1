"""A faulty file comes back with its problems beside its rows; once the marked cells are mended it loads as it is."""

import csv
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from desk import TODAY, Desk

from pipelines.findings import CORRECTED, CORRECTED_XLSX, GRID_COLUMNS, REJECTED
from pipelines.history import safe_cell
from pipelines.load import load
from pipelines.report import FileReport, How, Request

pytestmark = pytest.mark.usefixtures("by_sql")

HEADERS = [
    "project_id",
    "status_date",
    "project_name",
    "reported_health",
    "forecast_finish",
    "budget",
    "comment",
    "=Notes",
]
NASTY = [
    "=1+1",
    "-X",
    "@all",
    "'-X",
    "''=x",
    "+",
    "007",
    "#N/A",
    "a, b",
    'say "so"',
    "two\nlines",
    "1E5",
    "Ünïcode 🟢",
    "",
]
GOOD = [
    [
        f"-P{n}",
        "2026-11-13",
        NASTY[n % len(NASTY)] or "x",
        "green",
        f"{n % 12 + 13}/02/2027",
        f"{n}.250,5",
        NASTY[n % 14],
        "'=n",
    ]
    for n in range(1, 31)
]
# Cells made faulty: row (from 0) and column, and what stands there.
FAULTS = {
    (2, 3): "greenish",
    (5, 4): "31/02/2027",
    (5, 5): "lots",
    (11, 1): "2027-11-13",
    (17, 0): "",
    (29, 5): "1 to 2",
}


def write(file: Path, rows: list[list[str]], delimiter: str = ";") -> Path:
    """Rows as CSV."""
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, delimiter=delimiter).writerows([HEADERS, *rows])
    return file


def faulty() -> list[list[str]]:
    """The good rows with the faults."""
    rows = [list(row) for row in GOOD]
    for (row, column), text in FAULTS.items():
        rows[row][column] = text
    return rows


def check(desk: Desk, file: Path, folder: Path, **how: Any) -> FileReport:
    """A dry run that leaves its files in a folder."""
    folder.mkdir()
    return load(desk.warehouse, Request([file], How(**how), dry_run=True, keep=folder), today=TODAY).files[0]


def read_csv(file: Path, delimiter: str = ";") -> list[list[str]]:
    """A CSV file's cells."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.reader(text, delimiter=delimiter))


def mend_csv(file: Path, where: dict[tuple[int, int], str]) -> Path:
    """The downloaded CSV with these cells typed over."""
    rows = read_csv(file)
    for (row, column), text in where.items():
        rows[row + 1][column + 2] = text
    out = file.with_name("mended.csv")
    with out.open("w", encoding="utf-8-sig", newline="") as text_out:
        csv.writer(text_out, delimiter=";").writerows(rows)
    return out


def mend_book(file: Path, where: dict[tuple[int, int], str]) -> Path:
    """The downloaded workbook with these cells typed over."""
    from openpyxl import load_workbook

    book = load_workbook(file.with_name(CORRECTED_XLSX))
    for (row, column), text in where.items():
        book.active.cell(row + 2, column + 3).value = text
    out = file.with_name("mended.xlsx")
    book.save(out)
    return out


def facts(desk: Desk) -> list[tuple[Any, ...]]:
    """What was loaded, without where it came from."""
    return desk.rows("select * exclude (load_id, source_row) from fact_status order by all")


@pytest.mark.parametrize("mend", [mend_csv, mend_book])
def test_a_mended_download_loads_as_the_faultless_file_would(
    mend: Callable[[Path, dict[tuple[int, int], str]], Path], tmp_path: Path
) -> None:
    expected = Desk(tmp_path / "expected")
    assert load(expected.warehouse, Request([write(tmp_path / "good.csv", GOOD)]), today=TODAY).published
    desk = Desk(tmp_path / "desk")
    report = check(desk, write(tmp_path / "faulty.csv", faulty()), tmp_path / "kept")
    assert report.corrected == (CORRECTED, CORRECTED_XLSX)
    assert report.rows_rejected == len({row for row, _ in FAULTS})

    meant = {(row, column): GOOD[row][column] for row, column in FAULTS}
    as_typed = (
        meant
        if mend is mend_csv
        else {
            place: text.replace(".", "").replace(",", ".") if place[1] == 5 else text for place, text in meant.items()
        }
    )
    mended = mend(tmp_path / "kept" / CORRECTED, as_typed)
    done = load(desk.warehouse, Request([mended]), today=TODAY)
    assert done.published, done.files[0].problems
    assert facts(desk) == facts(expected)
    assert "row" not in done.files[0].ignored_columns


def test_the_download_has_every_row_and_the_problems_beside_them(desk: Desk, tmp_path: Path) -> None:
    report = check(desk, write(tmp_path / "faulty.csv", faulty()), tmp_path / "kept")
    raw = (tmp_path / "kept" / CORRECTED).read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    head, *rows = read_csv(tmp_path / "kept" / CORRECTED)
    assert head == ["row", "problem", *HEADERS[:-1], "'=Notes"]
    assert [[cell.removeprefix("'") if cell[:2] != "''" else cell[1:] for cell in row[2:]] for row in rows] == [
        [cell.removeprefix("'") if cell[:1] == "'" and safe_cell(cell) == cell else cell for cell in row]
        for row in faulty()
    ]
    wrong = {n for n, row in enumerate(rows) if row[1]}
    assert wrong >= {row for row, _ in FAULTS}
    assert "reported_health: " in rows[2][1]
    assert "(greenish)" in rows[2][1]
    assert rows[5][1].count("|") == 1
    assert [int(row[0]) for row in rows] == sorted(int(row[0]) for row in rows)
    assert {p.row for p in report.problems if p.severity == "error"} == {int(rows[row][0]) for row, _ in FAULTS}
    for row in (head, *rows):
        assert not [cell for cell in row if cell[:1] in ("=", "+", "-", "@") and not cell[1:].isdigit()]


def test_the_workbook_marks_the_cells(desk: Desk, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    check(desk, write(tmp_path / "faulty.csv", faulty()), tmp_path / "kept")
    page = load_workbook(tmp_path / "kept" / CORRECTED_XLSX).active
    marked = {
        (row, column)
        for row, column in product(range(len(GOOD)), range(len(HEADERS)))
        if page.cell(row + 2, column + 3).fill.fgColor.rgb == "00FFC7CE"
    }
    assert marked == set(FAULTS)
    assert "greenish" not in page["F4"].comment.text
    assert "not known" in page["F4"].comment.text
    assert all(cell.data_type != "f" for row in page.iter_rows() for cell in row)


def test_a_row_with_cells_too_many_comes_back_whole(desk: Desk, tmp_path: Path) -> None:
    rows = [*GOOD[:3], [*GOOD[3][:6], "one", "two", "-three", "four"], *GOOD[4:6]]
    check(desk, write(tmp_path / "ragged.csv", rows), tmp_path / "kept")
    found = read_csv(tmp_path / "kept" / CORRECTED)
    (ragged,) = [row for row in found if "cells" in row[1]]
    assert ragged[8:] == ["one", "two", "'-three", "four"]
    assert len(found) == 7
    ragged[8:] = ["one", "two"]
    out = tmp_path / "mended.csv"
    with out.open("w", encoding="utf-8-sig", newline="") as text:
        csv.writer(text, delimiter=";").writerows(found)
    report = load(desk.warehouse, Request([out]), today=TODAY)
    assert report.published
    assert report.files[0].rows_loaded == 6


@pytest.mark.parametrize(
    "text", [cell for cell in NASTY if cell] + ["-5", "'-5", "=cmd|' /C calc'!A0", "'''=", "''", "'"]
)
def test_every_text_comes_back_from_the_rejected_rows_as_it_was(text: str, desk: Desk, tmp_path: Path) -> None:
    rows = [["P1", "2026-11-13", text, "greenish", "", "", text, ""]]
    check(desk, write(tmp_path / "faulty.csv", rows), tmp_path / "kept")
    found = read_csv(tmp_path / "kept" / REJECTED)
    found[1][5] = "green"
    out = tmp_path / "mended.csv"
    with out.open("w", encoding="utf-8-sig", newline="") as written:
        csv.writer(written, delimiter=";").writerows(found)
    assert load(desk.warehouse, Request([out]), today=TODAY).published
    assert desk.rows("select project_name, comment from fact_status") == [(text, text)]


def test_accepted_repairs_are_in_the_download(desk: Desk, tmp_path: Path) -> None:
    rows = [*GOOD[:9], ["P77", "2026-11-13", "x", "Gren", "", "lots", "", ""]]
    report = check(desk, write(tmp_path / "faulty.csv", rows), tmp_path / "kept", repairs=("choice_value:*",))
    assert [one.rule for one in report.repairs if one.accepted] == ["choice_value"]
    assert read_csv(tmp_path / "kept" / CORRECTED)[-1][5] == "green"


def test_a_clean_file_leaves_none(desk: Desk, tmp_path: Path) -> None:
    report = check(
        desk,
        write(tmp_path / "good.csv", [[f"P{n}", "2026-11-13", "x", "green", "", "", "", ""] for n in range(5)]),
        tmp_path / "kept",
    )
    assert report.corrected == ()
    assert report.grid is None
    assert not list((tmp_path / "kept").glob("corrected*"))


def test_the_sheets_of_a_workbook_come_back_one_by_one(desk: Desk, tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for name in ("North", "South"):
        page = book.create_sheet(name)
        for row in (
            ["project_id", "status_date", "rag"],
            [f"{name}1", "2026-11-13", "greenish"],
            [f"{name}2", "2026-11-13", "red"],
        ):
            page.append(row)
    book.save(tmp_path / "two.xlsx")
    folder = tmp_path / "kept"
    folder.mkdir()
    files = load(desk.warehouse, Request([tmp_path / "two.xlsx"], dry_run=True, keep=folder), today=TODAY).files
    assert [one.corrected for one in files] == [
        ("corrected.csv", "corrected.xlsx"),
        ("corrected-2.csv", "corrected-2.xlsx"),
    ]
    assert read_csv(folder / "corrected-2.csv", ",")[1][2] == "South1"


def test_the_grid_has_the_rows_with_problems_and_marks_their_cells(desk: Desk, tmp_path: Path) -> None:
    report = check(desk, write(tmp_path / "faulty.csv", faulty()), tmp_path / "kept")
    grid = report.grid
    assert grid
    assert grid.headers == tuple(HEADERS)
    assert grid.hidden == 0
    cells = {
        (row.row, mark.header): (row.cells[HEADERS.index(mark.header or "")], mark)
        for row in grid.rows
        for mark in row.marks
    }
    errors = {(text, mark.rules) for text, mark in cells.values() if mark.severity == "error"}
    assert errors == {
        ("greenish", ("reported_health_allowed",)),
        ("31/02/2027", ("forecast_finish_readable",)),
        ("lots", ("budget_readable",)),
        ("1 to 2", ("budget_readable",)),
        ("2027-11-13", ("status_date_not_in_future",)),
        (None, ("project_id_required",)),
    }
    assert report.as_dict()["grid"]["rows"][0]["marks"]


def test_the_grid_of_many_columns_shows_the_key_and_what_is_wrong(desk: Desk, tmp_path: Path) -> None:
    others = [f"field {n}" for n in range(80)]
    header = ",".join([*others[:70], "project_id", "status_date", *others[70:], "rag"])
    lines = [",".join([*(["x" * 300] * 70), f"P{n}", "2026-11-13", *(["y"] * 10), "greenish"]) for n in range(300)]
    file = tmp_path / "wide.csv"
    file.write_text("\n".join([header, *lines]), "utf-8")
    grid = check(desk, file, tmp_path / "kept").grid
    assert grid
    assert len(grid.headers) == GRID_COLUMNS
    assert set(grid.headers[-3:]) == {"project_id", "status_date", "rag"}
    assert (len(grid.rows), grid.total, grid.hidden) == (200, 300, 43)
    assert max(len(text or "") for text in grid.rows[0].cells) == 200
