"""The inbox folder: what is put there is loaded once, what cannot be waits with its report, and nothing gets lost."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import psutil
import pytest

from pipelines import watch as watching
from pipelines import worker
from pipelines.__main__ import main
from pipelines.history import history
from pipelines.jobs import Worker
from pipelines.load import load
from pipelines.problems import UsageError
from pipelines.publications import withdraw
from pipelines.report import Request
from pipelines.warehouse import Warehouse
from pipelines.watch import default_folder, watch

ROOT = Path(__file__).parents[2]
PATIENCE = 300  # seconds that anything here may take on a busy machine
HEADER = "project_id,status_date,reported_health\n"
EVERY = 0.1


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """A worker and its warehouse for all of the module, since each takes seconds to warm up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RIGHTWORK_LOCK_TIMEOUT", "0.5")
        tasks = {**worker.TASKS, "deliver": "tests.pipeline.worker_tasks:hindered"}
        one = Worker(tmp_path_factory.mktemp("watch") / "store", tasks=tasks)
        one.start()
        yield one
        one.close()


class Box:
    """An inbox, and what a test does with it."""

    def __init__(self, folder: Path, shared: Worker) -> None:
        self.folder = folder
        self.worker = shared
        self.warehouse = Warehouse(shared.folder)
        self.said: list[str] = []
        folder.mkdir(parents=True)

    def put(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def look(self, **asked: Any) -> int:
        """Load what lies there."""
        options = {"every": EVERY, "once": True, "tell": self.said.append, "worker": self.worker, **asked}
        return watch(self.warehouse, self.folder, **options)

    def files(self, place: str = "") -> list[str]:
        """What lies in the inbox or a folder of it, but for what the watcher keeps hidden."""
        found = [file.relative_to(self.folder / place) for file in (self.folder / place).rglob("*") if file.is_file()]
        return sorted(str(file) for file in found if not any(part.startswith(".") for part in file.parts))

    def loads(self, name: str) -> list[dict[str, Any]]:
        """The loads of a file of this name."""
        if not self.warehouse.publication():
            return []
        with self.warehouse.reading() as reading:
            return [one for one in history(reading.cursor(), reading.publication) if one["file_name"] == name]


@pytest.fixture
def box(tmp_path: Path, shared: Worker) -> Box:
    return Box(tmp_path / "inbox", shared)


def status(*projects: str, health: str = "green") -> str:
    return HEADER + "".join(f"{project},2026-11-06,{health}\n" for project in projects)


def bad(*projects: str) -> str:
    return status(*projects) + "X,no date,green\n"


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_files_that_lie_there_become_one_publication(box: Box) -> None:
    box.put("status.csv", status("A1", "A2"))
    box.put("programs.csv", "program_id,program_name\nAP,Program A\n")
    book = openpyxl.Workbook()
    book.active.append(["goal_id", "goal_name"])
    book.active.append(["AG", "Goal A"])
    book.save(box.folder / "goals.xlsx")
    before = box.warehouse.publication()
    assert box.look() == 0
    after = box.warehouse.publication()
    assert after == before + 1
    expected = ["goals.xlsx", "programs.csv", "report.json", "report.txt", "status.csv"]
    assert box.files() == [f"done/{after}/{name}" for name in expected]
    report = json.loads((box.folder / "done" / str(after) / "report.json").read_text("utf-8"))
    assert report["published"] == after
    assert [file["file"] for file in report["files"]] == ["goals.xlsx", "programs.csv", "status.csv"]
    assert f"status.csv: published as publication {after}; rows 2 read, 2 new" in "\n".join(box.said)


def test_the_same_again_changes_nothing_and_is_put_with_what_brought_it(box: Box) -> None:
    for _ in range(2):
        box.put("same.csv", status("B1"))
        box.look()
    (one,) = box.loads("same.csv")
    assert box.warehouse.publication() == one["publication"]
    assert {"same.csv", "same (2).csv"} <= set(box.files(f"done/{one['publication']}"))


def test_a_bad_file_waits_with_its_report_and_stops_no_other(box: Box) -> None:
    box.put("good.csv", status("C1"))
    box.put("bad.csv", bad("C2"))
    box.put("picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0")
    assert box.look() == 1
    assert len(box.loads("good.csv")) == 1
    assert box.loads("bad.csv") == []
    assert box.files("waiting") == [
        *("bad.csv", "bad.csv.report.json", "bad.csv.report.txt"),
        *("picture.csv", "picture.csv.report.json", "picture.csv.report.txt"),
    ]
    report = json.loads((box.folder / "waiting" / "bad.csv.report.json").read_text("utf-8"))
    (file,) = report["files"]
    (problem,) = file["problems"]
    assert (report["published"], problem["row"], problem["value"]) == (None, 3, "no date")
    text = (box.folder / "waiting" / "bad.csv.report.txt").read_text("utf-8")
    assert text.startswith("bad.csv was not loaded")
    assert "row 3, status_date: 'no date'" in text
    assert "PNG picture" in (box.folder / "waiting" / "picture.csv.report.txt").read_text("utf-8")
    assert "good.csv" not in text

    # As it is it is not tried again.
    written = (box.folder / "waiting" / "bad.csv.report.json").stat().st_mtime_ns
    assert box.look() == 0
    assert (box.folder / "waiting" / "bad.csv.report.json").stat().st_mtime_ns == written

    # One that is still bad takes its place.
    box.put("bad.csv", bad("C2", "C3"))
    assert box.look() == 1
    assert (box.folder / "waiting" / "bad.csv").read_text() == bad("C2", "C3")
    assert (box.folder / "replaced" / "bad.csv").read_text() == bad("C2")
    assert "row 4" in (box.folder / "waiting" / "bad.csv.report.txt").read_text("utf-8")


def test_a_mended_file_is_loaded_where_ever_it_is_put(box: Box) -> None:
    places = {"mended.csv": "", "mended there.csv": "waiting/"}
    for name in places:
        box.put(name, bad(f"E {name}"))
    assert box.look() == 1
    for name, place in places.items():
        box.put(place + name, status(f"E {name}", f"E too {name}"))
    assert box.look() == 0
    for name in places:
        (one,) = box.loads(name)
        assert one["rows_read"] == 2
        assert name in box.files(f"done/{one['publication']}")
    assert box.files("waiting") == []
    assert box.files("replaced") == ["mended.csv"]


def test_good_rows_are_published_where_that_is_asked_for(box: Box) -> None:
    box.put("part.csv", bad("G1"))
    assert box.look(quarantine=True) == 0
    (one,) = box.loads("part.csv")
    assert (one["rows_new"], one["rows_rejected"]) == (1, 1)


def test_a_folder_is_loaded_whole_or_not_at_all(box: Box) -> None:
    box.put("week 45/good.csv", status("H1"))
    box.put("week 45/more/bad.csv", bad("H2"))
    box.put("week 46/fine.csv", status("H3"))
    assert box.look() == 1
    assert box.loads("week 45/good.csv") == []
    assert len(box.loads("week 46/fine.csv")) == 1
    assert box.files("waiting") == [
        *("week 45.report.json", "week 45.report.txt", "week 45/good.csv", "week 45/more/bad.csv")
    ]
    box.put("waiting/week 45/more/bad.csv", status("H2"))
    assert box.look() == 0
    loads = box.loads("week 45/good.csv") + box.loads("week 45/more/bad.csv")
    assert len({one["publication"] for one in loads}) == 1
    assert box.files("waiting") == []
    assert not (box.folder / "week 45").exists()


def archive(box: Box, name: str, **files: str) -> Path:
    """A zip archive in the inbox; each file's name is given without its ending."""
    with zipfile.ZipFile(box.folder / name, "w") as out:
        for stem, text in files.items():
            out.writestr(f"{stem}.csv", text)
    return box.folder / name


def test_an_archive_is_loaded_whole_or_not_at_all(box: Box) -> None:
    archive(box, "good.zip", one=status("H4"), two=status("H5"))
    archive(box, "bad.zip", fine=status("H6"), bad=bad("H7"))
    assert box.look() == 1
    loads = box.loads("good.zip/one.csv") + box.loads("good.zip/two.csv")
    assert len(loads) == 2
    assert {"good.zip"} < set(box.files(f"done/{loads[0]['publication']}"))
    assert box.loads("bad.zip/fine.csv") == []
    assert box.files("waiting") == ["bad.zip", "bad.zip.report.json", "bad.zip.report.txt"]
    assert "bad.zip/bad.csv" in (box.folder / "waiting" / "bad.zip.report.txt").read_text("utf-8")


def test_an_archive_that_was_published_before_a_kill_is_not_loaded_again(box: Box) -> None:
    before = box.warehouse.publication()
    path = archive(box, "killed.zip", one=status("H8"))
    report = load(box.warehouse, Request([path]))
    withdraw(box.warehouse, report.files[0].load_id or 0, "somebody undid it meanwhile")
    taken(box, before, "killed.zip", "")
    path.rename(box.folder / ".taken" / f"{before}-0123abcd" / "killed.zip")
    assert box.look() == 0
    assert [one["in_force"] for one in box.loads("killed.zip/one.csv")] == [False]
    assert "killed.zip" in box.files(f"done/{report.published}")


def test_files_are_taken_once_they_stop_growing(box: Box) -> None:
    box.put("ready.csv", status("I1"))
    growing = box.put("growing.csv", HEADER)
    stop = threading.Event()
    asked = {"once": False, "stop": stop, "every": 1.0}  # so long that a busy machine does not make it look finished
    thread = threading.Thread(target=box.look, kwargs=asked)
    thread.start()
    for number in range(25):
        with growing.open("a") as file:
            file.write(f"I{number + 2},2026-11-06,green\n")
        time.sleep(0.1)
        assert not (box.folder / "done").exists() or box.files("done") == []
    until(lambda: not growing.exists() and box.loads("growing.csv"))
    stop.set()
    thread.join()
    (one,), (other,) = box.loads("growing.csv"), box.loads("ready.csv")
    assert (one["rows_read"], one["publication"]) == (25, other["publication"])


@pytest.mark.parametrize(
    "name", ["a.csv.part", "a.csv.tmp", "a.CRDOWNLOAD", ".a.csv", "~$a.xlsx", "a.csv~", "Thumbs.db"]
)
def test_what_is_not_there_yet_or_not_meant_is_left(box: Box, name: str) -> None:
    path = box.put(name, status("J1"))
    assert box.look() == 0
    assert path.exists()


def test_a_folder_with_an_unfinished_file_waits_for_it(box: Box) -> None:
    box.put("week/a.csv", status("J2"))
    part = box.put("week/b.csv.part", status("J3"))
    box.look()
    assert box.files() == ["week/a.csv", "week/b.csv.part"]
    assert any("b.csv.part: not finished yet" in line for line in box.said)
    part.rename(part.with_suffix(""))
    box.look()
    assert box.loads("week/a.csv")[0]["publication"] == box.loads("week/b.csv")[0]["publication"]


def test_links_are_not_followed(box: Box, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_text(status("K1"))
    box.folder.joinpath("link.csv").symlink_to(outside / "secret.csv")
    box.folder.joinpath("folder").symlink_to(outside)
    box.put("week/fine.csv", status("K2"))
    box.folder.joinpath("week", "inner.csv").symlink_to(outside / "secret.csv")
    box.folder.joinpath("week", "deep").symlink_to(outside)
    os.mkfifo(box.folder / "pipe.csv")
    assert box.look() == 0
    assert (outside / "secret.csv").read_text() == status("K1")
    names = ("secret.csv", "link.csv", "week/inner.csv", "week/fine.csv")
    assert [len(box.loads(name)) for name in names] == [0, 0, 0, 1]
    assert (box.folder / "link.csv").is_symlink()
    assert sum("a link, which is not followed" in line for line in box.said) == 2


def test_a_report_is_never_written_through_a_link(box: Box, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("kept")
    box.put("bad.csv", bad("L1"))
    (box.folder / "waiting").mkdir()
    for ending in (".report.txt", ".report.json"):
        (box.folder / "waiting" / f"bad.csv{ending}").symlink_to(target)
    assert box.look() == 1
    assert target.read_text() == "kept"
    assert not (box.folder / "waiting" / "bad.csv.report.txt").is_symlink()


NAMES = [
    "..csv",
    "a\nb.csv",
    "a\x1b[31m.csv",
    "' or 1=1; drop table load;--.csv",
    "![x](http:x).csv",
    "<b>x.csv",
    "*?[].csv",
    "=cmd.csv",
    "-rf.csv",
    "x" * 251 + ".csv",
    "漢" * 83 + ".csv",
    os.fsdecode(b"caf\xe9\xff.csv"),
    "\u202efdp.csv",
    "no ending",
]


@pytest.mark.parametrize("is_good", [True, False])
def test_any_name_is_taken_loaded_and_told(box: Box, is_good: bool) -> None:
    for number, name in enumerate(NAMES):
        box.put(name, (status if is_good else bad)(f"M{number}-{is_good}"))
    expected = sorted(name for name in NAMES if not name.startswith("."))
    assert box.look() == (0 if is_good else 1), box.said
    assert all(line.isprintable() for line in box.said)
    if is_good:
        assert sum("rows 1 read, 1 new" in line for line in box.said) == len(expected)
        assert set(expected) < set(box.files(f"done/{box.warehouse.publication()}"))
    else:
        waiting = {file.name for file in (box.folder / "waiting").iterdir()}
        assert set(expected) < waiting
        assert sum(name.endswith(".report.txt") for name in waiting) == len(expected)
        assert box.look() == 0


def test_a_place_that_is_a_link_is_refused(box: Box, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (box.folder / "done").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="is a link"):
        box.look()


@pytest.mark.parametrize("place", ["", "inbox", ".."])
def test_an_inbox_that_overlaps_with_the_warehouse_is_refused(box: Box, place: str) -> None:
    with pytest.raises(UsageError, match="overlaps"):
        watch(box.warehouse, box.warehouse.folder / place, once=True, worker=box.worker)


def test_a_locked_store_is_tried_again(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "PATIENCE", 1.0)
    box.put("patient.csv", status("N1"))
    stop = threading.Event()
    with box.warehouse.facts.locked():
        assert box.look() == 2
        assert box.loads("patient.csv") == []
        thread = threading.Thread(target=box.look, kwargs={"once": False, "stop": stop})
        thread.start()
        time.sleep(1.5)
    until(lambda: box.files("done"))
    stop.set()
    thread.join()
    assert len(box.loads("patient.csv")) == 1
    assert sum("to be tried again" in line and "being written" in line for line in box.said) >= 1


def taken(box: Box, publication: int, name: str, text: str) -> Path:
    """A file as a watcher leaves it that is killed over it, when so much was published."""
    folder = box.folder / ".taken" / f"{publication}-0123abcd"
    return box.put(str(folder / name), text)


def test_what_was_published_before_a_kill_is_not_loaded_again(box: Box) -> None:
    before = box.warehouse.publication()
    file = taken(box, before, "killed.csv", status("O1"))
    report = load(box.warehouse, Request([file]))
    withdraw(box.warehouse, report.files[0].load_id or 0, "somebody undid it meanwhile")
    assert box.look() == 0
    assert len(box.loads("killed.csv")) == 1
    assert not box.loads("killed.csv")[0]["in_force"]
    assert "killed.csv" in box.files(f"done/{report.published}")
    assert list((box.folder / ".taken").iterdir()) == []


def test_what_was_not_published_before_a_kill_is_loaded(box: Box) -> None:
    box.put("again.csv", status("P1"))
    box.look()
    before = box.loads("again.csv")
    withdraw(box.warehouse, before[0]["load_id"], "it is to be loaded again")
    taken(box, box.warehouse.publication(), "again.csv", status("P1"))
    assert box.look() == 0
    assert [one["in_force"] for one in box.loads("again.csv")] == [False, True]


def test_what_is_written_while_it_is_loaded_is_loaded_too(box: Box) -> None:
    box.put("late.csv", status("R1"))
    box.look()
    assert "late.csv" in box.files()
    box.look()
    first, second = box.loads("late.csv")
    assert (first["rows_read"], second["rows_read"], second["rows_new"]) == (1, 2, 1)
    assert "late.csv" in box.files(f"done/{second['publication']}")
    assert any("has changed meanwhile" in line for line in box.said)


def test_a_file_that_the_worker_dies_over_waits_and_stops_no_other(box: Box) -> None:
    box.put("deadly.csv", status("Q1"))
    box.put("fine.csv", status("Q2"))
    assert box.look() == 1
    assert len(box.loads("fine.csv")) == 1
    assert box.files("waiting")[0] == "deadly.csv"
    assert "ended before its time" in (box.folder / "waiting" / "deadly.csv.report.txt").read_text("utf-8")
    assert json.loads((box.folder / "waiting" / "deadly.csv.report.json").read_text("utf-8"))["files"] == []


def test_a_second_watcher_leaves_it_to_the_first(box: Box) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=box.look, kwargs={"once": False, "stop": stop})
    thread.start()
    until(lambda: (box.folder / ".watch.lock").exists() and box.said)
    with pytest.raises(UsageError, match="another watcher"):
        box.look()
    stop.set()
    thread.join()
    assert box.look() == 0


def test_the_inbox_lies_beside_the_warehouse_unless_said_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RIGHTWORK_WAREHOUSE", raising=False)
    monkeypatch.delenv("RIGHTWORK_INBOX", raising=False)
    assert default_folder(Warehouse()) == tmp_path / "data" / "inbox"
    assert default_folder(Warehouse(tmp_path / "store")) == tmp_path / "inbox"
    monkeypatch.setenv("RIGHTWORK_INBOX", "drop")
    assert default_folder(Warehouse()) == Path("drop")


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "nan", "1e9"])
def test_the_time_between_two_looks_makes_sense(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["watch", "--every", seconds])
    assert "no number of seconds" in capsys.readouterr().err


def command(store: Path, inbox: Path, *more: str) -> subprocess.Popen[str]:
    asked = [sys.executable, "-m", "pipelines", "watch", "--warehouse", str(store), "--inbox", str(inbox), *more]
    return subprocess.Popen(asked, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def big(path: Path, prefix: str) -> Path:
    """An export with more rows than Great Expectations is imported for, so that most of a load is work on it."""
    lines = (f"{prefix}{n},2025-{1 + week:02}-05,green\n" for week in range(12) for n in range(9000))
    path.write_text(HEADER + "".join(lines), "utf-8")
    return path


def test_two_watchers_load_each_file_once_and_end_after_the_batch_at_hand(tmp_path: Path) -> None:
    inbox, store = tmp_path / "inbox", tmp_path / "store"
    inbox.mkdir()
    watchers = [command(store, inbox, "--every", "0.1") for _ in range(2)]
    for number in range(3):
        (inbox / f"{number}.csv").write_text(status(f"P{number}"))
        time.sleep(0.3)
    until(lambda: len(list((inbox / "done").glob("*/*.csv"))) == 3)
    with Warehouse(store).reading() as reading:
        assert len(history(reading.cursor(), reading.publication)) == 3

    # The one that has the inbox has a worker; the other one waits, and ends at once.
    holder, other = sorted(watchers, key=lambda one: not psutil.Process(one.pid).children())
    other.send_signal(signal.SIGINT)
    out, _ = other.communicate(timeout=PATIENCE)
    assert other.returncode == 0, out
    assert out.count("Another watcher has this inbox") == 1
    big(inbox / "big.csv", "P")
    until(lambda: list((inbox / ".taken").glob("*/big.csv")))
    holder.send_signal(signal.SIGTERM)
    out, _ = holder.communicate(timeout=PATIENCE)
    assert holder.returncode == 0, out
    assert "Another watcher has this inbox" not in out
    (place,) = (inbox / "done").glob("*/big.csv")
    assert f"big.csv: published as publication {place.parent.name}; rows 108,000 read" in out
    assert out.splitlines()[-1].endswith("Ended")


def survive(folder: Path, kills: int, seed: int) -> None:
    """Kill a watcher so many times, at random moments, then let one end its work: each file is loaded once."""
    dice = random.Random(seed)
    inbox, store = folder / "inbox", folder / "store"
    inbox.mkdir()
    names = [big(inbox / f"{number}.csv", f"P{number}-").name for number in range(kills)]
    for name in names:
        (inbox / name[0]).mkdir()
        (inbox / name).rename(inbox / name[0] / name)
    drafts: set[Path] = set()

    def writes() -> bool:
        """Whether a watcher's worker writes, or nothing is left to be loaded."""
        return bool({*(store / "facts").glob("draft-*")} - drafts) or len([*inbox.glob("done/*/*/*.csv")]) == kills

    for kill in range(kills):
        process = command(store, inbox, "--every", "0.1")
        if kill % 2:  # while it starts, or takes the files
            time.sleep(dice.uniform(0.5, 4))
        else:  # while it loads them: its worker has begun to write
            until(writes)
            time.sleep(dice.uniform(0, 1))
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.communicate()
        psutil.wait_procs(children, PATIENCE)
        drafts = {*(store / "facts").glob("draft-*")}  # that it leaves
    process = command(store, inbox, "--once", "--every", "0.1")
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, out
    with Warehouse(store).reading() as reading:
        loads = history(reading.cursor(), reading.publication)
    assert sorted(one["file_name"] for one in loads) == sorted(f"{name[0]}/{name}" for name in names)
    left = [file.name for file in inbox.rglob("*.csv")]
    assert sorted(left) == sorted(names)
    assert all(file.relative_to(inbox).parts[0] == "done" for file in inbox.rglob("*.csv"))


def test_two_kills(tmp_path: Path) -> None:
    survive(tmp_path, 2, seed=1)


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(10))
def test_fifty_kills(tmp_path: Path, seed: int) -> None:
    survive(tmp_path, 5, seed)


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    inbox, store = tmp_path / "inbox", tmp_path / "store"
    inbox.mkdir()
    big(inbox / "big.csv", "P")
    code = (
        "import resource, sys; import pipelines.watch; from pipelines.__main__ import main;"
        "pipelines.watch.PATIENCE = 1;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4 << 20, 4 << 20));"
        "sys.exit(main(sys.argv[1:]))"
    )
    asked = ["watch", "--warehouse", str(store), "--inbox", str(inbox), "--once", "--every", "0.1"]
    full = subprocess.Popen(
        [sys.executable, "-c", code, *asked], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    out, _ = full.communicate(timeout=PATIENCE)
    assert full.returncode == 2, out
    assert "to be tried again: No room" in out
    out, _ = command(store, inbox, "--once", "--every", "0.1").communicate(timeout=PATIENCE)
    assert "big.csv: published as publication 1" in out
