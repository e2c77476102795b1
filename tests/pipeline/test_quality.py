"""The quality of the data against figures worked out by hand, and against what project_at says week by week."""

import datetime as dt
import json
import random

import pandas as pd
import pytest
from desk import TODAY, Desk, day

from analytics import loads, quality
from analytics.quality import Trust
from analytics.reading import Scope, Source, choices
from pipelines.__main__ import main
from pipelines.contract import Check, contracts
from pipelines.expectations import in_words, kept, title
from pipelines.load import load
from pipelines.report import How, Request
from pipelines.sample import generate

ALL = Scope()
HEADER = "project_id,status_date,reported_health,budget,earned_value"


def came_in(desk: Desk, text: str, at: str, source: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Load an export on a day, good rows alone; the load's number."""
    monkeypatch.setattr("pipelines.publications.now", lambda: dt.datetime.combine(day(at), dt.time(9)))
    request = Request([desk.file(text)], How(source=source), quarantine=True)
    report = load(desk.warehouse, request, today=TODAY)
    assert report.published, report.files[0].problems
    return report.files[0].load_id or 0


def statuses(dates: dict[str, list[str]]) -> str:
    rows = [f"{project},2026-{on},green,100,10" for project, days in dates.items() for on in days]
    return "\n".join([HEADER, *rows])


def weeks_of(desk: Desk, on: str = "11-20") -> dict[str, tuple[str, bool, int, int]]:
    """Of each project that is late or missed a report: its weeks, whether it is late, reports due and missed."""
    with desk.warehouse.reading() as reading:
        frame = quality.late_projects(Source(reading), day(on), ALL)
    return {row.project_id: (row.weeks, bool(row.is_late), int(row.due), int(row.missed)) for row in frame.itertuples()}


def test_what_live_projects_stand_on(desk: Desk) -> None:
    desk.load(
        """
        project_id, project_name, stage, baseline_start
        P1, One, active,
        P2, Two, active,
        P3, Three, active,
        P4, Four, active,
        P5, Five, active, 2026-01-05
        P6, Six, completed,
        """,
        """
        project_id, status_date, reported_health, budget, earned_value
        P1, 2026-11-20, green, 100, 10
        P2, 2026-11-20, green, 100, 120
        P3, 2026-11-06, green, 100, 10
        P4, 2026-10-30, green, 100, 10
        P4, 2026-10-23, green, 100, 120
        P6, 2026-11-20, green, 100, 120
        """,
    )
    with desk.warehouse.reading() as reading:
        source = Source(reading)
        # Listed as active, all but P6 are live from the start. P2 has a warning, P3 is 14 days old and just fresh, P4
        # is 21 days old, P5 never reported.
        assert quality.trust(source, day("11-20"), ALL) == Trust(live=5, clean=2, flagged=1, late=2)
        assert quality.trust(source, day("10-23"), ALL) == Trust(live=5, clean=0, flagged=1, late=4)
        assert quality.trust(source, day("11-20"), Scope("none")) == Trust(0, 0, 0, 0)


FRIDAYS = [f"{dt.date(2026, 9, 4) + dt.timedelta(weeks=n):%m-%d}" for n in range(12)]


@pytest.mark.parametrize(
    ("reports", "weeks", "is_late"),
    [
        (FRIDAYS[::2], "101010101010", False),
        (FRIDAYS[1::2], "-10101010101", False),
        (FRIDAYS[:9], "111111111000", True),
        (FRIDAYS[:10], "111111111100", False),
        (["10-05", "10-15", "11-20"], "-----1100001", False),
        # On the first and the last day of a review week; the week ends on Friday.
        (["10-03", "10-16", "10-17", "11-14"], "-----1110001", False),
        (["08-21"], "000000000000", True),
    ],
    ids=["second", "other", "stopped", "pausing", "midweek", "edges", "long ago"],
)
def test_weeks_with_and_without_a_report(desk: Desk, reports: list[str], weeks: str, is_late: bool) -> None:
    desk.load(statuses({"P1": reports, "P0": FRIDAYS}))
    missed = weeks.count("0")
    assert weeks_of(desk) == {"P1": (weeks, is_late, 12 - weeks.count("-"), missed)}


def test_who_reports_every_week_is_not_listed_and_one_who_ended_is_not_due(desk: Desk) -> None:
    desk.load(statuses({"P1": FRIDAYS}))
    assert weeks_of(desk) == {}
    desk.load(
        """
        project_id, status_date, stage, actual_finish
        P2, 2026-10-02, active,
        P2, 2026-10-30, completed, 2026-10-30
        """
    )
    # Live at four of the dates, and reported in the first of them; then it ended, and is not listed at all.
    assert weeks_of(desk) == {}
    with desk.warehouse.reading() as reading:
        course = quality.weekly(Source(reading), day("11-20"), ALL)
    assert [*zip(course["due"], course["came"], strict=True)] == [*[(1, 1)] * 4, (2, 2), *[(2, 1)] * 3, *[(1, 1)] * 4]


@pytest.mark.parametrize(
    ("interval", "weeks", "is_late"),
    [(30, "----11111000", True), (42, "----11111100", True), (49, "----11111110", False)],
)
def test_a_source_is_measured_by_its_own_interval(desk: Desk, interval: int, weeks: str, is_late: bool) -> None:
    desk.load(statuses({"P1": ["09-30"], "P0": FRIDAYS}))
    with desk.warehouse.writing() as draft:
        draft.con.execute("insert into publication values (2, 'rules', current_timestamp::timestamp, 'me')")
        draft.con.execute(f"update load set interval_days = {interval}")
    assert weeks_of(desk)["P1"][:2] == (weeks, is_late)


def test_the_same_as_project_at_says_week_by_week(desk: Desk) -> None:
    made = generate(desk.folder / "sample", projects=60, weeks=30, seed=11)
    assert load(desk.warehouse, Request([*made.values()], How(source="tool")), today=dt.date(2027, 1, 1)).published
    dice = random.Random(4)
    with desk.warehouse.reading() as reading:
        source = Source(reading)
        last = choices(source).review_dates[-1]
        on = last - dt.timedelta(weeks=dice.randrange(3))
        expected: dict[str, list[str]] = {}
        for back in range(quality.WEEKS - 1, -1, -1):
            at = on - dt.timedelta(weeks=back)
            for row in source.records("from project_at($day::date)", {"day": at}):
                letters = expected.setdefault(row["project_key"], ["-"] * quality.WEEKS)
                if row["is_live"]:
                    came = row["is_reported"] and (at - row["status_date"]).days < 7
                    letters[quality.WEEKS - 1 - back] = "1" if came else "0"
        live = {row["project_key"]: row for row in source.records("from project_at($day::date)", {"day": on})}
        live = {key: row for key, row in live.items() if row["is_live"]}
        late = {key for key, row in live.items() if row["is_stale"] or not row["is_reported"]}
        found = quality.late_projects(source, on, ALL)
        wanted = {key for key in live if key in late or "0" in expected[key]}
        assert dict(zip(found["project_key"], found["weeks"], strict=True)) == {k: "".join(expected[k]) for k in wanted}
        assert len(wanted) > 10
        assert set(found.loc[found["is_late"], "project_key"]) == late
        first = quality.late_projects(source, on, ALL, 5)
        assert (len(first), set(first["every"])) == (5, {len(wanted)})
        assert len(quality.late_file(source, on, ALL)) == len(wanted)
        course = quality.weekly(source, on, ALL)
        for place, row in enumerate(course.itertuples()):
            letters = [weeks[place] for weeks in expected.values()]
            assert (row.due, row.came) == (len(letters) - letters.count("-"), letters.count("1"))
        for by, name in (("portfolio", "portfolio"), ("program", "program_id"), ("sponsor", "sponsor")):
            places = quality.late_by(source, on, ALL, by)  # type: ignore[arg-type]
            for place in places.itertuples():
                inside = [key for key, row in live.items() if (row[name] or None) == (place.id or None)]
                letters = [letter for key in inside for letter in expected[key]]
                assert (place.live, place.late) == (len(inside), len(late & set(inside)))
                assert (place.due, place.missed) == (len(letters) - letters.count("-"), letters.count("0"))
            assert places["live"].sum() == len(live)


WEEK_1 = f"""{HEADER}
    P1,2026-11-06,green,100,10
    P2,2026-11-06,plum,100,10
    P3,sometime,green,100,10
    P4,2026-11-06,red,100,150"""
WEEK_2 = f"{HEADER}\nP1,2026-11-13,plum,100,150\nP2,2026-11-13,green,100,10\nP3,2026-11-13,green,100,10"
WEEK_3 = "project_id,status_date,reported_health\nP1,2026-11-20,green\nP2,2026-11-20,green"


def three_weeks(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three loads in three weeks: of four rows three with a problem, of three one, of two none."""
    came_in(desk, WEEK_1, "11-05", "Jira", monkeypatch)
    came_in(desk, WEEK_2, "11-13", "Jira", monkeypatch)
    came_in(desk, WEEK_3, "11-14", "Planner", monkeypatch)


def test_quality_by_week_and_by_source(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    three_weeks(desk, monkeypatch)
    with desk.warehouse.reading() as reading:
        source = Source(reading)
        weeks = quality.by_week(source)
        names = ["loads", "rows_read", "rows_flawed", "rows_rejected"]
        # The 13th is a Friday, on which a review week ends; the 14th is in the next one.
        assert [*weeks["week"].dt.date] == [day("11-06"), day("11-13"), day("11-20")]
        assert weeks[names].to_numpy().tolist() == [[1, 4, 3, 2], [1, 3, 1, 1], [1, 2, 0, 0]]
        assert weeks["quality"].tolist() == pytest.approx([1 / 4, 2 / 3, 1])
        assert weeks["rejected_share"].tolist() == pytest.approx([2 / 4, 1 / 3, 0])
        sources = quality.by_source(source)
        assert sources["source"].tolist() == ["Jira", "Planner"]
        assert sources[names].to_numpy().tolist() == [[2, 7, 4, 3], [1, 2, 0, 0]]
        assert sources["quality"].tolist() == pytest.approx([3 / 7, 1])
        assert quality.by_week(source, "status", "Planner")["rows_read"].tolist() == [2]
        assert quality.by_week(source, "goals").empty
        assert quality.sources(source) == ["Jira", "Planner"]
        assert loads.loads(source)["quality"].tolist() == pytest.approx([1, 2 / 3, 1 / 4])


def test_quality_by_rule(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    three_weeks(desk, monkeypatch)
    with desk.warehouse.reading() as reading:
        rules = quality.by_rule(Source(reading)).set_index("rule")
        jira = quality.by_rule(Source(reading), only="Jira").set_index("rule")
    names = ["loads", "loads_failed", "rows_checked", "rows_failed", "last_failed"]
    assert rules.loc["reported_health_allowed", names].tolist() == [3, 2, 9, 2, 2]
    assert rules.loc["reported_health_allowed", "rate"] == pytest.approx(7 / 9)
    assert jira.loc["reported_health_allowed", "rate"] == pytest.approx(5 / 7)
    # The third file has no earned value, so the rule was not checked there.
    assert rules.loc["earned_value_within_budget", names].tolist() == [2, 2, 7, 2, 2]
    # A rule of reading is checked on every row.
    assert rules.loc["status_date_readable", names].tolist() == [3, 1, 9, 1, 1]
    assert pd.isna(rules.loc["project_id_required", "last_failed"])
    assert rules["rate"].is_monotonic_increasing


def test_rules_by_week(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    three_weeks(desk, monkeypatch)
    with desk.warehouse.reading() as reading:
        weeks = quality.rule_weeks(Source(reading))
        jira = quality.rule_weeks(Source(reading), only="Jira")
    # The third week's file has no earned value.
    assert weeks == {
        ("status", "reported_health_allowed", "error"): (1 / 4, 1 / 3, 0),
        ("status", "earned_value_within_budget", "warning"): (1 / 4, 1 / 3, None),
        ("status", "status_date_readable", "error"): (1 / 4, 0, 0),
        ("status", "status_date_required", "error"): (1 / 4, 0, 0),
    }
    assert {key: shares[:2] for key, shares in weeks.items()} == jira


def test_a_withdrawn_load_is_not_looked_at_and_earlier_publications_know_theirs(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_weeks(desk, monkeypatch)
    desk.undo(2)
    for publication, read in ((None, [4, 2]), (3, [4, 3, 2]), (1, [4])):
        with desk.warehouse.reading(publication) as reading:
            source = Source(reading)
            assert quality.by_week(source)["rows_read"].tolist() == read
            checked = quality.by_rule(source).set_index("rule").loc["project_id_required", "rows_checked"]
            assert checked == sum(read)


def test_the_results_of_one_load_in_full(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    three_weeks(desk, monkeypatch)
    with desk.warehouse.reading() as reading:
        source = Source(reading)
        rules = loads.rules(source, 1).set_index("rule")
        read = loads.rules_of_reading(source, 1)
        kept = source.rows("select count(*) from check_result where load_id = 1")[0][0]
    assert len(rules) == kept
    one = rules.loc["earned_value_within_budget"]
    assert (one["rows_checked"], one["rows_failed"], one["rate"], [*one["rows"]]) == (4, 1, 0.75, [5])
    assert json.loads(one["arguments"])["column_B"] == "earned_value"
    assert [(row.rule, row.rows_failed, row.rate, [*row.rows]) for row in read.itertuples()] == [
        ("status_date_readable", 1, 0.75, [4])
    ]


def test_the_report_the_history_and_the_page_agree(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    three_weeks(desk, monkeypatch)
    checked = desk.try_load(WEEK_1, dry_run=True)
    assert (checked.files[0].rows_flawed, checked.files[0].quality) == (3, 0.25)
    assert checked.as_dict()["files"][0]["quality"] == 0.25
    assert main(["--warehouse", str(desk.warehouse.folder), "history", "--json"]) == 0
    history = json.loads(capsys.readouterr().out)["loads"]
    assert [one["quality"] for one in history] == pytest.approx([1 / 4, 2 / 3, 1])
    assert main(["--warehouse", str(desk.warehouse.folder), "history"]) == 0
    said = capsys.readouterr().out
    assert [part in said for part in ("quality 25 %", "quality 66.6 %", "quality 100 %")] == [True] * 3
    assert all(f"digest {one['digest'][:12]})" in said for one in history)
    assert all(len(one["digest"]) == 64 and one["loaded_by"] and one["file_name"] for one in history)


def test_a_file_that_is_refused_has_no_quality(desk: Desk) -> None:
    report = desk.try_load("what,ever\n1,2", dry_run=True)
    assert report.files[0].quality is None


def test_without_loads_in_force_there_is_nothing_to_say(desk: Desk) -> None:
    desk.load(WEEK_3)
    desk.undo(1)
    with desk.warehouse.reading() as reading:
        source = Source(reading)
        assert quality.by_rule(source).empty
        assert quality.by_week(source).empty
        assert quality.sources(source) == []
        assert quality.trust(source, day("11-20"), ALL) == Trust(0, 0, 0, 0)
        assert quality.weekly(source, day("11-20"), ALL).empty


def test_an_empty_cell_is_checked_but_fails_only_where_it_is_required(desk: Desk) -> None:
    desk.load("goal_id, goal_name, target_share\nG1, Grow,\nG2, Save, 30")
    with desk.warehouse.reading() as reading:
        rules = quality.by_rule(Source(reading), "goals").set_index("rule")
    assert rules.loc["target_share_in_range", ["rows_checked", "rows_failed"]].tolist() == [2, 0]


EVERY_CHECK = [
    pytest.param(check, id=f"{form.export}-{check.name}")
    for form in contracts()
    for check in form.checks(TODAY, {"goals": {"G1"}, "programs": {"P1"}})
]


@pytest.mark.parametrize("check", EVERY_CHECK)
def test_every_expectation_can_be_said_in_words(check: Check) -> None:
    kind, arguments = check.expectation
    said = in_words(kind, check.columns, kept(arguments, check.message))
    assert said
    if "Regex" not in kind:
        assert check.columns[-1].replace("_", " ") in said
    assert title(kind).startswith("Expect ")


def test_an_expectation_in_words_says_its_bounds_and_the_first_of_a_long_set() -> None:
    between = "ExpectColumnValuesToBeBetween"
    given = {"column": "status_date", "min_value": None, "max_value": dt.date(2026, 11, 20)}
    assert in_words(between, ["status_date"], kept(given, "")) == "status date is 2026-11-20 or less"
    given = {"column": "percent_complete", "min_value": 0, "max_value": 100}
    assert in_words(between, ["percent_complete"], kept(given, "")) == "percent complete is from 0 to 100"
    many = {"column": "program_id", "value_set": [f"P{n}" for n in range(1020)]}
    words = in_words("ExpectColumnValuesToBeInSet", ["program_id"], kept(many, ""))
    assert words.startswith("program id is one of P0, P1, ")
    assert words.endswith(", P19 and 1,000 more")
    assert in_words(between, ["budget"], None) == in_words("SomethingElse", ["budget"], "{}") == ""
