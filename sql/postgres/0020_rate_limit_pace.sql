-- The pace of each rate limit, by which operators see how many tasks wait for it.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- The values of the last request for the key that reserved a slot or started a task. NULL if there
-- was none since this migration.
ALTER TABLE rate_limits ADD COLUMN interval_ms float8, ADD COLUMN burst int;

INSERT INTO schema_migrations (version, name) VALUES (20, 'rate_limit_pace');
COMMIT;
