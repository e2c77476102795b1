"""Faults at known cells are found at their row and column, all of them, and nothing else is; what is right goes in."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from faults import (
    HARMLESS,
    HEADER_FAULTS,
    IN_A_WORKBOOK,
    NOT_IN_A_WORKBOOK,
    ROW_FAULTS,
    STOPS_THE_FILE,
    STYLES,
    TODAY,
    Put,
    Row,
    Sheet,
    Style,
    all_exports,
    cell_faults,
    sheet,
    values,
    with_cell_faults,
    with_row_fault,
)

from pipelines.load import load
from pipelines.problems import Problem
from pipelines.report import FileReport, Request
from pipelines.warehouse import Warehouse
from tests.by_sql import judged_by_sql
from tests.prove import keep

PLAIN, *OTHERS = STYLES
EACH_EXPORT = pytest.mark.parametrize("export", all_exports())
# One export stands for all in the other styles; every kind in every style is for `make prove`.
EACH_OTHER_STYLE = pytest.mark.parametrize("style", OTHERS, ids=lambda style: style.name)
RICH = "projects"  # columns of every type

RowFault = Callable[..., list[Put]]
HeaderFault = Callable[[Sheet, random.Random], Put | None]
Variant = Callable[[Sheet], None]


class Gate:
    """A warehouse that holds a valid load of every export, against which files are checked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.warehouse = Warehouse(folder / "warehouse")
        self.rows: dict[str, list[Row]] = {export: values(export, random.Random(7)) for export in all_exports()}
        files = [sheet(export, PLAIN, random.Random(7), self.rows[export]).write(folder) for export in all_exports()]
        report = load(self.warehouse, Request(files), today=TODAY)
        assert report.published, [problem for file in report.files for problem in file.problems]

    def check(self, path: Path) -> FileReport:
        """What the gate says of a file."""
        (file,) = load(self.warehouse, Request([path], dry_run=True), today=TODAY).files
        return file


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return Gate(tmp_path_factory.mktemp("gate"))


@pytest.fixture
def by_sql() -> Iterator[None]:
    """For one test: the others of this file are judged by Great Expectations."""
    with judged_by_sql():
        yield


def places(report: FileReport) -> set[int]:
    """The rows that a report says were left out as no rows of the table, or can be mended as a whole."""
    offered = {row for repair in report.repairs if repair.column is None for row in repair.rows}
    return {left.row for left in report.left_out} | offered


def is_at(put: Put, made: Sheet, problem: Problem) -> bool:
    """Whether a problem stands at a fault, by a rule that may name it."""
    if problem.row != put.line.number or (put.rules is not None and problem.rule not in put.rules):
        return False
    return put.column is None or problem.column == made.headers[put.column].strip()


def says_all(put: Put, problem: Problem) -> bool:
    """Whether a problem holds the value as it stands in the file, what is wrong, and what to do."""
    holds = put.value is None or problem.value == put.value.strip()
    return holds and bool(problem.message) and problem.fix.endswith(".")


@dataclass
class Tally:
    """How many faults of a kind were put into an export, and how many were found; what was not as it should be."""

    put: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    files: int = 0

    def judge(self, gate: Gate, made: Sheet, *, stops: bool = False) -> None:
        """Check a file, and count its faults. `stops`: the file as a whole can't be used."""
        self.files += 1
        report = gate.check(made.write(gate.folder))
        elsewhere = places(report)
        for one in made.puts:
            where = one.kind, made.form.export
            self.put[where] += 1
            at = [problem for problem in report.problems if is_at(one, made, problem) and says_all(one, problem)]
            is_whole = one.column is None or one.kind == "total row"  # which is left out, or rejected by its key
            if at or (is_whole and one.line.number in elsewhere):
                self.found[where] += 1
            else:
                row = [problem for problem in report.problems if problem.row == one.line.number]
                self.wrong.append(f"{one.kind} at row {one.line.number}, {one.column} ({one.value!r:.40}): {row}")
        struck = {one.line.number: one for one in made.puts}
        for problem in report.problems:
            fault = struck.get(problem.row or 0)
            if not fault or not (is_at(fault, made, problem) or problem.rule in fault.also):
                self.wrong.append(f"flagged without a fault: {problem}")
        right = len(made.lines) - len(struck)
        if report.refused != stops:
            self.wrong.append(f"refused: {report.refused}")
        elif not stops and not (report.rows_rejected <= len(struck) and report.rows_unchanged >= right):
            self.wrong.append(f"{report.rows_rejected} rejected and {report.rows_unchanged} unchanged, {right} right")

    def table(self) -> str:
        """Kinds by exports: how many were found of how many."""
        exports = all_exports()
        kinds = sorted({kind for kind, _ in self.put})
        lines = [f"{'Fault':36}" + "".join(f"{export:>14}" for export in exports)]
        for kind in kinds:
            cells = [(self.found[kind, export], self.put[kind, export]) for export in exports]
            lines.append(f"{kind:36}" + "".join(f"{f'{n} of {of}' if of else '-':>14}" for n, of in cells))
        whole = f"{sum(self.found.values()):,} of {sum(self.put.values()):,} faults of {len(kinds)} kinds"
        return "\n".join([*lines, f"{whole} found at their row and column, in {self.files:,} files"])


def is_not_flagged(gate: Gate, export: str, style: Style) -> None:
    """An export that holds no fault is read whole, and nothing is said of it."""
    made = sheet(export, style, random.Random(1), gate.rows[export])
    report = gate.check(made.write(gate.folder))
    assert report.problems == []
    assert (report.export, report.rows_read, report.rows_unchanged) == (export, 40, 40)


@EACH_EXPORT
def test_what_is_right_is_not_flagged(gate: Gate, export: str) -> None:
    is_not_flagged(gate, export, PLAIN)


@EACH_OTHER_STYLE
def test_what_is_right_is_not_flagged_in_any_style(gate: Gate, by_sql: None, style: Style) -> None:
    is_not_flagged(gate, RICH, style)


@pytest.mark.parametrize("variant", HARMLESS, ids=lambda variant: variant.__name__)
def test_what_is_odd_and_right_is_not_flagged(gate: Gate, by_sql: None, variant: Variant) -> None:
    styles = STYLES[0:2] if variant in NOT_IN_A_WORKBOOK else STYLES
    made = sheet(RICH, random.Random(variant.__name__).choice(styles), random.Random(1), gate.rows[RICH])
    variant(made)
    report = gate.check(made.write(gate.folder))
    assert report.problems == [], made.style
    assert report.rows_unchanged == 40, made.style


@EACH_EXPORT
def test_every_kind_of_fault_in_every_column_is_found(gate: Gate, by_sql: None, export: str) -> None:
    tally = Tally()
    for made in with_cell_faults(export, PLAIN, random.Random(3), gate.rows[export]):
        tally.judge(gate, made)
    assert tally.wrong == []
    assert tally.found == tally.put


@EACH_OTHER_STYLE
def test_faults_are_found_in_any_style(gate: Gate, by_sql: None, style: Style) -> None:
    tally = Tally()
    tally.judge(gate, next(with_cell_faults("status", style, random.Random(5), gate.rows["status"])))
    assert tally.wrong == []


@pytest.mark.parametrize("export", ["goals", "programs", "status"])
@pytest.mark.parametrize("fault", ROW_FAULTS, ids=lambda fault: fault.__name__)
def test_every_fault_in_a_row_is_found(gate: Gate, by_sql: None, export: str, fault: RowFault) -> None:
    tally = Tally()
    made = with_row_fault(export, PLAIN, random.Random(3), gate.rows[export], fault)
    tally.judge(gate, made, stops=fault in STOPS_THE_FILE)
    assert tally.wrong == []


def header_fault_is_found(gate: Gate, made: Sheet, put: Put) -> bool:
    """Whether a fault in the header is told at the header's row, or as a column that is not used."""
    report = gate.check(made.write(gate.folder))
    told = any(is_at(put, made, problem) and problem.fix.endswith(".") for problem in report.problems)
    return told or put.value in [header.strip() for header in report.ignored_columns]


@EACH_EXPORT
@pytest.mark.parametrize("fault", HEADER_FAULTS, ids=lambda fault: fault.__name__)
def test_every_fault_in_a_header_is_found(gate: Gate, by_sql: None, export: str, fault: HeaderFault) -> None:
    made = sheet(export, PLAIN, random.Random(3), gate.rows[export])
    if put := fault(made, random.Random(3)):
        assert header_fault_is_found(gate, made, put)


@EACH_EXPORT
def test_there_are_enough_kinds(export: str) -> None:
    assert len({fault.kind for fault, _ in cell_faults(export)}) + len(ROW_FAULTS) + len(HEADER_FAULTS) >= 25


@pytest.mark.prove
def test_all_faults_in_all_styles_are_found(gate: Gate, by_sql: None) -> None:
    """Every kind, in every column that it can strike, in every style; rows and headers too, at several places."""
    tally, right = Tally(), 0
    for seed, style in enumerate(STYLES):
        for export in all_exports():
            dice, rows = random.Random(seed), gate.rows[export]
            for made in with_cell_faults(export, style, dice, rows):
                tally.judge(gate, made)
            for fault in ROW_FAULTS:
                for _ in range(3):
                    if fits(fault, style):
                        made = with_row_fault(export, style, dice, rows, fault)
                        tally.judge(gate, made, stops=fault in STOPS_THE_FILE)
            for in_header in HEADER_FAULTS:
                made = sheet(export, style, dice, rows)
                if put := in_header(made, dice):
                    tally.files += 1
                    tally.put[put.kind, export] += 1
                    tally.found[put.kind, export] += header_fault_is_found(gate, made, put)
            for n, variant in enumerate([lambda made: None, *HARMLESS]):
                if variant not in NOT_IN_A_WORKBOOK or not style.workbook:
                    made = sheet(export, style, random.Random(n), rows)
                    variant(made)
                    report = gate.check(made.write(gate.folder))
                    assert (report.problems, report.rows_unchanged) == ([], 40), (variant, style, export)
                    right += 40
    said = f"{right:,} rows without a fault were read in {len(STYLES)} styles; none was flagged"
    keep("Faults at known cells", f"{tally.table()}\n{said}")
    assert tally.wrong == []
    assert tally.found == tally.put


def fits(fault: RowFault, style: Style) -> bool:
    """Whether a fault in a row can be written in a style."""
    if fault.__name__ in ("_bad_byte", "_second_file") and style.encoding not in ("utf-8", "utf-8-sig"):
        return False
    return fault in IN_A_WORKBOOK or not style.workbook
