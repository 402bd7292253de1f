-- The queues and types that a worker serves, as JSON; NULL for version 0.1, which does not report
-- them.
ALTER TABLE workers ADD COLUMN serves TEXT;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (4, unixepoch() * 1000);
