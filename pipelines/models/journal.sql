-- What people record. Rules are never overwritten: the newest by publication counts.
create table if not exists rule (
    name varchar, value double, publication integer, recorded_at timestamp, recorded_by varchar, why varchar
);
