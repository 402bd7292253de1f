// Writes and events of attempts, and the runs of series.

import type { Mutant } from "../mutant.ts";

const attemptRecorder = "src/worker/attempt/attempt_recorder.ts";
const attemptRecorderTests = ["tests/worker/lease/late_answers_test.ts"];
const attemptEvents = "src/worker/attempt/attempt_events.ts";
const attemptEventsTests = ["tests/worker/attempt/log_keeper_test.ts"];
const seriesRun = "src/worker/attempt/series_run.ts";
const seriesRunTests = ["tests/worker/attempt/series_run_test.ts"];
const damagedTask = "src/worker/claim/damaged_task.ts";
const damagedTaskTests = ["tests/worker/claim/damaged_task_test.ts"];
const attemptSettings = "src/worker/attempt/attempt_settings.ts";
const attemptSettingsTests = ["tests/worker/attempt/timeouts_test.ts"];

export const attemptRecords: readonly Mutant[] = [
  {
    file: attemptRecorder,
    original: `if (!applied && job.attempt.phase === "running" && !job.attempt.completion) {`,
    replacement: "if (false as boolean) {",
    tests: attemptRecorderTests,
  },
  {
    file: attemptRecorder,
    original: "if (ending.dueInMs !== undefined) this.#expectDueIn(ending.dueInMs);",
    replacement: "",
    tests: ["tests/worker/attempt/timeouts_test.ts"],
  },
  {
    file: attemptRecorder,
    original: "if (next.nextRunAt !== null) this.#parts.expectDue(next.nextRunAt);",
    replacement: "",
    tests: ["tests/schedule/engine/limits_test.ts"],
  },
  {
    file: attemptRecorder,
    original: "{ dueInMs: waitMs, returnAttempt: true, rateSlotAt: slotAt }",
    replacement: "{ dueInMs: waitMs, rateSlotAt: slotAt }",
    tests: ["tests/rate_limit/over_the_limit_test.ts"],
  },
  {
    file: attemptRecorder,
    original: `job.task.status === "Pending" ? "Pending" : "WaitingQueue"`,
    replacement: `"WaitingQueue"`,
    tests: ["tests/rate_limit/over_the_limit_test.ts"],
  },
  {
    file: attemptRecorder,
    original: "(missed ? 1 : 0)",
    replacement: "0",
    tests: ["tests/rate_limit/run_until_test.ts"],
  },
  {
    file: "src/worker/attempt/attempt_events.ts",
    original: `if (status === "Cancelled") this.emit("cancelled", job);\n    else if`,
    replacement: "if",
    tests: ["tests/worker/attempt/cancelling_test.ts"],
  },
  {
    file: attemptRecorder,
    original: `if (job.attempt.phase === "ended") throw new LeaseLostError(job.task.id);
    const now`,
    replacement: "const now",
    tests: ["tests/worker/attempt/completing_test.ts"],
  },
  {
    file: attemptRecorder,
    original:
      "transitions: [...transitionsByAge(job.unwritten, job.unwritten.waiting, now), completed]",
    replacement: "transitions: [completed]",
    tests: ["tests/schedule/engine/transaction_test.ts", "tests/integration/transactions_test.ts"],
  },
  {
    file: attemptRecorder,
    original: "job.attempt.markReported(); // a report",
    replacement: "// a report",
    tests: ["tests/worker/attempt/completing_test.ts"],
  },
  {
    file: attemptRecorder,
    original: "if (!result!.applied) throw new LeaseLostError(job.task.id);",
    replacement: "",
    tests: ["tests/worker/attempt/completing_test.ts"],
  },
  {
    file: attemptRecorder,
    original: "skipped: skipped + next.skipped",
    replacement: "skipped: next.skipped",
    tests: ["tests/schedule/engine/misfire_test.ts"],
  },
  {
    file: attemptRecorder,
    original: "if (applied) this.#tellNextRun(job, next);",
    replacement: "this.#tellNextRun(job, next);",
    tests: ["tests/worker/lease/late_answers_test.ts"],
  },
  {
    file: attemptEvents,
    original: `if (job.attempt.phase === "ended") this.#parts.logKeeper.keep(job);`,
    replacement: "",
    tests: attemptEventsTests,
  },
  {
    file: attemptEvents,
    original: "if (skipped > 0) {",
    replacement: "if (skipped > 1) {",
    tests: ["tests/rate_limit/run_until_test.ts"],
  },
  {
    file: attemptEvents,
    original: "if (ending.exception !== null) {",
    replacement: "if (true as boolean) {",
    tests: ["tests/worker/attempt/failure_log_test.ts"],
  },
  {
    file: attemptEvents,
    original: `this.emit("retrying", job, details);`,
    replacement: "",
    tests: ["tests/events/task_events_test.ts"],
  },
  {
    file: seriesRun,
    original: "(nextRunAt <= now || nextRunAt === planned)",
    replacement: "nextRunAt <= now",
    tests: seriesRunTests,
  },
  {
    file: seriesRun,
    original: "underWay ? { ...state, servedSince: Infinity } : state",
    replacement: "state",
    tests: seriesRunTests,
  },
  {
    file: seriesRun,
    original: "startsAt >= runUntil",
    replacement: "startsAt > runUntil",
    tests: ["tests/rate_limit/run_until_test.ts"],
  },
  {
    file: seriesRun,
    original: "startsAt >= runUntil && !hasBegun(task)",
    replacement: "startsAt >= runUntil",
    tests: ["tests/rate_limit/run_until_test.ts"],
  },
  {
    file: seriesRun,
    original: "return task.rateSlotAt !== null || hasBegun(task);",
    replacement: "return hasBegun(task);",
    tests: seriesRunTests,
  },
  {
    file: seriesRun,
    original: "scheduledAt < planned && now < planned",
    replacement: "scheduledAt < planned",
    tests: seriesRunTests,
  },
  {
    file: seriesRun,
    original: "runCount >= (recurrence.maxRuns ?? Infinity)",
    replacement: "runCount > (recurrence.maxRuns ?? Infinity)",
    tests: seriesRunTests,
  },
  {
    file: seriesRun,
    original: "Math.min(Math.max(waitedMs, 60_000), 3_600_000)",
    replacement: "Math.max(waitedMs, 60_000)",
    tests: ["tests/schedule/engine/failing_test.ts"],
  },
  {
    file: damagedTask,
    original: "Math.abs(value) < lastCount",
    replacement: "Math.abs(value) <= lastCount",
    tests: damagedTaskTests,
  },
  {
    file: damagedTask,
    original: "if (rateSlotAt !== null && !isStorableInstant(rateSlotAt)) {",
    replacement: "if (false as boolean) {",
    tests: damagedTaskTests,
  },
  {
    file: damagedTask,
    original: "count !== null && !Number.isSafeInteger(count)",
    replacement: "false",
    tests: damagedTaskTests,
  },
  {
    file: damagedTask,
    original: "if (series.unreadable !== undefined) return",
    replacement: "if (false as boolean) return",
    tests: damagedTaskTests,
  },
  {
    file: attemptSettings,
    original: "return definition.retry ?? queue.retry ?? defaults.retry;",
    replacement: "return definition.retry ?? defaults.retry;",
    tests: attemptSettingsTests,
  },
  {
    file: attemptSettings,
    original: "return queue.timeoutMs ?? defaults.timeoutMs;",
    replacement: "return defaults.timeoutMs;",
    tests: attemptSettingsTests,
  },
];
