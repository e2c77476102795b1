"""Moves as a page holds and says them: the address keeps them, and each is a sentence."""

import datetime as dt
from collections.abc import Mapping, Sequence

import streamlit as st

from analytics.capacity import Plan, month_after
from analytics.levels import Span, Step
from analytics.whatif import MOST_MOVES, Move, first_month, moves_of, text_of
from components.capacity_view import fte, fte_months, month_name, skill_name, where
from components.formats import count, percent
from pipelines.problems import UsageError

KEY = "moves"
LONGEST = 20_000


def carry() -> None:
    """What holds the moves: an unseen input, bound to the address; once a run, before anything asks for them."""
    with st.container(key="unseen-moves"):
        st.text_input("URL: moves", key=KEY, bind="query-params", max_chars=LONGEST)


def made() -> tuple[tuple[Move, ...], str]:
    """The moves that the address holds, and what is wrong with them in words, "" for nothing."""
    try:
        return moves_of(text()), ""
    except UsageError as error:
        return (), f"The moves in the address cannot be read: {error.message}. {error.fix}"


def text() -> str:
    """The moves as the address holds them."""
    return str(st.session_state.get(KEY) or "")


def put(moves: Sequence[Move]) -> None:
    """Have these moves and no others; called before a run begins."""
    st.session_state[KEY] = text_of(moves)


def is_room_for(moves: Sequence[Move]) -> bool:
    """Whether an address holds these beside those that were made."""
    every = [*made()[0], *moves]
    return len(every) <= MOST_MOVES and len(text_of(every)) <= LONGEST


def add(moves: Sequence[Move]) -> None:
    """Have these moves as well; called before a run begins."""
    put([*made()[0], *moves])


def span_name(first: dt.date, last: dt.date) -> str:
    """Months in words: "Mar 2027", "Mar to May 2027", "Nov 2026 to Jan 2027"."""
    if (first.year, first.month) == (last.year, last.month):
        return month_name(first)
    return f"{first:%b}{'' if first.year == last.year else f' {first:%Y}'} to {month_name(last)}"


def people(span: Span) -> str:
    """Who is meant: the skill, and its team where the team has not just that one."""
    return skill_name(span.pool) if span.pool != "any" else span.team


def lacking(spans: Sequence[Span], most: int = 2) -> str:
    """What lacks: "2.1 FTE-months of Security engineer in Mar to Apr 2027 and ..."."""
    said = [f"{fte_months(span.total)} of {people(span)} in {span_name(span.first, span.last)}" for span in spans]
    if len(said) > most:
        rest = sum(span.total for span in spans[most:])
        said = [*said[:most], f"{fte_months(rest)} of others"]
    return " and ".join([", ".join(said[:-1]), said[-1]]) if len(said) > 1 else "".join(said)


def later(months: int) -> str:
    """ "2 months later", "1 month earlier"."""
    return f"{count(abs(months), 'month')} {'later' if months > 0 else 'earlier'}"


def moved(step: Step) -> str:
    """Where a start goes: "Mar 2027 → May 2027"."""
    return f"{month_name(step.was)} → {month_name(step.becomes)}"


def reason(step: Step) -> str:
    """Why a project moves, in words."""
    if step.relieves:
        first = step.relieves[0]
        said = f"relieves {people(first)} by {fte_months(first.total)} in {span_name(first.first, first.last)}"
        if rest := len(step.relieves) - 1:
            said += f", and {'one more' if rest == 1 else f'{rest} more'}"
        return said
    if step.returns:
        return f"makes room for others: without it {lacking(step.returns, 1)} would lack again"
    if step.holds:
        return f"keeps {' and '.join(step.holds[:2])} from waiting in vain"
    return "makes room for others that move"


def sentences(found: Plan, moves: Sequence[Move]) -> list[str]:
    """Each move in words, as it stands after those before it."""
    names = dict(zip(found.projects["project_key"], found.projects["project_name"], strict=True))
    shifted: dict[str, int] = {}
    out = []
    for move in moves:
        name = names.get(move.project, move.project)
        if move.kind in ("shift", "start"):
            begins = first_month(found, move.project)
            was = month_after(begins, shifted.get(move.project, 0)) if begins else None
            shifted[move.project] = shifted.get(move.project, 0) + move.months
            out.append(_moved(name, move, was))
        elif move.kind == "scale":
            out.append(f"{name} gets by with {percent(move.share)} of the people it asks for")
        elif move.kind == "drop":
            out.append(f"{name} is dropped")
        else:
            out.append(_people(move))
    return out


def _moved(name: str, move: Move, was: dt.date | None) -> str:
    then = month_after(was, move.months) if was else None
    if move.kind == "start":
        return f"{name} is started{f' in {month_name(then)}' if then else ''}"
    way = f" ({month_name(was)} → {month_name(then)})" if was and then else ""
    return f"{name} starts {later(move.months)}{way}" if move.months else f"{name} stays where it is"


def _people(move: Move) -> str:
    span = span_name(move.first, move.last) if move.first and move.last else ""
    who = where(move.team, move.pool)
    if move.kind == "lend":
        return f"{fte(move.fte)} of {who} work for {where(move.to_team, move.to_pool)}, {span}"
    return f"{fte(abs(move.fte))} {'more' if move.fte >= 0 else 'fewer'} of {who}, {span}"


def pool_names(found: Plan) -> Mapping[int, str]:
    """The pools of a plan by their row, as they are offered."""
    return {row: where(team, pool) for row, (team, pool) in enumerate(found.pools[["team", "pool"]].to_numpy())}
