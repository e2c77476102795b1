"""Benefits: what projects and programs are to bring, what has come, and what is promised before it can come."""

from typing import cast

import streamlit as st

from analytics import benefits, programs, reading
from analytics.benefits import Level, Wanted
from components import answers, benefits_view, controls, downloads, figures, frame, sentences
from components.controls import View
from components.guard import guard

ROWS = 25  # of a page of the list


def ask_filter(units: list[str]) -> Wanted:
    """What the list is narrowed to and how it is sorted; the URL holds it."""
    with st.container(key="benefit-filters"):
        search, shown, unit, order = st.columns([4, 3, 2, 3], vertical_alignment="bottom")
    with search:
        text = st.text_input(
            "Search", key="find", bind="query-params", placeholder="Name, owner, project, program", max_chars=100
        )
    with shown:
        group = controls.page_choice("show", "Show", benefits_view.SHOWN)
    with unit:
        of = controls.page_choice("in", "Unit", {"": "Any unit", **{name: name for name in units}})
    with order:
        return Wanted(text or "", group, of, controls.page_choice("order", "Sorted by", benefits_view.ORDERS))


def show(view: View) -> None:
    """The page, once there are benefits."""
    scope, day = answers.scope(view), view.review_date
    found = answers.ask(benefits.summary, day, scope)
    name = answers.ask(programs.program_name, view.program) if view.program else view.portfolio or ""
    frame.header(
        benefits_view.headline(found, view),
        sentences.speaks_of(view, benefits_view.coverage(found), is_latest=answers.is_latest(view)),
        crumbs=benefits_view.crumbs(view),
        here=name,
        is_sample=answers.ask(reading.is_sample),
    )
    if not found.benefits:
        st.text("Choose a wider scope in the sidebar.")
        return
    sums = {total.unit: total for total in found.totals if not total.is_rate}
    figures_at = st.container()
    if found.before:
        _, rows = answers.ask(benefits.benefits, day, scope, Wanted(shown="before"), benefits_view.EARLY_ROWS)
        with frame.card("early", benefits_view.early_title(found), benefits_view.EARLY_NOTE):
            benefits_view.early(rows)
    total = None
    if sums:
        with st.container(key="benefit-unit"):
            left, middle, _ = st.columns([2, 2, 6])
        with left:
            total = sums[controls.page_choice("unit", "Charts and sums in", {unit: unit for unit in sums})]
        with middle if not view.program else st.container(key="unseen-level"):
            level = cast(Level, controls.page_choice("by", "Rolled up by", benefits_view.LEVELS))
        with frame.card("course", benefits_view.course_title(total), benefits_view.course_note(total)):
            benefits_view.course(answers.ask(benefits.course, day, scope, total.unit), total, view)
        parts = answers.ask(benefits.groups, day, scope, level, total.unit)
        if len(parts) > 1:
            title = benefits_view.groups_title(parts, found, total, level)
            with frame.card("groups", title, benefits_view.GROUPS_NOTE):
                benefits_view.groups(parts, level)
    with figures_at:
        figures.figures(benefits_view.figures(found, total))
    with frame.card("list", benefits_view.list_title(found), benefits_view.LIST_NOTE):
        show_list(view, [each.unit for each in found.totals])


def show_list(view: View, units: list[str]) -> None:
    """One row a benefit, with the filters above and the files below."""
    scope, day = answers.scope(view), view.review_date
    wanted = ask_filter(units)
    rows, below = st.container(), st.container(horizontal=True, vertical_alignment="center")
    many, _ = answers.ask(benefits.benefits, day, scope, wanted, ROWS)
    with below:
        pages = max(1, -(-many // ROWS))
        page = st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1
        st.text(f"{many:,} {'benefit' if many == 1 else 'benefits'}")
        if many:
            downloads.downloads(f"benefits-{day}", answers.later(benefits.benefits_file, day, scope, wanted))
    with rows:
        benefits_view.rows(answers.ask(benefits.benefits, day, scope, wanted, ROWS, (page - 1) * ROWS)[1])


guard()
view = controls.current_view()
if view is None:
    frame.empty(
        "This page",
        [
            "What projects and programs promise against their business case, by portfolio and program",
            "What is late or shrinks, and what is promised before its project can deliver it",
            "Each benefit with its owner, what came to date, and the row that says so; also after closure",
        ],
        ["benefits", "programs", "projects", "status"],
    )
elif answers.ask(benefits.has_benefits):
    show(view)
else:
    benefits_view.nothing_loaded(view)
