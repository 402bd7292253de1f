-- What was kept for later while the server's clock was ahead, once it is right again.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- Takes rate limit slots, as 0010 has it; see there.
CREATE OR REPLACE FUNCTION take_rate_slots(requests json) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off SET extra_float_digits = 1
AS $$
DECLARE
  clock     timestamptz;
  now_ms    float8;
  wish      record;
  tolerance float8;
  leeway    float8;
  reserved  float8;
  started   float8;
  next_tat  float8;
  earliest  float8;
  latest    float8;
  slot      float8;
  returned  float8;
  granted   boolean;
  changes   boolean;
  has_returned boolean;
  slots     json[] := '{}';
BEGIN
  -- New keys get a row first, as if never used; then all rows are locked, both in the order of keys.
  INSERT INTO rate_limits (rate_key, reserved_tat_ms, started_tat_ms, start_empty)
  SELECT DISTINCT ON (r.key) r.key, '-infinity'::float8, '-infinity'::float8, r."startEmpty"
  FROM json_to_recordset(requests) AS r (key text COLLATE "C", "startEmpty" boolean)
  ORDER BY r.key
  ON CONFLICT (rate_key) DO NOTHING;
  PERFORM FROM rate_limits AS l
  WHERE l.rate_key = ANY (ARRAY(SELECT r.key FROM json_to_recordset(requests) AS r (key text COLLATE "C")))
  ORDER BY l.rate_key FOR UPDATE;
  clock := utc_now();
  now_ms := to_epoch_ms(clock);

  -- Key by key, so that each row is read and written once.
  FOR wish IN
    SELECT r.*, r."emissionIntervalMs" AS interval_ms, r."reservedAt" AS reserved_at,
      r.key IS DISTINCT FROM lag(r.key) OVER by_key AS is_first, r.key IS DISTINCT FROM lead(r.key) OVER by_key AS is_last
    FROM ROWS FROM (json_to_recordset(requests) AS (
      key text, "emissionIntervalMs" float8, burst int, "startEmpty" boolean, "horizonMs" float8,
      "reservedAt" float8, "graceMs" float8, "startWithinMs" float8
    )) WITH ORDINALITY AS r (
      key, "emissionIntervalMs", burst, "startEmpty", "horizonMs", "reservedAt", "graceMs", "startWithinMs", position
    )
    WINDOW by_key AS (ORDER BY r.key COLLATE "C", r.position)
    ORDER BY r.key COLLATE "C", r.position
  LOOP
    tolerance := (wish.burst - 1) * wish.interval_ms;
    leeway := wish."graceMs" + 1;
    IF wish.is_first THEN
      SELECT l.reserved_tat_ms, l.started_tat_ms INTO reserved, started FROM rate_limits AS l WHERE l.rate_key = wish.key;
      has_returned := EXISTS (SELECT FROM returned_rate_slots AS s WHERE s.rate_key = wish.key);
      changes := false;
    END IF;
    IF reserved = '-infinity' THEN
      reserved := now_ms + CASE WHEN wish."startEmpty" THEN tolerance ELSE 0 END;
      started := reserved;
    END IF;
    IF started > now_ms + greatest(wish."startWithinMs", tolerance + leeway) + wish.interval_ms + 5000 THEN
      -- No start leaves a later TAT: the clock was ahead. The budget counts as used up now.
      reserved := now_ms + tolerance + wish.interval_ms;
      started := reserved;
      changes := true;
      DELETE FROM returned_rate_slots AS s WHERE s.rate_key = wish.key;
      has_returned := false;
    END IF;
    next_tat := greatest(now_ms + wish."startWithinMs", started) + wish.interval_ms;
    granted := true;
    IF wish.reserved_at > now_ms THEN
      slot := wish.reserved_at;
    ELSIF started - tolerance - (now_ms - wish.reserved_at <= wish."graceMs")::int * leeway <= now_ms THEN
      slot := now_ms; -- it has a slot: without one, this is NULL
      started := next_tat;
      changes := true;
    ELSE
      earliest := greatest(now_ms, ceil(started - leeway - tolerance - 0.001));
      latest := coalesce(now_ms + wish."horizonMs", 'infinity');
      IF has_returned AND reserved > now_ms THEN
        -- Slots that were given back leave the end of the line; a few hundred at a time.
        FOR i IN 1 .. 500 LOOP
          DELETE FROM returned_rate_slots AS s
          WHERE s.rate_key = wish.key AND s.slot_ms >= reserved - tolerance - wish.interval_ms - 1
            AND s.slot_ms = (SELECT max(m.slot_ms) FROM returned_rate_slots AS m WHERE m.rate_key = wish.key)
          RETURNING s.slot_ms INTO returned;
          EXIT WHEN NOT FOUND;
          reserved := returned + tolerance;
          changes := true;
        END LOOP;
        DELETE FROM returned_rate_slots AS s
        WHERE s.rate_key = wish.key AND s.slot_ms < greatest(now_ms + 1, earliest);
      END IF;
      slot := greatest(earliest, ceil(reserved - tolerance - 0.001));
      returned := NULL;
      IF has_returned AND slot > now_ms THEN
        DELETE FROM returned_rate_slots AS s
        WHERE s.rate_key = wish.key AND s.slot_ms <= least(slot, latest)
          AND s.slot_ms = (SELECT min(m.slot_ms) FROM returned_rate_slots AS m WHERE m.rate_key = wish.key)
        RETURNING s.slot_ms INTO returned;
      END IF;
      granted := coalesce(returned, slot) <= latest;
      IF returned IS NOT NULL THEN
        slot := returned;
      ELSIF granted THEN
        changes := true;
        reserved := greatest(now_ms, reserved, started - leeway) + wish.interval_ms;
        IF slot = now_ms THEN started := next_tat; END IF;
      END IF;
    END IF;
    slots[wish.position] := json_build_object('slotAt', slot, 'granted', granted);
    IF wish.is_last AND changes THEN
      UPDATE rate_limits AS l SET reserved_tat_ms = reserved, started_tat_ms = started WHERE l.rate_key = wish.key;
    END IF;
  END LOOP;
  RETURN json_build_object('now', to_epoch_ms(clock), 'slots', to_json(slots));
END $$;

-- Whether nobody else is at what only one process may do at a time, so that the caller may be. Nobody can have taken it for longer
-- than a minute from now, unless the clock was ahead.
CREATE OR REPLACE FUNCTION take_maintenance(task text, by uuid) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  clock timestamptz := utc_now();
BEGIN
  INSERT INTO maintenance AS m (name, holder, held_until) VALUES (task, by, clock + interval '1 minute')
  ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
    WHERE m.holder = excluded.holder OR m.held_until NOT BETWEEN clock AND clock + interval '65 seconds';
  RETURN FOUND;
END $$;

-- Makes one-shots due sooner that a clock that was ahead has made wait, at most so many; see Storage.correctWaiting in
-- src/storage/storage.ts. Rows that others are at are left to them. Tells the other processes the message, if there is one.
-- Returns how many were made due sooner.
CREATE FUNCTION correct_waiting(row_limit int, message json DEFAULT NULL) RETURNS int
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  clock     timestamptz := utc_now();
  latest    timestamptz := clock + interval '5 seconds';
  corrected int;
BEGIN
  UPDATE queued_tasks AS t SET
    due_at_utc = CASE WHEN t.status = 'Pending' THEN clock + (t.due_at_utc - t.last_execution_utc) ELSE clock END,
    last_execution_utc = CASE WHEN t.status = 'Pending' THEN clock ELSE t.last_execution_utc END
  WHERE t.id = ANY (ARRAY(
    SELECT w.id FROM queued_tasks AS w
    WHERE w.due_at_utc > latest AND isfinite(w.due_at_utc) AND NOT w.is_recurring AND (
      w.status = 'ServiceStopped' OR w.status = 'Queued' AND w.scheduled_execution_utc IS NULL
      OR w.status = 'Pending' AND w.last_execution_utc > latest AND w.last_execution_utc <= w.due_at_utc
    )
    ORDER BY w.id LIMIT row_limit FOR UPDATE SKIP LOCKED
  ));
  GET DIAGNOSTICS corrected = ROW_COUNT;
  IF corrected > 0 AND message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN corrected;
END $$;

INSERT INTO schema_migrations (version, name) VALUES (15, 'clock_set_back');
COMMIT;
