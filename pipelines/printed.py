"""What became of a load, in words for whoever reads a terminal or a report."""

from shlex import quote

from pipelines.leftout import left_out_in_words
from pipelines.problems import Problem, headline
from pipelines.repair import RULES
from pipelines.report import FileReport, LoadReport, Repair

UNUSED = 12  # unused columns named
SHOWN = 5  # problems shown a rule; --json and `rejected` give all


def print_report(report: LoadReport) -> None:
    """Print what became of a load, for a person."""
    for file in report.files:
        _print_file(file)
    if report.cleared_sample:
        print("The sample organisation makes room for exports of your own.")
    if report.published:
        print(f"Published as publication {report.published}.")
    elif report.blocked and report.dry_run:
        print("Dry run: problems were found; nothing was changed.")
    elif report.blocked:
        rejected_rows = any(f.rows_rejected for f in report.files) and not any(f.refused for f in report.files)
        hint = " Mend the file, or load the good rows alone with --quarantine." if rejected_rows else ""
        print(f"Nothing was published.{hint}")
    elif report.dry_run and not report.has_news:
        print("Dry run: all of this is loaded already; nothing would change.")
    elif report.dry_run:
        print("Dry run: this would load as it is; nothing was changed.")
    else:
        print("All of this is loaded already; nothing changed.")


def _print_file(file: FileReport) -> None:
    name = file.file + (f" [{file.sheet}]" if file.sheet else "")
    what = [file.export or "not recognised"]
    what += [f"profile {file.profile}"] if file.profile else []
    what += [file.encoding] if file.encoding else []
    what += [f"delimiter {file.delimiter!r}"] if file.delimiter else []
    print(f"{name}: {', '.join(what)}")
    if not file.refused and file.export:
        print(
            f"  {_many(file.rows_read, 'row')} read: {file.rows_new:,} new, {file.rows_restated:,} restated, "
            f"{file.rows_unchanged:,} unchanged, {file.rows_rejected:,} rejected; {_many(file.warnings, 'warning')}"
        )
        for decision in file.decisions:
            if decision.what in ("rows", "group headings"):
                print(f"  {decision.value}: {decision.why}")
            elif decision.what.startswith(("hidden ", "merged cells", "currency of")):
                print(f"  {decision.what[0].upper()}{decision.what[1:]}: {decision.value}; {decision.why}")
        if file.assumed:
            print(f"  Note: {file.assumed}")
        if said := left_out_in_words(file.left_out):
            print(f"  Left out: {said}")
        unused = [header for header in file.ignored_columns if header]
        if unused:
            more = f" and {len(unused) - UNUSED:,} more" if len(unused) > UNUSED else ""
            print(f"  Columns not used: {', '.join(unused[:UNUSED])}{more}")
    _print_repairs(file)
    groups: dict[tuple[str, str, str | None, str], list[Problem]] = {}
    for problem in file.problems:
        groups.setdefault((problem.severity, problem.rule, problem.column, problem.fix), []).append(problem)
    for (severity, rule, column, fix), same in sorted(groups.items(), key=lambda g: (g[0][0], -len(g[1]))):
        rows = [p for p in same if p.row is not None and p.row != file.header_row]
        alike = all(p.message == same[0].message for p in same)
        title = headline(same)
        where = f" in {column}" if column and rows else ""
        count = f", {_many(len(rows), 'row')}" if rows else ""
        print(f"  {severity.capitalize()}: {title}{where} ({rule}{count})")
        for problem in [] if alike or rows else same:
            print(f"    {problem.message}")
        for problem in rows[:SHOWN]:
            print(_place(problem) + ("" if alike else f" - {problem.message}"))
        if len(rows) > SHOWN:
            print(f"    ... and {len(rows) - SHOWN:,} more")
        print(f"    {fix}")


def _print_repairs(file: FileReport) -> None:
    """The accepted repairs by rule, and those that are offered, each with the name that accepts it."""
    rules: dict[tuple[bool, str], list[Repair]] = {}
    for one in file.repairs:
        rules.setdefault((one.accepted, one.rule), []).append(one)
    for (accepted, rule), same in sorted(rules.items()):
        words = "Repaired" if accepted else "Offered"
        print(f"  {words}: {RULES[rule]} ({_many(sum(one.count for one in same), 'row')})")
        for one in same[:SHOWN]:
            count = f", {one.count:,} rows" if one.count > 1 else ""
            print(
                f"    {one.before[:80]!r} -> {one.after[:80]!r}{count}"
                + ("" if accepted else f": --repair {quote(one.name)}")
            )
        if len(same) > SHOWN:
            print(f"    ... and {len(same) - SHOWN:,} more")
        if not accepted and len(same) > 1:
            print(f"    All of them: --repair {quote(rule + ':*')}")


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _place(problem: Problem) -> str:
    said = f", {problem.column}" if problem.column else ""
    value = "" if problem.column is None else ": empty" if problem.value is None else f": {problem.value[:80]!r}"
    return f"    row {problem.row}{said}{value}"


def share(share: float | None) -> str:
    """A share of one in percent, never rounded up to all."""
    return "n/a" if share is None else f"{int(round(share * 1000, 6)) / 10:g} %"
