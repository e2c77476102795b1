"""What pages share on screen, without a browser: formats, health marks, labels, the palette, the view in the URL."""

import doctest
import importlib
import io
import tomllib
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook

from analytics import projects
from analytics.changes import Changes, Group, Net
from analytics.portfolio import Attention, Money, Part, Summary
from analytics.programs import Program
from analytics.projects import Register
from analytics.reading import NO_PROGRAM, Place
from analytics.rollup import Rollup
from analytics.standings import Standing, Sum
from components import (
    charts,
    controls,
    downloads,
    formats,
    health,
    plot,
    portfolio_figures,
    project_view,
    register_filter,
    sentences,
)
from components.controls import resolve
from components.figures import delta
from components.theme import DARK, LIGHT, Palette
from pipelines.templates import template

ROOT = Path(__file__).resolve().parents[1]
WEEKS = [date(2026, 11, 6), date(2026, 11, 13), date(2026, 11, 20)]
PROGRAMS = [Place("PG-1", "Front door", "PF-1"), Place("PG-2", "Fulfilment", "PF-2")]
PORTFOLIOS = [Place("PF-1", "Customer"), Place("PF-2", "Platform")]


@pytest.mark.parametrize(
    "name",
    ["components.formats", "components.health", "components.figures", "components.controls", "analytics.reasons"],
)
def test_the_examples_in_docstrings_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "$0"),
        (999.4, "$999"),
        (999.6, "$1 k"),
        (999_400, "$999 k"),
        (999_960, "$1 M"),
        (1_250_000, "$1.2 M"),
        (380_000_000, "$380 M"),
        (-2_100_000, "−$2.1 M"),
        (3.2e12, "$3.2 tn"),
        (float("nan"), "n/a"),
    ],
)
def test_money(amount: float, text: str) -> None:
    assert formats.money(amount, "USD") == text


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_is_readable(palette: Palette) -> None:
    on_card = ["text", "muted", "accent", "green_text", "amber_text", "red_text", "unknown_text", *palette.series]
    pairs = [(ink, palette.card) for ink in on_card]
    pairs += [(ink, palette.canvas) for ink in ("text", "muted", "accent")] + [("text", palette.notice)]
    pairs += [(f"on_{state}", getattr(palette, state)) for state in ("green", "amber", "red", "unknown")]
    low = {
        (ink, ground): round(ratio, 2)
        for ink, ground in pairs
        if (ratio := _contrast(getattr(palette, ink, ink), ground)) < 4.5
    }
    assert not low


@pytest.mark.parametrize(("section", "palette"), [("light", LIGHT), ("dark", DARK)])
def test_the_streamlit_theme_repeats_the_palette(section: str, palette: Palette) -> None:
    theme = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))["theme"][section]
    assert theme["backgroundColor"] == palette.card
    assert theme["textColor"] == palette.text
    assert theme["primaryColor"] == theme["linkColor"] == palette.accent
    assert theme["borderColor"] == palette.line
    assert theme["grayColor"] == theme["dataframeHeaderTextColor"] == palette.muted
    assert theme["chartCategoricalColors"] == list(palette.series)


def test_a_view_reads_back_from_its_own_link() -> None:
    raw = {"review": "2026-11-13", "portfolio": "PF-1", "program": "PG-1", "basis": "reported", "known": "2"}
    view = resolve(raw, WEEKS, portfolios=PORTFOLIOS, programs=PROGRAMS, publications=[1, 2, 3])
    assert view is not None
    assert set(view.query()) == set(controls.PARAMETERS)
    assert resolve(view.query(), WEEKS, portfolios=PORTFOLIOS, programs=PROGRAMS, publications=[1, 2, 3]) == view


def test_the_first_review_is_compared_with_none() -> None:
    view = resolve({"review": "2026-11-06"}, WEEKS)
    assert view is not None
    assert (view.review_date, view.compare_date, view.known_at) == (WEEKS[0], None, None)


def test_without_a_review_there_is_no_view() -> None:
    assert resolve({"review": "2026-11-06"}, []) is None


def test_a_review_before_all_of_them_is_the_latest() -> None:
    view = resolve({"review": "1999-01-01"}, WEEKS)
    assert view is not None
    assert view.review_date == WEEKS[-1]


def test_an_unknown_word_is_not_rated() -> None:
    assert health.plain("purple") == "○ Not rated"


def test_a_stale_mark_keeps_its_colour() -> None:
    assert health.plain("amber", stale=True) == "▲ Amber · stale"
    assert "rw-amber" in health.mark("amber", stale=True)


def test_a_rating_stands_behind_its_mark_as_written() -> None:
    assert health.rating("amber", "amber/red") == "Amber/red"
    assert "<b>" not in health.mark("amber", rating="<b>")


def test_coverage_tells_reports_from_colours() -> None:
    text = "9 of 10 with a report, no colour given in 3, 1 stale, oldest 8 days"
    assert sentences.coverage(_summary(live=10, reported=9, rated=6, stale=1)) == text


@pytest.mark.parametrize(
    ("judged", "reported", "computed", "text"),
    [
        (10, 1, 2, "The evidence is redder than the reports"),
        (4, 2, 1, "The reports are redder than the evidence, in the 4 projects with both"),
        (0, 0, 0, "No project has both a reported and a computed colour"),
    ],
)
def test_only_projects_with_both_colours_are_compared(judged: int, reported: int, computed: int, text: str) -> None:
    assert sentences.distribution(_summary(judged=judged, reds=(reported, computed))) == text


def test_money_says_how_many_projects_stand_behind_it() -> None:
    dollars = Money("USD", 8, 900, 8, 500, 7, 110, 100, 6, None)
    pounds = Money("GBP", 2, 40, 2, None, 0, None, None, 0, None)
    view = resolve({}, WEEKS)
    assert view
    _, forecast, spent, *_ = portfolio_figures.figures(_summary(money=(pounds, dollars)), None, None, view)
    assert (forecast.value, spent.value) == ("$110", "$500")
    assert forecast.note == "10 % over $100 budget, 6 of 10 projects; none in GBP"
    assert spent.note == "by 7 of 10 projects; none in GBP"


def test_no_program_is_not_counted_as_a_program() -> None:
    red = Rollup("red", "a rule", "count", 1.0, 0.0, 0.0, 1, 0, 0, 1.0, 2.0)
    found = [Program(name, name, (), 1, 1, 0, 0, red, red, None, None, ()) for name in ("R1", "R2", NO_PROGRAM)]
    assert sentences.programs(found, "computed") == "2 of 2 programs are computed red"


def test_a_completed_project_is_spoken_of_in_the_past() -> None:
    row = {"stage": "completed", "slip_days": -47, "overrun": 0.03}
    row |= dict.fromkeys(("original_finish", "original_overrun"))
    assert project_view.finish_title(row) == "Finished 47 days early"
    assert project_view.cost_title(row) == "Cost 3 % more than budgeted"


def _trend(computed: tuple[float, float], reported: tuple[float, float], unknown: float = 0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "review_date": pd.to_datetime(["2026-11-06", "2026-11-20"]),
            "whole": 1200.0,
            "computed_red": computed,
            "reported_red": reported,
            "computed_unknown": 0.0,
            "reported_unknown": unknown,
        }
    )


@pytest.mark.parametrize(
    ("computed", "reported", "text"),
    [
        ((0.1, 0.2), (0.1, 0.11), "Reports lag behind the evidence: computed red rose from 10 % to 20 %, "),
        ((0.1, 0.2), (0.1, 0.05), "Reports lag behind the evidence: computed red rose from 10 % to 20 %, "),
        ((0.3, 0.2), (0.2, 0.12), "Reports follow the evidence: computed red fell from 30 % to 20 %, "),
        ((7 / 12, 5 / 12), (2 / 12, 1 / 12), "Reports follow the evidence: "),  # just half as far
        ((7 / 12, 5 / 12), (2 / 12, 101 / 1200), "Reports lag behind the evidence: "),
        ((0.2, 0.21), (0.2, 0.1), "Computed red rose from 20 % to 21 %, reported red fell from 20 % to 10 %"),
        ((0.2, 0.2), (0.2, 0.2), "Computed red stands at 20 %, as then, reported red stands at 20 %, as then"),
    ],
)
def test_the_trend_says_whether_reports_follow(
    computed: tuple[float, float], reported: tuple[float, float], text: str
) -> None:
    assert sentences.trend(_trend(computed, reported)).startswith(text)


def test_the_trend_says_how_long_it_is_and_of_what() -> None:
    frame = _trend((0.1, 0.2), (0.0, 0.0), unknown=1)
    assert sentences.trend(frame) == "Computed red rose from 10 % to 20 %"
    said = "Share of live projects, last 2 weeks; full: computed, dotted: reported"
    assert sentences.trend_of(frame, "computed") == said
    assert sentences.trend_of(frame[:1], "reported", "USD") == (
        "Share of budget in USD; full: reported, dotted: computed"
    )


def test_the_status_template_holds_the_header_and_an_example() -> None:
    header, example = template("status").decode("utf-8-sig").splitlines()
    assert header.startswith("project_id,")
    assert len(example) > 20


def _summary(
    live: int = 10,
    reported: int = 10,
    rated: int = 10,
    stale: int = 0,
    judged: int = 10,
    reds: tuple[int, int] = (0, 0),
    money: tuple[Money, ...] = (),
    parts: tuple[Part, ...] = (),
) -> Summary:
    parts = parts or (Part("reported", "unknown", "USD", live - rated, None),)
    return Summary(live, 0, reported, stale, 8, 0, judged, *reds, money, parts)


def test_who_did_not_report_is_one_click_away() -> None:
    view = resolve({}, WEEKS)
    assert view
    reports = portfolio_figures.figures(_summary(reported=9, stale=2), None, None, view)[-1]
    assert (reports.value, reports.note, reports.pick) == ("7", "of 10; 2 stale, 1 never", "not-reported")


def test_what_changed_in_words() -> None:
    costs = (Net("USD", 2, 1_200_000, 0), Net("GBP", 1, -30_000, 0))
    changed = Changes({"newly-red": Group(2), "finish": Group(5, 4), "cost": Group(3, net=costs), "reported": Group(9)})
    assert sentences.changes(changed) == "2 newly red, 4 finish later and 1 earlier, cost $1.2 M more and £30 k less"
    assert sentences.changes(Changes({"finish": Group(1, 1)})) == "1 finishes later"
    assert sentences.changes(Changes({"entered": Group(76), "ended": Group(1)})) == "76 entered, 1 ended"
    assert sentences.changes(Changes({})) == "Nothing that moves the portfolio"


def test_one_of_one_is_not_counted_out() -> None:
    view = resolve({}, WEEKS)
    assert view
    both = (Part("computed", "red", "USD", 1, 5.0), Part("reported", "red", "USD", 1, 5.0))
    one = sentences.overview(_summary(live=1, parts=both), Attention((), 1, 1), view)
    assert one == "The one live project needs attention, new since 13 Nov; it is computed red."
    two = _summary(live=2, parts=(Part("computed", "red", "USD", 2, 5.0),))
    said = "2 of 2 live projects need attention, 1 of them new since 13 Nov; 2 are computed red."
    assert sentences.overview(two, Attention((), 2, 1), view) == said
    green = _summary(live=1, parts=(Part("computed", "green", "USD", 1, 5.0),))
    said = "The one live project needs no attention; it is computed green."
    assert sentences.overview(green, Attention((), 0, 0), view) == said
    said = "The one live project needs no attention; it can't be judged from its numbers; it is reported amber."
    silent = (Part("computed", "unknown", "USD", 1, None), Part("reported", "amber", "USD", 1, None))
    assert sentences.overview(_summary(live=1, parts=silent), Attention((), 0, 0), view) == said


def test_the_sentence_on_top_holds_money_watermelons_and_benefits() -> None:
    view = resolve({}, WEEKS)
    assert view
    parts = (Part("computed", "red", "USD", 3, 50.0), Part("computed", "green", "USD", 7, 50.0))
    money = (Money("USD", 10, 100, 10, None, 0, None, None, 0, 20),)
    summary = replace(_summary(money=money, parts=parts), watermelons=2)
    assert sentences.overview(summary, Attention((), 4, 0), view, "Benefits are late; some are not") == (
        "4 of 10 live projects need attention; 3 are computed red and hold $50 of $100; 2 of these report green; "
        "benefits are late."
    )


def test_every_group_of_the_register_is_said_in_words() -> None:
    view = resolve({}, WEEKS)
    assert view
    found = Register(({},), 1, (("USD", 5.0),), {})
    assert set(register_filter.GROUPS) == {"", *projects.GROUPS}
    for group in projects.GROUPS:
        assert sentences.register(found, _summary(), projects.filter_from(group=group), view).startswith("1 "), group


def test_a_date_of_another_year_says_its_year() -> None:
    view = resolve({"compare": "2025-11-20"}, [date(2025, 11, 20), *WEEKS])
    assert view
    assert sentences.since(view) == "since 20 Nov 2025"
    assert sentences.changes_of(view).startswith("From 20 Nov 2025 to 20 Nov 2026;")
    assert sentences.near(date(2026, 1, 3), view) == "3 Jan"


def _standing(name: str, state: str, red: int, budget: float | None, share: float, currency: str = "USD") -> Standing:
    rollup = Rollup(state, "", "count" if budget is None else "budget", share, 0, 1 - share, red, 0, 0, 1, 0)
    amounts = (Sum(currency, budget, 5, None, None if budget is None else budget * share),)
    return Standing(name, name, 5, 5, 0, {"red": 0}, {"red": red}, rollup, rollup, amounts)


def test_the_portfolio_with_most_in_red_is_named() -> None:
    one, other = _standing("IT", "red", 2, 100, 0.5), _standing("Shops", "green", 1, 500, 0.02)
    assert sentences.portfolios([one, other], "computed") == (
        "1 of 2 portfolios is computed red; IT holds $50 of the $60 in red"
    )
    none = _standing("", "red", 2, None, 0.4)
    assert sentences.portfolios([_standing("IT", "green", 1, None, 0.1), none], "computed") == (
        "No portfolio is computed red; 2 of the 3 red projects lie in no portfolio"
    )
    pounds = _standing("Shops", "green", 3, 500, 0.02, "GBP")
    assert sentences.portfolios([one, pounds], "computed").endswith("Shops holds 3 of the 5 red projects")
    calm = [_standing("IT", "green", 0, 5, 0), _standing("", "green", 0, 5, 0)]
    assert sentences.portfolios(calm, "computed") == "No portfolio has a computed red project"


def test_goals_whose_money_sits_mostly_in_red_are_named() -> None:
    half, most = _standing("Faster", "red", 2, 100, 0.5), _standing("Safer", "red", 2, 100, 0.51)
    no_goal = _standing("", "red", 5, 100, 0.9)
    assert sentences.goals([half, most, no_goal], "computed") == "Most of what serves Safer sits in computed red"
    assert sentences.goals([half, no_goal], "computed") == (
        "No goal has most of its money in red; Faster comes closest with 50 % of its money"
    )
    assert sentences.goals([no_goal], "computed") == "No live project serves a goal"


def test_reports_move_with_those_that_are_missing() -> None:
    view = resolve({}, WEEKS)
    assert view
    now, before = _summary(live=8, reported=8, stale=1), _summary(live=10, reported=9)
    moved = portfolio_figures.figures(now, before, None, view)[-1].delta
    assert moved
    assert (moved.text, moved.is_good) == ("1 missing, as on 13 Nov", None)
    worse = portfolio_figures.figures(now, _summary(live=6, reported=6), None, view)[-1].delta
    assert worse
    assert (worse.text, worse.is_good) == ("1 more missing since 13 Nov", False)


def test_small_histories_differ_without_colour() -> None:
    drawn = charts.weeks([None, "green", "red", "red"], '"><script>')
    assert '"><script>' not in drawn
    assert "2 red, 1 green" in drawn
    assert ("M8 10h7v6" in drawn, "M16 0h7v16" in drawn) == (True, True)


def test_an_excel_file_holds_numbers_dates_and_harmless_text() -> None:
    frame = pd.DataFrame(
        {
            "project_name": ["=1+1", "\x07bell", None],
            "budget": [1_200_000.5, None, 3.0],
            "overrun": [0.25, None, -0.1],
            "slip_days": pd.array([3, None, -2], dtype="Int64"),
            "status_date": pd.to_datetime(["2026-11-20", None, "2026-11-13"]),
            "is_stale": [True, False, False],
        }
    )
    sheet = load_workbook(io.BytesIO(downloads.as_excel(frame)))["Rightwork"]
    head, *rows = sheet.iter_rows(values_only=True)
    assert head == ("Project name", "Budget", "Overrun", "Slip days", "Status date", "Is stale")
    assert rows[0] == ("'=1+1", 1_200_000.5, 0.25, 3, datetime(2026, 11, 20), True)
    assert rows[1] == ("bell", None, None, None, None, False)
    assert [sheet["A2"].data_type, sheet["B2"].data_type, sheet["E2"].is_date] == ["s", "n", True]
    assert (sheet["C2"].number_format, sheet.freeze_panes, sheet.auto_filter.ref) == ("0%", "C2", "A1:F4")


def test_a_file_without_rows_still_has_its_header() -> None:
    frame = pd.DataFrame({"project_name": pd.Series([], dtype=str), "budget": pd.Series([], dtype=float)})
    assert load_workbook(io.BytesIO(downloads.as_excel(frame)))["Rightwork"].max_row == 1
    assert downloads.as_csv(frame).decode("utf-8-sig").strip() == "project_name,budget"


def test_a_mark_escapes_its_reason() -> None:
    assert '"><script>' not in health.mark("red", why='"><script>')


def test_a_movement_that_is_unknown_is_not_drawn() -> None:
    assert delta(float("nan"), "x") is None


def test_end_labels_keep_their_distance_and_order() -> None:
    placed = plot.spread([0.10, 0.50, 0.11, 0.12], 0.05, 0.6)
    assert placed[0] < placed[2] < placed[3] < placed[1]
    assert min(b - a for a, b in zip(sorted(placed), sorted(placed)[1:], strict=False)) >= 0.05 - 1e-9


@pytest.mark.parametrize(("largest", "ticks"), [(0.54, [0, 0.2, 0.4, 0.6]), (90, [0, 50, 100]), (0, [0, 1])])
def test_ticks_are_round_and_cover_the_largest(largest: float, ticks: list[float]) -> None:
    assert plot.ticks(largest) == pytest.approx(ticks)


def _contrast(first: str, second: str) -> float:
    """The contrast ratio of WCAG 2."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
