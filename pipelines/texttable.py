"""An all-text table in DuckDB, as a file's rows become before anything is typed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.headers import TRIMMED, fold, is_blank, tidy
from pipelines.problems import Decision, LeftOut, Problem, UnreadableFile

BATCH_ROWS = 20_000
BATCH_CHARACTERS = 16_000_000
MOST_COLUMNS = 1_000  # exports have some hundreds at most; planning takes the square of their number
_RAGGED = "(source_row bigint, cells varchar[], is_apart boolean[])"


@dataclass(frozen=True)
class TextTable:
    """One table of a file: every cell a string, with its line number.

    `relation` is a DuckDB table, or a view that reads the file each time (see `materialise`; its file must stand until
    then): source_row BIGINT, then c0, c1, ... VARCHAR, one a header. `headers` are the file's own, as written,
    duplicates included. `header_row` and source_row count lines of the file from 1 (a workbook: the sheet's rows; a
    transposed table: its columns). `rows` counts the data rows found, ragged ones included; those are in `problems`
    and in `ragged`, and not in the relation. `encoding` and `delimiter` are None for a workbook, `sheet` for a CSV
    file. `decisions` say how the file was taken apart, `left_out` which of its rows are no data: every row of the file
    is the header, data, ragged or left out. `groups_in` is the column that holds the heading of each row's group
    (see `pipelines.groups`); `currencies` has by column the mark of the currency that its cells are formatted with in
    a workbook, and the first row of one. Where the column of headings `is_added`, it is the last one and none of the
    file's, and ragged rows have no cell for it. `lines` has the line of each header of a transposed table,
    `wide` the table as it stands in the file, where columns of it were made rows (see `pipelines.unpivot`).
    """

    file: str
    sheet: str | None
    relation: str
    headers: tuple[str, ...]
    encoding: str | None
    delimiter: str | None
    header_row: int
    rows: int
    problems: tuple[Problem, ...]
    transposed: bool = False
    decisions: tuple[Decision, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    groups_in: int | None = None
    currencies: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    is_added: bool = False
    lines: tuple[int, ...] = ()
    wide: TextTable | None = None

    @property
    def width(self) -> int:
        """How many columns the file itself has."""
        return len(self.headers) - self.is_added


def create(con: duckdb.DuckDBPyConnection, relation: str, width: int) -> None:
    """An empty text table of `width` columns. UnreadableFile for more than the database plans in seconds."""
    if width > MOST_COLUMNS:
        fix = "Export the columns that are needed, and delete empty ones beside the table."
        raise UnreadableFile(f"The table has {width:,} columns, more than {MOST_COLUMNS:,}.", fix, rule="too_large")
    columns = "".join(f", c{i} varchar" for i in range(width))
    con.execute(f'create or replace temp table "{relation}" (source_row bigint{columns})')


def cells_of(relation: str) -> str:
    """The name of the view on a text table's cells without their row numbers, where the table itself is a view."""
    return f"{relation}_cells"


def ragged_of(relation: str) -> str:
    """The name of the table that keeps the ragged rows of a text table."""
    return f"{relation}_ragged"


def keep_ragged(con: duckdb.DuckDBPyConnection, relation: str, rows: Sequence[tuple[int, Sequence[str]]]) -> None:
    """Keep the rows that do not have one cell a header: source_row BIGINT, cells VARCHAR[], an empty cell is NULL.

    `is_apart` BOOLEAN[] says of which cells there was a blank before them.
    """
    name = ragged_of(relation)
    con.execute(f'create or replace temp table "{name}" {_RAGGED}')
    if not rows:
        return
    cells = [[cell.strip(TRIMMED) or None for cell in row] for _, row in rows]
    apart = [[cell.startswith(" ") for cell in row] for _, row in rows]
    lines = pa.array([line for line, _ in rows], pa.int64())
    lists = {"cells": pa.array(cells, pa.list_(pa.string())), "is_apart": pa.array(apart, pa.list_(pa.bool_()))}
    kept = pa.table({"source_row": lines} | lists)
    con.register(f"{name}_batch", kept)
    try:
        con.execute(f'insert into "{name}" from "{name}_batch"')
    finally:
        con.unregister(f"{name}_batch")


def ragged(con: duckdb.DuckDBPyConnection, table: TextTable) -> str:
    """The name of the table of a text table's ragged rows (see `keep_ragged`), empty where it has none."""
    name = ragged_of(table.relation)
    con.execute(f'create temp table if not exists "{name}" {_RAGGED}')
    return name


def put_in_place(
    con: duckdb.DuckDBPyConnection, table: TextTable, rows: Mapping[int, Sequence[str | None]]
) -> TextTable:
    """Rows, ragged or not, with one cell a column of the file from now on; none of them is a problem any more."""
    if not rows:
        return table
    materialise(con, table.relation)
    for relation in (table.relation, ragged(con, table)):
        con.execute(f'delete from "{relation}" where list_contains($1::bigint[], source_row)', [list(rows)])
    batch = {"source_row": pa.array(list(rows), pa.int64())}
    batch |= {f"c{i}": pa.array([cells[i] for cells in rows.values()], pa.string()) for i in range(table.width)}
    con.register("rows_in_place", pa.table(batch))
    try:
        con.execute(f'insert into "{table.relation}" by name from rows_in_place')
    finally:
        con.unregister("rows_in_place")
    if table.groups_in is not None:
        name_groups(con, table.relation, table.groups_in)
    return replace(table, problems=tuple(p for p in table.problems if p.row not in rows))


def headings_of(relation: str) -> str:
    """The name of the table of a text table's group headings: source_row BIGINT, heading VARCHAR."""
    return f"{relation}_headings"


def name_groups(con: duckdb.DuckDBPyConnection, relation: str, column: int) -> None:
    """Fill a column, where it is empty, with the last heading above each row."""
    con.execute(
        f"""
        update "{relation}" as t set c{column} = g.heading
        from (
            select r.source_row, h.heading from (select source_row from "{relation}" where c{column} is null) as r
            asof join "{headings_of(relation)}" as h on r.source_row >= h.source_row
        ) as g
        where g.source_row = t.source_row
        """
    )


def ragged_whole(con: duckdb.DuckDBPyConnection, table: TextTable) -> str:
    """SQL: the ragged rows of a table as they are written out, `source_row` and `cells`, with the heading of their
    group behind, so that none has by chance one cell a header."""
    name = ragged(con, table)
    if not table.is_added:
        return f'select source_row, cells from "{name}"'
    return (
        f'select r.source_row, list_append(r.cells, h.heading) as cells from "{name}" as r '
        f'asof left join "{headings_of(table.relation)}" as h on r.source_row >= h.source_row'
    )


def is_view(con: duckdb.DuckDBPyConnection, relation: str) -> bool:
    """Whether a text table reads the file each time."""
    return bool(con.execute("from duckdb_views() where view_name = ? and temporary", [relation]).fetchall())


def materialise(con: duckdb.DuckDBPyConnection, relation: str) -> None:
    """Keep a text table that is a view as a table of the same name, for whoever asks it many questions."""
    if is_view(con, relation):
        con.execute(f'create temp table "{relation}_kept" as from "{relation}"')
        con.execute(f'drop view "{relation}"')
        con.execute(f'alter table "{relation}_kept" rename to "{relation}"')


def trimmed(column: str, ends_searched: str = TRIMMED) -> str:
    """The SQL for a column's cells as they are kept: without white space around them, NULL when nothing is left.

    `ends_searched`: what a cell may end in; naming less is faster.
    """
    # Few cells have anything to trim, and these comparisons cost a tenth of trim().
    ends = " or ".join(f"ends_with({column}, '{space}')" for space in ends_searched)
    starts = f"{column} < '!' or ({column} >= '\u00a0' and {column} < '\u00a1')"
    return f"case when {starts} or {ends} then nullif(trim({column}, '{TRIMMED}'), '') else {column} end"


class Writer:
    """Fills a text table a batch at a time, so that memory stays bounded. Cells are trimmed; an empty one is NULL."""

    def __init__(self, con: duckdb.DuckDBPyConnection, relation: str, width: int) -> None:
        self.con = con
        self.relation = relation
        self.width = width
        self.numbers: list[int] = []
        self.cells: list[Sequence[str]] = []
        self.characters = 0
        create(con, relation, width)

    def add(self, number: int, cells: Sequence[str]) -> None:
        """One row of exactly `width` cells."""
        self.numbers.append(number)
        self.cells.append(cells)
        self.characters += sum(map(len, cells))
        if len(self.numbers) >= BATCH_ROWS or self.characters >= BATCH_CHARACTERS:
            self.flush()

    def flush(self) -> None:
        """Put what was added into the table."""
        if not self.numbers:
            return
        # Not trimmed in SQL: of hundreds of columns that takes the database longer to plan than all else.
        columns = [_trimmed(pa.array(column, pa.string())) for column in zip(*self.cells, strict=True)]
        names = ["source_row", *(f"c{i}" for i in range(self.width))]
        batch = f"{self.relation}_batch"
        self.con.register(batch, pa.table([pa.array(self.numbers, pa.int64()), *columns], names=names))
        try:
            self.con.execute(f'insert into "{self.relation}" from "{batch}"')
        finally:
            self.con.unregister(batch)
        self.numbers, self.cells, self.characters = [], [], 0


def _trimmed(cells: pa.StringArray) -> pa.StringArray:
    kept = pc.utf8_trim(cells, TRIMMED)
    return pc.if_else(pc.equal(kept, ""), None, kept)


def drop_unnamed(con: duckdb.DuckDBPyConnection, relation: str, headers: Sequence[str]) -> tuple[str, ...]:
    """The headers that stay, once trailing columns with neither header nor cells are dropped from the table."""
    kept = [tidy(header) for header in headers]
    while len(kept) > 1 and not kept[-1]:
        column = f"c{len(kept) - 1}"
        if con.execute(f'select 1 from "{relation}" where {column} is not null limit 1').fetchone():
            break
        con.execute(f'alter table "{relation}" drop column {column}')
        kept.pop()
    return tuple(kept)


def write_transposed(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    records: Sequence[tuple[int, Sequence[str]]],
    known: Collection[str],
    first_column: int = 1,
) -> tuple[tuple[str, ...], tuple[int, ...], int]:
    """Turn a table whose first column (`first_column` in the file) holds the headers: the headers with their lines, and
    the number of rows. `records` have their lines.

    A row's number is that of its column in the file; all-empty columns are no rows.
    """
    # A title in the first column heads no field: nothing stands beside it.
    held = [(line, cells) for line, cells in records if not is_blank(cells[1:]) or fold(cells[0]) in known]
    fields = [cells for _, cells in held]
    writer = Writer(con, relation, len(fields))
    rows = 0
    for number in range(1, max(map(len, fields), default=0)):
        row = [cells[number] if number < len(cells) else "" for cells in fields]
        if not is_blank(row):
            rows += 1
            writer.add(number + first_column, row)
    writer.flush()
    return tuple(tidy(cells[0]) for cells in fields), tuple(line for line, _ in held), rows
