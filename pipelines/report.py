"""What a load is asked to do, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.problems import Problem, RightworkError, UnreadableFile


@dataclass(frozen=True)
class Request:
    """What a load was asked to do.

    `source` names where the files come from, in place of the profile's; `constants` fill columns that the files lack;
    `dates` settles day and month, `decimal` the decimal sign.
    """

    files: Sequence[Path]
    export: str | None = None
    profile: str | None = None
    source: str | None = None
    constants: dict[str, str] = field(default_factory=dict)
    dates: str | None = None
    decimal: str | None = None
    dry_run: bool = False
    quarantine: bool = False


@dataclass
class FileReport:
    """What became of one file, or of one sheet of a workbook.

    `refused` says that the file as a whole could not be used (no row of it was judged), `unreadable` that it could
    not even be read as a table; `assumed` what was assumed where the file says nothing. In a dry run the counts say
    what would happen.
    """

    file: str
    sheet: str | None = None
    export: str | None = None
    profile: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_row: int | None = None
    rows_read: int = 0
    rows_loaded: int = 0
    rows_new: int = 0
    rows_restated: int = 0
    rows_unchanged: int = 0
    rows_rejected: int = 0
    warnings: int = 0
    problems: list[Problem] = field(default_factory=list)
    assumed: str | None = None
    ignored_columns: tuple[str, ...] = ()
    refused: bool = False
    unreadable: bool = False
    load_id: int | None = None
    version: int | None = None
    seconds: float = 0.0

    def refuse(self, error: RightworkError) -> None:
        """Take what stopped the file as its problems."""
        self.refused = True
        self.unreadable = isinstance(error, UnreadableFile)
        self.problems += getattr(error, "problems", None) or [
            Problem(getattr(error, "rule", "unusable"), error.message, error.fix, row=getattr(error, "row", None))
        ]

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values, for JSON."""
        plain = {name: value for name, value in vars(self).items() if name not in ("refused", "unreadable")}
        return plain | {
            "ignored_columns": list(self.ignored_columns),
            "problems": [p.as_dict() for p in self.problems],
            "seconds": round(self.seconds, 3),
        }


@dataclass
class LoadReport:
    """What became of a load command. `published` is the new publication's number, None where nothing was published;
    `copy_seconds` is the share of the time that went into copying the store; `cleared_sample` says that the sample
    organisation made room (in a dry run: would make room) for these files."""

    files: list[FileReport]
    copy_seconds: float = 0.0
    dry_run: bool = False
    blocked: bool = False
    published: int | None = None
    cleared_sample: bool = False

    @property
    def exit_status(self) -> int:
        """0 published, clean dry run or nothing to do; 1 problems in the data; 2 a file could not be read."""
        if any(f.unreadable for f in self.files):
            return 2
        return 1 if self.blocked else 0

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values, for JSON."""
        return {
            "published": self.published,
            "cleared_sample": self.cleared_sample,
            "files": [file.as_dict() for file in self.files],
        }
