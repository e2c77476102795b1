"""Levelling: which projects to start later, or earlier, so that teams are asked for least more than they have.

An exact model over start months. A project moves by whole months, with all its demand, within its window. The aims, in
this strict order: the least overload; at that the least delay, weighted by priority; at that the fewest moves.

Limits that always hold:

- no cell (a pool in a month) ends with more overload than it has now, so one that is not overloaded does not become so.
  A plan that makes one team's worst month worse to relieve another's is not offered, even if the total were less: who
  is asked to carry more must be asked by a person, not by a sum;
- demand stays within the months of `capacity`, and demand for a cell whose capacity is stated does not move to one
  whose capacity is not: it would only be out of sight. Where nothing is stated, demand counts as no overload;
- links: a project may not run away from what waits for it.

Leaving everything as it is keeps to all of them, so there is always a plan, and none is worse than that.

Figures are counted in thousandths (of an FTE, of a weight): each is rounded to that first, and from there on all is in
whole numbers, in the solver too. What is proven is proven exactly.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.solving import run

UNIT = 1000
AIMS = ("overload", "delay", "moves")
# Of the time that is left, what the first and the second aim may take; an aim that is proven sooner leaves the rest.
SHARES = (0.7, 0.7, 1.0)

Cell = tuple[int, int]
Plan = dict[str, int]


@dataclass(frozen=True)
class Work:
    """A project: what a month of delay costs (`weight`, above 0), its demand as (pool, month, FTE), the pool being the
    row of `capacity` and the month its column, and by how many months it may start later and earlier (0: not)."""

    key: str
    weight: float
    demand: tuple[tuple[int, int, float], ...]
    latest: int = 0
    earliest: int = 0


@dataclass(frozen=True)
class Link:
    """`after` waits for `before`: `before` may move by at most `slack` months (0 or more) more than `after` does."""

    before: str
    after: str
    slack: int


@dataclass(frozen=True)
class Relief:
    """FTE of overload in one cell."""

    pool: int
    month: int
    fte: float


@dataclass(frozen=True)
class Move:
    """A project starts `months` later (below 0: earlier). Why, as data:

    `relieves`: the cells whose overload fell and that this project asks for less, with the smaller of the two figures
    (several moves that relieve one cell may add up to more than it fell). Empty for a move that makes room for others.
    `returns`: the overload that comes on top of the plan's if this move alone is undone.
    `breaks`: the links that do not hold if this move alone is undone.
    In a plan that is proven best, one of the last two is never empty.
    """

    key: str
    months: int
    relieves: tuple[Relief, ...]
    returns: tuple[Relief, ...]
    breaks: tuple[Link, ...]


@dataclass(frozen=True)
class Hire:
    """FTE that a pool lacks in a month."""

    pool: int
    month: int
    fte: float


@dataclass(frozen=True)
class Aim:
    """How one aim ended: "optimal" (no less is possible), "feasible" (there may be less, but nothing under `bound`) or
    "not started". Delay and moves are told at the overload found, and moves at the delay found. `gap` is
    (value - bound) / value."""

    name: str
    value: float
    bound: float
    status: str
    seconds: float

    @property
    def gap(self) -> float:
        """The part of the value that might still be saved; 0 where it is proven."""
        return (self.value - self.bound) / self.value if self.value else 0.0


@dataclass(frozen=True)
class Progress:
    """Where the search stands: the aim, its least value so far, its bound so far, seconds since the start."""

    aim: str
    value: float
    bound: float
    seconds: float


@dataclass(frozen=True)
class Levelled:
    """A plan. Overload in FTE-months, `delay` in months x weight (an earlier start counts as much as a later one, so
    that nothing moves without need), `moved` projects.

    `status` is "optimal" if all three aims are, "stopped" if it was asked to stop before that, else "feasible": the
    time was up, and it is the best that was found. `bound` and `gap` are those of the overload.

    `hires` are what remains, by cell. That is the fewest FTE-months with which a plan within the limits has no
    overload: any such plan needs hires of at least its overload, in the cells where it is, and just that is enough; so
    the least over all plans is the least overload. If that is not proven, fewer may do, but not under `bound`.
    The limits are those of today's capacity: plans that put work where only the hiring makes room are not looked at.
    """

    moves: tuple[Move, ...]
    overload_before: float
    overload_after: float
    delay: float
    moved: int
    status: str
    bound: float
    gap: float
    aims: tuple[Aim, ...]
    seconds: float
    hires: tuple[Hire, ...]


def level(
    works: Sequence[Work],
    capacity: NDArray[np.float64],
    links: Iterable[Link] = (),
    *,
    seconds: float = 20.0,
    stop: Callable[[], bool] | None = None,
    tell: Callable[[Progress], None] | None = None,
) -> Levelled:
    """The plan of moves with the least overload, then the least weighted delay, then the fewest moves.

    `capacity` is pools x months in FTE, NaN where nothing is stated. Demand in months that it does not have must be
    left out, and a project that goes on behind the last month is best given no `earliest`, since what would come in is
    not known. After `seconds`, or once `stop` says so, the best plan so far is returned, with its bound. `tell` hears
    of better plans and bounds; both are called in this thread, every 0.05 s at most. Several plans may be equally good;
    which of them comes may differ from run to run.

    Raises ValueError for a key that is there twice or that a link names and nobody has, for negative or endless FTE,
    capacity, window or slack, for a weight under 0.001, and for a pool or month that `capacity` does not have.
    """
    started = time.monotonic()
    case = _Case(works, capacity, tuple(links))
    plan: Plan = {}
    most: list[int] = []
    ended: list[tuple[int | None, float]] = []
    stopped = False
    for name, share in zip(AIMS, SHARES, strict=True):
        begun = time.monotonic()
        left = (seconds - (begun - started)) * share
        stopped = stopped or bool(stop and stop())
        bound = None
        if case.score(plan)[len(most)] == 0:
            bound = 0
        elif left > 0 and not stopped:

            def heard(value: int, bound: int, name: str = name) -> None:
                if tell:
                    tell(Progress(name, _scaled(name, value), _scaled(name, bound), time.monotonic() - started))

            plan, bound, stopped = _Search(case, most, plan).run(left, stop, heard)
            plan = case.without_needless(plan)
        most.append(case.score(plan)[len(most)])
        ended.append((bound, time.monotonic() - begun))
    score = case.score(plan)
    aims = tuple(_aim(name, *at) for name, *at in zip(AIMS, score, *zip(*ended, strict=True), strict=True))
    proven = all(aim.status == "optimal" for aim in aims)
    return Levelled(
        moves=case.moves(plan),
        overload_before=case.score({})[0] / UNIT,
        overload_after=aims[0].value,
        delay=aims[1].value,
        moved=len(plan),
        status="optimal" if proven else "stopped" if stopped else "feasible",
        bound=aims[0].bound,
        gap=aims[0].gap,
        aims=aims,
        seconds=time.monotonic() - started,
        hires=tuple(Hire(*cell, over / UNIT) for cell, over in sorted(case.overload(plan).items())),
    )


def _aim(name: str, value: int, bound: int | None, seconds: float) -> Aim:
    status = "not started" if bound is None else "optimal" if bound == value else "feasible"
    return Aim(name, _scaled(name, value), _scaled(name, bound or 0), status, seconds)


def _scaled(name: str, value: int) -> float:
    return value if name == "moves" else value / UNIT


class _Case:
    """What is asked, in whole thousandths; what a plan means in it. A plan has the months of the projects that move."""

    def __init__(self, works: Sequence[Work], capacity: NDArray[np.float64], links: tuple[Link, ...]) -> None:
        if np.any(capacity < 0) or np.any(np.isinf(capacity)):
            raise ValueError("Capacity must be 0 or more, or not stated.")
        self.pools, self.months = capacity.shape
        self.room = {
            (int(pool), int(month)): round(float(capacity[pool, month]) * UNIT)
            for pool, month in np.argwhere(~np.isnan(capacity))
        }
        self.weight: dict[str, int] = {}
        self.own: dict[str, dict[Cell, int]] = {}
        self.options: dict[str, list[int]] = {}
        for work in works:
            if work.key in self.own:
                raise ValueError(f"The project {work.key} is there twice.")
            self.weight[work.key] = self._weight(work)
            self.own[work.key] = self._demand(work)
            if work.latest < 0 or work.earliest < 0:
                raise ValueError(f"The window of {work.key} must be 0 or more months to each side.")
            window = range(-min(work.earliest, self.months), min(work.latest, self.months) + 1)
            self.options[work.key] = [by for by in window if self._may_stand(self.own[work.key], by)]
        for link in links:
            for key in (link.before, link.after):
                if key not in self.own:
                    raise ValueError(f"A link names {key}, which is not among the projects.")
            if link.slack < 0:
                raise ValueError(f"The slack between {link.before} and {link.after} must be 0 or more months.")
        self.links = links
        self.links_of = {key: [one for one in links if key in (one.before, one.after)] for key in self.own}
        self.now = self.overload({})

    def _weight(self, work: Work) -> int:
        weight = round(work.weight * UNIT) if np.isfinite(work.weight) else 0
        if weight < 1:
            raise ValueError(f"The weight of {work.key} must be 0.001 or more.")
        return weight

    def _demand(self, work: Work) -> dict[Cell, int]:
        own: dict[Cell, int] = defaultdict(int)
        for pool, month, fte in work.demand:
            if not (0 <= pool < self.pools and 0 <= month < self.months):
                raise ValueError(f"{work.key} asks for pool {pool} in month {month}, which the capacity does not have.")
            if not (np.isfinite(fte) and fte >= 0):
                raise ValueError(f"{work.key} asks for {fte} FTE; it must be 0 or more.")
            own[pool, month] += round(fte * UNIT)
        return {cell: size for cell, size in own.items() if size}

    def _may_stand(self, own: Mapping[Cell, int], by: int) -> bool:
        return all(
            0 <= month + by < self.months and ((pool, month + by) in self.room or (pool, month) not in self.room)
            for pool, month in own
        )

    def load(self, plan: Plan) -> dict[Cell, int]:
        """Demand by cell."""
        load: dict[Cell, int] = defaultdict(int)
        for key, own in self.own.items():
            by = plan.get(key, 0)
            for (pool, month), size in own.items():
                load[pool, month + by] += size
        return load

    def overload(self, plan: Plan) -> dict[Cell, int]:
        """Overload by cell, where there is any."""
        load = self.load(plan)
        return {cell: load[cell] - room for cell, room in self.room.items() if load[cell] > room}

    def score(self, plan: Plan) -> tuple[int, int, int]:
        """The three aims."""
        delay = sum(self.weight[key] * abs(by) for key, by in plan.items())
        return sum(self.overload(plan).values()), delay, len(plan)

    def keeps(self, plan: Plan) -> bool:
        """Whether all limits hold."""
        within = all(by in self.options[key] for key, by in plan.items())
        no_worse = all(over <= self.now.get(cell, 0) for cell, over in self.overload(plan).items())
        return within and no_worse and not _broken(self.links, plan)

    def without_needless(self, plan: Plan) -> Plan:
        """The plan without moves that can each be undone at no more overload; the costly ones are tried first."""
        plan, load = dict(plan), self.load(plan)
        undone = True
        while undone:
            undone = False
            for key in sorted(plan, key=lambda key: (-self.weight[key] * abs(plan[key]), key)):
                less = {other: by for other, by in plan.items() if other != key}
                then = self._if_undone(load, key, plan[key])
                over = {cell: max(0, size - self.room[cell]) for cell, size in then.items()}
                more = sum(over.values()) - sum(max(0, load[cell] - self.room[cell]) for cell in then)
                no_worse = all(size <= self.now.get(cell, 0) for cell, size in over.items())
                if more <= 0 and no_worse and not _broken(self.links_of[key], less):
                    plan, undone = less, True
                    load = self.load(plan)
        return plan

    def moves(self, plan: Plan) -> tuple[Move, ...]:
        """Each move with its reason, in the order of the projects."""
        load, after = self.load(plan), self.overload(plan)
        made = []
        for key in self.own:
            if key not in plan:
                continue
            relieves, returns = {}, {}
            for cell, size in self._if_undone(load, key, plan[key]).items():
                over = max(0, size - self.room[cell])
                relieves[cell] = min(size - load[cell], self.now.get(cell, 0) - after.get(cell, 0))
                returns[cell] = over - after.get(cell, 0)
            less = {other: by for other, by in plan.items() if other != key}
            breaks = _broken(self.links_of[key], less)
            made.append(Move(key, plan[key], _reliefs(relieves), _reliefs(returns), breaks))
        return tuple(made)

    def _if_undone(self, load: Mapping[Cell, int], key: str, by: int) -> dict[Cell, int]:
        """What the cells would be asked for whose demand changes if this project did not move; those with capacity."""
        change: dict[Cell, int] = defaultdict(int)
        for (pool, month), size in self.own[key].items():
            change[pool, month] += size
            change[pool, month + by] -= size
        return {cell: load[cell] + more for cell, more in change.items() if more and cell in self.room}


def _broken(links: Iterable[Link], plan: Plan) -> tuple[Link, ...]:
    return tuple(link for link in links if plan.get(link.before, 0) - plan.get(link.after, 0) > link.slack)


def _reliefs(cells: Mapping[Cell, int]) -> tuple[Relief, ...]:
    return tuple(Relief(*cell, size / UNIT) for cell, size in sorted(cells.items()) if size > 0)


class _Search:
    """One aim on the solver (CP-SAT, whole numbers): `most` are the values of the aims before it, `plan` the start."""

    def __init__(self, case: _Case, most: Sequence[int], plan: Plan) -> None:
        from ortools.sat.python import cp_model

        self.case, self.plan = case, plan
        self.value = case.score(plan)[len(most)]
        self.model = model = cp_model.CpModel()
        self.at: dict[str, dict[int, Any]] = {}
        load: dict[Cell, list[tuple[Any, int]]] = defaultdict(list)
        fixed: dict[Cell, int] = defaultdict(int)
        for key, own in case.own.items():
            options = case.options[key]
            if len(options) == 1:
                for cell, size in own.items():
                    fixed[cell] += size
                continue
            self.at[key] = {by: model.new_bool_var("") for by in options}
            model.add_exactly_one(self.at[key].values())
            for by, chosen in self.at[key].items():
                model.add_hint(chosen, by == plan.get(key, 0))
                for (pool, month), size in own.items():
                    load[pool, month + by].append((chosen, size))
        over = []
        now_left = case.overload(plan)
        for cell, terms in load.items():
            if cell not in case.room:
                continue
            asked = sum(chosen * size for chosen, size in terms) + fixed[cell]
            if cell in case.now:
                above = model.new_int_var(0, case.now[cell], "")
                model.add_hint(above, now_left.get(cell, 0))
                model.add(asked - above <= case.room[cell])
                over.append(above)
            else:
                model.add(asked <= case.room[cell])
        self.fixed = sum(size for cell, size in case.now.items() if cell not in load)
        for link in case.links:
            model.add(self._shift(link.before) - self._shift(link.after) <= link.slack)
        moved = [(key, by, chosen) for key, at in self.at.items() for by, chosen in at.items() if by]
        aims = (
            sum(over) + self.fixed,
            sum(chosen * (abs(by) * case.weight[key]) for key, by, chosen in moved),
            sum(chosen for _, _, chosen in moved),
        )
        for aim, limit in zip(aims, most, strict=False):
            model.add(aim <= limit)
        model.minimize(aims[len(most)])

    def _shift(self, key: str) -> Any:
        return sum(chosen * by for by, chosen in self.at.get(key, {}).items())

    def run(
        self, seconds: float, stop: Callable[[], bool] | None, heard: Callable[[int, int], None]
    ) -> tuple[Plan, int, bool]:
        """The best plan, the bound of the aim, and whether it was asked to stop."""

        def told(value: int | None, bound: int) -> None:
            heard(self.value if value is None else value, bound)

        ran = run(self.model, seconds, stop, told, value=self.value, bound=0)
        if not ran.found:
            return self.plan, ran.bound, ran.stopped
        plan = {key: by for key, at in self.at.items() for by, chosen in at.items() if by and ran.taken(chosen)}
        if not self.case.keeps(plan):
            raise RuntimeError("The solver's plan does not keep to the limits.")
        return plan, ran.bound, ran.stopped
