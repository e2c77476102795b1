"""What people get from the contracts: a template to fill in for each export, and the data dictionary."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.contract import Column, Contract, contract, contracts

HELP_ROW, HEADER_ROW = 1, 2
LAST_ROW = 20_000  # down to which a workbook's drop-downs reach
LISTS = "Lists"
INLINE = 250  # characters of a list that Excel takes within a drop-down
_WIDTHS = {"date": 14, "choice": 16, "money": 15, "number": 12, "percent": 12, "yes_no": 10}
_FORMATS = {"text": "@", "choice": "@", "yes_no": "@", "date": "yyyy-mm-dd", "money": "#,##0.##"}


def template_rows(form: Contract) -> list[list[str]]:
    """An export's template: the header and one example row."""
    return [list(form.columns), [column.example for column in form.columns.values()]]


def template(export: str) -> bytes:
    """An export's template as a CSV file."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(template_rows(contract(export)))
    return out.getvalue().encode("utf-8-sig")


def write_templates(folder: Path, *, excel: bool = False) -> list[Path]:
    """Write one template an export into a folder (made if need be), as CSV or as a workbook; the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for form in contracts():
        file = folder / f"{form.export}.{'xlsx' if excel else 'csv'}"
        file.write_bytes(workbook(form.export) if excel else template(form.export))
        files.append(file)
    return files


def workbook(export: str) -> bytes:
    """An export's template as a workbook, to be filled in from its third row on and loaded as it is.

    The row of help stands above the header: a reader of exports passes over what stands there, in any tool and after
    any saving. There is no example row, which would be loaded when nobody deletes it.
    """
    from openpyxl import Workbook
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    form = contract(export)
    book = Workbook()
    page = book.worksheets[0]
    page.title = export
    lists = book.create_sheet(LISTS)
    lists.sheet_state = "hidden"
    for number, column in enumerate(form.columns.values(), start=1):
        letter = get_column_letter(number)
        width = max(_WIDTHS.get(column.type, 22), len(column.name) + 3)
        page.column_dimensions[letter].width = width
        page.column_dimensions[letter].number_format = _FORMATS.get(column.type, "General")
        said = page.cell(HELP_ROW, number, _help(column))
        said.font = Font(italic=True, size=9, color="595959")
        said.alignment = Alignment(wrap_text=True, vertical="top")
        header = page.cell(HEADER_ROW, number, column.name)
        header.font = Font(bold=True)
        header.fill = PatternFill("solid", start_color="FCE4D6" if column.required else "DDEBF7")
        header.comment = Comment(_help(column), "Rightwork", width=280, height=140)
        if rule := _validation(column, lists):
            rule.add(f"{letter}{HEADER_ROW + 1}:{letter}{LAST_ROW}")
            page.add_data_validation(rule)
    if not lists["A1"].value:
        book.remove(lists)
    page.row_dimensions[HELP_ROW].height = 110
    page.freeze_panes = f"B{HEADER_ROW + 1}"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _help(column: Column) -> str:
    """What a column means, in the words of the contract, with an example."""
    needed = "Needed. " if column.required else ""
    limits = f" One of: {', '.join(column.values)}." if column.values else ""
    return f"{needed}{column.help}{limits}" + (f" For example: {column.example}" if column.example else "")


def _validation(column: Column, lists: Any) -> Any:
    """What Excel lets into a column, the same that the contract does; None where it lets in any text."""
    from openpyxl.worksheet.datavalidation import DataValidation

    choices = list(column.values) or (["yes", "no"] if column.type == "yes_no" else [])
    if choices:
        rule = DataValidation(type="list", formula1=_listed(choices, lists))
        rule.error = f"Choose one of: {', '.join(choices)}"[:250]
    elif column.type == "date":
        rule = DataValidation(type="date", operator="greaterThan", formula1="1")
        rule.error = "Write a date, such as 2026-11-20."
    elif column.type in ("money", "number", "percent"):
        low = "-1E+15" if column.min is None else f"{column.min:g}"
        high = "1E+15" if column.max is None else f"{column.max:g}"
        rule = DataValidation(type="decimal", operator="between", formula1=low, formula2=high)
        rule.error = f"Write a number{_range(column)}, without its unit."
    elif column.max_length is not None:
        rule = DataValidation(type="textLength", operator="lessThanOrEqual", formula1=str(column.max_length))
        rule.error = f"At most {column.max_length} characters."
    else:
        return None
    rule.errorTitle, rule.showErrorMessage, rule.allow_blank = column.name, True, True
    # What breaks a warning's rule loads all the same.
    rule.errorStyle = "stop" if column.severity == "error" else "warning"
    return rule


def _listed(choices: list[str], lists: Any) -> str:
    """The formula of a drop-down: the choices themselves, or, where these are too long, cells of the hidden sheet."""
    inline = ",".join(choices)
    if len(inline) <= INLINE and not any("," in choice for choice in choices):
        return f'"{inline}"'
    place = lists.max_column + 1 if lists["A1"].value else 1
    for number, choice in enumerate(choices, start=1):
        cell = lists.cell(number, place, choice)
    return f"{LISTS}!${cell.column_letter}$1:${cell.column_letter}${len(choices)}"


def _range(column: Column) -> str:
    if column.min is not None and column.max is not None:
        return f" from {column.min:g} to {column.max:g}"
    if column.min is not None:
        return f", {column.min:g} or more"
    return "" if column.max is None else f", {column.max:g} or less"


def dictionary() -> str:
    """The data dictionary in Markdown: every export, its key, its columns and its rules."""
    return "\n".join(
        [
            "# Data dictionary",
            "",
            "What each export may hold. Headers are matched without regard to case, spaces and punctuation.",
            "The other headers listed are read as the same column. `make docs` writes this page from the contracts.",
            "",
            *(line for form in contracts() for line in _chapter(form)),
        ]
    )


def dictionary_frame() -> pd.DataFrame:
    """The data dictionary as a table, one row a column of an export, for a spreadsheet."""
    return pd.DataFrame(list(_entries()))


def _entries() -> Iterator[dict[str, str]]:
    for form in contracts():
        for column in form.columns.values():
            yield {
                "export": form.export,
                "column": column.name,
                "unit": column.unit,
                "needed": "yes" if column.required else "no",
                "key": "yes" if column.name in form.key else "no",
                "meaning": column.help,
                "allowed": ", ".join(column.values) or _range(column).strip(" ,"),
                "example": column.example,
                "also_read_as": ", ".join(column.aliases),
            }


def _chapter(form: Contract) -> list[str]:
    return [
        f"## {form.title} (`{form.export}`)",
        "",
        f"{form.answers} One row: {form.grain.removeprefix('one row ')}. Key: {', '.join(f'`{k}`' for k in form.key)}.",
        "",
        "| Column | Unit | Needed | What it means | Example | Also read as |",
        "|---|---|---|---|---|---|",
        *(_line(column) for column in form.columns.values()),
        "",
        *(["Rules:", "", *(_rule(rule) for rule in form.rules), ""] if form.rules else []),
    ]


def _line(column: Column) -> str:
    limits = f" One of: {', '.join(column.values)}." if column.values else ""
    also = ", ".join(column.aliases)
    needed = "yes" if column.required else ""
    return f"| `{column.name}` | {column.unit} | {needed} | {column.help}{limits} | {column.example} | {also} |"


def _rule(rule: dict[str, str]) -> str:
    effect = "the row is rejected" if rule["severity"] == "error" else "the row loads and is flagged"
    return f"- {rule['message'].capitalize()}: {effect}. {rule['fix']}"
