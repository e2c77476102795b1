"""Files written so that a full disk or a crash leaves nothing half-done."""

import errno
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from pipelines.problems import RightworkError, StoreError, StoreFull

_FULL = frozenset(getattr(errno, name) for name in ("ENOSPC", "EFBIG", "EDQUOT") if hasattr(errno, name))
_FULL_TEXTS = (*map(os.strerror, _FULL), "not enough space on the disk", "failed to offload data block")
_FULL_ERRORS = (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException, duckdb.OutOfMemoryException)


def digest(path: Path) -> str:
    """The SHA-256 of a file's bytes, by which a load knows it again."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def explained(place: Path, doing: str = "") -> Iterator[None]:
    """Tell a lack of room as StoreFull and, where we are `doing` the work ourselves, other errors as StoreError."""
    try:
        yield
    except RightworkError:
        raise
    except (OSError, duckdb.Error) as error:
        if is_full(error):
            fix = "Free space there, or raise the quota or the limit on file size; a write needs room for a whole copy."
            raise StoreFull(f"No room to write {place}: {line(error)} Nothing was changed.", fix) from error
        if doing:
            fix = "Check the folder, its permissions and its disk; nothing was changed."
            raise StoreError(f"Could not {doing} {place}: {line(error)}", fix) from error
        raise


def is_full(error: BaseException) -> bool:
    """Whether an error of the system or of DuckDB means that there was no room."""
    if isinstance(error, OSError):
        return error.errno in _FULL
    # By text: DuckDB reports the same lack as an input, transaction or fatal error, without the number.
    return isinstance(error, _FULL_ERRORS) and any(text in str(error) for text in _FULL_TEXTS)


def line(error: BaseException) -> str:
    """The first line of an error, as a sentence."""
    first = str(error).strip().split("\n")[0] or type(error).__name__
    return first if first.endswith((".", "!")) else f"{first}."


def copy(source: Path, target: Path) -> None:
    """Copy a file, sharing its blocks where the file system can (XFS, Btrfs, NFS 4.2)."""
    if sys.platform == "linux":
        with source.open("rb") as old, target.open("wb") as new:
            left = os.fstat(old.fileno()).st_size
            try:
                while left > 0 and (done := os.copy_file_range(old.fileno(), new.fileno(), left)):
                    left -= done
            except OSError as error:
                if is_full(error):
                    raise
        if left == 0:
            return
    shutil.copyfile(source, target)


def sync(file: Path) -> None:
    """Have a file's content on the disk."""
    with file.open("r+b") as handle:
        os.fsync(handle.fileno())


def sync_folder(folder: Path) -> None:
    """Have a folder's names on the disk."""
    if os.name == "nt":  # a folder cannot be opened there, and renames are journalled
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace(source: Path, target: Path) -> None:
    """Put a file in another's place in one step."""
    for _ in range(100):
        try:
            source.replace(target)
            return
        except PermissionError:
            if os.name != "nt":
                raise
            time.sleep(0.01)  # a reader has the file open for a moment, which Windows takes for a veto
    source.replace(target)


def remove(path: Path) -> None:
    """Remove a file or folder if possible; one that is held open (Windows) goes at the next write."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)
