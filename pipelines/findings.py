"""What a check found, bounded: the first of each kind for the page, and files for whoever mends the export."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from pipelines.history import safe_cell
from pipelines.problems import Problem
from pipelines.profile import Mapping

SHOWN_EACH = 100  # problems of a kind that a bounded report holds
MOST_ROWS = 200_000  # rows of a file to be mended from
LONGEST = 1000  # characters of a cell that a bounded report holds
PROBLEMS, REJECTED = "problems.csv", "rejected.csv"

Kind = tuple[str, str, str | None, str]  # severity, rule, column, fix


def start(con: duckdb.DuckDBPyConnection, problems: Sequence[Problem]) -> None:
    """Start `found`, the problems of a table row by row, with those that reading it brought up."""
    con.execute(
        "create or replace temp table found (source_row bigint, column_name varchar, value varchar, rule varchar, "
        "severity varchar, message varchar, fix varchar)"
    )
    add(con, list(problems))


def add(con: duckdb.DuckDBPyConnection, problems: list[Problem]) -> None:
    """Add problems to `found`."""
    if not problems:
        return
    columns = ("row", "column", "value", "rule", "severity", "message", "fix")
    frame = pd.DataFrame([[getattr(p, c) for c in columns] for p in problems], columns=list(columns), dtype="object")
    con.register("problem_frame", frame)
    con.execute(
        'insert into found select row::bigint, "column"::varchar, value::varchar, rule, severity, message, fix '
        "from problem_frame"
    )
    con.unregister("problem_frame")


def name_cells(con: duckdb.DuckDBPyConnection, relation: str, mapping: Mapping) -> None:
    """Where several headers feed a column, place what was found in the cell that spoke in its row.

    `relation` is the text table that the mapping reads.
    """
    for column, header in mapping.cells.items():
        con.execute(
            f"""
            update found set column_name = spoke.header
            from (select source_row, {header} as header from {relation}) as spoke
            where found.source_row = spoke.source_row and column_name = ? and spoke.header is not null
            """,
            [mapping.headers[column]],
        )


def every(con: duckdb.DuckDBPyConnection) -> list[Problem]:
    """What is in `found`, by row."""
    rows = con.sql(
        "select rule, message, fix, source_row, column_name, value, severity from found "
        "order by source_row, column_name"
    ).fetchall()
    return [Problem(*row) for row in rows]


def rows_flawed(con: duckdb.DuckDBPyConnection, header_row: int | None) -> int:
    """How many rows in `found` have an error or a warning; what is said of a whole column stands at the header."""
    asked = "select count(distinct source_row) from found where source_row is distinct from ?"
    return int(con.execute(asked, [header_row]).fetchall()[0][0])


def first_of_each(con: duckdb.DuckDBPyConnection) -> tuple[list[Problem], dict[Kind, int]]:
    """The first problems of every kind in `found`, by row, and how many there are of each kind that has more."""
    kind = "severity, rule, column_name, fix"
    rows = con.sql(
        f"""
        select rule, message[:{LONGEST}], fix, source_row, column_name, value[:{LONGEST}], severity from found
        qualify row_number() over (partition by {kind} order by source_row) <= {SHOWN_EACH}
        order by source_row, column_name
        """
    ).fetchall()
    counts = con.sql(f"select {kind}, count(*) from found group by {kind} having count(*) > {SHOWN_EACH}").fetchall()
    return [Problem(*row) for row in rows], {(a, b, c, d): n for a, b, c, d, n in counts}


def keep_problems(
    con: duckdb.DuckDBPyConnection | None, folder: Path, file: str, listed: Iterable[Problem] = ()
) -> None:
    """Append problems, and those in `found`, to the folder's list of them, safe to open in a spreadsheet."""
    head = ["file", "row", "column", "value", "severity", "rule", "message", "fix"]
    _append(
        ([file, p.row, p.column, p.value, p.severity, p.rule, p.message, p.fix] for p in listed),
        folder / PROBLEMS,
        head,
    )
    if con is None:
        return
    asked = con.execute(
        f"""
        select $1, source_row, column_name, value, severity, rule, message, fix from found
        order by source_row, column_name limit {MOST_ROWS}
        """,
        [file],
    )
    _append(_rows(asked), folder / PROBLEMS, head)


def keep_rejected(
    con: duckdb.DuckDBPyConnection, folder: Path, relation: str, headers: Sequence[str], ragged: Iterable[Problem]
) -> None:
    """Append the rejected rows of a table to the folder's file of them, each behind its line and what is wrong.

    `ragged` rows are not in the table, and come last, each in one cell.
    """
    cells = ", ".join(f"t.c{position}" for position in range(len(headers)))
    asked = con.sql(
        f"""
        with why as (
            select source_row, string_agg(
                coalesce(column_name || ': ', '') || message || ' (' || coalesce(value[:200], 'empty') || '). ' || fix,
                ' | ' order by column_name
            ) as problem
            from found where severity = 'error' and source_row is not null group by source_row
        )
        select source_row, problem, {cells} from {relation} as t join why using (source_row)
        order by source_row limit {MOST_ROWS}
        """
    )
    _append(_rows(asked), folder / REJECTED, ["row", "problem", *headers])
    _append(([p.row, f"{p.message} {p.fix}", p.value] for p in ragged), folder / REJECTED, [])


def _rows(asked: duckdb.DuckDBPyConnection | duckdb.DuckDBPyRelation) -> Iterator[Sequence[Any]]:
    while rows := asked.fetchmany(10_000):
        yield from rows


def _append(rows: Iterable[Sequence[Any]], file: Path, head: list[str]) -> None:
    is_new = not file.exists()
    with file.open("a", encoding="utf-8-sig" if is_new else "utf-8", newline="") as out:
        writer = csv.writer(out)
        if is_new:
            writer.writerow([safe_cell(name) for name in head])
        writer.writerows(
            ["" if cell is None else safe_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
        )
