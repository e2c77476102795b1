"""Goal weights: typed in, or judged pair by pair (analytic hierarchy process), by one person or by several.

Source: methods "Alignment to strategy"; Saaty, How to make a decision: the analytic hierarchy process (1990); for
several people the geometric mean of their judgements (Aczél & Saaty 1983).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

# Saaty's random index: the mean consistency index of matrices of random judgements, by the number of items compared.
RANDOM_INDEX = {3: 0.58, 4: 0.90, 5: 1.12, 6: 1.24, 7: 1.32, 8: 1.41, 9: 1.45, 10: 1.49}
ACCEPTED = 0.10
STRONGEST = 9.0

Pair = tuple[str, str]
Judgements = Mapping[Pair, float]


@dataclass(frozen=True)
class Conflict:
    """A judgement beside what all the others together say of the pair: `first` is so many times as important as
    `second`, as judged, and by the weights (`fits`); `strain` is how many times one is the other, 1 or more."""

    first: str
    second: str
    judged: float
    fits: float
    strain: float


@dataclass(frozen=True)
class Weights:
    """Weights that add up to 1, in the order asked for, and how far the judgements agree with one another.

    `index` is (lambda_max - n) / (n - 1), `ratio` that over the random index: up to 0.10 the judgements count as
    consistent. Both are None where they are undefined: up to two items, and the ratio over ten. `conflicts` are the
    judgements, those first that fit the others least.
    """

    weights: tuple[float, ...]
    index: float | None
    ratio: float | None
    conflicts: tuple[Conflict, ...]

    @property
    def is_consistent(self) -> bool:
        """Whether the ratio is accepted; two items can't conflict."""
        return self.ratio is None or self.ratio <= ACCEPTED


@dataclass(frozen=True)
class Dissent:
    """A pair on which people differ: the lowest and the highest judgement of `first` over `second`, and how many times
    the highest is the lowest."""

    first: str
    second: str
    lowest: float
    highest: float

    @property
    def spread(self) -> float:
        """1 where all agree."""
        return self.highest / self.lowest


def pairs(items: Sequence[str]) -> list[Pair]:
    """The pairs to be judged, each once: n (n - 1) / 2 of them."""
    return list(combinations(items, 2))


def weigh(items: Sequence[str], judgements: Judgements) -> Weights:
    """The weights of items by pairwise judgements: the principal eigenvector of their reciprocal matrix.

    A judgement is how many times as important the first of a pair is as the second, from 1/9 to 9, and the key may
    name the pair either way round. ValueError for an item named twice, a pair that is not judged, judged twice or not
    asked for, and a judgement outside of 1/9 to 9.
    """
    matrix = _matrix(items, judgements)
    n = len(items)
    if n < 2:
        return Weights((1.0,) * n, None, None, ())
    values, vectors = np.linalg.eig(matrix)
    at = int(np.argmax(values.real))
    principal = np.abs(vectors[:, at].real)
    weights = principal / principal.sum()
    index = max(0.0, float((values[at].real - n) / (n - 1))) if n > 2 else None
    ratio = index / RANDOM_INDEX[n] if index is not None and n in RANDOM_INDEX else None
    found = [
        _conflict(items[i], items[j], float(matrix[i, j]), float(weights[i] / weights[j]))
        for i, j in combinations(range(n), 2)
    ]
    return Weights(
        tuple(float(weight) for weight in weights),
        index,
        ratio,
        tuple(sorted(found, key=lambda one: -one.strain)) if n > 2 else (),
    )


def combine(items: Sequence[str], people: Sequence[Judgements]) -> dict[Pair, float]:
    """The judgements of several people as one: the geometric mean of each. ValueError as `weigh`, and for none."""
    if not people:
        raise ValueError("Nobody has judged.")
    logs = np.mean([np.log(_matrix(items, one)) for one in people], axis=0)
    place = {item: at for at, item in enumerate(items)}
    return {(a, b): float(math.exp(logs[place[a], place[b]])) for a, b in pairs(items)}


def dissent(items: Sequence[str], people: Sequence[Judgements]) -> list[Dissent]:
    """The pairs that people judge differently, the widest spread first. ValueError as `weigh`."""
    matrices = [_matrix(items, one) for one in people]
    found = []
    for i, j in combinations(range(len(items)), 2):
        said = [float(matrix[i, j]) for matrix in matrices]
        if said and max(said) > min(said):
            found.append(Dissent(items[i], items[j], min(said), max(said)))
    return sorted(found, key=lambda one: -one.spread)


def typed(weights: Sequence[float]) -> Weights:
    """Weights that were typed in, brought to a sum of 1. ValueError for one below 0 or endless, and where all are 0."""
    if any(not math.isfinite(weight) or weight < 0 for weight in weights):
        raise ValueError("A weight must be 0 or more.")
    if weights and not sum(weights):
        raise ValueError("One weight at least must be above 0.")
    return Weights(tuple(weight / sum(weights) for weight in weights), None, None, ())


def down_the_tree(parents: Mapping[str, str | None], among: Mapping[str, float]) -> dict[str, float]:
    """The weight of each goal in the whole: its weight among its siblings times that of its parent.

    `parents` has the parent of each goal; one that is not among them, or that is its own ancestor, counts as none.
    `among` has the weight of each goal among its siblings; a goal without one has the weight 0.
    """
    found: dict[str, float] = {}
    for goal in parents:
        weight, at, seen = 1.0, goal, {goal}
        while True:
            weight *= among.get(at, 0.0)
            above = parents.get(at)
            if above is None or above not in parents or above in seen:
                break
            at = above
            seen.add(at)
        found[goal] = weight
    return found


def _conflict(first: str, second: str, judged: float, fits: float) -> Conflict:
    return Conflict(first, second, judged, fits, max(judged / fits, fits / judged))


def _matrix(items: Sequence[str], judgements: Judgements) -> NDArray[np.float64]:
    place = {item: at for at, item in enumerate(items)}
    if len(place) < len(items):
        raise ValueError("An item is there twice.")
    matrix = np.ones((len(items), len(items)))
    judged = set()
    for (first, second), times in judgements.items():
        if first not in place or second not in place or first == second:
            raise ValueError(f"The pair {first} and {second} is not asked for.")
        if frozenset((first, second)) in judged:
            raise ValueError(f"The pair {first} and {second} is judged twice.")
        # A hair of room, for 1/9 as it may be written.
        if not 1 / STRONGEST - 1e-9 <= times <= STRONGEST + 1e-9:
            raise ValueError(f"The judgement of {first} and {second} must be from 1/9 to 9.")
        judged.add(frozenset((first, second)))
        matrix[place[first], place[second]] = times
        matrix[place[second], place[first]] = 1 / times
    missing = next((pair for pair in pairs(items) if frozenset(pair) not in judged), None)
    if missing:
        raise ValueError(f"The pair {missing[0]} and {missing[1]} is not judged.")
    return matrix
