"""Overview: how is the portfolio, what changed, what needs a decision?"""

import streamlit as st

from analytics import portfolio, programs, reading
from components import answers, controls, figures, frame, portfolio_view, sentences
from components.guard import guard

SHOWN_PROGRAMS = 12
PHONE_ROWS = 5  # of a short table; the style sheet hides the others there until the toggle is on

guard()
view = controls.current_view()
if view is None:
    frame.empty(
        "The overview",
        [
            "Health of the live projects, by count and by budget, as reported and as computed, and its 26-week trend",
            "Budget, spent, forecast and variance",
            "The ten items that need attention, most money first, each with its reason",
        ],
        ["projects", "status"],
        frame.status_template(),
    )
    st.stop()

scope, day, before = answers.scope(view), view.review_date, view.compare_date
now = answers.ask(portfolio.summary, day, scope)
earlier = answers.ask(portfolio.summary, before, scope) if before else None
changed = answers.ask(portfolio.change, day, before, scope, view.basis) if before else None

frame.header(
    sentences.overview(now, changed, view),
    sentences.speaks_of(view, now, is_latest=answers.is_latest(view)),
    is_sample=answers.ask(reading.is_sample),
)
if not now.live:
    st.stop()
figures.figures(portfolio_view.figures(now, earlier, changed, view))

left, right = st.columns([11, 9])
with left, frame.card("distribution", sentences.distribution(now), "Live projects by health; a click lists them"):
    group = portfolio_view.distribution(now)
weeks = answers.ask(portfolio.trend, day, scope, view.basis)
with right, frame.card("trend", sentences.trend(weeks), sentences.trend_of(weeks, view.basis)):
    portfolio_view.trend(weeks, view.basis)

needs = answers.ask(portfolio.attention, day, before, scope)
with frame.card("attention", sentences.attention(needs), sentences.attention_order(needs)):
    project = portfolio_view.attention(needs)
    if len(needs.items) > PHONE_ROWS:
        with st.container(key="phone-only-attention"):
            st.toggle(f"All {len(needs.items)}", key="all-attention")

found = answers.ask(programs.programs, day, scope)
if now.programs:
    order = "Most budget in red first; each opens its projects"
    with frame.card("programs", sentences.programs(found, view.basis), order):
        table = st.container()
        with st.container(key="more-programs" if len(found) > SHOWN_PROGRAMS else "phone-only-programs"):
            show_all = len(found) > PHONE_ROWS and st.toggle(
                f"All {now.programs:,} programs", key="all", bind="query-params"
            )
        with table:
            portfolio_view.programs(found if show_all else found[:SHOWN_PROGRAMS])

if project:
    controls.open_project(project)
if group:
    controls.open_register(group)
