"""Shows the view that the controls give."""

import streamlit as st

from components import charts, controls, figures, frame, health
from components.guard import guard

guard()

HOSTILE = '<img src="http://attacker.example/p.png"> ![x](http://attacker.example/q.png)'

view = controls.current_view()
frame.header(HOSTILE, [HOSTILE], crumbs=[frame.Crumb(HOSTILE, "pages/projects.py")], here=HOSTILE)
st.text(" ".join(f"{name}={value}" for name, value in view.query().items()) if view else "no view")
figures.figures([figures.Figure(HOSTILE, HOSTILE, HOSTILE, figures.Delta(HOSTILE), HOSTILE)])
with frame.card("bars", HOSTILE, HOSTILE):
    charts.distribution([charts.Bar(HOSTILE, {"green": 97, "red": 2, None: 1}, HOSTILE)], alt=HOSTILE)
    st.html(health.mark("green", why=HOSTILE))
