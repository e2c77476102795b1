"""What it would take to have a candidate that was left out: its price in value, or the smallest extra of one limit."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from analytics.selection import check, solve
from analytics.selection_case import Case, Limit, Plan, Selected
from analytics.selection_model import Model, Pick, Search, covers

# Of the time, what the best value may take; the fewest changes at that value have the rest.
VALUE_SHARE = 0.7


@dataclass(frozen=True)
class Move:
    """A candidate is done in another option: its place in `options` before and after."""

    key: str
    before: int
    after: int


@dataclass(frozen=True)
class Price:
    """The best plan with a candidate forced in, against the plan that was: `price` is how much less it is worth (None
    if there is no such plan), and with as few changes as were found, `dropped` are the keys that are not done any more,
    `added` those that are done instead (the candidate among them), and `moved` those done in another option.

    `proven`: both plans are optimal, so this is the price; else it may be another, but not under `least`.
    """

    key: str
    price: float | None
    least: float | None
    proven: bool
    dropped: tuple[str, ...]
    added: tuple[str, ...]
    moved: tuple[Move, ...]
    selected: Selected


@dataclass(frozen=True)
class Extra:
    """The smallest extra of one limit with which a plan with the candidate is worth no less than today's: `amount` in
    FTE (in each month, where the pool was asked of in all) or money, and that plan in `chosen`.

    `status` is "optimal" (no less will do), "feasible" (less might, but not less than `bound`), "infeasible" (no amount
    will do; `amount` is None), "stopped" or "unknown" (none was found in time).
    """

    key: str
    limit: Limit
    amount: float | None
    bound: float
    status: str
    chosen: Plan
    seconds: float


def price_of(
    case: Case,
    key: str,
    today: Selected,
    *,
    seconds: float = 10.0,
    stop: Callable[[], bool] | None = None,
) -> Price:
    """What it costs in value to force a candidate in, what drops out for it and what moves. `today` is what `select`
    gave for the case. Why it can't be had at all is in the `conflicts` of `selected`.

    Raises ValueError if nobody has the key, and as `select`.
    """
    started = time.monotonic()
    model = Model(_with(case, key))
    selected = solve(model, seconds=seconds * VALUE_SHARE, stop=stop, tell=None)
    if selected.value is None or today.value is None:
        return Price(key, None, None, False, (), (), (), selected)
    plan = selected.chosen
    left = seconds - (time.monotonic() - started)
    if left > 0 and not (stop and stop()):
        plan = _nearest(model, plan, today.chosen, left, stop)
        selected = replace(selected, chosen=plan, value=model.value_of(plan))
    before, after = _done(model, today.chosen), _done(model, plan)
    moved = (Move(one, at, after[one]) for one, at in before.items() if after.get(one, at) != at)
    return Price(
        key,
        today.value - model.value_of(plan),
        None if selected.bound is None else max(0.0, today.value - selected.bound),
        selected.status == today.status == "optimal",
        tuple(one for one in before if one not in after),
        tuple(one for one in after if one not in before),
        tuple(moved),
        selected,
    )


def extra_of(
    case: Case,
    key: str,
    limit: Limit,
    today: Selected,
    *,
    seconds: float = 10.0,
    stop: Callable[[], bool] | None = None,
) -> Extra:
    """The smallest extra of one limit ("budget" of a line, "capacity" of a pool, in a month or in each month) at which
    forcing a candidate in costs no value. Exact, in the unit that the limit is counted in, where it is proven.

    Raises ValueError if nobody has the key, for another kind of limit, if `today` has no plan, and as `select`.
    """
    started = time.monotonic()
    if limit.kind not in ("budget", "capacity"):
        raise ValueError(f"There is no extra of a limit of the kind {limit.kind}.")
    if today.value is None:
        raise ValueError("There is no plan to compare with.")
    model = Model(_with(case, key))
    places = max((row.places for row in model.rows if covers(limit, row.limit)), default=0)
    search = Search(model, model.rows, {}, extra=limit, worth=model.worth_of(today.chosen))
    answer = search.run(seconds, stop, bound=0)
    found, ran = answer.plan is not None, answer.ran
    ended = "optimal" if ran.proven else "infeasible" if ran.impossible else "stopped" if ran.stopped else ""
    return Extra(
        key,
        limit,
        float(answer.extra / Fraction(10) ** places) if found else None,
        float(ran.bound / Fraction(10) ** places),
        ended or ("feasible" if found else "unknown"),
        answer.plan or {},
        time.monotonic() - started,
    )


def _with(case: Case, key: str) -> Case:
    """The case with the candidate forced in."""
    check(case)
    if key not in {one.key for one in case.candidates}:
        raise ValueError(f"{key} is not among the candidates.")
    forced = (replace(one, forced="in") if one.key == key else one for one in case.candidates)
    return replace(case, candidates=tuple(forced))


def _nearest(model: Model, plan: Plan, today: Plan, seconds: float, stop: Callable[[], bool] | None) -> Plan:
    """A plan that is worth as much, with the fewest changes: what is dropped counts twice."""
    aim: dict[Pick, int] = {}
    for key, number in model.options:
        aim[key, number] = 1 if key not in today else -2 if today[key] == number else -1
    search = Search(model, model.rows, aim, start=plan, worth=model.worth_of(plan))
    nearest = search.run(seconds, stop, bound=-2 * len(today)).plan
    return plan if nearest is None or model.value_of(nearest) < model.value_of(plan) else nearest


def _done(model: Model, plan: Plan) -> Plan:
    """What of a plan is done, not stopped."""
    return {pick[0]: pick[1] for pick in plan.items() if not model.options[pick].stops}
