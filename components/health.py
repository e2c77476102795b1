"""Health on screen: always a word, a shape and a colour, so that none of them is needed alone."""

from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import Any

from components.formats import is_missing
from components.theme import Palette


class Health(StrEnum):
    """The four states, in the order in which they are listed everywhere."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    UNKNOWN = "unknown"


# What a colour can be of, as it is called.
DIMENSIONS = {
    "reported": "Reported",
    "computed": "Computed",
    "schedule": "Schedule",
    "cost": "Cost",
    "milestones": "Milestones",
    "risk": "Risk",
    "resources": "Resources",
}


@dataclass(frozen=True)
class _Look:
    word: str
    shape: str


_LOOKS = {
    Health.GREEN: _Look("Green", "●"),
    Health.AMBER: _Look("Amber", "▲"),
    Health.RED: _Look("Red", "■"),
    Health.UNKNOWN: _Look("Not rated", "○"),
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
    """The word alone: Green, Amber, Red, Not rated; evidence that is missing is Unknown; what is stale says so too."""
    state = health(value)
    text = "Unknown" if is_evidence and state is Health.UNKNOWN else _LOOKS[state].word
    return f"{text} · stale" if stale else text


def shape(value: Any) -> str:
    """The shape alone: ● ▲ ■ ○."""
    return _LOOKS[health(value)].shape


def rating(value: Any, text: Any) -> str:
    """What a report said, where that is more than its colour: "Amber/red"; else "".

    >>> rating("amber", "amber/red"), rating("amber", "amber"), rating(None, None)
    ('Amber/red', '', '')
    """
    said = "" if is_missing(text) else str(text).strip()
    return "" if said.lower() == health(value) else said[:1].upper() + said[1:]


def plain(value: Any, *, stale: bool = False, is_evidence: bool = False) -> str:
    """The mark as text, for dataframes, exports and chart labels.

    >>> plain("amber"), plain(None), plain("green", stale=True)
    ('▲ Amber', '○ Not rated', '● Green · stale')
    """
    return f"{shape(value)} {word(value, stale=stale, is_evidence=is_evidence)}"


def mark(value: Any, *, stale: bool = False, is_evidence: bool = False, why: str = "", rating: str = "") -> str:
    """The mark as HTML for `st.html`; `why` is shown on hover and read out, `rating` is what the report said, behind
    the mark. Both may be foreign text."""
    tip = f' title="{escape(why)}"' if why else ""
    old = ' <span class="rw-stale">· stale</span>' if stale else ""
    said = f' <span class="rw-rating">{escape(rating)}</span>' if rating else ""
    return f'<span class="rw-mark rw-{health(value)}"{tip}>{word(value, is_evidence=is_evidence)}{old}</span>{said}'


def fill(value: Any, colors: Palette) -> str:
    """The colour of an area or a line of this state."""
    return str(getattr(colors, health(value)))


def ink(value: Any, colors: Palette) -> str:
    """The colour of text of this state on a card."""
    return str(getattr(colors, f"{health(value)}_text"))
