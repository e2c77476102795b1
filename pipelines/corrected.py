"""A file with what is wrong beside each row, to be mended and loaded as it is; and such a file as it was meant.

It has the file's own headers and all of its rows, behind two columns: `row`, where the row stood, and `problem`. What a
spreadsheet would take for a formula has an apostrophe before it, which is taken away when the file comes back.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from pipelines import amounts
from pipelines.findings import CORRECTED, MOST_ROWS, numbered
from pipelines.header_names import names_of
from pipelines.history import WHY, safe_cell
from pipelines.profile import Mapping
from pipelines.texttable import TextTable, is_view, ragged, ragged_whole

BESIDE = ("row", "problem")
MOST_CELLS = 60_000  # of a file that is written as a workbook as well
MOST_CELLS_BOOK = 400_000  # the same for a file that is a workbook
MOST_NOTES = 1_000  # cells of a workbook that say what is wrong when they are pointed at
LONGEST_CELL = 32_767  # characters that a workbook's cell takes
FILLS = {"error": "FFC7CE", "warning": "FFEB9C"}

Row = tuple[int, str | None, list[str | None]]  # its line, what is wrong with it, its cells


def keep(
    con: duckdb.DuckDBPyConnection, folder: Path, table: TextTable, mapping: Mapping, commas: Sequence[str]
) -> tuple[str, ...]:
    """Write a checked table into a folder, as CSV and, if it is not too large, as a workbook: the names of the files.

    None for a table without a problem in a row, or with more than 200,000 rows. Reads `found`; `commas` are the columns
    that are read with a decimal comma.
    """
    asked = "select exists (from found where source_row is distinct from ?)"
    if table.wide:
        table, mapping, commas = table.wide, *_as_in_file(table, mapping, commas)
    if table.rows > MOST_ROWS or not con.execute(asked, [table.header_row]).fetchall()[0][0]:
        return ()
    written = [numbered(folder, CORRECTED)]
    _write_csv(folder / written[0], table, _rows(con, table, {}))
    cells = table.rows * len(table.headers)
    if cells <= (MOST_CELLS if table.delimiter else MOST_CELLS_BOOK):
        written.append(written[0].replace(".csv", ".xlsx"))
        _write_book(folder / written[1], table, _rows(con, table, _plain_numbers(mapping, commas)), _marks(con, table))
    return tuple(written)


def _as_in_file(table: TextTable, mapping: Mapping, commas: Sequence[str]) -> tuple[Mapping, Sequence[str]]:
    """The columns of a table's file that are read with a decimal comma, where they were made one column of rows."""
    assert table.wide is not None
    parted = [n for n, header in enumerate(table.wide.headers) if header not in table.headers] if commas else []
    return replace(mapping, text={str(n): f"c{n}" for n in parted}), [str(n) for n in parted]


def restored(con: duckdb.DuckDBPyConnection, table: TextTable) -> TextTable:
    """A table that was read, as it was before `keep` wrote it: without the columns and apostrophes that this added.

    Any other table stays as it is.
    """
    if table.headers[:2] != BESIDE or len(table.headers) < 3 or table.transposed:
        return table
    name, kind = table.relation, "view" if is_view(con, table.relation) else "table"
    cells = ", ".join(f"{_without_mark(f'c{n}')} as c{n - 2}" for n in range(2, len(table.headers)))
    con.execute(f'create temp table "{name}_restored" as select source_row, {cells} from "{name}" order by source_row')
    con.execute(f'drop {kind} "{name}"')
    con.execute(f'alter table "{name}_restored" rename to "{name}"')
    con.execute(
        f'update "{ragged(con, table)}" set is_apart = is_apart[3:], '
        f"cells = list_transform(cells[3:], lambda cell: {_without_mark('cell')})"
    )
    headers = (header[1:] if safe_cell(header[1:]) == header else header for header in table.headers[2:])
    return replace(table, headers=tuple(headers))


def _without_mark(cell: str) -> str:
    """SQL: a cell as it was before `safe_cell`."""
    return f"case when regexp_matches({cell}, '^''+[=+@\\t\\r-]') then {cell}[2:] else {cell} end"


def _rows(con: duckdb.DuckDBPyConnection, table: TextTable, instead: dict[int, str]) -> Iterator[Row]:
    """All rows of a table by their lines, ragged ones with the cells that they have; `instead` is SQL for columns."""
    cells = ", ".join(instead.get(n, f"c{n}") for n in range(len(table.headers)))
    found = con.execute(
        f"""
        with why as (
            select p.source_row, {WHY} as problem from found as p
            where p.source_row is not null group by p.source_row
        ),
        every as (
            select source_row, [{cells}]::varchar[] as cells from {table.relation}
            union all from ({ragged_whole(con, table)})
        )
        select source_row, problem, cells from every left join why using (source_row) order by source_row
        """
    )
    while rows := found.fetchmany(10_000):
        yield from rows


def _write_csv(file: Path, table: TextTable, rows: Iterator[Row]) -> None:
    # With the file's own delimiter, for it tells what a point in an amount means.
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, delimiter=table.delimiter or ",")
        writer.writerow([*BESIDE, *map(safe_cell, table.headers)])
        writer.writerows(
            [row, *(safe_cell(cell) if cell else "" for cell in (why, *cells))] for row, why, cells in rows
        )


def _plain_numbers(mapping: Mapping, commas: Sequence[str]) -> dict[int, str]:
    """SQL for the cells with a decimal comma, which a workbook's text does not tell from a point."""
    found = {}
    for name in commas:
        if place := re.fullmatch(r"c(\d+)", mapping.text.get(name, "")):
            cell = place[0]
            number = amounts.value(cell, amounts.body(cell), decimal_comma=True)
            is_bare = f"regexp_full_match({cell}, '[-0-9., ]+')"
            found[int(place[1])] = (
                f"case when {is_bare} then coalesce(({number})::decimal(38, 6)::varchar, {cell}) else {cell} end"
            )
    return found


def _marks(con: duckdb.DuckDBPyConnection, table: TextTable) -> dict[tuple[int, int], tuple[str, str]]:
    """The severity and the words of each cell with a problem, by line and place."""
    places = {name: n for n, name in reversed([*enumerate(names_of(table.headers))])}
    found = con.sql(
        "select source_row, column_name, min(severity), string_agg(message || '. ' || fix, ' ') from found "
        "where source_row is not null and column_name is not null group by 1, 2"
    ).fetchall()
    return {(row, places[name]): (severity, words) for row, name, severity, words in found if name in places}


def _write_book(
    file: Path, table: TextTable, rows: Iterator[Row], marks: dict[tuple[int, int], tuple[str, str]]
) -> None:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ERROR_CODES, ILLEGAL_CHARACTERS_RE
    from openpyxl.comments import Comment
    from openpyxl.styles import Font, PatternFill

    book = Workbook(write_only=True)
    page = book.create_sheet("Corrected")
    page.freeze_panes = "C2"
    page.column_dimensions["B"].width = 60
    fills = {severity: PatternFill("solid", fgColor=colour) for severity, colour in FILLS.items()}
    notes = 0

    def cell(text: str | None, mark: tuple[str, str] | None = None) -> Any:
        nonlocal notes
        said = ILLEGAL_CHARACTERS_RE.sub("", safe_cell(text))[:LONGEST_CELL] if text else None
        if mark is None and said not in ERROR_CODES:
            return said
        made = WriteOnlyCell(page, said)
        if said is not None:
            made.data_type = "s"
        if mark:
            made.fill = fills[mark[0]]
            notes += 1
            if notes <= MOST_NOTES:
                made.comment = Comment(mark[1][:1000], "Rightwork", height=110, width=320)
        return made

    heads = [WriteOnlyCell(page, safe_cell(name)) for name in (*BESIDE, *table.headers)]
    for head in heads:
        head.font = Font(bold=True)
    page.append(heads)
    for row, why, cells in rows:
        page.append([row, cell(why), *(cell(text, marks.get((row, n))) for n, text in enumerate(cells))])
    book.save(file)
