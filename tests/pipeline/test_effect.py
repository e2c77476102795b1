"""What a weighed dry run says would change in the figures, against what publishing then changes."""

import datetime as dt
from pathlib import Path

import pytest
from desk import Desk

from pipelines.report import LoadReport

HEAD = (
    "project_id, project_name, status_date, reported_health, baseline_start, baseline_finish, forecast_finish, budget, "
)
HEAD += "forecast_cost, currency"
FIRST = f"""{HEAD}
    A, Alpha, 2026-11-06, green, 2026-01-01, 2026-12-31, 2026-12-31, 100, 100, EUR
    B, Beta, 2026-11-06, green, 2026-01-01, 2026-12-31, 2026-12-31, 900, 900, EUR
    C, Gamma, 2026-11-06, red, 2026-01-01, 2026-12-31, 2026-12-31, 50, 50, USD
"""
SECOND = f"""{HEAD}
    A, Alpha, 2026-11-13, green, 2026-01-01, 2026-12-31, 2026-12-31, 100, 100, EUR
    B, Beta, 2026-11-13, amber, 2026-01-01, 2026-12-31, 2027-12-31, 900, 1900, EUR
    D, Delta, 2026-11-13, green, 2026-01-01, 2026-12-31, 2026-12-31, 7, 7, EUR
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def weighed(desk: Desk, *texts: str, **asked: object) -> LoadReport:
    return desk.try_load(*texts, dry_run=True, weigh=True, **asked)


def test_colours_money_and_who_is_missing(desk: Desk) -> None:
    desk.load(FIRST)
    report = weighed(desk, SECOND)
    effect = report.effect
    assert effect
    assert (effect.review_before, effect.review_after) == (dt.date(2026, 11, 6), dt.date(2026, 11, 13))
    assert effect.live == (3, 4)
    assert effect.colours == {
        ("computed", None, "green"): 1,
        ("computed", "green", "red"): 1,
        ("reported", None, "green"): 1,
        ("reported", "green", "amber"): 1,
    }
    first = effect.changed[0]
    assert (first.project_id, first.project_name, first.budget, first.currency) == ("B", "Beta", 900, "EUR")
    assert {(m.measure, m.currency, m.before, m.after) for m in effect.money} == {
        ("budget", "EUR", 1000, 1007),
        ("eac", "EUR", 1000, 2007),
    }
    assert (report.files[0].missing, report.files[0].rows_missing) == (["C"], 1)
    assert report.files[0].missing_names == {"C": "Gamma"}


def test_what_was_weighed_comes_true_and_nothing_is_published_by_it(desk: Desk) -> None:
    desk.load(FIRST)
    before = desk.warehouse.publication()
    effect = weighed(desk, SECOND).effect
    assert effect
    assert desk.warehouse.publication() == before
    desk.load(SECOND)
    with desk.warehouse.reading() as reading:
        rows = reading.cursor().sql(
            f"select project_id, computed, budget, eac from project_at(date '{effect.review_after}') where is_live"
        )
        found = {key: (colour, budget, eac) for key, colour, budget, eac in rows.fetchall()}
    assert len(found) == effect.live[1]
    assert {c.project_id: c.after for c in effect.changed if c.basis == "computed"} == {
        key: found[key][0] for key in ("B", "D")
    }
    assert sum(found[key][2] for key in ("A", "B", "D")) == 2007


def test_nothing_is_weighed_where_nothing_could_come_of_it(desk: Desk) -> None:
    desk.load(FIRST)
    assert weighed(desk, FIRST).effect is None
    assert weighed(desk, "colour, size\n red, 1").effect is None


def test_the_good_rows_are_weighed_where_others_are_rejected(desk: Desk) -> None:
    desk.load(FIRST)
    effect = weighed(desk, SECOND.replace("900, 1900", "many, 1900")).effect
    assert effect
    assert ("computed", "green", "red") not in effect.colours
    assert ("computed", None, "green") in effect.colours


def test_the_first_load_of_all_has_no_before(desk: Desk) -> None:
    effect = weighed(desk, FIRST).effect
    assert effect
    assert (effect.review_before, effect.live) == (None, (0, 3))
    assert ("budget", "EUR", None, 1000) in {(m.measure, m.currency, m.before, m.after) for m in effect.money}


def test_the_sample_makes_room(desk: Desk) -> None:
    desk.load(FIRST, source="sample")
    effect = weighed(desk, SECOND).effect
    assert effect
    assert effect.live == (3, 3)
    assert ("computed", "green", None) in effect.colours


def test_milestones_and_risks_alone_turn_colours(desk: Desk) -> None:
    desk.load(FIRST)
    header = "milestone_id, project_id, status_date, baseline_date, actual_date"
    late = f"{header}\nM1, A, 2026-11-06, 2026-10-30,\nM1, Beta, 2026-11-06, 2026-10-30, 2026-10-30"
    effect = weighed(desk, late).effect
    assert effect
    assert effect.colours == {("computed", "green", "red"): 1}
    assert [change.project_id for change in effect.changed] == ["A"]
    desk.load(late)
    risks = "risk_id, project_id, status_date, probability, impact\nR1, B, 2026-11-06, 3, 3\nR1, A, 2026-11-06, 1, 1"
    effect = weighed(desk, risks).effect
    assert effect
    assert effect.colours == {("computed", "green", "amber"): 1}


def test_what_is_missing_is_named_with_its_project(desk: Desk) -> None:
    header = "milestone_id, project_id, status_date"
    desk.load(f"{header}\nM1, A, 2026-11-06\nM1, B, 2026-11-06\nM2, B, 2026-11-06")
    (file,) = desk.try_load(f"{header}\nM1, A, 2026-11-13\nM2, B, 2026-11-13", dry_run=True).files
    assert (file.missing, file.rows_missing) == (["M1 of B"], 1)
    header = "benefit_id, period_end, planned"
    desk.load(f"{header}\nB1, 2026-03-31, 5\nB2, 2026-03-31, 5")
    (file,) = desk.try_load(f"{header}\nB1, 2026-06-30, 5", dry_run=True).files
    assert (file.missing, file.rows_missing) == (["B2"], 1)
