"""Rows of a file that are no data: totals, headers that come again, and what stands below the table."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, dropwhile, islice

import duckdb

from pipelines.amounts import CURRENCY
from pipelines.contract import TOTAL_WORDS
from pipelines.headers import TRIMMED, fold
from pipelines.literals import quoted
from pipelines.problems import LeftOut
from pipelines.profile import UNKNOWN_WORDS

MOST_LISTED = 1_000  # lines named one by one; the rest is counted
MOST_TEXT = 160
MOST_SUSPECTS = 100_000
SAMPLE = 500
FEWEST, MOST_CELLS = 60, 100_000  # rows and cells of the sample of a wide table
TAIL = 60

Row = tuple[int, Sequence[str]]

_MORE_WORDS = (
    *("average", "averages", "grand average", "count", "grand count", "gesamtergebnis", "ergebnis", "somme", "totale"),
    *("totales", "totale generale", "suma", "totaal", "eindtotaal", "razem", "celkem", "итого", "всего"),
    *("合計", "小計", "总计", "合计", "总和", "Σ", "∑", "all projects", "alle projekte", "tous les projets"),
)
_WORDS = "|".join(sorted((word.replace(" ", "[ _-]*") for word in (*TOTAL_WORDS, *_MORE_WORDS)), key=len, reverse=True))
_TOTAL = re.compile(rf"\W*(?:{_WORDS})(?: *\([^()]{{0,40}}\))?\W*", re.I)
_WITH_TOTAL = re.compile(rf"\W*(?:{_WORDS})\b.+|.+\b(?:{_WORDS})\W*", re.I | re.S)
_SUSPECT = rf"(?i)(?:^|[^\pL])(?:{_WORDS})(?:[^\pL]|$)"
_NUMBER = re.compile(
    rf"(?=.*\d)[-+−('~]* *(?:{CURRENCY})? *[-−]? *"
    r"(?:\d{1,3}(?:[ ,.'’\u00a0\u202f]\d{3})+|\d{1,2}(?:,\d\d)+,\d{3}|\d*)(?:[.,]\d*)?(?:e[-+]?\d{1,3})? *"
    rf"(?:%|k|mn?|bn?|million|billion|hrs?|hours?|h|days?|d)? *(?:{CURRENCY})? *[-−)]*|#[A-Z/0]+[!?]",
    re.I,
)
_FOOTER = re.compile(
    r"\W*(?:generated|exported|printed|created|produced|extracted|downloaded|prepared|published|retrieved|refreshed|"
    r"(?:last |data )?(?:updated?|refreshed)|report(?:ed|ing)? (?:run|date|generated|by|on|as)|run (?:on|by|date)|"
    r"as (?:of|at)|data as|sources?|notes?|n\.?b\.?|footnotes?|disclaimer|legend|confidential|copyright|"
    r"for internal|internal use|restricted|official|not for distribution|do not distribute|proprietary|"
    r"(?:applied |active )?filters?|criteria|end of|page \d|all rights|"
    r"erstellt|exportiert|quelle|stand|hinweis|anmerkung|seite \d|vertraulich|généré|exporté|remarque|page)\b.*|"
    r"\W*©.*|\W*\(c\).*|\*+ ?\w.*|"
    r"\W*(?:showing |displaying )?\d[\d,. ]* (?:of \d[\d,. ]* )?(?:rows?|records?|items?|projects?|entries|results?|"
    r"issues?|lines?|zeilen|datensätze|lignes)\b.*|"
    r"\W*(?:(?:number|no\.?|count|total) (?:of )?)?(?:rows?|records?|items?|projects?|entries|results?|issues?)"
    r" *(?:returned|found|exported|count)? *[:=] *\d[\d,. ]*",
    re.I | re.S,
)
_PAGE = (
    r"(?i)\W*(?:page|seite|página|pagina|strona|sida|side|pg\.?|p\.) ?\d{1,5}"
    r"(?: ?(?:of|von|de|sur|di|z|av|/) ?\d{1,5})?\W*"
)
# In lists of SAP a star or two stand before the label of a total, and lines of dashes between rows.
_STARS, _DASHES = r"\*{1,4}", r"[-=_+|: ]{3,}"
_LETTERS = re.compile(r"[^\W\d_]")
_IDENTIFIES = re.compile(
    r"\b(?:ids?|pid|uid|guid|uii|key|code|no|nr|num|number|ref|reference|identifier|nummer)\b", re.I
)


@dataclass
class Aside:
    """What is put aside while a file is read: `listed`, the rows that are no data, and `ragged`, those that do not fit.

    A row is its line and its cells. `runs` are the first and last lines of empty rows in a row.
    """

    listed: list[LeftOut] = field(default_factory=list)
    runs: list[tuple[int, int]] = field(default_factory=list)
    ragged: list[Row] = field(default_factory=list)

    def empty(self, first: int, last: int) -> None:
        """Put empty rows aside; they come in the order of the file."""
        if self.runs and self.runs[-1][1] == first - 1:
            first = self.runs.pop()[0]
        self.runs.append((first, last))

    def is_empty(self, line: int) -> bool:
        """Whether a line is an empty row that was put aside."""
        place = bisect_right(self.runs, (line, 1 << 62)) - 1
        return place >= 0 and self.runs[place][0] <= line <= self.runs[place][1]

    def left_out(self) -> tuple[LeftOut, ...]:
        """Every row that was left out, by its line; beyond a thousand of a kind the last one counts for the rest."""
        named = chain.from_iterable(range(first, last + 1) for first, last in self.runs)
        empty = [LeftOut(line, "empty", "") for line in islice(named, MOST_LISTED)]
        count = sum(last - first + 1 for first, last in self.runs)
        if count > len(empty):
            empty[-1] = replace(empty[-1], count=1 + count - len(empty))
        return listed([*self.listed, *empty])


def listed(rows: Iterable[LeftOut]) -> tuple[LeftOut, ...]:
    """Rows that were left out, by their lines; beyond a thousand of a kind the last one counts for the rest."""
    kinds: dict[str, list[LeftOut]] = {}
    for row in sorted(rows, key=lambda row: row.row):
        kinds.setdefault(row.kind, []).append(row)
    kept: list[LeftOut] = []
    for same in kinds.values():
        rest = sum(row.count for row in same[MOST_LISTED:])
        kept += same[: MOST_LISTED - 1]
        kept += [replace(row, count=row.count + rest) for row in same[MOST_LISTED - 1 : MOST_LISTED]]
    return tuple(sorted(kept, key=lambda row: row.row))


def said(cells: Iterable[str | None]) -> str:
    """What a row says, shortened."""
    return ", ".join(cell.strip(TRIMMED) for cell in cells if cell and cell.strip(TRIMMED))[:MOST_TEXT]


_IN_WORDS = {
    "total": ("total row", "total rows"),
    "empty": ("empty row", "empty rows"),
    "preamble": ("line above the header", "lines above the header"),
    "footer": ("line below the table", "lines below the table"),
    "header again": ("repeated header", "repeated headers"),
    "group heading": ("group heading", "group headings"),
    "repeated": ("repeated row", "repeated rows"),
    "hidden": ("hidden row", "hidden rows"),
    "rule": ("line of dashes", "lines of dashes"),
    "sep": ("line that names the delimiter", "lines that name the delimiter"),
}


def left_out_in_words(rows: Iterable[LeftOut]) -> str:
    """How many rows of each kind were left out; "" for none.

    >>> left_out_in_words([LeftOut(1, "preamble", "Report"), LeftOut(9, "total", "Total, 5"), LeftOut(12, "total", "")])
    '2 total rows, 1 line above the header'
    """
    counts: Counter[str] = Counter()
    for row in rows:
        counts[row.kind] += row.count
    return ", ".join(f"{count:,} {_IN_WORDS[kind][count > 1]}" for kind, count in counts.most_common())


def suspects(cells: Sequence[str], headers: Sequence[str]) -> str:
    """SQL: whether a row's first filled cell speaks of a total, or its first cells are the first headers."""
    first = f"coalesce({', '.join(cells)}, '')"
    marks = rf"^{_PAGE[4:]}$|^{_STARS}$|^{_DASHES}$"
    total = f"length({first}) <= 100 and regexp_matches({first}, {quoted(f'{_SUSPECT}|{marks}')})"
    named = [(cell, header) for cell, header in zip(cells, headers, strict=True) if header][:2]
    again = " and ".join(f"{cell} = {quoted(header)}" for cell, header in named)
    return f"({total}) or ({again})" if again else total


def may_be_footer(cells: Sequence[str], width: int) -> bool:
    """Whether the last row of a file may stand below the table, so that a closer look is worth it."""
    filled = [cell for cell in cells if cell.strip(TRIMMED)]
    return bool(filled) and (len(filled) * 2 < width or bool(_FOOTER.fullmatch(filled[0].strip(TRIMMED))))


def take_out(con: duckdb.DuckDBPyConnection, relation: str, headers: Sequence[str], aside: Aside) -> int:
    """Move the rows that are no data from a text table, and from what is ragged, to `aside`; how many left the table.

    The table must be one, not a view.
    """
    columns = [f"c{i}" for i in range(len(headers))]
    found = con.execute(
        f'select source_row, {", ".join(columns)} from "{relation}" where {suspects(columns, headers)} '
        f"order by source_row limit {MOST_SUSPECTS}"
    ).fetchall()
    usual = _Usual(con, relation, headers)
    taken: dict[int, LeftOut] = {}
    for line, *cells in found:
        if kind := usual.kind(cells):
            taken[line] = LeftOut(line, kind, said(cells))
    for line, sums in usual.unlabelled(con, relation, list(taken)):
        taken[line] = LeftOut(line, "total", said(sums))
    ragged: list[Row] = []
    for line, row in aside.ragged:
        if kind := usual.kind(row):
            aside.listed.append(LeftOut(line, kind, said(row)))
        else:
            ragged.append((line, row))
    tail = con.execute(
        f'select source_row, {", ".join(columns)} from "{relation}" order by source_row desc limit {TAIL}'
    ).fetchall()
    below: list[tuple[int, Sequence[str | None], bool]] = [
        (line, cells, False) for line, *cells in tail if line not in taken
    ]
    below += [(line, row, True) for line, row in ragged[-TAIL:]]
    footers = usual.footers(below, aside)
    # Where a page ends in the midst of the file, its last lines stand above the next header.
    for again in (row.row for row in [*taken.values(), *aside.listed] if row.kind == "header again"):
        above = [(line, row, True) for line, row in ragged if again - TAIL < line < again]
        footers |= usual.footers(above, aside)
    for line in footers.keys() - {line for line, _ in ragged}:
        taken[line] = footers[line]
    aside.listed += [footers[line] for line, _ in ragged if line in footers]
    aside.ragged = [(line, row) for line, row in ragged if line not in footers]
    aside.listed += taken.values()
    if taken:
        con.execute(f'delete from "{relation}" where list_contains($1::bigint[], source_row)', [list(taken)])
    return len(taken)


class _Usual:
    """What rows of a table usually look like, and so which of them are no data."""

    def __init__(self, con: duckdb.DuckDBPyConnection, relation: str, headers: Sequence[str]) -> None:
        self.headers = headers
        self.folded = [fold(header) for header in headers]
        most = max(FEWEST, min(SAMPLE, MOST_CELLS // len(headers)))
        cells = con.execute(f'select * exclude (source_row) from "{relation}" limit {most}').fetchall()
        self.filled = [[cell for cell in column if not says_nothing(cell)] for column in zip(*cells, strict=True)]
        whole = _whole(cells)
        self.often = [sum(not says_nothing(row[i]) for row in whole) * 2 >= len(whole) > 0 for i in range(len(headers))]
        self.width = sum(self.often)
        self.identifies = {i for i, header in enumerate(headers) if identifies(header)}

    @cached_property
    def text(self) -> set[int]:
        """The columns that are usually filled, with words."""
        often = ((i, column) for i, column in enumerate(self.filled) if column and self.often[i])
        return {i for i, column in often if sum(not is_number(cell) for cell in column) * 2 >= len(column)}

    @cached_property
    def names(self) -> set[int]:
        """The columns of words and of identifiers, one of which every row of data fills."""
        words = {
            i for i in self.text if 2 * sum(bool(_LETTERS.search(c)) for c in self.filled[i]) >= len(self.filled[i])
        }
        return words | {i for i in self.identifies if self.often[i]}

    def unlabelled(
        self, con: duckdb.DuckDBPyConnection, relation: str, taken: Sequence[int]
    ) -> list[tuple[int, Sequence[str | None]]]:
        """Rows that end a group with nothing but amounts and days: sums, as boards have them below each group."""
        if len(self.names) < 2:
            return []
        cells = ", ".join(f"c{i}" for i in range(len(self.headers)))
        nameless = f"coalesce({', '.join(f'c{i}' for i in sorted(self.names))}, null) is null"
        if not con.execute(f'select exists (from "{relation}" where {nameless})').fetchall()[0][0]:
            return []
        found = con.execute(
            f"""
            select source_row, {cells} from (
                select *, lead(source_row) over below as next_row, lead(list_count([{cells}])) over below as next_cells
                from "{relation}" where not list_contains($1::bigint[], source_row)
                window below as (order by source_row)
            ) where {nameless} and (next_row is null or next_row > source_row + 1 or next_cells = 1)
            order by source_row limit {MOST_SUSPECTS}
            """,
            [taken],
        ).fetchall()
        return [(line, row) for line, *row in found if self._are_sums(row)]

    def _are_sums(self, cells: Sequence[str | None]) -> bool:
        said = [cell.strip(TRIMMED) for cell in cells if cell and not says_nothing(cell)]
        return any(map(is_number, said)) and all(is_number(cell) or not _LETTERS.search(cell) for cell in said)

    def kind(self, cells: Sequence[str | None]) -> str | None:
        """ "total", "header again" or, for the number of a page, "footer" for a row that is one, None for data."""
        first = next((i for i, cell in enumerate(cells) if cell and cell.strip(TRIMMED)), None)
        if first is None:
            return None
        if self._is_header(cells):
            return "header again"
        said = [cell.strip(TRIMMED) for cell in cells if cell and cell.strip(TRIMMED)]
        if 2 * len(said) > self.width and all(re.fullmatch(_DASHES, cell) for cell in said):
            return "rule"
        if not any(cell and cell.strip(TRIMMED) for cell in cells[first + 1 :]) and self._is_page(first, cells):
            return "footer"
        return "total" if self._is_total(first, cells) else None

    def _is_page(self, first: int, cells: Sequence[str | None]) -> bool:
        """Whether the one text of a row tells a page from the next, in a table of more than such texts."""
        return self.width > 1 and bool(re.fullmatch(_PAGE, (cells[first] or "").strip(TRIMMED)))

    def _is_header(self, cells: Sequence[str | None]) -> bool:
        said = [fold(cell or "") for cell in cells]
        while said and not said[-1]:
            said.pop()
        named = [header for header in self.folded if header]
        same = sum(bool(cell) and cell == header for cell, header in zip(said, self.folded, strict=False))
        return len(said) <= len(self.folded) and same >= 1 and same * 10 >= len(named) * 9

    def _is_total(self, first: int, cells: Sequence[str | None]) -> bool:
        label = (cells[first] or "").strip(TRIMMED)
        if re.fullmatch(_STARS, label):
            filled = [i for i in range(first + 1, len(cells)) if (cells[i] or "").strip(TRIMMED)]
            if filled and all(is_number(cells[i] or "") for i in filled):
                return True
            first = filled[0] if filled else first
            label = (cells[first] or "").strip(TRIMMED)
            cells = [cell if i >= first else None for i, cell in enumerate(cells)]
        if not (_TOTAL.fullmatch(label) or _WITH_TOTAL.fullmatch(label)):
            return False
        others = {i: cell for i, cell in enumerate(cells) if i != first and cell and not says_nothing(cell)}
        words = [i for i, cell in others.items() if not is_number(cell)]
        usual = self.text - {first}
        if _TOTAL.fullmatch(label):
            return not words or len(words) * 2 < len(usual)
        # "Total Rewards" may be a project: a total row gives amounts alone, and no identifier.
        known = any(i in self.identifies for i in others)
        return bool(others) and not words and bool(usual) and not known

    def footers(self, rows: Sequence[tuple[int, Sequence[str | None], bool]], aside: Aside) -> dict[int, LeftOut]:
        """The last of these rows that stand below the table: few cells, unlike the column's others."""
        block: list[tuple[int, Sequence[str | None], bool]] = []
        for line, cells, ragged in sorted(rows, key=lambda row: row[0], reverse=True):
            filled = [(i, cell.strip(TRIMMED)) for i, cell in enumerate(cells) if cell and cell.strip(TRIMMED)]
            speaks = self._is_footer(filled, ragged)
            if not speaks and not self._is_unlike(filled):
                break
            prose = ragged and len(filled[0][1].split()) > 2
            block.append((line, cells, speaks or prose or aside.is_empty(line - 1)))
        # A lone cell is a footer below another one only, or apart from the table, or where it is prose.
        below = dropwhile(lambda row: not row[2], reversed(block))
        return {line: LeftOut(line, "footer", said(cells)) for line, cells, _ in below}

    def _is_footer(self, filled: list[tuple[int, str]], ragged: bool) -> bool:
        few = ragged or len(filled) * 2 < max(self.width, 3)
        return few and bool(filled) and bool(_FOOTER.fullmatch(filled[0][1]))

    def _is_unlike(self, filled: list[tuple[int, str]]) -> bool:
        if len(filled) != 1 or self.width < 3 or filled[0][0] >= len(self.headers):
            return False
        place, text = filled[0]
        return not self.filled or shape(text) not in {shape(cell) for cell in self.filled[place]}


def _whole(rows: Sequence[Sequence[str | None]]) -> Sequence[Sequence[str | None]]:
    """The rows of a sample without headings, notes and subtotals of groups: those half as full as the fullest one."""
    counts = [sum(not says_nothing(cell) for cell in row) for row in rows]
    whole = [row for row, count in zip(rows, counts, strict=True) if 2 * count >= max(counts)]
    # A short file has as many headings and notes, of one cell each, as rows.
    return whole if 3 * len(whole) >= sum(count > 1 for count in counts) else rows


def says_nothing(cell: str | None) -> bool:
    """Whether a cell is empty, or says in words that nothing is known."""
    return cell is None or not cell.strip(TRIMMED) or cell.strip(TRIMMED).lower() in UNKNOWN_WORDS


def is_number(cell: str) -> bool:
    """Whether a cell is a number or an amount, as people write them."""
    return len(cell) <= 60 and bool(_NUMBER.fullmatch(cell.strip(TRIMMED)))


def is_prose(text: str) -> bool:
    """Whether a text is such as stands below a table or at the end of a page: "Page 2", "Confidential", "Note: ..."."""
    return bool(_FOOTER.fullmatch(text.strip(TRIMMED)))


def shape(cell: str) -> str:
    """A text with each run of digits as 9 and of letters as A: "P-017" and "P-4" are alike."""
    return re.sub(r"[^\W\d_]+", "A", re.sub(r"\d+", "9", cell.strip(TRIMMED)[:MOST_TEXT]))


def identifies(header: str) -> bool:
    """Whether a header is that of a column of identifiers, codes or numbers."""
    return bool(_IDENTIFIES.search(_words(header)))


def _words(header: str) -> str:
    """A header with its words apart: "projectID" is "project ID"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", header)
