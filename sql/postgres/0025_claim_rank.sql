-- Makes the rank of a task a column that the functions write. PostgreSQL parses the expression of a
-- generated column again for each row of an UPDATE that leaves it unchanged. Reads no rows.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- The default is the rank for the defaults of the columns from which it is calculated.
ALTER TABLE queued_tasks ALTER COLUMN claim_rank DROP EXPRESSION, ALTER COLUMN claim_rank SET DEFAULT 0;

INSERT INTO schema_migrations (version, name) VALUES (25, 'claim_rank');
COMMIT;
