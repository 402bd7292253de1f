-- The pace of each rate limit, by which operators see how many tasks wait for it: the values of the
-- last request for the key that reserved a slot or started a task. NULL if there was none since
-- this migration.
ALTER TABLE rate_limits ADD COLUMN interval_ms REAL;
ALTER TABLE rate_limits ADD COLUMN burst INTEGER;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (9, unixepoch() * 1000);
