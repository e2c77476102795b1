"""How the people that a project or a program needs look: by team, skill and month, what lacks, and who is assigned."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from analytics import resources
from analytics.capacity import LEAST, month_after
from analytics.reading import Scope
from analytics.reasons import fte
from components import answers, charts, frame, tables
from components.controls import View
from components.formats import NONE, count
from components.tables import Cell, Column, Under

TEAMS = (
    Column("Team", width="34%"),
    Column("Needed", "right"),
    Column("Unmet", "right"),
    Column("Assigned", "right"),
)
NOTE = (
    "Full-time equivalents by month, for twelve months; unmet is what teams lack once work that goes before is served"
)


def show(project_key: str, view: View) -> None:
    """A card with what a project needs over the next twelve months; where no demand is loaded, what would feed it."""
    found = answers.ask(resources.demand, view.review_date, project_key)
    if not found:
        with frame.card("demand", "No export says which people it needs in the next twelve months"):
            charts.missing(
                "With exports of demand and capacity, this shows the people that it needs by team, skill and month, "
                "what of it is not there, and who is assigned. Their templates stand on the page Loads."
            )
        return
    months = list(dict.fromkeys(sorted(row["month"] for row in found)))
    columns = [Column("Team and skill", width="22%"), *(Column(f"{month:%b %Y}", "right") for month in months)]
    with frame.card("demand", title(found, view), NOTE):
        pools = groupby(found, lambda row: (row["team"], row["pool"]))
        tables.listing(columns, [line for _, rows in pools for line in _pool(list(rows), months)])


def program_card(view: View, scope: Scope) -> None:
    """A card with what a program's projects need in the next three months, in one line and by team; nothing where no
    export states any."""
    found = _judged(answers.ask(resources.demand_of_program, view.review_date, scope), view)
    if not found:
        return
    with frame.card("demand", title(found, view), "Full-time equivalents times months, added up over its projects"):
        teams: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in found:
            teams[row["team"]].append(row)
        ordered = sorted(teams.items(), key=lambda item: (-(_sum(item[1], "unmet") or 0), item[0].casefold()))
        tables.listing(
            TEAMS,
            [[team, *(_amount(_sum(rows, n)) for n in ("needed", "unmet", "assigned"))] for team, rows in ordered],
        )


def title(found: Sequence[Mapping[str, Any]], view: View) -> str:
    """What is needed in the next three months, and how much of that is not there."""
    rows = _judged(found, view)
    needed = sum(row["needed"] for row in rows)
    if needed < LEAST:
        return f"Needs nobody in the next {count(resources.JUDGED, 'month')}"
    known = [row for row in rows if row["unmet"] is not None]
    if not any(row["needed"] for row in known):
        return f"Needs {fte(needed)} FTE-months in the next three months, of teams whose capacity no export states"
    unmet = sum(row["unmet"] for row in known)
    short = f"{fte(unmet)} of them unmet" if unmet > LEAST else "all of them met"
    some = "" if len(known) == len(rows) else ", as far as capacity is stated"
    return f"Needs {fte(needed)} FTE-months in the next three months, {short}{some}"


def _judged(found: Sequence[Mapping[str, Any]], view: View) -> list[Mapping[str, Any]]:
    """The rows of the months that a colour is of."""
    first = view.review_date.replace(day=1)
    return [row for row in found if month_after(first, 1) <= row["month"] <= month_after(first, resources.JUDGED)]


def _pool(rows: Sequence[Mapping[str, Any]], months: Sequence[dt.date]) -> list[list[Cell]]:
    """What is needed of a team's skill by month; below it what of that is not committed, and who is assigned."""
    by_month = {row["month"]: row for row in rows}
    team, pool = rows[0]["team"], rows[0]["pool"]
    lines: list[list[Cell]] = [
        [team if pool == "any" else Under(team, pool), *(_need(by_month.get(month)) for month in months)]
    ]
    for name, words in (("requested", "Not committed"), ("assigned", "Assigned")):
        if _sum(rows, name):
            amounts = [_amount(by_month[month][name]) if month in by_month else "0" for month in months]
            lines.append([Under("", words), *(Under("", amount) for amount in amounts)])
    return lines


def _need(row: Mapping[str, Any] | None) -> Cell:
    if row is None:
        return "0"
    if row["unmet"] is None:
        return Under(_amount(row["needed"]), "no capacity")
    return (
        Under(_amount(row["needed"]), f"{_amount(row['unmet'])} unmet")
        if row["unmet"] > LEAST
        else _amount(row["needed"])
    )


def _sum(rows: Sequence[Mapping[str, Any]], name: str) -> float | None:
    """What rows add up to; None where none of them knows it."""
    known = [row[name] for row in rows if row[name] is not None]
    return sum(known) if known else None


def _amount(value: float | None) -> str:
    return NONE if value is None else fte(0 if value < LEAST else value)
