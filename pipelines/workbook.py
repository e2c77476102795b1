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

from pipelines.headers import SEARCHED, find_layout, header_decision, is_blank, of_two_rows, parts_of, tidy, with_units
from pipelines.leftout import Aside, said, take_out
from pipelines.problems import Decision, LeftOut, UnreadableFile
from pipelines.report import HERE, How
from pipelines.shown import currency_of, fill_merged, hidden_columns, hidden_rows, letters
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
HIDDEN_ROW = re.compile(
    rb"""<(?:\w{1,20}:)?row\s(?=[^>]{0,400}?\bhidden=["'](?:1|true)["'])(?:[^>]{0,400}?\s)?r=["'](\d{1,10})["']"""
)
HIDDEN_COLUMN = re.compile(rb"""<(?:\w{1,20}:)?col\s(?=[^>]{0,400}?\bhidden=["'](?:1|true)["'])([^>]{0,400})>""")
FROM_TO = re.compile(rb"""\b(?:min|max)=["'](\d{1,5})["']""")


@dataclass
class _Part:
    """What one part of the workbook holds: its extent, its error cells by (row, column), both from 0, formulas without
    a value among them, and by column the rows of the cells that are shown with a percent sign, each with what its
    number is multiplied by, or with the mark of a currency. Hidden rows and first and last hidden columns count from 0.
    """

    rows: tuple[int, int] = (1 << 30, -1)
    columns: tuple[int, int] = (1 << 30, -1)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    signs: dict[tuple[int, int | str], array[int]] = field(default_factory=dict)
    hidden_rows: array[int] = field(default_factory=lambda: array("I"))
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)

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
            parts = _inspect(path, archive, _signed_styles(archive))
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
                part = parts.get(names.get(sheet.name, ""), _Part())
                table = _read_sheet(con, path, sheet.name, book.get_sheet_by_index(i), part, relation, known, how)
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


def _inspect(path: Path, archive: zipfile.ZipFile, signs: dict[str, int | str]) -> dict[str, _Part]:
    """Unpack every part once, keeping nothing, before the workbook is trusted; what calamine does not tell of each.

    calamine takes as much memory as a sheet's corners span and the whole process ends when that fails; it reads error
    cells as empty, and a cell that shows 45 % as 0.45. `signs` are the styles of such cells, and of
    those with a currency.
    """
    infos = archive.infolist()
    parts = {info.filename for info in infos}
    if "xl/workbook.xml" not in parts or "[Content_Types].xml" not in parts:
        raise UnreadableFile(f"{path.name} is a zip archive, not an .xlsx workbook.", SAVE_AS_XLSX)
    grown = _too_large(path, "it unpacks to more than 1 GB", "Export fewer rows a file, or as CSV.")
    if len(infos) > MOST_PARTS or sum(info.file_size for info in infos) > MOST_BYTES:
        raise grown
    found: dict[str, _Part] = {}
    styled = _styled(signs)
    total = 0
    with path.open("rb") as file:
        for info in infos:
            part = _Part()
            rest = b""
            for block in _unpack(file, info):
                total += len(block)
                if total > MOST_BYTES:
                    raise grown
                rest = _scan(part, rest + block, signs, styled)
            _measure(part, rest, signs, styled)
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


def _scan(part: _Part, text: bytes, signs: dict[str, int | str], styled: re.Pattern[bytes] | None) -> bytes:
    """Measure the whole rows of a stretch of XML; what follows the last one is returned, to go before the next."""
    cut = text.rfind(b"row>") + 4
    if cut < 4:
        cut = len(text) if len(text) > LONGEST_ROW else 0
    _measure(part, text[:cut], signs, styled)
    return text[cut:]


def _measure(part: _Part, text: bytes, signs: dict[str, int | str], styled: re.Pattern[bytes] | None) -> None:
    if b"hidden=" in text:
        part.hidden_rows.extend(min(int(row) - 1, MOST_ROWS) for row in HIDDEN_ROW.findall(text))
        for said in HIDDEN_COLUMN.findall(text):
            places = [int(place) - 1 for place in FROM_TO.findall(said)]
            part.hidden_columns += [(min(places), max(places))] if places else []
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
        place = _column(letters), signs[style.decode()]
        part.signs.setdefault(place, array("I")).append(min(int(row) - 1, MOST_ROWS))


def _styled(signs: Collection[str]) -> re.Pattern[bytes] | None:
    """What finds the cells of some styles: the style, and the cell's column and row; None where there are no styles."""
    if not signs:
        return None
    style = "|".join(sorted(signs)).encode()
    cell = rb"""<(?:\w{1,20}:)?c\s(?=[^>]{0,200}?\bs=["'](%s)["'])(?:[^>]{0,200}?\s)?r=["']([A-Z]{1,3})(\d{1,10})["']"""
    return re.compile(cell % style + rb"[^>]{0,200}(?<!/)>")


def _signed_styles(archive: zipfile.ZipFile) -> dict[str, int | str]:
    """The styles of cells that are shown with a sign: a percent sign, each with what their numbers are multiplied by,
    or the mark of a currency.

    A percentage is multiplied by 100, or 1 where the sign is a mere text behind the number (0.0"%").
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
    factors: dict[str, int | str] = dict.fromkeys(PERCENT_FORMATS, 100)
    for number, code in formats.items():
        if "%" in code:
            factors[number] = 100 if "%" in LITERAL.sub("", code) else 1
        elif mark := currency_of(code):
            factors[number] = mark
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
    sheet: calamine.CalamineSheet,
    part: _Part,
    relation: str,
    known: Collection[str],
    how: How,
) -> TextTable | None:
    """One sheet as a table; None when it has no cells."""
    rows, first_column = _rows(sheet, part), sheet.start[1] if sheet.start else 0
    head = list(islice(rows, max(SEARCHED, how.header_row or 0)))
    if not head:
        return None
    told = next((i for i, (number, _) in enumerate(head) if number == how.header_row), None)
    skipped = head[: told or 0]
    head = head[told or 0 :]
    layout = find_layout([cells for _, cells in head[:SEARCHED]], known, given=told is not None)
    if layout.transposed:
        headers, lines, count = write_transposed(con, relation, [*head, *rows], known, first_column + 1)
        row = head[layout.index][0]
        decision = header_decision(layout, row, 0, given=False, line="row")
        return TextTable(path.name, name, relation, headers, None, None, row, count, (), True, (decision,), lines=lines)
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
    down = [
        (column - first_column, first + 1, last + 1)
        for (first, column), (last, _) in sheet.merged_cell_ranges or ()
        if first >= header_row and last > first
    ]
    merged = fill_merged(con, relation, headers, first_column, down)
    hidden = _hidden(con, relation, part)
    if how.hidden and hidden:
        aside.listed += _leave_out(con, relation, hidden)
        count -= len(hidden)
    decisions = [header_decision(layout, header_row, above, told is not None, bool(named), "row")]
    if first_column:
        where = f"the columns before {letters(first_column)} are empty"
        decisions.append(Decision("first column", letters(first_column), where))
    decisions += [*merged, *hidden_rows(hidden, left_out=how.hidden is not None)]
    decisions += hidden_columns(headers, first_column, part.hidden_columns)
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
        currencies=_currencies(part, first_column, header_row),
    )


def _hidden(con: duckdb.DuckDBPyConnection, relation: str, part: _Part) -> list[int]:
    """The rows of a table that the sheet hides."""
    if not part.hidden_rows:
        return []
    asked = f'select source_row from "{relation}" where list_contains($1::bigint[], source_row - 1) order by 1'
    return [row for (row,) in con.execute(asked, [sorted(set(part.hidden_rows))]).fetchall()]


def _leave_out(con: duckdb.DuckDBPyConnection, relation: str, rows: list[int]) -> list[LeftOut]:
    """Take rows that the sheet hides from the table."""
    asked = f'from "{relation}" where list_contains($1::bigint[], source_row) order by source_row'
    found = [LeftOut(row, "hidden", said(cells)) for row, *cells in con.execute(asked, [rows]).fetchall()]
    con.execute(f"delete {asked.removesuffix(' order by source_row')}", [rows])
    return found


def _currencies(part: _Part, first_column: int, header_row: int) -> dict[int, tuple[str, int]]:
    """By column the one currency that its cells are formatted with, and the first row of one; of columns with several
    the cells themselves have the marks."""
    found = {}
    for column, mark in _marks(part).items():
        first = min((row + 1 for row in part.signs[column, mark] if row >= header_row), default=None)
        if first:
            found[column - first_column] = mark, first
    return found


def _marks(part: _Part) -> dict[int, str]:
    """The columns whose cells are formatted with one currency alone, and its mark."""
    marks: dict[int, set[str]] = {}
    for column, sign in part.signs:
        if isinstance(sign, str):
            marks.setdefault(column, set()).add(sign)
    return {column: min(several) for column, several in marks.items() if len(several) == 1}


def _with_groups(head: list[tuple[int, list[str]]], index: int, known: Collection[str]) -> tuple[int, list[str] | None]:
    """The header's place among the first rows, and its names where a row above it names groups of columns."""
    number, header = head[index]
    if index + 1 < len(head) and head[index + 1][0] == number + 1 and parts_of(header, head[index + 1][1]):
        names = of_two_rows(header, head[index + 1][1], known)
        return (index + 1, names) if names else (index, None)
    if index + 1 < len(head) and head[index + 1][0] == number + 1:
        units = with_units(header, head[index + 1][1])
        if units:
            return index + 1, units
    if index and head[index - 1][0] == number - 1:
        return index, of_two_rows(head[index - 1][1], header, known)
    return index, None


def _rows(sheet: calamine.CalamineSheet, part: _Part) -> Iterator[tuple[int, list[str]]]:
    """The sheet's rows that are not blank, each with its number; all of one width."""
    first_column = sheet.start[1] if sheet.start else 0
    wrong: dict[int, list[tuple[int, str]]] = {}
    for (row, column), text in part.errors.items():
        wrong.setdefault(row, []).append((column - first_column, text))
    alone = _marks(part)
    signed = [
        _Signed(column - first_column, sign, rows)
        for (column, sign), rows in part.signs.items()
        if not (isinstance(sign, str) and column in alone)
    ]
    for number, values in enumerate(sheet.iter_rows()):
        cells = [cell_text(value) for value in values]
        for one in signed:
            if one.holds(number) and 0 <= one.column < len(cells):
                cells[one.column] = signed_text(values[one.column], one.sign)
        for column, text in wrong.get(number, ()):
            if 0 <= column < len(cells):
                cells[column] = text
        if not is_blank(cells):
            yield number + 1, cells


class _Signed:
    """The rows of a column that are shown with a sign, asked for one after the other."""

    def __init__(self, column: int, sign: int | str, rows: array[int]) -> None:
        self.column, self.sign = column, sign
        self._rows = rows if all(map(operator.lt, rows, islice(rows, 1, None))) else sorted(set(rows))
        self._next = 0

    def holds(self, row: int) -> bool:
        """Whether the row is one of them; no row may be asked for after a later one."""
        while self._next < len(self._rows) and self._rows[self._next] < row:
            self._next += 1
        return self._next < len(self._rows) and self._rows[self._next] == row


def signed_text(value: Any, sign: int | str) -> str:
    """A number as it is seen, in full: multiplied, with a percent sign (0.456 as "45.6%"), or with a currency's mark;
    any other value as text.

    >>> signed_text(1.0, 100), signed_text(0.07, 100), signed_text("n/a", 100), signed_text(1200.0, "€")
    ('100%', '7%', 'n/a', '€ 1200')
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return cell_text(value)
    if isinstance(sign, str):
        return f"{sign} {cell_text(value)}"
    return f"{cell_text(float(f'{value * sign:.15g}'))}%"


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
