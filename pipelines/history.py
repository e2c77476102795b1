"""What was loaded, when and by whom; what each load rejected; which ids were joined by name."""

import csv
import io
import re
from typing import Any

import duckdb

from pipelines.build import loads_in_force
from pipelines.problems import UsageError

_FORMULA = re.compile(r"'*[=+\-@\t\r]")

# SQL: how many rows of each load had an error or a warning, one row a load that had any. What is said of a whole column
# stands at the header.
FLAWED = """
    select p.load_id, count(distinct p.source_row) as rows
    from problem as p join load as l using (load_id)
    where p.source_row is distinct from l.header_row
    group by p.load_id
"""
# SQL: the quality of a load `l`, joined to FLAWED as `flawed`: the share of the rows read that had neither; null where
# none was read.
QUALITY = "1 - least(coalesce(flawed.rows, 0), l.rows_read) / nullif(l.rows_read, 0)"
# SQL: what is wrong with a row, from its problems `p`.
WHY = """string_agg(
    case when p.severity = 'warning' then 'Warning: ' else '' end || coalesce(p.column_name || ': ', '') || p.message
    || ' (' || coalesce(p.value[:200], 'empty') || '). ' || p.fix,
    ' | ' order by p.severity, p.column_name
)"""


def history(con: duckdb.DuckDBPyConnection, publication: int) -> list[dict[str, Any]]:
    """Every load as known at a publication, oldest first, each with whether it is in force and its quality (a share of
    its rows, None for no rows)."""
    found = con.sql(
        f"""
        select
            l.load_id, c.publication, l.export, l.file_name, l.sheet, l.profile, l.source, l.rows_read, l.rows_new,
            l.rows_restated, l.rows_unchanged, l.rows_rejected, l.warnings, {QUALITY} as quality,
            c.happened_at as loaded_at,
            c.happened_by as loaded_by, l.digest, l.load_id in ({loads_in_force(publication)}) as in_force,
            w.happened_at as withdrawn_at, w.happened_by as withdrawn_by, w.why
        from load as l
        join load_event as c on c.load_id = l.load_id and c.event = 'committed' and c.publication <= {publication}
        left join (
            select load_id, arg_max(happened_at, publication) as happened_at,
                arg_max(happened_by, publication) as happened_by, arg_max(why, publication) as why
            from load_event where event = 'withdrawn' and publication <= {publication} group by load_id
        ) as w on w.load_id = l.load_id
        left join ({FLAWED}) as flawed on flawed.load_id = l.load_id
        order by l.load_id
        """
    )
    names = found.columns
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def rejected(
    con: duckdb.DuckDBPyConnection, load_id: int, most: int | None = None
) -> tuple[list[str], list[list[str]]]:
    """The rows that a load rejected, or the first of them, in the file's own words: headers and rows, each row behind
    its line number and what is wrong with it, and all as wide as the widest. UsageError when there is no such load."""
    headers, _, rows = _rejected(con, load_id, most)
    width = max(map(len, [headers, *rows]))
    return [*headers, *[""] * (width - len(headers))], [[*row, *[""] * (width - len(row))] for row in rows]


def rejected_file(con: duckdb.DuckDBPyConnection, load_id: int, most: int | None = None) -> bytes:
    """The rows that a load rejected as a CSV file, to be mended and loaded: with the file's own headers and delimiter.

    A row that had too many or too few cells has so many in it, so that none comes in as it stands. UsageError when
    there is no such load.
    """
    headers, delimiter, rows = _rejected(con, load_id, most)
    return rejected_csv(headers, rows, delimiter or ",")


def _rejected(
    con: duckdb.DuckDBPyConnection, load_id: int, most: int | None
) -> tuple[list[str], str | None, list[list[str]]]:
    found = con.execute("select headers, delimiter from load where load_id = ?", [load_id]).fetchall()
    if not found:
        raise UsageError(f"there is no load {load_id}", "See python -m pipelines history.")
    headers, delimiter = found[0]
    rows = con.execute(
        f"""
        select r.source_row, r.cells, {WHY}
        from rejected_row as r
        join problem as p using (load_id, source_row)
        where r.load_id = ? and p.severity = 'error'
        group by r.source_row, r.cells order by r.source_row limit ?
        """,
        [load_id, most],
    ).fetchall()
    told = [[str(row), why, *("" if cell is None else cell for cell in cells)] for row, cells, why in rows]
    return ["row", "problem", *headers], delimiter, told


def safe_cell(text: str) -> str:
    """A cell's text, made harmless where a spreadsheet would take it for a formula.

    One that looks so made already gets one more apostrophe, so that what was written can be told from what was added.
    """
    return f"'{text}" if _FORMULA.match(text) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True


def rejected_csv(headers: list[str], rows: list[list[str]], delimiter: str = ",") -> bytes:
    """Rejected rows as a CSV that is safe to open in a spreadsheet."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(map(safe_cell, headers))
    writer.writerows([*map(safe_cell, row)] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def aliases(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Projects keyed by name, each with the project it was joined to, or, where none bears the same name, the most
    alike name of the same source (to be judged by a person)."""
    found = con.sql(
        """
        with latest as (
            select project_id, project_key, arg_max(project_name, status_date) as name, any_value(l.source) as source
            from fct_status join load as l using (load_id)
            group by project_id, project_key
        ),
        named as (from latest where project_id like 'name:%'),
        numbered as (from latest where project_id not like 'name:%'),
        alike as (
            select n.project_id, o.name, o.project_id as other,
                jaro_winkler_similarity(lower(n.name), lower(o.name)) as likeness
            from named as n join numbered as o on o.source = n.source
            where n.project_id not in (select project_id from project_alias)
        ),
        closest as (
            select project_id, arg_max(name, likeness) as name, arg_max(other, likeness) as other,
                max(likeness) as likeness
            from alike group by project_id
        )
        select n.name, n.source, a.project_key as joined_to, c.name as closest_name, c.other as closest_id,
            round(c.likeness, 2) as likeness
        from named as n
        left join project_alias as a using (project_id)
        left join closest as c using (project_id)
        order by a.project_key is not null, likeness desc, n.name
        """
    )
    names = found.columns
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
