"""What the Data quality page shows: whether the data can be trusted, who reports late, and what rules found."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from analytics.quality import WEEKS, RuleKey, Trust
from components import charts, controls, tables, theme
from components import upload_words as words
from components.charts import Line
from components.figures import Figure
from components.formats import NONE, count, day, days, is_missing, number, percent, rate
from components.tables import Cell, Column, Drawn, Under
from components.upload_words import moment

BY = {"": "Portfolio", "program": "Program", "sponsor": "Sponsor", "source": "Source"}
NAMELESS = {"": "No portfolio", "program": "No program", "sponsor": "No sponsor", "source": "No source"}
SHOWN_WEEKS = 60
LATE = "late"
REJECTED = "rejected"
LATE_BY = ("Live", "Late", f"Missed, {WEEKS} weeks")
PROJECTS = (
    Column("Project", width="27%"),
    Column(f"{WEEKS} weeks"),
    Column("Missed", "right"),
    Column("Last report", width="22%"),
    Column("Sponsor", width="22%", is_quiet=True),
)
PAST = "Failed by week"
RULES = (
    Column("Rule", width="34%"),
    Column("Passed", "right"),
    Column(PAST),
    *(Column(title, "right") for title in ("Rows failed", "Rows checked", "Loads failed")),
    Column("Effect", is_quiet=True),
)
COUNTS = tuple(Column(title, "right") for title in ("Quality", "Rows read", "With a problem", "Kept aside"))
SOURCES = (Column("Source", width="34%"), *COUNTS)
WEEK_COLUMNS = (Column("Week to"), *COUNTS)
EFFECTS = {"error": "keeps the row out", "warning": "flags the row"}


def headline(found: Trust, worst: tuple[str, int] | None) -> str:
    """Whether the data behind a review can be trusted, and who is late; `worst` names where most of them are."""
    stand = "stands" if found.clean == 1 else "stand"
    said = f"{number(found.clean)} of {count(found.live, 'live project')} {stand} on a fresh report without a warning"
    if found.clean == found.live:
        whose = "The one live project stands" if found.live == 1 else f"All {number(found.live)} live projects stand"
        return f"{whose} on a fresh report without a warning; nobody is late"
    parts = []
    if found.late:
        where = f", {number(worst[1])} of them in {worst[0]}" if worst and found.late > 1 else ""
        parts.append(f"{number(found.late)} {'is' if found.late == 1 else 'are'} late{where}")
    if found.flagged:
        parts.append(f"{number(found.flagged)} {'has' if found.flagged == 1 else 'have'} a warning")
    return f"{said}; {' and '.join(parts)}" + ("" if found.late else "; nobody is late")


def worst_place(late: pd.DataFrame) -> tuple[str, int] | None:
    """Where most late projects are, by name, and how many; None where they are in one place or none has a name."""
    named = late[late["name"].notna() & (late["late"] > 0)]
    if len(late[late["late"] > 0]) < 2 or named.empty:
        return None
    first = named.sort_values("late", ascending=False, kind="stable").iloc[0]
    return str(first["name"]), int(first["late"])


def coverage(weeks: pd.DataFrame) -> str:
    """How much was loaded, and how clean it is."""
    if weeks.empty:
        return "no load is in force"
    loads, quality = int(weeks["loads"].sum()), _quality(weeks)
    return f"{count(loads, 'load')} in force, quality {rate(quality)}"


def loads_headline(weeks: pd.DataFrame) -> str:
    """The same where no report is due: how clean the loads are."""
    if weeks.empty:
        return "No load is in force, so that there is nothing to trust or to doubt"
    read = count(int(weeks["rows_read"].sum()), "row")
    return f"{rate(_quality(weeks))} of the {read} read had no problem; no project is live, so that no report is due"


def _quality(frame: pd.DataFrame) -> float | None:
    read = frame["rows_read"].sum()
    return 1 - frame["rows_flawed"].sum() / read if read else None


def figures(found: Trust, course: pd.DataFrame, weeks: pd.DataFrame) -> list[Figure]:
    """The figures under the headline; two of them lead on."""
    live = count(found.live, "live project")
    items = [
        Figure(
            "Fresh, without a warning",
            percent(found.clean / found.live if found.live else None),
            f"{number(found.clean)} of {number(found.live)}"
            + (f", {number(found.flagged)} with one" if found.flagged else " live projects"),
            help="Live projects whose last report is not stale and came without a warning",
        ),
        Figure(
            "Late",
            number(found.late),
            f"of {live}",
            help="Live projects with a stale report, or with none",
            pick=LATE,
        ),
    ]
    if len(course):
        last = course.iloc[-1]
        items.append(
            Figure(
                "Reported this week",
                percent(last["share"]),
                f"{number(last['came'])} of {number(last['due'])} due",
                help="Live projects with a report in their source's interval that ends on the review date",
            )
        )
    return [*items, *load_figures(weeks)]


def load_figures(weeks: pd.DataFrame) -> list[Figure]:
    """What the last week's loads brought."""
    if weeks.empty:
        return []
    last = weeks.iloc[-1]
    aside = int(weeks["rows_rejected"].sum())
    return [
        Figure(
            "Quality of the last loads",
            rate(last["quality"]),
            f"{count(int(last['rows_read']), 'row')} in {count(int(last['loads']), 'load')}",
            help=f"Rows read in the week to {day(last['week'])} that had no error and no warning",
        ),
        Figure(
            "Kept aside",
            number(aside),
            "rejected rows" if aside != 1 else "rejected row",
            help="Rows of the loads in force that were rejected and are kept, to be mended",
            pick=REJECTED if aside else "",
        ),
    ]


def late_title(late: pd.DataFrame, by: str) -> str:
    """Who is late, in a sentence."""
    places = int((late["late"] > 0).sum())
    if not places:
        return "Nobody is late"
    noun = BY[by].lower()
    have = "has" if places == 1 else "have"
    return f"{number(places)} of {count(len(late), noun)} {have} late projects"


def late_by(late: pd.DataFrame, by: str) -> None:
    """Who reports late, by place; each leads to its late projects, a source to its loads."""
    titles = [Column(BY[by], width="34%"), *(Column(title, "right") for title in LATE_BY), Column("Newest report")]
    rows: list[list[Cell]] = []
    links = []
    for one in late.to_dict("records"):
        name = NAMELESS[by] if is_missing(one["name"]) else str(one["name"])
        name = words.source_name(name) if by == "source" else name
        newest = "none" if is_missing(one["newest"]) else day(one["newest"])
        rows.append(
            [
                Under(name, f"reports every {days(one['interval_days'])}") if by == "source" else name,
                number(one["live"]),
                number(one["late"]),
                Under(percent(one["share"]), f"{number(one['missed'])} of {number(one['due'])}"),
                newest if is_missing(one["newest"]) else Under(newest, _ago(one["age_days"])),
            ]
        )
        links.append(_place_link(by, one) if one["late"] or by == "source" else "")
    tables.listing(titles, rows, links=links)


def _place_link(by: str, one: dict[Any, Any]) -> str:
    identifier = "" if is_missing(one["id"]) else str(one["id"])
    if by == "source":
        return controls.page_link("loads", source=identifier) if identifier else ""
    if by == "program":
        identifier = identifier or "(none)"
    if not identifier:
        return ""
    return controls.register_link(**{by or "portfolio": identifier}, health="not-reported", sort="report")


def _ago(age: Any) -> str:
    return "on the review date" if age == 0 else f"{days(age)} old"


def course_title(course: pd.DataFrame) -> str:
    """How many reports came in the last week, and how that moved."""
    if course.empty:
        return "No report was due in these weeks"
    last, first = course.iloc[-1], course.iloc[0]
    said = f"{percent(last['share'])} of the reports due this week came"
    points = round((last["share"] - first["share"]) * 100)
    if len(course) < 2 or not points:
        return said
    moved = f"{abs(points)} {'point' if abs(points) == 1 else 'points'} {'more' if points > 0 else 'fewer'}"
    return f"{said}, {moved} than {count(len(course) - 1, 'week')} before"


def course(frame: pd.DataFrame) -> None:
    """The share of due reports that came, by review week; in words before the second one."""
    if len(frame) < 2:
        charts.missing("The line starts with the second review.")
        return
    line = Line("share", "Came", theme.palette().series[0])
    alt = f"Share of due reports that came, at the last review {percent(frame['share'].iloc[-1])}"
    charts.trend(frame, x="review_date", lines=[line], alt=alt, key="came", height=264)


def projects_title(late: int, every: int) -> str:
    """How many projects are late or missed a report."""
    if not every:
        return f"Every live project reported in each of the last {WEEKS} weeks"
    verb = "is" if late == 1 else "are"
    rest = f"{number(every - late)} more" if late else count(every, "project")
    missed = f"{rest} missed a report in the last {WEEKS} weeks"
    return missed if not late else f"{count(late, 'project')} {verb} late" + (f"; {missed}" if every > late else "")


def projects(frame: pd.DataFrame) -> str | None:
    """The projects that are late or missed reports; returned is the one that was clicked."""
    rows: list[list[Cell]] = []
    for one in frame.to_dict("records"):
        place = one["program_name"] or one["portfolio"] or ""
        last: Cell = "never reported"
        if not is_missing(one["status_date"]):
            last = Under(day(one["status_date"]), f"{_ago(one['age_days'])}, due every {days(one['interval_days'])}")
        rows.append(
            [
                Under(tables.Tagged(one["project_name"], "late") if one["is_late"] else one["project_name"], place),
                Drawn(charts.came(one["weeks"], "Weeks")),
                f"{number(one['missed'])} of {number(one['due'])}",
                last,
                one["sponsor"] or "",
            ]
        )
    keys = [*frame["project_key"]]
    return tables.listing(
        PROJECTS, rows, key="late-projects", picks=keys, links=[controls.project_link(key) for key in keys]
    )


def rules_title(rules: pd.DataFrame) -> str:
    """How many rules failed, and the worst of them."""
    failed = rules[rules["rows_failed"] > 0]
    if rules.empty:
        return "No load was checked by any rule"
    if failed.empty:
        return f"All {count(len(rules), 'rule')} passed on every row"
    worst = failed.iloc[0]
    return (
        f"{number(len(failed))} of {count(len(rules), 'rule')} failed on some row; "
        f"{_words(worst['rule'])} passed on {rate(worst['rate'])}"
    )


def _words(rule: str) -> str:
    return rule.replace("_", " ")


def rules_note(rules: pd.DataFrame) -> str:
    """What the rules speak of, and where a click leads."""
    said = "Of all loads in force"
    return f"{said}; each opens the last load that failed by it" if rules["rows_failed"].any() else said


def show_rules(frame: pd.DataFrame, by_week: Mapping[RuleKey, Sequence[float | None]]) -> str | None:
    """The rules that failed, and those that nothing failed, to be opened; returned is the load of a rule clicked."""
    failed = frame["rows_failed"] > 0
    picked = rules(frame[failed], by_week) if failed.any() else None
    if not failed.all():
        with st.expander(f"{count(int((~failed).sum()), 'rule')} that every row passed"):
            rules(frame[~failed], {})
    return picked


def rules(frame: pd.DataFrame, by_week: Mapping[RuleKey, Sequence[float | None]]) -> str | None:
    """Rules with their pass rates; each that failed leads to the newest load that it failed in, returned on a click."""
    # One week alone is no history.
    has_past = any(len(shares) > 1 for shares in by_week.values())
    columns = RULES if has_past else [column for column in RULES if column.title != PAST]
    rows: list[list[Cell]] = []
    for one in frame.to_dict("records"):
        on = f": {one['columns'].replace('_', ' ')}" if one["columns"] else ", while it was read"
        title = _words(one["rule"])
        rows.append(
            [
                Under(f"{title[:1].upper()}{title[1:]}", f"{one['export']}{on}"),
                rate(one["rate"]),
                *([_past(by_week.get((one["export"], one["rule"], one["severity"]), ()))] if has_past else []),
                number(one["rows_failed"]),
                number(one["rows_checked"]),
                f"{number(one['loads_failed'])} of {number(one['loads'])}",
                EFFECTS[one["severity"]],
            ]
        )
    last = ["" if is_missing(load) else str(int(load)) for load in frame["last_failed"]]
    links = [load and controls.page_link("loads", load=load) for load in last]
    return tables.listing(columns, rows, key="rules" if any(last) else "", picks=last, links=links)


def _past(shares: Sequence[float | None]) -> Cell:
    """The last weeks of a rule; it did not fail in them where there are none."""
    return Drawn(charts.shares(shares, "Rows that failed by week")) if shares else NONE


def sources_title(frame: pd.DataFrame) -> str:
    """Which source brings the most problems."""
    worst = frame.iloc[0]
    if not frame["rows_flawed"].sum():
        return f"{count(len(frame), 'source')}, without a problem in any row"
    name = words.source_name(str(worst["source"]))
    if len(frame) == 1:
        return f"{rate(worst['quality'])} of the rows of {name} had no problem"
    return f"{name} has the lowest quality: {rate(worst['quality'])} of its rows had no problem"


def sources(frame: pd.DataFrame) -> None:
    """The sources of the loads; each leads to its loads."""
    rows: list[list[Cell]] = []
    for one in frame.to_dict("records"):
        loads = f"{count(one['loads'], 'load')}, last {moment(one['loaded_at'])}"
        rows.append([Under(words.source_name(str(one["source"])), loads), *_counts(one)])
    tables.listing(SOURCES, rows, links=[controls.page_link("loads", source=str(name)) for name in frame["source"]])


def weeks_title(frame: pd.DataFrame) -> str:
    """How the last week's loads compare with the week before."""
    last = frame.iloc[-1]
    if is_missing(last["flawed_share"]):
        return f"No row was read in the week to {day(last['week'])}"
    share = f"{percent(last['flawed_share'])} of the rows" if last["flawed_share"] else "No row"
    said = f"{share} read in the week to {day(last['week'])} had a problem"
    return said if len(frame) < 2 else f"{said}, {percent(frame.iloc[-2]['flawed_share'])} the time before"


def weeks(frame: pd.DataFrame) -> None:
    """The share of rows with a problem by the week of their load, and the counts week by week."""
    if len(frame) < 2:
        charts.missing("Everything came in one week. The lines start when loads have come in two.")
    else:
        colors = theme.palette()
        lines = [
            Line("flawed_share", "With a problem", colors.series[1]),
            Line("rejected_share", "Kept aside", colors.series[5]),
        ]
        alt = f"Share of rows with a problem by week of loading, last {percent(frame['flawed_share'].iloc[-1])}"
        charts.trend(frame, x="week", lines=lines, alt=alt, key="loaded", with_names=True)
    with st.expander("Week by week"):
        rows: list[list[Cell]] = [
            [Under(day(one["week"]), count(one["loads"], "load")), *_counts(one)]
            for one in frame.iloc[::-1].head(SHOWN_WEEKS).to_dict("records")
        ]
        tables.listing(WEEK_COLUMNS, rows)


def _counts(one: dict[Any, Any]) -> Sequence[str]:
    names = ("rows_read", "rows_flawed", "rows_rejected")
    return [rate(one["quality"]), *(number(one[name]) for name in names)]
