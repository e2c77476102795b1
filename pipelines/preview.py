"""The first lines of a text file as they stand in it, so that a person can say which of them is the header."""

import codecs
import re
from pathlib import Path

from pipelines.decode import HEAD, OLE2, ZIP, utf16

LINES = 20
LONGEST = 300  # characters of a line


def first_lines(path: Path, encoding: str | None) -> tuple[str, ...]:
    """The first lines, each cut; none of what is no text. Without an encoding, or with one unknown, UTF-8."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith((*ZIP, OLE2)):
        return ()
    try:
        codec = codecs.lookup(encoding or utf16(head) or "utf-8-sig").name
    except LookupError:
        codec = "utf-8-sig"
    text = head.decode(codec, errors="replace").replace("\0", "").removeprefix("\ufeff")
    lines = re.split(r"\r\n|\r|\n", text)
    whole = lines[:-1] if len(head) == HEAD or not lines[-1] else lines  # the last may be cut in the midst
    return tuple(line[:LONGEST] for line in (whole or lines)[:LINES])
