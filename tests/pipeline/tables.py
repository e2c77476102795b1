"""Literal rows as a text table, mapped and cast by the pipeline's own code, without a file or a store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb

from pipelines import findings
from pipelines.cast import cast
from pipelines.map import understand
from pipelines.problems import DataProblem, Problem
from pipelines.profile import Mapping
from pipelines.report import How
from pipelines.texttable import TextTable, Writer

Rows = Sequence[Sequence[str | None]]


@dataclass
class Typed:
    """What a table became: the connection with `typed` and `found`, the mapping, and the notes and questions."""

    con: duckdb.DuckDBPyConnection
    table: TextTable
    mapping: Mapping
    notes: list[Problem]
    questions: list[Problem]
    currency: str | None
    assumed: str | None = None

    def values(self, column: str) -> list[Any]:
        """A typed column, in the rows' order."""
        return [v for (v,) in self.con.sql(f'select "{column}" from typed order by source_row').fetchall()]

    def found(self) -> list[tuple[int, str, str | None, str]]:
        """The problems found row by row: row, column, value, rule."""
        return self.con.sql("select source_row, column_name, value, rule from found order by all").fetchall()

    def fixes(self) -> list[str]:
        """The fix of each problem found."""
        return [fix for (fix,) in self.con.sql("select fix from found order by source_row").fetchall()]


@cache
def connection() -> duckdb.DuckDBPyConnection:
    """The database of all literal tables, made once."""
    return duckdb.connect(config={"threads": 1})


def text_table(
    con: duckdb.DuckDBPyConnection, headers: Sequence[str], rows: Rows, delimiter: str | None = ","
) -> TextTable:
    """Headers on line 1 and rows on the lines after it, as `read` would have given them."""
    writer = Writer(con, "raw", len(headers))
    for number, row in enumerate(rows, 2):
        writer.add(number, [cell or "" for cell in row])
    writer.flush()
    return TextTable("export.csv", None, "raw", tuple(headers), "utf-8", delimiter, 1, len(rows), ())


def type_rows(
    headers: Sequence[str],
    rows: Rows,
    *,
    known: dict[str, dict[str, str]] | None = None,
    delimiter: str | None = ",",
    **how: Any,
) -> Typed:
    """Map and cast a table; `how` are the fields of a `How`. What can't be decided is in `questions`.

    One connection serves all: look at a table before the next one is cast.
    """
    con = connection()
    table = text_table(con, headers, rows, delimiter)
    mapping = understand(table, How(**how))
    findings.start(con, [])
    try:
        done = cast(con, table, mapping, known or {})
    except DataProblem as error:
        return Typed(con, table, mapping, [], error.problems, None)
    return Typed(con, table, mapping, done.notes, [], done.currency, done.assumed)
