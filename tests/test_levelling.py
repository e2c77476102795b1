"""Levelling: least overload, then least weighted delay, then fewest moves, within limits that always hold."""

import itertools
import time
from dataclasses import replace
from decimal import Decimal
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from analytics.levelling import Hire, Levelled, Link, Progress, Relief, Work, level
from tests import plan_checker
from tests.plan_sets import plan_set

Asked = tuple[list[Work], NDArray[np.float64], list[Link]]


def shifts(plan: Levelled) -> dict[str, int]:
    """The months of the works that move."""
    return {move.key: move.months for move in plan.moves}


def assert_sound(asked: Asked, plan: Levelled) -> None:
    """It keeps to all limits, and says of itself what is so."""
    works, capacity, links = asked
    moved = shifts(plan)
    assert plan_checker.faults(works, capacity, links, moved) == []
    after = plan_checker.overloads(works, capacity, moved)
    assert {(one.pool, one.month): Decimal(str(one.fte)) for one in plan.hires} == after
    assert plan.overload_after == pytest.approx(float(sum(after.values())), abs=1e-9)
    before = plan_checker.overloads(works, capacity, {})
    assert plan.overload_before == pytest.approx(float(sum(before.values())), abs=1e-9)
    assert plan.delay == pytest.approx(float(plan_checker.delay(works, moved)), abs=1e-9)
    assert plan.moved == len(moved) == sum(by != 0 for by in moved.values())
    assert [aim.value for aim in plan.aims] == [plan.overload_after, plan.delay, plan.moved]
    assert all(0 <= aim.bound <= aim.value and 0 <= aim.gap <= 1 for aim in plan.aims)
    assert (plan.bound, plan.gap) == (plan.aims[0].bound, plan.aims[0].gap)
    assert (plan.status == "optimal") == all(aim.status == "optimal" and aim.gap == 0 for aim in plan.aims)
    for move in plan.moves:
        undone = {key: by for key, by in moved.items() if key != move.key}
        then = plan_checker.overloads(works, capacity, undone)
        more = {cell: over - after.get(cell, Decimal(0)) for cell, over in then.items()}
        told = {(one.pool, one.month): Decimal(str(one.fte)) for one in move.returns}
        assert told == {cell: over for cell, over in more.items() if over > 0}
        assert all(moved.get(one.before, 0) <= moved.get(one.after, 0) + one.slack for one in move.breaks)
        assert all(undone.get(one.before, 0) > undone.get(one.after, 0) + one.slack for one in move.breaks)
        assert move.returns or move.breaks, "a move that nothing asks for"
        for one in move.relieves:
            cell = one.pool, one.month
            assert 0 < Decimal(str(one.fte)) <= before[cell] - after.get(cell, Decimal(0))


def best_of_all(asked: Asked) -> tuple[Decimal, Decimal, int]:
    """The three aims in order, by trying all shifts."""
    works, capacity, links = asked
    windows = [range(-work.earliest, work.latest + 1) for work in works]
    found = []
    for tried in itertools.product(*windows):
        moved = {work.key: by for work, by in zip(works, tried, strict=True) if by}
        if not plan_checker.faults(works, capacity, links, moved):
            over = sum(plan_checker.overloads(works, capacity, moved).values(), Decimal(0))
            found.append((over, plan_checker.delay(works, moved), len(moved)))
    return min(found)


@st.composite
def small(draw: st.DrawFn) -> Asked:
    """Few projects, pools and months, figures that meet each other, windows to both sides, links, unstated capacity."""
    months, pools = draw(st.integers(2, 5)), draw(st.integers(1, 2))
    fte = st.sampled_from([0.0, 0.3, 0.5, 1.0, 1.0, 1.7, 2.0])
    works = []
    for number in range(draw(st.integers(1, 4))):
        cells = draw(st.sets(st.tuples(st.integers(0, pools - 1), st.integers(0, months - 1)), min_size=1, max_size=4))
        demand = tuple((pool, month, draw(fte)) for pool, month in sorted(cells))
        weight = draw(st.sampled_from([0.5, 1.0, 1.0, 2.0, 3.25]))
        window = [draw(st.integers(0, 2)), draw(st.sampled_from([0, 0, 1, 2]))]
        works.append(Work(f"P{number}", weight, demand, *window))
    stated = st.sampled_from([0.0, 0.5, 1.0, 1.0, 1.4, 2.0, 3.0, nan])
    capacity = np.array([[draw(stated) for _ in range(months)] for _ in range(pools)])
    key = st.sampled_from([work.key for work in works])
    links = draw(st.lists(st.builds(Link, key, key, st.integers(0, 2)), max_size=2))
    return works, capacity, links


def assert_best(asked: Asked) -> None:
    """It is sound, and equals the best of all."""
    plan = level(*asked)
    assert_sound(asked, plan)
    assert plan.status == "optimal"
    over, delay, moved = best_of_all(asked)
    assert (Decimal(str(plan.overload_after)), Decimal(str(plan.delay)), plan.moved) == (over, delay, moved)


@settings(max_examples=120)
@given(small())
def test_it_equals_trying_all_shifts(asked: Asked) -> None:
    assert_best(asked)


@pytest.mark.prove
@settings(max_examples=3000, derandomize=False)
@given(small())
def test_it_equals_trying_all_shifts_of_many(asked: Asked) -> None:
    assert_best(asked)


def with_hires(capacity: NDArray[np.float64], hires: tuple[Hire, ...]) -> NDArray[np.float64]:
    """The capacity with these people."""
    more = capacity.copy()
    for hire in hires:
        more[hire.pool, hire.month] = round(more[hire.pool, hire.month] + hire.fte, 3)
    return more


@settings(max_examples=25)
@given(small())
def test_the_hires_remove_what_remains_and_less_of_any_does_not(asked: Asked) -> None:
    works, capacity, links = asked
    hires = level(*asked).hires
    assert level(works, with_hires(capacity, hires), links).overload_after == 0
    for hire in hires:
        less = tuple(replace(one, fte=one.fte - 0.001) if one == hire else one for one in hires)
        assert level(works, with_hires(capacity, less), links).overload_after > 0


@pytest.mark.parametrize(("projects", "months", "pools", "tight"), [(60, 18, 6, 0.8), (120, 24, 8, 1.0)])
def test_a_set_of_projects_keeps_to_all_limits(projects: int, months: int, pools: int, tight: float) -> None:
    asked = plan_set(projects, months, pools, seed=projects, tight=tight)
    heard: list[Progress] = []
    plan = level(*asked, tell=heard.append)
    assert_sound(asked, plan)
    assert plan.status == "optimal"
    assert plan.overload_after < plan.overload_before * 0.8
    for _, told in itertools.groupby(heard, key=lambda one: one.aim):
        for one, later in itertools.pairwise(told):
            assert later.value <= one.value
            assert later.bound >= one.bound
    # Cut off at once or on the way, it is sound, no worse than no move, and its bound no higher than the optimum.
    for seconds in (0.0, 0.05, 0.3):
        short = level(*asked, seconds=seconds)
        assert_sound(asked, short)
        assert short.bound <= plan.overload_after <= short.overload_after <= plan.overload_before


LARGE = plan_set(500, 36, 12, seed=3, tight=0.8)


def test_it_ends_when_the_time_is_up() -> None:
    begun = time.monotonic()
    plan = level(*LARGE, seconds=1.0)
    assert time.monotonic() - begun < 6
    assert plan.status == "feasible"
    assert_sound(LARGE, plan)


def test_no_time_is_no_move() -> None:
    plan = level(*LARGE, seconds=0)
    assert (plan.moves, plan.status, plan.bound, plan.gap) == ((), "feasible", 0, 1)
    assert plan.overload_after == plan.overload_before == plan_checker_total(LARGE)
    assert [aim.status for aim in plan.aims] == ["not started", "optimal", "optimal"]


def plan_checker_total(asked: Asked) -> float:
    """The overload as it is."""
    return float(sum(plan_checker.overloads(asked[0], asked[1], {}).values()))


def test_it_stops_when_asked_and_returns_the_best_so_far() -> None:
    better: list[float] = []
    asked_at: list[float] = []

    def stop() -> bool:
        if better and not asked_at:
            asked_at.append(time.monotonic())
        return bool(better)

    def tell(one: Progress) -> None:
        if one.value < plan_checker_total(LARGE):
            better.append(one.value)

    plan = level(*LARGE, seconds=60, stop=stop, tell=tell)
    assert time.monotonic() - asked_at[0] < 5
    assert plan.status == "stopped"
    assert plan.overload_after <= better[0] < plan.overload_before
    assert_sound(LARGE, plan)
    assert level(*LARGE, stop=lambda: True).moves == ()


def test_what_a_listener_raises_ends_the_search() -> None:
    def tell(_: Progress) -> None:
        raise KeyError("the page is gone")

    begun = time.monotonic()
    with pytest.raises(KeyError, match="the page is gone"):
        level(*LARGE, seconds=60, tell=tell)
    assert time.monotonic() - begun < 10


def test_a_move_says_what_it_relieves_and_what_comes_back() -> None:
    """A must leave month 0, where B stays; C makes room for it in month 1, and D waits for C."""
    works = [
        Work("A", 1, ((0, 0, 1.0),), latest=1),
        Work("B", 9, ((0, 0, 1.0),), latest=3),
        Work("C", 1, ((0, 1, 1.0),), latest=1),
        Work("D", 1, ((1, 0, 0.5),), latest=3),
    ]
    capacity = np.array([[1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    plan = level(works, capacity, [Link("C", "D", 0)])
    assert [(move.key, move.months) for move in plan.moves] == [("A", 1), ("C", 1), ("D", 1)]
    a, c, d = plan.moves
    assert (a.relieves, a.returns, a.breaks) == ((Relief(0, 0, 1.0),), (Relief(0, 0, 1.0),), ())
    assert (c.relieves, c.returns, c.breaks) == ((), (Relief(0, 1, 1.0),), ())
    assert (d.relieves, d.returns, d.breaks) == ((), (), (Link("C", "D", 0),))
    assert (plan.overload_before, plan.overload_after, plan.delay, plan.hires) == (1.0, 0.0, 3.0, ())


def test_a_cell_that_is_overloaded_does_not_get_worse_for_a_lower_total() -> None:
    """Moving A by one month would take 3 FTE of overload from month 0, and put 1 on top of month 1: not offered."""
    works = [Work("A", 1, ((0, 0, 3.0),), latest=1), Work("B", 1, ((0, 1, 4.0),)), Work("C", 1, ((0, 0, 1.0),))]
    plan = level(works, np.array([[1.0, 3.0]]))
    assert (plan.moves, plan.overload_after) == ((), 4.0)
    assert plan.hires == (Hire(0, 0, 3.0), Hire(0, 1, 1.0))


def test_what_is_not_stated_is_no_overload_and_no_place_to_hide() -> None:
    capacity = np.array([[1.0, nan, 1.0, nan]])
    seen = Work("A", 1, ((0, 0, 2.0),), latest=3)
    assert level([seen], capacity).moves == ()
    small = replace(seen, demand=((0, 0, 0.8),))
    other = Work("B", 5, ((0, 0, 0.8),))
    assert shifts(level([small, other], capacity)) == {"A": 2}
    unseen = Work("C", 1, ((0, 1, 9.0),), latest=2, earliest=1)
    plan = level([unseen], capacity)
    assert (plan.overload_before, plan.moves, plan.status) == (0, (), "optimal")
    # A link pulls it along: from where nothing is stated to where nothing is stated.
    along = [small, other, replace(unseen, latest=2)]
    assert shifts(level(along, capacity, [Link("A", "C", 0)])) == {"A": 2, "C": 2}


def test_figures_are_rounded_to_thousandths_and_counted_exactly() -> None:
    tenths = [Work(f"P{number}", 1, ((0, 0, 0.1),), latest=1) for number in range(3)]
    assert level(tenths, np.array([[0.3, 0.0]])).overload_before == 0
    assert level(tenths, np.array([[0.2996, 0.0]])).overload_before == 0
    assert level(tenths, np.array([[0.2994, 0.0]])).overload_before == 0.001
    twice = [Work("A", 1, ((0, 0, 0.5), (0, 0, 0.75)))]
    assert level(twice, np.array([[1.0]])).overload_before == 0.25


WORK = Work("A", 1, ((0, 0, 1.0), (0, 1, 1.0)), latest=9, earliest=9)


@pytest.mark.parametrize(
    ("works", "capacity", "links"),
    [
        ([], np.empty((0, 0)), []),
        ([Work("A", 1, (), latest=2)], np.empty((0, 0)), []),
        ([WORK], np.zeros((1, 2)), []),
        ([WORK], np.full((1, 2), nan), []),
        ([WORK], np.array([[nan, 0.0]]), []),
        ([WORK, replace(WORK, key="B")], np.zeros((1, 4)), [Link("A", "B", 0), Link("B", "A", 0), Link("A", "A", 0)]),
    ],
)
def test_there_is_always_a_plan(works: list[Work], capacity: NDArray[np.float64], links: list[Link]) -> None:
    plan = level(works, capacity, links)
    assert plan.status == "optimal"
    assert_sound((works, capacity, links), plan)


@pytest.mark.parametrize(
    ("work", "capacity", "link", "said"),
    [
        ({"key": "B"}, 1.0, None, "B is there twice"),
        ({}, 1.0, Link("A", "X", 0), "A link names X"),
        ({}, 1.0, Link("X", "A", 0), "A link names X"),
        ({}, 1.0, Link("A", "B", -1), "slack between A and B"),
        ({"demand": ((0, 0, -0.5),)}, 1.0, None, "A asks for -0.5 FTE"),
        ({"demand": ((0, 0, nan),)}, 1.0, None, "A asks for nan FTE"),
        ({"demand": ((0, 0, inf),)}, 1.0, None, "A asks for inf FTE"),
        ({"demand": ((2, 0, 1.0),)}, 1.0, None, "A asks for pool 2 in month 0"),
        ({"demand": ((-1, 0, 1.0),)}, 1.0, None, "A asks for pool -1 in month 0"),
        ({"demand": ((0, 3, 1.0),)}, 1.0, None, "A asks for pool 0 in month 3"),
        ({"weight": 0.0}, 1.0, None, "weight of A"),
        ({"weight": nan}, 1.0, None, "weight of A"),
        ({"latest": -1}, 1.0, None, "window of A"),
        ({"earliest": -1}, 1.0, None, "window of A"),
        ({}, -1.0, None, "Capacity must be 0 or more"),
        ({}, inf, None, "Capacity must be 0 or more"),
    ],
)
def test_what_makes_no_sense_is_said(work: dict[str, object], capacity: float, link: Link | None, said: str) -> None:
    works = [replace(Work("A", 1, ()), **work), Work("B", 1, ())]  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=said):
        level(works, np.full((2, 3), capacity), [link] if link else [])
