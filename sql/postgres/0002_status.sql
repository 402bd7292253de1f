-- The types of changes of status and of ends of runs.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- One step of a task's life before its last, as in the `earlier` list of a change.
CREATE TYPE status_step AS (status text, exception text, ago_ms float8);

-- A change of status, as set_task_statuses takes it.
CREATE TYPE status_change AS (
  id                uuid,
  audit_level       int,
  status            text,     -- the new status …
  exception         text,     -- … and exception
  ago_ms            float8,   -- how long ago that happened
  earlier           json,     -- [status_step]: what happened before it, since the last write
  worker_id         text,     -- with a worker, the change applies only while that worker …
  lease_token       int,      -- … holds the task by this token
  due_in_ms         float8,   -- the lease ends, and the task can be claimed again after so long
  return_attempt    boolean,
  rate_slot_at_ms   float8,
  execution_time_ms float8
);

-- The end of a run, as update_current_runs takes it.
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
  counts            boolean   -- false: an occurrence that was skipped, no real run
);

INSERT INTO schema_migrations (version, name) VALUES (2, 'status');
COMMIT;
