"""A delivery: files that came by themselves (from the inbox folder, by HTTP), loaded as one publication.

It runs in the worker, and leaves its reports as files: whoever asked for it never holds what a hostile file brings up.
"""

import contextlib
import dataclasses
import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.files import digest
from pipelines.problems import RightworkError
from pipelines.report import FileReport, LoadReport, Request, stops
from pipelines.warehouse import Warehouse

Progress = Callable[[str, float], None]

JSON, TEXT = "report.json", "report.txt"


@dataclass(frozen=True)
class Delivery:
    """What became of a delivery.

    `publication` is the one that its files came with, now or before, None where they did not; `is_new` says that it is
    of now. `bad` are the files that stopped it, each with the folder that holds its own report; `lines` say of each
    file in one line what became of it.
    """

    publication: int | None = None
    is_new: bool = False
    is_blocked: bool = False
    bad: dict[Path, Path] = field(default_factory=dict)
    lines: dict[Path, str] = field(default_factory=dict)


def deliver(
    warehouse: Warehouse, request: Request, folder: Path, since: int | None = None, progress: Progress | None = None
) -> Delivery:
    """Load files as one publication, and write what became of them into a folder.

    The folder then holds `report.json`, as `load --json` prints it, and `report.txt`; where something stopped the
    publication, a folder with both for each bad file as well. With `since`, files of which a later publication than
    that loaded any are not loaded again: whoever delivered them was ended between their publication and what follows.
    """
    from pipelines.load import load

    if since is not None and (publication := _brought(warehouse, _digests(request, folder), since)):
        _write(folder, LoadReport([], published=publication))
        return Delivery(publication, lines=dict.fromkeys(request.files, "put away now"))
    report = load(warehouse, request, progress=progress)
    _write(folder, report)
    of = {path: [f for f in report.files if f.path and path in (f.path, *f.path.parents)] for path in request.files}
    lines = {path: _line(files) for path, files in of.items()}
    if report.blocked:
        stopped_by = [path for path, files in of.items() if stops(files, quarantine=request.quarantine)] or list(of)
        bad = {path: folder / f"file{number}" for number, path in enumerate(stopped_by)}
        for path, place in bad.items():
            place.mkdir()
            _write(place, dataclasses.replace(report, files=of[path]))
        return Delivery(is_blocked=True, bad=bad, lines=lines)
    if request.dry_run:
        return Delivery(lines=lines)
    digests = {file.digest for file in report.files if file.digest}
    return Delivery(report.published or _brought(warehouse, digests), bool(report.published), lines=lines)


def write_error(folder: Path, error: RightworkError) -> None:
    """Write the reports of a delivery that came to no end of its own, as `load --json` prints them."""
    (folder / JSON).write_text(json.dumps({"error": error.message, "fix": error.fix, "files": []}), "utf-8")
    (folder / TEXT).write_text(f"Error: {error.message}\n  {error.fix}\n", "utf-8", "backslashreplace")


def _write(folder: Path, report: LoadReport) -> None:
    """Write a report, as far as there is room for it: what was published is published all the same."""
    from pipelines.printed import print_report

    with contextlib.suppress(OSError):
        with (folder / JSON).open("w", encoding="utf-8") as file:
            json.dump(report.as_dict(), file)
        text = (folder / TEXT).open("w", encoding="utf-8", errors="backslashreplace")
        with text, contextlib.redirect_stdout(text):
            print_report(report)


def _digests(request: Request, folder: Path) -> set[str]:
    """The digests of a request's files, and of those in its archives."""
    from pipelines import archive

    place = folder / "unpacked"
    files = archive.opened(request, place)[0].files
    found = set()
    for path in files:
        with contextlib.suppress(OSError):
            found.add(digest(path))
    shutil.rmtree(place, ignore_errors=True)
    return found


def _brought(warehouse: Warehouse, digests: Iterable[str], since: int = 0) -> int | None:
    """The latest publication after one that loaded a file of one of these digests, None where there is none."""
    if not warehouse.facts.version():
        return None
    with warehouse.facts.read() as con:
        found = con.execute(
            "select max(publication) from load_event join load using (load_id) "
            "where event = 'committed' and publication > ? and list_contains(?::varchar[], digest)",
            [since, list(digests)],
        ).fetchall()
    publication: int | None = found[0][0]
    return publication


def _line(files: list[FileReport]) -> str:
    """What became of a file, in a few words."""
    if any(file.refused for file in files):
        return next((file.problems[0].message for file in files if file.refused and file.problems), "cannot be used")
    counts = ("read", "new", "restated", "unchanged", "rejected")
    return "rows " + ", ".join(f"{sum(getattr(file, f'rows_{name}') for file in files):,} {name}" for name in counts)
