-- The pace of each rate limit, by which operators see how many tasks wait for it: that of the last
-- request; NULL for a key that nobody has used since.
ALTER TABLE rate_limits ADD COLUMN interval_ms REAL;
ALTER TABLE rate_limits ADD COLUMN burst INTEGER;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (9, unixepoch() * 1000);
