-- project_alias: which project an id stands for, where an export has no stable id and was keyed by name.
-- Grain: project_id. An id made from a name joins the one numbered id of the same source that bears the same name;
-- where more than one bears it, none is joined.
-- Reads named_project (project_id, name_key, source: every id of such a source, with the names it bore).
with
numbered as (
    select source, name_key, any_value(project_id) as project_key
    from named_project
    where project_id not like 'name:%'
    group by source, name_key
    having count(distinct project_id) = 1
)

select n.project_id, any_value(numbered.project_key) as project_key
from named_project as n
join numbered on numbered.source = n.source and 'name:' || numbered.name_key = n.project_id
where n.project_id like 'name:%'
group by n.project_id
having count(distinct numbered.project_key) = 1
