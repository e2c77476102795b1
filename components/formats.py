"""How figures, dates and foreign text are written on screen. What is undefined is "n/a", never 0."""

import math
import re
from collections.abc import Sequence
from typing import Any

from analytics.reasons import count as count
from analytics.reasons import decimals

NONE = "n/a"

_SYMBOLS = {"USD": "$", "GBP": "£", "EUR": "€", "JPY": "¥", "INR": "₹", "AUD": "A$", "CAD": "C$", "NZD": "NZ$"}
_SCALES = ((1e12, " tn"), (1e9, " bn"), (1e6, " M"), (1e3, " k"))
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&^=@/])")


def is_missing(value: Any) -> bool:
    """True for None, NaN, NaT and pandas' NA.

    >>> is_missing(float("nan")), is_missing(0)
    (True, False)
    """
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    try:
        return math.isnan(value)
    except TypeError:
        return False


def money(value: Any, currency: str | None = None, *, sign: bool = False) -> str:
    """An amount, shortened to what can be read aloud, in its currency.

    >>> money(1_200_000, "USD"), money(471e9, "GBP"), money(-3_400, "SEK"), money(None)
    ('$1.2 M', '£471 bn', '−3.4 k SEK', 'n/a')
    """
    if is_missing(value):
        return NONE
    amount = float(value)
    symbol = _SYMBOLS.get((currency or "").upper())
    after = f" {currency}" if currency and symbol is None else ""
    return f"{_sign(amount, sign)}{symbol or ''}{_short(abs(amount))}{after}"


def number(value: Any, *, sign: bool = False, decimals: int = 0) -> str:
    """A count with thousands separators, or a ratio with decimals.

    >>> number(12345), number(-2, sign=True), number(0.744, decimals=2)
    ('12,345', '−2', '0.74')
    """
    if is_missing(value):
        return NONE
    amount = round(float(value), decimals)
    return f"{_sign(amount, sign)}{abs(amount):,.{decimals}f}"


def unbroken(text: str) -> str:
    """A text in which no line ends between a number and its unit or month.

    >>> unbroken("$75.1 M of 16 %, 13 Nov") == "$75.1\\u00a0M of 16\\u00a0%, 13\\u00a0Nov"
    True
    """
    return re.sub(r"(?<=\d) (?=(?:[kM%]|bn|tn|days?|[A-Z][a-z]{2})(?![A-Za-z]))", "\u00a0", text)


def percent(share: Any, *, sign: bool = False, limits: Sequence[float | None] = ()) -> str:
    """A share of one as a percentage without decimals, but where it would read as if it had reached one of the limits;
    a small share is not called nothing.

    >>> percent(0.524), percent(0.004), percent(0), percent(None), percent(0.2976, limits=[0.3])
    ('52 %', '<1 %', '0 %', 'n/a', '29.8 %')
    """
    if is_missing(share):
        return NONE
    if 0 < abs(float(share)) < 0.005:
        return "<1 %" if share > 0 else ">−1 %"
    return f"{number(float(share) * 100, sign=sign, decimals=decimals(float(share), limits))} %"


def rate(share: Any) -> str:
    """A share of what passed: what is not all is not called all.

    >>> rate(0.9996), rate(1), rate(0.52), rate(None)
    ('>99 %', '100 %', '52 %', 'n/a')
    """
    return ">99 %" if not is_missing(share) and 0.995 <= float(share) < 1 else percent(share)


def days(value: Any, *, sign: bool = False) -> str:
    """A number of days.

    >>> days(1), days(47), days(-3, sign=True)
    ('1 day', '47 days', '−3 days')
    """
    if is_missing(value):
        return NONE
    return f"{number(value, sign=sign)} {'day' if abs(round(float(value))) == 1 else 'days'}"


def day(value: Any, *, weekday: bool = False, year: bool = True) -> str:
    """A date.

    >>> from datetime import date
    >>> day(date(2026, 11, 3)), day(date(2026, 11, 20), weekday=True), day(date(2026, 11, 3), year=False)
    ('3 Nov 2026', 'Fri 20 Nov 2026', '3 Nov')
    """
    if is_missing(value):
        return NONE
    text = f"{value.day} {value:%b %Y}" if year else f"{value.day} {value:%b}"
    return f"{value:%a} {text}" if weekday else text


def escape_markdown(text: object) -> str:
    """Foreign text made safe for Streamlit labels that read Markdown: it shows as written, and fetches nothing.

    >>> print(escape_markdown("![x](//a.example) :red[y]"))
    \\!\\[x\\]\\(\\/\\/a\\.example\\) \\:red\\[y\\]
    """
    return _MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))


def _sign(amount: float, plus: bool) -> str:
    if amount < 0:
        return "−"
    return "+" if plus and amount > 0 else ""


def _short(amount: float) -> str:
    for scale, unit in _SCALES:
        # 999,960 would round to "1,000 k": it belongs to the next unit.
        if round(amount / scale, 3) >= 1:
            return f"{_digits(amount / scale)}{unit}"
    return f"{amount:,.0f}"


def _digits(scaled: float) -> str:
    text = f"{scaled:,.1f}" if scaled < 99.95 else f"{scaled:,.0f}"
    return text.removesuffix(".0")


def size(count: float) -> str:
    """A number of bytes.

    >>> size(900), size(13_400), size(12_944_962)
    ('900 bytes', '13 KB', '12.9 MB')
    """
    if count < 1000:
        return f"{count:.0f} bytes"
    return f"{count / 1e3:.0f} KB" if count < 999_500 else f"{count / 1e6:,.1f} MB"
