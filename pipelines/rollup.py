"""Work items to projects: the rows of a file that belong to one project become one row, each column by its own rule.

A profile says `rolled_up:` for tools that export issues or tasks. What can't be read is found at the item's own row
before; an item with an error is put aside, and the others of its project count.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import duckdb

from pipelines.contract import Column
from pipelines.literals import quoted
from pipelines.plan import Plan
from pipelines.profile import TOP_KEY, Mapping, RolledUp, Take
from pipelines.report import Decision
from pipelines.texttable import TextTable, materialise

LEVEL = "item_level"
ROLLED = "rolled"  # the text table of the projects
_BAD = "select source_row from found where severity = 'error' and source_row is not null"
STATES = 12  # states of items that are named in the decision
LONGEST, MOST = 200, 20  # characters of a text that is kept of an item, and such texts of a project

# Hours in what a duration is counted in, by the default calendar of Microsoft Project.
_HOURS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1 / 3600),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 1 / 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "std", "stunde", "stunden", "heures", "horas", "ore"), 1.0),
    **dict.fromkeys(("d", "dy", "dys", "day", "days", "t", "tag", "tage", "j", "jour", "jours"), 8.0),
    **dict.fromkeys(("día", "días", "g", "giorno", "giorni"), 8.0),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks", "woche", "wochen", "semaine", "semaines"), 40.0),
    **dict.fromkeys(("semana", "semanas", "settimana", "settimane"), 40.0),
    **dict.fromkeys(("mo", "mon", "mons", "month", "months", "monat", "monate", "mois", "mes", "meses", "mesi"), 160.0),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), 1920.0),
}


class Rolled(NamedTuple):
    """What a file of items became: the relation of its projects, the mapping that reads it, and what was done."""

    relation: str
    mapping: Mapping
    decision: Decision


def outline(con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping) -> None:
    """Give each row of a text table the key of the row that stands above it at the top of the outline.

    Does nothing where the mapping knows no outline. The cells stay as they are.
    """
    rolled_up = mapping.rolled_up
    if not rolled_up or not rolled_up.level:
        return
    relation, top = table.relation, rolled_up.top or "null"
    materialise(con, relation)
    con.execute(
        f"""
        create or replace temp table "{relation}_outlined" as
        with leveled as (select *, {rolled_up.level} as {LEVEL} from "{relation}")
        select *, last_value(case when {LEVEL} = (select min({LEVEL}) from leveled) then {top} end ignore nulls)
            over (order by source_row rows unbounded preceding) as {TOP_KEY}
        from leveled
        """
    )
    con.execute(f'drop table "{relation}"')
    con.execute(f'alter table "{relation}_outlined" rename to "{relation}"')


def roll_up(con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping) -> Rolled:
    """Make one row a project of `typed`, which holds a row an item, and of the text table beside it.

    A project's row has the number of its first item. Items that belong to no project, whose level can't be read, or
    that stand there twice are added to `found`. `rolled_item` (source_row, group_row) says which items went where.
    """
    given = mapping.rolled_up
    assert given is not None
    _locate(con, table, mapping, given)
    _items(con, table, mapping, given)
    decision = _decision(con, mapping, given)
    columns = [mapping.contract.columns[name] for name in mapping.text]
    takes = {c.name: given.takes.get(c.name) or Take(_usual(c)) for c in columns}
    values = ", ".join(f"({_taken(c, takes[c.name], mapping, given)})::{c.sql_type} as {c.name}" for c in columns)
    con.execute(
        f"""
        create or replace temp table projects_rolled as
        select min(source_row) as source_row, {values}
        from item join typed as y using (source_row) where counts group by group_key order by 1
        """
    )
    con.execute(
        "create or replace temp table rolled_item as select i.source_row, p.source_row as group_row "
        f"from item as i join projects_rolled as p on i.group_key = p.{given.by}"
    )
    con.execute("create or replace temp table typed as from projects_rolled")
    texts = "".join(f", {c.name}::varchar as c{place}" for place, c in enumerate(columns))
    kept = {name: f"a{place}" for place, name in enumerate(mapping.attributes)}
    beside = "".join(f", {_every(cell)} as {kept[name]}" for name, cell in mapping.attributes.items())
    con.execute(
        f"""
        create or replace temp table {ROLLED} as
        select * from (select source_row{texts} from projects_rolled) join (
            select r.group_row as source_row{beside}
            from rolled_item as r join item using (source_row) join {table.relation} as t using (source_row)
            where counts group by 1
        ) using (source_row)
        """
    )
    read = replace(mapping, text={c.name: f"c{place}" for place, c in enumerate(columns)}, attributes=kept)
    return Rolled(ROLLED, read, decision)


def counts(con: duckdb.DuckDBPyConnection) -> Plan:
    """How the rows of the file fare, each with its project, once `planned` and `rejected` are there."""
    con.execute(
        "insert into rejected select source_row from rolled_item "
        "where group_row in (from rejected) and source_row not in (from rejected)"
    )
    found = dict(
        con.sql(
            "select p.outcome, count(*) from rolled_item as i "
            "join planned as p on i.group_row = p.source_row group by 1"
        ).fetchall()
    )
    rejected = con.sql("select count(*) from rejected").fetchall()[0][0]
    return Plan(found.get("new", 0), found.get("restated", 0), found.get("unchanged", 0), rejected)


def _usual(column: Column) -> str:
    """What the rows become in a column of which the profile says nothing."""
    if column.type == "date":
        return "earliest" if column.name.endswith("start") else "latest"
    return {"money": "sum", "number": "sum", "percent": "mean"}.get(column.type, "first")


def _locate(con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping, given: RolledUp) -> None:
    """Add to `found` the items that belong to no project, and those whose level can't be read."""
    by, item = given.by.replace("_", " "), given.items
    if given.level:
        _find(
            con,
            "outline_level_readable",
            given.level_header,
            f"the row has no level in the outline, so it can't be told which of the {item} it belongs to",
            "Write its level: 1 for the topmost, 2 for those under it.",
            f"select source_row, null from {table.relation} where {LEVEL} is null",
        )
    _find(
        con,
        f"{given.by}_required",
        mapping.headers[given.by],
        f"{by} is empty, so the row belongs to no project",
        f"Fill in {by}, or delete the row.",
        f"select source_row, null from typed where {given.by} is null and source_row not in ({_BAD})",
    )
    if given.item:
        _find(
            con,
            "item_twice",
            None,
            f"this row says the same of the {item} as one above it, so it is not counted again",
            "Delete one of the two.",
            f"select source_row, {given.item} from {table.relation} where {given.item} is not null "
            f"and source_row not in ({_BAD}) "
            f"qualify row_number() over (partition by {given.item} order by source_row) > 1",
            "warning",
        )


def _find(
    con: duckdb.DuckDBPyConnection,
    rule: str,
    header: str | None,
    message: str,
    fix: str,
    rows: str,
    severity: str = "error",
) -> None:
    con.execute(
        f"insert into found select source_row, ?, value, ?, ?, ?, ? from ({rows}) as bad (source_row, value)",
        [header, rule, severity, message, fix],
    )


def _items(con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping, given: RolledUp) -> None:
    """Fill `item` (source_row, group_key, counts, what each column needs beside its value) with the good items."""
    beside = "".join(
        f", coalesce({take.left_out or 'false'}, false) as {name}_left_out, {hours(take.weight)} as {name}_weight"
        for name, take in given.takes.items()
        if name in mapping.text
    )
    state, level = given.state or "null", LEVEL if given.level else "1"
    con.execute(
        f"""
        create or replace temp table item as
        with good as (
            select t.source_row, y.{given.by} as group_key, {state} as state, {level} as level{beside}
            from {table.relation} as t join typed as y using (source_row)
            where source_row not in ({_BAD})
        )
        select *, level = min(level) over (partition by group_key) and source_row not in (
            select source_row from found where rule = 'item_twice'
        ) as counts
        from good
        """
    )


def _taken(column: Column, take: Take, mapping: Mapping, given: RolledUp) -> str:
    """SQL: what the rows of a project become in a column."""
    name = column.name
    value, said = f"y.{name}", f"y.{name} is not null"
    if name == given.by:
        return "any_value(group_key)"
    if take.kind == "mean":
        return _mean(value, name) if name in given.takes else f"avg({value})"
    if take.kind == "tally":
        total = f"count(*) || {quoted(f' {given.items}: ')}"
        counted = f"list_transform(map_entries(histogram({value})), lambda e: {{'n': -e.value::bigint, 'said': e.key}})"
        return (
            f"{total} || array_to_string(list_transform(list_sort({counted}), lambda e: -e.n || ' ' || e.said), ', ')"
        )
    kinds = {
        "first": f"arg_min({value}, source_row) filter ({said})",
        "last": f"arg_max({value}, source_row) filter ({said})",
        "newest": f"arg_max({value}, ({_dated(mapping)}source_row)) filter ({said})",
        "common": f"case when count(distinct {value}) = 1 then any_value({value}) end",
        "earliest": f"min({value})",
        "latest": f"max({value})",
        "sum": f"sum({value}::decimal(38, 6))::double",
    }
    return kinds[take.kind]


def _every(cell: str) -> str:
    """SQL: what the rows of a project say in a cell that is kept as it is, each text once, the most frequent first."""
    counted = f"map_entries(histogram(left({cell}, {LONGEST})) filter ({cell} is not null))"
    ranked = f"list_sort(list_transform({counted}, lambda e: {{'n': -e.value::bigint, 'said': e.key}}))[:{MOST}]"
    return f"nullif(array_to_string(list_transform({ranked}, lambda e: e.said), ', '), '')"


def _dated(mapping: Mapping) -> str:
    key = mapping.contract.key[-1]
    return f"y.{key}, " if mapping.contract.columns[key].type == "date" and key in mapping.text else ""


def _mean(value: str, name: str) -> str:
    """SQL: the mean of the items that count, by weight where all of them have one; of all where none counts."""
    weight, counted = f"{name}_weight", f"not {name}_left_out and {value} is not null"
    weighed = f"sum({value} * {weight}) filter ({counted}) / nullif(sum({weight}) filter ({counted}), 0)"
    complete = f"count(*) filter ({counted} and {weight} is null) = 0"
    return f"coalesce(case when {complete} then {weighed} end, avg({value}) filter ({counted}), avg({value}))"


def hours(text: str | None) -> str:
    """SQL: the hours that a text such as "180 hrs", "442d 2h" or "5 days?" says, NULL where it says none.

    A number alone is taken as it is.
    """
    if text is None:
        return "null::double"
    units = "|".join(sorted(_HOURS, key=len, reverse=True))
    part = rf"([0-9]+(?:[.,][0-9]+)?) *e?({units})\b"
    cases = " ".join(f"when {quoted(unit)} then {value!r}" for unit, value in _HOURS.items())
    number = f"replace(regexp_extract(p, {quoted(part)}, 1, 'i'), ',', '.')::double"
    unit = f"lower(regexp_extract(p, {quoted(part)}, 2, 'i'))"
    found = f"regexp_extract_all({text}, {quoted(part)}, 0, 'i')"
    parts = f"list_transform({found}, lambda p: {number} * case {unit} {cases} end)"
    whole = rf"(?i)({part}[ ,]*)+[?]?"
    return (
        f"case when regexp_full_match({text}, {quoted(whole)}) then list_sum({parts}) "
        f"else try_cast({text} as double) end"
    )


def _decision(con: duckdb.DuckDBPyConnection, mapping: Mapping, given: RolledUp) -> Decision:
    rows, projects, counted = con.sql(
        "select count(*), count(distinct group_key), count(*) filter (counts) from item"
    ).fetchall()[0]
    value = f"{rows:,} {given.items} become {projects:,} {'project' if projects == 1 else 'projects'}"
    why = [f"grouped by {mapping.headers[given.by]}"]
    if given.level:
        why.append(f"the {counted:,} at the top by {given.level_header} speak for those under them")
    return Decision("rows", value, "; ".join([*why, *_states(con, mapping, given)]))


def _states(con: duckdb.DuckDBPyConnection, mapping: Mapping, given: RolledUp) -> Iterable[str]:
    """Which states of items count as done, and which do not."""
    name = next((name for name, sql in mapping.text.items() if "'100%'" in sql), None)
    if not given.state or name is None:
        return
    counted = f" and not {name}_left_out" if name in given.takes else ""
    rows = con.sql(
        f"""
        select y.{name} = 100 as done, coalesce(i.state, 'empty') as state, count(*) as n
        from item as i join typed as y using (source_row)
        where counts{counted} group by all order by n desc, state
        """
    ).fetchall()
    for is_done, word in ((True, "done"), (False, "not done")):
        these = [f"{state[:60]} ({n:,})" for done, state, n in rows if done == is_done]
        more = f" and {len(these) - STATES} more" if len(these) > STATES else ""
        if these:
            yield f"{word}: {', '.join(these[:STATES])}{more}"
