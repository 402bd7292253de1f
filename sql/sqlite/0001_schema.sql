-- The tables of EverTask in SQLite. The driver runs this file in one transaction; by hand:
--   sqlite3 -bail app.db "BEGIN IMMEDIATE" ".read 0001_schema.sql" "COMMIT"
--
-- Instants are whole milliseconds since 1970 (UTC); `datetime(created_at_utc / 1000, 'unixepoch')`
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
