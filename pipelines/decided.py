"""What was decided about a table beyond how its file is taken apart, and what in the file speaks for it."""

from __future__ import annotations

import duckdb

from pipelines import amounts, dates
from pipelines.cast import PREPARED, Cast
from pipelines.contract import contract
from pipelines.headers import fold
from pipelines.literals import quoted
from pipelines.problems import Decision
from pipelines.profile import Mapping, positions, profiles
from pipelines.profile import places as places_of
from pipelines.report import How
from pipelines.texttable import TextTable

ORDERS = {"dmy": "day first", "mdy": "month first"}
SIGNS = {",": "comma", ".": "point"}


def what_it_is(table: TextTable, mapping: Mapping, how: How) -> list[Decision]:
    """Which export a table is and which profile reads it, each with the headers that speak for it."""
    export = mapping.contract.export
    known = contract(export).header_for()
    own = [header for header in table.headers if fold(header) in known]
    if how.export:
        why = "as you said"
    elif mapping.profile:
        why = f"it is what {mapping.profile} reads"
    else:
        why = f"{len(own)} of its {len(table.headers)} headers are those of the {export} export: {_some(own)}"
    return [
        Decision("export", export, why, "export"),
        Decision("profile", mapping.profile or "none", _why_profile(table, mapping, how), "profile"),
    ]


def _why_profile(table: TextTable, mapping: Mapping, how: How) -> str:
    if mapping.profile is None:
        return "no profile and no saved mapping knows these headers, so they are read by their names"
    if how.profile:
        return "as you said"
    shipped = profiles().get(mapping.profile)
    if shipped is None:
        return "this mapping was saved for these headers"
    present = positions(table)
    telling = [together for together in shipped.recognise if all(places_of(header, present) for header in together)]
    return f"its headers tell: {_some(max(telling, key=len))}" if telling else "its headers tell"


def _some(headers: list[str] | tuple[str, ...]) -> str:
    more = len(headers) - 6
    return ", ".join(headers[:6]) + (f" and {more:,} more" if more > 0 else "")


def how_columns_are_read(con: duckdb.DuckDBPyConnection, mapping: Mapping, how: How, cast: Cast) -> list[Decision]:
    """The order of day and month, or the decimal sign, of each column that has two, with the cell that tells it; and
    the century of years of two digits.

    To be called right after `pipelines.cast.cast`, whose answer it takes.
    """
    found = []
    for name, choice in cast.decided.items():
        header = mapping.headers.get(name, name)
        if choice in ORDERS:
            said = how.dates or mapping.dates
            why = _said(how.dates) if said else _why_order(con, name, choice)
            found.append(Decision(f"dates of {header}", ORDERS[choice], why, "dates"))
        else:
            said = how.decimal or mapping.decimal
            why = _said(how.decimal) if said else _why_sign(con, name, choice)
            found.append(Decision(f"decimal sign of {header}", SIGNS[choice], why, "decimal"))
    for name, (mark, row) in cast.formatted.items():
        why = f"its cells are formatted with {mark}, as in row {row}; a currency column or --set currency= goes before"
        found.append(Decision(f"currency of {mapping.headers[name]}", cast.currency or mark, why))
    for name in cast.short_years:
        header, pivot = mapping.headers.get(name, name), dates.PIVOT
        why = "two digits say no century; write years in four digits where another one is meant"
        found.append(Decision(f"years of {header}", f"from 19{pivot} to 20{pivot - 1}", why))
    return found


def _said(by_person: str | None) -> str:
    return "as you said" if by_person else "its profile or mapping says so"


def _why_order(con: duckdb.DuckDBPyConnection, name: str, order: str) -> str:
    first, second = dates.first_and_second(f"{name}_day")
    telling = {"dmy": f"{first} > 12 and {second} <= 12", "mdy": f"{second} > 12 and {first} <= 12"}
    for_it, against = order, "mdy" if order == "dmy" else "dmy"
    return _witnesses(con, name, telling[for_it], telling[against], ORDERS[order]) or (
        _why_pointed(con, name, order) or "every date reads the same either way"
    )


def _why_pointed(con: duckdb.DuckDBPyConnection, name: str, order: str) -> str | None:
    """What speaks for the day first where no date does by its numbers; None where nothing does."""
    row, cell, either = con.execute(
        f"select min(source_row) filter (p), left(min_by({name}, source_row) filter (p), 40), count(*) filter (p) "
        f"from (select *, {dates.has_points(name)} as p from {PREPARED})"
    ).fetchall()[0]
    if order != "dmy" or not either:
        return None
    return (
        f"{cell} in row {row} has points between its numbers, as dates with the day first do; no date speaks against it"
    )


def _why_sign(con: duckdb.DuckDBPyConnection, name: str, sign: str) -> str:
    forms = {",": amounts.DECIMAL_COMMA, ".": amounts.DECIMAL_POINT}
    telling = {mark: f"regexp_matches({name}_body, {quoted(form)})" for mark, form in forms.items()}
    against = telling["," if sign == "." else "."]
    return _witnesses(con, name, telling[sign], against, f"read with a decimal {SIGNS[sign]}") or (
        "no amount has decimals, or thousands that are parted in the other way"
    )


def _witnesses(con: duckdb.DuckDBPyConnection, name: str, telling: str, against: str, read: str) -> str | None:
    """The first cell that can be read in one way only, and how many say so and otherwise; None where none tells."""
    row, cell, count, others, other_row, other = con.execute(
        f"select min(source_row) filter ({telling}), left(min_by({name}, source_row) filter ({telling}), 40), "
        f"count(*) filter ({telling}), count(*) filter ({against}), min(source_row) filter ({against}), "
        f"left(min_by({name}, source_row) filter ({against}), 40) from {PREPARED}"
    ).fetchall()[0]
    if not count:
        return None
    why = f"{cell} in row {row} can only be {read}"
    if count > 1:
        why += f", as can {count - 1:,} more"
    if others:
        why += f"; {other} in row {other_row} cannot" + (f", and {others - 1:,} more" if others > 1 else "")
    return why
