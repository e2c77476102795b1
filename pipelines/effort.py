"""People's time in exports: in which unit its amounts are, of which period, and what is said by saying nothing."""

import re
from dataclasses import replace

from pipelines import periods
from pipelines.literals import quoted
from pipelines.profile import Mapping

UNSTATED = "not in the file"
MOST_PEOPLE = 60  # FTE of one team's skill, beyond which an amount without a unit is asked about
_UNITS = {
    "hours": r"hours?|hrs?|h|std|stunden|heures|horas",
    "days": r"days?|pd|pt|md|tage|jours|días",
    "percent": r"percent|per cent|pct|%|allocation percent",
    "FTE": r"ftes?|full time equivalents?|headcount|heads|hc",
}
_WEEK = re.compile(r"(?<![^\W_])(?:weeks?|weekly|w/?c|kw|kalenderwoche|semaine|semana|woche)(?![^\W_])", re.I)
_QUARTER = re.compile(r"(?<![^\W_])(?:quarters?|quarterly|qtr|quartal|trimestre)(?![^\W_])", re.I)
_FORMS = {
    "week": r"(?i).*(?:\d\s*-?w|(?:^|[^a-z])(?:week|wk|kw|cw|w)\.?[\s-]*\d).*",
    "quarter": r"(?i).*(?:(?:quarter|quartal|qtr|q)\.?[\s-]*[1-4]|[1-4](?:st|nd|rd|th|\.)?[\s-]*(?:quarter|quartal|qtr|q)).*",
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


def period_of(header: str) -> str:
    """The period that a header states of the dates below it: "week", "quarter", else "month"."""
    said = header.replace("_", " ")
    return "week" if _WEEK.search(said) else "quarter" if _QUARTER.search(said) else "month"


def settled(mapping: Mapping) -> Mapping:
    """A mapping with what the headers and cells state of unit and period, and with what saying nothing means.

    A unit or period that has a column of its own is left to it.
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
            if unit := unit_of(headers[name]):
                text[column.in_units], headers[column.in_units] = quoted(unit), headers[name]
    for name, column in form.columns.items():
        if column.empty is not None and name not in text:
            text[name], headers[name] = quoted(column.empty), UNSTATED
    if text.keys() == mapping.text.keys():
        return mapping
    # In the contract's order, as the columns are shown.
    ordered = [name for name in form.columns if name in text]
    return replace(mapping, text={n: text[n] for n in ordered}, headers={n: headers[n] for n in ordered})


def first_day(day: str, period: str) -> str:
    """SQL: the first day of the period that a day lies in; `period` is the SQL that says which it is."""
    starts = " ".join(f"when {quoted(kind)} then date_trunc({quoted(kind)}, {day})" for kind in ("week", "quarter"))
    return f"(case {period} {starts} else date_trunc('month', {day}) end)::date"
