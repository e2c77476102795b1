"""Templates load as they are, and the data dictionary leaves nothing out."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from pipelines.contract import Column, Contract, contract, contracts
from pipelines.load import load
from pipelines.report import FileReport, Request
from pipelines.templates import dictionary, dictionary_frame, template_rows, workbook, write_templates
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


def typed(column: Column) -> Any:
    """A column's example as Excel keeps it when a person types it."""
    if not column.example:
        return None
    match column.type:
        case "date":
            return dt.datetime.fromisoformat(f"{column.example}-01" if column.period else column.example)
        case "money" | "number" | "percent":
            return float(column.example)
        case _:
            return column.example


def filled(form: Contract, folder: Path, rows: int = 2) -> Path:
    """A workbook template with rows filled in below its header, every key another."""
    book = load_workbook(io.BytesIO(workbook(form.export)))
    page = book[form.export]
    for number in range(rows):
        for place, column in enumerate(form.columns.values(), start=1):
            value = typed(column)
            page.cell(3 + number, place, f"{value}-{number}" if column.name == form.key[0] else value)
    file = folder / f"{form.export}.xlsx"
    book.save(file)
    return file


def told(file: FileReport) -> tuple[object, ...]:
    return file.export, file.header_row, file.rows_read, file.rows_loaded, file.ignored_columns, file.problems


@EACH
def test_a_workbook_template_that_is_filled_in_loads_as_it_is(form: Contract, tmp_path: Path) -> None:
    report = load(Warehouse(tmp_path / "store"), Request([filled(form, tmp_path)]))
    (file,) = report.files
    problems = [p for p in file.problems if p.severity == "error"]
    assert (report.published, problems) == (1, [])
    assert told(file)[:5] == (form.export, 2, 2, 2, ())


def test_workbook_templates_load_together_without_a_word(tmp_path: Path) -> None:
    files = [filled(form, tmp_path, 1) for form in contracts()]
    for file in files:
        book = load_workbook(file)
        for row in book.worksheets[0].iter_rows(min_row=3):
            for cell in row:
                cell.value = str(cell.value).removesuffix("-0") if isinstance(cell.value, str) else cell.value
        book.save(file)
    report = load(Warehouse(tmp_path / "store"), Request(files))
    assert [told(file) for file in report.files] == [(form.export, 2, 1, 1, (), []) for form in contracts()]


@EACH
def test_an_empty_workbook_template_has_no_rows(form: Contract, tmp_path: Path) -> None:
    (tmp_path / "empty.xlsx").write_bytes(workbook(form.export))
    report = load(Warehouse(tmp_path / "store"), Request([tmp_path / "empty.xlsx"]))
    assert (report.published, [p.rule for p in report.files[0].problems]) == (None, ["no_rows"])


@EACH
def test_a_workbook_template_saved_as_csv_loads_too(form: Contract, tmp_path: Path) -> None:
    page = load_workbook(filled(form, tmp_path))[form.export]
    with (tmp_path / "saved.csv").open("w", newline="", encoding="utf-8") as out:
        for row in page.iter_rows(values_only=True):
            csv.writer(out).writerow([v.date() if isinstance(v, dt.datetime) else v for v in row])
    (file,) = load(Warehouse(tmp_path / "store"), Request([tmp_path / "saved.csv"])).files
    assert (file.export, file.header_row, file.rows_loaded) == (form.export, 2, 2)


@EACH
def test_a_workbook_template_offers_every_choice_and_keeps_the_header_in_sight(form: Contract) -> None:
    book = load_workbook(io.BytesIO(workbook(form.export)))
    page = book[form.export]
    assert [cell.value for cell in page[2]] == list(form.columns)
    assert page.freeze_panes == "B3"
    offered = {}
    for rule in page.data_validations.dataValidation:
        (column,) = {cell[0].column for cell in page[str(rule.sqref)][:1]}
        offered[list(form.columns)[column - 1]] = rule
    for column in form.columns.values():
        if column.values:
            text = offered[column.name].formula1
            if text.startswith('"'):
                choices = text.strip('"').split(",")
            else:
                sheet, _, cells = text.partition("!")
                assert book[sheet].sheet_state == "hidden"
                choices = [cell.value for (cell,) in book[sheet][cells.replace("$", "")]]
            assert choices == list(column.values)
        elif column.type in ("date", "yes_no", "money", "number", "percent"):
            assert offered[column.name].type in ("date", "list", "decimal")
        assert column.help in page[1][list(form.columns).index(column.name)].value


def test_the_dictionary_as_a_table_has_every_column_once() -> None:
    frame = dictionary_frame()
    assert [*zip(frame["export"], frame["column"], strict=True)] == [
        (form.export, name) for form in contracts() for name in form.columns
    ]
    health = frame[frame["column"] == "reported_health"].iloc[0]
    assert health["allowed"].startswith("green, ")
    keys = frame[frame["key"] == "yes"]
    assert (keys["needed"].eq("yes") | keys["meaning"].str.contains("Empty means")).all()
