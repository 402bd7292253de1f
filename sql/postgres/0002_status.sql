-- The types of status changes and of ends of runs.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- An earlier status of a task, in the list `earlier` of a change.
CREATE TYPE status_step AS (status text, exception text, ago_ms float8);

-- A status change, for set_task_statuses.
CREATE TYPE status_change AS (
  id                uuid,
  audit_level       int,
  status            text,     -- the new status …
  exception         text,     -- … and exception
  ago_ms            float8,   -- how long ago that happened
  earlier           json,     -- [status_step]: the changes before this one, since the last write
  worker_id         text,     -- if not NULL, the change applies only while this worker …
  lease_token       int,      -- … holds the task with this token
  due_in_ms         float8,   -- if not NULL, the lease ends, and the task can be claimed after this time
  return_attempt    boolean,
  rate_slot_at_ms   float8,
  execution_time_ms float8
);

-- The end of a run, for update_current_runs.
CREATE TYPE run_end AS (
  id                uuid,
  audit_level       int,
  status            text,
  exception         text,
  ago_ms            float8,
  earlier           json,
  worker_id         text,
  lease_token       int,
  execution_time_ms float8,
  next_run_at_ms    float8,   -- when the series is due again; NULL ends it
  counts            boolean   -- false: the occurrence was skipped
);

INSERT INTO schema_migrations (version, name) VALUES (2, 'status');
COMMIT;
