"""How the portfolio's answers look: its figures, distribution, trend, attention list and program table."""

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from analytics.portfolio import Attention, Basis, Change, Money, Summary
from analytics.programs import Amount, Program, Rollup
from components import charts, controls, formats, health, sentences, tables
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
    main, *others = sorted(now.money, key=lambda m: not m.forecasting)
    earlier = _of(before, main)
    variance = _difference(main.variance, earlier.variance if earlier else None)
    forecast = Figure(
        "Forecast against budget",
        money(main.forecast, main.currency),
        "; ".join([_against(main, now), *(_against(m, now, is_whole=True) for m in others if m.forecasting)])
        + _none_in([m for m in others if not m.forecasting] if main.forecasting else []),
        delta(variance, f"{money(abs(variance), main.currency)} {since}", good_when="down")
        if variance
        else delta(variance, f"Unchanged {since}"),
        help_forecast,
    )
    main, *others = sorted(now.money, key=lambda m: not m.spending)
    earlier = _of(before, main)
    spent = _difference(main.spent, earlier.spent if earlier else None)
    also = [f"{money(m.spent, m.currency)} by {number(m.spending)}" for m in others if m.spending]
    note = f"by {_behind(main.spending, now)}" if main.spending else "not stated"
    return [
        forecast,
        Figure(
            "Spent",
            money(main.spent, main.currency),
            "; ".join([note, *also]) + _none_in([m for m in others if not m.spending] if main.spending else []),
            delta(spent, f"{money(abs(spent), main.currency)} {since}") if spent else None,
            help_spent,
        ),
    ]


def _against(m: Money, now: Summary, *, is_whole: bool = False) -> str:
    """A forecast against the budget of the projects that it speaks of; `is_whole` names the forecast itself too."""
    if m.variance_share is None:
        budget = f"budget {money(m.budget, m.currency)} of {_behind(m.budgeted, now)}" if m.budgeted else "no budget"
        return f"no forecast cost; {budget}"
    word = "over" if m.variance_share > 0 else "under"
    share = "on" if percent(abs(m.variance_share)) == "0 %" else f"{percent(abs(m.variance_share))} {word}"
    forecast = f"{money(m.forecast, m.currency)}, " if is_whole else ""
    return f"{forecast}{share} the {money(m.forecast_budget, m.currency)} budget of {_behind(m.forecasting, now)}"


def _behind(count: int, now: Summary) -> str:
    """How many projects stand behind a figure."""
    whole = f"all {number(count)}" if count == now.live > 1 else f"{number(count)} of {number(now.live)}"
    return f"{whole} {'project' if now.live == 1 else 'projects'}"


def _none_in(silent: Sequence[Money]) -> str:
    """That other currencies state no such figure."""
    if not silent:
        return ""
    return f"; none in {silent[0].currency if len(silent) == 1 else f'{len(silent)} other currencies'}"


def _of(summary: Summary | None, m: Money) -> Money | None:
    """The same currency's money at another review."""
    return next((other for other in summary.money if other.currency == m.currency), None) if summary else None


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
        alt=". ".join(
            sentences.in_words(label, counted, is_evidence=name != "reported") for name, label, counted in counts
        ),
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
                sentences.in_words(
                    f"{label}, by budget",
                    amounts,
                    partial(money, currency=m.currency),
                    is_evidence=label == "Computed",
                )
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
    """The shares of live projects in each colour over the weeks; in words before the second review."""
    if len(frame) < 2:
        charts.missing("The lines start with the second review.")
        return
    last = frame.iloc[-1]
    alt = sentences.in_words(
        f"Share of live projects, {basis}, at the last review",
        {state: last[state] for state in ("green", "amber", "red", "unknown")},
        percent,
        is_evidence=basis == "computed",
    )
    states = ["green", "amber", "red"]
    if frame["unknown"].max() > 0.2:
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
    places = {"Program": [item.program_name for item in found.items]}
    if not any(places["Program"]):
        places = {"Portfolio": [item.portfolio for item in found.items]}
    title, names = next(iter(places.items()))
    rows: list[list[Cell]] = [
        [
            Tagged(item.project_name, "new") if item.is_new else item.project_name,
            name or "",
            Mark(item.reported, item.is_stale, rating=health.rating(item.reported, item.rating)),
            Mark(item.computed, is_evidence=True),
            money(item.at_stake, item.currency),
            item.why,
        ]
        for item, name in zip(found.items, names, strict=True)
    ]
    columns = list(ATTENTION)
    columns[1] = Column(title, width="16%", is_quiet=True)
    if not any(names):
        del columns[1]
        rows = [[*cells[:1], *cells[2:]] for cells in rows]
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
