"""What an expectation asks for, kept with its result and said in words: rules change, results stay."""

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

MOST_VALUES = 20  # of a set that are kept; "more" says how many there were besides


def kept(arguments: Mapping[str, Any], message: str) -> str:
    """The arguments of an expectation as JSON, dates in ISO form, a long set cut; with what is said of a failing row.

    >>> kept({"column": "stage", "value_set": ["idea", "active"]}, "not a stage")
    '{"column": "stage", "value_set": ["idea", "active"], "message": "not a stage"}'
    """
    plain = {**arguments, "message": message}
    values = plain.get("value_set", ())
    if len(values) > MOST_VALUES:
        plain |= {"value_set": list(values[:MOST_VALUES]), "more": len(values) - MOST_VALUES}
    return json.dumps(plain, default=lambda value: value.isoformat() if isinstance(value, dt.date) else str(value))


def in_words(expectation: str, columns: Sequence[str], arguments: str | None) -> str:
    """What an expectation asks of its columns; "" where its arguments were not kept, or it is not known.

    >>> in_words("ExpectColumnValuesToBeBetween", ["budget"], '{"column": "budget", "min_value": 0, "max_value": null}')
    'budget is 0 or more'
    """
    if arguments is None:
        return ""
    given = json.loads(arguments)
    names = [name.replace("_", " ") for name in columns]
    first, both = names[0], " and ".join(names)
    match expectation:
        case "ExpectColumnValuesToNotBeNull":
            return f"{first} is filled in"
        case "ExpectColumnValuesToBeInSet":
            more = f" and {given['more']:,} more" if "more" in given else ""
            return f"{first} is one of {', '.join(map(str, given['value_set']))}{more}"
        case "ExpectColumnValuesToBeBetween":
            ends = _ends(given.get("min_value"), given.get("max_value"))
            if str(given["column"]).endswith("_added_up"):
                return f"{first} adds up to {ends} for each {names[-1]}"
            return f"{first} is {ends}"
        case "ExpectColumnValueLengthsToBeBetween":
            return f"{first} has {given['max_value']:,} characters at most"
        case "ExpectColumnValuesToMatchRegex" | "ExpectColumnValuesToNotMatchRegex":
            # A pattern says little to who does not write them.
            return f"fails where {given['message']}"
        case "ExpectColumnValuesToBeUnique":
            return f"{first} stands in one row alone"
        case "ExpectCompoundColumnsToBeUnique":
            return f"{both} together stand in one row alone"
        case "ExpectColumnPairValuesAToBeGreaterThanB":
            bigger, smaller = (str(given[name]).replace("_", " ") for name in ("column_A", "column_B"))
            bigger = bigger.replace(" with tolerance", ", with its tolerance,")
            return f"{bigger} is not below {smaller}"
    return ""


def title(expectation: str) -> str:
    """The name of an expectation, parted into words.

    >>> title("ExpectColumnPairValuesAToBeGreaterThanB")
    'Expect column pair values A to be greater than B'
    """
    first, *words = re.findall(r"[A-Z][a-z]*", expectation)
    return " ".join([first, *(word if len(word) == 1 else word.lower() for word in words)])


def _ends(low: Any, high: Any) -> str:
    if low is not None and high is not None:
        return f"from {_said(low)} to {_said(high)}"
    return f"{_said(low)} or more" if low is not None else f"{_said(high)} or less"


def _said(end: Any) -> str:
    return f"{end:,g}" if isinstance(end, int | float) else str(end)
