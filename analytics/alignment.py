"""What the money serves: investment by goal against its target, what serves none, and how the work on a goal stands.

A project's money is its budget, split over its goals as the alignment export says; without a word of it there, all of
it counts for the goal that the project (or its program) states. What is left serves no goal. Sums are of live projects,
in one currency. Source: methods "Alignment to strategy".
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analytics.portfolio import BASES, STATES
from analytics.reading import IN_SCOPE, Basis, Scope, Source

UNALIGNED = "(none)"  # the place of what serves no goal, where a goal's id is asked for
MOSTLY = 0.5  # of a goal's money in red projects puts it at risk
LEAST = 0.005  # of a project: less is rounding of the parts, and no money without a goal

# Of each project on a day the goals that it serves, with the part of its money. Grain: project_key, goal_id.
_SERVES = """
    with stated as (select project_key, goal_id, contribution, share, rationale from fct_alignment)
    select project_key, goal_id, contribution, share, rationale, true as is_stated
    from stated where share > 0
    union all
    select p.project_key, p.goal_id, 1, 1, null, false
    from project_at($day::date) as p
    where p.goal_id is not null and p.project_key not in (select project_key from stated)
"""

# Each goal with itself and the goals above it; a circle of parents ends where it began.
_ABOVE = """
    above as (
        select goal_id, goal_id as ancestor from known_goal
        union
        select a.goal_id, g.parent_goal_id
        from above as a
        join stg_goals as g on g.goal_id = a.ancestor
        where g.parent_goal_id in (select goal_id from stg_goals)
    )
"""


@dataclass(frozen=True)
class Goal:
    """A goal with all below it. `share` of the investment and `target` are parts of 1, None where they are undefined;
    `projects` counts live projects that serve it, `budgeted` those of them with a budget in the currency.

    `reported` and `computed` have the money in projects of each colour. `depth` is 0 for a company goal.
    """

    id: str
    name: str
    owner: str | None
    parent: str | None
    depth: int
    target: float | None
    money: float
    share: float | None
    projects: int
    budgeted: int
    reported: Mapping[str, float]
    computed: Mapping[str, float]
    children: tuple[str, ...] = field(default=())

    def states(self, basis: Basis) -> Mapping[str, float]:
        """The money by colour, as computed or as reported."""
        return self.computed if basis == "computed" else self.reported

    def red_share(self, basis: Basis) -> float | None:
        """The part of its money that is in red projects; None without money."""
        return self.states(basis)["red"] / self.money if self.money else None

    def is_at_risk(self, basis: Basis) -> bool:
        """Whether most of its money sits in red projects."""
        return (self.red_share(basis) or 0) > MOSTLY

    @property
    def gap(self) -> float | None:
        """Share less target."""
        return None if self.share is None or self.target is None else self.share - self.target


@dataclass(frozen=True)
class Alignment:
    """The investment of a scope in one currency. `goals` are in the order of the tree, each with those below it next.

    `live` counts live projects, `budgeted` those with a budget in the currency, `others` those with one in another;
    `unaligned` is the money that serves no goal, of `unaligned_projects` that serve none and of `partly` that serve
    some in part. `stated` counts the projects of which the alignment export speaks.
    """

    currency: str
    currencies: tuple[str, ...]
    total: float
    live: int
    budgeted: int
    others: int
    unaligned: float
    unaligned_projects: int
    partly: int
    stated: int
    goals: tuple[Goal, ...]

    @property
    def unaligned_share(self) -> float | None:
        """The part of the investment that serves no goal; None without any."""
        return self.unaligned / self.total if self.total else None

    @property
    def company(self) -> tuple[Goal, ...]:
        """The goals on top."""
        return tuple(goal for goal in self.goals if not goal.depth)

    def goal(self, key: str) -> Goal | None:
        """One goal by its id."""
        return next((goal for goal in self.goals if goal.id == key), None)

    def uncovered(self) -> tuple[Goal, ...]:
        """The goals that no live project serves; of a branch without any, the topmost alone."""
        bare = {goal.id for goal in self.goals if not goal.projects}
        return tuple(goal for goal in self.goals if goal.id in bare and goal.parent not in bare)


def is_stated(source: Source) -> bool:
    """Whether any goal is known: listed, or stated by a project."""
    found = source.rows("select exists (from stg_goals) or exists (from fct_status where goal_id is not null)")
    return bool(found[0][0])


def alignment(source: Source, day: dt.date, scope: Scope, currency: str | None = None) -> Alignment:
    """What the live projects of a scope serve on a review date, in a currency (default: that of most projects)."""
    projects = f"(from {source.on(day)} where is_live and {IN_SCOPE})"
    serves = source.kept("serves", day, _SERVES)
    counts = source.rows(
        f"""
        with served as (
            select project_key, sum(share) as share, bool_or(is_stated) as is_stated from {serves} group by project_key
        )
        select
            coalesce(currency, ''), count(*), count(budget), sum(exact(budget))::double,
            sum(exact(budget * greatest(0, 1 - coalesce(share, 0))))::double,
            count(*) filter (coalesce(share, 0) = 0),
            count(*) filter (share > 0 and share < 1 - {LEAST}),
            count(*) filter (project_key in (select project_key from fct_alignment))
        from {projects} left join served using (project_key)
        group by 1 order by count(budget) desc, 1
        """,
        scope.parameters(),
    )
    currencies = tuple(row[0] for row in counts if row[2])
    chosen = currency if currency is not None and currency in currencies else next(iter(currencies), "")
    total = sum((row[3] or 0) for row in counts if row[0] == chosen)
    colours = ", ".join(
        f"sum(case when currency = $currency and {basis} = '{state}' then amount end)::double as {basis}_{state}"
        for basis in BASES
        for state in STATES
    )
    sums = source.records(
        f"""
        with recursive
        known_goal as (select goal_id from stg_goals union select goal_id from {serves}),
        {_ABOVE},
        served as (
            select a.ancestor as goal_id, p.project_key, p.reported, p.computed, coalesce(p.currency, '') as currency,
                p.budget, sum(exact(p.budget * s.share)) as amount
            from {serves} as s
            join {projects} as p using (project_key)
            join above as a on a.goal_id = s.goal_id
            group by all
        )
        select
            goal_id,
            count(*) as projects,
            count(budget) filter (currency = $currency) as budgeted,
            sum(amount) filter (currency = $currency)::double as money,
            {colours}
        from served group by goal_id
        """,
        {**scope.parameters(), "currency": chosen},
    )
    by_goal = {row["goal_id"]: row for row in sums}
    return Alignment(
        chosen,
        currencies,
        total,
        live=sum(row[1] for row in counts),
        budgeted=sum(row[2] for row in counts if row[0] == chosen),
        others=sum(row[2] for row in counts if row[0] != chosen),
        unaligned=sum((row[4] or 0) for row in counts if row[0] == chosen),
        unaligned_projects=sum(row[5] for row in counts),
        partly=sum(row[6] for row in counts),
        stated=sum(row[7] for row in counts),
        goals=_tree(source, by_goal, total),
    )


def _tree(source: Source, by_goal: Mapping[str, Mapping[str, Any]], total: float) -> tuple[Goal, ...]:
    """The goals in the order of the tree, siblings with most target first; goals that no export lists come last."""
    listed = {row["goal_id"]: row for row in source.records("from stg_goals")}
    below: dict[str | None, list[str]] = defaultdict(list)
    for key, row in listed.items():
        parent = row["parent_goal_id"]
        below[parent if parent in listed else None].append(key)
    for key in sorted(set(by_goal) - listed.keys()):
        below[None].append(key)

    def order(key: str) -> tuple[bool, float, str]:
        return key not in listed, -((listed.get(key) or {}).get("target_share") or 0), key

    found: list[Goal] = []
    seen: set[str] = set()

    def add(key: str, parent: str | None, depth: int) -> None:
        seen.add(key)
        children = tuple(child for child in sorted(below[key], key=order) if child not in seen)
        found.append(_goal(key, listed.get(key), parent, depth, by_goal.get(key, {}), total, children))
        for child in children:
            add(child, key, depth + 1)

    for key in sorted(below[None], key=order):
        add(key, None, 0)
    # Goals that are each other's parents have no top: the first of them stands for one.
    for key in sorted(listed):
        if key not in seen:
            add(key, None, 0)
    return tuple(found)


def _goal(
    key: str,
    listed: Mapping[str, Any] | None,
    parent: str | None,
    depth: int,
    sums: Mapping[str, Any],
    total: float,
    children: tuple[str, ...],
) -> Goal:
    said = listed or {}
    target, money = said.get("target_share"), sums.get("money") or 0.0
    return Goal(
        key,
        said.get("goal_name") or key,
        said.get("goal_owner"),
        parent,
        depth,
        None if target is None else target / 100,
        money,
        money / total if total else None,
        sums.get("projects") or 0,
        sums.get("budgeted") or 0,
        {state: sums.get(f"reported_{state}") or 0.0 for state in STATES},
        {state: sums.get(f"computed_{state}") or 0.0 for state in STATES},
        children,
    )


def serves(source: Source, day: dt.date, project_key: str) -> list[tuple[str, float]]:
    """The goals that a project serves, with the part of it (0 to 1), the largest first; of any stage."""
    return [
        (goal, part)
        for goal, part in source.rows(
            f"select goal_id, share::double from {source.kept('serves', day, _SERVES)} "
            "where project_key = $key order by share desc, goal_id",
            {"key": project_key},
        )
    ]


def serving(
    source: Source, day: dt.date, scope: Scope, goal: str, rows: int = 25, start: int = 0
) -> tuple[int, list[dict[str, Any]]]:
    """The live projects that serve a goal or one below it, most money first: how many, and a page of them.

    Columns: those of Source.on, and share (the part of the project that serves it), amount (share x budget), goals
    (the goals below it that it serves, by name) and rationale. For UNALIGNED: the projects of which a part serves no
    goal, with that part.
    """
    serves = source.kept("serves", day, _SERVES)
    projects = f"(from {source.on(day)} where is_live and {IN_SCOPE})"
    if goal == UNALIGNED:
        served = f"""
            select p.project_key, 1 - coalesce(sum(s.share), 0) as share, list(s.goal_id) as goals, null as rationale
            from {projects} as p left join {serves} as s using (project_key)
            group by p.project_key having share > {LEAST}
        """
    else:
        served = f"""
            select s.project_key, sum(s.share) as share, list(s.goal_id order by s.share desc, s.goal_id) as goals,
                string_agg(s.rationale, '; ' order by s.share desc, s.goal_id) as rationale
            from {serves} as s join above as a on a.goal_id = s.goal_id
            where a.ancestor = $goal group by s.project_key
        """
    parameters = {**scope.parameters(), **({} if goal == UNALIGNED else {"goal": goal})}
    found = source.records(
        f"""
        with recursive
        known_goal as (select goal_id from stg_goals union select goal_id from {serves}),
        {_ABOVE},
        served as ({served})
        select p.*, v.share, v.rationale, v.share * p.budget as amount, count(*) over () as total_rows,
            coalesce((
                select list(coalesce(g.goal_name, k.goal_id) order by k.goal_id)
                from known_goal as k left join stg_goals as g using (goal_id)
                where list_contains(v.goals, k.goal_id)
            ), []) as goals
        from served as v join {projects} as p using (project_key)
        order by p.currency is null, amount desc nulls last, p.project_key
        limit {int(rows)} offset {int(start)}
        """,
        parameters,
    )
    return (found[0]["total_rows"] if found else 0), found


def matrix(
    source: Source, day: dt.date, scope: Scope, goals: Sequence[str], rows: int = 25, start: int = 0
) -> tuple[int, list[dict[str, Any]]]:
    """The live projects of a scope by most budget: how many, and a page of them, each with `shares`: the part of it
    that serves each of these goals (with what is below), in their order, and `rest`: what serves no goal at all."""
    serves = source.kept("serves", day, _SERVES)
    projects = f"(from {source.on(day)} where is_live and {IN_SCOPE})"
    columns = ", ".join(f"coalesce(sum(share) filter (ancestor = $g{n}), 0)::double" for n in range(len(goals)))
    found = source.records(
        f"""
        with recursive
        known_goal as (select goal_id from stg_goals union select goal_id from {serves}),
        {_ABOVE},
        page as (
            select *, count(*) over () as total_rows from {projects}
            order by budget desc nulls last, project_key limit {int(rows)} offset {int(start)}
        ),
        split as (
            select s.project_key, [{columns}] as shares
            from {serves} as s join above as a using (goal_id) group by s.project_key
        ),
        whole as (select project_key, sum(share) as share from {serves} group by project_key)
        select p.*, coalesce(s.shares, []) as shares, greatest(0, 1 - coalesce(w.share, 0))::double as rest
        from page as p left join split as s using (project_key) left join whole as w using (project_key)
        order by budget desc nulls last, project_key
        """,
        {**scope.parameters(), **{f"g{n}": goal for n, goal in enumerate(goals)}},
    )
    none = [0.0] * len(goals)
    return (found[0]["total_rows"] if found else 0), [{**row, "shares": row["shares"] or none} for row in found]


def alignment_file(source: Source, day: dt.date, scope: Scope) -> Any:
    """One row a live project and goal that it serves, and one for what serves none, as a frame for a file."""
    serves = source.kept("serves", day, _SERVES)
    return source.frame(
        f"""
        with projects as (from {source.on(day)} where is_live and {IN_SCOPE}),
        part as (
            select project_key, goal_id, share, rationale, is_stated from {serves}
            union all
            select p.project_key, null, 1 - coalesce(sum(s.share), 0) as share, null, null
            from projects as p left join {serves} as s using (project_key)
            group by p.project_key having 1 - coalesce(sum(s.share), 0) > {LEAST}
        )
        select
            p.project_id, p.project_name, p.portfolio, p.program_name, p.stage, part.goal_id,
            g.goal_name, part.share, p.budget * part.share as amount, p.currency, p.reported, p.computed,
            part.is_stated as stated_by_alignment, part.rationale
        from part join projects as p using (project_key) left join stg_goals as g on g.goal_id = part.goal_id
        order by p.project_key, part.goal_id nulls last
        """,
        scope.parameters(),
    )
