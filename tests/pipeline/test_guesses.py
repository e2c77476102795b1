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
    "text", ["31/06/2012", "13/13/2012", "2012-31-04", "2012", "Q3 2012", "12345", "P2 12", "05/06", "1/2/3/2012"]
)
def test_what_is_no_day_is_left_to_a_person(text: str) -> None:
    assert guesses.date(text, "dmy") is None


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
