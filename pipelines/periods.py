"""Quarters, weeks, half-years and months where a date is expected: which day ends or begins them.

Fiscal years begin when their organisation says, so that nothing is read into them.
"""

import calendar
import datetime as dt
import re
import unicodedata
from dataclasses import dataclass

from pipelines.dates import FIRST_YEAR, LAST_YEAR, MONTHS, PIVOT

_BETWEEN = r"[\s.,/_'’-]"
_SHORT_YEAR = r"\d{4}|\d\d"
_QUARTER = "quarters?|quartal|qtr|q|trimestre|trim"
_HALF = "half[ -]?year|half|halbjahr|hj|h|semestre"
_WEEK = "calendar week|kalenderwoche|semaine|semana|settimana|woche|weeks?|wk|kw|cw|w"
_OF = r"(?:of|du|de|del|des)\s+"
_END = rf"(?:by\s+)?(?:the\s+)?(?:end|ende|fin|fine|eo|bis)\s+(?:{_OF})?"
_BY = r"(?:by|until|before|in|im|due|expected|est\.?)\s+"
_WORDS = {
    word: number
    for number, (short, others) in enumerate(MONTHS.items(), 1)
    for word in (short.lower(), calendar.month_name[number].lower(), *others.split())
}
_MONTH = "|".join(sorted(_WORDS, key=len, reverse=True))


def _numbered(words: str, number: str) -> list[str]:
    """The forms of a period that has a number in its year: "Q4 2026", "4th quarter 26", "2026-Q4", "2026 4Q"."""
    return [
        rf"(?:{words})\.?[\s-]*(?P<n>{number})(?:{_BETWEEN}+(?:{_OF})?(?P<y>{_SHORT_YEAR})|\s?\((?P<y2>\d{{4}})\))",
        rf"(?P<n>{number})(?:\.|st|nd|rd|th|er|e|º)?[\s-]*(?:{words})\.?{_BETWEEN}*(?:{_OF})?(?P<y>{_SHORT_YEAR})",
        rf"(?P<y>\d{{4}}){_BETWEEN}*(?:{words})\.?[\s-]?(?P<n>{number})",
        rf"(?P<y>\d{{4}}){_BETWEEN}*(?P<n>{number})\.?[\s-]?(?:{words})",
    ]


_FORMS: dict[str, list[str]] = {
    "quarter": [*_numbered(_QUARTER, "[1-4]"), rf"(?:{_QUARTER})(?P<n>[1-4])(?P<y>\d{{4}})"],
    "half": [*_numbered(_HALF, "[12]"), rf"(?:{_HALF})(?P<n>[12])(?P<y>\d{{4}})"],
    "week": _numbered(_WEEK, r"[1-5]\d|0?[1-9]"),
    "weekday": [r"(?P<y>\d{4})-?w(?P<n>\d\d)-?(?P<d>[1-7])"],
    "month": [
        rf"(?P<m>{_MONTH})\.?(?:{_BETWEEN}*(?:{_OF})?(?P<y>\d{{4}})|\s?[-/'’]\s?'?(?P<y2>\d\d))",
        rf"(?P<y>\d{{4}}){_BETWEEN}*(?P<m>{_MONTH})\.?",
        r"(?P<n>1[0-2]|0?[1-9])\s?[-./]\s?(?P<y>\d{4})",
        r"(?P<y>\d{4})[-./](?P<n>1[0-2]|0?[1-9])",
    ],
}
_READ = [(kind, re.compile(form, re.I)) for kind, forms in _FORMS.items() for form in forms]
_YEAR = re.compile(r"(?P<y>\d{4})")
_AFTER = re.compile(_END, re.I)
_BEFORE = re.compile(_BY, re.I)


def _bare(form: str) -> str:
    return re.sub(r"\?P<\w+>", "", form)


_EVERY = "|".join(_bare(form) for forms in _FORMS.values() for form in forms)
# As SQL compares whole texts with it: what `day` reads, but for numbers that no year has.
FORM = rf"(?i)(?:{_END}|{_BY})?(?:{_EVERY})|(?:{_END})\d{{4}}"
# Periods of fiscal years: "FY26 Q2", "Q4 FY2026", "2025/26 Q2", "GJ 2026".
FISCAL = (
    r"(?i).*\b(?:fy|fiscal|financial year|gj|geschäftsjahr|wirtschaftsjahr|exercice|ejercicio)\W?\d.*|"
    r"20\d\d[/-](?:1[3-9]|[2-9]\d)|(?:20)?\d\d[/-]\d\d\W{0,3}[qh][1-4]|[qh][1-4]\W{0,3}(?:20)?\d\d[/-]\d\d"
)


@dataclass(frozen=True)
class Period:
    """The day that stands for a period, and the period in words."""

    day: dt.date
    words: str


def day(text: str, *, start: bool) -> Period | None:
    """The last day of the period that a text names, its first one with `start`; None where it names none, or of a
    fiscal year. "End of Q3 2026" is its last day in any case.

    >>> day("KW 50/2026", start=False).day.isoformat(), day("Q4 2026", start=True).day.isoformat()
    ('2026-12-13', '2026-10-01')
    """
    said = unicodedata.normalize("NFKC", text).strip()
    if re.fullmatch(FISCAL, said):
        return None
    bare = _BEFORE.sub("", said, count=1) if _BEFORE.match(said) else said
    if ends := _AFTER.match(bare):
        bare, start = bare[ends.end() :], False
        if year := _YEAR.fullmatch(bare):
            return _between(int(year["y"]), 1, 12, start, f"the year {bare}")
    for kind, form in _READ:
        if found := form.fullmatch(bare):
            return _day(kind, {name: value for name, value in found.groupdict().items() if value}, start)
    return None


def _day(kind: str, said: dict[str, str], start: bool) -> Period | None:
    number = _WORDS[said["m"].lower()] if "m" in said else int(said["n"])
    written = said.get("y") or said["y2"]
    year = int(written) + (0 if len(written) == 4 else 1900 if int(written) >= PIVOT else 2000)
    if kind in ("week", "weekday"):
        try:
            first = dt.date.fromisocalendar(year, number, int(said.get("d", 1)))
        except ValueError:  # not every year has a week 53
            return None
        if not FIRST_YEAR <= year <= LAST_YEAR:
            return None
        if kind == "weekday":
            return Period(first, f"this day of week {number} of {year}")
        last = first + dt.timedelta(days=6)
        return Period(first if start else last, _words(f"week {number} of {year} (Monday to Sunday, ISO)", start))
    months = {"quarter": 3, "half": 6, "month": 1}[kind]
    last_month = number * months
    name = {"quarter": f"quarter {number} of", "half": f"half {number} of", "month": calendar.month_name[last_month]}
    return _between(year, last_month - months + 1, last_month, start, f"{name[kind]} {year}")


def _between(year: int, first: int, last: int, start: bool, name: str) -> Period | None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    if start:
        return Period(dt.date(year, first, 1), _words(name, start))
    return Period(dt.date(year, last, calendar.monthrange(year, last)[1]), _words(name, start))


def _words(name: str, start: bool) -> str:
    return f"the {'first' if start else 'last'} day of {name}"
