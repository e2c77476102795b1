"""How the sample's projects run week by week: progress, money, late forecasts, and what reporters make of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.sample_comments import CAUSES, EARLY_CAUSE, MOST_WEEKS, VARIANTS, offset

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NEVER = 10**7  # a day that no run reaches; days count from 1970-01-01
MISSING = -1
STAGES = ("idea", "candidate", "approved", "active", "on hold", "completed", "cancelled")
IDEA, CANDIDATE, APPROVED, ACTIVE, ON_HOLD, COMPLETED, CANCELLED = range(len(STAGES))


@dataclass(frozen=True)
class Reset:
    """A new baseline of one project from a day on: the days from its start to the new finish, and the new budget.

    None is what was forecast then. What is `planned_anew` goes on as the new plan has it, all else as before.
    """

    project: int
    day: int
    days: int | None
    budget: float | None
    planned_anew: bool


@dataclass
class Plans:
    """What is settled of every project before it runs, one entry a project in the order of their ids.

    Days count from 1970-01-01. `speed` is progress per planned progress, `efficiency` value earned per money spent;
    `unrest` scales how much both vary from week to week.
    `days` and `budget` are the first baseline, from `start`; work begins on `begin`, pausing from `hold` to `resume`.
    A reporter takes `late_amber` and `late_red` weeks to admit what the forecasts show, reports no better than
    `floor` between two days, and never worse than `cap`.
    """

    drawn: Ints
    """Each project's place among what chance draws: the same whatever its id."""
    start: Ints
    days: Ints
    budget: Floats
    speed: Floats
    efficiency: Floats
    unrest: Floats
    idea: Ints
    candidate: Ints
    approved: Ints
    begin: Ints
    hold: Ints
    resume: Ints
    cancel: Ints
    first_report: Ints
    last_report: Ints
    late_amber: Ints
    late_red: Ints
    floor: Ints
    floor_from: Ints
    floor_to: Ints
    cap: Ints
    cadence: Ints
    finish_share: Floats
    cost_share: Floats
    cause: Ints
    has_value: Flags
    has_forecast_cost: Flags
    can_finish: bool = True
    misses: float = 0.03
    effects: list[tuple[int, int, int, float, float]] = field(default_factory=list)
    """Project, from day, to day, factor of speed, factor of efficiency."""
    resets: list[Reset] = field(default_factory=list)
    comments: dict[int, dict[int, int]] = field(default_factory=dict)
    """Day -> project -> the text's place among all texts."""

    def __len__(self) -> int:
        return len(self.start)


def s_curve(share: Floats) -> Floats:
    """The share of the work planned at a share of the duration: slow at both ends, steep in the middle."""
    share = np.clip(share, 0.0, 1.0)
    return 0.45 * share + 0.55 * share * share * (3.0 - 2.0 * share)


class Course:
    """The state of all projects on one day, moved on week by week. `finished` is NEVER while a project runs."""

    def __init__(self, plans: Plans, rng: np.random.Generator) -> None:
        n = len(plans)
        self.plans, self.rng = plans, rng
        self.speed, self.efficiency = plans.speed.copy(), plans.efficiency.copy()
        self.base_days, self.base_budget = plans.days.copy(), plans.budget.copy()
        # What was done and spent when the plan was made, and the value that it wants for the money from then on.
        self.worth_then, self.cost_then, self.planned_index = np.zeros(n), np.zeros(n), np.ones(n)
        self.planned_from, self.planned_share = plans.start.copy(), np.zeros(n)
        # Those that get a new baseline one day state theirs from their first report on.
        self.stated = np.array([r.project for r in plans.resets], dtype=np.int64)
        self.stage: Ints | None = None
        self.earned_days = np.zeros(n)
        self.cost = np.zeros(n)
        self.drift_speed, self.drift_cost = np.zeros(n), np.zeros(n)
        self.felt_speed = np.ones(n)
        self.finish = plans.start + plans.days
        self.estimate = plans.budget.copy()
        self.finished = np.full(n, NEVER)
        self.reported = np.zeros(n, dtype=np.int64)
        self.weeks_off, self.weeks_red, self.weeks_better = (np.zeros(n, dtype=np.int64) for _ in range(3))
        self.week = 0

    def run(
        self, first: int, emit_from: int, last: int, watch: Callable[[int, Ints], None] = lambda _, __: None
    ) -> Iterator[dict[str, NDArray[Any]]]:
        """The status rows of every seventh day from `emit_from` to `last`; the run itself begins on `first`.

        `watch` is told each day of the run, and the projects that report on it.
        """
        for day in range(first, last + 1, 7):
            rows = self._step(day)
            watch(day, rows["project"])
            if day >= emit_from:
                yield rows

    def _step(self, day: int) -> dict[str, NDArray[Any]]:
        p, n = self.plans, len(self.plans)
        self.week += 1
        # The same numbers are drawn every week, whoever is at work: a longer run repeats a shorter one.
        noise, cost_noise = self.rng.standard_normal((2, n))[:, p.drawn]
        missed, talkative = self.rng.random((2, n))[:, p.drawn]
        variant = self.rng.integers(0, VARIANTS, n)[p.drawn]
        open_ = (self.finished == NEVER) & (day < p.cancel)
        ending = (self.finished == NEVER) & (day >= p.cancel) & (day < p.cancel + 7)
        self._work(day, open_, noise, cost_noise)
        moved, dearer = self._forecast(day, open_)
        reset = self._reset(day)
        changed = self._report(day, open_)
        stage = self.stage_on(day)
        turned = np.zeros(n, dtype=bool) if self.stage is None else stage != self.stage
        self.stage = stage

        due = (open_ | ending) & (stage >= APPROVED) & (day >= p.first_report) & (day <= p.last_report)
        told = np.zeros(n, dtype=bool)
        told[list(p.comments.get(day, ()))] = True
        show = due & ((missed >= p.misses) | turned | reset | told)
        # What is not approved yet is reported when it moves on, not every week.
        show |= turned & (stage < APPROVED) & (p.first_report < NEVER)
        comment = self._comment(day, variant, talkative, moved, dearer, changed, stage, turned)
        return self._rows(day, np.flatnonzero(show), stage, comment)

    def stage_on(self, day: int) -> Ints:
        """Each project's stage as a place in STAGES, on a day that the course has reached; MISSING before its idea."""
        p = self.plans
        stage = np.where(day >= p.idea, IDEA, MISSING)
        for place, since in (
            (CANDIDATE, p.candidate),
            (APPROVED, p.approved),
            (ACTIVE, np.maximum(p.approved, p.begin)),
        ):
            stage = np.where(day >= since, place, stage)
        stage = np.where((day >= p.hold) & (day < p.resume), ON_HOLD, stage)
        stage = np.where(self.finished <= day, COMPLETED, stage)
        return np.where((day >= p.cancel) & (self.finished == NEVER), CANCELLED, stage)

    def stage_since(self, stage: Ints, day: int) -> Ints:
        """The day from which each project holds the stage that it has on a day."""
        p = self.plans
        active = np.where(p.resume <= day, p.resume, p.begin)
        return np.choose(stage, [p.idea, p.candidate, p.approved, active, p.hold, self.finished, p.cancel])

    def _work(self, day: int, open_: Flags, noise: Floats, cost_noise: Floats) -> None:
        p = self.plans
        speed, efficiency = self.speed.copy(), self.efficiency.copy()
        for project, start, end, factor, worth in p.effects:
            if start <= day <= end:
                speed[project] *= factor
                efficiency[project] *= worth
        self.drift_speed = 0.93 * self.drift_speed + 0.05 * p.unrest * noise
        self.drift_cost = 0.9 * self.drift_cost + 0.03 * p.unrest * cost_noise
        speed = np.clip(speed * (1.0 + self.drift_speed), 0.05, 2.0)
        efficiency = np.clip(efficiency * (1.0 + self.drift_cost), 0.35, 1.5)

        at_work = open_ & (day > p.begin) & ((day < p.hold) | (day >= p.resume))
        spent_days = np.where(at_work, np.minimum(7, day - p.begin), 0)
        before = s_curve(self.earned_days / p.days)
        usual = s_curve((self.earned_days + spent_days) / p.days) - before
        reached = self.earned_days + spent_days * speed
        done = at_work & (reached >= p.days)
        if not p.can_finish:
            reached, done = np.minimum(reached, 0.985 * p.days), np.zeros_like(done)
        over = np.where(done, np.floor((reached - p.days) / speed), 0).astype(np.int64)
        self.finished = np.where(done, day - np.minimum(over, 6), self.finished)
        self.earned_days = np.minimum(reached, p.days)
        # People cost money while they wait: part of the cost follows the calendar, not the progress.
        gain = s_curve(self.earned_days / p.days) - before
        self.cost += np.abs(p.budget) * (0.65 * gain + 0.35 * usual) / efficiency
        self.felt_speed += np.where(at_work, 0.14 * (speed - self.felt_speed), 0)

    def _forecast(self, day: int, open_: Flags) -> tuple[Ints, Flags]:
        """Revise forecasts, in part and not every week; the weeks by which finishes moved, and whose cost rose."""
        p = self.plans
        left = (p.days - self.earned_days) / np.clip(self.felt_speed, 0.55, 1.4)
        likely = np.maximum(day, p.begin) + left
        gap = likely - self.finish
        revises = open_ & ((self.week + p.drawn) % p.cadence == 0)
        later = np.where(revises & (np.abs(gap) > 0.05 * p.days), np.rint(p.finish_share * gap / 7), 0).astype(np.int64)
        finish = self.finish + 7 * later
        # Nobody reports a finish that has passed: "two more weeks".
        finish = np.where(open_ & (finish <= day + 3), finish + 7 * ((day + 10 - finish) // 7 + 1), finish)
        finish = np.where(self.finished < NEVER, self.finished, finish)
        moved = np.where(open_ & (self.finished == NEVER), (finish - self.finish) // 7, 0)
        self.finish = finish

        worth = s_curve(self.earned_days / p.days) * np.abs(p.budget)
        gained, spent = worth - self.worth_then, np.maximum(self.cost - self.cost_then, 1.0)
        index = np.clip(gained / spent / self.planned_index, 0.5, 1.2) * self.planned_index
        likely_cost = self.cost + (np.abs(p.budget) - worth) / index
        known = gained > 0.1 * np.abs(p.budget)
        gap_cost = np.where(revises & known, likely_cost - self.estimate, 0)
        gap_cost = np.where(np.abs(gap_cost) > 0.04 * np.abs(p.budget), p.cost_share * gap_cost, 0)
        estimate = np.maximum(self.estimate + gap_cost, self.cost * 1.01)
        estimate = np.where(self.finished < NEVER, self.cost, np.rint(estimate / 1000) * 1000)
        dearer = open_ & (estimate > self.estimate + 0.03 * np.abs(p.budget))
        self.estimate = np.where(open_, estimate, self.estimate)
        return moved, dearer

    def _reset(self, day: int) -> Flags:
        """Put new baselines in place of the old; the projects that got one."""
        p = self.plans
        found = np.zeros(len(p), dtype=bool)
        for r in (r for r in p.resets if r.day == day):
            at = r.project
            self.base_days[at] = r.days or self.finish[at] - p.start[at]
            self.base_budget[at] = r.budget or np.ceil(self.estimate[at] / 10_000) * 10_000
            done = self.earned_days[at] / p.days[at]
            self.planned_from[at], self.planned_share[at] = day, done
            self.weeks_better[at] = 3  # what the new baseline shows is believed at once
            found[at] = True
            if r.planned_anew:
                self.finish[at], self.estimate[at] = p.start[at] + self.base_days[at], self.base_budget[at]
                self.felt_speed[at] = self.speed[at] = (1 - done) * p.days[at] / (self.finish[at] - day)
                self.worth_then[at], self.cost_then[at] = s_curve(done) * p.budget[at], self.cost[at]
                left = p.budget[at] - self.worth_then[at]
                self.planned_index[at] = left / (self.base_budget[at] - self.cost[at])
                # As in _work: a part of the cost follows the calendar.
                self.efficiency[at] = self.planned_index[at] * (0.65 + 0.35 / self.speed[at])
                self.drift_speed[at] = self.drift_cost[at] = 0.0
        return found

    def evidence(self, day: int) -> Ints:
        """The colour (0 green, 2 red) that a project's own forecasts give it."""
        p = self.plans
        finish = np.maximum(self.finish, np.where(self.finished < NEVER, 0, day))
        slip = (finish - p.start - self.base_days) / self.base_days
        over = np.where(p.budget > 0, self.estimate / np.abs(self.base_budget) - 1.0, 0.0)
        worst = np.maximum(slip, over)
        colour: Ints = (worst >= 0.1).astype(np.int64) + (worst >= 0.3).astype(np.int64)
        return colour

    def _report(self, day: int, open_: Flags) -> Ints:
        """What reporters say of it; the step since the last report, worse above 0."""
        p = self.plans
        shown = self.evidence(day)
        self.weeks_off = np.where(open_ & (shown >= 1), self.weeks_off + 1, 0)
        self.weeks_red = np.where(open_ & (shown == 2), self.weeks_red + 1, 0)
        told = (self.weeks_off > p.late_amber).astype(np.int64)
        told = np.where(self.weeks_red > p.late_red, 2, told)
        self.weeks_better = np.where(told < self.reported, self.weeks_better + 1, 0)
        told = np.where((told < self.reported) & (self.weeks_better < 3), self.reported, told)
        worried = (day >= p.floor_from) & (day <= p.floor_to)
        told = np.minimum(np.where(worried, np.maximum(told, p.floor), told), p.cap)
        told = np.where(open_ & (day >= p.hold) & (day < p.resume), np.maximum(told, 1), told)
        changed = np.where(open_, told - self.reported, 0)
        self.reported = np.where(open_, told, self.reported)
        return changed

    def _comment(
        self,
        day: int,
        variant: Ints,
        talkative: Floats,
        moved: Ints,
        dearer: Flags,
        changed: Ints,
        stage: Ints,
        turned: Flags,
    ) -> Ints:
        """The place of each project's comment among all texts, MISSING where its reporter writes none."""
        p = self.plans
        comment = np.full(len(p), MISSING)

        progress = self.earned_days / p.days
        cause = np.where(progress < 0.25, np.array(EARLY_CAUSE)[p.cause], p.cause)
        part = (p.cause + self.week // 6) % len(CAUSES)

        def say(event: str, where: Flags, share: float, subject: Ints = cause, weeks: Ints | int = 0) -> None:
            place = offset(event) + (variant + VARIANTS * np.asarray(weeks)) * len(CAUSES) + subject
            np.copyto(comment, place, where=where & (talkative < share))

        calm = self.reported == 0
        say("early", calm & (progress < 0.25), 0.10, part)
        say("middle", calm & (progress >= 0.25) & (progress < 0.75), 0.09, part)
        say("late", calm & (progress >= 0.75), 0.12, part)
        say("worried", ~calm & (self.weeks_off == 0), 0.10, part)
        say("troubled", ~calm & (self.weeks_off > 0), 0.12)
        say("hopeful", calm & (self.weeks_off > 0) & (progress > 0), 0.13)
        say("cost", dearer, 0.75)
        say("moved", (moved > 0), 0.65, weeks=np.clip(moved, 1, MOST_WEEKS) - 1)
        say("to_green", (changed < 0) & (self.reported == 0), 0.85)
        say("to_amber", (changed > 0) & (self.reported == 1), 0.8)
        say("to_red", (changed > 0) & (self.reported == 2), 0.95)
        say("waiting", (day > p.start + 6) & (day <= p.begin), 0.6)
        say("started", turned & (stage == ACTIVE) & (day < p.hold), 0.7)
        say("resumed", turned & (stage == ACTIVE) & (day >= p.resume), 1.1)
        np.copyto(comment, MISSING, where=stage == ON_HOLD)
        say("hold", stage == ON_HOLD, 0.15)
        for event, place in (("idea", IDEA), ("candidate", CANDIDATE), ("approved", APPROVED)):
            say(event, turned & (stage == place), 1.1, part)
        for event, place in (("hold", ON_HOLD), ("cancelled", CANCELLED), ("done", COMPLETED)):
            say(event, turned & (stage == place), 1.1)
        for project, text in p.comments.get(day, {}).items():
            comment[project] = text
        return comment

    def _rows(self, day: int, at: Ints, stage: Ints, comment: Ints) -> dict[str, NDArray[Any]]:
        p = self.plans
        finished = self.finished[at] <= day
        budget = self.base_budget[at]
        worth = s_curve(self.earned_days[at] / p.days[at])
        # A new baseline is planned from where the work stood.
        whole = np.maximum(p.start + self.base_days - self.planned_from, 1)[at]
        share = self.planned_share[at]
        planned = s_curve(share + (1.0 - share) * np.clip((day - self.planned_from[at]) / whole, 0.0, 1.0))
        runs = stage[at] >= APPROVED
        valued = runs & p.has_value[at] & (budget > 0)
        money = np.maximum(budget, 0)
        reset = np.isin(at, self.stated)

        def known(where: Flags, values: NDArray[Any], kind: type = np.int32) -> NDArray[Any]:
            return np.where(where, np.rint(values), MISSING).astype(kind)

        return {
            "project": at.astype(np.int32),
            "day": np.full(len(at), day, dtype=np.int32),
            "stage": stage[at].astype(np.int8),
            "health": known(runs, self.reported[at], np.int8),
            "baseline": known(reset, p.start[at] + self.base_days[at]),
            "budget": known(reset, money),
            "finish": known(runs, self.finish[at]),
            "actual": known(finished, self.finished[at]),
            "percent": known(runs, np.floor(100 * worth + 1e-6), np.int8),
            "pv": known(valued, planned * money),
            "ev": known(valued, worth * money),
            "ac": known(runs, self.cost[at]),
            "eac": known(runs & p.has_forecast_cost[at] & (budget > 0), self.estimate[at]),
            "comment": comment[at].astype(np.int16),
        }
