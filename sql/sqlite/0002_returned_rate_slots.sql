-- The slots of rate limits that were reserved and given back, in milliseconds since 1970. A row is
-- deleted when another task takes the slot.
CREATE TABLE returned_rate_slots (
  key TEXT NOT NULL,
  slot_at_utc INTEGER NOT NULL,
  PRIMARY KEY (key, slot_at_utc)
) STRICT, WITHOUT ROWID;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (2, unixepoch() * 1000);
