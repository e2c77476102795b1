"""The sidebar's controls: what the page speaks of (review, scope) and how (compared with, basis, as known at).

The URL is the truth. Each value rides in a hidden text input bound to its query parameter: streamlit then carries it
over page switches, Back and Forward, and the parameter holds a plain value (`review=2026-11-20`) where a bound
selectbox would write its label. The controls that the reader sees show and set those values. A parameter that is
absent means "the default, whatever it will be" (the latest review, the previous one to compare with); one that is
present is pinned.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import NoReturn, TypeVar
from urllib.parse import urlencode

import streamlit as st

from analytics.reading import Basis, Choices, Place, Publication
from components.copy_link import copy_link
from components.formats import day
from pipelines.problems import RightworkError

T = TypeVar("T")
Ordered = TypeVar("Ordered", date, int)

PARAMETERS = ("review", "portfolio", "program", "compare", "basis", "known")
REGISTER_PARAMETERS = ("q", "health", "stage", "sponsor", "sort", "attribute", "value")
_BASES: tuple[Basis, ...] = ("computed", "reported")
_VIEW_KEY = "current_view"


@dataclass(frozen=True)
class View:
    """What the reader looks at. `portfolio` and `program` are ids, None for all. Nothing precedes the first review."""

    review_date: date
    compare_date: date | None
    portfolio: str | None
    program: str | None
    basis: Basis
    known_at: int | None

    def query(self) -> dict[str, str]:
        """Every value in full, as query parameters: a link with them shows the same thing next month."""
        return {
            "review": self.review_date.isoformat(),
            "portfolio": self.portfolio or "",
            "program": self.program or "",
            "compare": self.compare_date.isoformat() if self.compare_date else "",
            "basis": self.basis,
            "known": "" if self.known_at is None else str(self.known_at),
        }


def sidebar(offer: Callable[[int | None], Choices | None]) -> View | None:
    """Draw the controls and return the view that the URL asks for; None, and nothing to choose, without a review.

    `offer` says what there is to choose from, as known at a publication (None: the latest): who looks at older
    knowledge chooses among the reviews and places that were known then.
    Called from dashboard.py, before the page runs: what is bound there survives page switches. Pages ask
    `current_view()`.
    """
    raw = _carriers()
    st.session_state[_VIEW_KEY] = None
    with st.sidebar:
        place = st.container(key="controls", gap="xsmall")
    try:
        view, choices, publications = _chosen(raw, offer)
    except RightworkError:
        with place:
            _draw_empty()
        raise
    with place:
        if view and choices:
            _draw(view, choices, publications)
        else:
            _draw_empty()
    st.session_state[_VIEW_KEY] = view
    return view


def _chosen(
    raw: Mapping[str, str], offer: Callable[[int | None], Choices | None]
) -> tuple[View | None, Choices | None, Sequence[Publication]]:
    """The view that raw query parameters ask for, what it was chosen from, and every publication."""
    latest = offer(None)
    if latest is None:
        return None, None, ()
    numbers = [publication.number for publication in latest.publications]
    known_at = _known_at(raw, numbers)
    found = latest if known_at in (None, max(numbers, default=None)) else offer(known_at)
    if found is None:
        return None, None, ()
    view = resolve(raw, found.review_dates, portfolios=found.portfolios, programs=found.programs, publications=numbers)
    return view, found, latest.publications


def current_view() -> View | None:
    """The view of this run, for pages; None where nothing was loaded yet."""
    view = st.session_state.get(_VIEW_KEY)
    return view if isinstance(view, View) else None


def resolve(
    raw: Mapping[str, str],
    review_dates: Sequence[date],
    *,
    portfolios: Sequence[Place] = (),
    programs: Sequence[Place] = (),
    publications: Sequence[int] = (),
) -> View | None:
    """The view that raw query parameters ask for; what does not exist snaps to the nearest before it, or the default.

    >>> weeks = [date(2026, 11, 6), date(2026, 11, 13), date(2026, 11, 20)]
    >>> resolve({"review": "2026-11-18"}, weeks).review_date
    datetime.date(2026, 11, 13)
    """
    dates = sorted(set(review_dates))
    if not dates:
        return None
    review = _snap(_as_date(raw.get("review")), dates, dates[-1])
    earlier = [known for known in dates if known < review]
    compare = _snap(_as_date(raw.get("compare")), earlier, earlier[-1]) if earlier else None
    program = next((item for item in programs if item.id == raw.get("program")), None)
    portfolio = next((item.id for item in portfolios if item.id == raw.get("portfolio")), None)
    if program and portfolio and program.portfolio not in ("", portfolio):
        program = None
    known_at = _known_at(raw, publications)
    basis: Basis = "reported" if raw.get("basis") == "reported" else "computed"
    return View(review, compare, portfolio, program.id if program else None, basis, known_at)


def page_choice(name: str, label: str, options: Mapping[str, str]) -> str:
    """A choice of a page's own, bound to its query parameter by plain value; the first option is the default."""
    with st.container(key=f"unseen-{name}"):
        raw = st.text_input(f"URL: {name}", key=name, bind="query-params", max_chars=200) or ""
    default = next(iter(options))
    value = raw if raw in options else default
    _pick(name, label, list(options), value, options.__getitem__, default=default)
    return value


def page_link(page: str, **parameters: str) -> str:
    """The address of a page with these parameters of the view set anew, the others as they are.

    A link, not a page switch: where a switch sets what the sidebar holds, Back would leave it set.
    """
    kept = {name: str(st.session_state.get(name) or "") for name in PARAMETERS}
    return f"{page}?{urlencode({name: value for name, value in (kept | parameters).items() if value})}".removesuffix(
        "?"
    )


def register_link(**parameters: str) -> str:
    """The address of the register, its view set as by page_link."""
    return page_link("projects", **parameters)


def program_link(program: str) -> str:
    """The address of one program's page, at the same review."""
    return page_link("programs", program=program)


def project_link(project: str) -> str:
    """The address of one project, at the same review and scope."""
    return page_link("projects", project=project)


def choose_portfolio(portfolio: str) -> None:
    """Take a portfolio into the scope; called before the run begins, since the sidebar is drawn first in it."""
    st.session_state["portfolio"] = portfolio


def choose_program(program: str) -> None:
    """Take a program into the scope; called before the run begins, since the sidebar is drawn first in it."""
    st.session_state["program"] = program


def open_register(health: str = "") -> NoReturn:
    """Go to the register, narrowed to a group of health, with no older filter; the review and scope stay."""
    for name in REGISTER_PARAMETERS:
        st.session_state.pop(name, None)
    # A parameter with its default value would be written and taken back, and Back would need two steps.
    st.switch_page("pages/projects.py", query_params={"health": health} if health else {})


def open_project(project: str) -> NoReturn:
    """Go to one project; the review and scope stay as they are."""
    st.switch_page("pages/projects.py", query_params={"project": project})


def open_project_here(project: str) -> NoReturn:
    """The same from the register, whose filters stay in the URL: switching to the page that is shown already would
    write each parameter as a step of its own for Back."""
    st.query_params["project"] = project
    st.rerun()


def _carriers() -> dict[str, str]:
    """The bound, hidden text inputs, one a parameter, and what they carry."""
    with st.sidebar, st.container(key="unseen-carriers"):
        return {
            name: st.text_input(f"URL: {name}", key=name, bind="query-params", max_chars=200) or ""
            for name in PARAMETERS
        }


def _draw_empty() -> None:
    _pick("review", "Review date", [], None, str, placeholder="No reviews yet", disabled=True)
    _pick("portfolio", "Portfolio", [], None, str, placeholder="All portfolios", disabled=True)


def _draw(view: View, choices: Choices, publications: Sequence[Publication]) -> None:
    dates, write_day = sorted(choices.review_dates, reverse=True), partial(day, weekday=True)
    _pick("review", "Review date", dates, view.review_date, write_day, default=dates[0])
    if choices.portfolios:
        names = {item.id: item.name for item in choices.portfolios}
        _pick(
            "portfolio", "Portfolio", ["", *names], view.portfolio or "", lambda key: names.get(key, "All portfolios")
        )
    inside = {
        item.id: item.name for item in choices.programs if view.portfolio in (None, item.portfolio or view.portfolio)
    }
    if inside:
        _pick("program", "Program", ["", *inside], view.program or "", lambda key: inside.get(key, "All programs"))
    before = view.compare_date
    against = f"against {day(before, year=before.year != view.review_date.year)}, " if before else ""
    with st.expander(f"View: {against}{view.basis}", key="view-options", type="compact"):
        earlier = [known for known in dates if known < view.review_date]
        if earlier:
            _pick("compare", "Compare with", earlier, view.compare_date, write_day, default=earlier[0])
        _pick("basis", "Health", list(_BASES), view.basis, lambda basis: f"As {basis}", default="computed")
        if publications:
            made = {publication.number: publication for publication in publications}
            _pick(
                "known",
                "As known at",
                sorted(made, reverse=True),
                view.known_at,
                lambda number: f"{number} of {day(made[number].published_on)}, {made[number].action}",
                default=max(made),
            )
    copy_link(view.query())


def _pick(
    name: str,
    label: str,
    options: Sequence[T],
    value: T | None,
    write: Callable[[T], str],
    *,
    default: T | None = None,
    placeholder: str | None = None,
    disabled: bool = False,
) -> None:
    """One visible control: it shows `value`, and a choice goes to the parameter `name`; the default clears it."""
    key = f"pick-{name}"
    st.session_state[key] = value
    st.selectbox(
        label,
        options,
        key=key,
        format_func=write,
        placeholder=placeholder,
        disabled=disabled,
        on_change=_choose,
        args=(name, key, default),
    )


def _choose(name: str, key: str, default: object) -> None:
    chosen = st.session_state[key]
    st.session_state[name] = "" if chosen is None or chosen == default else str(chosen)


def _known_at(raw: Mapping[str, str], publications: Sequence[int]) -> int | None:
    """The publication that raw query parameters ask for, the nearest before it, or the latest; None without any."""
    numbers = sorted(publications)
    return _snap(_as_number(raw.get("known")), numbers, numbers[-1]) if numbers else None


def _snap(wanted: Ordered | None, known: Sequence[Ordered], default: Ordered) -> Ordered:
    """The wanted value or the nearest one before it; the default where there is none."""
    if wanted is None:
        return default
    return max((item for item in known if item <= wanted), default=default)


def _as_date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _as_number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None
