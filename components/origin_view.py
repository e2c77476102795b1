"""Where a project's numbers are from: file and row of each, its further attributes, and the loads that touched it."""

import streamlit as st

from analytics.origins import Fact, Origin
from analytics.project import Project
from analytics.touched import Touch
from components import controls, tables
from components.formats import day, number
from components.tables import Cell, Column, Under

ORIGINS = (
    Column("Figure", width="18%"),
    Column("Value", "right"),
    Column("File"),
    Column("Row", "right"),
    Column("Load", "right"),
    Column("Published", is_quiet=True),
    Column("By", is_quiet=True),
)
ATTRIBUTES = (
    Column("Attribute", width="24%"),
    Column("Value"),
    Column("File and row", width="26%", is_quiet=True),
)
LOADS = (
    Column("Load", width="34%"),
    Column("Rows", "right", width="9%"),
    Column("They speak of"),
    Column("Published", width="29%", is_quiet=True),
)
FACTS = {
    "reported_health": "Reported health",
    "baseline_start": "Baseline start",
    "baseline_finish": "Baseline finish",
    "forecast_finish": "Forecast finish",
    "actual_finish": "Actual finish",
    "budget": "Budget",
    "forecast_cost": "Forecast cost",
    "earned_value": "Earned value",
    "actual_cost": "Spent",
    "percent_complete": "Complete",
}
SHOWN_LOADS = 8


def loads(touches: tuple[Touch, ...]) -> None:
    """The loads that brought or changed its rows, the newest first; each leads to the load."""
    place = st.container()
    if len(touches) <= SHOWN_LOADS or not st.toggle(f"All {len(touches):,} loads", key="all-touches"):
        touches = touches[:SHOWN_LOADS]
    with place:
        tables.listing(
            LOADS,
            [_touch(one) for one in touches],
            links=[controls.page_link("loads", load=str(one.load_id)) for one in touches],
        )


def _touch(one: Touch) -> list[Cell]:
    name = f"Load {one.load_id}, {one.export}"
    file = f"{one.file_name}, sheet {one.sheet}" if one.sheet else one.file_name
    speaks = ""
    if one.first_date and one.last_date:
        is_one = one.first_date == one.last_date
        speaks = day(one.last_date) if is_one else f"{day(one.first_date)} to {day(one.last_date)}"
    return [
        Under(name if one.in_force else tables.Tagged(name, "withdrawn"), file),
        number(one.rows),
        speaks,
        Under(f"{day(one.loaded_at)} {one.loaded_at:%H:%M} UTC", one.loaded_by),
    ]


def origins(found: Project) -> None:
    """Where each figure came from: file, row, load, when and by whom."""
    tables.listing(ORIGINS, [_origin(fact, found.row["currency"]) for fact in found.facts])


def _origin(fact: Fact, currency: str) -> list[Cell]:
    label: Cell = tables.Tagged(FACTS[fact.name], fact.note) if fact.note else FACTS[fact.name]
    said = value(fact, currency)
    o = fact.origin
    if o is None:
        return [label, said, "not known", "", "", "", ""]
    when = f"{day(o.loaded_at)} {o.loaded_at:%H:%M} UTC, publication {o.publication}"
    mended = [f"mended: {one.before} -> {one.after}" for one in o.mended if one.column in (None, fact.name)]
    file: Cell = Under(file_of(o), "; ".join(mended)) if mended else file_of(o)
    return [label, said, file, number(o.row), str(o.load_id), when, o.loaded_by]


def file_of(origin: Origin) -> str:
    """The file, and the sheet of a workbook."""
    return f"{origin.file_name}, sheet {origin.sheet}" if origin.sheet else origin.file_name


def attributes(found: Project) -> None:
    """The attributes of a project, and the row that each is from."""
    rows: list[list[Cell]] = []
    for fact in found.attributes:
        o = fact.origin
        place: Cell = Under(file_of(o), f"row {o.row}, load {o.load_id}") if o else "not known"
        rows.append([fact.name, str(fact.value), place])
    tables.listing(ATTRIBUTES, rows)


def value(fact: Fact, currency: str) -> str:
    """A figure as it is written, exact."""
    if fact.name in ("budget", "forecast_cost", "earned_value", "actual_cost"):
        return f"{fact.value:,.0f} {currency}"
    if fact.name == "percent_complete":
        return f"{number(fact.value)} %"
    return str(fact.value) if fact.name == "reported_health" else day(fact.value)


def file_and_row(origin: Origin | None) -> Cell:
    """The row that says so, as a table's cell."""
    if origin is None:
        return "not known"
    return Under(file_of(origin), f"row {number(origin.row)}, load {origin.load_id}")
