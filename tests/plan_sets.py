"""Generated sets of projects with demand, capacity and links, for the tests and benches of levelling."""

import random

import numpy as np
from numpy.typing import NDArray

from analytics.levelling import Link, Work


def plan_set(
    projects: int, months: int, pools: int, seed: int, *, tight: float = 1.0
) -> tuple[list[Work], NDArray[np.float64], list[Link]]:
    """Projects of 3 to 10 months on one to three pools, some of which pile up at quarters' starts; about two thirds may
    start up to six months later, some up to two earlier. Capacity is what the pool needs on average, over `tight`,
    with seasons, and is not stated for one cell in fifty."""
    draw = random.Random(seed)
    works: list[Work] = []
    load = np.zeros((pools, months))
    for number in range(projects):
        length = min(draw.randint(3, 10), months)
        start = draw.randint(0, months - length)
        if draw.random() < 0.4:
            start -= start % 3
        demand = []
        for pool in draw.sample(range(pools), min(draw.randint(1, 3), pools)):
            first, last = sorted((draw.randint(0, length - 1), draw.randint(0, length - 1)))
            fte = draw.choice((0.25, 0.5, 0.8, 1.0, 1.5, 2.0, 2.75))
            for month in range(start + first, start + last + 1):
                size = round(fte * draw.choice((0.75, 1.0, 1.0, 1.2)), 3)
                demand.append((pool, month, size))
                load[pool, month] += size
        movable = draw.random() < 0.65
        works.append(
            Work(
                f"P{number:03}",
                float(draw.randint(1, 5)),
                tuple(demand),
                latest=draw.randint(1, 6) if movable else 0,
                earliest=draw.choice((0, 0, 1, 2)) if movable else 0,
            )
        )
    middle = load[:, months // 8 : months - months // 8].mean(axis=1, keepdims=True)
    capacity = np.array(
        [[draw.choice((0.85, 0.95, 1.0, 1.0, 1.05, 1.15)) for _ in range(months)] for _ in range(pools)]
    )
    capacity = np.round(np.maximum(capacity * middle * 1.1 / tight, 0.5), 1)
    for _ in range(pools * months // 50):
        capacity[draw.randrange(pools), draw.randrange(months)] = np.nan
    links = []
    for _ in range(projects * 3 // 10):
        before, after = draw.sample(range(projects), 2)
        links.append(Link(f"P{min(before, after):03}", f"P{max(before, after):03}", draw.choice((0, 0, 1, 2))))
    return works, capacity, links
