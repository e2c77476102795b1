"""Profiles: how one tool's export reads as a contract's, from profiles/*.yaml, and a table read by one."""

from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.contract import Contract, contract, known_headers, spelled
from pipelines.header_names import names_of
from pipelines.headers import fold
from pipelines.literals import quoted
from pipelines.problems import Problem, UsageError
from pipelines.profile_text import checked, written
from pipelines.texttable import TextTable

FOLDER = Path(__file__).parent / "profiles"
BY_NAME = "'name:'"

# Cells that say "nothing is known" in so many words; never errors outside text columns.
UNKNOWN_WORDS = (
    *("n/a", "na", "n.a.", "n.a", "#n/a", "none", "null", "nil", "nan", "<na>", "(blank)", "(none)", "unknown"),
    *("-", "--", "---", "–", "—", ".", "..", "...", "…", "?", "??", "???", "tbc", "tbd", "tba", "t.b.c.", "t.b.d."),
    *("not available", "not applicable", "not known", "not set"),
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
        named = {header for together in self.recognise for header in together}
        for spec in self.columns.values():
            otherwise = spec.get("otherwise", {})
            for part in (spec, otherwise):
                named |= {*part.get("from", ()), *part.get("sum", ()), *part.get("within", ())}
        return {fold(header) for header in named}


@dataclass(frozen=True)
class Mapping:
    """A table understood: its contract, and for each column of it the SQL that gives the cell's text.

    `headers` names, per column, the file's own header (shown in problems). `values` are a profile's spellings of
    choices, per column ("": nothing is known), `attributes` the SQL of the cells that are kept beside the columns, by
    header. Columns that the file lacks are absent. `notes` are warnings about the headers. `keys_by_name`
    says that rows may be keyed by the project's name.
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
        "columns": profile.columns,
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
    where = positions(table)
    text: dict[str, str] = {}
    headers: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    used: set[int] = set()
    for column, spec in profile.columns.items():
        unknown = () if contract(profile.export).columns[column].type == "text" else profile.unknown
        texts = []
        for part in (spec, spec.get("otherwise", {})):
            if "value" in part:
                texts.append(quoted(part["value"]))
                headers.setdefault(column, f"{column} of the profile {profile.name}")
            named = part.get("from", part.get("sum", ()))
            if sources := [place for header in named for place in places(header, where)]:
                texts.append(_profile_text(part, sources, where, unknown))
                headers.setdefault(column, table.headers[sources[0]])
                used |= set(sources)
        if texts:
            # What stands in for a column does so in each row that leaves the column empty.
            stated = [f"case when {_says_nothing(one)} then null else {one} end" for one in texts[:-1]]
            text[column] = f"coalesce({', '.join([*stated, texts[-1]])})" if stated else texts[0]
        if "values" in spec:
            values[column] = {spelled(raw): value for value, raws in spec["values"].items() for raw in raws}
    return Mapping(
        contract=contract(profile.export),
        profile=profile.name,
        source=profile.source,
        text=text,
        headers=headers,
        dates=profile.dates,
        decimal=profile.decimal,
        values=values,
        unmapped=tuple(h for i, h in enumerate(names_of(table.headers)) if i not in used),
        keys_by_name=BY_NAME in text.get("project_id", ""),
    )


def _says_nothing(text: str) -> str:
    return f"lower({text}) in ({', '.join(map(quoted, UNKNOWN_WORDS))})"


def _profile_text(
    part: dict[str, Any], sources: list[int], where: dict[str, list[int]], unknown: tuple[str, ...]
) -> str:
    cells = [f"c{p}" for p in sources]
    if unknown:
        pattern = quoted(f"(?is)({'|'.join(unknown)})")
        cells = [f"case when not regexp_full_match({cell}, {pattern}) then {cell} end" for cell in cells]
    if "sum" in part:
        numbers = [f"try_cast(translate({cell}, ',$', '') as decimal(38, 6))" for cell in cells]
        # A summand that can't be read stands for the whole, so that it is found and named.
        unread = ", ".join(f"case when {n} is null then {cell} end" for n, cell in zip(numbers, cells, strict=True))
        total = f"({' + '.join(f'coalesce({number}, 0)' for number in numbers)})::varchar"
        return f"coalesce({unread}, case when coalesce({', '.join(cells)}) is not null then {total} end)"
    text = f"coalesce({', '.join(cells)})" if len(cells) > 1 else cells[0]
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
