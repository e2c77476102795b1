"""The controls that change how an uploaded file is read, and the data dictionary beside the templates."""

from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from pathlib import Path

import streamlit as st

from components import downloads, tables, uploads
from components import upload_view as view
from components import upload_words as words
from components.tables import Column
from components.uploads import Upload
from pipelines.contract import EXPORTS, contract, contracts
from pipelines.findings import PROBLEMS, REJECTED
from pipelines.problems import RightworkError
from pipelines.profile import profiles
from pipelines.report import FileReport

_DATES = {"": "As the column tells", "dmy": "Day first (31/12/2026)", "mdy": "Month first (12/31/2026)"}
_DECIMALS = {"": "As the column tells", ",": "Comma (1.234,50)", ".": "Point (1,234.50)"}
_ASKED: dict[str, tuple[str, str, dict[str, str]]] = {
    "date_order_undecided": ("dates", "Which comes first in", {"dmy": "The day", "mdy": "The month"}),
    "decimal_sign_undecided": ("decimal", "What is the decimal sign of", {",": "The comma", ".": "The point"}),
}


def drop(label: str) -> None:
    """Where files are dropped; they are taken at once, and the place is empty again."""
    drops = st.session_state.setdefault("drops", 0)
    with st.container(key="drop"):
        files = st.file_uploader(label, accept_multiple_files=True, key=f"drop-{drops}", label_visibility="collapsed")
    if not files:
        return
    st.session_state["drops"] = drops + 1
    try:
        uploads.start((file.name, file) for file in files)
    except RightworkError as error:
        view.said([error.sentences], "rw-notice")
        return
    st.rerun()


def take_away(upload: Upload) -> None:
    """Buttons for all problems as CSV and as Excel, and for the rejected rows, to be mended and loaded again."""
    assert upload.kept
    stem = Path(words.together(list(upload.checked.files)) if upload.checked else "").stem
    listed, rejected = upload.kept / PROBLEMS, upload.kept / REJECTED
    with st.container(horizontal=True):
        if rejected.exists() and len(upload.files) == 1:
            _file_button("Download the rejected rows", rejected.read_bytes, f"{stem} rejected.csv", "text/csv")
        if listed.exists():
            _file_button("Download all as CSV", listed.read_bytes, f"{stem} problems.csv", "text/csv")
        if len(upload.problems) == upload.groups["count"].sum():
            write = partial(downloads.as_excel, upload.problems, "Problems")
            _file_button("Download all as Excel", write, f"{stem} problems.xlsx", downloads.XLSX)


def _file_button(label: str, write: Callable[[], bytes], name: str, mime: str) -> None:
    st.download_button(
        label, write, file_name=name, mime=mime, icon=":material/download:", on_click="ignore", key=f"take-{label}"
    )


def questions(upload: Upload, files: Sequence[FileReport]) -> None:
    """What files leave open, to be answered with one click; an answer checks them again."""
    asked = {(f.path, p.rule): (f, p) for f in files for p in f.problems if p.rule in _ASKED and f.path}
    for number, ((path, rule), (file, problem)) in enumerate(asked.items()):
        name, question, answers = _ASKED[rule]
        view.said([f"{question} {problem.column} of {words.place(file)}? For example {problem.value}"])
        with st.container(horizontal=True):
            for answer, label in answers.items():
                act = partial(uploads.set_how, upload, path, **{name: answer})
                st.button(label, key=f"answer-{number}-{answer}", on_click=act, type="primary")


def controls(upload: Upload, file: FileReport, number: int) -> None:
    """How a file is to be read; a change checks it again."""
    path = file.path
    if path is None:
        return
    is_open = file.refused and not any(p.rule in _ASKED for p in file.problems)
    # What is open is the server's to know: the page is drawn anew around it at each check.
    box = st.expander("Change how it is read", is_open, key=f"change-{number}-{is_open}", on_change="rerun")
    if not box.open:
        return
    with box:
        how = upload.how[path]
        recognised = f"Recognised: {contract(file.export).title}" if file.export else "Not recognised"
        exports = {"": recognised} | {export: contract(export).title for export in EXPORTS}
        fitting = {p.name: p.title for p in profiles().values() if how.export in (None, p.export)}
        known = f"Recognised: {profiles()[file.profile].title}" if file.profile else "None: by its headers"
        first, second, third = st.columns(3)
        with first:
            _choice(upload, path, number, "export", "Export", exports)
            _choice(upload, path, number, "profile", "Profile of the tool", {"": known} | fitting)
        with second:
            _choice(upload, path, number, "dates", "Order of dates", _DATES)
            _choice(upload, path, number, "decimal", "Decimal sign", _DECIMALS)
        with third:
            _text(upload, path, number, file.source or "")
            _constant(upload, path, number, file.export or how.export or "status")
        for column, value in how.constants.items():
            with st.container(horizontal=True, vertical_alignment="center"):
                st.text(f"{column.replace('_', ' ')} is {value} in every row", width="content")
                st.button(
                    "Take it back",
                    key=f"remove-{column}-{number}",
                    type="tertiary",
                    on_click=_set_constant,
                    args=(upload, path, column, ""),
                )


def _choice(upload: Upload, path: Path, number: int, name: str, label: str, options: dict[str, str]) -> None:
    key = f"how-{name}-{number}"
    st.session_state[key] = getattr(upload.how[path], name) or ""
    st.selectbox(
        label,
        list(options),
        format_func=lambda option: options.get(option, option),
        key=key,
        on_change=lambda: uploads.set_how(upload, path, **{name: st.session_state[key] or None}),
    )


def _text(upload: Upload, path: Path, number: int, known: str) -> None:
    key = f"how-source-{number}"
    st.session_state[key] = upload.how[path].source or ""
    st.text_input(
        "Source (where it comes from)",
        placeholder=known,
        key=key,
        max_chars=80,
        on_change=lambda: uploads.set_how(upload, path, source=st.session_state[key].strip() or None),
    )


def _constant(upload: Upload, path: Path, number: int, export: str) -> None:
    name, value = f"constant-column-{number}", f"constant-value-{number}"

    def take() -> None:
        if st.session_state[value].strip():
            _set_constant(upload, path, st.session_state[name], st.session_state[value].strip())

    form = contract(export)
    names = sorted(form.columns, key=lambda column: column not in form.required[1:])
    left, right = st.columns(2, vertical_alignment="bottom")
    left.selectbox("One value for every row", names, format_func=lambda column: column.replace("_", " "), key=name)
    right.text_input("Value", key=value, max_chars=200, on_change=take, placeholder=form.columns[names[0]].example)


def _set_constant(upload: Upload, path: Path, column: str, value: str) -> None:
    rest = {name: text for name, text in upload.how[path].constants.items() if name != column}
    uploads.set_how(upload, path, constants=rest | ({column: value} if value else {}))


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
