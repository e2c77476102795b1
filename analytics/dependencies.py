"""Which project waits for which, and what comes too late.

A dependency is broken when what it delivers is expected after the day on which it is needed. Sources: methods
"Health", "Roll-up".
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics.reading import IN_SCOPE, Scope, Source

STATES = ("broken", "open", "unknown", "met")

# Each dependency on a review date, with what delivers (giver) and what waits (taker). The giver comes when its
# milestone, or else its project, is expected or came; an unmet one can't come before the review.
_DEPENDENCIES = """
    with
    held as (
        select
            project_key, milestone_id, milestone_name, baseline_date,
            case when actual_date <= $day then actual_date end as met_on,
            coalesce(met_on, greatest(coalesce(forecast_date, baseline_date), $day::date)) as comes
        from fct_milestone
        where status_date <= $day and (valid_to is null or valid_to > $day)
    ),
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
            tp.portfolio as taker_portfolio,
            fp.portfolio as giver_portfolio,
            tp.budget,
            tp.currency,
            tp.is_live,
            fm.milestone_name as giver_milestone,
            tm.milestone_name as taker_milestone,
            case
                when k.from_milestone_id is not null then fm.comes
                when starts_with(k.kind, 'start') then fp.baseline_start
                else fp.finish_then
            end as comes,
            case when k.from_milestone_id is not null then fm.met_on
                when starts_with(k.kind, 'start') then case when fp.baseline_start <= $day then fp.baseline_start end
                when fp.actual_finish <= $day then fp.actual_finish end as met_on,
            case
                when k.to_milestone_id is not null then tm.comes
                when ends_with(k.kind, 'start') then tp.baseline_start
                else tp.finish_then
            end as taker_date
        from keyed as k
        left join {projects} as fp on fp.project_key = k.giver
        left join {projects} as tp on tp.project_key = k.taker
        left join held as fm on fm.project_key = k.giver and fm.milestone_id = k.from_milestone_id
        left join held as tm on tm.project_key = k.taker and tm.milestone_id = k.to_milestone_id
    ),
    judged as (
        select
            *,
            coalesce(needed_by, taker_date - lag_days) as needed,
            coalesce(needed_by is not null, false) as is_stated,
            coalesce(dependency_status = 'met', false) or met_on is not null as is_met,
            needed - comes as slack_days,
            case
                when is_met then 'met'
                when slack_days is null then 'unknown'
                when slack_days < 0 then 'broken'
                else 'open'
            end as state
        from dated
    )
"""


@dataclass(frozen=True)
class Dependency:
    """One dependency on a review date. `slack_days` is how long before the day it is needed it comes: negative where it
    comes too late. `at_stake` is the budget of the project that waits, in `currency`."""

    dependency_id: str
    name: str
    giver: str
    giver_name: str
    giver_program: str | None
    giver_milestone_id: str | None
    giver_milestone: str | None
    taker: str
    taker_name: str
    taker_program: str | None
    taker_milestone_id: str | None
    taker_milestone: str | None
    kind: str
    owner: str | None
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

    The broken ones first, those with most money behind them first; then the open ones with least slack. Dropped ones
    are left out. Both ends are named whether they lie in the scope or not.
    """
    projects = source.on(day)
    inside = f"(select project_key from {projects} where {IN_SCOPE})"
    one = "and $key in (giver, taker)" if project_key else ""
    given: dict[str, Any] = {**scope.parameters(), "day": day, **({"key": project_key} if project_key else {})}
    rows = source.records(
        f"""
        {_DEPENDENCIES.replace("{projects}", projects)}
        select *
        from judged
        where (giver in {inside} or taker in {inside}) {one}
        order by list_position(['broken', 'open', 'unknown', 'met'], state),
            case when state = 'broken' then budget end desc nulls last, slack_days nulls last, dependency_id
        """,
        given,
    )
    return tuple(_dependency(row) for row in rows)


def _dependency(row: Mapping[str, Any]) -> Dependency:
    return Dependency(
        row["dependency_id"],
        row["dependency_name"] or row["giver_milestone"] or row["giver_name"] or row["giver"],
        row["giver"],
        row["giver_name"] or row["giver"],
        row["giver_program"],
        row["from_milestone_id"],
        row["giver_milestone"] or row["from_milestone_id"],
        row["taker"],
        row["taker_name"] or row["taker"],
        row["taker_program"],
        row["to_milestone_id"],
        row["taker_milestone"] or row["to_milestone_id"],
        row["kind"],
        row["dependency_owner"],
        row["comes"],
        row["needed"],
        row["is_stated"],
        row["slack_days"],
        row["state"],
        row["budget"],
        row["currency"],
        row["load_id"],
        row["source_row"],
    )
