"""What if: each move does what it says and no more, texts keep their moves, and levelling moves only what may move."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import levels, whatif
from analytics.capacity import Plan
from analytics.levels import Tie
from analytics.whatif import Move, apply, compare, moves_of, text_of, totals
from pipelines import scenarios
from pipelines.load import load
from pipelines.problems import UsageError
from pipelines.report import Request
from pipelines.warehouse import Warehouse
from tests.by_sql import judged_by_sql
from tests.test_capacity import DAY, MONTHS, ROWS, THERE, of
from tests.test_figures import said, shown


def literal() -> Plan:
    """Engineers: 4 there, 5 committed in the second month, 1 more requested by B1."""
    return of(ROWS, THERE)


def after(*moves: Move) -> Plan:
    return apply(literal(), moves).plan


def asked(plan: Plan, project: str) -> list[tuple[str, int, float, bool]]:
    """What a project asks for: skill, month, FTE, committed."""
    rows = plan.needs[plan.needs["project"] == plan.projects["project_key"].tolist().index(project)]
    return [
        (str(plan.pools["pool"].iat[row.pool]), int(row.month), float(row.fte), bool(row.is_committed))
        for row in rows.itertuples()
    ]


def people(plan: Plan, team: str, pool: str) -> list[float]:
    at = plan.pools[(plan.pools["team"] == team) & (plan.pools["pool"] == pool)].index[0]
    return [float(value) for value in plan.capacity[at]]


def test_a_shift_takes_demand_and_finish_along_and_relieves_whom_it_leaves() -> None:
    found = after(Move("shift", "A2", 2))
    assert asked(found, "A2") == [("Engineer", 3, 2.0, True), ("Writer", 4, 0.5, True)]
    assert (totals(literal(), 8).overload, totals(found, 8).overload) == (1.0, 0.0)
    (change, other) = compare(literal(), found, 8)
    assert (change.project_key, change.finish, change.finish_then) == ("A2", dt.date(2027, 6, 30), dt.date(2027, 8, 30))
    assert (change.unmet, change.unmet_then, change.is_dropped) == (1.0, 0.0, False)
    assert (other.project_key, other.unmet, other.unmet_then) == ("B1", 1.0, 0.0)


def test_a_share_a_drop_and_a_start_change_just_their_project() -> None:
    assert asked(after(Move("scale", "A1", share=0.5)), "A1") == [("Engineer", 1, 1.5, True)]
    (dropped, *_) = (one for one in compare(literal(), after(Move("drop", "A1")), 8) if one.project_key == "A1")
    assert dropped.is_dropped
    assert whatif.budgets([dropped]) == {"USD": -100.0}
    started = after(Move("start", "B1", 0))
    assert asked(started, "B1") == [("Engineer", 1, 1.0, True), ("Analyst", 1, 1.0, True)]
    # It is served after all that are committed already.
    assert totals(started, 8) == whatif.Totals(overload=2.0, overloaded=1, unmet=2.0, short=2)


def test_what_is_committed_again_takes_its_budget_and_goal_along() -> None:
    rows = [("C1", "Web", "any", 2, 1.0, False), ("C2", "Web", "any", 2, 1.0, True)]
    before = of(rows, {("Web", "any"): [1.0] * 8})
    before = replace(before, projects=before.projects.assign(goal_id=["G1", "G1"]))
    changes = compare(before, apply(before, [Move("start", "C1", 1), Move("shift", "C2", 1)]).plan, 8)
    assert whatif.budgets(changes) == {"USD": 100.0}
    (goal,) = whatif.goals(changes, {"G1": "Grow"})
    assert (goal.goal_name, goal.started, goal.later, goal.dropped) == ("Grow", ("C1",), ("C2",), ())


def test_people_come_go_and_are_lent_but_none_from_nowhere() -> None:
    more = Move("people", team="Data", pool="Engineer", fte=1.5, first=MONTHS[1], last=MONTHS[2])
    assert people(after(more), "Data", "Engineer")[:4] == [4.0, 5.5, 5.5, 4.0]
    lent = Move("lend", team="Web", pool="any", to_team="Data", to_pool="Engineer", fte=2.5, first=MONTHS[1])
    lent = replace(lent, last=MONTHS[3])
    found = apply(literal(), [lent])
    # In the second month 2 are there, in the third 3, and in the fourth nobody knows.
    assert people(found.plan, "Data", "Engineer")[:5] == [4.0, 6.0, 6.5, 4.0, 4.0]
    assert people(found.plan, "Web", "any")[:3] == [2.0, 0.0, 0.5]
    assert np.isnan(people(found.plan, "Web", "any")[3])
    assert found.unmade == ("Web: 3.0 FTE-months of those that were to be taken are not there",)
    # Whom nobody stated is stated by those who come.
    hired = Move("people", team="Ghost", pool="Writer", fte=0.5, first=MONTHS[2], last=MONTHS[2])
    assert people(after(hired), "Ghost", "Writer")[2] == 0.5


def test_what_cannot_be_made_is_said_and_the_rest_is_made() -> None:
    found = apply(
        literal(),
        [
            Move("drop", "Nobody"),
            Move("shift", "A2", -2),
            Move("drop", "B2"),
            Move("drop", "B2"),
            Move("people", team="Data", pool="Poet", fte=1, first=MONTHS[0], last=MONTHS[0]),
        ],
    )
    assert found.unmade == (
        "Nobody asks for nobody at this review",
        "A2: 2.0 FTE-months fall outside Nov 2026 to Jun 2027, and count nowhere",
        "B2 asks for nobody any more",
        "Data, Poet is not known at this review",
    )
    assert asked(found.plan, "A2") == [("Writer", 0, 0.5, True)]


def test_no_moves_are_the_same_plan_and_the_last_undone_is_that_before_it() -> None:
    before = literal()
    assert apply(before, []).plan is before
    steps = [Move("start", "B1", 1), Move("scale", "A1", share=0.2), Move("shift", "A2", 1)]
    undone = apply(before, steps[:-1]).plan
    assert not compare(undone, apply(undone, []).plan, 8)
    assert {one.project_key for one in compare(undone, apply(before, steps).plan, 8)} >= {"A2"}
    assert apply(before, steps).plan.needs.shape == before.needs.shape
    pd.testing.assert_frame_equal(before.needs, literal().needs)  # what is shared with others stays as it was


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12) | st.sampled_from(["~", ";%3B", "%7E~", "é;ü"])
spans = st.tuples(st.sampled_from(MONTHS), st.sampled_from(MONTHS)).map(sorted)
some_moves = st.one_of(
    st.builds(Move, st.sampled_from(["shift", "start"]), names, st.integers(-24, 24)),  # type: ignore[arg-type]
    st.builds(lambda key, share: Move("scale", key, share=share / 100), names, st.integers(0, 1000)),
    st.builds(lambda key: Move("drop", key), names),
    st.builds(
        lambda team, pool, fte, span: Move("people", team=team, pool=pool, fte=fte / 4, first=span[0], last=span[1]),
        names,
        names,
        st.integers(-400, 400),
        spans,
    ),
    st.builds(
        lambda a, b, c, d, span: Move(
            "lend", team=a, pool=b, to_team=c, to_pool=d, fte=1.5, first=span[0], last=span[1]
        ),
        names,
        names,
        names,
        names,
        spans,
    ),
)


@given(st.lists(some_moves, max_size=6))
def test_a_text_says_its_moves_again(moves: list[Move]) -> None:
    assert moves_of(text_of(moves)) == tuple(moves)


@pytest.mark.parametrize(
    "text",
    ["fly~P1", "shift~P1", "shift~P1~x", "shift~P1~99", "scale~P1~nan", "scale~P1~-1", "people~a~b~1~2027-05~2027-01"],
)
def test_a_text_that_is_no_move_is_refused_in_words(text: str) -> None:
    with pytest.raises(UsageError, match="this is no move"):
        moves_of(f"drop~P1;{text}")


def crowd() -> Plan:
    """Engineers, 2 a month. Begun work takes 1; A and B are approved and ask for 1 each in March; K is critical."""
    rows = [
        *[("Begun", "Data", "Engineer", month, 1.0, True) for month in range(8)],
        ("A", "Data", "Engineer", 3, 1.0, True),
        ("B", "Data", "Engineer", 3, 1.0, True),
        ("K", "Data", "Engineer", 3, 1.0, True),
        ("X", "Data", "Engineer", 2, 1.0, False),
    ]
    found = of(rows, {("Data", "Engineer"): [3.0] * 8})
    facts = found.projects.set_index("project_key")
    facts["stage"] = pd.Series({"Begun": "active", "A": "approved", "B": "approved", "K": "approved", "X": "candidate"})
    facts.loc["K", "is_critical"] = True
    facts.loc["B", "priority"] = 2.0
    return replace(found, projects=facts.reset_index())


def shifts(found: levels.Levelling) -> dict[str, int]:
    return {step.project_key: step.months for step in found.steps}


def test_levelling_moves_what_has_not_begun_the_least_important_first() -> None:
    found = levels.level(crowd(), ())
    assert (found.levelled.overload_before, found.levelled.overload_after, found.levelled.status) == (1, 0, "optimal")
    assert shifts(found) == {"B": 1}
    (step,) = found.steps
    assert (step.was, step.becomes) == (MONTHS[3], MONTHS[4])
    assert [(span.pool, span.first, span.most) for span in step.relieves] == [("Engineer", MONTHS[3], 1.0)]
    assert totals(apply(crowd(), found.moves).plan, 8).overload == 0
    why = {key: window.why_not for key, window in levels.windows(crowd()).items()}
    assert why == {"A": "", "B": "", "Begun": "under way", "K": "critical", "X": ""}


def test_a_stated_window_and_a_move_by_hand_hold() -> None:
    plan = crowd()
    facts = plan.projects.set_index("project_key")
    facts["latest_start"] = facts["latest_start"].astype("datetime64[us]")
    facts.loc["B", "latest_start"] = facts.loc["B", "baseline_start"]
    held = replace(plan, projects=facts.reset_index())
    assert shifts(levels.level(held, ())) == {"A": 1}
    assert shifts(levels.level(held, (), [Move("shift", "A", 0)])) == {}
    assert levels.level(held, (), [Move("shift", "A", 0)]).hires == (
        levels.Span("Data", "Engineer", MONTHS[3], MONTHS[3], 1.0, 1.0),
    )


@pytest.mark.parametrize(
    ("tie", "expected"),
    [
        (Tie("B", "A", 1, False), {"B": 1}),  # there is time
        (Tie("B", "A", 0, False), {"A": 1}),  # who waits for B cannot wait
        (Tie("B", "Begun", 0, False), {"A": 1}),  # nor can one that stays
        (Tie("B", "Elsewhere", 0, True), {"A": 1}),  # nor one whose day is stated
        (Tie("A", "B", 0, False), {"B": 1}),  # who waits may come later
    ],
)
def test_nobody_who_waits_is_kept_waiting(tie: Tie, expected: dict[str, int]) -> None:
    assert shifts(levels.level(crowd(), [tie])) == expected


def test_slack_is_told_in_whole_months() -> None:
    assert levels.whole_months(dt.date(2026, 11, 30), dt.date(2027, 3, 29)) == 3
    assert levels.whole_months(dt.date(2026, 11, 30), dt.date(2027, 2, 28)) == 3  # the end of a month is its end
    assert levels.whole_months(dt.date(2027, 3, 1), dt.date(2026, 1, 1)) == 0


def test_what_a_start_lacks_and_what_would_have_to_move() -> None:
    plan = crowd()
    assert not levels.can_start(plan, (), "X", MONTHS[2]).lacks
    answer = levels.can_start(plan, (), "X", MONTHS[3])
    assert [(span.pool, span.first, span.last, span.total) for span in answer.lacks] == [
        ("Engineer", MONTHS[3], MONTHS[3], 1.0)
    ]
    assert answer.fits_from == MONTHS[4]
    assert {rival.project_key: rival.why_not for rival in answer.rivals} == {
        "A": "",
        "B": "",
        "Begun": "under way",
        "K": "critical",
    }
    room = levels.make_room(plan, (), (), answer.start)
    # What lacks already is left as it is: one of them makes room, not both.
    assert (shifts(room), room.levelled.overload_after) == ({"B": 1}, 0)
    then = apply(plan, [answer.start, *room.moves]).plan
    assert totals(then, 8).overload == totals(plan, 8).overload == 1


def test_where_no_people_are_stated_a_start_is_unknown() -> None:
    plan = of([("X", "Ghost", "Writer", 2, 1.0, False), ("A", "Web", "any", 1, 1.0, True)], {("Web", "any"): [1.0] * 8})
    answer = levels.can_start(plan, (), "X", MONTHS[2])
    assert (answer.lacks, answer.unknown) == ((), 1.0)


FILES = {
    "projects": "project_id,project_name,goal_id,stage,is_critical,priority,budget,currency,baseline_start,"
    "baseline_finish\n"
    "P1,Wallet,,active,no,1,100,USD,2026-01-05,2027-06-30\n"
    "P2,Fraud ~ alerts;,,approved,no,5,100,USD,2027-01-04,2027-06-30\n"
    "X1,<b>Gift</b> cards,G1,candidate,no,2,5000,USD,2027-02-01,2027-06-30\n",
    "goals": "goal_id,goal_name\nG1,Grow abroad\n",
    "status": "project_id,status_date,reported_health\nP1,2026-11-20,green\n",
    "capacity": "team,skill,month,fte\n" + "".join(f"Data,Engineer,{month:%Y-%m},4\n" for month in MONTHS),
    "demand": "project_id,team,skill,month,fte\n"
    + "".join(f"P1,Data,Engineer,{month:%Y-%m},2\n" for month in MONTHS)
    + "P2,Data,Engineer,2027-03,2\nX1,Data,Engineer,2027-02,2\n",
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse in which a candidate competes with approved work in March."""
    folder = tmp_path_factory.mktemp("whatif")
    for name, text in FILES.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
    warehouse = Warehouse(folder / "warehouse")
    with judged_by_sql():
        report = load(warehouse, Request(tuple(folder / f"{name}.csv" for name in FILES)), today=DAY)
    assert report.published, report
    return warehouse.folder


def test_a_leader_asks_whether_it_can_start_in_march_and_takes_the_moves(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RIGHTWORK_WAREHOUSE", str(store))
    app = shown("capacity", candidate="X1")
    assert "Yes: <b>Gift</b> cards can start in Feb 2027, and nobody goes short for it" in said(app)
    app = shown("capacity", candidate="X1", **{"in": "2027-03"})
    assert (
        "<b>Gift</b> cards can start in Mar 2027 if others move: it lacks 2.0 FTE-months of Engineer in Mar 2027, "
        "and 1 project would have to move" in said(app)
    )
    assert "Without any move it can start in Apr 2027" in said(app)
    app.button(key="take-start").click().run()
    assert moves_of(app.text_input(key="moves").value or "") == (Move("start", "X1", 1), Move("shift", "P2", 1))
    words = said(app)
    assert "<b>Gift</b> cards is started in Mar 2027" in words
    assert "Fraud ~ alerts; starts 1 month later (Mar 2027 → Apr 2027)" in words
    assert "Grow abroad" in words
    assert "+$5 k" in words.replace("$5.0 k", "$5 k")

    app.text_input(key="scenario-name").set_value("Gifts in March")
    app.text_area(key="scenario-assumptions").set_value("Fraud can wait")
    app.button(key="scenario-save").click().run()
    assert "Saved as Gifts in March." in said(app)
    (kept,) = scenarios.scenarios(Warehouse(store))
    assert (kept.moves, kept.publication, kept.review_date) == (app.text_input(key="moves").value, 1, DAY)
    assert "Fraud can wait" in said(app)

    app.button(key="undo-move").click().run()
    assert app.text_input(key="moves").value == "start~X1~1"
    app.button(key="level-now").click().run()
    assert "1 move removes all 2.0 FTE-months of overload" in said(app)
    app.button(key="take-levelling").click().run()
    assert app.text_input(key="moves").value == kept.moves
    assert not app.exception
