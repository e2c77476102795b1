"""Rows that stand some cells beside their columns: found by what the columns hold, and moved back when asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb

from pipelines.headers import fold
from pipelines.leftout import is_number, says_nothing, shape
from pipelines.profile import Mapping
from pipelines.texttable import TextTable, put_in_place, ragged

SAMPLE = 400
MOST_LOOKED_AT = 20_000
MOST_SEARCHED = 2_000  # rows for which every move is tried; the rest are tried with the moves found so far
WIDEST = 400  # columns
MOST_WORK = 1_500_000  # rows times the square of the columns: trying every move takes so long
FURTHEST = 25  # cells
USUAL = 5  # rows that move alike without a doubt
LEAST_GAIN = 3.0
MATCH, MISMATCH, GAP, ODD = 1.0, -2.0, -1.0, -0.5

Cells = Sequence[str | None]
_PLAIN = re.compile(r"c(\d+)")
_DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ].*)?|\d{1,2}[-/. ][A-Za-z]{3,9}[-/. ,]+\d{2,4}.*|"
    r"[A-Za-z]{3,9}\.?[- ]\d{1,2},? +\d{4}.*|[A-Za-z]{3,9}[- ]\d{4}"
)
_TIME = re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?")
_CLASSES = {"date": "date", "money": "number", "number": "number", "percent": "number"}


@dataclass(frozen=True)
class Shift:
    """Rows of a table that fit its columns once they are moved.

    `by` cells to the `direction` "left" (so many blank cells are taken out) or "right" (put in), from the column at
    `position` (from 0) with the header `column` on. `rows` are their lines.
    """

    by: int
    direction: str
    position: int
    column: str
    rows: tuple[int, ...]

    def applied(self, cells: Cells, width: int) -> list[str | None] | None:
        """A row's cells once moved, one a column; None where what it would push out is not blank."""
        start, by = self.position, self.by
        if self.direction == "left":
            if any(cells[start : start + by]):
                return None
            moved = [*cells[:start], *cells[start + by :]]
        else:
            moved = [*cells[:start], *[None] * by, *cells[start:]]
        if any(moved[width:]):
            return None
        return [*moved[:width], *[None] * (width - len(moved))]


def shifts(con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping) -> list[Shift]:
    """Which rows of a table, ragged or not, stand beside their columns; those of one kind together, the most first.

    A row counts only when its numbers, dates, codes and known words all but fit after the move, fit no other way, and
    do not fit as they stand.
    """
    if table.transposed or len(table.headers) > WIDEST:
        return []
    columns = Columns(con, table, mapping)
    most_searched = min(MOST_SEARCHED, MOST_WORK // columns.width**2)
    found: dict[tuple[str, int, int], list[int]] = {}
    seen: Counter[tuple[str, int, int]] = Counter()
    rows = [*_ragged_rows(con, table), *columns.odd_rows(con)]
    unmoved: list[tuple[int, Cells]] = []
    searched = 0
    for line, cells in rows:
        move = columns.best(cells, [move for move, _ in seen.most_common(5)])
        if move is None and searched < most_searched:
            searched += 1
            move = columns.best(cells, list(_moves(cells, columns.width)))
        if move:
            seen[move] += 1
            found.setdefault(move, []).append(line)
        else:
            unmoved.append((line, cells))
    # Where many rows stand so, one with a wrong cell or two of its own stands so as well.
    usual = [move for move, count in seen.most_common(5) if count >= USUAL]
    for line, cells in unmoved if usual else []:
        if move := columns.best(cells, usual, most_wrong=0.125):
            found[move].append(line)
    headers = table.headers
    return [
        Shift(by, direction, position, headers[min(position, len(headers) - 1)], tuple(sorted(lines)))
        for (direction, by, position), lines in sorted(found.items(), key=lambda item: -len(item[1]))
    ]


def unshift(con: duckdb.DuckDBPyConnection, table: TextTable, accepted: Sequence[Shift]) -> TextTable:
    """Move rows as accepted: those that were ragged are rows of the table from now on, and no problems any more.

    A row that cannot be moved so stays as it is.
    """
    rows: dict[int, Cells] = dict(_ragged_rows(con, table))
    lines = [line for shift in accepted for line in shift.rows]
    rows |= _rows(con, table, "list_contains($1::bigint[], source_row)", [lines])
    moved = {
        line: cells
        for shift in accepted
        for line in shift.rows
        if line in rows and (cells := shift.applied(rows[line], table.width)) is not None
    }
    return put_in_place(con, table, moved)


def _ragged_rows(con: duckdb.DuckDBPyConnection, table: TextTable) -> list[tuple[int, Cells]]:
    found: list[tuple[int, Cells]] = con.execute(
        f'select source_row, cells from "{ragged(con, table)}" order by source_row'
    ).fetchall()
    return found


def _rows(
    con: duckdb.DuckDBPyConnection, table: TextTable, where: str, given: Sequence[object] = ()
) -> dict[int, Cells]:
    cells = ", ".join(f"c{i}" for i in range(table.width))
    found = con.execute(
        f'select source_row, {cells} from "{table.relation}" where {where} order by source_row limit {MOST_LOOKED_AT}',
        list(given),
    ).fetchall()
    return {line: row for line, *row in found}


def _moves(cells: Cells, width: int) -> Iterator[tuple[str, int, int]]:
    """Every move that could put a row into place: direction, number of cells, position."""
    length = max((i + 1 for i, cell in enumerate(cells) if cell), default=0)
    start = 0
    while start < length:
        end = start
        while end < length and not cells[end]:
            end += 1
        # Of a run of blank cells it makes no difference which are taken out.
        for by in range(max(1, length - width), min(end - start, FURTHEST) + 1):
            yield "left", by, start
        start = end + 1
    for by in range(1, min(width - length, FURTHEST) + 1):
        for position in range(length):
            yield "right", by, position


class Columns:
    """What each column of a table holds, and how well rows fit."""

    def __init__(self, con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping) -> None:
        self.table = table
        self.width = table.width
        cells = ", ".join(f"c{i}" for i in range(self.width))
        rows = con.execute(f'select {cells} from "{table.relation}" limit {SAMPLE}').fetchall()
        columns = list(zip(*rows, strict=True)) if rows else [()] * self.width
        filled = [[cell for cell in column if not says_nothing(cell)] for column in columns]
        self.filled = [len(cells) / max(len(rows), 1) for cells in filled]
        typed = {
            int(place[1]): _CLASSES[mapping.contract.columns[name].type]
            for name, text in mapping.text.items()
            if (place := _PLAIN.fullmatch(text)) and mapping.contract.columns[name].type in _CLASSES
        }
        self.classes = [_usual_class(cells, typed.get(i)) for i, cells in enumerate(filled)]
        self.words = [_vocabulary(cells) for cells in filled]
        self.shapes = [_shape_of(cells) for cells in filled]
        self.kinds = [{class_of(cell) for cell in cells} for cells in filled]

    def odd_rows(self, con: duckdb.DuckDBPyConnection) -> list[tuple[int, Cells]]:
        """Rows of the table with words where its dates and numbers stand."""
        plain = [f"c{i}" for i, kind in enumerate(self.classes) if kind]
        if not plain:
            return []
        # Comparing texts costs a tenth of matching them; a date that starts with a month's name is looked at in vain.
        # A list, for a sum of a thousand terms is nested too deep for the database.
        odd = ", ".join(f"(coalesce({c}, '') >= 'A' and coalesce({c}, '') < '{{')::int" for c in plain)
        return [
            (line, cells)
            for line, cells in _rows(con, self.table, f"list_sum([{odd}]) > 1").items()
            if sum(self._mismatched(cell, i) for i, cell in enumerate(cells)) > 1
        ]

    def best(
        self, cells: Cells, moves: Sequence[tuple[str, int, int]], most_wrong: float = 0.0
    ) -> tuple[str, int, int] | None:
        """The one move of these that puts a row into place, None where none does, or two differ that do.

        `most_wrong` is the share of the cells that tell which may be wrong even so.
        """
        as_it_is = sum(self._score(cell, i) for i, cell in enumerate(cells[: self.width]))
        best: tuple[float, tuple[str, int, int], list[str | None]] | None = None
        rival = False
        for move in moves:
            direction, by, position = move
            moved = Shift(by, direction, position, "", ()).applied(cells, self.width)
            if moved is None:
                continue
            score = sum(self._score(cell, i) for i, cell in enumerate(moved))
            if best is None or score > best[0]:
                best, rival = (score, move, moved), False
            elif score == best[0] and moved != best[2]:
                rival = True
        if best is None or rival or best[0] < as_it_is + LEAST_GAIN:
            return None
        telling = [
            i for i, cell in enumerate(best[2]) if not says_nothing(cell) and (self.classes[i] or self.shapes[i])
        ]
        wrong = sum(self._mismatched(best[2][i], i) for i in telling)
        return best[1] if len(telling) >= 2 and wrong <= most_wrong * len(telling) else None

    def _mismatched(self, cell: str | None, i: int) -> bool:
        return bool(self.classes[i]) and not says_nothing(cell) and class_of(cell or "") != self.classes[i]

    def _score(self, cell: str | None, i: int) -> float:
        """How well a cell fits a column."""
        if cell is None or says_nothing(cell):
            return GAP if self.filled[i] > 0.98 else 0.0
        if self.filled[i] < 0.02:
            return GAP
        kind = class_of(cell)
        if self.classes[i]:
            return MATCH if kind == self.classes[i] else MISMATCH
        if self.words[i]:
            return MATCH if fold(cell) in self.words[i] else ODD
        if self.shapes[i]:
            return MATCH if shape(cell) == self.shapes[i] else GAP
        return ODD if kind else 0.0


def class_of(cell: str) -> str:
    """ "date", "time" or "number"; "" for any other text."""
    if len(cell) > 60 or not any(letter.isdigit() for letter in cell):
        return ""
    if _DATE.fullmatch(cell):
        return "date"
    if _TIME.fullmatch(cell):
        return "time"
    return "number" if is_number(cell) else ""


def _usual_class(cells: Sequence[str], known: str | None) -> str:
    """What all but a few of a column's cells are; what the contract knows needs fewer."""
    if not cells:
        return known or ""
    kind, count = Counter(map(class_of, cells)).most_common(1)[0]
    return kind if count >= len(cells) * (0.6 if kind == known else 0.85) else ""


def _vocabulary(cells: Sequence[str]) -> frozenset[str]:
    """The words of a column that repeats a few; empty for any other."""
    words = Counter(fold(cell) for cell in cells)
    return frozenset(words) if len(words) * 4 <= len(cells) else frozenset()


def _shape_of(cells: Sequence[str]) -> str:
    """The shape that most of a column's cells have in common ("A-9"); "" where they have none, or are words."""
    if not cells:
        return ""
    form, count = Counter(map(shape, cells)).most_common(1)[0]
    return form if count >= len(cells) * 0.8 and "9" in form else ""
