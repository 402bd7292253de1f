-- Claims due tasks, and finds the next one that becomes due.

-- Takes due tasks for a worker: at most `limit` from each of the queues [{name, limit, dueFrom}],
-- of these types only. Returns {now, walkMs, tasks}; tasks is NULL for none, or has the members of
-- ClaimedTask, each as a list of its values for all tasks, highest priority first, then longest
-- due, then lowest id, queue by queue. Members that few tasks have are in the list `rare`, together
-- with the id, for the tasks that have one. (Measured: half the time of a list of objects.)
--
-- A claim's commit waits for the disk. If it did not, a server that crashed could forget claims
-- whose handlers have begun: their tasks would be due again while their worker, whose heartbeat was
-- never late, still runs them.
--
-- The index holds exactly what can be claimed, in this order. Within a queue each priority is
-- visited by itself, from the highest to the lowest (a loose index scan: one probe finds the next
-- one), so that tasks that are due later, whatever their priority, are never walked over. Rows that
-- another claim is taking are skipped, not waited for. Of each priority, tasks that were dispatched
-- to run at once are taken first, and then, where there are any that have been due for longer than
-- the last of these, the others. What these displace stays as it is: locked until this claim ends,
-- and free for the next.
--
-- An old snapshot that is held open (a backup, a forgotten transaction) keeps vacuum and the index
-- from forgetting claimed tasks, and each claim walks over all that were claimed since. `walkMs`
-- tells the caller how long that took; with `dueFrom`, in epoch milliseconds, the walk begins at a
-- later due instant. The driver does so most of the time when walks are slow
-- (drivers/postgres/claim_scan.ts).
CREATE OR REPLACE FUNCTION claim_tasks(worker_id text, types json, queues json) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off
SET extra_float_digits = 1
AS $$
DECLARE
  clock      timestamptz := utc_now();
  since      timestamptz;
  wanted     text[] := ARRAY(SELECT json_array_elements_text(types));
  queue      record;
  due_from   timestamptz;
  room       int;
  rank       int;
  level      int; -- the rank of the tasks of a priority that were dispatched to run at once
  places     tid[];
  dues       timestamptz[];
  scheduled  tid[];
  all_places tid[] := '{}';
  all_dues   timestamptz[] := '{}';
  walk_ms    float8;
  claimed    json;
BEGIN
  -- Held until the end, so that release_lost waits for this claim and then finds its tasks.
  SELECT w.claims_since INTO since FROM workers AS w
  WHERE w.id = claim_tasks.worker_id AND w.is_registered FOR KEY SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'worker % is not registered', claim_tasks.worker_id USING ERRCODE = 'EVT01';
  END IF;

  FOR queue IN
    SELECT q.name, q."limit", q."dueFrom"
    FROM json_to_recordset(claim_tasks.queues) AS q (name text, "limit" int, "dueFrom" float8)
    WHERE q.name NOT IN (SELECT p.queue_name FROM queues AS p WHERE p.is_paused)
  LOOP
    room := queue."limit";
    due_from := coalesce(from_epoch_ms(queue."dueFrom"), '-infinity');
    level := 65536;
    WHILE room > 0 LOOP
      SELECT t.claim_rank INTO rank FROM queued_tasks AS t
      WHERE t.queue_name = queue.name AND t.claim_rank < level AND t.due_at_utc >= due_from
      ORDER BY t.claim_rank DESC LIMIT 1;
      EXIT WHEN NOT FOUND;
      level := rank - (rank & 1);
      SELECT array_agg(c.place), array_agg(c.due_at_utc) INTO places, dues FROM (
        SELECT t.ctid AS place, t.due_at_utc FROM queued_tasks AS t
        WHERE t.queue_name = queue.name AND t.claim_rank = level
          AND t.due_at_utc <= clock AND t.due_at_utc >= due_from AND t.type = ANY (wanted)
        ORDER BY t.due_at_utc, t.id
        LIMIT room
        FOR NO KEY UPDATE SKIP LOCKED
      ) AS c;
      IF rank > level THEN
        scheduled := ARRAY(
          SELECT t.ctid FROM queued_tasks AS t
          WHERE t.queue_name = queue.name AND t.claim_rank = rank
            AND t.due_at_utc <= coalesce(dues[room], clock) AND t.due_at_utc >= due_from AND t.type = ANY (wanted)
          ORDER BY t.due_at_utc, t.id
          LIMIT room
          FOR NO KEY UPDATE SKIP LOCKED
        );
        IF scheduled <> '{}' THEN
          SELECT array_agg(c.place), array_agg(c.due_at_utc) INTO places, dues FROM (
            SELECT t.ctid AS place, t.due_at_utc
            FROM unnest(places || scheduled) AS p (place) JOIN queued_tasks AS t ON t.ctid = p.place
            ORDER BY t.due_at_utc, t.id
            LIMIT room
          ) AS c;
        END IF;
      END IF;
      all_places := all_places || places;
      all_dues := all_dues || dues;
      room := room - coalesce(cardinality(places), 0);
    END LOOP;
  END LOOP;
  walk_ms := date_part('epoch', clock_timestamp() - clock) * 1000;

  -- The rows are locked: they stay where they were found. Counters stop at their end: a row that was damaged must not fail the
  -- claim of the others. The worker that gets it sets it aside.
  WITH taken AS (
    UPDATE queued_tasks AS t SET
      worker_id = claim_tasks.worker_id, claimed_at_utc = greatest(clock, since), due_at_utc = NULL,
      attempt = least(t.attempt, 2147483646) + 1, lease_token = least(t.lease_token, 2147483646) + 1
    FROM unnest(all_places, all_dues) WITH ORDINALITY AS p (place, due_at_utc, position)
    WHERE t.ctid = p.place
    RETURNING p.position, p.due_at_utc AS was_due_at_utc, t.id, t.type, t.request, t.status, t.audit_level, t.queue_name,
      t.priority, t.created_at_utc, t.attempt, t.lease_token,
      t.task_key, t.lost_count, t.cancel_requested, t.rate_slot_utc, t.trace_context, t.retry_policy,
      CASE WHEN t.is_recurring THEN series_record(t) END AS series,
      t.is_recurring OR t.cancel_requested OR t.lost_count > 0
        OR coalesce(t.task_key, t.trace_context, t.retry_policy) IS NOT NULL OR t.rate_slot_utc IS NOT NULL AS is_special
  )
  SELECT json_build_object(
    'id', array_agg(c.id), 'type', array_agg(c.type), 'request', array_agg(c.request), 'status', array_agg(c.status),
    'auditLevel', array_agg(coalesce(c.audit_level, 0)), 'queue', array_agg(c.queue_name),
    'priority', array_agg(c.priority), 'createdAt', array_agg(to_epoch_ms(c.created_at_utc)),
    'dueAt', array_agg(to_epoch_ms(c.was_due_at_utc)), 'attempt', array_agg(c.attempt),
    'leaseToken', array_agg(c.lease_token),
    'rare', json_agg(json_build_object(
      'id', c.id, 'taskKey', c.task_key, 'lostCount', c.lost_count, 'cancelRequested', c.cancel_requested,
      'rateSlotAt', to_epoch_ms(c.rate_slot_utc), 'traceContext', c.trace_context, 'retryPolicy', c.retry_policy,
      'series', c.series
    )) FILTER (WHERE c.is_special)
  ) INTO claimed
  FROM (SELECT * FROM taken ORDER BY position) AS c
  HAVING count(*) > 0;
  RETURN json_build_object('now', to_epoch_ms(clock), 'walkMs', walk_ms, 'tasks', claimed);
END $$;

-- The earliest instant at which one of these types becomes due in one of the queues [{name,
-- dueFrom}], in epoch milliseconds. Walks like claim_tasks.
CREATE OR REPLACE FUNCTION next_due_at(queues json, types json) RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
  wanted   text[] := ARRAY(SELECT json_array_elements_text(types));
  queue    record;
  rank     int;
  first    timestamptz;
  earliest timestamptz;
BEGIN
  FOR queue IN
    SELECT q.name, coalesce(from_epoch_ms(q."dueFrom"), '-infinity') AS due_from
    FROM json_to_recordset(next_due_at.queues) AS q (name text, "dueFrom" float8)
    WHERE q.name NOT IN (SELECT p.queue_name FROM queues AS p WHERE p.is_paused)
  LOOP
    rank := 65536;
    LOOP
      SELECT t.claim_rank INTO rank FROM queued_tasks AS t
      WHERE t.queue_name = queue.name AND t.claim_rank < rank AND t.due_at_utc >= queue.due_from
      ORDER BY t.claim_rank DESC LIMIT 1;
      EXIT WHEN NOT FOUND;
      SELECT t.due_at_utc INTO first FROM queued_tasks AS t
      WHERE t.queue_name = queue.name AND t.claim_rank = rank
        AND t.due_at_utc >= queue.due_from AND t.type = ANY (wanted)
      ORDER BY t.due_at_utc, t.id LIMIT 1;
      earliest := least(earliest, first);
    END LOOP;
  END LOOP;
  RETURN to_epoch_ms(earliest);
END $$;
