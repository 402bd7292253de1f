-- Searches the waiting tasks by due instant. In the index of claimable tasks, the tasks of one
-- queue and rank, called a line, are in this order. A page is merged from all lines.

-- Returns the queue and rank of each line, in the queues `wanted`, or in all queues if it is NULL.
-- This is a loose index scan: one probe finds the next rank, and another the next queue.
CREATE OR REPLACE FUNCTION waiting_lines(wanted text[]) RETURNS TABLE (queue text, rank int)
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
  names text[] := ARRAY(SELECT DISTINCT unnest(wanted));
BEGIN
  IF wanted IS NULL THEN
    queue := '';
    LOOP
      SELECT t.queue_name INTO queue FROM queued_tasks AS t
      WHERE t.due_at_utc IS NOT NULL AND t.queue_name > waiting_lines.queue ORDER BY t.queue_name LIMIT 1;
      EXIT WHEN NOT FOUND;
      names := names || queue;
    END LOOP;
  END IF;
  FOREACH queue IN ARRAY names LOOP
    rank := 65536;
    LOOP
      SELECT t.claim_rank INTO rank FROM queued_tasks AS t
      WHERE t.due_at_utc IS NOT NULL AND t.queue_name = waiting_lines.queue AND t.claim_rank < waiting_lines.rank
      ORDER BY t.claim_rank DESC LIMIT 1;
      EXIT WHEN NOT FOUND;
      RETURN NEXT;
    END LOOP;
  END LOOP;
END $$;

-- Returns {tasks, known}. `tasks` are the waiting tasks after a place (a due instant in epoch
-- milliseconds, and an id) that match a filter, at most `page_size`. Divides `most_read` rows among
-- the lines, and reads at most `most_of_line` rows of each. `known` is the place up to which all
-- lines were read; NULL if they were read to their ends.
CREATE OR REPLACE FUNCTION search_due_tasks(
  filter json, after_due_ms float8, after_id uuid, page_size int, most_of_line int, most_read int
) RETURNS json
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET extra_float_digits = 1
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
DECLARE
  after_due timestamptz := coalesce(from_epoch_ms(after_due_ms), '-infinity');
  names     text[];
  ranks     int[];
  of_line   int;
  known_due timestamptz;
  known_id  uuid;
  tasks     json;
BEGIN
  after_id := coalesce(after_id, '00000000-0000-0000-0000-000000000000');
  SELECT array_agg(l.queue), array_agg(l.rank) INTO names, ranks
  FROM waiting_lines(CASE WHEN filter -> 'queues' IS NOT NULL THEN
    ARRAY(SELECT json_array_elements_text(filter -> 'queues')) END) AS l;
  of_line := least(most_of_line, greatest(1, ceil(most_read / greatest(1, cardinality(names))::float8)::int));
  SELECT p.due_at_utc, p.id INTO known_due, known_id
  FROM unnest(names, ranks) AS l (queue, rank) CROSS JOIN LATERAL (
    SELECT t.due_at_utc, t.id FROM queued_tasks AS t
    WHERE t.queue_name = l.queue AND t.claim_rank = l.rank AND t.due_at_utc IS NOT NULL
      AND (t.due_at_utc, t.id) > (after_due, after_id)
    ORDER BY t.due_at_utc, t.id LIMIT 1 OFFSET of_line - 1
  ) AS p ORDER BY p.due_at_utc, p.id LIMIT 1;
  EXECUTE format($query$
    SELECT json_agg((SELECT task_record(t) FROM queued_tasks AS t WHERE t.id = f.id) ORDER BY f.due_at_utc, f.id) FROM (
      SELECT p.due_at_utc, p.id
      FROM unnest($2, $3) AS l (queue, rank) CROSS JOIN LATERAL (
        SELECT t.due_at_utc, t.id FROM queued_tasks AS t
        WHERE t.queue_name = l.queue AND t.claim_rank = l.rank AND t.due_at_utc IS NOT NULL
          AND (t.due_at_utc, t.id) > ($4, $5) AND (t.due_at_utc, t.id) <= ($6, $7) AND %s
        ORDER BY t.due_at_utc, t.id LIMIT $8
      ) AS p
      ORDER BY p.due_at_utc, p.id LIMIT $8
    ) AS f
  $query$, filter_conditions(filter)) INTO tasks
  USING filter, names, ranks, after_due, after_id, coalesce(known_due, 'infinity'),
    coalesce(known_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), page_size;
  RETURN json_build_object('tasks', coalesce(tasks, '[]'), 'known',
    CASE WHEN known_id IS NOT NULL THEN json_build_object('dueAt', to_epoch_ms(known_due), 'id', known_id) END);
END $$;
