"""Projects: the register, and one project with every number back to its row."""

import streamlit as st

from analytics import dependencies, earned, portfolio, project, projects, reading, touched
from analytics.project import Project
from analytics.projects import Filter
from components import (
    answers,
    controls,
    demand_view,
    dependency_view,
    downloads,
    earned_view,
    figures,
    frame,
    milestone_view,
    origin_view,
    project_view,
    registers,
    risk_view,
    sentences,
    shock_view,
    why_view,
)
from components.controls import View
from components.guard import guard
from components.register_filter import ask_filter


def shown_rows(wanted: Filter) -> int:
    """How many rows to show: the first, and more each time that the reader asked for more of the same."""
    asked, count = st.session_state.get("register-shown", (None, 0))
    return count if asked == wanted else registers.STEP


def show_register(view: View) -> None:
    """The register: what fits, the filters, the rows."""
    scope, day, before = answers.scope(view), view.review_date, view.compare_date
    now = answers.ask(portfolio.summary, day, scope)
    head = st.container()
    wanted = ask_filter(view)
    limit = shown_rows(wanted)
    found = answers.ask(projects.register, day, before, scope, view.basis, wanted, limit)
    with head:
        frame.header(
            sentences.register(found, now, wanted, view),
            sentences.speaks_of(view, sentences.coverage(now), is_latest=answers.is_latest(view)),
            is_sample=answers.ask(reading.is_sample),
        )
    if not found.total:
        st.text("Widen the search, the filters or the scope in the sidebar.")
        return
    with frame.card("register"):
        opened = registers.register(found, wanted, view)
        with st.container(horizontal=True, vertical_alignment="center", key="register-foot"):
            if found.total > limit:
                more = min(registers.STEP, found.total - limit)
                if st.button(f"Show {more} more", key="register-more"):
                    st.session_state["register-shown"] = (wanted, limit + registers.STEP)
                    st.rerun()
            st.text(f"{len(found.rows):,} of {found.total:,} shown")
            downloads.downloads(
                f"projects-{day}",
                answers.later(projects.register_file, day, before, scope, view.basis, wanted),
            )
    if opened:
        controls.open_project_here(opened)


def show_project(found: Project, view: View) -> None:
    """One project: how it stands and why, its course, and where its numbers came from."""
    # Out of sight, so that the URL keeps the register's filters: without them Back would need one step more.
    with st.container(key="unseen-filters"):
        wanted = ask_filter(view)
    day, before, scope = view.review_date, view.compare_date, answers.scope(view)
    row, history = found.row, found.history
    frame.header(
        project_view.headline(found),
        project_view.speaks_of(found, view),
        crumbs=project_view.crumbs(row),
        here=row["project_name"],
        is_sample=answers.ask(reading.is_sample),
    )
    place = answers.ask(projects.place, day, before, scope, view.basis, wanted, row["project_key"])
    stepped = project_view.steps(place)
    project_view.show_flags(row)
    moved = answers.ask(project.moved, day, before, view.basis, row["project_key"])
    figures.figures(project_view.figures(row, moved, view))
    with frame.card("why", "Why it has its colours", "A click on a colour shows its rule, its inputs and their rows"):
        why_view.colours(found)
    if len(history):
        show_course(found, view)
    if len(found.baselines) > 1:
        title = project_view.baselines_title(found.baselines, row["currency"])
        with frame.card("baselines", title, project_view.baselines_of(row)):
            project_view.baselines(found)
    if course := answers.ask(earned.course, day, row["project_key"]):
        earned_view.show(course)
    has_milestones = milestone_view.show(row["project_key"], found.goals, view)
    if has_milestones and row["is_live"]:
        shock_view.what_if(view, row["project_key"])
    risk_view.show(row["project_key"], view)
    demand_view.show(row["project_key"], view)
    opened = show_dependencies(row["project_key"], view)
    show_sources(found, view)
    if to := stepped or opened:
        controls.open_project_here(to)


def show_course(found: Project, view: View) -> None:
    """A project's course, report by report: its colours, finish and cost."""
    row, history = found.row, found.history
    with frame.card("course", project_view.colours_title(found), project_view.colours_of(history, row)):
        strip = st.container()
        with_parts = st.toggle("Schedule, cost, milestones, risk and resources", key="colours-of-parts")
        with strip:
            project_view.colours(found, with_parts=with_parts)
    left, right = st.columns(2)
    with left, frame.card("finish", project_view.finish_title(row), "Forecast finish by date of report"):
        project_view.finish(found)
    with right, frame.card("cost", project_view.cost_title(row), "Forecast cost by date of report"):
        project_view.cost(found)


def show_dependencies(project_key: str, view: View) -> str | None:
    """What a project waits for, and what waits for it; returned is the project that was clicked."""
    found = answers.ask(dependencies.dependencies, view.review_date, reading.Scope(), project_key)
    opened = None
    with frame.card("dependencies", dependency_view.title(found), "What it waits for, and what waits for it"):
        waits = [link for link in found if link.taker == project_key]
        delivers = [link for link in found if link.giver == project_key]
        for key, words, links in (
            ("in", f"It waits for {len(waits):,}", waits),
            ("out", f"It delivers to {len(delivers):,}", delivers),
        ):
            if links:
                st.html(f'<div class="rw-subhead">{words}</div>')
                opened = dependency_view.listings(links, key=f"dependencies-{key}") or opened
        if not found:
            st.html(
                '<p class="rw-missing">With a dependencies export, this shows what it waits for, what waits for it, '
                "and what comes too late. Its template stands on the page Loads.</p>"
            )
    return opened


def show_sources(found: Project, view: View) -> None:
    """What the reports said in words, which loads touched the project, where each number is from, every report."""
    row, history = found.row, found.history
    if len(history) and history["comment"].notna().any():
        with frame.card("comments", project_view.comments_title(history), "The latest first, with its colour"):
            why_view.comments(found, view.review_date)
    with frame.card("origins", "Where each number comes from", "File and row, and the load that brought it"):
        origin_view.origins(found)
        # Every export is looked through for it, so only who asks waits for it.
        if st.toggle("Which loads brought or changed its rows", key="touches"):
            origin_view.loads(answers.ask(touched.touched, row["project_key"]))
    if found.attributes:
        with frame.card("attributes", "Further attributes", "Columns of the exports that are kept as they stand there"):
            origin_view.attributes(found)
    if len(history):
        with frame.card("reports", "Every report, the latest first", "As the files said it, judged on its own date"):
            listed = st.container()
            show_all = len(history) > registers.SHOWN_REPORTS and st.toggle(
                f"All {len(history):,} reports", key="all-reports"
            )
            with listed:
                registers.reports(found, view.review_date, show_all=show_all)


guard()
view = controls.current_view()
project_key = st.query_params.get("project", "")
if view is None:
    frame.empty(
        "The register",
        [
            "Every project with its health, as reported and as computed, its money, finish and last report",
            "One project: why it has its colours, its course, and every report",
            "The file and row that each number came from",
        ],
        ["projects", "status"],
    )
elif not project_key:
    show_register(view)
elif found := answers.ask(project.project, view.review_date, project_key):
    show_project(found, view)
else:
    project_view.unknown(project_key, view)
