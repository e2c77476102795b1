"""What can be seen of a table that asks something first: its problem cells, and the file to be mended."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import duckdb

from pipelines import corrected, findings, unpivot
from pipelines.cast import cast
from pipelines.check import check
from pipelines.literals import quoted
from pipelines.problems import DataProblem, Problem
from pipelines.profile import TOP_KEY, Mapping
from pipelines.references import References
from pipelines.report import FileReport
from pipelines.texttable import TextTable


def look(
    con: duckdb.DuckDBPyConnection,
    table: TextTable,
    mapping: Mapping | None,
    report: FileReport,
    today: dt.date,
    keep: Path | None,
) -> None:
    """Add to the report of a refused table what is wrong in its rows, apart from what is asked, with the grid.

    All columns are read but those of which something is asked; `mapping` says how, as far as it is known. With `keep`,
    a folder, the lists and the files to be mended are written into it. Reads load_in_force.
    """
    questions = report.problems
    findings.start(con, table.problems)
    if mapping is None:
        findings.report(con, table, report, questions, keep, explain=keep is not None)
        report.grid = findings.grid(con, table, None)
        return
    asked = {problem.column: problem for problem in questions if problem.column}
    # What is the same for all items below one is worked out when they are rolled up, not in the file itself.
    of_the_file = {name: text for name, text in mapping.text.items() if text != TOP_KEY}
    told = {name: text for name, text in of_the_file.items() if mapping.headers[name] not in asked}
    commas = _check(con, table, replace(mapping, text=told, rolled_up=None), today) if told else []
    unpivot.settle(con, table, typed=False)
    findings.report(con, table, report, questions, keep, explain=keep is not None)
    if keep:
        report.corrected = corrected.keep(con, keep, table, mapping, commas)
    # What can't be decided is marked where it stands, and is no problem of its row.
    for name in of_the_file.keys() - told.keys():
        _mark(con, table, mapping.text[name], asked[mapping.headers[name]])
    unpivot.settle(con, table, typed=False)
    report.grid = findings.grid(con, unpivot.in_file(table), mapping)


def _check(con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping, today: dt.date) -> list[str]:
    """Fill `found` with the problems of the columns of a mapping; those that are read with a decimal comma."""
    form = mapping.contract
    references = References(con, form)
    try:
        decided = cast(con, table, mapping, references.spellings).decided
    except DataProblem:
        return []
    known = references.known() if form.key[0] in mapping.text else {}
    check(con, mapping, table.relation, list(form.checks(today, known)))
    findings.name_cells(con, table.relation, mapping)
    return [name for name, choice in decided.items() if choice == ","]


def _mark(con: duckdb.DuckDBPyConnection, table: TextTable, text: str, question: Problem) -> None:
    said = ", ".join(quoted(word) for word in (question.rule, "warning", question.message, question.fix))
    con.execute(
        f"insert into found select source_row, $1, {text}, {said} from {table.relation} "
        f"where ({text}) is not null order by source_row limit {findings.GRID_ROWS}",
        [question.column],
    )
