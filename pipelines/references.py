"""What is in force of goals, programs and projects, for columns that refer to them."""

from collections import Counter

import duckdb

from pipelines import build
from pipelines.contract import Contract, bare
from pipelines.headers import fold


class References:
    """What an export may refer to: identifiers and names of other exports, as the loads in force hold them.

    `spellings` has for each other export every identifier and name, folded, and the identifier that it stands for;
    for exports of people's time "teams" and "skills" have the spelling in force of each bare name;
    `shared` the folded names that several projects bear, each with their identifiers: those stand for none of them.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, form: Contract) -> None:
        self.con, self.form = con, form
        self.spellings: dict[str, dict[str, str]] = {}
        self.shared: dict[str, dict[str, list[str]]] = {}
        self._ids: dict[str, list[str]] = {}
        for other in sorted({"goals", "programs"} | form.refers_to):
            rows = con.sql(f"from ({build.named(con, other)}) order by 1").fetchall()
            by_name: dict[str, list[str]] = {}
            for key, name in rows:
                if name:
                    by_name.setdefault(fold(name), []).append(key)
            folded = Counter(fold(key) for key, _ in rows)
            # Identifiers go before names, and of those that differ in a point or a letter's case each is itself alone.
            one = {name: keys[-1] for name, keys in by_name.items() if other != "projects" or len(keys) == 1}
            own = {fold(key): key for key, _ in rows if folded[fold(key)] == 1}
            self.spellings[other] = {name: key for name, key in one.items() if name not in folded} | own
            self.shared[other] = {n: keys for n, keys in by_name.items() if len(keys) > 1 and n not in folded}
            self._ids[other] = [key for key, _ in rows]
        if form.is_of_time:
            self.spellings |= {"teams": self._standing("team"), "skills": self._standing("skill")}

    def _standing(self, column: str) -> dict[str, str]:
        """How the loads in force spell teams or skills, by their bare names; capacity goes first, then the oldest."""
        spoken = " union all ".join(
            f"select {number} as place, load_id, {column} from fact_{export} semi join load_in_force using (load_id)"
            for number, export in enumerate(("capacity", "demand", "assignments"))
        )
        asked = f"select {column} from ({spoken}) where {column} is not null group by all"
        rows = self.con.sql(f"{asked} order by min((place, load_id)) desc, 1").fetchall()
        return {bare(name): name for (name,) in rows}

    def known(self) -> dict[str, set[str]]:
        """The identifiers in force that the export refers to; one that refers to itself knows those of `typed` too."""
        known = {other: set(self._ids[other]) for other in self.form.refers_to}
        if self.form.export in known:
            key = self.form.key[0]
            known[self.form.export] |= {v for (v,) in self.con.sql(f"select {key} from typed").fetchall() if v}
        return known

    def explain(self) -> None:
        """Say in `found` of a reference that is the name of several projects why it stands for none of them."""
        for column in self.form.columns.values():
            if column.known_in != "projects" or not self.shared["projects"]:
                continue
            rule = f"{column.name}_known"
            texts = self.con.execute("select distinct value from found where rule = ?", [rule]).fetchall()
            for (text,) in texts:
                if keys := self.shared["projects"].get(fold(text or "")):
                    ids = ", ".join(keys[:8]) + (", ..." if len(keys) > 8 else "")
                    said = f"{len(keys)} projects bear this name, so it stands for none of them"
                    self.con.execute(
                        "update found set message = ?, fix = ? where rule = ? and value = ?",
                        [said, f"Write the identifier of the one that is meant: {ids}.", rule, text],
                    )
