"""server.py as it is run: its health route, and that it ends with everything that it started."""

import datetime as dt
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipelines.__main__ import main

ROOT = Path(__file__).parents[1]
PATIENCE = 300  # seconds that anything here may take on a busy machine
STREAMLIT = ("streamlit", "run", "server.py", "--server.port")
UVICORN = ("uvicorn", "server:app", "--port")


@contextmanager
def server(
    warehouse: Path, command: tuple[str, ...], cwd: Path = ROOT
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server on a free port, killed at the end of the block if it still runs; its process and address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "RIGHTWORK_WAREHOUSE": str(warehouse), "PYTHONPATH": str(ROOT)}
    with (warehouse.parent / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, str(port)], cwd=cwd, env=environment, stdout=log, stderr=log
        )
    try:
        yield process, f"http://localhost:{port}"
    finally:
        process.kill()
        process.wait(PATIENCE)


def health(address: str) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=PATIENCE) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            if true():
                return
        except (urllib.error.URLError, ConnectionError):
            pass
        assert time.monotonic() < end
        time.sleep(0.1)


def end(process: subprocess.Popen[bytes], signal_number: int) -> None:
    """End a server: all that it started ends with it."""
    children = psutil.Process(process.pid).children(recursive=True)
    assert children
    process.send_signal(signal_number)
    process.wait(PATIENCE)
    until(lambda: not any(child.is_running() for child in children))


def test_health_follows_the_warehouse_and_the_worker(tmp_path: Path) -> None:
    warehouse = tmp_path / "store"
    file = tmp_path / "status.csv"
    file.write_text("project_id,status_date,reported_health\nP1,2026-11-04,green\n", "utf-8")
    with server(warehouse, STREAMLIT) as (process, address):
        until(lambda: health(address)[1]["worker"] == "warm")
        code, said = health(address)
        assert (code, said["status"], said["publication"], said["review_date"]) == (200, "empty", None, None)
        assert said["version"]

        assert main(["load", "--warehouse", str(warehouse), str(file)]) == 0
        code, said = health(address)
        assert (code, said["status"], said["publication"]) == (200, "ok", 1)
        assert dt.date.fromisoformat(said["review_date"]) >= dt.date(2026, 11, 4)
        assert str(tmp_path) not in json.dumps(said)

        (worker,) = psutil.Process(process.pid).children()
        worker.kill()
        until(lambda: worker not in psutil.Process(process.pid).children())
        until(lambda: health(address)[1]["worker"] == "warm")

        (warehouse / "facts" / "CURRENT").write_text("no number", "ascii")
        assert health(address)[0] == 503
        assert health(address)[1]["status"] == "failing"
        end(process, signal.SIGTERM)


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_under_uvicorn_it_ends_with_all_that_it_started(tmp_path: Path, signal_number: int) -> None:
    with server(tmp_path / "store", UVICORN) as (process, address):
        until(lambda: health(address)[1]["worker"] == "warm")
        end(process, signal_number)


def test_the_server_starts_from_any_folder_and_ends_with_all_that_it_started(tmp_path: Path) -> None:
    command = ("streamlit", "run", str(ROOT / "server.py"), "--server.port")
    with server(tmp_path / "store", command, cwd=tmp_path) as (process, address):
        until(lambda: health(address)[1]["worker"] == "warm")
        with urllib.request.urlopen(f"{address}/app/static/icon.svg", timeout=PATIENCE) as answer:
            assert answer.status == 200
        end(process, signal.SIGINT)
