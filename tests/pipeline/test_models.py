"""The models on a few literal rows each, with the rows that they must give written out."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from desk import Desk, day, differences
from walk import walk

from analytics.programs import programs
from analytics.reading import Scope, Source
from pipelines.build import model
from pipelines.warehouse import shipped_rules

pytestmark = pytest.mark.usefixtures("by_sql")

STATUS = "project_id, status_date, "


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """The macros, with the shipped rules in force."""
    with duckdb.connect() as con:
        con.execute("create table rule_in_force (name varchar, value double, word varchar)")
        rules = [[name, rule.get("value"), rule.get("word")] for name, rule in shipped_rules().items()]
        con.executemany("insert into rule_in_force values (?, ?, ?)", rules)
        con.execute(model("macros"))
        yield con


def value(con: duckdb.DuckDBPyConnection, sql: str) -> Any:
    return con.sql(f"select {sql}").fetchall()[0][0]


@pytest.mark.parametrize(
    ("finish", "colour"),
    [
        ("2026-04-11", "green"),  # on the day
        ("2026-04-20", "green"),  # 9 of 100 days late
        ("2026-04-21", "amber"),  # exactly 10 %
        ("2026-05-10", "amber"),  # 29 %
        ("2026-05-11", "red"),  # exactly 30 %
        ("2026-03-01", "green"),  # early
        (None, None),
    ],
)
def test_schedule_bands(con: duckdb.DuckDBPyConnection, finish: str | None, colour: str | None) -> None:
    date = f"date '{finish}'" if finish else "null::date"
    assert value(con, f"schedule_colour(slip_share({date}, date '2026-01-01', date '2026-04-11'))") == colour


@pytest.mark.parametrize(
    ("eac", "budget", "colour"),
    [
        (100, 100, "green"),
        (109.99, 100, "green"),
        (110, 100, "amber"),
        (3.3, 3, "amber"),  # exactly 10 %, a hair less in doubles
        (0.33, 0.3, "amber"),
        (129.99, 100, "amber"),
        (130, 100, "red"),
        (3.9, 3, "red"),
        (50, 100, "green"),
        (10, 0, None),
        ("null", 100, None),
        (100, "null", None),
    ],
)
def test_cost_bands(con: duckdb.DuckDBPyConnection, eac: object, budget: object, colour: str | None) -> None:
    assert value(con, f"cost_colour(overrun_share({eac}::double, {budget}::double))") == colour


@pytest.mark.parametrize(
    ("start", "finish"),
    [("2026-01-01", "2026-01-01"), ("2026-01-02", "2026-01-01"), (None, "2026-01-01"), ("2026-01-01", None)],
)
def test_no_duration_no_slip(con: duckdb.DuckDBPyConnection, start: str | None, finish: str | None) -> None:
    dates = [f"date '{text}'" if text else "null::date" for text in (start, finish)]
    assert value(con, f"slip_share(date '2026-02-01', {dates[0]}, {dates[1]})") is None


@pytest.mark.parametrize(
    ("forecast", "budget", "earned", "actual", "eac"),
    [
        (120, 100, 40, 50, 120.0),  # what the export says goes first
        ("null", 100, 40, 50, 125.0),  # 100 / (40 / 50)
        ("null", 100, 0, 50, None),
        ("null", 100, 40, 0, None),  # no CPI without cost
        ("null", "null", 40, 50, None),
        ("null", 100, "null", 50, None),
        (120, 100, 40, 130, 130.0),  # what is spent is spent
        (120, 100, 40, "null", 120.0),
        ("null", 100, 110, 90, 90.0),  # more earned than there was to earn
        ("null", "null", "null", 90, None),
    ],
)
def test_estimate_at_completion(
    con: duckdb.DuckDBPyConnection, forecast: object, budget: object, earned: object, actual: object, eac: float | None
) -> None:
    given = ", ".join(f"{x}::double" for x in (forecast, budget, earned, actual))
    assert value(con, f"estimate_at_completion({given})") == eac


@pytest.mark.parametrize(
    ("forecast", "actual", "planned", "running", "finish"),
    [
        ("2026-03-01", None, None, True, "2026-03-01"),
        ("2026-01-01", None, None, True, "2026-02-01"),  # not finished by the review date: that day at the earliest
        ("2026-01-01", "2026-01-20", None, True, "2026-01-20"),
        (None, "2026-01-20", None, True, "2026-01-20"),
        ("2026-03-01", "2026-02-20", None, True, "2026-03-01"),  # not known to have finished yet on that day
        (None, None, None, True, None),
        (None, None, "2026-01-31", True, "2026-02-01"),  # late all the same
        (None, None, "2026-01-31", False, None),
        (None, None, "2026-02-01", True, None),  # not late yet
        ("2026-03-01", None, "2026-01-31", True, "2026-03-01"),
    ],
)
def test_finish_on_a_review_date(
    con: duckdb.DuckDBPyConnection,
    forecast: str | None,
    actual: str | None,
    planned: str | None,
    running: bool,
    finish: str | None,
) -> None:
    given = ", ".join(f"date '{x}'" if x else "null::date" for x in (forecast, actual, planned))
    assert value(con, f"finish_at(date '2026-02-01', {given}, {running})") == (day(finish) if finish else None)


@pytest.mark.parametrize(
    ("listed", "since", "reported", "actual", "stage"),
    [
        (None, None, None, None, "active"),
        (None, None, "on hold", None, "on hold"),
        (None, None, None, "2026-01-31", "completed"),
        (None, None, "active", "2026-02-01", "completed"),
        (None, None, "active", "2026-02-02", "active"),
        (None, None, "cancelled", "2026-01-31", "cancelled"),
        ("approved", None, "on hold", None, "approved"),
        ("completed", "2026-02-01", "active", None, "completed"),
        ("completed", "2026-02-02", "active", None, "active"),
    ],
)
def test_stage_on_a_review_date(
    con: duckdb.DuckDBPyConnection,
    listed: str | None,
    since: str | None,
    reported: str | None,
    actual: str | None,
    stage: str,
) -> None:
    a, b, c, d = (f"'{text}'" if text else "null" for text in (listed, since, reported, actual))
    assert value(con, f"stage_at(date '2026-02-01', {a}::varchar, {b}::date, {c}::varchar, {d}::date)") == stage


def test_live_is_approved_active_or_on_hold(con: duckdb.DuckDBPyConnection) -> None:
    stages = ["idea", "candidate", "approved", "active", "on hold", "completed", "cancelled"]
    assert [s for s in stages if value(con, f"is_live('{s}')")] == ["approved", "active", "on hold"]


def test_weeks_end_on_friday(con: duckdb.DuckDBPyConnection) -> None:
    days = ["01-02", "01-03", "01-08", "01-09", "01-10"]
    ends = [value(con, f"week_end(date '2026-{text}')") for text in days]
    assert ends == [day(text) for text in ("01-02", "01-09", "01-09", "01-09", "01-16")]


@pytest.mark.parametrize(
    ("interval", "last_fresh"), [("null", "2026-01-15"), ("7", "2026-01-15"), ("90", "2026-04-08")]
)
def test_stale_a_day_after_interval_and_grace(con: duckdb.DuckDBPyConnection, interval: str, last_fresh: str) -> None:
    asked = f"is_stale_at(date '{last_fresh}' + {{}}, date '2026-01-01', {interval}::integer)"
    assert (value(con, asked.format(0)), value(con, asked.format(1))) == (False, True)


def test_the_worst_known_colour_counts(con: duckdb.DuckDBPyConnection) -> None:
    colours = ["'red'", "'amber'", "'green'", "null::varchar"]
    worst = [[value(con, f"worst_colour({a}, {b})") for b in colours] for a in colours]
    assert worst == [
        ["red", "red", "red", "red"],
        ["red", "amber", "amber", "amber"],
        ["red", "amber", "green", "green"],
        ["red", "amber", "green", None],
    ]


def test_a_row_holds_until_the_next(desk: Desk) -> None:
    desk.load(f"{STATUS} reported_health\nP1, 2026-01-09, green\nP1, 2026-01-30, red\nP2, 2026-01-16, amber")
    desk.load(f"{STATUS} reported_health\nP1, 2026-01-20, amber")
    assert desk.rows("select project_key, status_date, valid_to from fct_status order by all") == [
        ("P1", day("01-09"), day("01-20")),
        ("P1", day("01-20"), day("01-30")),
        ("P1", day("01-30"), None),
        ("P2", day("01-16"), None),
    ]


def test_attributes_are_carried_forward_and_measures_are_not(desk: Desk) -> None:
    desk.load(f"""{STATUS} project_name, budget,   reported_health, percent_complete
                  P1, 2026-01-09,  Harbour,      100,      green,           10
                  P1, 2026-01-16,  ,             ,         ,
                  P1, 2026-01-23,  Harbour two,  ,         red,             30""")
    asked = "select project_name, budget, reported_colour, percent_complete from fct_status order by status_date"
    assert desk.rows(asked) == [
        ("Harbour", 100.0, "green", 10.0),
        ("Harbour", 100.0, None, None),
        ("Harbour two", 100.0, "red", 30.0),
    ]


def test_the_projects_export_outranks_the_status_report(desk: Desk) -> None:
    desk.load(f"{STATUS} project_name, budget, sponsor\nP1, 2026-01-09, Old name, 100, Head of A")
    desk.load("project_id, project_name, budget, sponsor\nP1, Harbour, 500, ")
    asked = "select project_name, budget, sponsor from fct_status where is_reported"
    assert desk.rows(asked) == [("Harbour", 500.0, "Head of A")]


def test_a_program_gives_portfolio_and_goal_where_a_project_has_none(desk: Desk) -> None:
    desk.load("program_id, program_name, program_portfolio\nR1, Roads, North\nR2, Rails, South")
    desk.load(f"{STATUS} program_id, portfolio\nP1, 2026-01-09, R1, \nP2, 2026-01-09, R1, East")
    desk.load(f"{STATUS} program_id, portfolio\nP1, 2026-01-16, R2, \nP2, 2026-01-16, R2, ")
    assert desk.rows("select project_key, program_id, portfolio from fct_status order by project_key, status_date") == [
        ("P1", "R1", "North"),
        ("P1", "R2", "South"),
        ("P2", "R1", "East"),
        ("P2", "R2", "East"),
    ]


def test_listed_and_not_reported_yet(desk: Desk) -> None:
    desk.load("project_id, project_name, stage, stage_from\nP1, Harbour, active, 2026-01-05")
    desk.load(f"{STATUS} reported_health\nP1, 2026-01-20, green\nP2, 2026-01-09, red")
    asked = "select project_key, is_reported, is_live, is_stale, status_date, reported from project_at(date '{}') "
    assert desk.rows(asked.format("2026-01-04")) == []
    assert desk.rows(asked.format("2026-01-19") + "order by 1") == [
        ("P1", False, True, False, None, "unknown"),
        ("P2", True, True, False, day("01-09"), "red"),
    ]
    assert desk.rows(asked.format("2026-01-20") + "where project_key = 'P1'") == [
        ("P1", True, True, False, day("01-20"), "green"),
    ]
    coverage = (
        "select sum(projects)::int, sum(reporting)::int from mart_health_week group by review_date order by review_date"
    )
    assert desk.rows(coverage) == [(2, 1), (2, 1), (2, 2)]


def test_completed_projects_leave(desk: Desk) -> None:
    desk.load(f"{STATUS} reported_health, stage, actual_finish\nP1, 2026-01-09, red, active, ")
    desk.load(f"{STATUS} reported_health, stage, actual_finish\nP1, 2026-01-16, red, , 2026-01-14")
    desk.load(f"{STATUS} reported_health\nP2, 2026-01-16, green")
    assert desk.rows("select stage, is_live, is_stale from project_at(date '2026-03-01') where project_key = 'P1'") == [
        ("completed", False, False)
    ]
    assert desk.rows("select review_date, reported, projects from mart_health_week order by all") == [
        (day("01-09"), "red", 1),
        (day("01-16"), "green", 1),
    ]


def test_mixed_ratings_count_as_amber(desk: Desk) -> None:
    desk.load(f"""{STATUS} reported_health
        P1, 2026-01-09, Amber/Green\nP2, 2026-01-09, amber/red\nP3, 2026-01-09, G\nP4, 2026-01-09, R
        P5, 2026-01-09, not reported""")
    assert desk.rows("select reported, sum(projects)::int from mart_health_week group by all order by all") == [
        ("amber", 2),
        ("green", 1),
        ("red", 1),
        ("unknown", 1),
    ]


def test_currencies_stand_in_rows_of_their_own(desk: Desk) -> None:
    desk.load(f"{STATUS} budget, currency\nP1, 2026-01-09, 100, EUR\nP2, 2026-01-09, 10, \nP3, 2026-01-09, 0.1, EUR")
    assert desk.rows("select currency, projects, budget from mart_health_week order by all") == [
        ("EUR", 2, Decimal("100.1")),
        ("USD", 1, Decimal(10)),
    ]


def test_a_row_without_a_currency_is_in_its_source_s_own(desk: Desk) -> None:
    header = (
        "project_name, department, colour_rating, start_date, end_date, wlc_baseline_incl_NCG, year, project_number"
    )
    desk.load(f"{STATUS} budget, currency\nDFT_1, 2020-01-10, 7, EUR")
    desk.load(f"{header}\nHarbour, DFT, Green, 01/04/2019, 31/03/2025, 10, 2022, DFT_1")
    assert desk.rows("select budget, currency from fct_status order by status_date") == [(7.0, "EUR"), (1e7, "GBP")]


def test_the_first_forecast_of_a_source_without_baselines_is_the_baseline(desk: Desk) -> None:
    header = (
        "Date Reported As Of,PID,Project Name,Category,Managing Agency,Design Start,Budget Forecast,Forecast Completion"
    )
    desk.load(f"{header}\n01/31/2019,1,Harbour,Roads,DEP,01/01/2018,1000,12/31/2020")
    desk.load(f"{header}\n07/31/2019,1,Harbour,Roads,DEP,01/01/2018,1400,12/31/2021")
    asked = "select baseline_finish, budget, forecast_cost from fct_status order by status_date"
    assert desk.rows(asked) == [
        (day("2020-12-31"), 1000.0, 1000.0),
        (day("2020-12-31"), 1000.0, 1400.0),
    ]
    assert desk.rows("select schedule, cost from project_at(date '2019-08-01')") == [("red", "red")]


@pytest.mark.parametrize(
    ("rule", "evidence", "colour"),
    [
        ("share", {"red": 0.25}, "red"),
        ("share", {"red": 0.2499, "amber": 0.0}, "green"),
        ("share", {"red": 0.1, "amber": 0.15}, "amber"),  # a hair less than a quarter in doubles
        ("share", {"red": 0.01, "critical_red": 1}, "red"),
        ("share", {"known": 0.49}, "unknown"),
        ("share", {"known": 0.5}, "green"),
        ("share", {"red": 0.25, "known": 0.25}, "red"),
        ("worst", {"red_projects": 1, "known": 0.1}, "red"),
        ("worst", {"amber_projects": 1}, "amber"),
        ("worst", {}, "green"),
        ("worst", {"known": 0.49}, "unknown"),
        ("mean", {"red": 0.5, "amber": 0.5, "green": 0.0}, "red"),  # 1.5
        ("mean", {"red": 0.49, "amber": 0.51, "green": 0.0}, "amber"),
        ("mean", {"red": 0.25, "green": 0.75}, "amber"),  # 0.5
        ("mean", {"red": 0.24, "green": 0.76}, "green"),
        ("mean", {"red": 0.6, "green": 0.2, "known": 0.8}, "red"),  # over what is known
        ("mean", {"red": 1.0, "green": 0.0, "known": 0.4}, "unknown"),
        ("mean", {"green": 0.0}, "unknown"),
    ],
)
def test_the_colour_of_a_program(
    con: duckdb.DuckDBPyConnection, rule: str, evidence: dict[str, float], colour: str
) -> None:
    given = {"red": 0.0, "amber": 0.0, "green": 1.0, "known": 1.0} | evidence
    shares = ", ".join(f"'{n}': {given[n]}::double" for n in ("red", "amber", "green", "known"))
    counts = ", ".join(f"'{n}': {evidence.get(n, 0)}" for n in ("red_projects", "amber_projects", "critical_red"))
    con.execute("update rule_in_force set word = ? where name = 'rollup_rule'", [rule])
    assert value(con, f"rollup_colour({{{shares}, {counts}}})") == colour


@pytest.mark.parametrize(
    ("rows", "by_budget"),
    [
        ("('USD', 1, 10), ('USD', 1, 20)", True),
        ("('USD', 1, 10), ('EUR', 1, 20)", False),
        ("('USD', 1, 10), ('USD', 0, null)", False),
        ("('USD', 1, 0)", False),
    ],
)
def test_a_program_is_weighed_by_budget_where_all_are_known_in_one_currency(
    con: duckdb.DuckDBPyConnection, rows: str, by_budget: bool
) -> None:
    given = f"(values {rows}) as t (currency, budgeted, budget)"
    assert bool(value(con, f"(select rollup_by_budget(1, budgeted, budget, currency) from {given})")) is by_budget


@pytest.mark.parametrize("seed", [202])
def test_the_colours_of_all_weeks_are_those_of_each_review_date(desk: Desk, seed: int) -> None:
    for step in walk(seed, 10):
        if step.files:
            desk.try_load(*step.files, quarantine=True)
    rows = desk.rows(
        "select review_date, coalesce(program_id, '(none)'), portfolio, is_whole, reported, computed, live "
        "from mart_program_week"
    )
    source = Source(desk.warehouse.open())
    try:
        dates = {row[0] for row in rows}
        assert len(dates) > 1
        for date in dates:
            of_date = [row for row in rows if row[0] == date]
            scopes = {None, *(row[2] for row in of_date if row[2])}
            for portfolio in scopes:
                asked = [r for r in of_date if (r[3] if portfolio is None else r[2] == portfolio)]
                found = programs(source, date, Scope(portfolio))
                assert sorted((r[1], *r[4:]) for r in asked) == sorted(
                    (p.program_id, p.reported.state, p.computed.state, p.live) for p in found
                )
    finally:
        source.close()


MART_SUMS = ("projects", "reporting", "stale", "budgeted", "critical", "budget", "eac", "eac_budget")


@pytest.mark.parametrize("seed", [104])
def test_the_mart_is_the_sum_of_the_projects_on_every_review_date(desk: Desk, seed: int) -> None:
    for step in walk(seed, 10):
        if step.undo is None:
            desk.try_load(*step.files, quarantine=True)
    with desk.warehouse.reading() as reading:
        con = reading.cursor()
        dates = [row[0] for row in con.sql("from review_date order by all").fetchall()]
        assert len(dates) > 1
        for date in dates:
            expected: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
            live = con.execute(
                """
                select portfolio, program_id, goal_id, currency, reported, computed, is_reported, is_stale, is_critical,
                    budget::decimal(38, 6), eac::decimal(38, 6)
                from project_at(?) where is_live
                """,
                [date],
            ).fetchall()
            for *key, is_reported, is_stale, is_critical, budget, eac in live:
                sums = {"projects": 1, "reporting": int(is_reported), "stale": int(is_stale)}
                sums |= {"critical": int(is_critical)}
                sums |= {"budgeted": int(budget is not None), "budget": budget or 0}
                both = budget is not None and eac is not None
                sums |= {"eac": eac if both else 0, "eac_budget": budget if both else 0}
                expected[tuple(key)].update(sums)
            found = con.execute(
                f"select portfolio, program_id, goal_id, currency, reported, computed, {', '.join(MART_SUMS)} "
                "from mart_health_week where review_date = ?",
                [date],
            ).fetchall()
            assert {row[:6]: tuple(x or 0 for x in row[6:]) for row in found} == {
                key: tuple(sums[name] for name in MART_SUMS) for key, sums in expected.items()
            }
            assert sum(row[6] for row in found) == len(live)
            weekly = con.execute("select * exclude (review_date) from evidence_week where review_date = ?", [date])
            assert Counter(weekly.fetchall()) == Counter(con.execute("from evidence_at(?)", [date]).fetchall())
        assert not con.sql("from evidence_week anti join review_date using (review_date)").fetchall()


MILESTONES = "milestone_id, project_id, status_date, baseline_date, forecast_date, actual_date"


def test_a_milestone_holds_until_its_next_word_and_is_missed_from_its_baseline_day(desk: Desk) -> None:
    desk.load(f"""{MILESTONES}
        M1, P1, 2025-12-12, 2026-01-16, 2026-01-16,
        M2, P1, 2025-12-12, 2026-01-30, 2026-01-30,
        M1, P1, 2026-02-06, 2026-01-16, , 2026-02-04
        M1, X9, 2026-01-09, 2026-01-01, , """)
    desk.load(f"{STATUS} reported_health\nP1, 2026-01-09, green\nP1, 2026-02-27, green")
    asked = "select milestones_due, milestones_missed, missed, milestones, computed from project_at(date '2026-{}')"
    assert [desk.rows(asked.format(day)) for day in ("01-15", "01-16", "01-30", "02-06")] == [
        [(0, 0, None, "unknown", "unknown")],
        [(1, 1, 1.0, "red", "red")],
        [(2, 2, 1.0, "red", "red")],
        [(2, 1, 0.5, "red", "red")],
    ]
    weeks = (
        "select review_date, milestones_due, milestones_missed from evidence_week where project_key = 'P1' order by 1"
    )
    assert [row[1:] for row in desk.rows(weeks)] == [
        (0, 0), (1, 1), (1, 1), (2, 2), (2, 1), (2, 1), (2, 1), (2, 1),
    ]  # fmt: skip
    assert {row[0] for row in desk.rows("select project_key from project_at(date '2026-02-06')")} == {"P1"}


def test_a_milestone_is_judged_by_its_original_date_too_whatever_later_exports_say(desk: Desk) -> None:
    desk.load(f"{STATUS} reported_health\nP1, 2026-01-09, green\nP2, 2026-01-09, green\nP1, 2026-03-06, green")
    desk.load(f"""{MILESTONES}
        M1, P1, 2026-01-09, 2026-02-01, 2026-02-01,
        M1, P2, 2026-01-09, , ,
        M1, P2, 2026-01-16, 2026-02-01, ,""")
    asked = (
        "select project_key, milestones_moved, missed, milestones, computed, original_missed, computed_original "
        "from project_at(date '2026-{}') order by all"
    )
    assert desk.rows(asked.format("01-12")) == [
        ("P1", 0, None, "unknown", "unknown", None, "unknown"),
        ("P2", 0, None, "unknown", "unknown", None, "unknown"),
    ]
    assert {row[1:] for row in desk.rows(asked.format("02-06"))} == {(0, 1.0, "red", "red", 1.0, "red")}
    (moved,) = desk.load(f"""{MILESTONES}
        M1, P1, 2026-02-13, 2027-02-01, 2027-02-01,
        M1, P2, 2026-02-13, , ,
        M2, P1, 2026-02-13, 2026-02-10, , 2026-02-10""")
    assert desk.rows(asked.format("02-13")) == [
        ("P1", 1, 0.0, "green", "green", 0.5, "red"),
        ("P2", 1, None, "unknown", "unknown", 1.0, "red"),
    ]
    assert not differences(desk.tables(), desk.rebuilt())
    desk.undo(moved)
    assert desk.rows("from milestone_original") == []


def test_a_load_of_several_weeks_that_comes_late_makes_each_week_once(desk: Desk) -> None:
    desk.load(f"{STATUS} reported_health\nP1, 2026-01-09, green\nP1, 2026-01-16, green")
    desk.load(f"{MILESTONES}\nM1, P1, 2026-01-09, 2026-01-05, ,\nM1, P1, 2026-02-13, 2026-01-05, ,")
    desk.load(
        f"{STATUS} reported_health\nP1, 2026-02-27, green",
        f"{MILESTONES}\nM2, P1, 2026-01-09, 2026-01-05, ,\nM2, P1, 2026-02-20, 2026-01-05, ,",
    )
    assert desk.rows("select count(*), count(distinct review_date) from evidence_week") == [(8, 8)]
    assert not differences(desk.tables(), desk.rebuilt())


RISKS = "risk_id, project_id, status_date, risk_kind, probability, impact, risk_state"


EXPOSURES: list[tuple[str, int | None, str]] = [
    ("R1, {project}, 2026-01-09, risk, 3, 3, open", 9, "amber"),
    ("R1, {project}, 2026-01-09, risk, 2, 4, open", 8, "green"),
    ("R1, {project}, 2026-01-09, risk, high, high, accepted", 16, "red"),
    ("R1, {project}, 2026-01-09, risk, 5, 3,", 15, "red"),
    ("R1, {project}, 2026-01-09, issue, , 3, open", 15, "red"),
    ("R1, {project}, 2026-01-09, risk, 5, 5, closed", 0, "green"),
    ("R1, {project}, 2026-01-09, risk, 5, , open", None, "unknown"),
    ("R1, {project}, 2026-01-09, risk, 5, , open\nR2, {project}, 2026-01-09, risk, 1, 2, open", 2, "green"),
    ("R1, {project}, 2026-01-16, risk, 5, 5, open", None, "unknown"),
]


def test_the_largest_open_exposure_counts(desk: Desk) -> None:
    names = [f"P{n}" for n in range(len(EXPOSURES))]
    desk.load(f"{STATUS} reported_health\n" + "\n".join(f"{name}, 2026-01-09, green" for name in names))
    risks = [rows.format(project=name) for name, (rows, *_) in zip(names, EXPOSURES, strict=True)]
    desk.load("\n".join([RISKS, *risks]))
    shown = desk.rows("select exposure, risk, computed from project_at(date '2026-01-10') order by project_key")
    assert dict(zip(risks, shown, strict=True)) == {
        rows: (exposure, colour, colour) for rows, (_, exposure, colour) in zip(risks, EXPOSURES, strict=True)
    }


BASELINES = "select number, baseline_start, baseline_finish, budget, load_id, source_row from fct_baseline order by all"
LISTED = "project_id, baseline_start, baseline_finish, budget, currency"


def test_the_original_baseline_stays_whatever_later_listings_say(desk: Desk) -> None:
    (first,) = desk.load(f"{LISTED}\nP1, 2026-01-01, 2026-06-30, 100, EUR")
    desk.load(f"{STATUS} forecast_finish\nP1, 2026-01-09, 2026-12-31")
    desk.load(f"{LISTED}\nP1, 2026-01-01, 2026-06-30, 100, EUR\nP2, , , ,")
    (moved,) = desk.load(f"{LISTED}\nP1, 2026-01-01, 2026-12-31, 900, USD")
    start, before, after = day("01-01"), day("06-30"), day("12-31")
    assert desk.rows(BASELINES) == [(1, start, before, 100.0, first, 2), (2, start, after, 900.0, moved, 2)]
    loaded = desk.rows(f"select finished_at::date from load where load_id = {moved}")[0][0]
    assert desk.rows("select from_date from fct_baseline order by number") == [(day("01-09"),), (loaded,)]
    asked = (
        "select rebaselines, original_finish, original_budget, schedule, computed_original from project_at(date '{}')"
    )
    assert desk.rows(asked.format(loaded) + " where project_key = 'P1'") == [(1, before, 100.0, "green", "red")]
    desk.undo(moved)
    assert desk.rows(BASELINES) == [(1, start, before, 100.0, first, 2)]


def test_a_withdrawn_baseline_does_not_count_and_its_repetition_takes_its_place(desk: Desk) -> None:
    listing = f"{LISTED}\nP1, 2026-01-01, 2026-06-30, 100, EUR"
    (first,) = desk.load(listing)
    (second,) = desk.load(f"{listing}\nP2, 2026-01-01, 2026-06-30, 7, EUR")
    (third,) = desk.load(listing.replace("100", "300"))
    budgets = "select budget, load_id, source_row from fct_baseline where project_key = 'P1' order by number"
    assert desk.rows(budgets) == [(100.0, first, 2), (300.0, third, 2)]
    desk.undo(first)
    assert desk.rows(budgets) == [(100.0, second, 2), (300.0, third, 2)]
    desk.undo(second)
    assert desk.rows(budgets) == [(300.0, third, 2)]
    desk.redo(first)
    assert desk.rows(budgets) == [(100.0, first, 2), (300.0, third, 2)]


def test_baselines_that_reports_state_hold_from_their_dates(desk: Desk) -> None:
    desk.load(f"""{STATUS} baseline_start, baseline_finish, budget
        P1, 2026-01-09,    ,           2026-06-30,      100
        P1, 2026-01-16,    2026-01-01, ,                100
        P1, 2026-01-23,    ,           2026-09-30,
        P1, 2026-01-30,    ,           2026-06-30,      """)
    finishes = "select number, from_date, baseline_start, baseline_finish, budget from fct_baseline order by number"
    start = day("01-01")
    assert desk.rows(finishes) == [
        (1, day("01-09"), start, day("06-30"), 100.0),
        (2, day("01-23"), start, day("09-30"), 100.0),
        (3, day("01-30"), start, day("06-30"), 100.0),
    ]
    desk.load(f"{STATUS} baseline_finish\nP1, 2026-01-23, 2026-06-30")
    assert desk.rows(finishes) == [(1, day("01-09"), start, day("06-30"), 100.0)]


def test_a_listing_without_a_baseline_leaves_it_to_the_reports(desk: Desk) -> None:
    desk.load(f"{STATUS} baseline_finish, budget\nP1, 2026-01-09, 2026-06-30, 100")
    desk.load("project_id, project_name\nP1, Harbour")
    assert [row[2:4] for row in desk.rows(BASELINES)] == [(day("06-30"), 100.0)]
    desk.load(f"{LISTED}\nP1, , , 300, ")
    assert [row[2:4] for row in desk.rows(BASELINES)] == [(day("06-30"), 100.0), (day("06-30"), 300.0)]
    desk.load("project_id, project_name\nP1, Harbour two")
    assert [row[2:4] for row in desk.rows(BASELINES)][2:] == [(day("06-30"), 100.0)]


def test_the_first_forecast_stays_the_original_when_a_baseline_is_stated_later(desk: Desk) -> None:
    header = (
        "Date Reported As Of,PID,Project Name,Category,Managing Agency,Design Start,Budget Forecast,Forecast Completion"
    )
    desk.load(f"{header}\n01/31/2019,1,Harbour,Roads,DEP,01/01/2018,1000,12/31/2020")
    desk.load(f"{header}\n07/31/2019,1,Harbour,Roads,DEP,01/01/2018,1400,12/31/2021")
    start, finish = day("2018-01-01"), day("2020-12-31")
    assert [row[1:4] for row in desk.rows(BASELINES)] == [(start, finish, 1000.0)]
    (key,) = desk.rows("select project_key from fct_status limit 1")[0]
    desk.load(f"{LISTED}\n{key}, , 2022-12-31, 1400, USD")
    assert [row[1:4] for row in desk.rows(BASELINES)] == [
        (start, finish, 1000.0),
        (start, day("2022-12-31"), 1400.0),
    ]


@pytest.mark.parametrize("seed", [301])
def test_the_last_baseline_is_the_one_that_holds_now(desk: Desk, seed: int) -> None:
    for step in walk(seed, 10):
        if step.files:
            desk.try_load(*step.files, quarantine=True)
    held = desk.rows(
        """
        select s.project_key, s.baseline_start, s.baseline_finish, s.budget,
            b.baseline_start, b.baseline_finish, b.budget
        from fct_status as s
        left join (from fct_baseline qualify number = max(number) over (partition by project_key)) as b
            using (project_key)
        where s.valid_to is null
        """
    )
    assert sum(any(row[1:4]) for row in held) >= 3
    # Where nobody states a part any more, the last word on it stays.
    assert [row for row in held if any(a not in (None, b) for a, b in zip(row[1:4], row[4:], strict=True))] == []
