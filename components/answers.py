"""What pages ask the warehouse through: one desk a server, the version settled once a run, trouble told in words."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, TypeVar

import streamlit as st

from analytics import reading
from analytics.reading import Desk, Source
from components import controls, frame
from components.controls import View
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
    try:
        version = desk.version()
        found = desk.ask(reading.choices, version) if version else None
    except RightworkError:
        controls.sidebar([])
        raise
    st.session_state[_VERSION_KEY] = version
    if found is None:
        return controls.sidebar([])
    view = controls.sidebar(
        found.review_dates,
        portfolios=[controls.Scope(place.id, place.name) for place in found.portfolios],
        programs=[controls.Scope(place.id, place.name, place.portfolio) for place in found.programs],
        publications=found.publications,
    )
    if view:
        _open(desk, version, view)
    return view


def _open(desk: Desk, version: int, view: View) -> None:
    """Have the view's knowledge at hand before the page draws: older knowledge is built when it is first asked for."""
    if desk.has(version, view.known_at):
        return
    words = "Reading the portfolio" if is_latest(view) else f"Rebuilding what was known at publication {view.known_at}"
    with frame.loading(words):
        desk.ask(reading.is_sample, version, view.known_at)


def ask(question: Callable[Concatenate[Source, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """The answer to a question, as the reader wants it known. Answers are shared between readers: change none."""
    view = controls.current_view()
    desk = _desk(str(Warehouse().folder))
    return desk.ask(question, st.session_state[_VERSION_KEY], view.known_at if view else None, *args, **kwargs)


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
