"""How the portfolio's answers look: its figures, distribution, trend, attention list and program table."""

from collections.abc import Sequence
from functools import partial
from html import escape

import pandas as pd
import streamlit as st

from analytics.changes import GROUPS, Changes
from analytics.portfolio import Attention, Money, Summary
from analytics.programs import Amount, Program
from analytics.reading import Basis
from analytics.rollup import Rollup
from analytics.standings import Standing
from components import charts, controls, formats, health, sentences, tables, why_view
from components.charts import Bar
from components.clickable import clickable
from components.controls import View
from components.figures import Delta, Figure, delta
from components.formats import days, money, number, percent
from components.health import Health
from components.tables import Cell, Column, Drawn, Mark, Tagged, Under

ATTENTION = (
    Column("Project", width="35%"),
    Column("Reported"),
    Column("Computed"),
    Column("At stake", "right"),
    Column("Why", width="33%", is_quiet=True),
)
PORTFOLIOS = (Column("Portfolio", width="18%"), Column("Reported", width="41%"), Column("Computed", width="41%"))
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
SHOWN_PORTFOLIOS = 8  # until all are asked for
DIMENSIONS = {
    "reported": "Reported",
    "computed": "Computed",
    "schedule": "Schedule",
    "cost": "Cost",
    "milestones": "Milestones",
    "risk": "Risk",
}


def figures(now: Summary, before: Summary | None, changed: Changes | None, view: View) -> list[Figure]:
    """The figures on top: how many, forecast and spent, where reports and evidence part, and who did not report."""
    since = sentences.since(view) if view.compare_date else ""
    live = Figure(
        "Live projects",
        number(now.live),
        f"in {number(now.programs)} {'program' if now.programs == 1 else 'programs'}" if now.programs else "",
        _moved(changed, since),
        "Projects that are approved, active or on hold at the review",
    )
    return [
        live,
        *_money_figures(now, before, since),
        _watermelons(now, before, since),
        _reports(now, before, since),
    ]


def _reports(now: Summary, before: Summary | None, since: str) -> Figure:
    missing = [f"{number(now.stale)} stale"] if now.stale else []
    missing += [f"{number(now.never)} never"] if now.never else []
    # Not the count of fresh reports: that moves with every project that enters or ends.
    moved = now.live - now.fresh - (before.live - before.fresh) if before else None
    return Figure(
        "Reports",
        number(now.fresh),
        f"of {number(now.live)}{'; ' if missing else ''}{', '.join(missing)}",
        delta(
            moved,
            f"{number(abs(moved))} {'more' if moved > 0 else 'fewer'} missing {since}"
            if moved
            else f"{number(now.live - now.fresh) if missing else 'None'} missing, as {since.replace('since', 'on')}",
            good_when="down",
        ),
        "Live projects whose last report is fresh at the review; a click lists the others",
        "not-reported" if missing else "",
    )


def _moved(changed: Changes | None, since: str) -> Delta | None:
    if changed is None:
        return None
    entered, ended = changed.count("entered"), changed.count("ended")
    if not entered and not ended:
        return Delta(f"None new or ended {since}")
    parts = [f"+{number(entered)} new"] if entered else []
    parts += [f"−{number(ended)} ended"] if ended else []
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
    if m.forecasting and not m.forecast_budget:
        return f"on no budget, {_behind(m.forecasting, now)}"
    if m.variance_share is None:
        budget = f"budget {money(m.budget, m.currency)} of {_behind(m.budgeted, now)}" if m.budgeted else "no budget"
        return f"no forecast cost; {budget}"
    word = "over" if m.variance_share > 0 else "under"
    share = "on" if percent(abs(m.variance_share)) == "0 %" else f"{percent(abs(m.variance_share))} {word}"
    forecast = f"{money(m.forecast, m.currency)}, " if is_whole else ""
    return f"{forecast}{share} {money(m.forecast_budget, m.currency)} budget, {_behind(m.forecasting, now)}"


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
    label, what = "Green over red", "The report says green where schedule or cost is red"
    if not now.known("reported") or not now.known("computed"):
        return Figure(label, formats.NONE, "needs a reported and a computed health", help=what)
    sums = [money(m.watermelon, m.currency) for m in now.money if m.watermelon]
    note = f"reported green, computed red{', ' if sums else ''}{' and '.join(sums)}"
    moved = now.watermelons - before.watermelons if before else None
    text = f"{number(abs(moved))} {since}" if moved else f"Unchanged {since}"
    pick = "green-red" if now.watermelons else ""
    return Figure(label, number(now.watermelons), note, delta(moved, text, good_when="down"), what, pick)


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
    rows: list[list[Cell]] = [
        [
            Under(
                Tagged(item.project_name, "new") if item.is_new else item.project_name,
                item.program_name or item.portfolio or "",
            ),
            Mark(
                item.reported,
                item.is_stale,
                rating=health.rating(item.reported, item.rating),
                opens=why_view.of_project(item.project_id, "reported"),
            ),
            Mark(item.computed, is_evidence=True, opens=why_view.of_project(item.project_id, "computed")),
            money(item.at_stake, item.currency),
            item.why,
        ]
        for item in found.items
    ]
    keys = [item.project_id for item in found.items]
    links = [controls.project_link(key) for key in keys]
    return why_view.listing(ATTENTION, rows, key="attention", picks=keys, links=links)


def changes(changed: Changes, basis: Basis) -> str | None:
    """Each kind of change that happened, in words, with the projects to name first; returned is the group clicked."""
    happened = [name for name in GROUPS if changed.count(name)]
    rows = "".join(_change(name, changed, basis) for name in happened)
    quiet = [sentences.became(name, 0, basis) for name in GROUPS if name not in happened]
    none = f'<p class="rw-quiet-changes">None {escape(_or(quiet))}.</p>' if quiet else ""
    return clickable(f'<div class="rw-changes">{rows}{none}</div>', "changes")


def _change(name: str, changed: Changes, basis: Basis) -> str:
    group, pick = changed[name], f"changed-{name}"
    said = sentences.became(name, group.count, basis)
    if name == "finish":
        said += f": {sentences.later_or_earlier(group)}" if group.count > 1 else ""
    if name in ("cost", "baseline"):
        nets = [(n.cost_moved if name == "cost" else n.budget_moved, n.currency) for n in group.net]
        sums = [money(amount, currency, sign=True) for amount, currency in nets if amount and abs(amount) >= 1]
        said += f": net {' and '.join(sums)}" if sums else ""
    more = group.count - len(group.named)
    names = "; ".join(sentences.named(name, item) for item in group.named)
    names += f"; {number(more)} more" if names and more > 0 else ""
    address = escape(controls.register_link(health=pick))
    return (
        f'<a class="rw-change" href="{address}" target="_self" data-pick="{pick}"><b>{number(group.count)}</b>'
        f"<span>{escape(formats.unbroken(said))}<small>{escape(formats.unbroken(names))}</small></span></a>"
    )


def all_attention(count: int) -> str | None:
    """The link below the list to all of it in the register; returned is the group where it was clicked."""
    return clickable(_more(f"All {number(count)} that need attention", "attention"), "more-attention")


def all_programs(count: int) -> None:
    """The link below the programs in most trouble to all of them."""
    address = escape(controls.program_link(""))
    st.html(f'<a class="rw-more" href="{address}" target="_self">All {number(count)} programs</a>')


def _more(text: str, group: str) -> str:
    address = escape(controls.register_link(health=group))
    return f'<a class="rw-more" href="{address}" target="_self" data-pick="{group}">{escape(text)}</a>'


def _or(parts: Sequence[str]) -> str:
    return " or ".join(", ".join(parts).rsplit(", ", 1)) if len(parts) > 1 else "".join(parts)


def portfolios(found: Sequence[Standing], basis: Basis) -> None:
    """The portfolios side by side, as reported and as computed, most red first; a click takes one into the scope."""
    place = st.container()
    shown = sorted(found, key=lambda one: (not one.id, -one.states(basis)["red"]))
    if len(found) > SHOWN_PORTFOLIOS and not st.toggle(f"All {number(len(found))} portfolios", key="all-portfolios"):
        shown = shown[:SHOWN_PORTFOLIOS]
    with place:
        _portfolios(shown)


def _portfolios(found: Sequence[Standing]) -> None:
    rows: list[list[Cell]] = [
        [
            Under(one.name or "No portfolio", f"{number(one.live)} live"),
            Drawn(charts.bar(one.reported)),
            Drawn(charts.bar(one.computed, is_evidence=True)),
        ]
        for one in found
    ]
    picks = [one.id for one in found]
    tables.listing(
        PORTFOLIOS,
        rows,
        key="portfolios",
        picks=picks,
        links=[f"?{controls.register_link(portfolio=name).partition('?')[2]}" if name else "" for name in picks],
        on_pick=controls.choose_portfolio,
    )


def programs(found: Sequence[Program]) -> None:
    """The programs in most trouble; each row leads to its page."""
    rows: list[list[Cell]] = [
        [
            program.program_name,
            number(program.live),
            _rollup(program.program_id, program.reported, "reported"),
            _rollup(program.program_id, program.computed, "computed"),
            percent(program.computed.red_share) + (" by count" if program.computed.by == "count" else ""),
            _sums(program.money, "budget"),
            _variances(program.money),
            sentences.slipped(program.slip_days),
            _coverage(program),
        ]
        for program in found
    ]
    why_view.listing(
        PROGRAMS, rows, key="programs", links=[controls.program_link(program.program_id) for program in found]
    )


def _rollup(program_id: str, rollup: Rollup, basis: Basis) -> Mark:
    here = f"{percent(rollup.red_share)} red, {percent(rollup.amber_share)} amber"
    why, opens = f"{rollup.rule}. Here: {here}", why_view.of_program(program_id, basis)
    return Mark(rollup.state, why=why, is_evidence=basis == "computed", opens=opens)


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
