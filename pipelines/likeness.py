"""How alike a header and a contract's column are by their words: "Est EndDate" means "forecast finish"."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml
from rapidfuzz import fuzz

from pipelines.contract import Column

_OTHER_WORD, _INSIDE = 0.8, 0.4  # the weight of a word in no list, and what of its weight one in a parenthesis has
_SAME = 88  # from which likeness on two words are one, misspelt

Words = dict[str, float]


@dataclass(frozen=True)
class Vocabulary:
    """The words of likeness.yaml, as they are looked up."""

    short: dict[str, str]
    means: dict[str, str]
    light: dict[str, float]
    nothing: frozenset[str]
    other: frozenset[str]
    modes: frozenset[str]
    things: frozenset[str]
    telling: dict[str, frozenset[str]]
    phrases: dict[str, list[str]]
    values: dict[str, dict[str, list[str]]]
    levels: dict[str, list[str]]


@cache
def vocabulary() -> Vocabulary:
    """The words by which headers and texts are compared."""
    given: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
    return Vocabulary(
        short={str(word): meant for word, meant in given["short"].items()},
        means={word: meaning for meaning, words in given["means"].items() for word in words.split()},
        light={word: float(weight) for weight, words in given["light"].items() for word in words.split()},
        **{name: frozenset(given[name].split()) for name in ("nothing", "other", "modes", "things")},
        telling={kind: frozenset(words.split()) for kind, words in given["telling"].items()},
        phrases=given["phrases"],
        values=given["values"],
        levels=given["levels"],
    )


def likeness(header: str, column: Column) -> float:
    """From 0 (no word in common) to 1 (the same words)."""
    words, first = _words(header)
    known = vocabulary()
    if not words or any(word in words and column.type != word for word in ("date", "percent")):
        return 0.0
    if any(column.type == kind and not known.telling[kind] & set(words) for kind in known.telling):
        return 0.0
    own = {"project"} if column.name in ("project_id", "project_name") else set()
    best = 0.0
    phrases = _phrases(column.name, column.aliases)
    modes = {word for _, weights in phrases for word in known.modes & set(weights)}
    for phrase, weights in phrases:
        alike = _alike(words, weights, own | (known.things & set(weights)), modes)
        # Of two equal meanings ("projected/actual") the one that is said first counts.
        best = max(best, alike + (0.01 if first in weights and alike else 0.0))
        if alike and fuzz.ratio(phrase, _plain(header)) >= _SAME:
            best = max(best, 0.9)
    return min(best, 1.0)


def _alike(words: Words, phrase: Words, things: set[str], modes: set[str]) -> float:
    known, common = vocabulary(), 0.0
    matched = set()
    for word, weight in phrase.items():
        match = word if word in words else _misspelt(word, words)
        if match:
            common += min(weight, words[match])
            matched.add(word)
    if any(word in known.other and word not in phrase for word in words):
        return 0.0
    # What a phrase is about has to be said: "baseline finish" is about a finish, "goal id" about a goal.
    about = {word for word, weight in phrase.items() if weight >= 0.5} - known.modes - {"id", "name"}
    if about and 2 * sum(phrase[word] for word in about & matched) <= sum(phrase[word] for word in about):
        return 0.0
    if phrase.keys() <= known.modes and any(weight >= 0.5 for word, weight in words.items() if word not in phrase):
        return 0.0
    spoken = known.things & set(words)
    if things and spoken and not things & spoken:
        return 0.0
    alike = 2 * common / (sum(words.values()) + sum(phrase.values()))
    asked, said = known.modes & set(phrase), known.modes & set(words)
    # An "actual start" is not the start that was planned, though the column is also called "start".
    if said and (asked or modes) and not (asked or modes) & said:
        return alike * 0.3
    return alike * (0.8 if said and not asked else 0.85 if asked and not said else 1)


def _misspelt(word: str, words: Iterable[str]) -> str | None:
    near = [one for one in words if len(one) > 4 and len(word) > 4 and fuzz.ratio(one, word) >= _SAME]
    return near[0] if near else None


@lru_cache(maxsize=500)
def _phrases(name: str, aliases: tuple[str, ...]) -> tuple[tuple[str, Words], ...]:
    texts = (text for text in (name, *aliases, *vocabulary().phrases.get(name, ())) if "cost of work" not in text)
    return tuple((_plain(text), _words(text)[0]) for text in texts)


def _plain(text: str) -> str:
    return " ".join(_split(text))


@lru_cache(maxsize=5_000)
def _words(header: str) -> tuple[Words, str]:
    """The meanings of a header's words with their weights, and the first of them that weighs."""
    found: Words = {}
    inside = {word for part in re.findall(r"[(\[]([^()\[\]]*)[)\]]", header) for word in _split(part)}
    outside = _split(re.sub(r"[(\[][^()\[\]]*[)\]]", " ", header))
    order, known = [], vocabulary()
    for word in [*outside, *(word for word in _split(header) if word in inside)]:
        meaning = known.means.get(word, word)
        if word in known.nothing:
            continue
        weight = 0.1 if meaning.isdigit() else known.light.get(meaning, 1.0 if word in known.means else _OTHER_WORD)
        if word in inside and word not in outside:
            weight *= _INSIDE
        found[meaning] = max(found.get(meaning, 0), weight)
        order += [meaning] if weight >= 0.5 else []
    return found, order[0] if order else ""


def _split(text: str) -> list[str]:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text[:300]).replace("%", " percent ")
    apart = re.sub(r"(?i)\bat completion\b", "atcompletion", apart)
    apart = re.sub(r"(?i)\bto[ _]date\b", " actual ", apart)  # "cost to date" is no date
    apart = apart.replace("#", " id ") if text.strip() != "#" else "id"
    pieces = re.findall(r"[^\W\d_]+|\d+", apart.lower())
    return [word for piece in pieces for word in vocabulary().short.get(piece, piece).split()]
