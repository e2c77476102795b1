"""Which export a table is, and which of its columns feed which column of the contract."""

import re
from collections.abc import Container, Iterable
from collections.abc import Mapping as MappingType
from dataclasses import replace
from functools import cache

from pipelines import amounts, effort
from pipelines.chosen import EFFORT, known_column, take_over, unclear_unit, unit_of, with_attributes
from pipelines.contract import EXPORTS, Contract, contract, contracts, known_headers
from pipelines.header_names import names_of, place_of
from pipelines.headers import fold
from pipelines.literals import quoted
from pipelines.mappings import of_like_headers, of_same_headers
from pipelines.problems import DataProblem, Problem, UsageError
from pipelines.profile import Mapping, Profile, Source, by_profile, fitting, profiles
from pipelines.report import HERE, How
from pipelines.texttable import TextTable

# A header's last parenthesis, and what in it says that the numbers are no whole units of the usual currency.
_PARENTHESIS = re.compile(r"^(.*\S)\s*[(\[]([^()\[\]]*)[)\]]\s*$", re.S)
_SCALE = (
    r"\d*[, ]?000s?|in 000s?|k|m|mm|mn|mln|mio|mil|mills?|bn|b|t|thousands?|ths|millions?|billions?|tsd|lakhs?|lacs?|"
    r"crores?|cr|%.*|hours?|hrs?|days?|fte"
)
_SCALED = re.compile(
    rf"(?:in )?(?:{amounts.CURRENCY}|dollars?|euros?|pounds?|sterling|of|[^\w$£€¥₹])*(?:{_SCALE})?"
    rf"(?:{amounts.CURRENCY}|dollars?|euros?|pounds?|sterling|of|[^\w$£€¥₹])*",
    re.I,
)

# Headers, folded, of days that are no periods, as in the export of a time sheet.
_A_DAY = frozenset(("date", "day", "datum", "tag", "workdate", "logdate"))

# What tells how a project stands; a status report without any of it tells nothing.
_MEASURES = (
    *("reported_health", "forecast_finish", "actual_finish", "percent_complete"),
    *("planned_value", "earned_value", "actual_cost", "forecast_cost"),
)

_TELLING = {
    "milestones": (("baseline_date", "forecast_date", "actual_date"), ("milestone", "deliverable")),
    "dependencies": (("from_project_id", "to_project_id"), ("dependency",)),
    "risks": (("probability", "impact", "risk_kind"), ("risk", "issue")),
    "benefits": (("planned", "forecast", "realised"), ("benefit",)),
    "capacity": (("amount", "month"), ()),
    "demand": (("amount", "month"), ()),
    "assignments": (("person_id",), ()),
    "alignment": (("contribution",), ()),
}


def understand(table: TextTable, how: How = HERE, remembered: MappingType[str, Profile] | None = None) -> Mapping:
    """Recognise a table and map its columns, as far as `how` leaves that open.

    `remembered` are the mappings that people saved, by name, the newest first. DataProblem when the table fits no
    export, lacks a header that `how` names or a key column is missing; UsageError for names that do not exist.
    """
    mapping, is_asked = _mapped(table, how, remembered or {})
    _need_key(table, mapping, asked=is_asked)
    return mapping


def incomplete(table: TextTable, how: How, remembered: MappingType[str, Profile]) -> Mapping | None:
    """How a table is read that lacks a key column; None where it fits no export, or lacks what `how` names."""
    try:
        return _mapped(table, how, remembered)[0]
    except (DataProblem, UsageError):
        return None


def _mapped(table: TextTable, how: How, remembered: MappingType[str, Profile]) -> tuple[Mapping, bool]:
    """How a table is read, complete or not, and whether someone or something named its export."""
    chosen = _profile(table, how, remembered)
    if chosen:
        mapping = by_profile(table, chosen)
        headers = [place_of(table.headers, header) for header in chosen.attributes]
        mapping = with_attributes(table, mapping, [place for place in headers if place is not None])
    else:
        export = contract(how.export) if how.export else _recognise(table, how.constants, how.columns)
        mapping = by_headers(table, export)
    mapping = take_over(table, mapping, how)
    mapping = effort.settled(_with_constants(mapping, how.constants))
    mapping = replace(mapping, notes=(*mapping.notes, *_no_measure(table, mapping)))
    source = replace(mapping.source, name=how.source) if how.source else mapping.source
    dates, decimal = how.dates or mapping.dates, how.decimal or mapping.decimal
    is_named = how.export is not None or chosen is not None
    return replace(mapping, source=source, dates=dates, decimal=decimal), is_named


def recognised(table: TextTable, how: How, remembered: MappingType[str, Profile]) -> Mapping | None:
    """How a profile or a remembered mapping reads a table that `understand` refused; None where none knows it."""
    chosen = _profile(table, how, remembered)
    return by_profile(table, chosen) if chosen else None


def _profile(table: TextTable, how: How, remembered: MappingType[str, Profile]) -> Profile | None:
    """The profile or remembered mapping that reads a table: the one named; else the mapping of the very same headers,
    the shipped profile that fits, the mapping of nearly the same headers."""
    if how.profile is not None and how.profile in remembered:
        asked = remembered[how.profile]
        if how.export not in (None, asked.export):
            fix = "Leave out --as or --profile."
            raise UsageError(f"the mapping {how.profile} reads {asked.export}, not {how.export}", fix)
        return asked
    if how.profile is not None and how.profile not in profiles():
        fix = f"Use one of: {', '.join([*profiles(), *remembered])}."
        raise UsageError(f"there is no profile or mapping named {how.profile}", fix)
    known = list(remembered.values()) if how.profile is None else []
    return (
        of_same_headers(table.headers, how.export, known)
        or fitting(table, how.export, how.profile)
        or of_like_headers(table.headers, how.export, known)
    )


def _with_constants(mapping: Mapping, constants: MappingType[str, str]) -> Mapping:
    text, headers, notes = dict(mapping.text), dict(mapping.headers), list(mapping.notes)
    for said, value in constants.items():
        name, note = known_column(mapping.contract, said, f"--set {said}")
        if name:
            text[name], headers[name] = quoted(value), f"--set {said}"
        elif note:
            notes.append(note)
    return replace(mapping, text=text, headers=headers, notes=tuple(notes))


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
    if fold(header) != fold(parts[1]) and fold(header) in known_headers():  # "Lag (days)"
        return False
    inner = parts[2].strip()
    if not inner or inner.upper() in ("$", "US$", "USD"):
        return False
    return bool(_SCALED.fullmatch(inner) or unit_of(header)[0] or unclear_unit(header) or EFFORT.search(inner))


@cache
def _money_headers() -> frozenset[str]:
    columns = [c for form in contracts() for c in form.columns.values()]
    sums = {fold(text) for c in columns if c.type in ("money", "number") for text in (c.name, *c.aliases)}
    # "Target (%)" is one of goals, whatever else has a target.
    return frozenset(sums - {fold(text) for c in columns if c.type == "percent" for text in (c.name, *c.aliases)})


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
    name = form.header_for().get(fold(_PARENTHESIS.sub(r"\1", header)), "what it means")
    if EFFORT.search(header):
        return Problem(
            "header_scaled",
            f"{header} is in hours, days or the like, which is no unit of {name.replace('_', ' ')}, so it is not read",
            "Nothing to do; to see it with its projects, keep it as an attribute (--keep HEADER).",
            row=table.header_row,
            column=header,
            severity="warning",
        )
    return Problem(
        "header_scaled",
        f"{header} may hold scaled amounts, another currency or another unit, so it is not read",
        f"Choose it for {name} if that is meant (--map COLUMN={header!r}): then it is read in the unit that it states; "
        "or load it with a --profile that knows the scale, or write full units and the currency in a column named "
        "currency (or --set currency=EUR).",
        row=table.header_row,
        column=header,
        severity="warning",
    )


def by_headers(table: TextTable, form: Contract) -> Mapping:
    """A table as a contract's own names for headers read it."""
    positions = _spoken(table)
    text: dict[str, str] = {}
    headers: dict[str, str] = {}
    notes = [_unread_scale(table, header, form) for header in table.headers if _scaled(header)]
    used: set[int] = set()
    names = names_of(table.headers)
    for name, column in form.columns.items():
        # A column's own name goes before its aliases, and these in their order, wherever they stand in the file.
        folded = dict.fromkeys(fold(said) for said in column.said)
        places = [place for said in folded for place in positions.get(said, [])]
        if not places:
            continue
        first, *others = places
        text[name], headers[name] = f"c{first}", names[first]
        used.add(first)
        own = positions.get(fold(name), [])
        notes += [_doubled(table, name, first, other) for other in others if not own or other in own]
    unmapped = tuple(h for i, h in enumerate(names) if i not in used)
    return Mapping(form, None, Source(), text, headers, unmapped=unmapped, notes=tuple(notes))


def _doubled(table: TextTable, name: str, chosen: int, left: int) -> Problem:
    names, other = names_of(table.headers), table.headers[left]
    first = names[chosen]
    return Problem(
        "header_twice",
        f"{first} and {names[left]} both say {name.replace('_', ' ')}; {first} is read",
        f"If {names[left]} is the right one, choose it (--map {name}={names[left]!r}), or rename its header to {name}.",
        row=table.header_row,
        column=other,
        severity="warning",
    )


def _recognise(table: TextTable, constants: Iterable[str], chosen: MappingType[str, str]) -> Contract:
    present = set(_spoken(table)) | {fold(name) for name, header in chosen.items() if header.strip()}
    given = present | {fold(name) for name in constants}
    best: tuple[bool, int, bool, int, Contract] | None = None
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
        rank = (keyed, score, complete, len({known[header] for header in present & known.keys()} & {*form.required}))
        if score >= (2 if keyed else 3) and tells(form, columns, present) and (best is None or rank > best[:4]):
            best = (*rank, form)
    if best is None:
        raise DataProblem(
            "no export fits these columns",
            "Name it with --as, choose a --profile, or rename the headers (`python -m pipelines templates DIR`).",
            [
                Problem(
                    "unknown_export",
                    f"no export fits the headers {', '.join(table.headers[:12])}",
                    "Rename the headers as in a template (status: project_id, status_date; capacity: team, month), or "
                    f"say which export it is with --as ({', '.join(EXPORTS)}).",
                    row=table.header_row,
                    value=", ".join(table.headers)[:200],
                )
            ],
        )
    return best[4]


def tells(form: Contract, columns: Container[str], headers: Iterable[str]) -> bool:
    """Whether columns, or the words of folded headers, say what an export alone speaks of: owners, dates due and states
    stand in many a list."""
    telling, words = _TELLING.get(form.export, ((), ()))
    return not telling or any(c in columns for c in telling) or any(w in header for w in words for header in headers)


@cache
def _key_headers() -> frozenset[str]:
    """Headers, folded, that name a key beyond doubt: a table that has one is about nothing coarser."""
    # Who is booked is no such key: many a list of projects or risks names a person.
    keys = [c.columns[c.key[0]] for c in contracts() if c.key[0].endswith("_id") and not c.replaces]
    return frozenset(
        fold(text) for key in keys for text in (key.name, *key.aliases) if text.split()[0] == key.name.split("_")[0]
    ) | {fold(key.name) for key in keys}


def _missing_of_time(table: TextTable, form: Contract, name: str) -> Problem | None:
    """What stands in place of a period or of an amount of people's time that is missing; None where nothing does."""
    column = form.columns[name]
    if column.period and (pair := effort.begins_and_ends(table.headers)):
        begins, ends = pair
        return Problem(
            "dates_for_period",
            f"{form.export} is by month, week or quarter, and {begins} and {ends} say from when to when it is",
            f"Write one row for each month, with a column {name} (2026-03) and the amount of that month. Where each "
            f"row lies within one month, say --map {name}={begins!r}.",
            row=table.header_row,
            column=begins,
            value=f"{begins}, {ends}",
        )
    if column.period and (day := next((h for h in table.headers if fold(h) in _A_DAY), None)):
        return Problem(
            "dates_for_period",
            f"{form.export} is by month, week or quarter, and {day} says a day",
            f"Add up the amounts of each month, with the month in a column {name} (2026-03). Where {day} stands for "
            f"its month already, say --map {name}={day!r}.",
            row=table.header_row,
            column=day,
        )
    rate = next((h for h in table.headers if effort.is_rate(h)), None) if column.in_units else None
    if rate:
        return Problem(
            "amount_is_rate",
            f"{rate} is so much a day or a week, and an amount is of the whole period of its row",
            "Multiply it by the days or weeks of the period, and call the column hours, days or fte; where the period "
            f"is the same, say --map {name}={rate!r}.",
            row=table.header_row,
            column=rate,
        )
    header = next((h for h in table.headers if effort.other_unit(h)), None) if column.in_units else None
    if header is None:
        return None
    return Problem(
        "unit_not_read",
        f"{header} is in {effort.other_unit(header)}, a unit that is not read; {effort.UNITS_READ} are",
        f"{effort.TO_CONVERT} Then call the column fte, hours, days or percent.",
        row=table.header_row,
        column=header,
    )


def _need_key(table: TextTable, mapping: Mapping, asked: bool) -> None:
    form = mapping.contract
    missing = [name for name in form.required if name not in mapping.text]
    # A file of work items is often one project's.
    settable = form.required if mapping.rolled_up else [name for name in form.required if name != form.key[0]]
    instead = " If it is a list of projects that reports no status, say --as projects."
    problems = [
        _missing_of_time(table, form, name)
        or Problem(
            "missing_column",
            f"the {form.export} export needs {name.replace('_', ' ')}, and no header of this file gives it",
            f"Add a column named {name}"
            + (f" (or {', '.join(form.columns[name].aliases[:3])})" if form.columns[name].aliases else "")
            + (f", or give one value for all rows with --set {name}=VALUE." if name in settable else ".")
            + (
                instead
                if form.export == "status" and name == "status_date" and "project_id" in mapping.text and not asked
                else ""
            ),
            row=table.header_row,
            value=", ".join(table.headers)[:200],
        )
        for name in missing
    ]
    if problems:
        raise DataProblem(f"the {form.export} export needs {', '.join(missing)}", problems[0].fix, problems)
