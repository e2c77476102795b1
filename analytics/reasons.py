"""Why a project has its colour, in words from its numbers."""

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any


def shortened(text: str, most: int = 80) -> str:
    """A foreign text within a sentence or a cell, cut where it is longer than so many characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def days(number: int) -> str:
    """A number of days in words."""
    return count(number, "day")


def count(number: float, word: str) -> str:
    """A number of things in words.

    >>> count(1, "program"), count(1200, "program"), count(2, "dependency"), count(2, "day")
    ('1 program', '1,200 programs', '2 dependencies', '2 days')
    """
    several = re.sub(r"(?<=[^aeiou])ys$", "ies", f"{word}s")
    return f"{round(number):,} {word if number == 1 else several}"


def listed(names: Sequence[str]) -> str:
    """Names as a sentence lists them: cost, milestones and risk."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def decimals(value: float, limits: Sequence[float | None] = ()) -> int:
    """How many decimals the percentage of a share needs to stand on the same side of each limit as the share itself.

    >>> decimals(0.2976), decimals(0.2976, [0.1, 0.3]), decimals(0.29996, [0.3]), decimals(0.304, [0.3])
    (0, 1, 3, 0)
    """
    known = [round(limit * 100, 7) for limit in limits if limit is not None]
    exact = round(value * 100, 7)
    for places in range(7):
        if all((round(exact, places) >= limit) == (exact >= limit) for limit in known):
            return places
    return 7


def share(value: float, limits: Sequence[float | None] = ()) -> str:
    """A share of one as a percentage: without decimals, but where it would read as if it had reached one of the limits.

    >>> share(0.2976), share(0.2976, [0.1, 0.3]), share(0.125, [0.125]), share(0.004)
    ('30 %', '29.8 %', '12.5 %', '<1 %')
    """
    return f"{round(value * 100, 7):,.{decimals(value, limits)}f} %" if value >= 0.005 or value == 0 else "<1 %"


def limits_of(row: Mapping[str, Any], dimension: str) -> list[float | None]:
    """The shares from which a dimension of a project (a row of Source.on) is amber and red."""
    return [row.get(f"{dimension}_amber"), row.get(f"{dimension}_red")]


def _gap(row: Mapping[str, Any], dimension: str, value: float) -> str:
    """How far a project is off: what is better than planned is near no limit."""
    return share(abs(value), limits_of(row, dimension) if value > 0 else ())


def date(value: dt.date) -> str:
    """A date as it is written everywhere."""
    return f"{value.day} {value:%b %Y}"


def schedule(row: Mapping[str, Any]) -> str:
    """The schedule in words; needs slip, slip_days, forecast_finish, actual_finish and finish_then."""
    late, slip = row["slip_days"], row["slip"]
    if late is None:
        missing = "no forecast finish" if row["finish_then"] is None else "no baseline finish"
        return f"Can't be judged: {missing}"
    how_long = f", {_gap(row, 'schedule', slip)} of the planned time" if slip is not None and late else ""
    if slip is None:
        how_long = "; can't be judged without a planned time"
    is_done = row.get("stage") == "completed"
    if is_done or (row["actual_finish"] is not None and row["actual_finish"] <= row["finish_then"]):
        what = "Finished"
    elif row["forecast_finish"] is None:
        return f"Not finished, and no forecast finish: at least {days(late)} past baseline{how_long}"
    elif row["forecast_finish"] < row["finish_then"]:
        what = f"Was to finish on {date(row['forecast_finish'])}, not finished yet"
        return f"{what}: {days(late)} past baseline{how_long}" if late > 0 else what
    else:
        what = "Forecast finish"
    if late == 0:
        return f"{what} on baseline"
    return f"{what} {days(abs(late))} {'past' if late > 0 else 'before'} baseline{how_long}"


def cost(row: Mapping[str, Any]) -> str:
    """The cost in words; needs overrun, eac, forecast_cost, budget, earned_value and actual_cost."""
    over = row["overrun"]
    if over is None or math.isnan(over):
        if row["budget"] == 0:
            return "Can't be judged: the budget is 0"
        missing = "no budget" if _is_unknown(row["budget"]) else f"no forecast cost, and {no_estimate(row)}"
        return f"Can't be judged: {missing}"
    is_done = row.get("stage") == "completed"
    if is_overspent(row):
        what, how = "Cost" if is_done else "Cost so far", ", above the forecast cost"
    elif row["forecast_cost"] is not None:
        what, how = "Cost" if is_done else "Forecast cost", ""
    else:
        what = "Cost at completion"
        how = f", at a cost performance (CPI) of {row['earned_value'] / row['actual_cost']:.2f}"
    if abs(over) < 0.0005:
        return f"{what} on budget{how}"
    return f"{what} {_gap(row, 'cost', over)} {'over' if over > 0 else 'under'} budget{how}"


def is_overspent(row: Mapping[str, Any]) -> bool:
    """Whether a project has spent more than its forecast cost says it ever will."""
    stated, spent = row["forecast_cost"], row["actual_cost"]
    return not (_is_unknown(stated) or _is_unknown(spent)) and spent > stated


def no_estimate(row: Mapping[str, Any]) -> str:
    """Why no cost at completion can be worked out; needs budget, earned_value and actual_cost."""
    names = {"budget": "budget", "earned_value": "earned value", "actual_cost": "spend"}
    for column in ("earned_value", "actual_cost"):
        if row[column] == 0:
            return f"the {names[column]} is 0"
    missing = [name for column, name in names.items() if _is_unknown(row[column])]
    return f"no {' or '.join(missing)} is stated"


def _is_unknown(value: float | None) -> bool:
    return value is None or math.isnan(value)


def milestones(row: Mapping[str, Any]) -> str:
    """The milestones in words; needs milestones_due and milestones_missed."""
    due, missed = row["milestones_due"], row["milestones_missed"]
    if not due:
        return "No milestone is due yet" if due == 0 else "No milestone is reported"
    if due == 1:
        return f"The one milestone due {'missed' if missed else 'met'}"
    return f"{missed:,} of {due:,} milestones missed" if missed else "No milestone missed"


def risk(row: Mapping[str, Any]) -> str:
    """The risks in words; needs exposure."""
    exposure = row["exposure"]
    if exposure is None:
        return "No risk is reported"
    return f"Open exposure {exposure:g}" if exposure else "No risk is open"


def resources(row: Mapping[str, Any]) -> str:
    """The people that are needed in words; needs needed and unmet, in FTE-months."""
    if not row["needed"]:
        return "No need of people can be judged"
    unmet, needed = row["unmet"], row["needed"]
    return f"{fte(unmet)} of {fte(needed)} FTE-months unmet" if unmet else "All people that it needs are there"


def fte(amount: float | Decimal) -> str:
    """People, with one decimal where it says something.

    >>> fte(2), fte(2.1), fte(0.04), fte(Decimal("-0.5"))
    ('2', '2.1', '0.04', '-0.5')
    """
    value = float(amount)
    return f"{value:,.1f}".removesuffix(".0") if abs(value) >= 0.05 or value == 0 else f"{value:.1g}"


def attention(row: Mapping[str, Any]) -> str:
    """Why a project is on the list, in few words: what is red first, then what does not fit, then an old report.

    `waits`, where the row has it, is what the project waits for in vain.
    """
    parts = []
    if row["schedule"] == "red":
        parts.append(f"finish {days(row['slip_days'])} late")
    if row["cost"] == "red":
        parts.append(f"cost {_gap(row, 'cost', row['overrun'])} over budget")
    if row["milestones"] == "red":
        parts.append(milestones(row))
    if row["risk"] == "red":
        parts.append(lowered(risk(row)))
    if row["resources"] == "red":
        parts.append(lowered(resources(row)))
    if row.get("waits"):
        parts.append(row["waits"])
    if is_better_by_baseline(row):
        parts.append(f"{row['computed']} only against its new baseline")
    if row["reported"] == "red" and row["computed"] != "red":
        judged = "say too little" if row["computed"] == "unknown" else f"say {row['computed']}"
        parts.append(f"reported red, its numbers {judged}")
    if row["is_stale"]:
        parts.append(f"no report for {days(row['age_days'])}")
    text = "; ".join(parts)
    return text[:1].upper() + text[1:]


def is_better_by_baseline(row: Mapping[str, Any]) -> bool:
    """Whether a project would be red against its first baseline, and is not against the one in force."""
    return row["computed_original"] == "red" and row["computed"] in ("green", "amber")


def standing(row: Mapping[str, Any]) -> str:
    """What put a project where it stands: what needs attention, else what is amber, else that it is on plan."""
    if row["computed"] == "red" or row["reported"] == "red" or row["is_stale"] or is_better_by_baseline(row):
        return attention(row)
    if row["computed"] == "unknown":
        return "Its numbers say too little"
    parts = {"schedule": schedule, "cost": cost, "milestones": milestones, "risk": risk, "resources": resources}
    if row["computed"] == "amber":
        wanted = [words(row) for name, words in parts.items() if row[name] == "amber"]
    else:
        wanted = [words(row) for name, words in parts.items() if row[name] != "unknown"][:2]
    return "; ".join(text if not n else lowered(text) for n, text in enumerate(wanted))


def lowered(text: str) -> str:
    """A sentence's beginning within another."""
    return text[:1].lower() + text[1:]
