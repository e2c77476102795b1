"""Health on screen: always a word, a shape and a colour, so that none of them is needed alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler

from components import theme
from components.formats import is_missing
from components.theme import Palette


class Health(StrEnum):
    """The four states, in the order in which they are listed everywhere."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class _Look:
    word: str
    shape: str


_LOOKS = {
    Health.GREEN: _Look("Green", "●"),
    Health.AMBER: _Look("Amber", "▲"),
    Health.RED: _Look("Red", "■"),
    Health.UNKNOWN: _Look("Not reported", "○"),
}


def health(value: Any) -> Health:
    """The state that a table's cell means; nothing, or a word that is none of ours, is unknown.

    >>> health("Green"), health(None)
    (<Health.GREEN: 'green'>, <Health.UNKNOWN: 'unknown'>)
    """
    if is_missing(value):
        return Health.UNKNOWN
    word = str(value).strip().lower()
    return Health(word) if word in set(Health) else Health.UNKNOWN


def word(value: Any, *, stale: bool = False, is_evidence: bool = False) -> str:
    """The word alone: Green, Amber, Red, Not reported, or Stale; evidence that is missing is Unknown."""
    if is_evidence and health(value) is Health.UNKNOWN:
        return "Unknown"
    return "Stale" if stale else _LOOKS[health(value)].word


def shape(value: Any, *, stale: bool = False) -> str:
    """The shape alone: ● ▲ ■ ○."""
    return "○" if stale else _LOOKS[health(value)].shape


def plain(value: Any, *, stale: bool = False, is_evidence: bool = False) -> str:
    """The mark as text, for dataframes, exports and chart labels.

    >>> plain("amber"), plain(None), plain("green", stale=True)
    ('▲ Amber', '○ Not reported', '○ Stale')
    """
    return f"{shape(value, stale=stale)} {word(value, stale=stale, is_evidence=is_evidence)}"


def mark(value: Any, *, stale: bool = False, is_evidence: bool = False, why: str = "") -> str:
    """The mark as HTML for `st.html`; `why` is shown on hover and read out, and may be foreign text."""
    state = Health.UNKNOWN if stale else health(value)
    reason = f"last report: {_LOOKS[health(value)].word}" if stale and not why else why
    tip = f' title="{escape(reason)}"' if reason else ""
    shown = word(value, stale=stale, is_evidence=is_evidence)
    return f'<span class="rw-mark rw-{state}"{tip}>{shown}</span>'


def colored(frame: pd.DataFrame, columns: Sequence[str]) -> Styler:
    """A frame for `st.dataframe` whose columns of plain marks ("● Green") are written in their colour."""
    colors = theme.palette()
    inks = {plain(state): ink(state, colors) for state in Health}
    return frame.style.map(lambda cell: f"color: {inks.get(cell, colors.unknown_text)}", subset=list(columns))


def fill(value: Any, colors: Palette) -> str:
    """The colour of an area or a line of this state."""
    return str(getattr(colors, health(value)))


def ink(value: Any, colors: Palette) -> str:
    """The colour of text of this state on a card."""
    return str(getattr(colors, f"{health(value)}_text"))
