"""Workbooks of a sheet a week: each sheet has the day in its name, offered and said."""

from pathlib import Path

import openpyxl
import pytest
from desk import TODAY, Desk

from pipelines.load import load
from pipelines.report import SHEET_NAME, FileReport, How, Request


@pytest.fixture
def book(tmp_path: Path) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for title in ("KW 45 2026", "Week ending 2026-11-13", "Notes"):
        sheet = made.create_sheet(title)
        rows = [["Buy", "milk"]] if title == "Notes" else [["Project ID", "Project name", "RAG"], ["P1", "One", "Red"]]
        for row in rows:
            sheet.append(row)
    file = tmp_path / "weeks.xlsx"
    made.save(file)
    return file


def reports(desk: Desk, book: Path, day: str | None = None) -> list[FileReport]:
    how = How(constants={"status_date": day} if day else {})
    return [
        one for one in load(desk.warehouse, Request([book], how, dry_run=not day), today=TODAY).files if one.rows_read
    ]


def test_the_day_of_each_sheet_is_offered_and_taken(desk: Desk, book: Path) -> None:
    offered = [(one.value, one.why[-10:]) for report in reports(desk, book)[:2] for one in report.offered]
    assert offered == [(SHEET_NAME, "2026-11-08"), (SHEET_NAME, "2026-11-13")]
    assert not any(report.refused for report in reports(desk, book, SHEET_NAME))
    days = desk.rows("select status_date::varchar from fact_status order by 1")
    assert days == [("2026-11-08",), ("2026-11-13",)]


def test_one_day_for_all_sheets_is_warned_of_where_a_name_says_another(desk: Desk, book: Path) -> None:
    told = [(report.sheet, p.rule) for report in reports(desk, book, "2026-11-13") for p in report.problems]
    assert ("KW 45 2026", "sheet_tells_another_day") in told
    assert ("Week ending 2026-11-13", "sheet_tells_another_day") not in told
