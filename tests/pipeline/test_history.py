"""The one property that the store rests on, on random histories: a step's changes give what building anew gives, and
what was shown at a publication is shown again when the store is read as known at it."""

import random
from pathlib import Path

import pytest
from desk import Desk, Rows, differences
from walk import Step, walk

from pipelines.rules import set_rules

pytestmark = pytest.mark.usefixtures("by_sql")


def history(folder: Path, steps: list[Step], seed: int) -> None:
    """Take the steps; after each, compare with a rebuild, and earlier publications with what was shown then."""
    dice = random.Random(seed)
    desk = Desk(folder)
    shown: dict[int, dict[str, Rows]] = {}
    in_force: list[int] = []
    rules: dict[str, float] = {}
    withdrawn: list[int] = []
    states: dict[tuple[object, ...], dict[str, Rows]] = {}
    for step in steps:
        if step.undo is not None:
            if in_force:
                withdrawn.append(in_force.pop(step.undo % len(in_force)))
                desk.undo(withdrawn[-1])
        elif step.redo is not None:
            if withdrawn:
                again = withdrawn.pop(step.redo % len(withdrawn))
                desk.redo(again)
                in_force = sorted([*in_force, again])
        elif step.rule is not None:
            if desk.warehouse.publication() and rules.get(step.rule[0]) != step.rule[1]:
                set_rules(desk.warehouse, dict([step.rule]), "a test")
                rules |= dict([step.rule])
        else:
            report = desk.try_load(*step.files, quarantine=True)
            in_force += [f.load_id for f in report.files if f.load_id and report.published]
        version = desk.warehouse.publication()
        if not version or version in shown:
            continue
        shown[version] = desk.tables()
        assert not differences(shown[version], desk.rebuilt()), f"publication {version} differs from a rebuild"
        before = states.setdefault((*in_force, *sorted(rules.items())), shown[version])
        assert not differences(shown[version], before), f"publication {version} does not bring back what was there"
        for earlier in dice.sample(sorted(shown), 1):
            assert not differences(desk.tables(earlier), shown[earlier]), f"publication {earlier} is known differently"


@pytest.mark.parametrize("seed", range(1))
def test_a_random_history_holds(tmp_path: Path, seed: int) -> None:
    history(tmp_path, list(walk(seed, 12)), seed)


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(1000, 1020))
def test_a_long_random_history_holds(tmp_path: Path, seed: int) -> None:
    history(tmp_path, list(walk(seed, 25)), seed)
