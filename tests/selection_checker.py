"""What a selection means, counted anew in exact fractions: shares no code with the model but its inputs."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from math import isnan

from analytics.selection import Case, Limit, Option

Read = Callable[[float], Fraction]


def written(figure: float) -> Fraction:
    """A figure as it is written in decimals."""
    return Fraction(str(figure))


def option_of(case: Case, chosen: Mapping[str, int]) -> dict[str, Option]:
    """The chosen option of each candidate that has one."""
    return {one.key: one.options[chosen[one.key]] for one in case.candidates if one.key in chosen}


def value(case: Case, chosen: Mapping[str, int], read: Read = written) -> Fraction:
    """What a plan brings."""
    return sum((read(option.value) for option in option_of(case, chosen).values()), Fraction(0))


def load(case: Case, chosen: Mapping[str, int], read: Read = written) -> dict[tuple[int, int], Fraction]:
    """FTE by pool and month."""
    asked: dict[tuple[int, int], Fraction] = defaultdict(Fraction)
    for option in option_of(case, chosen).values():
        for pool, month, fte in option.demand:
            asked[pool, month] += read(fte)
    return asked


def spent(case: Case, chosen: Mapping[str, int], read: Read = written) -> dict[int, Fraction]:
    """Money by budget line."""
    taken: dict[int, Fraction] = defaultdict(Fraction)
    for option in option_of(case, chosen).values():
        for line, money in option.cost:
            taken[line] += read(money)
    return taken


def broken(case: Case, chosen: Mapping[str, int], read: Read = written) -> Iterator[Limit]:
    """Every limit that a plan does not keep, one after the other."""
    takes = option_of(case, chosen)
    assert set(chosen) <= {one.key for one in case.candidates}
    assert all(number >= 0 for number in chosen.values())
    done = {key: option for key, option in takes.items() if not option.stops}
    groups: dict[str, int] = defaultdict(int)
    for one in case.candidates:
        if one.mandatory and one.key not in done:
            yield Limit("mandatory", one.key)
        if one.forced == "in" and one.key not in done:
            yield Limit("forced in", one.key)
        if one.forced == "out" and one.key in done:
            yield Limit("forced out", one.key)
        if any(option.stops for option in one.options) and one.key not in takes:
            yield Limit("decided", one.key)
        if one.group is not None and one.key in done:
            groups[one.group] += 1
        for before in one.prerequisites if one.key in done else ():
            finish, start = done[before].finish if before in done else None, done[one.key].start
            if finish is None or (start is not None and finish > start):
                yield Limit("prerequisite", one.key, other=before)
    yield from (Limit("group", group) for group, count in groups.items() if count > 1)
    for (pool, month), fte in load(case, chosen, read).items():
        has = float(case.capacity[pool, month])
        if not isnan(has) and fte > max(0, read(has)):
            yield Limit("capacity", pool=pool, month=month)
    for line, money in spent(case, chosen, read).items():
        amount = case.budgets[line].amount
        if amount is not None and money > max(0, read(amount)):
            yield Limit("budget", case.budgets[line].name, line=line)
    money_of = {
        key: sum((read(money) for _, money in option.cost), Fraction(0)) if option.money is None else read(option.money)
        for key, option in takes.items()
    }
    for share in case.shares:
        to_goal = sum(
            money_of[one.key] * read(part)
            for one in case.candidates
            if one.key in takes
            for goal, part in one.goals
            if goal == share.goal
        )
        if share.floor is not None and to_goal < read(share.floor) * sum(money_of.values()):
            yield Limit("floor", share.goal)
        if share.ceiling is not None and to_goal > read(share.ceiling) * sum(money_of.values()):
            yield Limit("ceiling", share.goal)


def keeps(case: Case, chosen: Mapping[str, int], only: Iterable[Limit] | None = None, read: Read = written) -> bool:
    """Whether a plan keeps all limits, or of these."""
    if only is None:
        return next(broken(case, chosen, read), None) is None
    return not set(broken(case, chosen, read)) & set(only)


def plans(case: Case) -> Iterator[dict[str, int]]:
    """Every choice of at most one option of each candidate, whatever it breaks."""
    keys = [one.key for one in case.candidates]
    for picked in itertools.product(*([None, *range(len(one.options))] for one in case.candidates)):
        yield {key: number for key, number in zip(keys, picked, strict=True) if number is not None}


def best(case: Case, read: Read = written) -> Fraction | None:
    """The most that a plan can bring, by trying all of them; None if none keeps the limits."""
    most: Fraction | None = None
    for chosen in plans(case):
        brings = value(case, chosen, read)
        if (most is None or brings > most) and keeps(case, chosen, read=read):
            most = brings
    return most
