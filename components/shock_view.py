"""What if it slips? Choose an open milestone and some weeks, and see what would move; nothing is saved."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from analytics import dependencies, shock
from analytics.reading import Scope
from analytics.reasons import shortened
from analytics.shock import BenefitMove, MilestoneMove, NewlyBroken, Open, ProjectMove, Shock
from components import answers, controls, dependency_view, figures, frame, tables, why_view
from components.controls import View
from components.figures import Figure
from components.formats import NONE, count, day, days, money, number
from components.tables import Cell, Column, Mark, Under

WEEKS = range(1, 27)
USUAL = 4  # weeks, where none are chosen
MOST = 25  # rows of a table
NOTE = "Choose a milestone that is not met yet. Nothing is saved; the address of the page keeps the question"
ASSUMED = (
    "Assumed: what a project has still to do after the milestone moves with it, and so does its finish. A project that "
    "waits moves by what its slack does not hold, as a whole where it has not begun. What is met stays. What comes too "
    "late already adds only the slip. Cost, milestones due and risks stay as they are."
)
_RANK = {"green": 0, "amber": 1, "red": 2}


def what_if(view: View, project_key: str | None = None) -> None:
    """The card, for the milestones of one project, or of the view's scope; it draws itself whole and follows clicks."""
    scope = Scope() if project_key else answers.scope(view)
    offered = answers.ask(shock.open_milestones, view.review_date, scope, project_key)
    links = answers.ask(dependencies.dependencies, view.review_date, scope, project_key)
    waiting = Counter(f"{one.giver}:{one.giver_milestone_id}" for one in links if one.state in ("broken", "open"))
    with frame.card("shock"):
        if not offered:
            frame.card_head("What if it slips?", "No milestone that is not met yet is stated")
            return
        head = st.container()
        chosen, weeks = _ask(offered, waiting)
        found = None
        if chosen:
            found = answers.ask(shock.shock, view.review_date, chosen.project_key, chosen.milestone_id, weeks)
        with head:
            frame.card_head(said(found, chosen, weeks) if chosen and found else "What if it slips?", NOTE)
        if found:
            _show(found, view)
            st.html(f'<div class="rw-said rw-quiet"><p>{ASSUMED}</p></div>')


def _ask(offered: Sequence[Open], waiting: Mapping[str, int]) -> tuple[Open | None, int]:
    """Which milestone, those that most wait for first, and by how many weeks; the URL holds both."""
    by_place = {f"{one.project_key}:{one.milestone_id}": one for one in offered}
    is_one = len({one.project_key for one in offered}) == 1
    names = {
        place: f"{'' if is_one else f'{one.project_name}: '}{_named(one)}{_waits(waiting, place)}"
        for place, one in sorted(by_place.items(), key=lambda item: -waiting.get(item[0], 0))
    }
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        place = controls.page_choice("slip", "Milestone", {"": "Choose a milestone", **names})
    with right:
        weeks = st.slider("Slips by, in weeks", WEEKS[0], WEEKS[-1], USUAL, key="weeks", bind="query-params")
    return by_place.get(place), int(weeks)


def _named(one: Open) -> str:
    return f"{one.milestone_name}, {day(one.comes)}"


def _waits(waiting: Mapping[str, int], place: str) -> str:
    others = waiting.get(place, 0)
    return f" ({number(others)} {'waits' if others == 1 else 'wait'} for it)" if others else ""


def said(found: Shock, chosen: Open, weeks: int) -> str:
    """What moves, in one sentence."""
    what = f"If {shortened(chosen.milestone_name)} came {count(weeks, 'week')} later"
    others = [move for move in found.projects if move.project_key != chosen.project_key]
    own = len(others) < len(found.projects)
    parts = []
    if others:
        parts.append(f"{count(len(others), 'other project')} would finish later, by up to {days(others[0].days)}")
    elif own:
        parts.append("only its own project would finish later")
    else:
        parts.append("no project would finish later")
    if worse := sum(_RANK.get(move.becomes, 0) > _RANK.get(move.was, 0) for move in found.projects):
        parts.append(f"{number(worse)} would turn worse")
    if found.newly_broken:
        more = "dependency" if len(found.newly_broken) == 1 else "dependencies"
        parts.append(f"{number(len(found.newly_broken))} more {more} would come too late")
    if value := _values(found.benefits):
        parts.append(f"{value[0]} of benefits would come later")
    return f"{what}, {'; '.join(parts)}"


def _values(benefits: Sequence[BenefitMove]) -> list[str]:
    """What is still to come of benefits, by unit; money first."""
    sums: dict[str, float] = {}
    for move in benefits:
        if move.to_come is not None and not move.is_rate:
            sums[move.unit or ""] = sums.get(move.unit or "", 0) + move.to_come
    return [_value(amount, unit) for unit, amount in sorted(sums.items(), key=lambda one: (not _is_money(one[0]), one))]


def _is_money(unit: str) -> bool:
    return len(unit) == 3 and unit.isascii() and unit.isupper()


def _value(amount: float | None, unit: str | None) -> str:
    if amount is None or _is_money(unit or ""):
        return money(amount, unit)
    return f"{number(amount)} {unit or ''}".strip()


def _show(found: Shock, view: View) -> None:
    figures.figures(_figures(found))
    if found.has_cycle:
        st.text("Some of these projects wait for each other in a circle: each is moved once, by the longest way.")
    parts: dict[str, Callable[[], None]] = {
        f"Projects ({len(found.projects)})": lambda: _projects(found.projects),
        f"Newly too late ({len(found.newly_broken)})": lambda: _broken(found.newly_broken, view),
        f"Programs ({len(found.programs)})": lambda: _programs(found),
        f"Benefits ({len(found.benefits)})": lambda: _benefits(found.benefits),
        f"Goals ({len(found.goals)})": lambda: _goals(found),
        f"Milestones ({len(found.milestones)})": lambda: _milestones(found.milestones),
    }
    for tab, draw in zip(st.tabs(list(parts)), parts.values(), strict=True):
        with tab:
            draw()


def _figures(found: Shock) -> list[Figure]:
    worse = sum(_RANK.get(move.becomes, 0) > _RANK.get(move.was, 0) for move in found.projects)
    reds = sum(move.becomes == "red" != move.was for move in found.projects)
    latest = max((move.days for move in found.projects), default=None)
    late = max((one.late for one in found.newly_broken), default=None)
    later = [move for move in found.programs if move.days > 0]
    values = _values(found.benefits)
    return [
        Figure("Projects later", number(len(found.projects)), f"by up to {days(latest)}" if latest else "none moves"),
        Figure("Turn worse", number(worse), f"{number(reds)} of them red" if worse else "by computed health"),
        Figure("Newly too late", number(len(found.newly_broken)), f"by up to {days(late)}" if late else "dependencies"),
        Figure("Programs later", number(len(later)), f"by up to {days(max(m.days for m in later))}" if later else ""),
        Figure(
            "Benefits later",
            values[0] if values else number(len(found.benefits)),
            ", ".join(values[1:]) or ("still to come" if found.benefits else "none is to come"),
        ),
    ]


_PROJECTS = (
    Column("Project", width="30%"),
    Column("Finish now", "right"),
    Column("Then", "right"),
    Column("Later by", "right"),
    Column("Computed now"),
    Column("Then"),
    Column("Budget", "right"),
)


def _projects(moves: Sequence[ProjectMove]) -> None:
    rows: list[list[Cell]] = [
        [
            Under(move.project_name, f"waits for: {move.through.name}") if move.through else move.project_name,
            day(move.before),
            day(move.after),
            days(move.days),
            Mark(move.was, is_evidence=True, opens=why_view.of_project(move.project_key, "computed")),
            _then(move.was, move.becomes, f"With a finish on {day(move.after)}; all else as it is"),
            money(move.budget, move.currency),
        ]
        for move in moves[:MOST]
    ]
    if not rows:
        st.text("No project would finish later.")
        return
    keys = [move.project_key for move in moves[:MOST]]
    links = [controls.project_link(key) for key in keys]
    if opened := why_view.listing(_PROJECTS, rows, key="shock-projects", picks=keys, links=links):
        controls.open_project(opened)
    _more(len(moves), "project")


def _then(was: str, becomes: str, words: str) -> Cell:
    if was == becomes:
        return "the same"
    return Mark(becomes, is_evidence=True, why=words, opens=why_view.of_words(becomes, words))


def _more(whole: int, what: str) -> None:
    if whole > MOST:
        st.html(f'<p class="rw-missing">{count(whole - MOST, what)} more.</p>')


def _broken(found: Sequence[NewlyBroken], view: View) -> None:
    columns = (
        Column("What is needed", width="26%"),
        Column("From", width="24%"),
        Column("To", width="24%"),
        Column("Needed by", "right"),
        Column("Too late by", "right"),
        Column("Waits for it", "right"),
    )
    if not found:
        st.text("Every dependency that holds would still hold.")
        return
    rows: list[list[Cell]] = [
        [
            Under(one.link.name, one.link.owner or "no owner stated"),
            dependency_view.end(one.link, view.program, is_giver=True),
            dependency_view.end(one.link, view.program, is_giver=False),
            day(one.link.needed),
            days(one.late),
            money(one.link.at_stake, one.link.currency),
        ]
        for one in found[:MOST]
    ]
    if opened := tables.listing(columns, rows, key="shock-broken"):
        controls.open_project(opened)
    _more(len(found), "one")


def _programs(found: Shock) -> None:
    columns = (
        Column("Program", width="34%"),
        Column("Last finish now", "right"),
        Column("Then", "right"),
        Column("Later by", "right"),
        Column("Computed now"),
        Column("Then"),
    )
    if not found.programs:
        st.text("No project of a program would finish later.")
        return
    moves = found.programs[:MOST]
    rows: list[list[Cell]] = [
        [
            move.program_name,
            day(move.before),
            day(move.after),
            days(move.days) if move.days else "the same",
            Mark(move.was, is_evidence=True, opens=why_view.of_program(move.program_id, "computed")),
            _then(move.was, move.becomes, "The roll-up of its projects with their later finishes"),
        ]
        for move in moves
    ]
    links = [controls.program_link(move.program_id) for move in moves]
    why_view.listing(columns, rows, key="shock-programs", links=links)
    _more(len(found.programs), "program")


def _benefits(moves: Sequence[BenefitMove]) -> None:
    columns = (
        Column("Benefit", width="38%"),
        Column("Owner"),
        Column("Still to come", "right"),
        Column("Later by", "right"),
    )
    if not moves:
        st.text("No benefit of the projects that would move is still to come.")
        return
    rows: list[list[Cell]] = [
        [
            Under(move.benefit_name or move.benefit_id, "of the program as a whole" if move.program_id else ""),
            move.owner or "no owner stated",
            _value(move.to_come, move.unit),
            days(move.days),
        ]
        for move in moves[:MOST]
    ]
    tables.listing(columns, rows)
    _more(len(moves), "benefit")


def _goals(found: Shock) -> None:
    columns = (
        Column("Goal", width="44%"),
        Column("Projects later", "right"),
        Column("By up to", "right"),
        Column("Their budget", "right"),
    )
    if not found.goals:
        st.text("None of the projects that would move serves a goal.")
        return
    rows: list[list[Cell]] = [
        [
            move.goal_name,
            number(move.projects),
            days(move.days),
            " + ".join(money(amount, currency) for currency, amount in move.budgets) or NONE,
        ]
        for move in found.goals[:MOST]
    ]
    tables.listing(columns, rows)
    _more(len(found.goals), "goal")


def _milestones(moves: Sequence[MilestoneMove]) -> None:
    columns = (
        Column("Milestone", width="34%"),
        Column("Project", width="30%"),
        Column("Now", "right"),
        Column("Then", "right"),
        Column("Later by", "right"),
    )
    rows: list[list[Cell]] = [
        [move.milestone_name, move.project_name, day(move.before), day(move.after), days(move.days)]
        for move in moves[:MOST]
    ]
    keys = [move.project_key for move in moves[:MOST]]
    if opened := tables.listing(
        columns, rows, key="shock-milestones", picks=keys, links=[controls.project_link(key) for key in keys]
    ):
        controls.open_project(opened)
    _more(len(moves), "milestone")
