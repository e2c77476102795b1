-- demand_at: who needs how many people of which pool (a team's skill, as capacity states it) in which month, on each of
-- some days, by the plans that hold then. Projects that are over need nobody.
-- Grain: review_date, project_key, team, pool, skill, month, is_committed. `place` is the order in which a pool's people
-- are given: committed before requested, critical projects first, then by priority, then by identifier.
-- The days are a relation of review_date, the months a condition on d.month. Reads fct_demand, fct_capacity, fct_status, stg_projects, project_alias.
with
day as materialized (from {days}),

known_team as (
    select team, list(distinct skill order by skill) as skills from fct_capacity group by team
),

listed as (
    select
        coalesce(a.project_key, p.project_id) as project_key,
        min(priority_rank(p.priority)) as priority,
        arg_max({'stage': p.stage, 'from': p.stage_from, 'critical': p.is_critical}, p.load_id) as said
    from stg_projects as p
    left join project_alias as a using (project_id)
    group by all
),

held as (
    select
        day.review_date,
        d.project_key,
        d.team,
        pool_of(d.skill, t.skills) as pool,
        d.skill,
        d.month,
        d.fte,
        d.commitment,
        case
            when s.project_key is not null
                then stage_at(day.review_date, s.listed_stage, s.listed_stage_from, s.stage, s.actual_finish)
            -- Listed, and to begin later: it is what the listing says, once that holds.
            when l.said['from'] is null or l.said['from'] <= day.review_date then l.said.stage
            when l.project_key is not null then 'candidate'
        end as stage,
        s.project_key is not null or l.said.stage is not null as is_known,
        coalesce(s.is_critical, l.said.critical, false) as is_critical,
        l.priority
    from day
    join fct_demand as d
        on d.status_date <= day.review_date and (d.valid_to is null or d.valid_to > day.review_date)
    left join fct_status as s
        on s.project_key = d.project_key
        and s.status_date <= day.review_date
        and (s.valid_to is null or s.valid_to > day.review_date)
    left join known_team as t on t.team = d.team
    left join listed as l on l.project_key = d.project_key
    where {months}
),

asked as (
    select
        review_date, project_key, stage, is_critical, priority, team, pool, skill, month,
        coalesce(commitment = 'committed', not is_known or is_live(stage)) as is_committed,
        sum(people(fte)) as fte
    from held
    where not is_known or stage not in ('completed', 'cancelled')
    group by all
)

select
    asked.*,
    dense_rank() over (
        partition by review_date
        order by is_committed desc, is_critical desc, priority nulls last, project_key
    ) as place
from asked
