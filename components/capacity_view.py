"""How capacity against demand looks: the sentence, the heat map, who asks for a cell, gaps by skill, who goes short."""

import datetime as dt
from collections.abc import Sequence
from html import escape
from urllib.parse import quote, unquote

import pandas as pd
import streamlit as st

from analytics import capacity
from analytics.capacity import LEAST, Asking, Heat, Later, Plan, Row
from analytics.whatif import Totals, totals
from components import answers, controls, formats, frame
from components.clickable import clickable
from components.controls import View
from components.figures import Figure
from components.formats import count, day, number, percent
from components.tables import Cell, Column, Drawn, Tagged, Under, listing

MOST = 12  # rows of a table
HORIZONS = {"12": "12 months", "3": "3 months", "6": "6 months", "18": "18 months", "24": "24 months"}
SHOWN = {"": "Committed", "requested": "Committed and requested"}
LEVELS: dict[str, str] = {"team": "Teams", "pool": "Teams and skills", "skill": "Skills"}
NEXT = 3  # months that "next" speaks of
_BANDS = {
    "overloaded": ("rw-heat-over", "■", "overloaded: more is asked for than there is"),
    "hidden": ("rw-heat-hidden", "▲", "one of its skills is overloaded, though the team as a whole is not"),
    "healthy": ("rw-heat-full", "●", "healthy: 80 to 100 % is asked for"),
    "slack": ("rw-heat-slack", "○", "slack: less than 80 % is asked for"),
    "unknown": ("rw-heat-none", "", "no capacity is stated"),
}
KEY_NOTE = "In percent of capacity; a click on a cell lists who asks for its people"


def month_name(month: dt.date) -> str:
    """A month as people write it: "Mar 2027"."""
    return f"{month:%b %Y}"


def skill_name(pool: str) -> str:
    """A skill as it is shown: "any" is what a file without skills says."""
    return "Any skill" if pool == "any" else pool


def where(team: str, pool: str) -> str:
    """A team and its skill in words, without what says nothing."""
    return ", ".join(part for part in (team, "" if team and pool == "any" else skill_name(pool)) if part)


def fte(value: float | None, *, sign: bool = False) -> str:
    """People, with one decimal."""
    return formats.NONE if value is None or value != value else f"{number(value, sign=sign, decimals=1)} FTE"


def fte_months(value: float) -> str:
    """People times months."""
    return f"{number(value, decimals=1)} FTE-months"


def headline(found: Plan, rows: Sequence[Row], months: int, sums: Totals) -> str:
    """Where people lack most, how often, and for how many projects."""
    if not rows:
        return "No project of this scope asks for people"
    over = [(cell.over, row, cell) for row in rows for cell in row.cells if cell.over > LEAST]
    if not any(cell.capacity for row in rows for cell in row.cells):
        return "What is asked for is known, and no capacity is stated for it"
    if not over:
        return f"No team is overloaded by committed work in the next {months} months"
    most, row, cell = max(over, key=lambda one: (one[0], -one[2].month.toordinal()))
    said = f"{where(row.team, row.pool)} lacks {fte(most)} in {month_name(cell.month)}"
    if len(over) > 1:
        said += f", the most of {number(len(over))} overloaded team-months in the next {months}"
    if sums.short:
        said += f"; {count(sums.short, 'committed project')} {'goes' if sums.short == 1 else 'go'} short"
    return said


def coverage(found: Plan, months: int) -> str:
    """How much of what is asked for has a stated capacity: "capacity is stated for 96 % of the demand"."""
    rows = found.needs[found.needs["month"] < months]
    asked = float(rows["fte"].sum())
    if asked <= LEAST:
        return "nothing is asked for"
    lacking = float(capacity.without_capacity(found, months)["fte"].sum())
    return f"capacity is stated for {percent(1 - lacking / asked)} of the demand"


def figures(found: Plan, rows: Sequence[Row], months: int, sums: Totals) -> list[Figure]:
    """Overloaded team-months, what lacks soon, use in the next months, projects that go short, unknown teams."""
    over = sum(cell.over > LEAST for row in rows for cell in row.cells)
    stated = sum(cell.capacity is not None for row in rows for cell in row.cells)
    soon = [cell for row in rows for cell in row.cells[1 : NEXT + 1]]
    there = sum(cell.capacity or 0 for cell in soon)
    asked = sum(cell.committed for cell in soon)
    near = sum(cell.over for cell in soon)
    lacking = capacity.without_capacity(found, months)
    first = found.months[1] if len(found.months) > 1 else found.months[0]
    next_months = f"{month_name(first)} to {month_name(capacity.month_after(first, NEXT - 1))}"
    return [
        Figure("Overloaded team-months", number(over), f"of {number(stated)} in {months} months"),
        Figure("Lacking in the next 3 months", number(near, decimals=1), "FTE-months", help=next_months),
        Figure(
            "Used in the next 3 months",
            percent(asked / there if there else None),
            "of capacity, by committed work",
            help=next_months,
        ),
        Figure("Committed projects short", number(sums.short), f"of {fte_months(sums.unmet)} in {months} months"),
        Figure(
            "Asked of nobody",
            number(float(lacking["fte"].sum()), decimals=1),
            f"FTE-months, {count(len(lacking), 'skill')} without capacity" if len(lacking) else "all teams are known",
        ),
    ]


def _band(cell: Heat, *, requested: bool) -> str:
    if cell.capacity is None:
        return "unknown"
    band = capacity.band(cell.load(requested=requested), cell.capacity)
    return "hidden" if cell.over > LEAST and band != "overloaded" else band


def heat_map(rows: Sequence[Row], key: str, *, requested: bool = False, chosen: str = "", picks: bool = True) -> None:
    """Teams by month: the use in percent and the band in every cell; a click asks who wants the people of the cell.

    What is clicked goes to the session's "cell", as `cell_name` writes it; `chosen` is the one that is shown.
    """
    months = [cell.month for cell in rows[0].cells] if rows else []
    years = "".join(
        f"<th{' class=rw-heat-year' if month.month == 1 or at == 0 else ''}>{month:%b}<span>{month:%Y}</span></th>"
        for at, month in enumerate(months)
    )
    body = "".join(_heat_row(row, requested, chosen, picks) for row in rows)
    html = (
        f'<div class="rw-heat"><table><thead><tr><th></th>{years}</tr></thead><tbody>{body}</tbody></table></div>'
        f"{_legend(rows, requested)}"
    )
    if picks:
        clickable(html, key, lambda cell: st.session_state.__setitem__("cell", cell))
    else:
        st.html(html)


def _heat_row(row: Row, requested: bool, chosen: str, picks: bool) -> str:
    name = escape(row.team or skill_name(row.pool))
    under = f'<span class="rw-under">{escape(skill_name(row.pool))}</span>' if row.team and row.pool else ""
    cells = "".join(_heat_cell(row, cell, requested, chosen, picks) for cell in row.cells)
    return f'<tr><th scope="row">{name}{under}</th>{cells}</tr>'


def _heat_cell(row: Row, cell: Heat, requested: bool, chosen: str, picks: bool) -> str:
    band = _band(cell, requested=requested)
    style, shape, meaning = _BANDS[band]
    use = cell.utilisation(requested=requested)
    nothing = "0 FTE" if cell.capacity == 0 else "n/a" if cell.lacking else ""
    text = nothing if use is None else percent(use, limits=(capacity.SLACK, capacity.FULL))
    there = fte(cell.capacity) if cell.capacity is not None else "no capacity stated"
    asked = f"committed {fte(cell.committed)}, requested {fte(cell.requested)}"
    tip = f"{where(row.team, row.pool)}, {month_name(cell.month)}: {there}; {asked}"
    if cell.over > LEAST:
        tip += f"; lacks {fte(cell.over)}"
    if cell.lacking > LEAST:
        tip += f"; {fte(cell.lacking)} asked for where no capacity is stated"
    tip += f" ({meaning})"
    name = cell_name(row.team, row.pool, cell.month)
    mark = f'<i aria-hidden="true">{shape}</i>' if shape else ""
    inside = f"{mark}{escape(text)}"
    here = " rw-heat-chosen" if name == chosen else ""
    if not picks or not (text or shape):
        return f'<td class="{style}{here}" title="{escape(tip)}">{inside}</td>'
    return (
        f'<td class="{style}{here}"><button type="button" data-pick="{escape(name)}" title="{escape(tip)}" '
        f'aria-label="{escape(f"{text}, {tip}")}">{inside}</button></td>'
    )


def _legend(rows: Sequence[Row], requested: bool) -> str:
    there = {_band(cell, requested=requested) for row in rows for cell in row.cells}
    parts = [
        f'<span class="{style}"><i aria-hidden="true">{shape}</i></span> {escape(meaning)}'
        for band, (style, shape, meaning) in _BANDS.items()
        if band in there and shape
    ]
    return f'<p class="rw-heat-legend">{" ".join(f"<span>{part}</span>" for part in parts)}</p>'


def cell_name(team: str, pool: str, month: dt.date) -> str:
    """A cell as the address holds it."""
    return f"{month:%Y-%m}~{quote(team, safe='')}~{quote(pool, safe='')}"


def cell_of(text: str, found: Plan) -> tuple[str, str, dt.date] | None:
    """The team, skill and month that a text of the address means; None where the plan has no such cell."""
    month, _, rest = text.partition("~")
    team, _, pool = rest.partition("~")
    wanted = (unquote(team), unquote(pool))
    months = {f"{one:%Y-%m}": one for one in found.months}
    known = found.pools
    fits = (known["team"].eq(wanted[0]) | (wanted[0] == "")) & (known["pool"].eq(wanted[1]) | (wanted[1] == ""))
    return (*wanted, months[month]) if month in months and bool(fits.any()) and any(wanted) else None


_ASKING = (
    Column("Order", "right", width="4rem"),
    Column("Project", width="34%"),
    Column("Asks for"),
    Column("Needs", "right"),
    Column("Gets", "right"),
    Column("Lacks", "right"),
    Column("Finish would slip to", "right"),
)


def asking_title(asked: Sequence[Asking], team: str, pool: str, month: dt.date) -> str:
    """Who goes short in a cell, in one sentence."""
    place = f"{where(team, pool)} in {month_name(month)}"
    lacking = [one for one in asked if one.unmet and one.unmet > LEAST]
    if not asked:
        return f"Nobody asks for {place}"
    if all(one.unmet is None for one in asked):
        return f"{count(len(asked), 'project')} ask for {place}, where no capacity is stated"
    if not lacking:
        return f"Everybody who asks for {place} gets the people"
    who = f"{lacking[0].project_name}" if len(lacking) == 1 else count(len(lacking), "project")
    lacks = sum(one.unmet or 0 for one in lacking)
    return f"{who} {'goes' if len(lacking) == 1 else 'go'} short of {fte(lacks)} of {place}"


def asking(asked: Sequence[Asking], slips: dict[str, dt.date]) -> None:
    """The projects that ask for a cell, those served first on top; each opens its page."""
    if not asked:
        return
    rows: list[list[Cell]] = [
        [
            number(at),
            Under(
                Tagged(one.project_name, "critical") if one.is_critical else one.project_name,
                ", ".join(filter(None, (one.program_name, _priority(one.priority), one.stage))),
            ),
            f"{'Committed' if one.is_committed else 'Requested'}, {skill_name(one.pool)}",
            fte(one.needs),
            fte(None if one.unmet is None else one.needs - one.unmet),
            _lacks(one.unmet),
            _slip(one, slips),
        ]
        for at, one in enumerate(asked, 1)
    ]
    keys = [one.project_key for one in asked]
    if opened := listing(_ASKING, rows, key="asking", picks=keys, links=[controls.project_link(key) for key in keys]):
        controls.open_project(opened)


def _priority(priority: float | None) -> str:
    return "" if priority is None else f"priority {priority:g}"


def _lacks(unmet: float | None) -> Cell:
    if unmet is None:
        return formats.NONE
    return Drawn(f'<span class="rw-bad">{escape(fte(unmet))}</span>') if unmet > LEAST else "nothing"


def _slip(one: Asking, slips: dict[str, dt.date]) -> Cell:
    if not one.unmet or one.unmet <= LEAST:
        return ""
    then = slips.get(one.project_key)
    if then is None or one.finish is None:
        return formats.NONE
    return Under(day(then), f"from {day(one.finish)}")


_SHORT = (
    Column("Project", width="32%"),
    Column("Program", is_quiet=True),
    Column("Needs", "right"),
    Column("Lacks", "right"),
    Column("Finish now", "right"),
    Column("Would slip to", "right"),
)
SHORT_NOTE = (
    "What gives if nothing changes: people go to committed work first, then to critical projects, then by priority. A "
    "finish slips by as long as what lacks takes at the project's usual pace"
)


def short_title(table: pd.DataFrame, months: int) -> str:
    """How many projects go short, and who most."""
    own = table[table["in_scope"]]
    if own.empty:
        return f"Nobody goes short in the next {months} months"
    most = own.iloc[0]
    said = f"{count(len(own), 'project')} {'goes' if len(own) == 1 else 'go'} short"
    return f"{said}; {most['project_name']} lacks most, {fte_months(most['unmet'])}"


def short(table: pd.DataFrame) -> None:
    """The projects that do not get what they need, most short first."""
    own = table[table["in_scope"]].head(MOST)
    rows: list[list[Cell]] = []
    columns = ["project_name", "program_name", "is_committed", "needed", "unmet", "finish", "slips_to"]
    for name, program, committed, needed, unmet, finish, then in own[columns].itertuples(index=False, name=None):
        rows.append(
            [
                name if committed else Tagged(name, "requested"),
                program if isinstance(program, str) else "no program",
                fte_months(needed),
                Drawn(f'<span class="rw-bad">{escape(fte_months(unmet))}</span>'),
                day(finish),
                day(then),
            ]
        )
    keys = own["project_key"].tolist()
    if opened := listing(_SHORT, rows, key="short", picks=keys, links=[controls.project_link(key) for key in keys]):
        controls.open_project(opened)
    _more(int(table["in_scope"].sum()), "project")


def _more(whole: int, what: str) -> None:
    if whole > MOST:
        st.html(f'<p class="rw-missing">{count(whole - MOST, what)} more; the files below have all.</p>')


_CONTENTION = (
    Column("Program", width="45%"),
    Column("Asks for", "right"),
    Column("Lacks", "right"),
    Column("In overloaded team-months", "right"),
)


def contention_title(table: pd.DataFrame) -> str:
    """Who competes for what is overloaded."""
    if table.empty:
        return "No program competes for overloaded people"
    if len(table) == 1:
        return f"{_program(table.iloc[0]['program_name'])} alone asks for overloaded people"
    first, second = (_program(table.iloc[at]["program_name"]) for at in (0, 1))
    return f"{first} and {second} lack most where people are overloaded"


def _program(name: object) -> str:
    return name if isinstance(name, str) else "Work without a program"


def contention(table: pd.DataFrame) -> None:
    """The programs that compete for overloaded team-months."""
    shown = table.head(MOST)
    rows: list[list[Cell]] = [
        [_program(name), fte_months(needed), fte_months(unmet), number(cells)]
        for name, needed, unmet, cells in shown[["program_name", "needed", "unmet", "cells"]].itertuples(
            index=False, name=None
        )
    ]
    ids = [key if isinstance(key, str) else "" for key in shown["program_id"]]
    listing(_CONTENTION, rows, links=[controls.program_link(key) if key else "" for key in ids])


def gaps_title(rows: Sequence[Row]) -> str:
    """Which skill lacks most people."""
    lacking = [(sum(cell.over for cell in row.cells), row) for row in rows]
    most, row = max(lacking, key=lambda one: one[0], default=(0.0, None))
    if row is None or most <= LEAST:
        return "No skill lacks people"
    worst = max(row.cells, key=lambda cell: cell.over)
    return f"{skill_name(row.pool)} lacks most: {fte_months(most)}, the worst in {month_name(worst.month)}"


def gaps(rows: Sequence[Row]) -> None:
    """Capacity less committed work by skill and month: what is left above the line, what lacks below it."""
    drawn = []
    shown = sorted(rows, key=lambda row: -sum(cell.over for cell in row.cells))[:MOST]
    top = max((abs(cell.gap or 0) for row in shown for cell in row.cells), default=1) or 1
    for row in shown:
        bars = "".join(_bar(cell, top) for cell in row.cells)
        lacks = sum(cell.over for cell in row.cells)
        nothing = "enough" if any(cell.capacity is not None for cell in row.cells) else "no capacity stated"
        said = f"lacks {fte_months(lacks)}" if lacks > LEAST else nothing
        tone = "rw-bad" if lacks > LEAST else "rw-neutral"
        drawn.append(
            f'<div class="rw-gap"><b>{escape(skill_name(row.pool))}</b><div class="rw-gap-bars">{bars}</div>'
            f'<span class="{tone}">{escape(said)}</span></div>'
        )
    months = [cell.month for cell in shown[0].cells] if shown else []
    ends = f"<span>{month_name(months[0])}</span><span>{month_name(months[-1])}</span>" if months else ""
    below = f'<div class="rw-gap rw-gap-ends"><b></b><div>{ends}</div><span></span></div>'
    st.html(f'<div class="rw-gaps">{"".join(drawn)}{below}</div>')


def _bar(cell: Heat, top: float) -> str:
    if cell.gap is None:
        return f'<i class="rw-gap-none" title="{month_name(cell.month)}: no capacity is stated"></i>'
    tip = f"{month_name(cell.month)}: {fte(cell.capacity)} there, {fte(cell.committed)} committed"
    lacks = f'<u style="height:{min(cell.over / top, 1) * 50:.1f}%"></u>' if cell.over > LEAST else ""
    left = max(cell.gap + cell.over, 0)
    spare = f'<s style="height:{min(left / top, 1) * 50:.1f}%"></s>' if left > LEAST else ""
    return f'<i title="{escape(tip)}; lacks {fte(cell.over)}, leaves {fte(left)}">{spare}{lacks}</i>'


_LATER = (
    Column("Project", width="36%"),
    Column("Program", is_quiet=True),
    Column("Moved later by", "right"),
    Column("In the last 4 plans", "right"),
    Column("Asks for now", "right"),
)


def later_title(found: Sequence[Later]) -> str:
    """Whose demand moved right since last month."""
    if not found:
        return "No demand moved later since last month"
    again = [one for one in found if one.times > 1]
    said = f"The demand of {count(len(found), 'project')} moved later since last month"
    return f"{said}, of {number(len(again))} not for the first time" if again else said


def later(found: Sequence[Later], months: pd.DataFrame) -> None:
    """Projects whose demand moved right, and what was asked for the next months a month ago and now."""
    soon = months.head(6)
    if len(soon):
        parts = "".join(
            f"<tr><th scope='row'>{month:%b %Y}</th><td>{number(before, decimals=1)}</td>"
            f"<td>{number(now, decimals=1)}</td>"
            f"<td class='{'rw-bad' if now > before else ''}'>{number(now - before, sign=True, decimals=1)}</td></tr>"
            for month, before, now in soon.itertuples(index=False, name=None)
        )
        st.html(
            '<div class="rw-listing rw-then"><table><thead><tr><th>Committed FTE</th><th>A month ago</th><th>Now</th>'
            f"<th>Change</th></tr></thead><tbody>{parts}</tbody></table></div>"
        )
    rows: list[list[Cell]] = [
        [
            one.project_name,
            one.program_name or "no program",
            f"{number(one.months, decimals=1)} months",
            "once" if one.times == 1 else f"{one.times} times",
            fte_months(one.asked_now),
        ]
        for one in found[:MOST]
    ]
    keys = [one.project_key for one in found[:MOST]]
    if rows and (
        opened := listing(_LATER, rows, key="later", picks=keys, links=[controls.project_link(key) for key in keys])
    ):
        controls.open_project(opened)


def unmatched(lacking: pd.DataFrame, idle: pd.DataFrame) -> None:
    """Demand that no team's capacity answers, and people whom nobody asks for."""
    rows: list[list[Cell]] = [
        [
            Under(team, skill_name(skill)),
            "Asked for, no capacity stated" if known else "Asked for, no such team in capacity",
            fte_months(amount),
            count(projects, "project"),
        ]
        for team, skill, amount, projects, known in lacking[["team", "skill", "fte", "projects", "is_known"]]
        .head(MOST)
        .itertuples(index=False, name=None)
    ]
    rows += [
        [Under(team, skill_name(skill)), "There, and nobody asks for them", f"{fte(amount)} a month", ""]
        for team, skill, amount in idle[["team", "skill", "fte"]].head(MOST).itertuples(index=False, name=None)
    ]
    listing((Column("Team and skill", width="34%"), Column("What"), Column("How much", "right"), Column("By")), rows)


def unmatched_title(lacking: pd.DataFrame, idle: pd.DataFrame) -> str:
    """What finds no counterpart."""
    parts = []
    if len(lacking):
        parts.append(f"{fte_months(float(lacking['fte'].sum()))} are asked of people whose capacity nobody states")
    if len(idle):
        parts.append(f"nobody asks for {count(len(idle), 'skill')}")
    said = "; ".join(parts)
    return said[:1].upper() + said[1:]


def nothing_loaded(view: View) -> None:
    """No capacity and no demand is known: what the page would show, and the templates that feed it."""
    frame.header("No capacity and no demand are loaded yet", [day(view.review_date, weekday=True)])
    with frame.card("nothing", "What this page shows", "It fills itself from the capacity and demand exports"):
        st.text(
            "Which team is overloaded in which month, which projects compete for it and who goes short; what would "
            "have to move to start something new; where hiring helps."
        )
        frame.templates(["capacity", "demand", "assignments"])


def line(view: View) -> str:
    """The overloaded team-months of the next three months in a few words, "" where no capacity is loaded."""
    if not all(answers.ask(capacity.is_stated)):
        return ""
    found = answers.ask(capacity.plan, view.review_date, answers.scope(view))
    rows = capacity.heat(found, "team", NEXT + 1)
    over = sum(cell.over > LEAST for row in rows for cell in row.cells[1:])
    stated = sum(cell.capacity is not None for row in rows for cell in row.cells[1:])
    return f"{number(over)} of {number(stated)} team-months overloaded in the next three"


def strip(view: View) -> None:
    """The Overview's card: the next three months of the teams that are overloaded; nothing where none is loaded."""
    if not all(answers.ask(capacity.is_stated)):
        return
    found = answers.ask(capacity.plan, view.review_date, answers.scope(view))
    rows = capacity.heat(found, "team", NEXT + 1)
    rows = [Row(row.team, row.pool, row.cells[1:]) for row in rows]
    over = [row for row in rows if any(cell.over > LEAST for cell in row.cells)]
    over.sort(key=lambda row: -sum(cell.over for cell in row.cells))
    cells = sum(cell.over > LEAST for row in rows for cell in row.cells)
    stated = sum(cell.capacity is not None for row in rows for cell in row.cells)
    if not stated:
        return
    sums = totals(found, NEXT + 1)
    title = (
        f"{number(cells)} of {number(stated)} team-months are overloaded in the next three months; "
        f"{over[0].team} lacks most"
        if over
        else "No team is overloaded in the next three months"
    )
    note = f"{count(sums.short, 'committed project')} short of people; percent of capacity, by committed work"
    with frame.card("capacity", title, note):
        if over:
            heat_map(over[:6], "capacity-strip", picks=False)
        to = escape(controls.page_link("capacity"))
        link = f'<a class="rw-crumb" href="{to}" target="_self">All teams and months</a>'
        st.html(f'<nav class="rw-crumbs" aria-label="Capacity">{link}</nav>')


def files(found: Plan, months: int) -> pd.DataFrame:
    """What is asked for and what lacks, project by project, pool and month, as a file."""
    rows = found.needs.assign(unmet=found.unmet)
    rows = rows[rows["month"] < months].rename(columns={"pool": "pool_number"})
    rows = rows.join(found.pools.rename(columns={"pool": "skill"}), on="pool_number")
    rows = rows.join(found.projects[["project_key", "project_name", "program_name", "stage"]], on="project")
    rows["month"] = [found.months[at] for at in rows["month"]]
    rows["capacity"] = [
        found.capacity[pool, found.months.index(month)]
        for pool, month in rows[["pool_number", "month"]].itertuples(index=False, name=None)
    ]
    rows["commitment"] = rows["is_committed"].map({True: "committed", False: "requested"})
    columns = ["team", "skill", "month", "capacity", "place", "project_key", "project_name", "program_name", "stage"]
    return rows[[*columns, "commitment", "fte", "unmet"]].sort_values(["team", "skill", "month", "place"])
