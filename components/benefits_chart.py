"""Benefits through time, added up: planned, forecast and realised. HTML and SVG; the names stand beside the lines."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from analytics.benefits import Point
from components import plot, theme
from components.formats import day
from components.plot import Plane

HEIGHT = 280  # pixels
_ROOM = 22  # percent of the width that a name takes

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


def drawing(points: Sequence[Point], review: dt.date, write: Write) -> str:
    """The chart as HTML; `write` says an amount."""
    lines = _lines(points, review)
    amounts = [amount for line in lines for amount in line.amounts]
    high, low = max([*amounts, 0.0]), min([*amounts, 0.0])
    room = (high - low or 1) * 0.06
    first, last = points[0].period_end, max(points[-1].period_end, points[0].period_end + dt.timedelta(days=1))
    plane = Plane(first, last, low - (room if low else 0), high + room)
    paths = "".join(
        f'<path class="rw-line{" rw-earned-ahead" if line.is_ahead else ""}" style="stroke:{line.color}" '
        f'd="{_path(plane, line)}"></path>'
        for line in lines
    )
    ends = [line for line in lines if line.dates[-1] == points[-1].period_end]
    ticks = [tick for tick in plot.ticks(high) if tick <= plane.top] if high > 0 else [0.0]
    inside = "".join(_inside(plane, line, review, lines, write) for line in lines if line not in ends)
    upright = plot.review(plane.across(review), review) if plane.first <= review <= plane.last else ""
    return plot.framed(
        alt=alt(points, review, write),
        height=HEIGHT,
        scale=[(plane.down(tick), write(tick)) for tick in ticks],
        paths=paths,
        over=f"{upright}{_tips(plane, points, lines, write)}{inside}",
        beside=_beside(plane, ends, write),
        ends=plot.ends(first, points[-1].period_end),
        kind="rw-earned",
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


def _path(plane: Plane, line: _Line) -> str:
    return "M" + "L".join(plane.at(date, amount) for date, amount in zip(line.dates, line.amounts, strict=True)) + "h0"


def _inside(plane: Plane, line: _Line, review: dt.date, lines: Sequence[_Line], write: Write) -> str:
    """The name of a line that ends at the review, above all lines there, on the side of the upright line with room."""
    end = line.dates[-1]
    place = plane.across(max(end, min(review, plane.last)))
    highest = max(amount for one in lines if (amount := one.at(end)) is not None)
    top = max(plane.down(highest) - (7 if place > _ROOM else 16), 4)
    side = f"right:{100 - place:.2f}%;margin-right:0.5rem" if place > _ROOM else f"left:{place:.2f}%"
    return plot.name_inside(line.name, write(line.amounts[-1]), line.color, side, top)


def _beside(plane: Plane, lines: Sequence[_Line], write: Write) -> str:
    span = plane.top - plane.low
    heights = plot.spread([line.amounts[-1] - plane.low for line in lines], plot.LABEL_GAP * span / HEIGHT, span)
    return "".join(
        plot.name_beside(line.name, write(line.amounts[-1]), line.color, plane.down(plane.low + height))
        for line, height in zip(lines, heights, strict=True)
    )


def _tips(plane: Plane, points: Sequence[Point], lines: Sequence[_Line], write: Write) -> str:
    """What each date says on hover."""
    texts = []
    for point in points:
        known = [(line.name, line.at(point.period_end)) for line in lines]
        said = [f"{name} {write(amount)}" for name, amount in known if amount is not None]
        texts.append("\n".join([f"By {day(point.period_end)}", *said]))
    return plot.tips([plane.across(point.period_end) for point in points], texts)
