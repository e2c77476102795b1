"""The files of an upload, one by one: what each was read as, why, its columns, and the lines that are no data."""

from functools import partial

import streamlit as st

from analytics.reasons import shortened
from components import tables, upload_controls, upload_mapping, upload_saved, uploads
from components import upload_view as view
from components import upload_words as words
from components.formats import count, escape_markdown, number
from components.frame import card
from components.tables import Column
from components.uploads import Upload
from pipelines.report import FileReport, LoadReport

_COUNTED = ("rows_new", "rows_restated", "rows_unchanged")
ALL = 3  # files that are shown in full at once


def show(upload: Upload, report: LoadReport) -> None:
    """Every file in the order in which it loads; of many, one in full."""
    files = list(enumerate(report.files))
    if len(files) > 1:
        with card("files", f"{number(len(files))} files, in this order", "One publication takes them all, or none"):
            _order(report)
    if len(files) > ALL:
        names = [words.place(file) for file in report.files]
        first = next((place for place, file in files if file.refused or file.rows_rejected), 0)
        known = st.session_state.get("shown-file")
        st.session_state["shown-file"] = known if known is not None and known < len(files) else first
        chosen = st.selectbox("Look at", range(len(files)), format_func=names.__getitem__, key="shown-file", width=480)
        files = [files[chosen]]
    for place, file in files:
        is_alone = not file.refused and not file.export
        if (file.unreadable or is_alone) and not file.columns and not file.left_out:
            continue  # all that there is to say of it stands above
        with card(f"file-{place}", words.read_as(file), words.form(file)):
            _one(upload, file, place, is_only=len(report.files) == 1)


def _order(report: LoadReport) -> None:
    rows: list[list[tables.Cell]] = []
    for place, file in enumerate(report.files, 1):
        noun = words.NOUNS[file.export] if file.export else "left alone"
        rows.append(
            [
                number(place),
                words.place(file),
                "not read" if file.refused else noun,
                *("" if file.refused else number(getattr(file, name)) for name in _COUNTED),
                tables.Tagged(number(file.rows_rejected), "mend")
                if file.rows_rejected
                else ("" if file.refused else "0"),
            ]
        )
    counts = [Column(title, "right") for title in ("New", "Restated", "Unchanged", "Rejected")]
    tables.listing([Column(""), Column("File", width="40%"), Column("Read as"), *counts], rows)


def leave_out(upload: Upload, report: LoadReport) -> None:
    """For each file that stops others, as a whole or by some of its rows, a button that leaves it out."""
    stopping = {file.path: file for file in report.files if file.path and (file.refused or file.rows_rejected)}
    others = {file.path for file in report.files if file.refused or file.export}
    for place, file in enumerate(stopping.values() if len(others) > 1 else ()):
        label = f"Leave {escape_markdown(shortened(words.place(file), 40))} out"
        act = partial(uploads.leave_out, upload, file.path)
        st.button(label, key=f"leave-{place}", on_click=act, icon=":material/close:")


def _one(upload: Upload, file: FileReport, place: int, *, is_only: bool) -> None:
    if assumed := words.assumptions(file):
        view.said(assumed)
    needs = _needs_mapping(upload, file)
    is_edited = bool(st.session_state.get(f"edit-{place}")) or needs
    is_open = not file.unreadable and (is_edited or (is_only and not len(upload.problems)))
    if file.columns:
        title = "How each column is read" if upload_mapping.export_of(upload, file) else "What stands in it"
        # What is open is the server's to know: the page is drawn anew around it at each check.
        box = st.expander(title, is_open, key=f"read-{place}-{is_open}", on_change="rerun")
        if box.open:
            with box:
                _columns(upload, file, place, needs=needs)
    if file.path and not file.unreadable:
        decided = f": {count(len(file.decisions), 'decision')}" if file.decisions else ""
        box = st.expander(f"How the file is read, and why{decided}", key=f"how-{place}", on_change="rerun")
        if box.open:
            with box:
                upload_controls.how_read(upload, file, place)
    if file.left_out:
        title = f"{count(words.lines_left_out(file), 'line')} left out: {words.kinds(file)}"
        box = st.expander(title, key=f"left-out-{place}", on_change="rerun")
        if box.open:
            with box:
                upload_controls.left_out(file)


def _needs_mapping(upload: Upload, file: FileReport) -> bool:
    return bool(
        (file.refused and upload_mapping.export_of(upload, file) is None)
        or upload_mapping.is_asked(file)
        or upload_mapping.missing(upload, file)
        or any(one.read_as is None for column in file.columns for one in column.values)
    )


def _columns(upload: Upload, file: FileReport, place: int, *, needs: bool) -> None:
    """How columns are read, or, where somebody wants to change it or must, the editor."""
    can_change = file.path is not None and upload_mapping.export_of(upload, file) is not None
    key = f"edit-{place}"
    if can_change:
        if needs:
            st.session_state[key] = True  # and so it stays when all is said: whoever maps is not thrown out
        if st.toggle("Change what feeds what", key=key):
            upload_mapping.editor(upload, file, place)
            upload_saved.save(upload, file, place)
            return
    view.columns(file)
    if upload_saved.is_own(upload, file) or upload_saved.is_saved(upload, file):
        upload_saved.save(upload, file, place)
