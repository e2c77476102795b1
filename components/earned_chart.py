"""Planned value, earned value and actual cost through time, and where they lead. HTML and SVG, so that it takes any
width and needs no script; the names stand beside the lines."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from analytics.earned import Baseline, Course, Point
from components import plot, theme
from components.formats import day, money
from components.plot import Plane

HEIGHT = 300  # pixels
_AHEAD = 0.3  # the least share of the width that what lies ahead takes, so that its names fit
_FARTHEST = 3  # times the planned duration that are drawn
_YEARS = 20  # that are drawn at most before and after the review date
_HIGHEST = 2.5  # times the budget, or the spent, that are drawn


@dataclass(frozen=True)
class _Line:
    name: str
    color: str
    values: Sequence[float | None]


def drawing(course: Course, now: Point) -> str:
    """The chart as HTML; `now` is the latest report that states an earned value."""
    colors, currency = theme.palette(), course.currency
    shown = [p for p in course.points if (p.planned, p.earned, p.actual) != (None, None, None)]
    lines = [
        _Line("Planned", colors.unknown_text, [p.planned for p in shown]),
        _Line("Earned", colors.series[3], [p.earned for p in shown]),
        _Line("Spent", colors.series[1], [p.actual for p in shown]),
    ]
    lines = [line for line in lines if any(value is not None for value in line.values)]
    is_open = not course.is_over and not now.is_done
    plane = _plane(course, now, shown, is_open)
    forecasts = _forecasts(now, colors) if is_open else []
    paths = _plan_ahead(plane, now, colors.unknown_text) if is_open else ""
    paths += _fan(plane, now, forecasts)
    paths += "".join(_path(plane, shown, line) for line in lines)
    marks = "".join(
        _baseline(plane, one, other, currency, row % 2)
        for row, (one, other) in enumerate(pairwise(course.baselines))
        if plane.first < other.from_date <= plane.last
    )
    if is_open:
        marks += plot.review(plane.across(course.day), course.day)
    ends = [(line.name, last, line.color) for line in lines if (last := _last(line.values)) is not None]
    names = _inside(plane, shown[-1].date, ends, currency) if is_open else ""
    beside = _beside(plane, now, forecasts if is_open else ends, currency)
    ticks = [tick for tick in plot.ticks(0.75 * plane.top) if tick <= plane.top]
    return plot.framed(
        alt=alt(course, now),
        height=HEIGHT,
        scale=[(plane.down(tick), money(tick, currency)) for tick in ticks],
        paths=paths,
        over=f"{marks}{_tips(plane, shown, currency)}{names}",
        beside=beside,
        ends=plot.ends(plane.first, plane.last),
        kind="rw-earned",
    )


def alt(course: Course, now: Point) -> str:
    """The chart in words."""
    said = [("Planned", now.planned), ("earned", now.earned), ("spent", now.actual), ("budget", now.budget)]
    if not course.is_over and not now.is_done:
        said += [("forecast cost", now.forecast), ("cost at this performance", now.estimate)]
    words = [f"{name} {money(amount, course.currency)}" for name, amount in said if amount is not None]
    if now.ends and not course.is_over and not now.is_done:
        words.append(f"finish at this pace {day(now.ends)}")
    return f"{', '.join(words)}, at {day(now.date)}"


def _plane(course: Course, now: Point, shown: Sequence[Point], is_open: bool) -> Plane:
    span = dt.timedelta(days=365 * _YEARS)
    first = max(min([shown[0].date, *([now.start] if now.start else [])]), course.day - span)
    last = max(shown[-1].date, first + dt.timedelta(days=7))
    amounts = [v for p in shown for v in (p.planned, p.earned, p.actual, p.budget) if v is not None]
    top = max([*amounts, 1.0])
    if is_open:
        dates = (now.finish, now.forecast_finish, now.ends)
        ahead = [min(date, course.day + span) for date in dates if date]
        if now.start and now.finish:
            planned = max(min(now.finish, course.day + span) - first, dt.timedelta(days=30))
            ahead = [min(date, max(first + _FARTHEST * planned, last)) for date in ahead]
        room = dt.timedelta(days=round((last - first).days * _AHEAD / (1 - _AHEAD)))
        last = max(last + room, course.day, *ahead)
        found = now.interval("CPI")
        wanted = [amount for amount in (now.forecast, now.estimate, found and found[1]) if amount]
        top = max([top, *(min(amount, _HIGHEST * top) for amount in wanted)])
    return Plane(first, last, 0, top * 1.06)


def _forecasts(now: Point, colors: theme.Palette) -> list[tuple[str, float, str]]:
    """What the cost at the end may be: its name, amount and colour."""
    found = [
        ("Budget", now.budget, colors.unknown_text),
        ("Forecast", now.forecast, colors.series[0]),
        ("At this CPI", now.estimate, colors.series[1]),
    ]
    return [(name, amount, color) for name, amount, color in found if amount is not None]


def _end(plane: Plane, now: Point, name: str) -> dt.date:
    """When it ends at the pace so far, else when it is forecast or planned to; a forecast ends when it says so."""
    pace = now.ends or now.forecast_finish or now.finish or plane.last
    return max(now.forecast_finish or pace if name == "Forecast" else pace, now.date)


def _toward(plane: Plane, now: Point, end: dt.date, amount: float) -> tuple[dt.date, float]:
    """How far the way from what is spent to an amount at its end is drawn: to there, else to the right edge."""
    if end <= plane.last or now.actual is None:
        return end, amount
    part = (plane.last - now.date).days / (end - now.date).days
    return plane.last, now.actual + part * (amount - now.actual)


def _fan(plane: Plane, now: Point, forecasts: Sequence[tuple[str, float, str]]) -> str:
    """From what is spent to what it costs at the end: the forecast, and that of the cost performance with its range."""
    if now.actual is None:
        return ""
    begin = plane.at(now.date, now.actual)
    parts = []
    for name, amount, color in forecasts:
        if name == "Budget":
            continue
        end = _end(plane, now, name)
        found = now.interval("CPI") if name != "Forecast" else None
        if found:
            low, high = (plane.at(*_toward(plane, now, end, edge)) for edge in found)
            parts.append(f'<path d="M{begin}L{low}L{high}Z" style="fill:{color};opacity:0.16"></path>')
        at = plane.at(*_toward(plane, now, end, amount))
        parts.append(_dashed(f"M{begin}L{at}", color))
        # A dot says a date: there is none where the way leads on beyond the edge.
        parts.append(_dot(at, color) if end <= plane.last else "")
    return "".join(parts)


def _plan_ahead(plane: Plane, now: Point, color: str) -> str:
    """The plan after the latest report: a straight line to the budget at its finish, and from there on level."""
    if now.finish is None or now.budget is None or now.planned is None or now.planned > now.budget:
        return ""
    path = f"M{plane.at(now.date, now.planned)}"
    if now.finish > now.date:
        path += f"L{plane.at(now.finish, now.budget)}"
    return _dashed(f"{path}L{plane.at(plane.last, now.budget)}", color)


def _dashed(path: str, color: str) -> str:
    return f'<path class="rw-line rw-earned-ahead" style="stroke:{color}" d="{path}"></path>'


def _dot(place: str, color: str) -> str:
    return f'<path class="rw-line rw-earned-dot" style="stroke:{color}" d="M{place}h0"></path>'


def _path(plane: Plane, shown: Sequence[Point], line: _Line) -> str:
    """A line through what is known, broken where the plan changed: what is measured by another plan does not connect.

    A value between two gaps is a point.
    """
    parts: list[str] = []
    before: Point | None = None
    for point, value in zip(shown, line.values, strict=True):
        if value is not None:
            is_on = before is not None and (line.name == "Spent" or before.plan == point.plan)
            parts.append(f"{'L' if is_on else 'M'}{plane.at(point.date, value)}{'' if is_on else 'h0'}")
        before = point if value is not None else None
    return f'<path class="rw-line" style="stroke:{line.color}" d="{"".join(parts)}"></path>'


def _baseline(plane: Plane, before: Baseline, baseline: Baseline, currency: str, row: int) -> str:
    """Where a new baseline began to hold, and on hover what it says."""
    said = [f"Baseline {baseline.number} from {day(baseline.from_date)}"]
    if before.finish != baseline.finish:
        said.append(f"finish {day(before.finish)} became {day(baseline.finish)}")
    if before.budget != baseline.budget:
        said.append(f"budget {money(before.budget, currency)} became {money(baseline.budget, currency)}")
    place = plane.across(baseline.from_date)
    side = " rw-earned-left" if place > 35 else ""
    return (
        f'<div class="rw-earned-base{side}" style="left:{place:.2f}%" title="{escape(", ".join(said))}">'
        f'<span style="top:{row}rem">Baseline {baseline.number}</span></div>'
    )


def _inside(plane: Plane, date: dt.date, ends: Sequence[tuple[str, float, str]], currency: str) -> str:
    """The lines' names beside and below their last points, since what lies ahead rises; with room their amounts too."""
    parts, step, top = [], 100 * plot.LABEL_GAP / HEIGHT, 0.0
    for left, (name, amount, color) in zip(range(len(ends), 0, -1), sorted(ends, key=lambda end: -end[1]), strict=True):
        lowest = 100 - (left - 0.5) * step  # so that those below fit too
        top = min(max(plane.down(amount) + 0.6 * step, top), lowest)
        parts.append(plot.name_inside(name, money(amount, currency), color, f"left:{plane.across(date):.2f}%", top))
        top += step
    return "".join(parts)


def _beside(plane: Plane, now: Point, ends: Sequence[tuple[str, float, str]], currency: str) -> str:
    ways = ("Forecast", "At this CPI")
    heights = _heights(
        plane,
        [
            _toward(plane, now, _end(plane, now, name), amount)[1] if name in ways else amount
            for name, amount, _ in ends
        ],
    )
    return "".join(
        plot.name_beside(name, money(amount, currency), color, top)
        for (name, amount, color), top in zip(ends, heights, strict=True)
    )


def _heights(plane: Plane, amounts: Sequence[float]) -> list[float]:
    """Where names stand, from the top in percent: at their amounts, but never on one another."""
    places = plot.spread(
        [min(max(amount, 0.0), plane.top) for amount in amounts], plot.LABEL_GAP * plane.top / HEIGHT, plane.top
    )
    return [plane.down(place) for place in places]


def _tips(plane: Plane, shown: Sequence[Point], currency: str) -> str:
    """What each report says on hover."""
    across = [plane.across(point.date) for point in shown]
    texts = []
    for point in shown:
        values = (("Planned", point.planned), ("Earned", point.earned), ("Spent", point.actual))
        texts.append("\n".join([day(point.date), *(f"{name} {money(value, currency)}" for name, value in values)]))
    return plot.tips(across, texts, first=across[0], last=across[-1])


def _last(values: Sequence[float | None]) -> float | None:
    return next((value for value in reversed(values) if value is not None), None)
