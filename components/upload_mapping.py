"""The mapping editor: which header feeds each column of the contract, how texts are read, what is kept beside."""

from dataclasses import replace
from functools import partial
from html import escape

import streamlit as st

from analytics.reasons import shortened
from components import tables, ticks, uploads
from components import upload_view as view
from components import upload_words as words
from components.formats import count, number
from components.tables import Cell
from components.uploads import Upload
from pipelines.contract import Column as ContractColumn
from pipelines.contract import Contract, contract
from pipelines.header_names import names_of
from pipelines.headers import fold
from pipelines.report import ColumnRead, FileReport, ValueRead

EACH_PAGE = 15
SEARCHED_FROM = 8  # unused headers from which on they can be searched
_NONE, _ONE = "", "\0one"  # no header feeds it; one value stands in every row


def export_of(upload: Upload, file: FileReport) -> str | None:
    """The export that a file is mapped to, as far as one is known."""
    return file.export or (upload.how_of(file.path).export if file.path else None) or words.meant(file)


def columns_of(file: FileReport) -> list[ColumnRead]:
    """How each column of a file is read; in a file that lacks a column that it needs, also what goes by its name."""
    export = words.meant(file)
    if file.export or not export:
        return file.columns
    known = contract(export).header_for()
    by_name = [
        replace(one, column=one.suggested) if one.suggested and known.get(fold(one.header)) == one.suggested else one
        for one in file.columns
    ]
    return [replace(one, why="") if one.column else one for one in by_name]


def suggested(file: FileReport) -> dict[str, ColumnRead]:
    """For columns of the contract that nothing feeds: the unused column of the file that may; for the health also where
    the column that feeds it says none."""
    columns = columns_of(file)
    fed = {column.column for column in columns} - {"reported_health"}
    found: dict[str, ColumnRead] = {}
    for column in columns:
        if column.suggested and not column.column and column.suggested not in fed:
            found.setdefault(column.suggested, column)
    return found


def suggested_values(file: FileReport) -> dict[str, dict[str, str]]:
    """For columns of choices: the texts that are not known, and what each may mean."""
    found = {
        column.column: {one.text: one.suggested for one in column.values if one.read_as is None and one.suggested}
        for column in file.columns
        if column.column
    }
    return {name: texts for name, texts in found.items() if texts}


def is_asked(file: FileReport) -> bool:
    """Whether what is suggested for a file is to be asked: what a profile reads is complete without it."""
    return bool(suggested_values(file) or (suggested(file) and not file.profile))


def missing(upload: Upload, file: FileReport) -> list[str]:
    """The columns that the export needs, and that neither a header nor a value for every row gives."""
    export = export_of(upload, file)
    if not export or not file.columns or file.path is None:
        return []
    given = {column.column for column in columns_of(file)} | set(upload.how_of(file.path).constants)
    return [name for name in contract(export).required if name not in given]


def use_suggestions(upload: Upload, file: FileReport) -> None:
    """Take every suggestion of a file, for columns and for texts, and check again."""
    assert file.path
    how = upload.how_of(file.path)
    columns = {name: column.header for name, column in suggested(file).items()}
    values = {name: dict(texts) for name, texts in how.values.items()}
    for name, texts in suggested_values(file).items():
        values[name] = values.get(name, {}) | texts
    settings = {"export": export_of(upload, file), "columns": how.columns | columns, "values": values}
    uploads.set_how(upload, file.path, **settings)


def editor(upload: Upload, file: FileReport, number_: int) -> None:
    """Every column of the contract with the header that feeds it, then texts of choices, then what is not used."""
    export = export_of(upload, file)
    if not export:
        view.columns(file)
        return
    form = contract(export)
    offered, fed = suggested(file), {column.column: column for column in columns_of(file) if column.column}
    needed = set(form.required)
    first = [*form.required, *(name for name in form.columns if name in offered and name not in needed)]
    first += [name for name in form.columns if name in fed and name not in first]
    rest = [name for name in form.columns if name not in first]
    for name in first:
        _row(upload, file, form, name, number_)
    if rest:
        label = f"The {count(len(rest), 'other column')} that {words.NOUNS[export]} may have"
        if st.toggle(label, key=f"all-columns-{number_}"):
            for name in rest:
                _row(upload, file, form, name, number_)
    _texts(upload, file, form, number_)
    _unused(upload, file, number_)


def _row(upload: Upload, file: FileReport, form: Contract, name: str, place: int) -> None:
    path, column = file.path, form.columns[name]
    assert path
    read = next((one for one in columns_of(file) if one.column == name), None)
    offer = suggested(file).get(name)
    with st.container(key=f"map-{place}-{name}"):
        left, middle, right = st.columns([3, 4, 4], vertical_alignment="center")
        with left:
            tag = ' <span class="rw-tag">needed</span>' if column.required else ""
            st.html(
                f'<div class="rw-field"><b title="{escape(column.help)}">{escape(words.spoken(name))}</b>{tag}</div>'
            )
        with middle:
            current = chooser(upload, file, name, str(place))
        with right:
            needs_value = column.required and not read and not offer and name != form.key[0]
            if current == _ONE or (needs_value and current == _NONE):
                constant(upload, file, column, place)
            elif read:
                _became(read)
            elif offer:
                _offer(upload, file, name, offer, place)


def chooser(upload: Upload, file: FileReport, name: str, place: str) -> str:
    """A list of the file's headers, each with what stands below it: which one feeds a column; what is chosen now."""
    path = file.path
    assert path
    said, how, key = words.spoken(name), upload.how_of(path), f"feed-{place}-{name}"
    examples = {one.header: one.examples for one in file.columns}
    headers = [header for header in names_of(file.headers) if header] or list(examples)
    read = next((one for one in columns_of(file) if one.column == name), None)
    current = how.columns.get(name, read.header if read and read.header in headers else _NONE)
    if name in how.constants or (st.session_state.get(f"one-{place}-{name}") and not current):
        current = _ONE
    options = [_NONE, _ONE, *headers] if place.isdigit() else [_NONE, *headers]
    st.session_state[key] = current if current in options else _NONE

    def choose() -> None:
        chosen = st.session_state[key]
        st.session_state[f"one-{place}-{name}"] = chosen == _ONE
        if chosen != _ONE:
            uploads.feed(upload, path, {name: chosen})

    def written(option: str) -> str:
        if option in (_NONE, _ONE):
            return "Not in this file" if option == _NONE else "One value for every row"
        shown = " | ".join(shortened(text, 20) for text in examples.get(option, ())[:2])
        return f"{shortened(words.worded(option), 60)}{f'  ({shown})' if shown else ''}"

    st.selectbox(
        f"What feeds {said}", options, format_func=written, key=key, on_change=choose, label_visibility="collapsed"
    )
    return current


def _became(read: ColumnRead) -> None:
    texts = " | ".join(shortened(text, 24) for text in read.examples) or words.NO_VALUE
    became = words.shown(read)
    is_other = became and became != (read.examples or ("",))[0]
    after = f' <span class="rw-became">{escape(became)}</span>' if is_other else ""
    why = f'<span class="rw-under">{escape(read.why)}</span>' if read.why else ""
    st.html(f'<div class="rw-field rw-quiet">{escape(texts)}{after}{why}</div>')


def _offer(upload: Upload, file: FileReport, name: str, offer: ColumnRead, place: int) -> None:
    path = file.path
    assert path
    with st.container(horizontal=True, vertical_alignment="center", key=f"offer-{place}-{name}"):
        why = f'<span class="rw-under">{escape(offer.why)}</span>' if offer.why else ""
        st.html(f'<div class="rw-field">Suggested: <b>{escape(shortened(offer.header, 50))}</b>{why}</div>')
        act = partial(uploads.feed, upload, path, {name: offer.header})
        st.button("Use it", key=f"use-{place}-{name}", on_click=act)


def constant(upload: Upload, file: FileReport, column: ContractColumn, place: int | str) -> None:
    """One value for every row: a date, one of the choices, or a text."""
    path = file.path
    assert path
    name = column.name
    label, key = f"{words.spoken(name)} in every row", f"constant-{place}-{name}"
    known = upload.how_of(path).constants.get(name, "")

    def take() -> None:
        value = st.session_state[key]
        text = "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value).strip()
        uploads.set_constant(upload, path, name, text)

    if column.type == "date":
        st.session_state[key] = words.as_day(known)
        st.date_input(label, key=key, on_change=take, format="YYYY-MM-DD", value=None, label_visibility="collapsed")
    elif column.values:
        st.session_state[key] = known or None
        st.selectbox(label, list(column.values), key=key, on_change=take, index=None, label_visibility="collapsed")
    else:
        st.session_state[key] = known
        hint = f"for example {column.example}" if column.example else ""
        st.text_input(label, key=key, on_change=take, max_chars=200, placeholder=hint, label_visibility="collapsed")


def _texts(upload: Upload, file: FileReport, form: Contract, place: int) -> None:
    """The texts of columns of choices: those that are not known first, each with what it is to be read as."""
    for read in file.columns:
        if not read.column or not read.values or read.column not in form.columns:
            continue
        unknown = [one for one in read.values if one.read_as is None]
        known = [one for one in read.values if one.read_as is not None]
        title = f"{words.spoken(read.column)}: " + (
            f"{count(len(unknown), 'text')} not known, {number(len(known))} known" if unknown else "every text is known"
        )
        st.html(f'<h3 class="rw-subtitle">{escape(title[:1].upper() + title[1:])}</h3>')
        rows = list(unknown)
        which = "every other text" if unknown else "each text"
        label = f"Show what {which} of {words.spoken(read.column)} is read as"
        if known and st.toggle(label, key=f"known-{place}-{read.column}"):
            rows += known
        pages = -(-len(rows) // EACH_PAGE)
        page = st.pagination(pages, key=f"texts-page-{place}-{read.column}") if pages > 1 else 1
        for one in rows[(page - 1) * EACH_PAGE : page * EACH_PAGE]:
            text(upload, file, form.columns[read.column], one, place)


def text(upload: Upload, file: FileReport, column: ContractColumn, one: ValueRead, place: int | str) -> None:
    """A text of a column of choices, with how many rows say it and a list of what it may mean."""
    path = file.path
    assert path
    key = f"text-{place}-{column.name}-{one.text}"
    st.session_state[key] = upload.how_of(path).values.get(column.name, {}).get(one.text, one.read_as)
    # A text may also say that nothing is known.
    options = ["", *column.values]

    def take() -> None:
        uploads.read_values(upload, path, {column.name: {one.text: st.session_state[key]}})

    left, middle, right = st.columns([3, 4, 4], vertical_alignment="center")
    with left:
        rows = f'<span class="rw-under">{escape(count(one.count, "row"))}</span>'
        st.html(f'<div class="rw-field"><b>{escape(shortened(one.text, 60))}</b>{rows}</div>')
    with middle:
        st.selectbox(
            f"{one.text[:60]} is read as",
            options,
            format_func=lambda value: value or "Nothing is known",
            key=key,
            on_change=take,
            index=None,
            placeholder="Not known: say what it means",
            label_visibility="collapsed",
        )
    with right:
        if one.read_as is None and one.suggested:
            act = partial(uploads.read_values, upload, path, {column.name: {one.text: one.suggested}})
            st.button(f"Use the suggestion: {one.suggested}", key=f"use-{key}", on_click=act)


def _unused(upload: Upload, file: FileReport, place: int) -> None:
    """Headers that feed nothing, with a tick that keeps them as attributes of the project."""
    path = file.path
    assert path
    kept = set(upload.how_of(path).attributes)
    unused = list({column.header: column for column in columns_of(file) if not column.column}.values())
    if not unused:
        return
    st.html(
        f'<h3 class="rw-subtitle">{escape(count(len(unused), "column"))} not used <small>A tick keeps one as an '
        "attribute of the project, shown and filterable</small></h3>"
    )
    asked = ""
    if len(unused) > SEARCHED_FROM:
        asked = st.text_input("Search the unused columns", key=f"search-{place}", width=320, placeholder="Search")
    fitting = [column for column in unused if asked.strip().lower() in column.header.lower()]
    # What is kept stands first, so that it can be seen and taken back.
    fitting.sort(key=lambda column: column.header not in kept)
    body = st.container()
    pages = -(-len(fitting) // EACH_PAGE)
    page = st.pagination(pages, key=f"unused-page-{place}") if pages > 1 else 1
    shown = fitting[(page - 1) * EACH_PAGE : page * EACH_PAGE]

    def turn(header: str) -> None:
        uploads.keep_attribute(upload, path, header, is_kept=header not in kept)

    rows: list[list[Cell]] = [
        [
            ticks.tick(column.header, f"Keep {column.header}", is_on=column.header in kept),
            shortened(column.header, 60),
            " | ".join(shortened(text, 32) for text in column.examples) or words.NO_VALUE,
        ]
        for column in shown
    ]
    titles = [tables.Column("Keep", width="8%"), tables.Column("Header in the file", width="36%")]
    with body:
        tables.listing([*titles, tables.Column("Examples", is_quiet=True)], rows, key=f"keep-{place}", on_pick=turn)
