-- What people record. Nothing is ever overwritten.

-- Rules: a number or a word each. The shipped ones hold from publication 0, a change from the publication "rules" of its
-- number; a change whose publication never came, since its writer was killed, does not count.
create table if not exists rule (
    name varchar, value double, word varchar, publication integer, recorded_at timestamp, recorded_by varchar,
    why varchar
);

alter table rule add column if not exists word varchar;

-- Names that the organisation uses; the newest row of a name counts.
create table if not exists setting (name varchar, word varchar, recorded_at timestamp, recorded_by varchar);

-- Remembered mappings, each as its YAML text; the newest row of a name counts, and one without text takes it away.
create table if not exists mapping (name varchar, text varchar, recorded_at timestamp, recorded_by varchar);

-- Scenarios: moves, as analytics.whatif writes them, on top of a publication at a review date, with what they assume. The
-- newest row of a name counts, and one without moves takes it away.
create table if not exists scenario (
    name varchar, assumptions varchar, publication integer, review_date date, moves varchar, recorded_at timestamp,
    recorded_by varchar
);
