"""stub"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    key: str
    weight: float
    demand: tuple[tuple[int, int, float], ...]
    latest: int = 0
    earliest: int = 0


@dataclass(frozen=True)
class Link:
    before: str
    after: str
    slack: int
