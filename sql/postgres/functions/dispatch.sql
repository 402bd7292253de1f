-- Dispatches a task from SQL.

-- Raises an error for a text that is missing, empty or too long, as dispatch in the application
-- does.
CREATE OR REPLACE FUNCTION check_text(argument text, value text, most int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(length(value), 0) NOT BETWEEN 1 AND most THEN
    RAISE EXCEPTION '% is %, but it must be a text of 1 to % characters', argument,
      coalesce(quote_literal(left(value, 80)), 'NULL'), most
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
END $$;

-- Dispatches a task from SQL, such as a trigger, a function or a program in another language. The
-- task exists if the transaction commits, which also wakes workers. The request is the payload as
-- JSON, which the worker validates against the task's schema. Returns the id of the task; with a
-- key, it may be that of an existing task.
--
-- A retry_policy overrides that of the task's type: {"kind": "none"}, {"kind": "linear", "retries":
-- 3, "delaysMs": [500]} or {"kind": "exponential", "retries": 5, "baseMs": 1000, "factor": 2,
-- "maxMs": 60000, "jitter": 0.5}; RetryPolicyData in src/task/retry_policy_data.ts. The worker logs
-- an error if it is invalid.
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
  -- UUID version 7 (RFC 9562): 48 bits of milliseconds, the version, the variant, and 74 random
  -- bits.
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
