"""One colour for many projects: the rule that gives it, its evidence, and what would flip it. Source: "Roll-up"."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics import reasons
from analytics.reading import Basis, Source


@dataclass(frozen=True)
class Rollup:
    """One colour for many projects, the rule that gave it in words, and its evidence.

    `red_share`, `amber_share` and `green_share` are shares of one of the budget, or of
    the number of projects where `by` is "count"; `known` is the share of projects with a colour, `mean` that of the
    colours (green 0, amber 1, red 2), None where none is known.
    """

    state: str
    rule: str
    by: str
    red_share: float
    amber_share: float
    green_share: float
    red_projects: int
    amber_projects: int
    critical_red: int
    known: float
    mean: float | None


@dataclass(frozen=True)
class Rules:
    """The roll-up rule in force and its thresholds, shares of one."""

    rule: str
    red: float
    amber: float
    known: float


def rollup_rules(source: Source) -> Rules:
    """The roll-up rule in force."""
    rows = source.rows(
        "select coalesce(rule_word('rollup_rule'), 'share'), "
        "rule_value('rollup_red'), rule_value('rollup_amber'), rule_value('rollup_known')"
    )
    return Rules(*rows[0])


def rollup_of(row: Mapping[str, Any], basis: Basis, rules: Rules) -> Rollup:
    """A row of evidence (the columns of a basis, its _state and _mean, and by_budget) with the rule in words."""
    evidence, state = row[basis], row[f"{basis}_state"]
    by = "budget" if row["by_budget"] else "count"
    return Rollup(
        state,
        _words(state, by, evidence, rules),
        by,
        evidence["red"],
        evidence["amber"],
        evidence["green"],
        evidence["red_projects"],
        evidence["amber_projects"],
        evidence["critical_red"],
        evidence["known"],
        row[f"{basis}_mean"],
    )


def _words(state: str, by: str, evidence: Mapping[str, Any], rules: Rules) -> str:
    """The rule that gave a colour, with its threshold."""
    if state == "unknown":
        return f"Unknown under {_limit(rules.known)} of projects with a known colour"
    if rules.rule == "worst":
        return f"{state.capitalize()}, as the worst project is"
    if rules.rule == "mean":
        bands = {"red": "Red from a mean of 1.5", "amber": "Amber from a mean of 0.5"}
        return f"{bands.get(state, 'Green under a mean of 0.5')} (green 0, amber 1, red 2), by {by}"
    if state == "red" and round(evidence["red"], 9) >= rules.red:
        return f"Red from {_limit(rules.red)} in red, by {by}"
    if state == "red":
        return "Red, as a critical project is red"
    under = "Amber from" if state == "amber" else "Green under"
    return f"{under} {_limit(rules.amber)} in red and amber, by {by}"


def flips(rollup: Rollup, rules: Rules, projects: pd.DataFrame, basis: Basis) -> str:
    """The smallest change that would give a program another colour, in words: by its projects (project_name, budget,
    is_critical and the basis' own column)."""
    if rules.rule == "worst":
        return _worst_flip(rollup)
    if rules.rule == "mean":
        return _mean_flip(rollup)
    weights = projects["budget"] if rollup.by == "budget" else pd.Series(1.0, index=projects.index)
    shares = weights / weights.sum()
    states = projects[basis]
    if rollup.state == "unknown":
        known = reasons.share(rollup.known, [rules.known])
        return f"A colour once {_limit(rules.known)} of its projects have one, now {known}"
    if rollup.state == "green":
        here = reasons.share(rollup.red_share + rollup.amber_share, [rules.amber])
        return f"Amber from {_limit(rules.amber)} in red and amber, it has {here}"
    if rollup.state == "red":
        counted, limit, better = shares[states == "red"], rules.red, "No longer red"
        must = projects["is_critical"] & (states == "red")
    else:
        counted, limit = shares[states.isin(["red", "amber"])], rules.amber
        better = "Green" if rollup.known >= rules.known else "No longer amber"
        must = pd.Series(False, index=projects.index)
    needed = _fewest(counted, must[counted.index], limit)
    names = [reasons.shortened(name, 60) for name in projects.loc[needed, "project_name"]]
    turned = "is not red" if rollup.state == "red" else "is green"
    if len(names) == 1:
        return f"{better} once {names[0]} {turned}"
    return f"{better} once {len(names)} projects are {turned.removeprefix('is ')}, such as {' and '.join(names[:2])}"


def _limit(share: float) -> str:
    """A threshold with all its decimals."""
    return reasons.share(share, [share])


def _fewest(shares: "pd.Series[float]", must: "pd.Series[bool]", limit: float) -> list[Any]:
    """The fewest projects that have to leave so that the rest stays below a limit; of one alone, the smallest."""
    ordered = shares.sort_values(ascending=False, kind="stable")
    left = shares.sum() - ordered[must[ordered.index]].sum()
    gone = list(ordered[must[ordered.index]].index)
    rest = ordered[~must[ordered.index]]
    if round(left, 9) < limit:
        return gone
    alone = rest[(left - rest).round(9) < limit]
    if len(alone):
        return [*gone, alone.index[-1]]
    after = (left - rest.cumsum()).round(9)
    return [*gone, *rest.index[: int((after >= limit).sum()) + 1]]


def _worst_flip(rollup: Rollup) -> str:
    if rollup.state in ("red", "amber"):
        count = rollup.red_projects if rollup.state == "red" else rollup.amber_projects
        which = "its one project" if count == 1 else f"all {count:,} projects"
        return f"No longer {rollup.state} once {which} in {rollup.state} {'is' if count == 1 else 'are'} better"
    return "Amber or red with the first project that is"


def _mean_flip(rollup: Rollup) -> str:
    if rollup.mean is None:
        return ""
    better = {"red": "Amber below a mean of 1.5", "amber": "Green below a mean of 0.5"}
    return f"{better.get(rollup.state, 'Amber from a mean of 0.5')}; now {rollup.mean:.2f}"
