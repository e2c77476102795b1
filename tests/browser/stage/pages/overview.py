"""Shows the view that the controls give."""

import streamlit as st

from components import charts, controls, figures, frame, health, tables, theme
from components.guard import guard

guard()

HOSTILE = '<img src="http://attacker.example/p.png"> ![x](http://attacker.example/q.png)'

view = controls.current_view()
frame.header(HOSTILE, [HOSTILE], crumbs=[frame.Crumb(HOSTILE)], here=HOSTILE)
st.text(" ".join(f"{name}={value}" for name, value in view.query().items()) if view else "no view")
figures.figures([figures.Figure(HOSTILE, HOSTILE, HOSTILE, figures.Delta(HOSTILE), HOSTILE)])
with frame.card("bars", HOSTILE, HOSTILE):
    charts.distribution([charts.Bar(HOSTILE, {"green": 97, "red": 2, None: 1}, HOSTILE)], alt=HOSTILE)
    st.html(health.mark("green", why=HOSTILE))

columns = [tables.Column("Project"), tables.Column("Health")]
rows = [["Billing", tables.Mark("red", why=HOSTILE)], [tables.Tagged(HOSTILE, HOSTILE), tables.Mark(None)]]
opened = tables.listing(columns, rows, key="rows", picks=["P-1", "P-2"])
shown = charts.distribution([charts.Bar("Computed", {"green": 2, "amber": 3})], alt="2 green, 3 amber", key="parts")
if opened or shown:
    query = {"project": opened} if opened else {"project": f"every {shown[1]}"} if shown else {}
    st.switch_page("pages/projects.py", query_params=query)
st.text(f"mode={theme.mode()}")
