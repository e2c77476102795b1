"""Profiles: what their text may say and how it is refused, and what each of them reads of an export of its tool."""

from __future__ import annotations

import time

import pytest
from tables import type_rows

from pipelines import map as map_module
from pipelines import profile as profile_module
from pipelines.problems import UsageError
from pipelines.profile import Profile, as_yaml, parse, profiles

SMALL = "profile: mine\nexport: status\ncolumns:\n  project_id: {from: [Key]}\n  status_date: {value: 2026-11-20}\n"


def refused(text: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        parse(text, "mine.yaml")
    assert caught.value.message.startswith("mine.yaml")
    assert caught.value.fix
    return caught.value


def use(monkeypatch: pytest.MonkeyPatch, text: str) -> Profile:
    """Put a profile among the shipped ones."""
    given = parse(text, "mine.yaml")
    known = profiles() | {given.name: given}
    for module in (profile_module, map_module):
        monkeypatch.setattr(module, "profiles", lambda: known)
    return given


@pytest.mark.parametrize("name", profiles())
def test_each_profile_reads_back_from_what_it_is_written_as(name: str) -> None:
    assert parse(as_yaml(profiles()[name]), name) == profiles()[name]


def test_words_of_yaml_stay_the_words_that_they_are() -> None:
    read = parse(SMALL + "  reported_health: {from: [2024, yes, null], values: {red: [no, off, 1_0]}}\n", "mine.yaml")
    assert read.columns["status_date"] == {"value": "2026-11-20"}
    assert read.columns["reported_health"] == {"from": ["2024", "yes", "null"], "values": {"red": ["no", "off", "1_0"]}}
    assert (read.title, read.source.name, read.source.scale) == ("mine", "mine", 1)
    assert parse(as_yaml(read), "again") == read


@pytest.mark.parametrize(
    ("text", "message", "fix"),
    [
        (": [", "mine.yaml is no profile: line 1", "It is YAML"),
        ("- a\n- b", "the profile holds no keys", "It has keys such as profile, title"),
        ("profile: x\ncolumns: {}", "the key export is missing", "Add a line that begins with export:"),
        (SMALL.replace("status\n", "state\n"), "export is state", "Use one of: goals, programs, projects, status"),
        (SMALL + "  helth: {from: [A]}", "columns: helth: the status export has no such column", "project_id"),
        (SMALL + "colums: 1", "the profile: colums: there is no such key", "columns"),
        (SMALL + "profile: twice", "line 6: the key profile stands there twice", "It is YAML"),
        (SMALL + "  comment: {form: [A]}", "columns: comment: form: there is no such key", "from"),
        (SMALL + "  comment: {upper: true}", "columns: comment says nothing of what feeds it", "from: [Project key]"),
        (SMALL + "  comment: {from: A}", "columns: comment: from is no list", "from: [...]"),
        (SMALL + "  comment: {from: [A], sum: [B]}", "from, sum, value, done exclude each other", "Keep one"),
        (SMALL + "  comment: {from: [A], format: '{} {}'}", "format has to hold {} once", "-03-31"),
        (SMALL + "  comment: {from: [A], values: {green: [B]}}", "values are for a column of choices", "Leave"),
        (SMALL + "  reported_health: {from: [A], values: {lime: [B]}}", "values: lime: there is no such key", "green"),
        (SMALL + "  comment: {from: [A], take: newest}", "take is for files whose rows are rolled up", "rolled_up:"),
        (SMALL + "rolled_up: {items: tasks}", "rolled_up: the key by is missing", "by: project_id"),
        (SMALL + "dates: ymd", "dates is ymd", "Use one of: dmy, mdy"),
        (SMALL + "decimal: point", "decimal is point", "Use one of: ., ,"),
        (SMALL + "unknown: ['(exempt']", "unknown: (exempt is no regular expression", "Write the text itself"),
        (SMALL + "unknown: ['a)|(b']", "unknown: a)|(b is no regular expression", "Write the text itself"),
        (SMALL + "source: {scale: 1; drop}", "source: scale is 1; drop", "Write a number from"),
        (SMALL + "source: {scale: nan}", "source: scale is nan", "Write a number from"),
        (SMALL + "source: {currency: Euro}", "source: currency is Euro", "three-letter code"),
        (SMALL + "source: {baseline: none}", "source: baseline is none", "stated, first_reported"),
        (SMALL + "title: &a x\nfrom: *a", "an alias (*) is not read here", "It is YAML"),
        ("profile: " + "[" * 3000, "is no profile", "It is YAML"),
        ("x" * 600_000, "it has 600,000 characters", "500,000 at most"),
    ],
)
def test_what_a_profile_gets_wrong_is_named_with_its_place_and_its_fix(text: str, message: str, fix: str) -> None:
    error = refused(text)
    assert message in error.message
    assert fix in error.fix


@pytest.mark.parametrize("text", ["!!python/object/apply:os.system [exit 1]", "!!python/name:os.system", "!!int 3"])
def test_nothing_in_a_profile_is_run(text: str) -> None:
    error = refused(f"profile: x\nexport: status\ncolumns: {text}")
    assert "columns" in error.message


HOSTILE = "x') from information_schema.tables; drop table typed; --"


def test_texts_of_a_profile_reach_the_database_as_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    quoted = "'" + HOSTILE.replace("'", "''") + "'"
    use(
        monkeypatch,
        f"profile: mine\nexport: status\nunknown: ['secret.*', \"it's \\\\d+\"]\ncolumns:\n"
        f"  project_id: {{from: [Key], prefix: {quoted}}}\n"
        f"  status_date: {{value: 2026-11-20}}\n"
        f"  sponsor: {{value: {quoted}}}\n"
        f"  comment: {{from: [{quoted}], format: '{{}} '' || 1/0 || '''}}\n"
        f"  reported_health: {{from: [RAG], values: {{red: [{quoted}]}}}}\n"
        "  forecast_finish: {from: [End]}\n",
    )
    rows = [["1", HOSTILE, HOSTILE, "it's 4"], ["2", "b", "green", "2026-01-31"]]
    typed = type_rows(["Key", HOSTILE, "RAG", "End"], rows, profile="mine")
    assert typed.values("project_id") == [HOSTILE + "1", HOSTILE + "2"]
    assert typed.values("sponsor") == [HOSTILE, HOSTILE]
    assert typed.values("comment") == [f"{HOSTILE} ' || 1/0 || '", "b ' || 1/0 || '"]
    assert typed.values("reported_health") == ["red", "green"]
    assert typed.found() == []


def test_a_pattern_that_would_take_others_for_ever_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, SMALL + "  forecast_finish: {from: [End]}\nunknown: ['(a+)+$', '(a|aa)+b']\n")
    started = time.monotonic()
    type_rows(["Key", "End"], [["1", "a" * 50_000 + "!"]], profile="mine")
    assert time.monotonic() - started < 5
