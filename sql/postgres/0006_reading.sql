-- Reading: tasks, their history, figures.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- A task as TaskRecord (src/storage/records.ts), the audit level as its number.
CREATE FUNCTION task_record(t queued_tasks) RETURNS json
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

-- One task, by id or by key; NULL if there is none.
CREATE FUNCTION get_task(task_id uuid) RETURNS json LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT task_record(t) FROM queued_tasks AS t WHERE t.id = task_id
$$;
CREATE FUNCTION get_task_by_key(key text) RETURNS json LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT task_record(t) FROM queued_tasks AS t WHERE t.task_key = key
$$;

-- The newest tasks below the id `after`, at most `page_size`, that match a filter: TaskFilter (src/storage/queries.ts).
-- Reads by primary key from the newest on, so that the first page costs the same however many tasks there are.
CREATE FUNCTION list_tasks(filter json, after uuid, page_size int) RETURNS json
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
DECLARE
  statuses text[]      := ARRAY(SELECT json_array_elements_text(filter -> 'statuses'));
  types    text[]      := ARRAY(SELECT json_array_elements_text(filter -> 'types'));
  queues   text[]      := ARRAY(SELECT json_array_elements_text(filter -> 'queues'));
  recurs   boolean     := filter ->> 'recurring';
  earliest timestamptz := from_epoch_ms((filter ->> 'createdFrom')::float8);
  before   timestamptz := from_epoch_ms((filter ->> 'createdBefore')::float8);
BEGIN
  RETURN coalesce((SELECT json_agg(task_record(t)) FROM (
    SELECT t.* FROM queued_tasks AS t
    WHERE (after IS NULL OR t.id < after)
      AND (filter -> 'statuses' IS NULL OR t.status = ANY (statuses))
      AND (filter -> 'types' IS NULL OR t.type = ANY (types))
      AND (filter -> 'queues' IS NULL OR t.queue_name = ANY (queues))
      AND (recurs IS NULL OR t.is_recurring = recurs)
      AND (earliest IS NULL OR t.created_at_utc >= earliest)
      AND (before IS NULL OR t.created_at_utc < before)
    ORDER BY t.id DESC LIMIT page_size
  ) AS t), '[]');
END $$;

-- Pages of a task's history, oldest first, after a row number.
CREATE FUNCTION list_status_audit(task_id uuid, after bigint, page_size int) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT a.id AS number, a.queued_task_id AS "taskId", to_epoch_ms(a.updated_at_utc) AS "updatedAt",
      a.new_status AS "newStatus", a.exception
    FROM status_audit AS a WHERE a.queued_task_id = task_id AND a.id > after ORDER BY a.id LIMIT page_size
  ) AS r
$$;
CREATE FUNCTION list_runs_audit(task_id uuid, after bigint, page_size int) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT a.id AS number, a.queued_task_id AS "taskId", to_epoch_ms(a.executed_at) AS "executedAt",
      a.execution_time_ms AS "executionTimeMs", a.status, a.exception
    FROM runs_audit AS a WHERE a.queued_task_id = task_id AND a.id > after ORDER BY a.id LIMIT page_size
  ) AS r
$$;
CREATE FUNCTION list_execution_logs(task_id uuid, after bigint, page_size int) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT l.sequence_number AS number, l.queued_task_id AS "taskId", to_epoch_ms(l.timestamp_utc) AS "loggedAt",
      l.level, l.message, l.exception, l.run_number AS run, l.sequence_number AS sequence
    FROM task_execution_log AS l
    WHERE l.queued_task_id = task_id AND l.sequence_number > after ORDER BY l.sequence_number LIMIT page_size
  ) AS r
$$;

-- How many of a task's last lines are of one run. The lines of a run are the last ones while it goes on, so that what the
-- runs before have left need not be read.
CREATE FUNCTION count_execution_logs(task_id uuid, run bigint, upto bigint) RETURNS bigint
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT count(*) FILTER (WHERE r.run_number = run) FROM (
    SELECT l.run_number FROM task_execution_log AS l
    WHERE l.queued_task_id = task_id ORDER BY l.sequence_number DESC LIMIT upto
  ) AS r
$$;

-- The registered workers as WorkerRecord, oldest first.
CREATE FUNCTION list_workers() RETURNS json LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT w.id, w.host, to_epoch_ms(w.started_at) AS "startedAt", to_epoch_ms(w.heartbeat_at) AS "heartbeatAt",
      to_epoch_ms(utc_now()) - to_epoch_ms(w.heartbeat_at) AS "heartbeatAgeMs"
    FROM workers AS w WHERE w.is_registered ORDER BY w.started_at, w.id
  ) AS r
$$;

-- What waits, by queue, as Backlog: reads the entries of the claim index and nothing else.
CREATE FUNCTION task_backlog() RETURNS json LANGUAGE plpgsql
SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
DECLARE
  clock  timestamptz := utc_now();
  answer json;
BEGIN
  WITH figures AS (
    SELECT t.queue_name, count(*) FILTER (WHERE t.due_at_utc <= clock) AS due,
      count(*) FILTER (WHERE t.due_at_utc > clock) AS scheduled,
      min(t.due_at_utc) FILTER (WHERE t.due_at_utc <= clock) AS oldest
    FROM queued_tasks AS t WHERE t.due_at_utc IS NOT NULL GROUP BY t.queue_name
  )
  SELECT json_build_object('now', to_epoch_ms(clock), 'queues', coalesce(json_agg(json_build_object(
    'queue', coalesce(f.queue_name, p.queue_name), 'paused', p.queue_name IS NOT NULL,
    'due', coalesce(f.due, 0), 'scheduled', coalesce(f.scheduled, 0), 'oldestDueAt', to_epoch_ms(f.oldest)
  )), '[]')) INTO answer
  FROM figures AS f FULL JOIN (SELECT q.queue_name FROM queues AS q WHERE q.is_paused) AS p
    ON p.queue_name = f.queue_name;
  RETURN answer;
END $$;

-- Counts by status and queue, as StorageStatistics. Reads the whole table once.
CREATE FUNCTION task_statistics() RETURNS json LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  clock  timestamptz := utc_now();
  answer json;
BEGIN
  WITH figures AS MATERIALIZED (
    SELECT t.queue_name, t.status, count(*) AS tasks, count(t.worker_id) AS claimed,
      count(*) FILTER (WHERE t.due_at_utc <= clock) AS due, count(*) FILTER (WHERE t.due_at_utc > clock) AS scheduled,
      min(t.due_at_utc) FILTER (WHERE t.due_at_utc <= clock) AS oldest
    FROM queued_tasks AS t GROUP BY t.queue_name, t.status
  ), queue_figures AS (
    SELECT coalesce(f.queue_name, q.queue_name) AS queue, coalesce(bool_or(q.is_paused), false) AS paused,
      coalesce(sum(f.due), 0) AS due, coalesce(sum(f.scheduled), 0) AS scheduled,
      coalesce(sum(f.claimed), 0) AS claimed, to_epoch_ms(min(f.oldest)) AS "oldestDueAt"
    FROM figures AS f FULL JOIN (SELECT p.* FROM queues AS p WHERE p.is_paused) AS q ON q.queue_name = f.queue_name
    GROUP BY 1
    HAVING bool_or(q.is_paused) OR sum(f.due + f.scheduled + f.claimed) > 0
    ORDER BY 1
  )
  SELECT json_build_object(
    'now', to_epoch_ms(clock),
    'tasksByStatus', (SELECT coalesce(json_object_agg(s.status, s.tasks), '{}') FROM (
      SELECT f.status, sum(f.tasks) AS tasks FROM figures AS f GROUP BY f.status) AS s),
    'queues', (SELECT coalesce(json_agg(q), '[]') FROM queue_figures AS q)
  ) INTO answer;
  RETURN answer;
END $$;

-- How large the audit tables and the execution log are, and how fast they grow: AuditGrowth. Reads them once.
CREATE FUNCTION audit_growth() RETURNS json LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
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

INSERT INTO schema_migrations (version, name) VALUES (6, 'reading');
COMMIT;
