"""The usual ranking, to compare with and to start from: by score from the top, until all is full."""

import math
import time
from collections import defaultdict

from analytics.selection_case import Candidate, Case, Plan, Selected
from analytics.selection_model import Model, Pick, Row, money_of

RATIO, VALUE = "value per cost", "value"


def greedy(case: Case, by: str = RATIO) -> Selected:
    """The plan of the usual ranking: what must be done first, then by "value per cost" or by "value", each in its first
    option that still fits, and from the top again until nothing more does (a prerequisite may rank below what waits
    for it). What has no value is left out. Shares of goals are looked at in the end alone, as is done with a ranking.

    Without a cost the ranking goes by value per FTE-month, and without both by value. `status` is "feasible", or
    "unknown" if that way does not lead to a plan that keeps all limits; nothing is proven of it, so it has no bound.
    """
    started = time.monotonic()
    plan = ranked(Model(case), by)
    value = None if plan is None else math.fsum(case_value(case, plan))
    status = "unknown" if plan is None else "feasible"
    return Selected(plan or {}, value, status, None, None, time.monotonic() - started)


def case_value(case: Case, plan: Plan) -> list[float]:
    """The values of what is chosen."""
    return [one.options[plan[one.key]].value for one in case.candidates if one.key in plan]


def gain(best: Selected, ranking: Selected) -> tuple[float, float | None] | None:
    """How much more a plan brings than the ranking's, and as a part of that; None where one of them has no plan."""
    if best.value is None or ranking.value is None:
        return None
    more = best.value - ranking.value
    return more, more / ranking.value if ranking.value > 0 else None


def ranked(model: Model, by: str) -> Plan | None:
    """The plan of a ranking, None if it does not keep all limits."""
    rows_of: dict[Pick, list[tuple[Row, int]]] = defaultdict(list)
    for row in model.rows:
        if row.limit.kind not in ("mandatory", "forced in", "decided", "floor", "ceiling"):
            for pick, size in row.terms.items():
                rows_of[pick].append((row, size))
    used: dict[int, int] = defaultdict(int)
    plan: Plan = {}
    order = sorted(model.case.candidates, key=lambda one: (not _must(one), -_score(one, by), one.key))
    added = True
    while added:
        added = False
        for candidate in order:
            if candidate.key in plan:
                continue
            for number, option in enumerate(candidate.options):
                pick = candidate.key, number
                if (option.value < 0 and not _must(candidate)) or (option.stops and _done(candidate)):
                    continue
                if all(used[id(row)] + size <= row.most for row, size in rows_of[pick]):
                    plan[candidate.key] = number
                    for row, size in rows_of[pick]:
                        used[id(row)] += size
                    added = True
                    break
    return None if model.broken(plan) else plan


def _must(candidate: Candidate) -> bool:
    return _done(candidate) or any(one.stops for one in candidate.options)


def _done(candidate: Candidate) -> bool:
    return candidate.mandatory or candidate.forced == "in"


def _score(candidate: Candidate, by: str) -> float:
    scores = []
    for option in candidate.options:
        takes = money_of(option) or math.fsum(fte for _, _, fte in option.demand)
        scores.append(option.value if by == VALUE or not takes else option.value / takes)
    return max(scores, default=-math.inf)
