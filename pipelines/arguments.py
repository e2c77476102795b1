"""What is written behind an option of the command line, read; an error says how it is to be written."""

import argparse

from pipelines.problems import UsageError


def pairs(given: list[str], what: str, form: str, option: str = "--set") -> dict[str, str]:
    pairs = {}
    for text in given:
        name, mark, value = text.partition("=")
        if not mark or not name.strip():
            raise UsageError(f"{option} {text}: a {what} and a value are needed", f"Write {option} {form}.")
        pairs[name.strip()] = value.strip()
    return pairs


def values(given: list[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for text in given:
        column, colon, rest = text.partition(":")
        said, mark, value = rest.rpartition("=")
        if not colon or not mark or not column.strip() or not said.strip():
            fix = "Write --value COLUMN:TEXT=VALUE."
            raise UsageError(f"--value {text}: a column, its text and a value are needed", fix)
        found.setdefault(column.strip(), {})[said.strip()] = value.strip()
    return found


def scale(text: str) -> float:
    try:
        scale = float(text.replace(",", ""))
    except ValueError:
        scale = 0.0
    if not 1e-9 <= scale <= 1e12:
        raise argparse.ArgumentTypeError(f"{text} is no unit, such as 1000 or 1000000")
    return scale


def count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no whole number above 0")
    return int(text)


def seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds, from 0.1 to a day")
    return seconds
