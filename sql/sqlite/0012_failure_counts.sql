-- The failures of each group by hour, and the versions of the application that failed.
CREATE TABLE failure_counts (
  group_id TEXT NOT NULL,
  hour_utc INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  PRIMARY KEY (group_id, hour_utc)
) STRICT, WITHOUT ROWID;

CREATE INDEX failure_counts_hour ON failure_counts (hour_utc);

ALTER TABLE failure_groups ADD COLUMN first_version TEXT;
ALTER TABLE failure_groups ADD COLUMN last_version TEXT;

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (12, unixepoch() * 1000);
