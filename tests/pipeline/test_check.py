"""One rule, two engines: the expectation and the SQL predicate flag the same rows, and problems say where."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from tables import type_rows

from pipelines import check as checking
from pipelines.check import check, expectations_failing
from pipelines.contract import Check, Column, Contract, contract, contracts
from pipelines.problems import RightworkError

TODAY = dt.date(2026, 11, 20)
KNOWN = {"goals": {"G-1", "it's"}, "programs": {"PRG-1", "PRG-2"}}
DAYS = [TODAY, TODAY + dt.timedelta(1), TODAY - dt.timedelta(1), dt.date(1900, 1, 1), dt.date(2199, 12, 31)]
TEXTS = [
    "",
    "a",
    "USD",
    "usd",
    "USD\n",
    "USDX",
    "US",
    "\nUSD",
    "éÉ",
    "it's",
    "G-1",
    "PRG-1",
    "🟢",
    "null",
    "Total",
    "GRAND  total:",
    "name:gesamt",
    "Total\n",
    "Totally",
    "x\x00y"[:1],
    "#REF!",
    "#REF!\n",
    "Caf\ufffd",
    "CafÃ©",
    "SÃO PAULO",
    "1E+05",
    "'P-1",
    "P-\u200b1",
    "P\n1",
    "\x07",
]


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        yield con


def values_of(column: Column) -> list[Any]:
    """Values for a column, with those on both sides of each of its limits."""
    if column.type == "date":
        return [None, *DAYS]
    if column.type == "yes_no":
        return [None, True, False]
    if column.type in ("money", "number", "percent"):
        limits = [limit for limit in (column.min, column.max) if limit is not None]
        near = [limit + step for limit in limits for step in (-1e-9, 0, 1e-9, -1, 1)]
        return [None, *near, 0.0, -0.0, 1e300, 100.0, 105.0, 105.00000000000001, 1e-300, 0.1, 0.105]
    lengths = [column.max_length, column.max_length + 1] if column.max_length else []
    return [None, *TEXTS, *column.values, *("x" * n for n in lengths), *("é" * n for n in lengths)]


def rows_of(form: Contract) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    drawn = [st.sampled_from(values_of(column)) for column in form.columns.values()]
    return st.lists(st.tuples(*drawn), min_size=5, max_size=15)


def every_value(form: Contract) -> list[tuple[Any, ...]]:
    """Rows in which each column has each of its values at least once."""
    listed = [values_of(column) for column in form.columns.values()]
    return [tuple(values[n % len(values)] for values in listed) for n in range(max(map(len, listed)))]


def put(con: duckdb.DuckDBPyConnection, form: Contract, rows: list[tuple[Any, ...]]) -> None:
    columns = ", ".join(f"{c.name} {c.sql_type}" for c in form.columns.values())
    con.execute(f"create or replace temp table typed (source_row bigint, {columns})")
    places = ", ".join("?" for _ in range(len(form.columns) + 1))
    con.executemany(f"insert into typed values ({places})", [[n, *row] for n, row in enumerate(rows, 2)])


def predicate_failing(con: duckdb.DuckDBPyConnection, one: Check) -> set[int]:
    return {row for (row,) in con.sql(f"select source_row from typed where {one.fails}").fetchall()}


@pytest.mark.parametrize("export", ["goals", "programs", "projects", "status"])
def test_expectations_and_predicates_flag_the_same_rows(con: duckdb.DuckDBPyConnection, export: str) -> None:
    form = contract(export)
    rules = list(form.checks(TODAY, KNOWN))
    failed: set[str] = set()

    @seed(7)
    @settings(
        max_examples=14,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(rows=rows_of(form))
    def agree(rows: list[tuple[Any, ...]]) -> None:
        engines_agree(rows)

    def engines_agree(rows: list[tuple[Any, ...]]) -> None:
        put(con, form, rows)
        for one, failing in zip(rules, expectations_failing(con, rules), strict=True):
            assert failing == predicate_failing(con, one), one.name
            failed.update([one.name] if failing else [])

    engines_agree(every_value(form))
    if export == "goals":  # a rule across rows, which values that are drawn row by row hardly break
        engines_agree([(f"G-{n}", "A goal", None if n < 3 else "G-1", 40 + 10 * n, None) for n in range(5)])
    agree()
    assert failed == {one.name for one in rules}  # else the run has shown nothing about a rule


def status_row(**given: Any) -> tuple[Any, ...]:
    good = {"project_id": "P-1", "status_date": TODAY}
    return tuple((good | given).get(name) for name in contract("status").columns)


@pytest.mark.parametrize(
    ("given", "broken"),
    [
        ({}, set()),
        ({"project_id": None}, {"project_id_required"}),
        ({"project_id": "Grand total"}, {"looks_like_a_total"}),
        ({"project_id": "SUMME"}, {"looks_like_a_total"}),
        ({"project_id": "Sub-Total:"}, {"looks_like_a_total"}),
        ({"project_id": "name:total"}, {"looks_like_a_total"}),
        ({"project_id": "Total-1", "project_name": "Total"}, set()),
        ({"status_date": TODAY + dt.timedelta(1)}, {"status_date_not_in_future"}),
        ({"actual_finish": TODAY + dt.timedelta(1)}, {"actual_finish_not_in_future"}),
        ({"reported_health": "Purple"}, {"reported_health_allowed"}),
        ({"percent_complete": 100.0}, set()),
        ({"percent_complete": 100.5}, {"percent_complete_in_range"}),
        ({"percent_complete": -0.5}, {"percent_complete_in_range"}),
        ({"budget": 0.0}, set()),
        ({"budget": -1.0}, {"budget_in_range"}),
        ({"currency": "USD\n"}, {"currency_form", "currency_length"}),
        ({"currency": "usd"}, {"currency_form"}),
        ({"goal_id": "G-9"}, {"goal_id_known"}),
        ({"project_name": "é" * 500}, set()),
        ({"project_name": "é" * 501}, {"project_name_length"}),
        ({"budget": 100.0, "earned_value": 105.0}, set()),
        ({"budget": 100.0, "earned_value": 106.0}, {"earned_value_within_budget"}),
        ({"baseline_start": TODAY, "baseline_finish": TODAY}, set()),
        ({"baseline_start": TODAY, "baseline_finish": DAYS[2]}, {"baseline_finish_not_before_start"}),
        ({"baseline_start": TODAY, "forecast_finish": DAYS[2]}, {"forecast_finish_not_before_start"}),
    ],
)
def test_each_rule_of_a_status_report(con: duckdb.DuckDBPyConnection, given: dict[str, Any], broken: set[str]) -> None:
    form = contract("status")
    put(con, form, [status_row(**given)])
    assert {one.name for one in form.checks(TODAY, KNOWN) if predicate_failing(con, one)} == broken


def test_each_row_of_a_repeated_key_is_flagged(con: duckdb.DuckDBPyConnection) -> None:
    form = contract("status")
    put(con, form, [status_row(), status_row(project_id="P-2"), status_row(), status_row(project_id=None)])
    (unique,) = [one for one in form.checks(TODAY, {}) if one.name == "key_unique"]
    assert predicate_failing(con, unique) == {2, 4}
    assert expectations_failing(con, [unique]) == [{2, 4}]


def test_references_to_what_nobody_loaded_are_not_checked() -> None:
    assert not [one.name for one in contract("projects").checks(TODAY, {}) if one.name.endswith("_known")]


def problems(*rows: dict[str, str | None]) -> list[tuple[Any, ...]]:
    """The problems that the check names for status rows of these cells."""
    headers = ["Project ID", "As of", "RAG", "Baseline Start", "Baseline Finish", "It's the Budget"]
    names = ["project_id", "status_date", "rag", "start", "finish", "budget"]
    cells = [[row.get(name) for name in names] for row in rows]
    typed = type_rows([*headers[:5], "Budget"], cells)
    checks = list(typed.mapping.contract.checks(TODAY, {}))
    check(typed.con, typed.mapping, typed.table.relation, checks)
    found = typed.con.sql("select source_row, column_name, value, rule, severity, message from found order by all")
    return found.fetchall()


def test_a_problem_names_row_header_value_rule_and_the_cells_beside() -> None:
    (problem,) = problems(
        {"project_id": "P-1", "status_date": "2026-01-05", "start": "2026-03-01", "finish": "2026-02-01"}
    )
    assert problem[:5] == (2, "Baseline Finish", "2026-02-01", "baseline_finish_not_before_start", "error")
    assert problem[5] == "the baseline finishes before it starts, Baseline Start: 2026-03-01"


def test_a_value_that_is_not_allowed_is_named() -> None:
    (problem,) = problems({"project_id": "P-1", "status_date": "2026-01-05", "rag": "Purple"})
    assert problem[:5] == (2, "RAG", "Purple", "reported_health_allowed", "error")


def test_a_cell_that_could_not_be_read_is_not_said_to_be_missing_as_well() -> None:
    found = problems({"project_id": "P-1", "status_date": "soon"}, {"project_id": "P-1", "status_date": None})
    assert [(row, rule) for row, _, _, rule, _, _ in found] == [
        (2, "status_date_readable"),
        (3, "status_date_required"),
    ]


def test_a_disagreement_of_the_engines_stops_the_load() -> None:
    typed = type_rows(["project_id", "status_date"], [["P-1", "2026-01-05"]])
    odd = Check(
        "odd", ("project_id",), "error", "true", ("ExpectColumnValuesToNotBeNull", {"column": "project_id"}), "", ""
    )
    with pytest.raises(RightworkError, match="rule odd fails on 1 rows by its predicate and on 0"):
        check(typed.con, typed.mapping, typed.table.relation, [odd])


def test_above_the_limit_the_verdict_is_the_predicates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "FRAME_LIMIT", 1)
    typed = type_rows(["project_id", "status_date"], [["P-1", "2026-01-05"], ["P-1", "2026-01-05"]])
    verdicts = check(typed.con, typed.mapping, typed.table.relation, list(contract("status").checks(TODAY, {})))
    assert {v.check.name: v.failed for v in verdicts}["key_unique"] == 2
    assert {v.engine for v in verdicts} == {"sql"}


def test_a_file_without_a_rules_columns_passes_it() -> None:
    typed = type_rows(["project_id", "status_date"], [["P-1", "2026-01-05"]])
    verdicts = check(typed.con, typed.mapping, typed.table.relation, list(contract("status").checks(TODAY, {})))
    assert {c for v in verdicts for c in v.check.columns} == {"project_id", "status_date"}


def test_every_rule_says_what_is_wrong_and_what_to_do() -> None:
    for form in contracts():
        for one in form.checks(TODAY, KNOWN):
            assert one.message, one.name
            assert one.fix.endswith("."), one.name
