"""Where the table lies in a text file: what parts its cells, and which line is its header."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from pipelines.decode import Text
from pipelines.headers import SEARCHED, TRIMMED, Layout, find_layout, is_blank, of_two_rows, parts_of, tidy, with_units
from pipelines.problems import UnreadableFile
from pipelines.records import Lines, Record, records_of
from pipelines.report import How

DELIMITERS = (",", ";", "\t", "|")
RARE_DELIMITERS = (":", "^", "~")
DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", ":": "colon", "^": "caret", "~": "tilde"}
HEAD_CHARACTERS = 4_000_000


@dataclass(frozen=True)
class Found:
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


def empty(path: Path) -> UnreadableFile:
    """The error for a file that holds nothing."""
    return UnreadableFile(f"{path.name} is empty.", "Export it again, with a header and rows.", rule="empty_file")


def is_separator(cells: list[str]) -> bool:
    """Whether a record is a line that names the delimiter."""
    return len(cells) <= 2 and bool(re.fullmatch(r'"?sep=.?"?', cells[0].strip(TRIMMED), re.IGNORECASE))


def find_table(path: Path, text: Text, known: Collection[str], how: How) -> Found:
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
        raise empty(path)
    stated = None if how.header_row else re.match(r'"?sep=(.)"?[ ,;\t]*\n', head, re.IGNORECASE)
    if how.delimiter is not None:
        choices: tuple[str, ...] = (_delimiter(path, how.delimiter, head),)
    else:
        choices = (stated[1],) if stated else DELIMITERS + RARE_DELIMITERS
    best: tuple[tuple[float, ...], Found] | None = None
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
        next(records_of(path, text, ",", first), None)
        raise empty(path)
    return replace(best[1], why=_why_delimiter(best[1], stated is not None, how))


def _table(delimiter: str, layout: Layout, records: list[Record], known: Collection[str], given: bool) -> Found:
    """The table whose header is one of these records, or two of them that stand one above the other."""
    header = records[layout.index]
    headers: list[str] | None = None
    if not given and not layout.transposed:
        below = next(iter(records[layout.index + 1 : layout.index + 2]), None)
        above = records[layout.index - 1] if layout.index else None
        if below and below.line == header.line + len(header.lines) and parts_of(header.cells, below.cells):
            headers = of_two_rows(header.cells, below.cells, known)
            header = below if headers else header
        elif (
            below and below.line == header.line + len(header.lines) and (units := with_units(header.cells, below.cells))
        ):
            headers, header = units, below
        elif above and above.line + len(above.lines) == header.line:
            headers = of_two_rows(above.cells, header.cells, known)
    end = header.line + len(header.lines)
    even = all(len(record.lines) == 1 for record in records if record.line >= end)
    plain = [tidy(cell) for cell in header.cells]
    return Found(delimiter, layout, tuple(headers or plain), header.line, end, even, given=given, grouped=bool(headers))


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


def _why_delimiter(table: Found, stated: bool, how: How) -> str:
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


def _head_records(head: str, delimiter: str, line: int, first: int) -> Iterator[Record]:
    """The records of a text that starts at `line`, from the line `first` on."""
    source = Lines(iter(io.StringIO(head)), line)
    try:
        for record in source.records(delimiter):
            if record.line >= first and not is_blank(record.cells):
                yield record
    except csv.Error:
        return
