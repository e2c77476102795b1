-- shortfall: what each project gets of what it needs, where a pool's people are given in order of priority.
-- Grain: review_date, project_key, team, pool, skill, month, is_committed: the rows of demand_at, with capacity (none where
-- no export states any), and unmet, the full-time equivalents that are not there for it.
-- Reads a relation as demand_at gives it, fct_capacity.
with
pool_month as (
    select team, skill as pool, month, sum(people(fte)) as capacity from fct_capacity group by all
),

queued as (
    select
        d.*,
        c.capacity,
        sum(d.fte) over (
            partition by d.review_date, d.team, d.pool, d.month order by d.place, d.skill
            rows between unbounded preceding and current row
        ) as taken
    from {demand} as d
    left join pool_month as c on c.team = d.team and c.pool = d.pool and c.month = d.month
)

select * exclude (taken), case when capacity is not null then least(fte, greatest(taken - capacity, 0)) end as unmet
from queued
