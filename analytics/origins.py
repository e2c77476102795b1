"""Where numbers came from: file, row, load, when and by whom it was published, and what was mended in that row."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.reading import Source


@dataclass(frozen=True)
class Mended:
    """What an accepted repair changed in a row: the contract's column (None: the whole row), and its text before and
    after."""

    column: str | None
    before: str
    after: str


@dataclass(frozen=True)
class Origin:
    """Where a number came from: the export's file and row, its load, and when and by whom it was published; and what
    was mended in that row."""

    file_name: str
    sheet: str | None
    row: int
    load_id: int
    export: str
    publication: int
    loaded_at: dt.datetime
    loaded_by: str
    mended: tuple[Mended, ...] = ()


@dataclass(frozen=True)
class Fact:
    """One shown figure and where it came from; `note` says what was done to it, if anything."""

    name: str
    value: Any
    origin: Origin | None
    note: str = ""


def origins(source: Source, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Origin]:
    loads = {
        found["load_id"]: found
        for found in source.records(
            """
            select l.load_id, l.file_name, l.sheet, l.export, l.columns, e.publication, e.happened_at, e.happened_by
            from load as l
            join load_event as e on e.load_id = l.load_id and e.event = 'committed'
            where l.load_id in (select unnest($loads::integer[]))
            order by e.publication desc
            """,
            {"loads": sorted({load for load, _ in places})},
        )
    }
    mended = _mended(source, loads, {row for _, row in places})
    return {
        (load, row): Origin(
            loads[load]["file_name"],
            loads[load]["sheet"],
            row,
            load,
            loads[load]["export"],
            loads[load]["publication"],
            loads[load]["happened_at"],
            loads[load]["happened_by"],
            tuple(mended.get((load, row), ())),
        )
        for load, row in places
        if load in loads
    }


def _mended(
    source: Source, loads: Mapping[int, Mapping[str, Any]], lines: set[int]
) -> dict[tuple[int, int], list[Mended]]:
    """What was mended in some lines of loads."""
    if not source.rows("select 1 from duckdb_tables() where table_name = 'repair'"):
        return {}  # the store is from before repairs were kept
    found: dict[tuple[int, int], list[Mended]] = {}
    for load, rule, header, before, after, rows in source.rows(
        """
        select load_id, rule, column_name, before, after, list_intersect(rows, $lines::bigint[]) from repair
        where list_contains($loads::integer[], load_id) and list_has_any(rows, $lines::bigint[])
        order by column_name, before
        """,
        {"loads": list(loads), "lines": list(lines)},
    ):
        fed = [name for name, said in (loads[load]["columns"] or {}).items() if said == header]
        whole = header is None or rule == "shifted_rows"
        for row in rows:
            found.setdefault((load, row), []).extend(Mended(name, before, after) for name in ([None] if whole else fed))
    return found
