"""The log of publications, and what they do to loads beside bringing them: withdraw, reinstate, clear the sample."""

import duckdb

from pipelines import build
from pipelines.problems import UsageError
from pipelines.warehouse import Warehouse, current_person, now

SAMPLE = "sample"  # the source's name of the sample organisation
SEE = "See python -m pipelines history."


def record(con: duckdb.DuckDBPyConnection, publication: int, action: str) -> None:
    """Write a publication into the log."""
    con.execute("insert into publication values (?, ?, ?, ?)", [publication, action, now(), current_person()])


def record_event(
    con: duckdb.DuckDBPyConnection, publication: int, event: str, loads: list[int], why: str | None = None
) -> None:
    """Write into the log what a publication does to loads: "committed", "withdrawn" or "restored"."""
    for load_id in loads:
        values = [publication, load_id, event, now(), current_person(), why]
        con.execute("insert into load_event values (?, ?, ?, ?, ?, ?)", values)


def sample_loads(con: duckdb.DuckDBPyConnection, publication: int) -> list[int]:
    """The sample's loads in force at a publication: they make room for the first exports of one's own."""
    found = con.execute("select load_id from load where source = ? order by load_id", [SAMPLE]).fetchall()
    in_force = _in_force(con, publication)
    return [n for (n,) in found if n in in_force]


def withdraw(warehouse: Warehouse, load_id: int, why: str) -> int:
    """Undo a load: its rows no longer count, and what others said before and after it holds. The new publication.

    UsageError when there is no such load, or it is not in force.
    """
    with warehouse.writing() as draft:
        if load_id not in _in_force(draft.con, draft.version - 1):
            draft.discard()
            known = draft.con.execute("select exists (from load where load_id = ?)", [load_id]).fetchall()[0][0]
            what = f"load {load_id} was withdrawn already" if known else f"there is no load {load_id}"
            raise UsageError(what, SEE)
        record(draft.con, draft.version, "undo")
        record_event(draft.con, draft.version, "withdrawn", [load_id], why)
        build.update(draft.con, draft.version, [load_id])
        return draft.version


def reinstate(warehouse: Warehouse, load_id: int, why: str) -> int:
    """Let a withdrawn load count again, in its old place among the others. The new publication.

    UsageError when there is no such load, it is in force, or it is of the sample organisation, which made room.
    """
    with warehouse.writing() as draft:
        con = draft.con
        in_force = _in_force(con, draft.version - 1)
        found = con.execute("select source from load where load_id = ?", [load_id]).fetchall()
        own = con.sql("select load_id from load where source <> 'sample'").fetchall()
        what = ""
        if not found:
            what = f"there is no load {load_id}"
        elif load_id in in_force:
            what = f"load {load_id} is in force"
        elif found == [(SAMPLE,)] and in_force & {n for (n,) in own}:
            what = f"load {load_id} is of the sample organisation, which made room for exports of your own"
        if what:
            draft.discard()
            raise UsageError(what, SEE)
        record(con, draft.version, "redo")
        record_event(con, draft.version, "restored", [load_id], why)
        build.update(con, draft.version, [load_id])
        return draft.version


def clear_sample(warehouse: Warehouse, why: str = "cleared") -> int:
    """Withdraw all loads of the sample organisation as one publication; its number.

    UsageError when none of them is in force. The sample can be loaded again.
    """
    with warehouse.writing() as draft:
        loads = sample_loads(draft.con, draft.version - 1)
        if not loads:
            draft.discard()
            raise UsageError("the sample organisation is not loaded", SEE)
        record(draft.con, draft.version, "clear")
        record_event(draft.con, draft.version, "withdrawn", loads, why)
        build.update(draft.con, draft.version, loads)
        return draft.version


def _in_force(con: duckdb.DuckDBPyConnection, publication: int) -> set[int]:
    return {n for (n,) in con.sql(build.loads_in_force(publication)).fetchall()}
