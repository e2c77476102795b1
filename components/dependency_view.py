"""How dependencies look: how many come too late and what waits for them, each with both ends, its days and its row."""

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from analytics import origins
from analytics.dependencies import Dependency, behind, worst
from analytics.origins import Origin
from analytics.reasons import shortened
from components import answers, controls, origin_view, tables
from components.formats import NONE, day, days, money, number, unbroken
from components.tables import Cell, Column, Drawn, Under, breakable

NOTE = "A dependency is broken when what it needs is expected after the day on which it is needed"
MOST = 100  # rows of those that hold
FIRST = 8  # of those that are late in many programs, until all are asked for
COLUMNS = (
    Column("What is needed", width="19%"),
    Column("From", width="19%"),
    Column("To", width="19%"),
    Column("Comes", "right"),
    Column("Needed by", "right"),
    Column("Days", "right"),
    Column("Waits for it", "right"),
    Column("File and row", is_quiet=True, width="12%"),
)
STATES = {"open": ("holds", "hold"), "met": ("met", "met"), "unknown": ("not known", "not known")}


def broken(found: Sequence[Dependency]) -> list[Dependency]:
    """Those that come too late, the ones with most money behind them first."""
    return [link for link in found if link.state == "broken"]


def title(found: Sequence[Dependency]) -> str:
    """How many come too late, the worst by how many days, and how much money waits."""
    late, whole = broken(found), f"{number(len(found))} dependencies"
    is_one = len(found) == 1
    if not found:
        return "No dependency is stated"
    if all(link.state == "met" for link in found):
        return "The one dependency is met" if is_one else f"All {whole} are met"
    if not late and not any(link.state == "open" for link in found):
        return f"When {'the one dependency' if is_one else whole} {'comes' if is_one else 'come'} is not known"
    if not late:
        return "The one dependency comes in time" if is_one else f"None of {whole} comes too late"
    said = "The one dependency comes" if is_one else f"1 of {whole} comes"
    if len(late) > 1:
        said = f"{f'All {whole}' if len(late) == len(found) else f'{number(len(late))} of {whole}'} come"
    most = worst(late)
    by = f", {'by' if len(late) == 1 else 'the worst by'} {days(most)}" if most is not None else ""
    return f"{said} too late{by}{waits(late)}"


def waits(late: Sequence[Dependency]) -> str:
    """The money behind those that are late: "; $12.4 M waits"; "" where no budget is known."""
    sums = [money(amount, currency) for currency, amount in behind(late).items()]
    return f"; {' and '.join(sums)} {'waits' if len(sums) == 1 else 'wait'}" if sums else ""


def sentence(found: Sequence[Dependency]) -> str:
    """The same for the sentence on top of a page: "21 dependencies come too late, $40 M waits"; "" where none does."""
    late = broken(found)
    if not late:
        return ""
    said = "1 dependency comes" if len(late) == 1 else f"{number(len(late))} dependencies come"
    return f"{said} too late{waits(late).replace(';', ',', 1)}"


def of_many(found: Sequence[Dependency], *, key: str) -> str | None:
    """The broken ones of many programs, the first of them or on request all; returned is the project clicked."""
    late = broken(found)
    place = st.container()
    is_all = len(late) <= FIRST or st.toggle(f"All {number(len(late))} that come too late", key=f"{key}-all")
    shown = late[:MOST] if is_all else late[:FIRST]
    if is_all and len(late) > MOST:
        st.html(f'<p class="rw-missing">{escape(number(len(late) - MOST))} more: choose a program.</p>')
    with place:
        return listing(shown, rows_of(shown), key=key, program="")


def rows_of(found: Sequence[Dependency]) -> Mapping[tuple[int, int], Origin]:
    """Where each dependency is stated."""
    known: Mapping[tuple[int, int], Origin] = answers.ask(
        origins.origins, tuple((link.load_id, link.source_row) for link in found)
    )
    return known


def listings(found: Sequence[Dependency], *, key: str, program: str | None = None) -> str | None:
    """The broken ones, and on request those that hold; returned is the project that was clicked.

    `program` is the one that the page speaks of: ends in others name theirs.
    """
    late, rest = broken(found), [link for link in found if link.state != "broken"]
    known = rows_of(found)
    opened = listing(late, known, key=f"{key}-broken", program=program) if late else None
    if rest:
        states = {state: sum(link.state == state for link in rest) for state in STATES}
        words = ", ".join(f"{number(n)} {STATES[state][n > 1]}" for state, n in states.items() if n)
        if st.toggle(f"Also those that do not come too late: {words}", key=f"{key}-others"):
            opened = listing(rest[:MOST], known, key=f"{key}-rest", program=program) or opened
            if len(rest) > MOST:
                st.html(f'<p class="rw-missing">{escape(number(len(rest) - MOST))} more.</p>')
    return opened


def listing(
    found: Sequence[Dependency],
    known: Mapping[tuple[int, int], Origin],
    *,
    key: str,
    program: str | None = None,
) -> str | None:
    """Dependencies with both ends, days, money, owner, and the row that states each; returned is what was clicked."""
    rows: list[list[Cell]] = [
        [
            Under(link.name, link.owner or "no owner stated"),
            end(link, program, is_giver=True),
            end(link, program, is_giver=False),
            "never" if link.is_cancelled else day(link.comes),
            Under(day(link.needed), "" if link.is_stated or not link.needed else "by its plan"),
            how_late(link),
            money(link.at_stake, link.currency),
            place(link, known),
        ]
        for link in found
    ]
    return tables.listing(COLUMNS, rows, key=key)


def end(link: Dependency, program: str | None, *, is_giver: bool) -> Cell:
    """One end: its project, linked; under it the milestone, and the program where it is another one, linked too."""
    key, name = (link.giver, link.giver_name) if is_giver else (link.taker, link.taker_name)
    milestone = link.giver_milestone if is_giver else link.taker_milestone
    of, called = (
        (link.giver_program, link.giver_program_name) if is_giver else (link.taker_program, link.taker_program_name)
    )
    kind = link.kind.split(" to ")[0 if is_giver else 1]
    lead = _lead(controls.project_link(key), name, key)
    under = breakable(shortened(milestone) if milestone else f"its {kind}")
    other = ""
    if program is not None and of != program:
        other = (
            f'<span class="rw-under">of {_lead(controls.program_link(of), called or of)}</span>'
            if of
            else '<span class="rw-under">of no program</span>'
        )
    return Drawn(f'{lead}<span class="rw-under">{under}</span>{other}')


def _lead(address: str, text: str, pick: str = "") -> str:
    also = f' data-pick="{escape(pick)}"' if pick else ""
    return f'<a class="rw-more" href="{escape(address)}" target="_self"{also}>{breakable(shortened(text))}</a>'


def how_late(link: Dependency) -> Cell:
    """How many days too late it comes; else how many it has."""
    if link.state == "broken":
        text = "cancelled" if link.is_cancelled else f"{days(-(link.slack_days or 0))} late"
        return Drawn(f'<span class="rw-bad rw-nowrap">{escape(unbroken(text))}</span>')
    if link.state == "met":
        return "met"
    return NONE if link.slack_days is None else f"{days(link.slack_days)} left"


def place(link: Dependency, known: Mapping[tuple[int, int], Origin]) -> Cell:
    """The file and row that state it."""
    origin = known.get((link.load_id, link.source_row))
    return Under(origin_view.file_of(origin), f"row {number(origin.row)}") if origin else "not known"
