"""The sample's dependencies and benefits, settled once its projects have run: rows of the two exports."""

import datetime as dt
from collections.abc import Iterator, Sequence

import numpy as np

from pipelines.sample_course import APPROVED, CANCELLED, COMPLETED, MISSING, NEVER, Course
from pipelines.sample_evidence import Milestones
from pipelines.sample_promises import NEEDS, PROMISES, SHRINKING, Need, Promise

_EPOCH = dt.date(1970, 1, 1)
_QUARTERS = [dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(1) for year in range(2025, 2030)
             for month in (3, 6, 9, 12)]  # fmt: skip
# What a benefit has grown to in the quarters after its project finished.
_GROWTH = (0.4, 0.7, 1.0)


def dependencies(
    names: Sequence[str], owners: Sequence[str], ids: Sequence[str], milestones: Milestones, last: int,
    rng: np.random.Generator,
) -> Iterator[list[str]]:  # fmt: skip
    """Rows of the dependencies export. A need that fits neither project's dates is left out; `owners` answer for them.

    What projects beyond the catalogue need follows their order, so that nothing waits for itself in a circle.
    """
    at = {name: i for i, name in enumerate(names)}
    named = {name for need in NEEDS for name in (need.giver, need.receiver)}
    needs = [need for need in NEEDS if need.giver in at and need.receiver in at]
    others = [i for i, name in enumerate(names) if name not in named and any(letter.isdigit() for letter in name)]
    needs += [
        Need(names[giver], names[others[place + 1 + giver % 9]], f"Results of {names[giver]}")
        for place, giver in enumerate(others[:-9])
        if place % 3 == 0
    ]
    number = 0
    for need in needs:
        slack, owes = int(rng.integers(28, 120)), int(rng.integers(0, 9))
        row = _dependency(need, at[need.giver], at[need.receiver], milestones, last, slack)
        if row is None:
            continue
        number += 1
        giver_step, receiver_step, needed_by, status = row
        giver, receiver = at[need.giver], at[need.receiver]
        kind = "finish to finish" if owes == 0 and not need.giver_step else "finish to start"
        lag = "7" if owes == 1 and not need.giver_step else "0"
        yield [f"D-{number:03d}", need.what, ids[giver], giver_step, ids[receiver], receiver_step, kind, lag,
               _day(needed_by), status, owners[giver]]  # fmt: skip


def _dependency(
    need: Need, giver: int, receiver: int, milestones: Milestones, last: int, slack: int
) -> tuple[str, str, int, str] | None:
    """The milestones of both sides, the day by which it is needed, and how it stands."""
    m, c = milestones, milestones.course
    p = c.plans
    starts, ends = int(p.start[receiver]), int(p.start[receiver] + p.days[receiver])
    k, wanted = _called(m, giver, need.giver_step), _called(m, receiver, need.receiver_step)
    if k != MISSING:
        needed_by = int(m.original[giver, k]) + slack if wanted == MISSING else int(m.original[receiver, wanted]) - 7
    else:
        due = m.original[giver]
        fits = m.exists[giver] & (due + slack > starts + 14) & (due + slack < ends - 14)
        if not fits.any():
            return None
        # A need in the middle of the work, rather of what is handed over, and of what comes late in the giver's plan.
        distance = np.abs(due + slack - (starts + 0.55 * (ends - starts)))
        distance = distance + np.where(m.is_deliverable[giver], 0, 40) + np.where(m.share[giver] < 0.5, 90, 0)
        k = int(np.where(fits, distance, NEVER * 2).argmin())
        needed_by = int(due[k]) + slack
    later = np.flatnonzero(m.exists[receiver] & (m.original[receiver] >= needed_by))
    to = int(later[0]) if len(later) else MISSING
    stage = c.stage_on(last)
    if CANCELLED in (stage[giver], stage[receiver]):
        status = "dropped"
    elif m.actual[giver, k] <= last or stage[receiver] == COMPLETED:
        status = "met"
    else:
        status = "open"
    return _step(m, giver, k), _step(m, receiver, to), needed_by, status


def _called(m: Milestones, at: int, name: str) -> int:
    """The place of a project's milestone with a name; MISSING in an organisation in which no stories are told."""
    return next((k for k in range(m.name.shape[1]) if m.exists[at, k] and m.texts[m.name[at, k]] == name), MISSING)


def _step(m: Milestones, at: int, k: int) -> str:
    """A milestone's identifier, empty for a project that has reported none."""
    return "" if k == MISSING or (m.said[at] < 0).all() else f"M-{k + 1:02d}"


def benefits(
    names: Sequence[str], sponsors: Sequence[str], programs: Sequence[tuple[str, str, Sequence[int]]],
    ids: Sequence[str], course: Course, last: int, rng: np.random.Generator,
) -> Iterator[list[str]]:  # fmt: skip
    """Rows of the benefits export. `programs` are (name, owner, places of its projects), `sponsors` a project's owner.

    A benefit comes as its projects finish: planned by the first baselines, forecast by the forecasts of today.
    """
    at = {name: i for i, name in enumerate(names)}
    place = {name: i for i, (name, *_) in enumerate(programs)}
    promises = [p for p in PROMISES if p.of in place or p.of in at]
    told = {p.of for p in promises}
    promises += [Promise(n, f"Results of {n}", "Cost saved", "USD", 250_000) for n, *_ in programs if n not in told]
    promises += [
        Promise(name, f"Results of {name}", "Cost saved", "USD", 60_000)
        for name in names[::10]
        if any(letter.isdigit() for letter in name)
    ]
    for number, promise in enumerate(promises):
        luck = float(rng.uniform(0.9, 1.06))
        wobble = rng.uniform(0.94, 1.06, len(_QUARTERS))
        if promise.of in place:
            at_program = place[promise.of]
            _, owner, found = programs[at_program]
            project, program = "", f"PRG-{at_program + 1:02d}"
        else:
            found, owner = [at[promise.of]], sponsors[at[promise.of]]
            project, program = ids[at[promise.of]], ""
        for period, amounts in _periods(promise, np.array(found, dtype=np.int64), course, last, luck, wobble):
            yield [f"B-{number + 1:03d}", promise.name, project, program, promise.measure, promise.unit, period,
                   *amounts, owner]  # fmt: skip


def _periods(
    promise: Promise, found: np.ndarray, course: Course, last: int, luck: float, wobble: np.ndarray
) -> Iterator[tuple[str, list[str]]]:
    """Quarter by quarter: planned, forecast and realised, from the first quarter in which anything was due."""
    p = course.plans
    stage = course.stage_on(last)
    # What nobody has approved is in no business case.
    found = found[(stage[found] >= APPROVED) & (p.approved[found] < NEVER)]
    if not len(found):
        return
    weight = np.maximum(np.abs(p.budget[found]), 1)
    weight = weight / weight.sum()
    planned = p.start[found] + p.days[found]
    expected = np.where(stage[found] == CANCELLED, NEVER, np.where(course.finished[found] < NEVER,
                        course.finished[found], course.finish[found]))  # fmt: skip
    since, shrunk = SHRINKING.get(promise.of, ("", 1.0))
    begun = False
    for quarter, varies in zip(_QUARTERS, wobble, strict=True):
        end = (quarter - _EPOCH).days
        case = promise.amount * float((weight * _grown(end, planned)).sum())
        comes = promise.amount * float((weight * _grown(end, expected)).sum()) * luck
        if since and quarter.isoformat() >= since:
            comes *= shrunk
        begun = begun or case > 0 or comes > 0
        if begun:
            past = end <= last
            yield (
                quarter.isoformat(),
                [
                    _amount(case, promise.unit),
                    "" if past else _amount(comes, promise.unit),
                    _amount(comes * float(varies), promise.unit) if past else "",
                ],
            )


def _grown(end: int, finish: np.ndarray) -> np.ndarray:
    """The share of its benefit that each project brings in the quarter that ends on a day."""
    quarters = np.floor((end - finish) / 91.3).astype(np.int64)
    grown: np.ndarray = np.where(quarters < 0, 0.0, np.array(_GROWTH)[np.clip(quarters, 0, len(_GROWTH) - 1)])
    return grown


def _amount(value: float, unit: str) -> str:
    if unit == "USD":
        return f"{round(value, -3):.0f}"
    return f"{value:.2f}" if unit == "%" else f"{value:.0f}"


def _day(day: int) -> str:
    return (_EPOCH + dt.timedelta(days=day)).isoformat()
