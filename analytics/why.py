"""Why a project has its colours: rule, inputs, and the smallest change of one input that would flip each.

Source: methods "Health": every colour explains itself.
"""

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from analytics import evidence, reasons, resources
from analytics.origins import Origin, origins
from analytics.reading import Source
from analytics.resources import Queue, Step

WORST = ("green", "amber", "red")  # in this order a colour is worse
RULES = {
    "schedule": "of the planned time",
    "cost": "over budget",
    "milestones": "of the milestones due not met",
    "resources": "of the FTE-months needed in the next three months not met",
}
# The inputs of each dimension, as columns of the project's row; those of cost as estimate_at_completion takes them.
INPUTS = {
    "reported": ("reported_health",),
    "schedule": ("baseline_start", "baseline_finish", "forecast_finish", "actual_finish"),
    "cost": ("forecast_cost", "budget", "earned_value", "actual_cost"),
}


@dataclass(frozen=True)
class Change:
    """A change of one input that gives a colour: of which dimension, which input (a column of its export), to what.

    `by` is how far it moves, in `unit`: days, the project's currency, milestones, points or FTE. `size` is that as a
    share (of the planned time, of the budget, of the milestones due, of the 25 points that a risk can have, of the
    FTE-months needed), so that changes of different inputs compare. `items` are the milestones, or the risk, that it is
    about; of people the team, its skill and the month.
    """

    dimension: str
    input: str
    to: Any
    by: float
    unit: str
    size: float
    becomes: str
    words: str
    items: tuple[str, ...] = ()


@dataclass(frozen=True)
class Witness:
    """One milestone, risk, or month of a team that a colour comes from, in words, and its row in the export."""

    words: str
    origin: Origin | None


@dataclass(frozen=True)
class Judgement:
    """One colour with why: `because` holds its inputs, `rule` the thresholds, `flips` in words what would change it.

    `change` is the smallest change of one input that flips the colour; None where no single one can. `witnesses` are
    the milestones or risks behind it.
    """

    dimension: str
    state: str
    because: str
    rule: str
    flips: str = ""
    change: Change | None = None
    witnesses: tuple[Witness, ...] = ()


@dataclass(frozen=True)
class _Dimension:
    """A dimension's colour, and its changes: `reach` gives at least a colour, `leave` a better one than it.

    `stuck` says in words why it can't be left.
    """

    name: str
    state: str
    because: str
    reach: Mapping[str, Change] = field(default_factory=dict)
    leave: Mapping[str, Change] = field(default_factory=dict)
    stuck: str = ""
    witnesses: tuple[Witness, ...] = ()


def judgements(source: Source, day: dt.date, row: Mapping[str, Any]) -> tuple[Judgement, ...]:
    """Every colour of a project on a date (a row of Source.on), with why: reported, each dimension, and computed."""
    rules: dict[str, float] = dict(source.rows("select name, value from rule_in_force"))
    found = [
        _schedule(row, rules, day),
        _cost(source, row, rules),
        _milestones(source, day, row, rules),
        _risk(source, day, row, rules),
        _resources(source, day, row, rules),
    ]
    return (
        Judgement("reported", row["reported"], _reported(row), "The report's own rating; a person's confidence"),
        *(_judged(dimension, rules) for dimension in found),
        _computed(row["computed"], found),
    )


def smallest(changes: Iterable[Change]) -> Change | None:
    """The change that moves least, by its size; of equals the first."""
    return min(changes, key=lambda change: change.size, default=None)


def _reported(row: Mapping[str, Any]) -> str:
    if row["status_date"] is None:
        return "No report yet"
    rating = row["reported_health"]
    return f"The report of {reasons.date(row['status_date'])} {f'says {rating}' if rating else 'gives no colour'}"


def _judged(dimension: _Dimension, rules: Mapping[str, float]) -> Judgement:
    name = dimension.name
    amber, red = rules[f"{name}_amber"], rules[f"{name}_red"]
    if name == "risk":
        rule = f"Amber from an open exposure of {amber:g}, red from {red:g} (probability times impact)"
    else:
        rule = f"Amber from {reasons.share(amber, [amber])}, red from {reasons.share(red, [red])} {RULES[name]}"
    changes = _own_changes(dimension)
    words = "; ".join([*(change.words for change in changes), *([dimension.stuck] if dimension.stuck else [])])
    return Judgement(
        name,
        dimension.state,
        dimension.because,
        rule,
        words,
        smallest(changes),
        dimension.witnesses,
    )


def _own_changes(dimension: _Dimension) -> list[Change]:
    """The changes that give the dimension another colour, the better one first."""
    state = dimension.state
    better = [dimension.leave[state]] if state in dimension.leave else []
    worse = [dimension.reach[colour] for colour in _worse(state) if colour in dimension.reach][:1]
    return [*better, *worse]


def _worse(state: str) -> tuple[str, ...]:
    return WORST[WORST.index(state) + 1 :] if state in WORST else ()


def _computed(state: str, dimensions: Sequence[_Dimension]) -> Judgement:
    rule = "The worst of schedule, cost, milestones, risk and resources, as far as they are known"
    if state not in WORST:
        return Judgement(
            "computed", state, "None of schedule, cost, milestones, risk and resources can be judged", rule
        )
    worst = [dimension for dimension in dimensions if dimension.state == state]
    names = reasons.listed([dimension.name for dimension in worst])
    changes: list[Change] = []
    flips = ""
    if state != "green":
        if len(worst) > 1:
            flips = (
                f"No single input: {names} are all {state}"
                if len(worst) > 2
                else f"No single input: {names} are both {state}"
            )
        elif state in worst[0].leave:
            others = [d.state for d in dimensions if d is not worst[0]]
            leave = worst[0].leave[state]
            changes.append(replace(leave, becomes=_worst([leave.becomes, *others])))
        else:
            flips = worst[0].stuck
    worse = [d.reach[colour] for d in dimensions for colour in _worse(state)[:1] if colour in d.reach]
    changes += [change] if (change := smallest(worse)) else []
    said = [f"{change.words} ({change.dimension})" for change in changes]
    return Judgement(
        "computed",
        state,
        f"The worst that is known: {names}",
        rule,
        "; ".join([*said, *([flips] if flips else [])]),
        smallest(changes),
    )


def _worst(states: Iterable[str]) -> str:
    return max((state for state in states if state in WORST), key=WORST.index, default="unknown")


def _band(value: float, amber: float, red: float) -> str:
    return "red" if value >= red else "amber" if value >= amber else "green"


def _schedule(row: Mapping[str, Any], rules: Mapping[str, float], day: dt.date) -> _Dimension:
    """The finish at which the schedule gets another colour: the forecast, or the actual one once it is reported."""
    because = reasons.schedule(row)
    if row["slip"] is None:
        return _Dimension("schedule", row["schedule"], because)
    amber, red = rules["schedule_amber"], rules["schedule_red"]
    start, baseline = row["baseline_start"], row["baseline_finish"]
    planned = (baseline - start).days
    now = (row["finish_then"] - baseline).days
    is_done = row["actual_finish"] is not None and row["actual_finish"] <= day
    stuck = ""

    def change(late: int, words: str) -> Change | None:
        finish = baseline + dt.timedelta(days=late)
        # What is reported as finished can't have finished after the review, nor what is not, before it.
        if finish > day if is_done else finish < day:
            return None
        name = "actual_finish" if is_done else "forecast_finish"
        becomes = _band(late / planned, amber, red)
        text = f"{becomes.capitalize()} with a finish {words} {reasons.date(finish)}"
        return Change("schedule", name, finish, late - now, "days", abs(late - now) / planned, becomes, text)

    reach: dict[str, Change] = {}
    leave: dict[str, Change] = {}
    for colour, bound in (("amber", amber), ("red", red)):
        first = _first_at(bound, planned)
        if worse := change(first, "from"):
            reach[colour] = worse
        if better := change(first - 1, "by"):
            leave[colour] = better
        elif colour == row["schedule"]:
            better_by = reasons.date(baseline + dt.timedelta(days=first - 1))
            becomes = _band((first - 1) / planned, amber, red).capitalize()
            stuck = f"{becomes} no longer possible: it took a finish by {better_by}"
    return _Dimension("schedule", row["schedule"], because, reach, leave, stuck)


def _first_at(bound: float, whole: int) -> int:
    """The smallest count whose share of a whole reaches a bound, as the models divide."""
    count = max(0, math.ceil(bound * whole) - 2)
    while count / whole < bound:
        count += 1
    return count


def _cost(source: Source, row: Mapping[str, Any], rules: Mapping[str, float]) -> _Dimension:
    """The amount at which the cost gets another colour: the forecast cost, or what was spent where none is stated, or
    where it is above the forecast."""
    because = reasons.cost(row)
    if row["overrun"] is None:
        return _Dimension("cost", row["cost"], because)
    is_stated = row["forecast_cost"] is not None
    names = ["forecast_cost"] if is_stated else ["actual_cost"]
    if reasons.is_overspent(row):
        names.append("actual_cost")
    reach: dict[str, Change] = {}
    leave: dict[str, Change] = {}
    stuck = ""
    for colour in ("amber", "red"):
        found = [_cost_changes(source, row, name, colour, rules) for name in names]
        if worse := smallest(change for change, _ in found if change):
            reach[colour] = worse
        if better := smallest(change for _, change in found if change):
            leave[colour] = better
        elif colour == row["cost"] and is_stated:
            stuck = "No single input: the forecast cost and the cost so far are both too high"
    return _Dimension("cost", row["cost"], because, reach, leave, stuck)


def _cost_changes(
    source: Source, row: Mapping[str, Any], name: str, colour: str, rules: Mapping[str, float]
) -> tuple[Change | None, Change | None]:
    """The amounts of an input from which the cost has at least a colour, and below which it has a better one."""
    budget, earned, currency = row["budget"], row["earned_value"], row["currency"]
    # Without a forecast, what is spent for what was earned decides; of more than all of the work, what is spent.
    whole = budget if row["forecast_cost"] is not None or earned > budget else earned
    # Overruns are rounded to nine digits, so a colour begins a little below its bound.
    near = math.floor(whole * (1 + rules[f"cost_{colour}"] - 5e-10) * 100)
    cents = [at / 100 for at in range(near - 50, near + 51)]
    judged = _cost_colours(source, row, name, cents)
    first = next((n for n, state in enumerate(judged) if state and WORST.index(state) >= WORST.index(colour)), None)
    if not first:
        return None, None
    limit = f"{_exact(cents[first])} {currency}"
    what = "a forecast cost" if name == "forecast_cost" else "a cost so far"

    def change(at: int, words: str) -> Change | None:
        if cents[at] < 0:
            return None
        becomes, by = str(judged[at]), cents[at] - row[name]
        text = f"{becomes.capitalize()} with {what} {words}"
        return Change("cost", name, cents[at], by, currency, abs(by) / abs(whole), becomes, text)

    return change(first, f"of {limit} or more"), change(first - 1, f"below {limit}")


def _exact(amount: float) -> str:
    """An amount to the cent, where it has cents."""
    return f"{amount:,.0f}" if amount == round(amount) else f"{amount:,.2f}"


def _cost_colours(source: Source, row: Mapping[str, Any], name: str, amounts: Sequence[float]) -> list[str | None]:
    """The colour of the cost with each of some amounts as one of its inputs, as the models judge."""
    given = {column: row[column] for column in INPUTS["cost"] if column != name}
    inputs = ", ".join("amount" if column == name else f"${column}::double" for column in INPUTS["cost"])
    found = source.rows(
        f"select cost_colour(overrun_share(estimate_at_completion({inputs}), $budget::double)) "
        "from (select unnest($amounts::double[]) as amount) order by amount",
        {**given, "amounts": list(amounts)},
    )
    return [state for (state,) in found]


def _milestones(source: Source, day: dt.date, row: Mapping[str, Any], rules: Mapping[str, float]) -> _Dimension:
    """How many milestones would have to be met, or not, for another colour."""
    due, missed = row["milestones_due"] or 0, row["milestones_missed"] or 0
    if not due:
        known = row["milestones_due"] is not None
        return _Dimension(
            "milestones", row["milestones"], f"Can't be judged: no milestone {'is due yet' if known else 'is reported'}"
        )
    amber, red = rules["milestones_amber"], rules["milestones_red"]
    found = [m for m in evidence.milestones(source, day, row["project_key"]) if m["is_due"]]
    late = [m for m in found if m["is_missed"]]
    met = [m for m in reversed(found) if not m["is_missed"]]
    reach: dict[str, Change] = {}
    leave: dict[str, Change] = {}
    for colour, bound in (("amber", amber), ("red", red)):
        first = _first_at(bound, due)
        if missed < first <= due:
            some = [m["milestone_id"] for m in met[: first - missed]]
            becomes = _band(first / due, amber, red)
            text = f"{becomes.capitalize()} if {_of_met(first - missed, due - missed)} were not"
            reach[colour] = _milestones_change(some, None, due, becomes, text)
        if 0 < first <= missed:
            some = [m["milestone_id"] for m in late[: missed - first + 1]]
            becomes = _band((first - 1) / due, amber, red)
            text = f"{becomes.capitalize()} once {_of_missed(len(some), missed)} met"
            leave[colour] = _milestones_change(some, day, due, becomes, text)
    because = f"{missed} of {reasons.count(due, 'milestone')} due not met" if missed else f"All {due} due are met"
    if due == 1:
        because = "The one milestone due is not met" if missed else "The one milestone due is met"
    shown = witnesses(
        source,
        [(m, f"{m['milestone_name']}, due {reasons.date(m['baseline_date'])}") for m in late],
    )
    return _Dimension("milestones", row["milestones"], because, reach, leave, witnesses=shown)


def _of_missed(count: int, missed: int) -> str:
    if missed == 1:
        return "the missed milestone is"
    return (
        f"{'all' if count == missed else f'{count} of the'} {missed} missed milestones {'are' if count > 1 else 'is'}"
    )


def _of_met(count: int, met: int) -> str:
    if met == 1:
        return "the one milestone met"
    return f"{'all' if count == met else f'{count} of the'} {met} milestones met"


def _milestones_change(items: Sequence[str], to: dt.date | None, due: int, becomes: str, words: str) -> Change:
    by = len(items) if to is None else -len(items)
    return Change("milestones", "actual_date", to, by, "milestones", len(items) / due, becomes, words, tuple(items))


def _risk(source: Source, day: dt.date, row: Mapping[str, Any], rules: Mapping[str, float]) -> _Dimension:
    """Which score of which open risk would give another colour."""
    found = [r for r in evidence.risks(source, day, row["project_key"]) if r["is_open"]]
    if row["exposure"] is None:
        said = "none of the open risks is scored" if found else "no risk is reported"
        return _Dimension("risk", row["risk"], f"Can't be judged: {said}")
    amber, red = rules["risk_amber"], rules["risk_red"]
    scored = [r for r in found if r["exposure"] is not None]
    reach: dict[str, Change] = {}
    leave: dict[str, Change] = {}
    stuck = ""
    for colour, bound in (("amber", amber), ("red", red)):
        worse = [change for r in scored for change in rescored(r, bound, amber, red) if change.by > 0]
        if change := smallest(worse):
            reach[colour] = change
        above = [r for r in scored if r["exposure"] >= bound]
        if len(above) == 1:
            others = max((r["exposure"] for r in scored if r is not above[0]), default=0)
            better = smallest(change for change in rescored(above[0], bound, amber, red) if change.by < 0)
            if better:
                leave[colour] = replace(better, becomes=_worst([better.becomes, _band(others, amber, red)]))
            elif colour == row["risk"]:
                name = reasons.shortened(above[0]["risk_name"], 60)
                stuck = f"No single score; {_band(others, amber, red)} once “{name}” is closed"
        elif len(above) > 1 and colour == row["risk"]:
            stuck = f"No single input: {len(above)} open risks score {bound:g} or more"
    if not scored and row["risk"] == "green":
        stuck = f"Amber with an open risk of {amber:g} or more"
    elif not (reach or leave or stuck):
        stuck = "No single score of an open risk"
    top = [r for r in scored if r["exposure"] == row["exposure"]]
    because = "No risk is open"
    if top:
        one = top[0]
        what = "issue" if one["risk_kind"] == "issue" else "risk"
        because = (
            f"Largest open exposure {one['exposure']} ({one['probability']} × {one['impact']}): {what} "
            f"“{reasons.shortened(one['risk_name'])}”"
        )
    shown = witnesses(
        source,
        [
            (r, f"{r['risk_name']}, {r['probability']} × {r['impact']} = {r['exposure']}")
            for r in scored
            if r["exposure"] >= min(amber, row["exposure"])
        ],
    )
    return _Dimension("risk", row["risk"], because, reach, leave, stuck, shown)


def _resources(source: Source, day: dt.date, row: Mapping[str, Any], rules: Mapping[str, float]) -> _Dimension:
    """In which month more or fewer people of which team, or less or more need, would give another colour."""
    found = resources.queues(source, day, row["project_key"])
    known = [queue for queue in found if queue.capacity is not None]
    state, shown = row["resources"], _people(source, found)
    if not known:
        said = "no capacity is stated of the people it needs" if found else "it needs nobody, as far as is loaded,"
        because = f"Can't be judged: {said} in the next three months"
        return _Dimension("resources", state, because, witnesses=shown)
    amber, red = rules["resources_amber"], rules["resources_red"]
    reach: dict[str, Change] = {}
    leave: dict[str, Change] = {}
    stuck = ""
    for colour, bound in (("amber", amber), ("red", red)):
        better = WORST.index(state) >= WORST.index(colour)
        steps = resources.steps(known, bound, better=better)
        made = [_people_change(step, row, _band(step.share, amber, red)) for step in steps]
        best = [one for name in ("capacity", "demand") if (one := smallest(c for c in made if c.input == name))]
        if best:
            best.sort(key=lambda change: change.size)
            others = [_or(best[0].words, one.words) for one in best[1:] if one.becomes == best[0].becomes]
            words = " or ".join([best[0].words, *others])
            (leave if better else reach)[colour] = replace(best[0], words=words)
        elif better and colour == state:
            short = [queue for queue in known if queue.unmet]
            stuck = f"No single input: people are missing in {reasons.count(len(short), 'month')} of its teams"
    needed, unmet = sum(queue.needed for queue in known), sum(queue.unmet for queue in known)
    part = reasons.share(float(unmet) / float(needed), [amber, red])
    because = (
        f"{reasons.fte(unmet)} of the {reasons.fte(needed)} FTE-months needed in the next three months not met, {part}"
        if unmet
        else f"All {reasons.fte(needed)} FTE-months needed in the next three months are met"
    )
    if len(known) < len(found):
        because += "; what is asked of teams whose capacity no export states is not judged"
    return _Dimension("resources", state, because, reach, leave, stuck, shown)


def _people_change(step: Step, row: Mapping[str, Any], becomes: str) -> Change:
    queue, by = step.queue, float(step.by)
    amount = f"{reasons.fte(abs(by))} FTE {'more' if by > 0 else 'less'}"
    what = f"with {amount} of {queue.name}" if step.input == "capacity" else f"if it needed {amount} of {queue.name}"
    items = (queue.team, step.skill or queue.pool, queue.month.isoformat())
    words = f"{becomes.capitalize()} {what}"
    return Change(
        "resources", step.input, float(step.to), by, "FTE", abs(by) / float(row["needed"]), becomes, words, items
    )


def _or(first: str, other: str) -> str:
    """The words of another change with the same result, without what the first has said."""
    how, _, whom = other.partition(" ")[2].partition(" of ")
    return f"{how} there" if first.endswith(f" of {whom}") else f"{how} of {whom}"


def _people(source: Source, found: Sequence[Queue]) -> tuple[Witness, ...]:
    """Each month of a team in which people are missing (else each in which they are needed): what is needed and who is
    served before, by the rows of the demand, and what is there, by those of the capacity."""
    shown = [queue for queue in found if queue.unmet] or list(found)
    places = [place for queue in shown for place in (*queue.demand_rows[:1], *queue.capacity_rows[:1])]
    known = origins(source, places) if places else {}
    said = []
    for queue in shown:
        unmet = f", {reasons.fte(queue.unmet)} not met" if queue.capacity is not None else ""
        said.append(
            Witness(
                f"{queue.name}: needs {reasons.fte(queue.needed)} FTE{unmet}{_of_rows(queue.demand_rows)}"
                f"{_before(queue)}",
                known.get(queue.demand_rows[0]) if queue.demand_rows else None,
            )
        )
        if queue.capacity is not None:
            words = f"{queue.name}: {reasons.fte(queue.capacity)} FTE there{_of_rows(queue.capacity_rows)}"
            said.append(Witness(words, known.get(queue.capacity_rows[0]) if queue.capacity_rows else None))
    return tuple(said)


def _of_rows(rows: Sequence[tuple[int, int]]) -> str:
    return f" (the first of {len(rows)} rows)" if len(rows) > 1 else ""


def _before(queue: Queue) -> str:
    """Who is given people before the project, the largest needs by name."""
    taken: dict[str, float] = {}
    for claim in queue.before:
        taken[claim.project_name] = taken.get(claim.project_name, 0.0) + float(claim.fte)
    if not taken:
        return "; it is served first"
    named = sorted(taken, key=lambda name: -taken[name])[: resources.NAMED]
    some = [f"{reasons.shortened(name, 40)} {reasons.fte(taken[name])}" for name in named]
    rest = [reasons.count(len(taken) - len(named), "other project")] if len(taken) > len(named) else []
    return f"; served before: {reasons.listed([*some, *rest])}"


def rescored(risk: Mapping[str, Any], bound: float, amber: float, red: float) -> Iterable[Change]:
    """The nearest scores of a risk, one input at a time, that put its exposure on the bound's other side."""
    name = reasons.shortened(risk["risk_name"], 60)
    is_above = risk["exposure"] >= bound
    for column, other in (("probability", "impact"), ("impact", "probability")):
        scores = [score for score in range(1, 6) if (score * risk[other] >= bound) != is_above]
        if scores:
            to = min(scores, key=lambda score: abs(score - risk[column]))
            by = to - risk[column]
            becomes = _band(to * risk[other], amber, red)
            words = f"{becomes.capitalize()} with “{name}” at {column} {to} instead of {risk[column]}"
            yield Change("risk", column, to, by, "points", abs(by) / 25, becomes, words, (risk["risk_id"],))


def witnesses(source: Source, found: Sequence[tuple[Mapping[str, Any], str]]) -> tuple[Witness, ...]:
    """Rows of milestones or risks, each with its words, as witnesses: with where they came from."""
    known = origins(source, [(row["load_id"], row["source_row"]) for row, _ in found]) if found else {}
    return tuple(Witness(words, known.get((row["load_id"], row["source_row"]))) for row, words in found)
