"""Files in, one publication out: read, map, cast, check, plan, load, publish. All or nothing."""

import datetime as dt
import time
from dataclasses import replace

import duckdb

from pipelines import (
    alike,
    archive,
    asked,
    attributes,
    build,
    corrected,
    crosstab,
    effect,
    findings,
    groups,
    mappings,
    originals,
    repair,
    rollup,
    suggest,
    unpivot,
)
from pipelines.cast import cast
from pipelines.check import check
from pipelines.columns import columns_mapped, columns_typed
from pipelines.decided import how_columns_are_read
from pipelines.incoming import Incoming, Progress, read_all
from pipelines.kept import read_as, write_findings, write_load
from pipelines.plan import changes, plan, write
from pipelines.problems import DataProblem, Problem
from pipelines.publications import SAMPLE, record, record_event, sample_loads
from pipelines.references import References
from pipelines.report import LoadReport, Request, stops
from pipelines.stated import ask_unit
from pipelines.warehouse import Warehouse, now


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
        tables, reports, unclear = read_all(con, request, scratch, tell, mappings.remembered(warehouse))
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
                if not any(file is one.report for one in unclear):
                    findings.keep_problems(None, request.keep, file.file, file.problems)
        for one in unclear if request.dry_run else ():
            asked.look(con, one.text, one.mapping, one.report, today or now().date(), request.keep)
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
    record_event(con, publication, "withdrawn", cleared, "your own exports came")
    build.update(con, publication, loads + cleared)


def _repeats_the_latest(con: duckdb.DuckDBPyConnection, tables: list[Incoming]) -> bool:
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
        if any(was not in (None, read_as(t)) for t, (*_, was) in zip(mine, latest[::-1], strict=True)):
            return False
    return True


def _load_table(
    con: duckdb.DuckDBPyConnection, table: Incoming, today: dt.date, before: list[int], request: Request
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
    references = References(con, form)
    try:
        ask_unit(table.text, table.mapping, how)
        periods_beside = crosstab.note(con, table.text, table.mapping, how)
        decided = cast(con, table.text, table.mapping, references.spellings)
    except DataProblem as error:
        report.refuse(error)
        if not explain:
            findings.report(con, table.text, report, report.problems, keep, explain=False)
        else:
            asked.look(con, table.text, table.mapping, report, today, keep)
            report.columns = columns_mapped(con, table.text, table.mapping)
            suggest.fill(con, table.text, report, table.mapping, how)
        return None
    report.assumed = decided.assumed
    report.decisions += how_columns_are_read(con, table.mapping, how, decided)
    if explain:
        report.columns = columns_typed(con, table.text, table.mapping, decided.decided)
        suggest.fill(con, table.text, report, table.mapping, how)
        groups.suggest(report, table.mapping, references.spellings["programs"])
    relation, mapping = table.text.relation, table.mapping
    if mapping.rolled_up:
        findings.name_cells(con, relation, mapping)
        relation, mapping, decision = rollup.roll_up(con, table.text, mapping)
        report.decisions.append(decision)
    verdicts = check(con, mapping, relation, list(form.checks(today, references.known())))
    references.explain()
    alike.note(con, form, mapping)
    if not mapping.rolled_up:
        findings.name_cells(con, relation, mapping)
    in_file = unpivot.in_file(table.text)
    unpivot.settle(con, table.text)
    outcome = plan(con, form, mapping.text)
    fate = rollup.counts(con) if mapping.rolled_up else outcome
    fate = unpivot.counts(con, outcome) if in_file is not table.text else fate
    notes = decided.notes + periods_beside + _contradictions(con, table, before) + _less_than_before(con, table)
    findings.report(con, table.text, report, notes, keep, explain=explain)
    if explain and keep and fate.rejected:
        report.rejected = findings.keep_rejected(con, keep, in_file)
    if explain:
        report.grid = findings.grid(con, in_file, table.mapping)
    if explain and keep:
        commas = [name for name, decimal in decided.decided.items() if decimal == ","]
        report.corrected = corrected.keep(con, keep, table.text, table.mapping, commas)
    report.rows_new, report.rows_restated = fate.new, fate.restated
    report.rows_unchanged, report.rows_rejected = fate.unchanged, fate.rejected
    report.rows_loaded = fate.new + fate.restated
    report.missing, report.rows_missing = effect.missing(con, form, table.mapping.source.name)
    report.missing_names = effect.names(con, form, report.missing)
    if explain and outcome.restated:
        found, report.changed_cells = changes(con, form, table.mapping.text)
        report.changes = [replace(change, row=change.row % unpivot.PLACE) for change in found]
    # Where a file says all there is of what it names, saying it again undoes what another left out since.
    newest = "and load_id = (select max(load_id) from load semi join load_in_force using (load_id) where export = $2)"
    repeated = con.execute(
        "select exists (from load semi join load_in_force using (load_id) where digest = $1 and export = $2 "
        f"and sheet is not distinct from $3 {newest if form.replaces else ''})",
        [table.digest, form.export, table.text.sheet],
    ).fetchall()[0][0]
    report.attributes_new = attributes.count_new(con, replace(table.text, relation=relation), mapping)
    if not report.rows_loaded and not report.attributes_new and repeated:
        return None
    load_id = int(con.sql("select coalesce(max(load_id), 0) + 1 from load").fetchall()[0][0])
    report.load_id = load_id
    write(con, form, load_id, table.mapping.text, outcome)
    attributes.write(con, load_id, table.mapping)
    write_load(con, table, load_id, decided.currency, started)
    write_findings(con, table, load_id, notes, verdicts)
    con.execute("insert into load_in_force values (?)", [load_id])
    return load_id


def _mend(con: duckdb.DuckDBPyConnection, table: Incoming, *, offer: bool) -> None:
    """Make the accepted repairs in a table, and report them with what is offered; of a large one only if asked."""
    if not (offer or table.repairs or table.text.rows <= repair.MOST_OFFERED):
        return
    mended = repair.mend(con, table.text, table.mapping, table.repairs)
    table.text, table.report.repairs = mended.table, mended.repairs
    table.report.rows_read = mended.table.rows
    table.report.left_out += mended.left_out


def _contradictions(con: duckdb.DuckDBPyConnection, table: Incoming, before: list[int]) -> list[Problem]:
    """A warning where rows restate those of another file of the same command: the order of the files decides."""
    count, rows, loads = con.execute(
        "select count(*), (list(source_row order by source_row))[:5], list(distinct fact_load_id) from planned "
        "where outcome = 'restated' and list_contains($1::int[], fact_load_id)",
        [before],
    ).fetchall()[0]
    if not count:
        return []
    files = con.execute(
        "select distinct file_name, sheet from load where list_contains($1::int[], load_id) order by all", [loads]
    ).fetchall()
    rows = list(dict.fromkeys(line % unpivot.PLACE for line in rows))
    others = ", ".join(f"the sheet {sheet}" if name == table.text.file and sheet else name for name, sheet in files[:3])
    said = f"row {rows[0]} says" if count == 1 else f"rows {', '.join(map(str, rows))} say"
    said += f" (and {count - len(rows):,} more)" if count > len(rows) else ""
    what = "sheet" if table.text.sheet else "file"
    return [
        Problem(
            "restates_this_command",
            f"{said} other than {others} before it in this command; this {what} counts",
            f"Correct the {what} that is wrong, or load the older one first, one by one (--sheet names a sheet)."
            if table.text.sheet
            else "Load the older file first, or load them one by one.",
            row=rows[0],
            severity="warning",
        )
    ]


def _less_than_before(con: duckdb.DuckDBPyConnection, table: Incoming) -> list[Problem]:
    """A warning where a plan takes the place of a much longer one of the same day: it may be a part of it alone."""
    form = table.mapping.contract
    if not form.replaces or "status_date" not in form.columns:
        return []
    # What stands is what was published last; rows of other months and teams are not spoken of.
    gone, left = con.execute(
        f"""
        with
        plan as (select status_date, min(month) as first_period from typed group by status_date),
        standing as (
            select f.project_id, f.team, f.skill, f.month, f.per, f.status_date
            from ({build.winners(con, form)}) as f
            join plan on plan.status_date = f.status_date and f.month >= plan.first_period
            where f.project_id in (select project_id from typed) and f.team in (select team from typed)
        ),
        said as (select distinct project_id, team, skill, month, per, status_date from typed)
        select count(*) filter (s.project_id is null), count(*) filter (s.project_id is not null)
        from standing left join said as s using (project_id, team, skill, month, per, status_date)
        """
    ).fetchall()[0]
    if gone <= max(left, table.text.rows):
        return []
    return [
        Problem(
            "less_than_before",
            f"this plan leaves out {gone:,} rows of the plan of the same day that is loaded, of the projects and teams "
            "that it names; they hold no longer",
            "If this is only a part, such as rows that were mended, load the whole file instead.",
            row=table.text.header_row,
            severity="warning",
        )
    ]


def _let_go(con: duckdb.DuckDBPyConnection, table: Incoming) -> None:
    """Drop what was kept of a table, for the models need the room."""
    kept = con.execute(
        "select view_name, 'view' from duckdb_views() where temporary and view_name in ('planned', $1) "
        "union all select table_name, 'table' from duckdb_tables() where temporary and table_name in ('typed', $1, $2)",
        [table.text.relation, unpivot.in_file(table.text).relation],
    ).fetchall()
    for name, kind in kept:
        con.execute(f'drop {kind} "{name}"')
