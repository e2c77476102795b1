"""What is kept of a load: how its file was read, its problems, its rejected rows, and how each rule went."""

import datetime as dt
import hashlib
from typing import Any

import duckdb

from pipelines import expectations, findings, repair, unpivot
from pipelines.check import Verdict
from pipelines.incoming import Incoming
from pipelines.problems import Problem
from pipelines.texttable import ragged_whole
from pipelines.warehouse import now

MOST_LEFT_OUT = 200  # lines that are kept with a load, where there are no more


def read_as(table: Incoming) -> str:
    """How a table was read, as a digest."""
    m = table.mapping
    said: tuple[object, ...] = (m.text, m.values, m.attributes, m.dates, m.decimal, m.source)
    said += (table.text.encoding, table.text.delimiter, table.text.header_row)
    said += (sorted(table.repairs),) if table.repairs else ()
    said += ("hidden",) if any(row.kind == "hidden" for row in table.text.left_out) else ()
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def write_load(
    con: duckdb.DuckDBPyConnection, table: Incoming, load_id: int, currency: str | None, started: dt.datetime
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
        "read_as": read_as(table),
        "encoding": text.encoding,
        "delimiter": text.delimiter,
        "header_row": text.header_row,
        "transposed": text.transposed,
        "headers": list(unpivot.in_file(text).headers),
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


def write_findings(
    con: duckdb.DuckDBPyConnection, table: Incoming, load_id: int, notes: list[Problem], verdicts: list[Verdict]
) -> None:
    """Keep the problems, the rejected rows in the file's own words, and how each rule went."""
    findings.add(con, notes)
    if any(one.accepted for one in table.report.repairs):
        repair.record(con, load_id)
    con.execute(f"insert into problem select {load_id}, * from found")
    text = unpivot.in_file(table.text)
    cells = ", ".join(f"c{position}" for position in range(len(text.headers)))
    con.execute(
        f"insert into rejected_row select {load_id}, source_row, [{cells}] from {text.relation} "
        "semi join rejected using (source_row)"
    )
    if table.report.left_out and len(table.report.left_out) <= MOST_LEFT_OUT:
        rows = list(zip(*((row.row, row.kind, row.text, row.count) for row in table.report.left_out), strict=True))
        places = "unnest($2::bigint[]), unnest($3::varchar[]), unnest($4::varchar[]), unnest($5::bigint[])"
        con.execute(f"insert into left_out select $1, {places}", [load_id, *map(list, rows)])
    con.execute(f"insert into rejected_row select {load_id}, source_row, cells from ({ragged_whole(con, text)})")
    results: list[Any] = []
    for v in verdicts:
        results += [load_id, v.check.name, v.check.expectation[0], list(v.check.columns), v.check.severity]
        results += [v.engine, v.rows, v.failed, expectations.kept(v.check.expectation[1], v.check.message)]
    if results:
        # One statement for all rules: one for each takes longer than all else that a small file needs.
        places = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?)"] * len(verdicts))
        con.execute(f"insert into check_result values {places}", results)
