"""The figures on the pages against the sample's files: SQL written by hand from docs/methods.md, which shares no code
with the models or the pages. Each review date is asked anew."""

import datetime as dt
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from pipelines.__main__ import main

ROOT = Path(__file__).parents[1]
FILES = ROOT / "data" / "sample"
# The latest review, one half a year before it, and one a year and a half before it.
REVIEWS = [dt.date(2026, 11, 20), dt.date(2026, 5, 22), dt.date(2025, 5, 23)]

# How every project of the sample stands on the review date $day.
STANDS = """
create table stands as
with
-- "The page shows, per project, the latest status row with status_date <= D" (Time)
latest as (
    select project_id, max(status_date) as status_date
    from status
    where status_date <= $day
    group by project_id
),
-- What a project is comes from projects.csv, else from the newest report that says it.
newest as (
    select
        project_id,
        max_by(budget, status_date) filter (budget is not null) as budget,
        max_by(baseline_finish, status_date) filter (baseline_finish is not null) as baseline_finish,
        max_by(stage, status_date) filter (stage is not null) as stage
    from status
    where status_date <= $day
    group by project_id
),
known as (
    select
        p.project_id,
        p.project_name,
        p.program_id,
        p.portfolio,
        p.is_critical,
        p.currency,
        p.baseline_start,
        coalesce(p.baseline_finish, n.baseline_finish) as baseline_finish,
        coalesce(p.budget, n.budget) as budget,
        -- "Stages, each from a date" (Lifecycle): the listed one holds from its day, before it what was reported.
        case
            when p.stage_from is null or p.stage_from <= $day then p.stage
            when s.actual_finish <= $day and n.stage is distinct from 'cancelled' then 'completed'
            else n.stage
        end as stage,
        s.status_date,
        s.reported_health,
        s.forecast_finish,
        s.actual_finish,
        s.earned_value,
        s.actual_cost,
        s.forecast_cost
    from projects as p
    left join latest as l on l.project_id = p.project_id
    left join status as s on s.project_id = l.project_id and s.status_date = l.status_date
    left join newest as n on n.project_id = p.project_id
    -- A project is known from its first report, or from the day on which its listed stage holds.
    where s.project_id is not null or coalesce(p.stage_from, p.baseline_start) <= $day
),
measured as (
    select
        *,
        -- "An unfinished project whose forecast finish is before D counts as finishing at D" (Lifecycle)
        case
            when actual_finish <= $day then actual_finish
            when forecast_finish < $day then $day::date
            else forecast_finish
        end as finish,
        -- "EAC reported, else BAC/CPI", and CPI = EV/AC (Health, Earned value)
        coalesce(forecast_cost, budget / nullif(earned_value / nullif(actual_cost, 0), 0)) as eac
    from known
),
judged as (
    select
        *,
        date_diff('day', baseline_start, baseline_finish) as planned_days,
        date_diff('day', baseline_finish, finish) as slip_days
    from measured
),
coloured as (
    select
        *,
        -- "Amber from 10 %, red from 30 %" (Health)
        case
            when slip_days / planned_days >= 0.30 then 3
            when slip_days / planned_days >= 0.10 then 2
            when slip_days / planned_days is not null then 1
        end as schedule,
        case
            when round(eac / budget - 1, 9) >= 0.30 then 3
            when round(eac / budget - 1, 9) >= 0.10 then 2
            when eac / budget is not null then 1
        end as cost
    from judged
)
select
    *,
    stage in ('approved', 'active', 'on hold') as is_live,
    -- "computed overall = the worst dimension that is known" (Health)
    coalesce(greatest(schedule, cost), 0) as computed,
    -- "Older than the reporting interval (7 days) + grace (7 days) at D is stale" (Time)
    coalesce(status_date < $day::date - 14, false) as is_stale
from coloured
"""


@pytest.fixture(scope="module", autouse=True)
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The sample organisation, loaded; every page of this module reads it."""
    folder = tmp_path_factory.mktemp("figures") / "warehouse"
    assert main(["--warehouse", str(folder), "demo"]) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RIGHTWORK_WAREHOUSE", str(folder))
        yield


@pytest.fixture(params=REVIEWS, ids=str)
def day(request: pytest.FixtureRequest) -> dt.date:
    chosen: dt.date = request.param
    return chosen


def files() -> duckdb.DuckDBPyConnection:
    """The sample's files as they are."""
    con = duckdb.connect()
    for name in ("status", "projects", "programs"):
        con.execute(f"create table {name} as from read_csv('{FILES / f'{name}.csv'}')")
    return con


def by_hand(question: str, day: dt.date) -> tuple[Any, ...]:
    """The first row of a question about what stands on a day."""
    con = files()
    con.execute(STANDS, {"day": day})
    return con.execute(question).fetchall()[0]


def shown(page: str, **query: str) -> AppTest:
    """A page as it is shown with these query parameters."""
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.query_params.update(query)
    if page != "overview":
        app.switch_page(f"pages/{page}.py")
    app.run()
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    """What a page's own HTML says, tags taken out, blanks folded."""
    bodies = [element.proto.body for element in app.get("html") if not element.proto.body.startswith("<style")]
    text = unescape(re.sub(r"<[^>]+>", " ", " ".join(bodies)))
    return re.sub(r"\s+", " ", text)


def figure(app: AppTest, label: str) -> str:
    """The value and note of the figure with a label."""
    body = next(e.proto.body for e in app.get("html") if 'class="rw-figures"' in e.proto.body)
    card = next(part for part in body.split('<div class="rw-figure"')[1:] if f">{label}<" in part)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", card.split(">", 1)[1]))).strip()


def short(amount: float) -> str:
    """Dollars in millions, as the pages write them: three digits at least."""
    millions = amount / 1e6
    digits = f"{millions:,.1f}" if millions < 99.95 else f"{millions:,.0f}"
    return f"${digits.removesuffix('.0')} M"


def test_the_overview_counts_live_and_red_projects_and_their_money(day: dt.date) -> None:
    live, red, budget, red_budget = by_hand(
        """
        select count(*), count(*) filter (computed = 3), sum(budget), sum(budget) filter (computed = 3)
        from stands where is_live
        """,
        day,
    )
    text = said(shown("overview", review=day.isoformat()))
    assert f"{red} of {live} live projects" in text
    assert f"{short(red_budget)} of {short(budget)}" in text


def test_the_overview_forecasts_against_the_budget(day: dt.date) -> None:
    eac, budget = by_hand(
        "select sum(eac), sum(budget) from stands where is_live and eac is not null and budget is not null", day
    )
    text = figure(shown("overview", review=day.isoformat()), "Forecast against budget")
    assert short(eac) in text
    assert f"{round((eac / budget - 1) * 100)} % over" in text
    assert short(budget) in text


def test_the_overview_counts_stale_reports_and_watermelons(day: dt.date) -> None:
    stale, melons = by_hand(
        """
        select
            count(*) filter (is_stale),
            -- "Watermelon: reported green, computed red" (Health)
            count(*) filter (reported_health = 'green' and computed = 3)
        from stands where is_live
        """,
        day,
    )
    app = shown("overview", review=day.isoformat())
    named = re.search(r"with a report, (\d+) stale", said(app))
    assert (int(named[1]) if named else 0) == stale
    assert figure(app, "Reported green, computed red").split()[4] == str(melons)


def test_the_register_counts_what_a_filter_leaves(day: dt.date) -> None:
    count, budget = by_hand(
        """
        select count(*), sum(budget) from stands
        where is_live and portfolio = 'Technology' and computed = 3
        """,
        day,
    )
    app = shown("projects", review=day.isoformat(), portfolio="Technology", health="computed-red")
    assert len(app.dataframe[0].value) == count
    assert re.search(rf"\b{count} of \d+ live projects? fits?\b", said(app))
    assert app.dataframe[0].value["Budget"].sum() == pytest.approx(budget)


def test_one_project_slips_by_the_days_between_baseline_and_forecast(day: dt.date) -> None:
    key, slip, cost = by_hand(
        """
        select project_id, slip_days, eac from stands
        where is_live and forecast_cost is not null and forecast_finish > status_date
        order by slip_days desc, project_id limit 1
        """,
        day,
    )
    app = shown("projects", review=day.isoformat(), project=key)
    assert f"{slip:,} days late" in figure(app, "Forecast finish")
    assert short(cost) in figure(app, "Forecast cost")
