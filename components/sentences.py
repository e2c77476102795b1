"""What the pages say in words: the sentence on top, the takeaways of charts, the line that says what they speak of."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import pandas as pd

from analytics.changes import Changes, Group, Moved
from analytics.portfolio import Attention, Parting, Summary
from analytics.programs import Program
from analytics.projects import ANY_STAGE, Filter, Register
from analytics.reading import NO_PROGRAM, Basis
from analytics.reasons import shortened
from analytics.standings import Standing
from components import formats, health
from components.controls import View
from components.figures import Delta
from components.formats import day, days, is_missing, money, number, percent

_RANKS = {"green": 0, "amber": 1, "red": 2}
NEARLY_ALL = 0.9  # of the live projects: what is true of so many is said of all
TELLING = Fraction(3, 100)  # of all: by so much red has to move for reports to follow, or not
FOLLOWS = Fraction(1, 2)  # of the evidence's move
MOSTLY = 0.5  # of the money of a goal


def overview(summary: Summary, needs: Attention, view: View, benefits: str = "") -> str:
    """How the portfolio stands: how many need attention, how much money sits in red, what the reports say of it.

    `benefits` is a sentence on the benefits; what it says first, up to a semicolon, is said here.
    """
    if not summary.live:
        return f"No live projects on {day(view.review_date)}"
    parts = [_needing(summary, needs, view), *_judged(summary, view.basis)]
    if first := benefits.partition(";")[0]:
        parts.append(first[:1].lower() + first[1:])
    return "; ".join(parts) + ("." if len(parts) > 1 else "")


def _needing(summary: Summary, needs: Attention, view: View) -> str:
    """How many live projects need attention, and how many of them are new on the list."""
    if not needs.total:
        return (
            "The one live project needs no attention"
            if summary.live == 1
            else f"None of {_projects(summary.live)} needs attention"
        )
    whole = f"{number(needs.total)} of {_projects(summary.live)} {_need(needs.total)} attention"
    said = "The one live project needs attention" if summary.live == 1 else whole
    return f"{said}, {_of_them(needs.new, needs.total)}new {since(view)}" if needs.new else said


def _judged(summary: Summary, basis: Basis) -> list[str]:
    """How many are red, with how much money, and how many of them report green; or why that can't be said."""
    it, red = summary.live == 1, summary.count(basis, "red")
    if not summary.known(basis):
        other: Basis = "reported" if basis == "computed" else "computed"
        cannot = "can be judged from its numbers" if basis == "computed" else "has a reported colour"
        if it:
            cannot = "it can't be judged from its numbers" if basis == "computed" else "it has no reported colour"
            colour = next(state for state, count in summary.counts(other).items() if count)
            return [cannot, *([f"it is {other} {colour}"] if colour != "unknown" else [])]
        return [f"none {cannot}{_instead(summary, other)}"]
    if not red:
        amber = summary.count(basis, "amber")
        if it:
            return [f"it is {basis} {'amber' if amber else 'green'}"]
        return [f"none is {basis} red{f', {number(amber)} {_are(amber)} amber' if amber else ''}"]
    parts = [f"{'it is' if it else f'{number(red)} {_are(red)}'} {basis} red"]
    if sums := in_red(summary, basis):
        parts[0] += f" and {'holds' if red == 1 else 'hold'} {sums}"
    if basis == "computed" and summary.watermelons:
        green = summary.watermelons
        parts.append("it reports green" if red == 1 else f"{number(green)} of these {_report(green)} green")
    return parts


def near(date: Any, view: View) -> str:
    """A date beside the review date: its year is said where it is another."""
    return day(date, year=date.year != view.review_date.year)


def since(view: View) -> str:
    """What a movement is measured from: "since 13 Nov"; needs a compared review."""
    return f"since {near(view.compare_date, view)}"


def in_red(summary: Summary, dimension: str) -> str:
    """The budget in red of each currency's whole: "$41 M of $380 M and £2 M of £9 M"; "" where no budget is known."""
    sums = [
        f"{money(red, m.currency)} of {money(m.budget, m.currency)}"
        for m in summary.money
        if m.budget and (red := summary.budgets(dimension, m.currency)["red"])
    ]
    return _and(sums)


def speaks_of(view: View, coverage: str, *, is_latest: bool) -> list[str]:
    """The line under the headline: the review, the one it is compared with, how many reported, what was known."""
    against = f", compared with {day(view.compare_date)}" if view.compare_date else ""
    known = f"as known {'now' if is_latest else 'then'} (publication {view.known_at})"
    return [f"{day(view.review_date, weekday=True)}{against}", coverage, known]


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
    """What the trend shows: how the red share moved by the evidence and by the reports, and whether these follow."""
    if len(frame) < 2:
        return "A trend needs two reviews"
    known = [basis for basis in ("computed", "reported") if frame[f"{basis}_unknown"].iloc[-1] < 1]
    if not known:
        return "No live project has a known colour"
    moves = [_red_moved(frame[f"{basis}_red"]) for basis in known]
    said = f"{known[0]} red {moves[0]}"
    if len(known) == 2:
        verdict = _follow(frame)
        said = f"{verdict}{': ' if verdict else ''}{said}, reported red {moves[1]}"
    return said[:1].upper() + said[1:]


def _red_moved(red: "pd.Series[float]") -> str:
    first, last = percent(red.iloc[0]), percent(red.iloc[-1])
    if first == last:
        return f"stands at {last}, as then"
    return f"{'rose' if red.iloc[-1] > red.iloc[0] else 'fell'} from {first} to {last}"


def _follow(frame: pd.DataFrame) -> str:
    """Whether the reports went along with the evidence; "" where the evidence moved too little to tell."""
    evidence, reports = (_exact_move(frame[f"{basis}_red"], frame["whole"]) for basis in ("computed", "reported"))
    if abs(evidence) < TELLING:
        return ""
    return "Reports follow the evidence" if reports / evidence >= FOLLOWS else "Reports lag behind the evidence"


def _exact_move(red: "pd.Series[float]", whole: "pd.Series[float]") -> Fraction:
    """By how much a share moved, from projects, or from the budget's cents: just half of it is half."""
    cents = [round(amount * 100) for amount in whole]
    first, last = (Fraction(round(red.iloc[n] * cents[n]), cents[n]) for n in (0, -1))
    return last - first


def trend_of(frame: pd.DataFrame, basis: Basis, currency: str = "") -> str:
    """What the trend measures, and over how long."""
    over = f", last {formats.count(_weeks(frame), 'week')}" if len(frame) > 1 else ""
    other = "reported" if basis == "computed" else "computed"
    what = f"budget in {currency}" if currency else "live projects"
    return f"Share of {what}{over}; full: {basis}, dotted: {other}"


def attention(found: Attention) -> str:
    """How many items need somebody."""
    if not found.total:
        return "Nothing needs attention"
    shown = f"{number(found.total)} {'project needs' if found.total == 1 else 'projects need'} attention"
    return f"{shown}, {_of_them(found.new, found.total)}new" if found.new else shown


def attention_order(found: Attention) -> str:
    """What is on the list, and in which order."""
    turns = ", the currencies in turn" if found.currencies > 1 else ""
    return f"Red, red but for a new baseline, or stale; most budget first{turns}"


def programs(every: Sequence[Program], basis: Basis) -> str:
    """How many programs are red; the projects without a program are none."""
    found = [program for program in every if program.program_id != NO_PROGRAM]
    reds = sum(program.rollup(basis).state == "red" for program in found)
    if not found:
        return "No live project is part of a program"
    if len(found) == 1:
        return f"The one program is {'' if reds else 'not '}{basis} red"
    verb = "is" if reds < 2 else "are"
    return f"{number(reds) if reds else 'None'} of {formats.count(len(found), 'program')} {verb} {basis} red"


_STATES = {
    "reported": "reported {}",
    "computed": "computed {}",
    "schedule": "{} in schedule",
    "cost": "{} in cost",
    "milestones": "{} in milestones",
    "risk": "{} in risk",
    "resources": "{} in resources",
}
_GROUPS = {
    "attention": ("needs attention", "need attention"),
    "green-red": ("is reported green and computed red", "are reported green and computed red"),
    "pale": ("is reported green and computed amber", "are reported green and computed amber"),
    "hidden-strength": ("is reported red and computed green", "are reported red and computed green"),
    "better-by-baseline": ("is better only by a new baseline", "are better only by a new baseline"),
    "rebaselined": ("was re-baselined", "were re-baselined"),
    "stale": ("has a stale report", "have a stale report"),
    "never": ("has never reported", "have never reported"),
}
# What became of projects since the compared review; the card says the same of each group.
_CHANGES = {
    "entered": ("entered", "entered"),
    "moved-here": ("moved here", "moved here"),
    "ended": ("ended", "ended"),
    "moved-away": ("moved away", "moved away"),
    "newly-red": ("turned {} red", "turned {} red"),
    "no-longer-red": ("is no longer {} red", "are no longer {} red"),
    "newly-green-red": ("became green over red", "became green over red"),
    "finish": ("moved its forecast finish", "moved their forecast finish"),
    "cost": ("moved its forecast cost", "moved their forecast cost"),
    "baseline": ("changed its baseline", "changed their baselines"),
    "missed": ("missed a milestone", "missed milestones"),
    "replanned": ("planned a milestone for another day", "planned milestones for another day"),
    "risk": ("has a higher risk", "have a higher risk"),
    "stage": ("changed stage", "changed stage"),
    "reported": ("reported", "reported"),
}


def register(found: Register, summary: Summary, wanted: Filter, view: View) -> str:
    """What the register lists: how many, why these, and their budget."""
    live = _projects(summary.live)
    if not found.total:
        return "No live projects at this review" if wanted == Filter() else "No project fits"
    money_of = _and([money(budget, currency) for currency, budget in found.budgets])
    budget = f"; {money_of} of budget" if money_of else ""
    if wanted.stage not in ("", ANY_STAGE) and not (wanted.text or wanted.sponsor or wanted.group or wanted.attribute):
        verb = f"{_are(found.total)} {wanted.stage}"
        return f"{number(found.total)} {_plural(found.total)} {verb}{budget}"
    if wanted.text or wanted.stage or wanted.sponsor or wanted.attribute:
        what = live if not wanted.stage and not wanted.group.startswith("changed-") else "the projects"
        fit = "fits" if found.total == 1 else "fit"
        return f"{number(found.total)} {f'of {live}' if what == live else _plural(found.total)} {fit}{budget}"
    if not wanted.group:
        return f"{live}{budget}"
    if wanted.group == "not-reported":
        missing = [
            f"{number(count)} {word}" for count, word in ((summary.stale, "stale"), (summary.never, "never")) if count
        ]
        return (
            f"{number(found.total)} of {live} {_have(found.total)} no fresh report on "
            f"{day(view.review_date)}: {_and(missing)}"
        )
    if wanted.group.startswith("changed-"):
        said = became(wanted.group.removeprefix("changed-"), found.total, view.basis)
        then = f" {since(view)}" if view.compare_date else ""
        return f"{number(found.total)} {_plural(found.total)} {said}{then}{budget}"
    if wanted.group in _GROUPS:
        return f"{number(found.total)} of {live} {_GROUPS[wanted.group][found.total != 1]}{budget}"
    dimension, _, state = wanted.group.partition("-")
    colour = health.word(state, is_evidence=dimension != "reported").lower()
    said = "not rated" if (dimension, state) == ("reported", "unknown") else _STATES[dimension].format(colour)
    return f"{number(found.total)} of {live} {_are(found.total)} {said}{budget}"


def became(group: str, count: int, basis: Basis) -> str:
    """What became of so many projects: "turned computed red"."""
    return _CHANGES[group][count != 1].format(basis)


def changes(changed: Changes) -> str:
    """The takeaway of what changed: the reds first, then the finishes and the money."""
    parts = [
        f"{number(changed.count(name))} {words}"
        for name, words in (("newly-red", "newly red"), ("no-longer-red", "no longer red"))
        if changed.count(name)
    ]
    if ways := later_or_earlier(changed["finish"]):
        first, _, rest = ways.partition(" ")
        parts.append(f"{first} {'finishes' if first == '1' else 'finish'} {rest}")
    costs = [
        f"{money(abs(n.cost_moved), n.currency)} {'more' if n.cost_moved > 0 else 'less'}"
        for n in changed["cost"].net
        if n.cost_moved and abs(n.cost_moved) >= 1
    ]
    parts += [f"cost {_and(costs)}"] if costs else []
    parts = parts or [
        f"{number(changed.count(name))} {name.replace('-', ' ')}"
        for name in ("entered", "moved-here", "ended", "moved-away")
        if changed.count(name)
    ]
    text = ", ".join(parts) or "Nothing that moves the portfolio"
    return text[:1].upper() + text[1:]


def changes_of(view: View) -> str:
    """What the changes are measured between."""
    first, last = view.compare_date, view.review_date
    is_far = first is not None and first.year != last.year
    return f"From {day(first, year=is_far)} to {day(last, year=is_far)}; each opens its projects"


def parted(found: Sequence[Parting], summary: Summary) -> str:
    """How many reports are green where the evidence is not."""
    if not summary.judged:
        return "Reports and evidence can't be compared yet"
    better = sum(one.projects for one in found if one.name in ("green-red", "pale"))
    if not better:
        return "No report is green where the evidence is not"
    return (
        f"{number(better)} of {formats.count(summary.judged, 'report')} {_are(better)} green where the evidence is not"
    )


def portfolios(found: Sequence[Standing], basis: Basis) -> str:
    """How many portfolios are red, and which holds most of what is red."""
    named = [one for one in found if one.id]
    reds = sum(one.rollup(basis).state == "red" for one in named)
    whole = sum(one.states(basis)["red"] for one in found)
    many = (
        f"{number(reds)} of {number(len(named))} portfolios {_are(reds)}" if len(named) > 1 else "The one portfolio is"
    )
    said = f"{many} {basis} red" if reds else f"No portfolio is {basis} red"
    if not whole:
        return f"No portfolio has a {basis} red project"
    currencies = {amount.currency for one in found for amount in one.money if amount.red(basis)}
    if len(currencies) == 1:
        sums = {one.id: sum(amount.red(basis) for amount in one.money) for one in found}
        write: Any = partial(money, currency=currencies.pop())
    else:
        sums = {one.id: float(one.states(basis)["red"]) for one in found}
        write = number
    most = max(found, key=lambda one: sums[one.id])
    what = "in red" if write is not number else f"red {_plural(whole)}"
    share = f"{write(sums[most.id])} of the {write(sum(sums.values()))} {what}"
    if sums[most.id] == sum(sums.values()):
        share = f"all {write(sums[most.id])} {what}" if write is not number else "every red project"
    return (
        f"{said}; {shortened(most.name)} holds {share}"
        if most.id
        else f"{said}; {share} {_lie(sums[most.id], write)} in no portfolio"
    )


def _lie(amount: float, write: Any) -> str:
    return "lies" if write is not number or amount == 1 else "lie"


def goals(found: Sequence[Standing], basis: Basis) -> str:
    """The goals whose money sits mostly in red; else the one that comes closest."""
    named = sorted((one for one in found if one.id), key=lambda one: -one.red_share(basis)[0])
    risky = [one for one in named if one.red_share(basis)[0] > MOSTLY]
    if not named:
        return "No live project serves a goal"
    if risky:
        names = [shortened(one.name) for one in risky[:3]]
        more = [f"{number(len(risky) - 3)} more"] if len(risky) > 3 else []
        return f"Most of what serves {_and([*names, *more])} sits in {basis} red"
    share, is_money = named[0].red_share(basis)
    if not share:
        return f"No goal has {basis} red projects"
    of = f"{percent(share)} of its {'money' if is_money else 'projects'}"
    return f"No goal has most of its money in red; {shortened(named[0].name)} comes closest with {of}"


def later_or_earlier(moved: Group) -> str:
    """How many finishes moved which way: "13 later and 3 earlier"; days of many projects don't add up to anything."""
    ways = ((moved.later, "later"), (moved.count - moved.later, "earlier"))
    return _and([f"{number(count)} {word}" for count, word in ways if count])


def shift(moved: int) -> str:
    """One finish that moved: "14 days later"."""
    return f"{days(abs(moved))} {'later' if moved > 0 else 'earlier'}"


def named(group: str, item: Moved) -> str:
    """One project of a group of changes, with what moved."""
    name = item.project_name
    if group == "finish" and item.finish_moved:
        return f"{name} {shift(item.finish_moved)}"
    if group == "cost" and item.cost_moved:
        return f"{name} {money(item.cost_moved, item.currency, sign=True)}"
    if group == "baseline":
        parts = [shift(item.baseline_moved)] if item.baseline_moved else []
        parts += [money(item.budget_moved, item.currency, sign=True)] if item.budget_moved else []
        return f"{name} {', '.join(parts)}"
    if group == "stage":
        return f"{name} {item.was_stage} to {item.stage}"
    if group in ("missed", "replanned"):
        milestones = item.missed_moved if group == "missed" else item.replanned
        return f"{name} ({milestones})" if milestones != 1 else name
    if group == "risk" and item.exposure is not None and item.exposure_moved:
        return f"{name} {_exposure(item.exposure, item.exposure_moved)}"
    if group == "ended":
        return f"{name} ({item.stage})"
    return f"{name} {money(item.budget, item.currency)}" if item.budget is not None else name


def _exposure(now: int, moved: int) -> str:
    """The largest open exposure beside what it was: "from 6 to 12", or as a first one, "at 12"."""
    return f"from {now - moved} to {now}" if now != moved else f"at {now}"


def moved(row: Mapping[str, Any], basis: Basis) -> list[Delta]:
    """What moved in one project since the compared review, the most telling first."""
    if row["is_in"] and not row["was_in"]:
        return [Delta("moved here" if row["was_live"] else "new")]
    if row["was_in"] and not row["is_in"]:
        return [Delta("moved away" if row["is_live"] else f"was {row['was_stage']}")]
    parts = []
    if (was := row[f"was_{basis}"]) is not None and was != row[basis]:
        is_known = "unknown" not in (was, row[basis])
        is_better = _RANKS[row[basis]] < _RANKS[was] if is_known else None
        parts.append(Delta(f"was {health.word(was, is_evidence=basis == 'computed').lower()}", is_good=is_better))
    if days_moved := row["finish_moved"]:
        parts.append(Delta(shift(days_moved), "up" if days_moved > 0 else "down", days_moved < 0))
    if (cost := row["cost_moved"]) and abs(cost) >= 1:
        parts.append(
            Delta(
                f"{money(abs(cost), row['currency'])} {'more' if cost > 0 else 'less'}",
                "up" if cost > 0 else "down",
                cost < 0,
            )
        )
    if row["baseline_moved"] or row["budget_moved"]:
        parts.append(Delta("new baseline"))
    if missed := row["missed_moved"]:
        word = "milestone" if abs(missed) == 1 else "milestones"
        parts.append(Delta(f"{number(missed, sign=True)} {word} missed", is_good=missed < 0))
    if row["replanned"]:
        parts.append(Delta("milestones moved"))
    if (rose := row["exposure_moved"]) and row["exposure"] is not None:
        parts.append(Delta(f"risk {_exposure(row['exposure'], rose)}", "up" if rose > 0 else "down", rose < 0))
    if row["was_stage"] is not None and row["was_stage"] != row["stage"]:
        parts.append(Delta(f"was {row['was_stage']}"))
    return parts


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


def over(share: Any, limits: Sequence[float | None] = ()) -> str:
    """A cost against its budget in words: "37 % over", "on budget"; "" where it is not known. See reasons.share."""
    if is_missing(share):
        return ""
    if abs(share) < 0.005:
        return "on budget"
    return f"{percent(abs(share), limits=limits if share > 0 else ())} {'over' if share > 0 else 'under'}"


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
    return formats.count(count, "live project")


def _of_them(part: int, whole: int) -> str:
    """What a part is called beside its whole: "3 of them ", "all of them "; "" where the whole is one."""
    if whole == 1:
        return ""
    return "all of them " if part == whole else f"{number(part)} of them "


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _plural(count: int) -> str:
    return "project" if count == 1 else "projects"


def _need(count: int) -> str:
    return "needs" if count == 1 else "need"


def _report(count: int) -> str:
    return "reports" if count == 1 else "report"


def _and(parts: Sequence[str]) -> str:
    return " and ".join(", ".join(parts).rsplit(", ", 1)) if len(parts) > 1 else "".join(parts)
