-- The types of new tasks and of what is answered for them.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- A new task, as persist_tasks takes it.
CREATE TYPE new_task AS (
  id             uuid,
  type           text,
  handler        text,
  request        text,
  status         text,       -- Queued or WaitingQueue
  due_in_ms      float8,     -- due so long after now …
  due_at_ms      float8,     -- … or at this instant
  audit_level    smallint,
  queue_name     text,
  priority       smallint,
  task_key       text,
  trace_context  text,
  retry_policy   text,       -- as JSON; NULL: what the type or the queue says
  claim_for      text,       -- the worker that takes it without a claim
  schedule       text,       -- the series; NULL: not recurring
  info           text,
  anchor_at_ms   float8,
  max_runs       int,
  run_until_ms   float8,
  next_run_at_ms float8
);

-- What became of a task that was to be stored.
CREATE TYPE persist_answer AS (id uuid, outcome text, claimed boolean);

INSERT INTO schema_migrations (version, name) VALUES (3, 'dispatch');
COMMIT;
