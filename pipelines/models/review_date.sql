-- review_date: the weeks' ends from the first status date to the latest. Grain: review_date.
-- Where nothing was reported yet, the week of the latest load in force stands alone. Reads fct_status, load,
-- load_in_force.
with
loaded as (
    select max(finished_at)::date as last_day from load semi join load_in_force using (load_id)
),

span as (
    select
        coalesce(min(status_date), (select last_day from loaded)) as first_day,
        coalesce(max(status_date), (select last_day from loaded)) as last_day
    from fct_status
    where is_reported
)

select unnest(generate_series(week_end(first_day), week_end(last_day), interval 7 day))::date as review_date
from span
order by review_date
