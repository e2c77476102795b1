"""The sample's people: what teams can give by month, what projects ask of them plan by plan, and who is booked."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipelines.sample_course import ACTIVE, APPROVED, CANCELLED, COMPLETED, IDEA, ON_HOLD, Course, Ints

EPOCH = dt.date(1970, 1, 1)
AHEAD = 26  # months after the last week for which capacity is stated
HORIZON = 24  # months that a plan looks ahead
WEEKS = (0, 4, 8)  # before the last: when plans are made
SINCE = 3  # months before the last week from which capacity is stated
COST = 10_000  # a month of one person
PEOPLE = 0.3  # of a budget that is people of one's own
SEASON = {7: 0.9, 8: 0.85, 12: 0.93}
BASE = 4  # months from which a team's usual size is taken

Skill = tuple[str, str]
FRONT, BACK = ("Web Engineering", "Front-end engineer"), ("Web Engineering", "Back-end engineer")
MOBILE, STORE = ("Mobile", "Mobile engineer"), ("Store Systems", "Store systems engineer")
DATA, ANALYST = ("Data Engineering", "Data engineer"), ("Data Engineering", "Data analyst")
INTEGRATION, TEST = ("Integration", "Integration engineer"), ("Integration", "Test engineer")
SECURITY, ARCHITECT = ("Security", "Security engineer"), ("Architecture", "Solution architect")
CLOUD, NETWORK = ("Infrastructure", "Cloud engineer"), ("Infrastructure", "Network engineer")
ROBOTS, SYSTEMS = ("Logistics Systems", "Automation engineer"), ("Logistics Systems", "Systems analyst")
HARDWARE, FIRMWARE = ("Product Engineering", "Hardware engineer"), ("Product Engineering", "Firmware engineer")
ERP, BUSINESS = ("Enterprise Applications", "ERP consultant"), ("Enterprise Applications", "Business analyst")
TRAINER, MAINFRAME = ("Change and Training", "Trainer"), ("Legacy Support", "Mainframe engineer")
LEARNING, RESEARCH = ("Machine Learning Center", "Machine learning engineer"), ("Research Lab", "Researcher")
STUDIO = ("Design Studio", "Designer")  # asked for, though no export states its people

NEEDS: dict[str, tuple[Skill, ...]] = {
    "Customer": (FRONT, BACK, MOBILE, STORE, ANALYST, BACK),
    "Operations": (ROBOTS, SYSTEMS, INTEGRATION, ROBOTS, STORE),
    "Technology": (CLOUD, INTEGRATION, BACK, NETWORK, CLOUD, TEST),
    "Products": (HARDWARE, FIRMWARE, TEST, HARDWARE, MOBILE),
    "Corporate": (ERP, BUSINESS, TRAINER, ERP),
}
SHARED: tuple[Skill, ...] = (SECURITY, DATA, ARCHITECT, DATA, INTEGRATION, TRAINER)
OWN: dict[str, tuple[Skill, ...]] = {
    "Mainframe retirement": (MAINFRAME, ERP),
    "Machine learning workbench": (LEARNING, DATA),
    "Demand forecasting engine": (LEARNING, DATA),
    "Promotion uplift model": (LEARNING, ANALYST),
    "Brand refresh": (STUDIO, FRONT),
    "Retail box redesign": (STUDIO, HARDWARE),
    "Web shop redesign": (FRONT, BACK, STUDIO),
}
# What a team's usual size is to what is asked of it now. Who is short of people is short of these.
HEADROOM = {SECURITY: 1.0, DATA: 0.97, INTEGRATION: 1.05, FRONT: 1.08, TRAINER: 2.0, HARDWARE: 1.35}
USUAL = 1.22
HOURS = "Store Systems"  # the team that counts in hours
# Months ahead, and how much larger or smaller the skill is from then on: hires, and contracts that end.
STEPS = {
    DATA: ((3, 0.85), (5, 1.2), (8, 1.12)),
    NETWORK: ((6, 0.72),),
    SECURITY: ((4, 0.75),),
    INTEGRATION: ((4, 0.8),),
}


@dataclass(frozen=True)
class Snapshot:
    """How projects stood on the day of a plan: their stages, and the finishes that were forecast."""

    day: int
    stage: Ints
    finish: Ints


@dataclass(frozen=True)
class Asked:
    """What a project asks of a skill in a month (counted from 1970-01), by the plan of a day."""

    project: int
    skill: Skill
    month: int
    fte: float
    commitment: str
    day: int


def plan_days(last: int) -> set[int]:
    """The days on which plans are made."""
    return {last - 7 * weeks for weeks in WEEKS}


def demand(
    names: list[str],
    portfolios: list[str],
    course: Course,
    snapshots: list[Snapshot],
    last: int,
    chance: np.random.Generator,
) -> list[Asked]:
    """What projects ask for, plan by plan. A late project asks for as many people for longer."""
    plans = course.plans
    draws = chance.random((4, len(names)))[:, plans.drawn]
    found = []
    for shot in sorted(snapshots, key=lambda one: one.day):
        first = _month(shot.day) + 1
        for at, name in enumerate(names):
            stage = int(shot.stage[at])
            if stage < IDEA or stage in (COMPLETED, CANCELLED):
                continue
            begin = _month(int(max(plans.begin[at], plans.start[at])))
            end = max(_month(int(shot.finish[at])), begin)
            until = min(end, first + HORIZON - 1)
            months = max(3.0, plans.days[at] / 30.4)
            level = abs(plans.budget[at]) * PEOPLE / COST / months
            for skill, share in _needs(at, name, portfolios[at], draws[:, at]):
                for month in range(max(first, begin), until + 1):
                    fte = round(level * share * _shape((month - begin + 0.5) / (end - begin + 1)), 1)
                    if fte > 0:
                        found.append(Asked(at, skill, month, fte, _commitment(stage, at), shot.day))
    return found


def _needs(
    at: int, name: str, portfolio: str, draw: "np.ndarray[tuple[int], np.dtype[np.float64]]"
) -> Iterator[tuple[Skill, float]]:
    own = OWN.get(name)
    main = NEEDS[portfolio][int(draw[0] * len(NEEDS[portfolio]))]
    skills = list(own) if own else [main]
    if not own and draw[1] < 0.45:
        skills.append(NEEDS[portfolio][(at + 1) % len(NEEDS[portfolio])])
    if draw[2] < 0.4:
        skills.append(SHARED[int(draw[3] * len(SHARED))])
    skills = list(dict.fromkeys(skills))
    shares = {1: (1.0,), 2: (0.65, 0.35), 3: (0.5, 0.3, 0.2), 4: (0.4, 0.25, 0.2, 0.15)}[len(skills)]
    yield from zip(skills, shares, strict=True)


def _shape(share: float) -> float:
    """How busy a project is at a share of its time: it ramps up, and leaves people go towards its end."""
    return 1.15 * min(1.0, 0.45 + 2.2 * share, 0.35 + 2.6 * (1 - share))


def _commitment(stage: int, at: int) -> str:
    if at % 3 == 0:  # left open: the stage decides
        return ""
    return "committed" if stage in (APPROVED, ACTIVE, ON_HOLD) else "requested"


def _is_committed(one: Asked, stage: Ints) -> bool:
    return one.commitment == "committed" or (not one.commitment and stage[one.project] in (APPROVED, ACTIVE, ON_HOLD))


def demand_rows(asked: list[Asked], ids: list[str]) -> Iterator[list[str]]:
    """The rows of the demand export."""
    for one in asked:
        team, skill = one.skill
        of_month = [_name(one.month), "month", f"{one.fte:g}", "FTE"]
        yield [ids[one.project], team, skill, *of_month, one.commitment, _day(one.day)]


def capacity(asked: list[Asked], stage: Ints, last: int) -> dict[Skill, dict[int, float]]:
    """What each skill can give by month, in FTE: with seasons, hires, a team that ends and one that begins."""
    now = _month(last)
    usual: dict[Skill, float] = defaultdict(float)
    for one in asked:
        if one.day == last and now < one.month <= now + BASE and _is_committed(one, stage):
            usual[one.skill] += one.fte / BASE
    usual[RESEARCH] = 6.0
    usual[LEARNING] = max(usual[LEARNING], 3.0)
    found: dict[Skill, dict[int, float]] = {}
    for skill in sorted(usual):
        if skill == STUDIO:
            continue
        size = max(1.0, usual[skill] * HEADROOM.get(skill, USUAL))
        first, until = now - SINCE, now + AHEAD
        if skill == LEARNING:
            first = now + 3
        if skill == MAINFRAME:
            until = now + 5
        months = {}
        for month in range(first, until + 1):
            grown = size
            for ahead, factor in STEPS.get(skill, ()):
                grown *= factor if month >= now + ahead else 1
            months[month] = round(2 * grown * SEASON.get(month % 12 + 1, 1.0)) / 2
        found[skill] = months
    return found


def capacity_rows(there: dict[Skill, dict[int, float]]) -> Iterator[list[str]]:
    """The rows of the capacity export; one team states hours."""
    for (team, skill), months in there.items():
        for month, fte in months.items():
            amount, unit = (fte * 8 * _workdays(month), "hours") if team == HOURS else (fte, "FTE")
            yield [team, skill, _name(month), "month", f"{amount:g}", unit]


def assignments(
    asked: list[Asked], there: dict[Skill, dict[int, float]], ids: list[str], stage: Ints, last: int
) -> Iterator[list[str]]:
    """The rows of the assignments export: people of two teams for three months; one of them is booked twice over."""
    now = _month(last)
    number = 1001
    booked = [skill for skill in (SECURITY, DATA) if skill in there] or list(there)[:2]
    for skill in booked:
        people = [f"R-{number + n}" for n in range(int(there[skill].get(now + 1, 1)))]
        number += 100
        for month in range(now + 1, now + 4):
            free = dict.fromkeys(people, 1.0)
            parts: dict[tuple[str, int], float] = defaultdict(float)
            wanted = [o for o in asked if (o.day, o.month, o.skill) == (last, month, skill) and _is_committed(o, stage)]
            for one in sorted(wanted, key=lambda o: (-o.fte, o.project)):
                left = one.fte
                for person in people:
                    part = round(min(free[person], left), 1)
                    if part > 0:
                        free[person], left = round(free[person] - part, 1), round(left - part, 1)
                        parts[person, one.project] += part
                if left > 0 and month == now + 1:
                    parts[people[0], one.project] += 0.3
                    break
            for (person, project), fte in parts.items():
                yield [person, ids[project], *skill, _name(month), "month", f"{round(fte, 1):g}", "FTE", _day(last)]


def _month(day: int) -> int:
    date = EPOCH + dt.timedelta(days=day)
    return 12 * (date.year - 1970) + date.month - 1


def _name(month: int) -> str:
    return f"{1970 + month // 12}-{month % 12 + 1:02d}"


def _workdays(month: int) -> int:
    first = dt.date(1970 + month // 12, month % 12 + 1, 1)
    after = dt.date(1970 + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return int(np.busday_count(first, after))


def _day(day: int) -> str:
    return (EPOCH + dt.timedelta(days=day)).isoformat()
