"""How the sample's projects run week by week: progress, money, late forecasts, and what reporters make of it."""

from collections.abc import Iterator
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


@dataclass
class Plans:
    """What is settled of every project before it runs, one entry a project in the order of their ids.

    Days count from 1970-01-01. `speed` is progress per planned progress, `efficiency` value earned per money spent.
    A reporter takes `late_amber` and `late_red` weeks to admit what the forecasts show, reports no better than
    `floor` between two days, and never worse than `cap`.
    """

    start: Ints
    days: Ints
    budget: Floats
    speed: Floats
    efficiency: Floats
    begin: Ints
    hold: Ints
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

    def run(self, first: int, emit_from: int, last: int) -> Iterator[dict[str, NDArray[Any]]]:
        """The status rows of every seventh day from `emit_from` to `last`; the run itself begins on `first`."""
        for day in range(first, last + 1, 7):
            rows = self._step(day)
            if day >= emit_from:
                yield rows

    def _step(self, day: int) -> dict[str, NDArray[Any]]:
        p, n = self.plans, len(self.plans)
        self.week += 1
        # The same numbers are drawn every week, whoever is at work: a longer run repeats a shorter one.
        noise, cost_noise = self.rng.standard_normal((2, n))
        missed, talkative = self.rng.random((2, n))
        variant = self.rng.integers(0, VARIANTS, n)
        open_ = (self.finished == NEVER) & (day < p.cancel)
        ending = (self.finished == NEVER) & (day >= p.cancel) & (day < p.cancel + 7)
        self._work(day, open_, noise, cost_noise)
        moved, dearer = self._forecast(day, open_)
        changed = self._report(day, open_)

        due = (open_ | ending) & (day >= p.first_report) & (day <= p.last_report)
        show = due & ((missed >= p.misses) | (self.finished <= day) | ending)
        comment = self._comment(day, variant, talkative, moved, dearer, changed, ending)
        return self._rows(day, np.flatnonzero(show), comment)

    def _work(self, day: int, open_: Flags, noise: Floats, cost_noise: Floats) -> None:
        p = self.plans
        speed, efficiency = p.speed.copy(), p.efficiency.copy()
        for project, start, end, factor, worth in p.effects:
            if start <= day <= end:
                speed[project] *= factor
                efficiency[project] *= worth
        self.drift_speed = 0.93 * self.drift_speed + 0.05 * noise
        self.drift_cost = 0.9 * self.drift_cost + 0.03 * cost_noise
        speed = np.clip(speed * (1.0 + self.drift_speed), 0.05, 2.0)
        efficiency = np.clip(efficiency * (1.0 + self.drift_cost), 0.35, 1.5)

        at_work = open_ & (day > p.begin) & (day <= p.hold)
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
        revises = open_ & ((self.week + np.arange(len(p))) % p.cadence == 0)
        later = np.where(revises & (np.abs(gap) > 0.05 * p.days), np.rint(p.finish_share * gap / 7), 0).astype(np.int64)
        finish = self.finish + 7 * later
        # Nobody reports a finish that has passed: "two more weeks".
        finish = np.where(open_ & (finish <= day + 3), finish + 7 * ((day + 10 - finish) // 7 + 1), finish)
        finish = np.where(self.finished < NEVER, self.finished, finish)
        moved = np.where(open_ & (self.finished == NEVER), (finish - self.finish) // 7, 0)
        self.finish = finish

        worth = s_curve(self.earned_days / p.days) * np.abs(p.budget)
        index = np.clip(worth / np.maximum(self.cost, 1.0), 0.5, 1.2)
        likely_cost = self.cost + (np.abs(p.budget) - worth) / index
        known = worth > 0.1 * np.abs(p.budget)
        gap_cost = np.where(revises & known, likely_cost - self.estimate, 0)
        gap_cost = np.where(np.abs(gap_cost) > 0.04 * np.abs(p.budget), p.cost_share * gap_cost, 0)
        estimate = np.maximum(self.estimate + gap_cost, self.cost * 1.01)
        estimate = np.where(self.finished < NEVER, self.cost, np.rint(estimate / 1000) * 1000)
        dearer = open_ & (estimate > self.estimate + 0.03 * np.abs(p.budget))
        self.estimate = np.where(open_, estimate, self.estimate)
        return moved, dearer

    def evidence(self, day: int) -> Ints:
        """The colour (0 green, 2 red) that a project's own forecasts give it."""
        p = self.plans
        slip = (np.maximum(self.finish, np.where(self.finished < NEVER, 0, day)) - p.start - p.days) / p.days
        over = np.where(p.budget > 0, self.estimate / np.abs(p.budget) - 1.0, 0.0)
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
        told = np.where(open_ & (day > p.hold), np.maximum(told, 1), told)
        changed = np.where(open_, told - self.reported, 0)
        self.reported = np.where(open_, told, self.reported)
        return changed

    def _comment(
        self, day: int, variant: Ints, talkative: Floats, moved: Ints, dearer: Flags, changed: Ints, ending: Flags
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
        say("hold", day > p.hold, 0.5)
        say("done", self.finished <= day, 0.9)
        say("cancelled", ending, 1.1)
        for project, text in p.comments.get(day, {}).items():
            comment[project] = text
        return comment

    def _rows(self, day: int, at: Ints, comment: Ints) -> dict[str, NDArray[Any]]:
        p = self.plans
        finished = self.finished[at] <= day
        budget = p.budget[at]
        worth = s_curve(self.earned_days[at] / p.days[at])
        planned = s_curve((day - p.start[at]) / p.days[at])
        valued = p.has_value[at] & (budget > 0)
        money = np.maximum(budget, 0)
        return {
            "project": at.astype(np.int32),
            "day": np.full(len(at), day, dtype=np.int32),
            "health": self.reported[at].astype(np.int8),
            "finish": self.finish[at].astype(np.int32),
            "actual": np.where(finished, self.finished[at], MISSING).astype(np.int32),
            "percent": np.floor(100 * worth + 1e-6).astype(np.int8),
            "pv": np.where(valued, np.rint(planned * money), MISSING).astype(np.int32),
            "ev": np.where(valued, np.rint(worth * money), MISSING).astype(np.int32),
            "ac": np.rint(self.cost[at]).astype(np.int32),
            "eac": np.where(p.has_forecast_cost[at] & (budget > 0), np.rint(self.estimate[at]), MISSING).astype(
                np.int32
            ),
            "comment": comment[at].astype(np.int16),
        }
