-- Leaves more room in the pages of tasks. A claim makes a row longer, by the id of its worker, so that
-- a half-filled page had no room for the claims of all its rows: one row in seven moved to another
-- page, and claims waited for each other to extend the table. Measured: 60,000 claims by 8 processes
-- moved 8,000 rows before and none after, 20,000 tasks that were claimed and ended took 2 % fewer
-- pages, and neither a claim nor an end took longer. Applies to pages that are written from now on.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

ALTER TABLE queued_tasks SET (fillfactor = 44);

INSERT INTO schema_migrations (version, name) VALUES (26, 'room_for_claims');
COMMIT;
