-- Claims due tasks, and finds the next due instant.

-- A task's rank in the index queued_tasks_claimable. Statements that write a priority, a schedule or
-- the instant of a dispatch write the rank, too: for each row of an UPDATE that does not need a
-- generated column, PostgreSQL reads its expression again. Measured: a tenth of all its processor
-- time.
CREATE OR REPLACE FUNCTION claim_rank_of(priority int, is_planned boolean) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT priority * 2 + is_planned::int
$$;

-- Claims due tasks of these types for a worker: at most `limit` from each of the queues [{name,
-- limit, dueFrom}]. Returns {now, walkMs, tasks}; `tasks` is NULL if nothing was claimed. Otherwise
-- it has the members of ClaimedTask, each as a list of the values of all tasks: queue by queue,
-- highest priority first, then longest due, then lowest id. Members that few tasks have are in the
-- list `rare`, with the task's id. (Measured: half the time of a list of objects.)
--
-- The commit of a claim waits for the disk. Otherwise a crash of the server could undo claims whose
-- handlers have begun: the tasks would be due again while their worker still runs them.
--
-- The index contains exactly the claimable tasks, in this order. The priorities of a queue are
-- scanned one by one, from the highest to the lowest (a loose index scan: one probe finds the
-- next), so that tasks that are due later are never scanned. Rows that another claim has locked are
-- skipped. Within a priority, tasks that were dispatched to run at once are selected first, and
-- then other tasks that have been due for longer than the last of these. If these displace selected
-- tasks, the displaced tasks stay locked until this claim ends, and the next claim can take them.
--
-- Claims that run at the same time find the same rows. A row that another claim has changed since
-- the snapshot of the scan would be locked in its new version, although this claim cannot take it:
-- the report of its end would wait for this claim, and so would a third claim, in spite of SKIP
-- LOCKED. Therefore the scan passes by rows whose xmax is a transaction that was not over when this
-- claim began. Their ages are compared because they need no epoch. If xmax is a group of lockers, it
-- may be taken for a transaction that begins later; after 10,000 of these SKIP LOCKED decides.
--
-- While an old snapshot is open (a backup, a forgotten transaction), vacuum cannot remove the index
-- entries of claimed tasks, and each claim scans all entries since the snapshot. `walkMs` is the
-- duration of the scan. `dueFrom`, in epoch milliseconds, starts it at a later due instant. The
-- driver uses it for most claims when scans are slow (drivers/postgres/claim_scan.ts).
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
  oldest     int; -- the age of the oldest transaction that is under way
  latest     int; -- the age of the next transaction, below zero
  under_way  int[];
  wanted     text[] := ARRAY(SELECT json_array_elements_text(types));
  queue      record;
  due_from   timestamptz;
  room       int;
  rank       int;
  level      int; -- the rank of a priority's tasks that were dispatched to run at once
  places     tid[];
  dues       timestamptz[];
  scheduled  tid[];
  all_places tid[] := '{}';
  all_dues   timestamptz[] := '{}';
  walk_ms    float8;
  claimed    json;
BEGIN
  -- The lock is held until the end, so that release_lost waits for this claim and then finds its
  -- tasks.
  SELECT greatest(w.claims_since, w.claims_from) INTO since FROM workers AS w
  WHERE w.id = claim_tasks.worker_id AND w.is_registered FOR KEY SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'worker % is not registered', claim_tasks.worker_id USING ERRCODE = 'EVT01';
  END IF;

  SELECT age(pg_snapshot_xmin(s)::xid), age(pg_snapshot_xmax(s)::xid), ARRAY(SELECT age(id::xid) FROM pg_snapshot_xip(s) AS id)
  INTO oldest, latest, under_way FROM pg_current_snapshot() AS s;

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
          AND (age(t.xmax) NOT BETWEEN -10000 AND oldest
            OR age(t.xmax) > latest AND age(t.xmax) <> ALL (under_way))
        ORDER BY t.due_at_utc, t.id
        LIMIT room
        FOR NO KEY UPDATE SKIP LOCKED
      ) AS c;
      IF rank > level THEN
        scheduled := ARRAY(
          SELECT t.ctid FROM queued_tasks AS t
          WHERE t.queue_name = queue.name AND t.claim_rank = rank
            AND t.due_at_utc <= coalesce(dues[room], clock) AND t.due_at_utc >= due_from AND t.type = ANY (wanted)
            AND (age(t.xmax) NOT BETWEEN -10000 AND oldest
              OR age(t.xmax) > latest AND age(t.xmax) <> ALL (under_way))
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

  -- The rows are locked, so their ctids stay valid. Counters stop at their maximum, so that a
  -- damaged row does not make the claim of the other tasks fail.
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
-- dueFrom}], in epoch milliseconds. Scans like claim_tasks.
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
