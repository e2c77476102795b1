"""What a project's milestones and risks are on a review date, each with the row that says so. Source: "Health"."""

import datetime as dt
from typing import Any

from analytics.milestones import HELD
from analytics.reading import Source


def milestones(source: Source, day: dt.date, project_key: str) -> list[dict[str, Any]]:
    """A project's milestones as they stand on a date, by their baseline dates.

    Columns: milestone_id, milestone_name, is_deliverable, baseline_date, original_date (the first that was stated,
    where it was another), forecast_date, has_passed (the forecast, and it is not met), actual_date (none after the
    date), is_due, is_missed, late_days (met or expected past baseline; without a forecast that is as planned, or once
    the plan has passed, on the date), last_stated (of one that is not met and that the project's latest rows no longer
    list), status_date, load_id, source_row.
    """
    return source.records(
        f"""
        select
            h.milestone_id, milestone_name, is_deliverable, h.baseline_date, o.original_date, forecast_date,
            met_on is null and coalesce(forecast_date < $day, false) as has_passed,
            met_on as actual_date, is_due, is_missed, comes - h.baseline_date as late_days,
            case when met_on is null and status_date < max(status_date) over () then status_date end as last_stated,
            status_date, load_id, source_row
        from ({HELD}) as h
        left join milestone_original as o
            on o.project_key = h.project_key and o.milestone_id = h.milestone_id and o.from_date <= $day
            and o.original_date is distinct from h.baseline_date
        where h.project_key = $key
        order by h.baseline_date nulls last, forecast_date nulls last, h.milestone_id
        """,
        {"key": project_key, "day": day},
    )


def milestone_course(source: Source, day: dt.date, project_key: str) -> list[dict[str, Any]]:
    """What each report up to a date expected of a project's milestones, the oldest report first.

    Columns: milestone_id, status_date, expected (when it was met, else its forecast, which for one that is not met
    can't be before the report), is_met.
    """
    return source.records(
        """
        select
            milestone_id, status_date,
            coalesce(actual_date <= status_date, false) as is_met,
            case when is_met then actual_date else greatest(forecast_date, status_date) end as expected
        from fct_milestone
        where project_key = $key and status_date <= $day and coalesce(actual_date, forecast_date) is not null
        order by status_date, milestone_id
        """,
        {"key": project_key, "day": day},
    )


def risks(source: Source, day: dt.date, project_key: str) -> list[dict[str, Any]]:
    """A project's risks and issues as they stand on a date, open before closed, the largest exposure first.

    Columns: risk_id, risk_name, risk_kind, probability and impact (1 to 5), exposure, risk_owner, due_date, risk_state,
    response, colour (of its exposure alone), is_open, is_overdue, overdue_days, since (the first report that speaks of
    it), last_stated (of an open one that the project's latest rows no longer list), status_date, load_id, source_row.
    """
    return source.records(
        """
        with said as materialized (from fct_risk where project_key = $key and status_date <= $day)
        select
            risk_id, risk_name, risk_kind, probability, impact, exposure, risk_owner, due_date, risk_state, response,
            risk_colour(exposure) as colour,
            risk_state <> 'closed' as is_open,
            is_open and coalesce(due_date < $day, false) as is_overdue,
            case when is_overdue then $day - due_date end as overdue_days,
            (select min(f.status_date) from said as f where f.risk_id = r.risk_id) as since,
            case when is_open and status_date < max(status_date) over () then status_date end as last_stated,
            status_date, load_id, source_row
        from said as r
        where valid_to is null or valid_to > $day
        order by is_open desc, exposure desc nulls last, due_date nulls last, risk_id
        """,
        {"key": project_key, "day": day},
    )
