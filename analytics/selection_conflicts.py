"""Why no plan keeps all limits: a set of limits that can't all hold, of which none can be left out."""

import time
from collections.abc import Callable, Sequence

from analytics.selection_case import Case, Conflict, Limit
from analytics.selection_model import Model, Row, Search

# Those come first that a reader would rather not hear of, if others explain as well.
ORDER = (
    "floor",
    "ceiling",
    "group",
    "prerequisite",
    "decided",
    "forced out",
    "capacity",
    "budget",
    "forced in",
    "mandatory",
)


def conflicts_of(model: Model, until: float, stop: Callable[[], bool] | None) -> tuple[tuple[Conflict, ...], bool]:
    """The conflict of a case without a plan, and whether each limit of it is needed, as proven by `until`
    (time.monotonic)."""
    limits = sorted({row.limit for row in model.rows}, key=lambda one: ORDER.index(one.kind))
    held, sure = _core(model, limits, until, stop), True
    for limit in list(held):
        without = [one for one in held if one != limit]
        possible = _possible(model, without, until, stop)
        if possible is None:
            sure = False
        elif not possible:
            held = without
    return tuple(_told(model, limit, held, until, stop) for limit in held), sure


def _rows(model: Model, limits: Sequence[Limit]) -> list[Row]:
    kept = set(limits)
    return [row for row in model.rows if row.limit in kept]


def _possible(model: Model, limits: Sequence[Limit], until: float, stop: Callable[[], bool] | None) -> bool | None:
    """Whether there is a plan that keeps these limits; None if that is not known in time."""
    left = until - time.monotonic()
    if left <= 0 or (stop and stop()):
        return None
    ran = Search(model, _rows(model, limits), {}).run(left, stop, bound=0).ran
    return ran.found if ran.found or ran.impossible else None


def _core(model: Model, limits: list[Limit], until: float, stop: Callable[[], bool] | None) -> list[Limit]:
    """Limits that can't all hold, far fewer than all: halves and smaller parts are left out while that stays so."""
    held, size = limits, max(1, len(limits) // 2)
    while size >= 1:
        at = 0
        while at < len(held):
            without = held[:at] + held[at + size :]
            if _possible(model, without, until, stop) is False:
                held = without
            else:
                at += size
        size //= 2
    return held


def _told(model: Model, limit: Limit, held: Sequence[Limit], until: float, stop: Callable[[], bool] | None) -> Conflict:
    """The limit with what there is of it, and what is needed at least while the others hold."""
    has = _stated(model.case, limit)
    left = until - time.monotonic()
    if limit.kind not in ("capacity", "budget") or left <= 0 or (stop and stop()):
        return Conflict(limit, None, has)
    (row,) = _rows(model, [limit])
    others = _rows(model, [one for one in held if one != limit])
    answer = Search(model, others, row.terms).run(left, stop, bound=0)
    if answer.plan is None or not answer.ran.proven:
        return Conflict(limit, None, has)
    return Conflict(limit, model.needed(limit, answer.plan), has)


def _stated(case: Case, limit: Limit) -> float | None:
    if limit.kind == "capacity" and limit.month is not None:
        return float(case.capacity[limit.pool, limit.month])
    if limit.kind == "budget" and limit.line is not None:
        return case.budgets[limit.line].amount
    for share in case.shares:
        if share.goal == limit.name and limit.kind in ("floor", "ceiling"):
            return share.floor if limit.kind == "floor" else share.ceiling
    return None
