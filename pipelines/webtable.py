"""Web pages that tools call workbooks (an HTML table named .xls): their table as rows of text; nothing in them runs."""

from __future__ import annotations

import codecs
import csv
import re
from html import unescape
from pathlib import Path

from pipelines.problems import Decision, UnreadableFile

MOST_BYTES = 16 << 20
MOST_CELLS = 5_000_000
WIDEST = 1_000  # columns that a cell may span
_UNSEEN = (("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>"))
_TAG = re.compile(r"(<[^<>]{1,4000}>)")
_NAME = re.compile(r"<(/?)([A-Za-z]{1,20})[^<>]*>$")
_SPAN = re.compile(r"\bcolspan=[\"']?(\d{1,4})\b", re.I)
_CHARSET = re.compile(rb"charset=[\"']?([\w.:-]{2,30})", re.I)


class _Tables:
    """The tables of a page, each a list of rows of cells; of nested ones the inner text belongs to the outer cell.

    Read by its tags alone, for the library's parser takes the square of the time for damaged pages.
    """

    def __init__(self) -> None:
        self.tables: list[list[list[str]]] = []
        self.depth = self.cells = 0
        self.text: list[str] | None = None
        self.span = 1

    def read(self, page: str) -> list[list[list[str]]]:
        """The tables of a page. OverflowError where they have too many cells."""
        for piece in _TAG.split(_without(page, *_UNSEEN)):
            if found := _NAME.match(piece):
                self._tag(found[1] == "/", found[2].lower(), piece)
            elif self.text is not None:
                self.text.append(unescape(piece))
        self._end_cell()
        return self.tables

    def _tag(self, closes: bool, name: str, tag: str) -> None:
        if name == "table":
            if closes and self.depth == 1:
                self._end_cell()
            self.depth = max(0, self.depth + (-1 if closes else 1))
            if self.depth == 1 and not closes:
                self.tables.append([])
        elif self.depth == 1 and name in ("td", "th", "tr"):
            self._end_cell()
            if name == "tr" and not closes:
                self.tables[-1].append([])
            elif not closes:
                span = _SPAN.search(tag)
                self.text, self.span = [], min(int(span[1]), WIDEST) if span else 1
        elif name in ("br", "p", "div", "li") and self.text:
            self.text.append(" ")

    def _end_cell(self) -> None:
        if self.text is None:
            return
        if not self.tables[-1]:
            self.tables[-1].append([])
        self.cells += max(self.span, 1)
        if self.cells > MOST_CELLS:
            raise OverflowError
        self.tables[-1][-1] += [" ".join("".join(self.text).split()), *[""] * (self.span - 1)]
        self.text = None


def _without(page: str, *parts: tuple[str, str]) -> str:
    """A page without comments, scripts and styles; what begins one and never ends it goes to the end."""
    for begin, end in parts:
        kept, place = [], 0
        opens, closes = re.compile(begin, re.I), re.compile(end, re.I)
        while start := opens.search(page, place):
            kept.append(page[place : start.start()])
            close = closes.search(page, start.end())
            place = close.end() if close else len(page)
        page = "".join([*kept, page[place:]])
    return page


def as_csv(path: Path, copy: Path) -> Decision:
    """Write the largest table of a page as CSV in UTF-8, a line a row; what was decided.

    UnreadableFile where it holds no table of several rows, is too large, or has a cell that goes over several rows.
    """
    fix = "Open it in Excel and save it as .xlsx."
    if path.stat().st_size > MOST_BYTES:
        raise UnreadableFile(f"{path.name} is a web page larger than {MOST_BYTES >> 20} MB.", fix, rule="too_large")
    page = path.read_bytes()
    text = _decoded(page)
    if re.search(r"<t[dh]\b[^>]{0,400}\browspan=[\"']?(?:[2-9]|1\d)", text, re.I):
        raise UnreadableFile(f"{path.name} is a web page with cells that go over several rows.", fix)
    try:
        tables = _Tables().read(text)
    except OverflowError as error:
        raise UnreadableFile(f"{path.name} has more than {MOST_CELLS:,} cells.", fix, rule="too_large") from error
    rows = max(tables, key=len, default=[])
    if len(rows) < 2:
        raise UnreadableFile(f"{path.name} looks like a web page, not a table.", fix)
    with copy.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows(row or [""] for row in rows)
    many = f", the largest of {len(tables)}" if len(tables) > 1 else ""
    return Decision("file", "web page", f"its table{many} is read; rows are counted as in the table")


def _decoded(page: bytes) -> str:
    """The text of a page, by its mark or the encoding that it names; else UTF-8 or Windows-1252."""
    if page.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return page.decode("utf-16", "replace")
    named = _CHARSET.search(page[:4096])
    for encoding in ([named[1].decode("ascii")] if named else []) + ["utf-8-sig"]:
        try:
            return page.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    return page.decode("cp1252", "replace")
