"""Columns that no contract knows, kept as attributes of the projects: what counts, since when, and who may see what."""

import datetime as dt

import pytest
from desk import Desk, day, differences

from analytics import project, projects
from analytics.projects import Filter
from analytics.reading import Scope, Source

FIRST = """
    project_id, status_date, reported_health, Region, Cost centre
    P1,         2026-11-06,  green,           North,  100
    P2,         2026-11-06,  red,             South,
"""
SECOND = """
    project_id, status_date, reported_health, Region, Cost centre
    P1,         2026-11-13,  green,           West,
    P2,         2026-11-13,  red,             South,  200
"""
LIST = """
    project_id, project_name, Region
    P1,         Depot,        Head office
"""
KEEP = {"attributes": ("Region", "Cost centre")}


def held(desk: Desk, on: str = "2026-11-20", publication: int | None = None) -> dict[tuple[str, str], str]:
    """Every attribute on a day, as known at a publication."""
    with desk.warehouse.reading(publication) as reading:
        source = Source(reading)
        keys = [key for (key,) in source.rows(f"select project_key from {source.on(day(on))}")]
        found = [(key, project.project(source, day(on), key)) for key in keys]
        return {(key, fact.name): fact.value for key, one in found if one for fact in one.attributes}


def test_the_newest_report_up_to_the_review_counts_and_an_empty_cell_says_nothing(desk: Desk) -> None:
    desk.load(FIRST, **KEEP)
    desk.load(SECOND, **KEEP)
    assert held(desk, "2026-11-13") == {
        ("P1", "Region"): "West",
        ("P1", "Cost centre"): "100",
        ("P2", "Region"): "South",
        ("P2", "Cost centre"): "200",
    }
    assert held(desk, "2026-11-06") == {
        ("P1", "Region"): "North",
        ("P1", "Cost centre"): "100",
        ("P2", "Region"): "South",
    }


def test_the_projects_export_outranks_status_reports(desk: Desk) -> None:
    desk.load(LIST, attributes=("Region",))
    desk.load(FIRST, **KEEP)
    assert held(desk)["P1", "Region"] == "Head office"


def test_attributes_go_and_come_with_their_load_and_are_known_as_they_were(desk: Desk) -> None:
    (first,) = desk.load(FIRST, **KEEP)
    (second,) = desk.load(SECOND, **KEEP)
    before, after = held(desk, publication=1), held(desk)
    desk.undo(second)
    assert held(desk) == before
    desk.redo(second)
    assert held(desk) == after
    desk.undo(first)
    assert held(desk) == {("P1", "Region"): "West", ("P2", "Region"): "South", ("P2", "Cost centre"): "200"}
    assert held(desk, publication=1) == before
    assert differences(desk.tables(), desk.rebuilt()) == {}


def test_a_load_that_brings_nothing_but_attributes_is_news_once(desk: Desk) -> None:
    plain = desk.load(FIRST)
    assert held(desk) == {}
    kept = desk.try_load(FIRST, **KEEP)
    assert (kept.published, kept.files[0].rows_unchanged, kept.files[0].attributes_new) == (2, 2, 3)
    again = desk.try_load(FIRST, **KEEP)
    assert (again.published, again.has_news) == (None, False)
    desk.undo(2)
    assert (held(desk), plain) == ({}, [1])


def test_a_restated_attribute_is_counted_and_a_dry_run_writes_none(desk: Desk) -> None:
    desk.load(FIRST, **KEEP)
    report = desk.try_load(FIRST.replace("North", "East"), dry_run=True, **KEEP)
    assert (report.has_news, report.files[0].rows_unchanged, report.files[0].attributes_new) == (True, 2, 1)
    assert held(desk)["P1", "Region"] == "North"
    desk.load(FIRST.replace("North", "East"), **KEEP)
    assert held(desk)["P1", "Region"] == "East"


def test_rejected_rows_bring_no_attributes(desk: Desk) -> None:
    text = FIRST.replace("2026-11-06,  green", "not a day,   green")
    assert desk.try_load(text, quarantine=True, **KEEP).published
    assert held(desk) == {("P2", "Region"): "South"}


def test_exports_of_goals_and_programs_keep_none_and_say_so(desk: Desk) -> None:
    report = desk.try_load("goal_id, goal_name, Region\nG1, Growth, North\n", attributes=("Region",))
    assert report.published
    assert [p.rule for p in report.files[0].problems] == ["attributes_not_kept"]


def test_each_attribute_says_which_row_it_is_from(desk: Desk) -> None:
    desk.load(FIRST, **KEEP)
    with desk.warehouse.reading() as reading:
        one = project.project(Source(reading), day("2026-11-20"), "P2")
    assert one
    (region,) = one.attributes
    assert region.origin
    assert (region.name, region.value, region.origin.row, region.origin.load_id) == ("Region", "South", 3, 1)


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        (Filter(attribute="Region", value="South"), ["P2"]),
        (Filter(attribute="Region"), ["P1", "P2"]),
        (Filter(attribute="Cost centre"), ["P1"]),
        (Filter(attribute="Region", value="'; drop table load; --"), []),
        (Filter(attribute="nobody"), []),
        (Filter(attribute="Region", value="North", text="p1", stage="any"), ["P1"]),
    ],
)
def test_the_register_is_narrowed_to_an_attribute(desk: Desk, wanted: Filter, keys: list[str]) -> None:
    desk.load(FIRST, **KEEP)
    with desk.warehouse.reading() as reading:
        source = Source(reading)
        found = projects.register(source, day("2026-11-06"), None, Scope(), "computed", wanted, 10)
        assert sorted(row["project_key"] for row in found.rows) == keys
        assert found.total == len(keys)
        assert projects.attribute_names(source, day("2026-11-06")) == ("Region", "Cost centre")
        assert projects.attribute_names(source, dt.date(2026, 1, 2)) == ()
        assert projects.attribute_values(source, day("2026-11-06"), "Region") == ("North", "South")


def test_a_registers_file_has_the_attributes_behind_its_own_columns(desk: Desk) -> None:
    desk.load(FIRST.replace("Cost centre", "Portfolio "), columns={"portfolio": ""}, attributes=("Region", "Portfolio"))
    with desk.warehouse.reading() as reading:
        args = (Source(reading), day("2026-11-06"), None, Scope(), "computed", Filter(sort="name"))
        frame = projects.register_file(*args)
    assert list(frame.columns[-2:]) == ["Region", "Portfolio (attribute)"]
    assert frame["Region"].tolist() == ["North", "South"]
    assert "project_key" not in frame.columns


def test_a_file_of_a_hundred_thousand_cells_is_kept_whole(desk: Desk) -> None:
    lines = [f"P{n}, 2026-11-06, green, R{n % 7}, {n}" for n in range(5000)]
    text = "project_id, status_date, reported_health, Region, Cost centre\n" + "\n".join(lines) + "\n"
    desk.load(text, **KEEP)
    assert desk.rows(
        "select name, count(*), count(distinct value) from project_attribute group by name order by name"
    ) == [
        ("Cost centre", 5000, 5000),
        ("Region", 5000, 7),
    ]
