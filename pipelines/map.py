"""Which export a table is, and which of its columns feed which column of the contract."""

import re
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines import amounts
from pipelines.contract import Contract, contract, contracts, known_headers
from pipelines.headers import fold
from pipelines.literals import quoted
from pipelines.problems import DataProblem, Problem, UsageError
from pipelines.read import TextTable

FOLDER = Path(__file__).parent / "profiles"
_BY_NAME = "'name:'"

# Cells that say "nothing is known" in so many words; never errors outside text columns.
UNKNOWN_WORDS = (
    *("n/a", "na", "n.a.", "n.a", "#n/a", "none", "null", "nil", "nan", "<na>", "(blank)", "(none)", "unknown"),
    *("-", "--", "---", "–", "—", ".", "..", "...", "…", "?", "??", "???", "tbc", "tbd", "tba", "t.b.c.", "t.b.d."),
    *("not available", "not applicable", "not known", "not set"),
)

# A header's last parenthesis, and what in it says that the numbers are no whole units of the usual currency.
_PARENTHESIS = re.compile(r"^(.*\S)\s*[(\[]([^()\[\]]*)[)\]]\s*$", re.S)
_SCALE = r"\d*[, ]?000s?|in 000s?|k|m|mm|mn|mln|mio|bn|b|t|thousands?|millions?|billions?|tsd|%.*|hours?|hrs?|days?|fte"
_SCALED = re.compile(
    rf"(?:in )?(?:{amounts.CURRENCY}|dollars?|euros?|pounds?|sterling|of|[^\w$£€¥₹])*(?:{_SCALE})?"
    rf"(?:{amounts.CURRENCY}|dollars?|euros?|pounds?|sterling|of|[^\w$£€¥₹])*",
    re.I,
)

# What tells how a project stands; a status report without any of it tells nothing.
_MEASURES = (
    *("reported_health", "forecast_finish", "actual_finish", "percent_complete"),
    *("planned_value", "earned_value", "actual_cost", "forecast_cost"),
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
    amounts alone may not tell. A header that ends in "*" stands for all that begin like it.
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
    choices, per column. Columns that the file lacks are absent. `notes` are warnings about the headers. `keys_by_name`
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


@cache
def profiles() -> dict[str, Profile]:
    """The shipped profiles by name."""
    found = {}
    for file in sorted(FOLDER.glob("*.yaml")):
        given = yaml.safe_load(file.read_text("utf-8"))
        found[given["profile"]] = Profile(
            name=given["profile"],
            title=given["title"],
            export=given["export"],
            origin=given["from"],
            tested=given["tested"],
            recognise=tuple(tuple(headers) for headers in given["recognise"]),
            source=Source(**given["source"]),
            dates=given.get("dates"),
            decimal=given.get("decimal"),
            unknown=tuple(given.get("unknown", ())),
            columns=given["columns"],
        )
    return found


@cache
def all_headers() -> frozenset[str]:
    """Every header, folded, that a contract or a profile knows: what a header row is found by."""
    return frozenset(known_headers().union(*(p.headers() for p in profiles().values())))


def understand(
    table: TextTable,
    *,
    export: str | None = None,
    profile: str | None = None,
    constants: MappingType[str, str] | None = None,
    dates: str | None = None,
    decimal: str | None = None,
) -> Mapping:
    """Recognise a table and map its columns.

    `export` and `profile` decide where they are given, else the headers do. `constants` fill columns of the
    contract that the file lacks, or stand in for them. `dates` ("dmy" or "mdy") settles the order of day and month,
    `decimal` ("," or ".") the decimal sign. DataProblem when the table fits no export or a key column is missing;
    UsageError for names that do not exist.
    """
    chosen = _profile(table, export, profile)
    if chosen:
        mapping = _by_profile(table, chosen)
    else:
        mapping = _by_headers(table, contract(export) if export else _recognise(table, constants or {}))
    mapping = _with_constants(table, mapping, constants or {})
    mapping = replace(mapping, notes=(*mapping.notes, *_no_measure(table, mapping)))
    _need_key(table, mapping, asked=export is not None or chosen is not None)
    return replace(mapping, dates=dates or mapping.dates, decimal=decimal or mapping.decimal)


def _with_constants(table: TextTable, mapping: Mapping, constants: MappingType[str, str]) -> Mapping:
    form = mapping.contract
    known = form.header_for()
    text, headers, notes = dict(mapping.text), dict(mapping.headers), list(mapping.notes)
    for said, value in constants.items():
        name = known.get(fold(said))
        if name:
            text[name], headers[name] = quoted(value), f"--set {said}"
            continue
        words, fix = (
            f"--set {said}: the {form.export} export has no such column",
            f"Use one of: {', '.join(form.columns)}.",
        )
        if fold(said) not in known_headers():
            raise UsageError(words, fix)
        # It may be meant for another file of the same command.
        notes.append(Problem("set_not_used", f"{words}, so it is not used here", fix, severity="warning"))
    return replace(mapping, text=text, headers=headers, notes=tuple(notes))


def _positions(table: TextTable) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for position, header in enumerate(table.headers):
        found.setdefault(fold(header), []).append(position)
    return found


def _said(header: str) -> str:
    """A header as contracts know it, folded: without its last parenthesis where it is known only so.

    "Finish (actual)" is read as "actual finish" before it is read as "finish".
    """
    parts = _PARENTHESIS.match(header)
    if fold(header) in known_headers() or not parts or _scaled(header):
        return fold(header)
    base, inner = parts.groups()
    return next((said for said in (fold(inner + base), fold(base)) if said in known_headers()), fold(header))


def _scaled(header: str) -> bool:
    """Whether a header that a contract would know says in a parenthesis that its amounts are scaled, or of a currency.

    A bare dollar sign says nothing that is not taken for granted.
    """
    parts = _PARENTHESIS.match(header)
    if not parts or fold(parts[1]) not in _money_headers():
        return False
    inner = parts[2].strip()
    return bool(fold(inner) or inner) and inner.upper() not in ("$", "US$", "USD") and bool(_SCALED.fullmatch(inner))


@cache
def _money_headers() -> frozenset[str]:
    columns = [c for form in contracts() for c in form.columns.values() if c.type == "money"]
    return frozenset(fold(text) for c in columns for text in (c.name, *c.aliases))


def _spoken(table: TextTable) -> dict[str, list[int]]:
    """Where each header stands, as contracts know it; those that say it in full go first, scaled ones are left out."""
    found: dict[str, list[int]] = {}
    in_full = [fold(header) == _said(header) for header in table.headers]
    for position in sorted(range(len(table.headers)), key=lambda place: not in_full[place]):
        if not _scaled(table.headers[position]):
            found.setdefault(_said(table.headers[position]), []).append(position)
    return found


def _no_measure(table: TextTable, mapping: Mapping) -> list[Problem]:
    if mapping.contract.export != "status" or any(name in mapping.text for name in _MEASURES):
        return []
    wanted = ", ".join(_MEASURES)
    return [
        Problem(
            "no_measure",
            "no column of this status report tells health, forecast, progress or cost, so its rows say nothing new",
            f"Rename the headers that do to some of: {wanted}; or load it as a list with --as projects.",
            row=table.header_row,
            value=", ".join(table.headers)[:200],
            severity="warning",
        )
    ]


def _unread_scale(table: TextTable, header: str, form: Contract) -> Problem:
    name = form.header_for().get(fold(_PARENTHESIS.sub(r"\1", header)), "that it means")
    return Problem(
        "header_scaled",
        f"{header} may hold scaled amounts, another currency or another unit, so it is not read",
        f"Load it with a --profile that knows the scale, or write full units under the header {name} and the currency "
        "in a column named currency (or --set currency=EUR).",
        row=table.header_row,
        column=header,
        severity="warning",
    )


def _profile(table: TextTable, export: str | None, name: str | None) -> Profile | None:
    if name is not None:
        if name not in profiles():
            raise UsageError(f"there is no profile named {name}", f"Use one of: {', '.join(profiles())}.")
        found = profiles()[name]
        if export not in (None, found.export):
            raise UsageError(f"the profile {name} reads {found.export}, not {export}", "Leave out --as or --profile.")
        return found
    present = _positions(table)
    fitting = [
        (len(together), p)
        for p in profiles().values()
        for together in p.recognise
        if (export is None or p.export == export) and all(_places(header, present) for header in together)
    ]
    return max(fitting, key=lambda found: found[0], default=(0, None))[1]


def _places(header: str, positions: dict[str, list[int]]) -> list[int]:
    """Where a profile's header stands in a file; one that ends in "*" stands for all that begin like it."""
    if not header.endswith("*"):
        return positions.get(fold(header), [])
    return [place for found, places in positions.items() if found.startswith(fold(header)) for place in places]


def _by_profile(table: TextTable, profile: Profile) -> Mapping:
    positions = _positions(table)
    text: dict[str, str] = {}
    headers: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    used: set[int] = set()
    for column, spec in profile.columns.items():
        unknown = () if contract(profile.export).columns[column].type == "text" else profile.unknown
        texts = []
        for part in (spec, spec.get("otherwise", {})):
            named = part.get("from", part.get("sum", ()))
            if sources := [place for header in named for place in _places(header, positions)]:
                texts.append(_profile_text(part, sources, positions, unknown))
                headers.setdefault(column, table.headers[sources[0]])
                used |= set(sources)
        if texts:
            # What stands in for a column does so in each row that leaves the column empty.
            stated = [f"case when {_says_nothing(one)} then null else {one} end" for one in texts[:-1]]
            text[column] = f"coalesce({', '.join([*stated, texts[-1]])})" if stated else texts[0]
        if "values" in spec:
            values[column] = {fold(raw): value for value, raws in spec["values"].items() for raw in raws}
    return Mapping(
        contract=contract(profile.export),
        profile=profile.name,
        source=profile.source,
        text=text,
        headers=headers,
        dates=profile.dates,
        decimal=profile.decimal,
        values=values,
        unmapped=tuple(h for i, h in enumerate(table.headers) if i not in used),
        keys_by_name=_BY_NAME in text.get("project_id", ""),
    )


def _says_nothing(text: str) -> str:
    return f"lower({text}) in ({', '.join(map(quoted, UNKNOWN_WORDS))})"


def _profile_text(
    part: dict[str, Any], sources: list[int], positions: dict[str, list[int]], unknown: tuple[str, ...]
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
        return f"{_BY_NAME} || {name_key(text)}"
    if part.get("upper"):
        text = f"upper({text})"
    if "within" in part:
        outer = positions[fold(part["within"][0])][0]
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


def _by_headers(table: TextTable, form: Contract) -> Mapping:
    positions = _spoken(table)
    text: dict[str, str] = {}
    headers: dict[str, str] = {}
    notes = [_unread_scale(table, header, form) for header in table.headers if _scaled(header)]
    used: set[int] = set()
    for name, column in form.columns.items():
        # A column's own name goes before its aliases, and these in their order, wherever they stand in the file.
        folded = dict.fromkeys(fold(said) for said in (name, *column.aliases))
        places = [place for said in folded for place in positions.get(said, [])]
        if not places:
            continue
        first, *others = places
        text[name], headers[name] = f"c{first}", table.headers[first]
        used.add(first)
        own = positions.get(fold(name), [])
        notes += [_doubled(table, name, first, other) for other in others if not own or other in own]
    unmapped = tuple(h for i, h in enumerate(table.headers) if i not in used)
    return Mapping(form, None, Source(), text, headers, unmapped=unmapped, notes=tuple(notes))


def _doubled(table: TextTable, name: str, chosen: int, left: int) -> Problem:
    first, other = table.headers[chosen], table.headers[left]
    return Problem(
        "header_twice",
        f"{first} and {other} both say {name.replace('_', ' ')}; {first} is read",
        f"If {other} is the right one, rename its header to {name}.",
        row=table.header_row,
        column=other,
        severity="warning",
    )


def _recognise(table: TextTable, constants: MappingType[str, str]) -> Contract:
    present = set(_spoken(table))
    given = present | {fold(name) for name in constants}
    best: tuple[bool, int, bool, Contract] | None = None
    for form in contracts():
        known = form.header_for()
        others = {header for c in contracts() if c is not form for header in c.header_for()}
        if any(key in present and key not in known for key in _key_headers()):
            continue
        columns = {known[header] for header in given if header in known}
        # Headers that only this export has tell more than those that several share.
        score = len({known[header] for header in present if header in known})
        score += sum(header in known and header not in others for header in present)
        keyed = any(name in columns for name in form.key)
        complete = all(name in columns for name in form.required)
        if score >= (2 if keyed else 3) and (best is None or (keyed, score, complete) > best[:3]):
            best = (keyed, score, complete, form)
    if best is None:
        names = "; ".join(f"{c.export} needs {', '.join(c.required)}" for c in contracts())
        raise DataProblem(
            "no export fits these columns",
            "Name it with --as, choose a --profile, or rename the headers (`python -m pipelines templates DIR`).",
            [
                Problem(
                    "unknown_export",
                    f"no export fits the headers {', '.join(table.headers[:12])}",
                    f"Rename the headers as in a template ({names}), or say which export it is with --as.",
                    row=table.header_row,
                    value=", ".join(table.headers)[:200],
                )
            ],
        )
    return best[3]


@cache
def _key_headers() -> frozenset[str]:
    """Headers, folded, that name a key beyond doubt: a table that has one is about nothing coarser."""
    keys = [c.columns[c.key[0]] for c in contracts()]
    return frozenset(
        fold(text) for key in keys for text in (key.name, *key.aliases) if text.split()[0] == key.name.split("_")[0]
    ) | {fold(key.name) for key in keys}


def _need_key(table: TextTable, mapping: Mapping, asked: bool) -> None:
    form = mapping.contract
    missing = [name for name in form.required if name not in mapping.text]
    instead = " If it is a list of projects that reports no status, say --as projects."
    problems = [
        Problem(
            "missing_column",
            f"the {form.export} export needs {name.replace('_', ' ')}, and no header of this file gives it",
            f"Add a column named {name}"
            + (f" (or {', '.join(form.columns[name].aliases[:3])})" if form.columns[name].aliases else "")
            + (f", or give one value for all rows with --set {name}=VALUE." if name != form.key[0] else ".")
            + (instead if name == "status_date" and "project_id" in mapping.text and not asked else ""),
            row=table.header_row,
            value=", ".join(table.headers)[:200],
        )
        for name in missing
    ]
    if problems:
        raise DataProblem(f"the {form.export} export needs {', '.join(missing)}", problems[0].fix, problems)
