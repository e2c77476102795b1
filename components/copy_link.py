"""The Copy link button."""

from collections.abc import Mapping
from urllib.parse import urlencode

import streamlit as st

_HTML = """
<button type="button"><span class="label">Copy link</span></button>
<label hidden>Copy it from here <input readonly aria-label="Link to this view"></label>
"""

_CSS = """
:host, div { font-family: var(--st-font); }
button { all: unset; cursor: pointer; color: var(--st-link-color); font-size: 0.93rem; font-weight: 500;
  padding: 0.2rem 0; border-radius: 0.25rem; }
button:hover { text-decoration: underline; }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
label { display: block; font-size: 0.8rem; margin-top: 0.35rem; color: var(--st-gray-color); }
label[hidden] { display: none; }
input { box-sizing: border-box; width: 100%; margin-top: 0.2rem; padding: 0.35rem 0.5rem; font: inherit;
  color: var(--st-text-color); background: var(--st-secondary-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); }
"""

# The page's own parameters (a project, a filter) stay; the view's are written out in full.
_JS = """
export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button")
  const text = parentElement.querySelector(".label")
  const label = parentElement.querySelector("label")
  const input = parentElement.querySelector("input")
  const link = () => {
    const url = new URL(window.location.href)
    url.hash = ""
    for (const [name, value] of new URLSearchParams(data.query)) url.searchParams.set(name, value)
    return url.toString()
  }
  button.onclick = async () => {
    const url = link()
    button.dataset.link = url
    try {
      await navigator.clipboard.writeText(url)
      label.hidden = true
      text.textContent = "Link copied"
      setTimeout(() => { text.textContent = "Copy link" }, 2000)
    } catch {
      label.hidden = false
      input.value = url
      input.focus()
      input.select()
    }
  }
}
"""

_COMPONENT = st.components.v2.component("copy_link", html=_HTML, css=_CSS, js=_JS)


def copy_link(query: Mapping[str, str]) -> None:
    """A button that copies this page's URL with these parameters written out; where it may not, it shows the link."""
    _COMPONENT(key="copy-link", data={"query": urlencode(query)})
