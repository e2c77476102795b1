"""Answers on literal exports, loaded by the real pipeline: the expected numbers are written out."""

import csv
import datetime as dt
import doctest
from pathlib import Path

import pytest

import analytics.projects
from analytics import changes, evidence, portfolio, programs, project, projects, reasons, standings, why
from analytics.projects import Place
from analytics.reading import NO_PROGRAM, Basis, Desk, Scope, Source, choices, is_sample
from components import sentences
from pipelines.backup import backup, restore
from pipelines.load import load
from pipelines.problems import StoreError
from pipelines.publications import withdraw
from pipelines.report import Request
from pipelines.warehouse import Warehouse

BEFORE, DAY = dt.date(2026, 11, 13), dt.date(2026, 11, 20)
ALL = Scope()

PROGRAMS = """program_id,program_name,program_portfolio
R1,Front door,Customer
R2,Back office,Customer
"""
# A 100-day plan each, so that a day of slip is one percent of it.
PROJECTS = """project_id,project_name,program_id,portfolio,stage,baseline_start,baseline_finish,budget,currency
P1,Identity,R1,Customer,active,2026-09-01,2026-12-10,100,USD
P2,Portal,R1,Customer,active,2026-09-01,2026-12-10,200,USD
P3,Ledger,R2,Customer,active,2026-09-01,2026-12-10,300,USD
P4,Depot,,Platform,active,2026-09-01,2026-12-10,400,GBP
P5,Robots,,Platform,approved,2026-09-01,2026-12-10,,GBP
P6,Archive,R2,Customer,completed,2026-01-01,2026-03-01,999,USD
"""
STATUS = """project_id,status_date,reported_health,forecast_finish,forecast_cost,actual_cost
P1,2026-11-13,green,2026-12-10,100,40
P1,2026-11-20,green,2027-01-19,135,50
P2,2026-11-13,amber,2026-12-25,200,10
P2,2026-11-20,amber,2026-12-25,200,20
P3,2026-11-20,green,2026-12-10,310,30
P4,2026-10-28,red,2026-12-10,400,
"""


class World:
    """A warehouse in a test's folder, and a desk to ask at."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.warehouse = Warehouse(folder / "warehouse")
        self.desk = Desk(self.warehouse)

    def load(self, **exports: str) -> list[int]:
        files = []
        for name, text in exports.items():
            files.append(self.folder / f"{name}.csv")
            files[-1].write_text(text, "utf-8")
        report = load(self.warehouse, Request(files), today=dt.date(2026, 11, 21))
        assert not report.blocked, [problem for file in report.files for problem in file.problems]
        return [file.load_id for file in report.files if file.load_id]

    def ask(self, question, *args, known_at=None):  # type: ignore[no-untyped-def]
        return self.desk.ask(question, self.desk.version(), known_at, *args)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("world"))
    world.load(programs=PROGRAMS, projects=PROJECTS, status=STATUS)
    return world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_the_examples_in_docstrings_hold() -> None:
    assert doctest.testmod(analytics.projects).failed == 0


def test_the_colours_add_up_to_the_live_projects(loaded: World) -> None:
    now = loaded.ask(portfolio.summary, DAY, ALL)
    assert now.live == 5
    assert now.counts("reported") == {"green": 2, "amber": 1, "red": 1, "unknown": 1}
    # P1 is 40 % late and 35 % over; P2 is 15 % late; P3 and P4 are on plan; P5 has not reported.
    assert now.counts("computed") == {"green": 2, "amber": 1, "red": 1, "unknown": 1}
    assert now.counts("schedule") == {"green": 2, "amber": 1, "red": 1, "unknown": 1}
    assert now.counts("cost") == {"green": 3, "amber": 0, "red": 1, "unknown": 1}
    assert all(sum(now.counts(name).values()) == now.live for name in portfolio.DIMENSIONS)


def test_coverage_and_freshness(loaded: World) -> None:
    now = loaded.ask(portfolio.summary, DAY, ALL)
    assert (now.reported, now.stale, now.oldest_days, now.programs) == (4, 1, 23, 2)
    assert (now.judged, now.judged_reported_red, now.judged_computed_red) == (4, 1, 1)


def test_no_sum_mixes_currencies(loaded: World) -> None:
    now = loaded.ask(portfolio.summary, DAY, ALL)
    dollars, pounds = now.money
    assert (dollars.currency, dollars.budget, dollars.spent, dollars.forecast) == ("USD", 600, 100, 645)
    assert (dollars.variance, dollars.watermelon) == (45, 100)
    assert (pounds.currency, pounds.budget, pounds.budgeted, pounds.projects) == ("GBP", 400, 1, 2)
    assert (pounds.spent, pounds.spending) == (None, 0)
    assert now.budgets("computed", "USD") == {"green": 300, "amber": 200, "red": 100, "unknown": 0}


def test_a_scope_narrows_everything(loaded: World) -> None:
    assert loaded.ask(portfolio.summary, DAY, Scope(portfolio="Platform")).live == 2
    assert loaded.ask(portfolio.summary, DAY, Scope(program="R1")).live == 2
    assert loaded.ask(portfolio.summary, DAY, Scope(program=NO_PROGRAM)).live == 2
    assert loaded.ask(portfolio.summary, DAY, Scope("Platform", "R1")).live == 0


def test_what_is_undefined_is_none_and_never_nought(loaded: World) -> None:
    nothing = loaded.ask(portfolio.summary, DAY, Scope("Platform", "R1"))
    assert (nothing.live, nothing.oldest_days, nothing.money) == (0, None, ())
    pounds = loaded.ask(portfolio.summary, DAY, Scope("Platform")).money[0]
    assert (pounds.spent, pounds.watermelon) == (None, None)


def test_what_changed_since_the_compared_review(loaded: World) -> None:
    moved = loaded.ask(changes.changes, DAY, BEFORE, ALL, "computed")
    assert {name: group.count for name, group in moved.groups.items()} == {
        "newly-red": 1,
        "newly-green-red": 1,
        "finish": 1,
        "cost": 1,
        "reported": 3,
    }
    assert (moved["finish"].count, moved["finish"].later, moved["cost"].net[0].cost_moved) == (1, 1, 35)
    assert moved["newly-red"].named[0].project_id == "P1"


@pytest.mark.parametrize("basis", ["computed", "reported"])
@pytest.mark.parametrize("scope", [ALL, Scope("Customer"), Scope(program="R1")])
def test_the_register_lists_as_many_as_changed(loaded: World, scope: Scope, basis: Basis) -> None:
    moved = loaded.ask(changes.changes, DAY, BEFORE, scope, basis)
    for name in changes.GROUPS:
        wanted = projects.filter_from(group=f"changed-{name}")
        assert loaded.ask(projects.register, DAY, BEFORE, scope, basis, wanted, 50).total == moved.count(name), name


_CAME, _WENT = ("entered", "moved-here"), ("ended", "moved-away")


def test_every_kind_of_change_between_two_reviews(world: World) -> None:
    world.load(
        status="project_id,status_date,stage,reported_health,program_id,baseline_finish,forecast_finish,budget\n"
        "stays,2026-11-13,active,green,R1,2026-12-10,2026-12-10,10\n"
        "stays,2026-11-20,active,green,R1,2026-12-10,2026-12-10,10\n"
        "new,2026-11-20,active,green,R1,2026-12-10,2026-12-10,10\n"
        "ended,2026-11-13,active,red,R1,2026-12-10,2026-12-10,10\n"
        "ended,2026-11-20,cancelled,red,R1,2026-12-10,2026-12-10,10\n"
        "paused,2026-11-13,active,green,R1,2026-12-10,2026-12-10,10\n"
        "paused,2026-11-20,on hold,amber,R1,2026-12-10,2026-12-24,10\n"
        "moved,2026-11-13,active,red,R1,2026-12-10,2026-12-10,10\n"
        "moved,2026-11-20,active,green,R2,2027-01-07,2027-01-07,25\n"
        "silent,2026-10-02,active,red,R1,2026-12-10,2026-12-10,10\n"
    )
    moved = world.ask(changes.changes, DAY, BEFORE, ALL, "reported")
    assert {name: [item.project_id for item in group.named] for name, group in moved.groups.items()} == {
        "entered": ["new"],
        "ended": ["ended"],
        "no-longer-red": ["moved"],
        "finish": ["moved", "paused"],
        "baseline": ["moved"],
        "stage": ["paused"],
        "reported": [],
    }
    assert (moved["finish"].count, moved["finish"].later) == (2, 2)
    assert (moved["baseline"].named[0].baseline_moved, moved["baseline"].net[0].budget_moved) == (28, 15)
    # In one program's scope a project that moved to another went away there and came here, and did nothing else.
    there, here = (
        {"entered": ["new"], "ended": ["ended"], "moved-away": ["moved"], "finish": ["paused"], "stage": ["paused"]},
        {"moved-here": ["moved"]},
    )
    for program, expected in (("R1", there), ("R2", here)):
        scope = Scope(program=program)
        found = {
            name: [item.project_id for item in group.named]
            for name, group in world.ask(changes.changes, DAY, BEFORE, scope, "reported").groups.items()
        }
        assert {name: ids for name, ids in found.items() if ids} == expected
        live = [world.ask(portfolio.summary, day, scope).live for day in (BEFORE, DAY)]
        came, went = (sum(len(found.get(name, [])) for name in names) for names in (_CAME, _WENT))
        assert live[1] - live[0] == came - went
        for name in (*_CAME, *_WENT):
            wanted = projects.filter_from(group=f"changed-{name}")
            rows = world.ask(projects.register, DAY, BEFORE, scope, "reported", wanted, 50).rows
            assert [row["project_key"] for row in rows] == found.get(name, [])


def test_what_milestones_and_risks_say_anew_is_a_change(world: World) -> None:
    world.load(
        status="project_id,status_date,reported_health,budget\nA,2026-11-13,green,10\nA,2026-11-20,green,10\n"
        "B,2026-11-13,green,20\nB,2026-11-20,green,20\n",
        milestones="project_id,milestone_id,milestone_name,status_date,baseline_date,forecast_date,actual_date\n"
        "A,M1,Design,2026-11-13,2026-11-16,2026-11-30,\nA,M2,Build,2026-11-13,2026-11-18,2026-11-18,\n"
        "A,M2,Build,2026-11-20,2026-11-18,,2026-11-18\nB,M3,Design,2026-11-13,2026-12-01,2026-12-01,\n"
        "B,M3,Design,2026-11-20,2026-12-15,2026-12-15,\n",
        risks="project_id,risk_id,risk_name,status_date,probability,impact,risk_state\n"
        "A,R1,Supplier,2026-11-13,2,3,open\nA,R1,Supplier,2026-11-20,2,2,open\n"
        "B,R2,Staff,2026-11-13,2,3,open\nB,R2,Staff,2026-11-20,4,3,open\n",
    )
    moved = world.ask(changes.changes, DAY, BEFORE, ALL, "reported")
    said = {name: [sentences.named(name, item) for item in group.named] for name, group in moved.groups.items()}
    assert said.pop("newly-green-red") == ["A $10"]
    assert said == {"missed": ["A"], "replanned": ["B"], "risk": ["B from 6 to 12"], "reported": []}
    listed = {
        row["project_key"]: [delta.text for delta in sentences.moved(row, "reported")]
        for row in world.ask(projects.register, DAY, BEFORE, ALL, "reported", projects.filter_from(), 50).rows
    }
    assert listed == {
        "A": ["+1 milestone missed", "risk from 6 to 4"],
        "B": ["milestones moved", "risk from 6 to 12"],
    }


def test_the_first_review_has_no_changes(loaded: World) -> None:
    wanted = projects.filter_from(group="changed-finish")
    assert loaded.ask(projects.register, DAY, None, ALL, "computed", wanted, 50).total == 0


def test_the_last_weeks_of_a_project(world: World) -> None:
    world.load(
        status="project_id,status_date,reported_health,baseline_start,baseline_finish,forecast_finish\n"
        "A,2026-11-06,green,2026-09-01,2026-12-10,2026-12-10\n"
        "A,2026-11-20,red,2026-09-01,2026-12-10,2026-12-25\n"
        "B,2026-01-02,amber,2026-09-01,2026-12-10,2026-12-10\n"
    )
    weeks = {
        basis: world.ask(projects.register, DAY, BEFORE, ALL, basis, projects.filter_from(), 50).weeks
        for basis in ("reported", "computed")
    }
    assert weeks["reported"]["A"] == (None,) * 9 + ("green", "green", "red")
    assert weeks["computed"]["A"] == (None,) * 9 + ("green", "green", "amber")
    assert weeks["reported"]["B"] == ("amber",) * 12


def test_the_trend_ends_where_the_summary_stands(loaded: World) -> None:
    now = loaded.ask(portfolio.summary, DAY, ALL)
    for currency in ("", "USD", "GBP"):
        frame = loaded.ask(portfolio.trend, DAY, ALL, currency)
        last = frame.iloc[-1]
        assert last["review_date"].date() == DAY
        for basis in portfolio.BASES:
            shares = {state: last[f"{basis}_{state}"] for state in portfolio.STATES}
            expected = now.budgets(basis, currency) if currency else now.counts(basis)
            assert {state: round(share * last["whole"]) for state, share in shares.items()} == expected
            assert frame[[f"{basis}_{state}" for state in portfolio.STATES]].sum(axis=1).round(9).eq(1).all()


def test_attention_is_ranked_by_money_with_reasons(loaded: World) -> None:
    found = loaded.ask(portfolio.attention, DAY, BEFORE, ALL)
    assert [(item.project_id, item.at_stake, item.is_new) for item in found.items] == [
        ("P4", 400, False),
        ("P1", 100, True),
    ]
    assert found.items[0].why == "Reported red, its numbers say green; no report for 23 days"
    assert found.items[1].why == ("Finish 40 days late; cost 35 % over budget")
    assert (found.total, found.new) == (2, 1)


def test_without_a_budget_comes_last_in_any_currency(world: World) -> None:
    world.load(
        status="project_id,status_date,reported_health,budget,currency\n"
        "A,2026-11-20,red,,GBP\nB,2026-11-20,red,10,USD\nC,2026-11-20,amber/red,20,USD\nD,2026-11-20,red,5,EUR\n"
        "E,2026-11-20,red,7,USD\n"
    )
    found = world.ask(portfolio.attention, DAY, BEFORE, ALL)
    assert [item.project_id for item in found.items] == ["D", "B", "E", "A"]
    assert found.currencies == 2


def test_a_report_keeps_its_own_word_for_its_colour(world: World) -> None:
    world.load(status="project_id,status_date,reported_health\nA,2026-11-13,\nA,2026-11-20,amber/red\n")
    found = world.ask(project.project, DAY, "A")
    assert (found.row["reported"], found.judgements[0].because) == ("amber", "The report of 20 Nov 2026 says amber/red")
    assert list(found.history["reported_health"].fillna("")) == ["", "amber/red"]
    before = world.ask(project.project, BEFORE, "A")
    assert before.judgements[0].because == "The report of 13 Nov 2026 gives no colour"


def test_a_program_rolls_up_by_budget_or_by_count(loaded: World) -> None:
    found = {p.program_id: p for p in loaded.ask(programs.programs, DAY, ALL)}
    front, back, none = found["R1"], found["R2"], found[NO_PROGRAM]
    # 100 of 300 in red: a third.
    assert (front.computed.state, front.computed.by, front.live) == ("red", "budget", 2)
    assert front.computed.red_share == pytest.approx(1 / 3)
    assert front.computed.rule == "Red from 25 % in red, by budget"
    assert (front.reported.state, front.slip_days) == ("amber", 40)
    assert (back.computed.state, back.money[0].budget) == ("green", 300)
    # One of its two projects has no budget, so projects are counted: one of two is reported red.
    assert (none.reported.state, none.reported.by, none.stale) == ("red", "count", 1)


def test_a_red_critical_project_turns_its_program_red(world: World) -> None:
    world.load(
        status="project_id,program_id,status_date,is_critical,reported_health,budget\n"
        "A,R,2026-11-20,yes,red,1\nB,R,2026-11-20,no,green,99\n"
    )
    rollup = world.ask(programs.programs, DAY, ALL)[0]
    assert (rollup.reported.state, rollup.reported.rule) == ("red", "Red, as a critical project is red")
    assert rollup.computed.state == "unknown"


def test_a_programs_money_is_the_sum_of_its_projects(loaded: World) -> None:
    now = loaded.ask(portfolio.summary, DAY, ALL)
    found = loaded.ask(programs.programs, DAY, ALL)
    for m in now.money:
        sums = [a.budget for p in found for a in p.money if a.currency == m.currency and a.budget is not None]
        assert sum(sums) == m.budget


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["P4", "P3", "P2", "P1", "P5"]),
        ({"stage": "any"}, ["P6", "P4", "P3", "P2", "P1", "P5"]),
        ({"stage": "completed"}, ["P6"]),
        ({"stage": "approved"}, ["P5"]),
        ({"text": " FRONT door"}, ["P2", "P1"]),
        ({"text": "100%_'"}, []),
        ({"sponsor": "nobody"}, []),
        ({"group": "computed-red"}, ["P1"]),
        ({"group": "cost-unknown"}, ["P5"]),
        ({"group": "green-red"}, ["P1"]),
        ({"group": "stale"}, ["P4"]),
        ({"group": "never"}, ["P5"]),
        ({"group": "not-reported"}, ["P4", "P5"]),
        ({"group": "attention"}, ["P4", "P1"]),
        ({"group": "purple-red"}, ["P4", "P3", "P2", "P1", "P5"]),
        ({"sort": "name"}, ["P4", "P1", "P3", "P2", "P5"]),
        ({"sort": "finish"}, ["P1", "P2", "P4", "P3", "P5"]),
        ({"sort": "report"}, ["P5", "P4", "P1", "P3", "P2"]),
    ],
)
def test_the_register_is_searched_filtered_and_sorted(
    loaded: World, asked: dict[str, str], expected: list[str]
) -> None:
    wanted = projects.filter_from(**asked)
    found = loaded.ask(projects.register, DAY, BEFORE, ALL, "computed", wanted, 50)
    assert [row["project_key"] for row in found.rows] == expected
    file = loaded.ask(projects.register_file, DAY, BEFORE, ALL, "computed", wanted)
    assert (list(file["project_id"]), found.total) == (expected, len(expected))
    assert loaded.ask(projects.register, DAY, BEFORE, ALL, "computed", wanted, 1).total == len(expected)


def test_the_projects_beside_one_in_the_register(loaded: World) -> None:
    wanted = projects.filter_from()
    found = [loaded.ask(projects.place, DAY, BEFORE, ALL, "computed", wanted, key) for key in ("P4", "P2", "P5", "P6")]
    assert found == [
        Place(1, 5, None, ("P3", "Ledger")),
        Place(3, 5, ("P3", "Ledger"), ("P1", "Identity")),
        Place(5, 5, ("P1", "Identity"), None),
        None,
    ]


def test_a_project_remembers_its_first_baseline(world: World) -> None:
    world.load(
        status="project_id,status_date,baseline_start,baseline_finish,forecast_finish,budget,forecast_cost\n"
        "A,2026-10-30,2026-09-01,2026-12-10,2026-12-10,100,100\n"
        "A,2026-11-13,2026-09-01,2026-12-10,2027-01-19,100,135\n"
        "A,2026-11-20,2026-09-01,2027-01-19,2027-01-19,140,135\n"
    )
    found = world.ask(project.project, DAY, "A")
    assert (found.row["computed"], found.row["computed_original"]) == ("green", "red")
    said = [(one.number, one.from_date, one.finish, one.budget, one.origin.row) for one in found.baselines]
    assert said == [
        (1, dt.date(2026, 10, 30), dt.date(2026, 12, 10), 100, 2),
        (2, DAY, dt.date(2027, 1, 19), 140, 4),
    ]
    assert [date.date() for date in found.history["held_finish"]] == [
        dt.date(2026, 12, 10),
        dt.date(2026, 12, 10),
        dt.date(2027, 1, 19),
    ]
    assert [one.number for one in world.ask(project.project, BEFORE, "A").baselines] == [1]


def test_portfolios_side_by_side(loaded: World) -> None:
    found = loaded.ask(standings.portfolios, DAY, ALL)
    assert [(one.id, one.live, one.reported["red"], one.computed["red"]) for one in found] == [
        ("Customer", 3, 0, 1),
        ("Platform", 2, 1, 0),
    ]


def test_a_project_explains_its_colours(loaded: World) -> None:
    found = loaded.ask(project.project, DAY, "P1")
    why = {j.dimension: j for j in found.judgements}
    assert {name: j.state for name, j in why.items()} == {
        "reported": "green",
        "schedule": "red",
        "cost": "red",
        "milestones": "unknown",
        "risk": "unknown",
        "resources": "unknown",
        "computed": "red",
    }
    assert why["schedule"].because == "Forecast finish 40 days past baseline, 40 % of the planned time"
    assert why["schedule"].rule == "Amber from 10 %, red from 30 % of the planned time"
    # 30 % of 100 days is red, so the 29th is the last that is not.
    assert why["schedule"].flips == "Amber with a finish by 8 Jan 2027"
    assert why["cost"].flips == "Amber with a forecast cost below 130 USD"
    assert why["computed"].because == "The worst that is known: schedule and cost"
    assert list(found.history["computed"]) == ["green", "red"]


def test_what_would_change_a_colour_is_said_to_the_cent_and_where_nothing_would_that_is_said(world: World) -> None:
    world.load(
        status="project_id,status_date,budget,forecast_cost,currency\n"
        "P1,2026-11-20,1,1,EUR\nP2,2026-11-20,5,6,EUR\nP3,2026-11-20,1234567.89,1234567.89,EUR\n",
        risks="risk_id,risk_name,project_id,status_date,probability,impact,risk_state\n"
        "R1,Small,P1,2026-11-20,1,1,open\n",
        milestones="milestone_id,project_id,status_date,baseline_date,actual_date\n"
        "M1,P1,2026-11-20,2026-11-01,2026-11-01\n",
    )

    def flips(key: str, dimension: str) -> str:
        found = world.ask(project.project, DAY, key)
        return {one.dimension: one.flips for one in found.judgements}[dimension]

    assert flips("P1", "cost") == "Amber with a forecast cost of 1.10 EUR or more"
    assert flips("P2", "cost").startswith("Green with a forecast cost below 5.50 EUR")
    assert flips("P3", "cost") == "Amber with a forecast cost of 1,358,024.68 EUR or more"
    assert flips("P1", "risk") == "No single score of an open risk"
    assert flips("P1", "milestones") == "Red if the one milestone met were not"


def test_what_later_rows_no_longer_list_says_when_it_was_last_stated(world: World) -> None:
    milestones = "milestone_id,project_id,status_date,baseline_date,actual_date\n"
    risks = "risk_id,project_id,status_date,probability,impact,risk_state\n"
    world.load(
        status="project_id,status_date,reported_health\nP1,2026-11-20,green\n",
        milestones=milestones
        + "".join(
            f"{one},P1,2026-11-13,2026-11-01,{met}\n" for one, met in (("M1", ""), ("M2", ""), ("M3", "2026-11-01"))
        )
        + "M1,P1,2026-11-20,2026-11-01,\n",
        risks=risks
        + "".join(
            f"{one},P1,2026-11-13,3,3,{state}\n" for one, state in (("R1", "open"), ("R2", "open"), ("R3", "closed"))
        )
        + "R1,P1,2026-11-20,3,3,open\n",
    )
    gone = dt.date(2026, 11, 13)
    for question, name, said in (
        (evidence.milestones, "milestone_id", {"M1": None, "M2": gone, "M3": None}),
        (evidence.risks, "risk_id", {"R1": None, "R2": gone, "R3": None}),
    ):
        assert {row[name]: row["last_stated"] for row in world.ask(question, DAY, "P1")} == said


def test_every_number_leads_back_to_its_row(loaded: World) -> None:
    found = loaded.ask(project.project, DAY, "P1")
    facts = {fact.name: fact for fact in found.facts}
    assert (facts["budget"].origin.file_name, facts["budget"].origin.row) == ("projects.csv", 2)
    assert (facts["forecast_cost"].origin.file_name, facts["forecast_cost"].origin.row) == ("status.csv", 3)
    rows = list(csv.DictReader(STATUS.splitlines()))
    assert float(rows[facts["forecast_cost"].origin.row - 2]["forecast_cost"]) == facts["forecast_cost"].value
    assert facts["budget"].origin.publication == 1
    assert {row.source_row for row in found.history.itertuples()} == {2, 3}


def test_a_number_carried_from_an_earlier_report_says_so(world: World) -> None:
    world.load(status="project_id,status_date,budget,reported_health\nA,2026-11-13,70,green\nA,2026-11-20,,green\n")
    facts = {fact.name: fact for fact in world.ask(project.project, DAY, "A").facts}
    assert (facts["budget"].value, facts["budget"].origin.row, facts["budget"].note) == (
        70,
        2,
        "from an earlier report",
    )


def test_a_project_that_does_not_exist_is_none(loaded: World) -> None:
    assert loaded.ask(project.project, DAY, "nobody's") is None


def test_choices(loaded: World) -> None:
    found = loaded.ask(choices)
    assert found.review_dates[-2:] == (BEFORE, DAY)
    assert [place.id for place in found.portfolios] == ["Customer", "Platform"]
    assert [(place.id, place.name, place.portfolio) for place in found.programs] == [
        ("R2", "Back office", "Customer"),
        ("R1", "Front door", "Customer"),
        (NO_PROGRAM, "No program", ""),
    ]
    assert [p.number for p in found.publications] == [1]
    assert not loaded.ask(is_sample)


def test_a_new_publication_is_noticed_and_two_versions_stay_open(world: World) -> None:
    line = "project_id,status_date,reported_health\nA,2026-11-20,{}\n"
    for number, health in enumerate(["green", "amber", "red"], start=1):
        world.load(**{f"status{number}": line.format(health)})
        now = world.ask(portfolio.summary, DAY, ALL)
        assert now.count("reported", health) == 1
    assert world.desk.open_readings() == [(2, 2), (3, 3)]


def test_as_known_at_an_older_publication(world: World) -> None:
    line = "project_id,status_date,reported_health,budget\nA,2026-11-20,green,{}\n"
    world.load(status1=line.format(10))
    second = world.load(status2=line.format(20))
    withdraw(world.warehouse, second[0], "a test")
    budgets = [world.ask(portfolio.summary, DAY, ALL, known_at=k).money[0].budget for k in (1, 2, 3)]
    assert budgets == [10, 20, 10]


def test_a_restored_store_answers_as_the_backup_did(world: World) -> None:
    world.load(projects=PROJECTS, status=STATUS)
    backup(world.warehouse.folder, world.folder / "backup.zip")
    world.load(goals="goal_id,goal_name\nG1,Faster\n")
    restore(world.warehouse.folder, world.folder / "backup.zip")
    assert (world.desk.version(), world.warehouse.publication()) == (3, 1)
    assert [p.number for p in world.ask(choices).publications] == [1]
    assert world.ask(portfolio.summary, DAY, ALL).live == 5


def test_answers_are_kept(loaded: World) -> None:
    assert loaded.ask(portfolio.summary, DAY, ALL) is loaded.ask(portfolio.summary, DAY, ALL)


def test_a_broken_store_is_one_clear_message(world: World) -> None:
    world.load(status="project_id,status_date,reported_health\nA,2026-11-20,green\n")
    world.warehouse.facts.path().write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreError, match="cannot be"):
        world.ask(choices)


def test_reasons_for_a_finish_that_has_passed() -> None:
    row = {
        "slip": 0.2, "slip_days": 20, "actual_finish": None,
        "forecast_finish": dt.date(2026, 11, 1), "finish_then": dt.date(2026, 11, 20),
    }  # fmt: skip
    text = "Was to finish on 1 Nov 2026, not finished yet: 20 days past baseline, 20 % of the planned time"
    assert reasons.schedule(row) == text


def test_a_reason_never_reads_like_a_limit_that_is_not_reached(loaded: World) -> None:
    found = loaded.ask(lambda source: source.records(f"from {source.on(DAY)} where project_key = 'P1'")[0])
    near = {**found, "slip": 0.2996, "overrun": 0.0976}
    assert reasons.schedule(near) == "Forecast finish 40 days past baseline, 29.96 % of the planned time"
    assert reasons.cost(near) == "Forecast cost 9.8 % over budget"
    assert reasons.cost({**near, "overrun": -0.0976}) == "Forecast cost 10 % under budget"


HIDDEN = """project_id,status_date,rag,baseline_start,baseline_finish,budget,currency,forecast_finish,forecast_cost,\
actual_cost,stage
LATE,2026-11-20,green,2026-08-12,2026-11-10,100,EUR,,100,50,active
HELD,2026-11-20,green,2026-08-12,2026-11-10,100,EUR,,100,50,on hold
DONE,2026-11-20,green,2026-08-12,2026-11-10,100,EUR,,100,50,completed
DUE,2026-11-20,green,2026-08-12,2026-11-20,100,EUR,,100,50,active
SPENT,2026-11-20,green,2026-08-12,2026-12-20,100,EUR,2026-12-20,100,120,active
BOTH,2026-11-20,green,2026-08-12,2026-12-20,100,EUR,2026-12-20,140,145,active
"""


def test_an_empty_forecast_hides_neither_a_late_finish_nor_what_is_spent(world: World) -> None:
    """Without a forecast a finish is late from the day after its baseline on; no cost is below what is spent."""
    world.load(projects="project_id,project_name\nLISTED,Only listed\n", status=HIDDEN)

    def judged(source: Source) -> dict[str, tuple[dict[str, object], dict[str, why.Judgement]]]:
        rows = source.records(f"from {source.on(DAY)}")
        return {
            row["project_key"]: (row, {one.dimension: one for one in why.judgements(source, DAY, row)}) for row in rows
        }

    found = world.ask(judged)
    states = {key: (row["schedule"], row["cost"]) for key, (row, _) in found.items()}
    assert states == {
        "LATE": ("amber", "green"),  # at least 10 of 90 days
        "HELD": ("amber", "green"),
        "DONE": ("unknown", "green"),
        "DUE": ("unknown", "green"),
        "SPENT": ("green", "amber"),
        "BOTH": ("green", "red"),
        "LISTED": ("unknown", "unknown"),
    }
    late = found["LATE"][1]["schedule"]
    assert late.because == (
        "Not finished, and no forecast finish: at least 10 days past baseline, 11 % of the planned time"
    )
    assert late.flips == "Red with a finish from 7 Dec 2026; Green no longer possible: it took a finish by 18 Nov 2026"
    spent = found["SPENT"][1]["cost"]
    assert spent.because == "Cost so far 20 % over budget, above the forecast cost"
    assert spent.flips == "Green with a cost so far below 110 EUR; Red with a cost so far of 130 EUR or more"
    assert spent.change
    assert (spent.change.input, spent.change.to, spent.change.becomes) == ("actual_cost", 130, "red")
    both = found["BOTH"][1]["cost"]
    assert both.flips == "No single input: the forecast cost and the cost so far are both too high"
    assert both.change is None
    # The weeks that were kept of it say the same.
    assert world.ask(portfolio.summary, DAY, ALL).counts("schedule")["amber"] == 2


@pytest.mark.parametrize(
    ("earned", "spent", "text"),
    [
        (400_000, 0, "the spend is 0"),
        (0, 10, "the earned value is 0"),
        (None, 10, "no earned value is stated"),
        (None, None, "no earned value or spend is stated"),
    ],
)
def test_why_no_cost_can_be_worked_out(earned: float | None, spent: float | None, text: str) -> None:
    row = {"overrun": None, "budget": 500_000, "earned_value": earned, "actual_cost": spent}
    assert reasons.cost(row) == f"Can't be judged: no forecast cost, and {text}"


@pytest.mark.real
def test_figures_equal_those_of_the_file_itself(world: World, real_data: Path) -> None:
    file = real_data / "nyc_capital" / "capital_projects.csv"
    if not file.exists():
        pytest.skip(f"needs {file}")
    report = load(world.warehouse, Request([file]))
    assert not report.blocked
    day = dt.date(2019, 9, 6)
    now = world.ask(portfolio.summary, day, ALL)
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.DictReader(text))
    read = [(dt.datetime.strptime(row["Date Reported As Of"].split()[0], "%m/%d/%Y").date(), row) for row in rows]
    latest = {row["PID"]: row for _, row in sorted(read, key=lambda pair: pair[0])}
    first: dict[str, float] = {}
    for _, row in sorted(read, key=lambda pair: pair[0]):
        if row["Budget Forecast"] and row["PID"] not in first:
            first[row["PID"]] = float(row["Budget Forecast"])
    assert now.live == len(latest)
    assert now.money[0].budget == pytest.approx(sum(first.values()), rel=1e-9)
    both = [float(row["Budget Forecast"]) for pid, row in latest.items() if row["Budget Forecast"] and pid in first]
    assert now.money[0].forecast == pytest.approx(sum(both), rel=1e-9)


def test_portfolios_and_goals_have_one_colour_by_the_rule_and_their_parts_add_up(loaded: World) -> None:
    now = loaded.ask(portfolio.summary, DAY, ALL)
    for question in (standings.portfolios, standings.goals):
        found = loaded.ask(question, DAY, ALL)
        assert sum(one.live for one in found) == now.live
        for basis in ("reported", "computed"):
            counted = {state: sum(one.states(basis)[state] for one in found) for state in portfolio.STATES}
            assert counted == now.counts(basis)
        budgets: dict[str, float] = {}
        for one in found:
            for amount in one.money:
                budgets[amount.currency] = budgets.get(amount.currency, 0) + (amount.budget or 0)
        assert budgets == {m.currency: m.budget or 0 for m in now.money}
    by_name = {one.id: one for one in loaded.ask(standings.portfolios, DAY, ALL)}
    # 100 of 600 in red, 200 in amber; of the two in Platform one is reported red, and one states no budget.
    assert (by_name["Customer"].computed_rollup.state, by_name["Platform"].reported_rollup.state) == ("amber", "red")
    assert by_name["Platform"].reported_rollup.by == "count"
