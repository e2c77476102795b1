"""What the pages say in words: the sentence on top, the takeaways of charts, the line that says what they speak of."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analytics.portfolio import Attention, Basis, Change, Summary
from analytics.programs import Program
from components import health
from components.controls import View
from components.formats import day, days, is_missing, money, number, percent


def overview(summary: Summary, changed: Change | None, view: View) -> str:
    """How the portfolio stands: how many are red, how much money sits in them, what the reports say of them."""
    if not summary.live:
        return f"No live projects on {day(view.review_date)}"
    if not summary.known(view.basis):
        other: Basis = "reported" if view.basis == "computed" else "computed"
        cannot = "can be judged from their numbers" if view.basis == "computed" else "report their health"
        return f"None of the {_projects(summary.live)} {cannot}{_instead(summary, other)}"
    red = summary.count(view.basis, "red")
    if not red:
        amber = summary.count(view.basis, "amber")
        also = f"; {number(amber)} {_are(amber)} amber" if amber else ""
        return f"None of {_projects(summary.live)} is {view.basis} red{also}"
    parts = [f"{number(red)} of {_projects(summary.live)} {_are(red)} {view.basis} red"]
    if changed and changed.new_red:
        parts[0] += f", {number(changed.new_red)} of them new since {day(view.compare_date, year=False)}"
    if sums := in_red(summary, view.basis):
        parts.append(f"{sums} sits in {'it' if red == 1 else 'them'}")
    if view.basis == "computed" and summary.watermelons:
        whose = "it reports" if red == 1 else f"{number(summary.watermelons)} of them {_report(summary.watermelons)}"
        parts.append(f"{whose} green")
    return f"{'; '.join(parts)}."


def in_red(summary: Summary, dimension: str) -> str:
    """The budget in red of each currency's whole: "$41 M of $380 M and £2 M of £9 M"; "" where no budget is known."""
    sums = [
        f"{money(red, m.currency)} of {money(m.budget, m.currency)}"
        for m in summary.money
        if m.budget and (red := summary.budgets(dimension, m.currency)["red"])
    ]
    return _and(sums)


def speaks_of(view: View, summary: Summary, *, is_latest: bool) -> list[str]:
    """The line under the headline: the review, the one it is compared with, coverage, what was known."""
    against = f", compared with {day(view.compare_date)}" if view.compare_date else ""
    known = f"as known {'now' if is_latest else 'then'} (publication {view.known_at})"
    return [f"{day(view.review_date, weekday=True)}{against}", coverage(summary), known]


def coverage(summary: Summary) -> str:
    """How much of a roll-up was reported, and how fresh it is: "203 of 212 reported, 4 stale, oldest 23 days"."""
    parts = [f"{number(summary.reported)} of {number(summary.live)} reported"]
    if summary.stale:
        parts.append(f"{number(summary.stale)} stale")
    if summary.oldest_days is not None:
        parts.append(f"oldest {days(summary.oldest_days)}")
    return ", ".join(parts)


def distribution(summary: Summary) -> str:
    """What the distribution shows: whether evidence and reports agree."""
    reported, computed = summary.count("reported", "red"), summary.count("computed", "red")
    if not summary.known("computed"):
        return "The exports say too little to compute health"
    if not summary.known("reported"):
        return "Nobody reports health; the evidence stands alone"
    if computed > reported:
        return "The evidence is redder than the reports"
    if computed < reported:
        return "The reports are redder than the evidence"
    return "Reports and evidence count the same number of reds"


def in_words(label: str, amounts: Mapping[str, float], write: Any = number) -> str:
    """A bar in words, for those who can't see it."""
    listed = ", ".join(f"{write(amount)} {health.word(state).lower()}" for state, amount in amounts.items() if amount)
    return f"{label}: {listed or 'no data'}"


def trend(frame: pd.DataFrame) -> str:
    """What the trend shows: how the red share moved over it."""
    if len(frame) < 2:
        return "A trend needs two reviews"
    weeks = (frame["review_date"].iloc[-1] - frame["review_date"].iloc[0]).days // 7
    first, last = frame["red"].iloc[0], frame["red"].iloc[-1]
    if percent(first) == percent(last):
        return f"Red stands where it stood {weeks} weeks ago"
    return f"Red {'grew' if last > first else 'fell'} from {percent(first)} to {percent(last)} in {weeks} weeks"


def attention(found: Attention) -> str:
    """How many items need somebody."""
    if not found.total:
        return "Nothing needs attention"
    shown = f"{number(found.total)} {'project needs' if found.total == 1 else 'projects need'} attention"
    return f"{shown}, {number(found.new)} of them new" if found.new else shown


def programs(found: Sequence[Program], basis: Basis) -> str:
    """How many programs are red."""
    reds = sum((p.computed if basis == "computed" else p.reported).state == "red" for p in found)
    verb = "is" if reds == 1 else "are"
    return f"{number(reds) if reds else 'None'} of {_count(len(found), 'program')} {verb if reds else 'is'} {basis} red"


def register(count: int, live: int, *, is_filtered: bool) -> str:
    """What the register lists."""
    if not count:
        return "No project fits" if is_filtered else "No live projects at this review"
    if not is_filtered:
        return _projects(count)
    return f"{number(count)} of {_projects(live)} {'fits' if count == 1 else 'fit'}"


def project(row: Mapping[str, Any], because: Sequence[str]) -> str:
    """How one project stands: its computed colour, the worst of why, and what it reports."""
    name = row["project_name"]
    why = f": {'; '.join(text[:1].lower() + text[1:] for text in because)}" if because else ""
    if not row["is_live"]:
        return f"{name} is {row['stage']}{why}"
    reported = health.word(row["reported"]).lower()
    if row["computed"] == "unknown":
        said = "has not reported its health" if row["reported"] == "unknown" else f"is reported {reported}"
        return f"{name} {said}; its numbers say too little to compute it"
    if row["reported"] == "unknown":
        return f"{name} is computed {row['computed']}{why}"
    if row["reported"] == row["computed"]:
        return f"{name} is reported and computed {reported}{why}"
    return f"{name} is computed {row['computed']}{why}. It reports {reported}."


def slipped(value: Any) -> str:
    """A slip in words: "47 days late", "3 days early", "on baseline"."""
    if is_missing(value):
        return "n/a"
    if value == 0:
        return "on baseline"
    return f"{days(abs(value))} {'late' if value > 0 else 'early'}"


def _instead(summary: Summary, other: Basis) -> str:
    red = summary.count(other, "red")
    if not summary.known(other):
        return ""
    return f"; {number(red) if red else 'none'} {_are(red)} {other} red"


def _projects(count: int) -> str:
    return _count(count, "live project")


def _count(count: int, what: str) -> str:
    return f"{number(count)} {what}{'' if count == 1 else 's'}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _report(count: int) -> str:
    return "reports" if count == 1 else "report"


def _and(parts: Sequence[str]) -> str:
    return " and ".join(", ".join(parts).rsplit(", ", 1)) if len(parts) > 1 else "".join(parts)
