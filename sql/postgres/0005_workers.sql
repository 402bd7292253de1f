-- Workers and their loss, requests to cancel, paused queues, rate limits.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- Makes a worker known, alive as of now. One that comes back after it was given up may still hold what it claimed before.
CREATE FUNCTION register_worker(worker_id text, host text) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT AS $$
  INSERT INTO workers AS w (id, host, started_at, heartbeat_at, claims_since)
  VALUES (worker_id, host, utc_now(), utc_now(), utc_now())
  ON CONFLICT (id) DO UPDATE SET
    host = excluded.host, heartbeat_at = excluded.heartbeat_at, is_registered = true,
    started_at = CASE WHEN w.is_registered THEN w.started_at ELSE excluded.started_at END
$$;

-- Makes workers known, as lost, that have no row and still hold tasks: somebody deleted the row, or wrote the task, by hand. No
-- index finds such tasks, so each call looks at the next thousand below the id `below`, the newest first where it is NULL.
-- Returns the id below which to go on; NULL when all have been seen.
CREATE FUNCTION find_unknown_workers(below uuid, clock timestamptz) RETURNS uuid
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
  looked_at int;
  last      uuid;
BEGIN
  WITH seen AS MATERIALIZED (
    SELECT t.id, t.worker_id, t.claimed_at_utc FROM queued_tasks AS t
    WHERE t.id < coalesce(below, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    ORDER BY t.id DESC LIMIT 1000
  ), orphan AS MATERIALIZED (
    SELECT s.id, s.worker_id, s.claimed_at_utc FROM seen AS s
    WHERE s.worker_id IS NOT NULL AND NOT EXISTS (SELECT FROM workers AS w WHERE w.id = s.worker_id)
  ), dated AS ( -- tasks_held_by goes by it
    UPDATE queued_tasks AS t SET claimed_at_utc = clock FROM orphan AS o
    WHERE t.id = o.id AND t.worker_id = o.worker_id AND t.claimed_at_utc IS NULL
  ), known AS (
    INSERT INTO workers (id, host, started_at, heartbeat_at, claims_since, is_registered)
    SELECT o.worker_id, '', clock, '-infinity', coalesce(min(o.claimed_at_utc), clock), false
    FROM orphan AS o GROUP BY o.worker_id
    ON CONFLICT (id) DO NOTHING
  )
  SELECT count(*), (SELECT s.id FROM seen AS s ORDER BY s.id LIMIT 1) INTO looked_at, last FROM seen;
  RETURN CASE WHEN looked_at = 1000 THEN last END;
END $$;

-- The worker is alive. Returns HeartbeatResult (src/storage/requests.ts), and `seenBelow`: what to pass as that next time, for
-- find_unknown_workers. All that it reads is small: the workers, the paused queues, by an index the tasks that are to be
-- cancelled, and a thousand tasks.
CREATE FUNCTION heartbeat(worker_id text, lease_ms float8, seen_below uuid DEFAULT NULL) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
  clock    timestamptz := utc_now();
  is_alive boolean;
BEGIN
  UPDATE workers AS w SET heartbeat_at = clock WHERE w.id = heartbeat.worker_id AND w.is_registered;
  is_alive := FOUND;
  seen_below := find_unknown_workers(seen_below, clock);
  RETURN json_build_object(
    'now', to_epoch_ms(clock),
    'alive', is_alive,
    'cancelRequests', ARRAY(
      SELECT t.id FROM queued_tasks AS t WHERE is_alive AND t.cancel_requested AND t.worker_id = heartbeat.worker_id
    ),
    'pausedQueues', ARRAY(SELECT q.queue_name FROM queues AS q WHERE q.is_paused),
    'othersLost', EXISTS (
      SELECT FROM workers AS w WHERE w.heartbeat_at NOT BETWEEN ms_after(clock, -lease_ms) AND ms_after(clock, lease_ms)
    ),
    'seenBelow', seen_below
  );
END $$;

-- Removes a worker at a clean end, when its last claim has ended. If it still holds tasks, its row stays until release_lost has
-- taken them; so it does where looking for them could take long, as nobody wants to wait for that at the end of a process.
CREATE FUNCTION unregister_worker(worker_id text) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  began timestamptz;
BEGIN
  SELECT w.claims_since INTO began FROM workers AS w WHERE w.id = unregister_worker.worker_id FOR UPDATE;
  UPDATE workers AS w SET is_registered = false, heartbeat_at = '-infinity' WHERE w.id = unregister_worker.worker_id;
  IF began > utc_now() - interval '1 hour'
    OR (SELECT c.reltuples < 1000000 FROM pg_class AS c WHERE c.oid = 'queued_tasks'::regclass) THEN
    DELETE FROM workers AS w
    WHERE w.id = unregister_worker.worker_id AND tasks_held_by(ARRAY[unregister_worker.worker_id]) = '{}';
  END IF;
END $$;

-- Removes workers whose heartbeat is older than the lease, and takes the tasks of all that are not (or no longer)
-- registered. Returns [LostTask] (src/storage/requests.ts).
--
-- A worker's row is locked against its claims, which share it, so that none is overlooked. Where another process is at it,
-- there is nothing left to do. A task's row may be locked, too: a worker that froze in the middle of a transaction in which
-- it completed the task. It is left to that transaction, and looked at again after another lease.
--
-- Only a task that is known to have been running (InProgress) can fail by being lost; see Storage.releaseLost in
-- src/storage/storage.ts.
CREATE FUNCTION release_lost(
  lease_ms float8, poison_limit int, lost_reason text, poison_reason text, message json DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  clock    timestamptz := utc_now();
  gone     text[];
  held     uuid[];
  kept     text[];
  released json;
BEGIN
  -- What a clock that was ahead has written proves nothing. Rows that others are at are left to them.
  UPDATE workers SET heartbeat_at = clock WHERE id = ANY (ARRAY(
    SELECT w.id FROM workers AS w WHERE w.heartbeat_at > ms_after(clock, lease_ms) FOR UPDATE SKIP LOCKED
  ));
  gone := ARRAY(
    SELECT w.id FROM workers AS w
    WHERE w.heartbeat_at < ms_after(clock, -lease_ms)
    ORDER BY w.id FOR UPDATE SKIP LOCKED
  );
  IF gone = '{}' THEN RETURN '[]'; END IF;
  held := tasks_held_by(gone);

  WITH lost AS MATERIALIZED (
    SELECT t.id, t.worker_id, t.status = 'InProgress' OR t.lost_count = 0 AS counts,
      t.status = 'InProgress' AND t.lost_count >= poison_limit AS poisoned
    FROM queued_tasks AS t WHERE t.id = ANY (held) AND t.worker_id = ANY (gone)
    ORDER BY t.id FOR UPDATE SKIP LOCKED
  ), changed AS (
    UPDATE queued_tasks AS t SET
      lost_count = CASE WHEN l.counts AND t.lost_count < 2147483647 THEN t.lost_count + 1 ELSE t.lost_count END,
      attempt = CASE WHEN l.counts THEN t.attempt ELSE greatest(0, t.attempt - 1) END,
      worker_id = NULL,
      status = CASE WHEN l.poisoned THEN 'Failed' ELSE 'ServiceStopped' END,
      exception = CASE WHEN l.poisoned THEN poison_reason ELSE lost_reason END,
      due_at_utc = CASE WHEN l.poisoned THEN NULL ELSE clock END,
      next_run_utc = CASE WHEN l.poisoned THEN NULL ELSE t.next_run_utc END,
      cancel_requested = t.cancel_requested AND NOT l.poisoned
    FROM lost AS l WHERE t.id = l.id
    RETURNING t.id, t.type, t.queue_name, t.lost_count, t.status, t.exception, t.audit_level, l.worker_id, l.poisoned
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status, exception)
    SELECT c.id, clock, c.status, c.exception FROM changed AS c
    WHERE writes_status_audit(c.audit_level, c.status, c.exception)
  )
  SELECT json_agg(json_build_object(
    'taskId', c.id, 'type', c.type, 'queue', c.queue_name, 'workerId', c.worker_id,
    'lostCount', c.lost_count, 'poisoned', c.poisoned
  )) INTO released FROM changed AS c;

  kept := ARRAY(SELECT DISTINCT t.worker_id FROM queued_tasks AS t WHERE t.id = ANY (held) AND t.worker_id = ANY (gone));
  UPDATE workers AS w SET is_registered = false, heartbeat_at = clock WHERE w.id = ANY (kept);
  DELETE FROM workers AS w WHERE w.id = ANY (gone) AND w.id <> ALL (kept);
  IF released IS NOT NULL AND message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN coalesce(released, '[]');
END $$;

-- Pauses or resumes a queue: a paused queue's tasks are not claimed.
CREATE FUNCTION set_queue_paused(queue text, paused boolean, message json DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO queues (queue_name, is_paused) VALUES (queue, paused)
  ON CONFLICT (queue_name) DO UPDATE SET is_paused = excluded.is_paused;
  IF message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
END $$;

INSERT INTO schema_migrations (version, name) VALUES (5, 'workers');
COMMIT;
