"""Figures: a label, one big number, what it is a part of, and how it moved since the compared review."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import streamlit as st

from components.clickable import clickable
from components.formats import unbroken

Direction = Literal["up", "down", "level"]


@dataclass(frozen=True)
class Delta:
    """A movement. `is_good` is None where neither way is better."""

    text: str
    direction: Direction = "level"
    is_good: bool | None = None


@dataclass(frozen=True)
class Figure:
    """One figure, every text ready to be read. `help` says on hover what is counted, `pick` comes back on a click."""

    label: str
    value: str
    note: str = ""
    delta: Delta | None = None
    help: str = ""
    pick: str = ""


def delta(change: float | None, text: str, *, good_when: Literal["up", "down"] | None = None) -> Delta | None:
    """A movement from a number's sign; None where there is nothing to compare with.

    >>> delta(2, "2 since last week", good_when="down")
    Delta(text='2 since last week', direction='up', is_good=False)
    """
    if change is None or change != change:
        return None
    if change == 0:
        return Delta(text)
    direction: Direction = "up" if change > 0 else "down"
    return Delta(text, direction, None if good_when is None else direction == good_when)


def figures(items: Sequence[Figure], *, key: str = "", on_pick: Callable[[str], None] | None = None) -> str | None:
    """Draw figures side by side as cards of equal size, wrapping where the screen is narrow.

    With `key`, those that have a pick can be clicked; the clicked pick is returned, and given to `on_pick` before.
    """
    html = f'<div class="rw-figures">{"".join(_card(item, bool(key)) for item in items)}</div>'
    if key:
        return clickable(html, key, on_pick)
    st.html(html)
    return None


def _card(item: Figure, can_click: bool) -> str:
    tip = f' title="{escape(item.help)}"' if item.help else ""
    label = f'<div class="rw-figure-label">{escape(item.label)}</div>'
    value = f'<span class="rw-figure-value">{escape(item.value)}</span>'
    note = f'<span class="rw-figure-note">{escape(unbroken(item.note))}</span>' if item.note else ""
    moved = _delta(item.delta) if item.delta else ""
    inside = f'{label}<div class="rw-figure-line">{value}{note}</div>{moved}'
    if can_click and item.pick:
        return f'<button type="button" class="rw-figure" data-pick="{escape(item.pick)}"{tip}>{inside}</button>'
    return f'<div class="rw-figure"{tip}>{inside}</div>'


def _delta(moved: Delta) -> str:
    tones = {True: ("rw-good", " (better)"), False: ("rw-bad", " (worse)"), None: ("rw-neutral", "")}
    tone, meaning = tones[moved.is_good]
    arrow = f'<span class="rw-arrow rw-{moved.direction}"></span>' if moved.direction != "level" else ""
    text = f'{escape(unbroken(moved.text))}<span class="rw-hidden">{meaning}</span>'
    return f'<div class="rw-delta {tone}">{arrow}{text}</div>'
