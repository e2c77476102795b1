"""What can be said of an export: what was decided and left out, problems in its cells, errors that stop a command."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import takewhile
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a file, placed so that a person can find and mend it.

    `row` is the line number in the file (the sheet's row number in a workbook), None where the whole file is
    meant; `column` the file's own header; `severity` is "error" (the row is rejected) or "warning" (it loads, flagged).
    """

    rule: str
    message: str
    fix: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    severity: str = "error"

    def as_dict(self) -> dict[str, Any]:
        """The problem as plain values, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Decision:
    """One thing that was decided about a file: what ("encoding", "header row", "dates of Start"), as what, and why.

    `setting` is the field of `How` that decides otherwise, None where nothing does.
    """

    what: str
    value: str
    why: str
    setting: str | None = None


@dataclass(frozen=True)
class LeftOut:
    """A row of a file that is no data: its line, what it is ("empty", "total", "footer", "preamble", "header again",
    "group heading", "repeated", "hidden", "rule", "sep"), and what it says. `count` is above 1 where it stands for
    later rows of the kind as well, too many to be named."""

    row: int
    kind: str
    text: str
    count: int = 1


@dataclass(frozen=True)
class Offered:
    """A value for all rows of a column that a file lacks, as the file itself says it: where, `why` tells in words."""

    column: str
    value: str
    why: str


def headline(problems: Sequence[Problem]) -> str:
    """What problems of one rule and fix have in common, in words: what all messages begin with, else the first one."""
    first, *others = {problem.message for problem in problems}
    alike = takewhile(lambda letters: len({*letters}) == 1, zip(first, *others, strict=False))
    common = "".join(letters[0] for letters in alike)
    ends = max(common.rfind(mark) for mark in (", ", "; ", ": ")) if others else len(first)
    return common[:ends] if ends > 0 else problems[0].message


class RightworkError(Exception):
    """An error that a person can act on: one line that says what happened and one that says what to do."""

    exit_status = 2

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    @property
    def sentences(self) -> str:
        """What happened and what to do, in one line of whole sentences."""
        return " ".join(f"{text.rstrip('.')}." for text in (self.message, self.fix) if text)


class UsageError(RightworkError):
    """A command that asks for something that is not there."""


class UnreadableFile(RightworkError):
    """A file that cannot be turned into a table. `row` is the line where reading broke, if there is one."""

    def __init__(self, message: str, fix: str = "", row: int | None = None, rule: str = "unreadable") -> None:
        super().__init__(message, fix)
        self.row = row
        self.rule = rule


class DataProblem(RightworkError):
    """A readable file that cannot be loaded as it stands, with its problems."""

    exit_status = 1

    def __init__(self, message: str, fix: str = "", problems: list[Problem] | None = None) -> None:
        super().__init__(message, fix)
        self.problems = problems or []


class StoreError(RightworkError):
    """The store could not be read or written; nothing was changed."""


class StoreBusy(StoreError):
    """Another process holds the store's lock."""


class StoreFull(StoreError):
    """The disk, or a limit on file size, left no room; nothing was changed."""
