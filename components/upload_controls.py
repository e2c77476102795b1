"""Where files are dropped, what they leave open, how they were read with the controls that change it, downloads."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import Literal

import streamlit as st

from analytics.reasons import shortened
from components import tables, upload_mapping, uploads
from components import upload_view as view
from components import upload_words as words
from components.formats import count, day, escape_markdown, number
from components.frame import card
from components.tables import Column
from components.uploads import Upload
from pipelines.contract import EXPORTS, contract, contracts
from pipelines.decode import ENCODINGS
from pipelines.problems import RightworkError
from pipelines.report import SHEET_NAME, Decision, FileReport, How, ValueRead

_DELIMITERS = {",": "Comma  ,", ";": "Semicolon  ;", "\t": "Tab", "|": "Vertical bar  |"}
_DATES = {"": "As the column tells", "dmy": "Day first (31/12/2026)", "mdy": "Month first (12/31/2026)"}
_SCALES = {
    "": "As its headers say",
    "1": "Full units",
    "1000": "Thousands",
    "1000000": "Millions",
    "1000000000": "Billions",
}
_DECIMALS = {"": "As the column tells", ",": "Comma (1.234,50)", ".": "Point (1,234.50)"}
_ASKED: dict[str, tuple[str, str, dict[str, str]]] = {
    "date_order_undecided": ("dates", "Which comes first in", {"dmy": "The day", "mdy": "The month"}),
    "decimal_sign_undecided": ("decimal", "What is the decimal sign of", {",": "The comma", ".": "The point"}),
    "unit_undecided": (
        "scale",
        "What is the unit of amounts such as",
        {"1": "Full units", "1000": "Thousands", "1000000": "Millions"},
    ),
}
_BESIDE = {"unit_undecided"}  # asked for what stands beside the table, not for a cell
_LITTER = re.compile(r"(?:^|[/\\])(?:\.|~\$|__MACOSX|Thumbs\.db$|desktop\.ini$)", re.I)  # what systems put into folders
LEFT_OUT = 50  # rows that are no data, named
TEXTS = 6  # unknown texts of a column that are asked at once


def drop(label: str, *, folder: bool = False) -> None:
    """Where files are dropped; they are taken at once, and the place is empty again. With `folder`, a whole folder."""
    drops = st.session_state.setdefault("drops", 0)
    name = "drop-folder" if folder else "drop"
    with st.container(key=name):
        files = st.file_uploader(
            label,
            accept_multiple_files="directory" if folder else True,
            key=f"{name}-{drops}",
            label_visibility="collapsed",
        )
    if not files:
        return
    st.session_state["drops"] = drops + 1
    wanted = [file for file in files if not _LITTER.search(file.name)] or files
    try:
        uploads.start((file.name, file) for file in wanted)
    except RightworkError as error:
        view.said([error.sentences], "rw-notice")
        return
    st.rerun()


def questions(upload: Upload, files: Sequence[FileReport]) -> None:
    """What files leave open, to be answered with one click each; an answer checks them again."""
    asked: list[Callable[[], None]] = []
    for number_, file in enumerate(files):
        if file.path is None:
            continue
        was_taken = file.export and file.suggested_export  # by its headers for one export, by its rows for another
        asked += [partial(_which_export, upload, file, number_)] if was_taken or _is_unknown(upload, file) else []
        asked += _two_ways(upload, file, number_)
        if texts := words.unknown_texts(file):
            asked.append(partial(_what_means, upload, file, texts, number_))
        if offers := _offers(upload, file):
            asked.append(partial(_suggestions, upload, file, offers, number_))
        open_ = [name for name in upload_mapping.missing(upload, file) if name not in upload_mapping.suggested(file)]
        asked += [partial(_which_column, upload, file, name, number_) for name in open_]
    if not asked:
        return
    title = "One question is open" if len(asked) == 1 else f"{number(len(asked))} questions are open"
    with card("questions", title, "An answer checks the file again; it can be changed below"):
        for ask in asked:
            ask()


def asked_rules(upload: Upload, file: FileReport) -> set[str]:
    """The rules whose problems in a file are asked as questions."""
    rules = {"unknown_export"} if _is_unknown(upload, file) and file.path else set()
    rules |= {problem.rule for problem in file.problems if problem.rule in _ASKED and file.path}
    return rules | ({"missing_column"} if upload_mapping.missing(upload, file) else set())


def is_asked(upload: Upload, file: FileReport) -> bool:
    """Whether all that stops a file is asked as questions."""
    whole = [p for p in file.problems if p.row in (None, file.header_row) or p.rule in _ASKED]
    errors = {problem.rule for problem in whole if problem.severity == "error"}
    return bool(errors) and errors <= asked_rules(upload, file)


def _is_unknown(upload: Upload, file: FileReport) -> bool:
    has_rows = not any(problem.rule == "no_rows" for problem in file.problems)
    return file.refused and has_rows and not file.unreadable and upload_mapping.export_of(upload, file) is None


def _which_export(upload: Upload, file: FileReport, place: int) -> None:
    assert file.path
    guess = f" It looks like {words.NOUNS[file.suggested_export]}." if file.suggested_export else ""
    view.said([f"What does a row of {words.place(file)} speak of?{guess}"])
    with st.container(horizontal=True):
        for form in contracts():
            act = partial(uploads.set_how, upload, file.path, export=form.export)
            kind: Literal["primary", "secondary"] = "primary" if form.export == file.suggested_export else "secondary"
            label = words.ROWS[form.export]
            st.button(label, key=f"export-{place}-{form.export}", on_click=act, help=form.answers, type=kind)


def _two_ways(upload: Upload, file: FileReport, place: int) -> list[Callable[[], None]]:
    found = {problem.rule: problem for problem in file.problems if problem.rule in _ASKED}

    def ask(rule: str, column: str | None, value: str | None, row: int | None) -> None:
        name, question, answers = _ASKED[rule]
        assert file.path
        what = "Row" if file.sheet else "Line"
        why = f"{what} {row} says: {value}" if rule in _BESIDE else f"For example {value}"
        view.said([f"{question} {column} of {words.place(file)}? {why}"])
        with st.container(horizontal=True):
            for answer, label in answers.items():
                act = partial(uploads.set_how, upload, file.path, **{name: answer_as(name, answer)})
                st.button(label, key=f"answer-{place}-{rule}-{answer}", on_click=act, type="primary")

    return [partial(ask, rule, problem.column, problem.value, problem.row) for rule, problem in found.items()]


def answer_as(setting: str, answer: str) -> float | str:
    """An answer as the setting holds it: a scale is a number.

    >>> answer_as("scale", "1000"), answer_as("dates", "dmy")
    (1000.0, 'dmy')
    """
    return float(answer) if setting == "scale" else answer


def _offers(upload: Upload, file: FileReport) -> list[str]:
    """What is suggested for a file, in words."""
    if not upload_mapping.export_of(upload, file) or not upload_mapping.is_asked(file):
        return []
    columns = upload_mapping.suggested(file).items()
    said = [f"{shortened(column.header, 40)} as {words.spoken(name)}" for name, column in columns]
    texts = upload_mapping.suggested_values(file).values()
    return said + [f"{shortened(text, 30)} as {value}" for pairs in texts for text, value in pairs.items()]


def _suggestions(upload: Upload, file: FileReport, offers: Sequence[str], place: int) -> None:
    more = f" and {number(len(offers) - 8)} more" if len(offers) > 8 else ""
    view.said([f"Read in {words.place(file)}: {', '.join(offers[:8])}{more}?"])
    with st.container(horizontal=True):
        label = "Use the suggestion" if len(offers) == 1 else f"Use the {number(len(offers))} suggestions"
        act = partial(upload_mapping.use_suggestions, upload, file)
        st.button(label, key=f"suggested-{place}", on_click=act, type="primary")


def _what_means(upload: Upload, file: FileReport, texts: dict[str, list[ValueRead]], place: int) -> None:
    """Texts of columns of choices that say none of the allowed values, most rows first; what each is read as."""
    for name, unknown in texts.items():
        header = next(column.header for column in file.columns if column.column == name)
        what = "does this text" if len(unknown) == 1 else "do these texts"
        view.said([f"What {what} of {shortened(header, 60)} in {words.place(file)} mean?"])
        column = contract(upload_mapping.export_of(upload, file) or "").columns[name]
        for one in unknown[:TEXTS]:
            upload_mapping.text(upload, file, column, one, f"asked-{place}")
        if len(unknown) > TEXTS:
            view.said([f"And {number(len(unknown) - TEXTS)} more under How each column is read."], "rw-quiet")


def _which_column(upload: Upload, file: FileReport, name: str, place: int) -> None:
    """A column that the export needs: which header feeds it, or, but for the key, which value holds for every row."""
    path, export = file.path, upload_mapping.export_of(upload, file)
    assert path
    assert export
    form = contract(export)
    column = form.columns[name]
    is_key = name == form.key[0]
    rest = "" if is_key else ", or what is it in every row"
    view.said([f"Which column of {words.place(file)} tells the {words.spoken(name)}{rest}?"])
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width=380):
            upload_mapping.chooser(upload, file, name, f"asked-{place}")
        if is_key:
            return
        with st.container(width=240):
            upload_mapping.constant(upload, file, column, f"asked-{place}")
        for nth, offer in enumerate(one for one in file.offered if one.column == name):
            on = words.as_day(offer.value)
            if on or offer.value == SHEET_NAME:
                act = partial(uploads.set_constant, upload, path, name, offer.value)
                said = f"{day(on)}, as {shortened(offer.why, 70)}" if on else shortened(offer.why, 90).capitalize()
                label = escape_markdown(said)
                st.button(label, key=f"named-{place}-{name}-{nth}", on_click=act, help=escape_markdown(offer.why))


def how_read(upload: Upload, file: FileReport, place: int) -> None:
    """Every decision about a file with what speaks for it, and the control that decides otherwise."""
    path = file.path
    if path is None:
        return
    how = upload.how_of(path)
    decisions: dict[str | None, list[Decision]] = {}
    for decision in file.decisions:
        decisions.setdefault(decision.setting, []).append(decision)
    controls = _controls(upload, file, how, place)
    for setting, (label, known, draw) in controls.items():
        left, right = st.columns([5, 3], vertical_alignment="center")
        with left:
            st.html(_decided(label, decisions.pop(setting, []), known))
        with right:
            draw()
        if setting == "header_row" and st.toggle("Show how the file begins", key=f"begins-{place}"):
            header_lines(upload, file, place)
    for decision in (one for rest in decisions.values() for one in rest):
        st.html(_decided("", [decision], ""))
    for column, value in how.constants.items():
        with st.container(horizontal=True, vertical_alignment="center"):
            said = "the day in its sheet's name" if value == SHEET_NAME else value
            st.text(f"{words.spoken(column)} is {said} in every row", width="content")
            act = partial(uploads.set_constant, upload, path, column, "")
            st.button("Take it back", key=f"remove-{column}-{place}", type="tertiary", on_click=act)


def _decided(label: str, decisions: Sequence[Decision], known: str) -> str:
    """What was decided under a control, and why; else what is known of it."""
    lines = "".join(
        f"<p><b>{escape(words.rule_title(one.what))}:</b> {escape(shortened(one.value, 120))}"
        f'<span class="rw-under">{escape(one.why)}</span></p>'
        for one in decisions
    )
    return f'<div class="rw-decided">{lines or f"<p><b>{escape(label)}:</b> {escape(known)}</p>"}</div>'


def _controls(upload: Upload, file: FileReport, how: How, place: int) -> dict[str, tuple[str, str, Callable[[], None]]]:
    """The settings of a file: label, what is known of it, and what draws its control."""
    path = file.path
    assert path

    def choose(name: str, label: str, options: dict[str, str]) -> Callable[[], None]:
        return partial(_choice, upload, path, place, name, label, options)

    recognised = f"Recognised: {contract(file.export).title}" if file.export else "Not recognised"
    exports = {"": recognised} | {export: contract(export).title for export in EXPORTS}
    fitting = {
        name: words.title(name) for name, p in uploads.known_profiles().items() if how.export in (None, p.export)
    }
    profile = words.title(file.profile) if file.profile else "None: by its headers"
    found: dict[str, tuple[str, str, Callable[[], None]]] = {
        "export": (
            "Export",
            contract(file.export).title if file.export else "not recognised",
            choose("export", "Export", exports),
        ),
        "profile": (
            "Profile or mapping",
            profile,
            choose("profile", "Profile or mapping", {"": "As its headers tell"} | fitting),
        ),
    }
    if file.delimiter or how.delimiter or file.unreadable:
        encodings = {"": "As the file tells"} | ENCODINGS
        delimiters = {"": "As the file tells"} | _DELIMITERS
        found |= {
            "encoding": ("Encoding", words.encoding_name(file.encoding), choose("encoding", "Encoding", encodings)),
            "delimiter": (
                "Cells are parted by",
                words.delimiter_name(file.delimiter),
                choose("delimiter", "Cells are parted by", delimiters),
            ),
        }
    sheets = {
        one.sheet: one.sheet
        for one in (upload.checked.files if upload.checked else ())
        if one.path == path and one.sheet
    }
    if sheets:
        options = {"": "Every sheet"} | sheets
        found["sheet"] = ("Sheet", how.sheet or "every visible one", choose("sheet", "Sheet", options))
    if how.headings or any(decision.setting == "headings" for decision in file.decisions):
        options = {"": "As recognised", "rows": "They are rows of data"}
        found["headings"] = ("Group headings", "none", choose("headings", "Group headings", options))
    if how.wrapped or any(decision.setting == "wrapped" for decision in file.decisions):
        options = {"": "Taken out of their quotation marks", "cells": "One cell each"}
        found["wrapped"] = ("Wrapped lines", "none", choose("wrapped", "Wrapped lines", options))
    if how.hidden or any(decision.setting == "hidden" for decision in file.decisions):
        options = {"": "Read like the others", "out": "Left out"}
        found["hidden"] = ("Hidden rows", "none", choose("hidden", "Hidden rows", options))
    found |= {
        "header_row": ("Header", f"row {file.header_row or 'n/a'}", partial(_header_row, upload, file, place)),
        "dates": ("Order of dates", "as each column tells", choose("dates", "Order of dates", _DATES)),
        "decimal": ("Decimal sign", "as each column tells", choose("decimal", "Decimal sign", _DECIMALS)),
        "scale": ("Amounts are in", words.scale_name(file.scale), partial(_scale, upload, path, place)),
        "source": ("Source", file.source or "n/a", partial(_source, upload, path, place, file.source or "")),
    }
    read = {column.column for column in file.columns}
    if file.export and "currency" in contract(file.export).columns and "currency" not in read:
        currency = contract(file.export).columns["currency"]
        draw = partial(upload_mapping.constant, upload, file, currency, f"how-{place}")
        stated = how.constants.get("currency")
        found["currency"] = ("Currency", f"{stated} in every row" if stated else "not stated in the file", draw)
    return found


def _choice(upload: Upload, path: Path, place: int, name: str, label: str, options: dict[str, str]) -> None:
    key = f"how-{name}-{place}"
    chosen = getattr(upload.how_of(path), name) or ""
    st.session_state[key] = chosen
    st.selectbox(
        label,
        list(options) if chosen in options else [*options, chosen],
        format_func=lambda option: options.get(option, option),
        key=key,
        on_change=lambda: uploads.set_how(upload, path, **{name: st.session_state[key] or None}),
        label_visibility="collapsed",
    )


def _scale(upload: Upload, path: Path, place: int) -> None:
    key = f"how-scale-{place}"
    scale = upload.how_of(path).scale
    st.session_state[key] = f"{scale:.0f}" if scale and f"{scale:.0f}" in _SCALES else ""
    st.selectbox(
        "Amounts are in",
        list(_SCALES),
        format_func=lambda option: _SCALES.get(option, option),
        key=key,
        on_change=lambda: uploads.set_how(upload, path, scale=float(st.session_state[key] or 0) or None),
        label_visibility="collapsed",
    )


def _header_row(upload: Upload, file: FileReport, place: int) -> None:
    path, key = file.path, f"how-header-{place}"
    assert path
    st.session_state[key] = upload.how_of(path).header_row or file.header_row or 1
    st.number_input(
        "Row of the header",
        min_value=1,
        max_value=1_000_000,
        step=1,
        key=key,
        on_change=lambda: uploads.set_how(upload, path, header_row=int(st.session_state[key])),
        label_visibility="collapsed",
    )


def _source(upload: Upload, path: Path, place: int, known: str) -> None:
    key = f"how-source-{place}"
    st.session_state[key] = upload.how_of(path).source or ""
    st.text_input(
        "Source (where it comes from)",
        placeholder=known,
        key=key,
        max_chars=80,
        on_change=lambda: uploads.set_how(upload, path, source=st.session_state[key].strip() or None),
        label_visibility="collapsed",
    )


def header_lines(upload: Upload, file: FileReport, place: int) -> None:
    """The first lines of a file, numbered; a click on one takes it for the header."""
    path = file.path
    assert path
    lines = list(file.first_lines) or [row.text for row in file.left_out if row.row < (file.header_row or 0)]
    rows: list[list[tables.Cell]] = []
    for row, line in enumerate(lines, 1):
        shown = shortened(line, 140) or words.NO_VALUE
        rows.append([number(row), tables.Tagged(shown, "header") if row == file.header_row else shown])
    view.said(["Click the line that holds the headers."])
    tables.listing(
        [Column("Row", width="8%"), Column("Line")],
        rows,
        key=f"lines-{place}",
        picks=[str(row) for row in range(1, len(rows) + 1)],
        on_pick=lambda row: uploads.set_how(upload, path, header_row=int(row)),
    )


def left_out(file: FileReport) -> None:
    """The lines of a file that are no data, with what each says."""
    rows = [
        [
            number(row.row) + (f" and {number(row.count - 1)} later" if row.count > 1 else ""),
            row.kind,
            shortened(row.text, 160),
        ]
        for row in file.left_out[:LEFT_OUT]
    ]
    tables.listing([Column("Row", width="14%"), Column("What it is", width="18%"), Column("It says")], rows)
    if len(file.left_out) > LEFT_OUT:
        view.said([f"The first {LEFT_OUT} of {count(words.lines_left_out(file), 'line')}."], "rw-quiet")


def dictionary() -> None:
    """Every export's columns: what they mean, and the other headers that are read as them."""
    for form in contracts():
        st.html(f'<p class="rw-term"><b>{escape(form.title)}</b>. {escape(form.answers)}</p>')
        rows: list[list[tables.Cell]] = [
            [
                tables.Tagged(column.name, "needed") if column.required else column.name,
                column.help + (f" One of: {', '.join(column.values)}." if column.values else ""),
                ", ".join(column.aliases[:6]),
            ]
            for column in form.columns.values()
        ]
        tables.listing([Column("Column"), Column("Meaning"), Column("Also read as", is_quiet=True)], rows)
