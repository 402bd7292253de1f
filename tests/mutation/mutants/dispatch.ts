// Dispatching: checks, storing, handing over and notifications.

import type { Mutant } from "../mutant.ts";

const dispatcher = "src/dispatch/dispatcher.ts";
const dispatcherTests = ["tests/application/dispatch_test.ts"];
const taskPlanner = "src/dispatch/task_planner.ts";
const taskPlannerTests = ["tests/application/dispatch_test.ts"];
const taskWriter = "src/dispatch/task_writer.ts";
const taskWriterTests = ["tests/application/busy_keys_test.ts"];
const admission = "src/dispatch/admission.ts";
const admissionTests = ["tests/worker/claim/when_full_test.ts"];
const due = "src/dispatch/due.ts";
const dispatchOptions = "src/task/dispatch_options.ts";
const dispatchOptionsTests = [
  "tests/application/dispatch_test.ts",
  "tests/application/bad_input_test.ts",
];
const mistakeWarnings = "src/dispatch/mistake_warnings.ts";
const mistakeWarningsTests = ["tests/dispatch/mistake_warnings_test.ts"];
const similarName = "src/guards/similar_name.ts";
const similarNameTests = ["tests/dispatch/mistake_warnings_test.ts"];
const seriesPlan = "src/dispatch/series_plan.ts";

export const dispatch: readonly Mutant[] = [
  {
    file: dispatcher,
    original: `if (result.outcome !== "existing") this.#emitDispatched(task, result.id);`,
    replacement: "this.#emitDispatched(task, result.id);",
    tests: ["tests/events/task_events_test.ts"],
  },
  {
    file: dispatcher,
    original: "if (isTransient(error)) worker!.suspectUnknownClaims(); // the write",
    replacement: "// the write",
    tests: ["tests/worker/attempt/lost_answers_test.ts"],
  },
  {
    file: dispatcher,
    original: `options.signal?.throwIfAborted();
    const id`,
    replacement: "const id",
    tests: dispatcherTests,
  },
  {
    file: dispatcher,
    original: "for (const task of tasks) this.#emitDispatched(task, task.id);",
    replacement: "this.#emitDispatched(tasks[0]!, tasks[0]!.id);",
    tests: ["tests/events/task_events_test.ts"],
  },
  {
    file: dispatcher,
    original: "this.#expect(tasks[0]!);",
    replacement: "",
    tests: dispatcherTests,
  },
  {
    file: dispatcher,
    original: "if (dueAt <= now) worker.storedDue(queue);",
    replacement: "if (dueAt < now) worker.storedDue(queue);",
    tests: dispatcherTests,
    equivalent:
      "For a task that is due now, expectDue sets a timer without delay, which finds it at once.",
  },
  {
    file: dispatcher,
    original: `worker!.reservations.unreserve(reservation);
        if (isTransient`,
    replacement: "if (isTransient",
    tests: ["tests/worker/claim/reservations_test.ts"],
  },
  {
    file: dispatcher,
    original: "else worker.expectDue(dueAt);",
    replacement: "",
    tests: ["tests/worker/claim/claimer_test.ts"],
  },
  {
    file: "src/storage/born_claimed.ts",
    original: `attempt: 1,
    lostCount`,
    replacement: `attempt: 0,
    lostCount`,
    tests: ["tests/application/outcome_test.ts"],
  },
  {
    file: dispatcher,
    original: "if (texts.length === 0) return [];",
    replacement: "",
    tests: ["tests/application/dispatch_test.ts"],
  },
  {
    file: taskPlanner,
    original: "task.auditLevel ?? defaultAuditLevel",
    replacement: "defaultAuditLevel",
    tests: taskPlannerTests,
  },
  {
    file: taskPlanner,
    original: "series === null ? defaultQueue : recurringQueue",
    replacement: "defaultQueue",
    tests: ["tests/task/dispatch_options_test.ts"],
  },
  {
    file: taskPlanner,
    original: "task.priority ?? 0",
    replacement: "0",
    tests: ["tests/task/dispatch_options_test.ts"],
  },
  {
    file: taskPlanner,
    original: `isNow ? "Queued" : "WaitingQueue"`,
    replacement: `"Queued"`,
    tests: taskPlannerTests,
  },
  {
    file: taskPlanner,
    original: "series.nextRunAt <= storageClock.now()",
    replacement: "series.nextRunAt < storageClock.now()",
    tests: ["tests/task/dispatch_options_test.ts"],
  },
  {
    file: taskWriter,
    original: `if (result.outcome !== "busy") return result;
    onBusy();`,
    replacement: `if (result.outcome !== "busy") return result;`,
    tests: taskWriterTests,
  },
  {
    file: taskWriter,
    original: "await Promise.allSettled(this.#insisting);",
    replacement: "",
    tests: taskWriterTests,
  },
  {
    file: taskWriter,
    original: "{ ...task, claimFor: null }",
    replacement: "task",
    tests: taskWriterTests,
  },
  {
    file: admission,
    original: `if (caller === "handler") return { id, queue, claimFor: null };`,
    replacement: "",
    tests: admissionTests,
  },
  {
    file: admission,
    original: "return admit(worker, queues, defaultQueue, id, caller, signal);",
    replacement: "return { id, queue: defaultQueue, claimFor: null };",
    tests: ["tests/worker/claim/when_full_test.ts"],
  },
  {
    file: dispatchOptions,
    original: "key.length <= 200) return key;",
    replacement: "key.length < 200) return key;",
    tests: ["tests/task/dispatch_options_test.ts"],
  },
  {
    file: dispatchOptions,
    original: "Math.abs((priority as number) + 0.5) <= 32767.5",
    replacement: "Math.abs(priority as number) <= 32767.5",
    tests: ["tests/task/dispatch_options_test.ts"],
  },
  {
    file: due,
    original: "if (given > 1) {",
    replacement: "if (given > 2) {",
    tests: dispatchOptionsTests,
  },
  {
    file: mistakeWarnings,
    original: "this.#keylessTypes.add(taskType);",
    replacement: "",
    tests: mistakeWarningsTests,
  },
  {
    file: mistakeWarnings,
    original: "if (this.#unknownQueues.has(queue)) return;",
    replacement: "",
    tests: mistakeWarningsTests,
  },
  {
    file: similarName,
    original: "changes > Math.max(name.length, candidate.length) / 2",
    replacement: "false",
    tests: similarNameTests,
  },
  {
    file: similarName,
    original: "from[i - 1] === to[j - 1] ? 0 : 1",
    replacement: "1",
    tests: similarNameTests,
  },
  {
    file: seriesPlan,
    original: "series.nextRunAt === null || ",
    replacement: "",
    tests: ["tests/schedule/engine/limits_test.ts"],
  },
  {
    file: seriesPlan,
    original: "anchor = anchorOf(recurrence, now)",
    replacement: "anchor = now",
    tests: ["tests/schedule/engine/limits_test.ts"],
  },
];
