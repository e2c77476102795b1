"""The figures on the pages against the sample's files: SQL written by hand from docs/methods.md, which shares no code
with the models or the pages. Each review date is asked anew."""

import datetime as dt
import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from analytics import portfolio, programs, standings
from analytics.reading import NO_PROGRAM, Desk, Scope, Source
from analytics.rules import effect
from pipelines.rules import Value, set_rules
from pipelines.warehouse import Warehouse

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
        max_by(stage, status_date) filter (stage is not null) as stage,
        -- "Original baseline stays" (Health)
        min_by(budget, status_date) filter (budget is not null) as first_budget,
        min_by(baseline_finish, status_date) filter (baseline_finish is not null) as first_finish
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
        p.priority,
        p.currency,
        p.baseline_start,
        coalesce(p.baseline_finish, n.baseline_finish) as baseline_finish,
        coalesce(p.budget, n.budget) as budget,
        coalesce(p.budget, n.first_budget) as first_budget,
        coalesce(p.baseline_finish, n.first_finish) as first_finish,
        coalesce(p.goal_id, (select program_goal_id from programs as g where g.program_id = p.program_id)) as goal_id,
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
-- What is known of a milestone, and of a risk, is the latest row of it by the review date.
milestone as (
    select * from milestones where status_date <= $day
    qualify row_number() over (partition by project_id, milestone_id order by status_date desc) = 1
),
risk as (
    select * from risks where status_date <= $day
    qualify row_number() over (partition by project_id, risk_id order by status_date desc) = 1
),
delivered as (
    -- "Share of milestones due by D and not met" (Health)
    select project_id, avg(case when actual_date <= $day then 0 else 1 end) as missed
    from milestone where baseline_date <= $day group by project_id
),
threatened as (
    -- "The largest open exposure (probability x impact)" (Health)
    select project_id, coalesce(max(probability * impact) filter (risk_state in ('open', 'accepted')), 0) as exposure
    from risk group by project_id
),
-- Every plan of the sample names all projects and teams, so that the latest one holds.
planned as (
    select d.*, strptime(d.month, '%Y-%m')::date as of_month
    from demand as d
    where d.status_date = (select max(status_date) from demand where status_date <= $day)
),
queued as (
    -- "People go to committed work first, then to critical projects, then by priority"
    select
        project_id, d.amount::decimal(18, 3) as needs, there.fte,
        sum(d.amount::decimal(18, 3)) over (
            partition by d.team, d.skill, d.month
            order by
                coalesce(d.commitment, if(k.stage in ('approved', 'active', 'on hold'), 'committed', 'requested')),
                k.is_critical desc, k.priority, project_id
        ) as taken
    from planned as d
    join known as k using (project_id)
    join people as there using (team, skill, month)
    where k.stage not in ('completed', 'cancelled') and of_month > $day and of_month <= $day::date + interval 3 month
),
unmet as (
    -- "Unmet demand share over the next 3 months" (Health)
    select project_id, sum(least(needs, greatest(taken - fte, 0))) / sum(needs) as lacks from queued group by project_id
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
    left join delivered using (project_id)
    left join threatened using (project_id)
    left join unmet using (project_id)
),
judged as (
    select
        *,
        date_diff('day', baseline_start, baseline_finish) as planned_days,
        date_diff('day', baseline_finish, finish) as slip_days,
        date_diff('day', first_finish, finish) / date_diff('day', baseline_start, first_finish) as first_slip,
        round(eac / first_budget - 1, 9) as first_overrun
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
        end as cost,
        -- "Amber from 10 %, red from 25 %"; "amber from 9, red from 15" (Health)
        case when missed >= 0.25 then 3 when missed >= 0.10 then 2 when missed is not null then 1 end as milestones,
        case when exposure >= 15 then 3 when exposure >= 9 then 2 when exposure is not null then 1 end as risk,
        -- "Amber from 5 %, red from 15 %" (Health)
        case
            when round(lacks, 9) >= 0.15 then 3 when round(lacks, 9) >= 0.05 then 2 when lacks is not null then 1
        end as resources
    from judged
)
select
    *,
    stage in ('approved', 'active', 'on hold') as is_live,
    -- "computed overall = the worst dimension that is known" (Health)
    coalesce(greatest(schedule, cost, milestones, risk, resources), 0) as computed,
    coalesce(greatest(
        case when first_slip >= 0.30 then 3 when first_slip >= 0.10 then 2 when first_slip is not null then 1 end,
        case
            when first_overrun >= 0.30 then 3 when first_overrun >= 0.10 then 2 when first_overrun is not null then 1
        end,
        milestones,
        risk,
        resources
    ), 0) as computed_first,
    case reported_health when 'red' then 3 when 'amber' then 2 when 'green' then 1 else 0 end as reported,
    -- "Older than the reporting interval (7 days) + grace (7 days) at D is stale" (Time)
    coalesce(status_date < $day::date - 14, false) as is_stale
from coloured
"""


@pytest.fixture(scope="module", autouse=True)
def warehouse(sample: Path) -> Iterator[None]:
    """The sample organisation, loaded; every page of this module reads it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RIGHTWORK_WAREHOUSE", str(sample))
        yield


@pytest.fixture(params=REVIEWS, ids=str)
def day(request: pytest.FixtureRequest) -> dt.date:
    chosen: dt.date = request.param
    return chosen


def files() -> duckdb.DuckDBPyConnection:
    """The sample's files as they are."""
    con = duckdb.connect()
    for name in ("status", "projects", "programs", "milestones", "risks", "demand", "capacity"):
        text = ", types = {'month': 'varchar'}" if name in ("demand", "capacity") else ""
        con.execute(f"create table {name} as from read_csv('{FILES / f'{name}.csv'}'{text})")
    # "FTE is full-time equivalents per calendar month", of eight hours on each of its working days
    con.execute(
        """
        create table people as
        select
            team, skill, month,
            case unit when 'hours' then amount / 8 / (
                select count(*) from (select strptime(month, '%Y-%m') as first), range(first, first + interval 1 month,
                    interval 1 day) as each_day(day) where isodow(day) < 6
            ) else amount end as fte
        from capacity
        """
    )
    return con


def ask(question: Callable[..., Any], *args: Any) -> Any:
    """The answer to a page's question about the sample."""
    desk = desk_at(Warehouse().folder)
    return desk.ask(question, desk.version(), None, *args)


@cache
def desk_at(folder: Path) -> Desk:
    """One desk a warehouse, so that a review date is computed once."""
    return Desk(Warehouse(folder))


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


def bodies(app: AppTest) -> list[str]:
    """A page's own HTML, also where it can be clicked."""
    plain = [element.proto.body for element in app.get("html") if not element.proto.body.startswith("<style")]
    data = [json.loads(element.proto.json or "{}") for element in app.get("bidi_component")]
    return plain + [one["html"] for one in data if "html" in one]


def said(app: AppTest) -> str:
    """What a page's own HTML says, tags taken out, blanks folded."""
    text = unescape(re.sub(r"<[^>]+>", " ", " ".join(bodies(app))))
    return re.sub(r"\s+", " ", text)


def figure(app: AppTest, label: str) -> str:
    """The value and note of the figure with a label."""
    body = next(body for body in bodies(app) if 'class="rw-figures"' in body)
    card = next(part for part in body.split('class="rw-figure"')[1:] if f">{label}<" in part)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", card.split(">", 1)[1]))).strip()


def listed(app: AppTest) -> set[str]:
    """The projects that the register lists."""
    return set(re.findall(r'data-pick="open:([^"]+)"', " ".join(bodies(app))))


def short(amount: float) -> str:
    """Dollars in millions or thousands, as the pages write them: three digits at least."""
    scale, unit = (1e6, "M") if amount >= 1e6 else (1e3, "k")
    digits = f"{amount / scale:,.1f}" if amount / scale < 99.95 else f"{amount / scale:,.0f}"
    return f"${digits.removesuffix('.0')} {unit}"


# The list of what needs attention: red by evidence, by report or but for a new baseline, or stale.
NEEDS_ATTENTION = "is_live and (computed = 3 or reported = 3 or is_stale or (computed_first = 3 and computed > 0))"


def test_the_overview_counts_what_needs_attention_what_is_red_and_its_money(day: dt.date) -> None:
    live, needing, red, budget, red_budget, melons = by_hand(
        f"""
        select count(*), count(*) filter ({NEEDS_ATTENTION}), count(*) filter (computed = 3), sum(budget),
            sum(budget) filter (computed = 3), count(*) filter (reported = 1 and computed = 3)
        from stands where is_live
        """,
        day,
    )
    text = said(shown("overview", review=day.isoformat()))
    assert f"{needing} of {live} live projects need attention" in text
    assert re.search(
        rf"; {red} (is|are) computed red and holds? {re.escape(f'{short(red_budget)} of {short(budget)}')}", text
    )
    assert not melons or re.search(rf"; {melons} of these reports? green", text)


def test_what_needs_attention_is_listed(day: dt.date) -> None:
    con = files()
    con.execute(STANDS, {"day": day})
    keys = {key for (key,) in con.execute(f"select project_id from stands where {NEEDS_ATTENTION}").fetchall()}
    app = shown("projects", review=day.isoformat(), health="attention")
    assert listed(app) <= keys
    assert re.search(rf"\b{len(keys)} of \d+ live projects needs? attention", said(app))


STATES = ("unknown", "green", "amber", "red")


def test_each_kind_of_evidence_is_counted(day: dt.date) -> None:
    con = files()
    con.execute(STANDS, {"day": day})
    text = unescape(" ".join(bodies(shown("overview", review=day.isoformat()))))
    for label in ("Reported", "Computed", "Schedule", "Cost", "Milestones", "Risk"):
        rows = con.execute(f"select coalesce({label}, 0), count(*) from stands where is_live group by all").fetchall()
        counts = {STATES[state]: count for state, count in rows}
        words = {"unknown": "not rated" if label == "Reported" else "unknown"}
        parts = [f"{counts[s]} {words.get(s, s)}" for s in ("green", "amber", "red", "unknown") if s in counts]
        assert f"{label}: {', '.join(parts)}" in text, label


PARTED = {
    "green-red": "reported = 1 and computed = 3",
    "pale": "reported = 1 and computed = 2",
    "hidden-strength": "reported = 3 and computed = 1",
    "better-by-baseline": "computed > 0 and computed < computed_first",
}


def test_where_reports_and_evidence_part_is_counted_and_listed(day: dt.date) -> None:
    con = files()
    con.execute(STANDS, {"day": day})
    text = " ".join(bodies(shown("overview", review=day.isoformat())))
    for group, condition in PARTED.items():
        rows = con.execute(f"select project_id, budget from stands where is_live and {condition}").fetchall()
        keys, budget = {key for key, _ in rows}, sum(amount for _, amount in rows if amount)
        shown_as = re.search(rf'data-pick="{group}"><b>(\d+)</b><span>[^<]+<small>([^<]*)</small>', text)
        assert (int(shown_as[1]) if shown_as else 0) == len(keys), group
        assert not shown_as or shown_as[2].replace("\u00a0", " ").endswith(f"; {short(budget)}"), group
        if day == REVIEWS[0]:
            assert listed(shown("projects", review=day.isoformat(), health=group)) == keys, group


ROLLED_UP = """
select
    coalesce({by}, '') as name,
    count(*) as live,
    sum(budget) as budget,
    coalesce(sum(budget) filter ({basis} = 3), 0) as red_budget,
    -- "Red when red projects carry >= 25 % of the budget, or any critical project is red; amber when red and amber
    -- together carry >= 25 %; unknown when under 50 % of the projects have a known colour; else green. By budget where
    -- every live project has one, else by count" (Roll-up)
    case when count(budget) = count(*) then sum(budget) else count(*) end as whole,
    count(budget) = count(*) as by_budget,
    coalesce(sum(case when by_budget_of then budget else 1 end) filter ({basis} = 3), 0) / any_value(whole_of) as red,
    coalesce(sum(case when by_budget_of then budget else 1 end) filter ({basis} >= 2), 0) / any_value(whole_of) as bad,
    case
        when red >= 0.25 or coalesce(bool_or({basis} = 3 and is_critical), false) then 'red'
        when bad >= 0.25 then 'amber'
        when count(*) filter ({basis} > 0) / count(*) < 0.5 then 'unknown'
        else 'green'
    end as colour
from (
    select
        *,
        count(budget) over same = count(*) over same as by_budget_of,
        case when by_budget_of then sum(budget) over same else count(*) over same end as whole_of
    from stands where is_live window same as (partition by {by})
)
group by {by}
"""


@pytest.mark.parametrize("by", ["portfolio", "goal_id"])
def test_portfolios_and_goals_have_the_colour_and_money_of_the_files(by: str, day: dt.date) -> None:
    con = files()
    con.execute(STANDS, {"day": day})
    question = standings.portfolios if by == "portfolio" else standings.goals
    for basis in portfolio.BASES:
        expected = {
            name: (live, budget, red, colour)
            for name, live, budget, red, *_, colour in con.execute(ROLLED_UP.format(by=by, basis=basis)).fetchall()
        }
        found = {
            one.id: (one.live, one.money[0].budget, one.money[0].red(basis), one.rollup(basis).state)
            for one in ask(question, day, Scope())
        }
        assert found == expected


# Every eighth review of two years, and the latest.
WEEKS = [dt.date(2026, 11, 20) - dt.timedelta(weeks=8 * back) for back in range(13)]


@pytest.mark.parametrize("day", WEEKS, ids=str)
def test_colours_and_money_add_up_at_every_level(day: dt.date) -> None:
    whole = ask(portfolio.summary, day, Scope())
    assert whole.live > 0
    levels = [ask(standings.portfolios, day, Scope()), ask(standings.goals, day, Scope())]
    for basis in portfolio.BASES:
        assert sum(whole.counts(basis).values()) == whole.live
        for parts in levels:
            assert sum(one.live for one in parts) == whole.live
            assert all(sum(one.states(basis).values()) == one.live for one in parts)
            assert {state: sum(one.states(basis)[state] for one in parts) for state in portfolio.STATES} == (
                whole.counts(basis)
            )
            assert _sum(parts, "budget") == {m.currency: m.budget for m in whole.money}
            assert _sum(parts, f"{basis}_red") == {
                m.currency: whole.budgets(basis, m.currency)["red"] for m in whole.money
            }
        every = ask(programs.programs, day, Scope())
        assert sum(one.live for one in every) == whole.live
        assert sum(one.rollup(basis).red_projects for one in every) == whole.count(basis, "red")
        assert _sum(every, "budget") == {m.currency: m.budget for m in whole.money}
        for one in every:
            inside = ask(portfolio.summary, day, Scope(program=one.program_id))
            assert sum(inside.counts(basis).values()) == inside.live == one.live
            assert {m.currency: m.budget for m in inside.money} == {m.currency: m.budget for m in one.money}
        last = ask(portfolio.trend, day, Scope()).iloc[-1]
        shares = {state: round(last[f"{basis}_{state}"] * last["whole"]) for state in portfolio.STATES}
        assert shares == whole.counts(basis)


def _sum(parts: Iterable[Any], amount: str) -> dict[str, float]:
    """The money of all parts together, by currency."""
    sums: dict[str, float] = {}
    for part in parts:
        for money in part.money:
            sums[money.currency] = sums.get(money.currency, 0) + (getattr(money, amount) or 0)
    return sums


@pytest.mark.parametrize("day", WEEKS, ids=str)
def test_the_weekly_counts_are_the_projects_of_the_week(day: dt.date) -> None:
    def differences(source: Source) -> list[Any]:
        names = "portfolio, program_id, goal_id, currency, reported, computed"
        week = f"""
            select {names}, projects, reporting, stale, budgeted, critical, budget
            from mart_health_week where review_date = date '{day}'
        """
        asked = f"""
            select {names}, count(*), count(*) filter (is_reported), count(*) filter (is_stale), count(budget),
                count(*) filter (is_critical), sum(exact(budget))
            from {source.on(day)} where is_live group by {names}
        """
        return source.rows(f"(({week}) except ({asked})) union all (({asked}) except ({week}))")

    assert ask(differences) == []


def test_since_when_a_portfolio_or_goal_has_its_colour() -> None:
    """On the first date of the run the colour is the same, and the week before it is another."""
    day, week = REVIEWS[0], dt.timedelta(weeks=1)
    kinds: list[tuple[standings.Grouping, Any]] = [("portfolio", standings.portfolios), ("goal_id", standings.goals)]
    for by, question in kinds:
        for one in ask(question, day, Scope()):
            found = ask(standings.level, day, Scope(), by, one.id)
            assert sum(row["computed"] == "red" for row in found.projects) == one.computed["red"]
            for basis in portfolio.BASES:
                since, is_from_start = found.since[basis]
                colours = {
                    then: next((o.rollup(basis).state for o in ask(question, then, Scope()) if o.id == one.id), "")
                    for then in (since, since - week)
                }
                assert colours[since] == one.rollup(basis).state
                assert is_from_start or colours[since - week] != colours[since]


CHANGES_OF_RULES: list[dict[str, Value]] = [
    {"milestones_red": 0.5, "milestones_amber": 0.2},
    {"risk_red": 12, "risk_amber": 6},
    {"rollup_rule": "worst", "schedule_red": 0.2},
]


def test_what_a_change_of_rules_would_do_is_what_it_does_and_the_past_stays(sample: Path, tmp_path: Path) -> None:
    """On the sample: each change is tried, saved, and compared with what it was said to do, name by name."""
    place, day = Warehouse(shutil.copytree(sample, tmp_path / "warehouse")), REVIEWS[0]
    desk, seen = Desk(place), []
    for changes in CHANGES_OF_RULES:
        now = desk.version()
        said = desk.ask(effect, now, None, day, tuple(changes.items()))
        before = _judged(desk, now, None, day)
        seen.append((now, before))
        set_rules(place, changes, "a test")
        after = _judged(desk, desk.version(), None, day)
        assert {name: (was, after[0][name]) for name, was in before[0].items() if was != after[0][name]} == {
            move.project_name: (move.before, move.after) for move in said.named
        }
        assert {key: (was, after[1][key]) for key, was in before[1].items() if was != after[1][key]} == {
            (move.program_name, move.basis): (move.before, move.after) for move in said.programs
        }
        assert said.named or said.programs, changes
    for known_at, figures in seen:
        assert _judged(desk, desk.version(), known_at, day) == figures


def _judged(desk: Desk, version: int, known_at: int | None, day: dt.date) -> tuple[dict[str, str], dict[Any, str]]:
    """The computed colour of each live project, and the colours of each program as asked and as the weeks hold them."""

    def colours(source: Source) -> tuple[dict[str, str], dict[Any, str]]:
        named = dict(source.rows(f"select project_name, computed from {source.on(day)} where is_live"))
        weekly = source.rows(
            "select coalesce(program_id, $none), reported, computed from mart_program_week "
            "where review_date = $day and is_whole",
            {"none": NO_PROGRAM, "day": day},
        )
        asked = programs.programs(source, day, Scope())
        assert {p.program_id: (p.reported.state, p.computed.state) for p in asked} == {k: (r, c) for k, r, c in weekly}
        return named, {(p.program_name, basis): p.rollup(basis).state for p in asked for basis in portfolio.BASES}

    return desk.ask(colours, version, known_at)


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
    assert figure(app, "Green over red").split()[3] == str(melons)


def test_the_register_counts_what_a_filter_leaves(day: dt.date) -> None:
    count, budget = by_hand(
        """
        select count(*), sum(budget) from stands
        where is_live and portfolio = 'Technology' and computed = 3
        """,
        day,
    )
    app = shown("projects", review=day.isoformat(), portfolio="Technology", health="computed-red")
    assert len(listed(app)) == count
    assert re.search(rf"\b{count} of \d+ live projects (is|are) computed red; {re.escape(short(budget))} ", said(app))


CHANGES = {
    "entered": "now.is_live and not coalesce(earlier.is_live, false)",
    "ended": "earlier.is_live and not now.is_live",
    "newly-red": "now.is_live and earlier.is_live and now.computed = 3 and earlier.computed is distinct from 3",
    "no-longer-red": "now.is_live and earlier.is_live and earlier.computed = 3 and now.computed is distinct from 3",
    "newly-green-red": """
        now.is_live and earlier.is_live and now.computed = 3 and now.reported_health = 'green'
        and not coalesce(earlier.computed = 3 and earlier.reported_health = 'green', false)
    """,
    "finish": "now.is_live and earlier.is_live and now.finish <> earlier.finish",
    "cost": "now.is_live and earlier.is_live and round(now.eac - earlier.eac, 2) <> 0",
    "baseline": """
        now.is_live and earlier.is_live
        and (now.baseline_finish <> earlier.baseline_finish or round(now.budget - earlier.budget, 2) <> 0)
    """,
    "stage": "now.is_live and earlier.is_live and now.stage <> earlier.stage",
    "reported": "now.is_live and now.status_date is distinct from earlier.status_date",
}


def test_what_changed_is_counted_and_listed_as_in_the_files(day: dt.date) -> None:
    before = day - dt.timedelta(weeks=4)
    con = files()
    con.execute(STANDS, {"day": before})
    con.execute("alter table stands rename to earlier")
    con.execute(STANDS, {"day": day})
    view = {"review": day.isoformat(), "compare": before.isoformat()}
    overview = " ".join(bodies(shown("overview", **view)))
    for group, condition in CHANGES.items():
        joined = f"from stands as now left join earlier using (project_id) where coalesce({condition}, false)"
        keys = {key for (key,) in con.execute(f"select project_id {joined}").fetchall()}
        counted = re.search(rf'data-pick="changed-{group}"><b>([\d,]+)</b>', overview)
        assert (int(counted[1].replace(",", "")) if counted else 0) == len(keys), group
        if group in ("newly-red", "finish", "baseline", "ended"):
            assert listed(shown("projects", **view, health=f"changed-{group}")) == keys, group
    later, earlier = con.execute(
        f"select count(*) filter (now.finish > earlier.finish), count(*) filter (now.finish < earlier.finish) "
        f"from stands as now join earlier using (project_id) where {CHANGES['finish']}"
    ).fetchall()[0]
    assert f"forecast finish: {later:,} later and {earlier:,} earlier" in unescape(overview)


def test_who_did_not_report_is_who_has_no_fresh_report_in_the_files(day: dt.date) -> None:
    con = files()
    con.execute(STANDS, {"day": day})
    keys = {
        key
        for (key,) in con.execute(
            "select project_id from stands where is_live and (status_date is null or is_stale)"
        ).fetchall()
    }
    live = by_hand("select count(*) from stands where is_live", day)[0]
    assert figure(shown("overview", review=day.isoformat()), "Reports").startswith(
        f"Reports {live - len(keys)} of {live}"
    )
    assert listed(shown("projects", review=day.isoformat(), health="not-reported")) == keys


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


PROGRAMS = """
select
    g.program_name,
    sum(s.budget) filter (s.computed = 3) as red_budget,
    sum(s.budget) as budget,
    -- "Red when red projects carry >= 25 % of the known budget, or any critical project is red; unweighted where
    -- budgets are missing" (Roll-up)
    coalesce(bool_or(s.computed = 3 and s.is_critical), false) or 0.25 <= case
        when count(s.budget) = count(*) then coalesce(sum(s.budget) filter (s.computed = 3), 0) / sum(s.budget)
        else count(*) filter (s.computed = 3) / count(*)
    end as is_red
from stands as s join programs as g using (program_id)
where s.is_live
group by g.program_name
"""


def test_programs_names_the_worst_and_since_when(day: dt.date) -> None:
    name, red_budget, budget = by_hand(
        f"select program_name, red_budget, budget from ({PROGRAMS}) where is_red order by red_budget desc", day
    )
    since = day
    while (row := _program(name, since - dt.timedelta(weeks=1))) and row[0]:
        since -= dt.timedelta(weeks=1)
    text = said(shown("programs", review=day.isoformat())).replace("\u00a0", " ")
    assert f"{name} is in the worst trouble: red since {since.day} {since:%b %Y}" in text
    assert f"{short(red_budget)} of {short(budget)} in red" in text


def _program(name: str, day: dt.date) -> tuple[Any, ...] | None:
    con = files()
    con.execute(STANDS, {"day": day})
    return con.execute(f"select is_red from ({PROGRAMS}) where program_name = $name", {"name": name}).fetchone()


def test_loads_count_the_rows_of_the_files() -> None:
    counts = {path.name: _rows(path) for path in FILES.glob("*.csv")}
    text = said(shown("loads"))
    assert f"{len(counts)} loads in force, which brought {sum(counts.values()):,} rows" in text
    for name, count in counts.items():
        # Of one team that projects ask for no export states the people.
        warned = 80 if name == "demand.csv" else 0
        assert re.search(rf"{name} Load \d[^.]*? \d+ % {count:,} {count:,} 0 0 0 {warned}", text), name


def _rows(path: Path) -> int:
    found = duckdb.sql(f"select count(*) from read_csv('{path}')").fetchall()[0][0]
    assert isinstance(found, int)
    return found
