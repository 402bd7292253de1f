-- Workers that an operator has asked to stop.
ALTER TABLE workers ADD COLUMN draining INTEGER;  -- 1: it finishes its tasks and stops

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (10, unixepoch() * 1000);
