-- Events that processes show each other while somebody watches; nothing else depends on them, and they are gone in a minute.

-- One row a process that wants to see them.
CREATE TABLE event_watchers (
  id TEXT NOT NULL PRIMARY KEY,
  expires_at_utc INTEGER NOT NULL,
  parameters INTEGER NOT NULL        -- 1: it wants payloads, too
) STRICT, WITHOUT ROWID;

-- One row a batch. A writer numbers its events; the last number is in the key, so that readers find what is new of each.
-- With a rowid: batches are large.
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

-- Raised when somebody begins to watch: other processes look at it to wake up.
ALTER TABLE evertask_state ADD COLUMN watch_changes INTEGER NOT NULL DEFAULT 0;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (6, unixepoch() * 1000);
