// The PostgreSQL driver: workers, rate limits, history and reading, and the code that calls the
// functions in SQL.

import { type Mutant, mutantsOf } from "../mutant.ts";

const conformance = ["tests/drivers/postgres/conformance_test.ts"];
const outageTests = "tests/drivers/postgres/outages_test.ts";
const workers =
  "/postgres: ((lost )?workers|cancel|audit matrix|release and make due|persist|queues)/";

export const postgresUpkeep: readonly Mutant[] = [
  ...mutantsOf({
    file: "sql/postgres/functions/workers.sql",
    tests: conformance,
    filter: "postgres: lost workers",
  }, [
    [
      "started_at = CASE WHEN w.is_registered THEN w.started_at ELSE excluded.started_at END",
      "started_at = w.started_at",
    ],
    ["heartbeat_at = excluded.heartbeat_at, is_registered = true,", "is_registered = true,"],
    [
      "heartbeat_at = excluded.heartbeat_at, is_registered = true,",
      "heartbeat_at = excluded.heartbeat_at,",
    ],
    ["serves = excluded.serves, heartbeat_at", "heartbeat_at"],
    ["WHERE w.is_registered ORDER BY w.started_at, w.id", "ORDER BY w.started_at, w.id"],
  ]),
  ...mutantsOf({
    file: "sql/postgres/functions/lost_workers.sql",
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
    ["IF released IS NOT NULL AND message IS NOT NULL THEN", "IF false THEN"],
  ]),
  ...mutantsOf({
    file: "sql/postgres/functions/workers.sql",
    tests: conformance,
    filter: workers,
  }, [
    ["WHERE is_alive AND t.cancel_requested AND", "WHERE t.cancel_requested AND"],
    [
      "WHERE w.id = heartbeat.worker_id AND w.is_registered\n",
      "WHERE w.id = heartbeat.worker_id\n",
    ],
    [
      "NOT BETWEEN ms_after(clock, -lease_ms) AND ms_after(clock, lease_ms)",
      "< ms_after(clock, -lease_ms)",
    ],
  ]),
  ...mutantsOf({
    file: "sql/postgres/functions/retention_walk.sql",
    tests: conformance,
    filter: "postgres: retention",
  }, [
    ["AND t.worker_id IS NULL AND t.due_at_utc IS NULL\n", "\n"],
    ["AND coalesce(t.last_execution_utc, t.created_at_utc) < limits.tasks\n", "\n"],
    ["AND t.id NOT IN (SELECT unnest(kept))\n", "\n"],
    [
      "DELETE FROM task_tags AS g USING unnest(tagged) AS d (id), queued_tasks AS t\n        WHERE t.id = d.id AND g.task_id = t.id AND g.tag = ANY (t.tags);\n",
      "",
    ],
    [
      "CASE WHEN a.exception IS NULL THEN limits.status ELSE limits.status_errors END",
      "limits.status",
    ],
    [
      "WHERE a.ctid = ANY (doomed[:room]);\n    GET DIAGNOSTICS deleted = ROW_COUNT;\n    counts[1]",
      "WHERE a.ctid = ANY (doomed);\n    GET DIAGNOSTICS deleted = ROW_COUNT;\n    counts[1]",
    ],
  ]),
  ...mutantsOf({
    file: "sql/postgres/functions/retention.sql",
    tests: [...conformance, "tests/drivers/postgres/purge_test.ts"],
    filter: "/postgres: (retention|reading|queues)|purge|idle/",
  }, [
    [
      "AND a.updated_at_utc < CASE WHEN a.exception IS NULL THEN limits.status ELSE limits.status_errors END\n    LIMIT",
      "\n    LIMIT",
    ],
    ["a.executed_at < greatest(limits.runs, limits.runs_errors)", "a.executed_at < limits.runs"],
    [
      "AND t.worker_id IS NULL AND t.due_at_utc IS NULL\n      AND coalesce(t.last",
      "AND coalesce(t.last",
    ],
    [
      "AND NOT EXISTS (SELECT FROM task_execution_log AS l WHERE l.queued_task_id = t.id\n        AND l.timestamp_utc >= limits.logs)\n",
      "\n",
    ],
    [
      "coalesce(t.last_execution_utc, t.created_at_utc) < limits.tasks",
      "t.created_at_utc < limits.tasks",
    ],
    ["done := done AND (is_dry_run OR cardinality(doomed_ids) <= room);", ""],
    [
      "counts[4] := deleted;",
      "",
      "The counts differ only if another transaction changes these rows meanwhile.",
    ],
    ["AND NOT l.start_empty;", ";"],
    ["- 86400000 AND NOT", "AND NOT"],
  ]),
  ...mutantsOf({
    file: "sql/postgres/functions/rate_slots.sql",
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
      "Returned slots at the end of the reservations are already removed, so none is later than slot.",
    ],
    ["IF slot = now_ms THEN started := next_tat; END IF;", ""],
    ["IF wish.is_last AND changes THEN", "IF wish.is_last AND NOT changes THEN"],
    ["  ON CONFLICT DO NOTHING\n$$;", "$$;"],
    [
      'JOIN json_to_recordset(slots) AS r (key text COLLATE "C", "slotAt" float8) ON r.key = l.rate_key',
      'JOIN json_to_recordset(slots) AS r (key text COLLATE "C", "slotAt" float8) ON true',
    ],
  ]),
  ...mutantsOf(
    { file: "sql/postgres/functions/waiting.sql", tests: conformance, filter: workers },
    [
      [
        "lost_count = CASE WHEN w.restarts THEN 0 ELSE t.lost_count END,",
        "lost_count = t.lost_count,",
      ],
      ["due_at_utc = least(t.due_at_utc, clock),", "due_at_utc = clock,"],
      [
        "AND t.worker_id IS NULL\n      AND (t.due_at_utc IS NOT NULL OR (t.is_paused",
        "AND (t.due_at_utc IS NOT NULL OR (t.is_paused",
      ],
      ["WHERE c.restarts AND writes", "WHERE writes"],
      ["WHEN t.due_at_utc IS NULL AND t.next_run_utc IS NULL\n", "WHEN t.due_at_utc IS NULL\n"],
      ["due_at_utc = NULL, next_run_utc = NULL,\n", "due_at_utc = NULL,\n"],
      ["IF due <> '{}' AND message IS NOT NULL THEN", "IF due = '{}' AND message IS NOT NULL THEN"],
      [
        "('Failed', 'Cancelled', 'ServiceStopped')",
        "('Failed', 'Cancelled', 'Completed', 'ServiceStopped')",
      ],
    ],
  ),
  {
    file: "sql/postgres/functions/notifications.sql",
    original: "task_ids[i : i + 99]",
    replacement: "task_ids[i : i]",
    tests: ["tests/drivers/postgres/notifications_test.ts"],
    filter: "cancel",
  },
  ...mutantsOf({
    file: "sql/postgres/functions/search.sql",
    tests: conformance,
    filter: "/postgres: (reading|searching)/",
  }, [
    [
      "CASE WHEN oldest_first THEN '<=' ELSE '>=' END",
      "CASE WHEN oldest_first THEN '<' ELSE '>' END",
    ],
    ["found[most - 1]", "found[most]"],
    ["t.created_at_utc >= from_epoch_ms", "t.created_at_utc > from_epoch_ms"],
    ["t.created_at_utc < from_epoch_ms", "t.created_at_utc <= from_epoch_ms"],
    [
      "strpos(t.exception, $1 ->> 'exceptionContains') > 0",
      "strpos(t.exception, $1 ->> 'exceptionContains') > 1",
    ],
  ]),
  ...mutantsOf({
    file: "sql/postgres/functions/statistics.sql",
    tests: conformance,
    filter: "/postgres: (reading|queues|execution logs)/",
  }, [
    ["HAVING bool_or(q.is_paused) OR sum", "HAVING sum"],
  ]),
  ...mutantsOf({
    file: "sql/postgres/functions/statistics.sql",
    tests: ["tests/drivers/postgres/statistics_test.ts"],
  }, [
    ["IF pages <= 4096 THEN RETURN NULL; END IF;", "RETURN NULL;"],
    ["CASE WHEN seen <= most THEN coalesce(answer, '{}') END", "coalesce(answer, '{}')"],
    ["FROM claimed AS c WHERE c.worker_id IS NOT NULL", "FROM claimed AS c"],
    ["coalesce(rows / s.total::float8, pages / 500)", "pages / 250"],
    [
      "    WHERE t.is_recurring AND t.due_at_utc IS NULL",
      "    WHERE false AND t.due_at_utc IS NULL",
    ],
    ["FROM sample AS s WHERE s.ended\n", "FROM sample AS s\n"],
    ["AND c.reltuples > 0);", ");"],
    ["WHERE s.waits AND waiting IS NOT NULL", "WHERE waiting IS NOT NULL"],
    ["s.share * waiting AS tasks", "s.share AS tasks"],
    ["FROM shares AS s WHERE s.total >= 100\n    UNION", "FROM shares AS s\n    UNION"],
    [" AND NOT EXISTS (SELECT FROM shares AS s WHERE s.total >= 100)", ""],
  ]),
  ...mutantsOf({
    file: "sql/postgres/functions/statistics.sql",
    tests: ["tests/drivers/postgres/audit_growth_test.ts"],
  }, [
    ["NOT exact AND s.bytes > 1048576", "s.bytes > 1048576"],
    ["SYSTEM (%4$s) REPEATABLE", "SYSTEM (100) REPEATABLE"],
    [" UNION ALL\n        SELECT %1$I FROM %2$I TABLESAMPLE SYSTEM (%4$s) REPEATABLE (1)", ""],
    ["figure.rows / nullif(date_part('day'", "figure.rows / nullif(2 * date_part('day'"],
  ]),
  ...mutantsOf({
    file: "drivers/postgres/statistics.ts",
    tests: ["tests/drivers/postgres/statistics_test.ts"],
  }, [
    ["hasMany ? waiting : null", "waiting"],
    ["? statusesNotInProgress", "? endedStatuses"],
    ["sum + due + scheduled", "sum + due"],
  ]),
  ...mutantsOf({
    file: "drivers/postgres/purge.ts",
    tests: ["tests/drivers/postgres/purge_test.ts"],
  }, [
    ["withMoreDays(policy, elapsedDays)", "policy"],
    ["    this.#searchesNext = false; // a search", "    // a search"],
    ["this.#searchedAt = this.#searchesFor!;", ""],
    ["if (this.#isRunning) return", "if (false) return"],
  ]),
  ...mutantsOf({
    file: "sql/postgres/functions/maintenance.sql",
    tests: [...conformance, "tests/drivers/postgres/purge_test.ts"],
    filter: "/postgres: (execution logs|retention)|purge/",
  }, [
    [
      "WHERE m.holder = excluded.holder OR m.held_until NOT BETWEEN",
      "WHERE true OR m.held_until NOT BETWEEN",
    ],
    ["NOT BETWEEN utc_now() AND utc_now() + interval '2 minutes'", "< utc_now()"],
    ["m.name = task AND m.holder = by\n", "m.name = task AND m.holder <> by\n"],
    ["interval '1 minute')", "interval '1 hour')"],
  ]),
  ...mutantsOf({
    file: "sql/postgres/functions/execution_logs.sql",
    tests: [...conformance, "tests/drivers/postgres/purge_test.ts"],
    filter: "/postgres: (execution logs|retention)|purge/",
  }, [
    ["ms_after(clock, -coalesce(l.ago_ms, 0))", "clock"],
    ["WHERE l.task_id = ANY (known)\n", "WHERE true\n"],
  ]),
  ...mutantsOf({
    file: "drivers/postgres/claim_scan.ts",
    tests: ["tests/drivers/postgres/claim_scan_test.ts"],
  }, [
    ["if (this.#clock.monotonic() >= this.#fullScanAt) this.#starts.clear();", ""],
    ["walkMs < slowMs ? 0 : this.#slowScans + 1", "this.#slowScans + 1"],
    ["if (scanned.length === 0) return;", ""],
    ["queue === name ? Math.min(least, dueAt) : least", "Math.min(least, dueAt)"],
    ["first - marginMs", "first"],
    ["Math.max(shortestPauseMs, share * walkMs)", "shortestPauseMs"],
  ]),
  ...mutantsOf({
    file: "drivers/postgres/link.ts",
    tests: [
      "tests/drivers/postgres/lost_connections_test.ts",
      "tests/drivers/postgres/links_test.ts",
    ],
  }, [
    ["if (this.#isOpened) throw connectionClosed();", ""],
    [
      "(query) =>\n      query !== this.#first && query.state === null",
      "(query) =>\n      query.state === null",
      "The query of a connection that cannot be opened is rejected before the loss.",
    ],
    ["for (const query of this.#queries) query.reject(connectionClosed());", ""],
    ["this.#isCancelling = true;", ""],
    ["if (query.carrier === this) this.#fail(query, error);", "this.#fail(query, error);"],
  ]),
  ...mutantsOf({ file: "drivers/postgres/link.ts", tests: [outageTests] }, [
    ["this.#parts.sockets.beside(this.#socket!)", "await this.#parts.sockets.open()"],
    ["return this.#wasReady && !this.#isLost;", "return true;"],
    ["if (query.isLong) this.#longQueries++;", ""],
    ["if (query !== this.#first && query.state === null) query.canceller?.();", ""],
  ]),
  ...mutantsOf({ file: "drivers/postgres/links.ts", tests: [outageTests] }, [
    ["if (this.#isEnded || !this.isConnected) return", "return"],
    ["Math.max(1, this.#parts.maxConnections - 1)", "this.#parts.maxConnections"],
    ["(query) => !query.isLong && !query.isAbandoned", "() => false"],
    [
      "one.isHeldUp === other.isHeldUp ? one.load < other.load : other.isHeldUp",
      "one.load < other.load",
    ],
    ["if (this.#waiting[0]!.isAbandoned) {", "if (this.#waiting.length === 0) {"],
  ]),
  ...mutantsOf({ file: "drivers/postgres/pool.ts", tests: [outageTests] }, [
    ["const isEarly = waitedMs < connectMs * servers.length;", "const isEarly = true;"],
    ["isEarly || links.isConnected", "links.isConnected"],
  ]),
  ...mutantsOf({ file: "drivers/postgres/query_limit.ts", tests: [outageTests] }, [
    ["query.abandon?.(error);", ""],
  ]),
  ...mutantsOf({ file: "drivers/postgres/sockets.ts", tests: [outageTests] }, [
    ["this.#skip(turn); // the event", "// the event"],
    ["this.#open.get(socket) ?? this.#inTurn()", "this.#inTurn()"],
    ["if (socket.bytesRead === 0) this.#skip(turn);", "this.#skip(turn);"],
  ]),
  ...mutantsOf({
    file: "drivers/postgres/links.ts",
    tests: [
      "tests/drivers/postgres/links_test.ts",
      "tests/drivers/postgres/lost_connections_test.ts",
    ],
  }, [
    ["for (const link of this.#idle) return link;", ""],
    ["this.#all.size < this.#parts.maxConnections", "true"],
    ["one.load < other.load", "one.load > other.load"],
    ["    this.#all.delete(link);\n", ""],
    ["    this.#idle.delete(link);\n    for", "    for"],
    ["this.#waiting.unshift(...unsent);", ""],
    ["query.reject(poolEnded());", "void query;"],
  ]),
  ...mutantsOf({
    file: "drivers/postgres/listener.ts",
    tests: ["tests/drivers/postgres/listener_test.ts"],
  }, [
    ["lost.then(() => this.#retry());", ""],
    ["channel.replaceAll('\"', '\"\"')", "channel"],
    ["    onListening();\n", ""],
    [".catch(() => this.#retry())", ".catch(() => {})"],
    ["    if (this.#isEnded) return;\n", ""],
    ["    this.#cancelRetry();\n", ""],
    ["await this.#link?.end();", ""],
    ["      link.destroy();", ""],
    ["      this.#link = null;\n", "", "Its end may only take a second."],
    ["this.#retries = 0;", ""],
  ]),
  ...mutantsOf({
    file: "drivers/postgres/functions.ts",
    tests: ["tests/drivers/postgres/odd_answers_test.ts"],
  }, [
    ["if (answered !== call)", "if (row === undefined)"],
  ]),
  ...mutantsOf({
    file: "drivers/postgres/wake.ts",
    tests: ["tests/drivers/postgres/wake_test.ts"],
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
    file: "drivers/postgres/errors.ts",
    tests: ["tests/drivers/postgres/errors_test.ts"],
  }, [
    [
      '["53100", advising(StorageFullError, "Free space on the server\'s disk.")], // disk_full\n',
      "\n",
    ],
    ['["23505", unavailable]', '["23506", unavailable]'],
    [
      "return code === readOnlyTransaction || code === cannotConnectNow;",
      "return code === readOnlyTransaction;",
    ],
    ["if (isInstance(error, StorageError)) return error;", ""],
  ]),
  ...mutantsOf({
    file: "drivers/postgres/database.ts",
    tests: [...conformance, "tests/drivers/postgres/busy_keys_test.ts"],
    filter: "/postgres: (concurrency|task keys|opening)|key/",
  }, [
    [
      'new Set(["40001", "23505"])',
      'new Set(["40001"])',
      "Every race for a key is already decided by ON CONFLICT.",
    ],
  ]),
];
