"""What a session is about to load: its files in the inbox, how they are read, and what became of them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Literal

import pandas as pd
import streamlit as st

from components import jobs, upload_view
from pipelines import inbox
from pipelines.problems import RightworkError
from pipelines.profile import profiles
from pipelines.report import How, LoadReport, Request
from pipelines.warehouse import Warehouse

_KEY = "upload"


@dataclass
class Upload:
    """Files of one upload and what was learnt of them.

    `checked` is the report of the last dry run, `published` that of the load that changed something or found nothing
    to change; `error` says why neither came. `kept` is the folder in which the last check left all that it found,
    `findings` the one for the job under way.
    """

    folder: Path
    files: dict[Path, str]
    how: dict[Path, How]
    checked: LoadReport | None = None
    published: LoadReport | None = None
    error: RightworkError | None = None
    doing: Literal["check", "publish"] = "check"
    notice: str = ""
    kept: Path | None = None
    findings: Path | None = None

    @cached_property
    def problems(self) -> pd.DataFrame:
        """The problems that the check found, the first of each kind where there are many."""
        assert self.checked
        return upload_view.problem_frame(self.checked)

    @cached_property
    def groups(self) -> pd.DataFrame:
        """Its problems by kind, with how many there are of each."""
        assert self.checked
        return upload_view.problem_groups(self.problems, upload_view.unlisted(self.checked))


def current() -> Upload | None:
    """The session's upload, brought up to date with its job; None where there is none."""
    upload: Upload | None = st.session_state.get(_KEY)
    job = jobs.current(_KEY)
    if upload and job and job.is_over:
        jobs.forget(_KEY)
        _take(upload, job.result, job.error or RightworkError(job.words))
    return upload


def start(files: Iterable[tuple[str, IO[bytes]]]) -> None:
    """Put files into the inbox and check them.

    A file of the same name as before is read as that one was. Of several files before, those whose names do not come
    again stay: a mended file takes the place of the one that it mends. StoreError or StoreFull where there is
    no place for them; what was there before stays.
    """
    before: Upload | None = st.session_state.get(_KEY)
    known = {before.files[path]: how for path, how in before.how.items()} if before else {}
    if before and len(before.files) > 1:
        _let_go()
        folder, kept = before.folder, before.files
    else:
        folder, kept = inbox.batch(Warehouse().folder), {}
    try:
        placed = inbox.spool(folder, files)
    except RightworkError:
        if not kept:
            inbox.discard(folder)
        raise
    if not kept:
        clear()
    placed = {path: name for path, name in kept.items() if name not in placed.values()} | placed
    how = {path: replace(known.get(name, How()), name=name) for path, name in placed.items()}
    upload = st.session_state[_KEY] = Upload(folder, placed, how)
    check(upload)


def check(upload: Upload) -> None:
    """Have a dry run done with the settings as they are."""
    upload.doing, upload.error = "check", None
    _submit(upload, is_trial=True)


def publish(upload: Upload, *, quarantine: bool) -> None:
    """Have the files published: all rows, or the good ones with the others kept aside."""
    upload.doing, upload.error = "publish", None
    _submit(upload, quarantine=quarantine)


def set_how(upload: Upload, path: Path, **settings: Any) -> None:
    """Read a file in another way, and check again. Where profile and export do not fit, the older choice is dropped."""
    how = replace(upload.how[path], **settings)
    profile = profiles().get(how.profile or "")
    if profile and how.export not in (None, profile.export):
        how = replace(how, profile=None) if "export" in settings else replace(how, export=None)
    upload.how[path] = how
    check(upload)


def clear() -> None:
    """Forget the upload and take its files out of the inbox."""
    _let_go()
    upload: Upload | None = st.session_state.pop(_KEY, None)
    if upload:
        inbox.discard(upload.folder)


def _submit(upload: Upload, *, is_trial: bool = False, quarantine: bool = False) -> None:
    _let_go()
    upload.notice = ""
    try:
        upload.findings = inbox.findings(upload.folder)
    except RightworkError as error:
        upload.error = error
        return
    request = Request(
        list(upload.files), dry_run=is_trial, quarantine=quarantine, own=dict(upload.how), keep=upload.findings
    )
    jobs.submit(_KEY, "load", request=request)


def _let_go() -> None:
    """Give up the job under way. One that runs may end by itself: to stop it would cost the warm process."""
    job = jobs.current(_KEY)
    if job and job.state == "waiting":
        job.stop()
    jobs.forget(_KEY)


def _take(upload: Upload, report: LoadReport | None, error: RightworkError) -> None:
    upload.error = None if report else error
    if not report:
        return
    if upload.doing == "publish" and not report.blocked:
        upload.published = report
        inbox.discard(upload.folder)
        return
    if upload.doing == "publish":
        # What the check let pass is stopped now: look again at what changed meanwhile.
        check(upload)
        upload.notice = "Nothing was published: since the check somebody else did, and now there are errors."
        return
    upload.checked, upload.kept = report, upload.findings
    if upload.kept:
        inbox.keep_latest(upload.folder, upload.kept)
    for name in ("problems", "groups"):
        upload.__dict__.pop(name, None)
