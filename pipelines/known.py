"""Names and identifiers that the loads in force hold: what a file's own are compared with."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import duckdb

from pipelines import build
from pipelines.contract import Column, contract
from pipelines.headers import fold
from pipelines.profile import Mapping
from pipelines.spelling import MOST_NAMES


@dataclass(frozen=True)
class Listed:
    """Names that are right beyond doubt; `ids` are those of them that identify, `folded` all as they compare."""

    texts: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    folded: frozenset[str] = frozenset()

    def alike(self, text: str) -> str | None:
        """The one identifier that a text is but for zeros before its number, a letter for a digit, or a slip."""
        if not any(c.isdecimal() for c in text):
            return None
        for form, by_form in ((_parts, self._by_parts), (_parts_lookalike, self._by_lookalike)):
            if same := by_form.get(form(text)):
                return same[0] if len(same) == 1 else None
        return self._slipped(text)

    @cached_property
    def _by_parts(self) -> dict[tuple[str, ...], list[str]]:
        return _grouped(self.ids, _parts)

    @cached_property
    def _by_lookalike(self) -> dict[tuple[str, ...], list[str]]:
        return _grouped(self.ids, _parts_lookalike)

    @cached_property
    def _by_numbers(self) -> dict[tuple[str, ...], list[str]]:
        return _grouped(self.ids, _numbers)

    @cached_property
    def _beginnings(self) -> frozenset[str]:
        return frozenset(map(_letters, self.ids))

    def _slipped(self, text: str) -> str | None:
        from rapidfuzz.distance import OSA

        letters = _letters(text)
        if len(letters) < 3 or letters in self._beginnings:
            return None
        same = self._by_numbers.get(_numbers(text), ())
        near = [known for known in same if OSA.distance(_letters(known), letters) == 1]
        return near[0] if len(near) == 1 else None


def _grouped(ids: Iterable[str], form: Callable[[str], tuple[str, ...]]) -> dict[tuple[str, ...], list[str]]:
    found: dict[tuple[str, ...], list[str]] = {}
    for one in ids:
        found.setdefault(form(one), []).append(one)
    return found


def _letters(text: str) -> str:
    return "".join(part for part in _parts(text) if not part.isdecimal())


def _numbers(text: str) -> tuple[str, ...]:
    return tuple(part for part in _parts(text) if part.isdecimal())


def _parts(text: str) -> tuple[str, ...]:
    # Not int(): "³" is a digit to isdigit() alone, and numbers of thousands of digits are none to int().
    parts = re.findall(r"[^\W\d_]+|[0-9]+", text.upper())
    return tuple((part.lstrip("0") or "0") if part.isdecimal() else part for part in parts)


def _parts_lookalike(text: str) -> tuple[str, ...]:
    return _parts(text.upper().translate(str.maketrans("OIL", "011")))


class Known:
    """What the loads in force say of names; nothing in a database without a store."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        tables = {name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()}
        self.has_store = "load_in_force" in tables

    def names(self, column: Column) -> Listed:
        """The names that another export lists for a column."""
        if not self.has_store:
            return Listed()
        if not column.known_in:
            if column.name != "portfolio":
                return Listed()
            rows = self._ask("programs", "distinct program_portfolio", "program_portfolio is not null")
            return Listed(tuple(text for (text,) in rows))
        found = self.con.sql(build.named(self.con, column.known_in)).fetchall()
        ids = tuple(one for one, _ in found)
        texts = (*ids, *(text for _, text in found if text))
        return Listed(texts, ids, frozenset(fold(text) for text in texts))

    def used(self, column: Column) -> dict[str, int]:
        """How many projects bear each name of a column that no export lists."""
        if not self.has_store or column.name not in ("portfolio", "sponsor"):
            return {}
        found: Counter[str] = Counter()
        for export in ("projects", "status"):
            rows = self.con.execute(
                f"select {column.name}, count(distinct project_id) from fact_{export} "
                f"semi join load_in_force using (load_id) where {column.name} is not null "
                f"group by 1 order by 2 desc, 1 limit {MOST_NAMES}"
            ).fetchall()
            for text, count in rows:
                found[text] = max(found[text], count)
        return dict(found)

    def keys(self, mapping: Mapping, column: Column, wanted: list[str]) -> set[str]:
        """Which of some identifiers are in force."""
        form = mapping.contract
        if not self.has_store or column.name not in form.key:
            return set()
        rows = self.con.execute(
            f"select distinct {column.name} from fact_{form.export} semi join load_in_force using (load_id) "
            f"where list_contains($1::varchar[], {column.name})",
            [wanted],
        ).fetchall()
        return {text for (text,) in rows}

    def _ask(self, export: str, what: str, where: str) -> list[tuple[str, ...]]:
        return self.con.sql(
            f"select {what} from ({build.winners(self.con, contract(export))}) where {where}"
        ).fetchall()
