"""What a file's columns may be, where nothing says it: by their headers' words and by what their cells look like.

Nothing here is applied unasked. It runs where exports are checked, never in the server.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import duckdb

from pipelines import amounts, dates, effort, periods
from pipelines.chosen import EFFORT
from pipelines.contract import Column, Contract, contract, contracts, spelled
from pipelines.header_names import names_of, place_of
from pipelines.headers import fold
from pipelines.literals import listed, quoted
from pipelines.map import by_headers, tells
from pipelines.profile import UNKNOWN_WORDS
from pipelines.profile import Mapping as Understood
from pipelines.report import FileReport, How, ValueRead
from pipelines.texttable import TextTable

LOOKED_AT = 300  # rows whose cells are looked at
COUNTED = 20_000  # rows among which an identifier has to be unique
MOST_HEADERS = 500  # of a file; the ones after them are not judged
MOST_TEXTS = 60  # distinct texts of a column of choices
LIKELY = 0.62  # from which likeness on a column is suggested
LIKELY_EXPORT = 1.2  # the likeness of all columns together from which on an export is suggested
SURE_OF_TYPE = 0.75  # the share of the cells that must be of a column's type
# What cells alone tell, whatever the header is called: Committed and Requested mean nothing else among people's time.
_BY_TEXTS, _BY_TEXTS_ALONE = ("commitment",), 0.7
_YES_NO = ("yes", "no", "y", "n", "true", "false", "ja", "nein", "oui", "non")


@dataclass(frozen=True)
class Suggestion:
    """A column that a header may feed: how likely (0 to 1) and what speaks for it, in words."""

    column: str
    place: int
    likeness: float
    why: str


@dataclass(frozen=True)
class _Shape:
    """What the cells of one column look like; the shares are of the filled ones."""

    filled: int = 0
    distinct: float = 0
    length: float = 0
    dates: float = 0
    numbers: float = 0
    percents: float = 0
    within_100: float = 0
    codes: float = 0
    yes_no: float = 0
    texts: tuple[tuple[str, int], ...] = ()
    is_unique: bool = False


def fill(
    con: duckdb.DuckDBPyConnection, table: TextTable, report: FileReport, mapping: Understood | None, how: How
) -> None:
    """Fill in what a report suggests: for unused columns what they may feed, for texts of choices what they may mean,
    and, where the table fits no export (`mapping` is None), which it may be. `report.columns` must be there."""
    names = names_of(table.headers)[:MOST_HEADERS]
    at = {name: place for place, name in enumerate(names) if name}
    chosen: dict[int, str] = {}
    if mapping:
        form, values = mapping.contract, mapping.values
        fed = {at.get(header) for header in mapping.headers.values()}
        free = [n for n in range(len(names)) if n not in fed and names[n] not in mapping.attributes]
        given = _given(how, form)
        open_ = [c for n, c in form.columns.items() if n not in mapping.text and n not in given]
        instead: list[Suggestion] = []
        health = at.get(mapping.headers.get("reported_health", ""))
        if health is not None and not mapping.profile and "reported_health" not in given:
            # "Status" may say where a project is in its life, and the column beside it how it is.
            rating, shape = form.columns["reported_health"], _shapes(con, table, [health]).get(health, _Shape())
            if shape.texts and _known_share(rating, names[health], shape) < 0.5:
                shapes = _shapes(con, table, free)
                colours = [n for n in free if n in shapes and _are_colours(rating, shapes[n])]
                if colours:
                    n = colours[0]
                    instead = [Suggestion(rating.name, n, LIKELY, _why(rating, names[n], shapes[n]))]
                    free = [other for other in free if other != n]
        found = instead + _assigned(names, free, open_, _shapes(con, table, free))
        is_open = form.export == "projects" and not mapping.profile and not how.export
        if is_open and (_comes_again(con, table, mapping) or _reports(con, table, names, free)):
            report.suggested_export = "status"
    else:
        likely, found = _export(con, table, names, _shapes(con, table, range(len(names))), how)
        if not likely:
            return
        form, values, report.suggested_export = likely, {}, likely.export
        known = form.header_for()
        meant = {
            place_of(names, header): known.get(fold(said)) for said, header in how.columns.items() if header.strip()
        }
        chosen = {place: name for place, name in meant.items() if place is not None and name}
    by_place = {one.place: one for one in found}
    read = []
    for column in report.columns:
        place = at.get(column.header)
        if place is None:
            read.append(column)
            continue
        said = replace(column, column=chosen.get(place, column.column))
        if (one := by_place.get(place)) and not said.column and not said.kept:
            said = replace(said, suggested=one.column, why=one.why)
        feeds = form.columns.get(said.column or said.suggested or "")
        if feeds and feeds.values:
            texts = _texts(con, table, place)
            own, legend = values.get(feeds.name, {}), _legend(table, feeds)
            said = replace(said, values=_values(feeds, said.header, texts, own, legend))
        read.append(said)
    report.columns = read


def _reports(con: duckdb.DuckDBPyConnection, table: TextTable, names: Sequence[str], free: Sequence[int]) -> bool:
    """Whether columns that a list of projects has no use for say on which day how far its projects are."""
    status, projects = contract("status"), contract("projects")
    own = [column for name, column in status.columns.items() if name not in projects.columns]
    found = {one.column for one in _assigned(names, free, own, _shapes(con, table, free))}
    return "status_date" in found and len(found - {"comment"}) > 1


def _comes_again(con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Understood) -> bool:
    """Whether most projects of a list stand in it more than once, as they do where it is one of reports."""
    key = mapping.text["project_id"]
    stated, different = con.sql(f'select count({key}), count(distinct {key}) from "{table.relation}"').fetchall()[0]
    return bool(stated > 2 * different)


def _given(how: How, form: Contract) -> set[str]:
    """Columns that a person said something about."""
    known = form.header_for()
    return {known.get(fold(said), "") for said in (*how.columns, *how.constants)}


def _shapes(con: duckdb.DuckDBPyConnection, table: TextTable, places: Iterable[int]) -> dict[int, _Shape]:
    wanted = [n for n in places if table.headers[n]]
    if not wanted:
        return {}
    cells = ", ".join(f"c{n}" for n in wanted)
    counts = ", ".join(f"count(c{n}), approx_count_distinct(c{n})" for n in wanted)
    counted = con.sql(f'select {counts} from (from "{table.relation}" limit {COUNTED})').fetchall()[0]
    # The count of different texts is rough: of three it may say two.
    likely = [n for i, n in enumerate(wanted) if counted[2 * i] and counted[2 * i + 1] > 0.6 * counted[2 * i]]
    unique = set()
    if likely:
        exact = ", ".join(f"count(c{n}) = count(distinct c{n})" for n in likely)
        answers = con.sql(f'select {exact} from (from "{table.relation}" limit {COUNTED})').fetchall()[0]
        unique = {n for n, is_unique in zip(likely, answers, strict=True) if is_unique}
    con.execute(
        f"""
        create or replace temp table looked_at as
        select name, left(text, 100) as text, any_value(length(text)) as length, count(*) as rows
        from (
            unpivot (
                select {cells} from (from "{table.relation}" limit {COUNTED})
                using sample reservoir({LOOKED_AT} rows) repeatable (1)
            ) on {cells} into name name value text
        )
        where lower(text) not in ({listed(UNKNOWN_WORDS)}) group by name, left(text, 100)
        """
    )
    read = f"{dates.written('day', 'dmy')}, {dates.written('day', 'mdy')}"
    short = "length between 6 and 40 and regexp_matches(text, '\\d')"
    # A quarter or a month is a day to be mended; digits and a point are rather a number.
    period = f"length <= 40 and regexp_matches(text, '[A-Za-z/-]') and regexp_full_match(text, {quoted(periods.FORM)})"
    body = amounts.body("replace(text, '%', '')")
    plain = "regexp_replace(body, '^(-?\\d+),(\\d{1,2})$', '\\1.\\2')"
    number = "length <= 40 and regexp_full_match(body, '-?[\\d.,'' ]*\\d[\\d.,'' ]*')"
    rows = con.sql(
        f"""
        with cell as (
            select *, ({short} and coalesce({read}) is not null) or ({period}) as is_day,
                {number} as is_number, try_cast({plain} as double) as value
            from (select *, {dates.day_text("text")} as day, {body} as body from looked_at)
        )
        select name, sum(rows)::int, count(*), avg(length),
            {_share("is_day")}, {_share("is_number and not is_day")}, {_share("contains(text, '%')")},
            {_share("value between 0 and 100")}, {_share("regexp_full_match(text, '[A-Z]{3}')")},
            {_share(f"lower(text) in ({listed(_YES_NO)})")},
            case when count(*) <= {MOST_TEXTS} then list((text, rows) order by rows desc, text) end
        from cell group by name
        """
    ).fetchall()
    con.execute("drop table looked_at")
    found = {n: _Shape() for n in wanted}
    for name, filled, distinct, length, *shares, texts in rows:
        place = int(name[1:])
        day_share, numbers, percents, within, codes, yes_no = shares
        found[place] = _Shape(
            filled,
            distinct,
            length,
            day_share,
            numbers,
            percents,
            within,
            codes,
            yes_no,
            tuple(texts or ()),
            place in unique,
        )
    return found


def _share(what: str) -> str:
    return f"coalesce(sum(rows) filter ({what}), 0) / sum(rows)"


def _export(
    con: duckdb.DuckDBPyConnection, table: TextTable, names: Sequence[str], shapes: Mapping[int, _Shape], how: How
) -> tuple[Contract | None, list[Suggestion]]:
    """The export that a table may be, with all that its columns may feed; None where nothing is likely."""
    best: tuple[float, Contract, list[Suggestion]] | None = None
    for form in [contract(how.export)] if how.export else reversed(contracts()):
        given = _given(how, form)
        known = by_headers(table, form)
        sure = [
            Suggestion(name, place, 1.0, f"its header is one of the names of {_spoken(name)}")
            for name, header in known.headers.items()
            if (place := place_of(table.headers, header)) is not None
            and name not in given
            and _is_sure(form.columns[name], header, shapes.get(place, _Shape()))
        ]
        taken = {one.place for one in sure} | {place_of(table.headers, h) for h in how.columns.values() if h}
        open_ = [c for n, c in form.columns.items() if n not in given and n not in {one.column for one in sure}]
        free = [n for n in range(len(names)) if n not in taken]
        pair = effort.begins_and_ends(names)
        found = sure + [
            # Where something begins is no month of it, where another column says when it ends.
            one
            for one in _assigned(names, free, open_, shapes)
            if not (pair and form.columns[one.column].period and names[one.place] in pair)
        ]
        fed = {one.column for one in found} | given
        if not tells(form, fed, [fold(name) for name in names]):
            continue
        if form.key[0] not in fed and (name := _names_each(con, table, form, found, shapes)):
            found = [replace(one, column=form.key[0], why=name[1]) if one.column == name[0] else one for one in found]
            fed = {one.column for one in found} | given
        if form.key[0] not in fed and not how.export:
            continue
        # A day can be given for all rows, so that it may well be lacking.
        lacking = sum(0.3 if form.columns[name].type == "date" else 0.75 for name in form.required if name not in fed)
        score = sum(one.likeness for one in found) - lacking
        if (how.export or score >= LIKELY_EXPORT) and (best is None or score > best[0]):
            best = (score, form, found)
    return (best[1], best[2]) if best else (contract(how.export) if how.export else None, [])


def _is_sure(column: Column, header: str, shape: _Shape) -> bool:
    """Whether cells bear out what a header says by its name alone."""
    if column.values and shape.texts:
        return _known_share(column, header, shape) >= 0.5
    return _fits(column, shape) > 0


def _names_each(
    con: duckdb.DuckDBPyConnection,
    table: TextTable,
    form: Contract,
    found: Sequence[Suggestion],
    shapes: Mapping[int, _Shape],
) -> tuple[str, str] | None:
    """The column of names that may be the identifier, where no other is, and why."""
    at = {one.column: one.place for one in found}
    name = next((n for n in form.columns if n.endswith("_name") and n in at), None)
    if name is None or (name != "project_name" and not form.is_part):
        return None
    if shapes[at[name]].is_unique:
        return name, "no column holds an identifier, and its texts name each row once"
    within = [n for n in form.key[1:] if n in at]
    if not form.is_part or not within:
        return None
    cells = ", ".join(f"c{at[n]}" for n in (name, *within))
    rows, named, different = con.sql(
        f'select count(*), count(c{at[name]}), count(distinct ({cells})) from "{table.relation}"'
    ).fetchall()[0]
    if rows == named == different:
        said = " and ".join(_spoken(n.removesuffix("_id")) for n in within)
        return name, f"no column holds an identifier, and its texts name each row of a {said} once"
    return None


def _assigned(
    names: Sequence[str], places: Sequence[int], columns: Iterable[Column], shapes: Mapping[int, _Shape]
) -> list[Suggestion]:
    """For each column the header that likely feeds it, each header for one column: the best of all together."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    from pipelines.likeness import likeness

    asked, usable = list(columns), [n for n in places if n in shapes]
    if not asked or not usable:
        return []
    alike = np.zeros((len(asked), len(usable)))
    for i, column in enumerate(asked):
        for j, place in enumerate(usable):
            alike[i, j] = _likely(column, names[place], shapes[place], likeness(names[place], column))
    alike[alike < LIKELY] = 0
    # Of what is as likely the header that says more, of the latest year, that comes first; and the column likewise.
    fullest = max(shape.filled for shape in shapes.values()) or 1
    years = [max(map(int, re.findall(r"\b(?:19|20)\d\d\b", names[place])), default=0) for place in usable]
    last = max(years) if len({*years} - {0}) > 1 else -1
    nudge = [
        0.01 * shapes[place].filled / fullest + 0.02 * (year == last) - 1e-6 * j
        for j, (place, year) in enumerate(zip(usable, years, strict=True))
    ]
    order = -1e-4 * np.arange(len(asked))[:, None]
    # A good pair outweighs two fair ones, which it would be broken for.
    weights = np.where(alike > 0, (alike + np.array(nudge) + order) ** 6, 0)
    rows, cells = linear_sum_assignment(weights, maximize=True)
    pairs = [(asked[i], usable[j], float(alike[i, j])) for i, j in zip(rows, cells, strict=True) if alike[i, j]]
    return [Suggestion(c.name, n, score, _why(c, names[n], shapes[n])) for c, n, score in pairs]


def _likely(column: Column, header: str, shape: _Shape, by_words: float) -> float:
    fit = _fits(column, shape)
    if effort.other_unit(header):
        return 0.0
    if not fit or (column.type == "money" and EFFORT.search(header)):
        return 0.0
    if not shape.filled:
        return by_words * 0.8
    if column.pattern == "[A-Z]{3}" and shape.texts and all(amounts.is_code(text) for text, _ in shape.texts):
        return 0.95  # whatever the header is called, in whatever language
    if column.values and shape.texts:
        known = _known_share(column, header, shape) * (0.9 if all(text.isdigit() for text, _ in shape.texts) else 1)
        if column.name in _BY_TEXTS and known >= 0.9:
            return max(by_words, _BY_TEXTS_ALONE)  # "Type" and "Status" name it as well as any word
        both = 0.5 * by_words + 0.5 * known
        return max(both, 0.7) if known >= 0.9 and by_words >= 0.2 and len(shape.texts) > 1 else both
    return min(by_words + 0.05 * (fit - 1), 1.0)


def _fits(column: Column, shape: _Shape) -> float:
    """0 where the cells contradict the column's type, 1 where they may be, 2 where they look just like it."""
    if not shape.filled:
        return 1
    kind, at_least = column.type, SURE_OF_TYPE
    if kind == "date":
        return 2 * (shape.dates >= at_least)
    if kind in ("money", "number"):
        return 1 + (shape.percents < 0.1) if shape.numbers >= at_least and shape.percents < 0.5 else 0
    if kind == "percent":
        ok = shape.numbers >= at_least and (shape.percents >= at_least or shape.within_100 >= 0.95)
        return 2 * ok
    if kind == "yes_no":
        return 2 * (shape.yes_no >= at_least)
    if kind == "choice":
        return 0 if shape.dates >= at_least or not shape.texts else 1
    if column.pattern == "[A-Z]{3}":
        return 2 * (shape.codes >= at_least)
    if shape.dates >= at_least or shape.percents >= at_least:
        return 0
    if column.name == "comment":
        return 0 if shape.numbers >= at_least else 1 + (shape.length > 30)
    if column.name.endswith(("_name", "portfolio", "sponsor", "owner")):
        return 0 if shape.numbers >= at_least or shape.length > 150 else 1 + (shape.length < 80)
    if column.name.endswith("_id"):
        return 0 if shape.length > 100 else 1 + (shape.length < 40)
    return 1


def _are_colours(column: Column, shape: _Shape) -> bool:
    """Whether a column says nothing but the health of projects, in words."""
    return len(shape.texts) > 1 and all(not t.isdigit() and spelled(t) in column.spellings for t, _ in shape.texts)


def _why(column: Column, header: str, shape: _Shape) -> str:
    called = f"called {header[:80]}"
    if not shape.filled:
        return f"{called}; its cells are empty"
    if column.type == "date":
        said = f"{_percent(shape.dates)} dates"
    elif column.type in ("money", "number", "percent"):
        said = f"{_percent(shape.numbers)} numbers" + (", from 0 to 100" if column.type == "percent" else "")
    elif column.values:
        known = _known_share(column, header, shape)
        shown = ", ".join(text[:30] for text, _ in shape.texts[:3])
        said = f"few texts that come again ({shown})" + (f", {_percent(known)} of them known" if known else "")
    elif column.name.endswith("_id") and shape.is_unique:
        said = "another text in every row"
    elif column.name == "comment":
        said = f"texts of {shape.length:.0f} characters"
    else:
        said = f"{shape.distinct:.0f} different texts in {shape.filled:,} rows looked at"
    return f"{called}; {said}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _texts(con: duckdb.DuckDBPyConnection, table: TextTable, place: int) -> list[tuple[str, int]]:
    """The texts of a column of choices in the whole table, the most frequent first."""
    asked = f"""
        select c{place}, count(*) from "{table.relation}" where c{place} is not null
        group by all order by count(*) desc, 1 limit {MOST_TEXTS}
    """
    return [(str(text), int(count)) for text, count in con.sql(asked).fetchall()]


def _values(
    column: Column, header: str, texts: Sequence[tuple[str, int]], own: Mapping[str, str], legend: Mapping[str, str]
) -> tuple[ValueRead, ...]:
    """How each text of a column of choices is read, and what may be meant by one that is not known."""
    unknown = {spelled(word) for word in (*UNKNOWN_WORDS, *column.unknown)}
    unclear = column.unclear_ratings(text for text, _ in texts)
    found = []
    for text, count in texts:
        said = spelled(text)
        known = None if said in unclear else column.spellings.get(said, "" if said in unknown else None)
        read_as = own.get(said, known)
        meant = None if read_as is not None or said in unclear else meaning(column, text, header)
        found.append(ValueRead(text[:200], count, read_as, legend.get(said, meant) if read_as is None else None))
    return tuple(found)


_LEGEND = re.compile(r"(?<![\w.])([1-5]) ?[=:–-] ?([^\d,;|()=]{2,40})")


def _legend(table: TextTable, column: Column) -> dict[str, str]:
    """What a line beside the table says of ratings: "1 = on track, 2 = at risk"."""
    lines = (row.text for row in table.left_out if row.kind in ("preamble", "footer"))
    said = {rating: words.strip() for line in lines for rating, words in _LEGEND.findall(line)}
    meant = {rating: column.spellings.get(spelled(words)) or meaning(column, words) for rating, words in said.items()}
    return {rating: value for rating, value in meant.items() if value}


def _known_share(column: Column, header: str, shape: _Shape) -> float:
    """The share of a column's cells whose text is known, or has a likely meaning."""
    unknown = {spelled(word) for word in column.unknown}
    total = sum(count for text, count in shape.texts if spelled(text) not in unknown)
    known = sum(
        count
        for text, count in shape.texts
        if spelled(text) not in unknown and (column.spellings.get(spelled(text)) or meaning(column, text, header))
    )
    # Where most say that nothing is known, the few that are known tell little.
    said_nothing = sum(count for _, count in shape.texts) - total
    return known / max(total, 2 * said_nothing) if total else 0.0


_WORD = re.compile(r"[^\W\d_]+|\d+")
_NOT = re.compile(r"\b(not|no|non|never|un\w+|without|isn't|hardly)\b", re.I)


def meaning(column: Column, text: str, header: str = "") -> str | None:
    """The allowed value that an unknown text of a column of choices may mean, None where that is open.

    >>> stage = contract("projects").columns["stage"]
    >>> meaning(stage, "In Delivery"), meaning(stage, "Not yet in delivery"), meaning(stage, "Purple")
    ('active', None, None)
    """
    from rapidfuzz import fuzz, process

    if len(text) > 60:
        return None
    if column.name == "reported_health" and (level := _level(text, header)):
        return level
    said, known = fold(text), _spellings(column.name, tuple(column.values.items()))
    spellings = {word.folded: word.value for word in known}
    if said in spellings:
        return spellings[said]
    if _NOT.search(text):
        return None
    words = set(_WORD.findall(text.lower()))
    inside = {word.value for word in known if word.words and word.words <= words}
    if len(inside) == 1:
        return inside.pop()
    if inside or len(said) < 5:
        return None
    near = process.extract(
        said, [word for word in spellings if len(word) > 4], scorer=fuzz.ratio, score_cutoff=86, limit=3
    )
    values = {spellings[word] for word, _, _ in near}
    return values.pop() if len(values) == 1 else None


@dataclass(frozen=True)
class _Spelling:
    """One way to write an allowed value; `words` are those that a longer text has to hold."""

    folded: str
    words: frozenset[str]
    value: str


@cache
def _spellings(name: str, values: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[_Spelling, ...]:
    from pipelines.likeness import vocabulary

    known: dict[str, _Spelling] = {}
    also = vocabulary().values.get(name, {})
    for value, others in values:
        for word in (value, *others, *also.get(value, ())):
            words = frozenset(_WORD.findall(word.lower())) if len(word) > 2 else frozenset()
            known.setdefault(spelled(word), _Spelling(spelled(word), words, value))
    return tuple(known.values())


def _level(text: str, header: str) -> str | None:
    """A level of confidence or of risk as a colour, where the header or the text says which of the two it is."""
    from pipelines.likeness import vocabulary

    about = f"{header} {text}".lower()
    is_risk = re.search(r"\brisk", about) is not None
    is_confidence = re.search(r"confiden|\bdca\b|deliverab|likelihood of delivery", about) is not None
    words = " ".join(re.findall(r"[a-z]+", re.sub(r"(?i)risk|confidence|delivery", " ", text.lower())))
    levels = vocabulary().levels
    return levels[words][is_risk] if words in levels and is_risk != is_confidence else None
