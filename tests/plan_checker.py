"""What a levelling plan means, counted anew in decimals: shares no code with analytics.levelling but its inputs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from math import isnan

import numpy as np
from numpy.typing import NDArray

from analytics.levelling import Link, Work

Cells = dict[tuple[int, int], Decimal]


def overloads(works: Iterable[Work], capacity: NDArray[np.float64], shifts: Mapping[str, int]) -> Cells:
    """Demand above capacity by cell, where there is any and capacity is stated."""
    asked: Cells = defaultdict(Decimal)
    for work in works:
        for pool, month, fte in work.demand:
            if fte:
                asked[pool, month + shifts.get(work.key, 0)] += Decimal(str(fte))
    over = {}
    for (pool, month), fte in asked.items():
        have = float(capacity[pool, month])
        if not isnan(have) and fte > Decimal(str(have)):
            over[pool, month] = fte - Decimal(str(have))
    return over


def delay(works: Iterable[Work], shifts: Mapping[str, int]) -> Decimal:
    """Months moved, to either side, times weight."""
    return sum((Decimal(str(work.weight)) * abs(shifts.get(work.key, 0)) for work in works), Decimal(0))


def faults(
    works: Sequence[Work], capacity: NDArray[np.float64], links: Iterable[Link], shifts: Mapping[str, int]
) -> list[str]:
    """Every limit that these shifts do not keep to, in words; none for a plan that may be proposed."""
    found = [f"{key} is unknown" for key in shifts if key not in {work.key for work in works}]
    months = capacity.shape[1]
    for work in works:
        by = shifts.get(work.key, 0)
        if by > work.latest or -by > work.earliest:
            found.append(f"{work.key} leaves its window by {by}")
        for pool, month, fte in work.demand:
            if fte == 0:
                continue
            if month + by < 0 or month + by >= months:
                found.append(f"{work.key} leaves the horizon from {month} by {by}")
            elif isnan(capacity[pool, month + by]) and not isnan(capacity[pool, month]):
                found.append(f"{work.key} moves out of sight from {pool}, {month} by {by}")
    if found:
        return found
    for link in links:
        if shifts.get(link.before, 0) > shifts.get(link.after, 0) + link.slack:
            found.append(f"{link} is broken")
    before, after = overloads(works, capacity, {}), overloads(works, capacity, shifts)
    if sum(after.values()) > sum(before.values()):
        found.append("overload rises")
    for cell, over in after.items():
        if cell not in before:
            found.append(f"{cell} is newly overloaded")
        elif over > before[cell]:
            found.append(f"{cell} gets worse")
    return found
