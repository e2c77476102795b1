"""Identifiers that read alike: they differ in capital letters, kinds of blanks or kinds of dashes alone."""

import re
from collections.abc import Callable
from itertools import zip_longest

import duckdb

from pipelines.contract import Contract
from pipelines.profile import Mapping

SPOKEN_OF = ("goals", "programs", "projects", "status")  # exports whose rows speak of what stands alone


def note(con: duckdb.DuckDBPyConnection, form: Contract, mapping: Mapping) -> None:
    """Add a warning to `found` at each row of `typed` whose identifier is another one but for how it is written.

    Of several the one in force counts as the usual one, else the most frequent in the file. Each counts as a thing of
    its own until somebody writes them alike. Reads load_in_force.
    """
    key = form.key[0]
    if form.export not in SPOKEN_OF or key not in mapping.text or mapping.keys_by_name:
        return
    alike = con.sql(
        f"""
        with spelled as (
            select {key}, min(source_row) as row, count(*) as rows from typed where {key} is not null group by all
            union all select {key}, null, 0 from ({_in_force(form)})
        ),
        one as (
            select {key} as id, min(row) as row, sum(rows) as rows, bool_or(rows = 0) as in_force,
                {_plain(key)} as plain
            from spelled group by all
        ),
        usual as (
            select *, first_value({{'id': id, 'known': in_force, 'row': row}}) over (
                partition by plain order by in_force desc, rows desc, row, id
            ) as best
            from one
        )
        select distinct id, best.id, best.known, best.row from usual where id <> best.id and rows > 0 order by id
        """
    ).fetchall()
    if not alike:
        return
    con.execute("create or replace temp table alike (id varchar, message varchar, fix varchar)")
    label, thing = key.replace("_", " "), key.removesuffix("_id")
    fix = (
        f"If both are one {thing}, write them alike, or accept the repair where one is offered; if they are two, there "
        "is nothing to do."
    )
    said = [
        (
            one,
            f"{label} {one} is {usual} but for {_apart(one, usual)}, and counts as another {thing}; {usual} "
            + ("is in force" if known_already else f"stands in row {row}"),
            fix,
        )
        for one, usual, known_already, row in alike
    ]
    con.executemany("insert into alike values (?, ?, ?)", said)
    con.execute(
        f"insert into found select source_row, $1, {key}, $2, 'warning', message, fix "
        f"from typed join alike on {key} = id order by source_row",
        [mapping.headers[key], f"{key}_alike"],
    )
    con.execute("drop table alike")


def _in_force(form: Contract) -> str:
    """SQL: the identifiers that loads in force speak of; projects are known from lists and from reports."""
    key = form.key[0]
    return " union ".join(
        f"""
        select {key} from fact_{export} semi join load_in_force using (load_id)
        union
        select f.{key} from seen_{export} as s semi join load_in_force using (load_id)
        join fact_{export} as f on f.load_id = s.fact_load_id and f.source_row = s.fact_source_row
        """
        for export in (("projects", "status") if key == "project_id" else (form.export,))
    )


def _plain(text: str) -> str:
    """SQL: an identifier in small letters, each run of blanks one space and each dash a hyphen."""
    dashes = f"regexp_replace({text}, '[\\p{{Pd}}\u2212]', '-', 'g')"
    return f"lower(trim(regexp_replace({dashes}, '[\\s\\p{{Z}}]+', ' ', 'g')))"


def _apart(one: str, other: str) -> str:
    """In what two identifiers differ that read alike."""
    steps: list[tuple[str, Callable[[str], str]]] = [
        ("a kind of dash", lambda text: re.sub("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]", "-", text)),
        ("a kind of blank", lambda text: " ".join(text.split())),
        ("capital letters", str.lower),
    ]
    pair, found = (one, other), []
    for words, same in steps:
        after = same(pair[0]), same(pair[1])
        # A step that brings them no nearer says nothing of how they differ.
        if _distance(*after) < _distance(*pair):
            found.append(words)
        pair = after
    return " and ".join(found)


def _distance(one: str, other: str) -> int:
    return sum(a != b for a, b in zip_longest(one, other))
