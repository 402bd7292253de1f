-- Drops superseded signatures. An upgrade replaces one process after the other, so the calls of an
-- earlier release must work until none of its processes runs any more. A new parameter is therefore
-- added at the end, with a default; the new function accepts the old calls, and the old signature
-- is dropped here. If this is impossible, both functions exist in the minor release that adds the
-- new one and in the next one; then the old one is dropped here. A result may get more fields, and
-- loses none during this time.

-- Version 0.1 calls them with these arguments.
DROP FUNCTION IF EXISTS heartbeat(text, float8);
DROP FUNCTION IF EXISTS heartbeat(text, float8, uuid);
DROP FUNCTION IF EXISTS register_worker(text, text);

-- Version 0.2 calls it without arguments.
DROP FUNCTION IF EXISTS task_backlog();

-- Builds between 0.2 and 0.3 call it without a span.
DROP FUNCTION IF EXISTS list_failure_groups(float8, text, int);

-- Builds between 0.2 and 0.3 call it without the number of waiting tasks.
DROP FUNCTION IF EXISTS estimate_tasks(int);

-- Version 0.2 calls it without arguments.
DROP FUNCTION IF EXISTS audit_growth();

-- Version 0.2 calls it only within purge_history.
DROP FUNCTION IF EXISTS forget_actions(timestamptz);
