"""Rules judged without the time of Great Expectations, for tests of what comes before or after the rules."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pipelines import check


@contextmanager
def judged_by_sql() -> Iterator[None]:
    """Rows are judged as those of large files are: by the same rules. That both engines agree: see test_check."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "FRAME_LIMIT", 0)
        yield
