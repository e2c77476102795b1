"""Can we start it, and what would have to move? One question about one candidate and a month, one sentence."""

import datetime as dt
from collections.abc import Sequence
from html import escape

import streamlit as st

from analytics import levels
from analytics.capacity import LEAST, Plan
from analytics.levelling import Progress
from analytics.levels import Answer, Levelling
from analytics.whatif import MOST_SHIFT, Move, first_month, months_between
from components import answers, controls, frame, moves_view, running
from components.capacity_view import fte_months, month_name
from components.controls import View
from components.formats import count
from components.running import Run, Say, Stop
from components.tables import Cell, Column, listing

SECONDS = 10.0
LATER = {"6": "6 months", "0": "not at all", "1": "1 month", "2": "2 months", "3": "3 months", "12": "12 months"}
MOST = 8
NOTE = (
    "It is served after all committed work. What has not begun may start later, within its window where one is "
    "listed; what is under way or critical stays"
)
_RUN = "start-run"


def card(view: View, found: Plan, after: Plan, moves: Sequence[Move]) -> None:
    """The card; `after` is the plan with the moves that were made."""
    with frame.card("start"):
        head = st.container()
        offered = _candidates(after)
        if not offered:
            with head:
                frame.card_head("Can we start it? What would have to move?", "No candidate asks for people")
            return
        chosen, month = _ask(after, offered)
        if not chosen:
            with head:
                frame.card_head("Can we start it? What would have to move?", NOTE)
            return
        first = month or first_month(after, chosen) or after.months[0]
        answer = levels.can_start(found, moves, chosen, first, later=later())
        room, run = _room(view, found, moves, answer)
        with head:
            frame.card_head(said(answer, room, is_looking=run is not None), NOTE)
        if run is not None:
            running.follow(run, "start-progress")
        _more(answer, room)
        _take(answer, room)


def later() -> int:
    """By how many months what may move may start later, where no window is listed."""
    raw = str(st.session_state.get("upto") or "")
    return int(raw) if raw in LATER else int(next(iter(LATER)))


def _candidates(after: Plan) -> dict[str, str]:
    """Projects that only request people, those of the scope, by key."""
    committed = set(after.needs.loc[after.needs["is_committed"], "project"])
    asks = set(after.needs["project"])
    rows = after.projects[after.projects["in_scope"]]
    names = {
        key: name
        for row, key, name in zip(rows.index, rows["project_key"], rows["project_name"], strict=True)
        if row in asks and row not in committed
    }
    return dict(sorted(names.items(), key=lambda item: (item[1].casefold(), item[0])))


def _ask(after: Plan, offered: dict[str, str]) -> tuple[str, dt.date | None]:
    left, middle, right = st.columns([4, 3, 3], vertical_alignment="bottom")
    with left:
        chosen = controls.page_choice("candidate", "Can we start", {"": "Choose a candidate", **offered})
    planned = first_month(after, chosen) if chosen else None
    months = {
        f"{month:%Y-%m}": month_name(month)
        for month in after.months
        if planned is None or abs(months_between(planned, month)) <= MOST_SHIFT
    }
    usual = f"as requested, {month_name(planned)}" if planned else "as requested"
    with middle:
        month = controls.page_choice("in", "In", {"": usual, **months})
    with right:
        controls.page_choice("upto", "Others may start later by up to", LATER)
    return chosen, dt.date.fromisoformat(f"{month}-01") if month else None


def _room(
    view: View, found: Plan, moves: Sequence[Move], answer: Answer
) -> tuple[Levelling | None, "Run[Levelling] | None"]:
    """What would have to move, or the search for it."""
    if not answer.lacks:
        return None, None
    asked = (answers.version(), view, moves_view.text(), answer.start, later())
    kept = st.session_state.get(_RUN)
    if kept is None or kept[0] != asked:
        if kept is not None:
            kept[1].stop()
        links, by = answers.ask(levels.ties, view.review_date), later()

        def work(stop: Stop, say: Say) -> Levelling:
            def tell(progress: Progress) -> None:
                say(
                    f"{fte_months(progress.value)} still lack"
                    if progress.aim == "overload"
                    else "Fewer moves are tried"
                )

            return levels.make_room(found, links, moves, answer.start, later=by, seconds=SECONDS, stop=stop, tell=tell)

        kept = (asked, Run(work, SECONDS))
        st.session_state[_RUN] = kept
    run: Run[Levelling] = kept[1]
    if not run.is_over_soon():
        return None, run
    if run.error:
        raise run.error
    return run.result, None


def said(answer: Answer, room: Levelling | None, *, is_looking: bool = False) -> str:
    """The answer in one sentence."""
    name, month = answer.project_name, month_name(answer.month)
    if not answer.lacks and answer.unknown > LEAST:
        asked = fte_months(answer.unknown)
        return f"{name} can start in {month} as far as is known: for {asked} of it no capacity is stated"
    if not answer.lacks:
        return f"Yes: {name} can start in {month}, and nobody goes short for it"
    lacks = f"it lacks {moves_view.lacking(answer.lacks)}"
    if is_looking or room is None:
        return f"{name} cannot start in {month} without moves: {lacks}"
    left, moves = room.levelled.overload_after, len(room.steps)
    if left <= LEAST:
        would = f"{count(moves, 'project')} would have to move"
        return f"{name} can start in {month} if others move: {lacks}, and {would}"
    if moves:
        leave = f"{count(moves, 'move')} would leave {fte_months(left)}"
        return f"{name} cannot start in {month} by moves alone: {lacks}; {leave}"
    return f"{name} cannot start in {month}: {lacks}, and nothing that may move would help"


def _more(answer: Answer, room: Levelling | None) -> None:
    notes = []
    if answer.lacks and answer.fits_from:
        notes.append(f"Without any move it can start in {month_name(answer.fits_from)}.")
    elif answer.lacks:
        notes.append("In no later month that is read is there enough for it without moves.")
    if answer.already > LEAST:
        notes.append(
            f"Of the same people {fte_months(answer.already)} lack in these months already, without it. That stays, "
            "and somebody has to say who gets those that are there."
        )
    if answer.lacks and answer.unknown > LEAST:
        notes.append(f"For {fte_months(answer.unknown)} more of what it asks no capacity is stated.")
    if room is not None and room.hires:
        notes.append(
            f"{'What lacks then' if room.steps else 'To hire or borrow'}: {moves_view.lacking(room.hires, 4)}."
        )
    if room is not None and room.levelled.status != "optimal":
        notes.append("The search ended before it was proven that fewer moves do not do.")
    if notes:
        st.html(f'<div class="rw-said">{"".join(f"<p>{escape(note)}</p>" for note in notes)}</div>')
    if room is not None and room.steps:
        steps(room, "start-steps")
    if room is not None and room.levelled.overload_after > LEAST and answer.rivals:
        _rivals(answer)


def steps(found: Levelling, key: str) -> None:
    """The moves of a levelling with their reasons; each opens its project."""
    columns = (
        Column("Would have to move", width="34%"),
        Column("By", width="13%"),
        Column("Start", width="18%"),
        Column("Why"),
    )
    rows: list[list[Cell]] = [
        [step.project_name, moves_view.later(step.months), moves_view.moved(step), moves_view.reason(step)]
        for step in found.steps
    ]
    keys = [step.project_key for step in found.steps]
    if opened := listing(columns, rows, key=key, picks=keys, links=[controls.project_link(key) for key in keys]):
        controls.open_project(opened)


def _rivals(answer: Answer) -> None:
    columns = (
        Column("Project", width="50%"),
        Column("Asks for", "right"),
        Column("May it move?"),
    )
    rows: list[list[Cell]] = [
        [rival.project_name, fte_months(rival.fte), f"no: {rival.why_not}" if rival.why_not else "yes"]
        for rival in answer.rivals[:MOST]
    ]
    keys = [rival.project_key for rival in answer.rivals[:MOST]]
    links = [controls.project_link(key) for key in keys]
    st.html('<div class="rw-said rw-quiet"><p>Who asks for the same people in those months:</p></div>')
    if opened := listing(columns, rows, key="start-rivals", picks=keys, links=links):
        controls.open_project(opened)
    if (rest := len(answer.rivals) - MOST) > 0:
        st.html(f'<p class="rw-missing">{count(rest, "project")} more; make room by hand below.</p>')


def _take(answer: Answer, room: Levelling | None) -> None:
    def take(new: Sequence[Move]) -> None:
        moves_view.add(new)
        for name in ("candidate", "in"):
            st.session_state[name] = ""

    with st.container(horizontal=True, key="start-take"):
        if room is not None and room.steps and moves_view.is_room_for([answer.start, *room.moves]):
            st.button(
                "Take these moves", key="take-start", type="primary", on_click=take, args=([answer.start, *room.moves],)
            )
        label = "Start it without moves" if answer.lacks else "Take it as a move"
        st.button(label, key="take-start-alone", on_click=take, args=([answer.start],))
