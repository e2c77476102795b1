"""Browser tests: the real app on a free port, headless Chromium, and nothing but localhost."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, ConsoleMessage, Page, expect, sync_playwright

# A busy machine may take a while over a page; a page that never comes fails all the same.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# On a deep link streamlit's client first asks for its health below the page's own path, before it finds the root.
EXPECTED_404 = re.compile(r"/[\w-]+/_stcore/(health|host-config)$")

Serve = Callable[..., str]
Stand = tuple[str, Path]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser on a busy machine may miss a click: such a test runs once more, and the summary says so."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=["Locator", "Timeout"]))


@pytest.fixture(scope="session")
def chromium() -> Iterator[tuple[BrowserType, dict[str, Any]]]:
    """How to start Debian's Chromium, and with what."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("needs Debian's chromium")
    with sync_playwright() as playwright:
        yield playwright.chromium, {"executable_path": executable, "args": FLAGS}


@pytest.fixture(scope="session")
def browser(chromium: tuple[BrowserType, dict[str, Any]]) -> Iterator[Browser]:
    """A browser of which each context is a person of its own."""
    kind, options = chromium
    with kind.launch(**options) as started:
        yield started


@pytest.fixture(scope="session")
def profile(
    chromium: tuple[BrowserType, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserContext]:
    """A browser that keeps on disk what it made of the server's scripts: a page then costs it a third less."""
    kind, options = chromium
    with kind.launch_persistent_context(
        tmp_path_factory.mktemp("profile"),
        viewport={"width": 1440, "height": 900},
        permissions=["clipboard-read", "clipboard-write"],
        **options,
    ) as started:
        yield started


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start a server: `serve(script, warehouse)` returns its address. It is new, so nobody has visited it yet."""
    with ExitStack() as stack:

        def start(script: Path = ROOT / "dashboard.py", warehouse: Path = tmp_path / "warehouse") -> str:
            return stack.enter_context(server(script, warehouse, tmp_path))

        yield start


@pytest.fixture(scope="session")
def sample_site(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server on the sample organisation."""
    with server(ROOT / "dashboard.py", sample, tmp_path_factory.mktemp("sample-logs")) as address:
        yield address


@pytest.fixture(scope="module")
def stands(profile: BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Stand]]:
    """Servers on warehouses that were empty: one for a file's tests, and another for a test that has to run again."""
    with ExitStack() as stack:

        @cache
        def stand(_attempt: int) -> Stand:
            folder = tmp_path_factory.mktemp("stand")
            address = stack.enter_context(server(ROOT / "dashboard.py", folder / "warehouse", folder))
            warm_up(profile, address)
            return address, folder

        yield stand


@pytest.fixture
def stand(stands: Callable[[int], Stand], request: pytest.FixtureRequest) -> Stand:
    return stands(getattr(request.node, "execution_count", 1))


@pytest.fixture
def site(stand: Stand) -> str:
    """The address of a server that a file's tests load into one after the other."""
    return stand[0]


@pytest.fixture
def folder(stand: Stand) -> Path:
    """Where that server's warehouse is."""
    return stand[1]


def warm_up(profile: BrowserContext, address: str) -> None:
    """Have a first file looked at: the process that works on files takes a while to get ready on a busy machine."""
    page = profile.new_page()
    page.goto(f"{address}/upload", timeout=2 * PATIENCE)
    empty = {"name": "first.csv", "mimeType": "text/csv", "buffer": b""}
    page.locator("input[type=file]").first.set_input_files(empty)
    page.get_by_role("heading", name="first.csv cannot be read").wait_for(timeout=2 * PATIENCE)
    page.close()


@contextmanager
def server(script: Path, warehouse: Path, logs: Path) -> Iterator[str]:
    """A server of its own on a free port, ended with the block; its address."""
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    # Most tests upload nothing: the worker comes with the first upload. Beside tests that take all of the machine, a
    # worker that steps back as it should would not get to work at all.
    environment = {"RIGHTWORK_WORKER": "on-demand", "RIGHTWORK_NICE": "0", **os.environ}
    environment |= {"RIGHTWORK_WAREHOUSE": str(warehouse), "PYTHONPATH": str(ROOT)}
    with (logs / f"server-{port}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        address = f"http://localhost:{port}"
        _wait_for(f"{address}/_stcore/health")
        yield address
    finally:
        # At once: that it ends well when it is asked to is for tests/test_server.py to say, and takes a second or two.
        process.kill()
        process.wait()


@pytest.fixture
def page(profile: BrowserContext) -> Iterator[Page]:
    """A page in a browser that knows nothing of the tests before; a console error or a request that leaves localhost
    fails the test."""
    opened = profile.new_page()
    opened.set_default_timeout(PATIENCE)
    faults: list[str] = []
    origins: set[str] = set()

    def on_console(message: ConsoleMessage) -> None:
        where = urlsplit(message.location.get("url", "")).path
        if message.type == "error" and not EXPECTED_404.search(where):
            faults.append(f"console: {message.text} ({where})")

    def on_request(url: str) -> None:
        parts = urlsplit(url)
        origins.add(f"{parts.scheme}://{parts.netloc}")
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname != "localhost":
            faults.append(f"request left localhost: {url}")

    opened.on("console", on_console)
    opened.on("pageerror", lambda error: faults.append(f"page error: {error}"))
    opened.on("request", lambda request: on_request(request.url))
    opened.on("websocket", lambda websocket: on_request(websocket.url))
    yield opened
    first, *others = profile.pages
    for other in others:
        other.close()
    forget(first, origins)
    assert not faults, "\n".join(faults)


def forget(page: Page, origins: Iterable[str]) -> None:
    """Take away what sites have stored in the browser, but for what it keeps of their scripts."""
    session = page.context.new_cdp_session(page)
    for origin in origins:
        asked = {"origin": origin, "storageTypes": "cookies,local_storage,indexeddb,cache_storage,service_workers"}
        session.send("Storage.clearDataForOrigin", asked)
    session.detach()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)
    raise TimeoutError(f"no answer from {url}")
