"""How the portfolio's answers look: distribution, trend, where reports and evidence part, attention and changes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from analytics.changes import GROUPS, MOVES, Changes
from analytics.portfolio import BASES, EVIDENCE, STATES, Attention, Item, Parting, Summary
from analytics.reading import Basis
from components import charts, controls, formats, health, sentences, why_view
from components.charts import Bar
from components.clickable import clickable
from components.formats import money, number, percent
from components.tables import Cell, Column, Mark, Tagged, Under

ATTENTION = (
    Column("Project", width="28%"),
    Column("Reported"),
    Column("Computed"),
    Column("At stake", "right"),
    Column("Why", width="42%", is_quiet=True),
)


def distribution(summary: Summary) -> str:
    """The distribution by count and by budget, then that of each kind of evidence; returned is the group clicked, such
    as "computed-red", or ""."""
    clicked = _bars("Projects", BASES, "count", summary.counts)
    for m in summary.money:
        if not m.budget:
            continue
        missing = m.projects - m.budgeted
        without = f", {number(missing)} of {number(m.projects)} projects without" if missing else ""
        clicked = clicked or _bars(
            f"Budget, {money(m.budget, m.currency)}{without}",
            BASES,
            f"budget-{m.currency}",
            partial(summary.budgets, currency=m.currency),
            partial(money, currency=m.currency),
        )
    with st.container(key="evidence"):
        return _bars("Projects by what the evidence is of", EVIDENCE, "evidence-bars", summary.counts) or clicked


def _bars(
    title: str,
    dimensions: Sequence[str],
    key: str,
    amounts: Callable[[str], Mapping[str, float]],
    write: Callable[[Any], str] = number,
) -> str:
    """One bar a dimension under a title; the group clicked."""
    st.html(f'<div class="rw-subhead">{escape(title)}</div>')
    bars = [Bar(health.DIMENSIONS[name], amounts(name), is_evidence=name != "reported") for name in dimensions]
    said = [sentences.in_words(bar.label, bar.amounts, write, is_evidence=bar.is_evidence) for bar in bars]
    picked = charts.distribution(
        bars, alt=f"{title}. {'. '.join(said)}", write=write, is_beside=True, with_words=dimensions is BASES, key=key
    )
    return f"{dimensions[picked[0]]}-{picked[1]}" if picked else ""


def trend_by(summary: Summary) -> str:
    """Whether the trend counts projects (""), or the budget in a currency: the choice above it."""
    known = [m.currency for m in summary.money if m.budget]
    names = {"Projects": "", **{"Budget" if len(known) == 1 else f"Budget, {c}": c for c in known[:3]}}
    if not known:
        return ""
    chosen = st.segmented_control(
        "Trend of", list(names), default="Projects", key="trend-by", label_visibility="collapsed", required=True
    )
    return names.get(chosen or "Projects", "")


def trend(frame: pd.DataFrame, basis: Basis) -> None:
    """The shares of each colour over the weeks, those of the other basis faint; in words before the second review."""
    if len(frame) < 2:
        charts.missing("The lines start with the second review.")
        return
    last, other = frame.iloc[-1], "reported" if basis == "computed" else "computed"
    alt = ". ".join(
        sentences.in_words(
            f"Shares at the last review, {name}",
            {state: last[f"{name}_{state}"] for state in STATES},
            percent,
            is_evidence=name == "computed",
        )
        for name in (basis, other)
    )
    states = [*STATES[:3], *(["unknown"] if frame[f"{basis}_unknown"].max() > 0.2 else [])]
    lines = [
        replace(line, name=f"{line.name} {name}", is_faint=is_faint, shape=_end(line, name, is_faint))
        for name, is_faint in ((other, True), (basis, False))
        for line in charts.health_lines({state: f"{name}_{state}" for state in states})
        if not is_faint or frame[f"{name}_unknown"].iloc[-1] < 1
    ]
    charts.trend(frame, x="review_date", lines=lines, alt=alt, key="trend", height=264)


def _end(line: charts.Line, basis: str, is_faint: bool) -> str:
    """What stands at a line's end before its value: of the faint lines only red is named."""
    if not is_faint:
        return line.shape
    return f"{line.shape} {basis}" if line.column.endswith("_red") else ""


PARTED = {
    "green-red": ("green over red", "reported green, computed red"),
    "pale": ("green over amber", "reported green, computed amber"),
    "hidden-strength": ("red over green", "reported red, computed green"),
    "better-by-baseline": ("better by a new baseline", "against the first one it would be worse"),
}


def parted(found: Sequence[Parting]) -> str | None:
    """Each way in which reports and evidence part, with its count and money; returned is the group clicked."""
    parts = []
    for one in found:
        title, what = PARTED[one.name]
        sums = " and ".join(money(budget, currency) for currency, budget in one.budgets)
        said = escape(formats.unbroken(f"{what}{f'; {sums}' if sums else ''}"))
        inside = f"<b>{number(one.projects)}</b><span>{escape(title)}<small>{said}</small></span>"
        address = escape(controls.register_link(health=one.name))
        link = f'<a class="rw-change" href="{address}" target="_self" data-pick="{one.name}">{inside}</a>'
        parts.append(link if one.projects else f'<div class="rw-change rw-none">{inside}</div>')
    return clickable(f'<div class="rw-parted">{"".join(parts)}</div>', "parted")


def attention(found: Attention) -> str | None:
    """The items that need attention; returned is the project that was clicked."""
    rows: list[list[Cell]] = [
        [
            Under(
                _tagged(item),
                item.program_name or item.portfolio or "",
            ),
            Mark(
                item.reported,
                item.is_stale,
                rating=health.rating(item.reported, item.rating),
                opens=why_view.of_project(item.project_id, "reported"),
            ),
            Mark(item.computed, is_evidence=True, opens=why_view.of_project(item.project_id, "computed")),
            money(item.at_stake, item.currency),
            formats.unbroken(item.why),
        ]
        for item in found.items
    ]
    keys = [item.project_id for item in found.items]
    links = [controls.project_link(key) for key in keys]
    return why_view.listing(ATTENTION, rows, key="attention", picks=keys, links=links)


def _tagged(item: Item) -> str | Tagged:
    if item.is_newly_red:
        return Tagged(item.project_name, "newly red")
    return Tagged(item.project_name, "new") if item.is_new else item.project_name


def changes(changed: Changes, basis: Basis) -> str | None:
    """Each kind of change that happened, in words, with the projects to name first; returned is the group clicked."""
    happened = [name for name in GROUPS if changed.count(name)]
    rows = "".join(_change(name, changed, basis) for name in happened)
    quiet = [sentences.became(name, 0, basis) for name in GROUPS if name not in (*happened, *MOVES)]
    none = f'<p class="rw-quiet-changes">None {escape(_or(quiet))}.</p>' if quiet else ""
    return clickable(f'<div class="rw-changes">{rows}{none}</div>', "changes")


def _change(name: str, changed: Changes, basis: Basis) -> str:
    group, pick = changed[name], f"changed-{name}"
    said = sentences.became(name, group.count, basis)
    if name == "finish":
        said += f": {sentences.later_or_earlier(group)}" if group.count > 1 else ""
    if name in ("cost", "baseline"):
        nets = [(n.cost_moved if name == "cost" else n.budget_moved, n.currency) for n in group.net]
        sums = [money(amount, currency, sign=True) for amount, currency in nets if amount and abs(amount) >= 1]
        said += f": net {' and '.join(sums)}" if sums else ""
    more = group.count - len(group.named)
    names = "; ".join(sentences.named(name, item) for item in group.named)
    names += f"; {number(more)} more" if names and more > 0 else ""
    address = escape(controls.register_link(health=pick))
    return (
        f'<a class="rw-change" href="{address}" target="_self" data-pick="{pick}"><b>{number(group.count)}</b>'
        f"<span>{escape(formats.unbroken(said))}<small>{escape(formats.unbroken(names))}</small></span></a>"
    )


def all_attention(count: int) -> str | None:
    """The link below the list to all of it in the register; returned is the group where it was clicked."""
    return clickable(_more(f"All {number(count)} that need attention", "attention"), "more-attention")


def all_programs(count: int) -> None:
    """The link below the programs in most trouble to all of them."""
    address = escape(controls.program_link(""))
    st.html(f'<a class="rw-more" href="{address}" target="_self">All {number(count)} programs</a>')


def _more(text: str, group: str) -> str:
    address = escape(controls.register_link(health=group))
    return f'<a class="rw-more" href="{address}" target="_self" data-pick="{group}">{escape(text)}</a>'


def _or(parts: Sequence[str]) -> str:
    return " or ".join(", ".join(parts).rsplit(", ", 1)) if len(parts) > 1 else "".join(parts)
