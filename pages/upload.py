"""Upload: a file in, what was understood of it, what is wrong with it, what it would change, and its receipt."""

import streamlit as st

from components import (
    downloads,
    formats,
    frame,
    jobs,
    upload_changes,
    upload_controls,
    upload_files,
    upload_problems,
    upload_receipt,
    upload_repairs,
    upload_saved,
    uploads,
)
from components import upload_view as view
from components import upload_words as words
from components.guard import guard
from components.uploads import Upload
from pipelines.contract import EXPORTS
from pipelines.report import LoadReport

LIMIT = "CSV, Excel (.xlsx) or a zip of them, several at once, up to 200 MB a file"


def show_start() -> None:
    """Before there is a file: where to drop one, and what one may look like."""
    frame.header(
        "Drop your exports to see what they would change",
        ["Every problem is named with its row and its fix", "nothing is published before you say so"],
    )
    if uploads.is_gone():
        with frame.card("gone"):
            view.said(["The upload of this address is over: it was published, given up, or put away after a day."])
    with frame.card("drop"):
        upload_controls.drop("Files")
        st.html(f'<p class="rw-drop-limit">{LIMIT}</p>')
        with st.expander("Take a whole folder", type="compact"):
            upload_controls.drop("Folder", folder=True)
    left, right = st.columns(2)
    with left:
        saved = "How files of other tools are read, so that next week asks nothing"
        with frame.card("mappings", "Saved mappings", saved):
            upload_saved.listing()
        with frame.card("templates", "No export yet? Start from a template", "In Excel with help and drop-downs"):
            frame.templates(EXPORTS)
            with st.expander("What each export may hold"):
                frame.data_dictionary()
                upload_controls.dictionary()
    with right, frame.card("profiles", "Read as they are", "Exports that need no mapping"):
        view.profile_list()


def show_check(upload: Upload, report: LoadReport) -> None:
    """What was found, what may be done about it, and the evidence. Each part keeps its place from run to run."""
    frame.header(words.verdict(report), words.context(report))
    parts = [st.container() for _ in range(8)]
    with parts[0]:
        if upload.notice:
            view.said([upload.notice], "rw-notice")
    with parts[1]:
        if any(file.export and not file.refused for file in report.files):
            view.counts(report)
    with parts[2]:
        show_actions(upload, report)
    with parts[3]:
        upload_controls.questions(upload, report.files)
    with parts[4]:
        upload_repairs.show(upload, report)
    with parts[5]:
        if len(upload.problems):
            upload_problems.show(upload, report)
    with parts[6]:
        upload_changes.show(upload, report)
    with parts[7]:
        upload_files.show(upload, report)


def show_actions(upload: Upload, report: LoadReport) -> None:
    """Publish, publish the good rows, or drop another file; where one is closed, why. How far a check is, meanwhile."""
    rejected, refused = words.total(report, "rows_rejected"), any(file.refused for file in report.files)
    job = jobs.current("upload")
    with frame.card("actions"):
        with st.container(key="busy" if job else "ready"):
            if job:
                jobs.follow(job)
            else:
                show_buttons(upload, report, rejected)
        asks = [file for file in report.files if file.refused and upload_controls.is_asked(upload, file)]
        if not job and asks and len(asks) == sum(file.refused for file in report.files):
            view.said(["Publish opens when the questions below are answered."])
        elif not job:
            if reason := words.why_closed(report):
                view.said([reason])
            if rejected or refused:
                upload_controls.drop("Drop the mended file")


def show_buttons(upload: Upload, report: LoadReport, rejected: int) -> None:
    """What may be done now."""
    refused = any(file.refused for file in report.files)
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
        upload_files.leave_out(upload, report)
        if st.button("Start over", type="tertiary"):
            uploads.clear()
            st.rerun()


def show_receipt(upload: Upload, report: LoadReport) -> None:
    """What was published, to be kept; and where to go from here."""
    frame.header(upload_receipt.published(report), upload_receipt.published_context(report))
    if report.published:
        with frame.card("receipt", "Receipt", "To be copied, or kept as a file"):
            if upload.checked and upload_receipt.differs(upload.checked, report):
                view.said(["Somebody else published since the check; this is what was done."], "rw-notice")
            text = upload_receipt.receipt(report)
            st.code(text, language=None, wrap_lines=True)
            with st.container(horizontal=True):
                name = f"publication-{report.published}"
                st.download_button("Download as text", text, f"{name}.txt", on_click="ignore")
                csv = downloads.as_csv(upload_receipt.receipt_frame(report))
                st.download_button("Download as CSV", csv, f"{name}.csv", "text/csv", on_click="ignore")
    for number, file in enumerate(upload.checked.files if upload.checked else ()):
        if upload_saved.is_own(upload, file) or upload_saved.is_saved(upload, file):
            with frame.card(f"keep-{number}", "Keep how it was read", "Next week's file then asks nothing"):
                upload_saved.save(upload, file, number)
    with st.container(horizontal=True):
        if st.button("See the Overview", type="primary"):
            st.switch_page("pages/overview.py", query_params={})
        aside = [file for file in report.files if file.load_id and file.rows_rejected]
        loads = aside or [file for file in report.files if file.load_id]
        label = "See the load" if len(loads) == 1 else "See the loads"
        if aside:
            label = f"See the {formats.count(words.total(report, 'rows_rejected'), 'row')} kept aside"
        if loads and st.button(label):
            several = {"show": "rejected"} if aside else {}
            one = {"load": str(loads[0].load_id)}
            st.switch_page("pages/loads.py", query_params=several if len(loads) > 1 else one)
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
    if job := jobs.current("upload"):
        with frame.card("job"):
            jobs.follow(job)
