"""What a workbook shows of its cells beyond their values: currencies of number formats, merged and hidden cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import duckdb
import pyarrow as pa

from pipelines.amounts import CURRENCY
from pipelines.leftout import identifies, is_number
from pipelines.problems import Decision

MOST_NAMED = 5  # stretches of rows, or columns, that a decision names

Merged = tuple[int, int, int]  # a column's place, and the first and last row of a merged range

# Symbols of several currencies, by the language that a format names beside them.
_DOLLARS = {0x409: "USD", 0xC09: "AUD", 0x1009: "CAD", 0xC0C: "CAD", 0x1409: "NZD", 0x4809: "SGD", 0xC04: "HKD"}
_CROWNS = {0x41D: "SEK", 0x81D: "SEK", 0x406: "DKK", 0x414: "NOK", 0x814: "NOK", 0x40F: "ISK"}
_BY_LANGUAGE = {"$": _DOLLARS, "¥": {0x411: "JPY", 0x804: "CNY"}, "kr": _CROWNS}
_STATED = re.compile(r"\[\$([^\]-]+)(?:-([0-9A-Fa-f]+)(?:,[^\]]*)?)?\]")
_SYMBOL = re.compile(r"(?:US|AU|CA|NZ|HK|[ACRS])?\$|zł|[£€¥₹]")
_CODE = re.compile(rf"(?<![A-Za-z])(?:{CURRENCY})(?![A-Za-z])")


def currency_of(code: str) -> str | None:
    """The mark or code of the currency that a number format shows beside its numbers, None where it shows none.

    >>> currency_of("#,##0.00 [$€-407]"), currency_of("[$$-C09]#,##0"), currency_of('"$"#,##0'), currency_of("0.0%")
    ('€', 'AUD', '$', None)
    """
    for stated, language in _STATED.findall(code):
        symbol = stated.strip()
        by_language = _BY_LANGUAGE.get(symbol.rstrip("."), {})
        if language and (named := by_language.get(int(language, 16) & 0xFFFF)):
            return named
        if found := _SYMBOL.search(symbol) or _CODE.search(symbol):
            return found[0]
    text = re.sub(r"\[[^\]]*\]", "", code)
    text = re.sub(r"[_*].", "", text).replace('"', "").replace("\\", "")
    found = _SYMBOL.search(text) or _CODE.search(text)
    return found[0] if found else None


def fill_merged(
    con: duckdb.DuckDBPyConnection, relation: str, headers: Sequence[str], first_column: int, merged: Iterable[Merged]
) -> list[Decision]:
    """Give each row of cells that are merged downwards what they say, where it has nothing of its own; one decision a
    column, with the range that shows it.

    A number that is no identifier stays in its first row: it may be the sum of the rows. The table must be one, not a
    view; `first_column` is the sheet's column (from 0) of the table's first.
    """
    ranges: dict[int, list[tuple[int, int]]] = {}
    for place, first, last in merged:
        if 0 <= place < len(headers):
            ranges.setdefault(place, []).append((first, last))
    decisions = []
    for place, all_spans in sorted(ranges.items()):
        said: dict[int, str] = dict(
            con.execute(
                f'select source_row, c{place} from "{relation}" '
                f"where c{place} is not null and list_contains($1::bigint[], source_row)",
                [[first for first, _ in all_spans]],
            ).fetchall()
        )
        spans = sorted(span for span in all_spans if span[0] in said)
        keeps = not identifies(headers[place])
        amounts = [span for span in spans if keeps and is_number(said[span[0]])]
        texts = [span for span in spans if not (keeps and is_number(said[span[0]]))]
        what = f"merged cells of {headers[place] or letters(first_column + place)}"
        column = letters(first_column + place)
        if texts and (filled := _fill(con, relation, place, texts, said)):
            first, last = texts[0]
            why = f"{column}{first}:{column}{last} is one cell that says {said[first][:60]}, for each of its rows"
            why += f"; {len(texts) - 1:,} more likewise" if len(texts) > 1 else ""
            decisions.append(Decision(what, f"read in {filled:,} more row{'s' * (filled > 1)}", why))
        if amounts:
            first, last = amounts[0]
            why = (
                f"{column}{first}:{column}{last} is one number, {said[first][:60]}, for several rows, and nothing says "
            )
            why += "whether each has it or all of them together; unmerge the cells and write it row by row"
            why += f"; {len(amounts) - 1:,} more likewise" if len(amounts) > 1 else ""
            decisions.append(Decision(what, "read in the first row alone", why))
    return decisions


def _fill(
    con: duckdb.DuckDBPyConnection, relation: str, place: int, spans: Sequence[tuple[int, int]], said: dict[int, str]
) -> int:
    """How many rows took what the merged cell above them says."""
    firsts, lasts = zip(*spans, strict=True)
    texts = pa.array([said[first] for first in firsts], pa.string())
    con.register("merged_spans", pa.table({"first": pa.array(firsts), "last": pa.array(lasts), "text": texts}))
    try:
        answer = con.execute(
            f"""
            update "{relation}" as t set c{place} = m.text
            from (
                select r.source_row, s.text, s.last
                from (select source_row from "{relation}" where c{place} is null) as r
                asof join merged_spans as s on r.source_row >= s.first
            ) as m
            where m.source_row = t.source_row and m.source_row <= m.last
            """
        ).fetchall()
    finally:
        con.unregister("merged_spans")
    return int(answer[0][0])


def hidden_columns(headers: Sequence[str], first_column: int, spans: Iterable[tuple[int, int]]) -> list[Decision]:
    """What is said of columns with a header that the sheet hides; `spans` are first and last columns, from 0."""
    places = sorted(
        {
            place
            for first, last in spans
            for place in range(max(0, first - first_column), min(last - first_column, len(headers) - 1) + 1)
            if headers[place]
        }
    )
    if not places:
        return []
    named = ", ".join(f"{letters(first_column + place)} ({headers[place]})" for place in places[:MOST_NAMED])
    named += f" and {len(places) - MOST_NAMED:,} more" if len(places) > MOST_NAMED else ""
    many = len(places) > 1
    why = f"column{'s' * many} {named} {'are' if many else 'is'} hidden in the sheet, and read like the others"
    return [Decision("hidden columns", "read", why)]


def hidden_rows(rows: Sequence[int], *, left_out: bool) -> list[Decision]:
    """What is said of rows of data that the sheet hides, as by a filter."""
    if not rows:
        return []
    many = len(rows) > 1
    why = f"row{'s' * many} {in_stretches(rows)} {'are' if many else 'is'} hidden in the sheet"
    if left_out:
        return [Decision("hidden rows", f"{len(rows):,} left out", f"as you said; {why}", "hidden")]
    return [
        Decision("hidden rows", f"{len(rows):,} read", f"{why}, as by a filter, and read like the others", "hidden")
    ]


def in_stretches(rows: Sequence[int]) -> str:
    """Rows in words.

    >>> in_stretches([4, 5, 6, 9])
    '4-6, 9'
    """
    stretches: list[list[int]] = []
    for row in rows:
        if stretches and row == stretches[-1][1] + 1:
            stretches[-1][1] = row
        else:
            stretches.append([row, row])
    named = ", ".join(f"{a}-{b}" if b > a else str(a) for a, b in stretches[:MOST_NAMED])
    more = len(stretches) - MOST_NAMED
    return named + (f" and {more:,} more stretches" if more > 0 else "")


def letters(column: int) -> str:
    """The letters of a sheet's column that counts from 0."""
    before, last = divmod(column, 26)
    return (letters(before - 1) if before else "") + chr(65 + last)
