-- milestone_original: the first baseline date that was stated of each milestone that later rows state another of, or
-- none. So no later export hides an original date. Grain: project_key, milestone_id. Reads fct_milestone.
with
first_stated as (
    select project_key, milestone_id, arg_min(baseline_date, status_date) as original_date, min(status_date) as from_date
    from fct_milestone
    where baseline_date is not null
    group by project_key, milestone_id
)

select project_key, milestone_id, original_date, from_date
from first_stated
where exists (
    from fct_milestone as m
    where m.project_key = first_stated.project_key
        and m.milestone_id = first_stated.milestone_id
        and m.status_date > from_date
        and m.baseline_date is distinct from original_date
)
order by project_key, milestone_id
