"""What publishing would change: cells that would be restated, who is missing since last time, and the figures."""

from collections import Counter
from functools import partial

import streamlit as st

from analytics.reasons import shortened
from components import health, jobs, tables, uploads, why_view
from components import upload_view as view
from components import upload_words as words
from components.formats import count, day, money, number
from components.frame import card
from components.tables import Cell, Column, Drawn, Under
from components.uploads import Upload
from pipelines.effect import ColourChange, Effect
from pipelines.report import LoadReport

COLOURS = 12  # projects named at first
MISSING = 12  # that are named at first
FIRST = "It is made up, so there is nothing to compare yours with. Its loads stay in the history, on Loads"
WITHOUT = "What is published now; its project's page says which rows make it so"
WITH = "What these files say; once they are published, its project's page says which of their rows make it so"
MEASURES = {"budget": "Budget", "eac": "Forecast cost", "actual_cost": "Spent"}


def show(upload: Upload, report: LoadReport) -> None:
    """The cells that would be restated, the effect on the figures as soon as it is known, and who is missing."""
    restated = words.total(report, "rows_restated")
    absent = sum(file.rows_missing for file in report.files)
    if restated:
        with card("changes", words.change_title(report), "What is known now, and what the file says instead"):
            view.changes(report)
    if report.cleared_sample:
        with card("effect", "Your first exports put the sample aside", FIRST):
            pass
    if upload.effect or upload.weighing or (upload.can_weigh and not jobs.current("upload")):
        with card("effect", *_effect_head(upload.effect)):
            if upload.effect:
                _figures(upload.effect)
            elif upload.weighing:
                jobs.follow(upload.weighing, can_stop=False, name="weighing")
            else:
                st.button("Show the effect", on_click=partial(uploads.weigh, upload), key="weigh")
    if absent:
        things = {words.KEYED[file.export] for file in report.files if file.export and file.rows_missing}
        thing = things.pop() if len(things) == 1 else "key"
        title = f"{count(absent, thing)} of the last export {'is' if absent == 1 else 'are'} missing in this one"
        with card("missing", title, "Nothing is deleted: the last report goes on to count, and grows stale"):
            _missing(thing, [(key, file.missing_names.get(key, key)) for file in report.files for key in file.missing])
            named = sum(len(file.missing) for file in report.files)
            if absent > named:
                view.said([f"And {number(absent - named)} more."], "rw-quiet")


def _missing(thing: str, known: list[tuple[str, str]]) -> None:
    place = st.container()
    more = len(known) > MISSING and st.toggle(f"{number(len(known))} by name", key="all-missing")
    with place:
        rows = [[shortened(name, 80), shortened(key, 60)] for key, name in (known if more else known[:MISSING])]
        tables.listing([Column(thing.capitalize(), width="60%"), Column("Id", is_quiet=True)], rows)


def _effect_head(effect: Effect | None) -> tuple[str, str]:
    if effect is None:
        return "What it would do to the figures", "Colours that would change, money that would move"
    turned: Counter[str] = Counter()
    for (basis, before, after), n in effect.colours.items():
        turned[basis] += n if before and after else 0
    parts = [f"{number(turned[basis])} as {basis}" for basis in ("computed", "reported") if turned[basis]]
    most = max(turned.values(), default=0)
    said = f"Projects that would change colour: {', '.join(parts)}" if most else "No project would change colour"
    was, now = effect.live
    live = f"{number(was)} live projects become {number(now)}" if was != now else count(now, "live project")
    at = f" at the review of {day(effect.review_after)}" if effect.review_after else ""
    moved = effect.review_before and effect.review_before != effect.review_after
    return said, live + at + (f", before at {day(effect.review_before)}" if moved else "")


def _figures(effect: Effect) -> None:
    came, left = _crossed(effect)
    if came:
        view.said([f"Projects that come: {came}."])
    if left:
        view.said([f"Projects that are live no more: {left}."])
    if effect.money:
        rows: list[list[Cell]] = [
            [
                ", ".join(filter(None, (MEASURES.get(move.measure, words.spoken(move.measure)), move.currency))),
                money(move.before, move.currency),
                money(move.after, move.currency),
                money((move.after or 0) - (move.before or 0), move.currency, sign=True),
            ]
            for move in effect.money
        ]
        titles = [
            Column("Money of live projects", width="34%"),
            *(Column(t, "right") for t in ("Now", "Then", "Moves")),
        ]
        tables.listing(titles, rows)
    turned: dict[str, dict[str, ColourChange]] = {}
    for one in effect.changed:
        if one.before and one.after:
            turned.setdefault(one.project_id, {})[one.basis] = one
    if turned:
        place = st.container()
        more = len(turned) > COLOURS and st.toggle(f"All {number(len(turned))} projects", key="all-colours")
        with place:
            shown = list(turned.values()) if more else list(turned.values())[:COLOURS]
            titles = [Column("Project", width="40%"), Column("As computed"), Column("As reported")]
            why_view.listing([*titles, Column("Budget", "right")], [_turned(one) for one in shown], key="turned")


def _crossed(effect: Effect) -> tuple[str, str]:
    """How many projects of which computed colour would come to be live, and how many would be live no more."""
    found = {basis: (Counter[str](), Counter[str]()) for basis in ("computed", "reported")}
    for (basis, before, after), n in effect.colours.items():
        came, left = found[basis]
        came[after or ""] += n if before is None else 0
        left[before or ""] += n if after is None else 0
    said = []
    for counted in found["computed"]:
        parts = [
            f"{number(n)} {health.word(colour, is_evidence=True).lower()}"
            for colour, n in counted.items()
            if n and colour
        ]
        said.append(f"{', '.join(parts)} as computed" if parts else "")
    return said[0], said[1]


def _turned(of: dict[str, ColourChange]) -> list[Cell]:
    any_ = next(iter(of.values()))
    cells: list[Cell] = [Under(shortened(any_.project_name or any_.project_id, 80), any_.project_id)]
    for basis in ("computed", "reported"):
        one, is_evidence = of.get(basis), basis == "computed"
        marks = (
            [
                tables.explained(health.mark(state, is_evidence=is_evidence), why_view.of_words(str(state), said))
                for state, said in ((one.before, WITHOUT), (one.after, WITH))
            ]
            if one
            else []
        )
        cells.append(Drawn(' <span class="rw-quiet">→</span> '.join(marks)) if one else "as before")
    return [*cells, money(any_.budget, any_.currency)]
