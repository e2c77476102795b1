"""The register: which projects fit, in which order, and how they stood lately. Sources: methods "Health", "Time"."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics import changes
from analytics.portfolio import DIMENSIONS, NEEDS_ATTENTION, PARTED, STATES
from analytics.reading import IN_SCOPE, Basis, Scope, Source

# The columns of a register's file, in their order.
REGISTER_COLUMNS = """
    project_id, project_name, program_id, program_name, portfolio, sponsor, stage, reported, reported_health, computed,
    schedule, cost, milestones, risk, resources, currency, budget, eac as forecast_cost, actual_cost, overrun,
    baseline_finish, finish_then as forecast_finish, slip_days, percent_complete, status_date, age_days, is_stale,
    was_reported, was_computed, finish_moved as finish_moved_days, cost_moved,
    baseline_moved as baseline_moved_days, budget_moved
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
    **PARTED,
    "rebaselined": "rebaselines > 0 or milestones_moved > 0",
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
        held = source.rows(f"select name, project_key, value from ({attributes_on(day)})")
        taken = {column.casefold() for column in found.columns}
        for name in names:
            values = {key: value for other, key, value in held if other == name}
            column = f"{name} (attribute)" if name.casefold() in taken else name
            found[column] = found["project_key"].map(values)
            taken.add(column.casefold())
    return found.drop(columns="project_key")


def attributes_on(day: dt.date) -> str:
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
        f"select name from ({attributes_on(day)}) group by name order by count(*) desc, lower(name), name"
    )
    return tuple(name for (name,) in found)


def attribute_values(source: Source, day: dt.date, name: str) -> tuple[str, ...]:
    """What stands in an attribute on a date, in order; of more than MOST_VALUES the most frequent."""
    found = source.rows(
        f"""
        from (
            select value from ({attributes_on(day)}) where name = $name
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
        where.append(f"project_key in (select project_key from ({attributes_on(day)}) where name = $attribute{value})")
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
                finish_at(
                    review_date, forecast_finish, actual_finish, baseline_finish,
                    is_running(review_date, is_reported, listed_stage, listed_stage_from, stage, actual_finish)
                ),
                baseline_start, baseline_finish
            )),
            cost_colour(
                overrun_share(estimate_at_completion(forecast_cost, budget, earned_value, actual_cost), budget)
            ),
            milestones_colour(missed_share(milestones_missed, milestones_due)),
            risk_colour(exposure),
            resources_colour(unmet_share(unmet, needed))
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
        left join resources_week using (review_date, project_key)
        where is_live(stage_at(review_date, listed_stage, listed_stage_from, stage, actual_finish))
        """,
        {"day": day, "keys": list(keys), "since": since},
    )
    weeks: dict[str, list[str | None]] = {key: [None] * WEEKS for key in keys}
    for key, back, colour in found:
        weeks[key][WEEKS - 1 - back] = colour
    return {key: tuple(colours) for key, colours in weeks.items()}
