-- fct_capacity: what each team can give of a skill in a calendar month, in full-time equivalents, one row for each row of
-- an export and month that it speaks of. Weeks and quarters are spread to months by their working days.
-- Grain: team, skill, month, load_id, source_row. Reads the rows of capacity exports that loads in force state.
-- Of a team and period the newest load that speaks of it counts, with all its skills; where weeks, months and quarters
-- overlap, the newest load's kind of period counts for the month.
with
stated as ({rows}),

newest as (
    select team, month, per, max(stating_load) as stating_load from stated group by all
),

spread as (
    select s.*, month_of(s.month, part)::date as of_month, s.month as first_day
    from stated as s
    semi join newest using (team, month, per, stating_load)
    cross join lateral (select unnest(range(months_in(s.month, s.per))) as part)
    where has_workdays(s.month, s.per, of_month)
),

kind as (
    select distinct team, of_month, per from spread
    qualify stating_load = max(stating_load) over (partition by team, of_month)
)

select
    team,
    skill,
    of_month as month,
    fte_of(amount, unit, first_day, per, of_month) as fte,
    amount,
    unit,
    per,
    load_id,
    file_row(source_row) as source_row,
    fact_load_id,
    fact_source_row
from spread
semi join kind using (team, of_month, per)
where fte is not null
order by month, team, skill, fact_load_id, fact_source_row
