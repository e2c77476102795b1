"""Zip archives of exports: the good ones come out whole, and whatever is wrong with one is said, with nothing left."""

import io
import stat
import struct
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines import archive
from pipelines.archive import is_archive, unpack
from pipelines.load import load
from pipelines.problems import UnreadableFile
from pipelines.report import How, Request
from pipelines.warehouse import Warehouse

CSV = b"project_id,status_date,reported_health\nP1,2026-11-06,green\n"


def packed(*members: tuple[str | zipfile.ZipInfo, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive; names may come twice."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as file, warnings.catch_warnings(action="ignore"):
        for name, content in members:
            file.writestr(name, content, how)
    return out.getvalue()


def info(name: str, mode: int) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.create_system, made.external_attr = 3, mode << 16
    return made


def locked() -> bytes:
    """An archive that says of its file that a password is needed."""
    data = bytearray(packed(("a.csv", CSV)))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def lying() -> bytes:
    """A bomb whose list says that its file is small."""
    data = bytearray(packed(("a.csv", b"0" * (archive.SMALL * 3))))
    where = data.index(b"PK\x01\x02")
    data[where + 24 : where + 28] = struct.pack("<I", 1000)
    return bytes(data)


def overlapping(count: int, size: int) -> bytes:
    """A bomb whose files are all the same stretch of the archive."""
    whole = packed(("000.csv", b"x" * size))
    at = whole.index(b"PK\x01\x02")
    entry, end = bytearray(whole[at : whole.index(b"PK\x05\x06")]), whole.index(b"PK\x05\x06")
    listed = b""
    for number in range(count):
        entry[46:53] = f"{number:03}.csv".encode()
        listed += bytes(entry)
    tail = bytearray(whole[end:])
    tail[8:12] = struct.pack("<HH", count, count)
    tail[12:16] = struct.pack("<I", len(listed))
    return whole[:at] + listed + bytes(tail)


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[bytes], dict[str, bytes]]:
    def run(data: bytes) -> dict[str, bytes]:
        path = tmp_path / "exports.zip"
        path.write_bytes(data)
        try:
            placed = unpack(path, tmp_path / "out")
        except UnreadableFile:
            assert sorted(tmp_path.iterdir()) == [path]
            raise
        return {name: place.read_bytes() for place, name in placed.items()}

    return run


def test_files_come_out_as_they_went_in(opened: Callable[[bytes], dict[str, bytes]]) -> None:
    long = CSV * 100_000
    members = [("week 47/status.csv", CSV), ("projects.csv", long), ("week 46/status.csv", b"other"), ("Ü/ä.csv", CSV)]
    assert opened(packed(*members)) == dict(members)


def test_the_names_on_the_disk_are_those_of_the_files(tmp_path: Path) -> None:
    path = tmp_path / "exports.zip"
    path.write_bytes(packed(("week 47/status.csv", CSV), ("week 46/status.csv", CSV), ("a\\b.csv", CSV)))
    placed = unpack(path, tmp_path / "out")
    assert [place.name for place in placed] == ["status.csv", "status.csv", "b.csv"]
    assert all(place.resolve().is_relative_to((tmp_path / "out").resolve()) for place in placed)


def test_what_programs_add_of_their_own_is_left_out(opened: Callable[[bytes], dict[str, bytes]]) -> None:
    litter = ["__MACOSX/._a.csv", ".DS_Store", "x/Thumbs.db", "~$plan.xlsx", "x/.hidden/", "x/"]
    assert opened(packed(("x/a.csv", CSV), *((name, b"") for name in litter))) == {"x/a.csv": CSV}


NO_GOOD: dict[str, tuple[bytes, str]] = {
    "up": (packed(("../../etc/a.csv", CSV)), "path out of the archive"),
    "up in the midst": (packed(("a/../../b.csv", CSV)), "path out of the archive"),
    "up with backslashes": (packed(("..\\..\\a.csv", CSV)), "path out of the archive"),
    "absolute": (packed(("/etc/a.csv", CSV)), "path out of the archive"),
    "drive": (packed(("C:\\a.csv", CSV)), "path out of the archive"),
    "a folder that leads up": (packed(("../x/", b""), ("a.csv", CSV)), "path out of the archive"),
    "link": (packed((info("a.csv", stat.S_IFLNK | 0o777), b"/etc/passwd")), "a link"),
    "pipe": (packed((info("a.csv", stat.S_IFIFO | 0o644), b"")), "a link"),
    "twice": (packed(("a.csv", CSV), ("a.csv", b"other")), "two files of one name: a.csv"),
    "zip within": (packed(("b.csv", CSV), ("a.zip", packed(("a.csv", CSV)))), "an archive: a.zip"),
    "zip within by another name": (packed(("a.csv", packed(("a.csv", CSV)))), "an archive: a.csv"),
    "gzip within": (packed(("a.csv.gz", b"\x1f\x8b\x08" + b"\0" * 30)), "a gzip archive: a.csv.gz"),
    "tar within": (packed(("a.tar", b"\0" * 257 + b"ustar" + b"\0" * 250)), "a tar archive: a.tar"),
    "locked": (locked(), "locked with a password"),
    "bzip2": (packed(("a.csv", CSV), how=zipfile.ZIP_BZIP2), "unusual way"),
    "lzma": (packed(("a.csv", CSV), how=zipfile.ZIP_LZMA), "unusual way"),
    "empty": (packed(), "empty archive"),
    "only litter": (packed((".DS_Store", b"x")), "empty archive"),
    "long name": (packed(("x/" * 300 + "a.csv", CSV)), "far too long name"),
    "many": (packed(*((f"{n}.csv", b"") for n in range(archive.MOST_MEMBERS + 1))), "more than 200 files"),
    "bomb": (packed(("a.csv", b"0" * (archive.SMALL * 3))), "more than 200 times its size"),
    "lying bomb": (lying(), "damaged archive"),
    "overlapping bomb": (overlapping(150, archive.SMALL), "too large"),
    "cut": (packed(("a.csv", CSV * 100))[:-30], "damaged archive"),
    "wrong inside": (packed(("a.csv", CSV), how=zipfile.ZIP_STORED).replace(b"green", b"grown"), "damaged archive"),
}


@pytest.mark.parametrize("case", NO_GOOD)
def test_what_is_wrong_is_said_and_nothing_is_left(opened: Callable[[bytes], dict[str, bytes]], case: str) -> None:
    data, said = NO_GOOD[case]
    with pytest.raises(UnreadableFile, match=said) as raised:
        opened(data)
    assert raised.value.message.startswith("exports.zip")
    assert raised.value.fix


def test_what_unpacks_to_too_much_is_refused_by_its_list(
    opened: Callable[[bytes], dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 1_000_000)
    monkeypatch.setattr(archive, "_write", None)
    with pytest.raises(UnreadableFile, match="too large"):
        opened(packed(*((f"{n}.csv", bytes(range(256)) * 2000) for n in range(3))))


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([("a.csv", CSV)], True),
        ([("[Content_Types].xml", b""), ("xl/workbook.xml", b"")], False),
        ([("_rels/.rels", b""), ("xl/workbook.xml", b"")], False),
        ([("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", b"")], False),
        ([], True),
    ],
)
def test_workbooks_and_documents_are_no_archives(
    tmp_path: Path, members: list[tuple[str, bytes]], expected: bool
) -> None:
    path = tmp_path / "file"
    path.write_bytes(packed(*members))
    assert is_archive(path) == expected


def test_a_csv_file_by_the_name_of_an_archive_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(CSV)
    assert not is_archive(path)


GOOD = packed(("status.csv", CSV * 50), ("x/projects.csv", CSV), ("stored.csv", CSV))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=6), st.integers(0, len(GOOD)))
@example([(515, 2)], 1)
def test_no_damage_leads_to_anything_but_words(damage: list[tuple[int, int]], end: int) -> None:
    data = bytearray(GOOD)
    for place, value in damage:
        data[place] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zip"
        path.write_bytes(data[:end] if end % 3 == 0 else data)
        is_archive(path)
        try:
            placed = unpack(path, Path(folder) / "out")
        except UnreadableFile:
            assert not (Path(folder) / "out").exists()
        else:
            assert all(place.resolve().is_relative_to(Path(folder).resolve()) for place in placed)


PROGRAMS = b"program_id,program_name\nA,Program A\n"


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_an_archive_loads_as_the_files_in_it(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "store")
    both = written(tmp_path, "week 45.zip", packed(("x/status.csv", CSV), ("programs.csv", PROGRAMS)))
    report = load(warehouse, Request([both], keep=tmp_path))
    said = [(file.file, file.path, file.rows_new, file.version) for file in report.files]
    assert said == [
        ("week 45.zip/programs.csv", both / "programs.csv", 1, 1),
        ("week 45.zip/x/status.csv", both / "x/status.csv", 1, 1),
    ]
    again = load(warehouse, Request([both]))
    assert (again.published, again.has_news) == (None, False)


def test_a_picture_beside_exports_stops_nothing_and_is_named(tmp_path: Path) -> None:
    sent = written(
        tmp_path, "week.zip", packed(("status.csv", CSV), ("x/Logo.PNG", b"\x89PNG"), ("read me.pdf", b"%PDF"))
    )
    report = load(Warehouse(tmp_path / "store"), Request([sent]))
    assert report.published == 1
    alone = {file.file: [one.rule for one in file.problems] for file in report.files if not file.export}
    assert alone == {"week.zip/x/Logo.PNG": ["file_left_alone"], "week.zip/read me.pdf": ["file_left_alone"]}
    # Alone it is what was handed in, and is refused.
    picture = written(tmp_path, "pictures.zip", packed(("Logo.png", b"\x89PNG\r\n\x1a\n" + bytes(64))))
    assert load(Warehouse(tmp_path / "store"), Request([picture])).exit_status == 2


def test_a_bad_archive_stops_the_load_and_is_told_beside_the_rest(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "store")
    good = written(tmp_path, "good.csv", CSV)
    bomb = written(tmp_path, "bomb.zip", packed(("a.csv", b"0" * (archive.SMALL * 3))))
    report = load(warehouse, Request([bomb, good]))
    assert (report.published, report.exit_status) == (None, 2)
    (problem,) = next(file for file in report.files if file.file == "bomb.zip").problems
    assert (problem.rule, problem.fix) == ("too_large", "Hand in fewer files, or without archive.")
    assert next(file for file in report.files if file.file == "good.csv").rows_new == 1


def test_a_file_in_an_archive_is_read_as_asked(tmp_path: Path) -> None:
    text = b"project_id,status_date,reported_health\nP1,05/06/2026,green\n"
    both = written(tmp_path, "both.zip", packed(("a.csv", text), ("b.csv", text.replace(b"P1", b"P2"))))
    own = {both: How(name="upload.zip", dates="mdy"), both / "b.csv": How(dates="dmy")}
    report = load(Warehouse(tmp_path / "store"), Request([both], own=own))
    assert [(file.file, file.path) for file in report.files] == [
        ("upload.zip/a.csv", both / "a.csv"),
        ("upload.zip/b.csv", both / "b.csv"),
    ]
    with Warehouse(tmp_path / "store").reading() as reading:
        found = reading.cursor().sql("select project_id, month(status_date) from fct_status order by all").fetchall()
    assert found == [("P1", 5), ("P2", 6)]


def test_a_file_in_an_archive_can_be_left_out(tmp_path: Path) -> None:
    sent = written(
        tmp_path, "week.zip", packed(("x/status.csv", CSV), ("x/broken.csv", b"%PDF"), ("a.png", b"\x89PNG"))
    )
    warehouse = Warehouse(tmp_path / "store")
    assert load(warehouse, Request([sent])).exit_status == 2
    report = load(warehouse, Request([sent], without={sent / "x/broken.csv"}))
    assert report.published == 1
    told = {file.file: (file.export, len(file.problems)) for file in report.files}
    assert told["week.zip/x/status.csv"][0] == "status"
    assert told["week.zip/x/broken.csv"] == (None, 0)
    # A picture is not taken for a table because the only one was left out.
    assert load(warehouse, Request([sent], without={sent / "x/broken.csv", sent / "x/status.csv"})).exit_status == 0
