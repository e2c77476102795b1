"""Upload: a file in, what was understood of it, what is wrong with it, what it would change, and its receipt."""

import streamlit as st

from components import downloads, formats, frame, jobs, upload_controls, uploads
from components import upload_view as view
from components import upload_words as words
from components.guard import guard
from components.uploads import Upload
from pipelines.contract import EXPORTS
from pipelines.report import LoadReport

LIMIT = "CSV or Excel (.xlsx), up to 200 MB a file"


def show_start() -> None:
    """Before there is a file: where to drop one, and what one may look like."""
    frame.header(
        "Drop your exports to see what they would change",
        ["Every problem is named with its row and its fix", "nothing is published before you say so"],
    )
    with frame.card("drop"):
        upload_controls.drop("Files")
        st.html(f'<p class="rw-drop-limit">{LIMIT}</p>')
    left, right = st.columns(2)
    with left, frame.card("templates", "No export yet? Start from a template", "In Excel with help and drop-downs"):
        frame.templates(EXPORTS)
        with st.expander("What each export may hold"):
            frame.data_dictionary()
            upload_controls.dictionary()
    with right, frame.card("profiles", "Read as they are", "Exports that need no mapping"):
        view.profile_list()


def show_progress(upload: Upload) -> bool:
    """How far the job is; whether there is one."""
    job = jobs.current("upload")
    if not job:
        return False
    with frame.card("job"):
        jobs.follow(job)
    return True


def show_check(upload: Upload, report: LoadReport) -> None:
    """What was found, what may be done about it, and the evidence."""
    frame.header(words.verdict(report), words.context(report))
    if upload.notice:
        view.said([upload.notice], "rw-notice")
    is_busy = show_progress(upload)
    if any(file.export and not file.refused for file in report.files):
        view.counts(report)
    if not is_busy:
        show_actions(upload, report)
    if len(upload.problems):
        show_problems(upload)
    if words.total(report, "rows_restated"):
        with frame.card("changes", words.change_title(report), "What is known now, and what the file says instead"):
            view.changes(report)
    for number, file in enumerate(report.files):
        with frame.card(f"file-{number}", words.read_as(file), words.form(file)):
            if assumed := words.assumptions(file):
                view.said(assumed)
            if file.columns:
                is_open = file.refused or (len(report.files) == 1 and not len(upload.problems))
                title = "How each column is read" if file.export else "What stands in it"
                box = st.expander(title, is_open, key=f"read-{number}-{is_open}", on_change="rerun")
                if box.open:
                    with box:
                        view.columns(file)
            if not (file.unreadable or (is_busy and upload.doing == "publish")):
                upload_controls.controls(upload, file, number)


def show_actions(upload: Upload, report: LoadReport) -> None:
    """Publish, publish the good rows, or drop another file; where one is closed, why."""
    rejected, refused = words.total(report, "rows_rejected"), any(file.refused for file in report.files)
    with frame.card("actions"):
        upload_controls.questions(upload, report.files)
        with st.container(horizontal=True, vertical_alignment="center"):
            is_clean = not (refused or rejected) and report.has_news
            if st.button("Publish", type="primary", disabled=not is_clean, icon=":material/publish:"):
                uploads.publish(upload, quarantine=False)
                st.rerun()
            good = formats.count(words.good_rows(report), "good row")
            label = f"Publish {good}, keep {formats.number(rejected)} aside"
            if rejected and words.can_part(report) and st.button(label, icon=":material/rule:"):
                uploads.publish(upload, quarantine=True)
                st.rerun()
            if st.button("Start over", type="tertiary"):
                uploads.clear()
                st.rerun()
        if reason := words.why_closed(report):
            view.said([reason])
        if rejected or refused:
            upload_controls.drop("Drop the mended file")


def show_problems(upload: Upload) -> None:
    """The problems: by kind, row by row, and to download."""
    problems, groups = upload.problems, upload.groups
    with frame.card("problems", words.problem_title(groups), "Errors keep a row out; warnings let it in"):
        view.show_groups(groups)
        if len(problems) > len(groups):
            with st.expander("Row by row"):
                rules = ["", *groups["rule"].unique()]
                rule = st.selectbox(
                    "Show", rules, format_func=lambda rule: rule.replace("_", " ") or "All rules", width=320
                )
                view.show_problems(problems[problems["rule"] == rule] if rule else problems)
        if upload.kept and problems["row"].notna().any():
            upload_controls.take_away(upload)


def show_receipt(upload: Upload, report: LoadReport) -> None:
    """What was published, to be kept; and where to go from here."""
    frame.header(words.published(report), words.published_context(report))
    if report.published:
        with frame.card("receipt", "Receipt", "To be copied, or kept as a file"):
            if upload.checked and words.differs(upload.checked, report):
                view.said(["Somebody else published since the check; this is what was done."], "rw-notice")
            st.code(words.receipt(report), language=None, wrap_lines=True)
            with st.container(horizontal=True):
                name = f"publication-{report.published}"
                st.download_button("Download as text", words.receipt(report), f"{name}.txt", on_click="ignore")
                csv = downloads.as_csv(words.receipt_frame(report))
                st.download_button("Download as CSV", csv, f"{name}.csv", "text/csv", on_click="ignore")
    with st.container(horizontal=True):
        if st.button("See the Overview", type="primary"):
            st.switch_page("pages/overview.py", query_params={})
        loads = [file.load_id for file in report.files if file.load_id]
        if loads and st.button("See the load" if len(loads) == 1 else "See the loads"):
            st.switch_page("pages/loads.py", query_params={"load": str(loads[0])} if len(loads) == 1 else {})
        if st.button("Load another file", type="tertiary"):
            uploads.clear()
            st.rerun()


def show_failure(upload: Upload) -> None:
    """Where a job came to nothing: why, and what can be done."""
    assert upload.error
    frame.header("The files were not checked" if upload.doing == "check" else "The files were not published")
    with frame.card("failure"):
        view.said([upload.error.message, upload.error.fix])
        with st.container(horizontal=True):
            if st.button("Try again", type="primary"):
                uploads.check(upload)
                st.rerun()
            if st.button("Start over", type="tertiary"):
                uploads.clear()
                st.rerun()


guard()
upload = uploads.current()
if upload is None:
    show_start()
elif upload.published:
    show_receipt(upload, upload.published)
elif upload.error:
    show_failure(upload)
elif upload.checked:
    show_check(upload, upload.checked)
else:
    frame.header(f"Checking {', '.join(upload.files.values())}", ["Nothing is published yet"])
    show_progress(upload)
