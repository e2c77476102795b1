"""Solvers side by side on the two models that they are for: levelling, and choosing projects within limits.

Prints Markdown tables: which instances are proven optimal on 2 cores, how fast, and the gap of the others. The kept
solver is in requirements.txt. The others are skipped where they are missing; to have them all, in an environment of its
own (they ask for other versions of shared packages):

    python -m venv /tmp/solvers && /tmp/solvers/bin/pip install numpy highspy ortools pulp
    /tmp/solvers/bin/python -m tests.bench.solvers [--seconds 20] [--only NAME] [--knapsacks 6] [--sets 4]

Each model is the same for all, integers throughout (thousandths of an FTE). Levelling is told in its two steps: the
least overload, then the least delay at that overload. Choosing is the multidimensional knapsack of OR-Library
(`mknap1.txt`, `mknapcb1.txt`, from RIGHTWORK_REAL_DATA/orlib). A gap is |bound - found| / |found|.
"""

import argparse
import csv
import importlib.util
import math
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from tests.plan_sets import plan_set

THREADS = 2
# Generated sets by seed and by how much is asked for above what there is, from loose to much too tight.
SETS = [(1, 0.8), (4, 0.85), (1, 0.95), (0, 0.75)]
DATA = Path(os.environ.get("RIGHTWORK_REAL_DATA") or Path(__file__).parents[3] / "shared" / "data") / "orlib"


@dataclass
class Model:
    """Minimise cost over integer columns with bounds, each row between its bounds."""

    cost: list[int] = field(default_factory=list)
    upper: list[int] = field(default_factory=list)
    rows: list[tuple[dict[int, int], float, float]] = field(default_factory=list)
    start: list[int] | None = None

    def column(self, cost: int, upper: int) -> int:
        """A new integer column from 0 to `upper`."""
        self.cost.append(cost)
        self.upper.append(upper)
        return len(self.cost) - 1

    def row(self, terms: dict[int, int], least: float, most: float) -> None:
        """A new row."""
        self.rows.append((terms, least, most))


@dataclass
class Found:
    """What a solver says after its time: the columns, the bound, and its own word for whether that is the optimum."""

    values: list[int] | None
    bound: float
    proven: bool


def highs(model: Model, seconds: float) -> Found:
    """HiGHS through highspy."""
    import highspy

    solver = highspy.Highs()
    for option, value in (("output_flag", False), ("threads", THREADS), ("time_limit", seconds)):
        solver.setOptionValue(option, value)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", 0.9)
    for upper in model.upper:
        solver.addVar(0, upper)
    count = len(model.cost)
    columns = np.arange(count, dtype=np.int32)
    solver.changeColsCost(count, columns, np.array(model.cost, dtype=float))
    solver.changeColsIntegrality(count, columns, np.array([highspy.HighsVarType.kInteger] * count))
    for terms, least, most in model.rows:
        solver.addRow(least, most, len(terms), np.array(list(terms), np.int32), np.array(list(terms.values()), float))
    if model.start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = [float(value) for value in model.start]
        solver.setSolution(solution)
    solver.run()
    info = solver.getInfo()
    proven = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    values = [round(value) for value in solver.getSolution().col_value] if info.primal_solution_status == 2 else None
    return Found(values, info.mip_dual_bound, proven)


def cp_sat(model: Model, seconds: float) -> Found:
    """CP-SAT of OR-Tools."""
    from ortools.sat.python import cp_model

    made = cp_model.CpModel()
    columns = [made.new_int_var(0, upper, "") for upper in model.upper]
    for terms, least, most in model.rows:
        told = sum(factor * columns[column] for column, factor in terms.items())
        low = cp_model.INT_MIN if math.isinf(least) else round(least)
        high = cp_model.INT_MAX if math.isinf(most) else round(most)
        made.add_linear_constraint(told, low, high)
    made.minimize(sum(cost * column for cost, column in zip(model.cost, columns, strict=True) if cost))
    if model.start is not None:
        for column, value in zip(columns, model.start, strict=True):
            made.add_hint(column, value)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = THREADS
    status = solver.solve(made)
    there = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    values = [solver.value(column) for column in columns] if there else None
    return Found(values, solver.best_objective_bound, status == cp_model.OPTIMAL)


def _wrapped(name: str) -> Callable[[Model, float], Found]:
    """SCIP or CBC as OR-Tools bundles them."""

    def solve(model: Model, seconds: float) -> Found:
        from ortools.linear_solver import pywraplp

        solver = pywraplp.Solver.CreateSolver(name)
        endless = solver.infinity()
        columns = [solver.IntVar(0, upper, "") for upper in model.upper]
        for terms, least, most in model.rows:
            row = solver.Constraint(-endless if math.isinf(least) else least, endless if math.isinf(most) else most)
            for column, factor in terms.items():
                row.SetCoefficient(columns[column], factor)
        objective = solver.Objective()
        for column, cost in zip(columns, model.cost, strict=True):
            objective.SetCoefficient(column, cost)
        objective.SetMinimization()
        if model.start is not None:
            solver.SetHint(columns, [float(value) for value in model.start])
        solver.SetTimeLimit(int(seconds * 1000))
        asked = pywraplp.MPSolverParameters()
        asked.SetDoubleParam(asked.RELATIVE_MIP_GAP, 0.0)
        status = solver.Solve(asked)
        there = status in (solver.OPTIMAL, solver.FEASIBLE)
        values = [round(column.solution_value()) for column in columns] if there else None
        return Found(values, objective.BestBound(), status == solver.OPTIMAL)

    return solve


def pulp_cbc(model: Model, seconds: float) -> Found:
    """CBC as PuLP bundles it, a program of its own. It tells no bound: one is known only when it is proven."""
    import pulp

    made = pulp.LpProblem("model", pulp.LpMinimize)
    columns = [pulp.LpVariable(f"x{n}", 0, upper, pulp.LpInteger) for n, upper in enumerate(model.upper)]
    made += pulp.lpSum(cost * column for cost, column in zip(model.cost, columns, strict=True))
    for terms, least, most in model.rows:
        told = pulp.lpSum(factor * columns[column] for column, factor in terms.items())
        if not math.isinf(least):
            made += told >= least
        if not math.isinf(most):
            made += told <= most
    if model.start is not None:
        for column, value in zip(columns, model.start, strict=True):
            column.setInitialValue(value)
    asked = pulp.PULP_CBC_CMD(
        msg=False, timeLimit=seconds, threads=THREADS, gapRel=0, warmStart=model.start is not None
    )
    made.solve(asked)
    there = made.sol_status in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible)
    values = [round(column.value() or 0) for column in columns] if there else None
    proven = made.sol_status == pulp.LpSolutionOptimal
    return Found(values, pulp.value(made.objective) if proven else math.nan, proven)


SOLVERS: dict[str, tuple[str, Callable[[Model, float], Found]]] = {
    "HiGHS": ("highspy", highs),
    "CP-SAT": ("ortools", cp_sat),
    "SCIP": ("ortools", _wrapped("SCIP")),
    "CBC of OR-Tools": ("ortools", _wrapped("CBC")),
    "CBC of PuLP": ("pulp", pulp_cbc),
}
PACKAGES = {"highspy": "highspy", "ortools": "ortools.linear_solver.pywraplp", "pulp": "pulp"}


def knapsacks(file: Path) -> list[tuple[Model, float]]:
    """The problems of an OR-Library file as models of least negative value, and their optimum (0: not in the file)."""
    numbers = iter(float(word) for word in file.read_text().split())
    made = []
    for _ in range(int(next(numbers))):
        items, limits, optimum = int(next(numbers)), int(next(numbers)), next(numbers)
        model = Model()
        for _ in range(items):
            model.column(-round(next(numbers) * 10), 1)
        factors = [[round(next(numbers) * 10) for _ in range(items)] for _ in range(limits)]
        for row in factors:
            model.row({c: factor for c, factor in enumerate(row) if factor}, -math.inf, round(next(numbers) * 10))
        made.append((model, optimum))
    return made


def levelling(seed: int, tight: float) -> tuple[Model, dict[int, int]]:
    """The model of least overload for a generated set of 200 x 24 x 12, and the delay of each column."""
    works, capacity, links = plan_set(200, 24, 12, seed, tight=tight)
    room = np.where(np.isnan(capacity), np.nan, np.round(np.nan_to_num(capacity) * 1000))
    now: dict[tuple[int, int], int] = {}
    then: dict[tuple[int, int], dict[int, int]] = {}
    model, delay, shifts, start = Model(), {}, {}, []
    for work in works:
        own = [(pool, month, round(fte * 1000)) for pool, month, fte in work.demand]
        of_work = {}
        for by in range(-work.earliest, work.latest + 1):
            there = [(pool, month, month + by) for pool, month, _ in own]
            if any(not 0 <= to < 24 or (np.isnan(room[p, to]) and not np.isnan(room[p, at])) for p, at, to in there):
                continue
            column = of_work[by] = model.column(0, 1)
            start.append(int(by == 0))
            delay[column] = abs(by) * round(work.weight * 1000)
            for pool, month, size in own:
                then.setdefault((pool, month + by), {})[column] = size
        for pool, month, size in own:
            now[pool, month] = now.get((pool, month), 0) + size
        model.row(dict.fromkeys(of_work.values(), 1), 1, 1)
        shifts[work.key] = of_work
    for (pool, month), asked in then.items():
        if np.isnan(room[pool, month]):
            continue
        over = max(0, now.get((pool, month), 0) - int(room[pool, month]))
        terms = dict(asked)
        if over:
            terms[model.column(1, over)] = -1
            start.append(over)
        model.row(terms, -math.inf, int(room[pool, month]))
    for link in links:
        terms = {column: by for by, column in shifts[link.before].items() if by}
        terms |= {column: -by for by, column in shifts[link.after].items() if by}
        if terms:
            model.row(terms, -math.inf, link.slack)
    model.start = start
    return model, delay


def checked(model: Model, values: list[int]) -> int:
    """The cost of these columns, if they keep to all rows; the solver's own word is not taken."""
    assert all(0 <= value <= upper for value, upper in zip(values, model.upper, strict=True))
    for terms, least, most in model.rows:
        assert least <= sum(factor * values[column] for column, factor in terms.items()) <= most
    return sum(cost * value for cost, value in zip(model.cost, values, strict=True))


@dataclass
class Run:
    """One run: what was found (checked), the bound, whether proven, seconds."""

    cost: float
    bound: float
    proven: bool
    seconds: float
    values: list[int] | None

    @property
    def gap(self) -> float:
        """|bound - found| / |found|; 0 if both are 0."""
        if self.proven or self.cost == self.bound:
            return 0.0
        return abs(self.cost - self.bound) / abs(self.cost) if self.cost else math.inf


def timed(name: str, model: Model, seconds: float) -> tuple[Found, float]:
    """Solve; the time counts building the solver's model, not loading its package."""
    importlib.import_module(PACKAGES[SOLVERS[name][0]])
    started = time.perf_counter()
    found = SOLVERS[name][1](model, seconds)
    return found, time.perf_counter() - started


def run(name: str, model: Model, seconds: float) -> Run:
    """Solve in a process of its own (highspy and ortools cannot both be loaded in one), and check what comes."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        found, taken = pool.submit(timed, name, model, seconds).result()
    if found.values is None:
        return Run(math.inf, found.bound, False, taken, None)
    try:
        cost = checked(model, found.values)
    except AssertionError:
        return Run(math.nan, found.bound, False, taken, None)
    return Run(cost, found.bound, found.proven, taken, found.values)


HEAD = "| Instance | Solver | Found | Bound | Proven | Gap | Seconds |\n|---|---|---|---|---|---|---|"


def compare(case: str, names: list[str], model: Model, seconds: float, scale: float) -> Run:
    """Solve with each, and print a row of each; the best run. What one calls proven and another betters is wrong."""
    runs = {name: run(name, model, seconds) for name in names}
    best = min((one for one in runs.values() if one.values), key=lambda one: one.cost)
    for name, one in runs.items():
        wrong = one.bound > best.cost + 0.5 or (one.proven and one.cost > best.cost)
        proven = "**wrong**" if wrong else "yes" if one.proven else "no"
        figures = f"{one.cost / scale:,.3f} | {one.bound / scale:,.3f} | {proven} | {one.gap:.2%} | {one.seconds:.1f}"
        print(f"| {case} | {name} | {figures.replace('nan%', '').replace('nan', '')} |", flush=True)
    return best


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--only", action="append", choices=list(SOLVERS), help="these solvers alone")
    parser.add_argument("--knapsacks", type=int, default=6, help="how many of mknapcb1.txt")
    parser.add_argument("--sets", type=int, default=len(SETS), help="how many sets of 200 x 24 x 12")
    asked = parser.parse_args()
    names = [name for name in asked.only or SOLVERS if importlib.util.find_spec(SOLVERS[name][0])]
    print(HEAD, flush=True)
    for seed, tight in SETS[: asked.sets]:
        first, delay = levelling(seed, tight)
        nothing = checked(first, first.start or [])
        case = f"seed {seed}, tight {tight}"
        best = compare(f"Overload, {case} (now {nothing / 1000:.1f})", names, first, asked.seconds, 1000)
        second = Model([delay.get(column, 0) for column in range(len(first.cost))], first.upper, list(first.rows))
        second.row({column: 1 for column, cost in enumerate(first.cost) if cost}, 0, best.cost)
        second.start = best.values
        compare(f"Delay, {case}", names, second, asked.seconds, 1000)
    print(flush=True)
    small = knapsacks(DATA / "mknap1.txt")
    for name in names:
        done = [run(name, model, asked.seconds) for model, _ in small]
        right = sum(
            one.proven and abs(-one.cost / 10 - optimum) < 0.01 for one, (_, optimum) in zip(done, small, strict=True)
        )
        longest = max(one.seconds for one in done)
        print(f"mknap1, {name}: {right} of {len(small)} optima proven, longest {longest:.2f} s\n", flush=True)
    with (DATA / "mknapcb1_best_known.csv").open() as file:
        known = [float(row["best_known"]) for row in csv.DictReader(file)]
    large = knapsacks(DATA / "mknapcb1.txt")
    print(HEAD, flush=True)
    for number in range(0, len(large), max(1, len(large) // max(1, asked.knapsacks)))[: asked.knapsacks]:
        compare(f"mknapcb1 {number} (best known {known[number]:,.0f})", names, large[number][0], asked.seconds, -10)


if __name__ == "__main__":
    main()
