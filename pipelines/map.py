"""Which export a table is, and which of its columns feed which column of the contract."""

from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.contract import Contract, contract, contracts, known_headers
from pipelines.headers import fold
from pipelines.problems import DataProblem, Problem, UsageError
from pipelines.read import TextTable

FOLDER = Path(__file__).parent / "profiles"
_BY_NAME = "'name:'"

# Cells that say "nothing is known" in so many words; never errors outside text columns.
UNKNOWN_WORDS = ("n/a", "na", "#n/a", "none", "null", "nil", "nan", "-", "--", "?", "tbc", "tbd", "unknown")


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
    """How one tool's export reads as a contract's: its headers, values and conventions, from profiles/*.yaml."""

    name: str
    title: str
    export: str
    origin: str
    tested: str
    recognise: tuple[str, ...]
    source: Source
    dates: str | None
    unknown: tuple[str, ...]
    columns: dict[str, dict[str, Any]]

    def headers(self) -> set[str]:
        """Every header that the profile names, folded."""
        named = set(self.recognise)
        for spec in self.columns.values():
            otherwise = spec.get("otherwise", {})
            for part in (spec, otherwise):
                named |= {*part.get("from", ()), *part.get("sum", ()), *part.get("within", ())}
        return {fold(header) for header in named}


@dataclass(frozen=True)
class Mapping:
    """A table understood: its contract, and for each column of it the SQL that gives the cell's text.

    `headers` names, per column, the file's own header (shown in problems). `values` are a profile's spellings of
    choices, per column. Columns that the file lacks are absent.
    """

    contract: Contract
    profile: str | None
    source: Source
    text: dict[str, str]
    headers: dict[str, str]
    dates: str | None = None
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    unmapped: tuple[str, ...] = ()
    keys_by_name: bool = False


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
            recognise=tuple(given["recognise"]),
            source=Source(**given["source"]),
            dates=given.get("dates"),
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
) -> Mapping:
    """Recognise a table and map its columns.

    `export` and `profile` decide where they are given, else the headers do. `constants` fill columns of the
    contract that the file lacks, or stand in for them. `dates` ("dmy" or "mdy") settles the order of day and month.
    DataProblem when the table fits no export or a key column is missing; UsageError for names that do not exist.
    """
    constants = dict(constants or {})
    chosen = _profile(table, export, profile)
    if chosen:
        mapping = _by_profile(table, chosen)
    else:
        mapping = _by_headers(table, contract(export) if export else _recognise(table, constants))
    strange = [name for name in constants if name not in mapping.contract.columns]
    if strange:
        names = ", ".join(mapping.contract.columns)
        raise UsageError(
            f"--set {strange[0]}: the {mapping.contract.export} export has no such column", f"Use one of: {names}."
        )
    text = mapping.text | {name: _quoted(value) for name, value in constants.items()}
    headers = mapping.headers | {name: f"--set {name}" for name in constants}
    mapping = replace(mapping, text=text, headers=headers, dates=dates or mapping.dates)
    _need_key(table, mapping)
    return mapping


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _positions(table: TextTable) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for position, header in enumerate(table.headers):
        found.setdefault(fold(header), []).append(position)
    return found


def _profile(table: TextTable, export: str | None, name: str | None) -> Profile | None:
    if name is not None:
        if name not in profiles():
            raise UsageError(f"there is no profile named {name}", f"Use one of: {', '.join(profiles())}.")
        return profiles()[name]
    present = _positions(table)
    fitting = [
        p
        for p in profiles().values()
        if (export is None or p.export == export) and all(fold(h) in present for h in p.recognise)
    ]
    return max(fitting, key=lambda p: len(p.recognise), default=None)


def _by_profile(table: TextTable, profile: Profile) -> Mapping:
    positions = _positions(table)
    text: dict[str, str] = {}
    headers: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    used: set[int] = set()
    for column, spec in profile.columns.items():
        for part in (spec, spec.get("otherwise")):
            sources = [
                p for h in (part or {}).get("from", (part or {}).get("sum", ())) for p in positions.get(fold(h), [])
            ]
            if part and sources:
                unknown = () if contract(profile.export).columns[column].type == "text" else profile.unknown
                text[column] = _profile_text(part, sources, positions, unknown)
                headers[column] = table.headers[sources[0]]
                used |= set(sources)
                break
        if "values" in spec:
            values[column] = {fold(raw): value for value, raws in spec["values"].items() for raw in raws}
    return Mapping(
        contract=contract(profile.export),
        profile=profile.name,
        source=profile.source,
        text=text,
        headers=headers,
        dates=profile.dates,
        values=values,
        unmapped=tuple(h for i, h in enumerate(table.headers) if i not in used),
        keys_by_name=text.get("project_id", "").startswith(_BY_NAME),
    )


def _profile_text(
    part: dict[str, Any], sources: list[int], positions: dict[str, list[int]], unknown: tuple[str, ...]
) -> str:
    cells = [f"c{p}" for p in sources]
    if unknown:
        pattern = _quoted(f"(?is)({'|'.join(unknown)})")
        cells = [f"case when not regexp_full_match({cell}, {pattern}) then {cell} end" for cell in cells]
    if "sum" in part:
        total = " + ".join(f"coalesce(try_cast(replace({cell}, ',', '') as decimal(38, 6)), 0)" for cell in cells)
        return f"({total})::varchar"
    text = f"coalesce({', '.join(cells)})" if len(cells) > 1 else cells[0]
    if part.get("name_key"):
        return f"{_BY_NAME} || {name_key(text)}"
    if part.get("upper"):
        text = f"upper({text})"
    if "within" in part:
        outer = positions[fold(part["within"][0])][0]
        text = f"c{outer} || ' / ' || {text}"
    if "prefix" in part:
        text = f"{_quoted(part['prefix'])} || {text}"
    if "format" in part:
        before, _, after = part["format"].partition("{}")
        text = f"{_quoted(before)} || {text} || {_quoted(after)}"
    return text


def name_key(text: str) -> str:
    """SQL that reduces a project's name to what stays the same when case, spaces and punctuation drift."""
    plain = f"replace(lower(strip_accents({text})), '&', ' and ')"
    return f"trim(regexp_replace({plain}, '[^\\p{{L}}\\p{{N}}]+', '-', 'g'), '-')"


def _by_headers(table: TextTable, form: Contract) -> Mapping:
    known = form.header_for()
    exact = {fold(name) for name in form.columns}
    text: dict[str, str] = {}
    headers: dict[str, str] = {}
    used: set[int] = set()
    # A column's own name goes before its aliases, whatever their order in the file.
    for wanted in (exact, set(known)):
        for position, header in enumerate(table.headers):
            folded = fold(header)
            if folded in wanted and known[folded] not in text:
                text[known[folded]] = f"c{position}"
                headers[known[folded]] = header
                used.add(position)
    unmapped = tuple(h for i, h in enumerate(table.headers) if i not in used)
    return Mapping(form, None, Source(), text, headers, unmapped=unmapped)


def _recognise(table: TextTable, constants: MappingType[str, str]) -> Contract:
    present = set(_positions(table)) | {fold(name) for name in constants}
    best: tuple[int, int, Contract] | None = None
    for form in contracts():
        columns = {name for header, name in form.header_for().items() if header in present}
        keyed = sum(name in columns for name in form.key)
        if keyed == 0:
            continue
        # Columns that only this export has tell more than those that several share.
        own = {fold(n) for n in form.columns} - {fold(n) for c in contracts() if c is not form for n in c.columns}
        score = len(columns) + sum(fold(name) in own for name in columns)
        complete = all(name in columns for name in form.required)
        if best is None or (score, complete) > best[:2]:
            best = (score, complete, form)
    if best is None or best[0] < 2:
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
    return best[2]


def _need_key(table: TextTable, mapping: Mapping) -> None:
    form = mapping.contract
    problems = [
        Problem(
            "missing_column",
            f"the {form.export} export needs {name.replace('_', ' ')}, and no header of this file gives it",
            f"Add a column named {name}"
            + (f" (or {', '.join(form.columns[name].aliases[:3])})" if form.columns[name].aliases else "")
            + f", or give one value for all rows with --set {name}=VALUE.",
            row=table.header_row,
            column=name,
            value=", ".join(table.headers)[:200],
        )
        for name in form.required
        if name not in mapping.text
    ]
    if problems:
        raise DataProblem(
            f"the {form.export} export needs {', '.join(str(p.column) for p in problems)}", problems[0].fix, problems
        )
