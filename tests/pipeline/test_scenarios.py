"""Scenarios are kept, replaced and taken away, and nothing of it is lost; two who save at once both are heard."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelines import scenarios
from pipelines.problems import UsageError
from pipelines.warehouse import Warehouse

DAY = dt.date(2026, 11, 20)


def save(warehouse: Warehouse, name: str, moves: str = "drop~P1", assumptions: str = "") -> scenarios.Scenario:
    return scenarios.save(warehouse, name, moves, assumptions=assumptions, publication=7, review_date=DAY)


def test_the_newest_of_a_name_counts_and_all_stays_in_the_history(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    assert scenarios.scenarios(warehouse) == []
    save(warehouse, " Wallet\u200b in\nMarch ", "drop~P1", "Two of Web\ncan be lent\x00")
    save(warehouse, "Other")
    save(warehouse, "Wallet in March", "drop~P2;shift~a%7Eé~2")
    found = {one.name: one for one in scenarios.scenarios(warehouse)}
    assert list(found) == ["Wallet in March", "Other"]
    wallet = found["Wallet in March"]
    assert (wallet.moves, wallet.publication, wallet.review_date) == ("drop~P2;shift~a%7Eé~2", 7, DAY)
    scenarios.remove(warehouse, "Other")
    assert [one.name for one in scenarios.scenarios(warehouse)] == ["Wallet in March"]
    rows = scenarios.history(warehouse)
    assert [(one.name, one.moves) for one in rows] == [
        ("Wallet in March", "drop~P1"),
        ("Other", "drop~P1"),
        ("Wallet in March", "drop~P2;shift~a%7Eé~2"),
        ("Other", None),
    ]
    assert rows[0].assumptions == "Two of Web\ncan be lent"
    assert rows[0].recorded_by.endswith("(unverified)")
    save(warehouse, "Other", "drop~P3")
    assert scenarios.scenarios(warehouse)[0].moves == "drop~P3"


def test_what_cannot_be_kept_is_refused_in_words(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    for name, moves, words in [
        (" \n", "drop~P1", "needs a name"),
        ("x" * 81, "drop~P1", "81 characters"),
        ("A", "", "no move"),
        ("A", "x" * 20_001, "20,001 characters"),
    ]:
        with pytest.raises(UsageError, match=words):
            save(warehouse, name, moves)
    with pytest.raises(UsageError, match="no scenario named A"):
        scenarios.remove(warehouse, "A")
    assert scenarios.history(warehouse) == []


def test_two_who_save_at_once_are_both_kept(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda n: save(Warehouse(tmp_path), f"By {n % 2}", f"drop~P{n}"), range(6)))
    rows = scenarios.history(Warehouse(tmp_path))
    assert sorted(one.moves or "" for one in rows) == [f"drop~P{n}" for n in range(6)]
    assert {one.name for one in scenarios.scenarios(Warehouse(tmp_path))} == {"By 0", "By 1"}
