-- The reports of workers about their work.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- One row per minute for each worker (`source`), type and queue; one row per hour for all workers
-- together, whose source is ''. The figures are activityColumns (src/storage/work_reports.ts). A
-- worker updates the row of the present minute several times, so pages have free space.
CREATE TABLE activity (
  at_utc timestamptz,
  started float8 NOT NULL, completed float8 NOT NULL, failed float8 NOT NULL, cancelled float8 NOT NULL,
  retried float8 NOT NULL, lost float8 NOT NULL, run_ms float8 NOT NULL, run_ms_max float8 NOT NULL,
  run_0 float8 NOT NULL, run_1 float8 NOT NULL, run_2 float8 NOT NULL, run_3 float8 NOT NULL,
  run_4 float8 NOT NULL, run_5 float8 NOT NULL, run_6 float8 NOT NULL, run_7 float8 NOT NULL,
  run_8 float8 NOT NULL, run_9 float8 NOT NULL, run_10 float8 NOT NULL, run_11 float8 NOT NULL,
  wait_ms float8 NOT NULL, wait_ms_max float8 NOT NULL, wait_0 float8 NOT NULL, wait_1 float8 NOT NULL,
  wait_2 float8 NOT NULL, wait_3 float8 NOT NULL, wait_4 float8 NOT NULL, wait_5 float8 NOT NULL,
  wait_6 float8 NOT NULL, wait_7 float8 NOT NULL, wait_8 float8 NOT NULL, wait_9 float8 NOT NULL,
  wait_10 float8 NOT NULL, wait_11 float8 NOT NULL,
  type text COLLATE "C",
  queue_name text COLLATE "C",
  source text COLLATE "C",
  PRIMARY KEY (at_utc, type, queue_name, source)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.05);

-- Failed tasks by type and error.
CREATE TABLE failure_groups (
  id        text        PRIMARY KEY COLLATE "C",
  first_utc timestamptz NOT NULL,
  last_utc  timestamptz NOT NULL,
  failures  bigint      NOT NULL,
  task_id   uuid        NOT NULL,
  type      text        NOT NULL,
  summary   text        NOT NULL,
  exception text        NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX failure_groups_last ON failure_groups (last_utc, id);

INSERT INTO schema_migrations (version, name) VALUES (19, 'work_reports');
COMMIT;
