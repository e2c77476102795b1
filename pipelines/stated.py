"""What a file states outside of its table: a day, which is offered, and a unit of its amounts, which is asked about."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import PurePath

import duckdb

from pipelines import dates
from pipelines.chosen import unit_of
from pipelines.problems import DataProblem, Offered, Problem
from pipelines.profile import Mapping
from pipelines.report import How
from pipelines.texttable import TextTable

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


def stated_days(con: duckdb.DuckDBPyConnection, table: TextTable, column: str, how: How) -> list[Offered]:
    """The days that a file states beside its rows, for a column that it lacks, each with the place that says so.

    Those of lines above and below the table go first, then those of the sheet's and of the file's name, and last the
    days on which the file says it was made. A day that can be read in two ways is offered both ways.
    """
    said: dict[dt.date, list[str]] = {}
    for text, where in sorted(_places(table), key=lambda place: bool(_MADE.search(place[0]))):
        for found in _DAY.findall(text):
            for day, order in _days(con, found, how):
                words = where + (f", read {order}" if order else "")
                if words not in said.setdefault(day, []):
                    said[day].append(words)
    return [Offered(column, day.isoformat(), "; ".join(words)) for day, words in list(said.items())[:MOST]]


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
