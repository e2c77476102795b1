"""Overview: how is the portfolio, what changed, what needs a decision?"""

import streamlit as st

from analytics import benefits, changes, portfolio, programs, reading, standings
from components import (
    alignment_view,
    answers,
    benefits_view,
    capacity_view,
    controls,
    figures,
    frame,
    portfolio_figures,
    portfolio_view,
    sentences,
    standings_view,
)
from components.guard import guard

SHOWN_PROGRAMS = 8
PHONE_ROWS = 5  # of a short table; the style sheet hides the others there until the toggle is on

guard()
view = controls.current_view()
if view is None:
    frame.empty(
        "The overview",
        [
            "Health of the live projects, by count and by budget, as reported and as computed, and its 26-week trend",
            "Budget, spent, forecast and variance, and what changed since the review before",
            "The ten items that need attention, most money first, each with its reason",
        ],
        ["projects", "status"],
    )
    st.stop()

scope, day, before = answers.scope(view), view.review_date, view.compare_date
now = answers.ask(portfolio.summary, day, scope)
earlier = answers.ask(portfolio.summary, before, scope) if before else None
changed = answers.ask(changes.changes, day, before, scope, view.basis) if before else None

needs = answers.ask(portfolio.attention, day, before, scope)
promised = benefits_view.line(answers.ask(benefits.summary, day, scope))
frame.header(
    sentences.overview(now, needs, view, promised),
    sentences.speaks_of(view, sentences.coverage(now), is_latest=answers.is_latest(view)),
    is_sample=answers.ask(reading.is_sample),
)
if not now.live:
    st.stop()
group = figures.figures(portfolio_figures.figures(now, earlier, changed, view), key="figures")

left, right = st.columns([2, 1]) if changed else (st.container(), None)
with left, frame.card("attention", sentences.attention(needs), sentences.attention_order(needs)):
    project = portfolio_view.attention(needs)
    if len(needs.items) > PHONE_ROWS:
        with st.container(key="phone-only-attention"):
            st.toggle(f"All {len(needs.items)}", key="all-attention")
    if needs.total > len(needs.items):
        group = portfolio_view.all_attention(needs.total) or group
if changed and right:
    with right, frame.card("changes", sentences.changes(changed), sentences.changes_of(view)):
        group = portfolio_view.changes(changed, view.basis) or group

left, right = st.columns([11, 9])
with left, frame.card("distribution", sentences.distribution(now), "Live projects by health; a click lists them"):
    group = portfolio_view.distribution(now) or group
with right, frame.card("trend"):
    head = st.container()
    currency = portfolio_view.trend_by(now)
    weeks = answers.ask(portfolio.trend, day, scope, currency)
    with head:
        frame.card_head(sentences.trend(weeks), sentences.trend_of(weeks, view.basis, currency))
    portfolio_view.trend(weeks, view.basis)

parted = answers.ask(portfolio.partings, day, scope)
with frame.card("parted", sentences.parted(parted, now), "Where the two part; each opens its projects"):
    group = portfolio_view.parted(parted) or group

places = answers.ask(standings.portfolios, day, scope)
if len(places) > 1:
    order = "The worst first; a click looks into one, a click on a colour says why"
    with frame.card("portfolios", sentences.portfolios(places, view.basis), order):
        standings_view.portfolios(places, view.basis)

alignment_view.strip(view)

served = answers.ask(standings.goals, day, scope)
if any(goal.id for goal in served):
    about = "Each project counts in full for the one goal that it states, not split; a click on a colour says why"
    with frame.card("goals", sentences.goals(served, view.basis), about):
        standings_view.goals(served, view.basis)

capacity_view.strip(view)

found = programs.worst_first(answers.ask(programs.programs, day, scope), view.basis)
if now.programs:
    with frame.card("programs", sentences.programs(found, view.basis), "The worst first; each opens its page"):
        standings_view.programs(found[:SHOWN_PROGRAMS])
        if len(found) > SHOWN_PROGRAMS:
            portfolio_view.all_programs(now.programs)

if project:
    controls.open_project(project)
if group:
    controls.open_register(group)
