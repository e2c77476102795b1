"""Writes one export of the sample: numbers are collected in blocks, and the database writes them as text."""

from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.sample_course import MISSING

_BLOCK = 200_000


class Table:
    """A CSV file in the making. `columns` are the file's: name -> SQL over the numbers that `add` is given.

    `texts` names the numbers that are places in a list of texts, MISSING standing for none.
    """

    def __init__(self, path: Path, columns: dict[str, str], texts: dict[str, list[str]]) -> None:
        self.path, self.columns = path, columns
        self._texts = {name: np.array([*found, None], dtype=object) for name, found in texts.items()}
        self._block: list[dict[str, NDArray[Any]]] = []
        self._con = duckdb.connect(":memory:", config={"preserve_insertion_order": "true"})
        self._begun = False

    def __enter__(self) -> "Table":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            if kind is None:
                self._append()
                target = str(self.path).replace("'", "''")
                columns = ", ".join(f"{sql} as {name}" for name, sql in self.columns.items())
                self._con.execute(f"copy (select {columns} from numbers) to '{target}' (format csv, header)")
        finally:
            self._con.close()

    def add(self, rows: dict[str, NDArray[Any]]) -> None:
        """Take the numbers of some rows, each an array of the same length."""
        self._block.append(rows)
        if sum(len(next(iter(one.values()))) for one in self._block) >= _BLOCK:
            self._append()

    def _append(self) -> None:
        if not self._block:
            return
        frame = pd.DataFrame({name: np.concatenate([one[name] for one in self._block]) for name in self._block[0]})
        # The last place stands for no text, as MISSING is -1.
        for name, texts in self._texts.items():
            frame[name] = texts[frame[name]]
        self._con.register("block", frame)
        varchar = "".join(f", {name}::varchar as {name}" for name in self._texts)
        kinds = f"select * exclude ({', '.join(self._texts)}){varchar} from block" if self._texts else "from block"
        self._con.execute(f"{'insert into numbers by name' if self._begun else 'create table numbers as'} {kinds}")
        self._con.unregister("block")
        self._block.clear()
        self._begun = True


def project_id(digits: int) -> str:
    """SQL of a project's identifier from its place."""
    return f"'P-' || lpad((project + 1)::varchar, {digits}, '0')"


def date(name: str) -> str:
    """SQL of a day counted from 1970-01-01, empty where MISSING."""
    return f"date '1970-01-01' + nullif({name}, {MISSING})"


def milestone_id(name: str) -> str:
    """SQL of a milestone's identifier within its project, from its place."""
    return f"'M-' || lpad(({name} + 1)::varchar, 2, '0')"
