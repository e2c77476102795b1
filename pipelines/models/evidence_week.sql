-- evidence_week: what a project's milestones and risks say on every review date, for the weekly models.
-- Grain: review_date, project_key. Only the review dates asked for, and the projects that are due, are built.
-- It says of every week what evidence_at says of one day. Reads fct_milestone, fct_risk.
with
span as (
    select min(review_date) as first_day, max(review_date) as last_day from {weeks}
),

milestone as (
    select
        m.project_key,
        m.baseline_date,
        m.actual_date,
        unnest(weeks_held(m.status_date, m.valid_to, span.first_day, span.last_day))::date as review_date
    from fct_milestone as m, span
    where (m.valid_to is null or m.valid_to > span.first_day - 7) and {due}
),

met as (
    select
        review_date,
        project_key,
        count(*) filter (milestone_due(review_date, baseline_date)) as milestones_due,
        count(*) filter (milestone_missed(review_date, baseline_date, actual_date)) as milestones_missed
    from milestone
    group by all
),

risk as (
    select
        r.project_key,
        r.risk_state,
        r.exposure,
        unnest(weeks_held(r.status_date, r.valid_to, span.first_day, span.last_day))::date as review_date
    from fct_risk as r, span
    where (r.valid_to is null or r.valid_to > span.first_day - 7) and {due}
),

exposed as (
    select review_date, project_key, largest_exposure(risk_state, exposure) as exposure
    from risk
    group by all
)

select review_date, project_key, milestones_due, milestones_missed, exposure
from met
full join exposed using (review_date, project_key)
order by review_date
