-- EverTask for PostgreSQL 13 and later: the tables.
--
-- Every numbered file of this folder is one migration. Run them in order, each once, and
-- functions.sql after them:
--   psql -v ON_ERROR_STOP=1 -f 0001_tables.sql
-- They create the schema "evertask". This setting names another one:
--   PGOPTIONS='-c evertask.schema=jobs' psql …
-- The driver runs the same files, all in one transaction, when its option `migrate` is on.
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
