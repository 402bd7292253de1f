// How attempts run, end and are recorded.

import type { Mutant } from "../mutant.ts";

const executor = "src/worker/attempt/executor.ts";
const executorTests = ["tests/worker/attempt/timeouts_test.ts"];
const ending = "src/worker/attempt/ending.ts";
const endingTests = ["tests/worker/attempt/ending_test.ts"];
const abortReasons = "src/task/abort_reasons.ts";
const abortReasonsTests = ["tests/worker/attempt/ending_test.ts"];
const watchdog = "src/worker/attempt/watchdog.ts";
const watchdogTests = ["tests/worker/attempt/timeouts_test.ts"];
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

export const attempts: readonly Mutant[] = [
  {
    file: executor,
    original: `if (job.attempt.phase === "ended") return; // a handler that`,
    replacement: "// a handler that",
    tests: executorTests,
  },
  {
    file: executor,
    original: "if (!isFirst) return;",
    replacement: "",
    tests: ["tests/worker/attempt/cancelling_test.ts"],
  },
  {
    file: executor,
    original: `if (job.task.status !== "Queued") job.unwritten.add`,
    replacement: "job.unwritten.add",
    tests: ["tests/application/dispatch_test.ts"],
  },
  {
    file: executor,
    original: "if (task.lostCount > 0) {",
    replacement: "if (task.lostCount > 1) {",
    tests: ["tests/worker/lease/suspects_test.ts"],
  },
  {
    file: executor,
    original: "if (job.attempt.abortReason !== undefined) throw job.attempt.abortReason;",
    replacement: "",
    tests: ["tests/worker/lease/suspects_test.ts"],
    equivalent:
      "Nothing aborts a job between its start, or the answer to its report, and the turn in which its handler is called.",
  },
  {
    file: executor,
    original: `await this.#parts.recorder.reportFirst(job);
      job.attempt.restart(this.#parts.clock.monotonic());`,
    replacement: "await this.#parts.recorder.reportFirst(job);",
    tests: ["tests/worker/lease/suspects_test.ts"],
  },
  {
    file: executor,
    original: "within(this.#parts.clock, this.#parts.settings.graceMs, called)",
    replacement: "called",
    tests: executorTests,
  },
  {
    file: executor,
    original:
      `// Rolled back (or unknown: the fence refuses the write if it was committed after all).
    this.#end(job, context, failure, this.#parts.clock.monotonic());`,
    replacement: "",
    tests: ["tests/schedule/engine/transaction_test.ts", "tests/integration/transactions_test.ts"],
  },
  {
    file: executor,
    original: "job.attempt.giveUp();",
    replacement: "",
    tests: ["tests/monitor/otel/given_up_test.ts"],
  },
  {
    file: executor,
    original: "occurrence = plan;",
    replacement: "occurrence = { ...plan, scheduledAt: job.task.dueAt };",
    tests: ["tests/schedule/engine/misfire_test.ts"],
  },
  {
    file: executor,
    original: "occurrence = plan;",
    replacement: "occurrence = { ...plan, skipped: 0 };",
    tests: ["tests/schedule/engine/misfire_test.ts"],
  },
  {
    file: ending,
    original: "if (abortReason instanceof LeaseLostError) return null;",
    replacement: "",
    tests: endingTests,
  },
  {
    file: ending,
    original: "exception, dueInMs: 0, returnAttempt: true",
    replacement: "exception, dueInMs: 0",
    tests: endingTests,
  },
  {
    file: ending,
    original: "dueInMs: laterMs, returnAttempt: true",
    replacement: "dueInMs: laterMs",
    tests: endingTests,
  },
  {
    file: ending,
    original: "timedOut && error !== abortReason ? withCause(abortReason, error) : cause",
    replacement: "cause",
    tests: endingTests,
  },
  {
    file: ending,
    original: "isNonRetryable(error) || isInstance(error, PayloadValidationError)",
    replacement: "isNonRetryable(error)",
    tests: endingTests,
  },
  {
    file: ending,
    original: "policy.nextDelay(countedAttempt(result), cause, random)",
    replacement: "policy.nextDelay(countedAttempt(result), error, random)",
    tests: endingTests,
  },
  {
    file: ending,
    original: "cutDescription(`${note}\\n${failed.exception}`)",
    replacement: "failed.exception",
    tests: endingTests,
  },
  {
    file: abortReasons,
    original: `isInstance(thrown, NonRetryableError) ||
    readMember(thrown, "name") === "NonRetryableError"`,
    replacement: "isInstance(thrown, NonRetryableError)",
    tests: abortReasonsTests,
  },
  {
    file: abortReasons,
    original: `typeof delayMs !== "number" || !(delayMs >= 0)`,
    replacement: `typeof delayMs !== "number"`,
    tests: abortReasonsTests,
  },
  {
    file: abortReasons,
    original: `!isInstance(thrown, RetryLater) && readMember(thrown, "name") !== "RetryLater"`,
    replacement: "!isInstance(thrown, RetryLater)",
    tests: abortReasonsTests,
  },
  {
    file: watchdog,
    original: "job.attempt.setDeadline(Infinity);",
    replacement: "",
    tests: ["tests/worker/attempt/watchdog_test.ts"],
  },
  {
    file: watchdog,
    original: "this.#findings.onLongRunning(job);",
    replacement: "",
    tests: watchdogTests,
  },
  {
    file: watchdog,
    original: "Math.min(next, reportAt, job.attempt.deadlineAt)",
    replacement: "Math.min(next, reportAt)",
    tests: watchdogTests,
  },
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
    file: attemptRecorder,
    original:
      `if (ending.status === "Cancelled") this.#parts.attemptEvents.emit("cancelled", job);`,
    replacement: "",
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
