"""The figures of programs: how many are red, the money in red, forecast against budget, cost performance."""

from collections.abc import Sequence

from analytics.programs import Amount, Program, in_red, total
from analytics.reading import NO_PROGRAM
from components import formats, sentences
from components.controls import View
from components.figures import Delta, Figure, delta
from components.formats import count, money, number, percent


def figures(found: Sequence[Program], earlier: Sequence[Program], view: View) -> list[Figure]:
    """How many programs are red, the money in red projects, forecast against budget, cost performance."""
    basis = view.basis
    named = [program for program in found if program.program_id != NO_PROGRAM]
    reds, was = in_red(found, basis), in_red(earlier, basis)
    ambers = sum(program.rollup(basis).state == "amber" for program in named)
    stands = ago(view)
    text = f"{number(abs(reds - was))} {stands}" if reds != was else f"Unchanged {stands}"
    moved = delta(reds - was, text, good_when="down")
    first = Figure(
        "Red programs",
        number(reds),
        f"of {number(len(named))}{f', {number(ambers)} amber' if ambers else ''}",
        moved if view.compare_date else None,
        f"Programs whose live projects roll up to red, {basis}",
    )
    return [first, *money_figures(total(found), total(earlier), view)]


def ago(view: View) -> str:
    """What a movement is measured from."""
    return sentences.since(view) if view.compare_date else ""


def money_figures(now: Sequence[Amount], before: Sequence[Amount], view: View) -> list[Figure]:
    """Money in red, forecast against budget, and cost performance, each against the compared review."""
    return [_red_figure(now, before, view), _forecast_figure(now, before, view), _cpi_figure(now, before, view)]


def _red_figure(now: Sequence[Amount], before: Sequence[Amount], view: View) -> Figure:
    label, known = "Budget in red projects", [a for a in now if a.budget]
    what = f"Budget of the live projects that are {view.basis} red"
    if not known:
        return Figure(label, formats.NONE, "no budget stated", help=what)
    main, *others = sorted(known, key=lambda a: not a.red(view.basis))
    notes = [f"{percent(main.red(view.basis) / (main.budget or 1))} of {money(main.budget, main.currency)}"]
    notes += [f"{money(a.red(view.basis), a.currency)} of {money(a.budget, a.currency)}" for a in others]
    was = _same(before, main)
    change = main.red(view.basis) - was.red(view.basis) if was else None
    return Figure(
        label, money(main.red(view.basis), main.currency), "; ".join(notes), _money_delta(change, main, view), what
    )


def _forecast_figure(now: Sequence[Amount], before: Sequence[Amount], view: View) -> Figure:
    label, known = "Forecast against budget", [a for a in now if a.forecast_budget]
    what = "Estimate at completion of the projects that have one and a budget, against the budget of just these"
    if not known:
        return Figure(label, formats.NONE, "no forecast cost with a budget", help=what)
    main, *others = known
    notes = [against(main), *(f"{money(a.forecast, a.currency)}, {against(a)}" for a in others)]
    was = _same(before, main)
    change = _less(main.variance, was.variance if was else None)
    return Figure(label, money(main.forecast, main.currency), "; ".join(notes), _money_delta(change, main, view), what)


def against(a: Amount) -> str:
    """A forecast against the budget of the projects that it speaks of, and of how many."""
    over = (a.variance or 0) / (a.forecast_budget or 1)
    share = "on" if percent(abs(over)) == "0 %" else f"{percent(abs(over))} {'over' if over > 0 else 'under'}"
    part = f", {number(a.forecasting)} of {count(a.projects, 'project')}" if a.forecasting < a.projects else ""
    return f"{share} {money(a.forecast_budget, a.currency)}{part}"


def _cpi_figure(now: Sequence[Amount], before: Sequence[Amount], view: View) -> Figure:
    label, known = "Cost performance (CPI)", [a for a in now if a.cpi is not None]
    what = "Earned value for each unit of cost: sum(EV) / sum(AC) over the projects that state both; under 1 costs more"
    if not known:
        return Figure(label, formats.NONE, "no project states earned value and cost", help=what)
    main = known[0]
    was = _same(before, main)
    change = _less(main.cpi, was.cpi if was else None)
    moved = round(change, 2) if change is not None else None
    text = f"{number(abs(moved), decimals=2)} {ago(view)}" if moved else f"Unchanged {ago(view)}"
    by = f"by {number(main.performing)} of {count(main.projects, 'project')}"
    only = f" in {main.currency}" if len(now) > 1 else ""
    return Figure(label, number(main.cpi, decimals=2), by + only, delta(moved, text, good_when="up"), what)


def _money_delta(change: float | None, a: Amount, view: View) -> Delta | None:
    moved = None if change is None else round(change, 2)
    text = f"{money(abs(moved), a.currency)} {ago(view)}" if moved else f"Unchanged {ago(view)}"
    return delta(moved, text, good_when="down")


def _same(amounts: Sequence[Amount], main: Amount) -> Amount | None:
    return next((a for a in amounts if a.currency == main.currency), None)


def _less(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else now - before
