-- fct_status: one row a project and status date; it holds from its status date until valid_to (the next one), which
-- is filled in once the rows stand.
-- Grain: project_key, status_date. Reads status_input (the winning status rows), status_seed (the resolved row just
-- before them, its portfolio and goal only where they are its own), changed_project, stg_projects, stg_programs, project_alias, health_colour, load.
-- Attributes: the projects export outranks the status report; else the newest value that is not null. Where a source
-- states no baseline, the first forecast that it reported is the project's baseline, until one is stated.
-- A project that is listed but has not reported yet holds a row of its own, with is_reported = false.
with
reported as not materialized (
    select
        coalesce(alias.project_key, input.project_id) as project_key,
        input.* exclude (comment, stage_from) replace (coalesce(input.currency, source.currency) as currency),
        case when source.baseline = 'first_reported' then input.forecast_finish end as first_finish,
        case when source.baseline = 'first_reported' then input.forecast_cost end as first_cost,
        true as is_reported,
        false as is_seed
    from status_input as input
    left join project_alias as alias using (project_id)
    left join load as source using (load_id)
),

listed as (
    -- Where several ids were joined to one project and more than one is listed, the id it goes by speaks for it.
    select distinct on (project_key)
        coalesce(alias.project_key, p.project_id) as project_key,
        p.* replace (coalesce(p.currency, source.currency) as currency),
        coalesce(p.stage_from, p.baseline_start, date '1900-01-01') as listed_from
    from stg_projects as p
    left join project_alias as alias using (project_id)
    left join load as source using (load_id)
    order by project_key, p.project_id = coalesce(alias.project_key, p.project_id) desc, p.load_id desc, p.project_id
),

unreported as (
    select
        l.project_key, l.project_id, l.listed_from as status_date, l.load_id, l.source_row,
        l.fact_load_id, l.fact_source_row, false as is_reported, false as is_seed
    from listed as l
    semi join (from changed_project where from_date is null) as whole using (project_key)
    left join (
        select project_key, min(status_date) as first_date from reported group by project_key
    ) as r using (project_key)
    where r.first_date is null or r.first_date > l.listed_from
),

entry as (
    from reported
    union all by name
    from unreported
    union all by name
    select *, true as is_seed from status_seed
),

stepped as (
    select
        e.* replace ({carry}),
        {first_finish} as first_reported_finish,
        {first_cost} as first_reported_cost
    from entry as e
    window so_far as (
        partition by project_key order by status_date, load_id, source_row
        rows between unbounded preceding and current row
    )
),

final as (
    select
        s.project_key,
        s.project_id,
        s.status_date,
        null::date as valid_to,
        s.is_reported,
        s.load_id,
        s.source_row,
        s.fact_load_id,
        s.fact_source_row,
        coalesce(l.project_name, s.project_name) as project_name,
        coalesce(l.program_id, s.program_id) as program_id,
        coalesce(l.portfolio, s.portfolio, program.program_portfolio) as portfolio,
        coalesce(l.sponsor, s.sponsor) as sponsor,
        coalesce(l.goal_id, s.goal_id, program.program_goal_id) as goal_id,
        l.stage as listed_stage,
        l.stage_from as listed_stage_from,
        s.stage,
        coalesce(l.is_critical, s.is_critical) as is_critical,
        coalesce(l.baseline_start, s.baseline_start) as baseline_start,
        coalesce(l.baseline_finish, s.baseline_finish, s.first_reported_finish) as baseline_finish,
        coalesce(l.budget, s.budget, s.first_reported_cost) as budget,
        coalesce(l.currency, s.currency, 'USD') as currency,
        s.reported_health,
        colour.colour as reported_colour,
        s.forecast_finish,
        s.actual_finish,
        s.percent_complete,
        s.planned_value,
        s.earned_value,
        s.actual_cost,
        s.forecast_cost,
        s.portfolio is not null as has_own_portfolio,
        s.goal_id is not null as has_own_goal
    from stepped as s
    left join listed as l using (project_key)
    left join stg_programs as program on program.program_id = coalesce(l.program_id, s.program_id)
    left join health_colour as colour on colour.rating = s.reported_health
    where not s.is_seed
)

from final
