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

ROOT = Path(__file__).resolve().parents[2]
WEEKLY = ("status", "milestones", "risks")
OLDER = 4  # weekly loads, one more than files that the store keeps beside the latest


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
    """All exports as one publication, from the files to the published version."""
    from pipelines import check
    from pipelines.contract import EXPORTS
    from pipelines.load import load as load_files
    from pipelines.report import Request
    from pipelines.warehouse import Warehouse

    shutil.rmtree(warehouse, ignore_errors=True)
    check.warm_up()  # as it is in a worker; the baseline's imports are not counted either
    files = [Path(exports, f"{name}.csv") for name in EXPORTS]
    started = time.perf_counter()
    report = load_files(Warehouse(warehouse), Request(files))
    seconds = time.perf_counter() - started
    assert report.published, report
    return {"seconds": seconds}


def load_week(warehouse: str, exports: str, week: str) -> dict[str, Any]:
    """One week's exports into a history: the middle of three, each on a copy; copying the store is told apart."""
    from pipelines import check
    from pipelines.load import load as load_files
    from pipelines.report import Request
    from pipelines.warehouse import Warehouse

    check.warm_up()  # as it is in a worker
    files = [Path(exports, f"{name}.csv") for name in WEEKLY]
    found = []
    for _ in range(3):
        here = Path(warehouse).with_name("appended")
        shutil.rmtree(here, ignore_errors=True)
        shutil.copytree(warehouse, here)
        started, used = time.perf_counter(), time.process_time()
        report = load_files(Warehouse(here), Request(files), today=dt.date.fromisoformat(week))
        found.append((time.perf_counter() - started, report.copy_seconds, time.process_time() - used))
        assert report.published, report
        shutil.rmtree(here)
    seconds, copying, _ = statistics.median_low(found)
    return {"seconds": seconds, "copy_seconds": copying, "cpu_each": statistics.median(used for *_, used in found)}


def older(warehouse: str, exports: str, week: str) -> dict[str, Any]:
    """Seconds and CPU seconds until the Overview's figures stand as known before so many weekly loads, by their number.

    The store is a copy, into which those loads went one after another; it keeps the files of the last three.
    """
    from analytics import portfolio
    from analytics.reading import Desk, Scope, choices
    from pipelines import check
    from pipelines.load import load as load_files
    from pipelines.report import Request
    from pipelines.warehouse import Warehouse

    check.warm_up()
    here = Path(warehouse).with_name("known")
    shutil.rmtree(here, ignore_errors=True)
    shutil.copytree(warehouse, here / "warehouse")
    for n in range(OLDER):
        day = dt.date.fromisoformat(week) + dt.timedelta(weeks=n)
        files = [here / f"{name}.csv" for name in WEEKLY]
        for file in files:
            file.write_text(Path(exports, file.name).read_text("utf-8").replace(week, str(day)), "utf-8")
        assert load_files(Warehouse(here / "warehouse"), Request(files), today=day).published
    found = {}
    for back in (1, OLDER - 1, OLDER):
        desk, version = Desk(Warehouse(here / "warehouse")), OLDER + 1
        started, used = time.perf_counter(), time.process_time()
        days = desk.ask(choices, version, version - back).review_dates
        desk.ask(portfolio.summary, version, version - back, days[-1], Scope())
        found[back] = (time.perf_counter() - started, time.process_time() - used)
        assert days[-1] == dt.date.fromisoformat(week) + dt.timedelta(weeks=OLDER - back - 1), days[-1]
    shutil.rmtree(here)
    return {"seconds": 0.0, "known": found}


def pages(warehouse: str) -> dict[str, Any]:
    """Seconds and CPU seconds of the server's run of each page, on review dates that nobody asked for before, and the
    seconds of a second session on the same date.

    Median of 5 sessions after a first one; the script and what it sends, without the browser and the socket.
    """
    import os

    from streamlit.testing.v1 import AppTest

    from tests.bench.questions import examples

    os.environ["RIGHTWORK_WAREHOUSE"] = warehouse
    example = examples(Path(warehouse))
    shown = {
        "Overview": ("overview", {}),
        "Programs": ("programs", {}),
        "Programs: one": ("programs", {"program": example.program}),
        "Projects": ("projects", {}),
        "Projects: one": ("projects", {"project": example.project}),
        "Benefits": ("benefits", {}),
        "Data quality": ("quality", {}),
        "Loads": ("loads", {}),
        "Settings": ("settings", {}),
    }

    def run(page: str, query: dict[str, str]) -> tuple[float, float]:
        app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=300)
        app.query_params.update(query)
        if page != "overview":
            app.switch_page(f"pages/{page}.py")
        started, used = time.perf_counter(), time.process_time()
        app.run()
        assert not app.exception, app.exception
        return time.perf_counter() - started, time.process_time() - used

    week = 0
    found = {}
    for name, (page, query) in shown.items():
        taken = []
        for _ in range(6):
            week += 2  # as the week before is asked for too
            asked = {**query, "review": str(example.day - dt.timedelta(weeks=week))}
            taken.append((*run(page, asked), run(page, asked)[0]))
        found[name] = [statistics.median(one) for one in zip(*taken[1:], strict=True)]
    return {"seconds": 0.0, "pages": found}


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
    """Milliseconds of each query behind the pages, by the clock and of CPU; the least of them bears other work best."""
    from tests.bench.questions import questions

    found = {}
    for name, question in questions(Path(warehouse)):
        question()
        taken = []
        for _ in range(7):
            started, used = time.perf_counter(), time.process_time()
            question()
            taken.append(((time.perf_counter() - started) * 1000, (time.process_time() - used) * 1000))
        clock, cpu = zip(*taken, strict=True)
        found[name] = [statistics.median(clock), min(clock), statistics.median(cpu)]
    return {"seconds": 0.0, "milliseconds": found}


STEPS: dict[str, Callable[..., dict[str, Any]]] = {
    step.__name__: step for step in (bare_read, load, load_week, older, pages, pandas_great_expectations, ask)
}

if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    answer = STEPS[name](*arguments)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps(answer | {"cpu": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024}))
