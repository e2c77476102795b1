"""How the table of programs looks: its sentence, rows with their course, and the download."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from itertools import groupby

import pandas as pd
import streamlit as st

from analytics.benefits import Total
from analytics.dependencies import Dependency, behind
from analytics.milestones import Met
from analytics.programs import TROUBLE, Amount, Course, Courses, Program, in_red
from analytics.reading import NO_PROGRAM, Basis
from analytics.reasons import shortened
from analytics.rollup import Rollup, Rules
from components import benefits_view, controls, dependency_view, downloads, formats, frame, health, sentences, why_view
from components.controls import View
from components.formats import count, day, days, money, number, percent
from components.tables import Cell, Column, Drawn, Mark, Under

COLOURS = {"": "Any colour", "red": "Red", "amber": "Amber", "green": "Green", "unknown": "Unknown"}
ORDERS = {
    "": "Worst first",
    "name": "Name",
    "budget": "Largest budget",
    "over": "Most over budget",
    "slip": "Latest against plan",
    "cpi": "Weakest cost performance",
    "milestones": "Most milestones missed",
    "dependencies": "Most dependencies too late",
    "benefits": "Largest share of benefits lost",
}
RULES = {"share": "share of budget in trouble", "worst": "the worst project decides", "mean": "mean weighted by budget"}


@dataclass(frozen=True)
class Promises:
    """What programs promise: milestones due and missed by program, the dependencies that each gives or waits for, every
    one of them once, and benefits by program."""

    milestones: Mapping[str, Met]
    dependencies: Mapping[str, Sequence[Dependency]]
    links: Sequence[Dependency]
    benefits: Mapping[str, Sequence[Total]]

    def missed(self, program: str) -> int | None:
        """How many of a program's milestones are missed; None where none is due."""
        return self.milestones[program].missed if program in self.milestones else None

    def late(self, program: str) -> int | None:
        """How many of its dependencies come too late; None where it has none."""
        links = self.dependencies.get(program)
        return len(dependency_view.broken(links)) if links else None

    def shortfall(self, program: str) -> float | None:
        """What its benefits lack of their business case as a share of it: amounts of two units don't compare. None
        where that is not known."""
        share = self.benefits[program][0].gap_share if program in self.benefits else None
        return None if share is None else -share


def promises(
    milestones: Mapping[str, Met], links: Sequence[Dependency], benefits: Mapping[str, Sequence[Total]]
) -> Promises:
    """What programs promise, the dependencies told apart by the programs at their ends."""
    by_program: dict[str, list[Dependency]] = defaultdict(list)
    for link in links:
        for program in {link.giver_program or NO_PROGRAM, link.taker_program or NO_PROGRAM}:
            by_program[program].append(link)
    return Promises(milestones, by_program, links, benefits)


@dataclass(frozen=True)
class Wanted:
    """What the table is narrowed to, and how it is sorted: text, a colour, an order of ORDERS."""

    text: str = ""
    state: str = ""
    order: str = ""


def columns(basis: Basis) -> list[Column]:
    """The columns; that of the basis says since when."""
    return [
        Column("Program", width="18%"),
        Column("Projects", "right"),
        Column("Reported", width="9%" if basis == "reported" else ""),
        Column("Computed", width="9%" if basis == "computed" else ""),
        Column("26 weeks"),
        Column("In red", "right"),
        Column("Cost", "right"),
        Column("Schedule", "right"),
        Column("CPI", "right"),
        Column("Milestones", "right"),
        Column("Dependencies", "right"),
        Column("Benefits", "right"),
    ]


def narrowed(found: Sequence[Program], wanted: Wanted, basis: Basis, made: Promises) -> list[Program]:
    """The programs that fit, in the order asked for; what an order knows nothing of comes last."""
    text = wanted.text.strip().lower()
    rows = [
        program
        for program in found
        if wanted.state in ("", program.rollup(basis).state)
        and text in " ".join([program.program_name, program.program_id, *program.portfolios]).lower()
    ]
    keys: dict[str, Callable[[Program], float | None]] = {
        "budget": lambda program: program.money[0].budget,
        "over": lambda program: program.money[0].over,
        "slip": lambda program: program.slip_days,
        "cpi": lambda program: None if (cpi := program.money[0].cpi) is None else -cpi,
        "milestones": lambda program: made.missed(program.program_id),
        "dependencies": lambda program: made.late(program.program_id),
        "benefits": lambda program: made.shortfall(program.program_id),
    }
    if wanted.order == "name":
        return sorted(rows, key=lambda program: (program.program_id == NO_PROGRAM, program.program_name.casefold()))
    if key := keys.get(wanted.order):
        return sorted(rows, key=lambda program: -math.inf if (value := key(program)) is None else value, reverse=True)
    return rows


def coverage(found: Sequence[Program]) -> str:
    """How many of their projects reported, and how fresh."""
    live, reported, stale = (sum(getattr(p, name) for p in found) for name in ("live", "reported_projects", "stale"))
    oldest = max((p.oldest_days for p in found if p.oldest_days is not None), default=None)
    reports = f"{number(reported)} of {count(live, 'live project')} with a report"
    return f"{reports}, {number(stale)} stale, oldest {days(oldest)}" if stale else reports


def title(found: Sequence[Program], view: View) -> str:
    """How many programs report better than their evidence; where one basis is silent, how many there are."""
    named = [program for program in found if program.program_id != NO_PROGRAM]
    worse = sum(TROUBLE.index(p.computed.state) < TROUBLE.index(p.reported.state) for p in named if _judged(p))
    if not any(_judged(p) for p in named):
        return count(len(named), "program")
    if not worse:
        return "No program reports better than its numbers say"
    return f"{count(worse, 'program')} {'reports' if worse == 1 else 'report'} better than the numbers say"


def _judged(program: Program) -> bool:
    return "unknown" not in (program.reported.state, program.computed.state)


def rule(rules: Rules) -> str:
    """The roll-up rule in force with its thresholds, in words."""
    name = RULES[rules.rule]
    if rules.rule == "worst":
        return f"Colour by the rule “{name}”; each program opens"
    if rules.rule == "mean":
        bands = "amber from 0.5, red from 1.5 (green 0, amber 1, red 2)"
        return f"Colour by the rule “{name}”: {bands}; each program opens"
    return (
        f"Colour by the rule “{name}”: red from {percent(rules.red)} in red or with a critical red project, "
        f"amber from {percent(rules.amber)} in red and amber; each program opens"
    )


def headline(found: Sequence[Program], courses: Courses, made: Promises, view: View) -> str:
    """Which program is in the worst trouble, since when and with how much money, how many are red, and how many
    dependencies come too late, with the money behind them."""
    late = dependency_view.sentence(made.links)
    said = _worst(found, courses, view)
    return f"{said}; {late}" if late and found else said


def _worst(found: Sequence[Program], courses: Courses, view: View) -> str:
    basis = view.basis
    named = [program for program in found if program.program_id != NO_PROGRAM]
    if not named:
        if found:
            return f"No live project is part of a program on {day(view.review_date)}"
        return f"No live program on {day(view.review_date)}"
    first, whole = named[0], count(len(named), "program")
    state, reds = first.rollup(basis).state, in_red(named, basis)
    known = [program for program in named if program.rollup(basis).state != "unknown"]
    if not known:
        return f"{'The one program has no' if len(named) == 1 else f'None of {whole} has a'} {basis} colour"
    if state == "red":
        course = courses.of.get(first.program_id)
        money_in = f", {sums}" if (sums := red_money(first.money, basis)) else ""
        how_many = f"{number(reds)} of {whole} {'is' if reds == 1 else 'are'} {basis} red"
        if len(named) == 1:
            return f"{shortened(first.program_name)}, the one program, is {basis} {since(course) or state}{money_in}"
        return f"{shortened(first.program_name)} is in the worst trouble: {since(course)}{money_in}; {how_many}"
    if len(named) == 1:
        return f"{shortened(first.program_name)}, the one program, is {basis} {state}"
    ambers = sum(program.rollup(basis).state == "amber" for program in named)
    if ambers:
        worst = f"; {shortened(first.program_name)} is the worst" if state == "amber" and ambers > 1 else ""
        which = number(ambers) if ambers > 1 else shortened(first.program_name)
        return f"None of {whole} is {basis} red; {which} {'are' if ambers > 1 else 'is'} amber{worst}"
    rest = f"; {number(len(named) - len(known))} cannot be judged" if len(known) < len(named) else ""
    return f"None of {whole} is {basis} red or amber{rest}"


def nothing() -> None:
    """No live project is part of a program: say what would change that, and lead on."""
    with frame.card("nothing"):
        st.text("The live projects name no program. A program_id in the projects or status export lists it here.")
        address = escape(controls.register_link())
        st.html(f'<a class="rw-crumb" href="{address}" target="_self">The projects of no program</a>')


def since(course: Course | None) -> str:
    """Since when a program has its colour: "red since 7 Aug 2026, 15 weeks"."""
    if course is None:
        return ""
    state = "unknown" if course.state == "unknown" else course.state
    if course.is_from_start:
        return f"{state} since the first review, {day(course.since)}"
    return f"{state} since {day(course.since)}{_weeks(course)}"


def _weeks(course: Course) -> str:
    return f", {count(course.weeks, 'week')}" if course.weeks else ", new this week"


def red_money(amounts: Sequence[Amount], basis: Basis) -> str:
    """The budget in red of each currency's whole: "$31 M of $34 M in red"; "" where no budget is in red."""
    sums = [
        f"{money(a.red(basis), a.currency)} of {money(a.budget, a.currency)}"
        for a in amounts
        if a.budget and a.red(basis)
    ]
    return f"{' and '.join(sums)} in red" if sums else ""


def download(found: Sequence[Program], courses: Courses, made: Promises, view: View) -> None:
    """What is seen, as files."""
    if found:
        downloads.downloads(f"programs-{view.review_date}", partial(as_frame, found, courses, made, view.basis))


def table(
    found: Sequence[Program], earlier: Mapping[str, Program], courses: Courses, made: Promises, view: View
) -> None:
    """The programs, one a row; each opens the program, here or, as a link, in another tab."""
    if not found:
        st.text("No program fits. Widen the search or the colour.")
        return
    rows: list[list[Cell]] = [_row(p, earlier.get(p.program_id), courses, made, view.basis) for p in found]
    why_view.listing(
        columns(view.basis),
        rows,
        key="programs",
        picks=[program.program_id for program in found],
        links=[controls.program_link(program.program_id) for program in found],
        on_pick=controls.choose_program,
    )


def _row(program: Program, was: Program | None, courses: Courses, made: Promises, basis: Basis) -> list[Cell]:
    course = courses.of.get(program.program_id)
    bases: tuple[Basis, ...] = ("reported", "computed")
    colours: dict[str, Mark] = {name: mark(program, name) for name in bases}
    marks: dict[str, Cell] = {**colours}
    if course:
        marks[basis] = Under(colours[basis], _since(course, was.rollup(basis).state if was else None))
    return [
        Under(program.program_name, ", ".join(program.portfolios)) if program.portfolios else program.program_name,
        Under(number(program.live), _reports(program)),
        marks["reported"],
        marks["computed"],
        Drawn(strip(course, courses, is_evidence=basis == "computed")) if course else "",
        _reds(program, basis),
        _forecast(program.money),
        _slipped(program.slip_days),
        _cpis(program.money),
        _missed(made.milestones.get(program.program_id)),
        _late(made.dependencies.get(program.program_id, ())),
        benefits_view.of_program(made.benefits.get(program.program_id, ())),
    ]


def mark(program: Program, basis: Basis) -> Mark:
    """A program's colour; its rule and evidence show on hover, all the rest on a click."""
    rollup = program.rollup(basis)
    return Mark(
        rollup.state,
        why=f"{rollup.rule}. Here: {evidence(rollup)}",
        is_evidence=basis == "computed",
        opens=why_view.of_program(program.program_id, basis),
    )


def evidence(rollup: Rollup) -> str:
    """What a roll-up's colour rests on: "92 % red, 4 % amber"; how many are known and what weighs them, where odd."""
    known = f", {percent(rollup.known)} of projects with a colour" if rollup.known < 1 else ""
    by = ", by count as a budget is missing or currencies differ" if rollup.by == "count" else ""
    red, amber = rollup.red_and_amber
    return f"{red} red, {amber} amber{known}{by}"


def _since(course: Course, was: str | None) -> str:
    if course.is_from_start:
        return _whole("since the start")
    if not course.weeks:
        return f"new, was {health.word(was, is_evidence=True).lower()}" if was else "new"
    return _whole(f"since {day(course.since)}")


def strip(course: Course, courses: Courses, *, is_evidence: bool) -> str:
    """The weeks as one small strip, HTML: the redder the taller, so that the colour is not needed to read it."""
    weeks = list(zip(course.states, courses.dates, strict=True))
    runs = [(state, [at for _, at in run]) for state, run in groupby(weeks, key=lambda week: week[0])]
    parts = "".join(
        f'<i class="{f"rw-fill-{health.health(state)}" if state else "rw-gap"}" style="flex:{len(dates)}"></i>'
        for state, dates in runs
    )
    said = "; ".join(
        f"{health.word(state, is_evidence=is_evidence) if state else 'No live project'} from {day(dates[0])}"
        for state, dates in runs
    )
    return f'<div class="rw-weeks" role="img" aria-label="{escape(said)}" title="{escape(said)}">{parts}</div>'


def _reds(program: Program, basis: Basis) -> Cell:
    """The money in red projects; where they state none, how many they are."""
    rollup = program.rollup(basis)
    if not rollup.red_projects:
        return "none"
    known = [money(a.red(basis), a.currency) for a in program.money if a.red(basis)]
    share = _whole(percent(rollup.red_share, limits=rollup.limits)) + (" by count" if rollup.by == "count" else "")
    return Under(" + ".join(known) or count(rollup.red_projects, "project"), share)


def _forecast(amounts: Sequence[Amount]) -> Cell:
    """The forecast with how far it is from the budget; where there is none, the budget."""
    known = [a for a in amounts if a.over is not None]
    if not known:
        budgets = [money(a.budget, a.currency) for a in amounts if a.budget is not None]
        return Under(" + ".join(budgets), "no forecast") if budgets else formats.NONE
    main, *others = known
    share = "on budget" if percent(abs(main.over or 0)) == "0 %" else percent(main.over, sign=True)
    part = " " + _whole(f"on {money(main.forecast_budget, main.currency)}") if main.forecasting < main.budgeted else ""
    under = _whole(share) + part
    more = [f"{money(a.forecast, a.currency)} ({percent(a.over, sign=True)})" for a in others]
    return Under(money(main.forecast, main.currency), f"{under} + {' + '.join(more)}" if more else under)


def _slipped(slip: int | None) -> Cell:
    """How late the last finish is, in two short lines."""
    said = sentences.slipped(slip)
    amount, _, way = said.rpartition(" ")
    return Under(amount, way) if slip else said


def _missed(met: Met | None) -> Cell:
    """The milestones that are due and missed, of those due."""
    return Under(f"{number(met.missed)} of {number(met.due)}", "missed") if met else "none due"


def _late(links: Sequence[Dependency]) -> Cell:
    """The dependencies that come too late, and what waits for them."""
    if not links:
        return "none"
    late = dependency_view.broken(links)
    if not late:
        return Under(f"0 of {number(len(links))}", "late")
    sums = " + ".join(money(amount, currency) for currency, amount in behind(late).items())
    return Under(f"{number(len(late))} of {number(len(links))} late", f"{_whole(sums)} waits" if sums else "")


def _cpis(amounts: Sequence[Amount]) -> Cell:
    known = [a for a in amounts if a.cpi is not None]
    if len(known) == 1 and known[0].performing < known[0].projects:
        behind = f"{number(known[0].performing)} of {number(known[0].projects)}"
        return Under(number(known[0].cpi, decimals=2), _whole(behind))
    return _stacked([number(a.cpi, decimals=2) for a in known])


def _stacked(values: Sequence[str]) -> Cell:
    """A value a currency, the main one first and the others under it."""
    if not values:
        return formats.NONE
    return Under(values[0], f"+ {' + '.join(values[1:])}") if len(values) > 1 else values[0]


def _whole(text: str) -> str:
    """A text that stays on one line."""
    return text.replace(" ", "\u00a0")


def _reports(program: Program) -> str:
    """How many of its projects reported, where not all did, and how many reports are old."""
    parts = (
        [_whole(f"{number(program.reported_projects)} reported")] if program.reported_projects < program.live else []
    )
    return ", ".join([*parts, *([_whole(f"{number(program.stale)} stale")] if program.stale else [])])


def as_frame(found: Sequence[Program], courses: Courses, made: Promises, basis: Basis) -> pd.DataFrame:
    """What is seen as plain values, a row a program and currency, for a file."""
    return pd.DataFrame(
        [
            {
                "program_id": program.program_id,
                "program_name": program.program_name,
                "portfolio": ", ".join(program.portfolios),
                "live": program.live,
                "reported": program.reported.state,
                "computed": program.computed.state,
                f"{basis}_since": courses.of[program.program_id].since if program.program_id in courses.of else None,
                "rule": program.rollup(basis).rule,
                "red_share": program.rollup(basis).red_share,
                "amber_share": program.rollup(basis).amber_share,
                "weighed_by": program.rollup(basis).by,
                "currency": a.currency,
                "projects": a.projects,
                "budget_in_red": a.red(basis) if a.budget else None,
                "budget": a.budget,
                "forecast": a.forecast,
                "forecast_budget": a.forecast_budget,
                "spent": a.spent,
                "cpi": a.cpi,
                "finish": program.finish,
                "slip_days": program.slip_days,
                "reported_projects": program.reported_projects,
                "stale": program.stale,
                "milestones_due": made.milestones.get(program.program_id, Met(0, 0)).due,
                "milestones_missed": made.missed(program.program_id) or 0,
                "dependencies": len(made.dependencies.get(program.program_id, ())),
                "dependencies_too_late": made.late(program.program_id) or 0,
                "benefit_unit": benefit.unit if benefit else None,
                "benefit_forecast": benefit.expected if benefit else None,
                "benefit_business_case": benefit.business_case if benefit else None,
            }
            for program in found
            for n, a in enumerate(program.money)
            # Once a program, or its rows would add up to more.
            for benefit in [next(iter(made.benefits.get(program.program_id, ())), None) if not n else None]
        ]
    )
