"""What moves when one milestone slips: a what-if along the dependencies; nothing is saved. Source: "Health"."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import groupby, pairwise
from typing import NamedTuple

from analytics.benefits import RATE
from analytics.dependencies import PLAN, Dependency, waiting_for, waits
from analytics.milestones import HELD
from analytics.reading import IN_SCOPE, Scope, Source


class _Moved:
    """What comes by so many days later than before."""

    before: dt.date
    days: int

    @property
    def after(self) -> dt.date:
        """When it would come then."""
        return self.before + dt.timedelta(self.days)


@dataclass(frozen=True)
class MilestoneMove(_Moved):
    """A milestone that would move, by how many days; `through` is the dependency that brings that to its project, None
    in the one where it begins."""

    project_key: str
    project_name: str
    milestone_id: str
    milestone_name: str
    before: dt.date
    days: int
    through: Dependency | None


@dataclass(frozen=True)
class ProjectMove(_Moved):
    """A project whose finish would move, and its computed health before and after; `through` as of a milestone."""

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
    through: Dependency | None


@dataclass(frozen=True)
class ProgramMove:
    """A program whose last finish or computed colour would move."""

    program_id: str
    program_name: str
    before: dt.date | None
    days: int
    was: str
    becomes: str

    @property
    def after(self) -> dt.date | None:
        """When it would come then."""
        return self.before + dt.timedelta(self.days) if self.before else None


@dataclass(frozen=True)
class BenefitMove:
    """A benefit of a project whose finish would move, or of a program as a whole whose last one would: what is still to
    come of it comes that many days later. `to_come` is its forecast, or else its plan, after the review; of a rate,
    such as a percentage, which no periods add up to, the last one."""

    benefit_id: str
    benefit_name: str
    project_key: str | None
    program_id: str | None
    owner: str | None
    unit: str | None
    is_rate: bool | None
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
class NewlyBroken:
    """A dependency that held and would not: what it needs comes `days` later, more than its slack."""

    link: Dependency
    days: int

    @property
    def late(self) -> int:
        """How many days too late it would come."""
        return self.days - (self.link.slack_days or 0)


@dataclass(frozen=True)
class Shock:
    """What moves when one milestone slips. `newly_broken` are the dependencies that held before and would not."""

    milestones: tuple[MilestoneMove, ...]
    projects: tuple[ProjectMove, ...]
    programs: tuple[ProgramMove, ...]
    benefits: tuple[BenefitMove, ...]
    goals: tuple[GoalMove, ...]
    newly_broken: tuple[NewlyBroken, ...]
    has_cycle: bool


@dataclass(frozen=True)
class Open:
    """A milestone that can still slip: not met, with a date on which it is expected."""

    project_key: str
    project_name: str
    milestone_id: str
    milestone_name: str
    comes: dt.date


# What can still slip on $day.
_OPEN = f"from ({HELD}) where met_on is null and comes is not null"


def open_milestones(source: Source, day: dt.date, scope: Scope, project_key: str | None = None) -> tuple[Open, ...]:
    """The milestones of a scope's live projects (or of one) that can still slip, by project, as they come."""
    one = "and project_key = $key" if project_key else ""
    return tuple(
        Open(*row)
        for row in source.rows(
            f"""
            select project_key, project_name, milestone_id, milestone_name, comes
            from ({_OPEN}) join {source.on(day)} using (project_key)
            where is_live and {IN_SCOPE} {one}
            order by lower(project_name), project_key, comes, expected, milestone_id
            """,
            {**scope.parameters(), "day": day, **({"key": project_key} if project_key else {})},
        )
    )


def shock(source: Source, day: dt.date, project_key: str, milestone_id: str, weeks: int) -> Shock | None:
    """What would move if one milestone that is not met yet slipped by some weeks; None where there is no such one.

    Assumed: what a project has still to do after the milestone moves with it, and so does its finish; a project that
    waits moves by what its slack does not hold (none where that is not known); one that waits to start, and has not,
    moves as a whole. What is met does not move, nor what has come too late already but by what comes on top. Cost,
    milestones due and risks stay as they are. Nothing is saved.
    """
    reached = _reached(project_key, waits(source, day))
    open_links = waiting_for(source, day, reached)
    plans = _plans(source, day, reached)
    start = _Node(project_key, milestone_id)
    if project_key not in plans or plans[project_key].date(start) is None:
        return None
    ways = _ways(plans, open_links)
    moves = _travel(ways, start, 7 * weeks)
    links = {link.dependency_id: link for link in open_links}
    milestones = tuple(
        MilestoneMove(key, plan.name, m.milestone_id, m.name, m.comes, moves[node].days, links.get(moves[node].through))
        for key, plan in plans.items()
        for m in plan.milestones
        if (node := _Node(key, m.milestone_id)) in moves
    )
    finishes = {node.project_key: move for node, move in moves.items() if node.point == FINISH}
    # A dependency that pushes nothing, as its taker can't move, breaks all the same.
    broken = tuple(
        NewlyBroken(link, move.days)
        for link in links.values()
        if link.state == "open"
        and link.slack_days is not None
        and (move := moves.get(_giver(link)))
        and move.days > link.slack_days
    )
    return Shock(
        tuple(sorted(milestones, key=lambda move: (move.project_key != project_key, -move.days, move.before))),
        *_consequences(source, day, finishes, links),
        newly_broken=tuple(sorted(broken, key=lambda one: (-(one.link.at_stake or 0), one.link.dependency_id))),
        has_cycle=_has_cycle(ways, moves),
    )


START, FINISH = "start ", "finish "  # with a space: no milestone is called so, as cells are trimmed


class _Node(NamedTuple):
    """A point of a project's plan: a milestone by its id, START or FINISH."""

    project_key: str
    point: str


class _Way(NamedTuple):
    """From a point to one that moves with it, but for the days that slack holds; `through` is the dependency."""

    to: _Node
    slack: int
    through: str


class _Move(NamedTuple):
    """How many days a point moves, and the dependency that brought it to its project ("" where it began)."""

    days: int
    through: str


@dataclass(frozen=True)
class _Milestone:
    milestone_id: str
    name: str
    comes: dt.date


@dataclass(frozen=True)
class _Plan:
    """What a project has still to do: its start if that is to come, its open milestones with a date, its finish."""

    name: str
    start: dt.date | None
    finish: dt.date | None
    milestones: tuple[_Milestone, ...]

    def date(self, node: _Node) -> dt.date | None:
        """When a point of it is expected; None where it is not open, or not known."""
        if node.point in (START, FINISH):
            return self.start if node.point == START else self.finish
        return next((m.comes for m in self.milestones if m.milestone_id == node.point), None)


def _reached(start: str, links: Sequence[tuple[str, str]]) -> list[str]:
    """A project and all that wait for it, directly or through others."""
    after: dict[str, list[str]] = defaultdict(list)
    for giver, taker in links:
        after[giver].append(taker)
    found, queue = {start: None}, [start]
    while queue:
        for taker in after[queue.pop()]:
            if taker not in found:
                found[taker] = None
                queue.append(taker)
    return list(found)


def _plans(source: Source, day: dt.date, keys: Sequence[str]) -> dict[str, _Plan]:
    """The plans of those projects that are live."""
    milestones: dict[str, list[_Milestone]] = defaultdict(list)
    for key, *values in source.rows(
        f"""
        select project_key, milestone_id, milestone_name, comes from ({_OPEN})
        where project_key in (select unnest($keys::varchar[]))
        order by comes, expected, milestone_id
        """,
        {"day": day, "keys": list(keys)},
    ):
        milestones[key].append(_Milestone(*values))
    return {
        key: _Plan(name, start, finish, tuple(milestones[key]))
        for key, name, start, finish in source.rows(
            f"""
            select project_key, project_name, case when is_to_begin then begins end, ends
            from ({PLAN.format(projects=source.on(day))})
            where is_live and project_key in (select unnest($keys::varchar[]))
            """,
            {"day": day, "keys": list(keys)},
        )
    }


def _ways(plans: Mapping[str, _Plan], links: Sequence[Dependency]) -> dict[_Node, list[_Way]]:
    """From each point to those that wait for it: what comes later in its project, and what depends on it."""
    ways: dict[_Node, list[_Way]] = defaultdict(list)
    for key, plan in plans.items():
        points = [(m.comes, _Node(key, m.milestone_id)) for m in plan.milestones]
        days = [[node for _, node in found] for _, found in groupby(points, key=lambda point: point[0])]
        for these, following in pairwise(days):
            for node in these:
                ways[node] += [_Way(to, 0, "") for to in following]
        if plan.finish:
            finish = _Node(key, FINISH)
            for at, node in points:
                if at <= plan.finish:
                    ways[node].append(_Way(finish, 0, ""))
                # What stands on the day of the finish is part of it.
                if at >= plan.finish:
                    ways[finish].append(_Way(node, 0, ""))
        if plan.start:
            whole = [node for at, node in points if at >= plan.start]
            ways[_Node(key, START)] = [
                _Way(to, 0, "") for to in [*whole, *([_Node(key, FINISH)] if plan.finish else [])]
            ]
    for link in links:
        if taker := plans.get(link.taker):
            # What is late already is not the shock's doing: only what comes on top moves the taker.
            way = _Way(_taker(link, taker), max(0, link.slack_days or 0), link.dependency_id)
            ways[_giver(link)].append(way)
    return ways


def _giver(link: Dependency) -> _Node:
    """The point that delivers."""
    if link.giver_milestone_id is not None:
        return _Node(link.giver, link.giver_milestone_id)
    return _Node(link.giver, START if link.kind.startswith("start") else FINISH)


def _taker(link: Dependency, plan: _Plan) -> _Node:
    """The point that waits: where the milestone has no date, or the project has begun without, that is its finish."""
    if link.taker_milestone_id is not None:
        node = _Node(link.taker, link.taker_milestone_id)
    else:
        node = _Node(link.taker, START if link.kind.endswith("start") else FINISH)
    return node if plan.date(node) else _Node(link.taker, FINISH)


def _travel(ways: Mapping[_Node, Sequence[_Way]], start: _Node, days: int) -> dict[_Node, _Move]:
    """How far each point moves: the longest push wins, so those that move most are settled first."""
    moves: dict[_Node, _Move] = {}
    queue: list[tuple[int, _Node, str]] = [(-days, start, "")]
    while queue:
        lost, node, through = heappop(queue)
        if node in moves:
            continue
        moves[node] = _Move(-lost, through)
        for way in ways.get(node, ()):
            if way.to not in moves and -lost > way.slack:
                heappush(queue, (lost + way.slack, way.to, way.through or through))
    return moves


def _has_cycle(ways: Mapping[_Node, Sequence[_Way]], moves: Mapping[_Node, _Move]) -> bool:
    """Whether any projects that move wait for each other in a circle: a point comes back to itself."""
    after = {node: [way.to for way in ways.get(node, ()) if way.to in moves] for node in moves}
    before: dict[_Node, list[_Node]] = defaultdict(list)
    for node, found in after.items():
        for to in found:
            before[to].append(node)
    # Points that reach each other (Kosaraju): walked backwards from the last that the first walk left.
    order: list[_Node] = []
    seen: set[_Node] = set()
    for node in after:
        _walk(node, after, seen, order)
    seen = set()
    for node in reversed(order):
        together: list[_Node] = []
        _walk(node, before, seen, together)
        if len({at.project_key for at in together}) > 1:
            return True
    return False


def _walk(first: _Node, after: Mapping[_Node, Sequence[_Node]], seen: set[_Node], order: list[_Node]) -> None:
    """Walk in depth from a point, but for those seen; each is put in order when it is left."""
    if first in seen:
        return
    seen.add(first)
    stack = [(first, iter(after.get(first, ())))]
    while stack:
        node, rest = stack[-1]
        for to in rest:
            if to not in seen:
                seen.add(to)
                stack.append((to, iter(after.get(to, ()))))
                break
        else:
            order.append(node)
            stack.pop()


def _consequences(
    source: Source, day: dt.date, finishes: Mapping[str, _Move], links: Mapping[str, Dependency]
) -> tuple[tuple[ProjectMove, ...], tuple[ProgramMove, ...], tuple[BenefitMove, ...], tuple[GoalMove, ...]]:
    """What later finishes do to projects, programs, benefits and goals; each with most days first."""
    given = {"keys": list(finishes), "moved": [move.days for move in finishes.values()]}
    moved = "(select unnest($keys::varchar[]) as project_key, unnest($moved::integer[]) as moved)"
    after = f"""
        (
            select
                p.* replace (
                    case when m.moved is null then computed else coalesce(computed_colour(
                        schedule_colour(slip_share(finish_then + m.moved, baseline_start, baseline_finish)),
                        nullif(cost, 'unknown'), nullif(milestones, 'unknown'), nullif(risk, 'unknown'),
                        nullif(resources, 'unknown')
                    ), 'unknown') end as computed,
                    finish_then + coalesce(m.moved, 0) as finish_then
                ),
                p.computed as was,
                p.ends as finish_was,
                coalesce(m.moved, 0) as moved
            from ({PLAN.format(projects=source.on(day))}) as p
            left join {moved} as m using (project_key)
            where p.is_live
        )
    """
    given |= {"day": day}
    projects = tuple(
        ProjectMove(**row, through=links.get(finishes[row["project_key"]].through))
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
                    max(finish_then - moved) filter (slip_days is not null) as last_was,
                    max(finish_then) filter (slip_days is not null) - last_was as later,
                    max(moved) as most,
                    rollup_by_budget(1, (budget is not null)::integer, exact(budget), currency) as by_budget,
                    rollup_evidence(was, 1, exact(budget), is_critical::integer, by_budget) as before,
                    rollup_evidence(computed, 1, exact(budget), is_critical::integer, by_budget) as after
                from {after}
                where program_id in (select program_id from {source.on(day)} join {moved} using (project_key))
                group by program_id
            ),
            judged as (
                select *, rollup_colour(before) as was, rollup_colour(after) as becomes from weighed where most > 0
            )
            select program_id, program_name, last_was, coalesce(later, 0), was, becomes
            from judged order by was <> becomes desc, later desc nulls last, program_id
            """,
            given,
        )
    )
    benefits = tuple(
        BenefitMove(*row)
        for row in source.rows(
            """
            with later as (
                select unnest($keys::varchar[]) as brings, unnest($moved::integer[]) as days, true as is_project
                union all
                select unnest($programs::varchar[]), unnest($by::integer[]), false
            )
            select
                b.benefit_id, any_value(b.benefit_name), any_value(case when is_project then brings end),
                any_value(case when not is_project then brings end), any_value(b.benefit_owner),
                coalesce(nullif(trim(b.unit), ''), l.currency) as of_unit,
                regexp_matches(lower(of_unit), $rate) as is_rate,
                case when is_rate then arg_max(coalesce(b.forecast, b.planned), b.period_end)
                    else sum(exact(coalesce(b.forecast, b.planned)))::double end as to_come,
                max(days)
            from stg_benefits as b
            left join load as l using (load_id)
            left join project_alias as a using (project_id)
            join later on is_project = (b.project_id is not null)
                and brings = coalesce(a.project_key, b.project_id, b.program_id)
            where b.period_end > $day
            group by b.benefit_id, of_unit
            order by is_rate nulls last, to_come desc nulls last, b.benefit_id
            """,
            {
                **given,
                "rate": RATE,
                "programs": [move.program_id for move in programs if move.days > 0],
                "by": [move.days for move in programs if move.days > 0],
            },
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
