"""What a session is about to load: its files in the inbox, how they are read, and what became of them."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Literal

import pandas as pd
import streamlit as st

from components import jobs, upload_view
from pipelines import inbox, mappings
from pipelines.effect import Effect
from pipelines.files import explained
from pipelines.jobs import Job
from pipelines.problems import RightworkError
from pipelines.profile import Profile, profiles
from pipelines.report import How, LoadReport, Request
from pipelines.warehouse import Warehouse

LINK = "upload"  # what an address calls it by, so that a page loaded again, or by a colleague, shows it
_KEY = "upload"
_STATE = "upload.json"  # files that people upload lie a folder deeper: none of them can be called this way
_WEIGH = "upload-effect"


@dataclass
class Upload:
    """Files of one upload and what was learnt of them.

    `checked` is the report of the last dry run, `published` that of the load that changed something or found nothing
    to change; `error` says why neither came. `kept` is the folder in which the last check left all that it found,
    `findings` the one for the job under way. `effect` says what publishing would do to the figures, as soon as that
    is known. `saved` holds the mappings that were saved of files, by name, and what they say; `without` the files
    within archives that are left out.
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
    effect: Effect | None = None
    saved: dict[Path, tuple[str, How]] = field(default_factory=dict)
    without: set[Path] = field(default_factory=set)

    @property
    def weighing(self) -> Job | None:
        """The job that finds out what publishing would do to the figures; None where none is under way."""
        return jobs.current(_WEIGH)

    @property
    def can_weigh(self) -> bool:
        """Whether there is something to publish whose effect on the figures can be told."""
        report = self.checked
        if not report or report.cleared_sample:
            return False  # beside a made-up organisation, one's own figures say nothing
        return report.has_news and not any(file.refused for file in report.files)

    def how_of(self, path: Path) -> How:
        """How a file is to be read; one within an archive has no settings before it is given some."""
        return self.how.get(path) or self.how.get(path.parent) or How()

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
    """The session's upload, brought up to date with its job; None where there is none.

    A new session takes up what its address names, with the settings as they were, and has it checked again.
    """
    upload: Upload | None = st.session_state.get(_KEY)
    if upload is None and (upload := _kept(st.query_params.get(LINK, ""))):
        st.session_state[_KEY] = upload
        check(upload)
    job = jobs.current(_KEY)
    if upload and job and job.is_over:
        jobs.forget(_KEY)
        _take(upload, job.result, job.error or RightworkError(job.words))
    weighing = jobs.current(_WEIGH)
    if upload and weighing and weighing.is_over:
        # Where it came to nothing the check stands without it, and publishing says what is wrong.
        jobs.forget(_WEIGH)
        upload.effect = weighing.result.effect if weighing.result else None
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
    # Only here: written again by every run, the browser's Back would never leave the page.
    st.query_params[LINK] = folder.name
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
    how = replace(upload.how_of(path), **settings)
    profile = known_profiles().get(how.profile or "")
    if profile and how.export not in (None, profile.export):
        how = replace(how, profile=None) if "export" in settings else replace(how, export=None)
    upload.how[path] = how
    check(upload)


def known_profiles() -> dict[str, Profile]:
    """The shipped profiles and the saved mappings, by name."""
    return profiles() | mappings.remembered(Warehouse())


def accept(upload: Upload, path: Path, names: Iterable[str]) -> None:
    """Accept repairs of a file by their names, and check again."""
    set_how(upload, path, repairs=tuple(dict.fromkeys([*upload.how_of(path).repairs, *names])))


def revoke(upload: Upload, path: Path, names: Iterable[str], accepted: Iterable[str]) -> None:
    """Take back accepted repairs of a file, and check again. `accepted` are the names of all that were made.

    What was accepted by its kind ("known_name:Agency:*") is from then on accepted one by one.
    """
    taken = set(names)
    single = [name for name in upload.how_of(path).repairs if not name.endswith(":*") and name not in taken]
    rest = [name for name in accepted if name not in taken]
    set_how(upload, path, repairs=tuple(dict.fromkeys([*single, *rest])))


def feed(upload: Upload, path: Path, columns: dict[str, str | None]) -> None:
    """Have columns of the contract fed by headers ("": by none; None: as the file tells), and check again.

    A column that a header feeds has no value for every row any more.
    """
    how = upload.how_of(path)
    kept = {name: header for name, header in how.columns.items() if name not in columns}
    kept |= {name: header for name, header in columns.items() if header is not None}
    constants = {name: value for name, value in how.constants.items() if not columns.get(name)}
    set_how(upload, path, columns=kept, constants=constants)


def set_constant(upload: Upload, path: Path, column: str, value: str) -> None:
    """Have a column say one value in every row ("": no longer), and check again."""
    how = upload.how_of(path)
    rest = {name: text for name, text in how.constants.items() if name != column}
    set_how(upload, path, constants=rest | ({column: value} if value else {}))


def read_values(upload: Upload, path: Path, values: dict[str, dict[str, str | None]]) -> None:
    """Have texts of columns of choices read as allowed values (None: as the file tells), and check again."""
    kept = {column: dict(texts) for column, texts in upload.how_of(path).values.items()}
    for column, texts in values.items():
        known = kept.setdefault(column, {})
        for text, value in texts.items():
            known.pop(text, None)
            if value is not None:
                known[text] = value
    set_how(upload, path, values={column: texts for column, texts in kept.items() if texts})


def keep_attribute(upload: Upload, path: Path, header: str, *, is_kept: bool) -> None:
    """Keep an unused column as an attribute, or no longer, and check again."""
    rest = tuple(name for name in upload.how_of(path).attributes if name != header)
    set_how(upload, path, attributes=(*rest, header) if is_kept else rest)


def leave_out(upload: Upload, path: Path | None) -> None:
    """Take one file out of several, and check the others again. One within an archive is left alone in it."""
    if path in upload.files:
        upload.files.pop(path)
    elif path and path.parents and upload.files.keys() & {*path.parents}:
        upload.without.add(path)
    else:
        return
    upload.how.pop(path, None)
    check(upload)


def weigh(upload: Upload) -> None:
    """Find out what publishing the files as they are read now would do to the figures."""
    request = Request(list(upload.files), dry_run=True, own=dict(upload.how), weigh=True, without={*upload.without})
    jobs.submit(_WEIGH, "load", request=request)


def clear() -> None:
    """Forget the upload and take its files out of the inbox."""
    _let_go()
    upload: Upload | None = st.session_state.pop(_KEY, None)
    if upload:
        inbox.discard(upload.folder)
        st.query_params.pop(LINK, None)


def is_gone() -> bool:
    """Whether the address names an upload that is no more: published, given up, or put away after a day."""
    return LINK in st.query_params and _KEY not in st.session_state


def _keep(upload: Upload) -> None:
    """Write down beside the files how they are read."""

    def place(path: Path) -> str:
        return path.relative_to(upload.folder).as_posix()

    said = {
        "files": {place(path): name for path, name in upload.files.items()},
        "how": {place(path): asdict(how) for path, how in upload.how.items()},
        "without": [place(path) for path in upload.without],
    }
    with explained(upload.folder, "keep files in"):
        (upload.folder / _STATE).write_text(json.dumps(said), "utf-8")


def _kept(name: str) -> Upload | None:
    """The upload that an address names; None where there is none."""
    if not re.fullmatch("[0-9a-f]{16}", name):
        return None
    folder = inbox.place(Warehouse().folder) / name
    try:
        said = json.loads((folder / _STATE).read_text("utf-8"))
    except FileNotFoundError:
        return None

    def how(settings: dict[str, Any]) -> How:
        lists = {key: tuple(settings[key]) for key in ("attributes", "repairs")}
        return How(**settings | lists)

    return Upload(
        folder,
        {folder / path: name for path, name in said["files"].items()},
        {folder / path: how(settings) for path, settings in said["how"].items()},
        without={folder / path for path in said["without"]},
    )


def _submit(upload: Upload, *, is_trial: bool = False, quarantine: bool = False) -> None:
    _let_go()
    upload.notice = ""
    try:
        upload.findings = inbox.findings(upload.folder)
        _keep(upload)
    except RightworkError as error:
        upload.error = error
        return
    request = Request(
        list(upload.files),
        dry_run=is_trial,
        quarantine=quarantine,
        own=dict(upload.how),
        keep=upload.findings,
        without={*upload.without},
    )
    jobs.submit(_KEY, "load", request=request)


def _let_go() -> None:
    """Give up the job under way. One that runs may end by itself: to stop it would cost the warm process."""
    for key in (_KEY, _WEIGH):
        job = jobs.current(key)
        if job and job.state == "waiting":
            job.stop()
        jobs.forget(key)


def _take(upload: Upload, report: LoadReport | None, error: RightworkError) -> None:
    upload.error = None if report else error
    if not report:
        return
    if upload.doing == "publish" and not report.blocked:
        upload.published = report
        inbox.discard(upload.folder)
        st.query_params.pop(LINK, None)
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
    upload.effect = None
    # Whoever has something to mend comes back at once, and would wait for it.
    if upload.can_weigh and not any(file.rows_rejected or file.repairs for file in report.files):
        weigh(upload)
