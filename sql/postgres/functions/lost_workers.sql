-- Releases the tasks of lost workers.

-- Adds a row, as that of a lost worker, for each worker that holds a task but has no row, because
-- the row was deleted or the task was written by hand. No index finds such tasks, so each call
-- checks the next thousand tasks below the id `below`, or the newest if it is NULL. Returns the id
-- below which the next call continues; NULL after the last task.
CREATE OR REPLACE FUNCTION find_unknown_workers(below uuid, clock timestamptz) RETURNS uuid
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
  ), dated AS ( -- tasks_held_by finds tasks by claimed_at_utc
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

-- Removes workers whose heartbeat is older than the lease, and releases the tasks of all workers
-- that are not registered. Returns [LostTask] (src/storage/requests.ts).
--
-- Locks the worker's row, which its claims lock in share mode, so that no claim is missed. Skips
-- workers that another process has locked, because that process releases their tasks. Also skips
-- locked tasks: the worker may have frozen in a transaction that completes the task. They are
-- checked again after another lease.
--
-- Only a task that was running (InProgress) counts towards the poison limit; see
-- Storage.releaseLost in src/storage/storage.ts.
CREATE OR REPLACE FUNCTION release_lost(
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
  -- Heartbeats in the future, by a clock that was ahead, are set to now. Skips rows that others
  -- have locked.
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
