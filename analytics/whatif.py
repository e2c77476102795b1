"""What if: moves on top of a plan of capacity and demand, and what they would change. Nothing here is saved."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.capacity import LEAST, Floats, Ints, Plan
from analytics.reading import Source
from pipelines.problems import UsageError

Bools = NDArray[np.bool_]
Kind = Literal["shift", "scale", "drop", "start", "people", "lend"]
_FIELDS = {"shift": 2, "scale": 2, "drop": 1, "start": 2, "people": 5, "lend": 7}
MOST_SHIFT = 24
MOST_MOVES = 800


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
    fte = _number(rest[-3], -1000 if kind == "people" else 0, 1000)
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
    """The plan after the moves, one after another; the plan itself without any.

    What would leave the months of the plan is left out, and said; so are people who are taken and are not there.
    """
    if not moves:
        return Applied(plan, ())
    rows = {key: row for row, key in enumerate(plan.projects["project_key"])}
    names = plan.projects["project_name"].tolist()
    finishes = pd.to_datetime(plan.projects["finish"]).tolist()
    needs = _Needs(plan.needs)
    people = _People(plan)
    unmade: list[str] = []
    for move in moves:
        if move.kind in ("people", "lend"):
            unmade += people.moved(move)
            continue
        row = rows.get(move.project)
        if row is None:
            unmade.append(f"{move.project} asks for nobody at this review")
            continue
        if not needs.of(row).any():
            unmade.append(f"{names[row]} asks for nobody any more")
            continue
        if move.kind == "drop":
            needs.keep(~needs.of(row))
        elif move.kind == "scale":
            needs.fte = np.where(needs.of(row), needs.fte * move.share, needs.fte)
        else:
            if move.kind == "start":
                needs.commit(row)
            needs.month = np.where(needs.of(row), needs.month + move.months, needs.month)
            inside = (needs.month >= 0) & (needs.month < len(plan.months))
            if lost := float(needs.fte[~inside].sum()):
                span = f"{plan.months[0]:%b %Y} to {plan.months[-1]:%b %Y}"
                unmade.append(f"{names[row]}: {lost:,.1f} FTE-months fall outside {span}, and count nowhere")
            needs.keep(inside)
            finishes[row] = finishes[row] + pd.DateOffset(months=move.months)
    projects = plan.projects.assign(finish=pd.to_datetime(pd.Series(finishes, index=plan.projects.index)))
    after = replace(plan, needs=needs.frame(), capacity=people.capacity, projects=projects)
    return Applied(after, tuple(unmade))


class _Needs:
    """The rows of a plan's needs while moves change them, column by column."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.project: Ints = table["project"].to_numpy()
        self.pool: Ints = table["pool"].to_numpy()
        self.month: Ints = table["month"].to_numpy()
        self.is_committed: Bools = table["is_committed"].to_numpy(dtype=bool)
        self.fte: Floats = table["fte"].to_numpy(dtype=float)
        self.place: Ints = table["place"].to_numpy()

    def of(self, project: int) -> Bools:
        return np.equal(self.project, project)

    def keep(self, rows: Bools) -> None:
        if not rows.all():
            for name in ("project", "pool", "month", "is_committed", "fte", "place"):
                setattr(self, name, getattr(self, name)[rows])

    def commit(self, project: int) -> None:
        """A requested project is committed: it is served after all that are committed already."""
        asked = self.of(project) & ~self.is_committed
        if asked.any():
            place = int(self.place[self.is_committed].max(initial=-1)) + 1
            self.place = np.where(asked, place, self.place + (self.place >= place))
            self.is_committed = self.is_committed | asked

    def frame(self) -> pd.DataFrame:
        return pd.DataFrame(vars(self))


class _People:
    """The capacity of a plan while moves change it."""

    def __init__(self, plan: Plan) -> None:
        self.months = plan.months
        self.capacity = plan.capacity.copy()
        self.number = {pair: row for row, pair in enumerate(plan.pools.itertuples(index=False, name=None))}

    def moved(self, move: Move) -> list[str]:
        """Add, take or lend people; what could not be done, in words. Only who is there can be taken."""
        pairs = [(move.team, move.pool)] + ([(move.to_team, move.to_pool)] if move.kind == "lend" else [])
        unknown = [f"{_pool(pair)} is not known at this review" for pair in pairs if pair not in self.number]
        if unknown:
            return unknown
        first, last = move.first or self.months[0], move.last or self.months[-1]
        span = [n for n, month in enumerate(self.months) if first <= month <= last]
        if not span:
            return [f"{first:%b %Y} to {last:%b %Y} is none of the months that are read"]
        by = move.fte if move.kind == "people" else -move.fte
        there = self.capacity[self.number[pairs[0]]]
        was = np.nan_to_num(there[span])
        becomes = np.maximum(was + by, 0)
        # Where nobody is stated nobody can be taken, and it stays unknown.
        there[span] = becomes if by > 0 else np.where(np.isnan(there[span]), np.nan, becomes)
        if len(pairs) > 1:
            gets = self.capacity[self.number[pairs[1]]]
            given = was - becomes
            gets[span] = np.where(given != 0, np.maximum(np.nan_to_num(gets[span]) + given, 0), gets[span])
        lacking = len(span) * max(-by, 0) - float((was - becomes).sum())
        if by < 0 and lacking > LEAST:
            return [f"{_pool(pairs[0])}: {lacking:,.1f} FTE-months of those that were to be taken are not there"]
        return []


def _pool(pair: tuple[str, str]) -> str:
    return pair[0] if pair[1] == "any" else f"{pair[0]}, {pair[1]}"


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
    lacking = np.unique(plan.needs["project"].to_numpy()[unmet > LEAST])
    return Totals(float(over.sum()), int((over > 0).sum()), float(unmet.sum()), len(lacking))


@dataclass(frozen=True)
class Change:
    """A project that moves change: its finish, what it asks for and lacks (FTE-months), and whether it is committed,
    before and after; `is_dropped` where it asks for nobody any more, in any month."""

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
    is_dropped: bool

    @property
    def is_started(self) -> bool:
        """Whether what was requested is committed."""
        return self.is_committed_then and not self.is_committed


def compare(before: Plan, after: Plan, months: int) -> list[Change]:
    """The projects of which the finish, what they ask for or what they lack differs, the largest difference first."""
    asked, unmet, committed, asks = _by_project(before, months)
    asked_then, unmet_then, committed_then, asks_then = _by_project(after, months)
    finish = pd.to_datetime(before.projects["finish"])
    then = pd.to_datetime(after.projects["finish"])
    differs = (
        (np.abs(unmet - unmet_then) > LEAST)
        | (np.abs(asked - asked_then) > LEAST)
        | (committed != committed_then)
        | ((finish != then) & ~(finish.isna() & then.isna())).to_numpy()
    )
    rows = np.flatnonzero(differs)
    facts = before.projects.iloc[rows]
    columns = ["project_key", "project_name", "goal_id", "budget", "currency"]
    out = [
        Change(
            key,
            name,
            goal if isinstance(goal, str) else None,
            None if pd.isna(budget) else float(budget),
            currency if isinstance(currency, str) else None,
            _date(finish.iat[row]),
            _date(then.iat[row]),
            float(unmet[row]),
            float(unmet_then[row]),
            float(asked[row]),
            float(asked_then[row]),
            bool(committed[row]),
            bool(committed_then[row]),
            bool(asks[row] and not asks_then[row]),
        )
        for row, (key, name, goal, budget, currency) in zip(
            rows.tolist(), facts[columns].itertuples(index=False, name=None), strict=True
        )
    ]
    return sorted(out, key=lambda c: (-abs(c.unmet_then - c.unmet) - abs(c.asked_then - c.asked), c.project_key))


def _date(value: object) -> dt.date | None:
    return value.date() if isinstance(value, pd.Timestamp) else None


def _by_project(plan: Plan, months: int) -> tuple[Floats, Floats, Bools, Bools]:
    """What each project asks for and lacks in the first months (FTE-months), and whether in any month any of it is
    committed, and it asks at all."""
    soon = (plan.needs["month"] < months).to_numpy()
    project, fte = plan.needs["project"].to_numpy(), plan.needs["fte"].to_numpy()
    size = len(plan.projects)
    asked: Floats = np.bincount(project, fte * soon, size).astype(float)
    unmet: Floats = np.bincount(project, np.nan_to_num(plan.unmet) * soon, size).astype(float)
    committed = np.bincount(project, plan.needs["is_committed"].to_numpy(dtype=float), size) > 0
    return asked, unmet, committed, np.bincount(project, fte, size) > LEAST


@dataclass(frozen=True)
class GoalChange:
    """What comes to a goal or leaves it: projects that start, that are dropped and that finish later (or earlier), and
    their budget by currency, those that start less those that are dropped."""

    goal_id: str
    goal_name: str
    started: tuple[str, ...]
    dropped: tuple[str, ...]
    later: tuple[str, ...]
    earlier: tuple[str, ...]
    budgets: tuple[tuple[str, float], ...]


def goals(changes: Sequence[Change], names: Mapping[str, str]) -> list[GoalChange]:
    """The goals that moves touch, most projects first; `names` by goal id."""
    by_goal: dict[str, list[Change]] = {}
    for change in changes:
        if change.goal_id and (change.is_started or change.is_dropped or change.finish_then != change.finish):
            by_goal.setdefault(change.goal_id, []).append(change)
    out = []
    for goal, own in by_goal.items():
        moved = [one for one in own if one.finish and one.finish_then and not one.is_started and not one.is_dropped]
        out.append(
            GoalChange(
                goal,
                names.get(goal, goal),
                tuple(one.project_name for one in own if one.is_started),
                tuple(one.project_name for one in own if one.is_dropped),
                tuple(
                    one.project_name for one in moved if (one.finish_then or dt.date.min) > (one.finish or dt.date.max)
                ),
                tuple(
                    one.project_name for one in moved if (one.finish_then or dt.date.max) < (one.finish or dt.date.min)
                ),
                tuple(budgets(own).items()),
            )
        )
    return sorted(out, key=lambda one: (-len(one.started) - len(one.dropped), one.goal_name))


def budgets(changes: Sequence[Change]) -> dict[str, float]:
    """Committed budget that comes (above 0) or goes, by currency: that of projects that start less that of dropped."""
    sums: dict[str, float] = {}
    for one in changes:
        sign = one.is_started - (one.is_dropped and one.is_committed)
        if sign and one.budget:
            sums[one.currency or ""] = sums.get(one.currency or "", 0) + sign * one.budget
    return dict(sorted(sums.items()))


def goal_names(source: Source) -> dict[str, str]:
    """The name of each goal, by its id."""
    return {goal: name or goal for goal, name in source.rows("select goal_id, goal_name from stg_goals")}


def months_between(first: dt.date, last: dt.date) -> int:
    """Calendar months from one month to another."""
    return (last.year - first.year) * 12 + last.month - first.month


def first_month(plan: Plan, project: str) -> dt.date | None:
    """The first month in which a project asks for anybody; None for one that asks for nobody."""
    row = np.flatnonzero((plan.projects["project_key"] == project).to_numpy())
    months = plan.needs["month"].to_numpy()[np.isin(plan.needs["project"].to_numpy(), row)]
    return plan.months[int(months.min())] if len(months) else None
