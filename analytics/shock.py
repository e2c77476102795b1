"""What moves when one milestone slips: a what-if along the dependencies; nothing is saved. Source: "Health"."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analytics.dependencies import Dependency, dependencies
from analytics.reading import Scope, Source


@dataclass(frozen=True)
class MilestoneMove:
    """A milestone that would move, by how many days; `through` is the dependency that brought it to its project."""

    project_key: str
    project_name: str
    milestone_id: str
    milestone_name: str
    before: dt.date
    days: int
    through: str


@dataclass(frozen=True)
class ProjectMove:
    """A project whose finish would move, and its computed health before and after."""

    project_key: str
    project_name: str
    program_id: str | None
    goal_id: str | None
    budget: float | None
    currency: str
    before: dt.date
    days: int
    was: str
    becomes: str
    through: str


@dataclass(frozen=True)
class ProgramMove:
    """A program whose last finish or computed colour would move."""

    program_id: str
    program_name: str
    before: dt.date | None
    days: int
    was: str
    becomes: str


@dataclass(frozen=True)
class BenefitMove:
    """A benefit of a project that would move: what is still to come of it comes that many days later."""

    benefit_id: str
    benefit_name: str
    project_key: str
    owner: str | None
    unit: str | None
    to_come: float | None
    days: int


@dataclass(frozen=True)
class GoalMove:
    """A goal: how many of its live projects would move, the longest by how many days, and their budget by currency."""

    goal_id: str
    goal_name: str
    projects: int
    days: int
    budgets: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Shock:
    """What moves when one milestone slips. `newly_broken` are the dependencies that held before and would not."""

    milestones: tuple[MilestoneMove, ...]
    projects: tuple[ProjectMove, ...]
    programs: tuple[ProgramMove, ...]
    benefits: tuple[BenefitMove, ...]
    goals: tuple[GoalMove, ...]
    newly_broken: tuple[Dependency, ...]
    has_cycle: bool


def shock(source: Source, day: dt.date, project_key: str, milestone_id: str, weeks: int) -> Shock | None:
    """What would move if one milestone that is not met yet slipped by some weeks; None where there is no such one.

    Assumed: what a project has still to do after the milestone moves with it, and so does its finish; a project that
    waits moves by what its slack does not hold; one that waits to start, and has not, moves as a whole. What is met
    does not move. Nothing is saved.
    """
    links = dependencies(source, day, Scope())
    open_links = [link for link in links if link.state != "met" and link.comes]
    keys = _reached(project_key, open_links)
    plans = _plans(source, day, keys)
    start = plans.get(project_key)
    at = next((m for m in start.milestones if m.milestone_id == milestone_id), None) if start else None
    if start is None or at is None:
        return None
    moves, has_cycle = _travel(plans, open_links, project_key, at, 7 * weeks, day)
    milestones = tuple(
        MilestoneMove(key, plans[key].name, m.milestone_id, m.name, m.comes, moved, moves.through.get(key, ""))
        for key in moves.order
        for m in plans[key].milestones
        if (moved := moves.milestones.get((key, m.milestone_id), 0)) > 0
    )
    finishes = {key: moves.finishes[key] for key in moves.order if moves.finishes.get(key, 0) > 0}
    broken = tuple(
        link
        for link in open_links
        if link.state == "open" and link.slack_days is not None and _moved_from(moves, link) > link.slack_days
    )
    return Shock(
        milestones,
        *_consequences(source, day, finishes, moves.through),
        newly_broken=broken,
        has_cycle=has_cycle,
    )


@dataclass(frozen=True)
class _Milestone:
    milestone_id: str
    name: str
    comes: dt.date


@dataclass(frozen=True)
class _Plan:
    """What a project has still to do: its open milestones and its finish."""

    name: str
    start: dt.date | None
    finish: dt.date | None
    milestones: tuple[_Milestone, ...]


class _Moves:
    """How many days what moves: milestones, finishes, and through which dependency a project was reached first."""

    def __init__(self) -> None:
        self.milestones: dict[tuple[str, str], int] = {}
        self.finishes: dict[str, int] = {}
        self.through: dict[str, str] = {}
        self.order: list[str] = []


def _reached(start: str, links: Sequence[Dependency]) -> list[str]:
    """A project and all that wait for it, directly or through others."""
    after: dict[str, list[str]] = defaultdict(list)
    for link in links:
        after[link.giver].append(link.taker)
    found, queue = {start: None}, [start]
    while queue:
        for taker in after[queue.pop()]:
            if taker not in found:
                found[taker] = None
                queue.append(taker)
    return list(found)


def _plans(source: Source, day: dt.date, keys: Sequence[str]) -> dict[str, _Plan]:
    milestones: dict[str, list[_Milestone]] = defaultdict(list)
    for key, *values in source.rows(
        """
        select project_key, milestone_id, milestone_name, greatest(coalesce(forecast_date, baseline_date), $day::date)
        from fct_milestone
        where project_key in (select unnest($keys::varchar[])) and status_date <= $day
            and (valid_to is null or valid_to > $day)
            and not coalesce(actual_date <= $day, false) and coalesce(forecast_date, baseline_date) is not null
        order by coalesce(forecast_date, baseline_date), milestone_id
        """,
        {"day": day, "keys": list(keys)},
    ):
        milestones[key].append(_Milestone(*values))
    return {
        key: _Plan(name, start, finish, tuple(milestones[key]))
        for key, name, start, finish in source.rows(
            f"""
            select project_key, project_name, baseline_start,
                case when not coalesce(actual_finish <= $day, false) then finish_then end
            from {source.on(day)} where is_live and project_key in (select unnest($keys::varchar[]))
            """,
            {"day": day, "keys": list(keys)},
        )
    }


def _travel(
    plans: Mapping[str, _Plan],
    links: Sequence[Dependency],
    project_key: str,
    at: _Milestone,
    days: int,
    day: dt.date,
) -> tuple[_Moves, bool]:
    """Let a slip travel along the dependencies until nothing moves any more."""
    moves, outgoing = _Moves(), defaultdict(list)
    for link in links:
        outgoing[link.giver].append(link)
    _slip(moves, plans[project_key], project_key, at.comes, days, at.milestone_id)
    queue, rounds = [project_key], Counter[str]()
    has_cycle = False
    while queue:
        giver = queue.pop(0)
        rounds[giver] += 1
        if rounds[giver] > len(plans):
            has_cycle = True
            break
        for link in outgoing[giver]:
            plan = plans.get(link.taker)
            late = _moved_from(moves, link)
            if plan is None or late <= 0:
                continue
            # What is late already is not the shock's doing: only what comes on top moves the taker.
            slack = link.slack_days if link.slack_days is not None else 0
            pushed = max(0, late - max(0, slack))
            if pushed and _push(moves, plan, link, pushed, day):
                moves.through.setdefault(link.taker, link.dependency_id)
                queue.append(link.taker)
    return moves, has_cycle


def _moved_from(moves: _Moves, link: Dependency) -> int:
    """By how many days what a dependency delivers would come later."""
    if link.giver_milestone_id is not None:
        return moves.milestones.get((link.giver, link.giver_milestone_id), 0)
    # Who waits for a start is not held up by what comes after it.
    return 0 if link.kind.startswith("start") else moves.finishes.get(link.giver, 0)


def _push(moves: _Moves, plan: _Plan, link: Dependency, days: int, day: dt.date) -> bool:
    """Move the taker by so many days; whether that moves anything further than it had moved."""
    if link.taker_milestone_id is not None:
        at = next((m for m in plan.milestones if m.milestone_id == link.taker_milestone_id), None)
        return at is not None and _slip(moves, plan, link.taker, at.comes, days, at.milestone_id)
    if link.kind.endswith("start") and plan.start is not None and plan.start > day:
        return _slip(moves, plan, link.taker, plan.start, days)
    # Its finish waits, or it has begun without what it waits for: then the finish is held up.
    return _slip(moves, plan, link.taker, plan.finish or day, days)


def _slip(moves: _Moves, plan: _Plan, key: str, since: dt.date, days: int, only: str = "") -> bool:
    """Move what a project has to do from a day on, and its finish; `only` is the one of that day that moves."""
    is_new = False
    for milestone in plan.milestones:
        if milestone.comes > since or milestone.milestone_id == only or (not only and milestone.comes == since):
            place = (key, milestone.milestone_id)
            if days > moves.milestones.get(place, 0):
                moves.milestones[place] = days
                is_new = True
    if plan.finish is not None and plan.finish >= since and days > moves.finishes.get(key, 0):
        moves.finishes[key] = days
        is_new = True
    if key not in moves.order:
        moves.order.append(key)
    return is_new


def _consequences(
    source: Source, day: dt.date, finishes: Mapping[str, int], through: Mapping[str, str]
) -> tuple[tuple[ProjectMove, ...], tuple[ProgramMove, ...], tuple[BenefitMove, ...], tuple[GoalMove, ...]]:
    """What later finishes do to projects, programs, benefits and goals; each with most days first."""
    given = {"keys": list(finishes), "moved": list(finishes.values())}
    moved = "(select unnest($keys::varchar[]) as project_key, unnest($moved::integer[]) as moved)"
    after = f"""
        (
            select
                p.* replace (
                    case when m.moved is null then computed else coalesce(computed_colour(
                        schedule_colour(slip_share(finish_then + m.moved, baseline_start, baseline_finish)),
                        nullif(cost, 'unknown'), nullif(milestones, 'unknown'), nullif(risk, 'unknown')
                    ), 'unknown') end as computed,
                    finish_then + coalesce(m.moved, 0) as finish_then
                ),
                p.computed as was, p.finish_then as finish_was, coalesce(m.moved, 0) as moved
            from {source.on(day)} as p
            left join {moved} as m using (project_key)
            where p.is_live
        )
    """
    projects = tuple(
        ProjectMove(**row, through=through.get(row["project_key"], ""))
        for row in source.records(
            f"""
            select project_key, project_name, program_id, goal_id, budget, currency, finish_was as before,
                moved as days, was, computed as becomes
            from {after} where moved > 0 order by moved desc, budget desc nulls last, project_key
            """,
            given,
        )
    )
    programs = tuple(
        ProgramMove(*row)
        for row in source.rows(
            f"""
            with weighed as (
                select
                    program_id,
                    any_value(program_name) as program_name,
                    max(finish_was) as finish_was,
                    max(finish_then) - max(finish_was) as moved,
                    max(moved) as most,
                    rollup_by_budget(1, (budget is not null)::integer, exact(budget), currency) as by_budget,
                    rollup_evidence(was, 1, exact(budget), is_critical::integer, by_budget) as before,
                    rollup_evidence(computed, 1, exact(budget), is_critical::integer, by_budget) as after
                from {after} where program_id is not null group by program_id
            ),
            judged as (
                select *, rollup_colour(before) as was, rollup_colour(after) as becomes from weighed where most > 0
            )
            select program_id, program_name, finish_was, moved, was, becomes
            from judged order by was <> becomes desc, moved desc, program_id
            """,
            given,
        )
    )
    benefits = tuple(
        BenefitMove(*row)
        for row in source.rows(
            f"""
            select
                b.benefit_id, any_value(b.benefit_name), any_value(m.project_key), any_value(b.benefit_owner),
                any_value(b.unit), sum(exact(coalesce(b.forecast, b.planned)))::double as to_come, any_value(m.moved)
            from stg_benefits as b
            left join project_alias as a using (project_id)
            join {moved} as m on m.project_key = coalesce(a.project_key, b.project_id)
            where b.period_end > $day
            group by b.benefit_id
            order by to_come desc nulls last, b.benefit_id
            """,
            {**given, "day": day},
        )
    )
    goals: dict[str, tuple[str, int, int, list[tuple[str, float]]]] = {}
    for goal, name, count, days, currency, budget in source.rows(
        f"""
        select p.goal_id, coalesce(any_value(g.goal_name), p.goal_id), count(*), max(moved), currency,
            sum(exact(budget))::double
        from {after} as p left join stg_goals as g using (goal_id)
        where moved > 0 and p.goal_id is not null
        group by p.goal_id, currency order by p.goal_id, currency
        """,
        given,
    ):
        _, before, most, budgets = goals.get(goal, (name, 0, 0, []))
        found = [(currency, budget)] if budget is not None else []
        goals[goal] = (name, before + count, max(most, days), [*budgets, *found])
    return (
        projects,
        programs,
        benefits,
        tuple(
            GoalMove(goal, name, count, days, tuple(budgets)) for goal, (name, count, days, budgets) in goals.items()
        ),
    )
