"""What the Upload page says of a checked load, in words: verdict, how files were read, receipt."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from typing import Any

import pandas as pd

from analytics.reasons import shortened
from components.formats import count, day, number
from pipelines.contract import contract
from pipelines.problems import Problem
from pipelines.profile import profiles
from pipelines.report import ColumnRead, FileReport, LoadReport, ValueRead

NO_VALUE = "empty"

NOUNS = {
    "goals": "goals",
    "programs": "programs",
    "projects": "projects",
    "status": "status reports",
    "milestones": "milestones",
    "dependencies": "dependencies",
    "risks": "risks and issues",
    "benefits": "benefits",
}

KEYED = {
    "goals": "goal",
    "programs": "program",
    "projects": "project",
    "status": "project",
    "milestones": "milestone",
    "dependencies": "dependency",
    "risks": "risk",
    "benefits": "benefit",
}

# What a row of each export speaks of, as an answer.
ROWS = {
    "goals": "A goal",
    "programs": "A program",
    "projects": "A project",
    "status": "How a project stands on a day",
    "milestones": "A milestone or deliverable of a project",
    "dependencies": "What one project needs from another",
    "risks": "A risk or an issue of a project",
    "benefits": "A benefit in a period",
}

_REPAIRS = {
    "shifted_rows": "rows that stand beside their columns",
    "unquoted_delimiter": "one cell parted into two",
    "fill_down": "empty cells below a name that stands once for its group",
    "white_space": "blanks and quotation marks in names",
    "known_name": "other spellings of a name",
    "choice_value": "values near an allowed one",
    "date_order": "day and month the other way round",
    "date_serial": "a spreadsheet's day numbers in place of dates",
    "date_words": "words and marks about dates",
    "date_letters": "letters in dates",
    "date_period": "months, weeks and quarters in place of dates",
    "amount_words": "units, currencies and words about amounts",
    "amount_letters": "letters in amounts",
    "amount_thousands": "thousands in amounts",
    "same_row": "rows that say the same as another",
    "keep_first": "of rows with one key, keep the first",
    "keep_last": "of rows with one key, keep the last",
}
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_SCALES = {1: "full units", 1e3: "thousands", 1e6: "millions", 1e9: "billions"}

_DECIDED = {
    "dmy": "with the day first",
    "mdy": "with the month first",
    ",": "with a decimal comma",
    ".": "with a decimal point",
}

# The pipeline speaks to the command line; on the page the same is said by a control.
_IN_PAGE_WORDS = (
    (r"with --date-order dmy or --date-order mdy", "under Order of dates"),
    (r"with --decimal comma or --decimal point", "under Decimal sign"),
    (r"Say what the amounts are in: --scale .+?, or --scale 1 for full units", "Say their unit under Amounts are in"),
    (r"; and --set currency=(\w+) if that holds for all of them", r", and \1 under Currency if it holds for every row"),
    (r"(, or |or )?give one value for all rows with --set (\w+)=VALUE", r"\1give \2 one value for every row"),
    (r"or --set currency=EUR", "or one value for every row"),
    (r"say --as projects|load it as a list with --as projects", "choose Projects under Export"),
    (r"with --value \"\w+:TEXT=VALUE\"(.*) \(no VALUE\)", r"under How each column is read\1"),
    (r"(say which export it is|Name it) with --as", "say which export it is under Export"),
    (r"say what each value counts as with --value (\w+):VALUE=NUMBER", r"say what each value of \1 counts as"),
    (r"load it with a --profile that knows", "choose a profile that knows"),
    (r" \(--map COLUMN=.+?\): then", " under How each column is read: then"),
    (r"choose a --profile", "choose one under Profile"),
    (r"`python -m pipelines templates DIR`", "see the templates"),
    (r"^--set (\w+)", r"\1, one value for every row"),
)


def worded(text: str) -> str:
    """A message or fix as it is said on the page.

    >>> worded("Say which comes first with --date-order dmy or --date-order mdy, or write dates as 2026-11-20.")
    'Say which comes first under Order of dates, or write dates as 2026-11-20.'
    """
    for pattern, words in _IN_PAGE_WORDS:
        text = re.sub(pattern, words, text)
    return text


def place(file: FileReport) -> str:
    """A file's name, with its sheet."""
    return f"{file.file}, sheet {file.sheet}" if file.sheet else file.file


def together(files: Sequence[FileReport]) -> str:
    """What files are called in a sentence: the name of one, the number of several."""
    names = list(dict.fromkeys(file.file for file in files))
    return names[0] if len(names) == 1 else f"{number(len(names))} files"


def total(report: LoadReport, count: str) -> int:
    """A count over all files."""
    return sum(getattr(file, count) for file in report.files)


def verdict(report: LoadReport) -> str:
    """What a check found, in a sentence."""
    refused = [file for file in report.files if file.refused]
    name = together(report.files)
    if refused:
        return _refused(report, refused)
    if rejected := total(report, "rows_rejected"):
        bad = [file for file in report.files if file.rows_rejected]
        of = f"{count(sum(file.rows_read for file in bad), 'row')} of {together(bad)}"
        return f"{number(rejected)} of {of} cannot be loaded as {_they(rejected)}{_beside(report, bad)}"
    if not report.has_news:
        return f"{name} {_is(report)} loaded already: nothing would change"
    new, restated = total(report, "rows_new"), total(report, "rows_restated")
    parts = [f"{number(count)} {word}" for count, word in ((new, "new"), (restated, "restated")) if count]
    if not parts:
        return f"{name}: every row is loaded already; publishing says so again"
    return f"{name} {_is(report)} ready to publish: {' and '.join(parts)} {'row' if new + restated == 1 else 'rows'}"


def _refused(report: LoadReport, refused: Sequence[FileReport]) -> str:
    name = together(refused)
    # What is wrong with single rows comes after what stops the whole file.
    errors = [p for file in refused for p in file.problems if p.severity == "error"]
    whole = [p for file in refused for p in of_the_whole(file) if p.severity == "error"]
    rules = {problem.rule for problem in whole or errors}
    part = "" if len(refused) == len(report.files) else f", of {number(len(report.files))} files,"
    if rules <= {"date_order_undecided", "decimal_sign_undecided", "unit_undecided"}:
        return f"{name} can be read in two ways: say which"
    if any(file.unreadable for file in refused):
        return f"{name}{part} cannot be read"
    if rules == {"no_rows"}:
        return f"{name}{part} {'has a header' if len(refused) == 1 else 'have headers'} and no rows"
    if rules == {"unknown_export"} and not any(file.export for file in refused):
        return f"{name}{part} is not recognised yet: say what it holds"
    if rules == {"missing_column"} and (columns := list(dict.fromkeys(chain(*map(lacking, refused))))):
        return f"{name}{part} does not say the {' and the '.join(map(spoken, columns[:3]))} yet"
    return f"{name}{part} cannot be used as it stands"


def of_the_whole(file: FileReport) -> list[Problem]:
    """The problems that speak of a file as such, not of one of its rows; a unit may stand in a line below them."""
    header = file.header_row or 1
    return [p for p in file.problems if p.row is None or p.row <= header or p.rule == "unit_undecided"]


def _beside(report: LoadReport, bad: Sequence[FileReport]) -> str:
    good = len({file.file for file in report.files}) - len({file.file for file in bad})
    if not good:
        return ""
    return f"; the {f'{number(good)} other files are' if good > 1 else 'other file is'} good"


def lacking(file: FileReport) -> list[str]:
    """The columns that a file's export needs, and that its problems say are missing."""
    said = " ".join(problem.message for problem in file.problems if problem.rule == "missing_column")
    export = meant(file)
    return [name for name in contract(export).required if spoken(name) in said] if export and said else []


def title(profile: str) -> str:
    """What a profile or a saved mapping is called."""
    return profiles()[profile].title if profile in profiles() else profile


def source_name(source: str) -> str:
    """What a source is called: a shipped profile by its title, files with our own headers in words.

    >>> source_name("template"), source_name("Depot tool")
    ('Files with our headers', 'Depot tool')
    """
    return "Files with our headers" if source == "template" else title(source)


def source_names(sources: Iterable[str]) -> dict[str, str]:
    """Sources and what they are called; of two that are called alike, each says its own name too."""
    names = {source: source_name(source) for source in sources}
    alike = Counter(names.values())
    return {source: f"{name} ({source})" if alike[name] > 1 else name for source, name in names.items()}


def meant(file: FileReport) -> str | None:
    """The export that a file is, or that it is but for a column that it needs; None where it is not recognised."""
    said = " ".join(problem.message for problem in file.problems if problem.rule == "missing_column")
    return file.export or next((name for name in NOUNS if f"the {name} export" in said), None)


def spoken(column: str) -> str:
    """A column of a contract as people say it.

    >>> spoken("status_date")
    'status date'
    """
    return column.replace("_", " ")


def _is(report: LoadReport) -> str:
    return "is" if len({file.file for file in report.files}) == 1 else "are"


def _they(count: int) -> str:
    return "it stands" if count == 1 else "they stand"


def context(report: LoadReport) -> list[str]:
    """What stands under the verdict: what the files are, what is good, what is offered."""
    said = ["Nothing is published yet"]
    nouns = list(dict.fromkeys(NOUNS[file.export] for file in report.files if file.export))
    if nouns and len(report.files) == 1:
        said.append(f"read as {nouns[0]}")
    if total(report, "rows_rejected"):
        said.append(f"{count(good_rows(report), 'good row')}")
    if offered := sum(not repair.accepted for file in report.files for repair in file.repairs):
        said.append(f"{count(offered, 'repair')} offered")
    if warnings := total(report, "warnings"):
        said.append(count(warnings, "warning"))
    if report.cleared_sample:
        said.append("the sample organisation makes room")
    return said


def repairs_title(offered: int, accepted: int) -> str:
    """How many repairs wait for a word, and how many were accepted.

    >>> repairs_title(2, 0), repairs_title(0, 1), repairs_title(1, 3)
    ('2 repairs are offered', '1 repair is accepted', '1 repair is offered, 3 are accepted')
    """
    if not accepted:
        return f"{count(offered, 'repair')} {'is' if offered == 1 else 'are'} offered"
    taken = f"{'is' if accepted == 1 else 'are'} accepted"
    if not offered:
        return f"{count(accepted, 'repair')} {taken}"
    return f"{count(offered, 'repair')} {'is' if offered == 1 else 'are'} offered, {number(accepted)} {taken}"


def rule_title(rule: str) -> str:
    """A rule's name as a title.

    >>> rule_title("known_name"), rule_title("status_date_in_future")
    ('Other spellings of a name', 'Status date in future')
    """
    text = _REPAIRS.get(rule, rule.replace("_", " "))
    return f"{text[:1].upper()}{text[1:]}"


def kinds(file: FileReport) -> str:
    """How many rows of a file are no data, by kind, most of them first; "" where there are none."""
    found: Counter[str] = Counter()
    for row in file.left_out:
        found[row.kind] += row.count
    return ", ".join(f"{number(n)} {kind}" for kind, n in found.most_common())


def lines_left_out(file: FileReport) -> int:
    """How many lines of a file are no data."""
    return sum(row.count for row in file.left_out)


def as_day(text: str) -> dt.date | None:
    """A day as it was set for every row, None where it is none."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def read_as(file: FileReport) -> str:
    """What a file was understood as, in a sentence."""
    if file.export:
        used = sum(column.column is not None for column in file.columns)
        of = f", {number(used)} of its {count(len(file.columns), 'column')} used" if file.columns else ""
        return f"{place(file)} {'looks like' if file.refused else 'is read as'} {NOUNS[file.export]}{of}"
    return f"{place(file)} is not read" if file.refused else f"{place(file)} is left alone"


def form(file: FileReport) -> str:
    """How a file is written: kind, encoding, delimiter, header row, rows, profile and source."""
    if not file.rows_read and not file.export:
        return ""
    parts = [written_as(file.encoding, file.delimiter)]
    parts += [f"header in row {file.header_row}", count(file.rows_read, "row")]
    if file.profile:
        parts.append(f"profile: {title(file.profile)}")
    if file.source and file.source != "template":
        parts.append(f"source {source_name(file.source)}")
    return ", ".join(parts)


def written_as(encoding: str | None, delimiter: str | None) -> str:
    """The kind of a file, its encoding and what parts its cells.

    >>> written_as("utf-8-sig", ";"), written_as(None, None)
    ('CSV, UTF-8 with a byte order mark, cells parted by semicolon', 'Excel workbook')
    """
    if not delimiter:
        return "Excel workbook"
    return f"CSV, {encoding_name(encoding)}, cells parted by {delimiter_name(delimiter)}"


def encoding_name(encoding: str | None) -> str:
    """An encoding as people write it."""
    known = (encoding or "n/a").replace("utf", "UTF").replace("windows", "Windows")
    return known.replace("-sig", " with a byte order mark")


def delimiter_name(delimiter: str | None) -> str:
    """What parts cells, in words."""
    return _DELIMITERS.get(delimiter or "", delimiter or "n/a")


def scale_name(scale: float) -> str:
    """The unit of amounts, in words."""
    return _SCALES.get(scale, f"units of {scale:,.0f}")


def assumptions(file: FileReport) -> list[str]:
    """What was decided or assumed where a file can be read in two ways."""
    said = []
    for column in file.columns:
        if column.decided and column.examples:
            example, value = column.examples[0], shown(column)
            became = f": {example} is {value}" if column.read_as and value != example else ""
            said.append(f"{worded(column.header)} is read {_DECIDED[column.decided]}{became}.")
    if file.assumed:
        text = worded(file.assumed)
        said.append(f"{text[:1].upper()}{text[1:]}.")
    return said


def shown(column: ColumnRead) -> str:
    """What the first example of a column became."""
    return "" if column.read_as is None else shortened(written(column.column or "", column.read_as), 40)


def written(column: str, text: str) -> str:
    """A typed value of a contract's column as people write it."""
    kind = _type(column)
    if kind == "date":
        return day(pd.Timestamp(text))
    if kind == "yes_no":
        return "yes" if text == "true" else "no"
    return f"{float(text):,.10g}" if kind in ("money", "number", "percent") else text


@cache
def _type(name: str) -> str:
    found = (contract(export).columns.get(name) for export in NOUNS)
    return next(column.type for column in found if column)


def change_title(report: LoadReport) -> str:
    """Which columns would be restated, most cells first."""
    cells = pd.DataFrame([file.changed_cells for file in report.files]).sum()
    summed = {str(name): int(count) for name, count in cells.items()}
    ranked = sorted(summed.items(), key=lambda item: -item[1])
    parts = [f"{name.replace('_', ' ')} in {number(count)}" for name, count in ranked[:3]]
    more = f" and {count(len(ranked) - 3, 'other column')}" if len(ranked) > 3 else ""
    return f"{count(total(report, 'rows_restated'), 'row')} would be restated: {', '.join(parts)}{more}"


def moment(at: Any) -> str:
    """A moment of the store's clock.

    >>> moment(pd.Timestamp("2026-11-20 16:55"))
    '20 Nov 2026 16:55 UTC'
    """
    return "n/a" if at is None or pd.isna(at) else f"{day(at)} {at:%H:%M} UTC"


def problem_title(groups: pd.DataFrame) -> str:
    """How many errors and warnings there are, from their kinds."""
    errors = int(groups.loc[groups["severity"] == "error", "count"].sum())
    parts = [count(errors, "error")] if errors else []
    if warned := int(groups["count"].sum()) - errors:
        parts.append(count(warned, "warning"))
    return " and ".join(parts)


def why_closed(report: LoadReport) -> str:
    """Why Publish is closed, and what opens it; "" where it is open."""
    if any(file.refused for file in report.files):
        which = together([file for file in report.files if file.refused])
        return f"Nothing can be published while {which} is not read: see what to do below, or drop a mended file here."
    if rejected := total(report, "rows_rejected"):
        which = "the row" if rejected == 1 else "the rows"
        offered = any(not repair.accepted for file in report.files for repair in file.repairs)
        steps = ["say below what each unknown text means"] if any(map(unknown_texts, report.files)) else []
        steps += ["accept the repairs below that are right"] if offered else []
        todo = ", or ".join([*steps, "mend"])
        text = f"Publish opens when every row is good. {todo[:1].upper()}{todo[1:]} {which} and drop the file "
        if not can_part(report):
            rest = "that is not loaded already" if good_rows(report) else "yet"
            return f"{text}again; there is no good row in it {rest}."
        aside = "the other is kept with its reason" if rejected == 1 else "the others are kept with their reasons"
        return f"{text}again, or publish the good rows alone: {aside}, to be mended later."
    return "" if report.has_news else "There is nothing to publish: everything in it is loaded already."


def unknown_texts(file: FileReport) -> dict[str, list[ValueRead]]:
    """For columns of choices: the texts that mean none of the allowed values, and like which none is either."""
    found = {
        column.column: [one for one in column.values if one.read_as is None and not one.suggested]
        for column in file.columns
        if column.column
    }
    return {name: texts for name, texts in found.items() if texts}


def sentence(text: str) -> str:
    """A message as a sentence; one that begins with the name of a file or column keeps it as it is written.

    >>> sentence("budget is empty"), sentence("photo.csv is empty"), sentence("goal_id names goals")
    ('Budget is empty', 'photo.csv is empty', 'goal_id names goals')
    """
    first = text.partition(" ")[0]
    return text if set("._/\\") & set(first.rstrip(".:,")) else f"{text[:1].upper()}{text[1:]}"


def can_part(report: LoadReport) -> bool:
    """Whether the good rows could be published without the rejected ones."""
    return bool(report.has_news and good_rows(report) and not any(file.refused for file in report.files))


def good_rows(report: LoadReport) -> int:
    """How many rows have no error."""
    return sum(total(report, name) for name in ("rows_new", "rows_restated", "rows_unchanged"))
