"""The server's side of the process that changes facts: tasks are submitted as jobs, which say what becomes of them.

Nothing that pipelines/worker.py runs is imported here, and no file that somebody uploads is opened here.
"""

import atexit
import contextlib
import os
import pickle
import re
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Literal

from pipelines.problems import RightworkError
from pipelines.warehouse import Warehouse
from pipelines.worker import TASKS

State = Literal["waiting", "running", "done", "failed", "stopped"]
Condition = Literal["resting", "starting", "warm", "busy", "failed"]

ROOT = Path(__file__).parents[1]
SECONDS = 900.0
DATABASE_MEMORY = "1500MB"  # what DuckDB may take when RIGHTWORK_MEMORY does not say
# Bytes beside that: 0.5 GB for the interpreter, Great Expectations and the frames that it checks, and 1 GB by which
# DuckDB was seen to exceed its own limit for a moment; the rest is room.
BESIDE_DATABASE = 2_000_000_000
LOG_BYTES = 1_000_000
TRIES = 3  # processes that may end before they are warm

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}


class Job:
    """One task, as seen from any thread. Made by `Worker.submit`.

    `state` goes from "waiting" over "running" to "done" (see `result`), "failed" (see `error`) or "stopped"; `share` is
    how much of it is done, from 0 to 1. What a stopped or failed job began is not published.
    """

    def __init__(self, worker: "Worker", task: str, message: bytes) -> None:
        self.task = task
        self.message = message
        self.state: State = "waiting"
        self.share = 0.0
        self.result: Any = None
        self.error: RightworkError | None = None
        self._worker = worker
        self._words = ""
        self._times: list[float] = []
        self._over = threading.Event()

    @property
    def words(self) -> str:
        """What is happening, to be shown as it is; it may hold a file's name."""
        return self._worker.waiting_words(self) if self.state == "waiting" else self._words

    @property
    def seconds(self) -> float:
        """How long it has been running, or ran."""
        times = list(self._times)
        return (times[1] if len(times) > 1 else time.monotonic()) - times[0] if times else 0.0

    @property
    def is_over(self) -> bool:
        """Whether it has ended, one way or another."""
        return self._over.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end, at most so many seconds; whether it has ended."""
        return self._over.wait(timeout)

    def stop(self) -> None:
        """Give it up: a waiting job never runs, the process of a running one is ended and a new one started."""
        self._worker.stop(self)

    def begin(self) -> None:
        """Say that it runs; for its worker."""
        self.state, self._words = "running", "Starting"
        self._times.append(time.monotonic())

    def progress(self, words: str, share: float) -> None:
        """Take over how far it is; for its worker."""
        self._words, self.share = words, min(max(share, 0.0), 1.0)

    def end(self, state: State, words: str, *, result: Any = None, error: RightworkError | None = None) -> None:
        """Say how it ended; for its worker."""
        self.result, self.error, self._words = result, error, words
        self.share = 1.0 if state == "done" else self.share
        self._times.append(time.monotonic())
        self.state = state
        self._over.set()


class Worker:
    """The process that changes facts, kept warm, and the jobs that wait for it. Any thread may call.

    A job that runs for more than `seconds` is ended. `memory` is what the process may take, in bytes or as "3GB"; the
    default leaves DuckDB its own limit and 2 GB beside it. Memory is limited on Linux only.
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        seconds: float = SECONDS,
        memory: int | str | None = None,
        tasks: Mapping[str, str] = TASKS,
    ) -> None:
        # Absolute: the process may be started again after the server changed its folder.
        self.folder = Path(folder).absolute()
        self.seconds = seconds
        self.memory = size(memory) if memory else default_memory()
        self._tasks = tasks
        self._facts = Warehouse(self.folder).facts
        self._lock = threading.RLock()
        self._waiting: deque[Job] = deque()
        self._running: Job | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._timer: threading.Timer | None = None
        self._is_ready = self._is_closed = self._gave_up = False
        self._cause = ""
        self._version = 0

    @property
    def condition(self) -> Condition:
        """Whether it is "starting", "warm" (waiting for work), "busy", or "failed" (it could not be started).

        "resting" is one that was not started yet, or was closed.
        """
        with self._lock:
            if self._running:
                return "busy"
            if not self._thread or self._is_closed:
                return "resting"
            return "failed" if self._gave_up else "warm" if self._is_ready else "starting"

    @property
    def pid(self) -> int | None:
        """The process's number, None before it was started."""
        with self._lock:
            return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process and warm it up, in the background; nothing happens where it was started already."""
        with self._lock:
            if self._thread and self._thread.is_alive():
                return
            if self._thread is None:
                atexit.register(self.close)
            self._is_closed = self._gave_up = False
            self._thread = threading.Thread(target=self._serve, name="worker", daemon=True)
            self._thread.start()

    def submit(self, task: str, **arguments: Any) -> Job:
        """Have a task done after those that were submitted before. KeyError where there is no such task."""
        job = Job(self, task, pickle.dumps((self._tasks[task], arguments)))
        with self._lock:
            self._waiting.append(job)
            self.start()
            self._next()
        return job

    def close(self) -> None:
        """End the process, and every job with it; once the server ends at the latest."""
        with self._lock:
            self._is_closed = True
            for job in list(self._waiting):
                self.stop(job)
            process, thread = self._process, self._thread
            if self._running:
                self.stop(self._running)
            elif process:
                process.kill()
        if thread and thread is not threading.current_thread():
            thread.join(10)
        atexit.unregister(self.close)

    def stop(self, job: Job) -> None:
        """See `Job.stop`."""
        with self._lock:
            if job in self._waiting:
                self._waiting.remove(job)
                job.end("stopped", "Stopped before it began; nothing was changed.")
            else:
                self._kill(job, "stopped")

    def waiting_words(self, job: Job) -> str:
        """What a waiting job waits for."""
        with self._lock:
            before = self._waiting.index(job) if job in self._waiting else 0
            before += self._running is not None
        if before:
            return f"Waiting for {'another task' if before == 1 else f'{before} other tasks'} to end"
        return "Getting ready"

    def _serve(self) -> None:
        """Keep a process running and listen to it, until closed or until several in a row came to nothing."""
        tries = 0
        while True:
            with self._lock:
                if self._is_closed:
                    return
                process = self._launch() if tries < TRIES else None
                self._process, self._cause = process, ""
                if not process:
                    self._give_up()
                    return
            tries += 1
            for message in _messages(process.stdout):
                tries = 0
                self._take(*message)
            with self._lock:
                self._is_ready = False
            process.kill()
            with contextlib.suppress(OSError), process:  # closing flushes what a killed process did not take
                process.wait()
            with self._lock:
                if self._running:
                    self._end_of_process(self._running, process.returncode)

    def _launch(self) -> subprocess.Popen[bytes] | None:
        search = [str(ROOT), os.environ.get("PYTHONPATH", "")]
        flags = ("BELOW_NORMAL_PRIORITY_CLASS", "CREATE_NEW_PROCESS_GROUP", "CREATE_NO_WINDOW")  # Windows has them
        with _log(self.folder) as log, contextlib.suppress(OSError):
            return subprocess.Popen(
                # -P: the code beside this file, whatever stands in the folder that the server was started in.
                [sys.executable, "-P", "-m", "pipelines.worker", str(self.folder), str(self.memory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(filter(None, search)),
                    # Arrow's own allocator reserves a gigabyte that it hardly uses, which the limit would count.
                    "ARROW_DEFAULT_MEMORY_POOL": "system",
                },
                creationflags=sum(getattr(subprocess, flag, 0) for flag in flags),
            )
        return None

    def _take(self, kind: str, *said: Any) -> None:
        with self._lock:
            job = self._running
            if kind == "free":
                self._is_ready = True
            elif job and kind == "progress":
                job.progress(*said)
            elif job and kind == "done":
                self._finish(job, "done", "Done", result=said[0])
            elif job and kind == "failed":
                self._finish(job, "failed", said[0].message, error=said[0])
            self._next()

    def _next(self) -> None:
        """Hand the next job to the process, if it is free."""
        if not (self._is_ready and self._waiting and not self._running and self._process):
            return
        job = self._waiting[0]
        try:
            assert self._process.stdin
            self._process.stdin.write(job.message)
            self._process.stdin.flush()
        except OSError:
            self._is_ready = False  # it has just ended; the next process takes the job
            return
        self._waiting.popleft()
        self._is_ready = False  # until it says that it is free again; else another one takes over
        self._running, self._version = job, self._published()
        job.begin()
        self._timer = threading.Timer(self.seconds, self._kill, (job, "late"))
        self._timer.daemon = True
        self._timer.start()

    def _finish(self, job: Job, state: State, words: str, **outcome: Any) -> None:
        if self._timer:
            self._timer.cancel()
        self._running = None
        job.end(state, words, **outcome)

    def _kill(self, job: Job, cause: str) -> None:
        with self._lock:
            if self._running is job and self._process:
                self._cause = self._cause or cause
                self._process.kill()

    def _end_of_process(self, job: Job, status: int) -> None:
        """The process ended over a job."""
        now = self._published()
        changed = f"Publication {now} was made all the same; see Loads." if now > self._version else ""
        if self._cause == "stopped":
            self._finish(job, "stopped", f"Stopped. {changed or 'Nothing was changed.'}")
            return
        if self._cause == "late":
            what = f"It took more than {self.seconds:g} seconds and was ended."
            fix = "Split the file by year or by program, and load the parts one by one."
        else:
            what = "The process that works on files ended before its time, most likely for lack of memory."
            fix = (
                "Try again. If it stays, split the file, or ask whoever runs the server for more memory "
                "(RIGHTWORK_WORKER_MEMORY)."
            )
            _note(self.folder, f"ended with status {status} while doing {job.task}")
        error = RightworkError(f"{what} {changed or 'Nothing was changed.'}", fix)
        self._finish(job, "failed", error.message, error=error)

    def _give_up(self) -> None:
        self._gave_up = True
        error = RightworkError(
            "The process that works on files cannot be started; nothing was changed.",
            "Ask whoever runs the server to look into worker.log, which stands beside the data.",
        )
        while self._waiting:
            self._waiting.popleft().end("failed", error.message, error=error)

    def _published(self) -> int:
        with contextlib.suppress(RightworkError):
            return self._facts.version()
        return 0


def size(text: int | str) -> int:
    """Bytes, from a number or a text such as "1500MB", "3 GB" or "2GiB". ValueError where it is neither."""
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?i?)b?\s*", str(text).lower())
    if not found or found[2] not in _UNITS:
        raise ValueError(f"{text!r} is not a size; write it as 1500MB or 3GB")
    return int(float(found[1]) * _UNITS[found[2]])


def default_memory() -> int:
    """What the process may take: RIGHTWORK_WORKER_MEMORY, else what DuckDB may take and 2 GB."""
    if given := os.environ.get("RIGHTWORK_WORKER_MEMORY"):
        return size(given)
    return size(os.environ.get("RIGHTWORK_MEMORY") or DATABASE_MEMORY) + BESIDE_DATABASE


def _messages(stream: IO[bytes] | None) -> Iterator[tuple[Any, ...]]:
    """What the process says, until it ends or can no longer be understood."""
    assert stream
    while True:
        try:
            message = pickle.load(stream)
        except Exception:  # the end, or not a message: either way there is nothing more to hear
            return
        yield message


@contextlib.contextmanager
def _log(folder: Path) -> Iterator[IO[bytes] | None]:
    """The file that errors' details go to, beside the stores; the server's own error output where it has no place."""
    file = folder / "worker.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if file.exists() and file.stat().st_size > LOG_BYTES:
            file.replace(file.with_suffix(".log.1"))
        log = file.open("ab")
    except OSError:
        yield None
        return
    with log:
        yield log


def _note(folder: Path, text: str) -> None:
    with _log(folder) as log:
        if log:
            log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} the worker {text}\n".encode())
