"""Profiles: how one tool's export reads as a contract's, from profiles/*.yaml, and a table read by one."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.contract import Contract, contract, known_headers, spelled
from pipelines.header_names import names_of
from pipelines.headers import fold
from pipelines.literals import listed, quoted
from pipelines.problems import Problem, UsageError
from pipelines.profile_text import checked, written
from pipelines.texttable import TextTable

FOLDER = Path(__file__).parent / "profiles"
BY_NAME = "'name:'"
# A column beside a table's cells: the key that the row at the top of its outline gives to a row (see pipelines.rollup).
TOP_KEY = "top_key"
WBS_LEVEL = "case when {} is not null then length({}) - length(replace({}, '.', '')) + ({} <> '0')::int end"

# Cells that say "nothing is known" in so many words; never errors outside text columns.
UNKNOWN_WORDS = (
    *("n/a", "na", "n.a.", "n.a", "#n/a", "none", "null", "nil", "nan", "<na>", "(blank)", "(none)", "unknown"),
    *("-", "--", "---", "–", "—", ".", "..", "...", "…", "?", "??", "???", "tbc", "tbd", "tba", "t.b.c.", "t.b.d."),
    *("not available", "not applicable", "not known", "not set"),
    *("s/d", "s.d.", "n/d", "n.d.", "n.c.", "k.a.", "k. a.", "entfällt", "sans objet", "未定", "該当なし"),
)


@dataclass(frozen=True)
class Source:
    """Where an export comes from: its reporting interval in days, currency, scale of money and rule for baselines."""

    name: str = "template"
    interval_days: int | None = None
    currency: str | None = None
    scale: float = 1
    baseline: str = "stated"


@dataclass(frozen=True)
class Profile:
    """How one tool's export reads as a contract's: its headers, values and conventions, from profiles/*.yaml.

    `recognise` lists sets of headers, each of which gives the export away. `decimal` is its decimal sign, where the
    amounts alone may not tell. A header that ends in "*" stands for all that begin like it. `columns` holds for each
    column of the contract what feeds it (see docs/loading.md), `attributes` the headers that are kept beside them.
    `rolled_up` says of a file of work items how its rows become one row a project (see `pipelines.rollup`).
    """

    name: str
    title: str
    export: str
    origin: str
    tested: str
    recognise: tuple[tuple[str, ...], ...]
    source: Source
    dates: str | None
    decimal: str | None
    unknown: tuple[str, ...]
    columns: dict[str, dict[str, Any]]
    attributes: tuple[str, ...] = ()
    rolled_up: dict[str, Any] | None = None

    def headers(self) -> set[str]:
        """Every header that the profile names, folded."""
        named = {header for together in self.recognise for header in together} | {*self.attributes}
        rolled_up = self.rolled_up or {}
        for key in ("item", "level", "wbs"):
            named |= {*rolled_up.get(key, ())}
        for spec in self.columns.values():
            for part in (spec, spec.get("otherwise", {})):
                named |= {*part.get("from", ()), *part.get("sum", ()), *part.get("within", ()), *part.get("weight", ())}
                for match in (*part.get("done", ()), *part.get("left_out", ())):
                    named |= {*match["from"]}
        return {fold(header) for header in named}


@dataclass(frozen=True)
class Take:
    """What the rows of a project become in one column: the kind (see docs/loading.md), and for a mean the SQL of which
    rows do not count and of how much each weighs (a text such as "12 days")."""

    kind: str
    left_out: str | None = None
    weight: str | None = None


@dataclass(frozen=True)
class RolledUp:
    """How a file of work items becomes one row a project: the column that groups them, and what the items are called.

    The others are SQL on a text table: what identifies an item; its level in an outline, and under which header that
    stands; what the row at the top of the outline gives as the key; and the state that says whether an item is done.
    """

    by: str
    items: str
    takes: dict[str, Take]
    item: str | None = None
    level: str | None = None
    level_header: str | None = None
    top: str | None = None
    state: str | None = None


@dataclass(frozen=True)
class Mapping:
    """A table understood: its contract, and for each column of it the SQL that gives the cell's text.

    `headers` names, per column, the file's own header (shown in problems). `values` are a profile's spellings of
    choices, per column ("": nothing is known), `attributes` the SQL of the cells that are kept beside the columns, by
    header. Columns that the file lacks are absent. `notes` are warnings about the headers. `keys_by_name`
    says that rows may be keyed by the project's name. `rolled_up` says how rows become one row a project. `cells`
    holds, for columns that several headers feed, the SQL of the header whose cell speaks in a row. `scales` has the
    unit of each column of amounts that is in another one than the source's.
    """

    contract: Contract
    profile: str | None
    source: Source
    text: dict[str, str]
    headers: dict[str, str]
    dates: str | None = None
    decimal: str | None = None
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    unmapped: tuple[str, ...] = ()
    keys_by_name: bool = False
    notes: tuple[Problem, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    rolled_up: RolledUp | None = None
    cells: dict[str, str] = field(default_factory=dict)
    scales: dict[str, float] = field(default_factory=dict)

    def scale(self, column: str) -> float:
        """The unit of a column's amounts: 1000 for thousands; 1 for a column of anything else."""
        is_money = self.contract.columns[column].type == "money"
        return self.scales.get(column, self.source.scale) if is_money else 1


@cache
def profiles() -> dict[str, Profile]:
    """The shipped profiles by name."""
    found = [parse(file.read_text("utf-8"), file.name) for file in sorted(FOLDER.glob("*.yaml"))]
    return {profile.name: profile for profile in found}


def parse(text: str, where: str) -> Profile:
    """A profile from its YAML text. `where` names the text in errors (a file's name).

    UsageError for what is no YAML, for a key, column, export or value that does not exist, and for a text too large.
    Nothing in the text is ever run, and every part of it that reaches SQL does so as a literal.
    """
    given = checked(text, where)
    return Profile(
        name=given["profile"],
        title=given.get("title", given["profile"]),
        export=given["export"],
        origin=given.get("from", ""),
        tested=given.get("tested", ""),
        recognise=tuple(tuple(headers) for headers in given.get("recognise", ())),
        source=Source(**{"name": given["profile"]} | given.get("source", {})),
        dates=given.get("dates"),
        decimal=given.get("decimal"),
        unknown=tuple(given.get("unknown", ())),
        columns=given["columns"],
        attributes=tuple(given.get("attributes", ())),
        rolled_up=given.get("rolled_up"),
    )


def as_yaml(profile: Profile) -> str:
    """A profile as the text that `parse` reads as the same profile."""
    given = {
        "profile": profile.name,
        "title": profile.title,
        "from": profile.origin,
        "tested": profile.tested,
        "export": profile.export,
        "recognise": [list(headers) for headers in profile.recognise],
        "source": {name: value for name, value in asdict(profile.source).items() if value is not None},
        "dates": profile.dates,
        "decimal": profile.decimal,
        "unknown": list(profile.unknown),
        "attributes": list(profile.attributes),
        "rolled_up": profile.rolled_up,
        "columns": {
            name: {key: value for key, value in spec.items() if value not in ({}, [], ())}
            for name, spec in profile.columns.items()
        },
    }
    return written({name: value for name, value in given.items() if value})


@cache
def all_headers() -> frozenset[str]:
    """Every header, folded, that a contract or a profile knows: what a header row is found by."""
    return frozenset(known_headers().union(*(p.headers() for p in profiles().values())))


def fitting(table: TextTable, export: str | None, name: str | None) -> Profile | None:
    """The profile asked for by its name, else the one that most of the table's headers give away."""
    if name is not None:
        if name not in profiles():
            raise UsageError(f"there is no profile named {name}", f"Use one of: {', '.join(profiles())}.")
        asked = profiles()[name]
        if export not in (None, asked.export):
            raise UsageError(f"the profile {name} reads {asked.export}, not {export}", "Leave out --as or --profile.")
        return asked
    present = positions(table)
    found = [
        (len(together), p)
        for p in profiles().values()
        for together in p.recognise
        if (export is None or p.export == export) and all(places(header, present) for header in together)
    ]
    return max(found, key=lambda one: one[0], default=(0, None))[1]


def positions(table: TextTable) -> dict[str, list[int]]:
    """Where each header, folded, stands in a table; of those that fold alike also each alone, as "Sprint [2]"."""
    found: dict[str, list[int]] = {}
    for position, header in enumerate(table.headers):
        found.setdefault(fold(header), []).append(position)
    for folded, several in [one for one in found.items() if len(one[1]) > 1]:
        for number, position in enumerate(several, 1):
            found.setdefault(f"{folded}{number}", [position])
    return found


def places(header: str, positions: dict[str, list[int]]) -> list[int]:
    """Where a profile's header stands in a file; one that ends in "*" stands for all that begin like it."""
    if not header.endswith("*"):
        return positions.get(fold(header), [])
    begins = fold(header)
    return list(
        dict.fromkeys(place for found, these in positions.items() if found.startswith(begins) for place in these)
    )


def by_profile(table: TextTable, profile: Profile) -> Mapping:
    """A table as a profile reads it."""
    reading = _Reading(table, profile)
    text: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    for column, spec in profile.columns.items():
        texts = [one for part in (spec, spec.get("otherwise")) if part and (one := reading.text(column, part))]
        if texts:
            # What stands in for a column does so in each row that leaves the column empty.
            stated = [f"case when {_says_nothing(one)} then null else {one} end" for one in texts[:-1]]
            text[column] = f"coalesce({', '.join([*stated, texts[-1]])})" if stated else texts[0]
        if "values" in spec:
            values[column] = {spelled(raw): value for value, raws in spec["values"].items() for raw in raws}
    rolled_up = reading.rolled_up()
    return Mapping(
        contract=contract(profile.export),
        profile=profile.name,
        source=profile.source,
        text=text,
        headers=reading.headers,
        dates=profile.dates,
        decimal=profile.decimal,
        values=values,
        unmapped=tuple(h for i, h in enumerate(reading.names) if i not in reading.used),
        cells=reading.cells(),
        scales={column: spec["scale"] for column, spec in profile.columns.items() if "scale" in spec},
        keys_by_name=BY_NAME in text.get("project_id", "") + ((rolled_up and rolled_up.top) or ""),
        rolled_up=rolled_up,
    )


def done_by(profile: str | None, column: str, cell: str) -> str | None:
    """SQL: "100%" where a cell holds one of the words by which a shipped profile tells that an item is done, "0%" where
    another; None for a column that the profile reads otherwise."""
    spec = profiles()[profile].columns.get(column, {}) if profile in profiles() else {}
    words = [word for match in spec.get("done", ()) for word in match.get("words", ())]
    return (
        f"case when {cell} is null then null when {_is_one_of(cell, words)} then '100%' else '0%' end"
        if words
        else None
    )


def _is_one_of(cell: str, words: Iterable[str]) -> str:
    folded = f"coalesce(nullif(regexp_replace(lower({cell}), '[^\\p{{L}}\\p{{N}}]', '', 'g'), ''), {cell})"
    return f"{folded} in ({listed(sorted({fold(word) or word for word in words}))})"


class _Reading:
    """One table read by one profile: the SQL of each part, and which headers it took."""

    def __init__(self, table: TextTable, profile: Profile) -> None:
        self.table = table
        self.profile = profile
        self.names = names_of(table.headers)
        self.where = positions(table)
        self.headers: dict[str, str] = {}
        self.speaking: dict[str, list[tuple[str, str]]] = {}
        self.used: set[int] = set()
        self.top: str | None = None
        self.level = self._level()

    def text(self, column: str, part: dict[str, Any]) -> str | None:
        """The SQL of what feeds a column, None where the table lacks all of its headers."""
        if "value" in part:
            self.headers.setdefault(column, f"{column} of the profile {self.profile.name}")
            return quoted(part["value"])
        if part.get("top") and not self.level:
            return None
        if "done" in part:
            return self._done(column, part["done"])
        sources = self._places(part.get("from", part.get("sum", ())))
        if not sources:
            return None
        if part.get("pick") == "greatest":
            sources = [max(sources, key=lambda place: fold(self.table.headers[place]))]
        self._take(column, sources)
        unknown = () if contract(self.profile.export).columns[column].type == "text" else self.profile.unknown
        text = _profile_text(part, sources, self.where, unknown)
        for place in sources:
            cell = _known_cell(f"c{place}", unknown)
            if "sum" in part:
                cell = f"case when {_number(cell)} is null then {cell} end"
            says = (
                f"not {_says_nothing(cell)}" if "otherwise" in self.profile.columns[column] else f"{cell} is not null"
            )
            self.speaking.setdefault(column, []).append((says, self.names[place]))
        if part.get("top"):
            self.top, text = text, TOP_KEY
        return text

    def cells(self) -> dict[str, str]:
        """For each column that several headers feed the SQL of the one whose cell speaks in a row."""
        return {
            column: f"case {' '.join(f'when {says} then {quoted(header)}' for says, header in speaking)} end"
            for column, speaking in self.speaking.items()
            if len(speaking) > 1
        }

    def rolled_up(self) -> RolledUp | None:
        """How the table's rows become one row a project, None where they stay as they are."""
        given = self.profile.rolled_up
        if given is None:
            return None
        takes = {}
        for column, spec in self.profile.columns.items():
            left_out = [m for match in spec.get("left_out", ()) if (m := self._matches(match))]
            weight = self._cell(spec.get("weight", ()))
            if "take" in spec or left_out or weight:
                takes[column] = Take(spec.get("take", "mean"), " or ".join(left_out) or None, weight)
        done = [match for spec in self.profile.columns.values() for match in spec.get("done", ())]
        item = self._places(given.get("item", ()))
        self.used |= {*item[:1]}
        return RolledUp(
            by=given["by"],
            items=given["items"],
            takes=takes,
            item=f"c{item[0]}" if item else None,
            level=self.level[0] if self.level else None,
            level_header=self.level[1] if self.level else None,
            top=self.top,
            state=self._cell([header for match in done for header in match["from"]]),
        )

    def _level(self) -> tuple[str, str] | None:
        """The SQL of a row's level in the outline, and its header; "1.2.3" of a work breakdown stands on level 3."""
        given = self.profile.rolled_up or {}
        for key, sql in (("level", "try_cast({} as int)"), ("wbs", WBS_LEVEL)):
            if places := self._places(given.get(key, ())):
                self.used.add(places[0])
                return sql.replace("{}", f"c{places[0]}"), self.names[places[0]]
        return None

    def _places(self, named: Iterable[str]) -> list[int]:
        return [place for header in named for place in places(header, self.where)]

    def _take(self, column: str, sources: list[int]) -> None:
        self.headers.setdefault(column, self.names[sources[0]])
        self.used |= {*sources}

    def _cell(self, named: Iterable[str]) -> str | None:
        sources = self._places(named)
        self.used |= {*sources}
        return f"coalesce({', '.join(f'c{place}' for place in sources)})" if sources else None

    def _done(self, column: str, matches: list[dict[str, Any]]) -> str | None:
        """SQL: "100%" where an item is done, "0%" where not. The first match whose cell says something decides; one of
        exceptions ("Resolution" is not "Unresolved") tells of what is done alone."""
        said = []
        for match in matches:
            if not (is_meant := self._matches(match)):
                continue
            self._take(column, self._places(match["from"]))
            silent = f"{is_meant} is null" if "words" in match else f"coalesce({is_meant}, false) = false"
            said.append(f"case when {silent} then null when {is_meant} then '100%' else '0%' end")
        return f"coalesce({', '.join([*said, quoted('0%')])})" if said else None

    def _matches(self, match: dict[str, Any]) -> str | None:
        """SQL: whether a cell is one of some words, or is none of the exceptions; null where it is empty."""
        cell = self._cell(match["from"])
        if not cell:
            return None
        is_one = _is_one_of(cell, match.get("words", match.get("except", ())))
        return f"({is_one})" if "words" in match else f"(not {is_one})"


def _says_nothing(text: str) -> str:
    return f"lower({text}) in ({', '.join(map(quoted, UNKNOWN_WORDS))})"


def _known_cell(cell: str, unknown: tuple[str, ...]) -> str:
    """SQL: a cell's text, NULL where the profile's patterns say that nothing is known."""
    if not unknown:
        return cell
    pattern = quoted(f"(?is)({'|'.join(unknown)})")
    return f"case when not regexp_full_match({cell}, {pattern}) then {cell} end"


def _number(cell: str) -> str:
    return f"try_cast(translate({cell}, ',$', '') as decimal(38, 6))"


def _profile_text(
    part: dict[str, Any], sources: list[int], where: dict[str, list[int]], unknown: tuple[str, ...]
) -> str:
    cells = [_known_cell(f"c{place}", unknown) for place in sources]
    if "sum" in part:
        numbers = [_number(cell) for cell in cells]
        # A summand that can't be read stands for the whole, so that it is found and named.
        unread = ", ".join(f"case when {n} is null then {cell} end" for n, cell in zip(numbers, cells, strict=True))
        total = f"({' + '.join(f'coalesce({number}, 0)' for number in numbers)})::varchar"
        return f"coalesce({unread}, case when coalesce({', '.join(cells)}) is not null then {total} end)"
    text = f"coalesce({', '.join(cells)})" if len(cells) > 1 else cells[0]
    if "before" in part:
        text = f"nullif(split_part({text}, {quoted(part['before'])}, 1), '')"
    if "months" in part:
        month = f"try_strptime(replace({text}, '-', ' '), ['%B %Y', '%b %Y', '%b. %Y'])"
        day = f"last_day({month})" if part["months"] == "last day" else f"{month}::date"
        text = (
            f"case when regexp_full_match({text}, '(?i)[a-z]+[.]?[ -]+[0-9]{{4}}') then {day}::varchar else {text} end"
        )
    if part.get("name_key"):
        return f"{BY_NAME} || {name_key(text)}"
    if part.get("upper"):
        text = f"upper({text})"
    if "within" in part:
        outer = where[fold(part["within"][0])][0]
        text = f"c{outer} || ' / ' || {text}"
    if "prefix" in part:
        text = f"{quoted(part['prefix'])} || {text}"
    if "format" in part:
        before, _, after = part["format"].partition("{}")
        text = f"{quoted(before)} || {text} || {quoted(after)}"
    return text


def name_key(text: str) -> str:
    """SQL that reduces a project's name to what stays the same when case, spaces and punctuation drift."""
    plain = f"replace(lower(strip_accents({text})), '&', ' and ')"
    return f"trim(regexp_replace({plain}, '[^\\p{{L}}\\p{{N}}]+', '-', 'g'), '-')"
