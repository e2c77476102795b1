"""Run by test_store.py as a process of its own: `store_worker.py COMMAND FOLDER [ARGUMENT]`."""

import sys
import time
from pathlib import Path

from pipelines.backup import backup
from pipelines.problems import StoreFull
from pipelines.store import Store

BIG = "CREATE OR REPLACE TABLE big AS SELECT range AS a, hash(range) AS b FROM range({rows})"


def say(word: str) -> None:
    print(word, flush=True)


def count(folder: Path, times: int) -> None:
    """Add one to the counter, so many times, each in a version of its own."""
    for _ in range(times):
        with Store(folder).write() as draft:
            (value,) = draft.con.execute("SELECT n FROM counter").fetchone() or (0,)
            draft.con.execute("UPDATE counter SET n = ?", [value + 1])


def watch(folder: Path, last: int) -> None:
    """Read until version `last`: two tables must agree with each other and never go back."""
    seen, looks = 0, 0
    say("ready")
    while seen < last:
        with Store(folder).read() as con:
            left, rows = con.execute("SELECT max(v), count(*) FROM left_side").fetchall()[0]
            ((right,),) = con.execute("SELECT max(v) FROM right_side").fetchall()
        assert left == right >= seen, (left, right, seen)
        assert rows == left * 1000
        seen, looks = left, looks + 1
    say(str(looks))


def hold(folder: Path, _: int) -> None:
    with Store(folder).write():
        say("held")
        time.sleep(60)


def churn(folder: Path, _: int) -> None:
    """Publish until killed: table `a` and table `b` always hold the same number of rows."""
    say("ready")
    while True:
        with Store(folder).write() as draft:
            for table in ("a", "b"):
                draft.con.execute(f"CREATE TABLE IF NOT EXISTS {table} (x UBIGINT)")
                draft.con.execute(f"DELETE FROM {table} WHERE (SELECT count(*) FROM {table}) > 1000000")
                draft.con.execute(f"INSERT INTO {table} SELECT hash(range) FROM range(20000)")


def fill(folder: Path, rows: int) -> None:
    try:
        with Store(folder).write() as draft:
            draft.con.execute(BIG.format(rows=rows))
    except StoreFull as error:
        say(f"full: {error.message} {error.fix}")


def checkpoint(folder: Path, rows: int) -> None:
    """Fill up at the checkpoint: the rows fit into the write-ahead log, but not into the file on top."""
    try:
        with Store(folder).write() as draft:
            draft.con.execute("SET checkpoint_threshold = '1GB'")
            draft.con.execute("CREATE TABLE more (a UBIGINT)")
            for _ in range(20):
                draft.con.execute(f"INSERT INTO more SELECT hash(range) FROM range({rows // 20})")
            say("filled")
    except StoreFull as error:
        say(f"full: {error.message} {error.fix}")


def save(folder: Path, _: int) -> None:
    try:
        backup(folder.parent, folder.parent / "out.zip")
    except StoreFull as error:
        say(f"full: {error.message} {error.fix}")


if __name__ == "__main__":
    if len(sys.argv) > 4:
        import resource

        limit = int(sys.argv[4])
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    commands = (count, watch, hold, churn, fill, checkpoint, save)
    {command.__name__: command for command in commands}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
