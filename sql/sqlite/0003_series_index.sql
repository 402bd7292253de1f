-- Replaced by 0011_task_series.sql. This added an index of series, which took the write lock for as
-- long as it read all tasks.
INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (3, unixepoch() * 1000);
