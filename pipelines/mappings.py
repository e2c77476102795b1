"""Remembered mappings: how an export that came before is read, kept in the journal in the form of the profiles.

Nothing is overwritten: the newest row of a name counts, and a row without text takes the name away. No publication is
needed. The server imports this module.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from pipelines.build import model
from pipelines.contract import contract
from pipelines.header_names import names_of
from pipelines.headers import fold
from pipelines.problems import RightworkError, UsageError
from pipelines.profile import Profile, Source, as_yaml, parse, profiles
from pipelines.report import FileReport, How
from pipelines.warehouse import Warehouse, current_person, now

LONGEST_NAME = 60
LONGEST_FILE = 2_000_000  # bytes
LIKE = 0.75  # the share of the headers of both together that two files must have in common to be read alike
NOT_KEPT = ("status_date",)  # one day's value for all rows, and wrong the week after
SEE = "See them all: python -m pipelines mappings."


@dataclass(frozen=True)
class Remembered:
    """A mapping as it was recorded: its name, YAML text, when (UTC) and by whom; None for one that is taken away."""

    name: str
    text: str | None
    recorded_at: Any
    recorded_by: str


def remembered(warehouse: Warehouse) -> dict[str, Profile]:
    """The mappings that count by name, the newest first. StoreError where the journal cannot be read."""
    return {one.name: profile for one, profile in _read(warehouse)}


def listed(warehouse: Warehouse) -> list[dict[str, Any]]:
    """The mappings that count as plain values, by name: name, export, source, columns (each with the headers that feed
    it), attributes, headers (how many the file has), recorded_at (UTC) and recorded_by."""
    found = [
        {
            "name": one.name,
            "export": profile.export,
            "source": profile.source.name,
            "columns": {name: _fed_by(spec) for name, spec in profile.columns.items()},
            "attributes": list(profile.attributes),
            "headers": len(profile.recognise[0]) if profile.recognise else 0,
            "recorded_at": one.recorded_at,
            "recorded_by": one.recorded_by,
        }
        for one, profile in _read(warehouse)
    ]
    return sorted(found, key=lambda one: str(one["name"]).casefold())


def history(warehouse: Warehouse) -> list[Remembered]:
    """Every row that was recorded, oldest first."""
    version = warehouse.journal.version()
    return list(_rows(warehouse.folder, version)) if version else []


def save(warehouse: Warehouse, name: str, text: str) -> Profile:
    """Remember a mapping under a name; one of that name is replaced, and stays in the history. The mapping.

    UsageError for a name that is empty, too long or a shipped profile's, and for a text that is no mapping.
    """
    said = _name(name)
    profile = replace(parse(text, said), name=said)
    _record(warehouse, [(said, as_yaml(profile))])
    return profile


def rename(warehouse: Warehouse, name: str, new: str) -> None:
    """Give a mapping another name. UsageError where there is none, or the other name is taken."""
    standing, said = _standing(warehouse, name), _name(new)
    if said == name:
        return
    if said in remembered(warehouse):
        raise UsageError(f"there is a mapping {said} already", "Choose another name, or delete that one first.")
    _record(warehouse, [(name, None), (said, as_yaml(replace(standing, name=said)))])


def delete(warehouse: Warehouse, name: str) -> None:
    """Take a mapping away; it stays in the history. UsageError where there is none."""
    _standing(warehouse, name)
    _record(warehouse, [(name, None)])


def exported(warehouse: Warehouse, name: str) -> str:
    """A mapping as YAML text, as `save` takes it. UsageError where there is none."""
    return as_yaml(_standing(warehouse, name))


def readable(file: Path) -> str:
    """The text of a mapping's file. UsageError where it is too large, or no text."""
    if file.stat().st_size > LONGEST_FILE:
        raise UsageError(f"{file.name} has {file.stat().st_size:,} bytes", "A mapping is a short YAML file.")
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file.name} is no UTF-8 text", "Save it as UTF-8, as it was exported.") from error


def from_how(report: FileReport, how: How, known: Mapping[str, Profile] | None = None) -> Profile:
    """The mapping that reads next week's file as this one was read: what was found, and what a person chose on top.

    `known` are the remembered mappings, of which one may have read the file. A status date that was given for all rows
    is left out: it would be wrong next week, so that it is asked again. UsageError where the file was not understood.
    """
    if not report.export or not report.feeds:
        raise UsageError(
            "the file was not understood, so there is nothing to remember", "Say first what its columns are."
        )
    form, base = contract(report.export), ({**profiles(), **(known or {})}).get(report.profile or "")
    constants = {form.header_for().get(fold(said)): value for said, value in how.constants.items()}
    columns: dict[str, dict[str, Any]] = {}
    for name in form.columns:
        if name in constants:
            if name not in NOT_KEPT:
                columns[name] = {"value": constants[name]}
        elif (
            base
            and name in base.columns
            and (
                name not in _chosen(form.header_for(), how.columns)
                or _first(base.columns[name], report.headers) == report.feeds.get(name, "")
            )
        ):
            if name in report.feeds:
                columns[name] = dict(base.columns[name])
        elif name in report.feeds:
            columns[name] = _chosen_spec(base, name, _as_written(report.headers, report.feeds[name]))
        if name in columns and name in report.scales:
            columns[name] = {**columns[name], "scale": report.scales[name]}
    unknown = list(base.unknown) if base else []
    for said, meant in how.values.items():
        name = form.header_for().get(fold(said), "")
        if name not in columns:
            continue
        values = {value: list(texts) for value, texts in columns[name].get("values", {}).items()}
        for text, value in meant.items():
            values = {v: [t for t in texts if fold(t) != fold(text)] for v, texts in values.items()}
            if value:
                values.setdefault(value, []).append(text)
            else:
                unknown.append(re.escape(text))
        columns[name] = {**columns[name], "values": {v: texts for v, texts in values.items() if texts}}
    source = base.source if base else Source()
    source = replace(source, name=report.source or source.name, scale=report.scale, currency=report.currency)
    kept = [*(base.attributes if base else ()), *how.attributes]
    return Profile(
        name=report.profile or "mapping",
        title=base.title if base else f"{form.title} as in {report.file}"[:200],
        export=report.export,
        origin=base.origin if base else "a mapping made here",
        tested=base.tested if base else f"{report.file}"[:200],
        recognise=(tuple(header for header in report.headers if fold(header)),),
        source=source,
        dates=how.dates
        or _decided(report, "dates", {"day first": "dmy", "month first": "mdy"})
        or (base.dates if base else None),
        decimal=how.decimal
        or _decided(report, "decimal", {"comma": ",", "point": "."})
        or (base.decimal if base else None),
        unknown=tuple(dict.fromkeys(unknown)),
        columns=columns,
        attributes=tuple(dict.fromkeys(_as_written(report.headers, header) for header in kept)),
        rolled_up=base.rolled_up if base else None,
    )


def _chosen_spec(base: Profile | None, name: str, header: str) -> dict[str, Any]:
    """How a column that a person chose is read: what its profile does with items and with words that say done stays."""
    spec = base.columns.get(name, {}) if base and base.rolled_up else {}
    words = [word for match in spec.get("done", ()) for word in match.get("words", ())]
    fed: dict[str, Any] = {"done": [{"from": [header], "words": words}]} if words else {"from": [header]}
    return fed | {key: spec[key] for key in ("take", "left_out", "weight") if key in spec}


def of_same_headers(headers: Sequence[str], export: str | None, known: Iterable[Profile]) -> Profile | None:
    """The newest mapping that was made of exactly these headers, whatever their order, case and spaces."""
    present = _set(headers)
    return next((p for p in _of(export, known) if p.recognise and _set(p.recognise[0]) == present), None)


def of_like_headers(headers: Sequence[str], export: str | None, known: Iterable[Profile]) -> Profile | None:
    """The mapping that was made of nearly these headers, all that it needs among them; the most alike, then the newest.

    So a column more or less next week asks nothing anew.
    """
    present = _set(headers)
    best: tuple[float, Profile] | None = None
    for profile in _of(export, known):
        if not profile.recognise:
            continue
        made_of = _set(profile.recognise[0])
        alike = len(present & made_of) / len(present | made_of)
        needed = {header for spec in profile.columns.values() for header in _fed_by(spec)}
        if alike >= LIKE and all(_stands(header, headers) for header in needed) and (not best or alike > best[0]):
            best = (alike, profile)
    return best[1] if best else None


def _of(export: str | None, known: Iterable[Profile]) -> list[Profile]:
    return [profile for profile in known if export in (None, profile.export)]


def _set(headers: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(header) for header in headers) - {""}


def _stands(header: str, headers: Sequence[str]) -> bool:
    present = _set(names_of(headers)) | {f"{fold(name)}1" for name in headers}
    wanted = fold(header)
    return any(one.startswith(wanted) for one in present) if header.endswith("*") else wanted in present


def _fed_by(spec: Mapping[str, Any]) -> list[str]:
    done = [header for match in spec.get("done", ()) for header in match["from"]]
    return [*spec.get("from", ()), *spec.get("sum", ()), *done]


def _first(spec: Mapping[str, Any], headers: Sequence[str]) -> str | None:
    """The first header that feeds a column of a profile, as the file names it."""
    names = names_of(headers)
    for said in _fed_by(spec):
        begins = said.endswith("*")
        for name in names:
            if fold(name) == fold(said) or (begins and fold(name).startswith(fold(said))):
                return name
    return None


def _chosen(header_for: Mapping[str, str], columns: Mapping[str, str]) -> set[str | None]:
    return {header_for.get(fold(said)) for said in columns}


def _as_written(headers: Sequence[str], name: str) -> str:
    """A header as profiles name it: one of several that fold alike by its number, and without a "*" at its end."""
    several = sum(fold(header) == fold(name) for header in headers) > 1
    return f"{name} [1]" if several else name.rstrip("* ") or name


def _decided(report: FileReport, setting: str, words: Mapping[str, str]) -> str | None:
    """What the columns of a file were read by, where all agree: next week's may not tell it by themselves."""
    found = {words.get(one.value) for one in report.decisions if one.setting == setting}
    return found.pop() if len(found) == 1 else None


def _name(name: str) -> str:
    kinds = {"Cc": " ", "Zl": " ", "Zp": " ", "Cf": "", "Cs": "", "Cn": "", "Co": ""}
    said = " ".join("".join(kinds.get(unicodedata.category(c), c) for c in name).split())
    if not fold(said):
        raise UsageError("a mapping needs a name", "Name it after the tool and the report, such as Planview weekly.")
    if len(said) > LONGEST_NAME:
        raise UsageError(f"the name has {len(said)} characters", f"Use {LONGEST_NAME} at most.")
    if said in profiles():
        raise UsageError(f"{said} is the name of a shipped profile", "Choose another name.")
    return said


def _standing(warehouse: Warehouse, name: str) -> Profile:
    known = remembered(warehouse)
    if name not in known:
        raise UsageError(f"there is no mapping named {name}", f"Use one of: {', '.join(known)}." if known else SEE)
    return known[name]


def _read(warehouse: Warehouse) -> list[tuple[Remembered, Profile]]:
    version = warehouse.journal.version()
    return list(_parsed(warehouse.folder, version)) if version else []


@lru_cache(maxsize=8)
def _parsed(folder: Path, version: int) -> tuple[tuple[Remembered, Profile], ...]:
    last = {one.name: one for one in _rows(folder, version)}
    newest = sorted(last.values(), key=list(_rows(folder, version)).index, reverse=True)
    found = []
    for one in newest:
        try:
            found += [(one, parse(one.text, one.name))] if one.text else []
        except RightworkError:  # written for other contracts than ours: it reads nothing, and stops nothing
            continue
    return tuple(found)


@lru_cache(maxsize=8)
def _rows(folder: Path, version: int) -> tuple[Remembered, ...]:
    with Warehouse(folder).journal.read(version) as con:
        if not _has_table(con):
            return ()
        asked = "select name, text, recorded_at, recorded_by from mapping order by recorded_at, rowid"
        return tuple(Remembered(*row) for row in con.sql(asked).fetchall())


def _has_table(con: duckdb.DuckDBPyConnection) -> bool:
    asked = "select exists (from duckdb_tables() where table_name = 'mapping')"
    return bool(con.sql(asked).fetchall()[0][0])


def _record(warehouse: Warehouse, rows: Sequence[tuple[str, str | None]]) -> None:
    when, who = now(), current_person()
    with warehouse.journal.write() as draft:
        draft.con.execute(model("journal"))
        for name, text in rows:
            draft.con.execute("insert into mapping values (?, ?, ?, ?)", [name, text, when, who])
