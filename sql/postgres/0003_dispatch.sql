-- The types of new tasks and of their results.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- A new task, for persist_tasks.
CREATE TYPE new_task AS (
  id             uuid,
  type           text,
  handler        text,
  request        text,
  status         text,       -- Queued or WaitingQueue
  due_in_ms      float8,     -- the delay from now …
  due_at_ms      float8,     -- … or the due instant
  audit_level    smallint,
  queue_name     text,
  priority       smallint,
  task_key       text,
  trace_context  text,
  retry_policy   text,       -- as JSON; NULL: that of the type or the queue
  claim_for      text,       -- the worker that gets it without a claim
  schedule       text,       -- the series; NULL: not recurring
  info           text,
  anchor_at_ms   float8,
  max_runs       int,
  run_until_ms   float8,
  next_run_at_ms float8
);

-- The result of storing a task.
CREATE TYPE persist_answer AS (id uuid, outcome text, claimed boolean);

INSERT INTO schema_migrations (version, name) VALUES (3, 'dispatch');
COMMIT;
