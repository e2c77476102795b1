-- baseline_said: the baselines that a project's status reports state, each from the first report that states it.
-- Grain: project_key, from_date. Reads status_input, project_alias, changed_project and the baseline_said that stands,
-- of which what lies before a project's change stays.
with
said as (
    select
        coalesce(alias.project_key, i.project_id) as project_key,
        i.status_date as from_date,
        i.load_id,
        i.source_row,
        i.baseline_start,
        i.baseline_finish,
        i.budget
    from status_input as i
    left join project_alias as alias using (project_id)
    where i.baseline_start is not null or i.baseline_finish is not null or i.budget is not null
    union all by name
    select b.*
    from baseline_said as b
    join changed_project as c using (project_key)
    where b.from_date < c.from_date
),

carried as (
    select
        project_key,
        from_date,
        load_id,
        source_row,
        last_value(baseline_start ignore nulls) over so_far as baseline_start,
        last_value(baseline_finish ignore nulls) over so_far as baseline_finish,
        last_value(budget ignore nulls) over so_far as budget
    from said
    window so_far as (partition by project_key order by from_date, load_id, source_row)
)

select *
from carried
qualify (baseline_start, baseline_finish, budget) is distinct from lag((baseline_start, baseline_finish, budget)) over (
    partition by project_key order by from_date, load_id, source_row
)
