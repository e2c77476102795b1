"""What stands around every page: style, head, breadcrumbs, cards, and the empty state that teaches."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from html import escape
from pathlib import Path

import streamlit as st

from components import controls, downloads, sample, theme
from components.formats import unbroken
from pipelines.templates import dictionary, dictionary_frame, template, workbook


@dataclass(frozen=True)
class Crumb:
    """One step up: what it is called, the parameters of the view that it opens with, and its page."""

    label: str
    view: dict[str, str] = field(default_factory=dict)
    page: str = "projects"


def style(organisation: str = "") -> None:
    """Inject the style sheet, the palette and the organisation's name; once a run, from dashboard.py."""
    name = f":root {{ --rw-organisation: {_css_string(organisation)} }}" if organisation else ""
    st.html(f"<style>{theme.css_variables()}{name}{_style_sheet()}</style>")
    with st.container(key="unseen-mode"):
        theme.follow_mode()


def header(
    headline: str, context: Sequence[str] = (), *, crumbs: Sequence[Crumb] = (), here: str = "", is_sample: bool = False
) -> None:
    """The page's head: the one sentence that answers its question, and the line that says what it speaks of.

    `context` is joined by dots: the review and what it is compared with, coverage, the publication.
    `crumbs` lead up, `here` names where the reader is. All of it may be foreign text.
    """
    if is_sample:
        sample.notice()
    if crumbs:
        breadcrumbs(crumbs, here)
    line = "<span> · </span>".join(escape(unbroken(part)) for part in context)
    st.html(
        f'<header class="rw-header"><h1>{escape(unbroken(headline))}</h1>{f"<p>{line}</p>" if line else ""}</header>'
    )


def breadcrumbs(crumbs: Sequence[Crumb], here: str) -> None:
    """Links up the path portfolio, program, project, each at the same review."""
    mark = '<span class="rw-crumb-mark" aria-hidden="true">›</span>'
    links = "".join(
        f'<a class="rw-crumb" href="{escape(controls.page_link(crumb.page, **crumb.view))}" target="_self">'
        f"{escape(crumb.label)}</a>{mark}"
        for crumb in crumbs
    )
    st.html(f'<nav class="rw-crumbs" aria-label="Path">{links}<span class="rw-crumb-here">{escape(here)}</span></nav>')


@contextmanager
def card(key: str, title: str = "", subtitle: str = "") -> Iterator[None]:
    """A card: its title is the takeaway of what it holds, its subtitle what is measured. Those in a row end level."""
    with st.container(border=True, key=f"card-{key}", height="stretch"):
        if title:
            card_head(title, subtitle)
        yield


def card_head(title: str, subtitle: str = "") -> None:
    """A card's head alone, where what it says is known only after the card began."""
    below = f"<p>{escape(subtitle)}</p>" if subtitle else ""
    st.html(f'<div class="rw-card-head"><h2>{escape(unbroken(title))}</h2>{below}</div>')


@contextmanager
def loading(words: str, what: str = "latest") -> Iterator[None]:
    """The page's outline while what takes longer is made ready, and in our own words what that is; gone with it.

    `what` tells one from another, where a run has several.
    """
    with st.container(key=f"loading-{what}"), ExitStack() as outline:
        with st.container():
            outline.enter_context(st.spinner(words, show_time=True))
        for height in (64, 120, 320):
            outline.enter_context(st.skeleton(height=height))
        yield


def empty(page: str, shows: Sequence[str], exports: Sequence[str]) -> None:
    """The page before there is data: what it would show, which exports feed it, a template of each, and the sample."""
    header("No exports loaded yet", [f"{page} fills itself from the status exports that your tools already write"])
    with card("empty"):
        points = "".join(f"<li>{escape(point)}</li>" for point in shows)
        st.html(f'<div class="rw-empty"><h2>What this page shows</h2><ul>{points}</ul></div>')
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Load your exports", type="primary", icon=":material/upload:"):
                st.switch_page("pages/upload.py", query_params={})
            sample.offer()
        names = " and ".join(", ".join(f"<b>{escape(name)}</b>" for name in exports).rsplit(", ", 1))
        st.html(
            f'<div class="rw-empty"><h2>What feeds it</h2><p>The {names} '
            f"{'exports' if len(exports) > 1 else 'export'}, as CSV or Excel, from whatever tool writes them. "
            "Templates, to fill in or to compare with:</p></div>"
        )
        templates(exports)


def templates(exports: Sequence[str]) -> None:
    """Two rows of buttons that download the template of each export: as CSV, and as a workbook with drop-downs."""
    with st.container(key="templates", gap="small"):
        with st.container(horizontal=True):
            for export in exports:
                _download(f"{export}.csv", partial(template, export), "text/csv")
        with st.container(horizontal=True):
            for export in exports:
                _download(f"{export}.xlsx", partial(workbook, export), downloads.XLSX)


def data_dictionary() -> None:
    """Buttons that download the data dictionary: as a table, as a workbook, and as a text to read."""
    with st.container(horizontal=True, key="dictionary"):
        name = "data-dictionary"
        _download(f"{name}.csv", lambda: downloads.as_csv(dictionary_frame()), "text/csv")
        _download(f"{name}.xlsx", lambda: downloads.as_excel(dictionary_frame(), "Dictionary"), downloads.XLSX)
        _download(f"{name}.md", lambda: dictionary().encode(), "text/markdown")


def _download(name: str, write: Callable[[], bytes], mime: str) -> None:
    """A button for a file that is made when it is asked for."""
    st.download_button(name, write, file_name=name, mime=mime, icon=":material/download:", on_click="ignore")


def trouble(message: str, fix: str) -> None:
    """The page where the data cannot be read: what happened and what to do. Both may be foreign text."""
    header("The data cannot be read")
    with card("trouble"):
        st.html(f'<div class="rw-empty"><p>{escape(message)}</p><p>{escape(fix)}</p></div>')


def _css_string(text: str) -> str:
    """A foreign text as a CSS string, every character by its number: it can end neither the string nor the sheet."""
    return '"' + "".join(f"\\{ord(character):06x}" for character in text) + '"'


@cache
def _style_sheet() -> str:
    return Path(__file__).with_name("style.css").read_text(encoding="utf-8")
