"""Files of which each line stands in quotation marks as a whole: "a,b,c", the quotes within it doubled."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TextIO

from pipelines.decode import Text, normalise
from pipelines.headers import SEARCHED, fold
from pipelines.problems import Decision
from pipelines.records import LONGEST_LINE
from pipelines.report import How

LOOKED_AT = 200  # lines
DELIMITERS = (",", ";", "\t", "|")
FEWEST_KNOWN = 2  # headers in a line, once it is taken out of its quotes
_WRAPPED = re.compile(r'"((?:[^"]|"")*)"[,;\t ]*')


def unwrap(text: Text, scratch: Path, known: Collection[str], how: How) -> tuple[Text, list[Decision]]:
    """A text without the quotes about its lines, and what was decided; as it is where none or few have them.

    Told by lines that are one cell each, and known headers in one of the first once its quotes are gone. With
    `how.wrapped` as "cells" the lines stay as they are.
    """
    with text.path.open(encoding="utf-8-sig") as file:
        head = [line.strip() for line in islice(_lines(file), LOOKED_AT) if line.strip()]
    found = [match[1].replace('""', '"') for line in head if (match := _WRAPPED.fullmatch(line))]
    if (
        len(found) < 2
        or len(found) * 10 < len(head) * 9
        or not any(_is_header(line, known) for line in found[:SEARCHED])
    ):
        return text, []
    why = f"each line stands in quotation marks as a whole, such as {head[0][:60]}"
    if how.wrapped == "cells":
        return text, [Decision("wrapped lines", "one cell each", f"as you said; {why}", "wrapped")]
    copy = scratch / f"unwrapped_{text.path.stem}.csv"
    with text.path.open(encoding="utf-8-sig", newline="") as file, copy.open("w", encoding="utf-8", newline="") as out:
        for line in _lines(file):
            match = _WRAPPED.fullmatch(line.strip())
            out.write(match[1].replace('""', '"') + "\n" if match else line)
    bare = normalise(copy, copy.with_suffix(".txt"))
    bare = replace(bare, encoding=text.encoding, why=text.why, nuls=text.nuls, nul_line=text.nul_line)
    return bare, [Decision("wrapped lines", "taken out of their quotation marks", why, "wrapped")]


def _lines(file: TextIO) -> Iterator[str]:
    return iter(partial(file.readline, LONGEST_LINE), "")


def _is_header(line: str, known: Collection[str]) -> bool:
    cells = (next(csv.reader([line], delimiter=delimiter), []) for delimiter in DELIMITERS)
    return any(sum(fold(cell) in known for cell in row) >= FEWEST_KNOWN for row in cells)
