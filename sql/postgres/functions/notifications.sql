-- What other processes are told.

-- Tells the other processes, when the transaction commits. The channel is the schema's name.
-- Messages are {"kind": "tasks" | "cancel" | "queues" | "watch", "from": the sender}; the driver knows them
-- as WakeSignal.
CREATE OR REPLACE FUNCTION notify_processes(message json) RETURNS void
LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $$
  SELECT pg_notify(current_schema(), message::text)
$$;
