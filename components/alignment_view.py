"""How alignment looks: the goals with their share of the money against its target, and who serves what."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from analytics import alignment
from analytics.alignment import LEAST, UNALIGNED, Alignment, Goal
from analytics.portfolio import STATES
from analytics.reading import Basis
from analytics.reasons import shortened
from components import answers, charts, controls, formats, frame, tables, why_view
from components.controls import View
from components.figures import Figure, delta
from components.formats import count, day, money, number, percent
from components.tables import Cell, Column, Drawn, Mark, Under

MOST_COLUMNS = 8  # goals side by side
LEVELS = {"company": "Company goals", "ends": "Goals below them"}
# A share that is this far from its target, in parts of the whole, is worth a word.
NEAR = 0.02
SERVING = (
    Column("Project", width="30%"),
    Column("Serves", width="24%"),
    Column("Part", "right"),
    Column("Money", "right"),
    Column("Reported"),
    Column("Computed"),
)
TREE_NOTE = (
    "Budget of live projects, split over the goals that each serves; the line marks the target. A click opens a goal"
)
MATRIX_NOTE = "How much of each project serves which goal, most budget first; a click opens the project"


def headline(found: Alignment, chosen: str = "", basis: Basis = "computed") -> str:
    """The answer in one sentence: how the chosen goal stands, else the company goal that is furthest from its target,
    and what serves none."""
    if not found.live:
        return "No live project here"
    if not found.total:
        return "No live project here states a budget, so that no money can be laid beside the goals"
    if chosen == UNALIGNED:
        return f"{percent(found.unaligned_share)} of the investment serves no goal"
    if goal := found.goal(chosen):
        against = "" if goal.gap is None else f", {_off(goal)}"
        red = "" if not goal.money else f"; {percent(goal.red_share(basis))} of it sits in {basis} red"
        return f"{shortened(goal.name)} has {percent(goal.share)} of the investment{against}{red}"
    rest = f"{percent(found.unaligned_share)} of the investment serves no goal"
    off = [goal for goal in found.company if goal.gap is not None and abs(goal.gap) >= NEAR]
    if not off:
        if not any(goal.target is not None for goal in found.company):
            return rest
        return f"Every company goal has about the share that it should have; {rest}"
    goal = max(off, key=lambda one: (abs(one.gap or 0), one.id))
    none = f"{percent(found.unaligned_share)} serves no goal"
    return f"{shortened(goal.name)} has {percent(goal.share)} of the investment, {_off(goal)}; {none}"


def _off(goal: Goal) -> str:
    gap = goal.gap or 0
    if abs(gap) < NEAR:
        return "about its target"
    return f"{number(abs(gap) * 100)} points {'more' if gap > 0 else 'less'} than its target"


def coverage(found: Alignment) -> str:
    """How much of the roll-up is known."""
    parts = [
        f"{number(found.budgeted)} of {number(found.live)} live projects with a budget in {found.currency or 'money'}"
    ]
    if found.others:
        parts.append(f"{number(found.others)} in other currencies")
    parts.append(f"{number(found.stated)} with stated contributions")
    return ", ".join(parts)


def figures(found: Alignment, earlier: Alignment | None, basis: Basis) -> list[Figure]:
    """What is invested, what serves a goal, and what asks for a decision."""
    was = earlier.unaligned_share if earlier and earlier.currency == found.currency else None
    moved = None if was is None or found.unaligned_share is None else found.unaligned_share - was
    bare, risky = found.uncovered(), [goal for goal in found.goals if not goal.children and goal.is_at_risk(basis)]
    off = [goal for goal in found.goals if goal.gap is not None and abs(goal.gap) >= NEAR]
    return [
        Figure("Investment", money(found.total, found.currency), f"budget of {count(found.budgeted, 'live project')}"),
        Figure(
            "Serves no goal",
            money(found.unaligned, found.currency),
            f"{percent(found.unaligned_share)}; {number(found.unaligned_projects)} projects wholly, "
            f"{number(found.partly)} in part",
            delta(moved, f"{number((moved or 0) * 100, sign=True, decimals=1)} points", good_when="down"),
            "Money of live projects that no goal is stated for; a click lists them",
            UNALIGNED,
        ),
        Figure(
            "Off target",
            number(len(off)),
            f"of {count(sum(goal.target is not None for goal in found.goals), 'goal')} with a target",
            help=f"Goals whose share is {number(NEAR * 100)} points or more from the target",
        ),
        Figure("Mostly in red", number(len(risky)), _names(risky) or f"no goal, as {basis}"),
        Figure("No live work", number(len(bare)), _names(bare) or "every goal is served"),
    ]


def _names(goals: Sequence[Goal]) -> str:
    names = [shortened(goal.name) for goal in goals[:2]] + ([f"{len(goals) - 2} more"] if len(goals) > 2 else [])
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def currency(found: Alignment) -> None:
    """The choice of the currency, where there are several; the URL holds it."""
    if len(found.currencies) > 1:
        controls.page_choice("money", "Money in", {one: one or "no currency" for one in found.currencies})


def tree_title(found: Alignment) -> str:
    """Which goals have more than they should, and which less."""
    off = sorted((g for g in found.company if g.gap is not None and abs(g.gap) >= NEAR), key=lambda g: -(g.gap or 0))
    more, less = [g for g in off if (g.gap or 0) > 0], [g for g in off if (g.gap or 0) < 0]
    if not any(goal.target is not None for goal in found.company):
        return "No company goal has a target share; the goals export has a column for it"
    if not off:
        return "Every company goal has about its target share"
    parts = [f"more than the target on {_names(more)}"] if more else []
    parts += [f"less {'' if more else 'than the target '}on {_names(less)}"] if less else []
    said = "; ".join(parts)
    return said[:1].upper() + said[1:]


def tree(found: Alignment, earlier: Alignment | None, view: View, chosen: str) -> None:
    """The goals as a tree with share and target, and last what serves none; a click goes to the session's "goal"."""
    basis = view.basis
    columns = (
        Column("Goal", width="25%"),
        Column("Share of the investment", width="25%"),
        Column("Against target", "right", width="11%"),
        Column(f"Since {day(view.compare_date, year=False)}" if view.compare_date else "", "right", width="10%"),
        Column("Projects", "right", width="8%"),
        Column(f"{basis.capitalize()} health, % of money", width="15%"),
        Column("In red", "right", width="6%"),
    )
    widest = max([goal.share or 0 for goal in found.goals] + [goal.target or 0 for goal in found.goals] + [0.01])
    before = {goal.id: goal.share for goal in earlier.goals} if earlier and earlier.currency == found.currency else {}
    rows: list[list[Cell]] = [
        [
            _name(goal.name, goal.depth, goal.owner or "", goal.id == chosen),
            Drawn(_share(goal.share, goal.target, widest)),
            _gap(goal),
            _since(goal.share, before.get(goal.id)),
            number(goal.projects),
            _health(goal.states(basis), basis),
            percent(goal.red_share(basis)),
        ]
        for goal in found.goals
    ]
    picks = [goal.id for goal in found.goals]
    if found.unaligned_projects or found.partly:
        was = earlier.unaligned_share if earlier and earlier.currency == found.currency else None
        share = found.unaligned_share
        rows.append(
            [
                _name("No goal", 0, "not stated, or the part of a project that is left", chosen == UNALIGNED),
                Drawn(_share(share, None, widest)),
                "",
                _since(share, was),
                Under(number(found.unaligned_projects), f"and {number(found.partly)} in part"),
                "",
                "",
            ]
        )
        picks.append(UNALIGNED)
    tables.listing(
        columns,
        rows,
        key="goal-tree",
        picks=picks,
        links=[controls.page_link("alignment", goal=key) for key in picks],
        on_pick=choose,
    )


def choose(goal: str) -> None:
    """Open a goal; before the run begins."""
    st.session_state["goal"] = goal


def _name(name: str, depth: int, owner: str, chosen: bool) -> Drawn:
    here = " rw-goal-here" if chosen else ""
    under = f'<span class="rw-under">{escape(owner)}</span>' if owner else ""
    return Drawn(f'<span class="rw-goal{here}" style="--depth:{depth}">{tables.breakable(name)}{under}</span>')


def _share(share: float | None, target: float | None, widest: float) -> str:
    """A bar of the share with a line at the target, its figures beside it."""
    width = 0 if share is None else 100 * share / widest
    line = "" if target is None else f'<u style="left:{100 * target / widest:.1f}%"></u>'
    text = percent(share) + ("" if target is None else f" of {percent(target)}")
    return (
        f'<div class="rw-share"><div class="rw-share-track"><i style="width:{width:.1f}%"></i>{line}</div>'
        f"<span>{escape(text)}</span></div>"
    )


def _gap(goal: Goal) -> str:
    if goal.gap is None:
        return "no target" if goal.target is None else formats.NONE
    if abs(goal.gap) < NEAR:
        return "on target"
    return f"{number(goal.gap * 100, sign=True)} points"


def _since(share: float | None, before: float | None) -> str:
    if share is None or before is None:
        return ""
    moved = round((share - before) * 100, 1)
    return f"{number(moved, sign=True, decimals=1)} points" if moved else "level"


def _health(states: Mapping[str, float], basis: Basis) -> Cell:
    whole = sum(states.values())
    if not whole:
        return formats.NONE
    return Drawn(charts.bar({state: 100 * states[state] / whole for state in STATES}, is_evidence=basis == "computed"))


def goal_title(key: str, found: Alignment, many: int) -> str:
    """What a goal has, or what serves none."""
    if key == UNALIGNED:
        return (
            f"{count(many, 'project')} with money that serves no goal, {money(found.unaligned, found.currency)} in all"
        )
    goal = found.goal(key)
    assert goal
    if not many:
        return f"No live project serves {shortened(goal.name)}"
    verb = "serves" if many == 1 else "serve"
    return f"{count(many, 'project')} {verb} {shortened(goal.name)}, with {money(goal.money, found.currency)}"


def serving(key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """The projects that serve a goal, or that serve none in part; a click on a row opens it."""
    cells: list[list[Cell]] = [
        [
            Under(row["project_name"], row["program_name"] or "no program"),
            _serves(key, row),
            percent(row["share"]),
            money(row["amount"], row["currency"]),
            Mark(row["reported"], row["is_stale"], opens=why_view.of_project(row["project_key"], "reported")),
            Mark(row["computed"], is_evidence=True, opens=why_view.of_project(row["project_key"], "computed")),
        ]
        for row in rows
    ]
    links = [controls.project_link(row["project_key"]) for row in rows]
    why_view.listing(SERVING, cells, key="serving", links=links)


def _serves(key: str, row: Mapping[str, Any]) -> Cell:
    names = ", ".join(row["goals"])
    if key == UNALIGNED:
        return f"The rest serves {names}" if names else "No goal is stated"
    return Under(names, row["rationale"]) if row["rationale"] else names


def matrix(goals: Sequence[Goal], rows: Sequence[Mapping[str, Any]]) -> None:
    """Projects by goals: the part of each that serves a goal, darker for more."""
    width = f"{62 / (len(goals) + 1):.0f}%"
    columns = [
        Column("Project", width="26%"),
        *(Column(shortened(goal.name), "right", width=width) for goal in goals),
        Column("No goal", "right", width=width),
        Column("Budget", "right"),
    ]
    cells: list[list[Cell]] = [
        [
            row["project_name"],
            *(_part(share) for share in row["shares"]),
            _part(row["rest"]),
            money(row["budget"], row["currency"]),
        ]
        for row in rows
    ]
    tables.listing(columns, cells, key="matrix", links=[controls.project_link(row["project_key"]) for row in rows])


def _part(share: float) -> Cell:
    if share < LEAST:
        return ""
    return Drawn(f'<span class="rw-tint" style="--part:{100 * share:.0f}%">{escape(percent(share))}</span>')


def strip(view: View) -> None:
    """The Overview's card: the company goals with their share against the target; nothing where no goal is known."""
    if not answers.ask(alignment.is_stated):
        return
    found = answers.ask(alignment.alignment, view.review_date, answers.scope(view))
    if not found.total or not found.goals:
        return
    earlier = (
        answers.ask(alignment.alignment, view.compare_date, answers.scope(view), found.currency)
        if view.compare_date
        else None
    )
    with frame.card("alignment", headline(found), "Share of the budget of live projects; the line marks the target"):
        widest = max(
            [goal.share or 0 for goal in found.company] + [goal.target or 0 for goal in found.company] + [0.01]
        )
        before = {goal.id: goal.share for goal in earlier.goals} if earlier else {}
        rows: list[list[Cell]] = [
            [
                goal.name,
                Drawn(_share(goal.share, goal.target, widest)),
                _gap(goal),
                _since(goal.share, before.get(goal.id)),
            ]
            for goal in found.company
        ]
        columns = (
            Column("Goal", width="34%"),
            Column("Share", width="40%"),
            Column("", "right"),
            Column("Since", "right"),
        )
        tables.listing(columns, rows, links=[controls.page_link("alignment", goal=goal.id) for goal in found.company])
        to = escape(controls.page_link("alignment"))
        link = f'<a class="rw-crumb" href="{to}" target="_self">All goals, and what serves none</a>'
        st.html(f'<nav class="rw-crumbs" aria-label="Alignment">{link}</nav>')


def nothing_loaded(view: View) -> None:
    """The page where no goal is known: what to load."""
    frame.header("No goals are loaded yet", [formats.day(view.review_date, weekday=True)])
    with frame.card("nothing"):
        charts.missing(
            "With the goals export, and the goal of each project in the projects export or its contributions in the "
            "alignment export, this shows which goal the money serves, against its target. Templates:"
        )
        frame.templates(["goals", "alignment"])
