"""What each header of a file is called where several are alike, and which one a name means."""

import re
from collections import Counter
from collections.abc import Sequence

from pipelines.headers import fold, tidy


def names_of(headers: Sequence[str]) -> tuple[str, ...]:
    """How each header is named: by its text, and from the second of those that fold alike on as "Sprint [2]"."""
    seen: Counter[str] = Counter()
    names = []
    for header in headers:
        folded = fold(header)
        seen[folded] += 1
        names.append(f"{header} [{seen[folded]}]" if header and seen[folded] > 1 else header)
    return tuple(names)


def place_of(headers: Sequence[str], said: str) -> int | None:
    """Where the header is that is named so, None where there is none; the inverse of `names_of`.

    The text as written goes first, then "Sprint [2]" as the second Sprint, then whatever folds alike.
    """
    if said in headers:
        return headers.index(said)
    if numbered := re.fullmatch(r"(.*\S)\s*\[(\d{1,5})\]", tidy(said), re.S):
        alike = [i for i, header in enumerate(headers) if header and fold(header) == fold(numbered[1])]
        number = int(numbered[2])
        if 1 <= number <= len(alike):
            return alike[number - 1]
    wanted = fold(said)
    return next((i for i, header in enumerate(headers) if wanted and fold(header) == wanted), None)
