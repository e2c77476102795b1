"""Changing rules: what is possible, from when it holds, and that a kill in the middle leaves nothing half done."""

import datetime as dt
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from desk import Desk, differences

from analytics.programs import programs
from analytics.reading import Scope, Source
from analytics.rules import effect
from pipelines.__main__ import main
from pipelines.backup import backup, restore
from pipelines.names import organisation, set_organisation
from pipelines.problems import UsageError
from pipelines.rules import Value, changes_known, document, in_force, rules, set_rules
from pipelines.warehouse import Warehouse

pytestmark = pytest.mark.usefixtures("by_sql")

ROOT = Path(__file__).parents[2]
STATUS = """
    project_id, status_date, baseline_start, baseline_finish, forecast_finish, budget, forecast_cost
    P1, 2026-01-09, 2026-01-01, 2026-04-11, 2026-05-01, 100, 115
    P2, 2026-01-09, 2026-01-01, 2026-04-11, 2026-04-11, 100, 100
    P1, 2026-01-16, 2026-01-01, 2026-04-11, 2026-05-20, 100, 115
    P2, 2026-02-06, 2026-01-01, 2026-04-11, 2026-04-11, 100, 140
"""
LATER = "project_id, status_date, baseline_start, baseline_finish, forecast_finish, budget, forecast_cost\n"
DAYS = ("2026-01-09", "2026-01-16", "2026-02-06", "2026-06-05")
SETTINGS: list[dict[str, Value]] = [
    {"schedule_amber": 0.25},
    {"schedule_red": 0.9, "schedule_amber": 0.5},
    {"cost_amber": 0.05, "cost_red": 0.12},
    {"rollup_rule": "worst"},
    {"rollup_rule": "mean", "rollup_known": 0.0},
    {"grace_days": 30.0},
    {"interval_days": 1.0, "grace_days": 0.0},
    {"week_ends_on": 7.0},
    {"week_ends_on": 1.0, "rollup_red": 0.6},
]

Shown = tuple[dict[str, object], list[list[tuple[object, ...]]]]


def shown(desk: Desk, publication: int | None = None) -> Shown:
    """All that a reader can see at a publication: every model, and the projects on some days."""
    days = [desk.rows(f"from project_at(date '{day}') order by project_key", publication) for day in DAYS]
    return dict(desk.tables(publication)), days


@pytest.fixture(scope="module")
def loaded(by_sql: None, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    made = Desk(tmp_path_factory.mktemp("loaded"))
    made.load(STATUS)
    return made


@pytest.fixture(scope="module")
def with_programs(by_sql: None, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    made = Desk(tmp_path_factory.mktemp("programs"))
    made.load(PROGRAMS)
    return made


def copied(made: Desk, folder: Path) -> Desk:
    """A desk of one's own at a copy of a warehouse."""
    shutil.copytree(made.warehouse.folder, folder / "warehouse")
    return Desk(folder)


def values(desk: Desk, publication: int | None = None) -> dict[str, Value]:
    with desk.warehouse.reading(publication) as reading:
        return in_force(reading.cursor())


def history(desk: Desk) -> list[tuple[object, ...]]:
    with desk.warehouse.reading() as reading:
        found = changes_known(reading.cursor(), reading.publication)
    return [(change.name, change.before, change.after, change.publication, change.why) for change in found]


def test_a_change_holds_from_its_publication_on(desk: Desk) -> None:
    desk.load(STATUS)
    before = shown(desk)
    assert set_rules(desk.warehouse, {"cost_amber": 0.2}, "looser") == 2
    asked = "select cost from project_at(date '2026-01-09') where project_key = 'P1'"
    # Knowledge decides, not the review date: the old review is judged by the new rule as well.
    assert desk.rows(asked) == [("green",)]
    assert desk.rows(asked, 1) == [("amber",)]
    assert shown(desk, 1) == before
    desk.load(LATER + "P3, 2026-02-06, 2026-01-01, 2026-04-11, 2026-04-11, 100, 115")
    assert desk.rows(asked) == [("green",)]
    assert shown(desk, 1) == before
    assert history(desk) == [("cost_amber", 0.1, 0.2, 2, "looser")]
    assert desk.rows("select publication, action from publication order by 1") == [
        (1, "load"),
        (2, "rules"),
        (3, "load"),
    ]


@pytest.mark.parametrize("changes", SETTINGS, ids=[" ".join(changes) for changes in SETTINGS])
def test_every_model_is_as_if_built_anew(loaded: Desk, tmp_path: Path, changes: dict[str, Value]) -> None:
    desk = copied(loaded, tmp_path)
    set_rules(desk.warehouse, changes, "a test")
    assert not differences(desk.tables(), desk.rebuilt())
    assert values(desk).items() >= changes.items()
    assert values(desk, 1) == {name: rule.shipped for name, rule in rules().items()}


@pytest.mark.parametrize("seed", range(1))
def test_what_was_known_stands_whatever_comes(desk: Desk, seed: int, tmp_path: Path) -> None:
    """Random changes of rules between loads, undone loads and a restored backup: each publication is shown again."""
    dice = random.Random(seed)
    seen: dict[int, Shown] = {}
    loads: list[int] = []
    for step in range(7):
        move = dice.choice(["load", "rules", "rules", "undo"]) if loads else "load"
        if move == "load":
            loads += desk.load(STATUS if not loads else LATER + f"P{step}, 2026-02-0{step + 1}, , , , 100, 1{step}5")
        elif move == "undo":
            desk.undo(loads.pop(dice.randrange(len(loads))))
        else:
            try:
                set_rules(desk.warehouse, dice.choice(SETTINGS), f"step {step}")
            except UsageError:  # the same again changes nothing
                continue
        seen[desk.warehouse.publication()] = shown(desk)
        assert not differences(desk.tables(), desk.rebuilt())
    backup(desk.warehouse.folder, tmp_path / "saved.zip")
    set_rules(desk.warehouse, {"cost_red": 0.77}, "lost by the restore")
    restore(desk.warehouse.folder, tmp_path / "saved.zip")
    assert all(change[2] != 0.77 for change in history(desk))
    for publication, then in seen.items():
        assert shown(desk, publication) == then, f"publication {publication} is known differently"
    set_rules(desk.warehouse, {"cost_red": 0.66}, "after the restore")
    assert values(desk)["cost_red"] == 0.66
    last = max(seen)
    assert shown(desk, last) == seen[last]


@pytest.mark.parametrize(
    ("changes", "message", "fix"),
    [
        ({"cost_ambr": 0.2}, "there is no rule cost_ambr", "python -m pipelines rules"),
        ({"cost_amber": 15}, "cost_amber can't be 15", "1 % to 100 %"),
        ({"cost_amber": "ten"}, "is a number, not ten", "1 % to 100 %"),
        ({"cost_amber": float("nan")}, "can't be nan", "1 % to 100 %"),
        ({"cost_amber": 0.4}, "cost_red would be 30 %, below cost_amber, 40 %", "Set cost_red to 40 % or more"),
        ({"schedule_red": 0.05}, "schedule_red would be 5 %, below schedule_amber, 10 %", "Set schedule_red to"),
        ({"grace_days": 1.5}, "is a whole number, not 1.5", "whole days, 0 to 366"),
        ({"week_ends_on": 8}, "week_ends_on can't be 8", "1 Monday to 7 Sunday"),
        ({"rollup_rule": "best"}, "rollup_rule can't be best", "share, worst, mean"),
        ({"cost_amber": 0.1}, "every rule has this value already", ""),
        ({}, "every rule has this value already", ""),
    ],
)
def test_what_is_not_possible_is_one_clear_error(desk: Desk, changes: dict[str, Value], message: str, fix: str) -> None:
    with pytest.raises(UsageError) as caught:
        set_rules(desk.warehouse, changes, "a test")
    assert message in caught.value.message
    assert fix in caught.value.fix
    assert desk.warehouse.publication() == 0


def test_the_document_is_what_rules_yaml_says() -> None:
    assert (ROOT / "docs" / "rules.md").read_text("utf-8").strip() == document()


def test_the_command_lists_and_sets(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--warehouse", str(desk.warehouse.folder)]
    assert main(["rules", *where, "--json"]) == 0
    shipped = {one["name"]: one["value"] for one in json.loads(capsys.readouterr().out)["rules"]}
    assert shipped == {name: rule.shipped for name, rule in rules().items()}
    desk.load(STATUS)
    assert main(["rules", *where, "--set", "cost_amber=20%", "--set", "rollup_rule=worst", "--why", "as agreed"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("cost_amber"))
    assert "20 %" in line
    assert "publication 2" in line
    assert "as agreed" in line
    assert main(["rules", *where, "--set", "cost_amber=0.2"]) == 2
    assert "reason" in capsys.readouterr().err


def test_the_sample_loads_where_only_rules_were_set(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    set_rules(desk.warehouse, {"cost_amber": 0.2}, "first of all")
    assert main(["demo", "--warehouse", str(desk.warehouse.folder)]) == 0
    assert desk.warehouse.publication() == 2
    assert main(["demo", "--warehouse", str(desk.warehouse.folder)]) == 0
    assert desk.warehouse.publication() == 2


def test_the_organisation_has_a_name(desk: Desk) -> None:
    assert organisation(desk.warehouse) == ""
    assert set_organisation(desk.warehouse, "  Høst\u202e &\n Søn \x00") == "Høst & Søn"
    assert organisation(desk.warehouse) == "Høst & Søn"
    set_rules(desk.warehouse, {"cost_amber": 0.2}, "a journal of both")
    assert organisation(desk.warehouse) == "Høst & Søn"
    with pytest.raises(UsageError, match="61 characters"):
        set_organisation(desk.warehouse, "x" * 61)
    set_organisation(desk.warehouse, "")
    assert organisation(desk.warehouse) == ""
    with desk.warehouse.journal.read() as journal:
        assert journal.sql("select word from setting order by rowid").fetchall() == [("Høst & Søn",), ("",)]


def test_amber_and_red_may_move_together(desk: Desk) -> None:
    set_rules(desk.warehouse, {"cost_amber": "40 %", "cost_red": "0.5"}, "both")
    assert (values(desk)["cost_amber"], values(desk)["cost_red"]) == (0.4, 0.5)


def test_a_reason_is_asked_for(desk: Desk) -> None:
    with pytest.raises(UsageError, match="reason"):
        set_rules(desk.warehouse, {"cost_amber": 0.2}, "  ")


def test_rules_may_be_set_before_the_first_load(desk: Desk) -> None:
    assert set_rules(desk.warehouse, {"cost_amber": 0.2}, "ours from the start") == 1
    desk.load(STATUS)
    assert desk.rows("select cost from project_at(date '2026-01-09') where project_key = 'P1'") == [("green",)]
    assert not differences(desk.tables(), desk.rebuilt())


PROGRAMS = """
    project_id, program_id, status_date, baseline_start, baseline_finish, forecast_finish, budget, forecast_cost
    P1, R1, 2026-02-06, 2026-01-01, 2026-04-11, 2026-05-01, 100, 108
    P2, R1, 2026-02-06, 2026-01-01, 2026-04-11, 2026-04-11, 900, 900
    P3, R2, 2026-02-06, 2026-01-01, 2026-04-11, 2026-05-25, 300, 345
    P4, R2, 2026-01-23, 2026-01-01, 2026-04-11, 2026-04-11, 700, 940
    P5, R2, 2026-01-02, 2026-01-01, 2026-04-11, 2026-04-21, 700,
    P6, , 2026-02-06, , , , 50, 57
    P7, , 2026-02-06, , , , ,
"""


@pytest.mark.parametrize("changes", SETTINGS, ids=[" ".join(changes) for changes in SETTINGS])
def test_what_a_change_would_do_is_what_it_does(with_programs: Desk, tmp_path: Path, changes: dict[str, Value]) -> None:
    desk = copied(with_programs, tmp_path)

    def judged() -> tuple[dict[str, str], int, dict[tuple[str, str], str], dt.date]:
        with desk.warehouse.reading() as reading:
            source = Source(reading)
            day = max(day for (day,) in source.rows("from review_date"))
            rows = source.rows(f"select project_key, computed, is_stale from {source.on(day)} where is_live")
            found = programs(source, day, Scope())
        colours = {(p.program_name, "computed"): p.computed.state for p in found}
        colours |= {(p.program_name, "reported"): p.reported.state for p in found}
        return {key: colour for key, colour, _ in rows}, sum(stale for *_, stale in rows), colours, day

    projects, stale, colours, day = judged()
    with desk.warehouse.reading() as reading:
        said = effect(Source(reading), day, tuple(changes.items()))
        assert reading.cursor().sql("from duckdb_databases() where database_name like 'trial%'").fetchall() == []
    set_rules(desk.warehouse, changes, "a test")
    projects_after, stale_after, colours_after, day_after = judged()
    moved = Counter((projects[key], projects_after[key]) for key in projects if projects[key] != projects_after[key])
    assert {(move.before, move.after): move.projects for move in said.moves} == moved
    moved_programs = {key: (colours[key], colours_after[key]) for key in colours if colours[key] != colours_after[key]}
    assert {(m.program_name, m.basis): (m.before, m.after) for m in said.programs} == moved_programs
    assert said.stale == (stale, stale_after)
    assert said.day == (day, day_after)
    red = [list(colours.values()).count("red") for colours in (projects, projects_after)]
    assert said.red == tuple(red)


def test_several_values_are_tried_at_once_without_a_trace(with_programs: Desk) -> None:
    desk = with_programs
    day = dt.date(2026, 2, 6)
    with desk.warehouse.reading() as reading, ThreadPoolExecutor(4) as readers:
        source = Source(reading)
        before = source.rows(f"from {source.on(day)} order by all")
        tried = [(("cost_amber", (1 + n % 5) / 100),) for n in range(20)]
        found = list(readers.map(lambda changes: effect(source, day, changes), tried))
        assert [one.moves for one in found] == [effect(source, day, changes).moves for changes in tried]
        assert source.rows("select rule_value('cost_amber')") == [(0.1,)]
        assert source.rows(f"from {source.on(day)} order by all") == before


KILLED = """
import os, signal, sys
from pipelines.rules import set_rules
from pipelines.warehouse import Warehouse

def progress(words, share):
    if words == "Publishing":
        os.kill(os.getpid(), signal.SIGKILL)

set_rules(Warehouse(sys.argv[1]), {"cost_amber": 0.2, "grace_days": 30}, "never came", progress=progress)
"""


@pytest.fixture(scope="module")
def killed(loaded: Desk, tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, Shown]:
    """A warehouse whose change of rules was killed, and what was shown before."""
    desk = copied(loaded, tmp_path_factory.mktemp("killed"))
    desk.load(LATER + "P3, 2026-02-06, 2026-01-01, 2026-04-11, 2026-04-11, 100, 115")
    before = shown(desk)
    done = subprocess.run([sys.executable, "-c", KILLED, str(desk.warehouse.folder)], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    return desk, before


@pytest.mark.parametrize("next_step", ["load", "undo", "rules", "restore"])
def test_a_kill_between_journal_and_publication(killed: tuple[Desk, Shown], next_step: str, tmp_path: Path) -> None:
    """The journal has the change, the facts do not: it counts neither then nor with whatever comes next."""
    desk, before = copied(killed[0], tmp_path), killed[1]
    with desk.warehouse.journal.read() as journal:
        assert journal.sql("select count(*) from rule where why = 'never came'").fetchall() == [(2,)]
    assert desk.warehouse.publication() == 2
    assert shown(desk) == before
    assert history(desk) == []
    expected: dict[str, Value] = {}
    if next_step == "load":
        desk.load(LATER + "P4, 2026-02-06, 2026-01-01, 2026-04-11, 2026-04-11, 100, 115")
    elif next_step == "undo":
        desk.undo(1)
    elif next_step == "restore":
        backup(desk.warehouse.folder, tmp_path / "saved.zip")
        restore(desk.warehouse.folder, tmp_path / "saved.zip")
    else:
        expected = {"schedule_amber": 0.2}
        assert set_rules(desk.warehouse, expected, "came") == 3
        assert history(desk) == [("schedule_amber", 0.1, 0.2, 3, "came")]
        with desk.warehouse.journal.read() as journal:
            assert journal.sql("select count(*) from rule where why = 'never came'").fetchall() == [(0,)]
    assert values(desk) == {name: rule.shipped for name, rule in rules().items()} | expected
    assert shown(desk, 2) == before
    assert not differences(desk.tables(), desk.rebuilt())


def test_a_backup_never_takes_a_change_of_rules_in_half(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rules change after the journal was opened for a backup and before the facts were."""
    from pipelines import backup as module

    desk.load(STATUS)
    hold, moments = module._hold, iter(["the journal is open"])

    def at_a_bad_moment(store: module.Store) -> object:
        found = hold(store)
        if next(moments, None):
            set_rules(desk.warehouse, {"cost_amber": 0.2}, "meanwhile")
        return found

    monkeypatch.setattr(module, "_hold", at_a_bad_moment)
    backup(desk.warehouse.folder, tmp_path / "saved.zip")
    other = Desk(tmp_path / "other")
    restore(other.warehouse.folder, tmp_path / "saved.zip")
    assert values(other) == values(desk)
    assert history(other) == history(desk)


def as_before_words(warehouse: Warehouse) -> None:
    """Make a store what it was before rules could be words: no column, no such rule, and models without the macro."""
    with warehouse.journal.write() as draft:
        draft.con.execute("alter table rule drop column word")
        draft.con.execute("delete from rule where name = 'rollup_rule'")
    with warehouse.facts.write() as draft:
        draft.con.execute("delete from rule_in_force where name = 'rollup_rule'")
        draft.con.execute("drop macro rule_word")
        draft.con.execute("alter table rule_in_force drop column word")
        draft.con.execute("alter table fact_status drop column comment")
        for name in ("fact_milestones", "seen_milestones", "fact_benefits", "seen_benefits", "fct_milestone"):
            draft.con.execute(f"drop table {name}")
        draft.con.execute("update built_with set digest = 'older'")
        draft.con.execute("insert into publication values (?, 'load', now(), 'someone')", [draft.version])


def test_an_older_store_is_read_as_it_is_and_grows_with_the_next_publication(desk: Desk) -> None:
    desk.load(STATUS)
    set_rules(desk.warehouse, {"cost_amber": 0.2}, "kept")
    before = shown(desk)
    as_before_words(desk.warehouse)
    assert desk.rows("select rule_word('rollup_rule'), rule_value('cost_amber')") == [("share", 0.2)]
    assert shown(desk)[1] == before[1]
    assert shown(desk, 2)[1] == before[1]
    assert history(desk) == [("cost_amber", 0.1, 0.2, 2, "kept")]
    set_rules(desk.warehouse, {"rollup_rule": "worst"}, "words now")
    assert desk.rows("select rule_word('rollup_rule'), rule_value('cost_amber')") == [("worst", 0.2)]
    assert not differences(desk.tables(), desk.rebuilt())


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(10))
def test_kills_at_any_moment(tmp_path: Path, seed: int) -> None:
    dice, desk = random.Random(seed), Desk(tmp_path)
    desk.load(STATUS)
    command = [sys.executable, "-m", "pipelines", "rules", "--warehouse", str(desk.warehouse.folder), "--why", "a kill"]
    for _ in range(5):
        before = values(desk)
        wanted = dice.randint(10, 29) / 100
        process = subprocess.Popen([*command, "--set", f"cost_amber={wanted}"], cwd=ROOT, stdout=subprocess.DEVNULL)
        try:
            process.wait(dice.uniform(0.3, 2))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        assert values(desk) in (before, before | {"cost_amber": wanted})
        desk.load(LATER + f"K{dice.random()}, 2026-02-06, , , , 100, 115")
        assert values(desk) in (before, before | {"cost_amber": wanted})
        assert not differences(desk.tables(), desk.rebuilt())
