"""The contract's rules applied to a typed table: Great Expectations gives the verdict, SQL names the rows.

Both come from the same `Check`. Above `FRAME_LIMIT` rows the verdict is SQL's as well (6 to 15 times faster there).
"""

import datetime as dt
import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb
import pandas as pd

from pipelines.contract import Check
from pipelines.effort import UNSTATED
from pipelines.problems import RightworkError
from pipelines.profile import Mapping

FRAME_LIMIT = 100_000
FEW_VALUES = 100


@dataclass(frozen=True)
class Verdict:
    """How one rule went: rows checked and failed, and which engine said so."""

    check: Check
    rows: int
    failed: int
    engine: str


def check(con: duckdb.DuckDBPyConnection, mapping: Mapping, relation: str, checks: list[Check]) -> list[Verdict]:
    """Apply the rules to `typed` and add the failing rows to `found`, each with its place, rule and fix.

    `relation` is the text table behind `typed`; `found` must exist (see `pipelines.load`). Rules about columns that
    the file lacks are not applied.
    """
    applied = [c for c in checks if all(column in mapping.text for column in c.columns)]
    rows = con.sql("select count(*) from typed").fetchall()[0][0]
    counts = _failing(con, applied)
    if rows <= FRAME_LIMIT:
        _agree(applied, counts, expectations_failing(con, applied))
    for c, failed in zip(applied, counts, strict=True):
        if failed:
            _locate(con, mapping, relation, c)
    engine = "great_expectations" if rows <= FRAME_LIMIT else "sql"
    return [Verdict(c, rows, failed, engine) for c, failed in zip(applied, counts, strict=True)]


def _failing(con: duckdb.DuckDBPyConnection, checks: list[Check]) -> list[int]:
    rowwise = [c for c in checks if c.name != "key_unique"]
    counts = dict.fromkeys((c.name for c in checks), 0)
    if rowwise:
        select = ", ".join(f"count(*) filter (where {c.fails})" for c in rowwise)
        counts |= dict(
            zip((c.name for c in rowwise), con.sql(f"select {select} from typed").fetchall()[0], strict=True)
        )
    for c in checks:
        if c.name == "key_unique":
            counts[c.name] = con.sql(f"select count(*) from typed where {c.fails}").fetchall()[0][0]
    return [counts[c.name] for c in checks]


def _locate(con: duckdb.DuckDBPyConnection, mapping: Mapping, relation: str, c: Check) -> None:
    first, *others = c.columns
    # The row's other cells that the rule looks at stand in the message, so that the problem can be judged on its own.
    beside = "".join(
        f" || ', {_plain(mapping.headers[name])}: ' || coalesce({mapping.text[name]}, 'empty')"
        for name in _in_the_file(mapping, others)
    )
    con.execute(
        f"""
        insert into found
        select t.source_row, $header, {mapping.text[first]}, $rule, $severity, $message{beside}, $fix
        from {relation} as t semi join (select source_row from typed where {c.fails}) as bad using (source_row)
        -- A cell that could not be read was said to be so already; it is not missing as well.
        where not ($missing and exists (
            select 1 from found as f where f.source_row = t.source_row and f.column_name = $header
        ))
        """,
        {
            "header": mapping.headers[first],
            "rule": c.name,
            "severity": c.severity,
            "message": c.message,
            "fix": c.fix,
            "missing": c.name.endswith("_required"),
        },
    )


def _in_the_file(mapping: Mapping, names: list[str]) -> list[str]:
    """Those of these columns that have a header of their own, each header once."""
    headers = {mapping.headers[name]: name for name in reversed(names) if mapping.headers[name] != UNSTATED}
    return [name for name in names if name in headers.values()]


def _plain(header: str) -> str:
    return header.replace("'", "''")


@cache
def warm_up() -> Any:
    """The library, imported when it is first needed (it takes seconds), with nothing sent anywhere."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return gx, context


def expectations_failing(con: duckdb.DuckDBPyConnection, checks: list[Check]) -> list[set[int]]:
    """For each rule the source rows of `typed` that its expectation finds failing."""
    gx, context = warm_up()
    helpers = "".join(f", {sql} as {name}" for name, sql in dict(c.helper for c in checks if c.helper).items())
    frame = con.sql(f"select *{helpers} from typed order by source_row").df()
    if frame.empty or not checks:
        return [set() for _ in checks]
    for name in frame.columns:
        if str(frame[name].dtype).startswith("datetime"):
            frame[name] = frame[name].astype("datetime64[s]")
    suite = gx.ExpectationSuite(name="contract")
    for position, c in enumerate(checks):
        kind, arguments = c.expectation
        given: dict[str, Any] = {k: pd.Timestamp(v) if isinstance(v, dt.date) else v for k, v in arguments.items()}
        if len(given.get("value_set", ())) > FEW_VALUES:
            given |= _with_one_value(frame, **given)
        suite.add_expectation(getattr(gx.expectations, kind)(**given, meta={"position": position}))
    batch = context.data_sources.pandas_default.read_dataframe(frame)
    result = batch.validate(
        suite, result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["source_row"]}
    )
    failing: list[set[int]] = [set() for _ in checks]
    for one in result.results:
        if one.exception_info and one.exception_info.get("raised_exception"):
            raise RightworkError(f"an expectation could not be evaluated: {one.exception_info}")
        listed = one.result.get("unexpected_index_list") or []
        failing[one.expectation_config.meta["position"]] = {int(entry["source_row"]) for entry in listed}
    return failing


def _with_one_value(frame: pd.DataFrame, column: str, value_set: list[str]) -> dict[str, Any]:
    """The same question of a column in which one allowed value stands for all: the library copies a set many times."""
    one = value_set[0]
    frame[f"{column}_in_set"] = frame[column].mask(frame[column].isin(value_set), one)
    return {"column": f"{column}_in_set", "value_set": [one]}


def _agree(checks: list[Check], counts: list[int], failing: list[set[int]]) -> None:
    for c, failed, rows in zip(checks, counts, failing, strict=True):
        if failed != len(rows):
            raise RightworkError(
                f"rule {c.name} fails on {failed} rows by its predicate and on {len(rows)} by its expectation",
                "Nothing was loaded. This is an error of the program; please report it with the file's headers.",
            )
