-- fct_baseline: every baseline that a project had, in the order in which it got them; the first is the original.
-- Grain: project_key, number. A baseline is the start, finish and budget together; what it does not state is as it was
-- before, or, at the beginning, as it was stated first. load_id and source_row say where it was stated.
-- What status reports state holds from their dates. A listing outranks them from the day of its load on; what the
-- reports and the listings before it said stays known, so that no later listing hides an original baseline.
-- Reads baseline_said, fact_projects, seen_projects, load, load_in_force, project_alias, fct_status.
with
spoken as (
    select load_id as said_by, * from fact_projects semi join load_in_force using (load_id)
    union all
    select s.load_id as said_by, f.*
    from seen_projects as s
    semi join load_in_force using (load_id)
    join fact_projects as f on f.load_id = s.fact_load_id and f.source_row = s.fact_source_row
),

listed as (
    select
        coalesce(alias.project_key, s.project_id) as project_key,
        l.finished_at::date as from_date,
        s.said_by as place,
        s.load_id,
        s.source_row,
        s.baseline_start,
        s.baseline_finish,
        s.budget
    from spoken as s
    join load as l on l.load_id = s.said_by
    left join project_alias as alias using (project_id)
),

listing as (
    select
        project_key,
        min(from_date) filter (baseline_start is not null) as start_from,
        min(from_date) filter (baseline_finish is not null) as finish_from,
        min(from_date) filter (budget is not null) as budget_from
    from listed
    group by project_key
),

step as (
    select
        b.project_key,
        b.from_date,
        0 as place,
        b.load_id,
        b.source_row,
        case when l.start_from is null or b.from_date < l.start_from then b.baseline_start end as baseline_start,
        case when l.finish_from is null or b.from_date < l.finish_from then b.baseline_finish end as baseline_finish,
        case when l.budget_from is null or b.from_date < l.budget_from then b.budget end as budget
    from baseline_said as b
    left join listing as l using (project_key)
    union all by name
    from listed
),

stated as (
    from step where baseline_start is not null or baseline_finish is not null or budget is not null
),

filled as (
    select
        project_key,
        from_date,
        place,
        load_id,
        source_row,
        coalesce(
            last_value(baseline_start ignore nulls) over so_far, first_value(baseline_start ignore nulls) over whole
        ) as baseline_start,
        coalesce(
            last_value(baseline_finish ignore nulls) over so_far, first_value(baseline_finish ignore nulls) over whole
        ) as baseline_finish,
        coalesce(last_value(budget ignore nulls) over so_far, first_value(budget ignore nulls) over whole) as budget
    from stated
    window
        so_far as (
            partition by project_key order by from_date, place, source_row
            rows between unbounded preceding and current row
        ),
        whole as (
            partition by project_key order by from_date, place, source_row
            rows between unbounded preceding and unbounded following
        )
),

changed as (
    select *
    from filled
    qualify (baseline_start, baseline_finish, budget) is distinct from lag((baseline_start, baseline_finish, budget))
        over (partition by project_key order by from_date, place, source_row)
),

numbered as (
    select *, row_number() over (partition by project_key order by from_date, place, source_row) as number
    from changed
),

begun as (
    select project_key, min(status_date) as first_date
    from fct_status
    where project_key in (select project_key from numbered)
    group by project_key
)

-- The original holds from the beginning, whenever its listing was loaded.
select
    n.project_key,
    n.number,
    case when n.number = 1 then least(n.from_date, coalesce(begun.first_date, n.from_date)) else n.from_date end
        as from_date,
    n.baseline_start,
    n.baseline_finish,
    n.budget,
    n.load_id,
    n.source_row
from numbered as n
left join begun using (project_key)
order by n.project_key, n.number
