"""Rows of people's time that can be read cell by cell and are still wrong together, and what their weeks mean."""

import duckdb

from pipelines import dates, effort
from pipelines.contract import Column
from pipelines.profile import Mapping
from pipelines.texttable import TextTable


def locate(con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping, stated: str, order: str | None) -> None:
    """Add to `found` the rows that go on beyond their period, whose unit is not read, or that state one cell twice.

    `stated` is the relation of what the cells state, `order` how days are read ("dmy", "mdy"; None: as ISO, or the day
    first). Reads `typed`.
    """
    columns = [mapping.contract.columns[name] for name in mapping.text]
    for column in columns:
        if column.period:
            _locate_spans(con, table, mapping, column, stated, order or "dmy")
        if column.in_units and column.in_units in mapping.text:
            _locate_units(con, mapping, column.in_units, stated)
    if any(column.in_units for column in columns):
        of_units = {name for column in columns for name in (column.period, column.in_units)}
        for column in columns:
            if column.values and column.name not in of_units | {*mapping.contract.key}:
                _locate_same(con, mapping, column, stated)


def weeks_assumed(con: duckdb.DuckDBPyConnection, mapping: Mapping, prepared: str, order: str | None) -> str | None:
    """How weeks are read that begin on a Saturday or Sunday, in words; None where none does. Reads `typed`."""
    column = next((c for c in mapping.contract.columns.values() if c.period and c.name in mapping.text), None)
    if column is None:
        return None
    header = mapping.headers[column.name]
    day = dates.plausible(dates.written(f"p.{column.name}_day", order or "dmy"))
    count, example = con.execute(
        f"select count(*), min(p.{column.name}) from {prepared} as p join typed as y using (source_row) "
        f"where y.{column.period} = 'week' and {effort.begins_on_weekend(day, header)}"
    ).fetchall()[0]
    if not count:
        return None
    return (
        f"weeks of {header} that begin on a Saturday or Sunday ({example}) are read as the Monday to Friday that "
        "follow; a header such as week ending says that they end there"
    )


def _locate_spans(
    con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping, column: Column, stated: str, order: str
) -> None:
    """Rows whose start is read as their period, and whose end lies after it; an end may be the day after the last."""
    pair = effort.begins_and_ends(table.headers)
    if pair is None or pair[0] != mapping.headers[column.name] or pair[1] not in mapping.unmapped:
        return
    cell = f"c{table.headers.index(pair[1])}"
    end = dates.plausible(dates.written("day", order))
    con.execute(
        f"""
        insert into found
        select source_row, $header, text, $rule, 'error',
            'the row goes on after the ' || {column.period} || ' that it is read as, which ' || $begins || ' tells',
            'Write one row for each month (or week, or quarter), with the amount of that month.'
        from (
            select y.source_row, {column.period}, {effort.last_day(f"y.{column.name}", f"y.{column.period}")} as last,
                t.{cell} as text, {dates.day_text(f"t.{cell}")} as day
            from typed as y join {table.relation} as t using (source_row)
        )
        where {end} > last + 1 order by source_row
        """,
        {"header": pair[1], "rule": f"{column.name}_spans", "begins": pair[0]},
    )


def _locate_units(con: duckdb.DuckDBPyConnection, mapping: Mapping, unit: str, stated: str) -> None:
    con.execute(
        f"""
        insert into found
        select source_row, $header, s.{unit}, $rule, 'error', $message, $fix
        from typed as y join {stated} as s using (source_row)
        where y.{unit} is null and s.{unit} is not null order by source_row
        """,
        {
            "header": mapping.headers[unit],
            "rule": f"{unit}_supported",
            "message": f"this unit is not read; {effort.UNITS_READ} are",
            "fix": f'{effort.TO_CONVERT} Or say what a text means with --value "{unit}:TEXT=VALUE".',
        },
    )


def _locate_same(con: duckdb.DuckDBPyConnection, mapping: Mapping, column: Column, stated: str) -> None:
    """Rows that state one cell twice and differ in a choice outside of its key, in meaning or in spelling alone."""
    if not all(name in mapping.text for name in mapping.contract.key):
        return
    name, key = column.name, ", ".join(mapping.contract.key)
    texts = f"list_sort(list(distinct s.{name}) over same_cell)"
    con.execute(
        f"""
        insert into found
        select source_row, $header, text, $rule, 'error',
            case when meanings = 1
                then said || ' mean the same (' || meaning || '), so these rows state one cell twice'
                else 'one cell has one {name.replace("_", " ")}, and these rows say ' || said || ' of it' end,
            'Add their amounts up in one row, or tell the rows apart by their skill.'
        from (
            select y.source_row as source_row, s.{name} as text, y.{name} as meaning, {texts} as texts,
                array_to_string(texts, ' and ') as said, len(list(distinct y.{name}) over same_cell) as meanings
            from typed as y semi join (select {key} from typed group by all having count(*) > 1) using ({key})
            join {stated} as s on s.source_row = y.source_row
            window same_cell as (partition by {", ".join(f"y.{one}" for one in mapping.contract.key)})
        )
        where len(texts) > 1 order by source_row
        """,
        {"header": mapping.headers[name], "rule": f"{name}_of_one_cell"},
    )
