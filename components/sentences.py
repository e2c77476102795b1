"""What the pages say in words: the sentence on top, the takeaways of charts, the line that says what they speak of."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analytics.portfolio import Attention, Basis, Change, Summary
from analytics.programs import Program
from analytics.reading import NO_PROGRAM
from components import health
from components.controls import View
from components.formats import day, days, is_missing, money, number, percent

NEARLY_ALL = 0.9  # of the live projects: what is true of so many is said of all


def overview(summary: Summary, changed: Change | None, view: View) -> str:
    """How the portfolio stands: how many are red, how much money sits in them, what the reports say of them."""
    if not summary.live:
        return f"No live projects on {day(view.review_date)}"
    if not summary.known(view.basis):
        other: Basis = "reported" if view.basis == "computed" else "computed"
        cannot = "can be judged from their numbers" if view.basis == "computed" else "have a reported colour"
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
    """How much of a roll-up has a report, and how fresh: "203 of 212 with a report, 4 stale, oldest 23 days"."""
    parts = [f"{number(summary.reported)} of {number(summary.live)} with a report"]
    if (rated := summary.known("reported")) < summary.reported:
        parts.append(f"no colour given in {number(summary.reported - rated)}")
    if summary.stale:
        parts.append(f"{number(summary.stale)} stale")
    if summary.oldest_days is not None:
        parts.append(f"oldest {days(summary.oldest_days)}")
    return ", ".join(parts)


def distribution(summary: Summary) -> str:
    """What the distribution shows: whether evidence and reports agree."""
    reported, computed = summary.judged_reported_red, summary.judged_computed_red
    if not summary.known("computed"):
        return "The exports say too little to compute health"
    if not summary.known("reported"):
        return "No report gives a colour; the evidence stands alone"
    if not summary.judged:
        return "No project has both a reported and a computed colour"
    part = ""
    if summary.judged < NEARLY_ALL * summary.live:
        part = (
            f", in {'the one project' if summary.judged == 1 else f'the {number(summary.judged)} projects'} with both"
        )
    if computed > reported:
        return f"The evidence is redder than the reports{part}"
    if computed < reported:
        return f"The reports are redder than the evidence{part}"
    return f"Reports and evidence count the same number of reds{part}"


def in_words(label: str, amounts: Mapping[str, float], write: Any = number, *, is_evidence: bool = False) -> str:
    """A bar in words, for those who can't see it."""
    listed = ", ".join(
        f"{write(amount)} {health.word(state, is_evidence=is_evidence).lower()}"
        for state, amount in amounts.items()
        if amount
    )
    return f"{label}: {listed or 'no data'}"


def trend(frame: pd.DataFrame) -> str:
    """What the trend shows: how the red share moved over it."""
    if len(frame) < 2:
        return "A trend needs two reviews"
    weeks = _weeks(frame)
    first, last = frame["red"].iloc[0], frame["red"].iloc[-1]
    if percent(first) == percent(last):
        return f"Red stands where it stood {weeks} weeks ago"
    return f"Red {'grew' if last > first else 'fell'} from {percent(first)} to {percent(last)} in {weeks} weeks"


def trend_of(frame: pd.DataFrame, basis: Basis) -> str:
    """What the trend measures, and over how long."""
    over = f", last {_count(_weeks(frame), 'week')}" if len(frame) > 1 else ""
    return f"Share of live projects, {basis}{over}"


def attention(found: Attention) -> str:
    """How many items need somebody."""
    if not found.total:
        return "Nothing needs attention"
    shown = f"{number(found.total)} {'project needs' if found.total == 1 else 'projects need'} attention"
    return f"{shown}, {number(found.new)} of them new" if found.new else shown


def attention_order(found: Attention) -> str:
    """What is on the list, and in which order."""
    turns = ", the currencies in turn" if found.currencies > 1 else ""
    return f"Red or stale, most budget first{turns}; each opens its project"


def programs(every: Sequence[Program], basis: Basis) -> str:
    """How many programs are red; the projects without a program are none."""
    found = [program for program in every if program.program_id != NO_PROGRAM]
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
        said = "is not rated" if row["reported"] == "unknown" else f"is reported {reported}"
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


def _weeks(frame: pd.DataFrame) -> int:
    return int((frame["review_date"].iloc[-1] - frame["review_date"].iloc[0]).days // 7)


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
