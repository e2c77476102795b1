"""Amounts of which some part thousands by a point and others by a comma are not read without a word."""

import pytest
from tables import type_rows


def noted(*cells: str) -> tuple[list[float | None], list[str | None]]:
    rows = [(f"P{n}", "2026-11-13", cell) for n, cell in enumerate(cells)]
    typed = type_rows(("project_id", "status_date", "budget"), rows)
    return typed.values("budget"), [note.value for note in typed.notes if note.rule == "decimal_sign_mixed"]


@pytest.mark.parametrize(
    ("cells", "value"),
    [
        (["1,250.50", "1.250", "2.000"], "1.250, 2.000"),
        (["1,250", "1.250", "1,250.50"], "1.250"),
        (["1.250,50", "1,250"], "1,250"),
        (["1.250.000", "3,500"], "3,500"),
    ],
)
def test_thousands_in_both_ways_are_told(cells: list[str], value: str) -> None:
    assert noted(*cells)[1] == [value]


@pytest.mark.parametrize(
    "cells",
    [["1,250.50", "1,250"], ["1,250.125", "2.000"], ["1.250", "1000.5"], ["0.125", "1.250"], ["1.250,50", "1.250"]],
)
def test_amounts_in_one_way_are_not(cells: list[str]) -> None:
    assert noted(*cells)[1] == []
