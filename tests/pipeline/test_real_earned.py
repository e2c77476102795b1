"""Real projects whose tool published every index and estimate per period: ours are compared with all of them, for
whatever projects and periods lie in the folder. What is undefined by its definition is n/a, whatever the tool wrote."""

import datetime as dt
import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

import pytest
from test_real import PERIODS, Row, files_with, rows_of

from analytics import earned
from analytics.earned import FACTORS, Value

pytestmark = pytest.mark.real

# The 12 projects on which the errors in analytics/earned.py and docs/methods.md were measured.
MEASURED_ON = {
    "C2011-05", "C2011-12", "C2012-13", "C2013-02", "C2013-04", "C2013-07",
    "C2013-09", "C2013-11", "C2013-13", "C2014-04", "C2014-06", "C2014-08",
}  # fmt: skip


@dataclass(frozen=True)
class Period:
    """One tracking period: its project's row, its own cells by header (several where a header stands twice)."""

    project: Row
    cells: Mapping[str, list[str]]

    def value(self, header: str) -> Value:
        """A published number; None where there is none."""
        return number(next(iter(self.cells.get(header, [])), ""))

    def all(self, header: str) -> list[Value]:
        """The same, wherever the header stands."""
        return [number(text) for text in self.cells.get(header, [])]

    @property
    def name(self) -> str:
        return self.cells["project_id"][0]

    def listed(self, header: str) -> str:
        """What the list of projects says of its project, "" where that is nothing."""
        return next(iter(self.project.get(header, [])), "")

    @property
    def budget(self) -> Value:
        return number(self.listed("bac"))

    @property
    def measured(self) -> tuple[Value, Value, Value]:
        """PV, EV, AC."""
        planned, value, actual = (
            self.value(name) for name in ("Planned Value (PV)", "Earned Value (EV)", "Actual Cost (AC)")
        )
        return planned, value, actual

    @property
    def estimates(self) -> dict[str, Value]:
        """Our EAC by factor, from the published SPI(t)."""
        planned, value, actual = self.measured
        factors = earned.performance_factors(
            earned.cpi(value, actual), earned.spi(value, planned), self.value("SPI(t)")
        )
        return {
            name: earned.estimate_at_completion(self.budget, value, actual, factor) for name, factor in factors.items()
        }

    def __str__(self) -> str:
        return f"{self.name} period {self.cells['period'][0]}"


def number(text: str) -> Value:
    """A finite number, None where words, durations or nothing stand."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def date(text: str) -> dt.date | None:
    """The day of "2011-05-18 08:00:00", None where none stands."""
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        return None


def header_of(factor: str) -> str:
    """How the export heads the EAC of a factor: EAC (PF=0.8*CPI+0.2*SPI)."""
    return f"EAC (PF={re.sub(r'(?<=[.][0-9]) ', '*', factor).replace(' ', '')})"


def periods(folder: Path) -> Iterator[Period]:
    """Every tracking period of every project; a header's later places (`CPI__2`) are the header's too."""
    for path in files_with(folder, PERIODS, "PERIODS"):
        listed = path.with_name("projects.csv")
        if not listed.exists():
            pytest.skip(f"{listed} is absent: it holds the budgets at completion")
        projects = {row["project_id"][0]: row for row in rows_of(listed)}
        for row in rows_of(path):
            cells: dict[str, list[str]] = defaultdict(list)
            for header, texts in row.items():
                cells[re.sub(r"__\d+$", "", header)] += texts
            yield Period(projects.get(row["project_id"][0], {}), cells)


@pytest.fixture(scope="module")
def every(real_data: Path) -> list[Period]:
    return list(periods(real_data))


@pytest.mark.parametrize(
    ("headers", "formula", "below"),
    [
        (("SPI", "Schedule Performance Index (SPI)"), earned.spi, "Planned Value (PV)"),
        (("CPI", "Cost Performance Index (CPI)"), earned.cpi, "Actual Cost (AC)"),
    ],
    ids=["spi", "cpi"],
)
def test_earned_value_indices_are_the_published_ones(  # type: ignore[no-untyped-def]
    every: list[Period], headers: tuple[str, ...], formula, below: str
) -> None:
    undefined = compared = 0
    for period in every:
        ours = formula(period.value("Earned Value (EV)"), period.value(below))
        if ours is None:
            assert not period.value(below) or period.value("Earned Value (EV)") is None, f"{period} is defined"
            undefined += 1
            continue
        published = [value for header in headers for value in period.all(header) if value is not None]
        assert published == pytest.approx([ours] * len(published), rel=1e-9, abs=0), f"{period}, {undefined} n/a"
        compared += len(published)
    assert compared or undefined == len(every)
    print(f"\n{headers[0]}: {compared} published values, {undefined} periods n/a by definition")


@pytest.mark.parametrize(
    ("header", "formula", "against"),
    [
        ("Schedule Variance (SV)", earned.schedule_variance, "Planned Value (PV)"),
        ("Cost Variance (CV)", earned.cost_variance, "Actual Cost (AC)"),
    ],
    ids=["sv", "cv"],
)
def test_earned_value_variances_are_the_published_ones(  # type: ignore[no-untyped-def]
    every: list[Period], header: str, formula, against: str
) -> None:
    compared = 0
    for period in every:
        ours = formula(period.value("Earned Value (EV)"), period.value(against))
        for published in period.all(header):
            if ours is not None and published is not None:
                assert ours == pytest.approx(published, rel=0, abs=1e-6), str(period)
                compared += 1
    assert compared


@pytest.mark.parametrize("factor", FACTORS)
def test_earned_value_estimates_are_the_published_ones(every: list[Period], factor: str) -> None:
    undefined = compared = 0
    for period in every:
        planned, value, actual = period.measured
        ours, published = period.estimates[factor], period.value(header_of(factor))
        if ours is None:
            needed = {"SPI(t)": period.value("SPI(t)"), "SPI": planned and value, "CPI": actual and value}
            wanted = ["CPI", "SPI(t)" if "(t)" in factor else "SPI"] if "SCI" in factor or "+" in factor else [factor]
            # An index of nothing, or one that is nothing: the estimate has no meaning, whatever stands there.
            assert None in (period.budget, value, actual) or not all(needed[name] for name in wanted), str(period)
            undefined += 1
        elif published is not None:
            assert ours == pytest.approx(published, rel=1e-9, abs=0), f"{period}, {undefined} n/a before"
            compared += 1
    assert compared or undefined == len(every), f"{undefined} n/a"
    print(f"\nEAC with {factor}: {compared} published values, {undefined} periods n/a by definition")


def errors(every: list[Period]) -> dict[str, list[list[float]]]:
    """The error of each EAC as a share of the final cost, by fifths of the work earned, of open periods."""
    found: dict[str, list[list[float]]] = {name: [[] for _ in range(5)] for name in FACTORS}
    for period in every:
        final, budget, value = number(period.listed("final_actual_cost")), period.budget, period.measured[1]
        if final and budget and value is not None and value < budget * (1 - 1e-9):
            for name, estimate in period.estimates.items():
                if estimate is not None:
                    found[name][int(value / budget * 5)].append(abs(estimate - final) / final)
    return found


def test_earned_value_errors_are_the_stated_ones(every: list[Period]) -> None:
    known = [period for period in every if period.name in MEASURED_ON]
    if {period.name for period in known} != MEASURED_ON:
        pytest.skip("the errors were measured on other projects: see MEASURED_ON")
    measured = {name: tuple(round(mean(band), 3) for band in bands) for name, bands in errors(known).items()}
    assert measured == earned.MEASURED
    text = (Path(__file__).parents[2] / "docs" / "methods.md").read_text("utf-8")
    for name, bands in errors(known).items():
        assert f"| {name} | {' | '.join(f'{100 * mean(band):.1f} %' for band in bands)} |" in text
    ranges = [
        (found, number(period.listed("final_actual_cost")))
        for period in known
        if period.estimates["CPI"] and (share := earned.cpi(period.measured[1], period.budget)) and share < 1 - 1e-9
        for found in [earned.interval(period.estimates["CPI"], earned.usual_error("CPI", share), period.measured[2])]
    ]
    held = sum(found is not None and final is not None and found[0] <= final <= found[1] for found, final in ranges)
    assert f"in {held} of {len(ranges)} periods" in text
    for name, bands in errors(every).items():
        print(f"\n{name:24}", *(f"{100 * mean(band):6.1f} %" if band else "     n/a" for band in bands), end="")


def test_earned_schedule_beside_the_published_one(every: list[Period]) -> None:
    """Printed, not asserted: the tool counts the hours of working calendars that it does not publish."""
    reports: dict[str, list[tuple[Period, dict[str, object]]]] = defaultdict(list)
    for period in every:
        start, finish = date(period.listed("baseline_start")), date(period.listed("baseline_end"))
        at = date(period.cells["Status date"][0])
        if at is None:
            continue
        planned, value, actual = period.measured
        row = {"status_date": at, "start": start, "finish": finish, "budget": period.budget}
        row |= {"planned_value": planned, "earned_value": value, "actual_cost": actual}
        row |= dict.fromkeys(("forecast_cost", "forecast_finish", "actual_finish"))
        reports[period.name].append((period, row))
    days, indices = [], []
    for found in reports.values():
        for (period, _), point in zip(found, earned.points([row for _, row in found]), strict=True):
            published, index = date(period.cells["Earned Schedule (ES)"][0]), period.value("SPI(t)")
            if point.schedule is not None and point.start and published:
                days.append(abs(point.schedule - (published - point.start).days))
            if point.spi_t is not None and index is not None:
                indices.append(abs(point.spi_t - index))
    if not days or not indices:
        pytest.skip("no period states both")
    print(f"\nES: half of {len(days)} periods within {median(days):.1f} days, the farthest {max(days):.0f}")
    print(f"SPI(t): half of {len(indices)} periods within {median(indices):.3f}, the farthest {max(indices):.3f}")
