"""What a cell that can't be read was likely meant to say, and what is left to a person."""

import pytest

from pipelines import guesses
from pipelines.contract import contract


@pytest.mark.parametrize(
    ("text", "order", "day", "rule"),
    [
        ("2012-30-09", "dmy", "2012-09-30", "date_order"),
        ("09/30/2012", "dmy", "2012-09-30", "date_order"),
        ("30.09.2012", "mdy", "2012-09-30", "date_order"),
        ("9/30/12", "dmy", "2012-09-30", "date_order"),
        ("30092012", "dmy", "2012-09-30", "date_order"),
        ("30//09//2012", "dmy", "2012-09-30", "date_order"),
        ("41182", "dmy", "2012-09-30", "date_serial"),
        ("41182.75", None, "2012-09-30", "date_serial"),
        ("1795132800000", None, "2026-11-20", "date_serial"),
        ("~30/09/2012", "dmy", "2012-09-30", "date_words"),
        ("30/09/2012 (est.)", "dmy", "2012-09-30", "date_words"),
        ("3O/O9/2012", "dmy", "2012-09-30", "date_letters"),
    ],
)
def test_a_date_as_it_was_meant(text: str, order: str | None, day: str, rule: str) -> None:
    found = guesses.date(text, order)
    assert found
    assert (found.text, found.rule) == (day, rule)


@pytest.mark.parametrize(
    "text", ["31/06/2012", "13/13/2012", "2012-31-04", "2012", "12345", "P2 12", "05/06", "1/2/3/2012"]
)
def test_what_is_no_day_is_left_to_a_person(text: str) -> None:
    assert guesses.date(text, "dmy") is None


PERIODS = {
    "Q4 2026": ("2026-10-01", "2026-12-31"),
    "2026-Q4": ("2026-10-01", "2026-12-31"),
    "2026 Q1": ("2026-01-01", "2026-03-31"),
    "Q2/26": ("2026-04-01", "2026-06-30"),
    "Q3'26": ("2026-07-01", "2026-09-30"),
    "4Q26": ("2026-10-01", "2026-12-31"),
    "1Q 2026": ("2026-01-01", "2026-03-31"),
    "2026Q3": ("2026-07-01", "2026-09-30"),
    "Q12026": ("2026-01-01", "2026-03-31"),
    "4th quarter of 2026": ("2026-10-01", "2026-12-31"),
    "Quarter 2, 2026": ("2026-04-01", "2026-06-30"),
    "3. Quartal 2026": ("2026-07-01", "2026-09-30"),
    "H1 2026": ("2026-01-01", "2026-06-30"),
    "2H26": ("2026-07-01", "2026-12-31"),
    "2. HJ 2026": ("2026-07-01", "2026-12-31"),
    "KW 50/2026": ("2026-12-07", "2026-12-13"),
    "KW50 2026": ("2026-12-07", "2026-12-13"),
    "W50 2026": ("2026-12-07", "2026-12-13"),
    "2026-W50": ("2026-12-07", "2026-12-13"),
    "2026W01": ("2025-12-29", "2026-01-04"),
    "CW 5.2026": ("2026-01-26", "2026-02-01"),
    "week 53 2026": ("2026-12-28", "2027-01-03"),
    "Wk 7, 2026": ("2026-02-09", "2026-02-15"),
    "2026-W50-3": ("2026-12-09", "2026-12-09"),
    "Dec 2026": ("2026-12-01", "2026-12-31"),
    "October 2020": ("2020-10-01", "2020-10-31"),
    "Feb-28": ("2028-02-01", "2028-02-29"),
    "März 2026": ("2026-03-01", "2026-03-31"),
    "décembre 2026": ("2026-12-01", "2026-12-31"),
    "2026 November": ("2026-11-01", "2026-11-30"),
    "12/2026": ("2026-12-01", "2026-12-31"),
    "2.2024": ("2024-02-01", "2024-02-29"),
    "2026-12": ("2026-12-01", "2026-12-31"),
    "end of Q3 2026": ("2026-09-30", "2026-09-30"),
    "Ende Dez 2026": ("2026-12-31", "2026-12-31"),
    "End 2026": ("2026-12-31", "2026-12-31"),
    "by Q2 2027": ("2027-04-01", "2027-06-30"),
    "Q4 2026 (est.)": ("2026-10-01", "2026-12-31"),
}


@pytest.mark.parametrize("text", PERIODS)
def test_a_period_stands_for_its_last_day_and_where_something_starts_for_its_first(text: str) -> None:
    found = [guesses.date(text, "dmy", start=start) for start in (True, False)]
    assert [(one.text, one.rule) if one else None for one in found] == [(day, "date_period") for day in PERIODS[text]]


@pytest.mark.parametrize(
    "text",
    [
        *("FY26 Q2", "Q4 FY2026", "FY2026", "2025/26", "2025/26 Q2", "Q1 25/26", "GJ 2026", "fiscal 2026 Q1"),
        *("W53 2025", "W0 2026", "Q5 2026", "H3 2026", "13/2026", "2026-13", "10/26", "Dec 26", "December", "Q4"),
        *("KW 50", "mid 2026", "Q4 2026 or Q1 2027", "Q4 1226", "Q1-Q2 2026", "W5 026", "May be 2026", "Sprint 4 2026"),
    ],
)
def test_what_is_no_period_or_one_of_a_fiscal_year_is_left_to_a_person(text: str) -> None:
    assert guesses.date(text, "dmy") is None


def test_a_year_of_two_digits_that_comes_first() -> None:
    found = guesses.date("26/01/05", "ymd")
    assert found
    assert found.text == "2026-01-05"


def test_an_order_that_is_not_known_is_not_assumed() -> None:
    assert guesses.date("05//06/2012", None) is None
    assert guesses.date("05062012", None) is None


@pytest.mark.parametrize(
    ("text", "decimal", "scale", "number"),
    [
        ("9.9 ($m)", ".", 1, "$9900000"),
        ("9.9 ($m)", ".", 1e6, "$9.9"),
        ("USD 1,2 M", ".", 1, "USD 1200000"),
        ("€ 3,5 Mio", ",", 1, "€3500000"),
        ("1.2 thousand", ".", 1, "1200"),
        ("approx. 5m", ".", 1, "5000000"),
        ("$1.2bn (est.)", ".", 1, "$1200000000"),
        ("1.5 million euros", ".", 1, "EUR 1500000"),
        ("1.234.567,89", ".", 1, "1234567.89"),
        ("1,234.5", ",", 1, "1234,5"),
        ("2,500 thousand", ".", 1, "2500000"),
        ("(1.2m)", ".", 1, "-1200000"),
        ("1O0", ".", 1, "100"),
        ("50 pct", ".", 1, "50%"),
        ("1'200.-", ".", 1, "1200"),
    ],
)
def test_an_amount_as_it_was_meant(text: str, decimal: str, scale: float, number: str) -> None:
    found = guesses.amount(text, decimal, scale)
    assert found
    assert found.text == number


@pytest.mark.parametrize("text", ["5 - 6m", "12 weeks", "USD 5 EUR", "TBC", "12.3.4", "3 FTE", "see note 4", "1 of 2"])
def test_what_may_be_several_amounts_or_none_is_left_to_a_person(text: str) -> None:
    assert guesses.amount(text, ".") is None


HEALTH = contract("status").columns["reported_health"].spellings


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("Gren", "green"), ("On Trak", "green"), ("yelow", "amber"), ("Redd", "red"), ("Status: Green", "green")),
        *(("Green - all well", "green"), ("amberr/red", "amber/red"), ("OFF  TRACKK", "red")),
    ],
)
def test_a_choice_as_it_was_meant(text: str, value: str) -> None:
    found = guesses.choice(text, HEALTH)
    assert found
    assert found.text == value


@pytest.mark.parametrize("text", ["not on track", "green to red", "Gold", "blueish", "oftrack", "x", "", "was red"])
def test_a_text_that_may_mean_several_values_means_none(text: str) -> None:
    assert guesses.choice(text, HEALTH) is None
