"""What a sheet shows beyond its values: merged cells, currencies of number formats, and hidden rows and columns."""

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from desk import TODAY, Desk

from pipelines.load import load
from pipelines.report import FileReport, How, Request
from pipelines.shown import currency_of

HEADERS = ["Portfolio", "Project ID", "Status Date", "RAG", "Budget", "Actual Cost", "Owner code"]
DAY = dt.date(2026, 11, 13)


def sheet(*rows: list[Any], above: int = 0, left: int = 0) -> Any:
    """A sheet of status reports, some rows and columns away from its corner."""
    made = openpyxl.Workbook().active
    for number, row in enumerate([HEADERS, *rows], above + 1):
        for column, value in enumerate(row, left + 1):
            made.cell(number, column, value)
    return made


def row(
    portfolio: str | None, project: str | None, budget: object = 100, cost: object = 50, day: dt.date = DAY
) -> list[Any]:
    return [portfolio, project, day, "Green", budget, cost, "x"]


def bring(desk: Desk, folder: Path, made: Any, **asked: Any) -> FileReport:
    """Load the sheet; the report of it."""
    made.parent.save(folder / "status.xlsx")
    return load(desk.warehouse, Request([folder / "status.xlsx"], How(**asked)), today=TODAY).files[0]


def decided(report: FileReport) -> dict[str, tuple[str, str]]:
    return {one.what: (one.value, one.why) for one in report.decisions}


@pytest.mark.parametrize(("above", "left"), [(0, 0), (3, 2)])
def test_a_cell_merged_downwards_holds_for_each_of_its_rows(desk: Desk, tmp_path: Path, above: int, left: int) -> None:
    rows = [row("Sales", "A1"), row(None, "A2"), row(None, "A3"), row("Ops", "B1"), row(None, "B2"), row(None, "C1")]
    made = sheet(*rows, above=above, left=left)
    for first, last in ((5, 6), (2, 4)):
        made.merge_cells(start_row=first + above, end_row=last + above, start_column=1 + left, end_column=1 + left)
    report = bring(desk, tmp_path, made)
    told = dict(desk.rows("select project_id, portfolio from fact_status"))
    assert told == {"A1": "Sales", "A2": "Sales", "A3": "Sales", "B1": "Ops", "B2": "Ops", "C1": None}
    value, why = decided(report)["merged cells of Portfolio"]
    column = "C" if left else "A"
    assert (value, why.split(" ")[0]) == ("read in 3 more rows", f"{column}{2 + above}:{column}{4 + above}")


def test_a_key_that_is_merged_is_that_of_each_row(desk: Desk, tmp_path: Path) -> None:
    made = sheet(row("S", "1001"), row("S", None, day=dt.date(2026, 11, 6)))
    made["B2"] = 1001
    made.merge_cells("B2:B3")
    assert bring(desk, tmp_path, made).rows_loaded == 2
    assert desk.rows("select project_id, status_date from fact_status order by 2") == [
        ("1001", dt.date(2026, 11, 6)),
        ("1001", DAY),
    ]


def test_an_amount_that_is_merged_is_not_multiplied_but_said(desk: Desk, tmp_path: Path) -> None:
    made = sheet(row("S", "A1", 900), row("S", "A2", None), row("S", "A3", 10))
    made.merge_cells("E2:E3")
    report = bring(desk, tmp_path, made)
    assert desk.rows("select sum(budget) from fact_status") == [(910,)]
    value, why = decided(report)["merged cells of Budget"]
    assert value == "read in the first row alone"
    assert why.startswith("E2:E3 is one number, 900,")


def test_merged_cells_above_the_rows_across_them_and_about_totals_fill_nothing(desk: Desk, tmp_path: Path) -> None:
    made = sheet(row("S", "A1"), row(None, "A2"), ["", "Subtotal", None, None, 200, 100], row("T", "B1"), above=2)
    made["A1"] = "All of our projects"
    made.merge_cells("A1:G2")
    made.merge_cells("A4:A6")
    report = bring(desk, tmp_path, made)
    assert [one.kind for one in report.left_out if one.kind != "empty"] == ["preamble", "total"]
    told = desk.rows("select project_id, portfolio, budget from fact_status order by 1")
    assert told == [("A1", "S", 100), ("A2", "S", 100), ("B1", "T", 100)]


@pytest.mark.parametrize(
    ("code", "currency"),
    [
        *(
            ("[$€-407] #,##0.00", "€"),
            ('"€"#,##0', "€"),
            ("#,##0 [$USD]", "USD"),
            ("£#,##0.00", "£"),
            ("[$-409]0", None),
        ),
        *(("[$$-409]#,##0", "USD"), ("[$$-1009]#,##0", "CAD"), ("[$¥-804]0", "CNY"), ("#,##0 [$kr-414]", "NOK")),
        *(
            ('_-* #,##0.00\\ "€"_-;-* #,##0.00\\ "€"_-', "€"),
            ('_($* #,##0_);_("$"* (#,##0)', "$"),
            ("[$CHF-807] 0", "CHF"),
        ),
        *(
            ("General", None),
            ("0.0%", None),
            ("[$-F800]dddd, mmmm dd, yyyy", None),
            ('0 "Trysts"', None),
            ("[Red]0", None),
        ),
        *(("#,##0\\ [$zł-415]", "zł"), ("[$R$-416] #,##0", "R$"), ('"GBP" 0', "GBP"), ("[$₹-4009] 0", "₹")),
    ],
)
def test_the_currency_of_a_number_format(code: str, currency: str | None) -> None:
    assert currency_of(code) == currency


def formatted(*codes: str, **more: Any) -> Any:
    made = sheet(*(row("S", f"A{n}", 1200.5) for n, _ in enumerate(codes)), **more)
    for n, code in enumerate(codes, 2):
        made.cell(n, 5).number_format = code
    return made


def test_a_column_formatted_in_one_currency_states_it(desk: Desk, tmp_path: Path) -> None:
    report = bring(desk, tmp_path, formatted("General", "[$€-407] #,##0.00", '#,##0 "€"'))
    value, why = decided(report)["currency of Budget"]
    assert (value, report.assumed) == ("EUR", None)
    assert why.startswith("its cells are formatted with €, as in row 3")
    assert desk.rows("select currency from load where export = 'status'") == [("EUR",)]
    assert desk.rows("select distinct budget from fact_status") == [(1200.5,)]


def test_what_a_person_or_a_column_says_goes_before_the_format(desk: Desk, tmp_path: Path) -> None:
    report = bring(desk, tmp_path, formatted("0 [$€-407]", "0 [$€-407]"), constants={"currency": "GBP"})
    assert "currency of Budget" not in decided(report)
    assert desk.rows("select distinct currency from fact_status") == [("GBP",)]


@pytest.mark.parametrize("codes", [("[$€-407] 0", '"$"0'), ("£0", "0 [$USD]", "General")])
def test_several_currencies_in_a_column_are_asked_about(desk: Desk, tmp_path: Path, codes: tuple[str, ...]) -> None:
    report = bring(desk, tmp_path, formatted(*codes))
    assert report.refused
    assert [(p.rule, p.column) for p in report.problems] == [("mixed_currencies", "Budget")]


def test_two_columns_of_two_currencies_are_asked_about(desk: Desk, tmp_path: Path) -> None:
    made = formatted("[$€-407] 0", "[$€-407] 0")
    made["F2"].number_format = "£0"
    assert [p.rule for p in bring(desk, tmp_path, made).problems] == ["mixed_currencies"]


def test_hidden_rows_and_columns_are_said_and_rows_left_out_when_asked(desk: Desk, tmp_path: Path) -> None:
    made = sheet(*(row("S", f"A{n}") for n in range(8)))
    for number in (3, 4, 5, 8, 40):
        made.row_dimensions[number].hidden = True
    for letter in ("E", "G", "K"):
        made.column_dimensions[letter].hidden = True
    report = bring(desk, tmp_path, made, source="a")
    assert report.rows_loaded == 8
    value, why = decided(report)["hidden rows"]
    assert value == "4 read"
    assert why.startswith("rows 3-5, 8 are hidden in the sheet")
    columns = decided(report)["hidden columns"][1]
    assert columns == "columns E (Budget), G (Owner code) are hidden in the sheet, and read like the others"
    report = bring(desk, tmp_path, made, source="b", hidden="out")
    assert report.rows_read == 4
    assert [one.row for one in report.left_out if one.kind == "hidden"] == [3, 4, 5, 8]
    assert decided(report)["hidden rows"][0] == "4 left out"


def test_a_merged_cell_whose_first_row_is_hidden_still_holds(desk: Desk, tmp_path: Path) -> None:
    made = sheet(row("S", "A1"), row(None, "A2"))
    made.merge_cells("A2:A3")
    made.row_dimensions[2].hidden = True
    bring(desk, tmp_path, made, hidden="out")
    assert desk.rows("select project_id, portfolio from fact_status") == [("A2", "S")]


def test_a_sheet_that_hides_nothing_says_nothing(desk: Desk, tmp_path: Path) -> None:
    report = bring(desk, tmp_path, sheet(row("S", "A1")))
    assert not [what for what in decided(report) if what.startswith(("hidden", "merged", "currency"))]
