"""Each rule says where, what stands there, what was expected and what to do. A rule without an example here fails."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from faults import STYLES, sheet
from tables import type_rows

from pipelines.check import check
from pipelines.contract import Check, Column, Contract, contracts
from pipelines.load import load
from pipelines.problems import Problem
from pipelines.report import How, Request
from pipelines.warehouse import Warehouse

pytestmark = pytest.mark.usefixtures("by_sql")

TODAY = dt.date(2026, 11, 20)
KNOWN = {"goals": {"G-1", "G-2"}, "programs": {"PRG-01"}, "projects": {"P-0001"}, "capacity": {"Data"}}
ROOT = Path(__file__).parents[2]


# For a rule of one column: a cell that breaks it, and what the message and its fix must speak of.
OF_A_COLUMN: dict[str, tuple[Callable[[Column], str], Callable[[Column], list[str]]]] = {
    "required": (lambda c: "", lambda c: [c.name.replace("_", " "), "Fill in"]),
    "allowed": (lambda c: "Purple", lambda c: [*c.values, f'--value "{c.name}:TEXT=VALUE"']),
    "in_range": (
        lambda c: f"{(c.min or 0) - 5:g}",
        lambda c: [f"{limit:g}" for limit in (c.min, c.max) if limit is not None],
    ),
    "length": (lambda c: "x" * ((c.max_length or 0) + 1), lambda c: [str(c.max_length), "Shorten"]),
    "form": (lambda c: "US$", lambda c: [c.example, c.form_says or "usual form"]),
    "damaged": (lambda c: "Caf\ufffd", lambda c: ["damaged", "export again"]),
    "known": (lambda c: "Q-999", lambda c: [c.known_in or "", sorted(KNOWN[c.known_in or ""])[0]]),
    "exponent": (lambda c: "1E+05", lambda c: ["number", "as text"]),
    "unseen": (lambda c: "'P-1", lambda c: ["apostrophe", "without it"]),
}

# For a rule across columns: the cells that break it (the offender first), and what must be spoken of.
ACROSS: dict[str, tuple[dict[str, str], list[str]]] = {
    "looks_like_a_total": ({}, ["total row", "Delete the row"]),
    "skill_looks_like_a_total": ({}, ["total row", "not a skill", "Delete the row"]),
    "baseline_finish_not_before_start": (
        {"baseline_finish": "2026-02-01", "baseline_start": "2026-03-01"},
        ["before it starts", "baseline_start: 2026-03-01", "swapped"],
    ),
    "forecast_finish_not_before_start": (
        {"forecast_finish": "2026-02-01", "baseline_start": "2026-03-01"},
        ["before the baseline start", "baseline_start: 2026-03-01"],
    ),
    "target_shares_within_100": ({"target_share": "99.5"}, ["more than 100 %", "parent_goal_id: ", "Lower some"]),
    "status_date_not_in_future": ({"status_date": "2027-01-01"}, ["in the future", "swapped"]),
    "actual_finish_not_in_future": ({"actual_finish": "2027-01-01"}, ["in the future", "forecast finish"]),
    "actual_date_not_in_future": ({"actual_date": "2027-01-01"}, ["in the future", "forecast date"]),
    "earned_value_within_budget": ({"earned_value": "120", "budget": "100"}, ["5 % above the budget", "budget: 100"]),
}

UNREADABLE = {
    "date": ("soon", ["not a date", "2026-1"]),
    "money": ("lots", ["not a number", "write it like 1,234.50"]),
    "number": ("lots", ["not a number"]),
    "percent": ("half", ["not a percentage", "0 to 100"]),
    "yes_no": ("maybe", ["neither yes nor no", "Write yes or no"]),
}


RULES = [(form, one) for form in contracts() for one in form.checks(TODAY, KNOWN)]


def found_in(form: Contract, cells: dict[str, str]) -> list[Problem]:
    """The problems of a file of two right rows, the first of which gets these cells."""
    made = sheet(form.export, STYLES[0], random.Random(1))
    names = list(form.columns)
    first, second = ([*made.lines[at].cells] for at in (3, 8))
    for row in (first, second):
        for name, column in form.columns.items():
            if column.known_in:
                row[names.index(name)] = sorted(KNOWN[column.known_in])[0]
    for name, text in cells.items():
        first[names.index(name)] = text
    return problems_of(form, names, [first, second])


def problems_of(form: Contract, names: list[str], rows: list[list[str]]) -> list[Problem]:
    typed = type_rows(names, rows, export=form.export)
    check(typed.con, typed.mapping, typed.table.relation, list(form.checks(TODAY, KNOWN)))
    sql = "select rule, message, fix, source_row, column_name, value, severity from found order by all"
    return [Problem(*row) for row in typed.con.sql(sql).fetchall()]


def says(problem: Problem, words: list[str]) -> None:
    """Whether a problem's words are whole, short, and hold all of these."""
    said = f"{problem.message}. {problem.fix}"
    for word in words:
        assert word in said, f"{word!r} is not in {said!r}"
    assert problem.fix.endswith(".")
    assert problem.fix[0].isupper()
    assert len(said) < 400, "nobody reads so much beside a row"
    assert not re.search(r"\b(null|regex|predicate|varchar|None)\b", said), "not a word of the field"


@pytest.mark.parametrize(("form", "rule"), RULES, ids=lambda one: getattr(one, "export", getattr(one, "name", "")))
def test_each_rule_of_each_contract_says_where_what_and_what_to_do(form: Contract, rule: Check) -> None:
    offender = form.columns[rule.columns[0]]
    if rule.name == "key_unique":
        made = sheet(form.export, STYLES[0], random.Random(1))
        row = made.lines[3].cells
        found = problems_of(form, list(form.columns), [row, row])
        at = [problem for problem in found if problem.rule == "key_unique"]
        assert [(p.row, p.column, p.value) for p in at] == [(2, form.key[0], row[0]), (3, form.key[0], row[0])]
        says(at[0], [key.replace("_", " ") for key in form.key])
        return
    if rule.name in ACROSS:
        cells, words = ACROSS[rule.name]
        cells = cells or {offender.name: "Grand total"}
    else:
        make, expected = OF_A_COLUMN[rule.name.removeprefix(f"{offender.name}_")]
        cells, words = {offender.name: make(offender)}, expected(offender)
    problem, *others = [problem for problem in found_in(form, cells) if problem.rule == rule.name]
    # Goals of one level exceed the whole together.
    assert [other.row for other in others] == ([3] if rule.name == "target_shares_within_100" else [])
    value = cells[offender.name] or None
    assert (problem.row, problem.column, problem.value) == (2, offender.name, value)
    assert problem.severity == rule.severity
    says(problem, words)


@pytest.mark.parametrize(
    ("form", "column"),
    [
        (form, column)
        for form in contracts()
        for column in form.columns.values()
        if column.type not in ("text", "choice")
    ],
    ids=lambda one: getattr(one, "export", getattr(one, "name", "")),
)
def test_each_cell_that_cannot_be_read_says_what_was_expected(form: Contract, column: Column) -> None:
    text, words = UNREADABLE[column.type]
    words = ["not one month, week or quarter", "2026-03"] if column.period else words
    (problem,) = [p for p in found_in(form, {column.name: text}) if p.rule == f"{column.name}_readable"]
    assert (problem.row, problem.column, problem.value) == (2, column.name, text)
    says(problem, [column.name.replace("_", " "), *words])


# For what is said of a file or a header: the file, how it is asked for, the row and column, and what is spoken of.
STATUS = "project_id,status_date,rag,budget\n"
FILES: dict[str, tuple[str, dict[str, Any], int | None, str | None, list[str]]] = {
    "date_order_undecided": (STATUS + "P,01/02/2026,g,5\n", {}, 1, "status_date", ["01/02/2026", "day", "month"]),
    "decimal_sign_undecided": (
        "project_id;status_date;rag;budget\nP;2026-01-05;g;1.234\n", {}, 1, "budget", ["1.234", "thousands", "decimal"]
    ),
    "mixed_currencies": (STATUS + "P,2026-01-05,g,£5\nQ,2026-01-05,g,€5\n", {}, 1, "budget", ["EUR, GBP", "currency"]),
    "percent_as_fraction": (
        "project_id,status_date,progress\nP,2026-01-05,0.5\n", {}, 1, "progress", ["0.5 is 50 %", "0 to 100"]
    ),
    "percent_complete_below_one": (
        "project_id,status_date,progress\nP,2026-01-05,0.45\nQ,2026-01-05,45\n", {}, 2, "progress",
        ["0.45 is for 45 %", "write the percentage"],
    ),
    "health_empty": (STATUS + "P,2026-01-05,,5\n", {}, 1, "rag", ["nothing in any row", "as words"]),
    "ratings_undecided": (STATUS + "P,2026-01-05,1,5\n", {}, 1, "rag", ["best or the worst", "--value"]),
    "rating_as_colour": (STATUS + "P,2026-01-05,4,5\n", {}, 1, "rag", ["5 = best", "1 is best"]),
    "goals_not_loaded": (
        "project_id,status_date,rag,goal\nP,2026-01-05,g,G-1\n", {}, 1, "goal", ["none are loaded", "goals export"]
    ),
    "projects_not_loaded": (
        "risk_id,project_id,status_date,probability\nR,P,2026-01-05,4\n", {}, 1, "project_id",
        ["none are loaded", "projects export"],
    ),
    "scale_undecided": (
        "risk_id,project_id,status_date,probability\nR,P,2026-01-05,4\nS,P,2026-01-05,30%\nT,P,2026-01-05,70%\n",
        {}, 1, "probability", ["another scale", "1 to 5"],
    ),
    "header_twice": ("project_id,status_date,rag,RAG\nP,2026-01-05,g,r\n", {}, 1, "RAG", ["RAG", "reported_health"]),
    "header_scaled": (
        "project_id,status_date,rag,Budget (EUR k)\nP,2026-01-05,g,5\n", {}, 1, "Budget (EUR k)", ["scaled"]
    ),
    "missing_column": ("Project ID,RAG,Budget\nP,g,5\n", {}, 1, None, ["status date", "status_date", "report date"]),
    "unknown_export": ("Invoice,Supplier\n1,2\n", {}, 1, None, ["Invoice, Supplier", "project_id"]),
    "no_measure": ("project_id,status_date,budget\nP,2026-01-05,5\n", {}, 1, None, ["reported_health", "projects"]),
    "no_rows": (STATUS, {}, None, None, ["no rows", "Export it again"]),
    "empty_file": ("", {}, None, None, ["empty", "Export it again"]),
    "unbalanced_quote": (STATUS + 'P,2026-01-05,"g,5\nQ,2026-01-05,g,5\n', {}, 2, None, ["quote", "line 2", "twice"]),
    "row_shape": (STATUS + "P,2026-01-05,g\nQ,2026-01-05,g,5\n", {}, 2, None, ["3 cells", "4", "one cell a header"]),
    "unknown_header": (
        STATUS + "P,2026-01-05,g,5\n", {"columns": {"reported_health": "Hue"}}, 1, None, ["no header Hue", "rag"]
    ),
    "units_differ": (
        "project_id,status_date,Budget (EUR k),EAC (USD m)\nP,2026-01-05,5,6\n",
        {"columns": {"budget": "Budget (EUR k)", "forecast_cost": "EAC (USD m)"}},
        1, "EAC (USD m)", ["different currencies", "one currency"],
    ),
    "sheet_tells_no_day": (
        "project_id,rag\nP,g\n", {"constants": {"status_date": "sheet name"}}, None, None, ["no sheets", "2026-11-20"]
    ),
    "set_not_used": (
        STATUS + "P,2026-01-05,g,5\n", {"constants": {"goal name": "x"}}, None, None, ["goal name", "not used"]
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", FILES)
def test_what_is_said_of_a_file_says_where_what_and_what_to_do(tmp_path: Path, rule: str) -> None:
    content, how, row, column, words = FILES[rule]
    path = tmp_path / "export.csv"
    path.write_text(content, "utf-8")
    (report,) = load(Warehouse(tmp_path / "store"), Request([path], How(**how), dry_run=True), today=TODAY).files
    (problem,) = [problem for problem in report.problems if problem.rule == rule]
    assert (problem.row, problem.column) == (row, column)
    says(problem, words)


NAMED = r'(?:Problem\(\s*(?:rule=)?|rule=|_question\(\s*|_note\(\s*)"([a-z_]+)"'


def test_a_sheet_that_is_not_there_comes_with_those_that_are(tmp_path: Path) -> None:
    path = sheet("goals", STYLES[-1], random.Random(1)).write(tmp_path)
    request = Request([path], How(sheet="Plan"), dry_run=True)
    (problem,) = load(Warehouse(tmp_path / "store"), request, today=TODAY).files[0].problems
    assert problem.rule == "no_such_sheet"
    says(problem, ["no sheet Plan", "Choose one of: Sheet"])


def test_every_rule_that_the_code_names_has_an_example() -> None:
    named = {rule for file in (ROOT / "pipelines").glob("*.py") for rule in re.findall(NAMED, file.read_text("utf-8"))}
    tests = "".join(file.read_text("utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
    assert {rule for rule in named if f'"{rule}"' not in tests} == set()
