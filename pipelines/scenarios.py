"""Scenarios: named moves on top of a publication at a review date, with what they assume, kept in the journal.

Nothing is overwritten: the newest row of a name counts, and a row without moves takes the name away. No publication is
needed. Nothing is kept of a what-if until it is saved here. The server imports this module.
"""

import datetime as dt
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pipelines.build import model
from pipelines.problems import UsageError
from pipelines.warehouse import Warehouse, current_person, now

LONGEST_NAME = 80
LONGEST_ASSUMPTIONS = 2000
LONGEST_MOVES = 20_000


@dataclass(frozen=True)
class Scenario:
    """A scenario as it was recorded (when in UTC); `moves` is None for one that is taken away."""

    name: str
    assumptions: str
    publication: int
    review_date: dt.date
    moves: str | None
    recorded_at: dt.datetime
    recorded_by: str


def scenarios(warehouse: Warehouse) -> list[Scenario]:
    """The scenarios that count, the newest first. StoreError where the journal cannot be read."""
    newest = {one.name: one for one in history(warehouse)}
    order = {id(one): at for at, one in enumerate(history(warehouse))}
    return sorted((one for one in newest.values() if one.moves), key=lambda one: -order[id(one)])


def history(warehouse: Warehouse) -> list[Scenario]:
    """Every row that was recorded, oldest first."""
    version = warehouse.journal.version()
    return list(_rows(warehouse.folder, version)) if version else []


def save(
    warehouse: Warehouse, name: str, moves: str, *, assumptions: str, publication: int, review_date: dt.date
) -> Scenario:
    """Keep moves under a name; one of that name is replaced, and stays in the history. The scenario as it is kept.

    UsageError for a name that is empty or too long, and where there are no moves.
    """
    said, assumed = _one_line(name), _text(assumptions).strip()
    if not said:
        raise UsageError("a scenario needs a name", "Say in a few words what it tries, such as Wallet in March.")
    for what, text, most in (
        ("the name", said, LONGEST_NAME),
        ("what is assumed", assumed, LONGEST_ASSUMPTIONS),
        ("the list of moves", moves, LONGEST_MOVES),
    ):
        if len(text) > most:
            raise UsageError(f"{what} has {len(text):,} characters", f"Use {most:,} at most.")
    if not moves:
        raise UsageError("there is no move to keep", "Make a move first.")
    found = Scenario(said, assumed, publication, review_date, moves, now(), current_person())
    _record(warehouse, found)
    return found


def remove(warehouse: Warehouse, name: str) -> None:
    """Take a scenario away; it stays in the history. UsageError where there is none."""
    standing = next((one for one in scenarios(warehouse) if one.name == name), None)
    if standing is None:
        raise UsageError(f"there is no scenario named {name}", "It may have been removed meanwhile.")
    gone = Scenario(name, "", standing.publication, standing.review_date, None, now(), current_person())
    _record(warehouse, gone)


def _one_line(text: str) -> str:
    return " ".join(_text(text).split())


def _text(text: str) -> str:
    """A text without what is unseen; its lines stay."""
    kinds = {"Cc": " ", "Zl": "\n", "Zp": "\n", "Cf": "", "Cs": "", "Cn": "", "Co": ""}
    return "".join(c if c == "\n" else kinds.get(unicodedata.category(c), c) for c in text)


@lru_cache(maxsize=8)
def _rows(folder: Path, version: int) -> tuple[Scenario, ...]:
    with Warehouse(folder).journal.read(version) as con:
        if not con.sql("select exists (from duckdb_tables() where table_name = 'scenario')").fetchall()[0][0]:
            return ()
        asked = (
            "select name, assumptions, publication, review_date, moves, recorded_at, recorded_by "
            "from scenario order by recorded_at, rowid"
        )
        return tuple(Scenario(*row) for row in con.sql(asked).fetchall())


def _record(warehouse: Warehouse, row: Scenario) -> None:
    with warehouse.journal.write() as draft:
        draft.con.execute(model("journal"))
        draft.con.execute("insert into scenario values (?, ?, ?, ?, ?, ?, ?)", list(vars(row).values()))
