"""Text to types: each way of writing a date, an amount, a percentage or a rating, and what happens to the rest."""

from __future__ import annotations

import datetime as dt
import math
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import Typed, type_rows

from pipelines.load import Request, load
from pipelines.warehouse import Warehouse

DAY = dt.date


def column(name: str, *cells: str | None, **how: Any) -> Typed:
    """A status export of these cells in one column."""
    rows = [[f"P-{number}", "2026-01-05", cell] for number, cell in enumerate(cells)]
    return type_rows(["project_id", "status_date", name], rows, export="status", **how)


def dates(*cells: str | None, **how: Any) -> Typed:
    return column("forecast_finish", *cells, **how)


def amounts(*cells: str | None, **how: Any) -> Typed:
    return column("budget", *cells, **how)


@pytest.mark.parametrize(
    "text",
    [
        "2022-12-21",
        "2022-12-21 10:11:12",
        "2022-12-21T10:11:12Z",
        "2022-12-21T10:11:12.123+01:00",
        "2022-12-21T00:00",
        "2022/12/21",
        "2022.12.21",
        "20221221",
        "21/12/2022",
        "21.12.2022",
        "21-12-2022",
        "21 12 2022",
        "21/12/22",
        "21.12.22",
        "12/21/2022",
        "12/21/22",
        "12/21/2022 12:00:00 AM",
        "21/12/2022 15:30",
        "21/12/2022 3pm",
        "21/Dec/22 3:31 PM",
        "21-Dec-2022",
        "21-DEC-22",
        "21 December 2022",
        "21. Dec 2022",
        "21st December 2022",
        "December 21, 2022",
        "Dec 21, 2022",
        "2022-Dec-21",
        "Wed 21/12/22",
        "Wed 21 Dec 2022",
        "Wednesday, December 21, 2022",
        "Wed, 2022-12-21",
    ],
)
def test_each_usual_way_to_write_a_date(text: str) -> None:
    typed = dates(text)
    assert typed.values("forecast_finish") == [DAY(2022, 12, 21)]
    assert typed.found() == []


@pytest.mark.parametrize("text", ["1er mai 2026", "1 de mayo de 2026", "1. Mai 2026"])
def test_dates_as_other_languages_write_them(text: str) -> None:
    assert column("forecast_finish", text).values("forecast_finish") == [dt.date(2026, 5, 1)]


def test_september_is_also_short_with_four_letters() -> None:
    assert dates("1-Sept-2022", "2 Sep 2022").values("forecast_finish") == [DAY(2022, 9, 1), DAY(2022, 9, 2)]


@pytest.mark.parametrize(
    "text",
    [
        "31.02.2026",
        "2026-02-29",
        "20260230",
        "13/13/2026",
        "99/99/9999",
        "31.12.0202",
        "0202-01-01",
        "2026-11-20abc",
        "2026-11-20 abc",
        "October 2020",
        "Q3 2026",
        "2026",
        "1/2/3",
        "epoch",
        "infinity",
        "today",
        "next week",
        "21/12/2022 (agreed)",
    ],
)
def test_what_is_no_date_is_named_and_not_guessed(text: str) -> None:
    typed = dates("2026-11-20", text)
    assert typed.values("forecast_finish") == [DAY(2026, 11, 20), None]
    assert typed.found() == [(3, "forecast_finish", text, "forecast_finish_readable")]


def test_a_spreadsheets_day_number_gets_its_own_words() -> None:
    typed = dates("2026-11-20", "46000", "46000.5")
    assert [row for row, *_ in typed.found()] == [3, 4]
    assert set(typed.fixes()) == {"Format the column as a date before exporting."}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["01/02/2026", "13/02/2026"], [DAY(2026, 2, 1), DAY(2026, 2, 13)]),
        (["01/02/2026", "02/13/2026"], [DAY(2026, 1, 2), DAY(2026, 2, 13)]),
        (["2026-11-20", "05/05/2026"], [DAY(2026, 11, 20), DAY(2026, 5, 5)]),
    ],
)
def test_the_whole_column_decides_between_day_and_month(cells: list[str], expected: list[dt.date]) -> None:
    assert dates(*cells).values("forecast_finish") == expected


def test_dates_that_can_be_read_both_ways_are_one_question() -> None:
    (question,) = dates("01/02/2026", "05/06/2026", "n/a").questions
    assert (question.rule, question.column, question.row) == ("date_order_undecided", "forecast_finish", 1)
    assert question.value == "01/02/2026, 05/06/2026"
    assert "--date-order dmy" in question.fix


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["05.01.2026", "06.02.2026"], [DAY(2026, 1, 5), DAY(2026, 2, 6)]),
        (["5.1.26", "6. 2. 26 14:30", "2026-03-01"], [DAY(2026, 1, 5), DAY(2026, 2, 6), DAY(2026, 3, 1)]),
        (["Mo 05.01.2026", "n/a"], [DAY(2026, 1, 5), None]),
        (["05.01.2026", "06.22.2026"], [DAY(2026, 5, 1), DAY(2026, 6, 22)]),
        (["2026.01.05", "2026.02.06"], [DAY(2026, 1, 5), DAY(2026, 2, 6)]),
    ],
)
def test_points_stand_for_the_day_first_unless_the_column_says_otherwise(
    cells: list[str], expected: list[dt.date | None]
) -> None:
    typed = dates(*cells)
    assert typed.values("forecast_finish") == expected
    assert typed.found() == []


@pytest.mark.parametrize(
    "cells",
    [
        ["05.01.2026", "06/02/2026"],
        ["31.12.2026", "12.31.2026", "01.02.2026"],
        ["05/01/2026 10:30", "06.05.2026"],
        ["05/01/26", "06/02/26"],
    ],
)
def test_what_stays_open_is_still_asked(cells: list[str]) -> None:
    assert [one.rule for one in dates(*cells).questions] == ["date_order_undecided"]


def test_dates_with_points_may_be_said_to_have_the_month_first() -> None:
    assert dates("05.01.2026", dates="mdy").values("forecast_finish") == [DAY(2026, 5, 1)]


def test_years_of_two_digits_that_may_come_first_are_named_and_not_read_as_days() -> None:
    typed = dates("26/01/05", "26/02/16", "2026-03-01")
    assert typed.values("forecast_finish") == [None, None, DAY(2026, 3, 1)]
    assert [value for _, _, value, _ in typed.found()] == ["26/01/05", "26/02/16"]
    assert "--date-order dmy" in typed.fixes()[0]
    assert dates("26/01/05", dates="dmy").values("forecast_finish") == [DAY(2005, 1, 26)]
    # Dates of one year, none of whose last numbers is a day of the first twelve, have the day first as usual.
    assert dates("25/11/26", "30/06/27").values("forecast_finish") == [DAY(2026, 11, 25), DAY(2027, 6, 30)]


@pytest.mark.parametrize(("order", "expected"), [("dmy", DAY(2026, 2, 1)), ("mdy", DAY(2026, 1, 2))])
def test_the_question_is_answered_on_the_command_line(order: str, expected: dt.date) -> None:
    assert dates("01/02/2026", dates=order).values("forecast_finish") == [expected]


def test_a_column_that_contradicts_itself_names_the_few() -> None:
    typed = dates("31/12/2026", "30/11/2026", "12/13/2026", "01/02/2026")
    assert typed.values("forecast_finish") == [DAY(2026, 12, 31), DAY(2026, 11, 30), None, DAY(2026, 2, 1)]
    assert typed.found() == [(4, "forecast_finish", "12/13/2026", "forecast_finish_readable")]
    assert "day first" in typed.fixes()[0]


def test_a_column_that_contradicts_itself_evenly_is_a_question() -> None:
    (question,) = dates("31/12/2026", "12/31/2026", "01/02/2026").questions
    assert question.rule == "date_order_undecided"
    assert question.message.endswith("as many rows have the day first as the month")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1234.5", 1234.5),
        ("$1,234.50", 1234.5),
        ("US$1,200", 1200),
        ("£2,013.02", 2013.02),
        ("Ł752.70", 752.7),
        ("1.234,50 €", 1234.5),
        ("1.000.000,00", 1_000_000),
        ("1 234,50", 1234.5),
        ("1\u00a0234,50", 1234.5),
        ("1\u202f234 567,89".replace(" ", "\u202f"), 1234567.89),
        ("1'234.50", 1234.5),
        ("CHF 1’234.50", 1234.5),
        ("1,234", 1234),
        ("1,23", 1.23),
        ("0,500", 0.5),
        ("12,34,567", 1234567),
        ("Rs 12,34,567.50", 1234567.5),
        ("(1,234)", -1234),
        ("$(1,234)", -1234),
        ("($1,234.50)", -1234.5),
        ("-1,234", -1234),
        ("1,234-", -1234),
        ("- 5", -5),
        ("−5", -5),
        ("£-5", -5),
        ("-£5", -5),
        ("+5", 5),
        ("USD 1200", 1200),
        ("1200 USD", 1200),
        ("500 kr", 500),
        ("$1.2M", 1_200_000),
        ("3k", 3000),
        ("3K", 3000),
        ("£5 million", 5_000_000),
        ("(£5m)", -5_000_000),
        ("1.2bn", 1_200_000_000),
        ("1e5", 100_000),
        ("1.2E+06", 1_200_000),
        ("'123", 123),
        (".5", 0.5),
        ("007", 7),
    ],
)
def test_each_usual_way_to_write_an_amount(text: str, expected: float) -> None:
    typed = amounts(text)
    assert typed.values("budget") == [pytest.approx(expected, rel=1e-12)]
    assert typed.found() == []


@pytest.mark.parametrize(
    "text",
    [
        *("1_000", "inf", "-inf", "Infinity", "1e400", "１２３", "--5", "(5", "5)", "1-2", "1..5", "1.2.3", "1,234,5"),
        *("12 34", "1234 567", "5\n6", "5%", "€", "EUR", "0x10", "12 months", "180 hrs", "5 of 10", "~500"),
    ],
)
def test_what_is_no_amount_is_named_and_not_guessed(text: str) -> None:
    typed = amounts("1,234.50", text)
    assert typed.values("budget") == [1234.5, None]
    assert typed.found() == [(3, "budget", text, "budget_readable")]
    assert "1,234.50" in typed.fixes()[0]


@pytest.mark.parametrize("text", ["n/a", "N/A", "-", "—", "...", "nan", "TBC", "n.a.", "Not available", "", None])
def test_cells_that_say_nothing_are_unknown(text: str | None) -> None:
    typed = amounts("5", text)
    assert typed.values("budget") == [5, None]
    assert typed.found() == []


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1.234", "12,5"], [1234, 12.5]),
        (["1,234", "12.5"], [1234, 12.5]),
        (["1.234", "5.678.901"], [1234, 5678901]),
        (["1,234", "1 000,50"], [1.234, 1000.5]),
    ],
)
def test_the_whole_column_decides_the_decimal_sign(cells: list[str], expected: list[float]) -> None:
    assert amounts(*cells).values("budget") == expected


def test_a_minority_of_the_other_decimal_sign_is_named() -> None:
    typed = amounts("1,234.50", "9.75", "12,5")
    assert typed.values("budget") == [1234.5, 9.75, None]
    assert typed.found() == [(4, "budget", "12,5", "budget_readable")]


@pytest.mark.parametrize(
    ("delimiter", "cells"),
    [
        (";", ["1.234", "500"]),
        (";", ["1,234", "500"]),
        ("\t", ["1.234"]),
        (",", ["1.234", "5,678"]),
        (",", ["1.50", "1,50", "1,234"]),
    ],
)
def test_a_decimal_sign_that_cannot_be_told_is_one_question(delimiter: str, cells: list[str]) -> None:
    (question,) = amounts(*cells, delimiter=delimiter).questions
    assert (question.rule, question.column) == ("decimal_sign_undecided", "budget")


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize(
    ("decimal", "cells", "expected"),
    [
        (",", ["1.234", "5"], [1234, 5]),
        (",", ["1,234", "1.234"], [1.234, 1234]),
        (".", ["1.234", "5"], [1.234, 5]),
        (".", ["1,234", "1.234"], [1234, 1.234]),
        (",", ["12.5", "7"], [12.5, 7]),
    ],
)
def test_the_decimal_sign_may_be_said(delimiter: str, decimal: str, cells: list[str], expected: list[float]) -> None:
    typed = amounts(*cells, decimal=decimal, delimiter=delimiter)
    assert typed.values("budget") == expected
    assert typed.questions == []


def test_the_question_of_the_decimal_sign_says_how_to_answer() -> None:
    (question,) = amounts("1,234", "1.234").questions
    assert question.fix.startswith("Say which with --decimal comma or --decimal point, or write ")


def test_a_said_decimal_sign_leaves_a_workbooks_numbers_alone() -> None:
    assert amounts("1.234", "5", decimal=",", delimiter=None).values("budget") == [1.234, 5]


def test_a_workbooks_numbers_are_never_thousands() -> None:
    assert amounts("1.234", "500", delimiter=None).values("budget") == [1.234, 500]


@pytest.mark.parametrize(
    ("cells", "currency"),
    [
        (["£5", "6"], "GBP"),
        (["EUR 5", "6 €"], "EUR"),
        (["$5", "US$6"], "USD"),
        (["$5"], None),
        (["5"], None),
    ],
)
def test_the_amounts_own_marks_tell_the_currency(cells: list[str], currency: str | None) -> None:
    assert amounts(*cells).currency == currency


@pytest.mark.parametrize("cells", [["£5", "€6"], ["$5", "£6"], ["USD 5", "EUR 6"], ["A$5", "US$5"]])
def test_mixed_currencies_are_a_question(cells: list[str]) -> None:
    (question,) = amounts(*cells).questions
    assert question.rule == "mixed_currencies"


def test_currencies_that_differ_between_columns_are_a_question() -> None:
    typed = type_rows(["project_id", "status_date", "budget", "ac"], [["P", "2026-01-05", "$5", "£6"]])
    assert [q.rule for q in typed.questions] == ["mixed_currencies"]


def test_a_column_of_currencies_allows_for_each_rows_mark() -> None:
    rows = [["P-1", "2026-01-05", "£5", "gbp"], ["P-2", "2026-01-05", "€6", "EUR"]]
    typed = type_rows(["project_id", "status_date", "budget", "currency"], rows)
    assert typed.values("budget") == [5, 6]
    assert typed.values("currency") == ["GBP", "EUR"]


@pytest.mark.parametrize(
    ("cells", "expected", "notes"),
    [
        (["45", "100"], [45, 100], []),
        (["45%", "7 %"], [45, 7], []),
        (["45,5 %", "10"], [45.5, 10], []),
        (["120", "-5"], [120, -5], []),
        (["0.45", "0", "1"], [45, 0, 100], ["percent_as_fraction"]),
        (["0.45", "120%"], [45, 120], ["percent_as_fraction"]),
        (["0.5", "45"], [0.5, 45], []),
        (["0", "1", None], [0, 100, None], ["percent_as_fraction"]),
        (["1", "1"], [100, 100], ["percent_as_fraction"]),
        (["0", "0"], [0, 0], []),
        (["0", "1", "1%"], [0, 1, 1], []),
        (["0", "1", "2"], [0, 1, 2], []),
    ],
)
def test_percentages(cells: list[str], expected: list[float], notes: list[str]) -> None:
    typed = column("percent_complete", *cells)
    assert typed.values("percent_complete") == pytest.approx(expected)
    assert [note.rule for note in typed.notes] == notes


@pytest.mark.parametrize(
    ("cells", "rows"),
    [
        (["0.45", "45", "12"], [2]),
        (["0.45", "0.9", "0.3", "1.05"], [2, 3, 4]),
        (["0.4", "12.7", "88.1"], []),
        (["0.45 %", "45 %", "12"], []),
        (["0", "1", "45"], []),
    ],
)
def test_a_fraction_among_percentages_is_named(cells: list[str], rows: list[int]) -> None:
    found = column("percent_complete", *cells).found()
    assert [row for row, _, _, rule in found if rule == "percent_complete_below_one"] == rows


@pytest.mark.parametrize(
    ("cells", "how", "says_so"),
    [
        (["5", "6"], {}, True),
        (["5", "$6"], {}, False),
        (["5", "6 EUR"], {}, False),
        ([None, "n/a"], {}, False),
        (["5"], {"constants": {"currency": "EUR"}}, False),
    ],
)
def test_a_currency_that_nothing_states_is_assumed_aloud(cells: list[str], how: dict[str, Any], says_so: bool) -> None:
    typed = column("actual_cost", *cells, **how)
    assert ("actual_cost are taken as USD" in (typed.assumed or "")) == says_so
    assert typed.notes == []


def test_a_currency_that_another_load_states_is_not_assumed(tmp_path: Path) -> None:
    (tmp_path / "projects.csv").write_text("project_id,project_name,currency\nP-1,One,EUR\n")
    (tmp_path / "one.csv").write_text("project_id,status_date,actual_cost\nP-1,2026-01-05,5\n")
    (tmp_path / "two.csv").write_text("project_id,status_date,actual_cost\nP-2,2026-01-05,5\n")
    files = [tmp_path / f"{name}.csv" for name in ("projects", "one", "two")]
    report = load(Warehouse(tmp_path / "store"), Request(files))
    assert [bool(f.assumed) for f in report.files] == [False, False, True]
    assert [f.problems for f in report.files] == [[], [], []]


@pytest.mark.parametrize(
    ("goals", "known", "notes"),
    [
        (["G-1", None], {}, ["goals_not_loaded"]),
        (["G-1"], {"goals": {}}, ["goals_not_loaded"]),
        ([None, ""], {}, []),
        (["G-1"], {"goals": {"g1": "G-1"}}, []),
    ],
)
def test_goals_that_nobody_loaded_give_a_warning(goals: list[str], known: Any, notes: list[str]) -> None:
    rows = [[f"P-{number}", "Name", goal] for number, goal in enumerate(goals)]
    typed = type_rows(["project_id", "project_name", "goal_id"], rows, known=known)
    assert [note.rule for note in typed.notes] == notes


def test_a_goal_above_another_is_no_goal_of_another_file() -> None:
    assert type_rows(["goal_id", "goal_name", "parent_goal_id"], [["G-2", "Growth", "G-1"]]).notes == []


def test_yes_and_no() -> None:
    typed = column("is_critical", "Yes", "Y", "TRUE", "1", "x", "no", "N", "False", "0", "", "n/a", "maybe")
    assert typed.values("is_critical") == [True] * 5 + [False] * 4 + [None] * 3
    assert typed.found() == [(13, "is_critical", "maybe", "is_critical_readable")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("G", "green"),
        ("On Track", "green"),
        ("on-track", "green"),
        ("A", "amber"),
        ("Yellow", "amber"),
        ("Amber / Red", "amber/red"),
        ("AMBER-GREEN", "amber/green"),
        ("🔴", "red"),
        ("Grey", None),
        ("Not reported", None),
        ("-", None),
        ("Purple", "Purple"),
        ("●", "●"),
        ("6", "6"),
        ("Grün", "green"),
        ("gru\u0308n", "green"),
        ("vert", "green"),
        ("GELB", "amber"),
        ("Orange", "amber"),
        ("jaune", "amber"),
        ("rot", "red"),
        ("Rouge", "red"),
    ],
)
def test_ratings_in_words_letters_and_marks(text: str, expected: str | None) -> None:
    assert column("reported_health", text).values("reported_health") == [expected]


def test_ratings_in_numbers_are_read_with_a_warning() -> None:
    typed = column("reported_health", "5", "4", "3", "2", "1")
    assert typed.values("reported_health") == ["green", "green", "amber", "red", "red"]
    assert [(n.rule, n.severity) for n in typed.notes] == [("rating_as_colour", "warning")]


def test_ratings_of_three_are_asked_about_unless_a_person_said_what_they_mean() -> None:
    typed = column("reported_health", "1", "3", "2")
    assert [(q.rule, q.value) for q in typed.questions] == [("ratings_undecided", "1, 2, 3")]
    rows = [("P1", "2026-11-13", "1"), ("P2", "2026-11-13", "3")]
    said = {"reported_health": {"1": "green", "3": "red"}}
    assert type_rows(("Project ID", "As of", "RAG"), rows, values=said).values("reported_health") == ["green", "red"]


def test_more_spellings_than_a_case_expression_should_hold() -> None:
    cells = ["green " * 0 + "g" * n for n in range(1, 60)] + [c * n for n in range(1, 50) for c in ("R ", "- ")]
    typed = column("reported_health", *cells)
    assert typed.values("reported_health")[0] == "green"
    assert typed.values("reported_health")[59] == "red"
    assert typed.values("reported_health")[2] == "ggg"


def test_references_are_read_by_name_and_in_any_case() -> None:
    known = {"goals": {"g1": "G-1", "fasterdelivery": "G-1"}}
    typed = column("goal_id", "g-1", "Faster Delivery", "G-9", "n/a", known=known)
    assert typed.values("goal_id") == ["G-1", "G-1", "G-9", None]


@pytest.mark.parametrize("text", ["n/a", "TBC", "-"])
def test_an_identifier_that_says_nothing_is_no_identifier(text: str) -> None:
    typed = type_rows(["project_id", "status_date", "program"], [[text, "2026-01-05", text]])
    assert typed.values("project_id") == [None]
    assert typed.values("program_id") == [None]


def test_text_is_kept_as_it_is() -> None:
    cells = ["n/a", "-", '$5, it\'s "fine" $1', "=1+1", "a\nb", "'; drop table typed; --"]
    assert column("comment", *cells).values("comment") == cells


def test_headers_with_quotes_and_dollars_are_shown_as_they_are() -> None:
    header = "Budget"
    typed = type_rows(
        ["Project ID", 'The "$fix" it\'s', "Status Date", header],
        [["P-1", "x", "2026-13-01", "abc"]],
    )
    assert typed.found() == [
        (2, "Budget", "abc", "budget_readable"),
        (2, "Status Date", "2026-13-01", "status_date_readable"),
    ]
    assert typed.mapping.unmapped == ('The "$fix" it\'s',)


def test_three_hundred_columns() -> None:
    headers = ["project_id", "status_date", *(f"Custom field {n}" for n in range(298)), "select"]
    typed = type_rows(headers, [["P-1", "2026-01-05", *["x"] * 299]])
    assert typed.values("project_id") == ["P-1"]
    assert len(typed.mapping.unmapped) == 299


def test_a_constant_is_cast_like_a_cell() -> None:
    typed = type_rows(["project_id", "rag"], [["P-1", "g"]], constants={"status_date": "20 Nov 2026"})
    assert typed.values("status_date") == [DAY(2026, 11, 20)]


STYLES = [
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M:%S",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d/%m/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y %H:%M",
    "%m/%d/%Y",
    "%m/%d/%Y %I:%M:%S %p",
    "%d-%b-%Y",
    "%d %B %Y",
    "%B %d, %Y",
    "%a %d/%m/%Y",
    "%A, %B %d, %Y",
    "%d/%b/%Y %I:%M %p",
]


@settings(max_examples=40, deadline=None)
@given(
    days=st.lists(st.dates(DAY(1900, 1, 1), DAY(2199, 12, 31)), min_size=1, max_size=20),
    style=st.sampled_from(STYLES),
)
def test_any_date_in_any_style_reads_back(days: list[dt.date], style: str) -> None:
    order = "mdy" if style.startswith("%m") else "dmy"
    cells = [dt.datetime.combine(day, dt.time(15, 30)).strftime(style) for day in days]
    typed = dates(*cells, dates=order)
    assert typed.values("forecast_finish") == days


@settings(max_examples=40, deadline=None)
@given(days=st.lists(st.dates(DAY(1969, 1, 1), DAY(2068, 12, 31)), min_size=1, max_size=20))
def test_two_digit_years_read_back(days: list[dt.date]) -> None:
    assert dates(*(day.strftime("%d/%b/%y") for day in days)).values("forecast_finish") == days
    assert dates(*(day.strftime("%d.%m.%y") for day in days), dates="dmy").values("forecast_finish") == days


def grouped(cents: int, group: str, mark: str) -> str:
    return f"{abs(cents) / 100:,.2f}".replace(",", "G").replace(".", mark).replace("G", group)


@settings(max_examples=80, deadline=None)
@given(
    cents=st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=20),
    style=st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", "."), ("\u00a0", ","), ("", "."), ("", ",")]),
    about=st.sampled_from(["{}", "$ {}", "{} €", "GBP {}", "£{}"]),
    negative=st.sampled_from(["-{}", "({})", "{}-"]),
)
def test_any_amount_in_any_style_reads_back(
    cents: list[int], style: tuple[str, str], about: str, negative: str
) -> None:
    cells = [(negative if c < 0 else "{}").format(about.format(grouped(c, *style))) for c in cents]
    typed = amounts(*cells)
    assert typed.found() == []
    assert typed.values("budget") == pytest.approx([c / 100 for c in cents])


CELLS = st.text(st.sampled_from(string.digits + string.punctuation + " \tkMeE£€NaninfDec\u00a0−１🟢é"), max_size=14)


@settings(max_examples=10, deadline=None)
@given(rows=st.lists(st.tuples(*[st.one_of(CELLS, st.text(max_size=6))] * 8), min_size=1, max_size=8))
def test_no_text_makes_it_stumble(rows: list[tuple[str, ...]]) -> None:
    headers = [
        *("project_id", "status_date", "reported_health", "forecast_finish", "percent_complete", "budget"),
        *("is_critical", "currency"),
    ]
    typed = type_rows(headers, [[cell.replace("\0", "") for cell in row] for row in rows])
    if typed.questions:
        return
    assert len(typed.values("budget")) == len(rows)
    assert not any(v is not None and not math.isfinite(v) for v in typed.values("budget"))
