-- The tags of a task, as a JSON array in the order of the dispatch; NULL for none.
ALTER TABLE queued_tasks ADD COLUMN tags TEXT;

-- The tasks of each tag, in the order of ids, for searches. Tasks without tags have no row.
CREATE TABLE task_tags (
  tag TEXT NOT NULL,
  task_id TEXT NOT NULL,
  PRIMARY KEY (tag, task_id)
) STRICT, WITHOUT ROWID;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (5, unixepoch() * 1000);
