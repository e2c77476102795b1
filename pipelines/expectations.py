"""What an expectation asks for, kept with its result and said in words: rules change, results stay."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

MOST_VALUES = 20  # of a set that are kept; "more" says how many there were besides


def kept(arguments: Mapping[str, Any]) -> str:
    """The arguments of an expectation as JSON, dates in ISO form, a long set cut.

    >>> kept({"column": "stage", "value_set": ["idea", "active"]})
    '{"column": "stage", "value_set": ["idea", "active"]}'
    """
    plain = dict(arguments)
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
            return f"{first} is {_ends(given.get('min_value'), given.get('max_value'))}"
        case "ExpectColumnValueLengthsToBeBetween":
            return f"{first} has {given['max_value']:,} characters at most"
        case "ExpectColumnValuesToMatchRegex":
            return f"{first} has the form {given['regex']}"
        case "ExpectColumnValuesToNotMatchRegex":
            return f"{first} does not have the form {given['regex']}"
        case "ExpectColumnValuesToBeUnique":
            return f"{first} stands in one row alone"
        case "ExpectCompoundColumnsToBeUnique":
            return f"{both} together stand in one row alone"
        case "ExpectColumnPairValuesAToBeGreaterThanB":
            bigger, smaller = (str(given[name]).replace("_", " ") for name in ("column_A", "column_B"))
            return f"{bigger} is not below {smaller}"
    return ""


def _ends(low: Any, high: Any) -> str:
    if low is not None and high is not None:
        return f"from {_said(low)} to {_said(high)}"
    return f"{_said(low)} or more" if low is not None else f"{_said(high)} or less"


def _said(end: Any) -> str:
    return f"{end:,g}" if isinstance(end, int | float) else str(end)
