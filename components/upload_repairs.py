"""The repairs that a check offers: by rule or one by one, each accepted and taken back with a click."""

from collections.abc import Sequence
from functools import partial
from html import escape
from pathlib import Path

import streamlit as st

from analytics.reasons import shortened
from components import jobs, tables, ticks, uploads
from components import upload_words as words
from components.formats import count, number
from components.frame import card
from components.tables import Cell, Column
from components.uploads import Upload
from pipelines.report import LoadReport, Repair

EACH_PAGE = 20
ROWS_NAMED = 4
LONGEST = 90  # characters of a cell

Group = tuple[Path, str, str, Sequence[Repair]]  # file, its name, rule, repairs


def show(upload: Upload, report: LoadReport) -> None:
    """Every repair that is offered or accepted, by file and rule."""
    groups = _groups(report)
    if not groups:
        return
    offered = sum(not _is_taken(upload, path, repair) for path, _, _, repairs in groups for repair in repairs)
    accepted = sum(len(repairs) for *_, repairs in groups) - offered
    with card("repairs", words.repairs_title(offered, accepted), "None is made unasked; the load keeps a note of each"):
        for place, (path, name, rule, repairs) in enumerate(groups):
            _group(upload, path, name if len(report.files) > 1 else "", rule, repairs, place)


def _groups(report: LoadReport) -> list[Group]:
    found: dict[tuple[Path, str], list[Repair]] = {}
    names: dict[Path, str] = {}
    for file in report.files:
        for repair in file.repairs if file.path else ():
            assert file.path
            names[file.path] = words.place(file)
            found.setdefault((file.path, repair.rule), []).append(repair)
    return [(path, names[path], rule, repairs) for (path, rule), repairs in found.items()]


def _group(upload: Upload, path: Path, file: str, rule: str, repairs: Sequence[Repair], place: int) -> None:
    accepted = [repair.name for repair in repairs if _is_taken(upload, path, repair)]
    offered = [repair.name for repair in repairs if repair.name not in accepted]
    left, right = st.columns([5, 2], vertical_alignment="center")
    with left:
        st.html(_said(file, rule, repairs, len(accepted)))
    with right, st.container(horizontal=True, horizontal_alignment="right", key=f"repair-buttons-{place}"):
        if accepted:
            text = "Take it back" if len(repairs) == 1 else f"Take {number(len(accepted))} back"
            act = partial(uploads.revoke, upload, path, accepted, _accepted(upload, path))
            st.button(text, key=f"revoke-{place}", type="tertiary", on_click=act)
        if offered:
            text = "Accept" if len(repairs) == 1 else f"Accept all {number(len(offered))}"
            st.button(text, key=f"accept-{place}", on_click=partial(uploads.accept, upload, path, offered))
    if len(repairs) == 1:
        return
    box = st.expander("One by one", key=f"repairs-{place}", on_change="rerun", type="compact")
    if box.open:
        with box:
            _one_by_one(upload, path, repairs, place)


def _is_taken(upload: Upload, path: Path, repair: Repair) -> bool:
    """Whether a repair is accepted: as the last check has it, or by a click since."""
    asked = upload.how_of(path).repairs
    if not jobs.current("upload"):
        return repair.accepted or repair.name in asked
    return any(repair.name == name or (name.endswith(":*") and repair.name.startswith(name[:-1])) for name in asked)


def _accepted(upload: Upload, path: Path) -> list[str]:
    files = upload.checked.files if upload.checked else []
    return [repair.name for file in files if file.path == path for repair in file.repairs if repair.accepted]


def _said(file: str, rule: str, repairs: Sequence[Repair], accepted: int) -> str:
    """A rule's repairs in a few lines: what, how many rows, why, or the one that there is."""
    first = repairs[0]
    rows = sum(repair.count for repair in repairs)
    parts = [f"{count(rows, 'cell')}" if first.column else count(rows, "row")]
    if len(repairs) > 1:
        parts.insert(0, f"{number(len(repairs))} repairs")
    if accepted:
        parts.append("accepted" if accepted == len(repairs) else f"{number(accepted)} accepted")
    if file:
        parts.insert(0, file)
    more = f", and {number(len(repairs) - 1)} more" if len(repairs) > 1 else ""
    shown = f"<p>{_became(first)}{escape(more)}</p>"
    return (
        f'<div class="rw-repair"><h3>{escape(words.rule_title(rule))} <small>{escape(", ".join(parts))}</small></h3>'
        f'{shown}<p class="rw-why">{escape(first.why)}</p></div>'
    )


def _became(repair: Repair) -> str:
    column = f"<span>{escape(shortened(repair.column, 60))}:</span> " if repair.column else ""
    return f"{column}<del>{_cell(repair.before)}</del> becomes <ins>{_cell(repair.after)}</ins>"


def _cell(text: str) -> str:
    """A cell's text, with the blanks at its ends in sight."""
    if not text:
        return words.NO_VALUE
    shown = shortened(text, LONGEST)
    inner = shown.strip()
    at = shown.find(inner)
    before, after = at, len(shown) - at - len(inner)
    blank = '<span class="rw-blank">␣</span>'
    return f"{blank * min(before, 3)}{escape(inner)}{blank * min(after, 3)}"


def _one_by_one(upload: Upload, path: Path, repairs: Sequence[Repair], place: int) -> None:
    pages = -(-len(repairs) // EACH_PAGE)
    body = st.container()
    page = st.pagination(pages, key=f"repairs-page-{place}") if pages > 1 else 1
    shown = repairs[(page - 1) * EACH_PAGE : page * EACH_PAGE]
    taken = {repair.name for repair in repairs if _is_taken(upload, path, repair)}

    def turn(name: str) -> None:
        if name in taken:
            uploads.revoke(upload, path, [name], _accepted(upload, path))
        else:
            uploads.accept(upload, path, [name])

    rows: list[list[Cell]] = [
        [
            ticks.tick(repair.name, f"Accept: {repair.before} becomes {repair.after}", is_on=repair.name in taken),
            tables.Drawn(_became(repair)),
            _rows(repair),
            repair.why,
        ]
        for repair in shown
    ]
    titles = [Column("Accept", width="8%"), Column("Repair", width="44%"), Column("Rows", width="18%")]
    with body:
        tables.listing([*titles, Column("Why", is_quiet=True)], rows, key=f"ticks-{place}", on_pick=turn)


def _rows(repair: Repair) -> str:
    named = ", ".join(map(str, repair.rows[:ROWS_NAMED]))
    left = repair.count - min(len(repair.rows), ROWS_NAMED)
    return f"{named} and {number(left)} more" if left > 0 else named
