"""How the portfolio's answers look: its figures, distribution, trend, attention list and program table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from analytics.changes import GROUPS, Changes
from analytics.portfolio import BASES, EVIDENCE, STATES, Attention, Item, Money, Parting, Summary
from analytics.programs import TROUBLE, Amount, Program
from analytics.reading import Basis
from analytics.rollup import Rollup
from analytics.standings import Standing
from components import charts, controls, formats, health, sentences, tables, why_view
from components.charts import Bar
from components.clickable import clickable
from components.controls import View
from components.figures import Delta, Figure, delta
from components.formats import days, money, number, percent
from components.tables import Cell, Column, Drawn, Mark, Tagged, Under

ATTENTION = (
    Column("Project", width="28%"),
    Column("Reported"),
    Column("Computed"),
    Column("At stake", "right"),
    Column("Why", width="42%", is_quiet=True),
)
PORTFOLIOS = (
    Column("Portfolio", width="15%"),
    Column("Reported", width="30%"),
    Column("Computed", width="30%"),
    Column("In red", "right"),
    Column("Reports", "right"),
)
GOALS = (
    Column("Goal", width="30%"),
    Column("Reported", width="11%"),
    Column("Computed", width="33%"),
    Column("Budget", "right"),
    Column("In red", "right"),
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
SHOWN_PORTFOLIOS = 8  # until all are asked for


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
    label, what = "Green over red", "The report says green where the evidence is red"
    if not now.known("reported") or not now.known("computed"):
        return Figure(label, formats.NONE, "needs a reported and a computed health", help=what)
    sums = [money(m.watermelon, m.currency) for m in now.money if m.watermelon]
    note = f"reported green, computed red{', ' if sums else ''}{' and '.join(sums)}"
    moved = now.watermelons - before.watermelons if before else None
    text = f"{number(abs(moved))} {since}" if moved else f"Unchanged {since}"
    pick = "green-red" if now.watermelons else ""
    return Figure(label, number(now.watermelons), note, delta(moved, text, good_when="down"), what, pick)


def distribution(summary: Summary) -> str:
    """The distribution by count and by budget, then that of each kind of evidence; returned is the group clicked, such
    as "computed-red", or ""."""
    clicked = _bars("Projects", BASES, "count", summary.counts)
    for m in summary.money:
        if not m.budget:
            continue
        missing = m.projects - m.budgeted
        without = f", {number(missing)} of {number(m.projects)} projects without" if missing else ""
        clicked = clicked or _bars(
            f"Budget, {money(m.budget, m.currency)}{without}",
            BASES,
            f"budget-{m.currency}",
            partial(summary.budgets, currency=m.currency),
            partial(money, currency=m.currency),
        )
    with st.container(key="evidence"):
        return _bars("Projects by what the evidence is of", EVIDENCE, "evidence-bars", summary.counts) or clicked


def _bars(
    title: str,
    dimensions: Sequence[str],
    key: str,
    amounts: Callable[[str], Mapping[str, float]],
    write: Callable[[Any], str] = number,
) -> str:
    """One bar a dimension under a title; the group clicked."""
    st.html(f'<div class="rw-subhead">{escape(title)}</div>')
    bars = [Bar(health.DIMENSIONS[name], amounts(name), is_evidence=name != "reported") for name in dimensions]
    said = [sentences.in_words(bar.label, bar.amounts, write, is_evidence=bar.is_evidence) for bar in bars]
    picked = charts.distribution(
        bars, alt=f"{title}. {'. '.join(said)}", write=write, is_beside=True, with_words=dimensions is BASES, key=key
    )
    return f"{dimensions[picked[0]]}-{picked[1]}" if picked else ""


def trend_by(summary: Summary) -> str:
    """Whether the trend counts projects (""), or the budget in a currency: the choice above it."""
    known = [m.currency for m in summary.money if m.budget]
    names = {"Projects": "", **{"Budget" if len(known) == 1 else f"Budget, {c}": c for c in known[:3]}}
    if not known:
        return ""
    chosen = st.segmented_control(
        "Trend of", list(names), default="Projects", key="trend-by", label_visibility="collapsed", required=True
    )
    return names.get(chosen or "Projects", "")


def trend(frame: pd.DataFrame, basis: Basis) -> None:
    """The shares of each colour over the weeks, those of the other basis faint; in words before the second review."""
    if len(frame) < 2:
        charts.missing("The lines start with the second review.")
        return
    last, other = frame.iloc[-1], "reported" if basis == "computed" else "computed"
    alt = ". ".join(
        sentences.in_words(
            f"Shares at the last review, {name}",
            {state: last[f"{name}_{state}"] for state in STATES},
            percent,
            is_evidence=name == "computed",
        )
        for name in (basis, other)
    )
    states = [*STATES[:3], *(["unknown"] if frame[f"{basis}_unknown"].max() > 0.2 else [])]
    lines = [
        replace(line, name=f"{line.name} {name}", is_faint=is_faint, shape=_end(line, name, is_faint))
        for name, is_faint in ((other, True), (basis, False))
        for line in charts.health_lines({state: f"{name}_{state}" for state in states})
        if not is_faint or frame[f"{name}_unknown"].iloc[-1] < 1
    ]
    charts.trend(frame, x="review_date", lines=lines, alt=alt, key="trend", height=264)


def _end(line: charts.Line, basis: str, is_faint: bool) -> str:
    """What stands at a line's end before its value: of the faint lines only red is named."""
    if not is_faint:
        return line.shape
    return f"{line.shape} {basis}" if line.column.endswith("_red") else ""


PARTED = {
    "green-red": ("green over red", "reported green, computed red"),
    "pale": ("green over amber", "reported green, computed amber"),
    "hidden-strength": ("red over green", "reported red, computed green"),
    "better-by-baseline": ("better by a new baseline", "against the first one it would be worse"),
}


def parted(found: Sequence[Parting]) -> str | None:
    """Each way in which reports and evidence part, with its count and money; returned is the group clicked."""
    parts = []
    for one in found:
        title, what = PARTED[one.name]
        sums = " and ".join(money(budget, currency) for currency, budget in one.budgets)
        said = escape(formats.unbroken(f"{what}{f'; {sums}' if sums else ''}"))
        inside = f"<b>{number(one.projects)}</b><span>{escape(title)}<small>{said}</small></span>"
        address = escape(controls.register_link(health=one.name))
        link = f'<a class="rw-change" href="{address}" target="_self" data-pick="{one.name}">{inside}</a>'
        parts.append(link if one.projects else f'<div class="rw-change rw-none">{inside}</div>')
    return clickable(f'<div class="rw-parted">{"".join(parts)}</div>', "parted")


def attention(found: Attention) -> str | None:
    """The items that need attention; returned is the project that was clicked."""
    rows: list[list[Cell]] = [
        [
            Under(
                _tagged(item),
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
            formats.unbroken(item.why),
        ]
        for item in found.items
    ]
    keys = [item.project_id for item in found.items]
    links = [controls.project_link(key) for key in keys]
    return why_view.listing(ATTENTION, rows, key="attention", picks=keys, links=links)


def _tagged(item: Item) -> str | Tagged:
    if item.is_newly_red:
        return Tagged(item.project_name, "newly red")
    return Tagged(item.project_name, "new") if item.is_new else item.project_name


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
    """The portfolios side by side, as reported and as computed, the worst first; a click takes one into the scope."""
    place = st.container()
    shown = _worst_first(found, basis)
    if len(found) > SHOWN_PORTFOLIOS and not st.toggle(f"All {number(len(found))} portfolios", key="all-portfolios"):
        shown = shown[:SHOWN_PORTFOLIOS]
    with place:
        _portfolios(shown, basis)


def _worst_first(found: Sequence[Standing], basis: Basis) -> list[Standing]:
    """By colour, then by the share in red; what is of none last."""
    return sorted(
        found,
        key=lambda one: (
            not one.id,
            TROUBLE.index(one.rollup(basis).state),
            -one.red_share(basis)[0],
            one.name,
        ),
    )


def _portfolios(found: Sequence[Standing], basis: Basis) -> None:
    rows: list[list[Cell]] = [
        [
            Under(one.name or "No portfolio", f"{number(one.live)} live"),
            *(_stands(one, b, why_view.of_portfolio(one.id, b)) for b in BASES),
            _in_red(one, basis),
            Under(f"{number(one.fresh)} of {number(one.live)} fresh", _oldest(one)),
        ]
        for one in found
    ]
    picks = [one.id for one in found]
    why_view.listing(
        PORTFOLIOS,
        rows,
        key="portfolios",
        picks=picks,
        links=[f"?{controls.register_link(portfolio=name).partition('?')[2]}" if name else "" for name in picks],
        on_pick=controls.choose_portfolio,
    )


def goals(found: Sequence[Standing], basis: Basis) -> None:
    """The goals with the colour of the money that serves them, the worst first; a click on a colour says why."""
    rows: list[list[Cell]] = [
        [
            Under(one.name or "No goal", f"{number(one.live)} live"),
            _mark(one.reported_rollup, "reported", why_view.of_goal(one.id, "reported")),
            _stands(one, "computed", why_view.of_goal(one.id, "computed")),
            " + ".join(money(a.budget, a.currency) for a in one.money if a.budget is not None) or formats.NONE,
            _in_red(one, basis),
        ]
        for one in _worst_first(found, basis)
    ]
    why_view.listing(GOALS, rows, key="goals")


def _stands(one: Standing, basis: Basis, opens: str) -> Drawn:
    """The one colour beside the distribution behind it."""
    mark = tables.drawn(_mark(one.rollup(basis), basis, opens))
    bar = charts.bar(one.states(basis), is_evidence=basis == "computed")
    return Drawn(f'<div class="rw-stands">{mark}{bar}</div>')


def _mark(rollup: Rollup, basis: Basis, opens: str) -> Mark:
    here = f"{percent(rollup.red_share)} red, {percent(rollup.amber_share)} amber"
    return Mark(rollup.state, why=f"{rollup.rule}. Here: {here}", is_evidence=basis == "computed", opens=opens)


def _in_red(one: Standing, basis: Basis) -> Under:
    """The budget in red, and its share."""
    sums = " + ".join(money(a.red(basis), a.currency) for a in one.money if a.budget is not None) or formats.NONE
    share, is_money = one.red_share(basis)
    return Under(sums, f"{percent(share)}{'' if is_money else ' by count'}")


def _oldest(one: Standing) -> str:
    return "no report" if one.oldest_days is None else f"oldest {days(one.oldest_days)}"


def programs(found: Sequence[Program]) -> None:
    """The programs in most trouble; each row leads to its page."""
    rows: list[list[Cell]] = [
        [
            program.program_name,
            number(program.live),
            _mark(program.reported, "reported", why_view.of_program(program.program_id, "reported")),
            _mark(program.computed, "computed", why_view.of_program(program.program_id, "computed")),
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
