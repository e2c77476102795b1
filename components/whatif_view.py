"""What if: moves made one at a time, what they change before and after, and scenarios. Nothing is saved unasked."""

import datetime as dt
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import streamlit as st

from analytics import capacity, whatif
from analytics.capacity import LEAST, Plan, Row
from analytics.whatif import Change, GoalChange, Kind, Move, Totals, first_month, months_between
from components import answers, capacity_view, controls, figures, frame, moves_view, scenarios_view, start_view
from components.capacity_view import fte_months, month_name
from components.clickable import clickable
from components.controls import View
from components.figures import Figure, delta
from components.formats import NONE, count, day, money, number
from components.tables import Cell, Column, Drawn, Tagged, listing

MOST = 12  # rows of a table, and of a heat map
NARROW = 12  # months of two heat maps side by side
NOTE = "Nothing is saved until you save it; the address of the page keeps the moves"
ASSUMED = (
    "Assumed: a finish moves with the start; what a project lacks is not made up; a project that is started is served "
    "after all that are committed already; critical and higher projects are served as before."
)
_KINDS: dict[str, str] = {
    "shift": "Start a project earlier or later",
    "scale": "Change how many people a project gets",
    "drop": "Drop a project",
    "start": "Start a candidate",
    "people": "Add or take people",
    "lend": "Lend people",
}


def card(view: View, found: Plan, months: int) -> None:
    """The question on top, the moves with what they change, and the scenarios; once a page."""
    moves_view.carry()
    moves, trouble = moves_view.made()
    applied = whatif.apply(found, moves)
    start_view.card(view, found, applied.plan, moves)
    before, after = whatif.totals(found, months), whatif.totals(applied.plan, months)
    title = said(before, after, len(moves)) if moves else "What if? Try moves and see what they change"
    with frame.card("whatif", title, NOTE):
        for words in filter(None, (trouble, *applied.unmade)):
            st.html(f'<div class="rw-said"><p class="rw-bad">{escape(words)}</p></div>')
        _steps(found, moves)
        _form(applied.plan)
        if moves:
            _effect(found, applied.plan, months, before, after)
        scenarios_view.part(view, moves_view.text(), trouble)


def said(before: Totals, after: Totals, moves: int) -> str:
    """What the moves come to, in one sentence."""
    made = "This move leaves" if moves == 1 else f"These {number(moves)} moves leave"
    if abs(before.overload - after.overload) <= LEAST:
        change = f"overload as it is, {fte_months(after.overload)}"
    elif after.overload <= LEAST:
        return f"{'This move removes' if moves == 1 else f'These {number(moves)} moves remove'} all overload"
    else:
        change = f"{fte_months(after.overload)} of overload, now {fte_months(before.overload)}"
    shorter = after.short - before.short
    if shorter:
        who = "project is" if abs(shorter) == 1 else "projects are"
        change += f"; {number(abs(shorter))} {'more' if shorter > 0 else 'fewer'} {who} short of people"
    return f"{made} {change}"


def _steps(found: Plan, moves: Sequence[Move]) -> None:
    if not moves:
        return
    parts = "".join(
        f'<li><span>{escape(words)}</span><button type="button" data-pick="{at}" '
        f'aria-label="Remove: {escape(words)}">Remove</button></li>'
        for at, words in enumerate(moves_view.sentences(found, moves))
    )

    def remove(picked: str) -> None:
        moves_view.put([move for at, move in enumerate(moves) if str(at) != picked])

    clickable(f'<ol class="rw-moves">{parts}</ol>', "moves-list", remove)
    with st.container(horizontal=True, key="moves-undo"):
        st.button("Undo last", key="undo-move", on_click=moves_view.put, args=(moves[:-1],))
        st.button("Clear", key="clear-moves", on_click=moves_view.put, args=((),))


def _form(after: Plan) -> None:
    """One move more: what it is, of whom, and by how much."""
    with st.container(key="move-form"):
        what, *rest, adds = st.columns([4, 4, 2, 2, 2, 2], vertical_alignment="bottom")
        with what:
            kind: str = st.selectbox("Move", list(_KINDS), format_func=_KINDS.__getitem__, key="move-kind")
        asked = _ask_people(kind, after, rest) if kind in ("people", "lend") else _ask_project(kind, after, rest)
        if asked is None:
            st.text("No project of this kind asks for people.")
            return
        with adds:
            st.button(
                "Add",
                key="add-move",
                on_click=moves_view.add,
                args=([asked],),
                disabled=not moves_view.is_room_for([asked]),
            )


def _ask_project(kind: str, after: Plan, places: Sequence[Any]) -> Move | None:
    committed = set(after.needs.loc[after.needs["is_committed"], "project"])
    asks = set(after.needs["project"])
    names = {
        str(key): f"{name}{'' if row in committed else ' (requested)'}"
        for row, (key, name) in enumerate(after.projects[["project_key", "project_name"]].to_numpy())
        if row in asks and (kind != "start" or row not in committed)
    }
    if not names:
        return None
    keys = sorted(names, key=lambda key: (names[key].casefold(), key))
    with places[0]:
        key: str = st.selectbox("Project", keys, format_func=names.__getitem__, key=f"move-project-{kind == 'start'}")
    if kind == "drop":
        return Move("drop", key)
    with places[1]:
        if kind == "shift":
            by = st.number_input("Months later", -whatif.MOST_SHIFT, whatif.MOST_SHIFT, 1, key="move-months")
            return Move("shift", key, int(by))
        if kind == "scale":
            share = st.number_input("Percent of its people", 0, 1000, 50, step=10, key="move-share")
            return Move("scale", key, share=int(share) / 100)
        begins = first_month(after, key) or after.months[0]
        offered = [month for month in after.months if abs(months_between(begins, month)) <= whatif.MOST_SHIFT]
        at = offered.index(begins) if begins in offered else 0
        month: dt.date = st.selectbox("Starts in", offered, at, format_func=month_name, key=f"move-start-{key}")
        return Move("start", key, months_between(begins, month))


def _ask_people(kind: str, after: Plan, places: Sequence[Any]) -> Move | None:
    names = moves_view.pool_names(after)
    if not names:
        return None
    rows = list(names)
    with places[0]:
        one = st.selectbox("Of", rows, format_func=names.__getitem__, key="move-pool")
        other = one
        if kind == "lend":
            other = st.selectbox("Work for", rows, len(rows) > 1, format_func=names.__getitem__, key="move-to-pool")
    with places[1]:
        least = 0.1 if kind == "lend" else -1000.0
        label = "FTE" if kind == "lend" else "FTE (negative: fewer)"
        fte = st.number_input(label, least, 1000.0, 1.0, step=0.5, format="%.1f", key=f"move-fte-{kind}")
    with places[2]:
        first: dt.date = st.selectbox("From", after.months, 1, format_func=month_name, key="move-first")
    with places[3]:
        last: dt.date = st.selectbox(
            "To", [month for month in after.months if month >= first], 2, format_func=month_name, key="move-last"
        )
    team, pool = after.pools.iloc[one]
    to_team, to_pool = after.pools.iloc[other] if kind == "lend" else ("", "")
    chosen: Kind = "lend" if kind == "lend" else "people"
    return Move(
        chosen, team=team, pool=pool, to_team=to_team, to_pool=to_pool, fte=round(float(fte), 1), first=first, last=last
    )


def _effect(found: Plan, then: Plan, months: int, before: Totals, after: Totals) -> None:
    changes = whatif.compare(found, then, months)
    touched = whatif.goals(changes, answers.ask(whatif.goal_names))
    figures.figures(_figures(before, after, changes))
    _heat(found, then, months)
    parts: dict[str, Callable[[], None]] = {
        f"Projects ({len(changes)})": lambda: _projects(changes),
        f"Goals ({len(touched)})": lambda: _goals(touched),
        "Budgets": lambda: _budgets(changes),
    }
    for tab, draw in zip(st.tabs(list(parts)), parts.values(), strict=True):
        with tab:
            draw()
    st.html(f'<div class="rw-said rw-quiet"><p>{ASSUMED}</p></div>')


def _figures(before: Totals, after: Totals, changes: Sequence[Change]) -> list[Figure]:
    def figure(label: str, was: float, then: float, unit: str, decimals: int = 0) -> Figure:
        by = round(then - was, 6)
        moved = delta(by, number(by, sign=True, decimals=decimals) if by else "the same", good_when="down")
        return Figure(label, number(then, decimals=decimals), f"now {number(was, decimals=decimals)}{unit}", moved)

    sums = whatif.budgets(changes)
    amounts = [money(amount, currency, sign=True) for currency, amount in sums.items()]
    # What committed work lacks is the same sum: people are given to it first.
    return [
        figure("Overload", before.overload, after.overload, " FTE-months", 1),
        figure("Overloaded months", before.overloaded, after.overloaded, ""),
        figure("Projects short", before.short, after.short, ""),
        Figure("Committed budget", amounts[0] if amounts else "the same", ", ".join(amounts[1:])),
    ]


def _heat(found: Plan, then: Plan, months: int) -> None:
    """The teams and skills whose use changes, before and after; those that change most first."""
    was, becomes = capacity.heat(found, "pool", months), capacity.heat(then, "pool", months)
    others = {(row.team, row.pool): row for row in becomes}
    pairs = [(row, others[row.team, row.pool]) for row in was if (row.team, row.pool) in others]
    pairs = sorted((pair for pair in pairs if _differs(*pair) > LEAST), key=lambda pair: -_differs(*pair))
    if not pairs:
        st.text(f"No use of people changes in the next {months} months.")
        return
    shown = pairs[:MOST]
    places = st.columns(2) if months <= NARROW else [st.container(), st.container()]
    with st.container(key="compare-more"):
        if len(pairs) > MOST:
            st.html(f'<p class="rw-missing">{count(len(pairs) - MOST, "skill")} more change less.</p>')
    for name, place, rows in zip(("Now", "With the moves"), places, zip(*shown, strict=True), strict=True):
        with place, st.container(key=f"compare-{name.split()[0].lower()}"):
            st.html(f'<div class="rw-compare-head">{name}</div>')
            capacity_view.heat_map(list(rows), f"compare-map-{name}", picks=False)


def _differs(one: Row, other: Row) -> float:
    return sum(
        abs(a.over - b.over) * 100 + abs(a.committed - b.committed) + abs((a.capacity or 0) - (b.capacity or 0))
        for a, b in zip(one.cells, other.cells, strict=True)
    )


_PROJECTS = (
    Column("Project", width="32%"),
    Column("Finish now", "right"),
    Column("Then", "right"),
    Column("Asks for", "right"),
    Column("Lacks now", "right"),
    Column("Then", "right"),
)


def _projects(changes: Sequence[Change]) -> None:
    if not changes:
        st.text("No project changes.")
        return
    shown = changes[:MOST]
    rows: list[list[Cell]] = [
        [
            _tagged(one),
            day(one.finish),
            NONE if one.is_dropped else day(one.finish_then) if one.finish_then != one.finish else "the same",
            fte_months(one.asked_then),
            fte_months(one.unmet),
            _then(one.unmet, one.unmet_then),
        ]
        for one in shown
    ]
    keys = [one.project_key for one in shown]
    links = [controls.project_link(key) for key in keys]
    if opened := listing(_PROJECTS, rows, key="whatif-projects", picks=keys, links=links):
        controls.open_project(opened)
    if len(changes) > MOST:
        st.html(f'<p class="rw-missing">{count(len(changes) - MOST, "project")} more.</p>')


def _tagged(one: Change) -> Cell:
    if one.is_dropped or one.is_started:
        return Tagged(one.project_name, "dropped" if one.is_dropped else "started")
    return one.project_name if one.is_committed else Tagged(one.project_name, "requested")


def _then(was: float, becomes: float) -> Cell:
    if abs(was - becomes) <= LEAST:
        return "the same"
    tone = "rw-bad" if becomes > was else "rw-good"
    return Drawn(f'<span class="{tone}">{escape(fte_months(becomes))}</span>')


def _goals(touched: Sequence[GoalChange]) -> None:
    if not touched:
        st.text("No goal gains or loses a project, and none of its projects finishes at another time.")
        return
    columns = (
        Column("Goal", width="30%"),
        Column("Started"),
        Column("Dropped"),
        Column("Finish later"),
        Column("Finish earlier"),
        Column("Budget", "right"),
    )
    rows: list[list[Cell]] = [
        [
            one.goal_name,
            _names(one.started),
            _names(one.dropped),
            _names(one.later),
            _names(one.earlier),
            " ".join(money(amount, currency, sign=True) for currency, amount in one.budgets) or "the same",
        ]
        for one in touched[:MOST]
    ]
    listing(columns, rows)


def _names(names: Sequence[str]) -> str:
    return ", ".join(names[:2]) + (f" and {number(len(names) - 2)} more" if len(names) > 2 else "")


def _budgets(changes: Sequence[Change]) -> None:
    moved = [one for one in changes if one.is_started or (one.is_dropped and one.is_committed)]
    if not moved:
        st.text("No project is started or dropped, so no budget is committed or set free.")
        return
    rows: list[list[Cell]] = [
        [
            one.project_name,
            "started" if one.is_started else "dropped",
            money(one.budget if one.is_started else -one.budget, one.currency, sign=True) if one.budget else NONE,
        ]
        for one in moved[:MOST]
    ]
    listing((Column("Project", width="50%"), Column("What"), Column("Committed budget", "right")), rows)
