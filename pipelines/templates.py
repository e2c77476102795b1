"""What people get from the contracts: a template to fill in for each export, and the data dictionary."""

import csv
import io
from pathlib import Path

from pipelines.contract import Column, Contract, contract, contracts


def template_rows(form: Contract) -> list[list[str]]:
    """An export's template: the header and one example row."""
    return [list(form.columns), [column.example for column in form.columns.values()]]


def template(export: str) -> bytes:
    """An export's template as a CSV file."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(template_rows(contract(export)))
    return out.getvalue().encode("utf-8-sig")


def write_templates(folder: Path) -> list[Path]:
    """Write one CSV template an export into a folder (made if need be); the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for form in contracts():
        file = folder / f"{form.export}.csv"
        file.write_bytes(template(form.export))
        files.append(file)
    return files


def dictionary() -> str:
    """The data dictionary in Markdown: every export, its key, its columns and its rules."""
    return "\n".join(
        [
            "# Data dictionary",
            "",
            "What each export may hold. Headers are matched without regard to case, spaces and punctuation.",
            "The other headers listed are read as the same column. `make docs` writes this page from the contracts.",
            "",
            *(line for form in contracts() for line in _chapter(form)),
        ]
    )


def _chapter(form: Contract) -> list[str]:
    return [
        f"## {form.title} (`{form.export}`)",
        "",
        f"{form.answers} One row: {form.grain.removeprefix('one row ')}. Key: {', '.join(f'`{k}`' for k in form.key)}.",
        "",
        "| Column | Unit | Needed | What it means | Example | Also read as |",
        "|---|---|---|---|---|---|",
        *(_line(column) for column in form.columns.values()),
        "",
        *(["Rules:", "", *(_rule(rule) for rule in form.rules), ""] if form.rules else []),
    ]


def _line(column: Column) -> str:
    limits = f" One of: {', '.join(column.values)}." if column.values else ""
    also = ", ".join(column.aliases)
    needed = "yes" if column.required else ""
    return f"| `{column.name}` | {column.unit} | {needed} | {column.help}{limits} | {column.example} | {also} |"


def _rule(rule: dict[str, str]) -> str:
    effect = "the row is rejected" if rule["severity"] == "error" else "the row loads and is flagged"
    return f"- {rule['message'].capitalize()}: {effect}. {rule['fix']}"
