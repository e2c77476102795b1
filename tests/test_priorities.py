"""Goal weights: published worked examples of the analytic hierarchy process, what people differ on, and the tree."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.priorities import combine, dissent, down_the_tree, pairs, typed, weigh

# Each: items, rows of the published matrix, published weights, published consistency ratio.
HOUSE = (  # Saaty, "How to make a decision: the analytic hierarchy process", EJOR 48 (1990): buying a house
    "size transport neighbourhood age yard modern condition finance",
    """1 5 3 7 6 6 1/3 1/4
    1/5 1 1/3 5 3 3 1/5 1/7
    1/3 3 1 6 3 4 6 1/5
    1/7 1/5 1/6 1 1/3 1/4 1/7 1/8
    1/6 1/3 1/3 3 1 1/2 1/5 1/6
    1/6 1/3 1/4 4 2 1 1/5 1/6
    3 5 1/6 7 5 5 1 1/2
    4 7 5 8 6 6 2 1""",
    [0.173, 0.054, 0.188, 0.018, 0.031, 0.036, 0.167, 0.333],
    0.169,
)
DRINKS = (  # Saaty, "Decision making with the analytic hierarchy process", IJSS 1 (2008): drinks in the United States
    "coffee wine tea beer soda milk water",
    """1 9 5 2 1 1 1/2
    1/9 1 1/3 1/9 1/9 1/9 1/9
    1/5 3 1 1/3 1/4 1/3 1/9
    1/2 9 3 1 1/2 1 1/3
    1 9 4 2 1 2 1/2
    1 9 3 1 1/2 1 1/3
    2 9 9 3 2 3 1""",
    [0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327],
    0.022,
)
LEADER = (  # "Analytic hierarchy process - leader example", Wikipedia: criteria for choosing a leader
    "experience education charisma age",
    """1 4 3 7
    1/4 1 1/3 3
    1/3 3 1 5
    1/7 1/3 1/5 1""",
    [0.547, 0.127, 0.270, 0.056],
    0.044,
)


def judged(items: list[str], rows: str) -> dict[tuple[str, str], float]:
    cells = [[float(Fraction(cell)) for cell in row.split()] for row in rows.splitlines()]
    return {(items[i], items[j]): cells[i][j] for i in range(len(items)) for j in range(i + 1, len(items))}


@pytest.mark.parametrize(("names", "rows", "weights", "ratio"), [HOUSE, DRINKS, LEADER])
def test_published_examples(names: str, rows: str, weights: list[float], ratio: float) -> None:
    items = names.split()
    found = weigh(items, judged(items, rows))
    # One of the published figures was cut, not rounded.
    assert found.weights == pytest.approx(weights, abs=0.001)
    assert found.ratio == pytest.approx(ratio, abs=0.0006)
    assert found.is_consistent == (ratio <= 0.10)


def test_the_judgement_that_conflicts_most_is_named_and_mending_it_mends_the_ratio() -> None:
    items = HOUSE[0].split()
    said = judged(items, HOUSE[1])
    worst = weigh(items, said).conflicts[0]
    # A neighbourhood 6 times as important as the condition, though the condition beats what beats the neighbourhood.
    assert (worst.first, worst.second, worst.judged) == ("neighbourhood", "condition", 6)
    assert worst.fits == pytest.approx(0.188 / 0.167, rel=0.02)
    assert worst.strain == pytest.approx(worst.judged / worst.fits)
    mended = weigh(items, said | {("neighbourhood", "condition"): 1 / 2})
    assert mended.ratio is not None
    assert mended.ratio < 0.10


@given(st.lists(st.floats(0.2, 1.7), min_size=3, max_size=7))
def test_judgements_that_agree_give_the_weights_back(weights: list[float]) -> None:
    items = [f"G-{n}" for n in range(len(weights))]
    said = {(a, b): weights[items.index(a)] / weights[items.index(b)] for a, b in pairs(items)}
    found = weigh(items, said)
    assert found.weights == pytest.approx([weight / sum(weights) for weight in weights])
    assert found.ratio == pytest.approx(0, abs=1e-9)
    turned = weigh(items, {(b, a): 1 / times for (a, b), times in said.items()})
    assert turned.weights == pytest.approx(found.weights)


def test_several_people_are_one_by_the_geometric_mean_and_what_they_differ_on_is_named() -> None:
    items = ["grow", "save", "green"]
    one = {("grow", "save"): 4.0, ("grow", "green"): 2.0, ("save", "green"): 1.0}
    other = {("save", "grow"): 1.0, ("grow", "green"): 8.0, ("green", "save"): 1.0}
    both = combine(items, [one, other])
    assert both == pytest.approx({("grow", "save"): 2.0, ("grow", "green"): 4.0, ("save", "green"): 1.0})
    assert weigh(items, both).weights[0] == pytest.approx(2 / (2 + 1 + math.sqrt(1 / 4)), rel=0.05)
    found = dissent(items, [one, other])
    assert [(d.first, d.second, d.lowest, d.highest) for d in found] == [
        ("grow", "save", 1.0, 4.0),
        ("grow", "green", 2.0, 8.0),
    ]
    assert dissent(items, [one]) == []


def test_of_two_items_there_is_nothing_to_conflict() -> None:
    found = weigh(["grow", "save"], {("save", "grow"): 3})
    assert found.weights == pytest.approx((0.25, 0.75))
    assert (found.index, found.ratio, found.conflicts, found.is_consistent) == (None, None, (), True)
    assert weigh(["grow"], {}).weights == (1.0,)


def test_typed_weights_are_brought_to_one() -> None:
    assert typed([30, 50, 0]).weights == pytest.approx((0.375, 0.625, 0))
    for wrong in ([1, -1], [0, 0], [math.nan, 1]):
        with pytest.raises(ValueError, match="weight"):
            typed(wrong)


@pytest.mark.parametrize(
    ("said", "match"),
    [
        ({("a", "b"): 2}, "a and c is not judged"),
        ({("a", "b"): 2, ("b", "a"): 2}, "judged twice"),
        ({("a", "x"): 2}, "not asked for"),
        ({("a", "b"): 10}, "from 1/9 to 9"),
        ({("a", "b"): math.nan}, "from 1/9 to 9"),
    ],
)
def test_what_cannot_be_weighed_is_said(said: dict[tuple[str, str], float], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        weigh(["a", "b", "c"], said)


def test_weights_multiply_down_the_tree() -> None:
    parents = {"G-1": None, "G-2": None, "G-1.1": "G-1", "G-1.2": "G-1", "G-1.1.1": "G-1.1", "lost": "nowhere"}
    among = {"G-1": 0.6, "G-2": 0.3, "lost": 0.1, "G-1.1": 0.25, "G-1.2": 0.75, "G-1.1.1": 1.0}
    found = down_the_tree(parents, among)
    assert found == pytest.approx({"G-1": 0.6, "G-2": 0.3, "lost": 0.1, "G-1.1": 0.15, "G-1.2": 0.45, "G-1.1.1": 0.15})
    # Goals that name each other as parents do not hold it up.
    assert down_the_tree({"a": "b", "b": "a"}, {"a": 0.5, "b": 0.5}) == pytest.approx({"a": 0.25, "b": 0.25})
