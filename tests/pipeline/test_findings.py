"""What a check reports of many problems and many columns, and the files that it leaves for whoever mends them."""

import csv
from pathlib import Path

from pipelines.findings import PROBLEMS, REJECTED
from pipelines.load import load
from pipelines.report import Request
from pipelines.warehouse import Warehouse


def test_a_bounded_report_counts_all_and_leaves_the_rest_in_files(tmp_path: Path) -> None:
    lines = "\n".join(f"P{n},2026-11-13,{'=x' if n else 'g'}" for n in range(251))
    file = tmp_path / "many.csv"
    file.write_text(f"project_id,status_date,rag\n{lines}\nP9,2026-11-13\n", "utf-8")
    kept = tmp_path / "kept"
    kept.mkdir()
    report = load(Warehouse(tmp_path / "store"), Request([file], dry_run=True, keep=kept)).files[0]
    assert report.rows_rejected == 251
    assert len(report.problems) == 101, "100 of the first kind and the ragged row"
    assert [(kind[1], count) for kind, count in report.counts.items()] == [("reported_health_allowed", 250)]
    with (kept / PROBLEMS).open(encoding="utf-8-sig", newline="") as listed:
        found = list(csv.DictReader(listed))
    assert len(found) == 251
    assert {row["value"] for row in found} == {"'=x", "P9,2026-11-13"}
    with (kept / REJECTED).open(encoding="utf-8-sig", newline="") as rejected:
        rows = list(csv.reader(rejected))
    assert rows[0] == ["row", "problem", "project_id", "status_date", "rag"]
    assert rows[1][0] == "3"
    assert rows[1][2:] == ["P1", "2026-11-13", "'=x"]
    assert [rows[-1][0], *rows[-1][2:]] == ["253", "P9", "2026-11-13"]
    assert report.rejected == REJECTED


def test_each_file_has_its_own_file_of_rejected_rows(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    texts = {"a": "project_id,status_date,rag\nP1,soon,g\n", "b": "rag;Report date;Project ID\ng;;P2\n"}
    files = [tmp_path / f"{name}.csv" for name in texts]
    for file, text in zip(files, texts.values(), strict=True):
        file.write_text(text, "utf-8")
    reports = load(Warehouse(tmp_path / "store"), Request(files, dry_run=True, keep=kept)).files
    for report in reports:
        assert report.rejected
        lines = (kept / report.rejected).read_text("utf-8-sig").splitlines()
        mark = ";" if report.file == "b.csv" else ","
        assert lines[0] == mark.join(["row", "problem", texts[report.file[0]].partition("\n")[0]])
        assert len(lines) == 2
    assert len({report.rejected for report in reports}) == 2


def test_many_columns_of_no_use_are_shown_by_their_first_cells(tmp_path: Path) -> None:
    others = range(600)
    file = tmp_path / "wide.csv"
    header = ",".join(["project_id", "status_date", "rag", *(f"field {n}" for n in others)])
    cells = ",".join(["P1", "2026-11-13", "g", *(f"{n}{'x' * 300}" for n in others)])
    file.write_text(f"{header}\n{cells}\n", "utf-8")
    report = load(Warehouse(tmp_path / "store"), Request([file], dry_run=True)).files[0]
    assert len(report.columns) == 603
    assert {len(column.examples[0]) for column in report.columns if not column.column} == {200}


def test_headers_that_nothing_fits_come_with_what_stands_below_them(tmp_path: Path) -> None:
    file = tmp_path / "unknown.csv"
    file.write_text("Wer,Notiz\nAnna,hallo\nBob,\n", "utf-8")
    report = load(Warehouse(tmp_path / "store"), Request([file], dry_run=True)).files[0]
    assert [(column.header, column.examples) for column in report.columns] == [
        ("Wer", ("Anna", "Bob")),
        ("Notiz", ("hallo",)),
    ]
