-- The failures of each group by hour, and the versions of the application that failed.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- The row of the present hour is updated several times, so pages have free space.
CREATE TABLE failure_counts (
  hour_utc timestamptz,
  failures bigint NOT NULL,
  group_id text   COLLATE "C",
  PRIMARY KEY (group_id, hour_utc)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX failure_counts_hour ON failure_counts (hour_utc);

ALTER TABLE failure_groups ADD COLUMN first_version text, ADD COLUMN last_version text;

INSERT INTO schema_migrations (version, name) VALUES (24, 'failure_counts');
COMMIT;
