-- baseline_said: the baselines that a project's status reports state, each from the first report that states it.
-- Grain: project_key, from_date. first_finish and first_cost are what it forecast first, where its source states no
-- baseline. Reads status_input, load, project_alias, changed_project and the baseline_said that stands, of which what
-- lies before a project's change stays.
with
input as (
    select
        i.*,
        case when source.baseline = 'first_reported' then i.forecast_finish end as first_finish,
        case when source.baseline = 'first_reported' then i.forecast_cost end as first_cost
    from status_input as i
    left join load as source using (load_id)
),

said as (
    select
        coalesce(alias.project_key, i.project_id) as project_key,
        i.status_date as from_date,
        i.load_id,
        i.source_row,
        i.baseline_start,
        i.baseline_finish,
        i.budget,
        i.first_finish,
        i.first_cost
    from input as i
    left join project_alias as alias using (project_id)
    where coalesce(i.baseline_start, i.baseline_finish, i.first_finish) is not null
        or coalesce(i.budget, i.first_cost) is not null
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
        last_value(budget ignore nulls) over so_far as budget,
        first_value(first_finish ignore nulls) over so_far as first_finish,
        first_value(first_cost ignore nulls) over so_far as first_cost
    from said
    window so_far as (
        partition by project_key order by from_date, load_id, source_row
        rows between unbounded preceding and current row
    )
)

select *
from carried
qualify (baseline_start, baseline_finish, budget, first_finish, first_cost) is distinct from lag(
    (baseline_start, baseline_finish, budget, first_finish, first_cost)
) over (partition by project_key order by from_date, load_id, source_row)
