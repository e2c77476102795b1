"""Export contracts: what each export's columns mean, their types, keys and rules, read from contracts/*.yaml.

Everything else that names a column (tables, checks, templates, the data dictionary, header matching) derives from here.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.headers import fold
from pipelines.literals import quoted

FOLDER = Path(__file__).parent / "contracts"
# The order in which a command loads them.
EXPORTS = (
    *("goals", "programs", "projects", "status", "milestones", "dependencies", "risks", "benefits"),
    *("capacity", "demand", "assignments", "alignment"),
)

SQL_TYPES = {
    "text": "VARCHAR",
    "choice": "VARCHAR",
    "date": "DATE",
    "money": "DOUBLE",
    "number": "DOUBLE",
    "percent": "DOUBLE",
    "yes_no": "BOOLEAN",
}


# What stands behind a header of people's time to say how it is counted.
EFFORT_WORDS = ("fte", "ftes", "hours", "hrs", "h", "days", "pd", "person days", "percent")

# What a spreadsheet writes where a total row has its identifier.
TOTAL_WORDS = (
    *("total", "totals", "grand total", "grand totals", "sub total", "sub totals", "overall total", "sum", "totaux"),
    *("summe", "gesamt", "gesamtsumme", "zwischensumme", "total general", "total général", "sous total"),
)


# A number as a choice may be written, and one that is whole: "4.0" is 4, but ".4", "-4" and "4 %" are not.
_NUMBER = re.compile(r"[-+]?(?:\d+[.,]?\d*|[.,]\d+)\s*%?")
_WHOLE = re.compile(r"\+?0*(\d+)(?:[.,]0{0,2})?")


def spelled(text: str) -> str:
    """A value as it compares: like a header, but what has neither letters nor digits ("🟢", "-") stands for itself, and
    a number for what it is."""
    bare = text.strip()
    if _NUMBER.fullmatch(bare):
        whole = _WHOLE.fullmatch(bare)
        return whole[1] if whole else bare
    return fold(text) or bare


def bare(name: str) -> str:
    """A name as it compares where signs count ("C#" is not "C++"): lower case, its blanks single."""
    return " ".join(name.lower().split())


# What a spreadsheet writes where a formula fails; "#N/A" says that nothing is known. A formula whose value is not in
# the file is read as "#CALC! =SUM(E2:E9)".
ERRORS = r"#(?:REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!)(?: =[^\n]*)?"
# A letter that was lost, a control character, and UTF-8 that was read as Windows-1252 ("CafÃ©", "â€™").
_MISREAD = "\ufffd|[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]|Ã[¡-¿€‚ƒ„†‡ˆ‰Š‹ŒŽ‘“•–—˜™š›œžŸ]|Â[\u00a0-ª¬-º¼-¿]|â€|ðŸ"
# "1E+05": a spreadsheet took an identifier for a number.
_EXPONENT = r"\d(?:[.,]\d+)?[eE][+-]\d{2,3}"
# What nobody sees, but makes two identifiers of one; joiners are parts of words in some scripts.
_UNSEEN = "^'|[\\x00-\\x1f\\x7f\u00ad\u200b\u2060\ufeff]"

# Also as the key of a project that has no number ("name:grand-total"), and with a colon after it ("Total:").
_TOTAL = rf"(?:name:)?(?:{'|'.join(word.replace(' ', '[ _-]*') for word in TOTAL_WORDS)}) *:?"


@dataclass(frozen=True)
class Column:
    """One column of an export.

    `values` maps each allowed value to the other spellings that are read as it, `colours` to the colour it counts as.
    `empty` is what an empty cell, and a file without the column, says. `period` names the column that tells which
    period a date stands for, so that any day of it is read as its first one; `in_units` the one with the unit of an
    amount. `listing_only` columns are not carried by another export. Of the spellings of what it `names` ("teams") one
    stands for all that differ in case and punctuation alone. `form_says` what is wrong where `pattern` does not fit.
    """

    name: str
    type: str
    help: str
    example: str = ""
    required: bool = False
    aliases: tuple[str, ...] = ()
    min: float | None = None
    max: float | None = None
    max_length: int | None = None
    pattern: str | None = None
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ratings: dict[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    colours: dict[str, str] = field(default_factory=dict)
    known_in: str | None = None
    severity: str = "error"
    empty: str | None = None
    period: str | None = None
    in_units: str | None = None
    listing_only: bool = False
    names: str | None = None
    form_says: str | None = None

    @property
    def said(self) -> tuple[str, ...]:
        """The headers that mean this column: its own name first, then its aliases, then those with a unit behind."""
        names = (self.name, *self.aliases)
        units = (f"{name} {word}" for name in names for word in EFFORT_WORDS) if self.in_units else ()
        return (*names, *units)

    @property
    def sql_type(self) -> str:
        """The column's type in the store."""
        return SQL_TYPES[self.type]

    @property
    def spellings(self) -> dict[str, str]:
        """Every accepted spelling of a choice, folded, and the allowed value that it stands for."""
        known = {spelled(value): value for value in self.values}
        for value, others in self.values.items():
            known |= {spelled(other): value for other in others}
            if value.isdigit():  # "4 - High", "High (4)"
                known |= {spelled(both): value for other in others for both in (f"{value} {other}", f"{other} {value}")}
        return known | self.ratings

    def unclear_ratings(self, texts: Iterable[str]) -> set[str]:
        """Ratings that may be of a scale of three, on which 1 may be the best or the worst: those from 1 to 3 where
        none is above, for a column with ratings from 1 to 5."""
        said = {spelled(text) for text in texts} & self.ratings.keys()
        return said if said and max(said) <= "3" else set()

    @property
    def is_code(self) -> bool:
        """Whether it is a text that identifies something, so that "n/a" in it says nothing."""
        return self.type == "text" and bool(self.known_in or self.pattern)

    @property
    def unit(self) -> str:
        """The unit in words, for the data dictionary."""
        units = {"money": "currency units", "percent": "percent, 0 to 100", "date": "day", "yes_no": "yes or no"}
        return units.get(self.type, self.type)


@dataclass(frozen=True)
class Check:
    """One rule as it is applied: the SQL predicate that is true of a failing row, and its expectation.

    `expectation` is the Great Expectations class and its arguments; `columns` are the columns shown as the place of
    the problem, the first one being the offender. `helper` is an extra column (name, SQL) that the expectation reads.
    """

    name: str
    columns: tuple[str, ...]
    severity: str
    fails: str
    expectation: tuple[str, dict[str, Any]]
    message: str
    fix: str
    helper: tuple[str, str] | None = None


@dataclass(frozen=True)
class Contract:
    """One export: its columns in order, its key and its rules across columns.

    One that `replaces` says all there is of what it names: what a later file of it leaves out is no more.
    """

    export: str
    title: str
    answers: str
    grain: str
    key: tuple[str, ...]
    columns: dict[str, Column]
    rules: tuple[dict[str, Any], ...]
    replaces: bool = False

    @property
    def required(self) -> list[str]:
        """The columns without which a row means nothing."""
        return [c.name for c in self.columns.values() if c.required]

    @property
    def refers_to(self) -> set[str]:
        """The exports whose identifiers its columns hold."""
        return {c.known_in for c in self.columns.values() if c.known_in}

    @property
    def is_of_time(self) -> bool:
        """Whether its rows are people's time in periods: capacity, demand, assignments."""
        return any(column.in_units for column in self.columns.values())

    @property
    def is_part(self) -> bool:
        """Whether its rows are of projects, and no projects: milestones, dependencies, risks, benefits."""
        return "projects" in self.refers_to

    @property
    def is_dated(self) -> bool:
        """Whether its rows each speak of a status date, so that later ones follow earlier ones."""
        return "status_date" in self.key and not self.replaces

    def header_for(self) -> dict[str, str]:
        """Folded header text (name or alias) -> column name."""
        found: dict[str, str] = {}
        for column in self.columns.values():
            for text in column.said:
                found.setdefault(fold(text), column.name)
        return found

    def checks(self, today: dt.date, known: dict[str, set[str]]) -> Iterator[Check]:
        """Every rule of the contract in the order of its columns, then the key, then the rules across columns.

        `known` holds the identifiers of other exports ("goals", "programs"); a reference to an export of which
        nothing is known yet is not checked.
        """
        for column in self.columns.values():
            yield from _column_checks(column, known)
        for column in self.columns.values():
            if column.type == "text" and (column.name in self.key or (column.required and column.known_in)):
                yield from _identifier_checks(column)
        yield _unique(self.key)
        for rule in self.rules:
            yield _across(rule, today)


def _column_checks(c: Column, known: dict[str, set[str]]) -> Iterator[Check]:
    label = c.name.replace("_", " ")
    if c.required:
        yield Check(
            f"{c.name}_required",
            (c.name,),
            "error",
            f"{c.name} is null",
            ("ExpectColumnValuesToNotBeNull", {"column": c.name}),
            f"{label} is empty, and a row means nothing without it",
            f"Fill in {label}, or delete the row.",
        )
    if c.values:
        allowed = list(c.values)
        yield Check(
            f"{c.name}_allowed",
            (c.name,),
            "error",
            f"{c.name} not in ({', '.join(map(quoted, allowed))})",
            ("ExpectColumnValuesToBeInSet", {"column": c.name, "value_set": allowed}),
            f"{label} has a value that is not known",
            f'Use one of: {", ".join(allowed)}; or give the text a meaning with --value "{c.name}:TEXT=VALUE", '
            "which may be that nothing is known (no VALUE).",
        )
    if c.min is not None or c.max is not None:
        parts = [f"{c.name} < {c.min}"] if c.min is not None else []
        parts += [f"{c.name} > {c.max}"] if c.max is not None else []
        said = [f"below {c.min:g}"] if c.min is not None else []
        said += [f"above {c.max:g}"] if c.max is not None else []
        ends = [f"{c.min:g} or more"] if c.min is not None else []
        ends += [f"{c.max:g} or less"] if c.max is not None else []
        yield Check(
            f"{c.name}_in_range",
            (c.name,),
            c.severity,
            " or ".join(parts),
            ("ExpectColumnValuesToBeBetween", {"column": c.name, "min_value": c.min, "max_value": c.max}),
            f"{label} is {' or '.join(said)}",
            f"{label.capitalize()} must be {' and '.join(ends)}.",
        )
    if c.max_length is not None:
        yield Check(
            f"{c.name}_length",
            (c.name,),
            "error",
            f"length({c.name}) > {c.max_length}",
            ("ExpectColumnValueLengthsToBeBetween", {"column": c.name, "max_value": c.max_length}),
            f"{label} is longer than {c.max_length} characters",
            "Shorten it; a shifted row or a stray quotation mark often causes this.",
        )
    if c.pattern is not None:
        yield Check(
            f"{c.name}_form",
            (c.name,),
            "error",
            f"not regexp_full_match({c.name}, {quoted(c.pattern)})",
            # \Z, for $ would let a line break follow.
            ("ExpectColumnValuesToMatchRegex", {"column": c.name, "regex": rf"^(?:{c.pattern})\Z"}),
            c.form_says or f"{label} does not have its usual form",
            f"Write it like {c.example}.",
        )
    if c.type == "text" and not c.pattern:
        yield Check(
            f"{c.name}_damaged",
            (c.name,),
            "error" if c.required else "warning",
            f"regexp_matches({c.name}, {quoted(_MISREAD)}) or regexp_full_match({c.name}, {quoted(ERRORS)})",
            ("ExpectColumnValuesToNotMatchRegex", {"column": c.name, "regex": rf"{_MISREAD}|\A{ERRORS}\Z"}),
            f"{label} was damaged on its way: a spreadsheet's error, or letters that were lost or misread",
            "Correct it where the file comes from, and export again as CSV UTF-8 or .xlsx.",
        )
    if c.known_in and known.get(c.known_in):
        ids = sorted(known[c.known_in])
        shown = ", ".join(ids[:8]) + (", ..." if len(ids) > 8 else "")
        yield Check(
            f"{c.name}_known",
            (c.name,),
            c.severity,
            f"{c.name} not in ({', '.join(map(quoted, ids))})",
            ("ExpectColumnValuesToBeInSet", {"column": c.name, "value_set": ids}),
            f"no such entry in {c.known_in}",
            f"Use one of {shown} or load it with the {c.known_in} export first.",
        )


def _identifier_checks(c: Column) -> Iterator[Check]:
    label = c.name.replace("_", " ")
    yield Check(
        f"{c.name}_exponent",
        (c.name,),
        "error",
        f"regexp_full_match({c.name}, {quoted(_EXPONENT)})",
        ("ExpectColumnValuesToNotMatchRegex", {"column": c.name, "regex": rf"\A(?:{_EXPONENT})\Z"}),
        f"a spreadsheet turned this {label} into a number, and its digits are lost",
        "Format the column as text where the file comes from, and write the whole identifier.",
    )
    yield Check(
        f"{c.name}_unseen",
        (c.name,),
        "error",
        f"regexp_matches({c.name}, {quoted(_UNSEEN)})",
        ("ExpectColumnValuesToNotMatchRegex", {"column": c.name, "regex": _UNSEEN}),
        f"{label} starts with an apostrophe or holds a character that cannot be seen, so it counts as another one",
        "Type the identifier again without it.",
    )


def _unique(key: tuple[str, ...]) -> Check:
    names = ", ".join(key)
    present = " and ".join(f"{k} is not null" for k in key)
    repeated = f"select ({names}) from typed where {present} group by {names} having count(*) > 1"
    kind: tuple[str, dict[str, Any]] = ("ExpectColumnValuesToBeUnique", {"column": key[0]})
    if len(key) > 1:
        kind = (
            "ExpectCompoundColumnsToBeUnique",
            {"column_list": list(key), "ignore_row_if": "any_value_is_missing"},
        )
    return Check(
        "key_unique",
        key,
        "error",
        f"{present} and ({names}) in ({repeated})",
        kind,
        f"more than one row has this {' and '.join(k.replace('_', ' ') for k in key)}",
        "Keep the right row and delete the others.",
    )


def _across(rule: dict[str, Any], today: dt.date) -> Check:
    words = (rule["message"], rule["fix"])
    if "not_a_total" in rule:
        name = rule["not_a_total"]["column"]
        expectation = ("ExpectColumnValuesToNotMatchRegex", {"column": name, "regex": rf"(?i)\A(?:{_TOTAL})\Z"})
        fails = f"regexp_full_match({name}, {quoted(f'(?i){_TOTAL}')})"
        return Check(rule["name"], (name,), rule["severity"], fails, expectation, *words)
    if "not_after_today" in rule:
        name = rule["not_after_today"]["column"]
        fails = f"{name} > date '{today.isoformat()}'"
        expectation = ("ExpectColumnValuesToBeBetween", {"column": name, "max_value": today})
        return Check(rule["name"], (name,), rule["severity"], fails, expectation, *words)
    if "adds_up_within" in rule:
        name, by, most = (rule["adds_up_within"][key] for key in ("column", "by", "most"))
        # A share that is out of range by itself is told as that, and makes no others wrong.
        total = f"sum(try_cast({name} as decimal(18, 6))) filter ({name} between 0 and {most})"
        over = f"select {by} is not null, coalesce({by}, '') from typed group by all having {total} > {most}"
        counted = f"{name} between 0 and {most}"
        fails = f"{counted} and ({by} is not null, coalesce({by}, '')) in ({over})"
        added = f"{name}_added_up"
        expectation = ("ExpectColumnValuesToBeBetween", {"column": added, "max_value": most})
        sums = f"case when {counted} then ({total} over (partition by {by}))::double end"
        return Check(rule["name"], (name, by), rule["severity"], fails, expectation, *words, (added, sums))
    kind = "not_before" if "not_before" in rule else "not_above"
    first, second = rule[kind]["column"], rule[kind]["than"]
    bigger, smaller = (first, second) if kind == "not_before" else (second, first)
    helper = None
    limit = bigger
    if tolerance := rule[kind].get("tolerance"):
        limit = f"{bigger} * {1 + tolerance}"
        bigger = f"{bigger}_with_tolerance"
        helper = (bigger, limit)
    arguments = {"column_A": bigger, "column_B": smaller, "or_equal": True, "ignore_row_if": "either_value_is_missing"}
    return Check(
        rule["name"],
        (first, second),
        rule["severity"],
        f"{limit} < {smaller}",
        ("ExpectColumnPairValuesAToBeGreaterThanB", arguments),
        *words,
        helper,
    )


def _column(name: str, given: dict[str, Any]) -> Column:
    given = dict(given)
    given["aliases"] = tuple(given.get("aliases", ()))
    given["values"] = {str(value): tuple(map(str, others or ())) for value, others in given.get("values", {}).items()}
    given["ratings"] = {fold(str(rating)): value for rating, value in given.get("ratings", {}).items()}
    given["unknown"] = tuple(given.get("unknown", ()))
    given["example"] = str(given.get("example", ""))
    given["empty"] = None if given.get("empty") is None else str(given["empty"])
    return Column(name=name, **given)


@cache
def contract(export: str) -> Contract:
    """The contract of an export, one of EXPORTS."""
    given = yaml.safe_load((FOLDER / f"{export}.yaml").read_text("utf-8"))
    columns: dict[str, Column] = {}
    rules = list(given["rules"])
    for name, spec in given["columns"].items():
        if "like" in spec:
            other, _, column = spec["like"].partition(".")
            columns[name] = contract(other).columns[column]
        else:
            columns[name] = _column(name, spec)
    if "carries" in given:
        carried = contract(given["carries"])
        # A header that means a column of this export's own does not mean a carried one ("end date": the forecast's).
        own = {fold(text) for c in columns.values() for text in (c.name, *c.aliases)}
        for name, c in carried.columns.items():
            if name not in columns and not c.listing_only:
                aliases = tuple(a for a in c.aliases if fold(a) not in own)
                columns[name] = replace(c, required=False, aliases=aliases)
        rules = [*carried.rules, *rules]
    return Contract(
        export=given["export"],
        title=given["title"],
        answers=given["answers"],
        grain=given["grain"],
        key=tuple(given["key"]),
        columns=columns,
        rules=tuple(rules),
        replaces=given.get("replaces", False),
    )


def contracts() -> list[Contract]:
    """All contracts, in loading order."""
    return [contract(export) for export in EXPORTS]


@cache
def known_headers() -> frozenset[str]:
    """Every header text, folded, that some contract knows."""
    return frozenset(header for c in contracts() for header in c.header_for())
