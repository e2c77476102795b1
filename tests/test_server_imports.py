"""What the server's process must not import, and that nothing connects to the network."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Everything that a page can reach, and the modules that read the warehouse.
IMPORT_ALL = """
import importlib, pkgutil, sys
from pathlib import Path
for package in ("components", "analytics"):
    module = importlib.import_module(package)
    for found in pkgutil.walk_packages(module.__path__, package + "."):
        importlib.import_module(found.name)
import pipelines.warehouse, pipelines.history, pipelines.store, pipelines.jobs, server
import ast
for page in [Path("dashboard.py"), *Path("pages").glob("*.py")]:
    for node in ast.walk(ast.parse(page.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            [importlib.import_module(name.name) for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            importlib.import_module(node.module)
heavy = {"great_expectations", "pipelines.check", "pipelines.load", "pipelines.cast", "sample", "pytest"}
print(sorted(heavy & set(sys.modules)))
"""

# Name look-ups and connections fail; a local socket pair, which event loops use, is no connection.
NO_NETWORK = """
import socket
def refuse(*given, **named):
    raise AssertionError(f"something connects to the network: {given[1:]}")
socket.socket.connect = socket.socket.connect_ex = refuse
socket.getaddrinfo = socket.create_connection = refuse
"""


def run(code: str, *arguments: str) -> str:
    """Run code in a Python of its own; what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_server_never_imports_the_pipeline_s_heavy_parts() -> None:
    assert run(IMPORT_ALL).splitlines()[-1] == "[]"


def test_the_guard_against_the_network_works() -> None:
    with pytest.raises(AssertionError, match="connects to the network"):
        run(NO_NETWORK + "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9')")


def test_a_load_connects_nowhere(tmp_path: Path) -> None:
    file = tmp_path / "status.csv"
    file.write_text("project_id,status_date,reported_health\nP1,2024-01-05,green\n", "utf-8")
    code = f"{NO_NETWORK}\nimport sys\nfrom pipelines.__main__ import main\nstatus = main(sys.argv[1:])\n"
    code += "assert 'great_expectations' in sys.modules\nsys.exit(status)"
    out = run(code, "load", "--warehouse", str(tmp_path / "warehouse"), str(file))
    assert "1 new" in out
