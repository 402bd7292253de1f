-- The reports of workers about their work: one row per minute for each worker (`source`), type and
-- queue; one row per hour for all workers together, whose source is ''. The figures are
-- activityColumns (src/storage/work_reports.ts).
CREATE TABLE activity (
  at_utc INTEGER NOT NULL,
  type TEXT NOT NULL,
  queue_name TEXT NOT NULL,
  source TEXT NOT NULL,
  started INTEGER NOT NULL, completed INTEGER NOT NULL, failed INTEGER NOT NULL, cancelled INTEGER NOT NULL,
  retried INTEGER NOT NULL, lost INTEGER NOT NULL, run_ms REAL NOT NULL, run_ms_max REAL NOT NULL,
  run_0 INTEGER NOT NULL, run_1 INTEGER NOT NULL, run_2 INTEGER NOT NULL, run_3 INTEGER NOT NULL,
  run_4 INTEGER NOT NULL, run_5 INTEGER NOT NULL, run_6 INTEGER NOT NULL, run_7 INTEGER NOT NULL,
  run_8 INTEGER NOT NULL, run_9 INTEGER NOT NULL, run_10 INTEGER NOT NULL, run_11 INTEGER NOT NULL,
  wait_ms REAL NOT NULL, wait_ms_max REAL NOT NULL, wait_0 INTEGER NOT NULL, wait_1 INTEGER NOT NULL,
  wait_2 INTEGER NOT NULL, wait_3 INTEGER NOT NULL, wait_4 INTEGER NOT NULL, wait_5 INTEGER NOT NULL,
  wait_6 INTEGER NOT NULL, wait_7 INTEGER NOT NULL, wait_8 INTEGER NOT NULL, wait_9 INTEGER NOT NULL,
  wait_10 INTEGER NOT NULL, wait_11 INTEGER NOT NULL,
  PRIMARY KEY (at_utc, type, queue_name, source)
) STRICT, WITHOUT ROWID;

-- Failed tasks by type and error.
CREATE TABLE failure_groups (
  id TEXT NOT NULL PRIMARY KEY,
  type TEXT NOT NULL,
  summary TEXT NOT NULL,
  failures INTEGER NOT NULL,
  first_utc INTEGER NOT NULL,
  last_utc INTEGER NOT NULL,
  task_id TEXT NOT NULL,
  exception TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX failure_groups_last ON failure_groups (last_utc, id);

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (8, unixepoch() * 1000);
