"""The figures on top of the Overview: how many, forecast and spent, where reports and evidence part, who reported."""

from collections.abc import Sequence

from analytics.changes import Changes
from analytics.portfolio import Money, Summary
from components import formats, sentences
from components.controls import View
from components.figures import Delta, Figure, delta
from components.formats import money, number, percent


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
    words = {"entered": "+{} new", "moved-here": "+{} moved here", "ended": "−{} ended", "moved-away": "−{} moved away"}
    parts = [text.format(number(changed.count(name))) for name, text in words.items() if changed.count(name)]
    return Delta(f"{', '.join(parts) or 'None new or ended'} {since}")


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


def _difference(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else round(now - before, 2)
