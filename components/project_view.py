"""How one project looks: its figures, why its colours are what they are, its course, and where its numbers are from."""

from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from typing import Any, Literal

import pandas as pd
import streamlit as st

from analytics.portfolio import EVIDENCE
from analytics.project import HeldBaseline, Project
from analytics.projects import Place
from analytics.reasons import limits_of, listed, no_estimate
from components import charts, controls, formats, frame, health, origin_view, sentences, tables, theme
from components.charts import Line
from components.clickable import clickable
from components.controls import View
from components.figures import Delta, Figure, delta
from components.formats import day, days, is_missing, money, number, percent
from components.frame import Crumb
from components.tables import Cell, Column, Under

BASELINES = (
    Column("Baseline", width="14%"),
    Column("Held from"),
    Column("Start", "right"),
    Column("Finish", "right"),
    Column("Budget", "right"),
    Column("File and row", width="30%", is_quiet=True),
)
SILENCE = 3  # times the usual time between two reports: a gap worth a word


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
    against = f", {_off(over, row)} {'over' if over > 0 else 'under'}" if over else ""
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


def flags(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What to know before a project's colours are believed: each a word of the field, and what it says here."""
    found = []
    kinds = {
        ("green", "red"): "Watermelon",
        ("green", "amber"): "Pale",
        ("red", "green"): "Hidden strength",
    }
    if row["is_live"] and (kind := kinds.get((row["reported"], row["computed"]))):
        found.append((kind, f"reported {row['reported']}, computed {row['computed']}"))
    if is_better_only_now(row):
        found.append(
            (
                f"{row['computed'].capitalize()} only against its new baseline",
                f"{row['computed_original']} against the original: {_and_original(row)}",
            )
        )
    if row["is_stale"]:
        found.append(("Stale", f"the last report is {days(row['age_days'])} old"))
    elif row["is_live"] and not row["is_reported"]:
        found.append(("Not reported", "no report yet"))
    return found


def is_better_only_now(row: Mapping[str, Any]) -> bool:
    """Whether a project's computed colour is better than it would be against its original baseline."""
    ranks = {"green": 0, "amber": 1, "red": 2}
    now, original = ranks.get(row["computed"]), ranks.get(row["computed_original"])
    return now is not None and original is not None and now < original


def show_flags(row: Mapping[str, Any]) -> None:
    """The flags of a project in words; nothing where there is none."""
    items = "".join(f"<li><b>{escape(word)}</b> {escape(formats.unbroken(text))}</li>" for word, text in flags(row))
    if items:
        st.html(f'<ul class="rw-flags">{items}</ul>')


def _and_original(row: Mapping[str, Any]) -> str:
    return listed(_against_original(row)) or "nothing to judge it by"


def _against_original(row: Mapping[str, Any]) -> list[str]:
    """How a project stands against its original baseline: its finish, its cost, and milestones that were moved."""
    found = []
    if row["finish_then"] is not None and row["original_finish"] is not None:
        found.append(sentences.slipped((row["finish_then"] - row["original_finish"]).days))
    if row["original_overrun"] is not None:
        over = sentences.over(row["original_overrun"], limits_of(row, "cost"))
        found.append(over if over == "on budget" else f"{over} budget")
    if row["milestones_moved"] and row["original_missed"] is not None:
        missed = formats.percent(row["original_missed"])
        found.append(f"with {missed} of its due milestones missed")
    return found


def baselines_title(baselines: tuple[HeldBaseline, ...], currency: str) -> str:
    """How often a project was re-baselined, and what that moved in all."""
    first, *_, last = baselines
    times = len(baselines) - 1
    often = {1: "once", 2: "twice"}.get(times, f"{number(times)} times")
    moved = []
    if first.finish and last.finish and first.finish != last.finish:
        moved.append(f"finish {sentences.shift((last.finish - first.finish).days)}")
    if first.budget is not None and last.budget is not None and first.budget != last.budget:
        moved.append(f"budget {money(last.budget - first.budget, currency, sign=True)}")
    text = f"Re-baselined {often}"
    return f"{text}: {', '.join(moved)}" if moved else text


def baselines_of(row: Mapping[str, Any]) -> str:
    """How a project stands against its original baseline."""
    against = listed(_against_original(row))
    flag = f"; it would be {row['computed_original']}" if row["computed_original"] != row["computed"] else ""
    return f"Against the original it is {against}{flag}" if against else "Every baseline that it had"


def baselines(found: Project) -> None:
    """Every baseline that a project had, the one in force first."""
    currency = found.row["currency"]
    rows: list[list[Cell]] = []
    for place, one in reversed(list(enumerate(found.baselines))):
        before = found.baselines[place - 1] if place else None
        name = "Original" if place == 0 else f"No. {one.number}"
        tag = "in force" if place == len(found.baselines) - 1 else ""
        rows.append(
            [
                tables.Tagged(name, tag) if tag else name,
                day(one.from_date),
                day(one.start),
                Under(day(one.finish), _moved_finish(before, one)),
                Under(money(one.budget, currency), _moved_budget(before, one, currency)),
                origin_view.file_and_row(one.origin),
            ]
        )
    tables.listing(BASELINES, rows)


def _moved_finish(before: HeldBaseline | None, one: HeldBaseline) -> str:
    if before is None or before.finish is None or one.finish is None or before.finish == one.finish:
        return ""
    return sentences.shift((one.finish - before.finish).days)


def _moved_budget(before: HeldBaseline | None, one: HeldBaseline, currency: str) -> str:
    if before is None or before.budget is None or one.budget is None or before.budget == one.budget:
        return ""
    return money(one.budget - before.budget, currency, sign=True)


def colours(found: Project, *, with_parts: bool) -> None:
    """Reported and computed colours, report by report; with what the computed one is the worst of, and new baselines
    marked."""
    names = ("reported", "computed", *(EVIDENCE if with_parts else ()))
    history = found.history
    dates = list(history["status_date"])
    charts.strip(
        [charts.Strip(health.DIMENSIONS[name], list(history[name]), name != "reported") for name in names],
        dates,
        marks=_new_baselines(found, dates),
    )


def _new_baselines(found: Project, dates: list[Any]) -> dict[int, str]:
    """At which reports a new baseline began to hold, and what to say of it."""
    marks = {}
    for one in found.baselines[1:]:
        place = next((n for n, at in enumerate(dates) if at.date() >= one.from_date), None)
        if place is not None:
            currency = found.row["currency"]
            marks[place] = (
                f"New baseline {day(one.from_date)}: finish {day(one.finish)}, budget {money(one.budget, currency)}"
            )
    return marks


def comments_title(history: pd.DataFrame) -> str:
    """How often a report said something in words."""
    said = int(history["comment"].notna().sum())
    return f"{number(said)} of {formats.count(len(history), 'report')} {'says' if said == 1 else 'say'} why"


def colours_title(found: Project) -> str:
    """Since when the computed colour is what it is."""
    state = found.row["computed"]
    return f"Computed {state} {since(found.history, 'computed', state)}"


def since(history: pd.DataFrame, dimension: str, state: str) -> str:
    """Since which report without a break a colour is what it is now, in words."""
    states = list(history[dimension])
    if states[-1] != state:
        return f"since after the report of {day(history['status_date'].iloc[-1])}"
    same = next((n for n, one in enumerate(reversed(states)) if one != state), len(states))
    if same == len(states):
        return f"in {'every' if len(states) > 1 else 'its one'} report"
    return f"since {day(history['status_date'].iloc[-same])}"


def colours_of(history: pd.DataFrame, row: Mapping[str, Any]) -> str:
    """What the colours are of, how fresh they are, and the longest silence between two reports."""
    at = history["status_date"]
    said = f"Health in each of {len(history):,} reports" if len(history) > 1 else "Health in its one report"
    fresh = f"the last {days(row['age_days'])} before the review" if row["age_days"] else "the last at the review"
    gaps = at.diff().dropna().dt.days
    silent = ""
    if len(gaps) > 1 and gaps.max() > SILENCE * gaps.median():
        silent = f"; the longest silence {days(gaps.max())}, until {day(at.loc[gaps.idxmax()])}"
    return f"{said}, {fresh}{silent}"


def finish_title(row: Mapping[str, Any]) -> str:
    """Where the forecast finish stands against the baseline, and against the original one."""
    slip = sentences.slipped(row["slip_days"])
    if slip == formats.NONE:
        return "Finish" if _is_over(row) else "Forecast finish"
    was = ""
    if row["original_finish"] is not None and row["original_finish"] != row["baseline_finish"]:
        original = sentences.slipped((row["finish_then"] - row["original_finish"]).days)
        was = f", {original} against the original baseline"
    return f"{_verb(row, 'Finished', 'finish')} {slip}{was}"


def cost_title(row: Mapping[str, Any]) -> str:
    """Where the forecast cost stands against the budget, and against the original one."""
    over = row["overrun"]
    if over is None:
        return "Cost" if _is_over(row) else "Forecast cost"
    verb = _verb(row, "Cost", "cost")
    was = ""
    if row["original_overrun"] is not None and row["original_budget"] != row["budget"]:
        original = sentences.over(row["original_overrun"], limits_of(row, "cost"))
        was = ", on the original budget" if original == "on budget" else f", {original} the original budget"
    if sentences.over(over) == "on budget":
        return f"{verb} what was budgeted{was}"
    return f"{verb} {_off(over, row)} {'more' if over > 0 else 'less'} than budgeted{was}"


def _off(over: float, row: Mapping[str, Any]) -> str:
    return percent(abs(over), limits=limits_of(row, "cost") if over > 0 else ())


def _verb(row: Mapping[str, Any], done: str, plain: str) -> str:
    """A completed project did it; a cancelled one was forecast to; any other is."""
    if _is_done(row):
        return done
    return f"Was forecast to {plain}" if _is_over(row) else f"Forecast to {plain}"


def _is_done(row: Mapping[str, Any]) -> bool:
    return bool(row["stage"] == "completed")


def _is_over(row: Mapping[str, Any]) -> bool:
    return row["stage"] in ("completed", "cancelled")


def finish(found: Project) -> None:
    """Forecast finish, baseline and original baseline, report by report; in words where no report forecasts one."""
    history, row = found.history, found.row
    if not history["finish_then"].count():
        charts.missing("No report states a forecast finish.")
        return
    colors = theme.palette()
    lines = [Line("finish_then", "Forecast", colors.series[0])]
    if history["held_finish"].count():
        lines.append(Line("held_finish", "Baseline", colors.unknown_text))
        original = pd.Timestamp(row["original_finish"]) if row["original_finish"] else None
        if original is not None and (pd.to_datetime(history["held_finish"].dropna()) != original).any():
            history = history.assign(original=original)
            lines.append(Line("original", "Original", colors.unknown_text, is_dashed=True))
    said = ", ".join(f"{line.name} {day(history[line.column].dropna().iloc[-1])}" for line in lines)
    charts.dates(history, x="status_date", lines=lines, alt=f"Finish: {said}", key="finish")


def cost(found: Project) -> None:
    """Forecast cost, budget and original budget, report by report; in words where no report forecasts one."""
    history, row = found.history, found.row
    currency, original = row["currency"], row["original_budget"]
    if not history["eac"].count():
        charts.missing(f"No report states a forecast cost, and none can be worked out: {no_estimate(row)}.")
        return
    colors = theme.palette()
    lines = [Line("eac", "Forecast", colors.series[0]), Line("held_budget", "Budget", colors.unknown_text)]
    if original is not None and (history["held_budget"].dropna() != original).any():
        history = history.assign(original=original)
        lines.append(Line("original", "Original", colors.unknown_text, is_dashed=True))
    last = history.iloc[-1]
    charts.trend(
        history,
        x="status_date",
        lines=lines,
        alt=", ".join(f"{line.name} {money(last[line.column], currency)}" for line in lines),
        write=lambda value: money(value, currency),
        with_names=True,
        key="cost",
    )


def _planned(row: Mapping[str, Any]) -> str:
    if row["planned_value"] is None or not row["budget"] or _is_over(row):
        return ""
    return f"{percent(row['planned_value'] / row['budget'])} planned by now"


def _both(row: Mapping[str, Any]) -> bool:
    return not is_missing(row["actual_cost"]) and bool(row["budget"])


def unknown(project_key: str, view: View) -> None:
    """A project that the store does not know at this review: say so, and lead on."""
    frame.header(f"No project {project_key} on {day(view.review_date)}")
    with frame.card("unknown"):
        st.text("It may have another id, or it was first listed after this review or in a later publication.")
        if st.button("Open the register", icon=":material/view_list:"):
            controls.open_register()
