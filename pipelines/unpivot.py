"""Plans that have a column for each month, week or quarter: read as one row for each, with the file's own places kept.

A row that is made of a cell has the number of the file's row plus PLACE times the number of the cell's column, so that
each has a number of its own; what is said of it is said of the file's row and column (see `settle`).
"""

import calendar
import datetime as dt
import re
from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import duckdb

from pipelines import effort, periods
from pipelines.contract import contracts
from pipelines.crosstab import BARE, FEWEST, FEWEST_BARE
from pipelines.dates import MONTHS
from pipelines.header_names import names_of
from pipelines.literals import listed, quoted
from pipelines.map import understand
from pipelines.plan import Plan
from pipelines.problems import DataProblem, Decision, LeftOut, Problem
from pipelines.profile import UNKNOWN_WORDS, Profile
from pipelines.report import How
from pipelines.texttable import TextTable, materialise

PLACE = 1_000_000_000
PERIOD, AMOUNT = "month", "amount"  # the headers of the two columns that are made
NUMBERS = 0.8  # share of the cells that say something that must be numbers
_NUMBER = r"[-+(]?[0-9.,'  ]*[0-9][0-9.,'  ]*\)?.{0,8}"
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]00:00(?::00)?)?")
_IN_NUMBERS = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d\d)")
_IN_WORDS = re.compile(r"(\d{1,2})[-. /]+([^\W\d_]+)\.?[-., /]+(\d{4}|\d\d)|([^\W\d_]+)\.? (\d{1,2}),? (\d{4})")
# "W/E 6 Dec 2026", "Week 49 (30 Nov 2026)"
_OF_WEEK = re.compile(
    r"(?:w/?[bce]|(?:week|wk|woche|kw)\.?\s*(?:ending|ended|commencing|starting|beginning|of|ab|vom|bis|\d{1,2})?)"
    r"[\s:(–-]+(?P<day>.*\d)\)?",
    re.I,
)
_MONTHS = {
    word: number
    for number, (short, others) in enumerate(MONTHS.items(), 1)
    for word in (short.lower(), calendar.month_name[number].lower(), *others.split())
}


@dataclass(frozen=True)
class _Header:
    """A header that is a period: its text as the contract reads it, the unit that it states, and whether it is a
    Saturday or Sunday that begins the week of the Monday after."""

    text: str
    unit: str | None
    on_weekend: bool = False


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
    found = _periods(table.headers, how.dates)
    is_bare = not found
    if is_bare:
        found = {n: _Header(h, None) for n, h in enumerate(table.headers) if BARE.fullmatch(h.strip())}
    if is_fiscal := len(found) < FEWEST and any(map(_is_fiscal, table.headers)):
        found |= {n: _Header(h, None) for n, h in enumerate(table.headers) if _is_fiscal(h)}
    fewest = FEWEST_BARE if is_bare and not is_fiscal else 1 if how.export else FEWEST
    if len(found) < fewest or len({one.text for one in found.values()}) < len(found):
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
    try:
        if understand(made, how, remembered).contract.export not in people:
            return table
    except DataProblem:
        return table
    if how.export is None and _measures(table, how, remembered):
        return table
    materialise(con, table.relation)
    if not _numbers(con, table, list(found)):
        return table
    if is_fiscal:
        raise _fiscal(table, [table.headers[n] for n in found if _is_fiscal(table.headers[n])])
    if is_bare:
        raise _no_year(table, [table.headers[n] for n in found])
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


def _periods(headers: Sequence[str], dates: str | None) -> dict[int, _Header]:
    """The headers that are periods with their year, by their places; of several kinds none is."""
    named, days = {}, {}
    for place, header in enumerate(headers):
        unit = effort.unit_of(header)
        bare = effort.without_unit(header) if unit else header.strip()
        if text := _named(bare):
            named[place] = _Header(text, unit)
        elif (told := _days(bare)) or ((week := _OF_WEEK.fullmatch(bare)) and (told := _days(week["day"]))):
            days[place] = (told, unit)
    if named and days:
        return {}
    weeks = [headers[place] for place in days if _OF_WEEK.match(headers[place])]
    return named or _dated(days, dates, are_weeks=bool(weeks), they_end=any(map(effort.weeks_end, weeks)))


def _named(header: str) -> str | None:
    if re.fullmatch(effort.HALF_YEAR, header) or not (found := periods.day(header, start=True)):
        return None
    day = found.day
    match effort.named_period(header):
        case "week":
            return "{}-W{:02}".format(*day.isocalendar()[:2])
        case "quarter":
            return f"{day.year}-Q{(day.month + 2) // 3}"
    return f"{day:%Y-%m}"


def _days(header: str) -> dict[str, dt.date]:
    """The days that a header may be, by the order of day and month; the same one where it does not matter."""
    if found := _ISO.fullmatch(header):
        return _both(_day(found[1], found[2], found[3]))
    if found := _IN_WORDS.fullmatch(header):
        day, word, year = (found[1], found[2], found[3]) if found[1] else (found[5], found[4], found[6])
        return _both(_day(year, str(_MONTHS.get(word.lower(), 0)), day))
    if found := _IN_NUMBERS.fullmatch(header):
        read = {"dmy": _day(found[3], found[2], found[1]), "mdy": _day(found[3], found[1], found[2])}
        return {order: day for order, day in read.items() if day}
    return {}


def _both(day: dt.date | None) -> dict[str, dt.date]:
    return {"dmy": day, "mdy": day} if day else {}


def _day(year: str, month: str, day: str) -> dt.date | None:
    try:
        return dt.date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError:
        return None


def _dated(
    days: dict[int, tuple[dict[str, dt.date], str | None]], dates: str | None, *, are_weeks: bool, they_end: bool
) -> dict[int, _Header]:
    """Days as headers: months where each is the first or the last of one, weeks where they are weeks apart.

    The headers may say themselves that they `are_weeks`, and that `they_end` on these days.
    """
    for order in (dates,) if dates else ("dmy", "mdy"):
        if not days or not all(order in told for told, _ in days.values()):
            continue
        read = {place: told[order] for place, (told, _) in days.items()}
        every = [*read.values()]
        firsts = all(day.day == 1 for day in every) or all((day + dt.timedelta(1)).day == 1 for day in every)
        if firsts and not are_weeks:
            return {place: _Header(f"{day:%Y-%m}", days[place][1]) for place, day in read.items()}
        if _are_weeks(every):
            moved = dt.timedelta(0 if they_end else effort.WEEKEND)
            weeks = {place: (day + moved).isocalendar() for place, day in read.items()}
            return {
                place: _Header(
                    f"{week[0]}-W{week[1]:02}", days[place][1], not they_end and read[place].isoweekday() > 5
                )
                for place, week in weeks.items()
            }
    return {}


def _are_weeks(days: Sequence[dt.date]) -> bool:
    """Whether days are weeks apart, but for a week that is left out here and there; not fortnights."""
    gaps = [(later - day).days for day, later in pairwise(sorted(days))]
    return bool(gaps) and all(gap and gap % 7 == 0 for gap in gaps) and 2 * gaps.count(7) >= len(gaps)


def _measures(table: TextTable, how: How, remembered: MappingType[str, Profile]) -> bool:
    """Whether the table as it stands is an export of projects with amounts or dates of its own."""
    try:
        mapping = understand(table, how, remembered)
    except DataProblem:
        return False
    return any(mapping.contract.columns[name].type in ("money", "date", "percent") for name in mapping.text)


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
    con: duckdb.DuckDBPyConnection, table: TextTable, made: TextTable, fixed: list[int], found: dict[int, _Header]
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


def _is_fiscal(header: str) -> bool:
    return (
        re.fullmatch(periods.FISCAL, effort.without_unit(header) if effort.unit_of(header) else header.strip())
        is not None
    )


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
