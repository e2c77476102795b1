"""What the organisation calls itself: recorded in the journal, the newest counts, and no publication is needed."""

import unicodedata
from functools import lru_cache
from pathlib import Path

from pipelines.build import model
from pipelines.problems import UsageError
from pipelines.warehouse import Warehouse, current_person, now

ORGANISATION = "organisation"
LONGEST = 60
JOINERS = "\u200c\u200d"  # unseen, but parts of words and of emoji


def organisation(warehouse: Warehouse) -> str:
    """The organisation's name, "" where it has none. StoreError where the journal cannot be read."""
    version = warehouse.journal.version()
    return _known(warehouse.folder, version).get(ORGANISATION, "") if version else ""


@lru_cache(maxsize=8)
def _known(folder: Path, version: int) -> dict[str, str]:
    with Warehouse(folder).journal.read(version) as con:
        if not con.sql("select exists (from duckdb_tables() where table_name = 'setting')").fetchall()[0][0]:
            return {}
        return dict(con.sql("select name, arg_max(word, (recorded_at, rowid)) from setting group by name").fetchall())


def set_organisation(warehouse: Warehouse, name: str) -> str:
    """Name the organisation; "" takes the name away. The name as it was recorded: one line, without what is unseen.

    UsageError when it is longer than a sidebar can show.
    """
    kinds = {"Cc": " ", "Zl": " ", "Zp": " ", "Cf": "", "Cs": "", "Cn": "", "Co": ""}
    word = " ".join("".join(c if c in JOINERS else kinds.get(unicodedata.category(c), c) for c in name).split())
    if len(word) > LONGEST:
        raise UsageError(f"the name has {len(word)} characters", f"Use {LONGEST} at most; the sidebar shows no more.")
    if word != organisation(warehouse):
        with warehouse.journal.write() as draft:
            draft.con.execute(model("journal"))
            row = [ORGANISATION, word, now(), current_person()]
            draft.con.execute("insert into setting (name, word, recorded_at, recorded_by) values (?, ?, ?, ?)", row)
    return word
