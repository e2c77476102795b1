"""Levelling on screen: one click, what would have to move so that people suffice, and whom hiring would help."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from analytics import levels
from analytics.capacity import LEAST, Plan
from analytics.levelling import Progress
from analytics.levels import SECONDS, Levelling, Span
from analytics.whatif import Move
from components import answers, capacity_view, controls, figures, frame, moves_view, running, start_view
from components.capacity_view import fte, fte_months
from components.controls import View
from components.figures import Figure, delta
from components.formats import count, number, percent
from components.running import Run, Say, Stop
from components.tables import Cell, Column, Under, listing

MOST = 12
_COUNTED = {"": "Committed", "requested": "Committed and requested"}
_RUN = "levelling-run"


def levelling_card(view: View, found: Plan, months: int) -> None:
    """The card; it speaks of all months that are read, since work that leaves some comes in others. After the what-if
    card, whose moves it starts from."""
    moves, _ = moves_view.made()
    with frame.card("levelling"):
        head = st.container()
        left, right = st.columns([3, 5], vertical_alignment="bottom")
        with left:
            requested = controls.page_choice("level", "Demand that counts", _COUNTED) == "requested"
        asked = (answers.version(), view, moves_view.text(), requested, start_view.later())
        with right:
            st.button(
                "Level",
                key="level-now",
                type="primary",
                on_click=_begin,
                args=(asked, view, found, tuple(moves), requested, start_view.later()),
            )
        kept = st.session_state.get(_RUN)
        run: Run[Levelling] | None = kept[1] if kept and kept[0] == asked else None
        result = run.result if run and run.is_over_soon() else None
        with head:
            frame.card_head(said(result) if result else "What to move so that people suffice", _note())
        if run is not None and not run.is_over:
            running.follow(run, "levelling-progress")
        elif run is not None and run.error:
            raise run.error
        elif result:
            _show(found, result)
        elif kept:
            st.text("The moves or what counts have changed since: level again.")


def _note() -> str:
    most = start_view.later()
    later = f"up to {count(most, 'month')} later" if most else "not later"
    return (
        f"What has not begun may start {later}, or within its listed window; what is under way, critical or moved by "
        "hand stays. First the least overload, then the least delay of what matters most, then the fewest moves"
    )


def _begin(asked: object, view: View, found: Plan, moves: Sequence[Move], requested: bool, later: int) -> None:
    if kept := st.session_state.get(_RUN):
        kept[1].stop()
    links = answers.later(levels.ties, view.review_date)

    def work(stop: Stop, say: Say) -> Levelling:
        def tell(progress: Progress) -> None:
            if progress.aim == "overload":
                say(f"{fte_months(progress.value)} of overload so far, no less than {fte_months(progress.bound)}")
            else:
                say("The least overload is found; less delay and fewer moves are tried")

        return levels.level(found, ties, moves, later=later, requested=requested, stop=stop, tell=tell)

    ties = links()
    st.session_state[_RUN] = (asked, Run(work, SECONDS))


def said(result: Levelling) -> str:
    """What moving would do, in one sentence."""
    before, after = result.levelled.overload_before, result.levelled.overload_after
    if before <= LEAST:
        return "Nobody is overloaded: nothing has to move"
    if not result.steps:
        return f"No move that is allowed removes any of the {fte_months(before)} of overload"
    moves = count(len(result.steps), "move")
    if after <= LEAST:
        return f"{moves} {'removes' if len(result.steps) == 1 else 'remove'} all {fte_months(before)} of overload"
    return f"{moves} would bring overload from {fte_months(before)} to {fte_months(after)}; the rest needs people"


def _status(result: Levelling) -> tuple[str, str]:
    levelled = result.levelled
    if levelled.status == "optimal":
        return "proven best", "no allowed plan does better"
    if levelled.aims[0].status == "optimal":
        return "best overload", "less delay or fewer moves may be possible"
    ended = "stopped" if levelled.status == "stopped" else "time is up"
    return "best found", f"{ended}; no less than {fte_months(levelled.bound)}, a gap of {percent(levelled.gap)}"


def _show(found: Plan, result: Levelling) -> None:
    levelled = result.levelled
    by = levelled.overload_after - levelled.overload_before
    moved = delta(round(by, 6), number(by, sign=True, decimals=1) if by else "the same", good_when="down")
    word, note = _status(result)
    span = moves_view.span_name(found.months[0], found.months[-1])
    figures.figures(
        [
            Figure(
                "Overload",
                number(levelled.overload_after, decimals=1),
                f"now {number(levelled.overload_before, decimals=1)} FTE-months",
                moved,
                help=span,
            ),
            Figure("Moves", number(len(result.steps)), f"of {number(result.may_move)} that may move"),
            Figure("Result", word, note),
        ]
    )
    if result.steps:
        start_view.steps(result, "levelling-steps")
        fits = moves_view.is_room_for(result.moves)
        st.button(
            "Take these moves", key="take-levelling", on_click=moves_view.add, args=(result.moves,), disabled=not fits
        )
        if not fits:
            st.text("These are more moves than an address holds.")
    if result.hires:
        _hires(result.hires)


def _hires(spans: Sequence[Span]) -> None:
    total = sum(span.total for span in spans)
    words = f"{fte_months(total)} remain; the fewest people that would remove them:"
    st.html(f'<div class="rw-said"><p>{escape(words)}</p></div>')
    rows: list[list[Cell]] = [
        [
            Under(capacity_view.skill_name(span.pool), span.team),
            moves_view.span_name(span.first, span.last),
            f"{'' if span.first == span.last else 'up to '}{fte(span.most)}",
            fte_months(span.total),
        ]
        for span in spans[:MOST]
    ]
    columns = (
        Column("Hire or borrow", width="40%"),
        Column("When"),
        Column("People", "right"),
        Column("In all", "right"),
    )
    listing(columns, rows)
    if len(spans) > MOST:
        st.html(f'<p class="rw-missing">{count(len(spans) - MOST, "span")} more.</p>')
