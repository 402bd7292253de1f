-- Counts tasks, and measures the history tables.

-- The waiting tasks by queue, as Backlog. Counts at most `cap` due and `cap` scheduled tasks of a
-- queue; NULL means all. Reads only the claim index, at most `cap` entries of each kind in a line.
CREATE OR REPLACE FUNCTION task_backlog(cap int DEFAULT NULL) RETURNS json LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
  clock  timestamptz := utc_now();
  answer json;
BEGIN
  WITH figures AS (
    SELECT l.queue AS queue_name, least(sum(d.tasks), cap) AS due, least(sum(s.tasks), cap) AS scheduled,
      min(d.oldest) AS oldest
    FROM waiting_lines(NULL) AS l CROSS JOIN LATERAL (
      SELECT count(*) AS tasks, min(r.due_at_utc) AS oldest FROM (
        SELECT t.due_at_utc FROM queued_tasks AS t
        WHERE t.queue_name = l.queue AND t.claim_rank = l.rank AND t.due_at_utc <= clock
        ORDER BY t.due_at_utc LIMIT cap
      ) AS r
    ) AS d CROSS JOIN LATERAL (
      SELECT count(*) AS tasks FROM (
        SELECT FROM queued_tasks AS t
        WHERE t.queue_name = l.queue AND t.claim_rank = l.rank AND t.due_at_utc > clock LIMIT cap
      ) AS r
    ) AS s
    GROUP BY l.queue
  )
  SELECT json_build_object('now', to_epoch_ms(clock), 'queues', coalesce(json_agg(json_build_object(
    'queue', coalesce(f.queue_name, p.queue_name), 'paused', p.queue_name IS NOT NULL,
    'due', coalesce(f.due, 0), 'scheduled', coalesce(f.scheduled, 0), 'oldestDueAt', to_epoch_ms(f.oldest)
  )), '[]')) INTO answer
  FROM figures AS f FULL JOIN (SELECT q.queue_name FROM queues AS q WHERE q.is_paused) AS p
    ON p.queue_name = f.queue_name;
  RETURN answer;
END $$;

-- The number of tasks by status, without reading all of them: counts the unfinished ones by
-- indexes, and estimates the ended ones by their shares of about 500 pages. If `waiting` is the
-- number of waiting tasks, divides it by their shares of these pages, instead of counting them by
-- status; unless the pages have too few of them. Returns NULL if the table has at most 32 MB, which
-- are read as fast, or if more than `most` tasks were claimed since the earliest `claims_since`, as
-- held_tasks.
CREATE OR REPLACE FUNCTION estimate_tasks(most int, waiting bigint DEFAULT NULL) RETURNS json LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off SET jit = off
AS $$
DECLARE
  pages  float8 := pg_relation_size('queued_tasks') / current_setting('block_size')::float8;
  -- NULL until the first vacuum.
  rows   float8 := (SELECT estimated_rows(c.oid) FROM pg_class AS c
                    WHERE c.oid = 'queued_tasks'::regclass AND c.reltuples > 0);
  since  timestamptz := (SELECT min(w.claims_since) FROM workers AS w);
  seen   bigint;
  answer json;
BEGIN
  IF pages <= 4096 THEN RETURN NULL; END IF;
  WITH claimed AS MATERIALIZED (
    SELECT t.status, t.worker_id FROM queued_tasks AS t WHERE t.claimed_at_utc >= since LIMIT most + 1
  ), sample AS MATERIALIZED (
    -- With the same seed, a table that has not changed gives the same answer.
    SELECT t.status, t.due_at_utc IS NOT NULL AS waits,
      t.due_at_utc IS NULL AND t.worker_id IS NULL AND t.status IN ('Completed', 'Failed', 'Cancelled') AS ended,
      count(*) AS tasks, sum(count(*)) OVER () AS total
    FROM queued_tasks AS t TABLESAMPLE SYSTEM (100 * 500 / pages) REPEATABLE (1)
    GROUP BY 1, 2, 3
  ), shares AS MATERIALIZED (
    SELECT s.status, s.tasks / sum(s.tasks) OVER () AS share, sum(s.tasks) OVER () AS total FROM sample AS s
    WHERE s.waits AND waiting IS NOT NULL
  ), figures AS (
    SELECT s.status, s.share * waiting AS tasks FROM shares AS s WHERE s.total >= 100
    UNION ALL
    SELECT t.status, count(*) FROM queued_tasks AS t
    WHERE t.due_at_utc IS NOT NULL AND NOT EXISTS (SELECT FROM shares AS s WHERE s.total >= 100)
    GROUP BY t.status
    UNION ALL
    SELECT c.status, count(*) FROM claimed AS c WHERE c.worker_id IS NOT NULL GROUP BY c.status
    UNION ALL
    -- Series that are paused, unless they have the status of their last run.
    SELECT t.status, count(*) FROM queued_tasks AS t
    WHERE t.is_recurring AND t.due_at_utc IS NULL AND t.worker_id IS NULL
      AND t.status NOT IN ('Completed', 'Failed', 'Cancelled')
    GROUP BY t.status
    UNION ALL
    SELECT s.status, s.tasks * coalesce(rows / s.total::float8, pages / 500) FROM sample AS s WHERE s.ended
  )
  SELECT (SELECT count(*) FROM claimed), json_object_agg(f.status, f.tasks) INTO seen, answer
  FROM (SELECT status, round(sum(tasks)) AS tasks FROM figures GROUP BY status) AS f;
  RETURN CASE WHEN seen <= most THEN coalesce(answer, '{}') END;
END $$;

-- Counts by status and queue, as StorageStatistics. Reads the whole table once.
CREATE OR REPLACE FUNCTION task_statistics() RETURNS json LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  clock  timestamptz := utc_now();
  answer json;
BEGIN
  WITH figures AS MATERIALIZED (
    SELECT t.queue_name, t.status, count(*) AS tasks, count(t.worker_id) AS claimed,
      count(*) FILTER (WHERE t.due_at_utc <= clock) AS due, count(*) FILTER (WHERE t.due_at_utc > clock) AS scheduled,
      min(t.due_at_utc) FILTER (WHERE t.due_at_utc <= clock) AS oldest
    FROM queued_tasks AS t GROUP BY t.queue_name, t.status
  ), queue_figures AS (
    SELECT coalesce(f.queue_name, q.queue_name) AS queue, coalesce(bool_or(q.is_paused), false) AS paused,
      coalesce(sum(f.due), 0) AS due, coalesce(sum(f.scheduled), 0) AS scheduled,
      coalesce(sum(f.claimed), 0) AS claimed, to_epoch_ms(min(f.oldest)) AS "oldestDueAt"
    FROM figures AS f FULL JOIN (SELECT p.* FROM queues AS p WHERE p.is_paused) AS q ON q.queue_name = f.queue_name
    GROUP BY 1
    HAVING bool_or(q.is_paused) OR sum(f.due + f.scheduled + f.claimed) > 0
    ORDER BY 1
  )
  SELECT json_build_object(
    'now', to_epoch_ms(clock),
    'tasksByStatus', (SELECT coalesce(json_object_agg(s.status, s.tasks), '{}') FROM (
      SELECT f.status, sum(f.tasks) AS tasks FROM figures AS f GROUP BY f.status) AS s),
    'queues', (SELECT coalesce(json_agg(q), '[]') FROM queue_figures AS q)
  ) INTO answer;
  RETURN answer;
END $$;

-- The size and growth of the audit tables and the execution log: AuditGrowth[]. Unless `exact`, does
-- not read a table of more than a megabyte: estimates its rows, and takes the instants from about 100
-- pages, the first row of its oldest task and the last row of its newest task.
CREATE OR REPLACE FUNCTION audit_growth(exact boolean DEFAULT true) RETURNS json
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET extra_float_digits = 1
AS $$
DECLARE
  each   record;
  figure record;
  growth json[] := '{}';
BEGIN
  FOR each IN
    SELECT n.name, n.relation, n.instant, n.number, s.bytes, NOT exact AND s.bytes > 1048576 AS is_estimate
    FROM (VALUES
      (1, 'StatusAudit', 'status_audit', 'updated_at_utc', 'id'), (2, 'RunsAudit', 'runs_audit', 'executed_at', 'id'),
      (3, 'TaskExecutionLog', 'task_execution_log', 'timestamp_utc', 'sequence_number')
    ) AS n (place, name, relation, instant, number)
    CROSS JOIN LATERAL (SELECT pg_relation_size(n.relation::regclass) AS bytes) AS s
    ORDER BY n.place
  LOOP
    EXECUTE format(CASE WHEN each.is_estimate
      THEN 'SELECT estimated_rows(%2$L) AS rows, min(r.instant) AS first, max(r.instant) AS last FROM (
        (SELECT %1$I AS instant FROM %2$I ORDER BY queued_task_id, %3$I LIMIT 1) UNION ALL
        (SELECT %1$I FROM %2$I ORDER BY queued_task_id DESC, %3$I DESC LIMIT 1) UNION ALL
        SELECT %1$I FROM %2$I TABLESAMPLE SYSTEM (%4$s) REPEATABLE (1)) AS r'
      ELSE 'SELECT count(*)::float8 AS rows, min(%1$I) AS first, max(%1$I) AS last FROM %2$I' END,
      each.instant, each.relation, each.number,
      least(100, 100 * 100 * current_setting('block_size')::float8 / greatest(each.bytes, 1))) INTO figure;
    growth := growth || json_build_object(
      'table', each.name, 'rows', figure.rows, 'isEstimate', each.is_estimate,
      'firstAt', to_epoch_ms(figure.first), 'lastAt', to_epoch_ms(figure.last),
      'averageRowsPerDay', CASE WHEN isfinite(figure.first) AND isfinite(figure.last) THEN
        figure.rows / nullif(date_part('day', figure.last - figure.first), 0) END
    );
  END LOOP;
  RETURN to_json(growth);
END $$;

-- The numbers of tasks that workers hold, by worker and queue: HeldTasks[]. Reads up to `most`
-- tasks that were claimed since the earliest `claims_since` of all workers, by the index
-- queued_tasks_claimed_at. Returns NULL if there may be more.
CREATE OR REPLACE FUNCTION held_tasks(most int) RETURNS json
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off SET jit = off
AS $$
DECLARE
  since  timestamptz := (SELECT min(w.claims_since) FROM workers AS w);
  seen   bigint;
  answer json;
BEGIN
  SELECT sum(f.rows), coalesce(json_agg(json_build_object('workerId', f.worker_id, 'queue', f.queue_name, 'count', f.rows))
    FILTER (WHERE f.worker_id IS NOT NULL), '[]') INTO seen, answer
  FROM (
    SELECT r.worker_id, r.queue_name, count(*) AS rows
    FROM (SELECT t.worker_id, t.queue_name FROM queued_tasks AS t WHERE t.claimed_at_utc >= since LIMIT most + 1) AS r
    GROUP BY r.worker_id, r.queue_name
  ) AS f;
  RETURN CASE WHEN coalesce(seen, 0) <= most THEN answer END;
END $$;
