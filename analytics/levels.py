"""Which projects could move so that people suffice: levelling on a plan of capacity and demand, and "can we start X?".

What may move: work that has not begun, and that is not critical. It stays within the window of starts that the listing
states, else it may start up to some months later, never earlier. What a person moved by hand stays where it was put.
"""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import pandas as pd

from analytics import dependencies, levelling
from analytics.capacity import LEAST, Floats, Ints, Plan
from analytics.levelling import Levelled, Link, Progress, Work
from analytics.reading import Scope, Source
from analytics.whatif import MOST_SHIFT, Bools, Move, apply, first_month, months_between

USUAL_LATER = 6  # months by which a start may move where no window is stated
SECONDS = 20.0
MOST_WEIGHT = 3.0  # what a month of delay of the most important project counts; that of the least counts 1
BEGUN = ("active", "on hold")

Tell = Callable[[Progress], None]
Stop = Callable[[], bool]


@dataclass(frozen=True)
class Tie:
    """A project that waits for another: by how many whole months the one that delivers may come later (0 or more)
    before it is too late; `is_fixed` where the day it is needed is stated, and does not move with who waits."""

    giver: str
    taker: str
    slack: int
    is_fixed: bool


def ties(source: Source, day: dt.date) -> tuple[Tie, ...]:
    """The dependencies between projects that are not met and of which both days are known."""
    found = []
    for one in dependencies.dependencies(source, day, Scope()):
        if one.state in ("open", "broken") and one.comes and one.needed and one.giver != one.taker:
            found.append(Tie(one.giver, one.taker, whole_months(one.comes, one.needed), one.is_stated))
    return tuple(found)


def whole_months(comes: dt.date, needed: dt.date) -> int:
    """By how many calendar months what comes on a day may come later and still not be late; never below 0.

    >>> whole_months(dt.date(2027, 1, 31), dt.date(2027, 2, 28)), whole_months(dt.date(2027, 3, 2), dt.date(2027, 3, 1))
    (1, 0)
    """
    months = max(months_between(comes, needed), 0)
    return months - (months > 0 and pd.Timestamp(comes) + pd.DateOffset(months=months) > pd.Timestamp(needed))


@dataclass(frozen=True)
class Window:
    """By how many months a project may start earlier and later, and why not at all ("" where it may)."""

    earlier: int = 0
    later: int = 0
    why_not: str = ""


def windows(plan: Plan, *, later: int = USUAL_LATER, held: Collection[str] = ()) -> dict[str, Window]:
    """What each project may do; `held` stay where they are."""
    span = plan.needs.groupby("project")["month"].agg(["min", "max"])
    first = {int(row): int(month) for row, month in zip(span.index, span["min"], strict=True)}
    last = {int(row): int(month) for row, month in zip(span.index, span["max"], strict=True)}
    columns = ["project_key", "stage", "is_critical", "baseline_start", "earliest_start", "latest_start"]
    out = {}
    for row, (key, stage, critical, start, earliest, latest) in enumerate(
        plan.projects[columns].itertuples(index=False, name=None)
    ):
        if row not in first:
            out[key] = Window(why_not="asks for nobody")
        elif key in held:
            out[key] = Window(why_not="moved by hand")
        elif critical:
            out[key] = Window(why_not="critical")
        elif not _is_to_begin(stage, start, plan.day):
            out[key] = Window(why_not="under way")
        else:
            begins = plan.months[first[row]] if pd.isna(start) else max(start.date(), plan.months[0])
            by = later if pd.isna(latest) else max(months_between(begins, latest.date()), 0)
            sooner = 0 if pd.isna(earliest) else max(months_between(earliest.date(), begins), 0)
            # What would come in behind the last month is not known, and nothing starts in a month that is running.
            ends_inside = last[row] < len(plan.months) - 1
            sooner = max(min(sooner, first[row] - 1, MOST_SHIFT), 0) if ends_inside else 0
            by = min(by, MOST_SHIFT)
            out[key] = Window(sooner, by, "" if by or sooner else "no other start is allowed")
    return out


def _is_to_begin(stage: object, start: object, day: dt.date) -> bool:
    if isinstance(start, pd.Timestamp) and start.date() > day:
        return True
    return isinstance(stage, str) and stage not in BEGUN


@dataclass(frozen=True)
class Span:
    """People of a pool from a month to another: FTE in the month that asks most, and FTE-months in all."""

    team: str
    pool: str
    first: dt.date
    last: dt.date
    most: float
    total: float


@dataclass(frozen=True)
class Step:
    """A project that starts `months` later (below 0: earlier) than `was`. Why: what it relieves; or, where it makes
    room for others, what would lack again without it; or the projects that would come too late, or wait, without it."""

    project_key: str
    project_name: str
    months: int
    was: dt.date
    becomes: dt.date
    relieves: tuple[Span, ...]
    returns: tuple[Span, ...]
    holds: tuple[str, ...]


@dataclass(frozen=True)
class Levelling:
    """A levelled plan: how the search ended, its moves, and the people that would remove what remains."""

    levelled: Levelled
    steps: tuple[Step, ...]
    hires: tuple[Span, ...]
    may_move: int

    @property
    def moves(self) -> tuple[Move, ...]:
        """The steps as moves of a what-if."""
        return tuple(Move("shift", step.project_key, step.months) for step in self.steps)


def level(
    plan: Plan,
    links: Sequence[Tie],
    moves: Sequence[Move] = (),
    *,
    later: int = USUAL_LATER,
    requested: bool = False,
    room: Floats | None = None,
    seconds: float = SECONDS,
    stop: Stop | None = None,
    tell: Tell | None = None,
) -> Levelling:
    """The plan after `moves` with as little overload as moving allows, then as little delay, then as few moves.

    Committed demand counts, or all of it with `requested`. `room` is the capacity to keep to, the plan's own if none is
    given. `stop` ends the search with the best so far, `tell` hears how far it is.
    """
    after = apply(plan, moves).plan
    shifts: dict[str, int] = {}
    for move in moves:
        if move.kind in ("shift", "start"):
            shifts[move.project] = shifts.get(move.project, 0) + move.months
    allowed = windows(after, later=later, held=set(shifts))
    counted = after.needs if requested else after.needs[after.needs["is_committed"]]
    asking = _demand(after, counted)
    allowed = {key: allowed[key] for key in asking}
    limits, between = _tied(allowed, links, shifts)
    weights = _weights(after)
    works = [Work(key, weights[key], asking[key], limits[key].later, limits[key].earlier) for key in asking]
    capacity = after.capacity if room is None else room
    levelled = levelling.level(works, capacity, between, seconds=seconds, stop=stop, tell=tell)
    may_move = sum(bool(one.later or one.earlier) for one in limits.values())
    return Levelling(levelled, _steps(after, levelled, asking), _spans(after, levelled.hires), may_move)


def _demand(plan: Plan, rows: pd.DataFrame) -> dict[str, tuple[tuple[int, int, float], ...]]:
    keys = plan.projects["project_key"].tolist()
    found: dict[str, list[tuple[int, int, float]]] = {}
    for project, pool, month, fte in rows[["project", "pool", "month", "fte"]].itertuples(index=False, name=None):
        found.setdefault(keys[project], []).append((int(pool), int(month), float(fte)))
    return {key: tuple(own) for key, own in found.items()}


def _tied(
    allowed: Mapping[str, Window], links: Sequence[Tie], shifts: Mapping[str, int]
) -> tuple[dict[str, Window], list[Link]]:
    """Windows and links that keep what waits from waiting in vain, where only the projects of `allowed` take part."""
    limits, between = dict(allowed), []
    for tie in links:
        moved = shifts.get(tie.giver, 0) - (0 if tie.is_fixed else shifts.get(tie.taker, 0))
        slack = max(tie.slack - moved, 0)
        if tie.giver in limits and (tie.is_fixed or tie.taker not in limits):
            limits[tie.giver] = replace(limits[tie.giver], later=min(limits[tie.giver].later, slack))
        elif tie.giver in limits:
            between.append(Link(tie.giver, tie.taker, slack))
        elif tie.taker in limits and not tie.is_fixed:
            limits[tie.taker] = replace(limits[tie.taker], earlier=min(limits[tie.taker].earlier, slack))
    return limits, between


def _weights(plan: Plan) -> dict[str, float]:
    """What a month of delay of a project counts: by its place among all priorities, 1 to 3; without one 1."""
    priority = pd.to_numeric(plan.projects["priority"])
    rank = priority.rank(method="dense")
    most = rank.max()
    share = (most - rank) / (most - 1) if most and most > 1 else rank * 0
    weights = (1 + (MOST_WEIGHT - 1) * share).fillna(1.0)
    return dict(zip(plan.projects["project_key"], weights.round(3), strict=True))


def _steps(
    plan: Plan, levelled: Levelled, asking: Mapping[str, tuple[tuple[int, int, float], ...]]
) -> tuple[Step, ...]:
    names = dict(zip(plan.projects["project_key"], plan.projects["project_name"], strict=True))
    out = []
    for move in levelled.moves:
        first = min(month for _, month, _ in asking[move.key])
        others = (link.after if link.before == move.key else link.before for link in move.breaks)
        out.append(
            Step(
                move.key,
                names[move.key],
                move.months,
                plan.months[first],
                plan.months[first + move.months],
                _spans(plan, move.relieves),
                _spans(plan, move.returns),
                tuple(dict.fromkeys(names[key] for key in others)),
            )
        )
    return tuple(out)


def _spans(plan: Plan, cells: Sequence[levelling.Hire | levelling.Relief]) -> tuple[Span, ...]:
    """Cells of one pool that follow each other, as one; most FTE-months first."""
    out = []
    ordered = sorted((cell.pool, cell.month, cell.fte) for cell in cells if cell.fte > LEAST)
    for _, group in groupby(enumerate(ordered), key=lambda one: (one[1][0], one[1][1] - one[0])):
        own = [cell for _, cell in group]
        team, pool = (str(plan.pools[name].iat[own[0][0]]) for name in ("team", "pool"))
        sizes = [fte for _, _, fte in own]
        out.append(Span(team, pool, plan.months[own[0][1]], plan.months[own[-1][1]], max(sizes), sum(sizes)))
    return tuple(sorted(out, key=lambda one: -one.total))


@dataclass(frozen=True)
class Rival:
    """A committed project that asks for what a start lacks: FTE-months in those cells, and why it may not move, ""
    where it may."""

    project_key: str
    project_name: str
    fte: float
    why_not: str


@dataclass(frozen=True)
class Answer:
    """Whether a project can start in a month: what it lacks beyond what lacks already, by people and months; what lacks
    of those already (FTE-months); what it asks of people whose capacity nobody states (FTE-months); the first month
    from then on in which it lacks nothing (None: none of those that are read); who else asks for what it lacks, those
    who ask for most first."""

    project_key: str
    project_name: str
    start: Move
    month: dt.date
    lacks: tuple[Span, ...]
    already: float
    unknown: float
    fits_from: dt.date | None
    rivals: tuple[Rival, ...]

    @property
    def total(self) -> float:
        """FTE-months that lack."""
        return sum(span.total for span in self.lacks)


def can_start(plan: Plan, moves: Sequence[Move], project: str, month: dt.date, *, later: int = USUAL_LATER) -> Answer:
    """Whether a requested project can start in a month, on top of `moves`; it is served after all committed work."""
    before = apply(plan, moves).plan
    planned = first_month(before, project) or month
    start = Move("start", project, months_between(planned, month))
    row = int(np.flatnonzero((before.projects["project_key"] == project).to_numpy())[0])
    own = before.needs["project"].to_numpy() == row
    pool, at, fte = (before.needs[name].to_numpy()[own] for name in ("pool", "month", "fte"))
    others = _others(before, own)
    lacking = _lacking(before, others, pool, at + start.months, fte)
    inside = (at + start.months >= 0) & (at + start.months < len(before.months))
    unknown = np.isnan(before.capacity[pool[inside], at[inside] + start.months])
    fits = None
    first, last = (int(at.min()), int(at.max())) if len(at) else (0, 0)
    for by in range(max(start.months, -first), len(before.months) - last):
        stands = ~np.isnan(before.capacity[pool, at + by]) | np.isnan(before.capacity[pool, at])
        if stands.all() and not _lacking(before, others, pool, at + by, fte):
            fits = before.months[first + by]
            break
    spans = _spans(before, [levelling.Hire(*cell, size) for cell, size in lacking.items()])
    name = str(before.projects["project_name"].iat[row])
    rivals = _rivals(before, own, lacking, moves, later)
    already = sum(max(float(others[cell] - before.capacity[cell]), 0.0) for cell in lacking)
    return Answer(project, name, start, month, spans, already, float(fte[inside][unknown].sum()), fits, rivals)


def _others(plan: Plan, own: Bools) -> Floats:
    """Committed FTE of the others, rounded as levelling rounds it: to thousandths each."""
    rows = plan.needs["is_committed"].to_numpy(dtype=bool) & ~own
    out = np.zeros(plan.capacity.shape)
    cells = (plan.needs["pool"].to_numpy()[rows], plan.needs["month"].to_numpy()[rows])
    np.add.at(out, cells, np.round(plan.needs["fte"].to_numpy()[rows], 3))
    return out


def _lacking(plan: Plan, others: Floats, pool: Ints, at: Ints, fte: Floats) -> dict[tuple[int, int], float]:
    """By how much demand in some cells makes more overload than there is."""
    own: dict[tuple[int, int], float] = {}
    for where, month, size in zip(pool.tolist(), at.tolist(), fte.tolist(), strict=True):
        if 0 <= month < len(plan.months):
            own[where, month] = own.get((where, month), 0) + size
    out: dict[tuple[int, int], float] = {}
    for cell, size in own.items():
        room = plan.capacity[cell]
        more = max(others[cell] + size - room, 0) - max(others[cell] - room, 0)
        if more > LEAST:  # not where the capacity is unknown
            out[cell] = float(more)
    return out


def _rivals(
    plan: Plan, own: Bools, lacking: Collection[tuple[int, int]], moves: Sequence[Move], later: int
) -> tuple[Rival, ...]:
    cells = {pool * len(plan.months) + month for pool, month in lacking}
    rows = plan.needs[~own & plan.needs["is_committed"].to_numpy(dtype=bool)]
    rows = rows[(rows["pool"] * len(plan.months) + rows["month"]).isin(cells)]
    held = {move.project for move in moves if move.kind in ("shift", "start")}
    allowed = windows(plan, later=later, held=held)
    sums = rows.groupby("project")["fte"].sum().sort_values(ascending=False)
    facts = plan.projects.loc[sums.index, ["project_key", "project_name"]].itertuples(index=False, name=None)
    return tuple(Rival(key, name, fte, allowed[key].why_not) for (key, name), fte in zip(facts, sums, strict=True))


def make_room(
    plan: Plan,
    links: Sequence[Tie],
    moves: Sequence[Move],
    start: Move,
    *,
    later: int = USUAL_LATER,
    seconds: float = SECONDS,
    stop: Stop | None = None,
    tell: Tell | None = None,
) -> Levelling:
    """What would have to move so that a start takes nobody from others: what lacks without it is left as it is."""
    before = apply(plan, moves).plan
    row = np.flatnonzero((before.projects["project_key"] == start.project).to_numpy())
    others = _others(before, np.isin(before.needs["project"].to_numpy(), row))
    room = np.maximum(before.capacity, others)
    return level(plan, links, [*moves, start], later=later, room=room, seconds=seconds, stop=stop, tell=tell)
