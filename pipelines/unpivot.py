"""Plans that have a column for each month, week or quarter: read as one row for each, with the file's own places kept.

A row that is made of a cell has the number of the file's row plus PLACE times the number of the cell's column, so that
each has a number of its own; what is said of it is said of the file's row and column (see `settle`).
"""

import re
from collections.abc import Callable, Collection, Sequence
from collections.abc import Mapping as MappingType
from dataclasses import replace

import duckdb

from pipelines import effort, filldown
from pipelines.contract import contracts
from pipelines.crosstab import BARE, FEWEST, FEWEST_BARE
from pipelines.header_names import names_of
from pipelines.literals import listed, quoted
from pipelines.map import incomplete, understand
from pipelines.period_headers import Header, is_fiscal, periods_of, quarter_of
from pipelines.plan import Plan
from pipelines.problems import DataProblem, Decision, LeftOut, Problem
from pipelines.profile import UNKNOWN_WORDS, Mapping, Profile
from pipelines.report import How, Repair
from pipelines.texttable import TextTable, materialise

PLACE = 1_000_000_000
PERIOD, AMOUNT = "month", "amount"  # the headers of the two columns that are made
_YEAR = re.compile(r"20\d\d")
NUMBERS = 0.8  # share of the cells that say something that must be numbers
_NUMBER = r"[-+(]?[0-9.,'  ]*[0-9][0-9.,'  ]*\)?.{0,8}"


def in_file(table: TextTable) -> TextTable:
    """The table as it stands in the file."""
    return table.wide or table


def unpivoted(
    con: duckdb.DuckDBPyConnection, table: TextTable, how: How, remembered: MappingType[str, Profile]
) -> TextTable:
    """A table of people's time with its columns of periods made rows; any other table stays as it is.

    Cells that say nothing are left out, and so are rows without any other. DataProblem where no year is stated.
    """
    people = [form.export for form in contracts() if form.is_of_time]
    if table.transposed or how.profile or how.export not in (None, *people):
        return table
    table = _with_years(con, table)
    found = periods_of(table.headers, how.dates)
    is_bare = not found
    if is_bare:
        found = {n: Header(h, None) for n, h in enumerate(table.headers) if BARE.fullmatch(h.strip())}
    if are_fiscal := len(found) < FEWEST and any(map(is_fiscal, table.headers)):
        found |= {n: Header(h, None) for n, h in enumerate(table.headers) if is_fiscal(h)}
    fewest = FEWEST_BARE if is_bare and not are_fiscal else 1 if how.export else FEWEST
    if len(found) < fewest:
        return table
    fixed = [n for n in range(len(table.headers)) if n not in found]
    units = {one.unit for one in found.values()}
    unit = next(iter(units)) if len(units) == 1 else None
    made = replace(
        table,
        relation=f"{table.relation}_long",
        headers=(*(table.headers[n] for n in fixed), PERIOD, f"{AMOUNT} ({unit})" if unit else AMOUNT),
        currencies={},
        groups_in=fixed.index(table.groups_in) if table.groups_in in fixed else None,
        is_added=False,
        wide=table,
    )
    lacks: DataProblem | None = None
    try:
        mapping = understand(made, how, remembered)
    except DataProblem as error:
        lacking = incomplete(made, how, remembered)
        # Months alone may be of anything; a team or a person is of people's time.
        if lacking is None or not {"team", "person_id"} & {*lacking.text} or _understood(table, how, remembered):
            return table
        mapping, lacks = lacking, error
    if mapping.contract.export not in people:
        return table
    if how.export is None and _measures(table, how, remembered):
        return table
    materialise(con, table.relation)
    if twice := _twice(table, found):
        raise twice
    if not _numbers(con, table, list(found)):
        return table
    if mixed := _mixed(table, found, mapping.contract.export, is_said=how.export is not None):
        raise mixed
    if are_fiscal:
        raise _fiscal(table, [table.headers[n] for n in found if is_fiscal(table.headers[n])])
    if is_bare:
        raise _no_year(table, [table.headers[n] for n in found])
    if lacks:
        raise lacks
    return _made(con, table, made, fixed, found)


def settle(con: duckdb.DuckDBPyConnection, table: TextTable, *, typed: bool = True) -> None:
    """Say what is in `found` of the file's own rows and columns; of a row with an error `typed` keeps nothing."""
    if table.wide is None:
        return
    names = names_of(table.wide.headers)
    made = listed(table.headers[-2:])
    places = ", ".join(f"{n + 1}: {quoted(name)}" for n, name in enumerate(names))
    con.execute(
        f"""
        create or replace temp table found_in_file as
        select
            {row("source_row")} as source_row,
            case when source_row >= {PLACE} and column_name in ({made})
                then map {{{places}}}[source_row // {PLACE}] else column_name end as column_name,
            value, rule, severity, message, fix, source_row as place
        from found
        """
    )
    con.execute("delete from found")
    con.execute(
        """
        insert into found
        select * exclude (place) from found_in_file
        qualify row_number() over (partition by source_row, column_name, value, rule order by place) = 1
        order by source_row, place
        """
    )
    con.execute("drop table found_in_file")
    if typed:
        bad = "select source_row from found where severity = 'error' and source_row is not null"
        con.execute(f"delete from typed where {row('source_row')} in ({bad})")


def filled_down(
    con: duckdb.DuckDBPyConnection,
    table: TextTable,
    mapping: Mapping,
    accepted: Collection[str],
    is_accepted: Callable[[str, str, Collection[str]], bool],
) -> list[Repair]:
    """The columns of the file whose empty cells likely mean what stands above them; those that are accepted are filled.

    None where a row that says nothing of any period has a name: it may be the one that is meant below it.
    """
    wide = in_file(table)
    if any(row.kind == "empty" and row.text for row in table.left_out):
        return []
    fixed: list[int] = []
    for header in table.headers[:-2]:
        fixed.append(wide.headers.index(header, fixed[-1] + 1 if fixed else 0))
    # The rows of a file have all of its periods, so that these tell none of them from another.
    text = {name: _in_file(sql, fixed) for name, sql in mapping.text.items()}
    repairs = filldown.mend(con, wide, replace(mapping, text=text), accepted, is_accepted)
    if any(one.accepted for one in repairs):
        cells = ", ".join(f"c{at} = w.c{n}" for at, n in enumerate(fixed))
        con.execute(
            f'update "{table.relation}" as t set {cells} from "{wide.relation}" as w '
            f"where w.source_row = {row('t.source_row')}"
        )
    return repairs


def _in_file(sql: str, fixed: list[int]) -> str:
    """SQL of a made row's cells as that of the file's own; a constant where it stands on what was made."""
    if any(place >= len(fixed) for place in map(int, re.findall(r"\bc(\d+)\b", sql))):
        return quoted("")
    return re.sub(r"\bc(\d+)\b", lambda found: f"c{fixed[int(found[1])]}", sql)


def counts(con: duckdb.DuckDBPyConnection, outcome: Plan) -> Plan:
    """How the rows of the file fare: restated where any of a row's cells is, else new where any is."""
    rows = con.sql(
        f"""
        select said, count(*) from (
            select case when bool_or(outcome = 'restated') then 'restated' when bool_or(outcome = 'new') then 'new'
                else 'unchanged' end as said
            from planned group by {row("source_row")}
        ) group by said
        """
    ).fetchall()
    found = dict(rows)
    return Plan(found.get("new", 0), found.get("restated", 0), found.get("unchanged", 0), outcome.rejected)


def row(source_row: str) -> str:
    """SQL: the row of the file that a row was made of."""
    return f"({source_row} % {PLACE})"


def _measures(table: TextTable, how: How, remembered: MappingType[str, Profile]) -> bool:
    """Whether the table as it stands is an export of projects with amounts or dates of its own."""
    mapping = _understood(table, how, remembered)
    return mapping is not None and any(
        mapping.contract.columns[name].type in ("money", "date", "percent") for name in mapping.text
    )


def _understood(table: TextTable, how: How, remembered: MappingType[str, Profile]) -> Mapping | None:
    try:
        return understand(table, how, remembered)
    except DataProblem:
        return None


def _numbers(con: duckdb.DuckDBPyConnection, table: TextTable, places: Sequence[int]) -> bool:
    """Whether the cells of these columns are numbers, but for a few."""
    said = [f"count({_cell(n)})" for n in places]
    numbers = [f"count(*) filter (regexp_full_match({_cell(n)}, {quoted(_NUMBER)}))" for n in places]
    asked = f'select {" + ".join(said)}, {" + ".join(numbers)} from "{table.relation}"'
    stated, read = con.sql(asked).fetchall()[0]
    return bool(stated and read >= NUMBERS * stated)


def _cell(place: int) -> str:
    """SQL: a cell, NULL where it says in words that nothing is known."""
    return f"(case when lower(c{place}) not in ({listed(UNKNOWN_WORDS)}) then c{place} end)"


def _made(
    con: duckdb.DuckDBPyConnection, table: TextTable, made: TextTable, fixed: list[int], found: dict[int, Header]
) -> TextTable:
    kept = "".join(f", c{n} as c{at}" for at, n in enumerate(fixed))
    period, amount = f"c{len(fixed)}", f"c{len(fixed) + 1}"
    parts = " union all ".join(
        f"select source_row + {(n + 1) * PLACE} as source_row{kept}, {quoted(one.text)} as {period}, "
        f'c{n} as {amount} from "{table.relation}" where {_cell(n)} is not null'
        for n, one in found.items()
    )
    con.execute(f'create or replace temp table "{made.relation}" as {parts}')
    number = row("source_row")
    nothing = f'source_row not in (select {number} from "{made.relation}")'
    empty = con.sql(f'select source_row, c{fixed[0]} from "{table.relation}" where {nothing} order by 1').fetchall()
    con.execute(f'delete from "{table.relation}" where {nothing}')
    (rows,) = con.sql(f'select count(*) from "{made.relation}"').fetchall()[0]
    headers = [table.headers[n] for n in found]
    kind = effort.named_period(next(iter(found.values())).text)
    why = f"one row a {kind} was made of {len(found)} columns, {headers[0]} to {headers[-1]}; empty cells are left out"
    if any(one.on_weekend for one in found.values()):
        why += "; weeks that begin on a Saturday or Sunday are read as the Monday to Friday that follow"
    before = table.rows - len(empty)
    decision = Decision("rows", f"{before:,} {'row becomes' if before == 1 else 'rows become'} {rows:,}", why)
    wide = replace(table, rows=table.rows - len(empty))
    return replace(
        made,
        rows=wide.rows,
        wide=wide,
        decisions=(*table.decisions, decision),
        left_out=(*table.left_out, *(LeftOut(line, "empty", text or "") for line, text in empty)),
    )


def _with_years(con: duckdb.DuckDBPyConnection, table: TextTable) -> TextTable:
    """A table whose headers are years, above a row with their months alone, with both of them in its headers.

    A year holds for the empty headers after it. Any other table stays as it is.
    """
    years: dict[int, str] = {}
    for place, header in enumerate(map(str.strip, table.headers)):
        if _YEAR.fullmatch(header) or (not header and place - 1 in years):
            years[place] = header or years[place - 1]
    if len(years) < FEWEST:
        return table
    cells = ", ".join(f"c{n}" for n in range(len(table.headers)))
    first = con.sql(f'select source_row, {cells} from "{table.relation}" order by source_row limit 1').fetchall()
    if not first:
        return table
    line, *texts = first[0]
    filled = {place: text.strip() for place, text in enumerate(texts) if text}
    if filled.keys() != years.keys() or not all(map(BARE.fullmatch, filled.values())):
        return table
    materialise(con, table.relation)
    con.execute(f'delete from "{table.relation}" where source_row = {line}')
    headers = [f"{filled[n]} {years[n]}" if n in years else header for n, header in enumerate(table.headers)]
    why = f"row {line} holds the months of the years above it"
    return replace(
        table,
        headers=tuple(headers),
        rows=table.rows - 1,
        decisions=(*table.decisions, Decision("headers of months", f"{headers[min(years)]} and so on", why)),
        left_out=(*table.left_out, LeftOut(line, "header again", ", ".join(filled.values()))),
    )


def _mixed(table: TextTable, found: dict[int, Header], export: str, *, is_said: bool) -> DataProblem | None:
    """What is wrong where columns of periods are in several units, or of other things than their export."""
    kinds: dict[tuple[str, str | None], str] = {}
    for place, one in found.items():
        kinds.setdefault((one.of, one.unit), table.headers[place])
    shown = ", ".join(list(kinds.values())[:6])
    if len(kinds) > 1:
        message = f"the columns {shown} are of different things or in different units"
        fix = "Keep the columns of one, and load the others as a file of their own."
    elif not is_said and not all(one.fits(export) for one in found.values()):
        message = f"the file reads like {export}, and its columns, such as {shown}, say that they are of something else"
        fix = "Say which export it is with --as, or name the columns after their periods alone (2026-12)."
    else:
        return None
    problem = Problem("periods_of_several", message, fix, row=table.header_row, column=next(iter(kinds.values())))
    return DataProblem(message, fix, [problem])


def _twice(table: TextTable, found: dict[int, Header]) -> DataProblem | None:
    """What is wrong where several columns of one kind are of one time."""
    texts = [(one.text, one.of, one.unit) for one in found.values()]
    place = next((n for n, one in zip(found, texts, strict=True) if texts.count(one) > 1), None)
    quarters = {quarter_of(one.text) for one in found.values()} - {None}
    total = next((n for n, one in found.items() if one.text in quarters), None)
    if place is not None:
        message = f"several columns are of {found[place].text}, such as {table.headers[place]}"
        fix = "Keep one column for each period; where a second header row tells them apart, load each kind by itself."
    elif total is not None:
        place = total
        message = f"{table.headers[place]} is a quarter, and months of it are columns too"
        fix = "Leave out the quarters, or the months."
    else:
        return None
    problem = Problem("period_twice", message, fix, row=table.header_row, column=table.headers[place])
    return DataProblem(message, fix, [problem])


def _fiscal(table: TextTable, headers: Sequence[str]) -> DataProblem:
    shown = ", ".join(headers[:6]) + (f" and {len(headers) - 6:,} more" if len(headers) > 6 else "")
    message = f"the columns {shown} are periods of a fiscal year, and nothing says when it begins"
    fix = "Rename them to the calendar's quarters (2026-Q4) or months (2026-10) that are meant."
    problem = Problem("period_of_fiscal_year", message, fix, row=table.header_row, column=headers[0], value=shown)
    return DataProblem(message, fix, [problem])


def _no_year(table: TextTable, headers: Sequence[str]) -> DataProblem:
    message = f"the columns {', '.join(headers[:6])} are periods without a year"
    fix = f"Write the year too: {headers[0].strip()} 2026."
    problem = Problem("period_without_year", message, fix, row=table.header_row, column=headers[0])
    return DataProblem(message, fix, [problem])
