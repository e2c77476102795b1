"""Capacity against demand: who asks for which people in which month, who goes short, and what would slip for it.

Amounts are full-time equivalents (FTE) of a calendar month; added up over months they are FTE-months. Source:
"Capacity against demand".
"""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.reading import IN_SCOPE, Scope, Source
from pipelines import build

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Band = Literal["unknown", "slack", "healthy", "overloaded"]

ALL = Scope()
MOST_MONTHS = 36  # that a plan is read for; pages show 3 to 24 of them
SLACK, FULL = 0.8, 1.0  # of capacity: less is slack, more is overloaded
LEAST = 1e-6  # FTE: less than that is nothing, for conversions leave crumbs
NOTICED = 0.05  # months by which the middle of a project's demand moves before it is said
WEEKS_OF_A_MONTH = 365.25 / 12 / 7


@dataclass(frozen=True, eq=False)
class Plan:
    """What there is and what is asked for, from the month of a review on.

    `months` are first days, one after another. `pools` has team and pool (a skill, as capacity states it; asked for,
    where no capacity is stated), sorted; `capacity` is pools x months, NaN where nothing is stated. `projects` has a
    row for each that asks: project_key, project_name, program_id, program_name, portfolio, goal_id, stage, is_critical,
    priority, budget, currency, baseline_start, finish, earliest_start, latest_start, in_scope. `needs` has a row for
    each project, pool and month: project and pool (their row numbers), month (its place in `months`), is_committed,
    fte, place (the order in which people are given).
    """

    day: dt.date
    months: tuple[dt.date, ...]
    pools: pd.DataFrame
    capacity: Floats
    projects: pd.DataFrame
    needs: pd.DataFrame

    @cached_property
    def load(self) -> tuple[Floats, Floats]:
        """FTE asked for, pools x months: committed, and requested."""
        return self._summed(True), self._summed(False)

    def _summed(self, committed: bool) -> Floats:
        rows = self.needs[self.needs["is_committed"].to_numpy() == committed]
        out = np.zeros(self.capacity.shape)
        np.add.at(out, (rows["pool"].to_numpy(), rows["month"].to_numpy()), rows["fte"].to_numpy())
        return out

    @cached_property
    def unmet(self) -> Floats:
        """FTE that each row of `needs` does not get, where people are given in order; NaN where capacity is unknown."""
        needs = self.needs
        pool, month, fte = (needs[name].to_numpy() for name in ("pool", "month", "fte"))
        order = np.lexsort((needs["place"].to_numpy(), month, pool))
        taken = np.cumsum(fte[order])
        cell = pool[order] * len(self.months) + month[order]
        first = np.r_[True, cell[1:] != cell[:-1]] if len(cell) else np.zeros(0, bool)
        before = np.r_[0.0, taken[:-1]][first] if len(cell) else np.zeros(0)
        taken = taken - np.repeat(before, np.diff(np.r_[np.flatnonzero(first), len(cell)]))
        over = np.minimum(fte[order], np.maximum(taken - self.capacity[pool[order], month[order]], 0))
        out = np.empty(len(needs))
        out[order] = np.where(over < LEAST, 0, over)
        return out

    def overload(self, *, requested: bool = False) -> Floats:
        """FTE above capacity, pools x months; 0 where capacity is unknown."""
        committed, asked = self.load
        over = np.nan_to_num(committed + (asked if requested else 0) - self.capacity, nan=0.0)
        return np.where(over > LEAST, over, 0)


def plan(source: Source, day: dt.date, scope: Scope = ALL, horizon: int = MOST_MONTHS) -> Plan:
    """What there is and what is asked for, by the plans that hold on a review date.

    All projects count, whatever the scope: they share the same people. `in_scope` tells those of the scope.
    """
    first = day.replace(day=1)
    months = tuple(month_after(first, n) for n in range(horizon))
    asked = source.frame(
        f"select project_key, team, pool, month, is_committed, sum(fte)::double as fte, min(place) as place "
        f"from {demanded(source, day)} where month between $first and $last group by all order by all",
        {"first": months[0], "last": months[-1]},
    )
    stated = source.frame(
        "select team, skill as pool, month, sum(people(fte))::double as fte from fct_capacity "
        "where month between $first and $last group by all order by all",
        {"first": months[0], "last": months[-1]},
    )
    pools = pd.concat([stated[["team", "pool"]], asked[["team", "pool"]]]).drop_duplicates()
    pools = pools.sort_values(["team", "pool"], key=lambda texts: texts.str.casefold(), ignore_index=True)
    projects = source.frame(
        f"""
        with
        asking as (select distinct project_key, stage, is_critical, priority from {demanded(source, day)}),
        listed as (
            select
                coalesce(a.project_key, p.project_id) as project_key,
                any_value(p.project_name) as project_name,
                any_value(p.program_id) as program_id,
                any_value(p.portfolio) as portfolio,
                any_value(p.goal_id) as goal_id,
                any_value(p.budget) as budget,
                any_value(p.currency) as currency,
                min(p.baseline_start) as baseline_start,
                max(p.baseline_finish) as baseline_finish,
                min(p.earliest_start) as earliest_start,
                max(p.latest_start) as latest_start
            from stg_projects as p
            left join project_alias as a using (project_id)
            group by all
        ),
        joined as (
            -- What is listed to begin later is no project of the day yet, but asks for people already.
            select
                a.*,
                coalesce(p.project_name, l.project_name, a.project_key) as project_name,
                coalesce(p.program_id, l.program_id) as program_id,
                coalesce(p.portfolio, l.portfolio, g.program_portfolio) as portfolio,
                coalesce(g.program_name, p.program_name, l.program_id) as program_name,
                coalesce(p.goal_id, l.goal_id, g.program_goal_id) as goal_id,
                coalesce(p.budget, l.budget) as budget,
                coalesce(p.currency, l.currency, 'USD') as currency,
                coalesce(p.baseline_start, l.baseline_start) as baseline_start,
                coalesce(p.finish_then, p.baseline_finish, l.baseline_finish) as finish,
                l.earliest_start,
                l.latest_start
            from asking as a
            left join {source.on(day)} as p using (project_key)
            left join listed as l using (project_key)
            left join stg_programs as g on g.program_id = coalesce(p.program_id, l.program_id)
        )
        select
            project_key, project_name, program_id, program_name, portfolio, goal_id, stage, is_critical, priority,
            budget, currency, baseline_start, finish, earliest_start, latest_start,
            coalesce({IN_SCOPE}, false) as in_scope
        from joined
        order by project_key
        """,
        scope.parameters(),
    )
    at = {month: place for place, month in enumerate(months)}
    number = {pair: row for row, pair in enumerate(pools.itertuples(index=False, name=None))}
    rows = {key: row for row, key in enumerate(projects["project_key"])}
    capacity = np.full((len(pools), len(months)), np.nan)
    for team, pool, month, fte in stated.itertuples(index=False, name=None):
        capacity[number[team, pool], at[month.date()]] = fte
    needs = pd.DataFrame(
        {
            "project": asked["project_key"].map(rows).astype("int64"),
            "pool": [number[pair] for pair in zip(asked["team"], asked["pool"], strict=True)],
            "month": [at[month.date()] for month in asked["month"]],
            "is_committed": asked["is_committed"].astype(bool),
            "fte": asked["fte"].astype(float),
            "place": asked["place"].astype("int64"),
        }
    ).astype({"pool": "int64", "month": "int64"})
    return Plan(day, months, pools, capacity, projects, needs)


def demanded(source: Source, day: dt.date) -> str:
    """The relation of what is asked for on a day, from its month on: the columns of the model demand_at."""
    sql = build.demand_at("(select $day::date as review_date)", "d.month >= date_trunc('month', day.review_date)")
    return source.kept("demand", day, sql)


def month_after(first: dt.date, months: int) -> dt.date:
    """The first day of the month so many months after another's.

    >>> month_after(dt.date(2026, 11, 1), 3)
    datetime.date(2027, 2, 1)
    """
    years, month = divmod(first.month - 1 + months, 12)
    return dt.date(first.year + years, month + 1, 1)


def band(load: float, capacity: float) -> Band:
    """How a load stands against capacity: slack below 80 %, healthy to 100 %, overloaded above."""
    if np.isnan(capacity):
        return "unknown"
    if load > capacity + LEAST:
        return "overloaded"
    return "slack" if load < SLACK * capacity - LEAST or capacity <= LEAST else "healthy"


@dataclass(frozen=True)
class Heat:
    """One cell of the heat map: a team, or a skill of one, or a skill over all teams, in a month.

    `over` is the FTE above capacity added up over its pools, so that one skill's slack does not hide the overload of
    another; `lacking` what is asked for where no capacity is stated.
    """

    month: dt.date
    capacity: float | None
    committed: float
    requested: float
    over: float
    lacking: float

    def load(self, *, requested: bool) -> float:
        """What is asked for."""
        return self.committed + (self.requested if requested else 0)

    def utilisation(self, *, requested: bool) -> float | None:
        """Load by capacity; None where there is none."""
        return self.load(requested=requested) / self.capacity if self.capacity else None

    @property
    def gap(self) -> float | None:
        """Capacity that committed work leaves; negative where it lacks."""
        return None if self.capacity is None else self.capacity - self.committed


@dataclass(frozen=True)
class Row:
    """A row of the heat map: its team and skill, "" where it stands for all of them, and its cells by month."""

    team: str
    pool: str
    cells: tuple[Heat, ...]


Level = Literal["team", "pool", "skill"]


def heat(found: Plan, level: Level, months: int, *, requested: bool = False) -> list[Row]:
    """The heat map's rows: by team, by team and skill, or by skill over all teams; those that the projects of the scope
    ask for, with what all projects ask of them."""
    asked_for = pools_of_scope(found)
    committed, asked = found.load
    over = found.overload(requested=requested)
    groups: dict[tuple[str, str], list[int]] = {}
    for row, (team, pool) in enumerate(found.pools[["team", "pool"]].itertuples(index=False, name=None)):
        if row not in asked_for:
            continue
        key = {"team": (team, ""), "pool": (team, pool), "skill": ("", pool)}[level]
        groups.setdefault(key, []).append(row)
    rows = []
    for (team, pool), places in groups.items():
        cells = []
        for at, month in enumerate(found.months[:months]):
            stated = found.capacity[places, at]
            known = ~np.isnan(stated)
            loads = committed[places, at] + (asked[places, at] if requested else 0)
            cells.append(
                Heat(
                    month,
                    float(stated[known].sum()) if known.any() else None,
                    float(committed[places, at][known].sum()),
                    float(asked[places, at][known].sum()),
                    float(over[places, at].sum()),
                    float(loads[~known].sum()),
                )
            )
        rows.append(Row(team, pool, tuple(cells)))
    return rows


def pools_of_scope(found: Plan) -> set[int]:
    """The pools (row numbers) that projects of the scope ask for; all where the scope is everything."""
    inside = found.projects["in_scope"].to_numpy(dtype=bool)
    if inside.all():
        return set(range(len(found.pools)))
    return set(found.needs["pool"].to_numpy()[inside[found.needs["project"].to_numpy()]].tolist())


@dataclass(frozen=True)
class Asking:
    """A project that asks for the people of a cell: what it needs and does not get, in order of who is served first."""

    project_key: str
    project_name: str
    program_name: str | None
    stage: str | None
    finish: dt.date | None
    is_critical: bool
    priority: float | None
    is_committed: bool
    team: str
    pool: str
    needs: float
    unmet: float | None


def asking(found: Plan, team: str, pool: str, month: dt.date) -> list[Asking]:
    """Who asks for the people of a team (or a skill; "" for all) in a month, those served first on top."""
    names = found.pools
    chosen = np.flatnonzero(
        ((names["team"] == team) | (team == "")).to_numpy() & ((names["pool"] == pool) | (pool == "")).to_numpy()
    )
    at = found.months.index(month)
    rows = found.needs[found.needs["pool"].isin(chosen) & (found.needs["month"] == at)]
    out = []
    for index, row in rows.sort_values(["place", "pool"]).iterrows():
        project, where = found.projects.iloc[row["project"]], names.iloc[row["pool"]]
        lacks = found.unmet[int(str(index))]
        out.append(
            Asking(
                project["project_key"],
                project["project_name"],
                _text(project["program_name"]),
                _text(project["stage"]),
                None if pd.isna(project["finish"]) else pd.Timestamp(project["finish"]).date(),
                bool(project["is_critical"]),
                _number(project["priority"]),
                bool(row["is_committed"]),
                where["team"],
                where["pool"],
                float(row["fte"]),
                None if np.isnan(lacks) else float(lacks),
            )
        )
    return out


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def short(found: Plan, months: int) -> pd.DataFrame:
    """Projects that do not get what they need in the next months, most FTE-months short first.

    Columns: those of `projects`, needed and unmet (FTE-months, where capacity is known), is_committed, weeks (by which
    its finish slips if what it lacks is made up at its usual pace after all: what it lacks of a pool, by what it needs
    of it in an average month; the pool that lacks most of it decides) and slips_to.
    """
    rows = found.needs.assign(unmet=found.unmet)
    rows = rows[(rows["month"] < months) & rows["unmet"].notna()]
    by_pool = rows.groupby(["project", "pool"]).agg(
        needed=("fte", "sum"), unmet=("unmet", "sum"), months=("month", "nunique")
    )
    by_pool["weeks"] = by_pool["unmet"] / (by_pool["needed"] / by_pool["months"]) * WEEKS_OF_A_MONTH
    total = by_pool.groupby("project").agg(needed=("needed", "sum"), unmet=("unmet", "sum"), weeks=("weeks", "max"))
    total["is_committed"] = rows.groupby("project")["is_committed"].max()
    total = total[total["unmet"] > LEAST]
    table = total.join(found.projects, how="left")
    later = pd.to_timedelta(np.ceil(table["weeks"]) * 7, unit="D")
    table["slips_to"] = pd.to_datetime(table["finish"]) + later
    return table.sort_values(["unmet", "project_key"], ascending=[False, True], ignore_index=True)


def contention(found: Plan, months: int) -> pd.DataFrame:
    """Which programs compete for overloaded team-months: program_id, program_name, needed, unmet (FTE-months of
    committed work in the pools and months that committed work overloads), cells (how many of them it asks in)."""
    over = found.overload() > 0
    rows = found.needs.assign(unmet=found.unmet)
    rows = rows[rows["is_committed"] & (rows["month"] < months)]
    rows = rows[over[rows["pool"].to_numpy(), rows["month"].to_numpy()]]
    rows = rows.join(found.projects[["program_id", "program_name"]], on="project")
    rows["cell"] = rows["pool"] * len(found.months) + rows["month"]
    table = rows.groupby(["program_id", "program_name"], dropna=False).agg(
        needed=("fte", "sum"), unmet=("unmet", "sum"), cells=("cell", "nunique")
    )
    return pd.DataFrame(table.reset_index().sort_values(["unmet", "needed"], ascending=False, ignore_index=True))


def without_capacity(found: Plan, months: int) -> pd.DataFrame:
    """What is asked for where no capacity is stated: team, pool, fte (FTE-months), projects, is_known (whether the team
    states capacity of any skill or month)."""
    rows = found.needs[found.needs["month"] < months]
    rows = rows[np.isnan(found.capacity[rows["pool"].to_numpy(), rows["month"].to_numpy()])]
    table = rows.groupby("pool").agg(fte=("fte", "sum"), projects=("project", "nunique"), months=("month", "nunique"))
    stated = set(found.pools["team"].to_numpy()[~np.isnan(found.capacity).all(axis=1)])
    table = table.join(found.pools.rename(columns={"pool": "skill"}))
    table["is_known"] = table["team"].isin(stated)
    return pd.DataFrame(table.sort_values("fte", ascending=False, ignore_index=True))


def without_demand(found: Plan, months: int) -> pd.DataFrame:
    """Pools that have people and that nobody asks for in the next months: team, skill, fte (an average month's)."""
    loads = (found.load[0] + found.load[1])[:, :months]
    stated = found.capacity[:, :months]
    with np.errstate(invalid="ignore"):
        usual = np.array([np.nan if np.isnan(row).all() else np.nanmean(row) for row in stated])
    idle = (loads.sum(axis=1) <= LEAST) & (usual > LEAST)
    table = found.pools.rename(columns={"pool": "skill"}).assign(fte=usual)[idle]
    return pd.DataFrame(table.sort_values("fte", ascending=False, ignore_index=True))


@dataclass(frozen=True)
class Later:
    """A project whose demand moved right: by how many months the FTE-weighted middle of it is later than a month ago,
    at how many of the plans looked at it moved right, and the FTE-months asked for then and now."""

    project_key: str
    project_name: str
    program_name: str | None
    months: float
    times: int
    asked_before: float
    asked_now: float


def moving_right(source: Source, day: dt.date, scope: Scope, back: int = 4) -> tuple[list[Later], pd.DataFrame]:
    """Demand that keeps moving right: projects whose middle month of demand is later than a month ago, most often
    first; and what was asked for the coming months then and now (month, before, now: FTE).

    Plans are compared at reviews four weeks apart, `back` of them; months up to the review's own are left out, for
    they are over.
    """
    days = [day - dt.timedelta(weeks=4 * n) for n in range(back, -1, -1)]
    first, last = month_after(day.replace(day=1), 1), month_after(day.replace(day=1), 24)
    found = []
    for n, one in enumerate(days):
        table = source.frame(
            f"select d.project_key, d.month, sum(d.fte)::double as fte from {demanded(source, one)} as d "
            "where d.month between $first and $last and d.is_committed group by all",
            {"first": first, "last": last},
        )
        found.append(table.assign(step=n))
    every = pd.concat(found)
    if every.empty:
        return [], pd.DataFrame(columns=["month", "before", "now"])
    every["at"] = pd.to_datetime(every["month"]).dt.year * 12.0 + pd.to_datetime(every["month"]).dt.month
    every["weighed"] = every["at"] * every["fte"]
    sums = every.groupby(["project_key", "step"])[["weighed", "fte"]].sum()
    middle = (sums["weighed"] / sums["fte"]).unstack("step").reindex(columns=range(back + 1))
    asked = sums["fte"].unstack("step").reindex(columns=range(back + 1))
    names = {
        key: (name, program)
        for key, name, program in source.rows(
            f"select project_key, project_name, program_name from {source.on(day)} where {IN_SCOPE}", scope.parameters()
        )
    }
    out = []
    for key, *steps in middle.itertuples(name=None):
        by = steps[-1] - steps[-2]
        if key in names and by > NOTICED:
            times = sum(later - earlier > NOTICED for earlier, later in pairwise(steps))
            then, now = (float(asked.loc[key].iloc[n]) for n in (-2, -1))
            out.append(Later(key, *names[key], float(by), times, then, now))
    months = every[every["step"] >= back - 1].groupby(["month", "step"])["fte"].sum().unstack("step", fill_value=0)
    months = months.reindex(columns=[back - 1, back], fill_value=0.0).reset_index()
    months.columns = ["month", "before", "now"]
    return sorted(out, key=lambda one: (-one.times, -one.months * one.asked_now, one.project_key)), months


def is_stated(source: Source) -> tuple[bool, bool]:
    """Whether any capacity, and any demand, is in force."""
    found = source.rows("select exists (from fct_capacity), exists (from fct_demand)")
    return bool(found[0][0]), bool(found[0][1])
