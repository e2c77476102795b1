"""Amounts of which some part thousands by a point and others by a comma are asked about, and mended when accepted."""

from pathlib import Path

import pytest
from desk import TODAY, Desk
from tables import type_rows

from pipelines.load import load
from pipelines.report import FileReport, How, Request


def asked(*cells: str) -> list[str | None]:
    rows = [(f"P{n}", "2026-11-13", cell) for n, cell in enumerate(cells)]
    return [one.value for one in type_rows(("project_id", "status_date", "budget"), rows).questions]


@pytest.mark.parametrize(
    ("cells", "value"),
    [
        (["1,250.50", "1.250", "2.000"], "1.250, 2.000"),
        (["1,250", "1.250", "1,250.50"], "1.250"),
        (["1.250,50", "1,250"], "1,250"),
        (["1.250.000", "3,500"], "3,500"),
    ],
)
def test_thousands_in_both_ways_are_asked_about(cells: list[str], value: str) -> None:
    assert asked(*cells) == [value]


@pytest.mark.parametrize(
    "cells",
    [["1,250.50", "1,250"], ["1,250.125", "2.000"], ["1.250", "1000.5"], ["0.125", "1.250"], ["1.250,50", "1.250"]],
)
def test_amounts_in_one_way_are_not(cells: list[str]) -> None:
    assert asked(*cells) == []


def test_the_repair_or_the_decimal_sign_answers(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "status.csv"
    file.write_text('project_id,status_date,budget\nA,2026-11-13,"1,250.50"\nB,2026-11-13,1.250\n', "utf-8")

    def read(how: How) -> FileReport:
        return load(desk.warehouse, Request([file], how), today=TODAY).files[0]

    refused = read(How(repairs=("all",)))
    assert refused.refused
    assert [(r.rule, r.before, r.after, r.accepted) for r in refused.repairs] == [
        ("amount_thousands", "1.250", "1250", False)
    ]
    for how, budget in ((How(decimal="."), 1.25), (How(repairs=("amount_thousands:*",)), 1250)):
        assert not read(how).refused
        assert desk.rows("select budget from fact_status where project_id = 'B' order by load_id desc limit 1") == [
            (budget,)
        ]
