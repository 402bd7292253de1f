-- Brings the functions of databases of version 7 to the form that 0002 to 0004 give to new ones: those files have changed
-- since. In a new database nothing changes.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- Instants as JavaScript counts them, and back. One that never is, which only a row damaged by hand has, becomes the first or
-- last that a Date can hold, so that no reading fails.
CREATE OR REPLACE FUNCTION to_epoch_ms(instant timestamptz) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN isfinite(instant) THEN round(date_part('epoch', instant) * 1000)::bigint
    WHEN instant = 'infinity' THEN 8640000000000000 WHEN instant = '-infinity' THEN -8640000000000000 END
$$;

-- Applies many changes of status in one transaction, and tells the other processes the message, if there is one; a task appears at most once. Returns NULL when all were applied,
-- otherwise the ids of those that were: one is refused if its lease is not (or no longer) held, or if it does not exist.
--
-- With InProgress or Queued as the status, and no due_in_ms, lease and due instant stay as they are; with any other the
-- lease ends. An open request to cancel makes a task due at once, since the worker that claims it next deals with it.
--
-- Without a worker and due_in_ms, WaitingQueue, Queued and Pending leave the due instant of a task
-- that waits as it is. One that neither waits nor is held becomes due: a series at its next run,
-- another task when it was dispatched for, at the soonest now.
--
-- Pass changes ordered by id, so that two batches never wait for each other. The plan is fixed, since statistics that lag
-- behind make the planner read the whole table for a batch of 250 (measured: 17 s): a nested loop over the changes, each
-- finding its task by primary key.
CREATE OR REPLACE FUNCTION set_task_statuses(changes json, message json DEFAULT NULL) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_sort = off SET jit = off
AS $$
DECLARE
  clock timestamptz := utc_now();
  given int;
  taken uuid[];
BEGIN
  WITH change AS MATERIALIZED (
    SELECT c.*, c.due_in_ms IS NULL AND c.status IN ('InProgress', 'Queued') AS keeps_lease,
      c.due_in_ms IS NULL AND c.worker_id IS NULL AND c.status IN ('WaitingQueue', 'Queued', 'Pending') AS stands_in_line,
      ms_after(clock, -coalesce(c.ago_ms, 0)) AS happened_at
    FROM json_populate_recordset(NULL::status_change, changes) AS c
  ), applied AS (
    UPDATE queued_tasks AS t SET
      status = c.status,
      exception = c.exception,
      worker_id = CASE WHEN c.keeps_lease THEN t.worker_id END,
      due_at_utc = CASE
        WHEN t.due_at_utc IS NOT NULL AND c.stands_in_line THEN t.due_at_utc
        WHEN c.keeps_lease AND (t.worker_id IS NOT NULL OR NOT c.stands_in_line) THEN t.due_at_utc
        WHEN c.due_in_ms IS NULL AND NOT c.stands_in_line THEN NULL
        WHEN t.cancel_requested THEN clock
        WHEN c.stands_in_line
          THEN greatest(clock, CASE WHEN t.is_recurring THEN t.next_run_utc ELSE t.scheduled_execution_utc END)
        ELSE ms_after(clock, c.due_in_ms)
      END,
      cancel_requested = t.cancel_requested AND (c.keeps_lease OR c.stands_in_line OR c.due_in_ms IS NOT NULL),
      attempt = CASE WHEN c.return_attempt THEN greatest(0, t.attempt - 1) ELSE t.attempt END,
      rate_slot_utc = from_epoch_ms(c.rate_slot_at_ms),
      execution_time_ms = CASE WHEN c.execution_time_ms IS NULL OR c.audit_level = 3
        THEN t.execution_time_ms ELSE c.execution_time_ms END,
      last_execution_utc = CASE WHEN c.execution_time_ms IS NULL OR c.audit_level = 3
        THEN t.last_execution_utc ELSE c.happened_at END
    FROM change AS c
    WHERE t.id = c.id
      AND (c.worker_id IS NULL OR (t.worker_id = c.worker_id AND t.lease_token = c.lease_token))
    RETURNING t.id, c.audit_level, c.status, c.exception, c.happened_at, c.earlier
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status, exception)
    SELECT a.id, step.happened_at, step.status, step.exception
    FROM applied AS a CROSS JOIN LATERAL (
      SELECT e.status, e.exception, ms_after(clock, -coalesce(e.ago_ms, 0)) AS happened_at
      FROM json_populate_recordset(NULL::status_step, a.earlier) AS e
      UNION ALL
      SELECT a.status, a.exception, a.happened_at
    ) AS step
    WHERE a.audit_level IS DISTINCT FROM 3 AND writes_status_audit(a.audit_level, step.status, step.exception)
  )
  SELECT (SELECT count(*) FROM change), array_agg(a.id) INTO given, taken FROM applied AS a;
  IF message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN CASE WHEN coalesce(cardinality(taken), 0) < given THEN to_json(coalesce(taken, '{}')) END;
END $$;

-- Returns a status as it is, or refuses it if it does not exist.
CREATE OR REPLACE FUNCTION known_status(status text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  known text[] := ARRAY[
    'WaitingQueue', 'Queued', 'InProgress', 'Pending', 'Cancelled', 'Completed', 'Failed', 'ServiceStopped'
  ];
BEGIN
  IF status = ANY (known) THEN RETURN status; END IF;
  RAISE EXCEPTION 'the status is %, but must be one of %', coalesce(quote_literal(status), 'NULL'),
    array_to_string(known, ', ') USING ERRCODE = 'invalid_parameter_value';
END $$;

-- Changes one task's status by hand and writes the audit row that the level asks for. A held task's
-- lease ends, unless the status is InProgress or Queued; with due_in_ms it can be claimed again
-- after so long. Without it, WaitingQueue, Queued and Pending make a task due that does not wait:
-- see set_task_statuses. Returns whether there is such a task (and, with a worker and a token,
-- whether that worker held it).
CREATE OR REPLACE FUNCTION set_task_status(
  task_id uuid,
  status text,
  exception text DEFAULT NULL,
  audit_level int DEFAULT 0,
  due_in_ms float8 DEFAULT NULL,
  execution_time_ms float8 DEFAULT NULL,
  worker_id text DEFAULT NULL,
  lease_token int DEFAULT NULL
) RETURNS boolean LANGUAGE sql SET search_path FROM CURRENT AS $$
  SELECT set_task_statuses(json_build_array(json_build_object(
    'id', task_id, 'audit_level', audit_level, 'status', known_status(status), 'exception', exception,
    'due_in_ms', due_in_ms, 'execution_time_ms', execution_time_ms, 'worker_id', worker_id, 'lease_token', lease_token
  )), CASE WHEN status IN ('WaitingQueue', 'Queued', 'Pending') THEN json_build_object('kind', 'tasks') END) IS NULL
$$;

-- Ends one run of a recurring task by hand: status, run count + 1, next run (NULL ends the series), last execution, and
-- the audit rows that the level asks for. Returns whether there is such a series.
CREATE OR REPLACE FUNCTION update_current_run(
  task_id uuid,
  execution_time_ms float8,
  next_run timestamptz,
  audit_level int DEFAULT 0,
  status text DEFAULT 'Completed',
  exception text DEFAULT NULL,
  worker_id text DEFAULT NULL,
  lease_token int DEFAULT NULL
) RETURNS boolean LANGUAGE sql SET search_path FROM CURRENT AS $$
  SELECT update_current_runs(json_build_array(json_build_object(
    'id', task_id, 'audit_level', audit_level, 'status', known_status(status), 'exception', exception,
    'execution_time_ms', execution_time_ms, 'next_run_at_ms', to_epoch_ms(next_run),
    'worker_id', worker_id, 'lease_token', lease_token
  ))) IS NULL
$$;

-- Refuses a text that is missing, empty or too long, as dispatch in the application does.
CREATE OR REPLACE FUNCTION check_text(argument text, value text, most int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(length(value), 0) NOT BETWEEN 1 AND most THEN
    RAISE EXCEPTION '% is %, but it must be a text of 1 to % characters', argument,
      coalesce(quote_literal(left(value, 80)), 'NULL'), most
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
END $$;

-- Enqueues a task from SQL: a trigger, a function, another language. It exists if the transaction commits, and workers are
-- told then. The request is the payload as JSON, which the worker validates against the task's schema. Returns the id of
-- the task that now stands for it (with a key, it may be an existing one's).
--
-- A retry_policy goes before what the task's type says: {"kind": "none"}, {"kind": "linear", "retries": 3, "delaysMs": [500]}
-- or {"kind": "exponential", "retries": 5, "baseMs": 1000, "factor": 2, "maxMs": 60000, "jitter": 0.5}; RetryPolicyData in
-- src/retry/policy_data.ts. The worker logs an error about one that it does not understand.
CREATE OR REPLACE FUNCTION dispatch(
  task_type text,
  request json,
  queue_name text DEFAULT 'default',
  due_at timestamptz DEFAULT NULL,
  task_key text DEFAULT NULL,
  priority smallint DEFAULT 0,
  audit_level smallint DEFAULT 0,
  handler text DEFAULT NULL,
  retry_policy json DEFAULT NULL
) RETURNS uuid LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  clock  timestamptz := utc_now();
  random text := replace(gen_random_uuid()::text, '-', '');
  -- UUID version 7 (RFC 9562): 48 bits of milliseconds, the version, the variant, and 74 random bits.
  new_id uuid := lpad(to_hex(to_epoch_ms(clock)), 12, '0') || '7' || substr(random, 14);
  later  boolean := due_at > clock;
  answer json;
BEGIN
  PERFORM check_text('task_type', task_type, 200);
  PERFORM check_text('queue_name', queue_name, 200);
  IF task_key IS NOT NULL THEN PERFORM check_text('task_key', task_key, 200); END IF;
  IF handler IS NOT NULL THEN PERFORM check_text('handler', handler, 500); END IF;
  IF audit_level NOT BETWEEN 0 AND 3 THEN
    RAISE EXCEPTION 'audit_level is %, but it must be 0 (Full), 1 (Minimal), 2 (ErrorsOnly) or 3 (None)', audit_level
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF due_at NOT BETWEEN '0001-01-01 00:00+00' AND '9999-12-31 23:59:59.999+00' THEN
    RAISE EXCEPTION 'due_at is %, but it must be an instant of the years 1 to 9999', due_at
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF coalesce(retry_policy ->> 'kind' NOT IN ('none', 'linear', 'exponential'), retry_policy IS NOT NULL) THEN
    RAISE EXCEPTION 'retry_policy is %, but its kind must be none, linear or exponential', retry_policy
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  answer := persist_tasks(
    json_build_array(json_build_object(
      'id', new_id, 'type', task_type, 'handler', coalesce(handler, task_type), 'request', request::text,
      'status', CASE WHEN later THEN 'WaitingQueue' ELSE 'Queued' END, 'due_at_ms', to_epoch_ms(due_at),
      'audit_level', audit_level, 'queue_name', queue_name, 'priority', priority, 'task_key', task_key,
      'retry_policy', retry_policy::text
    )),
    CASE WHEN later THEN NULL ELSE '{"kind":"tasks"}'::json END
  );
  RETURN coalesce((answer -> 0 ->> 'id')::uuid, new_id);
END $$;

-- A series as SeriesRecord in src/storage/records.ts, NULL for a one-shot task.
CREATE OR REPLACE FUNCTION series_record(task queued_tasks) RETURNS json LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN task.is_recurring THEN json_build_object(
    'schedule', task.recurring_task, 'info', task.recurring_info,
    'anchorAt', to_epoch_ms(task.anchor_utc), 'maxRuns', task.max_runs, 'runUntil', to_epoch_ms(task.run_until),
    'nextRunAt', to_epoch_ms(task.next_run_utc), 'runCount', task.current_run_count
  ) END
$$;

-- Takes due tasks for a worker: at most `limit` from each of the queues [{name, limit, dueFrom}], of these types only.
-- Returns {now, walkMs, tasks}; tasks is NULL for none, or has the members of ClaimedTask, each as a list of its values for
-- all tasks, highest priority first, then longest due, then lowest id, queue by queue. Members that few tasks have are in
-- the list `rare`, together with the id, for the tasks that have one. (Measured: half the time of a list of objects.)
--
-- A claim's commit waits for the disk. If it did not, a server that crashed could forget claims whose handlers have begun:
-- their tasks would be due again while their worker, whose heartbeat was never late, still runs them.
--
-- The index holds exactly what can be claimed, in this order. Within a queue each priority is visited by itself, from the
-- highest to the lowest (a loose index scan: one probe finds the next one), so that tasks that are due later, whatever their
-- priority, are never walked over. Rows that another claim is taking are skipped, not waited for. Of each priority, tasks that
-- were dispatched to run at once are taken first, and then, where there are any that have been due for longer than the last of
-- these, the others. What these displace stays as it is: locked until this claim ends, and free for the next.
--
-- An old snapshot that is held open (a backup, a forgotten transaction) keeps vacuum and the index from forgetting claimed
-- tasks, and each claim walks over all that were claimed since. `walkMs` tells the caller how long that took; with
-- `dueFrom`, in epoch milliseconds, the walk begins at a later due instant. The driver does so most of the time when walks
-- are slow (drivers/postgres/claim_scan.ts).
CREATE OR REPLACE FUNCTION claim_tasks(worker_id text, types json, queues json) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off
AS $$
DECLARE
  clock      timestamptz := utc_now();
  since      timestamptz;
  wanted     text[] := ARRAY(SELECT json_array_elements_text(types));
  queue      record;
  due_from   timestamptz;
  room       int;
  rank       int;
  level      int; -- the rank of the tasks of a priority that were dispatched to run at once
  places     tid[];
  dues       timestamptz[];
  scheduled  tid[];
  all_places tid[] := '{}';
  all_dues   timestamptz[] := '{}';
  walk_ms    float8;
  claimed    json;
BEGIN
  -- Held until the end, so that release_lost waits for this claim and then finds its tasks.
  SELECT w.claims_since INTO since FROM workers AS w
  WHERE w.id = claim_tasks.worker_id AND w.is_registered FOR KEY SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'worker % is not registered', claim_tasks.worker_id USING ERRCODE = 'EVT01';
  END IF;

  FOR queue IN
    SELECT q.name, q."limit", q."dueFrom"
    FROM json_to_recordset(claim_tasks.queues) AS q (name text, "limit" int, "dueFrom" float8)
    WHERE q.name NOT IN (SELECT p.queue_name FROM queues AS p WHERE p.is_paused)
  LOOP
    room := queue."limit";
    due_from := coalesce(from_epoch_ms(queue."dueFrom"), '-infinity');
    level := 65536;
    WHILE room > 0 LOOP
      SELECT t.claim_rank INTO rank FROM queued_tasks AS t
      WHERE t.queue_name = queue.name AND t.claim_rank < level AND t.due_at_utc >= due_from
      ORDER BY t.claim_rank DESC LIMIT 1;
      EXIT WHEN NOT FOUND;
      level := rank - (rank & 1);
      SELECT array_agg(c.place), array_agg(c.due_at_utc) INTO places, dues FROM (
        SELECT t.ctid AS place, t.due_at_utc FROM queued_tasks AS t
        WHERE t.queue_name = queue.name AND t.claim_rank = level
          AND t.due_at_utc <= clock AND t.due_at_utc >= due_from AND t.type = ANY (wanted)
        ORDER BY t.due_at_utc, t.id
        LIMIT room
        FOR NO KEY UPDATE SKIP LOCKED
      ) AS c;
      IF rank > level THEN
        scheduled := ARRAY(
          SELECT t.ctid FROM queued_tasks AS t
          WHERE t.queue_name = queue.name AND t.claim_rank = rank
            AND t.due_at_utc <= coalesce(dues[room], clock) AND t.due_at_utc >= due_from AND t.type = ANY (wanted)
          ORDER BY t.due_at_utc, t.id
          LIMIT room
          FOR NO KEY UPDATE SKIP LOCKED
        );
        IF scheduled <> '{}' THEN
          SELECT array_agg(c.place), array_agg(c.due_at_utc) INTO places, dues FROM (
            SELECT t.ctid AS place, t.due_at_utc
            FROM unnest(places || scheduled) AS p (place) JOIN queued_tasks AS t ON t.ctid = p.place
            ORDER BY t.due_at_utc, t.id
            LIMIT room
          ) AS c;
        END IF;
      END IF;
      all_places := all_places || places;
      all_dues := all_dues || dues;
      room := room - coalesce(cardinality(places), 0);
    END LOOP;
  END LOOP;
  walk_ms := date_part('epoch', clock_timestamp() - clock) * 1000;

  -- The rows are locked: they stay where they were found. Counters stop at their end: a row that was damaged must not fail the
  -- claim of the others. The worker that gets it sets it aside.
  WITH taken AS (
    UPDATE queued_tasks AS t SET
      worker_id = claim_tasks.worker_id, claimed_at_utc = greatest(clock, since), due_at_utc = NULL,
      attempt = least(t.attempt, 2147483646) + 1, lease_token = least(t.lease_token, 2147483646) + 1
    FROM unnest(all_places, all_dues) WITH ORDINALITY AS p (place, due_at_utc, position)
    WHERE t.ctid = p.place
    RETURNING p.position, p.due_at_utc AS was_due_at_utc, t.id, t.type, t.request, t.status, t.audit_level, t.queue_name,
      t.priority, t.created_at_utc, t.attempt, t.lease_token,
      t.task_key, t.lost_count, t.cancel_requested, t.rate_slot_utc, t.trace_context, t.retry_policy,
      CASE WHEN t.is_recurring THEN series_record(t) END AS series,
      t.is_recurring OR t.cancel_requested OR t.lost_count > 0
        OR coalesce(t.task_key, t.trace_context, t.retry_policy) IS NOT NULL OR t.rate_slot_utc IS NOT NULL AS is_special
  )
  SELECT json_build_object(
    'id', array_agg(c.id), 'type', array_agg(c.type), 'request', array_agg(c.request), 'status', array_agg(c.status),
    'auditLevel', array_agg(coalesce(c.audit_level, 0)), 'queue', array_agg(c.queue_name),
    'priority', array_agg(c.priority), 'createdAt', array_agg(to_epoch_ms(c.created_at_utc)),
    'dueAt', array_agg(to_epoch_ms(c.was_due_at_utc)), 'attempt', array_agg(c.attempt),
    'leaseToken', array_agg(c.lease_token),
    'rare', json_agg(json_build_object(
      'id', c.id, 'taskKey', c.task_key, 'lostCount', c.lost_count, 'cancelRequested', c.cancel_requested,
      'rateSlotAt', to_epoch_ms(c.rate_slot_utc), 'traceContext', c.trace_context, 'retryPolicy', c.retry_policy,
      'series', c.series
    )) FILTER (WHERE c.is_special)
  ) INTO claimed
  FROM (SELECT * FROM taken ORDER BY position) AS c
  HAVING count(*) > 0;
  RETURN json_build_object('now', to_epoch_ms(clock), 'walkMs', walk_ms, 'tasks', claimed);
END $$;

INSERT INTO schema_migrations (version, name) VALUES (8, 'task_functions');
COMMIT;
