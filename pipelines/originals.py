"""The files that loads came from, byte for byte: kept under the digest of their content, beside the stores.

`originals/<sha256>.gz` is written whole before a publication that refers to it comes out, and never changed or removed:
a load that is undone may count again. The same file loaded twice is kept once. A load that fails at its last step may
leave one that no load refers to; it does no harm, and is there when the file is loaded again.
"""

import gzip
import hashlib
import re
import secrets
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import duckdb

from pipelines.files import explained, remove, replace, sync, sync_folder
from pipelines.problems import StoreError, UnreadableFile, UsageError

FOLDER = "originals"
CHUNK = 1 << 20
LEVEL = 1  # of compression: a CSV file shrinks to a fifth or less, at the speed of a disk
_NAME = re.compile(r"[0-9a-f]{64}\.gz")
_BAD_GZIP = (gzip.BadGzipFile, zlib.error, EOFError)


def keep(warehouse: Path, files: Iterable[tuple[Path, str]]) -> None:
    """Keep files under their digests (SHA-256 of their bytes); one that is kept already is left as it is.

    The caller holds the lock of the facts. StoreFull or StoreError where there is no place for one, UnreadableFile
    where its bytes are no longer those of its digest. In each case nothing of it is left.
    """
    folder = warehouse / FOLDER
    for path, digest in files:
        if has(warehouse, digest):
            continue
        with explained(folder, "keep the original file in"), _arriving(folder, digest) as part:
            seen = hashlib.sha256()
            with path.open("rb") as source, part.open("wb") as out, _compressed(out) as target:
                while chunk := source.read(CHUNK):
                    seen.update(chunk)
                    target.write(chunk)
            if seen.hexdigest() != digest:
                raise UnreadableFile(f"{path.name} changed while it was loaded.", "Load it again once it is written.")


def has(warehouse: Path, digest: str) -> bool:
    """Whether the file of this digest is kept; those loaded before originals were kept are not."""
    return bool(_NAME.fullmatch(f"{digest}.gz")) and _place(warehouse, digest).is_file()


def read(warehouse: Path, digest: str) -> bytes:
    """The bytes of a kept file, exactly as they came. StoreError where it is not kept, or damaged."""
    return b"".join(_chunks(warehouse, digest))


def save(warehouse: Path, con: duckdb.DuckDBPyConnection, load_id: int, out: Path) -> int:
    """Write the file that a load came from; its size in bytes. `out` is replaced only by the whole of it.

    UsageError where there is no such load, StoreError where its file is not kept, is damaged, or cannot be written.
    """
    found = con.execute("select digest from load where load_id = ?", [load_id]).fetchall()
    if not found:
        raise UsageError(f"there is no load {load_id}", "See python -m pipelines history.")
    part = out.with_name(f"{out.name}.{secrets.token_hex(4)}.part")
    with explained(out, "write"):
        try:
            with part.open("wb") as target:
                size = sum(target.write(chunk) for chunk in _chunks(warehouse, found[0][0]))
            replace(part, out)
        finally:
            remove(part)
    return size


def listed(warehouse: Path) -> list[Path]:
    """The kept files, by digest, as they lie on the disk: compressed."""
    return sorted(path for path in (warehouse / FOLDER).glob("*.gz") if _NAME.fullmatch(path.name))


def take(warehouse: Path, name: str, source: IO[bytes]) -> None:
    """Take in a kept file from a backup, as it lay on the disk. ValueError where its bytes are not what its name says.

    The caller holds the lock of the facts.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"it holds {name[:80]!r} among the originals")
    digest = name.removesuffix(".gz")
    if has(warehouse, digest):
        return
    with _arriving(warehouse / FOLDER, digest) as part:
        with part.open("wb") as out:
            while chunk := source.read(CHUNK):
                out.write(chunk)
        seen = hashlib.sha256()
        with gzip.open(part) as content:
            while chunk := content.read(CHUNK):
                seen.update(chunk)
        if seen.hexdigest() != digest:
            raise ValueError(f"{name} differs from its digest")


def _place(warehouse: Path, digest: str) -> Path:
    return warehouse / FOLDER / f"{digest}.gz"


@contextmanager
def _arriving(folder: Path, digest: str) -> Iterator[Path]:
    """A name to write to; what stands there in the end is put in place, on the disk for good."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.part"):
        remove(left)
    part = folder / f"{digest}.part"
    try:
        yield part
        sync(part)
        replace(part, folder / f"{digest}.gz")
        sync_folder(folder)
        sync_folder(folder.parent)
    finally:
        remove(part)


def _compressed(out: IO[bytes]) -> Any:
    return gzip.GzipFile(filename="", mode="wb", fileobj=out, compresslevel=LEVEL, mtime=0)


def _chunks(warehouse: Path, digest: str) -> Iterator[bytes]:
    """The content of a kept file; StoreError, at the end, where it is not that of its digest."""
    if not has(warehouse, digest):
        raise StoreError("The original of this load was not kept.", "It was loaded before originals were kept.")
    damaged = StoreError(f"{_place(warehouse, digest)} is damaged.", "Restore a backup: it holds the originals too.")
    seen = hashlib.sha256()
    try:
        with gzip.open(_place(warehouse, digest)) as content:
            while chunk := content.read(CHUNK):
                seen.update(chunk)
                yield chunk
    except _BAD_GZIP as error:
        raise damaged from error
    if seen.hexdigest() != digest:
        raise damaged
