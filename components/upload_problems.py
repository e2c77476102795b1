"""The problems of a check on screen: by kind, row by row, in the file itself, and to take away."""

import streamlit as st

from components import upload_controls
from components import upload_view as view
from components import upload_words as words
from components.frame import card
from components.uploads import Upload
from pipelines.report import LoadReport


def show(upload: Upload, report: LoadReport) -> None:
    """The problems by kind, then row by row, and the downloads."""
    asked = set().union(*(upload_controls.asked_rules(upload, file) for file in report.files))
    problems = upload.problems[~upload.problems["rule"].isin(asked)]
    groups = upload.groups[~upload.groups["rule"].isin(asked)]
    if problems.empty:
        return
    with card("problems", words.problem_title(groups), "Errors keep a row out; warnings let it in"):
        view.show_groups(groups)
        if len(problems) > len(groups):
            box = st.expander("Row by row", key="row-by-row", on_change="rerun")
            if box.open:
                with box:
                    rules = ["", *groups["rule"].unique()]
                    rule = st.selectbox(
                        "Show", rules, format_func=lambda rule: rule.replace("_", " ") or "All rules", width=320
                    )
                    view.show_problems(problems[problems["rule"] == rule] if rule else problems)
        if upload.kept and problems["row"].notna().any():
            upload_controls.take_away(upload)
