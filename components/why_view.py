"""Why this colour? What a click on a health mark opens, on every page: rule, inputs, rows, and what would change it."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from analytics import programs, project, reasons, standings, why_one
from analytics.origins import Origin
from analytics.project import Project
from analytics.reading import Basis, Scope, Source
from analytics.rollup import Rollup
from analytics.why import INPUTS, Judgement
from analytics.why_one import One
from components import answers, controls, health, origin_view, project_view, tables
from components.clickable import clickable
from components.controls import View
from components.formats import count, day, money, number, percent
from components.tables import Cell, Column, Mark, Under

WHY = "why:"
SHOWN_COMMENTS = 6
MOST = 8  # rows of a program's projects
FIGURES = (
    Column("Comes from", width="34%"),
    Column("Value", "right"),
    Column("File and row"),
    Column("Loaded", is_quiet=True),
)
WITNESSES = (Column("Comes from", width="52%"), Column("File and row"), Column("Loaded", is_quiet=True))
PROJECTS = (
    Column("Project", width="36%"),
    Column("Health"),
    Column("Budget", "right"),
    Column("Because", is_quiet=True),
)


COLOURS = (
    Column("Health", width="11%"),
    Column("", width="13%"),
    Column("Since", width="15%"),
    Column("Because"),
    Column("What would change it", width="34%", is_quiet=True),
)


def of_project(project_key: str, dimension: str, at: dt.date | None = None) -> str:
    """What a mark of a project opens (Mark.opens), at the review or at an earlier date."""
    return f"{WHY}project:{dimension}{f'@{at}' if at else ''}:{project_key}"


def of_report(
    project_key: str, reports: Sequence[dt.date], place: int, review: dt.date, dimension: str, state: str
) -> str:
    """What the mark of one of a project's reports (their dates, oldest first) opens: the project as it stood at the
    review of that week; where a later report of the week took its place there, that."""
    weeks = [(review - date).days // 7 for date in reports[place : place + 2]]
    if len(weeks) > 1 and weeks[0] == weeks[1]:
        words = f"A later report of the same week, of {day(reports[place + 1])}, took the place of this one"
        return of_words(state, words)
    return of_project(project_key, dimension, review - dt.timedelta(weeks=weeks[0]))


def of_words(state: str, words: str) -> str:
    """What a mark opens whose whole reason is said in words, such as of what would be."""
    return f"{WHY}words:{state}:{words}"


def of_program(program_id: str, basis: Basis) -> str:
    """What a mark of a program opens (Mark.opens)."""
    return f"{WHY}program:{basis}:{program_id}"


def of_portfolio(portfolio: str, basis: Basis) -> str:
    """What a mark of a portfolio opens (Mark.opens)."""
    return f"{WHY}portfolio:{basis}:{portfolio}"


def of_goal(goal_id: str, basis: Basis) -> str:
    """What a mark of a goal opens (Mark.opens)."""
    return f"{WHY}goal:{basis}:{goal_id}"


def of_milestone(project_key: str, milestone_id: str) -> str:
    """What the mark of a milestone opens (tables.explained)."""
    return f"{WHY}milestone:{len(project_key)}:{project_key}{milestone_id}"


def of_risk(project_key: str, risk_id: str) -> str:
    """What the mark of a risk or issue opens (tables.explained)."""
    return f"{WHY}risk:{len(project_key)}:{project_key}{risk_id}"


def one_mark(text: str, colour: str) -> str:
    """The mark of a milestone or a risk as HTML: a state in words, or an exposure, in the look of a colour."""
    return f'<span class="rw-mark rw-{health.health(colour)}">{escape(text)}</span>'


def listing(
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    *,
    key: str,
    picks: Sequence[str] = (),
    links: Sequence[str] = (),
    on_pick: Callable[[str], None] | None = None,
) -> str | None:
    """A table as tables.listing draws it, whose marks explain themselves on a click; other clicks are returned."""

    def take(picked: str) -> None:
        if on_pick and not picked.startswith(WHY):
            on_pick(picked)

    picked = tables.listing(columns, rows, key=key, picks=picks, links=links, on_pick=take)
    return None if opened(picked) else picked


def colours(found: Project) -> None:
    """Each colour of a project with since when, its inputs, and, while it can still change, what would flip it; a click
    on one says the rest."""
    is_open = found.row["is_live"] and any(j.flips for j in found.judgements)
    rows: list[list[Cell]] = []
    for one in found.judgements:
        since = ""
        if len(found.history) and one.state != "unknown":
            since = project_view.since(found.history, one.dimension, one.state).removeprefix("since ")
        rows.append(
            [
                health.DIMENSIONS[one.dimension],
                _mark(one, found),
                since[:1].upper() + since[1:],
                one.because,
                *([one.flips] if is_open else []),
            ]
        )
    listing(COLOURS if is_open else COLOURS[:-1], rows, key="colours")


def comments(found: Project, review: dt.date) -> None:
    """What the reports said in words, the latest first, each with the colour that it gave, which explains itself."""
    rows, key = found.history.to_dict("records"), found.row["project_key"]
    dates = [row["status_date"].date() for row in rows]
    said = [(n, row) for n, row in enumerate(rows) if isinstance(row["comment"], str)][::-1]
    place, count = st.container(), len(said)
    if count <= SHOWN_COMMENTS or not st.toggle(f"All {count:,} comments", key="all-comments"):
        said = said[:SHOWN_COMMENTS]
    items = ""
    for n, row in said:
        opens = of_report(key, dates, n, review, "reported", row["reported"])
        mark = tables.explained(health.mark(row["reported"]), opens)
        items += f"<li><time>{day(dates[n])}</time>{mark}<div>{escape(row['comment'])}</div></li>"
    with place:
        opened(clickable(f'<ol class="rw-comments">{items}</ol>', "comments"))


def _mark(judgement: Judgement, found: Project) -> Mark:
    opens = of_project(found.row["project_key"], judgement.dimension)
    if judgement.dimension != "reported":
        return Mark(judgement.state, is_evidence=True, opens=opens)
    said = health.rating(found.row["reported"], found.row["reported_health"])
    return Mark(judgement.state, found.row["is_stale"], rating=said, opens=opens)


def opened(picked: str | None) -> bool:
    """Whether a click was on a mark; then its reasons are shown."""
    view = controls.current_view()
    if not picked or not picked.startswith(WHY) or view is None:
        return False
    kind, _, rest = picked.removeprefix(WHY).partition(":")
    dimension, _, key = rest.partition(":")
    explain = _KINDS.get(kind, _program)

    # The title is ours alone: streamlit would read a name in it as Markdown.
    @st.dialog("Why this colour?", width="large")
    def show() -> None:
        explain(key, dimension, view)

    show()
    return True


def _head(name: str, about: str, mark: str, title: str) -> None:
    st.html(
        f'<div class="rw-why-head"><p>{escape(name)}<span class="rw-under">{escape(about)}</span></p>'
        f"<h3>{mark} {escape(title)}</h3></div>"
    )


def _project(key: str, of: str, view: View) -> None:
    dimension, _, earlier = of.partition("@")
    at = dt.date.fromisoformat(earlier) if earlier else view.review_date
    found = answers.ask(project.project, at, key)
    if found is None:
        st.text(f"The store does not know this project on {day(at)}.")
        return
    chosen = next(j for j in found.judgements if j.dimension == dimension)
    row, history = found.row, found.history
    is_evidence = dimension != "reported"
    since = project_view.since(history, dimension, chosen.state) if len(history) else ""
    title = f"{health.DIMENSIONS[dimension]}{f', {since}' if since else ''}"
    about = " · ".join(part for part in (row["program_name"], row["portfolio"], f"at {day(at)}") if part)
    _head(row["project_name"], about, health.mark(chosen.state, is_evidence=is_evidence), title)
    _said(chosen, is_live=found.row["is_live"])
    if dimension == "computed":
        parts = [j for j in found.judgements if j.dimension not in ("computed", "reported")]
        tables.listing(
            (
                Column("", width="16%"),
                Column("", width="14%"),
                Column("Because"),
                Column("What would change it", is_quiet=True),
            ),
            [[health.DIMENSIONS[j.dimension], Mark(j.state, is_evidence=True), j.because, j.flips] for j in parts],
        )
        worst = [j for j in parts if j.state == chosen.state] if chosen.state != "green" else []
        for judgement in worst:
            _evidence(judgement, found, health.DIMENSIONS[judgement.dimension])
    else:
        _evidence(chosen, found, "")
    _open("Open the project", controls.project_link(key))


def _words(words: str, state: str, _view: View) -> None:
    st.html(
        f'<div class="rw-why-head"><h3>{health.mark(state)}</h3></div>'
        f'<dl class="rw-why-said"><dt>Because</dt><dd>{escape(words)}</dd></dl>'
    )


def _milestone(key: str, length: str, view: View) -> None:
    _one(why_one.milestone, key[: int(length)], key[int(length) :], view)


def _risk(key: str, length: str, view: View) -> None:
    _one(why_one.risk, key[: int(length)], key[int(length) :], view)


def _one(
    question: Callable[[Source, dt.date, str, str], One | None], project_key: str, one_id: str, view: View
) -> None:
    """One milestone or risk: its inputs, the rule, what would change it, and its row."""
    found = answers.ask(question, view.review_date, project_key, one_id)
    if found is None:
        st.text(f"No export speaks of it by {day(view.review_date)}.")
        return
    about = f"{found.project_name} · at {day(view.review_date)}"
    _head(found.name, about, one_mark(found.mark, found.judgement.state), found.kind)
    _said(found.judgement)
    _witnesses(found.judgement)
    _open("Open the project", controls.project_link(project_key))


def _open(text: str, address: str) -> None:
    st.html(f'<a class="rw-more" href="{escape(address)}" target="_self">{escape(text)}</a>')


def _said(judgement: Judgement, *, is_live: bool = True) -> None:
    """Because of what, by which rule, and what would change it."""
    rows = [("Because", judgement.because), ("Rule", judgement.rule)]
    if judgement.dimension != "reported" and (judgement.state != "unknown" or judgement.flips) and is_live:
        rows.append(("What would change it", judgement.flips or "Nothing that is reported"))
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in rows)
    st.html(f'<dl class="rw-why-said">{items}</dl>')


def _evidence(judgement: Judgement, found: Project, title: str) -> None:
    """The rows of the exports that a colour comes from."""
    if title:
        st.html(f'<p class="rw-why-part">{escape(title)}</p>')
    if judgement.witnesses:
        _witnesses(judgement)
        return
    names = INPUTS.get(judgement.dimension, ())
    facts = [fact for fact in found.facts if fact.name in names]
    if not facts:
        st.text("No export states it.")
        return
    tables.listing(
        FIGURES,
        [
            [
                tables.Tagged(origin_view.FACTS[fact.name], fact.note) if fact.note else origin_view.FACTS[fact.name],
                origin_view.value(fact, found.row["currency"]),
                *_place(fact.origin),
            ]
            for fact in facts
        ],
    )


def _witnesses(judgement: Judgement) -> None:
    tables.listing(WITNESSES, [[one.words, *_place(one.origin)] for one in judgement.witnesses])


def _place(origin: Origin | None) -> list[Cell]:
    if origin is None:
        return ["not known", ""]
    when = f"{day(origin.loaded_at)} {origin.loaded_at:%H:%M} UTC"
    return [
        Under(origin_view.file_of(origin), f"row {number(origin.row)}"),
        Under(when, f"load {origin.load_id}, publication {origin.publication}"),
    ]


def _program(key: str, basis: str, view: View) -> None:
    found = answers.ask(programs.program, view.review_date, Scope(view.portfolio, key))
    if found is None:
        st.text(f"This program has no live project on {day(view.review_date)}.")
        return
    which: Basis = "reported" if basis == "reported" else "computed"
    rollup, course = found.program.rollup(which), found.course(which)
    since = ""
    if course:
        since = f"since {day(course.since)}{' or before' if course.is_from_start else ''}"
    about = " · ".join([*found.program.portfolios, f"at {day(view.review_date)}"])
    mark = health.mark(rollup.state, is_evidence=which == "computed")
    _head(found.program.program_name, about, mark, f"{which.capitalize()}{f', {since}' if since else ''}")
    _said_of_many(rollup, found.program.live, found.flips[which])
    _projects(found.projects.to_dict("records"), which)
    _open("Open the program", controls.program_link(key))


def _said_of_many(rollup: Rollup, live: int, flips: str) -> None:
    """Because of what many projects have their one colour, by which rule, and what would change it."""
    red, amber = rollup.red_and_amber
    evidence = f"{red} red and {amber} amber, by {rollup.by}"
    known = f"{percent(rollup.known)} of {count(live, 'live project')} have a colour"
    said = [("Because", f"{evidence}; {known}"), ("Rule", rollup.rule), ("What would change it", flips)]
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in said if text)
    st.html(f'<dl class="rw-why-said">{items}</dl>')


def _portfolio(key: str, basis: str, view: View) -> None:
    _level("portfolio", key, basis, view)
    if key:
        _open("Its projects", controls.register_link(portfolio=key, program=""))


def _goal(key: str, basis: str, view: View) -> None:
    _level("goal_id", key, basis, view)


def _level(by: standings.Grouping, key: str, basis: str, view: View) -> None:
    """A portfolio or a goal: one colour for many projects, of one or several programs."""
    found = answers.ask(standings.level, view.review_date, answers.scope(view), by, key)
    if found is None:
        st.text(f"No project of it is live on {day(view.review_date)}.")
        return
    which: Basis = "reported" if basis == "reported" else "computed"
    rollup, (began, is_from_start) = found.standing.rollup(which), found.since[which]
    since = f"since {day(began)}{' or before' if is_from_start else ''}"
    word = "portfolio" if by == "portfolio" else "goal"
    mark = health.mark(rollup.state, is_evidence=which == "computed")
    about = f"{word.capitalize()} · at {day(view.review_date)}"
    _head(found.standing.name or f"No {word}", about, mark, f"{which.capitalize()}, {since}")
    _said_of_many(rollup, found.standing.live, found.flips[which])
    _projects(found.projects, which)


def _projects(rows: Sequence[Mapping[Any, Any]], basis: Basis) -> None:
    """The projects that make the colour: those in trouble, else all."""
    bad = [row for row in rows if row[basis] in ("red", "amber")] or list(rows)
    bad.sort(key=lambda row: (programs.TROUBLE.index(row[basis]), -(row["budget"] or 0)))
    cells: list[list[Cell]] = [
        [
            tables.Tagged(row["project_name"], "critical") if row["is_critical"] else row["project_name"],
            Mark(row[basis], is_evidence=basis == "computed"),
            money(row["budget"], row["currency"]),
            row.get("why") or reasons.standing(row),
        ]
        for row in bad[:MOST]
    ]
    tables.listing(PROJECTS, cells, links=[controls.project_link(row["project_key"]) for row in bad[:MOST]])
    if len(bad) > MOST:
        st.html(f'<p class="rw-missing">{escape(count(len(bad) - MOST, "project"))} more.</p>')


_KINDS: dict[str, Callable[[str, str, View], None]] = {
    "project": _project,
    "portfolio": _portfolio,
    "goal": _goal,
    "milestone": _milestone,
    "risk": _risk,
    "words": _words,
}
