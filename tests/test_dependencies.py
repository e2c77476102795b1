"""Dependencies and what moves when a milestone slips, on literal networks: the expected days are written out."""

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics import evidence, milestones
from analytics.dependencies import Dependency, behind, dependencies, worst
from analytics.reading import Scope
from analytics.shock import Shock, open_milestones, shock
from components import dependency_view
from tests.by_sql import judged_by_sql
from tests.test_analytics import World

DAY = dt.date(2026, 11, 20)
ALL = Scope()
PROJECTS = "project_id,project_name,program_id,goal_id,portfolio,stage,baseline_start,baseline_finish,budget,currency\n"
STATUS = "project_id,status_date,reported_health,forecast_finish,actual_finish\n"
MILESTONES = "milestone_id,project_id,status_date,is_deliverable,baseline_date,forecast_date,actual_date\n"
DEPENDENCIES = (
    "dependency_id,from_project_id,from_milestone_id,to_project_id,to_milestone_id,kind,lag_days,needed_by,"
    "dependency_status\n"
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with judged_by_sql():
        yield World(tmp_path)


def project(key: str, *, program: str = "R1", goal: str = "", stage: str = "active", start: str = "2026-09-01") -> str:
    """A listed project of a hundred days and a budget of 100."""
    finish = dt.date.fromisoformat(start) + dt.timedelta(days=100)
    return f"{key},{key} name,{program},{goal},A,{stage},{start},{finish},100,USD\n"


def finishes(**of: str) -> str:
    """A report of each project's forecast finish."""
    return STATUS + "".join(f"{key},2026-11-20,green,{finish},\n" for key, finish in of.items())


def milestone(place: str, forecast: str, *, baseline: str = "2027-06-01", met: str = "") -> str:
    key, name = place.split(".")
    return f"{name},{key},2026-11-20,no,{baseline},{forecast},{met}\n"


def link(
    name: str,
    giver: str,
    taker: str,
    needed: str = "",
    *,
    kind: str = "finish to start",
    lag: int | str = "",
    status: str = "open",
) -> str:
    ends = (*giver.partition(".")[::2], *taker.partition(".")[::2])
    return f"{name},{','.join(ends)},{kind},{lag},{needed},{status}\n"


def network(world: World, *, projects: str, reports: str, points: str = "", links: str = "", **others: str) -> None:
    exports = {"projects": PROJECTS + projects, "status": reports, **others}
    if points:
        exports["milestones"] = MILESTONES + points
    if links:
        exports["dependencies"] = DEPENDENCIES + links
    world.load(**exports)


def found(world: World, scope: Scope = ALL, day: dt.date = DAY) -> dict[str, Dependency]:
    return {one.dependency_id: one for one in world.ask(dependencies, day, scope)}


def slip(world: World, place: str, weeks: int) -> Shock:
    moved = world.ask(shock, DAY, *place.split("."), weeks)
    assert isinstance(moved, Shock)
    return moved


def moved(result: Shock) -> dict[str, int]:
    """Days by project (its finish) and by project.milestone."""
    points = {f"{move.project_key}.{move.milestone_id}": move.days for move in result.milestones}
    return points | {move.project_key: move.days for move in result.projects}


def test_slack_is_from_the_day_it_comes_to_the_day_it_is_needed(world: World) -> None:
    network(
        world,
        projects="".join(project(key) for key in "ABC") + project("D", start="2027-03-01"),
        reports=finishes(A="2027-01-10", B="2027-02-01", C="2027-02-01", D="2027-08-01"),
        points=milestone("A.M1", "2026-12-31")
        + milestone("A.late", "2026-10-01")  # its forecast has passed: not before the review
        + milestone("A.done", "", met="2026-11-02")
        + milestone("A.when", "", baseline="")
        + milestone("A.planned", "")
        + milestone("B.M1", "2027-01-05"),
        links=link("stated", "A.M1", "B.M1", "2026-12-26")
        + link("own", "A.M1", "B.M1", lag=3)
        + link("late", "A.late", "B", "2026-11-25")
        + link("done", "A.done", "B", "2026-11-01")
        + link("when", "A.when", "B", "2027-01-01")
        + link("finish", "A", "C", kind="finish to finish")
        + link("start", "A", "D")
        + link("begun", "A", "D", kind="start to start")
        + link("running", "A", "C")  # it began in September: needed by its finish
        + link("itself", "A", "A.M1", "2026-12-01")
        + link("inner", "A.late", "A.M1", "2026-11-25")
        + link("gone", "A", "B", "2026-01-01", status="dropped")
        + link("said", "A", "B", "2026-01-01", status="met"),
    )
    assert {name: (one.state, one.slack_days) for name, one in found(world).items()} == {
        "stated": ("broken", -5),
        "own": ("open", 2),
        "late": ("open", 5),
        "done": ("met", -1),
        "when": ("unknown", None),
        "finish": ("open", 22),
        "start": ("open", 50),
        "begun": ("met", 181),
        "running": ("open", 22),
        "itself": ("unknown", -40),
        "inner": ("open", 5),
        "said": ("met", -374),
    }
    own = {name for name, one in found(world).items() if not one.is_stated}
    assert own == {"own", "finish", "start", "begun", "running"}
    late = {row["milestone_id"]: row["late_days"] for row in world.ask(evidence.milestones, DAY, "A")}
    passed = {row["milestone_id"] for row in world.ask(evidence.milestones, DAY, "A") if row["has_passed"]}
    assert passed == {"late"}
    assert late == {"M1": -152, "late": -193, "done": -211, "when": None, "planned": 0}


def test_what_has_no_forecast_comes_as_planned(world: World) -> None:
    network(
        world,
        projects=project("A") + project("B"),
        reports=finishes(B="2027-02-01"),
        points=milestone("A.M1", "", baseline="2027-01-03"),
        links=link("milestone", "A.M1", "B", "2027-01-01") + link("project", "A", "B", "2026-12-20"),
    )
    assert {name: one.slack_days for name, one in found(world).items()} == {"milestone": -2, "project": 10}


def test_those_who_have_ended_or_went_on_wait_no_more_and_the_cancelled_never_comes(world: World) -> None:
    network(
        world,
        projects=project("A", stage="cancelled")
        + project("B")
        + project("C", stage="completed")
        + project("D", stage="completed"),
        reports=finishes(A="2027-01-10", B="2027-02-01", C="2027-02-01", D="2027-02-01"),
        points=milestone("B.M1", "", met="2026-11-01"),
        links=link("cancelled", "A", "B", "2027-03-01")
        + link("ended", "A", "C", "2026-12-01")
        + link("over", "D", "B", "2026-12-01")
        + link("without", "A", "B.M1", "2026-10-01"),
    )
    every = found(world)
    assert {name: one.state for name, one in every.items()} == {
        "cancelled": "broken",
        "over": "met",
        "without": "met",
    }
    assert (every["cancelled"].is_cancelled, every["cancelled"].comes, every["cancelled"].slack_days) == (
        True,
        None,
        None,
    )
    assert worst([every["cancelled"]]) is None


def test_a_project_behind_two_dependencies_is_counted_once(world: World) -> None:
    network(
        world,
        projects=project("A") + project("B") + project("C", program="R2"),
        reports=finishes(A="2027-01-10", B="2027-02-01", C="2027-02-01"),
        points=milestone("A.M1", "2027-01-01"),
        links=link("one", "A.M1", "B", "2026-12-01")
        + link("two", "A.M1", "B", "2026-12-11")
        + link("three", "A", "C", "2026-12-31"),
    )
    every = world.ask(dependencies, DAY, ALL)
    assert behind(every) == {"USD": 200}
    assert dependency_view.title(every) == "All 3 dependencies come too late, the worst by 31 days; $200 waits"
    assert dependency_view.sentence(every) == "3 dependencies come too late, $200 waits"
    assert worst(every) == 31
    assert set(found(world, Scope(program="R2"))) == {"three"}
    assert {one.dependency_id for one in world.ask(dependencies, DAY, ALL, "B")} == {"one", "two"}


def test_how_many_come_too_late_is_said_in_words(world: World) -> None:
    network(
        world,
        projects=project("A") + project("B") + project("C", stage="cancelled"),
        reports=finishes(A="2027-01-10", B="2027-02-01", C="2027-02-01"),
        links=link("late", "A", "B", "2027-01-09")
        + link("open", "A", "B", "2027-01-10")
        + link("never", "C", "B", "2027-03-01")
        + link("met", "A", "B", "2027-01-01", status="met"),
    )
    late, never, in_time, met = (found(world)[name] for name in ("late", "never", "open", "met"))
    titles = {
        (late, in_time, met): "1 of 3 dependencies comes too late, by 1 day; $100 waits",
        (late, never, in_time): "2 of 3 dependencies come too late, the worst by 1 day; $100 waits",
        (never,): "The one dependency comes too late; $100 waits",
        (in_time, met): "None of 2 dependencies comes too late",
        (in_time,): "The one dependency comes in time",
        (met,): "The one dependency is met",
        (met, met): "All 2 dependencies are met",
        (): "No dependency is stated",
    }
    assert {links: dependency_view.title(links) for links in titles} == titles
    assert dependency_view.sentence((in_time, met)) == ""


def test_aliases_are_one_project(world: World) -> None:
    network(
        world,
        projects=project("A") + project("B"),
        reports=finishes(A="2027-01-10", B="2027-02-01"),
        points=milestone("A.M1", "2027-01-01"),
        links=link("named", "A name.M1", "B name", "2026-12-30"),
    )
    one = found(world)["named"]
    assert (one.giver, one.taker, one.slack_days) == ("A", "B", -2)
    assert moved(slip(world, "A.M1", 1)) == {"A.M1": 7, "A": 7, "B": 7}


def test_milestones_of_a_scope_are_met_missed_or_ahead(world: World) -> None:
    network(
        world,
        projects=project("A") + project("B", program="R2") + project("C", stage="cancelled"),
        reports=finishes(A="2027-01-10", B="2027-02-01"),
        points=milestone("A.met", "2026-10-01", baseline="2026-10-01", met="2026-10-05")
        + milestone("A.missed", "2026-12-05", baseline="2026-11-01")
        + milestone("A.ahead", "2027-01-05", baseline="2027-01-01")
        + milestone("B.other", "2027-01-05")
        + milestone("C.gone", "2026-12-01", baseline="2026-10-01"),
    )
    own = world.ask(milestones.milestones, DAY, Scope(program="R1"))
    assert [(m.milestone_id, m.state, m.comes) for m in own["A"]] == [
        ("met", "met", dt.date(2026, 10, 5)),
        ("missed", "missed", dt.date(2026, 12, 5)),
        ("ahead", "ahead", dt.date(2027, 1, 5)),
    ]
    assert world.ask(milestones.by_program, DAY, ALL) == {"R1": milestones.Met(2, 1)}
    assert set(world.ask(milestones.milestones, DAY, ALL)) == {"A", "B"}
    ahead = world.ask(open_milestones, DAY, ALL)
    assert [(m.project_key, m.milestone_id) for m in ahead] == [("A", "missed"), ("A", "ahead"), ("B", "other")]
    assert [m.milestone_id for m in world.ask(open_milestones, DAY, ALL, "B")] == ["other"]


def test_a_slip_travels_along_a_chain_and_slack_absorbs(world: World) -> None:
    network(
        world,
        projects="".join(project(key) for key in "ABCD"),
        reports=finishes(A="2027-02-01", B="2027-04-01", C="2027-06-01", D="2027-08-01"),
        points=milestone("A.M0", "2026-12-01")
        + milestone("A.M1", "2027-01-01")
        + milestone("A.M2", "2027-01-15")
        + milestone("B.M1", "2027-02-10")
        + milestone("B.M2", "2027-03-01")
        + milestone("C.M1", "2027-03-20"),
        links=link("AB", "A.M1", "B.M1", "2027-01-11")  # ten days of slack
        + link("BC", "B.M2", "C.M1", "2027-03-06")  # five
        + link("CD", "C", "D", "2027-07-01", kind="finish to finish"),  # thirty
    )
    result = slip(world, "A.M1", 3)
    assert moved(result) == {"A.M1": 21, "A.M2": 21, "A": 21, "B.M1": 11, "B.M2": 11, "B": 11, "C.M1": 6, "C": 6}
    assert {one.link.dependency_id: one.late for one in result.newly_broken} == {"AB": 11, "BC": 6}
    through = {move.project_key: move.through.dependency_id if move.through else "" for move in result.projects}
    assert through == {"A": "", "B": "AB", "C": "BC"}
    assert not result.has_cycle
    assert moved(slip(world, "A.M1", 1)) == {"A.M1": 7, "A.M2": 7, "A": 7}
    assert slip(world, "A.M1", 1).newly_broken == ()


def test_the_longest_push_wins_in_a_diamond(world: World) -> None:
    network(
        world,
        projects="".join(project(key) for key in "ABCD"),
        reports=finishes(A="2027-02-01", B="2027-03-01", C="2027-03-01", D="2027-08-01"),
        points="".join(milestone(f"{key}.M1", "2027-01-10") for key in "ABC") + milestone("D.M1", "2027-04-01"),
        links=link("AB", "A.M1", "B.M1", "2027-01-22")  # twelve
        + link("AC", "A.M1", "C.M1", "2027-01-13")  # three
        + link("BD", "B.M1", "D.M1", "2027-01-10")
        + link("CD", "C.M1", "D.M1", "2027-01-15"),  # five
    )
    result = slip(world, "A.M1", 2)
    assert {key: days for key, days in moved(result).items() if "." not in key} == {"A": 14, "C": 11, "D": 6, "B": 2}
    assert [(move.project_key, move.through.dependency_id) for move in result.projects if move.through] == [
        ("C", "AC"),
        ("D", "CD"),
        ("B", "AB"),
    ]


def test_many_ways_between_two_projects_are_no_circle(world: World) -> None:
    network(
        world,
        projects=project("A") + project("B"),
        reports=finishes(A="2027-02-01", B="2027-08-01"),
        points=milestone("A.M1", "2027-01-01")
        + "".join(milestone(f"B.N{n}", f"2027-0{9 - n}-01") for n in range(3, 8)),
        links="".join(link(f"L{n}", "A.M1", f"B.N{n}", f"2027-01-0{n}") for n in range(3, 8))
        + link("back", "B.N3", "A.M9", "2027-06-01"),
    )
    result = slip(world, "A.M1", 1)
    assert moved(result) == {"A.M1": 7, "A": 7, "B.N7": 1, "B.N6": 2, "B.N5": 3, "B.N4": 4, "B.N3": 5, "B": 5}
    assert not result.has_cycle


def test_a_circle_ends_and_is_said(world: World) -> None:
    network(
        world,
        projects=project("A") + project("B"),
        reports=finishes(A="2027-02-01", B="2027-08-01"),
        points=milestone("A.M0", "2026-12-20") + milestone("A.M1", "2027-01-01") + milestone("B.M1", "2027-01-10"),
        links=link("out", "A.M1", "B.M1", "2027-01-01") + link("back", "B.M1", "A.M0", "2027-01-13"),
    )
    result = slip(world, "A.M1", 2)
    assert moved(result) == {"A.M1": 14, "A": 14, "B.M1": 14, "B": 14, "A.M0": 11}
    assert result.has_cycle
    assert not slip(world, "A.M1", 0).has_cycle


def test_what_is_late_already_moves_by_what_comes_on_top(world: World) -> None:
    network(
        world,
        projects=project("A") + project("B"),
        reports=finishes(A="2027-02-01", B="2027-08-01"),
        points=milestone("A.M1", "2027-01-20") + milestone("B.M1", "2027-03-01"),
        links=link("AB", "A.M1", "B.M1", "2027-01-01"),
    )
    result = slip(world, "A.M1", 2)
    assert moved(result) == {"A.M1": 14, "A": 14, "B.M1": 14, "B": 14}
    assert result.newly_broken == ()


def test_who_has_not_begun_moves_as_a_whole_and_who_has_is_held_up(world: World) -> None:
    network(
        world,
        projects=project("A")
        + project("New", start="2027-02-01")
        + project("Old")
        + project("Approved", stage="approved")
        + project("With", start="2027-02-10"),
        reports=finishes(A="2027-01-20", Old="2027-08-01", New="2027-09-01", Approved="2027-09-01", With="2027-09-01"),
        points=milestone("A.M1", "2027-01-10")
        + milestone("New.M1", "2027-03-01")
        + milestone("Old.M1", "2027-03-01")
        + milestone("Approved.M1", "2026-12-01")
        + milestone("With.M1", "2027-03-01"),
        links=link("new", "A", "New", "2027-01-20")
        + link("old", "A", "Old", "2027-01-20")
        + link("approved", "A.M1", "Approved", "2027-01-10", kind="start to start")
        + link("with", "New", "With", kind="start to start"),  # nine days between the starts
    )
    assert moved(slip(world, "A.M1", 2)) == {
        "A.M1": 14,
        "A": 14,
        "New.M1": 14,
        "New": 14,
        "Old": 14,
        "Approved.M1": 14,
        "Approved": 14,
        "With.M1": 5,
        "With": 5,
    }


def test_what_is_met_or_ended_does_not_move(world: World) -> None:
    network(
        world,
        projects=project("A") + project("B", stage="cancelled") + project("C"),
        reports=finishes(A="2027-02-01", B="2027-08-01", C="2027-08-01"),
        points=milestone("A.M1", "2027-01-01")
        + milestone("A.done", "2027-01-15", met="2026-11-10")
        + milestone("C.M1", "", met="2026-11-10"),
        links=link("AB", "A.M1", "B", "2027-01-01") + link("AC", "A.M1", "C.M1", "2027-01-01"),
    )
    assert moved(slip(world, "A.M1", 2)) == {"A.M1": 14, "A": 14}
    assert world.ask(shock, DAY, "A", "done", 2) is None
    assert world.ask(shock, DAY, "A", "nothing", 2) is None
    assert world.ask(shock, DAY, "B", "M1", 2) is None


def test_a_milestone_after_the_finish_leaves_it(world: World) -> None:
    network(
        world,
        projects=project("A"),
        reports=finishes(A="2027-01-01"),
        points=milestone("A.close", "2027-01-01") + milestone("A.review", "2027-03-01"),
    )
    assert moved(slip(world, "A.review", 1)) == {"A.review": 7}
    assert moved(slip(world, "A.close", 1)) == {"A.close": 7, "A.review": 7, "A": 7}


def test_colours_programs_goals_and_benefits_follow_the_finish(world: World) -> None:
    network(
        world,
        projects=project("A", goal="G1") + project("B", program="R2", goal="G1") + project("C", program="R2"),
        reports=finishes(A="2026-12-10", B="2026-12-15", C="2027-01-31"),
        points=milestone("A.M1", "2026-12-01"),
        links=link("AB", "A.M1", "B", "2026-12-01", kind="finish to finish"),
        goals="goal_id,goal_name\nG1,First choice\n",
        programs="program_id,program_name\nR1,Front door\nR2,Back office\n",
        benefits="benefit_id,project_id,program_id,unit,period_end,planned,forecast\n"
        "B1,B,,USD,2026-09-30,1000,\nB1,B,,USD,2026-12-31,500,400\nB1,B,,USD,2027-03-31,500,\n"
        "B2,C,,hours,2027-03-31,70,\nB5,B,,%,2026-12-31,3,\nB5,B,,%,2027-03-31,4,\nB3,,R1,USD,2027-03-31,30,\nB4,,R2,USD,2027-03-31,60,\n",
    )
    result = slip(world, "A.M1", 3)
    # A hundred days are planned: 21 days late is amber, 26 too, and 5 was green.
    assert {m.project_key: (m.before, m.days, m.was, m.becomes) for m in result.projects} == {
        "A": (dt.date(2026, 12, 10), 21, "green", "amber"),
        "B": (dt.date(2026, 12, 15), 21, "green", "amber"),
    }
    # R2's last finish is C's, which stays; half of its budget turns amber, where the other half was red already.
    assert {m.program_id: (m.days, m.was, m.becomes) for m in result.programs} == {
        "R1": (21, "green", "amber"),
        "R2": (0, "red", "red"),
    }
    assert [(g.goal_name, g.projects, g.days, g.budgets) for g in result.goals] == [
        ("First choice", 2, 21, (("USD", 200.0),))
    ]
    assert {b.benefit_id: (b.to_come, b.unit, b.days) for b in result.benefits} == {
        "B1": (900.0, "USD", 21),
        "B5": (4.0, "%", 21),
        "B3": (30.0, "USD", 21),
    }


def test_a_shock_that_runs_through_a_thousand_projects_takes_less_than_a_second(world: World) -> None:
    keys = [f"P{n:05}" for n in range(2_000)]
    network(
        world,
        projects="".join(project(key, program=f"R{n % 200}") for n, key in enumerate(keys)),
        reports=finishes(**dict.fromkeys(keys, "2027-03-01")),
        points="".join(milestone(f"{key}.M1", "2027-01-01") for key in keys),
        links="".join(
            link(f"D{n}", f"{keys[n]}.M1", f"{keys[n + 1]}.M1", "2027-01-01") for n in range(1_999) if n % 1000
        ),
    )
    world.ask(dependencies, DAY, Scope(program="R7"))
    begin = time.perf_counter()
    result = slip(world, f"{keys[1]}.M1", 2)
    took = time.perf_counter() - begin
    assert len(result.projects) == 1000
    assert took < 3, took  # a second on a machine that does nothing else
