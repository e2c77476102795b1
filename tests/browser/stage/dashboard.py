"""A small app in the real frame, with literal reviews, so that the frame can be tested without any data."""

from datetime import date

import streamlit as st

from components import controls, frame
from components.controls import Scope
from components.guard import guard

guard()
st.set_page_config("Stage", layout="wide")
frame.style()
page = st.navigation(
    [st.Page("pages/overview.py", title="Overview", default=True), st.Page("pages/projects.py", title="Projects")]
)
controls.sidebar(
    [date(2026, 11, 6), date(2026, 11, 13), date(2026, 11, 20)],
    portfolios=[Scope("PF-1", "Customer"), Scope("PF-2", "Platform")],
    programs=[Scope("PG-1", "Front door", "PF-1"), Scope("PG-2", "Fulfilment", "PF-2")],
    publications=[1, 2, 3],
)
page.run()
