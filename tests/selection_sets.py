"""Generated sets of candidates with start months, teams, budgets and goals, for the tests and benches of selection."""

import random

import numpy as np

from analytics.selection import Budget, Candidate, Case, Option, Share

GOALS = ("Growth", "Service", "Cost", "Law")


def selection_set(candidates: int, months: int, pools: int, seed: int, *, room: float = 0.6, latest: int = 6) -> Case:
    """Candidates of 3 to 9 months on one to three pools. Each may start in its month or up to `latest` months later, at
    1 % less value a month. Capacity and quarters' budgets are `room` of what all of them would take on average, so they
    do not all fit; a tenth is mandatory, about a fifth waits for another, some are alternatives, and each goal has a
    floor or a ceiling."""
    draw = random.Random(seed)
    made: list[Candidate] = []
    load = np.zeros((pools, months))
    spent = [0.0] * (months // 3)
    for number in range(candidates):
        length = draw.randint(3, min(9, months))
        teams = draw.sample(range(pools), min(draw.randint(1, 3), pools))
        need = [(pool, draw.choice((0.25, 0.5, 0.5, 0.8, 1.0, 1.5, 2.0))) for pool in teams]
        money = round(length * sum(fte for _, fte in need) * draw.uniform(6_000, 14_000), -2)
        value = money * draw.uniform(0.6, 2.4)
        wish = draw.randint(0, months - length)
        mandatory = draw.random() < 0.1
        starts = range(wish, min(wish + draw.randint(0, latest), months - length) + 1)
        options = []
        for start in starts:
            demand = tuple((pool, month, fte) for pool, fte in need for month in range(start, start + length))
            quarters = sorted({month // 3 for month in range(start, start + length)} & set(range(len(spent))))
            cost = tuple((quarter, round(money / len(quarters), 2)) for quarter in quarters)
            options.append(
                Option(start, round(value * 0.99 ** (start - wish), 2), demand, cost, start + length, f"start {start}")
            )
        for pool, month, fte in options[0].demand:
            load[pool, month] += fte
        for quarter, part in options[0].cost:
            spent[quarter] += part
        earlier = [one.key for one in made if draw.random() < 1 / max(1, len(made))][:1]
        goals = draw.choice([((goal, 1.0),) for goal in GOALS] + [((GOALS[0], 0.5), (GOALS[1], 0.5))])
        made.append(
            Candidate(
                f"C{number:03}",
                tuple(options),
                mandatory=mandatory,
                prerequisites=tuple(earlier) if draw.random() < 0.25 and not mandatory else (),
                group=f"G{draw.randrange(candidates // 10)}" if draw.random() < 0.15 and not mandatory else None,
                goals=goals,
            )
        )
    rooms = np.array([[draw.uniform(room - 0.25, room + 0.45)] for _ in range(pools)])
    seasons = np.array([[draw.uniform(0.85, 1.15) for _ in range(months)] for _ in range(pools)])
    level = load[:, months // 8 : months - months // 8].mean(axis=1, keepdims=True)
    capacity = np.round(np.maximum(level * rooms * seasons, 2.0), 1)
    budgets = tuple(
        Budget(f"Quarter {n + 1}", round(max(spent) * room * draw.uniform(0.7, 1), -3)) for n in range(len(spent))
    )
    shares = (Share("Growth", 0.2), Share("Service", None, 0.4), Share("Cost", 0.1, 0.45), Share("Law", 0.05, None))
    return Case(tuple(made), capacity, budgets, shares)
