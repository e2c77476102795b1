"""A unit beside an amount is multiplied in or the amount is not read: wherever its currency stands, never as units."""

import duckdb
import pytest

from pipelines import amounts, guesses

UNITS = {
    **dict.fromkeys(("k", "K", "T", "Tsd", "Tsd.", "thousand", "Thousand"), 1e3),
    **dict.fromkeys(("lakh", "lakhs"), 1e5),
    **dict.fromkeys(("m", "M", "mn", "million", "Million", "Mio", "Mio.", "MM", "mil"), 1e6),
    "crore": 1e7,
    **dict.fromkeys(("b", "bn", "B", "Billion", "Mrd", "Mrd."), 1e9),
}
MARKS = ("€", "EUR", "$", "US$", "£", "CHF", "kr", "Rs.", "zł", "A$", "USD", "")
FORMS = (
    *(
        "{n} {u}{m}",
        "{n}{u} {m}",
        "{n}{u}{m}",
        "{m}{n}{u}",
        "{m} {n} {u}",
        "({n} {u}{m})",
        "-{n} {u} {m}",
        "{u}{m} {n}",
    ),
    *(
        "{n} {m}{u}",
        "{n} {m} {u}",
        "{n} {u} ({m})",
        "{n} ({m}{u})",
        "{n} {u}/{m}",
        "{m}{u} {n}",
        "{n} {u} {m} ",
        "{n}\u00a0{u}{m}",
    ),
)


@pytest.mark.parametrize("number", ["1.5", "12"])
def test_an_amount_with_a_unit_is_read_with_it_or_not_at_all(number: str) -> None:
    said = {form.format(n=number, u=u, m=m): float(number) * UNITS[u] for u in UNITS for m in MARKS for form in FORMS}
    con = duckdb.connect()
    con.execute("create table said as select unnest($1::varchar[]) as text", [list(said)])
    con.execute(f"create view bare as select text, {amounts.body('text')} as body from said")
    read = con.sql(f"select text, {amounts.value('text', 'body', False)} from bare").fetchall()
    wrong = {text: value for text, value in read if value is not None and abs(value) != pytest.approx(said[text])}
    assert wrong == {}
    assert sum(value is not None for _, value in read) > len(said) / 4, "most of the usual forms are read"
    guessed = {text: guesses.amount(text, ".") for text, value in read if value is None}
    for text, guess in guessed.items():
        if guess:
            digits = "".join(c for c in guess.text if c.isdigit() or c == ".")
            assert float(digits) == pytest.approx(said[text]), (text, guess)


@pytest.mark.parametrize(
    ("text", "comma", "number"),
    [
        *(("1234.-", False, 1234), ("1'234.–", False, 1234), ("1,234.-", False, 1234), ("1234,-", True, 1234)),
        *(("1.234,--", True, 1234), ("CHF 5.-", False, 5), ("1234-", False, -1234), ("1234 -", False, -1234)),
    ],
)
def test_a_dash_in_place_of_cents_is_no_minus(text: str, comma: bool, number: float) -> None:
    con = duckdb.connect()
    con.execute(f"create table bare as select text, {amounts.body('text')} as body from (select $1 as text)", [text])
    assert con.sql(f"select {amounts.value('text', 'body', comma)} from bare").fetchall() == [(number,)]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("1,5 TEUR", "EUR 1500"), ("1200 T€", "€1200000"), ("TEUR 1200", "EUR 1200000"), ("5 lakh", "500000")),
        *(("2 crore", "20000000"), ("(5 TEUR)", "EUR -5000"), ("M$ 4", "$4000000"), ("5 TUSD", "USD 5000")),
    ],
)
def test_what_a_unit_and_a_currency_in_one_word_likely_say(text: str, number: str) -> None:
    guess = guesses.amount(text, ".")
    assert guess
    assert guess.text == number


@pytest.mark.parametrize(
    ("text", "comma", "is_open"),
    [
        *(("1.200 TEUR", False, True), ("1,200 TEUR", False, True), ("1.200 thousand", False, True)),
        *(("2,500 thousand", False, False), ("2,500 thousand", True, True), ("1,5 TEUR", True, False)),
        *(("1.234.567 Mio", True, False), ("0.500 Mio", True, False), ("12 Mio", True, False)),
    ],
)
def test_a_number_that_may_be_thousands_or_decimals_is_open(text: str, comma: bool, is_open: bool) -> None:
    assert guesses.is_open(text, comma=comma) == is_open
