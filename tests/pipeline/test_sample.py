"""The sample organisation: the same bytes everywhere, clean in the pipeline, its planted troubles there to be found."""

import csv
import datetime as dt
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.contract import EXPORTS, contract
from pipelines.load import LoadReport, Request, load
from pipelines.sample import LAST_WEEK, STATUS_COLUMNS, generate
from pipelines.sample_stories import STORIES
from pipelines.warehouse import Warehouse

COMMITTED = Path(__file__).parents[2] / "data" / "sample"
TODAY = LAST_WEEK + dt.timedelta(days=2)
# The library that validates loads imports a module that Python deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning")
LAST = f"project_at(date '{LAST_WEEK}')"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Warehouse, LoadReport]:
    warehouse = Warehouse(tmp_path_factory.mktemp("sample") / "warehouse")
    return warehouse, load(warehouse, Request([COMMITTED / f"{export}.csv" for export in EXPORTS]), today=TODAY)


@pytest.fixture(scope="module")
def con(loaded: tuple[Warehouse, LoadReport]) -> Iterator[duckdb.DuckDBPyConnection]:
    with loaded[0].reading() as reading:
        yield reading.cursor()


def one(con: duckdb.DuckDBPyConnection, sql: str) -> Any:
    return con.sql(sql).fetchall()[0][0]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_committed_files_are_what_is_generated(tmp_path: Path) -> None:
    first, second = generate(tmp_path / "a"), generate(tmp_path / "b")
    assert list(first) == list(EXPORTS)
    for export, path in first.items():
        assert path.read_bytes() == second[export].read_bytes()
        assert path.read_bytes() == (COMMITTED / f"{export}.csv").read_bytes(), "run python -m pipelines.sample"


def test_another_seed_gives_another_organisation(tmp_path: Path) -> None:
    assert generate(tmp_path, seed=1)["status"].read_bytes() != (COMMITTED / "status.csv").read_bytes()


def test_the_files_are_small_and_sorted() -> None:
    assert (COMMITTED / "status.csv").stat().st_size < 1_900_000
    keys = [(row["status_date"], row["project_id"]) for row in rows(COMMITTED / "status.csv")]
    assert keys == sorted(set(keys))
    assert (keys[0][0], keys[-1][0]) == ("2024-11-29", "2026-11-20")


def test_headers_are_the_contracts_own() -> None:
    for export in ("goals", "programs", "projects"):
        assert list(rows(COMMITTED / f"{export}.csv")[0]) == list(contract(export).columns)
    assert set(STATUS_COLUMNS) < set(contract("status").columns)


def test_names_are_unique_and_speak() -> None:
    names = [row["project_name"] for row in rows(COMMITTED / "projects.csv")]
    assert len(names) == len(set(names)) == 240
    assert not any(letter.isdigit() for name in names for letter in name)
    assert set(STORIES) <= set(names)


def test_it_loads_without_a_rejected_row_or_a_warning(loaded: tuple[Warehouse, LoadReport]) -> None:
    report = loaded[1]
    assert report.published == 1
    assert [(f.rows_rejected, f.warnings) for f in report.files] == [(0, 0)] * 4
    assert [f.rows_loaded for f in report.files] == [len(rows(COMMITTED / f"{export}.csv")) for export in EXPORTS]


def test_health_at_the_end_is_believable(con: duckdb.DuckDBPyConnection) -> None:
    def shares(basis: str) -> dict[str, float]:
        counts = con.sql(f"select {basis}, count(*) from {LAST} where is_live group by all").fetchall()
        total = sum(n for _, n in counts)
        return {colour: n / total for colour, n in counts}

    assert 145 <= one(con, f"select count(*) from {LAST} where is_live") <= 170
    assert 200e6 < one(con, f"select sum(budget) from {LAST} where is_live") < 500e6
    reported, computed = shares("reported"), shares("computed")
    assert reported == pytest.approx({"green": 0.65, "amber": 0.22, "red": 0.09, "unknown": 0.04}, abs=0.05)
    assert computed == pytest.approx({"green": 0.52, "amber": 0.27, "red": 0.17, "unknown": 0.04}, abs=0.05)


def test_red_grows_over_the_last_six_weeks(con: duckdb.DuckDBPyConnection) -> None:
    red = con.sql(
        "select sum(projects) filter (computed = 'red') / sum(projects) from mart_health_week "
        f"where review_date > date '{LAST_WEEK}' - 49 group by review_date order by review_date"
    ).fetchall()
    shares = [share for (share,) in red]
    assert shares[-1] - shares[0] > 0.02
    assert all(after - before > -0.01 for before, after in pairwise(shares))


def test_watermelons_and_hidden_strength(con: duckdb.DuckDBPyConnection) -> None:
    pairs = f"select count(*) from {LAST} where is_live and (reported, computed) = "
    assert 8 <= one(con, f"{pairs} ('green', 'red')") <= 10
    assert one(con, f"{pairs} ('red', 'green')") == 2


def test_the_quiet_program_is_worst_and_nobody_says_so(con: duckdb.DuckDBPyConnection) -> None:
    worst, computed, reported = con.sql(
        f"""
        select
            program_name,
            sum(budget) filter (computed = 'red') / sum(budget) as computed_red,
            coalesce(sum(budget) filter (reported = 'red'), 0) / sum(budget) as reported_red
        from {LAST} join stg_programs using (program_id)
        where is_live group by program_name order by computed_red desc nulls last limit 1
        """
    ).fetchall()[0]
    assert worst == "Warehouse automation"
    assert computed > 0.7
    assert reported < 0.1


def test_the_cascade_follows_the_platform(con: duckdb.DuckDBPyConnection) -> None:
    waiting = ("Loyalty wallet", "Buyer self-service portal", "Agent single sign-on", "Smart home account linking")
    turned = dict(
        con.sql(
            "select project_name, min(status_date) from fct_status "
            "where (forecast_finish - baseline_finish) / (baseline_finish - baseline_start) >= 0.3 "
            f"and project_name in {('Customer identity platform', *waiting)} group by all"
        ).fetchall()
    )
    platform = turned.pop("Customer identity platform")
    assert set(turned) == set(waiting)
    assert all(platform < day for day in turned.values())
    said = "select count(distinct f.project_id) from fact_status f join stg_projects p using (project_id) "
    assert one(con, f"{said} where comment ilike '%identity platform%' and p.project_name in {waiting}") == 4


def test_one_of_two_critical_projects_is_red(con: duckdb.DuckDBPyConnection) -> None:
    found = con.sql(f"select computed from {LAST} where is_critical and is_live order by 1").fetchall()
    assert found == [("green",), ("red",)]


def test_one_project_recovered_and_says_why(con: duckdb.DuckDBPyConnection) -> None:
    story = [
        colour
        for (colour,) in con.sql(
            "select reported_colour from fct_status "
            "where project_name = 'Store inventory accuracy' order by status_date"
        ).fetchall()
    ]
    assert Counter(story)["red"] > 12
    assert story[-4:] == ["green"] * 4
    assert one(con, f"select computed from {LAST} where project_name = 'Store inventory accuracy'") == "green"
    assert one(con, "select count(*) from fact_status where comment like '%second team%'") == 1


def test_stale_and_missing_reports(con: duckdb.DuckDBPyConnection) -> None:
    assert 5 <= one(con, f"select count(*) from {LAST} where is_stale") <= 8
    ages = f"select min(date '{LAST_WEEK}' - status_date) from {LAST} where is_stale"
    assert one(con, ages) >= 21
    assert 3 <= one(con, f"select count(*) from {LAST} where is_live and stage = 'active' and not is_reported") <= 6


def test_gaps_that_a_real_organisation_has(con: duckdb.DuckDBPyConnection) -> None:
    assert 0.03 < one(con, f"select count(*) filter (goal_id is null) / count(*) from {LAST}") < 0.08
    assert one(con, f"select count(*) from {LAST} where program_id is null") == 3
    assert 2 <= one(con, f"select count(*) from {LAST} where budget is null") <= 8
    stages = {stage for (stage,) in con.sql(f"select distinct stage from {LAST}").fetchall()}
    assert stages == set(contract("projects").columns["stage"].values)
    uncovered = f"select goal_id from stg_goals anti join (select * from {LAST} where is_live) using (goal_id)"
    assert one(con, f"select goal_id from ({uncovered}) where goal_id like '%.%'") == "G-3.2"


def test_comments_stand_on_some_rows() -> None:
    found = [row["comment"] for row in rows(COMMITTED / "status.csv")]
    assert 0.15 < sum(map(bool, found)) / len(found) < 0.25
    assert not any("{" in text or "None" in text for text in found)


def test_reports_stop_when_a_project_ends() -> None:
    status: dict[str, dict[str, str]] = {row["project_id"]: row for row in rows(COMMITTED / "status.csv")}
    for project in rows(COMMITTED / "projects.csv"):
        last = status.get(project["project_id"])
        if project["stage"] == "completed":
            assert last
            assert last["actual_finish"] == last["forecast_finish"] == project["stage_from"] <= last["status_date"]
            assert last["percent_complete"] == "100"
        elif last:
            assert not last["actual_finish"]


@pytest.mark.parametrize("projects", [7, 300])
def test_a_complete_history_has_a_row_a_project_and_week(tmp_path: Path, projects: int) -> None:
    made = generate(tmp_path, projects=projects, weeks=9, always_live=True)
    found = rows(made["status"])
    assert Counter(row["status_date"] for row in found) == {
        str(LAST_WEEK - dt.timedelta(weeks=week)): projects for week in range(9)
    }
    assert {row["stage"] for row in rows(made["projects"])} == {"active"}


@pytest.mark.parametrize("always_live", [True, False])
def test_one_week_is_that_of_the_whole_history(tmp_path: Path, always_live: bool) -> None:
    week = LAST_WEEK - dt.timedelta(weeks=2)
    whole = generate(tmp_path / "whole", projects=260, weeks=12, always_live=always_live)
    single = generate(tmp_path / "single", projects=260, weeks=12, always_live=always_live, only_week=week)
    assert list(single) == ["status"]
    assert rows(single["status"]) == [row for row in rows(whole["status"]) if row["status_date"] == str(week)]


def test_the_week_after_the_history_loads_into_it(tmp_path: Path) -> None:
    last, following = dt.date(2026, 11, 6), dt.date(2026, 11, 13)
    history = generate(tmp_path / "a", projects=250, weeks=4, last_week=last, always_live=True)
    added = generate(tmp_path / "b", projects=250, weeks=4, last_week=last, always_live=True, only_week=following)
    warehouse = Warehouse(tmp_path / "warehouse")
    load(warehouse, Request([history["status"]]), today=TODAY)
    (file,) = load(warehouse, Request([added["status"]]), today=TODAY).files
    assert (file.rows_new, file.rows_restated, file.rows_rejected, file.warnings) == (250, 0, 0, 0)


def test_a_larger_organisation_lives_as_the_sample_does(tmp_path: Path) -> None:
    made = generate(tmp_path, projects=600, weeks=20)
    stages = Counter(row["stage"] for row in rows(made["projects"]))
    assert set(stages) == set(contract("projects").columns["stage"].values)
    assert len({row["project_name"] for row in rows(made["projects"])}) == 600
