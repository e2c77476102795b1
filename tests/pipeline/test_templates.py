"""Templates load as they are, and the data dictionary leaves nothing out."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from pipelines.contract import Contract, contract, contracts
from pipelines.load import Request, load
from pipelines.templates import dictionary, template_rows, write_templates
from pipelines.warehouse import Warehouse

EACH = pytest.mark.parametrize("form", contracts(), ids=lambda form: form.export)


@EACH
def test_a_template_has_every_column_and_one_example(form: Contract, tmp_path: Path) -> None:
    write_templates(tmp_path)
    text = (tmp_path / f"{form.export}.csv").read_text("utf-8-sig")
    header, example = csv.reader(io.StringIO(text))
    assert header == list(form.columns)
    assert all(dict(zip(header, example, strict=True))[name] for name in form.required)


def test_templates_together_load_without_a_problem(tmp_path: Path) -> None:
    files = write_templates(tmp_path / "templates")
    report = load(Warehouse(tmp_path / "store"), Request(files))
    assert [(f.export, f.rows_loaded, f.problems, f.ignored_columns) for f in report.files] == [
        (form.export, 1, [], ()) for form in contracts()
    ]
    assert report.published == 1


@EACH
def test_each_template_loads_alone(form: Contract, tmp_path: Path) -> None:
    write_templates(tmp_path)
    report = load(Warehouse(tmp_path / "store"), Request([tmp_path / f"{form.export}.csv"]))
    assert (report.exit_status, report.files[0].export, report.files[0].rows_loaded) == (0, form.export, 1)
    assert [p for p in report.files[0].problems if p.severity == "error"] == []


@EACH
def test_the_dictionary_names_every_column_alias_and_rule(form: Contract) -> None:
    chapter = dictionary().split(f"(`{form.export}`)")[1].split("\n## ")[0]
    for column in form.columns.values():
        assert f"| `{column.name}` | {column.unit} |" in chapter
        assert all(alias in chapter for alias in column.aliases)
        assert all(value in chapter for value in column.values)
    assert all(rule["fix"] in chapter for rule in form.rules)


def test_a_line_of_the_dictionary_in_full() -> None:
    (line,) = [line for line in dictionary().splitlines() if line.startswith("| `target_share`")]
    assert line == (
        "| `target_share` | percent, 0 to 100 |  | The share of investment that leadership wants on this goal, in "
        "percent. | 30 | target, target share of investment, share target, target percent |"
    )


def test_the_tables_of_the_dictionary_are_even() -> None:
    rows = [line for line in dictionary().splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {7}


def test_a_template_is_the_contracts_own_example() -> None:
    header, example = template_rows(contract("status"))
    assert dict(zip(header, example, strict=True))["status_date"] == "2026-11-20"
