-- The runs of a recurring series.

-- A series as SeriesRecord in src/storage/records.ts, NULL for a one-shot task.
CREATE OR REPLACE FUNCTION series_record(task queued_tasks) RETURNS json LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN task.is_recurring THEN json_build_object(
    'schedule', task.recurring_task, 'info', task.recurring_info,
    'anchorAt', to_epoch_ms(task.anchor_utc), 'maxRuns', task.max_runs, 'runUntil', to_epoch_ms(task.run_until),
    'nextRunAt', to_epoch_ms(task.next_run_utc), 'runCount', task.current_run_count
  ) END
$$;

-- Ends runs of recurring tasks in one transaction. The order of `runs`, the message, the result and
-- the check of the lease are as in set_task_statuses.
CREATE OR REPLACE FUNCTION update_current_runs(runs json, message json DEFAULT NULL) RETURNS json
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
  WITH run AS MATERIALIZED (
    SELECT r.*, r.counts IS NOT FALSE AS is_real,
      ms_after(clock, -coalesce(r.ago_ms, 0)) AS happened_at,
      from_epoch_ms(r.next_run_at_ms) AS next_run_utc
    FROM json_populate_recordset(NULL::run_end, runs) AS r
  ), applied AS (
    UPDATE queued_tasks AS t SET
      status = r.status,
      exception = r.exception,
      worker_id = NULL,
      due_at_utc = CASE WHEN r.next_run_utc IS NOT NULL AND t.cancel_requested THEN clock
        WHEN t.is_paused THEN NULL ELSE r.next_run_utc END,
      next_run_utc = r.next_run_utc,
      cancel_requested = t.cancel_requested AND r.next_run_utc IS NOT NULL,
      attempt = 0,
      lost_count = 0,
      rate_slot_utc = NULL,
      current_run_count = CASE WHEN r.is_real AND t.current_run_count < 2147483647
        THEN t.current_run_count + 1 ELSE t.current_run_count END,
      execution_time_ms = CASE WHEN r.is_real THEN r.execution_time_ms ELSE t.execution_time_ms END,
      last_execution_utc = CASE WHEN r.is_real THEN r.happened_at ELSE t.last_execution_utc END
    FROM run AS r
    WHERE t.id = r.id
      AND t.is_recurring
      AND (r.worker_id IS NULL OR (t.worker_id = r.worker_id AND t.lease_token = r.lease_token))
    RETURNING t.id, r.audit_level, r.status, r.exception, r.happened_at, r.earlier, r.is_real, r.execution_time_ms
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
  ), run_audited AS (
    INSERT INTO runs_audit (queued_task_id, executed_at, execution_time_ms, status, exception)
    SELECT a.id, a.happened_at, a.execution_time_ms, a.status, a.exception
    FROM applied AS a
    WHERE a.is_real AND writes_runs_audit(a.audit_level, a.status, a.exception)
  )
  SELECT (SELECT count(*) FROM run), array_agg(a.id) INTO given, taken FROM applied AS a;
  IF message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN CASE WHEN coalesce(cardinality(taken), 0) < given THEN to_json(coalesce(taken, '{}')) END;
END $$;

-- Ends one run of a recurring task by hand. Sets the status, the run count, the next run (NULL ends
-- the series) and the last execution, and writes the audit rows of the audit level. Returns whether
-- the series exists.
CREATE OR REPLACE FUNCTION update_current_run(
  task_id uuid,
  execution_time_ms float8,
  next_run timestamptz,
  audit_level int DEFAULT 0,
  status text DEFAULT 'Completed',
  exception text DEFAULT NULL,
  worker_id text DEFAULT NULL,
  lease_token int DEFAULT NULL
) RETURNS boolean LANGUAGE sql SET search_path FROM CURRENT SET extra_float_digits = 1 AS $$
  SELECT update_current_runs(json_build_array(json_build_object(
    'id', task_id, 'audit_level', audit_level, 'status', known_status(status), 'exception', exception,
    'execution_time_ms', execution_time_ms, 'next_run_at_ms', to_epoch_ms(next_run),
    'worker_id', worker_id, 'lease_token', lease_token
  ))) IS NULL
$$;

-- Changes the next run and the anchor of waiting series, and makes them due sooner:
-- SeriesCorrection (src/storage/requests.ts). Skips series that a worker holds, or whose next run
-- is not `planned_at_ms`. Sends `message` to the other processes unless it is NULL. Returns the ids
-- of the changed series.
CREATE OR REPLACE FUNCTION correct_series(corrections json, message json DEFAULT NULL) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_sort = off SET jit = off
AS $$
DECLARE
  corrected uuid[];
BEGIN
  WITH changed AS (
    UPDATE queued_tasks AS t SET
      next_run_utc = from_epoch_ms(c.next_run_at_ms),
      anchor_utc = from_epoch_ms(c.anchor_at_ms),
      due_at_utc = least(t.due_at_utc, from_epoch_ms(c.due_at_ms))
    FROM json_to_recordset(corrections) AS c (
      id uuid, planned_at_ms float8, next_run_at_ms float8, anchor_at_ms float8, due_at_ms float8
    )
    WHERE t.id = c.id AND t.is_recurring AND t.due_at_utc IS NOT NULL -- a held task has no due instant
      AND to_epoch_ms(t.next_run_utc) = c.planned_at_ms
    RETURNING t.id
  )
  SELECT coalesce(array_agg(c.id), '{}') INTO corrected FROM changed AS c;
  IF corrected <> '{}' AND message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN to_json(corrected);
END $$;
