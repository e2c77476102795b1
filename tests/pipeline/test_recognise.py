"""How a file is taken apart: encodings, delimiters, header rows, what is left out, and what is moved."""

import csv
import io
import random
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from pipelines.map import understand
from pipelines.profile import all_headers
from pipelines.read import TextTable, read
from pipelines.report import How
from pipelines.shift import shifts, unshift
from pipelines.texttable import ragged

HEADER = ["Project ID", "Project Name", "Status Date", "Health", "Department", "Budget", "Percent Complete", "Comment"]
NAMES = ("Harbour crossing", "Payroll renewal", "New ward", "Flood wall", "Data centre move", "Depot roof")


def rows_of(count: int, seed: int = 1) -> list[list[str]]:
    chance = random.Random(seed)
    return [
        [
            f"P-{number:03}",
            f"{chance.choice(NAMES)} {number}",
            f"2026-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
            chance.choice(["Green", "Amber", "Red"]),
            chance.choice(["Transport", "Health", "Education"]),
            f"{chance.randrange(10_000, 9_000_000)}.{chance.randrange(10, 100)}",
            str(chance.randrange(101)),
            chance.choice(["", "", "On course", "Waits for the permit, then starts"]),
        ]
        for number in range(1, count + 1)
    ]


class Read:
    """A file that was read: its table, the rows in the database and those that are ragged."""

    def __init__(self, path: Path, content: bytes, how: How, scratch: Path) -> None:
        path.write_bytes(content)
        self.con = duckdb.connect()
        scratch.mkdir(exist_ok=True)
        tables = read(self.con, path, "raw", all_headers(), scratch, how)
        self.tables = tables
        self.table = tables[0]

    @property
    def rows(self) -> list[list[str]]:
        found = self.con.execute(f'select * from "{self.table.relation}" order by source_row').fetchall()
        return [["" if cell is None else cell for cell in cells] for _, *cells in found]

    @property
    def lines(self) -> list[int]:
        return [line for (line,) in self.con.execute(f'select source_row from "{self.table.relation}"').fetchall()]

    @property
    def ragged(self) -> int:
        return int(self.con.execute(f'select count(*) from "{ragged(self.con, self.table)}"').fetchall()[0][0])

    @property
    def kinds(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for row in self.table.left_out:
            found[row.kind] += row.count
        return found

    def decided(self, what: str) -> tuple[str, str]:
        return next((d.value, d.why) for d in self.table.decisions if d.what == what)


@pytest.fixture
def opened(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Read a file of this content."""

    def write(content: bytes | str, name: str = "export.csv", **how: object) -> Read:
        data = content if isinstance(content, bytes) else content.encode()
        return Read(tmp_path / name, data, How(**how), tmp_path / "scratch")  # type: ignore[arg-type]

    return write


def text_of(rows: list[list[str]], delimiter: str = ",", end: str = "\n") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return out.getvalue()


def adds_up(found: Read, lines: int) -> bool:
    """Whether each line of a file without line breaks in cells is the header, data, ragged or left out."""
    table = found.table
    return lines == 1 + sum(row.count for row in table.left_out) + found.ragged + len(found.rows) and (
        table.rows == found.ragged + len(found.rows) and found.ragged == len(table.problems)
    )


def moved(table: TextTable, found: Read) -> TextTable:
    mapping = understand(table)
    return unshift(found.con, table, shifts(found.con, table, mapping))


@pytest.mark.parametrize("by", [1, 2, 5, 9])
def test_rows_with_blank_cells_before_them_are_moved_left(opened, by: int) -> None:  # type: ignore[no-untyped-def]
    good = rows_of(80)
    beside = {7, 8, 30, 79}
    found = opened(text_of([HEADER, *([*[""] * by, *row] if i in beside else row for i, row in enumerate(good))]))
    assert found.ragged + len(found.rows) == 80
    (shift,) = shifts(found.con, found.table, understand(found.table))
    assert (shift.by, shift.direction, shift.position) == (by, "left", 0)
    assert {line - 2 for line in shift.rows} == beside
    mended = unshift(found.con, found.table, [shift])
    assert found.rows == good
    assert (mended.problems, found.ragged, mended.rows) == ((), 0, 80)


@pytest.mark.parametrize("position", range(1, 7))
@pytest.mark.parametrize("by", [1, 2])
def test_blank_cells_in_the_midst_of_rows_are_taken_out(opened, position: int, by: int) -> None:  # type: ignore[no-untyped-def]
    good = [[*row[:7], f"as agreed with {row[4]}"] for row in rows_of(80)]
    beside = {3, 40, 41}
    found = opened(
        text_of(
            [
                HEADER,
                *([*row[:position], *[""] * by, *row[position:]] if i in beside else row for i, row in enumerate(good)),
            ]
        )
    )
    mended = moved(found.table, found)
    assert found.rows == good
    assert mended.problems == ()


@pytest.mark.parametrize(("position", "sure"), [(2, True), (3, True), (4, False), (5, False)])
def test_rows_that_lack_a_blank_cell_are_moved_right_or_stay(opened, position: int, sure: bool) -> None:  # type: ignore[no-untyped-def]
    good = rows_of(80)
    beside = {3, 40, 41}
    for i in beside:
        good[i][position] = ""
    found = opened(
        text_of(
            [HEADER, *([*row[:position], *row[position + 1 :]] if i in beside else row for i, row in enumerate(good))]
        )
    )
    assert found.ragged == len(found.table.problems) == len(beside)
    mended = moved(found.table, found)
    assert len(found.rows) + found.ragged == len(good)
    assert found.ragged == len(mended.problems)
    assert not (sure and found.ragged)
    assert [row for row in found.rows if row not in good] == []


def test_good_rows_are_never_moved(opened) -> None:  # type: ignore[no-untyped-def]
    chance = random.Random(4)
    for seed in range(20):
        good = rows_of(60, seed)
        for row in good:
            for place in chance.sample(range(1, 8), chance.randrange(4)):
                row[place] = chance.choice(["", "", "n/a", "TBC", "Exempt under Section 43", "12"])
        found = opened(text_of([HEADER, *good]))
        assert shifts(found.con, found.table, understand(found.table, How(export="status"))) == []


def test_rows_that_fit_in_two_ways_stay_where_they_are(opened) -> None:  # type: ignore[no-untyped-def]
    good = [[f"P-{i}", "2026-01-05", str(i), str(i + 7), str(i * 3), str(i * 2)] for i in range(1, 40)]
    header = ["Project ID", "Status Date", "Budget", "Actual Cost", "Planned Value", "Earned Value"]
    torn = ["P-50", "2026-01-05", "5", "", "8", "", "9", "1"]
    found = opened(text_of([header, *good, torn]))
    assert shifts(found.con, found.table, understand(found.table)) == []
    assert found.ragged == 1
