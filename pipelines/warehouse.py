"""The warehouse: the facts and journal stores together, their tables, and reading them at one publication."""

import copy
import datetime as dt
import getpass
import hashlib
import itertools
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from pipelines.build import FOLDER as MODELS
from pipelines.build import loads_in_force, model, project_at, rebuild, rejudge, update
from pipelines.contract import Contract, contract, contracts
from pipelines.files import copy as copy_file
from pipelines.literals import quoted
from pipelines.problems import StoreError, UsageError
from pipelines.store import STALE_SECONDS, Draft, Store

DEFAULT = Path("data") / "warehouse"
RULES = Path(__file__).parent / "rules.yaml"
_TRIALS = itertools.count()

RuleRow = tuple[str, float | None, str | None]
RULE_COLUMNS = "name, value, word, publication, recorded_at, recorded_by, why"


def current_person() -> str:
    """Who is at work: the operating system's user name, marked unverified until sign-in exists."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        name = "someone"
    return f"{name} (unverified)"


def now() -> dt.datetime:
    """The moment, in UTC without a zone, as the store keeps it."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)


class Warehouse:
    """Where an organisation's exports live: `facts` (written by the pipeline) and `journal` (what people record)."""

    def __init__(self, folder: Path | str | None = None) -> None:
        self.folder = Path(folder or os.environ.get("RIGHTWORK_WAREHOUSE") or DEFAULT)
        timeout = float(os.environ.get("RIGHTWORK_LOCK_TIMEOUT", "30"))
        self.facts = Store(self.folder / "facts", lock_timeout=timeout)
        self.journal = Store(self.folder / "journal", lock_timeout=timeout)

    def publication(self) -> int:
        """The number of the latest publication, 0 when nothing was loaded yet.

        It is the store's version, but for a store that was restored: there it is that of the backup.
        """
        if not self.facts.version():
            return 0
        with self.facts.read() as con:
            return int(con.sql("select max(publication) from publication").fetchall()[0][0])

    def holds_loads(self) -> bool:
        """Whether any load is in force: nothing may have been loaded yet, or all of it withdrawn."""
        if not self.facts.version():
            return False
        with self.facts.read() as con:
            return bool(con.sql(f"select exists ({loads_in_force(self.facts.version())})").fetchall()[0][0])

    @contextmanager
    def writing(self) -> Iterator[Draft]:
        """A draft of the next publication, its tables up to date with the contracts; published when the block ends."""
        self._seed_rules()
        with self.facts.write() as draft:
            con = draft.con
            con.execute("set preserve_insertion_order = true")
            _limit_memory(con)
            prepare(con)
            self.take_rules(con, draft.version)
            yield draft

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for temporary files beside the stores, while `writing`; those of killed writers are swept."""
        for left in [*self.folder.glob("scratch-*"), *filter(_is_stale, self.folder.glob("known-*"))]:
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="scratch-") as folder:
            yield Path(folder)

    def _seed_rules(self) -> None:
        """Record the shipped value of every rule that the journal does not know yet."""
        shipped = shipped_rules()
        if self.journal.version():
            with self.journal.read() as con:
                known = {name for (name,) in con.sql("select distinct name from rule").fetchall()}
            if known >= set(shipped):
                return
        with self.journal.write() as draft:
            draft.con.execute(model("journal"))
            known = {name for (name,) in draft.con.sql("select distinct name from rule").fetchall()}
            for name, rule in shipped.items():
                if name not in known:
                    shipped_as = [name, rule.get("value"), rule.get("word"), now(), current_person()]
                    draft.con.execute(
                        f"insert into rule ({RULE_COLUMNS}) values (?, ?, ?, 0, ?, ?, 'shipped')", shipped_as
                    )

    def take_rules(self, con: duckdb.DuckDBPyConnection, publication: int) -> None:
        """Put the rules known at a publication in force; rules or models that changed rebuild what stands on them."""
        with self.journal.read() as journal:
            rules = rules_known(journal, changes_of_rules(con, publication))
        standing = con.sql("select name, value, word from rule_in_force order by name").fetchall()
        digest = models_digest()
        built = con.sql("select digest from built_with").fetchall() == [(digest,)]
        if standing == rules and built:
            return
        _put_in_force(con, rules)
        if built:
            rejudge(con, publication)
            return
        con.execute("delete from built_with")
        con.execute("insert into built_with values (?)", [digest])
        con.execute(model("macros"))
        rebuild(con, publication)
        con.execute(project_at())

    @contextmanager
    def reading(self, publication: int | None = None) -> Iterator["Reading"]:
        """The warehouse as known at a publication (default: the latest), read-only, closed when the block ends."""
        reading = self.open(publication)
        try:
            yield reading
        finally:
            reading.close()

    def open(self, publication: int | None = None) -> "Reading":
        """The warehouse as known at a publication (default: the latest), read-only, until it is closed.

        UsageError when nothing was published yet, or the publication does not exist; StoreError when a file of it
        cannot be read.
        """
        while True:
            version, journal = self.facts.version(), self.journal.version()
            if not version:
                fix = "Load an export: python -m pipelines load FILE."
                raise UsageError(f"nothing is loaded in {self.folder}", fix)
            try:
                return Reading(self, version, publication)
            except StoreError:
                # Pruned since it was looked up: newer versions are out, so look again.
                if (self.facts.version(), self.journal.version()) == (version, journal):
                    raise

    def kept(self, version: int, publication: int) -> "Reading | None":
        """An earlier publication, as read from the file that it came out as: at once, where building it anew takes
        longer. None where that file is no longer kept, or is of another history than a version's (after a restore)."""
        said = (
            "select p.publication, p.action, p.published_at, e.event, l.load_id, l.digest from publication as p "
            "left join load_event as e using (publication) left join load as l using (load_id) "
            f"where p.publication <= {int(publication)} order by all"
        )
        try:
            with self.facts.read(version) as con:
                expected = con.sql(said).fetchall()
            reading = Reading(self, publication, None)
        except (StoreError, UsageError):
            return None
        with reading.cursor() as con:
            if reading.publication == publication and con.sql(said).fetchall() == expected:
                return reading
        reading.close()
        return None


class Reading:
    """A read-only connection to the warehouse as known at one publication. Threads each take their own cursor."""

    def __init__(self, warehouse: Warehouse, version: int, publication: int | None) -> None:
        self.version = version
        self.scratch = "scratch.main"  # the schema for tables of the reader's own
        self._lock = threading.Lock()
        self._con = duckdb.connect(":memory:")
        with ExitStack() as undo:
            undo.callback(self._con.close)
            _limit_memory(self._con)
            # What does not fit goes beside other temporary files, not into the folder that the server was started in.
            spill = Path(tempfile.gettempdir()) / f"rightwork-{os.getpid()}-{id(self):x}"
            self._con.execute(f"set temp_directory = {quoted(str(spill))}")
            self._con.execute("attach ':memory:' as scratch (compress)")
            self._attach("facts", warehouse.facts.path(version))
            self._attach("journal", warehouse.journal.path())
            self._path = "facts"
            known = {n for (n,) in self._con.sql("select publication from facts.publication").fetchall()}
            latest = max(known)
            self.publication = latest if publication is None else publication
            if self.publication not in known:
                raise UsageError(
                    f"there is no publication {publication}",
                    f"The latest is {latest}; see python -m pipelines history.",
                )
            built = self._con.sql("select digest from facts.built_with").fetchall()
            stands = built == [(models_digest(),)]
            if not stands or (self.publication != latest and not self._step_back(warehouse)):
                self._know(self.publication)
            undo.pop_all()

    def _attach(self, name: str, path: Path) -> None:
        try:
            self._con.execute(f"attach {quoted(str(path))} as {name} (read_only)")
        except duckdb.Error as error:
            first = str(error).strip().splitlines()[0]
            raise StoreError(f"{path} cannot be opened: {first}", "Restore a backup, into a new folder.") from error

    def _step_back(self, warehouse: Warehouse) -> bool:
        """Know what was known then by taking back, on a copy of the store, what happened since: as an undo does.

        False where less is to be built anew than to be taken back, or where there is no room for a copy.
        """
        with self.cursor() as con:
            changed, back, anew = _changed_since(con, self.publication)
        if back > anew:
            return False
        try:
            # The copy needs no name once it is open; its blocks go when the reading is closed.
            with tempfile.TemporaryDirectory(
                dir=warehouse.folder, prefix="known-", ignore_cleanup_errors=True
            ) as folder:
                file = Path(folder, "known.duckdb")
                copy_file(warehouse.facts.path(self.version), file)
                self._con.execute(f"attach {quoted(str(file))} as known (recovery_mode 'no_wal_writes')")
        except (OSError, StoreError, duckdb.IOException):
            return False
        self._path = "known"
        with self.cursor() as con:
            rules = rules_known(con, changes_of_rules(con, self.publication), "journal.rule")
            judged_otherwise = con.sql("select name, value, word from rule_in_force order by name").fetchall() != rules
            if judged_otherwise:
                _put_in_force(con, rules)
            update(con, self.publication, changed)
            if judged_otherwise:
                rejudge(con, self.publication)
        return True

    def _know(self, publication: int) -> None:
        """Build the models as they were known then, beside the facts; older knowledge takes longer.

        The latest is built so too where other models than ours built it, until the next publication.
        """
        self._con.execute("attach ':memory:' as known")
        self._con.execute("set search_path = 'known,facts'")
        self._path = "known,facts"
        self._fill_in()
        self._con.execute("create table known.rule_in_force (name varchar, value double, word varchar)")
        rules = rules_known(self._con, changes_of_rules(self._con, publication), "journal.rule")
        self._con.executemany("insert into known.rule_in_force values (?, ?, ?)", rules)
        self._con.execute(model("macros"))
        rebuild(self._con, publication)
        self._con.execute(project_at())

    @contextmanager
    def trying(self, rules: Mapping[str, float | str]) -> Iterator["Reading"]:
        """The same reading, with other rules in place of some: what is judged when asked (project_at, roll-ups) is
        judged by them; the weekly models stay."""
        trial, name = copy.copy(self), f"trial_{next(_TRIALS)}"
        trial._path, trial.scratch = f"{name},{self._path}", f"{name}.main"
        with self.cursor() as outside:
            outside.execute(f"attach ':memory:' as {name}")
            try:
                with trial.cursor() as con:
                    con.execute(f"create table {name}.rule_in_force as from rule_in_force")
                    for rule, value in rules.items():
                        column = "word" if isinstance(value, str) else "value"
                        con.execute(f"update {name}.rule_in_force set {column} = ? where name = ?", [value, rule])
                    con.execute(model("macros"))
                    con.execute(project_at())
                yield trial
            finally:
                outside.execute(f"detach {name}")

    def _fill_in(self) -> None:
        """The fact tables and columns, empty, that the contracts brought since the store was built."""
        tables = {name for (name,) in self._con.sql("select table_name from duckdb_tables()").fetchall()}
        for form in contracts():
            table = f"fact_{form.export}"
            if table not in tables:
                _create_facts(self._con, form, "known.")
                continue
            standing = {name for (name, *_) in self._con.sql(f"describe facts.{table}").fetchall()}
            lacking = [c for c in form.columns.values() if c.name not in standing]
            if lacking:
                columns = ", ".join(f"null::{c.sql_type} as {c.name}" for c in lacking)
                self._con.execute(f"create view known.{table} as select *, {columns} from facts.{table}")

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own for one thread, or one query."""
        with self._lock:
            cursor = self._con.cursor()
        cursor.execute(f"set search_path = '{self._path}'")
        return cursor

    def close(self) -> None:
        """Let go of the files."""
        self._con.close()


def _is_stale(path: Path) -> bool:
    """Whether a reader that made it was killed: one at work has done with it in moments."""
    with suppress(OSError):
        return time.time() - path.stat().st_mtime > STALE_SECONDS
    return False


def _changed_since(con: duckdb.DuckDBPyConnection, publication: int) -> tuple[list[int], int, int]:
    """The loads that came into force or left it since a publication, their rows, and the rows in force then."""
    latest = con.sql("select max(publication) from publication").fetchall()[0][0]
    changed, back, anew = con.sql(
        f"""
        with
        known as ({loads_in_force(publication)}),
        standing as ({loads_in_force(latest)}),
        changed as ((from known except from standing) union (from standing except from known))
        select
            list(load_id order by load_id) filter (load_id in (from changed)),
            coalesce(sum(rows_read) filter (load_id in (from changed)), 0)::bigint,
            coalesce(sum(rows_read) filter (load_id in (from known)), 0)::bigint
        from load
        """
    ).fetchall()[0]
    return changed or [], back, anew


def _put_in_force(con: duckdb.DuckDBPyConnection, rules: list[RuleRow]) -> None:
    con.execute("delete from rule_in_force")
    con.executemany("insert into rule_in_force values (?, ?, ?)", rules)


def changes_of_rules(con: duckdb.DuckDBPyConnection, publication: int) -> list[int]:
    """The publications up to one that changed rules, with 0 for the shipped ones. Reads publication."""
    found = con.execute(
        "select publication from publication where action = 'rules' and publication <= ?", [publication]
    )
    return [0, *(number for (number,) in found.fetchall())]


def rules_known(con: duckdb.DuckDBPyConnection, changes: list[int], table: str = "rule") -> list[RuleRow]:
    """Each rule by name, with the value or the word that counts after these changes of rules.

    A journal that no writer has brought up to date yet may lack a rule, which then is as shipped, or the column word.
    """
    found = con.sql(
        f"""
        select name, arg_max({{'value': value, 'word': word}}, (publication, recorded_at))
        from (from {table} union all by name select null::varchar as word where false)
        where publication in ({", ".join(map(str, changes))})
        group by name
        """
    ).fetchall()
    rules = {name: (rule.get("value"), rule.get("word")) for name, rule in shipped_rules().items()}
    rules |= {name: (last["value"], last["word"]) for name, last in found}
    return [(name, value, word) for name, (value, word) in sorted(rules.items())]


@cache
def shipped_rules() -> dict[str, dict[str, Any]]:
    """What rules.yaml says of each rule, by name; change none of it."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(RULES.read_text("utf-8"))
    return found


def models_digest() -> str:
    """What the models are made of; a store built with others is built anew at its next publication."""
    text = "".join(file.read_text("utf-8") for file in sorted(MODELS.glob("*.sql")))
    columns = repr([(c.export, [(x.name, x.sql_type) for x in c.columns.values()]) for c in contracts()])
    return hashlib.sha256((text + columns).encode()).hexdigest()[:16]


def _create_facts(con: duckdb.DuckDBPyConnection, form: Contract, where: str = "") -> None:
    columns = "".join(f", {c.name} {c.sql_type}" for c in form.columns.values())
    con.execute(f"create table if not exists {where}fact_{form.export} (load_id integer, source_row bigint{columns})")
    con.execute(
        f"create table if not exists {where}seen_{form.export} "
        "(load_id integer, source_row bigint, fact_load_id integer, fact_source_row bigint)"
    )


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Create what the store lacks: its own tables, and a pair of fact tables for each contract, column by column."""
    con.execute(model("schema"))
    for form in contracts():
        _create_facts(con, form)
        standing = {name for (name, *_) in con.sql(f"describe fact_{form.export}").fetchall()}
        for column in form.columns.values():
            if column.name not in standing:
                con.execute(f"alter table fact_{form.export} add column {column.name} {column.sql_type}")
    con.execute("delete from health_colour")
    colours = contract("status").columns["reported_health"].colours
    con.executemany("insert into health_colour values (?, ?)", [[r, c] for r, c in colours.items()])


def _limit_memory(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f"set memory_limit = '{os.environ.get('RIGHTWORK_MEMORY', '1500MB')}'")
