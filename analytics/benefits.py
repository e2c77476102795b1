"""What projects and programs are to bring, what has come, and whether it can come when it is promised.

A benefit is a row of `stg_benefits` a period. What its periods add up to is kept apart by unit. Source: "Benefits".
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, fields
from typing import Any, Literal

import pandas as pd

from analytics.reading import IN_SCOPE, NO_PROGRAM, Scope, Source
from pipelines import amounts

SHRINKS = 0.10  # of the business case: what a forecast has to lack for a benefit to count as shrinking
NO_PORTFOLIO = ""

Level = Literal["program", "portfolio"]

# A unit of which periods and benefits don't add up: 2 % in each of four quarters is not 8 %.
RATE = (
    "%|‰|/| per |^(percent|per cent|percentage points?|pp|pts?|points?|bps|basis points?|ratio|rate|share|index|score|"
    "nps|csat)$"
)
_MARKS = ", ".join(f"('{mark}', '{code}')" for mark, code in amounts.MARKS.items())

# Each benefit (`benefit`) and period of one (`timed`) as they stand on a review date.
_ON_DAY = f"""
    with
    spelled as (
        select distinct b.unit, b.load_id, coalesce(nullif(trim(b.unit), ''), l.currency, 'USD') as text
        from stg_benefits as b
        left join load as l using (load_id)
    ),
    units as (
        select
            s.unit as unit_said,
            s.load_id,
            regexp_full_match(s.text, '{amounts.CURRENCY}', 'i') as is_money,
            not is_money and regexp_matches(lower(s.text), '{RATE}') as is_rate,
            case
                when is_money then coalesce(m.code, case when s.text = '$' then 'USD' else upper(s.text) end)
                else min(s.text) over (partition by lower(s.text))
            end as unit
        from spelled as s
        left join (values {_MARKS}) as m(mark, code) on m.mark = upper(s.text)
    ),
    period as materialized (
        select
            b.* exclude (unit, project_id),
            u.unit,
            u.is_money,
            u.is_rate,
            coalesce(a.project_key, b.project_id) as project_key,
            b.period_end <= $day as is_over,
            is_over and b.realised is not null as is_measured,
            case when is_over then coalesce(b.realised, b.forecast)
                else coalesce(b.forecast, b.realised) end as expected
        from stg_benefits as b
        join units as u on u.load_id = b.load_id and u.unit_said is not distinct from b.unit
        left join project_alias as a using (project_id)
    ),
    said as (
        select
            benefit_id,
            unit,
            any_value(is_money) as is_money,
            any_value(is_rate) as is_rate,
            arg_max(benefit_name, period_end) as benefit_name,
            arg_max(measure, period_end) as measure,
            arg_max(benefit_owner, period_end) as owner,
            arg_max(project_key, period_end) as project_key,
            arg_max(program_id, period_end) as own_program,
            max(period_end) as last_period,
            max(period_end) filter (is_over) as last_over,
            max(period_end) filter (is_measured) as last_measured,
            max(period_end) filter (expected is not null) as last_expected,
            min(period_end) filter (planned <> 0) as planned_start,
            min(period_end) filter (expected <> 0) as expected_start,
            count(planned) > 0 as has_case
        from period
        group by benefit_id, unit
    ),
    of_program as (
        select
            program_id,
            any_value(program_name) as program_name,
            case when count(distinct portfolio) = 1 then any_value(portfolio) end as portfolio,
            count(*) filter (stage <> 'cancelled') as going,
            case when count(*) filter (stage <> 'cancelled' and finish_then is null) = 0
                then min(finish_then) filter (stage <> 'cancelled') end as first_finish
        from {{projects}}
        where program_id is not null
        group by program_id
    ),
    homed as (
        select
            s.*,
            coalesce(p.project_name, listed.project_name, s.project_key) as project_name,
            coalesce(s.own_program, p.program_id, listed.program_id) as program_id,
            coalesce(p.portfolio, listed.portfolio) as portfolio,
            p.stage,
            p.slip_days,
            p.finish_then
        from said as s
        left join {{projects}} as p on p.project_key = s.project_key
        left join stg_projects as listed on listed.project_id = s.project_key
    ),
    placed as materialized (
        select
            h.* exclude (finish_then) replace (coalesce(h.portfolio, g.program_portfolio, o.portfolio) as portfolio),
            coalesce(g.program_name, o.program_name, h.program_id) as program_name,
            case when h.project_key is null then o.first_finish else h.finish_then end as able_from,
            coalesce(case when h.project_key is null then o.going = 0 else h.stage = 'cancelled' end, false)
                as is_stopped
        from homed as h
        left join stg_programs as g on g.program_id = h.program_id
        left join of_program as o on o.program_id = h.program_id
    ),
    timed as materialized (
        select
            t.benefit_id, t.unit, t.period_end, t.planned, t.forecast, t.realised, t.expected, t.is_over, t.is_measured,
            t.load_id, t.source_row, p.is_rate, p.program_id, p.portfolio,
            not p.is_rate or t.period_end = p.last_measured as counts_to_date,
            not p.is_rate or t.period_end = p.last_expected as counts_at_end,
            coalesce(t.period_end < p.able_from or (p.is_stopped and not t.is_over), false) as is_early,
            is_early and not t.is_over and coalesce(t.forecast <> 0, false) as is_before,
            t.expected is null and t.period_end >= p.planned_start
                and (p.expected_start is null or t.period_end < p.expected_start) as is_unknown_between,
            case when p.has_case then coalesce(t.planned, 0) end as promised
        from period as t
        join placed as p using (benefit_id, unit)
    ),
    summed as (
        select
            benefit_id,
            unit,
            sum(exact(planned)) as planned,
            sum(exact(promised)) filter (counts_at_end and expected is not null) as business_case,
            sum(exact(expected)) filter (counts_at_end) as expected,
            sum(exact(promised)) filter (is_measured and counts_to_date) as due,
            sum(exact(realised)) filter (is_measured and counts_to_date) as realised,
            sum(exact(forecast)) filter (is_before) as before_sum,
            sum(exact(planned)) filter (is_early) as displaced_sum,
            min(period_end) filter (is_before) as before_from,
            max(period_end) filter (is_before) as before_to,
            count(*) filter (is_over) as ended,
            count(*) filter (is_measured) as measured,
            count(*) filter (expected is null) as unknown_periods,
            count(*) filter (is_unknown_between) as unknown_between,
            arg_max({{'load': load_id, 'row': source_row}}, period_end) filter (is_measured) as measured_at,
            arg_max({{'load': load_id, 'row': source_row}}, period_end) as said_at
        from timed
        group by benefit_id, unit
    ),
    benefit as (
        select
            p.*,
            s.* exclude (benefit_id, unit, planned, before_sum, displaced_sum, measured_at, said_at),
            case when p.has_case and not p.is_rate then s.planned end as planned,
            case when s.before_from is not null and not p.is_rate then s.before_sum end as before,
            case when not p.is_rate then s.displaced_sum end as displaced,
            s.before_from is not null as is_before,
            coalesce(s.measured_at, s.said_at).load as load_id,
            coalesce(s.measured_at, s.said_at).row as source_row,
            (s.expected - s.business_case)::double / nullif(abs(s.business_case), 0)::double as gap_share,
            -- Where a period between the two starts is not known, it may have begun there.
            case when s.unknown_between = 0 then p.expected_start - p.planned_start end as late_days,
            p.planned_start is not null and p.expected_start is null and s.unknown_between = 0 as is_never,
            coalesce(late_days > 0, false) or is_never as is_late,
            coalesce(round(gap_share, 9) <= -{SHRINKS}, false) as is_shrinking,
            coalesce(p.stage in ('completed', 'cancelled'), false) as is_closed,
            p.last_measured is not distinct from p.last_over as is_tracked
        from placed as p
        join summed as s using (benefit_id, unit)
    )
"""


# What benefits of one unit add up to; what has no business case is compared with none.
_TOTAL = """
    unit,
    any_value(is_money) as is_money,
    any_value(is_rate) as is_rate,
    count(*) as benefits,
    sum(planned)::double as planned,
    sum(business_case) filter (not is_rate)::double as business_case,
    sum(expected) filter (not is_rate)::double as expected,
    sum(expected) filter (not is_rate and business_case is not null)::double as compared,
    sum(expected - business_case) filter (not is_rate)::double as gap,
    sum(due) filter (not is_rate)::double as due,
    sum(realised) filter (not is_rate)::double as realised,
    sum(realised) filter (not is_rate and due is not null)::double as came,
    sum(before)::double as before,
    sum(displaced)::double as displaced,
    count(*) filter (is_before) as before_benefits,
    count(*) filter (is_late) as late,
    count(*) filter (is_shrinking) as shrinking,
    sum(ended)::bigint as ended,
    sum(measured)::bigint as measured,
    sum(unknown_periods)::bigint as unknown_periods,
    max(last_period) as last_period
"""


@dataclass(frozen=True)
class Total:
    """What benefits of one unit add up to; rates (`is_rate`) add up to nothing, their amounts are None.

    `planned` is the whole business case, `business_case` the part of it whose periods have an expectation, `expected`
    what is expected at the end, `compared` the part of it that has a business case and `gap` this part less its case.
    `due` is the case of the periods that are measured, `realised` what came in them and `came` the part of it that was
    planned. A plan below 0 is that of a disbenefit. `before` is forecast for periods that end before
    the project finishes, in `before_benefits` of the benefits; `displaced` is what the business case has in such
    periods, over or not. `ended` periods are over, `measured` of them measured.
    """

    unit: str
    is_money: bool
    is_rate: bool
    benefits: int
    planned: float | None
    business_case: float | None
    expected: float | None
    compared: float | None
    gap: float | None
    due: float | None
    realised: float | None
    came: float | None
    before: float | None
    displaced: float | None
    before_benefits: int
    late: int
    shrinking: int
    ended: int
    measured: int
    unknown_periods: int
    last_period: dt.date

    @property
    def gap_share(self) -> float | None:
        """The gap as a share of its business case, of whatever sign: below 0 it is worse than that."""
        return self.gap / abs(self.business_case) if self.gap is not None and self.business_case else None

    @property
    def realised_share(self) -> float | None:
        """What came of what was planned for the same periods, as a share of that."""
        return realised_share(self.came, self.due)

    @property
    def uncased(self) -> float | None:
        """What is expected beside what has a business case; None where all of it has one, or none."""
        return _rest(self.expected, self.compared)

    @property
    def unplanned(self) -> float | None:
        """What was realised beside what was planned; None where all of it was, or none."""
        return _rest(self.realised, self.came)


def realised_share(realised: float | None, due: float | None) -> float | None:
    """What was realised as a share of what was planned; None where one is a gain and the other a loss."""
    return realised / due if realised is not None and due and realised * due >= 0 else None


def _rest(whole: float | None, part: float | None) -> float | None:
    return None if whole is None or part is None else round(whole - part, 2) or None


@dataclass(frozen=True)
class Summary:
    """The benefits of a scope on a review date: their totals by unit, money first, and how many are in doubt.

    `before`, `late` and `shrinking` count benefits of every unit. `closed` belong to projects that are completed or
    cancelled; `tracked` of those have their last ended period measured. `programs` have benefits in the unit of `main`,
    `carriers` are the fewest of them that carry more than half of its shortfall.
    """

    totals: tuple[Total, ...]
    benefits: int
    before: int
    late: int
    shrinking: int
    ownerless: int
    closed: int
    tracked: int
    programs: int
    carriers: int

    @property
    def main(self) -> Total | None:
        """The total that the page speaks of first: the money of most benefits, else the unit of most."""
        return next((total for total in self.totals if not total.is_rate), None)


def has_benefits(source: Source) -> bool:
    """Whether any benefit is known, in whatever scope."""
    return bool(source.rows("select exists (from stg_benefits)")[0][0])


def summary(source: Source, day: dt.date, scope: Scope) -> Summary:
    """The benefits of a scope on a review date in figures; every amount by unit."""
    rows = _rows(
        source,
        day,
        scope,
        f"""
        select
            {_TOTAL},
            count(*) filter (owner is null),
            count(*) filter (is_closed),
            count(*) filter (is_closed and is_tracked),
            count(distinct program_id)
        from {{benefit}}
        where {IN_SCOPE}
        group by unit
        order by is_money desc, is_rate, benefits desc, unit
        """,
    )
    size = len(fields(Total))
    totals = tuple(Total(*row[:size]) for row in rows)
    ownerless, closed, tracked = (sum(row[size + n] for row in rows) for n in range(3))
    main = next((total for total in totals if not total.is_rate), None)
    return Summary(
        totals,
        sum(total.benefits for total in totals),
        sum(total.before_benefits for total in totals),
        sum(total.late for total in totals),
        sum(total.shrinking for total in totals),
        ownerless,
        closed,
        tracked,
        programs=next((row[-1] for row in rows if main and row[0] == main.unit), 0),
        carriers=_carriers(source, day, scope, main.unit) if main else 0,
    )


def _carriers(source: Source, day: dt.date, scope: Scope, unit: str) -> int:
    """The fewest programs whose shortfalls in a unit are more than half of all of them."""
    rows = _rows(
        source,
        day,
        scope,
        f"""
        select sum(business_case - expected)::double as shortfall
        from {{benefit}}
        where unit = $unit and program_id is not null and {IN_SCOPE}
        group by program_id
        having shortfall > 0
        order by shortfall desc
        """,
        unit=unit,
    )
    half, carried = sum(shortfall for (shortfall,) in rows) / 2, 0.0
    for number, (shortfall,) in enumerate(rows, start=1):
        carried += shortfall
        if carried > half:
            return number
    return 0


@dataclass(frozen=True)
class Group:
    """The benefits of a program or portfolio in one unit; `id` is NO_PROGRAM or "" for those of none."""

    id: str
    name: str
    ownerless: int
    total: Total


def groups(source: Source, day: dt.date, scope: Scope, level: Level, unit: str | None) -> tuple[Group, ...]:
    """The benefits of a scope in one unit by program or portfolio, the largest shortfall first, those of none last.

    Without a unit each has a row a unit, the one of most benefits first, money before others and rates last.
    """
    id_, name = ("program_id", "program_name") if level == "program" else ("portfolio", "portfolio")
    nothing = NO_PROGRAM if level == "program" else ""
    rows = _rows(
        source,
        day,
        scope,
        f"""
        select coalesce({id_}, '{nothing}'), coalesce(any_value({name}), 'No {level}'), count(*) filter (owner is null),
            {_TOTAL}
        from {{benefit}}
        where ($unit::varchar is null or unit = $unit) and {IN_SCOPE}
        group by {id_}, unit
        order by {id_} is null, {"" if unit else "any_value(is_money) desc, any_value(is_rate), count(*) desc, unit,"}
            gap nulls last, lower(any_value({name})), {id_}
        """,
        unit=unit,
    )
    return tuple(Group(row[0], row[1], row[2], Total(*row[3:])) for row in rows)


def by_program(source: Source, day: dt.date, scope: Scope) -> dict[str, tuple[Total, ...]]:
    """The totals of each program of a scope by its id, a unit each: first the one that Summary.main speaks of, then
    those of most benefits, money before others and rates last."""
    main = summary(source, day, scope).main
    found: dict[str, list[Total]] = defaultdict(list)
    for group in groups(source, day, scope, "program", None):
        found[group.id].append(group.total)
    unit = main.unit if main else None
    return {id_: tuple(sorted(totals, key=lambda total: total.unit != unit)) for id_, totals in found.items()}


@dataclass(frozen=True)
class Point:
    """A date on which periods end: what they add to each line. `realised` is None after the review date; `unknown` is
    how many of them have no expectation."""

    period_end: dt.date
    planned: float
    expected: float
    realised: float | None
    before: float
    unknown: int


def course(source: Source, day: dt.date, scope: Scope, unit: str) -> tuple[Point, ...]:
    """What each period of a scope's benefits in one unit was planned to bring, is expected to and brought, in order of
    time; nothing for a rate. What has no plan is left out where anything has one."""
    rows = _rows(
        source,
        day,
        scope,
        f"""
        with part as (from {{benefit_period}} where unit = $unit and not is_rate and {IN_SCOPE})
        select
            period_end,
            coalesce(sum(exact(planned)), 0)::double,
            coalesce(sum(exact(expected)), 0)::double,
            case when bool_and(is_over) then coalesce(sum(exact(realised)), 0)::double end,
            coalesce(sum(exact(forecast)) filter (is_before), 0)::double,
            count(*) filter (expected is null)
        from part
        where promised is not null or not exists (from part where promised is not null)
        group by period_end
        order by period_end
        """,
        unit=unit,
    )
    return tuple(Point(*row) for row in rows)


ORDERS = {
    "": "is_before desc, is_shrinking and is_late desc, is_shrinking or is_late desc, gap_share nulls last",
    "gap": "gap_share nulls last",
    "late": "is_never desc, late_days desc nulls last",
    "case": "is_money desc, unit, planned desc nulls last",
    "name": "lower(benefit_name)",
    "measured": "last_measured nulls first",
}
SHOWN = {
    "": "true",
    "before": "is_before",
    "late": "is_late",
    "shrinking": "is_shrinking",
    "unmeasured": "ended > measured",
    "closed": "is_closed",
    "ownerless": "owner is null",
}


@dataclass(frozen=True)
class Wanted:
    """What the list is narrowed to, and its order: text, a key of SHOWN, a unit ("" for all), a key of ORDERS."""

    text: str = ""
    shown: str = ""
    unit: str = ""
    order: str = ""


@dataclass(frozen=True)
class Benefit:
    """One benefit in one unit on a review date; see Total for its amounts, which for a rate are those of its last
    known period. `late_days` is how long after the first planned amount the first expected one comes; None where
    either is not known, `is_never` where nothing is expected any more. `before` is forecast for periods, from
    `before_from` to `before_to`, that end before `able_from`: the day on which its project finishes, or the first of
    its program's. `last_measured` is the end of its last measured period. The row is that of the latter, or the last.
    """

    benefit_id: str
    benefit_name: str
    measure: str | None
    owner: str | None
    unit: str
    is_money: bool
    is_rate: bool
    project_key: str | None
    project_name: str | None
    program_id: str | None
    program_name: str | None
    portfolio: str | None
    stage: str | None
    slip_days: int | None
    able_from: dt.date | None
    is_stopped: bool
    planned: float | None
    business_case: float | None
    expected: float | None
    gap_share: float | None
    due: float | None
    realised: float | None
    ended: int
    measured: int
    unknown_periods: int
    planned_start: dt.date | None
    expected_start: dt.date | None
    late_days: int | None
    is_never: bool
    is_late: bool
    is_shrinking: bool
    is_before: bool
    before: float | None
    displaced: float | None
    before_from: dt.date | None
    before_to: dt.date | None
    is_closed: bool
    is_tracked: bool
    last_measured: dt.date | None
    last_period: dt.date
    file_name: str | None
    sheet: str | None
    source_row: int
    load_id: int


_DOUBLES = ("planned", "business_case", "expected", "due", "realised", "before", "displaced")
_COLUMNS = ", ".join(
    f"{name}::double as {name}" if name in _DOUBLES else name for name in (f.name for f in fields(Benefit))
)
_LISTED = f"""
    select {_COLUMNS}
    from (select * replace (coalesce(benefit_name, benefit_id) as benefit_name) from {{benefit}})
    left join (select load_id, file_name, sheet from load) using (load_id)
    where {IN_SCOPE}
        and {{shown}}
        and ($unit = '' or unit = $unit)
        and ($text = '' or contains(
            lower(concat_ws(' ', benefit_name, benefit_id, measure, owner, project_name, project_key, program_name,
                program_id, portfolio)), lower($text)))
    order by {{order}}, is_money desc, unit, planned desc nulls last, benefit_id, unit
"""


def benefits(
    source: Source, day: dt.date, scope: Scope, wanted: Wanted, limit: int, offset: int = 0
) -> tuple[int, tuple[Benefit, ...]]:
    """How many benefits of a scope fit, and a page of them in the order asked for: those in doubt first by default."""
    sql = f"select count(*) over (), * from ({_listed(wanted)}) limit {int(limit)} offset {int(offset)}"
    rows = _rows(source, day, scope, sql, text=wanted.text.strip(), unit=wanted.unit)
    return (rows[0][0] if rows else 0), tuple(Benefit(*row[1:]) for row in rows)


def benefits_file(source: Source, day: dt.date, scope: Scope, wanted: Wanted) -> pd.DataFrame:
    """All benefits that fit, as plain columns for a file."""
    given = {**scope.parameters(), "text": wanted.text.strip(), "unit": wanted.unit}
    return source.frame(_on_day(source, day, _listed(wanted)), given)


def _listed(wanted: Wanted) -> str:
    return _LISTED.replace("{shown}", SHOWN[wanted.shown]).replace("{order}", ORDERS[wanted.order])


def _rows(source: Source, day: dt.date, scope: Scope, sql: str, **given: Any) -> list[tuple[Any, ...]]:
    return source.rows(_on_day(source, day, sql), {**scope.parameters(), **given})


def _on_day(source: Source, day: dt.date, sql: str) -> str:
    """A query with the benefits, or their periods, of a review date in it, which are computed once and kept."""
    for name, relation in (("benefit", "benefit"), ("benefit_period", "timed")):
        if f"{{{name}}}" in sql:
            made = f"{_ON_DAY.replace('{projects}', source.on(day))} from {relation}"
            sql = sql.replace(f"{{{name}}}", source.kept(name, day, made))
    return sql
