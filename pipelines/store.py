"""A versioned DuckDB store: version files, and a pointer file that says which one is published.

A folder holds `v000012.duckdb` (published, never written again), `CURRENT` (the published number) and `LOCK` (one
writer at a time). A writer works on a private copy and publishes it under a new name, because a DuckDB file that is
open for writing cannot be read by others, and a replaced path is silently read as it was.
"""

import errno
import hashlib
import json
import os
import re
import secrets
import shutil
import sys
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import duckdb
from filelock import FileLock, Timeout

from pipelines.problems import RightworkError, StoreBusy, StoreError, StoreFull, UnreadableFile

STORES = ("facts", "journal")
FORMAT = "rightwork backup 1"
CHUNK = 1 << 20
LOCK_SECONDS = 30.0
STALE_SECONDS = 86_400.0

_FULL = frozenset(getattr(errno, name) for name in ("ENOSPC", "EFBIG", "EDQUOT") if hasattr(errno, name))
_FULL_TEXTS = (*map(os.strerror, _FULL), "not enough space on the disk", "failed to offload data block")
_FULL_ERRORS = (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException, duckdb.OutOfMemoryException)
_BAD_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, KeyError, ValueError, TypeError, OSError)


@dataclass
class Draft:
    """A private copy of the current version, to be published as `version` when the `write()` block ends well.

    Everything that reads or writes through `con` (cursors, relations, Arrow readers) must be done with by then.
    """

    con: duckdb.DuckDBPyConnection
    version: int
    copy_seconds: float
    file: Path
    discarded: bool = False

    def discard(self) -> None:
        """Say that there is nothing to publish: the block then ends without an error and without a new version."""
        self.discarded = True


class Store:
    """The versions in one folder. `keep` counts the published one; `lock_timeout` is in seconds."""

    def __init__(self, folder: Path, *, keep: int = 3, lock_timeout: float = LOCK_SECONDS) -> None:
        if keep < 1:
            raise ValueError("keep must be at least 1: the published version")
        self.folder = folder
        self.keep = keep
        self.lock_timeout = lock_timeout
        self._pointer = folder / "CURRENT"

    def version(self) -> int:
        """The published version, 0 when nothing is published yet. StoreError when the pointer file is damaged."""
        newest: list[int] = []
        # Twice: a first writer may have made both the pointer and a version after the first look.
        for _ in range(2):
            try:
                text = self._pointer.read_text(encoding="ascii", errors="replace")
            except FileNotFoundError:
                newest = self._on_disk()[-1:]
                if not newest:
                    return 0
            except OSError as error:
                raise StoreError(
                    f"{self._pointer} cannot be read: {error.strerror}.", "Check its permissions."
                ) from error
            else:
                if not re.fullmatch(r"[0-9]{1,9}\s*", text):
                    raise self._damaged(f"does not hold a version number but {text[:20]!r}", self._on_disk()[-1:])
                return int(text)
        raise self._damaged("is missing", newest)

    def path(self, version: int | None = None) -> Path:
        """The file of a published version (default: the current one). StoreError when it is not there."""
        if version is None:
            return self._current()[1]
        file = self._file(version)
        if version not in self.versions():
            kept = ", ".join(map(str, self.versions())) or "none"
            raise StoreError(f"{self.folder} does not hold version {version}.", f"Choose one that it keeps: {kept}.")
        return file

    def versions(self) -> list[int]:
        """The published versions still on disk, oldest first. StoreError when the pointer file is damaged."""
        current = self.version()
        return [version for version in self._on_disk() if version <= current]

    @contextmanager
    def read(self, version: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-only connection at one published version, which stays whole even when that version is pruned.

        StoreError when nothing is published, the version is no longer kept, or its file cannot be opened. Close every
        Arrow reader before the block ends: DuckDB waits for it, without end, when the version is next opened.
        """
        con = self._open(version)
        try:
            yield con
        finally:
            con.close()

    @contextmanager
    def write(self) -> Iterator[Draft]:
        """A draft of the next version: published when the block ends well, removed without trace when it raises.

        StoreBusy when another writer holds the lock for longer than `lock_timeout`, StoreFull when the disk, a quota
        or a limit on file size leaves no room, StoreError when the store is damaged or the draft cannot be published.
        """
        draft: Draft | None = None
        with self._locked():
            try:
                with _explained(self.folder, "prepare a new version of"):
                    draft = self._draft()
                with _explained(self.folder):
                    yield draft
                if not draft.discarded:
                    with _explained(self.folder, "publish a new version of"):
                        self._publish(draft)
            finally:
                if draft is not None:
                    with suppress(duckdb.Error):
                        draft.con.close()
                self._sweep()

    def _open(self, version: int | None) -> duckdb.DuckDBPyConnection:
        while True:
            file = self.path(version)
            try:
                return duckdb.connect(str(file), read_only=True)
            except duckdb.Error as error:
                # Pruned since the pointer was read: the pointer has moved on, so look again.
                if file.exists():
                    fix = "Restore a backup, or write the number of an older version into CURRENT and restart."
                    raise StoreError(f"{file} cannot be opened: {_line(error)}", fix) from error

    def _current(self) -> tuple[int, Path]:
        version = self.version()
        while True:
            if not version:
                raise StoreError(f"{self.folder} holds no published version yet.", "Load a file first.")
            if self._file(version).exists():
                return version, self._file(version)
            missing, version = version, self.version()
            if missing == version:
                raise self._damaged(f"names version {version}, whose file is missing", self._on_disk()[-1:])

    def _file(self, version: int) -> Path:
        return self.folder / f"v{version:06d}.duckdb"

    def _draft_file(self, version: int) -> Path:
        # A new name each time: DuckDB would hand out a database that this process still holds under the same path.
        return self.folder / f"draft-{version:06d}-{secrets.token_hex(4)}.duckdb"

    def _on_disk(self) -> list[int]:
        names = (re.fullmatch(r"v([0-9]{6,9})\.duckdb", file.name) for file in self.folder.glob("v*.duckdb"))
        return sorted(int(name[1]) for name in names if name)

    def _beyond(self, current: int) -> list[int]:
        # A killed writer leaves at most the very next version; more means that the pointer was set back.
        return [version for version in self._on_disk() if version > current + 1]

    def _damaged(self, what: str, newest: list[int]) -> StoreError:
        hint = f"Write {newest[0]}, the newest version on disk, into it" if newest else "Remove it to start empty"
        return StoreError(f"{self._pointer} {what}.", f"{hint}, or move the folder away and restore a backup.")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = FileLock(self.folder / "LOCK", timeout=self.lock_timeout, thread_local=False)
        with _explained(self.folder, "lock"):
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire()
            except Timeout as error:
                message = f"{self.folder} is being written: waited {self.lock_timeout:g} s for the other writer."
                fix = "Try again when that load has ended; if it hangs, end its process, which frees the lock."
                raise StoreBusy(message, fix) from error
        try:
            yield
        finally:
            lock.release()

    def _prepare(self) -> int:
        """Under the lock: clear what a killed writer left, and say which version is published."""
        current = self.version()
        if not self._pointer.exists():
            # Before the first version file, so that a pointer missing beside one always means damage.
            self._stage_pointer(0)
            self._swap_pointer()
        if beyond := self._beyond(current):
            raise self._damaged(f"names version {current}, but version {beyond[-1]} is on disk", beyond[-1:])
        self._sweep()
        return current

    def _draft(self) -> Draft:
        current = self._prepare()
        file = self._draft_file(current + 1)
        started = time.perf_counter()
        if current:
            _copy(self.path(), file)
        seconds = time.perf_counter() - started
        return Draft(duckdb.connect(str(file)), current + 1, seconds, file)

    def _publish(self, draft: Draft) -> None:
        # By name, as the caller may have attached others and switched to one of them.
        draft.con.execute(f'CHECKPOINT "{draft.file.stem}"')
        draft.con.close()
        if draft.file.with_name(f"{draft.file.name}.wal").exists():
            raise StoreError(f"{draft.file} was not written out in full.", "Close every cursor before publishing.")
        self._stage(draft.file, draft.version)
        self._swap_pointer()
        self._prune()

    def _stage(self, file: Path, version: int) -> None:
        """Put a finished draft in place, and all but the last step of pointing to it."""
        _sync(file)
        file.replace(self._file(version))
        _sync_folder(self.folder)
        self._stage_pointer(version)

    def _stage_pointer(self, version: int) -> None:
        staged = self.folder / "CURRENT.tmp"
        staged.write_text(f"{version}\n", encoding="ascii")
        _sync(staged)

    def _swap_pointer(self) -> None:
        _replace(self.folder / "CURRENT.tmp", self._pointer)
        # The version is out and readers may be on it: an error from here on must not be told as "nothing changed".
        with suppress(OSError):
            _sync_folder(self.folder)

    def _sweep(self) -> None:
        """Under the lock: remove drafts, and a version that was never pointed to."""
        for file in [*self.folder.glob("draft-*"), self.folder / "CURRENT.tmp"]:
            _remove(file)
        with suppress(StoreError):
            current = self.version()
            if not self._beyond(current):
                _remove(self._file(current + 1))

    def _prune(self) -> None:
        for version in self.versions()[: -self.keep]:
            _remove(self._file(version))
        for spill in self.folder.glob("v*.duckdb.tmp"):
            # Left by a reader that was killed; one at work has touched it within the day.
            with suppress(OSError):
                if time.time() - spill.stat().st_mtime > STALE_SECONDS:
                    _remove(spill)


def backup(warehouse: Path, file: Path) -> None:
    """Write the current version of every store in the warehouse into one zip file, whoever reads or writes meanwhile.

    `file` is replaced only by a complete backup. StoreError when nothing is published yet or `file` cannot be
    written, StoreFull when there is no room for it.
    """
    part = file.with_name(f"{file.name}.{secrets.token_hex(4)}.part")
    with _explained(file, "write the backup"), ExitStack() as stack:
        held: dict[str, tuple[int, IO[bytes]]] = {}
        # The journal first: it may speak of facts, and facts only ever grow.
        for name in reversed(STORES):
            store = Store(warehouse / name)
            if store.version():
                version, source = _hold(store)
                held[name] = version, stack.enter_context(source)
        if not held:
            raise StoreError(f"{warehouse} holds nothing to back up.", "Load a file first, or check the folder.")
        try:
            with part.open("wb") as target:
                _zip(target, held)
            _sync(part)
            _replace(part, file)
        finally:
            _remove(part)
        _sync_folder(file.parent)


def restore(warehouse: Path, file: Path) -> None:
    """Publish a backup's content as new versions of its stores; older versions stay, and nothing is overwritten.

    The file is checked in full first: UnreadableFile when it is not a whole backup, StoreBusy when a store is being
    written, StoreFull or StoreError when it cannot be unpacked. In each case nothing is published.
    """
    stores = {name: Store(warehouse / name, lock_timeout=LOCK_SECONDS) for name in _contents(file)}
    with _explained(warehouse, "restore into"), ExitStack() as stack:
        drafts: list[tuple[Store, Path, int]] = []
        for name in STORES:
            if name in stores:
                stack.enter_context(stores[name]._locked())
                version = stores[name]._prepare() + 1
                stack.callback(stores[name]._sweep)
                drafts.append((stores[name], stores[name]._draft_file(version), version))
        _contents(file, {store.folder.name: draft for store, draft, _ in drafts})
        for store, draft, version in drafts:
            store._stage(draft, version)
        # Everything that can fail is behind us: the stores change together.
        for store in stores.values():
            store._swap_pointer()


def _hold(store: Store) -> tuple[int, IO[bytes]]:
    while True:
        version, file = store._current()
        with suppress(FileNotFoundError):  # pruned since: the pointer has moved on
            return version, file.open("rb")


def _zip(target: IO[bytes], held: dict[str, tuple[int, IO[bytes]]]) -> None:
    entries: dict[str, dict[str, Any]] = {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, (version, source) in held.items():
            digest = hashlib.sha256()
            with archive.open(f"{name}.duckdb", "w", force_zip64=True) as entry:
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    entry.write(chunk)
            entries[name] = {"version": version, "bytes": source.tell(), "sha256": digest.hexdigest()}
        archive.writestr("manifest.json", json.dumps({"format": FORMAT, "stores": entries}, indent=2))


def _contents(file: Path, targets: dict[str, Path] | None = None) -> list[str]:
    """The stores in a backup, each checked against the manifest, and unpacked to `targets` where given."""
    try:
        source = file.open("rb")
    except OSError as error:
        raise UnreadableFile(f"{file} cannot be read: {error.strerror}.", "Check its name and permissions.") from error
    with source:
        try:
            archive = zipfile.ZipFile(source)
            with archive.open("manifest.json") as entry:
                manifest = json.loads(entry.read(CHUNK))
            names = list(manifest["stores"]) if manifest["format"] == FORMAT else []
            if not names or not set(names) <= set(STORES):
                raise ValueError("its manifest names no store of ours")
            for name in names:
                _check(archive, name, manifest["stores"][name], targets[name] if targets else None)
        except _BAD_ZIP as error:
            if _is_full(error):
                raise
            fix = "Choose another backup; nothing was changed."
            raise UnreadableFile(f"{file} is not a whole Rightwork backup: {_line(error)}", fix) from error
    return names


def _check(archive: zipfile.ZipFile, name: str, facts: dict[str, Any], target: Path | None) -> None:
    digest, size = hashlib.sha256(), 0
    with archive.open(f"{name}.duckdb") as entry, ExitStack() as stack:
        out = stack.enter_context(target.open("wb")) if target else None
        while chunk := entry.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            if size > facts["bytes"]:
                break
            if out:
                out.write(chunk)
    if size != facts["bytes"] or digest.hexdigest() != facts["sha256"]:
        raise ValueError(f"{name}.duckdb differs from its manifest")
    if target:
        try:
            with duckdb.connect(str(target), read_only=True) as con:
                con.execute("SELECT count(*) FROM duckdb_tables()").fetchall()
        except duckdb.Error as error:
            raise ValueError(f"{name}.duckdb cannot be opened ({_line(error)})") from error


@contextmanager
def _explained(place: Path, doing: str = "") -> Iterator[None]:
    """Tell a lack of room as StoreFull and, where we are `doing` the work ourselves, other errors as StoreError."""
    try:
        yield
    except RightworkError:
        raise
    except (OSError, duckdb.Error) as error:
        if _is_full(error):
            fix = "Free space there, or raise the quota or the limit on file size; a write needs room for a whole copy."
            raise StoreFull(f"No room to write {place}: {_line(error)} Nothing was changed.", fix) from error
        if doing:
            fix = "Check the folder, its permissions and its disk; nothing was changed."
            raise StoreError(f"Could not {doing} {place}: {_line(error)}", fix) from error
        raise


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL
    # By text: DuckDB reports the same lack as an input, transaction or fatal error, without the number.
    return isinstance(error, _FULL_ERRORS) and any(text in str(error) for text in _FULL_TEXTS)


def _line(error: BaseException) -> str:
    first = str(error).strip().split("\n")[0] or type(error).__name__
    return first if first.endswith((".", "!")) else f"{first}."


def _copy(source: Path, target: Path) -> None:
    """Copy a file, sharing its blocks where the file system can (XFS, Btrfs, NFS 4.2)."""
    if sys.platform == "linux":
        with source.open("rb") as old, target.open("wb") as new:
            left = os.fstat(old.fileno()).st_size
            try:
                while left > 0 and (done := os.copy_file_range(old.fileno(), new.fileno(), left)):
                    left -= done
            except OSError as error:
                if _is_full(error):
                    raise
        if left == 0:
            return
    shutil.copyfile(source, target)


def _sync(file: Path) -> None:
    with file.open("r+b") as handle:
        os.fsync(handle.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # a folder cannot be opened there, and renames are journalled
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _replace(source: Path, target: Path) -> None:
    for _ in range(100):
        try:
            source.replace(target)
            return
        except PermissionError:
            if os.name != "nt":
                raise
            time.sleep(0.01)  # a reader has the file open for a moment, which Windows takes for a veto
    source.replace(target)


def _remove(path: Path) -> None:
    """Remove a file or folder if possible; one that is held open (Windows) goes at the next write."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)
