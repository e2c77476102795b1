"""Programs: since when they have their colour, what would change it, and their sums, on literal exports."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from analytics import programs, rollup
from analytics.reading import NO_PROGRAM, Basis, Scope
from analytics.rollup import Rollup, Rules
from pipelines.rules import set_rules
from tests.by_sql import judged_by_sql
from tests.test_analytics import World

DAY = dt.date(2026, 11, 20)
ALL = Scope()
HEADER = "project_id,program_id,portfolio,status_date,reported_health,budget,actual_cost,earned_value,stage\n"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with judged_by_sql():
        yield World(tmp_path)


def week(ago: int) -> dt.date:
    return DAY - dt.timedelta(weeks=ago)


def reports(project: str, program: str, colours: str, *, portfolio: str = "A", budget: str = "100") -> str:
    """A report a week up to the last, one letter a colour; "-" is a week on which the project is cancelled."""
    names = {"r": "red", "a": "amber", "g": "green", "-": "", "?": ""}
    return "".join(
        f"{project},{program},{portfolio},{week(len(colours) - 1 - n)},{names[c]},{budget},,,"
        f"{'cancelled' if c == '-' else 'active'}\n"
        for n, c in enumerate(colours)
    )


def courses(world: World, basis: Basis = "reported", scope: Scope = ALL, weeks: int = 26) -> programs.Courses:
    found: programs.Courses = world.ask(programs.courses, DAY, scope, basis, weeks)
    return found


def test_since_when_a_program_has_its_colour(world: World) -> None:
    world.load(
        status=HEADER + reports("P1", "R1", "gggrarr") + reports("P2", "R2", "rrrrrrr") + reports("P3", "R3", "g")
    )
    found = courses(world).of
    assert {name: (c.state, c.since, c.weeks, c.is_from_start) for name, c in found.items()} == {
        "R1": ("red", week(1), 1, False),
        "R2": ("red", week(6), 6, True),
        "R3": ("green", week(0), 0, False),
    }
    assert found["R1"].states == ("green", "green", "green", "red", "amber", "red", "red")
    assert found["R3"].states == ("",) * 6 + ("green",)


def test_weeks_without_a_live_project_break_a_run(world: World) -> None:
    world.load(status=HEADER + reports("P1", "R1", "rr--rr") + reports("P2", "R2", "gggggg"))
    found = courses(world, weeks=4)
    assert found.dates == tuple(week(n) for n in (3, 2, 1, 0))
    assert (found.of["R1"].since, found.of["R1"].is_from_start) == (week(1), False)
    assert found.of["R1"].states == ("", "", "red", "red")
    assert found.of["R2"].is_from_start


def test_the_part_of_a_program_in_one_portfolio_has_a_course_of_its_own(world: World) -> None:
    world.load(status=HEADER + reports("P1", "R1", "rrrr") + reports("P2", "R1", "gggr", portfolio="B", budget="900"))
    assert courses(world).of["R1"].since == week(0)
    assert courses(world, scope=Scope("A")).of["R1"].is_from_start
    assert courses(world, scope=Scope("B")).of["R1"].states == ("green", "green", "green", "red")


def test_projects_of_no_program_have_a_course(world: World) -> None:
    world.load(status=HEADER + reports("P1", "", "gr"))
    assert courses(world, scope=Scope(program=NO_PROGRAM)).of[NO_PROGRAM].since == week(0)
    one = world.ask(programs.program, DAY, Scope(program=NO_PROGRAM))
    assert (one.program.program_name, list(one.projects["project_key"])) == ("No program", ["P1"])


@pytest.mark.parametrize(
    ("rule", "state", "said"),
    [
        ("share", "red", "Red from 25 % in red, by budget"),
        ("worst", "red", "Red, as the worst project is"),
        ("mean", "amber", "Amber from a mean of 0.5 (green 0, amber 1, red 2), by budget"),
    ],
)
def test_the_rule_in_force_decides(world: World, rule: str, state: str, said: str) -> None:
    world.load(status=HEADER + reports("P1", "R1", "r", budget="300") + reports("P2", "R1", "g", budget="700"))
    if rule != "share":
        set_rules(world.warehouse, {"rollup_rule": rule}, "a test")
    found = world.ask(programs.programs, DAY, ALL)[0].reported
    assert (found.state, found.rule) == (state, said)
    assert courses(world).of["R1"].state == state


@pytest.mark.parametrize(
    ("colours", "said"),
    [
        ({"P1": ("r", 100), "P2": ("r", 60), "P3": ("g", 240)}, "No longer red once P1 is not red"),
        ({"P1": ("r", 100), "P2": ("r", 120), "P3": ("g", 180)}, "No longer red once 2 projects are not red, such as"),
        ({"P1": ("a", 100), "P2": ("g", 100)}, "Green once P1 is green"),
        ({"P1": ("a", 10), "P2": ("g", 30), "P3": ("g", 15), "P4": ("g", 45)}, "Amber once P3 is amber"),
        (
            {"P1": ("a", 11), **{f"P{n}": ("g", 10) for n in range(2, 10)}, "PX": ("g", 9)},
            "No single project can: amber from 25 % in red and amber, it has 11 %",
        ),
        ({"P1": ("-", 0)}, ""),
    ],
)
def test_what_would_change_a_colour(world: World, colours: dict[str, tuple[str, int]], said: str) -> None:
    rows = [reports(project, "R", colour, budget=str(budget)) for project, (colour, budget) in colours.items()]
    world.load(status=HEADER + "".join(rows))
    one = world.ask(programs.program, DAY, ALL)
    assert one is None if not said else one.flips["reported"].startswith(said)


@pytest.mark.parametrize(
    ("rule", "projects", "said"),
    [
        ("share", "A g 10 !, B g 80, C a 10", "Red once A is red, which is critical; amber once B is amber"),
        ("share", "A g 80, B g 9 !, C g 11 !", "Red once B is red, which is critical; amber once A is amber"),
        ("share", f"A a 11{', B g 10' * 9}", "No single project can: amber from 25 % in red and amber, it has 11 %"),
        ("worst", "A g 30, B g 10", "Amber once B is amber, as any other would turn it too"),
        ("worst", "A r 30, B g 10", "No longer red once A is better"),
        ("mean", "A g 20, B g 70, C g 10", "Amber once B is amber"),
        ("mean", "A g 30, B g 30, C g 40", "Amber once A is red"),
        ("mean", f"A g 1{', B g 1' * 9}", "No single project can: amber from a mean of 0.5, now 0.00"),
    ],
)
def test_the_smallest_project_that_alone_would_turn_it_is_named(rule: str, projects: str, said: str) -> None:
    names = {"g": "green", "a": "amber", "r": "red"}
    parts = [part.split() for part in projects.split(", ")]
    frame = pd.DataFrame(
        [(name, names[colour], float(budget), bool(mark)) for name, colour, budget, *mark in parts],
        columns=["project_name", "computed", "budget", "is_critical"],
    )
    shares = {
        state: float(frame["budget"][frame["computed"] == state].sum() / frame["budget"].sum())
        for state in names.values()
    }
    state = "red" if shares["red"] else "green"
    mean = shares["amber"] + 2 * shares["red"]
    one = Rollup(state, "", "budget", shares["red"], shares["amber"], shares["green"], 0, 0, 0, 1, mean)
    assert rollup.flips(one, Rules(rule, 0.25, 0.25, 0.5), frame, "computed") == said


def test_the_smallest_project_that_is_enough_is_named(world: World) -> None:
    rows = [reports("P1", "R", "r", budget="60"), reports("P2", "R", "r", budget="50")]
    world.load(status=HEADER + "".join(rows) + reports("P3", "R", "g", budget="150"))
    one = world.ask(programs.program, DAY, ALL)
    assert one.flips["reported"] == "No longer red once P2 is not red"  # 60 of 260 is 23 %


@pytest.mark.parametrize(
    ("red", "amber", "said"),
    [
        (0.2493, 0.1, ("24.9 %", "10.0 %")),
        (0.0, 0.2461, ("0 %", "24.6 %")),
        (0.1, 0.1499, ("10.00 %", "14.99 %")),
        (0.3, 0.004, ("30 %", "<1 %")),
    ],
)
def test_shares_do_not_read_like_a_limit_that_they_have_not_reached(
    red: float, amber: float, said: tuple[str, str]
) -> None:
    one = Rollup("amber", "", "budget", red, amber, 1 - red - amber, 1, 1, 0, 1, 0.5, (0.25, 0.25))
    assert one.red_and_amber == said


def test_critical_projects_have_to_turn_too(world: World) -> None:
    world.load(
        status="project_id,program_id,status_date,is_critical,reported_health,budget\n"
        "A,R,2026-11-20,yes,red,1\nB,R,2026-11-20,no,green,99\n"
    )
    assert world.ask(programs.program, DAY, ALL).flips["reported"] == "No longer red once A is not red"


def test_cost_performance_is_of_sums_and_of_projects_that_state_both(world: World) -> None:
    world.load(
        status=HEADER
        + "P1,R,A,2026-11-20,green,100,50,40,active\nP2,R,A,2026-11-20,green,100,30,,active\n"
        + "P3,R,A,2026-11-20,green,100,100,80,active\nP4,R,A,2026-11-20,green,100,,70,active\n"
    )
    money = world.ask(programs.programs, DAY, ALL)[0].money[0]
    assert (money.cpi, money.performing, money.projects, money.spent) == (120 / 150, 2, 4, 180)
    assert programs.total(world.ask(programs.programs, DAY, ALL)) == (money,)


def test_the_worst_comes_first(world: World) -> None:
    world.load(
        status=HEADER
        + reports("P1", "Small", "r", budget="10")
        + reports("P2", "Large", "r", budget="99")
        + reports("P3", "Fine", "g", budget="500")
        + reports("P4", "Amber", "a")
        + reports("P5", "", "r", budget="999")
    )
    found = programs.worst_first(world.ask(programs.programs, DAY, ALL), "reported")
    assert [p.program_id for p in found] == ["Large", "Small", "Amber", "Fine", NO_PROGRAM]
    assert programs.in_red(found, "reported") == 2


def test_comments_are_of_the_report_that_holds(world: World) -> None:
    world.load(
        status="project_id,program_id,status_date,reported_health,comment\n"
        "P1,R,2026-11-13,green,old\nP1,R,2026-11-20,green,new\nP2,R,2026-11-13,green,still\nP3,R,2026-11-20,red,\n"
    )
    found = world.ask(programs.program, DAY, ALL).projects.set_index("project_key")["comment"]
    assert (found["P1"], found["P2"]) == ("new", "still")
    assert found.isna()["P3"]


def test_rules_are_those_in_force(world: World) -> None:
    world.load(status=HEADER + reports("P1", "R1", "g"))
    assert world.ask(rollup.rollup_rules) == Rules("share", 0.25, 0.25, 0.5)


def test_programs_that_are_named_alike_are_told_apart(world: World) -> None:
    world.load(
        programs="program_id,program_name\nR1,Alpha\nR2,Alpha\nR3,Beta\n",
        status=HEADER + reports("P1", "R1", "r") + reports("P2", "R2", "g") + reports("P3", "R3", "g"),
    )
    found = world.ask(programs.programs, DAY, ALL)
    assert sorted(p.program_name for p in found) == ["Alpha (R1)", "Alpha (R2)", "Beta"]


def test_another_currency_of_no_program_does_not_change_the_order(world: World) -> None:
    world.load(
        status="project_id,program_id,status_date,reported_health,budget,currency\n"
        "P1,Small,2026-11-20,red,10,USD\nP2,Large,2026-11-20,red,90,USD\nP3,Large,2026-11-20,green,60,USD\n"
        "P4,,2026-11-20,red,500,GBP\n"
    )
    found = programs.worst_first(world.ask(programs.programs, DAY, ALL), "reported")
    assert [p.program_id for p in found] == ["Large", "Small", NO_PROGRAM]


def test_what_stays_unknown_is_not_promised_green(world: World) -> None:
    rows = reports("P1", "R", "a", budget="40") + "".join(reports(f"U{n}", "R", "?", budget="20") for n in range(3))
    world.load(status=HEADER + rows.replace(",?,", ",,"))
    assert world.ask(programs.program, DAY, ALL).flips["reported"] == "No longer amber once P1 is green"
