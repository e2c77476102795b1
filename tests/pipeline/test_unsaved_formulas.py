"""A formula whose value was never saved is a located problem, never an empty cell."""

import zipfile
from pathlib import Path

import openpyxl
from desk import TODAY, Desk

from pipelines.load import load
from pipelines.report import How, Request

HEADERS = ["Project ID", "Project Name", "Status Date", "RAG", "Budget", "% Complete", "Region"]


def test_formulas_without_a_value_are_located(desk: Desk, tmp_path: Path) -> None:
    book = openpyxl.Workbook()  # which calculates nothing
    sheet = book.active
    sheet.append(HEADERS)
    sheet.append(["A1", '=B3&" & Co"', "2026-11-13", '=IF(1,"Green","Red")', "=SUM(1,2)", "=1/2", "x"])
    sheet.append(["A2", "Two", "2026-11-13", "Red", 5, 0.5, "=A1"])
    sheet["F2"].number_format = sheet["F3"].number_format = "0%"
    path = tmp_path / "status.xlsx"
    book.save(path)
    report = load(desk.warehouse, Request([path], How(), quarantine=True), today=TODAY).files[0]
    found = {(p.row, p.column): (p.rule, p.value) for p in report.problems}
    assert found[2, "RAG"] == ("reported_health_allowed", '#CALC! =IF(1,"Green","Red")')
    assert found[2, "Budget"] == ("budget_readable", "#CALC! =SUM(1,2)")
    assert found[2, "% Complete"] == ("percent_complete_readable", "#CALC! =1/2")
    assert found[2, "Project Name"] == ("project_name_damaged", '#CALC! =B3&" & Co"')
    assert {row for row, _ in found} == {2}  # a column that is not read asks nothing
    assert desk.rows("select project_id, budget, percent_complete from fact_status") == [("A2", 5, 50)]


def test_saved_values_and_empty_texts_of_formulas_stay(desk: Desk, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(HEADERS)
    book.active.append(["A1", "One", "2026-11-13", "Green", "=SUM(1,2)", "=T(1)"])
    book.save(tmp_path / "made.xlsx")
    path = tmp_path / "status.xlsx"
    with zipfile.ZipFile(tmp_path / "made.xlsx") as made, zipfile.ZipFile(path, "w") as saved:
        for name in made.namelist():
            text = made.read(name).replace(b"<f>SUM(1,2)</f><v />", b"<f>SUM(1,2)</f><v>3</v>")
            saved.writestr(name, text.replace(b'r="F2"><f>T(1)</f><v />', b'r="F2" t="str"><f>T(1)</f><v></v>'))
    report = load(desk.warehouse, Request([path], How()), today=TODAY).files[0]
    assert not report.problems
    assert desk.rows("select budget, percent_complete from fact_status") == [(3, None)]
