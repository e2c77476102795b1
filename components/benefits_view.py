"""How benefits look: the sentence, figures, what is promised too early, the course, programs, and each benefit."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from analytics import benefits
from analytics.benefits import Benefit, Group, Level, Point, Summary, Total, Wanted
from analytics.reading import NO_PROGRAM
from components import answers, benefits_chart, controls, formats, frame, sentences
from components.clickable import clickable
from components.controls import View
from components.figures import Figure
from components.formats import count, day, days, money, number, percent
from components.frame import Crumb
from components.tables import Cell, Column, Drawn, Tagged, Under, listing

EARLY_ROWS = 8
GROUP_ROWS = 8
SHOWN = {
    "": "All",
    "before": "Promised too early",
    "late": "Late",
    "shrinking": "Shrinking",
    "unmeasured": "Not measured to date",
    "closed": "After closure",
    "ownerless": "Without an owner",
}
ORDERS = {
    "": "Most in doubt",
    "gap": "Largest share lost",
    "late": "Latest start",
    "case": "Largest business case",
    "measured": "Oldest measurement",
    "name": "Name",
}
LEVELS: dict[str, str] = {"program": "Programs", "portfolio": "Portfolios"}
CHART_NOTE = "Added up over the periods; the forecast goes on from what is realised"
CREDIBLE = ". Credible leaves out what is promised before its project finishes"
EARLY_NOTE = (
    "Forecast for periods that end before the project finishes, as it is forecast now; a stopped one never does"
)
GROUPS_NOTE = "The largest shortfall first. Realised is held against the plan of the same, measured periods"
LIST_NOTE = (
    f"Late: starts after its first planned period. Shrinking: lacks {percent(benefits.SHRINKS)} or more of its case"
)
EARLY = (
    Column("Benefit", width="26%"),
    Column("Brought by", width="22%"),
    Column("Promised too early", "right"),
    Column("Periods"),
    Column("Can come from"),
    Column("Owner", is_quiet=True),
)
BENEFITS = (
    Column("Benefit", width="25%"),
    Column("Owner", width="15%"),
    Column("Realised to date", "right"),
    Column("Forecast at end", "right"),
    Column("Starts", "right"),
    Column("Measured to", "right"),
    Column("File and row", "right", is_quiet=True),
)


def amount(value: float | None, unit: str, *, is_money: bool) -> str:
    """An amount in its unit: "$1.2 M", "714 k hours", "3.5 %"."""
    if value is None or is_money or abs(value) >= 1000:
        return money(value, unit)
    return f"{number(value, decimals=0 if abs(value) >= 100 or value == round(value) else 1)} {unit}"


def _in(total: Total | Benefit, value: float | None) -> str:
    return amount(value, total.unit, is_money=total.is_money)


def headline(found: Summary, view: View) -> str:
    """What the benefits promise against their business case, who carries the shortfall, what is promised too early."""
    if not found.benefits:
        return "No benefit in this scope"
    return f"{line(found)}{_doubts(found)}"


def line(found: Summary) -> str:
    """The benefits in one line, for the top of other pages too: "Benefits promise $41 M by 2029, 12 % less than in the
    business case; 3 of 18 programs carry most of the shortfall"; "" without any."""
    if not found.benefits:
        return ""
    if (main := found.main) is None:
        return f"{count(found.benefits, 'benefit')}, in shares that do not add up"
    sums = [total for total in found.totals if total.is_money] or [main]
    sums = [total for total in sums if total.expected is not None]
    if not sums:
        return f"{count(found.benefits, 'benefit')}, none with a forecast"
    promised = sentences._and([_in(total, _promised(total)) for total in sums])
    against = [_share_of_case(total.gap_share) for total in sums if total.gap_share is not None]
    compared = f", {sentences._and(against)} {_than(against)}" if against else ""
    parts = [f"Benefits promise {promised} by {max(total.last_period for total in sums).year}{compared}"]
    if uncased := sentences._and([_in(total, total.uncased) for total in sums if total.uncased]):
        parts.append(f"{uncased} more has no business case")
    if found.carriers and found.programs > 1 and (main.gap_share or 0) < 0:
        verb = "carries" if found.carriers == 1 else "carry"
        parts.append(f"{number(found.carriers)} of {count(found.programs, 'program')} {verb} most of the shortfall")
    if early := early_money(found):
        parts.append(f"{early} is promised before its project finishes")
    return "; ".join(parts)


def _promised(total: Total) -> float | None:
    """What is expected at the end of the benefits that have a business case; of all where none has."""
    return total.expected if total.compared is None else total.compared


def _came(total: Total) -> float | None:
    """What was realised of what was planned; all of it where nothing was."""
    return total.realised if total.came is None else total.came


def _share_of_case(share: float) -> str:
    if percent(abs(share)) == "0 %":
        return "as much"
    return f"{percent(abs(share))} {'less' if share < 0 else 'more'}"


def _than(against: Sequence[str]) -> str:
    return "as in the business case" if against[-1] == "as much" else "than in the business case"


def _doubts(found: Summary) -> str:
    words = [(found.late, "late"), (found.shrinking, "shrinking")]
    said = [f"{number(many)} {word}" for many, word in words if many]
    if not said or early_money(found):
        return ""
    return f"; {sentences._and(said)} of {count(found.benefits, 'benefit')}"


def early_money(found: Summary) -> str:
    """What is promised before it can come, by currency, else in the unit of most benefits; "" where nothing is."""
    sums = [total for total in found.totals if total.is_money and total.before] or [
        total for total in found.totals if total.before
    ][:1]
    return sentences._and([_in(total, total.before) for total in sums])


def coverage(found: Summary) -> str:
    """How many benefits there are, and how many of their periods that are over are measured."""
    ended, measured = (sum(getattr(total, name) for total in found.totals) for name in ("ended", "measured"))
    unknown = sum(total.unknown_periods for total in found.totals)
    said = [count(found.benefits, "benefit"), f"{number(measured)} of {count(ended, 'ended period')} measured"]
    if unknown:
        said.append(f"{count(unknown, 'period')} neither measured nor forecast")
    return ", ".join(said)


def crumbs(view: View) -> list[Crumb]:
    """The path up, where a program or portfolio is chosen."""
    if not (view.program or view.portfolio):
        return []
    path = [Crumb("Benefits", {"portfolio": "", "program": ""}, "benefits")]
    if view.program and view.portfolio:
        path.append(Crumb(view.portfolio, {"program": ""}, "benefits"))
    return path


def figures(found: Summary, total: Total | None) -> list[Figure]:
    """The forecast at the end, what was realised, what is promised too early, what is late, and what closed."""
    items = []
    if total:
        off = _off(total) + (f"; {_in(total, total.uncased)} more has no case" if total.uncased else "")
        due = _of_due(total.realised_share, total.due, total) if total.measured else "nothing measured"
        due += " planned" if total.due is not None else ""
        due += f"; {_in(total, total.unplanned)} more had no plan" if total.unplanned else ""
        items = [
            Figure(
                "Forecast at the end", _in(total, _promised(total)), off, help="Realised where measured, else forecast"
            ),
            Figure("Realised to date", _in(total, _came(total)), due, help="Only periods that are measured compare"),
            Figure(
                "Promised too early",
                _in(total, total.before) if total.before else "none",
                _moved(total),
                help=EARLY_NOTE,
            ),
        ]
    late = f"{number(found.shrinking)} {'shrinks' if found.shrinking == 1 else 'shrink'}"
    closed = f"of {number(found.closed)} still measured" if found.closed else "no project has closed"
    owners = f"; {number(found.ownerless)} without an owner" if found.ownerless else "; each has an owner"
    return [
        *items,
        Figure("Late", number(found.late), f"of {count(found.benefits, 'benefit')}; {late}", help=LIST_NOTE),
        Figure("After closure", number(found.tracked) if found.closed else formats.NONE, closed + owners),
    ]


def _moved(total: Total) -> str:
    """How many benefits are promised too early, and what of the business case the slips moved out of its time."""
    said = [f"in {count(total.before_benefits, 'benefit')}"] if total.before else []
    if total.displaced:
        said.append(f"slips moved {_in(total, total.displaced)} of the case")
    return "; ".join(said) or "no finish stands in the way"


def _off(total: Total) -> str:
    """How far a forecast is from its business case."""
    if total.business_case is None:
        return "no business case"
    case, share = _in(total, total.business_case), total.gap_share
    if share is None:
        return f"against a case of {case}"
    return f"{f'{percent(abs(share))} {_side(share)}' if percent(abs(share)) != '0 %' else 'on the case of'} {case}"


def _side(share: float) -> str:
    return "under" if share < 0 else "over"


def _of_due(share: float | None, due: float | None, of: Total | Benefit) -> str:
    """How what came stands to what was planned for the same periods."""
    if due is None:
        return "no plan"
    return f"{percent(share)} of {_in(of, due)}" if share is not None else f"against {_in(of, due)}"


def early_title(found: Summary) -> str:
    """What is promised before it can come."""
    early, many = early_money(found), count(found.before, "benefit")
    verb = "is" if found.before == 1 else "are"
    if not early:
        return f"{many} {verb} promised before the project finishes"
    return f"{early} is promised before its project can deliver it, in {many}"


def early(rows: Sequence[Benefit]) -> None:
    """The benefits that are forecast before they can come."""
    cells: list[list[Cell]] = [
        [
            _name(one),
            _from(one),
            _in(one, one.before) if not one.is_rate else "a share",
            f"{day(one.before_from)} to {day(one.before_to)}"
            if one.before_from != one.before_to
            else day(one.before_to),
            "never, it was stopped" if one.is_stopped else Under(day(one.able_from), _slip(one)),
            one.owner or "no owner",
        ]
        for one in rows
    ]
    listing(EARLY, cells, links=[_link(one) for one in rows])


def _slip(one: Benefit) -> str:
    if one.project_key is None:
        return "the first project of its program"
    return "" if one.slip_days is None else f"the project is {sentences.slipped(one.slip_days)}"


def _name(one: Benefit) -> str:
    return one.benefit_name


def _from(one: Benefit) -> Cell:
    """Who brings it: its project in its program, or its program."""
    if one.project_key:
        return Under(one.project_name or one.project_key, one.program_name or one.portfolio or "no program")
    return one.program_name or "no program"


def _link(one: Benefit) -> str:
    if one.project_key:
        return controls.project_link(one.project_key)
    return controls.program_link(one.program_id) if one.program_id else controls.page_link("benefits")


def course_title(total: Total) -> str:
    """How what came stands to what was planned, and where the forecast leads."""
    realised, share = total.realised_share, total.gap_share
    if realised is not None:
        came = f"{percent(realised)} of the benefits planned to date were realised"
    elif total.due is not None:
        came = f"{_in(total, total.came)} came of {_in(total, total.due)} planned to date"
    else:
        came = (
            "No benefit is measured yet" if total.realised is None else f"{_in(total, total.realised)} came, unplanned"
        )
    if share is None:
        return came
    if percent(abs(share)) == "0 %":
        return f"{came}; the forecast holds the business case"
    return f"{came}; the forecast ends {percent(abs(share))} {_side(share)} the business case"


def course_note(total: Total) -> str:
    """What the chart of one unit draws."""
    left_out = ". What has no plan is left out" if total.uncased or total.unplanned else ""
    return CHART_NOTE + left_out + (CREDIBLE if total.before else "")


def course(points: Sequence[Point], total: Total, view: View) -> None:
    """The chart of one unit."""
    clickable(
        benefits_chart.drawing(points, view.review_date, lambda value: _in(total, value)), f"benefits-{total.unit}"
    )


def groups_title(found: Sequence[Group], summary: Summary, total: Total, level: Level) -> str:
    """Who carries the shortfall."""
    short = [group for group in found if (group.total.gap or 0) < 0]
    whole = count(len([group for group in found if group.id not in (NO_PROGRAM, "")]), level)
    if not short:
        return f"None of {whole} falls short of its business case"
    first, lost = short[0], _in(total, -(short[0].total.gap or 0))
    if level == "program" and summary.main == total and 1 < summary.carriers < len(found):
        return f"{number(summary.carriers)} of {whole} carry most of the shortfall, {first.name} the largest part"
    return f"{first.name} falls short by {lost}, the most of {whole}"


def groups(found: Sequence[Group], level: Level) -> None:
    """The programs or portfolios; each narrows the page to itself."""
    has_early = any(group.total.before for group in found)
    if len(found) > GROUP_ROWS and not st.toggle(f"All {count(len(found), level)}", key="all-groups"):
        found = found[:GROUP_ROWS]
    columns = [
        Column(level.capitalize(), width="22%"),
        Column("Benefits", "right"),
        Column("Realised to date", "right"),
        Column("Forecast at end", "right"),
        Column("Shortfall", "right"),
        *([Column("Too early", "right")] if has_early else []),
        Column("Late", "right"),
        Column("Shrinking", "right"),
        Column("Measured", "right"),
    ]
    rows = [_group(group, with_early=has_early) for group in found]
    ids = [group.id for group in found]
    choose = controls.choose_program if level == "program" else controls.choose_portfolio
    # What belongs to no portfolio is no scope that can be chosen.
    links = [controls.page_link("benefits", **{level: id_}) if id_ else "" for id_ in ids]
    with st.container(key="benefit-groups"):
        listing(columns, rows, key="groups-of-benefits", picks=ids, links=links, on_pick=choose)


def _group(group: Group, *, with_early: bool) -> list[Cell]:
    total = group.total
    early = [_in(total, total.before) if total.before else "none"] if with_early else []
    owners = f"{count(group.ownerless, 'benefit')} without an owner" if group.ownerless else ""
    return [
        Under(group.name, owners) if owners else group.name,
        number(total.benefits),
        _of_plan(_came(total), total.due, total.realised_share, total),
        _of_case(_promised(total), total.business_case, total.gap_share, total),
        _in(total, -gap) if (gap := total.gap or 0) < 0 else "none",
        *early,
        number(total.late),
        number(total.shrinking),
        f"{number(total.measured)} of {number(total.ended)}" if total.ended else formats.NONE,
    ]


def _of_plan(realised: float | None, due: float | None, share: float | None, of: Total | Benefit) -> Cell:
    if realised is None:
        return formats.NONE
    return Under(_in(of, realised), _of_due(share, due, of))


def _of_case(expected: float | None, case: float | None, share: float | None, of: Total | Benefit) -> Cell:
    if expected is None:
        return formats.NONE
    said = f"{percent(share, sign=True)} on\u00a0{_in(of, case)}" if share is not None else f"against {_in(of, case)}"
    said = "no case" if case is None else said
    return _under(_in(of, expected), formats.unbroken(said), is_bad=isinstance(of, Benefit) and of.is_shrinking)


def list_title(found: Summary) -> str:
    """How many are in doubt."""
    if not (found.late or found.shrinking or found.before):
        return f"{count(found.benefits, 'benefit')}, none late, shrinking or promised too early"
    return f"{number(found.late)} late and {number(found.shrinking)} shrinking of {count(found.benefits, 'benefit')}"


def of_program(totals: Sequence[Total]) -> Cell:
    """What a program's benefits are forecast to bring, in the first of their units, how far that is from their business
    case, and how many units there are beside it ("+1 unit"); n/a only where none has a forecast."""
    known = [total for total in totals if total.expected is not None]
    others = [total.unit for total in totals if total not in known[:1]]
    also = f"; +{count(len(others), 'unit')}" if others else ""
    if known:
        one = known[0]
        said = percent(one.gap_share, sign=True) if one.gap_share is not None else ""
        said = said or ("no case" if one.business_case is None else "on a case of 0")
        return Under(_in(one, _promised(one)), f"{said}{also}")
    rates = [total.unit for total in totals if total.is_rate]
    return Under("a share", f"in {sentences._and(rates)}") if rates else formats.NONE


def rows(found: Sequence[Benefit]) -> None:
    """The benefits, one a row; each leads to its project, or to its program."""
    if not found:
        st.text("No benefit fits. Widen the search or the filters.")
        return
    with st.container(key="benefit-list"):
        listing(BENEFITS, [_row(one) for one in found], links=[_link(one) for one in found])


def _row(one: Benefit) -> list[Cell]:
    place, early = (
        one.project_name or one.program_name or "no project",
        "never comes" if one.is_stopped else "too early",
    )
    ended = f", {one.stage}" if one.is_closed else ""
    share = benefits.realised_share(one.realised, one.due)
    file = f"{one.file_name}, {one.sheet}" if one.sheet else one.file_name or ""
    periods = f"{number(one.measured)} of {count(one.ended, 'period')}" if one.ended else "no period is over"
    return [
        Under(Tagged(one.benefit_name, early) if one.is_before else one.benefit_name, f"{place}{ended}"),
        one.owner or "no owner",
        _of_plan(one.realised, one.due, share, one),
        _of_case(one.expected, one.business_case, one.gap_share, one),
        _start(one),
        Under(day(one.last_measured), periods) if one.last_measured else Under("never", periods),
        Under(file, f"row {one.source_row}, load {one.load_id}"),
    ]


def _start(one: Benefit) -> Cell:
    if one.is_never:
        return _under("never", f"planned {day(one.planned_start)}", is_bad=True)
    if one.expected_start is None:
        return formats.NONE
    if one.late_days is None:
        return day(one.expected_start)
    late = f"{days(abs(one.late_days))} {'late' if one.late_days > 0 else 'early'}" if one.late_days else "as planned"
    return _under(day(one.expected_start), late, is_bad=one.is_late)


def _under(value: str, text: str, *, is_bad: bool) -> Cell:
    """A cell whose quiet line is marked where it is bad news."""
    if not is_bad:
        return Under(value, text)
    return Drawn(f'{escape(value)}<span class="rw-under"><span class="rw-bad">{escape(text)}</span></span>')


def nothing_loaded(view: View) -> None:
    """No benefit is known at all: what the page would show, and the template that feeds it."""
    frame.header("No benefits are loaded yet", [day(view.review_date, weekday=True)])
    with frame.card("nothing", "What this page shows", "It fills itself from the benefits export"):
        st.text(
            "What projects and programs are to bring by period - planned, forecast and realised - against the business "
            "case; what is late or shrinks; what is promised before its project can deliver it; who owns it."
        )
        frame.templates(["benefits"])


def program_card(view: View) -> None:
    """The benefits of the program in the scope, as a card for its page; nothing where it has none."""
    scope, review = answers.scope(view), view.review_date
    found = answers.ask(benefits.summary, review, scope)
    total = found.main
    if total is None:
        return
    points = answers.ask(benefits.course, review, scope, total.unit)
    with frame.card("program-benefits", course_title(total), _card_note(found, total)):
        course(points, total, view)
        _, listed = answers.ask(benefits.benefits, review, scope, Wanted(), EARLY_ROWS)
        rows(listed)
        more = f"All {count(found.benefits, 'benefit')}" if found.benefits > len(listed) else "More on its benefits"
        link = f'<a class="rw-crumb" href="{escape(controls.page_link("benefits"))}" target="_self">{more}</a>'
        st.html(f'<nav class="rw-crumbs" aria-label="Benefits">{link}</nav>')


def _card_note(found: Summary, total: Total) -> str:
    if total.before:
        return f"{_in(total, total.before)} is forecast before its project finishes, and can't come then"
    if total.displaced:
        return f"{_in(total, total.displaced)} of the business case was planned before the finish that is forecast now"
    return "Planned, forecast and realised, added up over the periods; no finish stands in the way of the forecast"
