-- Deletes expired history in the order of ids, which is by age: ids of version 7 begin with the
-- time of their creation.

-- The first id of version 7 that a task created at this instant can have.
CREATE OR REPLACE FUNCTION first_id_of(instant timestamptz) RETURNS uuid
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT rpad(lpad(to_hex(greatest(0, to_epoch_ms(instant))), 12, '0'), 32, '0')::uuid
$$;

-- Deletes expired rows of the tasks after the id `after` (NULL: of all) whose ids are old enough
-- for expired rows: RetentionPolicy (src/storage/retention.ts). Deletes at most `budget` rows, and
-- stops after about `most_ms` milliseconds. Takes the tasks with their rows, range by range.
-- Returns {statusAudit, runsAudit, executionLog, tasks, operatorActions, done, after};
-- `after` is the argument of the next call. Does not find expired rows of younger ids: a task whose
-- id was made by a clock that was ahead, or not by version 7. purge_history finds these.
CREATE OR REPLACE FUNCTION purge_in_order(policy json, budget bigint, after uuid, most_ms float8) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off
AS $$
DECLARE
  clock   timestamptz := utc_now();
  limits  record := retention_limits(policy, clock);
  newest  uuid := first_id_of(greatest(limits.status, limits.status_errors, limits.runs, limits.runs_errors, limits.logs));
  low     uuid := coalesce(after, '00000000-0000-0000-0000-000000000000');
  high    uuid;
  room    bigint := budget;
  doomed  tid[];
  others  uuid[];
  kept    uuid[];
  tagged  uuid[];
  counts  bigint[] := '{0,0,0,0}';
  deleted bigint;
  actions bigint := 0;
  done    boolean := low >= newest;
BEGIN
  WHILE NOT done AND room > 0 AND clock_timestamp() < ms_after(clock, most_ms) LOOP
    -- The range of the next thousand tasks; if tasks stay, of the next rows of history, because
    -- most tasks have none any more.
    IF limits.tasks > '-infinity' THEN
      high := (SELECT t.id FROM queued_tasks AS t WHERE t.id > low AND t.id < newest ORDER BY t.id OFFSET 1000 LIMIT 1);
    ELSE
      high := least(
        (SELECT a.queued_task_id FROM status_audit AS a WHERE a.queued_task_id > low AND a.queued_task_id < newest
          ORDER BY a.queued_task_id, a.id OFFSET 3000 LIMIT 1),
        (SELECT a.queued_task_id FROM runs_audit AS a WHERE a.queued_task_id > low AND a.queued_task_id < newest
          ORDER BY a.queued_task_id, a.id OFFSET 3000 LIMIT 1),
        (SELECT l.queued_task_id FROM task_execution_log AS l WHERE l.queued_task_id > low AND l.queued_task_id < newest
          ORDER BY l.queued_task_id, l.sequence_number OFFSET 3000 LIMIT 1)
      );
    END IF;
    high := coalesce(high, newest);

    -- Each row of the range is read once: it is deleted, or keeps its task.
    SELECT array_agg(r.place) FILTER (WHERE r.expired), array_agg(DISTINCT r.task_id) FILTER (WHERE NOT r.expired)
    INTO doomed, kept FROM (
      SELECT a.ctid AS place, a.queued_task_id AS task_id,
        a.updated_at_utc < CASE WHEN a.exception IS NULL THEN limits.status ELSE limits.status_errors END AS expired
      FROM status_audit AS a WHERE a.queued_task_id > low AND a.queued_task_id <= high
    ) AS r;
    DELETE FROM status_audit AS a WHERE a.ctid = ANY (doomed[:room]);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    counts[1] := counts[1] + deleted;
    room := room - deleted;

    SELECT array_agg(r.place) FILTER (WHERE r.expired), array_agg(DISTINCT r.task_id) FILTER (WHERE NOT r.expired)
    INTO doomed, others FROM (
      SELECT a.ctid AS place, a.queued_task_id AS task_id,
        a.executed_at < CASE WHEN a.exception IS NULL THEN limits.runs ELSE limits.runs_errors END AS expired
      FROM runs_audit AS a WHERE a.queued_task_id > low AND a.queued_task_id <= high
    ) AS r;
    DELETE FROM runs_audit AS a WHERE a.ctid = ANY (doomed[:room]);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    counts[2] := counts[2] + deleted;
    room := room - deleted;
    kept := kept || others;

    SELECT array_agg(r.place) FILTER (WHERE r.expired), array_agg(DISTINCT r.task_id) FILTER (WHERE NOT r.expired)
    INTO doomed, others FROM (
      SELECT l.ctid AS place, l.queued_task_id AS task_id, l.timestamp_utc < limits.logs AS expired
      FROM task_execution_log AS l WHERE l.queued_task_id > low AND l.queued_task_id <= high
    ) AS r;
    DELETE FROM task_execution_log AS l WHERE l.ctid = ANY (doomed[:room]);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    counts[3] := counts[3] + deleted;
    room := room - deleted;
    kept := kept || others;

    -- Unless the budget was used up, all expired rows of these tasks are deleted.
    IF room > 0 AND limits.tasks > '-infinity' THEN
      -- The rows are locked, so their ctids stay valid.
      SELECT array_agg(d.place), array_agg(d.id) FILTER (WHERE d.tags IS NOT NULL) INTO doomed, tagged FROM (
        SELECT t.ctid AS place, t.id, t.tags FROM queued_tasks AS t
        WHERE t.id > low AND t.id <= high
          AND t.status IN ('Completed', 'Cancelled') AND NOT t.is_recurring
          AND t.worker_id IS NULL AND t.due_at_utc IS NULL
          AND coalesce(t.last_execution_utc, t.created_at_utc) < limits.tasks
          AND t.id NOT IN (SELECT unnest(kept))
        ORDER BY t.id LIMIT room FOR UPDATE SKIP LOCKED
      ) AS d;
      DELETE FROM task_tags AS g USING unnest(tagged) AS d (id), queued_tasks AS t
        WHERE t.id = d.id AND g.task_id = t.id AND g.tag = ANY (t.tags);
      DELETE FROM queued_tasks AS t WHERE t.ctid = ANY (doomed);
      GET DIAGNOSTICS deleted = ROW_COUNT;
      counts[4] := counts[4] + deleted;
      room := room - deleted;
    END IF;
    IF room > 0 THEN
      low := high;
      done := low >= newest;
    END IF;
  END LOOP;
  IF done THEN actions := forget_idle_rows(limits.actions, clock, false); END IF;
  RETURN json_build_object(
    'statusAudit', counts[1], 'runsAudit', counts[2], 'executionLog', counts[3], 'tasks', counts[4],
    'operatorActions', actions, 'done', done, 'after', low
  );
END $$;
