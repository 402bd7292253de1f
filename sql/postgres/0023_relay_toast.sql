-- Keeps the table of events small from its first hour on. Long batches of events are stored outside
-- of their rows, in chunks that have a vacuum of their own. At a few events a second, it took hours
-- until 5000 chunks (10 MB) were dead, and the table grew until then.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

ALTER TABLE relayed_events SET (toast.autovacuum_vacuum_threshold = 500);

INSERT INTO schema_migrations (version, name) VALUES (23, 'relay_toast');
COMMIT;
