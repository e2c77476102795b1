"""Tables as files that are safe to open in a spreadsheet: no text of theirs is taken for a formula."""

import csv
import io
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from components.formats import is_missing
from pipelines.history import safe_cell

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_CELL = 32_767  # characters that a workbook's cell takes


def as_csv(frame: pd.DataFrame) -> bytes:
    """A frame as CSV; an empty cell is what is not known."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([_cell(str(name)) for name in frame.columns])
    for row in frame.itertuples(index=False, name=None):
        writer.writerow(["" if is_missing(value) else _cell(value) for value in row])
    return out.getvalue().encode("utf-8-sig")


def as_excel(frame: pd.DataFrame, sheet: str) -> bytes:
    """A frame as a workbook of one sheet."""
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet)
    page.append([_cell(str(name)) for name in frame.columns])
    for row in frame.itertuples(index=False, name=None):
        page.append([None if is_missing(value) else _in_workbook(value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(value: Any) -> Any:
    return safe_cell(value) if isinstance(value, str) else value


def _in_workbook(value: Any) -> Any:
    if isinstance(value, str):
        return ILLEGAL_CHARACTERS_RE.sub("", safe_cell(value))[:LONGEST_CELL]
    return value.item() if hasattr(value, "item") else value
