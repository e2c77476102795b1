"""People's time in exports: in which unit its amounts are, of which period, and what is said by saying nothing."""

import re
from collections.abc import Sequence
from dataclasses import replace

from pipelines import periods
from pipelines.contract import Column
from pipelines.literals import quoted
from pipelines.profile import Mapping

UNSTATED = "not in the file"
MANY_PEOPLE = 100  # FTE under a header that says FTE, from which hours may be meant
WEEKEND = 2  # days by which a day is moved to tell its week: a Saturday or Sunday begins that of the Monday after
MOST_PEOPLE = 60  # FTE of one team's skill, beyond which an amount without a unit is asked about
MOST_IN_A_WEEK = 30  # the same where the periods are weeks: 40 are hours as well as people
MOST_OF_ONE = 2  # FTE of one person
_UNITS = {
    "hours": r"hours?|hrs?|h|std|stunden|heures|horas",
    "days": r"days?|pd|pt|md|tage|jours|días",
    "percent": r"percent|per cent|pct|%|allocation percent|prozent",
    "FTE": r"ftes?|full time equivalents?|headcount|heads|hc|vzä|vzk|mak",
}
# Units that people plan in and that are not read, as whole words.
_OTHER_UNITS = (
    r"(?:person|man|people|staff)s?[\W_]*(?:weeks?|months?|years?)|(?:mann|personen)(?:wochen|monate|jahre)|"
    r"story[\W_]*points?|t[\W_]*shirt[\W_]*sizes?"
)
# Beside a number, or in a column of units; as a header "PM" is somebody's title.
_OTHER_SHORT = rf"{_OTHER_UNITS}|[pm][wmy]|points?|sp|sprints?|shifts?|weeks?|wks?|months?|mths?|years?"
UNITS_READ = "FTE, hours, days and percent (of one person)"
TO_CONVERT = (
    "Write the amounts in one of these: a person-week is 5 days, a person-month of a month is 1 FTE; "
    "points say no time."
)
_BESIDE = _UNITS | {"days": f"{_UNITS['days']}|d"}  # a number; as a header "R&D" is no unit
_WEEK = re.compile(r"(?<![^\W_])(?:weeks?|weekly|w/?c|w/e|kw|kalenderwoche|semaine|semana|woche)(?![^\W_])", re.I)
_WEEK_ENDS = re.compile(r"week.*(?:end|finish)|end.*week|woche.*(?:ende|bis)|(?<![^\W_])w/e(?![^\W_])", re.I)
_QUARTER = re.compile(r"(?<![^\W_])(?:quarters?|quarterly|qtr|quartal|trimestre)(?![^\W_])", re.I)
_STARTS = re.compile(
    r"(?<![^\W_])(?:start|starts|begin|begins|beginn|from|von|ab|anfang|début|inicio|since)(?![^\W_])", re.I
)
_ENDS = re.compile(r"(?<![^\W_])(?:end|ends|ende|finish|to|until|till|through|thru|bis|fin|due)(?![^\W_])", re.I)
_MONTH = r"jan\w*|feb\w*|mar\w*|apr\w*|ma[iy]|jun\w*|jul\w*|aug\w*|sep\w*|o[ck]t\w*|nov\w*|de[cz]\w*|märz"
_RATE = re.compile(
    r"(?<![^\W_])(?:hours?|hrs?|h|days?|d|stunden|std|tage)\.?\s*(?:/|per|a|pro|je)\s*"
    r"(?:day|d|week|wk|w|month|tag|woche|monat)(?![^\W_])",
    re.I,
)
# As SQL compares whole texts with them: what stands where one month, week or quarter is asked for.
_FULL = r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}"
RANGE = (
    r"(?i).*\d.*(?:\s[-–—]\s|–|—|\sto\s|\sbis\s|\sthrough\s|\.\.).*\d.*|"
    rf".*(?:{_MONTH})\.?[\s'’]*(?:\d\d(?:\d\d)?)?\s*(?:[-–—/]|to|bis)\s*(?:{_MONTH})\b.*|"
    rf"{_FULL}\s*[-–—/]\s*{_FULL}|\d{{4}}-\d\d\s*[-/]\s*\d{{4}}-\d\d|\d\d/\d{{4}}\s*-\s*\d\d/\d{{4}}|"
    r".*\b(?:q|kw|cw|wk|w|weeks? )\d+\s*[-/]\s*(?:q|kw|cw|wk|w)?\d+\b.*\d{4}"
)
HALF_YEAR = r"(?i).*(?:\bh[12]\b|\b[12]h\b|\bhalf\b|\bhalbjahr|\bhj\b|semest).*|\d{4}\W?h[12]|h[12]\d{4}"
MONTH_OR_DAY = rf"(?i)(?:{_MONTH})\.?\s+\d\d"  # "Dec 26"
NO_YEAR = rf"(?i)(?:{_MONTH})\.?|(?:week|wk|kw|cw|w|quarter|qtr|q|month|m)?\.?\s*-?\d{{1,2}}"
_FORMS = {
    "week": r"(?i).*(?:\d\s*-?w|(?:^|[^a-z])(?:week|wk|kw|cw|w)\.?[\s-]*\d).*",
    "quarter": (
        r"(?i).*(?:(?:quarter|quartal|qtr|q)\.?[\s-]*[1-4]|"
        r"[1-4](?:st|nd|rd|th|\.)?[\s-]*(?:quarter|quartal|qtr|q)).*"
    ),
}


def unit_of(header: str) -> str | None:
    """The unit that a header of people's time states, None where it states none.

    >>> unit_of("Available hours"), unit_of("Demand (FTE)"), unit_of("Allocation %"), unit_of("Amount")
    ('hours', 'FTE', 'percent', None)
    """
    said = header.replace("_", " ")
    for unit, words in _UNITS.items():
        if re.search(rf"(?<![^\W_])(?:{words})(?![^\W_])", said, re.I):
            return unit
    return None


def other_unit(header: str) -> str | None:
    """The unit that a header states and that is not read, as it says it; None where it states none.

    >>> other_unit("Demand (person weeks)"), other_unit("Story_Points"), other_unit("Person days")
    ('person weeks', 'Story Points', None)
    """
    found = re.search(rf"(?<![^\W_])(?:{_OTHER_UNITS})(?![^\W_])", header.replace("_", " "), re.I)
    return found[0] if found and unit_of(header) is None else None


def is_rate(header: str) -> bool:
    """Whether a header is of so much time a day, a week or a month: "Hours/day", "Days per week"."""
    return _RATE.search(header.replace("_", " ")) is not None


def is_other_unit(text: str) -> bool:
    """Whether a text in a column of units is one that is known and not read."""
    return re.fullmatch(_OTHER_SHORT, text.strip(), re.I) is not None


# As SQL compares whole texts with it: a number with a unit that is not read.
IN_OTHER_UNIT = rf"(?i)[0-9][0-9.,' ]*\s*(?:{_OTHER_SHORT})"


def begins_and_ends(headers: Sequence[str]) -> tuple[str, str] | None:
    """The headers that say from when and until when something is; None where not both are there.

    >>> begins_and_ends(["Team", "Start Date", "End Date"]), begins_and_ends(["Team", "Month"])
    (('Start Date', 'End Date'), None)
    """
    begins = {_without(_STARTS, header): header for header in reversed(headers) if _STARTS.search(_spaced(header))}
    ends = {_without(_ENDS, header): header for header in reversed(headers) if _ENDS.search(_spaced(header))}
    of = next((of for header in headers if (of := _without(_STARTS, header)) in begins and of in ends), None)
    return (begins[of], ends[of]) if of is not None and begins[of] != ends[of] else None


def _spaced(header: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header).replace("_", " ")


def _without(words: re.Pattern[str], header: str) -> str:
    """What a header says beside these words and "date": the same for a start and for its end."""
    bare = re.sub(r"(?<![^\W_])(?:date|datum|on|day)(?![^\W_])", " ", words.sub(" ", _spaced(header)), flags=re.I)
    return " ".join(bare.lower().split())


def without_unit(header: str) -> str:
    """A header without the unit that it states: "Jan 2026 (FTE)" as "Jan 2026"."""
    words = "|".join(_UNITS.values())
    return re.sub(
        rf"\W*(?<![^\W_])(?:{words})(?![^\W_])\W*$|^\W*(?:{words})(?![^\W_])\W*", "", header, flags=re.I
    ).strip()


def named_period(text: str) -> str:
    """The period that a text such as "2026-W12" or "Q1 2027" names: "week", "quarter", else "month"."""
    return next((period for period, form in _FORMS.items() if re.fullmatch(form, text)), "month")


def in_words(column: Column, value: str) -> str:
    """SQL: a typed value as people read it; a day that stands for no day stated says so."""
    if column.type != "date" or column.empty is None:
        return f"{value}::varchar"
    return f"case when {value} = date {quoted(column.empty)} then 'not stated' else {value}::varchar end"


def own_unit(cell: str) -> str:
    """SQL: the unit that stands beside the number in a cell ("40 h", "50 %"), NULL where there is none."""
    forms = {unit: rf"(?i)[-+]?[0-9][0-9.,' ]*(?:{words})" for unit, words in _BESIDE.items()}
    cases = (f"when regexp_full_match({cell}, {quoted(form)}) then {quoted(unit)}" for unit, form in forms.items())
    return f"(case {' '.join(cases)} end)"


def number_of(cell: str) -> str:
    """SQL: an amount's text without the unit that stands behind its number."""
    words = "|".join(_BESIDE.values())
    return f"regexp_replace({cell}, {quoted(f'(?i)([0-9]) *(?:{words})$')}, '\\1')"


def period_of(header: str) -> str:
    """The period that a header states of the dates below it: "week", "quarter", else "month"."""
    said = header.replace("_", " ")
    return "week" if _WEEK.search(said) else "quarter" if _QUARTER.search(said) else "month"


def settled(mapping: Mapping) -> Mapping:
    """A mapping with what the headers and cells state of unit and period, and with what saying nothing means.

    A unit or period that has a column of its own is left to it; else a unit beside a number counts for its row.
    """
    form = mapping.contract
    text, headers = dict(mapping.text), dict(mapping.headers)
    for name, column in form.columns.items():
        if column.period and column.period not in text and name in text:
            cell, usual = text[name], period_of(headers[name])
            said = " ".join(
                f"when regexp_full_match({cell}, {quoted(form)}) and regexp_full_match({cell}, {quoted(periods.FORM)}) "
                f"then {quoted(period)}"
                for period, form in _FORMS.items()
            )
            text[column.period] = f"case {said} else {quoted(usual)} end"
            headers[column.period] = headers[name]
        if column.in_units and column.in_units not in text and name in text:
            unit = unit_of(headers[name])
            text[column.in_units] = (
                f"coalesce({own_unit(text[name])}, {quoted(unit or str(form.columns[column.in_units].empty))})"
            )
            headers[column.in_units] = headers[name] if unit else UNSTATED
    for name, column in form.columns.items():
        if column.empty is not None and name not in text:
            text[name], headers[name] = quoted(column.empty), UNSTATED
    if text.keys() == mapping.text.keys():
        return mapping
    # In the contract's order, as the columns are shown.
    ordered = [name for name in form.columns if name in text]
    return replace(mapping, text={n: text[n] for n in ordered}, headers={n: headers[n] for n in ordered})


def first_day(day: str, period: str, header: str) -> str:
    """SQL: the first day of the period that a day lies in; `period` is the SQL that says which it is.

    A Saturday or Sunday begins the week of the Monday after, unless the header says that weeks end there.
    """
    of_week = day if weeks_end(header) else f"{day} + {WEEKEND}"
    weeks, quarters = f"date_trunc('week', {of_week})", f"date_trunc('quarter', {day})"
    months = f"date_trunc('month', {day})"
    return f"(case {period} when 'week' then {weeks} when 'quarter' then {quarters} else {months} end)::date"


def weeks_end(header: str) -> bool:
    """Whether a header says that its days are the ends of weeks."""
    return _WEEK_ENDS.search(header) is not None


def begins_on_weekend(day: str, header: str) -> str:
    """SQL: whether a day begins the week of the Monday after it."""
    return "false" if weeks_end(header) else f"isodow({day}) > 5"


def last_day(first: str, period: str) -> str:
    """SQL: the last day of a period that begins on a day."""
    return (
        f"(case {period} when 'week' then {first} + 6 "
        f"when 'quarter' then last_day(({first} + interval 2 month)::date) else last_day({first}) end)"
    )
