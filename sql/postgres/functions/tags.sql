-- The tags of tasks: an array in the task's row, and for searches a row per tag in task_tags.

-- Adds the tags of stored tasks to task_tags.
CREATE OR REPLACE FUNCTION add_tags(ids uuid[]) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
  INSERT INTO task_tags (tag, task_id)
  SELECT unnest(t.tags) AS tag, t.id FROM queued_tasks AS t WHERE t.id = ANY (ids) AND t.tags IS NOT NULL
  ORDER BY t.id
  ON CONFLICT DO NOTHING
$$;

-- Replaces the tags of a task; NULL removes them.
CREATE OR REPLACE FUNCTION replace_tags(task_id uuid, tags text[]) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
  DELETE FROM task_tags AS g USING queued_tasks AS t
  WHERE t.id = replace_tags.task_id AND g.task_id = t.id AND g.tag = ANY (t.tags) AND g.tag <> ALL (coalesce(replace_tags.tags, '{}'));
  UPDATE queued_tasks AS t SET tags = replace_tags.tags WHERE t.id = replace_tags.task_id;
  SELECT add_tags(ARRAY[replace_tags.task_id]);
$$;
