-- New tasks: persist_tasks, which serves the driver, and dispatch, for triggers and other languages.
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

-- When a new task becomes due.
CREATE FUNCTION due_instant(clock timestamptz, due_in_ms float8, due_at_ms float8) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN due_at_ms IS NULL
    THEN clock + round(coalesce(due_in_ms, 0)) * interval '1 millisecond'
    ELSE to_timestamp(round(due_at_ms) / 1000)
  END
$$;

-- Stores new tasks that no stored task stands for; those whose id or key is stored already are left out. Returns how many
-- were stored, and how many of them are born claimed. The workers that take them are locked, so that release_lost waits for
-- this transaction and then finds their tasks.
CREATE FUNCTION store_tasks(tasks new_task[], clock timestamptz, OUT stored int, OUT claimed int)
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
BEGIN
  WITH task AS MATERIALIZED (
    SELECT t.*, due_instant(clock, t.due_in_ms, t.due_at_ms) AS due_at_utc FROM unnest(tasks) AS t
  ), holder AS MATERIALIZED (
    SELECT w.id, greatest(clock, w.claims_since) AS claimed_at_utc FROM workers AS w
    WHERE w.id IN (SELECT DISTINCT t.claim_for FROM task AS t) AND w.is_registered
    ORDER BY w.id
    FOR KEY SHARE
  ), created AS (
    INSERT INTO queued_tasks (
      id, type, handler, request, status, audit_level, queue_name, priority, task_key, trace_context, retry_policy,
      created_at_utc, due_at_utc, scheduled_execution_utc, worker_id, claimed_at_utc, attempt, lease_token,
      is_recurring, recurring_task, recurring_info, anchor_utc, max_runs, run_until, next_run_utc, current_run_count
    )
    SELECT
      t.id, t.type, t.handler, t.request, t.status, t.audit_level, t.queue_name, t.priority, t.task_key,
      t.trace_context, t.retry_policy, clock,
      CASE WHEN h.id IS NULL THEN t.due_at_utc END, CASE WHEN t.status = 'WaitingQueue' THEN t.due_at_utc END,
      h.id, h.claimed_at_utc, CASE WHEN h.id IS NULL THEN 0 ELSE 1 END, CASE WHEN h.id IS NULL THEN 0 ELSE 1 END,
      t.schedule IS NOT NULL, t.schedule, t.info, from_epoch_ms(t.anchor_at_ms), t.max_runs,
      from_epoch_ms(t.run_until_ms), from_epoch_ms(t.next_run_at_ms), CASE WHEN t.schedule IS NOT NULL THEN 0 END
    FROM task AS t
    LEFT JOIN holder AS h ON h.id = t.claim_for AND t.status = 'Queued'
      AND t.queue_name <> ALL (ARRAY(SELECT q.queue_name FROM queues AS q WHERE q.is_paused))
    ON CONFLICT DO NOTHING
    RETURNING id, status, audit_level, worker_id
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status)
    SELECT c.id, clock, c.status FROM created AS c WHERE writes_status_audit(c.audit_level, c.status, NULL)
  )
  SELECT count(*), count(c.worker_id) INTO stored, claimed FROM created AS c;
END $$;

-- What became of a task that was to be stored.
CREATE TYPE persist_answer AS (id uuid, outcome text, claimed boolean);

-- The answer for a task whose id is stored already: it was `created`, also when it is sent again.
CREATE FUNCTION answer_for_stored(stored queued_tasks, claim_for text) RETURNS persist_answer
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT ROW(stored.id, 'created', coalesce(stored.lease_token = 1 AND stored.worker_id = claim_for, false))::persist_answer
$$;

-- Stores one task that has a key, or finds the one that stands for it; see the table of Storage.persist. The known task's
-- row is locked, and a new key is guarded by its unique index: two processes that dispatch it at once make one task.
CREATE FUNCTION persist_keyed(task new_task, clock timestamptz) RETURNS persist_answer
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  known      queued_tasks;
  figures    record;
  keeps_next boolean;
  due        timestamptz := due_instant(clock, task.due_in_ms, task.due_at_ms);
BEGIN
  LOOP
    SELECT t.* INTO known FROM queued_tasks AS t WHERE t.id = task.id;
    IF FOUND THEN RETURN answer_for_stored(known, task.claim_for); END IF;

    SELECT t.* INTO known FROM queued_tasks AS t WHERE t.task_key = task.task_key FOR UPDATE;
    IF NOT FOUND THEN
      figures := store_tasks(ARRAY[task], clock);
      IF figures.stored = 1 THEN
        RETURN ROW(task.id, 'created', figures.claimed = 1)::persist_answer;
      END IF;
      CONTINUE;  -- another process was faster, and has committed: look again
    END IF;

    IF known.worker_id IS NOT NULL OR known.status = 'InProgress' OR (known.is_recurring AND task.schedule IS NULL) THEN
      RETURN ROW(known.id, 'existing', false)::persist_answer;
    END IF;
    IF NOT known.is_recurring AND known.due_at_utc IS NULL
      AND known.status IN ('Completed', 'Failed', 'Cancelled', 'ServiceStopped') THEN
      UPDATE queued_tasks AS t SET task_key = NULL WHERE t.id = known.id;
      CONTINUE;
    END IF;

    keeps_next := coalesce(known.next_run_utc IS NOT NULL AND known.recurring_task = task.schedule, false);
    UPDATE queued_tasks AS t SET
      type = task.type, handler = task.handler, request = task.request, queue_name = task.queue_name,
      priority = task.priority, audit_level = task.audit_level, trace_context = task.trace_context,
      retry_policy = task.retry_policy, exception = NULL, cancel_requested = false,
      is_recurring = task.schedule IS NOT NULL, recurring_task = task.schedule, recurring_info = task.info,
      max_runs = task.max_runs, run_until = from_epoch_ms(task.run_until_ms),
      current_run_count = CASE WHEN task.schedule IS NULL THEN NULL
        WHEN known.next_run_utc IS NULL THEN 0 ELSE known.current_run_count END
    WHERE t.id = known.id;
    IF NOT keeps_next THEN
      UPDATE queued_tasks AS t SET
        status = task.status, due_at_utc = due,
        scheduled_execution_utc = CASE WHEN task.status = 'WaitingQueue' THEN due END,
        anchor_utc = from_epoch_ms(task.anchor_at_ms), next_run_utc = from_epoch_ms(task.next_run_at_ms),
        attempt = 0, lost_count = 0, rate_slot_utc = NULL
      WHERE t.id = known.id;
      IF known.status <> task.status AND writes_status_audit(task.audit_level, task.status, NULL) THEN
        INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status) VALUES (known.id, clock, task.status);
      END IF;
    END IF;
    RETURN ROW(known.id, 'updated', false)::persist_answer;
  END LOOP;
END $$;

-- Stores tasks and their first audit rows, applying the rules of task keys in order. Returns NULL in the plain case, in
-- which each was created, and claimed if it asked for that; otherwise [{id, outcome, claimed}] in the order of the tasks.
-- A `message` is what the other processes are told, if anything.
CREATE FUNCTION persist_tasks(tasks json, message json DEFAULT NULL) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  clock   timestamptz := utc_now();
  batch   new_task[] := ARRAY(SELECT t FROM json_populate_recordset(NULL::new_task, tasks) AS t);
  unkeyed new_task[] := batch;
  wanted  int;
  keys    text[];
  figures record;
  item    record;
  answers persist_answer[] := '{}';
BEGIN
  SELECT count(t.claim_for), array_agg(t.task_key) FILTER (WHERE t.task_key IS NOT NULL)
  INTO wanted, keys FROM unnest(batch) AS t;
  IF keys IS NOT NULL THEN unkeyed := ARRAY(SELECT t FROM unnest(batch) AS t WHERE t.task_key IS NULL); END IF;

  figures := store_tasks(unkeyed, clock);
  IF message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  IF keys IS NULL AND figures.stored = cardinality(batch) AND figures.claimed = wanted THEN RETURN NULL; END IF;

  answers := ARRAY(
    SELECT answer_for_stored(s, t.claim_for)
    FROM unnest(batch) WITH ORDINALITY AS t LEFT JOIN queued_tasks AS s ON s.id = t.id AND t.task_key IS NULL
    ORDER BY t.ordinality
  );
  -- Known rows are locked in the order of ids, as in all batches; new keys are taken in the order of keys.
  PERFORM FROM queued_tasks AS t WHERE t.task_key = ANY (keys) ORDER BY t.id FOR UPDATE;
  FOR item IN
    SELECT batch[i] AS task, i FROM generate_subscripts(batch, 1) AS i
    WHERE batch[i].task_key IS NOT NULL ORDER BY batch[i].task_key COLLATE "C", i
  LOOP
    answers[item.i] := persist_keyed(item.task, clock);
  END LOOP;
  RETURN to_json(answers);
END $$;

-- Refuses a text that is missing, empty or too long, as dispatch in the application does.
CREATE FUNCTION check_text(argument text, value text, most int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(length(value), 0) NOT BETWEEN 1 AND most THEN
    RAISE EXCEPTION '% is %, but it must be a text of 1 to % characters', argument,
      coalesce(quote_literal(left(value, 80)), 'NULL'), most
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
END $$;

-- Enqueues a task from SQL: a trigger, a function, another language. It exists if the transaction commits, and workers are
-- told then. The request is the payload as JSON, which the worker validates against the task's schema. Returns the id of
-- the task that now stands for it (with a key, it may be an existing one's).
--
-- A retry_policy goes before what the task's type says: {"kind": "none"}, {"kind": "linear", "retries": 3, "delaysMs": [500]}
-- or {"kind": "exponential", "retries": 5, "baseMs": 1000, "factor": 2, "maxMs": 60000, "jitter": 0.5}; RetryPolicyData in
-- src/retry/policy_data.ts. The worker logs an error about one that it does not understand.
CREATE FUNCTION dispatch(
  task_type text,
  request json,
  queue_name text DEFAULT 'default',
  due_at timestamptz DEFAULT NULL,
  task_key text DEFAULT NULL,
  priority smallint DEFAULT 0,
  audit_level smallint DEFAULT 0,
  handler text DEFAULT NULL,
  retry_policy json DEFAULT NULL
) RETURNS uuid LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  clock  timestamptz := utc_now();
  random text := replace(gen_random_uuid()::text, '-', '');
  -- UUID version 7 (RFC 9562): 48 bits of milliseconds, the version, the variant, and 74 random bits.
  new_id uuid := lpad(to_hex(to_epoch_ms(clock)), 12, '0') || '7' || substr(random, 14);
  later  boolean := due_at > clock;
  answer json;
BEGIN
  PERFORM check_text('task_type', task_type, 200);
  PERFORM check_text('queue_name', queue_name, 200);
  IF task_key IS NOT NULL THEN PERFORM check_text('task_key', task_key, 200); END IF;
  IF handler IS NOT NULL THEN PERFORM check_text('handler', handler, 500); END IF;
  IF audit_level NOT BETWEEN 0 AND 3 THEN
    RAISE EXCEPTION 'audit_level is %, but it must be 0 (Full), 1 (Minimal), 2 (ErrorsOnly) or 3 (None)', audit_level
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF due_at NOT BETWEEN '0001-01-01 00:00+00' AND '9999-12-31 23:59:59.999+00' THEN
    RAISE EXCEPTION 'due_at is %, but it must be an instant of the years 1 to 9999', due_at
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF coalesce(retry_policy ->> 'kind' NOT IN ('none', 'linear', 'exponential'), retry_policy IS NOT NULL) THEN
    RAISE EXCEPTION 'retry_policy is %, but its kind must be none, linear or exponential', retry_policy
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  answer := persist_tasks(
    json_build_array(json_build_object(
      'id', new_id, 'type', task_type, 'handler', coalesce(handler, task_type), 'request', request::text,
      'status', CASE WHEN later THEN 'WaitingQueue' ELSE 'Queued' END, 'due_at_ms', to_epoch_ms(due_at),
      'audit_level', audit_level, 'queue_name', queue_name, 'priority', priority, 'task_key', task_key,
      'retry_policy', retry_policy::text
    )),
    CASE WHEN later THEN NULL ELSE '{"kind":"tasks"}'::json END
  );
  RETURN coalesce((answer -> 0 ->> 'id')::uuid, new_id);
END $$;

INSERT INTO schema_migrations (version, name) VALUES (3, 'dispatch');
COMMIT;
