"""The YAML text of a profile: read with nothing in it run, each key and value checked, each error with its fix."""

import math
import re
from collections.abc import Callable
from typing import Any

import duckdb
import yaml

from pipelines.contract import EXPORTS, Contract, contract
from pipelines.problems import UsageError

LONGEST = 500_000  # characters of a profile's text
LONGEST_WORD = 2_000  # characters of one value in it
LONGEST_PATTERN = 500
MOST = 5_000  # entries of one list

_TOP = (
    *("profile", "title", "from", "tested", "export", "recognise", "source", "dates", "decimal", "unknown"),
    *("attributes", "rolled_up", "columns"),
)
_SOURCE = ("name", "interval_days", "currency", "scale", "baseline")
_FED = ("from", "sum", "value", "done")
_PART = (*_FED, "pick", "before", "prefix", "format", "upper", "name_key", "within", "months", "top")
_COLUMN = (*_PART, "otherwise", "values", "scale", "take", "left_out", "weight")
_ROLLED_UP = ("by", "items", "item", "level", "wbs")
_OF_ITEMS = ("take", "left_out", "weight", "done", "top")
# What the rows of a project become, by the type of the column (None: any).
TAKES = {
    **dict.fromkeys(("first", "last", "newest", "common"), None),
    **dict.fromkeys(("earliest", "latest"), ("date",)),
    "sum": ("money", "number"),
    "mean": ("percent", "number"),
    "tally": ("text",),
}


class _Loader(yaml.BaseLoader):
    """YAML of texts, lists and mappings alone: no types, no aliases, no key twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias (*) is not read here")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.YAMLError(f"line {key.start_mark.line + 1}: a key is one word")
            if key.value in seen:
                raise yaml.YAMLError(f"line {key.start_mark.line + 1}: the key {key.value[:60]} stands there twice")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    """YAML without aliases, which are not read back."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def checked(text: str, where: str) -> dict[str, Any]:
    """What a profile's text says, each value of its type; see `pipelines.profile.parse`."""
    return _Reader(where).profile(text)


def written(given: dict[str, Any]) -> str:
    """Plain values as YAML that `checked` reads as the same."""
    return yaml.dump(given, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120, default_flow_style=None)


class _Reader:
    """Checks one text, and says of what is wrong where it stands and what would be right."""

    def __init__(self, where: str) -> None:
        self.where = where

    def profile(self, text: str) -> dict[str, Any]:
        given = self._mapping(self._load(text), "the profile", _TOP)
        for key in ("profile", "export", "columns"):
            if key not in given:
                self._wrong(f"the key {key} is missing", f"Add a line that begins with {key}:.")
        name = self._word(given["profile"], "profile", 100)
        export = self._one_of(given["export"], "export", EXPORTS)
        form = contract(export)
        read: dict[str, Any] = {"profile": name, "export": export}
        for key in ("title", "from", "tested"):
            if key in given:
                read[key] = self._word(given[key], key, empty=True)
        readers: dict[str, Callable[[Any], Any]] = {
            "recognise": self._recognise,
            "source": self._source,
            "dates": lambda value: self._one_of(value, "dates", ("dmy", "mdy")),
            "decimal": lambda value: self._one_of(value, "decimal", (".", ",")),
            "unknown": self._patterns,
            "attributes": lambda value: self._words(value, "attributes"),
            "rolled_up": lambda value: self._rolled_up(value, form),
            "columns": lambda value: self._columns(value, form, rolled_up="rolled_up" in given),
        }
        return read | {key: reader(given[key]) for key, reader in readers.items() if key in given}

    def _load(self, text: str) -> Any:
        if len(text) > LONGEST:
            self._wrong(f"it has {len(text):,} characters", f"A profile has {LONGEST:,} at most.")
        try:
            return yaml.load(text, _Loader)
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            mark = getattr(error, "problem_mark", None)
            said = getattr(error, "problem", None) or str(error).splitlines()[0] or "it is nested too deep"
            line = f"line {mark.line + 1}: " if mark else ""
            raise UsageError(f"{self.where} is no profile: {line}{said}"[:300], _FORM) from error

    def _recognise(self, value: Any) -> list[list[str]]:
        return [self._words(headers, "recognise") for headers in self._list(value, "recognise")]

    def _source(self, value: Any) -> dict[str, Any]:
        given = self._mapping(value, "source", _SOURCE)
        read: dict[str, Any] = {}
        if "name" in given:
            read["name"] = self._word(given["name"], "source: name", 100)
        if "interval_days" in given:
            read["interval_days"] = int(self._number(given["interval_days"], "source: interval_days", 1, 3660))
        if "currency" in given:
            read["currency"] = self._word(given["currency"], "source: currency")
            if not re.fullmatch("[A-Z]{3}", read["currency"]):
                self._wrong(f"source: currency is {read['currency'][:20]}", "Use a three-letter code, such as EUR.")
        if "scale" in given:
            read["scale"] = self._number(given["scale"], "source: scale", 1e-9, 1e12)
        if "baseline" in given:
            read["baseline"] = self._one_of(given["baseline"], "source: baseline", ("stated", "first_reported"))
        return read

    def _patterns(self, value: Any) -> list[str]:
        patterns = self._words(value, "unknown", LONGEST_PATTERN)
        with duckdb.connect() as con:
            for pattern in patterns:
                try:
                    con.execute("select regexp_full_match('', ?)", [f"(?is)({pattern})"])
                    con.execute("select regexp_full_match('', ?)", [pattern])
                except duckdb.Error as error:
                    said = str(error).splitlines()[0].partition(": ")[2]
                    self._wrong(
                        f"unknown: {pattern[:60]} is no regular expression ({said})",
                        'Write the text itself, with .* for "anything".',
                    )
        return patterns

    def _rolled_up(self, value: Any, form: Contract) -> dict[str, Any]:
        given = self._mapping(value, "rolled_up", _ROLLED_UP)
        if "by" not in given:
            self._wrong("rolled_up: the key by is missing", f"Name the column, as in by: {form.key[0]}.")
        read: dict[str, Any] = {"by": self._one_of(given["by"], "rolled_up: by", tuple(form.columns))}
        read["items"] = self._word(given.get("items", "rows"), "rolled_up: items", 40)
        for key in ("item", "level", "wbs"):
            if key in given:
                read[key] = self._words(given[key], f"rolled_up: {key}")
        return read

    def _columns(self, value: Any, form: Contract, *, rolled_up: bool) -> dict[str, dict[str, Any]]:
        given = self._mapping(value, "columns", tuple(form.columns), f"the {form.export} export has no such column")
        return {name: self._column(name, spec, form, rolled_up) for name, spec in given.items()}

    def _column(self, name: str, value: Any, form: Contract, rolled_up: bool) -> dict[str, Any]:
        at, column = f"columns: {name}", form.columns[name]
        given = self._mapping(value, at, _COLUMN)
        read = self._part(given, at)
        if "otherwise" in given:
            read["otherwise"] = self._part(self._mapping(given["otherwise"], f"{at}: otherwise", _PART), at)
        if "values" in given:
            if not column.values:
                self._wrong(f"{at}: values are for a column of choices, and {name} is {column.type}", "Leave them out.")
            allowed = self._mapping(given["values"], f"{at}: values", tuple(column.values))
            read["values"] = {v: self._words(words, f"{at}: values: {v}") for v, words in allowed.items()}
        if "scale" in given:
            if column.type != "money":
                self._wrong(f"{at}: scale is the unit of amounts, and {name} is {column.type}", "Leave it out.")
            read["scale"] = self._number(given["scale"], f"{at}: scale", 1e-9, 1e12)
        for key in _OF_ITEMS:
            if key in {**given, **given.get("otherwise", {})} and not rolled_up:
                self._wrong(f"{at}: {key} is for files whose rows are rolled up", "Add rolled_up:, or leave it out.")
        if "take" in given:
            read["take"] = take = self._one_of(given["take"], f"{at}: take", tuple(TAKES))
            if column.type not in (TAKES[take] or (column.type,)):
                fitting = [name for name, types in TAKES.items() if column.type in (types or (column.type,))]
                self._wrong(f"{at}: take: {take} is not for a {column.type}", f"Use one of: {', '.join(fitting)}.")
        if "left_out" in given:
            read["left_out"] = self._matches(given["left_out"], f"{at}: left_out")
        if "weight" in given:
            read["weight"] = self._words(given["weight"], f"{at}: weight")
        if "done" in read and column.type != "percent":
            self._wrong(f"{at}: done is for a percentage, and {name} is {column.type}", "Feed it with from.")
        return read

    def _part(self, given: dict[str, Any], at: str) -> dict[str, Any]:
        read: dict[str, Any] = {}
        for key in ("from", "sum"):
            if key in given:
                read[key] = self._words(given[key], f"{at}: {key}")
        if "done" in given:
            read["done"] = self._matches(given["done"], f"{at}: done")
        if len([key for key in _FED if key in given]) > 1:
            self._wrong(f"{at}: {', '.join(_FED)} exclude each other", "Keep one of them.")
        if not any(key in given for key in _FED):
            self._wrong(f"{at} says nothing of what feeds it", "Name the file's header, as in from: [Project key].")
        for key in ("value", "before", "prefix", "format"):
            if key in given:
                read[key] = self._word(given[key], f"{at}: {key}")
        if "format" in read and read["format"].count("{}") != 1:
            self._wrong(f"{at}: format has to hold {{}} once", 'It stands for the cell, as in "{}-03-31".')
        for key in ("upper", "name_key", "top"):
            if key in given:
                read[key] = self._one_of(given[key], f"{at}: {key}", ("true", "false")) == "true"
        if "within" in given:
            read["within"] = self._words(given["within"], f"{at}: within")
        if "pick" in given:
            read["pick"] = self._one_of(given["pick"], f"{at}: pick", ("first", "greatest"))
        if "months" in given:
            read["months"] = self._one_of(given["months"], f"{at}: months", ("first day", "last day"))
        return read

    def _matches(self, value: Any, at: str) -> list[dict[str, Any]]:
        read = []
        for one in self._list(value, at):
            given = self._mapping(one, at, ("from", "words", "except"))
            if "from" not in given or len(given) != 2:
                self._wrong(
                    f"{at}: names no header, or not which of its words are meant",
                    "Write {from: [State], words: [Done, Closed]}, or {from: [Resolution], except: [Unresolved]}.",
                )
            read.append({key: self._words(words, f"{at}: {key}") for key, words in given.items()})
        return read

    def _mapping(
        self, value: Any, at: str, keys: tuple[str, ...], unknown: str = "there is no such key"
    ) -> dict[str, Any]:
        if not isinstance(value, dict) or not value:
            self._wrong(f"{at} holds no keys", f"It has keys such as {', '.join(keys[:4])}.")
        for key in value:
            if key not in keys:
                self._wrong(f"{at}: {key[:60]}: {unknown}", f"Use one of: {', '.join(keys)}.")
        return dict(value)

    def _list(self, value: Any, at: str) -> list[Any]:
        if not isinstance(value, list) or not value:
            self._wrong(f"{at} is no list", f"Write it in brackets, as in {at.rpartition(' ')[2]}: [...].")
        if len(value) > MOST:
            self._wrong(f"{at} has {len(value):,} entries", f"Use {MOST:,} at most.")
        return list(value)

    def _words(self, value: Any, at: str, longest: int = LONGEST_WORD) -> list[str]:
        return [self._word(one, at, longest) for one in self._list(value, at)]

    def _word(self, value: Any, at: str, longest: int = LONGEST_WORD, *, empty: bool = False) -> str:
        if not isinstance(value, str):
            self._wrong(f"{at} is no text", "Write one text; in quotation marks where it holds : or #.")
        if not value.strip() and not empty:
            self._wrong(f"{at} is empty", "Write what it says, or leave the line out.")
        if len(value) > longest:
            self._wrong(f"{at} has {len(value):,} characters", f"Use {longest:,} at most.")
        if "\0" in value:
            self._wrong(f"{at} holds a character that can't be read", "Type the text again.")
        return str(value)

    def _one_of(self, value: Any, at: str, allowed: tuple[str, ...]) -> str:
        if value not in allowed:
            self._wrong(f"{at} is {str(value)[:60]}", f"Use one of: {', '.join(allowed)}.")
        return str(value)

    def _number(self, value: Any, at: str, least: float, most: float) -> float:
        try:
            number = float(self._word(value, at))
        except ValueError:
            number = math.nan
        if not least <= number <= most:
            self._wrong(f"{at} is {value[:60]}", f"Write a number from {least:g} to {most:g}.")
        return number

    def _wrong(self, message: str, fix: str) -> None:
        raise UsageError(f"{self.where}: {message}", fix)


_FORM = "It is YAML, in the form of the shipped profiles: profile, export, columns and what docs/loading.md names."
