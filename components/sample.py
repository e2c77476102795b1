"""The sample organisation on screen: the notice above every page that shows it, and the offer to load it."""

import streamlit as st

from components import jobs

_JOB = "sample"
_TEXT = "<b>Sample data.</b> A made-up organisation, so that every page has something to show."


def notice() -> None:
    """Say that what is shown is made up, with the way to one's own exports, and a click that clears the sample."""
    with st.container(key="sample-notice", horizontal=True, vertical_alignment="center"):
        st.html(f'<div class="rw-notice">{_TEXT}</div>')
        job = jobs.current(_JOB)
        if job and not jobs.follow(job, can_stop=False):
            return
        st.page_link("pages/upload.py", label="Load your own exports")
        if st.button("Clear the sample", key="clear-sample", type="tertiary"):
            jobs.submit(_JOB, "clear_sample", why="cleared on screen")
            st.rerun()


def offer() -> None:
    """A button that loads the sample organisation, its progress, and what stopped it."""
    job = jobs.current(_JOB)
    if job and not jobs.follow(job):
        return
    if job and job.error:
        st.text(job.error.sentences)
    if st.button("Look around in a sample organisation", key="load-sample"):
        jobs.submit(_JOB, "demo")
        st.rerun()
