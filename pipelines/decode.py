"""Bytes to lines: what kind of file it is, its encoding, and UTF-8 text that DuckDB and Python read alike."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from pipelines.problems import UnreadableFile

BLOCK = 1 << 20
HEAD = 1 << 16
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
SAVE_AS_CSV = "Export it again as CSV (UTF-8) or .xlsx."
LOOKS_LIKE = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"\x7fELF": "a program",
    b"PAR1": "a Parquet file",
    b"SQLite format 3": "a SQLite database",
    b"{\\rtf": "an RTF document",
}
MARKUP = {b"<!doctype html": "a web page", b"<html": "a web page", b"<table": "a web page", b"<?xml": "an XML file"}


@dataclass(frozen=True)
class Text:
    """A text file made readable: `path` is UTF-8 with the original's line numbers.

    `even` is True when its line ends are all alike and no line is very long, as DuckDB wants them. `lines` counts the
    lines up to the last one that is not empty.
    """

    path: Path
    encoding: str
    lines: int
    even: bool


def kind(path: Path) -> str:
    """What the content is: "empty", "zip", "ole2" or "text".

    Raises UnreadableFile for anything that is none of these, naming what it looks like.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        return "empty"
    if head.startswith(ZIP):
        return "zip"
    if head.startswith(OLE2):
        return "ole2"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    looks = next((name for magic, name in LOOKS_LIKE.items() if head.startswith(magic)), None) or next(
        (name for start, name in MARKUP.items() if text.startswith(start)), None
    )
    if looks is None and utf16(head) is None and _is_binary(head):
        looks = "binary data"
    if looks:
        raise UnreadableFile(f"{path.name} looks like {looks}, not a table.", SAVE_AS_CSV)
    return "text"


def utf16(head: bytes) -> str | None:
    """The UTF-16 codec for a file that starts so, by its mark or by where its NULs stand; None when it is another."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    pairs = len(head) // 2
    first, second = head[0 : pairs * 2 : 2].count(0), head[1 : pairs * 2 : 2].count(0)
    # Text of mostly Latin letters has a NUL in every other byte, always on the same side.
    if second * 10 >= pairs * 4 and first * 20 <= pairs:
        return "utf-16-le"
    if first * 10 >= pairs * 4 and second * 20 <= pairs:
        return "utf-16-be"
    return None


def _is_binary(head: bytes) -> bool:
    nuls = head.count(0)
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return (controls >= 3 and controls * 33 > len(head)) or nuls * 4 > len(head)


_STRAY_BYTE = re.compile("[\udc80-\udcff]")  # what a byte that is no UTF-8 becomes while it is looked at
_CONTROLS = bytes(b for b in range(1, 32) if b not in b"\t\n\v\f\r\x1a\x1b")


def normalise(path: Path, copy: Path) -> Text:
    """A text file as UTF-8 with even line ends and no NULs: in place when it is so already, else as a `copy`.

    A CRLF, a lone LF and a lone CR are one line break each. Bytes that are no UTF-8 make the file Windows-1252; but
    where more letters are UTF-8 than not, those bytes are damage, and each becomes the mark of a lost letter.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    codec = utf16(head)
    if codec is None:
        scan = _scan(path)
        if scan.clean:
            return Text(path, scan.encoding, scan.lines, scan.even)
        codec = scan.encoding
        if codec == "windows-1252" and _is_damaged_utf8(path):
            codec = "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "utf-8"
    with path.open(encoding=codec, errors="replace") as source, copy.open("w", encoding="utf-8", newline="\n") as out:
        while block := source.read(BLOCK):
            out.write(block.replace("\0", ""))
    scan = _scan(copy)
    return Text(copy, "utf-16" if codec.startswith("utf-16") else codec, scan.lines, scan.even)


def _is_damaged_utf8(path: Path) -> bool:
    """Whether more of the letters beyond ASCII are UTF-8 than are not."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    balance = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            text = decoder.decode(block)
            letters = len(text) - len(text.encode("ascii", "ignore"))
            balance += letters - 2 * len(_STRAY_BYTE.findall(text)) if letters else 0
    return balance > 0


@dataclass
class _Scan:
    encoding: str
    clean: bool
    lines: int
    even: bool


def _scan(path: Path) -> _Scan:
    """One pass over the bytes: the encoding, whether they can be read in place, and how many lines there are."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    valid, nul, long = True, False, False
    feeds = returns = pairs = empty_tail = 0
    size, last = path.stat().st_size, b""
    sig = False
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            sig = sig or (file.tell() <= BLOCK and block.startswith(codecs.BOM_UTF8))
            if valid and not (block.isascii() and decoder.getstate()[0] == b""):
                try:
                    decoder.decode(block)
                except UnicodeDecodeError:
                    valid = False
            found = block.count(b"\n")
            long = long or (found == 0 and size > BLOCK)
            feeds += found
            nul = nul or b"\0" in block
            if b"\r" in block:
                returns += block.count(b"\r")
                pairs += block.count(b"\r\n")
            pairs += last == b"\r" and block.startswith(b"\n")
            body = block.rstrip(b"\r\n")
            empty_tail = block[len(body) :].count(b"\n") + (0 if body else empty_tail)
            open_end = bool(body) and len(body) == len(block)
            last = block[-1:]
        if decoder.getstate()[0]:
            valid = False
    encoding = ("utf-8-sig" if sig else "utf-8") if valid else "windows-1252"
    lone = returns > pairs
    mixed = 0 < pairs < feeds
    lines = feeds - max(empty_tail - 1, 0) + (1 if size and open_end else 0)
    return _Scan(
        encoding, valid and not nul and not lone and not mixed, lines, even=not long and not mixed and not lone
    )
