// Describes the functions for tests.

import { memoryStorage } from "../../../drivers/memory/mod.ts";
import { linearRetry, silentLogger } from "../../../mod.ts";
import { type Clock, systemClock } from "../../../src/storage/mod.ts";
import * as testing from "../../../src/testing/mod.ts";
import {
  allOptional,
  duration,
  errorClasses,
  instant,
  optional,
  optionalOptions,
  options,
  type Shape,
  type Subject,
  type Subjects,
  takes,
} from "../shapes.ts";
import { everTaskOptions, noop } from "./core.ts";

const bounds = { maxAttempts: takes(5), stalledAfter: duration };
const match = {
  taskKey: takes("key", "text", "null"),
  queue: takes("default"),
  priority: takes(5),
  auditLevel: takes("Full"),
  retry: takes(linearRetry(3, 5), "object", "null"),
  status: takes("Queued"),
  delay: duration,
  at: instant,
  dueWithin: duration,
  recurring: takes(true, "boolean", "text", "function", "object"),
};
const task = takes(noop);
const payload = takes(
  1,
  "undefined",
  "null",
  "boolean",
  "number",
  "text",
  "date",
  "list",
  "object",
);
const source = takes({ dispatched: [] });

/** Describes an assertion. A failed assertion is not a fault. */
const assertion = (
  name: "assertDispatched" | "refuteDispatched" | "dispatched",
  members: Readonly<Record<string, Shape>>,
): Subject => ({
  call: async (...args) => {
    try {
      await Reflect.apply(testing[name], null, args);
    } catch (error) {
      if (!(error instanceof testing.DispatchAssertionError)) throw error;
    }
  },
  args: [source, task, optionalOptions(members)],
});

const clockMethod = (
  name: "setTimer" | "advance" | "setTime",
  args: readonly Shape[],
): Subject => ({
  name,
  call: async (...given) => {
    const clock = new testing.FakeClock();
    await Reflect.apply(clock[name], clock, given);
  },
  args,
});

const time = takes("2026-01-01T00:00:00Z", "text", "number");

const createTest: Subject = {
  call: (given) => testing.createTestEverTask(given),
  args: [options({
    ...everTaskOptions,
    ...allOptional({ ...bounds, mode: takes("inline"), failures: takes("record") }),
  })],
};

export const testingSubjects: Subjects = {
  ...errorClasses(testing),
  FakeClock: [
    { call: (start) => new testing.FakeClock(start), args: [optional(time)] },
    clockMethod("setTimer", [takes(() => {}), takes(5), optionalOptions({ unref: takes(true) })]),
    clockMethod("advance", [takes(5)]),
    clockMethod("setTime", [time]),
  ],
  createTestEverTask: [createTest, {
    name: "drain",
    call: async (...args) => {
      const clock = new testing.FakeClock();
      const everTask = testing.createTestEverTask({
        storage: memoryStorage({ clock }),
        tasks: [noop],
        clock,
        logger: silentLogger,
      });
      try {
        await Reflect.apply(everTask.drain, everTask, args);
      } finally {
        await everTask.stop();
      }
    },
    args: [optionalOptions({ ...bounds, withScheduled: takes(false), failures: takes("throw") })],
  }],
  TestEverTask: [{ ...createTest, call: (given) => new testing.TestEverTask(given) }],
  dispatched: [assertion("dispatched", match)],
  assertDispatched: [assertion("assertDispatched", { ...match, count: takes(5) })],
  refuteDispatched: [assertion("refuteDispatched", match)],
  runHandler: [{
    call: (...args) => Reflect.apply(testing.runHandler, null, args),
    args: [
      task,
      payload,
      optionalOptions({
        attempt: takes(1),
        taskKey: takes("key", "text", "null"),
        taskId: takes("an id"),
        queue: takes("default"),
        run: {
          ...options(allOptional({ number: takes(3), scheduledAt: instant })),
          kinds: new Set(["object", "boolean"]),
        },
        signal: takes(new AbortController().signal, "exotic"),
        timeout: duration,
        abortGrace: duration,
        retry: takes(linearRetry(3, 5)),
        clock: takes(systemClock),
        logger: takes(silentLogger),
        random: takes((bytes: Uint8Array) => bytes),
      }),
    ],
  }],
  simulate: [{
    call: (given) => testing.simulate(given),
    args: [options({
      storage: takes((clock: Clock) => () => memoryStorage({ clock })),
      tasks: takes([noop], "list", "function"),
      scenario: takes({}),
      ...allOptional({
        setUp: takes(() => {}, "function"),
        check: takes(() => {}, "function"),
        settings: takes({}),
        seeds: takes(1),
        firstSeed: takes(1),
        lasts: takes({ milliseconds: 1 }, "number", "object"),
      }),
    })],
  }],
  storageConformance: [{
    call: (harness) => testing.storageConformance(harness),
    args: [takes({ name: "a store", create: () => {} })],
  }, {
    name: "capabilities",
    call: (capabilities) =>
      testing.storageConformance({ name: "a store", create: () => {}, capabilities } as never),
    args: [optional(takes(["failAt"]))],
  }],
};
