"""Saved mappings: save the one of a file, and list, rename, delete, take away and bring in those there are."""

from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path

import streamlit as st

from analytics.reasons import shortened
from components import upload_view as view
from components import upload_words as words
from components.formats import count, escape_markdown
from components.uploads import Upload
from pipelines import inbox, mappings
from pipelines.problems import RightworkError
from pipelines.profile import as_yaml
from pipelines.report import FileReport
from pipelines.warehouse import Warehouse

_SAID = "mapping-said"
MOST_BYTES = 1_000_000  # of a mapping that is brought in


def is_own(upload: Upload, file: FileReport) -> bool:
    """Whether somebody chose how a file's columns are read, which no saved mapping holds yet."""
    how = upload.how_of(file.path) if file.path else None
    if not how or not file.export or not file.feeds:
        return False
    chosen = how.columns or how.values or how.attributes or how.scale or how.header_row
    return bool(chosen) and not is_saved(upload, file)


def is_saved(upload: Upload, file: FileReport) -> bool:
    """Whether how a file's columns are read was saved, as it is now."""
    if file.path is None or file.path not in upload.saved:
        return False
    return upload.saved[file.path][1] == upload.how_of(file.path)


def save(upload: Upload, file: FileReport, place: int) -> None:
    """Save how a file's columns are read under a name; next week's file with these headers then asks nothing."""
    path = file.path
    if path is None or not file.export or not file.feeds:
        return
    known = mappings.remembered(Warehouse())
    saved = upload.saved.get(path, ("",))[0]
    if is_saved(upload, file):
        view.said([f"Saved as {saved}: the next file with these headers is read by it."], "rw-quiet")
        return
    own = file.profile if file.profile in known else ""
    stem = " ".join(Path(file.file).stem.replace("_", " ").split())
    key = f"mapping-name-{place}"
    st.session_state.setdefault(key, (saved or own or stem)[: mappings.LONGEST_NAME])

    def take() -> None:
        name = str(st.session_state[key])
        try:
            profile = mappings.from_how(file, upload.how_of(path), known)
            said = mappings.save(Warehouse(), name, as_yaml(profile)).name
        except RightworkError as error:
            _say(error.sentences)
            return
        upload.saved[path] = (said, upload.how_of(path))

    with st.container(horizontal=True, vertical_alignment="bottom", key=f"save-mapping-{place}"):
        st.text_input("Save this mapping as", key=key, max_chars=mappings.LONGEST_NAME, width=320)
        st.button("Save the mapping", key=f"save-{place}", on_click=take, icon=":material/bookmark:")
    told()


def _say(text: str) -> None:
    st.session_state[_SAID] = text


def told() -> None:
    """What became of the last click on a mapping, once."""
    if text := st.session_state.pop(_SAID, ""):
        view.said([text], "rw-notice")


def listing() -> None:
    """Every saved mapping with what can be done about it, and a place to bring one in."""
    try:
        found = mappings.listed(Warehouse())
    except RightworkError as error:
        view.said([error.sentences], "rw-notice")
        return
    told()
    if not found:
        view.said(["None yet. Map a file's columns once, save that under a name, and the next file asks nothing."])
    for number, one in enumerate(found):
        _one(one, number)
    with st.expander("Bring one in"):
        _bring_in()


def _one(one: dict[str, object], number: int) -> None:
    name, columns, attributes = str(one["name"]), one["columns"], one["attributes"]
    assert isinstance(columns, dict)
    assert isinstance(attributes, list)
    kept = f", {count(len(attributes), 'attribute')}" if attributes else ""
    when = f"{words.moment(one['recorded_at'])} by {one['recorded_by']}"
    about = f"{words.NOUNS[str(one['export'])]}, {count(len(columns), 'column')}{kept}; {when}"
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left:
        title = f"<b>{escape(shortened(name, 80))}</b>"
        st.html(f'<div class="rw-field">{title}<span class="rw-under">{escape(about)}</span></div>')
    with right, st.container(horizontal=True, horizontal_alignment="right"):
        st.download_button(
            "YAML",
            partial(_text, name),
            f"{inbox.safe_name(name)}.yaml",
            "text/yaml",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
            key=f"mapping-yaml-{number}",
            help=escape_markdown(f"Download {name}"),
        )
        with st.popover("Change", key=f"mapping-change-{number}", type="tertiary"):
            key = f"mapping-rename-{number}-{name}"
            st.text_input("Name", name, key=key, max_chars=mappings.LONGEST_NAME)
            st.button("Rename", key=f"rename-{number}", on_click=partial(_rename, name, key))
            act = partial(_act, mappings.delete, name, f"{name} is deleted.")
            st.button("Delete", key=f"delete-{number}", on_click=act)


def _text(name: str) -> bytes:
    return mappings.exported(Warehouse(), name).encode()


def _rename(name: str, key: str) -> None:
    new = str(st.session_state[key])
    _act(partial(mappings.rename, new=new), name, f"{name} is now called {new}.")


def _act(act: Callable[[Warehouse, str], None], name: str, done: str) -> None:
    try:
        act(Warehouse(), name)
    except RightworkError as error:
        _say(error.sentences)
        return
    _say(done)


def _bring_in() -> None:
    """Take in a mapping that was downloaded before, here or elsewhere."""
    drops = st.session_state.setdefault("mapping-drops", 0)
    file = st.file_uploader("A mapping as YAML", type=["yaml", "yml"], key=f"mapping-{drops}", max_upload_size=1)
    if not file:
        return
    st.session_state["mapping-drops"] = drops + 1
    try:
        text = file.getvalue().decode("utf-8-sig")
        _say(f"{mappings.save(Warehouse(), Path(file.name).stem, text).name} is saved.")
    except UnicodeDecodeError:
        _say("This is no YAML text in UTF-8. Bring in a mapping as it was downloaded.")
    except RightworkError as error:
        _say(error.sentences)
    st.rerun()
