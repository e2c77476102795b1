"""What the sample organisation's projects contribute to its goals: most serve one, some two, some one in part."""

from collections.abc import Iterator, Sequence

import numpy as np

# Which other goal work for a goal serves besides, as a rule.
_ALSO = {"G-1.1": "G-1.2", "G-1.2": "G-1.1", "G-2.1": "G-1.1", "G-2.2": "G-2.1", "G-3.1": "G-1.1", "G-3.2": "G-2.1"}
_TWO, _PART = 0.25, 0.45  # of the projects serve two goals; up to this one in part
# Work that states no goal, and serves one all the same, a little.
_A_LITTLE = {
    "Energy metering": ("G-3.2", 0.3, "Shows where heating and light can be saved"),
    "Meeting room technology": ("G-2.2", 0.2, "Fewer trips between sites"),
}
_TOLD = {
    "Electric van pilot": "Vans that burn nothing on the last mile",
    "Mainframe retirement": "One system less to run beside the new ones",
}


def alignment(
    names: Sequence[str], goals: Sequence[str], ids: Sequence[str], rng: np.random.Generator
) -> Iterator[list[object]]:
    """The rows of the alignment export, for projects with these names, goals ("" for none) and identifiers."""
    chances, parts = rng.random(len(names)), rng.integers(5, 10, len(names)) / 10
    for name, goal, key, chance, part in zip(names, goals, ids, chances, parts, strict=True):
        if name in _A_LITTLE:
            yield [key, *_A_LITTLE[name]]
        if not goal:
            continue
        told = _TOLD.get(name, "")
        yield [key, goal, 1 if chance >= _PART or told else float(part), told]
        if chance < _TWO and not told:
            yield [key, _ALSO[goal], round(1 - float(part), 1), ""]
