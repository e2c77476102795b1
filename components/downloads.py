"""Tables as files that are safe to open in a spreadsheet: no text of theirs is taken for a formula."""

import csv
import io
from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from components.formats import is_missing
from pipelines.history import safe_cell

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_CELL = 32_767  # characters that a workbook's cell takes
_RATIOS = ("cpi",)


def downloads(name: str, ask: Callable[[], pd.DataFrame]) -> None:
    """Two buttons for a frame as files, CSV and Excel; it is asked for, and the file made, only on a click."""
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", key=f"files-{name}"):
        for label, kind, mime, write in (("CSV", "csv", "text/csv", as_csv), ("Excel", "xlsx", XLSX, as_excel)):
            st.download_button(
                label,
                partial(_written, write, ask),
                file_name=f"{name}.{kind}",
                mime=mime,
                icon=":material/download:",
                type="tertiary",
                on_click="ignore",
                key=f"{name}-{kind}",
                help=f"Download all rows that fit, as {label}",
            )


def _written(write: Callable[[pd.DataFrame], bytes], ask: Callable[[], pd.DataFrame]) -> bytes:
    return write(ask())


def as_csv(frame: pd.DataFrame) -> bytes:
    """A frame as CSV; an empty cell is what is not known."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([safe_cell(str(name)) for name in frame.columns])
    for row in frame.itertuples(index=False, name=None):
        writer.writerow([_in_csv(value) for value in row])
    return out.getvalue().encode("utf-8-sig")


def as_excel(frame: pd.DataFrame, sheet: str = "Rightwork") -> bytes:
    """A frame as a workbook of one sheet: numbers and dates as such, the header frozen and filtered."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    page = book.create_sheet(sheet)
    page.freeze_panes = "C2"
    if len(frame.columns):
        page.auto_filter.ref = f"A1:{get_column_letter(len(frame.columns))}{len(frame) + 1}"
    for number, name in enumerate(frame.columns, start=1):
        page.column_dimensions[get_column_letter(number)].width = _width(frame[name], _title(name))

    def cell(value: Any, style: str = "") -> Any:
        is_text = isinstance(value, str)
        made = WriteOnlyCell(page, ILLEGAL_CHARACTERS_RE.sub("", safe_cell(value))[:LONGEST_CELL] if is_text else value)
        if is_text:
            made.data_type = "s"
        elif style:
            made.number_format = style
        return made

    heads = [cell(_title(str(name))) for name in frame.columns]
    for head in heads:
        head.font = Font(bold=True)
    page.append(heads)
    styles = [_style(frame[name]) for name in frame.columns]
    for row in frame.itertuples(index=False, name=None):
        page.append(
            [
                None if is_missing(value) else cell(_plain(value), style)
                for value, style in zip(row, styles, strict=True)
            ]
        )
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _title(name: str) -> str:
    return name[:1].upper() + name[1:].replace("_", " ")


def _width(column: "pd.Series[Any]", title: str) -> int:
    """Characters: as wide as the title or the usual text, within bounds."""
    if not pd.api.types.is_string_dtype(column):
        return max(13, len(title) + 3)
    longest = column.dropna().astype(str).str.len().quantile(0.95) if column.notna().any() else 0
    return int(min(max(longest + 2, len(title) + 3), 48))


def _style(column: "pd.Series[Any]") -> str:
    name = str(column.name)
    if pd.api.types.is_datetime64_any_dtype(column):
        return "d mmm yyyy"
    if name == "overrun" or name.endswith("_share"):
        return "0%"
    if name in _RATIOS:
        return "0.00"
    return "#,##0" if pd.api.types.is_float_dtype(column) else ""


def _plain(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value.item() if hasattr(value, "item") else value


def _in_csv(value: Any) -> Any:
    if is_missing(value):
        return ""
    if isinstance(value, str):
        return safe_cell(value)
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else value
