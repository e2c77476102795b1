-- project_at(day): every project that the store knows on a review date, with its health as reported and as computed.
-- Grain: project_key. The row that holds is the latest with status_date <= day.
create or replace macro project_at(day) as table
with
held as (
    select
        f.*,
        source.source,
        source.interval_days,
        stage_at(day, f.listed_stage, f.listed_stage_from, f.stage, f.actual_finish) as stage_then,
        finish_at(day, f.forecast_finish, f.actual_finish) as finish_then,
        estimate_at_completion(f.forecast_cost, f.budget, f.earned_value, f.actual_cost) as eac
    from fct_status as f
    left join load as source using (load_id)
    where f.status_date <= day and (f.valid_to is null or f.valid_to > day)
),

measured as (
    select
        *,
        slip_share(finish_then, baseline_start, baseline_finish) as slip,
        overrun_share(eac, budget) as overrun
    from held
),

judged as (
    select *, schedule_colour(slip) as schedule, cost_colour(overrun) as cost
    from measured
)

select
    project_key,
    project_id,
    project_name,
    program_id,
    portfolio,
    sponsor,
    goal_id,
    stage_then as stage,
    is_live(stage_then) as is_live,
    coalesce(is_critical, false) as is_critical,
    is_reported,
    case when is_reported then status_date end as status_date,
    is_reported and is_live(stage_then) and is_stale_at(day, status_date, interval_days) as is_stale,
    reported_health,
    coalesce(reported_colour, 'unknown') as reported,
    coalesce(schedule, 'unknown') as schedule,
    coalesce(cost, 'unknown') as cost,
    coalesce(worst_colour(schedule, cost), 'unknown') as computed,
    slip,
    overrun,
    baseline_start,
    baseline_finish,
    forecast_finish,
    actual_finish,
    finish_then,
    percent_complete,
    budget,
    eac,
    forecast_cost,
    planned_value,
    earned_value,
    actual_cost,
    currency,
    source,
    load_id,
    source_row,
    fact_load_id,
    fact_source_row
from judged
