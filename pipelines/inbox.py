"""The inbox: where files that people upload lie until they are loaded, each batch in a folder of its own."""

import re
import secrets
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO

KEPT_SECONDS = 24 * 3600
LONGEST_NAME = 60
_UNSAFE = re.compile(r"[^\w .()\[\]-]+")


def batch(warehouse: Path) -> Path:
    """A new, empty folder in the inbox; those that lay there for a day are swept. Absolute, for other processes."""
    inbox = (warehouse / "inbox").absolute()
    inbox.mkdir(parents=True, exist_ok=True)
    for left in inbox.iterdir():
        try:
            is_old = left.stat().st_mtime < time.time() - KEPT_SECONDS
        except FileNotFoundError:  # swept by another
            continue
        if is_old:
            shutil.rmtree(left, ignore_errors=True)
    folder = inbox / secrets.token_hex(8)
    folder.mkdir()
    return folder


def spool(folder: Path, files: Iterable[tuple[str, IO[bytes]]]) -> dict[Path, str]:
    """Write files into a batch; each one's place and its name. Names may be anything, and may be the same."""
    placed = {}
    for number, (name, content) in enumerate(files, len(list(folder.iterdir()))):
        path = folder / str(number) / safe_name(name)
        path.parent.mkdir()
        with path.open("wb") as out:
            shutil.copyfileobj(content, out)
        placed[path] = name
    return placed


def discard(folder: Path) -> None:
    """Take a batch out of the inbox."""
    shutil.rmtree(folder, ignore_errors=True)


def safe_name(name: str) -> str:
    """A name that every file system takes and that leads nowhere, as much like the given one as can be.

    >>> safe_name("../../etc/Q3 <b>.csv"), safe_name("...")
    ('etc_Q3 _b_.csv', 'file')
    """
    plain = _UNSAFE.sub("_", name).strip("._ ") or "file"
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending) > 8:
        return plain[:LONGEST_NAME]
    return f"{stem[:LONGEST_NAME]}.{ending}"
