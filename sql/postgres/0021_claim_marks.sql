-- The mark by which a worker's tasks are found quickly even if the worker has run for long.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- Its next claims are dated at this instant or later, even if the clock is set back; NULL: at
-- claims_since. Each heartbeat sets it to the present. Once the worker holds no task that it
-- claimed before that heartbeat, the value becomes claims_since.
ALTER TABLE workers ADD COLUMN claims_from timestamptz;

INSERT INTO schema_migrations (version, name) VALUES (21, 'claim_marks');
COMMIT;
