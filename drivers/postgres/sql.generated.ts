// deno-fmt-ignore-file
// Generated from sql/postgres/ by `deno task sql`. Change the .sql files, not this one.

/** The names of the files in sql/postgres/. */
export type SqlFileName = "0001_tables.sql" | "0002_status.sql" | "0003_dispatch.sql" | "0010_rate_limits.sql" | "0013_series_corrections.sql" | "0014_worker_serves.sql" | "0015_functions.sql" | "0016_tags.sql" | "0017_event_relay.sql" | "0018_operations.sql" | "0019_work_reports.sql" | "0020_rate_limit_pace.sql" | "0021_claim_marks.sql" | "0022_worker_drains.sql" | "0023_relay_toast.sql" | "0024_failure_counts.sql" | "0025_claim_rank.sql" | "0026_room_for_claims.sql" | "functions.sql" | "functions/0_superseded.sql" | "functions/audit_policy.sql" | "functions/claim.sql" | "functions/clock.sql" | "functions/copying.sql" | "functions/dispatch.sql" | "functions/due_search.sql" | "functions/execution_logs.sql" | "functions/lost_workers.sql" | "functions/maintenance.sql" | "functions/notifications.sql" | "functions/operations.sql" | "functions/persist.sql" | "functions/persist_keyed.sql" | "functions/persist_plain.sql" | "functions/queues.sql" | "functions/rate_slots.sql" | "functions/reading.sql" | "functions/relay.sql" | "functions/release.sql" | "functions/reports.sql" | "functions/retention.sql" | "functions/retention_walk.sql" | "functions/search.sql" | "functions/series.sql" | "functions/statistics.sql" | "functions/status.sql" | "functions/table_sizes.sql" | "functions/tags.sql" | "functions/waiting.sql" | "functions/workers.sql";

/** The files of sql/postgres/, in the order of their names. */
export const sqlFiles: Readonly<Record<SqlFileName, string>> = {
  "0001_tables.sql": `-- EverTask for PostgreSQL 13 and later: the tables.
--
-- Every numbered file of this folder is one migration. Run them in order, each once, and
-- functions.sql after them:
--   psql -v ON_ERROR_STOP=1 -f 0001_tables.sql
-- They create the schema "evertask". This setting names another one:
--   PGOPTIONS='-c evertask.schema=jobs' psql …
-- The driver runs the same files, all in one transaction, when its option \`migrate\` is on.
--
-- Tables and columns have the names of EverTask for .NET, in snake_case; the other columns are
-- additions. Instants are timestamptz in whole milliseconds. PostgreSQL cannot store U+0000, so
-- texts contain it as an escape: U+001A followed by 0000. U+001A itself is escaped as U+001A
-- followed by 001A.
BEGIN;
-- Uses an existing schema. CREATE SCHEMA IF NOT EXISTS would require the right to create schemas
-- even then. Checks the rights on the schema, because without them the tables would be created as
-- temporary tables.
DO $$
DECLARE
  wanted text := coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask');
BEGIN
  IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = wanted) THEN
    EXECUTE format('CREATE SCHEMA %I', wanted);
  ELSIF NOT (has_schema_privilege(wanted, 'USAGE') AND has_schema_privilege(wanted, 'CREATE')) THEN
    RAISE EXCEPTION 'permission denied for schema %', wanted USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

CREATE TABLE schema_migrations (
  version    int         PRIMARY KEY,
  name       text        NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);

-- One row per task or recurring series. Fixed-size columns come first, the widest before the
-- others, so that alignment wastes little space.
CREATE TABLE queued_tasks (
  id                      uuid        NOT NULL PRIMARY KEY,  -- version 7: new rows and keys go to the last pages
  created_at_utc          timestamptz NOT NULL,
  due_at_utc              timestamptz,                       -- set only while it can be claimed
  claimed_at_utc          timestamptz,                       -- when a worker last claimed it
  scheduled_execution_utc timestamptz,                       -- the instant for which it was dispatched; NULL: at once
  last_execution_utc      timestamptz,
  next_run_utc            timestamptz,                       -- series: NULL when it has ended
  run_until               timestamptz,                       -- series: exclusive
  anchor_utc              timestamptz,                       -- series: the instant from which intervals are counted
  rate_slot_utc           timestamptz,                       -- the rate limit slot that it holds
  execution_time_ms       float8,
  lease_token             int         NOT NULL DEFAULT 0,    -- incremented by each claim; writes with an older token are rejected
  attempt                 int         NOT NULL DEFAULT 0,
  lost_count              int         NOT NULL DEFAULT 0,
  current_run_count       int,
  max_runs                int,
  claim_rank              int         NOT NULL               -- its rank in the index queued_tasks_claimable
    GENERATED ALWAYS AS (priority * 2 + (is_recurring OR scheduled_execution_utc IS NOT NULL)::int) STORED,
  priority                smallint    NOT NULL DEFAULT 0,
  audit_level             smallint,                          -- 0 Full (and NULL), 1 Minimal, 2 ErrorsOnly, 3 None
  is_recurring            boolean     NOT NULL DEFAULT false,
  cancel_requested        boolean     NOT NULL DEFAULT false,
  status                  text        NOT NULL COLLATE "C",
  queue_name              text        NOT NULL COLLATE "C",
  type                    text        NOT NULL COLLATE "C",
  handler                 text        NOT NULL,
  request                 text        NOT NULL,              -- JSON
  exception               text,
  worker_id               text        COLLATE "C",           -- the worker that holds it
  task_key                text        COLLATE "C",
  trace_context           text,
  retry_policy            text,                              -- as JSON; NULL: the dispatch had none
  recurring_task          text,                              -- series: the schedule as JSON
  recurring_info          text                               -- series: the schedule as a sentence
) WITH (
  -- A task is written two or three times within seconds, and then never again. Half-filled pages
  -- keep the next version of a row on the same page, without new index entries (a HOT update), and
  -- the space of the old version is reused at once. Measured: a third more tasks per second than
  -- with full pages, and no larger table, because second versions also make a table with full pages
  -- grow.
  fillfactor = 50,
  -- Dead entries of the claim index slow every claim until they are vacuumed. Therefore vacuum
  -- starts early and does not pause.
  autovacuum_vacuum_scale_factor = 0.01,
  autovacuum_vacuum_threshold = 5000,
  autovacuum_vacuum_insert_scale_factor = 0.1,
  autovacuum_vacuum_cost_delay = 0,
  autovacuum_analyze_scale_factor = 0.05
);

-- No index contains a column that changes when a task ends (status, worker, lease), so that the end
-- is a HOT update. Therefore no index finds tasks by worker. A worker's tasks are searched among
-- those that were claimed since it started: a BRIN index of a few pages finds these, regardless of
-- the size of the table, and its cost for a claim is not measurable.

-- The claimable tasks, in the order of claims; held and ended tasks have no entry. Within a
-- priority, tasks that were dispatched to run at once (their rank is even) come after the others,
-- so that new ones are appended to the index. Otherwise they would be inserted before the series
-- and delayed tasks, where a full page is split into halves that are not filled again. Measured
-- with 100,000 such tasks: an index of nearly twice the size.
CREATE INDEX queued_tasks_claimable ON queued_tasks (queue_name, claim_rank DESC, due_at_utc, id)
  WHERE due_at_utc IS NOT NULL;
CREATE UNIQUE INDEX queued_tasks_task_key ON queued_tasks (task_key) WHERE task_key IS NOT NULL;
CREATE INDEX queued_tasks_claimed_at ON queued_tasks USING brin (claimed_at_utc) WITH (autosummarize = on);
-- The claimed tasks with a cancel request, which are few.
CREATE INDEX queued_tasks_cancel_requested ON queued_tasks (id) WHERE cancel_requested;

-- The history. Each table has one b-tree index, which finds the rows of a task and grows at its
-- end, because ids are ordered by time. The BRIN indexes find rows that are old enough to be
-- deleted; they have a few pages, and cost inserts nothing. There are no foreign keys, because they
-- would lock the task's row for every audit row, and history may be kept longer than its task.

CREATE TABLE status_audit (
  queued_task_id uuid        NOT NULL,
  id             bigint      GENERATED ALWAYS AS IDENTITY,
  updated_at_utc timestamptz NOT NULL,
  new_status     text        NOT NULL COLLATE "C",
  exception      text,
  PRIMARY KEY (queued_task_id, id)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.1);
CREATE INDEX status_audit_age ON status_audit USING brin (updated_at_utc) WITH (autosummarize = on);

CREATE TABLE runs_audit (
  queued_task_id    uuid        NOT NULL,
  id                bigint      GENERATED ALWAYS AS IDENTITY,
  executed_at       timestamptz NOT NULL,
  execution_time_ms float8      NOT NULL,
  status            text        NOT NULL COLLATE "C",
  exception         text,
  PRIMARY KEY (queued_task_id, id)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.1);
CREATE INDEX runs_audit_age ON runs_audit USING brin (executed_at) WITH (autosummarize = on);

CREATE TABLE task_execution_log (
  queued_task_id  uuid        NOT NULL,
  sequence_number bigint      NOT NULL,
  timestamp_utc   timestamptz NOT NULL,
  level           text        NOT NULL COLLATE "C",
  message         text        NOT NULL,
  exception       text,
  run_number      bigint      NOT NULL,
  PRIMARY KEY (queued_task_id, sequence_number)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.1);
CREATE INDEX task_execution_log_age ON task_execution_log USING brin (timestamp_utc) WITH (autosummarize = on);

-- One row per worker process. Heartbeats update it every few seconds, so the columns that they
-- write have no index, and pages have free space.
CREATE TABLE workers (
  id            text        PRIMARY KEY COLLATE "C",
  host          text        NOT NULL,
  started_at    timestamptz NOT NULL,
  heartbeat_at  timestamptz NOT NULL,
  claims_since  timestamptz NOT NULL,              -- its tasks were claimed at this instant or later
  is_registered boolean     NOT NULL DEFAULT true  -- false: not registered any more; its tasks are released one lease after heartbeat_at
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- The state of queues. A queue that was never paused has no row.
CREATE TABLE queues (
  queue_name text    PRIMARY KEY COLLATE "C",
  is_paused  boolean NOT NULL
);

-- One row per key of a rate limit: the theoretical arrival times (generic cell rate algorithm) of
-- reserved and of started tasks, in epoch milliseconds.
CREATE TABLE rate_limits (
  rate_key        text    PRIMARY KEY COLLATE "C",
  reserved_tat_ms float8  NOT NULL,
  started_tat_ms  float8  NOT NULL,
  start_empty     boolean NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.05);

-- The holders of rights that one process has at a time, such as the right to purge, and the
-- instants at which the rights expire.
CREATE TABLE maintenance (
  name       text        PRIMARY KEY,
  holder     uuid        NOT NULL,
  held_until timestamptz NOT NULL
);

INSERT INTO schema_migrations (version, name) VALUES (1, 'tables');
COMMIT;
`,
  "0002_status.sql": `-- The types of status changes and of ends of runs.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- An earlier status of a task, in the list \`earlier\` of a change.
CREATE TYPE status_step AS (status text, exception text, ago_ms float8);

-- A status change, for set_task_statuses.
CREATE TYPE status_change AS (
  id                uuid,
  audit_level       int,
  status            text,     -- the new status …
  exception         text,     -- … and exception
  ago_ms            float8,   -- how long ago that happened
  earlier           json,     -- [status_step]: the changes before this one, since the last write
  worker_id         text,     -- if not NULL, the change applies only while this worker …
  lease_token       int,      -- … holds the task with this token
  due_in_ms         float8,   -- if not NULL, the lease ends, and the task can be claimed after this time
  return_attempt    boolean,
  rate_slot_at_ms   float8,
  execution_time_ms float8
);

-- The end of a run, for update_current_runs.
CREATE TYPE run_end AS (
  id                uuid,
  audit_level       int,
  status            text,
  exception         text,
  ago_ms            float8,
  earlier           json,
  worker_id         text,
  lease_token       int,
  execution_time_ms float8,
  next_run_at_ms    float8,   -- when the series is due again; NULL ends it
  counts            boolean   -- false: the occurrence was skipped
);

INSERT INTO schema_migrations (version, name) VALUES (2, 'status');
COMMIT;
`,
  "0003_dispatch.sql": `-- The types of new tasks and of their results.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- A new task, for persist_tasks.
CREATE TYPE new_task AS (
  id             uuid,
  type           text,
  handler        text,
  request        text,
  status         text,       -- Queued or WaitingQueue
  due_in_ms      float8,     -- the delay from now …
  due_at_ms      float8,     -- … or the due instant
  audit_level    smallint,
  queue_name     text,
  priority       smallint,
  task_key       text,
  trace_context  text,
  retry_policy   text,       -- as JSON; NULL: that of the type or the queue
  claim_for      text,       -- the worker that gets it without a claim
  schedule       text,       -- the series; NULL: not recurring
  info           text,
  anchor_at_ms   float8,
  max_runs       int,
  run_until_ms   float8,
  next_run_at_ms float8
);

-- The result of storing a task.
CREATE TYPE persist_answer AS (id uuid, outcome text, claimed boolean);

INSERT INTO schema_migrations (version, name) VALUES (3, 'dispatch');
COMMIT;
`,
  "0010_rate_limits.sql": `-- Rate limits: cancelled tasks give their slots back.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- Slots that were reserved and given back, in epoch milliseconds. A row is deleted when another
-- task takes the slot.
CREATE TABLE returned_rate_slots (
  rate_key text   NOT NULL COLLATE "C" REFERENCES rate_limits ON DELETE CASCADE,
  slot_ms  float8 NOT NULL,
  PRIMARY KEY (rate_key, slot_ms)
);

INSERT INTO schema_migrations (version, name) VALUES (10, 'rate_limits');
COMMIT;
`,
  "0013_series_corrections.sql": `-- Lets workers correct series whose next run was planned while the server's clock was ahead.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- Finds all series without reading ended tasks, because each worker reads them when it starts.
-- Claims and ends of tasks do not change its columns, so they remain HOT updates. If the table has
-- millions of rows, run this statement with CREATE INDEX CONCURRENTLY before this file, as the
-- driver does: otherwise changes of tasks wait until the index is built.
CREATE INDEX IF NOT EXISTS queued_tasks_series ON queued_tasks (id) WHERE is_recurring;

INSERT INTO schema_migrations (version, name) VALUES (13, 'series_corrections');
COMMIT;
`,
  "0014_worker_serves.sql": `-- The queues and types that each worker serves, for other processes.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

ALTER TABLE workers ADD COLUMN serves text; -- WorkerServes (src/storage/records.ts) as JSON; NULL for version 0.1

INSERT INTO schema_migrations (version, name) VALUES (14, 'worker_serves');
COMMIT;
`,
  "0015_functions.sql": `-- The version of a database's functions. functions.sql applies all files of functions/ when one of
-- them has changed. Until version 14 the functions were in numbered files, hence the gaps in the
-- numbers.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- One row per applied revision.
CREATE TABLE schema_functions (
  revision   int         PRIMARY KEY,  -- incremented by each change of a function
  hash       text        NOT NULL,     -- SHA-256 of the files
  applied_at timestamptz NOT NULL DEFAULT now()
);
-- Every role may read it, because opening a storage reads it, and a role may have been granted its
-- rights before this table existed.
GRANT SELECT ON schema_functions TO PUBLIC;

INSERT INTO schema_migrations (version, name) VALUES (15, 'functions');
COMMIT;
`,
  "0016_tags.sql": `-- The tags of tasks, by which searches find them.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

ALTER TABLE queued_tasks ADD COLUMN tags text[] COLLATE "C"; -- in the order of the dispatch; NULL: none
ALTER TYPE new_task ADD ATTRIBUTE tags text[];

-- The tasks of each tag, in the order of ids. Tasks without tags have no row. An index on the array
-- has no order of ids: a page of a frequent tag would read all of its tasks.
CREATE TABLE task_tags (
  tag     text COLLATE "C",
  task_id uuid,
  PRIMARY KEY (tag, task_id)
);

INSERT INTO schema_migrations (version, name) VALUES (16, 'tags');
COMMIT;
`,
  "0017_event_relay.sql": `-- The events that processes exchange while a process watches them. They are deleted after a minute,
-- and nothing else depends on them. Therefore the tables are unlogged: after a crash of the server
-- they are empty.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- One row per process that watches events. It is renewed every few seconds.
CREATE UNLOGGED TABLE event_watchers (
  id         text        PRIMARY KEY COLLATE "C",
  expires_at timestamptz NOT NULL,
  parameters boolean     NOT NULL  -- whether it also receives payloads
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- One row per batch. Each writer numbers its events. The number of the last event is in the key, so
-- that readers find the new batches of each writer. Rows are deleted after a minute, so the table
-- is small, and vacuumed often.
CREATE UNLOGGED TABLE relayed_events (
  writer_id  text        NOT NULL COLLATE "C",
  up_to      bigint      NOT NULL,
  since      bigint      NOT NULL,  -- the number of the last event before the batch
  written_at timestamptz NOT NULL,
  worker_id  text        COLLATE "C",
  host       text        NOT NULL,
  events     text        NOT NULL,  -- as JSON
  PRIMARY KEY (writer_id, up_to)
) WITH (autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0, autovacuum_analyze_threshold = 10000,
  toast.autovacuum_vacuum_threshold = 5000, toast.autovacuum_vacuum_scale_factor = 0);
CREATE INDEX relayed_events_age ON relayed_events (written_at);

-- Every role may read it, because heartbeats read it, and a role may have been granted its rights
-- before this table existed.
GRANT SELECT ON event_watchers TO PUBLIC;

INSERT INTO schema_migrations (version, name) VALUES (17, 'event_relay');
COMMIT;
`,
  "0018_operations.sql": `-- Changes by operators, and the record of their actions.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- These columns are NULL for tasks that were never edited, so that they take no space. No index
-- contains them. Claims, status changes and heartbeats do not write them.
ALTER TABLE queued_tasks
  ADD COLUMN edits     int,      -- the number of changes by operators and by dispatches with its key
  ADD COLUMN is_paused boolean;  -- series: an operator has paused it

-- One row per action. The batches of an action share its row.
CREATE TABLE operator_actions (
  id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at_utc      timestamptz NOT NULL,
  changed     bigint      NOT NULL,
  skipped     bigint      NOT NULL,
  verb        text        NOT NULL COLLATE "C",
  actor       text        NOT NULL COLLATE "C",
  reason      text,
  target_kind text        NOT NULL COLLATE "C",  -- task, queue, or tasks: all that match a filter
  target      text        COLLATE "C",           -- the id of the task or the name of the queue
  before      text,                              -- as JSON
  after       text,                              -- as JSON
  next        text                               -- where the next batch begins; NULL: it is complete
);
CREATE INDEX operator_actions_target ON operator_actions (target, id) WHERE target IS NOT NULL;

INSERT INTO schema_migrations (version, name) VALUES (18, 'operations');
COMMIT;
`,
  "0019_work_reports.sql": `-- The reports of workers about their work.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- One row per minute for each worker (\`source\`), type and queue; one row per hour for all workers
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
`,
  "0020_rate_limit_pace.sql": `-- The pace of each rate limit, by which operators see how many tasks wait for it.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- The values of the last request for the key that reserved a slot or started a task. NULL if there
-- was none since this migration.
ALTER TABLE rate_limits ADD COLUMN interval_ms float8, ADD COLUMN burst int;

INSERT INTO schema_migrations (version, name) VALUES (20, 'rate_limit_pace');
COMMIT;
`,
  "0021_claim_marks.sql": `-- The mark by which a worker's tasks are found quickly even if the worker has run for long.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- Its next claims are dated at this instant or later, even if the clock is set back; NULL: at
-- claims_since. Each heartbeat sets it to the present. Once the worker holds no task that it
-- claimed before that heartbeat, the value becomes claims_since.
ALTER TABLE workers ADD COLUMN claims_from timestamptz;

INSERT INTO schema_migrations (version, name) VALUES (21, 'claim_marks');
COMMIT;
`,
  "0022_worker_drains.sql": `-- Workers that an operator has asked to stop.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

ALTER TABLE workers ADD COLUMN is_draining boolean; -- true: it finishes its tasks and stops

INSERT INTO schema_migrations (version, name) VALUES (22, 'worker_drains');
COMMIT;
`,
  "0023_relay_toast.sql": `-- Keeps the table of events small from its first hour on. Long batches of events are stored outside
-- of their rows, in chunks that have a vacuum of their own. At a few events a second, it took hours
-- until 5000 chunks (10 MB) were dead, and the table grew until then.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

ALTER TABLE relayed_events SET (toast.autovacuum_vacuum_threshold = 500);

INSERT INTO schema_migrations (version, name) VALUES (23, 'relay_toast');
COMMIT;
`,
  "0024_failure_counts.sql": `-- The failures of each group by hour, and the versions of the application that failed.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- The row of the present hour is updated several times, so pages have free space.
CREATE TABLE failure_counts (
  hour_utc timestamptz,
  failures bigint NOT NULL,
  group_id text   COLLATE "C",
  PRIMARY KEY (group_id, hour_utc)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX failure_counts_hour ON failure_counts (hour_utc);

ALTER TABLE failure_groups ADD COLUMN first_version text, ADD COLUMN last_version text;

INSERT INTO schema_migrations (version, name) VALUES (24, 'failure_counts');
COMMIT;
`,
  "0025_claim_rank.sql": `-- Makes the rank of a task a column that the functions write. PostgreSQL parses the expression of a
-- generated column again for each row of an UPDATE that leaves it unchanged. Reads no rows.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- The default is the rank for the defaults of the columns from which it is calculated.
ALTER TABLE queued_tasks ALTER COLUMN claim_rank DROP EXPRESSION, ALTER COLUMN claim_rank SET DEFAULT 0;

INSERT INTO schema_migrations (version, name) VALUES (25, 'claim_rank');
COMMIT;
`,
  "0026_room_for_claims.sql": `-- Leaves more room in the pages of tasks. A claim makes a row longer, by the id of its worker, so that
-- a half-filled page had no room for the claims of all its rows: one row in seven moved to another
-- page, and claims waited for each other to extend the table. Measured: 60,000 claims by 8 processes
-- moved 8,000 rows before and none after, 20,000 tasks that were claimed and ended took 2 % fewer
-- pages, and neither a claim nor an end took longer. Applies to pages that are written from now on.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

ALTER TABLE queued_tasks SET (fillfactor = 44);

INSERT INTO schema_migrations (version, name) VALUES (26, 'room_for_claims');
COMMIT;
`,
  "functions.sql": `-- Generated by \`deno task sql\`. Change the files of functions/, not this one.
--
-- Creates or replaces all functions, in one transaction. Run it after the numbered files, and again
-- after each update of EverTask. Processes of earlier releases may work meanwhile, and afterwards.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;
SET LOCAL check_function_bodies = off; -- functions may call those of files further down
SET LOCAL client_min_messages = warning;
DO $$ BEGIN
  IF EXISTS (SELECT FROM schema_functions WHERE revision > 57) THEN
    RAISE EXCEPTION 'the functions are of a newer revision than 57: run the functions.sql of a newer EverTask';
  END IF;
END $$;

\\ir functions/0_superseded.sql
\\ir functions/audit_policy.sql
\\ir functions/claim.sql
\\ir functions/clock.sql
\\ir functions/copying.sql
\\ir functions/dispatch.sql
\\ir functions/due_search.sql
\\ir functions/execution_logs.sql
\\ir functions/lost_workers.sql
\\ir functions/maintenance.sql
\\ir functions/notifications.sql
\\ir functions/operations.sql
\\ir functions/persist.sql
\\ir functions/persist_keyed.sql
\\ir functions/persist_plain.sql
\\ir functions/queues.sql
\\ir functions/rate_slots.sql
\\ir functions/reading.sql
\\ir functions/relay.sql
\\ir functions/release.sql
\\ir functions/reports.sql
\\ir functions/retention.sql
\\ir functions/retention_walk.sql
\\ir functions/search.sql
\\ir functions/series.sql
\\ir functions/statistics.sql
\\ir functions/status.sql
\\ir functions/table_sizes.sql
\\ir functions/tags.sql
\\ir functions/waiting.sql
\\ir functions/workers.sql

INSERT INTO schema_functions (revision, hash) VALUES (57, '5c054ab4676922b3c40ba13ed13ba3fec07506c644471344ae4463b36118c2ba')
  ON CONFLICT (revision) DO UPDATE SET hash = excluded.hash, applied_at = excluded.applied_at;
COMMIT;
`,
  "functions/0_superseded.sql": `-- Drops superseded signatures. An upgrade replaces one process after the other, so the calls of an
-- earlier release must work until none of its processes runs any more. A new parameter is therefore
-- added at the end, with a default; the new function accepts the old calls, and the old signature
-- is dropped here. If this is impossible, both functions exist in the minor release that adds the
-- new one and in the next one; then the old one is dropped here. A result may get more fields, and
-- loses none during this time.

-- Version 0.1 calls them with these arguments.
DROP FUNCTION IF EXISTS heartbeat(text, float8);
DROP FUNCTION IF EXISTS heartbeat(text, float8, uuid);
DROP FUNCTION IF EXISTS register_worker(text, text);

-- Version 0.2 calls it without arguments.
DROP FUNCTION IF EXISTS task_backlog();

-- Builds between 0.2 and 0.3 call it without a span.
DROP FUNCTION IF EXISTS list_failure_groups(float8, text, int);

-- Builds between 0.2 and 0.3 call it without the number of waiting tasks.
DROP FUNCTION IF EXISTS estimate_tasks(int);

-- Version 0.2 calls it without arguments.
DROP FUNCTION IF EXISTS audit_growth();

-- Version 0.2 calls it only within purge_history.
DROP FUNCTION IF EXISTS forget_actions(timestamptz);
`,
  "functions/audit_policy.sql": `-- The audit policy: which history rows a change writes. Level 0 (and NULL) is Full, 1 Minimal, 2
-- ErrorsOnly, 3 None. src/storage/kit/audit_policy.ts implements the same policy.

-- Whether a status change is recorded: in an audit row, and in the task's own row, which has the
-- time and duration of the last execution. Series record their last run at every level.
CREATE OR REPLACE FUNCTION keeps_history(audit_level int) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT audit_level IS DISTINCT FROM 3
$$;

-- Whether a change to this status writes a status audit row.
CREATE OR REPLACE FUNCTION writes_status_audit(audit_level int, status text, exception text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE coalesce(audit_level, 0)
    WHEN 0 THEN true
    WHEN 3 THEN false
    ELSE status IN ('Failed', 'ServiceStopped') OR exception IS NOT NULL
  END
$$;

-- Whether a run of a series that ended in this status writes a runs audit row.
CREATE OR REPLACE FUNCTION writes_runs_audit(audit_level int, status text, exception text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE coalesce(audit_level, 0)
    WHEN 0 THEN true
    WHEN 1 THEN true
    WHEN 3 THEN false
    ELSE status IN ('Failed', 'ServiceStopped') OR exception IS NOT NULL
  END
$$;
`,
  "functions/claim.sql": `-- Claims due tasks, and finds the next due instant.

-- A task's rank in the index queued_tasks_claimable. Statements that write a priority, a schedule or
-- the instant of a dispatch write the rank, too: for each row of an UPDATE that does not need a
-- generated column, PostgreSQL reads its expression again. Measured: a tenth of all its processor
-- time.
CREATE OR REPLACE FUNCTION claim_rank_of(priority int, is_planned boolean) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT priority * 2 + is_planned::int
$$;

-- Claims due tasks of these types for a worker: at most \`limit\` from each of the queues [{name,
-- limit, dueFrom}]. Returns {now, walkMs, tasks}; \`tasks\` is NULL if nothing was claimed. Otherwise
-- it has the members of ClaimedTask, each as a list of the values of all tasks: queue by queue,
-- highest priority first, then longest due, then lowest id. Members that few tasks have are in the
-- list \`rare\`, with the task's id. (Measured: half the time of a list of objects.)
--
-- The commit of a claim waits for the disk. Otherwise a crash of the server could undo claims whose
-- handlers have begun: the tasks would be due again while their worker still runs them.
--
-- The index contains exactly the claimable tasks, in this order. The priorities of a queue are
-- scanned one by one, from the highest to the lowest (a loose index scan: one probe finds the
-- next), so that tasks that are due later are never scanned. Rows that another claim has locked are
-- skipped. Within a priority, tasks that were dispatched to run at once are selected first, and
-- then other tasks that have been due for longer than the last of these. If these displace selected
-- tasks, the displaced tasks stay locked until this claim ends, and the next claim can take them.
--
-- Claims that run at the same time find the same rows. A row that another claim has changed since
-- the snapshot of the scan would be locked in its new version, although this claim cannot take it:
-- the report of its end would wait for this claim, and so would a third claim, in spite of SKIP
-- LOCKED. Therefore the scan passes by rows whose xmax is a transaction that was not over when this
-- claim began. Their ages are compared because they need no epoch. If xmax is a group of lockers, it
-- may be taken for a transaction that begins later; after 10,000 of these SKIP LOCKED decides.
--
-- While an old snapshot is open (a backup, a forgotten transaction), vacuum cannot remove the index
-- entries of claimed tasks, and each claim scans all entries since the snapshot. \`walkMs\` is the
-- duration of the scan. \`dueFrom\`, in epoch milliseconds, starts it at a later due instant. The
-- driver uses it for most claims when scans are slow (drivers/postgres/claim_scan.ts).
CREATE OR REPLACE FUNCTION claim_tasks(worker_id text, types json, queues json) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off
SET extra_float_digits = 1
AS $$
DECLARE
  clock      timestamptz := utc_now();
  since      timestamptz;
  oldest     int; -- the age of the oldest transaction that is under way
  latest     int; -- the age of the next transaction, below zero
  under_way  int[];
  wanted     text[] := ARRAY(SELECT json_array_elements_text(types));
  queue      record;
  due_from   timestamptz;
  room       int;
  rank       int;
  level      int; -- the rank of a priority's tasks that were dispatched to run at once
  places     tid[];
  dues       timestamptz[];
  scheduled  tid[];
  all_places tid[] := '{}';
  all_dues   timestamptz[] := '{}';
  walk_ms    float8;
  claimed    json;
BEGIN
  -- The lock is held until the end, so that release_lost waits for this claim and then finds its
  -- tasks.
  SELECT greatest(w.claims_since, w.claims_from) INTO since FROM workers AS w
  WHERE w.id = claim_tasks.worker_id AND w.is_registered FOR KEY SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'worker % is not registered', claim_tasks.worker_id USING ERRCODE = 'EVT01';
  END IF;

  SELECT age(pg_snapshot_xmin(s)::xid), age(pg_snapshot_xmax(s)::xid), ARRAY(SELECT age(id::xid) FROM pg_snapshot_xip(s) AS id)
  INTO oldest, latest, under_way FROM pg_current_snapshot() AS s;

  FOR queue IN
    SELECT q.name, q."limit", q."dueFrom"
    FROM json_to_recordset(claim_tasks.queues) AS q (name text, "limit" int, "dueFrom" float8)
    WHERE q.name NOT IN (SELECT p.queue_name FROM queues AS p WHERE p.is_paused)
  LOOP
    room := queue."limit";
    due_from := coalesce(from_epoch_ms(queue."dueFrom"), '-infinity');
    level := 65536;
    WHILE room > 0 LOOP
      SELECT t.claim_rank INTO rank FROM queued_tasks AS t
      WHERE t.queue_name = queue.name AND t.claim_rank < level AND t.due_at_utc >= due_from
      ORDER BY t.claim_rank DESC LIMIT 1;
      EXIT WHEN NOT FOUND;
      level := rank - (rank & 1);
      SELECT array_agg(c.place), array_agg(c.due_at_utc) INTO places, dues FROM (
        SELECT t.ctid AS place, t.due_at_utc FROM queued_tasks AS t
        WHERE t.queue_name = queue.name AND t.claim_rank = level
          AND t.due_at_utc <= clock AND t.due_at_utc >= due_from AND t.type = ANY (wanted)
          AND (age(t.xmax) NOT BETWEEN -10000 AND oldest
            OR age(t.xmax) > latest AND age(t.xmax) <> ALL (under_way))
        ORDER BY t.due_at_utc, t.id
        LIMIT room
        FOR NO KEY UPDATE SKIP LOCKED
      ) AS c;
      IF rank > level THEN
        scheduled := ARRAY(
          SELECT t.ctid FROM queued_tasks AS t
          WHERE t.queue_name = queue.name AND t.claim_rank = rank
            AND t.due_at_utc <= coalesce(dues[room], clock) AND t.due_at_utc >= due_from AND t.type = ANY (wanted)
            AND (age(t.xmax) NOT BETWEEN -10000 AND oldest
              OR age(t.xmax) > latest AND age(t.xmax) <> ALL (under_way))
          ORDER BY t.due_at_utc, t.id
          LIMIT room
          FOR NO KEY UPDATE SKIP LOCKED
        );
        IF scheduled <> '{}' THEN
          SELECT array_agg(c.place), array_agg(c.due_at_utc) INTO places, dues FROM (
            SELECT t.ctid AS place, t.due_at_utc
            FROM unnest(places || scheduled) AS p (place) JOIN queued_tasks AS t ON t.ctid = p.place
            ORDER BY t.due_at_utc, t.id
            LIMIT room
          ) AS c;
        END IF;
      END IF;
      all_places := all_places || places;
      all_dues := all_dues || dues;
      room := room - coalesce(cardinality(places), 0);
    END LOOP;
  END LOOP;
  walk_ms := date_part('epoch', clock_timestamp() - clock) * 1000;

  -- The rows are locked, so their ctids stay valid. Counters stop at their maximum, so that a
  -- damaged row does not make the claim of the other tasks fail.
  WITH taken AS (
    UPDATE queued_tasks AS t SET
      worker_id = claim_tasks.worker_id, claimed_at_utc = greatest(clock, since), due_at_utc = NULL,
      attempt = least(t.attempt, 2147483646) + 1, lease_token = least(t.lease_token, 2147483646) + 1
    FROM unnest(all_places, all_dues) WITH ORDINALITY AS p (place, due_at_utc, position)
    WHERE t.ctid = p.place
    RETURNING p.position, p.due_at_utc AS was_due_at_utc, t.id, t.type, t.request, t.status, t.audit_level, t.queue_name,
      t.priority, t.created_at_utc, t.attempt, t.lease_token,
      t.task_key, t.lost_count, t.cancel_requested, t.rate_slot_utc, t.trace_context, t.retry_policy,
      CASE WHEN t.is_recurring THEN series_record(t) END AS series,
      t.is_recurring OR t.cancel_requested OR t.lost_count > 0
        OR coalesce(t.task_key, t.trace_context, t.retry_policy) IS NOT NULL OR t.rate_slot_utc IS NOT NULL AS is_special
  )
  SELECT json_build_object(
    'id', array_agg(c.id), 'type', array_agg(c.type), 'request', array_agg(c.request), 'status', array_agg(c.status),
    'auditLevel', array_agg(coalesce(c.audit_level, 0)), 'queue', array_agg(c.queue_name),
    'priority', array_agg(c.priority), 'createdAt', array_agg(to_epoch_ms(c.created_at_utc)),
    'dueAt', array_agg(to_epoch_ms(c.was_due_at_utc)), 'attempt', array_agg(c.attempt),
    'leaseToken', array_agg(c.lease_token),
    'rare', json_agg(json_build_object(
      'id', c.id, 'taskKey', c.task_key, 'lostCount', c.lost_count, 'cancelRequested', c.cancel_requested,
      'rateSlotAt', to_epoch_ms(c.rate_slot_utc), 'traceContext', c.trace_context, 'retryPolicy', c.retry_policy,
      'series', c.series
    )) FILTER (WHERE c.is_special)
  ) INTO claimed
  FROM (SELECT * FROM taken ORDER BY position) AS c
  HAVING count(*) > 0;
  RETURN json_build_object('now', to_epoch_ms(clock), 'walkMs', walk_ms, 'tasks', claimed);
END $$;

-- The earliest instant at which one of these types becomes due in one of the queues [{name,
-- dueFrom}], in epoch milliseconds. Scans like claim_tasks.
CREATE OR REPLACE FUNCTION next_due_at(queues json, types json) RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
  wanted   text[] := ARRAY(SELECT json_array_elements_text(types));
  queue    record;
  rank     int;
  first    timestamptz;
  earliest timestamptz;
BEGIN
  FOR queue IN
    SELECT q.name, coalesce(from_epoch_ms(q."dueFrom"), '-infinity') AS due_from
    FROM json_to_recordset(next_due_at.queues) AS q (name text, "dueFrom" float8)
    WHERE q.name NOT IN (SELECT p.queue_name FROM queues AS p WHERE p.is_paused)
  LOOP
    rank := 65536;
    LOOP
      SELECT t.claim_rank INTO rank FROM queued_tasks AS t
      WHERE t.queue_name = queue.name AND t.claim_rank < rank AND t.due_at_utc >= queue.due_from
      ORDER BY t.claim_rank DESC LIMIT 1;
      EXIT WHEN NOT FOUND;
      SELECT t.due_at_utc INTO first FROM queued_tasks AS t
      WHERE t.queue_name = queue.name AND t.claim_rank = rank
        AND t.due_at_utc >= queue.due_from AND t.type = ANY (wanted)
      ORDER BY t.due_at_utc, t.id LIMIT 1;
      earliest := least(earliest, first);
    END LOOP;
  END LOOP;
  RETURN to_epoch_ms(earliest);
END $$;
`,
  "functions/clock.sql": `-- The database's clock, and conversions of instants.

-- The time of the database's clock, in whole milliseconds, as all instants are stored.
CREATE OR REPLACE FUNCTION utc_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
  SELECT date_trunc('milliseconds', clock_timestamp())
$$;

CREATE OR REPLACE FUNCTION clock_ms() RETURNS bigint LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $$
  SELECT to_epoch_ms(utc_now())
$$;

-- Converts instants to epoch milliseconds and back. An infinite instant, which only a damaged row
-- has, becomes the first or last instant that a Date can hold, so that reading it does not fail.
CREATE OR REPLACE FUNCTION to_epoch_ms(instant timestamptz) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN isfinite(instant) THEN round(date_part('epoch', instant) * 1000)::bigint
    WHEN instant = 'infinity' THEN 8640000000000000 WHEN instant = '-infinity' THEN -8640000000000000 END
$$;

CREATE OR REPLACE FUNCTION from_epoch_ms(ms float8) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT to_timestamp(round(ms) / 1000)
$$;

-- The instant \`ms\` milliseconds after another one (before it if \`ms\` is negative), in whole
-- milliseconds.
CREATE OR REPLACE FUNCTION ms_after(instant timestamptz, ms float8) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT instant + round(ms) * interval '1 millisecond'
$$;
`,
  "functions/copying.sql": `-- Copies whole stores: reads and writes tasks with their history, and the settings, rate limits and
-- operator actions of a store.

-- The tasks of a range of ids as [TaskWithHistory] (src/storage/storage_copying.ts).
CREATE OR REPLACE FUNCTION export_tasks(after uuid, up_to uuid, page_size int) RETURNS json
LANGUAGE sql STABLE
SET search_path FROM CURRENT
SET extra_float_digits = 1 SET enable_seqscan = off SET jit = off
AS $$
  SELECT coalesce(json_agg(json_build_object(
    'task', task_record(t),
    'statusAudit', (
      SELECT coalesce(json_agg(json_build_object(
        'updatedAt', to_epoch_ms(a.updated_at_utc), 'newStatus', a.new_status, 'exception', a.exception
      ) ORDER BY a.id), '[]') FROM status_audit AS a WHERE a.queued_task_id = t.id
    ),
    'runsAudit', (
      SELECT coalesce(json_agg(json_build_object(
        'executedAt', to_epoch_ms(a.executed_at), 'executionTimeMs', a.execution_time_ms, 'status', a.status,
        'exception', a.exception
      ) ORDER BY a.id), '[]') FROM runs_audit AS a WHERE a.queued_task_id = t.id
    ),
    'executionLogs', (
      SELECT coalesce(json_agg(json_build_object(
        'loggedAt', to_epoch_ms(l.timestamp_utc), 'level', l.level, 'message', l.message, 'exception', l.exception,
        'run', l.run_number, 'sequence', l.sequence_number
      ) ORDER BY l.sequence_number), '[]') FROM task_execution_log AS l WHERE l.queued_task_id = t.id
    )
  ) ORDER BY t.id), '[]')
  FROM (
    SELECT q.* FROM queued_tasks AS q
    WHERE q.id > coalesce(after, '00000000-0000-0000-0000-000000000000')
      AND q.id <= coalesce(up_to, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    ORDER BY q.id LIMIT page_size
  ) AS t
$$;

-- Deletes tasks with their history, including tasks that workers hold.
CREATE OR REPLACE FUNCTION delete_copied(ids uuid[]) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
  DELETE FROM status_audit AS a WHERE a.queued_task_id = ANY (ids);
  DELETE FROM runs_audit AS a WHERE a.queued_task_id = ANY (ids);
  DELETE FROM task_execution_log AS l WHERE l.queued_task_id = ANY (ids);
  DELETE FROM task_tags AS g USING queued_tasks AS t
  WHERE t.id = ANY (ids) AND t.tags IS NOT NULL AND g.tag = ANY (t.tags) AND g.task_id = t.id;
  DELETE FROM queued_tasks AS t WHERE t.id = ANY (ids)
$$;

-- Stores tasks with their history, which replace tasks with the same ids. Deletes the tasks with
-- the ids \`removed\`. Each history row has the id of its task.
CREATE OR REPLACE FUNCTION import_tasks(
  tasks json, status_rows json, run_rows json, log_rows json, removed uuid[]
) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  ids uuid[] := ARRAY(SELECT t.id FROM json_to_recordset(tasks) AS t (id uuid));
BEGIN
  PERFORM delete_copied(ids || removed);
  INSERT INTO queued_tasks (
    id, type, handler, request, status, exception, audit_level, queue_name, priority, task_key, created_at_utc,
    scheduled_execution_utc, due_at_utc, last_execution_utc, execution_time_ms, attempt, lost_count, lease_token,
    cancel_requested, rate_slot_utc, trace_context, retry_policy, tags,
    is_recurring, recurring_task, recurring_info, anchor_utc, max_runs, run_until, next_run_utc, current_run_count, is_paused,
    claim_rank
  )
  SELECT
    t.id, t.type, t.handler, t.request, t.status, t.exception, t.audit_level, t.queue_name, t.priority, t.task_key,
    from_epoch_ms(t.created_at), from_epoch_ms(t.scheduled_at), from_epoch_ms(t.due_at),
    from_epoch_ms(t.last_execution_at), t.execution_time_ms, t.attempt, t.lost_count, t.lease_token,
    t.cancel_requested, from_epoch_ms(t.rate_slot_at), t.trace_context, t.retry_policy, t.tags,
    t.schedule IS NOT NULL, t.schedule, t.info, from_epoch_ms(t.anchor_at), t.max_runs, from_epoch_ms(t.run_until),
    from_epoch_ms(t.next_run_at), t.run_count, t.is_paused,
    claim_rank_of(t.priority, t.schedule IS NOT NULL OR t.scheduled_at IS NOT NULL)
  FROM json_to_recordset(tasks) AS t (
    id uuid, type text, handler text, request text, status text, exception text, audit_level smallint, queue_name text,
    priority smallint, task_key text, created_at float8, scheduled_at float8, due_at float8, last_execution_at float8,
    execution_time_ms float8, attempt int, lost_count int, lease_token int, cancel_requested boolean,
    rate_slot_at float8, trace_context text, retry_policy text, tags text[],
    schedule text, info text, anchor_at float8, max_runs int, run_until float8, next_run_at float8, run_count int,
    is_paused boolean
  );
  PERFORM add_tags(ids);
  INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status, exception)
  SELECT a.id, from_epoch_ms(a.at), a.status, a.exception
  FROM json_to_recordset(status_rows) AS a (id uuid, at float8, status text, exception text);
  INSERT INTO runs_audit (queued_task_id, executed_at, execution_time_ms, status, exception)
  SELECT a.id, from_epoch_ms(a.at), a.took, a.status, a.exception
  FROM json_to_recordset(run_rows) AS a (id uuid, at float8, took float8, status text, exception text);
  INSERT INTO task_execution_log (queued_task_id, sequence_number, timestamp_utc, level, message, exception, run_number)
  SELECT l.id, l.sequence, from_epoch_ms(l.at), l.level, l.message, l.exception, l.run
  FROM json_to_recordset(log_rows)
    AS l (id uuid, sequence bigint, at float8, level text, message text, exception text, run bigint);
END $$;

-- The contents of the store other than tasks, as StoreSettings (src/storage/storage_copying.ts).
CREATE OR REPLACE FUNCTION export_settings() RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT SET extra_float_digits = 1 AS $$
  SELECT json_build_object(
    'pausedQueues', ARRAY(SELECT q.queue_name FROM queues AS q WHERE q.is_paused ORDER BY q.queue_name),
    'rateLimits', (
      SELECT coalesce(json_agg(json_build_object(
        'key', l.rate_key,
        'reservedTatMs', CASE WHEN l.reserved_tat_ms > '-infinity' THEN l.reserved_tat_ms END,
        'startedTatMs', CASE WHEN l.started_tat_ms > '-infinity' THEN l.started_tat_ms END,
        'emissionIntervalMs', l.interval_ms, 'burst', l.burst,
        'returnedSlots', ARRAY(
          SELECT s.slot_ms FROM returned_rate_slots AS s WHERE s.rate_key = l.rate_key ORDER BY s.slot_ms
        )
      ) ORDER BY l.rate_key), '[]') FROM rate_limits AS l
    ),
    'actions', (
      SELECT coalesce(json_agg(json_build_object(
        'doneAt', to_epoch_ms(o.at_utc), 'verb', o.verb, 'by', o.actor, 'reason', o.reason,
        'target', json_build_object('kind', o.target_kind, 'id', o.target),
        'before', o.before, 'after', o.after, 'changed', o.changed, 'skipped', o.skipped, 'next', o.next
      ) ORDER BY o.id), '[]') FROM operator_actions AS o
    ),
    'failureGroups', (
      SELECT coalesce(json_agg(failure_group_json(g, 0, 8640000000000000, 3600000) ORDER BY g.id), '[]')
      FROM failure_groups AS g
    )
  )
$$;

-- Replaces the contents of the store other than tasks.
CREATE OR REPLACE FUNCTION import_settings(settings json) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM queues;
  INSERT INTO queues (queue_name, is_paused)
  SELECT q.value, true FROM json_array_elements_text(settings -> 'pausedQueues') AS q;
  DELETE FROM rate_limits;
  INSERT INTO rate_limits (rate_key, reserved_tat_ms, started_tat_ms, start_empty, interval_ms, burst)
  SELECT l.key, coalesce(l."reservedTatMs", '-infinity'), coalesce(l."startedTatMs", '-infinity'), false,
    l."emissionIntervalMs", l.burst
  FROM json_to_recordset(settings -> 'rateLimits') AS l (key text, "reservedTatMs" float8, "startedTatMs" float8,
    "emissionIntervalMs" float8, burst int);
  INSERT INTO returned_rate_slots (rate_key, slot_ms)
  SELECT l.key, s.value::float8
  FROM json_to_recordset(settings -> 'rateLimits') AS l (key text, "returnedSlots" json)
    CROSS JOIN LATERAL json_array_elements_text(l."returnedSlots") AS s;
  DELETE FROM operator_actions;
  INSERT INTO operator_actions (
    at_utc, changed, skipped, verb, actor, reason, target_kind, target, before, after, next
  )
  SELECT from_epoch_ms(o."doneAt"), o.changed, o.skipped, o.verb, o.by, o.reason, o.target ->> 'kind', o.target ->> 'id',
    o.before, o.after, o.next
  FROM json_to_recordset(settings -> 'actions') AS o (
    "doneAt" float8, changed bigint, skipped bigint, verb text, by text, reason text, target json, before text,
    after text, next text
  );
  DELETE FROM failure_groups;
  INSERT INTO failure_groups
    (id, first_utc, last_utc, failures, task_id, type, summary, exception, first_version, last_version)
  SELECT g.id, from_epoch_ms(g."firstAt"), from_epoch_ms(g."lastAt"), g.count, g."taskId", g.type, g.summary, g.exception,
    g."firstVersion", g."lastVersion"
  FROM json_to_recordset(settings -> 'failureGroups') AS g (
    id text, "firstAt" float8, "lastAt" float8, count bigint, "taskId" uuid, type text, summary text, exception text,
    "firstVersion" text, "lastVersion" text
  );
  DELETE FROM failure_counts;
  INSERT INTO failure_counts (group_id, hour_utc, failures)
  SELECT g.id, from_epoch_ms(c."startAt"), c.count
  FROM json_to_recordset(settings -> 'failureGroups') AS g (id text, counts json),
    json_to_recordset(g.counts) AS c ("startAt" float8, count bigint);
END $$;
`,
  "functions/dispatch.sql": `-- Dispatches a task from SQL.

-- Raises an error for a text that is missing, empty or too long, as dispatch in the application
-- does.
CREATE OR REPLACE FUNCTION check_text(argument text, value text, most int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(length(value), 0) NOT BETWEEN 1 AND most THEN
    RAISE EXCEPTION '% is %, but it must be a text of 1 to % characters', argument,
      coalesce(quote_literal(left(value, 80)), 'NULL'), most
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
END $$;

-- Dispatches a task from SQL, such as a trigger, a function or a program in another language. The
-- task exists if the transaction commits, which also wakes workers. The request is the payload as
-- JSON, which the worker validates against the task's schema. Returns the id of the task; with a
-- key, it may be that of an existing task.
--
-- A retry_policy overrides that of the task's type: {"kind": "none"}, {"kind": "linear", "retries":
-- 3, "delaysMs": [500]} or {"kind": "exponential", "retries": 5, "baseMs": 1000, "factor": 2,
-- "maxMs": 60000, "jitter": 0.5}; RetryPolicyData in src/task/retry_policy_data.ts. The worker logs
-- an error if it is invalid.
CREATE OR REPLACE FUNCTION dispatch(
  task_type text,
  request json,
  queue_name text DEFAULT 'default',
  due_at timestamptz DEFAULT NULL,
  task_key text DEFAULT NULL,
  priority smallint DEFAULT 0,
  audit_level smallint DEFAULT 0,
  handler text DEFAULT NULL,
  retry_policy json DEFAULT NULL
) RETURNS uuid LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  clock  timestamptz := utc_now();
  random text := replace(gen_random_uuid()::text, '-', '');
  -- UUID version 7 (RFC 9562): 48 bits of milliseconds, the version, the variant, and 74 random
  -- bits.
  new_id uuid := lpad(to_hex(to_epoch_ms(clock)), 12, '0') || '7' || substr(random, 14);
  later  boolean := due_at > clock;
  answer json;
BEGIN
  PERFORM check_text('task_type', task_type, 200);
  PERFORM check_text('queue_name', queue_name, 200);
  IF task_key IS NOT NULL THEN PERFORM check_text('task_key', task_key, 200); END IF;
  IF handler IS NOT NULL THEN PERFORM check_text('handler', handler, 500); END IF;
  IF audit_level NOT BETWEEN 0 AND 3 THEN
    RAISE EXCEPTION 'audit_level is %, but it must be 0 (Full), 1 (Minimal), 2 (ErrorsOnly) or 3 (None)', audit_level
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF due_at NOT BETWEEN '0001-01-01 00:00+00' AND '9999-12-31 23:59:59.999+00' THEN
    RAISE EXCEPTION 'due_at is %, but it must be an instant of the years 1 to 9999', due_at
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF coalesce(retry_policy ->> 'kind' NOT IN ('none', 'linear', 'exponential'), retry_policy IS NOT NULL) THEN
    RAISE EXCEPTION 'retry_policy is %, but its kind must be none, linear or exponential', retry_policy
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  answer := persist_tasks(
    json_build_array(json_build_object(
      'id', new_id, 'type', task_type, 'handler', coalesce(handler, task_type), 'request', request::text,
      'status', CASE WHEN later THEN 'WaitingQueue' ELSE 'Queued' END, 'due_at_ms', to_epoch_ms(due_at),
      'audit_level', audit_level, 'queue_name', queue_name, 'priority', priority, 'task_key', task_key,
      'retry_policy', retry_policy::text
    )),
    CASE WHEN later THEN NULL ELSE '{"kind":"tasks"}'::json END
  );
  RETURN coalesce((answer -> 0 ->> 'id')::uuid, new_id);
END $$;
`,
  "functions/due_search.sql": `-- Searches the waiting tasks by due instant. In the index of claimable tasks, the tasks of one
-- queue and rank, called a line, are in this order. A page is merged from all lines.

-- Returns the queue and rank of each line, in the queues \`wanted\`, or in all queues if it is NULL.
-- This is a loose index scan: one probe finds the next rank, and another the next queue.
CREATE OR REPLACE FUNCTION waiting_lines(wanted text[]) RETURNS TABLE (queue text, rank int)
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
  names text[] := ARRAY(SELECT DISTINCT unnest(wanted));
BEGIN
  IF wanted IS NULL THEN
    queue := '';
    LOOP
      SELECT t.queue_name INTO queue FROM queued_tasks AS t
      WHERE t.due_at_utc IS NOT NULL AND t.queue_name > waiting_lines.queue ORDER BY t.queue_name LIMIT 1;
      EXIT WHEN NOT FOUND;
      names := names || queue;
    END LOOP;
  END IF;
  FOREACH queue IN ARRAY names LOOP
    rank := 65536;
    LOOP
      SELECT t.claim_rank INTO rank FROM queued_tasks AS t
      WHERE t.due_at_utc IS NOT NULL AND t.queue_name = waiting_lines.queue AND t.claim_rank < waiting_lines.rank
      ORDER BY t.claim_rank DESC LIMIT 1;
      EXIT WHEN NOT FOUND;
      RETURN NEXT;
    END LOOP;
  END LOOP;
END $$;

-- Returns {tasks, known}. \`tasks\` are the waiting tasks after a place (a due instant in epoch
-- milliseconds, and an id) that match a filter, at most \`page_size\`. Divides \`most_read\` rows among
-- the lines, and reads at most \`most_of_line\` rows of each. \`known\` is the place up to which all
-- lines were read; NULL if they were read to their ends.
CREATE OR REPLACE FUNCTION search_due_tasks(
  filter json, after_due_ms float8, after_id uuid, page_size int, most_of_line int, most_read int
) RETURNS json
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET extra_float_digits = 1
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
DECLARE
  after_due timestamptz := coalesce(from_epoch_ms(after_due_ms), '-infinity');
  names     text[];
  ranks     int[];
  of_line   int;
  known_due timestamptz;
  known_id  uuid;
  tasks     json;
BEGIN
  after_id := coalesce(after_id, '00000000-0000-0000-0000-000000000000');
  SELECT array_agg(l.queue), array_agg(l.rank) INTO names, ranks
  FROM waiting_lines(CASE WHEN filter -> 'queues' IS NOT NULL THEN
    ARRAY(SELECT json_array_elements_text(filter -> 'queues')) END) AS l;
  of_line := least(most_of_line, greatest(1, ceil(most_read / greatest(1, cardinality(names))::float8)::int));
  SELECT p.due_at_utc, p.id INTO known_due, known_id
  FROM unnest(names, ranks) AS l (queue, rank) CROSS JOIN LATERAL (
    SELECT t.due_at_utc, t.id FROM queued_tasks AS t
    WHERE t.queue_name = l.queue AND t.claim_rank = l.rank AND t.due_at_utc IS NOT NULL
      AND (t.due_at_utc, t.id) > (after_due, after_id)
    ORDER BY t.due_at_utc, t.id LIMIT 1 OFFSET of_line - 1
  ) AS p ORDER BY p.due_at_utc, p.id LIMIT 1;
  EXECUTE format($query$
    SELECT json_agg((SELECT task_record(t) FROM queued_tasks AS t WHERE t.id = f.id) ORDER BY f.due_at_utc, f.id) FROM (
      SELECT p.due_at_utc, p.id
      FROM unnest($2, $3) AS l (queue, rank) CROSS JOIN LATERAL (
        SELECT t.due_at_utc, t.id FROM queued_tasks AS t
        WHERE t.queue_name = l.queue AND t.claim_rank = l.rank AND t.due_at_utc IS NOT NULL
          AND (t.due_at_utc, t.id) > ($4, $5) AND (t.due_at_utc, t.id) <= ($6, $7) AND %s
        ORDER BY t.due_at_utc, t.id LIMIT $8
      ) AS p
      ORDER BY p.due_at_utc, p.id LIMIT $8
    ) AS f
  $query$, filter_conditions(filter)) INTO tasks
  USING filter, names, ranks, after_due, after_id, coalesce(known_due, 'infinity'),
    coalesce(known_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), page_size;
  RETURN json_build_object('tasks', coalesce(tasks, '[]'), 'known',
    CASE WHEN known_id IS NOT NULL THEN json_build_object('dueAt', to_epoch_ms(known_due), 'id', known_id) END);
END $$;
`,
  "functions/execution_logs.sql": `-- Stores and counts the log lines of handlers.

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

-- Counts the lines of one run among the last \`upto\` lines of a task. Until a run ends, its lines
-- are the last ones, so the lines of earlier runs need not be read.
CREATE OR REPLACE FUNCTION count_execution_logs(task_id uuid, run bigint, upto bigint) RETURNS bigint
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT count(*) FILTER (WHERE r.run_number = run) FROM (
    SELECT l.run_number FROM task_execution_log AS l
    WHERE l.queued_task_id = task_id ORDER BY l.sequence_number DESC LIMIT upto
  ) AS r
$$;
`,
  "functions/lost_workers.sql": `-- Releases the tasks of lost workers.

-- Adds a row, as that of a lost worker, for each worker that holds a task but has no row, because
-- the row was deleted or the task was written by hand. No index finds such tasks, so each call
-- checks the next thousand tasks below the id \`below\`, or the newest if it is NULL. Returns the id
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
`,
  "functions/maintenance.sql": `-- Exclusive rights, each of which one process has at a time.

-- Takes or renews an exclusive right for a minute. It expires, so that a process that died does not
-- keep it. It is not bound to a session, so that it works behind a pooler.
CREATE OR REPLACE FUNCTION take_maintenance(task text, by uuid) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO maintenance AS m (name, holder, held_until) VALUES (task, by, utc_now() + interval '1 minute')
  ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
    -- A later end was set by a clock that was ahead.
    WHERE m.holder = excluded.holder OR m.held_until NOT BETWEEN utc_now() AND utc_now() + interval '2 minutes';
  RETURN FOUND;
END $$;

CREATE OR REPLACE FUNCTION end_maintenance(task text, by uuid) RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$
  DELETE FROM maintenance AS m WHERE m.name = task AND m.holder = by
$$;
`,
  "functions/notifications.sql": `-- Notifies other processes.

-- Notifies the other processes when the transaction commits. The channel is the schema's name.
-- Messages are {"kind": "tasks" | "cancel" | "queues" | "watch", "from": the sender}; the driver
-- converts them to WakeSignal.
CREATE OR REPLACE FUNCTION notify_processes(message json) RETURNS void
LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $$
  SELECT pg_notify(current_schema(), message::text)
$$;

-- Tells the workers of claimed tasks to cancel them. Sends a notification for every 100 tasks,
-- because a notification has at most 8,000 bytes.
CREATE OR REPLACE FUNCTION notify_of_cancels(task_ids uuid[], sender text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path FROM CURRENT AS $$
BEGIN
  FOR i IN 1 .. coalesce(cardinality(task_ids), 0) BY 100 LOOP
    PERFORM notify_processes(json_build_object('kind', 'cancel', 'from', sender, 'taskIds', task_ids[i : i + 99]));
  END LOOP;
END $$;
`,
  "functions/operations.sql": `-- Changes of tasks by operators.

-- The version of a task's row, which differs after each change that matters to an operator. It
-- consists of the number of edits, and of columns that claims and status changes write anyway.
-- These changes therefore write no additional column.
CREATE OR REPLACE FUNCTION task_version(t queued_tasks) RETURNS text
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT concat_ws('.', coalesce(t.edits, 0), t.lease_token, t.status,
    coalesce(to_epoch_ms(t.due_at_utc)::text, ''), coalesce(to_epoch_ms(t.next_run_utc)::text, ''),
    (t.worker_id IS NOT NULL)::int + 2 * t.cancel_requested::int)
$$;

-- Changes tasks that still have the version that the operator has seen, and records the action in
-- the same transaction: TasksEdit (src/storage/operation_requests.ts), each edit as the record
-- below. \`sender\` is the sender of the messages to other processes; NULL sends none. Returns the
-- action's id and the ids of the changed tasks. Returns NULL if there is no batch and nothing was
-- changed, or if another call has already continued the action.
CREATE OR REPLACE FUNCTION edit_tasks(edits json, action json, batch json, sender text) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off
AS $$
DECLARE
  clock     timestamptz := utc_now();
  continued bigint := batch -> 'continues' ->> 'actionId';
  edited    uuid[];
  deleted   uuid[];
  requested uuid[];
  makes_due boolean;
  noted     bigint;
BEGIN
  IF continued IS NOT NULL THEN
    PERFORM FROM operator_actions AS o
    WHERE o.id = continued AND o.next = batch -> 'continues' ->> 'next' FOR UPDATE;
    IF NOT FOUND THEN RETURN NULL; END IF;
  END IF;

  WITH edit AS MATERIALIZED (
    SELECT * FROM json_to_recordset(edits) AS e (
      id uuid, version text, deletes boolean, payload text, queue text, priority smallint, status text,
      starts_anew boolean, cancels boolean, moves_due boolean, soonest boolean, due_in_ms float8, due_at_ms float8,
      schedule text, info text, anchor_at_ms float8, max_runs int, run_until_ms float8, next_run_at_ms float8,
      ends_series boolean, paused boolean
    )
  ), wanted AS MATERIALIZED (
    SELECT t.id FROM queued_tasks AS t
    WHERE t.id = ANY (ARRAY(SELECT e.id FROM edit AS e))
      AND task_version(t) = (SELECT e.version FROM edit AS e WHERE e.id = t.id)
    ORDER BY t.id FOR UPDATE
  ), gone AS (
    DELETE FROM queued_tasks AS t USING wanted AS w, edit AS e
    WHERE t.id = w.id AND e.id = w.id AND e.deletes
    RETURNING t.id, t.tags
  ), untagged AS (
    DELETE FROM task_tags AS k USING gone AS g WHERE k.task_id = g.id AND k.tag = ANY (g.tags)
  ), changed AS (
    UPDATE queued_tasks AS t SET
      edits = coalesce(t.edits, 0) + 1,
      request = coalesce(e.payload, t.request),
      queue_name = coalesce(e.queue, t.queue_name),
      priority = coalesce(e.priority, t.priority),
      claim_rank = claim_rank_of(coalesce(e.priority, t.priority), t.is_recurring OR t.scheduled_execution_utc IS NOT NULL),
      status = coalesce(e.status, t.status),
      exception = CASE WHEN e.status IS NULL THEN t.exception END,
      attempt = CASE WHEN e.starts_anew THEN 0 ELSE t.attempt END,
      lost_count = CASE WHEN e.starts_anew THEN 0 ELSE t.lost_count END,
      rate_slot_utc = CASE WHEN e.starts_anew THEN NULL ELSE t.rate_slot_utc END,
      cancel_requested = coalesce(e.cancels, CASE WHEN e.starts_anew THEN false ELSE t.cancel_requested END),
      due_at_utc = CASE
        WHEN e.moves_due IS NULL THEN t.due_at_utc
        WHEN e.soonest THEN least(t.due_at_utc, clock)
        WHEN e.due_in_ms IS NOT NULL THEN ms_after(clock, e.due_in_ms)
        ELSE from_epoch_ms(e.due_at_ms)
      END,
      recurring_task = coalesce(e.schedule, t.recurring_task),
      recurring_info = CASE WHEN e.schedule IS NULL THEN t.recurring_info ELSE e.info END,
      anchor_utc = CASE WHEN e.schedule IS NULL THEN t.anchor_utc ELSE from_epoch_ms(e.anchor_at_ms) END,
      max_runs = CASE WHEN e.schedule IS NULL THEN t.max_runs ELSE e.max_runs END,
      run_until = CASE WHEN e.schedule IS NULL THEN t.run_until ELSE from_epoch_ms(e.run_until_ms) END,
      next_run_utc = CASE WHEN e.ends_series THEN NULL WHEN e.schedule IS NULL THEN t.next_run_utc
        ELSE from_epoch_ms(e.next_run_at_ms) END,
      is_paused = CASE WHEN e.paused IS NULL THEN t.is_paused WHEN e.paused THEN true END
    FROM wanted AS w, edit AS e
    WHERE t.id = w.id AND e.id = w.id AND e.deletes IS NULL
    RETURNING t.id, t.audit_level, t.due_at_utc IS NOT NULL AS waits, e.status, e.cancels
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status)
    SELECT c.id, clock, c.status FROM changed AS c
    WHERE c.status IS NOT NULL AND writes_status_audit(c.audit_level, c.status, NULL)
  )
  SELECT
    (SELECT coalesce(array_agg(c.id), '{}') FROM changed AS c),
    (SELECT coalesce(array_agg(g.id), '{}') FROM gone AS g),
    (SELECT array_agg(c.id) FROM changed AS c WHERE c.cancels),
    EXISTS (SELECT FROM changed AS c WHERE c.waits)
  INTO edited, deleted, requested, makes_due;

  DELETE FROM status_audit AS a WHERE a.queued_task_id = ANY (deleted);
  DELETE FROM runs_audit AS a WHERE a.queued_task_id = ANY (deleted);
  DELETE FROM task_execution_log AS l WHERE l.queued_task_id = ANY (deleted);
  edited := edited || deleted;
  IF batch IS NULL AND edited = '{}' THEN RETURN NULL; END IF;

  IF continued IS NULL THEN
    noted := note_action(action, cardinality(edited),
      CASE WHEN batch IS NULL THEN 0
        ELSE (batch ->> 'skipped')::bigint + json_array_length(edits) - cardinality(edited) END,
      batch ->> 'next');
  ELSE
    UPDATE operator_actions AS o SET
      changed = o.changed + cardinality(edited),
      skipped = o.skipped + (batch ->> 'skipped')::bigint + json_array_length(edits) - cardinality(edited),
      next = batch ->> 'next'
    WHERE o.id = continued
    RETURNING o.id INTO noted;
  END IF;
  IF sender IS NOT NULL THEN
    PERFORM notify_of_cancels(requested, sender);
    IF makes_due THEN PERFORM notify_processes(json_build_object('kind', 'tasks', 'from', sender)); END IF;
  END IF;
  RETURN json_build_object('actionId', noted::text, 'edited', edited);
END $$;

-- Records an operator's action: NewOperatorAction (src/storage/operation_requests.ts). Returns its
-- id.
CREATE OR REPLACE FUNCTION note_action(action json, changed bigint, skipped bigint, next text) RETURNS bigint
LANGUAGE sql SET search_path FROM CURRENT AS $$
  INSERT INTO operator_actions (at_utc, changed, skipped, verb, actor, reason, target_kind, target, before, after, next)
  VALUES (utc_now(), changed, skipped, action ->> 'verb', action ->> 'by', action ->> 'reason',
    action -> 'target' ->> 'kind', action -> 'target' ->> 'id', action ->> 'before', action ->> 'after', next)
  RETURNING id
$$;

-- Pauses or resumes a queue as set_queue_paused does, and records the action.
CREATE OR REPLACE FUNCTION set_queue_paused_by(queue text, paused boolean, action json, message json) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT AS $$
  SELECT set_queue_paused(queue, paused, message);
  SELECT note_action(action, 1, 0, NULL);
$$;

-- The actions of operators, newest first, below an id unless it is NULL: ActionFilter
-- (src/storage/operation_requests.ts).
CREATE OR REPLACE FUNCTION list_operator_actions(filter json, below bigint, page_size int) RETURNS json
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
DECLARE
  target_id text := coalesce(filter ->> 'taskId', filter ->> 'queue');
  kind      text := CASE WHEN filter ->> 'taskId' IS NOT NULL THEN 'task' WHEN filter ->> 'queue' IS NOT NULL THEN 'queue' END;
  -- No action has both a task and a queue as its target.
  is_vain   boolean := filter ->> 'taskId' IS NOT NULL AND filter ->> 'queue' IS NOT NULL;
BEGIN
  RETURN (SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT o.id::text, to_epoch_ms(o.at_utc) AS "doneAt", o.verb, o.actor AS by, o.reason,
      json_build_object('kind', o.target_kind, 'id', o.target) AS target, o.before, o.after, o.changed, o.skipped, o.next
    FROM operator_actions AS o
    WHERE (below IS NULL OR o.id < below)
      AND (target_id IS NULL OR (o.target = target_id AND o.target_kind = kind))
      AND (filter -> 'by' IS NULL OR o.actor = filter ->> 'by')
      AND (filter -> 'verbs' IS NULL OR o.verb = ANY (ARRAY(SELECT json_array_elements_text(filter -> 'verbs'))))
      AND NOT is_vain
    ORDER BY o.id DESC LIMIT page_size
  ) AS r);
END $$;
`,
  "functions/persist.sql": `-- Stores dispatched tasks.

-- The due instant of a new task.
CREATE OR REPLACE FUNCTION due_instant(clock timestamptz, due_in_ms float8, due_at_ms float8) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN due_at_ms IS NULL
    THEN clock + round(coalesce(due_in_ms, 0)) * interval '1 millisecond'
    ELSE to_timestamp(round(due_at_ms) / 1000)
  END
$$;

-- Stores new tasks whose id and key are not stored yet; omits the others. Returns the number of
-- stored tasks, and the number of these that were stored as claimed. Locks the rows of the workers
-- that get them, so that release_lost waits for this transaction and then finds the tasks.
CREATE OR REPLACE FUNCTION store_tasks(tasks new_task[], clock timestamptz, OUT stored int, OUT claimed int)
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
BEGIN
  WITH task AS MATERIALIZED (
    SELECT t.*, due_instant(clock, t.due_in_ms, t.due_at_ms) AS due_at_utc FROM unnest(tasks) AS t
  ), holder AS MATERIALIZED (
    SELECT w.id, greatest(clock, w.claims_since, w.claims_from) AS claimed_at_utc FROM workers AS w
    WHERE w.id IN (SELECT DISTINCT t.claim_for FROM task AS t) AND w.is_registered
    ORDER BY w.id
    FOR KEY SHARE
  ), created AS (
    INSERT INTO queued_tasks (
      id, type, handler, request, status, audit_level, queue_name, priority, task_key, trace_context, retry_policy,
      created_at_utc, due_at_utc, scheduled_execution_utc, worker_id, claimed_at_utc, attempt, lease_token, tags,
      is_recurring, recurring_task, recurring_info, anchor_utc, max_runs, run_until, next_run_utc, current_run_count,
      claim_rank
    )
    SELECT
      t.id, t.type, t.handler, t.request, t.status, t.audit_level, t.queue_name, t.priority, t.task_key,
      t.trace_context, t.retry_policy, clock,
      CASE WHEN h.id IS NULL THEN t.due_at_utc END, CASE WHEN t.status = 'WaitingQueue' THEN t.due_at_utc END,
      h.id, h.claimed_at_utc, CASE WHEN h.id IS NULL THEN 0 ELSE 1 END, CASE WHEN h.id IS NULL THEN 0 ELSE 1 END, t.tags,
      t.schedule IS NOT NULL, t.schedule, t.info, from_epoch_ms(t.anchor_at_ms), t.max_runs,
      from_epoch_ms(t.run_until_ms), from_epoch_ms(t.next_run_at_ms), CASE WHEN t.schedule IS NOT NULL THEN 0 END,
      claim_rank_of(t.priority, t.schedule IS NOT NULL OR t.status = 'WaitingQueue' AND t.due_at_utc IS NOT NULL)
    FROM task AS t
    LEFT JOIN holder AS h ON h.id = t.claim_for AND t.status = 'Queued'
      AND t.queue_name <> ALL (ARRAY(SELECT q.queue_name FROM queues AS q WHERE q.is_paused))
    ON CONFLICT DO NOTHING
    RETURNING id, status, audit_level, worker_id
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status)
    SELECT c.id, clock, c.status FROM created AS c WHERE writes_status_audit(c.audit_level, c.status, NULL)
  )
  SELECT count(*), count(c.worker_id) INTO stored, claimed FROM created AS c;
END $$;

-- The result for a task whose id is already stored: \`created\`, because the call was repeated.
CREATE OR REPLACE FUNCTION answer_for_stored(stored queued_tasks, claim_for text) RETURNS persist_answer
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT ROW(stored.id, 'created', coalesce(stored.lease_token = 1 AND stored.worker_id = claim_for, false))::persist_answer
$$;

-- Stores tasks and their first audit rows, by the rules for task keys (Storage.persist). Tasks with
-- the same key are stored in the order of the list. Returns NULL in the usual case: each task was
-- created, and claimed if it has a \`claim_for\`. Otherwise returns [{id, outcome, claimed}] in the
-- order of the tasks. Sends \`message\` to the other processes unless it is NULL.
CREATE OR REPLACE FUNCTION persist_tasks(tasks json, message json DEFAULT NULL) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  clock   timestamptz := utc_now();
  batch   new_task[] := ARRAY(SELECT t FROM json_populate_recordset(NULL::new_task, tasks) AS t);
  unkeyed new_task[] := batch;
  wanted  int;
  tagged  uuid[];
  keys    text[];
  figures record;
  item    record;
  answers persist_answer[] := '{}';
BEGIN
  SELECT count(t.claim_for), array_agg(t.task_key) FILTER (WHERE t.task_key IS NOT NULL),
    array_agg(t.id) FILTER (WHERE t.tags IS NOT NULL)
  INTO wanted, keys, tagged FROM unnest(batch) AS t;
  IF keys IS NOT NULL THEN unkeyed := ARRAY(SELECT t FROM unnest(batch) AS t WHERE t.task_key IS NULL); END IF;

  figures := store_tasks(unkeyed, clock);
  IF tagged IS NOT NULL THEN PERFORM add_tags(tagged); END IF;
  IF message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  IF keys IS NULL AND figures.stored = cardinality(batch) AND figures.claimed = wanted THEN RETURN NULL; END IF;

  answers := ARRAY(
    SELECT answer_for_stored(s, t.claim_for)
    FROM unnest(batch) WITH ORDINALITY AS t LEFT JOIN queued_tasks AS s ON s.id = t.id AND t.task_key IS NULL
    ORDER BY t.ordinality
  );
  -- Existing rows that may change are locked in the order of ids, as in all batches; new keys are
  -- inserted in the order of keys.
  PERFORM FROM queued_tasks AS t
  WHERE t.task_key = ANY (keys) AND t.worker_id IS NULL AND t.status <> 'InProgress'
  ORDER BY t.id FOR UPDATE;
  FOR item IN
    SELECT batch[i] AS task, i FROM generate_subscripts(batch, 1) AS i
    WHERE batch[i].task_key IS NOT NULL ORDER BY batch[i].task_key COLLATE "C", i
  LOOP
    answers[item.i] := persist_keyed(item.task, clock);
  END LOOP;
  RETURN to_json(answers);
END $$;
`,
  "functions/persist_keyed.sql": `-- Stores dispatched tasks that have a task key.

-- Whether a stored task stays unchanged when another one is dispatched with its key: it is in
-- progress, or it is a series and the new task is a one-shot.
CREATE OR REPLACE FUNCTION stays_as_it_is(known queued_tasks, task new_task) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT known.worker_id IS NOT NULL OR known.status = 'InProgress' OR (known.is_recurring AND task.schedule IS NULL)
$$;

-- Stores one task with a key, or finds the existing one; see the table of Storage.persist. Locks
-- the row of the existing task if it will change. For a new key, the unique index ensures that two
-- processes that dispatch it concurrently store one task. The row of a task in progress is not
-- locked, because its worker, and the whole batch that it writes, would wait for the end of this
-- transaction.
CREATE OR REPLACE FUNCTION persist_keyed(task new_task, clock timestamptz) RETURNS persist_answer
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  known      queued_tasks;
  figures    record;
  keeps_next boolean;
  due        timestamptz := due_instant(clock, task.due_in_ms, task.due_at_ms);
BEGIN
  LOOP
    SELECT t.* INTO known FROM queued_tasks AS t WHERE t.id = task.id;
    IF FOUND THEN RETURN answer_for_stored(known, task.claim_for); END IF;

    SELECT t.* INTO known FROM queued_tasks AS t WHERE t.task_key = task.task_key;
    IF NOT FOUND THEN
      figures := store_tasks(ARRAY[task], clock);
      IF figures.stored = 1 THEN
        IF task.tags IS NOT NULL THEN PERFORM add_tags(ARRAY[task.id]); END IF;
        RETURN ROW(task.id, 'created', figures.claimed = 1)::persist_answer;
      END IF;
      CONTINUE;  -- another process has committed this key first: read again
    END IF;
    IF NOT stays_as_it_is(known, task) THEN
      SELECT t.* INTO known FROM queued_tasks AS t WHERE t.task_key = task.task_key FOR UPDATE;
      CONTINUE WHEN NOT FOUND;
    END IF;
    IF stays_as_it_is(known, task) THEN RETURN ROW(known.id, 'existing', false)::persist_answer; END IF;

    IF NOT known.is_recurring AND known.due_at_utc IS NULL
      AND known.status IN ('Completed', 'Failed', 'Cancelled', 'ServiceStopped') THEN
      UPDATE queued_tasks AS t SET task_key = NULL WHERE t.id = known.id;
      CONTINUE;
    END IF;

    keeps_next := coalesce(known.next_run_utc IS NOT NULL AND known.recurring_task = task.schedule, false);
    UPDATE queued_tasks AS t SET
      type = task.type, handler = task.handler, request = task.request, queue_name = task.queue_name,
      priority = task.priority, audit_level = task.audit_level, trace_context = task.trace_context,
      retry_policy = task.retry_policy, exception = NULL, cancel_requested = false,
      edits = coalesce(t.edits, 0) + 1, is_paused = CASE WHEN known.next_run_utc IS NOT NULL THEN t.is_paused END,
      claim_rank = claim_rank_of(task.priority, task.schedule IS NOT NULL OR t.scheduled_execution_utc IS NOT NULL),
      is_recurring = task.schedule IS NOT NULL, recurring_task = task.schedule, recurring_info = task.info,
      max_runs = task.max_runs, run_until = from_epoch_ms(task.run_until_ms),
      current_run_count = CASE WHEN task.schedule IS NULL THEN NULL
        WHEN known.next_run_utc IS NULL THEN 0 ELSE known.current_run_count END
    WHERE t.id = known.id;
    IF known.tags IS DISTINCT FROM task.tags THEN PERFORM replace_tags(known.id, task.tags); END IF;
    IF NOT keeps_next THEN
      UPDATE queued_tasks AS t SET
        status = task.status, due_at_utc = CASE WHEN t.is_paused THEN t.due_at_utc ELSE due END,
        scheduled_execution_utc = CASE WHEN task.status = 'WaitingQueue' THEN due END,
        claim_rank = claim_rank_of(task.priority, t.is_recurring OR task.status = 'WaitingQueue' AND due IS NOT NULL),
        anchor_utc = from_epoch_ms(task.anchor_at_ms), next_run_utc = from_epoch_ms(task.next_run_at_ms),
        attempt = 0, lost_count = 0, rate_slot_utc = NULL
      WHERE t.id = known.id;
      IF known.status <> task.status AND writes_status_audit(task.audit_level, task.status, NULL) THEN
        INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status) VALUES (known.id, clock, task.status);
      END IF;
    END IF;
    RETURN ROW(known.id, 'updated', false)::persist_answer;
  END LOOP;
END $$;

-- As persist_tasks, but does not wait for keys that an open transaction holds: their tasks are not
-- stored, and their outcome is \`busy\`. Waits briefly at first, because most transactions are short.
-- After that, stores each task separately.
CREATE OR REPLACE FUNCTION persist_tasks_unless_busy(tasks json, message json DEFAULT NULL) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET lock_timeout = '20ms'
AS $$
DECLARE
  item    record;
  answers json[] := '{}';
BEGIN
  BEGIN
    RETURN persist_tasks(tasks, message);
  EXCEPTION WHEN lock_not_available THEN
    SET LOCAL lock_timeout = '1ms';
  END;
  FOR item IN SELECT t.value AS task FROM json_array_elements(tasks) AS t LOOP
    BEGIN
      answers := answers || coalesce(persist_tasks(json_build_array(item.task), message) -> 0, json_build_object(
        'id', item.task -> 'id', 'outcome', 'created', 'claimed', item.task ->> 'claim_for' IS NOT NULL
      ));
    EXCEPTION WHEN lock_not_available THEN
      answers := answers || json_build_object('id', item.task -> 'id', 'outcome', 'busy', 'claimed', false);
    END;
  END LOOP;
  RETURN to_json(answers);
END $$;
`,
  "functions/persist_plain.sql": `-- Stores plain tasks.

-- Stores tasks that are due at once and have no key, schedule, retry policy or tags, which are the
-- most common. It does the same as persist_tasks and takes 40 % less time, because it has lists
-- instead of objects and an INSERT that expects new ids. The n-th task has the n-th element of each
-- list; \`claim_for\` is the worker that gets it, or NULL. Returns the same as persist_tasks.
CREATE OR REPLACE FUNCTION persist_plain_tasks(
  ids uuid[], types text[], handlers text[], requests text[], audit_levels int[], queue_names text[],
  priorities int[], trace_contexts text[], claim_fors text[], message json DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  clock   timestamptz := utc_now();
  claimed int := -1;
BEGIN
  BEGIN
    WITH holder AS MATERIALIZED (
      SELECT w.id, greatest(clock, w.claims_since, w.claims_from) AS claimed_at_utc FROM workers AS w
      WHERE w.id = ANY (claim_fors) AND w.is_registered
      ORDER BY w.id
      FOR KEY SHARE
    ), created AS (
      INSERT INTO queued_tasks (
        id, type, handler, request, status, audit_level, queue_name, priority, trace_context,
        claim_rank, created_at_utc, due_at_utc, worker_id, claimed_at_utc, attempt, lease_token
      )
      SELECT
        t.id, t.type, t.handler, t.request, 'Queued', t.audit_level, t.queue_name, t.priority, t.trace_context,
        claim_rank_of(t.priority, false), clock, CASE WHEN h.id IS NULL THEN clock END, h.id, h.claimed_at_utc,
        CASE WHEN h.id IS NULL THEN 0 ELSE 1 END, CASE WHEN h.id IS NULL THEN 0 ELSE 1 END
      FROM unnest(ids, types, handlers, requests, audit_levels, queue_names, priorities, trace_contexts, claim_fors)
        AS t (id, type, handler, request, audit_level, queue_name, priority, trace_context, claim_for)
      LEFT JOIN holder AS h ON h.id = t.claim_for
        AND t.queue_name <> ALL (ARRAY(SELECT q.queue_name FROM queues AS q WHERE q.is_paused))
      RETURNING id, audit_level, worker_id
    ), audited AS (
      INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status)
      SELECT c.id, clock, 'Queued' FROM created AS c WHERE writes_status_audit(c.audit_level, 'Queued', NULL)
    )
    SELECT count(c.worker_id) INTO claimed FROM created AS c;
  EXCEPTION WHEN unique_violation THEN
    -- The batch is sent again because its answer was lost. Omits the tasks that are stored.
    PERFORM store_tasks(ARRAY(
      SELECT json_populate_record(json_populate_record(NULL::new_task, '{"status": "Queued"}'), to_json(t))
      FROM unnest(ids, types, handlers, requests, audit_levels, queue_names, priorities, trace_contexts, claim_fors)
        AS t (id, type, handler, request, audit_level, queue_name, priority, trace_context, claim_for)
    ), clock);
  END;
  IF message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  IF claimed = cardinality(array_remove(claim_fors, NULL)) THEN RETURN NULL; END IF;
  RETURN to_json(ARRAY(
    SELECT answer_for_stored(s, t.claim_for)
    FROM unnest(ids, claim_fors) WITH ORDINALITY AS t (id, claim_for, ordinality) JOIN queued_tasks AS s ON s.id = t.id
    ORDER BY t.ordinality
  ));
END $$;
`,
  "functions/queues.sql": `-- Pauses and resumes queues.

-- Pauses or resumes a queue. The tasks of a paused queue are not claimed.
CREATE OR REPLACE FUNCTION set_queue_paused(queue text, paused boolean, message json DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO queues (queue_name, is_paused) VALUES (queue, paused)
  ON CONFLICT (queue_name) DO UPDATE SET is_paused = excluded.is_paused;
  IF message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
END $$;
`,
  "functions/rate_slots.sql": `-- The slots of rate limits.

-- Takes one slot for each request by the generic cell rate algorithm with reservations, in the
-- order of the list: [{key, emissionIntervalMs, burst, startEmpty, horizonMs, reservedAt, graceMs,
-- startWithinMs}]. Returns {now, slots: [{slotAt, granted}]}. src/storage/kit/gcra.ts explains the
-- algorithm.
CREATE OR REPLACE FUNCTION take_rate_slots(requests json) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
SET extra_float_digits = 1
AS $$
DECLARE
  clock     timestamptz;
  now_ms    float8;
  wish      record;
  tolerance float8;
  leeway    float8;
  reserved  float8;
  started   float8;
  next_tat  float8;
  earliest  float8;
  latest    float8;
  slot      float8;
  returned  float8;
  granted   boolean;
  changes   boolean;
  has_returned boolean;
  slots     json[] := '{}';
BEGIN
  -- Inserts a row for each new key, in the state of an unused key; then locks all rows. Both are in
  -- the order of keys.
  INSERT INTO rate_limits (rate_key, reserved_tat_ms, started_tat_ms, start_empty)
  SELECT DISTINCT ON (r.key) r.key, '-infinity'::float8, '-infinity'::float8, r."startEmpty"
  FROM json_to_recordset(requests) AS r (key text COLLATE "C", "startEmpty" boolean)
  ORDER BY r.key
  ON CONFLICT (rate_key) DO NOTHING;
  PERFORM FROM rate_limits AS l
  WHERE l.rate_key = ANY (ARRAY(SELECT r.key FROM json_to_recordset(requests) AS r (key text COLLATE "C")))
  ORDER BY l.rate_key FOR UPDATE;
  clock := utc_now();
  now_ms := to_epoch_ms(clock);

  -- The requests are grouped by key, so that each row is read and written once.
  FOR wish IN
    SELECT r.*, r."emissionIntervalMs" AS interval_ms, r."reservedAt" AS reserved_at,
      r.key IS DISTINCT FROM lag(r.key) OVER by_key AS is_first, r.key IS DISTINCT FROM lead(r.key) OVER by_key AS is_last
    FROM ROWS FROM (json_to_recordset(requests) AS (
      key text, "emissionIntervalMs" float8, burst int, "startEmpty" boolean, "horizonMs" float8,
      "reservedAt" float8, "graceMs" float8, "startWithinMs" float8
    )) WITH ORDINALITY AS r (
      key, "emissionIntervalMs", burst, "startEmpty", "horizonMs", "reservedAt", "graceMs", "startWithinMs", position
    )
    WINDOW by_key AS (ORDER BY r.key COLLATE "C", r.position)
    ORDER BY r.key COLLATE "C", r.position
  LOOP
    tolerance := (wish.burst - 1) * wish.interval_ms;
    leeway := wish."graceMs" + 1;
    IF wish.is_first THEN
      SELECT l.reserved_tat_ms, l.started_tat_ms INTO reserved, started FROM rate_limits AS l WHERE l.rate_key = wish.key;
      has_returned := EXISTS (SELECT FROM returned_rate_slots AS s WHERE s.rate_key = wish.key);
      changes := false;
    END IF;
    IF reserved = '-infinity' THEN
      reserved := now_ms + CASE WHEN wish."startEmpty" THEN tolerance ELSE 0 END;
      started := reserved;
    END IF;
    -- The key was released after this slot was reserved: no reservation is as late.
    IF wish.reserved_at > greatest(now_ms, reserved + 1) THEN wish.reserved_at := NULL; END IF;
    next_tat := greatest(now_ms + wish."startWithinMs", started) + wish.interval_ms;
    granted := true;
    IF wish.reserved_at > now_ms THEN
      slot := wish.reserved_at;
    ELSIF started - tolerance - (now_ms - wish.reserved_at <= wish."graceMs")::int * leeway <= now_ms THEN
      slot := now_ms; -- a task with a slot; without one the condition is NULL
      started := next_tat;
      changes := true;
    ELSE
      earliest := greatest(now_ms, ceil(started - leeway - tolerance - 0.001));
      latest := coalesce(now_ms + wish."horizonMs", 'infinity');
      IF has_returned AND reserved > now_ms THEN
        -- Removes returned slots from the end of the reservations, at most a few hundred at a time.
        FOR i IN 1 .. 500 LOOP
          DELETE FROM returned_rate_slots AS s
          WHERE s.rate_key = wish.key AND s.slot_ms >= reserved - tolerance - wish.interval_ms - 1
            AND s.slot_ms = (SELECT max(m.slot_ms) FROM returned_rate_slots AS m WHERE m.rate_key = wish.key)
          RETURNING s.slot_ms INTO returned;
          EXIT WHEN NOT FOUND;
          reserved := returned + tolerance;
          changes := true;
        END LOOP;
        DELETE FROM returned_rate_slots AS s
        WHERE s.rate_key = wish.key AND s.slot_ms < greatest(now_ms + 1, earliest);
      END IF;
      slot := greatest(earliest, ceil(reserved - tolerance - 0.001));
      returned := NULL;
      IF has_returned AND slot > now_ms THEN
        DELETE FROM returned_rate_slots AS s
        WHERE s.rate_key = wish.key AND s.slot_ms <= least(slot, latest)
          AND s.slot_ms = (SELECT min(m.slot_ms) FROM returned_rate_slots AS m WHERE m.rate_key = wish.key)
        RETURNING s.slot_ms INTO returned;
      END IF;
      granted := coalesce(returned, slot) <= latest;
      IF returned IS NOT NULL THEN
        slot := returned;
      ELSIF granted THEN
        changes := true;
        reserved := greatest(now_ms, reserved, started - leeway) + wish.interval_ms;
        IF slot = now_ms THEN started := next_tat; END IF;
      END IF;
    END IF;
    slots[wish.position] := json_build_object('slotAt', slot, 'granted', granted);
    IF wish.is_last AND changes THEN
      UPDATE rate_limits AS l
      SET reserved_tat_ms = reserved, started_tat_ms = started, interval_ms = wish.interval_ms, burst = wish.burst
      WHERE l.rate_key = wish.key;
    END IF;
  END LOOP;
  RETURN json_build_object('now', to_epoch_ms(clock), 'slots', to_json(slots));
END $$;

-- Gives back reserved slots that will not be used: [{key, slotAt}]. Omits slots of keys that have
-- no row any more.
CREATE OR REPLACE FUNCTION return_rate_slots(slots json) RETURNS void
LANGUAGE sql
SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
  INSERT INTO returned_rate_slots (rate_key, slot_ms)
  SELECT l.rate_key, r."slotAt"
  FROM rate_limits AS l
  JOIN json_to_recordset(slots) AS r (key text COLLATE "C", "slotAt" float8) ON r.key = l.rate_key
  ORDER BY l.rate_key, r."slotAt"
  FOR KEY SHARE OF l
  ON CONFLICT DO NOTHING
$$;

-- Gives back the budget of a key, and records the action: NewOperatorAction (src/storage/
-- operation_requests.ts). Returns whether the key has a budget.
CREATE OR REPLACE FUNCTION release_rate_limit(key text, action json) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE rate_limits AS l SET reserved_tat_ms = to_epoch_ms(utc_now()), started_tat_ms = to_epoch_ms(utc_now())
  WHERE l.rate_key = release_rate_limit.key;
  IF NOT FOUND THEN RETURN false; END IF;
  DELETE FROM returned_rate_slots AS s WHERE s.rate_key = release_rate_limit.key;
  PERFORM note_action(action, 1, 0, NULL);
  RETURN true;
END $$;

-- The rate limits with keys after \`after\`, in the order of keys, as RateLimitRecord.
CREATE OR REPLACE FUNCTION list_rate_limits(after text, page_size int) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT SET enable_seqscan = off SET extra_float_digits = 1 AS $$
  SELECT coalesce(json_agg(r ORDER BY r.key), '[]') FROM (
    SELECT l.rate_key AS key, l.reserved_tat_ms AS "reservedUntilAt",
      l.started_tat_ms AS "startedUntilAt", l.interval_ms AS "emissionIntervalMs", l.burst,
      s.slots AS "returnedSlots", s.first AS "firstReturnedAt"
    FROM (SELECT * FROM rate_limits AS k WHERE k.rate_key > after ORDER BY k.rate_key LIMIT page_size) AS l
    CROSS JOIN LATERAL (
      SELECT count(*) AS slots, min(b.slot_ms) AS first
      FROM returned_rate_slots AS b WHERE b.rate_key = l.rate_key AND b.slot_ms > to_epoch_ms(utc_now())
    ) AS s
  ) AS r
$$;
`,
  "functions/reading.sql": `-- Reads tasks and their history.

-- A task as TaskRecord (src/storage/records.ts), with the audit level as a number.
CREATE OR REPLACE FUNCTION task_record(t queued_tasks) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT row_to_json(r) FROM (SELECT
    t.id, t.type, t.handler, t.request, t.status, t.exception, coalesce(t.audit_level, 0) AS "auditLevel",
    t.queue_name AS queue, t.priority, t.task_key AS "taskKey",
    to_epoch_ms(t.created_at_utc) AS "createdAt", to_epoch_ms(t.scheduled_execution_utc) AS "scheduledAt",
    to_epoch_ms(t.due_at_utc) AS "dueAt", to_epoch_ms(t.last_execution_utc) AS "lastExecutionAt",
    CASE WHEN abs(t.execution_time_ms) < 'infinity' THEN t.execution_time_ms END AS "executionTimeMs",
    t.attempt, t.lost_count AS "lostCount", t.worker_id AS "workerId",
    t.lease_token AS "leaseToken", t.cancel_requested AS "cancelRequested",
    to_epoch_ms(t.rate_slot_utc) AS "rateSlotAt", t.trace_context AS "traceContext",
    t.retry_policy AS "retryPolicy", series_record(t) AS series, coalesce(t.tags, '{}') AS tags,
    task_version(t) AS version, t.is_paused AS "isPaused"
  ) AS r
$$;

-- One task, by id or by key; NULL if there is none.
CREATE OR REPLACE FUNCTION get_task(task_id uuid) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT SET extra_float_digits = 1 AS $$
  SELECT task_record(t) FROM queued_tasks AS t WHERE t.id = task_id
$$;

CREATE OR REPLACE FUNCTION get_task_by_key(key text) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT SET extra_float_digits = 1 AS $$
  SELECT task_record(t) FROM queued_tasks AS t WHERE t.task_key = key
$$;

-- Pages of a task's history, oldest first, after a row number.
CREATE OR REPLACE FUNCTION list_status_audit(task_id uuid, after bigint, page_size int) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT a.id AS number, a.queued_task_id AS "taskId", to_epoch_ms(a.updated_at_utc) AS "updatedAt",
      a.new_status AS "newStatus", a.exception
    FROM status_audit AS a WHERE a.queued_task_id = task_id AND a.id > after ORDER BY a.id LIMIT page_size
  ) AS r
$$;

CREATE OR REPLACE FUNCTION list_last_status_audit(task_id uuid, before bigint, page_size int) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT a.id AS number, a.queued_task_id AS "taskId", to_epoch_ms(a.updated_at_utc) AS "updatedAt",
      a.new_status AS "newStatus", a.exception
    FROM status_audit AS a WHERE a.queued_task_id = task_id AND a.id < before ORDER BY a.id DESC LIMIT page_size
  ) AS r
$$;

CREATE OR REPLACE FUNCTION list_runs_audit(task_id uuid, after bigint, page_size int) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT SET extra_float_digits = 1 AS $$
  SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT a.id AS number, a.queued_task_id AS "taskId", to_epoch_ms(a.executed_at) AS "executedAt",
      a.execution_time_ms AS "executionTimeMs", a.status, a.exception
    FROM runs_audit AS a WHERE a.queued_task_id = task_id AND a.id > after ORDER BY a.id LIMIT page_size
  ) AS r
$$;

CREATE OR REPLACE FUNCTION list_last_runs_audit(task_id uuid, before bigint, page_size int) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT SET extra_float_digits = 1 AS $$
  SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT a.id AS number, a.queued_task_id AS "taskId", to_epoch_ms(a.executed_at) AS "executedAt",
      a.execution_time_ms AS "executionTimeMs", a.status, a.exception
    FROM runs_audit AS a WHERE a.queued_task_id = task_id AND a.id < before ORDER BY a.id DESC LIMIT page_size
  ) AS r
$$;
`,
  "functions/relay.sql": `-- The events that processes write for the watchers of other processes. A statement waits only
-- briefly for a lock on these tables, so that it does not delay the other work of its process.

-- The watchers as EventWatcher (src/storage/relay_requests.ts).
CREATE OR REPLACE FUNCTION list_watchers() RETURNS json LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $$
  SELECT coalesce(json_agg(json_build_object('id', w.id, 'parameters', w.parameters) ORDER BY w.id), '[]')
  FROM event_watchers AS w WHERE w.expires_at > utc_now()
$$;

-- The same for heartbeats, which must not fail: returns NULL if the table is locked, and none if
-- the role may not read it.
CREATE OR REPLACE FUNCTION watchers_at_hand() RETURNS json
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '100ms' AS $$
BEGIN
  RETURN list_watchers();
EXCEPTION
  WHEN lock_not_available THEN RETURN NULL;
  WHEN insufficient_privilege THEN RETURN '[]';
END $$;

-- The writers of stored batches, with one index search each.
CREATE OR REPLACE FUNCTION event_writers() RETURNS SETOF text LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  WITH RECURSIVE writers (id) AS (
    (SELECT e.writer_id FROM relayed_events AS e ORDER BY e.writer_id LIMIT 1)
    UNION ALL
    SELECT (SELECT e.writer_id FROM relayed_events AS e WHERE e.writer_id > w.id ORDER BY e.writer_id LIMIT 1)
    FROM writers AS w WHERE w.id IS NOT NULL
  )
  SELECT w.id FROM writers AS w WHERE w.id IS NOT NULL
$$;

-- Registers or renews a watcher until it expires. Notifies other processes if it is new.
CREATE OR REPLACE FUNCTION watch_events(watcher_id text, for_ms float8, parameters boolean, message json DEFAULT NULL)
RETURNS json
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '1s' AS $$
DECLARE
  clock timestamptz := utc_now();
  began boolean;
BEGIN
  began := NOT EXISTS (
    SELECT FROM event_watchers AS w
    WHERE w.id = watch_events.watcher_id AND w.expires_at > clock AND w.parameters >= watch_events.parameters
  );
  INSERT INTO event_watchers AS w (id, expires_at, parameters)
  VALUES (watch_events.watcher_id, ms_after(clock, for_ms), watch_events.parameters)
  ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at, parameters = excluded.parameters;
  IF began AND message IS NOT NULL THEN
    PERFORM notify_processes(message);
  END IF;
  RETURN json_build_object(
    'began', began,
    'watchers', list_watchers(),
    'positions', (
      SELECT coalesce(json_agg(json_build_array(w.id, (SELECT max(e.up_to) FROM relayed_events AS e WHERE e.writer_id = w.id))), '[]')
      FROM event_writers() AS w (id)
    )
  );
END $$;

CREATE OR REPLACE FUNCTION unwatch_events(watcher_id text) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT SET lock_timeout = '1s' AS $$
  DELETE FROM event_watchers AS w WHERE w.id = unwatch_events.watcher_id
$$;

-- Stores a batch if there is a watcher. Returns the watchers.
CREATE OR REPLACE FUNCTION publish_events(
  writer_id text, since bigint, up_to bigint, worker_id text, host text, events text
) RETURNS json
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '1s' AS $$
DECLARE
  watchers json := list_watchers();
BEGIN
  IF json_array_length(watchers) > 0 THEN
    INSERT INTO relayed_events AS e (writer_id, since, up_to, written_at, worker_id, host, events)
    VALUES (publish_events.writer_id, publish_events.since, publish_events.up_to, utc_now(), publish_events.worker_id,
      publish_events.host, publish_events.events)
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN watchers;
END $$;

-- Reads batches of all writers except \`except_from\`, at most \`most\` of each. \`after\` is a list of
-- [writer, number]: the number of the last event that was read from the writer.
CREATE OR REPLACE FUNCTION read_events(after json, except_from text, most int) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT SET lock_timeout = '1s'
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
  clock timestamptz := utc_now(); -- before reading, so that batches stored later are not older
BEGIN
  RETURN json_build_object('now', to_epoch_ms(clock), 'batches', (
    SELECT coalesce(json_agg(json_build_object(
      'writerId', e.writer_id, 'since', e.since, 'upTo', e.up_to, 'workerId', e.worker_id, 'host', e.host, 'events', e.events
    ) ORDER BY e.writer_id, e.up_to), '[]')
    FROM event_writers() AS w (id)
    LEFT JOIN (SELECT p ->> 0 AS writer_id, (p ->> 1)::bigint AS up_to FROM json_array_elements(after) AS p) AS read
      ON read.writer_id = w.id
    CROSS JOIN LATERAL (
      SELECT r.* FROM relayed_events AS r WHERE r.writer_id = w.id AND r.up_to > coalesce(read.up_to, 0)
      ORDER BY r.up_to LIMIT most
    ) AS e
    WHERE w.id <> except_from
  ));
END $$;

-- Removes expired watchers, and 100 batches that are older than a minute, or of any age if there is
-- no watcher. Returns the number of removed batches. Concurrent calls remove other rows.
CREATE OR REPLACE FUNCTION sweep_events() RETURNS int
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '1s' AS $$
DECLARE
  swept int;
BEGIN
  DELETE FROM event_watchers AS w WHERE w.expires_at <= utc_now();
  DELETE FROM relayed_events AS e WHERE e.ctid = ANY (ARRAY(
    SELECT o.ctid FROM relayed_events AS o
    WHERE o.written_at < utc_now() - interval '1 minute' OR NOT EXISTS (SELECT FROM event_watchers)
    ORDER BY o.written_at LIMIT 100 FOR UPDATE SKIP LOCKED
  ));
  GET DIAGNOSTICS swept = ROW_COUNT;
  RETURN swept;
END $$;
`,
  "functions/release.sql": `-- Gives claimed tasks back.

-- Gives back claimed tasks that have not started: [{id, token, due_at_ms}], ordered by id. Skips
-- tasks that the worker does not hold with that token. Returns the number of tasks given back.
CREATE OR REPLACE FUNCTION release_tasks(worker_id text, tasks json, message json DEFAULT NULL) RETURNS int
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_sort = off SET jit = off
AS $$
DECLARE
  clock    timestamptz := utc_now();
  released int;
BEGIN
  UPDATE queued_tasks AS t SET
    worker_id = NULL,
    due_at_utc = CASE WHEN t.cancel_requested THEN clock ELSE from_epoch_ms(r.due_at_ms) END,
    attempt = greatest(0, t.attempt - 1)
  FROM json_to_recordset(tasks) AS r (id uuid, token int, due_at_ms float8)
  WHERE t.id = r.id AND t.worker_id = release_tasks.worker_id AND t.lease_token = r.token;
  GET DIAGNOSTICS released = ROW_COUNT;
  IF released > 0 AND message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN released;
END $$;

-- The ids of the tasks that workers hold. Reads the tasks that were claimed since the earliest
-- \`claims_since\` of these workers, by the index queued_tasks_claimed_at. The settings allow no
-- other plan.
CREATE OR REPLACE FUNCTION tasks_held_by(worker_ids text[]) RETURNS uuid[]
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off SET jit = off
AS $$
DECLARE
  since timestamptz := (SELECT min(w.claims_since) FROM workers AS w WHERE w.id = ANY (worker_ids));
BEGIN
  RETURN ARRAY(
    SELECT t.id FROM queued_tasks AS t WHERE t.worker_id = ANY (worker_ids) AND t.claimed_at_utc >= since
  );
END $$;

-- Gives back the tasks that a worker holds without knowing it, because the answer to a claim was
-- lost. \`known\` has the ids of the tasks that it knows. Returns the number of tasks given back.
CREATE OR REPLACE FUNCTION release_unknown_tasks(worker_id text, known json, message json DEFAULT NULL) RETURNS int
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  clock     timestamptz := utc_now();
  held_ids  uuid[] := tasks_held_by(ARRAY[worker_id]);
  known_ids uuid[] := ARRAY(SELECT i::uuid FROM json_array_elements_text(known) AS i);
  released  int;
BEGIN
  WITH held AS MATERIALIZED (
    SELECT t.id FROM queued_tasks AS t
    WHERE t.id = ANY (held_ids) AND t.id <> ALL (known_ids) AND t.worker_id = release_unknown_tasks.worker_id
    ORDER BY t.id FOR UPDATE
  )
  UPDATE queued_tasks AS t SET worker_id = NULL, due_at_utc = clock, attempt = greatest(0, t.attempt - 1)
  FROM held AS h WHERE t.id = h.id;
  GET DIAGNOSTICS released = ROW_COUNT;
  IF released > 0 AND message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN released;
END $$;
`,
  "functions/reports.sql": `-- The reports of workers: activity by minute, and groups of failures.

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
`,
  "functions/retention.sql": `-- Deletes expired history.

-- The instant before which rows are older than \`days\` days; -infinity if it is NULL, zero or
-- negative, which keeps all rows. A day has 24 hours, unlike a day of an interval, whose length
-- depends on the session's time zone.
CREATE OR REPLACE FUNCTION expires_before(clock timestamptz, days float8) RETURNS timestamptz
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN days > 0 THEN clock - days * interval '24 hours' ELSE '-infinity' END
$$;

-- The instants before which the rows of each kind expire by a RetentionPolicy
-- (src/storage/retention.ts), and the maximum number of log lines per task.
CREATE OR REPLACE FUNCTION retention_limits(
  policy json, clock timestamptz, OUT status timestamptz, OUT status_errors timestamptz, OUT runs timestamptz,
  OUT runs_errors timestamptz, OUT logs timestamptz, OUT tasks timestamptz, OUT actions timestamptz, OUT max_logs bigint
) LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
  status_days float8 := policy ->> 'statusAuditDays';
  runs_days   float8 := policy ->> 'runsAuditDays';
  error_days  float8 := CASE WHEN (policy ->> 'errorAuditDays')::float8 > 0 THEN policy ->> 'errorAuditDays' END;
BEGIN
  status := expires_before(clock, status_days);
  status_errors := expires_before(clock, coalesce(error_days, status_days));
  runs := expires_before(clock, runs_days);
  runs_errors := expires_before(clock, coalesce(error_days, runs_days));
  logs := expires_before(clock, (policy ->> 'executionLogDays')::float8);
  tasks := CASE WHEN (policy ->> 'deleteCompletedTasksAfterRetention')::boolean THEN status ELSE '-infinity' END;
  actions := expires_before(clock, (policy ->> 'operatorActionDays')::float8);
  max_logs := CASE WHEN (policy ->> 'maxExecutionLogsPerTask')::float8 > 0 THEN policy ->> 'maxExecutionLogsPerTask' END;
END $$;

-- Deletes operator actions that are older than an instant, and rate limits that were idle for a
-- day. Returns the number of actions; only counts them in a dry run.
CREATE OR REPLACE FUNCTION forget_idle_rows(actions_limit timestamptz, clock timestamptz, is_dry_run boolean) RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
DECLARE
  first_kept bigint;
  deleted    bigint;
BEGIN
  IF NOT is_dry_run THEN
    -- A key with a full budget is equivalent to a new key.
    DELETE FROM rate_limits AS l
    WHERE greatest(l.reserved_tat_ms, l.started_tat_ms) < to_epoch_ms(clock) - 86400000 AND NOT l.start_empty;
  END IF;
  IF actions_limit = '-infinity' THEN RETURN 0; END IF;
  -- Later actions have larger ids, so only expired rows are read.
  SELECT o.id INTO first_kept FROM operator_actions AS o WHERE o.at_utc >= actions_limit ORDER BY o.id LIMIT 1;
  first_kept := coalesce(first_kept, 9223372036854775807);
  IF is_dry_run THEN
    SELECT count(*) INTO deleted FROM operator_actions AS o WHERE o.id < first_kept;
  ELSE
    DELETE FROM operator_actions AS o WHERE o.id < first_kept;
    GET DIAGNOSTICS deleted = ROW_COUNT;
  END IF;
  RETURN deleted;
END $$;

-- Deletes expired rows, at most \`budget\`: RetentionPolicy (src/storage/retention.ts). If the budget
-- is NULL, only counts them. Searches all tables; purge_in_order deletes most rows at a lower cost.
-- Returns {statusAudit, runsAudit, executionLog, tasks, operatorActions, done}. Never deletes a
-- series, or a task that has not ended.
CREATE OR REPLACE FUNCTION purge_history(policy json, budget bigint) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
DECLARE
  clock         timestamptz := utc_now();
  limits        record := retention_limits(policy, clock);
  is_dry_run    boolean := budget IS NULL;
  room          bigint := budget;
  -- Selects one row more than the budget, to know whether rows remain. LIMIT NULL is no limit.
  doomed        tid[];
  doomed_ids    uuid[];
  counts        bigint[] := '{0,0,0,0,0}';
  done          boolean := true;
  deleted       bigint;
BEGIN
  doomed := ARRAY(
    SELECT a.ctid FROM status_audit AS a
    WHERE a.updated_at_utc < greatest(limits.status, limits.status_errors)
      AND a.updated_at_utc < CASE WHEN a.exception IS NULL THEN limits.status ELSE limits.status_errors END
    LIMIT room + 1
  );
  done := done AND (is_dry_run OR cardinality(doomed) <= room);
  counts[1] := least(cardinality(doomed), room);
  IF NOT is_dry_run THEN DELETE FROM status_audit AS a WHERE a.ctid = ANY (doomed[:room]); END IF;
  room := room - counts[1];

  doomed := ARRAY(
    SELECT a.ctid FROM runs_audit AS a
    WHERE a.executed_at < greatest(limits.runs, limits.runs_errors)
      AND a.executed_at < CASE WHEN a.exception IS NULL THEN limits.runs ELSE limits.runs_errors END
    LIMIT room + 1
  );
  done := done AND (is_dry_run OR cardinality(doomed) <= room);
  counts[2] := least(cardinality(doomed), room);
  IF NOT is_dry_run THEN DELETE FROM runs_audit AS a WHERE a.ctid = ANY (doomed[:room]); END IF;
  room := room - counts[2];

  doomed := ARRAY(
    SELECT l.ctid FROM task_execution_log AS l WHERE l.timestamp_utc < limits.logs
    UNION
    SELECT l.ctid FROM (
      SELECT k.queued_task_id, max(k.sequence_number) - limits.max_logs AS upto FROM task_execution_log AS k
      WHERE limits.max_logs IS NOT NULL
      GROUP BY k.queued_task_id HAVING max(k.sequence_number) - min(k.sequence_number) >= limits.max_logs
    ) AS excess
    JOIN task_execution_log AS l ON l.queued_task_id = excess.queued_task_id AND l.sequence_number <= excess.upto
    LIMIT room + 1
  );
  done := done AND (is_dry_run OR cardinality(doomed) <= room);
  counts[3] := least(cardinality(doomed), room);
  IF NOT is_dry_run THEN DELETE FROM task_execution_log AS l WHERE l.ctid = ANY (doomed[:room]); END IF;
  room := room - counts[3];

  -- A task is deleted when all of its history is deleted or expired.
  doomed_ids := ARRAY(
    SELECT t.id FROM queued_tasks AS t
    WHERE limits.tasks > '-infinity'
      AND t.status IN ('Completed', 'Cancelled') AND NOT t.is_recurring
      AND t.worker_id IS NULL AND t.due_at_utc IS NULL
      AND coalesce(t.last_execution_utc, t.created_at_utc) < limits.tasks
      AND NOT EXISTS (SELECT FROM status_audit AS a WHERE a.queued_task_id = t.id
        AND a.updated_at_utc >= CASE WHEN a.exception IS NULL THEN limits.status ELSE limits.status_errors END)
      AND NOT EXISTS (SELECT FROM runs_audit AS a WHERE a.queued_task_id = t.id
        AND a.executed_at >= CASE WHEN a.exception IS NULL THEN limits.runs ELSE limits.runs_errors END)
      AND NOT EXISTS (SELECT FROM task_execution_log AS l WHERE l.queued_task_id = t.id
        AND l.timestamp_utc >= limits.logs)
    LIMIT room + 1
  );
  done := done AND (is_dry_run OR cardinality(doomed_ids) <= room);
  counts[4] := least(cardinality(doomed_ids), room);
  IF NOT is_dry_run THEN
    -- The conditions are checked again, because the task may have been queued or have run in the
    -- meantime.
    WITH gone AS (DELETE FROM queued_tasks AS t USING (
      SELECT d.id FROM queued_tasks AS d WHERE d.id = ANY (doomed_ids[:room])
        AND d.status IN ('Completed', 'Cancelled') AND d.worker_id IS NULL AND d.due_at_utc IS NULL
        AND coalesce(d.last_execution_utc, d.created_at_utc) < limits.tasks
      ORDER BY d.id FOR UPDATE SKIP LOCKED
    ) AS d WHERE t.id = d.id RETURNING t.id, t.tags
    ), untagged AS (
      DELETE FROM task_tags AS g USING gone AS d WHERE g.task_id = d.id AND g.tag = ANY (d.tags)
    )
    SELECT count(*) INTO deleted FROM gone;
    counts[4] := deleted;
  END IF;
  counts[5] := forget_idle_rows(limits.actions, clock, is_dry_run);

  RETURN json_build_object(
    'statusAudit', counts[1], 'runsAudit', counts[2], 'executionLog', counts[3], 'tasks', counts[4],
    'operatorActions', counts[5], 'done', done
  );
END $$;

-- Deletes expired rows as purge_history does, and adds their number to the record of an operator's
-- action: NewOperatorAction (src/storage/operation_requests.ts). If \`continued\` is NULL, records a
-- new one. Returns also the action's id; NULL if the action to continue is not an unfinished purge.
CREATE OR REPLACE FUNCTION purge_history_by(policy json, budget bigint, action json, continued bigint) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
  purged json;
  total  bigint;
  start  text;
  noted  bigint := continued;
BEGIN
  IF continued IS NOT NULL THEN
    PERFORM FROM operator_actions AS o WHERE o.id = continued AND o.next = 'more' FOR UPDATE;
    IF NOT FOUND THEN RETURN NULL; END IF;
  END IF;
  purged := purge_history(policy, budget);
  SELECT sum(c.value::bigint) INTO total FROM json_each_text(purged) AS c WHERE c.key <> 'done';
  start := CASE WHEN NOT (purged ->> 'done')::boolean THEN 'more' END;
  IF continued IS NULL THEN
    noted := note_action(action, total, 0, start);
  ELSE
    UPDATE operator_actions AS o SET changed = o.changed + total, next = start WHERE o.id = continued;
  END IF;
  RETURN purged::jsonb || jsonb_build_object('actionId', noted::text);
END $$;
`,
  "functions/retention_walk.sql": `-- Deletes expired history in the order of ids, which is by age: ids of version 7 begin with the
-- time of their creation.

-- The first id of version 7 that a task created at this instant can have.
CREATE OR REPLACE FUNCTION first_id_of(instant timestamptz) RETURNS uuid
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT rpad(lpad(to_hex(greatest(0, to_epoch_ms(instant))), 12, '0'), 32, '0')::uuid
$$;

-- Deletes expired rows of the tasks after the id \`after\` (NULL: of all) whose ids are old enough
-- for expired rows: RetentionPolicy (src/storage/retention.ts). Deletes at most \`budget\` rows, and
-- stops after about \`most_ms\` milliseconds. Takes the tasks with their rows, range by range.
-- Returns {statusAudit, runsAudit, executionLog, tasks, operatorActions, done, after};
-- \`after\` is the argument of the next call. Does not find expired rows of younger ids: a task whose
-- id was made by a clock that was ahead, or not by version 7. purge_history finds these.
CREATE OR REPLACE FUNCTION purge_in_order(policy json, budget bigint, after uuid, most_ms float8) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off
AS $$
DECLARE
  clock   timestamptz := utc_now();
  limits  record := retention_limits(policy, clock);
  newest  uuid := first_id_of(greatest(limits.status, limits.status_errors, limits.runs, limits.runs_errors, limits.logs));
  low     uuid := coalesce(after, '00000000-0000-0000-0000-000000000000');
  high    uuid;
  room    bigint := budget;
  doomed  tid[];
  others  uuid[];
  kept    uuid[];
  tagged  uuid[];
  counts  bigint[] := '{0,0,0,0}';
  deleted bigint;
  actions bigint := 0;
  done    boolean := low >= newest;
BEGIN
  WHILE NOT done AND room > 0 AND clock_timestamp() < ms_after(clock, most_ms) LOOP
    -- The range of the next thousand tasks; if tasks stay, of the next rows of history, because
    -- most tasks have none any more.
    IF limits.tasks > '-infinity' THEN
      high := (SELECT t.id FROM queued_tasks AS t WHERE t.id > low AND t.id < newest ORDER BY t.id OFFSET 1000 LIMIT 1);
    ELSE
      high := least(
        (SELECT a.queued_task_id FROM status_audit AS a WHERE a.queued_task_id > low AND a.queued_task_id < newest
          ORDER BY a.queued_task_id, a.id OFFSET 3000 LIMIT 1),
        (SELECT a.queued_task_id FROM runs_audit AS a WHERE a.queued_task_id > low AND a.queued_task_id < newest
          ORDER BY a.queued_task_id, a.id OFFSET 3000 LIMIT 1),
        (SELECT l.queued_task_id FROM task_execution_log AS l WHERE l.queued_task_id > low AND l.queued_task_id < newest
          ORDER BY l.queued_task_id, l.sequence_number OFFSET 3000 LIMIT 1)
      );
    END IF;
    high := coalesce(high, newest);

    -- Each row of the range is read once: it is deleted, or keeps its task.
    SELECT array_agg(r.place) FILTER (WHERE r.expired), array_agg(DISTINCT r.task_id) FILTER (WHERE NOT r.expired)
    INTO doomed, kept FROM (
      SELECT a.ctid AS place, a.queued_task_id AS task_id,
        a.updated_at_utc < CASE WHEN a.exception IS NULL THEN limits.status ELSE limits.status_errors END AS expired
      FROM status_audit AS a WHERE a.queued_task_id > low AND a.queued_task_id <= high
    ) AS r;
    DELETE FROM status_audit AS a WHERE a.ctid = ANY (doomed[:room]);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    counts[1] := counts[1] + deleted;
    room := room - deleted;

    SELECT array_agg(r.place) FILTER (WHERE r.expired), array_agg(DISTINCT r.task_id) FILTER (WHERE NOT r.expired)
    INTO doomed, others FROM (
      SELECT a.ctid AS place, a.queued_task_id AS task_id,
        a.executed_at < CASE WHEN a.exception IS NULL THEN limits.runs ELSE limits.runs_errors END AS expired
      FROM runs_audit AS a WHERE a.queued_task_id > low AND a.queued_task_id <= high
    ) AS r;
    DELETE FROM runs_audit AS a WHERE a.ctid = ANY (doomed[:room]);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    counts[2] := counts[2] + deleted;
    room := room - deleted;
    kept := kept || others;

    SELECT array_agg(r.place) FILTER (WHERE r.expired), array_agg(DISTINCT r.task_id) FILTER (WHERE NOT r.expired)
    INTO doomed, others FROM (
      SELECT l.ctid AS place, l.queued_task_id AS task_id, l.timestamp_utc < limits.logs AS expired
      FROM task_execution_log AS l WHERE l.queued_task_id > low AND l.queued_task_id <= high
    ) AS r;
    DELETE FROM task_execution_log AS l WHERE l.ctid = ANY (doomed[:room]);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    counts[3] := counts[3] + deleted;
    room := room - deleted;
    kept := kept || others;

    -- Unless the budget was used up, all expired rows of these tasks are deleted.
    IF room > 0 AND limits.tasks > '-infinity' THEN
      -- The rows are locked, so their ctids stay valid.
      SELECT array_agg(d.place), array_agg(d.id) FILTER (WHERE d.tags IS NOT NULL) INTO doomed, tagged FROM (
        SELECT t.ctid AS place, t.id, t.tags FROM queued_tasks AS t
        WHERE t.id > low AND t.id <= high
          AND t.status IN ('Completed', 'Cancelled') AND NOT t.is_recurring
          AND t.worker_id IS NULL AND t.due_at_utc IS NULL
          AND coalesce(t.last_execution_utc, t.created_at_utc) < limits.tasks
          AND t.id NOT IN (SELECT unnest(kept))
        ORDER BY t.id LIMIT room FOR UPDATE SKIP LOCKED
      ) AS d;
      DELETE FROM task_tags AS g USING unnest(tagged) AS d (id), queued_tasks AS t
        WHERE t.id = d.id AND g.task_id = t.id AND g.tag = ANY (t.tags);
      DELETE FROM queued_tasks AS t WHERE t.ctid = ANY (doomed);
      GET DIAGNOSTICS deleted = ROW_COUNT;
      counts[4] := counts[4] + deleted;
      room := room - deleted;
    END IF;
    IF room > 0 THEN
      low := high;
      done := low >= newest;
    END IF;
  END LOOP;
  IF done THEN actions := forget_idle_rows(limits.actions, clock, false); END IF;
  RETURN json_build_object(
    'statusAudit', counts[1], 'runsAudit', counts[2], 'executionLog', counts[3], 'tasks', counts[4],
    'operatorActions', actions, 'done', done, 'after', low
  );
END $$;
`,
  "functions/search.sql": `-- Searches and counts tasks. A search reads the primary key, the tasks of a tag, an application's
-- index of payloads, or, if it is for series only, the index of series, so that the cost of the
-- first page does not depend on the number of tasks. For a filter that may read many rows without a
-- match, the caller limits the number of rows to read.

-- The tag whose tasks a search reads; NULL if it reads another index.
CREATE OR REPLACE FUNCTION tag_to_read(filter json) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN filter -> 'ids' IS NULL AND filter -> 'taskKey' IS NULL THEN filter -> 'tags' ->> 0 END
$$;

-- The hash of the value at a path in a payload; NULL for a damaged payload, and if the payload has
-- no value there. An application may create an index of it for a path (src/operate/README.md), so
-- for the same arguments it must always return the same hash. A hash is small for any value, and
-- the driver checks the value itself. Escapes of characters that PostgreSQL rejects are replaced.
-- The high cost keeps the planner from calling it for each row where there is an index.
CREATE OR REPLACE FUNCTION payload_hash(payload text, path text[]) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000000 AS $$
BEGIN
  RETURN hashtextextended((regexp_replace(payload, '\\\\u(0000|d[89a-f]..)', '\\\\ufffd', 'gi')::json #> path)::text, 0);
EXCEPTION WHEN OTHERS THEN
  RETURN NULL;
END $$;

-- The path of a filter of payloads.
CREATE OR REPLACE FUNCTION payload_path(filter json) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT ARRAY(SELECT json_array_elements_text(filter -> 'payloadPath'))
$$;

-- The hash of the value whose tasks a search reads by an application's index of payloads; NULL if
-- the filter has no payload, if its path has no index, or if another index finds fewer tasks.
CREATE OR REPLACE FUNCTION payload_to_read(filter json) RETURNS bigint
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT payload_hash('{"value":' || (filter ->> 'payloadPart') || '}', '{value}')
  WHERE filter -> 'payloadPart' IS NOT NULL AND tag_to_read(filter) IS NULL
    AND filter -> 'ids' IS NULL AND filter -> 'taskKey' IS NULL
    AND EXISTS (
      SELECT FROM pg_index AS i
      WHERE i.indrelid = 'queued_tasks'::regclass AND i.indisvalid AND i.indpred IS NULL
        AND pg_get_indexdef(i.indexrelid, 1, false) = format('payload_hash(request, %L::text[])', payload_path(filter))
        AND pg_get_indexdef(i.indexrelid, 2, false) = 'id')
$$;

-- The conditions of a filter on the task \`t\`, as text: the filter is their parameter $1. The text
-- contains only constants, and no value of a user. \`coalesce\` keeps the planner from the index of
-- claimable tasks, which it would have to read whole and sort.
CREATE OR REPLACE FUNCTION filter_conditions(filter json) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE (filter ->> 'recurring')::boolean
      WHEN true THEN 't.is_recurring' WHEN false THEN 'NOT t.is_recurring' ELSE 'true' END || $text$
    AND ($1 -> 'ids' IS NULL OR t.id = ANY (ARRAY(SELECT json_array_elements_text($1 -> 'ids'))::uuid[]))
    AND ($1 -> 'statuses' IS NULL OR t.status = ANY (ARRAY(SELECT json_array_elements_text($1 -> 'statuses'))))
    AND ($1 -> 'types' IS NULL OR t.type = ANY (ARRAY(SELECT json_array_elements_text($1 -> 'types'))))
    AND ($1 -> 'queues' IS NULL OR t.queue_name = ANY (ARRAY(SELECT json_array_elements_text($1 -> 'queues'))))
    AND ($1 -> 'tags' IS NULL OR coalesce(t.tags, '{}') @> ARRAY(SELECT json_array_elements_text($1 -> 'tags')))
    AND ($1 -> 'taskKey' IS NULL OR t.task_key = $1 ->> 'taskKey')
    AND ($1 -> 'taskKeyPrefix' IS NULL OR starts_with(t.task_key, $1 ->> 'taskKeyPrefix'))
    AND ($1 -> 'exceptionContains' IS NULL OR strpos(t.exception, $1 ->> 'exceptionContains') > 0)
    AND ($1 -> 'payloadPart' IS NULL OR strpos(t.request, $1 ->> 'payloadPart') > 0)
    AND ($1 -> 'createdFrom' IS NULL OR t.created_at_utc >= from_epoch_ms(($1 ->> 'createdFrom')::float8))
    AND ($1 -> 'createdBefore' IS NULL OR t.created_at_utc < from_epoch_ms(($1 ->> 'createdBefore')::float8))
    AND ($1 -> 'dueFrom' IS NULL OR coalesce(t.due_at_utc >= from_epoch_ms(($1 ->> 'dueFrom')::float8), false))
    AND ($1 -> 'dueBefore' IS NULL OR coalesce(t.due_at_utc < from_epoch_ms(($1 ->> 'dueBefore')::float8), false))
    AND ($1 -> 'executedFrom' IS NULL OR t.last_execution_utc >= from_epoch_ms(($1 ->> 'executedFrom')::float8))
    AND ($1 -> 'executedBefore' IS NULL OR t.last_execution_utc < from_epoch_ms(($1 ->> 'executedBefore')::float8))
  $text$
$$;

-- The next tasks that match a filter, at most \`most\`, in order, after the id \`after\` and up to
-- \`last\`: TaskFilter (src/storage/queries.ts). NULL for an id means no bound. It reads in the order
-- of ids, regardless of statistics.
CREATE OR REPLACE FUNCTION find_tasks(filter json, oldest_first boolean, after uuid, last uuid, most int)
RETURNS SETOF uuid
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
DECLARE
  tag     text   := tag_to_read(filter);
  payload bigint := payload_to_read(filter);
BEGIN
  RETURN QUERY EXECUTE format(
    $query$
      SELECT t.id FROM %5$s
      WHERE ($2 IS NULL OR %6$s %1$s $2) AND ($3 IS NULL OR %6$s %2$s $3) AND %3$s
        AND ($6 IS NULL OR payload_hash(t.request, $7) = $6)
      ORDER BY %6$s %4$s LIMIT $4
    $query$,
    CASE WHEN oldest_first THEN '>' ELSE '<' END,
    CASE WHEN oldest_first THEN '<=' ELSE '>=' END,
    filter_conditions(filter),
    CASE WHEN oldest_first THEN 'ASC' ELSE 'DESC' END,
    CASE WHEN tag IS NULL THEN 'queued_tasks AS t'
      -- OFFSET 0 keeps the planner from reading all tasks in order and checking the tags of each.
      ELSE 'task_tags AS g JOIN LATERAL (SELECT * FROM queued_tasks AS q WHERE q.id = g.task_id OFFSET 0) AS t ON g.tag = $5' END,
    CASE WHEN tag IS NULL THEN 't.id' ELSE 'g.task_id' END
  ) USING filter, after, last, most, tag, payload, payload_path(filter);
END $$;

-- The last task that a search may read if it stops after \`most_read\` tasks; NULL if there are
-- fewer, or if \`most_read\` is NULL, which means no limit.
CREATE OR REPLACE FUNCTION last_task_read(filter json, oldest_first boolean, after uuid, most_read int) RETURNS uuid
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
  is_series boolean := filter ->> 'recurring';
  tag       text    := tag_to_read(filter);
  payload   bigint  := payload_to_read(filter);
  last      uuid;
BEGIN
  IF most_read IS NULL THEN RETURN NULL; END IF;
  IF tag IS NOT NULL THEN
    EXECUTE format(
      'SELECT g.task_id FROM task_tags AS g WHERE g.tag = $3 AND ($1 IS NULL OR g.task_id %1$s $1)
       ORDER BY g.task_id %2$s LIMIT 1 OFFSET $2 - 1',
      CASE WHEN oldest_first THEN '>' ELSE '<' END,
      CASE WHEN oldest_first THEN 'ASC' ELSE 'DESC' END
    ) INTO last USING after, most_read, tag;
    RETURN last;
  END IF;
  IF payload IS NOT NULL THEN
    -- These tasks are scattered in the table, as those of a tag.
    EXECUTE format(
      'SELECT t.id FROM queued_tasks AS t WHERE payload_hash(t.request, $3) = $4 AND ($1 IS NULL OR t.id %1$s $1)
       ORDER BY t.id %2$s LIMIT 1 OFFSET $2 - 1',
      CASE WHEN oldest_first THEN '>' ELSE '<' END,
      CASE WHEN oldest_first THEN 'ASC' ELSE 'DESC' END
    ) INTO last USING after, least(most_read, 500), payload_path(filter), payload;
    RETURN last;
  END IF;
  EXECUTE format(
    'SELECT t.id FROM queued_tasks AS t WHERE ($1 IS NULL OR t.id %1$s $1) %2$s ORDER BY t.id %3$s LIMIT 1 OFFSET $2 - 1',
    CASE WHEN oldest_first THEN '>' ELSE '<' END,
    CASE WHEN is_series THEN 'AND t.is_recurring' ELSE '' END,
    CASE WHEN oldest_first THEN 'ASC' ELSE 'DESC' END
  ) INTO last USING after, most_read;
  RETURN last;
END $$;

-- The next tasks that match a filter, at most \`page_size\`, and the last task that was read if the
-- search may have stopped there.
CREATE OR REPLACE FUNCTION search_tasks(
  filter json, oldest_first boolean, after uuid, page_size int, most_read int
) RETURNS json
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT SET extra_float_digits = 1
AS $$
DECLARE
  last uuid := last_task_read(filter, oldest_first, after, most_read);
BEGIN
  RETURN json_build_object(
    'lastRead', last,
    'tasks', coalesce((
      SELECT json_agg((SELECT task_record(t) FROM queued_tasks AS t WHERE t.id = f.id) ORDER BY f.place)
      FROM find_tasks(filter, oldest_first, after, last, page_size) WITH ORDINALITY AS f (id, place)
    ), '[]'));
END $$;

-- Counts the next tasks that match a filter, at most \`most\`. \`lastCounted\` is the match with the
-- number \`most\` - 1, because callers ask for one match more than they count. \`lastRead\` is the last
-- task that was read, if the count may have stopped there.
CREATE OR REPLACE FUNCTION count_tasks(filter json, after uuid, most int, most_read int) RETURNS json
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
  last  uuid   := last_task_read(filter, false, after, most_read);
  found uuid[] := ARRAY(SELECT find_tasks(filter, false, after, last, most));
BEGIN
  RETURN json_build_object('lastRead', last, 'count', cardinality(found), 'lastCounted', found[most - 1]);
END $$;

-- The newest tasks below an id that match a filter, as version 0.2 calls it.
CREATE OR REPLACE FUNCTION list_tasks(filter json, after uuid, page_size int) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT SET extra_float_digits = 1 AS $$
  SELECT search_tasks(filter, false, after, page_size, NULL) -> 'tasks'
$$;
`,
  "functions/series.sql": `-- The runs of a recurring series.

-- A series as SeriesRecord in src/storage/records.ts, NULL for a one-shot task.
CREATE OR REPLACE FUNCTION series_record(task queued_tasks) RETURNS json LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN task.is_recurring THEN json_build_object(
    'schedule', task.recurring_task, 'info', task.recurring_info,
    'anchorAt', to_epoch_ms(task.anchor_utc), 'maxRuns', task.max_runs, 'runUntil', to_epoch_ms(task.run_until),
    'nextRunAt', to_epoch_ms(task.next_run_utc), 'runCount', task.current_run_count
  ) END
$$;

-- Ends runs of recurring tasks in one transaction. The order of \`runs\`, the message, the result and
-- the check of the lease are as in set_task_statuses.
CREATE OR REPLACE FUNCTION update_current_runs(runs json, message json DEFAULT NULL) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_sort = off SET jit = off
AS $$
DECLARE
  clock timestamptz := utc_now();
  given int;
  taken uuid[];
BEGIN
  WITH run AS MATERIALIZED (
    SELECT r.*, r.counts IS NOT FALSE AS is_real,
      ms_after(clock, -coalesce(r.ago_ms, 0)) AS happened_at,
      from_epoch_ms(r.next_run_at_ms) AS next_run_utc
    FROM json_populate_recordset(NULL::run_end, runs) AS r
  ), applied AS (
    UPDATE queued_tasks AS t SET
      status = r.status,
      exception = r.exception,
      worker_id = NULL,
      due_at_utc = CASE WHEN r.next_run_utc IS NOT NULL AND t.cancel_requested THEN clock
        WHEN t.is_paused THEN NULL ELSE r.next_run_utc END,
      next_run_utc = r.next_run_utc,
      cancel_requested = t.cancel_requested AND r.next_run_utc IS NOT NULL,
      attempt = 0,
      lost_count = 0,
      rate_slot_utc = NULL,
      current_run_count = CASE WHEN r.is_real AND t.current_run_count < 2147483647
        THEN t.current_run_count + 1 ELSE t.current_run_count END,
      execution_time_ms = CASE WHEN r.is_real THEN r.execution_time_ms ELSE t.execution_time_ms END,
      last_execution_utc = CASE WHEN r.is_real THEN r.happened_at ELSE t.last_execution_utc END
    FROM run AS r
    WHERE t.id = r.id
      AND t.is_recurring
      AND (r.worker_id IS NULL OR (t.worker_id = r.worker_id AND t.lease_token = r.lease_token))
    RETURNING t.id, r.audit_level, r.status, r.exception, r.happened_at, r.earlier, r.is_real, r.execution_time_ms
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status, exception)
    SELECT a.id, step.happened_at, step.status, step.exception
    FROM applied AS a CROSS JOIN LATERAL (
      SELECT e.status, e.exception, ms_after(clock, -coalesce(e.ago_ms, 0)) AS happened_at
      FROM json_populate_recordset(NULL::status_step, a.earlier) AS e
      UNION ALL
      SELECT a.status, a.exception, a.happened_at
    ) AS step
    WHERE keeps_history(a.audit_level) AND writes_status_audit(a.audit_level, step.status, step.exception)
  ), run_audited AS (
    INSERT INTO runs_audit (queued_task_id, executed_at, execution_time_ms, status, exception)
    SELECT a.id, a.happened_at, a.execution_time_ms, a.status, a.exception
    FROM applied AS a
    WHERE a.is_real AND writes_runs_audit(a.audit_level, a.status, a.exception)
  )
  SELECT (SELECT count(*) FROM run), array_agg(a.id) INTO given, taken FROM applied AS a;
  IF message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN CASE WHEN coalesce(cardinality(taken), 0) < given THEN to_json(coalesce(taken, '{}')) END;
END $$;

-- Ends one run of a recurring task by hand. Sets the status, the run count, the next run (NULL ends
-- the series) and the last execution, and writes the audit rows of the audit level. Returns whether
-- the series exists.
CREATE OR REPLACE FUNCTION update_current_run(
  task_id uuid,
  execution_time_ms float8,
  next_run timestamptz,
  audit_level int DEFAULT 0,
  status text DEFAULT 'Completed',
  exception text DEFAULT NULL,
  worker_id text DEFAULT NULL,
  lease_token int DEFAULT NULL
) RETURNS boolean LANGUAGE sql SET search_path FROM CURRENT SET extra_float_digits = 1 AS $$
  SELECT update_current_runs(json_build_array(json_build_object(
    'id', task_id, 'audit_level', audit_level, 'status', known_status(status), 'exception', exception,
    'execution_time_ms', execution_time_ms, 'next_run_at_ms', to_epoch_ms(next_run),
    'worker_id', worker_id, 'lease_token', lease_token
  ))) IS NULL
$$;

-- Changes the next run and the anchor of waiting series, and makes them due sooner:
-- SeriesCorrection (src/storage/requests.ts). Skips series that a worker holds, or whose next run
-- is not \`planned_at_ms\`. Sends \`message\` to the other processes unless it is NULL. Returns the ids
-- of the changed series.
CREATE OR REPLACE FUNCTION correct_series(corrections json, message json DEFAULT NULL) RETURNS json
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
    WHERE t.id = c.id AND t.is_recurring AND t.due_at_utc IS NOT NULL -- a held task has no due instant
      AND to_epoch_ms(t.next_run_utc) = c.planned_at_ms
    RETURNING t.id
  )
  SELECT coalesce(array_agg(c.id), '{}') INTO corrected FROM changed AS c;
  IF corrected <> '{}' AND message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN to_json(corrected);
END $$;
`,
  "functions/statistics.sql": `-- Counts tasks, and measures the history tables.

-- The waiting tasks by queue, as Backlog. Counts at most \`cap\` due and \`cap\` scheduled tasks of a
-- queue; NULL means all. Reads only the claim index, at most \`cap\` entries of each kind in a line.
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
-- indexes, and estimates the ended ones by their shares of about 500 pages. If \`waiting\` is the
-- number of waiting tasks, divides it by their shares of these pages, instead of counting them by
-- status; unless the pages have too few of them. Returns NULL if the table has at most 32 MB, which
-- are read as fast, or if more than \`most\` tasks were claimed since the earliest \`claims_since\`, as
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

-- The size and growth of the audit tables and the execution log: AuditGrowth[]. Unless \`exact\`, does
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

-- The numbers of tasks that workers hold, by worker and queue: HeldTasks[]. Reads up to \`most\`
-- tasks that were claimed since the earliest \`claims_since\` of all workers, by the index
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
`,
  "functions/status.sql": `-- Changes the statuses of tasks, in batches or one by one.

-- Applies status changes in one transaction, at most one per task. Sends \`message\` to the other
-- processes unless it is NULL. Returns NULL if all were applied, otherwise the ids of those that
-- were. A change is not applied if its lease is not held, or if the task does not exist.
--
-- The statuses InProgress and Queued without due_in_ms keep the lease and the due instant; other
-- changes end the lease. A task with a cancel request becomes due at once, because the worker that
-- claims it next cancels it.
--
-- Without a worker and due_in_ms, the statuses WaitingQueue, Queued and Pending keep the due
-- instant of a waiting task. A task that neither waits nor is held becomes due: a series at its
-- next run, another task at the instant for which it was dispatched, but not before now.
--
-- A worker may report the start of an attempt twice. If the status is InProgress, due_in_ms is NULL
-- and the task is InProgress under the same lease, the change counts as applied, and has no effect.
--
-- Pass changes ordered by id, so that two batches cannot deadlock. The settings allow only one
-- plan, a nested loop that finds the task of each change by primary key. With outdated statistics
-- the planner would read the whole table for a batch of 250 (measured: 17 s).
CREATE OR REPLACE FUNCTION set_task_statuses(changes json, message json DEFAULT NULL) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_sort = off SET jit = off
AS $$
DECLARE
  clock timestamptz := utc_now();
  given int;
  taken uuid[];
BEGIN
  WITH change AS MATERIALIZED (
    SELECT c.*, c.due_in_ms IS NULL AND c.status IN ('InProgress', 'Queued') AS keeps_lease,
      c.due_in_ms IS NULL AND c.worker_id IS NULL AND c.status IN ('WaitingQueue', 'Queued', 'Pending') AS stands_in_line,
      ms_after(clock, -coalesce(c.ago_ms, 0)) AS happened_at
    FROM json_populate_recordset(NULL::status_change, changes) AS c
  ), applied AS (
    UPDATE queued_tasks AS t SET
      status = c.status,
      exception = c.exception,
      worker_id = CASE WHEN c.keeps_lease THEN t.worker_id END,
      due_at_utc = CASE
        WHEN t.due_at_utc IS NOT NULL AND c.stands_in_line THEN t.due_at_utc
        WHEN c.keeps_lease AND (t.worker_id IS NOT NULL OR NOT c.stands_in_line) THEN t.due_at_utc
        WHEN c.due_in_ms IS NULL AND NOT c.stands_in_line THEN NULL
        WHEN t.cancel_requested THEN clock
        WHEN c.stands_in_line
          THEN greatest(clock, CASE WHEN t.is_recurring THEN t.next_run_utc ELSE t.scheduled_execution_utc END)
        ELSE ms_after(clock, c.due_in_ms)
      END,
      cancel_requested = t.cancel_requested AND (c.keeps_lease OR c.stands_in_line OR c.due_in_ms IS NOT NULL),
      attempt = CASE WHEN c.return_attempt THEN greatest(0, t.attempt - 1) ELSE t.attempt END,
      rate_slot_utc = from_epoch_ms(c.rate_slot_at_ms),
      execution_time_ms = CASE WHEN c.execution_time_ms IS NULL OR NOT keeps_history(c.audit_level)
        THEN t.execution_time_ms ELSE c.execution_time_ms END,
      last_execution_utc = CASE WHEN c.execution_time_ms IS NULL OR NOT keeps_history(c.audit_level)
        THEN t.last_execution_utc ELSE c.happened_at END
    FROM change AS c
    WHERE t.id = c.id
      AND (c.worker_id IS NULL OR (t.worker_id = c.worker_id AND t.lease_token = c.lease_token
        AND NOT (c.keeps_lease AND c.status = 'InProgress' AND t.status = 'InProgress')))
    RETURNING t.id, c.audit_level, c.status, c.exception, c.happened_at, c.earlier
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status, exception)
    SELECT a.id, step.happened_at, step.status, step.exception
    FROM applied AS a CROSS JOIN LATERAL (
      SELECT e.status, e.exception, ms_after(clock, -coalesce(e.ago_ms, 0)) AS happened_at
      FROM json_populate_recordset(NULL::status_step, a.earlier) AS e
      UNION ALL
      SELECT a.status, a.exception, a.happened_at
    ) AS step
    WHERE keeps_history(a.audit_level) AND writes_status_audit(a.audit_level, step.status, step.exception)
  )
  SELECT (SELECT count(*) FROM change), array_agg(a.id) INTO given, taken FROM applied AS a;
  IF coalesce(cardinality(taken), 0) < given THEN
    taken := array_cat(taken, (
      SELECT array_agg(t.id)
      FROM json_populate_recordset(NULL::status_change, changes) AS c JOIN queued_tasks AS t ON t.id = c.id
      WHERE c.status = 'InProgress' AND c.due_in_ms IS NULL AND t.status = 'InProgress'
        AND t.worker_id = c.worker_id AND t.lease_token = c.lease_token AND t.id <> ALL (coalesce(taken, '{}'))
    ));
  END IF;
  IF message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN CASE WHEN coalesce(cardinality(taken), 0) < given THEN to_json(coalesce(taken, '{}')) END;
END $$;

-- Completes one-shot tasks that a worker holds and whose handlers succeeded at the first attempt,
-- which is the most common change. It does the same as set_task_statuses with InProgress and
-- Completed, several times as fast, because it has lists instead of objects and no cases. The n-th
-- task has the n-th element of each list: its id (in ascending order), its lease token, its audit
-- level, the times since its start and its end, and its duration. Returns the same.
CREATE OR REPLACE FUNCTION complete_tasks(
  worker_id text, ids uuid[], lease_tokens int[], audit_levels int[],
  started_ago_ms float8[], ended_ago_ms float8[], execution_times_ms float8[]
) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_sort = off SET jit = off
AS $$
DECLARE
  clock timestamptz := utc_now();
  taken uuid[];
BEGIN
  WITH applied AS (
    UPDATE queued_tasks AS t SET
      status = 'Completed', exception = NULL, worker_id = NULL, due_at_utc = NULL, cancel_requested = false,
      rate_slot_utc = NULL,
      execution_time_ms = CASE WHEN keeps_history(c.audit_level) THEN c.execution_time_ms ELSE t.execution_time_ms END,
      last_execution_utc = CASE WHEN keeps_history(c.audit_level) THEN ms_after(clock, -c.ended_ago_ms)
        ELSE t.last_execution_utc END
    FROM unnest(ids, lease_tokens, audit_levels, started_ago_ms, ended_ago_ms, execution_times_ms)
      AS c (id, lease_token, audit_level, started_ago_ms, ended_ago_ms, execution_time_ms)
    WHERE t.id = c.id AND t.worker_id = complete_tasks.worker_id AND t.lease_token = c.lease_token
    RETURNING t.id, c.audit_level, c.started_ago_ms, c.ended_ago_ms
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status)
    SELECT a.id, ms_after(clock, -step.ago_ms), step.status
    FROM applied AS a
    CROSS JOIN LATERAL (VALUES ('InProgress', a.started_ago_ms), ('Completed', a.ended_ago_ms)) AS step (status, ago_ms)
    WHERE keeps_history(a.audit_level) AND writes_status_audit(a.audit_level, step.status, NULL)
  )
  SELECT array_agg(a.id) INTO taken FROM applied AS a;
  RETURN CASE WHEN coalesce(cardinality(taken), 0) < cardinality(ids) THEN to_json(coalesce(taken, '{}')) END;
END $$;

-- Returns a status unchanged, or raises an error if it does not exist.
CREATE OR REPLACE FUNCTION known_status(status text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  known text[] := ARRAY[
    'WaitingQueue', 'Queued', 'InProgress', 'Pending', 'Cancelled', 'Completed', 'Failed', 'ServiceStopped'
  ];
BEGIN
  IF status = ANY (known) THEN RETURN status; END IF;
  RAISE EXCEPTION 'the status is %, but must be one of %', coalesce(quote_literal(status), 'NULL'),
    array_to_string(known, ', ') USING ERRCODE = 'invalid_parameter_value';
END $$;

-- Changes one task's status by hand, and writes the audit row of the audit level. Ends the lease of
-- a held task, unless the status is InProgress or Queued. With due_in_ms, the task can be claimed
-- after this time. Without it, WaitingQueue, Queued and Pending make a task due that does not wait;
-- see set_task_statuses. Returns whether the task exists and, with a worker and a token, whether
-- that worker held it.
CREATE OR REPLACE FUNCTION set_task_status(
  task_id uuid,
  status text,
  exception text DEFAULT NULL,
  audit_level int DEFAULT 0,
  due_in_ms float8 DEFAULT NULL,
  execution_time_ms float8 DEFAULT NULL,
  worker_id text DEFAULT NULL,
  lease_token int DEFAULT NULL
) RETURNS boolean LANGUAGE sql SET search_path FROM CURRENT SET extra_float_digits = 1 AS $$
  SELECT set_task_statuses(json_build_array(json_build_object(
    'id', task_id, 'audit_level', audit_level, 'status', known_status(status), 'exception', exception,
    'due_in_ms', due_in_ms, 'execution_time_ms', execution_time_ms, 'worker_id', worker_id, 'lease_token', lease_token
  )), CASE WHEN status IN ('WaitingQueue', 'Queued', 'Pending') THEN json_build_object('kind', 'tasks') END) IS NULL
$$;
`,
  "functions/table_sizes.sql": `-- The sizes of the tables.

-- The number of rows of a table, by the density that vacuum and analyze saw last, as the planner
-- estimates it; 0 if neither they nor the statistics of the server know the table.
CREATE OR REPLACE FUNCTION estimated_rows(relation regclass) RETURNS float8
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT CASE WHEN c.reltuples > 0 AND c.relpages > 0
    THEN round(c.reltuples * (pg_relation_size(c.oid) / current_setting('block_size')::float8 / c.relpages))
    ELSE pg_stat_get_live_tuples(c.oid) END
  FROM pg_class AS c WHERE c.oid = relation
$$;

-- Each table as TableSize (src/storage/table_sizes.ts), with the lowest id of its tasks. The rows
-- of a table of more than a megabyte are estimated.
CREATE OR REPLACE FUNCTION table_sizes() RETURNS json
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
  each   record;
  number float8;
  oldest uuid;
  sizes  json[] := '{}';
BEGIN
  FOR each IN
    SELECT n.name, n.relation, n.task, c.oid,
      pg_relation_size(c.oid) AS own_bytes, pg_total_relation_size(c.oid) AS bytes
    FROM (VALUES
      (1, 'QueuedTasks', 'queued_tasks', 'id'), (2, 'TaskTags', 'task_tags', NULL), (3, 'StatusAudit', 'status_audit', 'queued_task_id'),
      (4, 'RunsAudit', 'runs_audit', 'queued_task_id'), (5, 'TaskExecutionLog', 'task_execution_log', 'queued_task_id'),
      (6, 'OperatorActions', 'operator_actions', NULL), (7, 'Activity', 'activity', NULL), (8, 'FailureGroups', 'failure_groups', NULL),
      (9, 'FailureCounts', 'failure_counts', NULL), (10, 'RateLimits', 'rate_limits', NULL),
      (11, 'ReturnedRateSlots', 'returned_rate_slots', NULL), (12, 'Workers', 'workers', NULL), (13, 'PausedQueues', 'queues', NULL),
      (14, 'EventWatchers', 'event_watchers', NULL), (15, 'RelayedEvents', 'relayed_events', NULL)
    ) AS n (place, name, relation, task) JOIN pg_class AS c ON c.oid = n.relation::regclass
    ORDER BY n.place
  LOOP
    oldest := NULL;
    IF each.own_bytes <= 1048576 THEN
      EXECUTE format('SELECT count(*) FROM %I', each.relation) INTO number;
    ELSE
      number := estimated_rows(each.oid);
    END IF;
    IF each.task IS NOT NULL THEN
      EXECUTE format('SELECT %1$I FROM %2$I ORDER BY %1$I LIMIT 1', each.task, each.relation) INTO oldest;
    END IF;
    sizes := sizes || json_build_object('table', each.name, 'rows', number, 'isEstimate', each.own_bytes > 1048576,
      'bytes', each.bytes, 'oldestTaskId', oldest);
  END LOOP;
  RETURN to_json(sizes);
END $$;
`,
  "functions/tags.sql": `-- The tags of tasks: an array in the task's row, and for searches a row per tag in task_tags.

-- Adds the tags of stored tasks to task_tags.
CREATE OR REPLACE FUNCTION add_tags(ids uuid[]) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
  INSERT INTO task_tags (tag, task_id)
  SELECT unnest(t.tags) AS tag, t.id FROM queued_tasks AS t WHERE t.id = ANY (ids) AND t.tags IS NOT NULL
  ORDER BY t.id
  ON CONFLICT DO NOTHING
$$;

-- Replaces the tags of a task; NULL removes them.
CREATE OR REPLACE FUNCTION replace_tags(task_id uuid, tags text[]) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
  DELETE FROM task_tags AS g USING queued_tasks AS t
  WHERE t.id = replace_tags.task_id AND g.task_id = t.id AND g.tag = ANY (t.tags) AND g.tag <> ALL (coalesce(replace_tags.tags, '{}'));
  UPDATE queued_tasks AS t SET tags = replace_tags.tags WHERE t.id = replace_tags.task_id;
  SELECT add_tags(ARRAY[replace_tags.task_id]);
$$;
`,
  "functions/waiting.sql": `-- Cancels waiting tasks, or makes them due.

-- Requests the cancellation of tasks: [id]. Returns {id: outcome}, a CancelOutcome
-- (src/storage/requests.ts) for each task that exists. Notifies the workers of claimed tasks in a
-- message from \`sender\`, unless it is NULL. A cancelled task keeps its rate limit slot, so that the
-- caller can read it and give it back.
CREATE OR REPLACE FUNCTION request_cancel(task_ids json, sender text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  clock     timestamptz := utc_now();
  outcomes  json;
  requested uuid[];
BEGIN
  WITH wanted AS MATERIALIZED (
    SELECT t.id, CASE
      WHEN t.worker_id IS NOT NULL THEN 'requested'
      WHEN t.due_at_utc IS NULL AND t.next_run_utc IS NULL
        AND t.status IN ('Completed', 'Failed', 'Cancelled', 'ServiceStopped') THEN 'ended'
      ELSE 'cancelled'
    END AS outcome
    FROM queued_tasks AS t
    WHERE t.id = ANY (ARRAY(SELECT i::uuid FROM json_array_elements_text(task_ids) AS i))
    ORDER BY t.id FOR UPDATE
  ), marked AS (
    UPDATE queued_tasks AS t SET cancel_requested = true
    FROM wanted AS w WHERE t.id = w.id AND w.outcome = 'requested'
  ), cancelled AS (
    UPDATE queued_tasks AS t SET
      status = 'Cancelled', exception = NULL, due_at_utc = NULL, next_run_utc = NULL,
      cancel_requested = false
    FROM wanted AS w WHERE t.id = w.id AND w.outcome = 'cancelled'
    RETURNING t.id, t.audit_level
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status)
    SELECT c.id, clock, 'Cancelled' FROM cancelled AS c WHERE writes_status_audit(c.audit_level, 'Cancelled', NULL)
  )
  SELECT json_object_agg(w.id, w.outcome), array_agg(w.id) FILTER (WHERE w.outcome = 'requested')
  INTO outcomes, requested FROM wanted AS w;
  IF sender IS NOT NULL THEN PERFORM notify_of_cancels(requested, sender); END IF;
  RETURN coalesce(outcomes, '{}');
END $$;

-- Makes unclaimed tasks due now: [id]. A waiting task keeps its status, and one that is already due
-- keeps its due instant. A paused series becomes due, and stays paused. A one-shot task that is
-- Failed, Cancelled or ServiceStopped becomes Queued. Returns the ids of the tasks that are due
-- now.
CREATE OR REPLACE FUNCTION make_due(task_ids json, message json DEFAULT NULL) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off
AS $$
DECLARE
  clock timestamptz := utc_now();
  due   uuid[];
BEGIN
  WITH wanted AS MATERIALIZED (
    SELECT t.id, t.due_at_utc IS NULL AND NOT t.is_recurring AS restarts
    FROM queued_tasks AS t
    WHERE t.id = ANY (ARRAY(SELECT i::uuid FROM json_array_elements_text(task_ids) AS i))
      AND t.worker_id IS NULL
      AND (t.due_at_utc IS NOT NULL OR (t.is_paused AND t.next_run_utc IS NOT NULL)
        OR (NOT t.is_recurring AND t.status IN ('Failed', 'Cancelled', 'ServiceStopped')))
    ORDER BY t.id FOR UPDATE
  ), changed AS (
    UPDATE queued_tasks AS t SET
      due_at_utc = least(t.due_at_utc, clock),
      status = CASE WHEN w.restarts THEN 'Queued' ELSE t.status END,
      exception = CASE WHEN w.restarts THEN NULL ELSE t.exception END,
      attempt = CASE WHEN w.restarts THEN 0 ELSE t.attempt END,
      lost_count = CASE WHEN w.restarts THEN 0 ELSE t.lost_count END,
      rate_slot_utc = CASE WHEN w.restarts THEN NULL ELSE t.rate_slot_utc END
    FROM wanted AS w WHERE t.id = w.id
    RETURNING t.id, w.restarts, t.audit_level
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status)
    SELECT c.id, clock, 'Queued' FROM changed AS c
    WHERE c.restarts AND writes_status_audit(c.audit_level, 'Queued', NULL)
  )
  SELECT coalesce(array_agg(c.id), '{}') INTO due FROM changed AS c;
  IF due <> '{}' AND message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN to_json(due);
END $$;
`,
  "functions/workers.sql": `-- Registers workers, and records their heartbeats.

-- Registers a worker as alive now. A worker that has a row keeps its claims_since, because it may
-- still hold tasks that it claimed before it was lost.
CREATE OR REPLACE FUNCTION register_worker(worker_id text, host text, serves text DEFAULT NULL) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT AS $$
  INSERT INTO workers AS w (id, host, serves, started_at, heartbeat_at, claims_since)
  VALUES (worker_id, host, serves, utc_now(), utc_now(), utc_now())
  ON CONFLICT (id) DO UPDATE SET
    host = excluded.host, serves = excluded.serves, heartbeat_at = excluded.heartbeat_at, is_registered = true,
    started_at = CASE WHEN w.is_registered THEN w.started_at ELSE excluded.started_at END
$$;

-- Records that a worker is alive. Returns HeartbeatResult (src/storage/requests.ts), and
-- \`seenBelow\`, the argument of the next call, for find_unknown_workers. Reads few rows: the
-- workers, the paused queues, the tasks with a cancel request (by an index), and a thousand tasks.
-- \`holds_since_ms\` is the \`claimsFrom\` of an earlier result; the worker holds no task that it
-- claimed before it. claims_since becomes this instant, so that tasks_held_by reads no older tasks.
-- If it is NULL, claims_since stays unchanged.
CREATE OR REPLACE FUNCTION heartbeat(
  worker_id text, lease_ms float8, seen_below uuid DEFAULT NULL, holds_since_ms float8 DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
  clock    timestamptz := utc_now();
  is_alive boolean;
  mark     timestamptz;
  drains   boolean;
BEGIN
  UPDATE workers AS w SET
    heartbeat_at = clock,
    claims_since = greatest(w.claims_since, from_epoch_ms(holds_since_ms)),
    claims_from = greatest(clock, w.claims_since, w.claims_from)
  WHERE w.id = heartbeat.worker_id AND w.is_registered
  RETURNING w.claims_from, w.is_draining INTO mark, drains;
  is_alive := FOUND;
  seen_below := find_unknown_workers(seen_below, clock);
  RETURN json_build_object(
    'now', to_epoch_ms(clock),
    'alive', is_alive,
    'claimsFrom', to_epoch_ms(mark),
    'cancelRequests', ARRAY(
      SELECT t.id FROM queued_tasks AS t WHERE is_alive AND t.cancel_requested AND t.worker_id = heartbeat.worker_id
    ),
    'draining', coalesce(drains, false),
    'pausedQueues', ARRAY(SELECT q.queue_name FROM queues AS q WHERE q.is_paused),
    'othersLost', EXISTS (
      SELECT FROM workers AS w WHERE w.heartbeat_at NOT BETWEEN ms_after(clock, -lease_ms) AND ms_after(clock, lease_ms)
    ),
    'seenBelow', seen_below,
    'watchers', watchers_at_hand()
  );
END $$;

-- Asks a worker to stop, and records the action: NewOperatorAction (src/storage/
-- operation_requests.ts). Returns whether the worker is registered.
CREATE OR REPLACE FUNCTION drain_worker(worker_id text, action json, message json) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE workers AS w SET is_draining = true WHERE w.id = drain_worker.worker_id AND w.is_registered;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM note_action(action, 1, 0, NULL);
  IF message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN true;
END $$;

-- Removes a worker that stops, after its last claim has ended. If it still holds tasks, its row
-- stays until release_lost has released them. It also stays if the search for its tasks could take
-- long, so that the end of the process is not delayed.
CREATE OR REPLACE FUNCTION unregister_worker(worker_id text) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  began timestamptz;
BEGIN
  SELECT w.claims_since INTO began FROM workers AS w WHERE w.id = unregister_worker.worker_id FOR UPDATE;
  UPDATE workers AS w SET is_registered = false, heartbeat_at = '-infinity' WHERE w.id = unregister_worker.worker_id;
  IF began > utc_now() - interval '1 hour'
    OR (SELECT c.reltuples < 1000000 FROM pg_class AS c WHERE c.oid = 'queued_tasks'::regclass) THEN
    DELETE FROM workers AS w
    WHERE w.id = unregister_worker.worker_id AND tasks_held_by(ARRAY[unregister_worker.worker_id]) = '{}';
  END IF;
END $$;

-- The registered workers as WorkerRecord, oldest first.
CREATE OR REPLACE FUNCTION list_workers() RETURNS json LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT w.id, w.host, w.serves, coalesce(w.is_draining, false) AS draining, to_epoch_ms(w.started_at) AS "startedAt", to_epoch_ms(w.heartbeat_at) AS "heartbeatAt",
      to_epoch_ms(utc_now()) - to_epoch_ms(w.heartbeat_at) AS "heartbeatAgeMs"
    FROM workers AS w WHERE w.is_registered ORDER BY w.started_at, w.id
  ) AS r
$$;
`,
};
