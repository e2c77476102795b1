"""What a load is asked to do, and what became of it."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipelines.effect import Effect
from pipelines.problems import Decision as Decision
from pipelines.problems import LeftOut as LeftOut
from pipelines.problems import Offered as Offered
from pipelines.problems import Problem, RightworkError, UnreadableFile


@dataclass(frozen=True)
class How:
    """How a file is to be read, where it does not tell itself.

    `source` names where it comes from, in place of the profile's; `constants` fill columns that it lacks, or stand in
    for them; `dates` ("dmy", "mdy") settles day and month, `decimal` (",", ".") the decimal sign. `encoding`,
    `delimiter` and `header_row` (its line, from 1) say how its text is taken apart; `sheet` is the one sheet of a
    workbook to read, and `headings` is "rows" where rows that seem to name groups are data, `hidden` is
    "out" where rows that a sheet hides are none, `wrapped` is "cells" where lines that stand in quotation marks as a
    whole are one cell each. `columns` maps columns of
    the contract to the header that feeds them ("": none does), `values` spellings of a column's choices to allowed
    values, `attributes` are headers that are kept beside the contract's columns; of headers that are alike the second
    is named "Sprint [2]". `scale` is the unit of its amounts (1000000 for millions). `repairs` are the accepted ones,
    by their names (see `pipelines.repair`). `name` is what the file is called, where it lies under another name.
    """

    export: str | None = None
    profile: str | None = None
    source: str | None = None
    constants: dict[str, str] = field(default_factory=dict)
    dates: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_row: int | None = None
    sheet: str | None = None
    headings: str | None = None
    hidden: str | None = None
    wrapped: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    attributes: tuple[str, ...] = ()
    scale: float | None = None
    repairs: tuple[str, ...] = ()
    name: str | None = None


SHEET_NAME = "sheet name"  # as a value for all rows: the day in the name of each sheet
HERE = How()  # as the file tells


@dataclass(frozen=True)
class Request:
    """What a load was asked to do: its files, and how they are to be read.

    `own` says it for single files, in place of what is said for all. With `keep`, a folder, the report holds the first
    problems of each kind only, and a dry run writes all of them, and the rejected rows, into that folder (see
    `pipelines.findings`). With `weigh` a dry run builds the models too, and says what would change in the figures.
    `without` are files within archives to be left out: the archive's path, and below it the file's name.
    """

    files: Sequence[Path]
    shared: How = HERE
    dry_run: bool = False
    quarantine: bool = False
    own: Mapping[Path, How] = field(default_factory=dict)
    keep: Path | None = None
    weigh: bool = False
    without: Collection[Path] = ()

    def how(self, file: Path) -> How:
        """How one of the files is to be read."""
        return self.own.get(file, self.shared)


@dataclass(frozen=True)
class Repair:
    """A mend of what a file says, offered or accepted: never made unasked.

    `name` is the same for the same file at each check; `How.repairs` accepts by it. `rule` groups repairs of a kind,
    `column` is the file's header (None: whole rows), `before` and `after` the cell's text, `count` how many rows it
    mends, `rows` the first of their lines, `why` what makes it likely.
    """

    name: str
    rule: str
    column: str | None
    before: str
    after: str
    count: int
    rows: tuple[int, ...]
    why: str
    accepted: bool = False


@dataclass(frozen=True)
class ValueRead:
    """One text in a column of choices: how often it stands there, the allowed value that it is read as (None: not
    known), and what it may mean."""

    text: str
    count: int
    read_as: str | None
    suggested: str | None = None


@dataclass(frozen=True)
class ColumnRead:
    """One column of a file: its header, the contract's column that it feeds (None: not used), and what its cells say.

    `examples` are up to three of its texts, `read_as` what the first of them became. `decided` is the order of day and
    month ("dmy", "mdy") or the decimal sign (",", ".") by which the column is read, None where it needs neither.
    `suggested` is the column that an unused one may feed, and `why` what speaks for it; `kept` says that it is kept as
    an attribute. `values` are the texts of a column of choices.
    """

    header: str
    column: str | None
    examples: tuple[str, ...] = ()
    read_as: str | None = None
    decided: str | None = None
    suggested: str | None = None
    why: str = ""
    kept: bool = False
    values: tuple[ValueRead, ...] = ()


@dataclass(frozen=True)
class Change:
    """One cell that a load would restate, as text; None is an empty cell. `row` is the line in the file."""

    row: int
    key: str
    column: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class Mark:
    """What was found in a cell: the header of its column (None: the whole row), how severe it is, and the rules."""

    header: str | None
    severity: str
    rules: tuple[str, ...]


@dataclass(frozen=True)
class GridRow:
    """A row with problems: its line, its cells under the grid's headers, and what was found in which of them."""

    row: int
    cells: tuple[str | None, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Grid:
    """The first rows with problems, as they stand in the file. `total` counts all such rows, `hidden` the columns that
    are not shown."""

    headers: tuple[str, ...]
    rows: tuple[GridRow, ...]
    total: int
    hidden: int = 0


@dataclass
class FileReport:
    """What became of one file, or of one sheet of a workbook.

    `refused` says that the file as a whole could not be used (no row of it was judged), `unreadable` that it could
    not even be read as a table; `counts` how many problems there are of each kind (severity, rule, column, fix) of
    which not all are listed; `assumed` what was assumed where the file says nothing. In a dry run the counts say
    what would happen, and more fields are filled: `columns`, how each header was read; `changes`, the first cells that
    would be restated; `changed_cells`, how many there are in each column; and `missing`, the first of the
    `rows_missing` keys that the last load of this export and source had, with their names in `missing_names` where
    they have one. `decisions` say how the file was taken
    apart, `left_out` which of its rows are no data, `repairs` what is offered and what was accepted; `grid` has the
    rows with problems, `corrected` names the files to be mended from (see `pipelines.corrected`) and `rejected` the one
    of its rejected rows alone. `headers` are the file's own, `feeds` says for each column of the contract that is read
    which of them it is from, `scale` and `currency` by what its amounts are read, `scales` the units of single columns.
    `attributes_new` counts the cells of kept columns that are not known yet. `offered` holds values for columns that a
    refused file lacks, as it states them itself. `suggested_export` is what a file that fits no export, or was taken
    for another, may be, `first_lines` how a text file begins.
    """

    file: str
    sheet: str | None = None
    digest: str | None = None
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
    rows_flawed: int = 0
    warnings: int = 0
    problems: list[Problem] = field(default_factory=list)
    counts: dict[tuple[str, str, str | None, str], int] = field(default_factory=dict)
    assumed: str | None = None
    headers: tuple[str, ...] = ()
    feeds: dict[str, str] = field(default_factory=dict)
    scale: float = 1
    scales: dict[str, float] = field(default_factory=dict)
    currency: str | None = None
    attributes_new: int = 0
    suggested_export: str | None = None
    first_lines: tuple[str, ...] = ()
    ignored_columns: tuple[str, ...] = ()
    source: str | None = None
    decisions: list[Decision] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    columns: list[ColumnRead] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    changed_cells: dict[str, int] = field(default_factory=dict)
    grid: Grid | None = None
    corrected: tuple[str, ...] = ()
    rejected: str | None = None
    offered: list[Offered] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    missing_names: dict[str, str] = field(default_factory=dict)
    rows_missing: int = 0
    path: Path | None = None
    refused: bool = False
    unreadable: bool = False
    load_id: int | None = None
    version: int | None = None
    seconds: float = 0.0

    @property
    def quality(self) -> float | None:
        """The share of the rows read that have no error and no warning; None where none was read, or judged."""
        if self.refused or not self.rows_read:
            return None
        return 1 - min(self.rows_flawed, self.rows_read) / self.rows_read

    def refuse(self, error: RightworkError) -> None:
        """Take what stopped the file as its problems."""
        self.refused = True
        self.unreadable = isinstance(error, UnreadableFile)
        self.problems += getattr(error, "problems", None) or [
            Problem(getattr(error, "rule", "unusable"), error.message, error.fix, row=getattr(error, "row", None))
        ]

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values, for JSON."""
        plain = {
            name: value for name, value in vars(self).items() if name not in ("refused", "unreadable", "path", "counts")
        }
        return plain | {
            "quality": self.quality,
            "ignored_columns": list(self.ignored_columns),
            "headers": list(self.headers),
            "first_lines": list(self.first_lines),
            "decisions": [asdict(decision) for decision in self.decisions],
            "left_out": [asdict(row) for row in self.left_out],
            "repairs": [asdict(repair) for repair in self.repairs],
            "columns": [asdict(column) for column in self.columns],
            "changes": [asdict(change) for change in self.changes],
            "offered": [asdict(one) for one in self.offered],
            "grid": asdict(self.grid) if self.grid else None,
            "corrected": list(self.corrected),
            "problems": [p.as_dict() for p in self.problems],
            "seconds": round(self.seconds, 3),
        }


def stops(files: Sequence[FileReport], *, quarantine: bool) -> bool:
    """Whether what became of files stops a publication: one that cannot be used does, and so does a rejected row; with
    quarantine only where no row is good."""
    if any(file.refused for file in files):
        return True
    rejected = any(file.rows_rejected for file in files)
    return rejected and not (quarantine and any(file.rows_loaded or file.rows_unchanged for file in files))


@dataclass
class LoadReport:
    """What became of a load command. `published` is the new publication's number, None where nothing was published
    (`published_at` in UTC);
    `copy_seconds` is the share of the time that went into copying the store; `has_news` says that the files hold
    something that is not loaded yet; `cleared_sample` that the sample organisation made room (in a dry run: would make
    room) for them."""

    files: list[FileReport]
    copy_seconds: float = 0.0
    dry_run: bool = False
    blocked: bool = False
    published: int | None = None
    published_at: dt.datetime | None = None
    published_by: str | None = None
    has_news: bool = False
    cleared_sample: bool = False
    effect: Effect | None = None

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
            "published_at": self.published_at.isoformat() if self.published_at else None,
            "published_by": self.published_by,
            "has_news": self.has_news,
            "cleared_sample": self.cleared_sample,
            "effect": self.effect.as_dict() if self.effect else None,
            "files": [file.as_dict() for file in self.files],
        }
