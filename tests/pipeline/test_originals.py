"""The files that loads came from are kept byte for byte, once each, from before their publication comes out."""

import hashlib
import zipfile
from pathlib import Path

import pytest
from desk import Desk

from pipelines import originals
from pipelines.__main__ import main
from pipelines.backup import backup, restore
from pipelines.problems import StoreError, UnreadableFile, UsageError
from pipelines.templates import template, workbook
from pipelines.warehouse import Warehouse

HEADER = "project_id,status_date,reported_health"
# A byte order mark, mixed line ends, a trailing blank: nothing of it is tidied.
AWKWARD = f"\ufeff{HEADER}\r\nP1,2026-11-13,green\nP2,2026-11-13,  red \r\n".encode()


def kept(desk: Desk) -> list[str]:
    return [path.name for path in originals.listed(desk.warehouse.folder)]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def loaded(desk: Desk, content: bytes, name: str = "week.csv") -> bytes:
    file = desk.folder / name
    file.write_bytes(content)
    assert main(["--warehouse", str(desk.warehouse.folder), "load", str(file)]) == 0
    file.unlink()
    return content


def saved(desk: Desk, load_id: int, out: Path) -> bytes:
    with desk.warehouse.reading() as reading:
        assert originals.save(desk.warehouse.folder, reading.cursor(), load_id, out) == out.stat().st_size
    return out.read_bytes()


@pytest.mark.parametrize("content", [AWKWARD, template("status")], ids=["csv", "template"])
def test_a_loaded_file_comes_back_byte_for_byte(desk: Desk, tmp_path: Path, content: bytes) -> None:
    loaded(desk, content)
    assert kept(desk) == [f"{digest(content)}.gz"]
    assert originals.read(desk.warehouse.folder, digest(content)) == content
    assert saved(desk, 1, tmp_path / "out.csv") == content


def test_a_workbook_comes_back_and_its_sheets_share_it(desk: Desk, tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.worksheets[0].append(["goal_id", "goal_name"])
    book.worksheets[0].append(["G1", "Grow"])
    second = book.create_sheet("status")
    second.append(HEADER.split(","))
    second.append(["P1", "2026-11-13", "green"])
    book.save(tmp_path / "both.xlsx")
    content = loaded(desk, (tmp_path / "both.xlsx").read_bytes(), "in.xlsx")
    assert kept(desk) == [f"{digest(content)}.gz"]
    assert saved(desk, 1, tmp_path / "a") == saved(desk, 2, tmp_path / "b") == content


def test_a_file_that_is_loaded_again_is_kept_once(desk: Desk) -> None:
    first = loaded(desk, AWKWARD)
    loaded(desk, AWKWARD.replace(b"red", b"green"))
    stood = {path: path.stat().st_mtime_ns for path in originals.listed(desk.warehouse.folder)}
    loaded(desk, first)
    assert {path: path.stat().st_mtime_ns for path in originals.listed(desk.warehouse.folder)} == stood
    assert len(stood) == 2


def test_what_is_not_published_is_not_kept(desk: Desk) -> None:
    assert not desk.try_load(f"{HEADER}\nP1,2026-11-13,plum").published
    assert not desk.try_load(f"{HEADER}\nP1,2026-11-13,green", dry_run=True).published
    assert not (desk.warehouse.folder / originals.FOLDER).exists()


def test_an_undone_load_keeps_its_file(desk: Desk) -> None:
    content = loaded(desk, AWKWARD)
    desk.undo(1)
    assert originals.read(desk.warehouse.folder, digest(content)) == content


def test_when_the_file_cannot_be_kept_nothing_is_published(desk: Desk) -> None:
    (desk.warehouse.folder / originals.FOLDER).parent.mkdir(parents=True)
    (desk.warehouse.folder / originals.FOLDER).write_text("a file stands in its place")
    with pytest.raises(StoreError, match="Could not keep the original file in"):
        desk.try_load(f"{HEADER}\nP1,2026-11-13,green")
    assert desk.warehouse.publication() == 0


def test_a_file_that_changes_while_it_is_loaded_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("new")
    with pytest.raises(UnreadableFile, match=r"a\.csv changed while it was loaded"):
        originals.keep(tmp_path, [(file, digest(b"old"))])
    assert list((tmp_path / originals.FOLDER).iterdir()) == []


def test_what_a_killed_writer_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / originals.FOLDER).mkdir()
    (tmp_path / originals.FOLDER / f"{digest(b'a')}.part").write_text("half")
    file = tmp_path / "a.csv"
    file.write_text("a")
    originals.keep(tmp_path, [(file, digest(b"a"))])
    assert [path.name for path in (tmp_path / originals.FOLDER).iterdir()] == [f"{digest(b'a')}.gz"]


@pytest.mark.parametrize("damage", [b"", b"no gzip", None], ids=["empty", "other", "cut"])
def test_a_damaged_original_is_said_to_be_so(desk: Desk, tmp_path: Path, damage: bytes | None) -> None:
    loaded(desk, AWKWARD)
    (file,) = originals.listed(desk.warehouse.folder)
    file.write_bytes(file.read_bytes()[:-12] if damage is None else damage)
    with pytest.raises(StoreError, match="is damaged"):
        saved(desk, 1, tmp_path / "out.csv")
    assert not [*tmp_path.glob("out*")]


def test_a_load_from_before_originals_were_kept_says_so(desk: Desk, tmp_path: Path) -> None:
    loaded(desk, AWKWARD)
    (file,) = originals.listed(desk.warehouse.folder)
    file.unlink()
    assert not originals.has(desk.warehouse.folder, digest(AWKWARD))
    with pytest.raises(StoreError, match="was not kept"):
        saved(desk, 1, tmp_path / "out.csv")
    with pytest.raises(UsageError, match="there is no load 9"):
        saved(desk, 9, tmp_path / "out.csv")


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "0" * 63, "0" * 64 + "/x"])
def test_a_digest_that_is_none_leads_nowhere(tmp_path: Path, name: str) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd.gz").write_text("secret")
    assert not originals.has(tmp_path / "a" / "b", name)


def test_the_command_saves_it(desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = loaded(desk, AWKWARD)
    where = ["--warehouse", str(desk.warehouse.folder)]
    assert main([*where, "original", "1", "--out", str(tmp_path / "out.csv")]) == 0
    assert (tmp_path / "out.csv").read_bytes() == content
    assert main([*where, "original", "7", "--out", str(tmp_path / "no.csv")]) == 2
    assert "there is no load 7" in capsys.readouterr().err
    assert not (tmp_path / "no.csv").exists()


def test_a_backup_holds_them_and_brings_them_back(desk: Desk, tmp_path: Path) -> None:
    contents = [loaded(desk, AWKWARD), loaded(desk, workbook_of_goals(), "goals.xlsx")]
    backup(desk.warehouse.folder, tmp_path / "all.zip")
    fresh = Warehouse(tmp_path / "fresh")
    restore(fresh.folder, tmp_path / "all.zip")
    assert [originals.read(fresh.folder, digest(content)) for content in contents] == contents
    restore(desk.warehouse.folder, tmp_path / "all.zip")
    assert len(kept(desk)) == 2


def workbook_of_goals() -> bytes:
    from io import BytesIO

    from openpyxl import load_workbook

    book = load_workbook(BytesIO(workbook("goals")))
    book["goals"]["A3"], book["goals"]["B3"] = "G1", "Grow"
    out = BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("name", ["../escaped", "0" * 64 + ".gz", "sub/" + "0" * 64 + ".gz"])
def test_a_backup_with_other_files_among_the_originals_changes_nothing(desk: Desk, tmp_path: Path, name: str) -> None:
    loaded(desk, AWKWARD)
    backup(desk.warehouse.folder, tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip", "a") as archive:
        archive.writestr(f"{originals.FOLDER}/{name}", b"anything")
    with pytest.raises(UnreadableFile, match="not a whole Rightwork backup"):
        restore(tmp_path / "fresh", tmp_path / "all.zip")
    assert Warehouse(tmp_path / "fresh").publication() == 0
    assert not list(tmp_path.rglob("escaped*"))


def test_a_backup_from_before_has_none_and_is_restored(desk: Desk, tmp_path: Path) -> None:
    loaded(desk, AWKWARD)
    (file,) = originals.listed(desk.warehouse.folder)
    file.unlink()
    backup(desk.warehouse.folder, tmp_path / "old.zip")
    restore(tmp_path / "fresh", tmp_path / "old.zip")
    assert Warehouse(tmp_path / "fresh").publication() == 1


def test_results_of_rules_keep_what_was_asked(desk: Desk) -> None:
    loaded(desk, AWKWARD)
    with desk.warehouse.reading() as reading:
        found = reading.cursor().sql("select rule, arguments from check_result where rule = 'reported_health_allowed'")
        ((_, arguments),) = found.fetchall()
    assert arguments.startswith('{"column": "reported_health", "value_set": ["green", ')


def test_a_store_from_before_the_arguments_can_be_written_and_read(desk: Desk) -> None:
    loaded(desk, AWKWARD)
    with desk.warehouse.facts.write() as draft:
        draft.con.execute("alter table check_result drop column arguments")
        draft.con.execute("insert into publication select publication + 1, 'rules', published_at, '' from publication")
    from analytics import loads
    from analytics.reading import Source

    with desk.warehouse.reading() as reading:
        assert set(loads.rules(Source(reading), 1)["arguments"]) == {None}
    loaded(desk, AWKWARD.replace(b"red", b"green"))
    with desk.warehouse.reading() as reading:
        assert loads.rules(Source(reading), 2)["arguments"].notna().all()
