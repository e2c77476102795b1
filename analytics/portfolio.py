"""How the portfolio stands on a review date, what changed, and what needs a decision.

Money is summed per currency and never over several. Undefined is None. Sources: methods "Health", "Roll-up", "Time".
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics import reasons
from analytics.dependencies import late
from analytics.reading import IN_SCOPE, Basis, Scope, Source

EVIDENCE = ("schedule", "cost", "milestones", "risk", "resources")  # what computed health is the worst of
DIMENSIONS = ("reported", "computed", *EVIDENCE)
STATES = ("green", "amber", "red", "unknown")
BASES: tuple[Basis, ...] = ("reported", "computed")
_BETTER = "list_position(['green', 'amber', 'red'], {}) < list_position(['green', 'amber', 'red'], {})"
# Where a colour can't be taken at its word, in terms of Source.on.
PARTED = {
    "green-red": "is_watermelon",
    "pale": "reported = 'green' and computed = 'amber'",
    "hidden-strength": "reported = 'red' and computed = 'green'",
    "better-by-baseline": f"coalesce({_BETTER.format('computed', 'computed_original')}, false)",
}


@dataclass(frozen=True)
class Money:
    """One currency's money over live projects, each sum with how many projects carry it.

    `forecast` is the estimate at completion of the projects that have one and a budget; `forecast_budget` is the
    budget of just these, so that the two can be compared.
    """

    currency: str
    projects: int
    budget: float | None
    budgeted: int
    spent: float | None
    spending: int
    forecast: float | None
    forecast_budget: float | None
    forecasting: int
    watermelon: float | None

    @property
    def variance(self) -> float | None:
        """Forecast less budget, over the projects that have both."""
        return None if self.forecast is None or self.forecast_budget is None else self.forecast - self.forecast_budget

    @property
    def variance_share(self) -> float | None:
        """The variance as a share of the budget."""
        return self.variance / self.forecast_budget if self.variance is not None and self.forecast_budget else None


@dataclass(frozen=True)
class Part:
    """The live projects of one state in one dimension and currency."""

    dimension: str
    state: str
    currency: str
    projects: int
    budget: float | None


@dataclass(frozen=True)
class Summary:
    """The live projects of a scope on a review date.

    `reported` counts those with a report, `judged` those with both a reported and a computed colour: only in these can
    reports and evidence be compared.
    """

    live: int
    programs: int
    reported: int
    stale: int
    oldest_days: int | None
    watermelons: int
    judged: int
    judged_reported_red: int
    judged_computed_red: int
    money: tuple[Money, ...]
    parts: tuple[Part, ...]

    @property
    def fresh(self) -> int:
        """How many live projects have a report that is fresh at the review."""
        return self.reported - self.stale

    @property
    def never(self) -> int:
        """How many live projects have not reported at all yet."""
        return self.live - self.reported

    def count(self, dimension: str, state: str) -> int:
        """How many live projects have a state."""
        return sum(p.projects for p in self.parts if (p.dimension, p.state) == (dimension, state))

    def counts(self, dimension: str) -> dict[str, int]:
        """How many live projects have each state; they add up to `live`."""
        return {state: self.count(dimension, state) for state in STATES}

    def budgets(self, dimension: str, currency: str) -> dict[str, float]:
        """The budget in each state, in one currency; the states add up to its budget."""
        return {
            state: sum(
                p.budget or 0 for p in self.parts if (p.dimension, p.state, p.currency) == (dimension, state, currency)
            )
            for state in STATES
        }

    def known(self, dimension: str) -> int:
        """How many live projects have a known state."""
        return self.live - self.count(dimension, "unknown")


def summary(source: Source, day: dt.date, scope: Scope) -> Summary:
    """The live projects of a scope on a review date: how many, how they stand, and their money."""
    projects = f"(from {source.on(day)} where is_live and {IN_SCOPE})"
    live, programs, reported, stale, oldest_days, watermelons, judged, reported_red, computed_red = source.rows(
        f"""
        select count(*), count(distinct program_id), count(*) filter (is_reported), count(*) filter (is_stale),
            max(age_days), count(*) filter (is_watermelon),
            count(*) filter (reported <> 'unknown' and computed <> 'unknown'),
            count(*) filter (reported = 'red' and computed <> 'unknown'),
            count(*) filter (computed = 'red' and reported <> 'unknown')
        from {projects}
        """,
        scope.parameters(),
    )[0]
    money = source.rows(
        f"""
        select
            currency,
            count(*),
            sum(exact(budget))::double,
            count(budget),
            sum(exact(actual_cost))::double,
            count(actual_cost),
            sum(case when budget is not null then exact(eac) end)::double,
            sum(case when eac is not null then exact(budget) end)::double,
            count(*) filter (budget is not null and eac is not null),
            sum(case when is_watermelon then exact(budget) end)::double
        from {projects}
        group by currency
        order by count(*) desc, currency
        """,
        scope.parameters(),
    )
    parts = source.rows(
        f"""
        with long as (unpivot {projects} on {", ".join(DIMENSIONS)} into name dimension value state)
        select dimension, state, currency, count(*), sum(exact(budget))::double
        from long group by all order by all
        """,
        scope.parameters(),
    )
    return Summary(
        live,
        programs,
        reported,
        stale,
        oldest_days,
        watermelons,
        judged,
        reported_red,
        computed_red,
        tuple(Money(*row) for row in money),
        tuple(Part(*row) for row in parts),
    )


def trend(source: Source, day: dt.date, scope: Scope, currency: str = "", weeks: int = 26) -> pd.DataFrame:
    """The share of live projects in each state, as reported and as computed, week by week up to a review date.

    With a currency, the share of the budget in it. Columns: review_date, whole (projects, or the budget), and
    reported_green to reported_unknown, computed_green to computed_unknown (shares of one). Weeks without a live
    project, or without a budget, are left out.
    """
    amount = "budget" if currency else "projects"
    shares = ", ".join(
        f"coalesce(sum({amount}) filter ({basis} = '{state}'), 0)::double / whole as {basis}_{state}"
        for basis in BASES
        for state in STATES
    )
    return source.frame(
        f"""
        select review_date, sum({amount})::double as whole, {shares}
        from mart_health_week
        where review_date <= $day and review_date >= $day - 7 * $weeks and {IN_SCOPE}
            and ($currency = '' or currency = $currency)
        group by review_date
        having sum({amount}) > 0
        order by review_date
        """,
        {**scope.parameters(), "currency": currency, "day": day, "weeks": weeks},
    )


@dataclass(frozen=True)
class Parting:
    """The live projects whose report and evidence part in one way (a key of PARTED), and their budget by currency."""

    name: str
    projects: int
    budgets: tuple[tuple[str, float], ...]


def partings(source: Source, day: dt.date, scope: Scope) -> tuple[Parting, ...]:
    """Where reports and evidence part, and where a colour is better by a new baseline alone, in the order of PARTED."""
    held = ", ".join(f"case when {where} then '{name}' end" for name, where in PARTED.items())
    rows = source.rows(
        f"""
        with parted as (
            select unnest([{held}]) as name, currency, budget
            from {source.on(day)} where is_live and {IN_SCOPE}
        )
        select name, currency, count(*), sum(exact(budget))::double
        from parted where name is not null
        group by name, currency order by count(*) desc, currency
        """,
        scope.parameters(),
    )
    return tuple(
        Parting(
            name,
            sum(count for found, _, count, _ in rows if found == name),
            tuple((currency, budget) for found, currency, _, budget in rows if found == name and budget is not None),
        )
        for name in PARTED
    )


@dataclass(frozen=True)
class Item:
    """A live project that needs attention. `at_stake` is its budget; `why` says in words what put it here.

    `reported` is a colour, `rating` the word that the report itself used for it, such as "amber/red". `is_new` says
    that it was not on the list at the compared review, `is_newly_red` that it was not computed red then.
    """

    project_id: str
    project_name: str
    program_name: str | None
    portfolio: str | None
    reported: str
    rating: str | None
    computed: str
    is_stale: bool
    at_stake: float | None
    currency: str
    why: str
    is_new: bool
    is_newly_red: bool


@dataclass(frozen=True)
class Attention:
    """The items with most money at stake, and how many there are in all."""

    items: tuple[Item, ...]
    total: int
    new: int

    @property
    def currencies(self) -> int:
        """In how many currencies money is at stake here."""
        return len({item.currency for item in self.items if item.at_stake is not None})


NEEDS_ATTENTION = """is_live and (
    computed = 'red' or reported = 'red' or is_stale or (computed_original = 'red' and computed <> 'unknown')
)"""


def attention(source: Source, day: dt.date, before: dt.date | None, scope: Scope, limit: int = 10) -> Attention:
    """The live projects that are red (as computed, as reported, or but for a new baseline) or whose report is stale,
    most money first.

    Amounts of two currencies can't be compared: the first of each currency comes first, then the second of each, and
    last of all the projects without a budget.
    """
    then = f"(from {source.on(before)})" if before else f"(from {source.on(day)} where false)"
    rows = source.records(
        f"""
        select
            now.*,
            $compared and earlier.project_key is null as is_new,
            $compared and now.computed = 'red' and not coalesce(earlier.computed = 'red', false) as is_newly_red,
            row_number() over (partition by now.currency order by now.budget desc nulls last, now.project_key) as place,
            count(*) over () as total,
            count(*) filter ($compared and earlier.project_key is null) over () as new
        from (from {source.on(day)} where {NEEDS_ATTENTION} and {IN_SCOPE}) as now
        left join (from {then} where {NEEDS_ATTENTION}) as earlier using (project_key)
        order by now.budget is null, place, now.currency, now.project_key
        limit $most
        """,
        {**scope.parameters(), "compared": before is not None, "most": limit},
    )
    waits = _waits(source, day, [row["project_key"] for row in rows])
    items = tuple(_item({**row, "waits": waits.get(row["project_key"])}) for row in rows)
    return Attention(items, rows[0]["total"] if rows else 0, rows[0]["new"] if rows else 0)


def _waits(source: Source, day: dt.date, takers: Sequence[str]) -> dict[str, str]:
    """What comes too late for each of some projects, in words: of several the latest."""
    return {
        taker: f"waits for {reasons.shortened(giver, 40)}, {reasons.days(days)} too late"
        for taker, (giver, days) in late(source, day, takers).items()
    }


def _item(row: dict[str, Any]) -> Item:
    return Item(
        row["project_key"],
        row["project_name"],
        row["program_name"],
        row["portfolio"],
        row["reported"],
        row["reported_health"],
        row["computed"],
        row["is_stale"],
        row["budget"],
        row["currency"],
        reasons.attention(row),
        row["is_new"],
        row["is_newly_red"],
    )
