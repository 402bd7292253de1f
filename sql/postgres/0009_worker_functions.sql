-- As 0008, for the functions of 0005 to 0007.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- Makes workers known, as lost, that have no row and still hold tasks: somebody deleted the row, or wrote the task, by hand. No
-- index finds such tasks, so each call looks at the next thousand below the id `below`, the newest first where it is NULL.
-- Returns the id below which to go on; NULL when all have been seen.
CREATE OR REPLACE FUNCTION find_unknown_workers(below uuid, clock timestamptz) RETURNS uuid
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
  looked_at int;
  last      uuid;
BEGIN
  WITH seen AS MATERIALIZED (
    SELECT t.id, t.worker_id, t.claimed_at_utc FROM queued_tasks AS t
    WHERE t.id < coalesce(below, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    ORDER BY t.id DESC LIMIT 1000
  ), orphan AS MATERIALIZED (
    SELECT s.id, s.worker_id, s.claimed_at_utc FROM seen AS s
    WHERE s.worker_id IS NOT NULL AND NOT EXISTS (SELECT FROM workers AS w WHERE w.id = s.worker_id)
  ), dated AS ( -- tasks_held_by goes by it
    UPDATE queued_tasks AS t SET claimed_at_utc = clock FROM orphan AS o
    WHERE t.id = o.id AND t.worker_id = o.worker_id AND t.claimed_at_utc IS NULL
  ), known AS (
    INSERT INTO workers (id, host, started_at, heartbeat_at, claims_since, is_registered)
    SELECT o.worker_id, '', clock, '-infinity', coalesce(min(o.claimed_at_utc), clock), false
    FROM orphan AS o GROUP BY o.worker_id
    ON CONFLICT (id) DO NOTHING
  )
  SELECT count(*), (SELECT s.id FROM seen AS s ORDER BY s.id LIMIT 1) INTO looked_at, last FROM seen;
  RETURN CASE WHEN looked_at = 1000 THEN last END;
END $$;

-- Processes of version 7 pass two arguments, which the new function takes as well.
DROP FUNCTION IF EXISTS heartbeat(text, float8);

-- The worker is alive. Returns HeartbeatResult (src/storage/requests.ts), and `seenBelow`: what to pass as that next time, for
-- find_unknown_workers. All that it reads is small: the workers, the paused queues, by an index the tasks that are to be
-- cancelled, and a thousand tasks.
CREATE OR REPLACE FUNCTION heartbeat(worker_id text, lease_ms float8, seen_below uuid DEFAULT NULL) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
  clock    timestamptz := utc_now();
  is_alive boolean;
BEGIN
  UPDATE workers AS w SET heartbeat_at = clock WHERE w.id = heartbeat.worker_id AND w.is_registered;
  is_alive := FOUND;
  seen_below := find_unknown_workers(seen_below, clock);
  RETURN json_build_object(
    'now', to_epoch_ms(clock),
    'alive', is_alive,
    'cancelRequests', ARRAY(
      SELECT t.id FROM queued_tasks AS t WHERE is_alive AND t.cancel_requested AND t.worker_id = heartbeat.worker_id
    ),
    'pausedQueues', ARRAY(SELECT q.queue_name FROM queues AS q WHERE q.is_paused),
    'othersLost', EXISTS (
      SELECT FROM workers AS w WHERE w.heartbeat_at NOT BETWEEN ms_after(clock, -lease_ms) AND ms_after(clock, lease_ms)
    ),
    'seenBelow', seen_below
  );
END $$;

-- Removes workers whose heartbeat is older than the lease, and takes the tasks of all that are not (or no longer)
-- registered. Returns [LostTask] (src/storage/requests.ts).
--
-- A worker's row is locked against its claims, which share it, so that none is overlooked. Where another process is at it,
-- there is nothing left to do. A task's row may be locked, too: a worker that froze in the middle of a transaction in which
-- it completed the task. It is left to that transaction, and looked at again after another lease.
--
-- Only a task that is known to have been running (InProgress) can fail by being lost; see Storage.releaseLost in
-- src/storage/storage.ts.
CREATE OR REPLACE FUNCTION release_lost(
  lease_ms float8, poison_limit int, lost_reason text, poison_reason text, message json DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  clock    timestamptz := utc_now();
  gone     text[];
  held     uuid[];
  kept     text[];
  released json;
BEGIN
  -- What a clock that was ahead has written proves nothing. Rows that others are at are left to them.
  UPDATE workers SET heartbeat_at = clock WHERE id = ANY (ARRAY(
    SELECT w.id FROM workers AS w WHERE w.heartbeat_at > ms_after(clock, lease_ms) FOR UPDATE SKIP LOCKED
  ));
  gone := ARRAY(
    SELECT w.id FROM workers AS w
    WHERE w.heartbeat_at < ms_after(clock, -lease_ms)
    ORDER BY w.id FOR UPDATE SKIP LOCKED
  );
  IF gone = '{}' THEN RETURN '[]'; END IF;
  held := tasks_held_by(gone);

  WITH lost AS MATERIALIZED (
    SELECT t.id, t.worker_id, t.status = 'InProgress' OR t.lost_count = 0 AS counts,
      t.status = 'InProgress' AND t.lost_count >= poison_limit AS poisoned
    FROM queued_tasks AS t WHERE t.id = ANY (held) AND t.worker_id = ANY (gone)
    ORDER BY t.id FOR UPDATE SKIP LOCKED
  ), changed AS (
    UPDATE queued_tasks AS t SET
      lost_count = CASE WHEN l.counts AND t.lost_count < 2147483647 THEN t.lost_count + 1 ELSE t.lost_count END,
      attempt = CASE WHEN l.counts THEN t.attempt ELSE greatest(0, t.attempt - 1) END,
      worker_id = NULL,
      status = CASE WHEN l.poisoned THEN 'Failed' ELSE 'ServiceStopped' END,
      exception = CASE WHEN l.poisoned THEN poison_reason ELSE lost_reason END,
      due_at_utc = CASE WHEN l.poisoned THEN NULL ELSE clock END,
      next_run_utc = CASE WHEN l.poisoned THEN NULL ELSE t.next_run_utc END,
      cancel_requested = t.cancel_requested AND NOT l.poisoned
    FROM lost AS l WHERE t.id = l.id
    RETURNING t.id, t.type, t.queue_name, t.lost_count, t.status, t.exception, t.audit_level, l.worker_id, l.poisoned
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status, exception)
    SELECT c.id, clock, c.status, c.exception FROM changed AS c
    WHERE writes_status_audit(c.audit_level, c.status, c.exception)
  )
  SELECT json_agg(json_build_object(
    'taskId', c.id, 'type', c.type, 'queue', c.queue_name, 'workerId', c.worker_id,
    'lostCount', c.lost_count, 'poisoned', c.poisoned
  )) INTO released FROM changed AS c;

  kept := ARRAY(SELECT DISTINCT t.worker_id FROM queued_tasks AS t WHERE t.id = ANY (held) AND t.worker_id = ANY (gone));
  UPDATE workers AS w SET is_registered = false, heartbeat_at = clock WHERE w.id = ANY (kept);
  DELETE FROM workers AS w WHERE w.id = ANY (gone) AND w.id <> ALL (kept);
  IF released IS NOT NULL AND message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN coalesce(released, '[]');
END $$;

-- A task as TaskRecord (src/storage/records.ts), the audit level as its number.
CREATE OR REPLACE FUNCTION task_record(t queued_tasks) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT row_to_json(r) FROM (SELECT
    t.id, t.type, t.handler, t.request, t.status, t.exception, coalesce(t.audit_level, 0) AS "auditLevel",
    t.queue_name AS queue, t.priority, t.task_key AS "taskKey",
    to_epoch_ms(t.created_at_utc) AS "createdAt", to_epoch_ms(t.scheduled_execution_utc) AS "scheduledAt",
    to_epoch_ms(t.due_at_utc) AS "dueAt", to_epoch_ms(t.last_execution_utc) AS "lastExecutionAt",
    CASE WHEN abs(t.execution_time_ms) < 'infinity' THEN t.execution_time_ms END AS "executionTimeMs", t.attempt, t.lost_count AS "lostCount", t.worker_id AS "workerId",
    t.lease_token AS "leaseToken", t.cancel_requested AS "cancelRequested",
    to_epoch_ms(t.rate_slot_utc) AS "rateSlotAt", t.trace_context AS "traceContext",
    t.retry_policy AS "retryPolicy", series_record(t) AS series
  ) AS r
$$;

-- The registered workers as WorkerRecord, oldest first.
CREATE OR REPLACE FUNCTION list_workers() RETURNS json LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT w.id, w.host, to_epoch_ms(w.started_at) AS "startedAt", to_epoch_ms(w.heartbeat_at) AS "heartbeatAt",
      to_epoch_ms(utc_now()) - to_epoch_ms(w.heartbeat_at) AS "heartbeatAgeMs"
    FROM workers AS w WHERE w.is_registered ORDER BY w.started_at, w.id
  ) AS r
$$;

-- How large the audit tables and the execution log are, and how fast they grow: AuditGrowth. Reads them once.
CREATE OR REPLACE FUNCTION audit_growth() RETURNS json LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT json_agg(json_build_object(
    'table', f."table", 'rows', f.rows, 'firstAt', to_epoch_ms(f.first), 'lastAt', to_epoch_ms(f.last),
    'averageRowsPerDay', CASE WHEN isfinite(f.first) AND isfinite(f.last) THEN
      f.rows / nullif(date_part('day', f.last - f.first), 0) END
  )) FROM (
    SELECT 'StatusAudit' AS "table", count(*) AS rows, min(updated_at_utc) AS first, max(updated_at_utc) AS last
    FROM status_audit
    UNION ALL
    SELECT 'RunsAudit', count(*), min(executed_at), max(executed_at) FROM runs_audit
    UNION ALL
    SELECT 'TaskExecutionLog', count(*), min(timestamp_utc), max(timestamp_utc) FROM task_execution_log
  ) AS f
$$;

-- Deletes what a policy allows, at most `budget` rows: RetentionPolicy (src/storage/retention.ts). With a budget of NULL it
-- only counts. Returns {statusAudit, runsAudit, executionLog, tasks, done}. Never touches a task that has not ended, or a
-- series.
CREATE OR REPLACE FUNCTION purge_history(policy json, budget bigint) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
DECLARE
  clock         timestamptz := utc_now();
  status_days   float8 := policy ->> 'statusAuditDays';
  runs_days     float8 := policy ->> 'runsAuditDays';
  error_days    float8 := CASE WHEN (policy ->> 'errorAuditDays')::float8 > 0 THEN policy ->> 'errorAuditDays' END;
  status_limit  timestamptz := expires_before(clock, status_days);
  status_errors timestamptz := expires_before(clock, coalesce(error_days, status_days));
  runs_limit    timestamptz := expires_before(clock, runs_days);
  runs_errors   timestamptz := expires_before(clock, coalesce(error_days, runs_days));
  logs_limit    timestamptz := expires_before(clock, (policy ->> 'executionLogDays')::float8);
  max_logs      bigint := CASE WHEN (policy ->> 'maxExecutionLogsPerTask')::float8 > 0
    THEN policy ->> 'maxExecutionLogsPerTask' END;
  tasks_limit   timestamptz := CASE WHEN (policy ->> 'deleteCompletedTasksAfterRetention')::boolean
    THEN expires_before(clock, status_days) ELSE '-infinity' END;
  is_dry_run    boolean := budget IS NULL;
  room          bigint := budget;
  -- One more than may go is looked for, to know whether something stays behind. LIMIT NULL is no limit.
  doomed        tid[];
  doomed_ids    uuid[];
  counts        bigint[] := '{0,0,0,0}';
  done          boolean := true;
  deleted       bigint;
BEGIN
  doomed := ARRAY(
    SELECT a.ctid FROM status_audit AS a
    WHERE a.updated_at_utc < greatest(status_limit, status_errors)
      AND a.updated_at_utc < CASE WHEN a.exception IS NULL THEN status_limit ELSE status_errors END
    LIMIT room + 1
  );
  done := done AND (is_dry_run OR cardinality(doomed) <= room);
  counts[1] := least(cardinality(doomed), room);
  IF NOT is_dry_run THEN DELETE FROM status_audit AS a WHERE a.ctid = ANY (doomed[:room]); END IF;
  room := room - counts[1];

  doomed := ARRAY(
    SELECT a.ctid FROM runs_audit AS a
    WHERE a.executed_at < greatest(runs_limit, runs_errors)
      AND a.executed_at < CASE WHEN a.exception IS NULL THEN runs_limit ELSE runs_errors END
    LIMIT room + 1
  );
  done := done AND (is_dry_run OR cardinality(doomed) <= room);
  counts[2] := least(cardinality(doomed), room);
  IF NOT is_dry_run THEN DELETE FROM runs_audit AS a WHERE a.ctid = ANY (doomed[:room]); END IF;
  room := room - counts[2];

  doomed := ARRAY(
    SELECT l.ctid FROM task_execution_log AS l WHERE l.timestamp_utc < logs_limit
    UNION
    SELECT l.ctid FROM (
      SELECT k.queued_task_id, max(k.sequence_number) - max_logs AS upto FROM task_execution_log AS k
      WHERE max_logs IS NOT NULL
      GROUP BY k.queued_task_id HAVING max(k.sequence_number) - min(k.sequence_number) >= max_logs
    ) AS excess
    JOIN task_execution_log AS l ON l.queued_task_id = excess.queued_task_id AND l.sequence_number <= excess.upto
    LIMIT room + 1
  );
  done := done AND (is_dry_run OR cardinality(doomed) <= room);
  counts[3] := least(cardinality(doomed), room);
  IF NOT is_dry_run THEN DELETE FROM task_execution_log AS l WHERE l.ctid = ANY (doomed[:room]); END IF;
  room := room - counts[3];

  -- Tasks go when all of their history has gone or may go.
  doomed_ids := ARRAY(
    SELECT t.id FROM queued_tasks AS t
    WHERE tasks_limit > '-infinity'
      AND t.status IN ('Completed', 'Cancelled') AND NOT t.is_recurring
      AND t.worker_id IS NULL AND t.due_at_utc IS NULL
      AND coalesce(t.last_execution_utc, t.created_at_utc) < tasks_limit
      AND NOT EXISTS (SELECT FROM status_audit AS a WHERE a.queued_task_id = t.id
        AND a.updated_at_utc >= CASE WHEN a.exception IS NULL THEN status_limit ELSE status_errors END)
      AND NOT EXISTS (SELECT FROM runs_audit AS a WHERE a.queued_task_id = t.id
        AND a.executed_at >= CASE WHEN a.exception IS NULL THEN runs_limit ELSE runs_errors END)
      AND NOT EXISTS (SELECT FROM task_execution_log AS l WHERE l.queued_task_id = t.id
        AND l.timestamp_utc >= logs_limit)
    LIMIT room + 1
  );
  done := done AND (is_dry_run OR cardinality(doomed_ids) <= room);
  counts[4] := least(cardinality(doomed_ids), room);
  IF NOT is_dry_run THEN
    -- One that is put in line at this moment, or has even run again, is no longer what it was.
    DELETE FROM queued_tasks AS t USING (
      SELECT d.id FROM queued_tasks AS d WHERE d.id = ANY (doomed_ids[:room])
        AND d.status IN ('Completed', 'Cancelled') AND d.worker_id IS NULL AND d.due_at_utc IS NULL
        AND coalesce(d.last_execution_utc, d.created_at_utc) < tasks_limit
      ORDER BY d.id FOR UPDATE SKIP LOCKED
    ) AS d WHERE t.id = d.id;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    counts[4] := deleted;
    -- A rate limit's key that has its whole budget again is the same as a new one.
    DELETE FROM rate_limits AS l
    WHERE greatest(l.reserved_tat_ms, l.started_tat_ms) < to_epoch_ms(clock) - 86400000 AND NOT l.start_empty;
  END IF;

  RETURN json_build_object(
    'statusAudit', counts[1], 'runsAudit', counts[2], 'executionLog', counts[3], 'tasks', counts[4], 'done', done
  );
END $$;

INSERT INTO schema_migrations (version, name) VALUES (9, 'worker_functions');
COMMIT;
