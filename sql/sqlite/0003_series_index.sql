-- Finds all series without reading ended tasks, because each worker reads them when it starts.
CREATE INDEX queued_tasks_series ON queued_tasks (id) WHERE recurring_task IS NOT NULL;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (3, unixepoch() * 1000);
