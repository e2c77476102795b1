"""Programs: which is in the worst trouble and since when; and one program, its projects on one time line."""

import streamlit as st

from analytics import benefits, dependencies, milestones, programs, reading, rollup, standings
from analytics.reading import NO_PROGRAM
from components import (
    answers,
    benefits_view,
    controls,
    demand_view,
    dependency_view,
    figures,
    frame,
    program_view,
    programs_figures,
    programs_view,
    sentences,
    shock_view,
)
from components.controls import View
from components.guard import guard
from components.programs_view import Wanted

ROWS = 50  # of a page of the table


def ask_filter() -> Wanted:
    """What the table is narrowed to and how it is sorted; the URL holds it."""
    search, colour, order = st.columns([5, 2, 2], vertical_alignment="bottom")
    with search:
        text = st.text_input(
            "Search", key="find", bind="query-params", placeholder="Name, id or portfolio", max_chars=100
        )
    with colour:
        state = controls.page_choice("colour", "Colour", programs_view.COLOURS)
    with order:
        return Wanted(text or "", state, controls.page_choice("order", "Sorted by", programs_view.ORDERS))


def show_programs(view: View) -> None:
    """The table of programs, the worst first."""
    scope, day, before = answers.scope(view), view.review_date, view.compare_date
    every = programs.worst_first(answers.ask(programs.programs, day, scope), view.basis)
    earlier = answers.ask(programs.programs, before, scope) if before else ()
    courses = answers.ask(programs.courses, day, scope, view.basis)
    links = answers.ask(dependencies.dependencies, day, scope)
    promised = answers.ask(benefits.by_program, day, scope)
    made = programs_view.promises(answers.ask(milestones.by_program, day, scope), links, promised)
    frame.header(
        programs_view.headline(every, courses, made, view),
        sentences.speaks_of(view, programs_view.coverage(every), is_latest=answers.is_latest(view)),
        is_sample=answers.ask(reading.is_sample),
    )
    if not every:
        st.text("Choose another review or a wider scope in the sidebar.")
        return
    if all(program.program_id == NO_PROGRAM for program in every):
        programs_view.nothing()
        return
    figures.figures(programs_figures.figures(every, earlier, view))
    with frame.card("table", programs_view.title(every, view), programs_view.rule(answers.ask(rollup.rollup_rules))):
        found = programs_view.narrowed(every, ask_filter(), view.basis, made)
        rows, below = st.container(), st.container(horizontal=True, vertical_alignment="center")
        with below:
            pages = max(1, -(-len(found) // ROWS))
            page = st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1
            programs_view.download(found, courses, made, view)
        with rows:
            shown = found[(page - 1) * ROWS : page * ROWS]
            programs_view.table(shown, {p.program_id: p for p in earlier}, courses, made, view)
    if dependency_view.broken(links):
        with frame.card("dependencies", dependency_view.title(links), dependency_view.NOTE):
            opened = dependency_view.of_many(links, key="ties")
        if opened:
            controls.open_project(opened)


def show_program(view: View) -> None:
    """One program: how it stands and since when, its projects on one time line, its money, and why."""
    # Out of sight, so that the URL keeps the table's filters: without them Back would need one step more.
    with st.container(key="unseen-filters"):
        ask_filter()
    scope, day, before = answers.scope(view), view.review_date, view.compare_date
    found = answers.ask(programs.program, day, scope)
    earlier = answers.ask(programs.programs, before, scope) if before else ()
    is_latest, is_sample = answers.is_latest(view), answers.ask(reading.is_sample)
    if found is None:
        program_view.nothing(view, answers.ask(programs.program_name, view.program or ""), is_sample=is_sample)
        return
    frame.header(
        program_view.headline(found, view),
        sentences.speaks_of(view, programs_view.coverage([found.program]), is_latest=is_latest),
        crumbs=program_view.crumbs(found.program),
        here=found.program.program_name,
        is_sample=is_sample,
    )
    figures.figures(program_view.figures(found.program, earlier[0] if earlier else None, view))
    links = answers.ask(dependencies.dependencies, day, scope)
    points = answers.ask(milestones.milestones, day, scope)
    with frame.card("line", program_view.line_title(found), program_view.LINE_NOTE):
        opened = program_view.line(found, view, points, links)
    if links:
        with frame.card("dependencies", dependency_view.title(links), dependency_view.NOTE):
            opened = dependency_view.listings(links, key="ties", program=view.program) or opened
    shock_view.what_if(view)
    left, right = st.columns(2)
    with left, frame.card("course", program_view.course_title(found, view), "Roll-up of its live projects, by week"):
        program_view.course(found, view)
    with right, frame.card("cost", program_view.cost_title(found), program_view.COST_NOTE):
        program_view.cost(found)
    if served := program_view.by_money(answers.ask(standings.goals, day, scope)):
        with frame.card(
            "serves", program_view.serves_title(served), "Goals of its live projects, with the money on each"
        ):
            program_view.serves(served)
    benefits_view.program_card(view)
    demand_view.program_card(view, scope)
    with frame.card("projects", program_view.projects_title(found, view), "The worst first; each opens the project"):
        opened = program_view.projects(found) or opened
    if comments := program_view.comments(found):
        with frame.card("comments", "What the latest reports say", "The comments of the reports, newest first"):
            opened = program_view.show_comments(comments) or opened
    if opened:
        controls.open_project(opened)


guard()
view = controls.current_view()
if view is None:
    frame.empty(
        "This page",
        [
            "Every program with its colour, as reported and as computed, and since when it has it",
            "Its money in red, forecast against budget, cost performance, finish, and how many projects reported",
            "One program: its projects on one time line, and what would change its colour",
        ],
        ["programs", "projects", "status"],
    )
elif view.program:
    show_program(view)
else:
    show_programs(view)
