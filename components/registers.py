"""The register on screen, and one project's reports."""

import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from typing import Any

import streamlit as st

from analytics import reasons
from analytics.portfolio import EVIDENCE
from analytics.project import Project
from analytics.projects import WEEKS, Filter, Register
from components import charts, formats, health, sentences, why_view
from components.controls import View, project_link
from components.figures import Delta
from components.formats import day, days, is_missing, money
from components.project_view import is_better_only_now
from components.tables import Cell, Column, Drawn, Mark, Under

STEP = 50  # rows shown at first, and more on each asking
SHOWN_REPORTS = 8
_OPEN, _SORT = "open:", "sort:"

REPORTS = (
    Column("Report", width="12%"),
    Column("Reported", width="12%"),
    Column("Computed", width="16%"),
    Column("Forecast finish", "right", width="12%"),
    Column("Forecast cost", "right", width="9%"),
    Column("Spent", "right", width="8%"),
    Column("Complete", "right", width="8%"),
    Column("File and row", is_quiet=True),
)


def register(found: Register, wanted: Filter, view: View) -> str | None:
    """The rows of a register; returned is the project that was clicked. A click on a title sorts by it."""
    sort = wanted.sort or ("" if wanted.group.startswith("changed-") else "budget")
    columns = [
        Column("Project", width="22%", pick=f"{_SORT}name", is_sorted=sort == "name"),
        Column("Reported", pick=f"{_SORT}reported", is_sorted=sort == "reported"),
        Column("Computed", pick=f"{_SORT}computed", is_sorted=sort == "computed"),
        Column(f"{WEEKS} weeks"),
        Column(_since(view), pick=f"{_SORT}moved", is_sorted=sort == "moved"),
        Column("Budget", "right", pick=f"{_SORT}budget", is_sorted=sort == "budget"),
        Column("Forecast", "right", pick=f"{_SORT}cost", is_sorted=sort == "cost"),
        Column("Finish", "right", pick=f"{_SORT}finish", is_sorted=sort == "finish"),
        Column("Last report", width="16%", pick=f"{_SORT}report", is_sorted=sort == "report"),
    ]
    rows = [_row(row, found.weeks[row["project_key"]], view) for row in found.rows]
    keys = [row["project_key"] for row in found.rows]
    with st.container(key="register"):
        picked = why_view.listing(
            columns,
            rows,
            key="register-rows",
            picks=[f"{_OPEN}{key}" for key in keys],
            links=[project_link(key) for key in keys],
            on_pick=_sort,
        )
    return picked.removeprefix(_OPEN) if picked and picked.startswith(_OPEN) else None


def _sort(picked: str) -> None:
    """Take the order into the URL; called before the run begins, since the filters stand above the rows."""
    if picked.startswith(_SORT):
        by = picked.removeprefix(_SORT)
        st.session_state["sort"] = "" if by == "budget" else by


def _since(view: View) -> str:
    return f"Since {sentences.near(view.compare_date, view)}" if view.compare_date else "Since"


def _row(row: Mapping[str, Any], weeks: tuple[str | None, ...], view: View) -> list[Cell]:
    place = row["program_name"] or row["portfolio"] or ""
    currency = row["currency"]
    over = sentences.over(row["overrun"], reasons.limits_of(row, "cost"))
    ended = "" if row["is_live"] else f"{row['stage'].capitalize()}; "
    last, who = _last(row, view), row["sponsor"] or ""
    return [
        Under(row["project_name"], f"{ended}{place}"),
        Mark(row["reported"], row["is_stale"], opens=why_view.of_project(row["project_key"], "reported")),
        _computed(row),
        Drawn(charts.weeks(weeks, f"{view.basis.capitalize()}, last {WEEKS} weeks")),
        _moved(row, view),
        money(row["budget"], currency),
        Under(money(row["eac"], currency), over),
        Under(day(row["finish_then"]), sentences.slipped(row["slip_days"]) if row["slip_days"] is not None else ""),
        Under(Drawn(f'<span class="rw-nowrap{" rw-bad" if _is_late(row) else ""}">{last}</span>'), who),
    ]


def _computed(row: Mapping[str, Any]) -> Cell:
    mark = Mark(row["computed"], is_evidence=True, opens=why_view.of_project(row["project_key"], "computed"))
    return Under(mark, f"{row['computed_original']} originally") if is_better_only_now(row) else mark


def _is_late(row: Mapping[str, Any]) -> bool:
    return bool(row["is_stale"] or (row["is_in"] and not row["is_reported"]))


def _moved(row: Mapping[str, Any], view: View) -> Cell:
    """What moved since the compared review, the most telling first."""
    if view.compare_date is None:
        return ""
    parts = sentences.moved(row, view.basis)
    return Drawn("".join(_movement(part) for part in parts) or '<span class="rw-none" title="no change">–</span>')


def _movement(part: Delta) -> str:
    tone = {True: " rw-good", False: " rw-bad", None: ""}[part.is_good]
    arrow = f'<span class="rw-arrow rw-{part.direction}"></span>' if part.direction != "level" else ""
    return f'<span class="rw-moved{tone}">{arrow}{escape(part.text)}</span>'


def reports(found: Project, review: dt.date, *, show_all: bool) -> None:
    """One project's reports, the latest first: what each said, and the row that it came from."""
    rows = found.history.to_dict("records")
    dates, key = [row["status_date"].date() for row in rows], found.row["project_key"]
    places = range(len(rows) - 1, -1 if show_all else max(len(rows) - 1 - SHOWN_REPORTS, -1), -1)
    cells = [
        _report(rows[n], found.row["currency"], partial(why_view.of_report, key, dates, n, review)) for n in places
    ]
    why_view.listing(REPORTS, cells, key="reports")


def _report(row: Mapping[Any, Any], currency: str, opens: Callable[[str, str], str]) -> list[Cell]:
    file = f"{row['file_name']}, {row['sheet']}" if row["sheet"] else str(row["file_name"])
    complete = formats.NONE if is_missing(row["percent_complete"]) else f"{formats.number(row['percent_complete'])} %"
    return [
        day(row["status_date"]),
        Mark(
            row["reported"],
            rating=health.rating(row["reported"], row["reported_health"]),
            opens=opens("reported", row["reported"]),
        ),
        Under(Mark(row["computed"], is_evidence=True, opens=opens("computed", row["computed"])), _because(row)),
        Under(day(row["finish_then"]), "" if is_missing(row["slip_days"]) else sentences.slipped(row["slip_days"])),
        money(row["eac"], currency),
        money(row["actual_cost"], currency),
        complete,
        Under(file, f"row {row['source_row']}, load {row['load_id']}"),
    ]


def _because(row: Mapping[Any, Any]) -> str:
    """What made a computed colour amber or red."""
    if row["computed"] not in ("red", "amber"):
        return ""
    return f"by {reasons.listed([name for name in EVIDENCE if row[name] == row['computed']])}"


def _last(row: Mapping[str, Any], view: View) -> str:
    if row["status_date"] is None:
        return "never"
    said = sentences.near(row["status_date"], view)
    return f"{said}, {days(row['age_days'])} ago" if row["is_stale"] else said
