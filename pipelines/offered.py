"""What the cells of a table likely were meant to say, text by text: names, choices, dates, amounts, white space."""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from zlib import crc32

import duckdb

from pipelines import amounts, dates, effort, guesses
from pipelines.contract import Column, spelled
from pipelines.header_names import names_of
from pipelines.headers import fold
from pipelines.known import Known
from pipelines.literals import quoted
from pipelines.profile import UNKNOWN_WORDS, Mapping
from pipelines.report import Repair
from pipelines.spelling import MOST_NAMES, Name, Spelling, likely, tidy
from pipelines.survey import points_part_thousands, says_unknown
from pipelines.texttable import TextTable

GROUPED = ("portfolio", "program_portfolio", "sponsor")  # columns of names that no export lists
PEOPLE = ("sponsor",)
FIRST_ROWS = 5  # lines that a repair names
MOST_TEXTS = 2_000  # unreadable texts of a column that are looked at
LONGEST_NAME = 120  # characters of a cell in a repair's name
MOST_UNTIDY = 100_000  # texts of a column of names or identifiers
MOST_CODES = 60  # columns among which the one with a name's code is looked for

_Text = tuple[str, int, tuple[int, ...]]  # what a cell says, how many rows say so, the first of them
_CELL = re.compile(r"\bc(\d+)\b")
# What an expression may hold that takes cells as they stand.
_AS_IT_STANDS = {
    *("coalesce", "case", "when", "then", "else", "end", "null", "lower", "in", "not", "regexp_full_match")
}
_CODE = re.compile(r"\b(?:codes?|ids?|no|nr|num|number|key|abbr\w*|acronym|short|symbol|ref|nummer|kürzel)\b", re.I)
_UNTIDY = "[^!-~ ]|  |^'|[,;:.]$"
_MARKED = "starts_with(text, '''')"
_IS_MARK = "a spreadsheet's apostrophe marks it as a text, and is no part of it"


@dataclass(frozen=True)
class Mend:
    """One text of a column that is likely another; with `code` only where this stands in the column at `beside`."""

    rule: str
    place: int
    header: str
    before: str
    after: str
    count: int
    rows: tuple[int, ...]
    why: str
    beside: int | None = None
    beside_header: str = ""
    code: str | None = None

    @cached_property
    def name(self) -> str:
        """What it is accepted by; the same for the same file at each check."""
        where = f"[{self.beside_header}={shown(self.code or '')}]" if self.beside is not None else ""
        return f"{self.rule}:{self.header}:{shown(self.before)}{where}"

    def repair(self, *, accepted: bool) -> Repair:
        """The mend as it is reported."""
        return Repair(
            self.name, self.rule, self.header, self.before, self.after, self.count, self.rows, self.why, accepted
        )


def shown(text: str) -> str:
    """A cell's text as it stands in a repair's name: what can't be typed is written out."""
    shown = "".join(c if c.isprintable() and (c == " " or not c.isspace()) else f"\\u{ord(c):04x}" for c in text)
    if len(shown) > LONGEST_NAME:
        return f"{shown[:LONGEST_NAME]}...{crc32(text.encode()):08x}"
    return shown.replace("*", "\\*")


class Offers:
    """The mends of a table's cells, column by column."""

    def __init__(self, con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping) -> None:
        self.con = con
        self.table = table
        self.mapping = mapping
        self.headers = names_of(table.headers)
        self.known = Known(con)

    def mends(self) -> Iterator[Mend]:
        """Every likely mend of a cell, by the columns of the contract, the most frequent text first."""
        taken: set[int] = set()
        for name, column in self.mapping.contract.columns.items():
            text = self.mapping.text.get(name, "")
            for place in places_of(text) - taken:
                taken.add(place)
                yield from (one for one in self._of_column(column, place, text) if one.after != one.before)

    def _of_column(self, column: Column, place: int, text: str) -> Iterator[Mend]:
        """The mends of one of the cells that feed a column by the SQL `text`."""
        is_key = column.name in self.mapping.contract.key
        if column.type == "text" and (column.known_in or (column.name in GROUPED and not is_key)):
            yield from self._names(column, place)
        elif column.type == "text" and (is_key or column.name == "project_name"):
            yield from self._white_space(column, place, is_key=is_key)
        elif column.type == "text":
            yield from self._marked(place)
        elif column.type == "choice":
            yield from self._choices(column, place)
        elif column.type == "date" and not column.period:
            yield from self._dates(column, place, text)
        elif column.type in ("money", "number", "percent"):
            yield from self._amounts(column, place)

    def _texts(self, place: int, where: str, most: int = MOST_TEXTS, beside: str = "null") -> list[_Text]:
        """The distinct texts of a column, the most frequent first: text, how many rows, the first of them.

        `where` is SQL that chooses among them by `text` and by what `beside` makes of it.
        """
        rows = self.con.execute(
            f"select text, count, rows from (select *, {beside} from (select c{place} as text, count(*) as count, "
            f"min(source_row, {FIRST_ROWS}) as rows from {self.table.relation} where c{place} is not null group by 1)) "
            f"where {where} order by count desc, text limit {most}"
        ).fetchall()
        return [(text, count, tuple(lines)) for text, count, lines in rows]

    def _mend(self, rule: str, place: int, text: _Text, after: str, why: str) -> Mend:
        before, count, rows = text
        return Mend(rule, place, self.headers[place], before, after, count, rows, why)

    def _names(self, column: Column, place: int) -> Iterator[Mend]:
        beside = self._code_beside(place)
        code = f"c{beside}" if beside is not None else "null::varchar"
        found = self.con.execute(
            f"select c{place}, {code}, count(*), min(source_row, {FIRST_ROWS}) from {self.table.relation} "
            f"where c{place} is not null and not ({says_unknown(column, f'c{place}')}) "
            f"group by 1, 2 order by 3 desc, 1, 2 limit {MOST_NAMES + 1}"
        ).fetchall()
        texts = {Name(text, stands): (count, tuple(rows)) for text, stands, count, rows in found}
        counts = {name: count for name, (count, _) in texts.items()}
        listed = self.known.names(column)
        earlier = {Name(text): count for text, count in self.known.used(column).items()}
        for name, count in earlier.items():
            counts[name] = counts.get(name, 0) + count
        told = {name for name in texts if fold(name.text) in listed.folded}
        found_spellings = {
            s.name: s for s in likely(counts, listed.texts, people=column.name in PEOPLE) if s.name in texts
        }
        if listed.ids:
            for name in texts:
                if name not in told and (known := listed.alike(name.text)):
                    found_spellings[name] = _by_id(name, known)
        targets: dict[str, Counter[str]] = {}
        for name in texts:
            spelling = found_spellings.get(name)
            targets.setdefault(name.text, Counter())[spelling.likely if spelling else name.text] += 1
        done: set[str] = set()
        yield from self._marked(place, {name.text for name in (*told, *found_spellings)})
        for name, spelling in found_spellings.items():
            if name in told or name.text in done:
                continue
            # Without its code where the text means the same wherever it stands.
            alone = len(targets[name.text]) == 1 or beside is None
            rule = "white_space" if tidy(name.text) == spelling.likely else "known_name"
            same = [texts[other] for other in texts if other.text == name.text] if alone else [texts[name]]
            if alone:
                done.add(name.text)
            elif name.code is None:
                continue
            yield Mend(
                rule,
                place,
                self.headers[place],
                name.text,
                spelling.likely,
                sum(count for count, _ in same),
                tuple(sorted(row for _, rows in same for row in rows)[:FIRST_ROWS]),
                spelling.why,
                None if alone else beside,
                "" if alone or beside is None else self.headers[beside],
                None if alone else name.code,
            )

    def _code_beside(self, place: int) -> int | None:
        """The column whose cells are codes of the names at a place: nearly one code a name and one name a code."""
        names, *others = self._distinct(place)
        measured = [c.name for c in self.mapping.contract.columns.values() if c.type != "text"]
        read = {n for name in measured for n in places_of(self.mapping.text.get(name, ""))}
        best: tuple[float, int] | None = None
        for other, count, longest in others:
            if other == place or not 2 <= count <= names[1] + 2 or longest is None or longest > 12:
                continue
            if other in read or not _CODE.search(_apart(self.headers[other])):
                continue
            agree, both = self.con.execute(
                f"""
                with pair as (
                    select c{place} as name, c{other} as code, count(*) as n from {self.table.relation}
                    where c{place} is not null and c{other} is not null group by 1, 2
                )
                select
                    (select sum(most) from (select max(n) as most from pair group by code)),
                    (select sum(n) from pair)
                """
            ).fetchall()[0]
            spread = self.con.execute(
                f"select sum(most) from (select max(n) as most from (select c{place} as name, c{other} as code, "
                f"count(*) as n from {self.table.relation} where c{place} is not null and c{other} is not null "
                "group by 1, 2) group by name)"
            ).fetchall()[0][0]
            if both and agree >= 0.75 * both and spread >= 0.9 * both and (best is None or agree > best[0]):
                best = agree, other
        return best[1] if best else None

    def _distinct(self, place: int) -> list[tuple[int, int, int | None]]:
        """How many distinct texts columns have, and how long their longest is; the one at the place goes first."""
        places = [place, *(n for n in range(min(len(self.headers), MOST_CODES)) if n != place)]
        asked = ", ".join(f"approx_count_distinct(c{n}), max(length(c{n}))" for n in places)
        answers = self.con.execute(f"select {asked} from {self.table.relation}").fetchall()[0]
        return [(n, answers[2 * i], answers[2 * i + 1]) for i, n in enumerate(places)]

    def _white_space(self, column: Column, place: int, *, is_key: bool) -> Iterator[Mend]:
        """Texts that are another one of the column but for what is hard to see; of a key all that hold it."""
        texts = self._texts(place, f"regexp_matches(text, {quoted(_UNTIDY)})", MOST_UNTIDY)
        meant = {}
        for text in texts:
            after = tidy(_unmarked(text[0])).rstrip(".,;: ") if is_key else tidy(text[0])
            if after and after != text[0]:
                meant[text] = after
        if not meant:
            return
        wanted = sorted(set(meant.values()))
        there = {
            text
            for (text,) in self.con.execute(
                f"select distinct c{place} from {self.table.relation} where list_contains($1::varchar[], c{place})",
                [wanted],
            ).fetchall()
        } | self.known.keys(self.mapping, column, wanted)
        several = {after for after, count in Counter(meant.values()).items() if count > 1}
        marked = {one.before: one for one in self._marked(place)}
        for text, after in meant.items():
            unseen = is_key and re.search(r"^'|[^\x20-\x7e]", text[0]) is not None
            unseen = unseen and any(not c.isprintable() or c == "'" for c in text[0])
            if after in there or after in several or unseen:
                why = _IS_MARK if text[0].startswith("'") else "it holds what nobody sees or means"
                why = f"the same as {after} to the eye" if after in there else why
                yield self._mend("white_space", place, text, after, why)
            elif text[0] in marked:
                yield marked[text[0]]

    def _marked(self, place: int, but: Collection[str] = ()) -> Iterator[Mend]:
        """Texts behind an apostrophe that marks them as texts: all of a column start so, or a sign or digit follows.

        An apostrophe may also begin a name ('s-Hertogenbosch), so that of one text alone little can be said.
        """
        texts = [text for text in self._texts(place, _MARKED, MOST_UNTIDY) if text[0] not in but]
        if not texts:
            return
        filled = self.con.execute(f"select count(c{place}) from {self.table.relation}").fetchall()[0][0]
        every = sum(count for _, count, _ in texts) >= 0.9 * filled
        for text in texts:
            after = _unmarked(text[0])
            is_code = any(c.isdigit() for c in after)
            if after[:1] in set("=+-@0123456789") or (every and (is_code or after[:1].isupper())):
                yield self._mend("white_space", place, text, after, _IS_MARK)

    def _choices(self, column: Column, place: int) -> Iterator[Mend]:
        own = self.mapping.values.get(column.name, {})
        read = {
            **dict.fromkeys((spelled(word) for word in (*UNKNOWN_WORDS, *column.unknown)), ""),
            **column.spellings,
            **own,
        }
        near = {word: value for word, value in {**column.spellings, **own}.items() if value}
        for text in self._texts(place, "true"):
            if spelled(text[0]) not in read and (guess := guesses.choice(text[0], near)):
                yield self._mend(guess.rule, place, text, guess.text, guess.why)

    def _dates(self, column: Column, place: int, text: str) -> Iterator[Mend]:
        # Step by step, for an expression that repeats another takes the database long to plan.
        day = (
            f"select c{place}, {dates.day_text(text)} as day from {self.table.relation}"  # read in one order as a whole
        )
        is_iso, *told = self.con.execute(
            f"select coalesce(bool_and(regexp_full_match(c{place}, '\\d{{4}}-\\d\\d-\\d\\d')), true), "
            f"{dates.tellers('day', f'c{place}')} from ({day})"
        ).fetchall()[0]
        order = self.mapping.dates or dates.order(*told)
        readings = [dates.plausible(dates.written("day", one)) for one in ((order,) if order else ("dmy", "mdy"))]
        unread = "try_cast(text as date) is null" if is_iso else " and ".join(f"({one}) is null" for one in readings)
        unread += f" and not ({says_unknown(column, 'text')})"
        for found in self._texts(place, unread, beside=f"{dates.day_text('text')} as day"):
            if guess := guesses.date(found[0], order, start=dates.begins(column.name)):
                yield self._mend(guess.rule, place, found, guess.text, guess.why)

    def _amounts(self, column: Column, place: int) -> Iterator[Mend]:
        bare = "rtrim(replace(text, '%', ''))" if column.type == "percent" else "text"
        bare = effort.number_of("text") if column.in_units else bare
        unplain = f"not {amounts.has_digits_only(bare)} and not ({says_unknown(column, 'text')})"
        if not self._texts(place, unplain, 1):
            return
        decimal, told = self.mapping.decimal, True
        cells = f"select c{place} as text from {self.table.relation}"
        if decimal is None:
            comma, point = self.con.execute(
                f"select count(*) filter (regexp_matches(body, {quoted(amounts.DECIMAL_COMMA)})), "
                f"count(*) filter (regexp_matches(body, {quoted(amounts.DECIMAL_POINT)})) "
                f"from (select {amounts.body(bare)} as body from ({cells}))"
            ).fetchall()[0]
            decimal, told = "," if comma > point else ".", comma != point
            if told and column.type == "money":
                yield from self._thousands(place, decimal == ",")
        unread = f"{unplain} and ({amounts.value(bare, 'body', decimal == ',')}) is null"
        scale = self.mapping.scale(column.name)
        foreign = points_part_thousands(self.table, self.mapping)
        for found in self._texts(place, unread, beside=f"{amounts.body(bare)} as body"):
            if not told and guesses.is_open(found[0], comma=foreign):
                continue
            if guess := guesses.amount(found[0], decimal, scale, scaled=not column.in_units):
                yield self._mend(guess.rule, place, found, guess.text, guess.why)

    def _thousands(self, place: int, decimal_comma: bool) -> Iterator[Mend]:
        """Amounts with three decimals where others have thousands that the other sign parts."""
        grouped, whole, maybe = amounts.parted_otherwise("body", decimal_comma)
        others, exact = self.con.execute(
            f"select count(*) filter ({grouped}), count(*) filter ({whole}) "
            f"from (select {amounts.body(f'c{place}')} as body from {self.table.relation})"
        ).fetchall()[0]
        if not others or exact:
            return
        mark, other = (",", "points") if decimal_comma else (".", "commas")
        why = f"other amounts of the column have {other} between thousands; this may be thousands as well"
        for found in self._texts(place, maybe, beside=f"{amounts.body('text')} as body"):
            yield self._mend("amount_thousands", place, found, found[0].replace(mark, ""), why)


def _unmarked(text: str) -> str:
    """A text without the apostrophe before it, and without a second one that closes it."""
    if not text.startswith("'"):
        return text
    bare = text[1:].strip()
    return bare.removesuffix("'").strip() if bare.count("'") == 1 else bare


def _apart(header: str) -> str:
    """A header with its words apart: "agencyCode" is "agency Code"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", header)


def places_of(text: str) -> set[int]:
    """The cells of a file that feed a column as they stand, but for words that say that nothing is known."""
    bare = re.sub(r"'(?:[^']|'')*'", "", text)
    cells = {int(place) for place in _CELL.findall(bare)}
    if len(cells) == 1 and re.fullmatch(r"upper\(c\d+\)", bare):
        return cells
    return cells if set(re.findall(r"[^\s,()]+", _CELL.sub("", bare))) <= _AS_IT_STANDS else set()


def _by_id(name: Name, known: str) -> Spelling:
    return Spelling(name, known, "this identifier but for zeros, letters like digits, or a slip")
