"""No bytes lead to a traceback, a hang or a half load: whatever comes in is told in words, or goes in whole."""

from __future__ import annotations

import csv
import io
import os
import random
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from faults import STYLES, TODAY, all_exports, sheet, values
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from pipelines import check
from pipelines.contract import contracts
from pipelines.load import load
from pipelines.report import FileReport, LoadReport, Request
from pipelines.warehouse import Warehouse
from tests.prove import keep

pytestmark = pytest.mark.usefixtures("by_sql")

INPUTS = int(os.environ.get("RIGHTWORK_FUZZ", "100000"))
BATCH = 40  # files of one command: the store is copied once for all of them
LOADED = 3  # of the first of every so many turns one file is loaded, not only checked
EXPECTED = 25  # every so many batches are judged by Great Expectations too, the others by SQL alone
SLOW = 5.0  # seconds of work: a file of some kilobytes that takes them hangs

# --- what comes in ---

WORDS = st.sampled_from(
    [
        *(
            "P-1",
            "P-2",
            "G-1",
            "PRG-01",
            "green",
            "Red",
            "active",
            "yes",
            "n/a",
            "TBC",
            "Total",
            "",
            " ",
            "0",
            "1",
            "-1",
        ),
        *("2026-11-13", "13/11/2026", "11/13/2026", "01.02.2026", "13 Nov 2026", "31/02/2026", "46000", "soon", "0.5"),
        *("1,234.50", "1.234,50", "1.234", "1,234", "£5", "5 €", "(5)", "50%", "1e400", "9" * 70, "NaN", "inf", "-"),
        *(
            "=1+1",
            "'P-1",
            '"',
            '""',
            "'",
            "a\nb",
            "a,b",
            "a;b",
            "\t",
            "\x07",
            "\u200b",
            "\ufffd",
            "\u202e",
            "🟢",
            "#REF!",
        ),
        *("x" * 600, "'; drop table typed; --", "$1 $x {}", "%s", "\\", "c0", "source_row", "NULL", "--", "/*"),
    ]
)
CELLS = st.one_of(WORDS, st.text(max_size=12), st.dates().map(str), st.floats().map(str), st.integers().map(str))
HEADERS = st.sampled_from(
    [
        *(text for form in contracts() for column in form.columns.values() for text in (column.name, *column.aliases)),
        *("Project ID", "PROJECT_ID", "project id*", "Budget (€k)", "Cost [USD]", "Other", "", " ", "select", "c1"),
        *(
            "Date Reported As Of",
            "PID",
            "colour_rating",
            "wlc_baseline_incl_NCG",
            "Business Case ID",
            "Sprint",
            "sep=;",
        ),
    ]
)


@st.composite
def soup(draw: st.DrawFn) -> bytes:
    """What CSV files are made of, in no order, under a header or none."""
    pieces = st.sampled_from(
        [*',,,;\t|"""\n\n\r \0\ufeffaé1=', "\r\n", '""', '"\n', ',"', "P-1,", "2026-11-13,", "green\n"]
    )
    above = draw(
        st.sampled_from(["", "sep=;\n", "Project ID,As of,RAG\n", "goal_id;goal_name\n", '"Project ID","RAG"\n'])
    )
    return (above + "".join(draw(st.lists(pieces, max_size=60)))).encode()


@st.composite
def structured(draw: st.DrawFn) -> bytes:
    """A table of headers that contracts know, or nearly, and of cells that they might expect, or not."""
    form = draw(st.sampled_from(contracts()))
    names = draw(st.lists(st.one_of(st.sampled_from(list(form.columns)), HEADERS), min_size=1, max_size=9))
    rows = draw(st.lists(st.lists(CELLS, min_size=max(1, len(names) - 1), max_size=len(names) + 1), max_size=8))
    return written(draw, [*names] if draw(st.booleans()) else [*form.required, *names], rows)


@st.composite
def typed(draw: st.DrawFn) -> bytes:
    """A table by a contract, each cell of its column's type in one of many forms, now and then of another."""
    form = draw(st.sampled_from(contracts()))
    names = [*form.required, *draw(st.lists(st.sampled_from(list(form.columns)), max_size=6))]
    forms = {
        "date": [
            "2026-11-13",
            "13/11/2026",
            "13.11.26",
            "13-Nov-2026",
            "November 13, 2026",
            "20261113",
            "2026-11-13T01:02Z",
        ],
        "money": ["1", "1.5", "1,234.50", "1.234,50", "1 234,5", "$5", "5 EUR", "(5)", "5-", "1.2m", "1e5"],
        "percent": ["5", "50%", "0.5", "100", "1"],
        "yes_no": ["yes", "No", "TRUE", "0", "x"],
    }
    kinds = [
        forms.get(form.columns[name].type) or [*form.columns[name].values] or ["P-1", "G-1", "Name"] for name in names
    ]
    cell = [
        st.one_of(st.sampled_from(kind), CELLS) if n % 3 == 0 else st.sampled_from(kind) for n, kind in enumerate(kinds)
    ]
    rows = draw(st.lists(st.tuples(*cell).map(list), max_size=8))
    return written(draw, names, rows)


def written(draw: st.DrawFn, names: list[str], rows: list[list[str]]) -> bytes:
    """A table as bytes, with any delimiter, line end and encoding, and with text above or below it."""
    out = io.StringIO()
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    end, delimiter = draw(st.sampled_from(["\n", "\r\n", "\r"])), draw(st.sampled_from([*",,,;\t|:^~"]))
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting)
    for row in [names, *rows]:
        writer.writerow(row)
    above = draw(st.sampled_from(["", "", "", "sep=,\n", "Report of the week\n\n", "\n\n", "#,,,\n"]))
    below = draw(st.sampled_from(["", "", "", "\n\n\n", "Total,,5\n", "Exported on 2026-11-13\n", '"', "\x1a", "\0"]))
    codec = draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "utf-7"]))
    return (above + out.getvalue() + below).encode(codec, "replace")


def right_files() -> list[bytes]:
    """Exports that are right, in every style, as bytes to be damaged."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for export in all_exports():
            rows = values(export, random.Random(7))[:8]
            for style in STYLES:
                found.append(sheet(export, style, random.Random(1), rows).write(Path(folder)).read_bytes())
    return found


RIGHT = right_files()
BOOKS = [content for content in RIGHT if content.startswith(b"PK")]
TEXTS = [content for content in RIGHT if not content.startswith(b"PK")]
PIECES = st.one_of(
    st.binary(max_size=6),
    st.sampled_from([b'"', b",", b";", b"\n", b"\r", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\x1a", b"\t", b"\xe9"]),
)


@st.composite
def damaged(draw: st.DrawFn, whole: list[bytes]) -> bytes:
    """An export that was right, with pieces of it cut out, doubled or written over."""
    content = bytearray(draw(st.sampled_from(whole)))
    for _ in range(draw(st.integers(1, 5))):
        if not content:
            break
        at = draw(st.integers(0, len(content) - 1))
        length = draw(st.sampled_from([1, 1, 1, 2, 8, 100, 2000]))
        match draw(st.sampled_from("cdwii")):
            case "c":
                del content[at : at + length]
            case "d":
                content[at:at] = content[at : at + length]
            case "w":
                piece = draw(PIECES)
                content[at : at + len(piece)] = piece
            case _:
                content[at:at] = draw(PIECES)
    return bytes(content)


CHANGES = st.sampled_from(["damage", "damage", "leave out", "move", "empty"])


@st.composite
def rebuilt_book(draw: st.DrawFn) -> bytes:
    """A workbook whose archive is whole, and one part of it damaged, renamed or left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(draw(st.sampled_from(BOOKS)))) as book:
        names = book.namelist()
        chosen = draw(st.sampled_from(names))
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
            for name in names:
                content, place = book.read(name), name
                what = draw(CHANGES) if name == chosen else ""
                if what == "leave out":
                    continue
                if what == "damage" and content:
                    content = draw(damaged([content]))
                elif what == "move":
                    place = draw(st.sampled_from(["../../up.xml", "/xl/other.xml", "xl/workbook.xml/x"]))
                made.writestr(place, b"" if what == "empty" else content)
    return out.getvalue()


@st.composite
def book_of_cells(draw: st.DrawFn) -> bytes:
    """A workbook of any cells under headers that a contract knows."""
    form = draw(st.sampled_from(contracts()))
    names = [*form.required, *draw(st.lists(st.one_of(st.sampled_from(list(form.columns)), HEADERS), max_size=4))]
    cell = st.one_of(
        WORDS, st.dates(), st.datetimes(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.times()
    )
    rows = draw(st.lists(st.lists(cell, min_size=1, max_size=len(names) + 1), max_size=4))
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.append(names)
    for row in rows:
        page.append([openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", v) if isinstance(v, str) else v for v in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


KINDS: dict[str, tuple[st.SearchStrategy[bytes], int]] = {
    "random bytes": (st.binary(max_size=400), 30),
    "text of delimiters, quotes and line ends": (soup(), 26),
    "tables of any cells": (structured(), 10),
    "tables by a contract": (typed(), 12),
    "damaged CSV files": (damaged(TEXTS), 6),
    "damaged workbooks": (damaged(BOOKS), 8),
    "workbooks with a damaged part": (rebuilt_book(), 4),
    "workbooks of any cells": (book_of_cells(), 4),
}


# --- what may come of it ---


class Gate:
    """A warehouse with a valid load of every export; files are checked against it, and now and then loaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "warehouse"
        self.warehouse = Warehouse(self.store)
        self.files = folder / "files"
        self.files.mkdir()
        rows = {export: values(export, random.Random(7)) for export in all_exports()}
        for export in all_exports():
            sheet(export, STYLES[0], random.Random(7), rows[export]).write(folder)
        report = load(self.warehouse, Request([folder / f"{export}.csv" for export in all_exports()]), today=TODAY)
        assert report.published
        self.facts = self.counts()
        self.ends = Counter[str]()
        self.slowest = dict.fromkeys(KINDS, 0.0)
        self.longest = dict.fromkeys(KINDS, 0.0)

    def counts(self) -> dict[str, int]:
        """How many rows of each export are in the store."""
        with self.warehouse.reading() as reading:
            con = reading.cursor()
            return {export: con.sql(f"select count(*) from fact_{export}").fetchall()[0][0] for export in all_exports()}

    def listing(self) -> dict[str, tuple[int, int]]:
        """Every file beside and in the store, but for locks: what a dry run leaves as it is."""
        files = [file for file in self.store.rglob("*") if file.is_file() and file.name != "LOCK"]
        return {str(file.relative_to(self.store)): (file.stat().st_size, file.stat().st_mtime_ns) for file in files}

    def put(self, contents: list[bytes]) -> list[Path]:
        """Write the files, under names that say nothing of what they are."""
        paths = [self.files / f"{n}.csv" for n in range(len(contents))]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        return paths

    def try_all(self, contents: list[bytes]) -> list[float]:
        """Check files, and see to it that each is told in words and that nothing is changed; the seconds of each."""
        before, paths = self.listing(), self.put(contents)
        clock = Clock()
        report = load(self.warehouse, Request(paths, dry_run=True), today=TODAY, progress=clock.tell)
        took = clock.ended()
        assert self.listing() == before, "a dry run changed the store"
        self.judge(report, paths)
        return [took[path.name] for path in paths]

    def find_slowest(self, kind: str, batch: list[bytes], took: list[float]) -> None:
        """Check the slowest input of a batch alone, where none of its kind took longer so far, and keep it."""
        seconds, content = max(zip(took, batch, strict=True))
        if seconds <= self.longest[kind]:
            return
        self.longest[kind] = seconds  # in a batch, where what the store needs may be counted in
        (alone,) = self.try_all([content])
        if alone > self.slowest[kind]:
            self.slowest[kind] = alone
            kept = Path(tempfile.gettempdir(), f"slowest-{self.folder.name}-{kind.replace(' ', '-')}.csv")
            kept.write_bytes(content)
            assert alone < SLOW, f"it hangs: {kept}"

    def judge(self, report: LoadReport, paths: list[Path]) -> None:
        """Each file, or what is packed in it, has a report; whatever is wrong is said, with a fix."""
        told = [one.path for one in report.files if one.path]
        assert {*paths} <= {*told, *(above for path in told for above in path.parents)}
        for one in report.files:
            self.ends[how_it_ended(one)] += 1
            for problem in one.problems:
                assert problem.rule
                assert problem.message
                assert problem.fix, problem

    def load_one(self, content: bytes) -> bool:
        """Load a file with its good rows; whatever comes of it, the store holds all of them or none. If it did."""
        before, listing, version = self.counts(), self.listing(), self.warehouse.publication()
        (path,) = self.put([content])
        report = load(self.warehouse, Request([path], quarantine=True), today=TODAY)
        after = self.counts()
        if not report.published:
            assert self.listing() == listing
            return False
        assert (report.published, self.warehouse.publication()) == (version + 1, version + 1)
        for export in all_exports():
            added = sum(one.rows_loaded for one in report.files if one.export == export and one.load_id)
            assert after[export] == before[export] + added, export
        return True


class Clock:
    """The seconds of work of this process for each file of a command, whatever else the machine has to do."""

    def __init__(self) -> None:
        self.took = Counter[str]()
        self.file = ""
        self.last = time.process_time()

    def tell(self, words: str, share: float) -> None:
        """What a load calls with its progress."""
        now = time.process_time()
        self.took[self.file] += now - self.last
        self.last = now
        # What is packed in a file counts for it.
        self.file = words.partition(" ")[2].partition("/")[0] if words.startswith(("Reading", "Checking")) else ""

    def ended(self) -> Counter[str]:
        """The seconds by the names of the files."""
        self.tell("", 1)
        return self.took


def how_it_ended(report: FileReport) -> str:
    """What became of a file, in words for the table."""
    if report.unreadable:
        return "no table: refused"
    if report.refused:
        return "a table, but not understood: refused or asked"
    if report.rows_rejected:
        return "some rows rejected"
    return "every row good" if report.rows_read else "nothing to load"


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return Gate(tmp_path_factory.mktemp("fuzz"))


QUIET = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}


@pytest.mark.parametrize("kind", KINDS)
def test_any_input_is_told_in_words(gate: Gate, kind: str) -> None:
    strategy, share = KINDS[kind]

    @settings(max_examples=share if share > 10 else 2 * share, **QUIET)
    @given(content=strategy)
    def told(content: bytes) -> None:
        gate.try_all([content])

    told()


def test_any_table_is_loaded_whole_or_not_at_all(gate: Gate) -> None:
    @settings(max_examples=8, phases=[Phase.generate], **QUIET)
    @given(content=st.one_of(typed(), damaged(TEXTS)))
    def whole(content: bytes) -> None:
        gate.load_one(content)

    whole()


def examples(strategy: st.SearchStrategy[bytes], count: int, number: int) -> Iterator[list[bytes]]:
    """So many inputs, in batches; the same for the same number."""
    batch: list[bytes] = []
    batches: list[list[bytes]] = []

    @seed(number)
    @settings(max_examples=count, phases=[Phase.generate], **QUIET)
    @given(content=strategy)
    def gather(content: bytes) -> None:
        batch.append(content)
        if len(batch) == BATCH:
            batches.append([*batch])
            batch.clear()

    gather()
    yield from batches
    if batch:
        yield batch


def alone(batch: list[bytes], attempt: Callable[[list[bytes]], list[float]]) -> list[float]:
    """Try a batch; where it fails, keep the input that does it alone, and fail with it."""
    try:
        return attempt(batch)
    except (Exception, AssertionError) as together:
        for content in batch:
            try:
                attempt([content])
            except (Exception, AssertionError) as error:
                kept = Path(tempfile.gettempdir()) / f"input-{abs(hash(content)):x}.csv"
                kept.write_bytes(content)
                raise AssertionError(f"{kept}: {content[:500]!r}") from error
        raise AssertionError("these files fail together only") from together


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of some rows needs no second thread, and the other half of the inputs has the other processor."""
    connect = duckdb.connect

    def narrow(*place: Any, **options: Any) -> duckdb.DuckDBPyConnection:
        con = connect(*place, **options)
        con.execute("set threads = 1")
        return con

    monkeypatch.setattr(duckdb, "connect", narrow)


@pytest.mark.prove
@pytest.mark.parametrize("half", [1, 2])
def test_many_inputs_are_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_thread: None, half: int
) -> None:
    check.warm_up()
    gate = Gate(tmp_path)
    started, worked = time.monotonic(), time.process_time()
    loaded = published = expected = batches = 0
    counted = Counter[str]()
    number = half * 1_000_000
    # By turns, so that a run that is stopped has tried all kinds alike.
    while counted.total() < INPUTS // 2:
        for kind, (strategy, share) in KINDS.items():
            number += 1
            for turn, batch in enumerate(examples(strategy, 10 * share, number)):
                batches += 1
                whole = batches % EXPECTED == 0
                monkeypatch.setattr(check, "FRAME_LIMIT", 100_000 if whole else 0)
                took = alone(batch, gate.try_all)
                monkeypatch.setattr(check, "FRAME_LIMIT", 0)
                expected += len(batch) if whole else 0
                if not whole:
                    gate.find_slowest(kind, batch, took)
                counted[kind] += len(batch)
                if turn == 0 and number % LOADED == 0:
                    loaded += 1
                    published += gate.load_one(random.Random(number).choice(batch))
        total, work = counted.total(), time.process_time() - worked
        lines = [f"{'Kind of input':48}{'inputs':>10}{'slowest alone':>18}"]
        lines += [f"{kind:48}{count:>10,}{gate.slowest[kind]:>16.2f} s" for kind, count in counted.items()]
        lines += ["", *(f"{end:48}{count:>10,}" for end, count in gate.ends.most_common())]
        lines.append("")
        lines.append(f"{total:,} of {INPUTS // 2:,} inputs: no traceback, no hang, no store changed by a check.")
        lines.append(f"{expected:,} of them: judged by Great Expectations too, which agreed; the others by SQL alone.")
        lines.append(f"{loaded:,} of them: loaded too; {published:,} published whole, the others left nothing behind.")
        lines.append(f"{work:,.0f} s of work, {1000 * work / total:.0f} ms an input.")
        lines.append(f"{time.monotonic() - started:,.0f} s by the clock, with whatever else the machine had to do.")
        keep(f"Random input, half {half} of 2", "\n".join(lines))
