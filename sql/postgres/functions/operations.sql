-- Changes of tasks by operators.

-- The version of a task's row, which differs after each change that matters to an operator. It
-- consists of the number of edits, and of columns that claims and status changes write anyway.
-- These changes therefore write no additional column.
CREATE OR REPLACE FUNCTION task_version(t queued_tasks) RETURNS text
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT concat_ws('.', coalesce(t.edits, 0), t.lease_token, t.status,
    coalesce(to_epoch_ms(t.due_at_utc)::text, ''), coalesce(to_epoch_ms(t.next_run_utc)::text, ''),
    (t.worker_id IS NOT NULL)::int + 2 * t.cancel_requested::int)
$$;

-- Changes tasks that still have the version that the operator has seen, and records the action in
-- the same transaction: TasksEdit (src/storage/operation_requests.ts), each edit as the record
-- below. `sender` is the sender of the messages to other processes; NULL sends none. Returns the
-- action's id and the ids of the changed tasks. Returns NULL if there is no batch and nothing was
-- changed, or if another call has already continued the action.
CREATE OR REPLACE FUNCTION edit_tasks(edits json, action json, batch json, sender text) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off
AS $$
DECLARE
  clock     timestamptz := utc_now();
  continued bigint := batch -> 'continues' ->> 'actionId';
  edited    uuid[];
  deleted   uuid[];
  requested uuid[];
  makes_due boolean;
  noted     bigint;
BEGIN
  IF continued IS NOT NULL THEN
    PERFORM FROM operator_actions AS o
    WHERE o.id = continued AND o.next = batch -> 'continues' ->> 'next' FOR UPDATE;
    IF NOT FOUND THEN RETURN NULL; END IF;
  END IF;

  WITH edit AS MATERIALIZED (
    SELECT * FROM json_to_recordset(edits) AS e (
      id uuid, version text, deletes boolean, payload text, queue text, priority smallint, status text,
      starts_anew boolean, cancels boolean, moves_due boolean, soonest boolean, due_in_ms float8, due_at_ms float8,
      schedule text, info text, anchor_at_ms float8, max_runs int, run_until_ms float8, next_run_at_ms float8,
      ends_series boolean, paused boolean
    )
  ), wanted AS MATERIALIZED (
    SELECT t.id FROM queued_tasks AS t
    WHERE t.id = ANY (ARRAY(SELECT e.id FROM edit AS e))
      AND task_version(t) = (SELECT e.version FROM edit AS e WHERE e.id = t.id)
    ORDER BY t.id FOR UPDATE
  ), gone AS (
    DELETE FROM queued_tasks AS t USING wanted AS w, edit AS e
    WHERE t.id = w.id AND e.id = w.id AND e.deletes
    RETURNING t.id, t.tags
  ), untagged AS (
    DELETE FROM task_tags AS k USING gone AS g WHERE k.task_id = g.id AND k.tag = ANY (g.tags)
  ), changed AS (
    UPDATE queued_tasks AS t SET
      edits = coalesce(t.edits, 0) + 1,
      request = coalesce(e.payload, t.request),
      queue_name = coalesce(e.queue, t.queue_name),
      priority = coalesce(e.priority, t.priority),
      claim_rank = claim_rank_of(coalesce(e.priority, t.priority), t.is_recurring OR t.scheduled_execution_utc IS NOT NULL),
      status = coalesce(e.status, t.status),
      exception = CASE WHEN e.status IS NULL THEN t.exception END,
      attempt = CASE WHEN e.starts_anew THEN 0 ELSE t.attempt END,
      lost_count = CASE WHEN e.starts_anew THEN 0 ELSE t.lost_count END,
      rate_slot_utc = CASE WHEN e.starts_anew THEN NULL ELSE t.rate_slot_utc END,
      cancel_requested = coalesce(e.cancels, CASE WHEN e.starts_anew THEN false ELSE t.cancel_requested END),
      due_at_utc = CASE
        WHEN e.moves_due IS NULL THEN t.due_at_utc
        WHEN e.soonest THEN least(t.due_at_utc, clock)
        WHEN e.due_in_ms IS NOT NULL THEN ms_after(clock, e.due_in_ms)
        ELSE from_epoch_ms(e.due_at_ms)
      END,
      recurring_task = coalesce(e.schedule, t.recurring_task),
      recurring_info = CASE WHEN e.schedule IS NULL THEN t.recurring_info ELSE e.info END,
      anchor_utc = CASE WHEN e.schedule IS NULL THEN t.anchor_utc ELSE from_epoch_ms(e.anchor_at_ms) END,
      max_runs = CASE WHEN e.schedule IS NULL THEN t.max_runs ELSE e.max_runs END,
      run_until = CASE WHEN e.schedule IS NULL THEN t.run_until ELSE from_epoch_ms(e.run_until_ms) END,
      next_run_utc = CASE WHEN e.ends_series THEN NULL WHEN e.schedule IS NULL THEN t.next_run_utc
        ELSE from_epoch_ms(e.next_run_at_ms) END,
      is_paused = CASE WHEN e.paused IS NULL THEN t.is_paused WHEN e.paused THEN true END
    FROM wanted AS w, edit AS e
    WHERE t.id = w.id AND e.id = w.id AND e.deletes IS NULL
    RETURNING t.id, t.audit_level, t.due_at_utc IS NOT NULL AS waits, e.status, e.cancels
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status)
    SELECT c.id, clock, c.status FROM changed AS c
    WHERE c.status IS NOT NULL AND writes_status_audit(c.audit_level, c.status, NULL)
  )
  SELECT
    (SELECT coalesce(array_agg(c.id), '{}') FROM changed AS c),
    (SELECT coalesce(array_agg(g.id), '{}') FROM gone AS g),
    (SELECT array_agg(c.id) FROM changed AS c WHERE c.cancels),
    EXISTS (SELECT FROM changed AS c WHERE c.waits)
  INTO edited, deleted, requested, makes_due;

  DELETE FROM status_audit AS a WHERE a.queued_task_id = ANY (deleted);
  DELETE FROM runs_audit AS a WHERE a.queued_task_id = ANY (deleted);
  DELETE FROM task_execution_log AS l WHERE l.queued_task_id = ANY (deleted);
  edited := edited || deleted;
  IF batch IS NULL AND edited = '{}' THEN RETURN NULL; END IF;

  IF continued IS NULL THEN
    noted := note_action(action, cardinality(edited),
      CASE WHEN batch IS NULL THEN 0
        ELSE (batch ->> 'skipped')::bigint + json_array_length(edits) - cardinality(edited) END,
      batch ->> 'next');
  ELSE
    UPDATE operator_actions AS o SET
      changed = o.changed + cardinality(edited),
      skipped = o.skipped + (batch ->> 'skipped')::bigint + json_array_length(edits) - cardinality(edited),
      next = batch ->> 'next'
    WHERE o.id = continued
    RETURNING o.id INTO noted;
  END IF;
  IF sender IS NOT NULL THEN
    PERFORM notify_of_cancels(requested, sender);
    IF makes_due THEN PERFORM notify_processes(json_build_object('kind', 'tasks', 'from', sender)); END IF;
  END IF;
  RETURN json_build_object('actionId', noted::text, 'edited', edited);
END $$;

-- Records an operator's action: NewOperatorAction (src/storage/operation_requests.ts). Returns its
-- id.
CREATE OR REPLACE FUNCTION note_action(action json, changed bigint, skipped bigint, next text) RETURNS bigint
LANGUAGE sql SET search_path FROM CURRENT AS $$
  INSERT INTO operator_actions (at_utc, changed, skipped, verb, actor, reason, target_kind, target, before, after, next)
  VALUES (utc_now(), changed, skipped, action ->> 'verb', action ->> 'by', action ->> 'reason',
    action -> 'target' ->> 'kind', action -> 'target' ->> 'id', action ->> 'before', action ->> 'after', next)
  RETURNING id
$$;

-- Pauses or resumes a queue as set_queue_paused does, and records the action.
CREATE OR REPLACE FUNCTION set_queue_paused_by(queue text, paused boolean, action json, message json) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT AS $$
  SELECT set_queue_paused(queue, paused, message);
  SELECT note_action(action, 1, 0, NULL);
$$;

-- The actions of operators, newest first, below an id unless it is NULL: ActionFilter
-- (src/storage/operation_requests.ts).
CREATE OR REPLACE FUNCTION list_operator_actions(filter json, below bigint, page_size int) RETURNS json
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
DECLARE
  target_id text := coalesce(filter ->> 'taskId', filter ->> 'queue');
  kind      text := CASE WHEN filter ->> 'taskId' IS NOT NULL THEN 'task' WHEN filter ->> 'queue' IS NOT NULL THEN 'queue' END;
  -- No action has both a task and a queue as its target.
  is_vain   boolean := filter ->> 'taskId' IS NOT NULL AND filter ->> 'queue' IS NOT NULL;
BEGIN
  RETURN (SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT o.id::text, to_epoch_ms(o.at_utc) AS "doneAt", o.verb, o.actor AS by, o.reason,
      json_build_object('kind', o.target_kind, 'id', o.target) AS target, o.before, o.after, o.changed, o.skipped, o.next
    FROM operator_actions AS o
    WHERE (below IS NULL OR o.id < below)
      AND (target_id IS NULL OR (o.target = target_id AND o.target_kind = kind))
      AND (filter -> 'by' IS NULL OR o.actor = filter ->> 'by')
      AND (filter -> 'verbs' IS NULL OR o.verb = ANY (ARRAY(SELECT json_array_elements_text(filter -> 'verbs'))))
      AND NOT is_vain
    ORDER BY o.id DESC LIMIT page_size
  ) AS r);
END $$;
