"""The register, and one project with every number back to its row. Sources: methods "Health", "Time"."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics import reasons
from analytics.portfolio import DIMENSIONS, STATES
from analytics.reading import IN_SCOPE, Scope, Source

REGISTER_COLUMNS = """
    project_key, project_name, reported, computed, schedule, cost, budget, eac, overrun, slip_days, status_date,
    age_days, is_stale, program_name, portfolio, sponsor, stage, is_live, currency, project_id
"""


@dataclass(frozen=True)
class Filter:
    """What the register is narrowed to: text, one state in one dimension, a special group, live projects or all."""

    text: str = ""
    dimension: str = ""
    state: str = ""
    only: str = ""
    with_closed: bool = False


def filter_from(text: str, group: str, with_closed: bool) -> Filter:
    """The filter that a link asks for. `group` is "computed-red", "green-red" (reported green, computed red) or
    "stale"; what it does not know filters nothing.

    >>> filter_from("", "computed-red", False).state
    'red'
    """
    if group in ("green-red", "stale"):
        return Filter(text, only=group, with_closed=with_closed)
    dimension, _, state = group.partition("-")
    if dimension in DIMENSIONS and state in STATES:
        return Filter(text, dimension, state, with_closed=with_closed)
    return Filter(text, with_closed=with_closed)


def register(source: Source, day: dt.date, scope: Scope, wanted: Filter) -> pd.DataFrame:
    """The projects of a scope on a review date, most budget first.

    Columns: project_key, project_name, reported, computed, schedule, cost (states), budget, eac (estimate at
    completion, in the row's currency), overrun (share), slip_days, status_date, age_days, is_stale, program_name,
    portfolio, sponsor, stage, is_live, currency, project_id. The text is looked for in names, ids and the sponsor.
    """
    return source.frame(
        f"""
        select {REGISTER_COLUMNS}
        from {source.on(day)}
        where {IN_SCOPE}
            and (is_live or $with_closed)
            and ($text = '' or contains(
                lower(concat_ws(' ', project_name, project_id, program_name, portfolio, sponsor)), lower($text)
            ))
            and ($state = '' or $state = case $dimension
                when 'reported' then reported when 'computed' then computed
                when 'schedule' then schedule else cost
            end)
            and ($only <> 'green-red' or is_watermelon)
            and ($only <> 'stale' or is_stale)
        order by budget desc nulls last, project_name, project_key
        """,
        {**scope.parameters(), **vars(wanted), "text": wanted.text.strip()},
    )


@dataclass(frozen=True)
class Origin:
    """Where a number came from: the export's file and row, its load, and when and by whom it was published."""

    file_name: str
    sheet: str | None
    row: int
    load_id: int
    export: str
    publication: int
    loaded_at: dt.datetime
    loaded_by: str


@dataclass(frozen=True)
class Fact:
    """One shown figure and where it came from; `note` says what was done to it, if anything."""

    name: str
    value: Any
    origin: Origin | None
    note: str = ""


@dataclass(frozen=True)
class Judgement:
    """One colour with why: `because` holds its inputs, `rule` the thresholds, `flips` what would change it."""

    dimension: str
    state: str
    because: str
    rule: str
    flips: str = ""


@dataclass(frozen=True)
class Project:
    """One project on a review date. `row` holds the columns of Source.on.

    `history` has one row a report, oldest first, each judged on its own date: HISTORY_COLUMNS, where finish_then is
    the finish forecast then and source_row the row in the export file.
    """

    row: Mapping[str, Any]
    judgements: tuple[Judgement, ...]
    facts: tuple[Fact, ...]
    history: pd.DataFrame


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
    return Project(row, _judgements(source, day, row), _facts(source, row, steps), history)


def _steps(source: Source, day: dt.date, project_key: str) -> pd.DataFrame:
    """The project's rows up to a date, each judged on its own date, and (said_...) what its export row says itself."""
    return source.frame(
        """
        with
        row as materialized (from fct_status where project_key = $key and status_date <= $day),
        said as materialized (
            select load_id, source_row, comment, baseline_start, baseline_finish, budget
            from fact_status where project_id in (select project_id from row)
        ),
        measured as (
            select
                *,
                finish_at(status_date, forecast_finish, actual_finish) as finish_then,
                estimate_at_completion(forecast_cost, budget, earned_value, actual_cost) as eac
            from row
        ),
        judged as (
            select
                *,
                schedule_colour(slip_share(finish_then, baseline_start, baseline_finish)) as schedule_then,
                cost_colour(overrun_share(eac, budget)) as cost_then
            from measured
        )
        select
            j.*,
            coalesce(j.reported_colour, 'unknown') as reported,
            coalesce(schedule_then, 'unknown') as schedule,
            coalesce(cost_then, 'unknown') as cost,
            coalesce(worst_colour(schedule_then, cost_then), 'unknown') as computed,
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
    "status_date", "reported", "reported_health", "computed", "schedule", "cost", "finish_then", "baseline_finish",
    "slip_days", "percent_complete", "budget", "eac", "actual_cost", "comment", "file_name", "sheet", "source_row",
    "load_id",
]  # fmt: skip


def _judgements(source: Source, day: dt.date, row: Mapping[str, Any]) -> tuple[Judgement, ...]:
    rules: dict[str, float] = dict(source.rows("select name, value from rule_in_force"))
    rating = row["reported_health"]
    said = "No report yet"
    if row["status_date"] is not None:
        gives = f"says {rating}" if rating else "gives no colour"
        said = f"The report of {reasons.date(row['status_date'])} {gives}"
    bands = {
        name: f"Amber from {reasons.share(rules[f'{name}_amber'])}, red from {reasons.share(rules[f'{name}_red'])}"
        for name in ("schedule", "cost")
    }
    worst = [name for name in ("schedule", "cost") if row[name] == row["computed"]]
    because = (
        "Neither schedule nor cost can be judged"
        if row["computed"] == "unknown"
        else f"The worst that is known: {' and '.join(worst)}"
    )
    return (
        Judgement("reported", row["reported"], said, "The report's own rating; a person's confidence"),
        Judgement(
            "schedule",
            row["schedule"],
            reasons.schedule(row),
            f"{bands['schedule']} of the planned time",
            _schedule_flip(row, rules, day),
        ),
        Judgement("cost", row["cost"], reasons.cost(row), f"{bands['cost']} over budget", _cost_flip(row, rules)),
        Judgement("computed", row["computed"], because, "The worse of schedule and cost"),
    )


def _schedule_flip(row: Mapping[str, Any], rules: Mapping[str, float], day: dt.date) -> str:
    """The forecast finish at which the schedule's colour would change to the next better, or (green) the next worse."""
    if row["slip"] is None:
        return ""
    planned = (row["baseline_finish"] - row["baseline_start"]).days
    bound = rules["schedule_red" if row["schedule"] == "red" else "schedule_amber"]
    limit = row["baseline_finish"] + dt.timedelta(days=_whole_days_below(bound * planned))
    if row["schedule"] == "green":
        return f"Amber with a finish after {reasons.date(limit)}"
    better = "Amber" if row["schedule"] == "red" else "Green"
    if limit < day:
        return f"{better} no longer possible: it took a finish by {reasons.date(limit)}"
    return f"{better} with a finish by {reasons.date(limit)}"


def _whole_days_below(days: float) -> int:
    """The largest whole number of days that is below a bound: a slip that reaches the bound has the worse colour."""
    whole = int(days)
    return whole - 1 if whole >= days - 1e-9 else whole


def _cost_flip(row: Mapping[str, Any], rules: Mapping[str, float]) -> str:
    """The cost at completion at which the cost's colour would change."""
    if row["overrun"] is None:
        return ""
    bound = rules["cost_red" if row["cost"] == "red" else "cost_amber"]
    limit = f"{row['budget'] * (1 + bound):,.0f} {row['currency']}"
    if row["cost"] == "green":
        return f"Amber with a cost from {limit}"
    return f"{'Amber' if row['cost'] == 'red' else 'Green'} with a cost below {limit}"


_FROM_ANY = ("baseline_start", "baseline_finish", "budget")
_TRACED = (
    "reported_health",
    "baseline_start",
    "baseline_finish",
    "forecast_finish",
    "actual_finish",
    "budget",
    "forecast_cost",
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
    origins = _origins(source, [(place[0], place[1]) for place in wanted.values() if place])
    facts = []
    for name, place in wanted.items():
        origin, note = (origins.get(place[:2]), place[2]) if place else (None, "")
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


def _origins(source: Source, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Origin]:
    loads = {
        found["load_id"]: found
        for found in source.records(
            """
            select l.load_id, l.file_name, l.sheet, l.export, e.publication, e.happened_at, e.happened_by
            from load as l
            join load_event as e on e.load_id = l.load_id and e.event = 'committed'
            where l.load_id in (select unnest($loads::integer[]))
            order by e.publication desc
            """,
            {"loads": sorted({load for load, _ in places})},
        )
    }
    return {
        (load, row): Origin(
            loads[load]["file_name"],
            loads[load]["sheet"],
            row,
            load,
            loads[load]["export"],
            loads[load]["publication"],
            loads[load]["happened_at"],
            loads[load]["happened_by"],
        )
        for load, row in places
        if load in loads
    }
