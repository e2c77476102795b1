"""Dates over dates: what each report expected. HTML and SVG, so that it takes any width and needs no script."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from components import plot

HEIGHT = 232  # pixels of the plot
_INSIDE = 62  # percent across: a line that ends before has room for its name beside its end


@dataclass(frozen=True)
class DateLine:
    """A line: its name (may be foreign text), what is written behind it, its colour, and its points (report, date).

    `tip` is said on hover.
    """

    name: str
    note: str
    color: str
    points: Sequence[tuple[dt.date, dt.date]]
    tip: str = ""


@dataclass(frozen=True)
class _Plane:
    """Report dates across and expected dates up, both in percent of the plot."""

    first: dt.date
    last: dt.date
    low: dt.date
    high: dt.date

    def across(self, date: dt.date) -> float:
        return 100 * (date - self.first).days / ((self.last - self.first).days or 1)

    def down(self, date: dt.date) -> float:
        return 100 - 100 * (date - self.low).days / ((self.high - self.low).days or 1)

    def at(self, report: dt.date, date: dt.date) -> str:
        return f"{self.across(report):.2f} {self.down(date):.2f}"


def drawing(lines: Sequence[DateLine], *, last: dt.date, alt: str, completion: str = "", height: int = HEIGHT) -> str:
    """The chart as HTML, up to a review date; each line has its name at its end.

    `completion` names the diagonal on which a date is its report's own: there what was expected has come.
    """
    plane = _plane(lines, last)
    paths = "".join(_path(plane, line) for line in lines)
    inside: list[DateLine] = []
    beside: list[DateLine] = []
    for line in lines:
        (inside if plane.across(line.points[-1][0]) <= _INSIDE and len(line.points) > 1 else beside).append(line)
    over = "".join(_dot(plane, line) for line in lines) + _inside(plane, inside, height)
    return plot.framed(
        alt=alt,
        height=height,
        scale=[(plane.down(tick), f"{tick:%b %Y}") for tick in _ticks(plane.low, plane.high)],
        paths=f"{_diagonal(plane) if completion else ''}{paths}",
        over=f"{over}{_completion(plane, completion) if completion else ''}",
        beside=_beside(plane, beside, height),
        ends=plot.ends(plane.first, plane.last),
        kind="rw-dates",
    )


def _plane(lines: Sequence[DateLine], last: dt.date) -> _Plane:
    reports = [report for line in lines for report, _ in line.points]
    dates = [date for line in lines for _, date in line.points]
    first = min([*reports, last - dt.timedelta(days=28)])
    # At least a month, so that the first day of one is on the scale.
    room = dt.timedelta(days=max((max(dates) - min(dates)).days // 12, 16))
    return _Plane(first, last, min(dates) - room, max(dates) + room)


def _path(plane: _Plane, line: DateLine) -> str:
    first, *others = [plane.at(report, date) for report, date in line.points]
    path = "".join(f"L{place}" for place in others)
    return f'<path class="rw-line" style="stroke:{line.color}" d="M{first}h0{path}"></path>'


def _diagonal(plane: _Plane) -> str:
    start, end = max(plane.first, plane.low), min(plane.last, plane.high)
    # A corner of it says nothing.
    if (end - start).days < 0.15 * (plane.last - plane.first).days:
        return ""
    return f'<path class="rw-line rw-line-completion" d="M{plane.at(start, start)}L{plane.at(end, end)}"></path>'


def _completion(plane: _Plane, words: str) -> str:
    """What the diagonal is, written under its lower end, where no line can be."""
    start, end = max(plane.first, plane.low), min(plane.last, plane.high)
    if (end - start).days < 0.35 * (plane.last - plane.first).days:
        return ""
    return (
        f'<span class="rw-dates-completion" style="left:{plane.across(start):.2f}%;top:{plane.down(start):.2f}%">'
        f"{escape(words)}</span>"
    )


def _dot(plane: _Plane, line: DateLine) -> str:
    report, date = line.points[-1]
    tip = f' title="{escape(line.tip)}"' if line.tip else ""
    return (
        f'<span class="rw-dates-dot"{tip} style="left:{plane.across(report):.2f}%;top:{plane.down(date):.2f}%;'
        f'background:{line.color}"></span>'
    )


def _inside(plane: _Plane, lines: Sequence[DateLine], height: int) -> str:
    """The names of lines that ended early, to the right of their ends."""
    places = plot.spread([height * plane.down(line.points[-1][1]) / 100 for line in lines], plot.LABEL_GAP, height)
    return "".join(
        f'<b class="rw-dates-name" style="left:{(at := plane.across(line.points[-1][0])):.2f}%;top:{top:.0f}px;'
        f'max-width:calc({100 - at:.2f}% - 0.6rem);color:{line.color}" title="{escape(line.tip or line.name)}">'
        f"{_label(line)}</b>"
        for line, top in zip(lines, places, strict=True)
    )


def _beside(plane: _Plane, lines: Sequence[DateLine], height: int) -> str:
    places = plot.spread([height * plane.down(line.points[-1][1]) / 100 for line in lines], plot.LABEL_GAP, height)
    return "".join(
        f'<b style="top:{top:.0f}px;color:{line.color}" title="{escape(line.tip or line.name)}">{_label(line)}</b>'
        for line, top in zip(lines, places, strict=True)
    )


def _label(line: DateLine) -> str:
    return f"<span>{escape(line.name)}</span>\u2002<small>{escape(line.note)}</small>"


def _ticks(low: dt.date, high: dt.date) -> Iterator[dt.date]:
    """The first days of months, up to six of them, a whole number of months apart."""
    months = (high.year - low.year) * 12 + high.month - low.month
    step = next((step for step in (1, 3, 6, 12, 24, 60) if months / step <= 5), 120)
    at = low.year * 12 + low.month - 1
    at += -at % step
    while (tick := dt.date(at // 12, at % 12 + 1, 1)) <= high:
        if tick >= low:
            yield tick
        at += step
