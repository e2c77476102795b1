"""The problems of a check on screen: by kind, in the file with the cells marked, row by row, and to take away."""

from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from pathlib import Path

import streamlit as st

from analytics.reasons import shortened
from components import downloads, upload_controls
from components import upload_view as view
from components import upload_words as words
from components.formats import count, escape_markdown, number
from components.frame import card
from components.uploads import Upload
from pipelines.findings import PROBLEMS
from pipelines.report import FileReport, Grid, GridRow, LoadReport

EACH_PAGE = 10
LONGEST = 60  # characters of a cell
KINDS = {".csv": ("CSV", "text/csv"), ".xlsx": ("Excel", downloads.XLSX)}


def show(upload: Upload, report: LoadReport) -> None:
    """The problems by kind, where they stand in the file, row by row, and the downloads."""
    asked = set().union(*(upload_controls.asked_rules(upload, file) for file in report.files))
    problems = upload.problems[~upload.problems["rule"].isin(asked)]
    groups = upload.groups[~upload.groups["rule"].isin(asked)]
    if problems.empty:
        return
    of_rows = problems["row"].notna().any()
    with card("problems", words.problem_title(groups), "Errors keep a row out; warnings let it in" if of_rows else ""):
        view.show_groups(groups)
        for place, file in enumerate(report.files):
            if file.grid:
                _in_the_file(file, file.grid, place, is_only=len(report.files) == 1)
        if len(problems) > len(groups):
            box = st.expander("Row by row", key="row-by-row", on_change="rerun")
            if box.open:
                with box:
                    rules = ["", *groups["rule"].unique()]
                    rule = st.selectbox(
                        "Show", rules, format_func=lambda rule: words.rule_title(rule) or "All rules", width=320
                    )
                    view.show_problems(problems[problems["rule"] == rule] if rule else problems)
        if upload.kept and problems["row"].notna().any():
            _take_away(upload)


def _in_the_file(file: FileReport, grid: Grid, place: int, *, is_only: bool) -> None:
    """The first rows with problems as they stand in the file, the cells marked."""
    title = "In the file" if is_only else f"In {words.place(file)}"
    box = st.expander(f"{title}: {count(grid.total, 'row')} with problems", key=f"grid-{place}", on_change="rerun")
    if not box.open:
        return
    with box:
        body = st.container()
        pages = -(-len(grid.rows) // EACH_PAGE)
        page = st.pagination(pages, key=f"grid-page-{place}") if pages > 1 else 1
        with body:
            st.html(table(file, grid, grid.rows[(page - 1) * EACH_PAGE : page * EACH_PAGE]))
        left = grid.total - len(grid.rows)
        said = [f"{count(left, 'more row')} in the file to mend"] if left > 0 else []
        said += [f"{count(grid.hidden, 'column')} without problems not shown"] if grid.hidden else []
        if said:
            view.said([f"{'; '.join(said)}."], "rw-quiet")


def table(file: FileReport, grid: Grid, rows: Sequence[GridRow]) -> str:
    """Rows of a grid as HTML: an offending cell has a colour, an outline, and in words what is wrong with it."""
    messages = {(problem.row, problem.column): problem.message for problem in file.problems}
    head = "".join(f'<th scope="col">{escape(shortened(header, 40))}</th>' for header in grid.headers)
    body = "".join(_row(grid.headers, row, messages) for row in rows)
    label = escape(f"Rows with problems of {words.place(file)}")
    return (
        f'<div class="rw-grid" role="region" aria-label="{label}" tabindex="0"><table><thead><tr>'
        f'<th scope="col">Row</th>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _row(headers: Sequence[str], row: GridRow, messages: dict[tuple[int | None, str | None], str]) -> str:
    marks = {mark.header: mark for mark in row.marks}

    def cell(header: str | None, text: str, tag: str) -> str:
        mark = marks.get(header)
        if not mark:
            return f"<{tag}>{text}</{tag.split()[0]}>"
        said = messages.get((row.row, header)) or ", ".join(map(words.rule_title, mark.rules))
        kind = "error" if mark.severity == "error" else "warning"
        tip = escape(f"{words.worded(said)} ({kind})")
        return (
            f'<{tag} class="rw-wrong rw-{kind}" title="{tip}"><span>{text or words.NO_VALUE}</span>'
            f'<span class="rw-hidden">: {tip}</span></{tag.split()[0]}>'
        )

    cells = [
        cell(header, escape(shortened(text or "", LONGEST)), "td")
        for header, text in zip(headers, row.cells, strict=True)
    ]
    line = cell(None, number(row.row), 'th scope="row"')
    return f"<tr>{line}{''.join(cells)}</tr>"


def _take_away(upload: Upload) -> None:
    """Buttons for the file to be mended, its problems, and the rejected rows alone."""
    assert upload.kept
    assert upload.checked
    kept, stem = upload.kept, Path(words.together(upload.checked.files)).stem
    with st.container(horizontal=True):
        for file in upload.checked.files:
            which = f" of {words.place(file)}" if len(upload.checked.files) > 1 else ""
            for name in file.corrected:
                kind, mime = KINDS[Path(name).suffix]
                called = f"{Path(words.place(file)).stem} to mend{Path(name).suffix}"
                _button(f"The file to mend{which}, {kind}", (kept / name).read_bytes, called, mime, name)
            if file.rejected:
                called = f"{Path(words.place(file)).stem} rejected.csv"
                act = (kept / file.rejected).read_bytes
                _button(f"Download the rejected rows{which}", act, called, "text/csv", file.rejected)
        listed = kept / PROBLEMS
        if listed.exists():
            _button("Download all as CSV", listed.read_bytes, f"{stem} problems.csv", "text/csv")
        if len(upload.problems) == upload.groups["count"].sum():
            write = partial(downloads.as_excel, upload.problems, "Problems")
            _button("Download all as Excel", write, f"{stem} problems.xlsx", downloads.XLSX)


def _button(label: str, write: Callable[[], bytes], name: str, mime: str, key: str = "") -> None:
    st.download_button(
        escape_markdown(label),
        write,
        file_name=name,
        mime=mime,
        icon=":material/download:",
        on_click="ignore",
        key=f"take-{key or label}",
    )
