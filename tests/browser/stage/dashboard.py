"""A small app in the real frame, with literal reviews, so that the frame can be tested without any data."""

from datetime import date

import streamlit as st

from analytics.reading import Choices, Place, Publication
from components import controls, frame
from components.guard import guard

guard()
st.set_page_config("Stage", layout="wide")
frame.style()
page = st.navigation(
    [st.Page("pages/overview.py", title="Overview", default=True), st.Page("pages/projects.py", title="Projects")]
)
CHOICES = Choices(
    (date(2026, 11, 6), date(2026, 11, 13), date(2026, 11, 20)),
    (Place("PF-1", "Customer"), Place("PF-2", "Platform")),
    (Place("PG-1", "Front door", "PF-1"), Place("PG-2", "Fulfilment", "PF-2")),
    tuple(Publication(number, date(2026, 11, 20), "load") for number in (1, 2, 3)),
)
controls.sidebar(lambda known_at: CHOICES)
page.run()
