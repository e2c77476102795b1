"""Files made to harm: each is one clear error or a right load, in bounded time and memory, and nothing is half-loaded.

They go through the server's own worker process, which has a limit on its memory and on the time of a job.
"""

from __future__ import annotations

import csv
import io
import itertools
import os
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from components.downloads import as_csv, as_excel
from pipelines.contract import contracts
from pipelines.history import rejected_csv
from pipelines.jobs import Job, Worker
from pipelines.load import load
from pipelines.report import FileReport, Request
from pipelines.templates import template
from pipelines.warehouse import Warehouse

HEADER = "project_id,status_date,reported_health,budget,comment\n"
GOOD = HEADER + "P-1,2026-01-05,green,100,fine\nP-2,2026-01-05,red,200,late\n"
SECONDS = 120.0  # for a job, on a busy machine
MEMORY = "3GB"

Make = Callable[[Path], None]
# What is large is made when its test runs: every process of a run reads this module.
Text = str | bytes | Callable[[], str | bytes]


class Gate:
    """A worker with its limits, and a store in which one good file is loaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.worker = Worker(folder / "store", seconds=SECONDS, memory=MEMORY)
        (folder / "good.csv").write_text(GOOD, "utf-8")
        assert self.load(folder / "good.csv").rows_loaded == 2
        self.before = self.listing()

    def listing(self) -> dict[str, tuple[int, int]]:
        """Every file of the store with its size and time, but for locks and logs."""
        store = self.folder / "store"
        files = [file for file in store.rglob("*") if file.is_file() and file.name not in ("LOCK", "worker.log")]
        return {str(file.relative_to(store)): (file.stat().st_size, file.stat().st_mtime_ns) for file in files}

    def run(self, *paths: Path) -> Job:
        """Load files with what is good in them; the job, once it is over."""
        job = self.worker.submit("load", request=Request([*paths], quarantine=True))
        assert job.wait(SECONDS + 60), job.words
        return job

    def load(self, path: Path) -> FileReport:
        """Load a file that the worker must get through; what became of it."""
        job = self.run(path)
        assert job.state == "done", f"{job.words} {job.error}"
        (one,) = job.result.files
        return one

    def facts(self) -> list[tuple[object, ...]]:
        """The status rows in force."""
        with Warehouse(self.folder / "store").reading() as reading:
            return reading.cursor().sql("select project_id, status_date from fct_status order by all").fetchall()


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    one = Gate(tmp_path_factory.mktemp("hostile"))
    yield one
    one.worker.close()


def as_bytes(content: Text) -> bytes:
    made = content() if callable(content) else content
    return made.encode() if isinstance(made, str) else made


def text(content: Text) -> Make:
    return lambda path: path.write_bytes(as_bytes(content)) and None


def book(**parts: bytes | Callable[[], Iterator[bytes]]) -> Make:
    """A right workbook in which some parts are others: "sheet1", "strings", "workbook", or any further name.

    A part may come in pieces.
    """
    places = {"sheet1": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml", "workbook": "xl/workbook.xml"}

    def make(path: Path) -> None:
        made = openpyxl.Workbook()
        for line in GOOD.splitlines():
            made.worksheets[0].append(line.split(","))
        whole = io.BytesIO()
        made.save(whole)
        wanted = {places.get(name, name): content for name, content in parts.items()}
        with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
            for name in old.namelist():
                wanted.setdefault(name, old.read(name))
            for name, content in wanted.items():
                with new.open(name, "w") as out:
                    out.writelines(content() if callable(content) else [content])

    return make


NAMESPACE = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LAUGHS = b"<!DOCTYPE x [<!ENTITY a0 'ha'>" + b"".join(
    b"<!ENTITY a%d '%s'>" % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12)
)


def strings(count: int, each: bytes) -> Iterator[bytes]:
    yield b"<sst %s>" % NAMESPACE
    yield from itertools.repeat(b"<si><t>%s</t></si>" % each, count)
    yield b"</sst>"


def cells(*rows: bytes) -> bytes:
    return b"<worksheet %s><sheetData>%s</sheetData></worksheet>" % (NAMESPACE, b"".join(rows))


def inline(place: bytes, said: bytes) -> bytes:
    return b'<c r="%s" t="inlineStr"><is><t>%s</t></is></c>' % (place, said)


def sparse(gigabytes: int, start: Text) -> Make:
    def make(path: Path) -> None:
        path.write_bytes(as_bytes(start))
        os.truncate(path, gigabytes << 30)

    return make


def symlink_in_a_book(path: Path) -> None:
    book()(path)
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("xl/worksheets/sheet2.xml")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")


WIDE = 100_000
LETTERS = 10_000_000
CORNER = cells(
    *(b'<row r="1">', inline(b"A1", b"project_id"), b"</row>"),
    *(b'<row r="1048576">', inline(b"XFD1048576", b"x"), b"</row>"),
)
NO_SUCH_ROW = cells(b'<row r="4294967295">', inline(b"A4294967295", b"x"), b"</row>")
LINKS_OUT = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    b'<Relationship Id="rId1" Type="x" Target="../../../etc/passwd"/></Relationships>'
)
HALF_PAIRS = "\ufeffx,y\n1,2\n".encode("utf-16-le") + b"\x00\xd8" * 300

REFUSED: dict[str, tuple[Make, str]] = {
    "one hundred thousand columns": (
        text(lambda: f"project_id,status_date,{','.join(f'c{n}' for n in range(WIDE))}\nP,2026-01-05{',1' * WIDE}\n"),
        "too_large",
    ),
    "a cell of ten million letters": (text(lambda: HEADER + f"P-3,2026-01-12,green,5,{'x' * LETTERS}\n"), "unreadable"),
    "a quoted cell of ten million letters": (
        text(lambda: HEADER + f'P-3,2026-01-12,green,5,"{"x" * LETTERS}"\n'),
        "unreadable",
    ),
    "ten million letters in quoted lines": (
        text(lambda: HEADER + 'P-3,2026-01-12,green,5,"' + "word word\n" * 1_000_000 + '"\n'),
        "unbalanced_quote",
    ),
    "a header of five million letters": (text(lambda: "x" * 5_000_000 + ",project_id\n1,2\n"), "unreadable"),
    "nothing but NULs": (text(lambda: bytes(5_000_000)), "unreadable"),
    "nothing but delimiters": (text(lambda: ",,,,\n" * 1_000_000), "empty_file"),
    "nothing but empty lines": (text(lambda: "\n" * 1_000_000), "empty_file"),
    "nothing but quotes": (text(lambda: '"' * 3_000_001), "empty_file"),
    "doubled quotes that never close": (
        text(lambda: HEADER + 'P-3,2026-01-12,green,5,"' + '""' * 400_000),
        "unbalanced_quote",
    ),
    "a quote in each of many lines": (
        text(lambda: HEADER + 'P-3,2026-01-12,green,5,"a"b\n' * 20_000 + '"'),
        "unbalanced_quote",
    ),
    "rows that are all too long": (text(lambda: HEADER + "a,b,c,d,e,f,g\n" * 150_000), "row_shape"),
    "two gigabytes of nothing": (sparse(2, b""), "unreadable"),
    "two gigabytes after a header": (sparse(2, lambda: GOOD * 5_000), "too_large"),
    "an endless workbook": (sparse(3, b"PK\x03\x04" + bytes(100)), "too_large"),
    "surrogates without their other half": (text(HALF_PAIRS), "unknown_export"),
    "billion laughs in the workbook": (book(workbook=LAUGHS + b"]><workbook>&a11;</workbook>"), "unreadable"),
    "billion laughs in the strings": (
        book(
            strings=LAUGHS + b"]><sst %s><si><t>&a11;</t></si></sst>" % NAMESPACE,
            sheet1=cells(b'<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>0</v></c></row>'),
        ),
        "*",
    ),
    "strings of more than a gigabyte": (book(strings=lambda: strings(70, b"x" * 16_000_000)), "too_large"),
    "a sheet at the far corner": (book(sheet1=CORNER), "too_large"),
    "a column that no sheet has": (book(sheet1=cells(b'<row r="1">', inline(b"ZZZ1", b"project_id"), b"</row>")), "*"),
    "a row that no sheet has": (book(sheet1=NO_SUCH_ROW), "too_large"),
    "a sheet that leads out": (book(**{"xl/_rels/workbook.xml.rels": LINKS_OUT}), "*"),
}

LOADS: dict[str, Make] = {
    "three hundred thousand empty lines first": text(lambda: "\n" * 300_000 + HEADER + "P-9,2026-01-12,green,5,x\n"),
    "a million empty lines last": text(lambda: HEADER + "P-9,2026-01-12,green,5,x\n" + "\n" * 1_000_000),
    "lines that end in a return": text((HEADER + "P-9,2026-01-12,green,5,x\n").replace("\n", "\r")),
    "UTF-16": text((HEADER + "P-9,2026-01-12,green,5,é\n").encode("utf-16")),
    "NULs in every cell": text((HEADER + "P-9,2026-01-12,green,5,x\n").replace(",", ",\0\0")),
    "a cell just short of the limit": text(HEADER + f"P-9,2026-01-12,green,5,{'x ' * 9_000}\n"),
    "a member of the workbook that leads out": book(**{"../../escaped.xml": b"<x/>", "/tmp/escaped.xml": b"<x/>"}),
    "a link in the workbook": symlink_in_a_book,
}


@pytest.mark.parametrize("case", REFUSED)
def test_harmful_files_are_refused_in_words(gate: Gate, tmp_path: Path, case: str) -> None:
    make, rule = REFUSED[case]
    path = tmp_path / f"export.{'xlsx' if 'book' in case or 'sheet' in case or 'strings' in case else 'csv'}"
    make(path)
    before = gate.listing()
    report = gate.load(path)
    path.unlink()
    assert report.refused
    assert [(one.message.count("\n"), bool(one.fix)) for one in report.problems] == [(0, True)]
    assert rule in ("*", report.problems[0].rule), report.problems
    assert len(report.problems[0].message) < 500
    assert gate.listing() == before


@pytest.mark.parametrize("case", LOADS)
def test_odd_files_load_whole(gate: Gate, tmp_path: Path, case: str) -> None:
    path = tmp_path / "export.csv"
    LOADS[case](path)
    report = gate.load(path)
    assert not report.refused, report.problems
    assert report.rows_rejected == 0
    assert report.rows_loaded + report.rows_unchanged == report.rows_read
    assert len(gate.facts()) == (3 if report.rows_read == 1 else len(gate.facts()))
    assert not (tmp_path.parent / "escaped.xml").exists()
    assert not Path("/tmp/escaped.xml").exists()


def test_as_many_spellings_as_rows(gate: Gate, tmp_path: Path) -> None:
    marks = ["!", "?", ".", "-", " ", "/", "(", ")"]
    dice = random.Random(1)
    words = {"g" + "".join(dice.choices(marks, k=20)) for _ in range(20_000)}
    path = tmp_path / "export.csv"
    path.write_text("project_id,status_date,rag\n" + "".join(f"P{n},2026-01-05,{w}\n" for n, w in enumerate(words)))
    job = gate.run(path)
    assert job.state == "done"
    assert job.seconds < SECONDS / 2


def test_amounts_and_dates_that_take_long_to_match(gate: Gate, tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    evil = ["1" + " 000" * 50_000, "1" * 200_000, "(" * 100_000, "1." * 100_000, "'" * 100_000 + "1", "-" * 100_000]
    path.write_text("project_id,status_date,rag,budget,finish\n" + "".join(
        f"P{n},2026-01-05,green,{one},{one}\n" for n, one in enumerate(evil)
    ))  # fmt: skip
    report = gate.load(path)
    assert report.rows_rejected == len(evil)


def test_what_is_kept_of_a_hostile_file_is_what_was_in_it(gate: Gate, tmp_path: Path) -> None:
    """A text that is SQL, a path or markup is a text."""
    names = [
        "x'; drop table fact_status; --",
        "../../etc/passwd",
        "<script>alert(1)</script>",
        "${jndi:ldap://x}",
        "%s%n",
        "{0}",
    ]
    path = tmp_path / "'; drop table load; --.csv"
    path.write_text(HEADER + "".join(f'"{one}",2026-02-02,green,1,"{one}"\n' for one in names))
    assert gate.load(path).rows_loaded == len(names)
    kept = {name for name, _ in gate.facts()}
    assert kept >= set(names)


FORMULAS = ["=cmd|' /C calc'!A0", "+1+cmd", "-2+3+cmd", "@SUM(1)", "\t=1+1", "\r=1+1", '=HYPERLINK("http://x")']


def is_harmless(cell: object) -> bool:
    """Whether a spreadsheet takes a cell for text, whatever stands in it."""
    return not str(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_formulas_are_text_in_every_table_that_is_downloaded() -> None:
    frame = pd.DataFrame({"=name": FORMULAS, "plain": ["-5", "+3.5", "1", "-1,000", "a", "b", "c"]})
    rows = list(csv.reader(io.StringIO(as_csv(frame).decode("utf-8-sig"), newline="")))
    assert len(rows) == len(FORMULAS) + 1
    assert all(is_harmless(row[0]) for row in rows)
    assert [row[1] for row in rows[1:5]] == ["-5", "+3.5", "1", "-1,000"], "numbers stay numbers"
    page = openpyxl.load_workbook(io.BytesIO(as_excel(frame))).worksheets[0]
    assert {cell.data_type for row in page.iter_rows(max_col=1) for cell in row} == {"s"}
    listed = rejected_csv(["=id", "note"], [[one, one] for one in FORMULAS]).decode("utf-8-sig")
    assert all(is_harmless(cell) for row in csv.reader(io.StringIO(listed, newline="")) for cell in row)


def test_formulas_are_text_in_what_a_check_leaves_to_be_mended_from(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["project_id", "status_date", "rag", "=cmd|' /C calc'!A0"])
        writer.writerows([one, "2026-01-05", one, one] for one in FORMULAS)
    kept = tmp_path / "kept"
    kept.mkdir()
    load(Warehouse(tmp_path / "store"), Request([path], dry_run=True, keep=kept))
    left = [file for file in kept.iterdir() if file.suffix == ".csv"]
    assert left
    for file in left:
        with file.open(encoding="utf-8-sig", newline="") as said:
            assert all(is_harmless(cell) for row in csv.reader(said) for cell in row), file.name
    for file in kept.glob("*.xlsx"):
        page = openpyxl.load_workbook(file).worksheets[0]
        assert "f" not in {cell.data_type for row in page.iter_rows() for cell in row}, file.name


def test_templates_hold_no_formula() -> None:
    for form in contracts():
        rows = csv.reader(io.StringIO(template(form.export).decode("utf-8-sig"), newline=""))
        assert all(is_harmless(cell) for row in rows for cell in row), form.export
