"""What is said of a colour is tried out: the stated change, loaded, flips it, and one unit less of it does not."""

import csv
import datetime as dt
import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from analytics import evidence, resources, touched, why, why_one
from analytics.reading import Scope, Source
from pipelines.__main__ import main
from pipelines.contract import contract
from pipelines.warehouse import Warehouse

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = sorted((ROOT / "data" / "sample").glob("*.csv"))
UNITS = {"days": dt.timedelta(days=1), "points": 1}
PROJECTS = 200
ITEMS = {"milestones": ("milestones", "milestone_id"), "risk": ("risks", "risk_id")}

Row = tuple[str, dict[str, Any]]  # export and cells


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("why") / "warehouse"
    assert main(["--warehouse", str(folder), "load", *map(str, SAMPLE)]) == 0
    return Warehouse(folder)


def held(source: Source, day: dt.date, key: str) -> dict[str, Any]:
    """How a project stands on a day: what the pages ask for."""
    return source.records(f"from {source.on(day)} where project_key = $key", {"key": key})[0]


def judged(source: Source, day: dt.date, key: str) -> list[why.Judgement]:
    row = held(source, day, key)
    found = why.judgements(source, day, row)
    assert [one.state for one in found] == [row[one.dimension] for one in found]
    return list(found)


def of_one(source: Source, day: dt.date, key: str, what: str, item: str) -> why.Judgement | None:
    """Why a milestone ("milestones") or scored risk ("risk") has its colour."""
    found = (why_one.milestone if what == "milestones" else why_one.risk)(source, day, key, item)
    return found.judgement if found else None


def flippable_one(source: Source, day: dt.date, key: str, rng: random.Random) -> why.Judgement | None:
    """One of the milestones and risks of a project that some change would flip, chosen at random."""
    items = [("milestones", row["milestone_id"]) for row in evidence.milestones(source, day, key)]
    items += [("risk", row["risk_id"]) for row in evidence.risks(source, day, key)]
    rng.shuffle(items)
    asked = (of_one(source, day, key, what, item) for what, item in items)
    return next((one for one in asked if one and one.change), None)


def state_of(source: Source, day: dt.date, key: str, judgement: why.Judgement, change: why.Change) -> str:
    if judgement.dimension in ("milestone", "exposure"):
        one = of_one(source, day, key, change.dimension, change.items[0])
        assert one
        return one.state
    return str(held(source, day, key)[judgement.dimension])


def chosen(source: Source) -> list[tuple[str, dt.date]]:
    """Projects, each with a random review at which it was live and judged, in the days' order."""
    rng = random.Random(20261120)
    days: dict[str, list[dt.date]] = defaultdict(list)
    for key, day in source.rows(
        """
        select f.project_key, r.review_date
        from fct_status as f
        join review_date as r
            on f.status_date <= r.review_date and (f.valid_to is null or f.valid_to > r.review_date)
        where is_live(stage_at(r.review_date, f.listed_stage, f.listed_stage_from, f.stage, f.actual_finish))
            and f.is_reported
        order by all
        """
    ):
        days[key].append(day)
    keys = sorted(days)
    rng.shuffle(keys)
    return sorted(((key, rng.choice(days[key])) for key in keys[:PROJECTS]), key=lambda place: place[1])


@dataclass
class Asked:
    """A chosen project and its day, what is said of it before anything is changed, and the changes to try out there."""

    key: str
    day: dt.date
    said: list[why.Judgement]
    tried: list[tuple[why.Judgement, why.Change]]
    with_change: list[Row]
    with_less: list[Row]


@pytest.fixture(scope="module")
def asked(warehouse: Warehouse) -> list[Asked]:
    rng = random.Random(7)
    with warehouse.reading() as reading:
        source = Source(reading)
        return [ask(source, day, key, rng) for key, day in chosen(source)]


def ask(source: Source, day: dt.date, key: str, rng: random.Random) -> Asked:
    """What is said of a project, and one change of it, and of a milestone or risk that no other change speaks of."""
    one = Asked(key, day, judged(source, day, key), [], [], [])
    # People are shared, so that changes of them can't be tried side by side: they have a test of their own, below.
    flippable = [j for j in one.said if j.change and j.change.unit != "FTE"]
    picked = [rng.choice(flippable)] if flippable else []
    if picked and picked[0].dimension in ("schedule", "cost") and (item := flippable_one(source, day, key, rng)):
        picked.append(item)
    for judgement in picked:
        change = judgement.change
        assert change
        one.tried.append((judgement, change))
        cells = cells_of(source, day, key, change)
        one.with_change += changed(change, cells, less=False)
        one.with_less += changed(change, cells, less=True)
    return one


def one_less(change: why.Change) -> Any:
    """What the input would be with a change that is one unit smaller."""
    if change.unit in UNITS:
        return change.to - (UNITS[change.unit] if change.by > 0 else -UNITS[change.unit])
    return round(change.to - (0.01 if change.by > 0 else -0.01), 2)


def cells_of(source: Source, day: dt.date, key: str, change: why.Change) -> list[Row]:
    """The export rows that a change speaks of, as they are in force: export and cells."""
    if change.dimension not in ITEMS:
        at = held(source, day, key)
        where = f"load_id = {at['fact_load_id']} and source_row = {at['fact_source_row']}"
        return [("status", source.records(f"select * exclude (load_id, source_row) from fact_status where {where}")[0])]
    export, item = ITEMS[change.dimension]
    found = source.records(
        f"""
        select f.* exclude (load_id, source_row)
        from fct_{export[:-1]} as m
        join fact_{export} as f on f.load_id = m.fact_load_id and f.source_row = m.fact_source_row
        where m.project_key = $key and list_contains($names, m.{item})
            and m.status_date <= $day and (m.valid_to is null or m.valid_to > $day)
        order by list_position($names, m.{item})
        """,
        {"key": key, "names": list(change.items), "day": day},
    )
    assert len(found) == len(change.items)
    return [(export, cells) for cells in found]


def changed(change: why.Change, cells: list[Row], *, less: bool) -> list[Row]:
    """The rows that make a change, or one that is one unit smaller."""
    if change.unit == "milestones":
        kept = cells[-1:] if less else []
        return [(export, {**row, change.input: change.to}) for export, row in cells[: len(cells) - len(kept)]] + kept
    return [(export, {**row, change.input: one_less(change) if less else change.to}) for export, row in cells]


def load(warehouse: Warehouse, folder: Path, rows: list[Row]) -> None:
    """All rows in one batched load."""
    folder.mkdir()
    files = []
    for export in sorted({export for export, _ in rows}):
        files.append(folder / f"{export}.csv")
        with files[-1].open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(contract(export).columns))
            writer.writeheader()
            for other, cells in rows:
                if other == export:
                    writer.writerow({name: _text(value) for name, value in cells.items()})
    assert main(["--warehouse", str(warehouse.folder), "load", *map(str, files)]) == 0


def _text(value: Any) -> str:
    if value is None:
        return ""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def test_the_smallest_change_flips_the_colour_and_one_unit_less_does_not(
    warehouse: Warehouse, asked: list[Asked], tmp_path: Path
) -> None:
    tried = [(one.key, one.day, judgement, change) for one in asked for judgement, change in one.tried]
    assert len(asked) == PROJECTS
    assert len(tried) > PROJECTS * 0.9
    assert all(change.becomes != before.state for _, _, before, change in tried)
    dimensions = {"schedule", "cost", "milestones", "risk", "computed", "milestone", "exposure"}
    assert {before.dimension for _, _, before, _ in tried} == dimensions
    for less in (False, True):
        rows = [row for one in asked for row in (one.with_less if less else one.with_change)]
        load(warehouse, tmp_path / f"less-{less}", rows)
        with warehouse.reading() as reading:
            source = Source(reading)
            wrong = []
            for key, day, before, change in tried:
                state = state_of(source, day, key, before, change)
                if state != (before.state if less else change.becomes):
                    wrong.append((key, day, before.dimension, before.state, state, change, less))
        assert not wrong, wrong[:5]


def test_where_no_single_input_can_flip_a_colour_it_says_so(asked: list[Asked]) -> None:
    """Of a colour that is known; one that is unknown says what is missing."""
    silent, said = [], Counter()
    for one in asked:
        for judgement in one.said:
            if judgement.dimension == "reported" or judgement.change:
                continue
            if judgement.state == "unknown":
                assert "can be judged" in judgement.because or "Can't be judged" in judgement.because
                continue
            said[judgement.flips.split(":")[0]] += 1
            if not judgement.flips:
                silent.append((one.key, one.day, judgement))
    assert not silent, silent[:3]
    assert said["No single input"]


PEOPLE = """project_id,project_name,is_critical,priority,stage,baseline_start,baseline_finish
P-1,One,no,2,active,2026-01-05,2027-06-30
P-2,Two,no,1,active,2026-01-05,2027-06-30
P-3,Three,no,3,active,2026-01-05,2027-06-30
"""
NEEDED = {
    **{("P-1", month): 2.0 for month in ("2027-01", "2027-02")},
    ("P-2", "2027-01"): 3.0,
    **{("P-3", month): 2.0 for month in ("2027-01", "2027-02")},
}
THERE = {"2026-12": 4.0, "2027-01": 4.0, "2027-02": 4.0}
REVIEW = dt.date(2026, 11, 20)


def people(needed: dict[tuple[str, str], float], there: dict[str, float]) -> dict[str, str]:
    return {
        "demand": "project_id,team,skill,month,fte,commitment,status_date\n"
        + "".join(f"{key},Data,Engineer,{month},{fte},,2026-11-18\n" for (key, month), fte in needed.items()),
        "capacity": "team,skill,month,fte\n"
        + "".join(f"Data,Engineer,{month},{fte}\n" for month, fte in there.items()),
    }


def stated(folder: Path, store: Warehouse, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
    paths = [str(folder / f"{name}.csv") for name in files]
    assert main(["--warehouse", str(store.folder), "load", *paths]) == 0


def test_missing_people_alone_make_it_red_and_the_stated_change_of_a_tenth_flips_it(tmp_path: Path) -> None:
    store = Warehouse(tmp_path / "warehouse")
    status = "project_id,status_date,reported_health\n" + "".join(f"P-{n},2026-11-20,green\n" for n in (1, 2, 3))
    stated(tmp_path, store, {"projects": PEOPLE, "status": status, **people(NEEDED, THERE)})

    def why_of(key: str) -> tuple[why.Judgement, why.Judgement]:
        with store.reading() as reading:
            said = {one.dimension: one for one in judged(Source(reading), REVIEW, key)}
            return said["resources"], said["computed"]

    one, computed = why_of("P-1")
    assert (one.state, computed.state, computed.because) == ("red", "red", "The worst that is known: resources")
    # 4 FTE in January: P-2 takes 3, so one of the four FTE-months of P-1 lacks; below 15 % of them is 0.5.
    assert one.because == "1 of the 4 FTE-months needed in the next three months not met, 25 %"
    assert one.flips == ("Amber with 0.5 FTE more of Data, Engineer in Jan 2027 or if it needed 0.5 FTE less there")
    assert [(found.words, found.origin.export if found.origin else "") for found in one.witnesses] == [
        ("Data, Engineer in Jan 2027: needs 2 FTE, 1 not met; served before: Two 3", "demand"),
        ("Data, Engineer in Jan 2027: 4 FTE there", "capacity"),
    ]
    with store.reading() as reading:
        source = Source(reading)
        asked = [(row["month"].month, row["needed"], row["unmet"]) for row in resources.demand(source, REVIEW, "P-1")]
        assert asked == [(1, 2.0, 1.0), (2, 2.0, 0.0)]
        of_all = resources.demand_of_program(source, REVIEW, Scope())
        assert [(row["needed"], row["unmet"], row["assigned"]) for row in of_all] == [
            (7.0, 3.0, None),
            (4.0, 0.0, None),
        ]
        assert [(one.export, one.rows) for one in touched.touched(source, "P-1")][:1] == [("demand", 2)]
    last, _ = why_of("P-3")
    # With more people P-1 comes first; to need less is the smaller change.
    assert (last.state, last.change.input if last.change else "") == ("red", "demand")

    for key, judgement in (("P-1", one), ("P-3", last)):
        change = judgement.change
        assert change
        assert change.unit == "FTE"
        _, _, month = change.items
        for less in (False, True):
            to = round(change.to - (0.1 if change.by > 0 else -0.1) * less, 1)
            needed, there = dict(NEEDED), dict(THERE)
            if change.input == "demand":
                needed[key, month[:7]] = to
            else:
                there[month[:7]] = to
            stated(tmp_path, store, people(needed, there))
            assert why_of(key)[0].state == (judgement.state if less else change.becomes), (key, less, change)
        stated(tmp_path, store, people(NEEDED, THERE))
