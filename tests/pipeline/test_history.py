"""The one property that the store rests on, on random histories: a step's changes give what building anew gives, and
what was shown at a publication is shown again when the store is read as known at it."""

import random
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, Rows, differences
from walk import Step, walk


def history(folder: Path, steps: list[Step], seed: int) -> None:
    """Take the steps; after each, compare with a rebuild, and earlier publications with what was shown then."""
    dice = random.Random(seed)
    desk = Desk(folder)
    shown: dict[int, dict[str, Rows]] = {}
    in_force: list[int] = []
    states: dict[tuple[int, ...], dict[str, Rows]] = {}
    for step in steps:
        if step.undo is not None:
            if in_force:
                desk.undo(in_force.pop(step.undo % len(in_force)))
        else:
            report = desk.try_load(*step.files, quarantine=True)
            in_force += [f.load_id for f in report.files if f.load_id and report.published]
        version = desk.warehouse.publication()
        if not version or version in shown:
            continue
        shown[version] = desk.tables()
        assert not differences(shown[version], desk.rebuilt()), f"publication {version} differs from a rebuild"
        before = states.setdefault(tuple(in_force), shown[version])
        assert not differences(shown[version], before), f"publication {version} does not bring back what was there"
        for earlier in dice.sample(sorted(shown), min(2, len(shown))):
            assert not differences(desk.tables(earlier), shown[earlier]), f"publication {earlier} is known differently"


@pytest.mark.parametrize("seed", range(12))
def test_a_random_history_holds(tmp_path: Path, seed: int) -> None:
    history(tmp_path, list(walk(seed, 12)), seed)


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(1000, 1100))
def test_a_long_random_history_holds(tmp_path: Path, seed: int) -> None:
    history(tmp_path, list(walk(seed, 25)), seed)
