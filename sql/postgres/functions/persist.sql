-- Stores dispatched tasks.

-- The due instant of a new task.
CREATE OR REPLACE FUNCTION due_instant(clock timestamptz, due_in_ms float8, due_at_ms float8) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN due_at_ms IS NULL
    THEN clock + round(coalesce(due_in_ms, 0)) * interval '1 millisecond'
    ELSE to_timestamp(round(due_at_ms) / 1000)
  END
$$;

-- Stores new tasks whose id and key are not stored yet; omits the others. Returns the number of
-- stored tasks, and the number of these that were stored as claimed. Locks the rows of the workers
-- that get them, so that release_lost waits for this transaction and then finds the tasks.
CREATE OR REPLACE FUNCTION store_tasks(tasks new_task[], clock timestamptz, OUT stored int, OUT claimed int)
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
BEGIN
  WITH task AS MATERIALIZED (
    SELECT t.*, due_instant(clock, t.due_in_ms, t.due_at_ms) AS due_at_utc FROM unnest(tasks) AS t
  ), holder AS MATERIALIZED (
    SELECT w.id, greatest(clock, w.claims_since, w.claims_from) AS claimed_at_utc FROM workers AS w
    WHERE w.id IN (SELECT DISTINCT t.claim_for FROM task AS t) AND w.is_registered
    ORDER BY w.id
    FOR KEY SHARE
  ), created AS (
    INSERT INTO queued_tasks (
      id, type, handler, request, status, audit_level, queue_name, priority, task_key, trace_context, retry_policy,
      created_at_utc, due_at_utc, scheduled_execution_utc, worker_id, claimed_at_utc, attempt, lease_token, tags,
      is_recurring, recurring_task, recurring_info, anchor_utc, max_runs, run_until, next_run_utc, current_run_count,
      claim_rank
    )
    SELECT
      t.id, t.type, t.handler, t.request, t.status, t.audit_level, t.queue_name, t.priority, t.task_key,
      t.trace_context, t.retry_policy, clock,
      CASE WHEN h.id IS NULL THEN t.due_at_utc END, CASE WHEN t.status = 'WaitingQueue' THEN t.due_at_utc END,
      h.id, h.claimed_at_utc, CASE WHEN h.id IS NULL THEN 0 ELSE 1 END, CASE WHEN h.id IS NULL THEN 0 ELSE 1 END, t.tags,
      t.schedule IS NOT NULL, t.schedule, t.info, from_epoch_ms(t.anchor_at_ms), t.max_runs,
      from_epoch_ms(t.run_until_ms), from_epoch_ms(t.next_run_at_ms), CASE WHEN t.schedule IS NOT NULL THEN 0 END,
      claim_rank_of(t.priority, t.schedule IS NOT NULL OR t.status = 'WaitingQueue' AND t.due_at_utc IS NOT NULL)
    FROM task AS t
    LEFT JOIN holder AS h ON h.id = t.claim_for AND t.status = 'Queued'
      AND t.queue_name <> ALL (ARRAY(SELECT q.queue_name FROM queues AS q WHERE q.is_paused))
    ON CONFLICT DO NOTHING
    RETURNING id, status, audit_level, worker_id
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status)
    SELECT c.id, clock, c.status FROM created AS c WHERE writes_status_audit(c.audit_level, c.status, NULL)
  )
  SELECT count(*), count(c.worker_id) INTO stored, claimed FROM created AS c;
END $$;

-- The result for a task whose id is already stored: `created`, because the call was repeated.
CREATE OR REPLACE FUNCTION answer_for_stored(stored queued_tasks, claim_for text) RETURNS persist_answer
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT ROW(stored.id, 'created', coalesce(stored.lease_token = 1 AND stored.worker_id = claim_for, false))::persist_answer
$$;

-- Stores tasks and their first audit rows, by the rules for task keys (Storage.persist). Tasks with
-- the same key are stored in the order of the list. Returns NULL in the usual case: each task was
-- created, and claimed if it has a `claim_for`. Otherwise returns [{id, outcome, claimed}] in the
-- order of the tasks. Sends `message` to the other processes unless it is NULL.
CREATE OR REPLACE FUNCTION persist_tasks(tasks json, message json DEFAULT NULL) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  clock   timestamptz := utc_now();
  batch   new_task[] := ARRAY(SELECT t FROM json_populate_recordset(NULL::new_task, tasks) AS t);
  unkeyed new_task[] := batch;
  wanted  int;
  tagged  uuid[];
  keys    text[];
  figures record;
  item    record;
  answers persist_answer[] := '{}';
BEGIN
  SELECT count(t.claim_for), array_agg(t.task_key) FILTER (WHERE t.task_key IS NOT NULL),
    array_agg(t.id) FILTER (WHERE t.tags IS NOT NULL)
  INTO wanted, keys, tagged FROM unnest(batch) AS t;
  IF keys IS NOT NULL THEN unkeyed := ARRAY(SELECT t FROM unnest(batch) AS t WHERE t.task_key IS NULL); END IF;

  figures := store_tasks(unkeyed, clock);
  IF tagged IS NOT NULL THEN PERFORM add_tags(tagged); END IF;
  IF message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  IF keys IS NULL AND figures.stored = cardinality(batch) AND figures.claimed = wanted THEN RETURN NULL; END IF;

  answers := ARRAY(
    SELECT answer_for_stored(s, t.claim_for)
    FROM unnest(batch) WITH ORDINALITY AS t LEFT JOIN queued_tasks AS s ON s.id = t.id AND t.task_key IS NULL
    ORDER BY t.ordinality
  );
  -- Existing rows that may change are locked in the order of ids, as in all batches; new keys are
  -- inserted in the order of keys.
  PERFORM FROM queued_tasks AS t
  WHERE t.task_key = ANY (keys) AND t.worker_id IS NULL AND t.status <> 'InProgress'
  ORDER BY t.id FOR UPDATE;
  FOR item IN
    SELECT batch[i] AS task, i FROM generate_subscripts(batch, 1) AS i
    WHERE batch[i].task_key IS NOT NULL ORDER BY batch[i].task_key COLLATE "C", i
  LOOP
    answers[item.i] := persist_keyed(item.task, clock);
  END LOOP;
  RETURN to_json(answers);
END $$;
