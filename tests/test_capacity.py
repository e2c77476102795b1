"""Capacity against demand: people are given in order, sums reconcile, and what lacks is what a simple count says."""

import datetime as dt
from collections import defaultdict
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import capacity, whatif
from analytics.capacity import Plan
from analytics.reading import Reading, Scope, Source
from pipelines.load import load
from pipelines.report import Request
from pipelines.warehouse import Warehouse
from tests.by_sql import judged_by_sql

DAY = dt.date(2026, 11, 20)
MONTHS = tuple(capacity.month_after(DAY.replace(day=1), n) for n in range(8))


def of(rows: list[tuple[str, str, str, int, float, bool]], there: dict[tuple[str, str], list[float | None]]) -> Plan:
    """A plan from rows of project, team, skill, month, FTE and commitment; projects are served by name."""
    pools = pd.DataFrame(sorted({row[1:3] for row in rows} | set(there)), columns=["team", "pool"])
    number = {pair: at for at, pair in enumerate(pools.itertuples(index=False, name=None))}
    stated = np.full((len(pools), len(MONTHS)), np.nan)
    for pair, values in there.items():
        for month, value in enumerate(values):
            stated[number[pair], month] = np.nan if value is None else value
    names = sorted({row[0] for row in rows})
    projects = pd.DataFrame(
        {
            "project_key": names,
            "project_name": names,
            "program_id": [name[0] for name in names],
            "program_name": [f"Program {name[0]}" for name in names],
            "portfolio": "All",
            "goal_id": None,
            "stage": "active",
            "is_critical": False,
            "priority": 1.0,
            "budget": 100.0,
            "currency": "USD",
            "baseline_start": pd.Timestamp(DAY),
            "finish": pd.Timestamp(2027, 6, 30),
            "earliest_start": pd.NaT,
            "latest_start": pd.NaT,
            "in_scope": True,
        }
    )
    order = sorted({(not row[5], row[0]) for row in rows})
    needs = pd.DataFrame(
        {
            "project": [names.index(row[0]) for row in rows],
            "pool": [number[row[1:3]] for row in rows],
            "month": [row[3] for row in rows],
            "is_committed": [row[5] for row in rows],
            "fte": [row[4] for row in rows],
            "place": [order.index((not row[5], row[0])) for row in rows],
        }
    ).astype(
        {"project": "int64", "pool": "int64", "month": "int64", "place": "int64", "is_committed": bool, "fte": float}
    )
    return Plan(DAY, MONTHS, pools, stated, projects, needs)


ROWS = [
    ("A1", "Data", "Engineer", 1, 3.0, True),
    ("A2", "Data", "Engineer", 1, 2.0, True),
    ("B1", "Data", "Engineer", 1, 1.0, False),
    ("B1", "Data", "Analyst", 1, 1.0, True),
    ("B2", "Web", "any", 2, 2.5, True),
    ("A2", "Ghost", "Writer", 2, 0.5, True),
]
THERE: dict[tuple[str, str], list[float | None]] = {
    ("Data", "Engineer"): [4.0] * 8,
    ("Data", "Analyst"): [2.0] * 8,
    ("Web", "any"): [2.0, 2.0, 3.0, None, 2.0, 2.0, 2.0, 2.0],
    ("Idle", "any"): [1.0] * 8,
}


def test_those_who_are_served_last_go_short() -> None:
    asked = capacity.asking(of(ROWS, THERE), "Data", "", MONTHS[1])
    assert [(one.project_key, one.pool, one.needs, one.unmet) for one in asked] == [
        ("A1", "Engineer", 3.0, 0.0),
        ("A2", "Engineer", 2.0, 1.0),
        ("B1", "Analyst", 1.0, 0.0),
        ("B1", "Engineer", 1.0, 1.0),
    ]


def test_the_slack_of_one_skill_hides_no_overload_of_another() -> None:
    team = next(row for row in capacity.heat(of(ROWS, THERE), "team", 3) if row.team == "Data")
    cell = team.cells[1]
    assert (cell.capacity, cell.committed, cell.requested, cell.over) == (6.0, 6.0, 1.0, 1.0)
    assert cell.utilisation(requested=False) == 1.0


def test_where_no_capacity_is_stated_nothing_is_overloaded_and_it_is_said() -> None:
    found = of(ROWS, THERE)
    lacking = capacity.without_capacity(found, 8)
    assert lacking[["team", "skill", "fte", "is_known"]].values.tolist() == [["Ghost", "Writer", 0.5, False]]
    assert capacity.without_demand(found, 8)[["team", "skill", "fte"]].values.tolist() == [["Idle", "any", 1.0]]
    assert capacity.asking(found, "Ghost", "", MONTHS[2])[0].unmet is None


def test_what_lacks_slips_the_finish_by_as_long_as_it_takes() -> None:
    table = capacity.short(of(ROWS, THERE), 8)
    # A2 lacks one of the two people of its only month of engineers: half a month.
    assert table.loc[table["project_key"] == "A2", "weeks"].item() == pytest.approx(365.25 / 12 / 7 / 2)
    assert table.loc[table["project_key"] == "A2", "slips_to"].item() == pd.Timestamp(2027, 7, 21)


def test_programs_compete_where_committed_work_overloads() -> None:
    table = capacity.contention(of(ROWS, THERE), 8)
    assert table[["program_id", "needed", "unmet", "cells"]].values.tolist() == [["A", 5.0, 1.0, 1]]


amounts = st.integers(1, 60).map(lambda tenths: tenths / 10)
cells = st.tuples(
    st.sampled_from(["A1", "A2", "B1", "B2", "C1"]),
    st.sampled_from([("T1", "x"), ("T1", "y"), ("T2", "x"), ("T3", "z")]),
    st.integers(0, 4),
)
demands = st.dictionaries(cells, st.tuples(amounts, st.booleans()), min_size=1, max_size=25)
capacities = st.dictionaries(
    st.sampled_from([("T1", "x"), ("T1", "y"), ("T2", "x")]),
    st.lists(st.one_of(st.none(), st.integers(0, 80).map(lambda tenths: tenths / 10)), min_size=8, max_size=8),
)


@settings(max_examples=40)
@given(demands, capacities)
def test_unmet_is_what_a_count_by_hand_leaves(
    demand: dict[tuple[str, tuple[str, str], int], tuple[float, bool]],
    there: dict[tuple[str, str], list[float | None]],
) -> None:
    rows = [(project, *pool, month, fte, sure) for (project, pool, month), (fte, sure) in demand.items()]
    found = of(rows, there)
    left = {
        (pair, month): Fraction(str(value))
        for pair, values in there.items()
        for month, value in enumerate(values)
        if value is not None
    }
    for at in sorted(range(len(rows)), key=lambda at: (not rows[at][5], rows[at][0])):
        project, team, pool, month, fte, _ = rows[at]
        if ((team, pool), month) not in left:
            assert np.isnan(found.unmet[at])
            continue
        gets = min(left[(team, pool), month], Fraction(str(fte)))
        left[(team, pool), month] -= gets
        assert found.unmet[at] == pytest.approx(float(Fraction(str(fte)) - gets), abs=1e-6), project


@settings(max_examples=40)
@given(demands, capacities)
def test_the_sums_add_up_by_team_by_skill_and_over_months(
    demand: dict[tuple[str, tuple[str, str], int], tuple[float, bool]],
    there: dict[tuple[str, str], list[float | None]],
) -> None:
    found = of([(p, *pool, month, fte, sure) for (p, pool, month), (fte, sure) in demand.items()], there)
    sums: dict[str, dict[str, float]] = {}
    for level in ("team", "pool", "skill"):
        total: dict[str, float] = defaultdict(float)
        for row in capacity.heat(found, level, 8, requested=True):  # type: ignore[arg-type]
            for cell in row.cells:
                total["capacity"] += cell.capacity or 0
                total["committed"] += cell.committed
                total["requested"] += cell.requested
                total["over"] += cell.over
                total["lacking"] += cell.lacking
        sums[level] = total
    for level in ("team", "skill"):
        assert sums[level] == pytest.approx(sums["pool"])
    asked = sums["pool"]
    assert asked["committed"] + asked["requested"] + asked["lacking"] == pytest.approx(found.needs["fte"].sum())
    assert asked["over"] == pytest.approx(np.nansum(found.unmet), abs=1e-5)
    assert asked["over"] == pytest.approx(found.overload(requested=True).sum())


@settings(max_examples=40)
@given(demands, capacities)
def test_no_moves_change_nothing_and_moves_there_and_back_neither(
    demand: dict[tuple[str, tuple[str, str], int], tuple[float, bool]],
    there: dict[tuple[str, str], list[float | None]],
) -> None:
    found = of([(p, *pool, month, fte, sure) for (p, pool, month), (fte, sure) in demand.items()], there)
    name = found.projects["project_key"][0]
    again = whatif.apply(found, whatif.moves_of(f"shift~{name}~2;shift~{name}~-2")).plan
    assert not whatif.compare(found, again, 8)
    assert whatif.totals(found, 8) == whatif.totals(again, 8)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """Two plans a month apart of a small organisation, of which one project moves right."""
    folder = tmp_path_factory.mktemp("people")
    files = {
        "projects.csv": "project_id,project_name,program_id,stage,is_critical,priority,baseline_start,baseline_finish\n"
        "P-1,One,,active,no,2,2026-01-05,2027-06-30\nP-2,Two,,active,no,1,2026-01-05,2027-06-30\n"
        "P-3,Three,,candidate,no,1,2027-01-04,2027-06-30\nP-4,Four,,completed,no,1,2026-01-05,2026-06-30\n"
        "P-5,Five,,active,yes,9,2026-01-05,2027-06-30\n",
        "status.csv": "project_id,status_date,reported_health\n"
        + "".join(f"P-{n},{day},green\n" for n in (1, 2, 5) for day in ("2026-10-23", "2026-11-20")),
        "capacity.csv": "team,skill,month,fte\n" + "".join(f"Data,Engineer,{m:%Y-%m},4\n" for m in MONTHS),
        "demand.csv": "project_id,team,skill,month,fte,commitment,status_date\n"
        "P-1,Data,Engineer,2026-12,2,,2026-10-20\nP-1,Data,Engineer,2027-01,2,,2026-10-20\n"
        "P-1,Data,Engineer,2027-01,2,,2026-11-18\nP-1,Data,Engineer,2027-02,2,,2026-11-18\n"
        "P-2,Data,Engineer,2027-01,2.5,,2026-11-18\nP-3,Data,Engineer,2027-01,1,,2026-11-18\n"
        "P-4,Data,Engineer,2027-01,3,,2026-11-18\nP-5,Data,Engineer,2027-01,1,,2026-11-18\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    warehouse = Warehouse(folder / "warehouse")
    with judged_by_sql():
        report = load(warehouse, Request(tuple(folder / name for name in files)), today=DAY)
    assert report.published, report
    return Source(Reading(warehouse, warehouse.facts.version(), None))


def test_people_go_to_committed_work_then_critical_then_by_priority(store: Source) -> None:
    asked = capacity.asking(capacity.plan(store, DAY), "Data", "", dt.date(2027, 1, 1))
    # P-4 is over and asks for nobody; 4 FTE are there for 6.5.
    assert [(one.project_key, one.is_committed, one.unmet) for one in asked] == [
        ("P-5", True, 0.0),
        ("P-2", True, 0.0),
        ("P-1", True, 1.5),
        ("P-3", False, 1.0),
    ]


def test_the_health_of_resources_says_what_the_plan_lacks(store: Source) -> None:
    found = capacity.plan(store, DAY)
    rows = found.needs.assign(unmet=found.unmet)
    rows = rows[rows["month"].between(1, 3)]
    by_project = rows.groupby(found.projects["project_key"].to_numpy()[rows["project"]])[["fte", "unmet"]].sum()
    stored = store.rows(
        "select project_key, needed::double, unmet::double from project_at($day) where needed is not null",
        {"day": DAY},
    )
    assert [key for key, *_ in sorted(stored)] == ["P-1", "P-2", "P-5"]  # P-3 is to begin later, and is no project yet
    for key, needed, unmet in stored:
        assert (needed, unmet) == pytest.approx(tuple(by_project.loc[key]))


def test_demand_that_moves_right_is_noticed(store: Source) -> None:
    moved, months = capacity.moving_right(store, DAY, Scope())
    assert [(one.project_key, one.months, one.times) for one in moved] == [("P-1", 1.0, 1)]
    assert [(before, now) for _, before, now in months.itertuples(index=False)] == [(2, 0), (2, 5.5), (0, 2)]


def test_an_earlier_review_shows_the_plan_of_its_day(store: Source) -> None:
    found = capacity.plan(store, dt.date(2026, 10, 23))
    assert found.projects["project_key"].tolist() == ["P-1"]
    assert [found.months[at] for at in found.needs["month"]] == [dt.date(2026, 12, 1), dt.date(2027, 1, 1)]
