"""Header texts: how they compare, and where a file's header row and delimiter are."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pipelines.problems import Decision

SEARCHED = 50
TRIMMED = " \t\n\r\u00a0"


def fold(header: str) -> str:
    """A header as it compares: lower case, letters and digits only. "Project Name" and "PROJECT-NAME" fold alike."""
    lower = header.lower()
    return lower if lower.isalnum() else "".join(filter(str.isalnum, lower))


def tidy(header: str) -> str:
    """A header as people read it: trimmed, each run of line breaks one space."""
    return re.sub(r"\s*[\r\n]+\s*", " ", header.strip(TRIMMED))


def is_blank(cells: Sequence[str]) -> bool:
    """Whether no cell says anything; the mark that ends a file of MS-DOS says nothing."""
    return not any(cell.strip(TRIMMED + "\x1a") for cell in cells)


@dataclass(frozen=True)
class Layout:
    """Where the header is: `index` counts the records searched; `hits` are the headers that were known.

    `fit` is the share of records after the header that are as wide as it.
    """

    index: int
    hits: int
    fit: float
    width: int
    transposed: bool = False


def find_layout(records: Sequence[Sequence[str]], known: Collection[str], given: bool = False) -> Layout:
    """The header among the first records of a table: the best known one, else the first of the usual width.

    `records` are the first rows, not all blank; `known` folded header names; `given` says that the first one is the
    header. A table whose first column holds the
    headers (at least four known, and fewer than two in the first row) is `transposed`.
    """
    searched = records[:SEARCHED]
    filled = [i for i, cells in enumerate(searched) if not is_blank(cells)]
    hits = [_hits(cells, known) for cells in searched]
    if given:
        return _layout(searched, filled, hits, filled[0])
    down = _hits([cells[0] for cells in searched if cells], known)
    if down >= 4 and hits[filled[0]] < 2 and down > max(hits):
        return Layout(filled[0], down, 1.0, len(searched[filled[0]]), transposed=True)
    best = max(filled, key=lambda i: hits[i])
    named = sum(1 for cell in searched[best] if fold(cell))
    if hits[best] < 2 and hits[best] * 2 <= named:
        best = _first_of_usual_width(searched, filled)
    return _layout(searched, filled, hits, best)


def _layout(records: Sequence[Sequence[str]], filled: Sequence[int], hits: Sequence[int], header: int) -> Layout:
    after = [i for i in filled if i > header]
    width = len(records[header])
    fit = sum(len(records[i]) == width for i in after) / len(after) if after else 1.0
    return Layout(header, hits[header], fit, width)


def _hits(cells: Sequence[str], known: Collection[str]) -> int:
    return sum(1 for header in {fold(cell) for cell in cells} if header in known)


def _first_of_usual_width(records: Sequence[Sequence[str]], filled: Sequence[int]) -> int:
    widths = Counter(len(records[i]) for i in filled)
    usual = max(widths, key=lambda width: (widths[width], width))
    said = {i: sum(1 for cell in records[i] if cell.strip(TRIMMED)) for i in filled if len(records[i]) == usual}
    # A title above the table ("Report,,,") has the table's width when a spreadsheet wrote it, but says little.
    return next((i for i in said if said[i] * 2 > max(said.values())), next(iter(said)))


def of_two_rows(upper: Sequence[str], lower: Sequence[str], known: Collection[str]) -> list[str] | None:
    """The headers that two rows make together, where the upper one names groups of columns; None where it does not.

    A cell that is merged over both rows stands in the upper one alone; one that is merged over several columns in the
    first of them. A group's name goes before a header that stands in several groups, or that says more with it.
    """
    width = max(len(upper), len(lower))
    above, below = ([tidy(cell) for cell in row] + [""] * (width - len(row)) for row in (upper, lower))
    named = [i for i, cell in enumerate(above) if cell]
    # A title stands alone and first; a row of cells that hold more than words is data.
    if not named or named == [0] or not any(below) or any(_says_amounts(cell) for cell in (*above, *below)):
        return None
    again = {fold(cell) for cell, count in Counter(map(fold, below)).items() if cell and count > 1}
    group = ""
    headers: list[str] = []
    for top, cell in zip(above, below, strict=True):
        group = top or group
        if not cell:
            headers.append(top)
        elif group and (fold(cell) in again or (fold(cell) not in known and fold(group + cell) in known)):
            headers.append(f"{group} {cell}")
        elif group and fold(cell) not in known and fold(cell + group) in known:
            headers.append(f"{cell} {group}")
        else:
            headers.append(cell)
    repeated = Counter(fold(header) for header in headers if header)
    told_apart = all(repeated[fold(new)] == 1 for new, cell in zip(headers, below, strict=True) if fold(cell) in again)
    return headers if headers != below and told_apart else None


_MONEY_UNIT = re.compile(
    r"[(\[]?(?:in )?(?:(?:t|k|m|tsd|mio|mln|mn|mrd|bn|thousands?|millions?|miles|milliers)\.? ?)?"
    r"(?:€|\$|£|¥|₹|eur|usd|gbp|chf|jpy|aud|cad|inr|sek|nok|dkk|pln|czk)[)\]]?|"
    r"[(\[]?(?:in )?(?:€|\$|£|¥|₹|eur|usd|gbp|chf|aud|cad|inr)? ?"
    r"(?:k|m|tsd|mio|mln|mrd|bn|thousands|millions|'000)\.?[)\]]?",
    re.I,
)
_OTHER_UNIT = re.compile(
    r"[(\[]?(?:%|percent|prozent|h|hrs?|hours|std|days|tage|pt|fte|date|datum|fecha|text|number|zahl|yyyy-mm-dd|"
    r"(?:dd|tt|jj)[./-]mm[./-](?:yyyy|jjjj|aaaa)|mm/dd/yyyy)\.?[)\]]?",
    re.I,
)


def with_units(header: Sequence[str], below: Sequence[str]) -> list[str] | None:
    """The headers with the units that the row below them states for amounts ("Budget (k€)"); None where it is no row of
    units alone."""
    width = max(len(header), len(below))
    names, units = ([tidy(cell) for cell in row] + [""] * (width - len(row)) for row in (header, below))
    filled = [cell for cell in units if cell]
    money = [bool(_MONEY_UNIT.fullmatch(cell)) for cell in units]
    if not any(money) or not all(_MONEY_UNIT.fullmatch(cell) or _OTHER_UNIT.fullmatch(cell) for cell in filled):
        return None
    # What a row is about stands first, and has no unit.
    if next((unit for name, unit in zip(names, units, strict=True) if name), ""):
        return None
    return [
        f"{name} ({unit.strip('()[] ')})" if name and is_money else name
        for name, unit, is_money in zip(names, units, money, strict=True)
    ]


def _says_amounts(cell: str) -> bool:
    return bool(re.fullmatch(r"[^A-Za-z]*\d[^A-Za-z]*", cell)) and not re.fullmatch(r"(?:19|20)\d\d", cell)


def parts_of(header: Sequence[str], below: Sequence[str]) -> bool:
    """Whether the row below a header names the columns of its groups: it fills none but columns that need a name."""
    width = max(len(header), len(below))
    top, next_row = ([cell.strip(TRIMMED) for cell in row] + [""] * (width - len(row)) for row in (header, below))
    filled = [i for i, cell in enumerate(next_row) if cell]
    opens = [i for i in filled if top[i]]
    grouped = all(i + 1 < width and not top[i + 1] and next_row[i + 1] for i in opens)
    return len(filled) > 1 and len(opens) < len(filled) and not next_row[0] and bool(top[0]) and grouped


def header_decision(
    layout: Layout, row: int, above: int, given: bool, grouped: bool = False, line: str = "line"
) -> Decision:
    """What was decided about the header row, with `above` lines above it left out.

    `grouped` says that the line above it names groups of columns; `line` is what a line is called.
    """
    if layout.transposed:
        why = f"the first column holds {layout.hits} known headers, so each column of the file is read as a row"
        return Decision("header row", "first column", why)
    if given:
        why = "as you said"
    elif layout.hits > 1:
        why = f"{line} {row} holds {layout.hits} known headers"
    elif above:
        why = f"{line} {row} is the first that is as wide as most rows"
    else:
        why = f"it is the first {line} that says anything"
    if above:
        why += f"; the {line} above it is left out" if above == 1 else f"; {above:,} {line}s above it are left out"
    if grouped:
        why += f"; {line} {row - 1} names groups of columns, or the columns whose units stand in {line} {row}"
    return Decision("header row", str(row), why, "header_row")
