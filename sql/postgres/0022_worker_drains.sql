-- Workers that an operator has asked to stop.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

ALTER TABLE workers ADD COLUMN is_draining boolean; -- true: it finishes its tasks and stops

INSERT INTO schema_migrations (version, name) VALUES (22, 'worker_drains');
COMMIT;
