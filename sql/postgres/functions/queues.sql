-- Pauses and resumes queues.

-- Pauses or resumes a queue. The tasks of a paused queue are not claimed.
CREATE OR REPLACE FUNCTION set_queue_paused(queue text, paused boolean, message json DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO queues (queue_name, is_paused) VALUES (queue, paused)
  ON CONFLICT (queue_name) DO UPDATE SET is_paused = excluded.is_paused;
  IF message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
END $$;
