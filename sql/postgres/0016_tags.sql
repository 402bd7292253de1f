-- The tags of tasks, by which searches find them.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

ALTER TABLE queued_tasks ADD COLUMN tags text[] COLLATE "C"; -- in the order of the dispatch; NULL: none
ALTER TYPE new_task ADD ATTRIBUTE tags text[];

-- The tasks of each tag, in the order of ids. Tasks without tags have no row. An index on the array
-- has no order of ids: a page of a frequent tag would read all of its tasks.
CREATE TABLE task_tags (
  tag     text COLLATE "C",
  task_id uuid,
  PRIMARY KEY (tag, task_id)
);

INSERT INTO schema_migrations (version, name) VALUES (16, 'tags');
COMMIT;
