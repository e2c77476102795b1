"""Earned value and earned schedule: the formulas by published examples and by definition, and a project's course."""

import datetime as dt
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analytics import earned, programs
from analytics.earned import FACTORS, Course, Point
from analytics.reading import Scope
from components import earned_chart, earned_view, formats
from tests.test_analytics import World

DAY = dt.date(2026, 11, 20)
START, FINISH = dt.date(2026, 1, 1), dt.date(2026, 4, 11)  # 100 days
HEADER = (
    "project_id,status_date,baseline_start,baseline_finish,budget,planned_value,earned_value,actual_cost,"
    "forecast_cost,forecast_finish,actual_finish,stage\n"
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def after(days: int) -> dt.date:
    return START + dt.timedelta(days=days)


def report(days: int, **said: Any) -> dict[str, Any]:
    """A report so many days after the start of a plan of 100 days and a budget of 1,000."""
    plan = {"start": START, "finish": FINISH, "budget": 1000.0}
    rest = dict.fromkeys(
        ("planned_value", "earned_value", "actual_cost", "forecast_cost", "forecast_finish", "actual_finish")
    )
    return {"status_date": after(days), **plan, **rest, **said}


def last(*reports: dict[str, Any]) -> Point:
    return earned.points(reports)[-1]


def line(days: int, **said: Any) -> str:
    """The same report as a line of an export."""
    known = {key: "" if value is None else value for key, value in report(days, **said).items()}
    names = ("start", "finish", "budget", "planned_value", "earned_value", "actual_cost", "forecast_cost")
    cells = [known[name] for name in (*names, "forecast_finish", "actual_finish")]
    return ",".join(map(str, ["P1", known["status_date"], *cells, "active"])) + "\n"


def course(world: World, day: dt.date = DAY, key: str = "P1") -> Course:
    found = world.ask(earned.course, day, key)
    assert isinstance(found, Course)
    return found


# --- earned schedule, against published examples

# Periods, cumulative PV, EV, AT, and the published ES, SPI(t) and IEAC(t). Arikan, A. (2026), "pmcontrols: project
# scheduling and earned value control for Python", reference cases of version 0.2 (tests/validation_cases.json), each
# with its derivation after Lipke (2003); in their order evm-hand-001, evm-ahead-003, evm-behind-under-004,
# evm-complete-005, es-interp-001, es-interp-003 and es-interp-004.
LINEAR = [10_000.0 * period for period in range(11)]
PUBLISHED = [
    (LINEAR, 30_000, 4, 3.0, 0.75, 10 / 0.75),
    (LINEAR, 50_000, 4, 5.0, 1.25, 8.0),
    (LINEAR, 40_000, 5, 4.0, 0.8, 12.5),
    (LINEAR, 100_000, 10, 10.0, 1.0, 10.0),
    (LINEAR, 34_000, None, 3.4, None, None),
    ([0, 20, 50, 90, 140, 200], 70, None, 2.5, None, None),
    ([0, 30, 70, 120, 180, 250], 100, None, 2.6, None, None),
]


@pytest.mark.parametrize(("planned", "value", "time", "schedule", "spi_t", "duration"), PUBLISHED)
def test_earned_schedule_of_published_examples(
    planned: Sequence[float],
    value: float,
    time: float | None,
    schedule: float,
    spi_t: float | None,
    duration: float | None,
) -> None:
    found = earned.earned_schedule(list(enumerate(planned)), value)
    assert found == pytest.approx(schedule, rel=1e-12)
    if time is not None:
        index = earned.spi_time(found, time)
        assert index == pytest.approx(spi_t, rel=1e-12)
        assert earned.schedule_variance_time(found, time) == pytest.approx(schedule - time)
        assert earned.duration_at_completion(len(planned) - 1, index) == pytest.approx(duration, rel=1e-12)


def lipke(planned: Sequence[float], value: float) -> float:
    """ES as Lipke (2003) writes it: C whole periods whose PV is earned, and the part of the next one."""
    whole = max(period for period, amount in enumerate(planned) if amount <= value)
    return whole + (value - planned[whole]) / (planned[whole + 1] - planned[whole])


@pytest.mark.parametrize("value", [0, 1, 105, 180, 470, 515, 770, 1900, 2080, 2822])
def test_in_whole_equal_periods_it_is_lipkes_formula(value: float) -> None:
    planned = [0, 105, 200, 515, 845, 1175, 1475, 1805, 2135, 2435, 2665, 2760, 2823]
    dates = [(after(30 * period), amount) for period, amount in enumerate(planned)]
    curve = earned.plan_curve(START, dates[-1][0], planned[-1], dates)
    found = earned.earned_schedule(curve, value)
    assert found == pytest.approx(30 * lipke(planned, value), rel=1e-12)


def test_a_plan_that_rests_counts_as_far_as_it_rests() -> None:
    curve = [(0, 0.0), (10, 50.0), (20, 50.0), (30, 100.0)]
    assert earned.earned_schedule(curve, 50) == 20
    assert earned.earned_schedule(curve, 49) == pytest.approx(9.8)
    assert earned.earned_schedule([*curve, (40, 100.0)], 100) == 30  # and not when the finished plan was last reported


# --- the formulas where they are undefined


def test_what_divides_by_nothing_is_undefined() -> None:
    assert (earned.cpi(0, 0), earned.cpi(5, 0), earned.cpi(None, 5), earned.cpi(0, 5)) == (None, None, None, 0)
    assert (earned.spi(5, 0), earned.spi(5, None)) == (None, None)
    assert earned.cpi(1e300, 1e-300) is None
    assert (earned.spi_time(3, 0), earned.spi_time(3, -2), earned.spi_time(None, 3)) == (None, None, None)
    assert (earned.duration_at_completion(10, 0), earned.duration_at_completion(None, 1)) == (None, None)
    assert (earned.earned_schedule([], 5), earned.earned_schedule([(0, 0.0), (1, 5.0)], None)) == (None, None)


def test_an_index_of_nothing_gives_no_estimate_and_never_the_budget() -> None:
    factors = earned.performance_factors(earned.cpi(0, 50), earned.spi(0, 80), None)
    estimates = {name: earned.estimate_at_completion(1000, 0, 50, value) for name, value in factors.items()}
    assert estimates == {**dict.fromkeys(FACTORS), "1": 1050}
    assert earned.estimate_at_completion(None, 5, 5, 1) is None


def test_the_needed_performance_is_undefined_once_the_money_is_spent() -> None:
    assert earned.to_complete(1000, 400, 500, 1000) == 1.2
    assert earned.to_complete(1000, 400, 1000, 1000) is None
    assert earned.to_complete(1000, 400, 1200, 1000) is None
    assert earned.to_complete(1000, 400, 1200, 1400) == 3.0
    assert earned.to_complete(1000, 1000, 900, 1000) == 0


def test_estimates_of_one_report() -> None:
    point = last(report(40, planned_value=400.0, earned_value=300.0, actual_cost=375.0, forecast_cost=1100.0))
    assert (point.share, point.cpi, point.spi, point.spi_t) == (0.3, 0.8, 0.75, 0.75)
    assert (point.schedule, point.time, point.late_days) == (30, 40, 10)
    assert point.estimates == pytest.approx(
        {
            "1": 1075,
            "CPI": 1250,
            "SPI": 375 + 700 / 0.75,
            "SPI(t)": 375 + 700 / 0.75,
            "SCI": 375 + 700 / 0.6,
            "SCI(t)": 375 + 700 / 0.6,
            "0.8 CPI + 0.2 SPI": 375 + 700 / 0.79,
            "0.8 CPI + 0.2 SPI(t)": 375 + 700 / 0.79,
        }
    )
    assert earned.estimate_to_complete(point.estimate, point.actual) == 875
    assert earned.variance_at_completion(point.budget, point.estimate) == -250
    assert (point.tcpi, point.tcpi_forecast) == pytest.approx((700 / 625, 700 / 725))
    assert point.ends == START + dt.timedelta(days=133)


# --- intervals


def test_an_estimate_has_a_range_that_narrows_as_work_is_done_and_is_never_below_what_is_spent() -> None:
    errors = [earned.usual_error("CPI", share) for share in (0, 0.19, 0.2, 0.5, 0.7, 0.99, 1, 1.2)]
    assert errors == [0.17, 0.17, 0.135, 0.1, 0.065, 0.03, 0, 0]
    assert all(
        earned.usual_error(factor, share) >= earned.usual_error("CPI", share)  # type: ignore[operator]
        for factor in FACTORS
        for share in (0.1, 0.3, 0.5, 0.7, 0.9)
    )
    assert earned.interval(1000, 0.25, 0) == pytest.approx((800, 4000 / 3))
    assert earned.interval(1000, 0.25, 900) == pytest.approx((900, 4000 / 3))
    assert earned.interval(1000, 0, 1000) == (1000, 1000)
    assert earned.usual_error("reported", 0.5) is None
    assert earned.usual_error("CPI", None) is None


# --- the course of a project


def test_earned_schedule_reads_the_plan_from_irregular_reports() -> None:
    reports = [report(10, planned_value=50.0), report(37, planned_value=320.0), report(50, planned_value=500.0)]
    # Between the reports of day 10 and day 37: (185 - 50) / (320 - 50) of 27 days.
    assert last(*reports[:-1], {**reports[-1], "earned_value": 185.0}).schedule == pytest.approx(23.5)
    # Ahead of all that was reported, towards the budget on the last day.
    assert last(*reports[:-1], {**reports[-1], "earned_value": 750.0}).schedule == pytest.approx(75)


def test_time_stops_when_the_work_is_done() -> None:
    done = report(120, planned_value=1000.0, earned_value=1000.0, actual_cost=900.0)
    late = last(done, {**done, "status_date": after(190)})
    assert (late.schedule, late.time, late.spi_t) == (100, 120, pytest.approx(100 / 120))
    assert late.ends == after(120)
    assert last({**done, "actual_finish": after(110)}).time == 110


def test_the_last_three_periods_beside_all_of_them() -> None:
    steps = [(100, 100, 100), (200, 190, 200), (300, 280, 310), (400, 370, 430), (500, 400, 580)]
    reports = [
        report(10 * n, planned_value=float(pv), earned_value=float(ev), actual_cost=float(ac))
        for n, (pv, ev, ac) in enumerate(steps, 1)
    ]
    found = earned.points(reports)
    assert [point.recent_cpi for point in found[:3]] == [None] * 3
    assert found[3].recent_cpi == pytest.approx(270 / 330)
    assert (found[4].recent_cpi, found[4].recent_spi) == pytest.approx((210 / 380, 210 / 300))
    assert (found[4].cpi, found[4].spi) == pytest.approx((400 / 580, 0.8))
    # A report without earned value is no period.
    with_gap = earned.points([*reports[:4], report(45), reports[4]])
    assert with_gap[-1].recent_cpi == found[4].recent_cpi
    assert with_gap[-2].recent_cpi is None


def test_no_difference_is_taken_across_a_change_of_plan() -> None:
    value = {"planned_value": 100.0, "earned_value": 100.0, "actual_cost": 100.0}
    reports = [report(10 * n, **{name: n * amount for name, amount in value.items()}) for n in range(1, 5)]
    later = {**reports[-1], "finish": after(200)}
    assert (last(*reports).recent_cpi, last(*reports).recent_spi) == (1, 1)
    assert (last(*reports[:-1], later).recent_cpi, last(*reports[:-1], later).recent_spi) == (1, None)
    dearer = {**reports[-1], "budget": 2000.0}
    assert (last(*reports[:-1], dearer).recent_cpi, last(*reports[:-1], dearer).recent_spi) == (None, None)


def test_a_course_from_exports(world: World) -> None:
    world.load(
        status=HEADER
        + line(20, planned_value=200, earned_value=150, actual_cost=200, forecast_cost=1000)
        + line(40, planned_value=400, earned_value=300, actual_cost=375, forecast_cost=1100)
        + line(60, planned_value=450, earned_value=360, actual_cost=500, budget=1200, finish=after(160))
        + line(70, actual_cost=600, budget=1200, finish=after(160))
    )
    found = course(world)
    assert [(b.number, b.from_date, b.finish, b.budget) for b in found.baselines] == [
        (1, after(20), FINISH, 1000),
        (2, after(60), after(160), 1200),
    ]
    assert [(p.date, p.budget, p.cpi, p.spi) for p in found.points] == [
        (after(20), 1000, 0.75, 0.75),
        (after(40), 1000, 0.8, 0.75),
        (after(60), 1200, 0.72, 0.8),
        (after(70), 1200, None, None),
    ]
    assert found.now == found.points[2]
    # The new plan is known from its own report alone: 360 of 450 on day 60.
    assert found.points[2].schedule == pytest.approx(48)
    assert [p.forecast for p in found.points[:2]] == [1000, 1100]
    # What came later changes nothing of what was known before.
    assert course(world, after(45)).points == found.points[:2]
    assert [b.number for b in course(world, after(45)).baselines] == [1]


def test_a_project_without_earned_value_has_a_course_without_figures(world: World) -> None:
    world.load(status=HEADER + line(20) + line(30, actual_cost=50))
    found = course(world)
    assert found.now is None
    assert all(value is None for value in found.points[-1].estimates.values())
    assert world.ask(earned.course, DAY, "nobody") is None


def test_a_baseline_that_no_report_fills_leaves_time_undefined(world: World) -> None:
    world.load(status=HEADER + line(20, start="", finish="", planned_value=10, earned_value=20, actual_cost=5))
    point = course(world).points[0]
    assert (point.schedule, point.spi_t, point.ends, point.late_days) == (None, None, None, None)
    assert (point.cpi, point.estimates["SPI(t)"], point.estimates["CPI"]) == (4, None, 250)


def test_a_programs_performance_is_that_of_its_sums(world: World) -> None:
    both = HEADER + line(20, earned_value=100, actual_cost=200)
    world.load(status=both + line(20, earned_value=300, actual_cost=200).replace("P1", "P2"))
    (program,) = world.ask(programs.programs, DAY, Scope())
    assert program.money[0].cpi == earned.cpi(400, 400) == 1


# --- the card on the page


def written(*reports: dict[str, Any], day: dt.date = DAY, currency: str = "USD", is_over: bool = False) -> Course:
    """The course of such reports, with a baseline for each plan."""
    found = earned.points(reports)
    plans = list(dict.fromkeys((p.start, p.finish, p.budget) for p in found))
    begun = [next(p.date for p in found if p.plan == plan) for plan in plans]
    stated = [earned.Baseline(n, at, *plan) for n, (at, plan) in enumerate(zip(begun, plans, strict=True), 1)]
    return Course("P1", day, currency, is_over, found, tuple(stated))


MIDDLE = report(40, planned_value=400.0, earned_value=300.0, actual_cost=375.0, forecast_cost=1100.0)


@pytest.mark.parametrize(
    ("reports", "title"),
    [
        ([MIDDLE], "Earned 25 % less than planned; at this cost performance it ends $250 over budget"),
        (
            [{**MIDDLE, "planned_value": 300.0, "actual_cost": 300.0}],
            "Earned as much as planned; at this cost performance it ends on budget",
        ),
        (
            [MIDDLE, {**MIDDLE, "status_date": after(50), "budget": 1200.0}],
            (
                "Earned 25 % less than planned; "
                "at this cost performance it ends $300 over budget, $500 over its first budget"
            ),
        ),
        (
            [report(99, planned_value=990.0, earned_value=1000.0, actual_cost=900.0)],
            "All planned work is done; it cost $100 less than budgeted",
        ),
        (
            [report(99, planned_value=990.0, earned_value=1500.0, actual_cost=1200.0)],
            "All planned work is done; it cost $200 more than budgeted",
        ),
        ([report(1, planned_value=0.0, earned_value=0.0, actual_cost=0.0)], "Nothing earned yet"),
        ([report(1, earned_value=50.0)], "$50 earned"),
    ],
)
def test_the_title_says_what_was_earned_and_where_it_leads(reports: list[dict[str, Any]], title: str) -> None:
    course = written(*reports)
    assert course.now
    assert earned_view.title(course, course.now) == title


def card(course: Course) -> AppTest:
    """The card as Streamlit runs it."""

    def script(course):  # type: ignore[no-untyped-def]
        from components import earned_view

        earned_view.show(course)

    app = AppTest.from_function(script, kwargs={"course": course}).run(timeout=30)
    assert not app.exception
    return app


FAR = dt.date(9999, 12, 31)


@pytest.mark.parametrize(
    "reports",
    [
        [MIDDLE],
        [report(1, planned_value=0.0, earned_value=0.0, actual_cost=0.0)],
        [report(5, earned_value=1e-9, actual_cost=1e9, planned_value=1e-9)],
        [report(5, earned_value=50.0, budget=None, start=None, finish=None)],
        [report(5, earned_value=5000.0, actual_cost=-20.0, planned_value=2000.0)],
        [{**MIDDLE, "finish": FAR, "forecast_finish": FAR}],
        [{**MIDDLE, "start": dt.date(1, 1, 1)}],
        [MIDDLE, report(50), report(60, actual_cost=500.0)],
        [MIDDLE, {**MIDDLE, "status_date": after(41), "finish": after(300)}, {**MIDDLE, "status_date": after(42)}],
    ],
    ids=["usual", "nothing yet", "hopeless", "no plan", "beyond", "far", "long ago", "without", "plans"],
)
def test_the_card_is_drawn_whatever_the_reports_state(reports: list[dict[str, Any]]) -> None:
    course = written(*reports, currency="<i>")
    assert course.now
    html = earned_chart.drawing(course, course.now)
    assert not re.search(r"\b(nan|inf|None|NaT)\b", html)
    assert "<i>" not in re.sub(r"<i style", "", html)
    assert all(0 <= float(place) <= 100 for place in re.findall(r"(?:top|left|width):([-\d.]+)%", html))
    for beside in (r'class="rw-earned-name" style="left:[\d.]+%;top:([\d.]+)%', r'<b style="top:([\d.]+)%'):
        tops = sorted(float(top) for top in re.findall(beside, html))
        assert all(other - one >= 5.4 for one, other in pairwise(tops)), "names stand on one another"
    card(course)


def test_a_dot_says_a_date_and_a_way_that_leads_beyond_the_edge_has_none() -> None:
    near = written(MIDDLE)
    slow = written({**MIDDLE, "earned_value": 30.0, "planned_value": 900.0, "forecast_finish": after(110)})
    for course, is_within in ((near, True), (slow, False)):
        assert course.now
        assert course.now.ends
        html = earned_chart.drawing(course, course.now)
        dots = html.count("rw-earned-dot")
        assert dots == is_within + (course.now.forecast is not None)
    assert f"finish at this pace {formats.day(slow.now.ends)}" in earned_chart.alt(slow, slow.now)  # type: ignore[union-attr]


def test_what_is_done_has_no_forecast() -> None:
    done = report(99, planned_value=990.0, earned_value=1000.0, actual_cost=900.0, forecast_cost=950.0)
    course = written(done)
    assert course.now
    assert "At this CPI" not in earned_chart.drawing(course, course.now)
    assert [figure.label for figure in earned_view.shown(course, course.now)][-1] == "By time, SPI(t)"
    assert not card(course).expander
    assert card(written(MIDDLE)).expander


def test_the_figures_say_how_sure_they_are_and_what_is_unlikely() -> None:
    course = written({**MIDDLE, "forecast_finish": after(120)})
    assert course.now
    found = {figure.label: figure for figure in earned_view.shown(course, course.now)}
    cost = found["Cost at this CPI (EAC)"]
    # 1,250 with a usual error of 13.5 % at 30 %.
    assert (cost.value, cost.note) == ("$1.2 k", "usually $1.1 k to $1.4 k with 30 % done\nreported $1.1 k")
    needed = found["Needed from now on (TCPI)"]
    assert (needed.value, needed.note) == ("1.12", "to end on budget, seldom reached\nto end as reported 0.97")
    assert found["Finish at this pace"].note == "forecast 1 May 2026\nbaseline 11 Apr 2026"
    assert found["By time, SPI(t)"].note == "10 days behind the plan"


def test_without_earned_value_the_card_says_what_would_feed_it() -> None:
    app = card(written(report(5, actual_cost=10.0)))
    assert "No report states an earned value" in " ".join(block.proto.body for block in app.get("html"))
