-- How a project stands on a review date. Every model and every page computes health with these, and nothing else does.
-- Sources: methods "Health" (10/30 bands of the US federal IT Dashboard), "Roll-up", "Time".

create or replace macro rule_value(rule) as (select value from rule_in_force where name = rule);

create or replace macro rule_word(rule) as (select word from rule_in_force where name = rule);

create or replace macro week_end(day) as
    (day + cast((rule_value('week_ends_on') - isodow(day) + 7) % 7 as integer))::date;

-- The review dates from a first day to a last on which a report holds: until the week of the next one.
create or replace macro weeks_held(status_date, valid_to, first_day, last_day) as
    generate_series(
        greatest(week_end(status_date), first_day), least(week_end(valid_to) - 7, last_day), interval 7 day
    );

-- The listing decides from its day on. A report of a finish outlives the stage that earlier reports gave.
create or replace macro stage_at(day, listed_stage, listed_stage_from, stage, actual_finish) as
    case
        when listed_stage is not null and (listed_stage_from is null or listed_stage_from <= day) then listed_stage
        when actual_finish <= day and stage is distinct from 'cancelled' then 'completed'
        else coalesce(stage, 'active')
    end;

create or replace macro is_live(stage) as stage in ('approved', 'active', 'on hold');

-- Whether somebody reports a project that is not over.
create or replace macro is_running(day, is_reported, listed_stage, listed_stage_from, stage, actual_finish) as
    is_reported and is_live(stage_at(day, listed_stage, listed_stage_from, stage, actual_finish));

-- An unfinished project can't finish before the review date: not by its forecast, nor without one by its baseline.
create or replace macro finish_at(day, forecast_finish, actual_finish, planned_finish, is_running) as
    case
        when actual_finish <= day then actual_finish
        when forecast_finish is not null then greatest(forecast_finish, day)
        when is_running and planned_finish < day then day
    end;

create or replace macro slip_share(finish, baseline_start, baseline_finish) as
    (finish - baseline_finish) / nullif(greatest(baseline_finish - baseline_start, 0), 0);

-- What is spent is spent: no estimate is below it.
create or replace macro at_least(amount, least) as case when least > amount then least else amount end;

create or replace macro estimate_at_completion(forecast_cost, budget, earned_value, actual_cost) as
    at_least(coalesce(forecast_cost, budget * nullif(actual_cost, 0) / nullif(earned_value, 0)), actual_cost);

-- Rounded, since 3.30 against 3.00 is 10 % but a hair less in doubles.
create or replace macro overrun_share(eac, budget) as round((eac - budget) / nullif(budget, 0), 9);

-- Money to add up: sums of doubles differ from run to run. An amount that no sum can hold is left out.
create or replace macro exact(money) as try_cast(money as decimal(38, 6));

create or replace macro band(share, amber, red) as
    case when share >= red then 'red' when share >= amber then 'amber' when share is not null then 'green' end;

create or replace macro schedule_colour(share) as band(share, rule_value('schedule_amber'), rule_value('schedule_red'));

create or replace macro cost_colour(share) as band(share, rule_value('cost_amber'), rule_value('cost_red'));

-- Milestones: those due by a day, and those of them that were not met by it.
create or replace macro milestone_due(day, baseline_date) as coalesce(baseline_date <= day, false);

create or replace macro milestone_missed(day, baseline_date, actual_date) as
    milestone_due(day, baseline_date) and not coalesce(actual_date <= day, false);

create or replace macro missed_share(missed, due) as missed / nullif(due, 0);

create or replace macro milestones_colour(share) as
    band(share, rule_value('milestones_amber'), rule_value('milestones_red'));

-- Risks: the largest open exposure, an aggregate; 0 where all are closed, unknown where none of the open is scored.
create or replace macro largest_exposure(risk_state, exposure) as
    case
        when count(*) filter (risk_state <> 'closed') = 0 then 0
        else max(exposure) filter (risk_state <> 'closed')
    end;

create or replace macro risk_colour(exposure) as band(exposure, rule_value('risk_amber'), rule_value('risk_red'));

create or replace macro worst_colour(one, other) as
    case
        when one = 'red' or other = 'red' then 'red'
        when one = 'amber' or other = 'amber' then 'amber'
        when one = 'green' or other = 'green' then 'green'
    end;

-- Computed: the worst of the dimensions that are known.
create or replace macro computed_colour(schedule, cost, milestones, risk, resources) as
    worst_colour(worst_colour(worst_colour(schedule, cost), worst_colour(milestones, risk)), resources);

create or replace macro is_stale_at(day, status_date, interval_days) as
    day - status_date > coalesce(interval_days, rule_value('interval_days')) + rule_value('grace_days');

-- People's time. Working days are Monday to Friday; public holidays are in the capacity that is stated, not here.
create or replace macro workdays_until(day) as
    5 * ((day - date '1900-01-01') // 7) + least((day - date '1900-01-01') % 7 + 1, 5);

create or replace macro workdays(first_day, last_day) as
    greatest(workdays_until(last_day) - workdays_until(first_day - 1), 0);

create or replace macro period_end(first_day, per) as
    case per
        when 'week' then first_day + 6
        when 'quarter' then last_day((first_day + interval 2 month)::date)
        else last_day(first_day)
    end;

-- The calendar months that a period touches: how many, and the first day of each.
create or replace macro months_in(first_day, per) as
    datediff('month', first_day, period_end(first_day, per)) + 1;

create or replace macro month_of(first_day, part) as date_trunc('month', first_day) + to_months(part::int);

-- A week that touches a month by its Saturday or Sunday alone says nothing of it.
create or replace macro has_workdays(first_day, per, month) as
    workdays(greatest(first_day, month), least(period_end(first_day, per), last_day(month))) > 0;

-- An amount as full-time equivalents of one of the months that its period touches. A level (FTE, percent of a person)
-- becomes person-days of the period, these are spread by working days, and divided by the working days of the month.
create or replace macro fte_of(amount, unit, first_day, per, month) as
    case unit
        when 'hours' then amount / rule_value('hours_per_day')
        when 'days' then amount
        when 'percent' then amount / 100 * workdays(first_day, period_end(first_day, per))
        else amount * workdays(first_day, period_end(first_day, per))
    end
    * workdays(greatest(first_day, month), least(period_end(first_day, per), last_day(month)))
    / nullif(workdays(first_day, period_end(first_day, per)), 0)
    / workdays(month, last_day(month));

-- The line of the file that a row stands on; a row made of one cell of a line has a number of its own.
create or replace macro file_row(source_row) as source_row % 1000000000;

-- Full-time equivalents to add up: sums of doubles differ from run to run.
create or replace macro people(fte) as fte::decimal(38, 9);

-- Which of a team's skills, as its capacity is stated, answers a demand for a skill.
create or replace macro pool_of(skill, skills) as
    case
        when list_contains(skills, skill) then skill
        when list_contains(skills, 'any') then 'any'
        when skill = 'any' and len(skills) = 1 then skills[1]
        else skill
    end;

create or replace macro unmet_share(unmet, needed) as unmet / nullif(needed, 0);

create or replace macro resources_colour(share) as
    band(round(share, 9), rule_value('resources_amber'), rule_value('resources_red'));

-- Who goes first: 1 before 2; words stand for the numbers that tools give them.
create or replace macro priority_rank(priority) as
    coalesce(
        try_cast(regexp_extract(priority, '^\s*(?:p|prio|priority)?\s*#?(\d{1,6}(?:\.\d+)?)\b', 1, 'i') as double),
        case
            when regexp_matches(priority, '(?i)critical|highest|urgent|blocker|must') then 1
            when regexp_matches(priority, '(?i)lowest|trivial|won.?t') then 5
            when regexp_matches(priority, '(?i)high|major|should') then 2
            when regexp_matches(priority, '(?i)medium|normal|moderate') then 3
            when regexp_matches(priority, '(?i)low|minor|could') then 4
        end
    );

-- Roll-up: one colour for many projects, in two steps. Whether budgets can weigh them, and what they carry, are
-- aggregates over rows of a state, how many projects it has (all, with a budget, critical) and their budget.
create or replace macro rollup_by_budget(projects, budgeted, budget, currency) as
    sum(projects) = sum(budgeted) and min(currency) = max(currency) and sum(budget) > 0;

create or replace macro rollup_evidence(state, projects, budget, critical, by_budget) as {
    'red': case when by_budget
        then coalesce(sum(case when state = 'red' then budget end)::double, 0) / sum(budget)::double
        else coalesce(sum(case when state = 'red' then projects end), 0) / sum(projects) end,
    'amber': case when by_budget
        then coalesce(sum(case when state = 'amber' then budget end)::double, 0) / sum(budget)::double
        else coalesce(sum(case when state = 'amber' then projects end), 0) / sum(projects) end,
    'green': case when by_budget
        then coalesce(sum(case when state = 'green' then budget end)::double, 0) / sum(budget)::double
        else coalesce(sum(case when state = 'green' then projects end), 0) / sum(projects) end,
    'red_projects': coalesce(sum(case when state = 'red' then projects end), 0)::bigint,
    'amber_projects': coalesce(sum(case when state = 'amber' then projects end), 0)::bigint,
    'known': coalesce(sum(case when state <> 'unknown' then projects end), 0) / sum(projects),
    'critical_red': coalesce(sum(case when state = 'red' then critical end), 0)::bigint
};

-- Green 0, amber 1, red 2, over what has a known colour.
create or replace macro rollup_mean(evidence) as
    (evidence.amber + 2 * evidence.red) / nullif(evidence.red + evidence.amber + evidence.green, 0);

create or replace macro rollup_colour(evidence) as
    case rule_word('rollup_rule')
        when 'worst' then case
            when evidence.red_projects > 0 then 'red'
            when evidence.amber_projects > 0 then 'amber'
            when evidence.known < rule_value('rollup_known') then 'unknown'
            else 'green'
        end
        when 'mean' then case
            when evidence.known < rule_value('rollup_known') then 'unknown'
            else coalesce(band(round(rollup_mean(evidence), 9), 0.5, 1.5), 'unknown')
        end
        else case
            when round(evidence.red, 9) >= rule_value('rollup_red') or evidence.critical_red > 0 then 'red'
            when round(evidence.red + evidence.amber, 9) >= rule_value('rollup_amber') then 'amber'
            when evidence.known < rule_value('rollup_known') then 'unknown'
            else 'green'
        end
    end;
