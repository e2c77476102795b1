"""Benefits through time, added up: planned, forecast and realised. HTML and SVG; the names stand beside the lines."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate, pairwise

from analytics.benefits import Point
from components import theme
from components.charts import _spread, _ticks
from components.formats import day, unbroken

HEIGHT = 280  # pixels
_ROOM = 22  # percent of the width that a name takes
_GAP = 17  # pixels between the middles of two names

Write = Callable[[float], str]


@dataclass(frozen=True)
class _Line:
    name: str
    color: str
    dates: Sequence[dt.date]
    amounts: Sequence[float]
    is_ahead: bool = False

    def at(self, date: dt.date) -> float | None:
        return dict(zip(self.dates, self.amounts, strict=True)).get(date)


@dataclass(frozen=True)
class _Plane:
    """What is drawn where: dates across, amounts up, both in percent of the plot."""

    first: dt.date
    last: dt.date
    low: float
    top: float

    def across(self, date: dt.date) -> float:
        return 100 * (date - self.first).days / ((self.last - self.first).days or 1)

    def down(self, amount: float) -> float:
        return 100 * (self.top - amount) / (self.top - self.low)

    def path(self, line: _Line) -> str:
        places = zip(line.dates, line.amounts, strict=True)
        return "M" + "L".join(f"{self.across(date):.2f} {self.down(amount):.2f}" for date, amount in places) + "h0"


def drawing(points: Sequence[Point], review: dt.date, write: Write) -> str:
    """The chart as HTML; `write` says an amount."""
    lines = _lines(points, review)
    amounts = [amount for line in lines for amount in line.amounts]
    high, low = max([*amounts, 0.0]), min([*amounts, 0.0])
    room = (high - low or 1) * 0.06
    first, last = points[0].period_end, max(points[-1].period_end, points[0].period_end + dt.timedelta(days=1))
    plane = _Plane(first, last, low - (room if low else 0), high + room)
    paths = "".join(
        f'<path class="rw-line{" rw-earned-ahead" if line.is_ahead else ""}" style="stroke:{line.color}" '
        f'd="{plane.path(line)}"></path>'
        for line in lines
    )
    ends = [line for line in lines if line.dates[-1] == points[-1].period_end]
    ticks = [tick for tick in _ticks(high) if tick <= plane.top] if high > 0 else [0.0]
    scale = "".join(f'<span style="top:{plane.down(tick):.2f}%">{escape(write(tick))}</span>' for tick in ticks)
    grid = "".join(f'<i style="top:{plane.down(tick):.2f}%"></i>' for tick in ticks)
    inside = "".join(_inside(plane, line, review, lines, write) for line in lines if line not in ends)
    dates = f"<span>{day(first)}</span><span>{day(points[-1].period_end)}</span>"
    return (
        f'<div class="rw-lines rw-earned" role="img" aria-label="{escape(alt(points, review, write))}" '
        f'style="--height:{HEIGHT}px"><div class="rw-lines-beside rw-right">{scale}</div>'
        f'<div class="rw-lines-plot">{grid}<svg viewBox="0 0 100 100" preserveAspectRatio="none">{paths}</svg>'
        f"{_review(plane, review)}{_tips(plane, points, lines, write)}{inside}</div>"
        f'<div class="rw-lines-beside">{_beside(plane, ends, write)}</div><div class="rw-ends">{dates}</div></div>'
    )


def alt(points: Sequence[Point], review: dt.date, write: Write) -> str:
    """The chart in words."""
    said = ", ".join(f"{line.name.lower()} {write(line.amounts[-1])}" for line in _lines(points, review))
    return f"Added up to {day(points[-1].period_end)}: {said}"


def _lines(points: Sequence[Point], review: dt.date) -> list[_Line]:
    colors = theme.palette()
    dates = [point.period_end for point in points]
    over = [point for point in points if point.period_end <= review]
    expected = list(accumulate(point.expected for point in points))
    begin = max(len(over) - 1, 0)
    lines = [_Line("Planned", colors.unknown_text, dates, list(accumulate(point.planned for point in points)))]
    if over:
        realised = list(accumulate(point.realised or 0 for point in over))
        lines.append(_Line("Realised", colors.series[3], dates[: len(over)], realised))
    if len(over) < len(points):
        lines.append(_Line("Forecast", colors.series[0], dates[begin:], expected[begin:], is_ahead=True))
        held = list(accumulate(point.expected - point.before for point in points))
        if held[-1] != expected[-1]:
            lines.append(_Line("Credible", colors.series[1], dates[begin:], held[begin:], is_ahead=True))
    return lines


def _review(plane: _Plane, date: dt.date) -> str:
    if not plane.first <= date <= plane.last:
        return ""
    words = escape(unbroken(day(date)))
    return f'<div class="rw-earned-now" style="left:{plane.across(date):.2f}%"><span>{words}</span></div>'


def _inside(plane: _Plane, line: _Line, review: dt.date, lines: Sequence[_Line], write: Write) -> str:
    """The name of a line that ends at the review, above all lines there, on the side of the upright line with room."""
    end = line.dates[-1]
    place = plane.across(max(end, min(review, plane.last)))
    highest = max(amount for one in lines if (amount := one.at(end)) is not None)
    top = max(plane.down(highest) - (7 if place > _ROOM else 16), 4)
    side = f"right:{100 - place:.2f}%;margin-right:0.5rem" if place > _ROOM else f"left:{place:.2f}%"
    return (
        f'<b class="rw-earned-name" style="{side};top:{top:.2f}%;color:{line.color}">'
        f"{line.name}<span> {escape(write(line.amounts[-1]))}</span></b>"
    )


def _beside(plane: _Plane, lines: Sequence[_Line], write: Write) -> str:
    span = plane.top - plane.low
    heights = _spread([line.amounts[-1] - plane.low for line in lines], _GAP * span / HEIGHT, span)
    return "".join(
        f'<b style="top:{100 - 100 * height / span:.2f}%;color:{line.color}">{line.name}'
        f"<span>\u2002{escape(write(line.amounts[-1]))}</span></b>"
        for line, height in zip(lines, heights, strict=True)
    )


def _tips(plane: _Plane, points: Sequence[Point], lines: Sequence[_Line], write: Write) -> str:
    """What each date says on hover; each reaches halfway to its neighbours."""
    across = [plane.across(point.period_end) for point in points]
    edges = [0.0, *((one + other) / 2 for one, other in pairwise(across)), 100.0]
    parts = []
    for point, at, (left, right) in zip(points, across, pairwise(edges), strict=True):
        known = [(line.name, line.at(point.period_end)) for line in lines]
        said = [f"{name} {write(amount)}" for name, amount in known if amount is not None]
        tip = escape("\n".join([f"By {day(point.period_end)}", *said]))
        inside = (at - left) / (right - left) * 100 if right > left else 0
        parts.append(
            f'<div class="rw-at{" rw-at-late" if at > 50 else ""}" data-tip="{tip}" '
            f'style="left:{left:.2f}%;width:{max(right - left, 0.5):.2f}%;--at:{inside:.0f}%"></div>'
        )
    return "".join(parts)
