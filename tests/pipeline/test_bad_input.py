"""Bad input: one clear message, an exit status, and a store that is as it was."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from filelock import FileLock

from pipelines.__main__ import main
from pipelines.warehouse import Warehouse

ROOT = Path(__file__).parents[2]
HEADER = "Project ID,As of,RAG,Budget\n"
GOOD = HEADER + "P-1,2026-01-05,green,100\nP-2,2026-01-05,red,200\n"

Attempt = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store in which one good file is loaded."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "good.csv").write_text(GOOD)
    assert main(["load", str(folder / "good.csv"), "--warehouse", str(folder / "store")]) == 0
    return folder


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file of a store with its size and time, but for locks."""
    files = [f for f in (folder / "store").rglob("*") if f.is_file() and f.name != "LOCK"]
    return {str(f.relative_to(folder)): (f.stat().st_size, f.stat().st_mtime_ns) for f in files}


@pytest.fixture
def attempt(folder: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Attempt]:
    """Load files, and see to it that the store stays as it was: exit status, and what was said."""
    before = listing(folder)
    assert before

    def load(*arguments: object) -> tuple[int, str]:
        capsys.readouterr()
        status = main(["load", *map(str, arguments), "--warehouse", str(folder / "store")])
        shown = capsys.readouterr()
        assert "Traceback" not in shown.out + shown.err
        return status, shown.out + shown.err

    yield load
    assert listing(folder) == before
    assert Warehouse(folder / "store").publication() == 1


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"", 2, "export.csv is empty."),
        (b"\xef\xbb\xbf\r\n\r\n", 2, "export.csv is empty."),
        (HEADER, 1, "The file has a header and no rows."),
        (bytes(range(256)) * 40, 2, "export.csv looks like binary data, not a table."),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), 2, "export.csv looks like a PNG picture"),
        ("As of,RAG,Budget\n2026-01-05,green,5\n", 1, "the status export needs project id"),
        ("Invoice,Supplier\n1,2\n", 1, "no export fits the headers Invoice, Supplier"),
        ("Project ID,RAG,Budget\nP-1,green,5\n", 1, "the status export needs status date"),
        (HEADER + "P-1,01/02/2026,green,5\n", 1, "can't tell day from month in As of: 01/02/2026"),
        ("Project ID;As of;Budget\nP-1;2026-01-05;1.234\n", 1, "can't tell the decimal sign of Budget: 1.234"),
        (HEADER + "P-1,2026-01-05,green,£5\nP-2,2026-01-05,green,€5\n", 1, "Budget mixes the currencies EUR, GBP"),
        (HEADER + "P-1,2026-02-01,green,5\nP-1,2026-02-01,red,5\n", 1, "more than one row has this project id and"),
        (HEADER + 'P-1,2026-02-01,"green,5\nP-2,2026-02-01,red,5\n', 2, "line 2: a quote opens here and swallows"),
        (HEADER + "P-1,2199-01-01,green,5\n", 1, "the status date lies in the future"),
        (HEADER + "TBC,2026-02-01,green,5\n", 1, "project id is empty"),
        (HEADER + "P-1,2026-02-01,Purple,5\n", 1, "reported health has a value that is not known"),
        (HEADER + "P-1,2026-02-01,green\n", 1, "The row has 3 cells, the header 4."),
    ],
)
def test_files_that_cannot_be_loaded(
    attempt: Attempt, tmp_path: Path, content: bytes | str, status: int, said: str
) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    left, shown = attempt(path)
    assert left == status
    assert shown.count("Error: ") == 1
    assert said in shown
    assert shown.splitlines()[-1].startswith("Nothing was published.")


def test_a_file_that_is_not_there(attempt: Attempt, tmp_path: Path) -> None:
    assert attempt(tmp_path / "nope.csv")[0] == 2
    assert "nope.csv: there is no such file." in attempt(tmp_path / "nope.csv")[1]


def test_a_folder(attempt: Attempt, tmp_path: Path) -> None:
    status, shown = attempt(tmp_path)
    assert (status, "is not a file." in shown) == (2, True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read(attempt: Attempt, tmp_path: Path) -> None:
    path = tmp_path / "secret.csv"
    path.write_text(GOOD)
    path.chmod(0)
    status, shown = attempt(path)
    assert (status, "may not be read" in shown) == (2, True)


def bomb(path: Path, gigabytes: int) -> None:
    """A workbook of some megabytes whose one sheet unpacks to this many gigabytes."""
    openpyxl.Workbook().save(path)
    row = b'<row r="1"><c r="A1" t="inlineStr"><is><t>Project ID</t></is></c></row>'
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for name, content in parts.items():
            if name == "xl/worksheets/sheet1.xml":
                with book.open(name, "w", force_zip64=True) as sheet:
                    sheet.write(b"<worksheet><sheetData>" + row)
                    block = b" " * (1 << 24)
                    for _ in range(gigabytes << 6):
                        sheet.write(block)
                    sheet.write(b"</sheetData></worksheet>")
            else:
                book.writestr(name, content)


def test_a_workbook_that_unzips_to_5_gb(attempt: Attempt, tmp_path: Path) -> None:
    bomb(tmp_path / "bomb.xlsx", 5)
    assert (tmp_path / "bomb.xlsx").stat().st_size < 50_000_000
    memory, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    status, shown = attempt(tmp_path / "bomb.xlsx")
    assert (status, "too_large" in shown) == (2, True)
    assert time.monotonic() - started < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 400_000  # kB


def test_one_bad_file_of_several_stops_all_and_every_problem_is_shown(attempt: Attempt, tmp_path: Path) -> None:
    files = {
        "fine.csv": GOOD.replace("01-05", "02-05"),
        "empty.csv": "",
        "bad.csv": HEADER + "P-1,soon,Purple,-5\n",
        "strange.csv": "a,b\n1,2\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    status, shown = attempt(*(tmp_path / name for name in files))
    assert status == 2
    for rule in ("empty_file", "status_date_readable", "reported_health_allowed", "budget_in_range", "unknown_export"):
        assert f"({rule}" in shown


def test_an_unusable_file_is_not_quarantined(attempt: Attempt, tmp_path: Path) -> None:
    (tmp_path / "strange.csv").write_text("a,b\n1,2\n")
    (tmp_path / "fine.csv").write_text(GOOD.replace("01-05", "02-05"))
    assert attempt(tmp_path / "fine.csv", tmp_path / "strange.csv", "--quarantine")[0] == 1


def test_a_file_without_one_good_row_publishes_nothing(attempt: Attempt, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text(HEADER + "P-1,soon,green,5\n")
    assert attempt(tmp_path / "bad.csv", "--quarantine")[0] == 1


def test_an_unknown_goal_against_goals_that_are_loaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "goals.csv").write_text("Goal ID,Goal Name\nG-1,Faster\n")
    (tmp_path / "status.csv").write_text("Project ID,As of,RAG,Goal\nP-1,2026-01-05,green,G-9\n")
    store = ["--warehouse", str(tmp_path / "store")]
    assert main(["load", str(tmp_path / "goals.csv"), *store]) == 0
    before = listing(tmp_path)
    assert main(["load", str(tmp_path / "status.csv"), *store]) == 1
    assert "no such entry in goals" in capsys.readouterr().out
    assert listing(tmp_path) == before


def test_a_store_that_another_holds(attempt: Attempt, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIGHTWORK_LOCK_TIMEOUT", "1")
    with FileLock(folder / "store" / "facts" / "LOCK"):
        status, shown = attempt(folder / "good.csv")
    assert status == 2
    assert "is being written: waited 1 s for the other writer." in shown
    assert len(shown.splitlines()) == 2


def test_a_full_disk(folder: Path) -> None:
    before = listing(folder)
    rows = "".join(f"P-{n},2026-02-01,green,{n}\n" for n in range(60_000))
    (folder / "large.csv").write_text(HEADER + rows)
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4 << 20, 4 << 20));"
        "from pipelines.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "load", str(folder / "large.csv"), "--warehouse", str(folder / "store")]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stderr.startswith("Error: No room to write")
    assert len(ran.stderr.splitlines()) == 2
    assert listing(folder) == before


def test_json_of_what_cannot_be_loaded(attempt: Attempt, tmp_path: Path) -> None:
    (tmp_path / "strange.csv").write_text("a,b\n1,2\n")
    status, shown = attempt(tmp_path / "strange.csv", "--json")
    (one,) = json.loads(shown)["files"]
    assert (status, one["export"], one["rows_read"], one["rows_loaded"]) == (1, None, 1, 0)
    assert [(p["rule"], p["row"], p["column"]) for p in one["problems"]] == [("unknown_export", 1, None)]
