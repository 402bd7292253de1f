-- The reports of workers: activity by minute, and groups of failures.

-- Stores a report: WorkReport (src/storage/work_reports.ts), whose version each failure has. Replaces
-- minutes that the worker has reported before. Groups are locked in the order of their ids, so that
-- reports cannot deadlock.
CREATE OR REPLACE FUNCTION report_work(source text, activity json, failures json, retention json) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off SET jit = off
AS $$
BEGIN
  INSERT INTO activity AS known (at_utc, type, queue_name, source,
    started, completed, failed, cancelled, retried, lost, run_ms, run_ms_max, run_0, run_1, run_2, run_3, run_4,
    run_5, run_6, run_7, run_8, run_9, run_10, run_11, wait_ms, wait_ms_max, wait_0, wait_1, wait_2, wait_3, wait_4,
    wait_5, wait_6, wait_7, wait_8, wait_9, wait_10, wait_11)
  SELECT from_epoch_ms(a.at_ms), a.type, a.queue_name, report_work.source,
    a.started, a.completed, a.failed, a.cancelled, a.retried, a.lost, a.run_ms, a.run_ms_max, a.run_0, a.run_1,
    a.run_2, a.run_3, a.run_4, a.run_5, a.run_6, a.run_7, a.run_8, a.run_9, a.run_10, a.run_11, a.wait_ms,
    a.wait_ms_max, a.wait_0, a.wait_1, a.wait_2, a.wait_3, a.wait_4, a.wait_5, a.wait_6, a.wait_7, a.wait_8,
    a.wait_9, a.wait_10, a.wait_11
  FROM json_to_recordset(report_work.activity) AS a (at_ms float8, type text, queue_name text,
    started float8, completed float8, failed float8, cancelled float8, retried float8, lost float8, run_ms float8,
    run_ms_max float8, run_0 float8, run_1 float8, run_2 float8, run_3 float8, run_4 float8, run_5 float8, run_6
    float8, run_7 float8, run_8 float8, run_9 float8, run_10 float8, run_11 float8, wait_ms float8, wait_ms_max
    float8, wait_0 float8, wait_1 float8, wait_2 float8, wait_3 float8, wait_4 float8, wait_5 float8, wait_6 float8,
    wait_7 float8, wait_8 float8, wait_9 float8, wait_10 float8, wait_11 float8)
  ON CONFLICT ON CONSTRAINT activity_pkey DO UPDATE SET
    (started, completed, failed, cancelled, retried, lost, run_ms, run_ms_max, run_0, run_1, run_2, run_3, run_4,
    run_5, run_6, run_7, run_8, run_9, run_10, run_11, wait_ms, wait_ms_max, wait_0, wait_1, wait_2, wait_3, wait_4,
    wait_5, wait_6, wait_7, wait_8, wait_9, wait_10, wait_11) =
    (excluded.started, excluded.completed, excluded.failed, excluded.cancelled, excluded.retried, excluded.lost,
    excluded.run_ms, excluded.run_ms_max, excluded.run_0, excluded.run_1, excluded.run_2, excluded.run_3,
    excluded.run_4, excluded.run_5, excluded.run_6, excluded.run_7, excluded.run_8, excluded.run_9, excluded.run_10,
    excluded.run_11, excluded.wait_ms, excluded.wait_ms_max, excluded.wait_0, excluded.wait_1, excluded.wait_2,
    excluded.wait_3, excluded.wait_4, excluded.wait_5, excluded.wait_6, excluded.wait_7, excluded.wait_8,
    excluded.wait_9, excluded.wait_10, excluded.wait_11);

  INSERT INTO failure_groups AS known
    (id, type, summary, failures, first_utc, last_utc, first_version, last_version, task_id, exception)
  SELECT f."group", f.type, f.summary, f.count, from_epoch_ms(f."firstAt"), from_epoch_ms(f."lastAt"),
    f.version, f.version, f."taskId", f.exception
  FROM json_to_recordset(report_work.failures) AS f ("group" text, type text, summary text, count bigint,
    "firstAt" float8, "lastAt" float8, version text, "taskId" uuid, exception text)
  ORDER BY f."group"
  ON CONFLICT (id) DO UPDATE SET
    summary = excluded.summary, failures = known.failures + excluded.failures,
    first_utc = least(known.first_utc, excluded.first_utc), last_utc = greatest(known.last_utc, excluded.last_utc),
    first_version = CASE WHEN excluded.first_utc < known.first_utc THEN excluded.first_version ELSE known.first_version END,
    last_version = CASE WHEN excluded.last_utc < known.last_utc THEN known.last_version ELSE excluded.last_version END,
    task_id = excluded.task_id, exception = excluded.exception;

  INSERT INTO failure_counts AS known (group_id, hour_utc, failures)
  SELECT f."group", to_timestamp(floor(f."lastAt" / 3600000) * 3600), f.count
  FROM json_to_recordset(report_work.failures) AS f ("group" text, count bigint, "lastAt" float8)
  ORDER BY f."group"
  ON CONFLICT (group_id, hour_utc) DO UPDATE SET failures = known.failures + excluded.failures;

  IF retention IS NOT NULL THEN PERFORM tidy_reports(retention); END IF;
END $$;

-- Sums up old minutes to hours, and deletes expired rows: ReportRetention. Skips rows that another
-- process has locked.
CREATE OR REPLACE FUNCTION tidy_reports(retention json) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET jit = off
AS $$
DECLARE
  clock timestamptz := utc_now();
BEGIN
  WITH old AS (
    SELECT a.at_utc, a.type, a.queue_name, a.source FROM activity AS a
    WHERE a.at_utc < ms_after(clock, -(retention ->> 'minutesMs')::float8) AND a.source <> ''
    FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM activity AS a USING old AS o
    WHERE a.at_utc = o.at_utc AND a.type = o.type AND a.queue_name = o.queue_name AND a.source = o.source
    RETURNING a.*
  )
  INSERT INTO activity AS known (at_utc, type, queue_name, source,
    started, completed, failed, cancelled, retried, lost, run_ms, run_ms_max, run_0, run_1, run_2, run_3, run_4,
    run_5, run_6, run_7, run_8, run_9, run_10, run_11, wait_ms, wait_ms_max, wait_0, wait_1, wait_2, wait_3, wait_4,
    wait_5, wait_6, wait_7, wait_8, wait_9, wait_10, wait_11)
  SELECT to_timestamp(floor(extract(epoch FROM a.at_utc) / 3600) * 3600), a.type, a.queue_name, '',
    sum(a.started), sum(a.completed), sum(a.failed), sum(a.cancelled), sum(a.retried), sum(a.lost), sum(a.run_ms),
    max(a.run_ms_max), sum(a.run_0), sum(a.run_1), sum(a.run_2), sum(a.run_3), sum(a.run_4), sum(a.run_5),
    sum(a.run_6), sum(a.run_7), sum(a.run_8), sum(a.run_9), sum(a.run_10), sum(a.run_11), sum(a.wait_ms),
    max(a.wait_ms_max), sum(a.wait_0), sum(a.wait_1), sum(a.wait_2), sum(a.wait_3), sum(a.wait_4), sum(a.wait_5),
    sum(a.wait_6), sum(a.wait_7), sum(a.wait_8), sum(a.wait_9), sum(a.wait_10), sum(a.wait_11)
  FROM gone AS a GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT ON CONSTRAINT activity_pkey DO UPDATE SET
    started = known.started + excluded.started, completed = known.completed + excluded.completed, failed =
    known.failed + excluded.failed, cancelled = known.cancelled + excluded.cancelled, retried = known.retried +
    excluded.retried, lost = known.lost + excluded.lost, run_ms = known.run_ms + excluded.run_ms, run_ms_max =
    greatest(known.run_ms_max, excluded.run_ms_max), run_0 = known.run_0 + excluded.run_0, run_1 = known.run_1 +
    excluded.run_1, run_2 = known.run_2 + excluded.run_2, run_3 = known.run_3 + excluded.run_3, run_4 = known.run_4
    + excluded.run_4, run_5 = known.run_5 + excluded.run_5, run_6 = known.run_6 + excluded.run_6, run_7 =
    known.run_7 + excluded.run_7, run_8 = known.run_8 + excluded.run_8, run_9 = known.run_9 + excluded.run_9, run_10
    = known.run_10 + excluded.run_10, run_11 = known.run_11 + excluded.run_11, wait_ms = known.wait_ms +
    excluded.wait_ms, wait_ms_max = greatest(known.wait_ms_max, excluded.wait_ms_max), wait_0 = known.wait_0 +
    excluded.wait_0, wait_1 = known.wait_1 + excluded.wait_1, wait_2 = known.wait_2 + excluded.wait_2, wait_3 =
    known.wait_3 + excluded.wait_3, wait_4 = known.wait_4 + excluded.wait_4, wait_5 = known.wait_5 +
    excluded.wait_5, wait_6 = known.wait_6 + excluded.wait_6, wait_7 = known.wait_7 + excluded.wait_7, wait_8 =
    known.wait_8 + excluded.wait_8, wait_9 = known.wait_9 + excluded.wait_9, wait_10 = known.wait_10 +
    excluded.wait_10, wait_11 = known.wait_11 + excluded.wait_11;

  DELETE FROM activity AS a WHERE a.at_utc < ms_after(clock, -(retention ->> 'hoursMs')::float8);
  DELETE FROM failure_groups AS g USING (
    SELECT o.id FROM failure_groups AS o
    WHERE o.last_utc < ms_after(clock, -(retention ->> 'failuresMs')::float8) FOR UPDATE SKIP LOCKED
  ) AS old WHERE g.id = old.id;
  -- No hour of a group begins after its last failure, so these are all counts of deleted groups, too.
  DELETE FROM failure_counts AS c USING (
    SELECT o.group_id, o.hour_utc FROM failure_counts AS o
    WHERE o.hour_utc < ms_after(clock, -(retention ->> 'failuresMs')::float8) FOR UPDATE SKIP LOCKED
  ) AS old WHERE c.group_id = old.group_id AND c.hour_utc = old.hour_utc;
END $$;

-- The activity of a time span in steps: ActivityRequest. Returns [ActivityPoint].
CREATE OR REPLACE FUNCTION read_activity(from_ms float8, to_ms float8, step_ms float8, by_type boolean, by_queue boolean)
RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT SET extra_float_digits = 1 SET jit = off AS $$
  SELECT coalesce(json_agg(json_build_object('at', p.at, 'type', p.type, 'queue', p.queue, 'figures', p.figures)
    ORDER BY p.at, p.type, p.queue), '[]')
  FROM (
    SELECT floor(to_epoch_ms(a.at_utc) / step_ms) * step_ms AS at, CASE WHEN by_type THEN a.type END AS type,
      CASE WHEN by_queue THEN a.queue_name END AS queue,
      json_build_array(sum(a.started), sum(a.completed), sum(a.failed), sum(a.cancelled), sum(a.retried), sum(a.lost),
        sum(a.run_ms), max(a.run_ms_max), sum(a.run_0), sum(a.run_1), sum(a.run_2), sum(a.run_3), sum(a.run_4),
        sum(a.run_5), sum(a.run_6), sum(a.run_7), sum(a.run_8), sum(a.run_9), sum(a.run_10), sum(a.run_11),
        sum(a.wait_ms), max(a.wait_ms_max), sum(a.wait_0), sum(a.wait_1), sum(a.wait_2), sum(a.wait_3),
        sum(a.wait_4), sum(a.wait_5), sum(a.wait_6), sum(a.wait_7), sum(a.wait_8), sum(a.wait_9), sum(a.wait_10),
        sum(a.wait_11)) AS figures
    FROM activity AS a WHERE a.at_utc >= from_epoch_ms(from_ms) AND a.at_utc < from_epoch_ms(to_ms)
    GROUP BY 1, 2, 3
  ) AS p
$$;

-- A group of failures as FailureGroup, with its counts in the steps of a span: FailureSpan. Without a
-- span, it has none.
CREATE OR REPLACE FUNCTION failure_group_json(g failure_groups, from_ms float8, to_ms float8, step_ms float8) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT json_build_object('id', g.id, 'type', g.type, 'summary', g.summary, 'count', g.failures,
    'firstAt', to_epoch_ms(g.first_utc), 'lastAt', to_epoch_ms(g.last_utc), 'firstVersion', g.first_version,
    'lastVersion', g.last_version, 'taskId', g.task_id, 'exception', g.exception, 'counts', (
      SELECT coalesce(json_agg(json_build_object('startAt', s.at, 'count', s.failures) ORDER BY s.at), '[]')
      FROM (
        SELECT floor(to_epoch_ms(c.hour_utc) / step_ms) * step_ms AS at, sum(c.failures) AS failures
        FROM failure_counts AS c
        WHERE c.group_id = g.id AND c.hour_utc >= from_epoch_ms(from_ms) AND c.hour_utc < from_epoch_ms(to_ms)
        GROUP BY 1
      ) AS s
    ))
$$;

-- The groups of failures after the given one, latest failure first.
CREATE OR REPLACE FUNCTION list_failure_groups(
  after_ms float8, after_id text, page_size int, from_ms float8 DEFAULT NULL, to_ms float8 DEFAULT NULL,
  step_ms float8 DEFAULT NULL
) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT SET extra_float_digits = 1 SET jit = off AS $$
  SELECT coalesce(json_agg(failure_group_json(p.f, from_ms, to_ms, step_ms)
    ORDER BY (p.f).last_utc DESC, (p.f).id DESC), '[]')
  FROM (
    SELECT f FROM failure_groups AS f
    WHERE after_id IS NULL OR (f.last_utc, f.id) < (from_epoch_ms(after_ms), after_id)
    ORDER BY f.last_utc DESC, f.id DESC LIMIT page_size
  ) AS p
$$;
