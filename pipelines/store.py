"""A versioned DuckDB store: version files, and a pointer file that says which one is published.

A folder holds `v000012.duckdb` (published, never written again), `CURRENT` (the published number) and `LOCK` (one
writer at a time). A writer works on a private copy and publishes it under a new name, because a DuckDB file that is
open for writing cannot be read by others, and a replaced path is silently read as it was.
"""

import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from pipelines.files import copy, explained, line, remove, replace, sync, sync_folder
from pipelines.problems import StoreBusy, StoreError

LOCK_SECONDS = 30.0
STALE_SECONDS = 86_400.0


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
            return self.current()[1]
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
        with self.locked():
            try:
                with explained(self.folder, "prepare a new version of"):
                    draft = self._draft()
                with explained(self.folder):
                    yield draft
                if not draft.discarded:
                    with explained(self.folder, "publish a new version of"):
                        self._publish(draft)
            finally:
                if draft is not None:
                    with suppress(duckdb.Error):
                        draft.con.close()
                self.sweep()

    def _open(self, version: int | None) -> duckdb.DuckDBPyConnection:
        while True:
            file = self.path(version)
            try:
                return duckdb.connect(str(file), read_only=True)
            except duckdb.Error as error:
                # Pruned since the pointer was read: the pointer has moved on, so look again.
                if file.exists():
                    fix = "Restore a backup, or write the number of an older version into CURRENT and restart."
                    raise StoreError(f"{file} cannot be opened: {line(error)}", fix) from error

    def current(self) -> tuple[int, Path]:
        """The published version and its file."""
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

    def draft_file(self, version: int) -> Path:
        """A name for a private copy that may become this version."""
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
    def locked(self) -> Iterator[None]:
        """Hold the store's lock; StoreBusy when another process does not let go of it in time."""
        lock = FileLock(self.folder / "LOCK", timeout=self.lock_timeout, thread_local=False)
        with explained(self.folder, "lock"):
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

    def prepare(self) -> int:
        """Under the lock: clear what a killed writer left, and say which version is published."""
        current = self.version()
        if not self._pointer.exists():
            # Before the first version file, so that a pointer missing beside one always means damage.
            self.stage_pointer(0)
            self.swap_pointer()
        if beyond := self._beyond(current):
            raise self._damaged(f"names version {current}, but version {beyond[-1]} is on disk", beyond[-1:])
        self.sweep()
        return current

    def _draft(self) -> Draft:
        current = self.prepare()
        file = self.draft_file(current + 1)
        started = time.perf_counter()
        if current:
            copy(self.path(), file)
        seconds = time.perf_counter() - started
        return Draft(duckdb.connect(str(file)), current + 1, seconds, file)

    def _publish(self, draft: Draft) -> None:
        # By name, as the caller may have attached others and switched to one of them.
        draft.con.execute(f'CHECKPOINT "{draft.file.stem}"')
        draft.con.close()
        if draft.file.with_name(f"{draft.file.name}.wal").exists():
            raise StoreError(f"{draft.file} was not written out in full.", "Close every cursor before publishing.")
        self.stage(draft.file, draft.version)
        self.swap_pointer()
        self._prune()

    def stage(self, file: Path, version: int) -> None:
        """Put a finished draft in place, and all but the last step of pointing to it."""
        sync(file)
        file.replace(self._file(version))
        sync_folder(self.folder)
        self.stage_pointer(version)

    def stage_pointer(self, version: int) -> None:
        """Write the pointer's next content beside it."""
        staged = self.folder / "CURRENT.tmp"
        staged.write_text(f"{version}\n", encoding="ascii")
        sync(staged)

    def swap_pointer(self) -> None:
        """Publish what was staged."""
        replace(self.folder / "CURRENT.tmp", self._pointer)
        # The version is out and readers may be on it: an error from here on must not be told as "nothing changed".
        with suppress(OSError):
            sync_folder(self.folder)

    def sweep(self) -> None:
        """Under the lock: remove drafts, and a version that was never pointed to."""
        for file in [*self.folder.glob("draft-*"), self.folder / "CURRENT.tmp"]:
            remove(file)
        with suppress(StoreError):
            current = self.version()
            if not self._beyond(current):
                remove(self._file(current + 1))

    def _prune(self) -> None:
        for version in self.versions()[: -self.keep]:
            remove(self._file(version))
        for spill in self.folder.glob("v*.duckdb.tmp"):
            # Left by a reader that was killed; one at work has touched it within the day.
            with suppress(OSError):
                if time.time() - spill.stat().st_mtime > STALE_SECONDS:
                    remove(spill)
