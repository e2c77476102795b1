"""The inbox: any name is stored safely, batches are apart, and what was left lying is swept."""

import io
import os
import time
from pathlib import Path

import pytest

from pipelines import inbox
from pipelines.problems import StoreError


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "", "...", "a/b\\c:d*?.csv", "x" * 500 + ".csv", "漢" * 300, "\0\n\x1b.csv", "CON. "]
)
def test_any_name_is_stored_inside_its_batch(tmp_path: Path, name: str) -> None:
    folder = inbox.batch(tmp_path)
    ((path, called),) = inbox.spool(folder, [(name, io.BytesIO(b"content"))]).items()
    assert called == name
    assert path.resolve().is_relative_to(folder.resolve())
    assert path.read_bytes() == b"content"
    assert path.name.isprintable()


def test_files_of_one_name_lie_beside_each_other(tmp_path: Path) -> None:
    placed = inbox.spool(inbox.batch(tmp_path), [("a.csv", io.BytesIO(b"1")), ("a.csv", io.BytesIO(b"2"))])
    assert [(path.name, path.read_bytes()) for path in placed] == [("a.csv", b"1"), ("a.csv", b"2")]


def test_what_comes_later_lies_beside_what_is_there(tmp_path: Path) -> None:
    folder = inbox.batch(tmp_path)
    (first,), (second,) = (inbox.spool(folder, [("a.csv", io.BytesIO(text))]) for text in (b"1", b"2"))
    assert (first.read_bytes(), second.read_bytes()) == (b"1", b"2")


def test_a_batch_that_lay_for_a_day_is_swept(tmp_path: Path) -> None:
    old, new = inbox.batch(tmp_path), inbox.batch(tmp_path)
    inbox.spool(old, [("a.csv", io.BytesIO(b"1"))])
    past = time.time() - inbox.KEPT_SECONDS - 60
    os.utime(old, (past, past))
    inbox.batch(tmp_path)
    assert (old.exists(), new.exists()) == (False, True)


def test_only_the_latest_findings_are_kept_and_files_stay(tmp_path: Path) -> None:
    folder = inbox.batch(tmp_path)
    (first,) = inbox.spool(folder, [("a.csv", io.BytesIO(b"1"))])
    old, latest = inbox.findings(folder), inbox.findings(folder)
    inbox.keep_latest(folder, latest)
    (second,) = inbox.spool(folder, [("a.csv", io.BytesIO(b"2"))])
    assert not old.exists()
    assert latest.exists()
    assert (first.read_bytes(), second.read_bytes()) == (b"1", b"2")


def test_who_comes_back_after_a_day_is_told_to_drop_the_files_again(tmp_path: Path) -> None:
    folder = inbox.batch(tmp_path)
    inbox.discard(folder)
    with pytest.raises(StoreError, match="put away") as raised:
        inbox.findings(folder)
    assert raised.value.fix == "Start over and drop them again."


def test_a_place_that_takes_no_files_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "inbox").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="keep files in"):
        inbox.batch(tmp_path)
