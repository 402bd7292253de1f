-- Copies whole stores: reads and writes tasks with their history, and the settings, rate limits and
-- operator actions of a store.

-- The tasks of a range of ids as [TaskWithHistory] (src/storage/storage_copying.ts).
CREATE OR REPLACE FUNCTION export_tasks(after uuid, up_to uuid, page_size int) RETURNS json
LANGUAGE sql STABLE
SET search_path FROM CURRENT
SET extra_float_digits = 1 SET enable_seqscan = off SET jit = off
AS $$
  SELECT coalesce(json_agg(json_build_object(
    'task', task_record(t),
    'statusAudit', (
      SELECT coalesce(json_agg(json_build_object(
        'updatedAt', to_epoch_ms(a.updated_at_utc), 'newStatus', a.new_status, 'exception', a.exception
      ) ORDER BY a.id), '[]') FROM status_audit AS a WHERE a.queued_task_id = t.id
    ),
    'runsAudit', (
      SELECT coalesce(json_agg(json_build_object(
        'executedAt', to_epoch_ms(a.executed_at), 'executionTimeMs', a.execution_time_ms, 'status', a.status,
        'exception', a.exception
      ) ORDER BY a.id), '[]') FROM runs_audit AS a WHERE a.queued_task_id = t.id
    ),
    'executionLogs', (
      SELECT coalesce(json_agg(json_build_object(
        'loggedAt', to_epoch_ms(l.timestamp_utc), 'level', l.level, 'message', l.message, 'exception', l.exception,
        'run', l.run_number, 'sequence', l.sequence_number
      ) ORDER BY l.sequence_number), '[]') FROM task_execution_log AS l WHERE l.queued_task_id = t.id
    )
  ) ORDER BY t.id), '[]')
  FROM (
    SELECT q.* FROM queued_tasks AS q
    WHERE q.id > coalesce(after, '00000000-0000-0000-0000-000000000000')
      AND q.id <= coalesce(up_to, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    ORDER BY q.id LIMIT page_size
  ) AS t
$$;

-- Deletes tasks with their history, including tasks that workers hold.
CREATE OR REPLACE FUNCTION delete_copied(ids uuid[]) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
  DELETE FROM status_audit AS a WHERE a.queued_task_id = ANY (ids);
  DELETE FROM runs_audit AS a WHERE a.queued_task_id = ANY (ids);
  DELETE FROM task_execution_log AS l WHERE l.queued_task_id = ANY (ids);
  DELETE FROM task_tags AS g USING queued_tasks AS t
  WHERE t.id = ANY (ids) AND t.tags IS NOT NULL AND g.tag = ANY (t.tags) AND g.task_id = t.id;
  DELETE FROM queued_tasks AS t WHERE t.id = ANY (ids)
$$;

-- Stores tasks with their history, which replace tasks with the same ids. Deletes the tasks with
-- the ids `removed`. Each history row has the id of its task.
CREATE OR REPLACE FUNCTION import_tasks(
  tasks json, status_rows json, run_rows json, log_rows json, removed uuid[]
) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  ids uuid[] := ARRAY(SELECT t.id FROM json_to_recordset(tasks) AS t (id uuid));
BEGIN
  PERFORM delete_copied(ids || removed);
  INSERT INTO queued_tasks (
    id, type, handler, request, status, exception, audit_level, queue_name, priority, task_key, created_at_utc,
    scheduled_execution_utc, due_at_utc, last_execution_utc, execution_time_ms, attempt, lost_count, lease_token,
    cancel_requested, rate_slot_utc, trace_context, retry_policy, tags,
    is_recurring, recurring_task, recurring_info, anchor_utc, max_runs, run_until, next_run_utc, current_run_count, is_paused,
    claim_rank
  )
  SELECT
    t.id, t.type, t.handler, t.request, t.status, t.exception, t.audit_level, t.queue_name, t.priority, t.task_key,
    from_epoch_ms(t.created_at), from_epoch_ms(t.scheduled_at), from_epoch_ms(t.due_at),
    from_epoch_ms(t.last_execution_at), t.execution_time_ms, t.attempt, t.lost_count, t.lease_token,
    t.cancel_requested, from_epoch_ms(t.rate_slot_at), t.trace_context, t.retry_policy, t.tags,
    t.schedule IS NOT NULL, t.schedule, t.info, from_epoch_ms(t.anchor_at), t.max_runs, from_epoch_ms(t.run_until),
    from_epoch_ms(t.next_run_at), t.run_count, t.is_paused,
    claim_rank_of(t.priority, t.schedule IS NOT NULL OR t.scheduled_at IS NOT NULL)
  FROM json_to_recordset(tasks) AS t (
    id uuid, type text, handler text, request text, status text, exception text, audit_level smallint, queue_name text,
    priority smallint, task_key text, created_at float8, scheduled_at float8, due_at float8, last_execution_at float8,
    execution_time_ms float8, attempt int, lost_count int, lease_token int, cancel_requested boolean,
    rate_slot_at float8, trace_context text, retry_policy text, tags text[],
    schedule text, info text, anchor_at float8, max_runs int, run_until float8, next_run_at float8, run_count int,
    is_paused boolean
  );
  PERFORM add_tags(ids);
  INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status, exception)
  SELECT a.id, from_epoch_ms(a.at), a.status, a.exception
  FROM json_to_recordset(status_rows) AS a (id uuid, at float8, status text, exception text);
  INSERT INTO runs_audit (queued_task_id, executed_at, execution_time_ms, status, exception)
  SELECT a.id, from_epoch_ms(a.at), a.took, a.status, a.exception
  FROM json_to_recordset(run_rows) AS a (id uuid, at float8, took float8, status text, exception text);
  INSERT INTO task_execution_log (queued_task_id, sequence_number, timestamp_utc, level, message, exception, run_number)
  SELECT l.id, l.sequence, from_epoch_ms(l.at), l.level, l.message, l.exception, l.run
  FROM json_to_recordset(log_rows)
    AS l (id uuid, sequence bigint, at float8, level text, message text, exception text, run bigint);
END $$;

-- The contents of the store other than tasks, as StoreSettings (src/storage/storage_copying.ts).
CREATE OR REPLACE FUNCTION export_settings() RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT SET extra_float_digits = 1 AS $$
  SELECT json_build_object(
    'pausedQueues', ARRAY(SELECT q.queue_name FROM queues AS q WHERE q.is_paused ORDER BY q.queue_name),
    'rateLimits', (
      SELECT coalesce(json_agg(json_build_object(
        'key', l.rate_key,
        'reservedTatMs', CASE WHEN l.reserved_tat_ms > '-infinity' THEN l.reserved_tat_ms END,
        'startedTatMs', CASE WHEN l.started_tat_ms > '-infinity' THEN l.started_tat_ms END,
        'emissionIntervalMs', l.interval_ms, 'burst', l.burst,
        'returnedSlots', ARRAY(
          SELECT s.slot_ms FROM returned_rate_slots AS s WHERE s.rate_key = l.rate_key ORDER BY s.slot_ms
        )
      ) ORDER BY l.rate_key), '[]') FROM rate_limits AS l
    ),
    'actions', (
      SELECT coalesce(json_agg(json_build_object(
        'doneAt', to_epoch_ms(o.at_utc), 'verb', o.verb, 'by', o.actor, 'reason', o.reason,
        'target', json_build_object('kind', o.target_kind, 'id', o.target),
        'before', o.before, 'after', o.after, 'changed', o.changed, 'skipped', o.skipped, 'next', o.next
      ) ORDER BY o.id), '[]') FROM operator_actions AS o
    ),
    'failureGroups', (
      SELECT coalesce(json_agg(failure_group_json(g, 0, 8640000000000000, 3600000) ORDER BY g.id), '[]')
      FROM failure_groups AS g
    )
  )
$$;

-- Replaces the contents of the store other than tasks.
CREATE OR REPLACE FUNCTION import_settings(settings json) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM queues;
  INSERT INTO queues (queue_name, is_paused)
  SELECT q.value, true FROM json_array_elements_text(settings -> 'pausedQueues') AS q;
  DELETE FROM rate_limits;
  INSERT INTO rate_limits (rate_key, reserved_tat_ms, started_tat_ms, start_empty, interval_ms, burst)
  SELECT l.key, coalesce(l."reservedTatMs", '-infinity'), coalesce(l."startedTatMs", '-infinity'), false,
    l."emissionIntervalMs", l.burst
  FROM json_to_recordset(settings -> 'rateLimits') AS l (key text, "reservedTatMs" float8, "startedTatMs" float8,
    "emissionIntervalMs" float8, burst int);
  INSERT INTO returned_rate_slots (rate_key, slot_ms)
  SELECT l.key, s.value::float8
  FROM json_to_recordset(settings -> 'rateLimits') AS l (key text, "returnedSlots" json)
    CROSS JOIN LATERAL json_array_elements_text(l."returnedSlots") AS s;
  DELETE FROM operator_actions;
  INSERT INTO operator_actions (
    at_utc, changed, skipped, verb, actor, reason, target_kind, target, before, after, next
  )
  SELECT from_epoch_ms(o."doneAt"), o.changed, o.skipped, o.verb, o.by, o.reason, o.target ->> 'kind', o.target ->> 'id',
    o.before, o.after, o.next
  FROM json_to_recordset(settings -> 'actions') AS o (
    "doneAt" float8, changed bigint, skipped bigint, verb text, by text, reason text, target json, before text,
    after text, next text
  );
  DELETE FROM failure_groups;
  INSERT INTO failure_groups
    (id, first_utc, last_utc, failures, task_id, type, summary, exception, first_version, last_version)
  SELECT g.id, from_epoch_ms(g."firstAt"), from_epoch_ms(g."lastAt"), g.count, g."taskId", g.type, g.summary, g.exception,
    g."firstVersion", g."lastVersion"
  FROM json_to_recordset(settings -> 'failureGroups') AS g (
    id text, "firstAt" float8, "lastAt" float8, count bigint, "taskId" uuid, type text, summary text, exception text,
    "firstVersion" text, "lastVersion" text
  );
  DELETE FROM failure_counts;
  INSERT INTO failure_counts (group_id, hour_utc, failures)
  SELECT g.id, from_epoch_ms(c."startAt"), c.count
  FROM json_to_recordset(settings -> 'failureGroups') AS g (id text, counts json),
    json_to_recordset(g.counts) AS c ("startAt" float8, count bigint);
END $$;
