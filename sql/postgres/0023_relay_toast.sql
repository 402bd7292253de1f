-- Keeps the table of events small from its first hour on. Long batches of events are stored outside
-- of their rows, in chunks that have a vacuum of their own. At a few events a second, 5000 dead chunks
-- (10 MB) came together only after hours, in which the table grew.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

ALTER TABLE relayed_events SET (toast.autovacuum_vacuum_threshold = 500);

INSERT INTO schema_migrations (version, name) VALUES (23, 'relay_toast');
COMMIT;
