-- Lets workers correct series whose next run was planned while the server's clock was ahead.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- Finds all series without reading ended tasks, because each worker reads them when it starts.
-- Claims and ends of tasks do not change its columns, so they remain HOT updates. If the table has
-- millions of rows, run this statement with CREATE INDEX CONCURRENTLY before this file, as the
-- driver does: otherwise changes of tasks wait until the index is built.
CREATE INDEX IF NOT EXISTS queued_tasks_series ON queued_tasks (id) WHERE is_recurring;

INSERT INTO schema_migrations (version, name) VALUES (13, 'series_corrections');
COMMIT;
