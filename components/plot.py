"""What every drawing of lines over dates shares: its frame with the scale, places for names, and what is said on hover.
HTML and SVG, so that it takes any width and needs no script; the style sheet knows it as rw-lines."""

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any

from components.formats import day, unbroken

LABEL_GAP = 17  # pixels between the middles of two names


@dataclass(frozen=True)
class Plane:
    """What is drawn where: dates across, amounts up, both in percent of the plot; what lies outside is at its edge."""

    first: dt.date
    last: dt.date
    low: float
    top: float

    def across(self, date: dt.date) -> float:
        """How far from the left a date is."""
        return _within(100 * (date - self.first).days / ((self.last - self.first).days or 1))

    def down(self, amount: float) -> float:
        """How far from the top an amount is."""
        return 100 - _within(100 * (amount - self.low) / (self.top - self.low))

    def at(self, date: dt.date, amount: float) -> str:
        """A place as SVG writes it."""
        return f"{self.across(date):.2f} {self.down(amount):.2f}"


def framed(
    *,
    alt: str,
    height: int,
    scale: Sequence[tuple[float, str]],
    paths: str,
    over: str,
    beside: str,
    ends: str,
    kind: str = "",
) -> str:
    """A drawing as HTML: what is written at which percent from the top, the SVG paths, what lies over them, and the
    names beside the plot; `ends` from `ends`."""
    texts = "".join(f'<span style="top:{at:.2f}%">{escape(text)}</span>' for at, text in scale)
    grid = "".join(f'<i style="top:{at:.2f}%"></i>' for at, _ in scale)
    return (
        f'<div class="rw-lines{f" {kind}" if kind else ""}" role="img" aria-label="{escape(alt)}" '
        f'style="--height:{height}px"><div class="rw-lines-beside rw-right">{texts}</div>'
        f'<div class="rw-lines-plot">{grid}<svg viewBox="0 0 100 100" preserveAspectRatio="none">{paths}</svg>{over}'
        f'</div><div class="rw-lines-beside">{beside}</div><div class="rw-ends">{ends}</div></div>'
    )


def ends(first: Any, last: Any) -> str:
    """The first and the last date, as they stand below a drawing; one where they are the same."""
    dates = f"<span>{day(last)}</span>"
    return dates if first == last else f"<span>{day(first, year=first.year != last.year)}</span>{dates}"


def tips(across: Sequence[float], texts: Iterable[str], *, first: float = 0, last: float = 100) -> str:
    """What each date says on hover (lines of text); each reaches halfway to its neighbours, the outer ones to `first`
    and `last`."""
    edges = [first, *((one + other) / 2 for one, other in pairwise(across)), last]
    parts = []
    for text, at, (left, right) in zip(texts, across, pairwise(edges), strict=True):
        width = right - left
        parts.append(
            f'<div class="rw-at{" rw-at-late" if at > 50 else ""}" data-tip="{escape(text)}" '
            f'style="left:{left:.2f}%;width:{width or 0.5:.2f}%;--at:{(at - left) / width * 100 if width else 0:.0f}%">'
            "</div>"
        )
    return "".join(parts)


def review(place: float, date: dt.date) -> str:
    """The upright line of the review date, at a percent from the left."""
    return f'<div class="rw-earned-now" style="left:{place:.2f}%"><span>{escape(unbroken(day(date)))}</span></div>'


def name_beside(name: str, amount: str, color: str, top: float) -> str:
    """A line's name and amount beside the plot, at a percent from the top."""
    return f'<b style="top:{top:.2f}%;color:{color}">{name}<span>\u2002{escape(amount)}</span></b>'


def name_inside(name: str, amount: str, color: str, side: str, top: float) -> str:
    """A line's name and amount within the plot; `side` is its place across as CSS."""
    return (
        f'<b class="rw-earned-name" style="{side};top:{top:.2f}%;color:{color}">'
        f"{name}<span> {escape(amount)}</span></b>"
    )


def ticks(largest: float) -> list[float]:
    """Zero and two or three round numbers above it, the last at or over the largest value."""
    if not largest or largest != largest or largest <= 0:
        return [0.0, 1.0]
    power = 10 ** math.floor(math.log10(largest))
    steps = (power * factor for factor in (0.1, 0.2, 0.25, 0.5, 1, 2, 2.5, 5))
    step = next(step for step in steps if largest / step <= 3)
    return [step * index for index in range(math.ceil(largest / step - 1e-9) + 1)]


def spread(values: Sequence[float], gap: float, top: float) -> list[float]:
    """Move labels apart to at least `gap`, in their order, staying between zero and `top` where there is room."""
    order = sorted(range(len(values)), key=lambda index: values[index])
    placed = [values[index] for index in order]
    for index in range(1, len(placed)):
        placed[index] = max(placed[index], placed[index - 1] + gap)
    if placed:
        placed[-1] = min(placed[-1], max(top, gap * (len(placed) - 1)))
    for index in range(len(placed) - 2, -1, -1):
        placed[index] = min(placed[index], placed[index + 1] - gap)
    result = [0.0] * len(values)
    for index, at in zip(order, placed, strict=True):
        result[index] = at
    return result


def _within(share: float) -> float:
    return max(0.0, min(100.0, share))
