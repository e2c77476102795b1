"""The rules that judge, and what other values would do to the latest review. Sources: methods "Health", "Roll-up"."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from analytics.portfolio import EVIDENCE
from analytics.programs import Program, programs
from analytics.reading import NO_PROGRAM, Basis, Scope, Source
from pipelines.rules import Change, Value, changes_known, in_force

BASES: tuple[Basis, ...] = ("computed", "reported")


@dataclass(frozen=True)
class Standing:
    """The value of every rule, and every change of one, the latest first."""

    values: dict[str, Value]
    changes: tuple[Change, ...]

    @property
    def mark(self) -> str:
        """A text that differs after each change."""
        return str(self.changes[0].publication) if self.changes else ""

    def last(self, name: str) -> Change | None:
        """The change that set a rule's value; None where it is as shipped."""
        return next((change for change in self.changes if change.name == name), None)


@dataclass(frozen=True)
class Move:
    """Live projects that would go from one computed colour to another, with their budget by currency."""

    before: str
    after: str
    projects: int
    budgets: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class ProjectMove:
    """A live project that would have another computed colour; `because` are the kinds of evidence that would turn, each
    with its colour now and then."""

    project_name: str
    before: str
    after: str
    because: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class ProgramMove:
    """A program whose colour, as computed or as reported, would be another."""

    program_name: str
    basis: str
    before: str
    after: str


@dataclass(frozen=True)
class Effect:
    """What rules would do to a review: `day`, `stale` and `red` as they are and as they would be.

    `named` are all projects that would change colour: those that would turn red first, then by budget.
    """

    day: tuple[dt.date, dt.date]
    live: int
    stale: tuple[int, int]
    red: tuple[int, int]
    moves: tuple[Move, ...]
    named: tuple[ProjectMove, ...]
    programs: tuple[ProgramMove, ...]

    @property
    def projects(self) -> int:
        """How many live projects would have another computed colour."""
        return sum(move.projects for move in self.moves)


def standing(source: Source) -> Standing:
    """The rules in force, and how they came to be so."""
    with source.cursor() as con:
        return Standing(in_force(con), tuple(changes_known(con, source.publication)))


def effect(source: Source, day: dt.date, changes: tuple[tuple[str, Value], ...]) -> Effect:
    """What these rules would do to the projects and programs of a review, were it seen with them.

    They are put in force beside those that are, so the same macros judge as after a change of rules.
    """
    tried = dict(changes)
    with source.trying(tried) as trial:
        then = _moved(trial, day) if "week_ends_on" in tried else day
        before, after = _judged(source, day), _judged(trial, then)
        programs_before, programs_after = programs(source, day, Scope()), programs(trial, then, Scope())
    both = before.merge(after, on="project_key", suffixes=("", "_after"))
    changed = both[both["computed"] != both["computed_after"]]
    moves = []
    for (one, other), rows in changed.groupby(["computed", "computed_after"]):
        budgets = rows.groupby("currency")["budget"].sum(min_count=1).dropna()
        money = sorted(budgets.items(), key=lambda item: -item[1])
        moves.append(Move(str(one), str(other), len(rows), tuple((str(c), float(b)) for c, b in money)))
    moves.sort(key=lambda move: -move.projects)
    return Effect(
        (day, then),
        len(before),
        (int(before["is_stale"].sum()), int(after["is_stale"].sum())),
        (int((before["computed"] == "red").sum()), int((after["computed"] == "red").sum())),
        tuple(moves),
        _project_moves(changed),
        _program_moves(programs_before, programs_after),
    )


def _judged(source: Source, day: dt.date) -> pd.DataFrame:
    columns = f"project_key, project_name, computed, {', '.join(EVIDENCE)}, is_stale, budget, currency"
    return source.frame(f"select {columns} from {source.on(day)} where is_live")


def _project_moves(changed: pd.DataFrame) -> tuple[ProjectMove, ...]:
    ordered = changed.assign(is_red=changed["computed_after"] == "red").sort_values(
        ["is_red", "budget", "project_name"], ascending=[False, False, True], kind="stable"
    )
    return tuple(
        ProjectMove(
            row["project_name"],
            row["computed"],
            row["computed_after"],
            tuple((name, row[name], row[f"{name}_after"]) for name in EVIDENCE if row[name] != row[f"{name}_after"]),
        )
        for row in ordered.to_dict("records")
    )


def _moved(trial: Source, day: dt.date) -> dt.date:
    """The latest review date by the rules that are tried."""
    found = trial.rows("select week_end(max(status_date)) from fct_status where is_reported")[0][0]
    return found if isinstance(found, dt.date) else day


def _program_moves(before: Iterable[Program], after: Iterable[Program]) -> tuple[ProgramMove, ...]:
    others = {program.program_id: program for program in after}
    moves = [
        ProgramMove(one.program_name, basis, one.rollup(basis).state, others[one.program_id].rollup(basis).state)
        for one in sorted(before, key=lambda p: (p.program_id == NO_PROGRAM, p.program_name.lower(), p.program_id))
        for basis in BASES
        if one.program_id in others
    ]
    return tuple(move for move in moves if move.before != move.after)
