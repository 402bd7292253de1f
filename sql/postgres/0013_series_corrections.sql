-- Series whose next run was planned while the server's clock was ahead, once it is right again.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- The series, however few they are among tasks that have ended: each worker reads them all when it starts. Nothing in it
-- ever changes, so that it stands in the way of no HOT update.
CREATE INDEX queued_tasks_series ON queued_tasks (id) WHERE is_recurring;

INSERT INTO schema_migrations (version, name) VALUES (13, 'series_corrections');
COMMIT;
