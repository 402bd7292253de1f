// Mistakes that only the interplay of processes, faults and time shows. The simulation notices each
// at the seed that is named.

import type { Mutant } from "../mutant.ts";

const changes = "drivers/memory/changes.ts";
const claim = "drivers/memory/claim.ts";
const cancel = "drivers/memory/cancel.ts";
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

/** A mistake, and the first seed whose history shows it. */
type Mistake = readonly [seed: number, file: string, original: string, replacement: string];

const mistakes: readonly Mistake[] = [
  // Fences and leases
  [
    18,
    changes,
    `if (change.lease !== undefined && !state.holds(row, change.lease)) return refused;`,
    "",
  ],
  [25, changes, `if (run.lease !== undefined && !state.holds(row, run.lease)) return refused;`, ""],
  [
    224,
    state,
    "row.worker?.id === lease.workerId && row.leaseToken === lease.token",
    "row.worker?.id === lease.workerId",
  ],
  [2, keeper, "if (result.othersLost) this.#releaseLost();", ""],
  [7, recorder, "if (reported !== null) await this.#reportIn(job, reported, connection);", ""],
  [967, recorder, "if (!result!.applied) throw new LeaseLostError(job.task.id);", ""],
  [3, executor, "if (await this.#parts.recorder.wasCompleted(job)) {", "if (true) {"],
  // Attempts
  [2, state, "row.attempt++;", "row.attempt += 2;"],
  [
    3,
    recorder,
    "const end = { dueInMs: waitMs, returnAttempt: true, rateSlotAt: slotAt };",
    "const end = { dueInMs: waitMs, rateSlotAt: slotAt };",
  ],
  [3, ending, "return Math.max(1, attempt - lostCount);", "return Math.max(1, attempt);"],
  [
    359,
    ending,
    'return { status: "ServiceStopped", exception, dueInMs: 0, returnAttempt: true };',
    'return { status: "ServiceStopped", exception, dueInMs: 0 };',
  ],
  [2, workers, "row.lostCount > request.poisonLimit", "row.lostCount >= request.poisonLimit"],
  [
    1685,
    executor,
    "job.attempt.end();\n    this.#watchdog.remove(job);",
    "this.#watchdog.remove(job);",
  ],
  // The audit
  [2, executor, 'if (job.task.status !== "Queued") job.unwritten.add("Queued", null, now);', ""],
  [33, changes, 'if (row.status === "InProgress" && reportsStart(change)) return applied;', ""],
  [2, state, "if (!shouldCreateStatusAudit(auditLevel, newStatus, exception)) return;", ""],
  // Claims, wake-ups and stops
  [
    25,
    claimer,
    "if (isTransient(error)) this.#unknownClaims.suspect(); // it may still be committed",
    "",
  ],
  [
    32,
    persist,
    'if (existing.worker !== null || existing.status === "InProgress") return keep(existing);',
    "",
  ],
  [759, persist, "if (repeated !== undefined) {", "if (repeated?.ended === false) {"],
  [14, starter, "this.#stopped = true;", ""],
  [673, worker, "onLow: () => this.#claimer.wake(),", "onLow: () => {},"],
  [6, worker, "expectDue: (at) => this.#claimer.expectDue(at),", "expectDue: () => {},"],
  [
    14,
    release,
    "row.attempt = Math.max(0, row.attempt - 1);\n  state.endLease(row, task.dueAt, now);",
    "state.endLease(row, task.dueAt, now);",
  ],
  [46, cancel, "if (row.series !== null) row.series.nextRunAt = null;", ""],
  // Series, limits and retention
  [85, schedule, "Math.min(policy.all, due)", "due"],
  [
    18,
    seriesRun,
    "const runCount = series.runCount + (counts ? 1 : 0);",
    "const runCount = series.runCount;",
  ],
  [42, purge, "(row.lastExecutionAt ?? row.createdAt) < before", "row.createdAt < before"],
  [
    13,
    purge,
    'row.status !== "Completed" && row.status !== "Cancelled"',
    'row.status === "Failed" && row.attempt > 9',
  ],
  [42, claim, "if (state.pausedQueues.has(queue)) continue;", ""],
  [13, starter, "runner.freeSlot();\n    if (goes)", "if (goes)"],
  [
    700,
    "src/dispatch/dispatcher.ts",
    "if (isTransient(error)) worker!.suspectUnknownClaims(); // the write may have been committed",
    "",
  ],
  [806, "src/time/storage_clock.ts", "this.#offset = isLate ?", "this.#offset = now < 0 ?"],
  [4, seriesRun, "const planned = series.nextRunAt ?? task.dueAt;", "const planned = task.dueAt;"],
  [853, gcra, "startedTat: slotAt === now ? afterStart : startedTat,", "startedTat,"],
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
