"""Fixtures that several kinds of tests share."""

import os
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[1]

# The same cases in every run, on however busy a machine. `make prove` looks further, with seeds of its own.
settings.register_profile("test", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("test")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of public exports that `real` tests run on; see docs or the profiles for where each is from."""
    return Path(os.environ.get("RIGHTWORK_REAL_DATA") or ROOT.parent / "shared" / "data")


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse that holds the sample organisation; only to be read. The processes of a run load it once in all."""
    from pipelines.__main__ import main

    run = tmp_path_factory.getbasetemp()
    run = run.parent if "PYTEST_XDIST_WORKER" in os.environ else run
    folder, is_there = run / "sample-organisation", run / "sample-organisation-is-there"
    with FileLock(run / "sample-organisation.lock"):
        if not is_there.exists():
            assert main(["--warehouse", str(folder), "demo"]) == 0
            is_there.touch()
    return folder
