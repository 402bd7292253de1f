-- The events that processes exchange while a process watches them. They are deleted after a minute,
-- and nothing else depends on them.

-- One row per process that watches events.
CREATE TABLE event_watchers (
  id TEXT NOT NULL PRIMARY KEY,
  expires_at_utc INTEGER NOT NULL,
  parameters INTEGER NOT NULL        -- 1: it also receives payloads
) STRICT, WITHOUT ROWID;

-- One row per batch. Each writer numbers its events. The number of the last event is in the key, so
-- that readers find the new batches of each writer. The table has a rowid, because batches are
-- large.
CREATE TABLE relayed_events (
  writer_id TEXT NOT NULL,
  up_to INTEGER NOT NULL,
  since INTEGER NOT NULL,            -- the number of the last event before the batch
  written_at_utc INTEGER NOT NULL,
  worker_id TEXT,
  host TEXT NOT NULL,
  events TEXT NOT NULL,              -- as JSON
  PRIMARY KEY (writer_id, up_to)
) STRICT;
CREATE INDEX relayed_events_age ON relayed_events (written_at_utc);

-- Incremented when a process begins to watch. Other processes check it.
ALTER TABLE evertask_state ADD COLUMN watch_changes INTEGER NOT NULL DEFAULT 0;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (6, unixepoch() * 1000);
