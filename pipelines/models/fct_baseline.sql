-- fct_baseline: every baseline that a project had, in the order in which it got them; the first is the original.
-- Grain: project_key, number. A baseline is the start, finish and budget together; what it does not state is as it was
-- before, or, at the beginning, as it was stated first. load_id and source_row say where it was stated.
-- What status reports state holds from their dates. A listing outranks them from the day of its load on; what the
-- reports and the listings before it said stays known, so that no later listing hides an original baseline.
-- Reads baseline_said, fact_projects, seen_projects, load, load_event, load_in_force, project_alias, fct_status.
with
spoken as (
    select load_id, source_row, project_id, baseline_start, baseline_finish, budget
    from fact_projects
    semi join load_in_force using (load_id)
    union all
    -- A row that was repeated changes nothing while the load that brought it is in force.
    select s.load_id, s.source_row, f.project_id, f.baseline_start, f.baseline_finish, f.budget
    from seen_projects as s
    semi join load_in_force using (load_id)
    join fact_projects as f on f.load_id = s.fact_load_id and f.source_row = s.fact_source_row
    where s.fact_load_id not in (from load_in_force) or exists (from load_event where event = 'restored')
),

listed as (
    select
        coalesce(alias.project_key, s.project_id) as project_key,
        l.finished_at::date as from_date,
        s.*
    from spoken as s
    join load as l using (load_id)
    left join project_alias as alias using (project_id)
    -- Where several ids were joined to one project, the id it goes by speaks for it.
    qualify s.project_id = coalesce(alias.project_key, s.project_id)
        or not bool_or(s.project_id = coalesce(alias.project_key, s.project_id)) over (
            partition by coalesce(alias.project_key, s.project_id)
        )
),

step as (
    select
        project_key,
        from_date,
        false as is_report,
        load_id,
        source_row,
        {'start': baseline_start, 'finish': baseline_finish, 'budget': budget} as listing,
        null as report
    from listed
    union all by name
    select
        project_key,
        from_date,
        true as is_report,
        load_id,
        source_row,
        null as listing,
        {
            'start': baseline_start,
            'finish': coalesce(baseline_finish, first_finish),
            'budget': coalesce(budget, first_cost),
            'load_id': load_id,
            'source_row': source_row
        } as report
    from baseline_said
),

held as (
    select
        * replace (
            last_value(listing ignore nulls) over so_far as listing,
            last_value(report ignore nulls) over so_far as report
        ),
        is_report or coalesce(listing.start, listing.finish) is not null or listing.budget is not null as states
    from step
    window so_far as (
        partition by project_key order by from_date, is_report, load_id, source_row
        rows between unbounded preceding and current row
    )
),

stated as (
    select
        project_key,
        from_date,
        is_report,
        load_id as said_by,
        source_row as said_in,
        case when states then load_id else report.load_id end as load_id,
        case when states then source_row else report.source_row end as source_row,
        coalesce(listing.start, report.start) as baseline_start,
        coalesce(listing.finish, report.finish) as baseline_finish,
        coalesce(listing.budget, report.budget) as budget
    from held
    where coalesce(listing.start, report.start, listing.finish, report.finish) is not null
        or coalesce(listing.budget, report.budget) is not null
),

filled as (
    select
        * replace (
            coalesce(
                last_value(baseline_start ignore nulls) over so_far,
                first_value(baseline_start ignore nulls) over whole
            ) as baseline_start,
            coalesce(
                last_value(baseline_finish ignore nulls) over so_far,
                first_value(baseline_finish ignore nulls) over whole
            ) as baseline_finish,
            coalesce(
                last_value(budget ignore nulls) over so_far, first_value(budget ignore nulls) over whole
            ) as budget
        )
    from stated
    window
        so_far as (
            partition by project_key order by from_date, is_report, said_by, said_in
            rows between unbounded preceding and current row
        ),
        whole as (
            partition by project_key order by from_date, is_report, said_by, said_in
            rows between unbounded preceding and unbounded following
        )
),

changed as (
    select *
    from filled
    qualify (baseline_start, baseline_finish, budget) is distinct from lag((baseline_start, baseline_finish, budget))
        over (partition by project_key order by from_date, is_report, said_by, said_in)
),

numbered as (
    select
        *,
        row_number() over (partition by project_key order by from_date, is_report, said_by, said_in) as number
    from changed
),

begun as (
    select project_key, min(status_date) as first_date
    from fct_status
    where is_reported and project_key in (select project_key from numbered)
    group by project_key
)

-- The original holds from the first report on, whenever its listing was loaded.
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
