"""What is in force of goals and programs, for columns that refer to them."""

import duckdb

from pipelines import build
from pipelines.contract import contract
from pipelines.headers import fold


def spellings(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """For goals and programs: every identifier and name in force, folded, and the identifier it stands for."""
    found: dict[str, dict[str, str]] = {}
    for export in ("goals", "programs"):
        form = contract(export)
        key, name = list(form.columns)[:2]
        rows = con.sql(f"select {key}, {name} from ({build.winners(con, form)}) order by {key}").fetchall()
        spelled = {fold(name): key for key, name in rows if name}
        found[export] = spelled | {fold(key): key for key, _ in rows}
    return found


def identifiers(con: duckdb.DuckDBPyConnection, export: str) -> dict[str, set[str]]:
    """The identifiers in force of goals and programs; an export that refers to itself knows its own rows too."""
    known: dict[str, set[str]] = {}
    for other in ("goals", "programs"):
        form = contract(other)
        key = form.key[0]
        rows = con.sql(f"select {key} from ({build.winners(con, form)})").fetchall()
        own = con.sql(f"select {key} from typed where {key} is not null").fetchall() if other == export else []
        known[other] = {value for (value,) in rows + own}
    return known
