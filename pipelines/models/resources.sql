-- resources: what a project needs in the three months after each of some days, and what of it is not there, in
-- full-time equivalents added up over the months. Grain: review_date, project_key. Where no export states the capacity
-- that is asked for nothing is known. Reads what shortfall reads.
select review_date, project_key, sum(fte) as needed, sum(unmet) as unmet
from ({shortfall})
where capacity is not null
group by all
