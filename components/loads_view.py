"""What the Loads page shows: the history, one load, what undoing it would do, the publications."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from analytics.loads import Effect
from components import tables
from components.controls import page_link
from components.figures import Figure, figures
from components.formats import NONE, count, is_missing, number, rate, size
from components.frame import Crumb, breadcrumbs
from components.tables import Cell, Column, Under
from components.upload_words import NOUNS, moment, rule_title, source_name, worded, written_as
from pipelines.contract import contract
from pipelines.expectations import in_words, title
from pipelines.profile import profiles

ROW_HEIGHT = 36
DIGEST = 12  # first letters of a digest, enough to tell files apart
ACTIONS = {"load": "Load", "undo": "Undo", "redo": "Reinstatement", "rules": "Change of rules"}
EVENTS = {"committed": "Loaded", "withdrawn": "Withdrawn", "restored": "Reinstated"}
HISTORY = (
    Column("File", width="22%"),
    Column("Loaded", width="19%"),
    Column("State", width="14%"),
    *(Column(title, "right") for title in ("Quality", "Read", "New", "Restated", "Unchanged", "Rejected", "Warnings")),
)
SHOWN_REPAIRS = 100
REPAIRS = (
    Column("Repair", width="28%"),
    Column("In the file", width="26%"),
    Column("Read as", width="26%"),
    Column("Rows", "right"),
    Column("First rows", is_quiet=True),
)
RULES = (
    Column("Rule", width="36%"),
    *(Column(title, "right") for title in ("Passed", "Failed", "Checked")),
    Column("Effect", is_quiet=True),
    Column("First rows", width="11%"),
    Column("Expectation", width="25%", is_quiet=True),
)
ENGINES = {"great_expectations": "Great Expectations", "sql": "SQL, by the same rule"}
EFFECTS = {"error": "rejects", "warning": "flags"}
SHOW = {
    "": "All loads",
    "in-force": "In force",
    "withdrawn": "Withdrawn",
    "rejected": "With rejected rows",
}


def headline(frame: pd.DataFrame, shown: int) -> str:
    """What the history holds."""
    if shown != len(frame):
        return f"{number(shown)} of {count(len(frame), 'load')} {'fits' if shown == 1 else 'fit'}"
    rows = int(frame.loc[frame["in_force"], "rows_loaded"].sum())
    withdrawn = int((~frame["in_force"]).sum())
    if withdrawn == len(frame):
        return f"No load is in force; {number(withdrawn)} {'was' if withdrawn == 1 else 'were'} withdrawn"
    said = f"{count(len(frame) - withdrawn, 'load')} in force, which brought {count(rows, 'row')}"
    return f"{said}; {number(withdrawn)} withdrawn" if withdrawn else said


def context(frame: pd.DataFrame) -> list[str]:
    """What stands under the headline."""
    last = frame.iloc[0]
    said = [f"Last load {moment(last['loaded_at'])} by {last['loaded_by']}"]
    if aside := int(frame.loc[frame["in_force"], "rows_rejected"].sum()):
        said.append(f"{count(aside, 'rejected row')} kept aside")
    return said


def sources(frame: pd.DataFrame) -> list[str]:
    """Where loads came from, by name."""
    return sorted({str(name) for name in frame["source"]}, key=str.casefold)


def fitting(frame: pd.DataFrame, export: str, source: str, show: str) -> pd.DataFrame:
    """The loads that the filters ask for."""
    fits = frame["export"].eq(export) if export else pd.Series(True, index=frame.index)
    if source:
        fits &= frame["source"].eq(source)
    if show == "rejected":
        fits &= frame["rows_rejected"] > 0
    elif show:
        fits &= frame["in_force"] == (show == "in-force")
    return frame[fits]


def history(frame: pd.DataFrame) -> int | None:
    """The loads as a table; returned is the number of the one that was opened."""
    picked = tables.listing(
        HISTORY,
        [_history_row(row) for row in frame.to_dict("records")],
        key="history",
        picks=[*map(str, frame["load_id"])],
    )
    return int(picked) if picked else None


def _history_row(load: Mapping[Any, Any]) -> list[Cell]:
    sheet = "" if is_missing(load["sheet"]) else f", sheet {load['sheet']}"
    why = "" if load["in_force"] or is_missing(load["why"]) else str(load["why"])
    state = "In force" if load["in_force"] else "Withdrawn"
    counts = ("rows_read", "rows_new", "rows_restated", "rows_unchanged", "rows_rejected", "warnings")
    return [
        Under(str(load["file_name"]), f"Load {load['load_id']}, {load['export']}{sheet}, {load['digest'][:DIGEST]}"),
        Under(moment(load["loaded_at"]), f"{load['loaded_by']}, publication {load['publication']}"),
        Under(state, why) if why else state,
        rate(load["quality"]),
        *(number(load[name]) for name in counts),
    ]


def crumbs(load_id: int) -> None:
    """The way up from one load to all of them."""
    filters = {name: str(st.session_state.get(name) or "") for name in ("export", "source", "show")}
    breadcrumbs([Crumb("Loads", filters, "loads")], f"Load {load_id}")


def file(load: dict[str, Any]) -> str:
    """A load's file, with its sheet."""
    return f"{load['file_name']}, sheet {load['sheet']}" if not is_missing(load["sheet"]) else str(load["file_name"])


def load_headline(load: dict[str, Any]) -> str:
    """What one load brought, and whether it counts."""
    said = f"Load {load['load_id']} brought {count(load['rows_loaded'], 'row')} from {file(load)}"
    return said if load["in_force"] else f"{said}, and is withdrawn"


def load_context(load: dict[str, Any]) -> list[str]:
    """When a load came, by whom, and with which publication."""
    return [
        f"Loaded {moment(load['loaded_at'])} by {load['loaded_by']}",
        f"publication {load['publication']}",
        "in force" if load["in_force"] else f"withdrawn {moment(load['changed_at'])} by {load['changed_by']}",
    ]


def load_counts(load: dict[str, Any]) -> None:
    """What became of a load's rows."""
    items = [("Rows read", "rows_read"), ("New", "rows_new"), ("Restated", "rows_restated")]
    items += [("Unchanged", "rows_unchanged"), ("Rejected", "rows_rejected")]
    quality = Figure("Quality", rate(load["quality"]), help="Rows read that had no error and no warning")
    with st.container(key="counts"):
        figures([*(Figure(label, number(load[name])) for label, name in items), quality])


def understood(load: dict[str, Any]) -> dict[str, str]:
    """How the file of a load was read."""
    profile = profiles().get(load["profile"] if not is_missing(load["profile"]) else "")
    days, currency = load["interval_days"], load["currency"]
    return {
        "Export": NOUNS[load["export"]],
        "Profile": profile.title if profile else "by its headers",
        "Source": source_name(str(load["source"])),
        "Form": written_as(*(None if is_missing(load[name]) else load[name] for name in ("encoding", "delimiter"))),
        "Header": f"row {load['header_row']}",
        "Currency": _currency(load) if is_missing(currency) else str(currency),
        "Reports every": NONE if is_missing(days) else count(int(days), "day"),
        "Size": size(load["bytes"]),
        "Digest (SHA-256)": load["digest"],
    }


def _currency(load: dict[str, Any]) -> str:
    """What the amounts of a load are in, where nothing said it of the file as a whole."""
    used = contract(load["export"]).columns
    fed = {used[name].type for name in load["columns"] if name in used}
    if "currency" in load["columns"]:
        return "as each row says"
    if "money" not in fed:
        return NONE
    return "USD, where the projects export states none" if load["export"] == "status" else "USD, as no file states one"


def mapping(load: dict[str, Any]) -> None:
    """Which header fed which column."""
    used = dict(load["columns"])
    unused = [header for header in load["headers"] if header and header not in used.values()]
    rows = [[header.removeprefix("--set "), name.replace("_", " ")] for name, header in used.items()]
    rows += [[header, "not used"] for header in unused]
    tables.listing([Column("Header in the file", width="50%"), Column("Read as")], rows)


def rules(load_id: int, frame: pd.DataFrame, reading: pd.DataFrame) -> None:
    """Every rule that a load was checked by, with its result in full: what it asks in words, its expectation, columns,
    and the first rows that failed. Before them stands what reading the file found. What failed leads to its problems.
    """
    rows = [_rule(one, [], "found while the file was read", "", "reading", "") for one in reading.to_dict("records")]
    for one in frame.to_dict("records"):
        columns = [*one["columns"]]
        arguments = None if is_missing(one["arguments"]) else one["arguments"]
        asked = in_words(one["expectation"], columns, arguments)
        rows.append(_rule(one, columns, asked, one["expectation"], ENGINES[one["engine"]], one["rows_checked"]))
    failed = [*reading["rule"], *frame["rule"].where(frame["rows_failed"] > 0, "")]
    links = [page_link("loads", load=str(load_id), rule=rule) if rule else "" for rule in failed]
    tables.listing(RULES, rows, links=links)


def _rule(
    one: Mapping[Any, Any], columns: Sequence[str], asked: str, expectation: str, engine: str, checked: Any
) -> list[Cell]:
    name = one["rule"].replace("_", " ")
    on = ", ".join(columns)
    first = ", ".join(number(row) for row in one["rows"])
    more = f"{first} and more" if one["rows_failed"] > len(one["rows"]) else first
    return [
        Under(f"{name[:1].upper()}{name[1:]}", asked or on),
        rate(one["rate"]),
        number(one["rows_failed"]),
        number(checked) if checked != "" else NONE,
        EFFECTS[one["severity"]],
        more,
        Under(title(expectation), f"{engine}, on {on}") if expectation else engine,
    ]


def rules_title(frame: pd.DataFrame, reading: pd.DataFrame) -> str:
    """How many rules a load was checked by, and how many failed."""
    failed = int((frame["rows_failed"] > 0).sum())
    said = f"Checked by {count(len(frame), 'rule')}"
    said = f"{said}; {number(failed)} found something" if failed else f"{said}, and none found anything"
    return f"{said}; reading it found {count(len(reading), 'kind')} of problem" if len(reading) else said


def fix(text: str) -> str:
    """A fix as it is said of a load: what is done by a control, is done on Upload.

    >>> fix("Fill in project id."), fix('Give it a meaning with --value "rag:TEXT=VALUE", or none (no VALUE).')
    ('Fill in project id.', 'Give it a meaning under How each column is read, or none (on Upload).')
    """
    said = worded(text)
    return said if said == text else f"{said.removesuffix('.')} (on Upload)."


def rejected(headers: list[str], rows: list[list[str]], limit: int) -> None:
    """The first rejected rows, as they stood in the file."""
    names = [f"{name or 'column'}{' ' * headers[:place].count(name)}" for place, name in enumerate(headers)]
    frame = pd.DataFrame(rows[:limit], columns=names)
    st.dataframe(
        frame,
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (min(len(frame), 8) + 1) + 3,
        placeholder="",
        column_config={"problem": st.column_config.TextColumn(width=360)},
    )


def repairs(frame: pd.DataFrame) -> None:
    """What was mended in a load's file: the text before and after, and where."""
    rows: list[list[Cell]] = [
        [
            Under(rule_title(row["rule"]), "whole rows" if is_missing(row["column_name"]) else row["column_name"]),
            row["before"],
            row["after"],
            number(row["count"]),
            ", ".join(map(str, row["rows"])),
        ]
        for row in frame.head(SHOWN_REPAIRS).to_dict("records")
    ]
    tables.listing(REPAIRS, rows)


def undo_words(effect: Effect) -> str:
    """What withdrawing a load would do."""
    return _effect(
        effect,
        "{} no longer {}",
        "for {} the earlier values return",
        "for {} nothing changes, because other loads say the same or newer",
        ("counts", "count"),
        "Nothing would change: other loads in force say the same or newer.",
    )


def redo_words(effect: Effect) -> str:
    """What letting a withdrawn load count again would do."""
    return _effect(
        effect,
        "{} {} again",
        "for {} its values take the place of earlier ones",
        "for {} nothing changes, because other loads say the same or newer",
        ("counts", "count"),
        "Nothing would change: other loads in force say the same or newer.",
    )


def _effect(effect: Effect, alone: str, instead: str, stays: str, verb: tuple[str, str], nothing: str) -> str:
    parts = []
    if effect.alone:
        parts.append(alone.format(count(effect.alone, "row"), verb[effect.alone != 1]))
    if effect.instead:
        parts.append(instead.format(count(effect.instead, "row")))
    if not parts:
        return nothing
    if effect.no_matter:
        parts.append(stays.format(count(effect.no_matter, "row")))
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def events(found: list[dict[str, Any]]) -> None:
    """What happened to a load."""
    rows = [
        [
            EVENTS[one["event"]],
            moment(one["happened_at"]),
            one["happened_by"],
            one["why"] or "",
            f"publication {one['publication']}",
        ]
        for one in found
    ]
    titles = [Column("What"), Column("When"), Column("By"), Column("Why"), Column("With", is_quiet=True)]
    tables.listing(titles, rows)


def publications(found: list[dict[str, Any]]) -> None:
    """The publications, each leading to the Overview as it was known then."""
    rows = [
        [
            f"Publication {one['publication']}",
            ACTIONS.get(one["action"], one["action"].replace("_", " ").capitalize()),
            moment(one["published_at"]),
            one["published_by"],
        ]
        for one in found
    ]
    links = [f"./?known={one['publication']}" for one in found]
    titles = [Column("Publication"), Column("What was done"), Column("When"), Column("By", is_quiet=True)]
    tables.listing(titles, rows, links=links)
