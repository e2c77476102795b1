"""How a project's risks and issues look: the open ones by exposure, each with its owner, its date and its row."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from analytics import evidence, origins
from analytics.origins import Origin
from components import answers, charts, frame, tables, why_view
from components.controls import View
from components.formats import count, day, days
from components.origin_view import file_and_row
from components.tables import Cell, Column, Drawn, Under

SHOWN = 8  # open ones, until all are asked for
LARGEST = 25
LISTED = (
    Column("Risk or issue", width="22%"),
    Column("Exposure"),
    Column("Owner", width="13%"),
    Column("Due", width="11%"),
    Column("Response"),
    Column("Since", width="11%", is_quiet=True),
    Column("File and row", width="14%", is_quiet=True),
)


def show(project_key: str, view: View) -> None:
    """A card with a project's risks and issues at the review; where none is reported, what would feed it."""
    found = answers.ask(evidence.risks, view.review_date, project_key)
    if not found:
        with frame.card("risks", "No export lists its risks or issues"):
            charts.missing(
                "With a risks export, this shows the open risks and issues by exposure, who owns them, what is "
                "overdue, and what is done about them. Its template stands on the page Loads."
            )
        return
    open_ones, closed = [r for r in found if r["is_open"]], [r for r in found if not r["is_open"]]
    with frame.card("risks", title(open_ones, closed), "Exposure is probability × impact, each 1 to 5; largest first"):
        place = st.container()
        with st.container(horizontal=True):
            show_all = len(open_ones) <= SHOWN or st.toggle(f"All {len(open_ones):,} open", key="all-risks")
            show_closed = closed and st.toggle(f"{len(closed):,} closed", key="closed-risks")
        with place:
            _list(project_key, [*(open_ones if show_all else open_ones[:SHOWN]), *(closed if show_closed else ())])


def title(open_ones: Sequence[Mapping[str, Any]], closed: Sequence[Mapping[str, Any]]) -> str:
    """How many are open, how large the largest is, and how many are overdue."""
    if not open_ones:
        return "Its one risk is closed" if len(closed) == 1 else f"All {len(closed)} risks and issues are closed"
    issues = sum(one["risk_kind"] == "issue" for one in open_ones)
    kinds = [count(n, word) for n, word in ((len(open_ones) - issues, "risk"), (issues, "issue")) if n]
    parts = [f"{' and '.join(kinds)} {'is' if len(open_ones) == 1 else 'are'} open"]
    largest = max((one["exposure"] for one in open_ones if one["exposure"] is not None), default=None)
    parts.append(f"the largest scores {largest} of {LARGEST}" if largest is not None else "none is scored")
    if overdue := sum(one["is_overdue"] for one in open_ones):
        parts.append(f"{overdue} {'is' if overdue == 1 else 'are'} overdue")
    return ", ".join(parts)


def _list(project_key: str, found: Sequence[Mapping[str, Any]]) -> None:
    if not found:
        return
    places = answers.ask(origins.origins, tuple((row["load_id"], row["source_row"]) for row in found))
    rows = [_row(row, places.get((row["load_id"], row["source_row"])), project_key) for row in found]
    why_view.listing(LISTED, rows, key="risk-list")


def _row(row: Mapping[str, Any], origin: Origin | None, project_key: str) -> list[Cell]:
    tag = "closed" if not row["is_open"] else "issue" if row["risk_kind"] == "issue" else ""
    name: Cell = tables.Tagged(row["risk_name"], tag) if tag else row["risk_name"]
    return [
        name,
        _exposure(row, project_key),
        row["risk_owner"] or "nobody",
        _due(row),
        row["response"] or "none stated",
        Under(day(row["since"]), f"last stated {day(row['last_stated'])}") if row["last_stated"] else day(row["since"]),
        file_and_row(origin),
    ]


def _exposure(row: Mapping[str, Any], project_key: str) -> Cell:
    if row["exposure"] is None:
        return "not scored"
    look = row["colour"] if row["is_open"] else "unknown"
    mark = tables.explained(
        why_view.one_mark(str(row["exposure"]), look), why_view.of_risk(project_key, row["risk_id"])
    )
    return Under(Drawn(mark), f"{row['probability']} × {row['impact']}")


def _due(row: Mapping[str, Any]) -> Cell:
    if row["due_date"] is None:
        return "no date"
    if not row["is_overdue"]:
        return day(row["due_date"])
    return Under(Drawn(f'<span class="rw-bad">{day(row["due_date"])}</span>'), f"{days(row['overdue_days'])} overdue")
