"""The rules that judge: what each means, which value holds since when and why, and changing them for later knowledge.

The journal gets the change, and then the facts a publication "rules" of its number, in one writer's turn. The
publication decides: a change whose publication never came, because its writer was killed in between, counts neither
then nor later, and the next change takes it out of the journal.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb

from pipelines.problems import UsageError
from pipelines.warehouse import RULE_COLUMNS, Warehouse, changes_of_rules, current_person, now, shipped_rules

Value = float | str
SHOW = "See them all: python -m pipelines rules."
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Rule:
    """A rule as rules.yaml says it: a number in `unit` (share, points, days, weekday), or a word, one of `choices`."""

    name: str
    group: str
    title: str
    help: str
    used_on: tuple[str, ...]
    shipped: Value
    unit: str
    least: float
    most: float
    not_below: str | None
    choices: Mapping[str, str]

    def said(self, value: Value) -> str:
        """A value of this rule in words: 10 %, 7 days, Friday."""
        if self.choices:
            return self.choices[str(value)].partition(":")[0]
        if self.unit == "share":
            return f"{round(float(value) * 100, 4):g} %"
        if self.unit == "weekday":
            return WEEKDAYS[int(value) - 1]
        if self.unit == "points":
            return f"{value:g}"
        if self.unit == "hours":
            return f"{value:g} {'hour' if value == 1 else 'hours'}"
        return f"{value:g} {'day' if value == 1 else 'days'}"

    def meaning(self, choice: str) -> str:
        """What a choice of this rule does."""
        said = self.choices[choice].partition(": ")[2]
        return said[:1].upper() + said[1:]

    def range(self) -> str:
        """What may be set, in words."""
        if self.choices:
            return ", ".join(self.choices)
        if self.unit == "share":
            return f"{self.said(self.least)} to {self.said(self.most)}"
        if self.unit == "points":
            return f"{self.least:g} to {self.most:g}, probability times impact"
        if self.unit == "hours":
            return f"hours, {self.least:g} to {self.most:g}"
        return f"whole days, {self.least:g} to {self.most:g}" if self.unit == "days" else "1 Monday to 7 Sunday"


@dataclass(frozen=True)
class Change:
    """One rule set anew: by whom, when, why, and the publication from which it holds."""

    name: str
    before: Value
    after: Value
    publication: int
    recorded_at: dt.datetime
    recorded_by: str
    why: str


@cache
def rules() -> dict[str, Rule]:
    """Every rule by name, in the order of rules.yaml."""
    return {
        name: Rule(
            name,
            said["group"],
            said["title"],
            said["help"],
            tuple(said["used_on"]),
            said["word"] if "word" in said else float(said["value"]),
            said.get("unit", "word"),
            said.get("least", 0),
            said.get("most", 0),
            said.get("not_below"),
            said.get("choices", {}),
        )
        for name, said in shipped_rules().items()
    }


def in_force(con: duckdb.DuckDBPyConnection) -> dict[str, Value]:
    """The value of every rule that judges on this connection."""
    found = con.sql("select name, value, word from rule_in_force").fetchall()
    return {name: word if value is None else value for name, value, word in found}


def changes_known(con: duckdb.DuckDBPyConnection, publication: int) -> list[Change]:
    """Every change of a rule as known at a publication, the latest first. Reads journal.rule and publication."""
    made = ", ".join(map(str, changes_of_rules(con, publication)))
    found = con.sql(
        f"""
        with recorded as (
            from (from journal.rule union all by name select null::varchar as word where false)
            where publication in ({made})
        ),
        ordered as (
            select *, lag({{'value': value, 'word': word}}) over (
                partition by name order by publication, recorded_at
            ) as before
            from recorded
        )
        select name, coalesce(before.word, before.value::varchar), coalesce(word, value::varchar), publication,
            recorded_at, recorded_by, why
        from ordered where publication > 0 order by publication desc, name
        """
    ).fetchall()
    return [Change(n, _typed(n, before), _typed(n, after), *rest) for n, before, after, *rest in found if n in rules()]


def listed(warehouse: Warehouse) -> list[dict[str, Any]]:
    """Every rule as plain values: what it means, as shipped and in force, since which publication, by whom and why."""
    values: dict[str, Value] = {}
    last: dict[str, Change] = {}
    if warehouse.facts.version():
        with warehouse.reading() as reading:
            values = in_force(reading.cursor())
            last = {c.name: c for c in reversed(changes_known(reading.cursor(), reading.publication))}
    found = []
    for rule in rules().values():
        change = last.get(rule.name)
        found.append(
            {
                "name": rule.name,
                "group": rule.group,
                "help": rule.help,
                "range": rule.range(),
                "shipped": rule.shipped,
                "value": values.get(rule.name, rule.shipped),
                "said": rule.said(values.get(rule.name, rule.shipped)),
                "publication": change.publication if change else None,
                "recorded_at": change.recorded_at if change else None,
                "recorded_by": change.recorded_by if change else None,
                "why": change.why if change else "shipped",
            }
        )
    return found


def document() -> str:
    """The rules in Markdown, as docs/rules.md holds them."""
    lines = [
        "# Rules",
        "",
        "What judges projects and programs. `make docs` writes this page from `pipelines/rules.yaml`.",
        "Change them on the Settings page, or with `python -m pipelines rules` ([how](loading.md#rules)).",
    ]
    group = ""
    for rule in rules().values():
        if rule.group != group:
            group = rule.group
            lines += [
                "",
                f"## {group}",
                "",
                "| Rule | Shipped | Range | What it says | Used on |",
                "|---|---|---|---|---|",
            ]
        said = ". ".join([rule.help, *(f"`{word}`: {text}" for word, text in rule.choices.items())])
        used = ", ".join(rule.used_on)
        lines.append(f"| `{rule.name}` | {rule.said(rule.shipped)} | {rule.range()} | {said} | {used} |")
    return "\n".join(lines)


def _typed(name: str, text: str) -> Value:
    return text if rules()[name].choices else float(text)


def checked(changes: Mapping[str, Value | str], standing: Mapping[str, Value]) -> dict[str, Value]:
    """The changes as values, without those that change nothing, once they are found possible beside those that stand.

    UsageError for the first that is not: an unknown rule, a value out of range, red below amber.
    """
    values = {name: _value(name, value) for name, value in changes.items()}
    together = {**standing, **values}
    if pair := crossed(together):
        amber, red = pair
        fix = f"Set {red.name} to {amber.said(together[amber.name])} or more."
        raise UsageError(
            f"{red.name} would be {red.said(together[red.name])}, below {amber.name}, "
            f"{amber.said(together[amber.name])}",
            fix,
        )
    return {name: value for name, value in values.items() if value != standing.get(name)}


def crossed(values: Mapping[str, Value]) -> tuple[Rule, Rule] | None:
    """The first pair of rules of which the second may not be below the first, and is; None where there is none."""
    for rule in rules().values():
        if rule.not_below and float(values[rule.name]) < float(values[rule.not_below]):
            return rules()[rule.not_below], rule
    return None


def _value(name: str, given: Value) -> Value:
    rule = rules().get(name)
    if rule is None:
        raise UsageError(f"there is no rule {name}", SHOW)
    if rule.choices:
        if given not in rule.choices:
            raise UsageError(f"{name} can't be {given}", f"Choose one of: {rule.range()}.")
        return str(given)
    text = str(given).strip()
    percent = rule.unit == "share" and text.endswith("%")
    try:
        value = round(float(text.removesuffix("%")) / (100 if percent else 1), 6)
    except (ValueError, OverflowError):
        raise UsageError(f"{name} is a number, not {text}", f"Give one in its range: {rule.range()}.") from None
    if not rule.least <= value <= rule.most:
        raise UsageError(f"{name} can't be {text}", f"Give one in its range: {rule.range()}.")
    if rule.unit not in ("share", "hours") and value != int(value):
        raise UsageError(f"{name} is a whole number, not {text}", f"Give one in its range: {rule.range()}.")
    return value


def set_rules(
    warehouse: Warehouse,
    changes: Mapping[str, Value],
    why: str,
    *,
    progress: Callable[[str, float], None] | None = None,
) -> int:
    """Set rules anew, for all that is known from now on; the new publication. Earlier publications keep theirs.

    UsageError when a change is not possible (see `checked`), nothing would change, or the reason is missing.
    """
    from pipelines.publications import record  # brings what the server, which imports this module, must not hold

    tell = progress or (lambda words, share: None)
    if not why.strip():
        raise UsageError("a change of rules needs its reason", "Say why: --why TEXT.")
    with warehouse.writing() as draft:
        con, publication = draft.con, draft.version
        new = checked(changes, in_force(con))
        if not new:
            raise UsageError("every rule has this value already; nothing was changed", SHOW)
        tell("Recording the change", 0.1)
        _record(warehouse, publication, changes_of_rules(con, publication), new, why.strip())
        record(con, publication, "rules")
        tell("Judging anew", 0.3)
        warehouse.take_rules(con, publication)
        tell("Publishing", 0.9)
        return publication


def _record(warehouse: Warehouse, publication: int, made: list[int], new: Mapping[str, Value], why: str) -> None:
    when, who = now(), current_person()
    with warehouse.journal.write() as draft:
        draft.con.execute(f"delete from rule where publication not in ({', '.join(map(str, made))})")
        for name, value in new.items():
            row: list[Any] = [name, None, value] if isinstance(value, str) else [name, value, None]
            draft.con.execute(
                f"insert into rule ({RULE_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?)", [*row, publication, when, who, why]
            )
