"""How each program stands, since when, and what made it so. Sources: methods "Roll-up", "Time", "Earned value"."""

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

from analytics import reasons
from analytics.earned import cpi as cost_performance
from analytics.reading import IN_SCOPE, NO_PROGRAM, Basis, Scope, Source, plain_rows
from analytics.rollup import Rollup, Rules, flips, rollup_of, rollup_rules

WEEKS = 26
TROUBLE = ("red", "amber", "unknown", "green")  # the worst first


@dataclass(frozen=True)
class Amount:
    """A program's money in one currency, over its live projects.

    forecast and forecast_budget speak of the same projects, so do earned and cost (earned value and actual cost of the
    `performing` projects that state both). Red is the budget of red projects, as reported and as computed.
    """

    currency: str
    projects: int
    budget: float | None
    budgeted: int
    forecast: float | None
    forecast_budget: float | None
    forecasting: int
    spent: float | None
    spending: int
    earned: float | None
    cost: float | None
    performing: int
    reported_red: float | None
    computed_red: float | None

    def red(self, basis: Basis) -> float:
        """The budget in red projects; 0 where none is red or none of the red states a budget."""
        return (self.computed_red if basis == "computed" else self.reported_red) or 0

    @property
    def cpi(self) -> float | None:
        """Cost performance, sum(EV) / sum(AC); None without cost."""
        return cost_performance(self.earned, self.cost)

    @property
    def variance(self) -> float | None:
        """Forecast less budget, over the projects that have both."""
        return None if self.forecast is None or self.forecast_budget is None else self.forecast - self.forecast_budget

    @property
    def over(self) -> float | None:
        """The variance as a share of the budget."""
        return self.variance / self.forecast_budget if self.variance is not None and self.forecast_budget else None


@dataclass(frozen=True)
class Program:
    """A program's live projects on a review date.

    `portfolios` are those that its projects lie in; `slip_days` is its last forecast finish past its last baseline,
    `finish` the former.
    """

    program_id: str
    program_name: str
    portfolios: tuple[str, ...]
    live: int
    reported_projects: int
    stale: int
    oldest_days: int | None
    reported: Rollup
    computed: Rollup
    finish: dt.date | None
    slip_days: int | None
    money: tuple[Amount, ...]

    def rollup(self, basis: Basis) -> Rollup:
        """The colour as computed or as reported."""
        return self.computed if basis == "computed" else self.reported


def programs(source: Source, day: dt.date, scope: Scope) -> tuple[Program, ...]:
    """The programs of a scope, those with most budget in computed red first, then by name; last the projects of none.

    A program that spans currencies, or has a live project without a budget, is rolled up by count.
    """
    projects = f"(from {source.on(day)} where is_live and {IN_SCOPE})"
    rows = source.records(
        f"""
        with weighed as (
            select
                coalesce(program_id, '{NO_PROGRAM}') as program_id,
                coalesce(any_value(program_name), 'No program') as program_name,
                list(distinct portfolio order by portfolio) filter (portfolio is not null) as portfolios,
                count(*) as live,
                count(*) filter (is_reported) as reported_projects,
                count(*) filter (is_stale) as stale,
                max(age_days) as oldest_days,
                max(finish_then) filter (slip_days is not null) as finish,
                finish - max(baseline_finish) filter (slip_days is not null) as slip_days,
                rollup_by_budget(1, (budget is not null)::integer, exact(budget), currency) as by_budget,
                rollup_evidence(reported, 1, exact(budget), is_critical::integer, by_budget) as reported,
                rollup_evidence(computed, 1, exact(budget), is_critical::integer, by_budget) as computed
            from {projects}
            group by program_id
        )
        select
            * replace (
                -- Two programs that are named alike are told apart by their ids.
                program_name || case
                    when count(*) over (partition by program_name) > 1 then ' (' || program_id || ')' else ''
                end as program_name
            ),
            rollup_colour(reported) as reported_state,
            rollup_colour(computed) as computed_state,
            rollup_mean(reported) as reported_mean,
            rollup_mean(computed) as computed_mean
        from weighed
        """,
        scope.parameters(),
    )
    money: dict[str, list[Amount]] = {}
    for program_id, *values in source.rows(
        f"""
        select
            coalesce(program_id, '{NO_PROGRAM}'),
            currency,
            count(*),
            sum(exact(budget))::double,
            count(budget),
            sum(case when budget is not null then exact(eac) end)::double,
            sum(case when eac is not null then exact(budget) end)::double,
            count(*) filter (budget is not null and eac is not null),
            sum(exact(actual_cost))::double,
            count(actual_cost),
            sum(case when actual_cost is not null then exact(earned_value) end)::double,
            sum(case when earned_value is not null then exact(actual_cost) end)::double,
            count(*) filter (earned_value is not null and actual_cost is not null),
            sum(case when reported = 'red' then exact(budget) end)::double,
            sum(case when computed = 'red' then exact(budget) end)::double
        from {projects}
        group by program_id, currency
        order by count(*) desc, currency
        """,
        scope.parameters(),
    ):
        money.setdefault(program_id, []).append(Amount(*values))
    rules = rollup_rules(source)
    found = [_program(row, rules, tuple(money[row["program_id"]])) for row in rows]
    return tuple(sorted(found, key=_place))


def worst_first(found: Iterable[Program], basis: Basis) -> list[Program]:
    """Programs by trouble: by colour, then by budget in red (by its share where they are not all in one currency),
    then by the share in red and amber; the projects of no program last."""
    every = list(found)
    named = [program for program in every if program.program_id != NO_PROGRAM]
    is_one_currency = len({a.currency for p in named for a in p.money if a.red(basis)}) < 2

    def place(program: Program) -> tuple[Any, ...]:
        rollup = program.rollup(basis)
        red = sum(a.red(basis) for a in program.money) if is_one_currency else rollup.red_share
        return (
            program.program_id == NO_PROGRAM,
            TROUBLE.index(rollup.state),
            -red,
            -rollup.red_share,
            -rollup.amber_share,
            program.program_name.lower(),
            program.program_id,
        )

    return sorted(every, key=place)


@dataclass(frozen=True)
class Course:
    """A program's colour through time: its state on the review date, since when without a break, and week by week.

    `since` is the first review date of the unbroken run. Where the run reaches the first review date that is known,
    `is_from_start` says that it may be older. `states` has a colour for each date of Courses.dates, "" where the
    program had no live project.
    """

    state: str
    since: dt.date
    is_from_start: bool
    weeks: int
    states: tuple[str, ...]


@dataclass(frozen=True)
class Courses:
    """The last review dates, oldest first, and the course of each program by its id."""

    dates: tuple[dt.date, ...]
    of: Mapping[str, Course]


def courses(source: Source, day: dt.date, scope: Scope, basis: Basis, weeks: int = WEEKS) -> Courses:
    """How the colour of each program went up to a review date; those without a live project on it have none."""
    rows = source.rows(
        f"""
        with
        course as (
            select coalesce(program_id, '{NO_PROGRAM}') as id, review_date, {basis} as state
            from mart_program_week
            where review_date <= $day
                and case when $portfolio::varchar is null then is_whole else portfolio = $portfolio end
                and ($program::varchar is null or coalesce(program_id, '{NO_PROGRAM}') = $program)
        ),
        now as (select id, state from course where review_date = $day),
        seen as (
            select
                now.id,
                any_value(now.state) as state,
                max(review_date) filter (course.state <> now.state) as broke,
                min(review_date) as first,
                count(*) < ($day - min(review_date)) // 7 + 1 as has_gaps
            from now join course using (id)
            group by now.id
        ),
        gappy as (from seen where has_gaps),
        step as (
            select
                id,
                review_date,
                review_date - lag(review_date) over (partition by id order by review_date) as days
            from course join gappy using (id)
            where gappy.broke is null or review_date > gappy.broke
        ),
        begun as (
            select id, coalesce(broke + 7, first) as since from seen where not has_gaps
            union all
            select id, coalesce(max(review_date) filter (days > 7), min(review_date)) from step group by id
        ),
        recent as (from course where review_date > $day - 7 * $weeks),
        cell as (
            select id, string_agg(state, ',' order by review_date) as states
            from recent anti join gappy using (id)
            group by id
            union all
            select id, string_agg(coalesce(recent.state, ''), ',' order by week.review_date)
            from gappy
            cross join (from review_date where review_date <= $day and review_date > $day - 7 * $weeks) as week
            left join recent using (id, review_date)
            group by id
        )
        select
            id, state, since, since = (select min(review_date) from review_date), ($day::date - since) // 7, states
        from seen join begun using (id) join cell using (id)
        """,
        {**scope.parameters(), "day": day, "weeks": weeks},
    )
    dates = source.rows(
        "from review_date where review_date <= $day and review_date > $day - 7 * $weeks order by review_date",
        {"day": day, "weeks": weeks},
    )
    return Courses(tuple(date for (date,) in dates), {row[0]: _course(row, len(dates)) for row in rows})


def _course(row: Sequence[Any], weeks: int) -> Course:
    """A course; one that began within the weeks has none before."""
    states = row[5].split(",")
    return Course(row[1], row[2], row[3], row[4], ("",) * (weeks - len(states)) + tuple(states))


def projects_of(source: Source, day: dt.date, scope: Scope) -> pd.DataFrame:
    """The live projects of a scope, the worst first, then most budget first.

    Columns: those of Source.on, `comment` (of the report that holds) and `why`, its colour in words.
    """
    frame = source.frame(
        f"""
        with
        live as materialized (from {source.on(day)} where is_live and {IN_SCOPE}),
        said as (
            select s.load_id as fact_load_id, s.source_row as fact_source_row, s.comment
            from fact_status as s
            join live on live.fact_load_id = s.load_id and live.fact_source_row = s.source_row
            where live.is_reported and s.comment is not null
        )
        select live.*, said.comment
        from live
        left join said on live.is_reported
            and said.fact_load_id = live.fact_load_id and said.fact_source_row = live.fact_source_row
        order by list_position(['red', 'amber', 'unknown', 'green'], computed),
            list_position(['red', 'amber', 'unknown', 'green'], reported),
            budget desc nulls last, project_name, project_key
        """,
        scope.parameters(),
    )
    return frame.assign(why=[_why(row) for row in plain_rows(frame)])


def _why(row: Mapping[str, Any]) -> str:
    """What put a project where it stands; a frame's dates are timestamps."""
    return reasons.standing(
        {**row, **{name: _date(row[name]) for name in ("forecast_finish", "actual_finish", "finish_then")}}
    )


def _date(value: Any) -> dt.date | None:
    return value.date() if isinstance(value, pd.Timestamp) else value


@dataclass(frozen=True)
class OneProgram:
    """One program, its live projects (see projects_of), its course on both bases, and what would change its colours."""

    program: Program
    projects: pd.DataFrame
    courses: Mapping[str, Courses]
    flips: Mapping[str, str]

    def course(self, basis: Basis) -> Course | None:
        """How its colour went."""
        return self.courses[basis].of.get(self.program.program_id)


def program(source: Source, day: dt.date, scope: Scope) -> OneProgram | None:
    """The program of a scope; None where it has no live project on the review date."""
    found = programs(source, day, scope)
    if not found:
        return None
    one, projects, rules = found[0], projects_of(source, day, scope), rollup_rules(source)
    bases: tuple[Basis, ...] = ("reported", "computed")
    return OneProgram(
        one,
        projects,
        {basis: courses(source, day, scope, basis) for basis in bases},
        {basis: flips(one.rollup(basis), rules, projects, basis) for basis in bases},
    )


def program_name(source: Source, program_id: str) -> str:
    """What a program is called, whether it has live projects or not."""
    found = source.rows("select program_name from stg_programs where program_id = $id", {"id": program_id})
    return str(found[0][0] or program_id) if found else program_id


def _place(program: Program) -> tuple[bool, float, str, str]:
    red = program.money[0].computed_red or 0
    return program.program_id == NO_PROGRAM, -red, program.program_name.lower(), program.program_id


def _program(row: Mapping[str, Any], rules: Rules, money: tuple[Amount, ...]) -> Program:
    return Program(
        row["program_id"],
        row["program_name"],
        tuple(row["portfolios"] or ()),
        row["live"],
        row["reported_projects"],
        row["stale"],
        row["oldest_days"],
        rollup_of(row, "reported", rules),
        rollup_of(row, "computed", rules),
        row["finish"],
        row["slip_days"],
        money,
    )


def in_red(found: Sequence[Program], basis: Basis) -> int:
    """How many programs are red; the projects of no program are none."""
    return sum(p.rollup(basis).state == "red" for p in found if p.program_id != NO_PROGRAM)


def total(found: Sequence[Program]) -> tuple[Amount, ...]:
    """The money of several programs together, by currency, the one of most projects first."""
    amounts: dict[str, list[Amount]] = {}
    for program in found:
        for amount in program.money:
            amounts.setdefault(amount.currency, []).append(amount)
    sums = [_sum(currency, parts) for currency, parts in amounts.items()]
    return tuple(sorted(sums, key=lambda a: (-a.projects, a.currency)))


def _sum(currency: str, parts: Sequence[Amount]) -> Amount:
    """The sum of amounts in one currency; what none of them knows stays None."""
    known: dict[str, list[Any]] = {
        field.name: [value for part in parts if (value := getattr(part, field.name)) is not None]
        for field in fields(Amount)
        if field.name != "currency"
    }
    sums: dict[str, Any] = {name: _plain(values) if values else None for name, values in known.items()}
    return Amount(currency, **sums)


def _plain(values: Sequence[float]) -> Any:
    """An exact sum; of whole numbers a whole number."""
    return sum(values) if all(isinstance(value, int) for value in values) else math.fsum(values)
