"""A table that has a column for each week or month, where an export has a row for each."""

import calendar
import re

import duckdb

from pipelines import periods
from pipelines.contract import contract, spelled
from pipelines.dates import MONTHS
from pipelines.header_names import place_of
from pipelines.problems import DataProblem, Problem
from pipelines.profile import Mapping
from pipelines.report import How
from pipelines.texttable import TextTable

FEWEST, FEWEST_BARE = 2, 3  # columns, where their headers name the year and where they don't
SHOWN = 6
LOOKED_AT = 300
_WORDS = {word for short, others in MONTHS.items() for word in (short, *others.split())} | {*calendar.month_name[1:]}
_MONTH = "|".join(sorted(map(str.lower, _WORDS), key=len, reverse=True))
_YEAR = r"(?:(?:19|20)\d\d|'?\d\d)"
_DAY = re.compile(
    rf"(?<![\d.])(?:(?:19|20)\d\d[-./]\d{{1,2}}[-./]\d{{1,2}}|\d{{1,2}}[-./]\d{{1,2}}[-./]{_YEAR}|"
    rf"\d{{1,2}}[-. ]{{1,2}}(?:{_MONTH})[-., ]{{1,2}}{_YEAR}|(?:{_MONTH})\.? \d{{1,2}},? {_YEAR})(?!\d)",
    re.I,
)
BARE = re.compile(
    rf"(?:{_MONTH}|(?:calendar week|kalenderwoche|semaine|week|woche|kw|cw|wk|w|q)[ .-]*\d{{1,2}})\.?", re.I
)


def note(con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping, how: How) -> list[Problem]:
    """A warning that names the columns that are periods and so feed nothing; none where there are none.

    DataProblem where their cells say how projects stand, and nobody said what the file is: taken for a list of projects
    it would lose its reports. What a profile or a saved mapping reads is known already.
    """
    if mapping.profile or mapping.rolled_up:
        return []
    dated = [header for header in mapping.unmapped if _DAY.search(header) or periods.day(header, start=False)]
    bare = [header for header in mapping.unmapped if BARE.fullmatch(header.strip())]
    found = dated if len(dated) >= FEWEST else bare if len(bare) >= FEWEST_BARE else []
    if not found:
        return []
    shown = ", ".join(found[:SHOWN]) + (f" and {len(found) - SHOWN:,} more" if len(found) > SHOWN else "")
    message = f"{len(found):,} columns are called after periods and are not read: {shown}"
    fix = (
        "Write one row a project and period (in Excel: Data, From table, Unpivot columns), with the period's day under "
        "status_date and what the cell says under a column such as reported_health."
    )
    says_health = mapping.contract.export == "projects" and not how.export and _say_health(con, table, found)
    if says_health:
        message += ", though their cells say how projects stand"
        fix += " If the list of projects alone is wanted, say --as projects."
    problem = Problem(
        "periods_as_columns",
        message,
        fix,
        row=table.header_row,
        column=found[0],
        value=shown,
        severity="error" if says_health else "warning",
    )
    if says_health:
        raise DataProblem(message, fix, [problem])
    return [problem]


def _say_health(con: duckdb.DuckDBPyConnection, table: TextTable, headers: list[str]) -> bool:
    """Whether most cells of these columns are words for the health of a project."""
    places = [place for header in headers[:SHOWN] if (place := place_of(table.headers, header)) is not None]
    cells = " union all ".join(
        f'(select c{place} as text from "{table.relation}" limit {LOOKED_AT})' for place in places
    )
    counts = con.sql(f"select text, count(*) from ({cells}) where text is not null group by text").fetchall()
    known = contract("status").columns["reported_health"].spellings
    said = sum(count for text, count in counts if spelled(text) in known and not text.strip().isdigit())
    return bool(said > 0 and 2 * said > sum(count for _, count in counts))
