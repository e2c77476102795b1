"""Text to types: dates, money, percentages and choices, decided column by column; a cell that fails is named."""

from dataclasses import dataclass

import duckdb

from pipelines.contract import Column
from pipelines.headers import fold
from pipelines.map import UNKNOWN_WORDS, Mapping
from pipelines.problems import DataProblem, Problem
from pipelines.read import TextTable

# Day-month-year or month-day-year: two small numbers and a year, however separated.
_NUMERIC_DATE = r"^(\d{1,2})-(\d{1,2})-(\d{4}|\d{2})$"
_ORDERS = {"dmy": ("%d-%m-%Y", "%d-%m-%y"), "mdy": ("%m-%d-%Y", "%m-%d-%y")}
_NAMED_MONTHS = ("%d-%b-%Y", "%d-%B-%Y", "%b-%d-%Y", "%B-%d-%Y", "%Y-%b-%d")
_NAMED_MONTHS_SHORT = ("%d-%b-%y", "%d-%B-%y", "%b-%d-%y", "%B-%d-%y")
# A comma is the decimal sign where it comes last after points, where other than three digits follow it, or where
# points stand in groups; a point likewise. One group of three digits after a point may be either.
_DECIMAL_COMMA = r"\..*,\d+$|^-?\d+,(\d{1,2}|\d{4,})$|\d\.\d{3}\.\d{3}"
_DECIMAL_POINT = r",.*\.\d+$|^-?\d*\.(\d{1,2}|\d{4,})$|^-?0\.|\d,\d{3},\d{3}"
_MAYBE_POINT = r"-?[1-9]\d{0,2}\.\d{3}"
# Symbols, codes, spaces and units about an amount.
_AROUND_AMOUNT = r"[£$€¥₹\s\x{00a0}\x{202f}+]|^[A-Za-z]{2,3}[$ ]?|(k|m|mn|bn|b)?\)?$|[A-Za-z]{3}$"
_FIRST_YEAR, _LAST_YEAR = 1900, 2199

YES = ("yes", "y", "true", "t", "1", "x")
NO = ("no", "n", "false", "f", "0")


@dataclass(frozen=True)
class Cast:
    """What was decided for a table: notes for the reader (warnings), and the currency that its symbols speak of."""

    notes: list[Problem]
    currency: str | None


def cast(con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping, known: dict[str, dict[str, str]]) -> Cast:
    """Fill the temporary table `typed` (source_row and the contract's columns) from a text table.

    Cells that can't be read are added to `found`, each with its place and the fix (see `pipelines.load`).
    `known` holds for "goals" and "programs" every folded identifier and name, and the identifier that it stands for.
    DataProblem when the order of day and month, or the decimal sign, of a column can't be decided.
    """
    caster = _Caster(con, table, mapping, known)
    typed = {name: caster.expression(column) for name, column in mapping.contract.columns.items()}
    if caster.questions:
        raise DataProblem(caster.questions[0].message, caster.questions[0].fix, caster.questions)
    select = ",\n".join(f"{sql}::{mapping.contract.columns[name].sql_type} as {name}" for name, sql in typed.items())
    con.execute(f"create or replace temp table typed as select source_row, {select} from {table.relation}")
    caster.locate_unreadable(typed)
    return Cast(caster.notes, caster.currency)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _listed(texts: tuple[str, ...]) -> str:
    return ", ".join(map(_quoted, texts))


class _Caster:
    """Decides, per column, how its text is read; asks instead of guessing where the column does not tell."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        table: TextTable,
        mapping: Mapping,
        known: dict[str, dict[str, str]],
    ) -> None:
        self.con = con
        self.table = table
        self.mapping = mapping
        self.known = known
        self.currency = mapping.source.currency
        self.questions: list[Problem] = []
        self.notes: list[Problem] = []
        self.fixes: dict[str, str] = {}

    def expression(self, column: Column) -> str:
        """SQL that gives the column's typed value; NULL where the cell is empty, unknown or can't be read."""
        if column.name not in self.mapping.text:
            return "null"
        text = self.mapping.text[column.name]
        if column.known_in and self.known.get(column.known_in):
            return self._spelled(column, text, self.known[column.known_in])
        if column.type == "text":
            return f"upper({text})" if column.pattern == "[A-Z]{3}" else text
        readers = {
            "date": self._date,
            "money": self._amount,
            "number": self._amount,
            "percent": self._percent,
            "yes_no": self._yes_no,
            "choice": self._choice,
        }
        return readers[column.type](column, self._stated(column))

    def locate_unreadable(self, typed: dict[str, str]) -> None:
        """Add to `found` every cell that says something that its column's type can't hold."""
        for name, sql in typed.items():
            column = self.mapping.contract.columns[name]
            if sql == "null" or column.type in ("text", "choice") or column.known_in:
                continue
            stated = self._stated(column)
            message, fix = _why_unreadable(column, self.fixes.get(name))
            serial = "regexp_full_match(value, '\\d{5}(\\.\\d+)?')" if column.type == "date" else "false"
            self.con.execute(
                f"""
                insert into found
                with bad as (
                    select t.source_row, {stated} as value
                    from {self.table.relation} as t join typed as y using (source_row)
                    where y.{name} is null
                )
                select
                    source_row, $header, value, $rule, 'error',
                    case when {serial} then 'a spreadsheet''s day number stands here, not a date' else $message end,
                    case when {serial} then 'Format the column as a date before exporting.' else $fix end
                from bad where value is not null order by source_row
                """,
                {"header": self._header(name), "rule": f"{name}_readable", "message": message, "fix": fix},
            )

    def _header(self, name: str) -> str:
        return self.mapping.headers[name]

    def _stated(self, column: Column) -> str:
        """The cell's text, NULL where it says in words that nothing is known."""
        text = self.mapping.text[column.name]
        words = {*UNKNOWN_WORDS, *column.unknown}
        if column.type == "choice":
            # "Unknown" spellings of a choice are matched as loosely as its values are.
            return f"nullif({text}, '')"
        return f"case when lower({text}) in ({_listed(tuple(sorted(words)))}) then null else {text} end"

    def _ask(self, sql: str) -> tuple[int, ...]:
        found = self.con.execute(f"select {sql} from {self.table.relation}").fetchall()[0]
        return tuple(value or 0 for value in found)

    def _examples(self, text: str, where: str) -> str:
        rows = self.con.execute(
            f"select distinct {text} as value from {self.table.relation} where {where} order by 1 limit 3"
        ).fetchall()
        return ", ".join(value for (value,) in rows)

    def _date(self, column: Column, text: str) -> str:
        # A cast of text to date lets anything follow the day, so what was read must give back what was written.
        iso = f"try_cast({text} as date)"
        iso = f"case when {iso}::varchar = {text} then {iso} end"
        stated, plain = self._ask(f"count({text}), count({iso})")
        if stated == plain:
            return self._plausible(iso)
        day = _date_text(text)
        parts = f"regexp_extract({day}, '{_NUMERIC_DATE}', ['a', 'b', 'y'])"
        first, second = f"try_cast({parts}.a as int)", f"try_cast({parts}.b as int)"
        day_first, month_first, either = self._ask(
            f"count(*) filter ({first} > 12 and {second} <= 12), count(*) filter ({second} > 12 and {first} <= 12),"
            f"count(*) filter ({first} <= 12 and {second} <= 12 and {first} <> {second})"
        )
        order = self.mapping.dates
        if order is None and either and not day_first and not month_first:
            examples = self._examples(text, f"{first} <= 12 and {second} <= 12 and {first} <> {second}")
            self.questions.append(
                Problem(
                    "date_order_undecided",
                    f"can't tell day from month in {self._header(column.name)}: {examples} can be read both ways, "
                    "and no row has a day above 12",
                    "Say which comes first with --date-order dmy or --date-order mdy, or write dates as 2026-11-20.",
                    row=self.table.header_row,
                    column=self._header(column.name),
                    value=examples,
                )
            )
            return "null"
        if order is None:
            order = "dmy" if day_first >= month_first else "mdy"
        self.fixes[column.name] = {
            "dmy": "Dates in this column are read day first (31/12/2026); write it so, or as 2026-12-31.",
            "mdy": "Dates in this column are read month first (12/31/2026); write it so, or as 2026-12-31.",
        }[order]
        long, short = _ORDERS[order]
        four = f"regexp_matches({day}, '\\d{{4}}')"
        formats = _listed((long, *_NAMED_MONTHS, "%Y-%m-%d", "%Y%m%d"))
        formats_short = _listed((short, *_NAMED_MONTHS_SHORT))
        read = f"case when {four} then try_strptime({day}, [{formats}]) else try_strptime({day}, [{formats_short}]) end"
        return self._plausible(f"({read})::date")

    def _plausible(self, sql: str) -> str:
        return f"case when year({sql}) between {_FIRST_YEAR} and {_LAST_YEAR} then {sql} end"

    def _amount(self, column: Column, text: str) -> str:
        plain = f"case when translate({text}, '0123456789.-', '') = '' then try_cast({text} as double) end"
        stated, read, three = self._ask(
            f"count({text}), count({plain}), count(*) filter (regexp_full_match({text}, {_quoted(_MAYBE_POINT)}))"
        )
        scale = f" * {self.mapping.source.scale:g}" if column.type == "money" and self.mapping.source.scale != 1 else ""
        grouped = self.table.delimiter == ";" and three
        if stated == read and not grouped:
            return f"({plain}){scale}"
        body = _amount_body(text)
        comma, point, three_comma, three_point = self._ask(
            f"count(*) filter (regexp_matches({body}, {_quoted(_DECIMAL_COMMA)})),"
            f"count(*) filter (regexp_matches({body}, {_quoted(_DECIMAL_POINT)})),"
            f"count(*) filter (regexp_full_match({body}, '-?\\d{{1,3}},\\d{{3}}')),"
            f"count(*) filter (regexp_full_match({body}, {_quoted(_MAYBE_POINT)}))"
        )
        if not comma and not point and three_point and (grouped or three_comma):
            examples = self._examples(text, f"regexp_full_match({body}, {_quoted(_MAYBE_POINT)})")
            self.questions.append(
                Problem(
                    "decimal_sign_undecided",
                    f"can't tell the decimal sign of {self._header(column.name)}: is {examples} a matter of thousands?",
                    "Write the amounts without separators of thousands, or with two decimals.",
                    row=self.table.header_row,
                    column=self._header(column.name),
                    value=examples,
                )
            )
            return "null"
        decimal_comma = comma > point
        self.fixes[column.name] = (
            f"Amounts in this column are read with a decimal {'comma' if decimal_comma else 'point'}; "
            f"write it like {'1.234,50' if decimal_comma else '1,234.50'}."
        )
        self._symbols(column, text)
        group, mark = ("[.' ]", ",") if decimal_comma else ("[,' ]", ".")
        digits = f"replace(regexp_replace({body}, '{group.replace(chr(39), chr(39) * 2)}', '', 'g'), '{mark}', '.')"
        shape = (
            "-?\\d{1,3}(\\.\\d{3})+(,\\d*)?|-?\\d*(,\\d+)?"
            if decimal_comma
            else "-?\\d{1,3}(,\\d{3})+(\\.\\d*)?|-?\\d*(\\.\\d+)?"
        )
        unspaced = f"replace(replace({body}, ' ', ''), '''', '')"
        times = (
            f"case lower(regexp_extract({text}, '\\d\\s*(k|m|mn|bn|b)\\)?$', 1)) when 'k' then 1e3 "
            "when 'm' then 1e6 when 'mn' then 1e6 when 'bn' then 1e9 when 'b' then 1e9 else 1 end"
        )
        value = f"case when regexp_full_match({unspaced}, '{shape}') then try_cast({digits} as double) * {times} end"
        return f"({value}){scale}"

    def _symbols(self, column: Column, text: str) -> None:
        """Take the currency from the symbol where the source declares none; ask where symbols differ."""
        if column.type != "money" or self.mapping.profile is not None:
            return
        found = self.con.execute(
            f"select distinct s from (select regexp_extract({text}, '[£€¥₹]', 0) as s from {self.table.relation}) "
            "where s <> '' order by 1"
        ).fetchall()
        codes = {"£": "GBP", "€": "EUR", "¥": "JPY", "₹": "INR"}
        currencies = {codes[symbol] for (symbol,) in found} | ({self.currency} if self.currency else set())
        if len(currencies) > 1:
            self.questions.append(
                Problem(
                    "mixed_currencies",
                    f"{self._header(column.name)} mixes the currencies {', '.join(sorted(map(str, currencies)))}",
                    "Give each row its currency in a column named currency, and the amounts without symbols.",
                    row=self.table.header_row,
                    column=self._header(column.name),
                )
            )
        elif currencies:
            self.currency = currencies.pop()

    def _percent(self, column: Column, text: str) -> str:
        number = f"rtrim(replace({text}, '%', ''))"
        value = self._amount(column, number)
        signed, between, above = self._ask(
            f"count(*) filter (contains({text}, '%')), count(*) filter ({value} > 0 and {value} < 1),"
            f"count(*) filter ({value} > 1 or {value} < 0)"
        )
        if between and not above and not signed:
            self.notes.append(
                Problem(
                    "percent_as_fraction",
                    f"{self._header(column.name)} runs from 0 to 1, so it is read as fractions (0.5 is 50 %)",
                    "Nothing to do if that is right; otherwise write percentages as 0 to 100.",
                    row=self.table.header_row,
                    column=self._header(column.name),
                    severity="warning",
                )
            )
            return f"({value}) * 100"
        return value

    def _yes_no(self, column: Column, text: str) -> str:
        said = f"lower({text})"
        return f"case when {said} in ({_listed(YES)}) then true when {said} in ({_listed(NO)}) then false end"

    def _choice(self, column: Column, text: str) -> str:
        own = self.mapping.values.get(column.name, {})
        spellings = column.spellings | own
        unknown = {fold(word) for word in (*UNKNOWN_WORDS, *column.unknown)} - set(spellings)
        rated = self._rated(column, text, own)
        return self._spelled(column, text, spellings, unknown, note=rated)

    def _rated(self, column: Column, text: str, own: dict[str, str]) -> bool:
        return bool(column.ratings) and not own

    def _spelled(
        self,
        column: Column,
        text: str,
        spellings: dict[str, str],
        unknown: set[str] | None = None,
        note: bool = False,
    ) -> str:
        """Text with each known spelling replaced by what it stands for; what is not known stays, for the checks."""
        found = self.con.execute(
            f"select distinct {text} as v from {self.table.relation} where {text} is not null"
        ).fetchall()
        changed: dict[str, str | None] = {}
        for (value,) in found:
            folded = fold(value)
            # What folds to nothing ("-", "?") says nothing.
            meant = None if unknown is not None and folded in unknown | {""} else spellings.get(folded, value)
            if meant != value:
                changed[value] = meant
            if note and folded in column.ratings:
                self._note_ratings(column)
                note = False
        if not changed:
            return text
        name = f"spelled_{column.name}"
        self.con.execute(f"create or replace temp table {name} (v varchar, meant varchar)")
        self.con.executemany(f"insert into {name} values (?, ?)", [[v, m] for v, m in changed.items()])
        if len(changed) <= 40:
            cases = " ".join(
                f"when {_quoted(v)} then {_quoted(m) if m is not None else 'null'}" for v, m in changed.items()
            )
            return f"case {text} {cases} else {text} end"
        return f"coalesce((select any_value(s.meant) from {name} s where s.v = {text}), {text})"

    def _note_ratings(self, column: Column) -> None:
        self.notes.append(
            Problem(
                "rating_as_colour",
                f"{self._header(column.name)} holds ratings from 1 to 5; they are read as 5 = best "
                "(5 and 4 green, 3 amber, 2 and 1 red)",
                "If 1 is best in this file, replace the numbers by colours before loading.",
                row=self.table.header_row,
                column=self._header(column.name),
                severity="warning",
            )
        )


def _date_text(text: str) -> str:
    """SQL: a date's text without weekday and time of day, its parts joined by hyphens."""
    day = f"regexp_replace({text}, '[T ,]+\\d{{1,2}}:\\d{{2}}.*$', '')"
    day = f"regexp_replace({day}, '^[A-Za-z]{{2,9}}\\.?,? +(\\d{{1,2}}[^A-Za-z]|[A-Za-z])', '\\1')"
    day = f"regexp_replace({day}, '(\\d)(st|nd|rd|th)\\b', '\\1')"
    return f"regexp_replace(trim({day}), '[/. ,-]+', '-', 'g')"


def _amount_body(text: str) -> str:
    """SQL: an amount's text without currency, unit and brackets; negative in any usual form gets a leading minus."""
    bare = f"regexp_replace({text}, {_quoted(_AROUND_AMOUNT)}, '', 'gi')"
    bare = f"trim(replace(replace(replace({bare}, '(', ''), ')', ''), '−', '-'))"
    negative = f"(regexp_matches({text}, '^\\D*\\(.*\\)\\D*$') or regexp_matches({text}, '^\\s*\\D?[-−]|[-−]\\s*$'))"
    return f"case when {negative} then '-' || replace({bare}, '-', '') else {bare} end"


def _why_unreadable(column: Column, fix: str | None) -> tuple[str, str]:
    label = column.name.replace("_", " ")
    if column.type == "date":
        return f"{label} is not a date", fix or "Write dates as 2026-11-20."
    if column.type == "yes_no":
        return f"{label} is neither yes nor no", "Write yes or no."
    return f"{label} is not a number", fix or "Write a number, without words."
