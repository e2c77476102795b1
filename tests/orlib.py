"""Problems of OR-Library: choosing among projects within several limits, with the best values that are known."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analytics.selection import Budget, Candidate, Case, Option


@dataclass(frozen=True)
class Problem:
    """A problem as a case: each project is one option that takes from budget lines, one line a limit. `known` is the
    optimum, or the best value that is known."""

    name: str
    case: Case
    known: float


def problems(folder: Path, name: str) -> list[Problem]:
    """The problems of `mknap1` (with their optima) or `mknapcb1` (with the best values known from the file beside)."""
    numbers = iter(float(word) for word in (folder / f"{name}.txt").read_text("utf-8").split())
    read = []
    for _ in range(int(next(numbers))):
        projects, limits, optimum = int(next(numbers)), int(next(numbers)), next(numbers)
        values = [next(numbers) for _ in range(projects)]
        costs = [[next(numbers) for _ in range(projects)] for _ in range(limits)]
        amounts = [next(numbers) for _ in range(limits)]
        read.append(Problem(f"{name} {len(read)}", _case(values, costs, amounts), optimum))
    known = folder / f"{name}_best_known.csv"
    if not known.exists():
        return read
    with known.open(encoding="utf-8") as file:
        best = [(row["problem"], float(row["best_known"])) for row in csv.DictReader(file)]
    return [Problem(name, one.case, value) for one, (name, value) in zip(read, best, strict=True)]


def _case(values: list[float], costs: list[list[float]], amounts: list[float]) -> Case:
    candidates = []
    for number, value in enumerate(values):
        cost = tuple((line, of_line[number]) for line, of_line in enumerate(costs) if of_line[number])
        candidates.append(Candidate(f"P{number:03}", (Option(None, value, cost=cost),)))
    budgets = tuple(Budget(f"Limit {line}", amount) for line, amount in enumerate(amounts))
    return Case(tuple(candidates), np.empty((0, 0)), budgets)
