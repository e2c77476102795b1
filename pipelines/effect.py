"""What a load would do to the figures: colours that would change, money that would move, who is missing since last."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from pipelines.contract import Contract

SHOWN = 200  # projects that are named
MONEY = ("budget", "eac", "actual_cost")


@dataclass(frozen=True)
class ColourChange:
    """One project whose colour would change; None where it is not among the live ones before, or after."""

    project_id: str
    project_name: str | None
    basis: str
    before: str | None
    after: str | None
    budget: float | None
    currency: str | None


@dataclass(frozen=True)
class MoneyMove:
    """One sum over the live projects, in one currency, before and after; None where none of them states it."""

    measure: str
    currency: str | None
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Effect:
    """The portfolio at its latest review date as it is, and as it would be. None of a date: nothing stands there.

    `live` counts live projects before and after, `colours` how many of them would change (basis, before, after), the
    first of which `changed` names, those with most money first; `money` holds what moves.
    """

    review_before: dt.date | None
    review_after: dt.date | None
    live: tuple[int, int]
    colours: dict[tuple[str, str | None, str | None], int]
    changed: tuple[ColourChange, ...]
    money: tuple[MoneyMove, ...]

    def as_dict(self) -> dict[str, Any]:
        """The effect as plain values, for JSON."""
        dates = [day.isoformat() if day else None for day in (self.review_before, self.review_after)]
        return {
            "review_date": dates,
            "live": list(self.live),
            "colours": [
                {"basis": basis, "before": before, "after": after, "projects": n}
                for (basis, before, after), n in self.colours.items()
            ],
            "changed": [asdict(change) for change in self.changed],
            "money": [asdict(move) for move in self.money],
        }


def remember(con: duckdb.DuckDBPyConnection) -> dt.date | None:
    """Keep the portfolio as it stands at its latest review date, to compare with; that date, None before any load."""
    return _take(con, "effect_before")


def compare(con: duckdb.DuckDBPyConnection, before: dt.date | None) -> Effect:
    """What changed since `remember`, in the models as they stand now."""
    after = _take(con, "effect_after")
    live = con.sql("select (select count(*) from effect_before), (select count(*) from effect_after)").fetchall()[0]
    con.execute(
        """
        create or replace temp table effect_pair as
        select
            coalesce(a.project_id, b.project_id) as project_id, coalesce(a.project_name, b.project_name) as name,
            {'reported': b.reported, 'computed': b.computed} as was,
            {'reported': a.reported, 'computed': a.computed} as is_now,
            coalesce(a.budget, b.budget) as budget, coalesce(a.currency, b.currency) as currency
        from effect_before as b full join effect_after as a using (project_key)
        """
    )
    each = " union all ".join(
        f"select '{basis}' as basis, project_id, name, was.{basis} as was, is_now.{basis} as is_now, budget, currency "
        "from effect_pair"
        for basis in ("computed", "reported")
    )
    moved = f"({each}) where was is distinct from is_now"
    counted = con.sql(
        f"select basis, was, is_now, count(*) from {moved} group by all order by basis, was, is_now"
    ).fetchall()
    named = con.sql(
        f"select project_id, name, basis, was, is_now, budget, currency from {moved} "
        f"order by budget desc nulls last, project_id, basis limit {SHOWN}"
    ).fetchall()
    return Effect(
        before,
        after,
        live,
        {(basis, was, now): n for basis, was, now, n in counted},
        tuple(ColourChange(*row) for row in named),
        _money(con),
    )


def missing(con: duckdb.DuckDBPyConnection, form: Contract, source: str) -> tuple[list[str], int]:
    """The first keys that the newest load in force of this export and source had, and `typed` lacks; how many.

    What is unique within its project alone comes with it ("M-01 of P-0001"). Rows that are missing are not deleted:
    their last report goes on to count, and grows stale.
    """
    keys = [name for name in form.key if form.columns[name].type != "date"]
    key, seen = ", ".join(keys), ", ".join(f"f.{name}" for name in keys)
    last = con.execute(
        "select max(load_id) from load semi join load_in_force using (load_id) where export = ? and source = ?",
        [form.export, source],
    ).fetchall()[0][0]
    if last is None:
        return [], 0
    found = con.sql(
        f"""
        select distinct concat_ws(' of ', {key}) as missing from (
            select {key} from fact_{form.export} where load_id = {last}
            union all
            select {seen} from seen_{form.export} as s
            join fact_{form.export} as f on f.load_id = s.fact_load_id and f.source_row = s.fact_source_row
            where s.load_id = {last}
        ) anti join typed using ({key}) order by missing
        """
    ).fetchall()
    return [key for (key,) in found[:SHOWN]], len(found)


def names(con: duckdb.DuckDBPyConnection, form: Contract, keys: list[str]) -> dict[str, str]:
    """What the projects, programs or goals of these keys are called, for those that a load in force names."""
    thing = {"goals": "goal", "programs": "program"}.get(form.export, "project")
    said = [f"select {thing}_id, {thing}_name, load_id, source_row from fact_{thing}s"]
    if form.export == "status":
        said.append("select project_id, project_name, load_id, source_row from fact_status")
    found = con.execute(
        f"""
        select {thing}_id, max_by({thing}_name, (load_id, source_row)) from ({" union all ".join(said)})
        semi join load_in_force using (load_id)
        where {thing}_name is not null and list_contains($1::varchar[], {thing}_id) group by all
        """,
        [keys],
    ).fetchall()
    return dict(found)


def _take(con: duckdb.DuckDBPyConnection, name: str) -> dt.date | None:
    day: dt.date | None = con.sql("select max(review_date) from review_date").fetchall()[0][0]
    at = f"date '{day}'" if day else "null::date"
    con.execute(
        f"create or replace temp table {name} as "
        "select project_key, project_id, project_name, reported, computed, budget, eac, actual_cost, currency "
        f"from project_at({at}) where is_live"
    )
    return day


def _money(con: duckdb.DuckDBPyConnection) -> tuple[MoneyMove, ...]:
    sums = ", ".join(f"sum({name}::decimal(38, 6))::double as {name}" for name in MONEY)
    wide = f"select currency, {sums} from {{}} group by currency"
    rows: Sequence[tuple[str | None, str, float | None, float | None]] = con.sql(
        " union all ".join(
            f"select coalesce(b.currency, a.currency), '{name}', b.{name}, a.{name} "
            f"from ({wide.format('effect_before')}) as b full join ({wide.format('effect_after')}) as a "
            "on a.currency is not distinct from b.currency"
            for name in MONEY
        )
    ).fetchall()
    order = {name: place for place, name in enumerate(MONEY)}
    moves = [MoneyMove(name, currency, was, now) for currency, name, was, now in rows if was != now]
    return tuple(sorted(moves, key=lambda move: (order[move.measure], move.currency or "")))
