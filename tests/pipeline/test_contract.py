"""The contracts: what they name exists, means one thing, and passes its own rules."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import duckdb
import pytest
import yaml

from pipelines.contract import EXPORTS, FOLDER, Contract, contract, contracts, known_headers, spelled
from pipelines.headers import fold
from pipelines.warehouse import prepare

EACH = pytest.mark.parametrize("form", contracts(), ids=lambda form: form.export)
TODAY = dt.date(2026, 11, 20)


def test_every_file_is_a_contract_under_its_own_name() -> None:
    assert {file.stem for file in FOLDER.glob("*.yaml")} == set(EXPORTS)
    assert [form.export for form in contracts()] == list(EXPORTS)


@EACH
def test_names_and_aliases_mean_one_column_each(form: Contract) -> None:
    folded = [fold(text) for c in form.columns.values() for text in {c.name, *c.aliases}]
    assert [text for text, count in Counter(folded).items() if count > 1] == []
    assert all(form.header_for()[fold(name)] == name for name in form.columns)


@EACH
def test_spellings_of_a_choice_mean_one_value_each(form: Contract) -> None:
    for column in form.columns.values():
        said = [spelled(text) for value, others in column.values.items() for text in {value, *others}]
        assert [text for text, count in Counter(said).items() if count > 1] == [], column.name
        assert set(column.ratings.values()) | set(column.colours) <= set(column.values), column.name
        assert not {spelled(word) for word in column.unknown} & set(column.spellings), column.name


@EACH
def test_keys_and_rules_name_columns_of_the_contract(form: Contract) -> None:
    assert all(form.columns[name].required or form.columns[name].empty is not None for name in form.key)
    for check in form.checks(TODAY, {}):
        assert set(check.columns) <= set(form.columns), check.name
        assert check.severity in ("error", "warning")


@EACH
def test_rules_have_names_of_their_own(form: Contract) -> None:
    names = [check.name for check in form.checks(TODAY, {"goals": {"G-1"}, "programs": {"P-1"}, "projects": {"P"}})]
    assert len(names) == len(set(names))


@EACH
def test_every_column_says_what_it_means(form: Contract) -> None:
    for column in form.columns.values():
        assert column.help.endswith("."), column.name
        assert column.unit, column.name
        assert column.known_in in (None, *EXPORTS), column.name


@EACH
def test_the_store_has_every_column_in_its_type(form: Contract) -> None:
    with duckdb.connect() as con:
        prepare(con)
        described = con.sql(f"describe fact_{form.export}").fetchall()
    stored = {name: kind for name, kind, *_ in described}
    assert {c.name: c.sql_type for c in form.columns.values()}.items() <= stored.items()


def test_a_status_report_carries_every_column_and_rule_of_projects() -> None:
    status, projects = contract("status"), contract("projects")
    carried = {column.name for column in projects.columns.values() if not column.listing_only}
    assert carried <= set(status.columns)
    assert {"priority", "earliest_start", "latest_start"} == set(projects.columns) - carried
    assert {rule["name"] for rule in projects.rules} <= {rule["name"] for rule in status.rules}
    assert status.required == ["project_id", "status_date"]
    assert status.columns["project_id"] == projects.columns["project_id"]


def test_a_header_of_the_reports_own_is_not_taken_for_a_carried_one() -> None:
    assert contract("projects").header_for()["enddate"] == "baseline_finish"
    assert contract("status").header_for()["enddate"] == "forecast_finish"


def test_no_column_is_written_out_twice_but_a_key_and_what_refers_to_it() -> None:
    written = [name for file in FOLDER.glob("*.yaml") for name, spec in columns_of(file).items() if "like" not in spec]
    assert {name for name, count in Counter(written).items() if count > 1} == {
        *("goal_id", "program_id", "project_id", "status_date"),
        *("team", "amount", "unit"),  # as each export of people's time says it
    }


def columns_of(file: Path) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = yaml.safe_load(file.read_text("utf-8"))["columns"]
    return found


def test_known_headers_are_those_of_all_contracts() -> None:
    assert {"projectid", "rag", "goalname", "programname", "complete", "bac"} <= known_headers()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4.0", "4"),
        ("04", "4"),
        ("4,0", "4"),
        (".4", ".4"),
        ("0.3", "0.3"),
        ("4 %", "4 %"),
        ("-4", "-4"),
        ("On Track", "ontrack"),
        ("Amber / Red", "amberred"),
        (" 🟢 ", "🟢"),
        ("-", "-"),
    ],
)
def test_values_compare_without_case_and_punctuation(text: str, expected: str) -> None:
    assert spelled(text) == expected
