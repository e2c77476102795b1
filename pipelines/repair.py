"""Mends of what a file says: offered with their reasons, made only where they are accepted, and then recorded.

A repair's name starts with its rule and its column, so that many are accepted at once: "known_name:*" or "all".
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import duckdb
import pandas as pd

from pipelines import filldown, joined, unpivot
from pipelines.effort import UNSTATED
from pipelines.literals import quoted
from pipelines.offered import FIRST_ROWS, Mend, Offers
from pipelines.problems import LeftOut, UsageError
from pipelines.profile import Mapping
from pipelines.repeated import repeats, together
from pipelines.report import Repair
from pipelines.shift import shifts, unshift
from pipelines.texttable import TextTable, materialise

ALL = "all"
# The rules, as they are accepted, and what each mends.
RULES = {
    "shifted_rows": "rows that stand some cells beside their columns are moved back",
    joined.RULE: "cells that are one, parted by a delimiter that is not quoted",
    filldown.RULE: "empty cells below a name or an identifier that stands once for a group of rows",
    "white_space": "blanks, quotation marks and unseen characters within names and identifiers",
    "known_name": "other spellings, initials and abbreviations of a name",
    "choice_value": "values near one that the column allows",
    "date_order": "dates with day and month the other way round",
    "date_serial": "a spreadsheet's day numbers in a column of dates",
    "date_words": "dates with words or marks about them",
    "date_period": "months, weeks and quarters, read as their last day, or as their first where something starts",
    "date_letters": "letters in dates where digits were meant",
    "amount_words": "amounts with units, currencies and words that say one number only by assumption",
    "amount_letters": "letters in amounts where digits were meant",
    "amount_thousands": "amounts whose thousands a point parts where others have commas, or the other way round",
    "same_row": "rows that are the same, cell by cell; the first is kept",
    "keep_first": "of rows with one key the first is kept",
    "keep_last": "of rows with one key the last is kept",
}
# What a person alone decides: "all" leaves it out.
CHOICES = ("keep_first", "keep_last", "amount_thousands")
MOST_OFFERED = 100_000  # rows of a table for which repairs are looked for though nobody asked


@dataclass(frozen=True)
class Mended:
    """A table as it is read once the accepted repairs are made: all that are offered or accepted, what was left out."""

    table: TextTable
    repairs: list[Repair]
    left_out: list[LeftOut] = field(default_factory=list)


def mend(con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping, accepted: Collection[str] = ()) -> Mended:
    """What can be mended in a table, with the accepted repairs made in it.

    `accepted` holds names of repairs, rules with ":*" behind them, or "all" (which leaves what only a person can decide
    as it is). The cells that were changed are in the temporary table `repaired` (see `record`). UsageError for a rule
    that does not exist.
    """
    _check(accepted)
    con.execute(
        "create or replace temp table repaired (rule varchar, column_name varchar, before varchar, after varchar, "
        "source_row bigint)"
    )
    if table.wide:
        return Mended(table, unpivot.filled_down(con, table, mapping, accepted, _is_accepted))
    materialise(con, table.relation)  # it is asked many questions
    table, moved = _moved(con, table, mapping, accepted)
    table, parted = joined.mend(con, table, mapping, accepted, _is_accepted)
    parted += filldown.mend(con, table, mapping, accepted, _is_accepted)
    mends = list(Offers(con, table, mapping).mends())
    chosen = [one for one in mends if _is_accepted(one.rule, one.name, accepted)]
    if chosen:
        _apply(con, table, chosen)
    offered = list(_listed(mends, {one.name for one in chosen}, accepted))
    same, gone = repeats(con, table, _keys_in_words(mapping), accepted, _is_accepted)
    if gone:
        lines = [one.row for one in gone]
        con.execute(f"delete from {table.relation} where list_contains($1::bigint[], source_row)", [lines])
        _insert(con, "repaired", [[one.rule, None, one.key, one.why, one.row] for one in gone])
    left_out = [LeftOut(one.row, "repeated", f"{one.key}: {one.why}") for one in gone]
    return Mended(replace(table, rows=table.rows - len(gone)), [*moved, *parted, *offered, *same], left_out)


def _keys_in_words(mapping: Mapping) -> Mapping:
    """A mapping by which a key's cells that may be empty say so in words: a day that nobody stated is "not stated"."""
    text = dict(mapping.text)
    for name in mapping.contract.key:
        column = mapping.contract.columns[name]
        if name in text and column.empty is not None:
            words = quoted("not stated" if column.type == "date" else column.empty)
            text[name] = words if mapping.headers[name] == UNSTATED else f"coalesce({text[name]}, {words})"
    return replace(mapping, text=text)


def record(con: duckdb.DuckDBPyConnection, load_id: int) -> None:
    """Keep with a load what was mended in its file, cell by cell (see `mend`)."""
    con.execute(
        "insert into repair select $1, rule, column_name, before, after, list_sort(list(source_row)) from repaired "
        "group by all order by min(source_row)",
        [load_id],
    )


def _check(accepted: Collection[str]) -> None:
    for name in accepted:
        rule = name.partition(":")[0]
        if rule not in RULES and name != ALL:
            raise UsageError(
                f"there is no repair {name}",
                f"Use a name from the report, a rule with :* ({', '.join(RULES)}), or {ALL}.",
            )


def _is_accepted(rule: str, name: str, accepted: Collection[str]) -> bool:
    if name in accepted or rule in accepted:
        return True
    if ALL in accepted and rule not in CHOICES:
        return True
    return any(one.endswith(":*") and f"{name}:".startswith(one[:-1]) for one in accepted)


def _listed(mends: Sequence[Mend], taken: set[str], accepted: Collection[str]) -> Iterator[Repair]:
    """The repairs of all mends, those in `taken` as made; of many of a kind only those that are named stand alone."""
    kinds: dict[tuple[str, str], list[Mend]] = {}
    for one in mends:
        kinds.setdefault((one.rule, one.header), []).append(one)
    for (rule, header), same in kinds.items():
        repairs = [one.repair(accepted=one.name in taken) for one in same]
        yield from together(repairs, f"{rule}:{header}:*", accepted)


def _apply(con: duckdb.DuckDBPyConnection, table: TextTable, chosen: Sequence[Mend]) -> None:
    """Make mends in the table, and note each cell in `repaired`."""
    con.execute(
        "create or replace temp table mending (place int, beside int, code varchar, rule varchar, header varchar, "
        "before varchar, after varchar)"
    )
    rows: list[list[object]] = [[m.place, m.beside, m.code, m.rule, m.header, m.before, m.after] for m in chosen]
    _insert(con, "mending", rows)
    cells = []
    for place, beside in sorted({(m.place, m.beside if m.beside is not None else -1) for m in chosen}):
        where = f"m.beside = {beside} and m.code = t.c{beside}" if beside >= 0 else "m.beside is null"
        cells.append(
            f"select {place} as place, m.rule, m.header, m.before, m.after, t.source_row from {table.relation} as t "
            f"join mending as m on m.place = {place} and m.before = t.c{place} and {where}"
        )
    con.execute(f"create or replace temp table mended_cell as {' union all '.join(cells)}")
    for place in sorted({m.place for m in chosen}):
        con.execute(
            f"update {table.relation} as t set c{place} = m.after from mended_cell as m "
            f"where m.place = {place} and m.source_row = t.source_row"
        )
    con.execute("insert into repaired select rule, header, before, after, source_row from mended_cell")
    con.execute("drop table mended_cell")
    con.execute("drop table mending")


def _moved(
    con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping, accepted: Collection[str]
) -> tuple[TextTable, list[Repair]]:
    """The table with its accepted shifts taken back, and all of them."""
    if table.transposed or mapping.rolled_up:
        return table, []
    repairs, chosen = [], []
    for one in shifts(con, table, mapping):
        cells = f"{one.by} {'cell' if one.by == 1 else 'cells'}"
        stands = "right" if one.direction == "left" else "left"
        name = f"shifted_rows:{one.column}:{stands} {one.by} at {one.position + 1}"
        taken = _is_accepted("shifted_rows", name, accepted)
        before, after = f"{cells} too far {stands}", "in their columns"
        why = (
            f"from {one.column} on, what stands there fits the columns once it is moved {cells} to the {one.direction}"
        )
        repairs.append(
            Repair(name, "shifted_rows", None, before, after, len(one.rows), one.rows[:FIRST_ROWS], why, taken)
        )
        if taken:
            chosen.append(one)
            _note(con, "shifted_rows", one.column, before, after, one.rows)
    return (unshift(con, table, chosen) if chosen else table), repairs


def _note(
    con: duckdb.DuckDBPyConnection, rule: str, column: str | None, before: str, after: str, rows: Iterable[int]
) -> None:
    con.execute(
        "insert into repaired select $1, $2, $3, $4, unnest($5::bigint[])", [rule, column, before, after, list(rows)]
    )


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[list[object]]) -> None:
    con.register("rows_to_insert", pd.DataFrame(rows, dtype="object"))
    con.execute(f"insert into {table} from rows_to_insert")
    con.unregister("rows_to_insert")
