-- review_date: the weeks' ends from the first status date to the latest. Grain: review_date.
-- Where nothing was reported yet, the week of the latest load stands alone.
with
span as (
    select
        coalesce(min(status_date), (select max(finished_at)::date from load)) as first_day,
        coalesce(max(status_date), (select max(finished_at)::date from load)) as last_day
    from fct_status
    where is_reported
)

select unnest(generate_series(week_end(first_day), week_end(last_day), interval 7 day))::date as review_date
from span
order by review_date
