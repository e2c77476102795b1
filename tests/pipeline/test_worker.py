"""The server's worker: jobs in order, errors in words, and every way in which its process may end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import psutil
import pytest
from worker_tasks import TASKS as TEST_TASKS

from components import jobs
from pipelines import worker
from pipelines.jobs import Job, Worker, default_memory, size
from pipelines.problems import RightworkError, UnreadableFile, UsageError
from pipelines.report import Request
from pipelines.warehouse import Warehouse

ROOT = Path(__file__).parents[2]
TASKS = {**worker.TASKS, **TEST_TASKS}
PATIENCE = 300  # seconds that anything here may take on a busy machine


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """A worker for all of the module, since each takes seconds to warm up."""
    one = Worker(tmp_path_factory.mktemp("worker") / "store", tasks=TASKS)
    yield one
    one.close()


def ended(job: Job) -> Job:
    assert job.wait(PATIENCE), (job.state, job.words)
    return job


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def status(folder: Path, rows: int = 1) -> Path:
    file = folder / "status.csv"
    lines = "".join(f"P{n},2026-11-06,green\n" for n in range(rows))
    file.write_text("project_id,status_date,reported_health\n" + lines, "utf-8")
    return file


def test_a_file_is_tried_loaded_and_withdrawn_as_on_the_command_line(shared: Worker, tmp_path: Path) -> None:
    file = status(tmp_path, 3)
    tried = ended(shared.submit("load", request=Request([file], dry_run=True))).result
    assert (tried.published, tried.files[0].rows_new) == (None, 3)
    job = ended(shared.submit("load", request=Request([file])))
    assert (job.state, job.share, job.error) == ("done", 1.0, None)
    assert job.result.published == Warehouse(shared.folder).publication()
    undone = ended(shared.submit("withdraw", load_id=job.result.files[0].load_id, why="a test"))
    assert undone.result == job.result.published + 1
    ended(shared.submit("backup", file=tmp_path / "all.zip"))
    assert (tmp_path / "all.zip").stat().st_size > 1000


def test_every_task_names_a_function() -> None:
    code = (
        "import importlib, sys, pipelines.load\n"
        "for place in sys.argv[1:]:\n"
        "    module, name = place.split(':')\n"
        "    assert callable(getattr(importlib.import_module(module), name)), place"
    )
    subprocess.run([sys.executable, "-c", code, *worker.TASKS.values()], cwd=ROOT, check=True)


def test_jobs_run_one_at_a_time_in_order_and_say_what_they_wait_for(shared: Worker, tmp_path: Path) -> None:
    marks = [tmp_path / str(n) for n in range(3)]
    jobs = [shared.submit("linger", mark=mark, seconds=0.3) for mark in marks]
    until(lambda: jobs[0].state == "running")
    assert (jobs[1].words, jobs[2].words) == (
        "Waiting for another task to end",
        "Waiting for 2 other tasks to end",
    )
    until(lambda: jobs[0].share == 0.5 or jobs[0].is_over)
    assert shared.condition == "busy"
    for before, after in pairwise(jobs):
        ended(before)
        assert after.state in ("waiting", "running")
    assert ended(jobs[2]).seconds >= 0.25
    assert all(mark.exists() for mark in marks)


def test_what_a_task_prints_or_reads_does_not_reach_the_server(shared: Worker) -> None:
    assert ended(shared.submit("say", text="\x80 not a message\n" * 1000)).result.startswith("\x80")


def test_a_task_that_there_is_not(shared: Worker) -> None:
    with pytest.raises(KeyError):
        shared.submit("format_disk")


def test_our_errors_arrive_as_they_are(shared: Worker) -> None:
    error = ended(shared.submit("refuse")).error
    assert isinstance(error, UnreadableFile)
    assert (error.message, error.fix, error.row) == ("plan.pdf is no table", "Export it as CSV.", 3)
    error = ended(shared.submit("withdraw", load_id=99, why="a test")).error
    assert isinstance(error, UsageError)


@pytest.mark.parametrize("task", ["fail", "odd"])
def test_other_errors_come_in_words_and_their_details_in_the_log(shared: Worker, task: str) -> None:
    job = ended(shared.submit(task))
    assert job.state == "failed"
    assert type(job.error) is RightworkError
    assert "nothing was changed" in job.error.message
    assert "\n" not in job.error.message
    assert "worker.log" in job.error.fix
    assert "Traceback" in (shared.folder / "worker.log").read_text("utf-8")
    assert ended(shared.submit("say", text="next")).result == "next"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
def test_who_takes_too_much_memory_fails_alone(shared: Worker) -> None:
    job = ended(shared.submit("hog"))
    assert job.error
    assert "memory" in job.error.message
    assert "Split the file" in job.error.fix
    assert ended(shared.submit("say", text="next")).result == "next"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
def test_the_database_may_use_all_that_it_was_given(shared: Worker) -> None:
    # Some 2 GB of rows and hash table, in the 1.5 GB that DuckDB has: it spills to disk, and the limit does not bite.
    assert ended(shared.submit("sort", rows=40_000_000)).error is None


@pytest.mark.parametrize("task", ["die", "linger"])
def test_a_process_that_is_killed_fails_its_job_and_the_next_one_works(
    shared: Worker, tmp_path: Path, task: str
) -> None:
    arguments = {"mark": tmp_path / "mark", "seconds": 60} if task == "linger" else {}
    job = shared.submit(task, **arguments)
    if task == "linger":
        until((tmp_path / "mark").exists)
        assert shared.pid
        os.kill(shared.pid, signal.SIGKILL)
    assert ended(job).state == "failed"
    assert job.error
    assert "Nothing was changed" in job.error.message
    assert ended(shared.submit("say", text="next")).result == "next"


def test_a_process_that_dies_idle_is_replaced(shared: Worker) -> None:
    ended(shared.submit("say", text="warm"))
    first = shared.pid
    assert first
    os.kill(first, signal.SIGKILL)
    until(lambda: shared.pid != first and shared.condition == "warm")
    assert ended(shared.submit("say", text="next")).result == "next"


def test_stopping(shared: Worker, tmp_path: Path) -> None:
    running = shared.submit("linger", mark=tmp_path / "mark", seconds=60)
    waiting = shared.submit("linger", mark=tmp_path / "never", seconds=60)
    next_one = shared.submit("say", text="next")
    until((tmp_path / "mark").exists)
    waiting.stop()
    running.stop()
    assert ended(running).state == ended(waiting).state == "stopped"
    assert running.error is None
    assert "Nothing was changed" in running.words
    assert ended(next_one).result == "next"
    assert not (tmp_path / "never").exists()
    running.stop()
    assert next_one.state == "done"


def test_a_load_that_is_stopped_leaves_the_store_as_it_was(shared: Worker, tmp_path: Path) -> None:
    ended(shared.submit("load", request=Request([status(tmp_path, 5)])))
    before = Warehouse(shared.folder).publication()
    big = tmp_path / "big"
    big.mkdir()
    job = shared.submit("load", request=Request([status(big, 150_000)]))
    until(lambda: job.share >= 0.3 or job.is_over)
    job.stop()
    assert ended(job).state == "stopped"
    assert Warehouse(shared.folder).publication() == before
    assert ended(shared.submit("load", request=Request([status(big, 7)]))).result.published == before + 1


def test_who_stopped_too_late_is_told(shared: Worker, tmp_path: Path) -> None:
    job = shared.submit("publish", mark=tmp_path / "mark")
    until((tmp_path / "mark").exists)
    job.stop()
    version = Warehouse(shared.folder).facts.version()
    assert ended(job).words == f"Stopped. Publication {version} was made all the same; see Loads."


def test_a_task_that_takes_too_long_is_ended_and_closing_ends_the_process_and_its_jobs(tmp_path: Path) -> None:
    one = Worker(tmp_path / "store", seconds=0.5, tasks=TASKS)
    try:
        job = ended(one.submit("linger", mark=tmp_path / "mark", seconds=60))
        assert job.error
        assert job.error.message == "It took more than 0.5 seconds and was ended. Nothing was changed."
        one.seconds = PATIENCE
        job = one.submit("linger", mark=tmp_path / "next", seconds=60)
        until((tmp_path / "next").exists)
        pid = one.pid
        assert pid
    finally:
        one.close()
    assert job.state == "stopped"
    assert not psutil.pid_exists(pid)


def test_a_worker_that_cannot_start_says_so(tmp_path: Path) -> None:
    starved = Worker(tmp_path / "store", memory="20MB", tasks=TASKS)
    job = ended(starved.submit("say", text="never"))
    assert job.error
    assert "cannot be started" in job.error.message
    assert starved.condition == "failed"
    starved.close()


def test_the_process_ends_with_the_server(tmp_path: Path) -> None:
    """Also in the middle of a task, and though the server had no time to say goodbye."""
    code = (
        "import sys, time; from pathlib import Path; from pipelines.jobs import Worker\n"
        "from tests.pipeline.worker_tasks import TASKS\n"
        "one = Worker(Path(sys.argv[1]), tasks=TASKS)\n"
        "one.submit('linger', mark=Path(sys.argv[1]) / 'mark', seconds=60)\n"
        "while not (Path(sys.argv[1]) / 'mark').exists(): time.sleep(0.02)\n"
        "print(one.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE) as server:
        assert server.stdout
        child = int(server.stdout.readline())
        server.kill()
    until(lambda: not psutil.pid_exists(child))


def test_sizes() -> None:
    assert size("1500MB") == 1_500_000_000
    assert size("1.5 GiB") == 1_610_612_736
    assert size(7) == 7
    with pytest.raises(ValueError, match="80%"):
        size("80%")


def test_memory_follows_the_database_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RIGHTWORK_WORKER_MEMORY", raising=False)
    monkeypatch.setenv("RIGHTWORK_MEMORY", "4GB")
    assert default_memory() == 6_000_000_000
    monkeypatch.setenv("RIGHTWORK_WORKER_MEMORY", "2GB")
    assert default_memory() == 2_000_000_000


def test_on_demand_no_process_is_started_before_there_is_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIGHTWORK_WAREHOUSE", str(tmp_path))
    monkeypatch.setenv("RIGHTWORK_WORKER", "on-demand")
    shared = jobs.worker()
    assert (shared.condition, shared.pid) == ("resting", None)
