"""Files to text: the bytes of a CSV file or a workbook become DuckDB tables in which every cell is a string."""

from __future__ import annotations

import csv
import io
import re
import secrets
from collections.abc import Collection, Sequence
from itertools import islice
from pathlib import Path

import duckdb

from pipelines import records, webtable, workbook
from pipelines.decode import Text, kind, normalise
from pipelines.groups import alone, without_headings
from pipelines.headers import (
    TRIMMED,
    header_decision,
    is_blank,
    tidy,
)
from pipelines.leftout import Aside, may_be_footer, said, suspects, take_out
from pipelines.located import DELIMITER_NAMES, Found, empty, find_table, is_separator
from pipelines.problems import DataProblem, Decision, LeftOut, Problem, UnreadableFile
from pipelines.records import Record, records_of, swallowing, unbalanced
from pipelines.report import HERE, How
from pipelines.texttable import (
    TextTable,
    Writer,
    cells_of,
    drop_unnamed,
    is_view,
    keep_ragged,
    materialise,
    trimmed,
    write_transposed,
)
from pipelines.wrapped import unwrap

__all__ = ["DELIMITER_NAMES", "TextTable", "read"]

MOST_RAGGED = 100_000
MOST_BYTES = 1 << 30
WIDE = 200  # columns from which planning a look at all of them takes longer than reading them one by one
ONE_LINE_ENDS = " \t\u00a0"  # a cell without line breaks ends in no other white space
TAIL_BYTES = 1 << 16


def read(
    con: duckdb.DuckDBPyConnection, path: Path, prefix: str, known: Collection[str], scratch: Path, how: How = HERE
) -> list[TextTable]:
    """The tables of a CSV file or workbook, in DuckDB tables whose names start with `prefix`, each cell a string.

    What a file is, its content decides, not its name. `known`: the folded header names that contracts and profiles
    know, by which the delimiter and header row are found. `scratch`: a folder for temporary files, which the caller
    removes. Not to be called inside a transaction. A CSV file yields one table, a workbook one a visible sheet with
    cells. `how` may say the encoding, delimiter, header row and sheet; an UnreadableFile says what of it cannot be.
    Raises UnreadableFile when there is no table to be had (missing, empty, binary, unbalanced quotes, too
    large) and DataProblem when there is a header and no row; both name the file.
    """
    known = frozenset(known)
    if not path.exists():
        raise UnreadableFile(f"{path.name}: there is no such file.", "Check the path.", rule="missing_file")
    if not path.is_file():
        raise UnreadableFile(f"{path.name} is not a file.", "Give a CSV or .xlsx file.", rule="missing_file")
    try:
        what = kind(path)
        if path.stat().st_size > MOST_BYTES:
            fix = "Export fewer rows a file, by year or by program."
            raise UnreadableFile(f"{path.name} is larger than {MOST_BYTES >> 30} GB.", fix, rule="too_large")
        if what == "empty":
            raise empty(path)
        if what == "ole2":
            raise workbook.old_format(path)
        if what == "zip":
            tables = workbook.read(con, path, prefix, known, how)
        else:
            tables = [_read_text(con, path, f"{prefix}_0", known, scratch, how, is_page=what == "page")]
    except PermissionError as error:
        raise UnreadableFile(f"{path.name} may not be read.", "Ask for permission to read it.") from error
    tables = [without_headings(con, table, how) for table in tables]
    if not any(table.rows for table in tables):
        problem = Problem("no_rows", "The file has a header and no rows.", "Export it again, with its rows.")
        raise DataProblem(f"{path.name} has a header and no rows.", problem.fix, [problem])
    return tables


def _read_text(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    relation: str,
    known: Collection[str],
    scratch: Path,
    how: How,
    *,
    is_page: bool,
) -> TextTable:
    csv.field_size_limit(records.LONGEST_CELL)
    if is_page:
        page = scratch / f"{relation}_page.csv"
        found = [webtable.as_csv(path, page)]
        text = normalise(page, scratch / f"{relation}.csv")
    else:
        text = normalise(path, scratch / f"{relation}.csv", how.encoding)
        text, found = unwrap(text, scratch, known, how)
    table = find_table(path, text, known, how)
    aside = Aside(_above(text, table))
    problems: list[Problem] = []
    lines: tuple[int, ...] = ()
    if table.layout.transposed:
        held = [record for record in records_of(path, text, table.delimiter) if not is_blank(record.cells)]
        fields = [(record.line, record.cells) for record in held if not is_separator(record.cells)]
        headers, lines, rows = write_transposed(con, relation, fields, known)
    else:
        counted = _read_clean(con, relation, text, table, scratch)
        if counted is None:
            counted = _read_carefully(con, relation, path, text, table, aside)
        if not is_view(con, relation):
            counted -= take_out(con, relation, table.headers, aside)
        keep_ragged(con, relation, aside.ragged)
        problems = [_ragged(line, cells, table) for line, cells in aside.ragged]
        rows = counted + len(problems)
        headers = drop_unnamed(con, relation, table.headers)
    return TextTable(
        file=path.name,
        sheet=None,
        relation=relation,
        headers=headers,
        encoding=text.encoding,
        delimiter=table.delimiter,
        header_row=table.header_row,
        rows=rows,
        problems=tuple(problems),
        transposed=table.layout.transposed,
        decisions=(
            Decision("encoding", text.label, text.why, "encoding"),
            Decision("delimiter", DELIMITER_NAMES.get(table.delimiter, table.delimiter), table.why, "delimiter"),
            header_decision(table.layout, table.header_row, table.header_row - 1, table.given, table.grouped),
            *found,
            *_taken_out(text),
        ),
        left_out=() if table.layout.transposed else aside.left_out(),
        lines=lines,
    )


def _taken_out(text: Text) -> list[Decision]:
    """What is said of characters that no text has, and that were taken out."""
    if not text.nuls:
        return []
    value = f"{text.nuls:,} NUL {'character was' if text.nuls == 1 else 'characters were'} taken out"
    why = f"no text has them; the first stood in line {text.nul_line}: look there whether a letter was lost"
    return [Decision("characters", value, why)]


def _above(text: Text, table: Found) -> list[LeftOut]:
    """The lines above the header."""
    with text.path.open(encoding="utf-8-sig") as file:
        lines = [line.strip(TRIMMED) for line in islice(file, table.header_row - 1)]
    cells = [next(csv.reader([line[:1000]], delimiter=table.delimiter), [line]) for line in lines]
    return [
        LeftOut(number, "sep" if number == 1 and is_separator([line]) else "preamble", said(row))
        for number, (line, row) in enumerate(zip(lines, cells, strict=True), 1)
    ]


def _read_clean(con: duckdb.DuckDBPyConnection, relation: str, text: Text, table: Found, scratch: Path) -> int | None:
    """Load a file by DuckDB's own reader: the number of rows, or None when its count is not that of the lines.

    A cell with line breaks, a blank line, a row of the wrong width or a stray quote each make the counts differ. A row
    that may be a total, or stand below the table, wants a closer look.
    """
    expected = text.lines - table.first_data_line + 1
    if len(table.headers) > WIDE:
        return None
    if not (text.even and table.even) or table.first_data_line != table.header_row + 1 or expected < 1:
        return None
    columns = [f"c{i}" for i in range(len(table.headers))]
    types = ", ".join(f"'{column}': 'VARCHAR'" for column in columns)
    options = f"auto_detect=false, header=false, ignore_errors=true, skip={table.header_row}, columns={{{types}}}"
    file, delimiter = (text.replace("'", "''") for text in (str(_without_pattern(text.path, scratch)), table.delimiter))
    source = f"read_csv('{file}', delim='{delimiter}', quote='\"', escape='\"', {options})"
    kept = [trimmed(column, ONE_LINE_ENDS) for column in columns]
    untidy = " or ".join(f"{cell} is distinct from {column}" for cell, column in zip(kept, columns, strict=True))
    try:
        rows, blank, trims, aside = con.sql(
            f"select count(*), count(*) filter (coalesce({', '.join(kept)}, null) is null), bool_or({untidy}), "
            f"bool_or({suspects(columns, table.headers)} or {alone(kept)}) from {source}"
        ).fetchall()[0]
    except duckdb.Error:
        return None
    if rows != expected or blank:
        return None
    # Views: what reads the table once or twice gains more from not keeping every cell as text than it loses. Numbering
    # the rows takes a single thread, so whoever needs no numbers reads the cells alone.
    cells = ", ".join(f"{cell} as {c}" for cell, c in zip(kept if trims else columns, columns, strict=True))
    con.execute(f'create or replace temp view "{cells_of(relation)}" as select {cells} from {source}')
    con.execute(
        f'create or replace temp view "{relation}" as '
        f'select row_number() over () + {table.header_row} as source_row, * from "{cells_of(relation)}"'
    )
    if not tidy(table.headers[-1]) or aside or may_be_footer(_last_cells(text, table), len(columns)):
        materialise(con, relation)
    return expected


def _last_cells(text: Text, table: Found) -> list[str]:
    """The cells of the last line that says anything, as far as the end of the file shows it."""
    with text.path.open("rb") as file:
        file.seek(max(0, text.path.stat().st_size - TAIL_BYTES))
        lines = file.read().decode("utf-8", "replace").rstrip("\x1a\r\n").splitlines()
    return next(csv.reader(lines[-1:], delimiter=table.delimiter, skipinitialspace=True), [])


def _without_pattern(path: Path, scratch: Path) -> Path:
    """A name for the file that DuckDB takes as it is; "export[1].csv" is a pattern to it, and some are no text."""
    if not re.search(r"[*?\[\]{}\ud800-\udfff]", str(path)):
        return path
    link = scratch / f"in_place_{secrets.token_hex(4)}.csv"  # one each: the views on it are read later
    link.symlink_to(path.resolve())
    return link


def _read_carefully(
    con: duckdb.DuckDBPyConnection, relation: str, path: Path, text: Text, table: Found, aside: Aside
) -> int:
    """Load a file record by record: the number of rows; what is blank or ragged goes aside."""
    width = len(table.headers)
    needed = max((i + 1 for i, header in enumerate(table.headers) if header), default=width)
    writer = Writer(con, relation, width)
    rows = 0
    pending = Aside()
    for record in records_of(path, text, table.delimiter, table.from_line):
        if record.line < table.first_data_line:
            continue
        blank = is_blank(record.cells)
        if blank:
            pending.empty(record.line, record.line)
        # Empty lines at the end are no rows; before a row they are, and rows of delimiters are always.
        if pending.runs and not (blank and len(record.cells) < 2):
            for first, last in pending.runs:
                aside.empty(first, last)
            pending.runs.clear()
        if blank:
            continue
        if len(record.lines) > 1 and (line := swallowing(record, table.delimiter, width)):
            raise unbalanced(path, line)
        cells = record.cells
        if len(cells) > width and is_blank(cells[width:]):
            cells = cells[:width]
        if needed <= len(cells) <= width:
            writer.add(record.line, cells + [""] * (width - len(cells)))
            rows += 1
            continue
        aside.ragged.append((record.line, _as_written(record, table.delimiter)))
        if len(aside.ragged) > MOST_RAGGED:
            message = f"{path.name}: more than {MOST_RAGGED:,} rows do not have the header's {width} cells."
            raise UnreadableFile(message, "Check its delimiter and header.", row=record.line, rule="row_shape")
    writer.flush()
    return rows


def _as_written(record: Record, delimiter: str) -> list[str]:
    """A record's cells with the blanks before them, which tell prose from cells."""
    cells = next(csv.reader(record.lines, delimiter=delimiter), record.cells)
    return cells if len(cells) == len(record.cells) else record.cells


def _ragged(line: int, cells: Sequence[str], table: Found) -> Problem:
    count = len(cells)
    out = io.StringIO()
    csv.writer(out, delimiter=table.delimiter, lineterminator="").writerow(cells)
    return Problem(
        rule="row_shape",
        message=f"The row has {count} {'cell' if count == 1 else 'cells'}, the header {len(table.headers)}.",
        fix="Quote cells that hold the delimiter, and give the row one cell a header.",
        row=line,
        value=out.getvalue()[:80],
    )
