"""What a person says of a file, and what is remembered of it for the next one."""

import json
from pathlib import Path

import pytest
from desk import Desk, csv
from tables import type_rows

from pipelines import mappings
from pipelines.__main__ import main
from pipelines.chosen import unit_of
from pipelines.header_names import names_of, place_of
from pipelines.problems import DataProblem, UsageError
from pipelines.profile import as_yaml, parse, profiles
from pipelines.report import How

HEADERS = ("Ref", "Snapshot", "Judgement", "Aim", "Sprint", "Sprint", "Money ($m)")
ROW = ("A1", "2026-11-13", "Sunny", "2026-12-01", "One", "Two", "1.5")

WEEK = """
    Ref, Snapshot,   Judgement, Aim,        Region, Money ($m)
    A1,  2026-11-13, Sunny,     2026-12-01, North,  1.5
    A2,  2026-11-13, Stormy,    2026-12-05, South,  2
"""
NEXT = """
    REF, Aim,        money ($M), Judgement, Region, Snap-shot
    A1,  2026-12-02, 1.6,        Stormy,    North,  2026-11-20
    A2,  2026-12-05, 2,          Sunny,     West,   2026-11-20
"""
HOW = {
    "export": "status",
    "columns": {
        "project_id": "Ref",
        "status_date": "Snapshot",
        "reported_health": "Judgement",
        "forecast_finish": "Aim",
        "budget": "Money ($m)",
    },
    "values": {"reported_health": {"Sunny": "green", "Stormy": "red"}},
    "attributes": ("Region",),
}


def remember(desk: Desk, name: str = "Weather tool") -> None:
    """Check the first week's file as a person would, and save how it was read."""
    report = desk.try_load(WEEK, dry_run=True, **HOW)
    assert not report.blocked, report.files[0].problems
    mappings.save(desk.warehouse, name, as_yaml(mappings.from_how(report.files[0], How(**HOW))))


def test_a_header_is_named_by_its_place_where_several_are_alike() -> None:
    headers = ("Sprint", "sprint #", "Sprint", "Sprint [2]", "", "%")
    assert names_of(("Sprint", "Sprint", "", "")) == ("Sprint", "Sprint [2]", "", "")
    assert [place_of(headers, said) for said in ("Sprint", "Sprint [3]", "Sprint [2]", "SPRINT #", "%")] == [
        0,
        2,
        3,  # a header that says just this goes before the second of that name
        0,
        5,
    ]
    assert place_of(headers, "Sprint [9]") is None
    assert place_of(headers, "") == 4


def test_columns_values_and_attributes_are_read_as_they_were_chosen() -> None:
    typed = type_rows(
        HEADERS,
        [ROW],
        **{**HOW, "columns": {**HOW["columns"], "comment": "Sprint [2]"}, "attributes": ("Sprint",)},
    )
    assert (typed.values("project_id"), typed.values("reported_health")) == (["A1"], ["green"])
    assert typed.values("comment") == ["Two"]
    assert typed.mapping.attributes == {"Sprint": "c4"}
    assert typed.values("budget") == [1_500_000]
    assert typed.mapping.unmapped == ()


def test_a_column_can_be_left_unread_and_a_header_feeds_one_column() -> None:
    headers = ("Project ID", "As of", "End date", "RAG", "Budget")
    row = ("P1", "2026-11-13", "2026-12-01", "green", "100")
    moved = type_rows(headers, [row], columns={"baseline_finish": "End date", "budget": ""})
    assert moved.mapping.headers["baseline_finish"] == "End date"
    assert "forecast_finish" not in moved.mapping.headers
    assert "budget" not in moved.mapping.headers
    assert moved.mapping.unmapped == ("Budget",)
    both = type_rows(headers, [row], columns={"baseline_finish": "End date", "forecast_finish": "End date"})
    assert both.values("baseline_finish") == both.values("forecast_finish")


def test_a_key_may_also_be_the_name() -> None:
    typed = type_rows(
        ("Project name", "As of", "RAG"), [("Depot", "2026-11-13", "green")], columns={"project_id": "project name"}
    )
    assert typed.values("project_id") == typed.values("project_name") == ["Depot"]


def test_a_text_can_say_that_nothing_is_known() -> None:
    typed = type_rows(
        ("Project ID", "As of", "RAG"), [("P1", "2026-11-13", "Blue sky"), ("P2", "2026-11-13", "🟦")],
        values={"rag": {"Blue sky": "", "🟦": "amber"}},
    )  # fmt: skip
    assert typed.values("reported_health") == [None, "amber"]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"columns": {"no_such": "RAG"}}, "the status export has no such column"),
        ({"values": {"reported_health": {"Sunny": "blue"}}}, "reported_health has no value blue"),
        ({"values": {"comment": {"x": "y"}}}, "comment has no list of allowed values"),
    ],
)
def test_what_no_contract_knows_is_an_error_that_says_what_there_is(how: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says) as raised:
        type_rows(("Project ID", "As of", "RAG"), [("P1", "2026-11-13", "green")], **how)
    assert raised.value.fix


@pytest.mark.parametrize("how", [{"columns": {"sponsor": "Boss"}}, {"attributes": ("Boss",)}])
def test_a_header_that_the_file_lacks_is_named_beside_those_that_it_has(how: dict[str, object]) -> None:
    with pytest.raises(DataProblem, match="the file has no header Boss") as raised:
        type_rows(("Project ID", "As of", "RAG"), [("P1", "2026-11-13", "green")], **how)
    assert "Project ID, As of, RAG" in raised.value.problems[0].fix


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("Budget ($m)*", (1e6, None)),
        ("Total budget (millions)", (1e6, None)),
        ("Planned Cost ($ M)", (1e6, None)),
        ("Cost (£k)", (1e3, "GBP")),
        ("Kosten (TSD EUR)", (1e3, "EUR")),
        ("Spend in £ millions", (1e6, "GBP")),
        ("Budget AUD '000", (1e3, "AUD")),
        ("Budget (TEUR)", (1e3, "EUR")),
        ("Kosten in T€", (1e3, "EUR")),
        ("Budget k€", (1e3, "EUR")),
        ("Kosten (Mio. EUR)", (1e6, "EUR")),
        ("Spend £k", (1e3, "GBP")),
        ("Spend", (None, None)),
        ("Budget ($ mil)", (1e6, None)),
        ("Budget (INR Cr)", (1e7, "INR")),
        ("Cost (EUR)", (None, "EUR")),
        ("Cost (b)", (None, None)),
        ("Effort (hours)", (None, None)),
        ("Budget x1000", (1e3, None)),
        ("Budget / k", (1e3, None)),
        ("Budget_keur", (1e3, "EUR")),
        ("budget_in_mio", (1e6, None)),
        ("Budget x 1,000,000", (1e6, None)),
        ("Milestones met", (None, None)),
        ("Team", (None, None)),
        ("Presupuesto (miles €)", (1e3, "EUR")),
        ("予算（百万円）", (1e6, None)),
        ("Budget (tys. PLN)", (1e3, "PLN")),
        ("Budget (in Tausend Euro)", (1e3, "EUR")),
        ("Budget (mil EUR)", (None, "EUR")),
    ],
)
def test_the_unit_that_a_header_states(header: str, unit: tuple[float | None, str | None]) -> None:
    assert unit_of(header) == unit


def test_columns_of_two_units_are_each_read_in_their_own_and_one_of_none_is_told() -> None:
    headers = ("Project ID", "As of", "Plan (EUR k)", "Spent so far (EUR m)", "Forecasted")
    row = ("P1", "2026-11-13", "2000", "1", "3")
    both = {"budget": "Plan (EUR k)", "actual_cost": "Spent so far (EUR m)"}
    typed = type_rows(headers, [row], columns={**both, "forecast_cost": "Forecasted"})
    assert [typed.values(name)[0] for name in ("budget", "actual_cost", "forecast_cost")] == [2e6, 1e6, 3]
    assert [note.column for note in typed.notes if note.rule == "unit_assumed"] == ["Forecasted"]
    with pytest.raises(DataProblem, match="state different currencies"):
        type_rows(
            (*headers[:3], "Spent (USD k)"), [row[:4]], columns={"budget": headers[2], "actual_cost": "Spent (USD k)"}
        )
    typed = type_rows(headers, [row], columns={"budget": "Plan (EUR k)", "forecast_cost": "Forecasted"})
    assert (typed.values("budget"), typed.values("forecast_cost"), typed.currency) == ([2e6], [3e3], "EUR")
    assert [note.column for note in typed.notes if note.rule == "unit_assumed"] == ["Forecasted"]


def test_a_unit_that_is_not_known_is_asked_and_one_in_a_cell_is_its_own() -> None:
    headers, columns = ("Project ID", "As of", "Budget (mil EUR)"), {"budget": "Budget (mil EUR)"}
    rows = [("P1", "2026-11-13", "2"), ("P2", "2026-11-13", "1.2M")]
    with pytest.raises(DataProblem, match="says “mil EUR”") as raised:
        type_rows(headers, rows, columns=columns)
    assert "--scale 1000" in raised.value.fix
    typed = type_rows(headers, rows, columns=columns, scale=1e3)
    assert typed.values("budget") == [2_000, 1_200_000]
    assert typed.found() == [(3, "Budget (mil EUR)", "1.2M", "budget_own_unit")]


def test_next_week_the_same_headers_are_read_without_a_question(desk: Desk) -> None:
    remember(desk)
    report = desk.try_load(NEXT)
    assert report.published
    assert report.files[0].profile == "Weather tool"
    assert desk.rows("select project_id, reported_health, budget, currency from fact_status order by 1") == [
        ("A1", "red", 1_600_000, None),
        ("A2", "green", 2_000_000, None),
    ]
    assert desk.rows("select project_key, name, value from project_attribute order by 1") == [
        ("A1", "Region", "North"),
        ("A2", "Region", "West"),
    ]
    assert desk.rows("select profile from load") == [("Weather tool",)]


def test_a_column_more_is_still_the_same_tool_and_another_table_is_not(desk: Desk) -> None:
    remember(desk)
    more = csv(NEXT).replace("REF,", "REF,New thing,").replace("A1,", "A1,x,").replace("A2,", "A2,x,")
    assert desk.try_load(more).files[0].profile == "Weather tool"
    other = desk.try_load("Ref, Snapshot, Judgement, Aim, Money ($m), A, B, C, D\nA1, 2026-11-20, x, y, 1, , , ,\n")
    assert other.files[0].profile is None
    assert other.blocked
    lacking = desk.try_load("Ref, Snapshot, Judgement, Region, Aim\nA1, 2026-11-20, Sunny, x, 2026-12-01\n")
    assert lacking.files[0].profile is None
    assert lacking.blocked


def test_a_mapping_of_just_these_headers_goes_before_a_shipped_profile(desk: Desk) -> None:
    nyc = """
        Date Reported As Of, PID, Managing Agency, Budget Forecast, Forecast Completion
        11/20/2026,          7,   DEP,             5,               12/31/2026
    """
    how = {"columns": {"project_id": "PID", "portfolio": ""}, "attributes": ("Managing Agency",)}
    first = desk.try_load(nyc, dry_run=True, **how)
    assert first.files[0].profile == "nyc_capital"
    made = mappings.from_how(first.files[0], How(**how))
    assert made.columns["project_id"] == profiles()["nyc_capital"].columns["project_id"]
    mappings.save(desk.warehouse, "Capital", as_yaml(made))
    report = desk.try_load(nyc)
    assert (report.published is not None, report.files[0].profile) == (True, "Capital")
    assert desk.rows("select project_id, portfolio from fact_status") == [("NYC-7", None)]
    assert desk.try_load(nyc, profile="nyc_capital", dry_run=True).files[0].profile == "nyc_capital"


def test_the_status_date_of_one_week_is_not_remembered_but_other_values_are(desk: Desk) -> None:
    undated = "Ref, Judgement, Aim\nA1, Green, 2026-12-01\n"
    how = {
        "export": "status",
        "columns": {"project_id": "Ref", "reported_health": "Judgement", "forecast_finish": "Aim"},
        "constants": {"status_date": "2026-11-13", "currency": "EUR"},
    }
    report = desk.try_load(undated, dry_run=True, **how)
    mappings.save(desk.warehouse, "Undated", as_yaml(mappings.from_how(report.files[0], How(**how))))
    again = desk.try_load(undated)
    assert [p.rule for p in again.files[0].problems] == ["missing_column"]
    assert "status date" in again.files[0].problems[0].message
    dated = desk.try_load(undated, constants={"status_date": "2026-11-20"})
    assert dated.published
    assert desk.rows("select currency from fact_status") == [("EUR",)]


def test_of_headers_that_are_alike_the_chosen_one_is_remembered(desk: Desk) -> None:
    text = "Ref, Snapshot, Note, Note, Judgement\nA1, 2026-11-20, , second, green\nA2, 2026-11-20, first, second, red\n"
    newest = "select comment from fact_status where load_id = (select max(load_id) from load) order by project_id"
    for header, expected in (("Note", [None, "first"]), ("Note [2]", ["second", "second"])):
        columns = {"project_id": "Ref", "status_date": "Snapshot", "comment": header, "reported_health": "Judgement"}
        how = {"export": "status", "columns": columns}
        report = desk.try_load(text, dry_run=True, **how)
        name = f"Notes {header}"
        mappings.save(desk.warehouse, name, as_yaml(mappings.from_how(report.files[0], How(**how))))
        assert desk.try_load(text, profile=name).published
        assert desk.rows(newest) == [(cell,) for cell in expected]


def test_names_are_kept_renamed_and_deleted_and_the_history_holds_all_of_it(desk: Desk) -> None:
    text = "profile: x\nexport: projects\ncolumns:\n  project_id: {from: [Ref]}\n"
    assert mappings.remembered(desk.warehouse) == {} == dict(enumerate(mappings.history(desk.warehouse)))
    mappings.save(desk.warehouse, " Planview \n weekly\u200b ", text)
    mappings.save(desk.warehouse, "Planview weekly", text.replace("Ref", "Key"))
    mappings.rename(desk.warehouse, "Planview weekly", "Planview")
    mappings.save(desk.warehouse, "Clarity", text)
    assert list(mappings.remembered(desk.warehouse)) == ["Clarity", "Planview"]
    assert mappings.remembered(desk.warehouse)["Planview"].columns["project_id"] == {"from": ["Key"]}
    mappings.delete(desk.warehouse, "Clarity")
    assert [one["name"] for one in mappings.listed(desk.warehouse)] == ["Planview"]
    assert [(row.name, row.text is None) for row in mappings.history(desk.warehouse)] == [
        ("Planview weekly", False),
        ("Planview weekly", False),
        ("Planview weekly", True),
        ("Planview", False),
        ("Clarity", False),
        ("Clarity", True),
    ]
    assert all(row.recorded_at and row.recorded_by for row in mappings.history(desk.warehouse))
    assert not desk.warehouse.facts.version()


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("", "profile: x\nexport: projects\ncolumns: {project_id: {from: [Ref]}}", "needs a name"),
        ("uk_gmpp", "profile: x\nexport: projects\ncolumns: {project_id: {from: [Ref]}}", "shipped profile"),
        ("x" * 61, "profile: x\nexport: projects\ncolumns: {project_id: {from: [Ref]}}", "61 characters"),
        ("mine", "columns: [", "is no profile"),
        ("mine", "profile: x\nexport: projects\ncolumns: {colour: {from: [Ref]}}", "no such column"),
    ],
)
def test_what_can_not_be_remembered_is_said_and_nothing_is_written(desk: Desk, name: str, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        mappings.save(desk.warehouse, name, text)
    assert mappings.history(desk.warehouse) == []


def test_unknown_and_taken_names_are_errors(desk: Desk) -> None:
    text = "profile: x\nexport: projects\ncolumns:\n  project_id: {from: [Ref]}\n"
    for name in ("One", "Two"):
        mappings.save(desk.warehouse, name, text)
    with pytest.raises(UsageError, match="there is no mapping named Three"):
        mappings.delete(desk.warehouse, "Three")
    with pytest.raises(UsageError, match="there is a mapping Two already"):
        mappings.rename(desk.warehouse, "One", "Two")


def test_the_command_line_maps_saves_lists_exports_and_imports(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: str) -> str:
        assert main(["--warehouse", str(desk.warehouse.folder), *arguments]) == 0
        return capsys.readouterr().out

    columns = [option for column, header in HOW["columns"].items() for option in ("--map", f"{column}={header}")]
    values = ["--value", "reported_health:Sunny=green", "--value", "reported_health:Stormy=red", "--keep", "Region"]
    out = run("load", "--as", "status", *columns, *values, "--save-mapping", "Weather", str(desk.file(WEEK)))
    assert "remembered as Weather" in out
    assert "profile Weather" in run("load", str(desk.file(NEXT)))
    assert json.loads(run("mappings", "--json"))["mappings"][0]["attributes"] == ["Region"]
    assert "reported_health from Judgement" in run("mappings")
    file = tmp_path / "weather.yaml"
    run("mappings", "--export", "Weather", "--out", str(file))
    run("mappings", "--delete", "Weather")
    assert "No mapping is remembered" in run("mappings")
    run("mappings", "--import", str(file))
    run("mappings", "--rename", "Weather", "--to", "Sky")
    assert parse(file.read_text("utf-8"), "file") == parse(
        run("mappings", "--export", "Sky").replace("Sky", "Weather"), "out"
    )


def test_the_same_file_read_otherwise_is_news(desk: Desk) -> None:
    named = ("project_id=Ref", "status_date=Snapshot", "forecast_finish=Aim")
    columns = [option for one in named for option in ("--map", one)]
    load = ["--warehouse", str(desk.warehouse.folder), "load", str(desk.file(WEEK)), "--as", "status", *columns]
    budget = "select budget from fct_status where project_id = 'A1'"
    assert main(load) == 0
    assert desk.rows(budget) == [(None,)]
    assert main([*load, "--map", "budget=Money ($m)"]) == 0
    assert desk.rows(budget) == [(1_500_000,)]


def test_the_order_of_day_and_month_that_one_file_tells_is_remembered_for_the_next(desk: Desk) -> None:
    text = "Ref, Snapshot, Judgement\nA1, 13/10/2026, Green\n"
    next_week = "Ref, Snapshot, Judgement\nA1, 04/11/2026, Red\n"
    how = ["--as", "status", "--map", "project_id=Ref", "--map", "status_date=Snapshot", "--map", "rag=Judgement"]
    load = ["--warehouse", str(desk.warehouse.folder), "load"]
    assert main([*load, str(desk.file(next_week)), *how, "--dry-run"]) == 1  # it can be read both ways
    assert main([*load, str(desk.file(text)), *how, "--save-mapping", "Slashes"]) == 0
    assert main([*load, str(desk.file(next_week))]) == 0
    assert desk.rows("select max(status_date)::varchar from fct_status") == [("2026-11-04",)]
