-- fct_milestone: one row a milestone and status date; it holds from its status date until valid_to (the next one), which
-- is filled in once the rows stand.
-- Grain: project_key, milestone_id, status_date. Reads the winning rows of the milestones export, project_alias.
select
    coalesce(alias.project_key, input.project_id) as project_key,
    input.milestone_id,
    input.status_date,
    null::date as valid_to,
    coalesce(input.milestone_name, input.milestone_id) as milestone_name,
    coalesce(input.is_deliverable, false) as is_deliverable,
    input.baseline_date,
    input.forecast_date,
    input.actual_date,
    input.load_id,
    input.source_row,
    input.fact_load_id,
    input.fact_source_row
from ({rows}) as input
left join project_alias as alias using (project_id)
order by status_date
