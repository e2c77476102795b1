"""Loads: what was loaded, what became of it, what each load rejected, and what undoing one would do."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics.reading import Source
from pipelines import history
from pipelines.build import loads_in_force
from pipelines.contract import contract
from pipelines.findings import MOST_ROWS, Kind
from pipelines.history import FLAWED, QUALITY
from pipelines.history import rejected as rejected_rows

EXAMPLES = 3  # failing rows that are named beside a rule


def loads(source: Source) -> pd.DataFrame:
    """Every load known at the source's publication, newest first.

    Columns: those of the table load, and publication, loaded_at, loaded_by, in_force, changed_at, changed_by and why
    (of the last time that it was withdrawn or restored), quality (the share of its rows that came in with no
    error and no warning; NaN for no rows).
    """
    return source.frame(
        f"""
        with event as (from load_event where publication <= {source.publication}),
        came as (from event where event = 'committed'),
        last as (
            select load_id, max_by(event, publication) as event, max(happened_at) as changed_at,
                max_by(happened_by, publication) as changed_by, max_by(why, publication) as why
            from event where event <> 'committed' group by load_id
        ),
        flawed as ({FLAWED})
        select
            l.*, came.publication, came.happened_at as loaded_at, came.happened_by as loaded_by,
            l.load_id in ({loads_in_force(source.publication)}) as in_force,
            last.changed_at, last.changed_by, last.why,
            {QUALITY} as quality
        from load as l
        join came using (load_id)
        left join last using (load_id)
        left join flawed using (load_id)
        order by l.load_id desc
        """
    )


def load(source: Source, load_id: int) -> dict[str, Any] | None:
    """One row of `loads`, by its columns; None where there is no such load yet."""
    frame = loads(source)
    found = frame[frame["load_id"] == load_id]
    return None if found.empty else dict(zip(found.columns, found.iloc[0], strict=True))


def events(source: Source, load_id: int) -> list[dict[str, Any]]:
    """What happened to a load, in order: publication, event, happened_at, happened_by, why."""
    return source.records(
        "select publication, event, happened_at, happened_by, why from load_event "
        "where load_id = $load_id and publication <= $known order by publication",
        {"load_id": load_id, "known": source.publication},
    )


def rules(source: Source, load_id: int) -> pd.DataFrame:
    """The results of the rules that a load was checked by, in full, those that failed first.

    Columns: rule, expectation, columns, arguments (as JSON; None in a store from before they were kept), severity,
    engine, rows_checked, rows_failed, rate (rows passed of rows checked; NaN for no rows), rows (the first lines that
    failed, in the file's order).
    """
    return source.frame(
        f"""
        with failing as (
            select rule, list_sort(list(distinct source_row))[:{EXAMPLES}] as rows
            from problem where load_id = $load_id and source_row is not null group by rule
        )
        select
            c.rule, c.expectation, c.columns, c.arguments, c.severity, c.engine, c.rows_checked, c.rows_failed,
            1 - c.rows_failed / nullif(c.rows_checked, 0) as rate,
            case when c.rows_failed > 0 then coalesce(f.rows, []) else [] end as rows
        from (from check_result union all by name select null::varchar as arguments where false) as c
        left join failing as f using (rule)
        where c.load_id = $load_id order by c.rows_failed desc, c.rule
        """,
        {"load_id": load_id},
    )


def rules_of_reading(source: Source, load_id: int) -> pd.DataFrame:
    """What reading a load found before any rule of its contract: a date that is none, a row of another width.

    Columns: rule, severity, rows_failed, rate (of all rows read; NaN for none), rows (the first lines).
    """
    return source.frame(
        f"""
        select
            p.rule, p.severity, count(distinct p.source_row) as rows_failed,
            1 - least(count(distinct p.source_row), l.rows_read) / nullif(l.rows_read, 0) as rate,
            list_sort(list(distinct p.source_row))[:{EXAMPLES}] as rows
        from problem as p
        join load as l using (load_id)
        anti join check_result as c on c.load_id = p.load_id and c.rule = p.rule
        where p.load_id = $load_id and p.source_row is distinct from l.header_row and p.source_row is not null
        group by p.rule, p.severity, l.rows_read order by rows_failed desc, p.rule
        """,
        {"load_id": load_id},
    )


def problems(source: Source, load_id: int, each: int = MOST_ROWS) -> pd.DataFrame:
    """The problems of a load, errors first, at most so many of a kind and `MOST_ROWS` in all.

    Columns: row, column, value, severity, rule, message, fix.
    """
    return source.frame(
        f"""
        select source_row as row, column_name as "column", value, severity, rule, message, fix
        from problem where load_id = $load_id
        qualify row_number() over (partition by severity, rule, column_name, fix order by source_row) <= $each
        order by severity, source_row, column_name limit {MOST_ROWS}
        """,
        {"load_id": load_id, "each": each},
    )


def repairs(source: Source, load_id: int) -> pd.DataFrame:
    """What was mended in a load's file, rule by rule, the texts that stand in most rows first.

    Columns: rule, column_name (None: whole rows), before, after, rows (the first lines), count.
    """
    if not source.rows("select 1 from duckdb_tables() where table_name = 'repair'"):
        # The store is from before repairs were kept.
        return pd.DataFrame(columns=["rule", "column_name", "before", "after", "rows", "count"])
    return source.frame(
        f"""
        select rule, column_name, before, after, rows[:{EXAMPLES}] as rows, len(rows) as count
        from repair where load_id = $load_id order by rule, column_name, count desc, before limit {MOST_ROWS}
        """,
        {"load_id": load_id},
    )


def unlisted_problems(source: Source, load_id: int, each: int) -> dict[Kind, int]:
    """How many problems a load has of each kind (severity, rule, column, fix) besides the first so many."""
    found = source.rows(
        """
        select severity, rule, column_name, fix, count(*) - $each
        from problem where load_id = $load_id group by all having count(*) > $each
        """,
        {"load_id": load_id, "each": each},
    )
    return {(severity, rule, column, fix): count for severity, rule, column, fix, count in found}


def rejected(source: Source, load_id: int, most: int = MOST_ROWS) -> tuple[list[str], list[list[str]]]:
    """The first rows that a load rejected: see `pipelines.history.rejected`."""
    with source.cursor() as con:
        return rejected_rows(con, load_id, most)


def rejected_file(source: Source, load_id: int) -> bytes:
    """The rows that a load rejected as a CSV file to be mended: see `pipelines.history.rejected_file`."""
    with source.cursor() as con:
        return history.rejected_file(con, load_id, MOST_ROWS)


def publications(source: Source) -> list[dict[str, Any]]:
    """The publications known, newest first: publication, action, published_at, published_by."""
    return source.records(
        "select publication, action, published_at, published_by from publication "
        f"where publication <= {source.publication} order by publication desc"
    )


@dataclass(frozen=True)
class Effect:
    """What a load does for the rows that it speaks of, against all others in force.

    `alone` rows nobody else speaks of, in `instead` it counts in place of an older load's values, in `no_matter` the
    same or newer values stand without it.
    """

    alone: int
    instead: int
    no_matter: int


def effect(source: Source, load_id: int) -> Effect:
    """What would change if a load in force were withdrawn, or a withdrawn one counted again."""
    export = source.rows("select export from load where load_id = $load_id", {"load_id": load_id})[0][0]
    key = ", ".join(contract(export).key)
    seen_key = ", ".join(f"f.{name}" for name in contract(export).key)
    counts = source.rows(
        f"""
        with assertion as (
            select {key}, load_id, load_id as fact_load_id, source_row as fact_source_row from fact_{export}
            union all
            select {seen_key}, s.load_id, s.fact_load_id, s.fact_source_row
            from seen_{export} as s
            join fact_{export} as f on f.load_id = s.fact_load_id and f.source_row = s.fact_source_row
        ),
        spoken as (
            from assertion
            semi join (select {key} from assertion where load_id = {load_id}) using ({key})
            where load_id = {load_id} or load_id in ({loads_in_force(source.publication)})
        ),
        fact as (select *, {{'load': fact_load_id, 'row': fact_source_row}} as fact from spoken),
        judged as (
            select
                max_by(fact, load_id) as with_it,
                max_by(fact, load_id) filter (load_id <> {load_id}) as without
            from fact group by {key}
        )
        select
            count(*) filter (without is null),
            count(*) filter (without is not null and without <> with_it),
            count(*) filter (without = with_it)
        from judged
        """
    )
    return Effect(*counts[0])
