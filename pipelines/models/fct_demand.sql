-- fct_demand: who needs how many full-time equivalents of a team's skill in a calendar month, by the plan of a status
-- date; a row holds from its status date until valid_to. Weeks and quarters are spread to months by their working days.
-- Grain: project_key, team, skill, month, status_date, load_id, source_row, and for assignments the person. Reads the rows
-- that loads in force state of the export, project_alias.
-- A plan says all there is of the projects and teams that it names, from its first period on: what it leaves out is no
-- longer needed. Of plans of one status date the newest load counts.
with
stated as (
    select s.*, coalesce(a.project_key, s.project_id) as project_key
    from ({rows}) as s
    left join project_alias as a using (project_id)
),

plan as (
    select stating_load, status_date, min(month) as first_period from stated group by all
),

named as (
    select pair.project_key, pair.team, plan.*
    from (select distinct project_key, team from stated) as pair
    join (select distinct stating_load, status_date, project_key from stated) as p using (project_key)
    join (select distinct stating_load, status_date, team from stated) as t
        on t.team = pair.team and t.stating_load = p.stating_load and t.status_date = p.status_date
    join plan on plan.stating_load = p.stating_load and plan.status_date = p.status_date
),

held as (
    select s.*, min(n.status_date) as valid_to
    from stated as s
    left join named as n
        on n.project_key = s.project_key
        and n.team = s.team
        and (n.status_date, n.stating_load) > (s.status_date, s.stating_load)
        and n.first_period <= s.month
    group by all
),

spread as (
    select h.*, month_of(h.month, part)::date as of_month, h.month as first_day
    from held as h
    cross join lateral (select unnest(range(months_in(h.month, h.per))) as part)
    where h.valid_to is null or h.valid_to > h.status_date
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
    source_row,
    fact_load_id,
    fact_source_row
from spread
where fte is not null
order by status_date, project_key, month, team, skill, source_row
