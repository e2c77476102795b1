-- fct_risk: one row a risk or issue and status date; it holds from its status date until valid_to (the next one), which
-- is filled in once the rows stand.
-- Grain: project_key, risk_id, status_date. Reads the winning rows of the risks export, project_alias.
with
scored as (
    select
        * replace (
            -- An issue has happened already.
            coalesce(probability::integer, case when risk_kind = 'issue' then 5 end) as probability,
            impact::integer as impact
        )
    from ({rows})
)

select
    coalesce(alias.project_key, input.project_id) as project_key,
    input.risk_id,
    input.status_date,
    null::date as valid_to,
    coalesce(input.risk_name, input.risk_id) as risk_name,
    coalesce(input.risk_kind, 'risk') as risk_kind,
    input.probability,
    input.impact,
    input.probability * input.impact as exposure,
    input.risk_owner,
    input.due_date,
    coalesce(input.risk_state, 'open') as risk_state,
    input.response,
    input.load_id,
    input.source_row,
    input.fact_load_id,
    input.fact_source_row
from scored as input
left join project_alias as alias using (project_id)
order by status_date
