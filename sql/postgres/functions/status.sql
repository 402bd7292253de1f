-- Changes the statuses of tasks, in batches or one by one.

-- Applies status changes in one transaction, at most one per task. Sends `message` to the other
-- processes unless it is NULL. Returns NULL if all were applied, otherwise the ids of those that
-- were. A change is not applied if its lease is not held, or if the task does not exist.
--
-- The statuses InProgress and Queued without due_in_ms keep the lease and the due instant; other
-- changes end the lease. A task with a cancel request becomes due at once, because the worker that
-- claims it next cancels it.
--
-- Without a worker and due_in_ms, the statuses WaitingQueue, Queued and Pending keep the due
-- instant of a waiting task. A task that neither waits nor is held becomes due: a series at its
-- next run, another task at the instant for which it was dispatched, but not before now.
--
-- A worker may report the start of an attempt twice. If the status is InProgress, due_in_ms is NULL
-- and the task is InProgress under the same lease, the change counts as applied, and has no effect.
--
-- Pass changes ordered by id, so that two batches cannot deadlock. The settings allow only one
-- plan, a nested loop that finds the task of each change by primary key. With outdated statistics
-- the planner would read the whole table for a batch of 250 (measured: 17 s).
CREATE OR REPLACE FUNCTION set_task_statuses(changes json, message json DEFAULT NULL) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_sort = off SET jit = off
AS $$
DECLARE
  clock timestamptz := utc_now();
  given int;
  taken uuid[];
BEGIN
  WITH change AS MATERIALIZED (
    SELECT c.*, c.due_in_ms IS NULL AND c.status IN ('InProgress', 'Queued') AS keeps_lease,
      c.due_in_ms IS NULL AND c.worker_id IS NULL AND c.status IN ('WaitingQueue', 'Queued', 'Pending') AS stands_in_line,
      ms_after(clock, -coalesce(c.ago_ms, 0)) AS happened_at
    FROM json_populate_recordset(NULL::status_change, changes) AS c
  ), applied AS (
    UPDATE queued_tasks AS t SET
      status = c.status,
      exception = c.exception,
      worker_id = CASE WHEN c.keeps_lease THEN t.worker_id END,
      due_at_utc = CASE
        WHEN t.due_at_utc IS NOT NULL AND c.stands_in_line THEN t.due_at_utc
        WHEN c.keeps_lease AND (t.worker_id IS NOT NULL OR NOT c.stands_in_line) THEN t.due_at_utc
        WHEN c.due_in_ms IS NULL AND NOT c.stands_in_line THEN NULL
        WHEN t.cancel_requested THEN clock
        WHEN c.stands_in_line
          THEN greatest(clock, CASE WHEN t.is_recurring THEN t.next_run_utc ELSE t.scheduled_execution_utc END)
        ELSE ms_after(clock, c.due_in_ms)
      END,
      cancel_requested = t.cancel_requested AND (c.keeps_lease OR c.stands_in_line OR c.due_in_ms IS NOT NULL),
      attempt = CASE WHEN c.return_attempt THEN greatest(0, t.attempt - 1) ELSE t.attempt END,
      rate_slot_utc = from_epoch_ms(c.rate_slot_at_ms),
      execution_time_ms = CASE WHEN c.execution_time_ms IS NULL OR NOT keeps_history(c.audit_level)
        THEN t.execution_time_ms ELSE c.execution_time_ms END,
      last_execution_utc = CASE WHEN c.execution_time_ms IS NULL OR NOT keeps_history(c.audit_level)
        THEN t.last_execution_utc ELSE c.happened_at END
    FROM change AS c
    WHERE t.id = c.id
      AND (c.worker_id IS NULL OR (t.worker_id = c.worker_id AND t.lease_token = c.lease_token
        AND NOT (c.keeps_lease AND c.status = 'InProgress' AND t.status = 'InProgress')))
    RETURNING t.id, c.audit_level, c.status, c.exception, c.happened_at, c.earlier
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status, exception)
    SELECT a.id, step.happened_at, step.status, step.exception
    FROM applied AS a CROSS JOIN LATERAL (
      SELECT e.status, e.exception, ms_after(clock, -coalesce(e.ago_ms, 0)) AS happened_at
      FROM json_populate_recordset(NULL::status_step, a.earlier) AS e
      UNION ALL
      SELECT a.status, a.exception, a.happened_at
    ) AS step
    WHERE keeps_history(a.audit_level) AND writes_status_audit(a.audit_level, step.status, step.exception)
  )
  SELECT (SELECT count(*) FROM change), array_agg(a.id) INTO given, taken FROM applied AS a;
  IF coalesce(cardinality(taken), 0) < given THEN
    taken := array_cat(taken, (
      SELECT array_agg(t.id)
      FROM json_populate_recordset(NULL::status_change, changes) AS c JOIN queued_tasks AS t ON t.id = c.id
      WHERE c.status = 'InProgress' AND c.due_in_ms IS NULL AND t.status = 'InProgress'
        AND t.worker_id = c.worker_id AND t.lease_token = c.lease_token AND t.id <> ALL (coalesce(taken, '{}'))
    ));
  END IF;
  IF message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN CASE WHEN coalesce(cardinality(taken), 0) < given THEN to_json(coalesce(taken, '{}')) END;
END $$;

-- Completes one-shot tasks that a worker holds and whose handlers succeeded at the first attempt,
-- which is the most common change. It does the same as set_task_statuses with InProgress and
-- Completed, several times as fast, because it has lists instead of objects and no cases. The n-th
-- task has the n-th element of each list: its id (in ascending order), its lease token, its audit
-- level, the times since its start and its end, and its duration. Returns the same.
CREATE OR REPLACE FUNCTION complete_tasks(
  worker_id text, ids uuid[], lease_tokens int[], audit_levels int[],
  started_ago_ms float8[], ended_ago_ms float8[], execution_times_ms float8[]
) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_sort = off SET jit = off
AS $$
DECLARE
  clock timestamptz := utc_now();
  taken uuid[];
BEGIN
  WITH applied AS (
    UPDATE queued_tasks AS t SET
      status = 'Completed', exception = NULL, worker_id = NULL, due_at_utc = NULL, cancel_requested = false,
      rate_slot_utc = NULL,
      execution_time_ms = CASE WHEN keeps_history(c.audit_level) THEN c.execution_time_ms ELSE t.execution_time_ms END,
      last_execution_utc = CASE WHEN keeps_history(c.audit_level) THEN ms_after(clock, -c.ended_ago_ms)
        ELSE t.last_execution_utc END
    FROM unnest(ids, lease_tokens, audit_levels, started_ago_ms, ended_ago_ms, execution_times_ms)
      AS c (id, lease_token, audit_level, started_ago_ms, ended_ago_ms, execution_time_ms)
    WHERE t.id = c.id AND t.worker_id = complete_tasks.worker_id AND t.lease_token = c.lease_token
    RETURNING t.id, c.audit_level, c.started_ago_ms, c.ended_ago_ms
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status)
    SELECT a.id, ms_after(clock, -step.ago_ms), step.status
    FROM applied AS a
    CROSS JOIN LATERAL (VALUES ('InProgress', a.started_ago_ms), ('Completed', a.ended_ago_ms)) AS step (status, ago_ms)
    WHERE keeps_history(a.audit_level) AND writes_status_audit(a.audit_level, step.status, NULL)
  )
  SELECT array_agg(a.id) INTO taken FROM applied AS a;
  RETURN CASE WHEN coalesce(cardinality(taken), 0) < cardinality(ids) THEN to_json(coalesce(taken, '{}')) END;
END $$;

-- Returns a status unchanged, or raises an error if it does not exist.
CREATE OR REPLACE FUNCTION known_status(status text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  known text[] := ARRAY[
    'WaitingQueue', 'Queued', 'InProgress', 'Pending', 'Cancelled', 'Completed', 'Failed', 'ServiceStopped'
  ];
BEGIN
  IF status = ANY (known) THEN RETURN status; END IF;
  RAISE EXCEPTION 'the status is %, but must be one of %', coalesce(quote_literal(status), 'NULL'),
    array_to_string(known, ', ') USING ERRCODE = 'invalid_parameter_value';
END $$;

-- Changes one task's status by hand, and writes the audit row of the audit level. Ends the lease of
-- a held task, unless the status is InProgress or Queued. With due_in_ms, the task can be claimed
-- after this time. Without it, WaitingQueue, Queued and Pending make a task due that does not wait;
-- see set_task_statuses. Returns whether the task exists and, with a worker and a token, whether
-- that worker held it.
CREATE OR REPLACE FUNCTION set_task_status(
  task_id uuid,
  status text,
  exception text DEFAULT NULL,
  audit_level int DEFAULT 0,
  due_in_ms float8 DEFAULT NULL,
  execution_time_ms float8 DEFAULT NULL,
  worker_id text DEFAULT NULL,
  lease_token int DEFAULT NULL
) RETURNS boolean LANGUAGE sql SET search_path FROM CURRENT SET extra_float_digits = 1 AS $$
  SELECT set_task_statuses(json_build_array(json_build_object(
    'id', task_id, 'audit_level', audit_level, 'status', known_status(status), 'exception', exception,
    'due_in_ms', due_in_ms, 'execution_time_ms', execution_time_ms, 'worker_id', worker_id, 'lease_token', lease_token
  )), CASE WHEN status IN ('WaitingQueue', 'Queued', 'Pending') THEN json_build_object('kind', 'tasks') END) IS NULL
$$;
