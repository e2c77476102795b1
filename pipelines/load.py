"""Files in, one publication out: read, map, cast, check, plan, load, publish. All or nothing."""

import datetime as dt
import hashlib
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from pipelines import (
    archive,
    attributes,
    build,
    corrected,
    effect,
    expectations,
    findings,
    mappings,
    originals,
    repair,
    rollup,
    suggest,
)
from pipelines.cast import cast
from pipelines.check import Verdict, check
from pipelines.columns import columns_as_text, columns_mapped, columns_typed
from pipelines.contract import EXPORTS, contract
from pipelines.decided import how_columns_are_read, what_it_is
from pipelines.files import digest
from pipelines.headers import fold
from pipelines.map import recognised, understand
from pipelines.plan import changes, plan, write
from pipelines.preview import first_lines
from pipelines.problems import DataProblem, Problem, UnreadableFile
from pipelines.profile import Mapping, Profile, all_headers
from pipelines.publications import SAMPLE, record, record_event, sample_loads
from pipelines.read import TextTable, read
from pipelines.report import FileReport, LoadReport, Request, stops
from pipelines.texttable import ragged_whole
from pipelines.warehouse import Warehouse, now

MOST_LEFT_OUT = 200  # lines that are kept with a load, where there are no more

Progress = Callable[[str, float], None]


@dataclass
class _Table:
    """A table of a file, with the mapping that was found for it."""

    text: TextTable
    mapping: Mapping
    path: Path
    digest: str
    report: FileReport
    repairs: tuple[str, ...] = ()


def load(
    warehouse: Warehouse, request: Request, *, today: dt.date | None = None, progress: Progress | None = None
) -> LoadReport:
    """Load files, and those in zip archives, as one publication, or say why not.

    Every problem of every file is in the report. A rejected row stops the publication, unless the request asks for
    quarantine: then good rows are published, and rejected rows kept with their reasons. A file that adds nothing to
    what it brought before is not loaded again. `progress` is called with words and a share from 0 to 1.
    """
    tell = progress or (lambda words, share: None)
    tell("Waiting for the turn to write", 0.0)
    with warehouse.writing() as draft, warehouse.scratch() as scratch:
        con = draft.con
        request, origins, unopened = archive.opened(request, scratch)
        tables, reports = _read_all(con, request, scratch, tell, mappings.remembered(warehouse))
        reports += unopened
        for file in reports:
            file.path = origins.get(file.path, file.path)
        con.execute(f"create or replace temp table load_in_force as {build.loads_in_force(draft.version - 1)}")
        cleared = sample_loads(con, draft.version - 1) if request.shared.source != SAMPLE else []
        con.execute("delete from load_in_force where list_contains($1::int[], load_id)", [cleared])
        repeated = _repeats_the_latest(con, tables)
        loads: list[int] = []
        for number, table in enumerate(tables):
            tell(f"Checking {table.report.file}", 0.3 + 0.4 * number / len(tables))
            started = time.monotonic()
            if load_id := _load_table(con, table, today or now().date(), loads, request):
                loads.append(load_id)
            _let_go(con, table)
            table.report.seconds += time.monotonic() - started
        if request.dry_run and request.keep:
            for file in reports[len(tables) :]:
                findings.keep_problems(None, request.keep, file.file, file.problems)
        report = LoadReport(reports, draft.copy_seconds, request.dry_run)
        report.blocked = stops(reports, quarantine=request.quarantine)
        report.has_news = bool(loads) and not repeated
        may_come = not report.blocked or (request.dry_run and not stops(reports, quarantine=True))
        report.cleared_sample = bool(cleared and report.has_news and may_come)
        if repeated:
            for file in reports:
                file.rows_unchanged += file.rows_loaded
                file.rows_loaded = file.rows_new = file.rows_restated = 0
                file.changes, file.changed_cells = [], {}
        if request.weigh and request.dry_run and may_come and loads and not repeated:
            tell("Weighing what would change", 0.7)
            before = effect.remember(con)
            _bring(con, draft.version, loads, cleared)
            report.effect = effect.compare(con, before)
        if report.blocked or request.dry_run or repeated or not loads:
            draft.discard()
            for file in reports:
                file.load_id = None
                file.rows_loaded = file.rows_loaded if request.dry_run else 0
            return report
        tell("Building the models", 0.7)
        _bring(con, draft.version, loads, cleared)
        tell("Publishing", 0.95)
        originals.keep(warehouse.folder, [(t.path, t.digest) for t in tables if t.report.load_id])
        report.published = draft.version
        report.published_at, report.published_by = con.execute(
            "select published_at, published_by from publication where publication = ?", [draft.version]
        ).fetchall()[0]
        for file in reports:
            file.version = draft.version if file.load_id else None
    tell("Published", 1.0)
    return report


def _bring(con: duckdb.DuckDBPyConnection, publication: int, loads: list[int], cleared: list[int]) -> None:
    """Write down what a publication does, and bring the models up to it."""
    record(con, publication, "load")
    record_event(con, publication, "committed", loads)
    record_event(con, publication, "withdrawn", cleared, "exports of one's own came")
    build.update(con, publication, loads + cleared)


def _repeats_the_latest(con: duckdb.DuckDBPyConnection, tables: list[_Table]) -> bool:
    """Whether these very tables are the latest loads in force of their exports, in this order: nothing can change."""
    for export in {t.mapping.contract.export for t in tables}:
        mine = [t for t in tables if t.mapping.contract.export == export]
        asked = [(t.digest, t.text.sheet) for t in mine]
        latest = con.execute(
            "select digest, sheet, read_as from load semi join load_in_force using (load_id) where export = ? "
            "order by load_id desc limit ?",
            [export, len(asked)],
        ).fetchall()
        if [(digest, sheet) for digest, sheet, _ in latest[::-1]] != asked:
            return False
        # A load from before it was kept how a file was read says nothing of it.
        if any(was not in (None, _read_as(t)) for t, (*_, was) in zip(mine, latest[::-1], strict=True)):
            return False
    return True


def _read_as(table: _Table) -> str:
    """How a table was read, as a digest."""
    m = table.mapping
    said: tuple[object, ...] = (m.text, m.values, m.attributes, m.dates, m.decimal, m.source)
    said += (table.text.encoding, table.text.delimiter, table.text.header_row)
    said += (sorted(table.repairs),) if table.repairs else ()
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def _read_all(
    con: duckdb.DuckDBPyConnection, request: Request, scratch: Path, tell: Progress, remembered: dict[str, Profile]
) -> tuple[list[_Table], list[FileReport]]:
    """Every usable table in the order in which exports load, and a report for each file or sheet."""
    tables: list[_Table] = []
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
        for text in (replace(text, file=name) for text in texts):
            report = FileReport(name, text.sheet, file_digest, rows_read=text.rows, path=path, seconds=seconds)
            report.encoding, report.delimiter, report.header_row = text.encoding, text.delimiter, text.header_row
            report.decisions, report.left_out = list(text.decisions), list(text.left_out)
            report.first_lines = first_lines(path, text.encoding) if request.dry_run else ()
            try:
                mapping = understand(text, how, remembered)
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
                continue
            report.export, report.profile = mapping.contract.export, mapping.profile
            report.decisions += what_it_is(text, mapping, how)
            report.source = mapping.source.name
            report.ignored_columns = mapping.unmapped
            report.headers, report.feeds = text.headers, mapping.headers
            report.scale, report.currency = mapping.source.scale, mapping.source.currency
            tables.append(_Table(text, mapping, path, file_digest, report, how.repairs))
            fitting += 1
        refused += [_left_alone(sheet) if fitting else sheet for sheet in misfits]
    tables = _in_order(con, tables)
    return tables, [t.report for t in tables] + refused


def _in_order(con: duckdb.DuckDBPyConnection, tables: list[_Table]) -> list[_Table]:
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


def _newest(con: duckdb.DuckDBPyConnection, table: _Table, column: str) -> dt.date | None:
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


def _load_table(
    con: duckdb.DuckDBPyConnection, table: _Table, today: dt.date, before: list[int], request: Request
) -> int | None:
    """Cast, check, plan and write one table; its load's number, None where it was refused or brings nothing.

    `before` are the loads of the same command so far. A dry run says what each column is and what would change.
    """
    if not table.report.rows_read:
        return None
    form, report, started = table.mapping.contract, table.report, now()
    explain, keep, how = request.dry_run, request.keep, request.how(table.path)
    _mend(con, table, offer=explain)
    findings.start(con, table.text.problems)
    try:
        decided = cast(con, table.text, table.mapping, _spellings(con))
    except DataProblem as error:
        report.refuse(error)
        _report_problems(con, report, report.problems, keep, explain=explain)
        if explain:
            report.columns = columns_mapped(con, table.text, table.mapping)
            suggest.fill(con, table.text, report, table.mapping, how)
        return None
    report.assumed = decided.assumed
    report.decisions += how_columns_are_read(con, table.mapping, how, decided)
    if explain:
        report.columns = columns_typed(con, table.text, table.mapping, decided.decided)
        suggest.fill(con, table.text, report, table.mapping, how)
    known = _known(con, form.export)
    relation, mapping = table.text.relation, table.mapping
    if mapping.rolled_up:
        findings.name_cells(con, relation, mapping)
        relation, mapping, decision = rollup.roll_up(con, table.text, mapping)
        report.decisions.append(decision)
    verdicts = check(con, mapping, relation, list(form.checks(today, known)))
    if not mapping.rolled_up:
        findings.name_cells(con, relation, mapping)
    outcome = plan(con, form, mapping.text)
    fate = rollup.counts(con) if mapping.rolled_up else outcome
    notes = decided.notes + _contradictions(con, table, before)
    _report_problems(con, report, notes, keep, explain=explain)
    if explain and keep and fate.rejected:
        report.rejected = findings.keep_rejected(con, keep, table.text)
    if explain:
        report.grid = findings.grid(con, table.text, table.mapping)
    if explain and keep:
        commas = [name for name, decimal in decided.decided.items() if decimal == ","]
        report.corrected = corrected.keep(con, keep, table.text, table.mapping, commas)
    report.rows_new, report.rows_restated = fate.new, fate.restated
    report.rows_unchanged, report.rows_rejected = fate.unchanged, fate.rejected
    report.rows_loaded = fate.new + fate.restated
    report.missing, report.rows_missing = effect.missing(con, form, table.mapping.source.name)
    if explain and outcome.restated:
        report.changes, report.changed_cells = changes(con, form, table.mapping.text)
    repeated = con.execute(
        "select exists (from load semi join load_in_force using (load_id) where digest = ? and export = ? "
        "and sheet is not distinct from ?)",
        [table.digest, form.export, table.text.sheet],
    ).fetchall()[0][0]
    report.attributes_new = attributes.count_new(con, replace(table.text, relation=relation), mapping)
    if not report.rows_loaded and not report.attributes_new and repeated:
        return None
    load_id = int(con.sql("select coalesce(max(load_id), 0) + 1 from load").fetchall()[0][0])
    report.load_id = load_id
    write(con, form, load_id, table.mapping.text, outcome)
    attributes.write(con, load_id, table.mapping)
    _write_load(con, table, load_id, decided.currency, started)
    _write_findings(con, table, load_id, notes, verdicts)
    con.execute("insert into load_in_force values (?)", [load_id])
    return load_id


def _mend(con: duckdb.DuckDBPyConnection, table: _Table, *, offer: bool) -> None:
    """Make the accepted repairs in a table, and report them with what is offered; of a large one only if asked."""
    if not (offer or table.repairs or table.text.rows <= repair.MOST_OFFERED):
        return
    mended = repair.mend(con, table.text, table.mapping, table.repairs)
    table.text, table.report.repairs = mended.table, mended.repairs
    table.report.rows_read = mended.table.rows
    table.report.left_out += mended.left_out


def _contradictions(con: duckdb.DuckDBPyConnection, table: _Table, before: list[int]) -> list[Problem]:
    """A warning where rows restate those of another file of the same command: the order of the files decides."""
    count = con.execute(
        "select count(*) from planned where outcome = 'restated' and list_contains($1::int[], fact_load_id)", [before]
    ).fetchall()[0][0]
    if not count:
        return []
    return [
        Problem(
            "restates_this_command",
            f"{count:,} of its rows say other than a file before it in this command; this one counts",
            "Load the older file first, or load them one by one.",
            row=table.text.header_row,
            severity="warning",
        )
    ]


def _let_go(con: duckdb.DuckDBPyConnection, table: _Table) -> None:
    """Drop what was kept of a table, for the models need the room."""
    kept = con.execute(
        "select view_name, 'view' from duckdb_views() where temporary and view_name in ('planned', $1) "
        "union all select table_name, 'table' from duckdb_tables() where temporary and table_name in ('typed', $1)",
        [table.text.relation],
    ).fetchall()
    for name, kind in kept:
        con.execute(f'drop {kind} "{name}"')


def _report_problems(
    con: duckdb.DuckDBPyConnection, report: FileReport, notes: list[Problem], keep: Path | None, *, explain: bool
) -> None:
    """Report the notes and what is in `found`: all of it, or, with a folder for the rest, the first of each kind."""
    if keep:
        listed, report.counts = findings.first_of_each(con)
        if explain:
            findings.keep_problems(con, keep, report.file, notes)
    else:
        listed = findings.every(con)
    report.problems = notes + listed
    found = con.sql("select count(*) from found where severity = 'warning'").fetchall()[0][0]
    report.warnings = found + sum(p.severity == "warning" for p in notes)
    report.rows_flawed = findings.rows_flawed(con, report.header_row)


def _spellings(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """For goals and programs: every identifier and name in force, folded, and the identifier it stands for."""
    found: dict[str, dict[str, str]] = {}
    for export in ("goals", "programs"):
        form = contract(export)
        key, name = list(form.columns)[:2]
        rows = con.sql(f"select {key}, {name} from ({build.winners(con, form)}) order by {key}").fetchall()
        spelled = {fold(name): key for key, name in rows if name}
        found[export] = spelled | {fold(key): key for key, _ in rows}
    return found


def _known(con: duckdb.DuckDBPyConnection, export: str) -> dict[str, set[str]]:
    """The identifiers in force of goals and programs; an export that refers to itself knows its own rows too."""
    known: dict[str, set[str]] = {}
    for other in ("goals", "programs"):
        form = contract(other)
        key = form.key[0]
        rows = con.sql(f"select {key} from ({build.winners(con, form)})").fetchall()
        own = con.sql(f"select {key} from typed where {key} is not null").fetchall() if other == export else []
        known[other] = {value for (value,) in rows + own}
    return known


def _write_load(
    con: duckdb.DuckDBPyConnection, table: _Table, load_id: int, currency: str | None, started: dt.datetime
) -> None:
    text, mapping, report, source = table.text, table.mapping, table.report, table.mapping.source
    values: dict[str, Any] = {
        "load_id": load_id,
        "export": mapping.contract.export,
        "file_name": text.file,
        "sheet": text.sheet,
        "digest": table.digest,
        "bytes": table.path.stat().st_size,
        "profile": mapping.profile,
        "source": source.name,
        "interval_days": source.interval_days,
        "currency": currency,
        "baseline": source.baseline,
        "keys_by_name": mapping.keys_by_name,
        "read_as": _read_as(table),
        "encoding": text.encoding,
        "delimiter": text.delimiter,
        "header_row": text.header_row,
        "transposed": text.transposed,
        "headers": list(text.headers),
        "columns": mapping.headers,
        "rows_read": report.rows_read,
        "rows_loaded": report.rows_loaded,
        "rows_rejected": report.rows_rejected,
        "rows_unchanged": report.rows_unchanged,
        "rows_new": report.rows_new,
        "rows_restated": report.rows_restated,
        "warnings": report.warnings,
        "started_at": started,
        "finished_at": now(),
    }
    names, places = ", ".join(values), ", ".join("?" for _ in values)
    con.execute(f"insert into load ({names}) values ({places})", list(values.values()))


def _write_findings(
    con: duckdb.DuckDBPyConnection, table: _Table, load_id: int, notes: list[Problem], verdicts: list[Verdict]
) -> None:
    """Keep the problems, the rejected rows in the file's own words, and how each rule went."""
    findings.add(con, notes)
    if any(one.accepted for one in table.report.repairs):
        repair.record(con, load_id)
    con.execute(f"insert into problem select {load_id}, * from found")
    cells = ", ".join(f"c{position}" for position in range(len(table.text.headers)))
    con.execute(
        f"insert into rejected_row select {load_id}, source_row, [{cells}] from {table.text.relation} "
        "semi join rejected using (source_row)"
    )
    if table.report.left_out and len(table.report.left_out) <= MOST_LEFT_OUT:
        rows = list(zip(*((row.row, row.kind, row.text, row.count) for row in table.report.left_out), strict=True))
        places = "unnest($2::bigint[]), unnest($3::varchar[]), unnest($4::varchar[]), unnest($5::bigint[])"
        con.execute(f"insert into left_out select $1, {places}", [load_id, *map(list, rows)])
    con.execute(f"insert into rejected_row select {load_id}, source_row, cells from ({ragged_whole(con, table.text)})")
    results: list[Any] = []
    for v in verdicts:
        results += [load_id, v.check.name, v.check.expectation[0], list(v.check.columns), v.check.severity]
        results += [v.engine, v.rows, v.failed, expectations.kept(v.check.expectation[1], v.check.message)]
    if results:
        # One statement for all rules: one for each takes longer than all else that a small file needs.
        places = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?)"] * len(verdicts))
        con.execute(f"insert into check_result values {places}", results)
