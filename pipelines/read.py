"""Files to text: the bytes of a CSV file or a workbook become DuckDB tables in which every cell is a string."""

from __future__ import annotations

import csv
import io
import re
import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import duckdb

from pipelines import workbook
from pipelines.decode import Text, kind, normalise
from pipelines.groups import alone, without_headings
from pipelines.headers import (
    SEARCHED,
    TRIMMED,
    Layout,
    find_layout,
    header_decision,
    is_blank,
    of_two_rows,
    parts_of,
    tidy,
)
from pipelines.leftout import Aside, may_be_footer, said, suspects, take_out
from pipelines.problems import DataProblem, Decision, LeftOut, Problem, UnreadableFile
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

__all__ = ["TextTable", "read"]

DELIMITERS = (",", ";", "\t", "|")
RARE_DELIMITERS = (":", "^", "~")
HEAD_CHARACTERS = 4_000_000
LONGEST_LINE = 8_000_000
LONGEST_CELL = 1_000_000
MOST_RAGGED = 100_000
MOST_BYTES = 1 << 30
WIDE = 200  # columns from which planning a look at all of them takes longer than reading them one by one
ONE_LINE_ENDS = " \t\u00a0"  # a cell without line breaks ends in no other white space
TAIL_BYTES = 1 << 16
DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", ":": "colon", "^": "caret", "~": "tilde"}
END = "\0end"  # NULs are gone from the text, so no cell can hold this


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
            raise _empty(path)
        if what == "ole2":
            raise workbook.old_format(path)
        if what == "zip":
            tables = workbook.read(con, path, prefix, known, how)
        else:
            tables = [_read_text(con, path, f"{prefix}_0", known, scratch, how)]
    except PermissionError as error:
        raise UnreadableFile(f"{path.name} may not be read.", "Ask for permission to read it.") from error
    tables = [without_headings(con, table, how) for table in tables]
    if not any(table.rows for table in tables):
        problem = Problem("no_rows", "The file has a header and no rows.", "Export it again, with its rows.")
        raise DataProblem(f"{path.name} has a header and no rows.", problem.fix, [problem])
    return tables


def _empty(path: Path) -> UnreadableFile:
    return UnreadableFile(f"{path.name} is empty.", "Export it again, with a header and rows.", rule="empty_file")


@dataclass(frozen=True)
class _Table:
    """Where the table lies in a text file; `first_data_line` follows the header."""

    delimiter: str
    layout: Layout
    headers: tuple[str, ...]
    header_row: int
    first_data_line: int
    even: bool  # no cell of the first rows has a line break
    why: str = ""
    given: bool = False
    grouped: bool = False

    @property
    def from_line(self) -> int:
        """The line where reading starts: a header row that was said hides what stands above it."""
        return self.header_row if self.given else 1


class _Record(NamedTuple):
    line: int
    cells: list[str]
    lines: list[str]


def _read_text(
    con: duckdb.DuckDBPyConnection, path: Path, relation: str, known: Collection[str], scratch: Path, how: How
) -> TextTable:
    csv.field_size_limit(LONGEST_CELL)
    text = normalise(path, scratch / f"{relation}.csv", how.encoding)
    table = _find_table(path, text, known, how)
    aside = Aside(_above(text, table))
    problems: list[Problem] = []
    if table.layout.transposed:
        records = [record.cells for record in _records(path, text, table.delimiter) if not is_blank(record.cells)]
        records = [cells for cells in records if not _separator(cells)]
        headers, rows = write_transposed(con, relation, records, known)
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
        ),
        left_out=() if table.layout.transposed else aside.left_out(),
    )


def _above(text: Text, table: _Table) -> list[LeftOut]:
    """The lines above the header."""
    with text.path.open(encoding="utf-8-sig") as file:
        lines = [line.strip(TRIMMED) for line in islice(file, table.header_row - 1)]
    cells = [next(csv.reader([line[:1000]], delimiter=table.delimiter), [line]) for line in lines]
    return [
        LeftOut(number, "sep" if number == 1 and _separator([line]) else "preamble", said(row))
        for number, (line, row) in enumerate(zip(lines, cells, strict=True), 1)
    ]


def _separator(cells: list[str]) -> bool:
    return len(cells) <= 2 and bool(re.fullmatch(r'"?sep=.?"?', cells[0].strip(TRIMMED), re.IGNORECASE))


def _find_table(path: Path, text: Text, known: Collection[str], how: How) -> _Table:
    """The delimiter and header row: those that turn up the most known headers, else the most even table.

    What `how` says of them is not asked.
    """
    first = 1 if how.header_row is None else how.header_row
    if first < 1:
        raise _no_header(path, first, "lines are counted from 1")
    with text.path.open(encoding="utf-8-sig") as file:
        above = sum(1 for _ in islice(file, first - 1))
        head = file.read(HEAD_CHARACTERS)
    if how.header_row and (above < first - 1 or not head):
        raise _no_header(path, how.header_row, f"the file ends at line {text.lines}")
    if how.header_row and is_blank([head.split("\n", 1)[0].strip("".join(DELIMITERS))]):
        raise _no_header(path, how.header_row, "that line is empty")
    if not head.strip(TRIMMED + "".join(DELIMITERS) + '"'):
        raise _empty(path)
    stated = None if how.header_row else re.match(r'"?sep=(.)"?[ ,;\t]*\n', head, re.IGNORECASE)
    if how.delimiter is not None:
        choices: tuple[str, ...] = (_delimiter(path, how.delimiter, head),)
    else:
        choices = (stated[1],) if stated else DELIMITERS + RARE_DELIMITERS
    best: tuple[tuple[float, ...], _Table] | None = None
    for delimiter in choices:
        records = list(islice(_head_records(head, delimiter, first, 2 if stated else first), SEARCHED))
        if not records:
            continue
        layout = find_layout([record.cells for record in records], known, given=how.header_row is not None)
        table = _table(delimiter, layout, records, known, given=how.header_row is not None)
        common = delimiter in DELIMITERS and layout.width > 1
        even = layout.width > 1 and layout.fit == 1.0 and layout.index == 0 and len(records) > 1
        known_headers = layout.hits if layout.hits > 1 else 0
        # Times and prose hold rare delimiters too: these count only where they make an even table.
        score = (known_headers, even and common, even, common, layout.fit, -layout.index, layout.width)
        if best is None or score > best[0]:
            best = score, table
    if best is None:
        # Either the first record is so long that a quote must have swallowed the file, or nothing follows sep=.
        next(_records(path, text, ",", first), None)
        raise _empty(path)
    return replace(best[1], why=_why_delimiter(best[1], stated is not None, how))


def _table(delimiter: str, layout: Layout, records: list[_Record], known: Collection[str], given: bool) -> _Table:
    """The table whose header is one of these records, or two of them that stand one above the other."""
    header = records[layout.index]
    headers: list[str] | None = None
    if not given and not layout.transposed:
        below = next(iter(records[layout.index + 1 : layout.index + 2]), None)
        above = records[layout.index - 1] if layout.index else None
        if below and below.line == header.line + len(header.lines) and parts_of(header.cells, below.cells):
            headers = of_two_rows(header.cells, below.cells, known)
            header = below if headers else header
        elif above and above.line + len(above.lines) == header.line:
            headers = of_two_rows(above.cells, header.cells, known)
    end = header.line + len(header.lines)
    even = all(len(record.lines) == 1 for record in records if record.line >= end)
    plain = [tidy(cell) for cell in header.cells]
    return _Table(
        delimiter, layout, tuple(headers or plain), header.line, end, even, given=given, grouped=bool(headers)
    )


def _no_header(path: Path, line: int, why: str) -> UnreadableFile:
    message = f"{path.name}: line {line} cannot be the header, for {why}."
    return UnreadableFile(message, "Name another line as the header row.", row=line, rule="no_such_header")


def _delimiter(path: Path, given: str, head: str) -> str:
    """The delimiter as asked for. UnreadableFile where it is none, or nowhere in the file."""
    if len(given) == 1 and given not in '"\n\r\0' and given in head:
        return given
    said = DELIMITER_NAMES.get(given, repr(given))
    why = "nothing in the file is parted by it" if len(given) == 1 else "it is not one character"
    message = f"{path.name}: {said} cannot be the delimiter, for {why}."
    raise UnreadableFile(message, "Choose another delimiter.", rule="no_such_delimiter")


def _why_delimiter(table: _Table, stated: bool, how: How) -> str:
    if how.delimiter is not None:
        return "as you said"
    if stated:
        return "line 1 says so"
    width = table.layout.width
    if width < 2:
        return "nothing parts the line of headers into cells"
    if table.layout.hits > 1:
        return f"it parts line {table.header_row} into {width} cells, {table.layout.hits} of them known headers"
    return f"it parts line {table.header_row} into {width} cells, and {table.layout.fit:.0%} of the first rows alike"


def _head_records(head: str, delimiter: str, line: int, first: int) -> Iterator[_Record]:
    """The records of a text that starts at `line`, from the line `first` on."""
    source = _Lines(iter(io.StringIO(head)), line)
    try:
        for record in source.records(delimiter):
            if record.line >= first and not is_blank(record.cells):
                yield record
    except csv.Error:
        return


class _Lines:
    """Lines of normalised text, remembered a record at a time, so that a record knows where it starts."""

    def __init__(self, lines: Iterator[str], line: int = 1) -> None:
        self.lines = lines
        self.record: list[str] = []
        self.line = line

    def _remembered(self) -> Iterator[str]:
        for line in self.lines:
            self.record.append(line)
            yield line

    def records(self, delimiter: str, end: str | None = None) -> Iterator[_Record]:
        def lines() -> Iterator[str]:
            yield from self._remembered()
            if end is not None:
                yield end

        # DuckDB reads `1, "a, b"` as two cells; so does this.
        for cells in csv.reader(lines(), delimiter=delimiter, skipinitialspace=True):
            lines_read, self.record = self.record, []
            yield _Record(self.line, cells, lines_read)
            self.line += len(lines_read)


def _read_clean(con: duckdb.DuckDBPyConnection, relation: str, text: Text, table: _Table, scratch: Path) -> int | None:
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


def _last_cells(text: Text, table: _Table) -> list[str]:
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


def _records(path: Path, text: Text, delimiter: str, first: int = 1) -> Iterator[_Record]:
    """The records of a file from a line on, streaming. Raises UnreadableFile where a quote never closes."""
    with text.path.open(encoding="utf-8-sig") as file:
        for _ in islice(file, first - 1):
            pass
        source = _Lines(_bounded(path, iter(partial(file.readline, LONGEST_LINE), ""), first), first)
        try:
            for record in source.records(delimiter, END):
                if record.cells and record.cells[-1].endswith(END):
                    if record.lines:
                        raise _unbalanced(path, _bad_quote(record, delimiter) or record.line)
                    return
                yield record
        except csv.Error as error:
            record = _Record(source.line, [], source.record)
            if line := _bad_quote(record, delimiter):
                raise _unbalanced(path, line) from error
            raise _too_long(path, source.line) from error


def _bounded(path: Path, lines: Iterator[str], first: int) -> Iterator[str]:
    for number, line in enumerate(lines, first):
        if len(line) >= LONGEST_LINE:
            raise _too_long(path, number)
        yield line


def _too_long(path: Path, line: int) -> UnreadableFile:
    message = f"{path.name}, line {line}: a cell or line is longer than {LONGEST_CELL:,} characters."
    return UnreadableFile(message, "Shorten the cell, or check its quotes.", row=line)


def _read_carefully(
    con: duckdb.DuckDBPyConnection, relation: str, path: Path, text: Text, table: _Table, aside: Aside
) -> int:
    """Load a file record by record: the number of rows; what is blank or ragged goes aside."""
    width = len(table.headers)
    needed = max((i + 1 for i, header in enumerate(table.headers) if header), default=width)
    writer = Writer(con, relation, width)
    rows = 0
    pending = Aside()
    for record in _records(path, text, table.delimiter, table.from_line):
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
        if len(record.lines) > 1 and (line := _swallowing(record, table)):
            raise _unbalanced(path, line)
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


def _as_written(record: _Record, delimiter: str) -> list[str]:
    """A record's cells with the blanks before them, which tell prose from cells."""
    cells = next(csv.reader(record.lines, delimiter=delimiter), record.cells)
    return cells if len(cells) == len(record.cells) else record.cells


def _ragged(line: int, cells: Sequence[str], table: _Table) -> Problem:
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


def _unbalanced(path: Path, line: int) -> UnreadableFile:
    message = f"{path.name}, line {line}: a quote opens here and swallows the rows that follow."
    fix = 'Remove the stray quote, or close it; write a quote inside a quoted cell twice ("").'
    return UnreadableFile(message, fix, row=line, rule="unbalanced_quote")


def _bad_quote(record: _Record, delimiter: str) -> int | None:
    """The line of the first quote that never closes, or that closes on another line in the midst of a cell."""
    d = re.escape(delimiter)
    text = "".join(record.lines)
    cell = re.compile(rf' *"([^"]*(?:""[^"]*)*)("?)([^{d}\n]*)(?:[{d}\n]|\Z)|[^{d}\n]*(?:[{d}\n]|\Z)')
    for match in cell.finditer(text):
        quoted, closing, rest = match.groups()
        if quoted is None:
            continue
        if not closing or ("\n" in quoted and rest.strip(TRIMMED)):
            return record.line + text.count("\n", 0, match.start(1))
    return None


def _swallowing(record: _Record, table: _Table) -> int | None:
    """The line where a quote opens that swallows rows, if this record of several lines holds one.

    Told by lines inside a cell that are rows of the table by their number of cells, or by a quote that closes in the
    midst of a cell. Prose has a space after its commas; a row has none.
    """
    if line := _bad_quote(record, table.delimiter):
        return line
    width = len(table.headers)
    if width < 3:
        return None
    before = record.line
    for i, cell in enumerate(record.cells):
        if "\n" not in cell:
            continue
        first, *inner, last = cell.split("\n")
        after = len(record.cells) - i - 1
        if any(_is_wide(line, table, width) for line in inner) or (
            _is_wide(first, table, width - i) and _is_wide(last, table, width - after)
        ):
            return before
        before += len(inner) + 1
    return None


def _is_wide(line: str, table: _Table, width: int) -> bool:
    """Whether a line has this many cells, and is no prose."""
    if line.count(table.delimiter) < width - 1:
        return False
    cells = next(csv.reader([line], delimiter=table.delimiter), [""])
    return len(cells) == width and not any(cell.startswith(" ") for cell in cells[1:])
