"""What people a project or a program needs, what of it is not there, and which change of it would be enough.

Amounts are full-time equivalents (FTE) of a calendar month; added up over months they are FTE-months. Source: methods
"Health", the resources dimension, and "Capacity against demand".
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby
from typing import Any

from analytics.capacity import demanded, month_after
from analytics.reading import IN_SCOPE, Scope, Source
from pipelines import build

JUDGED = 3  # calendar months after the review's that its colour is of
SHOWN = 12  # months from the review's on that a page lists
STEP = Decimal("0.1")  # FTE: the unit of a change
MOST_STEPS = 1000
NAMED = 3  # projects served before this one, by name
Place = tuple[int, int]  # load and row


@dataclass(frozen=True)
class Claim:
    """One project's need within a queue; those of the project asked about are `own`."""

    project_name: str
    skill: str
    fte: Decimal
    own: bool


@dataclass(frozen=True)
class Queue:
    """Who asks for a pool's people in a month, in the order in which they are given; `capacity` is None where no export
    states it. `demand_rows` are the export rows of the project asked about, `capacity_rows` those of the pool."""

    team: str
    pool: str
    month: dt.date
    capacity: Decimal | None
    claims: tuple[Claim, ...]
    demand_rows: tuple[Place, ...] = ()
    capacity_rows: tuple[Place, ...] = ()

    @property
    def needed(self) -> Decimal:
        """What the project asked about needs."""
        return sum((claim.fte for claim in self.claims if claim.own), Decimal(0))

    @property
    def unmet(self) -> Decimal:
        """What of it is not there, where the claims are served one after another."""
        taken = short = Decimal(0)
        for claim in self.claims if self.capacity is not None else ():
            taken += claim.fte
            if claim.own:
                short += min(claim.fte, max(taken - (self.capacity or Decimal(0)), Decimal(0)))
        return short

    @property
    def before(self) -> tuple[Claim, ...]:
        """The claims of others that are served before the last of the project's own."""
        last = max(n for n, claim in enumerate(self.claims) if claim.own)
        return tuple(claim for claim in self.claims[:last] if not claim.own)

    @property
    def name(self) -> str:
        """The team and its skill, and the month, in words."""
        skill = "" if self.pool == "any" else f", {self.pool}"
        return f"{self.team}{skill} in {self.month:%b %Y}"


@dataclass(frozen=True)
class Step:
    """A change of what is there ("capacity") or of what the project needs ("demand") in one queue: by how much FTE, to
    what in all, and the share unmet that it gives. `skill` is that of the need."""

    input: str
    queue: Queue
    by: Decimal
    to: Decimal
    share: float
    skill: str = ""


def queues(source: Source, day: dt.date, project_key: str) -> tuple[Queue, ...]:
    """The queues in which a project stands over the months that its colour is of, by team, pool and month."""
    rows = source.rows(
        f"""
        with
        asked as (from ({build.shortfall(demanded(source, day))}) where month between $first and $last),
        listed as (
            select coalesce(a.project_key, p.project_id) as project_key, any_value(p.project_name) as project_name
            from stg_projects as p left join project_alias as a using (project_id) group by all
        )
        select
            q.team, q.pool, q.month, people(q.capacity),
            coalesce(s.project_name, l.project_name, q.project_key), q.skill, people(q.fte), q.project_key = $key
        from asked as q
        semi join (from asked where project_key = $key) as o
            on o.team = q.team and o.pool = q.pool and o.month = q.month
        left join {source.on(day)} as s on s.project_key = q.project_key
        left join listed as l on l.project_key = q.project_key
        order by q.team, q.pool, q.month, q.place, q.skill
        """,
        {"key": project_key, "first": _first(day), "last": month_after(_first(day), JUDGED - 1)},
    )
    found = []
    for (team, pool, month, capacity), some in groupby(rows, key=lambda row: tuple(row[:4])):
        claims = tuple(Claim(*row[4:]) for row in some)
        found.append(Queue(team, pool, month, capacity, claims))
    return tuple(_with_rows(source, day, project_key, queue) for queue in found)


def _first(day: dt.date) -> dt.date:
    return month_after(day.replace(day=1), 1)


def _with_rows(source: Source, day: dt.date, project_key: str, queue: Queue) -> Queue:
    """A queue with the export rows of what the project needs in it, and of what is there."""
    skills = sorted({claim.skill for claim in queue.claims if claim.own})
    demand = source.rows(
        """
        select distinct load_id, source_row from fct_demand
        where project_key = $key and team = $team and month = $month and list_contains($skills, skill)
            and status_date <= $day and (valid_to is null or valid_to > $day)
        order by all
        """,
        {"key": project_key, "team": queue.team, "month": queue.month, "skills": skills, "day": day},
    )
    capacity = source.rows(
        "select distinct load_id, source_row from fct_capacity "
        "where team = $team and skill = $pool and month = $month order by all",
        {"team": queue.team, "pool": queue.pool, "month": queue.month},
    )
    return replace(queue, demand_rows=tuple(demand), capacity_rows=tuple(capacity))


def share(found: Sequence[Queue]) -> float | None:
    """The share of what a project needs that is not there; None where nothing of it has a stated capacity."""
    known = [queue for queue in found if queue.capacity is not None]
    needed = sum((queue.needed for queue in known), Decimal(0))
    unmet = sum((queue.unmet for queue in known), Decimal(0))
    return round(float(unmet) / float(needed), 9) if needed else None


def steps(found: Sequence[Queue], bound: float, *, better: bool) -> Iterator[Step]:
    """The smallest steps, one of what is there and one for each need in each queue, that bring the share below a bound
    (`better`), or to it."""

    def is_enough(part: float) -> bool:
        return (part < bound) if better else (part >= bound)

    for place, queue in enumerate(found):
        if queue.capacity is None:
            continue
        rest = [*found[:place], *found[place + 1 :]]
        if change := _capacity_step(queue, rest, is_enough, better=better):
            yield change
        for number, claim in enumerate(queue.claims):
            if claim.own and (change := _demand_step(queue, number, rest, is_enough, better=better)):
                yield change


def _capacity_step(
    queue: Queue, rest: Sequence[Queue], is_enough: Callable[[float], bool], *, better: bool
) -> Step | None:
    now = queue.capacity or Decimal(0)
    asked = sum((claim.fte for claim in queue.claims), Decimal(0))
    # More than all who ask need, or less than nothing, changes nothing more.
    most = int((asked - now) / STEP) + 1 if better else int(now / STEP)

    def tried(count: int) -> tuple[Decimal, float]:
        to = now + (STEP * count if better else -STEP * count)
        return to, share([replace(queue, capacity=to), *rest]) or 0.0

    if most < 1 or not is_enough(tried(most)[1]):
        return None
    low, high = 0, most  # the share only falls with more people, and only rises with fewer
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(tried(middle)[1]) else (middle, high)
    to, reached = tried(high)
    return Step("capacity", queue, to - now, to, reached)


def _demand_step(
    queue: Queue, number: int, rest: Sequence[Queue], is_enough: Callable[[float], bool], *, better: bool
) -> Step | None:
    claim = queue.claims[number]
    for count in range(1, MOST_STEPS if not better else int(claim.fte / STEP) + 1):
        by = -STEP * count if better else STEP * count
        claims = [*queue.claims]
        claims[number] = replace(claim, fte=claim.fte + by)
        reached = share([replace(queue, claims=tuple(claims)), *rest])
        if reached is not None and is_enough(reached):
            return Step("demand", queue, by, claim.fte + by, reached, claim.skill)
    return None


def demand(source: Source, day: dt.date, project_key: str) -> list[dict[str, Any]]:
    """What a project needs, month by month, from the month of a review on.

    Columns: team, pool (a skill), month, needed and requested (of it, not committed), unmet (None where no capacity is
    stated), assigned (None where no export of assignments is loaded); FTE.
    """
    return _demand(source, day, "project_key = $key", {"key": project_key})


def demand_of_program(source: Source, day: dt.date, scope: Scope) -> list[dict[str, Any]]:
    """What the projects of a scope need, month by month, as `demand` says it of one."""
    return _demand(
        source, day, f"project_key in (select project_key from {source.on(day)} where {IN_SCOPE})", {}, scope
    )


def _demand(
    source: Source, day: dt.date, where: str, values: dict[str, Any], scope: Scope | None = None
) -> list[dict[str, Any]]:
    first = day.replace(day=1)
    return source.records(
        f"""
        with
        known_team as (select team, list(distinct skill order by skill) as skills from fct_capacity group by team),
        asked as (
            select
                team, pool, month, sum(fte) as needed, sum(fte) filter (not is_committed) as requested,
                case when bool_and(capacity is not null) then sum(unmet) end as unmet
            from ({build.shortfall(demanded(source, day))}) where {where} group by all
        ),
        working as (
            select a.team, pool_of(a.skill, t.skills) as pool, a.month, sum(people(a.fte)) as assigned
            from fct_assignment as a left join known_team as t using (team)
            where {where} and status_date <= $day and (valid_to is null or valid_to > $day) group by all
        )
        select
            team, pool, month,
            coalesce(needed, 0)::double as needed,
            coalesce(requested, 0)::double as requested,
            case when needed is null then 0 else unmet end::double as unmet,
            case when exists (from fct_assignment) then coalesce(assigned, 0)::double end as assigned
        from asked full join working using (team, pool, month)
        where month between $first and $last
        order by lower(team), team, lower(pool), pool, month
        """,
        {
            **(scope.parameters() if scope else {}),
            **values,
            "day": day,
            "first": first,
            "last": month_after(first, SHOWN - 1),
        },
    )
