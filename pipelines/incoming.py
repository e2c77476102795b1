"""The files of a load as tables, each with its mapping, in the order in which they load."""

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote

import duckdb

from pipelines import corrected, findings, rollup, suggest, unpivot
from pipelines.cast import cast
from pipelines.columns import columns_as_text, columns_mapped
from pipelines.contract import EXPORTS
from pipelines.decided import what_it_is
from pipelines.files import digest
from pipelines.map import incomplete, recognised, understand
from pipelines.preview import first_lines
from pipelines.problems import DataProblem, UnreadableFile
from pipelines.profile import Mapping, Profile, all_headers
from pipelines.read import TextTable, read
from pipelines.report import FileReport, How, Request
from pipelines.stated import days_of_sheets, note_other_day, stated_days

Progress = Callable[[str, float], None]


@dataclass
class Incoming:
    """A table of a file, with the mapping that was found for it."""

    text: TextTable
    mapping: Mapping
    path: Path
    digest: str
    report: FileReport
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unclear:
    """A table that no export fits, or that lacks a column, with the mapping as far as it is known."""

    text: TextTable
    mapping: Mapping | None
    report: FileReport


def read_all(
    con: duckdb.DuckDBPyConnection, request: Request, scratch: Path, tell: Progress, remembered: dict[str, Profile]
) -> tuple[list[Incoming], list[FileReport], list[Unclear]]:
    """Every usable table in the order in which exports load, a report for each file or sheet, and in a dry run the
    tables that are refused until something is said of them."""
    unclear: list[Unclear] = []
    tables: list[Incoming] = []
    refused: list[FileReport] = []
    known = all_headers().union(*(profile.headers() for profile in remembered.values()))
    for number, path in enumerate(request.files):
        how = request.how(path)
        name = how.name or path.name
        tell(f"Reading {name}", 0.3 * number / len(request.files))
        started = time.monotonic()
        try:
            texts = read(con, path, f"raw{number}_", known, scratch, how)
            texts = [corrected.restored(con, text) for text in texts]
        except (UnreadableFile, DataProblem) as error:
            report = FileReport(name, path=path, seconds=time.monotonic() - started)
            report.refuse(error)
            report.problems = [replace(p, message=p.message.replace(path.name, name)) for p in report.problems]
            refused.append(report)
            continue
        file_digest = digest(path)
        seconds = (time.monotonic() - started) / len(texts)
        misfits: list[FileReport] = []
        fitting = 0
        for table in (replace(text, file=name) for text in texts):
            text = table
            report = FileReport(name, text.sheet, file_digest, rows_read=text.rows, path=path, seconds=seconds)
            report.encoding, report.delimiter, report.header_row = text.encoding, text.delimiter, text.header_row
            report.decisions, report.left_out = list(text.decisions), list(text.left_out)
            report.first_lines = first_lines(path, text.encoding) if request.dry_run else ()
            own = how
            try:
                text = unpivot.unpivoted(con, text, how, remembered)
                report.rows_read = text.rows
                report.decisions, report.left_out = list(text.decisions), list(text.left_out)
                mapping = understand(text, how, remembered)
                own = days_of_sheets(con, text, how)
                mapping = mapping if own is how else understand(text, own, remembered)
                rollup.outline(con, text, mapping)
            except DataProblem as error:
                report.refuse(error)
                if lacking := recognised(text, how, remembered):
                    report.export, report.profile = lacking.contract.export, lacking.profile
                if request.dry_run and lacking:
                    report.columns = columns_mapped(con, text, lacking)
                elif request.dry_run:
                    report.columns = columns_as_text(con, text, range(len(text.headers)), {})
                    suggest.fill(con, text, report, None, how)
                misfits.append(report)
                if request.dry_run:
                    unclear.append(Unclear(text, incomplete(text, own, remembered), report))
                    _offer(con, unclear[-1], how, several=len(texts) > 1)
                continue
            mapping = replace(mapping, notes=(*mapping.notes, *note_other_day(con, text, mapping, own)))
            report.export, report.profile = mapping.contract.export, mapping.profile
            report.decisions += what_it_is(text, mapping, how)
            report.source = mapping.source.name
            report.ignored_columns = mapping.unmapped
            report.headers, report.feeds = text.headers, mapping.headers
            report.scale, report.currency = mapping.source.scale, mapping.source.currency
            report.scales = mapping.scales
            tables.append(Incoming(text, mapping, path, file_digest, report, how.repairs))
            fitting += 1
        refused += [_left_alone(sheet) if fitting else sheet for sheet in misfits]
    tables = _in_order(con, tables)
    reports = [t.report for t in tables] + refused
    return tables, reports, [one for one in unclear if one.report.refused]


def _offer(con: duckdb.DuckDBPyConnection, table: Unclear, how: How, *, several: bool) -> None:
    """Offer what a file says of a day that it has no column for, in its report and with the question."""
    mapping, report = table.mapping, table.report
    if mapping is None:
        return
    form = mapping.contract
    for name in (n for n in form.required if n not in mapping.text and form.columns[n].type == "date"):
        offered = stated_days(con, table.text, name, how, several=several)
        report.offered += offered
        said = "; ".join(f"{one.why} (--set {quote(f'{name}={one.value}')})" for one in offered)
        lacks = f"needs {name.replace('_', ' ')}, "
        report.problems = [
            replace(p, fix=f"{said[:1].upper()}{said[1:]}. {p.fix}")
            if said and p.rule == "missing_column" and lacks in p.message
            else p
            for p in report.problems
        ]


def _in_order(con: duckdb.DuckDBPyConnection, tables: list[Incoming]) -> list[Incoming]:
    """Tables in the order in which they load: by export, and those of one export by the newest day that they report.

    So the newest word counts, in whatever order files were dropped. Those that report no day stay in their order.
    """
    exports = Counter(table.mapping.contract.export for table in tables)
    keys = {}
    for number, table in enumerate(tables):
        form = table.mapping.contract
        dated = form.key[-1] if form.columns[form.key[-1]].type == "date" else None
        newest = _newest(con, table, dated) if dated and exports[form.export] > 1 else None
        keys[number] = (EXPORTS.index(form.export), newest or dt.date.min, number)
    return [tables[number] for number in sorted(keys, key=lambda number: keys[number])]


def _newest(con: duckdb.DuckDBPyConnection, table: Incoming, column: str) -> dt.date | None:
    findings.start(con, [])
    alone = replace(table.mapping, text={column: table.mapping.text[column]})
    try:
        cast(con, table.text, alone, {"goals": {}, "programs": {}})
    except DataProblem:  # asked about when it is its turn
        return None
    newest: dt.date | None = con.sql(f"select max({column}) from typed").fetchall()[0][0]
    return newest


def _left_alone(sheet: FileReport) -> FileReport:
    """A workbook may have sheets of its own use beside the export: they stop nothing, and are named.

    A sheet that is an export but for a missing key does stop the load.
    """
    if all(p.rule in ("unknown_export", "unknown_header") for p in sheet.problems):
        sheet.refused = False
        sheet.problems = [replace(p, rule="sheet_left_alone", severity="warning") for p in sheet.problems]
        sheet.warnings = len(sheet.problems)
        sheet.rows_read = 0
    return sheet
