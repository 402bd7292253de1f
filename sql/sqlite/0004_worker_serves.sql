-- Which queues and types a worker takes, as JSON; NULL for one of version 0.1, which does not say.
ALTER TABLE workers ADD COLUMN serves TEXT;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (4, unixepoch() * 1000);
