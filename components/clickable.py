"""Our own HTML whose parts can be clicked: what carries `data-pick` comes back to Python as that value.

Where it is a link, a plain click comes back, without the page loading anew; one for another tab stays the browser's.
"""

from collections.abc import Callable

import streamlit as st

# A page switch with parameters first writes them on the page that is left, a step of its own: Back would seem to do
# nothing there. After a click of ours that step is taken back.
_JS = """
const steps = window.rwSteps ??= { isOurs: false, left: "" }
if (!steps.push) {
  steps.push = history.pushState
  history.pushState = function (state, title, url) {
    const isBetween = steps.isOurs && steps.left === location.href && new URL(url, location).search === location.search
    if (isBetween) return history.replaceState(state, title, url)
    steps.push.call(history, state, title, url)
    steps.left = location.href
  }
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { steps.isOurs = false }, true)
}
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".rw-clickable")
  if (root.written !== data.html) {
    const held = root.contains(document.activeElement) ? document.activeElement.dataset.pick : undefined
    root.innerHTML = data.html
    root.written = data.html
    // Whoever works by keyboard stays where they are.
    if (held !== undefined) root.querySelector(`[data-pick="${CSS.escape(held)}"]`)?.focus({ preventScroll: true })
  }
  root.onclick = event => {
    const picked = event.target.closest("[data-pick]")
    if (!picked) return
    if (picked.href) {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
      event.preventDefault()
    }
    Object.assign(steps, { isOurs: true, left: "" })
    setTriggerValue("picked", picked.dataset.pick)
  }
}
"""

_COMPONENT = st.components.v2.component(
    "clickable", html='<div class="rw-clickable"></div>', js=_JS, isolate_styles=False
)


def clickable(html: str, key: str, on_pick: Callable[[str], None] | None = None) -> str | None:
    """Draw HTML (every foreign text in it already escaped); in the run after a click, return what was clicked.

    `on_pick` is called with it before that run begins, when what the sidebar holds can still be set.
    """

    def take() -> None:
        if on_pick and (picked := st.session_state[key]["picked"]) is not None:
            on_pick(str(picked))

    picked = _COMPONENT(key=key, data={"html": html}, on_picked_change=take).picked
    return None if picked is None else str(picked)
