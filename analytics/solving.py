"""The solver (CP-SAT: whole numbers, so that what is called proven is): one run, heard and stopped from this thread."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from typing import Any

THREADS = 2
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Ran:
    """How a run ended: whether there is an answer, whether it is proven to be the best, or proven that there is none;
    the bound of the aim; whether it was asked to stop; and whether a choice was taken, or the number it stands at."""

    found: bool
    proven: bool
    impossible: bool
    bound: int
    stopped: bool
    taken: Callable[[Any], bool]
    number: Callable[[Any], int]


def run(
    model: Any,
    seconds: float,
    stop: Callable[[], bool] | None,
    heard: Callable[[int | None, int], None],
    *,
    value: int | None,
    bound: int,
    subsolvers: Sequence[str] = (),
) -> Ran:
    """Solve a model that minimises, for so many seconds at most, or until `stop` says so.

    `value` is the aim of the answer that is known before, if one is, and `bound` what it can't go below. `heard` is
    told the least value and the bound whenever one of them gets better; it and `stop` are called in this thread.
    `subsolvers` are CP-SAT's names of those that prove (its own choice, if none); a thread that is left improves plans.
    """
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = THREADS
    solver.parameters.subsolvers.extend(subsolvers)
    values = [] if value is None else [value]
    bounds = [bound]

    class Better(cp_model.CpSolverSolutionCallback):
        def on_solution_callback(self) -> None:
            values[:] = [min([*values, round(self.objective_value)])]

    def bounded(to: float) -> None:
        bounds[0] = max(bounds[0], round(to))

    solver.best_bound_callback = bounded
    told: tuple[int | None, int] | None = None
    stopped = False
    with ThreadPoolExecutor(1) as pool:
        solving = pool.submit(solver.solve, model, Better())
        try:
            while True:
                try:
                    status = solving.result(POLL_SECONDS)
                    break
                except NotYet:
                    pass
                if told != (now := (values[0] if values else None, bounds[0])):
                    told = now
                    heard(*now)
                if stop and stop():
                    stopped = True
                    solver.stop_search()
        finally:
            # Whatever `stop` or `heard` raise, the solver ends.
            while not solving.done():
                solver.stop_search()
                time.sleep(POLL_SECONDS)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    if found:
        bounds[0] = max(bounds[0], round(solver.best_objective_bound))
    impossible = status == cp_model.INFEASIBLE
    if not (found or impossible or status == cp_model.UNKNOWN):
        raise RuntimeError(f"The solver does not take the model: {solver.status_name(status)}.")
    return Ran(found, status == cp_model.OPTIMAL, impossible, bounds[0], stopped, solver.boolean_value, solver.value)
