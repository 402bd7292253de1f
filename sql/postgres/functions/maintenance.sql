-- Exclusive rights, each of which one process has at a time.

-- Takes or renews an exclusive right for a minute. It expires, so that a process that died does not
-- keep it. It is not bound to a session, so that it works behind a pooler.
CREATE OR REPLACE FUNCTION take_maintenance(task text, by uuid) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO maintenance AS m (name, holder, held_until) VALUES (task, by, utc_now() + interval '1 minute')
  ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
    -- A later end was set by a clock that was ahead.
    WHERE m.holder = excluded.holder OR m.held_until NOT BETWEEN utc_now() AND utc_now() + interval '2 minutes';
  RETURN FOUND;
END $$;

CREATE OR REPLACE FUNCTION end_maintenance(task text, by uuid) RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$
  DELETE FROM maintenance AS m WHERE m.name = task AND m.holder = by
$$;
