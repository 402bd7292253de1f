-- Which queues and types a worker takes, so that others can tell who serves what.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

ALTER TABLE workers ADD COLUMN serves text; -- WorkerServes (src/storage/records.ts) as JSON; NULL for one of version 0.1

-- Makes a worker known, alive as of now. Doing so twice is the same as once and a heartbeat.
DROP FUNCTION register_worker(text, text);
CREATE FUNCTION register_worker(worker_id text, host text, serves text DEFAULT NULL) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT AS $$
  INSERT INTO workers AS w (id, host, serves, started_at, heartbeat_at, claims_since)
  VALUES (worker_id, host, serves, utc_now(), utc_now(), utc_now())
  ON CONFLICT (id) DO UPDATE SET
    host = excluded.host, serves = excluded.serves, heartbeat_at = excluded.heartbeat_at, is_registered = true,
    started_at = CASE WHEN w.is_registered THEN w.started_at ELSE excluded.started_at END
$$;

CREATE OR REPLACE FUNCTION list_workers() RETURNS json LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT w.id, w.host, w.serves, to_epoch_ms(w.started_at) AS "startedAt", to_epoch_ms(w.heartbeat_at) AS "heartbeatAt",
      to_epoch_ms(utc_now()) - to_epoch_ms(w.heartbeat_at) AS "heartbeatAgeMs"
    FROM workers AS w WHERE w.is_registered ORDER BY w.started_at, w.id
  ) AS r
$$;

INSERT INTO schema_migrations (version, name) VALUES (14, 'worker_serves');
COMMIT;
