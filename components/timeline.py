"""Plans as bars: projects on one time line, and their money. HTML, so that names end in dots and keys reach each."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from components import health
from components.clickable import clickable
from components.formats import day, unbroken

_STEPS = (1, 3, 6, 12, 24, 60, 120)  # months between ticks
_MOST_TICKS = 7
_FARTHEST = dt.timedelta(days=3650)  # from the review date; what lies beyond is cut off at the edge


@dataclass(frozen=True)
class Bar:
    """One project: what was planned (baseline) and what is forecast; any date may be missing.

    `note` stands at the end of its row, `tip` says all of it on hover. Both, and the name, may be foreign text.
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


@dataclass(frozen=True)
class _Span:
    first: dt.date
    last: dt.date

    def at(self, date: dt.date) -> float:
        """Where a date stands, in percent."""
        whole = (self.last - self.first).days or 1
        return max(0.0, min(100.0, 100 * (date - self.first).days / whole))


def timeline(bars: Sequence[Bar], today: dt.date, *, alt: str, key: str) -> str | None:
    """Bars over one span of time, the review date a line through all; returned is the pick of the one clicked."""
    span = _span(bars, today)
    now = f'<i class="rw-time-now" style="left:{span.at(today):.2f}%"></i>'
    ticks = "".join(
        f'<span class="rw-time-tick" style="left:{span.at(at):.2f}%">{escape(text)}</span>' for at, text in _ticks(span)
    )
    flag = f'<span class="rw-time-flag" style="left:{span.at(today):.2f}%">{escape(unbroken(day(today)))}</span>'
    grid = "".join(f'<i class="rw-time-grid" style="left:{span.at(at):.2f}%"></i>' for at, _ in _ticks(span))
    rows = "".join(_row(bar, span, grid + now) for bar in bars)
    scale = f'<div class="rw-time-scale">{ticks}{flag}</div>'
    axis = f'<div class="rw-time-axis" aria-hidden="true"><div></div>{scale}<div></div></div>'
    return clickable(f'<div class="rw-time" role="group" aria-label="{escape(alt)}">{axis}{rows}</div>', key)


def _row(bar: Bar, span: _Span, behind: str) -> str:
    name = (
        f'<a class="rw-open rw-time-name" href="{escape(bar.link)}" target="_self" data-pick="{escape(bar.pick)}">'
        f'<span class="rw-mark rw-{health.health(bar.state)}"><span class="rw-hidden">'
        f"{health.word(bar.state, is_evidence=True)}: </span></span>{escape(bar.name)}</a>"
    )
    track = f'<div class="rw-time-track" aria-hidden="true">{behind}{_drawn(bar, span)}</div>'
    note = f'<div class="rw-time-note">{escape(unbroken(bar.note))}</div>'
    return f'<div class="rw-time-row" title="{escape(bar.tip)}">{name}{track}{note}</div>'


def _drawn(bar: Bar, span: _Span) -> str:
    """The plan thin, the forecast thick, what lies past the plan hatched; a lone date is a dot."""
    state, parts = health.health(bar.state), []
    if bar.start and bar.planned and bar.planned > bar.start:
        parts.append(_piece("rw-time-plan", span.at(bar.start), span.at(bar.planned)))
    if bar.finish and bar.start:
        until = min(bar.finish, bar.planned) if bar.planned else bar.finish
        parts.append(_piece(f"rw-time-bar rw-fill-{state}", span.at(bar.start), span.at(max(until, bar.start))))
    if bar.finish and bar.planned and bar.finish > bar.planned:
        begin = max(bar.planned, bar.start) if bar.start else bar.planned
        parts.append(_piece(f"rw-time-bar rw-time-late rw-fill-{state}", span.at(begin), span.at(bar.finish)))
    if (lone := bar.finish or bar.planned) and not bar.start:
        parts.append(f'<i class="rw-time-dot rw-fill-{state}" style="left:{span.at(lone):.2f}%"></i>')
    return "".join(parts) or '<span class="rw-time-none">no dates</span>'


def _piece(kind: str, begin: float, end: float) -> str:
    return f'<i class="{kind}" style="left:{begin:.2f}%;width:{max(end - begin, 0):.2f}%"></i>'


def _span(bars: Sequence[Bar], today: dt.date) -> _Span:
    dates = [date for bar in bars for date in (bar.start, bar.planned, bar.finish) if date]
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
