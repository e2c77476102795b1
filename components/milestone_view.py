"""How a project's milestones look: the trend of what each report expected of them, and the list with its rows."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from analytics import evidence, origins, reasons
from analytics.alignment import LEAST
from analytics.origins import Origin
from analytics.project import Served
from analytics.why_one import STATES, state
from components import answers, charts, date_lines, frame, origin_view, tables, theme, why_view
from components.clickable import clickable
from components.controls import View
from components.date_lines import DateLine
from components.formats import NONE, count, day, days, percent
from components.tables import Cell, Column, Drawn

DRAWN = 10  # milestones in the chart
SHOWN = 8  # in the list, until all are asked for
LISTED = (
    Column("Milestone", width="26%"),
    Column("State"),
    Column("Baseline", "right"),
    Column("Forecast", "right"),
    Column("Met", "right"),
    Column("Against baseline", "right"),
    Column("File and row", width="20%", is_quiet=True),
)
Course = Mapping[str, Sequence[Mapping[str, Any]]]


def show(project_key: str, goals: Sequence[Served], view: View) -> bool:
    """A card with a project's milestones at the review, and whether it has any; where none, what would feed it."""
    found = answers.ask(evidence.milestones, view.review_date, project_key)
    if not found:
        with frame.card("milestones", "No export lists its milestones", serves(goals)):
            charts.missing(
                "With a milestones export, this shows each milestone's forecast report by report, which of those due "
                "are not met, and its deliverables. Its template stands on the page Loads."
            )
        return False
    course = by_milestone(answers.ask(evidence.milestone_course, view.review_date, project_key))
    with frame.card("milestones", title(found, course), measured(found, goals)):
        lines = trend(found, course, view.review_date)
        if lines:
            html = date_lines.drawing(
                lines, last=view.review_date, alt=alt(found), completion="Met where a line ends here", height=280
            )
            clickable(html, "milestone-trend")
            left_out = len(course) - len(lines)
            if left_out > 0:
                charts.missing(f"{count(left_out, 'milestone')} more in the list.")
        place = st.container()
        show_all = len(found) <= SHOWN or st.toggle(f"All {len(found):,} milestones", key="all-milestones")
        with place:
            _list(found if show_all else first(found), project_key)
    return True


def by_milestone(course: Sequence[Mapping[str, Any]]) -> Course:
    """What reports expected, milestone by milestone."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in course:
        found[row["milestone_id"]].append(row)
    return found


def slipped(row: Mapping[str, Any], course: Course) -> int:
    """By how many days what is expected of a milestone moved since the first report that expected it."""
    said = course.get(row["milestone_id"], ())
    return (said[-1]["expected"] - said[0]["expected"]).days if said else 0


def title(found: Sequence[Mapping[str, Any]], course: Course) -> str:
    """What slipped most and since when, and how many of those due are not met."""
    due = [row for row in found if row["is_due"]]
    missed = sum(row["is_missed"] for row in due)
    if not due:
        standing = f"none of {count(len(found), 'milestone')} is due yet"
    elif missed:
        standing = f"{missed} of {len(due)} due {'is' if missed == 1 else 'are'} not met"
    else:
        standing = f"all {len(due)} due are met" if len(due) > 1 else "the one due is met"
    to_come = [row for row in found if row["actual_date"] is None]
    worst = max(to_come, key=lambda row: slipped(row, course), default=None)
    by = slipped(worst, course) if worst else 0
    if worst is None or by <= 0:
        return standing[:1].upper() + standing[1:]
    since = course[worst["milestone_id"]][0]["status_date"]
    return f"{reasons.shortened(worst['milestone_name'], 60)} slipped {days(by)} since {since:%B %Y}; {standing}"


def measured(found: Sequence[Mapping[str, Any]], goals: Sequence[Served]) -> str:
    """What the chart shows, how many deliverables there are, and which goal they serve."""
    deliverables = [row for row in found if row["is_deliverable"]]
    done = sum(row["actual_date"] is not None for row in deliverables)
    parts = ["Forecast of each milestone by date of report"]
    if deliverables:
        parts.append(f"{done} of {count(len(deliverables), 'deliverable')} delivered")
    return ". ".join([*parts, *([text] if (text := serves(goals)) else [])])


def serves(goals: Sequence[Served]) -> str:
    """Which goals a project serves, with the part of it where that is not the whole, and what a lone one is part of."""
    if not goals:
        return "No export says which goal it serves"
    rest = 1 - sum(goal.share for goal in goals)
    none = f"; {percent(rest)} of it serves no goal" if rest >= LEAST else ""
    if len(goals) == 1:
        *above, own = goals[0].path
        named_one = f"{own} ({' › '.join(above)})" if above else own
        return (
            f"{percent(goals[0].share)} of it serves {named_one}, the rest no goal" if none else f"Serves {named_one}"
        )
    named = [f"{goal.path[-1]} ({percent(goal.share)})" for goal in goals]
    return f"Serves {', '.join(named[:-1])} and {named[-1]}{none}"


def alt(found: Sequence[Mapping[str, Any]]) -> str:
    """The chart in words."""
    return "; ".join(
        f"{row['milestone_name']}: {'' if row['actual_date'] else f'{STATES[state(row)][0].lower()}, '}{_expected(row)}"
        for row in found[:DRAWN]
    )


def trend(found: Sequence[Mapping[str, Any]], course: Course, review: dt.date) -> list[DateLine]:
    """A line a milestone; where there are too many, those that are not met and those that moved most."""
    colors = theme.palette()
    inks = {"missed": colors.red_text, "slipping": colors.amber_text, "met": colors.unknown_text}
    known = [row for row in found if course.get(row["milestone_id"])]
    known.sort(key=lambda row: (row["actual_date"] is not None, -slipped(row, course)))
    lines = []
    for row in known[:DRAWN]:
        said = course[row["milestone_id"]]
        points = [(one["status_date"], one["expected"]) for one in said if not one["is_met"]]
        met = next((one["expected"] for one in said if one["is_met"]), None)
        if met is not None and (points or met >= said[0]["status_date"]):
            points.append((met, met))
        elif points and points[-1][0] < review:
            points.append((review, max(points[-1][1], review)))
        if not points:
            continue
        by = slipped(row, course)
        moved = f"{days(abs(by))} {'later' if by > 0 else 'earlier'} than first forecast" if by else "as first forecast"
        tip = f"{row['milestone_name']}: {_expected(row)}, {moved}; baseline {day(row['baseline_date'])}"
        note = f"{'met ' if met else ''}{day(row['actual_date'] or points[-1][1])}"
        lines.append(DateLine(row["milestone_name"], note, inks.get(state(row), colors.series[0]), points, tip=tip))
    return lines


def _expected(row: Mapping[str, Any]) -> str:
    return f"met {day(row['actual_date'])}" if row["actual_date"] else f"forecast {day(row['forecast_date'])}"


def first(found: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The first to look at: those not met, the nearest, and of those met the latest; in the order of their dates."""
    wanted = sorted(found, key=lambda row: row["actual_date"] is not None)
    open_ones = [row for row in wanted if row["actual_date"] is None][:SHOWN]
    met = [row for row in found if row["actual_date"] is not None]
    kept = {row["milestone_id"] for row in [*open_ones, *met[len(met) - (SHOWN - len(open_ones)) :]]}
    return [row for row in found if row["milestone_id"] in kept]


def _list(found: Sequence[Mapping[str, Any]], project_key: str) -> None:
    """The milestones and their rows; a click on one that is not met asks what its slip would move, and one on its
    colour why it has it."""
    places = answers.ask(origins.origins, tuple((row["load_id"], row["source_row"]) for row in found))
    why_view.listing(
        LISTED,
        [_row(row, places.get((row["load_id"], row["source_row"])), project_key) for row in found],
        key="milestone-list",
        picks=["" if row["actual_date"] else f"{project_key}:{row['milestone_id']}" for row in found],
        on_pick=_what_if,
    )


def _what_if(picked: str) -> None:
    """Take the question into the URL; called before the run begins, since its card holds the choice."""
    st.session_state["slip"] = picked


def _row(row: Mapping[str, Any], origin: Origin | None, project_key: str) -> list[Cell]:
    mark = Drawn(
        tables.explained(
            why_view.one_mark(*STATES[state(row)]), why_view.of_milestone(project_key, row["milestone_id"])
        )
    )
    late = row["late_days"]
    against = NONE if late is None else "on baseline" if late == 0 else f"{days(abs(late))} {_way(late)}"
    name: Cell = tables.Tagged(row["milestone_name"], "deliverable") if row["is_deliverable"] else row["milestone_name"]
    original = row["original_date"]
    baseline: Cell = (
        tables.Under(day(row["baseline_date"]), f"first {day(original)}") if original else day(row["baseline_date"])
    )
    return [
        name,
        tables.Under(mark, f"last stated {day(row['last_stated'])}") if row["last_stated"] else mark,
        baseline,
        tables.Under(day(row["forecast_date"]), "has passed") if row["has_passed"] else day(row["forecast_date"]),
        day(row["actual_date"]) if row["actual_date"] else "",
        against,
        origin_view.file_and_row(origin),
    ]


def _way(late: int) -> str:
    return "late" if late > 0 else "early"
