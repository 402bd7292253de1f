// The life of an instance: opening, starting, stopping, taking over; and a storage that instances
// share.

import type { Mutant } from "../mutant.ts";

const lifecycle = "src/application/lifecycle.ts";
const lifecycleTests = ["tests/application/life_test.ts"];
const singleton = "src/application/singleton.ts";
const singletonTests = ["tests/application/singleton/singleton_test.ts"];
const stopOnSignals = "src/application/stop_on_signals.ts";
const stopOnSignalsTests = ["tests/application/stop_on_signals_test.ts"];
const storageView = "src/storage/storage_view.ts";
const storageViewTests = ["tests/storage/storage_view_test.ts"];
const statusTransitions = "src/storage/status_transitions.ts";
const statusTransitionsTests = ["tests/storage/status_transitions_test.ts"];
const paging = "src/storage/paging.ts";
const pagingTests = ["tests/storage/paging_test.ts"];
const workerStatus = "src/storage/worker_status.ts";
const workerStatusTests = ["tests/application/workers_test.ts"];
const everTask = "src/application/ever_task.ts";

export const life: readonly Mutant[] = [
  {
    file: lifecycle,
    original: `this.#starting = null;
      throw error;`,
    replacement: "throw error;",
    tests: lifecycleTests,
  },
  {
    file: lifecycle,
    original: `this.#opening = null;
        throw error;`,
    replacement: "throw error;",
    tests: lifecycleTests,
  },
  {
    file: lifecycle,
    original: "await within(clock, dispatchRetryMs, allDispatched());",
    replacement: "",
    tests: lifecycleTests,
  },
  {
    file: lifecycle,
    original: "await within(clock, subscribersMs, allHeard());",
    replacement: "await allHeard();",
    tests: ["tests/application/outcome_test.ts"],
  },
  {
    file: lifecycle,
    original: "await within(clock, leaseMs, storage.close());",
    replacement: "await storage.close();",
    tests: lifecycleTests,
  },
  {
    file: lifecycle,
    original: "if (this.#stopping !== null) return Promise.reject(new StoppedError());",
    replacement: "",
    tests: ["tests/worker/stopping_test.ts"],
  },
  {
    file: lifecycle,
    original: "this.#isStopped || (this.#stopping !== null && this.#worker === null)",
    replacement: "this.#isStopped",
    tests: lifecycleTests,
  },
  {
    file: lifecycle,
    original: "const retentionEnd = this.#retention?.stop() ?? Promise.resolve();",
    replacement: "const retentionEnd = Promise.resolve();",
    tests: lifecycleTests,
  },
  {
    file: singleton,
    original: "own.life.openAfter(before.stop(patienceMs));",
    replacement: "void before.stop(patienceMs);",
    tests: singletonTests,
  },
  {
    file: singleton,
    original: "if (ranTasks) {",
    replacement: "if (false as boolean) {",
    tests: singletonTests,
  },
  {
    file: singleton,
    original: "Object.assign(shared, own);",
    replacement: "",
    tests: singletonTests,
  },
  {
    file: stopOnSignals,
    original: "if (isStopping) return void source.exit?.(exitCodes[signal]);",
    replacement: "if (isStopping) return;",
    tests: stopOnSignalsTests,
  },
  {
    file: stopOnSignals,
    original: "if (source.exit === undefined) end();",
    replacement: "",
    tests: stopOnSignalsTests,
  },
  {
    file: stopOnSignals,
    original: ".finally(end)",
    replacement: "",
    tests: stopOnSignalsTests,
  },
  {
    file: storageView,
    original: "if (use.openViews.size > 0) return;",
    replacement: "",
    tests: storageViewTests,
  },
  {
    file: storageView,
    original: `use.openViews.delete(own);
      if`,
    replacement: "if",
    tests: storageViewTests,
  },
  {
    file: storageView,
    original: `await use.closed;
`,
    replacement: "",
    tests: storageViewTests,
  },
  {
    file: storageView,
    original: "results.some(({ claimed }) => !claimed) ? tasks : null",
    replacement: "null",
    tests: storageViewTests,
  },
  {
    file: storageView,
    original: `outcomes[index] === "requested"`,
    replacement: `outcomes[index] !== "unknown"`,
    tests: storageViewTests,
  },
  {
    file: storageView,
    original: "use.listeners.delete(ours);",
    replacement: "",
    tests: storageViewTests,
  },
  {
    file: storageView,
    original: "if (owner !== view) listener(signal)",
    replacement: "listener(signal)",
    tests: storageViewTests,
  },
  {
    file: storageView,
    original: "changes.some(isDueAgain) ? tasks : null",
    replacement: "null",
    tests: storageViewTests,
  },
  {
    file: statusTransitions,
    original: "change.lease !== undefined || change.dueInMs !== undefined",
    replacement: "change.lease !== undefined",
    tests: statusTransitionsTests,
  },
  {
    file: statusTransitions,
    original: "if (isTaskStatus(status)) continue;",
    replacement: "continue;",
    tests: statusTransitionsTests,
  },
  {
    file: paging,
    original: "limit >= 1 && limit <= 1000",
    replacement: "limit >= 1",
    tests: pagingTests,
  },
  {
    file: paging,
    original: "rows.length > limit ?",
    replacement: "rows.length >= limit ?",
    tests: pagingTests,
  },
  {
    file: paging,
    original: "cursorOf(rows[limit - 1]!)",
    replacement: "cursorOf(rows[limit]!)",
    tests: pagingTests,
  },
  {
    file: paging,
    original: "after === undefined || isUuid(after)",
    replacement: "true",
    tests: pagingTests,
  },
  {
    file: workerStatus,
    original: "Math.abs(worker.heartbeatAgeMs) <= leaseMs",
    replacement: "worker.heartbeatAgeMs <= leaseMs",
    tests: workerStatusTests,
  },
  {
    file: workerStatus,
    original: "Math.abs(worker.heartbeatAgeMs) <= leaseMs",
    replacement: "Math.abs(worker.heartbeatAgeMs) < leaseMs",
    tests: workerStatusTests,
  },
  {
    file: everTask,
    original: "await this.#rateLimits.giveBackOfCancelled(id);",
    replacement: "",
    tests: ["tests/rate_limit/given_back_test.ts"],
  },
  {
    file: everTask,
    original: `await this.#stored.tell([{ kind: "cancelled", taskId: id }]);`,
    replacement: "",
    tests: ["tests/events/task_events_test.ts"],
  },
  {
    file: everTask,
    original: "includeLost ? workers : workers.filter(({ alive }) => alive)",
    replacement: "workers",
    tests: ["tests/application/workers_test.ts"],
  },
];
