// The memory driver.

import { type Mutant, mutantsOf } from "../mutant.ts";

const folder = "drivers/memory";
const tests = ["tests/drivers/memory/conformance_test.ts"];
const own = [
  ...tests,
  "tests/drivers/memory/storage_test.ts",
  "tests/drivers/memory/waiting_tasks_test.ts",
];

export const memory: readonly Mutant[] = [
  ...mutantsOf({ file: `${folder}/changes.ts`, tests }, [
    ["if (change.lease !== undefined && !state.holds(row, change.lease)) return refused;", ""],
    ['row.status === "InProgress" && reportsStart(change)', "false"],
    [
      "row.rateSlotAt = change.rateSlotAt ?? null;",
      "row.rateSlotAt = change.rateSlotAt ?? row.rateSlotAt;",
    ],
    ["Math.max(0, row.attempt - 1)", "row.attempt - 1"],
    ["executionTimeMs !== undefined && keepsHistory(auditLevel)", "executionTimeMs !== undefined"],
    ['(row.worker === null || row.status !== "Queued")', "row.worker === null"],
    ["Math.max(now, plannedAt(row) ?? now)", "now"],
    ["series === null ? scheduledAt : series.nextRunAt", "scheduledAt"],
    ["row.rateSlotAt = null;\n  row.series.nextRunAt", "row.series.nextRunAt"],
    ["Math.min(highestRunCount, row.series.runCount + 1)", "row.series.runCount + 1"],
    [
      "shouldCreateRunsAudit(auditLevel, status, exception)",
      "shouldCreateRunsAudit(row.auditLevel, status, exception)",
    ],
  ]),
  ...mutantsOf({ file: `${folder}/cancel.ts`, tests }, [
    ["if (row.series !== null) row.series.nextRunAt = null;\n  state", "state"],
  ]),
  ...mutantsOf({ file: `${folder}/make_due.ts`, tests }, [
    [
      "if (row.dueAt === null || row.dueAt > now) state.due.setDue(row, now);",
      "state.due.setDue(row, now);",
    ],
    ["row.series !== null || !row.ended || row", "!row.ended || row"],
    [
      "row.attempt = 0;\n  row.lostCount = 0;\n  row.rateSlotAt = null;\n  state",
      "row.attempt = 0;\n  row.rateSlotAt = null;\n  state",
    ],
  ]),
  ...mutantsOf({ file: `${folder}/state.ts`, tests: own }, [
    [
      "row.worker?.id === lease.workerId && row.leaseToken === lease.token",
      "row.worker?.id === lease.workerId",
    ],
    ["if (dueAt === null) row.cancelRequested = false;", ""],
    [
      "row.cancelRequested ? Math.min(now, dueAt) : dueAt",
      "row.cancelRequested ? Math.max(now, dueAt) : dueAt",
    ],
    ["!row.deleted && row.ended && !row.series", "!row.deleted && row.ended"],
    ["!row.deleted && row.ended && !row.series", "!row.deleted && !row.series"],
    ["!row.deleted && row.ended && !row.series", "row.ended && !row.series"],
    ["if (process === from) continue;", ""],
    ["if (row.taskKey !== null) this.byKey.delete(row.taskKey);", ""],
    ["row.worker?.tasks.delete(row);", ""],
    ["if (last !== undefined && last.id > row.id) this.#inOrder = false;", ""],
    ["listeners.has(listener) && listener(signal)", "listener(signal)"],
    [
      "2 * this.#keepEnded + 64",
      "this.#keepEnded",
      "Ended tasks are deleted earlier, but keepEnded of them are still kept.",
    ],
    ["this.#audit(row, row.auditLevel, now);", 'this.#audit(row, "Full", now);'],
    [
      "this.#audit(row, auditLevel, Math.round(now - transition.agoMs));",
      "this.#audit(row, auditLevel, now);",
    ],
  ]),
  ...mutantsOf({ file: `${folder}/storage.ts`, tests: own }, [
    [
      "if (results.some((result) => !result.claimed)) this.#wake",
      "if (results.some((result) => result.claimed)) this.#wake",
    ],
    ["changes.forEach(lastTransition); // rejects", "// rejects"],
    [
      '      for (const task of tasks) releaseTask(state, workerId, task, now);\n      this.#wake({ kind: "tasks" });',
      "      for (const task of tasks) releaseTask(state, workerId, task, now);",
    ],
    ['if (released > 0) this.#wake({ kind: "tasks" });', ""],
    ['if (lost.length > 0) this.#wake({ kind: "tasks" });', ""],
    ['outcomes[index] === "requested"', 'outcomes[index] !== "requested"'],
    ["const open = names.filter((name) => !state.pausedQueues.has(name));", "const open = names;"],
    ['noteAction(state, action, allDone, now);\n      this.#wake({ kind: "queues" });', ""],
    ['if (isRegistered) this.#wake({ kind: "queues" });', ""],
    ["a.startedAt - b.startedAt", "b.startedAt - a.startedAt"],
    ["this.#state.listeners.delete(this);", ""],
  ]),
  ...mutantsOf({ file: `${folder}/persist.ts`, tests }, [
    ["repeated.leaseToken === 1 && repeated.worker !== null", "repeated.worker !== null"],
    ['existing.worker !== null || existing.status === "InProgress"', "existing.worker !== null"],
    ["if (task.series === null) return keep(existing);", ""],
    ["existing.taskKey = null;", ""],
    ['worker.registered && task.status === "Queued" &&', "worker.registered &&"],
    ["&&\n    !state.pausedQueues.has(row.queue);", ";"],
    ["known.nextRunAt !== null &&\n    known.schedule", "known.schedule"],
    ["row.series!.anchorAt = known.anchorAt;", ""],
    ["row.exception = null;\n", "\n"],
    ["row.cancelRequested = false;\n", "\n"],
    ["if (row.status !== task.status) state.setStatus", "state.setStatus"],
  ]),
  ...mutantsOf({ file: `${folder}/claim.ts`, tests: own }, [
    ["worker === undefined || !worker.registered", "worker === undefined"],
    ["if (state.pausedQueues.has(queue)) continue;", ""],
  ]),
  ...mutantsOf({ file: `${folder}/release.ts`, tests: own }, [
    ["{ workerId, token: task.token }", "{ workerId, token: row.leaseToken }"],
    ["const unknown = held.filter((row) => !known.has(row.id));", "const unknown = held;"],
  ]),
  ...mutantsOf({ file: `${folder}/workers.ts`, tests: own }, [
    ["if (!known.registered) known.startedAt = now;", ""],
    ["if (alive) worker.heartbeatAt = now;", ""],
    ["isLate(other, leaseMs, now) || isAhead(other, leaseMs, now)", "isLate(other, leaseMs, now)"],
    [": other.tasks.size > 0", ": true"],
    [
      "if (worker.tasks.size === 0) state.workers.delete(workerId);",
      "state.workers.delete(workerId);",
    ],
    ["if (isAhead(worker, request.leaseMs, now)) worker.heartbeatAt = now;", ""],
    ["if (wasRunning || row.lostCount === 0) row.lostCount++;", "if (wasRunning) row.lostCount++;"],
    ["row.lostCount > request.poisonLimit", "row.lostCount >= request.poisonLimit"],
    ["now - worker.heartbeatAt > leaseMs", "now - worker.heartbeatAt >= leaseMs"],
  ]),
  ...mutantsOf({ file: `${folder}/purge.ts`, tests }, [
    ["let left = dryRun ? Infinity : budget;", "let left = budget;"],
    ["if (left <= 0) {\n        done = false;", "if (left <= 0) {"],
    ["if (dryRun) continue;", ""],
    [
      "hasErrorDays ? errorAuditDays : runsAuditDays",
      "hasErrorDays ? errorAuditDays : statusAuditDays",
    ],
    ["row.series !== null || !row.ended", "!row.ended"],
    ['row.status !== "Completed" && row.status !== "Cancelled"', 'row.status !== "Completed"'],
    ["row.lastExecutionAt ?? row.createdAt", "row.createdAt"],
    ["index < excess ||", "index <= excess ||"],
    ["isBare && mayGo", "mayGo"],
  ]),
  ...mutantsOf({ file: `${folder}/due_tasks.ts`, tests: own }, [
    ["row.dueAt! > now", "row.dueAt! >= now"],
    ["group.priority > best.priority ||", "group.priority >= best.priority ||"],
    ["if (dueAt !== undefined && !(earliest! <= dueAt)) earliest = dueAt;", "earliest = dueAt;"],
    ["else byType.delete(row.type);", ""],
    ["while (taken.length < limit) {", "while (taken.length <= limit) {"],
  ]),
  ...mutantsOf({ file: `${folder}/due_heap.ts`, tests: own }, [
    [
      "right !== undefined && isBefore(right, child)",
      "right !== undefined && isBefore(child, right)",
    ],
    ["this.#moveUp(last, index);", "last.heapIndex = index;"],
  ]),
  ...mutantsOf({ file: `${folder}/due_order.ts`, tests: own }, [
    ["|| (a.dueAt === b.dueAt && a.id < b.id)", ""],
  ]),
  ...mutantsOf({ file: `${folder}/due_line.ts`, tests: own }, [
    ["isBefore(last!, row)", "isBefore(row, last!)"],
    ["while (places.at(-1) === null) places.pop();", ""],
    ["while (places[this.#head] === null) this.#head++;", "this.#head++;"],
    ["if (this.#size === 0) this.#head = 0;", "if (this.#size < 0) this.#head = 0;"],
    ["this.#places.forEach((row, index) => row!.lineIndex = index);", ""],
    ["this.#size < places.length / 2", "this.#size < 0"],
  ]),
  ...mutantsOf({ file: `${folder}/waiting_tasks.ts`, tests: own }, [
    ["isBefore(first, other) ? first : other", "first"],
    ["row.waitsIn = null;", ""],
    ["if (row.heapIndex < 0)", "if (row.heapIndex <= 0)"],
  ]),
  ...mutantsOf({ file: `${folder}/search.ts`, tests }, [
    ["instant >= (from ?? -Infinity)", "instant > (from ?? -Infinity)"],
    ["instant < (before ?? Infinity)", "instant <= (before ?? Infinity)"],
    ["if (!oldestFirst) return index - 1;", "if (!oldestFirst) return index;"],
    ["all[index - step]!.id", "row.id"],
  ]),
  ...mutantsOf({ file: `${folder}/reading.ts`, tests }, [
    ["item.number > after", "item.number >= after"],
    ["item.number < after", "item.number <= after"],
  ]),
  ...mutantsOf({ file: `${folder}/statistics.ts`, tests }, [
    ["for (const queue of state.pausedQueues) queues.set(queue, emptyQueue(queue, true));", ""],
  ]),
  ...mutantsOf({ file: `${folder}/execution_logs.ts`, tests }, [
    ["lines.slice(-limit)", "lines.slice(0, limit)"],
    ["if (row === undefined) continue;", ""],
  ]),
];
