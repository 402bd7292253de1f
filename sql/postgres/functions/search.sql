-- Searches and counts tasks. A search reads the primary key, the tasks of a tag, an application's
-- index of payloads, or, if it is for series only, the index of series, so that the cost of the
-- first page does not depend on the number of tasks. For a filter that may read many rows without a
-- match, the caller limits the number of rows to read.

-- The tag whose tasks a search reads; NULL if it reads another index.
CREATE OR REPLACE FUNCTION tag_to_read(filter json) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN filter -> 'ids' IS NULL AND filter -> 'taskKey' IS NULL THEN filter -> 'tags' ->> 0 END
$$;

-- The hash of the value at a path in a payload; NULL for a damaged payload, and if the payload has
-- no value there. An application may create an index of it for a path (src/operate/README.md), so
-- for the same arguments it must always return the same hash. A hash is small for any value, and
-- the driver checks the value itself. Escapes of characters that PostgreSQL rejects are replaced.
-- The high cost keeps the planner from calling it for each row where there is an index.
CREATE OR REPLACE FUNCTION payload_hash(payload text, path text[]) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000000 AS $$
BEGIN
  RETURN hashtextextended((regexp_replace(payload, '\\u(0000|d[89a-f]..)', '\\ufffd', 'gi')::json #> path)::text, 0);
EXCEPTION WHEN OTHERS THEN
  RETURN NULL;
END $$;

-- The path of a filter of payloads.
CREATE OR REPLACE FUNCTION payload_path(filter json) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT ARRAY(SELECT json_array_elements_text(filter -> 'payloadPath'))
$$;

-- The hash of the value whose tasks a search reads by an application's index of payloads; NULL if
-- the filter has no payload, if its path has no index, or if another index finds fewer tasks.
CREATE OR REPLACE FUNCTION payload_to_read(filter json) RETURNS bigint
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT payload_hash('{"value":' || (filter ->> 'payloadPart') || '}', '{value}')
  WHERE filter -> 'payloadPart' IS NOT NULL AND tag_to_read(filter) IS NULL
    AND filter -> 'ids' IS NULL AND filter -> 'taskKey' IS NULL
    AND EXISTS (
      SELECT FROM pg_index AS i
      WHERE i.indrelid = 'queued_tasks'::regclass AND i.indisvalid AND i.indpred IS NULL
        AND pg_get_indexdef(i.indexrelid, 1, false) = format('payload_hash(request, %L::text[])', payload_path(filter))
        AND pg_get_indexdef(i.indexrelid, 2, false) = 'id')
$$;

-- The conditions of a filter on the task `t`, as text: the filter is their parameter $1. The text
-- contains only constants, and no value of a user. `coalesce` keeps the planner from the index of
-- claimable tasks, which it would have to read whole and sort.
CREATE OR REPLACE FUNCTION filter_conditions(filter json) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE (filter ->> 'recurring')::boolean
      WHEN true THEN 't.is_recurring' WHEN false THEN 'NOT t.is_recurring' ELSE 'true' END || $text$
    AND ($1 -> 'ids' IS NULL OR t.id = ANY (ARRAY(SELECT json_array_elements_text($1 -> 'ids'))::uuid[]))
    AND ($1 -> 'statuses' IS NULL OR t.status = ANY (ARRAY(SELECT json_array_elements_text($1 -> 'statuses'))))
    AND ($1 -> 'types' IS NULL OR t.type = ANY (ARRAY(SELECT json_array_elements_text($1 -> 'types'))))
    AND ($1 -> 'queues' IS NULL OR t.queue_name = ANY (ARRAY(SELECT json_array_elements_text($1 -> 'queues'))))
    AND ($1 -> 'tags' IS NULL OR coalesce(t.tags, '{}') @> ARRAY(SELECT json_array_elements_text($1 -> 'tags')))
    AND ($1 -> 'taskKey' IS NULL OR t.task_key = $1 ->> 'taskKey')
    AND ($1 -> 'taskKeyPrefix' IS NULL OR starts_with(t.task_key, $1 ->> 'taskKeyPrefix'))
    AND ($1 -> 'exceptionContains' IS NULL OR strpos(t.exception, $1 ->> 'exceptionContains') > 0)
    AND ($1 -> 'payloadPart' IS NULL OR strpos(t.request, $1 ->> 'payloadPart') > 0)
    AND ($1 -> 'createdFrom' IS NULL OR t.created_at_utc >= from_epoch_ms(($1 ->> 'createdFrom')::float8))
    AND ($1 -> 'createdBefore' IS NULL OR t.created_at_utc < from_epoch_ms(($1 ->> 'createdBefore')::float8))
    AND ($1 -> 'dueFrom' IS NULL OR coalesce(t.due_at_utc >= from_epoch_ms(($1 ->> 'dueFrom')::float8), false))
    AND ($1 -> 'dueBefore' IS NULL OR coalesce(t.due_at_utc < from_epoch_ms(($1 ->> 'dueBefore')::float8), false))
    AND ($1 -> 'executedFrom' IS NULL OR t.last_execution_utc >= from_epoch_ms(($1 ->> 'executedFrom')::float8))
    AND ($1 -> 'executedBefore' IS NULL OR t.last_execution_utc < from_epoch_ms(($1 ->> 'executedBefore')::float8))
  $text$
$$;

-- The next tasks that match a filter, at most `most`, in order, after the id `after` and up to
-- `last`: TaskFilter (src/storage/queries.ts). NULL for an id means no bound. It reads in the order
-- of ids, regardless of statistics.
CREATE OR REPLACE FUNCTION find_tasks(filter json, oldest_first boolean, after uuid, last uuid, most int)
RETURNS SETOF uuid
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
DECLARE
  tag     text   := tag_to_read(filter);
  payload bigint := payload_to_read(filter);
BEGIN
  RETURN QUERY EXECUTE format(
    $query$
      SELECT t.id FROM %5$s
      WHERE ($2 IS NULL OR %6$s %1$s $2) AND ($3 IS NULL OR %6$s %2$s $3) AND %3$s
        AND ($6 IS NULL OR payload_hash(t.request, $7) = $6)
      ORDER BY %6$s %4$s LIMIT $4
    $query$,
    CASE WHEN oldest_first THEN '>' ELSE '<' END,
    CASE WHEN oldest_first THEN '<=' ELSE '>=' END,
    filter_conditions(filter),
    CASE WHEN oldest_first THEN 'ASC' ELSE 'DESC' END,
    CASE WHEN tag IS NULL THEN 'queued_tasks AS t'
      -- OFFSET 0 keeps the planner from reading all tasks in order and checking the tags of each.
      ELSE 'task_tags AS g JOIN LATERAL (SELECT * FROM queued_tasks AS q WHERE q.id = g.task_id OFFSET 0) AS t ON g.tag = $5' END,
    CASE WHEN tag IS NULL THEN 't.id' ELSE 'g.task_id' END
  ) USING filter, after, last, most, tag, payload, payload_path(filter);
END $$;

-- The last task that a search may read if it stops after `most_read` tasks; NULL if there are
-- fewer, or if `most_read` is NULL, which means no limit.
CREATE OR REPLACE FUNCTION last_task_read(filter json, oldest_first boolean, after uuid, most_read int) RETURNS uuid
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
  is_series boolean := filter ->> 'recurring';
  tag       text    := tag_to_read(filter);
  payload   bigint  := payload_to_read(filter);
  last      uuid;
BEGIN
  IF most_read IS NULL THEN RETURN NULL; END IF;
  IF tag IS NOT NULL THEN
    EXECUTE format(
      'SELECT g.task_id FROM task_tags AS g WHERE g.tag = $3 AND ($1 IS NULL OR g.task_id %1$s $1)
       ORDER BY g.task_id %2$s LIMIT 1 OFFSET $2 - 1',
      CASE WHEN oldest_first THEN '>' ELSE '<' END,
      CASE WHEN oldest_first THEN 'ASC' ELSE 'DESC' END
    ) INTO last USING after, most_read, tag;
    RETURN last;
  END IF;
  IF payload IS NOT NULL THEN
    -- These tasks are scattered in the table, as those of a tag.
    EXECUTE format(
      'SELECT t.id FROM queued_tasks AS t WHERE payload_hash(t.request, $3) = $4 AND ($1 IS NULL OR t.id %1$s $1)
       ORDER BY t.id %2$s LIMIT 1 OFFSET $2 - 1',
      CASE WHEN oldest_first THEN '>' ELSE '<' END,
      CASE WHEN oldest_first THEN 'ASC' ELSE 'DESC' END
    ) INTO last USING after, least(most_read, 500), payload_path(filter), payload;
    RETURN last;
  END IF;
  EXECUTE format(
    'SELECT t.id FROM queued_tasks AS t WHERE ($1 IS NULL OR t.id %1$s $1) %2$s ORDER BY t.id %3$s LIMIT 1 OFFSET $2 - 1',
    CASE WHEN oldest_first THEN '>' ELSE '<' END,
    CASE WHEN is_series THEN 'AND t.is_recurring' ELSE '' END,
    CASE WHEN oldest_first THEN 'ASC' ELSE 'DESC' END
  ) INTO last USING after, most_read;
  RETURN last;
END $$;

-- The next tasks that match a filter, at most `page_size`, and the last task that was read if the
-- search may have stopped there.
CREATE OR REPLACE FUNCTION search_tasks(
  filter json, oldest_first boolean, after uuid, page_size int, most_read int
) RETURNS json
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT SET extra_float_digits = 1
AS $$
DECLARE
  last uuid := last_task_read(filter, oldest_first, after, most_read);
BEGIN
  RETURN json_build_object(
    'lastRead', last,
    'tasks', coalesce((
      SELECT json_agg((SELECT task_record(t) FROM queued_tasks AS t WHERE t.id = f.id) ORDER BY f.place)
      FROM find_tasks(filter, oldest_first, after, last, page_size) WITH ORDINALITY AS f (id, place)
    ), '[]'));
END $$;

-- Counts the next tasks that match a filter, at most `most`. `lastCounted` is the match with the
-- number `most` - 1, because callers ask for one match more than they count. `lastRead` is the last
-- task that was read, if the count may have stopped there.
CREATE OR REPLACE FUNCTION count_tasks(filter json, after uuid, most int, most_read int) RETURNS json
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
  last  uuid   := last_task_read(filter, false, after, most_read);
  found uuid[] := ARRAY(SELECT find_tasks(filter, false, after, last, most));
BEGIN
  RETURN json_build_object('lastRead', last, 'count', cardinality(found), 'lastCounted', found[most - 1]);
END $$;

-- The newest tasks below an id that match a filter, as version 0.2 calls it.
CREATE OR REPLACE FUNCTION list_tasks(filter json, after uuid, page_size int) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT SET extra_float_digits = 1 AS $$
  SELECT search_tasks(filter, false, after, page_size, NULL) -> 'tasks'
$$;
