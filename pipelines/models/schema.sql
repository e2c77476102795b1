-- What the facts store holds beside the fact tables themselves (one pair a contract, made from it).

-- One row a publication: what was done, by whom and when. The number is the store's version.
create table if not exists publication (
    publication integer, action varchar, published_at timestamp, published_by varchar
);

-- One row a loaded file (or sheet): what was understood of it and how it went.
create table if not exists load (
    load_id integer, export varchar, file_name varchar, sheet varchar, digest varchar, bytes bigint,
    profile varchar, source varchar, interval_days integer, currency varchar, baseline varchar, keys_by_name boolean,
    encoding varchar, delimiter varchar, header_row integer, transposed boolean,
    headers varchar[], columns map(varchar, varchar),
    rows_read bigint, rows_loaded bigint, rows_rejected bigint, rows_unchanged bigint,
    rows_new bigint, rows_restated bigint, warnings bigint, started_at timestamp, finished_at timestamp
);

-- What happened to loads, replayed up to a publication to know which were in force: committed, withdrawn, restored.
create table if not exists load_event (
    publication integer, load_id integer, event varchar, happened_at timestamp, happened_by varchar, why varchar
);

create table if not exists problem (
    load_id integer, source_row bigint, column_name varchar, value varchar,
    rule varchar, severity varchar, message varchar, fix varchar
);

-- Rejected rows, whole, in the file's own words; headers are the load's.
create table if not exists rejected_row (load_id integer, source_row bigint, cells varchar[]);

create table if not exists check_result (
    load_id integer, rule varchar, expectation varchar, columns varchar[], severity varchar, engine varchar,
    rows_checked bigint, rows_failed bigint
);

-- What the expectation asked for, as JSON (pipelines/expectations.py); null in results from before it was kept.
alter table check_result add column if not exists arguments varchar;

-- The rules that the models were built with.
create table if not exists rule_in_force (name varchar, value double, word varchar);

alter table rule_in_force add column if not exists word varchar;

-- The colour that each reported rating counts as.
create table if not exists health_colour (rating varchar, colour varchar);

create table if not exists built_with (digest varchar);

-- How a load read its file, as a digest: the same file read otherwise is not the same load.
alter table load add column if not exists read_as varchar;

-- Columns that no contract knows and that were kept, cell by cell; status_date is null in loads of the projects export.
create table if not exists fact_attribute (
    load_id integer, source_row bigint, project_id varchar, status_date date, name varchar, value varchar
);

-- What was mended in a load's file: the repairs that were accepted, text by text, with the rows; column_name is null for
-- whole rows.
create table if not exists repair (
    load_id integer, rule varchar, column_name varchar, before varchar, after varchar, rows bigint[]
);

-- The lines of a load's file that are no data (totals, footers, empty rows), where they are few.
create table if not exists left_out (load_id integer, source_row bigint, kind varchar, text varchar, rows bigint);
