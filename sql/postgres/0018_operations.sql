-- Changes by operators, and the record of their actions.
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
