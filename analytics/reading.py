"""The server's way to the warehouse: readings kept open, a day's projects computed once, answers cached."""

import atexit
import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar, cast

import duckdb
import pandas as pd

from pipelines.build import loads_in_force
from pipelines.problems import StoreError
from pipelines.warehouse import Reading, Warehouse

KEPT_VERSIONS = 2
KEPT_READINGS = 6
KEPT_DAYS = 40  # tables: of a day its projects, and where they are asked for dependencies and benefits
COMPRESS_AFTER = 2.0  # seconds, when whoever asked for a day has it on screen
KEPT_ANSWERS = 400
NO_PROGRAM = "(none)"  # the scope of the projects that are part of no program

# The rows of a scope; a query that holds it takes the parameters of Scope.parameters().
IN_SCOPE = """
    ($portfolio::varchar is null or portfolio = $portfolio)
    and ($program::varchar is null or coalesce(program_id, '(none)') = $program)
"""

# A process that ends within a query of another thread aborts: the end waits for one, and lets no other begin.
_COMPRESSING = threading.Lock()
atexit.register(_COMPRESSING.acquire)

Basis = Literal["computed", "reported"]
T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True)
class Scope:
    """Which projects are asked for: those of a portfolio, of a program, or all. Both are ids."""

    portfolio: str | None = None
    program: str | None = None

    def parameters(self) -> dict[str, str | None]:
        """What IN_SCOPE takes."""
        return {"portfolio": self.portfolio, "program": self.program}


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame by their columns' names, with None for what is not known."""
    known = frame.astype(object).where(frame.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in known.to_dict("records")]


class Source:
    """One reading of the warehouse. Every query runs on a cursor of its own, so threads may share it."""

    def __init__(self, reading: Reading) -> None:
        self.publication = reading.publication
        self._reading = reading
        self._lock = threading.Lock()
        self._days: OrderedDict[tuple[str, dt.date], str] = OrderedDict()

    @contextmanager
    def trying(self, rules: Mapping[str, float | str]) -> Iterator["Source"]:
        """The same source, judged by other rules in place of some."""
        with self._reading.trying(rules) as trial:
            yield Source(trial)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own, for what the pipeline's own functions ask of one."""
        return self._reading.cursor()

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """The rows of a query, as plain values."""
        with self._reading.cursor() as con:
            return con.execute(sql, parameters).fetchall()

    def frame(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """The rows of a query, as a frame."""
        with self._reading.cursor() as con:
            return con.execute(sql, parameters).df()

    def records(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows of a query, each by its columns' names."""
        with self._reading.cursor() as con:
            found = con.execute(sql, parameters)
            names = [column[0] for column in found.description or []]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def on(self, day: dt.date) -> str:
        """The relation of all projects on a review date, to be put behind `from`; computed once a day and kept.

        Columns: those of the macro project_at, and program_name, slip_days (forecast finish past the baseline's, in
        days), age_days (of the last report), is_watermelon (reported green, computed red), and the shares from which
        the schedule and the cost are amber and red: schedule_amber, schedule_red, cost_amber, cost_red.
        """
        return self.kept("project", day, _PROJECTS_ON_DAY)

    def kept(self, what: str, day: dt.date, sql: str) -> str:
        """The relation that a query of $day gives on a review date, as `on` keeps its own; `what` names the query."""
        with self._lock:
            if (what, day) not in self._days:
                name = f"{self._reading.scratch}.{what}_on_{day:%Y%m%d}"
                with self._reading.cursor() as con:
                    con.execute(f"create or replace table {name} as {sql}", {"day": day})
                    self._days[what, day] = name
                    # A day that another thread was about to read is computed again when it asks.
                    while len(self._days) > KEPT_DAYS:
                        con.execute(f"drop table {self._days.popitem(last=False)[1]}")
                later = threading.Timer(COMPRESS_AFTER, self._compress)
                later.daemon = True
                later.start()
            self._days.move_to_end((what, day))
            return self._days[what, day]

    def _compress(self) -> None:
        """Bring the days that are kept to a tenth of their size. Where other work is under way, the next one does."""
        with _COMPRESSING, suppress(duckdb.Error), self._reading.cursor() as con:
            con.execute(f"checkpoint {self._reading.scratch.partition('.')[0]}")

    def close(self) -> None:
        """Let go of the files."""
        self._reading.close()


_PROJECTS_ON_DAY = """
    select
        p.* replace (coalesce(p.project_name, p.project_id) as project_name),
        coalesce(g.program_name, p.program_id) as program_name,
        p.finish_then - p.baseline_finish as slip_days,
        $day::date - p.status_date as age_days,
        p.reported = 'green' and p.computed = 'red' as is_watermelon,
        rule_value('schedule_amber') as schedule_amber,
        rule_value('schedule_red') as schedule_red,
        rule_value('cost_amber') as cost_amber,
        rule_value('cost_red') as cost_red
    from project_at($day::date) as p
    left join stg_programs as g using (program_id)
"""


class _Slot:
    """A reading that is open, or about to be: older knowledge takes a while to build, and only once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.source: Source | None = None


class Desk:
    """Where the pages ask. It keeps the readings of the last two versions open, and the latest answers.

    A question is a function whose first argument is a Source; its answer, which nobody may change, is kept by version,
    publication and arguments (which hold the review date and the scope).
    """

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self._lock = threading.Lock()
        self._slots: OrderedDict[tuple[int, int], _Slot] = OrderedDict()
        self._answers: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    def version(self) -> int:
        """The published version, 0 where nothing was loaded yet: one small file is read, so ask it on every run."""
        return self.warehouse.facts.version()

    def ask(
        self,
        question: Callable[Concatenate[Source, P], T],
        version: int,
        publication: int | None = None,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """The answer to a question at a version, as known at a publication (default: the version's own).

        StoreError, in words, where the store cannot be read.
        """
        known = publication or version
        key = (question.__module__, question.__qualname__, version, known, args, tuple(sorted(kwargs.items())))
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return cast(T, self._answers[key])
        try:
            answer = question(self._source(version, known), *args, **kwargs)
        except duckdb.Error as error:
            message = f"The warehouse cannot be read: {str(error).strip().splitlines()[0]}"
            raise StoreError(message, "Reload the page. If it stays, restore a backup.") from error
        with self._lock:
            self._answers[key] = answer
            while len(self._answers) > KEPT_ANSWERS:
                self._answers.popitem(last=False)
        return answer

    def has(self, version: int, publication: int | None = None) -> bool:
        """Whether a version, as known at a publication (default: its own), is open, so that answers come at once."""
        with self._lock:
            slot = self._slots.get((version, publication or version))
        return slot is not None and slot.source is not None

    def open_readings(self) -> list[tuple[int, int]]:
        """The version and publication of each reading that is open, the one used last at the end."""
        with self._lock:
            return list(self._slots)

    def _source(self, version: int, publication: int) -> Source:
        key = (version, publication)
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
            self._close_old()
        with slot.lock:
            if slot.source is None:
                # A version's own publication bears its number, but for a store that was restored.
                known = None if publication == version else publication
                kept = self.warehouse.kept(version, known) if known else None
                slot.source = Source(kept or Reading(self.warehouse, version, known))
            return slot.source

    def _close_old(self) -> None:
        """Close the readings of older versions, and of publications that nobody asked for lately."""
        newest = sorted({version for version, _ in self._slots})[-KEPT_VERSIONS:]
        gone = [key for key in self._slots if key[0] not in newest]
        older = [key for key in self._slots if key[0] in newest and key[0] != key[1]]
        gone += older[: max(0, len(older) - KEPT_READINGS)]
        for key in gone:
            slot = self._slots.pop(key)
            if slot.source:
                slot.source.close()
        if gone:
            self._answers = OrderedDict((k, v) for k, v in self._answers.items() if (k[2], k[3]) in self._slots)


@dataclass(frozen=True)
class Place:
    """A portfolio or a program to choose; `portfolio` is the one that a program is part of, "" for none or several."""

    id: str
    name: str
    portfolio: str = ""


@dataclass(frozen=True)
class Publication:
    """A publication to look back to: its number, its day, and what was done."""

    number: int
    published_on: dt.date
    action: str


@dataclass(frozen=True)
class Choices:
    """What the reader can choose between."""

    review_dates: tuple[dt.date, ...]
    portfolios: tuple[Place, ...]
    programs: tuple[Place, ...]
    publications: tuple[Publication, ...]


def choices(source: Source) -> Choices:
    """The review dates, portfolios, programs and publications of a store."""
    days = [day for (day,) in source.rows("from review_date where review_date is not null order by review_date")]
    publications = tuple(
        Publication(*row)
        for row in source.rows("select publication, published_at::date, action from publication order by publication")
    )
    if not days:
        return Choices((), (), (), publications)
    places = source.rows(
        f"""
        with place as (
            select distinct portfolio, program_id from mart_health_week
            union
            select distinct portfolio, program_id from {source.on(days[-1])}
        )
        select p.portfolio, p.program_id, coalesce(g.program_name, p.program_id, 'No program')
        from place as p
        left join stg_programs as g using (program_id)
        order by p.program_id is null, lower(g.program_name), p.program_id, p.portfolio
        """
    )
    portfolios = sorted({portfolio for portfolio, _, _ in places if portfolio}, key=str.casefold)
    inside: dict[str | None, list[str]] = {}
    for portfolio, program, _ in places:
        inside.setdefault(program, []).append(portfolio or "")
    names = {program: name for _, program, name in places}
    programs = [
        Place(program or NO_PROGRAM, names[program], found[0] if program and len(found) == 1 else "")
        for program, found in inside.items()
    ]
    # Where no project is part of a program there is none to choose.
    known = tuple(programs) if any(inside) else ()
    return Choices(tuple(days), tuple(Place(name, name) for name in portfolios), known, publications)


def is_sample(source: Source) -> bool:
    """Whether any load in force comes from the sample organisation: the page then says so."""
    found = source.rows(
        "select exists (select 1 from load as l where l.source = 'sample' "
        f"and l.load_id in ({loads_in_force(source.publication)}))"
    )
    return bool(found[0][0])
