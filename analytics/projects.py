"""The register, and one project with every number back to its row. Sources: methods "Health", "Time"."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics import changes, reasons
from analytics.portfolio import DIMENSIONS, NEEDS_ATTENTION, STATES
from analytics.reading import IN_SCOPE, Basis, Scope, Source

# The columns of a register's file, in their order.
REGISTER_COLUMNS = """
    project_id, project_name, program_id, program_name, portfolio, sponsor, stage, reported, reported_health, computed,
    schedule, cost, currency, budget, eac as forecast_cost, actual_cost, overrun, baseline_finish,
    finish_then as forecast_finish, slip_days, percent_complete, status_date, age_days, is_stale, was_reported,
    was_computed, finish_moved as finish_moved_days, cost_moved, baseline_moved as baseline_moved_days, budget_moved
"""
STAGES = ("idea", "candidate", "approved", "active", "on hold", "completed", "cancelled")
ANY_STAGE = "any"
FILE_ATTRIBUTES = 20  # attributes that a register's file has
MOST_VALUES = 200  # values of an attribute to choose from
WEEKS = 12  # of a register's small history

_NOT_FRESH = "is_in and (is_stale or not is_reported)"
_GROUPS = {
    **{f"{name}-{state}": f"{name} = '{state}'" for name in DIMENSIONS for state in STATES},
    "attention": NEEDS_ATTENTION,
    "green-red": "is_watermelon",
    "not-reported": _NOT_FRESH,
    "stale": "is_stale",
    "never": "is_in and not is_reported",
    **{f"changed-{name}": changes.predicate(name) for name in changes.GROUPS},
}
_RANK = "case {} when 'red' then 0 when 'amber' then 1 when 'green' then 2 else 3 end"
_SORTS = {
    "budget": "budget desc nulls last",
    "name": "lower(project_name)",
    "reported": _RANK.format("reported"),
    "computed": _RANK.format("computed"),
    "moved": "abs(finish_moved) desc nulls last, abs(cost_moved) desc nulls last",
    "cost": "overrun desc nulls last",
    "finish": "slip_days desc nulls last",
    "report": "age_days desc nulls first",
}
SORTS = tuple(_SORTS)


@dataclass(frozen=True)
class Filter:
    """What the register is narrowed to and sorted by; "" is all of it.

    `group` is one of GROUPS, `stage` one of STAGES or ANY_STAGE: without it the live projects are meant, and in a
    group of changes those that ended too. `sort` is one of SORTS. `attribute` is the name of a kept column,
    `value` what stands in it; without a value the projects that have the attribute at all are meant.
    """

    text: str = ""
    group: str = ""
    stage: str = ""
    sponsor: str = ""
    sort: str = ""
    attribute: str = ""
    value: str = ""


GROUPS = tuple(_GROUPS)


def filter_from(
    text: str = "",
    group: str = "",
    stage: str = "",
    sponsor: str = "",
    sort: str = "",
    attribute: str = "",
    value: str = "",
) -> Filter:
    """The filter that a link asks for; a group, stage or order that is not known filters nothing.

    >>> filter_from(" ledger ", "computed-red", "no such stage")
    Filter(text='ledger', group='computed-red', stage='', sponsor='', sort='', attribute='', value='')
    """
    return Filter(
        text.strip(),
        group if group in _GROUPS else "",
        stage if stage in (*STAGES, ANY_STAGE) else "",
        sponsor,
        sort if sort in _SORTS else "",
        attribute,
        value if attribute else "",
    )


@dataclass(frozen=True)
class Register:
    """A page of the register: its rows with the columns of changes.between, the count of all, their budgets by
    currency, and of each row the states of the last WEEKS reviews (None where it was not live)."""

    rows: tuple[Mapping[str, Any], ...]
    total: int
    budgets: tuple[tuple[str, float], ...]
    weeks: Mapping[str, tuple[str | None, ...]]


def register(
    source: Source, day: dt.date, before: dt.date | None, scope: Scope, basis: Basis, wanted: Filter, limit: int
) -> Register:
    """The first projects of a scope that fit, what there is of them in all, and how they stood lately."""
    fitting = _fitting(source, day, before, basis, wanted)
    # The keys first, then their rows: sorting whole rows takes many times as long.
    first = source.rows(f"select project_key from ({fitting}) limit {int(limit)}", _given(scope, wanted))
    keys = [key for (key,) in first]
    rows = source.records(
        f"from {changes.between(source, day, before, basis)} where project_key in (select unnest($keys::varchar[]))",
        {**scope.parameters(), "keys": keys},
    )
    by_key = {row["project_key"]: row for row in rows}
    sums = source.rows(
        f"""
        select currency, count(*), sum(exact(budget))::double
        from ({fitting})
        group by currency order by count(*) desc, currency
        """,
        _given(scope, wanted),
    )
    return Register(
        tuple(by_key[key] for key in keys),
        sum(count for _, count, _ in sums),
        tuple((currency, budget) for currency, _, budget in sums if budget is not None),
        _weeks(source, day, basis, keys),
    )


def register_file(
    source: Source, day: dt.date, before: dt.date | None, scope: Scope, basis: Basis, wanted: Filter
) -> pd.DataFrame:
    """All projects of a scope that fit, in the register's order, for a file.

    Columns: REGISTER_COLUMNS, then the attributes that most projects have, by their names. Money is in the row's
    currency, overrun a share, slips, ages and movements in days.
    """
    found = source.frame(
        f"select project_key, {REGISTER_COLUMNS} from ({_fitting(source, day, before, basis, wanted)})",
        _given(scope, wanted),
    )
    names = attribute_names(source, day)[:FILE_ATTRIBUTES]
    if names:
        held = source.rows(f"select name, project_key, value from ({_attributes(day)})")
        taken = {column.casefold() for column in found.columns}
        for name in names:
            values = {key: value for other, key, value in held if other == name}
            column = f"{name} (attribute)" if name.casefold() in taken else name
            found[column] = found["project_key"].map(values)
            taken.add(column.casefold())
    return found.drop(columns="project_key")


def _attributes(day: dt.date) -> str:
    """SQL: the attributes that hold on a date: project_key, name, value, load_id, source_row. What the projects export
    says outranks what status reports say; of these the newest up to the date counts."""
    return f"""
        select project_key, name, said.value as value, said.load_id as load_id, said.source_row as source_row
        from (
            select project_key, name, arg_max(
                {{'value': value, 'load_id': load_id, 'source_row': source_row}}, coalesce(from_date, date '9999-12-31')
            ) as said
            from project_attribute where from_date is null or from_date <= date '{day}'
            group by project_key, name
        )
    """


def attribute_names(source: Source, day: dt.date) -> tuple[str, ...]:
    """The attributes that projects have on a date, those that most have first."""
    found = source.rows(
        f"select name from ({_attributes(day)}) group by name order by count(*) desc, lower(name), name"
    )
    return tuple(name for (name,) in found)


def attribute_values(source: Source, day: dt.date, name: str) -> tuple[str, ...]:
    """What stands in an attribute on a date, in order; of more than MOST_VALUES the most frequent."""
    found = source.rows(
        f"""
        from (
            select value from ({_attributes(day)}) where name = $name
            group by value order by count(*) desc, value limit {MOST_VALUES}
        ) order by lower(value), value
        """,
        {"name": name},
    )
    return tuple(value for (value,) in found)


@dataclass(frozen=True)
class Place:
    """Where a project stands in the register, and the projects before and after it as id and name."""

    number: int
    total: int
    previous: tuple[str, str] | None
    following: tuple[str, str] | None


def place(
    source: Source,
    day: dt.date,
    before: dt.date | None,
    scope: Scope,
    basis: Basis,
    wanted: Filter,
    project_key: str,
) -> Place | None:
    """Where a project stands in the register; None where it is not in it."""
    found = source.rows(
        f"""
        from (
            select
                row_number() over () as number,
                count(*) over () as total,
                lag((project_key, project_name)) over () as previous,
                lead((project_key, project_name)) over () as following,
                project_key
            from ({_fitting(source, day, before, basis, wanted)})
        )
        where project_key = $key
        """,
        {**_given(scope, wanted), "key": project_key},
    )
    return Place(*found[0][:4]) if found else None


def sponsors(source: Source, day: dt.date, scope: Scope) -> tuple[str, ...]:
    """Who sponsors live projects of a scope."""
    found = source.rows(
        f"""
        select distinct sponsor from {source.on(day)}
        where is_live and sponsor <> '' and {IN_SCOPE} order by lower(sponsor), sponsor
        """,
        scope.parameters(),
    )
    return tuple(name for (name,) in found)


def _fitting(source: Source, day: dt.date, before: dt.date | None, basis: Basis, wanted: Filter) -> str:
    """The rows that fit, in order; it takes the parameters of _given."""
    is_change = wanted.group.startswith("changed-")
    where = ["true" if is_change else "in_scope"]
    if wanted.stage and wanted.stage != ANY_STAGE:
        where.append("stage = $stage")
    elif not wanted.stage and not is_change:
        where.append("is_live")
    if wanted.group:
        where.append(f"({_GROUPS[wanted.group]})")
    if wanted.sponsor:
        where.append("sponsor = $sponsor")
    if wanted.attribute:
        value = " and value = $value" if wanted.value else ""
        where.append(f"project_key in (select project_key from ({_attributes(day)}) where name = $attribute{value})")
    if wanted.text:
        searched = "project_name, project_id, program_name, portfolio, sponsor"
        where.append(f"contains(lower(concat_ws(' ', {searched})), lower($text))")
    order = _SORTS["budget"]
    if wanted.sort:
        order = _SORTS[wanted.sort]
    elif is_change:
        order = changes.order(wanted.group.removeprefix("changed-"))
    return f"""
        from {changes.between(source, day, before, basis)}
        where {" and ".join(where)}
        order by {order}, lower(project_name), project_key
    """


def _given(scope: Scope, wanted: Filter) -> dict[str, str | None]:
    given = {
        "stage": wanted.stage if wanted.stage != ANY_STAGE else "",
        "sponsor": wanted.sponsor,
        "text": wanted.text,
        "attribute": wanted.attribute,
        "value": wanted.value,
    }
    return {**scope.parameters(), **{name: value for name, value in given.items() if value}}


def _weeks(source: Source, day: dt.date, basis: Basis, keys: Sequence[str]) -> dict[str, tuple[str | None, ...]]:
    """The states of some projects at the last reviews, the latest last."""
    first = day - dt.timedelta(weeks=WEEKS - 1)
    # Rows of the last months are found at once; only who reported earlier than a month before is looked for in all.
    weeks = _states(source, day, basis, keys, first - dt.timedelta(days=31))
    older = [key for key, states in weeks.items() if states[0] is None]
    return weeks | (_states(source, day, basis, older, dt.date.min) if older else {})


def _states(
    source: Source, day: dt.date, basis: Basis, keys: Sequence[str], since: dt.date
) -> dict[str, tuple[str | None, ...]]:
    """The same from the rows of a date or later."""
    state = {
        "computed": """computed_colour(
            schedule_colour(slip_share(
                finish_at(review_date, forecast_finish, actual_finish), baseline_start, baseline_finish
            )),
            cost_colour(
                overrun_share(estimate_at_completion(forecast_cost, budget, earned_value, actual_cost), budget)
            ),
            milestones_colour(missed_share(milestones_missed, milestones_due)),
            risk_colour(exposure)
        )""",
        "reported": "reported_colour",
    }[basis]
    found = source.rows(
        f"""
        with
        week as (
            select back, $day::date - 7 * back as review_date
            from (select unnest(range({WEEKS}))::integer as back)
        ),
        held as (
            from fct_status
            where project_key in (select unnest($keys::varchar[])) and status_date >= $since and status_date <= $day
        )
        select project_key, back, coalesce({state}, 'unknown')
        from held
        join week on status_date <= review_date and (valid_to is null or valid_to > review_date)
        left join evidence_week using (review_date, project_key)
        where is_live(stage_at(review_date, listed_stage, listed_stage_from, stage, actual_finish))
        """,
        {"day": day, "keys": list(keys), "since": since},
    )
    weeks: dict[str, list[str | None]] = {key: [None] * WEEKS for key in keys}
    for key, back, colour in found:
        weeks[key][WEEKS - 1 - back] = colour
    return {key: tuple(colours) for key, colours in weeks.items()}


@dataclass(frozen=True)
class Mended:
    """What an accepted repair changed in a row: the contract's column (None: the whole row), and its text before and
    after."""

    column: str | None
    before: str
    after: str


@dataclass(frozen=True)
class Origin:
    """Where a number came from: the export's file and row, its load, and when and by whom it was published; and what
    was mended in that row."""

    file_name: str
    sheet: str | None
    row: int
    load_id: int
    export: str
    publication: int
    loaded_at: dt.datetime
    loaded_by: str
    mended: tuple[Mended, ...] = ()


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
    return Project(row, _judgements(source, day, row), _facts(source, row, steps), history, again, first, kept)


def _kept(source: Source, day: dt.date, project_key: str) -> tuple[Fact, ...]:
    """The attributes of a project, and where each is from."""
    found = source.rows(
        f"select name, value, load_id, source_row from ({_attributes(day)}) where project_key = $key "
        "order by lower(name), name",
        {"key": project_key},
    )
    origins = _origins(source, [(load, row) for _, _, load, row in found]) if found else {}
    return tuple(Fact(name, value, origins.get((load, row))) for name, value, load, row in found)


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
    """The project's rows up to a date, each judged at the review of its week, and (said_...) what its export row says itself."""
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
                week_end(status_date) as review_date,
                finish_at(review_date, forecast_finish, actual_finish) as finish_then,
                estimate_at_completion(forecast_cost, budget, earned_value, actual_cost) as eac
            from row
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
    "status_date", "reported", "reported_health", "computed", "schedule", "cost", "milestones", "risk", "finish_then", "baseline_finish",
    "slip_days", "percent_complete", "budget", "eac", "planned_value", "earned_value", "actual_cost", "comment",
    "file_name", "sheet", "source_row", "load_id",
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
            select l.load_id, l.file_name, l.sheet, l.export, l.columns, e.publication, e.happened_at, e.happened_by
            from load as l
            join load_event as e on e.load_id = l.load_id and e.event = 'committed'
            where l.load_id in (select unnest($loads::integer[]))
            order by e.publication desc
            """,
            {"loads": sorted({load for load, _ in places})},
        )
    }
    mended = _mended(source, loads, {row for _, row in places})
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
            tuple(mended.get((load, row), ())),
        )
        for load, row in places
        if load in loads
    }


def _mended(
    source: Source, loads: Mapping[int, Mapping[str, Any]], lines: set[int]
) -> dict[tuple[int, int], list[Mended]]:
    """What was mended in some lines of loads."""
    if not source.rows("select 1 from duckdb_tables() where table_name = 'repair'"):
        return {}  # the store is from before repairs were kept
    found: dict[tuple[int, int], list[Mended]] = {}
    for load, rule, header, before, after, rows in source.rows(
        """
        select load_id, rule, column_name, before, after, list_intersect(rows, $lines::bigint[]) from repair
        where list_contains($loads::integer[], load_id) and list_has_any(rows, $lines::bigint[])
        order by column_name, before
        """,
        {"loads": list(loads), "lines": list(lines)},
    ):
        fed = [name for name, said in (loads[load]["columns"] or {}).items() if said == header]
        whole = header is None or rule == "shifted_rows"
        for row in rows:
            found.setdefault((load, row), []).extend(Mended(name, before, after) for name in ([None] if whole else fed))
    return found
