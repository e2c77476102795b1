"""Which export a table is, which column is which, and what is said when that can't be told."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from tables import text_table, type_rows

from pipelines.contract import EXPORTS, contract
from pipelines.map import understand
from pipelines.problems import DataProblem, UsageError
from pipelines.profile import Mapping, all_headers, profiles
from pipelines.report import How


def mapped(*headers: str, **how: Any) -> Mapping:
    with duckdb.connect() as con:
        return understand(text_table(con, headers, [["x"] * len(headers)]), How(**how))


def refused(*headers: str, **how: Any) -> DataProblem:
    with pytest.raises(DataProblem) as caught:
        mapped(*headers, **how)
    return caught.value


@pytest.mark.parametrize("export", EXPORTS)
@pytest.mark.parametrize(
    "written", [str, str.upper, lambda name: f" {name.replace('_', ' ').title()} ", lambda n: n.replace("_", "-")]
)
def test_each_export_is_recognised_by_its_names_in_any_spelling(export: str, written: Any) -> None:
    mapping = mapped(*map(written, contract(export).columns))
    assert mapping.contract.export == export
    assert mapping.text == {name: f"c{place}" for place, name in enumerate(contract(export).columns)}


@pytest.mark.parametrize(
    ("headers", "export"),
    [
        (["Goal", "Objective", "Parent"], "goals"),
        (["Programme ID", "Programme Name", "Department", "Goal"], "programs"),
        (["Project Code", "Project Title", "Executive Sponsor", "Phase", "BAC"], "projects"),
        (["Project ID", "Name", "Phase", "Start Date", "End Date", "Budget"], "projects"),
        (["Project ID", "Project Name", "Program ID", "Program Name", "Portfolio", "Goal ID", "Goal Name"], "projects"),
        (["ID", "As of", "RAG", "% Complete", "EV", "AC", "PV"], "status"),
        (["Project Key", "Week ending", "Overall Status", "Due date", "Colour of the day"], "status"),
    ],
)
def test_exports_are_recognised_by_other_headers_too(headers: list[str], export: str) -> None:
    assert mapped(*headers).contract.export == export


def test_a_columns_own_name_goes_before_an_alias() -> None:
    mapping = mapped("Project code", "Key", "Project ID", "As of", "RAG")
    assert mapping.headers["project_id"] == "Project ID"
    assert mapping.unmapped == ("Project code", "Key")
    assert mapping.notes == ()


def test_a_plainer_alias_goes_first_wherever_it_stands() -> None:
    mapping = mapped("ID", "Status", "As of", "Project code", "RAG")
    assert (mapping.headers["project_id"], mapping.headers["reported_health"]) == ("Project code", "RAG")
    assert [note.column for note in mapping.notes] == ["ID", "Status"]


def test_two_headers_of_one_meaning_give_a_warning() -> None:
    mapping = mapped("Project ID", "As of", "Health", "RAG", "Colour")
    assert mapping.headers["reported_health"] == "Health"
    assert [(n.rule, n.column, n.severity) for n in mapping.notes] == [
        ("header_twice", "RAG", "warning"),
        ("header_twice", "Colour", "warning"),
    ]


def test_the_same_header_twice_gives_a_warning() -> None:
    (note,) = mapped("Project ID", "As of", "RAG", "Budget", "Budget").notes
    assert note.message == "Budget and Budget [2] both say budget; Budget is read"
    assert "--map budget='Budget [2]'" in note.fix


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Planned Value (PV)", "planned_value"),
        ("Earned Value [BCWP]", "earned_value"),
        ("Progress (%)", "percent_complete"),
        ("Forecast finish (DD/MM/YYYY)", "forecast_finish"),
        ("Finish (actual)", "actual_finish"),
        ("Budget (approved)", "budget"),
        ("Budget ($)", "budget"),
        ("Budget (USD)", "budget"),
    ],
)
def test_a_header_is_known_without_its_last_parenthesis(header: str, column: str) -> None:
    mapping = mapped("Project ID (key)", "As of", "RAG", header)
    assert (mapping.headers[column], mapping.notes, mapping.unmapped) == (header, (), ())


def test_a_header_in_full_goes_before_one_with_a_parenthesis() -> None:
    mapping = mapped("Project ID", "As of", "RAG", "Budget (old)", "Budget")
    assert mapping.headers["budget"] == "Budget"


SCALES = ["$M", "£m", "$000", "k€", "in thousands", "€", "EUR", "USD m", "$ millions", "in 1,000", "GBP '000", "Mio. €"]
SCALES += ["$" * 200, "hours", "% of budget", "$ mil", "USD ths", "lakhs", "INR Cr", "TEUR"]


@pytest.mark.parametrize("scale", SCALES)
def test_a_header_that_speaks_of_a_scale_or_a_currency_is_left_with_a_warning(scale: str) -> None:
    mapping = mapped("Project ID", "As of", "RAG", f"Budget ({scale})")
    assert mapping.unmapped == (f"Budget ({scale})",)
    (note,) = mapping.notes
    assert (note.rule, note.column, note.severity) == ("header_scaled", f"Budget ({scale})", "warning")
    assert ("Choose it for budget " in note.fix) == (scale != "hours")


def test_a_status_report_that_measures_nothing_gives_a_warning() -> None:
    (note,) = mapped("Project ID", "As of", "Sponsor").notes
    assert (note.rule, note.severity) == ("no_measure", "warning")
    assert mapped("Project ID", "As of", "Spent").notes == ()
    assert mapped("Project ID", "Name", "Sponsor").notes == ()


def test_columns_that_nobody_knows_are_listed_and_ignored() -> None:
    mapping = mapped("Project ID", "As of", "RAG", "Sprint", "", "Sprint")
    assert mapping.unmapped == ("Sprint", "", "Sprint [2]")


def test_a_status_report_without_a_date_says_so() -> None:
    (problem,) = refused("Project ID", "RAG", "Comment").problems
    assert problem.rule == "missing_column"
    assert problem.message == "the status export needs status date, and no header of this file gives it"
    assert "--set status_date=VALUE" in problem.fix
    assert "--as projects" in problem.fix


@pytest.mark.parametrize("said", ["status_date", "Status Date", "as of"])
def test_a_missing_date_may_be_given(said: str) -> None:
    mapping = mapped("Project ID", "RAG", "Comment", constants={said: "2026-11-20"})
    assert mapping.text["status_date"] == "'2026-11-20'"
    assert mapping.headers["status_date"] == f"--set {said}"


def test_a_given_date_makes_no_report_of_a_list_of_projects() -> None:
    mapping = mapped("Project ID", "Name", "Sponsor", "Budget", constants={"status_date": "2026-11-20"})
    assert mapping.contract.export == "projects"
    assert [(n.rule, n.severity) for n in mapping.notes] == [("set_not_used", "warning")]


def test_a_constant_stands_in_for_a_column() -> None:
    mapping = mapped("Project ID", "As of", "RAG", constants={"RAG": "it's green"})
    assert mapping.text["reported_health"] == "'it''s green'"


def test_a_constant_for_no_column_at_all_is_refused() -> None:
    with pytest.raises(UsageError, match="--set colour_of_day: the status export has no such column"):
        mapped("Project ID", "As of", "RAG", constants={"colour_of_day": "red"})


def test_a_file_without_its_key_says_which() -> None:
    error = refused("Project Name", "Sponsor", "Budget", "Phase")
    assert error.message == "the projects export needs project_id"
    assert error.problems[0].rule == "missing_column"
    assert "--set" not in error.fix  # one identifier for all projects would be none


@pytest.mark.parametrize("headers", [["a", "b"], ["", ""], ["name"], ["Invoice", "Amount", "Supplier"], ["Project ID"]])
def test_a_table_that_fits_no_export_says_what_would(headers: list[str]) -> None:
    (problem,) = refused(*headers).problems
    assert problem.rule == "unknown_export"
    assert "status: project_id, status_date" in problem.fix


def test_the_export_may_be_named() -> None:
    assert mapped("Project ID", "RAG", "Comment", export="projects").contract.export == "projects"
    assert "--as" not in refused("a", "b", export="status").problems[0].fix


def test_names_that_do_not_exist_are_refused() -> None:
    with pytest.raises(UsageError, match="there is no profile or mapping named nope"):
        mapped("a", profile="nope")
    with pytest.raises(UsageError, match="the profile uk_gmpp reads status, not goals"):
        mapped("a", profile="uk_gmpp", export="goals")


def test_a_profile_that_does_not_fit_says_what_it_lacks() -> None:
    assert refused("a", "b", profile="uk_gmpp").message == "the status export needs project_id, status_date"


@pytest.mark.parametrize("name", profiles())
def test_profiles_name_columns_of_their_contract_and_headers_that_a_reader_finds(name: str) -> None:
    profile = profiles()[name]
    form = contract(profile.export)
    assert set(profile.columns) <= set(form.columns)
    assert set(form.required) <= set(profile.columns)
    assert profile.headers() <= all_headers()
    for column, spec in profile.columns.items():
        assert set(spec.get("values", {})) <= set(form.columns[column].values)


@pytest.mark.parametrize("name", profiles())
def test_each_profile_is_recognised_by_each_of_its_sets_of_headers(name: str) -> None:
    for together in profiles()[name].recognise:
        asked = {"project_id": "P", "status_date": "2020-03-31"}
        assert mapped(*together, "something else", constants=asked).profile == name


GMPP = [
    *("project_number", "project_name", "department", "colour_rating", "start_date", "end_date"),
    *("wlc_baseline_incl_NCG", "year"),
]


def gmpp(headers: list[str], *rows: list[str | None], **how: Any) -> list[tuple[Any, ...]]:
    typed = type_rows(headers, rows, **how)
    assert (typed.mapping.profile, typed.questions, typed.found()) == ("uk_gmpp", [], [])
    names = "project_id, status_date::varchar, portfolio, reported_health, forecast_finish::varchar, budget"
    return typed.con.sql(f"select {names} from typed order by source_row").fetchall()


def test_gmpp_with_a_number_dots_in_dates_and_millions_of_pounds() -> None:
    rows = [
        ["DfT_0023", "Heathrow", "DfT", "Amber/Red", "20.05.2020", "30.09.2024", "£2,013.02", "2023"],
        ["MOD_1", "Spearfish", "MOD", "Exempt under Section 43", "Exempt", "TBC", "Exempt under Section 43", "2023"],
    ]
    assert gmpp(GMPP, *rows, delimiter=";") == [
        ("DFT_0023", "2023-03-31", "DFT", "amber/red", "2024-09-30", 2_013_020_000),
        ("MOD_1", "2023-03-31", "MOD", None, None, None),
    ]


def test_gmpp_before_2020_is_keyed_by_name() -> None:
    rows = [["Café & Bar  (Phase 1)", "BEIS", "Green", "30.06.08", "31.12.40", "£9.40", "2018"]]
    assert gmpp(GMPP[1:], *rows) == [
        ("name:cafe-and-bar-phase-1", "2018-03-31", "BEIS", "green", "2040-12-31", 9_400_000)
    ]


def test_gmpp_rows_without_a_number_are_keyed_by_name_among_those_that_have_one() -> None:
    rows = [
        [number, name, "MOD", "Green", "", "", "", "2022"]
        for number, name in [("MOD_1", "Spearfish"), ("", "Night Vision"), (None, "Type 26"), ("n/a", "Ajax")]
    ]
    found = [row[0] for row in gmpp(GMPP, *rows)]
    assert found == ["MOD_1", "name:night-vision", "name:type-26", "name:ajax"]
    assert mapped(*GMPP).keys_by_name
    assert mapped(*GMPP).headers["project_id"] == "project_number"


def test_gmpp_with_two_ratings_takes_the_one_that_is_there() -> None:
    rows = [["A", "A", "MOD", "", "Red", "", "", "", "2022"], ["B", "B", "MOD", "Green", "", "", "", "", "2022"]]
    headers = [*GMPP[:3], "colour_rating", *GMPP[3:]]
    assert [row[3] for row in gmpp(headers, *rows)] == ["red", "green"]


@pytest.mark.parametrize(
    ("rating", "cost"),
    [
        ("MPA RAG rating (A Delivery Confidence Assessment)", "Total budgeted whole life costs (£million) (including"),
        ("IPA RAG rating\n(A Delivery Confidence", "Total budgeted whole life costs (Łmillion) (including Non-gov"),
        ("IPA Delivery Confidence Assessment(A Delivery", "Whole Life Cost TOTAL Baseline £m(including Non-Gov"),
        ("IPA Delivery Confidence Assessment", "TOTAL Baseline Whole Life Costs (£m) (including Non-Gov"),
    ],
)
def test_gmpp_as_the_departments_sent_it(rating: str, cost: str) -> None:
    headers = [
        *("GMPP ID Number", "Project Name", "Department", rating),
        *("Project - Start Date\n(Latest approved start date)", "Project - End Date (Latest Approved End Date)", cost),
    ]
    rows = [
        ["DfT_1", "A", "DfT", "Amber/ Red", "01/10/2006", "31/12/2016", "£752.70"],
        ["MoD_2", "B", "MoD", "No DCA", "Data not provided", "Data exempt under section 43", "Ł1,186.00"],
    ]
    assert gmpp(headers, *rows, constants={"status_date": "2020-03-31"}) == [
        ("DFT_1", "2020-03-31", "DFT", "amber/red", "2016-12-31", 752_700_000),
        ("MOD_2", "2020-03-31", "MOD", None, None, 1_186_000_000),
    ]


IT = ["Unique Investment Identifier", "Agency Name", "CIO Evaluation Color", "Date of Last Update to CIO Evaluation"]
FUNDING = ["Funding PY1 and Prior ($ M)", "Funding PY ($ M)", "Funding CY ($ M)", "Funding BY ($ M)"]


@pytest.mark.parametrize(
    ("cells", "budget", "found"),
    [
        (["1,000.5", "2", None, "$3"], 1_005_500_000, []),
        ([None, None, None, None], None, []),
        (["1", "2", "much", "3"], None, [(2, FUNDING[0], "much", "budget_readable")]),
    ],
)
def test_a_sum_of_columns_never_passes_over_what_it_cannot_read(
    cells: list[str | None], budget: float | None, found: list[Any]
) -> None:
    typed = type_rows([*IT, *FUNDING], [["005-1", "USDA", "Green", "2017-01-05", *cells]])
    assert typed.mapping.profile == "us_it_dashboard"
    assert typed.values("budget") == [budget]
    assert typed.found() == found
