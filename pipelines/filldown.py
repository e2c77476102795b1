"""Names that stand in the first row of their group alone, as where merged cells were exported: offered to be filled."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import duckdb

from pipelines.offered import FIRST_ROWS, GROUPED, places_of
from pipelines.profile import Mapping
from pipelines.report import Repair
from pipelines.texttable import TextTable

RULE = "fill_down"
FEWEST = 4  # rows of a table that may have groups
FEWEST_GROUPS = 2
MOST_AGAIN = 0.1  # the share of groups whose name stood above another one before: likelier each cell says its own


@dataclass(frozen=True)
class Gap:
    """A column with names above empty cells: its place, how many are empty, their first rows, how many names there are,
    and one with its row and how many empty cells it stands above."""

    place: int
    empty: int
    rows: tuple[int, ...]
    groups: int
    name: str
    row: int
    below: int


def mend(
    con: duckdb.DuckDBPyConnection,
    table: TextTable,
    mapping: Mapping,
    accepted: Collection[str],
    is_accepted: Callable[[str, str, Collection[str]], bool],
) -> list[Repair]:
    """The columns whose empty cells likely mean what stands above them; those that are accepted are filled.

    What is filled is added to `repaired`.
    """
    if table.transposed or mapping.rolled_up or table.rows < FEWEST:
        return []
    repairs = []
    for gap in list(_gaps(con, table, mapping)):
        header = table.headers[gap.place]
        name = f"{RULE}:{header}:empty cells"
        taken = is_accepted(RULE, name, accepted)
        why = (
            f"{gap.name[:60]} in row {gap.row} stands above {gap.below:,} empty cell{'s' * (gap.below > 1)}; the "
            f"column has {gap.groups:,} such name{'s' * (gap.groups > 1)} and begins with one, as merged cells do"
        )
        before, after = "an empty cell", "what stands above"
        repairs.append(Repair(name, RULE, header, before, after, gap.empty, gap.rows, why, taken))
        if taken:
            _fill(con, table.relation, gap.place, header)
    return repairs


def _gaps(con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping) -> Iterator[Gap]:
    """The columns of names and of keys that are filled in the first rows of groups alone."""
    keys = [name for name in mapping.contract.key if name in mapping.text]
    own = mapping.contract.key[0] if len(mapping.contract.key) == 1 else None
    done: set[int] = set()
    found: dict[str, Gap] = {}
    for name, column in mapping.contract.columns.items():
        is_name = column.type == "text" and (bool(column.known_in) or name in GROUPED or name == "project_name")
        if name == own or not (is_name or name in keys) or name not in mapping.text:
            continue
        places = places_of(mapping.text[name])
        if len(places) != 1 or places & done:
            continue
        (place,) = places
        done.add(place)
        outer = [other.place for other in found.values()] if name in keys else []
        if gap := _gap(con, table.relation, place, outer, is_key=name in keys):
            found[name] = gap
    merged = {name: gap.place for name, gap in found.items() if name in keys}
    if not _stays_apart(con, table.relation, mapping, merged):
        merged = {}
    for name, gap in found.items():
        if name in keys and name not in merged:
            continue
        if name == "project_name" and not _is_of_project(con, table.relation, mapping, gap.place, merged):
            continue
        yield gap


def _gap(con: duckdb.DuckDBPyConnection, relation: str, place: int, outer: list[int], *, is_key: bool) -> Gap | None:
    """What stands above empty cells in a column; None where these are not regular.

    Regular is: the first row is filled, most of the names stand above empty cells, and none comes again within the
    groups of the `outer` columns: a team stands under several projects.
    """
    cell = f"c{place}"
    within = "".join(f", {_above(other)} as o{other}" for other in outer)
    told = "".join(f", max(o{other}) as o{other}" for other in outer)
    named = ", ".join(["name", *(f"o{other}" for other in outer)])
    rows, groups, names, first, several = con.execute(
        f"""
        with told as (
            select source_row, {cell} as name, count({cell}) over (order by source_row) as part{within} from {relation}
        ),
        parts as (select part, max(name) as name, count(*) as rows{told} from told group by part)
        select
            sum(rows), count(*) filter (part > 0), count(distinct ({named})), coalesce(min(part), 0),
            count(*) filter (part > 0 and rows > 1)
        from parts
        """
    ).fetchall()[0]
    if not groups or first == 0 or groups == rows or 2 * several <= groups:
        return None
    if groups < (1 if is_key else FEWEST_GROUPS) or groups - names > MOST_AGAIN * groups:
        return None
    empty, lines = con.execute(
        f"select count(*), min(source_row, {FIRST_ROWS}) from {relation} where {cell} is null"
    ).fetchall()[0]
    name, row, below = con.execute(
        f"""
        select max(name), min(source_row), count(*) - 1
        from (select source_row, {cell} as name, count({cell}) over (order by source_row) as part from {relation})
        group by part having count(*) > 1 order by part limit 1
        """
    ).fetchall()[0]
    return Gap(place, empty, tuple(lines), groups, name, row, below)


def _stays_apart(con: duckdb.DuckDBPyConnection, relation: str, mapping: Mapping, filled: dict[str, int]) -> bool:
    """Whether each row has a key of its own once the columns of it are filled; where not, no merged key was meant."""
    if not all(name in mapping.text for name in mapping.contract.key):
        return False
    keys = {name: _above(filled[name]) if name in filled else mapping.text[name] for name in mapping.contract.key}
    columns = ", ".join(f"{text} as k{n}" for n, text in enumerate(keys.values()))
    rows, apart = con.execute(
        f"select count(*), count(distinct row({', '.join(f'k{n}' for n in range(len(keys)))})) "
        f"from (select {columns} from {relation})"
    ).fetchall()[0]
    return bool(rows == apart)


def _is_of_project(
    con: duckdb.DuckDBPyConnection, relation: str, mapping: Mapping, place: int, filled: dict[str, int]
) -> bool:
    """Whether the rows below a project's name are its own: they have its identifier."""
    if "project_id" not in mapping.text:
        return False
    project = _above(filled["project_id"]) if "project_id" in filled else mapping.text["project_id"]
    several = con.execute(
        f"""
        select 1 from (
            select {project} as project, count(c{place}) over (order by source_row) as part from {relation}
        ) group by part having count(distinct coalesce(project, '')) > 1 limit 1
        """
    ).fetchall()
    return not several


def _above(place: int) -> str:
    """SQL: what a cell says, or the last one above it."""
    return f"last_value(c{place} ignore nulls) over (order by source_row)"


def _fill(con: duckdb.DuckDBPyConnection, relation: str, place: int, header: str) -> None:
    con.execute(
        f"create or replace temp table filling as select source_row, said from "
        f"(select source_row, c{place}, {_above(place)} as said from {relation}) where c{place} is null"
    )
    con.execute(f"update {relation} as t set c{place} = f.said from filling as f where f.source_row = t.source_row")
    con.execute("insert into repaired select $1, $2, '', said, source_row from filling", [RULE, header])
    con.execute("drop table filling")
