"""Why one milestone, or one risk, has its colour: rule, inputs, its row, and the smallest change that would flip it.

Source: methods "Health": every colour explains itself.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics import evidence
from analytics.reading import Source
from analytics.reasons import date, days
from analytics.why import Change, Judgement, rescored, smallest, witnesses

# How a milestone stands, in words and as a colour.
STATES = {
    "met": ("Met", "green"),
    "missed": ("Not met", "red"),
    "slipping": ("Slipping", "amber"),
    "to come": ("To come", "unknown"),
}
_MILESTONE_RULE = (
    "Red (not met) when its baseline date has come and no date is reported on which it was met; amber (slipping) when "
    "it is forecast later than its baseline date; green once it is met, early or late"
)


@dataclass(frozen=True)
class One:
    """A milestone or risk of a project: its name, kind, what its mark says, and why it has that colour."""

    name: str
    project_name: str
    kind: str
    mark: str
    judgement: Judgement


def state(row: Mapping[str, Any]) -> str:
    """How a milestone (a row of evidence.milestones) stands: met, missed (due and not met), slipping (expected late),
    or to come."""
    if row["actual_date"] is not None:
        return "met"
    if row["is_missed"]:
        return "missed"
    return "slipping" if (row["late_days"] or 0) > 0 else "to come"


def milestone(source: Source, day: dt.date, project_key: str, milestone_id: str) -> One | None:
    """Why a milestone has its colour on a date; None where no export speaks of it by then."""
    found = evidence.milestones(source, day, project_key)
    row = next((row for row in found if row["milestone_id"] == milestone_id), None)
    if row is None:
        return None
    stands = state(row)
    word, colour = STATES[stands]
    flips, change = _milestone_flips(row, day, stands)
    judgement = Judgement(
        "milestone",
        colour,
        _milestone_because(row, day, stands),
        _MILESTONE_RULE,
        flips,
        change,
        witnesses(source, [(row, _dates(row))]),
    )
    kind = "Deliverable" if row["is_deliverable"] else "Milestone"
    return One(row["milestone_name"], _project_name(source, day, project_key), kind, word, judgement)


def risk(source: Source, day: dt.date, project_key: str, risk_id: str) -> One | None:
    """Why a risk or issue has its colour on a date; None where no export speaks of it by then, or it has no score."""
    found = evidence.risks(source, day, project_key)
    row = next((row for row in found if row["risk_id"] == risk_id), None)
    if row is None or row["exposure"] is None:
        return None
    rules: dict[str, float] = dict(source.rows("select name, value from rule_in_force"))
    amber, red = rules["risk_amber"], rules["risk_red"]
    score = f"Probability {row['probability']} × impact {row['impact']} = {row['exposure']}"
    flips, change = "", None
    if row["is_open"]:
        changes = [one for bound in (amber, red) for one in rescored(row, bound, amber, red)]
        sides = [smallest(one for one in changes if (one.by < 0) is is_better) for is_better in (True, False)]
        near = [one for one in sides if one]
        flips, change = "; ".join(one.words for one in near) or "No single score", smallest(near)
    judgement = Judgement(
        "exposure",
        row["colour"] if row["is_open"] else "unknown",
        score if row["is_open"] else f"{score}; it is closed and counts no more",
        f"Amber from an exposure of {amber:g}, red from {red:g}, while it is open",
        flips,
        change,
        witnesses(source, [(row, score)]),
    )
    kind = "Issue" if row["risk_kind"] == "issue" else "Risk"
    return One(row["risk_name"], _project_name(source, day, project_key), kind, str(row["exposure"]), judgement)


def _project_name(source: Source, day: dt.date, project_key: str) -> str:
    found = source.rows(
        f"select project_name from {source.on(day)} where project_key = $key",
        {"key": project_key},
    )
    return str(found[0][0]) if found else project_key


def _dates(row: Mapping[str, Any]) -> str:
    said = [("baseline", row["baseline_date"]), ("forecast", row["forecast_date"]), ("met", row["actual_date"])]
    text = ", ".join(f"{name} {date(at)}" for name, at in said if at is not None) or "no date"
    return text[:1].upper() + text[1:]


def _milestone_because(row: Mapping[str, Any], day: dt.date, stands: str) -> str:
    baseline, forecast, late = row["baseline_date"], row["forecast_date"], row["late_days"]
    if stands == "missed":
        until = f"forecast for {date(forecast)}" if forecast and forecast > day else f"not met on {date(day)}"
        return f"Due on {date(baseline)}, {until}: {days(late)} late"
    if stands == "met":
        return f"Met on {date(row['actual_date'])}{_against(late, baseline)}"
    if forecast is None:
        return f"Due on {date(baseline)}, no forecast is reported" if baseline else "Neither baseline nor forecast date"
    return f"Forecast for {date(forecast)}{_against(late, baseline)}"


def _against(late: int | None, baseline: dt.date | None) -> str:
    if baseline is None or late is None:
        return "; no baseline date is reported"
    if late == 0:
        return ", on its baseline date"
    return f", {days(abs(late))} {'after' if late > 0 else 'before'} its baseline date of {date(baseline)}"


def _milestone_flips(row: Mapping[str, Any], day: dt.date, stands: str) -> tuple[str, Change | None]:
    """What would give a milestone another colour, in words, and the smallest change of one date that does."""
    baseline, forecast, actual = row["baseline_date"], row["forecast_date"], row["actual_date"]
    next_day = day + dt.timedelta(days=1)

    def moved(name: str, to: dt.date, now: dt.date, becomes: str, words: str) -> Change:
        by = (to - now).days
        word, colour = STATES[becomes]
        text = f"{word} {words} {date(to)}, {days(abs(by))} {'later' if by > 0 else 'earlier'}"
        return Change("milestones", name, to, by, "days", abs(by), colour, text, (row["milestone_id"],))

    if stands == "met":
        if not row["is_due"]:
            return "Without the date on which it was met it would be judged by its forecast", None
        change = moved("actual_date", next_day, actual, "missed", "had it been met only on")
        return change.words, change
    if stands == "missed":
        becomes = "slipping" if forecast and forecast > next_day else "to come"
        change = moved("baseline_date", next_day, baseline, becomes, "with a baseline date of")
        return f"Met once a date up to {date(day)} on which it was met is reported; {change.words}", change
    if baseline is None:
        return "A colour once a baseline date is reported", None
    if stands == "slipping":
        change = moved("forecast_date", baseline, forecast, "to come", "with a forecast of")
        return f"{change.words}; not met from {date(baseline)} on, if it is not met by then", change
    first = baseline + dt.timedelta(days=1)
    if forecast is None:
        return f"Slipping with a forecast from {date(first)} on", None
    change = moved("forecast_date", first, forecast, "slipping", "with a forecast of")
    return change.words, change
