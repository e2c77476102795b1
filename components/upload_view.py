"""What the Upload page shows of a checked load: counts, columns, problems, what would change."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from components import tables
from components.figures import Figure, figures
from components.formats import number
from components.tables import Column
from components.upload_words import NO_VALUE, NOUNS, cut, many, place, shown, total, worded, written
from pipelines.map import profiles
from pipelines.report import FileReport, LoadReport

SHOWN = 500  # problems in the table on the page; the downloads have all

GROUPS = 15

UNUSED = 40  # unused headers named


def counts(report: LoadReport) -> None:
    """What would become of the rows."""
    items = [("Rows read", "rows_read", ""), ("New", "rows_new", "not known before")]
    items += [("Restated", "rows_restated", "changed values"), ("Unchanged", "rows_unchanged", "as known")]
    items += [("Rejected", "rows_rejected", "with errors")]
    with st.container(key="counts"):
        figures([Figure(label, number(total(report, name)), note) for label, name, note in items])


def columns(file: FileReport) -> None:
    """How each header of a file is read, and which are not used."""
    rows = [
        [
            worded(column.header),
            column.column.replace("_", " "),
            " | ".join(cut(text, 32) for text in column.examples) or NO_VALUE,
            shown(column),
        ]
        for column in file.columns
        if column.column
    ]
    titles = [Column("Header in the file", width="26%"), Column("Read as", width="20%")]
    tables.listing([*titles, Column("Examples", is_quiet=True), Column("The first becomes", width="22%")], rows)
    unused = [column.header for column in file.columns if not column.column]
    if unused:
        more = f" and {many(len(unused) - UNUSED, 'more header')}" if len(unused) > UNUSED else ""
        said([f"Not used: {', '.join(cut(header) for header in unused[:UNUSED])}{more}"], "rw-quiet")


def problem_groups(problems: pd.DataFrame) -> pd.DataFrame:
    """Problems by rule and column, errors first, most of them first.

    Columns: severity, rule, column, message, fix, count, rows (the first of them, in words).
    """
    grouped = problems.groupby(["severity", "rule", "column"], dropna=False, sort=False)
    found = grouped.agg(
        message=("message", _alike), fix=("fix", "first"), count=("message", "size"), rows=("row", _places)
    ).reset_index()
    return found.sort_values(["severity", "count"], ascending=[True, False], kind="stable", ignore_index=True)


def _places(rows: "pd.Series[Any]") -> str:
    known = rows.dropna()
    first = ", ".join(str(row) for row in known.head(4))
    return f"{first} and {number(len(known) - 4)} more" if len(known) > 4 else first


def _alike(messages: "pd.Series[Any]") -> str:
    # Behind the first comma stand the row's own cells.
    found = messages.unique()
    first = str(found[0])
    return first if len(found) == 1 else first.split(", ")[0]


def show_groups(groups: pd.DataFrame) -> None:
    """The problems by rule."""
    first = groups.head(GROUPS)
    rows: list[list[tables.Cell]] = [
        [
            tables.Tagged(text, severity) if severity == "warning" else text,
            cut(column, 80) if isinstance(column, str) else "",
            places,
            fix,
        ]
        for severity, column, text, fix, places in zip(
            first["severity"],
            first["column"],
            first["message"].map(lambda text: f"{text[:1].upper()}{text[1:]}"),
            first["fix"],
            first["rows"],
            strict=True,
        )
    ]
    titles = [Column("Problem", width="34%"), Column("Column", width="16%"), Column("Rows", width="16%")]
    tables.listing([*titles, Column("What to do")], rows)
    if len(groups) > GROUPS:
        st.text(f"And {many(len(groups) - GROUPS, 'other kind')} of problem, in the table below.")


def problem_frame(report: LoadReport) -> pd.DataFrame:
    """Every problem of a load, errors first, then by file and row."""
    names = ["row", "column", "value", "severity", "rule", "message", "fix"]
    found = [pd.DataFrame([vars(p) for p in f.problems], columns=names).assign(file=place(f)) for f in report.files]
    frame = pd.concat(found, ignore_index=True).astype({"row": "Int64"})
    for name in ("column", "message", "fix"):
        frame[name] = frame[name].map({text: worded(text) for text in frame[name].dropna().unique()})
    frame = frame.sort_values("severity", kind="stable", ignore_index=True)
    return frame[["file", *names]] if len(report.files) > 1 else frame[names]


def show_problems(frame: pd.DataFrame) -> None:
    """The first problems of a frame, to be scrolled through."""
    st.dataframe(
        frame.head(SHOWN).rename(columns=lambda name: str(name).capitalize()),
        hide_index=True,
        height=36 * (min(len(frame), 10) + 1) + 3,
        row_height=36,
        placeholder=NO_VALUE,
        column_config={
            "Row": st.column_config.NumberColumn(width=64, format="%d", pinned=True),
            "Column": st.column_config.TextColumn(width=140),
            "Value": st.column_config.TextColumn(width=140),
            "Severity": st.column_config.TextColumn(width=84),
            "Rule": st.column_config.TextColumn(width=170),
            "Message": st.column_config.TextColumn(width=320),
            "Fix": st.column_config.TextColumn(width=360),
        },
    )


def changes(report: LoadReport) -> None:
    """The first cells that would be restated, with what is known and what the file says."""
    rows = [
        [c.row, c.key, c.column.replace("_", " "), *(v and written(c.column, v) for v in (c.old, c.new))]
        for file in report.files
        for c in file.changes
    ]
    frame = pd.DataFrame(rows, columns=["Row", "Key", "Column", "Known", "Becomes"])
    st.dataframe(
        frame,
        hide_index=True,
        height=36 * (min(len(frame), 8) + 1) + 3,
        row_height=36,
        placeholder=NO_VALUE,
        column_config={"Row": st.column_config.NumberColumn(width=64, format="%d", pinned=True)},
    )


def said(texts: Sequence[str], kind: str = "") -> None:
    """Sentences that may hold foreign text, one a line."""
    lines = "".join(f"<p>{escape(text)}</p>" for text in texts)
    st.html(f'<div class="rw-said {escape(kind)}">{lines}</div>')


def facts(pairs: Mapping[str, str]) -> None:
    """Names and values, side by side."""
    items = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in pairs.items())
    st.html(f'<dl class="rw-facts">{items}</dl>')


def profile_list() -> None:
    """The tools whose exports are read as they are."""
    rows = [[profile.title, NOUNS[profile.export]] for profile in profiles().values()]
    rows.append(["Any other tool, by its headers (see what each export may hold)", "all four"])
    tables.listing([Column("Export of"), Column("Read as", is_quiet=True)], rows)
