"""Columns that no contract knows, kept as further attributes of the projects: written with a load, and which count.

`fact_attribute` holds what each load said, append-only; a cell that is empty says nothing. `project_attribute` is the
model that pages read: what counts, by project, name and the day from which it holds.
"""

import duckdb

from pipelines.literals import quoted
from pipelines.profile import Mapping
from pipelines.texttable import TextTable

LONGEST = 2_000  # characters of a value that are kept
LONGEST_NAME = 200

# SQL: what each project's attributes are said to be, by day (null: the projects export, which names no day). Of the
# loads in force the newest that speaks counts.
_WINNING = """
    select project_id, name, status_date, last_said.value as value, last_said.load_id as load_id,
        last_said.source_row as source_row
    from (
        select project_id, name, status_date,
            arg_max({'value': value, 'load_id': load_id, 'source_row': source_row}, load_id) as last_said
        from fact_attribute semi join load_in_force using (load_id)
        group by project_id, name, status_date
    )
"""


def _cells(table: TextTable, mapping: Mapping) -> str:
    """SQL: the kept cells of the rows that are planned: source_row, project_id, status_date, name, value."""
    day = "y.status_date" if "status_date" in mapping.contract.columns else "null::date"
    pairs = ", ".join(
        f"{{'name': {quoted(name[:LONGEST_NAME])}, 'value': left({cell}, {LONGEST})}}"
        for name, cell in mapping.attributes.items()
    )
    return f"""
        select source_row, project_id, status_date, cell.name, cell.value
        from (
            select t.source_row, y.project_id, {day} as status_date, unnest([{pairs}]) as cell
            from "{table.relation}" as t join typed as y using (source_row) semi join planned using (source_row)
        )
        where cell.value is not null and project_id is not null
    """


def count_new(con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping) -> int:
    """How many kept cells of the good rows of a table say other than what is in force; `typed`, `planned` and
    load_in_force must be there. The cells are kept in `kept_cell` for `write`."""
    if not mapping.attributes:
        return 0
    con.execute(f"create or replace temp table kept_cell as {_cells(table, mapping)}")
    found = con.sql(
        f"""
        select count(*) from kept_cell as k left join ({_WINNING}) as w
            on w.project_id = k.project_id and w.name = k.name and w.status_date is not distinct from k.status_date
        where w.value is distinct from k.value
        """
    ).fetchall()
    return int(found[0][0])


def write(con: duckdb.DuckDBPyConnection, load_id: int, mapping: Mapping) -> None:
    """Write the cells that `count_new` looked at as facts of a load."""
    if mapping.attributes:
        columns = "load_id, source_row, project_id, status_date, name, value"
        con.execute(f"insert into fact_attribute ({columns}) select {load_id}, {columns[9:]} from kept_cell")
        con.execute("drop table kept_cell")


def build(con: duckdb.DuckDBPyConnection, loads: list[int] | None = None) -> None:
    """Build `project_attribute` anew from load_in_force and project_alias; with `loads`, only where they touch it.

    Columns: project_key, name, from_date (null: it holds on every day, and before all that holds from a day), value,
    load_id, source_row. A value that repeats the one of the day before makes no row.
    """
    known = {name for (name,) in con.sql("select distinct table_name from duckdb_tables()").fetchall()}
    if "fact_attribute" not in known:  # a store from before attributes, read as it was known then
        con.execute(f"create or replace table project_attribute as {_NONE}")
        return
    if loads is not None and "project_attribute" in known:
        joined = con.sql("select exists (from project_alias)").fetchall()[0][0]
        listed = ", ".join(map(str, loads)) or "null"
        said = f"select exists (from fact_attribute where load_id in ({listed}))"
        if not joined and not con.sql(said).fetchall()[0][0]:
            return
    con.execute(
        f"""
        create or replace table project_attribute as
        with winning as ({_WINNING}),
        keyed as (
            select coalesce(a.project_key, w.project_id) as project_key, w.name, w.status_date as from_date, w.value,
                w.load_id, w.source_row
            from winning as w left join project_alias as a using (project_id)
        ),
        single as (
            select project_key, name, from_date,
                arg_max({{'value': value, 'load_id': load_id, 'source_row': source_row}}, (load_id, source_row)) as said
            from keyed group by project_key, name, from_date
        ),
        changed as (
            select *, lag(said.value) over (
                partition by project_key, name, from_date is null order by from_date
            ) is distinct from said.value as is_other
            from single
        )
        select project_key, name, from_date, said.value as value, said.load_id as load_id,
            said.source_row as source_row
        from changed where is_other order by name, project_key, from_date
        """
    )


_NONE = """
    select null::varchar as project_key, null::varchar as name, null::date as from_date, null::varchar as value,
        null::integer as load_id, null::bigint as source_row
    where false
"""
