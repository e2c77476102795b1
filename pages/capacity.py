"""Capacity: who is overloaded, when, who goes short for it, and what to move."""

from typing import cast

import streamlit as st

from analytics import capacity, reading
from analytics.capacity import Level, Plan
from analytics.whatif import totals
from components import (
    answers,
    capacity_view,
    controls,
    downloads,
    figures,
    frame,
    levelling_view,
    sentences,
    whatif_view,
)
from components.controls import View
from components.guard import guard


def ask_shown() -> tuple[int, bool, Level]:
    """The months ahead, whether what is requested counts too, and what the rows are; the URL holds it."""
    with st.container(key="capacity-shown"):
        ahead, which, rows, _ = st.columns([2, 3, 2, 5], vertical_alignment="bottom")
    with ahead:
        months = int(controls.page_choice("months", "Horizon", capacity_view.HORIZONS))
    with which:
        requested = controls.page_choice("count", "Counted", capacity_view.SHOWN) == "requested"
    with rows:
        return months, requested, cast(Level, controls.page_choice("by", "Rows", capacity_view.LEVELS))


def show(view: View) -> None:
    """The page, once there are capacity or demand."""
    scope, day = answers.scope(view), view.review_date
    found = answers.ask(capacity.plan, day, scope)
    head = st.container()
    top = st.container()
    months, requested, level = ask_shown()
    rows = capacity.heat(found, level, months, requested=requested)
    sums = totals(found, months)
    with head:
        by_team = capacity.heat(found, "team", months)
        frame.header(
            capacity_view.headline(found, by_team, months, sums),
            sentences.speaks_of(view, capacity_view.coverage(found, months), is_latest=answers.is_latest(view)),
            is_sample=answers.ask(reading.is_sample),
        )
    if not rows:
        st.text("Choose a wider scope in the sidebar, or load the demand export of these projects.")
        return
    with top:
        figures.figures(capacity_view.figures(found, by_team, months, sums))
    with st.container(key="unseen-cell"):
        chosen = st.text_input("URL: cell", key="cell", bind="query-params", max_chars=600) or ""
    with frame.card("heat", "Use of people by month", capacity_view.KEY_NOTE):
        capacity_view.heat_map(rows, "heat-map", requested=requested, chosen=chosen)
    if place := capacity_view.cell_of(chosen, found):
        show_cell(found, *place, months)
    whatif_view.card(view, found, months)
    levelling_view.levelling_card(view, found, months)
    by_skill = capacity.heat(found, "skill", months)
    with frame.card("gaps", capacity_view.gaps_title(by_skill), "Capacity less committed work; FTE by month"):
        capacity_view.gaps(by_skill)
    lacking = capacity.short(found, months)
    if lacking["in_scope"].any():
        with frame.card("short", capacity_view.short_title(lacking, months), capacity_view.SHORT_NOTE):
            capacity_view.short(lacking)
    competing = capacity.contention(found, months)
    if len(competing):
        note = "Committed work where committed work overloads the people; all programs, whatever the scope"
        with frame.card("contention", capacity_view.contention_title(competing), note):
            capacity_view.contention(competing)
    moved, then = answers.ask(capacity.moving_right, day, scope)
    if len(then):
        with frame.card("later", capacity_view.later_title(moved), "The plan of four weeks ago against the one now"):
            capacity_view.later(moved, then)
    unknown, idle = capacity.without_capacity(found, months), capacity.without_demand(found, months)
    if len(unknown) or len(idle):
        with frame.card("unmatched", capacity_view.unmatched_title(unknown, idle), f"In the next {months} months"):
            capacity_view.unmatched(unknown, idle)
    downloads.downloads(f"capacity-{day}", lambda: capacity_view.files(found, months))


def show_cell(found: Plan, team: str, pool: str, month: object, months: int) -> None:
    """Who asks for the people of the chosen cell."""
    asked = capacity.asking(found, team, pool, month)  # type: ignore[arg-type]
    slips = capacity.short(found, months)
    dates = {
        key: then.date() for key, then in slips[["project_key", "slips_to"]].dropna().itertuples(index=False, name=None)
    }
    title = capacity_view.asking_title(asked, team, pool, month)  # type: ignore[arg-type]
    with frame.card("cell", title, "Those who are served first on top; a click opens the project"):
        capacity_view.asking(asked, dates)


guard()
view = controls.current_view()
if view is None:
    frame.empty(
        "This page",
        [
            "Which team and skill is overloaded in which month, by committed and by requested work",
            "Which projects compete for the same people, who goes short, and which date slips because of it",
            "What would have to move to start something new, and where hiring helps",
        ],
        ["capacity", "demand", "projects"],
    )
elif any(answers.ask(capacity.is_stated)):
    show(view)
else:
    capacity_view.nothing_loaded(view)
