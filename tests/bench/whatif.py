"""A step of a what-if on generated plans: the moves made, summed up and compared. Medians and worst of 20, in seconds.

Twenty moves of all kinds stand on the plan. Prints a Markdown table.
"""

import datetime as dt
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from analytics import capacity, levels
from analytics.capacity import Plan, month_after
from analytics.whatif import Move, apply, compare, totals
from tests.bench.__main__ import table

SIZES = [(200, 24, 12), (2_000, 24, 60)]
TIMES = 20
SKILLS = ("Engineer", "Analyst", "Tester")


def plan_of(projects: int, months: int, teams: int, seed: int = 0) -> Plan:
    """A plan of projects that ask two or three skills for six to eighteen months, four fifths of them committed."""
    rng = np.random.default_rng(seed)
    day = dt.date(2026, 11, 20)
    span = tuple(month_after(day.replace(day=1), n) for n in range(months))
    pools = pd.DataFrame([(f"Team {n:02}", skill) for n in range(teams) for skill in SKILLS], columns=["team", "pool"])
    rows = []
    committed = rng.random(projects) < 0.8
    order = np.empty(projects, int)
    order[np.lexsort((rng.random(projects), ~committed))] = np.arange(projects)
    for project in range(projects):
        first, long = int(rng.integers(0, months - 3)), int(rng.integers(6, 19))
        for pool in rng.choice(len(pools), int(rng.integers(2, 4)), replace=False):
            for month in range(first, min(first + long, months)):
                fte = round(float(rng.uniform(0.2, 2.0)), 1)
                rows.append((project, int(pool), month, bool(committed[project]), fte, int(order[project])))
    needs = pd.DataFrame(rows, columns=["project", "pool", "month", "is_committed", "fte", "place"])
    load = np.zeros((len(pools), months))
    np.add.at(load, (needs["pool"], needs["month"]), needs["fte"])
    facts = pd.DataFrame({"project_key": [f"P{n:04}" for n in range(projects)]})
    facts["project_name"] = "Project " + facts["project_key"]
    start = [span[0] if n % 3 else span[3] for n in range(projects)]
    facts = facts.assign(
        program_id=[f"G{n % 40}" for n in range(projects)],
        program_name=[f"Program {n % 40}" for n in range(projects)],
        portfolio="All",
        goal_id=[f"Goal {n % 9}" for n in range(projects)],
        stage=np.where(committed, "approved", "candidate"),
        is_critical=False,
        priority=rng.integers(1, 10, projects).astype(float),
        budget=rng.uniform(1e5, 1e7, projects).round(),
        currency="USD",
        baseline_start=pd.to_datetime(pd.Series(start)),
        finish=pd.Timestamp(2027, 12, 31),
        earliest_start=pd.NaT,
        latest_start=pd.NaT,
        in_scope=True,
    )
    stated = np.repeat(load.mean(axis=1, keepdims=True) * 1.1, months, axis=1)
    return Plan(day, span, pools, stated, facts, needs)


def steps(plan: Plan) -> list[Move]:
    """Twenty moves of all kinds."""
    keys, (team, pool) = plan.projects["project_key"].tolist(), plan.pools.iloc[0]
    requested = plan.projects.loc[plan.projects["stage"] == "candidate", "project_key"].tolist()
    found = [Move("shift", key, 2) for key in keys[:6]] + [Move("scale", key, share=0.5) for key in keys[6:10]]
    found += [Move("drop", key) for key in keys[10:13]] + [Move("start", key, 1) for key in requested[20:25]]
    found += [Move("people", team=team, pool=pool, fte=2, first=plan.months[2], last=plan.months[9])]
    to_team, to_pool = plan.pools.iloc[-1]
    lent = Move("lend", team=team, pool=pool, to_team=to_team, to_pool=to_pool, fte=1)
    return [*found, Move(**{**vars(lent), "first": plan.months[1], "last": plan.months[5]})]


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """The median and the worst of how long something takes."""
    took = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        work()
        took.append(time.perf_counter() - begun)
    return sorted(took)[TIMES // 2], max(took)


def main() -> None:
    """Measure and print."""
    rows = []
    for projects, months, teams in SIZES:
        plan = plan_of(projects, months, teams)
        moves = steps(plan)
        assert totals(plan, 12) != totals(apply(plan, moves).plan, 12)

        def step(plan: Plan = plan, moves: list[Move] = moves) -> None:
            after = apply(plan, moves).plan
            totals(after, 12)
            capacity.heat(after, "team", 12)
            compare(plan, after, 12)

        candidate = plan.projects.loc[plan.projects["stage"] == "candidate", "project_key"].iloc[-1]

        def ask(plan: Plan = plan, moves: list[Move] = moves, candidate: str = candidate) -> None:
            levels.can_start(plan, moves, candidate, plan.months[4])

        size = f"{projects:,} projects x {months} months x {teams} teams, {len(plan.needs):,} rows of demand"
        for name, work in (("A step with its figures, heat map and changes", step), ("Can it start?", ask)):
            median, most = seconds(work)
            rows.append([size, name, f"{median:.3f}", f"{most:.3f}"])
    print(table(["Plan", "What", "Seconds", "Most"], rows))


if __name__ == "__main__":
    main()
