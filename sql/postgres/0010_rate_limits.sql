-- Rate limits: cancelled tasks give their slots back.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- Slots that were reserved and given back, in epoch milliseconds. A row is deleted when another
-- task takes the slot.
CREATE TABLE returned_rate_slots (
  rate_key text   NOT NULL COLLATE "C" REFERENCES rate_limits ON DELETE CASCADE,
  slot_ms  float8 NOT NULL,
  PRIMARY KEY (rate_key, slot_ms)
);

INSERT INTO schema_migrations (version, name) VALUES (10, 'rate_limits');
COMMIT;
