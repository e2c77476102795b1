"""The records of a text file, each with its lines and the quotes in it that never close."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from pipelines.decode import Text
from pipelines.headers import TRIMMED
from pipelines.problems import UnreadableFile

LONGEST_LINE = 8_000_000
LONGEST_CELL = 1_000_000
END = "\0end"  # NULs are gone from the text, so no cell can hold this


class Record(NamedTuple):
    """A record of a file: its first line, its cells, and the lines as they stand."""

    line: int
    cells: list[str]
    lines: list[str]


class Lines:
    """Lines of normalised text, remembered a record at a time, so that a record knows where it starts."""

    def __init__(self, lines: Iterator[str], line: int = 1) -> None:
        self.lines = lines
        self.record: list[str] = []
        self.line = line

    def _remembered(self) -> Iterator[str]:
        for line in self.lines:
            self.record.append(line)
            yield line

    def records(self, delimiter: str, end: str | None = None) -> Iterator[Record]:
        """The records of the lines; a cell of `end` alone, if given, follows them."""

        def lines() -> Iterator[str]:
            yield from self._remembered()
            if end is not None:
                yield end

        # DuckDB reads `1, "a, b"` as two cells; so does this.
        for cells in csv.reader(lines(), delimiter=delimiter, skipinitialspace=True):
            lines_read, self.record = self.record, []
            yield Record(self.line, cells, lines_read)
            self.line += len(lines_read)


def records_of(path: Path, text: Text, delimiter: str, first: int = 1) -> Iterator[Record]:
    """The records of a file from a line on, streaming. Raises UnreadableFile where a quote never closes."""
    with text.path.open(encoding="utf-8-sig") as file:
        for _ in islice(file, first - 1):
            pass
        source = Lines(_bounded(path, iter(partial(file.readline, LONGEST_LINE), ""), first), first)
        try:
            for record in source.records(delimiter, END):
                if record.cells and record.cells[-1].endswith(END):
                    if record.lines:
                        raise unbalanced(path, _bad_quote(record, delimiter) or record.line)
                    return
                yield record
        except csv.Error as error:
            record = Record(source.line, [], source.record)
            if line := _bad_quote(record, delimiter):
                raise unbalanced(path, line) from error
            raise _too_long(path, source.line) from error


def _bounded(path: Path, lines: Iterator[str], first: int) -> Iterator[str]:
    for number, line in enumerate(lines, first):
        if len(line) >= LONGEST_LINE:
            raise _too_long(path, number)
        yield line


def _too_long(path: Path, line: int) -> UnreadableFile:
    message = f"{path.name}, line {line}: a cell or line is longer than {LONGEST_CELL:,} characters."
    return UnreadableFile(message, "Shorten the cell, or check its quotes.", row=line)


def unbalanced(path: Path, line: int) -> UnreadableFile:
    """The error for a quote that opens in a line and never closes."""
    message = f"{path.name}, line {line}: a quote opens here and swallows the rows that follow."
    fix = 'Remove the stray quote, or close it; write a quote inside a quoted cell twice ("").'
    return UnreadableFile(message, fix, row=line, rule="unbalanced_quote")


def _bad_quote(record: Record, delimiter: str) -> int | None:
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


def swallowing(record: Record, delimiter: str, width: int) -> int | None:
    """The line where a quote opens that swallows rows, if this record of several lines holds one.

    Told by lines inside a cell that are rows of the table by their number of cells, or by a quote that closes in the
    midst of a cell. Prose has a space after its commas; a row has none.
    """
    if line := _bad_quote(record, delimiter):
        return line
    if width < 3:
        return None
    before = record.line
    for i, cell in enumerate(record.cells):
        if "\n" not in cell:
            continue
        first, *inner, last = cell.split("\n")
        after = len(record.cells) - i - 1
        if any(_is_wide(line, delimiter, width) for line in inner) or (
            _is_wide(first, delimiter, width - i) and _is_wide(last, delimiter, width - after)
        ):
            return before
        before += len(inner) + 1
    return None


def _is_wide(line: str, delimiter: str, width: int) -> bool:
    """Whether a line has this many cells, and is no prose."""
    if line.count(delimiter) < width - 1:
        return False
    cells = next(csv.reader([line], delimiter=delimiter), [""])
    return len(cells) == width and not any(cell.startswith(" ") for cell in cells[1:])
