"""Fixtures that several kinds of tests share."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of public exports that `real` tests run on; see docs or the profiles for where each is from."""
    return Path(os.environ.get("RIGHTWORK_REAL_DATA") or ROOT.parent / "shared" / "data")
