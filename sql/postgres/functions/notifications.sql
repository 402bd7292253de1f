-- Notifies other processes.

-- Notifies the other processes when the transaction commits. The channel is the schema's name.
-- Messages are {"kind": "tasks" | "cancel" | "queues" | "watch", "from": the sender}; the driver
-- converts them to WakeSignal.
CREATE OR REPLACE FUNCTION notify_processes(message json) RETURNS void
LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $$
  SELECT pg_notify(current_schema(), message::text)
$$;

-- Tells the workers of claimed tasks to cancel them. Sends a notification for every 100 tasks,
-- because a notification has at most 8,000 bytes.
CREATE OR REPLACE FUNCTION notify_of_cancels(task_ids uuid[], sender text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path FROM CURRENT AS $$
BEGIN
  FOR i IN 1 .. coalesce(cardinality(task_ids), 0) BY 100 LOOP
    PERFORM notify_processes(json_build_object('kind', 'cancel', 'from', sender, 'taskIds', task_ids[i : i + 99]));
  END LOOP;
END $$;
