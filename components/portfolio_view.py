"""How the portfolio's answers look: its figures, distribution, trend, attention list and program table."""

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from analytics.portfolio import Attention, Basis, Change, Summary
from analytics.programs import Amount, Program, Rollup
from components import charts, controls, formats, sentences, tables
from components.charts import Bar
from components.controls import View
from components.figures import Delta, Figure, delta
from components.formats import days, money, number, percent
from components.health import Health
from components.tables import Cell, Column, Mark, Tagged

ATTENTION = (
    Column("Project", width="19%"),
    Column("Program", width="16%", is_quiet=True),
    Column("Reported", width="8%"),
    Column("Computed", width="8%"),
    Column("At stake", "right", width="8%"),
    Column("Why", is_quiet=True),
)
PROGRAMS = (
    Column("Program", width="20%"),
    Column("Live", "right"),
    Column("Reported"),
    Column("Computed"),
    Column("In red", "right"),
    Column("Budget", "right"),
    Column("Forecast", "right"),
    Column("Finish", "right"),
    Column("Reports"),
)
DIMENSIONS = {"reported": "Reported", "computed": "Computed", "schedule": "Schedule", "cost": "Cost"}


def figures(now: Summary, before: Summary | None, changed: Change | None, view: View) -> list[Figure]:
    """The four figures on top: how many, forecast and spent, and where reports and evidence part."""
    since = f"since {formats.day(view.compare_date, year=False)}"
    live = Figure(
        "Live projects",
        number(now.live),
        f"in {number(now.programs)} {'program' if now.programs == 1 else 'programs'}" if now.programs else "",
        _moved(changed, since),
        "Projects that are approved, active or on hold at the review",
    )
    return [live, *_money_figures(now, before, since), _watermelons(now, before, since)]


def _moved(changed: Change | None, since: str) -> Delta | None:
    if changed is None:
        return None
    if not changed.entered and not changed.left:
        return Delta(f"None new or ended {since}")
    parts = [f"+{number(changed.entered)} new"] if changed.entered else []
    parts += [f"−{number(changed.left)} ended"] if changed.left else []
    return Delta(f"{', '.join(parts)} {since}")


def _money_figures(now: Summary, before: Summary | None, since: str) -> list[Figure]:
    help_forecast = (
        "Estimate at completion of the projects that have one and a budget, against the budget of just these"
    )
    help_spent = "Actual cost to the review date, over the live projects that state one"
    if not now.money:
        return [Figure("Forecast against budget", formats.NONE), Figure("Spent", formats.NONE)]
    main, *others = now.money
    earlier = next((m for m in before.money if m.currency == main.currency), None) if before else None
    over = main.variance_share
    if over is None:
        forecast_note = f"no forecast cost; budget {money(main.budget, main.currency)}"
    else:
        word = "over" if over > 0 else "under"
        forecast_note = f"on {money(main.forecast_budget, main.currency)}, {percent(abs(over))} {word}"
    also_forecast = [
        f"{money(m.forecast, m.currency)} on {money(m.forecast_budget, m.currency)}" for m in others if m.forecast
    ]
    also_spent = [money(m.spent, m.currency) for m in others if m.spent]
    spent_note = f"by {number(main.spending)} of {number(main.projects)} projects" if main.spending else "not stated"
    variance = _difference(main.variance, earlier.variance if earlier else None)
    spent = _difference(main.spent, earlier.spent if earlier else None)
    return [
        Figure(
            "Forecast against budget",
            money(main.forecast, main.currency),
            "; ".join([forecast_note, *also_forecast]),
            delta(variance, f"{money(abs(variance), main.currency)} {since}", good_when="down")
            if variance
            else delta(variance, f"Unchanged {since}"),
            f"{help_forecast}: {number(main.forecasting)} of {number(main.projects)} in {main.currency}",
        ),
        Figure(
            "Spent",
            money(main.spent, main.currency),
            "; ".join([spent_note, *also_spent]),
            delta(spent, f"{money(abs(spent), main.currency)} {since}") if spent else None,
            help_spent,
        ),
    ]


def _watermelons(now: Summary, before: Summary | None, since: str) -> Figure:
    label, what = "Reported green, computed red", "The report says green where schedule or cost is red"
    if not now.known("reported") or not now.known("computed"):
        return Figure(label, formats.NONE, "needs a reported and a computed health", help=what)
    sums = [money(m.watermelon, m.currency) for m in now.money if m.watermelon]
    note = f"{'project' if now.watermelons == 1 else 'projects'}{', ' if sums else ''}{' and '.join(sums)}"
    moved = now.watermelons - before.watermelons if before else None
    text = f"{number(abs(moved))} {since}" if moved else f"Unchanged {since}"
    return Figure(label, number(now.watermelons), note, delta(moved, text, good_when="down"), what)


def distribution(summary: Summary) -> str:
    """The distribution by count and by budget; returned is the group clicked, such as "computed-red", or ""."""
    st.html('<div class="rw-subhead">Projects</div>')
    counts = [(name, label, summary.counts(name)) for name, label in DIMENSIONS.items()]
    picked = charts.distribution(
        [Bar(label, counted, is_evidence=name != "reported") for name, label, counted in counts],
        alt=". ".join(sentences.in_words(label, counted) for _, label, counted in counts),
        is_beside=True,
        key="count",
    )
    clicked = _group(picked)
    for m in summary.money:
        if not m.budget:
            continue
        missing = m.projects - m.budgeted
        without = f", {number(missing)} of {number(m.projects)} projects without" if missing else ""
        st.html(f'<div class="rw-subhead">Budget, {money(m.budget, m.currency)}{without}</div>')
        sums = [(label, summary.budgets(name, m.currency)) for name, label in list(DIMENSIONS.items())[:2]]
        picked = charts.distribution(
            [Bar(label, amounts, is_evidence=label == "Computed") for label, amounts in sums],
            alt=". ".join(
                sentences.in_words(f"{label}, by budget", amounts, partial(money, currency=m.currency))
                for label, amounts in sums
            ),
            write=partial(money, currency=m.currency),
            is_beside=True,
            key=f"budget-{m.currency}",
        )
        clicked = clicked or _group(picked)
    return clicked


def _group(picked: tuple[int, Health] | None) -> str:
    return f"{list(DIMENSIONS)[picked[0]]}-{picked[1]}" if picked else ""


def trend(frame: pd.DataFrame, basis: Basis) -> None:
    """The shares of live projects in each colour over the weeks."""
    last = frame.iloc[-1] if len(frame) else None
    alt = sentences.in_words(
        f"Share of live projects, {basis}, at the last review",
        {state: last[state] for state in ("green", "amber", "red", "unknown")} if last is not None else {},
        percent,
    )
    states = ["green", "amber", "red"]
    if len(frame) and frame["unknown"].max() > 0.2:
        states.append("unknown")
    charts.trend(
        frame,
        x="review_date",
        lines=charts.health_lines({state: state for state in states}),
        alt=alt,
        key="trend",
        height=264,
    )


def attention(found: Attention) -> str | None:
    """The items that need attention; returned is the project that was clicked."""
    rows: list[list[Cell]] = [
        [
            Tagged(item.project_name, "new") if item.is_new else item.project_name,
            item.program_name or item.portfolio or "",
            Mark(item.reported, is_stale=item.is_stale),
            Mark(item.computed, is_evidence=True),
            money(item.at_stake, item.currency),
            item.why,
        ]
        for item in found.items
    ]
    columns = list(ATTENTION)
    if not any(item.program_name for item in found.items):
        columns[1] = Column("Portfolio", width="16%", is_quiet=True)
    return tables.listing(columns, rows, key="attention", picks=[item.project_id for item in found.items])


def programs(found: Sequence[Program]) -> None:
    """The program table; each row leads to the program's projects."""
    rows: list[list[Cell]] = [
        [
            program.program_name,
            number(program.live),
            _rollup(program.reported),
            _rollup(program.computed, is_evidence=True),
            percent(program.computed.red_share) + (" by count" if program.computed.by == "count" else ""),
            _sums(program.money, "budget"),
            _variances(program.money),
            sentences.slipped(program.slip_days),
            _coverage(program),
        ]
        for program in found
    ]
    tables.listing(PROGRAMS, rows, links=[controls.register_link(program=program.program_id) for program in found])


def _rollup(rollup: Rollup, *, is_evidence: bool = False) -> Mark:
    here = f"{percent(rollup.red_share)} red, {percent(rollup.amber_share)} amber"
    return Mark(rollup.state, why=f"{rollup.rule}. Here: {here}", is_evidence=is_evidence)


def _sums(amounts: Sequence[Amount], name: str) -> str:
    known = [money(getattr(a, name), a.currency) for a in amounts if getattr(a, name) is not None]
    return " + ".join(known) or formats.NONE


def _variances(amounts: Sequence[Amount]) -> str:
    known = [
        _variance(a, a.forecast, a.forecast_budget) for a in amounts if a.forecast is not None and a.forecast_budget
    ]
    return " + ".join(known) or formats.NONE


def _variance(amount: Amount, forecast: float, budget: float) -> str:
    part = f" on {money(budget, amount.currency)}" if amount.forecasting < amount.budgeted else ""
    return f"{money(forecast, amount.currency)} ({percent(forecast / budget - 1, sign=True)}{part})"


def _coverage(program: Program) -> str:
    stale = f", {number(program.stale)} stale, oldest {days(program.oldest_days)}" if program.stale else ""
    return f"{number(program.reported_projects)} of {number(program.live)}{stale}"


def _difference(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else round(now - before, 2)
