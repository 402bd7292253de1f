-- Events that processes show each other while somebody watches; nothing else depends on them, and they are gone in a minute.
-- So they are not logged, and nothing is left of them after a crash of the server.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- One row a process that wants to see them. It is renewed every few seconds.
CREATE UNLOGGED TABLE event_watchers (
  id         text        PRIMARY KEY COLLATE "C",
  expires_at timestamptz NOT NULL,
  parameters boolean     NOT NULL  -- it wants payloads, too
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- One row a batch. A writer numbers its events; the last number is in the key, so that readers find what is new of each. All
-- rows are deleted after a minute: the few that are there are vacuumed often.
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

-- Heartbeats read it, also those of roles that were granted their rights before this table existed.
GRANT SELECT ON event_watchers TO PUBLIC;

INSERT INTO schema_migrations (version, name) VALUES (17, 'event_relay');
COMMIT;
