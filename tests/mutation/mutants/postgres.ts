// The PostgreSQL driver: the functions in SQL as the last of sql/postgres/ leave them, and the code that calls them.

import { type Mutant, mutantsOf } from "../mutant.ts";

const conformance = ["tests/drivers/postgres/conformance_test.ts"];
const changes =
  "/postgres: (status changes|changes by hand|audit matrix|leases and fences|cancel|recurring runs|queues)/";
const dispatch = "/postgres: (persist|task keys|lost workers)/";
const workers =
  "/postgres: (lost workers|cancel|audit matrix|release and make due|persist|queues)/";

export const postgres: readonly Mutant[] = [
  ...mutantsOf({
    file: "sql/postgres/0008_task_functions.sql",
    tests: conformance,
    filter: changes,
  }, [
    ["(t.worker_id = c.worker_id AND t.lease_token = c.lease_token)", "t.worker_id = c.worker_id"],
    ["WHEN t.cancel_requested THEN clock\n        WHEN c.stands", "WHEN c.stands"],
    [
      "THEN greatest(clock, CASE WHEN t.is_recurring",
      "THEN coalesce(clock, CASE WHEN t.is_recurring",
    ],
    [
      "(c.keeps_lease OR c.stands_in_line OR c.due_in_ms IS NOT NULL)",
      "(c.keeps_lease OR c.stands_in_line)",
    ],
    [
      "THEN greatest(0, t.attempt - 1) ELSE t.attempt END,\n      rate",
      "THEN t.attempt - 1 ELSE t.attempt END,\n      rate",
    ],
    [
      "rate_slot_utc = from_epoch_ms(c.rate_slot_at_ms),",
      "rate_slot_utc = coalesce(from_epoch_ms(c.rate_slot_at_ms), t.rate_slot_utc),",
    ],
    [
      "UNION ALL\n      SELECT a.status, a.exception, a.happened_at\n",
      "UNION\n      SELECT a.status, a.exception, a.happened_at\n",
    ],
    [
      "WHERE a.audit_level IS DISTINCT FROM 3 AND writes",
      "WHERE writes",
      "It spares the calls of a function that would say no.",
    ],
    [
      "c.due_in_ms IS NULL AND c.worker_id IS NULL AND c.status IN",
      "c.due_in_ms IS NULL AND c.status IN",
    ],
    ["IF message IS NOT NULL THEN PERFORM notify_processes(message); END IF;", ""],
    ["coalesce(cardinality(taken), 0) < given", "cardinality(taken) < given"],
  ]),
  ...mutantsOf({
    file: "sql/postgres/0008_task_functions.sql",
    tests: [
      ...conformance,
      "tests/drivers/postgres/functions_test.ts",
      "tests/drivers/postgres/notifications_test.ts",
    ],
    filter: "/postgres: (claim|lost workers|damaged)|dispatch/",
  }, [
    ["w.id = claim_tasks.worker_id AND w.is_registered FOR", "w.id = claim_tasks.worker_id FOR"],
    ["level := rank - (rank & 1);", "level := rank;"],
    [
      "t.due_at_utc <= coalesce(dues[room], clock)",
      "t.due_at_utc <= clock",
      "It spares looking at tasks that are not among the first.",
    ],
    ["room := room - coalesce(cardinality(places), 0);", "room := room - cardinality(places);"],
    ["least(t.lease_token, 2147483646) + 1", "t.lease_token + 1"],
    [
      "t.is_recurring OR t.cancel_requested OR t.lost_count > 0",
      "t.is_recurring OR t.cancel_requested",
    ],
    ["later  boolean := due_at > clock;", "later  boolean := due_at >= clock - interval '1 day';"],
    ["CASE WHEN later THEN 'WaitingQueue' ELSE 'Queued' END", "'Queued'"],
    ["PERFORM check_text('queue_name', queue_name, 200);", ""],
    ["IF audit_level NOT BETWEEN 0 AND 3 THEN", "IF audit_level NOT BETWEEN 0 AND 4 THEN"],
    ['CASE WHEN later THEN NULL ELSE \'{"kind":"tasks"}\'::json END', "NULL"],
    ["RETURN coalesce((answer -> 0 ->> 'id')::uuid, new_id);", "RETURN new_id;"],
    [
      "FROM (SELECT * FROM taken ORDER BY position) AS c",
      "FROM (SELECT * FROM taken ORDER BY id) AS c",
    ],
  ]),
  ...mutantsOf({ file: "sql/postgres/0002_status.sql", tests: conformance, filter: changes }, [
    [
      "t.worker_id = complete_tasks.worker_id AND t.lease_token = c.lease_token",
      "t.worker_id = complete_tasks.worker_id",
    ],
    [
      "exception = NULL, worker_id = NULL, due_at_utc = NULL, cancel_requested = false,",
      "exception = NULL, worker_id = NULL, due_at_utc = NULL,",
    ],
    [
      "CASE WHEN r.next_run_utc IS NOT NULL AND t.cancel_requested THEN clock ELSE",
      "CASE WHEN false THEN clock ELSE",
    ],
    ["cancel_requested = t.cancel_requested AND r.next_run_utc IS NOT NULL,", ""],
    ["AND t.is_recurring\n", "\n"],
    ["WHERE a.is_real AND writes_runs_audit", "WHERE writes_runs_audit"],
    ["CASE WHEN r.is_real AND t.current_run_count < 2147483647", "CASE WHEN r.is_real"],
    [
      "(VALUES ('InProgress', a.started_ago_ms), ('Completed', a.ended_ago_ms))",
      "(VALUES ('Completed', a.ended_ago_ms), ('InProgress', a.started_ago_ms))",
    ],
    [
      "WHERE a.audit_level <> 3 AND writes",
      "WHERE writes",
      "It spares the calls of a function that would say no.",
    ],
  ]),
  ...mutantsOf({ file: "sql/postgres/0003_dispatch.sql", tests: conformance, filter: dispatch }, [
    [
      "AND w.is_registered\n    ORDER BY w.id\n    FOR KEY SHARE",
      "ORDER BY w.id\n    FOR KEY SHARE",
    ],
    ["h.id = t.claim_for AND t.status = 'Queued'", "h.id = t.claim_for"],
    [
      "AND t.queue_name <> ALL (ARRAY(SELECT q.queue_name FROM queues AS q WHERE q.is_paused))\n",
      "\n",
    ],
    ["stored.lease_token = 1 AND stored.worker_id = claim_for", "stored.worker_id = claim_for"],
    ["CASE WHEN h.id IS NULL THEN t.due_at_utc END,", "t.due_at_utc,"],
  ]),
  ...mutantsOf({
    file: "sql/postgres/0011_keys.sql",
    tests: [...conformance, "tests/drivers/postgres/busy_keys_test.ts"],
    filter: "/postgres: (persist|task keys)|key/",
  }, [
    [
      "known.worker_id IS NOT NULL OR known.status = 'InProgress' OR",
      "known.worker_id IS NOT NULL OR",
    ],
    ["OR (known.is_recurring AND task.schedule IS NULL)", ""],
    ["IF NOT known.is_recurring AND known.due_at_utc IS NULL", "IF known.due_at_utc IS NULL"],
    ["known.next_run_utc IS NOT NULL AND known.recurring_task", "known.recurring_task"],
    ["exception = NULL, cancel_requested = false,", "exception = NULL,"],
    [
      "WHEN known.next_run_utc IS NULL THEN 0 ELSE known.current_run_count END",
      "ELSE known.current_run_count END",
    ],
    ["attempt = 0, lost_count = 0, rate_slot_utc = NULL\n", "attempt = 0, lost_count = 0\n"],
    ["IF known.status <> task.status AND writes", "IF writes"],
    [
      "figures.stored = cardinality(batch) AND figures.claimed = wanted",
      "figures.stored = cardinality(batch)",
    ],
    [
      'ORDER BY batch[i].task_key COLLATE "C", i\n',
      'ORDER BY batch[i].task_key COLLATE "C", i DESC\n',
    ],
    ["'outcome', 'busy', 'claimed', false", "'outcome', 'existing', 'claimed', false"],
    ["item.task ->> 'claim_for' IS NOT NULL", "false"],
  ]),
  ...mutantsOf({ file: "sql/postgres/0004_claim.sql", tests: conformance, filter: workers }, [
    [
      "t.worker_id = release_tasks.worker_id AND t.lease_token = r.token",
      "t.worker_id = release_tasks.worker_id",
    ],
    [
      "CASE WHEN t.cancel_requested THEN clock ELSE from_epoch_ms(r.due_at_ms) END",
      "from_epoch_ms(r.due_at_ms)",
    ],
    ["t.id <> ALL (known_ids) AND t.worker_id", "t.worker_id"],
    ["due_at_utc = clock, attempt = greatest(0, t.attempt - 1)", "due_at_utc = clock"],
    ["earliest := least(earliest, first);", "earliest := coalesce(earliest, first);"],
    [
      "    WHERE q.name NOT IN (SELECT p.queue_name FROM queues AS p WHERE p.is_paused)\n  LOOP\n    rank := 65536;",
      "  LOOP\n    rank := 65536;",
    ],
  ]),
  ...mutantsOf({
    file: "sql/postgres/0005_workers.sql",
    tests: [...conformance, "tests/drivers/postgres/lost_workers_test.ts"],
    filter: "/postgres: (lost workers|release and make due|queues)|worker/",
  }, [
    [
      "started_at = CASE WHEN w.is_registered THEN w.started_at ELSE excluded.started_at END",
      "started_at = w.started_at",
    ],
    [
      "host = excluded.host, heartbeat_at = excluded.heartbeat_at, is_registered = true,",
      "host = excluded.host, heartbeat_at = excluded.heartbeat_at,",
    ],
    ["DO UPDATE SET is_paused = excluded.is_paused;", "DO NOTHING;"],
  ]),
  ...mutantsOf({
    file: "sql/postgres/0009_worker_functions.sql",
    tests: conformance,
    filter: workers,
  }, [
    [
      "t.status = 'InProgress' AND t.lost_count >= poison_limit AS poisoned",
      "t.lost_count >= poison_limit AS poisoned",
    ],
    ["t.lost_count >= poison_limit", "t.lost_count > poison_limit"],
    ["THEN t.attempt ELSE greatest(0, t.attempt - 1) END", "THEN t.attempt ELSE t.attempt END"],
    [
      "next_run_utc = CASE WHEN l.poisoned THEN NULL ELSE t.next_run_utc END,",
      "next_run_utc = t.next_run_utc,",
    ],
    [
      "cancel_requested = t.cancel_requested AND NOT l.poisoned",
      "cancel_requested = t.cancel_requested",
    ],
    [
      "writes_status_audit(c.audit_level, c.status, c.exception)",
      "writes_status_audit(0, c.status, c.exception)",
    ],
    ["WHERE is_alive AND t.cancel_requested AND", "WHERE t.cancel_requested AND"],
    [
      "heartbeat_at = clock WHERE w.id = heartbeat.worker_id AND w.is_registered;",
      "heartbeat_at = clock WHERE w.id = heartbeat.worker_id;",
    ],
    [
      "NOT BETWEEN ms_after(clock, -lease_ms) AND ms_after(clock, lease_ms)",
      "< ms_after(clock, -lease_ms)",
    ],
    ["IF released IS NOT NULL AND message IS NOT NULL THEN", "IF false THEN"],
    ["WHERE w.is_registered ORDER BY w.started_at", "ORDER BY w.started_at"],
  ]),
  ...mutantsOf({
    file: "sql/postgres/0009_worker_functions.sql",
    tests: [...conformance, "tests/drivers/postgres/retention_test.ts"],
    filter: "/postgres: (retention|reading|queues)|purge/",
  }, [
    [
      "AND a.updated_at_utc < CASE WHEN a.exception IS NULL THEN status_limit ELSE status_errors END\n    LIMIT",
      "\n    LIMIT",
    ],
    ["a.executed_at < greatest(runs_limit, runs_errors)", "a.executed_at < runs_limit"],
    [
      "AND t.worker_id IS NULL AND t.due_at_utc IS NULL\n      AND coalesce(t.last",
      "AND coalesce(t.last",
    ],
    [
      "AND NOT EXISTS (SELECT FROM task_execution_log AS l WHERE l.queued_task_id = t.id\n        AND l.timestamp_utc >= logs_limit)\n",
      "\n",
    ],
    [
      "coalesce(t.last_execution_utc, t.created_at_utc) < tasks_limit",
      "t.created_at_utc < tasks_limit",
    ],
    ["done := done AND (is_dry_run OR cardinality(doomed_ids) <= room);", ""],
    [
      "counts[4] := deleted;",
      "",
      "Rows that another one deletes meanwhile are no more than a figure.",
    ],
    ["AND NOT l.start_empty;", ";"],
    ["- 86400000 AND NOT", "AND NOT"],
  ]),
  ...mutantsOf({
    file: "sql/postgres/0010_rate_limits.sql",
    tests: conformance,
    filter: "postgres: rate slots",
  }, [
    ['leeway := wish."graceMs" + 1;', 'leeway := wish."graceMs";'],
    ['CASE WHEN wish."startEmpty" THEN tolerance ELSE 0 END', "tolerance"],
    ["IF wish.reserved_at > now_ms THEN", "IF wish.reserved_at IS NOT NULL THEN"],
    ["latest := coalesce(now_ms + wish.\"horizonMs\", 'infinity');", "latest := 'infinity';"],
    ["      started := next_tat;\n      changes := true;", "      changes := true;"],
    ["reserved := returned + tolerance;", "reserved := returned;"],
    [
      "s.slot_ms <= least(slot, latest)",
      "s.slot_ms <= latest",
      "What was given back behind the end of the line has been taken off it.",
    ],
    ["IF slot = now_ms THEN started := next_tat; END IF;", ""],
    ["IF wish.is_last AND changes THEN", "IF wish.is_last AND NOT changes THEN"],
    ["  ON CONFLICT DO NOTHING\n$$;", "$$;"],
    [
      'JOIN json_to_recordset(slots) AS r (key text COLLATE "C", "slotAt" float8) ON r.key = l.rate_key',
      'JOIN json_to_recordset(slots) AS r (key text COLLATE "C", "slotAt" float8) ON true',
    ],
  ]),
  ...mutantsOf({ file: "sql/postgres/0010_rate_limits.sql", tests: conformance, filter: workers }, [
    [
      "lost_count = CASE WHEN w.restarts THEN 0 ELSE t.lost_count END,",
      "lost_count = t.lost_count,",
    ],
    ["due_at_utc = least(t.due_at_utc, clock),", "due_at_utc = clock,"],
    [
      "AND t.worker_id IS NULL\n      AND (t.due_at_utc IS NOT NULL OR (NOT t",
      "AND (t.due_at_utc IS NOT NULL OR (NOT t",
    ],
    ["WHERE c.restarts AND writes", "WHERE writes"],
    ["WHEN t.due_at_utc IS NULL AND t.next_run_utc IS NULL\n", "WHEN t.due_at_utc IS NULL\n"],
    ["due_at_utc = NULL, next_run_utc = NULL,\n", "due_at_utc = NULL,\n"],
    ["IF due <> '{}' AND message IS NOT NULL THEN", "IF due = '{}' AND message IS NOT NULL THEN"],
    [
      "('Failed', 'Cancelled', 'ServiceStopped')",
      "('Failed', 'Cancelled', 'Completed', 'ServiceStopped')",
    ],
  ]),
  {
    file: "sql/postgres/0010_rate_limits.sql",
    original: "requested[i : i + 99]",
    replacement: "requested[i : i]",
    tests: ["tests/drivers/postgres/notifications_test.ts"],
    filter: "cancel",
  },
  ...mutantsOf({
    file: "sql/postgres/0006_reading.sql",
    tests: conformance,
    filter: "/postgres: (reading|queues|execution logs)/",
  }, [
    ["(after IS NULL OR t.id < after)", "(after IS NULL OR t.id <= after)"],
    ["t.created_at_utc >= earliest", "t.created_at_utc > earliest"],
    ["t.created_at_utc < before", "t.created_at_utc <= before"],
    ["HAVING bool_or(q.is_paused) OR sum", "HAVING sum"],
  ]),
  ...mutantsOf({
    file: "sql/postgres/0007_history.sql",
    tests: [...conformance, "tests/drivers/postgres/retention_test.ts"],
    filter: "/postgres: (execution logs|retention)|purge/",
  }, [
    ["WHERE m.holder = excluded.holder OR m.held_until < utc_now();", "WHERE true;"],
    ["m.name = task AND m.holder = by\n", "m.name = task AND m.holder <> by\n"],
    ["interval '1 minute')", "interval '1 hour')"],
    ["ms_after(clock, -coalesce(l.ago_ms, 0))", "clock"],
    ["WHERE l.task_id = ANY (known)\n", "WHERE true\n"],
  ]),
  ...mutantsOf({
    file: "drivers/postgres/claim_walk.ts",
    tests: ["tests/drivers/postgres/claim_walk_test.ts"],
  }, [
    ["if (this.#clock.monotonic() >= this.#fullWalkAt) this.#starts.clear();", ""],
    ["walkMs < slowMs ? 0 : this.#slowWalks + 1", "this.#slowWalks + 1"],
    ["if (walked.length === 0) return;", ""],
    ["queue === name ? Math.min(least, dueAt) : least", "Math.min(least, dueAt)"],
    ["first - marginMs", "first"],
    ["Math.max(shortestPauseMs, share * walkMs)", "shortestPauseMs"],
  ]),
  ...mutantsOf({
    file: "drivers/postgres/wake_channel.ts",
    tests: ["tests/drivers/postgres/wake_channel_test.ts"],
  }, [
    ["if (from === this.sender) return;", ""],
    ["if (now - this.#lastSent < quietMs) return null;", ""],
    [
      "    if (this.#cancelTimer !== null) {\n      this.#cancelTimer();\n      this.#sendOwed();\n    }",
      "    this.#cancelTimer?.();",
    ],
    ["if (!this.#isClosed) this.#parts.onSignal(signal);", "this.#parts.onSignal(signal);"],
    ['this.#tell({ kind: "queues" });\n  }', "}"],
    ['return { kind: "tasks" };', 'return this.message("tasks");'],
  ]),
  ...mutantsOf({
    file: "drivers/postgres/database_errors.ts",
    tests: ["tests/drivers/postgres/database_errors_test.ts"],
  }, [
    [
      '["53100", advising(StorageFullError, "Free space on the server\'s disk.")], // disk_full\n',
      "\n",
    ],
    ['["55P03", unavailable]', '["55P04", unavailable]'],
    [
      "return code === readOnlyTransaction || code === cannotConnectNow;",
      "return code === readOnlyTransaction;",
    ],
    ["if (isInstance(error, StorageError)) return error;", ""],
  ]),
  ...mutantsOf({
    file: "drivers/postgres/database_access.ts",
    tests: [...conformance, "tests/drivers/postgres/busy_keys_test.ts"],
    filter: "/postgres: (concurrency|task keys|opening)|key/",
  }, [
    [
      'new Set(["40001", "23505"])',
      'new Set(["40001"])',
      "Every race for a key is already decided by ON CONFLICT.",
    ],
    [
      "    this.#opening = null;\n    this.#opened = null;\n    await",
      "    this.#opening = null;\n    await",
    ],
  ]),
];
