-- The queues and types that each worker serves, for other processes.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

ALTER TABLE workers ADD COLUMN serves text; -- WorkerServes (src/storage/records.ts) as JSON; NULL for version 0.1

INSERT INTO schema_migrations (version, name) VALUES (14, 'worker_serves');
COMMIT;
