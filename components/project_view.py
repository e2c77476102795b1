"""How one project looks: its figures, why its colours are what they are, its course, and where its numbers are from."""

from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from typing import Any, Literal

import pandas as pd
import streamlit as st

from analytics.origins import Fact, Origin
from analytics.portfolio import EVIDENCE
from analytics.project import FirstBaseline, Project
from analytics.projects import Place
from analytics.why import Judgement
from components import charts, controls, formats, frame, health, sentences, tables, theme
from components.charts import Line
from components.clickable import clickable
from components.controls import View
from components.figures import Delta, Figure, delta
from components.formats import day, days, is_missing, money, number, percent
from components.frame import Crumb
from components.tables import Cell, Column, Mark, Under

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
ATTRIBUTES = (
    Column("Attribute", width="24%"),
    Column("Value"),
    Column("File and row", width="26%", is_quiet=True),
)
FACTS = {
    "reported_health": "Reported health",
    "baseline_start": "Baseline start",
    "baseline_finish": "Baseline finish",
    "forecast_finish": "Forecast finish",
    "actual_finish": "Actual finish",
    "budget": "Budget",
    "forecast_cost": "Forecast cost",
    "earned_value": "Earned value",
    "actual_cost": "Spent",
    "percent_complete": "Complete",
}
SHOWN_COMMENTS = 6
TITLES = {
    "reported": "Reported",
    "schedule": "Schedule",
    "cost": "Cost",
    "milestones": "Milestones",
    "risk": "Risk",
    "computed": "Computed",
}


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
    worst = [j.because for j in found.judgements if j.dimension in EVIDENCE and j.state == computed]
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


def figures(row: Mapping[str, Any], moved: Mapping[str, Any] | None, view: View) -> list[Figure]:
    """Cost, finish, spent and progress, and how they moved since the compared review."""
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
            "Cost at completion" if _is_done(row) else "Forecast cost",
            money(row["eac"], currency),
            on_budget + against,
            _delta(moved, "cost_moved", partial(money, currency=currency), view, good_when="down"),
        ),
        Figure(
            "Finished" if _is_done(row) else "Forecast finish",
            day(finish),
            slip + baseline,
            _delta(moved, "finish_moved", days, view, good_when="down"),
        ),
        Figure(
            "Spent",
            money(row["actual_cost"], currency),
            spent_share,
            _delta(moved, "spent_moved", partial(money, currency=currency), view),
        ),
        Figure(
            "Complete",
            formats.NONE if complete is None else f"{number(complete)} %",
            _planned(row),
            _delta(moved, "complete_moved", lambda points: formats.count(round(points), "point"), view, good_when="up"),
        ),
    ]


def _delta(
    moved: Mapping[str, Any] | None,
    name: str,
    write: Callable[[Any], str],
    view: View,
    *,
    good_when: Literal["up", "down"] | None = None,
) -> Delta | None:
    if moved is None or moved[name] is None:
        return None
    since = sentences.since(view)
    by = moved[name]
    return delta(by, f"{write(abs(by))} {since}" if by else f"Unchanged {since}", good_when=good_when)


def steps(place: Place | None) -> str | None:
    """The way to the projects before and after in the register; returned is the one clicked."""
    if place is None or place.total < 2:
        return None

    def link(to: tuple[str, str] | None, before: str, after: str) -> str:
        if to is None:
            return "<span></span>"
        address = escape(controls.project_link(to[0]))
        return f'<a href="{address}" target="_self" data-pick="{escape(to[0])}">{before}{escape(to[1])}{after}</a>'

    here = f"<span>{number(place.number)} of {number(place.total)} in the register</span>"
    ways = f"{link(place.previous, '‹ ', '')}{here}{link(place.following, '', ' ›')}"
    return clickable(f'<nav class="rw-steps" aria-label="Register">{ways}</nav>', "steps")


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
    if found.first:
        st.html(f'<p class="rw-missing">{escape(formats.unbroken(_first(found, found.first)))}</p>')


def _first(found: Project, first: FirstBaseline) -> str:
    """What the re-baselines did, and how it stands against the first baseline."""
    last, currency = found.rebaselines[-1], found.row["currency"]
    changed = [f"finish {sentences.shift(last.finish_moved)}"] if last.finish_moved else []
    changed += [f"budget {money(last.budget_moved, currency, sign=True)}"] if last.budget_moved else []
    times = f"{number(len(found.rebaselines))} times, last on" if len(found.rebaselines) > 1 else "on"
    against = [sentences.slipped(first.slip_days)] if first.slip_days is not None else []
    against += (
        [f"{sentences.over(first.overrun)}{'' if not first.overrun else ' budget'}"]
        if first.overrun is not None
        else []
    )
    text = f"Re-baselined {times} {day(last.status_date)}: {', '.join(changed)}."
    if not against:
        return text
    flag = "" if first.computed == found.row["computed"] else f", which would be {first.computed}"
    return f"{text} Against its first baseline it is {' and '.join(against)}{flag}."


def colours(history: pd.DataFrame) -> None:
    """Reported and computed colours, report by report."""
    charts.strip(
        [charts.Strip(TITLES[name], list(history[name]), name != "reported") for name in ("reported", "computed")],
        list(history["status_date"]),
    )


def comments_title(history: pd.DataFrame) -> str:
    """How often a report said something in words."""
    said = int(history["comment"].notna().sum())
    return f"{number(said)} of {formats.count(len(history), 'report')} {'says' if said == 1 else 'say'} why"


def comments(history: pd.DataFrame) -> None:
    """What the reports said in words, the latest first, each with the colour that it gave."""
    said = history[history["comment"].notna()].iloc[::-1]
    place, count = st.container(), len(said)
    if count <= SHOWN_COMMENTS or not st.toggle(f"All {count:,} comments", key="all-comments"):
        said = said.head(SHOWN_COMMENTS)
    items = "".join(
        f"<li><time>{day(at)}</time>{health.mark(state)}<div>{escape(str(text))}</div></li>"
        for at, state, text in zip(said["status_date"], said["reported"], said["comment"], strict=True)
    )
    place.html(f'<ol class="rw-comments">{items}</ol>')


def has_earned_value(history: pd.DataFrame) -> bool:
    """Whether at least two reports state an earned value."""
    return bool(history["earned_value"].count() > 1)


def earned_title(row: Mapping[str, Any], history: pd.DataFrame) -> str:
    """What was earned for what was spent, and against the plan."""
    last = history[history["earned_value"].notna()].iloc[-1]
    earned, spent, planned = last["earned_value"], last["actual_cost"], last["planned_value"]
    parts = []
    if not is_missing(spent) and spent:
        parts.append(f"cost performance (CPI) {number(earned / spent, decimals=2)}")
    if not is_missing(planned) and planned:
        parts.append(f"{percent(earned / planned)} of the planned work done")
    text = ", ".join(parts) or f"{money(earned, row['currency'])} earned"
    return text[:1].upper() + text[1:]


def earned(history: pd.DataFrame, currency: str) -> None:
    """Planned value, earned value and actual cost, report by report."""
    colors, last = theme.palette(), history.iloc[-1]
    lines = [
        Line("planned_value", "Planned", colors.unknown_text),
        Line("earned_value", "Earned", colors.series[3]),
        Line("actual_cost", "Spent", colors.series[1]),
    ]
    shown = [line for line in lines if history[line.column].count()]
    charts.trend(
        history,
        x="status_date",
        lines=shown,
        alt=", ".join(f"{line.name} {money(last[line.column], currency)}" for line in shown),
        write=partial(money, currency=currency),
        with_names=True,
        key="earned",
    )


def colours_title(history: pd.DataFrame) -> str:
    """Since when the computed colour is what it is."""
    state, said = history["computed"].iloc[-1], since(history, "computed")
    return f"Computed {state} {said}"


def since(history: pd.DataFrame, dimension: str) -> str:
    """Since which report without a break a colour is what the last one has, in words."""
    states = list(history[dimension])
    same = next((n for n, state in enumerate(reversed(states)) if state != states[-1]), len(states))
    if same == len(states):
        return f"in {'every' if len(states) > 1 else 'its one'} report"
    return f"since {day(history['status_date'].iloc[-same])}"


def colours_of(history: pd.DataFrame) -> str:
    """What the colours are of."""
    return f"Health in each of {len(history):,} reports" if len(history) > 1 else "Health in its one report"


def finish_title(row: Mapping[str, Any], first: FirstBaseline | None = None) -> str:
    """Where the forecast finish stands against the baseline."""
    slip = sentences.slipped(row["slip_days"])
    if slip == formats.NONE:
        return "Finish" if _is_over(row) else "Forecast finish"
    was = (
        f", {sentences.slipped(first.slip_days)} against the first baseline"
        if first and _differs(first, "slip_days", row)
        else ""
    )
    return f"{_verb(row, 'Finished', 'finish')} {slip}{was}"


def _differs(first: FirstBaseline | None, name: str, row: Mapping[str, Any]) -> bool:
    return first is not None and getattr(first, name) is not None and getattr(first, name) != row[name]


def cost_title(row: Mapping[str, Any], first: FirstBaseline | None = None) -> str:
    """Where the forecast cost stands against the budget."""
    over = row["overrun"]
    if over is None:
        return "Cost" if _is_over(row) else "Forecast cost"
    verb = _verb(row, "Cost", "cost")
    was = f", {sentences.over(first.overrun)} the first budget" if first and _differs(first, "overrun", row) else ""
    if sentences.over(over) == "on budget":
        return f"{verb} what was budgeted{was}"
    return f"{verb} {percent(abs(over))} {'more' if over > 0 else 'less'} than budgeted{was}"


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
    said = value(fact, currency)
    o = fact.origin
    if o is None:
        return [label, said, "not known", "", "", "", ""]
    when = f"{day(o.loaded_at)} {o.loaded_at:%H:%M} UTC, publication {o.publication}"
    mended = [f"mended: {one.before} -> {one.after}" for one in o.mended if one.column in (None, fact.name)]
    file: Cell = Under(file_of(o), "; ".join(mended)) if mended else file_of(o)
    return [label, said, file, number(o.row), str(o.load_id), when, o.loaded_by]


def file_of(origin: Origin) -> str:
    """The file, and the sheet of a workbook."""
    return f"{origin.file_name}, sheet {origin.sheet}" if origin.sheet else origin.file_name


def attributes(found: Project) -> None:
    """The attributes of a project, and the row that each is from."""
    rows: list[list[Cell]] = []
    for fact in found.attributes:
        o = fact.origin
        place: Cell = Under(file_of(o), f"row {o.row}, load {o.load_id}") if o else "not known"
        rows.append([fact.name, str(fact.value), place])
    tables.listing(ATTRIBUTES, rows)


def value(fact: Fact, currency: str) -> str:
    """A figure as it is written, exact."""
    if fact.name in ("budget", "forecast_cost", "earned_value", "actual_cost"):
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
