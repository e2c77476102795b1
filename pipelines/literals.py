"""Texts as SQL literals."""

from collections.abc import Iterable


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def listed(texts: Iterable[str]) -> str:
    """Texts as SQL literals, with commas between them."""
    return ", ".join(map(quoted, texts))
