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
    return "".join(c for c in header.lower() if c.isalnum())


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


def header_decision(layout: Layout, row: int, above: int, given: bool) -> Decision:
    """What was decided about the header row, with `above` lines above it left out."""
    if layout.transposed:
        why = f"the first column holds {layout.hits} known headers, so each column of the file is read as a row"
        return Decision("header row", "first column", why)
    if given:
        why = "as you said"
    elif layout.hits > 1:
        why = f"line {row} holds {layout.hits} known headers"
    elif above:
        why = f"line {row} is the first that is as wide as most rows"
    else:
        why = "it is the first line"
    if above:
        why += f"; {'the line' if above == 1 else f'{above:,} lines'} above it {'is' if above == 1 else 'are'} left out"
    return Decision("header row", str(row), why, "header_row")
