"""Selection of generated sets: what is proven in 30 s, and how much more it brings than the usual ranking.

Prints Markdown tables; every plan is checked by tests/selection_checker.py, which shares no code with the model. With
`--knapsacks` the 30 problems of OR-Library's `mknapcb1` too (from RIGHTWORK_REAL_DATA/orlib), 20 s each.
"""

import argparse
import resource
import statistics

from analytics.selection import Case, Selected, gain, greedy, select
from analytics.selection_greedy import RATIO, VALUE
from tests import selection_checker
from tests.bench.__main__ import table
from tests.bench.solvers import DATA
from tests.orlib import problems
from tests.selection_sets import selection_set

SECONDS = 30.0
# Room for what part of what all candidates ask for (more at some teams, less at others), and by how many months each
# may start later.
SETS = [(0.6, 6), (0.8, 6), (1.0, 6), (0.6, 2), (0.8, 2), (1.0, 2)]
SEEDS = range(3)


def over(best: list[Selected], rankings: list[Selected]) -> str:
    """The mean gain over a ranking, where that found a plan."""
    gains = [more[1] for one, other in zip(best, rankings, strict=True) if (more := gain(one, other)) and more[1]]
    return f"{statistics.mean(gains):.1%} ({len(gains)} of {len(best)})" if gains else "no plan"


def row(name: str, cases: list[Case], seconds: float) -> list[str]:
    """What came of these cases."""
    plans = [select(case, seconds=seconds) for case in cases]
    for case, plan in zip(cases, plans, strict=True):
        assert plan.value is None or selection_checker.keeps(case, plan.chosen)
    print([(plan.status, plan.gap, round(plan.seconds, 1)) for plan in plans], flush=True)
    known = [plan for plan in plans if plan.gap is not None]
    taken = sorted(plan.seconds for plan in plans)
    return [
        name,
        f"{statistics.mean(len(plan.chosen) for plan in known):.0f}" if known else "",
        f"{sum(plan.status in ('optimal', 'infeasible') for plan in plans)} of {len(plans)}",
        f"{max(plan.gap for plan in known if plan.gap is not None):.1%}" if known else "",
        f"{taken[len(taken) // 2]:.1f}",
        f"{taken[-1]:.1f}",
        over(plans, [greedy(case, RATIO) for case in cases]),
        over(plans, [greedy(case, VALUE) for case in cases]),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--knapsacks", action="store_true")
    rows = []
    for room, latest in SETS:
        cases = [selection_set(100, 24, 8, seed, room=room, latest=latest) for seed in SEEDS]
        rows.append(row(f"100 x 24 x 8, room {room}, up to {latest} months later", cases, SECONDS))
    if parser.parse_args().knapsacks:
        rows.append(row("mknapcb1", [problem.case for problem in problems(DATA, "mknapcb1")], 20.0))
    head = ["Sets", "Chosen", "Proven", "Worst gap", "Seconds", "Most", "Over value per cost", "Over value"]
    print(table(head, rows))
    print(f"\nPeak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
