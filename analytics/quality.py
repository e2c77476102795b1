"""How far the data can be trusted, and who reports late. Sources: methods "Quality of the data", "Time".

What speaks of loads speaks of those in force at the source's publication; what speaks of reports, of the projects that
are live on a review date.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from analytics.reading import IN_SCOPE, Scope, Source
from pipelines.build import loads_in_force
from pipelines.history import FLAWED

WEEKS = 12  # review weeks that are looked back on
By = Literal["source", "portfolio", "program", "sponsor"]
RuleKey = tuple[str, str, str]  # export, rule, severity

_NAMES = {
    "source": ("source", "source"),
    "portfolio": ("portfolio", "portfolio"),
    "program": ("program_id", "program_name"),
    "sponsor": ("sponsor", "sponsor"),
}


@dataclass(frozen=True)
class Trust:
    """What the live projects of a scope stand on: a fresh report of which nothing was said, a fresh one with a warning
    (`flagged`), or no fresh report (`late`: a stale one, or none at all)."""

    live: int
    clean: int
    flagged: int
    late: int


def trust(source: Source, day: dt.date, scope: Scope) -> Trust:
    """How many live projects stand on what on a review date; `live` is the sum of the others."""
    found = source.rows(
        f"""
        with live as (
            select *, is_reported and not is_stale as is_fresh from {source.on(day)} where is_live and {IN_SCOPE}
        ),
        warned as (select distinct load_id as fact_load_id, source_row as fact_source_row from problem)
        select
            count(*),
            count(*) filter (is_fresh and warned.fact_load_id is null),
            count(*) filter (is_fresh and warned.fact_load_id is not null),
            count(*) filter (not is_fresh)
        from live left join warned using (fact_load_id, fact_source_row)
        """,
        scope.parameters(),
    )
    return Trust(*found[0])


def weekly(source: Source, day: dt.date, scope: Scope) -> pd.DataFrame:
    """The reports due at the last WEEKS review dates, oldest first.

    Columns: review_date, due (projects live then), came (those of them with a report in their interval), share.
    """
    return source.frame(
        f"""
        {_judged("$day")}
        select review_date, count(*) as due, count(*) filter (came) as came, count(*) filter (came) / count(*) as share
        from judged where {IN_SCOPE} group by review_date order by review_date
        """,
        {"day": day, **scope.parameters()},
    )


def late_by(source: Source, day: dt.date, scope: Scope, by: By) -> pd.DataFrame:
    """Who reports late: the live projects of a scope by source, portfolio, program or sponsor, worst first.

    Columns: id, name (both None for projects that state none), live, late (without a fresh report), due and missed
    (reports over the last WEEKS weeks), share (missed of due), newest (the last report of any), age_days (of it),
    interval_days (the longest of its sources').
    """
    key, name = _NAMES[by]
    return source.frame(
        f"""
        {_projects(source, day)}
        select
            nullif({key}, '') as id, any_value(nullif({name}, '')) as name, count(*) as live,
            count(*) filter (is_late) as late, sum(due)::bigint as due, sum(missed)::bigint as missed,
            sum(missed) / nullif(sum(due), 0) as share, max(status_date) as newest,
            $day::date - max(status_date) as age_days, max(interval_days) as interval_days
        from project group by nullif({key}, '')
        order by late / live desc, share desc nulls last, live desc, lower(any_value({name})), id
        """,
        {"day": day, **scope.parameters()},
    )


def late_projects(source: Source, day: dt.date, scope: Scope, limit: int | None = None) -> pd.DataFrame:
    """The live projects of a scope that are late on a review date, or missed a report in the last WEEKS weeks; those
    late come first, then those that missed most.

    Columns: project_key, project_id, project_name, program_name, portfolio, sponsor, source, interval_days,
    status_date (of the last report; NaT for none), age_days, is_late, due, missed, weeks (a text of WEEKS letters,
    the oldest first: "1" a report came, "0" none, "-" not live), every (how many projects there are without a limit).
    """
    return source.frame(
        f"""
        {_projects(source, day)},
        listed as (from project where is_late or missed > 0),
        -- The keys first, then their rows: sorting whole rows takes many times as long.
        first as (
            select row_number() over () as place, project_key from (
                select project_key from listed
                order by is_late desc, missed / nullif(due, 0) desc nulls last, age_days desc nulls first,
                    lower(project_name), project_key
                limit $most
            )
        ),
        past_weeks as (
            select
                project_key,
                string_agg(case when came then '1' when not came then '0' else '-' end, '' order by back desc) as weeks
            from (from first cross join week) left join judged using (project_key, back) group by project_key
        )
        select
            project_key, project_id, project_name, program_name, portfolio, sponsor, source, interval_days,
            status_date, age_days, is_late, due, missed, weeks, (select count(*) from listed) as every
        from first join listed using (project_key) join past_weeks using (project_key)
        order by place
        """,
        {"day": day, "most": limit, **scope.parameters()},
    )


def late_file(source: Source, day: dt.date, scope: Scope) -> pd.DataFrame:
    """All of `late_projects` for a file, without its weeks, keys and count."""
    return late_projects(source, day, scope).drop(columns=["project_key", "weeks", "every"])


def _judged(day: str) -> str:
    """SQL: `judged`, the projects live at each of the last WEEKS review dates, and whether a report came in time.

    A report came where the newest one is of the source's interval, rounded up to whole weeks, that ends on the review
    date: for weekly reports, of the review week itself.
    """
    return f"""
        with
        week as (
            select back, {day}::date - 7 * back as review_date
            from (select unnest(range({WEEKS}))::integer as back)
        ),
        held as (
            from fct_status
            where status_date <= {day}::date and (valid_to is null or valid_to > {day}::date - {7 * (WEEKS - 1)})
        ),
        judged as (
            select
                h.project_key, h.portfolio, h.program_id, week.back, week.review_date,
                h.is_reported and h.status_date > week.review_date
                    - 7 * ceil(coalesce(l.interval_days, rule_value('interval_days')) / 7)::integer as came
            from held as h
            join week on h.status_date <= week.review_date
                and (h.valid_to is null or h.valid_to > week.review_date)
            left join load as l using (load_id)
            where is_live(stage_at(week.review_date, h.listed_stage, h.listed_stage_from, h.stage, h.actual_finish))
        )
    """


def _projects(source: Source, day: dt.date) -> str:
    """SQL: `project`, the live projects of a scope with their lateness; it takes $day and IN_SCOPE's parameters."""
    return f"""
        {_judged("$day")},
        past as (
            select project_key, count(*) as due, count(*) filter (not came) as missed
            from judged group by project_key
        ),
        project as (
            select
                p.project_key, p.project_id, p.project_name, p.program_id, p.program_name, p.portfolio, p.sponsor,
                p.source, p.status_date, p.age_days, not p.is_reported or p.is_stale as is_late,
                coalesce(l.interval_days, rule_value('interval_days'))::integer as interval_days,
                coalesce(past.due, 0) as due, coalesce(past.missed, 0) as missed
            from {source.on(day)} as p
            left join past using (project_key)
            left join load as l using (load_id)
            where p.is_live and {IN_SCOPE}
        )
    """


def _known(source: Source) -> str:
    """SQL: `known`, the loads in force of an export and a source ("" for all), each with its review week and the
    rows that had an error or a warning."""
    return f"""
        with known as (
            select
                l.load_id, l.export, l.source, l.interval_days, l.rows_read, l.rows_rejected,
                came.happened_at as loaded_at, week_end(came.happened_at::date) as week,
                least(coalesce(flawed.rows, 0), l.rows_read) as rows_flawed
            from load as l
            join (from load_event where event = 'committed' and publication <= {source.publication}) as came
                using (load_id)
            left join ({FLAWED}) as flawed using (load_id)
            where l.load_id in ({loads_in_force(source.publication)})
                and ($export = '' or l.export = $export) and ($source = '' or l.source = $source)
        )
    """


_SHARES = """
    count(*) as loads, sum(rows_read)::bigint as rows_read, sum(rows_flawed)::bigint as rows_flawed,
    sum(rows_rejected)::bigint as rows_rejected, 1 - sum(rows_flawed) / nullif(sum(rows_read), 0) as quality
"""


def by_source(source: Source, export: str = "", only: str = "") -> pd.DataFrame:
    """The loads in force by source, worst quality first.

    Columns: source, loads, rows_read, rows_flawed (with an error or a warning), rows_rejected, quality (the share of
    the rows read that had neither; NaN for no rows), loaded_at (of the last load).
    """
    return source.frame(
        f"{_known(source)} select source, {_SHARES}, max(loaded_at) as loaded_at from known "
        "group by source order by quality nulls last, lower(source), source",
        {"export": export, "source": only},
    )


def by_week(source: Source, export: str = "", only: str = "") -> pd.DataFrame:
    """The loads in force by the review week that they came in, oldest first.

    Columns: week (its last day), loads, rows_read, rows_flawed, rows_rejected, quality, flawed_share, rejected_share.
    """
    return source.frame(
        f"""
        {_known(source)}
        select
            week, {_SHARES},
            sum(rows_flawed) / nullif(sum(rows_read), 0) as flawed_share,
            sum(rows_rejected) / nullif(sum(rows_read), 0) as rejected_share
        from known group by week order by week
        """,
        {"export": export, "source": only},
    )


def by_rule(source: Source, export: str = "", only: str = "") -> pd.DataFrame:
    """The rules that the loads in force were checked by, lowest pass rate first.

    A rule of reading (a date that is none, a row of another width) is there where it found anything; it was checked on
    every row of every load of its export. Columns: export, rule, severity, expectation (None for a rule of reading),
    columns (joined), loads (checked), loads_failed, rows_checked, rows_failed, rate (rows passed of rows checked; NaN
    for no rows), last_failed (the newest load that it failed in; NaN for none).
    """
    return source.frame(
        f"""
        {_results(source)}
        select
            export, rule, severity, any_value(expectation) as expectation, arg_max(columns, load_id) as columns,
            count(*) as loads, count(*) filter (rows_failed > 0) as loads_failed,
            sum(rows_checked)::bigint as rows_checked, sum(rows_failed)::bigint as rows_failed,
            1 - sum(rows_failed) / nullif(sum(rows_checked), 0) as rate,
            max(load_id) filter (rows_failed > 0) as last_failed
        from result group by export, rule, severity
        order by rate nulls last, rows_failed desc, export, rule
        """,
        {"export": export, "source": only},
    )


def rule_weeks(source: Source, export: str = "", only: str = "") -> dict[RuleKey, tuple[float | None, ...]]:
    """Of each rule that failed (export, rule, severity) the share of rows that failed in the last WEEKS weeks in which
    any load came, the oldest first; None where it was not checked."""
    found = source.rows(
        f"""
        {_results(source)},
        place as (
            select week, row_number() over (order by week desc) as back from (select distinct week from known)
            order by week desc limit {WEEKS}
        )
        select export, rule, severity, back, sum(rows_failed) / nullif(sum(rows_checked), 0)
        from result join place using (week) group by export, rule, severity, back
        qualify sum(sum(rows_failed)) over (partition by export, rule, severity) > 0
        """,
        {"export": export, "source": only},
    )
    count = max((back for *_, back, _ in found), default=0)
    weeks: dict[RuleKey, list[float | None]] = {}
    for on, rule, severity, back, share in found:
        weeks.setdefault((on, rule, severity), [None] * count)[count - back] = share
    return {key: tuple(shares) for key, shares in weeks.items()}


def _results(source: Source) -> str:
    """SQL: `result`, how each rule went on each load of `known`, and `known` itself."""
    return f"""
        {_known(source)},
        checked as (
            select k.export, c.rule, c.severity, c.expectation, array_to_string(c.columns, ', ') as columns, k.load_id,
                k.week, c.rows_checked, c.rows_failed
            from check_result as c join known as k using (load_id)
        ),
        of_reading as (
            select k.export, p.rule, p.severity, p.load_id, count(distinct p.source_row) as rows_failed
            from problem as p
            join known as k using (load_id)
            join load as l using (load_id)
            anti join check_result as c on c.load_id = p.load_id and c.rule = p.rule
            where p.source_row is distinct from l.header_row and p.source_row is not null
            group by all
        ),
        read as (
            select r.export, r.rule, r.severity, null as expectation, '' as columns, k.load_id,
                k.week, k.rows_read as rows_checked, least(coalesce(f.rows_failed, 0), k.rows_read) as rows_failed
            from (select distinct export, rule, severity from of_reading) as r
            join known as k using (export)
            left join of_reading as f using (export, rule, severity, load_id)
        ),
        result as (from checked union all by name from read)
    """


def sources(source: Source) -> list[str]:
    """The sources of the loads in force, by name."""
    found = source.rows(f"{_known(source)} select distinct source from known order by lower(source), source", _ALL)
    return [name for (name,) in found]


_ALL: dict[str, Any] = {"export": "", "source": ""}
