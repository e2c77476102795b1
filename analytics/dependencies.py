"""Which project waits for which, and what comes too late.

A dependency is broken when what it delivers is expected after the day on which it is needed. Sources: methods
"Health", "Roll-up".
"""

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from analytics.milestones import HELD
from analytics.reading import IN_SCOPE, Scope, Source

STATES = ("broken", "open", "unknown", "met")
_TO_COME = "state <> 'met' and comes is not null"

# The projects of the relation {projects}, and when each begins and ends: as it did, or is expected, or else planned.
# What is still to come can't come before the review on $day.
PLAN = """
    select
        *,
        coalesce(baseline_start > $day or stage = 'approved', false) as is_to_begin,
        case when is_to_begin then greatest(baseline_start, $day::date) else baseline_start end as begins,
        coalesce(
            finish_then, case when baseline_finish is not null then greatest(baseline_finish, $day::date) end
        ) as ends
    from {projects}
"""

# Each dependency on a review date, with what delivers (giver) and what waits (taker). The giver comes when its
# milestone, or else its project, is expected or came. Nobody waits any more in a project that has ended.
# A start that is past can't be waited for: who has begun needs it by the finish.
_DEPENDENCIES = f"""
    with
    held as ({HELD}),
    plan as ({PLAN}),
    keyed as (
        select
            d.* exclude (kind, lag_days),
            coalesce(d.kind, 'finish to start') as kind,
            coalesce(d.lag_days, 0)::integer as lag_days,
            coalesce(f.project_key, d.from_project_id) as giver,
            coalesce(t.project_key, d.to_project_id) as taker
        from stg_dependencies as d
        left join project_alias as f on f.project_id = d.from_project_id
        left join project_alias as t on t.project_id = d.to_project_id
        where coalesce(d.dependency_status, 'open') <> 'dropped'
    ),
    dated as (
        select
            k.*,
            fp.project_name as giver_name,
            fp.program_id as giver_program,
            fp.program_name as giver_program_name,
            tp.project_name as taker_name,
            tp.program_id as taker_program,
            tp.program_name as taker_program_name,
            tp.budget,
            tp.currency,
            fm.milestone_name as giver_milestone,
            tm.milestone_name as taker_milestone,
            fp.stage = 'cancelled' as is_cancelled,
            case
                when k.from_milestone_id is not null then fm.comes
                when starts_with(k.kind, 'start') then fp.begins
                else fp.ends
            end as comes,
            case
                when k.from_milestone_id is not null then fm.met_on is not null
                when starts_with(k.kind, 'start') then not fp.is_to_begin and fp.begins is not null
                else fp.actual_finish <= $day
            end as has_come,
            fp.stage = 'completed' as is_over,
            case
                when k.to_milestone_id is not null then tm.comes
                when ends_with(k.kind, 'start') and tp.is_to_begin then tp.begins
                else tp.ends
            end as taker_date,
            tm.met_on is not null as went_on,
            -- What waits for itself, or for the whole of what it is part of, says nothing.
            k.giver = k.taker and coalesce(k.from_milestone_id = k.to_milestone_id, true) as is_itself
        from keyed as k
        left join plan as fp on fp.project_key = k.giver
        left join plan as tp on tp.project_key = k.taker
        left join held as fm on fm.project_key = k.giver and fm.milestone_id = k.from_milestone_id
        left join held as tm on tm.project_key = k.taker and tm.milestone_id = k.to_milestone_id
        where coalesce(tp.stage not in ('completed', 'cancelled'), true)
    ),
    settled as (
        select
            *,
            dependency_status is not distinct from 'met' or went_on or coalesce(has_come or is_over, false) as is_met,
            coalesce(is_cancelled and not is_met, false) as is_lost
        from dated
    ),
    judged as (
        select
            * replace (case when not is_lost then comes end as comes),
            coalesce(needed_by, taker_date - lag_days) as needed,
            needed_by is not null as is_stated,
            case when not is_lost then needed - settled.comes end as slack_days,
            case
                when is_met then 'met'
                when is_itself then 'unknown'
                when is_lost then 'broken'
                when slack_days is null then 'unknown'
                when slack_days < 0 then 'broken'
                else 'open'
            end as state
        from settled
    )
"""


class Dependency(NamedTuple):
    """One dependency on a review date. `slack_days` is how long before the day it is needed it comes: negative where it
    comes too late, None where a day is not known. `is_cancelled` says that what delivers was cancelled before it did.
    `at_stake` is the budget of the project that waits, in `currency`."""

    dependency_id: str
    name: str
    giver: str
    giver_name: str
    giver_program: str | None
    giver_program_name: str | None
    giver_milestone_id: str | None
    giver_milestone: str | None
    taker: str
    taker_name: str
    taker_program: str | None
    taker_program_name: str | None
    taker_milestone_id: str | None
    taker_milestone: str | None
    kind: str
    owner: str | None
    is_cancelled: bool
    comes: dt.date | None
    needed: dt.date | None
    is_stated: bool
    slack_days: int | None
    state: str
    at_stake: float | None
    currency: str | None
    load_id: int
    source_row: int


def dependencies(source: Source, day: dt.date, scope: Scope, project_key: str | None = None) -> tuple[Dependency, ...]:
    """The dependencies whose giver or taker is in a scope (or is one project), on a review date.

    The broken ones first, those with most money behind them first; then the open ones with least slack. Left out are
    dropped ones, and those of projects that waited and have ended. Met are also those whose taker went on without. Both
    ends are named whether they lie in the scope or not.
    """
    projects = source.on(day)
    judged = _on_day(source, day)
    inside = f"(select project_key from {projects} where {IN_SCOPE})"
    one = "and $key in (giver, taker)" if project_key else ""
    given: dict[str, Any] = {**scope.parameters(), **({"key": project_key} if project_key else {})}
    where = f"(giver in {inside} or taker in {inside}) {one}"
    return _found(source, judged, where, given)


def waits(source: Source, day: dt.date) -> list[tuple[str, str]]:
    """Who delivers and who waits, of each dependency on a review date that is not met and whose day is known."""
    rows = source.rows(f"select giver, taker from {_on_day(source, day)} where {_TO_COME}")
    return [(giver, taker) for giver, taker in rows]


def waiting_for(source: Source, day: dt.date, givers: Sequence[str]) -> tuple[Dependency, ...]:
    """The dependencies of `waits` that some projects deliver."""
    where = f"{_TO_COME} and giver in (select unnest($givers::varchar[]))"
    return _found(source, _on_day(source, day), where, {"givers": list(givers)})


def late(source: Source, day: dt.date, takers: Sequence[str]) -> Mapping[str, tuple[str, int]]:
    """What comes too late for each of some projects: who delivers it, and by how many days; of several the latest."""
    rows = source.rows(
        f"""
        select taker, min({{'slack': slack_days, 'giver': coalesce(giver_name, giver)}}) as worst
        from {_on_day(source, day)}
        where state = 'broken' and slack_days is not null and list_contains($takers::varchar[], taker)
        group by taker
        """,
        {"takers": list(takers)},
    )
    return {taker: (worst["giver"], -worst["slack"]) for taker, worst in rows}


def _on_day(source: Source, day: dt.date) -> str:
    """The relation of all dependencies on a review date, computed once a day and kept."""
    return source.kept("dependency", day, f"{_DEPENDENCIES.replace('{projects}', source.on(day))} from judged")


def behind(found: Iterable[Dependency]) -> dict[str, float]:
    """The money behind dependencies by currency, the most first: the budget of each project that waits, once."""
    takers = {link.taker: (link.currency or "", link.at_stake) for link in found if link.at_stake}
    sums: dict[str, float] = {}
    for currency in {currency for currency, _ in takers.values()}:
        sums[currency] = math.fsum(budget for of, budget in takers.values() if of == currency)
    return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))


def worst(found: Iterable[Dependency]) -> int | None:
    """How many days the latest of broken dependencies comes too late; None where that is known of none."""
    return max((-link.slack_days for link in found if link.slack_days is not None), default=None)


def _found(source: Source, judged: str, where: str, given: Mapping[str, Any]) -> tuple[Dependency, ...]:
    rows = source.rows(
        f"""
        select
            dependency_id,
            coalesce(nullif(dependency_name, ''), nullif(giver_milestone, ''), nullif(giver_name, ''), giver),
            giver, coalesce(nullif(giver_name, ''), giver), giver_program, giver_program_name,
            from_milestone_id, coalesce(nullif(giver_milestone, ''), from_milestone_id),
            taker, coalesce(nullif(taker_name, ''), taker), taker_program, taker_program_name,
            to_milestone_id, coalesce(nullif(taker_milestone, ''), to_milestone_id),
            kind, dependency_owner, is_lost, comes, needed, is_stated, slack_days, state, budget, currency,
            load_id, source_row
        from {judged}
        where {where}
        order by list_position(['broken', 'open', 'unknown', 'met'], state),
            case when state = 'broken' then budget end desc nulls last, slack_days nulls last, dependency_id
        """,
        given,
    )
    return tuple(map(Dependency._make, rows))
