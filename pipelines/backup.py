"""The whole warehouse as one file, and back: the current version of each store, and the files that loads came from."""

import hashlib
import json
import secrets
import zipfile
import zlib
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any

import duckdb

from pipelines import originals
from pipelines.files import explained, is_full, line, remove, replace, sync, sync_folder
from pipelines.problems import StoreError, UnreadableFile
from pipelines.store import Store

STORES = ("facts", "journal")
FORMAT = "rightwork backup 1"
CHUNK = 1 << 20
LOCK_SECONDS = 30.0

_BAD_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, KeyError, ValueError, TypeError, OSError)


def backup(warehouse: Path, file: Path) -> None:
    """Write the current version of every store in the warehouse, and the original files, into one zip file, whoever
    reads or writes meanwhile.

    `file` is replaced only by a complete backup. StoreError when nothing is published yet or `file` cannot be
    written, StoreFull when there is no room for it.
    """
    part = file.with_name(f"{file.name}.{secrets.token_hex(4)}.part")
    with explained(file, "write the backup"), ExitStack() as stack:
        held = _hold_together(warehouse, stack)
        if not held:
            raise StoreError(f"{warehouse} holds nothing to back up.", "Load a file first, or check the folder.")
        try:
            with part.open("wb") as target:
                # Listed after the stores were opened, so that each file which these refer to is among them.
                _zip(target, held, originals.listed(warehouse))
            sync(part)
            replace(part, file)
        finally:
            remove(part)
        sync_folder(file.parent)


def restore(warehouse: Path, file: Path) -> None:
    """Publish a backup's content as new versions of its stores; older versions stay, and nothing is overwritten.

    The file is checked in full first: UnreadableFile when it is not a whole backup, StoreBusy when a store is being
    written, StoreFull or StoreError when it cannot be unpacked. In each case nothing is published.
    """
    stores = {name: Store(warehouse / name, lock_timeout=LOCK_SECONDS) for name in _contents(file)}
    with explained(warehouse, "restore into"), ExitStack() as stack:
        drafts: list[tuple[Store, Path, int]] = []
        for name in STORES:
            if name in stores:
                stack.enter_context(stores[name].locked())
                version = stores[name].prepare() + 1
                stack.callback(stores[name].sweep)
                drafts.append((stores[name], stores[name].draft_file(version), version))
        _contents(file, {store.folder.name: draft for store, draft, _ in drafts})
        _take_originals(warehouse, file)
        for store, draft, version in drafts:
            store.stage(draft, version)
        # Everything that can fail is behind us: the stores change together.
        for store in stores.values():
            store.swap_pointer()


def _hold_together(warehouse: Path, stack: ExitStack) -> dict[str, tuple[int, IO[bytes]]]:
    """The current version of every store, open. The journal speaks of facts and facts of the journal (the changes of
    rules), so it must be the same before the facts were opened and after."""
    while True:
        held: dict[str, tuple[int, IO[bytes]]] = {}
        for name in reversed(STORES):
            store = Store(warehouse / name)
            if store.version():
                version, source = _hold(store)
                held[name] = version, stack.enter_context(source)
        if Store(warehouse / "journal").version() == held.get("journal", (0,))[0]:
            return held


def _hold(store: Store) -> tuple[int, IO[bytes]]:
    while True:
        version, file = store.current()
        with suppress(FileNotFoundError):  # pruned since: the pointer has moved on
            return version, file.open("rb")


def _zip(target: IO[bytes], held: dict[str, tuple[int, IO[bytes]]], files: list[Path]) -> None:
    entries: dict[str, dict[str, Any]] = {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, (version, source) in held.items():
            digest = hashlib.sha256()
            with archive.open(f"{name}.duckdb", "w", force_zip64=True) as entry:
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    entry.write(chunk)
            entries[name] = {"version": version, "bytes": source.tell(), "sha256": digest.hexdigest()}
        for kept in files:
            archive.write(kept, f"{originals.FOLDER}/{kept.name}", zipfile.ZIP_STORED)
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
            if is_full(error):
                raise
            raise _no_backup(file, error) from error
    return names


def _take_originals(warehouse: Path, file: Path) -> None:
    """Put a backup's original files beside those that are kept already; an older backup has none."""
    try:
        with zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                folder, mark, name = info.filename.partition("/")
                if mark and folder == originals.FOLDER:
                    with archive.open(info) as entry:
                        originals.take(warehouse, name, entry)
    except _BAD_ZIP as error:
        if is_full(error):
            raise
        raise _no_backup(file, error) from error


def _no_backup(file: Path, error: Exception) -> UnreadableFile:
    fix = "Choose another backup; nothing was changed."
    return UnreadableFile(f"{file} is not a whole Rightwork backup: {line(error)}", fix)


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
            raise ValueError(f"{name}.duckdb cannot be opened ({line(error)})") from error
