"""Work on facts as pages see it: the worker that all sessions share, and a job's progress that freezes no page."""

import os
from functools import cache
from html import escape
from pathlib import Path

import streamlit as st

from pipelines.jobs import Job, Worker
from pipelines.warehouse import Warehouse

LOOK_EVERY = 0.3  # seconds


def worker() -> Worker:
    """The worker of the warehouse, started in the background by whoever asks first.

    Where RIGHTWORK_WORKER says "on-demand", the first job starts it.
    """
    shared = _worker(Warehouse().folder.absolute())
    if os.environ.get("RIGHTWORK_WORKER") != "on-demand":
        shared.start()
    return shared


@cache
def _worker(folder: Path) -> Worker:
    return Worker(folder)


def submit(key: str, task: str, **arguments: object) -> Job:
    """Have a task done, and keep its job in the session under a key, also while the reader looks at other pages."""
    job = worker().submit(task, **arguments)
    st.session_state[_place(key)] = job
    return job


def current(key: str) -> Job | None:
    """The session's job under a key, None where there is none (or it was forgotten)."""
    job: Job | None = st.session_state.get(_place(key))
    return job


def forget(key: str) -> None:
    """Let go of the job under a key, whose outcome was seen."""
    st.session_state.pop(_place(key), None)


def follow(job: Job, *, can_stop: bool = True, name: str = "progress") -> bool:
    """Show how far a job is, until it ends; the page is then run again. Whether it has ended already.

    `name` tells one from another, where a page follows two.

    Only the progress is drawn again and again: the rest of the page can be used meanwhile. Where it has ended nothing
    is shown, for what came of it is the page's to say: `job.state`, `job.result`, `job.error`, `job.words`.
    """
    if job.is_over:
        return True
    _progress(job, can_stop, name)
    return False


@st.fragment(run_every=LOOK_EVERY)
def _progress(job: Job, can_stop: bool, name: str) -> None:
    if job.is_over:
        st.rerun()
    with st.container(key=name, horizontal=True, vertical_alignment="center"):
        st.html(_bar(job))
        if can_stop:
            st.button("Stop", key=f"stop-{name}", on_click=job.stop)


def _bar(job: Job) -> str:
    words, done = escape(job.words), round(100 * job.share)
    since = f"{job.seconds:.0f} s" if job.seconds >= 1 else ""
    return (
        f'<div class="rw-progress" role="progressbar" aria-valuemin="0" aria-valuemax="100" aria-valuenow="{done}" '
        f'aria-label="{words}"><div class="rw-progress-words"><span>{words}</span><span>{since}</span></div>'
        f'<div class="rw-progress-track"><div style="width: {done}%"></div></div></div>'
    )


def _place(key: str) -> str:
    return f"job-of-{key}"
