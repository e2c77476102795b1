"""Exports of every contract that are known to be right, in any usual style, and faults put into them at known cells."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.contract import EXPORTS, Column, Contract, contract
from pipelines.effort import unit_of
from pipelines.headers import fold

TODAY = dt.date(2026, 11, 20)
FIRST_DAY = dt.date(2025, 1, 13)
MONEY = ("money", "number")
MOST_FAULTS = 12  # in a file of 40 rows: a column still shows how it is written

Row = dict[str, Any]


@dataclass(frozen=True)
class Style:
    """How an export is written. `headers`: "own", "spoken", "shouted" or "alias"; `dates` is a strftime format."""

    name: str
    delimiter: str = ","
    encoding: str = "utf-8"
    end: str = "\n"
    headers: str = "own"
    dates: str = "%Y-%m-%d"
    group: str = ""
    mark: str = "."
    percent: str = "{}"
    yes_no: tuple[str, str] = ("yes", "no")
    preamble: tuple[str, ...] = ()
    workbook: bool = False
    native: bool = False

    def text(self, column: Column, value: Any) -> str:
        """A value as this style writes it."""
        if value is None:
            return ""
        if column.type == "date":
            return f"{value:{self.dates}}"
        if column.type in MONEY:
            plain = f"{value:,.2f}"
            return plain.replace(",", "G").replace(".", self.mark).replace("G", self.group)
        if column.type == "percent":
            return self.percent.format(value)
        if column.type == "yes_no":
            return self.yes_no[not value]
        return str(value)

    def header(self, form: Contract, column: Column, dice: random.Random) -> str:
        """A header for a column, by which the contract knows it."""
        spoken = column.name.replace("_", " ")
        if self.headers == "spoken":
            return f"{spoken.title()} "
        if self.headers == "shouted":
            return f"  {spoken.upper().replace(' ', '   ')}"
        known = form.header_for()
        others = [alias for alias in column.aliases if known[fold(alias)] == column.name]
        if column.in_units:  # the unit stands in a column of its own
            others = [alias for alias in others if unit_of(alias) is None]
        return dice.choice(others).title() if self.headers == "alias" and others else column.name


STYLES = (
    Style("plain"),
    Style("Excel in Germany", ";", "utf-8-sig", "\r\n", "spoken", "%d.%m.%Y", ".", ",", "{} %", ("Yes", "No")),
    Style("Excel in the US", ",", "windows-1252", "\r\n", "alias", "%m/%d/%Y", ",", ".", "{}%", ("TRUE", "FALSE")),
    Style("Excel in the UK", ",", "utf-8-sig", "\r\n", "spoken", "%d/%m/%Y", ",", ".", "{}", ("Y", "N")),
    Style("Unicode text", "\t", "utf-16", "\r\n", "shouted", "%d %b %Y", " ", ",", "{},0", ("1", "0")),
    Style("old Macintosh", "|", "utf-8", "\r", "own", "%d-%b-%y", "'", ".", "{}.0", ("true", "false")),
    Style("a report", ",", "utf-8", "\n", "spoken", "%B %d, %Y", preamble=("Weekly portfolio report", "", "as of now")),
    Style("workbook of text", headers="spoken", dates="%d/%m/%Y", group=",", workbook=True),
    Style("workbook", headers="own", workbook=True, native=True),
)


def values(export: str, dice: random.Random) -> list[Row]:
    """Rows of an export with every column of its contract in use, valid by all of its rules."""
    makers = {"goals": _goals, "programs": _programs, "projects": _projects, "status": _status}
    makers |= {"milestones": _milestones, "dependencies": _dependencies, "risks": _risks, "benefits": _benefits}
    makers |= {"capacity": _capacity, "demand": _demand, "assignments": _assignments, "alignment": _alignment}
    return makers[export](dice)


def _goals(dice: random.Random) -> list[Row]:
    return [
        {
            "goal_id": f"G-{n}",
            "goal_name": f"{dice.choice(['Grow', 'Save', 'Größe, neu', 'Café “first”'])} {n}",
            "parent_goal_id": f"G-{dice.randrange(1, n)}" if n > 4 and n % 3 else None,
            "target_share": dice.randrange(1, 4) if n % 5 else None,
            "goal_owner": dice.choice(["Director of Change", "Chief Operating Officer", None]),
        }
        for n in range(1, 41)
    ]


def _programs(dice: random.Random) -> list[Row]:
    return [
        {
            "program_id": f"PRG-{n:02}",
            "program_name": f"Program {n}: {dice.choice(['front door', 'façade', 'pay & claim'])}",
            "program_portfolio": dice.choice(["Customer", "Technology"]),
            "program_owner": dice.choice(["Director of Digital", "Director of Finance; acting", None]),
            "program_goal_id": f"G-{dice.randrange(1, 41)}",
        }
        for n in range(1, 41)
    ]


def _project(number: int, dice: random.Random) -> Row:
    start = FIRST_DAY + dt.timedelta(days=dice.randrange(200))
    return {
        "project_id": f"P-{number:04}",
        "project_name": f"{dice.choice(['Identity platform', 'Büro, Umzug', 'Data – core'])} {number}",
        "program_id": f"PRG-{dice.randrange(1, 41):02}",
        "portfolio": dice.choice(["Customer", "Technology"]),
        "sponsor": dice.choice(["Director of Digital", "Head of ’Ops’", None]),
        "goal_id": f"G-{dice.randrange(1, 41)}",
        "stage": dice.choice(["idea", "active", "on hold", "completed"]),
        "stage_from": start + dt.timedelta(days=dice.randrange(60)),
        "is_critical": dice.choice([True, False]),
        "baseline_start": start,
        "baseline_finish": start + dt.timedelta(days=dice.randrange(31, 900)),
        "budget": dice.randrange(100_000_00, 900_000_000) / 100,
        "currency": dice.choice(["USD", "EUR"]),
    }


def _projects(dice: random.Random) -> list[Row]:
    rows = [_project(number, dice) for number in range(1, 41)]
    for row in rows:
        row["priority"] = dice.choice(["1", "2", "high"])
        row["earliest_start"] = row["baseline_start"] - dt.timedelta(days=dice.randrange(90))
        row["latest_start"] = row["baseline_start"] + dt.timedelta(days=dice.randrange(90))
    return rows


def _status(dice: random.Random) -> list[Row]:
    rows = []
    for number in range(1, 41):
        row = _project(1 + number % 10, dice)
        row |= {
            "status_date": dt.date(2026, 10, 2) + dt.timedelta(weeks=number // 10),
            "reported_health": dice.choice(["green", "amber/green", "amber", "amber/red", "red"]),
            "forecast_finish": row["baseline_finish"] + dt.timedelta(days=dice.randrange(100)),
            "actual_finish": dt.date(2026, 1, 1) + dt.timedelta(days=dice.randrange(250)) if number % 4 == 0 else None,
            "percent_complete": dice.randrange(2, 99),
            "planned_value": dice.randrange(10_00, int(row["budget"]) * 100) / 100,
            "earned_value": dice.randrange(10_00, int(row["budget"]) * 100) / 100,
            "actual_cost": dice.randrange(10_00, 900_000_000) / 100,
            "forecast_cost": dice.randrange(10_00, 900_000_000) / 100,
            "comment": dice.choice([None, "On plan.", "Late; “vendor”, again", "first line\nsecond, line", "- ok"]),
        }
        rows.append(row)
    return rows


def _reported(number: int) -> dt.date:
    return dt.date(2026, 10, 2) + dt.timedelta(weeks=number // 10)


def _milestones(dice: random.Random) -> list[Row]:
    rows = []
    for number in range(1, 41):
        baseline = FIRST_DAY + dt.timedelta(days=dice.randrange(800))
        rows.append(
            {
                "milestone_id": f"M-{1 + number % 10:02}",
                "milestone_name": dice.choice(["Go live, phase 1", "Übergabe", None]),
                "project_id": f"P-{dice.randrange(1, 41):04}",
                "status_date": _reported(number),
                "is_deliverable": dice.choice([True, False]),
                "baseline_date": baseline,
                "forecast_date": baseline + dt.timedelta(days=dice.randrange(90)),
                "actual_date": dt.date(2026, 1, 1) + dt.timedelta(days=dice.randrange(250)),
            }
        )
    return rows


def _dependencies(dice: random.Random) -> list[Row]:
    return [
        {
            "dependency_id": f"D-{number:02}",
            "dependency_name": dice.choice(["Login service; phase 2", "Données, “core”", None]),
            "from_project_id": f"P-{dice.randrange(1, 21):04}",
            "from_milestone_id": dice.choice(["M-01", "M-02", None]),
            "to_project_id": f"P-{dice.randrange(21, 41):04}",
            "to_milestone_id": dice.choice(["M-03", "M-04", None]),
            "kind": dice.choice(["finish to start", "finish to finish", "start to start", "start to finish"]),
            "lag_days": dice.randrange(-60, 240) * 1.5,
            "needed_by": FIRST_DAY + dt.timedelta(days=dice.randrange(31, 900)),
            "dependency_status": dice.choice(["open", "met", "dropped"]),
            "dependency_owner": dice.choice(["Chief Architect", "Head of ’Ops’"]),
        }
        for number in range(1, 41)
    ]


def _risks(dice: random.Random) -> list[Row]:
    return [
        {
            "risk_id": f"R-{1 + number % 10:02}",
            "risk_name": dice.choice(["Vendor is late; again", "Prüfung, neu", None]),
            "project_id": f"P-{dice.randrange(1, 41):04}",
            "status_date": _reported(number),
            "risk_kind": dice.choice(["risk", "issue"]),
            "probability": dice.randrange(1, 6),
            "impact": dice.randrange(1, 6),
            "risk_owner": dice.choice(["Head of Procurement", None]),
            "due_date": FIRST_DAY + dt.timedelta(days=dice.randrange(31, 900)),
            "risk_state": dice.choice(["open", "accepted", "closed"]),
            "response": dice.choice([None, "Second vendor, in talks", "- none"]),
        }
        for number in range(1, 41)
    ]


def _benefits(dice: random.Random) -> list[Row]:
    return [
        {
            "benefit_id": f"B-{1 + number % 10:02}",
            "benefit_name": dice.choice(["Fewer returns, all stores", "Größerer Umsatz", None]),
            "project_id": f"P-{dice.randrange(1, 41):04}",
            "program_id": f"PRG-{dice.randrange(1, 41):02}",
            "measure": dice.choice(["Cost saved", "Hours saved"]),
            "unit": dice.choice(["USD", "hours"]),
            "period_end": dt.date(2026, 3, 31) + dt.timedelta(weeks=13 * (number // 10)),
            "planned": dice.randrange(100_00, 90_000_000) / 100,
            "forecast": dice.randrange(100_00, 90_000_000) / 100,
            "realised": dice.randrange(100_00, 90_000_000) / 100,
            "benefit_owner": dice.choice(["Director of Stores", "Chief Nurse"]),
        }
        for number in range(1, 41)
    ]


def _capacity(dice: random.Random) -> list[Row]:
    return [
        {
            "team": f"Team {1 + number % 4}, Größe",
            "skill": dice.choice(["Data engineer", "any"]),
            "month": dt.date(2026, 1 + number // 4, 1),
            "per": "month",
            "amount": dice.randrange(1_00, 90_00) / 100,
            "unit": dice.choice(["FTE", "days"]),
        }
        for number in range(40)
    ]


def _demand(dice: random.Random) -> list[Row]:
    return [
        {
            "project_id": f"P-{1 + number % 40:04}",
            "team": f"Team {dice.randrange(1, 5)}, Größe",
            "skill": dice.choice(["Data engineer", "any"]),
            "month": dt.date(2026, dice.randrange(1, 13), 1),
            "per": "month",
            "amount": dice.randrange(1_00, 90_00) / 100,
            "unit": dice.choice(["FTE", "hours"]),
            "commitment": dice.choice(["committed", "requested"]),
            "status_date": dt.date(2026, 10, 2),
        }
        for number in range(40)
    ]


def _assignments(dice: random.Random) -> list[Row]:
    rows = [row | {"person_id": f"R-{number:04}"} for number, row in enumerate(_demand(dice))]
    return [{name: row[name] for name in contract("assignments").columns} for row in rows]


def _alignment(dice: random.Random) -> list[Row]:
    return [
        {
            "project_id": f"P-{1 + number % 20:04}",
            "goal_id": f"G-{1 + number // 20}",
            "contribution": dice.randrange(0, 51) / 100,
            "rationale": dice.choice(["Größere Auswahl, schneller", "Fewer “manual” steps", None]),
        }
        for number in range(40)
    ]


@dataclass
class Line:
    """One record of a file: its cells, or its raw text. `number` is its place in the file, known once written."""

    cells: list[str]
    raw: str | None = None
    number: int = 0


@dataclass(frozen=True)
class Put:
    """A fault at its place. It is found by a problem of one of `rules` (None: of any) in this line and column.

    `column` is None where a row as a whole is wrong; `also` are rules that the fault breaks elsewhere in its row.
    """

    kind: str
    line: Line
    column: str | None
    value: str | None
    rules: frozenset[str] | None
    also: frozenset[str] = frozenset()


@dataclass
class Sheet:
    """An export as it is to be written: the header of each column, the records, and the faults that are in it."""

    form: Contract
    style: Style
    headers: dict[str, str]
    lines: list[Line]
    puts: list[Put] = field(default_factory=list)
    head: Line = field(default_factory=lambda: Line([]))

    def __post_init__(self) -> None:
        self.head.cells += self.headers.values()

    def place(self, name: str) -> int:
        """Where a column stands."""
        return list(self.headers).index(name)

    def write(self, folder: Path) -> Path:
        """Write the file, and number the lines as they came to stand in it."""
        header = self.head
        above = [Line([], raw=text) for text in self.style.preamble]
        if self.style.workbook:
            return self._workbook(folder / f"{self.form.export}.xlsx", [*above, header, *self.lines])
        number, texts = 1, []
        for line in [*above, header, *self.lines]:
            line.number = number
            texts.append(self._text(line))
            number += texts[-1].count("\n") + 1
        path = folder / f"{self.form.export}.csv"
        # A byte that no encoding of text has is put in as \udcXX.
        whole = "".join(text + "\n" for text in texts).replace("\n", self.style.end)
        path.write_bytes(whole.encode(self.style.encoding, "surrogateescape"))
        return path

    def _text(self, line: Line) -> str:
        if line.raw is not None:
            return line.raw
        out = io.StringIO()
        csv.writer(out, delimiter=self.style.delimiter, lineterminator="\n").writerow(line.cells)
        return out.getvalue().removesuffix("\n")

    def _workbook(self, path: Path, lines: list[Line]) -> Path:
        import openpyxl

        book = openpyxl.Workbook()
        page = book.worksheets[0]
        types = [self.form.columns[name].type for name in self.headers]
        for number, line in enumerate(lines, 1):
            line.number = number
            for place, text in enumerate(line.cells if line.raw is None else [line.raw], 1):
                cell = page.cell(number, place)
                kind = types[place - 1] if place <= len(types) and line.number > 1 else "text"
                cell.value = _native(kind, text) if self.style.native else (text or None)
                if isinstance(cell.value, str):
                    cell.data_type = "s"
        book.save(path)
        return path


def _native(kind: str, text: str) -> Any:
    """A cell as a spreadsheet keeps it, where its text is one of the type; a spreadsheet's days begin in 1900."""
    try:
        if kind == "date" and text >= "1900-03":
            return dt.date.fromisoformat(text)
        if kind in (*MONEY, "percent") and len(text) <= 15 and text.isascii():
            return float(text)
    except ValueError:
        pass
    return text or None


def sheet(export: str, style: Style, dice: random.Random, rows: Sequence[Row] | None = None) -> Sheet:
    """An export without a fault, every column of its contract in it, in the contract's order or any."""
    form = contract(export)
    rows = values(export, dice) if rows is None else rows
    names = list(form.columns)
    if style.headers == "alias":
        dice.shuffle(names)
    headers = {name: style.header(form, form.columns[name], dice) for name in names}
    lines = [Line([style.text(form.columns[name], row[name]) for name in names]) for row in rows]
    return Sheet(form, style, headers, lines)


# --- faults in a cell ---

Maker = Callable[[Style], str]


@dataclass(frozen=True)
class CellFault:
    """A kind of fault in one cell: the columns that it strikes, what it writes, and the rules that name it.

    "{}" in a rule stands for the column; `also` are rules that may fail beside it.
    """

    kind: str
    strikes: Callable[[Column], bool]
    write: Maker
    rules: tuple[str, ...]
    also: tuple[str, ...] = ()


def _of(*types: str) -> Callable[[Column], bool]:
    return lambda column: column.type in types


def _identifies(column: Column) -> bool:
    return column.required and column.name in {contract(export).key[0] for export in EXPORTS}


def _words(column: Column) -> bool:
    return column.type == "text" and not column.is_code


def _day(style: Style, year: int, month: int, day: int) -> str:
    """A day that need not exist, in the style's form."""
    named = ("Jan", "Feb", "Mar")[month - 1] if month <= 3 else "Foo"
    text = style.dates.replace("%Y", f"{year}").replace("%y", f"{year % 100:02}").replace("%d", f"{day:02}")
    return text.replace("%m", f"{month:02}").replace("%b", named).replace("%B", named)


def _other_decimal(style: Style) -> str:
    return "1.234.567,89" if style.mark == "." else "1,234,567.89"


EV = ("earned_value_within_budget",)
CELL_FAULTS = (
    CellFault("word for a date", _of("date"), lambda s: "soon", ("{}_readable",)),
    CellFault("31 February", _of("date"), lambda s: _day(s, 2026, 2, 31), ("{}_readable",)),
    CellFault("month 13", _of("date"), lambda s: "2026-13-05", ("{}_readable",)),
    CellFault("day 0", _of("date"), lambda s: _day(s, 2026, 1, 0), ("{}_readable",)),
    CellFault("two dates in a cell", _of("date"), lambda s: "2026-01-05 / 2026-02-09", ("{}_readable",)),
    CellFault("mistyped year", _of("date"), lambda s: "0202-01-05", ("{}_readable",)),
    CellFault("spreadsheet's day number", _of("date"), lambda s: "46023", ("{}_readable",)),
    CellFault("month in another language", _of("date"), lambda s: "12. lokakuuta 2026", ("{}_readable",)),
    CellFault("quarter for a date", lambda c: c.type == "date" and not c.period, lambda s: "Q3 2026", ("{}_readable",)),
    CellFault("word for an amount", _of(*MONEY), lambda s: "lots", ("{}_readable",)),
    CellFault("two decimal marks", _of(*MONEY), lambda s: f"12{s.mark}34{s.mark}5", ("{}_readable",)),
    CellFault("the other decimal sign", _of(*MONEY), _other_decimal, ("{}_readable",)),
    CellFault("range for an amount", _of(*MONEY), lambda s: "5 to 10", ("{}_readable",)),
    CellFault("absurd amount", _of(*MONEY), lambda s: "9" * 40, ("{}_readable",)),
    CellFault("bracket that does not close", _of(*MONEY), lambda s: "(500", ("{}_readable",)),
    CellFault("effort for an amount", _of(*MONEY), lambda s: "180 hrs", ("{}_readable", "{}_units_match")),
    CellFault("negative amount", lambda c: c.type in MONEY and c.min == 0, lambda s: "-500", ("{}_in_range",), EV),
    CellFault("percentage above 100", _of("percent"), lambda s: "140", ("{}_in_range",)),
    CellFault("negative percentage", _of("percent"), lambda s: "-3", ("{}_in_range",)),
    CellFault("word for a percentage", _of("percent"), lambda s: "half", ("{}_readable",)),
    CellFault("unknown choice", _of("choice"), lambda s: "Purple", ("{}_allowed",)),
    CellFault("neither yes nor no", _of("yes_no"), lambda s: "maybe", ("{}_readable",)),
    CellFault("number for yes or no", _of("yes_no"), lambda s: "7", ("{}_readable",)),
    CellFault("#REF!", _of("date", *MONEY, "percent", "yes_no"), lambda s: "#REF!", ("{}_readable",)),
    CellFault("#REF!", _of("choice"), lambda s: "#REF!", ("{}_allowed",)),
    CellFault("#REF!", _words, lambda s: "#REF!", ("{}_damaged",)),
    CellFault("formula", _of("date", *MONEY, "percent", "yes_no"), lambda s: "=SUM(A1:A9)", ("{}_readable",)),
    CellFault("formula", _of("choice"), lambda s: "=cmd|' /C calc'!A0", ("{}_allowed",)),
    CellFault("empty required cell", lambda c: c.required, lambda s: "", ("{}_required",)),
    CellFault("apostrophe before a date", _of("date"), lambda s: "'2026-01-05", ("{}_readable",)),
    CellFault("digits of another script", _of(*MONEY), lambda s: "１２３", ("{}_readable",)),
    CellFault("n/a for a key", lambda c: _identifies(c) or (c.name == "status_date" and c.required),
              lambda s: "n/a", ("{}_required",)),
    CellFault("too long", lambda c: bool(c.max_length) and not c.is_code, lambda s: "word " * 4_001, ("{}_length",)),
    CellFault("wrong currency code", lambda c: bool(c.pattern), lambda s: "DOLLAR", ("{}_form", "{}_length")),
    CellFault("currency sign for a code", lambda c: bool(c.pattern), lambda s: "US$", ("{}_form",)),
    CellFault("unknown reference", lambda c: bool(c.known_in), lambda s: "Q-999", ("{}_known",)),
    CellFault("future date", lambda c: c.name in ("status_date", "actual_finish", "actual_date"),
              lambda s: _day(s, 2029, 1, 20), ("{}_not_in_future",)),
    CellFault("finish before start", lambda c: c.name in ("baseline_finish", "forecast_finish"),
              lambda s: _day(s, 2019, 3, 20), ("{}_not_before_start",)),
    CellFault("more earned than the budget", lambda c: c.name == "earned_value", lambda s: "99999999", EV),
    CellFault("exponent for an identifier", _identifies, lambda s: "1E+05", ("{}_exponent", "{}_known", "{}_form")),
    CellFault("exponent for an identifier", _identifies, lambda s: "2.02611E+12",
              ("{}_exponent", "{}_known", "{}_form")),
    CellFault("apostrophe before an identifier", _identifies, lambda s: "'X-77", ("{}_unseen", "{}_known", "{}_form")),
    CellFault("unseen character", _identifies, lambda s: "X-\u200b78", ("{}_unseen", "{}_known", "{}_form")),
    CellFault("line break in an identifier", _identifies, lambda s: "X-\n79", ("{}_unseen", "{}_known", "{}_form")),
    CellFault("control character", lambda c: c.type == "text" and not c.is_code, lambda s: "a\x07b",
              ("{}_damaged", "{}_unseen")),
    CellFault("control character", _of("date", *MONEY, "percent"), lambda s: "\x071", ("{}_readable",)),
    CellFault("letters read in the wrong encoding", _words, lambda s: "CafÃ© â€“ neu", ("{}_damaged",)),
    CellFault("character that was lost", _words, lambda s: "Caf\ufffd", ("{}_damaged",)),
    CellFault("total row", _identifies, lambda s: "Grand total", ("looks_like_a_total", "{}_known", "{}_form")),
)  # fmt: skip


def cell_faults(export: str) -> list[tuple[CellFault, str]]:
    """Every kind of fault in a cell with every column of an export that it can strike."""
    columns = contract(export).columns.values()
    return [(fault, column.name) for fault in CELL_FAULTS for column in columns if fault.strikes(column)]


def _can_hold(style: Style, text: str) -> bool:
    """Whether a file of this style can hold a text; a workbook holds no control characters."""
    if style.workbook and ("\x07" in text or len(text) > 32_767):
        return False
    try:
        text.encode(style.encoding)
    except UnicodeEncodeError:
        return False
    return True


def with_cell_faults(export: str, style: Style, dice: random.Random, rows: Sequence[Row]) -> Iterator[Sheet]:
    """Files that hold every kind of fault in every column that it can strike, each in a row of its own."""
    chosen = [(fault, name) for fault, name in cell_faults(export) if _can_hold(style, fault.write(style))]
    dice.shuffle(chosen)
    while chosen:
        made = sheet(export, style, dice, rows)
        free = dice.sample(made.lines, len(made.lines))
        struck = dict.fromkeys(made.form.columns, 0)
        left = []
        for fault, name in chosen:
            if len(made.puts) >= MOST_FAULTS or struck[name] >= 3:
                left.append((fault, name))
                continue
            struck[name] += 1
            line, text = free.pop(), fault.write(style)
            line.cells[made.place(name)] = text
            rules = frozenset(rule.format(name) for rule in fault.rules)
            made.puts.append(Put(fault.kind, line, name, text or None, rules, frozenset(fault.also)))
        chosen = left
        yield made


# --- faults in a row ---


def _identical(made: Sheet, at: int, dice: random.Random) -> list[Put]:
    first = made.lines[at]
    again = Line(list(first.cells))
    made.lines.insert(at + dice.randrange(1, 5), again)
    key = made.form.key[0]
    return [
        Put("identical duplicate", line, key, line.cells[made.place(key)], frozenset(["key_unique", "same_row_twice"]))
        for line in (first, again)
    ]


def _conflicting(made: Sheet, at: int, dice: random.Random) -> list[Put]:
    first = made.lines[at]
    again = Line(list(first.cells))
    other = next(c.name for c in made.form.columns.values() if c.type == "text" and not c.required and not c.is_code)
    again.cells[made.place(other)] = "something else"
    made.lines.insert(at + dice.randrange(1, 5), again)
    key = made.form.key[0]
    return [
        Put("conflicting duplicate", line, key, line.cells[made.place(key)], frozenset(["key_unique"]))
        for line in (first, again)
    ]


def _whole(kind: str, line: Line, *rules: str) -> list[Put]:
    return [Put(kind, line, None, None, frozenset(rules) or None)]


def _too_short(made: Sheet, at: int, dice: random.Random) -> list[Put]:
    del made.lines[at].cells[dice.randrange(1, len(made.headers)) :]
    return _whole("row too short", made.lines[at], "row_shape")


def _too_long(made: Sheet, at: int, dice: random.Random) -> list[Put]:
    made.lines[at].cells += ["one", "more"]
    return _whole("row too long", made.lines[at], "row_shape")


def _unquoted(made: Sheet, at: int, dice: random.Random) -> list[Put]:
    """A delimiter in a cell that nobody quoted moves what follows it one to the right."""
    made.lines[at].cells.insert(dice.randrange(1, len(made.headers)), "rest of it")
    return _whole("shifted by an unquoted delimiter", made.lines[at], "row_shape", "row_shifted")


def _shifted(made: Sheet, at: int, dice: random.Random) -> list[Put]:
    line = made.lines[at]
    line.cells = ["", *line.cells[:-1]]
    return _whole("row shifted to the right", line)


def _broken(made: Sheet, at: int, dice: random.Random) -> list[Put]:
    """A line break in a cell that nobody quoted makes two rows of one."""
    line = made.lines[at]
    cut = dice.randrange(1, len(line.cells) - 1)
    rest = Line(["rest of it", *line.cells[cut:]])
    line.cells = line.cells[:cut]
    made.lines.insert(at + 1, rest)
    return [put for one in (line, rest) for put in _whole("unquoted line break", one)]


def _repeated_header(made: Sheet, at: int, dice: random.Random) -> list[Put]:
    line = Line(list(made.headers.values()))
    made.lines.insert(at, line)
    return _whole("repeated header", line)


def _second_file(made: Sheet, at: int, dice: random.Random) -> list[Put]:
    """Two files were joined: the second one's mark and header stand in the midst."""
    header = list(made.headers.values())
    line = Line([f"\ufeff{header[0]}", *header[1:]])
    made.lines.insert(at, line)
    return _whole("byte order mark and header in the midst", line)


def _total(made: Sheet, at: int, dice: random.Random) -> list[Put]:
    cells = [""] * len(made.headers)
    cells[made.place(made.form.key[0])] = "Total"
    for name, column in made.form.columns.items():
        if column.type in MONEY:
            cells[made.place(name)] = made.style.text(column, 123456.0)
    made.lines.append(Line(cells))
    return _whole("total row", made.lines[-1])


def _footer(made: Sheet, at: int, dice: random.Random) -> list[Put]:
    line = Line(["Exported by the PMO tool on 20 November 2026; internal use only", *[""] * (len(made.headers) - 1)])
    made.lines.append(line)
    return _whole("footer text", line)


def _quote(made: Sheet, at: int, dice: random.Random) -> list[Put]:
    """A quote that opens and never closes would swallow the rest of the file."""
    line = made.lines[at]
    where = dice.randrange(1, len(line.cells))
    texts = [Sheet(made.form, made.style, {}, [])._text(Line([cell])) for cell in line.cells]
    texts[where] = f'"{line.cells[where]}'
    line.raw = made.style.delimiter.join(texts)
    return _whole("quote that never closes", line, "unbalanced_quote")


def _bad_byte(made: Sheet, at: int, dice: random.Random) -> list[Put]:
    """A byte that the file's encoding does not have, as when parts of two files are joined."""
    words = [c for c in made.form.columns.values() if _words(c) and c.type == "text"]
    name = dice.choice(words).name
    line = made.lines[at]
    line.cells[made.place(name)] = "Caf\udce9 Noir"
    return [Put("byte of another encoding", line, name, "Caf\ufffd Noir", frozenset([f"{name}_damaged"]))]


ROW_FAULTS = (
    _identical,
    _conflicting,
    _too_short,
    _too_long,
    _unquoted,
    _shifted,
    _broken,
    _repeated_header,
    _second_file,
    _total,
    _footer,
    _quote,
    _bad_byte,
)
IN_A_WORKBOOK = (_identical, _conflicting, _shifted, _repeated_header, _total, _footer)
STOPS_THE_FILE = (_quote,)


def with_row_fault(
    export: str, style: Style, dice: random.Random, rows: Sequence[Row], fault: Callable[..., list[Put]]
) -> Sheet:
    """A file that holds one fault of this kind in a row, not in its first one."""
    made = sheet(export, style, dice, rows)
    made.puts = fault(made, dice.randrange(3, len(made.lines) - 6), dice)
    return made


# --- faults in the header ---


def _doubled(made: Sheet, dice: random.Random) -> Put:
    """A column stands there twice, with other values."""
    name = dice.choice([n for n in made.headers if n not in made.form.key])
    made.head.cells.append(made.headers[name])
    for line in made.lines:
        line.cells.append("other")
    return Put("header twice", made.head, name, None, frozenset(["header_twice"]))


def _misspelt_key(made: Sheet, dice: random.Random) -> Put:
    name = made.form.key[0]
    made.head.cells[made.place(name)] = "Idnetifire"
    return Put(
        "misspelt header of a key", made.head, None, "Idnetifire", frozenset(["missing_column", "unknown_export"])
    )


def _misspelt(made: Sheet, dice: random.Random) -> Put:
    name = dice.choice([n for n in made.headers if not made.form.columns[n].required])
    text = f"Xq{made.headers[name].strip()[::-1]}"
    made.head.cells[made.place(name)] = text
    return Put("misspelt header", made.head, None, text, frozenset())


def _scaled(made: Sheet, dice: random.Random) -> Put | None:
    money = [name for name in made.headers if made.form.columns[name].type in MONEY]
    if not money:
        return None
    name = dice.choice(money)
    text = f"{made.headers[name].strip()} (EUR k)"
    made.head.cells[made.place(name)] = text
    return Put("header that scales its amounts", made.head, None, text, frozenset(["header_scaled", "missing_column"]))


HEADER_FAULTS = (_doubled, _misspelt_key, _misspelt, _scaled)


# --- what looks odd and is right ---


def _trailing_columns(made: Sheet) -> None:
    made.head.cells += ["", ""]
    for line in made.lines:
        line.cells += ["", ""]


def _blank_rows(made: Sheet) -> None:
    for at in (30, 12, 0):
        made.lines.insert(at, Line([""] * len(made.headers)))


def _spaces(made: Sheet) -> None:
    for line in made.lines:
        line.cells = [f"\u00a0 {cell} " if cell and n % 2 else cell for n, cell in enumerate(line.cells)]


def _case(made: Sheet) -> None:
    """Choices, references and codes in another case; names and identifiers of their own are what they are."""
    for name, column in made.form.columns.items():
        if column.type in ("choice", "yes_no") or column.known_in or column.pattern:
            for line in made.lines:
                line.cells[made.place(name)] = line.cells[made.place(name)].swapcase()


def _nothing_known(made: Sheet) -> None:
    """What is not known is said in words, where the column has no words of its own."""
    for name, column in made.form.columns.items():
        if column.type not in ("text", "choice") and not column.required:
            for line in made.lines:
                line.cells[made.place(name)] = line.cells[made.place(name)] or "N/A"


def _nuls(made: Sheet) -> None:
    for line in made.lines[::3]:
        line.cells[1] = "\0".join(line.cells[1]) or "\0"


def _empty_lines_at_the_end(made: Sheet) -> None:
    made.lines += [Line([], raw="") for _ in range(50)]


def _excel_numbers(made: Sheet) -> None:
    """Amounts as a spreadsheet shortens large ones, and with its mark for text."""
    for name, column in made.form.columns.items():
        if column.type in MONEY and made.style.mark == "." and not made.style.workbook:
            for line in made.lines:
                place = made.place(name)
                line.cells[place] = f"'{line.cells[place]}" if line.cells[place] else ""


HARMLESS = (
    _trailing_columns,
    _blank_rows,
    _spaces,
    _case,
    _nothing_known,
    _nuls,
    _empty_lines_at_the_end,
    _excel_numbers,
)
NOT_IN_A_WORKBOOK = (_nuls, _empty_lines_at_the_end)


def all_exports() -> tuple[str, ...]:
    """Every export that has a contract."""
    return EXPORTS
