"""How one project looks: its figures, why its colours are what they are, its course, and where its numbers are from."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from analytics.projects import Fact, Judgement, Project
from components import charts, controls, formats, frame, health, sentences, tables, theme
from components.charts import Line
from components.controls import View
from components.figures import Figure
from components.formats import day, is_missing, money, number, percent
from components.frame import Crumb
from components.tables import Cell, Column, Mark

WHY = (
    Column("Health", width="12%"),
    Column("", width="12%"),
    Column("Because"),
    Column("Rule", is_quiet=True),
    Column("What would change it", is_quiet=True),
)
ORIGINS = (
    Column("Figure", width="18%"),
    Column("Value", "right"),
    Column("File"),
    Column("Row", "right"),
    Column("Load", "right"),
    Column("Published", is_quiet=True),
    Column("By", is_quiet=True),
)
FACTS = {
    "reported_health": "Reported health",
    "baseline_start": "Baseline start",
    "baseline_finish": "Baseline finish",
    "forecast_finish": "Forecast finish",
    "actual_finish": "Actual finish",
    "budget": "Budget",
    "forecast_cost": "Forecast cost",
    "actual_cost": "Spent",
    "percent_complete": "Complete",
}
TITLES = {"reported": "Reported", "schedule": "Schedule", "cost": "Cost", "computed": "Computed"}


def crumbs(row: Mapping[str, Any]) -> list[Crumb]:
    """The path up: all projects, those of the portfolio, the program."""
    path = [Crumb("Projects", {"portfolio": "", "program": ""})]
    if row["portfolio"]:
        path.append(Crumb(row["portfolio"], {"portfolio": row["portfolio"], "program": ""}))
    if row["program_id"]:
        path.append(Crumb(row["program_name"], {"portfolio": "", "program": row["program_id"]}, "programs"))
    return path


def headline(found: Project) -> str:
    """The project in one sentence."""
    computed = found.row["computed"]
    worst = [j.because for j in found.judgements if j.dimension in ("schedule", "cost") and j.state == computed]
    return sentences.project(found.row, worst if computed in ("red", "amber") else [])


def speaks_of(found: Project, view: View) -> list[str]:
    """The line under the headline: id, stage, sponsor, the review, and the age of the last report."""
    row = found.row
    age = row["age_days"]
    if age is None:
        report = "never reported"
    else:
        stale = ", stale" if row["is_stale"] else ""
        report = f"last report {day(row['status_date'])}{stale}"
    stage = f"{row['stage']}{', critical' if row['is_critical'] else ''}"
    parts = [row["project_id"], stage, row["sponsor"], f"at {day(view.review_date, weekday=True)}", report]
    return [part for part in parts if part]


def figures(row: Mapping[str, Any]) -> list[Figure]:
    """Cost, finish, spent and progress."""
    currency = row["currency"]
    over = row["overrun"]
    word = "on" if row["eac"] is not None else "not stated; budget"
    on_budget = f"{word} {money(row['budget'], currency)}" if row["budget"] is not None else "no budget"
    against = f", {percent(abs(over))} {'over' if over > 0 else 'under'}" if over else ""
    finish = row["finish_then"]
    baseline = f"baseline {day(row['baseline_finish'])}" if row["baseline_finish"] else "no baseline"
    slip = f"{sentences.slipped(row['slip_days'])}; " if row["slip_days"] else ""
    spent_share = f"{percent(row['actual_cost'] / row['budget'])} of the budget" if _both(row) else ""
    complete = row["percent_complete"]
    return [
        Figure(
            "Cost at completion" if _is_done(row) else "Forecast cost", money(row["eac"], currency), on_budget + against
        ),
        Figure("Finished" if _is_done(row) else "Forecast finish", day(finish), slip + baseline),
        Figure("Spent", money(row["actual_cost"], currency), spent_share),
        Figure("Complete", formats.NONE if complete is None else f"{number(complete)} %", _planned(row)),
    ]


def why(found: Project) -> None:
    """Each colour with its inputs, its rule, and, while it can still change, the smallest change that would flip it."""
    is_open = found.row["is_live"] and any(j.flips for j in found.judgements)
    rows: list[list[Cell]] = [
        [
            TITLES[j.dimension],
            _mark(j, found.row),
            j.because,
            j.rule,
            *([j.flips] if is_open else []),
        ]
        for j in found.judgements
    ]
    tables.listing(WHY if is_open else WHY[:-1], rows)


def colours(history: pd.DataFrame) -> None:
    """Reported and computed colours, report by report."""
    charts.strip(
        [charts.Strip(TITLES[name], list(history[name]), name != "reported") for name in ("reported", "computed")],
        list(history["status_date"]),
    )


def reports_title(history: pd.DataFrame) -> str:
    """How often it reported, and how often it said something."""
    said = int(history["comment"].notna().sum())
    comments = f", {number(said)} with a comment" if said else ""
    count = len(history)
    return f"{number(count)} {'report' if count == 1 else 'reports'}{comments}, the latest first"


def colours_title(history: pd.DataFrame) -> str:
    """Since when the computed colour is what it is."""
    computed = list(history["computed"])
    same = next((n for n, state in enumerate(reversed(computed)) if state != computed[-1]), len(computed))
    if same == len(computed):
        return f"Computed {computed[-1]} in every report"
    return f"Computed {computed[-1]} since {day(history['status_date'].iloc[-same])}"


def finish_title(row: Mapping[str, Any]) -> str:
    """Where the forecast finish stands against the baseline."""
    slip = sentences.slipped(row["slip_days"])
    if slip == formats.NONE:
        return "Finish" if _is_over(row) else "Forecast finish"
    return f"{_verb(row, 'Finished', 'finish')} {slip}"


def cost_title(row: Mapping[str, Any]) -> str:
    """Where the forecast cost stands against the budget."""
    over = row["overrun"]
    if over is None:
        return "Cost" if _is_over(row) else "Forecast cost"
    verb = _verb(row, "Cost", "cost")
    if percent(abs(over)) == "0 %":
        return f"{verb} what was budgeted"
    return f"{verb} {percent(abs(over))} {'more' if over > 0 else 'less'} than budgeted"


def _verb(row: Mapping[str, Any], done: str, plain: str) -> str:
    """A completed project did it; a cancelled one was forecast to; any other is."""
    if _is_done(row):
        return done
    return f"Was forecast to {plain}" if _is_over(row) else f"Forecast to {plain}"


def _is_done(row: Mapping[str, Any]) -> bool:
    return bool(row["stage"] == "completed")


def _is_over(row: Mapping[str, Any]) -> bool:
    return row["stage"] in ("completed", "cancelled")


def finish(history: pd.DataFrame) -> None:
    """Forecast finish and baseline, report by report; in words where no report forecasts one."""
    if not history["finish_then"].count():
        charts.missing("No report states a forecast finish.")
        return
    colors, last = theme.palette(), history.iloc[-1]
    charts.dates(
        history,
        x="status_date",
        lines=[
            Line("finish_then", "Forecast", colors.series[0]),
            Line("baseline_finish", "Baseline", colors.unknown_text),
        ],
        alt=f"Forecast finish {day(last['finish_then'])}, baseline {day(last['baseline_finish'])}",
        key="finish",
    )


def cost(history: pd.DataFrame, currency: str) -> None:
    """Forecast cost and budget, report by report; in words where no report forecasts one."""
    if not history["eac"].count():
        charts.missing("No report states a forecast cost, or the earned value to work one out.")
        return
    colors = theme.palette()
    last = history.iloc[-1]
    charts.trend(
        history,
        x="status_date",
        lines=[Line("eac", "Forecast", colors.series[0]), Line("budget", "Budget", colors.unknown_text)],
        alt=f"Forecast cost {money(last['eac'], currency)}, budget {money(last['budget'], currency)}",
        write=lambda value: money(value, currency),
        with_names=True,
        key="cost",
    )


def origins(found: Project) -> None:
    """Where each figure came from: file, row, load, when and by whom."""
    tables.listing(ORIGINS, [_origin(fact, found.row["currency"]) for fact in found.facts])


def _origin(fact: Fact, currency: str) -> list[Cell]:
    label: Cell = tables.Tagged(FACTS[fact.name], fact.note) if fact.note else FACTS[fact.name]
    value = _value(fact, currency)
    o = fact.origin
    if o is None:
        return [label, value, "not known", "", "", "", ""]
    file = f"{o.file_name}, sheet {o.sheet}" if o.sheet else o.file_name
    when = f"{day(o.loaded_at)} {o.loaded_at:%H:%M} UTC, publication {o.publication}"
    return [label, value, file, number(o.row), str(o.load_id), when, o.loaded_by]


def _value(fact: Fact, currency: str) -> str:
    if fact.name in ("budget", "forecast_cost", "actual_cost"):
        return f"{fact.value:,.0f} {currency}"
    if fact.name == "percent_complete":
        return f"{number(fact.value)} %"
    return str(fact.value) if fact.name == "reported_health" else day(fact.value)


def _planned(row: Mapping[str, Any]) -> str:
    if row["planned_value"] is None or not row["budget"] or _is_over(row):
        return ""
    return f"{percent(row['planned_value'] / row['budget'])} planned by now"


def _both(row: Mapping[str, Any]) -> bool:
    return not is_missing(row["actual_cost"]) and bool(row["budget"])


def _mark(judgement: Judgement, row: Mapping[str, Any]) -> Mark:
    if judgement.dimension != "reported":
        return Mark(judgement.state, is_evidence=True)
    said = health.rating(row["reported"], row["reported_health"])
    return Mark(judgement.state, row["is_stale"], rating=said)


def unknown(project_key: str, view: View) -> None:
    """A project that the store does not know at this review: say so, and lead on."""
    frame.header(f"No project {project_key} on {day(view.review_date)}")
    with frame.card("unknown"):
        st.text("It may have another id, or it was first listed after this review or in a later publication.")
        if st.button("Open the register", icon=":material/view_list:"):
            controls.open_register()
