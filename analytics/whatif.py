"""What if: moves on top of a plan of capacity and demand, and what they would change. Nothing here is saved."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from analytics.capacity import LEAST, Floats, Plan, month_after
from pipelines.problems import UsageError

Kind = Literal["shift", "scale", "drop", "start", "people", "lend"]
_FIELDS = {"shift": 2, "scale": 2, "drop": 1, "start": 2, "people": 5, "lend": 7}
MOST_SHIFT = 24
MOST_MOVES = 60


@dataclass(frozen=True)
class Move:
    """One move.

    shift: all that a project asks for comes `months` later (earlier where negative). scale: it asks for `share` of it.
    drop: it asks for nothing. start: a requested project is committed, and comes `months` later. people: `fte` people
    more (fewer where negative) in a pool from a month to another. lend: `fte` people of a pool work in another one.
    """

    kind: Kind
    project: str = ""
    months: int = 0
    share: float = 1.0
    team: str = ""
    pool: str = ""
    to_team: str = ""
    to_pool: str = ""
    fte: float = 0.0
    first: dt.date | None = None
    last: dt.date | None = None


def text_of(moves: Sequence[Move]) -> str:
    """Moves as a text for an address or a scenario, which `moves_of` reads."""
    return ";".join("~".join(_quoted(part) for part in _parts(move)) for move in moves)


def _parts(move: Move) -> list[str]:
    span = [f"{day:%Y-%m}" if day else "" for day in (move.first, move.last)]
    return {
        "shift": lambda: [move.kind, move.project, str(move.months)],
        "scale": lambda: [move.kind, move.project, f"{move.share:g}"],
        "drop": lambda: [move.kind, move.project],
        "start": lambda: [move.kind, move.project, str(move.months)],
        "people": lambda: [move.kind, move.team, move.pool, f"{move.fte:g}", *span],
        "lend": lambda: [move.kind, move.team, move.pool, move.to_team, move.to_pool, f"{move.fte:g}", *span],
    }[move.kind]()


def _quoted(part: str) -> str:
    return part.replace("%", "%25").replace("~", "%7E").replace(";", "%3B")


def _plain(part: str) -> str:
    return part.replace("%3B", ";").replace("%7E", "~").replace("%25", "%")


def moves_of(text: str) -> tuple[Move, ...]:
    """The moves that a text says; UsageError, in words, for what is none."""
    found = []
    for each in filter(None, text.split(";")):
        kind, *rest = [_plain(part) for part in each.split("~")]
        if kind not in _FIELDS or len(rest) != _FIELDS[kind]:
            raise UsageError(f"this is no move: {each[:80]}", "Take it out of the address, or make the move anew.")
        try:
            found.append(_move(kind, rest))  # type: ignore[arg-type]
        except ValueError as error:
            fix = "Take it out of the address, or make the move anew."
            raise UsageError(f"this is no move: {each[:80]}", fix) from error
    if len(found) > MOST_MOVES:
        raise UsageError(f"{len(found)} moves are more than {MOST_MOVES}", "Take some out.")
    return tuple(found)


def _move(kind: Kind, rest: list[str]) -> Move:
    if kind in ("shift", "start"):
        months = int(rest[1])
        if abs(months) > MOST_SHIFT:
            raise ValueError("too far")
        return Move(kind, rest[0], months)
    if kind == "scale":
        return Move(kind, rest[0], share=_number(rest[1], 0, 10))
    if kind == "drop":
        return Move(kind, rest[0])
    first, last = (dt.date.fromisoformat(f"{text}-01") for text in rest[-2:])
    if last < first:
        raise ValueError("ends before it begins")
    fte = _number(rest[-3], -1000, 1000)
    if kind == "people":
        return Move(kind, team=rest[0], pool=rest[1], fte=fte, first=first, last=last)
    return Move(kind, team=rest[0], pool=rest[1], to_team=rest[2], to_pool=rest[3], fte=fte, first=first, last=last)


def _number(text: str, least: float, most: float) -> float:
    value = float(text)
    if not least <= value <= most:
        raise ValueError("out of range")
    return value


@dataclass(frozen=True)
class Applied:
    """A plan after moves, and what of them could not be made, in words."""

    plan: Plan
    unmade: tuple[str, ...]


def apply(plan: Plan, moves: Sequence[Move]) -> Applied:
    """The plan after the moves, one after another. What would leave the months of the plan is left out, and said."""
    needs, capacity, projects = plan.needs.copy(), plan.capacity.copy(), plan.projects.copy()
    rows = {key: row for row, key in enumerate(projects["project_key"])}
    names, finishes = projects["project_name"].tolist(), pd.to_datetime(projects["finish"]).tolist()
    number = {pair: row for row, pair in enumerate(plan.pools.itertuples(index=False, name=None))}
    unmade: list[str] = []
    for move in moves:
        if move.kind in ("people", "lend"):
            _people(plan, capacity, number, move, unmade)
            continue
        if move.project not in rows:
            unmade.append(f"{move.project} asks for nobody at this review")
            continue
        row = rows[move.project]
        own = needs["project"] == row
        if move.kind == "drop":
            needs = needs[~own]
        elif move.kind == "scale":
            needs.loc[own, "fte"] *= move.share
        else:
            if move.kind == "start":
                needs = _committed(needs, own)
                own = needs["project"] == row
            needs.loc[own, "month"] += move.months
            lost = own & ~needs["month"].between(0, len(plan.months) - 1)
            if lost.any():
                unmade.append(
                    f"{names[row]}: {lost.sum()} rows of demand leave the {len(plan.months)} months that are read"
                )
                needs = needs[~lost]
            finishes[row] = finishes[row] + pd.DateOffset(months=move.months)
    needs, projects = needs.reset_index(drop=True), projects.assign(finish=finishes)
    return Applied(replace(plan, needs=needs, capacity=capacity, projects=projects), tuple(unmade))


def _committed(needs: pd.DataFrame, own: "pd.Series[bool]") -> pd.DataFrame:
    """Needs in which a requested project is committed: served after all that are committed already."""
    needs = needs.copy()
    last = needs.loc[needs["is_committed"], "place"].max()
    place = 0 if pd.isna(last) else int(last) + 1
    needs.loc[needs["place"] >= place, "place"] += 1
    needs.loc[own & ~needs["is_committed"], "place"] = place
    needs.loc[own, "is_committed"] = True
    return needs


def _people(
    plan: Plan,
    capacity: Floats,
    number: dict[tuple[str, str], int],
    move: Move,
    unmade: list[str],
) -> None:
    signs = [((move.team, move.pool), 1.0 if move.kind == "people" else -1.0)]
    signs += [((move.to_team, move.to_pool), 1.0)] if move.kind == "lend" else []
    for pair, _ in signs:
        if pair not in number:
            unmade.append(f"no people of {' '.join(pair)} are known")
            return
    first, last = move.first or plan.months[0], move.last or plan.months[-1]
    spans = [n for n, month in enumerate(plan.months) if first <= month <= last]
    if not spans:
        unmade.append(f"{first:%Y-%m} to {last:%Y-%m} is none of the months that are read")
    for pair, sign in signs:
        row = capacity[number[pair]]
        row[spans] = np.maximum(np.nan_to_num(row[spans]) + sign * move.fte, 0)


@dataclass(frozen=True)
class Totals:
    """What a plan comes to over some months: FTE-months above capacity by committed work, team-skill-months that are
    overloaded, FTE-months of committed work that nobody is there for, and projects that go short."""

    overload: float
    overloaded: int
    unmet: float
    short: int


def totals(plan: Plan, months: int) -> Totals:
    """The sums of a plan over its first months."""
    over = plan.overload()[:, :months]
    rows = (plan.needs["month"] < months) & plan.needs["is_committed"]
    unmet = np.nan_to_num(plan.unmet) * rows.to_numpy()
    lacking = set(plan.needs["project"].to_numpy()[unmet > LEAST])
    return Totals(float(over.sum()), int((over > 0).sum()), float(unmet.sum()), len(lacking))


@dataclass(frozen=True)
class Change:
    """A project that moves change: its finish, what it asks for and lacks (FTE-months), and whether it is committed,
    before and after."""

    project_key: str
    project_name: str
    goal_id: str | None
    budget: float | None
    currency: str | None
    finish: dt.date | None
    finish_then: dt.date | None
    unmet: float
    unmet_then: float
    asked: float
    asked_then: float
    is_committed: bool
    is_committed_then: bool


def compare(before: Plan, after: Plan, months: int) -> list[Change]:
    """The projects of which the finish, what they ask for or what they lack differs, the largest difference first."""
    one, other = _by_project(before, months), _by_project(after, months)
    table = one.join(other.add_suffix("_then"))
    finish = pd.to_datetime(before.projects["finish"])
    then = pd.to_datetime(after.projects["finish"])
    differs = (
        ((table["unmet"] - table["unmet_then"]).abs() > LEAST)
        | ((table["asked"] - table["asked_then"]).abs() > LEAST)
        | (table["is_committed"] != table["is_committed_then"])
        | ((finish != then) & ~(finish.isna() & then.isna()))
    )
    out = []
    for row in np.flatnonzero(differs.to_numpy()):
        project, sums = before.projects.iloc[row], table.iloc[row]
        out.append(
            Change(
                project["project_key"],
                project["project_name"],
                None if pd.isna(project["goal_id"]) else project["goal_id"],
                None if pd.isna(project["budget"]) else float(project["budget"]),
                None if pd.isna(project["currency"]) else project["currency"],
                None if pd.isna(finish[row]) else finish[row].date(),
                None if pd.isna(then[row]) else then[row].date(),
                float(sums["unmet"]),
                float(sums["unmet_then"]),
                float(sums["asked"]),
                float(sums["asked_then"]),
                bool(sums["is_committed"]),
                bool(sums["is_committed_then"]),
            )
        )
    return sorted(out, key=lambda c: (-abs(c.unmet_then - c.unmet) - abs(c.asked_then - c.asked), c.project_key))


def _by_project(plan: Plan, months: int) -> pd.DataFrame:
    rows = plan.needs.assign(unmet=np.nan_to_num(plan.unmet))
    rows = rows[rows["month"] < months]
    sums = rows.groupby("project").agg(
        asked=("fte", "sum"), unmet=("unmet", "sum"), is_committed=("is_committed", "max")
    )
    sums = sums.reindex(range(len(plan.projects)))
    return sums.assign(
        asked=sums["asked"].fillna(0.0),
        unmet=sums["unmet"].fillna(0.0),
        is_committed=sums["is_committed"].astype("boolean").fillna(False).astype(bool),
    )


def months_between(first: dt.date, last: dt.date) -> int:
    """Calendar months from one month to another."""
    return (last.year - first.year) * 12 + last.month - first.month


def first_month(plan: Plan, project: str) -> dt.date | None:
    """The first month in which a project asks for anybody."""
    rows = plan.needs[plan.needs["project"] == plan.projects.index[plan.projects["project_key"] == project][0]]
    return None if rows.empty else month_after(plan.months[0], int(rows["month"].min()))
