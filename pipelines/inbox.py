"""The inbox: where files that people upload lie until they are loaded, each batch in a folder of its own."""

import re
import secrets
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from pipelines.files import explained
from pipelines.problems import StoreError

FINDINGS = "findings-"
KEPT_SECONDS = 24 * 3600
LONGEST_NAME = 60
LONGEST_SHOWN = 200
_UNSAFE = re.compile(r"[^\w .()\[\]-]+")


def place(warehouse: Path) -> Path:
    """Where the batches of a warehouse lie. Absolute, for other processes."""
    return (warehouse / "inbox").absolute()


def batch(warehouse: Path) -> Path:
    """A new, empty folder in the inbox; those that lay there for a day are swept.

    StoreError or StoreFull where there is no place for it.
    """
    inbox = place(warehouse)
    with explained(inbox, "keep files in"):
        inbox.mkdir(parents=True, exist_ok=True)
    for left in inbox.iterdir():
        try:
            is_old = left.stat().st_mtime < time.time() - KEPT_SECONDS
        except FileNotFoundError:  # swept by another
            continue
        if is_old:
            shutil.rmtree(left, ignore_errors=True)
    folder = inbox / secrets.token_hex(8)
    with explained(inbox, "keep files in"):
        folder.mkdir()
    return folder


def findings(folder: Path) -> Path:
    """A new folder within a batch, for what one check finds.

    StoreError or StoreFull where there is no place for it, or the batch was swept.
    """
    if not folder.exists():
        raise StoreError(
            "The uploaded files were put away: published or given up elsewhere, or a day old.",
            "Start over and drop them again.",
        )
    place = folder / f"{FINDINGS}{secrets.token_hex(4)}"
    with explained(folder, "keep what is found in"):
        place.mkdir()
    return place


def keep_latest(folder: Path, latest: Path) -> None:
    """Take the findings of earlier checks out of a batch."""
    for place in folder.glob(f"{FINDINGS}*"):
        if place != latest:
            shutil.rmtree(place, ignore_errors=True)


def spool(folder: Path, files: Iterable[tuple[str, IO[bytes]]]) -> dict[Path, str]:
    """Write files into a batch; each one's place and its name. Names may be anything, and may be the same.

    StoreError or StoreFull where they can't be written.
    """
    placed = {}
    for name, content in files:
        path = folder / secrets.token_hex(4) / safe_name(name)
        with explained(folder, "keep files in"):
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


def shown_name(name: str) -> str:
    """A name as it may be printed, kept and shown: what controls a screen or is no character becomes a question mark.

    >>> shown_name("Q3\x1b[31m.csv")
    'Q3?[31m.csv'
    """
    return "".join(letter if letter.isprintable() else "?" for letter in name[:LONGEST_SHOWN])
