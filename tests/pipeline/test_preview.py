"""The lines that a person chooses the header from are those of the file, under its line numbers."""

from pathlib import Path

import pytest

from pipelines.preview import LINES, LONGEST, first_lines

TEXT = "Report of the week\n\nproject_id;budget\nÄ1;5\n"


@pytest.mark.parametrize(
    ("codec", "named"),
    [("utf-8", None), ("utf-8-sig", "utf-8-sig"), ("windows-1252", "windows-1252"), ("utf-16", None)],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_stand_under_their_numbers(tmp_path: Path, codec: str, named: str | None, end: str) -> None:
    file = tmp_path / "export.csv"
    file.write_bytes(TEXT.replace("\n", end).encode(codec))
    assert first_lines(file, named) == ("Report of the week", "", "project_id;budget", "Ä1;5")


def test_long_files_and_lines_are_cut(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text("\n".join(f"{number}{'x' * 1000}" for number in range(5000)), "utf-8")
    lines = first_lines(file, "utf-8")
    assert len(lines) == LINES
    assert lines[7].startswith("7x")
    assert {len(line) for line in lines} == {LONGEST}
    file.write_text("x" * 10_000_000, "utf-8")
    assert first_lines(file, "utf-8") == ("x" * LONGEST,)


@pytest.mark.parametrize("content", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", b""])
def test_what_is_no_text_has_no_lines(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "book.xlsx"
    file.write_bytes(content)
    assert first_lines(file, "no-such-codec") == (("",) if not content else ())
