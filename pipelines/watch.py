"""The inbox folder: whatever exports are put there are loaded, and those that cannot be wait there with their reports.

    inbox/status.csv              files that lie here are loaded together; each folder is a delivery of its own
    inbox/done/12/                what publication 12 brought, with its report
    inbox/waiting/status.csv      what could not be loaded, until it is mended, beside status.csv.report.txt and .json
    inbox/replaced/               what had waited when the same name came again
    inbox/.taken/                 what is being loaded

Files are taken by renaming, one watcher at a time, so that none is loaded twice. Those that a watcher was ended over
are found in `.taken` by the next one, which asks the store whether they were published before it loads them.
"""

import hashlib
import json
import os
import re
import secrets
import signal
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from pipelines.deliver import JSON, TEXT, Delivery, write_error
from pipelines.files import explained, line, remove
from pipelines.inbox import shown_name
from pipelines.jobs import Worker
from pipelines.problems import RightworkError, StoreError, UsageError
from pipelines.report import How, Request
from pipelines.warehouse import Warehouse

EVERY = 5.0  # seconds between two looks
PATIENCE = 60.0  # seconds that files which are there wait for those that still grow
DONE, WAITING, REPLACED, TAKEN, LOCK, REPORT = "done", "waiting", "replaced", ".taken", ".watch.lock", ".report-"
PLACES = (DONE, WAITING, REPLACED)
REPORTS, NOTED = (".report.txt", ".report.json"), ".seen"
LONGEST = 200  # bytes of a name to which something is added
WAITS = """{name} was not loaded; nothing of it was published.
Mend it and put it into the inbox again, under the same name, or overwrite it here.

"""
# What is not there yet, or is not meant: of browsers, copying programs and editors.
UNFINISHED = re.compile(r"\.(part|partial|tmp|temp|crdownload|download|filepart|swp)$", re.IGNORECASE)
NOT_MEANT = re.compile(r"^\.|^~|~$|^(Thumbs\.db|desktop\.ini)$|\.(lock|lnk)$", re.IGNORECASE)

Stamp = tuple[tuple[str, int, int, int], ...]  # name, size, time of change and permissions of each file
Tell = Callable[[str], None]


def default_folder(warehouse: Warehouse) -> Path:
    """The inbox that belongs to a warehouse: RIGHTWORK_INBOX, else the folder `inbox` beside the warehouse's."""
    given = os.environ.get("RIGHTWORK_INBOX")
    return Path(given) if given else warehouse.folder.absolute().parent / "inbox"


def log(words: str) -> None:
    """Print a line with the time, at once."""
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {words}", flush=True)


def stopped_by_signals() -> threading.Event:
    """What is set when the process is asked to end (SIGTERM, Ctrl-C); a second Ctrl-C ends it at once."""
    stop = threading.Event()

    def end(number: int, frame: object) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return stop


def watch(
    warehouse: Warehouse,
    folder: Path,
    *,
    every: float = EVERY,
    once: bool = False,
    quarantine: bool = False,
    tell: Tell = log,
    stop: threading.Event | None = None,
    worker: Worker | None = None,
) -> int:
    """Load what is put into a folder, until told to stop, or, with `once`, what lies there now.

    Files are taken when two looks, `every` seconds apart, find them unchanged. The exit status of `once`: 0 all of it
    was loaded, 1 some of it waits for somebody to mend it, 2 some of it could not be tried. UsageError where another
    watcher has the inbox (without `once`, its end is awaited) or where it cannot be an inbox. `worker` does the loads,
    else one that is started for them.
    """
    inbox, stop = _prepared(warehouse, folder), stop or threading.Event()
    lock = FileLock(inbox / LOCK, timeout=0)
    is_told = False
    while True:
        try:
            lock.acquire()
            break
        except Timeout as error:
            if once:
                raise UsageError(f"another watcher has the inbox {inbox}", "Leave it to that one.") from error
            if not is_told:
                tell("Another watcher has this inbox; waiting for it to end.")
            is_told = True
            if stop.wait(every):
                return 0
    own = worker or Worker(warehouse.folder)
    try:
        return _Watcher(warehouse, inbox, own, quarantine, tell, stop).run(every, once)
    finally:
        if not worker:
            own.close()
        lock.release()


def _prepared(warehouse: Warehouse, folder: Path) -> Path:
    """The inbox with its folders."""
    inbox, store = folder.resolve(), warehouse.folder.resolve()
    if inbox.is_relative_to(store) or store.is_relative_to(inbox):
        raise UsageError(f"{inbox} cannot be the inbox: it overlaps with the warehouse", "Choose a folder beside it.")
    for place in (inbox / name for name in (DONE, WAITING, REPLACED, TAKEN, LOCK)):
        if place.is_symlink():
            raise UsageError(f"{place} is a link, and is written to", "Take it away.")
        if place.name != LOCK:
            place.mkdir(parents=True, exist_ok=True)
    return inbox


@dataclass(frozen=True)
class _Found:
    """What lies there: a file, or a folder with files in it."""

    path: Path
    is_folder: bool
    stamp: Stamp


class _Watcher:
    """One watcher's knowledge of its inbox, whose lock it holds."""

    def __init__(
        self, warehouse: Warehouse, inbox: Path, worker: Worker, quarantine: bool, tell: Tell, stop: threading.Event
    ) -> None:
        self.warehouse, self.inbox, self.worker = warehouse, inbox, worker
        self.quarantine, self.tell, self.stop = quarantine, tell, stop
        self.waiting = inbox / WAITING
        self._seen: dict[Path, Stamp] = {}
        self._steady_since: dict[Path, float] = {}
        self._known: dict[Path, Stamp] = {}  # what waits, as it was when it was reported
        self._told: set[str] = set()
        self._told_before: set[str] = set()
        self._has_bad = self._has_left = False

    def run(self, every: float, once: bool) -> int:
        """See `watch`."""
        for left in self.inbox.glob(f"{REPORT}*"):
            remove(left)
        self.tell(f"Watching {shown_name(str(self.inbox))}")
        end = time.monotonic() + PATIENCE
        while not self.stop.is_set():
            self._told, self._told_before, self._has_left = set(), self._told, False
            try:
                is_done = self._look()
            except OSError as error:  # the folder is away for the moment, or may not be read
                self._leave(error)
                is_done = False
            if once and (is_done or time.monotonic() > end):
                break
            self.stop.wait(every)
        self.tell("Ended")
        return 2 if self._has_left else 1 if self._has_bad else 0

    def _look(self) -> bool:
        """Load what is ready. Whether there is nothing that may be ready at the next look."""
        for taken in sorted((self.inbox / TAKEN).iterdir()):
            if not self.stop.is_set():
                self._resume(taken)
        found = list(self._found())
        steady = [one for one in found if self._seen.get(one.path) == one.stamp]
        now = time.monotonic()
        self._steady_since = {one.path: self._steady_since.get(one.path, now) for one in steady}
        self._seen = {one.path: one.stamp for one in found}
        ready = [one for one in steady if self._is_news(one)]
        files = [one for one in ready if not one.is_folder]
        are_growing = any(not one.is_folder for one in found if one not in steady)
        if are_growing and files and now - min(self._steady_since[one.path] for one in files) < PATIENCE:
            files = []  # what is put there in one go is loaded in one go
        for batch in (files, *([one] for one in ready if one.is_folder)):
            if batch and not self.stop.is_set():
                self._take(batch)
        return len(steady) == len(found) and not self._has_left

    def _found(self) -> Iterator[_Found]:
        """What lies in the inbox and what waits there. Links are not followed."""
        for place in (self.inbox, self.waiting):
            for entry in sorted(os.scandir(place), key=lambda entry: entry.name):
                is_ours = entry.name in PLACES if place == self.inbox else entry.name.endswith(REPORTS)
                if is_ours or _is_ignored(entry.name):
                    continue
                name = shown_name(entry.name)
                if entry.is_symlink():
                    self._tell_once(f"{name}: a link, which is not followed")
                    continue
                try:
                    found = _Found(Path(entry.path), entry.is_dir(), _stamp(Path(entry.path)))
                except FileNotFoundError:  # moved on at this moment
                    continue
                except OSError as error:
                    self._tell_once(f"{name}: cannot be looked at: {line(error)}")
                    continue
                if unfinished := next((file for file, *_ in found.stamp if UNFINISHED.search(file)), None):
                    self._tell_once(f"{shown_name(unfinished)}: not finished yet")
                elif found.stamp:
                    yield found

    def _is_news(self, one: _Found) -> bool:
        """Whether something is to be loaded: what waits is when it is no longer what was reported."""
        if one.path.parent != self.waiting:
            return True
        if self._known.get(one.path) == one.stamp:
            return False
        try:
            noted: object = json.loads(_noted(one.path).read_text("utf-8"))
            is_news = noted != _digests(one.path)
        except (OSError, ValueError):
            is_news = True
        if not is_news:
            self._known[one.path] = one.stamp
        return is_news

    def _take(self, batch: list[_Found]) -> None:
        """Take what is ready, and load it."""
        try:
            # Its name says what had been published by then, for whoever finds it after an end in the midst of this.
            taken = self.inbox / TAKEN / f"{self.warehouse.publication()}-{secrets.token_hex(4)}"
            taken.mkdir(mode=0o700)
        except (OSError, RightworkError) as error:
            self._leave(error)
            return
        for one in batch:
            try:
                one.path.rename(taken / one.path.name)
            except OSError as error:  # gone, or held open by a program (Windows)
                self._leave(error, one.path.name)
        self._load(taken, None)

    def _resume(self, taken: Path) -> None:
        """Load what was taken and not put away: its watcher was ended over it, or the store was not to be had."""
        publication = taken.name.partition("-")[0]
        self._load(taken, int(publication) if publication.isdecimal() else 0)

    def _load(self, taken: Path, since: int | None) -> None:
        """Load what was taken: a folder whole or not at all; bad files are put aside, and the others tried again."""
        try:
            entries = sorted(taken.iterdir(), key=lambda path: (path.lstat().st_mtime_ns, path.name))
            files = [entry for entry in entries if stat.S_ISREG(entry.lstat().st_mode)]
            for folder in [entry for entry in entries if stat.S_ISDIR(entry.lstat().st_mode)]:
                self._try([folder], _files(folder), since)
            while files:
                files = self._try(files, files, since)
            if not any(taken.iterdir()):
                taken.rmdir()
        except (OSError, RightworkError) as error:
            self._leave(error)

    def _try(self, entries: list[Path], files: list[Path], since: int | None) -> list[Path]:
        """Load files and put the entries (they, or their folder) where they belong; those that are to be tried again.

        Raises the error where it is the store that cannot be had, or where the watcher is to end.
        """
        is_folder = entries != files
        names = {file: shown_name(str(file.relative_to(entries[0].parent))) for file in files}
        own = {file: How(name=name) for file, name in names.items()}
        stamps = {entry: _stamp(entry) for entry in entries}
        with tempfile.TemporaryDirectory(dir=self.inbox, prefix=REPORT) as folder:
            report = Path(folder)
            request = Request(files, quarantine=self.quarantine, own=own)
            job = self.worker.submit("deliver", request=request, folder=report, since=since)
            while not job.wait(1):
                pass
            if job.state == "done":
                outcome: Delivery = job.result
                for file, words in outcome.lines.items():
                    if not outcome.is_blocked or file in outcome.bad:
                        self.tell(f"{names[file]}: {_fate(outcome)}; {words}")
                if not outcome.is_blocked:
                    self._put_away(stamps, outcome.publication, report)
                    return []
                for entry, place in {entries[0]: report}.items() if is_folder else outcome.bad.items():
                    self._keep_waiting(entry, place)
                return [] if is_folder else [file for file in files if file not in outcome.bad]
            error = job.error or StoreError(job.words)
            if isinstance(error, StoreError) or self.worker.condition == "failed" or self.stop.is_set():
                raise error
            if len(entries) == 1:
                self.tell(f"{shown_name(entries[0].name)}: not loaded; {error.message}")
                write_error(report, error)
                self._keep_waiting(entries[0], report)
                return []
        for entry in entries:  # one of them is too much for the worker: each by itself
            self._try([entry], [entry], since)
        return []

    def _put_away(self, stamps: dict[Path, Stamp], publication: int | None, report: Path) -> None:
        """Move what is loaded to its publication; what waited under the same name has been mended.

        What is no longer as it was taken goes back into the inbox: whoever wrote it had not ended.
        """
        place = self.inbox / DONE / str(publication or self.warehouse.publication())
        place.mkdir(exist_ok=True)
        for entry, stamp in stamps.items():
            if _stamp(entry) != stamp:
                self.tell(f"{shown_name(entry.name)}: has changed meanwhile; to be loaded again")
                entry.rename(_free(self.inbox, entry.name))
                continue
            self._clear_waiting(entry.name)
            entry.rename(_free(place, entry.name))
        for file in (report / JSON, report / TEXT):
            if file.exists():
                file.rename(_free(place, file.name))

    def _keep_waiting(self, entry: Path, report: Path) -> None:
        """Move what could not be loaded to where it waits, with what is wrong beside it."""
        self._has_bad = True
        self._clear_waiting(entry.name)
        target = self.waiting / entry.name
        entry.rename(target)
        self._known[target] = _stamp(target)
        text, data = _reports(target)
        with explained(self.waiting, "keep a report in"):
            said = (
                (report / TEXT).read_text("utf-8") if (report / TEXT).exists() else "There was no room for a report.\n"
            )
            (report / TEXT).write_text(WAITS.format(name=shown_name(entry.name)) + said, "utf-8")
            (report / TEXT).replace(text)
            (report / NOTED).write_text(json.dumps(_digests(target)), "utf-8")
            (report / NOTED).replace(_noted(target))
            if (report / JSON).exists():
                (report / JSON).replace(data)

    def _clear_waiting(self, name: str) -> None:
        """Take what waited under a name, and its reports, out of the way. Nothing of it is lost."""
        waited = self.waiting / name
        if os.path.lexists(waited):
            waited.rename(_free(self.inbox / REPLACED, name))
            self.tell(f"{shown_name(name)}: what waited under this name is in {REPLACED} now")
        for file in (*_reports(waited), _noted(waited)):
            remove(file)
        self._known.pop(waited, None)

    def _leave(self, error: OSError | RightworkError, name: str = "") -> None:
        """Say why something has to be tried again at the next look."""
        self._has_left = True
        words = error.message if isinstance(error, RightworkError) else line(error)
        self._tell_once(f"{shown_name(name) if name else 'The inbox'}: to be tried again: {shown_name(words)}")

    def _tell_once(self, words: str) -> None:
        """Say something, unless it was said at the look before."""
        if words not in self._told | self._told_before:
            self.tell(words)
        self._told.add(words)


def _fate(outcome: Delivery) -> str:
    if outcome.is_blocked:
        return "not loaded"
    if outcome.is_new:
        return f"published as publication {outcome.publication}"
    return f"loaded already, with publication {outcome.publication}"


def _is_ignored(name: str) -> bool:
    return bool(NOT_MEANT.search(name))


def _files(folder: Path) -> list[Path]:
    """The files in a folder and the folders in it, by name. Links are not followed."""
    found: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = sorted(name for name in folders if not _is_ignored(name))
        paths = [Path(place, name) for name in sorted(names) if not _is_ignored(name)]
        found += [path for path in paths if stat.S_ISREG(path.lstat().st_mode)]
    return found


def _raise(error: OSError) -> None:
    raise error


def _stamp(path: Path) -> Stamp:
    """By what a file, or the files of a folder, are known to have changed; empty where there is no file."""
    files = _files(path) if path.is_dir() else [path]
    found = [(file, file.lstat()) for file in files]
    return tuple(
        (str(file.relative_to(path.parent)), about.st_size, about.st_mtime_ns, about.st_mode)
        for file, about in found
        if stat.S_ISREG(about.st_mode)
    )


def _digests(path: Path) -> dict[str, str | None]:
    """The digest (SHA-256) of each file, None for one that may not be read, by its name."""
    found: dict[str, str | None] = {}
    for file in _files(path) if path.is_dir() else [path]:
        name = ascii(str(file.relative_to(path.parent)))  # as JSON keeps it, whatever the name's encoding
        try:
            with file.open("rb") as content:
                found[name] = hashlib.file_digest(content, "sha256").hexdigest()
        except OSError:
            found[name] = None
    return found


def _reports(path: Path) -> list[Path]:
    """Where the reports on something that waits are: the readable one, and that for programs."""
    return [path.with_name(_short(path.name) + ending) for ending in REPORTS]


def _noted(path: Path) -> Path:
    """Where the digests of something that waits are kept."""
    return path.with_name(f".{_short(path.name)}{NOTED}")


def _short(name: str) -> str:
    """A name to which an ending can be added, other ones for other names."""
    encoded = os.fsencode(name)
    if len(encoded) <= LONGEST:
        return name
    return (
        f"{os.fsdecode(encoded[:LONGEST]).encode('utf-8', 'ignore').decode()}-{hashlib.sha256(encoded).hexdigest()[:8]}"
    )


def _free(folder: Path, name: str) -> Path:
    """A place in a folder for a file or folder of this name: "plan (2).csv" where there is a "plan.csv"."""
    path, number = folder / name, 1
    stem, dot, ending = _short(name).rpartition(".")
    while os.path.lexists(path):
        number += 1
        path = folder / (f"{stem} ({number}){dot}{ending}" if stem else f"{ending} ({number})")
    return path
