-- Gives claimed tasks back.

-- Gives back claimed tasks that have not started: [{id, token, due_at_ms}], ordered by id. Skips
-- tasks that the worker does not hold with that token. Returns the number of tasks given back.
CREATE OR REPLACE FUNCTION release_tasks(worker_id text, tasks json, message json DEFAULT NULL) RETURNS int
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_sort = off SET jit = off
AS $$
DECLARE
  clock    timestamptz := utc_now();
  released int;
BEGIN
  UPDATE queued_tasks AS t SET
    worker_id = NULL,
    due_at_utc = CASE WHEN t.cancel_requested THEN clock ELSE from_epoch_ms(r.due_at_ms) END,
    attempt = greatest(0, t.attempt - 1)
  FROM json_to_recordset(tasks) AS r (id uuid, token int, due_at_ms float8)
  WHERE t.id = r.id AND t.worker_id = release_tasks.worker_id AND t.lease_token = r.token;
  GET DIAGNOSTICS released = ROW_COUNT;
  IF released > 0 AND message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN released;
END $$;

-- The ids of the tasks that workers hold. Reads the tasks that were claimed since the earliest
-- `claims_since` of these workers, by the index queued_tasks_claimed_at. The settings allow no
-- other plan.
CREATE OR REPLACE FUNCTION tasks_held_by(worker_ids text[]) RETURNS uuid[]
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off SET jit = off
AS $$
DECLARE
  since timestamptz := (SELECT min(w.claims_since) FROM workers AS w WHERE w.id = ANY (worker_ids));
BEGIN
  RETURN ARRAY(
    SELECT t.id FROM queued_tasks AS t WHERE t.worker_id = ANY (worker_ids) AND t.claimed_at_utc >= since
  );
END $$;

-- Gives back the tasks that a worker holds without knowing it, because the answer to a claim was
-- lost. `known` has the ids of the tasks that it knows. Returns the number of tasks given back.
CREATE OR REPLACE FUNCTION release_unknown_tasks(worker_id text, known json, message json DEFAULT NULL) RETURNS int
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  clock     timestamptz := utc_now();
  held_ids  uuid[] := tasks_held_by(ARRAY[worker_id]);
  known_ids uuid[] := ARRAY(SELECT i::uuid FROM json_array_elements_text(known) AS i);
  released  int;
BEGIN
  WITH held AS MATERIALIZED (
    SELECT t.id FROM queued_tasks AS t
    WHERE t.id = ANY (held_ids) AND t.id <> ALL (known_ids) AND t.worker_id = release_unknown_tasks.worker_id
    ORDER BY t.id FOR UPDATE
  )
  UPDATE queued_tasks AS t SET worker_id = NULL, due_at_utc = clock, attempt = greatest(0, t.attempt - 1)
  FROM held AS h WHERE t.id = h.id;
  GET DIAGNOSTICS released = ROW_COUNT;
  IF released > 0 AND message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN released;
END $$;
