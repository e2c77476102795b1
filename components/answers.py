"""What pages ask the warehouse through: one desk a server, the version settled once a run, trouble told in words."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

import streamlit as st

from analytics import reading
from analytics.reading import Choices, Desk, Source
from components import controls, frame
from components.controls import View
from pipelines import names
from pipelines.problems import RightworkError
from pipelines.warehouse import Warehouse

T = TypeVar("T")
P = ParamSpec("P")

_VERSION_KEY = "version_of_this_run"


def begin() -> View | None:
    """Settle which version this run speaks of, and draw the sidebar's controls; called from dashboard.py.

    A publication made since the last run is noticed here. None where nothing was loaded yet.
    """
    desk = _desk(str(Warehouse().folder))
    return controls.sidebar(partial(_offer, desk))


def _offer(desk: Desk, known_at: int | None) -> Choices | None:
    """What there is to choose from; older knowledge is built when it is first asked for, which takes longer."""
    if known_at is None:
        st.session_state[_VERSION_KEY] = desk.version()
    version: int = st.session_state[_VERSION_KEY]
    if not version:
        return None
    if desk.has(version, known_at):
        return desk.ask(reading.choices, version, known_at)
    words = f"Rebuilding what was known at publication {known_at}" if known_at else "Reading the portfolio"
    with frame.loading(words, str(known_at or "latest")):
        return desk.ask(reading.choices, version, known_at)


def ask(question: Callable[Concatenate[Source, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """The answer to a question, as the reader wants it known. Answers are shared between readers: change none."""
    return later(question, *args, **kwargs)()


def later(question: Callable[Concatenate[Source, P], T], /, *args: P.args, **kwargs: P.kwargs) -> Callable[[], T]:
    """The same, asked when it is called: by a download, which is made after the run, outside of any page."""
    view = controls.current_view()
    desk = _desk(str(Warehouse().folder))
    version, known = st.session_state[_VERSION_KEY], view.known_at if view else None
    return lambda: desk.ask(question, version, known, *args, **kwargs)


def ask_latest(question: Callable[Concatenate[Source, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """The same as known now, whatever the reader wants known: for pages that change something."""
    return _desk(str(Warehouse().folder)).ask(question, version(), None, *args, **kwargs)


def version() -> int:
    """The version that this run speaks of, 0 where nothing was loaded yet."""
    found: int = st.session_state[_VERSION_KEY]
    return found


def latest() -> Choices | None:
    """What there is to choose from at the latest version, None where nothing was loaded yet; for the server itself."""
    desk = _desk(str(Warehouse().folder))
    version = desk.version()
    return desk.ask(reading.choices, version) if version else None


def organisation() -> str:
    """What the organisation calls itself; "" without a name, or where the journal cannot be read."""
    try:
        return names.organisation(Warehouse())
    except RightworkError:
        return ""


def scope(view: View) -> reading.Scope:
    """The scope of a view."""
    return reading.Scope(view.portfolio, view.program)


def is_latest(view: View) -> bool:
    """Whether the view speaks of the latest knowledge."""
    return view.known_at in (None, st.session_state[_VERSION_KEY])


@contextmanager
def trouble_in_words() -> Iterator[None]:
    """Where the store cannot be read, the page is one message that says what happened and what to do."""
    try:
        yield
    except RightworkError as error:
        frame.trouble(error.message, error.fix)


@st.cache_resource(show_spinner=False)
def _desk(folder: str) -> Desk:
    return Desk(Warehouse(folder))
