"""The register on screen and as a file: long tables of projects, and of one project's reports."""

import csv
import io
from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from components import formats, health, sentences
from components.formats import day, days, is_missing, money, number

SHOWN_ROWS = 500
ROW_HEIGHT = 36
_MARKS = {"reported": "Reported", "computed": "Computed", "schedule": "Schedule", "cost": "Cost"}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def register(frame: pd.DataFrame) -> str | None:
    """The first rows of a register (those with most budget); returned is the project that was clicked."""
    rows = frame.head(SHOWN_ROWS)
    places = {"Program": "program_name", "Portfolio": "portfolio"}
    shown = pd.DataFrame(
        {
            "Project": rows["project_name"],
            **_marks(rows, stale=rows["is_stale"]),
            "Budget": rows["budget"],
            "Forecast": rows["eac"],
            "Over budget": rows["overrun"],
            "Finish": rows["slip_days"],
            "Last report": rows["age_days"],
            **{title: rows[name] for title, name in places.items() if frame[name].notna().any()},
            "Stage": rows["stage"],
            "Id": rows["project_id"],
        }
    )
    styled = health.colored(shown, list(_MARKS.values()))
    for currency, of_currency in rows.groupby("currency", dropna=False).groups.items():
        styled = styled.format(
            partial(money, currency=str(currency)), subset=pd.IndexSlice[of_currency, ["Budget", "Forecast"]]
        )
    styled = styled.format(partial(formats.percent, sign=True), subset=["Over budget"])
    styled = styled.format(sentences.slipped, subset=["Finish"])
    styled = styled.format(_age, subset=["Last report"])
    # A new grid after each opening: an old one would come back with its cell selected, and open the project again.
    opened = st.session_state.setdefault("projects_opened", 0)
    picked = st.dataframe(
        styled,
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (min(len(shown), 15) + 1) + 3,
        key=f"register-{opened}",
        on_select="rerun",
        selection_mode="single-cell",
        placeholder=formats.NONE,
        column_config={
            "Project": st.column_config.TextColumn(width=196, pinned=True),
            "Reported": st.column_config.TextColumn(width=128),
            **{name: st.column_config.TextColumn(width=88) for name in ("Computed", "Schedule", "Cost")},
            **{name: st.column_config.NumberColumn(width=80) for name in ("Budget", "Forecast")},
            "Over budget": st.column_config.NumberColumn(width=90),
            "Finish": st.column_config.NumberColumn(width=106),
            "Last report": st.column_config.NumberColumn(width=116),
        },
    )
    cells = picked["selection"]["cells"]
    if not cells:
        return None
    st.session_state["projects_opened"] = opened + 1
    return str(rows["project_key"].iloc[cells[0][0]])


def reports(frame: pd.DataFrame, currency: str) -> None:
    """One project's reports, the latest first, each with the file, row and load that it came from."""
    rows = frame.iloc[::-1].reset_index(drop=True)
    marks = _marks(rows)
    shown = pd.DataFrame(
        {
            "Status date": rows["status_date"],
            "Reported": marks.pop("Reported"),
            "In its words": _ratings(rows),
            **marks,
            "Comment": rows["comment"].fillna("") if rows["comment"].notna().any() else None,
            "Forecast finish": rows["finish_then"],
            "Against baseline": rows["slip_days"],
            "Complete": rows["percent_complete"],
            "Forecast cost": rows["eac"],
            "Spent": rows["actual_cost"],
            "File": rows["file_name"],
            "Row": rows["source_row"],
            "Load": rows["load_id"],
        }
    ).dropna(axis="columns", how="all")
    styled = health.colored(shown, list(_MARKS.values()))
    writers: dict[str, Callable[[Any], str]] = {
        "Status date": day,
        "Forecast finish": day,
        "Against baseline": sentences.slipped,
        "Complete": lambda value: formats.NONE if is_missing(value) else f"{number(value)} %",
        "Forecast cost": partial(money, currency=currency),
        "Spent": partial(money, currency=currency),
    }
    styled = styled.format({name: write for name, write in writers.items() if name in shown})
    st.dataframe(
        styled,
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (min(len(shown), 10) + 1) + 3,
        placeholder=formats.NONE,
        column_config={
            "Status date": st.column_config.DateColumn(width=104, pinned=True),
            "Reported": st.column_config.TextColumn(width=108),
            **{name: st.column_config.TextColumn(width=88) for name in ("Computed", "Schedule", "Cost")},
            "Comment": st.column_config.TextColumn(width=260),
        },
    )


def as_csv(frame: pd.DataFrame) -> bytes:
    """A register as CSV for a spreadsheet: plain values, and no text cell that it would take for a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(frame.columns)
    for row in frame.itertuples(index=False, name=None):
        writer.writerow([_cell(value) for value in row])
    return out.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> Any:
    if is_missing(value):
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else value


def _marks(rows: pd.DataFrame, stale: "pd.Series[bool] | None" = None) -> dict[str, "pd.Series[Any]"]:
    marks = {
        title: rows[name].map({state: health.plain(state, is_evidence=name != "reported") for state in health.Health})
        for name, title in _MARKS.items()
    }
    if stale is not None:
        old = rows["reported"].map({state: health.plain(state, stale=True) for state in health.Health})
        marks["Reported"] = marks["Reported"].mask(stale, old)
    return marks


def _ratings(rows: pd.DataFrame) -> "pd.Series[Any] | None":
    """What the reports said, where any said more than its colour."""
    said = [health.rating(colour, text) for colour, text in zip(rows["reported"], rows["reported_health"], strict=True)]
    return pd.Series(said, index=rows.index, dtype=object) if any(said) else None


def _age(value: Any) -> str:
    if is_missing(value):
        return "never"
    return f"{days(value)} ago" if value else "same day"
