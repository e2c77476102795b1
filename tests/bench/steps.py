"""One measured step, in a process of its own: `python -m tests.bench.steps STEP ARGUMENT...` prints a JSON line."""

import datetime as dt
import json
import resource
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb


def bare_read(status: str) -> dict[str, Any]:
    """DuckDB's own reading of the file into a table, the second of two so that the file is in memory."""
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        with duckdb.connect() as con:
            con.execute("create table t as select * from read_csv(?)", [status])
        seconds.append(time.perf_counter() - started)
    return {"seconds": seconds[-1]}


def load(warehouse: str, exports: str) -> dict[str, Any]:
    """All four exports as one publication, from the files to the published version."""
    from pipelines import check
    from pipelines.load import Request
    from pipelines.load import load as load_files
    from pipelines.warehouse import Warehouse

    shutil.rmtree(warehouse, ignore_errors=True)
    check.warm_up()  # as it is in a worker; the baseline's imports are not counted either
    files = [Path(exports, f"{name}.csv") for name in ("goals", "programs", "projects", "status")]
    started = time.perf_counter()
    report = load_files(Warehouse(warehouse), Request(files))
    seconds = time.perf_counter() - started
    assert report.published, report
    return {"seconds": seconds}


def load_week(warehouse: str, status: str, week: str) -> dict[str, Any]:
    """One week's export into a history: the middle of three, each on a copy; copying the store is told apart."""
    from pipelines import check
    from pipelines.load import Request
    from pipelines.load import load as load_files
    from pipelines.warehouse import Warehouse

    check.warm_up()  # as it is in a worker
    found = []
    for _ in range(3):
        here = Path(warehouse).with_name("appended")
        shutil.rmtree(here, ignore_errors=True)
        shutil.copytree(warehouse, here)
        started = time.perf_counter()
        report = load_files(Warehouse(here), Request([Path(status)]), today=dt.date.fromisoformat(week))
        found.append((time.perf_counter() - started, report.copy_seconds))
        assert report.published, report
        shutil.rmtree(here)
    seconds, copying = statistics.median_low(found)
    return {"seconds": seconds, "copy_seconds": copying}


def pandas_great_expectations(status: str) -> dict[str, Any]:
    """What a script of the usual kind does: pandas reads, the contract's expectations run, DuckDB stores."""
    import great_expectations as gx
    import pandas as pd
    from great_expectations.data_context.types.base import ProgressBarsConfig

    from pipelines.contract import contract

    started = time.perf_counter()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    frame = pd.read_csv(status, parse_dates=["status_date", "forecast_finish", "actual_finish"])
    suite = gx.ExpectationSuite(name="status")
    for check in contract("status").checks(dt.date.today(), {}):
        if check.helper is None and all(column in frame.columns for column in check.columns):
            kind, arguments = check.expectation
            given = {k: pd.Timestamp(v) if isinstance(v, dt.date) else v for k, v in arguments.items()}
            suite.add_expectation(getattr(gx.expectations, kind)(**given))
    batch = context.data_sources.pandas_default.read_dataframe(frame)
    result = batch.validate(suite, result_format={"result_format": "COMPLETE"})
    with duckdb.connect() as con:
        con.execute("create table status as select * from frame")
    return {"seconds": time.perf_counter() - started, "success": result.success}


def ask(warehouse: str) -> dict[str, Any]:
    """Milliseconds of each query behind the Overview and the register."""
    from tests.bench.questions import questions

    found = {}
    for name, question in questions(Path(warehouse)):
        question()
        taken = []
        for _ in range(7):
            started = time.perf_counter()
            question()
            taken.append((time.perf_counter() - started) * 1000)
        found[name] = statistics.median(taken)
    return {"seconds": 0.0, "milliseconds": found}


STEPS: dict[str, Callable[..., dict[str, Any]]] = {
    step.__name__: step for step in (bare_read, load, load_week, pandas_great_expectations, ask)
}

if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    answer = STEPS[name](*arguments)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps(answer | {"cpu": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024}))
