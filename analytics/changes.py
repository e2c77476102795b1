"""What changed between two reviews, project by project. Source: methods "What changed between two reviews"."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics.reading import IN_SCOPE, Basis, Scope, Source

NAMED = 3  # projects named in each group of changes
UNNAMED = "reported"  # the group that nearly all projects are in: it is counted only

# One change each, in terms of `between`; a project may be in several. The red of "newly-red" is that of the basis. What
# came or went did nothing else, and what only went to another program or portfolio did neither begin nor end.
_GROUPS = {
    "entered": "is_in and not was_in and not was_live",
    "moved-here": "is_in and not was_in and was_live",
    "ended": "was_in and not is_in and not is_live",
    "moved-away": "was_in and not is_in and is_live",
    "newly-red": "is_both and is_red and not was_red",
    "no-longer-red": "is_both and was_red and not is_red",
    "newly-green-red": "is_both and is_green_red and not was_green_red",
    "finish": "finish_moved <> 0",
    "cost": "cost_moved <> 0",
    "baseline": "coalesce(baseline_moved <> 0, false) or coalesce(budget_moved <> 0, false)",
    "missed": "missed_moved > 0",
    "replanned": "replanned > 0",
    "risk": "exposure_moved > 0",
    "stage": "is_in and was_in and stage <> was_stage",
    "reported": "is_in and status_date is distinct from was_status_date",
}
GROUPS = tuple(_GROUPS)
MOVES = ("moved-here", "moved-away")  # which the whole portfolio can't have
# What comes first in a group: what moved most, else most budget.
_FIRST = {
    "finish": "abs(finish_moved)",
    "cost": "abs(cost_moved)",
    "baseline": "coalesce(abs(budget_moved), 0) + 1e-9 * abs(baseline_moved)",
    "missed": "missed_moved",
    "replanned": "replanned",
    "risk": "exposure",
}


def between(source: Source, day: dt.date, before: dt.date | None, basis: Basis) -> str:
    """The relation of all projects of a review beside what they were at an earlier one, to be put behind `from`.

    Columns: those of Source.on; in_scope, is_in (live and in scope), is_red (in, and red as the basis says),
    is_green_red (in, and reported green, computed red), each also of then as was_...; was_live, was_stage,
    was_reported, was_computed, was_status_date; and of the projects that are in at both: finish_moved and
    baseline_moved (days), complete_moved (percentage points), cost_moved (estimate at completion), budget_moved and
    spent_moved, in the row's currency where that is the same, else null; missed_moved and replanned (how many more
    milestones are missed, or planned for another day than at first), exposure_moved (of the largest open risk).
    It takes the parameters of a scope. Without an earlier review nothing was.
    """
    earlier = f"{source.on(before)}" if before else f"{source.on(day)} where false"
    colour = {"computed": "computed", "reported": "reported"}[basis]
    return f"""(
        select
            now.*,
            coalesce(earlier.is_in, false) as was_in,
            coalesce(earlier.is_live, false) as was_live,
            coalesce(earlier.is_red, false) as was_red,
            coalesce(earlier.is_green_red, false) as was_green_red,
            earlier.stage as was_stage,
            earlier.reported as was_reported,
            earlier.computed as was_computed,
            earlier.status_date as was_status_date,
            now.is_in and was_in as is_both,
            is_both and now.currency = earlier.currency as is_like,
            case when is_both then now.finish_then - earlier.finish_then end as finish_moved,
            case when is_both then now.baseline_finish - earlier.baseline_finish end as baseline_moved,
            case when is_like then round(now.eac - earlier.eac, 2) end as cost_moved,
            case when is_like then round(now.budget - earlier.budget, 2) end as budget_moved,
            case when is_like then round(now.actual_cost - earlier.actual_cost, 2) end as spent_moved,
            case when is_both then now.percent_complete - earlier.percent_complete end as complete_moved,
            case when is_both then coalesce(now.milestones_missed, 0) - coalesce(earlier.milestones_missed, 0) end
                as missed_moved,
            case when is_both then now.milestones_moved - earlier.milestones_moved end as replanned,
            case when is_both then coalesce(now.exposure, 0) - coalesce(earlier.exposure, 0) end as exposure_moved
        from ({_sided(source.on(day), colour)}) as now
        left join ({_sided(earlier, colour)}) as earlier using (project_key)
    )"""


def _sided(relation: str, colour: str) -> str:
    return f"""
        select
            *,
            coalesce({IN_SCOPE}, false) as in_scope,
            in_scope and is_live as is_in,
            is_in and {colour} = 'red' as is_red,
            is_in and is_watermelon as is_green_red
        from {relation}
    """


def predicate(group: str) -> str:
    """Which rows of `between` a group of changes holds."""
    return f"({_GROUPS[group]})"


def order(group: str) -> str:
    """What comes first in a group of changes: what moved most, else most budget."""
    return f"{_FIRST.get(group, 'budget')} desc nulls last"


@dataclass(frozen=True)
class Moved:
    """One project that changed, named in a group; amounts are in its currency, and None where not comparable."""

    project_id: str
    project_name: str
    currency: str
    budget: float | None
    stage: str
    is_live: bool
    was_stage: str | None
    finish_moved: int | None
    cost_moved: float | None
    baseline_moved: int | None
    budget_moved: float | None
    missed_moved: int | None
    replanned: int | None
    exposure: int | None
    exposure_moved: int | None


_MOVED = (
    "project_key",
    "project_name",
    "currency",
    "budget",
    "stage",
    "is_live",
    "was_stage",
    "finish_moved",
    "cost_moved",
    "baseline_moved",
    "budget_moved",
    "missed_moved",
    "replanned",
    "exposure",
    "exposure_moved",
)


@dataclass(frozen=True)
class Net:
    """The sums of a group over the projects of one currency."""

    currency: str
    projects: int
    cost_moved: float | None
    budget_moved: float | None


@dataclass(frozen=True)
class Group:
    """One kind of change: how many projects, how many of them finish later, those to be named first, and the sums of
    each currency."""

    count: int = 0
    later: int = 0
    named: tuple[Moved, ...] = ()
    net: tuple[Net, ...] = ()


@dataclass(frozen=True)
class Changes:
    """What changed between two reviews, by group."""

    groups: Mapping[str, Group]

    def __getitem__(self, name: str) -> Group:
        return self.groups.get(name, Group())

    def count(self, name: str) -> int:
        """How many projects a group holds."""
        return self[name].count


def changes(source: Source, day: dt.date, before: dt.date, scope: Scope, basis: Basis) -> Changes:
    """What changed in a scope between two reviews, each group with its first projects.

    Amounts of two currencies can't be compared: the first of each currency comes first, then the second of each.
    """
    listed = ", ".join(f"case when {where} then '{name}' end" for name, where in _GROUPS.items() if name != UNNAMED)
    firsts = " ".join(f"when '{name}' then {amount}" for name, amount in _FIRST.items())
    rows = source.records(
        f"""
        with
        moved as materialized (
            select
                {", ".join(_MOVED)},
                [{listed}] as changed,
                {predicate(UNNAMED)} as has_reported
            from {between(source, day, before, basis)}
        ),
        change as (
            from (select *, unnest(changed) as name from moved) where name is not null
        ),
        placed as (
            select
                *,
                count(*) over whole as projects,
                count(*) filter (finish_moved > 0) over whole as later,
                (sum(exact(cost_moved)) over whole)::double as net_cost,
                (sum(exact(budget_moved)) over whole)::double as net_budget,
                row_number() over (
                    partition by name, currency
                    order by case name {firsts} else budget end desc nulls last, project_key
                ) as place
            from change
            window whole as (partition by name, currency)
        )
        select * exclude (changed, has_reported) from placed where place <= {NAMED}
        union all by name
        select '{UNNAMED}' as name, count(*) as projects, 0 as later, 0 as place
        from moved where has_reported
        having count(*) > 0
        order by name, place, projects desc, currency
        """,
        scope.parameters(),
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["name"], []).append(row)
    return Changes({name: _group(found[name]) for name in GROUPS if name in found})


def _group(rows: list[dict[str, Any]]) -> Group:
    firsts = [row for row in rows if row["place"] <= 1]
    return Group(
        sum(row["projects"] for row in firsts),
        sum(row["later"] for row in firsts),
        tuple(Moved(*(row[name] for name in _MOVED)) for row in rows if row["place"])[:NAMED],
        tuple(Net(row["currency"], row["projects"], row["net_cost"], row["net_budget"]) for row in firsts),
    )
