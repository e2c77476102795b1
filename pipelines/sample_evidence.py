"""What the sample's milestones and risks are, week by week, and which of them are reported when.

Both follow the course of their project: they are late, or grave, when it is. As a rule they show no worse a colour than
its dates and money do; the exceptions are planted (UNLIKE, STUCK, FEARED) or, for a few projects, left to chance.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.sample_course import APPROVED, CANCELLED, MISSING, NEVER, ON_HOLD, Course, Flags, Ints
from pipelines.sample_evidence_texts import (
    CAUSE_THREATS,
    CHOSEN,
    OWN_STEPS,
    OWN_THREATS,
    SHARES,
    STEPS,
    THREATS,
    Step,
    Threat,
)
from pipelines.sample_stories import FEARED, STUCK, UNLIKE

_STEPS, _THREATS = 8, 6
# Small portfolios report now and then, large ones less often.
_FEW = 1_000
_SILENCE = 91  # days after which what has not changed is said again


class Evidence(ABC):
    """What milestones and risks have in common: how bad they may look, and whose are reported.

    `names` and `portfolios` are the projects', in the order of the plans. `tidy` projects never look worse than their
    dates and money do. Stories count their weeks back from `last`.
    """

    def __init__(
        self,
        course: Course,
        names: Sequence[str],
        portfolios: Sequence[str],
        tidy: Flags,
        last: int,
        rng: np.random.Generator,
    ) -> None:
        n = len(names)
        self.course, self.names, self.portfolios, self.last = course, names, portfolios, last
        self.cadence = 28 if n <= _FEW else _SILENCE
        self.shown = np.zeros(n, dtype=np.int64)
        self.loose = ~tidy & (rng.random(n) < 0.1)
        self.at = {name: i for i, name in enumerate(names)} if course.plans.can_finish else {}
        self._draw(rng)

    @abstractmethod
    def _draw(self, rng: np.random.Generator) -> None:
        """Draw what they are; the last that a generator is asked for."""

    def limit(self, day: int, reported: Ints) -> Ints:
        """The worst colour (0 green, 2 red) that each project's milestones or risks may show today."""
        now = self.course.evidence(day)
        self.shown[reported] = now[reported]
        return np.minimum(now, self.shown)

    def speaks(self, day: int) -> Flags:
        """Whose milestones and risks are reported today."""
        c, p = self.course, self.course.plans
        runs: Flags = (c.stage_on(day) >= APPROVED) & (c.finished > day - 7) & (day < p.cancel + 7)
        runs &= (day >= p.first_report) & (day <= p.last_report)
        return runs

    def revises(self, day: int) -> Flags:
        """Who looks at milestones and risks anew today."""
        turn: Flags = (day // 7 + self.course.plans.drawn) % (self.cadence // 7) == 0
        return turn


class Milestones(Evidence):
    """The milestones of all projects: one row of each array a project, one column a milestone, in order of time.

    `baseline` is NEVER where a project has fewer of them; `original` is the first baseline.
    """

    def _draw(self, rng: np.random.Generator) -> None:
        p, n = self.course.plans, len(self.names)
        self.texts: list[str] = []
        place: dict[str, int] = {}
        pick = rng.integers(0, 2, (n, _STEPS))[p.drawn]
        jitter = rng.uniform(-0.03, 0.03, (n, _STEPS))[p.drawn]
        shape = (n, _STEPS)
        self.name = np.full(shape, MISSING, dtype=np.int64)
        self.is_deliverable = np.zeros(shape, dtype=bool)
        self.share = np.ones(shape)
        for at, name in enumerate(self.names):
            for k, step in enumerate(self._plan(at, name, pick[at], jitter[at])):
                if step.name not in place:
                    place[step.name] = len(self.texts)
                    self.texts.append(step.name)
                self.name[at, k] = place[step.name]
                self.is_deliverable[at, k] = step.is_deliverable
                self.share[at, k] = step.share
        self.exists = self.name != MISSING
        self.base_days = self.course.base_days.copy()
        baseline = np.rint(p.start[:, None] + self.share * p.days[:, None]).astype(np.int64)
        if p.can_finish:
            baseline = self._keep_clear(baseline)
        self.baseline = np.where(self.exists, _workday(baseline), NEVER)
        self.original = self.baseline.copy()
        self.forecast = self.baseline.copy()
        self.actual = np.full(shape, NEVER)
        self.said = np.full(shape, -NEVER)
        self.changed = np.zeros(shape, dtype=bool)
        self.early = rng.integers(0, 15, shape)[p.drawn]
        self.free = {self.at[name]: week for name, week in UNLIKE.items() if name in self.at}
        self.stuck = {self.at[name]: weeks for name, weeks in STUCK.items() if name in self.at}

    def _plan(self, at: int, name: str, pick: Ints, jitter: NDArray[np.float64]) -> Sequence[Step]:
        p = self.course.plans
        if self.at and name in OWN_STEPS:
            return OWN_STEPS[name]
        count = int(np.clip(4 + (p.days[at] // 7 - 26) // 14, 4, 8)) if len(self.names) <= _FEW else 4
        steps = []
        for k in CHOSEN[count]:
            called = STEPS[self.portfolios[at]][k][pick[k]]
            steps.append(Step(called.rstrip("*"), called.endswith("*"), SHARES[k] + jitter[k] if k < 7 else SHARES[k]))
        return steps

    def _keep_clear(self, baseline: Ints) -> Ints:
        """Plan nothing for the weeks in which a project pauses, or after its last report."""
        p = self.course.plans
        for since, until in ((p.hold, p.resume), (p.last_report, p.last_report + 365)):
            end = np.minimum(until, self.last - 7)
            within = (baseline > since[:, None] - 7) & (baseline < end[:, None] + 14) & (since < NEVER)[:, None]
            order = np.arange(_STEPS)[None, :]
            baseline = np.where(within, np.minimum(baseline, since[:, None] - 7 - 7 * (_STEPS - order) // 2), baseline)
        return baseline

    def step(self, day: int, reported: Ints) -> None:
        """Move on to a day, a week after the last; `reported` are the projects with a status report today."""
        c, p = self.course, self.course.plans
        n = len(p)
        limit = np.minimum(self.limit(day, reported) + self.loose, 2)
        limit[[at for at, week in self.free.items() if day >= self.last - 7 * week]] = 2
        share = (c.earned_days / p.days)[:, None]
        finished = (c.finished <= day)[:, None]
        self._reset(day, share)
        unmet = self.exists & (self.actual == NEVER)
        drawn = (p.drawn[:, None] + np.arange(_STEPS)) % 5
        rests = (c.stage_on(day) == ON_HOLD) | (day <= p.begin)
        # Where all is well, milestones have some slack; where it isn't, they come last.
        wanted = np.choose(limit, [0.94, 0.98, 1.04])[:, None] * self.share
        reached = unmet & (share >= wanted) & (day >= self.baseline - self.early) & ~rests[:, None]
        for at, (since, until) in self.stuck.items():
            if self.last - 7 * since <= day <= self.last - 7 * until:
                reached[at], limit[at] = False, 2
        reached |= unmet & finished
        # As many as it takes to look no worse than the limit, the oldest first.
        due = self.exists & (self.baseline <= day)
        missed = due & unmet & ~reached
        allowed = np.where(limit == 0, 0, np.where(limit == 1, (0.2499 * due.sum(axis=1)).astype(np.int64), n + _STEPS))
        excess = missed.sum(axis=1) - allowed
        brought = missed & (missed.cumsum(axis=1) <= excess[:, None])
        met = reached | brought
        on = np.where(brought & (self.baseline > day - 7), self.baseline, day - drawn)
        on = np.where(finished, np.minimum(on, c.finished[:, None]), on)
        self.actual = np.where(met, _workday(on), self.actual)
        self.forecast = np.where(met, self.actual, self.forecast)
        self.changed |= met
        self._forecast(day, limit, share, unmet & ~met)

    def _reset(self, day: int, share: NDArray[np.float64]) -> None:
        """Move what is not met when the project gets a new finish."""
        c, p = self.course, self.course.plans
        moved = c.base_days != self.base_days
        if not moved.any():
            return
        finish = (p.start + c.base_days)[:, None]
        ahead = (self.share - share) / np.maximum(1 - share, 0.01)
        order = 14 + 7 * np.arange(_STEPS)[None, :] / 2
        to = np.rint(day + np.maximum(order, ahead * (finish - day))).astype(np.int64)
        where = moved[:, None] & self.exists & (self.actual == NEVER)
        self.baseline = np.where(where, _workday(to), self.baseline)
        self.forecast = np.where(where, self.baseline, self.forecast)
        self.changed |= where
        self.base_days = c.base_days.copy()

    def _forecast(self, day: int, limit: Ints, share: NDArray[np.float64], unmet: Flags) -> None:
        """Revise what is expected: as honest as the project's own finish is."""
        c, p = self.course, self.course.plans
        ahead = np.maximum(0.97 * self.share - share, 0) / np.maximum(1 - share, 0.01)
        since = np.maximum(day, p.begin)[:, None]
        likely = since + np.maximum(ahead * (c.finish[:, None] - since), 7)
        # What is on plan as a whole is said to be on plan in its parts, until a part is due.
        buffer = np.maximum(self.baseline - day - 42, 0) // 3
        likely = np.where(
            (limit == 0)[:, None] & (self.baseline > day), np.minimum(likely, self.baseline + buffer), likely
        )
        likely = np.maximum(likely, day + 7)
        steady = np.abs(likely - self.baseline) <= np.maximum(7, 0.03 * p.days)[:, None]
        likely = np.where(steady & (self.baseline > day), self.baseline, likely)
        passed = self.forecast <= day
        far = np.abs(likely - self.forecast) >= np.maximum(10, 0.03 * p.days)[:, None]
        revised = unmet & (c.finished > day)[:, None] & ((self.revises(day)[:, None] & far) | passed)
        # Nobody says that it comes tomorrow: "a few more weeks".
        likely = np.where(passed, np.maximum(likely, day + 24), likely)
        later = np.where(likely == self.baseline, self.baseline, _workday(np.rint(likely).astype(np.int64)))
        self.changed |= revised & (later != self.forecast)
        self.forecast = np.where(revised, later, self.forecast)

    def rows(self, day: int) -> dict[str, NDArray[Any]]:
        """What is reported of milestones today."""
        again = (self.actual == NEVER) & (day - self.said >= _SILENCE)
        show = self.speaks(day)[:, None] & self.exists & (self.changed | again | (self.said < 0))
        # A project that was stopped reports its end, not its milestones.
        show &= (self.course.stage_on(day) != CANCELLED)[:, None]
        self.said = np.where(show, day, self.said)
        self.changed &= ~show
        at, k = np.nonzero(show)
        actual = self.actual[at, k]
        return {
            "milestone": k.astype(np.int16),
            "name": self.name[at, k].astype(np.int32),
            "project": at.astype(np.int32),
            "day": np.full(len(at), day, dtype=np.int32),
            "deliverable": self.is_deliverable[at, k],
            "baseline": self.baseline[at, k].astype(np.int32),
            "forecast": self.forecast[at, k].astype(np.int32),
            "actual": np.where(actual == NEVER, MISSING, actual).astype(np.int32),
        }


class Risks(Evidence):
    """The risks and issues of all projects, one column a risk. The first is what the project fears most.

    It follows the trouble: with `level` 0 it is a small risk, with 1 a larger one, with 2 it has happened.
    """

    def _draw(self, rng: np.random.Generator) -> None:
        p, n = self.course.plans, len(self.names)
        shape = (n, _THREATS)
        known: list[Threat] = [*CAUSE_THREATS, *(t for found in THREATS.values() for t in found), *OWN_THREATS.values()]
        place = {threat: i for i, threat in enumerate(known)}
        self.texts = [t.name for t in known]
        self.owners = [t.owner for t in known]
        self.responses = [said for t in known for said in (t.calm, t.pressed, t.closed)]
        count = rng.integers(2, 7, n)[p.drawn] if n <= _FEW else np.full(n, 2)
        self.threat = np.full(shape, MISSING, dtype=np.int64)
        turn = rng.integers(0, 5, n)[p.drawn]
        for at, name in enumerate(self.names):
            main = OWN_THREATS[name] if self.at and name in OWN_THREATS else CAUSE_THREATS[p.cause[at]]
            others = THREATS[self.portfolios[at]]
            chosen = [main, *(others[(turn[at] + i) % len(others)] for i in range(count[at] - 1))]
            self.threat[at, : count[at]] = [place[threat] for threat in chosen]
        self.exists = self.threat != MISSING

        def draw(low: float, high: float) -> NDArray[np.float64]:
            return rng.uniform(low, high, shape)[p.drawn]

        span = p.days[:, None]
        self.opens = np.rint(p.start[:, None] + draw(0.02, 0.75) * span).astype(np.int64)
        self.opens[:, 0] = p.start + 7 * rng.integers(0, 9, n)[p.drawn]
        self.closes = np.rint(self.opens + 56 + draw(0.05, 0.3) * span).astype(np.int64)
        self.closes[:, 0] = NEVER
        self.mitigated = (self.opens + self.closes) // 2
        self.probability = np.rint(draw(1.5, 3.4)).astype(np.int64)
        self.impact = np.minimum(np.rint(draw(1.6, 4.4)).astype(np.int64), 8 // self.probability)
        self.worst = rng.integers(0, 4, n)[p.drawn]
        self.bold = np.isin(np.arange(n), [self.at[name] for name in FEARED if name in self.at])
        # Not every reporter of a red project keeps the register as red.
        self.open_minded = (rng.random(n) < 0.6)[p.drawn] | self.bold
        self.spell = np.rint(p.start + draw(0.1, 0.9)[:, 0] * p.days).astype(np.int64)
        self.due = self.opens + np.rint(draw(42, 100)).astype(np.int64)
        self.patient = draw(0, 1) < 0.45
        self.level = np.zeros(n, dtype=np.int64)
        self.happened = np.zeros(n, dtype=bool)
        self.said = np.full(shape, -NEVER)
        self.told = np.full((*shape, 4), MISSING)

    def step(self, day: int, reported: Ints) -> None:
        """Move on to a day, a week after the last; `reported` are the projects with a status report today."""
        _c, _p = self.course, self.course.plans
        limit = self.limit(day, reported)
        target = np.where(self.open_minded, limit, np.minimum(limit, 1))
        # Some worry where dates and money give no cause yet.
        worried = self.loose & (day >= self.spell) & (day < self.spell + 7 * 16)
        target = np.maximum(target, worried)
        for name, week in FEARED.items():
            if name in self.at and day >= self.last - 7 * week:
                target[self.at[name]] = 2
        rises = (target > self.level) & (self.revises(day) | self.bold) & (day >= self.opens[:, 0])
        self.level = np.where((target < self.level) | rises, target, self.level)
        self.happened |= (self.level == 2) & ~self.bold
        late = self.exists & (self.due <= day) & self.revises(day)[:, None] & ~self.patient
        self.due = np.where(late, day + 42, self.due)

    def rows(self, day: int) -> dict[str, NDArray[Any]]:
        """What is reported of risks today: what is new, what changed, and now and then what did not."""
        c = self.course
        over = (c.finished <= day)[:, None]
        is_open = self.exists & (self.opens <= day)
        # What is over with the trouble is closed, and opened again if the trouble comes back.
        settled = self.happened & (self.level == 0)
        closed = (self.closes <= day) | over
        closed[:, 0] |= settled
        eased = (day >= self.mitigated) & (np.arange(_THREATS) > 0)
        probability = np.where(eased, np.maximum(self.probability - 1, 1), self.probability)
        impact = self.impact.copy()
        main_p = np.choose(self.level, [self.probability[:, 0], 3, np.array([4, 5, 4, 5])[self.worst]])
        main_i = np.choose(self.level, [impact[:, 0], 3 + self.worst % 2, np.array([4, 3, 5, 4])[self.worst]])
        probability[:, 0], impact[:, 0] = main_p, main_i
        kind = np.zeros_like(probability)
        kind[:, 0] = self.happened & (self.level > 0)
        pressed = eased.copy()
        pressed[:, 0] = self.level > 0
        response = np.where(closed, 2, pressed.astype(np.int64))
        now = np.stack([probability * 10 + impact, self.due, response, kind], axis=2)
        changed = (now != self.told).any(axis=2) & ~((self.told[:, :, 2] == 2) & closed)
        again = ~closed & (day - self.said >= _SILENCE)
        # One that came and went before the first report is not told at all.
        show = self.speaks(day)[:, None] & is_open & (changed | again) & ~(closed & (self.said < 0))
        show &= (c.stage_on(day) != CANCELLED)[:, None]
        self.said = np.where(show, day, self.said)
        self.told = np.where(show[:, :, None], now, self.told)
        at, k = np.nonzero(show)
        threat = self.threat[at, k]
        return {
            "risk": k.astype(np.int16),
            "name": threat.astype(np.int32),
            "project": at.astype(np.int32),
            "day": np.full(len(at), day, dtype=np.int32),
            "kind": kind[at, k].astype(np.int8),
            "probability": probability[at, k].astype(np.int8),
            "impact": impact[at, k].astype(np.int8),
            "owner": threat.astype(np.int32),
            "due": _workday(self.due[at, k]).astype(np.int32),
            "state": (response[at, k] == 2).astype(np.int8),
            "response": (3 * threat + response[at, k]).astype(np.int32),
        }


def _workday(day: Ints) -> Ints:
    """The day itself, or the Friday before a weekend."""
    after: Ints = (day + 3) % 7
    return day - np.maximum(after - 4, 0)
