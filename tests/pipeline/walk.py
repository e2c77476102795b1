"""Random histories: what a messy year of exports, corrections and undos may look like, decided by a seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

STEADY = [f"2024-{month:02}-{day:02}" for month, day in [(1, 5), (1, 12), (1, 19), (2, 2), (2, 9), (3, 29), (4, 5)]]
ODD = ["2023-11-15", "2024-01-08", "2024-01-10", "2024-02-29", "2024-04-06"]
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
LISTED = ["project_name", "program_id", "portfolio", "sponsor", "goal_id", "stage", "is_critical", "baseline_start",
          "baseline_finish", "budget", "currency"]  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One command: files to load together, or `undo`, which of the loads in force to withdraw (counted round)."""

    files: tuple[str, ...] = ()
    undo: int | None = None


def walk(seed: int, steps: int) -> Iterator[Step]:
    """So many steps, the same for the same seed."""
    dice = random.Random(seed)
    written: list[str] = []
    for _ in range(steps):
        if written and dice.random() < 0.25:
            yield Step(undo=dice.randrange(1000))
            continue
        makers = [_status, _status, _status, _projects, _programs, _goals, _nyc, _gmpp, _again]
        files = [dice.choice(makers)(dice, written) for _ in range(dice.choice([1, 1, 2, 3]))]
        written += files
        yield Step(tuple(files))


def _table(header: list[str], rows: list[list[str]]) -> str:
    return "\n".join(",".join(cells) for cells in [header, *rows]) + "\n"


def _cells(dice: random.Random, names: list[str]) -> list[str]:
    return [dice.choice(CELLS[name]) for name in names]


def _status(dice: random.Random, written: list[str]) -> str:
    columns = dice.sample(list(CELLS), dice.randrange(1, len(CELLS)))
    days = [dice.choice(STEADY)] if dice.random() < 0.6 else dice.sample(STEADY + ODD, 3)
    keys = [(project, when) for project in dice.sample(PROJECTS, dice.randrange(1, 5)) for when in days]
    rows = [[project, when, *_cells(dice, columns)] for project, when in keys]
    return _table(["project_id", "status_date", *columns], rows)


def _projects(dice: random.Random, written: list[str]) -> str:
    columns = dice.sample(LISTED, dice.randrange(2, len(LISTED)))
    rows = []
    for project in dice.sample([*PROJECTS, "P4", "name:alpha"], dice.randrange(1, 5)):
        stage_from = dice.choice(["", "", "2023-12-01", "2024-01-19", "2024-05-01"])
        rows.append([project, stage_from, *_cells(dice, columns)])
    return _table(["project_id", "stage_from", *columns], rows)


def _programs(dice: random.Random, written: list[str]) -> str:
    rows = [
        [f"R{n}", dice.choice(["Program one", "Another"]), dice.choice(["", "North", "East"]), dice.choice(["", "G1"])]
        for n in dice.sample([1, 2], dice.choice([1, 2]))
    ]
    return _table(["program_id", "program_name", "program_portfolio", "program_goal_id"], rows)


def _goals(dice: random.Random, written: list[str]) -> str:
    rows = [[f"G{n}", dice.choice(["Grow", "Save"]), dice.choice(["", "40"])] for n in dice.sample([1, 2, 3], 2)]
    return _table(["goal_id", "goal_name", "target_share"], rows)


def _nyc(dice: random.Random, written: list[str]) -> str:
    """A source that states no baseline: the first forecast is held as one."""
    header = (
        "Date Reported As Of,PID,Project Name,Category,Managing Agency,Design Start,Budget Forecast,Forecast Completion"
    )
    rows = []
    for project in dice.sample(["1", "2"], dice.choice([1, 2])):
        year, month, day = dice.choice(STEADY + ODD).split("-")
        cells = [f"{month}/{day}/{year} 12:00:00 AM", project, dice.choice(NAMES), dice.choice(["R1", "R9"])]
        cells += [dice.choice(["", "DEP"]), dice.choice(["", "10/01/2023"])]
        cells += [dice.choice(["", "1000", "1200.5"]), dice.choice(["", "06/30/2024", "12/31/2024"])]
        rows.append(cells)
    return _table(header.split(","), rows)


def _gmpp(dice: random.Random, written: list[str]) -> str:
    """A source whose older returns have no ids: a name joins the numbered project that bears it."""
    header = ["project_name", "department", "colour_rating", "start_date", "end_date", "wlc_baseline_incl_NCG", "year"]
    numbered = dice.random() < 0.5
    year = dice.choice(["2022", "2023", "2024"])
    rows = []
    for number, name in enumerate(dice.sample(NAMES, dice.choice([1, 2, 3]))):
        cells = [name, dice.choice(["dft", "MOD"]), dice.choice(["Green", "Amber/Red", "Exempt under Section 43"])]
        cells += [dice.choice(["", "01/04/2020"]), dice.choice(["31/03/2025", "Exempt", "30/09/2026"])]
        cells += [dice.choice(["", "2013.02"]), year]
        rows.append([*cells, f"UK_{dice.choice([number, number, 7 + number])}"] if numbered else cells)
    return _table([*header, "project_number"] if numbered else header, rows)


def _again(dice: random.Random, written: list[str]) -> str:
    """An export that was written before: whole, some rows of it, or with another rating."""
    if not written:
        return _status(dice, written)
    header, *rows = dice.choice(written).splitlines()
    kept = [row for row in rows if dice.random() < 0.7] or rows
    text = "\n".join([header, *kept]) + "\n"
    return text.replace("green", "red") if dice.random() < 0.3 else text
