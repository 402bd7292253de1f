// deno-fmt-ignore-file
// Generated from sql/sqlite/ by `deno task sql`. Change the .sql files, not this one.

/** The names of the files in sql/sqlite/. */
export type SqlFileName = "0001_schema.sql" | "0002_returned_rate_slots.sql" | "0003_series_index.sql" | "0004_worker_serves.sql" | "0005_tags.sql" | "0006_event_relay.sql" | "0007_operations.sql" | "0008_work_reports.sql" | "0009_rate_limit_pace.sql" | "0010_worker_drains.sql" | "0011_task_series.sql" | "0012_failure_counts.sql";

/** The files of sql/sqlite/, in the order of their names. */
export const sqlFiles: Readonly<Record<SqlFileName, string>> = {
  "0001_schema.sql": `-- The tables of EverTask in SQLite. The driver runs this file in one transaction; by hand:
--   sqlite3 -bail app.db "BEGIN IMMEDIATE" ".read 0001_schema.sql" "COMMIT"
--
-- Instants are whole milliseconds since 1970 (UTC); \`datetime(created_at_utc / 1000, 'unixepoch')\`
-- shows one. Ids are UUIDs of version 7. They grow with time, so inserts write only the last pages
-- of a b-tree (random ids took six times as long). They are stored as text, because blobs are hard
-- to read by hand and make a write only 8 % faster.
--
-- There are no foreign keys. Each history row is written in the transaction that finds or writes
-- its task, and tasks are deleted after their history. A foreign key would cost a search for each
-- history row, and would be checked only if the application's connection has foreign keys switched
-- on.

-- One row per migration; the highest version is that of the schema. PRAGMA user_version belongs to
-- the application.
CREATE TABLE evertask_migrations (
  version INTEGER PRIMARY KEY,
  applied_at_utc INTEGER NOT NULL
) STRICT;

-- One row per task or recurring series. The table has a rowid, because payloads may be large, and a
-- table without one keeps whole rows in the inner pages of its tree. Long texts come last, so that
-- the other columns can be read without the overflow pages.
CREATE TABLE queued_tasks (
  id TEXT NOT NULL PRIMARY KEY,
  type TEXT NOT NULL,
  handler TEXT NOT NULL,
  status TEXT NOT NULL,
  audit_level INTEGER,               -- 0 Full, 1 Minimal, 2 ErrorsOnly, 3 None; NULL is Full
  queue_name TEXT NOT NULL,
  priority INTEGER NOT NULL,         -- larger runs earlier
  task_key TEXT,
  created_at_utc INTEGER NOT NULL,
  scheduled_execution_utc INTEGER,   -- the instant for which it was dispatched; NULL: at once
  due_at_utc INTEGER,                -- set only while it can be claimed
  attempt INTEGER NOT NULL DEFAULT 0,
  lost_count INTEGER NOT NULL DEFAULT 0,
  worker_id TEXT,                    -- set only while it is claimed
  lease_token INTEGER NOT NULL DEFAULT 0,
  cancel_requested INTEGER NOT NULL DEFAULT 0,
  last_execution_utc INTEGER,        -- when its last execution ended
  execution_time_ms REAL,
  rate_slot_utc INTEGER,
  anchor_utc INTEGER,                -- this and the next four: of recurring tasks
  max_runs INTEGER,
  run_until INTEGER,
  next_run_utc INTEGER,
  current_run_count INTEGER NOT NULL DEFAULT 0,
  trace_context TEXT,
  retry_policy TEXT,                 -- as JSON; NULL: the dispatch had none
  recurring_task TEXT,               -- the schedule as JSON; NULL: not recurring
  recurring_info TEXT,
  request TEXT NOT NULL,
  exception TEXT,
  -- Its rank in the index queued_tasks_due: odd for delayed and recurring tasks.
  claim_rank INTEGER NOT NULL GENERATED ALWAYS AS
    (priority * 2 + (scheduled_execution_utc IS NOT NULL OR recurring_task IS NOT NULL)) STORED
) STRICT;

-- The claimable tasks, in the order of claims. Other tasks have no entry, so neither ended nor
-- running tasks slow down a claim. It contains the type, so that a claim skips the types that a
-- worker does not know without reading their rows. Within a priority, tasks that were dispatched to
-- run at once come after the others, so that new ones are appended to the index. Otherwise they
-- would be inserted before the series and delayed tasks, where each full page is balanced with its
-- neighbours (measured with 100,000 such tasks: 10 to 15 % more processor time per dispatch).
-- Claims search both parts.
CREATE INDEX queued_tasks_due ON queued_tasks (queue_name, claim_rank DESC, due_at_utc, id, type)
  WHERE due_at_utc IS NOT NULL;

CREATE UNIQUE INDEX queued_tasks_task_key ON queued_tasks (task_key) WHERE task_key IS NOT NULL;

-- The claimed tasks by worker, so that the tasks of a lost worker are found without reading the
-- whole table. It has one entry per claimed task.
CREATE INDEX queued_tasks_worker ON queued_tasks (worker_id) WHERE worker_id IS NOT NULL;

-- The claimed tasks with a cancel request. The index is nearly always empty, and every heartbeat
-- reads it.
CREATE INDEX queued_tasks_cancel ON queued_tasks (worker_id) WHERE cancel_requested = 1;

-- The history, clustered by task: one tree, and one insert per row. With a rowid and an index on
-- the task, it took 40 % more space and 10 % more time. The sequence is the order of writing, which
-- instants do not guarantee.
CREATE TABLE status_audit (
  queued_task_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  updated_at_utc INTEGER NOT NULL,
  new_status TEXT NOT NULL,
  exception TEXT,
  PRIMARY KEY (queued_task_id, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs_audit (
  queued_task_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  executed_at_utc INTEGER NOT NULL,
  execution_time_ms REAL NOT NULL,
  status TEXT NOT NULL,
  exception TEXT,
  PRIMARY KEY (queued_task_id, sequence)
) STRICT, WITHOUT ROWID;

-- The log lines of handlers, numbered from 1 within each task. The run number is that of the
-- series; 1 for a one-shot task.
CREATE TABLE task_execution_log (
  task_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  logged_at_utc INTEGER NOT NULL,
  level TEXT NOT NULL,
  message TEXT NOT NULL,
  exception TEXT,
  run_number INTEGER NOT NULL,
  PRIMARY KEY (task_id, sequence)
) STRICT, WITHOUT ROWID;

-- One row per live worker process.
CREATE TABLE workers (
  id TEXT NOT NULL PRIMARY KEY,
  host TEXT NOT NULL,
  started_at_utc INTEGER NOT NULL,
  heartbeat_utc INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE paused_queues (
  queue_name TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- One row per key of a rate limit: the theoretical arrival times (GCRA) of reserved and of started
-- tasks, in milliseconds since 1970.
CREATE TABLE rate_limits (
  key TEXT NOT NULL PRIMARY KEY,
  reserved_tat_utc REAL NOT NULL,
  started_tat_utc REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- The figures of the whole store, in one row.
CREATE TABLE evertask_state (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  audit_sequence INTEGER NOT NULL DEFAULT 1,     -- the last number used; 1 is every task's first audit row
  task_changes INTEGER NOT NULL DEFAULT 0,       -- incremented when tasks become due,
  queue_changes INTEGER NOT NULL DEFAULT 0,      -- when a queue is paused or resumed,
  cancel_changes INTEGER NOT NULL DEFAULT 0,     -- when a cancel is requested; other processes check these three
  purging_until_utc INTEGER NOT NULL DEFAULT 0   -- until this instant, only one process may purge
) STRICT;

INSERT INTO evertask_state (only_row) VALUES (1);

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (1, unixepoch() * 1000);
`,
  "0002_returned_rate_slots.sql": `-- The slots of rate limits that were reserved and given back, in milliseconds since 1970. A row is
-- deleted when another task takes the slot.
CREATE TABLE returned_rate_slots (
  key TEXT NOT NULL,
  slot_at_utc INTEGER NOT NULL,
  PRIMARY KEY (key, slot_at_utc)
) STRICT, WITHOUT ROWID;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (2, unixepoch() * 1000);
`,
  "0003_series_index.sql": `-- Replaced by 0011_task_series.sql. This added an index of series, which took the write lock for as
-- long as it read all tasks.
INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (3, unixepoch() * 1000);
`,
  "0004_worker_serves.sql": `-- The queues and types that a worker serves, as JSON; NULL for version 0.1, which does not report
-- them.
ALTER TABLE workers ADD COLUMN serves TEXT;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (4, unixepoch() * 1000);
`,
  "0005_tags.sql": `-- The tags of a task, as a JSON array in the order of the dispatch; NULL for none.
ALTER TABLE queued_tasks ADD COLUMN tags TEXT;

-- The tasks of each tag, in the order of ids, for searches. Tasks without tags have no row.
CREATE TABLE task_tags (
  tag TEXT NOT NULL,
  task_id TEXT NOT NULL,
  PRIMARY KEY (tag, task_id)
) STRICT, WITHOUT ROWID;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (5, unixepoch() * 1000);
`,
  "0006_event_relay.sql": `-- The events that processes exchange while a process watches them. They are deleted after a minute,
-- and nothing else depends on them.

-- One row per process that watches events.
CREATE TABLE event_watchers (
  id TEXT NOT NULL PRIMARY KEY,
  expires_at_utc INTEGER NOT NULL,
  parameters INTEGER NOT NULL        -- 1: it also receives payloads
) STRICT, WITHOUT ROWID;

-- One row per batch. Each writer numbers its events. The number of the last event is in the key, so
-- that readers find the new batches of each writer. The table has a rowid, because batches are
-- large.
CREATE TABLE relayed_events (
  writer_id TEXT NOT NULL,
  up_to INTEGER NOT NULL,
  since INTEGER NOT NULL,            -- the number of the last event before the batch
  written_at_utc INTEGER NOT NULL,
  worker_id TEXT,
  host TEXT NOT NULL,
  events TEXT NOT NULL,              -- as JSON
  PRIMARY KEY (writer_id, up_to)
) STRICT;
CREATE INDEX relayed_events_age ON relayed_events (written_at_utc);

-- Incremented when a process begins to watch. Other processes check it.
ALTER TABLE evertask_state ADD COLUMN watch_changes INTEGER NOT NULL DEFAULT 0;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (6, unixepoch() * 1000);
`,
  "0007_operations.sql": `-- Changes by operators, and the record of their actions. The columns are NULL for tasks that were
-- never edited. Claims, status changes and heartbeats do not write them.
ALTER TABLE queued_tasks ADD COLUMN edits INTEGER;   -- the number of changes by operators and by dispatches with its key
ALTER TABLE queued_tasks ADD COLUMN paused INTEGER;  -- 1: a series that an operator has paused

-- One row per action. The batches of an action share its row.
CREATE TABLE operator_actions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at_utc INTEGER NOT NULL,
  verb TEXT NOT NULL,
  actor TEXT NOT NULL,
  reason TEXT,
  target_kind TEXT NOT NULL,  -- task, queue, or tasks: all that match a filter
  target TEXT,                -- the id of the task or the name of the queue
  before TEXT,                -- as JSON
  after TEXT,                 -- as JSON
  changed INTEGER NOT NULL,
  skipped INTEGER NOT NULL,
  next TEXT                   -- where the next batch begins; NULL: it is complete
) STRICT;

CREATE INDEX operator_actions_target ON operator_actions (target, id) WHERE target IS NOT NULL;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (7, unixepoch() * 1000);
`,
  "0008_work_reports.sql": `-- The reports of workers about their work: one row per minute for each worker (\`source\`), type and
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
`,
  "0009_rate_limit_pace.sql": `-- The pace of each rate limit, by which operators see how many tasks wait for it: the values of the
-- last request for the key that reserved a slot or started a task. NULL if there was none since
-- this migration.
ALTER TABLE rate_limits ADD COLUMN interval_ms REAL;
ALTER TABLE rate_limits ADD COLUMN burst INTEGER;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (9, unixepoch() * 1000);
`,
  "0010_worker_drains.sql": `-- Workers that an operator has asked to stop.
ALTER TABLE workers ADD COLUMN draining INTEGER;  -- 1: it finishes its tasks and stops

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (10, unixepoch() * 1000);
`,
  "0011_task_series.sql": `-- Finds all series without reading ended tasks, because each worker reads them when it starts. This
-- is not an index, because CREATE INDEX holds the write lock while it reads all tasks. Before this
-- file, the driver fills the table without blocking writers.

-- The ids of all series.
CREATE TABLE IF NOT EXISTS task_series (
  task_id TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Every version of EverTask makes a task recurring by an update, so inserts need no trigger.
CREATE TRIGGER IF NOT EXISTS task_series_added AFTER UPDATE OF recurring_task ON queued_tasks
WHEN NEW.recurring_task IS NOT NULL
BEGIN
  INSERT OR IGNORE INTO task_series (task_id) VALUES (NEW.id);
END;

INSERT OR IGNORE INTO task_series (task_id) SELECT id FROM queued_tasks WHERE recurring_task IS NOT NULL;

-- Of databases to which the first form of 0003_series_index.sql was applied.
DROP INDEX IF EXISTS queued_tasks_series;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (11, unixepoch() * 1000);
`,
  "0012_failure_counts.sql": `-- The failures of each group by hour, and the versions of the application that failed.
CREATE TABLE failure_counts (
  group_id TEXT NOT NULL,
  hour_utc INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  PRIMARY KEY (group_id, hour_utc)
) STRICT, WITHOUT ROWID;

CREATE INDEX failure_counts_hour ON failure_counts (hour_utc);

ALTER TABLE failure_groups ADD COLUMN first_version TEXT;
ALTER TABLE failure_groups ADD COLUMN last_version TEXT;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (12, unixepoch() * 1000);
`,
};
