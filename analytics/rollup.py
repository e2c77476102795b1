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
    colours (green 0, amber 1, red 2), None where none is known. `limits` are the shares from which it is amber and red,
    where it stands on shares.
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
    limits: tuple[float, ...] = ()

    @property
    def red_and_amber(self) -> tuple[str, str]:
        """The shares in red and in amber in words: alone and together they never read like a limit not reached."""
        both = self.red_share + self.amber_share
        places = max(reasons.decimals(share, self.limits) for share in (self.red_share, both))
        red, amber = (
            f"{round(share * 100, 7):,.{places}f} %" if places and share else reasons.share(share)
            for share in (self.red_share, self.amber_share)
        )
        return red, amber


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
        (rules.amber, rules.red) if rules.rule == "share" else (),
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
    weights = projects["budget"] if rollup.by == "budget" else pd.Series(1.0, index=projects.index)
    shares = weights / weights.sum()
    states = projects[basis]
    if rollup.state == "unknown":
        known = reasons.share(rollup.known, [rules.known])
        return f"A colour once {_limit(rules.known)} of its projects have one, now {known}"
    if rules.rule == "worst":
        return _worst_flip(rollup, shares, projects, states)
    if rules.rule == "mean":
        return _mean_flip(rollup, shares, projects, states)
    if rollup.state == "green":
        return _worse(rollup, rules, shares, projects, states)
    if rollup.state == "red":
        counted, limit, better = shares[states == "red"], rules.red, "No longer red"
        must = projects["is_critical"] & (states == "red")
    else:
        counted, limit = shares[states.isin(["red", "amber"])], rules.amber
        better = "Green" if rollup.known >= rules.known else "No longer amber"
        must = pd.Series(False, index=projects.index)
    needed = _fewest(counted, must[counted.index], limit)
    names = [_name(projects, key) for key in needed]
    turned = "is not red" if rollup.state == "red" else "is green"
    if len(names) == 1:
        return f"{better} once {names[0]} {turned}"
    return f"{better} once {len(names)} projects are {turned.removeprefix('is ')}, such as {' and '.join(names[:2])}"


def _limit(share: float) -> str:
    """A threshold with all its decimals."""
    return reasons.share(share, [share])


def _name(projects: pd.DataFrame, key: Any) -> str:
    return reasons.shortened(projects.loc[key, "project_name"], 60)


def _worse(
    rollup: Rollup, rules: Rules, shares: "pd.Series[float]", projects: pd.DataFrame, states: "pd.Series[str]"
) -> str:
    """Which single project would turn what is green by shares: the smallest that is critical, the smallest of all."""
    here = rollup.red_share + rollup.amber_share
    better = shares[~states.isin(["red", "amber"])].sort_values(kind="stable")
    critical = better[projects.loc[better.index, "is_critical"].astype(bool)]
    enough = better[(here + better).round(9) >= rules.amber]
    said = [f"Red once {_name(projects, critical.index[0])} is red, which is critical"] if len(critical) else []
    if len(enough):
        said.append(f"{'amber' if said else 'Amber'} once {_name(projects, enough.index[0])} is amber")
    if said:
        return "; ".join(said)
    now = reasons.share(here, [rules.amber])
    return f"No single project can: amber from {_limit(rules.amber)} in red and amber, it has {now}"


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


def _worst_flip(rollup: Rollup, shares: "pd.Series[float]", projects: pd.DataFrame, states: "pd.Series[str]") -> str:
    bad = projects.index[states == rollup.state]
    if rollup.state == "green":
        return f"Amber once {_name(projects, shares.idxmin())} is amber, as any other would turn it too"
    if len(bad) == 1:
        return f"No longer {rollup.state} once {_name(projects, bad[0])} is better"
    return f"No longer {rollup.state} once all {len(bad):,} projects in {rollup.state} are better"


def _mean_flip(rollup: Rollup, shares: "pd.Series[float]", projects: pd.DataFrame, states: "pd.Series[str]") -> str:
    """The smallest change of one project's colour that puts the mean on the other side of a limit."""
    if rollup.mean is None:
        return ""
    scores = states.map({"green": 0.0, "amber": 1.0, "red": 2.0})
    is_known = scores.notna()
    whole, summed = float(shares[is_known].sum()), float((shares * scores).sum())
    found = []
    for score, colour in enumerate(("green", "amber", "red")):
        means = (summed + shares * (score - scores.fillna(0))) / (whole + shares.where(~is_known, 0))
        becomes = means.round(9).map(lambda mean: "red" if mean >= 1.5 else "amber" if mean >= 0.5 else "green")
        flipped = (shares * (score - scores.fillna(0)).abs())[becomes != rollup.state]
        if len(flipped):
            key: Any = flipped.idxmin()
            found.append((flipped.min(), f"{str(becomes[key]).capitalize()} once {_name(projects, key)} is {colour}"))
    if found:
        return min(found)[1]
    better = {"red": "amber below a mean of 1.5", "amber": "green below a mean of 0.5"}
    return f"No single project can: {better.get(rollup.state, 'amber from a mean of 0.5')}, now {rollup.mean:.2f}"
