"""What a cell that can't be read was likely meant to say: a date, an amount, one of a column's choices.

Nothing here is applied unasked (see `pipelines.repair`); None where nothing is likely.
"""

import datetime as dt
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from pipelines import amounts, periods
from pipelines.dates import FIRST_YEAR, LAST_YEAR, PIVOT
from pipelines.spelling import plain, slip

FIRST_SERIAL, LAST_SERIAL = 18_264, 73_051  # days from 1950 to 2100, as spreadsheets count them
_EPOCH = dt.date(1899, 12, 30)

_NUMBERS = re.compile(r"(\d{1,4}) *[-/. ,_\\]+ *(\d{1,2}) *[-/. ,_\\]+ *(\d{4}|\d{1,2})")
_COMPACT = re.compile(r"(\d\d)(\d\d)(\d{4})")
_ABOUT = r"(?:approximately|approx|about|circa|around|roughly|ca|c|est|estimated|estimate|tbc|provisional|planned)"
_WORDS_ABOUT = re.compile(
    rf"^(?:[~≈<>='\"*(\[ ]|\b{_ABOUT}\b[.:]?)+|(?:[?*!;:'\")\] ]|[(\[ ]{_ABOUT}\.?[)\] ]*$)+$", re.I
)
_LOOKALIKE = str.maketrans("OoIl|", "00111")

_CURRENCY_WORDS = {"dollar": "USD", "dollars": "USD", "euro": "EUR", "euros": "EUR", "pounds": "GBP", "sterling": "GBP"}
_UNITS = {
    **dict.fromkeys(("k", "thousand", "thousands", "tsd", "000", "000s", "ths"), 3),
    **dict.fromkeys(("m", "mm", "mn", "mln", "mio", "mil", "mill", "million", "millions"), 6),
    **dict.fromkeys(("lakh", "lakhs", "lac", "lacs"), 5),
    **dict.fromkeys(("crore", "crores"), 7),
    **dict.fromkeys(("b", "bn", "bln", "billion", "billions", "mrd"), 9),
}
_UNIT_NAMES = {3: "thousand", 5: "lakh", 6: "million", 7: "crore", 9: "billion"}
# A unit and a currency in one word ("TEUR", "k€"), behind the number or before it.
_FUSED = re.compile(rf"(?<![a-z])(?P<unit>t|k|m|tsd|mio|mrd)\.?(?P<mark>{amounts.CURRENCY})(?![a-z])", re.I)
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_MARK = rf"{amounts.CURRENCY}|{'|'.join(_CURRENCY_WORDS)}"
_AMOUNT = re.compile(
    rf"(?P<before>(?:{_MARK}|[\s()\[\]])*)"
    r"(?P<sign>[-−–]?)\s*(?P<number>[\dOolI][\d., '’\u00a0\u202fOolI]*|[.,]\d+)"
    rf"(?P<after>(?:{_MARK}|[\s()\[\]/'’.-]|(?:\b|(?<=[\d .]))(?:{_UNIT})\b|%|\b(?:in|percent|per cent|pct)\b)*)",
    re.I,
)


@dataclass(frozen=True)
class Guess:
    """What a cell likely means: the kind of mend, the text to read instead, and why."""

    rule: str
    text: str
    why: str


def date(text: str, order: str | None, *, start: bool = False) -> Guess | None:
    """The date that a text likely says, in ISO form; `order` ("dmy", "mdy", "ymd") is how its column is read.

    Of a quarter, a week or the like it is the last day, the first one where the column says when something starts.
    """
    said = unicodedata.normalize("NFKC", text).strip()
    if re.fullmatch(r"1\d{12}|1\d{9}", said):
        moment = dt.datetime.fromtimestamp(int(said[:10]), dt.UTC)
        unit = "seconds" if len(said) == 10 else "milliseconds"
        return Guess("date_serial", moment.date().isoformat(), f"a program counts {unit} since 1970; the day in UTC")
    if re.fullmatch(r"\d{5}(?:\.\d+)?", said):
        number = int(float(said))
        if FIRST_SERIAL <= number <= LAST_SERIAL:
            day = _EPOCH + dt.timedelta(days=number)
            return Guess(
                "date_serial", day.isoformat(), "a spreadsheet counts days, and this is the number of that day"
            )
        return None
    bare = _WORDS_ABOUT.sub("", said).strip()
    if (found := _numeric(bare, order)) is not None:
        if bare == said:
            return found
        return Guess("date_words", found.text, "a date, with words or marks about it")
    if re.search(r"\d", bare) and (digits := bare.translate(_LOOKALIKE)) != bare and (found := _numeric(digits, order)):
        return Guess("date_letters", found.text, "letters stand where digits were meant")
    if period := periods.day(said, start=start) or periods.day(bare, start=start):
        return Guess("date_period", period.day.isoformat(), period.words)
    return None


def _numeric(text: str, order: str | None) -> Guess | None:
    """A date in numbers; None where they can be read in several ways or in none."""
    if compact := _COMPACT.fullmatch(text):
        first, second, year = map(int, compact.groups())
        days = {name: day for name in ("dmy", "mdy") if (day := _day(year, *_month_day(first, second, name)))}
        day = days.get(order or "") or (next(iter(days.values())) if len(days) == 1 else None)
        return Guess("date_order", day.isoformat(), "its digits say this day, without separators") if day else None
    numbers = _NUMBERS.fullmatch(text)
    if not numbers:
        return None
    one, two, three = numbers.groups()
    first, second, last = int(one), int(two), int(three)
    if len(one) == 4 and len(three) <= 2:
        day, usual = _day(first, last, second), _day(first, second, last)
        if usual:
            return Guess("date_order", usual.isoformat(), "year, month and day")
        return Guess("date_order", day.isoformat(), "the day stands before the month here") if day else None
    if len(one) > 2:
        return None
    if order == "ymd" and len(one) == len(three) == 2:
        day = _day(_full(first), second, last)
        return Guess("date_order", day.isoformat(), "year, month and day") if day else None
    year = last if len(three) == 4 else _full(last)
    days = {name: day for name in ("dmy", "mdy") if (day := _day(year, *_month_day(first, second, name)))}
    if order in days:
        return Guess("date_order", days[order].isoformat(), "read in the order of its column")
    if order and len(days) == 1:
        before = "month before the day" if "mdy" in days else "day before the month"
        return Guess("date_order", next(iter(days.values())).isoformat(), f"only with the {before} is it a day")
    return None


def _full(year: int) -> int:
    return year + (1900 if year >= PIVOT else 2000)


def _month_day(first: int, second: int, order: str) -> tuple[int, int]:
    return (second, first) if order == "dmy" else (first, second)


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day) if FIRST_YEAR <= year <= LAST_YEAR else None
    except ValueError:
        return None


def amount(text: str, decimal: str | None, scale: float = 1, *, scaled: bool = True) -> Guess | None:
    """The amount that a text likely says, in plain notation; its currency stays before it.

    `decimal` (",", ".") is how its column is read, `scale` what one of its units stands for: "9.9 ($m)" in a column of
    millions is 9.9. Without `scaled` no word stands for thousands or more: "2 MM" of somebody's time is no million.
    """
    said = unicodedata.normalize("NFKC", text).strip()
    bare = re.sub(
        rf"^(?:[~≈*\"]|\b{_ABOUT}\b[.:]?)\s*|\s*[?*\"]+$|\s*[(\[]?\b{_ABOUT}\b\.?[)\]]?$", "", said, flags=re.I
    )
    if fused := _FUSED.search(bare):
        unit = "tsd" if fused["unit"].lower() == "t" else fused["unit"]
        said_before, rest, closed = bare[: fused.start()], bare[fused.end() :].rstrip(") "), bare.endswith(")")
        bare = f"{said_before}{rest} {unit} {fused['mark']}" + ")" * closed
    found = _AMOUNT.fullmatch(bare)
    if not found:
        return None
    digits = found["number"].translate(_LOOKALIKE)
    number = _number(digits.strip(), decimal)
    around = found["before"] + " " + found["after"]
    units = [_UNITS[word] for word in re.findall(r"[a-z]+|0{3}s?", found["after"].lower()) if word in _UNITS]
    if number is None or len(units) > (1 if scaled else 0):
        return None
    value = number.scaleb(units[0]) / Decimal(str(scale)) if units else number
    if found["sign"] or re.fullmatch(r"\([^()]*\d[^()]*\)", bare):
        value = -value
    plainly = format(value.normalize(), "f")
    shown = plainly.replace(".", ",") if decimal == "," else plainly
    sign = "%" if re.search(r"%|percent|per cent|pct", around, re.I) else ""
    marks = {mark.upper() for mark in re.findall(amounts.CURRENCY, around, re.I)}
    marks |= {_CURRENCY_WORDS[word] for word in re.findall(r"[a-z]+", around.lower()) if word in _CURRENCY_WORDS}
    if len(amounts.currencies(marks)) > 1:
        return None
    currency = next((mark for mark in sorted(marks, key=len, reverse=True)), "")
    after = f"{currency} {shown}{sign}" if currency.isalpha() else f"{currency}{shown}{sign}"
    rule = "amount_letters" if digits != found["number"] else "amount_words"
    unit = f", in {_UNIT_NAMES[units[0]]}s" if units else ""
    return Guess(rule, after, f"read as the number {found['number'].strip()}{unit}")


def is_open(text: str, *, comma: bool) -> bool:
    """Whether a number in a text may be thousands or decimals, where nothing tells the decimal sign of its column.

    A comma before three digits is likely one of thousands; with `comma`, and beside words of countries that write
    decimals so, it may be either.
    """
    marks = "[.,]" if comma or re.search(r"mio|mrd|mld|tsd|[tkm](?:€|eur)", text, re.I) else "[.]"
    return re.search(rf"(?<![\d.,])[1-9]\d{{0,2}}{marks}\d{{3}}(?![\d.,])", text) is not None


def _number(text: str, decimal: str | None) -> Decimal | None:
    """A number with marks in it; where it may be read in two ways, as the column is."""
    bare = re.sub(r"[ '’\u00a0\u202f](?=\d{3}(?:\D|$))", "", text).strip(" '’")
    bare = re.sub(r"[.,]$", "", bare)
    if not re.fullmatch(r"\d*(?:[.,]\d+)*", bare) or not bare:
        return None
    marks = re.findall(r"[.,]", bare)
    if not marks:
        return Decimal(bare)
    last = marks[-1]
    groups = re.split(r"[.,]", bare)
    grouped = all(len(group) == 3 for group in groups[1:]) and 1 <= len(groups[0]) <= 3 and groups[0] != "0"
    if len(set(marks)) == 2:
        whole = bare.rpartition(last)[0]
        parts = re.split(r"[.,]", whole)
        if marks.count(last) > 1 or not all(len(part) == 3 for part in parts[1:]):
            return None
        return Decimal(f"{''.join(parts)}.{groups[-1]}")
    if len(marks) > 1:
        return Decimal("".join(groups)) if grouped else None
    if grouped and last != decimal:
        return Decimal("".join(groups)) if decimal else None
    return Decimal(f"{groups[0] or 0}.{groups[1]}")


def choice(text: str, spellings: Mapping[str, str]) -> Guess | None:
    """The allowed value that a text is likely meant for; `spellings` are those that are read, folded, and their value.

    A text that negates ("not on track") or speaks of several values is none of them.
    """
    said = plain(text).split()
    if not said or {"not", "no", "non", "never", "un", "kein", "nicht", "pas", "was"} & set(said):
        return None
    whole = "".join(said)
    found = {value for spelling, value in spellings.items() if _near(whole, spelling)}
    if len(found) == 1:
        return Guess("choice_value", found.pop(), "a spelling of it, but for a letter or two")
    if found or len(said) > 6:
        return None
    runs = {"".join(said[i:j]) for i in range(len(said)) for j in range(i + 1, len(said) + 1)}
    named = {spellings[run] for run in runs if len(run) > 2 and run in spellings}
    if len(named) == 1:
        return Guess("choice_value", named.pop(), "one of the words says so")
    return None


def _near(one: str, other: str) -> bool:
    """Whether a folded text is a folded spelling with a letter too many, too few, changed or out of place."""
    from rapidfuzz.distance import OSA

    if min(len(one), len(other)) < 3 or not (one.isalpha() and other.isalpha()) or one[0] != other[0]:
        return False
    letters = OSA.distance(one, other, score_cutoff=2)
    if min(len(one), len(other)) < 5:
        return letters == 1 and len(one) > 3 and (len(one) != len(other) or Counter(one) == Counter(other))
    return letters == 1 or (letters == 2 and min(len(one), len(other)) >= 7) or bool(slip(one, other))
