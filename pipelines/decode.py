"""Bytes to lines: what kind of file it is, its encoding, and UTF-8 text that DuckDB and Python read alike."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.problems import UnreadableFile

BLOCK = 1 << 20
HEAD = 1 << 16
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# The encodings that a person may choose, by the codec's name.
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with byte order mark",
    "utf-16": "UTF-16",
    "windows-1252": "Windows-1252 (Western European)",
    "iso-8859-15": "ISO-8859-15 (Western European)",
    "windows-1250": "Windows-1250 (Central European)",
    "windows-1251": "Windows-1251 (Cyrillic)",
    "windows-1253": "Windows-1253 (Greek)",
    "windows-1254": "Windows-1254 (Turkish)",
    "windows-1257": "Windows-1257 (Baltic)",
    "mac-roman": "Mac Roman",
    "cp850": "MS-DOS 850",
    "shift_jis": "Shift-JIS (Japanese)",
    "gb18030": "GB18030 (Chinese)",
    "big5": "Big5 (Chinese)",
    "cp949": "CP949 (Korean)",
}
# By their letters these scripts tell their encodings well apart; Western ones do not, see `guess`.
_SCRIPTS = {
    "cp1251": "windows-1251",
    "cp1253": "windows-1253",
    "shift_jis": "shift_jis",
    "gb18030": "gb18030",
    "big5": "big5",
    "cp949": "cp949",
}
_SCRIPT_NAMES = {"windows-1251": "Cyrillic", "windows-1253": "Greek", "shift_jis": "Japanese", "cp949": "Korean"}
_WORD = re.compile(rb"[A-Za-z\x80-\xff]+")
# Within a word these are letters of Central European languages, and in Windows-1252 none of any.
_CENTRAL = re.compile(
    rb"[A-Za-z\x80-\xff][\xb3\xb9\xbe\xbf\x9d\x9f][a-z\x80-\xff]|\xec[a-z\x80-\xff]|[A-Za-z]{3}\xb3[ ,;]"
)
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
    lines up to the last one that is not empty. `label` is the encoding's usual name, and `why` says what speaks for it.
    `nuls` counts the characters that were taken out, `nul_line` is the line of the first.
    """

    path: Path
    encoding: str
    lines: int
    even: bool
    why: str = ""
    nuls: int = 0
    nul_line: int | None = None

    @property
    def label(self) -> str:
        """The encoding's usual name."""
        return ENCODINGS.get(self.encoding, self.encoding)


def kind(path: Path) -> str:
    """What the content is: "empty", "zip", "ole2", "page" (of the web) or "text".

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
    if looks == "a web page":
        return "page"
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


def normalise(path: Path, copy: Path, encoding: str | None = None) -> Text:
    """A text file as UTF-8 with even line ends and no NULs: in place when it is so already, else as a `copy`.

    A CRLF, a lone LF and a lone CR are one line break each. Bytes that are no UTF-8 are taken for Windows-1252, unless
    they are clearly of another alphabet; but where more letters are UTF-8 than not, those bytes are damage, and each
    becomes the mark of a lost letter. `encoding`, one of ENCODINGS, says it in place of a guess. UnreadableFile where
    the bytes are not of that encoding.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if encoding is not None:
        return _as_told(path, copy, _known_encoding(path, encoding), head)
    codec, why = utf16(head), "it begins as UTF-16 does"
    if codec is None:
        scan = _scan(path)
        if scan.clean:
            return Text(path, scan.encoding, scan.lines, scan.even, scan.why)
        codec, why = (scan.encoding, scan.why) if scan.valid else _guess(path, head)
    return _copied(path, copy, codec, why, "replace")


def _copied(path: Path, copy: Path, codec: str, why: str, errors: str) -> Text:
    with path.open(encoding=codec, errors=errors) as source, copy.open("w", encoding="utf-8", newline="\n") as out:
        lines, nuls, nul_line = 1, 0, None
        while block := source.read(BLOCK):
            if "\0" in block:
                nuls += block.count("\0")
                nul_line = nul_line or lines + block.count("\n", 0, block.index("\0"))
            lines += block.count("\n")
            out.write(block.replace("\0", ""))
    scan = _scan(copy)
    known_as = "utf-16" if codec.startswith("utf-16") else codec
    return Text(copy, known_as, scan.lines, scan.even, why, nuls, nul_line)


def _known_encoding(path: Path, given: str) -> str:
    folded = "".join(c for c in given.lower() if c.isalnum())
    for name, label in ENCODINGS.items():
        if folded in ("".join(c for c in text.lower() if c.isalnum()) for text in (name, label)):
            return name
    fix = f"Use one of: {', '.join(ENCODINGS)}."
    raise UnreadableFile(f"{path.name}: there is no encoding {given}.", fix, rule="no_such_encoding")


def _as_told(path: Path, copy: Path, encoding: str, head: bytes) -> Text:
    """A file in the encoding that someone said it has."""
    said = "as you said"
    codec = (utf16(head) or "utf-16-le") if encoding == "utf-16" else encoding
    if encoding in ("utf-8", "utf-8-sig"):
        scan = _scan(path)
        if scan.clean:
            return Text(path, scan.encoding, scan.lines, scan.even, said)
        codec = "utf-8-sig"
    # Windows-1252 leaves five bytes undefined, which strays in real files; they say nothing against it.
    errors = "replace" if encoding == "windows-1252" else "strict"
    try:
        text = _copied(path, copy, codec, said, errors)
    except UnicodeDecodeError as error:
        line = _undecodable(path, codec)
        place = f" in line {line}" if line else ""
        where = f"the byte 0x{error.object[error.start]:02X}{place}"
        message = f"{path.name} is not {ENCODINGS[encoding]}: it has no letter for {where}."
        fix = "Choose another encoding, or let it be recognised."
        raise UnreadableFile(message, fix, row=line, rule="not_this_encoding") from error
    return replace(text, encoding=encoding)


def _undecodable(path: Path, codec: str) -> int | None:
    """The first line that holds bytes that are not of an encoding."""
    with path.open(encoding=codec, errors="replace") as file:
        return next((number for number, line in enumerate(file, 1) if "\ufffd" in line), None)


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


def _guess(path: Path, head: bytes) -> tuple[str, str]:
    """The encoding of a file that is not wholly UTF-8, and what speaks for it."""
    lines = _beyond_ascii(path)
    number, line = next(((n, line) for n, line in lines if "\ufffd" in line.decode("utf-8", "replace")), (1, b""))
    if _is_damaged_utf8(path):
        why = f"most of its letters are UTF-8; a byte in line {number} is damaged, and its letter is lost"
        return "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "utf-8", why
    sample = b"".join(line for _, line in lines)
    words = [word for word in _WORD.findall(sample) if not word.isascii()]
    high = b"".join(words).translate(None, _ASCII)
    if len(set(high)) > 5 and len(high) * 10 >= 6 * sum(map(len, words)) and (script := _script(sample)):
        return script, f"not UTF-8; likely, for read so its letters make {_SCRIPT_NAMES.get(script, 'Chinese')} words"
    central = len(_CENTRAL.findall(sample))
    if central and central * 20 >= len(words):
        return "windows-1250", "not UTF-8; likely, for letters within its words are Central European ones"
    byte = next((b for b in line if b > 127), 0x80)
    shown = bytes([byte]).decode("cp1252", "replace")
    return "windows-1252", f"not UTF-8; likely, for byte 0x{byte:02X} in line {number} is then \u201c{shown}\u201d"


def _beyond_ascii(path: Path) -> list[tuple[int, bytes]]:
    """The first lines with more than ASCII, each with its number."""
    lines: list[tuple[int, bytes]] = []
    size = 0
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(HEAD), b""), 1):
            if not line.isascii():
                lines.append((number, line))
                size += len(line)
                if size > HEAD:
                    break
    return lines


def _script(sample: bytes) -> str | None:
    """The encoding of a script that is not Latin, where the sample is written in one."""
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=["cp1252", "cp1250", *_SCRIPTS]).best()
    return _SCRIPTS.get(best.encoding) if best else None


_ASCII = bytes(range(128))


@dataclass
class _Scan:
    encoding: str
    valid: bool
    clean: bool
    lines: int
    even: bool
    why: str


def _scan(path: Path) -> _Scan:
    """One pass over the bytes: the encoding, whether they can be read in place, and how many lines there are."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    valid, nul, long, ascii = True, False, False, True
    feeds = returns = pairs = empty_tail = 0
    size, last = path.stat().st_size, b""
    sig = False
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            sig = sig or (file.tell() <= BLOCK and block.startswith(codecs.BOM_UTF8))
            if valid and not (block.isascii() and decoder.getstate()[0] == b""):
                ascii = False
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
    why = (
        "it begins with a byte order mark"
        if sig
        else "it is plain ASCII, which is UTF-8 too"
        if ascii
        else "it is valid UTF-8"
    )
    clean = valid and not nul and not lone and not mixed
    return _Scan(encoding, valid, clean, lines, even=not long and not mixed and not lone, why=why)
