-- Registers workers, and records their heartbeats.

-- Registers a worker as alive now. A worker that has a row keeps its claims_since, because it may
-- still hold tasks that it claimed before it was lost.
CREATE OR REPLACE FUNCTION register_worker(worker_id text, host text, serves text DEFAULT NULL) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT AS $$
  INSERT INTO workers AS w (id, host, serves, started_at, heartbeat_at, claims_since)
  VALUES (worker_id, host, serves, utc_now(), utc_now(), utc_now())
  ON CONFLICT (id) DO UPDATE SET
    host = excluded.host, serves = excluded.serves, heartbeat_at = excluded.heartbeat_at, is_registered = true,
    started_at = CASE WHEN w.is_registered THEN w.started_at ELSE excluded.started_at END
$$;

-- Records that a worker is alive. Returns HeartbeatResult (src/storage/requests.ts), and
-- `seenBelow`, the argument of the next call, for find_unknown_workers. Reads few rows: the
-- workers, the paused queues, the tasks with a cancel request (by an index), and a thousand tasks.
-- `holds_since_ms` is the `claimsFrom` of an earlier result; the worker holds no task that it
-- claimed before it. claims_since becomes this instant, so that tasks_held_by reads no older tasks.
-- If it is NULL, claims_since stays unchanged.
CREATE OR REPLACE FUNCTION heartbeat(
  worker_id text, lease_ms float8, seen_below uuid DEFAULT NULL, holds_since_ms float8 DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
  clock    timestamptz := utc_now();
  is_alive boolean;
  mark     timestamptz;
  drains   boolean;
BEGIN
  UPDATE workers AS w SET
    heartbeat_at = clock,
    claims_since = greatest(w.claims_since, from_epoch_ms(holds_since_ms)),
    claims_from = greatest(clock, w.claims_since, w.claims_from)
  WHERE w.id = heartbeat.worker_id AND w.is_registered
  RETURNING w.claims_from, w.is_draining INTO mark, drains;
  is_alive := FOUND;
  seen_below := find_unknown_workers(seen_below, clock);
  RETURN json_build_object(
    'now', to_epoch_ms(clock),
    'alive', is_alive,
    'claimsFrom', to_epoch_ms(mark),
    'cancelRequests', ARRAY(
      SELECT t.id FROM queued_tasks AS t WHERE is_alive AND t.cancel_requested AND t.worker_id = heartbeat.worker_id
    ),
    'draining', coalesce(drains, false),
    'pausedQueues', ARRAY(SELECT q.queue_name FROM queues AS q WHERE q.is_paused),
    'othersLost', EXISTS (
      SELECT FROM workers AS w WHERE w.heartbeat_at NOT BETWEEN ms_after(clock, -lease_ms) AND ms_after(clock, lease_ms)
    ),
    'seenBelow', seen_below,
    'watchers', watchers_at_hand()
  );
END $$;

-- Asks a worker to stop, and records the action: NewOperatorAction (src/storage/
-- operation_requests.ts). Returns whether the worker is registered.
CREATE OR REPLACE FUNCTION drain_worker(worker_id text, action json, message json) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE workers AS w SET is_draining = true WHERE w.id = drain_worker.worker_id AND w.is_registered;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM note_action(action, 1, 0, NULL);
  IF message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN true;
END $$;

-- Removes a worker that stops, after its last claim has ended. If it still holds tasks, its row
-- stays until release_lost has released them. It also stays if the search for its tasks could take
-- long, so that the end of the process is not delayed.
CREATE OR REPLACE FUNCTION unregister_worker(worker_id text) RETURNS void
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

-- The registered workers as WorkerRecord, oldest first.
CREATE OR REPLACE FUNCTION list_workers() RETURNS json LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT w.id, w.host, w.serves, coalesce(w.is_draining, false) AS draining, to_epoch_ms(w.started_at) AS "startedAt", to_epoch_ms(w.heartbeat_at) AS "heartbeatAt",
      to_epoch_ms(utc_now()) - to_epoch_ms(w.heartbeat_at) AS "heartbeatAgeMs"
    FROM workers AS w WHERE w.is_registered ORDER BY w.started_at, w.id
  ) AS r
$$;
