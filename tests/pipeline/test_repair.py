"""Mends of a file: offered with a reason, made only where they are accepted, the same at each check, and recorded."""

import datetime as dt
import shlex
from pathlib import Path
from typing import Any

import pytest
from desk import TODAY, Desk

from analytics import loads, origins, project
from analytics.reading import Source
from pipelines.__main__ import main
from pipelines.load import load
from pipelines.problems import UsageError
from pipelines.report import FileReport, How, LoadReport, Repair, Request

pytestmark = pytest.mark.usefixtures("by_sql")

HEADER = "project_id,status_date,portfolio,program_id,reported_health,forecast_finish,budget"
GOOD = [f"P{n},2026-11-13,Department of Transportation,PRG-01,green,{n + 13:02}/06/2027,{n}00" for n in range(1, 13)]
PROGRAMS = "program_id,program_name\nPRG-01,Digital Front Door\nPRG-02,Data Platform"


def export(folder: Path, *rows: str, header: str = HEADER) -> Path:
    """A status report of good rows and these."""
    file = folder / "status.csv"
    file.write_text("\n".join([header, *(GOOD if header == HEADER else ()), *rows]) + "\n", "utf-8")
    return file


def run(desk: Desk, file: Path, *repairs: str, **asked: Any) -> LoadReport:
    """Load the file with these repairs."""
    return load(desk.warehouse, Request([file], How(repairs=repairs), **asked), today=TODAY)


def check(desk: Desk, file: Path, *repairs: str) -> FileReport:
    """A dry run of the file."""
    return run(desk, file, *repairs, dry_run=True).files[0]


def mends(report: FileReport) -> dict[str, tuple[str, int]]:
    """What is offered and not accepted: by text, what it becomes and in how many rows."""
    return {one.before: (one.after, one.count) for one in report.repairs if not one.accepted}


KINDS = {
    "known_name": ("P20,2026-11-13,Dept of Transportation,PRG-01,green,,", "portfolio", "Department of Transportation"),
    "choice_value": ("P20,2026-11-13,,PRG-01,Gren,,", "reported_health", "green"),
    "date_order": ("P20,2026-11-13,,PRG-01,green,2027-30-09,", "forecast_finish", "2027-09-30"),
    "date_serial": ("P20,2026-11-13,,PRG-01,green,46660,", "forecast_finish", "2027-09-30"),
    "date_words": ("P20,2026-11-13,,PRG-01,green,30/09/2027 (est.),", "forecast_finish", "2027-09-30"),
    "date_period": ("P20,2026-11-13,,PRG-01,green,KW 50/2026,", "forecast_finish", "2026-12-13"),
    "date_letters": ("P20,2026-11-13,,PRG-01,green,3O/09/2027,", "forecast_finish", "2027-09-30"),
    "amount_words": ("P20,2026-11-13,,PRG-01,green,,9.9 ($m)", "budget", "$9900000"),
    "amount_letters": ("P20,2026-11-13,,PRG-01,green,,1O00", "budget", "1000"),
    "white_space": ("P\u200b1,2026-11-20,,PRG-01,green,,", "project_id", "P1"),
}


def test_each_kind_is_offered_and_changes_nothing_until_it_is_accepted(desk: Desk, tmp_path: Path) -> None:
    file = export(tmp_path, *(row.replace("P20", f"P{20 + n}") for n, (row, *_) in enumerate(KINDS.values())))
    offered = check(desk, file).repairs
    expected = {(rule, column, meant, (14 + n,)) for n, (rule, (_, column, meant)) in enumerate(KINDS.items())}
    assert {(one.rule, one.column, one.after, one.rows) for one in offered} == expected
    assert [(one.count, bool(one.why), one.accepted) for one in offered] == [(1, True, False)] * len(KINDS)
    plain = run(desk, file, quarantine=True).files[0]
    assert desk.rows("select count(*) from repair") == [(0,)]

    names = [one.name for one in offered]
    accepted = check(desk, file, *names)
    assert {(one.name, one.accepted) for one in accepted.repairs} == {(name, True) for name in names}
    assert accepted.rows_rejected == 0, "a mended row is good"
    report = run(desk, file, *names)
    assert report.published
    assert report.files[0].rows_rejected == 0
    recorded = desk.rows("select load_id, rule, column_name, before, after, rows from repair order by rule")
    assert recorded == [
        (report.files[0].load_id, one.rule, one.column, one.before, one.after, list(one.rows))
        for one in sorted(offered, key=lambda one: one.rule)
    ]
    assert [one.name for one in plain.repairs] == names


@pytest.mark.parametrize("accepted", ["all", "known_name:*", "known_name:portfolio:*", "known_name:portfolio:DoT"])
def test_a_repair_is_accepted_by_its_name_its_rule_or_with_all_others(
    accepted: str, desk: Desk, tmp_path: Path
) -> None:
    file = export(tmp_path, "P20,2026-11-13,DoT,PRG-01,green,,", "P21,2026-11-13,DoT,PRG-01,On Trak,,")
    report = check(desk, file, accepted)
    taken = {one.rule: one.accepted for one in report.repairs}
    assert taken == {"known_name": True, "choice_value": accepted == "all"}
    assert report.rows_rejected == (0 if accepted == "all" else 1)


def test_what_was_mended_is_told_of_the_load_and_of_each_figure(desk: Desk, tmp_path: Path) -> None:
    file = export(tmp_path, "P20,2026-11-13,DoT,PRG-01,Gren,2027-30-09,900", "P21,2026-11-13,DoT,PRG-01,red,,1O")
    load_id = run(desk, file, "all").files[0].load_id
    assert load_id
    with desk.warehouse.reading() as reading:
        source = Source(reading)
        told = loads.repairs(source, load_id)
        found = project.project(source, dt.date(2026, 11, 13), "P20")
    assert told[["rule", "before", "after", "count"]].to_numpy().tolist() == [
        ["amount_letters", "1O", "10", 1],
        ["choice_value", "Gren", "green", 1],
        ["date_order", "2027-30-09", "2027-09-30", 1],
        ["known_name", "DoT", "Department of Transportation", 2],
    ]
    assert found
    mended = {
        fact.name: [m for m in fact.origin.mended if m.column == fact.name] for fact in found.facts if fact.origin
    }
    assert mended["forecast_finish"] == [origins.Mended("forecast_finish", "2027-30-09", "2027-09-30")]
    assert mended["budget"] == []


def test_a_rule_that_does_not_exist_is_named(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no repair spelling"):
        check(desk, export(tmp_path), "spelling:*")


def test_the_dry_run_shows_what_publishing_does(desk: Desk, tmp_path: Path) -> None:
    rows = ["P20,2026-11-13,DoT,PRG-01,Gren,2027-30-09,USD 1.2 M", "P21,2026-11-13,D.O.T.,PRG-01,red,,lots"]
    file = export(tmp_path, *rows)
    names = [one.name for one in check(desk, file).repairs]
    for accepted in ([], names[:1], names):
        seen = check(desk, file, *accepted)
        done = run(desk, file, *accepted, quarantine=True).files[0]
        assert seen.repairs == done.repairs
        assert [(p.row, p.column, p.rule) for p in seen.problems] == [(p.row, p.column, p.rule) for p in done.problems]
        assert seen.rows_rejected == done.rows_rejected
    assert desk.rows("select portfolio, count(*) from fct_status group by all") == [
        ("Department of Transportation", 13)
    ]
    assert desk.rows("select budget, forecast_finish from fct_status where project_id = 'P20'") == [
        (1_200_000.0, dt.date(2027, 9, 30))
    ]


def test_accepting_again_brings_nothing_and_accepting_more_is_another_load(desk: Desk, tmp_path: Path) -> None:
    file = export(tmp_path, "P20,2026-11-13,DoT,PRG-01,green,,")
    assert run(desk, file).published
    mended = run(desk, file, "known_name:*")
    assert mended.published
    assert mended.files[0].rows_restated == 1
    assert not run(desk, file, "known_name:*").published


def test_offers_stay_the_same_while_others_are_accepted(desk: Desk, tmp_path: Path) -> None:
    rows = ["P20,2026-11-13,DoT,PRG-01,Gren,,", "P21,2026-11-13,Departement of Transportation,PRG-01,gren,46660,"]
    file = export(tmp_path, *rows)
    names = {one.name for one in check(desk, file).repairs}
    assert len(names) == 5
    for name in names:
        assert {one.name for one in check(desk, file, name).repairs} == names


def test_names_are_compared_with_those_in_force(desk: Desk, tmp_path: Path) -> None:
    desk.load(PROGRAMS)
    rows = [
        "P20,2026-11-13,,Digitl Front Door,green,,",
        "P21,2026-11-13,,PRG-1,green,,",
        "P22,2026-11-13,,PGR-02,green,,",
    ]
    rows += [
        "P23,2026-11-13,,PRG-O2,green,,",
        "P24,2026-11-13,,PRG-03,green,,",
        "P25,2026-11-13,,data platform,green,,",
    ]
    file = export(tmp_path, *rows)
    assert mends(check(desk, file)) == {
        "Digitl Front Door": ("Digital Front Door", 1),
        "PRG-1": ("PRG-01", 1),
        "PGR-02": ("PRG-02", 1),
        "PRG-O2": ("PRG-02", 1),
    }, "PRG-03 may be new, and case is read as it is"
    report = run(desk, file, "all")
    assert report.published
    programs = desk.rows(
        "select project_id, program_id from fct_status where project_id in ('P20', 'P21', 'P22', 'P23')"
    )
    assert sorted(programs) == [("P20", "PRG-01"), ("P21", "PRG-01"), ("P22", "PRG-02"), ("P23", "PRG-02")]


def test_a_file_of_few_rows_learns_from_the_projects_in_force(desk: Desk, tmp_path: Path) -> None:
    assert run(desk, export(tmp_path)).published
    next_week = "project_id,status_date,portfolio\nP1,2026-11-20,DoT\nP2,2026-11-20,Departmnt of Transportation\n"
    file = tmp_path / "next.csv"
    file.write_text(next_week, "utf-8")
    assert mends(check(desk, file)) == {
        "DoT": ("Department of Transportation", 1),
        "Departmnt of Transportation": ("Department of Transportation", 1),
    }


def test_one_text_means_several_names_by_the_code_beside_it(desk: Desk, tmp_path: Path) -> None:
    names = {"18": "Department of Education", "19": "Department of Energy"}
    rows = [f"P{n}{code},2026-11-13,{name},{code}" for code, name in names.items() for n in range(6)]
    rows += ["P71,2026-11-13,DoE,18", "P72,2026-11-13,DoE,19", "P73,2026-11-13,DoE,18"]
    file = export(tmp_path, *rows, header="project_id,status_date,portfolio,Agency Code")
    offered = check(desk, file).repairs
    assert {(one.name, one.after, one.count) for one in offered} == {
        ("known_name:portfolio:DoE[Agency Code=18]", "Department of Education", 2),
        ("known_name:portfolio:DoE[Agency Code=19]", "Department of Energy", 1),
    }
    assert run(desk, file, offered[0].name).published
    found = dict(desk.rows("select project_id, portfolio from fct_status where project_id like 'P7%'"))
    assert found == {"P71": "Department of Education", "P72": "DoE", "P73": "Department of Education"}


def test_a_colour_beside_the_names_is_no_code_of_theirs(desk: Desk, tmp_path: Path) -> None:
    rows = [
        "P20,2026-11-13,DoT,PRG-01,red,,",
        "P21,2026-11-13,D.O.T.,PRG-01,red,,",
        "P22,2026-11-13,D.O.T.,PRG-01,red,,",
    ]
    assert mends(check(desk, export(tmp_path, *rows))) == {
        "DoT": ("Department of Transportation", 1),
        "D.O.T.": ("Department of Transportation", 2),
    }


def test_repeated_rows_are_dropped_when_asked_and_counted(desk: Desk, tmp_path: Path) -> None:
    file = export(tmp_path, GOOD[0], GOOD[0], GOOD[1])
    offered = check(desk, file)
    assert mends(offered) == {"P1, 2026-11-13": ("stands once", 2), "P2, 2026-11-13": ("stands once", 1)}
    assert offered.rows_rejected == 5, "which row counts is not decided by us"
    report = run(desk, file, "same_row:*")
    assert report.published
    (done,) = report.files
    assert (done.rows_read, done.rows_loaded) == (12, 12)
    assert [(one.row, one.kind) for one in done.left_out] == [(14, "repeated"), (15, "repeated"), (16, "repeated")]


def test_rows_that_contradict_each_other_are_for_a_person_to_choose(desk: Desk, tmp_path: Path) -> None:
    file = export(tmp_path, "P1,2026-11-13,Department of Transportation,PRG-01,red,,7")
    assert check(desk, file, "all").rows_rejected == 2, "accepting all decides nothing between two rows"
    choices = {one.rule: one.name for one in check(desk, file).repairs}
    assert set(choices) == {"keep_first", "keep_last"}
    for rule, health in (("keep_first", "green"), ("keep_last", "red")):
        assert run(desk, file, choices[rule]).published
        assert desk.rows("select reported_health from fct_status where project_id = 'P1'") == [(health,)]


def test_shifted_rows_are_one_repair(desk: Desk, tmp_path: Path) -> None:
    shifted = [f",,P{n},2026-11-13,Department of Transportation,PRG-01,green,14/06/2027,9" for n in range(30, 37)]
    file = export(tmp_path, *shifted)
    (repair,) = check(desk, file).repairs
    assert (repair.rule, repair.count, repair.before) == ("shifted_rows", 7, "2 cells too far right")
    report = run(desk, file, repair.name)
    assert report.published
    assert report.files[0].rows_loaded == 19
    assert desk.rows("select forecast_finish from fct_status where project_id = 'P33'") == [(dt.date(2027, 6, 14),)]
    assert desk.rows("select rule, len(rows) from repair") == [("shifted_rows", 7)]


def test_many_repairs_of_a_kind_are_one_offer(desk: Desk, tmp_path: Path) -> None:
    rows = [f"Q{n},2026-11-13,,PRG-01,green,{46000 + n}," for n in range(500)]
    file = export(tmp_path, *rows)
    (offer,) = check(desk, file).repairs
    assert (offer.name, offer.count) == ("date_serial:forecast_finish:*", 500)
    single = "date_serial:forecast_finish:46007"
    some = check(desk, file, single)
    assert [(one.name, one.count, one.accepted) for one in some.repairs] == [
        (single, 1, True),
        (offer.name, 499, False),
    ]
    report = run(desk, file, offer.name)
    assert report.published
    assert [(one.name, one.count, one.accepted) for one in report.files[0].repairs] == [(offer.name, 500, True)]
    assert desk.rows("select count(*), sum(len(rows)) from repair") == [(500, 500)]


def test_the_command_line_names_what_is_offered_and_accepts_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = export(tmp_path, "P20,2026-11-13,Dept of Transportation,PRG-01,Gren,,", "P21,2026-11-13,DoT,,red,,")
    start = ["--warehouse", str(tmp_path / "store"), "load", str(file)]
    assert main(start) == 1
    said = capsys.readouterr().out
    offered = shlex.split(
        said.partition("'Dept of Transportation' -> 'Department of Transportation':")[2].partition("\n")[0]
    )
    assert offered == ["--repair", "known_name:portfolio:Dept of Transportation"]
    assert "--repair 'known_name:*'" in said
    assert main([*start, *offered, "--repair", "choice_value:*", "--repair", "known_name:portfolio:DoX"]) == 0
    done = capsys.readouterr()
    assert "Repaired: values near one" in done.out
    assert "known_name:portfolio:DoX" in done.err
    assert main([*start, "--repair", "spelling"]) == 2


def test_a_clean_file_is_offered_nothing(desk: Desk, tmp_path: Path) -> None:
    assert check(desk, export(tmp_path)).repairs == []


def test_what_a_person_types_into_a_name_is_what_is_shown(desk: Desk, tmp_path: Path) -> None:
    file = export(
        tmp_path, "P\u200b1,2026-11-20,,PRG-01,green,,", "P1*,2026-11-20,Department\u00a0of  Transportation,,red,,"
    )
    names = [one.name for one in check(desk, file).repairs]
    assert names == ["white_space:project_id:P\\u200b1", "white_space:portfolio:Department\\u00a0of  Transportation"]
    assert all(one.accepted for one in check(desk, file, *names).repairs)


def test_the_reported_repair_is_plain_data(desk: Desk, tmp_path: Path) -> None:
    report = check(desk, export(tmp_path, "P20,2026-11-13,DoT,PRG-01,green,,"))
    assert report.as_dict()["repairs"] == [
        {
            "name": "known_name:portfolio:DoT",
            "rule": "known_name",
            "column": "portfolio",
            "before": "DoT",
            "after": "Department of Transportation",
            "count": 1,
            "rows": (14,),
            "why": report.repairs[0].why,
            "accepted": False,
        }
    ]
    assert isinstance(report.repairs[0], Repair)


def apostrophes(desk: Desk, folder: Path, header: str, *cells: str) -> dict[str, str]:
    """What is offered for the texts of a column, by text."""
    rows = [f"P{n},2026-11-13,{cell}" for n, cell in enumerate(cells)]
    file = export(folder, *rows, header=f"project_id,status_date,{header}")
    return {one.before: one.after for one in check(desk, file).repairs}


@pytest.mark.parametrize(
    ("header", "cells", "meant"),
    [
        ("program_id", ["'PRG-1", "'PRG-2"], {"'PRG-1": "PRG-1", "'PRG-2": "PRG-2"}),
        ("program_id", ["'007", "PRG-2", "PRG-3"], {"'007": "007"}),
        ("portfolio", ["'Customer", "'Back office"], {"'Customer": "Customer", "'Back office": "Back office"}),
        ("project_name", ["'=Equal pay", "Other", "Third"], {"'=Equal pay": "=Equal pay"}),
        ("comment", ["'- vendor late", "fine", "fine too"], {"'- vendor late": "- vendor late"}),
        ("currency", ["'EUR", "'USD"], {"'EUR": "EUR", "'USD": "USD"}),
        ("project_name", ["'s-Hertogenbosch station", "Other", "Third"], {}),
        ("portfolio", ["'t Gooi", "'t Gooi"], {}),
        ("comment", ["'Late' is what they say", "fine", "fine too"], {}),
    ],
)
def test_an_apostrophe_that_marks_a_text_is_offered_to_go_and_one_of_a_name_is_not(
    header: str, cells: list[str], meant: dict[str, str], desk: Desk, tmp_path: Path
) -> None:
    assert apostrophes(desk, tmp_path, header, *cells) == meant


@pytest.mark.parametrize("count", [5, 300])
def test_identifiers_that_all_bear_an_apostrophe_load_without_it(count: int, desk: Desk, tmp_path: Path) -> None:
    rows = [f"'PRJ-{n},2026-11-13,green" for n in range(count)]
    file = export(tmp_path, *rows, header="project_id,status_date,rag")
    before = check(desk, file)
    assert before.rows_rejected == count
    assert sum(one.count for one in before.repairs) == count
    run(desk, file, "white_space:project_id:*")
    assert desk.rows("select min(project_id), count(*) from fct_status") == [("PRJ-0", count)]


def test_identifiers_in_quotation_marks_lose_both(desk: Desk, tmp_path: Path) -> None:
    file = export(tmp_path, "'PRJ-1',2026-11-13,green", header="project_id,status_date,rag")
    assert mends(check(desk, file)) == {"'PRJ-1'": ("PRJ-1", 1)}


def test_a_quarter_is_read_by_what_its_column_says_and_kept_with_the_load(desk: Desk, tmp_path: Path) -> None:
    rows = ["P1,2026-11-13,Q4 2026,Q4 2026,green", "P2,2026-11-13,Q1 2026,FY27 Q1,green"]
    file = export(tmp_path, *rows, header="project_id,status_date,planned start,forecast_finish,rag")
    before = check(desk, file)
    assert sorted((str(one.column), one.before, one.after) for one in before.repairs) == [
        ("forecast_finish", "Q4 2026", "2026-12-31"),
        ("planned start", "Q1 2026", "2026-01-01"),
        ("planned start", "Q4 2026", "2026-10-01"),
    ]
    assert {(p.value, p.message) for p in before.problems if p.rule == "forecast_finish_readable"} == {
        ("Q4 2026", "a month, a week, a quarter or the like stands here, not a date"),
        ("FY27 Q1", "a fiscal year stands here, not a date, and nothing says when it begins"),
    }
    run(desk, file, "date_period:*", quarantine=True)
    told = desk.rows("select column_name, before, after, rows from repair order by all")
    assert told == [
        ("forecast_finish", "Q4 2026", "2026-12-31", [2]),
        ("planned start", "Q1 2026", "2026-01-01", [3]),
        ("planned start", "Q4 2026", "2026-10-01", [2]),
    ]
