"""Selection: which work to do, and from when, so that it brings the most value within all limits.

An exact model over options: each candidate is done in at most one of its options, most of which are start months. The
sum of their values is the most that these limits allow, which are told in `analytics.selection_case`: capacity of pools
by month, budget lines, prerequisites that are finished first, groups of which one is done, what is mandatory, forced in
or out, work that runs and may stop, and the least and most share of the money by goal.

What is proven is proven exactly, in whole units (`analytics.selection_model`): figures of up to six decimal places and
ten digits are counted as they are.
"""

import math
import time
from collections.abc import Callable
from fractions import Fraction

from analytics.selection_case import (
    Budget,
    Candidate,
    Case,
    Conflict,
    Limit,
    Option,
    Plan,
    Progress,
    Selected,
    Share,
)
from analytics.selection_conflicts import conflicts_of
from analytics.selection_greedy import RATIO, VALUE, gain, greedy, ranked
from analytics.selection_model import Model, Search

__all__ = [
    "Budget",
    "Candidate",
    "Case",
    "Conflict",
    "Limit",
    "Option",
    "Plan",
    "Progress",
    "Selected",
    "Share",
    "gain",
    "greedy",
    "select",
]


def select(
    case: Case,
    *,
    seconds: float = 20.0,
    stop: Callable[[], bool] | None = None,
    tell: Callable[[Progress], None] | None = None,
) -> Selected:
    """The plan with the most value that keeps all limits, with its proof; or why there is none.

    After `seconds`, or once `stop` says so, the best plan so far is returned, with its bound. `tell` hears of better
    plans and bounds; both are called in this thread, every 0.05 s at most. Without any time it is the plan of the usual
    ranking, if that gives one. Several plans may be equally good; which of them comes may differ from run to run.

    Raises ValueError for what makes no sense: a key that is there twice, a prerequisite that nobody has, a pool, month
    or budget line that is not there, FTE or money below 0 or endless, shares outside 0 to 1.
    """
    check(case)
    return solve(Model(case), seconds=seconds, stop=stop, tell=tell)


def solve(
    model: Model,
    *,
    seconds: float,
    stop: Callable[[], bool] | None,
    tell: Callable[[Progress], None] | None,
    known: Plan | None = None,
    why: bool = True,
) -> Selected:
    """As `select`, from a plan that is known before, if it keeps the limits. `why`: say why, if there is no plan."""
    started = time.monotonic()
    start = best_start(model, known)
    bound, found, proven, impossible, stopped = model.most_worth(), start, False, False, bool(stop and stop())

    def heard(value: int | None, bound: int) -> None:
        if tell:
            best = None if value is None else float(-value / Fraction(10) ** model.places)
            tell(Progress(best, model.bound_of(-bound), time.monotonic() - started))

    if seconds > 0 and not stopped:
        aim = {pick: -worth for pick, worth in model.worth.items()}
        answer = Search(model, model.rows, aim, start=start).run(seconds, stop, heard, bound=-bound)
        found, bound = _better(model, answer.plan, start), -answer.ran.bound
        proven, impossible, stopped = answer.ran.proven, answer.ran.impossible, answer.ran.stopped
    if impossible:
        # To say why is worth some seconds more.
        until = time.monotonic() + max(seconds - (time.monotonic() - started), min(seconds, 5.0))
        conflicts, sure = conflicts_of(model, until, stop) if why else ((), False)
        return Selected({}, None, "infeasible", None, None, time.monotonic() - started, conflicts, sure)
    value = None if found is None else model.value_of(found)
    status = "optimal" if proven else "stopped" if stopped else "unknown" if found is None else "feasible"
    most = model.bound_of(bound) if value is None else max(value, model.bound_of(bound))
    gap = 0.0 if proven else (most - value) / abs(value) if value else None
    return Selected(found or {}, value, status, most, gap, time.monotonic() - started)


def _better(model: Model, plan: Plan | None, start: Plan | None) -> Plan | None:
    """The one that is worth more, rounding aside."""
    plans = [one for one in (start, plan) if one is not None]
    return max(plans, key=model.value_of, default=None)


def best_start(model: Model, known: Plan | None) -> Plan | None:
    """The best of the plans that are known before a search: the given one, the rankings', and nothing at all."""
    plans = [ranked(model, RATIO), ranked(model, VALUE), {}, known]
    sound = [plan for plan in plans if plan is not None and not model.broken(plan)]
    return max(sound, key=model.worth_of, default=None)


def check(case: Case) -> None:
    """Raise ValueError for what makes no sense."""
    keys = {candidate.key for candidate in case.candidates}
    if len(keys) < len(case.candidates):
        raise ValueError("A candidate is there twice.")
    if len({share.goal for share in case.shares}) < len(case.shares):
        raise ValueError("A goal has two floors or ceilings.")
    if not all(math.isfinite(one.amount) for one in case.budgets if one.amount is not None):
        raise ValueError("The amount of a budget must be a number, or not stated.")
    if math.inf in abs(case.capacity):
        raise ValueError("Capacity must be a number, or not stated.")
    parts = [part for share in case.shares for part in (share.floor, share.ceiling) if part is not None]
    for candidate in case.candidates:
        for key in candidate.prerequisites:
            if key not in keys or key == candidate.key:
                raise ValueError(f"{candidate.key} waits for {key}, which is not among the others.")
        if candidate.forced not in (None, "in", "out"):
            raise ValueError(f"{candidate.key} is forced {candidate.forced}; it must be in or out.")
        parts += [part for _, part in candidate.goals]
        for option in candidate.options:
            _check_option(case, candidate.key, option)
    if not all(0 <= part <= 1 for part in parts):
        raise ValueError("The share of a goal must be from 0 to 1.")


def _check_option(case: Case, key: str, option: Option) -> None:
    pools, months = case.capacity.shape
    if not math.isfinite(option.value):
        raise ValueError(f"The value of {key} must be a number.")
    for pool, month, _ in option.demand:
        if not (0 <= pool < pools and 0 <= month < months):
            raise ValueError(f"{key} asks for pool {pool} in month {month}, which the capacity does not have.")
    for line, _ in option.cost:
        if not 0 <= line < len(case.budgets):
            raise ValueError(f"{key} takes money from budget line {line}, which is not there.")
    sizes = [fte for _, _, fte in option.demand] + [money for _, money in option.cost] + [option.money or 0.0]
    if not all(math.isfinite(size) and size >= 0 for size in sizes):
        raise ValueError(f"{key} asks for FTE or money that is below 0 or endless.")
