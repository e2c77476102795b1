"""The frontier: what the best plan is worth at each level of the budget, or of one team's capacity."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analytics.selection import check, solve
from analytics.selection_case import Case, Limit, Plan, Selected
from analytics.selection_model import Model, covers


@dataclass(frozen=True)
class Point:
    """The best plan when the limits are `scale` times what is stated. `amount` is what they then are in all (money; of
    a pool FTE-months, where stated); of an infeasible point `selected` does not say why."""

    scale: float
    amount: float
    selected: Selected


def frontier(
    case: Case,
    scales: Sequence[float],
    *,
    of: Limit | None = None,
    seconds: float = 30.0,
    stop: Callable[[], bool] | None = None,
) -> Iterator[Point]:
    """The best value at each level, from the lowest on, each as soon as it is proven or its part of the time is up.

    Levels are scales (1 as stated) of all budget lines, or of one limit: "budget" of a line, "capacity" of a pool, in a
    month or in all. Each search starts from the plan of the level below, so the value never falls with more. After a
    stop no more points come.

    Raises ValueError for a scale below 0 or endless, for another kind of limit, and as `select`.
    """
    check(case)
    if not all(0 <= scale < float("inf") for scale in scales):
        raise ValueError("The scales of a frontier must be 0 or more.")
    if of is not None and of.kind not in ("budget", "capacity"):
        raise ValueError(f"There is no frontier of a limit of the kind {of.kind}.")
    return _points(case, sorted(scales), of, time.monotonic() + seconds, stop)


def _points(
    case: Case, scales: Sequence[float], of: Limit | None, until: float, stop: Callable[[], bool] | None
) -> Iterator[Point]:
    known: Plan | None = None
    for number, scale in enumerate(scales):
        if stop and stop():
            return
        at, amount = _scaled(case, scale, of)
        part = (until - time.monotonic()) / (len(scales) - number)
        selected = solve(Model(at), seconds=part, stop=stop, tell=None, known=known, why=False)
        known = selected.chosen if selected.value is not None else known
        yield Point(scale, amount, selected)


def _scaled(case: Case, scale: float, of: Limit | None) -> tuple[Case, float]:
    """The case at a level, and the amount of what was scaled."""
    if of is None or of.kind == "budget":
        budgets, amount = list(case.budgets), 0.0
        for line, budget in enumerate(case.budgets):
            limit = Limit("budget", line=line)
            if budget.amount is not None and (of is None or covers(of, limit)):
                budgets[line] = replace(budget, amount=budget.amount * scale)
                amount += budget.amount * scale
        return replace(case, budgets=tuple(budgets)), amount
    capacity = case.capacity.copy()
    months = slice(None) if of.month is None else of.month
    capacity[of.pool, months] *= scale
    return replace(case, capacity=capacity), float(np.nansum(capacity[of.pool, months]))
