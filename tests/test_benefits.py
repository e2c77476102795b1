"""Benefits on literal exports: what came, what is expected, and what can't come when it is promised; by hand."""

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import pytest

from analytics import benefits
from analytics.benefits import Wanted
from analytics.reading import NO_PROGRAM, Scope
from components import benefits_view
from components.tables import Under
from tests.by_sql import judged_by_sql
from tests.test_analytics import World

DAY = dt.date(2026, 11, 20)
ALL = Scope()
PROGRAMS = "program_id,program_name,program_portfolio\nR1,Front door,Customer\nR2,Back office,Platform\n"
# P1 finishes 90 days late, in the middle of a quarter; P2 was stopped; P3 is done; P4 is part of no program.
PROJECTS = """project_id,project_name,program_id,portfolio,stage,baseline_start,baseline_finish,budget,currency
P1,Identity,R1,Customer,active,2026-01-01,2026-11-22,100,USD
P2,Portal,R1,Customer,cancelled,2026-01-01,2026-12-31,100,USD
P3,Ledger,R2,Platform,completed,2026-01-01,2026-06-30,100,USD
P4,Depot,,Platform,active,2026-01-01,2026-12-31,100,USD
"""
STATUS = """project_id,status_date,forecast_finish,actual_finish,stage
P1,2026-11-20,2027-02-20,,active
P2,2026-11-20,,,cancelled
P3,2026-11-20,,2026-07-15,completed
P4,2026-11-20,2026-12-31,,active
"""
HEADER = "benefit_id,benefit_name,project_id,program_id,unit,period_end,planned,forecast,realised,benefit_owner\n"


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with judged_by_sql():
        made = World(tmp_path_factory.mktemp("listed"))
        made.load(programs=PROGRAMS, projects=PROJECTS, status=STATUS)
        yield made


@pytest.fixture
def world(listed: World, tmp_path: Path) -> World:
    """A copy of the warehouse that holds programs, projects and their status, for a test's own benefits."""
    shutil.copytree(listed.warehouse.folder, tmp_path / "warehouse")
    return World(tmp_path)


def rows(benefit: str, project: str, periods: str, *, unit: str = "USD", program: str = "", owner: str = "CFO") -> str:
    """A benefit's rows; a period is "day planned/forecast/realised", "-" is an empty cell."""
    made = ""
    for period in periods.split(", "):
        day, amounts = period.split(" ")
        cells = ",".join("" if cell == "-" else cell for cell in amounts.split("/"))
        made += f"{benefit},Benefit {benefit},{project},{program},{unit},{day},{cells},{owner}\n"
    return made


def one(world: World, text: str, day: dt.date = DAY) -> benefits.Benefit:
    world.load(benefits=HEADER + text)
    many, found = world.ask(benefits.benefits, day, ALL, Wanted(), 50)
    assert many == 1
    return found[0]  # type: ignore[no-any-return]


def test_only_measured_periods_compare(world: World) -> None:
    # The third quarter is not measured yet: neither its plan nor its forecast takes part to date.
    found = one(world, rows("B", "P3", "2026-03-31 10/-/8, 2026-06-30 20/-/10, 2026-09-30 30/25/-, 2026-12-31 40/32/-"))
    assert (found.realised, found.due, found.measured, found.ended) == (18, 30, 2, 3)
    assert (found.expected, found.business_case, found.planned) == (8 + 10 + 25 + 32, 100, 100)
    assert found.gap_share == pytest.approx(-0.25)
    assert (found.is_shrinking, found.is_tracked, found.is_closed) == (True, False, True)
    assert found.last_measured == dt.date(2026, 6, 30)


def test_a_period_without_a_forecast_is_compared_with_nothing(world: World) -> None:
    found = one(world, rows("B", "P3", "2026-09-30 30/-/-, 2026-12-31 40/40/-, 2027-03-31 50/-/-"))
    assert (found.expected, found.business_case, found.planned, found.unknown_periods) == (40, 40, 120, 2)
    assert (found.gap_share, found.is_shrinking) == (0, False)
    # What is undefined is not nought: nothing was measured, and whether it began in September is not known.
    assert (found.realised, found.due, found.late_days, found.is_late) == (None, None, None, False)


def test_nothing_of_a_business_case_is_n_a(world: World) -> None:
    found = one(world, rows("B", "P3", "2026-09-30 -/-/7, 2026-12-31 -/9/-"))
    assert (found.planned, found.business_case, found.gap_share, found.late_days) == (None, None, None, None)
    assert (found.expected, found.realised, found.due) == (16, 7, None)
    total = world.ask(benefits.summary, DAY, ALL).totals[0]
    assert (total.gap, total.gap_share, total.realised, total.realised_share) == (None, None, 7, None)


def test_a_share_and_the_amounts_beside_it_come_from_the_same_rows(world: World) -> None:
    text = (
        rows("Planned", "P3", "2026-09-30 1000/-/500, 2026-12-31 2000/1700/-")
        + rows("Unplanned", "P3", "2026-09-30 -/-/700, 2026-12-31 -/100/-")
        + rows("Disbenefit", "P3", "2026-09-30 -500/-/-700, 2026-12-31 -500/-800/-")
    )
    world.load(benefits=HEADER + text)
    found = world.ask(benefits.summary, DAY, ALL)
    total = found.main
    assert (total.expected, total.compared, total.business_case, total.uncased) == (1500, 700, 2000, 800)
    assert (total.realised, total.came, total.due, total.unplanned) == (500, -200, 500, 700)
    assert total.gap_share == pytest.approx(total.compared / total.business_case - 1)
    assert total.realised_share is None  # less than nothing is no share of what was planned
    end, date, *_ = benefits_view.figures(found, total)
    assert (end.value, end.note) == ("$700", "65 % under $2 k; $800 more has no case")
    assert (date.value, date.note) == ("−$200", "against $500 planned; $700 more had no plan")
    assert sum(p.planned for p in world.ask(benefits.course, DAY, ALL, "USD")) == 2000
    assert sum(p.expected for p in world.ask(benefits.course, DAY, ALL, "USD")) == 700
    worse = world.ask(benefits.benefits, DAY, ALL, Wanted("Disbenefit"), 9)[1][0]
    assert (worse.planned, worse.business_case, worse.gap_share, worse.is_shrinking) == (-1000, -1000, -0.5, True)
    assert benefits.realised_share(worse.realised, worse.due) == 1.4


@pytest.mark.parametrize(
    ("periods", "late", "never"),
    [
        ("2026-06-30 0/-/0, 2026-09-30 5/-/0, 2026-12-31 5/5/-", 92, False),
        ("2026-06-30 0/-/2, 2026-09-30 5/-/5, 2026-12-31 5/5/-", -92, False),
        ("2026-09-30 5/-/5, 2026-12-31 5/5/-", 0, False),
        ("2026-09-30 5/-/0, 2026-12-31 5/0/-", None, True),
        ("2026-09-30 5/-/-, 2026-12-31 5/5/-", None, False),  # it may have begun in the period that nobody measured
        ("2026-06-30 0/-/-, 2026-09-30 5/-/0, 2026-12-31 5/5/-", 92, False),  # before its plan nothing is missed
    ],
)
def test_how_late_it_starts(world: World, periods: str, late: int | None, never: bool) -> None:
    found = one(world, rows("B", "P3", periods))
    assert (found.late_days, found.is_never, found.is_late) == (late, never, never or (late or 0) > 0)


def test_what_is_promised_before_the_project_finishes(world: World) -> None:
    # P1 finishes on 20 Feb 2027: the year's last quarter ends before, the quarter of the finish may bring something.
    found = one(world, rows("B", "P1", "2026-09-30 5/-/1, 2026-12-31 10/8/-, 2027-03-31 10/9/-, 2027-06-30 10/10/-"))
    assert (found.is_before, found.before, found.displaced) == (True, 8, 15)
    assert (found.before_from, found.before_to) == (dt.date(2026, 12, 31),) * 2
    assert (found.able_from, found.slip_days) == (dt.date(2027, 2, 20), 90)
    assert [(p.expected, p.before, p.realised) for p in world.ask(benefits.course, DAY, ALL, "USD")] == [
        (1, 0, 1),
        (8, 8, None),
        (9, 0, None),
        (10, 0, None),
    ]


def test_a_stopped_project_brings_nothing_any_more(world: World) -> None:
    found = one(world, rows("B", "P2", "2026-09-30 5/-/1, 2026-12-31 10/8/-, 2027-03-31 10/9/-"))
    assert (found.is_stopped, found.before, found.displaced, found.is_closed) == (True, 17, 20, True)


def test_a_program_brings_nothing_before_its_first_project_finishes(world: World) -> None:
    own = "2026-12-31 10/8/-, 2027-03-31 10/9/-"
    world.load(benefits=HEADER + rows("A", "", own, program="R1") + rows("B", "", own, program="R2"))
    found = {b.benefit_id: b for b in world.ask(benefits.benefits, DAY, ALL, Wanted(), 9)[1]}
    assert (found["A"].able_from, found["A"].before) == (dt.date(2027, 2, 20), 8)  # the stopped one brings nothing
    assert (found["B"].able_from, found["B"].before) == (dt.date(2026, 7, 15), None)
    assert (found["A"].portfolio, found["B"].portfolio) == ("Customer", "Platform")


def test_an_earlier_review_knows_what_was_over_then(world: World) -> None:
    text = rows("B", "P1", "2026-03-31 10/-/8, 2026-06-30 10/-/5, 2026-12-31 10/6/-")
    found = one(world, text, dt.date(2026, 4, 1))
    assert (found.realised, found.due, found.ended) == (8, 10, 1)
    # No forecast is kept for what has been measured since: what came stands for it.
    assert found.expected == 8 + 5 + 6


def test_no_sum_mixes_units_and_rates_add_up_to_nothing(world: World) -> None:
    past, more = "2026-09-30 10/-/5", "2026-09-30 4/-/2, 2026-12-31 6/3/-"
    world.load(
        benefits=HEADER
        + rows("A", "P1", past)
        + rows("B", "P3", past, unit="usd")
        + rows("C", "P3", past, unit="€")
        + rows("D", "P3", past, unit="Hours")
        + rows("E", "P3", past, unit="hours")
        + rows("F", "P3", more, unit="%")
        + rows("G", "P3", more, unit="calls per hour")
        + rows("H", "P3", past, unit="")
    )
    found = world.ask(benefits.summary, DAY, ALL)
    assert [(t.unit, t.is_money, t.benefits, t.realised) for t in found.totals] == [
        ("USD", True, 3, 15),
        ("EUR", True, 1, 5),
        ("Hours", False, 2, 10),
        ("%", False, 1, None),
        ("calls per hour", False, 1, None),
    ]
    rate = next(b for b in world.ask(benefits.benefits, DAY, ALL, Wanted(unit="%"), 9)[1])
    assert (rate.realised, rate.due, rate.expected, rate.business_case) == (2, 4, 3, 6)  # the last known period alone
    assert rate.gap_share == pytest.approx(-0.5)
    assert world.ask(benefits.course, DAY, ALL, "%") == ()
    # A program's own unit stands in its row, the page's first where it has that.
    of = world.ask(benefits.by_program, DAY, ALL)
    assert [t.unit for t in of["R1"]] == ["USD"]
    assert [t.unit for t in of["R2"]] == ["USD", "EUR", "Hours", "%", "calls per hour"]
    assert benefits_view.of_program(of["R2"]) == Under("$10", "−50 %; +4 units")
    assert benefits_view.of_program(of["R2"][2:]) == Under("10 Hours", "−50 %; +2 units")
    assert benefits_view.of_program(of["R2"][3:4]) == Under("a share", "in %")
    assert benefits_view.of_program(()) == "n/a"


def test_parts_add_up_to_the_whole(world: World) -> None:
    text = (
        rows("A", "P1", "2026-09-30 10/-/5, 2026-12-31 10/8/-")
        + rows("B", "P2", "2026-12-31 7/7/-", owner="")
        + rows("C", "P3", "2026-09-30 20/-/25")
        + rows("D", "P4", "2026-12-31 9/3/-")
        + rows("E", "", "2026-12-31 11/11/-", program="R2")
        + rows("F", "", "2026-12-31 13/1/-")
    )
    world.load(benefits=HEADER + text)
    whole = world.ask(benefits.summary, DAY, ALL)
    names = ("benefits", "planned", "business_case", "expected", "due", "realised", "before", "ended", "measured")
    for level, keys in (("program", {"R1", "R2", NO_PROGRAM}), ("portfolio", {"Customer", "Platform", ""})):
        parts = world.ask(benefits.groups, DAY, ALL, level, "USD")
        assert {part.id for part in parts} == keys
        for name in names:
            assert sum(getattr(part.total, name) or 0 for part in parts) == (getattr(whole.main, name) or 0)
        for part in parts:
            if part.id:
                scope = Scope(program=part.id) if level == "program" else Scope(part.id)
                assert world.ask(benefits.summary, DAY, scope).main == part.total
    assert world.ask(benefits.by_program, DAY, ALL) == {
        part.id: (part.total,) for part in world.ask(benefits.groups, DAY, ALL, "program", "USD")
    }
    points = world.ask(benefits.course, DAY, ALL, "USD")
    assert (sum(p.planned for p in points), sum(p.expected for p in points)) == (80, 60)
    assert sum(p.before for p in points) == whole.main.before == 15
    assert (whole.ownerless, whole.closed, whole.tracked) == (1, 2, 2)


def test_the_fewest_programs_that_carry_most_of_the_shortfall(world: World) -> None:
    lost = {"R1": 50, "R2": 30, "R3": 30, "R4": 5}
    world.load(
        programs="program_id,program_name\nR3,Three\nR4,Four\nR5,Five\n",
        benefits=HEADER
        + "".join(rows(f"B{key}", "", f"2026-12-31 100/{100 - gap}/-", program=key) for key, gap in lost.items())
        + rows("Gain", "", "2026-12-31 100/190/-", program="R5"),
    )
    found = world.ask(benefits.summary, DAY, ALL)
    assert (found.carriers, found.programs) == (2, 5)  # 50 of 115 is less than half, 80 is more
    assert found.main.gap == -25


def test_what_was_known_before_a_load_stays(world: World) -> None:
    world.load(benefits=HEADER + rows("B", "P3", "2026-09-30 10/-/5, 2026-12-31 10/9/-"))
    known = world.desk.version()
    before = world.ask(benefits.summary, DAY, ALL)
    world.load(benefits=HEADER + rows("B", "P3", "2026-09-30 10/-/4, 2026-12-31 10/2/-"))
    assert astuple(world.ask(benefits.summary, DAY, ALL, known_at=known)) == astuple(before)
    assert world.ask(benefits.summary, DAY, ALL).main.expected == 6


def test_the_list_is_narrowed_and_sorted(world: World) -> None:
    world.load(
        benefits=HEADER
        + rows("Fine", "P3", "2026-09-30 10/-/10, 2026-12-31 10/10/-")
        + rows("Short", "P3", "2026-09-30 10/-/5, 2026-12-31 10/5/-", owner="")
        + rows("Early", "P1", "2026-12-31 10/10/-")
        + rows("Late", "P3", "2026-09-30 10/-/0, 2026-12-31 10/20/-")
        + rows("Unmeasured", "P4", "2026-09-30 1/-/-, 2026-12-31 10/10/-", owner="The CIO")
    )

    def ids(**wanted: str) -> list[str]:
        return [b.benefit_id for b in world.ask(benefits.benefits, DAY, ALL, Wanted(**wanted), 50)[1]]

    assert ids()[:3] == ["Early", "Short", "Late"]
    assert ids(shown="before") == ["Early"]
    assert ids(shown="late") == ["Late"]
    assert ids(shown="shrinking") == ["Short"]
    assert ids(shown="unmeasured") == ["Unmeasured"]
    assert ids(shown="ownerless") == ["Short"]
    assert ids(text="the cio") == ["Unmeasured"]
    assert ids(text="identity") == ["Early"]
    assert ids(unit="hours") == []
    assert ids(order="name") == ["Early", "Fine", "Late", "Short", "Unmeasured"]
    assert ids(shown="closed") == ["Short", "Late", "Fine"]
    for shown in benefits.SHOWN:  # each can be asked for in every order
        assert {tuple(sorted(ids(shown=shown, order=order))) for order in benefits.ORDERS} == {
            tuple(sorted(ids(shown=shown)))
        }
    many, page = world.ask(benefits.benefits, DAY, ALL, Wanted(order="name"), 2, 2)
    assert (many, [b.benefit_id for b in page]) == (5, ["Late", "Short"])
    assert list(world.ask(benefits.benefits_file, DAY, ALL, Wanted(order="name"))["benefit_id"]) == ids(order="name")


def test_where_a_row_came_from_is_the_last_measured_one(world: World) -> None:
    found = one(world, rows("B", "P3", "2026-06-30 10/-/5, 2026-09-30 10/-/5, 2026-12-31 10/9/-"))
    assert (found.file_name, found.source_row, found.load_id) == ("benefits.csv", 3, 4)
