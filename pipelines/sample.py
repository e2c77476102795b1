"""The sample organisation: exports of an invented company, the same on every machine, and larger ones for measuring."""

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pipelines import sample_capacity
from pipelines.contract import EXPORTS, contract
from pipelines.sample_alignment import alignment
from pipelines.sample_catalogue import GOALS, LOOSE, OTHER_GOAL, PROGRAMS, SPONSORS
from pipelines.sample_comments import CAUSES, TEXTS
from pipelines.sample_course import APPROVED as APPROVED_STAGE
from pipelines.sample_course import NEVER, STAGES, Course, Flags, Ints, Plans, Reset
from pipelines.sample_evidence import Milestones, Risks
from pipelines.sample_links import benefits, dependencies
from pipelines.sample_stories import APPROVED, CANDIDATES, IDEAS, STORIES, TIDY, Story
from pipelines.sample_table import Table, date, milestone_id, project_id

LAST_WEEK = dt.date(2026, 11, 20)
SEED = 20261120
_EPOCH = dt.date(1970, 1, 1)

STATUS_COLUMNS = (
    "project_id",
    "status_date",
    "stage",
    "reported_health",
    "baseline_finish",
    "budget",
    "forecast_finish",
    "actual_finish",
    "percent_complete",
    "planned_value",
    "earned_value",
    "actual_cost",
    "forecast_cost",
    "comment",
)
# What changes in a project's life: where all live and none changes, the listing says it.
_OF_A_LIFE = ("stage", "baseline_finish", "budget")
NAMED = sum(len(p.projects) for p in PROGRAMS) + len(LOOSE)


@dataclass(frozen=True)
class _Place:
    """Where a project stands in the organisation. `ahead` is its stage if no one has begun it."""

    name: str
    program: int | None
    portfolio: str
    goal: str
    ahead: str = ""


@dataclass
class _Organisation:
    """Everything that is settled before the first week."""

    places: list[_Place]
    programs: list[tuple[str, str, str, str]]
    plans: Plans
    texts: list[str]

    @property
    def digits(self) -> int:
        """The digits of a project's identifier, enough to sort by."""
        return max(4, len(str(len(self.places))))

    def project_id(self, at: int) -> str:
        """The identifier of the project at a place."""
        return f"P-{at + 1:0{self.digits}d}"


def generate(
    folder: Path,
    *,
    projects: int = 240,
    weeks: int = 104,
    last_week: dt.date = LAST_WEEK,
    seed: int = SEED,
    always_live: bool = False,
    only_week: dt.date | None = None,
) -> dict[str, Path]:
    """Write a CSV file of every export into a folder; their paths by export.

    The same arguments give the same bytes. `always_live` lets every project report in every week, for measuring.
    `only_week` writes what is reported weekly alone (status, milestones, risks), with that one week of the same
    organisation, be it after the history:

        generate(folder, always_live=True, only_week=last_week + timedelta(weeks=1))
    """
    folder.mkdir(parents=True, exist_ok=True)
    last = (last_week - _EPOCH).days
    first = last - 7 * (weeks - 1)
    organisation = _organise(projects, first, last, np.random.Generator(np.random.PCG64([seed, 1])), always_live)
    course = Course(organisation.plans, np.random.Generator(np.random.PCG64([seed, 2])))
    start = first - 7 * ((first - int(organisation.plans.start.min())) // 7)
    until = (only_week - _EPOCH).days if only_week else last
    paths = {name: folder / f"{name}.csv" for name in EXPORTS}
    since = until if only_week else first
    milestones, risks = _evidence(organisation, course, last, seed)
    plan_days, shots = sample_capacity.plan_days(last), list[sample_capacity.Snapshot]()
    with (
        _status_table(paths["status"], organisation) as status,
        _milestones_table(paths["milestones"], organisation, milestones) as milestone_table,
        _risks_table(paths["risks"], organisation, risks) as risk_table,
    ):

        def watch(day: int, reported: Ints) -> None:
            if day in plan_days:
                shots.append(sample_capacity.Snapshot(day, course.stage_on(day), course.finish.copy()))
            for evidence, table in ((milestones, milestone_table), (risks, risk_table)):
                evidence.step(day, reported)
                if day >= first:
                    told = evidence.rows(day)  # what was told before is not told again
                    if day >= since:
                        table.add(told)

        for rows in course.run(start, since, until, watch):
            status.add(rows)
    if only_week:
        return {name: paths[name] for name in ("status", "milestones", "risks")}
    _write(paths["goals"], "goals", ([*goal] for goal in GOALS))
    _write(paths["programs"], "programs", ([f"PRG-{i + 1:02d}", *p] for i, p in enumerate(organisation.programs)))
    _write(paths["projects"], "projects", _project_rows(organisation, course, last))
    _write_promises(paths, organisation, milestones, last, seed)
    _write_people(paths, organisation, course, shots, last, seed)
    chance = np.random.Generator(np.random.PCG64([seed, 8]))
    names, goals = zip(*((place.name, place.goal) for place in organisation.places), strict=True)
    ids = [organisation.project_id(at) for at in range(len(names))]
    _write(paths["alignment"], "alignment", alignment(names, goals, ids, chance))
    return paths


def _write_people(
    paths: dict[str, Path],
    organisation: _Organisation,
    course: Course,
    shots: list[sample_capacity.Snapshot],
    last: int,
    seed: int,
) -> None:
    names = [place.name for place in organisation.places]
    portfolios = [place.portfolio for place in organisation.places]
    ids = [organisation.project_id(at) for at in range(len(names))]
    chance = np.random.Generator(np.random.PCG64([seed, 7]))
    asked = sample_capacity.demand(names, portfolios, course, shots, last, chance)
    stage = course.stage_on(last)
    there = sample_capacity.capacity(asked, stage, last)
    _write(paths["capacity"], "capacity", sample_capacity.capacity_rows(there))
    _write(paths["demand"], "demand", sample_capacity.demand_rows(asked, ids))
    _write(paths["assignments"], "assignments", sample_capacity.assignments(asked, there, ids, stage, last))


def _evidence(organisation: _Organisation, course: Course, last: int, seed: int) -> tuple[Milestones, Risks]:
    names = [place.name for place in organisation.places]
    portfolios = [place.portfolio for place in organisation.places]
    # Stories tell of these; nothing is left to chance there.
    tidy = np.array(
        [
            p.name in STORIES or (p.program is not None and organisation.programs[p.program][0] in TIDY)
            for p in organisation.places
        ]
    )
    return (
        Milestones(course, names, portfolios, tidy, last, np.random.Generator(np.random.PCG64([seed, 3]))),
        Risks(course, names, portfolios, tidy, last, np.random.Generator(np.random.PCG64([seed, 4]))),
    )


def _write_promises(
    paths: dict[str, Path], organisation: _Organisation, milestones: Milestones, last: int, seed: int
) -> None:
    names = [place.name for place in organisation.places]
    sponsors = [_sponsor(at, place) for at, place in enumerate(organisation.places)]
    owners = [
        sponsor if place.program is None else organisation.programs[place.program][2]
        for place, sponsor in zip(organisation.places, sponsors, strict=True)
    ]
    ids = [organisation.project_id(at) for at in range(len(names))]
    members: list[list[int]] = [[] for _ in organisation.programs]
    for at, place in enumerate(organisation.places):
        if place.program is not None:
            members[place.program].append(at)
    programs = [(p[0], p[2], found) for p, found in zip(organisation.programs, members, strict=True)]
    chance = [np.random.Generator(np.random.PCG64([seed, part])) for part in (5, 6)]
    _write(paths["dependencies"], "dependencies", dependencies(names, owners, ids, milestones, last, chance[0]))
    _write(paths["benefits"], "benefits", benefits(names, sponsors, programs, ids, milestones.course, last, chance[1]))


def _sponsor(at: int, place: _Place) -> str:
    sponsors = SPONSORS[place.portfolio]
    return sponsors[(7 * at + len(place.name)) % len(sponsors)]


def _organise(count: int, first: int, last: int, rng: np.random.Generator, always_live: bool) -> _Organisation:
    programs = [(p.name, p.portfolio, p.owner, p.goal) for p in PROGRAMS]
    places = _places(count, programs, staged=not always_live)
    plans = _draw(places, first, last, rng)
    texts = list(TEXTS)
    if always_live:
        _keep_live(plans, first, last, rng)
    else:
        _plant_habits(plans, places, last, rng)
        _plant_stories(plans, places, last, texts)
        _set_stages(plans, places, last, rng)
    # Identifiers were given as projects came up, so older projects have lower ones.
    order = np.argsort(plans.start, kind="stable")
    return _Organisation([places[i] for i in order], programs, _reorder(plans, order), texts)


def _places(count: int, programs: list[tuple[str, str, str, str]], staged: bool) -> list[_Place]:
    """Named projects as far as the catalogue goes, numbered ones and programs beyond; more programs are added."""
    stages = {n: s for s, names in (("idea", IDEAS), ("candidate", CANDIDATES), ("approved", APPROVED)) for n in names}
    named = [
        _Place(name, i, p.portfolio, OTHER_GOAL.get(name, p.goal), stages.get(name, "") if staged else "")
        for i, p in enumerate(PROGRAMS)
        for name in p.projects
    ]
    named += [_Place(name, None, portfolio, "") for name, portfolio in LOOSE]
    leaves = [goal.goal_id for goal in GOALS if goal.parent]
    while len(programs) * 10 < count:
        number, like = len(programs) + 1, PROGRAMS[len(programs) % len(PROGRAMS)]
        programs.append(
            (f"{like.portfolio} program {number}", like.portfolio, like.owner, leaves[number % len(leaves)])
        )
    extra = len(programs) - len(PROGRAMS)
    for number in range(len(named), count):
        program = len(PROGRAMS) + number % extra if extra else number % len(programs)
        _, portfolio, _, goal = programs[program]
        ahead = ("idea", "candidate", "approved")[number // 9 % 3] if staged and number % 9 == 0 else ""
        goal = "" if number % 20 == 0 else goal
        named.append(_Place(f"{portfolio} project {number + 1}", program, portfolio, goal, ahead))
    return named[:count]


def _draw(places: list[_Place], first: int, last: int, rng: np.random.Generator) -> Plans:
    """Plans of ordinary projects: most run well, a fifth is in some trouble."""
    n = len(places)
    length = 7 * np.rint(13 + 91 * rng.beta(2.8, 1.4, n)).astype(np.int64)
    # More projects start towards the end: the portfolio grows.
    age = np.rint((last - first + 210) * rng.random(n) ** 1.3).astype(np.int64) + 4
    start = last - age
    start -= (start + 3) % 7  # a Monday
    size = rng.standard_normal(n) * 0.95 + np.log(900_000) + 0.9 * np.log(length / 420)
    budget = np.clip(np.rint(np.exp(size) / 10_000) * 10_000, 80_000, 25_000_000)
    troubled = rng.random(n) < 0.2
    speed = np.where(troubled, 0.78 + 0.08 * rng.standard_normal(n), 0.98 + 0.055 * rng.standard_normal(n))
    efficiency = np.where(troubled, 0.86, 0.98) + 0.06 * rng.standard_normal(n)
    kind = rng.choice(4, n, p=[0.26, 0.56, 0.11, 0.07])  # honest, late, never changes, careful
    late_amber = np.choose(kind, [rng.integers(0, 3, n), rng.integers(7, 24, n), np.full(n, 999), np.zeros(n)])
    late_red = np.choose(kind, [rng.integers(1, 5, n), rng.integers(12, 27, n), np.full(n, 999), np.zeros(n)])
    # A worry that dates and costs do not show: an amber spell now and then.
    worried_from = start + 7 * rng.integers(3, 60, n)
    floor = np.where((rng.random(n) < 0.4) & (kind != 2), 1, 0)
    return Plans(
        drawn=np.arange(n),
        start=start,
        days=length - 3,  # Monday to Friday
        budget=budget,
        speed=np.clip(speed, 0.5, 1.2),
        efficiency=np.clip(efficiency, 0.6, 1.2),
        unrest=np.ones(n),
        idea=start.copy(),
        candidate=start.copy(),
        approved=start.copy(),
        begin=start.copy(),
        hold=np.full(n, NEVER),
        resume=np.full(n, NEVER),
        cancel=np.full(n, NEVER),
        first_report=start.copy(),
        last_report=np.full(n, NEVER),
        late_amber=late_amber.astype(np.int64),
        late_red=late_red.astype(np.int64),
        floor=floor,
        floor_from=worried_from,
        floor_to=worried_from + 7 * rng.integers(4, 16, n),
        cap=np.full(n, 2),
        cadence=rng.integers(2, 6, n),
        finish_share=rng.uniform(0.35, 0.75, n),
        cost_share=rng.uniform(0.3, 0.6, n),
        cause=rng.integers(0, len(CAUSES), n),
        has_value=rng.random(n) >= 0.12,
        has_forecast_cost=rng.random(n) >= 0.05,
    )


def _keep_live(plans: Plans, first: int, last: int, rng: np.random.Generator) -> None:
    """Let every project run from before the first week to after the last, and miss no report."""
    n = len(plans)
    plans.start = first - 7 * rng.integers(1, 26, n)
    plans.start -= (plans.start + 3) % 7  # a Monday
    plans.days = last - plans.start + 7 * rng.integers(20, 100, n)
    for name in ("idea", "candidate", "approved", "begin", "first_report"):
        setattr(plans, name, plans.start.copy())
    plans.floor_from = plans.start + 7 * rng.integers(3, max(4, (last - first) // 7), n)
    plans.floor_to = plans.floor_from + 7 * rng.integers(4, 16, n)
    plans.can_finish, plans.misses = False, 0.0


def _plant_habits(plans: Plans, places: list[_Place], last: int, rng: np.random.Generator) -> None:
    """Late starts, pauses, cancellations, reporters who fell silent or never reported, and budgets that are missing."""
    n = len(plans)
    ordinary = np.array([p.name not in STORIES and not p.ahead for p in places])
    age = (last - plans.start) // 7
    left = plans.days // 7 - age
    plans.begin = plans.start + np.where(ordinary & (rng.random(n) < 0.08), 7 * rng.integers(3, 10, n), 0)

    def some(where: Flags, count: float) -> Ints:
        found = np.flatnonzero(ordinary & where)
        chosen = rng.permutation(found)[: max(1, round(count))]
        ordinary[chosen] = False
        return chosen

    # Of the projects that the catalogue names, stories tell who is silent, and whose budget is missing.
    if unnamed := max(0, n - NAMED):
        beyond = np.arange(n) >= NAMED
        silent = some(beyond & (age > 16) & (left > 10), unnamed / 40)
        plans.last_report[silent] = last - 7 * (3 + np.arange(len(silent)) % 5)
        plans.first_report[some(beyond & (age > 2) & (age < 22) & (left > 8), unnamed / 60)] = NEVER
        plans.budget[some(beyond & (age > 2), unnamed / 48)] *= -1
    held = some((age > 20) & (left > 4), n / 120)
    plans.hold[held] = last - 4 - 7 * (3 + 2 * np.arange(len(held)) % 9)
    paused = some((age > 40) & (left > -20), n / 30)
    plans.hold[paused] = plans.start[paused] + 7 * rng.integers(12, 28, len(paused))
    plans.resume[paused] = plans.hold[paused] + 7 * rng.integers(4, 11, len(paused))
    stopped = some(age > 24, n / 24)
    plans.cancel[stopped] = plans.start[stopped] + 7 * (10 + rng.integers(0, np.minimum(age, 60)[stopped] - 12))


def _plant_stories(plans: Plans, places: list[_Place], last: int, texts: list[str]) -> None:
    for at, place in enumerate(places):
        if story := STORIES.get(place.name):
            _plant(plans, at, story, last, texts)


def _plant(plans: Plans, at: int, story: Story, last: int, texts: list[str]) -> None:
    monday = last - 4 - 7 * story.age
    plans.start[at] = plans.begin[at] = monday
    plans.first_report[at] = NEVER if story.never_reports else monday
    plans.last_report[at] = last - 7 * story.silent if story.silent else NEVER
    plans.days[at] = 7 * story.weeks - 3
    plans.budget[at] = story.budget
    for name in ("speed", "efficiency", "late_amber", "late_red", "cap", "finish_share", "cost_share", "cause"):
        getattr(plans, name)[at] = getattr(story, name)
    plans.floor[at] = story.floor
    plans.floor_from[at] = last - 7 * story.floor_week if story.floor else NEVER
    plans.floor_to[at] = NEVER
    plans.cadence[at], plans.unrest[at] = 2, 0.3
    plans.has_value[at] = plans.has_forecast_cost[at] = True
    plans.cancel[at] = NEVER if story.cancelled is None else last - 4 - 7 * story.cancelled
    if story.pause:
        plans.hold[at], plans.resume[at] = (NEVER if w is None else last - 4 - 7 * w for w in story.pause)
    for e in story.effects:
        plans.effects.append((at, last - 7 * e.from_week, last - 7 * e.to_week, e.speed, e.efficiency))
    for b in story.baselines:
        days = None if b.weeks is None else 7 * b.weeks - 3
        plans.resets.append(Reset(at, last - 7 * b.week, days, b.budget, b.planned_anew))
    for week, text in story.comments.items():
        plans.comments.setdefault(last - 7 * week, {})[at] = len(texts)
        texts.append(text)


def _set_stages(plans: Plans, places: list[_Place], last: int, rng: np.random.Generator) -> None:
    """Let every project come up as an idea, become a candidate, and be approved on a Wednesday before it starts.

    What no one has begun is moved past the last week; of it, most of what is approved reports already.
    """
    n = len(places)
    for number, at in enumerate(i for i, place in enumerate(places) if place.ahead):
        plans.start[at] = plans.begin[at] = last + 3 + 7 * int(rng.integers(3, 15))
        plans.floor[at] = 0
        silent = places[at].ahead == "approved" and number % 4 == 0
        plans.first_report[at] = NEVER if silent else plans.start[at]
    plans.approved = plans.start + 2 - 7 * rng.integers(3, 8, n)
    stage = np.array([place.ahead for place in places])
    recent = np.zeros(n, dtype=np.int64)
    for ahead in ("idea", "candidate", "approved"):
        # The board decides on one of each every week.
        recent[stage == ahead] = last - 2 - 7 * (np.arange((stage == ahead).sum()) % 12)
    plans.approved = np.where(stage == "approved", recent, plans.approved)
    plans.candidate = plans.approved - 7 * rng.integers(4, 13, n)
    plans.candidate = np.where(stage == "candidate", recent - 14, plans.candidate)
    plans.idea = plans.candidate - 7 * rng.integers(4, 20, n)
    plans.idea = np.where(stage == "idea", recent - 21, plans.idea)
    plans.candidate = np.where(stage == "idea", NEVER, plans.candidate)
    plans.approved = np.where((stage == "idea") | (stage == "candidate"), NEVER, plans.approved)
    plans.first_report = np.where(plans.first_report == plans.start, plans.approved, plans.first_report)


def _reorder(plans: Plans, order: Ints) -> Plans:
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    values: dict[str, Any] = {name: v[order] if isinstance(v, np.ndarray) else v for name, v in vars(plans).items()}
    values["effects"] = [(int(place[at]), *rest) for at, *rest in plans.effects]
    values["resets"] = [replace(r, project=int(place[r.project])) for r in plans.resets]
    values["comments"] = {day: {int(place[at]): t for at, t in said.items()} for day, said in plans.comments.items()}
    return Plans(**values)


def _day(day: int) -> str:
    return (_EPOCH + dt.timedelta(days=int(day))).isoformat()


def _project_rows(organisation: _Organisation, course: Course, last: int) -> Iterable[list[str]]:
    p = organisation.plans
    stories = STORIES if p.can_finish else {}
    stage = course.stage_on(last)
    since = course.stage_since(stage, last)
    # A listed baseline would hold for all time: who got another one states it in the reports.
    is_reset = {r.project for r in p.resets}
    for at, place in enumerate(organisation.places):
        critical = place.name in stories and stories[place.name].critical
        yield [
            organisation.project_id(at),
            place.name,
            "" if place.program is None else f"PRG-{place.program + 1:02d}",
            place.portfolio,
            _sponsor(at, place),
            place.goal,
            STAGES[stage[at]],
            _day(since[at]),
            "yes" if critical else "no",
            _day(p.start[at]),
            "" if at in is_reset else _day(p.start[at] + p.days[at]),
            f"{p.budget[at]:.0f}" if p.budget[at] > 0 and at not in is_reset else "",
            "USD",
            *_order_and_window(at, place, p, int(stage[at]), critical),
        ]


def _order_and_window(at: int, place: _Place, p: Plans, stage: int, critical: bool) -> list[str]:
    """The priority, and between which days what has not begun may begin."""
    rank = 1 if critical else 2 if place.name in STORIES else 3 + (3 * at + len(place.name)) % 4
    if stage > APPROVED_STAGE:
        return [str(rank), "", ""]
    return [str(rank), _day(p.start[at]), _day(p.start[at] + 7 * (13 + at % 3 * 6))]


def _write(path: Path, export: str, rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(contract(export).columns)
        out.writerows(rows)


def _status_table(path: Path, organisation: _Organisation) -> Table:
    values = (
        project_id(organisation.digits),
        date("day"),
        f"{list(STAGES)}[stage + 1]",
        "['green', 'amber', 'red'][health + 1]",
        date("baseline"),
        "nullif(budget, -1)",
        date("finish"),
        date("actual"),
        *(f"nullif({name}, -1)" for name in ("percent", "pv", "ev", "ac", "eac")),
        "comment",
    )
    columns = {
        name: sql
        for name, sql in zip(STATUS_COLUMNS, values, strict=True)
        if organisation.plans.can_finish or name not in _OF_A_LIFE
    }
    return Table(path, columns, {"comment": organisation.texts})


def _milestones_table(path: Path, organisation: _Organisation, milestones: Milestones) -> Table:
    columns = {
        "milestone_id": milestone_id("milestone"),
        "milestone_name": "name",
        "project_id": project_id(organisation.digits),
        "status_date": date("day"),
        "is_deliverable": "if(deliverable, 'yes', 'no')",
        "baseline_date": date("baseline"),
        "forecast_date": date("forecast"),
        "actual_date": date("actual"),
    }
    return Table(path, columns, {"name": milestones.texts})


def _risks_table(path: Path, organisation: _Organisation, risks: Risks) -> Table:
    columns = {
        "risk_id": "'R-' || lpad((risk + 1)::varchar, 2, '0')",
        "risk_name": "name",
        "project_id": project_id(organisation.digits),
        "status_date": date("day"),
        "risk_kind": "['risk', 'issue'][kind + 1]",
        "probability": "probability",
        "impact": "impact",
        "risk_owner": "owner",
        "due_date": date("due"),
        "risk_state": "['open', 'closed'][state + 1]",
        "response": "response",
    }
    return Table(path, columns, {"name": risks.texts, "owner": risks.owners, "response": risks.responses})
