"""One project, with every number back to its row. Sources: methods "Health", "Time"."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics import changes
from analytics.origins import Fact, origins
from analytics.projects import attributes_on
from analytics.reading import Basis, Scope, Source
from analytics.why import Judgement, judgements


@dataclass(frozen=True)
class Rebaseline:
    """A report that came with another baseline than the one before: its finish in days, its budget in money."""

    status_date: dt.date
    finish_moved: int | None
    budget_moved: float | None


@dataclass(frozen=True)
class FirstBaseline:
    """How a project that was re-baselined stands against its first baseline."""

    finish: dt.date | None
    budget: float | None
    slip_days: int | None
    overrun: float | None
    computed: str


@dataclass(frozen=True)
class Project:
    """One project on a review date. `row` holds the columns of Source.on.

    `rebaselines` are in the order of their dates; `first` is there where there is any. `attributes` are the kept
    columns that no contract knows.

    `history` has one row a report, oldest first, each judged at the review of its week: HISTORY_COLUMNS, where
    finish_then is the finish forecast then and source_row the row in the export file.
    """

    row: Mapping[str, Any]
    judgements: tuple[Judgement, ...]
    facts: tuple[Fact, ...]
    history: pd.DataFrame
    rebaselines: tuple[Rebaseline, ...]
    first: FirstBaseline | None
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
    again = _rebaselines(history)
    first = _first_baseline(source, row, history) if again else None
    kept = _kept(source, day, row["project_key"])
    return Project(row, judgements(source, day, row), _facts(source, row, steps), history, again, first, kept)


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


def _rebaselines(history: pd.DataFrame) -> tuple[Rebaseline, ...]:
    moves = pd.DataFrame(
        {
            "at": history["status_date"],
            "finish": pd.to_datetime(history["baseline_finish"]).diff().dt.days.fillna(0),
            "budget": history["budget"].diff().round(2).fillna(0),
        }
    )
    found = moves[(moves["finish"] != 0) | (moves["budget"] != 0)]
    return tuple(
        Rebaseline(at.date(), int(finish) or None, float(budget) or None)
        for at, finish, budget in found.itertuples(index=False, name=None)
    )


def _first_baseline(source: Source, row: Mapping[str, Any], history: pd.DataFrame) -> FirstBaseline:
    finishes, budgets = history["baseline_finish"].dropna(), history["budget"].dropna()
    first = {
        "finish": None if finishes.empty else finishes.iloc[0].date(),
        "budget": None if budgets.empty else float(budgets.iloc[0]),
    }
    found = source.rows(
        """
        select
            $finish::date,
            $budget::double,
            $then::date - $finish::date,
            overrun_share($eac::double, $budget::double) as overrun,
            coalesce(worst_colour(
                schedule_colour(slip_share($then::date, $start::date, $finish::date)), cost_colour(overrun)
            ), 'unknown')
        """,
        {**first, "then": row["finish_then"], "start": row["baseline_start"], "eac": row["eac"]},
    )
    return FirstBaseline(*found[0])


def _steps(source: Source, day: dt.date, project_key: str) -> pd.DataFrame:
    """The project's rows up to a date, each judged at the review of its week, and (said_...) what its export row says
    itself."""
    return source.frame(
        """
        with
        row as materialized (from fct_status where project_key = $key and status_date <= $day),
        said as materialized (
            select load_id, source_row, comment, baseline_start, baseline_finish, budget
            from fact_status where project_id in (select project_id from row)
        ),
        reviewed as (select *, week_end(status_date) as review_date from row),
        measured as (
            select
                *,
                finish_at(review_date, forecast_finish, actual_finish) as finish_then,
                estimate_at_completion(forecast_cost, budget, earned_value, actual_cost) as eac
            from reviewed
        ),
        judged as (
            select
                *,
                schedule_colour(slip_share(finish_then, baseline_start, baseline_finish)) as schedule_then,
                cost_colour(overrun_share(eac, budget)) as cost_then,
                milestones_colour(missed_share(milestones_missed, milestones_due)) as milestones_then,
                risk_colour(exposure) as risk_then
            from measured
            left join (from evidence_week where project_key = $key) using (review_date, project_key)
        )
        select
            j.*,
            coalesce(j.reported_colour, 'unknown') as reported,
            coalesce(schedule_then, 'unknown') as schedule,
            coalesce(cost_then, 'unknown') as cost,
            coalesce(milestones_then, 'unknown') as milestones,
            coalesce(risk_then, 'unknown') as risk,
            coalesce(computed_colour(schedule_then, cost_then, milestones_then, risk_then), 'unknown') as computed,
            finish_then - j.baseline_finish as slip_days,
            l.file_name,
            l.sheet,
            said.comment,
            said.baseline_start as said_baseline_start,
            said.baseline_finish as said_baseline_finish,
            said.budget as said_budget
        from judged as j
        left join load as l on l.load_id = j.load_id
        left join said on j.is_reported and said.load_id = j.fact_load_id and said.source_row = j.fact_source_row
        order by j.status_date
        """,
        {"key": project_key, "day": day},
    )


HISTORY_COLUMNS = [
    "status_date", "reported", "reported_health", "computed", "schedule", "cost", "milestones", "risk", "finish_then",
    "baseline_finish", "slip_days", "percent_complete", "budget", "eac", "planned_value", "earned_value", "actual_cost",
    "comment", "file_name", "sheet", "source_row", "load_id",
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
