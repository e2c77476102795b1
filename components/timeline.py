"""Plans as bars: projects on one time line, and their money. HTML, so that names end in dots and keys reach each."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

from components import health
from components.clickable import clickable
from components.formats import day, unbroken
from components.tables import explained

_STEPS = (1, 3, 6, 12, 24, 60, 120)  # months between ticks
_MOST_TICKS = 7
_FARTHEST = dt.timedelta(days=3650)  # from the review date; what lies beyond is cut off at the edge


@dataclass(frozen=True)
class Point:
    """A milestone on a bar, at the day it was met or is expected, with its baseline. `tip` may be foreign text; `opens`
    comes back from a click on it."""

    at: dt.date
    baseline: dt.date | None
    is_deliverable: bool
    state: Literal["met", "missed", "ahead"]
    tip: str
    opens: str


@dataclass(frozen=True)
class Bar:
    """One project: what was planned (baseline) and what is forecast; any date may be missing.

    `note` stands at the end of its row, `tip` says all of it on hover, `said` in place of the drawing where the screen
    is narrow. All of them, and the name, may be foreign text. `opens` comes back from a click on its colour.
    """

    pick: str
    link: str
    name: str
    state: Any
    start: dt.date | None
    planned: dt.date | None
    finish: dt.date | None
    note: str
    tip: str
    said: str = ""
    opens: str = ""
    points: tuple[Point, ...] = ()


@dataclass(frozen=True)
class Tie:
    """A dependency between two bars (by their picks): what comes on a day from one is needed on a day by the other."""

    giver: str
    comes: dt.date
    taker: str
    needed: dt.date
    is_broken: bool
    tip: str


@dataclass(frozen=True)
class _Span:
    first: dt.date
    last: dt.date

    def at(self, date: dt.date) -> float:
        """Where a date stands, in percent."""
        whole = (self.last - self.first).days or 1
        return max(0.0, min(100.0, 100 * (date - self.first).days / whole))


def timeline(bars: Sequence[Bar], today: dt.date, *, alt: str, key: str, ties: Sequence[Tie] = ()) -> str | None:
    """Bars over one span of time, the review date a line through all; returned is the pick of what was clicked.

    Ties are drawn between those bars that are shown, the broken ones above the others.
    """
    places = {bar.pick: n for n, bar in enumerate(bars)}
    shown = [tie for tie in ties if tie.giver in places and tie.taker in places]
    shown.sort(key=lambda tie: tie.is_broken)
    span = _span(bars, shown, today)
    now = f'<i class="rw-time-now" style="left:{span.at(today):.2f}%"></i>'
    ticks = "".join(
        f'<span class="rw-time-tick" style="left:{span.at(at):.2f}%">{escape(text)}</span>' for at, text in _ticks(span)
    )
    flag = f'<span class="rw-time-flag" style="left:{span.at(today):.2f}%">{escape(unbroken(day(today)))}</span>'
    grid = "".join(f'<i class="rw-time-grid" style="left:{span.at(at):.2f}%"></i>' for at, _ in _ticks(span))
    rows = "".join(_row(bar, span, grid + now) for bar in bars)
    scale = f'<div class="rw-time-scale">{ticks}{flag}</div>'
    axis = f'<div class="rw-time-axis" aria-hidden="true"><div></div>{scale}<div></div></div>'
    body = f'<div class="rw-time-body">{rows}{_ties(shown, places, span)}</div>'
    words = _key(bars, shown)
    return clickable(f'<div class="rw-time" role="group" aria-label="{escape(alt)}">{axis}{body}{words}</div>', key)


def _row(bar: Bar, span: _Span, behind: str) -> str:
    word = health.word(bar.state, is_evidence=True)
    shape = f'<span class="rw-mark rw-{health.health(bar.state)}"><span class="rw-hidden">{word}: why?</span></span>'
    name = (
        f'<div class="rw-time-head">{explained(shape, bar.opens) if bar.opens else shape}'
        f'<a class="rw-open rw-time-name" href="{escape(bar.link)}" target="_self" data-pick="{escape(bar.pick)}">'
        f"{escape(bar.name)}</a></div>"
    )
    points = "".join(_point(point, span) for point in bar.points)
    track = f'<div class="rw-time-track" aria-hidden="true">{behind}{_drawn(bar, span)}{points}</div>'
    note = f'<div class="rw-time-note">{escape(unbroken(bar.note))}</div>'
    said = f'<div class="rw-time-said">{escape(unbroken(bar.said))}</div>' if bar.said else ""
    return f'<div class="rw-time-row" title="{escape(bar.tip)}">{name}{track}{note}{said}</div>'


_SHAPES = {False: "M7 .8 13.2 7 7 13.2 .8 7Z", True: "M1.8 1.4H12.2V7.6L7 13.2 1.8 7.6Z"}  # a deliverable is a label


def _point(point: Point, span: _Span) -> str:
    """A milestone, and a faint tick on the plan where it was to be met."""
    base = ""
    if point.baseline:
        base = f'<i class="rw-point-base" style="left:{span.at(point.baseline):.2f}%"></i>'
    shape = _shape(point.is_deliverable, point.state)
    place = f'style="left:{span.at(point.at):.2f}%" title="{escape(point.tip)}"'
    return f'{base}<i class="rw-point" data-pick="{escape(point.opens)}" {place}>{shape}</i>'


def _shape(is_deliverable: bool, state: str) -> str:
    """Filled is met, hollow is ahead, struck through is missed."""
    strike = '<path class="rw-strike" d="M4.7 9.3 9.3 4.7"/>' if state == "missed" else ""
    path = f'd="{_SHAPES[is_deliverable]}"'
    return f'<svg class="rw-{state}" viewBox="0 0 14 14"><path class="rw-halo" {path}/><path {path}/>{strike}</svg>'


def _ties(ties: Sequence[Tie], places: dict[str, int], span: _Span) -> str:
    """Lines from the day on which something comes to the day on which it is needed: back in time where that is late."""
    if not ties:
        return ""
    lines, marks = [], []
    for tie in ties:
        begin, end, low = span.at(tie.comes), span.at(tie.needed), places[tie.taker] > places[tie.giver]
        at, to = places[tie.giver] + 0.58, places[tie.taker] + (0.18 if low else 0.92)
        turn = places[tie.taker] + (0.04 if low else 1.0)
        kind = "rw-tie-broken" if tie.is_broken else "rw-tie-holds"
        way = f"M{begin:.2f} {at:.2f}V{turn:.2f}H{end:.2f}V{to:.2f}"
        lines.append(f'<path class="rw-halo" d="{way}"/><path class="{kind}" d="{way}"/>')
        head = f"left:{end:.2f}%;top:{100 * to / len(places):.3f}%"
        marks.append(f'<i class="rw-tie-head {kind}{"" if low else " rw-up"}" style="{head}"></i>')
        if tie.is_broken:
            middle = f"left:{(begin + end) / 2:.2f}%;top:{100 * turn / len(places):.3f}%"
            marks.append(f'<i class="rw-tie-mark" style="{middle}" title="{escape(tie.tip)}"></i>')
    svg = f'<svg viewBox="0 0 100 {len(places)}" preserveAspectRatio="none">{"".join(lines)}</svg>'
    return (
        f'<div class="rw-time-over" aria-hidden="true"><div></div><div class="rw-ties">{svg}{"".join(marks)}</div>'
        "<div></div></div>"
    )


def _key(bars: Sequence[Bar], ties: Sequence[Tie]) -> str:
    """What the shapes and lines mean, of those that are drawn."""
    points = [point for bar in bars for point in bar.points]
    words = {"met": "met", "missed": "due and missed", "ahead": "ahead"}
    parts = [
        f"{_shape(False, state)}{word}" for state, word in words.items() if any(one.state == state for one in points)
    ]
    if any(point.is_deliverable for point in points):
        parts.append(f"{_shape(True, 'ahead')}a deliverable, else a milestone")
    if any(tie.is_broken for tie in ties):
        parts.append('<b class="rw-key-broken"></b>comes after it is needed')
    if not all(tie.is_broken for tie in ties):
        parts.append('<b class="rw-key-holds"></b>comes in time')
    found = "".join(f"<span>{part}</span>" for part in parts)
    return f'<div class="rw-time-key" aria-hidden="true">{found}</div>' if parts else ""


def _drawn(bar: Bar, span: _Span) -> str:
    """The plan thin, the forecast thick, what lies past the plan hatched; a lone date is a dot."""
    state, parts = health.health(bar.state), []
    why = f' data-pick="{escape(bar.opens)}"' if bar.opens else ""
    if bar.start and bar.planned and bar.planned > bar.start:
        parts.append(_piece("rw-time-plan", span.at(bar.start), span.at(bar.planned)))
    if bar.finish and bar.start:
        until = min(bar.finish, bar.planned) if bar.planned else bar.finish
        parts.append(_piece(f"rw-time-bar rw-fill-{state}", span.at(bar.start), span.at(max(until, bar.start)), why))
    if bar.finish and bar.planned and bar.finish > bar.planned:
        begin = max(bar.planned, bar.start) if bar.start else bar.planned
        parts.append(_piece(f"rw-time-bar rw-time-late rw-fill-{state}", span.at(begin), span.at(bar.finish), why))
    if (lone := bar.finish or bar.planned) and not bar.start:
        parts.append(f'<i class="rw-time-dot rw-fill-{state}"{why} style="left:{span.at(lone):.2f}%"></i>')
    return "".join(parts) or '<span class="rw-time-none">no dates</span>'


def _piece(kind: str, begin: float, end: float, also: str = "") -> str:
    return f'<i class="{kind}"{also} style="left:{begin:.2f}%;width:{max(end - begin, 0):.2f}%"></i>'


def _span(bars: Sequence[Bar], ties: Sequence[Tie], today: dt.date) -> _Span:
    dates = [date for bar in bars for date in (bar.start, bar.planned, bar.finish) if date]
    dates += [point.at for bar in bars for point in bar.points] + [
        date for tie in ties for date in (tie.comes, tie.needed)
    ]
    near = [max(today - _FARTHEST, min(today + _FARTHEST, date)) for date in [*dates, today]]
    first, last = min(near), max(near)
    margin = dt.timedelta(days=max(7, (last - first).days // 40))
    return _Span(first - margin, last + margin)


def _ticks(span: _Span) -> list[tuple[dt.date, str]]:
    """First days of months or years, not too many of them."""
    months = (span.last.year - span.first.year) * 12 + span.last.month - span.first.month
    step = next((step for step in _STEPS if months / step <= _MOST_TICKS), _STEPS[-1])
    begin = span.first.year * 12 + span.first.month - 1
    numbers = range(-(-(begin + 1) // step) * step, span.last.year * 12 + span.last.month, step)
    dates = [dt.date(number // 12, number % 12 + 1, 1) for number in numbers]
    return [(date, f"{date:%Y}" if step >= 12 else f"{date:%b %Y}") for date in dates if date <= span.last]


@dataclass(frozen=True)
class Cost:
    """One project's money, in one currency: any amount may be missing."""

    name: str
    state: Any
    budget: float | None
    forecast: float | None
    spent: float | None
    value: str
    note: str


def costs(rows: Sequence[Cost], *, alt: str) -> str:
    """Bars of money, HTML: the forecast, in it what is spent, the budget a line; what is over it is hatched."""
    top = max((amount for row in rows for amount in (row.budget, row.forecast, row.spent) if amount), default=1.0)
    body = "".join(_cost(row, top) for row in rows)
    return f'<div class="rw-costs" role="img" aria-label="{escape(alt)}">{body}</div>'


def _cost(row: Cost, top: float) -> str:
    parts = []
    if row.forecast:
        inside = min(row.forecast, row.budget) if row.budget else row.forecast
        parts.append(_piece("rw-cost-forecast", 0, 100 * inside / top))
        if row.budget and row.forecast > row.budget:
            over = f"rw-time-late rw-cost-over rw-fill-{health.health(row.state)}"
            parts.append(_piece(over, 100 * row.budget / top, 100 * row.forecast / top))
    if row.spent:
        parts.append(_piece("rw-cost-spent", 0, 100 * row.spent / top))
    if row.budget:
        parts.append(f'<i class="rw-cost-budget" style="left:{100 * row.budget / top:.2f}%"></i>')
    drawn = "".join(parts) or '<span class="rw-time-none">no amounts</span>'
    return (
        f'<div class="rw-cost-row"><div class="rw-cost-name">{escape(row.name)}</div>'
        f'<div class="rw-cost-value">{escape(unbroken(row.value))} <span>{escape(unbroken(row.note))}</span></div>'
        f'<div class="rw-cost-track">{drawn}</div></div>'
    )
