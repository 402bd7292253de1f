-- Which queues and types a worker takes, so that others can tell who serves what.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

ALTER TABLE workers ADD COLUMN serves text; -- WorkerServes (src/storage/records.ts) as JSON; NULL for one of version 0.1

INSERT INTO schema_migrations (version, name) VALUES (14, 'worker_serves');
COMMIT;
