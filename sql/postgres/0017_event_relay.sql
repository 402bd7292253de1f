-- The events that processes exchange while a process watches them. They are deleted after a minute,
-- and nothing else depends on them. Therefore the tables are unlogged: after a crash of the server
-- they are empty.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- One row per process that watches events. It is renewed every few seconds.
CREATE UNLOGGED TABLE event_watchers (
  id         text        PRIMARY KEY COLLATE "C",
  expires_at timestamptz NOT NULL,
  parameters boolean     NOT NULL  -- whether it also receives payloads
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- One row per batch. Each writer numbers its events. The number of the last event is in the key, so
-- that readers find the new batches of each writer. Rows are deleted after a minute, so the table
-- is small, and vacuumed often.
CREATE UNLOGGED TABLE relayed_events (
  writer_id  text        NOT NULL COLLATE "C",
  up_to      bigint      NOT NULL,
  since      bigint      NOT NULL,  -- the number of the last event before the batch
  written_at timestamptz NOT NULL,
  worker_id  text        COLLATE "C",
  host       text        NOT NULL,
  events     text        NOT NULL,  -- as JSON
  PRIMARY KEY (writer_id, up_to)
) WITH (autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0, autovacuum_analyze_threshold = 10000,
  toast.autovacuum_vacuum_threshold = 5000, toast.autovacuum_vacuum_scale_factor = 0);
CREATE INDEX relayed_events_age ON relayed_events (written_at);

-- Every role may read it, because heartbeats read it, and a role may have been granted its rights
-- before this table existed.
GRANT SELECT ON event_watchers TO PUBLIC;

INSERT INTO schema_migrations (version, name) VALUES (17, 'event_relay');
COMMIT;
