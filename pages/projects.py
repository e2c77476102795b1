"""Projects: the register, and one project with every number back to its row."""

import streamlit as st

from analytics import portfolio, projects, reading
from analytics.projects import Project
from components import answers, controls, figures, frame, project_view, registers, sentences
from components.controls import View
from components.guard import guard

GROUPS = {
    "": "Any health",
    **{f"computed-{state}": f"Computed {state}" for state in ("red", "amber", "green", "unknown")},
    **{f"reported-{state}": f"Reported {state}" for state in ("red", "amber", "green")},
    "reported-unknown": "Not rated",
    **{f"schedule-{state}": f"Schedule {state}" for state in ("red", "amber", "green", "unknown")},
    **{f"cost-{state}": f"Cost {state}" for state in ("red", "amber", "green", "unknown")},
    "green-red": "Reported green, computed red",
    "stale": "Stale report",
}


def ask_filter() -> projects.Filter:
    """The filters above the register; the URL holds them."""
    search, health, closed = st.columns([5, 3, 2], vertical_alignment="bottom")
    with search:
        text = st.text_input(
            "Search", key="q", bind="query-params", placeholder="Name, id, program, portfolio or sponsor", max_chars=100
        )
    with health:
        group = controls.page_choice("health", "Health", GROUPS)
    with closed:
        with_closed = st.checkbox("With candidates and ended", key="closed", bind="query-params")
    return projects.filter_from(text or "", group, with_closed)


def show_register(view: View) -> None:
    """The register: what fits, the filters, the rows."""
    scope = answers.scope(view)
    now = answers.ask(portfolio.summary, view.review_date, scope)
    head = st.container()
    wanted = ask_filter()
    rows = answers.ask(projects.register, view.review_date, scope, wanted)
    with head:
        frame.header(
            sentences.register(len(rows), now.live, is_filtered=wanted != projects.Filter()),
            sentences.speaks_of(view, now, is_latest=answers.is_latest(view)),
            is_sample=answers.ask(reading.is_sample),
        )
    if rows.empty:
        st.text("Widen the search, the health or the scope in the sidebar.")
        return
    if len(rows) > registers.SHOWN_ROWS:
        st.text(f"The {registers.SHOWN_ROWS} with most budget are shown; search to narrow them. The download has all.")
    opened = registers.register(rows)
    st.download_button(
        "Download as CSV",
        lambda: registers.as_csv(rows),
        file_name=f"projects-{view.review_date}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
    if opened:
        controls.open_project_here(opened)


def show_project(found: Project, view: View) -> None:
    """One project: how it stands and why, its course, and where its numbers came from."""
    # Out of sight, so that the URL keeps the register's filters: without them Back would need one step more.
    with st.container(key="unseen-filters"):
        ask_filter()
    row, history = found.row, found.history
    frame.header(
        project_view.headline(found),
        project_view.speaks_of(found, view),
        crumbs=project_view.crumbs(row),
        here=row["project_name"],
        is_sample=answers.ask(reading.is_sample),
    )
    figures.figures(project_view.figures(row))
    with frame.card("why", "Why it has its colours", "What was reported, what the numbers say, and the rules"):
        project_view.why(found)
    if len(history) > 1:
        with frame.card("course", project_view.colours_title(history), f"Health in each of {len(history):,} reports"):
            project_view.colours(history)
        left, right = st.columns(2)
        with left, frame.card("finish", project_view.finish_title(row), "Forecast finish by date of report"):
            project_view.finish(history)
        with right, frame.card("cost", project_view.cost_title(row), "Forecast cost by date of report"):
            project_view.cost(history, row["currency"])
    with frame.card("origins", "Where each number comes from", "File and row, and the load that brought it"):
        project_view.origins(found)
    if len(history):
        with frame.card("reports", "Every report, the latest first", "As the files said it, judged on its own date"):
            registers.reports(history, row["currency"])


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
        frame.status_template(),
    )
elif not project_key:
    show_register(view)
elif found := answers.ask(projects.project, view.review_date, project_key):
    show_project(found, view)
else:
    project_view.unknown(project_key, view)
