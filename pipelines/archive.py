"""Zip archives of exports: unpacked into a folder, with nothing in them trusted.

A workbook (.xlsx) and other Office files are zip archives too; those are files, and are left as they are.
"""

from __future__ import annotations

import errno
import re
import shutil
import stat
import zipfile
from dataclasses import replace
from pathlib import Path, PurePosixPath

from pipelines.decode import LOOKS_LIKE, ZIP
from pipelines.inbox import safe_name, shown_name
from pipelines.problems import Problem, UnreadableFile
from pipelines.report import FileReport, Request
from pipelines.workbook import UNPACKING

MOST_MEMBERS = 200
MOST_BYTES = 1 << 30
MOST_RATIO = 200  # unpacked to packed: exports reach 30, a bomb a thousand
SMALL = 10 << 20  # bytes up to which the ratio does not matter
LONGEST_NAME = 400  # characters, with the folders
BLOCK = 1 << 18
# What programs put into archives of their own accord.
LITTER = re.compile(r"(^|/)(__MACOSX(/|$)|\.[^/]+$|~\$[^/]*$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
# What people send along with exports.
NO_TABLE = re.compile(r"\.(png|jpe?g|gif|svg|bmp|webp|pdf|docx?|pptx?|md|html?|eml|msg|mp4|mov)$", re.IGNORECASE)
# What Office formats hold, the last one OpenDocument's; a workbook that lost the first of them is none the less one.
OFFICE = {"[Content_Types].xml", "_rels/.rels", "mimetype"}
TAR = (b"ustar", 257)  # and where it stands
AGAIN = "Put the exports themselves into the archive, or hand them in without one."


def is_archive(path: Path) -> bool:
    """Whether a file is a zip archive that is no workbook or other document. OSError where it cannot be opened."""
    with path.open("rb") as file:
        if not file.read(4).startswith(ZIP):
            return False
    try:
        with zipfile.ZipFile(path) as archive:
            return not OFFICE & set(archive.namelist())
    except UNPACKING:
        return path.suffix.lower() == ".zip"  # damaged: else a workbook, of which its reader says so


def unpack(path: Path, folder: Path, name: str | None = None) -> dict[Path, str]:
    """Unpack a zip archive into a folder of its own; each file's place, and its name within the archive, in order.

    `name` is what the archive is called, where it lies under another name. UnreadableFile for one that is damaged,
    locked, empty, or too large once unpacked (rule "too_large"), and for one that holds a link, an archive, a name that
    leads out of the folder, or the same name twice. Nothing is left of it then.
    """
    called = name or path.name
    folder.mkdir(parents=True)
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(called, archive)
            return _write(called, archive, members, folder)
    except UnreadableFile:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    except UNPACKING as error:
        shutil.rmtree(folder, ignore_errors=True)
        # A damaged archive may point to a place before its beginning; any other such error is the disk's.
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise
        raise UnreadableFile(f"{called} is a damaged archive.", "Make it again, or hand in its files alone.") from error


def opened(request: Request, folder: Path) -> tuple[Request, dict[Path | None, Path], list[FileReport]]:
    """A request in which the files of its archives, unpacked below `folder`, stand in the place of each archive.

    Beside it: for every unpacked file a path that says where it is from (the archive's, and below it the file's name),
    by which `request.own` may know it as well; and a report for each archive that cannot be unpacked, and for each file
    in one that is no table by its name: beside tables it stops nothing. So it is for files that the request leaves out.
    """
    files: list[Path] = []
    own = dict(request.own)
    origins: dict[Path | None, Path] = {}
    refused: list[FileReport] = []
    for number, path in enumerate(request.files):
        how = request.how(path)
        called = how.name or path.name
        try:
            members = unpack(path, folder / f"archive{number}", called) if _may_be_opened(path) else None
        except UnreadableFile as error:
            report = FileReport(called, path=path)
            report.refuse(error)
            refused.append(report)
            continue
        if members is None:
            files.append(path)
            continue
        tables = {place: name for place, name in members.items() if not NO_TABLE.search(name)}
        refused += [
            _left_alone(called, path, name) for place, name in members.items() if tables and place not in tables
        ]
        for place, name in (tables or members).items():
            if path / name in request.without:
                refused.append(FileReport(f"{called}/{shown_name(name)}", path=path / name))
                continue
            files.append(place)
            origins[place] = path / name
            own[place] = replace(request.own.get(path / name, how), name=f"{called}/{shown_name(name)}")
    return replace(request, files=files, own=own), origins, refused


def _left_alone(called: str, path: Path, name: str) -> FileReport:
    shown = f"{called}/{shown_name(name)}"
    fix = "Nothing is to be done, unless it is an export: then hand it in as CSV or .xlsx."
    problem = Problem("file_left_alone", f"{shown} is no table by its name, and is left alone", fix, severity="warning")
    return FileReport(shown, path=path / name, problems=[problem], warnings=1)


def _may_be_opened(path: Path) -> bool:
    """Whether a file is an archive; what is none, is missing or may not be read is left to the reader of files."""
    try:
        return is_archive(path)
    except OSError:
        return False


def _members(called: str, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The files of an archive by their names, judged by what its list says of them, before anything is unpacked."""
    found: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        name = info.filename.replace("\\", "/")
        shown = safe_name(name)
        mode = info.external_attr >> 16
        if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in PurePosixPath(name).parts:
            raise UnreadableFile(f"{called} holds a file with a path out of the archive: {shown}.", AGAIN)
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise UnreadableFile(f"{called} holds a link, which is not followed: {shown}.", AGAIN)
        if name.endswith("/") or stat.S_ISDIR(mode) or LITTER.search(name):
            continue
        if info.flag_bits & 1:
            raise UnreadableFile(f"{called} is locked with a password.", "Make it again without a password.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnreadableFile(f"{called} is packed in an unusual way: {shown}.", "Make it again as a plain .zip.")
        if len(name) > LONGEST_NAME:
            raise UnreadableFile(f"{called} holds a file with a far too long name: {shown}.", AGAIN)
        if name in found:
            raise UnreadableFile(f"{called} holds two files of one name: {shown}.", "Leave the right one in it.")
        found[name] = info
        if len(found) > MOST_MEMBERS:
            raise _too_large(called, f"it holds more than {MOST_MEMBERS} files")
    if not found:
        raise UnreadableFile(f"{called} is an empty archive.", "Put the exports into it.", rule="empty_file")
    _judge(called, sum(info.file_size for info in found.values()), sum(i.compress_size for i in found.values()))
    return found


def _judge(called: str, unpacked: int, packed: int) -> None:
    """Refuse what unpacks to too much."""
    if unpacked > MOST_BYTES:
        raise _too_large(called, f"it unpacks to more than {MOST_BYTES >> 30} GB")
    if unpacked > SMALL and unpacked > MOST_RATIO * packed:
        raise _too_large(called, f"it unpacks to more than {MOST_RATIO} times its size")


def _too_large(called: str, why: str) -> UnreadableFile:
    return UnreadableFile(
        f"{called} is too large: {why}.", "Hand in fewer files, or without archive.", rule="too_large"
    )


def _write(called: str, archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], folder: Path) -> dict[Path, str]:
    """Unpack the files. What an archive's list says of sizes is not believed: what comes out is counted."""
    placed: dict[Path, str] = {}
    unpacked = packed = 0
    for number, (name, info) in enumerate(members.items()):
        # A folder each: names may differ in upper and lower case alone, or in what no file system takes.
        path = folder / f"{number:03}" / safe_name(PurePosixPath(name).name)
        path.parent.mkdir()
        packed += info.compress_size
        with archive.open(info) as source, path.open("xb") as out:
            while block := source.read(BLOCK):
                unpacked += len(block)
                _judge(called, unpacked, packed)
                out.write(block)
        if what := _archive_within(path):
            raise UnreadableFile(f"{called} holds {what}: {safe_name(name)}.", AGAIN)
        placed[path] = name
    return placed


def _archive_within(path: Path) -> str | None:
    """What kind of archive a file is, None where it is none."""
    with path.open("rb") as file:
        head = file.read(512)
    magic, place = TAR
    if head[place:].startswith(magic):
        return "a tar archive"
    found = next((what for start, what in LOOKS_LIKE.items() if head.startswith(start) and "archive" in what), None)
    return found or ("an archive" if is_archive(path) else None)
