"""The milestones of many projects as they stand on a review date. Source: methods "Health"."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from analytics.reading import IN_SCOPE, Scope, Source

# What holds on $day of every milestone. It comes when it was met, or is expected: by its forecast, or else as planned;
# one that is not met can't come before the review. Without any date it is not known when.
HELD = """
    select
        project_key, milestone_id, milestone_name, is_deliverable, baseline_date, forecast_date,
        status_date, load_id, source_row,
        case when actual_date <= $day then actual_date end as met_on,
        milestone_due($day, baseline_date) as is_due,
        milestone_missed($day, baseline_date, actual_date) as is_missed,
        coalesce(forecast_date, baseline_date) as expected,
        coalesce(met_on, case when expected is not null then greatest(expected, $day::date) end) as comes
    from fct_milestone
    where status_date <= $day and (valid_to is null or valid_to > $day)
"""


@dataclass(frozen=True)
class Milestone:
    """A milestone on a review date. `comes` is the day on which it was met, or is expected; None where nobody says.

    `state` is met, missed (its baseline date has passed) or ahead.
    """

    milestone_id: str
    name: str
    is_deliverable: bool
    baseline: dt.date | None
    met_on: dt.date | None
    comes: dt.date | None
    state: Literal["met", "missed", "ahead"]


def milestones(source: Source, day: dt.date, scope: Scope) -> Mapping[str, tuple[Milestone, ...]]:
    """The milestones of each live project of a scope on a review date, by project_key, in the order they come."""
    found: dict[str, list[Milestone]] = defaultdict(list)
    for key, *values in source.rows(
        f"""
        select
            project_key, milestone_id, milestone_name, is_deliverable, h.baseline_date, met_on, comes,
            case when met_on is not null then 'met' when is_missed then 'missed' else 'ahead' end
        from ({HELD}) as h
        join (select project_key from {source.on(day)} where is_live and {IN_SCOPE}) using (project_key)
        order by comes nulls last, expected, milestone_id
        """,
        {**scope.parameters(), "day": day},
    ):
        found[key].append(Milestone(*values))
    return {key: tuple(values) for key, values in found.items()}


@dataclass(frozen=True)
class Met:
    """Of a program's live projects' milestones, how many are due by a review date and how many of these are missed."""

    due: int
    missed: int


def by_program(source: Source, day: dt.date, scope: Scope) -> Mapping[str, Met]:
    """How many milestones are due and missed by the programs of a scope; a program without any due has none."""
    return {
        program: Met(due, missed)
        for program, due, missed in source.rows(
            f"""
            select coalesce(program_id, '(none)'), sum(milestones_due)::bigint, sum(milestones_missed)::bigint
            from {source.on(day)} where is_live and milestones_due > 0 and {IN_SCOPE} group by program_id
            """,
            scope.parameters(),
        )
    }
