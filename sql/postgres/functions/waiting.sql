-- Cancels waiting tasks, or makes them due.

-- Requests the cancellation of tasks: [id]. Returns {id: outcome}, a CancelOutcome
-- (src/storage/requests.ts) for each task that exists. Notifies the workers of claimed tasks in a
-- message from `sender`, unless it is NULL. A cancelled task keeps its rate limit slot, so that the
-- caller can read it and give it back.
CREATE OR REPLACE FUNCTION request_cancel(task_ids json, sender text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  clock     timestamptz := utc_now();
  outcomes  json;
  requested uuid[];
BEGIN
  WITH wanted AS MATERIALIZED (
    SELECT t.id, CASE
      WHEN t.worker_id IS NOT NULL THEN 'requested'
      WHEN t.due_at_utc IS NULL AND t.next_run_utc IS NULL
        AND t.status IN ('Completed', 'Failed', 'Cancelled', 'ServiceStopped') THEN 'ended'
      ELSE 'cancelled'
    END AS outcome
    FROM queued_tasks AS t
    WHERE t.id = ANY (ARRAY(SELECT i::uuid FROM json_array_elements_text(task_ids) AS i))
    ORDER BY t.id FOR UPDATE
  ), marked AS (
    UPDATE queued_tasks AS t SET cancel_requested = true
    FROM wanted AS w WHERE t.id = w.id AND w.outcome = 'requested'
  ), cancelled AS (
    UPDATE queued_tasks AS t SET
      status = 'Cancelled', exception = NULL, due_at_utc = NULL, next_run_utc = NULL,
      cancel_requested = false
    FROM wanted AS w WHERE t.id = w.id AND w.outcome = 'cancelled'
    RETURNING t.id, t.audit_level
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status)
    SELECT c.id, clock, 'Cancelled' FROM cancelled AS c WHERE writes_status_audit(c.audit_level, 'Cancelled', NULL)
  )
  SELECT json_object_agg(w.id, w.outcome), array_agg(w.id) FILTER (WHERE w.outcome = 'requested')
  INTO outcomes, requested FROM wanted AS w;
  IF sender IS NOT NULL THEN PERFORM notify_of_cancels(requested, sender); END IF;
  RETURN coalesce(outcomes, '{}');
END $$;

-- Makes unclaimed tasks due now: [id]. A waiting task keeps its status, and one that is already due
-- keeps its due instant. A paused series becomes due, and stays paused. A one-shot task that is
-- Failed, Cancelled or ServiceStopped becomes Queued. Returns the ids of the tasks that are due
-- now.
CREATE OR REPLACE FUNCTION make_due(task_ids json, message json DEFAULT NULL) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off
AS $$
DECLARE
  clock timestamptz := utc_now();
  due   uuid[];
BEGIN
  WITH wanted AS MATERIALIZED (
    SELECT t.id, t.due_at_utc IS NULL AND NOT t.is_recurring AS restarts
    FROM queued_tasks AS t
    WHERE t.id = ANY (ARRAY(SELECT i::uuid FROM json_array_elements_text(task_ids) AS i))
      AND t.worker_id IS NULL
      AND (t.due_at_utc IS NOT NULL OR (t.is_paused AND t.next_run_utc IS NOT NULL)
        OR (NOT t.is_recurring AND t.status IN ('Failed', 'Cancelled', 'ServiceStopped')))
    ORDER BY t.id FOR UPDATE
  ), changed AS (
    UPDATE queued_tasks AS t SET
      due_at_utc = least(t.due_at_utc, clock),
      status = CASE WHEN w.restarts THEN 'Queued' ELSE t.status END,
      exception = CASE WHEN w.restarts THEN NULL ELSE t.exception END,
      attempt = CASE WHEN w.restarts THEN 0 ELSE t.attempt END,
      lost_count = CASE WHEN w.restarts THEN 0 ELSE t.lost_count END,
      rate_slot_utc = CASE WHEN w.restarts THEN NULL ELSE t.rate_slot_utc END
    FROM wanted AS w WHERE t.id = w.id
    RETURNING t.id, w.restarts, t.audit_level
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status)
    SELECT c.id, clock, 'Queued' FROM changed AS c
    WHERE c.restarts AND writes_status_audit(c.audit_level, 'Queued', NULL)
  )
  SELECT coalesce(array_agg(c.id), '{}') INTO due FROM changed AS c;
  IF due <> '{}' AND message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN to_json(due);
END $$;
