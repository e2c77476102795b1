"""Selection: what is asked, and what comes of it, as plain data. `analytics.selection` says what they mean together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Plan = dict[str, int]
"""The option (its place in the candidate's options) of each candidate that has one."""


@dataclass(frozen=True)
class Option:
    """One way to do a candidate: from a start month, or, for running work: go on, pause, stop.

    `start` is the column of `capacity` that it starts in; None: it waits for no month. `finish` is the first month
    after it is done, and may lie behind the last column; None: never, so nothing that waits for it can be chosen.
    `value` is what it brings if chosen, delay and discount included; it may be below 0, for work that must be done.
    `demand` is (pool, month, FTE), `cost` (number of the budget line, money), both 0 or more. `money` is what it takes
    in all, for the shares of the goals; None: the sum of its costs, which is right where no two lines overlap.

    `stops`: the way of not doing it, where that has a value or takes something. A candidate with such an option is
    always decided: one of its options is chosen. What is stopped is in no group, and nothing that waits for it can be
    chosen.
    """

    start: int | None
    value: float
    demand: tuple[tuple[int, int, float], ...] = ()
    cost: tuple[tuple[int, float], ...] = ()
    finish: int | None = None
    name: str = ""
    money: float | None = None
    stops: bool = False


@dataclass(frozen=True)
class Candidate:
    """Work that may be chosen, in at most one of its options.

    `mandatory` or `forced` "in": it is done, so an option that stops will not do. `forced` "out": it is not. Each of
    its `prerequisites` (keys) must be done too, and be finished when this starts (an option with no start month only
    asks that it finishes). Of those with the same `group` at most one is done. `goals`: the share of its money that
    goes to each goal, 1 in all or less.
    """

    key: str
    options: tuple[Option, ...]
    mandatory: bool = False
    prerequisites: tuple[str, ...] = ()
    group: str | None = None
    goals: tuple[tuple[str, float], ...] = ()
    forced: str | None = None


@dataclass(frozen=True)
class Budget:
    """A budget line, such as a portfolio's quarter: the money left for what is chosen; None: no limit, only counted."""

    name: str
    amount: float | None


@dataclass(frozen=True)
class Share:
    """The least and the most of all chosen money that goes to a goal, each from 0 to 1 or None. If nothing that is
    chosen takes money, both hold."""

    goal: str
    floor: float | None = None
    ceiling: float | None = None


@dataclass(frozen=True)
class Case:
    """What is asked. `capacity` is pools x months: the FTE left for what is chosen, NaN where nothing is stated (no
    limit there). Capacity and budgets below 0, of what is taken already, leave as much room as 0."""

    candidates: tuple[Candidate, ...]
    capacity: NDArray[np.float64]
    budgets: tuple[Budget, ...] = ()
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True)
class Limit:
    """One limit of a case, by its `kind`:

    - "capacity": of `pool` in `month`; asked of with no month: of the pool in all its months
    - "budget": of the budget line number `line`, called `name`
    - "floor", "ceiling": of the goal `name`
    - "mandatory", "forced in", "forced out": of the candidate `name`
    - "decided": the candidate `name` has an option that stops, so one of its options is chosen
    - "group": at most one of the group `name`
    - "prerequisite": the candidate `name` waits for the candidate `other`
    """

    kind: str
    name: str = ""
    pool: int | None = None
    month: int | None = None
    line: int | None = None
    other: str = ""


@dataclass(frozen=True)
class Conflict:
    """One of the limits that can't all hold. Of capacity (FTE) and a budget (money) `needed` is the least that work
    takes of it while the other limits of the set hold, or None where time was too short for a proof, and `has` is
    what there is; of a floor or ceiling `has` is the share. Both are None for the other kinds."""

    limit: Limit
    needed: float | None = None
    has: float | None = None


@dataclass(frozen=True)
class Progress:
    """Where the search stands: the best value so far (None: no plan yet), its bound so far, seconds since the start."""

    value: float | None
    bound: float
    seconds: float


@dataclass(frozen=True)
class Selected:
    """What is chosen: for each candidate that has one its option's place in `options`.

    `status` is "optimal" (no plan has more, see `bound`), "feasible" (the time was up: the best that was found),
    "stopped" (it was asked to stop before that: the best so far), "infeasible" (proven: no plan keeps all limits, and
    `conflicts` says which can't hold together), or "unknown" (the time was up, and neither a plan nor a proof that
    there is none was found). `value` is None where there is no plan: for the last two, and perhaps "stopped".

    `bound` is what no plan exceeds, never understated. `gap` is (bound - value) / |value|, 0 if optimal, None where it
    is not defined. `irreducible`: each of the conflicts is needed, without any one of them the others could hold.
    """

    chosen: Plan
    value: float | None
    status: str
    bound: float | None
    gap: float | None
    seconds: float
    conflicts: tuple[Conflict, ...] = ()
    irreducible: bool = True
