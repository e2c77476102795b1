"""What a file states outside of its table: a day, which is offered, and a unit of its amounts, which is asked about."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath

import duckdb

from pipelines import dates, effort, periods
from pipelines.chosen import unit_of
from pipelines.headers import fold
from pipelines.problems import DataProblem, Offered, Problem
from pipelines.profile import Mapping
from pipelines.report import SHEET_NAME, How
from pipelines.texttable import TextTable

_TITLE = re.compile(r"^\W*(?:status|report|stand|week ending|w/?e|as of|per)\b[\s:_-]*", re.I)
MOST = 4  # days that are offered
MOST_LINES = 60
_YEAR = r"(?:19|20|21)\d\d"
_MONTH = r"[^\W\d_]{3,10}"
_DAY = re.compile(
    rf"(?<![\d.,/-])(?:{_YEAR}[-./]\d{{1,2}}[-./]\d{{1,2}}|\d{{1,2}}[-./]\d{{1,2}}[-./](?:{_YEAR}|\d\d)|{_YEAR}\d{{4}}|"
    rf"\d{{1,2}}(?:st|nd|rd|th|er|\.)?[- ]{{0,2}}(?:de )?{_MONTH}\.?,?[- ]?(?:de )?{_YEAR}|"
    rf"{_MONTH}\.?[- ]\d{{1,2}}(?:st|nd|rd|th)?,?[- ]{_YEAR}|{_YEAR}[- ]{_MONTH}[- ]\d{{1,2}})(?![\d]|[-./]\d)"
)
# A line that says when the file was made says less of what it holds than one that says how things stood when.
_MADE = re.compile(
    r"\b(?:generated|exported|printed|created|produced|downloaded|extracted|retrieved|run|"
    r"erstellt|exportiert|gedruckt|généré|exporté|imprimé|généré|generado|exportado)\b",
    re.I,
)
# "Savings of $3 million" is an amount, not the unit of others.
_AMOUNT = re.compile(r"[1-9][\d.,]* ?(?:[kmb]|mn|mio|mrd|tsd|bn|thousand|million|billion)", re.I)


def ask_unit(table: TextTable, mapping: Mapping, how: How) -> None:
    """DataProblem where a line beside the table states a unit of the amounts that no header and no person does.

    "All amounts in $ thousands" above a table, or "Kosten (T€)" above the headers of its group, makes its amounts a
    thousand times what their cells say. What a profile or a saved mapping reads is known already.
    """
    money = [h for name, h in mapping.headers.items() if mapping.contract.columns[name].type == "money"]
    money = [header for header in money if not unit_of(header)[0]]
    if not money or how.scale or mapping.profile or mapping.source.scale != 1 or mapping.scales:
        return
    what = "row" if table.sheet else "line"
    for row in [row for row in table.left_out if row.kind in ("preamble", "footer")][:MOST_LINES]:
        for text in re.split(r"[,;] ", row.text):
            scale, currency = unit_of(text)
            if not scale or _AMOUNT.search(text):
                continue
            message = (
                f"{what} {row.row} says “{text.strip()[:80]}”, and {', '.join(money)} "
                f"{'state' if len(money) > 1 else 'states'} no unit"
            )
            fix = f"Say what the amounts are in: --scale {scale:.0f}, or --scale 1 for full units"
            fix += f"; and --set currency={currency} if that holds for all of them." if currency else "."
            problem = Problem("unit_undecided", message, fix, row=row.row, column=money[0], value=text.strip()[:80])
            raise DataProblem(message, fix, [problem])


def days_of_sheets(con: duckdb.DuckDBPyConnection, table: TextTable, how: How) -> How:
    """How a sheet is read: where the day in its name was asked for, that day stands for it.

    DataProblem where the name tells no day, or one that can be read in two ways.
    """
    asked = [name for name, value in how.constants.items() if fold(value) == fold(SHEET_NAME)]
    if not asked:
        return how
    days = _named_days(con, table.sheet or "", how)
    if len(days) != 1:
        tells = "can be read in two ways" if days else "tells no day"
        message = f"the sheet's name {table.sheet} {tells}" if table.sheet else f"{table.file} has no sheets"
        fix = f"Read one sheet by itself and say its day (--sheet NAME --set {asked[0]}=2026-11-20)."
        fix = f"Say which comes first (--date-order dmy or mdy). {fix}" if days else fix
        raise DataProblem(message, fix, [Problem("sheet_tells_no_day", message, fix, value=table.sheet)])
    return replace(how, constants=how.constants | dict.fromkeys(asked, days[0].isoformat()))


def note_other_day(con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping, how: How) -> list[Problem]:
    """A warning where a day that was said for all rows is not the one that the name of their sheet tells."""
    known = mapping.contract.header_for()
    for said, value in how.constants.items():
        column = mapping.contract.columns.get(known.get(fold(said), ""))
        if not (column and column.type == "date" and table.sheet and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
            continue
        days = _named_days(con, table.sheet, how)
        first = [period.day for text in (table.sheet,) if (period := periods.day(_bare(text), start=True))]
        said_so = any(begin.isoformat() <= value <= end.isoformat() for begin in first or days for end in days)
        if days and not said_so:
            return [
                Problem(
                    "sheet_tells_another_day",
                    f"the sheet {table.sheet} is read with {said} {value}, and its name says {days[0]}",
                    f"If each sheet is of the day in its name, say --set {said}={SHEET_NAME!r}.",
                    value=table.sheet,
                    severity="warning",
                )
            ]
    return []


def _bare(name: str) -> str:
    return _TITLE.sub("", name).strip()


def _named_days(con: duckdb.DuckDBPyConnection, name: str, how: How) -> list[dt.date]:
    """The days that the name of a sheet tells; a week's or a month's last day where it names such a period."""
    found = [day for text in _DAY.findall(name) for day, _ in _days(con, text, how)]
    if not found and (period := periods.day(_bare(name), start=False)):
        found = [period.day]
    return list(dict.fromkeys(found))


def stated_days(
    con: duckdb.DuckDBPyConnection, table: TextTable, column: str, how: How, *, several: bool = False
) -> list[Offered]:
    """The days that a file states beside its rows, for a column that it lacks, each with the place that says so.

    Where the name of one of `several` sheets tells a day, its own day for each sheet goes first.

    Those of lines above and below the table go first, then those of the sheet's and of the file's name, and last the
    days on which the file says it was made. A day that can be read in two ways is offered both ways.
    """
    if column == "month" and effort.begins_and_ends(table.headers):
        return []  # no month holds for all of its rows
    said: dict[dt.date, list[str]] = {}
    for text, where in sorted(_places(table), key=lambda place: bool(_MADE.search(place[0]))):
        for found in _DAY.findall(text):
            for day, order in _days(con, found, how):
                words = where + (f", read {order}" if order else "")
                if words not in said.setdefault(day, []):
                    said[day].append(words)
    offered = [Offered(column, day.isoformat(), "; ".join(words)) for day, words in list(said.items())[:MOST]]
    days = _named_days(con, table.sheet or "", how) if table.sheet else []
    if several and len(days) == 1:
        why = f"each sheet's own day, by its name; here {days[0].isoformat()}"
        return [Offered(column, SHEET_NAME, why), *(one for one in offered if one.value != days[0].isoformat())]
    if days and not offered:
        return [Offered(column, day.isoformat(), "the sheet's name says") for day in days]
    return offered


def _places(table: TextTable) -> Iterator[tuple[str, str]]:
    """The texts that may state a day, each with the words that say where it stands."""
    what = "row" if table.sheet else "line"
    outside = [row for row in table.left_out if row.kind in ("preamble", "footer")]
    for row in outside[:MOST_LINES]:
        yield row.text, f"{what} {row.row} says: {row.text[:80]}"
    if table.sheet:
        yield table.sheet, "the sheet's name says"
    yield PurePath(table.file).stem.replace("_", " "), "its name says"


def _days(con: duckdb.DuckDBPyConnection, text: str, how: How) -> list[tuple[dt.date, str]]:
    """The days that a text may say, and by which order of day and month, where that makes a difference."""
    orders = {"dmy": "day first", "mdy": "month first"}
    asked = [dates.plausible(dates.written(dates.day_text("text"), order)) for order in orders]
    row = con.execute(f"select {', '.join(asked)} from (select $1 as text)", [text.replace(" de ", " ")]).fetchall()[0]
    found = dict(zip(orders, row, strict=True))
    if how.dates:
        return [(found[how.dates], "")] if found[how.dates] else []
    days = {day for day in row if day}
    if len(days) < 2:
        return [(day, "") for day in days]
    return [(day, orders[order]) for order, day in found.items()]
