-- fct_demand: who needs how many full-time equivalents of a team's skill in a calendar month, by the plan of a status
-- date; a row holds from its status date until valid_to. Weeks and quarters are spread to months by their working days.
-- Grain: project_key, team, skill, month, status_date, load_id, source_row, and for assignments the person. Reads the rows
-- that loads in force state of the export, project_alias.
-- A plan says all there is of the projects and teams that it names, from its first period on, and one with a date from the
-- next month on: what it leaves out is no longer needed. Of plans of one status date the newest load counts.
with
stated as (
    select s.*, coalesce(a.project_key, s.project_id) as project_key
    from ({rows}) as s
    left join project_alias as a using (project_id)
),

plan as (
    select
        stating_load,
        status_date,
        -- A plan with a date says what is needed from the next month on, though its first rows are later.
        least(min(month), case when status_date > date '2000-01-01' then last_day(status_date) + 1 end) as first_period,
        bool_and(per = 'week') as is_weekly
    from stated
    group by stating_load, status_date
),

named as (
    select pair.project_key, pair.team, plan.*
    from (select distinct project_key, team from stated) as pair
    join (select distinct stating_load, status_date, project_key from stated) as p using (project_key)
    join (select distinct stating_load, status_date, team from stated) as t
        on t.team = pair.team and t.stating_load = p.stating_load and t.status_date = p.status_date
    join plan on plan.stating_load = p.stating_load and plan.status_date = p.status_date
),

spread as (
    select s.*, month_of(s.month, part)::date as of_month, s.month as first_day
    from stated as s
    cross join lateral (select unnest(range(months_in(s.month, s.per))) as part)
    where has_workdays(s.month, s.per, of_month)
),

held as (
    select s.*, min(n.status_date) as valid_to
    from spread as s
    left join named as n
        on n.project_key = s.project_key
        and n.team = s.team
        and (n.status_date, n.stating_load) > (s.status_date, s.stating_load)
        and case
            when n.is_weekly and s.per = 'week' then n.first_period <= s.month
            else date_trunc('month', n.first_period) <= s.of_month
        end
    group by all
)

select
    project_key,
    {item}
    team,
    skill,
    of_month as month,
    fte_of(amount, unit, first_day, per, of_month) as fte,
    {commitment}
    amount,
    unit,
    per,
    status_date,
    valid_to,
    load_id,
    file_row(source_row) as source_row,
    fact_load_id,
    fact_source_row
from held
where (valid_to is null or valid_to > status_date) and fte is not null
order by status_date, project_key, month, team, skill, fact_load_id, fact_source_row
