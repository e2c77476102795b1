"""Scenarios on screen: keep the moves under a name with what they assume, open one, take one away."""

from html import escape

import streamlit as st

from analytics.whatif import moves_of
from components import answers, controls
from components.controls import View
from components.formats import count, day
from components.tables import Cell, Column, Drawn, Under, listing
from pipelines import scenarios
from pipelines.problems import RightworkError, UsageError
from pipelines.scenarios import Scenario
from pipelines.warehouse import Warehouse

_SAID = "scenario-said"


def part(view: View, moves: str, trouble: str) -> None:
    """A form to keep the moves of the address, and the scenarios that are kept."""
    if words := st.session_state.pop(_SAID, ""):
        st.html(f'<div class="rw-said"><p role="status">{escape(words)}</p></div>')
    try:
        kept = scenarios.scenarios(Warehouse())
    except RightworkError as error:
        st.html(f'<div class="rw-said"><p class="rw-bad">{escape(error.message)}. {escape(error.fix)}</p></div>')
        return
    if moves and not trouble:
        with st.expander("Save these moves as a scenario", key="save-scenario"):
            st.text_input("Name", key="scenario-name", max_chars=scenarios.LONGEST_NAME)
            st.text_area("What it assumes", key="scenario-assumptions", max_chars=scenarios.LONGEST_ASSUMPTIONS)
            st.button("Save", key="scenario-save", type="primary", on_click=_save, args=(view, moves))
    if kept:
        with st.expander(f"Scenarios ({len(kept)})", key="scenarios"):
            _list(kept)


def _save(view: View, moves: str) -> None:
    name, assumed = str(st.session_state["scenario-name"]), str(st.session_state["scenario-assumptions"])
    publication = view.known_at or answers.version()
    try:
        found = scenarios.save(
            Warehouse(), name, moves, assumptions=assumed, publication=publication, review_date=view.review_date
        )
        st.session_state[_SAID] = f"Saved as {found.name}."
    except RightworkError as error:
        st.session_state[_SAID] = f"Not saved: {error.message}. {error.fix}"


def _list(kept: list[Scenario]) -> None:
    columns = (
        Column("Scenario", width="36%"),
        Column("Moves", "right"),
        Column("On the review of", "right"),
        Column("Saved"),
        Column(""),
    )
    rows: list[list[Cell]] = [
        [
            Under(_link(one), one.assumptions or "nothing is assumed"),
            _moves(one),
            Under(day(one.review_date), f"publication {one.publication}"),
            Under(day(one.recorded_at), one.recorded_by),
            Drawn(
                f'<button type="button" class="rw-remove" data-pick="{at}" '
                f'aria-label="Remove the scenario {escape(one.name)}">Remove</button>'
            ),
        ]
        for at, one in enumerate(kept)
    ]

    def remove(picked: str) -> None:
        one = kept[int(picked)]
        try:
            scenarios.remove(Warehouse(), one.name)
            st.session_state[_SAID] = f"{one.name} is removed."
        except RightworkError as error:
            st.session_state[_SAID] = f"{error.message}. {error.fix}"

    listing(columns, rows, key="scenarios-list", on_pick=remove)


def _link(one: Scenario) -> Drawn:
    to = controls.page_link(
        "capacity", review=one.review_date.isoformat(), known=str(one.publication), moves=one.moves or ""
    )
    return Drawn(f'<a class="rw-open" href="{escape(to)}" target="_self">{escape(one.name)}</a>')


def _moves(one: Scenario) -> str:
    try:
        return count(len(moves_of(one.moves or "")), "move")
    except UsageError:
        return "cannot be read"
