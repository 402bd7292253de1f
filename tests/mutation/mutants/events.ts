// Events: subscribers, their order, and the losses of a slow subscriber.

import type { Mutant } from "../mutant.ts";

const eventBus = "src/events/event_bus.ts";
const eventBusTests = ["tests/events/event_bus_test.ts"];
const eventFilter = "src/events/event_filter.ts";
const eventFilterTests = ["tests/events/event_bus_test.ts"];
const storedTaskEvents = "src/events/stored_task_events.ts";
const storedTaskEventsTests = ["tests/events/task_events_test.ts"];
const jobEvents = "src/events/job_events.ts";

export const events: readonly Mutant[] = [
  {
    file: eventBus,
    original: `this.#subscriptions.delete(subscription);
      this.#sumUp();`,
    replacement: "this.#subscriptions.delete(subscription);",
    tests: eventBusTests,
  },
  {
    file: eventBus,
    original: "if (this.#queue.length >= maxLag) {",
    replacement: "if (this.#queue.length > maxLag) {",
    tests: eventBusTests,
  },
  {
    file: eventBus,
    original: "if (this.#ended) break;",
    replacement: "",
    tests: eventBusTests,
  },
  {
    file: eventBus,
    original: `this.#ended = true;
    this.#queue = [];`,
    replacement: "this.#queue = [];",
    tests: eventBusTests,
  },
  {
    file: eventBus,
    original: "if (!this.wants(event.kind, event.taskType)) return;",
    replacement: "",
    tests: eventBusTests,
  },
  {
    file: eventBus,
    original: "type === undefined || this.#types.includes(type)",
    replacement: "this.#types.includes(type!)",
    tests: eventBusTests,
  },
  {
    file: eventBus,
    original: "if (handled !== undefined) await handled;",
    replacement: "// not awaited",
    tests: eventBusTests,
  },
  {
    file: eventBus,
    original: `} finally {
      unsubscribe();`,
    replacement: "} finally {",
    tests: eventBusTests,
  },
  {
    file: eventFilter,
    original: "rank[severityOf[kind]] >= rank[severity]",
    replacement: "rank[severityOf[kind]] > rank[severity]",
    tests: eventFilterTests,
  },
  {
    file: eventFilter,
    original:
      "if (kinds !== undefined) checkNames(kinds, Object.keys(severityOf), `${name}.kinds`);",
    replacement: "",
    tests: ["tests/application/bad_input_test.ts"],
  },
  {
    file: storedTaskEvents,
    original: "if (record !== null) subject = record;",
    replacement: "",
    tests: storedTaskEventsTests,
  },
  {
    file: storedTaskEvents,
    original: "if (!events.wants(kind, type)) return;",
    replacement: "",
    tests: ["tests/events/stored_task_events_test.ts"],
  },
  {
    file: storedTaskEvents,
    original: "return this.#telling = this.#telling.then(async () => {",
    replacement: "return this.#telling.then(async () => {",
    tests: ["tests/events/stored_task_events_test.ts"],
  },
  {
    file: jobEvents,
    original: "if (at !== lastAt) {",
    replacement: `if (lastText === "") {`,
    tests: ["tests/events/event_bus_test.ts"],
  },
  {
    file: jobEvents,
    original: "recurring: subject.series !== null",
    replacement: "recurring: false",
    tests: ["tests/events/task_events_test.ts"],
  },
  {
    file: jobEvents,
    original: "waitMs: details.waitMs ?? null",
    replacement: "waitMs: details.waitMs || null",
    tests: ["tests/events/event_bus_test.ts"],
  },
];
