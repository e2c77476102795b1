"""Headers of columns that are months, weeks or quarters: which period each names, in which unit, and of what."""

import calendar
import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipelines import effort, periods
from pipelines.dates import MONTHS

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]00:00(?::00)?)?")
_IN_NUMBERS = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d\d)")
_IN_WORDS = re.compile(r"(\d{1,2})[-. /]+([^\W\d_]+)\.?[-., /]+(\d{4}|\d\d)|([^\W\d_]+)\.? (\d{1,2}),? (\d{4})")
# "W/E 6 Dec 2026", "Week 49 (30 Nov 2026)"
_OF_WEEK = re.compile(
    r"(?:w/?[bce]|(?:week|wk|woche|kw)\.?\s*(?:ending|ended|commencing|starting|beginning|of|ab|vom|bis|\d{1,2})?)"
    r"[\s:(–-]+(?P<day>.*\d)\)?",
    re.I,
)
# What amounts are of, by the exports that they fit: "Dec 2026 Capacity", "Planned Jan 2027".
_FITS = {
    **dict.fromkeys(("capacity", "supply", "available", "availability", "kapazität", "verfügbar"), ("capacity",)),
    **dict.fromkeys(("demand", "needed", "required", "need", "bedarf"), ("demand",)),
    **dict.fromkeys(("allocated", "allocation", "booked", "assigned"), ("demand", "assignments")),
    **dict.fromkeys(("planned", "plan", "forecast", "geplant"), ("capacity", "demand", "assignments")),
    **dict.fromkeys(("committed", "requested", "actual", "actuals", "gap", "variance"), ()),
}
_OF_WHAT = re.compile(rf"(?<![^\W_])(?:{'|'.join(_FITS)})(?![^\W_])", re.I)
_SHORT = re.compile(r"([^\W\d_]{3,9})\.? ([2-4]\d)")
_MONTHS = {
    word: number
    for number, (short, others) in enumerate(MONTHS.items(), 1)
    for word in (short.lower(), calendar.month_name[number].lower(), *others.split())
} | {"jän": 1}


@dataclass(frozen=True)
class Header:
    """A header that is a period: its text as the contract reads it, the unit that it states, of what the amounts are
    ("demand"), and whether it is a Saturday or Sunday that begins the week of the Monday after."""

    text: str
    unit: str | None
    of: str = ""
    on_weekend: bool = False

    def fits(self, export: str) -> bool:
        """Whether the header does not say that its amounts are of another export, or of none."""
        return not self.of or export in _FITS[self.of]


def periods_of(headers: Sequence[str], dates: str | None) -> dict[int, Header]:
    """The headers that are periods with their year, by their places; of several kinds none is."""
    named, days, short = {}, {}, _short(headers)
    for place, header in enumerate(headers):
        unit = effort.unit_of(header)
        bare, of = _bare(header, unit)
        if text := short.get(place) or _named(bare):
            named[place] = Header(text, unit, of)
        elif (told := _days(bare)) or ((week := _OF_WEEK.fullmatch(bare)) and (told := _days(week["day"]))):
            days[place] = (told, unit)
    if named and days:
        return {}
    weeks = [headers[place] for place in days if _OF_WEEK.match(headers[place])]
    return named or _dated(days, dates, are_weeks=bool(weeks), they_end=any(map(effort.weeks_end, weeks)))


def _bare(header: str, unit: str | None) -> tuple[str, str]:
    """A header without its unit and without what says of what its amounts are; and this."""
    bare = effort.without_unit(header) if unit else header.strip()
    if not (found := _OF_WHAT.search(bare)):
        return bare, ""
    return re.sub(r"^[\s:()/–-]+|[\s:()/–-]+$", "", f"{bare[: found.start()]}{bare[found.end() :]}"), found[0].lower()


def _short(headers: Sequence[str]) -> dict[int, str]:
    """Headers such as "Dec 26", "Jan 27" as months: where they follow each other within years, they are no days."""
    found = {place: month for place, header in enumerate(headers) if (month := _short_month(_bare(header, None)[0]))}
    months = [12 * year + month for year, month in found.values()]
    if len(found) < 2 or not all(0 < later - month <= 12 for month, later in pairwise(months)):
        return {}
    return {place: f"{year}-{month:02}" for place, (year, month) in found.items()}


def _short_month(header: str) -> tuple[int, int] | None:
    said = _SHORT.fullmatch(header)
    month = _MONTHS.get(said[1].lower()) if said else None
    return (2000 + int(said[2]), month) if said and month else None


def _named(header: str) -> str | None:
    if re.fullmatch(effort.HALF_YEAR, header) or not (found := periods.day(header, start=True)):
        return None
    day = found.day
    match effort.named_period(header):
        case "week":
            return "{}-W{:02}".format(*day.isocalendar()[:2])
        case "quarter":
            return f"{day.year}-Q{(day.month + 2) // 3}"
    return f"{day:%Y-%m}"


def _days(header: str) -> dict[str, dt.date]:
    """The days that a header may be, by the order of day and month; the same one where it does not matter."""
    if found := _ISO.fullmatch(header):
        return _both(_day(found[1], found[2], found[3]))
    if found := _IN_WORDS.fullmatch(header):
        day, word, year = (found[1], found[2], found[3]) if found[1] else (found[5], found[4], found[6])
        return _both(_day(year, str(_MONTHS.get(word.lower(), 0)), day))
    if found := _IN_NUMBERS.fullmatch(header):
        read = {"dmy": _day(found[3], found[2], found[1]), "mdy": _day(found[3], found[1], found[2])}
        return {order: day for order, day in read.items() if day}
    return {}


def _both(day: dt.date | None) -> dict[str, dt.date]:
    return {"dmy": day, "mdy": day} if day else {}


def _day(year: str, month: str, day: str) -> dt.date | None:
    try:
        return dt.date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError:
        return None


def _dated(
    days: dict[int, tuple[dict[str, dt.date], str | None]], dates: str | None, *, are_weeks: bool, they_end: bool
) -> dict[int, Header]:
    """Days as headers: months where each is the first or the last of one, weeks where they are weeks apart.

    The headers may say themselves that they `are_weeks`, and that `they_end` on these days.
    """
    for order in (dates,) if dates else ("dmy", "mdy"):
        if not days or not all(order in told for told, _ in days.values()):
            continue
        read = {place: told[order] for place, (told, _) in days.items()}
        every = [*read.values()]
        firsts = all(day.day == 1 for day in every) or all((day + dt.timedelta(1)).day == 1 for day in every)
        if firsts and not are_weeks:
            return {place: Header(f"{day:%Y-%m}", days[place][1]) for place, day in read.items()}
        if _are_weeks(every):
            moved = dt.timedelta(0 if they_end else effort.WEEKEND)
            weeks = {place: (day + moved).isocalendar() for place, day in read.items()}
            return {
                place: Header(
                    f"{week[0]}-W{week[1]:02}",
                    days[place][1],
                    on_weekend=not they_end and read[place].isoweekday() > 5,
                )
                for place, week in weeks.items()
            }
    return {}


def _are_weeks(days: Sequence[dt.date]) -> bool:
    """Whether days are weeks apart, but for a week that is left out here and there; not fortnights."""
    gaps = [(later - day).days for day, later in pairwise(sorted(days))]
    return bool(gaps) and all(gap and gap % 7 == 0 for gap in gaps) and 2 * gaps.count(7) >= len(gaps)


def is_fiscal(header: str) -> bool:
    """Whether a header is a period of a fiscal year."""
    return (
        re.fullmatch(periods.FISCAL, effort.without_unit(header) if effort.unit_of(header) else header.strip())
        is not None
    )


def quarter_of(period: str) -> str | None:
    """The quarter that a month is of, each as a contract reads it ("2026-03", "2026-Q1"); None for no month."""
    month = re.fullmatch(r"(\d{4})-(\d\d)", period)
    return f"{month[1]}-Q{(int(month[2]) + 2) // 3}" if month else None
