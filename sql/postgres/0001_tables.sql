-- EverTask for PostgreSQL 13 and later: the tables.
--
-- Every numbered file of this folder is one migration. Run them in order, each once, and functions.sql after them:
--   psql -v ON_ERROR_STOP=1 -f 0001_tables.sql
-- They go to the schema "evertask"; another one is named by a setting:
--   PGOPTIONS='-c evertask.schema=jobs' psql …
-- The driver runs the same files, all in one transaction, when its option `migrate` is on.
--
-- Names are upstream EverTask's in snake_case; our own columns come on top. Instants are timestamptz in whole
-- milliseconds. U+0000, which PostgreSQL cannot store, is kept in every text as the six characters of an escape: U+001A
-- and the code 0000; U+001A itself likewise as U+001A and 001A.
BEGIN;
-- A schema that an administrator has made is taken as it is. CREATE SCHEMA IF NOT EXISTS would want the right to make one all
-- the same. Without the rights on it, the tables would be made elsewhere: as temporary ones.
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

-- One row a task; a recurring series is one row, too. Wide fixed-size columns first, so that little is lost to alignment.
CREATE TABLE queued_tasks (
  id                      uuid        NOT NULL PRIMARY KEY,  -- version 7: new rows and keys go to the last pages
  created_at_utc          timestamptz NOT NULL,
  due_at_utc              timestamptz,                       -- set only while it can be claimed
  claimed_at_utc          timestamptz,                       -- when a worker took it last
  scheduled_execution_utc timestamptz,                       -- what it was dispatched for; NULL: at once
  last_execution_utc      timestamptz,
  next_run_utc            timestamptz,                       -- series: NULL when it has ended
  run_until               timestamptz,                       -- series: exclusive
  anchor_utc              timestamptz,                       -- series: the instant on which the schedule's grid hangs
  rate_slot_utc           timestamptz,                       -- the rate limit slot that it holds
  execution_time_ms       float8,
  lease_token             int         NOT NULL DEFAULT 0,    -- raised by each claim; writes with an older one are refused
  attempt                 int         NOT NULL DEFAULT 0,
  lost_count              int         NOT NULL DEFAULT 0,
  current_run_count       int,
  max_runs                int,
  claim_rank              int         NOT NULL               -- its place among the claimable tasks: see queued_tasks_claimable
    GENERATED ALWAYS AS (priority * 2 + (is_recurring OR scheduled_execution_utc IS NOT NULL)::int) STORED,
  priority                smallint    NOT NULL DEFAULT 0,
  audit_level             smallint,                          -- 0 Full (and NULL), 1 Minimal, 2 ErrorsOnly, 3 None
  is_recurring            boolean     NOT NULL DEFAULT false,
  cancel_requested        boolean     NOT NULL DEFAULT false,
  status                  text        NOT NULL COLLATE "C",
  queue_name              text        NOT NULL COLLATE "C",
  type                    text        NOT NULL COLLATE "C",
  handler                 text        NOT NULL,
  request                 text        NOT NULL,              -- JSON as it came
  exception               text,
  worker_id               text        COLLATE "C",           -- the worker that holds it
  task_key                text        COLLATE "C",
  trace_context           text,
  retry_policy            text,                              -- as JSON, when the dispatch gave one
  recurring_task          text,                              -- series: the schedule as JSON
  recurring_info          text                               -- series: the schedule as a sentence
) WITH (
  -- A task is written two or three times within seconds and then never again. Half-filled pages keep its next version on
  -- its own page, without new index entries (a HOT update), and the room of the old one is used again at once. Measured:
  -- a third more tasks a second than with full pages, and no larger table, since full pages grow by the second version.
  fillfactor = 50,
  -- Dead entries of the claim index slow every claim until vacuum takes them: come early, and do not pause.
  autovacuum_vacuum_scale_factor = 0.01,
  autovacuum_vacuum_threshold = 5000,
  autovacuum_vacuum_insert_scale_factor = 0.1,
  autovacuum_vacuum_cost_delay = 0,
  autovacuum_analyze_scale_factor = 0.05
);

-- No index holds a column that a task's end changes (status, worker, lease): that is what keeps the end a HOT update.
-- So no index finds tasks by worker, either. A worker's tasks are looked for among those that were claimed since it began: a
-- few pages of BRIN tell where they lie, however much history there is, and cost a claim nothing that can be measured.

-- The tasks that can be claimed, in the order of claims. Held and ended ones are not in it, however many there are. Of each
-- priority, those that were dispatched to run at once (their rank is even) stand behind the others, so that new ones go to the
-- end of the index. Ahead of a hundred thousand series and delayed tasks they would go into its middle, where a full page is cut
-- into halves that nothing fills again: measured, an index of nearly twice the size.
CREATE INDEX queued_tasks_claimable ON queued_tasks (queue_name, claim_rank DESC, due_at_utc, id)
  WHERE due_at_utc IS NOT NULL;
CREATE UNIQUE INDEX queued_tasks_task_key ON queued_tasks (task_key) WHERE task_key IS NOT NULL;
CREATE INDEX queued_tasks_claimed_at ON queued_tasks USING brin (claimed_at_utc) WITH (autosummarize = on);
-- The few tasks whose owner is to be told to cancel them.
CREATE INDEX queued_tasks_cancel_requested ON queued_tasks (id) WHERE cancel_requested;

-- History. One index each, which answers "what happened to this task" and, ids being time-ordered, grows at its end. The
-- BRIN indexes find what is old enough to be deleted; they are a few pages, and cost inserts nothing. No foreign keys:
-- they would lock the task's row for every audit row, and history may outlive its task.

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

-- One row a worker process. Heartbeats rewrite it every few seconds: no index on what they touch, and room on the page.
CREATE TABLE workers (
  id            text        PRIMARY KEY COLLATE "C",
  host          text        NOT NULL,
  started_at    timestamptz NOT NULL,
  heartbeat_at  timestamptz NOT NULL,
  claims_since  timestamptz NOT NULL,              -- whatever it holds was claimed at this instant or later
  is_registered boolean     NOT NULL DEFAULT true  -- false: it is gone, and its tasks are still to be released, a lease after heartbeat_at
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- What is known of queues: only those that were ever paused have a row.
CREATE TABLE queues (
  queue_name text    PRIMARY KEY COLLATE "C",
  is_paused  boolean NOT NULL
);

-- One row a key of a rate limit: its theoretical arrival times (generic cell rate algorithm), of what is reserved and of what
-- has started, in epoch milliseconds.
CREATE TABLE rate_limits (
  rate_key        text    PRIMARY KEY COLLATE "C",
  reserved_tat_ms float8  NOT NULL,
  started_tat_ms  float8  NOT NULL,
  start_empty     boolean NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.05);

-- Who does what only one process may do at a time, and until when it may be believed to be at it.
CREATE TABLE maintenance (
  name       text        PRIMARY KEY,
  holder     uuid        NOT NULL,
  held_until timestamptz NOT NULL
);

INSERT INTO schema_migrations (version, name) VALUES (1, 'tables');
COMMIT;
