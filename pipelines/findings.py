"""What a check found, bounded: the first of each kind for the page, and files for whoever mends the export."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from pipelines.header_names import names_of
from pipelines.history import WHY, safe_cell
from pipelines.problems import Problem
from pipelines.profile import Mapping
from pipelines.report import FileReport, Grid, GridRow, Mark
from pipelines.texttable import TextTable, ragged, ragged_whole

SHOWN_EACH = 100  # problems of a kind that a bounded report holds
MOST_ROWS = 200_000  # rows of a file to be mended from
GRID_ROWS, GRID_COLUMNS, GRID_CELL = 200, 40, 200  # of the rows with problems that a page marks; characters of a cell
LONGEST = 1000  # characters of a cell that a bounded report holds
# Files for whoever mends an export; of several tables those after the first are numbered ("corrected-2.csv").
PROBLEMS, REJECTED = "problems.csv", "rejected.csv"
CORRECTED, CORRECTED_XLSX = "corrected.csv", "corrected.xlsx"

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


def report(
    con: duckdb.DuckDBPyConnection,
    table: TextTable,
    told: FileReport,
    notes: list[Problem],
    keep: Path | None,
    *,
    explain: bool,
) -> None:
    """Report the notes and what is in `found`: all of it, or, with a folder for the rest, the first of each kind.

    Of a transposed table the row is the line of the header, and the message names the cell.
    """
    lines = dict(zip(names_of(table.headers), table.lines, strict=False))
    where = " (row {}, column {} of the sheet)" if table.sheet else " (line {}, cell {} of the file)"
    for name, line in lines.items():
        con.execute(
            "update found set message = message || format($1, $2, source_row) where column_name = $3",
            [where, line, name],
        )
    if keep:
        listed, told.counts = first_of_each(con)
        if explain:
            keep_problems(con, keep, told.file, notes)
    else:
        listed = every(con)
    told.problems = [replace(p, row=lines.get(p.column or "", p.row)) for p in notes + listed]
    found = con.sql("select count(*) from found where severity = 'warning'").fetchall()[0][0]
    told.warnings = found + sum(p.severity == "warning" for p in notes)
    told.rows_flawed = rows_flawed(con, told.header_row)


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


def numbered(folder: Path, name: str) -> str:
    """A name of a table's file in a folder: as it is for the first, "rejected-2.csv" for the second."""
    names = (name if number == 1 else name.replace(".", f"-{number}.") for number in range(1, 100_000))
    return next(name for name in names if not (folder / name).exists())


def keep_rejected(con: duckdb.DuckDBPyConnection, folder: Path, table: TextTable) -> str:
    """Write the rejected rows of a table into a file of the folder, each behind its line and what is wrong: its name.

    It has the table's own headers and delimiter. A row that has too many or too few cells has so many.
    """
    cells = ", ".join(f"c{position}" for position in range(len(table.headers)))
    asked = con.sql(
        f"""
        with why as (
            select p.source_row, {WHY} as problem from found as p
            where p.severity = 'error' and p.source_row is not null group by p.source_row
        ),
        every as (
            select source_row, [{cells}]::varchar[] as cells from {table.relation}
            union all from ({ragged_whole(con, table)})
        )
        select source_row, problem, cells from every join why using (source_row) order by source_row limit {MOST_ROWS}
        """
    )
    name = numbered(folder, REJECTED)
    rows = ([row, why, *cells] for row, why, cells in _rows(asked))
    _append(rows, folder / name, ["row", "problem", *table.headers], table.delimiter or ",")
    return name


def grid(con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping | None) -> Grid | None:
    """The first rows of a table in which something was found, those with an error before those with a warning alone.

    Of many columns those of the key and those with problems are shown, and then the first others, in the file's order.
    None where nothing was found in a row.
    """
    total = rows_flawed(con, table.header_row)
    if not total:
        return None
    names = names_of(table.headers)
    told = con.execute(
        f"""
        with worst as (
            select source_row, min(severity) as severity from found
            where source_row is not null and source_row is distinct from $1 group by 1
            order by 2, 1 limit {GRID_ROWS}
        )
        select f.source_row, column_name, min(f.severity), list(distinct rule order by rule) from found as f
        semi join worst using (source_row) group by 1, 2 order by 1, 2
        """,
        [table.header_row],
    ).fetchall()
    wrong = {name for _, name, _, _ in told}
    keys = {mapping.headers.get(name) for name in mapping.contract.key} if mapping else set()
    order = sorted(range(len(names)), key=lambda n: (names[n] not in keys, names[n] not in wrong, n))
    places = sorted(order[:GRID_COLUMNS])
    marks: dict[int, list[Mark]] = {}
    for row, name, severity, rules in told:
        marks.setdefault(row, []).append(Mark(name, severity, tuple(rules)))
    cells = ", ".join(f"c{n}[:{GRID_CELL}]" for n in places)
    ragged_cells = ", ".join(f"cells[{n + 1}][:{GRID_CELL}]" for n in places)
    rows = con.execute(
        f"""
        select * from (
            select source_row, {cells} from {table.relation}
            union all select source_row, {ragged_cells} from "{ragged(con, table)}"
        ) where list_contains($1::bigint[], source_row) order by source_row
        """,
        [list(marks)],
    ).fetchall()
    shown = tuple(GridRow(row, tuple(texts), tuple(marks[row])) for row, *texts in rows)
    return Grid(tuple(names[n] for n in places), shown, total, len(names) - len(places))


def _rows(asked: duckdb.DuckDBPyConnection | duckdb.DuckDBPyRelation) -> Iterator[Sequence[Any]]:
    while rows := asked.fetchmany(10_000):
        yield from rows


def _append(rows: Iterable[Sequence[Any]], file: Path, head: list[str], delimiter: str = ",") -> None:
    is_new = not file.exists()
    with file.open("a", encoding="utf-8-sig" if is_new else "utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=delimiter)
        if is_new:
            writer.writerow([safe_cell(name) for name in head])
        writer.writerows(
            ["" if cell is None else safe_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
        )
