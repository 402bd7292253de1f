-- Stores and counts the log lines of handlers.

-- Stores log lines [{task_id, level, message, exception, run, ago_ms}]. The lines of each task are
-- numbered in the order of the list, starting after its last line. Omits lines of tasks that do not
-- exist. Locks the tasks' rows, so that two processes that write lines of one task do not use the
-- same numbers.
CREATE OR REPLACE FUNCTION save_execution_logs(lines json) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  clock timestamptz := utc_now();
  known uuid[];
BEGIN
  known := ARRAY(
    SELECT t.id FROM queued_tasks AS t
    WHERE t.id = ANY (ARRAY(SELECT DISTINCT l.task_id FROM json_to_recordset(lines) AS l (task_id uuid)))
    ORDER BY t.id FOR NO KEY UPDATE
  );
  INSERT INTO task_execution_log (queued_task_id, sequence_number, timestamp_utc, level, message, exception, run_number)
  SELECT l.task_id,
    coalesce((SELECT max(k.sequence_number) FROM task_execution_log AS k WHERE k.queued_task_id = l.task_id), 0)
      + row_number() OVER (PARTITION BY l.task_id ORDER BY l.position),
    ms_after(clock, -coalesce(l.ago_ms, 0)), l.level, l.message, l.exception, l.run
  FROM ROWS FROM (json_to_recordset(lines) AS (task_id uuid, level text, message text, exception text, run bigint, ago_ms float8))
    WITH ORDINALITY AS l (task_id, level, message, exception, run, ago_ms, position)
  WHERE l.task_id = ANY (known)
  ORDER BY l.position;
END $$;

CREATE OR REPLACE FUNCTION list_execution_logs(task_id uuid, after bigint, page_size int) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT l.sequence_number AS number, l.queued_task_id AS "taskId", to_epoch_ms(l.timestamp_utc) AS "loggedAt",
      l.level, l.message, l.exception, l.run_number AS run, l.sequence_number AS sequence
    FROM task_execution_log AS l
    WHERE l.queued_task_id = task_id AND l.sequence_number > after ORDER BY l.sequence_number LIMIT page_size
  ) AS r
$$;

CREATE OR REPLACE FUNCTION list_last_execution_logs(task_id uuid, before bigint, page_size int) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT l.sequence_number AS number, l.queued_task_id AS "taskId", to_epoch_ms(l.timestamp_utc) AS "loggedAt",
      l.level, l.message, l.exception, l.run_number AS run, l.sequence_number AS sequence
    FROM task_execution_log AS l
    WHERE l.queued_task_id = task_id AND l.sequence_number < before ORDER BY l.sequence_number DESC LIMIT page_size
  ) AS r
$$;

-- Counts the lines of one run among the last `upto` lines of a task. Until a run ends, its lines
-- are the last ones, so the lines of earlier runs need not be read.
CREATE OR REPLACE FUNCTION count_execution_logs(task_id uuid, run bigint, upto bigint) RETURNS bigint
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT count(*) FILTER (WHERE r.run_number = run) FROM (
    SELECT l.run_number FROM task_execution_log AS l
    WHERE l.queued_task_id = task_id ORDER BY l.sequence_number DESC LIMIT upto
  ) AS r
$$;
