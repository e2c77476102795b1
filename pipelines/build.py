"""Facts in force to models: what every page reads, built at load for the latest knowledge, on demand for older."""

import datetime as dt
from pathlib import Path

import duckdb

from pipelines import attributes
from pipelines.contract import Contract, contract, contracts
from pipelines.profile import name_key

FOLDER = Path(__file__).parent / "models"
# What status reports stand beside: exports with a status date of their own, the model of each, and what it keeps apart.
DATED = {"milestones": ("fct_milestone", "milestone_id"), "risks": ("fct_risk", "risk_id")}


def model(name: str) -> str:
    """The SQL text of a model, without its opening comment's effect on anything."""
    return (FOLDER / f"{name}.sql").read_text("utf-8")


def project_at() -> str:
    """The SQL of the macros that say how projects stand on a day."""
    return model("project_at").replace("{resources}", _resources("(select day as review_date)"))


def demand_at(days: str, months: str) -> str:
    """SQL: who needs how many people, on each of some days, in the months that a condition on d.month names."""
    return model("demand_at").replace("{days}", days).replace("{months}", months)


def shortfall(demand: str) -> str:
    """SQL: what each project gets of what it needs, for a relation as `demand_at` gives it."""
    return model("shortfall").replace("{demand}", demand)


def _resources(days: str) -> str:
    first = "date_trunc('month', day.review_date) + interval {} month"
    months = f"d.month >= {first.format(1)} and d.month < {first.format(4)}"
    return model("resources").replace("{shortfall}", shortfall(f"({demand_at(days, months)})"))


def loads_in_force(publication: int) -> str:
    """SQL: the loads in force after a publication, by replaying the log of load events up to it."""
    return (
        "select load_id from load_event "
        f"where publication <= {int(publication)} group by load_id "
        "having arg_max(event, publication) <> 'withdrawn'"
    )


def _own_rows(export: str, where: str) -> str:
    return (
        "select load_id, source_row, load_id as fact_load_id, source_row as fact_source_row, "
        f"* exclude (load_id, source_row) from fact_{export} where {where}"
    )


def _one_speaks(con: duckdb.DuckDBPyConnection, form: Contract) -> bool:
    speaking = con.sql(f"select count(distinct load_id) from fact_{form.export}").fetchall()[0][0]
    return speaking <= 1 and not con.sql(f"select exists (from seen_{form.export})").fetchall()[0][0]


def winners(con: duckdb.DuckDBPyConnection, form: Contract, only: str | None = None) -> str:
    """SQL: for each key the row of the newest load in force that speaks of it. Reads load_in_force.

    Columns: load_id and source_row (the oldest load in force that says just this, and its row), fact_load_id and
    fact_source_row (where the cells are kept), then the contract's columns. `only` names a relation of keys
    (the contract's key columns) that limits the answer.
    """
    if _one_speaks(con, form):
        # One load, whose keys are unique: its rows are the winners as they stand.
        key_rows = f" and ({', '.join(form.key)}) in (select ({', '.join(form.key)}) from {only})" if only else ""
        return _own_rows(form.export, f"load_id in (from load_in_force){key_rows}")
    key = ", ".join(form.key)
    seen_key = ", ".join(f"f.{name}" for name in form.key)
    limit = f"semi join {only} using ({key})" if only else ""
    return f"""
    with assertion as (
        select {key}, load_id, source_row, load_id as fact_load_id, source_row as fact_source_row
        from fact_{form.export}
        union all
        select {seen_key}, s.load_id, s.source_row, s.fact_load_id, s.fact_source_row
        from seen_{form.export} as s
        join fact_{form.export} as f on f.load_id = s.fact_load_id and f.source_row = s.fact_source_row
    ),
    in_force as (select * from assertion semi join load_in_force using (load_id) {limit}),
    winning as (
        select arg_max({{'fact_load_id': fact_load_id, 'fact_source_row': fact_source_row}}, load_id) as fact
        from in_force group by {key}
    ),
    placed as (
        select
            a.fact_load_id, a.fact_source_row,
            min(a.load_id) as load_id, arg_min(a.source_row, a.load_id) as source_row
        from in_force as a
        join winning on winning.fact.fact_load_id = a.fact_load_id
            and winning.fact.fact_source_row = a.fact_source_row
        group by a.fact_load_id, a.fact_source_row
    )
    select
        placed.load_id, placed.source_row, placed.fact_load_id, placed.fact_source_row,
        fact.* exclude (load_id, source_row)
    from placed
    join fact_{form.export} as fact
        on fact.load_id = placed.fact_load_id and fact.source_row = placed.fact_source_row
    """


def named(con: duckdb.DuckDBPyConnection, export: str) -> str:
    """SQL: the identifiers in force of goals, programs or projects, each with its name. Reads load_in_force.

    A project is known from its listing or from a report, whichever spoke of it last.
    """
    if export == "capacity":
        return f"select distinct team, null::varchar as name from ({winners(con, contract(export))})"
    if export != "projects":
        form = contract(export)
        return f"select {', '.join(list(form.columns)[:2])} from ({winners(con, form)})"
    spoken = " union all ".join(
        f"""
        select project_id, project_name, load_id from fact_{export} semi join load_in_force using (load_id)
        union all
        select f.project_id, f.project_name, s.load_id
        from seen_{export} as s semi join load_in_force using (load_id)
        join fact_{export} as f on f.load_id = s.fact_load_id and f.source_row = s.fact_source_row
        """
        for export in ("projects", "status")
    )
    return f"select project_id, arg_max(project_name, load_id) as project_name from ({spoken}) group by project_id"


def rebuild(con: duckdb.DuckDBPyConnection, publication: int) -> None:
    """Build every model anew for what is known at a publication, in the connection's first catalog."""
    con.execute(f"create or replace temp table load_in_force as {loads_in_force(publication)}")
    _stage(con)
    con.execute(f"create or replace table project_alias as {_aliases(con)}")
    _take_rows(con, winners(con, contract("status")), stand=_one_speaks(con, contract("status")))
    con.execute(
        """
        create or replace temp table changed_project as
        select distinct coalesce(a.project_key, i.project_id) as project_key, null::date as from_date
        from (select project_id from status_input union select project_id from stg_projects) as i
        left join project_alias as a using (project_id)
        """
    )
    con.execute("create or replace temp table status_seed (project_key varchar)")
    con.execute(f"create or replace table fct_status as {_fct(con)}")
    _end_rows(con, "(select rowid as row_id, * from fct_status)")
    for export in DATED:
        _build_dated(con, export)
    con.execute(f"create or replace table milestone_original as {model('milestone_original')}")
    con.execute("create or replace temp table changed_evidence as from changed_project where false")
    con.execute(
        "create or replace table baseline_said (project_key varchar, from_date date, load_id integer, "
        "source_row bigint, baseline_start date, baseline_finish date, budget double, first_finish date, "
        "first_cost double)"
    )
    _build_baselines(con, anew=True)
    attributes.build(con)
    _build_people(con)
    _build_alignment(con)
    con.execute(f"create or replace table review_date as {model('review_date')}")
    _build_mart(con)
    _let_go(con)


def _asserted(form: Contract) -> str:
    """SQL: every row that a load in force states, brought or repeated. Reads load_in_force.

    Columns: stating_load, load_id and source_row (its row of the stating load), fact_load_id, fact_source_row, then the
    contract's columns.
    """
    cells = "f.* exclude (load_id, source_row)"
    return f"""
    select
        load_id as stating_load, load_id, source_row, load_id as fact_load_id, source_row as fact_source_row, {cells}
    from fact_{form.export} as f
    semi join load_in_force using (load_id)
    union all
    select s.load_id, s.load_id, s.source_row, s.fact_load_id, s.fact_source_row, {cells}
    from seen_{form.export} as s
    semi join load_in_force using (load_id)
    join fact_{form.export} as f on f.load_id = s.fact_load_id and f.source_row = s.fact_source_row
    """


def _build_people(con: duckdb.DuckDBPyConnection) -> None:
    """Capacity, demand and assignments by month, from all that is in force of them."""
    capacity = model("fct_capacity").replace("{rows}", _asserted(contract("capacity")))
    con.execute(f"create or replace table fct_capacity as {capacity}")
    for table, export, item, commitment in (
        ("fct_demand", "demand", "", "commitment,"),
        ("fct_assignment", "assignments", "person_id,", ""),
    ):
        rows = model("fct_demand").replace("{rows}", _asserted(contract(export)))
        rows = rows.replace("{item}", item).replace("{commitment}", commitment)
        con.execute(f"create or replace table {table} as {rows}")


def _build_alignment(con: duckdb.DuckDBPyConnection) -> None:
    """What projects contribute to goals, from all that is in force of it: a small table, made anew as a whole."""
    rows = model("fct_alignment").replace("{rows}", _asserted(contract("alignment")))
    con.execute(f"create or replace table fct_alignment as {rows}")


def _update_people(con: duckdb.DuckDBPyConnection, loads: str) -> bool:
    """Bring capacity, demand and assignments up to date where these loads speak of them; whether they do."""
    exports = "('capacity', 'demand', 'assignments')"
    about = f"select exists (from load where load_id in ({loads}) and export in {exports})"
    moved = "select exists (from fct_demand) and exists ((from project_alias except from alias_before) union "
    moved += "(from alias_before except from project_alias))"
    if not (con.sql(about).fetchall()[0][0] or con.sql(moved).fetchall()[0][0]):
        return False
    _build_people(con)
    return True


def _refresh_resources(con: duckdb.DuckDBPyConnection, people_changed: bool) -> None:
    """Bring resources_week up to date, and say in changed_evidence for whom it changed, and from when.

    What one project gets hangs on all others that ask for the same people, so that a week is worked out as a whole.
    """
    if not con.sql("select exists (from fct_demand) or exists (from resources_week)").fetchall()[0][0]:
        return
    earliest = None if people_changed else _earliest(con, "changed_project")
    con.execute(f"create or replace temp table review_date_next as {model('review_date')}")
    since = f"week_end(date '{earliest}')" if earliest else "date '0001-01-01'"
    if not earliest and not people_changed and not con.sql("select exists (from changed_project)").fetchall()[0][0]:
        since = "(select coalesce(max(review_date), date '0001-01-01') + 1 from review_date)"
    con.execute(
        f"create or replace temp table week_asked as from review_date_next where review_date >= {since} "
        "or review_date > (select max(review_date) from review_date)"
    )
    con.execute(f"create or replace temp table resources_next as {_resources('week_asked')}")
    standing = (
        f"select * from resources_week where review_date >= {since} "
        "and review_date in (select review_date from review_date_next)"
    )
    con.execute(
        f"""
        insert into changed_evidence
        with differing as (
            (from resources_next except {standing}) union all ({standing} except from resources_next)
        )
        select project_key, min(review_date)
        from differing where review_date in (from review_date) group by project_key
        """
    )
    con.execute(
        f"delete from resources_week where review_date >= {since} or review_date not in (from review_date_next)"
    )
    con.execute("delete from resources_week where review_date in (from week_asked)")
    con.execute("insert into resources_week by name from resources_next")


def rejudge(con: duckdb.DuckDBPyConnection, publication: int) -> None:
    """Build anew what stands on rules: the review dates and mart_health_week. The rest reads the rules when asked."""
    con.execute(f"create or replace temp table load_in_force as {loads_in_force(publication)}")
    _build_people(con)
    con.execute(f"create or replace table review_date as {model('review_date')}")
    _build_mart(con)


def update(con: duckdb.DuckDBPyConnection, publication: int, loads: list[int]) -> None:
    """Bring the models to a publication, before or after theirs, since when these loads came into force or left it.

    Only the projects that the loads touch are built again, from the earliest status date that changed; the result is
    the same as that of `rebuild`, which is used where nothing stands yet.
    """
    if not loads:
        return
    if not con.sql("select exists (from fct_status)").fetchall()[0][0]:
        rebuild(con, publication)
        return
    con.execute(f"create or replace temp table load_in_force as {loads_in_force(publication)}")
    listed = ", ".join(map(str, loads))
    _changed_ids(con, listed)
    _stage(con)
    _changed_projects(con)
    _update_dated(con, listed)
    con.execute("create or replace temp table program_due (program_id varchar)")
    _programs_due(con)
    if con.sql("select exists (from changed_project)").fetchall()[0][0]:
        _update_status(con, listed)
    attributes.build(con, loads)
    _refresh_resources(con, _update_people(con, listed))
    _build_alignment(con)
    _programs_due(con)
    _refresh_mart(con)


def _update_status(con: duckdb.DuckDBPyConnection, listed: str) -> None:
    """Bring fct_status and the baselines up to date for the changed projects, after these loads."""
    if _rows_stand_after(con) or _several_loads(con, listed) or _came_back(con, listed):
        con.execute(
            f"""
            create or replace temp table touched_row as
            select distinct i.project_id, i.status_date
            from fact_status as i
            left join project_alias as a using (project_id)
            join changed_project as c on c.project_key = coalesce(a.project_key, i.project_id)
            where (c.from_date is null or i.status_date >= c.from_date) {_since(con, "i")}
            """
        )
        _take_rows(con, winners(con, contract("status"), "touched_row"), stand=False)
    else:
        # Nothing stands after the new rows, so the load's own rows are the winners.
        _take_rows(con, _own_rows("status", f"load_id in ({listed})"), stand=True)
    _replace_rows(con)
    _build_baselines(con)
    _let_go(con)


def _take_rows(con: duckdb.DuckDBPyConnection, rows: str, *, stand: bool) -> None:
    """status_input: the winning status rows, read where they stand, or worked out once and kept."""
    if not stand:
        con.execute(f"create or replace temp table status_won as {rows}")
        rows = "from status_won"
    con.execute(f"create or replace temp view status_input as {rows}")


def _let_go(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("drop view status_input")
    con.execute("drop table if exists status_won")


def _stage(con: duckdb.DuckDBPyConnection) -> None:
    for form in contracts():
        if not (form.is_dated or form.replaces):
            con.execute(f"create or replace table stg_{form.export} as {winners(con, form)}")


def _aliases(con: duckdb.DuckDBPyConnection) -> str:
    """SQL of project_alias, after naming every project of the sources that key some by name."""
    con.execute(
        f"""
        create or replace temp table named_project as
        with standing as (from load semi join load_in_force using (load_id)),
        by_name as (
            select load_id, source from standing where source in (select source from standing where keys_by_name)
        ),
        borne as (
            select b.source, f.project_id, f.project_name from by_name as b join fact_status as f using (load_id)
            union
            select b.source, f.project_id, f.project_name
            from by_name as b
            join seen_status as s using (load_id)
            join fact_status as f on f.load_id = s.fact_load_id and f.source_row = s.fact_source_row
        )
        select distinct project_id, {name_key("project_name")} as name_key, source
        from borne where project_name is not null
        """
    )
    return model("project_alias")


def _keys_of(export: str, columns: str, loads: str) -> str:
    """SQL: the keys for which loads decide who wins: rows that they brought and, once any was withdrawn, repeated."""
    seen = ", ".join(f"f.{name.strip()}" for name in columns.split(","))
    return f"""
        select {columns} from fact_{export} where load_id in ({loads})
        union all
        select {seen} from seen_{export} as s
        join fact_{export} as f on f.load_id = s.fact_load_id and f.source_row = s.fact_source_row
        where s.load_id in ({loads}) and (
            s.load_id in (select load_id from load_event where event = 'withdrawn')
            or (s.load_id not in (from load_in_force) and exists (from load_event where event <> 'committed'))
        )
    """


def _changed_ids(con: duckdb.DuckDBPyConnection, loads: str) -> None:
    """changed_id (project_id, from_date): the projects that these loads speak of; NULL means from the start."""
    con.execute(
        f"""
        create or replace temp table changed_id as
        select project_id, min(status_date) as from_date
        from ({_keys_of("status", "project_id, status_date", loads)}) group by project_id
        union all
        select project_id, null from ({_keys_of("projects", "project_id", loads)})
        union all
        select project_id, null from fct_status
        where program_id in (select program_id from ({_keys_of("programs", "program_id", loads)}))
        """
    )


def _changed_projects(con: duckdb.DuckDBPyConnection) -> None:
    """changed_project (project_key, from_date), after joining ids anew; a project whose ids moved starts anew."""
    con.execute("create or replace temp table alias_before as from project_alias")
    if con.sql("select exists (from load where keys_by_name)").fetchall()[0][0]:
        con.execute(f"create or replace table project_alias as {_aliases(con)}")
    con.execute(
        """
        create or replace temp table changed_project as
        with moved as (
            (from project_alias except from alias_before) union (from alias_before except from project_alias)
        ),
        changed as (
            select coalesce(a.project_key, c.project_id) as project_key, c.from_date
            from changed_id as c left join project_alias as a using (project_id)
            union all select project_id, null from moved
            union all select project_key, null from moved
        )
        select project_key, case when count(*) = count(from_date) then min(from_date) end as from_date
        from changed group by project_key
        """
    )
    # A change up to the day from which a project is listed may make or unmake its row "listed, not reported yet".
    con.execute(
        """
        update changed_project set from_date = null where from_date is not null and project_key in (
            select coalesce(a.project_key, p.project_id)
            from stg_projects as p
            left join project_alias as a using (project_id)
            join changed_project as c on c.project_key = coalesce(a.project_key, p.project_id)
            where coalesce(p.stage_from, p.baseline_start, date '1900-01-01') >= c.from_date
        )
        """
    )


def _rows_stand_after(con: duckdb.DuckDBPyConnection) -> bool:
    return bool(
        con.sql(
            """
            select exists (select 1 from changed_project where from_date is null) or exists (
                select 1 from fct_status as f join changed_project as c using (project_key)
                where f.status_date >= c.from_date and f.status_date >= (select min(from_date) from changed_project)
            )
            """
        ).fetchall()[0][0]
    )


def _several_loads(con: duckdb.DuckDBPyConnection, loads: str) -> bool:
    """Whether more than one of these loads brings status rows: the later may restate the earlier."""
    return bool(
        con.sql(f"select count(distinct load_id) > 1 from fact_status where load_id in ({loads})").fetchall()[0][0]
    )


def _came_back(con: duckdb.DuckDBPyConnection, loads: str) -> bool:
    """Whether any of these loads may be in force again: what it repeated counts too, beside the rows it brought."""
    said = f"select exists (from load_event where load_id in ({loads}) and event <> 'committed')"
    return bool(con.sql(said).fetchall()[0][0])


def _fct(con: duckdb.DuckDBPyConnection) -> str:
    """SQL of fct_status; an attribute is carried forward only where some rows have it and some do not."""
    listing = contract("projects").columns.values()
    attributes = [c.name for c in listing if not c.listing_only and c.name not in ("project_id", "stage_from")]
    counts = ", ".join(f"count({name})" for name in attributes)
    total, takes_first, *found = con.sql(
        f"""
        select count(*), count(*) filter (baseline = 'first_reported'), {counts}
        from (
            select i.* replace (coalesce(i.currency, l.currency) as currency), l.baseline
            from status_input as i left join load as l using (load_id)
        )
        """
    ).fetchall()[0]
    seeded = con.sql("select exists (from status_seed)").fetchall()[0][0]
    partly = [n for n, k in zip(attributes, found, strict=True) if (k and k < total) or (seeded and k < total)]
    carry = [f"last_value(e.{n} ignore nulls) over so_far as {n}" for n in partly] or ["e.project_key as project_key"]
    first = "first_value(e.first_{} ignore nulls) over so_far"
    in_order = con.sql(
        "select coalesce(bool_and(status_date >= before), true) "
        "from (select status_date, lag(status_date) over () as before from status_input)"
    ).fetchall()[0][0]
    # Rows of one week lie together, so that asking for a review date reads few of them. Most exports come so.
    order = "" if in_order and not partly and not takes_first else " order by status_date"
    return (
        model("fct_status")
        .replace("{carry}", ",\n        ".join(carry))
        .replace("{first_finish}", first.format("finish") if takes_first else "null::date")
        .replace("{first_cost}", first.format("cost") if takes_first else "null::double")
        + order
    )


def _end_rows(con: duckdb.DuckDBPyConnection, rows: str, where: str = "") -> None:
    """Let each row of fct_status hold until the project's next one; `rows` and `where` limit those looked at (as f)."""
    con.execute(
        f"""
        update fct_status set valid_to = n.valid_to from (
            select f.row_id, f.valid_to as stood, lead(f.status_date) over (
                partition by f.project_key order by f.status_date, f.load_id, f.source_row
            ) as valid_to
            from {rows} as f {where}
        ) as n
        where n.row_id = fct_status.rowid and n.valid_to is distinct from n.stood
        """
    )


def _replace_rows(con: duckdb.DuckDBPyConnection) -> None:
    """Put the changed projects' rows in place of the old ones; the row just before them gets its new end."""
    near = _near_changes(con)
    con.execute(
        f"""
        create or replace temp table status_seed as
        select
            f.* exclude (
                row_id, valid_to, listed_stage, listed_stage_from, reported_colour, has_own_portfolio, has_own_goal
            ) replace (
                case when f.has_own_portfolio then f.portfolio end as portfolio,
                case when f.has_own_goal then f.goal_id end as goal_id
            )
        from {near} as f join changed_project as c using (project_key)
        where f.status_date < c.from_date and (f.valid_to is null or f.valid_to >= c.from_date)
        """
    )
    new = _fct(con)
    con.execute(
        f"""
        delete from fct_status using changed_project as c
        where fct_status.project_key = c.project_key
            and (c.from_date is null or fct_status.status_date >= c.from_date) {_since(con, "fct_status")}
        """
    )
    con.execute(f"insert into fct_status by name {new}")
    _end_rows(
        con,
        near,
        """
        join changed_project as c using (project_key)
        where c.from_date is null or f.status_date >= c.from_date or f.valid_to is null or f.valid_to >= c.from_date
        """,
    )


def _build_dated(con: duckdb.DuckDBPyConnection, export: str) -> None:
    """The model of an export with a status date of its own, from nothing."""
    table, item = DATED[export]
    rows = model(table).replace("{rows}", winners(con, contract(export)))
    con.execute(f"create or replace table {table} as {rows}")
    _end_items(con, table, item, f"(select rowid as row_id, * from {table})")


def _update_dated(con: duckdb.DuckDBPyConnection, loads: str) -> None:
    """Bring the models of DATED up to date, and say in changed_evidence whose evidence changed, and from when."""
    con.execute("create or replace temp table changed_evidence as from changed_project where false")
    moved = con.sql(
        "select exists ((from project_alias except from alias_before) "
        "union (from alias_before except from project_alias))"
    ).fetchall()[0][0]
    for export, (table, item) in DATED.items():
        con.execute(
            f"""
            create or replace temp table changed_item as
            select coalesce(a.project_key, i.project_id) as project_key, i.{item}, min(i.status_date) as from_date
            from ({_keys_of(export, f"{item}, project_id, status_date", loads)}) as i
            left join project_alias as a using (project_id)
            group by all
            """
        )
        con.execute(
            "insert into changed_evidence select project_key, min(from_date) from changed_item group by project_key"
        )
        if moved:
            con.execute(f"insert into changed_evidence select distinct project_key, null from {table}")
            _build_dated(con, export)
            con.execute(f"insert into changed_evidence select distinct project_key, null from {table}")
        elif con.sql("select exists (from changed_item)").fetchall()[0][0]:
            _replace_items(con, export)
        else:
            continue
        if export == "milestones":
            con.execute(f"create or replace table milestone_original as {model('milestone_original')}")


def _replace_items(con: duckdb.DuckDBPyConnection, export: str) -> None:
    """Put the rows of changed items in place of the old ones; the row just before them gets its new end."""
    table, item = DATED[export]
    con.execute(
        f"""
        create or replace temp table touched_item as
        select distinct i.{item}, i.project_id, i.status_date
        from fact_{export} as i
        left join project_alias as a using (project_id)
        join changed_item as c on c.{item} = i.{item} and c.project_key = coalesce(a.project_key, i.project_id)
        where i.status_date >= c.from_date
        """
    )
    con.execute(
        f"""
        delete from {table} using changed_item as c
        where {table}.project_key = c.project_key and {table}.{item} = c.{item} and {table}.status_date >= c.from_date
        """
    )
    rows = model(table).replace("{rows}", winners(con, contract(export), "touched_item"))
    con.execute(f"insert into {table} by name {rows}")
    earliest = con.sql("select min(from_date) from changed_item").fetchall()[0][0]
    near = (
        f"(with near as materialized (select rowid as row_id, * from {table} "
        f"where valid_to is null or valid_to >= date '{earliest}') "
        f"select near.* from near semi join changed_item using (project_key, {item}))"
    )
    _end_items(con, table, item, near)


def _end_items(con: duckdb.DuckDBPyConnection, table: str, item: str, rows: str) -> None:
    """Let each row of a dated model hold until the item's next one."""
    con.execute(
        f"""
        update {table} set valid_to = n.valid_to from (
            select row_id, valid_to as stood, lead(status_date) over (
                partition by project_key, {item} order by status_date, load_id, source_row
            ) as valid_to
            from {rows}
        ) as n
        where n.row_id = {table}.rowid and n.valid_to is distinct from n.stood
        """
    )


def _build_baselines(con: duckdb.DuckDBPyConnection, *, anew: bool = False) -> None:
    """baseline_said for the changed projects, and fct_baseline, which is small, where that may change it."""
    con.execute(f"create or replace temp table baseline_new as {model('baseline_said')}")
    standing = "(from baseline_said semi join changed_project using (project_key))"
    if con.sql(
        f"select exists (from baseline_new except from {standing}) or exists (from {standing} except from baseline_new)"
    ).fetchall()[0][0]:
        con.execute("delete from baseline_said where project_key in (select project_key from changed_project)")
        con.execute("insert into baseline_said by name from baseline_new")
    elif not (anew or _listed_or_begun_anew(con)):
        return
    con.execute(f"create or replace table fct_baseline as {model('fct_baseline')}")


def _listed_or_begun_anew(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether a changed project may have another listing, or another first day from which its original holds."""
    return bool(
        con.sql(
            """
            select exists (from changed_project where from_date is null) or exists (
                from changed_project as c join fct_baseline as b using (project_key)
                where b.number = 1 and c.from_date <= b.from_date
            )
            """
        ).fetchall()[0][0]
    )


def _near_changes(con: duckdb.DuckDBPyConnection, changed: str = "changed_project") -> str:
    """A relation of the rows of fct_status that hold on or after the earliest change, each with its row_id."""
    earliest = _earliest(con, changed)
    if earliest is None:
        return "(select rowid as row_id, * from fct_status)"
    # Kept apart from the joins that follow, this reads few blocks of a long history.
    return (
        "(with near as materialized (select rowid as row_id, * from fct_status "
        f"where valid_to is null or valid_to >= date '{earliest}') from near)"
    )


def _since(con: duckdb.DuckDBPyConnection, rows: str) -> str:
    """SQL: `and`, and that rows are not before the earliest change, which leaves out most of a long history unread."""
    earliest = _earliest(con, "changed_project")
    return f"and {rows}.status_date >= date '{earliest}'" if earliest else ""


def _earliest(con: duckdb.DuckDBPyConnection, changed: str) -> dt.date | None:
    """The first day of all changes, None where one is from the start on."""
    found: dt.date | None = con.sql(
        f"select case when count(*) = count(from_date) then min(from_date) end from {changed}"
    ).fetchall()[0][0]
    return found


def _programs_due(con: duckdb.DuckDBPyConnection) -> None:
    """Add to program_due the programs that the changed projects, and those with changed evidence, are part of now."""
    for changed in ("changed_project", "changed_evidence"):
        if not con.sql(f"select exists (from {changed})").fetchall()[0][0]:
            continue
        con.execute(
            f"""
            insert into program_due
            select distinct coalesce(f.program_id, '')
            from {_near_changes(con, changed)} as f join {changed} as c using (project_key)
            where c.from_date is null or f.valid_to is null or f.valid_to >= c.from_date
            """
        )


def _refresh_mart(con: duckdb.DuckDBPyConnection) -> None:
    """Bring the marts up to date: new weeks for all programs, changed weeks for those that are due."""
    span = "select min(review_date), max(review_date) from review_date"
    before = con.sql(span).fetchall()[0]
    con.execute(f"create or replace table review_date as {model('review_date')}")
    after = con.sql(span).fetchall()[0]
    changed = "(from changed_project union all from changed_evidence)"
    if before == after and not con.sql(f"select exists {changed}").fetchall()[0][0]:
        return
    if before[0] != after[0]:
        _build_mart(con)
        return
    start = con.sql(
        f"select case when count(*) = count(from_date) then week_end(min(from_date)) end from {changed}"
    ).fetchall()[0][0]
    first, last, built = start or after[0], after[1], min(before[1], after[1])
    in_due = f"(review_date >= date '{first}' and coalesce(program_id, '') in (select program_id from program_due))"
    for mart in ("mart_health_week", "mart_program_week"):
        con.execute(f"delete from {mart} where review_date > date '{last}' or {in_due}")
    con.execute(f"create or replace temp table mart_built as select date '{built}' as review_date")
    con.execute(
        "create or replace temp table review_date_due as select review_date from review_date "
        f"where review_date >= date '{first}' or review_date > date '{built}'"
    )
    _refresh_evidence(con, first, last, built)
    since = con.sql("select min(review_date) from review_date_due").fetchall()[0][0]
    rows = model("mart_health_week").replace("{since}", str(since or last))
    con.execute(f"insert into mart_health_week by name {rows}")
    rows = model("mart_program_week").replace("{due}", f"review_date > date '{built}' or {in_due}")
    con.execute(f"insert into mart_program_week by name {rows}")


def _refresh_evidence(con: duckdb.DuckDBPyConnection, first: dt.date, last: dt.date, built: dt.date) -> None:
    """Bring evidence_week up to date: new weeks for all projects, changed weeks for those with changed evidence."""
    changed = "project_key in (select project_key from changed_evidence)"
    con.execute(
        f"delete from evidence_week where review_date > date '{min(last, built)}' "
        f"or (review_date >= date '{first}' and {changed})"
    )
    new = f"(from review_date where review_date > date '{built}')"
    again = f"(from review_date where review_date >= date '{first}' and review_date <= date '{built}')"
    for weeks, due in ((new, "true"), (again, changed)):
        con.execute(f"insert into evidence_week by name {_evidence(weeks, due)}")


def _evidence(weeks: str, due: str) -> str:
    return model("evidence_week").replace("{weeks}", weeks).replace("{due}", due)


def _build_mart(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create or replace temp table mart_built as select null::date as review_date")
    con.execute("create or replace temp table program_due (program_id varchar)")
    con.execute("create or replace temp table review_date_due as select review_date from review_date")
    con.execute(f"create or replace table evidence_week as {_evidence('review_date_due', 'true')}")
    con.execute(f"create or replace table resources_week as {_resources('review_date_due')}")
    rows = model("mart_health_week").replace("{since}", "0001-01-01")
    con.execute(f"create or replace table mart_health_week as {rows}")
    con.execute(f"create or replace table mart_program_week as {model('mart_program_week').replace('{due}', 'true')}")
