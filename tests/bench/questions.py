"""The questions behind the pages, by name, on the latest review date of a warehouse."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analytics import (
    benefits,
    changes,
    dependencies,
    earned,
    evidence,
    milestones,
    portfolio,
    programs,
    project,
    projects,
    quality,
    shock,
    standings,
    touched,
    why,
)
from analytics.reading import Scope, Source, choices
from pipelines.warehouse import Warehouse


@dataclass(frozen=True)
class Examples:
    """The latest review date of a warehouse, and a project and a program to look into: those most worth a look."""

    day: dt.date
    project: str
    program: str


def examples(folder: Path) -> Examples:
    """What the pages of one project and of one program are measured with."""
    with Warehouse(folder).reading() as reading:
        source = Source(reading)
        day = max(choices(source).review_dates)
        worst = f"select project_key from {source.on(day)} order by milestones_missed desc, project_key limit 1"
        link = dependencies.dependencies(source, day, Scope())[0]
        return Examples(day, source.rows(worst)[0][0], link.giver_program or "")


def questions(folder: Path) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Each question, to be asked again and again; nothing but the day's projects is kept between two askings."""
    reading = Warehouse(folder).open()
    source = Source(reading)
    day: dt.date = max(choices(source).review_dates)
    before = day - dt.timedelta(weeks=1)
    scope, everything = Scope(), projects.filter_from()
    one = source.rows(f"select project_key from {source.on(day)} order by milestones_missed desc, project_key limit 1")[
        0
    ][0]
    link = dependencies.dependencies(source, day, scope)[0]
    inside = Scope(program=link.giver_program)
    slips = shock.open_milestones(source, day, scope, link.giver)[0]
    row = source.records(f"from {source.on(day)} where project_key = $key", {"key": one})[0]
    promised = benefits.summary(source, day, scope).main
    unit = promised.unit if promised else ""

    def all_projects() -> None:
        Source(reading).on(day)

    def all_benefits() -> None:
        fresh = Source(reading)
        fresh._days["project", day] = source.on(day)
        benefits.summary(fresh, day, scope)

    yield "All projects of a review date, with their health (once a date)", all_projects
    yield "All benefits of a review date (once a date)", all_benefits
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
    yield "Overview: benefits in the headline", lambda: benefits.summary(source, day, scope)
    yield "Programs: courses of 26 weeks", lambda: programs.courses(source, day, scope, "computed")
    yield "Programs: dependencies of all", lambda: dependencies.dependencies(source, day, scope)
    yield "Programs: milestones by program", lambda: milestones.by_program(source, day, scope)
    yield "Programs: one program", lambda: programs.program(source, day, inside)
    yield "Programs: projects of one program", lambda: programs.projects_of(source, day, inside)
    yield "Programs: dependencies of one program", lambda: dependencies.dependencies(source, day, inside)
    yield "Programs: milestones of one program", lambda: milestones.milestones(source, day, inside)
    yield "Programs: milestones to slip", lambda: shock.open_milestones(source, day, inside)
    yield (
        "Programs: what moves when a milestone slips by 8 weeks",
        lambda: shock.shock(source, day, slips.project_key, slips.milestone_id, 8),
    )
    yield (
        "Projects: register, 50 rows with their last 12 weeks",
        lambda: projects.register(source, day, before, scope, "computed", everything, 50),
    )
    yield (
        "Projects: the register as a file",
        lambda: projects.register_file(source, day, before, scope, "computed", everything),
    )
    yield "Projects: one project with its history", lambda: project.project(source, day, one)
    yield "Projects: what moved since the review before", lambda: project.moved(source, day, before, "computed", one)
    yield "Projects: earned value of one project", lambda: earned.course(source, day, one)
    yield "Projects: milestones of one project", lambda: evidence.milestones(source, day, one)
    yield "Projects: milestone trend of one project", lambda: evidence.milestone_course(source, day, one)
    yield "Projects: risks of one project", lambda: evidence.risks(source, day, one)
    yield "Projects: dependencies of one project", lambda: dependencies.dependencies(source, day, scope, link.taker)
    yield "Projects: loads that touched one project", lambda: touched.touched(source, one)
    yield "Why: every colour of one project", lambda: why.judgements(source, day, row)
    yield "Benefits: by program", lambda: benefits.groups(source, day, scope, "program", unit)
    yield "Benefits: by portfolio", lambda: benefits.groups(source, day, scope, "portfolio", unit)
    yield "Benefits: planned, forecast, realised by period", lambda: benefits.course(source, day, scope, unit)
    yield "Benefits: those in doubt", lambda: benefits.benefits(source, day, scope, benefits.Wanted(), 50)
    yield "Data quality: what live projects stand on", lambda: quality.trust(source, day, scope)
    yield "Data quality: reports due and missed, 12 weeks", lambda: quality.weekly(source, day, scope)
    yield "Data quality: who is late, by portfolio", lambda: quality.late_by(source, day, scope, "portfolio")
    yield "Data quality: late projects", lambda: quality.late_projects(source, day, scope, 12)
    yield "Data quality: rules", lambda: quality.by_rule(source)
