"""What the Upload page says of a publication: its headline, and the receipt to be kept."""

import pandas as pd

from components.formats import count, number, rate
from components.upload_words import kinds, lines_left_out, moment, place, rule_title, title, together, total
from pipelines.profile import profiles
from pipelines.report import FileReport, LoadReport


def published(report: LoadReport) -> str:
    """What came of publishing, in a sentence."""
    name = together(report.files)
    if not report.published:
        are = "is" if len({file.file for file in report.files}) == 1 else "are"
        return f"{name} {are} loaded already: nothing changed"
    new, restated = total(report, "rows_new"), total(report, "rows_restated")
    parts = [f"{number(count)} {word}" for count, word in ((new, "new"), (restated, "restated")) if count]
    return f"Published: {' and '.join(parts) or 'no new'} {'row' if new + restated == 1 else 'rows'} from {name}"


def published_context(report: LoadReport) -> list[str]:
    """What stands under the receipt's headline."""
    if not report.published:
        return ["No publication was made"]
    said = [f"Publication {report.published}", moment(report.published_at), f"by {report.published_by}"]
    if aside := total(report, "rows_rejected"):
        said.append(f"{count(aside, 'row')} kept aside, to be mended")
    return said


def receipt(report: LoadReport) -> str:
    """What was published, as text that can be filed."""
    lines = [
        f"Rightwork, publication {report.published}",
        f"Published {moment(report.published_at)} by {report.published_by}",
        "",
    ]
    for file in report.files:
        lines += [
            place(file) + (f" (sha256 {file.digest[:12]})" if file.digest else ""),
            f"  {_receipt_line(file)}",
        ]
    if report.cleared_sample:
        lines += ["", "The sample organisation made room."]
    return "\n".join(lines)


def _receipt_line(file: FileReport) -> str:
    if not file.export:
        return "left alone"
    rows = (
        f"{count(file.rows_read, 'row')} read: {number(file.rows_new)} new, {number(file.rows_restated)} restated, "
        f"{number(file.rows_unchanged)} unchanged, {number(file.rows_rejected)} rejected; "
        f"{count(file.warnings, 'warning')}"
    )
    said = f"load {file.load_id}, {file.export}, {rows}" if file.load_id else f"{file.export}, {rows}; loaded already"
    lines = [said]
    if file.quality is not None:
        lines.append(f"{rate(file.quality)} of the rows without a problem")
    if file.profile:
        lines.append(f"read by the {'profile' if file.profile in profiles() else 'mapping'} {title(file.profile)}")
    if file.left_out:
        lines.append(f"{count(lines_left_out(file), 'line')} left out as no data: {kinds(file)}")
    made = [repair for repair in file.repairs if repair.accepted]
    for rule in dict.fromkeys(repair.rule for repair in made):
        alike = [repair for repair in made if repair.rule == rule]
        cells = count(sum(repair.count for repair in alike), "cell" if alike[0].column else "row")
        lines.append(f"repaired: {rule_title(rule).lower()}, {cells}")
    return "\n  ".join(lines)


def receipt_frame(report: LoadReport) -> pd.DataFrame:
    """The receipt as a table, one row a file or sheet."""
    names = ["file", "sheet", "digest", "export", "profile", "load_id", "rows_read", "rows_new", "rows_restated"]
    names += ["rows_unchanged", "rows_rejected", "warnings", "quality"]
    frame = pd.DataFrame([{name: getattr(file, name) for name in names} for file in report.files])
    frame.insert(0, "publication", report.published)
    frame["lines_left_out"] = [lines_left_out(file) for file in report.files]
    frame["repaired"] = [sum(repair.count for repair in file.repairs if repair.accepted) for file in report.files]
    return frame.assign(published_at=moment(report.published_at), published_by=report.published_by)


def differs(checked: LoadReport, published: LoadReport) -> bool:
    """Whether a publication did other than its check said: somebody published in between."""
    names = ("rows_new", "rows_restated", "rows_unchanged", "rows_rejected")
    return any(total(checked, name) != total(published, name) for name in names)
