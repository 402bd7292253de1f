// The SQLite driver: its statements, and its detection of other processes.

import { type Mutant, mutantsOf } from "../mutant.ts";

const folder = "drivers/sqlite";
const conformance = "tests/drivers/sqlite/conformance_test.ts";
const tests = [conformance];
const filter = "node:sqlite";

export const sqlite: readonly Mutant[] = [
  ...mutantsOf({ file: `${folder}/changes.ts`, tests, filter }, [
    ["`${this.#open} AND worker_id = ? AND lease_token = ?`", "`${this.#open} AND worker_id = ?`"],
    ["applied: applied || wasReported(connection, change)", "applied"],
    [" AND status <> 'InProgress'\"", '"'],
    ["due ||= change.dueInMs !== undefined || putsInLine(change);", "due ||= putsInLine(change);"],
    ["max(?5, coalesce(iif(recurring", "coalesce(?5, coalesce(iif(recurring"],
    ["if (dueInMs === undefined && !isInLine && (", "if (dueInMs === undefined && ("],
    [
      "dueInMs === undefined && rateSlotAt === null && !returned",
      "dueInMs === undefined && rateSlotAt === null",
    ],
    ["lease !== undefined && exception === null)", "lease !== undefined)"],
    [
      "cancel_requested = 0, rate_slot_utc = NULL, ${executed}`",
      "rate_slot_utc = NULL, ${executed}`",
    ],
    ["if (counts) audit.writeRun(run, end, endedAt);", "audit.writeRun(run, end, endedAt);"],
    ["counts ? run.executionTimeMs : null", "run.executionTimeMs"],
    ["min(current_run_count + ?, 2147483647)", "current_run_count + ?"],
    ["executionTimeMs === undefined || !keepsHistory(auditLevel)", "executionTimeMs === undefined"],
    ["THEN min(?, ?) ELSE ? END", "THEN max(?, ?) ELSE ? END"],
  ]),
  ...mutantsOf({ file: `${folder}/task_ends.ts`, tests, filter }, [
    ["worker_id = ?2 AND lease_token = ?3", "worker_id = ?2"],
    [
      "group.lease.token === lease.token && ",
      "",
      "The statement then ends too few tasks, and each change is written by its own statement.",
    ],
    [
      "group.statement === statement && group.status === status &&",
      "group.statement === statement &&",
    ],
    [
      "if (statement.run(connection, parameters) !== tasks) throw new LeaseMissed();",
      "statement.run(connection, parameters);",
    ],
    ["due_at_utc = NULL, cancel_requested = 0, rate", "due_at_utc = NULL, rate"],
  ]),
  ...mutantsOf({ file: `${folder}/task_inserts.ts`, tests, filter }, [
    ["one.retryPolicy === other.retryPolicy &&\n", "\n"],
    ["one.auditLevel === other.auditLevel && ", ""],
    ["one.handlerName === other.handlerName && ", ""],
    ['return "inMs" in other && one.inMs === other.inMs;', 'return "inMs" in other;'],
    [
      "if (series !== null) writeSeries(this.#connection, id, series, 0);",
      "if (series !== null) writeSeries(this.#connection, id, series, 1);",
    ],
    ["owner === null ? dueAt : null", "dueAt"],
    ["stored.worker_id === claimFor && stored.lease_token === 1", "stored.worker_id === claimFor"],
    [
      'if (claimFor === null || status !== "Queued") return null;',
      "if (claimFor === null) return null;",
    ],
    ["registered && !this.#paused.has(queue) ? claimFor : null", "registered ? claimFor : null"],
    [
      "this.#audited ||= isAuditedWhenStored(tasks[0]!.auditLevel);",
      "this.#audited = isAuditedWhenStored(tasks[0]!.auditLevel);",
    ],
  ]),
  ...mutantsOf({ file: `${folder}/persist.ts`, tests, filter }, [
    ["inserts.flush(); // the result", "// the result"],
    ['holder.worker_id !== null || holder.status === "InProgress"', "holder.worker_id !== null"],
    ['if (holder.next_run_utc === null) return "revive";', ""],
    ['kind === "revive" ? 0 : holder', "holder"],
    ['if (kind === "refresh") return;', ""],
    ["if (task.status === holder.status) return;", ""],
    ["results.some(({ claimed }) => !claimed)", "results.some(({ claimed }) => claimed)"],
    [
      "trace_context = ?, retry_policy = ?, exception = NULL, ",
      "trace_context = ?, retry_policy = ?, ",
    ],
  ]),
  ...mutantsOf({ file: `${folder}/claim.ts`, tests, filter }, [
    ['"ORDER BY due_at_utc, id LIMIT ?"', '"ORDER BY id LIMIT ?"'],
    ["claim_rank = ? AND due_at_utc <= ? AND", "claim_rank = ? AND due_at_utc < ? AND"],
    ["const left = limit - claimed.length;", "const left = limit;"],
    [".filter(({ name }) => !paused.has(name))\n", "\n"],
    ["yield rank === below ? [rank] : [rank, below];", "yield [rank];"],
    ["if (paused.has(queue)) continue;", ""],
    ["if (worker === undefined) throw new WorkerLostError(request.workerId);", ""],
  ]),
  ...mutantsOf({ file: `${folder}/rows.ts`, tests, filter }, [
    [" || (idA! < idB! ? -1 : 1)", ""],
    ["row.at(-1) === 1", "row.at(-1) === 0"],
    ["cancelRequested: cancelRequested === 1", "cancelRequested: false"],
  ]),
  ...mutantsOf({ file: `${folder}/cancel.ts`, tests, filter }, [
    [
      'if (outcomes.includes("requested")) countChange',
      'if (outcomes.includes("cancelled")) countChange',
    ],
  ]),
  ...mutantsOf({ file: `${folder}/release.ts`, tests, filter }, [
    ["worker_id = ?4 AND lease_token = ?5", "worker_id = ?4"],
    ["iif(cancel_requested = 1, min(?1, ?2), ?2)", "?2"],
    [
      `release(
  connection: Connection,
  workerId: string,
  tasks: readonly ReleasedTask[],
): void {
  connection.transaction((now) => {
    for (const { taskId, token, dueAt } of tasks) {
      connection.run(releaseTask, now, dueAt, taskId, workerId, token);
    }
    countChange(connection, "task_changes");`,
      `release(
  connection: Connection,
  workerId: string,
  tasks: readonly ReleasedTask[],
): void {
  connection.transaction((now) => {
    for (const { taskId, token, dueAt } of tasks) {
      connection.run(releaseTask, now, dueAt, taskId, workerId, token);
    }`,
    ],
    [
      `    countChange(connection, "task_changes");
    return released;`,
      "    return released;",
    ],
    ['"attempt = max(attempt - 1, 0), due_at_utc = ?1 "', '"due_at_utc = ?1 "'],
  ]),
  ...mutantsOf({ file: `${folder}/make_due.ts`, tests, filter }, [
    ['"lost_count = 0, cancel_requested = 0, rate', '"cancel_requested = 0, rate'],
    ["min(coalesce(due_at_utc, ?1), ?1)", "?1"],
    [
      'if (row.recurring === 1 || row.status === "Completed") return false;',
      "if (row.recurring === 1) return false;",
    ],
    ["if (results.includes(true)) countChange", "if (!results.includes(true)) countChange"],
  ]),
  ...mutantsOf({ file: `${folder}/standing.ts`, tests, filter }, [
    [
      "if (row.due_at_utc !== null || row.next_run_utc !== null) return false;",
      "if (row.due_at_utc !== null) return false;",
    ],
  ]),
  ...mutantsOf({ file: `${folder}/workers.ts`, tests, filter }, [
    ["connection.run(doubtAhead, now, now + request.leaseMs);", ""],
    ['const wasRunning = last === "InProgress";', "const wasRunning = true;"],
    ["lostCount > poisonLimit", "lostCount >= poisonLimit"],
    ["lostCount === before ? 1 : 0", "0"],
    [
      "next_run_utc = NULL, cancel_requested = 0, rate_slot_utc = NULL WHERE",
      "next_run_utc = NULL, rate_slot_utc = NULL WHERE",
    ],
    ["worker_id = NULL, next_run_utc = NULL, cancel", "worker_id = NULL, cancel"],
    ["BETWEEN ? AND ? AND id <> ?", "BETWEEN ? AND ? AND id = ?"],
    ["UPDATE SET heartbeat_utc = excluded.heartbeat_utc", "NOTHING"],
    ["audit.addTransitions(id, level,", 'audit.addTransitions(id, "Full",'],
    [
      `    audit.flush();
    countChange(connection, "task_changes");`,
      "    audit.flush();",
    ],
  ]),
  ...mutantsOf({ file: `${folder}/rate_slots.ts`, tests, filter }, [
    ['"SELECT key, ? FROM rate_limits WHERE key = ?"', '"SELECT ?2, ?1"'],
    ["before - last <= intervalMs + 1", "before - last < intervalMs"],
    ["if (first !== null) this.#connection.run(deleteFrom, this.#key, first);", ""],
    ["first !== null && first <= latest ? first : null", "first"],
  ]),
  ...mutantsOf({
    file: `${folder}/purge_turn.ts`,
    tests: ["tests/drivers/sqlite/purge_test.ts"],
  }, [
    ["        now + 1,\n", "        now,\n"],
    ["now + 2 * turnMs", "Infinity"],
    ["`${setTurn} WHERE purging_until_utc = ?`, until, this.#until", "setTurn, until"],
    ["`${setTurn} WHERE purging_until_utc = ?`, 0, this.#until", "setTurn, 0"],
    ["connection.run(`${setTurn} WHERE purging_until_utc = ?`, 0, this.#until);", ""],
  ]),
  ...mutantsOf({
    file: `${folder}/purge.ts`,
    tests: [...tests, "tests/drivers/sqlite/purge_test.ts"],
    filter: "/node:sqlite: retention|purge|rate limit keys|process that died|policy/",
  }, [
    ["if (!dryRun) await endTurn(access, turn);", ""],
    ["purged.busy && !isEnded", "purged.busy"],
    ["position?.policy === text", "position !== undefined"],
    ["now - idleRateLimitMs", "now"],
    ["deletesTasks ? endOf(readsAll) : null", "null"],
    ["        isEnded = true;\n        return null;\n", ""],
    ["    await this.#running;\n    this.#isEnding = false;", "    await this.#running;"],
  ]),
  ...mutantsOf({
    file: `${folder}/purge_position.ts`,
    tests: [...tests, "tests/drivers/sqlite/purge_test.ts"],
    filter: "/node:sqlite: retention|purge|policy/",
  }, [
    ["`${last.id} `", "`${last.id}`"],
    ["return until === null && walk", "return walk"],
    ["[at.until!, undefined]", '["g", undefined]'],
  ]),
  ...mutantsOf({
    file: `${folder}/storage.ts`,
    tests: ["tests/drivers/sqlite/purge_test.ts"],
  }, [
    ["    await this.#purge.end();\n", ""],
  ]),
  ...mutantsOf({
    file: `${folder}/expired_rows.ts`,
    tests: [...tests, "tests/drivers/sqlite/purge_test.ts"],
    filter: "/node:sqlite: retention|node:sqlite: tags|purge|policy/",
  }, [
    ["iif(exception IS NULL, ?1, ?2)", "?1"],
    ["before(error ?? runs)", "before(runs)"],
    [
      "status IN ('Completed', 'Cancelled') AND",
      "status IN ('Completed', 'Cancelled', 'Failed') AND",
    ],
    ['"worker_id IS NULL AND due_at_utc IS NULL AND "', '"worker_id IS NULL AND "'],
    ['    noneIn("task_execution_log", "task_id", lineMayGo),\n', ""],
    ["AND (${mayGo}) IS NOT TRUE", "AND NOT (${mayGo})"],
    ["recurring_task IS NULL AND status", "status"],
    ["task_execution_log.task_id) - ?6)", "task_execution_log.task_id))"],
    ["removeTags(connection, id as string, tags);", "void [id, tags];"],
    ["connection.get(anyTag) === undefined ?", "true ?"],
    ["histories.some(", "histories.slice(0, 0).some("],
    ["histories.some(", "histories.slice(1).some("],
    ["AND ${hasHistory ? walk.mayGo : taskIsOld}`", "AND ${taskIsOld}`"],
    [
      "`(${columns}) > (${marks(9)}) AND ${to}`",
      "`(${columns}) > (${marks(9)}) AND ${key[0]} < ?8 AND ${to}`",
    ],
  ]),
  ...mutantsOf({
    file: `${folder}/audit_writer.ts`,
    tests: [...tests, "tests/drivers/sqlite/batches_test.ts"],
    filter: "/node:sqlite: |longer than a statement/",
  }, [
    ["shouldCreateStatusAudit(level, status, exception)", "true"],
    ["rowid > last_insert_rowid() - ? ", "rowid >= last_insert_rowid() - ? "],
    [
      "if (pattern === this.#pattern) return;",
      "",
      "The rows of each task are then written by a separate statement.",
    ],
    ["this.#sequence += pattern.length;", "this.#sequence++;"],
    ["if (this.#pending.length === pattern.statement.mostParameters) this.flush();", ""],
  ]),
  ...mutantsOf({
    file: `${folder}/transition_pattern.ts`,
    tests: [...tests, "tests/drivers/sqlite/batches_test.ts"],
    filter: "/node:sqlite: |longer than a statement/",
  }, [
    ["Math.round(now - transitions[i]!.agoMs)", "Math.round(now)"],
    ["fails = exception !== null;", "fails = false;"],
    ["name += fails ? `${status}!` : `${status},`;", "name += `${status},`;"],
  ]),
  ...mutantsOf({ file: `${folder}/execution_logs.ts`, tests, filter }, [
    ["last.set(taskId, sequence);", "", "Each line then reads the last number again."],
    ["ORDER BY sequence DESC LIMIT ?", "ORDER BY sequence LIMIT ?"],
    ["Math.round(now - agoMs)", "now"],
  ]),
  ...mutantsOf({
    file: `${folder}/wake.ts`,
    tests: ["tests/drivers/sqlite/wake_test.ts", "tests/integration/transactions_test.ts"],
  }, [
    [
      "if (this.#listeners.size > 0) return;\n      this.#stopLooking?.();",
      "this.#stopLooking?.();",
    ],
    [
      "if (before.version === after.version) return;",
      "",
      "If the version is the same, the counters are not read again, and no counter differs.",
    ],
    [
      'if (before === undefined) return this.#tell({ kind: "tasks" });',
      "if (before === undefined) return;",
    ],
    ['this.#tell({ kind: "tasks" });\n        }', "}"],
    ["if (!hasEnded(database)) continue;", ""],
    ['if (changed("queue_changes")) this', 'if (changed("task_changes")) this'],
    ["this.#transactions.clear();\n", "\n", "A superfluous signal does no harm."],
    ["        this.#armTransactionLook();\n", ""],
  ]),
  ...mutantsOf({
    file: `${folder}/deferred_heartbeats.ts`,
    tests: ["tests/drivers/sqlite/deferred_heartbeats_test.ts"],
  }, [
    ["const isOnly = connection.get(countWorkers)!.count === 1;", "const isOnly = true;"],
    ["this.#deferred.beatAt = now;", ""],
    ["if (this.#alone && alive", "if (alive"],
    ["&& !othersLost && ", "&& "],
    ["return { ...this.#deferred.answer, now };", "return this.#deferred.answer;"],
    ["this.#deferred?.workerId !== workerId", "this.#deferred === undefined"],
  ]),
  ...mutantsOf({
    file: `${folder}/connection.ts`,
    tests: [
      "tests/drivers/sqlite/connection_test.ts",
      "tests/drivers/sqlite/busy_file_test.ts",
    ],
  }, [
    ['if (nested && this.#ownership === "own") {', "if (false) {"],
    ["this.get(`PRAGMA busy_timeout = ${timeout}`);", ""],
    ["if (this.#database.inTransaction) this.#undo(nested, begun);", ""],
    ['if (!nested) this.run("ROLLBACK");\n    else if', "if"],
    ["      this.begun++;\n", ""],
  ]),
  ...mutantsOf({
    file: `${folder}/database.ts`,
    tests: [
      "tests/drivers/sqlite/connection_test.ts",
      "tests/drivers/sqlite/replaced_file_test.ts",
      "tests/drivers/sqlite/errors_test.ts",
      "tests/drivers/sqlite/wake_test.ts",
    ],
  }, [
    ['theirs !== ours || ours === ""', "theirs !== ours"],
    ["owned ? connection.close() : undefined", "connection.close()"],
    ["open.owned && open.file.isThere()", "open.owned"],
    ["this.#onCallersWork(database);", ""],
    [
      "this.#isDisplaced = false;\n    return this.#database.opened;",
      "return this.#database.opened;",
    ],
  ]),
  ...mutantsOf({
    file: `${folder}/payload_index.ts`,
    tests: ["tests/drivers/sqlite/payload_index_test.ts"],
  }, [
    ["AND instr(sql, ?) > 0 AND instr(lower(sql), ' where ') = 0", "AND instr(sql, ?) > 0"],
    ["ids !== undefined || taskKey !== undefined", "taskKey !== undefined"],
  ]),
];
