-- Finds all series without reading ended tasks, because each worker reads them when it starts. This
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
