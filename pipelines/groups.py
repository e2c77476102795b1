"""Rows that name the group of the rows below them and say nothing else: left out, their text passed down to those."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

import duckdb
import pyarrow as pa

from pipelines.headers import fold
from pipelines.leftout import is_number, is_prose, listed, shape
from pipelines.problems import Decision, LeftOut
from pipelines.profile import Mapping
from pipelines.report import FileReport, How
from pipelines.texttable import TextTable, headings_of, is_view, name_groups, ragged

HEADER = "Group heading"  # of the column that holds the headings
FEWEST = 2
NARROWEST = 3  # columns of a table that may have headings
MOST_CANDIDATES = 50_000
LONGEST = 200  # characters of a heading
SAMPLE = 500
LEAST_FOLLOWED = 0.9  # the share of headings below which a full row or another heading stands


class _Alone(NamedTuple):
    """A row with one filled cell: where it stands, whether it is ragged, and what the row below it is."""

    line: int
    place: int
    text: str
    is_ragged: bool
    above_full: bool
    above_alone: bool


def alone(columns: Sequence[str]) -> str:
    """SQL: whether a row says something in one of its first two cells, and nothing else."""
    if len(columns) < NARROWEST:
        return "false"
    first, second, *others = columns
    return f"coalesce({', '.join(others)}, null) is null and ({first} is null) <> ({second} is null)"


def without_headings(con: duckdb.DuckDBPyConnection, table: TextTable, how: How) -> TextTable:
    """A table without the rows that name groups, with a column more that holds the heading above each row.

    Several such rows there must be, each above full rows, whose text is none of the column's others in form: a row
    that has an identifier and nothing else is data. With `how.headings` as "rows" they all are. What was done is in
    the table's `decisions` and `left_out`.
    """
    if table.transposed or table.width < NARROWEST or is_view(con, table.relation):
        return table
    above = _above_header(table)
    rows = _alone(con, table, 1 if above else FEWEST)
    headings = [one for one in rows if above and one.line in _repeated(table)]
    headings = [above, *headings] if above and headings else _headings(con, table, rows)
    if not headings:
        return table
    count, first = len(headings), headings[0]
    said = f"row {first.line} says “{first.text[:60]}” and nothing else, above full rows, as do {count - 1:,} more"
    if how.headings == "rows":
        kept = Decision("group headings", "rows of data", f"as you said; {said}", "headings")
        return replace(table, decisions=(*table.decisions, kept))
    lines = [one.line for one in headings]
    for relation in (table.relation, ragged(con, table)):
        con.execute(f'delete from "{relation}" where list_contains($1::bigint[], source_row)', [lines])
    texts = pa.table({"source_row": pa.array(lines, pa.int64()), "heading": [one.text for one in headings]})
    con.register("headings_found", texts)
    con.execute(f'create or replace temp table "{headings_of(table.relation)}" as from headings_found')
    con.unregister("headings_found")
    # Where the column says nothing else, its header speaks of the headings.
    own, place = headings[0].place, table.width
    taken = {one.line for one in headings} & {row.row for row in table.left_out}
    says_else = con.execute(f'select exists (from "{table.relation}" where c{own} is not null)').fetchall()[0][0]
    is_added = says_else or not table.headers[own]
    if is_added:
        con.execute(f'alter table "{table.relation}" add column c{place} varchar')
    else:
        place = own
    name_groups(con, table.relation, place)
    where = f"in a column of its own, {HEADER}" if is_added else f"in {table.headers[own]}, where nothing else stands"
    why = f"{said}; they are left out, and each stands beside the rows of its group {where}"
    return replace(
        table,
        headers=(*table.headers, HEADER) if is_added else table.headers,
        rows=table.rows - count + len(taken),
        problems=tuple(problem for problem in table.problems if problem.row not in set(lines)),
        decisions=(*table.decisions, Decision("group headings", f"{count:,} rows left out", why, "headings")),
        left_out=listed(
            [
                *(row for row in table.left_out if row.row not in taken),
                *(LeftOut(one.line, "group heading", one.text) for one in headings),
            ]
        ),
        groups_in=place,
        is_added=is_added,
    )


def _repeated(table: TextTable) -> set[int]:
    """The lines right above a header that comes again."""
    return {row.row - 1 for row in table.left_out if row.kind == "header again"}


def _above_header(table: TextTable) -> _Alone | None:
    """The line right above the header, where the header comes again below others: it names the first group."""
    for row in table.left_out if _repeated(table) else ():
        # What is said of a row parts its cells by a comma.
        if row.kind == "preamble" and row.row == table.header_row - 1 and row.text and ", " not in row.text:
            return _Alone(row.row, 0, row.text, False, True, False)
    return None


def _alone(con: duckdb.DuckDBPyConnection, table: TextTable, fewest: int) -> list[_Alone]:
    """The rows with one filled cell among their first two, in the file's order."""
    columns = [f"c{i}" for i in range(table.width)]
    is_alone, name = alone(columns), ragged(con, table)
    asked = f'select count(*) from "{table.relation}" where {is_alone}'
    lone = con.execute(asked).fetchall()[0][0]
    lone += con.execute(f'select count(*) from "{name}" where list_count(cells) = 1').fetchall()[0][0]
    if not fewest <= lone <= MOST_CANDIDATES:
        return []
    found = con.execute(
        f"""
        with every as (
            select source_row, false as is_ragged, c0, c1, {is_alone} as is_alone,
                list_count([{", ".join(columns)}]) as n
            from "{table.relation}"
            union all
            select source_row, true, cells[1], cells[2],
                list_count(cells) = 1 and (cells[1] is not null or cells[2] is not null), list_count(cells)
            from "{name}"
        ),
        usual as (select median(n) as n from every where not is_alone)
        select source_row, c0 is null, coalesce(c0, c1), is_ragged,
            coalesce(below_n * 2 >= usual.n and not below_alone, false), coalesce(below_alone, false)
        from (
            select *, lead(n) over below as below_n, lead(is_alone) over below as below_alone
            from every window below as (order by source_row)
        ), usual
        where is_alone order by source_row
        """
    ).fetchall()
    return [_Alone(line, int(second), text, *rest) for line, second, text, *rest in found]


def _headings(con: duckdb.DuckDBPyConnection, table: TextTable, rows: Sequence[_Alone]) -> list[_Alone]:
    """Which of the rows with one cell name groups: none where too few do, or where they may as well be data."""
    if len(rows) < FEWEST:
        return []
    places = [one.place for one in rows]
    place = max(set(places), key=places.count)
    columns = [f"c{i}" for i in range(table.width)]
    full = con.execute(
        f'select c{place}, source_row from "{table.relation}" where not ({alone(columns)}) order by source_row '
        f"limit {SAMPLE}"
    ).fetchall()
    cells = [cell for cell, _ in full if cell is not None]
    shapes = {shape(cell) for cell in cells}
    said = {fold(cell) for cell in cells}
    able = [
        one
        for one in rows
        if one.place == place
        and len(one.text) <= LONGEST
        and fold(one.text) not in said
        and re.search(r"[^\W\d_]", one.text)
        and not is_number(one.text)
        and not is_prose(one.text)
    ]
    # Where identifiers stand, or nothing, a text of another form is no row's; among names only the file's order tells.
    words = sum(not re.search(r"\d", cell) for cell in cells)
    is_of_words = words * 5 > len(cells) > 0 and len(cells) * 10 > len(full)
    found = [one for one in able if shape(one.text) not in shapes]
    followed = [one.above_full or one.above_alone for one in found]
    if is_of_words:
        found, followed = able, [one.above_full for one in able]
        if not full or not found or found[0].line > full[0][1] or not all(followed) or len(able) < len(rows):
            return []
    many = len(found) >= FEWEST and len({fold(one.text) for one in found}) >= FEWEST
    above = sum(one.above_full for one in found)
    total = con.execute(f'select count(*) from "{table.relation}"').fetchall()[0][0]
    enough = above >= FEWEST and sum(followed) >= LEAST_FOLLOWED * len(found) and len(found) * 2 <= total
    return found if many and enough else []


def suggest(report: FileReport, mapping: Mapping, programs: Collection[str]) -> None:
    """Suggest for the column of headings, where it feeds nothing, that they name programs, if those of `programs` (the
    folded names and identifiers in force) they are, else portfolios."""
    for place, column in enumerate(report.columns):
        free = not (column.column or column.suggested or column.kept)
        if column.header == HEADER and free and not {"portfolio", "program_id"} & mapping.text.keys():
            are_programs = all(fold(text) in programs for text in column.examples)
            name = "program_id" if are_programs else "portfolio"
            if name in mapping.contract.columns:
                why = f"each heading names the group of the rows below it; it may be their {name.partition('_')[0]}"
                report.columns[place] = replace(column, suggested=name, why=why)
