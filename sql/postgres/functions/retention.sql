-- Deletes expired history.

-- The instant before which rows are older than `days` days; -infinity if it is NULL, zero or
-- negative, which keeps all rows. A day has 24 hours, unlike a day of an interval, whose length
-- depends on the session's time zone.
CREATE OR REPLACE FUNCTION expires_before(clock timestamptz, days float8) RETURNS timestamptz
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN days > 0 THEN clock - days * interval '24 hours' ELSE '-infinity' END
$$;

-- The instants before which the rows of each kind expire by a RetentionPolicy
-- (src/storage/retention.ts), and the maximum number of log lines per task.
CREATE OR REPLACE FUNCTION retention_limits(
  policy json, clock timestamptz, OUT status timestamptz, OUT status_errors timestamptz, OUT runs timestamptz,
  OUT runs_errors timestamptz, OUT logs timestamptz, OUT tasks timestamptz, OUT actions timestamptz, OUT max_logs bigint
) LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
  status_days float8 := policy ->> 'statusAuditDays';
  runs_days   float8 := policy ->> 'runsAuditDays';
  error_days  float8 := CASE WHEN (policy ->> 'errorAuditDays')::float8 > 0 THEN policy ->> 'errorAuditDays' END;
BEGIN
  status := expires_before(clock, status_days);
  status_errors := expires_before(clock, coalesce(error_days, status_days));
  runs := expires_before(clock, runs_days);
  runs_errors := expires_before(clock, coalesce(error_days, runs_days));
  logs := expires_before(clock, (policy ->> 'executionLogDays')::float8);
  tasks := CASE WHEN (policy ->> 'deleteCompletedTasksAfterRetention')::boolean THEN status ELSE '-infinity' END;
  actions := expires_before(clock, (policy ->> 'operatorActionDays')::float8);
  max_logs := CASE WHEN (policy ->> 'maxExecutionLogsPerTask')::float8 > 0 THEN policy ->> 'maxExecutionLogsPerTask' END;
END $$;

-- Deletes operator actions that are older than an instant, and rate limits that were idle for a
-- day. Returns the number of actions; only counts them in a dry run.
CREATE OR REPLACE FUNCTION forget_idle_rows(actions_limit timestamptz, clock timestamptz, is_dry_run boolean) RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
DECLARE
  first_kept bigint;
  deleted    bigint;
BEGIN
  IF NOT is_dry_run THEN
    -- A key with a full budget is equivalent to a new key.
    DELETE FROM rate_limits AS l
    WHERE greatest(l.reserved_tat_ms, l.started_tat_ms) < to_epoch_ms(clock) - 86400000 AND NOT l.start_empty;
  END IF;
  IF actions_limit = '-infinity' THEN RETURN 0; END IF;
  -- Later actions have larger ids, so only expired rows are read.
  SELECT o.id INTO first_kept FROM operator_actions AS o WHERE o.at_utc >= actions_limit ORDER BY o.id LIMIT 1;
  first_kept := coalesce(first_kept, 9223372036854775807);
  IF is_dry_run THEN
    SELECT count(*) INTO deleted FROM operator_actions AS o WHERE o.id < first_kept;
  ELSE
    DELETE FROM operator_actions AS o WHERE o.id < first_kept;
    GET DIAGNOSTICS deleted = ROW_COUNT;
  END IF;
  RETURN deleted;
END $$;

-- Deletes expired rows, at most `budget`: RetentionPolicy (src/storage/retention.ts). If the budget
-- is NULL, only counts them. Searches all tables; purge_in_order deletes most rows at a lower cost.
-- Returns {statusAudit, runsAudit, executionLog, tasks, operatorActions, done}. Never deletes a
-- series, or a task that has not ended.
CREATE OR REPLACE FUNCTION purge_history(policy json, budget bigint) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
DECLARE
  clock         timestamptz := utc_now();
  limits        record := retention_limits(policy, clock);
  is_dry_run    boolean := budget IS NULL;
  room          bigint := budget;
  -- Selects one row more than the budget, to know whether rows remain. LIMIT NULL is no limit.
  doomed        tid[];
  doomed_ids    uuid[];
  counts        bigint[] := '{0,0,0,0,0}';
  done          boolean := true;
  deleted       bigint;
BEGIN
  doomed := ARRAY(
    SELECT a.ctid FROM status_audit AS a
    WHERE a.updated_at_utc < greatest(limits.status, limits.status_errors)
      AND a.updated_at_utc < CASE WHEN a.exception IS NULL THEN limits.status ELSE limits.status_errors END
    LIMIT room + 1
  );
  done := done AND (is_dry_run OR cardinality(doomed) <= room);
  counts[1] := least(cardinality(doomed), room);
  IF NOT is_dry_run THEN DELETE FROM status_audit AS a WHERE a.ctid = ANY (doomed[:room]); END IF;
  room := room - counts[1];

  doomed := ARRAY(
    SELECT a.ctid FROM runs_audit AS a
    WHERE a.executed_at < greatest(limits.runs, limits.runs_errors)
      AND a.executed_at < CASE WHEN a.exception IS NULL THEN limits.runs ELSE limits.runs_errors END
    LIMIT room + 1
  );
  done := done AND (is_dry_run OR cardinality(doomed) <= room);
  counts[2] := least(cardinality(doomed), room);
  IF NOT is_dry_run THEN DELETE FROM runs_audit AS a WHERE a.ctid = ANY (doomed[:room]); END IF;
  room := room - counts[2];

  doomed := ARRAY(
    SELECT l.ctid FROM task_execution_log AS l WHERE l.timestamp_utc < limits.logs
    UNION
    SELECT l.ctid FROM (
      SELECT k.queued_task_id, max(k.sequence_number) - limits.max_logs AS upto FROM task_execution_log AS k
      WHERE limits.max_logs IS NOT NULL
      GROUP BY k.queued_task_id HAVING max(k.sequence_number) - min(k.sequence_number) >= limits.max_logs
    ) AS excess
    JOIN task_execution_log AS l ON l.queued_task_id = excess.queued_task_id AND l.sequence_number <= excess.upto
    LIMIT room + 1
  );
  done := done AND (is_dry_run OR cardinality(doomed) <= room);
  counts[3] := least(cardinality(doomed), room);
  IF NOT is_dry_run THEN DELETE FROM task_execution_log AS l WHERE l.ctid = ANY (doomed[:room]); END IF;
  room := room - counts[3];

  -- A task is deleted when all of its history is deleted or expired.
  doomed_ids := ARRAY(
    SELECT t.id FROM queued_tasks AS t
    WHERE limits.tasks > '-infinity'
      AND t.status IN ('Completed', 'Cancelled') AND NOT t.is_recurring
      AND t.worker_id IS NULL AND t.due_at_utc IS NULL
      AND coalesce(t.last_execution_utc, t.created_at_utc) < limits.tasks
      AND NOT EXISTS (SELECT FROM status_audit AS a WHERE a.queued_task_id = t.id
        AND a.updated_at_utc >= CASE WHEN a.exception IS NULL THEN limits.status ELSE limits.status_errors END)
      AND NOT EXISTS (SELECT FROM runs_audit AS a WHERE a.queued_task_id = t.id
        AND a.executed_at >= CASE WHEN a.exception IS NULL THEN limits.runs ELSE limits.runs_errors END)
      AND NOT EXISTS (SELECT FROM task_execution_log AS l WHERE l.queued_task_id = t.id
        AND l.timestamp_utc >= limits.logs)
    LIMIT room + 1
  );
  done := done AND (is_dry_run OR cardinality(doomed_ids) <= room);
  counts[4] := least(cardinality(doomed_ids), room);
  IF NOT is_dry_run THEN
    -- The conditions are checked again, because the task may have been queued or have run in the
    -- meantime.
    WITH gone AS (DELETE FROM queued_tasks AS t USING (
      SELECT d.id FROM queued_tasks AS d WHERE d.id = ANY (doomed_ids[:room])
        AND d.status IN ('Completed', 'Cancelled') AND d.worker_id IS NULL AND d.due_at_utc IS NULL
        AND coalesce(d.last_execution_utc, d.created_at_utc) < limits.tasks
      ORDER BY d.id FOR UPDATE SKIP LOCKED
    ) AS d WHERE t.id = d.id RETURNING t.id, t.tags
    ), untagged AS (
      DELETE FROM task_tags AS g USING gone AS d WHERE g.task_id = d.id AND g.tag = ANY (d.tags)
    )
    SELECT count(*) INTO deleted FROM gone;
    counts[4] := deleted;
  END IF;
  counts[5] := forget_idle_rows(limits.actions, clock, is_dry_run);

  RETURN json_build_object(
    'statusAudit', counts[1], 'runsAudit', counts[2], 'executionLog', counts[3], 'tasks', counts[4],
    'operatorActions', counts[5], 'done', done
  );
END $$;

-- Deletes expired rows as purge_history does, and adds their number to the record of an operator's
-- action: NewOperatorAction (src/storage/operation_requests.ts). If `continued` is NULL, records a
-- new one. Returns also the action's id; NULL if the action to continue is not an unfinished purge.
CREATE OR REPLACE FUNCTION purge_history_by(policy json, budget bigint, action json, continued bigint) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
  purged json;
  total  bigint;
  start  text;
  noted  bigint := continued;
BEGIN
  IF continued IS NOT NULL THEN
    PERFORM FROM operator_actions AS o WHERE o.id = continued AND o.next = 'more' FOR UPDATE;
    IF NOT FOUND THEN RETURN NULL; END IF;
  END IF;
  purged := purge_history(policy, budget);
  SELECT sum(c.value::bigint) INTO total FROM json_each_text(purged) AS c WHERE c.key <> 'done';
  start := CASE WHEN NOT (purged ->> 'done')::boolean THEN 'more' END;
  IF continued IS NULL THEN
    noted := note_action(action, total, 0, start);
  ELSE
    UPDATE operator_actions AS o SET changed = o.changed + total, next = start WHERE o.id = continued;
  END IF;
  RETURN purged::jsonb || jsonb_build_object('actionId', noted::text);
END $$;
