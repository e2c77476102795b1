"""Rows that share their key: those that repeat each other, and those between which only a person can choose."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import duckdb

from pipelines.offered import FIRST_ROWS, shown
from pipelines.profile import Mapping
from pipelines.report import Repair
from pipelines.texttable import TextTable

ONE_BY_ONE = 200  # repairs of a kind that are offered one by one; where there are more they are one offer


@dataclass(frozen=True)
class Gone:
    """A row that an accepted repair leaves out: its line, its key, and why."""

    row: int
    rule: str
    key: str
    why: str


def repeats(
    con: duckdb.DuckDBPyConnection,
    table: TextTable,
    mapping: Mapping,
    accepted: Collection[str],
    is_accepted: Callable[[str, str, Collection[str]], bool],
) -> tuple[list[Repair], list[Gone]]:
    """Repairs of rows that share their key, and the rows that the accepted ones leave out.

    `is_accepted` tells by rule and name what `accepted` takes in. A table that is rolled up has its keys in several
    rows by its nature.
    """
    if mapping.rolled_up or not all(name in mapping.text for name in mapping.contract.key):
        return [], []
    repairs, gone, differing = [], [], []
    for key, sets in _sharing(con, table, mapping):
        if again := {row: rows[0] for rows in sets for row in rows[1:]}:
            name = f"same_row:rows:{shown(key)}"
            taken = is_accepted("same_row", name, accepted)
            why = f"each cell is as in row {next(iter(again.values()))}"
            repairs.append(
                Repair(name, "same_row", None, key, "stands once", len(again), tuple(again)[:FIRST_ROWS], why, taken)
            )
            gone += [Gone(row, "same_row", key, f"repeats row {first}") for row, first in again.items() if taken]
        if len(sets) > 1:
            differing.append((key, sorted(row for rows in sets for row in rows)))
    repairs = together(repairs, "same_row:*", accepted)
    for rule, kept in (("keep_first", 0), ("keep_last", -1)) if differing else ():
        taken = is_accepted(rule, f"{rule}:*", accepted)
        others = [
            Gone(row, rule, key, f"row {rows[kept]} is kept")
            for key, rows in differing
            for row in rows
            if row != rows[kept]
        ]
        many = "key stands" if len(differing) == 1 else "keys stand"
        why = f"{len(differing):,} {many} in several rows that differ; only you know which is right"
        words = f"the {rule.removeprefix('keep_')} row is kept"
        first = tuple(one.row for one in others[:FIRST_ROWS])
        repairs.append(Repair(f"{rule}:*", rule, None, differing[0][0], words, len(others), first, why, taken))
        if taken:  # the one choice leaves nothing for the other
            gone = [*{one.row: one for one in (*gone, *others)}.values()]
            break
    return repairs, sorted(gone, key=lambda one: one.row)


def _sharing(con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping) -> list[tuple[str, list[list[int]]]]:
    """Keys in several rows, by their first row: of each the sets of rows that are the same, cell by cell."""
    keys = [mapping.text[name] for name in mapping.contract.key]
    key = f"concat_ws(', ', {', '.join(keys)})"
    filled = " and ".join(f"({text}) is not null" for text in keys)
    said = ", ".join(f"c{n}" for n in range(len(table.headers)))
    found: list[tuple[str, list[list[int]]]] = con.execute(
        f"""
        with repeated as (
            select {key} as key from {table.relation} where {filled} group by all having count(*) > 1
        ),
        shared as (
            select source_row, key, row({said}) as said
            from (select *, {key} as key from {table.relation} where {filled}) semi join repeated using (key)
        ),
        same as (select key, list(source_row order by source_row) as rows from shared group by key, said)
        select key, list(rows order by rows[1]) from same group by key order by min(rows[1])
        """
    ).fetchall()
    return found


def together(repairs: list[Repair], name: str, accepted: Collection[str]) -> list[Repair]:
    """Repairs of one kind; where there are many, those that nobody accepted by their own names as one of this name."""
    if len(repairs) <= ONE_BY_ONE:
        return repairs
    alone = [one for one in repairs if one.name in accepted]
    for is_made in (True, False):
        if same := [one for one in repairs if one.name not in accepted and one.accepted == is_made]:
            count = sum(one.count for one in same)
            rows = tuple(sorted(row for one in same for row in one.rows)[:FIRST_ROWS])
            why = f"{same[0].why}; {len(same) - 1:,} others likewise"
            alone.append(replace(same[0], name=name, count=count, rows=rows, why=why))
    return alone
