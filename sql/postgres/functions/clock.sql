-- The database's clock, and instants as the other functions take and give them.

-- The database's clock, in the whole milliseconds in which everything is stored.
CREATE OR REPLACE FUNCTION utc_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
  SELECT date_trunc('milliseconds', clock_timestamp())
$$;

CREATE OR REPLACE FUNCTION clock_ms() RETURNS bigint LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $$
  SELECT to_epoch_ms(utc_now())
$$;

-- Instants as JavaScript counts them, and back. One that never is, which only a row damaged by hand
-- has, becomes the first or last that a Date can hold, so that no reading fails.
CREATE OR REPLACE FUNCTION to_epoch_ms(instant timestamptz) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN isfinite(instant) THEN round(date_part('epoch', instant) * 1000)::bigint
    WHEN instant = 'infinity' THEN 8640000000000000 WHEN instant = '-infinity' THEN -8640000000000000 END
$$;

CREATE OR REPLACE FUNCTION from_epoch_ms(ms float8) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT to_timestamp(round(ms) / 1000)
$$;

-- The instant `ms` milliseconds after another one (before it, if negative), in whole milliseconds.
CREATE OR REPLACE FUNCTION ms_after(instant timestamptz, ms float8) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT instant + round(ms) * interval '1 millisecond'
$$;
