"""The Settings page's parts: rules to edit, what other values would do, how the rules came to be, the name."""

from collections import Counter
from collections.abc import Iterable, Mapping
from html import escape

import streamlit as st

from analytics.rules import Effect, Move, ProjectMove, Standing
from components import health, tables, why_view
from components.formats import count, day, money, number
from components.tables import Column, Mark
from pipelines.rules import WEEKDAYS, Change, Rule, Value, crossed, rules

SHOWN_PROGRAMS = 6
SHOWN_PROJECTS = 6
SHOWN_CHANGES = 30
_EDITED = "edited-rules"


def groups() -> dict[str, list[Rule]]:
    """The rules by group, in their order."""
    found: dict[str, list[Rule]] = {}
    for rule in rules().values():
        found.setdefault(rule.group, []).append(rule)
    return found


def full_title(rule: Rule) -> str:
    """A rule's title that can stand alone: "Schedule: amber from"."""
    return f"{rule.group}: {rule.title[0].lower()}{rule.title[1:]}"


def headline(standing: Standing) -> str:
    """The page's one sentence: how many rules differ from the shipped ones, and the last change."""
    every = rules()
    changed = [name for name, value in standing.values.items() if name in every and value != every[name].shipped]
    if not changed:
        return f"All {len(every)} rules are as shipped"
    are = "is" if len(changed) == 1 else "are"
    when = day(standing.changes[0].recorded_at)
    return f"{len(changed)} of {len(every)} rules {are} not as shipped; the last change was on {when}"


def notice(text: str) -> None:
    """What came of a change, in one line."""
    st.html(f'<div class="rw-notice" role="status">{escape(text)}</div>')


def remark(text: str) -> None:
    """A quiet line."""
    st.html(f'<div class="rw-rule"><p class="rw-rule-since">{escape(text)}</p></div>')


def edit(rule: Rule, standing: Standing, place: str) -> Value:
    """One rule: its input, its meaning, since when it holds; the value that stands in the input."""
    now, key = standing.values[rule.name], f"rule-{rule.name}-{place}"
    st.session_state.setdefault(key, _shown(rule, now))
    with st.container(key=f"rule-{rule.name}", gap="xsmall"):
        if rule.choices:
            _about(rule, standing, key)
            return str(
                st.radio(
                    full_title(rule),
                    list(rule.choices),
                    key=key,
                    format_func=rule.said,
                    captions=[rule.meaning(word) for word in rule.choices],
                    label_visibility="collapsed",
                )
            )
        text, field = st.columns([9, 4], vertical_alignment="center")
        with text:
            _about(rule, standing, key)
        with field:
            return _number(rule, key)


def _number(rule: Rule, key: str) -> float:
    if rule.unit == "weekday":
        chosen = st.selectbox(full_title(rule), WEEKDAYS, key=key, label_visibility="collapsed")
        return float(WEEKDAYS.index(chosen) + 1)
    scale = 100 if rule.unit == "share" else 1
    given = st.number_input(
        full_title(rule) + _unit(rule),
        min_value=float(rule.least * scale),
        max_value=float(rule.most * scale),
        step=0.25 if rule.unit == "hours" else 1.0,
        format="%g",
        key=key,
        label_visibility="collapsed",
    )
    return round(given / scale, 6)


def _unit(rule: Rule) -> str:
    return {"share": ", %", "days": ", days", "hours": ", hours"}.get(rule.unit, "")


def _shown(rule: Rule, value: Value) -> Value:
    """A value as its input holds it."""
    if rule.unit == "weekday":
        return WEEKDAYS[int(value) - 1]
    return round(float(value) * 100, 4) if rule.unit == "share" else value


def _about(rule: Rule, standing: Standing, key: str) -> None:
    change, now = standing.last(rule.name), standing.values[rule.name]
    since = f"As shipped: {rule.said(now)}"
    if change:
        since = (
            f"{rule.said(now)} since {day(change.recorded_at)} by {change.recorded_by}, "
            f"publication {change.publication}; shipped: {rule.said(rule.shipped)}"
        )
    title = f"<p><b>{escape(rule.title)}{_unit(rule)}</b></p><p>{escape(rule.help)}</p>"
    st.html(f'<div class="rw-rule">{title}<p class="rw-rule-since">{escape(since)}</p></div>')
    if now != rule.shipped:
        shipped = _shown(rule, rule.shipped)
        words = f"Restore {rule.said(rule.shipped)}"
        st.button(words, key=f"restore-{rule.name}", type="tertiary", on_click=_put, args=({key: shipped},))


def _put(values: Mapping[str, Value]) -> None:
    st.session_state.update(values)


def remember(standing: Standing, edits: Mapping[str, Value]) -> None:
    """Keep what was edited, and what it was edited on."""
    st.session_state[_EDITED] = standing.mark, dict(edits)


def carry(standing: Standing) -> bool:
    """Let edits stand beside rules that were changed since they were made; whether there are such."""
    mark, edits = st.session_state.get(_EDITED, (standing.mark, {}))
    left = {name: value for name, value in edits.items() if value != standing.values[name]}
    if mark == standing.mark or not left:
        return False
    _put({f"rule-{name}-{standing.mark}": _shown(rules()[name], value) for name, value in left.items()})
    return True


def put_back(standing: Standing, names: Iterable[str], place: str) -> None:
    """Let the inputs of these rules hold again what is in force."""
    _put({f"rule-{name}-{place}": _shown(rules()[name], standing.values[name]) for name in names})


def effect_title(effect: Effect) -> str:
    """What would change, in one sentence."""
    computed = [move for move in effect.programs if move.basis == "computed"]
    programs = len(computed or effect.programs)
    if not effect.projects and not programs:
        return "No live project and no program would change colour"
    projects = f"{number(effect.projects)} of {number(effect.live)} live projects" if effect.projects else ""
    many = f"{number(programs)} {'program' if programs == 1 else 'programs'}" if programs else ""
    return f"{' and '.join(part for part in (projects, many) if part)} would change colour"


def show_effect(effect: Effect) -> None:
    """The moves from colour to colour, with their budget; then stale reports and review dates."""
    if effect.moves:
        why_view.listing(
            [Column("From"), Column("To"), Column("Projects", "right"), Column("Budget", "right")],
            [_move(move) for move in effect.moves],
            key="effect-moves",
        )
    facts = []
    if effect.red[0] != effect.red[1]:
        facts.append(f"Computed red projects: {number(effect.red[0])} now, {number(effect.red[1])} then")
    if effect.stale[0] != effect.stale[1]:
        facts.append(f"Stale reports: {number(effect.stale[0])} now, {number(effect.stale[1])} then")
    if effect.day[0] != effect.day[1]:
        facts.append(
            f"Every review date moves: the latest from {day(effect.day[0], weekday=True)} "
            f"to {day(effect.day[1], weekday=True)}"
        )
    if facts:
        lines = "".join(f"<p>{escape(fact)}</p>" for fact in facts)
        st.html(f'<div class="rw-rule">{lines}</div>')


def show_projects(effect: Effect) -> None:
    """The projects that would change their computed colour, by name: those that turn red first, most budget first."""
    if effect.named:
        rows: list[list[tables.Cell]] = [
            [tables.Under(one.project_name, _turned(one)), *_from_to(one.before, one.after, _turned(one))]
            for one in effect.named[:SHOWN_PROJECTS]
        ]
        why_view.listing([Column("Project", width="50%"), Column("From"), Column("To")], rows, key="effect-projects")
    if len(effect.named) > SHOWN_PROJECTS:
        remark(f"and {number(len(effect.named) - SHOWN_PROJECTS)} more")


def _turned(move: ProjectMove) -> str:
    """The evidence that would turn: "milestones green to red"."""
    return ", ".join(f"{name} {before} to {after}" for name, before, after in move.because)


def show_programs(effect: Effect) -> None:
    """The programs that would change their computed colour, those that turn red first; of the reported a count."""
    worst = ["red", "amber", "unknown", "green"]
    computed = [move for move in effect.programs if move.basis == "computed"]
    computed.sort(key=lambda move: worst.index(move.after))
    if computed:
        words = "the roll-up of its projects"
        why_view.listing(
            [Column("Program", width="50%"), Column("From"), Column("To")],
            [[move.program_name, *_from_to(move.before, move.after, words)] for move in computed[:SHOWN_PROGRAMS]],
            key="effect-programs",
        )
    if len(computed) > SHOWN_PROGRAMS:
        remark(f"and {number(len(computed) - SHOWN_PROGRAMS)} more")
    turned = Counter(move.after for move in effect.programs if move.basis == "reported")
    if turned:
        counts = [f"{number(turned[state])} {health.word(state).lower()}" for state in worst if turned[state]]
        remark(f"As reported, {number(sum(turned.values()))} would turn: {', '.join(counts)}")


def _move(move: Move) -> list[tables.Cell]:
    budget = ", ".join(money(amount, currency) for currency, amount in move.budgets) or "n/a"
    words = f"computed for {count(move.projects, 'project')}, listed below with what turns"
    return [*_from_to(move.before, move.after, words), number(move.projects), budget]


def _from_to(before: str, after: str, words: str) -> list[tables.Cell]:
    """A colour by the rules in force, and by the values entered; `words` are what makes it so."""
    return [
        Mark(health.health(state), is_evidence=True, opens=why_view.of_words(health.health(state), f"{by}: {words}"))
        for state, by in ((before, "By the rules in force"), (after, "By the values entered"))
    ]


def show_edits(standing: Standing, edits: Mapping[str, Value]) -> None:
    """The values that would be saved, each beside the one in force."""
    lines = [
        f"{full_title(rules()[name])} <b>{escape(rules()[name].said(value))}</b>, "
        f"now {escape(rules()[name].said(standing.values[name]))}"
        for name, value in edits.items()
    ]
    st.html(f'<div class="rw-rule rw-edits">{"".join(f"<p>{line}</p>" for line in lines)}</div>')


def contradiction(values: Mapping[str, Value]) -> str:
    """Which of these values can't stand together, and what to do; "" where all can."""
    pair = crossed(values)
    if pair is None:
        return ""
    amber, red = pair
    low, high = amber.said(values[amber.name]), red.said(values[red.name])
    return f"{red.group} would be red from {high} but amber from {low}. Raise the first or lower the second."


def show_changes(changes: tuple[Change, ...]) -> None:
    """Who changed which rule when, from what to what, and why; the latest first."""
    tables.listing(
        [
            Column("Rule", width="17%"),
            Column("From", width="11%"),
            Column("To", width="11%"),
            Column("When", width="13%", is_quiet=True),
            Column("By", width="13%", is_quiet=True),
            Column("Publication", "right", is_quiet=True),
            Column("Why"),
        ],
        [_change(change) for change in changes[:SHOWN_CHANGES]],
    )
    if len(changes) > SHOWN_CHANGES:
        st.text(
            f"The latest {SHOWN_CHANGES} of {len(changes):,} changes; python -m pipelines rules --json has what holds."
        )


def _change(change: Change) -> list[tables.Cell]:
    rule = rules()[change.name]
    when = f"{day(change.recorded_at)}, {change.recorded_at:%H:%M}"
    who, number_of = change.recorded_by, str(change.publication)
    return [full_title(rule), rule.said(change.before), rule.said(change.after), when, who, number_of, change.why]
