"""Tables to be read: text wraps, health is marked, a row can be opened, a title can sort."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import streamlit as st

from components import health
from components.clickable import clickable

_LATE_IN_A_WORD = re.compile(r"(?<=\S{20})(?=\S)")


@dataclass(frozen=True)
class Column:
    """A column's title, and how it stands; `width` is a share of the table ("30%"), else what the text needs.

    With `pick` a click on the title comes back as that; `is_sorted` marks the column that the rows are in order of.
    """

    title: str
    align: Literal["left", "right"] = "left"
    width: str = ""
    is_quiet: bool = False
    pick: str = ""
    is_sorted: bool = False


@dataclass(frozen=True)
class Mark:
    """A cell that is a health mark, of a report or of evidence.

    `why` is shown on hover, `rating` behind the mark: what the report said, where that is more than its colour.
    `opens` makes a button of it, whose click comes back as that (see components.why_view).
    """

    state: Any
    is_stale: bool = False
    why: str = ""
    is_evidence: bool = False
    rating: str = ""
    opens: str = ""


@dataclass(frozen=True)
class Tagged:
    """A cell of text with a small tag behind it, such as "new"."""

    text: str
    tag: str


@dataclass(frozen=True)
class Drawn:
    """A cell that is a drawing of ours: HTML in which every foreign text is escaped."""

    html: str


@dataclass(frozen=True)
class Under:
    """A cell with a quiet line under it."""

    cell: "str | Mark | Tagged | Drawn"
    text: str


Cell = str | Mark | Tagged | Drawn | Under


def listing(
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    *,
    key: str = "",
    picks: Sequence[str] = (),
    links: Sequence[str] = (),
    on_pick: Callable[[str], None] | None = None,
) -> str | None:
    """Draw a short table. With `key` and one pick a row, rows can be clicked; the clicked pick is returned.

    With one link a row (an address of ours), rows lead there instead; with both, a plain click is a pick, and the
    link serves who wants it in another tab.
    """
    head = "".join(_title(column) for column in columns)
    opens = [*picks, *[""] * (len(rows) - len(picks))] if key else [""] * len(rows)
    leads = [*links, *[""] * (len(rows) - len(links))]
    body = "".join(_row(columns, cells, *to) for cells, *to in zip(rows, opens, leads, strict=True))
    html = f'<div class="rw-listing"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    if key:
        return clickable(html, key, on_pick)
    st.html(html)
    return None


def _title(column: Column) -> str:
    text = escape(column.title)
    if column.pick:
        mark = ' <span class="rw-sorted" aria-hidden="true"></span>' if column.is_sorted else ""
        text = f'<button type="button" class="rw-sort" data-pick="{escape(column.pick)}">{text}{mark}</button>'
    state = ' aria-sort="other"' if column.is_sorted else ""
    return f"<th{_style(column)}{state}>{text}</th>"


def _row(columns: Sequence[Column], cells: Sequence[Cell], pick: str, link: str) -> str:
    texts = [_cell(cell) for cell in cells]
    if link:
        also = f' data-pick="{escape(pick)}"' if pick else ""
        texts[0] = f'<a class="rw-open" href="{escape(link)}" target="_self"{also}>{texts[0]}</a>'
    elif pick:
        texts[0] = f'<button type="button" class="rw-open">{texts[0]}</button>'
    inside = "".join(
        f'<td{_style(column)} data-title="{escape(column.title)}"><div>{text}</div></td>'
        for column, text in zip(columns, texts, strict=True)
    )
    if link:
        return f'<tr class="rw-leads">{inside}</tr>'
    return f'<tr data-pick="{escape(pick)}">{inside}</tr>' if pick else f"<tr>{inside}</tr>"


def _cell(cell: Cell) -> str:
    if isinstance(cell, Mark):
        mark = health.mark(
            cell.state, stale=cell.is_stale, is_evidence=cell.is_evidence, why=cell.why, rating=cell.rating
        )
        return explained(mark, cell.opens) if cell.opens else mark
    if isinstance(cell, Tagged):
        return f'{breakable(cell.text)} <span class="rw-tag">{escape(cell.tag)}</span>'
    if isinstance(cell, Drawn):
        return cell.html
    if isinstance(cell, Under):
        return f'{_cell(cell.cell)}<span class="rw-under">{breakable(cell.text)}</span>'
    return breakable(cell)


def drawn(mark: Mark) -> str:
    """A mark as HTML, for a drawing that holds it."""
    return _cell(mark)


def explained(mark: str, opens: str) -> str:
    """A mark (HTML of ours) that can be clicked for its reasons."""
    return f'<button type="button" class="rw-why" data-pick="{escape(opens)}" aria-haspopup="dialog">{mark}</button>'


def breakable(text: str) -> str:
    """Escaped text, whose words may break after so many letters, so that none pushes another column away."""
    return "<wbr>".join(escape(piece) for piece in _LATE_IN_A_WORD.split(text))


def _style(column: Column) -> str:
    classes = [*(["rw-right"] if column.align == "right" else []), *(["rw-quiet"] if column.is_quiet else [])]
    width = f' style="width:{escape(column.width)}"' if column.width else ""
    return (f' class="{" ".join(classes)}"' if classes else "") + width
