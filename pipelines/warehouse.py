"""The warehouse: the facts and journal stores together, their tables, and reading them at one publication."""

import datetime as dt
import getpass
import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb
import yaml

from pipelines.build import FOLDER as MODELS
from pipelines.build import model, rebuild
from pipelines.contract import contract, contracts
from pipelines.problems import StoreError, UsageError
from pipelines.store import Draft, Store

DEFAULT = Path("data") / "warehouse"
RULES = Path(__file__).parent / "rules.yaml"


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

    @contextmanager
    def writing(self) -> Iterator[Draft]:
        """A draft of the next publication, its tables up to date with the contracts; published when the block ends."""
        self._seed_rules()
        with self.facts.write() as draft:
            con = draft.con
            con.execute("set preserve_insertion_order = true")
            _limit_memory(con)
            prepare(con)
            self._take_rules(con, draft.version)
            yield draft

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for temporary files beside the stores, while `writing`; those of killed writers are swept."""
        for left in self.folder.glob("scratch-*"):
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="scratch-") as folder:
            yield Path(folder)

    def _seed_rules(self) -> None:
        """Record the shipped value of every rule that the journal does not know yet."""
        shipped = yaml.safe_load(RULES.read_text("utf-8"))
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
                    values = [name, rule["value"], now(), current_person()]
                    draft.con.execute("insert into rule values (?, ?, 0, ?, ?, 'shipped')", values)

    def _take_rules(self, con: duckdb.DuckDBPyConnection, publication: int) -> None:
        """Put the rules known at a publication in force; rules or models that changed rebuild what stands on them."""
        with self.journal.read() as journal:
            rules = journal.sql(rules_known(publication)).fetchall()
        standing = con.sql("select name, value from rule_in_force order by name").fetchall()
        digest = models_digest()
        built = con.sql("select digest from built_with").fetchall()
        if standing == rules and built == [(digest,)]:
            return
        con.execute("delete from rule_in_force")
        con.executemany("insert into rule_in_force values (?, ?)", [list(rule) for rule in rules])
        con.execute("delete from built_with")
        con.execute("insert into built_with values (?)", [digest])
        con.execute(model("macros"))
        rebuild(con, publication - 1)
        con.execute(model("project_at"))

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


class Reading:
    """A read-only connection to the warehouse as known at one publication. Threads each take their own cursor."""

    def __init__(self, warehouse: Warehouse, version: int, publication: int | None) -> None:
        self.version = version
        self._lock = threading.Lock()
        self._con = duckdb.connect(":memory:")
        with ExitStack() as undo:
            undo.callback(self._con.close)
            _limit_memory(self._con)
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
            if self.publication != latest:
                self._know(self.publication)
            undo.pop_all()

    def _attach(self, name: str, path: Path) -> None:
        quoted = str(path).replace("'", "''")
        try:
            self._con.execute(f"attach '{quoted}' as {name} (read_only)")
        except duckdb.Error as error:
            first = str(error).strip().splitlines()[0]
            raise StoreError(f"{path} cannot be opened: {first}", "Restore a backup, into a new folder.") from error

    def _know(self, publication: int) -> None:
        """Build the models as they were known then, beside the facts; older knowledge takes longer."""
        self._con.execute("attach ':memory:' as known")
        self._con.execute("set search_path = 'known,facts'")
        self._path = "known,facts"
        self._con.execute("create table known.rule_in_force (name varchar, value double)")
        rules = rules_known(publication).replace("from rule", "from journal.rule")
        self._con.execute(f"insert into known.rule_in_force {rules}")
        self._con.execute(model("macros"))
        rebuild(self._con, publication)
        self._con.execute(model("project_at"))

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own for one thread, or one query."""
        with self._lock:
            cursor = self._con.cursor()
        cursor.execute(f"set search_path = '{self._path}'")
        return cursor

    def close(self) -> None:
        """Let go of the files."""
        self._con.close()


def rules_known(publication: int) -> str:
    """SQL: each rule with the value that counts at a publication, by name. Reads rule."""
    return (
        "select name, arg_max(value, (publication, recorded_at)) as value from rule "
        f"where publication <= {int(publication)} group by name order by name"
    )


def models_digest() -> str:
    """What the models are made of; a store built with others is built anew at its next publication."""
    text = "".join(file.read_text("utf-8") for file in sorted(MODELS.glob("*.sql")))
    columns = repr([(c.export, [(x.name, x.sql_type) for x in c.columns.values()]) for c in contracts()])
    return hashlib.sha256((text + columns).encode()).hexdigest()[:16]


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Create what the store lacks: its own tables, and a pair of fact tables for each contract, column by column."""
    con.execute(model("schema"))
    for form in contracts():
        con.execute(f"create table if not exists fact_{form.export} (load_id integer, source_row bigint)")
        con.execute(
            f"create table if not exists seen_{form.export} "
            "(load_id integer, source_row bigint, fact_load_id integer, fact_source_row bigint)"
        )
        standing = {name for (name, *_) in con.sql(f"describe fact_{form.export}").fetchall()}
        for column in form.columns.values():
            if column.name not in standing:
                con.execute(f"alter table fact_{form.export} add column {column.name} {column.sql_type}")
    con.execute("delete from health_colour")
    colours = contract("status").columns["reported_health"].colours
    con.executemany("insert into health_colour values (?, ?)", [[r, c] for r, c in colours.items()])


def _limit_memory(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f"set memory_limit = '{os.environ.get('RIGHTWORK_MEMORY', '1500MB')}'")
