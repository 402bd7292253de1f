-- The slots of rate limits.

-- Takes one slot for each request by the generic cell rate algorithm with reservations, in the
-- order of the list: [{key, emissionIntervalMs, burst, startEmpty, horizonMs, reservedAt, graceMs,
-- startWithinMs}]. Returns {now, slots: [{slotAt, granted}]}. src/storage/kit/gcra.ts explains the
-- algorithm.
CREATE OR REPLACE FUNCTION take_rate_slots(requests json) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
SET extra_float_digits = 1
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
  -- Inserts a row for each new key, in the state of an unused key; then locks all rows. Both are in
  -- the order of keys.
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

  -- The requests are grouped by key, so that each row is read and written once.
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
    -- The key was released after this slot was reserved: no reservation is as late.
    IF wish.reserved_at > greatest(now_ms, reserved + 1) THEN wish.reserved_at := NULL; END IF;
    next_tat := greatest(now_ms + wish."startWithinMs", started) + wish.interval_ms;
    granted := true;
    IF wish.reserved_at > now_ms THEN
      slot := wish.reserved_at;
    ELSIF started - tolerance - (now_ms - wish.reserved_at <= wish."graceMs")::int * leeway <= now_ms THEN
      slot := now_ms; -- a task with a slot; without one the condition is NULL
      started := next_tat;
      changes := true;
    ELSE
      earliest := greatest(now_ms, ceil(started - leeway - tolerance - 0.001));
      latest := coalesce(now_ms + wish."horizonMs", 'infinity');
      IF has_returned AND reserved > now_ms THEN
        -- Removes returned slots from the end of the reservations, at most a few hundred at a time.
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
      UPDATE rate_limits AS l
      SET reserved_tat_ms = reserved, started_tat_ms = started, interval_ms = wish.interval_ms, burst = wish.burst
      WHERE l.rate_key = wish.key;
    END IF;
  END LOOP;
  RETURN json_build_object('now', to_epoch_ms(clock), 'slots', to_json(slots));
END $$;

-- Gives back reserved slots that will not be used: [{key, slotAt}]. Omits slots of keys that have
-- no row any more.
CREATE OR REPLACE FUNCTION return_rate_slots(slots json) RETURNS void
LANGUAGE sql
SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
  INSERT INTO returned_rate_slots (rate_key, slot_ms)
  SELECT l.rate_key, r."slotAt"
  FROM rate_limits AS l
  JOIN json_to_recordset(slots) AS r (key text COLLATE "C", "slotAt" float8) ON r.key = l.rate_key
  ORDER BY l.rate_key, r."slotAt"
  FOR KEY SHARE OF l
  ON CONFLICT DO NOTHING
$$;

-- Gives back the budget of a key, and records the action: NewOperatorAction (src/storage/
-- operation_requests.ts). Returns whether the key has a budget.
CREATE OR REPLACE FUNCTION release_rate_limit(key text, action json) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE rate_limits AS l SET reserved_tat_ms = to_epoch_ms(utc_now()), started_tat_ms = to_epoch_ms(utc_now())
  WHERE l.rate_key = release_rate_limit.key;
  IF NOT FOUND THEN RETURN false; END IF;
  DELETE FROM returned_rate_slots AS s WHERE s.rate_key = release_rate_limit.key;
  PERFORM note_action(action, 1, 0, NULL);
  RETURN true;
END $$;

-- The rate limits with keys after `after`, in the order of keys, as RateLimitRecord.
CREATE OR REPLACE FUNCTION list_rate_limits(after text, page_size int) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT SET enable_seqscan = off SET extra_float_digits = 1 AS $$
  SELECT coalesce(json_agg(r ORDER BY r.key), '[]') FROM (
    SELECT l.rate_key AS key, l.reserved_tat_ms AS "reservedUntilAt",
      l.started_tat_ms AS "startedUntilAt", l.interval_ms AS "emissionIntervalMs", l.burst,
      s.slots AS "returnedSlots", s.first AS "firstReturnedAt"
    FROM (SELECT * FROM rate_limits AS k WHERE k.rate_key > after ORDER BY k.rate_key LIMIT page_size) AS l
    CROSS JOIN LATERAL (
      SELECT count(*) AS slots, min(b.slot_ms) AS first
      FROM returned_rate_slots AS b WHERE b.rate_key = l.rate_key AND b.slot_ms > to_epoch_ms(utc_now())
    ) AS s
  ) AS r
$$;
