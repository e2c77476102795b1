"""The questions behind the Overview and the register, by name, on the latest review date of a warehouse."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from analytics import changes, portfolio, programs, project, projects, quality, standings
from analytics.reading import Scope, Source, choices
from pipelines.warehouse import Warehouse


def questions(folder: Path) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Each question, to be asked again and again; nothing but the day's projects is kept between two askings."""
    reading = Warehouse(folder).open()
    source = Source(reading)
    day: dt.date = max(choices(source).review_dates)
    before = day - dt.timedelta(weeks=1)
    scope, everything = Scope(), projects.filter_from()
    one = source.rows(f"select project_key from {source.on(day)} limit 1")[0][0]

    def all_projects() -> None:
        Source(reading).on(day)

    yield "All projects of a review date, with their health (once a date)", all_projects
    yield "Choices of the sidebar", lambda: choices(source)
    yield "Overview: counts, money, distribution", lambda: portfolio.summary(source, day, scope)
    yield (
        "Overview: what changed since the review before",
        lambda: changes.changes(source, day, before, scope, "computed"),
    )
    yield "Overview: trend of 26 weeks", lambda: portfolio.trend(source, day, scope)
    yield "Overview: what needs attention", lambda: portfolio.attention(source, day, before, scope)
    yield "Overview: where reports and evidence part", lambda: portfolio.partings(source, day, scope)
    yield "Overview: goals", lambda: standings.goals(source, day, scope)
    yield "Overview: programs", lambda: programs.programs(source, day, scope)
    yield "Overview: portfolios", lambda: standings.portfolios(source, day, scope)
    yield (
        "Projects: register, 50 rows with their last 12 weeks",
        lambda: projects.register(source, day, before, scope, "computed", everything, 50),
    )
    yield (
        "Projects: the register as a file",
        lambda: projects.register_file(source, day, before, scope, "computed", everything),
    )
    yield "Projects: one project with its history", lambda: project.project(source, day, one)
    yield "Data quality: what live projects stand on", lambda: quality.trust(source, day, scope)
    yield "Data quality: reports due and missed, 12 weeks", lambda: quality.weekly(source, day, scope)
    yield "Data quality: who is late, by portfolio", lambda: quality.late_by(source, day, scope, "portfolio")
    yield "Data quality: late projects", lambda: quality.late_projects(source, day, scope, 12)
    yield "Data quality: rules", lambda: quality.by_rule(source)
