"""Which loads brought or changed the rows of one project. Source: methods "Time"."""

import datetime as dt
from dataclasses import dataclass

from analytics.project import ids_of
from analytics.reading import Source
from pipelines.build import loads_in_force

# Where each export names projects, and the date that a row of it speaks of.
_EXPORTS = {
    "projects": (("project_id",), None),
    "status": (("project_id",), "status_date"),
    "milestones": (("project_id",), "status_date"),
    "risks": (("project_id",), "status_date"),
    "dependencies": (("from_project_id", "to_project_id"), None),
    "benefits": (("project_id",), "period_end"),
    "demand": (("project_id",), "month"),
    "assignments": (("project_id",), "month"),
    "alignment": (("project_id",), None),
}


@dataclass(frozen=True)
class Touch:
    """A load that brought or changed rows of a project: how many, of which dates, and who loaded it when (UTC).

    Rows that only repeated what was known are not counted. A load that is not `in_force` was withdrawn.
    """

    load_id: int
    export: str
    file_name: str
    sheet: str | None
    rows: int
    first_date: dt.date | None
    last_date: dt.date | None
    loaded_at: dt.datetime
    loaded_by: str
    in_force: bool


def touched(source: Source, project_key: str) -> tuple[Touch, ...]:
    """The loads that brought or changed rows of a project, as known at the source's publication, the newest first."""
    ids = {f"id_{n}": one for n, one in enumerate(ids_of(source, project_key))}
    wanted = ", ".join(f"${name}" for name in ids)
    rows = " union all ".join(
        f"select load_id, {date or 'null::date'} as date from fact_{export} "
        f"where {' or '.join(f'{column} in ({wanted})' for column in columns)}"
        for export, (columns, date) in _EXPORTS.items()
    )
    found = source.rows(
        f"""
        with
        brought as (
            select load_id, count(*) as rows, min(date) as first, max(date) as last from ({rows}) group by load_id
        )
        select
            l.load_id, l.export, l.file_name, l.sheet, b.rows, b.first, b.last, e.happened_at, e.happened_by,
            l.load_id in ({loads_in_force(source.publication)})
        from brought as b
        join load as l using (load_id)
        join load_event as e on e.load_id = l.load_id and e.event = 'committed'
        where e.publication <= {source.publication}
        order by l.load_id desc
        """,
        ids,
    )
    return tuple(Touch(*row) for row in found)
