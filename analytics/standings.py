"""How portfolios and goals stand: one colour each by the roll-up rule, the distribution behind it, and the money.

Sources: methods "Roll-up", "Alignment to strategy".
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from analytics.portfolio import BASES, STATES
from analytics.reading import IN_SCOPE, Basis, Scope, Source
from analytics.rollup import Rollup, Rules, flips, rollup_of, rollup_rules

Grouping = Literal["portfolio", "goal_id"]


@dataclass(frozen=True)
class Sum:
    """The budget of a level in one currency, and how much of it is in red projects, as reported and as computed."""

    currency: str
    budget: float | None
    budgeted: int
    reported_red: float | None
    computed_red: float | None

    def red(self, basis: Basis) -> float:
        """The budget in red projects; 0 where none is red, or none of the red states one."""
        return (self.computed_red if basis == "computed" else self.reported_red) or 0


@dataclass(frozen=True)
class Standing:
    """How the live projects of one portfolio or goal stand; the id is "" for the projects of none.

    `reported` and `computed` count the projects of each colour, `fresh` those with a report that is not stale.
    """

    id: str
    name: str
    live: int
    fresh: int
    oldest_days: int | None
    reported: Mapping[str, int]
    computed: Mapping[str, int]
    reported_rollup: Rollup
    computed_rollup: Rollup
    money: tuple[Sum, ...]

    def states(self, basis: Basis) -> Mapping[str, int]:
        """How many have each colour, as computed or as reported."""
        return self.computed if basis == "computed" else self.reported

    def rollup(self, basis: Basis) -> Rollup:
        """The one colour, as computed or as reported."""
        return self.computed_rollup if basis == "computed" else self.reported_rollup

    def red_share(self, basis: Basis) -> tuple[float, bool]:
        """How much of it is in red projects: of the budget that is known, where it is in one currency, else of the
        number of projects; and whether it is of the budget."""
        known = [amount for amount in self.money if amount.budget]
        if len(known) == 1 and len(self.money) == 1 and known[0].budget:
            return known[0].red(basis) / known[0].budget, True
        return self.states(basis)["red"] / self.live, False


def portfolios(source: Source, day: dt.date, scope: Scope) -> tuple[Standing, ...]:
    """The portfolios of a scope side by side, most live projects first; last the projects of none."""
    return _standings(source, day, scope, "portfolio", {})


def goals(source: Source, day: dt.date, scope: Scope) -> tuple[Standing, ...]:
    """The goals that live projects of a scope serve, most live projects first; last the projects of none.

    A project counts for the one goal that it states (or its program does), with all of its budget.
    """
    names = dict(source.rows("select goal_id, goal_name from stg_goals where goal_name is not null"))
    return _standings(source, day, scope, "goal_id", names)


@dataclass(frozen=True)
class Level:
    """One portfolio or goal in full: its live projects (rows of Source.on), the worst first, and for each basis
    what would change its colour, and since which review date without a break it has it.

    `since` has the date, and whether the run reaches the first review that is known, so that it may be older.
    """

    standing: Standing
    projects: Sequence[Mapping[str, Any]]
    flips: Mapping[str, str]
    since: Mapping[str, tuple[dt.date, bool]]


def level(source: Source, day: dt.date, scope: Scope, by: Grouping, key: str) -> Level | None:
    """One portfolio or goal on a review date; None where it has no live project in the scope."""
    found = (portfolios if by == "portfolio" else goals)(source, day, scope)
    one = next((standing for standing in found if standing.id == key), None)
    if one is None:
        return None
    order = "list_position(['red', 'amber', 'unknown', 'green'], {})"
    projects = source.records(
        f"""
        from {source.on(day)} where is_live and {IN_SCOPE} and coalesce({by}, '') = $key
        order by {order.format("computed")}, {order.format("reported")}, budget desc nulls last, project_key
        """,
        {**scope.parameters(), "key": key},
    )
    rules, frame = rollup_rules(source), pd.DataFrame(projects)
    return Level(
        one,
        tuple(projects),
        {basis: flips(one.rollup(basis), rules, frame, basis) for basis in BASES},
        {basis: _since(source, day, scope, by, key, basis) for basis in BASES},
    )


def _since(source: Source, day: dt.date, scope: Scope, by: Grouping, key: str, basis: Basis) -> tuple[dt.date, bool]:
    """The first review date of the unbroken run of weeks with the colour of this one; whether all of them are in it."""
    weeks = source.rows(
        f"""
        select
            review_date,
            rollup_by_budget(projects, budgeted, budget, currency) as by_budget,
            rollup_colour(rollup_evidence({basis}, projects, budget, critical, by_budget))
        from mart_health_week
        where review_date <= $day and {IN_SCOPE} and coalesce({by}, '') = $key
        group by review_date order by review_date desc
        """,
        {**scope.parameters(), "day": day, "key": key},
    )
    since = day
    for back, (date, _, state) in enumerate(weeks):
        if date != day - dt.timedelta(weeks=back) or state != weeks[0][2]:
            return since, False
        since = date
    first = source.rows("select min(review_date) from review_date")[0][0]
    return since, since == first


def _standings(
    source: Source, day: dt.date, scope: Scope, by: Grouping, names: Mapping[str, str]
) -> tuple[Standing, ...]:
    counts = ", ".join(
        f"count(*) filter ({basis} = '{state}') as {basis}_{state}" for basis in BASES for state in STATES
    )
    projects = f"(from {source.on(day)} where is_live and {IN_SCOPE})"
    rows = source.records(
        f"""
        with weighed as (
            select
                coalesce({by}, '') as id,
                count(*) as live,
                count(*) filter (is_reported and not is_stale) as fresh,
                max(age_days) as oldest_days,
                {counts},
                rollup_by_budget(1, (budget is not null)::integer, exact(budget), currency) as by_budget,
                rollup_evidence(reported, 1, exact(budget), is_critical::integer, by_budget) as reported,
                rollup_evidence(computed, 1, exact(budget), is_critical::integer, by_budget) as computed
            from {projects}
            group by {by}
        )
        select
            *,
            rollup_colour(reported) as reported_state,
            rollup_colour(computed) as computed_state,
            rollup_mean(reported) as reported_mean,
            rollup_mean(computed) as computed_mean
        from weighed
        order by id = '', live desc, id
        """,
        scope.parameters(),
    )
    money: dict[str, list[Sum]] = defaultdict(list)
    for key, *values in source.rows(
        f"""
        select
            coalesce({by}, ''), currency, sum(exact(budget))::double, count(budget),
            sum(case when reported = 'red' then exact(budget) end)::double,
            sum(case when computed = 'red' then exact(budget) end)::double
        from {projects}
        group by {by}, currency order by count(*) desc, currency
        """,
        scope.parameters(),
    ):
        money[key].append(Sum(*values))
    rules = rollup_rules(source)
    return tuple(_standing(row, names.get(row["id"], row["id"]), rules, tuple(money[row["id"]])) for row in rows)


def _standing(row: Mapping[str, Any], name: str, rules: Rules, money: tuple[Sum, ...]) -> Standing:
    return Standing(
        row["id"],
        name,
        row["live"],
        row["fresh"],
        row["oldest_days"],
        {state: row[f"reported_{state}"] for state in STATES},
        {state: row[f"computed_{state}"] for state in STATES},
        rollup_of(row, "reported", rules),
        rollup_of(row, "computed", rules),
        money,
    )
