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
    original:
      "if (attempt.abortReason !== undefined) throw attempt.abortReason;\n      this.#begin",
    replacement: "this.#begin",
    tests: ["tests/worker/lease/suspects_test.ts"],
    equivalent: "Nothing aborts a job after its start, or after the answer to its report.",
  },
  {
    file: executor,
    original: "if (attempt.abortReason !== undefined) throw attempt.abortReason;\n      await",
    replacement: "await",
    tests: ["tests/worker/attempt/timeouts_test.ts"],
  },
  {
    file: executor,
    original: "if (ending === null) return recorder.forget(job);",
    replacement: "if (ending === null) return;",
    tests: ["tests/worker/lease/late_answers_test.ts"],
  },
  {
    file: executor,
    original: `await this.#parts.recorder.reportFirst(job);
        attempt.restart(this.#parts.clock.monotonic());`,
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
      `// The transaction was rolled back, or its outcome is unknown. If it was committed, the lease has
    // ended, and storage rejects this write.
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
];
