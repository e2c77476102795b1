"""A desk in the test's own folder, and rules judged without the time of Great Expectations."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import Desk

from tests.by_sql import judged_by_sql


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(scope="module")
def by_sql() -> Iterator[None]:
    with judged_by_sql():
        yield
