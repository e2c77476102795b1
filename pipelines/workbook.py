"""Workbooks to text: each visible sheet with cells becomes a DuckDB table in which every cell is a string."""

from __future__ import annotations

import datetime as dt
import operator
import posixpath
import re
import struct
import zipfile
import zlib
from array import array
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import unescape

import duckdb
import python_calamine as calamine

from pipelines.headers import SEARCHED, find_layout, header_decision, is_blank, of_two_rows, parts_of, tidy
from pipelines.leftout import Aside, said, take_out
from pipelines.problems import Decision, LeftOut, UnreadableFile
from pipelines.report import HERE, How
from pipelines.texttable import TextTable, Writer, drop_unnamed, write_transposed

MOST_BYTES = 1 << 30
MOST_CELLS = 50_000_000
MOST_ROWS = 1 << 20  # of a sheet, in any program
MOST_PARTS = 10_000
BLOCK = 1 << 18
# What zipfile, zlib and the XML parser raise on damaged input, as tried with random damage.
UNPACKING = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ElementTree.ParseError,
    LookupError,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
)
LONGEST_ROW = 1 << 22
MOST_INDEX_BYTES = 1 << 24
SAVE_AS_XLSX = "Open it in Excel and save as .xlsx."
# The counts bound what a hostile file can cost; real attributes are far shorter.
CELL = re.compile(rb"""<(?:\w{1,20}:)?c\s(?:[^>]{0,200}?\s)?r=["']([A-Z]{1,3})(\d{1,10})["'][^>]{0,200}(?<!/)>""")
ERROR = re.compile(
    rb"""<(?:\w{1,20}:)?c\s(?=[^>]{0,200}\bt=["']e["'])[^>]{0,200}?\br=["']([A-Z]{1,3})(\d{1,10})["'][^>]{0,200}>"""
    rb"""(?:(?!</(?:\w{1,20}:)?c>).){0,9000}?<(?:\w{1,20}:)?v>([^<]{0,40})<""",
    re.DOTALL,
)
# A formula whose value was never saved, as programs write it that don't calculate. Excel shows it worked out, but it is
# not in the file. A text (t="str") that is empty is a value.
UNSAVED = re.compile(
    rb"""<(?:\w{1,20}:)?c\s(?![^>]{0,200}\bt=["']str["'])[^>]{0,200}?\br=["']([A-Z]{1,3})(\d{1,10})["']"""
    rb""""""
    rb"""[^>]{0,200}(?<!/)>\s*"""
    rb"""<(?:\w{1,20}:)?f\b[^>]{0,400}(?:/>|>([^<]{0,9000})</(?:\w{1,20}:)?f>)\s*"""
    rb"""(?:<(?:\w{1,20}:)?v\s*/>|<(?:\w{1,20}:)?v>\s*</(?:\w{1,20}:)?v>)?\s*</(?:\w{1,20}:)?c>"""
)


# What stands in a number format without being part of it: quoted and escaped text, colours and conditions.
LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
PERCENT_FORMATS = ("9", "10")  # "0%" and "0.00%", which need no format code


@dataclass
class _Part:
    """What one part of the workbook holds: its extent, its error cells by (row, column), both from 0, formulas without
    a value among them, and by column the rows of the cells that are shown with a percent sign, each with what its
    number is multiplied by."""

    rows: tuple[int, int] = (1 << 30, -1)
    columns: tuple[int, int] = (1 << 30, -1)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    percents: dict[tuple[int, int], array[int]] = field(default_factory=dict)

    @property
    def area(self) -> int:
        return max(0, self.rows[1] - self.rows[0] + 1) * max(0, self.columns[1] - self.columns[0] + 1)


def read(
    con: duckdb.DuckDBPyConnection, path: Path, prefix: str, known: Collection[str], how: How = HERE
) -> list[TextTable]:
    """The tables of an .xlsx workbook, one a visible sheet with cells; a sheet need not hold a known header.

    Raises UnreadableFile for an archive that is no workbook, a damaged or locked one, one that unpacks to more than
    1 GB or spans too many cells (rule "too_large"), and one whose sheets are all empty (rule "empty_file").
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = _inspect(path, archive, _percent_styles(archive))
            names = _sheet_parts(archive)
    except UNPACKING as error:
        raise _damaged(path) from error
    tables: list[TextTable] = []
    try:
        with path.open("rb") as file, calamine.CalamineWorkbook.from_filelike(file) as book:
            sheets = [sheet for sheet in book.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
            chosen = _chosen(path, sheets, how)
            for i, sheet in enumerate(book.sheets_metadata):
                if sheet.name not in chosen:
                    continue
                relation = f"{prefix}_{len(tables)}"
                rows = _rows(book.get_sheet_by_index(i), parts.get(names.get(sheet.name, ""), _Part()))
                start = book.get_sheet_by_index(i).start
                table = _read_sheet(con, path, sheet.name, start[1] if start else 0, rows, relation, known, how)
                tables += [table] if table else []
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise _damaged(path) from error
    except BaseException as error:
        # calamine panics on some damaged files, with an exception that is not an Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise _damaged(path) from error
    if not tables:
        fix = "Export it again, with a header and rows on a visible sheet."
        none = f"sheet {chosen[0]} has no cells" if how.sheet else "no visible sheet has cells"
        raise UnreadableFile(f"{path.name} is empty: {none}.", fix, rule="empty_file")
    if how.header_row and not any(table.header_row == how.header_row for table in tables):
        message = f"{path.name}: row {how.header_row} cannot be the header, for no cell of it says anything."
        raise UnreadableFile(message, "Name another row as the header row.", row=how.header_row, rule="no_such_header")
    return [
        replace(table, decisions=(_sheet_decision(table.sheet or "", sheets, how), *table.decisions))
        for table in tables
    ]


def _chosen(path: Path, sheets: list[calamine.SheetMetadata], how: How) -> list[str]:
    """The names of the sheets to read: the one that was asked for, else the visible ones."""
    if how.sheet is None:
        return [sheet.name for sheet in sheets if _visible(sheet)]
    asked = how.sheet.strip().casefold()
    if found := next((sheet.name for sheet in sheets if sheet.name.strip().casefold() == asked), None):
        return [found]
    fix = f"Choose one of: {', '.join(sheet.name for sheet in sheets)}."
    raise UnreadableFile(f"{path.name} has no sheet {how.sheet}.", fix, rule="no_such_sheet")


def _visible(sheet: calamine.SheetMetadata) -> bool:
    return bool(sheet.visible == calamine.SheetVisibleEnum.Visible)


def _sheet_decision(name: str, sheets: list[calamine.SheetMetadata], how: How) -> Decision:
    shown = [sheet.name for sheet in sheets if _visible(sheet)]
    hidden = [sheet.name for sheet in sheets if not _visible(sheet)]
    if how.sheet:
        why = "as you said"
    elif len(shown) == 1:
        why = "it is the only visible sheet"
    else:
        why = f"each of the {len(shown)} visible sheets is read by itself"
    if hidden and not how.sheet:
        many = len(hidden) > 1
        why += f"; the hidden sheet{'s' * many} {', '.join(hidden)} {'are' if many else 'is'} left out"
    return Decision("sheet", name, why, "sheet")


def old_format(path: Path) -> UnreadableFile:
    """The error for a file in the container of old .xls files and of encrypted workbooks."""
    with path.open("rb") as file:
        start = file.read(1 << 22)
        file.seek(max(0, path.stat().st_size - (1 << 22)))
        locked = "EncryptedPackage".encode("utf-16-le") in start + file.read(1 << 22)
    if locked:
        return UnreadableFile(f"{path.name} is locked with a password.", "Remove its password and save as .xlsx.")
    return UnreadableFile(f"{path.name} is in an old Office format (.xls).", SAVE_AS_XLSX)


def _damaged(path: Path) -> UnreadableFile:
    return UnreadableFile(f"{path.name} is a damaged workbook.", SAVE_AS_XLSX)


def _too_large(path: Path, why: str, fix: str) -> UnreadableFile:
    return UnreadableFile(f"{path.name} is too large: {why}.", fix, rule="too_large")


def _inspect(path: Path, archive: zipfile.ZipFile, percent: dict[str, int]) -> dict[str, _Part]:
    """Unpack every part once, keeping nothing, before the workbook is trusted; what calamine does not tell of each.

    calamine takes as much memory as a sheet's corners span and the whole process ends when that fails; it reads error
    cells as empty, and a cell that shows 45 % as 0.45. `percent` are the styles of such cells.
    """
    infos = archive.infolist()
    parts = {info.filename for info in infos}
    if "xl/workbook.xml" not in parts or "[Content_Types].xml" not in parts:
        raise UnreadableFile(f"{path.name} is a zip archive, not an .xlsx workbook.", SAVE_AS_XLSX)
    grown = _too_large(path, "it unpacks to more than 1 GB", "Export fewer rows a file, or as CSV.")
    if len(infos) > MOST_PARTS or sum(info.file_size for info in infos) > MOST_BYTES:
        raise grown
    found: dict[str, _Part] = {}
    styled = _styled(percent)
    total = 0
    with path.open("rb") as file:
        for info in infos:
            part = _Part()
            rest = b""
            for block in _unpack(file, info):
                total += len(block)
                if total > MOST_BYTES:
                    raise grown
                rest = _scan(part, rest + block, percent, styled)
            _measure(part, rest, percent, styled)
            # The reader starts at the first row, wherever the cells stand.
            if part.area > MOST_CELLS or part.rows[1] >= MOST_ROWS:
                span = f"{part.rows[1] + 1:,} rows by {part.columns[1] - part.columns[0] + 1:,} columns"
                raise _too_large(path, f"a sheet spans {span}", "Delete stray cells far from the table.")
            found[info.filename] = part
    return found


def _unpack(file: Any, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """A part's bytes in blocks, however many there are: the size that the archive declares is not believed."""
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile("encrypted or unusual compression")
    file.seek(info.header_offset)
    header = file.read(30)
    file.seek(sum(struct.unpack("<HH", header[26:30])), 1)
    left = info.compress_size
    inflate = zlib.decompressobj(-15) if info.compress_type == zipfile.ZIP_DEFLATED else None
    while left > 0 and (packed := file.read(min(BLOCK, left))):
        left -= len(packed)
        while inflate and packed:
            yield inflate.decompress(packed, BLOCK)
            packed = inflate.unconsumed_tail
        if not inflate:
            yield packed


def _scan(part: _Part, text: bytes, percent: dict[str, int], styled: re.Pattern[bytes] | None) -> bytes:
    """Measure the whole rows of a stretch of XML; what follows the last one is returned, to go before the next."""
    cut = text.rfind(b"row>") + 4
    if cut < 4:
        cut = len(text) if len(text) > LONGEST_ROW else 0
    _measure(part, text[:cut], percent, styled)
    return text[cut:]


def _measure(part: _Part, text: bytes, percent: dict[str, int], styled: re.Pattern[bytes] | None) -> None:
    cells = CELL.findall(text)
    if not cells:
        return
    rows = [int(row) - 1 for row in {row for _, row in cells}]
    columns = [_column(letters) for letters in {letters for letters, _ in cells}]
    part.rows = min(part.rows[0], *rows), max(part.rows[1], *rows)
    part.columns = min(part.columns[0], *columns), max(part.columns[1], *columns)
    if b't="e"' in text or b"t='e'" in text:
        for letters, row, value in ERROR.findall(text):
            part.errors[int(row) - 1, _column(letters)] = value.decode("utf-8", "replace")
    if b"f>" in text or b"<f" in text or b":f " in text:
        for letters, row, formula in UNSAVED.findall(text):
            said = " ".join(unescape(formula.decode("utf-8", "replace")).split())[:200]
            part.errors[int(row) - 1, _column(letters)] = f"#CALC! ={said}"
    for style, letters, row in styled.findall(text) if styled else ():
        place = _column(letters), percent[style.decode()]
        part.percents.setdefault(place, array("I")).append(min(int(row) - 1, MOST_ROWS))


def _styled(percent: Collection[str]) -> re.Pattern[bytes] | None:
    """What finds the cells of some styles: the style, and the cell's column and row; None where there are no styles."""
    if not percent:
        return None
    style = "|".join(sorted(percent)).encode()
    cell = rb"""<(?:\w{1,20}:)?c\s(?=[^>]{0,200}?\bs=["'](%s)["'])(?:[^>]{0,200}?\s)?r=["']([A-Z]{1,3})(\d{1,10})["']"""
    return re.compile(cell % style)


def _percent_styles(archive: zipfile.ZipFile) -> dict[str, int]:
    """The styles of cells that are shown with a percent sign, each with what their numbers are multiplied by.

    That is 100, or 1 where the sign is a mere text behind the number (0.0"%").
    """
    name = "xl/styles.xml"
    if name not in archive.namelist():
        return {}
    if archive.getinfo(name).file_size > MOST_INDEX_BYTES:
        raise zipfile.BadZipFile("styles that are far too long")
    formats, cells = {}, []
    for part in ElementTree.fromstring(archive.read(name)):
        if part.tag.endswith("}numFmts"):
            formats = {one.get("numFmtId", ""): one.get("formatCode", "") for one in part}
        elif part.tag.endswith("}cellXfs"):
            cells = [one.get("numFmtId", "") for one in part]
    factors = dict.fromkeys(PERCENT_FORMATS, 100)
    for number, code in formats.items():
        if "%" in code:
            factors[number] = 100 if "%" in LITERAL.sub("", code) else 1
    return {str(style): factors[number] for style, number in enumerate(cells) if number in factors}


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part that holds each sheet, by the sheet's name."""
    index = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
    if any(archive.getinfo(name).file_size > MOST_INDEX_BYTES for name in index):
        raise zipfile.BadZipFile("an index that is far too long")
    book, links = (ElementTree.fromstring(archive.read(name)) for name in index)
    targets = {
        link.get("Id"): posixpath.normpath(posixpath.join("/xl", link.get("Target", ""))).lstrip("/") for link in links
    }
    found = {}
    for sheet in book.iter():
        if sheet.tag.endswith("}sheet"):
            link = next((value for key, value in sheet.attrib.items() if key.endswith("}id")), None)
            found[sheet.get("name", "")] = targets.get(link, "")
    return found


def _read_sheet(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    first_column: int,
    rows: Iterator[tuple[int, list[str]]],
    relation: str,
    known: Collection[str],
    how: How,
) -> TextTable | None:
    """One sheet as a table; None when it has no cells. `first_column` counts from 0."""
    head = list(islice(rows, max(SEARCHED, how.header_row or 0)))
    if not head:
        return None
    told = next((i for i, (number, _) in enumerate(head) if number == how.header_row), None)
    skipped = head[: told or 0]
    head = head[told or 0 :]
    layout = find_layout([cells for _, cells in head[:SEARCHED]], known, given=told is not None)
    if layout.transposed:
        fields = [cells for _, cells in chain(head, rows)]
        headers, count = write_transposed(con, relation, fields, known, first_column + 1)
        decision = header_decision(layout, head[layout.index][0], 0, given=False, line="row")
        return TextTable(
            path.name, name, relation, headers, None, None, head[layout.index][0], count, (), True, (decision,)
        )
    index, named = layout.index, None
    if told is None:
        index, named = _with_groups(head, layout.index, known)
    header_row, header = head[index]
    aside = Aside()
    aside.listed += [LeftOut(number, "preamble", said(cells)) for number, cells in [*skipped, *head[:index]]]
    above = len(aside.listed)
    writer = Writer(con, relation, len(header))
    count, last = 0, header_row
    for number, cells in chain(head[index + 1 :], rows):
        writer.add(number, cells)
        if number > last + 1:
            aside.empty(last + 1, number - 1)
        count, last = count + 1, number
    writer.flush()
    headers = tuple(named or [tidy(cell) for cell in header])
    count -= take_out(con, relation, headers, aside)
    decisions = [header_decision(layout, header_row, above, told is not None, bool(named), "row")]
    if first_column:
        where = f"the columns before {_letters(first_column)} are empty"
        decisions.append(Decision("first column", _letters(first_column), where))
    return TextTable(
        file=path.name,
        sheet=name,
        relation=relation,
        headers=drop_unnamed(con, relation, headers),
        encoding=None,
        delimiter=None,
        header_row=header_row,
        rows=count,
        problems=(),
        decisions=tuple(decisions),
        left_out=aside.left_out(),
    )


def _with_groups(head: list[tuple[int, list[str]]], index: int, known: Collection[str]) -> tuple[int, list[str] | None]:
    """The header's place among the first rows, and its names where a row above it names groups of columns."""
    number, header = head[index]
    if index + 1 < len(head) and head[index + 1][0] == number + 1 and parts_of(header, head[index + 1][1]):
        names = of_two_rows(header, head[index + 1][1], known)
        return (index + 1, names) if names else (index, None)
    if index and head[index - 1][0] == number - 1:
        return index, of_two_rows(head[index - 1][1], header, known)
    return index, None


def _letters(column: int) -> str:
    """The letters of a column that counts from 0."""
    before, last = divmod(column, 26)
    return (_letters(before - 1) if before else "") + chr(65 + last)


def _rows(sheet: calamine.CalamineSheet, part: _Part) -> Iterator[tuple[int, list[str]]]:
    """The sheet's rows that are not blank, each with its number; all of one width."""
    first_column = sheet.start[1] if sheet.start else 0
    wrong: dict[int, list[tuple[int, str]]] = {}
    for (row, column), text in part.errors.items():
        wrong.setdefault(row, []).append((column - first_column, text))
    signed = [_Signed(column - first_column, times, rows) for (column, times), rows in part.percents.items()]
    for number, values in enumerate(sheet.iter_rows()):
        cells = [cell_text(value) for value in values]
        for one in signed:
            if one.holds(number) and 0 <= one.column < len(cells):
                cells[one.column] = percent_text(values[one.column], one.times)
        for column, text in wrong.get(number, ()):
            if 0 <= column < len(cells):
                cells[column] = text
        if not is_blank(cells):
            yield number + 1, cells


class _Signed:
    """The rows of a column that are shown with a percent sign, asked for one after the other."""

    def __init__(self, column: int, times: int, rows: array[int]) -> None:
        self.column, self.times = column, times
        self._rows = rows if all(map(operator.lt, rows, islice(rows, 1, None))) else sorted(set(rows))
        self._next = 0

    def holds(self, row: int) -> bool:
        """Whether the row is one of them; no row may be asked for after a later one."""
        while self._next < len(self._rows) and self._rows[self._next] < row:
            self._next += 1
        return self._next < len(self._rows) and self._rows[self._next] == row


def percent_text(value: Any, times: int) -> str:
    """A number that is shown with a percent sign as it is seen, in full: 0.456 as "45.6%"; any other value as text.

    >>> percent_text(1.0, 100), percent_text(0.07, 100), percent_text("n/a", 100)
    ('100%', '7%', 'n/a')
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return cell_text(value)
    return f"{cell_text(float(f'{value * times:.15g}'))}%"


def cell_text(value: Any) -> str:
    """A workbook's value as text: 3.0 as "3", a date in ISO form (its time only when not midnight), TRUE and FALSE."""
    match value:
        case str():
            return value.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
        case bool():
            return str(value).upper()
        case int() | float():
            return str(int(value)) if abs(value) < 1e16 and value == int(value) else repr(value)
        case dt.datetime():
            return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "seconds")
        case dt.timedelta():
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
        case _:
            return str(value)
