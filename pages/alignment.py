"""Alignment: which goals does the money serve, against what leadership wants, and what serves none?"""

import streamlit as st

from analytics import alignment, reading
from analytics.alignment import UNALIGNED, Alignment
from components import alignment_view, answers, controls, downloads, figures, frame, sentences
from components.controls import View
from components.guard import guard

ROWS = 25  # of a page of a list


def chosen_goal(found: Alignment) -> str:
    """The goal that the URL names, UNALIGNED for what serves none, "" for none that is known."""
    with st.container(key="unseen-goal"):
        key = st.text_input("URL: goal", key="goal", bind="query-params", max_chars=200) or ""
    return key if key == UNALIGNED or found.goal(key) else ""


def show(view: View) -> None:
    """The page, once a goal is known."""
    scope, day = answers.scope(view), view.review_date
    wanted = str(st.session_state.get("money") or st.query_params.get("money") or "") or None
    found = answers.ask(alignment.alignment, day, scope, wanted)
    earlier = answers.ask(alignment.alignment, view.compare_date, scope, found.currency) if view.compare_date else None
    chosen = chosen_goal(found)
    goal = found.goal(chosen)
    frame.header(
        alignment_view.headline(found, chosen, view.basis),
        sentences.speaks_of(view, alignment_view.coverage(found), is_latest=answers.is_latest(view)),
        crumbs=[frame.Crumb("All goals", page="alignment")] if chosen else (),
        here=goal.name if goal else "No goal" if chosen else "",
        is_sample=answers.ask(reading.is_sample),
    )
    if not found.live:
        st.text("Choose a wider scope in the sidebar.")
        return
    shown = alignment_view.figures(found, earlier, view.basis)
    figures.figures(shown, key="alignment-figures", on_pick=alignment_view.choose)
    alignment_view.currency(found)
    with frame.card("tree", alignment_view.tree_title(found), alignment_view.TREE_NOTE):
        alignment_view.tree(found, earlier, view, chosen)
    if chosen:
        show_goal(view, found, chosen)
    else:
        show_matrix(view, found)
    downloads.downloads(f"alignment-{day}", answers.later(alignment.alignment_file, day, scope))


def show_goal(view: View, found: Alignment, chosen: str) -> None:
    """The projects that serve the chosen goal, or those of which a part serves none."""
    scope, day = answers.scope(view), view.review_date
    many, _ = answers.ask(alignment.serving, day, scope, chosen, ROWS)
    with frame.card("goal", alignment_view.goal_title(chosen, found, many), "Most money first; each opens its page"):
        place = st.container()
        start = first_row(many, "page")
        with place:
            alignment_view.serving(chosen, answers.ask(alignment.serving, day, scope, chosen, ROWS, start)[1])


def show_matrix(view: View, found: Alignment) -> None:
    """Projects by goals: the company's, or those at the ends of the tree."""
    ends = [goal for goal in found.goals if not goal.children]
    with frame.card("matrix", f"What each of {found.live:,} live projects serves", alignment_view.MATRIX_NOTE):
        goals = found.company
        if len(ends) > len(goals) and len(ends) <= alignment_view.MOST_COLUMNS:
            with st.columns([3, 9])[0]:
                if controls.page_choice("level", "Goals", alignment_view.LEVELS) == "ends":
                    goals = tuple(ends)
        goals = goals[: alignment_view.MOST_COLUMNS]
        place = st.container()
        start = first_row(found.live, "rows")
        keys = tuple(goal.id for goal in goals)
        with place:
            rows = answers.ask(alignment.matrix, view.review_date, answers.scope(view), keys, ROWS, start)[1]
            alignment_view.matrix(goals, rows)


def first_row(many: int, name: str) -> int:
    """Where the shown page of a list begins; the URL holds the page."""
    pages = max(1, -(-many // ROWS))
    return ROWS * ((st.pagination(pages, key=name, bind="query-params") if pages > 1 else 1) - 1)


guard()
view = controls.current_view()
if view is None:
    frame.empty(
        "This page",
        [
            "How much of the investment serves each goal, against the share that leadership wants",
            "The money and the projects that serve no goal, and the goals that nobody works on",
            "Which goals rest on projects in trouble, down to the project's row",
        ],
        ["goals", "alignment", "projects"],
    )
elif answers.ask(alignment.is_stated):
    show(view)
else:
    alignment_view.nothing_loaded(view)
