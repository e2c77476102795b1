"""Charts with direct labels. The takeaway stands above, as the title of the card that holds the chart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from components import formats, health, plot, theme
from components.clickable import clickable
from components.health import Health

if TYPE_CHECKING:
    import plotly.graph_objects as go

CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}
TREND_HEIGHT = 232


@dataclass(frozen=True)
class Bar:
    """One stacked bar: how much there is of each state, keyed "green", "amber", "red", "unknown" (or None)."""

    label: str
    amounts: Mapping[Any, float]
    note: str = ""
    is_evidence: bool = False


@dataclass(frozen=True)
class Line:
    """One line of a trend: the frame's column, its name, its colour, and the shape before its end label.

    A faint line is there to compare with; without a shape its end has no label.
    """

    column: str
    name: str
    color: str
    shape: str = ""
    ink: str = ""
    is_faint: bool = False
    is_dashed: bool = False


def distribution(
    bars: Sequence[Bar],
    *,
    alt: str,
    write: Callable[[Any], str] = formats.number,
    with_words: bool = True,
    is_beside: bool = False,
    key: str = "",
) -> tuple[int, Health] | None:
    """Horizontal stacked bars of health. A label that does not fit its part is shortened, never cut.

    `is_beside` puts each bar's name beside it, which takes less height.
    `write` formats an amount (`formats.number`, or money); `alt` says the same as the picture, in words. With `key` a
    part can be clicked: returned is which bar and which state.
    """
    rows = "".join(_bar(index, bar, write, with_words, bool(key)) for index, bar in enumerate(bars))
    role = "group" if key else "img"
    place = "rw-bars rw-beside" if is_beside else "rw-bars"
    html = f'<div class="{place}" role="{role}" aria-label="{escape(alt)}">{rows}</div>'
    if not key:
        st.html(html)
        return None
    picked = clickable(html, key)
    if picked is None:
        return None
    index, _, state = picked.partition(":")
    return int(index), Health(state)


def missing(text: str) -> None:
    """What stands where a chart would have no point: one sentence that says what is missing."""
    st.html(f'<p class="rw-missing">{escape(text)}</p>')


def trend(
    frame: pd.DataFrame,
    *,
    x: str,
    lines: Sequence[Line],
    alt: str,
    key: str,
    write: Callable[[Any], str] = formats.percent,
    with_names: bool = False,
    height: int = TREND_HEIGHT,
) -> None:
    """Lines over dates, from zero, each labelled at its end with its last value; gaps stay gaps.

    `with_names` writes the lines' names at their ends too, where no shape tells them apart. Drawn by ourselves: a page
    should not wait for a chart library's script, which takes about as long as all the rest of it.
    """
    # st.html takes no SVG.
    clickable(_trend(frame, x, lines, alt, write, with_names, height), key)


def dates(frame: pd.DataFrame, *, x: str, lines: Sequence[Line], alt: str, key: str) -> None:
    """Lines of dates over dates (forecasts against a baseline), each labelled at its end with its name and date."""
    st.plotly_chart(dates_figure(frame, x=x, lines=lines), theme=None, config=CONFIG, key=key, alt=alt)


def dates_figure(frame: pd.DataFrame, *, x: str, lines: Sequence[Line], height: int = TREND_HEIGHT) -> go.Figure:
    """The figure that `dates` shows."""
    import plotly.graph_objects as go

    figure = go.Figure(layout={"template": theme.template(), "height": height})
    ends = []
    for line in lines:
        figure.add_scatter(
            x=frame[x],
            y=frame[line.column],
            name=line.name,
            mode="lines" if frame[line.column].count() > 1 else "markers",
            line={"color": line.color, "width": 2.5, "shape": "hv", "dash": "dot" if line.is_dashed else "solid"},
            hovertemplate="%{y|%-d %b %Y} " + escape(line.name) + "<extra></extra>",
        )
        known = frame[line.column].dropna()
        if len(known):
            ends.append((line, known.iloc[-1]))
    days = pd.concat([frame[line.column] for line in lines]).dropna()
    if not len(days):
        return figure
    margin = max((days.max() - days.min()) * 0.15, pd.Timedelta(days=45))
    low, high = days.min() - margin, days.max() + margin
    span = (high - low).total_seconds()
    places = plot.spread([(end - low).total_seconds() for _, end in ends], plot.LABEL_GAP * span / (height - 46), span)
    for (line, end), at in zip(ends, places, strict=True):
        _end_label(figure, line, low + pd.Timedelta(seconds=at), f"{line.name} {formats.day(end)}")
    figure.update_layout(margin={"l": 8, "r": 160, "t": 12, "b": 34})
    figure.update_yaxes(range=[low, high], nticks=3, tickformat="%b %Y")
    _date_axis(figure, frame, x)
    return figure


def _trend(
    frame: pd.DataFrame,
    x: str,
    lines: Sequence[Line],
    alt: str,
    write: Callable[[Any], str],
    with_names: bool,
    height: int,
) -> str:
    """The HTML of `trend`; all places are percentages of the plot, so that it takes any width."""
    ticks = plot.ticks(max((frame[line.column].max() for line in lines), default=0.0))
    top, pixels = ticks[-1] * 1.02, height - 46
    days = pd.to_datetime(frame[x])
    span = (days.iloc[-1] - days.iloc[0]) or pd.Timedelta(days=1)
    across = ((days - days.iloc[0]) / span * 100).tolist() if len(days) > 1 else [50.0]
    ends = [(line, _last(frame[line.column])) for line in lines]
    known = [(line, value) for line, value in ends if value is not None and (line.shape or not line.is_faint)]
    places = plot.spread([value for _, value in known], plot.LABEL_GAP * top / pixels, ticks[-1])
    labels = "".join(
        f'<b style="top:{100 - at / top * 100:.2f}%;color:{line.ink or line.color}" '
        f'title="{escape(line.name)}: {escape(write(value))}">'
        f"{escape(line.name if with_names else line.shape)}\u2002{escape(write(value))}</b>"
        for (line, value), at in zip(known, places, strict=True)
    )
    paths = "".join(
        f'<path class="rw-line{" rw-line-dashed" * line.is_dashed}{" rw-faint" * line.is_faint}" '
        f'style="stroke:{line.color}" d="{_path(across, frame[line.column], top)}"></path>'
        for line in lines
    )
    said = zip(*([f"{line.name} {write(value)}" for value in frame[line.column]] for line in lines), strict=True)
    tips = ["\n".join([formats.day(day), *values]) for day, values in zip(days, said, strict=True)]
    return plot.framed(
        alt=alt,
        height=pixels,
        scale=[(100 - tick / top * 100, write(tick)) for tick in ticks],
        paths=paths,
        over=plot.tips(across, tips),
        beside=labels,
        ends=plot.ends(days.iloc[0], days.iloc[-1]),
    )


def _path(across: Sequence[float], column: pd.Series[Any], top: float) -> str:
    """A line through what is known; a value between two gaps is a point."""
    parts, is_on = [], False
    for at, value in zip(across, column, strict=True):
        if formats.is_missing(value):
            is_on = False
            continue
        parts.append(f"{'L' if is_on else 'M'}{at:.2f} {100 - value / top * 100:.2f}{'' if is_on else 'h0'}")
        is_on = True
    return "".join(parts)


def _end_label(figure: go.Figure, line: Line, at: Any, text: str, hover: str = "") -> None:
    figure.add_annotation(
        x=1,
        xref="paper",
        xanchor="left",
        xshift=8,
        y=at,
        text=f"<b>{escape(text)}</b>",
        hovertext=escape(hover or text),
        showarrow=False,
        font={"color": line.ink or line.color, "size": 13},
    )


def _date_axis(figure: go.Figure, frame: pd.DataFrame, x: str) -> None:
    """Only the first and the last date are written."""
    if not len(frame):
        return
    first, last = frame[x].iloc[0], frame[x].iloc[-1]
    shown = [first, last] if first != last else [last]
    figure.update_xaxes(
        range=[first, last] if first != last else None,
        tickvals=shown,
        ticktext=[formats.day(value, year=value.year != last.year) for value in shown],
        ticks="outside",
        ticklen=7,
        tickcolor="rgba(0,0,0,0)",
        hoverformat="%-d %b %Y",
    )


@dataclass(frozen=True)
class Strip:
    """One row of cells: a state for each date, as reported or as the evidence says."""

    label: str
    states: Sequence[Any]
    is_evidence: bool


def strip(rows: Sequence[Strip], dates: Sequence[Any], marks: Mapping[int, str] | None = None) -> None:
    """Rows of coloured cells over dates; each says its date and state on hover, and shows its shape where it fits.

    `marks` are new baselines: at which date, and what is said of it on hover.
    """
    parts = []
    for row in rows:
        cells = "".join(
            f'<span class="rw-cell rw-fill-{health.health(state)}" '
            f'title="{escape(formats.day(at))}: {health.word(state, is_evidence=row.is_evidence)}">'
            '<span class="rw-part-shape"></span></span>'
            for state, at in zip(row.states, dates, strict=True)
        )
        last = health.word(row.states[-1], is_evidence=row.is_evidence)
        alt = escape(f"{row.label}, last {last}")
        parts.append(f'<div class="rw-bar-label">{escape(row.label)}</div>')
        parts.append(f'<div class="rw-cells" role="img" aria-label="{alt}">{cells}</div>')
    if marks:
        drawn = "".join(
            f'<i style="left:{100 * place / len(dates):.2f}%" title="{escape(text)}"></i>'
            for place, text in marks.items()
        )
        alt = escape("; ".join(marks.values()))
        parts.append('<div class="rw-bar-label">Baselines</div>')
        parts.append(f'<div class="rw-strip-marks" role="img" aria-label="{alt}">{drawn}</div>')
    ends = f"<span>{formats.day(dates[0])}</span>" if len(dates) > 1 else ""
    parts.append(f'<div></div><div class="rw-ends">{ends}<span>{formats.day(dates[-1])}</span></div>')
    st.html(f'<div class="rw-bars rw-beside">{"".join(parts)}</div>')


_BARS = {"green": 6, "amber": 11, "red": 16}  # the worse, the higher: the state is seen without its colour too


def weeks(states: Sequence[str | None], label: str) -> str:
    """A small history as HTML for a table's cell: one bar a review, None where there was nothing to judge."""
    paths: dict[str, list[str]] = {}
    for place, state in enumerate(states):
        if state is not None:
            height = _BARS.get(state, 3)
            paths.setdefault(health.health(state), []).append(f"M{place * 8} {16 - height}h7v{height}h-7z")
    drawn = "".join(f'<path class="rw-past-{state}" d="{"".join(found)}"/>' for state, found in paths.items())
    counts = {state: list(states).count(state) for state in ("red", "amber", "green", "unknown")}
    said = ", ".join(f"{count} {state}" for state, count in counts.items() if count) or "none"
    text = escape(f"{label}: {said}")
    size = f'width="{len(states) * 8}" height="16" viewBox="0 0 {len(states) * 8} 16"'
    return f'<svg class="rw-history" role="img" aria-label="{text}" {size}><title>{text}</title>{drawn}</svg>'


def came(weeks: str, label: str) -> str:
    """Which weeks brought a report, as HTML for a table's cell, one letter a week: a high bar where one came ("1"), a
    low one where it was missed ("0"), nothing where none was due ("-")."""
    drawn = "".join(
        f'<path class="rw-past-{kind}" d="M{place * 8} {16 - height}h7v{height}h-7z"/>'
        for place, letter in enumerate(weeks)
        for kind, height in {"1": [("came", 14)], "0": [("missed", 3)]}.get(letter, [])
    )
    there, due = weeks.count("1"), len(weeks) - weeks.count("-")
    text = escape(f"{label}: {there} of {due} reports came")
    size = f'width="{len(weeks) * 8}" height="16" viewBox="0 0 {len(weeks) * 8} 16"'
    return f'<svg class="rw-history" role="img" aria-label="{text}" {size}><title>{text}</title>{drawn}</svg>'


def shares(values: Sequence[float | None], label: str) -> str:
    """A small history of shares as HTML for a table's cell: the highest of them is a full bar, a share of nothing a
    line, None nothing at all."""
    top = max((value for value in values if value), default=1.0)
    heights = [None if value is None else max(1, round(14 * value / top)) for value in values]
    drawn = "".join(
        f"M{place * 8} {16 - height}h7v{height}h-7z" for place, height in enumerate(heights) if height is not None
    )
    known = [value for value in values if value is not None]
    text = escape(f"{label}: {', '.join(map(formats.percent, known)) or 'none'}")
    size = f'width="{len(values) * 8}" height="16" viewBox="0 0 {len(values) * 8} 16"'
    return (
        f'<svg class="rw-history" role="img" aria-label="{text}" {size}><title>{text}</title>'
        f'<path class="rw-past-missed" d="{drawn}"/></svg>'
    )


def health_lines(columns: Mapping[Any, str]) -> list[Line]:
    """The lines of a health trend: from state to the frame's column."""
    colors = theme.palette()
    return [
        Line(column, health.word(state), health.fill(state, colors), health.shape(state), health.ink(state, colors))
        for state, column in columns.items()
    ]


def bar(amounts: Mapping[str, float], *, is_evidence: bool = False) -> str:
    """One stacked bar of health as HTML for a table's cell."""
    parts = _parts(Bar("", amounts, is_evidence=is_evidence), formats.number, with_words=False, tag="div")
    return f'<div class="rw-bar">{parts}</div>'


def _bar(index: int, bar: Bar, write: Callable[[Any], str], with_words: bool, can_click: bool) -> str:
    tag = f'button type="button" data-pick="{index}:{{}}"' if can_click else "div"
    parts = _parts(bar, write, with_words=with_words, tag=tag)
    note = f'<span class="rw-bar-note">{escape(bar.note)}</span>' if bar.note else ""
    empty = '<span class="rw-bar-none">no data</span>' if not parts else ""
    return f'<div class="rw-bar-label">{escape(bar.label)}{note}</div><div class="rw-bar">{parts}{empty}</div>'


def _parts(bar: Bar, write: Callable[[Any], str], *, with_words: bool, tag: str) -> str:
    amounts = dict.fromkeys(Health, 0.0)
    for state, amount in bar.amounts.items():
        if not formats.is_missing(amount):
            amounts[health.health(state)] += float(amount)
    return "".join(
        _part(tag.format(state), state, amount, write(amount), with_words, bar.is_evidence)
        for state, amount in amounts.items()
        if amount > 0
    )


def _part(tag: str, state: Health, amount: float, text: str, with_words: bool, is_evidence: bool) -> str:
    word = health.word(state, is_evidence=is_evidence)
    # The style sheet hides what has no room: first the word, then the shape beside an amount, then the amount; the
    # shape alone stands where no amount fits.
    alone_em = 0.55 + _em(text)
    value_em = 1.2 + alone_em
    word_em = value_em + 0.3 + _em(word)
    name = f'<span class="rw-part-word" style="--need:{word_em:.1f}em">&nbsp;{word}</span>' if with_words else ""
    whole = escape(f"{word}: {text}")
    return (
        f'<{tag} class="rw-part rw-fill-{state}" style="flex:{amount:.6g} 0 0" title="{whole}" aria-label="{whole}">'
        f'<span class="rw-part-shape" style="--need:{value_em:.2f}em;--until:{alone_em:.2f}em"></span>{name}'
        f'<span class="rw-part-value" style="--need:{alone_em:.2f}em"> {escape(text)}</span></{tag.split()[0]}>'
    )


def _em(text: str) -> float:
    """How wide a text is, in em of our semi-bold type: measured means, so that it is right within a few percent."""
    return sum(0.29 if char in " .,:;'|" else 0.9 if char in "mMwW%" else 0.64 for char in text)


def _last(column: pd.Series[Any]) -> float | None:
    known = column.dropna()
    return None if known.empty else float(known.iloc[-1])
