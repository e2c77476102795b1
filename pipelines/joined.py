"""Rows with too many cells because one was not quoted: which cells are one, where only one reading fits the columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import duckdb

from pipelines.header_names import names_of
from pipelines.headers import fold
from pipelines.leftout import says_nothing, shape
from pipelines.offered import FIRST_ROWS, GROUPED, shown
from pipelines.problems import Problem
from pipelines.profile import Mapping
from pipelines.repeated import together
from pipelines.report import Repair
from pipelines.shift import WIDEST, Columns, class_of
from pipelines.texttable import TextTable, put_in_place, ragged

RULE = "unquoted_delimiter"
MOST_LOOKED_AT = 2_000  # rows
FURTHEST = 6  # cells too many
MOST_READINGS = 4  # of a row that are told apart
# A comma between such digits parts thousands; in prose a blank follows it.
_GROUP = re.compile(r"(?:^|.*\D)\d{1,3}", re.S)
_THOUSANDS = re.compile(r"\d{3}(?!\d)")

Cells = Sequence[str | None]


class Cell(NamedTuple):
    """A cell as a row is read: its text, and the cells of the row that it is made of."""

    text: str | None
    parts: tuple[str, ...] = ()


Reading = tuple[Cell, ...]  # one cell a column


def mend(
    con: duckdb.DuckDBPyConnection,
    table: TextTable,
    mapping: Mapping,
    accepted: Collection[str],
    is_accepted: Callable[[str, str, Collection[str]], bool],
) -> tuple[TextTable, list[Repair]]:
    """The table with the accepted joins of cells made, and all that are offered.

    A row is offered where one way to join its cells alone fits the dates, numbers, codes and known words of its
    columns; where several do, its problem names them. What is made is added to `repaired`.
    """
    if table.transposed or mapping.rolled_up or table.delimiter is None or not 1 < table.width <= WIDEST:
        return table, []
    rows = con.execute(
        f'select source_row, cells, is_apart from "{ragged(con, table)}" '
        f"where len(cells) > $1 and len(cells) <= $1 + {FURTHEST} order by source_row limit {MOST_LOOKED_AT}",
        [table.width],
    ).fetchall()
    if not rows:
        return table, []
    columns, headers = _Fitting(con, table, mapping), names_of(table.headers)
    alike: dict[tuple[str, str, str], list[int]] = {}
    found: dict[int, list[Reading]] = {}
    for line, cells, apart in rows:
        found[line] = columns.readings(cells, apart)
        if len(found[line]) == 1:
            alike.setdefault(_said(found[line][0], headers), []).append(line)
    repairs: list[Repair] = []
    made: dict[int, Cells] = {}
    for (column, before, after), lines in alike.items():
        name = f"{RULE}:{column}:{shown(after)}"
        taken = is_accepted(RULE, name, accepted)
        why = f"the row has more cells than the header; with these as one cell of {column} all of it fits its columns"
        repairs.append(Repair(name, RULE, column, before, after, len(lines), tuple(lines[:FIRST_ROWS]), why, taken))
        if taken:
            made |= {line: [cell.text for cell in found[line][0]] for line in lines}
            asked = "insert into repaired select $1, $2, $3, $4, unnest($5::bigint[])"
            con.execute(asked, [RULE, column, before, after, lines])
    table = put_in_place(con, table, made)
    unclear = {line: readings for line, readings in found.items() if len(readings) > 1}
    problems = tuple(_named(problem, unclear, headers) for problem in table.problems)
    return replace(table, problems=problems), list(together(repairs, f"{RULE}:*", accepted))


def _said(reading: Reading, headers: Sequence[str]) -> tuple[str, str, str]:
    """The columns in which a reading joins cells, the cells, and what they are then."""
    joined = [(headers[place], cell) for place, cell in enumerate(reading) if cell.parts]
    names, cells = [name for name, _ in joined], [cell for _, cell in joined]
    before = "; ".join(" | ".join(cell.parts) for cell in cells)
    return ", ".join(names), before, "; ".join(cell.text or "" for cell in cells)


def _named(problem: Problem, unclear: dict[int, list[Reading]], headers: Sequence[str]) -> Problem:
    """A problem of a row that can be read in several ways, with the columns that may hold the delimiter."""
    readings = unclear.get(problem.row or 0)
    if not readings:
        return problem
    names = [_said(reading, headers)[0] for reading in readings]
    more = " or another" if len(readings) >= MOST_READINGS else ""
    fix = f"Cells may be parted that are one: in {' or in '.join(dict.fromkeys(names))}{more}. Quote the one that is."
    return replace(problem, fix=fix)


def _free(mapping: Mapping) -> set[int]:
    """The columns in which anything may stand: names and comments, however alike the first few are."""
    found = set()
    for name, text in mapping.text.items():
        column = mapping.contract.columns[name]
        is_free = column.type == "text" and name not in (*mapping.contract.key, *GROUPED)
        if is_free and not column.known_in and not column.is_code and (place := re.fullmatch(r"c(\d+)", text)):
            found.add(int(place[1]))
    return found


class _Fitting(Columns):
    """What each column of a table holds, and which ways to join a row's cells fit it."""

    def __init__(self, con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping) -> None:
        super().__init__(con, table, mapping)
        self.delimiter = table.delimiter or ""
        free = _free(mapping)
        # The first rows of a file that is sorted know the first of its words alone.
        self.words = [
            self._all_words(con, place) if words and place not in free else frozenset[str]()
            for place, words in enumerate(self.words)
        ]
        self.shapes = ["" if " " in form or place in free else form for place, form in enumerate(self.shapes)]

    def _all_words(self, con: duckdb.DuckDBPyConnection, place: int) -> frozenset[str]:
        found = con.execute(f'select distinct c{place} from "{self.table.relation}" where c{place} is not null')
        return frozenset(fold(cell) for (cell,) in found.fetchall())

    def readings(self, cells: Cells, is_apart: Sequence[bool]) -> list[Reading]:
        """The first few ways to read a row that has too many cells.

        Those that part cells only where people write the delimiter, in thousands and in prose, go before all others.
        """
        return self._ways(cells, is_apart, usual=True) or self._ways(cells, is_apart, usual=False)

    def _ways(self, cells: Cells, is_apart: Sequence[bool], *, usual: bool) -> list[Reading]:
        @cache
        def ways(place: int, at: int) -> list[Reading]:
            columns, left = self.width - place, len(cells) - at
            if not columns:
                return [()] if not left else []
            found: list[Reading] = []
            for many in range(1, left - columns + 2):
                cell = self._joined(cells[at : at + many], is_apart[at : at + many], usual=usual)
                if cell is None or not self._fits(cell, place):
                    continue
                found += [(cell, *rest) for rest in ways(place + 1, at + many)]
                if len(found) >= MOST_READINGS:
                    break
            return found[:MOST_READINGS]

        return ways(0, 0)

    def _joined(self, cells: Cells, is_apart: Sequence[bool], *, usual: bool) -> Cell | None:
        """Cells as one; None where one of them is empty, or where nobody writes a delimiter."""
        text, *rest = cells
        if not rest:
            return Cell(text)
        for part, apart in zip(rest, is_apart[1:], strict=True):
            if not text or not part:
                return None
            in_number = self.delimiter == "," and not apart and _GROUP.fullmatch(text) and _THOUSANDS.match(part)
            if usual and not (apart or in_number):
                return None
            text += f"{self.delimiter}{' ' if apart else ''}{part}"
        return Cell(text, tuple(cell or "" for cell in cells))

    def _fits(self, cell: Cell, place: int) -> bool:
        if says_nothing(cell.text):
            return self.filled[place] <= 0.98
        text = cell.text or ""
        if self.filled[place] < 0.02:
            return False
        if self.classes[place]:
            return class_of(text) == self.classes[place]
        if self.words[place]:
            return fold(text) in self.words[place]
        if self.shapes[place]:
            return shape(text) == self.shapes[place]
        return class_of(text) in self.kinds[place]
