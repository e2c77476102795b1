"""What is said of a colour is tried out: the stated change, loaded, flips it, and one unit less of it does not."""

import csv
import datetime as dt
import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from analytics import evidence, why, why_one
from analytics.reading import Source
from pipelines.__main__ import main
from pipelines.contract import contract
from pipelines.warehouse import Warehouse

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = sorted((ROOT / "data" / "sample").glob("*.csv"))
UNITS = {"days": dt.timedelta(days=1), "points": 1}
PROJECTS = 200
ITEMS = {"milestones": ("milestones", "milestone_id"), "risk": ("risks", "risk_id")}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("why") / "warehouse"
    assert main(["--warehouse", str(folder), "load", *map(str, SAMPLE)]) == 0
    return Warehouse(folder)


def judged(source: Source, day: dt.date, key: str) -> dict[str, why.Judgement]:
    row = source.records(f"from {source.on(day)} where project_key = $key", {"key": key})[0]
    return {judgement.dimension: judgement for judgement in why.judgements(source, day, row)}


def each_one(source: Source, day: dt.date, key: str) -> dict[tuple[str, str], why.Judgement]:
    """Each milestone and scored risk of a project, by what it is and its id, with why it has its colour."""
    found = {
        ("milestones", row["milestone_id"]): why_one.milestone(source, day, key, row["milestone_id"])
        for row in evidence.milestones(source, day, key)
    }
    found |= {
        ("risk", row["risk_id"]): why_one.risk(source, day, key, row["risk_id"])
        for row in evidence.risks(source, day, key)
    }
    return {what: one.judgement for what, one in found.items() if one}


def state_of(source: Source, day: dt.date, key: str, judgement: why.Judgement, change: why.Change) -> str:
    if judgement.dimension in ("milestone", "exposure"):
        return each_one(source, day, key)[change.dimension, change.items[0]].state
    return judged(source, day, key)[judgement.dimension].state


def chosen(source: Source) -> list[tuple[str, dt.date]]:
    """Projects, each with a random review at which it was live and judged."""
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
    return [(key, rng.choice(days[key])) for key in keys][:PROJECTS]


def one_less(change: why.Change) -> Any:
    """What the input would be with a change that is one unit smaller."""
    if change.unit in UNITS:
        return change.to - (UNITS[change.unit] if change.by > 0 else -UNITS[change.unit])
    return round(change.to - (0.01 if change.by > 0 else -0.01), 2)


def rows_with(
    source: Source, day: dt.date, key: str, change: why.Change, *, less: bool
) -> list[tuple[str, dict[str, Any]]]:
    """The export rows that make a change, or one that is one unit smaller: export and cells."""
    if change.dimension not in ITEMS:
        held = source.records(f"from {source.on(day)} where project_key = $key", {"key": key})[0]
        where = f"load_id = {held['fact_load_id']} and source_row = {held['fact_source_row']}"
        cells = source.records(f"select * exclude (load_id, source_row) from fact_status where {where}")[0]
        return [("status", {**cells, change.input: one_less(change) if less else change.to})]
    export, item = ITEMS[change.dimension]
    found = []
    for number, name in enumerate(change.items, 1):
        cells = source.records(
            f"""
            select f.* exclude (load_id, source_row)
            from fct_{export[:-1]} as m
            join fact_{export} as f on f.load_id = m.fact_load_id and f.source_row = m.fact_source_row
            where m.project_key = $key and m.{item} = $name
                and m.status_date <= $day and (m.valid_to is null or m.valid_to > $day)
            """,
            {"key": key, "name": name, "day": day},
        )[0]
        if change.unit != "milestones":
            cells[change.input] = one_less(change) if less else change.to
        elif not less or number < len(change.items):
            cells[change.input] = change.to
        found.append((export, cells))
    return found


def load(warehouse: Warehouse, folder: Path, rows: list[tuple[str, dict[str, Any]]]) -> None:
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


def test_the_smallest_change_flips_the_colour_and_one_unit_less_does_not(warehouse: Warehouse, tmp_path: Path) -> None:
    rng = random.Random(7)
    tried: list[tuple[str, dt.date, why.Judgement, why.Change]] = []
    with warehouse.reading() as reading:
        source = Source(reading)
        places = chosen(source)
        for key, day in places:
            flippable = [j for j in judged(source, day, key).values() if j.change]
            if flippable:
                judgement = rng.choice(flippable)
                assert judgement.change
                tried.append((key, day, judgement, judgement.change))
                # One that no other change speaks of.
                ones = [j for j in each_one(source, day, key).values() if j.change]
                if ones and judgement.dimension in ("schedule", "cost"):
                    one = rng.choice(ones)
                    assert one.change
                    tried.append((key, day, one, one.change))
        batches = {
            less: [row for key, day, _, change in tried for row in rows_with(source, day, key, change, less=less)]
            for less in (False, True)
        }
    assert len(places) == PROJECTS
    assert len(tried) > PROJECTS * 0.9
    kinds = Counter((judgement.dimension, change.input, change.by > 0) for _, _, judgement, change in tried)
    dimensions = {"schedule", "cost", "milestones", "risk", "computed", "milestone", "exposure"}
    assert {dimension for dimension, _, _ in kinds} == dimensions
    for less, rows in batches.items():
        load(warehouse, tmp_path / f"less-{less}", rows)
        with warehouse.reading() as reading:
            source = Source(reading)
            wrong = []
            for key, day, before, change in tried:
                state = state_of(source, day, key, before, change)
                if state != (before.state if less else change.becomes) or change.becomes == before.state:
                    wrong.append((key, day, before.dimension, before.state, state, change, less))
        assert not wrong, wrong[:5]


def test_where_no_single_input_can_flip_a_colour_it_says_so(warehouse: Warehouse) -> None:
    """Of a colour that is known; one that is unknown says what is missing."""
    silent, said = [], Counter()
    with warehouse.reading() as reading:
        source = Source(reading)
        for key, day in chosen(source):
            for judgement in judged(source, day, key).values():
                if judgement.dimension == "reported" or judgement.change:
                    continue
                if judgement.state == "unknown":
                    assert "can be judged" in judgement.because or "Can't be judged" in judgement.because
                    continue
                said[judgement.flips.split(":")[0]] += 1
                if not judgement.flips:
                    silent.append((key, day, judgement))
    assert not silent, silent[:3]
    assert said["No single input"]
