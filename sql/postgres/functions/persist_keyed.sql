-- Stores dispatched tasks that have a task key.

-- Whether a stored task stays unchanged when another one is dispatched with its key: it is in
-- progress, or it is a series and the new task is a one-shot.
CREATE OR REPLACE FUNCTION stays_as_it_is(known queued_tasks, task new_task) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT known.worker_id IS NOT NULL OR known.status = 'InProgress' OR (known.is_recurring AND task.schedule IS NULL)
$$;

-- Stores one task with a key, or finds the existing one; see the table of Storage.persist. Locks
-- the row of the existing task if it will change. For a new key, the unique index ensures that two
-- processes that dispatch it concurrently store one task. The row of a task in progress is not
-- locked, because its worker, and the whole batch that it writes, would wait for the end of this
-- transaction.
CREATE OR REPLACE FUNCTION persist_keyed(task new_task, clock timestamptz) RETURNS persist_answer
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

    SELECT t.* INTO known FROM queued_tasks AS t WHERE t.task_key = task.task_key;
    IF NOT FOUND THEN
      figures := store_tasks(ARRAY[task], clock);
      IF figures.stored = 1 THEN
        IF task.tags IS NOT NULL THEN PERFORM add_tags(ARRAY[task.id]); END IF;
        RETURN ROW(task.id, 'created', figures.claimed = 1)::persist_answer;
      END IF;
      CONTINUE;  -- another process has committed this key first: read again
    END IF;
    IF NOT stays_as_it_is(known, task) THEN
      SELECT t.* INTO known FROM queued_tasks AS t WHERE t.task_key = task.task_key FOR UPDATE;
      CONTINUE WHEN NOT FOUND;
    END IF;
    IF stays_as_it_is(known, task) THEN RETURN ROW(known.id, 'existing', false)::persist_answer; END IF;

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
      edits = coalesce(t.edits, 0) + 1, is_paused = CASE WHEN known.next_run_utc IS NOT NULL THEN t.is_paused END,
      claim_rank = claim_rank_of(task.priority, task.schedule IS NOT NULL OR t.scheduled_execution_utc IS NOT NULL),
      is_recurring = task.schedule IS NOT NULL, recurring_task = task.schedule, recurring_info = task.info,
      max_runs = task.max_runs, run_until = from_epoch_ms(task.run_until_ms),
      current_run_count = CASE WHEN task.schedule IS NULL THEN NULL
        WHEN known.next_run_utc IS NULL THEN 0 ELSE known.current_run_count END
    WHERE t.id = known.id;
    IF known.tags IS DISTINCT FROM task.tags THEN PERFORM replace_tags(known.id, task.tags); END IF;
    IF NOT keeps_next THEN
      UPDATE queued_tasks AS t SET
        status = task.status, due_at_utc = CASE WHEN t.is_paused THEN t.due_at_utc ELSE due END,
        scheduled_execution_utc = CASE WHEN task.status = 'WaitingQueue' THEN due END,
        claim_rank = claim_rank_of(task.priority, t.is_recurring OR task.status = 'WaitingQueue' AND due IS NOT NULL),
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

-- As persist_tasks, but does not wait for keys that an open transaction holds: their tasks are not
-- stored, and their outcome is `busy`. Waits briefly at first, because most transactions are short.
-- After that, stores each task separately.
CREATE OR REPLACE FUNCTION persist_tasks_unless_busy(tasks json, message json DEFAULT NULL) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET lock_timeout = '20ms'
AS $$
DECLARE
  item    record;
  answers json[] := '{}';
BEGIN
  BEGIN
    RETURN persist_tasks(tasks, message);
  EXCEPTION WHEN lock_not_available THEN
    SET LOCAL lock_timeout = '1ms';
  END;
  FOR item IN SELECT t.value AS task FROM json_array_elements(tasks) AS t LOOP
    BEGIN
      answers := answers || coalesce(persist_tasks(json_build_array(item.task), message) -> 0, json_build_object(
        'id', item.task -> 'id', 'outcome', 'created', 'claimed', item.task ->> 'claim_for' IS NOT NULL
      ));
    EXCEPTION WHEN lock_not_available THEN
      answers := answers || json_build_object('id', item.task -> 'id', 'outcome', 'busy', 'claimed', false);
    END;
  END LOOP;
  RETURN to_json(answers);
END $$;
