-- Settings of roles, databases and sessions that changed what functions answer. It is the same whatever they are.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- A float8 goes into JSON with as many digits as extra_float_digits says: rate limit slots of this year became those of 2001.
ALTER FUNCTION set_task_status(uuid, text, text, int, float8, float8, text, int) SET extra_float_digits = 1;
ALTER FUNCTION update_current_run(uuid, float8, timestamptz, int, text, text, text, int) SET extra_float_digits = 1;
ALTER FUNCTION claim_tasks(text, json, json) SET extra_float_digits = 1;
ALTER FUNCTION take_rate_slots(json) SET extra_float_digits = 1;
ALTER FUNCTION get_task(uuid) SET extra_float_digits = 1;
ALTER FUNCTION get_task_by_key(text) SET extra_float_digits = 1;
ALTER FUNCTION list_tasks(json, uuid, int) SET extra_float_digits = 1;
ALTER FUNCTION list_runs_audit(uuid, bigint, int) SET extra_float_digits = 1;
ALTER FUNCTION audit_growth() SET extra_float_digits = 1;

-- The instant before which rows are older than `days` days of 24 hours; -infinity for NULL, zero or less, which keep it for ever. An
-- interval of days is as long as they are in the session's time zone.
CREATE OR REPLACE FUNCTION expires_before(clock timestamptz, days float8) RETURNS timestamptz
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN days > 0 THEN clock - days * interval '24 hours' ELSE '-infinity' END
$$;

INSERT INTO schema_migrations (version, name) VALUES (12, 'settings');
COMMIT;
