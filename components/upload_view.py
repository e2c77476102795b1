"""What the Upload page shows of a checked load: counts, columns, problems, what would change."""

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from analytics.reasons import shortened
from components import tables
from components.figures import Figure, figures
from components.formats import count, is_missing, number
from components.tables import Column
from components.upload_words import NO_VALUE, lines_left_out, place, sentence, shown, total, worded, written
from pipelines.findings import Kind
from pipelines.profile import profiles
from pipelines.report import FileReport, LoadReport

SHOWN = 50  # problems in the table on the page; the downloads have all

GROUPS = 15
FIRST = 4  # rows of a kind that are named

UNUSED = 40  # unused headers named


def counts(report: LoadReport) -> None:
    """What would become of the rows."""
    items = [("Rows read", "rows_read", ""), ("New", "rows_new", "not known before")]
    items += [("Restated", "rows_restated", "changed values"), ("Unchanged", "rows_unchanged", "as known")]
    items += [("Rejected", "rows_rejected", "with errors")]
    shown = [Figure(label, number(total(report, name)), note) for label, name, note in items]
    if left_out := sum(map(lines_left_out, report.files)):
        shown.append(Figure("Left out", number(left_out), "lines of no data"))
    with st.container(key="counts"):
        figures(shown)


def columns(file: FileReport) -> None:
    """How each header of a file is read, and which are not used; of a file that was not recognised, what it holds."""
    if not any(column.column for column in file.columns):
        known = [
            [shortened(column.header, 60), " | ".join(shortened(text, 32) for text in column.examples) or NO_VALUE]
            for column in file.columns[:UNUSED]
        ]
        tables.listing([Column("Header in the file", width="40%"), Column("Examples", is_quiet=True)], known)
        if len(file.columns) > UNUSED:
            said([f"And {count(len(file.columns) - UNUSED, 'more header')}."], "rw-quiet")
        return
    rows = [
        [
            worded(column.header),
            column.column.replace("_", " "),
            " | ".join(shortened(text, 32) for text in column.examples) or NO_VALUE,
            shown(column),
        ]
        for column in file.columns
        if column.column
    ]
    titles = [Column("Header in the file", width="26%"), Column("Read as", width="20%")]
    tables.listing([*titles, Column("Examples", is_quiet=True), Column("The first becomes", width="22%")], rows)
    unused = [column.header for column in file.columns if not column.column]
    if unused:
        more = f" and {count(len(unused) - UNUSED, 'more header')}" if len(unused) > UNUSED else ""
        said([f"Not used: {', '.join(shortened(header, 60) for header in unused[:UNUSED])}{more}"], "rw-quiet")


def problem_groups(problems: pd.DataFrame, unlisted: Mapping[Kind, int]) -> pd.DataFrame:
    """Problems by kind, errors first, most of them first; `unlisted` is how many there are besides those given.

    Columns: severity, rule, column, fix, message, values (the first of them, in words), count, rows (likewise); file,
    where the problems say theirs.
    """
    grouped = problems.groupby(["severity", "rule", "column", "fix"], dropna=False, sort=False)
    found = grouped.agg(
        message=("message", _alike), values=("value", _values), count=("message", "size"), rows=("row", _first_rows)
    ).reset_index()
    names = found[["severity", "rule", "column", "fix"]].astype(object).where(found.notna(), None)
    if "file" in problems:
        files = problems.groupby(["severity", "rule", "column", "fix"], dropna=False, sort=False)["file"]
        found["file"] = files.agg(lambda names: ", ".join(dict.fromkeys(names))).to_list()
    found["count"] += [unlisted.get(kind, 0) for kind in names.itertuples(index=False, name=None)]
    more = found["count"] - found["rows"].str.len()
    found["rows"] = [
        ", ".join(map(str, rows)) + (f" and {number(left)} more" if rows and left > 0 else "")
        for rows, left in zip(found["rows"], more, strict=True)
    ]
    return found.sort_values(["severity", "count"], ascending=[True, False], kind="stable", ignore_index=True)


def unlisted(report: LoadReport) -> dict[Kind, int]:
    """How many problems there are of each kind besides those that a report lists."""
    found: Counter[Kind] = Counter()
    for file in report.files:
        listed = Counter((p.severity, p.rule, p.column, p.fix) for p in file.problems)
        for (severity, rule, column, fix), every in file.counts.items():
            kind = (severity, rule, worded(column) if column else None, worded(fix))
            found[kind] += every - listed[severity, rule, column, fix]
    return dict(found)


def _first_rows(rows: "pd.Series[Any]") -> list[int]:
    return [int(row) for row in rows.dropna().drop_duplicates().head(FIRST)]


def _values(values: "pd.Series[Any]") -> str:
    first = [str(value) for value in values.dropna().drop_duplicates().head(FIRST - 1)]
    return " | ".join(shortened(value, 24) for value in first)


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
            _problem(text, severity, file),
            tables.Under(shortened(column, 80), values) if isinstance(column, str) else "",
            tables.Under(f"{number(many)} times", places) if many > 1 else places,
            fix,
        ]
        for severity, column, values, text, fix, places, many, file in zip(
            first["severity"],
            first["column"],
            first["values"],
            first["message"].map(sentence),
            first["fix"],
            first["rows"],
            first["count"],
            first["file"] if "file" in first else [""] * len(first),
            strict=True,
        )
    ]
    titles = [Column("Problem", width="30%"), Column("Column", width="20%"), Column("Rows", width="16%")]
    tables.listing([*titles, Column("What to do")], rows)
    if len(groups) > GROUPS:
        st.text(f"And {count(len(groups) - GROUPS, 'other kind')} of problem, row by row below.")


def _problem(text: str, severity: str, file: str) -> tables.Cell:
    said = tables.Tagged(text, severity) if severity == "warning" else text
    return tables.Under(said, shortened(file, 80)) if file and file.split(", ")[0] not in text else said


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
    """The first problems of a frame, row by row."""
    rows: list[list[tables.Cell]] = []
    for one in frame.head(SHOWN).to_dict("records"):
        text = shortened(sentence(one["message"]), 200)
        column = "" if is_missing(one["column"]) else shortened(one["column"], 60)
        rows.append(
            [
                "" if is_missing(one["row"]) else number(one["row"]),
                tables.Under(column, one["file"]) if "file" in one else column,
                NO_VALUE if is_missing(one["value"]) else shortened(one["value"], 80),
                tables.Tagged(text, "warning") if one["severity"] == "warning" else text,
                one["fix"],
            ]
        )
    titles = [Column("Row", width="7%"), Column("Column", width="17%"), Column("Value", width="18%")]
    tables.listing([*titles, Column("Problem", width="30%"), Column("What to do", is_quiet=True)], rows)
    if len(frame) > SHOWN:
        st.text(f"The first {SHOWN}; the download has more.")


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
    rows = [[profile.title] for profile in profiles().values()]
    tables.listing([Column("Export of")], [*rows, ["Any other tool, by its headers: what is unclear is asked once"]])
