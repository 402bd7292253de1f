// deno-fmt-ignore-file
// Generated from sql/sqlite/ by `deno task sql`. Change the .sql files, not this one.

/** The names of the files in sql/sqlite/. */
export type SqlFileName = "0001_schema.sql" | "0002_returned_rate_slots.sql" | "0003_series_index.sql" | "0004_worker_serves.sql" | "0005_tags.sql" | "0006_event_relay.sql" | "0007_operations.sql" | "0008_work_reports.sql";

/** The files of sql/sqlite/, in the order of their names. */
export const sqlFiles: Readonly<Record<SqlFileName, string>> = {
  "0001_schema.sql": `-- The tables of EverTask in SQLite. The driver runs this file in one transaction; by hand:
--   sqlite3 -bail app.db "BEGIN IMMEDIATE" ".read 0001_schema.sql" "COMMIT"
--
-- Instants are whole milliseconds since 1970 (UTC); \`datetime(created_at_utc / 1000, 'unixepoch')\` shows one. Ids are UUIDs
-- of version 7 as text: they grow with time, so inserts touch only the last pages of a b-tree (random ones took six times
-- as long). As blobs they would make a write 8 % faster, and every look into the file by hand a chore.
--
-- There are no foreign keys: every child row is written in the transaction that finds or writes its task, and tasks are
-- deleted after their children. Checking it again would cost a search for each history row, and would depend on whether
-- the connection that the application passes in has them switched on.

-- One row a migration; the highest version is the schema's. PRAGMA user_version belongs to the application.
CREATE TABLE evertask_migrations (
  version INTEGER PRIMARY KEY,
  applied_at_utc INTEGER NOT NULL
) STRICT;

-- One row a task; a recurring series is one row. With a rowid: payloads may be large, and a table without one keeps whole
-- rows in the inner pages of its tree. The texts that may be long stand last, so that the other columns of a row can be read
-- without following its overflow pages.
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
  scheduled_execution_utc INTEGER,   -- what it was dispatched for; NULL: at once
  due_at_utc INTEGER,                -- set only while it can be claimed
  attempt INTEGER NOT NULL DEFAULT 0,
  lost_count INTEGER NOT NULL DEFAULT 0,
  worker_id TEXT,                    -- set only while it is claimed
  lease_token INTEGER NOT NULL DEFAULT 0,
  cancel_requested INTEGER NOT NULL DEFAULT 0,
  last_execution_utc INTEGER,        -- when its last execution ended
  execution_time_ms REAL,
  rate_slot_utc INTEGER,
  anchor_utc INTEGER,                -- this one and the next four: of recurring tasks
  max_runs INTEGER,
  run_until INTEGER,
  next_run_utc INTEGER,
  current_run_count INTEGER NOT NULL DEFAULT 0,
  trace_context TEXT,
  retry_policy TEXT,                 -- as JSON, when the dispatch gave one
  recurring_task TEXT,               -- the schedule as JSON; NULL: not recurring
  recurring_info TEXT,
  request TEXT NOT NULL,
  exception TEXT,
  -- Its place among the claimable tasks: odd for one that was dispatched for later or is recurring; see queued_tasks_due.
  claim_rank INTEGER NOT NULL GENERATED ALWAYS AS
    (priority * 2 + (scheduled_execution_utc IS NOT NULL OR recurring_task IS NOT NULL)) STORED
) STRICT;

-- What can be claimed, in the order of claiming, and nothing else: neither history nor running tasks weigh on a claim. The
-- type is in it so that tasks of types which a worker does not know are passed over without reading their rows. Of each
-- priority, tasks that were dispatched to run at once stand behind the others, so that new ones are appended to the index:
-- ahead of a hundred thousand series or delayed tasks they would go into its middle, where each page that is full is balanced
-- with its neighbours (measured: 10 to 15 % more processor time a dispatch). Claims look at both.
CREATE INDEX queued_tasks_due ON queued_tasks (queue_name, claim_rank DESC, due_at_utc, id, type)
  WHERE due_at_utc IS NOT NULL;

CREATE UNIQUE INDEX queued_tasks_task_key ON queued_tasks (task_key) WHERE task_key IS NOT NULL;

-- The claimed tasks by worker: finding the tasks of a lost worker must not cost a search through all history. It holds as
-- many entries as tasks are running.
CREATE INDEX queued_tasks_worker ON queued_tasks (worker_id) WHERE worker_id IS NOT NULL;

-- The claimed tasks that somebody asked to cancel: nearly always empty, and looked at with every heartbeat.
CREATE INDEX queued_tasks_cancel ON queued_tasks (worker_id) WHERE cancel_requested = 1;

-- History, kept together by task: one tree, one insert a row. With a rowid and an index on the task it took 40 % more room
-- and 10 % more time. The sequence gives the order of writing, which clocks do not.
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

-- The lines that handlers logged, numbered from 1 within each task. The run is that of the series; 1 for a one-shot.
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

-- One row a live worker process.
CREATE TABLE workers (
  id TEXT NOT NULL PRIMARY KEY,
  host TEXT NOT NULL,
  started_at_utc INTEGER NOT NULL,
  heartbeat_utc INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE paused_queues (
  queue_name TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- The state of each rate limit key: its theoretical arrival times (GCRA), of what is reserved and of what has started, in
-- milliseconds since 1970.
CREATE TABLE rate_limits (
  key TEXT NOT NULL PRIMARY KEY,
  reserved_tat_utc REAL NOT NULL,
  started_tat_utc REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- One row of figures that belong to the whole store.
CREATE TABLE evertask_state (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  audit_sequence INTEGER NOT NULL DEFAULT 1,     -- the last one given out; 1 is every task's first audit row
  task_changes INTEGER NOT NULL DEFAULT 0,       -- raised when tasks became due,
  queue_changes INTEGER NOT NULL DEFAULT 0,      -- a queue was paused or resumed,
  cancel_changes INTEGER NOT NULL DEFAULT 0,     -- a cancel was requested: other processes look at these to wake up
  purging_until_utc INTEGER NOT NULL DEFAULT 0   -- a process is deleting old history until then
) STRICT;

INSERT INTO evertask_state (only_row) VALUES (1);

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (1, unixepoch() * 1000);
`,
  "0002_returned_rate_slots.sql": `-- Slots of rate limits that were reserved and given back, until somebody takes them; in milliseconds since 1970.
CREATE TABLE returned_rate_slots (
  key TEXT NOT NULL,
  slot_at_utc INTEGER NOT NULL,
  PRIMARY KEY (key, slot_at_utc)
) STRICT, WITHOUT ROWID;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (2, unixepoch() * 1000);
`,
  "0003_series_index.sql": `-- The series, however few they are among tasks that have ended: each worker reads them all when it starts.
CREATE INDEX queued_tasks_series ON queued_tasks (id) WHERE recurring_task IS NOT NULL;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (3, unixepoch() * 1000);
`,
  "0004_worker_serves.sql": `-- Which queues and types a worker takes, as JSON; NULL for one of version 0.1, which does not say.
ALTER TABLE workers ADD COLUMN serves TEXT;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (4, unixepoch() * 1000);
`,
  "0005_tags.sql": `-- The tags of tasks: on the row as a JSON array, in the order of the dispatch; NULL for none.
ALTER TABLE queued_tasks ADD COLUMN tags TEXT;

-- The tasks of each tag, in the order of ids, for searches. It holds only tasks with tags.
CREATE TABLE task_tags (
  tag TEXT NOT NULL,
  task_id TEXT NOT NULL,
  PRIMARY KEY (tag, task_id)
) STRICT, WITHOUT ROWID;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (5, unixepoch() * 1000);
`,
  "0006_event_relay.sql": `-- Events that processes show each other while somebody watches; nothing else depends on them, and they are gone in a minute.

-- One row a process that wants to see them.
CREATE TABLE event_watchers (
  id TEXT NOT NULL PRIMARY KEY,
  expires_at_utc INTEGER NOT NULL,
  parameters INTEGER NOT NULL        -- 1: it wants payloads, too
) STRICT, WITHOUT ROWID;

-- One row a batch. A writer numbers its events; the last number is in the key, so that readers find what is new of each.
-- With a rowid: batches are large.
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

-- Raised when somebody begins to watch: other processes look at it to wake up.
ALTER TABLE evertask_state ADD COLUMN watch_changes INTEGER NOT NULL DEFAULT 0;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (6, unixepoch() * 1000);
`,
  "0007_operations.sql": `-- Changes by operators, and what was done by whom. The columns are NULL for tasks that nobody has edited: neither is written by
-- claims, changes of status or heartbeats.
ALTER TABLE queued_tasks ADD COLUMN edits INTEGER;   -- how often an operator, or a dispatch with its key, has changed it
ALTER TABLE queued_tasks ADD COLUMN paused INTEGER;  -- 1: a series that an operator has paused

-- One row an action; many batches of one action share its row.
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
  "0008_work_reports.sql": `-- What workers report about their work. A row a minute of each worker (\`source\`), type and queue, and a row an hour of all
-- workers, whose source is ''. The figures are activityColumns (src/storage/work_reports.ts).
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
};
