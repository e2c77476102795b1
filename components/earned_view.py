"""How a project's earned value looks: the chart with what lies ahead, figures, and every estimate with its range."""

import streamlit as st

from analytics.earned import FACTORS, UNLIKELY, Course, Point, usual_error, variance_at_completion
from components import charts, earned_chart, frame, tables
from components.clickable import clickable
from components.figures import Figure, figures
from components.formats import NONE, day, days, money, number, percent
from components.tables import Cell, Column

ESTIMATES = (
    Column("The remaining work goes"),
    Column("Cost at the end", "right"),
    Column("Against the budget", "right"),
    Column("Usually off by", "right", is_quiet=True),
    Column("Which makes", "right", is_quiet=True),
)
_MEANT = {
    "1": "as budgeted",
    "CPI": "at the cost performance so far (CPI)",
    "SPI": "at the schedule performance (SPI)",
    "SPI(t)": "at the schedule performance by time (SPI(t))",
    "SCI": "at both, CPI x SPI",
    "SCI(t)": "at both by time, CPI x SPI(t)",
    "0.8 CPI + 0.2 SPI": "at 0.8 CPI + 0.2 SPI",
    "0.8 CPI + 0.2 SPI(t)": "at 0.8 CPI + 0.2 SPI(t)",
}


def show(course: Course) -> None:
    """A card with a project's earned value up to the review date; where there is none, what would feed it."""
    now = course.now
    if now is None:
        with frame.card("earned", "No report states an earned value"):
            charts.missing(
                "With planned_value, earned_value and actual_cost in its status reports, this shows whether the work "
                "done is worth what it cost, what the project costs at the end if it goes on so, and when it is done."
            )
        return
    with frame.card("earned", title(course, now), measured(course, now)):
        clickable(earned_chart.drawing(course, now), "earned-chart")
        with st.container(key="earned-figures"):
            figures(shown(course, now))
        if not course.is_over and not now.is_done and any(now.estimates.values()):
            with st.expander("Every estimate of the cost at the end"):
                charts.missing(_how_sure(now))
                tables.listing(ESTIMATES, [_estimate(now, name, course.currency) for name in (*FACTORS, "reported")])


def title(course: Course, now: Point) -> str:
    """What was earned against the plan, and what that costs at the end."""
    parts = []
    if now.is_done:
        parts.append("All planned work is done")
    elif now.spi is not None:
        parts.append(f"Earned {_against(now.spi - 1, 'planned')}")
    over = variance_at_completion(_end(now), now.budget)
    if over is not None and now.budget:
        ends = "it cost" if now.is_done else "it was on its way to end" if course.is_over else "it ends"
        kept = abs(over) < 0.005 * now.budget
        amount = "" if kept else f"{money(abs(over), course.currency)} "
        side = "on budget" if kept else "over budget" if over > 0 else "under budget"
        if now.is_done:
            than = f"{amount}{'more' if over > 0 else 'less'} than budgeted"
            parts.append(f"{ends} {'what was budgeted' if kept else than}{_first(course, now)}")
        else:
            parts.append(f"at this cost performance {ends} {amount}{side}{_first(course, now)}")
    text = "; ".join(parts) or (f"{money(now.earned, course.currency)} earned" if now.earned else "Nothing earned yet")
    return text[:1].upper() + text[1:]


def _end(now: Point) -> float | None:
    """What it costs at the end. Where all work is done nothing more is spent, though more was earned than planned."""
    return now.actual if now.is_done and now.actual is not None else now.estimate


def _first(course: Course, now: Point) -> str:
    """How a project that has another budget than at first stands against its first one."""
    first = course.baselines[0].budget if course.baselines else None
    over = variance_at_completion(_end(now), first)
    if over is None or not first or first == now.budget:
        return ""
    if abs(over) < 0.005 * first:
        return ", on its first budget"
    return f", {money(abs(over), course.currency)} {'over' if over > 0 else 'under'} its first budget"


def _against(off: float, plan: str) -> str:
    return (
        f"as much as {plan}" if abs(off) < 0.005 else f"{percent(abs(off))} {'more' if off > 0 else 'less'} than {plan}"
    )


def measured(course: Course, now: Point) -> str:
    """What the chart shows, its amounts, and of which report they are."""
    amounts = (("planned", now.planned), ("earned", now.earned), ("spent", now.actual))
    text = ", ".join(f"{name} {money(amount, course.currency)}" for name, amount in amounts if amount is not None)
    share = f"; {percent(now.share)} of the work done" if now.share is not None else ""
    return f"{text[:1].upper()}{text[1:]} by the report of {day(now.date)}{share}"


def shown(course: Course, now: Point) -> list[Figure]:
    """Performance so far and lately, what it leads to, and what it would take."""
    found = [
        Figure("Cost performance (CPI)", _index(now.cpi), _lately(now.recent_cpi), help="Earned / spent"),
        Figure("Schedule performance (SPI)", _index(now.spi), _lately(now.recent_spi), help="Earned / planned"),
        Figure(
            "By time, SPI(t)", _index(now.spi_t), _late(now), help="Earned schedule / time since the baseline start"
        ),
    ]
    if course.is_over or now.is_done:
        return found
    return [*found, _cost(now, course.currency), _needed(now), _finish(now)]


def _index(value: float | None) -> str:
    return number(value, decimals=2)


def _lately(value: float | None) -> str:
    return f"last three periods {_index(value)}"


def _late(now: Point) -> str:
    if now.late_days is None:
        return "no baseline dates" if now.plan[:2] == (None, None) else ""
    late = round(now.late_days)
    return "as planned" if not late else f"{days(abs(late))} {'behind' if late > 0 else 'ahead of'} the plan"


def _cost(now: Point, currency: str) -> Figure:
    found, done = now.interval("CPI"), f"with {percent(now.share)} done"
    lines = []
    if found:
        lines.append(f"usually {money(found[0], currency)} to {money(found[1], currency)} {done}")
    lines.append(f"reported {money(now.forecast, currency)}")
    return Figure(
        "Cost at this CPI (EAC)",
        money(now.estimate, currency),
        "\n".join(lines),
        help="Budget / CPI, and by how much that was usually off at this stage",
    )


def _needed(now: Point) -> Figure:
    needed = now.tcpi
    if needed is None:
        is_spent = now.actual is not None and now.budget is not None and now.actual >= now.budget
        note = "the budget is spent" if is_spent else "to end on budget"
    else:
        note = f"to end on budget{', seldom reached' if needed > UNLIKELY else ''}"
    if now.tcpi_forecast is not None:
        rare = ", seldom reached" if now.tcpi_forecast > UNLIKELY else ""
        note += f"\nto end as reported {_index(now.tcpi_forecast)}{rare}"
    return Figure(
        "Needed from now on (TCPI)",
        _index(needed),
        note,
        help=f"Above {UNLIKELY:.2f} it is seldom reached (Lipke 2016)",
    )


def _finish(now: Point) -> Figure:
    planned = f"baseline {day(now.finish)}" if now.finish else "no baseline"
    note = f"forecast {day(now.forecast_finish)}\n{planned}"
    return Figure("Finish at this pace", day(now.ends), note, help="Baseline duration / SPI(t)")


def _how_sure(now: Point) -> str:
    return (
        f"With {percent(now.share)} of the work done, each was off by so much on real projects, on average. "
        "The earlier, the less they tell; those by the schedule tell least."
    )


def _estimate(now: Point, name: str, currency: str) -> list[Cell]:
    estimate = now.forecast if name == "reported" else now.estimates[name]
    meant = "as the report forecasts" if name == "reported" else _MEANT[name]
    off = variance_at_completion(estimate, now.budget)
    error = None if estimate is None else usual_error(name, now.share)
    found = None if name == "reported" else now.interval(name)
    between = f"{money(found[0], currency)} to {money(found[1], currency)}" if found else NONE
    return [meant, money(estimate, currency), money(off, currency, sign=True), percent(error), between]
