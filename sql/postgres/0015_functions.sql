-- The version of a database's functions. functions.sql applies all files of functions/ when one of
-- them has changed. Until version 14 the functions were in numbered files, hence the gaps in the
-- numbers.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- One row per applied revision.
CREATE TABLE schema_functions (
  revision   int         PRIMARY KEY,  -- incremented by each change of a function
  hash       text        NOT NULL,     -- SHA-256 of the files
  applied_at timestamptz NOT NULL DEFAULT now()
);
-- Every role may read it, because opening a storage reads it, and a role may have been granted its
-- rights before this table existed.
GRANT SELECT ON schema_functions TO PUBLIC;

INSERT INTO schema_migrations (version, name) VALUES (15, 'functions');
COMMIT;
