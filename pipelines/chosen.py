"""What a person chose for a file, put on top of what was found: columns, values, attributes, scale."""

import re
from collections.abc import Mapping as MappingType
from dataclasses import replace

from pipelines import amounts
from pipelines.contract import Contract, known_headers, spelled
from pipelines.header_names import names_of, place_of
from pipelines.headers import fold
from pipelines.problems import DataProblem, Problem, UsageError
from pipelines.profile import Mapping, done_by
from pipelines.report import How
from pipelines.texttable import TextTable

_UNITS = (
    (1e9, r"billions?|bn|bns|mrd|milliarden?|milliards?|miliardi|miliard|mld|млрд|十億|十亿"),
    (1e8, r"億|亿"),
    (1e7, r"crores?|cr"),
    (
        1e6,
        r"millions?|mills?|mil|mio|mln|mn|mm|m|millionen|millones|milioni|milhões|miljoen|miljoner|milj|mkr|mnkr|млн|百万",
    ),
    (1e5, r"lakhs?|lacs?"),
    (1e4, r"万|萬"),
    (
        1e3,
        r"thousands?|tsd|tausend|ths|k|'?[,.]?000s?|milliers?|miles|milhares|migliaia|duizend|tys|tis|tusen|tkr|тыс|千",
    ),
)
# What says the unit stands in a parenthesis, behind a currency mark or "in", or is a word that means nothing else.
_INSIDE = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_BEHIND = re.compile(rf"(?:\bin |(?<!\w)(?:{amounts.CURRENCY})) *((?:{amounts.CURRENCY}) *)?(.*)$", re.I)
# "TEUR", "k$" and "Mio. €": the unit stands before the currency, and a T there is a thousand.
_JOINED = re.compile(rf"(?<!\w)(t|tsd|k|m|mn|mio|mln|mrd|bn)\.? ?({amounts.CURRENCY})(?!\w)", re.I)
# Marks that stand in headers alone; a "mil" beside another currency than the dollar may be a thousand or a million.
_MARK = rf"(?<!\w)(?:{amounts.CURRENCY})(?!\w{{2}})|[円元圓원]|(?<!\w)(?:руб|kčs?|kr|ft|lei)(?!\w)"
_EITHER = re.compile(r"\bmil\b", re.I)
_ABOUT = (
    r"dollars?|euros?|pounds?|sterling|\b(?:in|of|en|de|di|em|w|v|d'|excl|incl|net|gross|nominal|real|total|approved|"
    r"planned|actual|baseline|current|ytd|fy ?\d*|(?:19|20)\d\d)\b"
)
EFFORT = re.compile(
    r"(?<![^\W_])(?:hours?|hrs?|h|std|stunden|heures|horas|ore|days?|tage|jours|días|giorni|weeks?|months?|fte|ftes|pt|pd|"
    r"mds?|man[ -]?days?|person[ -]?days?|personentage|工数|人日|人月)(?![^\W_])",
    re.I,
)
_NARROW = {ord("（"): "(", ord("）"): ")", ord("［"): "[", ord("］"): "]", ord("　"): " "}
_LONG = re.compile(r"\b(thousands|millions?|billions?)\b", re.I)
# "Budget x1000" and "Budget / k"
_TIMES = re.compile(r"(?:(?<!\w)[x×*] ?(1[,.' ]?000(?:[,.' ]?000)?)|/ ?(k|tsd|mn|mio|mln))\.?$", re.I)


def take_over(table: TextTable, mapping: Mapping, how: How) -> Mapping:
    """A mapping with what `how` says of columns, values, attributes and scale in place of what was found.

    UsageError for a column, or an allowed value, that no contract knows; DataProblem for a header that the file lacks.
    """
    mapping = _columns(table, mapping, how.columns)
    mapping = _scaled(table, mapping, how)
    mapping = _values(mapping, how.values)
    return with_attributes(table, mapping, [_place(table, header) for header in how.attributes])


def with_attributes(table: TextTable, mapping: Mapping, places: list[int]) -> Mapping:
    """A mapping that keeps the cells of some headers beside the contract's columns."""
    if not places:
        return mapping
    if "project_id" not in mapping.contract.columns:
        note = Problem(
            "attributes_not_kept",
            f"the {mapping.contract.export} export speaks of no projects, so no column of it is kept as an attribute",
            "Keep columns of the projects or status export.",
            row=table.header_row,
            severity="warning",
        )
        return replace(mapping, notes=(*mapping.notes, note))
    names = names_of(table.headers)
    kept = {names[place]: f"c{place}" for place in places}
    unmapped = tuple(header for header in mapping.unmapped if header not in kept)
    return replace(mapping, attributes=mapping.attributes | kept, unmapped=unmapped)


def known_column(form: Contract, said: str, option: str) -> tuple[str | None, Problem | None]:
    """The contract's column that is meant; where only another contract has it, None and a note that it is not used.

    UsageError where none has it. `option` is how it was asked for.
    """
    if name := form.header_for().get(fold(said)):
        return name, None
    words = f"{option}: the {form.export} export has no such column"
    fix = f"Use one of: {', '.join(form.columns)}."
    if fold(said) not in known_headers():
        raise UsageError(words, fix)
    # It may be meant for another file of the same command.
    return None, Problem("set_not_used", f"{words}, so it is not used here", fix, severity="warning")


def _place(table: TextTable, header: str) -> int:
    place = place_of(table.headers, header)
    if place is None:
        shown = ", ".join(name[:100] for name in names_of(table.headers[:30]) if name)
        fix = f"Use one of its headers: {shown}."
        problem = Problem(
            "unknown_header", f"the file has no header {header}", fix, row=table.header_row, value=header[:200]
        )
        raise DataProblem(problem.message, fix, [problem])
    return place


def _columns(table: TextTable, mapping: Mapping, chosen: MappingType[str, str]) -> Mapping:
    if not chosen:
        return mapping
    form, notes, names = mapping.contract, list(mapping.notes), names_of(table.headers)
    places: dict[str, int | None] = {}
    for said, header in chosen.items():
        name, note = known_column(form, said, f"--map {said}={header}")
        if name:
            places[name] = _place(table, header) if header.strip() else None
        elif note:
            notes.append(note)
    text, headers, rolled_up = dict(mapping.text), dict(mapping.headers), mapping.rolled_up
    for name, place in places.items():
        if place is not None and headers.get(name) == names[place]:
            continue  # it is read so already, with all that a profile knows of it
        text.pop(name, None)
        headers.pop(name, None)
        if place is None:
            continue
        header = names[place]
        # A header tells one thing: what it fed by its name alone, it feeds no more. A key may also be a name.
        for other in [n for n, fed_by in headers.items() if fed_by == header and name not in form.key]:
            if other not in places and other not in form.key:
                del text[other], headers[other]
        done = done_by(mapping.profile, name, f"c{place}")
        if done and rolled_up and not rolled_up.state:
            rolled_up = replace(rolled_up, state=f"c{place}")
        text[name], headers[name] = done or f"c{place}", header
    read = set(headers.values())
    free = {*mapping.unmapped, *(mapping.headers[n] for n in mapping.headers if n not in headers)}
    free |= {mapping.headers[n] for n in places if n in mapping.headers}
    return replace(
        mapping,
        text={name: text[name] for name in form.columns if name in text},
        headers={name: headers[name] for name in form.columns if name in headers},
        unmapped=tuple(header for header in names if header in free and header not in read),
        rolled_up=rolled_up,
        keys_by_name=mapping.keys_by_name and text.get("project_id") == mapping.text.get("project_id"),
        notes=tuple(note for note in notes if not _is_settled(note, form, places, read)),
    )


def _is_settled(note: Problem, form: Contract, places: MappingType[str, int | None], read: set[str]) -> bool:
    """Whether a note about a header asks what a person has decided."""
    if note.rule == "header_scaled":
        return note.column in read
    return note.rule == "header_twice" and form.header_for().get(fold(note.column or "")) in places


def unit_of(header: str) -> tuple[float | None, str | None]:
    """The scale and the currency that a header states of its amounts, None where it states none.

    >>> unit_of("Budget ($m)*")
    (1000000.0, None)
    >>> unit_of("Kosten (TSD EUR)")
    (1000.0, 'EUR')
    >>> unit_of("budget_in_mio"), unit_of("Budget x1000")
    ((1000000.0, None), (1000.0, None))
    >>> unit_of("Comments")
    (None, None)
    """
    header = header.replace("_", " ").translate(_NARROW).strip()
    inside = _INSIDE.findall(header)
    said = inside[-1] if inside else ""
    if not said and (behind := _BEHIND.search(header)):
        said = f"{behind[1] or ''} {behind[2]}"
    place = inside[-1] if inside else header
    joined = _JOINED.search(place)
    currency = None
    if mark := re.search(rf"(?<!\w)(?:{amounts.CURRENCY})(?!\w{{2}})", place, re.I):
        currency = _currency(mark[0])
    elif joined:
        currency = _currency(joined[2])
    bare = _bare(said)
    if _EITHER.fullmatch(bare) and re.search(_MARK, place, re.I) and "$" not in re.sub(r"R\$", "", place):
        return None, currency
    for scale, words in _UNITS:
        if re.fullmatch(words, bare.strip(" ."), re.I) or (joined and re.fullmatch(words, joined[1], re.I)):
            return scale, currency
    if joined:
        return 1e3, currency
    if times := _TIMES.search(header):
        said = (times[1] or times[2]).lower()
        return 1e6 if said.startswith("m") or sum(map(str.isdigit, said)) > 4 else 1e3, currency
    if word := _LONG.search(header):
        return {"t": 1e3, "m": 1e6, "b": 1e9}[word[0][0].lower()], currency
    return None, currency


def unclear_unit(header: str) -> str | None:
    """What stands beside a currency in a header of amounts and may be a unit, but is none that is known.

    >>> unclear_unit("Budget (zilions EUR)"), unclear_unit("Budget (mil EUR)"), unclear_unit("Budget (approved)")
    ('zilions EUR', 'mil EUR', None)
    """
    if unit_of(header)[0] or EFFORT.search(header):
        return None
    for said in _INSIDE.findall(header.replace("_", " ").translate(_NARROW)):
        if re.search(_MARK, said, re.I) and re.search(r"[^\W\d_]", _bare(said)):
            return str(said).strip()
    return None


def _bare(said: str) -> str:
    """What is left of a unit without the currency and the words about it."""
    return " ".join(re.sub(rf"{_ABOUT}|{_MARK}|[*$]", " ", said, flags=re.I).split()).strip(" .,;:/-'")


def _currency(mark: str) -> str | None:
    text = mark.upper()
    return amounts.MARKS.get(text, text if re.fullmatch("[A-Z]{3}", text) else None)


def _scaled(table: TextTable, mapping: Mapping, how: How) -> Mapping:
    """Take the scale that was named, else the one that the headers of chosen money columns state."""
    if how.scale:
        return replace(mapping, source=replace(mapping.source, scale=how.scale))
    form = mapping.contract
    _ask_unit(table, [h for n, h in mapping.headers.items() if form.columns[n].type == "money"], mapping)
    asked = {form.header_for().get(fold(said)) for said in how.columns}
    money = [n for n in mapping.headers if form.columns[n].type == "money"]
    chosen = [n for n in money if n in asked]
    stated = {n: unit_of(mapping.headers[n]) for n in chosen}
    scales = {scale for scale, _ in stated.values() if scale}
    currencies = {currency for _, currency in stated.values() if currency}
    if len(currencies) > 1:
        raise _units_differ(table, [mapping.headers[n] for n in chosen])
    source, notes = mapping.source, list(mapping.notes)
    if currencies and not source.currency:
        source = replace(source, currency=currencies.pop())
    if len(scales) > 1:
        # Each column is in the unit that it states; one that states none is in full units, which is said.
        own = {n: scale for n, (scale, _) in stated.items() if scale}
        full = [n for n in money if n not in own and n not in mapping.scales and not unit_of(mapping.headers[n])[0]]
        if source.scale == 1:
            notes += [_unit_assumed(table, mapping, n, "in full units, while other columns are not") for n in full]
        return replace(mapping, source=source, scales=mapping.scales | own, notes=tuple(notes))
    if scales and source.scale != (scale := scales.pop()):
        others = [mapping.headers[n] for n in money if n not in chosen]
        if others and source.scale != 1:
            raise _units_differ(table, [*(mapping.headers[n] for n in chosen), *others])
        source = replace(source, scale=scale)
        how_read = f"in units of {scale:,.0f}, as the other amounts of this file are"
        unstated = [n for n in money if not unit_of(mapping.headers[n])[0]]
        notes += [_unit_assumed(table, mapping, name, how_read) for name in unstated]
    return replace(mapping, source=source, notes=tuple(notes))


def _unit_assumed(table: TextTable, mapping: Mapping, name: str, how_read: str) -> Problem:
    return Problem(
        "unit_assumed",
        f"{mapping.headers[name]} states no unit; it is read {how_read}",
        f"If that is wrong, leave it out (--map {name}=), or write all amounts in full units and load with --scale 1.",
        row=table.header_row,
        column=mapping.headers[name],
        severity="warning",
    )


def _ask_unit(table: TextTable, headers: list[str], mapping: Mapping) -> None:
    """DataProblem where a header of amounts says beside its currency what may be a unit, and is not known."""
    if mapping.profile or mapping.source.scale != 1:
        return
    for header in headers:
        if said := unclear_unit(header):
            message = f"{header} says “{said[:60]}”, and that is no unit that is known"
            fix = "Say what the amounts are in: --scale 1000, or --scale 1 for full units."
            problem = Problem("unit_undecided", message, fix, row=table.header_row, column=header, value=said[:80])
            raise DataProblem(message, fix, [problem])


def _units_differ(table: TextTable, headers: list[str]) -> DataProblem:
    message = f"the columns {', '.join(headers)} state different currencies, and a row has one"
    fix = "Read columns of one currency only (--map COLUMN= leaves one out), or write all amounts in one currency."
    return DataProblem(message, fix, [Problem("units_differ", message, fix, row=table.header_row, column=headers[0])])


def _values(mapping: Mapping, chosen: MappingType[str, MappingType[str, str]]) -> Mapping:
    values, notes = dict(mapping.values), list(mapping.notes)
    for said, meant in chosen.items():
        name, note = known_column(mapping.contract, said, f"--value {said}")
        if note:
            notes.append(note)
        if not name:
            continue
        column = mapping.contract.columns[name]
        if not column.values:
            choices = [c.name for c in mapping.contract.columns.values() if c.values]
            fix = f"Columns of this export that have one: {', '.join(choices) or 'none'}."
            raise UsageError(f"--value {said}: {name} has no list of allowed values", fix)
        for text, value in meant.items():
            if value and value not in column.values:
                fix = f"Use one of: {', '.join(column.values)}; or nothing, where the text says that nothing is known."
                raise UsageError(f"--value {said}:{text}={value}: {name} has no value {value}", fix)
        values[name] = values.get(name, {}) | {spelled(text): value for text, value in meant.items()}
    return replace(mapping, values=values, notes=tuple(notes))
