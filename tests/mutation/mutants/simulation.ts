// Mistakes that show only in the interplay of processes, faults and time. The simulation detects
// each with the seed beside it.

import type { Mutant } from "../mutant.ts";

const changes = "drivers/memory/changes.ts";
const claim = "drivers/memory/claim.ts";
const cancel = "drivers/memory/cancel.ts";
const operations = "drivers/memory/operations.ts";
const persist = "drivers/memory/persist.ts";
const purge = "drivers/memory/purge.ts";
const release = "drivers/memory/release.ts";
const state = "drivers/memory/state.ts";
const workers = "drivers/memory/workers.ts";
const executor = "src/worker/attempt/executor.ts";
const recorder = "src/worker/attempt/attempt_recorder.ts";
const ending = "src/worker/attempt/ending.ts";
const seriesRun = "src/worker/attempt/series_run.ts";
const claimer = "src/worker/claim/claimer.ts";
const keeper = "src/worker/lease/lease_keeper.ts";
const worker = "src/worker/worker.ts";
const starter = "src/worker/starter.ts";
const gcra = "src/storage/kit/gcra.ts";
const schedule = "src/schedule/series.ts";

/** A mistake, and the first seed with which the simulation detects it. */
type Mistake = readonly [seed: number, file: string, original: string, replacement: string];

const mistakes: readonly Mistake[] = [
  // Fences and leases
  [
    13,
    changes,
    `if (change.lease !== undefined && !state.holds(row, change.lease)) return refused;`,
    "",
  ],
  [
    151,
    changes,
    `if (run.lease !== undefined && !state.holds(row, run.lease)) return refused;`,
    "",
  ],
  [
    113,
    state,
    "row.worker?.id === lease.workerId && row.leaseToken === lease.token",
    "row.worker?.id === lease.workerId",
  ],
  [15, keeper, "if (result.othersLost) this.#releaseLost();", ""],
  [7, recorder, "if (reported !== null) await this.#reportIn(job, reported, connection);", ""],
  [805, recorder, "if (!result!.applied) throw new LeaseLostError(job.task.id);", ""],
  [2, executor, "if (await this.#parts.recorder.wasCompleted(job)) {", "if (true) {"],
  // Attempts
  [1, state, "row.attempt++;", "row.attempt += 2;"],
  [
    3,
    recorder,
    "const end = { dueInMs: waitMs, returnAttempt: true, rateSlotAt: slotAt };",
    "const end = { dueInMs: waitMs, rateSlotAt: slotAt };",
  ],
  [120, ending, "return Math.max(1, attempt - lostCount);", "return Math.max(1, attempt);"],
  [
    34,
    ending,
    'return { status: "ServiceStopped", exception, dueInMs: 0, returnAttempt: true };',
    'return { status: "ServiceStopped", exception, dueInMs: 0 };',
  ],
  [204, workers, "row.lostCount > request.poisonLimit", "row.lostCount >= request.poisonLimit"],
  [
    303,
    executor,
    "job.attempt.end();\n    this.#watchdog.remove(job);",
    "this.#watchdog.remove(job);",
  ],
  // The audit
  [2, executor, 'if (job.task.status !== "Queued") job.unwritten.add("Queued", null, now);', ""],
  [33, changes, 'if (row.status === "InProgress" && reportsStart(change)) return applied;', ""],
  [1, state, "if (!shouldCreateStatusAudit(auditLevel, newStatus, exception)) return;", ""],
  // Claims, wake-ups and stops
  [
    13,
    claimer,
    "if (isTransient(error)) this.#unknownClaims.suspect(); // it may still be committed",
    "",
  ],
  [
    43,
    persist,
    'if (existing.worker !== null || existing.status === "InProgress") return keep(existing);',
    "",
  ],
  [24, persist, "if (repeated !== undefined) {", "if (repeated?.ended === false) {"],
  [1460, starter, "this.#stopped = true;", ""],
  [1497, worker, "onLow: () => this.#claimer.wake(),", "onLow: () => {},"],
  [75, worker, "expectDue: (at) => this.#claimer.expectDue(at),", "expectDue: () => {},"],
  [
    118,
    release,
    "row.attempt = Math.max(0, row.attempt - 1);\n  state.endLease(row, task.dueAt, now);",
    "state.endLease(row, task.dueAt, now);",
  ],
  [17, cancel, "if (row.series !== null) row.series.nextRunAt = null;", ""],
  // Series, limits and retention
  [85, schedule, "Math.min(policy.all, due)", "due"],
  [
    4,
    seriesRun,
    "const runCount = series.runCount + (counts ? 1 : 0);",
    "const runCount = series.runCount;",
  ],
  [4, purge, "(row.lastExecutionAt ?? row.createdAt) < before", "row.createdAt < before"],
  [
    42,
    purge,
    'row.status !== "Completed" && row.status !== "Cancelled"',
    'row.status === "Failed" && row.attempt > 9',
  ],
  [15, claim, "if (state.pausedQueues.has(queue)) continue;", ""],
  [3, starter, "runner.freeSlot();\n    if (goes)", "if (goes)"],
  [
    32,
    "src/dispatch/dispatcher.ts",
    "if (isTransient(error)) worker!.suspectUnknownClaims(); // the write may have been committed",
    "",
  ],
  [4, seriesRun, "const planned = series.nextRunAt ?? task.dueAt;", "const planned = task.dueAt;"],
  // Operators
  [
    171,
    operations,
    "if (row === undefined || row.toRecord().version !== version) return false;",
    "if (row === undefined) return false;",
  ],
  [855, operations, "row.edits++;", ""],
  [3, operations, "state.delete(row);", ""],
  [3, operations, "row.payload = edit.payload?.toWellFormed() ?? row.payload;", ""],
  [48, operations, "begun?.actionId ?? null, progress", "null, progress"],
  [
    182,
    "src/operate/task_changer.ts",
    'if (version !== undefined && task.version !== version) return refusal("changed");',
    "",
  ],
  [
    45,
    "src/operate/task_decisions.ts",
    'export const decideDelete: Decide = (task) => {\n  if (task.workerId !== null) return "held";',
    "export const decideDelete: Decide = (task) => {",
  ],
  [
    2,
    "drivers/memory/storage.ts",
    "if (action !== undefined) noteAction(state, action, allDone, now);",
    "",
  ],
  [
    165,
    changes,
    "series!.paused && !cancelRequested ? null : series!.nextRunAt",
    "series!.nextRunAt",
  ],
  [1241, gcra, "startedTat: slotAt === now ? afterStart : startedTat,", "startedTat,"],
];

/** The mutants for the simulation. */
export const simulation: readonly Mutant[] = mistakes.map((
  [seed, file, original, replacement],
) => ({
  file,
  original,
  replacement,
  tests: ["tests/testing/simulation/seeds_test.ts"],
  filter: "seeds keep every promise",
  env: { EVERTASK_SEED: String(seed) },
}));
