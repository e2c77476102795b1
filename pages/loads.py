"""Loads: what was loaded, by whom and how it went; one load with its problems, undo, and backups."""

from collections.abc import Iterable

import streamlit as st

from analytics import loads, reading
from components import answers, controls, downloads, formats, frame, jobs, loads_files
from components import loads_view as view
from components import upload_view as problems_view
from components import upload_words as words
from components.guard import guard
from pipelines.contract import EXPORTS
from pipelines.findings import SHOWN_EACH

SHOWN_LOADS = 50  # on one page of the history
SHOWN_REJECTED = 200
SHOWN_PUBLICATIONS = 10
SHOWN_REPAIRS = 10  # at first


def ask_filter(sources: Iterable[str]) -> tuple[str, str, str]:
    """The filters above the history; the URL holds them."""
    left, middle, right, _ = st.columns([1, 1, 1, 1])
    with left:
        export = controls.page_choice("export", "Export", {"": "All exports"} | {name: name for name in EXPORTS})
    with middle:
        source = controls.page_choice("source", "Source", {"": "All sources"} | words.source_names(sources))
    with right:
        show = controls.page_choice("show", "Show", view.SHOW)
    return export, source, show


def show_history() -> None:
    """Every load, the publications, and a backup."""
    head = st.container()
    every = answers.ask(loads.loads)
    fitting = view.fitting(every, *ask_filter(view.sources(every)))
    with head:
        frame.header(view.headline(every, len(fitting)), view.context(every), is_sample=answers.ask(reading.is_sample))
    opened = None
    if len(fitting):
        with frame.card("history"):
            rows = st.container()
            pages = -(-len(fitting) // SHOWN_LOADS)
            page = st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1
            with rows:
                opened = view.history(fitting[(page - 1) * SHOWN_LOADS : page * SHOWN_LOADS])
    if fitting.empty:
        st.text("Choose another export, source or state.")
    left, right = st.columns([3, 2])
    with left, frame.card("publications", "Every change is a publication", "Each opens the Overview as known then"):
        found = answers.ask(loads.publications)
        is_long = len(found) > SHOWN_PUBLICATIONS
        place = st.container()
        show_all = is_long and st.toggle(f"All {len(found):,} publications", key="all-publications")
        with place:
            view.publications(found if show_all else found[:SHOWN_PUBLICATIONS])
    with right, frame.card("backup", "Keep a copy of everything", "All loads, publications and settings in one file"):
        loads_files.backup()
    if opened:
        st.query_params["load"] = str(opened)
        st.rerun()


def show_load(load_id: int) -> None:
    """One load: what it is, what undoing it would do, what was wrong with it."""
    # Out of sight, so that the URL keeps the filters: without them Back would need one step more.
    with st.container(key="unseen-filters"):
        ask_filter(view.sources(answers.ask(loads.loads)))
    found = answers.ask(loads.load, load_id)
    view.crumbs(load_id)
    if found is None:
        frame.header(f"There is no load {load_id}", ["It may have been made after the publication that is shown"])
        return
    frame.header(view.load_headline(found), view.load_context(found))
    view.load_counts(found)
    problems = answers.ask(loads.problems, load_id, SHOWN_EACH)
    if len(problems):
        groups = problems_view.problem_groups(problems, answers.ask(loads.unlisted_problems, load_id, SHOWN_EACH))
        every = answers.later(loads.problems, load_id)
        with frame.card("problems", words.problem_title(groups), "As the file was checked"):
            names = {name: name.replace("_", " ") for name in groups["rule"].unique()}
            rule = ""
            if len(names) > 1:
                with st.columns([1, 2])[0]:
                    rule = controls.page_choice("rule", "Rule", {"": "All rules"} | names)
            if rule:
                groups, problems = groups[groups["rule"] == rule], problems[problems["rule"] == rule]
            problems_view.show_groups(groups.assign(fix=groups["fix"].map(view.fix)))
            if len(problems) > len(groups):
                with st.expander("Row by row", expanded=bool(rule)):
                    problems_view.show_problems(problems.assign(fix=problems["fix"].map(view.fix)))
            st.download_button(
                "Download all as CSV",
                lambda: downloads.as_csv(every()),
                f"load-{load_id}-problems.csv",
                "text/csv",
                icon=":material/download:",
                on_click="ignore",
            )
    if found["rows_rejected"]:
        headers, rows = answers.ask(loads.rejected, load_id, SHOWN_REJECTED)
        title = f"{formats.count(int(found['rows_rejected']), 'row')} kept aside"
        with frame.card("rejected", title, "Mend them and upload the file: its first two columns are ignored"):
            view.rejected(headers, rows, SHOWN_REJECTED)
            st.download_button(
                "Download to mend",
                answers.later(loads.rejected_file, load_id),
                file_name=f"load-{load_id}-rejected.csv",
                mime="text/csv",
                icon=":material/download:",
                on_click="ignore",
            )
    mended = answers.ask(loads.repairs, load_id)
    if len(mended):
        places = formats.count(int(mended["count"].sum()), "place")
        title = f"{formats.count(len(mended), 'repair')} made in {places}"
        with frame.card("mended", title, "Accepted by whoever loaded it"):
            body = st.container()
            with st.container(horizontal=True, vertical_alignment="center"):
                is_long = len(mended) > SHOWN_REPAIRS
                show_all = is_long and st.toggle(f"All {formats.count(len(mended), 'repair')}", key="all-repairs")
                st.download_button(
                    "Download all repairs as CSV",
                    lambda: downloads.as_csv(mended),
                    f"load-{load_id}-repairs.csv",
                    "text/csv",
                    icon=":material/download:",
                    on_click="ignore",
                )
            with body:
                view.repairs(mended if show_all else mended.head(SHOWN_REPAIRS))
    with frame.card("understood", "How the file was read"):
        problems_view.facts(view.understood(found))
        loads_files.original(found)
        with st.expander("How each column was read"):
            view.mapping(found)
    with frame.card("events", "What happened to it"):
        view.events(answers.ask(loads.events, load_id))
    show_change(load_id, is_in_force=bool(found["in_force"]))
    checked = answers.ask(loads.rules, load_id)
    if len(checked):
        reading = answers.ask(loads.rules_of_reading, load_id)
        title = view.rules_title(checked, reading)
        with frame.card("rules", title, "Each rule comes from the export's contract; every result, in full"):
            view.rules(load_id, checked, reading)


def show_change(load_id: int, *, is_in_force: bool) -> None:
    """Undo or reinstate a load, with a reason, after saying what that does."""
    job = jobs.current("change")
    title = "Undo this load" if is_in_force else "Let it count again"
    shown = controls.current_view()
    with frame.card("change", title):
        if shown and not answers.is_latest(shown):
            problems_view.said(["This is as known at an older publication; a change is made to the latest one."])
            return
        if job and not jobs.follow(job):
            return
        if job:
            jobs.forget("change")
            if job.error:
                problems_view.said([job.error.sentences], "rw-notice")
        effect = answers.ask(loads.effect, load_id)
        problems_view.said([view.undo_words(effect) if is_in_force else view.redo_words(effect)])
        with st.form("change", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            why = st.text_input("Reason (kept in the history)", max_chars=300, width=480)
            done = st.form_submit_button("Undo the load" if is_in_force else "Reinstate the load")
        if done and not why.strip():
            problems_view.said(["A reason is needed, so that others know why the figures changed."], "rw-notice")
        elif done:
            jobs.submit("change", "withdraw" if is_in_force else "reinstate", load_id=load_id, why=why.strip())
            st.rerun()


guard()
if not answers.version():
    frame.empty(
        "The history of loads",
        [
            "Every load: its file, when and by whom, what it changed, and what it rejected",
            "Undo, with a reason and a preview of what it does; rejected rows to mend and load again",
            "Every publication, with the Overview as it was known then; a backup of everything",
        ],
        list(EXPORTS),
    )
elif (asked := st.query_params.get("load", "")).isdigit():
    show_load(int(asked))
else:
    show_history()
