"""Random histories: what a messy year of exports, corrections and undos may look like, decided by a seed."""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass

FIRST = dt.date(2024, 1, 5)
ODD = [dt.date(2023, 11, 15), dt.date(2024, 1, 8), dt.date(2024, 2, 29)]
PROJECTS = ["P1", "P2", "P3", "NYC-1", "UK_1"]
NAMES = ["Alpha", "Beta & Co", "Gamma"]
CELLS = {
    "project_name": ["", "Alpha", "Beta", "beta and co"],
    "program_id": ["", "R1", "R2", "Program one"],
    "portfolio": ["", "", "North", "South"],
    "sponsor": ["", "Head of A", "Head of B"],
    "goal_id": ["", "", "G1", "G2"],
    "stage": ["", "", "active", "approved", "on hold", "completed", "cancelled", "idea"],
    "is_critical": ["", "yes", "no"],
    "baseline_start": ["", "2023-10-01", "2024-01-09"],
    "baseline_finish": ["", "2024-06-30", "2024-02-01"],
    "budget": ["", "100", "0", "0.1", "333333.33"],
    "currency": ["", "", "EUR", "GBP"],
    "reported_health": ["", "green", "amber", "red", "amber/red"],
    "forecast_finish": ["", "2024-07-31", "2024-01-31", "2025-06-30"],
    "actual_finish": ["", "", "", "2024-01-31"],
    "earned_value": ["", "50", "0"],
    "actual_cost": ["", "70", "0.3"],
    "forecast_cost": ["", "", "109.99", "110", "500000"],
}
ITEMS = {
    "milestone_name": ["", "First region", "Handover"],
    "is_deliverable": ["", "yes", "no"],
    "baseline_date": ["", "2023-10-06", "2024-01-12", "2024-02-02", "2024-06-30"],
    "forecast_date": ["", "2024-01-31", "2024-06-30"],
    "actual_date": ["", "", "2023-12-01", "2024-01-12", "2024-02-09"],
    "risk_kind": ["", "risk", "issue"],
    "probability": ["", "1", "3", "high", "5"],
    "impact": ["", "2", "3", "5"],
    "risk_state": ["", "", "open", "accepted", "closed"],
    "response": ["", "Second vendor"],
}
MONTHS = ["2023-12", "2024-01", "2024-02-15", "2024-03", "2024-04"]
RULES = [("milestones_amber", 0.05), ("milestones_red", 0.5), ("risk_red", 10), ("risk_amber", 3), ("week_ends_on", 3)]
LISTED = ["project_name", "program_id", "portfolio", "sponsor", "goal_id", "stage", "is_critical", "baseline_start",
          "baseline_finish", "budget", "currency"]  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One command: files to load together, or `undo`, which of the loads in force to withdraw (counted round), or
    `redo`, which of those withdrawn to let count again, or `rule`, a rule to change and its new value."""

    files: tuple[str, ...] = ()
    undo: int | None = None
    redo: int | None = None
    rule: tuple[str, float] | None = None


class Walk:
    """The steps of one history. Time moves on by weeks, with gaps; most reports are of the week, some are late."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.today = FIRST
        self.written: list[str] = []

    def step(self) -> Step:
        """The next command."""
        dice = self.dice
        if self.written and dice.random() < 0.25:
            return Step(undo=dice.randrange(1000))
        if self.written and dice.random() < 0.15:
            return Step(redo=dice.randrange(1000))
        if self.written and dice.random() < 0.1:
            return Step(rule=dice.choice(RULES))
        self.today += dt.timedelta(days=dice.choice([0, 0, 7, 7, 7, 35]))
        makers = [self.status] * 4 + [self.projects, self.programs, self.goals, self.nyc, self.gmpp, self.again]
        makers += [self.milestones, self.milestones, self.risks, self.risks, self.dependencies, self.benefits]
        makers += [self.capacity, self.demand, self.demand, self.assignments, self.alignment]
        files = [dice.choice(makers)() for _ in range(dice.choice([1, 1, 2, 3]))]
        self.written += files
        return Step(tuple(files))

    def day(self) -> dt.date:
        """Mostly today, else a day before."""
        late = [*ODD, *(FIRST + dt.timedelta(days=7 * week) for week in range((self.today - FIRST).days // 7 + 1))]
        return self.today if self.dice.random() < 0.7 else self.dice.choice(late)

    def some(self, listed: list[str]) -> list[str]:
        """One or more of them, in any order."""
        return self.dice.sample(listed, self.dice.randrange(1, len(listed) + 1))

    def cells(self, names: list[str]) -> list[str]:
        """A cell for each of these columns."""
        return [self.dice.choice(CELLS[name]) for name in names]

    def status(self) -> str:
        columns = self.some(list(CELLS))
        days = [self.day()] if self.dice.random() < 0.8 else [*{self.day() for _ in range(4)}]
        keys = [(project, str(when)) for project in self.some(PROJECTS) for when in sorted(days)]
        return _table(["project_id", "status_date", *columns], [[*key, *self.cells(columns)] for key in keys])

    def projects(self) -> str:
        columns = self.some(LISTED)
        since = ["", "", "2023-12-01", "2024-01-19", "2024-05-01"]
        listed = self.some([*PROJECTS, "P4", "name:alpha"])
        rows = [[project, self.dice.choice(since), *self.cells(columns)] for project in listed]
        return _table(["project_id", "stage_from", *columns], rows)

    def programs(self) -> str:
        pick = self.dice.choice
        rows = [
            [program, pick(["Program one", "Another"]), pick(["", "North", "East"]), pick(["", "G1"])]
            for program in self.some(["R1", "R2"])
        ]
        return _table(["program_id", "program_name", "program_portfolio", "program_goal_id"], rows)

    def goals(self) -> str:
        pick = self.dice.choice
        rows = [[goal, pick(["Grow", "Save"]), pick(["", "40"])] for goal in self.some(["G1", "G2", "G3"])]
        return _table(["goal_id", "goal_name", "target_share"], rows)

    def milestones(self) -> str:
        return self.items("milestone_id", ["M1", "M2", "M3"], list(ITEMS)[:5])

    def risks(self) -> str:
        return self.items("risk_id", ["R1", "R2"], list(ITEMS)[5:])

    def items(self, item: str, items: list[str], columns: list[str]) -> str:
        """What stands beside status reports, of a day or of several; also of projects that only this export knows."""
        columns = self.some(columns)
        days = [self.day()] if self.dice.random() < 0.7 else [*{self.day() for _ in range(4)}]
        keys = [
            [one, project, str(when)]
            for project in self.some([*PROJECTS, "P4", "X1", "name:alpha", "name:beta-co"])
            for one in self.some(items)
            for when in sorted(days)
        ]
        rows = [[*key, *(self.dice.choice(ITEMS[name]) for name in columns)] for key in keys]
        return _table([item, "project_id", "status_date", *columns], rows)

    def dependencies(self) -> str:
        pick = self.dice.choice
        rows = [
            [one, pick(PROJECTS), pick(PROJECTS), pick(["", "2024-02-02"])] for one in self.some(["D1", "D2", "D3"])
        ]
        return _table(["dependency_id", "from_project_id", "to_project_id", "needed_by"], rows)

    def benefits(self) -> str:
        pick = self.dice.choice
        rows = [
            [one, pick(["", *PROJECTS]), end, pick(["", "10"]), pick(["", "7"])]
            for one in self.some(["B1", "B2"])
            for end in self.some(["2024-03-31", "2024-06-30"])
        ]
        return _table(["benefit_id", "project_id", "period_end", "planned", "realised"], rows)

    def capacity(self) -> str:
        return self.people([[team] for team in self.some(["Data", "Web"])], ["team"])

    def demand(self) -> str:
        """A plan, of a day or that holds until another comes; also of projects and teams that nothing else knows."""
        when = self.dice.choice(["", str(self.day())])
        pairs = [
            [project, team, when, self.dice.choice(["", "", "committed", "requested"])]
            for project in self.some([*PROJECTS, "P4", "name:alpha"])
            for team in self.some(["Data", "data ", "Web", "Lab"])[:2]
        ]
        return self.people(pairs, ["project_id", "team", "status_date", "commitment"])

    def assignments(self) -> str:
        rows = [[f"R-{n}", project, "Data"] for n, project in enumerate(self.some(PROJECTS), 1)]
        return self.people(rows, ["person_id", "project_id", "team"])

    def alignment(self) -> str:
        rows = [[project, goal, self.dice.choice(["0", "0.4", "1"])] for project in PROJECTS for goal in ("G-1", "G-2")]
        return _table(
            ["project_id", "goal_id", "contribution"], self.dice.sample(rows, self.dice.randrange(1, len(rows)))
        )

    def people(self, rows: list[list[str]], header: list[str]) -> str:
        """Amounts for each row by months, weeks or quarters, in any unit."""
        pick = self.dice.choice
        periods = pick([MONTHS, MONTHS, ["2024-W05", "2024-W09", "2024-W14"], ["2024-Q1", "2024-Q2"]])
        periods = sorted(self.some(periods))
        amounts = [pick(["0", "0.5", "2"]), pick(["FTE", "days", "hours"]), pick(["", "Java"])]
        made = [[*row, period, *amounts] for row in rows for period in periods]
        return _table([*header, "month", "amount", "unit", "skill"], made)

    def nyc(self) -> str:
        """A source that states no baseline: the first forecast is held as one."""
        pick = self.dice.choice
        header = ["Date Reported As Of", "PID", "Project Name", "Category", "Managing Agency"]
        header += ["Design Start", "Budget Forecast", "Forecast Completion"]
        rows = []
        for project in self.some(["1", "2"]):
            cells = [f"{self.day():%m/%d/%Y} 12:00:00 AM", project, pick(NAMES), pick(["R1", "R9"])]
            cells += [pick(["", "DEP"]), pick(["", "10/01/2023"])]
            cells += [pick(["", "1000", "1200.5"]), pick(["", "06/30/2024", "12/31/2024"])]
            rows.append(cells)
        return _table(header, rows)

    def gmpp(self) -> str:
        """A source whose older returns have no ids: a name joins the numbered project that bears it."""
        pick = self.dice.choice
        header = ["project_name", "department", "colour_rating", "start_date", "end_date"]
        header += ["wlc_baseline_incl_NCG", "year"]
        numbered, year = self.dice.random() < 0.5, pick(["2022", "2023", "2024"])
        rows = []
        for number, name in enumerate(self.some(NAMES)):
            cells = [name, pick(["dft", "MOD"]), pick(["Green", "Amber/Red", "Exempt under Section 43"])]
            cells += [pick(["", "01/04/2020"]), pick(["31/03/2025", "Exempt", "30/09/2026"])]
            cells += [pick(["", "2013.02"]), year]
            rows.append([*cells, f"UK_{pick([number, number, 7 + number])}"] if numbered else cells)
        return _table([*header, "project_number"] if numbered else header, rows)

    def again(self) -> str:
        """An export that was written before: whole, some rows of it, or with another rating."""
        if not self.written:
            return self.status()
        header, *rows = self.dice.choice(self.written).splitlines()
        kept = [row for row in rows if self.dice.random() < 0.7] or rows
        text = "\n".join([header, *kept]) + "\n"
        return text.replace("green", "red") if self.dice.random() < 0.3 else text


def walk(seed: int, steps: int) -> Iterator[Step]:
    """So many steps, the same for the same seed."""
    walking = Walk(seed)
    return (walking.step() for _ in range(steps))


def _table(header: list[str], rows: list[list[str]]) -> str:
    return "\n".join(",".join(cells) for cells in [header, *rows]) + "\n"
