"""Amounts as people write them: SQL that takes away what stands about a number, and reads what is left."""

from pipelines.literals import quoted

# What a mark or code about an amount says of its currency; None where it may be one of several.
MARKS = {
    "£": "GBP",
    "Ł": "GBP",  # a pound sign that was read in the wrong encoding on its way here
    "€": "EUR",
    "¥": "JPY",
    "₹": "INR",
    "ZŁ": "PLN",
    "US$": "USD",
    "AU$": "AUD",
    "CA$": "CAD",
    "NZ$": "NZD",
    "HK$": "HKD",
    "A$": "AUD",
    "C$": "CAD",
    "S$": "SGD",
    "R$": "BRL",
}
_CODES = (
    "AED|ARS|AUD|BGN|BHD|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EGP|EUR|GBP|HKD|HUF|IDR|ILS|INR|ISK|JPY|KES|KRW|KWD|MAD|MXN|"
    "MYR|NGN|NOK|NZD|OMR|PEN|PHP|PKR|PLN|QAR|RON|RSD|RUB|SAR|SEK|SGD|THB|TRY|TWD|UAH|USD|VND|ZAR"
)
DOLLARS = {"USD", "AUD", "CAD", "NZD", "HKD", "SGD"}
CURRENCY = rf"(?:US|AU|CA|NZ|HK|[ACRS])?\$|zł|[£€¥₹Ł]|{_CODES}"
_AROUND = rf"^['+]|{CURRENCY}|\p{{Sc}}|\x{{fffd}}|rs\.?|kr\.?"
_UNITS = {"k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9}
_UNIT = rf"(\d\.?) *({'|'.join(_UNITS)})([ )-]*)$"

# "1234.-" and "1234,--" have no cents; a dash that stands alone behind a number is a minus.
_NO_CENTS = r"(\d[.,])[-–—]{1,2}$"

LONGEST = 60  # characters of a number; a longer one is a row of digits, and might be infinite

# A comma is the decimal sign where it comes last after points, where other than three digits follow it, after a
# leading zero or four digits, or where points stand in groups; a point likewise.
DECIMAL_COMMA = r"\..*,\d+$|^-?\d+,(\d{1,2}|\d{4,})$|^-?(0|\d{4,}),\d|[ ']\d{3},\d|\d\.\d{3}\.\d{3}"
DECIMAL_POINT = r",.*\.\d+$|^-?\d*\.(\d{1,2}|\d{4,})$|^-?(0|\d{4,})\.\d|[ ']\d{3}\.\d|\d,\d{3},\d{3}|,\d\d,\d{3}"
# No budget of this world; what is larger is a mistyped cell, and no sum could hold it.
LARGEST = "1e15"
# One group of three digits after a comma or a point may be either.
MAYBE_COMMA = r"-?[1-9]\d{0,2},\d{3}"
MAYBE_POINT = r"-?[1-9]\d{0,2}\.\d{3}"


def is_code(text: str) -> bool:
    """Whether a text is the code of a currency."""
    return len(text) == 3 and text.upper() in _CODES.split("|")


def has_digits_only(text: str) -> str:
    """SQL: whether a text is digits, one point and a leading minus at most."""
    return f"regexp_full_match({text}, '-?\\d*\\.?\\d*')"


def days(text: str) -> str:
    """SQL: a text of days or weeks ("2 days", "3d", "1 week") as a number of days; any other as it stands."""
    said = f"lower(trim({text}))"
    number = f"try_cast(ltrim(regexp_extract({said}, '^([-+]?\\d+(?:\\.\\d+)?) *[a-z]', 1), '+') as double)"
    unit = f"regexp_extract({said}, '^[-+]?\\d+(?:\\.\\d+)? *([a-z ]+)\\.?$', 1)"
    return (
        f"case when {unit} in ('d', 'day', 'days', 'calendar day', 'calendar days') then format('{{:g}}', {number}) "
        f"when {unit} in ('w', 'wk', 'wks', 'week', 'weeks') then format('{{:g}}', 7 * {number}) else {text} end"
    )


def plain_number(text: str) -> str:
    """SQL: the value of a text of digits, point and minus alone, NULL for any other and for an absurd amount."""
    number = f"try_cast({text} as double)"
    return f"case when {has_digits_only(text)} and abs({number}) < {LARGEST} then {number} end"


def _without_currency(text: str) -> str:
    """SQL: an amount's text with usual blanks and signs, without its currency."""
    spaced = f"translate({text}, '\u00a0\u202f\u2009\t’−', '    ''-')"
    return f"regexp_replace({spaced}, {quoted(_AROUND)}, '', 'gi')"


def body(text: str) -> str:
    """SQL: an amount's text without currency, unit and brackets; negative in any usual form gets a leading minus."""
    bare = f"trim(regexp_replace(trim({_without_currency(text)}), {quoted(_UNIT)}, '\\1\\3', 'i'))"
    bare = f"regexp_replace({bare}, {quoted(_NO_CENTS)}, '\\100')"
    signed = r"^\( *([^()-]*?) *\)$|^([^()-]*?) *-$|^- *([^()-]*)$"
    return f"regexp_replace({bare}, {quoted(signed)}, '-\\1\\2\\3')"


def states_unit(text: str) -> str:
    """SQL: whether an amount says its unit itself, as "1.2M" does."""
    return f"regexp_matches(trim({_without_currency(text)}), {quoted(_UNIT)}, 'i')"


def value(text: str, stripped: str, decimal_comma: bool) -> str:
    """SQL: the number that an amount says, its unit multiplied in; NULL where it says none. `stripped` is its body."""
    mark, group = (",", ".") if decimal_comma else (".", ",")
    groups = "|".join(rf"(?:{g}\d{{3}})+" for g in (f"[{group}]", " ", "'"))
    shape = rf"-?(?:\d{{1,3}}(?:{groups})(?:[{mark}]\d*)?|(?:\d+[{mark}]?\d*|[{mark}]\d+)(?:[eE][+-]?\d{{1,2}})?"
    shape += ")" if decimal_comma else r"|\d{1,2}(?:,\d\d)+,\d{3}(?:\.\d*)?)"
    digits = f"translate({stripped}, {quoted(mark + group + ' ' + chr(39))}, '.')"
    cases = " ".join(f"when '{unit}' then {times:g}" for unit, times in _UNITS.items())
    # The currency may stand between the unit and the end ("1.5 k€").
    unit = f"case lower(regexp_extract(trim({_without_currency(text)}), {quoted(_UNIT)}, 2, 'i')) {cases} else 1 end"
    readable = f"length({stripped}) <= {LONGEST} and regexp_full_match({stripped}, {quoted(shape)})"
    number = f"try_cast({digits} as double) * {unit}"
    return f"case when {readable} and abs({number}) < {LARGEST} then {number} end"


def parted_otherwise(body: str, decimal_comma: bool) -> tuple[str, str, str]:
    """SQL of an amount's body: whether the other sign parts its thousands, whether three decimals stand behind such,
    and whether it has three decimals that may as well be thousands."""
    mark, group = (",", ".") if decimal_comma else (".", ",")
    grouped, whole = rf"^-?\d{{1,3}}([{group}]\d{{3}})+", rf"[{group}]\d{{3}}[{mark}]\d{{3}}$"
    maybe = MAYBE_COMMA if decimal_comma else MAYBE_POINT
    return (
        f"regexp_matches({body}, {quoted(grouped)})",
        f"regexp_matches({body}, {quoted(whole)})",
        f"regexp_full_match({body}, {quoted(maybe)})",
    )


def currency_mark(text: str) -> str:
    """SQL: the currency mark or code that stands in an amount's text, in capitals, '' where there is none."""
    return f"upper(regexp_extract({text}, {quoted(CURRENCY)}, 0, 'i'))"


def currencies(marks: set[str]) -> set[str]:
    """The currencies that marks and codes speak of; a bare dollar sign stays "$", unless one dollar is named."""
    named = {MARKS.get(mark, mark) for mark in marks}
    return named - {"$"} if named & DOLLARS else named
