"""Dates as people write them: SQL that reduces a text to its day, and the formats that it is read by."""

from pipelines.literals import listed

FIRST_YEAR, LAST_YEAR = 1900, 2199
PIVOT = 69  # two digits from here on are a year of the last century, as the database has it
# Day-month-year or month-day-year: two small numbers and a year, however separated.
_NUMERIC = r"^(\d{1,2})-(\d{1,2})-(\d{4}|\d{2})$"
_FORMS = (
    r"(?i)\d{1,2}-\d{1,2}-(\d{4}|\d\d)|\d{4}-\d{1,2}-\d{1,2}|\d{8}|"
    r"\d{1,2}-[a-z]+-(\d{4}|\d\d)|[a-z]+-\d{1,2}-(\d{4}|\d\d)|\d{4}-[a-z]+-\d{1,2}"
)
# Years of two digits that come first are read as the first century's, which no date here is of, and so are named.
_ORDERS = {"dmy": ("%d-%m-%Y", "%d-%m-%y"), "mdy": ("%m-%d-%Y", "%m-%d-%y"), "ymd": ("%Y-%m-%d", "%Y-%m-%d")}
# Numbers with points between them.
_POINTED = r"^\D*\d{1,2}\. ?\d{1,2}\. ?(\d{4}|\d\d)(\D|$)"
_NAMED = ("%d-%b-%Y", "%d-%B-%Y", "%b-%d-%Y", "%B-%d-%Y", "%Y-%b-%d", "%Y-%B-%d")
_NAMED_SHORT = ("%d-%b-%y", "%d-%B-%y", "%b-%d-%y", "%B-%d-%y")
# The letters of the scripts that dates are written in. All of Unicode's (\p{L}), repeated, take a file of a few rows
# twenty times as long, for the pattern is prepared anew for each column.
_LETTER = "[A-Za-zÀ-ÖØ-öø-ʯͰ-῾぀-鿿가-힣]"
# A word before a day is its weekday, unless it is the month: no other number follows that day.
_WEEKDAY = rf"^{_LETTER}{{2,9}}\.?,? +(\d{{1,2}}[./-]\d|\d{{1,2}}[ ./-]+{_LETTER}|{_LETTER}|\d{{4}}-)"
# Months as tools write them in other languages, where English has another word.
MONTHS = {
    "Jan": "januar jänner janv janvier januari gennaio gen enero ene janeiro jaanuar",
    "Feb": "februar fév févr février februari febbraio febrero fev fevereiro",
    "Mar": "märz mär mrz mars maart mrt marzo março marts",
    "Apr": "avr avril aprile abril abr",
    "May": "mai mei maggio mag mayo maio maj",
    "Jun": "juni juin giugno giu junio junho",
    "Jul": "juli juil juillet luglio lug julio julho",
    "Aug": "août augustus agosto ago augusti",
    "Sep": "septembre settembre sett set septiembre setembro sept",
    "Oct": "oktober okt octobre ottobre ott octubre outubro out",
    "Nov": "novembre noviembre novembro",
    "Dec": "dezember dez déc décembre dicembre dic diciembre dezembro desember des",
}
_ENGLISH = "map {" + ", ".join(f"'{w}': '{m}'" for m, words in MONTHS.items() for w in words.split()) + "}"
FIXES = {
    "dmy": "Dates in this column are read day first (31/12/2026); write it so, or as 2026-12-31.",
    "mdy": "Dates in this column are read month first (12/31/2026); write it so, or as 2026-12-31.",
    "ymd": "The year seems to come first, in two digits: accept the repair that is offered, write dates as "
    "2026-12-31, or say what comes first with --date-order dmy or --date-order mdy.",
}


def iso(text: str) -> str:
    """SQL: the day of a text that is an ISO date and nothing else."""
    # A cast of text to date lets anything follow the day, so what was read must give back what was written.
    day = f"try_cast({text} as date)"
    return f"case when {day}::varchar = {text} then {day} end"


def day_text(text: str) -> str:
    """SQL: a date's text without weekday and time of day, its parts joined by hyphens."""
    day = f"regexp_replace({text}, '[T ,]+\\d{{1,2}}(:\\d{{2}}.*| ?[AaPp][Mm])$', '')"
    day = f"regexp_replace({day}, '{_WEEKDAY}', '\\1')"
    day = f"regexp_replace({day}, '(\\d)(st|nd|rd|th|er)\\b', '\\1')"
    day = f"regexp_replace({day}, '(\\d{{4}}) ?[年년] ?(\\d{{1,2}}) ?[月월] ?(\\d{{1,2}}) ?[日일]', '\\1-\\2-\\3')"
    joined = f"regexp_replace(trim({day}), '( de |[/. ,-])+', '-', 'g')"
    word = f"regexp_extract({joined}, '{_LETTER}{{3,}}')"
    return f"coalesce(replace({joined}, {word}, {_ENGLISH}[lower({word})]), {joined})"


def first_and_second(day: str) -> tuple[str, str]:
    """SQL: the first and the second number of a day's text that is written in numbers with the year last."""
    parts = f"regexp_extract({day}, '{_NUMERIC}', ['a', 'b', 'y'])"
    return f"try_cast({parts}.a as int)", f"try_cast({parts}.b as int)"


def tellers(day: str, text: str) -> str:
    """SQL: what tells the order of day and month in a column, as `order` takes it. `day` is the text's day.

    Days with the first number above 12, with the second, with neither, with neither but with points in the text; years
    that may as well be days, with a number before them that is no month and may be a year; the least of these years.
    """
    first, second = first_and_second(day)
    third = f"try_cast(regexp_extract({day}, '{_NUMERIC}', ['a', 'b', 'y']).y as int)"
    either = f"{first} <= 12 and {second} <= 12 and {first} <> {second}"
    year_first = f"{first} between 13 and 49 and {second} between 1 and 12 and {third} between 1 and 31"
    return (
        f"count(*) filter ({first} > 12 and {second} <= 12), count(*) filter ({second} > 12 and {first} <= 12), "
        f"count(*) filter ({either}), count(*) filter ({either} and {has_points(text)}), "
        f"count(*) filter ({year_first}), min({third}) filter ({year_first})"
    )


def order(
    day_first: int, month_first: int, either: int, pointed: int, year_first: int, year_least: int | None
) -> str | None:
    """The order of day and month that a column's days tell: "dmy", "mdy", "ymd" for years of two digits that come
    first, None where it is open. Points between the numbers stand for the day first where nothing speaks against it."""
    if year_first and year_first == day_first and not (month_first or either) and (year_least or 0) <= 12:
        return "ymd"
    if either and day_first == month_first:
        return "dmy" if not day_first and pointed == either else None
    return "dmy" if day_first >= month_first else "mdy"


def has_points(text: str) -> str:
    """SQL: whether a date's numbers have points between them."""
    return f"regexp_matches({text}, '{_POINTED}')"


def begins(column: str) -> bool:
    """Whether a column of dates says when something begins; the others say when something ends, or is as it is."""
    return column.endswith(("_start", "_from"))


def is_short(day: str) -> str:
    """SQL: whether a day's text has a year of two digits."""
    return f"regexp_matches({day}, '-\\d\\d$') and not regexp_matches({day}, '\\d{{4}}')"


def written(day: str, order: str) -> str:
    """SQL: the day that a day's text says in any usual form, `order` (see `order`) telling day from month."""
    long, short = _ORDERS[order]
    formats = listed((long, *_NAMED, "%Y-%m-%d", "%Y%m%d"))
    formats_short = listed((short, *_NAMED_SHORT))
    four = f"regexp_matches({day}, '\\d{{4}}')"
    read = f"case when {four} then try_strptime({day}, [{formats}]) else try_strptime({day}, [{formats_short}]) end"
    # The formats alone would also take "1/2/3", and words such as "epoch".
    return f"(case when regexp_full_match({day}, '{_FORMS}') then {read} end)::date"


def plausible(sql: str) -> str:
    """SQL: a day, NULL where its year shows that it was mistyped or misread."""
    return f"case when year({sql}) between {FIRST_YEAR} and {LAST_YEAR} then {sql} end"
