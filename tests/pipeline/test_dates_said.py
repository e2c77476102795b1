"""What is decided of dates is said: why points stand for the day first, and the century of years of two digits."""

from pathlib import Path

import pytest
from desk import TODAY, Desk

from pipelines.load import load
from pipelines.report import How, Request


def said(desk: Desk, folder: Path, *cells: str, **how: str) -> dict[str, tuple[str, str]]:
    """What is decided of a column of these dates: by what it is about, as what and why."""
    rows = [f"P{n},2026-11-13,green,{cell}" for n, cell in enumerate(cells)]
    file = folder / "status.csv"
    file.write_text("\n".join(["project_id,status_date,rag,forecast_finish", *rows]) + "\n", "utf-8")
    report = load(desk.warehouse, Request([file], How(**how), dry_run=True), today=TODAY).files[0]  # type: ignore[arg-type]
    assert not report.refused
    return {one.what: (one.value, one.why) for one in report.decisions if "forecast_finish" in one.what}


@pytest.mark.parametrize(
    ("cells", "order", "why"),
    [
        (["05.01.2027", "06.02.2027"], "day first", "05.01.2027 in row 2 has points between its numbers"),
        (["05.01.2027", "06.22.2027"], "month first", "06.22.2027 in row 3 can only be month first"),
    ],
)
def test_the_order_of_dates_says_why(cells: list[str], order: str, why: str, desk: Desk, tmp_path: Path) -> None:
    decided = said(desk, tmp_path, *cells)["dates of forecast_finish"]
    assert decided[0] == order
    assert decided[1].startswith(why)


def test_years_of_two_digits_say_their_century(desk: Desk, tmp_path: Path) -> None:
    for cells, how in ((["05-Jan-27"], {}), (["05.01.27"], {}), (["05/01/27"], {"dates": "mdy"})):
        decided = said(desk, tmp_path, *cells, **how)
        assert decided["years of forecast_finish"][0] == "from 1969 to 2068"
    assert "years of forecast_finish" not in said(desk, tmp_path, "05-Jan-2027", "2027-01-06")
