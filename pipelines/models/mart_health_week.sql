-- mart_health_week: live projects and their budget by colour, for trends and roll-ups at any scope.
-- Grain: review_date, portfolio, program_id, goal_id, currency, reported, computed. Only review dates of review_date_due
-- and programs of program_due are built; the rest of the table stands. {since} is the first of those dates.
-- Reads fct_status, load, evidence_week, resources_week.
with
held as (
    select
        f.*,
        source.interval_days,
        unnest(generate_series(
            greatest(week_end(f.status_date), (select min(review_date) from review_date_due)),
            coalesce(week_end(f.valid_to) - 7, (select max(review_date) from review_date_due)),
            interval 7 day
        ))::date as review_date
    from fct_status as f
    left join load as source using (load_id)
    where f.valid_to is null or f.valid_to > date '{since}'
),

staged as (
    select *, stage_at(review_date, listed_stage, listed_stage_from, stage, actual_finish) as stage_then
    from held
),

judged as (
    select
        *,
        schedule_colour(slip_share(
            finish_at(review_date, forecast_finish, actual_finish, baseline_finish, is_reported),
            baseline_start, baseline_finish
        )) as schedule,
        estimate_at_completion(forecast_cost, budget, earned_value, actual_cost) as eac
    from staged
    where is_live(stage_then)
),

due as (
    select
        judged.*,
        computed_colour(
            schedule,
            cost_colour(overrun_share(eac, budget)),
            milestones_colour(missed_share(e.milestones_missed, e.milestones_due)),
            risk_colour(e.exposure),
            resources_colour(unmet_share(r.unmet, r.needed))
        ) as computed_then
    from judged
    left join evidence_week as e using (review_date, project_key)
    left join resources_week as r using (review_date, project_key)
    where (select review_date from mart_built) is null
        or review_date > (select review_date from mart_built)
        or coalesce(program_id, '') in (select program_id from program_due)
),

final as (
    select
        review_date,
        portfolio,
        program_id,
        goal_id,
        currency,
        coalesce(reported_colour, 'unknown') as reported,
        coalesce(computed_then, 'unknown') as computed,
        count(*) as projects,
        count(*) filter (is_reported) as reporting,
        count(*) filter (is_reported and is_stale_at(review_date, status_date, interval_days)) as stale,
        count(budget) as budgeted,
        count(*) filter (is_critical) as critical,
        sum(exact(budget)) as budget,
        sum(case when budget is not null then exact(eac) end) as eac,
        sum(case when eac is not null then exact(budget) end) as eac_budget,
        min(status_date) filter (is_reported) as oldest
    from due
    group by all
)

from final
order by review_date, portfolio, program_id
