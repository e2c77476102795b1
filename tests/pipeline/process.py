"""Run by the tests as a process of its own: `process.py watch WAREHOUSE LAST` reads until that publication."""

import sys
from pathlib import Path

from pipelines.warehouse import Reading, Warehouse


def agree(reading: Reading) -> int:
    """The rows of a warehouse whose loads never speak of the same row: every table must count the same."""
    con = reading.cursor()
    facts, status, loaded, log, last = con.sql(
        """
        select
            (select count(*) from fact_status),
            (select count(*) from fct_status),
            (select sum(rows_loaded) from load)::bigint,
            (select count(*) from load_event) - (select count(*) from load),
            (select max(publication) from publication)
        """
    ).fetchall()[0]
    newest = con.sql(
        "select sum(projects)::bigint from mart_health_week "
        "where review_date = (select max(review_date) from review_date)"
    ).fetchall()[0][0]
    projects = con.sql("select count(*) from project_at(date '2100-01-01')").fetchall()[0][0]
    assert facts == status == loaded, (facts, status, loaded)
    assert newest == projects, (newest, projects)
    assert (log, last) == (0, reading.version), (log, last, reading.version)
    return int(facts)


def watch(folder: Path, last: int) -> None:
    """Look again and again until publication `last`: each look must be whole, and never go back."""
    warehouse, seen, looks = Warehouse(folder), 0, 0
    print("ready", flush=True)
    while seen < last:
        if not warehouse.publication():
            continue
        with warehouse.reading() as reading:
            agree(reading)
            assert reading.version >= seen
            seen, looks = reading.version, looks + 1
    print(looks)


if __name__ == "__main__":
    watch(Path(sys.argv[2]), int(sys.argv[3]))
