"""One project, with every number back to its row. Sources: methods "Health", "Time"."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics import changes
from analytics.alignment import serves
from analytics.origins import Fact, Origin, origins
from analytics.projects import attributes_on
from analytics.reading import Basis, Scope, Source
from analytics.why import Judgement, judgements


@dataclass(frozen=True)
class HeldBaseline:
    """A baseline that a project had: its number (1 the original), from which day, what it states, and the row."""

    number: int
    from_date: dt.date
    start: dt.date | None
    finish: dt.date | None
    budget: float | None
    origin: Origin | None


@dataclass(frozen=True)
class Served:
    """A goal that a project serves: the names of the goals from the top of the tree to it, and the part of the project
    that serves it."""

    path: tuple[str, ...]
    share: float


@dataclass(frozen=True)
class Project:
    """One project on a review date. `row` holds the columns of Source.on.

    `baselines` are in the order in which it got them, the first is the original. `goals` are those that it serves, the
    largest part first. `attributes` are the kept columns that no contract knows.

    `history` has one row a report, oldest first, each judged at the review of its week: HISTORY_COLUMNS, where
    finish_then is the finish forecast then, held_finish and held_budget what the baseline of that day states, and
    source_row the row in the export file.
    """

    row: Mapping[str, Any]
    judgements: tuple[Judgement, ...]
    facts: tuple[Fact, ...]
    history: pd.DataFrame
    baselines: tuple[HeldBaseline, ...]
    goals: tuple[Served, ...] = ()
    attributes: tuple[Fact, ...] = ()


def project(source: Source, day: dt.date, project_key: str) -> Project | None:
    """One project on a review date, with why its colours are what they are and where its numbers came from.

    None where the store does not know it on that date. An id that was joined to another project opens that one.
    """
    rows = source.records(
        f"""
        from {source.on(day)}
        where project_key = coalesce((select project_key from project_alias where project_id = $key limit 1), $key)
        """,
        {"key": project_key},
    )
    if not rows:
        return None
    row = rows[0]
    steps = _steps(source, day, row["project_key"])
    history = steps.loc[steps["is_reported"], HISTORY_COLUMNS].reset_index(drop=True)
    return Project(
        row,
        judgements(source, day, row),
        _facts(source, row, steps),
        history,
        _baselines(source, day, row["project_key"]),
        tuple(Served(_path(source, goal), part) for goal, part in serves(source, day, row["project_key"])),
        _kept(source, day, row["project_key"]),
    )


def _kept(source: Source, day: dt.date, project_key: str) -> tuple[Fact, ...]:
    """The attributes of a project, and where each is from."""
    found = source.rows(
        f"select name, value, load_id, source_row from ({attributes_on(day)}) where project_key = $key "
        "order by lower(name), name",
        {"key": project_key},
    )
    places = origins(source, [(load, row) for _, _, load, row in found]) if found else {}
    return tuple(Fact(name, value, places.get((load, row))) for name, value, load, row in found)


def moved(
    source: Source, day: dt.date, before: dt.date | None, basis: Basis, project_key: str
) -> Mapping[str, Any] | None:
    """One project's row of changes.between, in the scope of all; None where the store does not know it."""
    rows = source.records(
        f"from {changes.between(source, day, before, basis)} where project_key = $key",
        {**Scope().parameters(), "key": project_key},
    )
    return rows[0] if rows else None


def _baselines(source: Source, day: dt.date, project_key: str) -> tuple[HeldBaseline, ...]:
    found = source.rows(
        """
        select number, from_date, baseline_start, baseline_finish, budget, load_id, source_row
        from fct_baseline
        where project_key = $key and (from_date <= $day or number = 1)
        order by number
        """,
        {"key": project_key, "day": day},
    )
    places = origins(source, [(load, row) for *_, load, row in found]) if found else {}
    return tuple(
        HeldBaseline(number, from_date, start, finish, budget, places.get((load, row)))
        for number, from_date, start, finish, budget, load, row in found
    )


def _path(source: Source, goal_id: str) -> tuple[str, ...]:
    """The names of a goal and of those above it, from the top; a goal that no export lists goes by its id."""
    found = source.rows(
        """
        with recursive above as (
            select $goal as goal_id, 0 as steps
            union
            select g.parent_goal_id, steps + 1
            from above join stg_goals as g using (goal_id)
            where g.parent_goal_id is not null and steps < 9
        )
        select coalesce(max(g.goal_name), a.goal_id)
        from above as a left join stg_goals as g using (goal_id)
        group by a.goal_id order by max(steps) desc
        """,
        {"goal": goal_id},
    )
    return tuple(name for (name,) in found)


def _steps(source: Source, day: dt.date, project_key: str) -> pd.DataFrame:
    """The project's rows up to a date, each judged at the review of its week, and (said_...) what its export row says
    itself."""
    # Ids that are written out are looked for while the history is read; joined ones only after all of it was.
    ids = {f"id_{n}": one for n, one in enumerate(ids_of(source, project_key))}
    return source.frame(
        f"""
        with
        row as materialized (from fct_status where project_key = $key and status_date <= $day),
        said as materialized (
            select load_id, source_row, comment, baseline_start, baseline_finish, budget
            from fact_status where project_id in ({", ".join(f"${name}" for name in ids)})
        ),
        reviewed as (select *, week_end(status_date) as review_date from row),
        measured as (
            select
                *,
                is_running(review_date, is_reported, listed_stage, listed_stage_from, stage, actual_finish) as running,
                finish_at(review_date, forecast_finish, actual_finish, baseline_finish, running) as finish_then,
                estimate_at_completion(forecast_cost, budget, earned_value, actual_cost) as eac
            from reviewed
        ),
        judged as (
            select
                *,
                schedule_colour(slip_share(finish_then, baseline_start, baseline_finish)) as schedule_then,
                cost_colour(overrun_share(eac, budget)) as cost_then,
                milestones_colour(missed_share(milestones_missed, milestones_due)) as milestones_then,
                risk_colour(exposure) as risk_then,
                resources_colour(unmet_share(unmet, needed)) as resources_then
            from measured
            left join (from evidence_week where project_key = $key) using (review_date, project_key)
            left join (from resources_week where project_key = $key) using (review_date, project_key)
        )
        select
            j.*,
            coalesce(j.reported_colour, 'unknown') as reported,
            coalesce(schedule_then, 'unknown') as schedule,
            coalesce(cost_then, 'unknown') as cost,
            coalesce(milestones_then, 'unknown') as milestones,
            coalesce(risk_then, 'unknown') as risk,
            coalesce(resources_then, 'unknown') as resources,
            coalesce(
                computed_colour(schedule_then, cost_then, milestones_then, risk_then, resources_then), 'unknown'
            ) as computed,
            finish_then - j.baseline_finish as slip_days,
            coalesce(b.baseline_finish, j.baseline_finish) as held_finish,
            coalesce(b.budget, j.budget) as held_budget,
            l.file_name,
            l.sheet,
            said.comment,
            said.baseline_start as said_baseline_start,
            said.baseline_finish as said_baseline_finish,
            said.budget as said_budget
        from judged as j
        asof left join (from fct_baseline where project_key = $key) as b
            on b.project_key = j.project_key and j.status_date >= b.from_date
        left join load as l on l.load_id = j.load_id
        left join said on j.is_reported and said.load_id = j.fact_load_id and said.source_row = j.fact_source_row
        order by j.status_date
        """,
        {"key": project_key, "day": day, **ids},
    )


def ids_of(source: Source, project_key: str) -> tuple[str, ...]:
    """The ids that exports call a project by: its own, and those that were joined to it."""
    joined = source.rows("select project_id from project_alias where project_key = $key", {"key": project_key})
    return tuple(sorted({project_key, *(one for (one,) in joined)}))


HISTORY_COLUMNS = [
    "status_date", "reported", "reported_health", "computed", "schedule", "cost", "milestones", "risk", "resources",
    "finish_then", "baseline_finish", "held_finish", "held_budget", "slip_days", "percent_complete", "budget", "eac",
    "planned_value", "earned_value", "actual_cost", "comment", "file_name", "sheet", "source_row", "load_id",
]  # fmt: skip


_FROM_ANY = ("baseline_start", "baseline_finish", "budget")
_TRACED = (
    "reported_health",
    "baseline_start",
    "baseline_finish",
    "forecast_finish",
    "actual_finish",
    "budget",
    "forecast_cost",
    "earned_value",
    "actual_cost",
    "percent_complete",
)


def _facts(source: Source, row: Mapping[str, Any], steps: pd.DataFrame) -> tuple[Fact, ...]:
    """Where each figure of a project came from: the projects export, the status row in force, or an older one."""
    listed = source.records(
        """
        from stg_projects where project_id in (
            select $id union select project_id from project_alias where project_key = $key
        )
        order by project_id = $key desc, load_id desc limit 1
        """,
        {"id": row["project_id"], "key": row["project_key"]},
    )
    names = [name for name in _TRACED if row[name] is not None]
    wanted = {name: _origin(name, row, steps, listed) for name in names}
    places = origins(source, [(place[0], place[1]) for place in wanted.values() if place])
    facts = []
    for name, place in wanted.items():
        origin, note = (places.get(place[:2]), place[2]) if place else (None, "")
        facts.append(Fact(name, row[name], origin, note))
    return tuple(facts)


def _origin(
    name: str, row: Mapping[str, Any], steps: pd.DataFrame, listed: Sequence[Mapping[str, Any]]
) -> tuple[int, int, str] | None:
    """A figure's load, row and what was done to it."""
    if name not in _FROM_ANY:
        return (row["load_id"], row["source_row"], "") if row["is_reported"] else None
    if listed and listed[0][name] is not None:
        return listed[0]["load_id"], listed[0]["source_row"], ""
    said = steps[steps[f"said_{name}"].notna()]
    if len(said):
        last = said.iloc[-1]
        carried = "" if last["status_date"] == steps.iloc[-1]["status_date"] else "from an earlier report"
        return int(last["load_id"]), int(last["source_row"]), carried
    first_reported = {"baseline_finish": "forecast_finish", "budget": "forecast_cost"}.get(name)
    forecast = steps[steps[first_reported].notna()] if first_reported else steps.iloc[:0]
    if len(forecast):
        first = forecast.iloc[0]
        return int(first["load_id"]), int(first["source_row"]), "the first forecast, held as baseline"
    return None
