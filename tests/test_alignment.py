"""Alignment: every unit of money counts once, for the goals that projects state or for none."""

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from analytics import alignment
from analytics.alignment import UNALIGNED, Alignment
from analytics.reading import Reading, Scope, Source
from pipelines.load import load
from pipelines.report import Request
from pipelines.warehouse import Warehouse
from tests.by_sql import judged_by_sql

DAY = dt.date(2026, 11, 20)
FILES = Path(__file__).parents[1] / "data" / "sample"

GOALS = """goal_id,goal_name,parent_goal_id,target_share
G-1,Grow,,60
G-1.1,New shops,G-1,40
G-1.2,Old shops,G-1,20
G-2,Save,,30
G-3,Green,,
"""
PROJECTS = """project_id,portfolio,goal_id,stage,budget,currency
P1,North,G-2,active,100,USD
P2,North,G-1.1,active,200,USD
P3,South,,active,300,USD
P4,South,G-2,active,,USD
P5,South,G-2,candidate,999,USD
P6,South,G-1.2,active,50,EUR
"""
# P1: two goals of one branch, and one twice as strong; P2: less than a whole; P3 and P4 say nothing.
ALIGNMENT = """project_id,goal_id,contribution
P1,G-1.1,0.5
P1,G-1.2,0.5
P1,G-2,1
P2,G-1.1,0.25
"""
STATUS = """project_id,status_date,rag,forecast_cost,budget
P1,2026-11-20,red,100,100
P2,2026-11-20,green,200,200
P3,2026-11-20,amber,300,300
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse")


def loaded(warehouse: Warehouse, folder: Path, **texts: str) -> Source:
    """What a warehouse holds once these exports are loaded."""
    files = []
    for name, text in texts.items():
        path = folder / f"{name}{warehouse.facts.version()}.csv"
        path.write_text(text, "utf-8")
        files.append(path)
    with judged_by_sql():
        report = load(warehouse, Request(files), today=DAY)
    assert not report.blocked, [p for f in report.files for p in f.problems]
    return Source(Reading(warehouse, warehouse.facts.version(), None))


def money(found: Alignment) -> dict[str, float]:
    return {goal.id: goal.money for goal in found.goals}


def test_money_is_split_by_contribution_and_the_rest_serves_none(warehouse: Warehouse, tmp_path: Path) -> None:
    source = loaded(warehouse, tmp_path, goals=GOALS, projects=PROJECTS, alignment=ALIGNMENT, status=STATUS)
    found = alignment.alignment(source, DAY, Scope())
    # P1 says 2 in all, so 100 is split 25, 25, 50; a quarter of P2's 200; P3's 300 and the rest of P2 serve none.
    assert money(found) == {"G-1": 100, "G-1.1": 75, "G-1.2": 25, "G-2": 50, "G-3": 0}
    assert (found.currency, found.total, found.unaligned) == ("USD", 600, 450)
    assert (found.live, found.budgeted, found.others, found.unaligned_projects, found.partly) == (5, 3, 1, 1, 1)
    grow = found.goal("G-1")
    assert grow is not None
    assert (grow.share, grow.target, grow.projects, grow.budgeted) == (100 / 600, 0.6, 3, 2)
    assert grow.gap == pytest.approx(1 / 6 - 0.6)
    assert grow.reported == {"green": 50, "amber": 0, "red": 50, "unknown": 0}
    assert not grow.is_at_risk("reported")
    save = found.goal("G-2")
    assert save is not None
    # P4 states the goal in the listing alone, and has no budget.
    assert (save.projects, save.budgeted, save.red_share("reported"), save.is_at_risk("reported")) == (2, 1, 1, True)
    assert [goal.id for goal in found.uncovered()] == ["G-3"]
    assert [goal.depth for goal in found.goals] == [0, 1, 1, 0, 0]
    euros = alignment.alignment(source, DAY, Scope(), "EUR")
    assert (euros.total, euros.unaligned, money(euros)["G-1.2"]) == (50, 0, 50)
    north = alignment.alignment(source, DAY, Scope(portfolio="North"))
    assert (north.total, north.unaligned, money(north)["G-1"]) == (300, 150, 100)


def test_who_serves_a_goal_and_with_how_much(warehouse: Warehouse, tmp_path: Path) -> None:
    source = loaded(warehouse, tmp_path, goals=GOALS, projects=PROJECTS, alignment=ALIGNMENT)
    many, rows = alignment.serving(source, DAY, Scope(), "G-1")
    assert many == 3
    assert [(r["project_id"], r["share"], r["amount"], r["goals"]) for r in rows] == [
        ("P1", 0.5, 50, ["New shops", "Old shops"]),
        ("P2", 0.25, 50, ["New shops"]),
        ("P6", 1, 50, ["Old shops"]),
    ]
    _, rows = alignment.serving(source, DAY, Scope(), UNALIGNED)
    assert [(r["project_id"], r["share"], r["amount"]) for r in rows] == [("P3", 1, 300), ("P2", 0.75, 150)]
    _, rows = alignment.matrix(source, DAY, Scope(), ("G-1", "G-2"))
    assert {r["project_id"]: (r["shares"], r["rest"]) for r in rows} == {
        "P3": ([0, 0], 1),
        "P2": ([0.25, 0], 0.75),
        "P1": ([0.5, 0.5], 0),
        "P6": ([1, 0], 0),
        "P4": ([0, 1], 0),
    }
    assert alignment.serving(source, DAY, Scope(), "G-3") == (0, [])


def test_a_later_file_takes_the_place_of_all_that_was_said_of_its_projects(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    loaded(warehouse, tmp_path, goals=GOALS, projects=PROJECTS, alignment=ALIGNMENT)
    before = warehouse.publication()
    source = loaded(warehouse, tmp_path, alignment="project_id,goal_id,contribution\nP1,G-1.2,1\nP3,G-2,0\n")
    # P1's other goals are gone, P2 stays as it was, and what P3 says outweighs its listing: nothing.
    assert source.rows("select project_key, goal_id, share from fct_alignment order by all") == [
        ("P1", "G-1.2", 1),
        ("P2", "G-1.1", 0.25),
        ("P3", "G-2", 0),
    ]
    assert money(alignment.alignment(source, DAY, Scope()))["G-1.2"] == 100
    then = Source(Reading(warehouse, warehouse.facts.version(), before))
    assert money(alignment.alignment(then, DAY, Scope())) == {"G-1": 100, "G-1.1": 75, "G-1.2": 25, "G-2": 50, "G-3": 0}


def test_goals_that_are_each_other_s_parents_count_every_unit_once(warehouse: Warehouse, tmp_path: Path) -> None:
    goals = "goal_id,goal_name,parent_goal_id\nA,One,B\nB,Other,A\n"
    projects = "project_id,goal_id,stage,budget,currency\nP1,A,active,10,USD\n"
    source = loaded(warehouse, tmp_path, goals=goals, projects=projects)
    found = alignment.alignment(source, DAY, Scope())
    assert [(goal.id, goal.depth) for goal in found.goals] == [("A", 0), ("B", 1)]
    assert (found.goals[0].money, found.total, found.unaligned) == (10, 10, 0)


@pytest.mark.parametrize("day", [DAY, dt.date(2026, 5, 22), dt.date(2025, 5, 23)])
def test_every_unit_of_the_sample_s_money_counts_once(sample: Path, day: dt.date) -> None:
    warehouse = Warehouse(sample)
    source = Source(Reading(warehouse, warehouse.facts.version(), None))
    found = alignment.alignment(source, day, Scope())
    assert sum(goal.money for goal in found.company) + found.unaligned == pytest.approx(found.total)
    for goal in found.goals:
        assert sum(goal.computed.values()) == pytest.approx(goal.money)
        assert sum(goal.reported.values()) == pytest.approx(goal.money)
        if goal.children:
            assert sum(money(found)[child] for child in goal.children) == pytest.approx(goal.money)
        many, rows = alignment.serving(source, day, Scope(), goal.id, rows=1000)
        assert (many, sum(row["amount"] or 0 for row in rows)) == (goal.projects, pytest.approx(goal.money))
    parts = [alignment.alignment(source, day, Scope(portfolio=name)) for name in PORTFOLIOS]
    assert sum(part.total for part in parts) == pytest.approx(found.total)
    assert sum(part.unaligned for part in parts) == pytest.approx(found.unaligned)


PORTFOLIOS = ("Customer", "Operations", "Technology", "Products", "Corporate")


def test_the_sample_s_split_is_that_of_its_files(sample: Path) -> None:
    """By hand from the files: the live projects of the latest review, their budgets from the listing or a report."""
    by_hand = duckdb.sql(
        f"""
        with
        project as (
            select p.project_id, coalesce(p.budget, told.budget) as budget, p.goal_id
            from '{FILES}/projects.csv' as p
            left join (
                select project_id, max_by(budget, status_date) filter (budget is not null) as budget
                from '{FILES}/status.csv' group by project_id
            ) as told using (project_id)
            where p.stage in ('approved', 'active', 'on hold')
        ),
        said as (from '{FILES}/alignment.csv'),
        part as (
            select p.project_id, s.goal_id,
                p.budget * s.contribution / greatest(1, sum(s.contribution) over (partition by p.project_id)) as amount
            from project as p join said as s using (project_id)
            union all
            select project_id, goal_id, budget from project
            where goal_id is not null and project_id not in (select project_id from said)
        )
        select goal_id[1:3] as company, round(sum(amount)) from part group by 1 order by 1
        """
    ).fetchall()
    warehouse = Warehouse(sample)
    found = alignment.alignment(Source(Reading(warehouse, warehouse.facts.version(), None)), DAY, Scope())
    assert sorted((goal.id, round(goal.money)) for goal in found.company) == by_hand
