-- The database's clock, and conversions of instants.

-- The time of the database's clock, in whole milliseconds, as all instants are stored.
CREATE OR REPLACE FUNCTION utc_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
  SELECT date_trunc('milliseconds', clock_timestamp())
$$;

CREATE OR REPLACE FUNCTION clock_ms() RETURNS bigint LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $$
  SELECT to_epoch_ms(utc_now())
$$;

-- Converts instants to epoch milliseconds and back. An infinite instant, which only a damaged row
-- has, becomes the first or last instant that a Date can hold, so that reading it does not fail.
CREATE OR REPLACE FUNCTION to_epoch_ms(instant timestamptz) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN isfinite(instant) THEN round(date_part('epoch', instant) * 1000)::bigint
    WHEN instant = 'infinity' THEN 8640000000000000 WHEN instant = '-infinity' THEN -8640000000000000 END
$$;

CREATE OR REPLACE FUNCTION from_epoch_ms(ms float8) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT to_timestamp(round(ms) / 1000)
$$;

-- The instant `ms` milliseconds after another one (before it if `ms` is negative), in whole
-- milliseconds.
CREATE OR REPLACE FUNCTION ms_after(instant timestamptz, ms float8) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT instant + round(ms) * interval '1 millisecond'
$$;
