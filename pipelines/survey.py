"""One look at a whole table, before anything is cast: which columns hold nothing but plain values.

Most exports do. Such a column is read as it is, and a table of such columns is never kept as text.
"""

from dataclasses import dataclass

import duckdb

from pipelines import amounts, dates
from pipelines.contract import Column
from pipelines.profile import UNKNOWN_WORDS, Mapping
from pipelines.texttable import TextTable, cells_of, is_view, materialise


@dataclass(frozen=True)
class Survey:
    """What one look told. `typed`: per plain column of dates or numbers the SQL of its value, from the column's name.

    `known` are the columns in which no cell says in words that nothing is known, `spellings` the distinct texts of each
    choice, reference or name that has one spelling.
    """

    typed: dict[str, str]
    known: frozenset[str]
    spellings: dict[str, list[str]]


def survey(con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping) -> Survey:
    """Look at every mapped column in one pass; the table is kept as text only where some column is not plain."""
    columns = [c for c in mapping.contract.columns.values() if c.name in mapping.text]
    measured = [c for c in columns if c.type in ("date", "money", "number", "percent")]
    listed = [c for c in columns if c.type == "choice" or c.known_in or c.names]
    codes = [c for c in columns if c.type == "text" and (c.is_code or c.name in mapping.contract.key)]
    questions = (
        [_all_plain(c, table, mapping) for c in measured]
        + [f"list(distinct {mapping.text[c.name]})" for c in listed]
        + [f"count(*) filter ({says_unknown(c, mapping.text[c.name])}) = 0" for c in codes]
    )
    cells = cells_of(table.relation) if is_view(con, table.relation) else table.relation
    answers = iter(con.sql(f'select {", ".join(["count(*)", *questions])} from "{cells}"').fetchall()[0][1:])
    plain = [c for c in measured if next(answers)]
    spellings = {c.name: sorted(text for text in next(answers) or [] if text is not None) for c in listed}
    known = {c.name for c in plain} | {c.name for c in codes if next(answers)}
    if len(plain) < len(measured):
        materialise(con, table.relation)
    return Survey({c.name: _value(c, mapping) for c in plain}, frozenset(known), spellings)


def says_unknown(column: Column, text: str) -> str:
    """SQL: whether a cell says in words that nothing is known."""
    words = ", ".join("'" + word.replace("'", "''") + "'" for word in sorted({*UNKNOWN_WORDS, *column.unknown}))
    return f"lower({text}) in ({words})"


def points_part_thousands(table: TextTable, mapping: Mapping) -> bool:
    """Whether a point before three digits may part thousands: the comma is, or is likely, the decimal sign.

    Where it is, a semicolon or a tab parts the cells. A workbook's numbers always have a point.
    """
    if mapping.decimal is None:
        return table.delimiter in (";", "\t")
    return mapping.decimal == "," and table.delimiter is not None


def _all_plain(column: Column, table: TextTable, mapping: Mapping) -> str:
    """SQL: whether all cells of a column of dates or numbers are plain."""
    text = mapping.text[column.name]
    if column.type == "date":
        day = f"try_cast({text} as date)"
        first, last = f"date '{dates.FIRST_YEAR}-01-01'", f"date '{dates.LAST_YEAR}-12-31'"
        same = f"{day}::varchar = {text} and {day} between {first} and {last}"
        return f"count({day}) = count({text}) and coalesce(bool_and({same}), true)"
    # Aggregates of their own: a case around the cast takes the database five times as long.
    number = f"try_cast({text} as double)"
    every = f"coalesce(bool_and({amounts.has_digits_only(text)}), true) and count({number}) = count({text})"
    every += f" and coalesce(max(abs({number})) < {amounts.LARGEST}, true)"
    if points_part_thousands(table, mapping):
        every += f" and not coalesce(bool_or(contains({text}, '.')), false)"
    if column.type == "percent":
        # A column that never leaves 0 to 1 may be meant as fractions, and so may a cell between them.
        beyond, above = f"bool_or({number} > 1 or {number} < 0)", f"bool_or({number} > 0)"
        every += f" and (coalesce({beyond}, false) or not coalesce({above}, false))"
        every += f" and not coalesce(bool_or({number} > 0 and {number} < 1), false)"
    return every


def _value(column: Column, mapping: Mapping) -> str:
    if column.type == "date":
        return f"cast({column.name} as date)"
    scale = mapping.scale(column.name)
    return f"cast({column.name} as double)" + (f" * {scale:g}" if scale != 1 else "")
