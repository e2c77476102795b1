"""The store under real processes: writers, readers, kills, full disks."""

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.backup import backup, restore
from pipelines.problems import StoreBusy, StoreError, StoreFull, UnreadableFile
from pipelines.store import Store

ROOT = Path(__file__).parents[2]
WORKER = Path(__file__).with_name("store_worker.py")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "warehouse" / "facts")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    if (
        not shutil.which("mount")
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("mounting a small disk needs root")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def start(command: str, folder: Path, argument: int = 0, limit: int | None = None) -> subprocess.Popen[str]:
    args = [sys.executable, str(WORKER), command, str(folder), str(argument), *([str(limit)] if limit else [])]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(args, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate(timeout=60)


def put(store: Store, number: int) -> None:
    with store.write() as draft:
        draft.con.execute("CREATE OR REPLACE TABLE t AS SELECT ? AS n", [number])


def got(store: Store, version: int | None = None) -> int:
    with store.read(version) as con:
        return int(con.execute("SELECT n FROM t").fetchall()[0][0])


def litter(folder: Path) -> list[str]:
    kept = {"CURRENT", "LOCK", *(f"v{version:06d}.duckdb" for version in Store(folder).versions())}
    return sorted({file.name for file in folder.iterdir()} - kept)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_an_empty_store_has_version_0_and_says_what_to_do(store: Store) -> None:
    assert (store.version(), store.versions()) == (0, [])
    with pytest.raises(StoreError, match="no published version yet"), store.read():
        pass
    with pytest.raises(StoreError, match="no published version yet"):
        store.path()
    assert not store.folder.exists()


def test_publish_and_read_back(store: Store) -> None:
    with store.write() as draft:
        assert (draft.version, draft.copy_seconds) == (1, pytest.approx(0, abs=1))
        draft.con.execute("CREATE TABLE t AS SELECT 7 AS n")
        draft.con.execute("CREATE VIEW twice AS SELECT 2 * n AS n FROM t")
        assert store.version() == 0
    assert (store.version(), store.path().name, got(store)) == (1, "v000001.duckdb", 7)
    put(store, 8)
    with store.read() as con:
        assert con.execute("SELECT n FROM twice").fetchall() == [(16,)]
    assert (got(store), got(store, 1), store.versions(), litter(store.folder)) == (8, 7, [1, 2], [])


def test_a_read_cannot_write(store: Store) -> None:
    put(store, 1)
    with store.read() as con, pytest.raises(duckdb.InvalidInputException, match="read-only"):
        con.execute("DELETE FROM t")


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit(1)])
def test_a_failure_leaves_nothing(store: Store, error: BaseException) -> None:
    put(store, 1)

    def fail() -> None:
        with store.write() as draft:
            draft.con.execute("DELETE FROM t")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert (store.version(), got(store), litter(store.folder)) == (1, 1, [])


def test_a_failing_statement_is_raised_as_it_is(store: Store) -> None:
    with pytest.raises(duckdb.CatalogException), store.write() as draft:
        draft.con.execute("SELECT * FROM nowhere")
    assert (store.version(), litter(store.folder)) == (0, [])


def test_an_open_transaction_is_not_published(store: Store) -> None:
    put(store, 1)
    with pytest.raises(StoreError, match="Could not publish"), store.write() as draft:
        draft.con.execute("BEGIN; UPDATE t SET n = 2")
    assert (got(store), litter(store.folder)) == (1, [])


def test_discard_publishes_nothing(store: Store) -> None:
    put(store, 1)
    with store.write() as draft:
        draft.con.execute("DELETE FROM t")
        draft.discard()
    assert (store.version(), got(store), litter(store.folder)) == (1, 1, [])


def test_the_draft_is_checkpointed_whatever_database_is_in_use(store: Store) -> None:
    with store.write() as draft:
        draft.con.execute("CREATE TABLE t AS SELECT 5 AS n")
        draft.con.execute("ATTACH ':memory:' AS other")
        draft.con.execute("USE other")
        cursor = draft.con.cursor()
        cursor.execute("SELECT 1")
    assert (got(store), litter(store.folder)) == (5, [])


def test_pruning_keeps_as_many_as_asked(tmp_path: Path) -> None:
    store = Store(tmp_path, keep=2)
    for number in range(1, 6):
        put(store, number)
    assert (store.versions(), litter(tmp_path)) == ([4, 5], [])
    with pytest.raises(StoreError, match="does not hold version 1") as caught:
        store.path(1)
    assert caught.value.fix == "Choose one that it keeps: 4, 5."
    with pytest.raises(ValueError, match="at least 1"):
        Store(tmp_path, keep=0)


@pytest.mark.skipif(os.name == "nt", reason="a file that is open is not removed there, so it is never pruned")
def test_a_reader_keeps_its_version_after_pruning(tmp_path: Path) -> None:
    store = Store(tmp_path, keep=1)
    with store.write() as draft:
        draft.con.execute("CREATE TABLE t AS SELECT 1 AS n, range AS a FROM range(300000)")
    with store.read() as con:
        put(store, 2)
        put(store, 3)
        assert not store._file(1).exists()
        assert con.execute("SELECT max(n), sum(a) FROM t").fetchall() == [(1, sum(range(300000)))]
        assert con.cursor().execute("SELECT count(DISTINCT a) FROM t").fetchall() == [(300000,)]


def test_an_orphan_version_is_not_published_and_does_not_stop_the_next_writer(store: Store) -> None:
    put(store, 1)
    orphan = store.folder / "v000002.duckdb"
    orphan.write_bytes(b"half")
    assert (store.version(), store.versions(), got(store)) == (1, [1], 1)
    with pytest.raises(StoreError, match="does not hold version 2"):
        store.path(2)
    put(store, 2)
    assert (store.version(), got(store), litter(store.folder)) == (2, 2, [])


def test_an_orphan_of_the_first_write_ever(store: Store) -> None:
    with pytest.raises(ValueError, match="no"), store.write():
        raise ValueError("no")
    (store.folder / "v000001.duckdb").write_bytes(b"half")
    assert store.version() == 0
    put(store, 3)
    assert got(store) == 3


@pytest.mark.parametrize("content", [None, b"", b"twelve", b"\xff\xfe1", b"-1", b"9"])
def test_a_damaged_pointer_is_told_and_nothing_is_lost(store: Store, content: bytes | None) -> None:
    put(store, 1)
    put(store, 2)
    pointer = store.folder / "CURRENT"
    pointer.unlink() if content is None else pointer.write_bytes(content)
    for act in (store.path, lambda: got(store), lambda: put(store, 3)):
        with pytest.raises(StoreError) as caught:
            act()
        assert "Write 2, the newest version on disk, into it" in caught.value.fix
    pointer.write_text("2")
    assert (got(store), got(store, 1)) == (2, 1)


def test_a_pointer_set_back_does_not_cost_the_versions_beyond(store: Store) -> None:
    for number in (1, 2, 3):
        put(store, number)
    (store.folder / "CURRENT").write_text("1")
    with pytest.raises(StoreError, match="names version 1, but version 3 is on disk"):
        put(store, 4)
    assert store._on_disk() == [1, 2, 3]


def test_a_corrupt_version_is_told(store: Store) -> None:
    put(store, 1)
    store.path().write_bytes(b"x" * 5000)
    with pytest.raises(StoreError, match="cannot be opened"), store.read():
        pass


def test_a_held_lock_is_told_in_time(store: Store) -> None:
    put(store, 1)
    holder = start("hold", store.folder)
    try:
        assert said(holder) == "held"
        began = time.monotonic()
        with pytest.raises(StoreBusy, match=r"facts is being written: waited 0\.5 s"):
            put(Store(store.folder, lock_timeout=0.5), 2)
        assert time.monotonic() - began < 10  # not the half minute that is waited unless said otherwise
        assert got(store) == 1
    finally:
        kill(holder)
    put(store, 2)
    assert (got(store), litter(store.folder)) == (2, [])


def test_two_writers_lose_no_update(store: Store) -> None:
    with store.write() as draft:
        draft.con.execute("CREATE TABLE counter AS SELECT 0 AS n")
    for writer in [start("count", store.folder, 10) for _ in range(2)]:
        finish(writer)
    with store.read() as con:
        assert con.execute("SELECT n FROM counter").fetchall() == [(20,)]
    assert (store.version(), litter(store.folder)) == (21, [])


def publish_pair(store: Store, number: int) -> None:
    with store.write() as draft:
        for table in ("left_side", "right_side"):
            draft.con.execute(
                f"CREATE OR REPLACE TABLE {table} AS SELECT {number} AS v, range AS a FROM range({number * 1000})"
            )


def test_readers_always_see_a_complete_version(tmp_path: Path) -> None:
    store = Store(tmp_path, keep=1)  # the hardest on readers: what the pointer named is gone at once
    publish_pair(store, 1)
    readers = [start("watch", tmp_path, 15) for _ in range(2)]
    assert [said(reader) for reader in readers] == ["ready", "ready"]
    for number in range(2, 16):
        publish_pair(store, number)
    assert all(int(finish(reader)) > 0 for reader in readers)
    assert litter(tmp_path) == []


def survive_a_kill(store: Store, after: float) -> None:
    writer = start("churn", store.folder)
    assert said(writer) == "ready"
    time.sleep(after)
    kill(writer)
    if version := store.version():
        with store.read() as con:
            a, b = con.execute("SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b)").fetchall()[0]
            con.execute("SELECT sum(x), (SELECT sum(x) FROM b) FROM a").fetchall()
        assert a == b > 0
    put(store, 1)
    assert (store.version(), got(store), litter(store.folder)) == (version + 1, 1, [])


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_writer_leaves_the_last_version(store: Store, seed: int) -> None:
    survive_a_kill(store, random.Random(seed).uniform(0, 0.4))


@pytest.mark.prove
def test_thirty_killed_writers(store: Store) -> None:
    for seed in range(30):
        survive_a_kill(store, random.Random(100 + seed).uniform(0, 1))


def publish_base(store: Store) -> None:
    with store.write() as draft:
        draft.con.execute("CREATE TABLE t AS SELECT 1 AS n, hash(range) AS a FROM range(100000)")


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on file size there")
@pytest.mark.parametrize(
    ("command", "rows", "limit"),
    [("fill", 3_000_000, 3_000_000), ("checkpoint", 330_000, 3_000_000), ("fill", 10, 500_000)],
    ids=["while writing", "at the checkpoint", "while copying"],
)
def test_a_limit_on_file_size(store: Store, command: str, rows: int, limit: int) -> None:
    publish_base(store)
    before = tree(store.folder)
    out = finish(start(command, store.folder, rows, limit))
    assert f"full: No room to write {store.folder}" in out
    assert "File too large" in out
    assert (tree(store.folder), litter(store.folder), got(store)) == (before, [], 1)
    put(store, 2)
    assert got(store) == 2


@pytest.mark.parametrize(("command", "rows"), [("fill", 5_000_000), ("checkpoint", 1_600_000)])
def test_a_full_disk(small_disk: Path, command: str, rows: int) -> None:
    store = Store(small_disk / "facts")
    publish_base(store)
    before = tree(store.folder)
    out = finish(start(command, store.folder, rows))
    assert "No space left on device" in out
    assert (tree(store.folder), litter(store.folder), got(store)) == (before, [], 1)
    put(store, 2)
    assert got(store) == 2


def test_a_disk_without_any_room(small_disk: Path) -> None:
    store = Store(small_disk / "facts")
    publish_base(store)
    ballast = small_disk / "ballast"
    with pytest.raises(OSError, match="No space"), ballast.open("wb", buffering=0) as out:  # noqa: PT012
        while True:
            out.write(b"x" * 4096)
    before = tree(store.folder)
    with pytest.raises(StoreFull):
        put(store, 2)
    with pytest.raises(StoreFull):
        backup(small_disk, small_disk / "out.zip")
    assert (tree(store.folder), got(store), sorted(file.name for file in small_disk.iterdir())) == (
        before,
        1,
        ["ballast", "facts"],
    )


def test_room_for_the_spill_ran_out(store: Store) -> None:
    with pytest.raises(StoreFull, match="offload"), store.write() as draft:
        draft.con.execute(
            "SET memory_limit = '60MB'; SET max_temp_directory_size = '1MB';"
            "CREATE TABLE t AS SELECT hash(range) AS h, range AS a FROM range(9000000) ORDER BY h"
        )
    assert (store.version(), litter(store.folder)) == (0, [])


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    folder = tmp_path / "warehouse"
    put(Store(folder / "facts"), 1)
    put(Store(folder / "facts"), 2)
    put(Store(folder / "journal"), 5)
    return folder


def test_backup_and_restore(warehouse: Path, tmp_path: Path) -> None:
    facts, journal, file = Store(warehouse / "facts"), Store(warehouse / "journal"), tmp_path / "out.zip"
    backup(warehouse, file)
    put(facts, 3)
    restore(warehouse, file)
    assert (facts.version(), got(facts), got(facts, 3)) == (4, 2, 3)
    assert (journal.version(), got(journal), got(journal, 1)) == (2, 5, 5)
    assert litter(warehouse / "facts") == litter(warehouse / "journal") == []
    fresh = tmp_path / "fresh"
    restore(fresh, file)
    assert (Store(fresh / "facts").version(), got(Store(fresh / "facts")), got(Store(fresh / "journal"))) == (1, 2, 5)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fresh", "out.zip", "warehouse"]


def test_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nothing to back up"):
        backup(tmp_path / "none", tmp_path / "out.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_failing_backup_keeps_the_one_before(warehouse: Path) -> None:
    file = warehouse / "out.zip"
    backup(warehouse, file)
    before = tree(warehouse)
    assert "full: No room" in finish(start("save", warehouse / "facts", 0, 500))
    with pytest.raises(StoreError, match="Could not write the backup"):
        backup(warehouse, warehouse / "nowhere" / "out.zip")
    assert tree(warehouse) == before


def zipped(manifest: object, **databases: bytes) -> dict[str, bytes]:
    return {"manifest.json": json.dumps(manifest).encode(), **{f"{k}.duckdb": v for k, v in databases.items()}}


def listed(name: str, content: bytes) -> dict[str, object]:
    digest = hashlib.sha256(content).hexdigest()
    return {"format": "rightwork backup 1", "stores": {name: {"bytes": len(content), "sha256": digest}}}


BAD = {
    "another zip": {"readme.txt": b"hello"},
    "another manifest": zipped([1, 2]),
    "another store": zipped(listed("../facts", b"x")),
    "missing database": zipped(listed("facts", b"x")),
    "changed database": zipped(listed("facts", b"x"), facts=b"y"),
    "no database": zipped(listed("facts", b"x" * 9000), facts=b"x" * 9000),
}


@pytest.mark.parametrize("kind", ["absent", "empty", "garbage", "truncated", "flipped", *BAD])
def test_a_bad_backup_changes_nothing(warehouse: Path, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "out.zip"
    backup(warehouse, file)
    whole = file.read_bytes()
    if kind in BAD:
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in BAD[kind].items():
                archive.writestr(name, content)
    elif kind == "absent":
        file.unlink()
    else:
        half = len(whole) // 2
        flipped = whole[:300] + bytes([whole[300] ^ 255]) + whole[301:]
        file.write_bytes({"empty": b"", "garbage": b"x" * 999, "truncated": whole[:half], "flipped": flipped}[kind])
    before = tree(warehouse)
    with pytest.raises(UnreadableFile):
        restore(warehouse, file)
    assert tree(warehouse) == before


def test_restore_waits_for_no_writer_forever(warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backup(warehouse, tmp_path / "out.zip")
    holder = start("hold", warehouse / "journal")
    try:
        assert said(holder) == "held"
        monkeypatch.setattr("pipelines.backup.LOCK_SECONDS", 0.3)
        with pytest.raises(StoreBusy, match="journal"):
            restore(warehouse, tmp_path / "out.zip")
    finally:
        kill(holder)
    assert (Store(warehouse / "facts").version(), litter(warehouse / "facts")) == (2, [])


def test_backup_while_a_writer_publishes(tmp_path: Path) -> None:
    store = Store(tmp_path / "warehouse" / "facts")
    with store.write() as draft:
        draft.con.execute("CREATE TABLE a (x UBIGINT)")
        draft.con.execute("CREATE TABLE b (x UBIGINT)")
    writer = start("churn", store.folder)
    assert said(writer) == "ready"
    try:
        for number in range(4):
            backup(tmp_path / "warehouse", tmp_path / f"{number}.zip")
            time.sleep(0.1)
    finally:
        kill(writer)
    for number in range(4):
        restore(tmp_path / "copy", tmp_path / f"{number}.zip")
        with Store(tmp_path / "copy" / "facts").read() as con:
            a, b = con.execute("SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b)").fetchall()[0]
        assert a == b
