"""What a checked table would change: rows that are new, restated, unchanged or rejected, against what is in force."""

from collections.abc import Collection
from dataclasses import dataclass

import duckdb

from pipelines.build import winners
from pipelines.contract import Contract
from pipelines.effort import in_words
from pipelines.report import Change

EXAMPLES = 200  # restated cells that are shown


@dataclass(frozen=True)
class Plan:
    """Counts of rows by what would happen to them; `planned` holds them row by row."""

    new: int
    restated: int
    unchanged: int
    rejected: int


def plan(con: duckdb.DuckDBPyConnection, form: Contract, mapped: Collection[str]) -> Plan:
    """Fill `planned` (source_row, outcome, fact_load_id, fact_source_row) from `typed`, `found` and the facts in force.

    `mapped` are the columns that the file has. Rows with a problem of severity "error" are rejected and not planned.
    Reads load_in_force.
    """
    con.execute(
        "create or replace temp table rejected as "
        "select distinct source_row from found where severity = 'error' and source_row is not null"
    )
    rejected = con.sql("select count(*) from rejected").fetchall()[0][0]
    good = "typed anti join rejected using (source_row)" if rejected else "typed"
    if not con.sql(f"select exists (from fact_{form.export})").fetchall()[0][0]:
        con.execute(
            "create or replace temp view planned as select source_row, 'new' as outcome, "
            f"null::int as fact_load_id, null::bigint as fact_source_row from {good}"
        )
        new = con.sql("select count(*) from planned").fetchall()[0][0]
        return Plan(new, 0, 0, rejected)
    key = ", ".join(form.key)
    con.execute(f"create or replace temp table typed_key as select {key} from {good}")
    # What a file has no column for, it says nothing of: its rows hold no value there.
    others = [c for c in form.columns if c not in form.key]
    same = " and ".join(f"y.{c} is not distinct from w.{c}" if c in mapped else f"w.{c} is null" for c in others)
    con.execute("drop view if exists planned")
    con.execute(
        f"""
        create or replace temp table planned_row as
        select
            y.source_row,
            case
                when w.fact_load_id is null then 'new'
                when {same} then 'unchanged'
                else 'restated'
            end as outcome,
            w.fact_load_id,
            w.fact_source_row
        from (select * from {good}) as y
        left join ({winners(con, form, "typed_key")}) as w using ({key})
        """
    )
    con.execute("create or replace temp view planned as from planned_row")
    counts = dict(con.sql("select outcome, count(*) from planned group by outcome").fetchall())
    return Plan(counts.get("new", 0), counts.get("restated", 0), counts.get("unchanged", 0), rejected)


def changes(
    con: duckdb.DuckDBPyConnection, form: Contract, mapped: Collection[str]
) -> tuple[list[Change], dict[str, int]]:
    """The first cells that planned rows would restate, by row, and how many would be in each column.

    Reads what `plan` left behind. A column that the file lacks loses its value.
    """
    new = {name: f"y.{name}" if name in mapped else "null" for name in form.columns if name not in form.key}
    restated = f"""
        from (select * from planned where outcome = 'restated'{{}}) as p
        join typed as y using (source_row)
        join fact_{form.export} as w on w.load_id = p.fact_load_id and w.source_row = p.fact_source_row
    """
    counts = ", ".join(f"count(*) filter ({value} is distinct from w.{name})" for name, value in new.items())
    counted = con.sql(f"select {counts} {restated.format('')}").fetchall()[0]
    cells = ", ".join(
        f"{{'name': '{name}', 'old': w.{name}::varchar, 'new': {value}::varchar}}" for name, value in new.items()
    )
    key = ", ".join(in_words(form.columns[name], f"y.{name}") for name in form.key)
    rows = con.sql(
        f"""
        select source_row, key, cell.name, cell.old, cell.new
        from (
            select y.source_row, concat_ws(', ', {key}) as key, unnest([{cells}]) as cell
            {restated.format(f" order by source_row limit {EXAMPLES}")}
        )
        where cell.old is distinct from cell.new order by source_row limit {EXAMPLES}
        """
    ).fetchall()
    return [Change(*row) for row in rows], {name: n for name, n in zip(new, counted, strict=True) if n}


def write(con: duckdb.DuckDBPyConnection, form: Contract, load_id: int, mapped: Collection[str], outcome: Plan) -> None:
    """Write the planned rows as facts of a load: new and restated ones whole, unchanged ones as seen."""
    names = ", ".join(name for name in form.columns if name in mapped)
    chosen = "typed"
    if outcome.unchanged or outcome.rejected:
        # A join may shuffle; facts keep the file's order, so that rows of one week lie together.
        chosen = (
            "typed semi join (from planned where outcome <> 'unchanged') as p using (source_row) order by source_row"
        )
    con.execute(
        f"insert into fact_{form.export} (load_id, source_row, {names}) "
        f"select {load_id}, source_row, {names} from {chosen}"
    )
    con.execute(
        f"insert into seen_{form.export} select {load_id}, source_row, fact_load_id, fact_source_row "
        "from planned where outcome = 'unchanged'"
    )
