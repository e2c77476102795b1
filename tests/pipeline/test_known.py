"""As known at a publication: what was shown then is shown again, whatever was loaded, corrected or withdrawn since."""

from pathlib import Path

import pytest
from desk import Desk, Rows, day, differences, tables

from pipelines.backup import backup, restore
from pipelines.problems import StoreError, UsageError
from pipelines.rules import set_rules

STEPS = [
    ["project_id, status_date, reported_health, budget, forecast_cost\nP1, 2026-01-09, green, 100, 100"],
    ["project_id, status_date, reported_health, budget, forecast_cost\nP1, 2026-01-16, red, 100, 150"],
    ["project_id, project_name, program_id, stage, stage_from\nP2, Bridge, R1, active, 2026-01-02"],
    ["project_id, status_date, reported_health, budget, forecast_cost\nP1, 2026-01-09, amber, 100, 120"],
    ["program_id, program_name, program_portfolio\nR1, Roads, North"],
]
DAYS = ["2026-01-01", "2026-01-09", "2026-01-15", "2026-01-16", "2026-03-01"]


@pytest.fixture(scope="module")
def stepped(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk at which all steps were made; only to be read."""
    desk = Desk(tmp_path_factory.mktemp("steps"))
    for step in STEPS:
        desk.load(*step)
    return desk


def at(desk: Desk, when: str, publication: int | None = None) -> list[tuple[object, ...]]:
    return desk.rows(f"from project_at(date '{when}') order by project_key", publication)


def seen(desk: Desk, publication: int | None = None) -> tuple[dict[str, Rows], list[list[tuple[object, ...]]]]:
    """Every table, and every project on some days, by one reading: older knowledge is built for each reading."""
    with desk.warehouse.reading(publication) as reading:
        con = reading.cursor()
        days = [con.sql(f"from project_at(date '{when}') order by project_key").fetchall() for when in DAYS]
        return tables(reading), days


def test_every_publication_is_known_as_it_was_shown(desk: Desk) -> None:
    shown = []
    for step in [*STEPS, 2, 4, 1]:
        publication = desk.undo(step) if isinstance(step, int) else (desk.load(*step), desk.warehouse.publication())[1]
        shown.append((publication, *seen(desk)))
    assert [number for number, *_ in shown] == list(range(1, 9))
    for publication, before, projects in shown:
        now, projects_now = seen(desk, publication)
        assert not differences(now, before)
        assert projects_now == projects


def test_as_known_before_a_correction(stepped: Desk) -> None:
    desk = stepped
    asked = "select reported, cost, eac from project_at(date '2026-01-15') where project_key = 'P1'"
    assert desk.rows(asked, 3) == [("green", "green", 100.0)]
    assert desk.rows(asked) == desk.rows(asked, 4) == [("amber", "amber", 120.0)]
    assert desk.rows("select portfolio from project_at(date '2026-01-15') where project_key = 'P2'", 4) == [(None,)]
    assert desk.rows("select portfolio from project_at(date '2026-01-15') where project_key = 'P2'") == [("North",)]


def test_rules_are_those_known_at_the_publication(desk: Desk) -> None:
    desk.load(STEPS[0][0].replace("100\n", "115\n").replace("green, 100, 100", "green, 100, 115"))
    before = at(desk, "2026-01-09")
    assert set_rules(desk.warehouse, {"cost_amber": 0.2}, "looser") == 2
    asked = "select cost from project_at(date '2026-01-09') where project_key = 'P1'"
    assert desk.rows(asked) == [("green",)]
    assert desk.rows(asked, 1) == [("amber",)]
    assert at(desk, "2026-01-09", 1) == before


def test_where_nothing_was_reported_the_review_date_is_that_of_the_load(desk: Desk) -> None:
    desk.load("project_id, project_name\nP1, Harbour")
    shown = desk.rows("from review_date")
    assert len(shown) == 1
    assert shown[0][0].isoweekday() == 5
    desk.load("project_id, status_date, reported_health\nP1, 2026-01-09, green")
    assert desk.rows("from review_date") == [(day("01-09"),)]
    assert desk.rows("from review_date", 1) == shown


def test_a_publication_that_is_not_there(desk: Desk) -> None:
    with pytest.raises(UsageError, match="nothing is loaded"):
        desk.rows("from fct_status")
    desk.load(*STEPS[0])
    with pytest.raises(UsageError, match="there is no publication 2"):
        desk.rows("from fct_status", 2)


def test_a_damaged_store_is_one_clear_error(desk: Desk) -> None:
    desk.load(*STEPS[0])
    desk.warehouse.facts.path().write_bytes(b"no database")
    with pytest.raises(StoreError, match="cannot be opened"):
        desk.rows("from fct_status")


def test_a_publication_whose_file_is_kept_is_read_from_it_as_it_would_be_built(stepped: Desk) -> None:
    assert stepped.warehouse.kept(5, 1) is None
    kept = stepped.warehouse.kept(5, 4)
    assert kept is not None
    with kept.cursor() as con:
        shown = [con.sql(f"from project_at(date '{when}') order by project_key").fetchall() for when in DAYS]
    assert shown == seen(stepped, 4)[1]
    kept.close()


def test_the_file_of_another_history_is_not_taken_for_a_publication(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Desk(tmp_path / "other")
    other.load(STEPS[1][0])
    other.load(STEPS[3][0])
    backup(other.warehouse.folder, tmp_path / "other.zip")
    desk.load(STEPS[0][0])
    restore(desk.warehouse.folder, tmp_path / "other.zip")
    assert (desk.warehouse.facts.version(), desk.warehouse.publication()) == (2, 2)
    assert desk.warehouse.kept(2, 1) is None


def test_what_came_since_is_taken_back_on_a_copy_that_leaves_nothing_behind(stepped: Desk) -> None:
    desk = stepped
    with desk.warehouse.reading(4) as reading:
        assert reading.cursor().sql("select current_setting('search_path')").fetchall() == [("known.main",)]
        assert not list(desk.warehouse.folder.glob("known-*"))
    with desk.warehouse.reading(1) as reading:
        assert reading.cursor().sql("select current_setting('search_path')").fetchall() == [("known.main,facts.main",)]
