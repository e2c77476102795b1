"""How each program stands. Sources: methods "Roll-up" and "Time"."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from analytics.reading import IN_SCOPE, NO_PROGRAM, Scope, Source


@dataclass(frozen=True)
class Rollup:
    """One colour for many projects, the name of the rule that gave it, and its evidence.

    `red_share` and `amber_share` are shares of one of the budget, or of the number of projects where `by` is "count".
    """

    state: str
    rule: str
    by: str
    red_share: float | None
    amber_share: float | None


@dataclass(frozen=True)
class Amount:
    """A program's money in one currency; forecast and forecast_budget speak of the same projects."""

    currency: str
    budget: float | None
    budgeted: int
    forecast: float | None
    forecast_budget: float | None
    forecasting: int
    red: float | None


@dataclass(frozen=True)
class Program:
    """A program's live projects on a review date. `slip_days` is its last forecast finish past its last baseline."""

    program_id: str
    program_name: str
    live: int
    reported_projects: int
    stale: int
    oldest_days: int | None
    reported: Rollup
    computed: Rollup
    slip_days: int | None
    money: tuple[Amount, ...]


def programs(source: Source, day: dt.date, scope: Scope) -> tuple[Program, ...]:
    """The programs of a scope, those with most budget in computed red first, then by name; last the projects of none.

    A program that spans currencies, or has a live project without a budget, is rolled up by count.
    """
    projects = f"(from {source.on(day)} where is_live and {IN_SCOPE})"
    rows = source.records(
        f"""
        select
            coalesce(program_id, '{NO_PROGRAM}') as program_id,
            coalesce(any_value(program_name), 'No program') as program_name,
            count(*) as live,
            count(*) filter (is_reported) as reported_projects,
            count(*) filter (is_stale) as stale,
            max(age_days) as oldest_days,
            max(finish_then) filter (slip_days is not null)
                - max(baseline_finish) filter (slip_days is not null) as slip_days,
            count(*) = count(budget) and count(distinct currency) = 1 and sum(budget) > 0 as is_weighted,
            {_shares("reported")},
            {_shares("computed")},
            rule_value('rollup_red') as red_from,
            rule_value('rollup_amber') as amber_from,
            rule_value('rollup_known') as known_from
        from {projects}
        group by program_id
        """,
        scope.parameters(),
    )
    money: dict[str, list[Amount]] = {}
    for program_id, *values in source.rows(
        f"""
        select
            coalesce(program_id, '{NO_PROGRAM}'),
            currency,
            sum(budget::decimal(38, 6))::double,
            count(budget),
            sum(case when budget is not null then eac::decimal(38, 6) end)::double,
            sum(case when eac is not null then budget::decimal(38, 6) end)::double,
            count(*) filter (budget is not null and eac is not null),
            sum(case when computed = 'red' then budget::decimal(38, 6) end)::double
        from {projects}
        group by program_id, currency
        order by count(*) desc, currency
        """,
        scope.parameters(),
    ):
        money.setdefault(program_id, []).append(Amount(*values))
    found = [_program(row, tuple(money[row["program_id"]])) for row in rows]
    return tuple(sorted(found, key=_place))


def _place(program: Program) -> tuple[bool, float, str, str]:
    red = program.money[0].red or 0
    return program.program_id == NO_PROGRAM, -red, program.program_name.lower(), program.program_id


def roll_up(row: dict[str, Any], basis: str) -> Rollup:
    """The colour of many projects, by methods "Roll-up".

    Red from the red share, or where a critical project is red; amber from the share of red and amber together;
    unknown where too few projects have a colour; else green.
    """
    by = "budget" if row["is_weighted"] else "count"
    red, amber = row[f"{basis}_red_{by}"], row[f"{basis}_amber_{by}"]
    if red is not None and red >= row["red_from"]:
        state, rule = "red", f"Red from {row['red_from']:.0%} in red, by {by}"
    elif row[f"{basis}_critical_red"]:
        state, rule = "red", "Red, as a critical project is red"
    elif red is not None and red + amber >= row["amber_from"]:
        state, rule = "amber", f"Amber from {row['amber_from']:.0%} in red and amber, by {by}"
    elif row[f"{basis}_known"] < row["known_from"]:
        state, rule = "unknown", f"Unknown under {row['known_from']:.0%} of projects with a known colour"
    else:
        state, rule = "green", f"Green under {row['amber_from']:.0%} in red and amber, by {by}"
    return Rollup(state, rule.replace("%", " %"), by, red, amber)


def _program(row: dict[str, Any], money: tuple[Amount, ...]) -> Program:
    return Program(
        row["program_id"],
        row["program_name"],
        row["live"],
        row["reported_projects"],
        row["stale"],
        row["oldest_days"],
        roll_up(row, "reported"),
        roll_up(row, "computed"),
        row["slip_days"],
        money,
    )


def _shares(basis: str) -> str:
    return f"""
            count(*) filter ({basis} = 'red') / count(*) as {basis}_red_count,
            count(*) filter ({basis} = 'amber') / count(*) as {basis}_amber_count,
            coalesce(sum(case when {basis} = 'red' then budget::decimal(38, 6) end)::double, 0)
                / nullif(sum(budget::decimal(38, 6))::double, 0) as {basis}_red_budget,
            coalesce(sum(case when {basis} = 'amber' then budget::decimal(38, 6) end)::double, 0)
                / nullif(sum(budget::decimal(38, 6))::double, 0) as {basis}_amber_budget,
            count(*) filter ({basis} <> 'unknown') / count(*) as {basis}_known,
            count(*) filter ({basis} = 'red' and is_critical) > 0 as {basis}_critical_red
    """.strip()
