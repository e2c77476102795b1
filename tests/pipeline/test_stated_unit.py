"""A unit of the amounts that stands beside the table, not in its headers, is asked about before anything comes in."""

from pathlib import Path

import pytest
from desk import TODAY, Desk

from pipelines.load import load
from pipelines.report import FileReport, How, Request

HEADERS = "Project ID,Project Name,Status Date,RAG,Budget,Actual Cost"
ROWS = ["A1,One,2026-11-13,Green,1200,810", "A2,Two,2026-11-13,Red,400,395"]


def loaded(desk: Desk, folder: Path, lines: list[str], *, how: How | None = None, dry: bool = False) -> FileReport:
    file = folder / "status.csv"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return load(desk.warehouse, Request([file], how or How(), dry_run=dry), today=TODAY).files[0]


def above(text: str) -> list[str]:
    return ["Portfolio status", text, "", HEADERS, *ROWS]


@pytest.mark.parametrize(
    ("text", "scale", "currency"),
    [
        ("All amounts in $ thousands", "1000", None),
        ("Angaben in T€", "1000", "EUR"),
        ("Figures in £m", "1000000", "GBP"),
        ('"Kosten (TEUR)","Stand 13.11.2026"', "1000", "EUR"),
        ("Values are in thousands of dollars", "1000", None),
        ("(in Mio. EUR)", "1000000", "EUR"),
    ],
)
def test_a_unit_above_the_table_is_asked_about(
    text: str, scale: str, currency: str | None, desk: Desk, tmp_path: Path
) -> None:
    for dry in (True, False):
        report = loaded(desk, tmp_path, above(text), dry=dry)
        (problem,) = report.problems
        assert report.refused
        assert (problem.rule, problem.row, problem.column) == ("unit_undecided", 2, "Actual Cost")
        assert problem.value
        assert problem.value in text
        assert f"--scale {scale}, or --scale 1 for full units" in problem.fix
        assert ("--set currency=" in problem.fix) == (currency is not None)
        assert currency is None or f"--set currency={currency}" in problem.fix


def test_a_note_below_the_table_counts_too(desk: Desk, tmp_path: Path) -> None:
    report = loaded(desk, tmp_path, [HEADERS, *ROWS, '"Note: figures in £m",,,,,'])
    assert [(p.rule, p.row, p.value) for p in report.problems] == [("unit_undecided", 4, "Note: figures in £m")]


@pytest.mark.parametrize(("scale", "budget"), [(1000.0, 1_200_000), (1.0, 1_200)])
def test_what_a_person_says_of_the_unit_holds(scale: float, budget: int, desk: Desk, tmp_path: Path) -> None:
    assert not loaded(desk, tmp_path, above("All amounts in $ thousands"), how=How(scale=scale)).problems
    assert desk.rows("select budget from fact_status where project_id = 'A1'") == [(budget,)]


@pytest.mark.parametrize(
    "text",
    ["Run date: 11/13/2026 4:51 PM", "Savings of $3 million in the year", "Angaben in EUR", "Team K, room m", "in"],
)
def test_other_lines_ask_nothing(text: str, desk: Desk, tmp_path: Path) -> None:
    assert not loaded(desk, tmp_path, above(text)).problems


def test_a_table_without_amounts_is_asked_nothing(desk: Desk, tmp_path: Path) -> None:
    lines = ["All amounts in $ thousands", "", "Project ID,Status Date,RAG", "A1,2026-11-13,Green", "A2,2026-11-13,Red"]
    assert not loaded(desk, tmp_path, lines).problems
