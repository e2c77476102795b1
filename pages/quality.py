"""Data quality: can this week's data be trusted, and who is late; by rule, source and week, the worst first."""

import pandas as pd
import streamlit as st

from analytics import quality, reading
from analytics.quality import By
from components import answers, controls, downloads, figures, frame, sentences
from components import quality_view as view
from components import upload_words as words
from components.controls import View
from components.guard import guard
from pipelines.contract import EXPORTS

SHOWN_PLACES = 10
SHOWN_PROJECTS = 12
MOST_PROJECTS = 200
PLACES: dict[str, By] = {"": "portfolio", "program": "program", "sponsor": "sponsor", "source": "source"}


def show_head(now: View | None) -> bool:
    """The sentence and the figures; whether any report is due, without which they are those of the loads alone."""
    weeks, is_sample = answers.ask(quality.by_week), answers.ask(reading.is_sample)
    found = answers.ask(quality.trust, now.review_date, answers.scope(now)) if now else None
    if now is None or found is None or not found.live:
        frame.header(view.loads_headline(weeks), [view.coverage(weeks)], is_sample=is_sample)
        items = view.load_figures(weeks)
    else:
        scope, day = answers.scope(now), now.review_date
        worst = view.worst_place(answers.ask(quality.late_by, day, scope, "portfolio"))
        frame.header(
            view.headline(found, worst or view.worst_place(answers.ask(quality.late_by, day, scope, "program"))),
            sentences.speaks_of(now, view.coverage(weeks), is_latest=answers.is_latest(now)),
            is_sample=is_sample,
        )
        course = answers.ask(quality.weekly, day, scope)
        items = view.figures(found, course, weeks)
    with st.container(key="counts"):
        picked = figures.figures(items, key="quality-figures")
    if picked == view.LATE:
        controls.open_register("not-reported")
    elif picked == view.REJECTED:
        st.switch_page("pages/loads.py", query_params={"show": "rejected"})
    return found is not None and found.live > 0


def show_reports(now: View) -> None:
    """Who reports late: by place, by week and by project."""
    scope, day = answers.scope(now), now.review_date
    left, right = st.columns([3, 2])
    with left, frame.card("late-by"):
        head = st.container()
        with st.columns([1, 2])[0]:
            by = controls.page_choice("by", "Late by", view.BY)
        late = answers.ask(quality.late_by, day, scope, PLACES[by])
        with head:
            frame.card_head(view.late_title(late, by), "Late: the last report is stale, or there is none")
        rows = st.container()
        is_long = len(late) > SHOWN_PLACES
        show_all = is_long and st.toggle(f"All {len(late):,}", key="all-places")
        with rows:
            view.late_by(late if show_all else late.head(SHOWN_PLACES), by)
    course = answers.ask(quality.weekly, day, scope)
    with right, frame.card("came", view.course_title(course), "Of the projects that were live in each week"):
        view.course(course)
    first = answers.ask(quality.late_projects, day, scope, SHOWN_PROJECTS)
    every = int(first["every"].max()) if len(first) else 0
    title = view.projects_title(answers.ask(quality.trust, day, scope).late, every)
    with frame.card("late-projects", title, "One bar a week: high where a report came, low where it was missed"):
        opened = show_projects(now, first, every) if every else None
    if opened:
        controls.open_project(opened)


def show_projects(now: View, first: pd.DataFrame, every: int) -> str | None:
    """The late projects, the first or all, and as files; returned is the one that was clicked."""
    scope, day = answers.scope(now), now.review_date
    rows = st.container()
    with st.container(horizontal=True, vertical_alignment="center"):
        what = "All" if every <= MOST_PROJECTS else f"The first {MOST_PROJECTS} of"
        show_all = every > SHOWN_PROJECTS and st.toggle(f"{what} {every:,} projects", key="all-late")
        downloads.downloads(f"late-reports-{day}", answers.later(quality.late_file, day, scope))
    with rows:
        return view.projects(answers.ask(quality.late_projects, day, scope, MOST_PROJECTS) if show_all else first)


def show_loads() -> None:
    """What the loads in force brought: by rule, by source and by week."""
    names = answers.ask(quality.sources)
    with st.container(key="quality-filters"):
        left, middle, _ = st.columns([1, 1, 2])
    with left:
        export = controls.page_choice("export", "Export", {"": "All exports"} | {name: name for name in EXPORTS})
    with middle:
        source = controls.page_choice("source", "Source", {"": "All sources"} | words.source_names(names))
    sources = answers.ask(quality.by_source, export, source)
    if sources.empty:
        st.text("No load in force fits. Choose another export or source.")
        return
    rules = answers.ask(quality.by_rule, export, source)
    with frame.card("rules", view.rules_title(rules), view.rules_note(rules)):
        load = view.show_rules(rules, answers.ask(quality.rule_weeks, export, source))
    weeks = answers.ask(quality.by_week, export, source)
    left, right = st.columns(2)
    with left, frame.card("sources", view.sources_title(sources), "Quality: rows with no error and no warning"):
        view.sources(sources)
    with right, frame.card("weeks", view.weeks_title(weeks), "By the review week in which a load came in"):
        view.weeks(weeks)
    if load:
        st.switch_page("pages/loads.py", query_params={"load": load})


guard()
now = controls.current_view()
if not answers.version():
    frame.empty(
        "Data quality",
        [
            "Whether the data behind the review can be trusted, and who is late with a report",
            "Pass rates by rule, by source and by week, the worst first, with what was checked and what failed",
            "Each project that missed reports in the last weeks, with its sponsor",
        ],
        list(EXPORTS),
    )
else:
    if show_head(now) and now:
        show_reports(now)
    show_loads()
    left, right = st.columns(2)
    with left, frame.card("dictionary", "What the rules ask for", "Every column, its limits and its rules"):
        frame.data_dictionary()
    with right, frame.card("templates", "Templates that keep the rules", "In Excel with help and drop-downs"):
        frame.templates(EXPORTS)
