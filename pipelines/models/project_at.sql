-- evidence_at(day): what a project's milestones and risks say on a day. Grain: project_key.
create or replace macro evidence_at(day) as table
with
met as (
    select
        project_key,
        count(*) filter (milestone_due(day, baseline_date)) as milestones_due,
        count(*) filter (milestone_missed(day, baseline_date, actual_date)) as milestones_missed
    from fct_milestone
    where status_date <= day and (valid_to is null or valid_to > day)
    group by project_key
),

exposed as (
    select project_key, largest_exposure(risk_state, exposure) as exposure
    from fct_risk
    where status_date <= day and (valid_to is null or valid_to > day)
    group by project_key
)

select project_key, milestones_due, milestones_missed, exposure
from met
full join exposed using (project_key);

-- resources_at(day): what a project needs in the three months after a day, and what of it is not there.
create or replace macro resources_at(day) as table {resources};

-- project_at(day): every project that the store knows on a review date, with its health as reported and as computed.
-- Grain: project_key. The row that holds is the latest with status_date <= day. original_... speaks of the first
-- baseline that the project had, computed_original of the colour that it would have against that one.
-- Reads fct_status, load, evidence_at, resources_at, fct_baseline, fct_milestone, milestone_original.
create or replace macro project_at(day) as table
with
held as (
    select
        f.*,
        source.source,
        source.interval_days,
        stage_at(day, f.listed_stage, f.listed_stage_from, f.stage, f.actual_finish) as stage_then,
        f.is_reported and is_live(stage_then) as is_running,
        finish_at(day, f.forecast_finish, f.actual_finish, f.baseline_finish, is_running) as finish_then,
        estimate_at_completion(f.forecast_cost, f.budget, f.earned_value, f.actual_cost) as eac
    from fct_status as f
    left join load as source using (load_id)
    where f.status_date <= day and (f.valid_to is null or f.valid_to > day)
),

original as (
    select
        project_key,
        arg_min({'start': baseline_start, 'finish': baseline_finish, 'budget': budget}, number) as first_baseline,
        count(*) - 1 as rebaselines,
        max(from_date) filter (from_date <= day) as baseline_from
    from fct_baseline
    where from_date <= day or number = 1
    group by project_key
),

moved as (
    select
        m.project_key,
        count(*) as milestones_moved,
        count(*) filter (milestone_due(day, o.original_date)) - count(*) filter (milestone_due(day, m.baseline_date))
            as more_due,
        count(*) filter (milestone_missed(day, o.original_date, m.actual_date))
        - count(*) filter (milestone_missed(day, m.baseline_date, m.actual_date)) as more_missed
    from fct_milestone as m
    join milestone_original as o using (project_key, milestone_id)
    where m.status_date <= day
        and (m.valid_to is null or m.valid_to > day)
        and o.from_date <= day
        and m.baseline_date is distinct from o.original_date
    group by project_key
),

measured as (
    select
        held.*,
        e.milestones_due,
        e.milestones_missed,
        missed_share(e.milestones_missed, e.milestones_due) as missed,
        e.exposure,
        r.needed,
        r.unmet,
        unmet_share(r.unmet, r.needed) as unmet_part,
        coalesce(moved.milestones_moved, 0) as milestones_moved,
        missed_share(e.milestones_missed + coalesce(moved.more_missed, 0), e.milestones_due + coalesce(moved.more_due, 0))
            as original_missed,
        coalesce(o.rebaselines, 0) as rebaselines,
        o.baseline_from,
        coalesce(o.first_baseline.start, held.baseline_start) as original_start,
        coalesce(o.first_baseline.finish, held.baseline_finish) as original_finish,
        coalesce(o.first_baseline.budget, held.budget) as original_budget,
        slip_share(finish_then, baseline_start, baseline_finish) as slip,
        overrun_share(eac, budget) as overrun,
        slip_share(
            finish_at(day, forecast_finish, actual_finish, original_finish, is_running), original_start, original_finish
        ) as original_slip,
        overrun_share(eac, original_budget) as original_overrun
    from held
    left join evidence_at(day) as e using (project_key)
    left join resources_at(day) as r using (project_key)
    left join original as o using (project_key)
    left join moved using (project_key)
),

judged as (
    select
        *,
        schedule_colour(slip) as schedule,
        cost_colour(overrun) as cost,
        milestones_colour(missed) as milestones,
        milestones_colour(original_missed) as original_milestones,
        risk_colour(exposure) as risk,
        resources_colour(unmet_part) as resources,
        schedule_colour(original_slip) as original_schedule,
        cost_colour(original_overrun) as original_cost
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
    coalesce(milestones, 'unknown') as milestones,
    coalesce(risk, 'unknown') as risk,
    coalesce(resources, 'unknown') as resources,
    coalesce(computed_colour(schedule, cost, milestones, risk, resources), 'unknown') as computed,
    coalesce(computed_colour(original_schedule, original_cost, original_milestones, risk, resources), 'unknown')
        as computed_original,
    slip,
    overrun,
    milestones_due,
    milestones_missed,
    missed,
    exposure,
    needed,
    unmet,
    unmet_part,
    milestones_moved,
    original_missed,
    rebaselines,
    baseline_from,
    original_start,
    original_finish,
    original_budget,
    original_slip,
    original_overrun,
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
