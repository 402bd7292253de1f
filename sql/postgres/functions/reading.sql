-- Reads tasks and their history.

-- A task as TaskRecord (src/storage/records.ts), with the audit level as a number.
CREATE OR REPLACE FUNCTION task_record(t queued_tasks) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT row_to_json(r) FROM (SELECT
    t.id, t.type, t.handler, t.request, t.status, t.exception, coalesce(t.audit_level, 0) AS "auditLevel",
    t.queue_name AS queue, t.priority, t.task_key AS "taskKey",
    to_epoch_ms(t.created_at_utc) AS "createdAt", to_epoch_ms(t.scheduled_execution_utc) AS "scheduledAt",
    to_epoch_ms(t.due_at_utc) AS "dueAt", to_epoch_ms(t.last_execution_utc) AS "lastExecutionAt",
    CASE WHEN abs(t.execution_time_ms) < 'infinity' THEN t.execution_time_ms END AS "executionTimeMs",
    t.attempt, t.lost_count AS "lostCount", t.worker_id AS "workerId",
    t.lease_token AS "leaseToken", t.cancel_requested AS "cancelRequested",
    to_epoch_ms(t.rate_slot_utc) AS "rateSlotAt", t.trace_context AS "traceContext",
    t.retry_policy AS "retryPolicy", series_record(t) AS series, coalesce(t.tags, '{}') AS tags,
    task_version(t) AS version, t.is_paused AS "isPaused"
  ) AS r
$$;

-- One task, by id or by key; NULL if there is none.
CREATE OR REPLACE FUNCTION get_task(task_id uuid) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT SET extra_float_digits = 1 AS $$
  SELECT task_record(t) FROM queued_tasks AS t WHERE t.id = task_id
$$;

CREATE OR REPLACE FUNCTION get_task_by_key(key text) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT SET extra_float_digits = 1 AS $$
  SELECT task_record(t) FROM queued_tasks AS t WHERE t.task_key = key
$$;

-- Pages of a task's history, oldest first, after a row number.
CREATE OR REPLACE FUNCTION list_status_audit(task_id uuid, after bigint, page_size int) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT a.id AS number, a.queued_task_id AS "taskId", to_epoch_ms(a.updated_at_utc) AS "updatedAt",
      a.new_status AS "newStatus", a.exception
    FROM status_audit AS a WHERE a.queued_task_id = task_id AND a.id > after ORDER BY a.id LIMIT page_size
  ) AS r
$$;

CREATE OR REPLACE FUNCTION list_last_status_audit(task_id uuid, before bigint, page_size int) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT a.id AS number, a.queued_task_id AS "taskId", to_epoch_ms(a.updated_at_utc) AS "updatedAt",
      a.new_status AS "newStatus", a.exception
    FROM status_audit AS a WHERE a.queued_task_id = task_id AND a.id < before ORDER BY a.id DESC LIMIT page_size
  ) AS r
$$;

CREATE OR REPLACE FUNCTION list_runs_audit(task_id uuid, after bigint, page_size int) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT SET extra_float_digits = 1 AS $$
  SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT a.id AS number, a.queued_task_id AS "taskId", to_epoch_ms(a.executed_at) AS "executedAt",
      a.execution_time_ms AS "executionTimeMs", a.status, a.exception
    FROM runs_audit AS a WHERE a.queued_task_id = task_id AND a.id > after ORDER BY a.id LIMIT page_size
  ) AS r
$$;

CREATE OR REPLACE FUNCTION list_last_runs_audit(task_id uuid, before bigint, page_size int) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT SET extra_float_digits = 1 AS $$
  SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT a.id AS number, a.queued_task_id AS "taskId", to_epoch_ms(a.executed_at) AS "executedAt",
      a.execution_time_ms AS "executionTimeMs", a.status, a.exception
    FROM runs_audit AS a WHERE a.queued_task_id = task_id AND a.id < before ORDER BY a.id DESC LIMIT page_size
  ) AS r
$$;
