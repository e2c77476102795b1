"""The entry: `streamlit run dashboard.py`. Navigation, and the frame that every page stands in."""

import streamlit as st

from components import answers, frame, jobs
from components.guard import guard

guard()

PAGES = {
    "": [st.Page("pages/overview.py", title="Overview", icon=":material/dashboard:", default=True)],
    "Doing the right work": [
        st.Page("pages/alignment.py", title="Alignment", icon=":material/target:"),
        st.Page("pages/capacity.py", title="Capacity", icon=":material/groups:"),
    ],
    "Doing the work right": [
        st.Page("pages/programs.py", title="Programs", icon=":material/account_tree:"),
        st.Page("pages/projects.py", title="Projects", icon=":material/view_list:"),
        st.Page("pages/benefits.py", title="Benefits", icon=":material/trending_up:"),
    ],
    "Data": [
        st.Page("pages/upload.py", title="Upload", icon=":material/upload:"),
        st.Page("pages/loads.py", title="Loads", icon=":material/history:"),
        st.Page("pages/quality.py", title="Data quality", icon=":material/verified:"),
        st.Page("pages/settings.py", title="Settings", icon=":material/tune:"),
    ],
}

name = answers.organisation()
st.set_page_config(name or "Rightwork", "static/icon.svg", layout="wide", menu_items={"About": "Rightwork"})
frame.style(name)
page = st.navigation(PAGES, expanded=True)
jobs.worker()
with answers.trouble_in_words():
    # A place of its own: what stands here for a while moves nothing below it, which would be drawn twice for a moment.
    with st.container(key="before-page"):
        answers.begin()
    page.run()
