-- Which functions a database has. functions.sql applies those of functions/ as a whole whenever they have changed; they have
-- been in numbered files until version 14, hence the gaps in the numbers.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- One row a revision that was applied.
CREATE TABLE schema_functions (
  revision   int         PRIMARY KEY,  -- rises with each change of a function
  hash       text        NOT NULL,     -- SHA-256 of the files
  applied_at timestamptz NOT NULL DEFAULT now()
);
-- Every role reads it when it opens a storage, also one that was granted its rights before this table existed.
GRANT SELECT ON schema_functions TO PUBLIC;

INSERT INTO schema_migrations (version, name) VALUES (15, 'functions');
COMMIT;
