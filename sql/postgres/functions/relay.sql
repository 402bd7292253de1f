-- The events that processes write for the watchers of other processes. A statement waits only
-- briefly for a lock on these tables, so that it does not delay the other work of its process.

-- The watchers as EventWatcher (src/storage/relay_requests.ts).
CREATE OR REPLACE FUNCTION list_watchers() RETURNS json LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $$
  SELECT coalesce(json_agg(json_build_object('id', w.id, 'parameters', w.parameters) ORDER BY w.id), '[]')
  FROM event_watchers AS w WHERE w.expires_at > utc_now()
$$;

-- The same for heartbeats, which must not fail: returns NULL if the table is locked, and none if
-- the role may not read it.
CREATE OR REPLACE FUNCTION watchers_at_hand() RETURNS json
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '100ms' AS $$
BEGIN
  RETURN list_watchers();
EXCEPTION
  WHEN lock_not_available THEN RETURN NULL;
  WHEN insufficient_privilege THEN RETURN '[]';
END $$;

-- The writers of stored batches, with one index search each.
CREATE OR REPLACE FUNCTION event_writers() RETURNS SETOF text LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  WITH RECURSIVE writers (id) AS (
    (SELECT e.writer_id FROM relayed_events AS e ORDER BY e.writer_id LIMIT 1)
    UNION ALL
    SELECT (SELECT e.writer_id FROM relayed_events AS e WHERE e.writer_id > w.id ORDER BY e.writer_id LIMIT 1)
    FROM writers AS w WHERE w.id IS NOT NULL
  )
  SELECT w.id FROM writers AS w WHERE w.id IS NOT NULL
$$;

-- Registers or renews a watcher until it expires. Notifies other processes if it is new.
CREATE OR REPLACE FUNCTION watch_events(watcher_id text, for_ms float8, parameters boolean, message json DEFAULT NULL)
RETURNS json
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '1s' AS $$
DECLARE
  clock timestamptz := utc_now();
  began boolean;
BEGIN
  began := NOT EXISTS (
    SELECT FROM event_watchers AS w
    WHERE w.id = watch_events.watcher_id AND w.expires_at > clock AND w.parameters >= watch_events.parameters
  );
  INSERT INTO event_watchers AS w (id, expires_at, parameters)
  VALUES (watch_events.watcher_id, ms_after(clock, for_ms), watch_events.parameters)
  ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at, parameters = excluded.parameters;
  IF began AND message IS NOT NULL THEN
    PERFORM notify_processes(message);
  END IF;
  RETURN json_build_object(
    'began', began,
    'watchers', list_watchers(),
    'positions', (
      SELECT coalesce(json_agg(json_build_array(w.id, (SELECT max(e.up_to) FROM relayed_events AS e WHERE e.writer_id = w.id))), '[]')
      FROM event_writers() AS w (id)
    )
  );
END $$;

CREATE OR REPLACE FUNCTION unwatch_events(watcher_id text) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT SET lock_timeout = '1s' AS $$
  DELETE FROM event_watchers AS w WHERE w.id = unwatch_events.watcher_id
$$;

-- Stores a batch if there is a watcher. Returns the watchers.
CREATE OR REPLACE FUNCTION publish_events(
  writer_id text, since bigint, up_to bigint, worker_id text, host text, events text
) RETURNS json
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '1s' AS $$
DECLARE
  watchers json := list_watchers();
BEGIN
  IF json_array_length(watchers) > 0 THEN
    INSERT INTO relayed_events AS e (writer_id, since, up_to, written_at, worker_id, host, events)
    VALUES (publish_events.writer_id, publish_events.since, publish_events.up_to, utc_now(), publish_events.worker_id,
      publish_events.host, publish_events.events)
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN watchers;
END $$;

-- Reads batches of all writers except `except_from`, at most `most` of each. `after` is a list of
-- [writer, number]: the number of the last event that was read from the writer.
CREATE OR REPLACE FUNCTION read_events(after json, except_from text, most int) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT SET lock_timeout = '1s'
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
  clock timestamptz := utc_now(); -- before reading, so that batches stored later are not older
BEGIN
  RETURN json_build_object('now', to_epoch_ms(clock), 'batches', (
    SELECT coalesce(json_agg(json_build_object(
      'writerId', e.writer_id, 'since', e.since, 'upTo', e.up_to, 'workerId', e.worker_id, 'host', e.host, 'events', e.events
    ) ORDER BY e.writer_id, e.up_to), '[]')
    FROM event_writers() AS w (id)
    LEFT JOIN (SELECT p ->> 0 AS writer_id, (p ->> 1)::bigint AS up_to FROM json_array_elements(after) AS p) AS read
      ON read.writer_id = w.id
    CROSS JOIN LATERAL (
      SELECT r.* FROM relayed_events AS r WHERE r.writer_id = w.id AND r.up_to > coalesce(read.up_to, 0)
      ORDER BY r.up_to LIMIT most
    ) AS e
    WHERE w.id <> except_from
  ));
END $$;

-- Removes expired watchers, and 100 batches that are older than a minute, or of any age if there is
-- no watcher. Returns the number of removed batches. Concurrent calls remove other rows.
CREATE OR REPLACE FUNCTION sweep_events() RETURNS int
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '1s' AS $$
DECLARE
  swept int;
BEGIN
  DELETE FROM event_watchers AS w WHERE w.expires_at <= utc_now();
  DELETE FROM relayed_events AS e WHERE e.ctid = ANY (ARRAY(
    SELECT o.ctid FROM relayed_events AS o
    WHERE o.written_at < utc_now() - interval '1 minute' OR NOT EXISTS (SELECT FROM event_watchers)
    ORDER BY o.written_at LIMIT 100 FOR UPDATE SKIP LOCKED
  ));
  GET DIAGNOSTICS swept = ROW_COUNT;
  RETURN swept;
END $$;
