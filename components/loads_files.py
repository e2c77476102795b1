"""What the Loads page gives away: the file that a load came from, and a backup of everything."""

import datetime as dt
from pathlib import Path
from typing import Any

import streamlit as st

from components import jobs
from components import upload_view as problems_view
from pipelines import inbox, originals
from pipelines.problems import RightworkError
from pipelines.warehouse import Warehouse


def original(load: dict[str, Any]) -> None:
    """The file that a load came from, to download as it came; where it was not kept, that it was not."""
    folder, digest = Warehouse().folder, str(load["digest"])
    if not originals.has(folder, digest):
        problems_view.said(["The file itself was not kept: it was loaded before originals were."], "rw-quiet")
        return
    st.download_button(
        "Download the file as it came",
        lambda: originals.read(folder, digest),
        file_name=inbox.safe_name(str(load["file_name"])),
        mime="application/octet-stream",
        icon=":material/download:",
        on_click="ignore",
        help="Byte for byte. Open it with care where you do not know who made it",
    )


def backup() -> None:
    """Make a backup and take it away; putting one back is for whoever runs the server."""
    job = jobs.current("backup")
    if job and not jobs.follow(job):
        return
    file: Path | None = st.session_state.get("backup_file")
    if job and job.error:
        problems_view.said([job.error.sentences])
    if job and job.state == "done" and file and file.exists():
        st.download_button(
            f"Download {file.name}",
            file.read_bytes,
            file_name=file.name,
            mime="application/zip",
            icon=":material/download:",
            on_click="ignore",
            type="primary",
        )
    label = "Make a new backup" if job and job.state == "done" else "Make a backup"
    if st.button(label, icon=":material/save:", key="make-backup"):
        try:
            folder = inbox.batch(Warehouse().folder)
        except RightworkError as error:
            problems_view.said([error.sentences], "rw-notice")
            return
        st.session_state["backup_file"] = file = folder / f"rightwork-{dt.datetime.now():%Y-%m-%d-%H%M}.zip"
        jobs.submit("backup", "backup", file=file)
        st.rerun()
    problems_view.said(["To put one back, whoever runs the server uses: python -m pipelines restore FILE"], "rw-quiet")
