"""One colour for many projects: the lists of portfolios, goals and programs on the Overview."""

from collections.abc import Sequence

import streamlit as st

from analytics.portfolio import BASES
from analytics.programs import TROUBLE, Amount, Program
from analytics.reading import Basis
from analytics.rollup import Rollup
from analytics.standings import Standing
from components import charts, controls, formats, sentences, tables, why_view
from components.formats import days, money, number, percent
from components.tables import Cell, Column, Drawn, Mark, Under

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
    here = "{} red, {} amber".format(*rollup.red_and_amber)
    return Mark(rollup.state, why=f"{rollup.rule}. Here: {here}", is_evidence=basis == "computed", opens=opens)


def _in_red(one: Standing, basis: Basis) -> Under:
    """The budget in red, and its share."""
    sums = " + ".join(money(a.red(basis), a.currency) for a in one.money if a.budget is not None) or formats.NONE
    share, is_money = one.red_share(basis)
    return Under(sums, f"{percent(share, limits=one.rollup(basis).limits)}{'' if is_money else ' by count'}")


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
            percent(program.computed.red_share, limits=program.computed.limits)
            + (" by count" if program.computed.by == "count" else ""),
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
