"""Levelling of generated sets: what is removed, whether that is proven, and how long it takes (20 s at most each).

Prints a Markdown table; every plan is checked by tests/plan_checker.py, which shares no code with the model. `--large`
adds 2,000 projects on 60 teams.
"""

import argparse
import resource

from analytics.levelling import Levelled, level
from tests import plan_checker
from tests.bench.__main__ import table
from tests.plan_sets import plan_set

SECONDS = 20.0
# Projects, months, teams, seeds, and how much is asked for above what there is.
SIZES = [(200, 24, 12, range(5), tight) for tight in (0.6, 0.75, 0.8, 0.85, 0.95)]
LARGE = [(2_000, 24, 60, range(1), tight) for tight in (0.6, 0.8, 0.95)]


def row(name: str, plans: list[Levelled]) -> list[str]:
    """Sums over the plans, the worst gap and the slowest."""
    seconds = sorted(plan.seconds for plan in plans)
    return [
        name,
        f"{sum(plan.overload_before for plan in plans) / len(plans):,.1f}",
        f"{sum(plan.overload_after for plan in plans) / len(plans):,.1f}",
        f"{sum(plan.moved for plan in plans) / len(plans):,.0f}",
        f"{sum(plan.aims[0].status == 'optimal' for plan in plans)} of {len(plans)}",
        f"{sum(plan.status == 'optimal' for plan in plans)} of {len(plans)}",
        ", ".join(f"{max(plan.aims[n].gap for plan in plans):.1%}" for n in range(3)),
        f"{seconds[len(seconds) // 2]:.1f}",
        f"{seconds[-1]:.1f}",
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true")
    rows = []
    for projects, months, teams, seeds, tight in SIZES + (LARGE if parser.parse_args().large else []):
        plans = []
        for seed in seeds:
            works, capacity, links = plan_set(projects, months, teams, seed, tight=tight)
            plan = level(works, capacity, links, seconds=SECONDS)
            assert not plan_checker.faults(works, capacity, links, {move.key: move.months for move in plan.moves})
            plans.append(plan)
        rows.append(row(f"{projects:,} x {months} x {teams}, tight {tight}", plans))
    head = [
        "Sets",
        "FTE-months over",
        "After",
        "Moved",
        "Overload proven",
        "All proven",
        "Worst gaps",
        "Seconds",
        "Most",
    ]
    print(table(head, rows))
    print(f"\nPeak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
