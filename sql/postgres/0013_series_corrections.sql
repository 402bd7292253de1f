-- Series whose next run was planned while the server's clock was ahead, once it is right again.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- The series, however few they are among tasks that have ended: each worker reads them all when it starts. Nothing in it
-- ever changes, so that it stands in the way of no HOT update.
CREATE INDEX queued_tasks_series ON queued_tasks (id) WHERE is_recurring;

-- Gives waiting series another next run and anchor, and makes them due sooner: SeriesCorrection (src/storage/requests.ts). One
-- that a worker holds, or whose next run is not the one of `planned_at_ms`, stays as it is. Tells the other processes the
-- message, if there is one. Returns the ids of those that were changed.
CREATE FUNCTION correct_series(corrections json, message json DEFAULT NULL) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_sort = off SET jit = off
AS $$
DECLARE
  corrected uuid[];
BEGIN
  WITH changed AS (
    UPDATE queued_tasks AS t SET
      next_run_utc = from_epoch_ms(c.next_run_at_ms),
      anchor_utc = from_epoch_ms(c.anchor_at_ms),
      due_at_utc = least(t.due_at_utc, from_epoch_ms(c.due_at_ms))
    FROM json_to_recordset(corrections) AS c (
      id uuid, planned_at_ms float8, next_run_at_ms float8, anchor_at_ms float8, due_at_ms float8
    )
    WHERE t.id = c.id AND t.is_recurring AND t.due_at_utc IS NOT NULL -- what a worker holds is not due
      AND to_epoch_ms(t.next_run_utc) = c.planned_at_ms
    RETURNING t.id
  )
  SELECT coalesce(array_agg(c.id), '{}') INTO corrected FROM changed AS c;
  IF corrected <> '{}' AND message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN to_json(corrected);
END $$;

INSERT INTO schema_migrations (version, name) VALUES (13, 'series_corrections');
COMMIT;
