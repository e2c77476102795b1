"""Selection: the most value within all limits; why there is none; what it would take to have what was left out."""

import itertools
import time
from dataclasses import replace
from fractions import Fraction
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.frontier import frontier
from analytics.selection import (
    Budget,
    Candidate,
    Case,
    Conflict,
    Limit,
    Option,
    Progress,
    Selected,
    Share,
    gain,
    greedy,
    select,
)
from analytics.selection_prices import Move, extra_of, price_of
from tests import prove, selection_checker
from tests.orlib import Problem, problems
from tests.selection_sets import selection_set


def assert_sound(case: Case, selected: Selected) -> None:
    """It keeps to all limits, and says of itself what is so."""
    assert selected.status in ("optimal", "feasible", "stopped", "infeasible", "unknown")
    if selected.value is None:
        assert selected.chosen == {}
        assert selected.status != "optimal"
        return
    assert list(selection_checker.broken(case, selected.chosen)) == []
    assert selected.value == pytest.approx(float(selection_checker.value(case, selected.chosen)), abs=1e-9)
    assert selected.conflicts == ()
    if selected.bound is not None:
        assert selected.bound >= selected.value
        assert selected.gap is None or selected.gap >= 0
    if selected.status == "optimal":
        assert (selected.gap, selected.bound) == (0, selected.value)


@st.composite
def small(draw: st.DrawFn) -> Case:
    """Few candidates, figures that meet each other, and every kind of limit; some of them can't all hold."""
    months, pools, lines = draw(st.integers(1, 4)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    keys = [f"C{number}" for number in range(draw(st.integers(2, 5)))]
    seldom = st.sampled_from([False, False, False, False, True])
    month = st.integers(0, months - 1)
    candidates = []
    for key in keys:
        options = []
        for _ in range(draw(st.integers(1, 3))):
            start = draw(st.one_of(st.none(), month, month))
            cell = st.tuples(st.integers(0, pools - 1), month, st.sampled_from([0.0, 0.3, 0.5, 1.0, 1.7]))
            takes = st.tuples(st.integers(0, lines - 1), st.sampled_from([0.0, 10.0, 12.5, 40.0, 99.99]))
            option = Option(
                start=start,
                value=draw(st.sampled_from([-1.5, 0.0, 1.0, 2.0, 2.0, 3.3, 5.25, 7.0])),
                demand=tuple(draw(st.lists(cell, max_size=3))),
                cost=tuple(draw(st.lists(takes, max_size=2))),
                finish=draw(st.one_of(st.none(), st.integers(0, months), st.just(0))),
                money=draw(st.sampled_from([None, None, 20.0])),
                stops=draw(seldom) and draw(st.booleans()),
            )
            options.append(option)
        others = st.sampled_from([other for other in keys if other != key])
        candidates.append(
            Candidate(
                key,
                tuple(options),
                mandatory=draw(seldom),
                prerequisites=(draw(others),) if draw(seldom) else (),
                group=draw(st.sampled_from([None, None, "G"])),
                goals=draw(st.sampled_from([(), (("X", 1.0),), (("Y", 1.0),), (("X", 0.4), ("Y", 0.6))])),
                forced=draw(st.sampled_from([None, None, None, None, "in", "out"])),
            )
        )
    room = st.sampled_from([0.0, 0.5, 0.8, 1.0, 2.0, 3.0, nan, -1.0])
    capacity = np.array([[draw(room) for _ in range(months)] for _ in range(pools)])
    amount = st.sampled_from([None, 0.0, 22.5, 52.5, 100.0, 200.0, -5.0])
    budgets = tuple(Budget(f"B{line}", draw(amount)) for line in range(lines))
    part = st.sampled_from([None, None, 0.25, 0.4, 0.5])
    shares = tuple(Share(goal, draw(part), draw(part)) for goal in ("X", "Y") if draw(seldom))
    return Case(tuple(candidates), capacity, budgets, shares)


def assert_best(case: Case) -> None:
    """It is sound and the best of all; if there is none, its conflict is one, and needs each of its limits."""
    selected = select(case)
    assert_sound(case, selected)
    best = selection_checker.best(case)
    if best is not None:
        assert selected.status == "optimal"
        assert selected.value == pytest.approx(float(best), abs=1e-9)
        return
    assert (selected.status, selected.irreducible) == ("infeasible", True)
    plans = list(selection_checker.plans(case))
    limits = [conflict.limit for conflict in selected.conflicts]
    assert not any(selection_checker.keeps(case, plan, limits) for plan in plans)
    for conflict in selected.conflicts:
        others = [limit for limit in limits if limit != conflict.limit]
        kept = [plan for plan in plans if selection_checker.keeps(case, plan, others)]
        assert kept, "a limit that the conflict does not need"
        if conflict.limit.kind == "capacity":
            cell = conflict.limit.pool, conflict.limit.month
            needed = min(selection_checker.load(case, plan)[cell] for plan in kept)
            assert (conflict.needed, conflict.has) == (pytest.approx(float(needed)), case.capacity[cell])
        elif conflict.limit.kind == "budget":
            needed = min(selection_checker.spent(case, plan)[conflict.limit.line] for plan in kept)
            has = case.budgets[conflict.limit.line].amount
            assert (conflict.needed, conflict.has) == (pytest.approx(float(needed)), has)


@settings(max_examples=300)
@given(small())
def test_it_equals_trying_all_plans(case: Case) -> None:
    assert_best(case)


@pytest.mark.prove
@settings(max_examples=5000, derandomize=False)
@given(small())
def test_it_equals_trying_all_plans_of_many(case: Case) -> None:
    assert_best(case)


def assert_near_the_best_known(problem: Problem, selected: Selected) -> None:
    """It is sound, not 0.2 % under the best value known, and its bound is not below that."""
    assert_sound(problem.case, selected)
    assert selected.value is not None
    assert selected.bound is not None
    assert 0.998 * problem.known <= selected.value <= selected.bound
    assert selected.bound >= problem.known


@pytest.mark.real
def test_it_proves_the_optima_of_or_library(real_data: Path) -> None:
    for problem in problems(real_data / "orlib", "mknap1"):
        selected = select(problem.case)
        assert_sound(problem.case, selected)
        assert (selected.status, selected.value) == ("optimal", problem.known)


@pytest.mark.real
def test_it_reaches_the_best_known_values_of_or_library(real_data: Path) -> None:
    """Three of those that are proven soon."""
    for problem in problems(real_data / "orlib", "mknapcb1")[24:27]:
        selected = select(problem.case)
        assert_near_the_best_known(problem, selected)
        assert selected.value == problem.known


@pytest.mark.prove
def test_it_reaches_27_of_30_best_known_values_of_or_library(real_data: Path) -> None:
    told, reached, proven = [], 0, 0
    for problem in problems(real_data / "orlib", "mknapcb1"):
        selected = select(problem.case)
        ranking = greedy(problem.case)
        assert_near_the_best_known(problem, selected)
        reached += selected.value == problem.known
        proven += selected.status == "optimal"
        more = gain(selected, ranking)
        assert more is not None
        told.append(
            f"{problem.name}  best known {problem.known:,.0f}  found {selected.value:,.0f}  "
            f"bound {selected.bound:,.0f}  "
            f"{selected.status:8}  {selected.seconds:4.1f} s  over the ranking {more[1]:.1%}"
        )
    told.append(f"\n{reached} of {len(told)} best known values reached, {proven} proven optimal; 20 s at most each.")
    prove.keep("Selection, OR-Library mknapcb1", "\n".join(told))
    assert reached >= 27


ONE = np.array([[1.0]])
LARGE = selection_set(100, 24, 8, seed=1, room=0.6)


def one_month(key: str, value: float, fte: float = 1.0, cost: float = 0.0, **named: object) -> Candidate:
    """A candidate of one month and one option."""
    option = Option(0, value, ((0, 0, fte),), ((0, cost),) if cost else (), finish=1)
    return replace(Candidate(key, (option,)), **named)


irrational = st.floats(-5, 100, allow_nan=False).map(lambda figure: figure / 7)


@settings(max_examples=60)
@given(st.lists(st.tuples(irrational, irrational.map(abs)), min_size=1, max_size=7), irrational.map(abs))
def test_the_bound_is_never_understated(items: list[tuple[float, float]], amount: float) -> None:
    """Figures with endless decimals, counted as the exact numbers that they are in memory."""
    candidates = tuple(
        Candidate(f"C{number}", (Option(None, value, cost=((0, cost),)),)) for number, (value, cost) in enumerate(items)
    )
    case = Case(candidates, np.empty((0, 0)), (Budget("All", amount),))
    best = selection_checker.best(case, Fraction)
    for seconds in (0, 5):
        selected = select(case, seconds=seconds)
        assert best is not None
        assert selected.bound is not None
        assert Fraction(selected.bound) >= best
        unit = 1e-6 * len(items)
        assert seconds == 0 or selected.value == pytest.approx(float(best), abs=unit) or selected.value > float(best)
        taken = selection_checker.spent(case, selected.chosen, Fraction)
        assert float(taken[0]) <= amount + unit


def test_it_says_what_mandatory_work_needs_and_what_there_is() -> None:
    work = (one_month("A", 1, 4.0, mandatory=True), one_month("B", 1, 2.0, mandatory=True), one_month("C", 9, 9.0))
    selected = select(Case(work, np.array([[4.5]])))
    assert (selected.status, selected.value, selected.irreducible) == ("infeasible", None, True)
    assert set(selected.conflicts) == {
        Conflict(Limit("capacity", pool=0, month=0), 6.0, 4.5),
        Conflict(Limit("mandatory", "A")),
        Conflict(Limit("mandatory", "B")),
    }
    nothing = select(Case((Candidate("A", (), mandatory=True),), ONE))
    assert nothing.conflicts == (Conflict(Limit("mandatory", "A")),)


def test_running_work_goes_on_or_stops_with_its_price() -> None:
    going = Option(None, 5.0, ((0, 0, 1.0),), finish=1, name="continue")
    stopping = Option(None, -1.0, name="stop", stops=True)
    running = Candidate("R", (going, stopping))
    assert select(Case((running, one_month("N", 5.5)), ONE)).chosen == {"R": 0}
    assert select(Case((running, one_month("N", 6.5)), ONE)).chosen == {"R": 1, "N": 0}
    after = Candidate("W", (Option(None, 9.0),), prerequisites=("R",))
    assert select(Case((running, one_month("N", 6.5), after), ONE)).chosen == {"R": 0, "W": 0}
    assert select(Case((replace(running, forced="in"), one_month("N", 6.5)), ONE)).chosen == {"R": 0}
    assert select(Case((replace(running, forced="out"),), ONE)).chosen == {"R": 1}


def two_months() -> Case:
    """B would take A's month. A is nearly as good a month later, but there C drops out for it."""
    at = [Option(month, 10.0 - month, ((0, month, 1.0),), finish=month + 1) for month in (0, 1)]
    other = Candidate("C", (Option(1, 4.0, ((0, 1, 1.0),)),))
    return Case((Candidate("A", tuple(at)), one_month("B", 3.0, cost=7.5), other), np.array([[1.0, 1.0]]), (BUDGET,))


BUDGET = Budget("All", 10.0)


def test_the_price_of_what_was_left_out() -> None:
    case = two_months()
    today = select(case)
    assert (today.chosen, today.value) == ({"A": 0, "C": 0}, 14.0)
    price = price_of(case, "B", today)
    assert (price.price, price.least, price.proven) == (2.0, 2.0, True)
    assert (price.dropped, price.added, price.moved) == (("C",), ("B",), (Move("A", 0, 1),))
    never = replace(case, budgets=(Budget("All", 7.0),))
    none = price_of(never, "B", select(never))
    assert (none.price, none.selected.status) == (None, "infeasible")
    assert Conflict(Limit("budget", "All", line=0), 7.5, 7.0) in none.selected.conflicts


def test_the_smallest_extra_that_lets_in_what_was_left_out() -> None:
    case = two_months()
    today = select(case)
    for limit in (Limit("capacity", pool=0), Limit("capacity", pool=0, month=0)):
        extra = extra_of(case, "B", limit, today)
        assert (extra.amount, extra.bound, extra.status) == (1.0, 1.0, "optimal")
    assert extra_of(case, "B", Limit("budget", line=0), today).status == "infeasible"
    short = replace(case, capacity=np.array([[2.0, 1.0]]), budgets=(Budget("All", 7.0),))
    money = extra_of(short, "B", Limit("budget", line=0), select(short))
    assert (money.amount, money.status, money.chosen) == (0.5, "optimal", {"A": 0, "B": 0, "C": 0})
    assert extra_of(short, "B", Limit("capacity", pool=0), select(short)).amount is None


@settings(max_examples=30)
@given(small(), st.data())
def test_prices_and_extras_equal_trying_all_plans(case: Case, data: st.DataObject) -> None:
    today = select(case)
    if today.value is None:
        return
    left_out = [one.key for one in case.candidates if one.key not in today.chosen]
    if not left_out:
        return
    key = data.draw(st.sampled_from(left_out))
    forced = tuple(replace(one, forced="in") if one.key == key else one for one in case.candidates)
    with_it = replace(case, candidates=forced)
    price, best = price_of(case, key, today), selection_checker.best(with_it)
    if best is None:
        assert price.price is None
    else:
        assert price.price == pytest.approx(today.value - float(best), abs=1e-9)
        assert selection_checker.keeps(with_it, price.selected.chosen)
    for line, budget in enumerate(case.budgets):
        extra = extra_of(case, key, Limit("budget", line=line), today)
        assert extra.status in ("optimal", "infeasible")
        needs = []
        for plan in selection_checker.plans(with_it):
            worth = selection_checker.value(case, plan)
            broken = set(selection_checker.broken(with_it, plan)) - {Limit("budget", budget.name, line=line)}
            if not broken and worth >= selection_checker.value(case, today.chosen):
                has = max(0.0, budget.amount) if budget.amount is not None else inf
                needs.append(max(0.0, float(selection_checker.spent(case, plan)[line]) - has))
        assert extra.amount == (pytest.approx(min(needs), abs=1e-9) if needs else None)


def test_the_frontier_never_falls_with_more() -> None:
    case = selection_set(20, 12, 3, seed=1, room=1.0)
    for of in (None, Limit("capacity", pool=0), Limit("capacity", pool=0, month=3), Limit("budget", line=1)):
        points = list(frontier(case, [1.5, 0, 0.5, 1.0], of=of, seconds=20))
        assert [point.scale for point in points] == [0, 0.5, 1.0, 1.5]
        for point, more in itertools.pairwise(points):
            assert point.amount <= more.amount
            assert point.selected.value is None or (
                more.selected.value is not None and point.selected.value <= more.selected.value
            )
        assert points[2].selected.value == select(case).value
        assert points[2].selected.status == "optimal"


def test_the_ranking_keeps_all_limits_or_is_none() -> None:
    found = 0
    for seed, by in itertools.product(range(8), ("value", "value per cost")):
        case = selection_set(25, 12, 3, seed=seed, room=0.9)
        ranking = greedy(case, by)
        best = select(case)
        if ranking.value is None:
            assert (ranking.status, gain(best, ranking)) == ("unknown", None)
            continue
        found += 1
        assert_sound(case, ranking)
        assert best.value is not None
        assert ranking.value <= best.value
        assert gain(best, ranking) == (best.value - ranking.value, (best.value - ranking.value) / ranking.value)
    assert found > 2
    late = Candidate("A", (Option(0, 9.0, ((0, 0, 2.0),)), Option(1, 8.0, ((0, 1, 1.0),))))
    assert greedy(Case((late,), np.array([[1.0, 1.0]]))).chosen == {"A": 1}


def test_it_ends_when_the_time_is_up_and_stops_when_asked() -> None:
    at_once = select(LARGE, seconds=0)
    assert at_once.status in ("feasible", "unknown")
    assert_sound(LARGE, at_once)
    begun = time.monotonic()
    short = select(LARGE, seconds=1.0)
    assert time.monotonic() - begun < 6
    assert short.status in ("feasible", "unknown", "optimal")
    assert_sound(LARGE, short)
    heard: list[Progress] = []
    begun = time.monotonic()
    stopped = select(LARGE, seconds=60, stop=lambda: len(heard) > 1, tell=heard.append)
    assert time.monotonic() - begun < 10
    assert stopped.status == "stopped"
    assert_sound(LARGE, stopped)
    for one, later in itertools.pairwise(heard):
        assert later.bound <= one.bound
        assert one.value is None or (later.value is not None and later.value >= one.value)
    assert stopped.value is not None
    assert stopped.value >= max(one.value for one in heard if one.value is not None)


def test_what_is_not_stated_is_no_limit_and_below_nothing_is_nothing() -> None:
    work = (one_month("A", 5.0, 3.0, 10.0),)
    assert select(Case(work, np.array([[nan]]), (Budget("All", None),))).value == 5.0
    assert select(Case(work, np.array([[-2.0]]), (Budget("All", None),))).value == 0
    assert select(Case(work, np.array([[nan]]), (Budget("All", -5.0),))).value == 0
    assert select(Case((), np.empty((0, 0)))).status == "optimal"


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (Case((one_month("A", 1), one_month("A", 1)), ONE), "is there twice"),
        (Case((one_month("A", nan),), ONE), "value of A"),
        (Case((one_month("A", 1, -0.5),), ONE), "A asks for FTE or money"),
        (Case((one_month("A", 1, inf),), ONE), "A asks for FTE or money"),
        (Case((one_month("A", 1, cost=5.0),), ONE), "budget line 0"),
        (Case((one_month("A", 1),), np.empty((0, 0))), "pool 0 in month 0"),
        (Case((one_month("A", 1),), np.array([[inf]])), "Capacity must be a number"),
        (Case((one_month("A", 1, prerequisites=("B",)),), ONE), "A waits for B"),
        (Case((one_month("A", 1, forced="maybe"),), ONE), "forced maybe"),
        (Case((), ONE, (Budget("All", inf),)), "amount of a budget"),
        (Case((), ONE, (), (Share("X", 1.2),)), "share of a goal"),
        (Case((), ONE, (), (Share("X", 0.2), Share("X", 0.3))), "two floors"),
    ],
)
def test_what_makes_no_sense_is_refused(case: Case, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        select(case)


def test_questions_that_make_no_sense_are_refused() -> None:
    case = two_months()
    today = select(case)
    with pytest.raises(ValueError, match="X is not among"):
        price_of(case, "X", today)
    with pytest.raises(ValueError, match="no extra of a limit of the kind floor"):
        extra_of(case, "B", Limit("floor", "X"), today)
    with pytest.raises(ValueError, match="scales"):
        frontier(case, [-1.0])
    with pytest.raises(ValueError, match="no frontier of a limit of the kind group"):
        frontier(case, [1.0], of=Limit("group", "G"))
