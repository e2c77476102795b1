"""How each column of a table was read, by examples: what a person looks at to see whether a file was understood."""

from collections.abc import Iterable
from collections.abc import Mapping as MappingType
from dataclasses import replace
from typing import Any

import duckdb

from pipelines.effort import in_words
from pipelines.header_names import names_of
from pipelines.profile import Mapping
from pipelines.report import ColumnRead
from pipelines.texttable import TextTable

LOOKED_AT = 500  # rows among which a column's examples are looked for
LONGEST_EXAMPLE = 200  # characters


def columns_typed(
    con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping, decided: MappingType[str, str]
) -> list[ColumnRead]:
    """How each column of a table is read, judged by its first rows; `typed` must be there."""
    text, known = mapping.text, mapping.contract.columns

    def value(name: str) -> str:
        return in_words(known[name], f"y.{name}") if name in known else f"y.{name}::varchar"

    pairs = {
        name: f"{{'text': left({sql}, {LONGEST_EXAMPLE}), 'value': left({value(name)}, {LONGEST_EXAMPLE})}}"
        for name, sql in text.items()
    }
    rows = f"(from typed limit {LOOKED_AT}) as y join {table.relation} as t using (source_row)"
    found = _examples(con, pairs.values(), rows)
    read = [
        ColumnRead(
            mapping.headers[name],
            name,
            tuple(pair["text"] for pair in examples),
            examples[0]["value"] if examples else None,
            decided.get(name),
        )
        for name, examples in zip(pairs, found, strict=True)
    ]
    return read + columns_mapped(con, table, mapping, only_unused=True)


def columns_mapped(
    con: duckdb.DuckDBPyConnection, table: TextTable, mapping: Mapping, *, only_unused: bool = False
) -> list[ColumnRead]:
    """What the columns of a table say, before anything is typed."""
    unused, kept = frozenset(mapping.unmapped), mapping.attributes
    # One header may feed several columns, such as a key and a name.
    feeds: dict[str, list[str | None]] = {}
    for name, header in mapping.headers.items():
        if header not in unused and not only_unused:
            feeds.setdefault(header, []).append(name)
    headers = enumerate(names_of(table.headers))
    wanted = [n for n, header in headers if not only_unused or header in unused or header in kept]
    read = [replace(column, kept=column.header in kept) for column in columns_as_text(con, table, wanted, {})]
    return [replace(column, column=name) for column in read for name in feeds.get(column.header, [None])]


def columns_as_text(
    con: duckdb.DuckDBPyConnection, text: TextTable, places: Iterable[int], feeds: MappingType[str, str]
) -> list[ColumnRead]:
    """What some columns of a table say, by their places; `feeds` names the columns of the contract that they feed."""
    wanted = [n for n in places if text.headers[n]]
    if not wanted:
        return []
    # One list a column at once would take a gigabyte for the 400 columns that a tool may export.
    cells = ", ".join(f"c{n}" for n in wanted)
    first = f"(select {cells} from {text.relation} limit {LOOKED_AT})"
    found = dict(
        con.sql(
            f"select name, list_sort(list(distinct left(text, {LONGEST_EXAMPLE})))[:3] "
            f"from (unpivot {first} on {cells} into name name value text) group by name"
        ).fetchall()
    )
    names = names_of(text.headers)
    return [ColumnRead(names[n], feeds.get(names[n]), tuple(found.get(f"c{n}", ()))) for n in wanted]


def _examples(con: duckdb.DuckDBPyConnection, structs: Iterable[str], rows: str) -> list[list[dict[str, Any]]]:
    """For each struct (with a `text`) up to three that say something, in the order of their texts."""
    asked = [f"list_sort(list(distinct {one}) filter (({one}).text is not null))[:3]" for one in structs]
    return [examples or [] for examples in con.sql(f"select {', '.join(['1', *asked])} from {rows}").fetchall()[0][1:]]
