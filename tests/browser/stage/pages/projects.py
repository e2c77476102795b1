"""Shows the view that the controls give, and a parameter of the page's own."""

import streamlit as st

from components import controls, frame
from components.guard import guard

guard()

view = controls.current_view()
frame.header("Projects")
st.text(" ".join(f"{name}={value}" for name, value in view.query().items()) if view else "no view")
st.text(f"project={st.query_params.get('project', 'none')}")
