"""How one program looks: its sentence, figures, time line, course, money, projects, and what its reports say."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from analytics.dependencies import Dependency
from analytics.milestones import Milestone
from analytics.programs import OneProgram, Program
from analytics.projects import ANY_STAGE
from analytics.reading import NO_PROGRAM, Basis, plain_rows
from analytics.reasons import limits_of, shortened
from analytics.standings import Standing
from components import (
    charts,
    controls,
    frame,
    health,
    programs_figures,
    programs_view,
    sentences,
    tables,
    timeline,
    why_view,
)
from components.controls import View
from components.figures import Figure, delta
from components.formats import NONE, count, day, days, is_missing, money, number, percent
from components.frame import Crumb
from components.tables import Cell, Column, Mark, Tagged, Under
from components.timeline import Bar, Cost, Point, Tie

LINE_ROWS = 25
COST_ROWS = 10
COMMENTS = 6
MOST_ROWS = 300
LINE_NOTE = (
    "Thin: the plan, its ticks the milestones as planned. Thick: the forecast, hatched where it is past the plan"
)
SERVES = (
    Column("Goal", width="46%"),
    Column("Projects", "right"),
    Column("Budget", "right"),
    Column("In red", "right"),
)
COST_NOTE = "Light: forecast, dark: spent, line: budget; hatched is over budget"
WHY = (Column("Colour", width="19%"), Column("Because"), Column("What would change it", width="36%", is_quiet=True))
PROJECTS = (
    Column("Project", width="22%"),
    Column("Reported", width="9%"),
    Column("Computed", width="9%"),
    Column("Budget", "right", width="8%"),
    Column("Forecast", "right", width="8%"),
    Column("Finish", "right", width="10%"),
    Column("Why", is_quiet=True),
)


def crumbs(program: Program) -> list[Crumb]:
    """The path up: all programs, those of the portfolio."""
    path = [Crumb("Programs", {"portfolio": "", "program": ""}, "programs")]
    if len(program.portfolios) == 1:
        name = program.portfolios[0]
        path.append(Crumb(name, {"portfolio": name, "program": ""}, "programs"))
    return path


def nothing(view: View, name: str, *, is_sample: bool) -> None:
    """A program without a live project on the review date: say so, and lead on."""
    top = [Crumb("Programs", {"portfolio": "", "program": ""}, "programs")]
    frame.header(
        f"{shortened(name)} has no live project on {day(view.review_date)}",
        crumbs=top,
        here=name,
        is_sample=is_sample,
    )
    with frame.card("nothing"):
        st.text("Its projects have ended, have not begun, or lie outside the portfolio in the sidebar.")
        ended = controls.register_link(stage=ANY_STAGE)
        st.html(f'<a class="rw-crumb" href="{escape(ended)}" target="_self">All its projects, ended ones too</a>')


def headline(found: OneProgram, view: View) -> str:
    """How the program stands by the chosen basis, since when, with how much in red, and what the other basis says."""
    program, basis = found.program, view.basis
    state, name = program.rollup(basis).state, shortened(program.program_name)
    other = program.rollup("reported" if basis == "computed" else "computed").state
    if program.program_id == NO_PROGRAM:
        name = "What is part of no program"
    if state == "unknown":
        few = f"too few of its {number(program.live)} projects can" if program.live > 1 else "its one project can't"
        return f"{name} has no {basis} colour: {few} be judged"
    said = programs_view.since(found.course(basis)) or state
    parts = [f"{name} is {basis} {said}"]
    if sums := programs_view.red_money(program.money, basis):
        parts.append(sums)
    if (program.slip_days or 0) > 0:
        parts.append(f"its last finish is {sentences.slipped(program.slip_days)}")
    also = ""
    if other not in ("unknown", state):
        also = f". {'It reports' if basis == 'computed' else 'Its numbers say'} {other}."
    return "; ".join(parts) + also


def figures(program: Program, was: Program | None, view: View) -> list[Figure]:
    """Money in red, forecast, cost performance and the last finish, each against the compared review."""
    before = was.money if was else ()
    ago, moved = programs_figures.ago(view), None
    if was and was.slip_days is not None and program.slip_days is not None:
        slip = program.slip_days - was.slip_days
        moved = delta(slip, f"{days(abs(slip))} {ago}" if slip else f"Unchanged {ago}", good_when="down")
    finish = Figure(
        "Last finish",
        day(program.finish),
        sentences.slipped(program.slip_days) if program.finish else "no forecast finish with a baseline",
        moved,
        "The latest forecast finish of its live projects, against the latest baseline finish",
    )
    return [*programs_figures.money_figures(program.money, before, view), finish]


def line_title(found: OneProgram) -> str:
    """How many of its projects finish late, of those that have a plan and a forecast."""
    slips = found.projects["slip_days"].dropna()
    late, known, whole = int((slips > 0).sum()), len(slips), len(found.projects)
    if not known:
        return "No project states both a plan and a forecast finish"
    worst = f", the worst {sentences.slipped(slips.max())}" if known > 1 and late else ""
    if known < whole:
        said = f"{number(late)} of {number(whole)} projects" if late else f"None of {number(whole)} projects"
        verb = "finish" if late > 1 else "finishes" if late else "is known to finish"
        return f"{said} {verb} late{worst}; {number(whole - known)} without a plan or forecast"
    if known == 1:
        return f"Its project finishes {sentences.slipped(slips.max())}"
    if not late:
        return "No project finishes late"
    if late == known:
        return f"{'Both' if known == 2 else f'All {number(known)}'} projects finish late{worst}"
    return f"{number(late)} of {count(known, 'project')} {'finishes' if late == 1 else 'finish'} late{worst}"


def line(
    found: OneProgram, view: View, points: Mapping[str, Sequence[Milestone]], links: Sequence[Dependency]
) -> str | None:
    """Its projects on one time line, with their milestones and what ties them; returned is the one that was clicked."""
    rows = _shown(found.projects, LINE_ROWS, "line")
    alt = f"{line_title(found)}. Listed with dates under the projects below."
    bars = [_bar(row, view, points.get(row["project_key"], ())) for row in rows]
    ties = [_tie(link) for link in links if link.state in ("broken", "open") and link.comes and link.needed]
    picked = timeline.timeline(bars, view.review_date, alt=alt, key="time-line", ties=ties)
    return None if why_view.opened(picked) else picked


def _tie(link: Dependency) -> Tie:
    assert link.comes is not None
    assert link.needed is not None
    late = f", {days(-(link.slack_days or 0))} after it is needed" if link.state == "broken" else ""
    tip = f"{link.name}: {link.giver_name} to {link.taker_name}, comes {day(link.comes)}{late}"
    return Tie(link.giver, link.comes, link.taker, link.needed, link.state == "broken", tip)


def _shown(projects: pd.DataFrame, most: int, key: str) -> list[dict[str, Any]]:
    """The worst rows; all of them (as many as a page bears) where that is asked for."""
    if len(projects) > most and st.toggle(_all(projects), key=f"all-{key}"):
        most = MOST_ROWS
    return plain_rows(projects.head(most))


def _all(projects: pd.DataFrame) -> str:
    if len(projects) > MOST_ROWS:
        return f"The {MOST_ROWS} worst of {len(projects):,} projects"
    return f"All {len(projects):,} projects"


def _bar(row: Mapping[str, Any], view: View, milestones: Sequence[Milestone]) -> Bar:
    start, planned, finish = (_day(row[name]) for name in ("baseline_start", "baseline_finish", "finish_then"))
    plan = f"planned {day(start)} to {day(planned)}" if start or planned else "no plan"
    slip = sentences.slipped(row["slip_days"]) if row["slip_days"] is not None else ""
    name = shortened(row["project_name"])
    late = f", {slip}" if slip else ""
    reported, computed = health.word(row["reported"]).lower(), health.word(row["computed"], is_evidence=True).lower()
    tip = f"{name}: {plan}, forecast finish {day(finish)}{late}. Reported {reported}, computed {computed}"
    key = row["project_key"]
    points = [
        Point(m.comes, m.baseline, m.is_deliverable, m.state, _tip(m), why_view.of_milestone(key, m.milestone_id))
        for m in milestones
        if m.comes
    ]
    return Bar(
        row["project_key"],
        controls.project_link(row["project_key"]),
        row["project_name"],
        row["computed"] if view.basis == "computed" else row["reported"],
        start,
        planned,
        finish,
        slip or ("no baseline" if finish else "no forecast"),
        tip,
        _said(finish, milestones),
        why_view.of_project(row["project_key"], view.basis),
        tuple(points),
    )


def _tip(milestone: Milestone) -> str:
    """A milestone in words."""
    what = "deliverable" if milestone.is_deliverable else "milestone"
    planned = f", planned {day(milestone.baseline)}" if milestone.baseline else ""
    when = {"met": "met", "missed": "due and missed, expected", "ahead": "expected"}[milestone.state]
    return f"{shortened(milestone.name)} ({what}): {when} {day(milestone.comes)}{planned}"


def _said(finish: Any, milestones: Sequence[Milestone]) -> str:
    """A project's course in a line: its finish, what it missed, and the milestone that is next."""
    parts = [f"Finishes {day(finish)}" if finish else "No forecast finish"]
    if missed := sum(milestone.state == "missed" for milestone in milestones):
        parts.append(f"{count(missed, 'milestone')} missed")
    if ahead := next((m for m in milestones if m.met_on is None and m.comes), None):
        parts.append(f"next {shortened(ahead.name)}, {day(ahead.comes)}")
    return "; ".join(parts)


def _day(value: Any) -> Any:
    return value.date() if isinstance(value, pd.Timestamp) else value


def course_title(found: OneProgram, view: View) -> str:
    """Since when the program has its colour, or how often it changed."""
    course = found.course(view.basis)
    said = programs_view.since(course)
    return f"{view.basis.capitalize()} {said}" if said else "No colour yet"


def course(found: OneProgram, view: View) -> None:
    """Both colours week by week, and why the program has them."""
    dates = found.courses[view.basis].dates
    bases: tuple[Basis, ...] = ("reported", "computed")
    charts.strip(
        [
            charts.Strip(basis.capitalize(), one.states, basis == "computed")
            for basis in bases
            if (one := found.course(basis))
        ],
        dates,
    )
    rows: list[list[Cell]] = [
        [
            Under(programs_view.mark(found.program, basis), basis),
            f"{rollup.rule}. Here {programs_view.evidence(rollup)}",
            found.flips[basis],
        ]
        for basis, rollup in ((basis, found.program.rollup(basis)) for basis in bases)
    ]
    why_view.listing(WHY, rows, key="program-why")


def cost_title(found: OneProgram) -> str:
    """What the program is forecast to cost against its budget."""
    known = [a for a in found.program.money if a.over is not None]
    if not known:
        return "No project states a forecast cost and a budget"
    main = known[0]
    over = main.over or 0
    if percent(abs(over)) == "0 %":
        return f"Forecast to cost its budget of {money(main.forecast_budget, main.currency)}"
    gap = money(abs(main.variance or 0), main.currency)
    return f"Forecast to cost {gap} {'more' if over > 0 else 'less'} than budgeted, {percent(over, sign=True)}"


def cost(found: OneProgram) -> None:
    """Budget, forecast and spent by project, the largest first, each currency on its own scale."""
    for amount in found.program.money:
        rows = found.projects[found.projects["currency"] == amount.currency]
        largest = rows[["eac", "budget", "actual_cost"]].max(axis=1).sort_values(ascending=False, kind="stable")
        rows = rows.loc[largest.dropna().index]
        if len(found.program.money) > 1:
            st.html(f'<div class="rw-subhead">{escape(amount.currency)}</div>')
        if rows.empty:
            charts.missing("No project states a budget, a forecast cost or what it spent.")
            continue
        items = [_cost(row) for row in plain_rows(rows.head(COST_ROWS))]
        st.html(timeline.costs(items, alt=cost_title(found)))
        if len(rows) > COST_ROWS:
            rest = rows.iloc[COST_ROWS:]
            known = rest["eac"].sum(min_count=1)
            forecast = "no forecast" if is_missing(known) else f"{money(known, amount.currency)} forecast together"
            charts.missing(f"{count(len(rest), 'smaller project')} more, {forecast}.")


def _cost(row: Mapping[str, Any]) -> Cost:
    currency, over = row["currency"], row["overrun"]
    budget = f"on {money(row['budget'], currency)}" if row["budget"] is not None else "no budget"
    share = f" ({percent(over, sign=True, limits=limits_of(row, 'cost'))})" if over is not None else ""
    spent = f", spent {money(row['actual_cost'], currency)}" if row["actual_cost"] is not None else ""
    forecast = money(row["eac"], currency) if row["eac"] is not None else "no forecast"
    amounts = (row["budget"], row["eac"], row["actual_cost"])
    return Cost(row["project_name"], row["cost"], *amounts, forecast, f"{budget}{share}{spent}")


def serves_title(served: Sequence[Standing]) -> str:
    """How many goals its projects serve, and how many serve none."""
    goals = [one for one in served if one.id]
    without = sum(one.live for one in served if not one.id)
    if not goals:
        return "Its projects state no goal"
    verb = "serves" if without == 1 else "serve"
    rest = f"; {count(without, 'project')} {verb} none" if without else ""
    if len(goals) == 1:
        return f"It serves {shortened(goals[0].name)}{rest}"
    return f"It serves {count(len(goals), 'goal')}, most of all {shortened(goals[0].name)}{rest}"


def by_money(served: Sequence[Standing]) -> list[Standing]:
    """The goals, those with most budget first, what serves none last."""
    return sorted(served, key=lambda one: (not one.id, -max((a.budget or 0 for a in one.money), default=0), one.name))


def serves(served: Sequence[Standing]) -> None:
    """The goals of its projects, with the money on each and how much of it is in red projects."""
    rows: list[list[Cell]] = [
        [
            one.name if one.id else "No goal",
            number(one.live),
            _amounts([(a.budget, a.currency) for a in one.money]),
            _amounts([(a.computed_red, a.currency) for a in one.money]) if one.computed["red"] else "none",
        ]
        for one in served
    ]
    tables.listing(SERVES, rows)


def _amounts(sums: Sequence[tuple[float | None, str]]) -> str:
    return " + ".join(money(amount, currency) for amount, currency in sums if amount is not None) or NONE


def projects_title(found: OneProgram, view: View) -> str:
    """How many of its projects are in trouble."""
    states = found.projects[view.basis]
    red, amber = int((states == "red").sum()), int((states == "amber").sum())
    whole = count(len(states), "live project")
    if len(states) == 1:
        return f"Its one live project is {view.basis} {states.iloc[0]}"
    if not red and not amber:
        return f"{whole}, none {view.basis} red or amber"
    reds = f"{number(red) if red else 'None'} of {whole} {'is' if red < 2 else 'are'} {view.basis} red"
    return f"{reds}, {number(amber)} amber" if amber else reds


def projects(found: OneProgram) -> str | None:
    """Its projects with their reasons; returned is the one that was clicked."""
    rows = _shown(found.projects, LINE_ROWS, "projects")
    cells: list[list[Cell]] = [
        [
            Tagged(row["project_name"], "critical") if row["is_critical"] else row["project_name"],
            Mark(
                row["reported"],
                bool(row["is_stale"]),
                rating=health.rating(row["reported"], row["reported_health"]),
                opens=why_view.of_project(row["project_key"], "reported"),
            ),
            Mark(row["computed"], is_evidence=True, opens=why_view.of_project(row["project_key"], "computed")),
            money(row["budget"], row["currency"]),
            money(row["eac"], row["currency"]),
            sentences.slipped(row["slip_days"]),
            row["why"],
        ]
        for row in rows
    ]
    keys = [row["project_key"] for row in rows]
    links = [controls.project_link(key) for key in keys]
    return why_view.listing(PROJECTS, cells, key="program-projects", picks=keys, links=links)


def comments(found: OneProgram) -> list[dict[str, Any]]:
    """The newest comments of its projects' last reports."""
    said = found.projects[found.projects["comment"].notna()]
    return plain_rows(said.sort_values("status_date", ascending=False, kind="stable").head(COMMENTS))


def show_comments(said: Sequence[Mapping[str, Any]]) -> str | None:
    """Each comment with its project and date; returned is the project that was clicked."""
    rows: list[list[Cell]] = [
        [
            row["project_name"],
            day(row["status_date"]).replace(" ", "\u00a0"),
            Mark(row["reported"], bool(row["is_stale"]), opens=why_view.of_project(row["project_key"], "reported")),
            row["comment"],
        ]
        for row in said
    ]
    columns = [Column("Project", width="22%"), Column("Report", is_quiet=True), Column("Reported"), Column("Comment")]
    keys = [row["project_key"] for row in said]
    links = [controls.project_link(key) for key in keys]
    return why_view.listing(columns, rows, key="program-comments", picks=keys, links=links)
