"""The agencies of the damaged export of US IT projects: about a hundred spellings of 26 names, judged by the code that
stands beside each, which was looked up by hand."""

import csv
from pathlib import Path

import pytest
from desk import TODAY, Desk

from pipelines.load import load
from pipelines.report import How, Request

pytestmark = pytest.mark.real

AGENCIES = {
    "5": "Department of Agriculture",
    "6": "Department of Commerce",
    "7": "Department of Defense",
    "9": "Department of Health and Human Services",
    "10": "Department of the Interior",
    "11": "Department of Justice",
    "12": "Department of Labor",
    "14": "Department of State",
    "15": "Department of the Treasury",
    "16": "Social Security Administration",
    "18": "Department of Education",
    "19": "Department of Energy",
    "20": "Environmental Protection Agency",
    "21": "Department of Transportation",
    "23": "General Services Administration",
    "24": "Department of Homeland Security",
    "25": "Department of Housing and Urban Development",
    "26": "National Aeronautics and Space Administration",
    "27": "Office of Personnel Management",
    "28": "Small Business Administration",
    "29": "Department of Veterans Affairs",
    "184": "U.S. Agency for International Development",
    "202": "U.S. Army Corps of Engineers",
    "393": "National Archives and Records Administration",
    "422": "National Science Foundation",
    "429": "Nuclear Regulatory Commission",
}


@pytest.fixture
def damaged(real_data: Path) -> Path:
    path = real_data / "us_it_dashboard" / "projects_2012_damaged.csv"
    if not path.exists():
        pytest.skip(f"{path} is absent; set RIGHTWORK_REAL_DATA to the folder of public exports")
    return path


def rows_of(path: Path) -> list[tuple[str, str, str]]:
    """Code, agency as written, and project id of each project, those five cells too far right moved back."""
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        rows = [row[5:] if len(row) == 28 else row for row in csv.reader(file)]
    start = next(i for i, row in enumerate(rows) if row[:1] == ["Unique Investment Identifier"])
    return [(row[2].strip(), row[3], row[5].strip()) for row in rows[start + 1 :] if len(row) == 23 and row[3].strip()]


def test_the_spellings_of_agencies_become_their_names(damaged: Path, desk: Desk) -> None:
    how = How(constants={"status_date": "2012-12-31"}, repairs=("shifted_rows:*", "known_name:*"))
    report = load(desk.warehouse, Request([damaged], how, quarantine=True), today=TODAY)
    assert report.published
    rows = rows_of(damaged)
    loaded = dict(desk.rows("select project_id, portfolio from fct_status"))
    spellings: dict[tuple[str, str], set[bool]] = {}
    for code, text, project in rows:
        # In a few rows the code is another agency's than the name, which is spelled out: the name stays.
        meant = text.strip() if text.strip() in AGENCIES.values() else AGENCIES[code]
        if project in loaded:
            spellings.setdefault((text, code), set()).add(loaded[project] == meant)
    right = sum(all(one) for one in spellings.values())
    print(f"{right} of {len(spellings)} spellings are read as the agency that is meant")
    assert len(spellings) > 90
    assert right == len(spellings)
    assert set(loaded.values()) == set(AGENCIES.values())


def test_nothing_of_it_is_done_unasked(damaged: Path, desk: Desk) -> None:
    how = How(constants={"status_date": "2012-12-31"})
    report = load(desk.warehouse, Request([damaged], how, dry_run=True), today=TODAY).files[0]
    assert not any(one.accepted for one in report.repairs)
    offered = {one.before: one for one in report.repairs}
    assert offered["5 cells too far right"].count == 275
    assert offered["2012-30-09"].after == "2012-09-30"
    assert offered["DoT"].after == "Department of Transportation"


def test_every_row_ends_where_the_documentation_says(damaged: Path, desk: Desk) -> None:
    asked = Request([damaged], How(repairs=("all",)), quarantine=True)
    report = load(desk.warehouse, asked, today=TODAY).files[0]
    repeated = sum(one.kind == "repeated" for one in report.left_out)
    assert (report.rows_loaded, report.rows_rejected, repeated) == (2_466, 2, 4)
    joined = [one for one in report.repairs if one.rule == "unquoted_delimiter"]
    assert {one.column for one in joined} == {"Agency Project ID"}
    assert {one.after for one in joined} == {"285,833", "286,250", "286,461", "183,138", "183,137"}
    text = damaged.read_text("utf-8", "replace")
    # The last column repeats the number, where the file is not renumbered.
    assert all(one.after.replace(",", "") in text for one in joined if one.after.startswith("28"))
    unclear = {one.row: one.fix for one in report.problems if one.rule == "row_shape"}
    assert set(unclear) == {1903, 1904}
    assert all("Agency Project ID or in Project ID" in fix for fix in unclear.values())
