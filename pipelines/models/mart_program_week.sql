-- mart_program_week: the colour of every program on every review date, by the roll-up rule in force.
-- Grain: review_date, program_id, portfolio, is_whole. A program has one row a week that is whole; where its projects lie
-- in several portfolios, the part in each has a row too, for those who look at one alone. {due} limits what is built.
-- Reads mart_health_week.
with
due as (
    from mart_health_week where {due}
),

several as (
    select review_date, coalesce(program_id, '') as program_key
    from due
    group by all
    having min(coalesce(portfolio, '')) < max(coalesce(portfolio, ''))
),

part as (
    select *, portfolio as part, false as is_sum from due
    union all
    select *, null as part, true as is_sum from due where (review_date, coalesce(program_id, '')) in (from several)
),

weighed as materialized (
    select
        review_date,
        program_id,
        part as portfolio,
        is_sum,
        sum(projects)::bigint as live,
        rollup_by_budget(projects, budgeted, budget, currency) as by_budget,
        rollup_evidence(reported, projects, budget, critical, by_budget) as reported_evidence,
        rollup_evidence(computed, projects, budget, critical, by_budget) as computed_evidence
    from part
    group by review_date, program_id, part, is_sum
),

final as (
    select
        weighed.review_date,
        weighed.program_id,
        weighed.portfolio,
        is_sum or several.program_key is null as is_whole,
        live,
        rollup_colour(reported_evidence) as reported,
        rollup_colour(computed_evidence) as computed
    from weighed
    left join several
        on several.review_date = weighed.review_date and several.program_key = coalesce(weighed.program_id, '')
    where is_sum or several.program_key is null or portfolio is not null
)

from final
order by review_date
