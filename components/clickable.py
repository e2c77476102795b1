"""Our own HTML whose parts can be clicked: what carries `data-pick` comes back to Python as that value."""

import streamlit as st

_JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".rw-clickable")
  if (root.written !== data.html) { root.innerHTML = data.html; root.written = data.html }
  root.onclick = event => {
    const picked = event.target.closest("[data-pick]")
    if (picked) setTriggerValue("picked", picked.dataset.pick)
  }
}
"""

_COMPONENT = st.components.v2.component(
    "clickable", html='<div class="rw-clickable"></div>', js=_JS, isolate_styles=False
)


def clickable(html: str, key: str) -> str | None:
    """Draw HTML (every foreign text in it already escaped); in the run after a click, return what was clicked."""
    picked = _COMPONENT(key=key, data={"html": html}, on_picked_change=lambda: None).picked
    return None if picked is None else str(picked)
