"""The process that changes facts for the server: `python -m pipelines.worker FOLDER BYTES`, see pipelines/jobs.py.

It runs the command line's own code, one task at a time, with a limit on its memory and at a low priority. Tasks come in
by its standard input, and what becomes of them goes out by its standard output, both as pickles; when its input ends
(the server is gone), so does it.
"""

import contextlib
import faulthandler
import importlib
import inspect
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from pipelines.problems import RightworkError, UsageError
from pipelines.report import How, LoadReport, Request
from pipelines.warehouse import Warehouse

# A task is a function that takes the warehouse, the arguments of its job by name, and, if it has one, `progress`.
# This module is imported by the server as well: what is heavy is named here, and imported where it runs.
TASKS = {
    "load": "pipelines.load:load",
    "deliver": "pipelines.deliver:deliver",
    "withdraw": "pipelines.publications:withdraw",
    "reinstate": "pipelines.publications:reinstate",
    "set_rules": "pipelines.rules:set_rules",
    "backup": "pipelines.worker:save",
    "demo": "pipelines.worker:demo",
    "clear_sample": "pipelines.publications:clear_sample",
}

NICE = 10
TIRED = 1_000_000_000  # bytes that the process may hold on to between tasks; beyond them a fresh one takes over
SHOWN_CAUSE = 200  # characters

Progress = Callable[[str, float], None]


def save(warehouse: Warehouse, file: Path) -> None:
    """Back up the warehouse into a file."""
    from pipelines.backup import backup

    backup(warehouse.folder, file)


def demo(warehouse: Warehouse, progress: Progress | None = None) -> LoadReport:
    """Load the sample organisation. UsageError where exports of one's own are in force."""
    from pipelines.__main__ import SAMPLE_FOLDER
    from pipelines.history import history
    from pipelines.load import load
    from pipelines.publications import SAMPLE

    if warehouse.publication():
        with warehouse.reading() as reading:
            loads = history(reading.cursor(), reading.publication)
        if any(one["in_force"] and one["source"] != SAMPLE for one in loads):
            raise UsageError("Exports of your own are loaded.", "The sample is for looking around before that.")
    return load(warehouse, Request(sorted(SAMPLE_FOLDER.glob("*.csv")), How(source=SAMPLE)), progress=progress)


def main(folder: Path, memory: int) -> None:
    """Warm up, say so, and do what is asked until the input ends."""
    tasks, answers = _pipes()
    faulthandler.enable()
    if hasattr(signal, "SIGINT"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then ends this process
    _limit(memory)
    inbox: queue.SimpleQueue[tuple[str, dict[str, Any]]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(tasks, inbox), daemon=True).start()

    importlib.import_module("pipelines.load")
    from pipelines.check import warm_up

    warm_up()
    while True:
        _tell(answers, "free")
        place, arguments = inbox.get()
        outcome, is_sound = _run(folder, place, arguments, lambda *said: _tell(answers, "progress", *said))
        try:
            _tell(answers, *outcome)
        except (pickle.PicklingError, TypeError, AttributeError):
            _tell(answers, *_unforeseen())
        if not is_sound or _held() > TIRED:
            return


def _pipes() -> tuple[IO[bytes], IO[bytes]]:
    """The two pipes, kept from whatever else prints or reads, here or in a process started from here."""
    tasks, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    os.dup2(2, 1)
    return tasks, answers


def _limit(memory: int) -> None:
    """Limit memory and priority where the system can: Linux limits memory, Linux and macOS lower the priority."""
    if hasattr(os, "nice"):
        os.nice(int(os.environ.get("RIGHTWORK_NICE", NICE)))
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        # What the process may write to. RLIMIT_AS would count mapped files and reserved addresses too.
        with contextlib.suppress(ValueError, OSError):  # macOS has the limit, and does not take every value
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


def _listen(tasks: IO[bytes], inbox: "queue.SimpleQueue[tuple[str, dict[str, Any]]]") -> None:
    try:
        while True:
            inbox.put(pickle.load(tasks))
    finally:
        os._exit(0)  # at once, whatever is under way: the store publishes a whole version or none


def _tell(answers: IO[bytes], *message: Any) -> None:
    answers.write(pickle.dumps(message))
    answers.flush()


def _run(
    folder: Path, place: str, arguments: dict[str, Any], progress: Callable[[str, float], None]
) -> tuple[tuple[Any, ...], bool]:
    """Do a task: the message that says what became of it, and whether this process is fit for another."""
    try:
        module, name = place.split(":")
        function = getattr(importlib.import_module(module), name)
        if "progress" in inspect.signature(function).parameters:
            arguments = {**arguments, "progress": progress}
        return ("done", function(Warehouse(folder), **arguments)), True
    except RightworkError as error:
        return ("failed", error), True
    except Exception as error:
        if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryException":
            traceback.print_exc()
            return ("failed", out_of_memory()), False
        return _unforeseen(), False


def out_of_memory() -> RightworkError:
    """The error of a task that needs more memory than it may have."""
    return RightworkError(
        "There was not enough memory to process this; nothing was changed.",
        "Split the file by year or by program and load the parts one by one, or ask whoever runs the server for more "
        "memory (RIGHTWORK_MEMORY, RIGHTWORK_WORKER_MEMORY).",
    )


def _unforeseen() -> tuple[Any, ...]:
    """The message for an error that nobody foresaw: its details go to the log."""
    traceback.print_exc()
    cause = str(sys.exception()).strip().split("\n")[0][:SHOWN_CAUSE]
    return "failed", RightworkError(
        f"The file could not be processed, and nothing was changed: {cause}",
        "This is an error of the program. Please report it with the end of worker.log, which stands beside the data.",
    )


def _held() -> int:
    """The bytes of memory that this process holds, 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
