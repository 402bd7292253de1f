-- Changes by operators, and the record of their actions. The columns are NULL for tasks that were
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
