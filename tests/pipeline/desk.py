"""A warehouse in a test's folder, and the moves that tests make on it: load a few rows, undo, look at the tables."""

import datetime as dt
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb

from pipelines import build
from pipelines.load import load
from pipelines.publications import reinstate, withdraw
from pipelines.report import How, LoadReport, Request
from pipelines.warehouse import Reading, Warehouse

TODAY = dt.date(2026, 11, 20)
DERIVED = (
    "fct_status",
    "mart_health_week",
    "mart_program_week",
    "review_date",
    "project_alias",
    "project_attribute",
    "stg_goals",
    "stg_programs",
    "stg_projects",
    "stg_dependencies",
    "stg_benefits",
    "fct_milestone",
    "fct_risk",
    "evidence_week",
    "baseline_said",
    "fct_baseline",
    "milestone_original",
    "rule_in_force",
    "fct_capacity",
    "fct_demand",
    "fct_assignment",
    "fct_alignment",
    "resources_week",
)

Rows = Counter[tuple[Any, ...]]


def day(text: str) -> dt.date:
    """A date from "2026-01-05", or from "01-05" in the year 2026."""
    return dt.date.fromisoformat(text if len(text) > 5 else f"2026-{text}")


def csv(text: str) -> str:
    """Lines of an export as they stand in a test, without their indentation; fields may be padded with spaces."""
    lines = (line.strip() for line in text.strip().splitlines())
    return "".join(",".join(field.strip() for field in line.split(",")) + "\n" for line in lines)


class Desk:
    """A warehouse, and what a person does at it. Exports are texts; each becomes a file of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.warehouse = Warehouse(folder / "warehouse")
        self._files = 0

    def file(self, text: str) -> Path:
        """Write an export's text to a new file."""
        self._files += 1
        path = self.folder / f"export{self._files}.csv"
        path.write_text(csv(text), "utf-8")
        return path

    def try_load(self, *texts: str, **asked: Any) -> LoadReport:
        """Load exports as one publication; the report, whatever it says."""
        shared = How(**{name: asked.pop(name) for name in list(asked) if name in How.__dataclass_fields__})
        return load(self.warehouse, Request([self.file(text) for text in texts], shared, **asked), today=TODAY)

    def load(self, *texts: str, **asked: Any) -> list[int]:
        """Load exports as one publication that must succeed; the numbers of its loads."""
        report = self.try_load(*texts, **asked)
        assert not report.blocked, [p for f in report.files for p in f.problems]
        return [f.load_id for f in report.files if f.load_id]

    def undo(self, load_id: int) -> int:
        """Withdraw a load; the new publication."""
        return withdraw(self.warehouse, load_id, "a test")

    def redo(self, load_id: int) -> int:
        """Let a withdrawn load count again; the new publication."""
        return reinstate(self.warehouse, load_id, "a test")

    def rows(self, sql: str, publication: int | None = None) -> list[tuple[Any, ...]]:
        """What a query gives, as known at a publication (default: the latest)."""
        with self.warehouse.reading(publication) as reading:
            return reading.cursor().sql(sql).fetchall()

    def tables(self, publication: int | None = None) -> dict[str, Rows]:
        """Every derived table as known at a publication (default: the latest)."""
        with self.warehouse.reading(publication) as reading:
            return tables(reading)

    def rebuilt(self) -> dict[str, Rows]:
        """Every derived table, built anew from the facts of the latest publication."""
        copy = self.folder / f"copy{self.warehouse.publication()}.duckdb"
        shutil.copyfile(self.warehouse.facts.path(), copy)
        with duckdb.connect(str(copy)) as con:
            build.rebuild(con, self.warehouse.publication())
            found = _tables(con)
        copy.unlink()
        return found


def tables(reading: Reading) -> dict[str, Rows]:
    """Every derived table of a reading, as rows without order."""
    return _tables(reading.cursor())


def _tables(con: duckdb.DuckDBPyConnection) -> dict[str, Rows]:
    return {name: Counter(con.sql(f"from {name}").fetchall()) for name in DERIVED}


def differences(one: dict[str, Rows], other: dict[str, Rows]) -> dict[str, tuple[list[Any], list[Any]]]:
    """Per table the rows that only one of the two has; empty where all agree."""
    return {
        name: (list((one[name] - other[name]).elements()), list((other[name] - one[name]).elements()))
        for name in one
        if one[name] != other[name]
    }
