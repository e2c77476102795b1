"""Selection in whole numbers: each limit as rows of a sum that may not exceed an amount, and the solver's model.

The figures of one limit are counted in one unit: the largest power of ten that makes all of them whole, down to a
millionth, and none so small that they add up to more than 10^10 units. Where that unit cuts figures, what is asked for
is cut down and what there is up, so that every plan that keeps the limits is looked at; a plan may then exceed one by
less than a unit for each option. Values are rounded to the nearest unit, and what that loses is added to the bound.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from analytics.selection_case import Candidate, Case, Limit, Option, Plan
from analytics.solving import Ran, run

PLACES = 6
MOST = 10**10
# Of a unit: so near to a whole number it is that number. Limits stay exact with fewer than 10,000 options to each.
NEAR = 1e-4
# All limits in its linear relaxation. CP-SAT's own choice leaves out many of capacity: a gap of 10 % instead of none.
SUBSOLVERS = ("max_lp",)

Pick = tuple[str, int]
Terms = dict[Pick, float]


@dataclass(frozen=True)
class Row:
    """A limit, or a part of it, in whole units of 10^-places: the units of what is picked may not exceed `most`."""

    limit: Limit
    terms: dict[Pick, int]
    most: int
    places: int = 0


def places(*sums: Iterable[float]) -> int:
    """The decimal places of the unit in which the figures of these sums are counted; below 0 for tens, hundreds ..."""
    figures = [np.abs(np.fromiter(one, dtype=float)) for one in sums]
    total = max((float(one.sum()) for one in figures), default=0.0)
    most = min(PLACES, math.floor(math.log10(MOST / total))) if total else 0
    for at in range(most):
        scaled = np.concatenate(figures) * 10.0**at
        if np.all(np.abs(scaled - np.rint(scaled)) <= 1e-9 + 1e-14 * scaled):
            return at
    return most


def _down(figure: float, at: int) -> int:
    return math.floor(figure * 10.0**at + NEAR)


def _up(figure: float, at: int) -> int:
    return math.ceil(figure * 10.0**at - NEAR)


class Model:
    """A case in whole numbers; what a plan means in it."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.candidates = {candidate.key: candidate for candidate in case.candidates}
        self.options: dict[Pick, Option] = {
            (candidate.key, number): option
            for candidate in case.candidates
            for number, option in enumerate(candidate.options)
        }
        self.places = places(option.value for option in self.options.values())
        self.worth = {pick: round(option.value * 10.0**self.places) for pick, option in self.options.items()}
        self.lost = self._lost()
        self.rows: list[Row] = []
        for candidate in case.candidates:
            self._add_musts(candidate)
        self._add_groups()
        for candidate in case.candidates:
            for key in candidate.prerequisites:
                self._add_prerequisite(candidate, self.candidates[key])
        self._add_shares()
        self._add_budgets()
        self._add_capacity()

    def _lost(self) -> Fraction:
        """What rounding may take from the value of a plan, at most."""
        unit = Fraction(10) ** -self.places
        return sum(
            (
                max(
                    [
                        Fraction(0),
                        *(
                            Fraction(str(option.value)) - self.worth[candidate.key, number] * unit
                            for number, option in enumerate(candidate.options)
                        ),
                    ]
                )
                for candidate in self.case.candidates
            ),
            Fraction(0),
        )

    def done(self, candidate: Candidate) -> list[tuple[Pick, Option]]:
        """The options with which it is done."""
        return [((candidate.key, at), one) for at, one in enumerate(candidate.options) if not one.stops]

    def _add_musts(self, candidate: Candidate) -> None:
        done = [pick for pick, _ in self.done(candidate)]
        for kind, holds in (("mandatory", candidate.mandatory), ("forced in", candidate.forced == "in")):
            if holds:
                self.rows.append(Row(Limit(kind, candidate.key), dict.fromkeys(done, -1), -1))
        if candidate.forced == "out":
            self.rows.append(Row(Limit("forced out", candidate.key), dict.fromkeys(done, 1), 0))
        if len(done) < len(candidate.options):
            every = {(candidate.key, at): -1 for at in range(len(candidate.options))}
            self.rows.append(Row(Limit("decided", candidate.key), every, -1))

    def _add_groups(self) -> None:
        groups: dict[str, dict[Pick, int]] = defaultdict(dict)
        for candidate in self.case.candidates:
            if candidate.group is not None:
                groups[candidate.group] |= dict.fromkeys((pick for pick, _ in self.done(candidate)), 1)
        self.rows += [Row(Limit("group", group), terms, 1) for group, terms in groups.items()]

    def _add_prerequisite(self, candidate: Candidate, before: Candidate) -> None:
        """What starts until a month needs what is finished until then, for each month in which it may start."""
        limit = Limit("prerequisite", candidate.key, other=before.key)
        mine, theirs = self.done(candidate), self.done(before)
        for month in (*sorted({one.start for _, one in mine if one.start is not None}), None):
            terms: dict[Pick, int] = defaultdict(int)
            for pick, one in mine:
                terms[pick] += month is None or (one.start is not None and one.start <= month)
            for pick, one in theirs:
                terms[pick] -= one.finish is not None and (month is None or one.finish <= month)
            self.rows.append(Row(limit, {pick: sign for pick, sign in terms.items() if sign}, 0))

    def _add_shares(self) -> None:
        for share in self.case.shares:
            goes = {key: dict(one.goals).get(share.goal, 0.0) for key, one in self.candidates.items()}
            for kind, part, sign in (("floor", share.floor, -1), ("ceiling", share.ceiling, 1)):
                if part is not None:
                    terms = {
                        pick: sign * money_of(option) * (goes[pick[0]] - part) for pick, option in self.options.items()
                    }
                    self._add(Limit(kind, share.goal), terms, 0.0, places(terms.values()))

    def _add_budgets(self) -> None:
        lines: dict[int, Terms] = defaultdict(dict)
        for pick, option in self.options.items():
            for line, money in option.cost:
                lines[line][pick] = lines[line].get(pick, 0.0) + money
        for line, budget in enumerate(self.case.budgets):
            if budget.amount is not None:
                at = places([*lines[line].values(), budget.amount])
                self._add(Limit("budget", budget.name, line=line), lines[line], max(0.0, budget.amount), at)

    def _add_capacity(self) -> None:
        cells: dict[int, dict[int, Terms]] = defaultdict(lambda: defaultdict(dict))
        for pick, option in self.options.items():
            for pool, month, fte in option.demand:
                if fte and not np.isnan(self.case.capacity[pool, month]):
                    terms = cells[pool][month]
                    terms[pick] = terms.get(pick, 0.0) + fte
        for pool, months in sorted(cells.items()):
            rooms = {month: max(0.0, float(self.case.capacity[pool, month])) for month in months}
            at = places(*([*terms.values(), rooms[month]] for month, terms in months.items()))
            for month, terms in sorted(months.items()):
                self._add(Limit("capacity", pool=pool, month=month), terms, rooms[month], at)

    def _add(self, limit: Limit, terms: Terms, most: float, at: int) -> None:
        units = {pick: _down(figure, at) for pick, figure in terms.items()}
        self.rows.append(Row(limit, {pick: size for pick, size in units.items() if size}, _up(most, at), at))

    def worth_of(self, plan: Plan) -> int:
        """The value of a plan in whole units."""
        return sum(self.worth[pick] for pick in plan.items())

    def value_of(self, plan: Plan) -> float:
        """The value of a plan."""
        return float(sum(Fraction(str(self.options[pick].value)) for pick in plan.items()))

    def bound_of(self, units: int) -> float:
        """What no plan's value exceeds, if none has more than these whole units; never understated."""
        exact = units * Fraction(10) ** -self.places + self.lost
        bound = float(exact)
        return bound if not self.lost or Fraction(bound) >= exact else math.nextafter(bound, math.inf)

    def most_worth(self) -> int:
        """Whole units that no plan exceeds: the best option of each."""
        return sum(
            max([0, *(self.worth[one.key, at] for at in range(len(one.options)))]) for one in self.case.candidates
        )

    def needed(self, limit: Limit, plan: Plan) -> float:
        """The FTE of a cell, or the money of a budget line, that a plan takes."""
        takes = [self.options[pick] for pick in plan.items()]
        if limit.kind == "budget":
            return math.fsum(money for one in takes for line, money in one.cost if line == limit.line)
        cell = limit.pool, limit.month
        return math.fsum(fte for one in takes for pool, month, fte in one.demand if (pool, month) == cell)

    def broken(self, plan: Plan) -> list[Limit]:
        """The limits that a plan does not keep."""
        return list(dict.fromkeys(row.limit for row in self.rows if activity(row, plan) > row.most))


def activity(row: Row, plan: Plan) -> int:
    """What a plan comes to in a row."""
    return sum(row.terms.get(pick, 0) for pick in plan.items())


def money_of(option: Option) -> float:
    """What an option takes in all."""
    return math.fsum(money for _, money in option.cost) if option.money is None else option.money


@dataclass(frozen=True)
class Answer:
    """How a search ended: the best plan, if there is one, with the units of extra that it needs; and the run."""

    plan: Plan | None
    extra: int
    ran: Ran


class Search:
    """A search for the plan with the least of an aim that keeps these rows.

    `aim` are the whole units of each pick, and `start` is a plan that is known before. `worth` is the least value asked
    for. With `extra` the rows of that limit may be exceeded, all by the same units, and the aim is the least of these.
    """

    def __init__(
        self,
        model: Model,
        rows: Sequence[Row],
        aim: Mapping[Pick, int],
        *,
        start: Plan | None = None,
        extra: Limit | None = None,
        worth: int | None = None,
    ) -> None:
        from ortools.sat.python import cp_model

        self.model, self.aim, self.start = model, aim, start
        self.solver_model = made = cp_model.CpModel()
        self.take = {pick: made.new_bool_var("") for pick in model.options}
        own: dict[str, list[Any]] = defaultdict(list)
        for pick, chosen in self.take.items():
            own[pick[0]].append(chosen)
            if start is not None:
                made.add_hint(chosen, start.get(pick[0]) == pick[1])
        for choices in own.values():
            made.add_at_most_one(choices)
        self.extra: Any = None
        loose = [row for row in rows if extra is not None and covers(extra, row.limit)]
        if loose:
            self.extra = made.new_int_var(0, max(max(0, _highest(row) - row.most) for row in loose), "")
        for row in rows:
            if _highest(row) > row.most:
                asked = cp_model.LinearExpr.weighted_sum([self.take[pick] for pick in row.terms], [*row.terms.values()])
                made.add((asked - self.extra if row in loose else asked) <= row.most)
        if worth is not None:
            made.add(self._sum(model.worth) >= worth)
        made.minimize(self.extra if loose else self._sum(aim))

    def _sum(self, terms: Mapping[Pick, int]) -> Any:
        return sum(self.take[pick] * size for pick, size in terms.items() if size)

    def run(
        self,
        seconds: float,
        stop: Callable[[], bool] | None = None,
        heard: Callable[[int | None, int], None] = lambda value, bound: None,
        *,
        bound: int,
    ) -> Answer:
        """Search for so many seconds at most; `bound` is what the aim can't be below."""
        start = self.start
        known = None if start is None else sum(self.aim.get(pick, 0) for pick in start.items())
        ran = run(self.solver_model, seconds, stop, heard, value=known, bound=bound, subsolvers=SUBSOLVERS)
        if not ran.found:
            return Answer(start, 0, ran)
        plan = dict(pick for pick, chosen in self.take.items() if ran.taken(chosen))
        return Answer(plan, 0 if self.extra is None else ran.number(self.extra), ran)


def covers(asked: Limit, limit: Limit) -> bool:
    """Whether a limit is the one that is asked of, or the month of it where a pool is asked of in all its months."""
    if asked.kind == "budget":
        return limit.kind == "budget" and limit.line == asked.line
    same = (asked.kind, asked.pool) == (limit.kind, limit.pool)
    return same and (asked.month is None or asked.month == limit.month)


def _highest(row: Row) -> int:
    """The most that a row can come to."""
    best: dict[str, int] = defaultdict(int)
    for (key, _), size in row.terms.items():
        best[key] = max(best[key], size)
    return sum(best.values())
