-- fct_alignment: how much of each project serves each goal. Of a project the newest load that speaks of it counts, with all
-- its goals. `share` is the part of the project's money: contribution / max(1, sum of contributions), so that the shares
-- of a project add up to 1 at most; what is left serves no goal. Source: methods "Alignment to strategy".
-- Grain: project_key, goal_id. Reads the rows of alignment exports that loads in force state, project_alias.
with
stated as (
    select s.*, coalesce(a.project_key, s.project_id) as project_key
    from ({rows}) as s
    left join project_alias as a using (project_id)
),

newest as (
    select * from stated
    qualify stating_load = max(stating_load) over (partition by project_key)
        -- Two identifiers of one project may name the same goal.
        and row_number() over (partition by project_key, goal_id, stating_load order by contribution desc, source_row) = 1
)

select
    project_key,
    goal_id,
    contribution,
    contribution / greatest(1, sum(contribution) over (partition by project_key)) as share,
    rationale,
    load_id,
    source_row,
    fact_load_id,
    fact_source_row
from newest
order by project_key, goal_id
