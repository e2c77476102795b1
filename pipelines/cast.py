"""Text to types: dates, money, percentages and choices, decided column by column; a cell that fails is named."""

import re
from collections.abc import Iterable
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field

import duckdb

from pipelines import amounts, dates, effort, effort_checks, periods
from pipelines.contract import ERRORS, Column, bare, spelled
from pipelines.headers import fold
from pipelines.literals import listed, quoted
from pipelines.problems import DataProblem, Problem
from pipelines.profile import UNKNOWN_WORDS, Mapping
from pipelines.read import TextTable
from pipelines.survey import Survey, points_part_thousands, says_unknown, survey

# Two relations on the text table: what its cells state, and what reading them starts from. Each step reads the columns
# of the one before, for an expression that repeats another takes the database long to plan.
STATED, PREPARED = "cell_stated", "cell_prepared"
KEPT_ROWS = 20_000  # of a table at most whose stated cells are kept: each question about them costs less then

ORDERS = ("dmy", "mdy")  # of day and month, as they may be said
YES = (
    *("yes", "y", "true", "t", "1", "x", "checked", "ja", "j", "oui", "sí", "si", "sì", "sim", "tak", "wahr", "vrai"),
    *("verdadero", "vero", "v", "✓", "✔", "☑", "✅"),
)
NO = (
    *("no", "n", "false", "f", "0", "unchecked", "nein", "nee", "nej", "non", "não", "nao", "nie", "falsch", "faux"),
    *("falso", "✗", "✘", "☐", "❌"),
)


# What stands in a column of dates without being one: the form of the whole text, what it is, and what to do.
_OF_DATES = {
    r"\d{5}(\.\d+)?": (
        "a spreadsheet's day number stands here, not a date",
        "Format the column as a date before exporting.",
    ),
    periods.FISCAL: (
        "a fiscal year stands here, not a date, and nothing says when it begins",
        "Write the day that is meant, as 2026-11-20.",
    ),
    periods.FORM: (
        "a month, a week, a quarter or the like stands here, not a date",
        "Accept its repair, which reads the last day, or the first where something starts; or write it as 2026-11-20.",
    ),
}


# What a spreadsheet writes where a formula fails, in a column of any type.
_OF_SPREADSHEETS = {
    ERRORS: (
        "a spreadsheet's error stands here, not a value",
        "Mend the formula, or open the workbook in Excel and save it, and export it again.",
    ),
}


_OF_AMOUNTS = {
    effort.IN_OTHER_UNIT: (
        f"the amount states a unit that is not read; {effort.UNITS_READ} are",
        effort.TO_CONVERT,
    ),
}


# The same where the period itself is asked for.
_OF_PERIODS = {
    r"\d{5}(\.\d+)?": _OF_DATES[r"\d{5}(\.\d+)?"],
    r"20[2-9]\d[/-]1[3-9]": ("there is no such month", "Write the month as 2026-03, from 01 to 12."),
    periods.FISCAL: (
        "a fiscal year stands here, and nothing says when it begins",
        "Write the month as 2026-03, the quarter as 2026-Q1.",
    ),
    effort.RANGE: (
        "a range stands here, not one month, and nothing says which month needs how much",
        "Write one row for each month, with the month as 2026-03 and the amount of that month.",
    ),
    effort.HALF_YEAR: ("half a year stands here", "Write its two quarters as 2026-Q1 and 2026-Q2, one row each."),
    effort.MONTH_OR_DAY: (
        "the number may be a year or a day",
        "Write the month with its year in four digits, as 2026-12.",
    ),
    effort.NO_YEAR: (
        "the year is missing",
        "Write the month as 2026-03, the week as 2026-W12, the quarter as 2026-Q1.",
    ),
}


@dataclass(frozen=True)
class Cast:
    """What was decided for a table: notes for the reader (warnings), the currency that its symbols speak of.

    `assumed` says in words what was taken for granted where nothing states a currency. `decided` holds, for columns
    that could be read in two ways, the order of day and month ("dmy", "mdy") or the decimal sign; `formatted`, for
    columns of a workbook whose number format states the currency, its mark and the first row that has it.
    """

    notes: list[Problem]
    currency: str | None
    assumed: str | None = None
    decided: MappingType[str, str] = field(default_factory=dict)
    formatted: MappingType[str, tuple[str, int]] = field(default_factory=dict)
    short_years: tuple[str, ...] = ()


def cast(con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping, known: dict[str, dict[str, str]]) -> Cast:
    """Fill the temporary table `typed` (source_row and the contract's columns that the file has) from a text table.

    Cells that can't be read are added to `found`, each with its place and the fix (see `pipelines.load`).
    `known` holds for "goals" and "programs" every folded identifier and name, and the identifier that it stands for.
    DataProblem when the order of day and month, or the decimal sign, of a column can't be decided.
    """
    seen = survey(con, table, mapping)
    caster = _Caster(con, table, mapping, known, seen)
    columns = [column for name, column in mapping.contract.columns.items() if name in mapping.text]
    typed = {
        column.name: _or_empty(column, seen.typed.get(column.name) or caster.expression(column)) for column in columns
    }
    caster.take_formats(columns)
    caster.ask_effort(columns, typed)
    if caster.questions:
        raise DataProblem(caster.questions[0].message, caster.questions[0].fix, caster.questions)
    read = ",\n".join(f"({typed[c.name]})::{c.sql_type} as {c.name}" for c in columns)
    late = {c.name for c in columns if c.type == "date"} - set(seen.typed)
    days = {c.name: dates.plausible(c.name) if c.name in late else c.name for c in columns if c.type == "date"}
    days |= {c.name: effort.first_day(days[c.name], c.period, mapping.headers[c.name]) for c in columns if c.period}
    kept = ",\n".join(f"{days[name]} as {name}" if name in days else name for name in typed)
    source = f"select source_row, {read} from {PREPARED}"
    con.execute(f"create or replace temp table typed as select source_row, {kept} from ({source})")
    caster.locate_unreadable(name for name in typed if name not in seen.typed)
    caster.locate_said_unknown(columns)
    caster.locate_other_units(columns)
    caster.locate_overlaps(columns)
    caster.note_what_is_assumed(typed)
    order = mapping.dates or next((caster.decided.get(c.name) for c in columns if c.period), None)
    effort_checks.locate(con, table, mapping, STATED, order)
    weeks = effort_checks.weeks_assumed(con, mapping, PREPARED, order)
    return Cast(
        [*mapping.notes, *caster.notes],
        caster.currency,
        "; ".join(filter(None, (caster.assumed, weeks))) or None,
        caster.decided,
        caster.formatted,
        tuple(caster.short_years),
    )


class _Caster:
    """Decides, per column, how its text is read; asks instead of guessing where the column does not tell."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        table: TextTable,
        mapping: Mapping,
        known: dict[str, dict[str, str]],
        seen: Survey,
    ) -> None:
        self.con = con
        self.seen = seen
        self.table = table
        self.mapping = mapping
        self.known = known
        self.currency = mapping.source.currency
        self.marks: set[str] = set()
        self.assumed: str | None = None
        self.questions: list[Problem] = []
        self.notes: list[Problem] = []
        self.fixes: dict[str, str] = {}
        self.decided: dict[str, str] = {}
        self.doubtful: dict[str, str] = {}
        self.short_years: list[str] = []
        self.formatted: dict[str, tuple[str, int]] = {}
        self.own_units: dict[str, str] = {}
        self._create_views()

    def _create_views(self) -> None:
        columns = [c for name, c in self.mapping.contract.columns.items() if name in self.mapping.text]
        stated = "".join(f", {self._stated(c)} as {c.name}" for c in columns)
        days = "".join(f", {dates.day_text(c.name)} as {c.name}_day" for c in columns if c.type == "date")
        bodies = "".join(
            f", {amounts.body(_unsigned(c))} as {c.name}_body"
            for c in columns
            if c.type in ("money", "number", "percent")
        )
        self._let_go()
        plain = all(c.name in self.seen.typed for c in columns if c.type in ("date", "money", "number", "percent"))
        kind = "view" if plain or self.table.rows > KEPT_ROWS else "table"
        self.con.execute(f"create temp {kind} {STATED} as select source_row{stated} from {self.table.relation}")
        self.con.execute(f"create temp view {PREPARED} as select *{days}{bodies} from {STATED}")

    def _let_go(self) -> None:
        """Drop what was kept of the table before."""
        self.con.execute(f"drop view if exists {PREPARED}")
        kept = "from duckdb_tables() where temporary and table_name = ?"
        kind = "table" if self.con.execute(kept, [STATED]).fetchall() else "view"
        self.con.execute(f"drop {kind} if exists {STATED}")

    def expression(self, column: Column) -> str:
        """SQL that gives the column's typed value; NULL where the cell is empty, unknown or can't be read."""
        if column.name not in self.mapping.text:
            return "null"
        readers = {
            "text": self._text,
            "date": self._period if column.period else self._date,
            "money": self._amount,
            "number": self._amount,
            "percent": self._percent,
            "yes_no": self._yes_no,
            "choice": self._choice,
        }
        return readers[column.type](column)

    def locate_unreadable(self, names: Iterable[str]) -> None:
        """Add to `found` every cell that says something that its column's type can't hold."""
        for name in names:
            column = self.mapping.contract.columns[name]
            if column.type in ("text", "choice") or column.known_in:
                continue
            if name in self.doubtful:
                self._locate_doubtful(column, self.doubtful[name])
            if name in self.own_units:
                self._locate_own_units(column, self.own_units[name])
            message, fix = _why_unreadable(column, self.fixes.get(name))
            own = _OF_PERIODS if column.period else _OF_DATES if column.type == "date" else {}
            kinds = own | (_OF_AMOUNTS if column.in_units else {}) | _OF_SPREADSHEETS
            forms = {form: f"when regexp_full_match(value, {quoted(form)}) then" for form in kinds}
            messages = " ".join(f"{forms[form]} {quoted(kinds[form][0])}" for form in kinds)
            fixes = " ".join(f"{forms[form]} {quoted(kinds[form][1])}" for form in kinds)
            self.con.execute(
                f"""
                insert into found
                with bad as (
                    select t.source_row, t.{name} as value
                    from {STATED} as t join typed as y using (source_row)
                    where y.{name} is null
                )
                select
                    source_row, $header, value, $rule, 'error',
                    case {messages} when true then $message end,
                    case {fixes} when true then $fix end
                from bad where value is not null order by source_row
                """,
                {"header": self._header(name), "rule": f"{name}_readable", "message": message, "fix": fix},
            )

    def _locate_doubtful(self, column: Column, where: str) -> None:
        self.con.execute(
            f"""
            insert into found
            select source_row, $header, {column.name}, $rule, 'warning', $message, $fix
            from {PREPARED} where {where} order by source_row
            """,
            {
                "header": self._header(column.name),
                "rule": f"{column.name}_below_one",
                "message": "less than 1 % in a column of percentages from 0 to 100; a fraction may be meant, as "
                "0.45 is for 45 %",
                "fix": "If a fraction is meant, write the percentage (45). If it is right, there is nothing to do.",
            },
        )

    def _locate_own_units(self, column: Column, where: str) -> None:
        scale = self.mapping.scale(column.name)
        self.con.execute(
            f"""
            insert into found
            select source_row, $header, stated, $rule, 'warning',
                'the amount states a unit of its own, so it is read as '
                || format('{{:,}}', {column.name}::bigint) || $unit, $fix
            from (select source_row, {column.name} as stated from {PREPARED} where {where})
            join typed using (source_row) where {column.name} is not null order by source_row
            """,
            {
                "header": self._header(column.name),
                "rule": f"{column.name}_own_unit",
                "unit": f", while the column is in units of {scale:,.0f}",
                "fix": "If that is meant, there is nothing to do; else write the amount in the unit of its column.",
            },
        )

    def locate_said_unknown(self, columns: list[Column]) -> None:
        """Add to `found` every cell that a row needs and that says in words that nothing is known."""
        if self.mapping.rolled_up:
            return
        for column in (c for c in columns if c.required and c.name not in self.seen.known):
            text, label = self.mapping.text[column.name], column.name.replace("_", " ")
            self.con.execute(
                f"""
                insert into found
                select source_row, $header, {text}, $rule, 'error',
                    $label || ' is empty, for “' || left({text}, 40) || '” is read as empty, and a row means nothing '
                    || 'without it', $fix
                from {self.table.relation} join typed using (source_row)
                where {column.name} is null and {says_unknown(column, text)} order by source_row
                """,
                {
                    "header": self._header(column.name),
                    "rule": f"{column.name}_required",
                    "label": label,
                    "fix": f"Fill in {label}, or delete the row.",
                },
            )

    def locate_other_units(self, columns: list[Column]) -> None:
        """Add to `found` every row whose unit is another one than its header's, or than stands beside its amount."""
        for column in (c for c in columns if c.in_units):
            name, unit = column.name, str(column.in_units)
            stated, said = effort.unit_of(self._header(name)), self._header(unit)
            has_column = said not in (effort.UNSTATED, self._header(name))
            own = effort.own_unit(f"s.{name}")
            if stated and has_column:
                self._locate_units(
                    column,
                    said,
                    f"s.{unit}",
                    f"the header {self._header(name)} says {stated}, and this row another unit",
                    f"Write the amount in {stated}, or name the column amount, so that each row's unit counts.",
                    f"y.{unit} <> {quoted(stated)} and s.{unit} is not null",
                )
            if stated or has_column:
                where = f"the header {self._header(name)}" if stated else said
                self._locate_units(
                    column,
                    self._header(name),
                    f"s.{name}",
                    f"the amount states a unit of its own, and {where} another one",
                    f"Write the amount in {stated or 'the unit of its row'}, as a number alone.",
                    f"{own} <> {quoted(stated) if stated else f'y.{unit}'}",
                )

    def _locate_units(self, column: Column, header: str, value: str, message: str, fix: str, where: str) -> None:
        self.con.execute(
            f"""
            insert into found
            select source_row, $header, {value}, $rule, 'error', $message, $fix
            from typed as y join {STATED} as s using (source_row) where {where} order by source_row
            """,
            {"header": header, "rule": f"{column.name}_units_match", "message": message, "fix": fix},
        )

    def ask_effort(self, columns: list[Column], typed: MappingType[str, str]) -> None:
        """Ask for the unit of amounts that nothing states, where they are too large for people."""
        for column in (c for c in columns if c.in_units):
            self._ask_which(column)
            self._ask_by_header(column, typed[column.name])
            if self._header(str(column.in_units)) != effort.UNSTATED:
                continue
            if other := effort.other_unit(self._header(column.name)):
                self._question(
                    "unit_undecided",
                    column,
                    f"{self._header(column.name)} is in {other}, a unit that is not read; {effort.UNITS_READ} are",
                    f"{effort.TO_CONVERT} If they are in one of these already, say --set {column.in_units}=days.",
                )
                continue
            many = f"({typed[column.name]}) > {self._most(columns, typed)} and {effort.own_unit(column.name)} is null"
            if self._ask(f"count(*) filter ({many})")[0]:
                examples = self._examples(column.name, many)
                self._question(
                    "unit_undecided",
                    column,
                    f"nothing states the unit of {self._header(column.name)}, and {examples} would be many people",
                    f"Say it with --set {column.in_units}=hours (or FTE, days, percent), or name it in the header.",
                    examples,
                )

    def _most(self, columns: list[Column], typed: MappingType[str, str]) -> str:
        """SQL: how many FTE an amount without a unit may be, by who it is of and by the period of its row."""
        if "person_id" in self.mapping.contract.key:
            return str(effort.MOST_OF_ONE)
        per = next((typed[c.period] for c in columns if c.period), "null")
        return f"(case {per} when 'week' then {effort.MOST_IN_A_WEEK} else {effort.MOST_PEOPLE} end)"

    def _ask_which(self, column: Column) -> None:
        """Ask which header is the amount, where the one that is read may be a share of what another one counts."""
        header, both = self._header(column.name), f"both say {column.name};"
        others = [note.column for note in self.mapping.notes if note.rule == "header_twice" and both in note.message]
        counts = [other for other in others if other and effort.unit_of(other) != "percent"]
        if effort.unit_of(header) == "percent" and counts:
            self._question(
                "amount_undecided",
                column,
                f"{header} and {counts[0]} both say {column.name}, and one may be a share of the other",
                "Write one column with what is left (5 people at 80 % are 4 FTE), or choose one with "
                f"--map {column.name}={counts[0]!r}.",
            )

    def _ask_by_header(self, column: Column, value: str) -> None:
        """Ask about fractions under a header that says percent, and warn of crowds under one that says FTE."""
        header = self._header(column.name)
        if self._header(str(column.in_units)) != header:
            return
        plain = f"{effort.own_unit(column.name)} is null and ({value})"
        most = effort.MOST_OF_ONE if "person_id" in self.mapping.contract.key else effort.MANY_PEOPLE
        part, many = f"{plain} > 0 and ({value}) < 1", f"{plain} > {most}"
        if effort.unit_of(header) == "percent" and self._ask(f"count(*) filter ({part})")[0]:
            examples = self._examples(column.name, part)
            self._question(
                "unit_undecided",
                column,
                f"{header} says percent, and {examples} may be fractions, as 0.5 is for 50 %",
                f"Where all are fractions, say --set {column.in_units}=FTE; else write each as a percentage (50).",
                examples,
            )
        if effort.unit_of(header) == "FTE" and self._ask(f"count(*) filter ({many})")[0]:
            self._note(
                "many_people",
                f"{header} says FTE, and {self._examples(column.name, many)} would be many people",
                f"If hours are meant, name the header so, or say --set {column.in_units}=hours.",
                header,
            )

    def locate_overlaps(self, columns: list[Column]) -> None:
        """Add to `found` rows whose period lies in that of another row of another kind: a month beside its quarter."""
        periods_of = next((c for c in columns if c.period), None)
        kinds = f"select count(distinct {periods_of.period}) from typed" if periods_of else "select 0"
        if periods_of is None or self.con.sql(kinds).fetchall()[0][0] < 2:
            return
        month, per = periods_of.name, str(periods_of.period)
        same = [k for k in self.mapping.contract.key if k not in (month, per)]
        first_ends, other_ends = (effort.last_day(f"{row}.{month}", f"{row}.{per}") for row in ("a", "b"))
        self.con.execute(
            f"""
            insert into found
            select distinct a.source_row, $header, s.{month}, $rule, 'error', $message, $fix
            from typed as a
            join typed as b
                on {" and ".join(f"a.{k} = b.{k}" for k in same)} and a.{per} <> b.{per}
                and a.{month} <= {other_ends} and b.{month} <= {first_ends}
            join {STATED} as s on s.source_row = a.source_row
            order by 1
            """,
            {
                "header": self._header(month),
                "rule": f"{month}_overlaps",
                "message": "another row says something of this time too, by another kind of period",
                "fix": "Keep the months, the weeks or the quarters of it, and delete the others.",
            },
        )

    def note_what_is_assumed(self, names: Iterable[str]) -> None:
        """Note a currency that nothing states, and goals that can't be looked up; `typed` must be there."""
        columns = [self.mapping.contract.columns[name] for name in names]
        money = [c.name for c in columns if c.type == "money"]
        if money and not (self.currency or self.marks or "currency" in self.mapping.text):
            stated = self._ask(", ".join(f"count({name})" for name in money), f"typed {self._without_currency()}")
            if spoken := [self._header(name) for name, count in zip(money, stated, strict=True) if count]:
                self.assumed = (
                    f"no currency is stated: the amounts of {', '.join(spoken)} are taken as USD "
                    "(a currency column, or --set currency=EUR, says otherwise)"
                )
        if "reported_health" in self.seen.spellings and not self.seen.spellings["reported_health"]:
            header = self._header("reported_health")
            self._note(
                "health_empty",
                f"{header} says nothing in any row; a colour that only fills a cell is not read",
                "Write the colours as words (in Excel: filter by colour, and fill in Green, Amber or Red).",
                header,
            )
        for c in columns:
            own = c.known_in == self.mapping.contract.export
            if own or self.known.get(c.known_in or "") or c.known_in not in ("goals", "projects"):
                continue
            if any(self.seen.spellings[c.name]):
                self._note(
                    f"{c.known_in}_not_loaded",
                    f"{self._header(c.name)} names {c.known_in}, and none are loaded yet, so they are not checked",
                    f"Load the {c.known_in} export too; before this file or together with it.",
                    self._header(c.name),
                )

    def _without_currency(self) -> str:
        """SQL that leaves out projects whose currency another load in force states; a bare table has no store."""
        tables = {name for (name,) in self.con.execute("select table_name from duckdb_tables()").fetchall()}
        if "load_in_force" not in tables or "project_id" not in self.mapping.text:
            return ""
        stating = " union all ".join(
            f"select f.project_id from fact_{export} as f join load as l using (load_id) "
            "semi join load_in_force using (load_id) where coalesce(f.currency, l.currency) is not null"
            for export in ("projects", "status")
        )
        return f"anti join ({stating}) as stating using (project_id)"

    def _note(self, rule: str, message: str, fix: str, header: str) -> None:
        self.notes.append(Problem(rule, message, fix, row=self.table.header_row, column=header, severity="warning"))

    def _header(self, name: str) -> str:
        return self.mapping.headers[name]

    def _stated(self, column: Column) -> str:
        """The cell's text, NULL where it says in words that nothing is known."""
        text = self.mapping.text[column.name]
        if column.name.endswith("_days"):
            text = amounts.days(text)
        free_text = column.type == "text" and not column.is_code and column.name not in self.mapping.contract.key
        if free_text or column.type == "choice":
            return text  # the spellings of a choice say what is unknown
        if column.name in self.seen.known:
            return text
        return f"case when {says_unknown(column, text)} then null else {text} end"

    def _ask(self, sql: str, source: str = PREPARED) -> tuple[int, ...]:
        found = self.con.execute(f"select {sql} from {source}").fetchall()[0]
        return tuple(value or 0 for value in found)

    def _examples(self, name: str, where: str) -> str:
        rows = self.con.execute(
            f"select distinct {name} as value from {PREPARED} where {where} order by 1 limit 3"
        ).fetchall()
        return ", ".join(value for (value,) in rows)

    def _date(self, column: Column) -> str:
        iso, day = dates.iso(column.name), f"{column.name}_day"
        stated, plain = self._ask(f"count({column.name}), count({iso})")
        if stated == plain:
            return iso
        told = self.con.execute(
            f"select {dates.tellers(day, column.name)}, count(*) filter ({dates.is_short(day)}) from {PREPARED}"
        ).fetchall()[0]
        day_first, month_first, either, *_, short = told
        order = self.mapping.dates or dates.order(*told[:-1])
        if short:
            self.short_years.append(column.name)
        if order is None:
            first, second = dates.first_and_second(day)
            examples = self._examples(column.name, f"{first} <= 12 and {second} <= 12 and {first} <> {second}")
            why = "as many rows have the day first as the month" if day_first else "no row has a day above 12"
            self._question(
                "date_order_undecided",
                column,
                f"can't tell day from month in {self._header(column.name)}: {examples} can be read both ways, "
                f"and {why}",
                "Say which comes first with --date-order dmy or --date-order mdy, or write dates as 2026-11-20.",
                examples,
            )
            return "null"
        if self.mapping.dates or either or day_first or month_first:
            self.fixes[column.name] = dates.FIXES[order]
            if order in ORDERS:
                self.decided[column.name] = order
        return dates.written(day, order)

    def _period(self, column: Column) -> str:
        """The first day of a month, week or quarter, as it is named or by any day of it."""
        named = self.con.execute(
            f"select distinct {column.name} from {PREPARED} "
            f"where regexp_full_match({column.name}, {quoted(periods.FORM)})"
        ).fetchall()
        half = re.compile(effort.HALF_YEAR)
        days = {
            text: found.day
            for (text,) in named
            if not half.fullmatch(text) and (found := periods.day(text, start=True))
        }
        first, second = dates.first_and_second(f"{column.name}_day")
        firsts, seconds = self._ask(
            f"coalesce(bool_and({first} = 1) and not bool_and({second} = 1), false)::int, "
            f"coalesce(bool_and({second} = 1) and not bool_and({first} = 1), false)::int"
        )
        if (firsts or seconds) and not self.mapping.dates:
            # Months are written by their first day, whatever the order.
            day = dates.written(f"{column.name}_day", "dmy" if firsts else "mdy")
            self.decided[column.name] = "dmy" if firsts else "mdy"
        else:
            day = self._date(column)
        if not days:
            return day
        known = ", ".join(f"{quoted(text)}: date '{day}'" for text, day in sorted(days.items()))
        return f"coalesce(map {{{known}}}[{column.name}], {day})"

    def _amount(self, column: Column) -> str:
        text, body = _unsigned(column), f"{column.name}_body"
        plain = amounts.plain_number(text)
        grouped = f"regexp_full_match({text}, {quoted(amounts.MAYBE_POINT)})"
        stated, read, three = self._ask(f"count({text}), count({plain}), count(*) filter ({grouped})")
        scale = self.mapping.scale(column.name)
        foreign = points_part_thousands(self.table, self.mapping)
        if stated == read and not (foreign and three):
            return f"({plain})" + (f" * {scale:g}" if scale != 1 else "")
        decimal_comma = self._decimal_comma(column, body, foreign)
        if decimal_comma is None:
            return "null"
        self.decided[column.name] = "," if decimal_comma else "."
        self.fixes[column.name] = (
            f"Amounts in this column are read with a decimal {'comma' if decimal_comma else 'point'}; "
            f"write it like {'1.234,50' if decimal_comma else '1,234.50'}."
        )
        self._symbols(column)
        value = f"({amounts.value(text, body, decimal_comma)})"
        if scale == 1:
            return value
        own = amounts.states_unit(text)
        self.own_units[column.name] = own
        return f"{value} * case when {own} then 1 else {scale:g} end"

    def _decimal_comma(self, column: Column, body: str, foreign: bool) -> bool | None:
        """Whether a comma is the decimal sign of a column; None where that can't be decided, and is asked."""
        if self.mapping.decimal is not None:
            return self.mapping.decimal == ","
        comma, point, three_comma, three_point = self._ask(
            f"count(*) filter (regexp_matches({body}, {quoted(amounts.DECIMAL_COMMA)})),"
            f"count(*) filter (regexp_matches({body}, {quoted(amounts.DECIMAL_POINT)})),"
            f"count(*) filter (regexp_full_match({body}, {quoted(amounts.MAYBE_COMMA)})),"
            f"count(*) filter (regexp_full_match({body}, {quoted(amounts.MAYBE_POINT)}))"
        )
        either = three_comma or three_point
        if comma == point and either and (comma or foreign or (three_comma and three_point)):
            forms = f"{amounts.MAYBE_COMMA}|{amounts.MAYBE_POINT}"
            examples = self._examples(column.name, f"regexp_full_match({body}, {quoted(forms)})")
            self._question(
                "decimal_sign_undecided",
                column,
                f"can't tell the decimal sign of {self._header(column.name)}: {examples} may be thousands or decimals",
                "Say which with --decimal comma or --decimal point, or write the amounts without separators of "
                "thousands, or with two decimals.",
                examples,
            )
            return None
        decimal_comma = comma > point
        if (three_comma if decimal_comma else three_point) and column.type == "money":
            self._ask_mixed_signs(column, body, decimal_comma)
        return decimal_comma

    def _ask_mixed_signs(self, column: Column, body: str, decimal_comma: bool) -> None:
        """Ask about amounts with three decimals among such as have their thousands grouped by the other sign.

        Where others have three decimals and grouped thousands, three are usual.
        """
        grouped, whole, maybe = amounts.parted_otherwise(body, decimal_comma)
        others, exact = self._ask(f"count(*) filter ({grouped}), count(*) filter ({whole})")
        if not others or exact:
            return
        examples = self._examples(column.name, maybe)
        sign = "comma" if decimal_comma else "point"
        self._question(
            "decimal_sign_undecided",
            column,
            f"{self._header(column.name)} has a decimal {sign} and thousands parted otherwise, so {examples} may be "
            "thousands or have three decimals",
            f"If thousands are meant, accept the repair (--repair amount_thousands:*); if not, say --decimal {sign}.",
            examples,
        )

    def _question(self, rule: str, column: Column, message: str, fix: str, value: str | None = None) -> None:
        header = self._header(column.name)
        self.questions.append(Problem(rule, message, fix, row=self.table.header_row, column=header, value=value))

    def _symbols(self, column: Column) -> None:
        """Take the currency from the amounts' own marks where nothing else declares it; ask where they differ."""
        if column.type != "money" or self.mapping.source.currency or "currency" in self.mapping.text:
            return
        found = self.con.execute(
            f"select distinct {amounts.currency_mark(column.name)} from {STATED} where {column.name} is not null"
        ).fetchall()
        self._take_marks(column, {mark for (mark,) in found if mark})

    def take_formats(self, columns: Iterable[Column]) -> None:
        """Take the currency from the number formats of a workbook's cells likewise."""
        if self.mapping.source.currency or "currency" in self.mapping.text:
            return
        for column in columns:
            place = re.search(r"\bc(\d+)\b", self.mapping.text[column.name])
            if column.type != "money" or not place or int(place[1]) not in self.table.currencies:
                continue
            self.formatted[column.name] = self.table.currencies[int(place[1])]
            self._take_marks(column, {self.formatted[column.name][0].upper()})

    def _take_marks(self, column: Column, marks: set[str]) -> None:
        self.marks |= marks
        currencies = amounts.currencies(self.marks)
        if len(currencies) > 1:
            self._question(
                "mixed_currencies",
                column,
                f"{self._header(column.name)} mixes the currencies {', '.join(sorted(currencies))}",
                "Give each row its currency in a column named currency.",
            )
        elif currencies != {"$"}:
            self.currency = next(iter(currencies), self.currency)

    def _percent(self, column: Column) -> str:
        value = self._amount(column)
        bare = f"not contains({column.name}, '%')"
        between, ones, beyond, signed = self._ask(
            "count(*) filter (v between 1e-9 and 1 - 1e-9), count(*) filter (v = 1),"
            f"count(*) filter (v not between 0 and 1), (select count(*) from {PREPARED} where not {bare})",
            f"(select {value} as v from {PREPARED} where {bare})",
        )
        if beyond and between:
            exact = self._ask(
                f"count(*) filter (({value}) not between 0 and 1 and ({value}) <> round({value}))",
                f"(select * from {PREPARED} where {bare})",
            )[0]
            # Beside 12.7 and 88.1 a 0.4 is as exact as they are; beside 12 and 88 it is likely a fraction.
            if not exact or between >= beyond:
                self.doubtful[column.name] = f"{bare} and ({value}) between 1e-9 and 1 - 1e-9"
        if beyond or not (between or (ones and not signed)):
            return value
        says = "runs from 0 to 1, so it is read as fractions (0.5 is 50 %)"
        if not between:
            says = "holds nothing but 0 and 1, so 1 is read as 100 %"
        self.notes.append(
            Problem(
                "percent_as_fraction",
                f"{self._header(column.name)} {says}",
                "Nothing to do if that is right; otherwise write percentages as 0 to 100"
                + (", with the sign (1 %)." if not between else "."),
                row=self.table.header_row,
                column=self._header(column.name),
                severity="warning",
            )
        )
        return f"({value}) * case when {bare} then 100 else 1 end"

    def _yes_no(self, column: Column) -> str:
        said = f"lower({column.name})"
        return f"case when {said} in ({listed(YES)}) then true when {said} in ({listed(NO)}) then false end"

    def _text(self, column: Column) -> str:
        if column.names:
            return self._one_spelling(column, column.names)
        # What refers to another export may do so by name, or in another case.
        if column.known_in and self.known.get(column.known_in):
            return self._spelled(column, self.known[column.known_in])
        return f"upper({column.name})" if column.pattern == "[A-Z]{3}" else column.name

    def _one_spelling(self, column: Column, names: str) -> str:
        """A name as the loads in force spell it, else as the file first does, whatever its case and blanks."""
        known = self.known.get(column.known_in or "", {})
        standing = dict(self.known.get(names, {}))
        values = self.seen.spellings[column.name]
        return self._replaced(
            column, {text: known.get(fold(text)) or standing.setdefault(bare(text), text) for text in values}
        )

    def _choice(self, column: Column) -> str:
        own = {text: value or None for text, value in self.mapping.values.get(column.name, {}).items()}
        spellings: dict[str, str | None] = {spelled(word): None for word in (*UNKNOWN_WORDS, *column.unknown)}
        if "1" in column.values and not own:
            self._ask_for_scale(column)
        unclear = column.unclear_ratings(self.seen.spellings[column.name]) - own.keys()
        if unclear and not self.mapping.profile:
            said = ", ".join(sorted(unclear))
            self._question(
                "ratings_undecided",
                column,
                f"{self._header(column.name)} holds no ratings but {said}: of three, 1 may be the best or the worst, "
                "and of five, 5 is read as the best",
                f"Say what each means, as in --value {column.name}:{min(unclear)}=green.",
                said,
            )
        if any(column.name == other.in_units for other in self.mapping.contract.columns.values()):
            others = filter(effort.is_other_unit, self.seen.spellings[column.name])
            spellings |= dict.fromkeys(map(spelled, others))
        return self._spelled(column, spellings | column.spellings | own, note=bool(column.ratings) and not own)

    def _ask_for_scale(self, column: Column) -> None:
        """Ask what numbers mean that run beyond the column's own, as of 10 or of 100; a lone one is a slip."""
        text, most = self.mapping.text[column.name], max(map(int, column.values))
        number = f"try_cast(replace({text}, ',', '.') as double)"
        relation = self.table.relation
        total, beyond = self.con.sql(
            f"select count({text}), count(*) filter ({number} > {most} or {number} between 1e-9 and 1 - 1e-9 "
            f"or contains({text}, '%')) from \"{relation}\""
        ).fetchall()[0]
        if beyond > 1 and 5 * beyond >= total:
            self._question(
                "scale_undecided",
                column,
                f"{self._header(column.name)} is on another scale than from 1 to {most}",
                f"Write 1 to {most}, or say what each value counts as with --value {column.name}:VALUE=NUMBER.",
            )

    def _spelled(self, column: Column, spellings: MappingType[str, str | None], note: bool = False) -> str:
        """Text with each known spelling replaced by what it stands for; what is not known stays, for the checks."""
        compared = fold if column.known_in else spelled
        changed = {value: spellings.get(compared(value), value) for value in self.seen.spellings[column.name]}
        if note and any(spelled(value) in column.ratings for value in changed):
            self._note_ratings(column)
        return self._replaced(column, changed)

    def _replaced(self, column: Column, changed: MappingType[str, str | None]) -> str:
        """SQL: a column's text with some texts replaced by others."""
        text = column.name
        changed = {value: meant for value, meant in changed.items() if meant != value}
        if not changed:
            return text
        if len(changed) <= 40:
            cases = " ".join(
                f"when {quoted(v)} then {quoted(m) if m is not None else 'null'}" for v, m in changed.items()
            )
            return f"case {text} {cases} else {text} end"
        name = f"spelled_{column.name}"
        self.con.execute(f"create or replace temp table {name} (v varchar, meant varchar)")
        self.con.executemany(f"insert into {name} values (?, ?)", [[v, m] for v, m in changed.items()])
        meant = f"(select any_value(s.meant) from {name} s where s.v = {text})"
        return f"case when {text} in (select v from {name}) then {meant} else {text} end"

    def _note_ratings(self, column: Column) -> None:
        self.notes.append(
            Problem(
                "rating_as_colour",
                f"{self._header(column.name)} holds ratings from 1 to 5; they are read as 5 = best "
                "(5 and 4 green, 3 amber, 2 and 1 red)",
                "If 1 is best in this file, say what each means (--value reported_health:1=green).",
                row=self.table.header_row,
                column=self._header(column.name),
                severity="warning",
            )
        )


def _unsigned(column: Column) -> str:
    """SQL: a number's text, without the sign of a percentage or the unit of somebody's time."""
    if column.in_units:
        return effort.number_of(column.name)
    return f"rtrim(replace({column.name}, '%', ''))" if column.type == "percent" else column.name


def _why_unreadable(column: Column, fix: str | None) -> tuple[str, str]:
    label = column.name.replace("_", " ")
    if column.name.endswith("_days"):
        return (
            f"{label} is not a number of days or weeks",
            "Write the days as a number; 2 days and 1 week are read too.",
        )
    if column.period:
        return (
            f"{label} is not one month, week or quarter",
            "Write a month as 2026-03, a week as 2026-W12; of several, one row each.",
        )
    if column.type == "date":
        return f"{label} is not a date", fix or "Write dates as 2026-11-20."
    if column.in_units:
        return (
            f"{label} is not a number",
            "Write the number alone; its unit (FTE, hours, days, percent) stands in the column unit or in the header.",
        )
    if column.type == "yes_no":
        return f"{label} is neither yes nor no", "Write yes or no."
    if column.type == "percent":
        return f"{label} is not a percentage", "Write a number from 0 to 100, such as 62 or 62 %."
    return f"{label} is not a number", fix or "Write a number below 1e15, without words."


def _or_empty(column: Column, value: str) -> str:
    """SQL: a column's value, and what it says where its cell says nothing."""
    if column.empty is None:
        return value
    return f"case when {column.name} is null then {quoted(column.empty)}::{column.sql_type} else {value} end"
